//! The dispute case (纠纷案件).

use serde::{Deserialize, Serialize};

pub use super::case_vocabulary::*;
use super::dossier::LegalHold;
use super::ids::*;
use super::petition::Petition;
use super::time::{Instant, LocalDate};

/// A dispute case. `version` rises with every change of state or core fields; appended children
/// leave it alone. `audit_seq`/`audit_hash` are the head of the case's own hash chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    pub id: CaseId,
    /// Opaque public code (一案一码), given at registration.
    pub code: String,
    /// Gap-free number per committee and year, given at acceptance.
    pub case_no: Option<String>,
    pub committee_id: Option<CommitteeId>,
    pub procedure: Procedure,
    pub title: String,
    pub kind: CaseType,
    pub state: CaseState,
    pub outcome: Option<Outcome>,
    pub risk: Risk,
    pub difficulty: Difficulty,
    pub source: Source,
    pub channel: Channel,
    pub origin_id: OrgId,
    pub origin_desk_id: Option<OrgId>,
    /// The one accountable holder (I1).
    pub holder_id: OrgId,
    pub holder_desk_id: Option<OrgId>,
    pub holder_since: Instant,
    pub registrar_id: UserId,
    pub registered_at: Instant,
    pub accepted_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub next_step: Option<NextStep>,
    pub next_due_at: Option<Instant>,
    pub live: bool,
    pub version: i64,
    pub audit_seq: i64,
    pub audit_hash: String,
    pub amount_fen: Option<i64>,
    pub summary: String,
    pub updated_at: Instant,
    pub detail: CaseDetail,
}

impl Case {
    /// The course of the petition, where the case is one; one made a petition after its
    /// registration counts from there.
    pub fn petition(&self) -> Option<Petition> {
        if self.procedure != Procedure::Petition {
            return None;
        }
        let kept = self.detail.petition.clone();
        Some(kept.unwrap_or_else(|| Petition::new(None, self.registered_at)))
    }
}

/// What no list filters on: kept as one JSON document beside the columns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseDetail {
    pub subtype: Option<String>,
    pub tags: Vec<Tag>,
    /// Committees that mediate jointly with the one that accepted the matter (若干规定 第二十一条).
    pub co_committees: Vec<CommitteeId>,
    pub risk_hints: Vec<RiskHint>,
    pub relation_kind: Option<RelationKind>,
    pub place: Option<String>,
    pub occurred_at: Option<Instant>,
    pub recorded_at: Option<Instant>,
    pub people_affected: Option<i64>,
    pub delegation_letter_no: Option<String>,
    /// Only of what a court delegates; none said is before filing.
    pub delegation_stage: Option<DelegationStage>,
    /// The course of a petition; only of that procedure.
    pub petition: Option<Petition>,
    /// Who wrote down and who confirmed an oral application (G-05).
    pub oral_note: Option<OralNote>,
    pub jurisdiction_basis: Option<JurisdictionBasis>,
    pub screening: Option<Screening>,
    pub rejection: Option<Rejection>,
    pub confidentiality: Option<Confidentiality>,
    pub public_mode: bool,
    pub round_no: i64,
    pub dv: bool,
    pub minor_harm: bool,
    pub sham: bool,
    pub safety_plan: Option<String>,
    pub suspension: Option<Suspension>,
    pub termination: Option<Termination>,
    /// Principal parties who refused or demanded termination (G-02).
    pub stop_demands: Vec<StopDemand>,
    pub extension: Option<Extension>,
    /// Intervals during which the mediation limit did not run (section 4.6).
    pub pauses: Vec<Pause>,
    /// When the present round began, where it is not the first.
    pub round_began_at: Option<Instant>,
    pub merged_into: Option<CaseId>,
    pub merged_from_state: Option<CaseState>,
    /// Cases merged into this one and not taken out again.
    pub merged_from: Vec<CaseId>,
    pub feedback: Option<Feedback>,
    pub retention: Option<Retention>,
    /// Why it is kept longer than the rule asks (section 2.5).
    pub retention_reason: Option<String>,
    /// Orders that nothing of the case may be destroyed, released ones too.
    pub legal_holds: Vec<LegalHold>,
    /// Why the dossier has no follow-up record (section 2.4).
    pub follow_up_waiver: Option<String>,
    pub reopen_reason: Option<String>,
    /// Notice that land use must not change while the dispute is open (G-48).
    pub land_notice_at: Option<Instant>,
    /// The holder's own step, standing still while a transfer waits for its answer.
    pub paused_step: Option<PausedStep>,
    /// Psychological support, as far as mediators may know of it.
    pub support: Option<super::crisis::Support>,
}

/// A step set aside while a transfer is pending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PausedStep {
    pub step: Option<NextStep>,
    pub due_at: Option<Instant>,
    pub since: Instant,
}

/// A signed note of an oral application (人民调解法 第十七条).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OralNote {
    pub text: String,
    pub signed_by_party: bool,
    pub written_by: UserId,
}

/// The screening checklist (G-03).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Screening {
    pub civil: bool,
    pub special_organ: bool,
    pub accepted_elsewhere: bool,
    pub clear_parties: bool,
    pub concrete_claim: bool,
    pub note: Option<String>,
    pub by: UserId,
    pub at: Instant,
}

/// A refusal to accept (G-04, 若干规定 第二十四条).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    pub code: RejectCode,
    pub reason: String,
    pub routes: Vec<ToldRoute>,
    pub calming_measures: Option<String>,
    pub handed_over_to: Option<String>,
    pub at: Instant,
}

/// A route told to the parties, with its time limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToldRoute {
    pub route: Route,
    /// The time limit in words a party understands, zh-CN.
    pub limit_zh: String,
    pub limit_en: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspension {
    pub reason: SuspendReason,
    pub note: Option<String>,
    pub from_state: CaseState,
    pub since: Instant,
    pub approver: UserId,
}

/// A past suspension that stopped the clock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pause {
    pub reason: SuspendReason,
    pub from: Instant,
    pub to: Instant,
}

/// The end of mediation (G-24, 人民调解法 第二十六条).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Termination {
    pub reason: TerminationReason,
    pub note: Option<String>,
    pub at: Instant,
    pub routes: Vec<ToldRoute>,
    pub served_at: Instant,
    pub service_proof: String,
    pub partial: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StopDemand {
    pub party_id: PartyId,
    pub at: Instant,
    pub refused_at_start: bool,
}

/// An extension of the mediation limit, signed by the parties (G-25).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extension {
    pub until: LocalDate,
    pub signed_by: Vec<PartyId>,
    pub at: Instant,
}

/// What the party was told after resolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feedback {
    pub text: String,
    pub at: Instant,
    pub by: UserId,
}
