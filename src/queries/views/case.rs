//! Views of a case.

use serde::Serialize;

use super::Sees;
use crate::domain::case::*;
use crate::domain::codes::{Code, Lang};
use crate::domain::crisis::Support;
use crate::domain::dossier::LegalHold;
use crate::domain::ids::*;
use crate::domain::movement::{Transfer, TransferState, TransferVerb};
use crate::domain::petition::{Petition, PetitionReply, PetitionStage, ReviewAsked};
use crate::domain::time::Instant;

/// A case in a list: nothing personal beyond what its reader may know.
#[derive(Debug, Serialize)]
pub struct CaseItem {
    pub id: CaseId,
    pub code: String,
    pub case_no: Option<String>,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: CaseType,
    pub procedure: Procedure,
    pub state: CaseState,
    pub outcome: Option<Outcome>,
    pub risk: Risk,
    pub difficulty: Difficulty,
    pub source: Source,
    pub channel: Channel,
    pub committee_id: Option<CommitteeId>,
    pub origin_id: OrgId,
    pub holder_id: OrgId,
    pub holder_since: Instant,
    pub amount_fen: Option<i64>,
    pub registered_at: Instant,
    pub accepted_at: Option<Instant>,
    pub closed_at: Option<Instant>,
    pub next_step: Option<NextStep>,
    pub next_due_at: Option<Instant>,
    pub overdue: bool,
    pub live: bool,
    pub version: i64,
    pub updated_at: Instant,
}

/// A title may hold names; who sees names masked gets the type and the opaque code.
pub fn shown_title(case: &Case, sees: Sees, lang: Lang) -> String {
    if sees.full {
        case.title.clone()
    } else {
        format!("{} {}", case.kind.label(lang), case.code)
    }
}

impl CaseItem {
    pub fn of(case: &Case, sees: Sees, now: Instant, lang: Lang) -> Self {
        Self {
            id: case.id,
            code: case.code.clone(),
            case_no: case.case_no.clone(),
            title: shown_title(case, sees, lang),
            kind: case.kind,
            procedure: case.procedure,
            state: case.state,
            outcome: case.outcome,
            risk: case.risk,
            difficulty: case.difficulty,
            source: case.source,
            channel: case.channel,
            committee_id: case.committee_id,
            origin_id: case.origin_id,
            holder_id: case.holder_id,
            holder_since: case.holder_since,
            amount_fen: case.amount_fen,
            registered_at: case.registered_at,
            accepted_at: case.accepted_at,
            closed_at: case.closed_at,
            next_step: case.next_step,
            next_due_at: case.next_due_at,
            overdue: case.next_due_at.is_some_and(|due| due < now),
            live: case.live,
            version: case.version,
            updated_at: case.updated_at,
        }
    }
}

/// Whom the case waits for, and since when.
#[derive(Debug, Serialize)]
pub struct BallWith {
    /// The accountable holder.
    pub org_id: OrgId,
    pub name: String,
    pub since: Instant,
    pub days: i64,
    /// A transfer that its receiver has not answered; the holder stays responsible until then.
    pub pending: Option<PendingTransfer>,
}

#[derive(Debug, Serialize)]
pub struct PendingTransfer {
    pub transfer_id: TransferId,
    pub verb: TransferVerb,
    pub to_id: Option<OrgId>,
    pub since: Instant,
    pub due_at: Option<Instant>,
}

impl PendingTransfer {
    pub fn of(transfers: &[Transfer]) -> Option<Self> {
        let t = transfers
            .iter()
            .find(|t| t.state == TransferState::Submitted && t.verb != TransferVerb::ReferOut)?;
        Some(Self {
            transfer_id: t.id,
            verb: t.verb,
            to_id: t.to_id,
            since: t.submitted_at,
            due_at: t.due_at,
        })
    }
}

