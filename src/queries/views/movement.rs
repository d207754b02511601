//! Views of transfers and custody.

use serde::Serialize;
use uuid::Uuid;

use super::Sees;
use super::case::{BallWith, shown_title};
use crate::domain::case::{Case, CaseState, CaseType, Difficulty, Risk, Route};
use crate::domain::codes::Lang;
use crate::domain::ids::*;
use crate::domain::movement::*;
use crate::domain::time::Instant;
use crate::store::people::NameBook;

/// The units that transfers name, for their names.
pub fn units_in(transfers: &[Transfer]) -> Vec<Uuid> {
    let mut out: Vec<Uuid> = transfers
        .iter()
        .flat_map(|t| [Some(t.from_id), t.to_id, t.climb.map(|c| c.to_id)])
        .flatten()
        .map(|id| id.uuid)
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

fn name_of(names: &NameBook, id: OrgId) -> String {
    names.0.get(&id.uuid).cloned().unwrap_or_default()
}

fn overdue(t: &Transfer, now: Instant) -> bool {
    t.state == TransferState::Submitted && t.due_at.is_some_and(|due| due < now)
}

/// A transfer as the case's readers see it; what was written only for who sees the case in full.
#[derive(Debug, Serialize)]
pub struct TransferView {
    pub id: TransferId,
    pub case_id: CaseId,
    pub verb: TransferVerb,
    pub from_id: OrgId,
    pub from_name: String,
    pub to_id: Option<OrgId>,
    pub to_name: Option<String>,
    pub external_target: Option<String>,
    pub route: Option<Route>,
    pub state: TransferState,
    pub reasons: Vec<EscalateReason>,
    pub note: Option<String>,
    pub handling_so_far: Option<String>,
    pub materials: Vec<AttachmentId>,
    pub no_materials: Option<String>,
    pub result_required: bool,
    pub result_due_at: Option<Instant>,
    pub due_at: Option<Instant>,
    pub overdue: bool,
    pub submitted_by: UserId,
    pub submitted_at: Instant,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    pub defects: Vec<ReturnDefect>,
    pub sender_consent: Option<SenderConsent>,
    pub answer: Option<String>,
    pub result: Option<String>,
    pub result_at: Option<Instant>,
    pub parent_id: Option<TransferId>,
    pub climb: Option<ClimbView>,
    pub contest: Option<ContestView>,
    pub designation: Option<DesignationView>,
}

/// A quarrel over whose case it is; the words only for who sees the case in full.
#[derive(Debug, Serialize)]
pub struct ContestView {
    pub at: Instant,
    pub decider_id: OrgId,
    /// The joint conference decides.
    pub conference: bool,
    pub text: Option<String>,
}

/// How the quarrel was decided.
#[derive(Debug, Serialize)]
pub struct DesignationView {
    pub at: Instant,
    pub decider_id: OrgId,
    pub to_id: OrgId,
    pub minutes_no: Option<String>,
    pub reason: Option<String>,
}

/// How far an unanswered transfer has climbed.
#[derive(Debug, Serialize)]
pub struct ClimbView {
    pub level: i32,
    pub to_id: OrgId,
    pub to_name: String,
    pub at: Instant,
}

impl ClimbView {
    fn of(t: &Transfer, names: &NameBook) -> Option<Self> {
        t.climb.map(|c| Self {
            level: c.level,
            to_id: c.to_id,
            to_name: name_of(names, c.to_id),
            at: c.at,
        })
    }
}

impl TransferView {
    pub fn of(t: &Transfer, sees: Sees, now: Instant, names: &NameBook) -> Self {
        let text = |t: &Option<String>| t.clone().filter(|_| sees.full);
        Self {
            id: t.id,
            case_id: t.case_id,
            verb: t.verb,
            from_id: t.from_id,
            from_name: name_of(names, t.from_id),
            to_id: t.to_id,
            to_name: t.to_id.map(|id| name_of(names, id)),
            external_target: text(&t.external_target),
            route: t.route,
            state: t.state,
            reasons: t.reasons.clone(),
            note: Some(t.note.clone()).filter(|n| sees.full && !n.is_empty()),
            handling_so_far: text(&t.handling_so_far),
            materials: t.materials.clone(),
            no_materials: text(&t.no_materials),
            result_required: t.result_required,
            result_due_at: t.result_due_at,
            due_at: t.due_at,
            overdue: overdue(t, now),
            submitted_by: t.submitted_by,
            submitted_at: t.submitted_at,
            decided_by: t.decided_by,
            decided_at: t.decided_at,
            defects: t.defects.clone(),
            sender_consent: t.sender_consent.clone().filter(|_| sees.full),
            answer: text(&t.answer),
            result: text(&t.result),
            result_at: t.result_at,
            parent_id: t.parent_id,
            contest: t.contest.as_ref().map(|c| ContestView {
                at: c.at,
                decider_id: c.decider_id,
                conference: c.conference,
                text: Some(c.text.clone()).filter(|_| sees.full),
            }),
            designation: t.designation.as_ref().map(|d| DesignationView {
                at: d.at,
                decider_id: d.decider_id,
                to_id: d.to_id,
                minutes_no: d.minutes_no.clone(),
                reason: Some(d.reason.clone()).filter(|_| sees.full),
            }),
            climb: ClimbView::of(t, names),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct TransferList {
    pub data: Vec<TransferView>,
}

/// A transfer in the queue, with what is needed to choose which case to open; nothing narrative.
#[derive(Debug, Serialize)]
pub struct TransferItem {
    pub id: TransferId,
    pub verb: TransferVerb,
    pub state: TransferState,
    pub from_id: OrgId,
    pub from_name: String,
    pub to_id: Option<OrgId>,
    pub to_name: Option<String>,
    pub reasons: Vec<EscalateReason>,
    pub defects: Vec<ReturnDefect>,
    pub result_required: bool,
    pub result_due_at: Option<Instant>,
    pub due_at: Option<Instant>,
    pub overdue: bool,
    /// Whose case it is, is to be decided.
    pub contested: bool,
    /// Whole days since it was sent.
    pub days: i64,
    pub submitted_at: Instant,
    pub decided_at: Option<Instant>,
    pub climb: Option<ClimbView>,
    pub case: TransferCase,
}

/// The case of a queued transfer or task; its title masked where the caller sees names masked.
#[derive(Debug, Serialize)]
pub struct TransferCase {
    pub id: CaseId,
    pub code: String,
    pub case_no: Option<String>,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: CaseType,
    pub state: CaseState,
    pub risk: Risk,
    pub difficulty: Difficulty,
    pub holder_id: OrgId,
    pub version: i64,
}

impl TransferItem {
    pub fn of(
        t: &Transfer,
        case: &Case,
        sees: Sees,
        now: Instant,
        lang: Lang,
        names: &NameBook,
    ) -> Self {
        Self {
            id: t.id,
            verb: t.verb,
            state: t.state,
            from_id: t.from_id,
            from_name: name_of(names, t.from_id),
            to_id: t.to_id,
            to_name: t.to_id.map(|id| name_of(names, id)),
            reasons: t.reasons.clone(),
            defects: t.defects.clone(),
            result_required: t.result_required,
            result_due_at: t.result_due_at,
            due_at: t.due_at,
            overdue: overdue(t, now),
            contested: t.is_contested(),
            days: now.seconds_since(t.submitted_at).max(0) / 86_400,
            submitted_at: t.submitted_at,
            decided_at: t.decided_at,
            climb: ClimbView::of(t, names),
            case: TransferCase::of(case, sees, lang),
        }
    }
}

impl TransferCase {
    pub fn of(case: &Case, sees: Sees, lang: Lang) -> Self {
        Self {
            id: case.id,
            code: case.code.clone(),
            case_no: case.case_no.clone(),
            title: shown_title(case, sees, lang),
            kind: case.kind,
            state: case.state,
            risk: case.risk,
            difficulty: case.difficulty,
            holder_id: case.holder_id,
            version: case.version,
        }
    }
}

/// Whom a case waits for, and how long each unit has held it.
#[derive(Debug, Serialize)]
pub struct CustodyView {
    pub ball_with: BallWith,
    pub held: Vec<HeldView>,
    pub periods: Vec<PeriodView>,
}

/// The days of one unit, over all its periods.
#[derive(Debug, Serialize)]
pub struct HeldView {
    pub org_id: OrgId,
    pub name: String,
    pub days: i64,
    pub now_holding: bool,
}

/// One period of custody.
#[derive(Debug, Serialize)]
pub struct PeriodView {
    pub org_id: OrgId,
    pub name: String,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub days: i64,
    pub transfer_id: Option<TransferId>,
}
