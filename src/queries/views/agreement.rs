//! Views of agreements: the paper, its signatures, what is owed under it and how far it is
//! performed.

use serde::Serialize;

use super::Sees;
use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::rules::confirmation::window_end;
use crate::domain::rules::obligations::is_overdue;
use crate::domain::rules::performance_rate::{Rate, rate};
use crate::domain::rules::sealing::missing_signatures;
use crate::domain::rules::signing::signatures_of;
use crate::domain::rules::standing::obligations_of;
use crate::domain::time::{Instant, LocalDate};

/// An agreement with everything under it.
#[derive(Debug, Serialize)]
pub struct AgreementView {
    pub id: AgreementId,
    pub case_id: CaseId,
    /// The state of the case as it stands with this agreement.
    pub case_state: CaseState,
    pub no: i32,
    pub number: Option<String>,
    pub form: AgreementForm,
    pub state: AgreementState,
    pub partial: bool,
    pub reached_at: Option<Instant>,
    pub signing_at: Option<Instant>,
    pub effective_at: Option<Instant>,
    pub sealed_at: Option<Instant>,
    pub parties: Vec<PartyId>,
    pub issues: Vec<IssueId>,
    pub left_out: Vec<PartyId>,
    pub approvals: Vec<GroupApproval>,
    pub copies: i64,
    pub e_sign_by: Vec<PartyId>,
    /// Texts of the paper; `null` for who sees names masked.
    pub text: Option<PaperText>,
    pub flags: Flags,
    pub warnings: Vec<WarningView>,
    pub supersedes: Option<AgreementId>,
    pub superseded_by: Option<AgreementId>,
    pub end_reason: Option<String>,
    pub confirmation: ConfirmationView,
    pub breach_route: Option<BreachRoute>,
    pub breach_notice_at: Option<Instant>,
    pub court_claim: Option<CourtClaim>,
    /// While it is being signed: ids of parties, and `mediator`.
    pub missing_signatures: Vec<String>,
    pub signatures: Vec<SignatureView>,
    pub obligations: Vec<ObligationView>,
    pub rate: Rate,
    pub created_by: UserId,
    pub created_at: Instant,
}

/// What the paper says.
#[derive(Debug, Serialize)]
pub struct PaperText {
    pub facts: String,
    pub liability: String,
    pub terms: String,
    pub performance: String,
    pub place: String,
}

/// What the drafter declared of the content.
#[derive(Debug, Serialize)]
pub struct Flags {
    pub divorce_effect: bool,
    pub kinship: bool,
    pub criminal_waiver: bool,
    pub ownership: bool,
    pub third_party_harm: bool,
    pub minor_harm: Option<bool>,
}

/// A soft finding the drafter went on with.
#[derive(Debug, Serialize)]
pub struct WarningView {
    pub rule: String,
    pub code: String,
    pub reason: Option<String>,
    pub at: Instant,
}

/// Judicial confirmation.
#[derive(Debug, Serialize)]
pub struct ConfirmationView {
    pub state: ConfirmationState,
    /// The last day of the thirty-day window, moved off a rest day.
    pub window_ends_on: Option<LocalDate>,
    pub court: Option<String>,
    pub applicants: Vec<PartyId>,
    pub applied_on: Option<LocalDate>,
    pub decided_on: Option<LocalDate>,
    pub ruling_no: Option<String>,
}

/// A signature on the paper.
#[derive(Debug, Serialize)]
pub struct SignatureView {
    pub id: SignatureId,
    pub signed_as: SignedAs,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    pub user_id: Option<UserId>,
    pub method: SignMethod,
    pub signed_at: Instant,
    pub image_sha256: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Instant,
}

/// What one party owes another.
#[derive(Debug, Serialize)]
pub struct ObligationView {
    pub id: ObligationId,
    pub no: i32,
    pub debtor_id: PartyId,
    pub creditor_id: PartyId,
    pub kind: ObligationKind,
    pub description: Option<String>,
    pub place: Option<String>,
    pub mode: PerformanceMode,
    pub amount_fen: Option<i64>,
    pub formula: Option<String>,
    pub cap_fen: Option<i64>,
    pub performed_fen: i64,
    pub due_on: LocalDate,
    pub state: ObligationState,
    /// Past its due date and still owed, marked or not.
    pub overdue: bool,
    pub urged: i32,
    pub plan_no: Option<i32>,
    pub plan_total_fen: Option<i64>,
    pub performed_at: Option<Instant>,
    pub performances: Vec<PerformanceView>,
}

/// One act of performance.
#[derive(Debug, Serialize)]
pub struct PerformanceView {
    pub id: PerformanceId,
    pub amount_fen: Option<i64>,
    pub performed_at: Instant,
    pub confirmed_by_creditor: bool,
    pub proof_id: Option<AttachmentId>,
    pub note: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Instant,
}