/// A whole case for one who may see it.
#[derive(Debug, Serialize)]
pub struct CaseView {
    #[serde(flatten)]
    pub item: CaseItem,
    /// The narrative; `null` for who sees names masked.
    pub summary: Option<String>,
    pub detail: DetailView,
    pub ball_with: BallWith,
    pub transfer_pending: bool,
    /// The case of an `include=` member, else absent.
    #[serde(flatten)]
    pub included: serde_json::Map<String, serde_json::Value>,
}

/// The detail of a case: what lists do not show.
#[derive(Debug, Serialize)]
pub struct DetailView {
    pub subtype: Option<String>,
    pub tags: Vec<Tag>,
    pub co_committees: Vec<CommitteeId>,
    pub risk_hints: Vec<RiskHint>,
    pub relation_kind: Option<RelationKind>,
    pub place: Option<String>,
    pub occurred_at: Option<Instant>,
    pub recorded_at: Option<Instant>,
    pub people_affected: Option<i64>,
    pub delegation_letter_no: Option<String>,
    pub delegation_stage: Option<DelegationStage>,
    pub petition: Option<PetitionView>,
    pub oral_application: bool,
    pub jurisdiction_basis: Option<JurisdictionBasis>,
    pub screened_at: Option<Instant>,
    pub rejection: Option<RejectionView>,
    pub confidentiality: Confidentiality,
    pub public_mode: bool,
    pub round_no: i64,
    pub dv: bool,
    pub minor_harm: bool,
    pub sham: bool,
    pub suspension: Option<SuspensionView>,
    pub termination: Option<TerminationView>,
    pub extended_until: Option<crate::domain::time::LocalDate>,
    pub merged_into: Option<CaseId>,
    pub feedback_at: Option<Instant>,
    pub retention: Option<Retention>,
    /// Nothing of the case may be destroyed.
    pub legal_hold: Option<HeldView>,
    pub land_notice_at: Option<Instant>,
    pub stop_demanded_by: Vec<PartyId>,
    /// `null` for who may not know of it.
    pub psych_support: Option<SupportView>,
}

/// That somebody gets psychological support: nothing of why.
#[derive(Debug, Serialize)]
pub struct SupportView {
    pub in_progress: bool,
    /// What an acknowledgement names.
    pub crisis_id: Option<CrisisId>,
    pub contact: Option<String>,
    pub safety_instruction: Option<String>,
}

impl SupportView {
    fn of(support: Option<&Support>) -> Self {
        let open = support.filter(|s| s.in_progress);
        Self {
            in_progress: open.is_some(),
            crisis_id: open.map(|s| s.crisis),
            contact: open.and_then(|s| s.contact.clone()),
            safety_instruction: open.and_then(|s| s.instruction.clone()),
        }
    }
}

/// A legal hold in force.
#[derive(Debug, Serialize)]
pub struct HeldView {
    pub reason: String,
    pub by: UserId,
    pub at: Instant,
}

impl HeldView {
    pub fn of(hold: &LegalHold) -> Self {
        Self {
            reason: hold.reason.clone(),
            by: hold.by,
            at: hold.at,
        }
    }
}

/// The course of a petition; its number and words only for who sees the case in full.
#[derive(Debug, Serialize)]
pub struct PetitionView {
    pub no: Option<String>,
    pub received_at: Instant,
    pub accepted_by: Option<OrgId>,
    pub notified_at: Option<Instant>,
    /// The stage that waits for a written reply.
    pub open_stage: Option<PetitionStage>,
    pub replies: Vec<ReplyView>,
    pub reviews: Vec<ReviewView>,
}

#[derive(Debug, Serialize)]
pub struct ReplyView {
    pub stage: PetitionStage,
    pub unit_id: OrgId,
    pub given_at: Instant,
    pub text: Option<String>,
    pub document_id: Option<AttachmentId>,
}

#[derive(Debug, Serialize)]
pub struct ReviewView {
    pub stage: PetitionStage,
    pub asked_at: Instant,
}

