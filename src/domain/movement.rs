//! Movements between units, and custody: exactly one accountable holder at every instant.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::time::Instant;

codes! {
    /// The verbs of movement (section 4.3); each is a different thing.
    TransferVerb in "transfer_verb" {
        Escalate = "escalate", "上报", "Escalate";
        AssignDown = "assign_down", "交办", "Assign down";
        Forward = "forward", "转办", "Forward";
        ReferOut = "refer_out", "引导移送", "Refer out";
    }
    /// State of a transfer (state machine 11.3.3).
    TransferState in "transfer_state" {
        Submitted = "submitted", "待签收", "Submitted";
        Accepted = "accepted", "已接收", "Accepted";
        Returned = "returned", "已退回", "Returned";
        Redirected = "redirected", "已改派", "Redirected";
        Recalled = "recalled", "已撤回", "Recalled";
        Completed = "completed", "已办结", "Completed";
    }
    /// Why a case is escalated.
    EscalateReason in "escalate_reason" {
        Es1CannotSettle = "es1_cannot_settle", "本级无法化解", "Cannot settle here";
        Es2CrossRegion = "es2_cross_region", "跨区域", "Cross-region";
        Es3Group = "es3_group", "群体性", "Group dispute";
        Es4Risk = "es4_risk", "风险较高", "Risk";
        Es5ConflictOfInterest = "es5_conflict_of_interest", "利益冲突需回避", "Conflict of interest";
        Es6NeedsDepartment = "es6_needs_department", "需部门职权", "Needs a department";
        Es7PartyRequest = "es7_party_request", "当事人要求", "Party's request";
        Es8DeathSerious = "es8_death_serious", "死亡或重伤", "Death or serious injury";
        Es9Timeout = "es9_timeout", "超期", "Timeout";
    }
    /// Why a transfer is returned (信访工作条例 第二十三条).
    ReturnDefect in "return_defect" {
        Rt1NotCompetent = "rt1_not_competent", "不属本单位职责", "Not competent";
        Rt2MaterialsIncomplete = "rt2_materials_incomplete", "材料不全", "Materials incomplete";
        Rt3LowerNotExhausted = "rt3_lower_not_exhausted", "下级未穷尽措施", "Lower level not exhausted";
        Rt4Duplicate = "rt4_duplicate", "重复", "Duplicate";
        Rt5NoConsent = "rt5_no_consent", "当事人不同意", "No consent";
        Rt6WrongUnit = "rt6_wrong_unit", "送错单位", "Wrong unit";
    }
}

/// A movement of a case from one unit to another, or out of mediation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Transfer {
    pub id: TransferId,
    pub case_id: CaseId,
    pub verb: TransferVerb,
    pub from_id: OrgId,
    /// The receiving unit; `None` for a body outside (refer out).
    pub to_id: Option<OrgId>,
    pub external_target: Option<String>,
    pub route: Option<super::case::Route>,
    pub state: TransferState,
    pub reasons: Vec<EscalateReason>,
    pub note: String,
    /// What the sender has done so far (G-34).
    pub handling_so_far: Option<String>,
    pub materials: Vec<AttachmentId>,
    /// Why an escalation comes without materials.
    pub no_materials: Option<String>,
    /// The order demands a result (交办).
    pub result_required: bool,
    /// When the result is due (the order's deadline).
    pub result_due_at: Option<Instant>,
    /// When the receiver must have answered (section 4.6).
    pub due_at: Option<Instant>,
    pub submitted_by: UserId,
    pub submitted_at: Instant,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    pub defects: Vec<ReturnDefect>,
    /// Who at the sending unit agreed to the return.
    pub sender_consent: Option<SenderConsent>,
    pub answer: Option<String>,
    pub result: Option<String>,
    pub result_at: Option<Instant>,
    /// The transfer this one continues (redirect).
    pub parent_id: Option<TransferId>,
    /// How far it climbed because nobody answered.
    pub climb: Option<Climb>,
    /// The receiver contests that the case is its own.
    pub contest: Option<Contest>,
    /// The unit above both decided whose it is: it is not given back any more.
    pub designation: Option<Designation>,
}

impl Transfer {
    /// Another unit took the case on by it.
    pub fn is_taken_on(&self) -> bool {
        self.verb != TransferVerb::ReferOut
            && matches!(
                self.state,
                TransferState::Accepted | TransferState::Completed
            )
    }

    /// Whose case it is, is still to be decided.
    pub fn is_contested(&self) -> bool {
        self.state == TransferState::Submitted
            && self.contest.is_some()
            && self.designation.is_none()
    }
}

/// The receiver says that the case is not its own and asks for a decision (信访工作条例 第二十四条).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contest {
    pub by: UserId,
    pub at: Instant,
    pub text: String,
    /// Who decides: the nearest unit above both, else the county centre.
    pub decider_id: OrgId,
    /// No unit stands above both: the joint conference decides, and its minutes are named.
    pub conference: bool,
}

/// Whose case it is, as the decider said (信访工作条例 第二十四条).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Designation {
    pub by: UserId,
    pub at: Instant,
    pub decider_id: OrgId,
    pub to_id: OrgId,
    pub reason: String,
    /// Number of the conference's minutes.
    pub minutes_no: Option<String>,
}

/// A transfer nobody answered in time, told to the units above, one level after the other. It is
/// never accepted by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Climb {
    /// How often it climbed.
    pub level: i32,
    /// The unit that was told last.
    pub to_id: OrgId,
    pub at: Instant,
}

/// The sending unit's agreement to take a petition back (信访工作条例 第二十三条).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderConsent {
    /// Name of who agreed.
    pub by: String,
    pub at: Instant,
}

/// A period during which one unit was the accountable holder.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Custody {
    pub id: CustodyId,
    pub case_id: CaseId,
    pub org_id: OrgId,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub transfer_id: Option<TransferId>,
}
