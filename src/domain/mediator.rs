//! Who mediates: assignments, disclosure, waiver, recusal.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::party::GivenConsent;
use super::time::Instant;

codes! {
    /// Part in the mediating team.
    TeamRole in "team_role" {
        Chair = "chair", "调解主持人", "Chair";
        Mediator = "mediator", "调解员", "Mediator";
        Recorder = "recorder", "记录员", "Recorder";
        Assistant = "assistant", "协助人（掌柜）", "Assistant (shopkeeper)";
    }
    /// How the mediator was chosen (人民调解法 第十九条).
    SelectionMode in "selection_mode" {
        Designated = "designated", "指定", "Designated";
        PartyChosen = "party_chosen", "当事人选择", "Chosen by the parties";
        Accepted = "accepted", "当事人接受", "Accepted by the parties";
    }
    /// Why an assignment ended.
    AssignmentEnd in "assignment_end" {
        Recused = "recused", "回避", "Recused";
        Replaced = "replaced", "更换", "Replaced";
        Leave = "leave", "离开", "Left";
        Done = "done", "结案", "Done";
    }
    /// Kind of conflict of interest (特邀调解规定 第十五条).
    ConflictKind in "conflict_kind" {
        SamePerson = "same_person", "本人即当事人", "Same person as a party";
        Relative = "relative", "近亲属", "Relative of a party";
        Household = "household", "同户", "Same household";
        SharedPhone = "shared_phone", "同一联系电话", "Same phone";
        PriorAgent = "prior_agent", "曾任代理人", "Earlier agent of a party";
        Interest = "interest", "利害关系", "Interest in the matter";
        Other = "other", "其他", "Other";
    }
}

/// A mediator's assignment to a case. Exactly one live chair at a time (若干规定 第二十五条).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assignment {
    pub id: AssignmentId,
    pub case_id: CaseId,
    pub user_id: UserId,
    pub role: TeamRole,
    pub committee_id: Option<CommitteeId>,
    pub mode: SelectionMode,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub end_reason: Option<AssignmentEnd>,
    pub conflicts: Vec<Disclosure>,
    pub created_by: UserId,
}

/// A disclosed or detected tie, and who waived it (G-07).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disclosure {
    pub kind: ConflictKind,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    /// Found by the check, or told by the mediator.
    pub detected: bool,
    pub at: Instant,
    pub waivers: Vec<GivenConsent>,
}

codes! {
    /// State of a recusal request.
    RecusalState in "recusal_state" {
        Requested = "requested", "已提出", "Requested";
        Replaced = "replaced", "已调换", "Replaced";
    }
}

/// A request that a mediator withdraw; against the chair it is peremptory (G-09).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recusal {
    pub id: RecusalId,
    pub case_id: CaseId,
    pub assignment_id: AssignmentId,
    pub requested_by: PartyId,
    pub ground: Option<ConflictKind>,
    pub note: Option<String>,
    pub requested_at: Instant,
    pub state: RecusalState,
    pub replaced_by: Option<AssignmentId>,
}

/// Key of a recusal.
#[derive(Debug)]
pub enum RecusalKey {}
/// A recusal request.
pub type RecusalId = Id<RecusalKey>;