impl AgreementView {
    pub fn of(
        file: &CaseFile,
        a: &Agreement,
        sees: Sees,
        calendar: &Calendar,
        today: LocalDate,
    ) -> Self {
        let d = &a.detail;
        let missing = match a.state {
            AgreementState::Signing => missing_signatures(file, a),
            _ => Vec::new(),
        };
        Self {
            id: a.id,
            case_id: a.case_id,
            case_state: file.case.state,
            no: a.no,
            number: a.number.clone(),
            form: a.form,
            state: a.state,
            partial: a.partial,
            reached_at: a.reached_at,
            signing_at: a.signing_at,
            effective_at: a.effective_at,
            sealed_at: a.sealed_at,
            parties: d.parties.clone(),
            issues: d.issues.clone(),
            left_out: d.left_out.clone(),
            approvals: a.detail.approvals.clone(),
            copies: d.copies,
            e_sign_by: d.e_sign_by.clone(),
            text: sees.full.then(|| PaperText {
                facts: d.facts.clone(),
                liability: d.liability.clone(),
                terms: d.terms.clone(),
                performance: d.performance.clone(),
                place: d.place.clone(),
            }),
            flags: Flags {
                divorce_effect: d.divorce_effect,
                kinship: d.kinship,
                criminal_waiver: d.criminal_waiver,
                ownership: d.ownership,
                third_party_harm: d.third_party_harm,
                minor_harm: d.minor_harm,
            },
            warnings: d.warnings.iter().map(|w| warning(w, sees)).collect(),
            supersedes: d.supersedes,
            superseded_by: d.superseded_by,
            end_reason: d.end_reason.clone().filter(|_| sees.full),
            confirmation: ConfirmationView::of(a, calendar),
            breach_route: d.breach_route,
            breach_notice_at: d.breach_notice_at,
            court_claim: d.court_claim.clone(),
            missing_signatures: missing,
            signatures: signatures_of(file, a.id).map(SignatureView::of).collect(),
            obligations: obligations_of(file, a.id)
                .map(|o| ObligationView::of(file, o, sees, calendar, today))
                .collect(),
            rate: rate(obligations_of(file, a.id)),
            created_by: a.created_by,
            created_at: a.created_at,
        }
    }
}

fn warning(w: &ContentWarning, sees: Sees) -> WarningView {
    WarningView {
        rule: w.rule.clone(),
        code: w.code.clone(),
        reason: sees.full.then(|| w.reason.clone()),
        at: w.at,
    }
}

impl ConfirmationView {
    fn of(a: &Agreement, calendar: &Calendar) -> Self {
        let application = a.detail.application.as_ref();
        // Once applied for, the window is the one the application was measured by.
        let end = application.map(|x| x.window_ends_on);
        let window = match a.form {
            AgreementForm::Written => window_end(a, calendar),
            AgreementForm::Oral => None,
        };
        Self {
            state: a.confirmation_now(),
            window_ends_on: end.or(window),
            court: application.map(|x| x.court.clone()),
            applicants: application.map_or_else(Vec::new, |x| x.applicants.clone()),
            applied_on: application.map(|x| x.applied_on),
            decided_on: application.and_then(|x| x.decided_on),
            ruling_no: application.and_then(|x| x.ruling_no.clone()),
        }
    }
}

impl SignatureView {
    fn of(s: &Signature) -> Self {
        Self {
            id: s.id,
            signed_as: s.signed_as,
            party_id: s.party_id,
            participant_id: s.participant_id,
            user_id: s.user_id,
            method: s.method,
            signed_at: s.signed_at,
            image_sha256: s.image_sha256.clone(),
            recorded_by: s.recorded_by,
            recorded_at: s.recorded_at,
        }
    }
}

impl ObligationView {
    fn of(
        file: &CaseFile,
        o: &Obligation,
        sees: Sees,
        calendar: &Calendar,
        today: LocalDate,
    ) -> Self {
        let performances = file.performances.iter();
        Self {
            id: o.id,
            no: o.no,
            debtor_id: o.debtor_id,
            creditor_id: o.creditor_id,
            kind: o.kind,
            description: sees.full.then(|| o.description.clone()),
            place: sees.full.then(|| o.place.clone()),
            mode: o.mode,
            amount_fen: o.amount_fen,
            formula: o.formula.clone().filter(|_| sees.full),
            cap_fen: o.cap_fen,
            performed_fen: o.performed_fen,
            due_on: o.due_on,
            state: o.state,
            overdue: is_overdue(o, today, calendar),
            urged: o.urged,
            plan_no: o.plan_no,
            plan_total_fen: o.plan_total_fen,
            performed_at: o.performed_at,
            performances: performances
                .filter(|p| p.obligation_id == o.id)
                .map(|p| PerformanceView {
                    id: p.id,
                    amount_fen: p.amount_fen,
                    performed_at: p.performed_at,
                    confirmed_by_creditor: p.confirmed_by_creditor,
                    proof_id: p.proof_id,
                    note: p.note.clone().filter(|_| sees.full),
                    recorded_by: p.recorded_by,
                    recorded_at: p.recorded_at,
                })
                .collect(),
        }
    }
}
