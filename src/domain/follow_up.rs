//! Follow-up visits (回访): what a committee owes the parties once an agreement is in force or
//! mediation has failed (人民调解工作若干规定 第三十六条; sections 1.10, 2.2, 11.3.7).

use serde::{Deserialize, Serialize};

use super::agreement::SignMethod;
use super::codes::codes;
use super::ids::*;
use super::record::Satisfaction;
use super::secret::Secret;
use super::time::{Instant, LocalDate};

codes! {
    /// What a visit is for.
    FollowUpKind in "follow_up_kind" {
        Performance = "performance", "履行回访", "Performance";
        Risk = "risk", "风险回访", "Risk";
        Satisfaction = "satisfaction", "满意度回访", "Satisfaction";
        Psy = "psy", "心理回访", "Psychological";
    }
    /// Where a visit comes from.
    FollowUpOrigin in "follow_up_origin" {
        Rule = "rule", "规则生成", "By rule";
        Hand = "hand", "人工安排", "By hand";
    }
    /// State of a visit (state machine 11.3.7).
    FollowUpState in "follow_up_state" {
        Planned = "planned", "待到期", "Planned";
        Due = "due", "应回访", "Due";
        Unreachable = "unreachable", "未联系上（待再访）", "Not reached, to be tried again";
        Done = "done", "已回访", "Done";
        Refused = "refused", "拒绝回访", "Refused";
        Closed = "closed", "已关闭", "Closed";
    }
    /// How the parties were met.
    FollowUpMode in "follow_up_mode" {
        HomeVisit = "home_visit", "上门", "At home";
        Office = "office", "来所", "At the office";
        Phone = "phone", "电话", "By phone";
        Video = "video", "视频", "By video";
        ViaSteward = "via_steward", "经驿站", "By the village station";
        Letter = "letter", "书面", "In writing";
    }
    /// How a visit ended.
    VisitResult in "visit_result" {
        Done = "done", "已回访", "Done";
        Unreachable = "unreachable", "未联系上", "Not reached";
        Refused = "refused", "拒绝回访", "Refused";
    }
    /// Why a visit was closed without having been made.
    FollowUpEnd in "follow_up_end" {
        Waived = "waived", "说明理由免访", "Waived with a reason";
        NotReached = "not_reached", "多次未联系上", "Never reached";
        Superseded = "superseded", "协议变更或重新启动", "The agreement or the round it was for is over";
        Merged = "merged", "并案", "Merged";
    }
}

impl FollowUpState {
    /// Something is still to be done.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Due | Self::Unreachable)
    }
}

/// One visit, planned or made.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUp {
    pub id: FollowUpId,
    pub case_id: CaseId,
    /// Number within the case, from 1.
    pub no: i32,
    pub kind: FollowUpKind,
    pub origin: FollowUpOrigin,
    /// The variant of the clock policy `follow_up` it was planned by.
    pub variant: Option<String>,
    /// The agreement whose performance it is about.
    pub agreement_id: Option<AgreementId>,
    pub state: FollowUpState,
    /// The day of the visit: from its start it is due, after its end overdue.
    pub due_on: LocalDate,
    /// Tries that reached nobody.
    pub tries: i32,
    pub visited_at: Option<Instant>,
    pub mode: Option<FollowUpMode>,
    pub met_parties: Vec<PartyId>,
    /// Others who were met, in words.
    pub met_others: Option<Secret>,
    /// How much of the agreement is performed, in percent.
    pub performance_pct: Option<i32>,
    pub satisfaction: Option<Satisfaction>,
    pub sued: Option<bool>,
    /// What the court said, when there was a suit.
    pub judgment: Option<Secret>,
    /// Mediation proved wrong (错调).
    pub wrong_mediation: Option<bool>,
    /// The matter may flare up again (激化或其他隐患).
    pub hidden_danger: Option<bool>,
    pub situation: Option<Secret>,
    pub measures: Option<Secret>,
    /// Who visited and signs the record (回访人签名).
    pub visitor_id: Option<UserId>,
    pub signed: Option<SignMethod>,
    pub ended_as: Option<FollowUpEnd>,
    pub end_note: Option<String>,
    pub settled_at: Option<Instant>,
    pub created_by: UserId,
    pub created_at: Instant,
    pub detail: FollowUpDetail,
}

/// The tries before the last one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FollowUpDetail {
    pub tried: Vec<Tried>,
}

/// A try that reached nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    pub at: Instant,
    pub mode: FollowUpMode,
    pub by: UserId,
    /// The day it was due on.
    pub due_on: LocalDate,
}

impl FollowUp {
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }

    /// Its day has come and nobody went yet.
    pub fn is_due(&self, today: LocalDate) -> bool {
        self.is_open() && self.due_on <= today
    }

    /// Its day is over.
    pub fn is_overdue(&self, today: LocalDate) -> bool {
        self.is_open() && self.due_on < today
    }

    /// Somebody went, or it was said why nobody did.
    pub fn counts(&self) -> bool {
        match self.state {
            FollowUpState::Done | FollowUpState::Refused => true,
            FollowUpState::Closed => matches!(
                self.ended_as,
                Some(FollowUpEnd::Waived | FollowUpEnd::NotReached)
            ),
            _ => false,
        }
    }
}