impl PetitionView {
    fn of(p: &Petition, sees: Sees) -> Self {
        let reply = |r: &PetitionReply| ReplyView {
            stage: r.stage,
            unit_id: r.unit_id,
            given_at: r.given_at,
            text: sees.full.then(|| r.text.clone()),
            document_id: r.document,
        };
        let review = |r: &ReviewAsked| ReviewView {
            stage: r.stage,
            asked_at: r.asked_at,
        };
        Self {
            no: p.no.clone().filter(|_| sees.full),
            received_at: p.received_at,
            accepted_by: p.acceptance.as_ref().map(|a| a.unit_id),
            notified_at: p.acceptance.as_ref().map(|a| a.notified_at),
            open_stage: p.open_stage(),
            replies: p.replies.iter().map(reply).collect(),
            reviews: p.reviews.iter().map(review).collect(),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct RejectionView {
    pub code: RejectCode,
    pub reason: Option<String>,
    pub routes: Vec<ToldRoute>,
    pub handed_over_to: Option<String>,
    pub at: Instant,
}

#[derive(Debug, Serialize)]
pub struct SuspensionView {
    pub reason: SuspendReason,
    pub since: Instant,
    pub approver_id: UserId,
}

#[derive(Debug, Serialize)]
pub struct TerminationView {
    pub reason: TerminationReason,
    pub at: Instant,
    pub routes: Vec<ToldRoute>,
    pub served_at: Instant,
    pub partial: bool,
}

impl DetailView {
    pub fn of(d: &CaseDetail, sees: Sees) -> Self {
        let text = |t: &Option<String>| t.clone().filter(|_| sees.full);
        Self {
            subtype: d.subtype.clone(),
            tags: d.tags.clone(),
            co_committees: d.co_committees.clone(),
            risk_hints: d.risk_hints.clone(),
            relation_kind: d.relation_kind,
            place: text(&d.place),
            occurred_at: d.occurred_at,
            recorded_at: d.recorded_at,
            people_affected: d.people_affected,
            delegation_letter_no: text(&d.delegation_letter_no),
            delegation_stage: d.delegation_stage,
            petition: d.petition.as_ref().map(|p| PetitionView::of(p, sees)),
            oral_application: d.oral_note.is_some(),
            jurisdiction_basis: d.jurisdiction_basis,
            screened_at: d.screening.as_ref().map(|s| s.at),
            rejection: d.rejection.as_ref().map(|r| RejectionView {
                code: r.code,
                reason: sees.full.then(|| r.reason.clone()),
                routes: r.routes.clone(),
                handed_over_to: text(&r.handed_over_to),
                at: r.at,
            }),
            confidentiality: d.confidentiality.unwrap_or(Confidentiality::L3),
            public_mode: d.public_mode,
            round_no: d.round_no,
            dv: d.dv,
            minor_harm: d.minor_harm,
            sham: d.sham,
            suspension: d.suspension.as_ref().map(|s| SuspensionView {
                reason: s.reason,
                since: s.since,
                approver_id: s.approver,
            }),
            termination: d.termination.as_ref().map(|t| TerminationView {
                reason: t.reason,
                at: t.at,
                routes: t.routes.clone(),
                served_at: t.served_at,
                partial: t.partial,
            }),
            extended_until: d.extension.as_ref().map(|e| e.until),
            merged_into: d.merged_into,
            feedback_at: d.feedback.as_ref().map(|f| f.at),
            retention: d.retention,
            legal_hold: d
                .legal_holds
                .iter()
                .find(|h| h.released.is_none())
                .map(HeldView::of),
            land_notice_at: d.land_notice_at,
            stop_demanded_by: d.stop_demands.iter().map(|s| s.party_id).collect(),
            psych_support: sees.support.then(|| SupportView::of(d.support.as_ref())),
        }
    }
}
