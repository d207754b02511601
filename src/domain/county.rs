//! The county's orders: whistles, joint conferences, supervision orders, leaders in charge
//! (sections 4.2 to 4.4).

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::secret::Secret;
use super::time::Instant;

codes! {
    /// State of a whistle.
    WhistleState in "whistle_state" {
        Proposed = "proposed", "待审核", "Waits for the chief";
        Sounded = "sounded", "已吹哨", "Sounded";
        Refused = "refused", "审核未通过", "Refused by the chief";
        Withdrawn = "withdrawn", "已撤回", "Withdrawn";
        Closed = "closed", "已评哨办结", "Rated and closed";
    }
    /// How a department answered a whistle.
    ResponseMode in "response_mode" {
        OnSite = "on_site", "现场报到", "On site";
        Phone = "phone", "电话会商", "By phone";
        Online = "online", "线上会商", "Online";
    }
    /// How a response is rated (评哨).
    ResponseRating in "response_rating" {
        Good = "good", "满意", "Good";
        Fair = "fair", "基本满意", "Fair";
        Poor = "poor", "不满意", "Poor";
    }
    /// Whether a whistle called whom it should.
    WhistleAccuracy in "whistle_accuracy" {
        Accurate = "accurate", "吹哨准确", "Accurate";
        Partly = "partly", "部分准确", "Partly";
        Inaccurate = "inaccurate", "吹哨不准", "Inaccurate";
    }
    /// State of a joint conference.
    ConferenceState in "conference_state" {
        Planned = "planned", "已安排", "Planned";
        Held = "held", "已召开", "Held";
        Resolved = "resolved", "已形成纪要", "Minutes drawn up";
        Closed = "closed", "已办结", "Closed";
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
    /// Level of a supervision order, lowest first.
    SupervisionLevel in "supervision_level" {
        Reminder = "reminder", "催办", "Reminder";
        Order = "order", "督办", "Supervision";
        Key = "key", "重点督办", "Key supervision";
        Listed = "listed", "挂牌督办", "Listed supervision";
    }
    /// State of a supervision order.
    SupervisionState in "supervision_state" {
        Open = "open", "督办中", "In force";
        Released = "released", "已解除", "Released";
    }
    /// How a leader's charge ended.
    OwnerEnd in "owner_end" {
        Changed = "changed", "变更包案领导", "Changed";
        SignedOff = "signed_off", "销号", "Signed off";
    }
}

impl SupervisionLevel {
    /// The next higher level; the highest stays.
    pub fn raised(self) -> Self {
        match self {
            Self::Reminder => Self::Order,
            Self::Order => Self::Key,
            Self::Key | Self::Listed => Self::Listed,
        }
    }
}

/// Departments called to a case, after review by the chief (乡镇吹哨、部门报到).
#[derive(Clone, Debug, PartialEq)]
pub struct Whistle {
    pub id: WhistleId,
    pub case_id: CaseId,
    pub state: WhistleState,
    /// The township desk or the county centre that whistles.
    pub unit_id: OrgId,
    pub reason: String,
    pub place: Option<String>,
    pub calls: Vec<WhistleCall>,
    pub proposed_by: UserId,
    pub proposed_at: Instant,
    /// The chief who reviewed it.
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    pub note: Option<String>,
    pub closed_at: Option<Instant>,
    /// What the county says of the whistle as a whole.
    pub accuracy: Option<AccuracyWord>,
}

/// One department called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhistleCall {
    pub unit_id: OrgId,
    /// What is asked of it.
    pub need: String,
    pub task_id: Option<TaskId>,
    pub due_at: Option<Instant>,
    pub response: Option<WhistleResponse>,
    /// Why it says that this is not its competence.
    pub declined: Option<String>,
    /// What the department says of the whistle.
    pub accuracy: Option<AccuracyWord>,
    pub rating: Option<ResponseWord>,
}

/// How a department came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WhistleResponse {
    pub mode: ResponseMode,
    /// When it arrived or called.
    pub at: Instant,
    /// Who came.
    pub persons: Vec<String>,
    pub findings: String,
    /// Not before the clock ran out.
    pub late: bool,
}

/// A word on a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResponseWord {
    pub rating: ResponseRating,
    pub note: Option<String>,
    pub by: UserId,
    pub at: Instant,
}

/// A word on a whistle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccuracyWord {
    pub accuracy: WhistleAccuracy,
    pub note: Option<String>,
    pub by: UserId,
    pub at: Instant,
}

/// A joint conference of units about a case. It binds units through tasks, and no party: an
/// agreement is made in mediation and signed by the parties alone (G-37).
#[derive(Clone, Debug, PartialEq)]
pub struct Conference {
    pub id: ConferenceId,
    pub case_id: CaseId,
    pub state: ConferenceState,
    /// 〔year〕n号, given with the minutes; gap-free in the county and year.
    pub number: Option<String>,
    pub convener_id: OrgId,
    pub chair: String,
    pub subject: String,
    pub place: String,
    pub planned_at: Instant,
    pub held_at: Option<Instant>,
    pub members: Vec<ConferenceMember>,
    pub materials: Vec<AttachmentId>,
    pub minutes: Option<Secret>,
    /// The unit that a quarrel over jurisdiction is decided for (信访工作条例 第二十四条).
    pub designates: Option<OrgId>,
    pub created_by: UserId,
    pub created_at: Instant,
    pub closed_at: Option<Instant>,
    pub note: Option<String>,
}

impl Conference {
    /// The unit it decided for, once its minutes stand: what a movement may be based on.
    pub fn designates_unit(&self) -> Option<OrgId> {
        let stands = matches!(
            self.state,
            ConferenceState::Resolved | ConferenceState::Closed
        );
        self.designates.filter(|_| stands)
    }
}

/// A unit at a conference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConferenceMember {
    pub unit_id: OrgId,
    pub task_id: Option<TaskId>,
    /// Known once it was held.
    pub attended: Option<bool>,
    /// Who came.
    pub persons: Vec<String>,
    pub absent_reason: Option<String>,
    pub opinion: Option<String>,
    pub signed: Option<ConferenceSignature>,
}

/// A unit's hand under the minutes, or that it would not sign.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConferenceSignature {
    pub name: String,
    pub at: Instant,
    pub refused: bool,
    pub note: Option<String>,
}

/// An order of the supervisor to the unit that handles a case or a task.
#[derive(Clone, Debug, PartialEq)]
pub struct Supervision {
    pub id: SupervisionId,
    pub case_id: CaseId,
    pub state: SupervisionState,
    pub level: SupervisionLevel,
    pub unit_id: OrgId,
    /// What is overdue: a task, a transfer, the case itself.
    pub about_id: Option<uuid::Uuid>,
    pub reason: String,
    pub due_at: Instant,
    /// The reply that is owed.
    pub task_id: TaskId,
    pub talks: Vec<Talk>,
    pub ordered_by: UserId,
    pub ordered_at: Instant,
    pub released_by: Option<UserId>,
    pub released_at: Option<Instant>,
    pub note: Option<String>,
}

/// A talk with those responsible (约谈).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    pub at: Instant,
    pub persons: Vec<String>,
    pub record: String,
    pub by: UserId,
}

/// A leader in charge of a case until it is signed off (领导包案).
#[derive(Clone, Debug, PartialEq)]
pub struct CaseOwner {
    pub id: CaseOwnerId,
    pub case_id: CaseId,
    pub user_id: UserId,
    /// The unit whose leader it is.
    pub org_id: OrgId,
    pub reason: String,
    pub named_by: UserId,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub end_reason: Option<OwnerEnd>,
    pub note: Option<String>,
}
