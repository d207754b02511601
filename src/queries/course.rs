//! What the end of a case shows: what the parties said of it.

use serde::Serialize;
use serde_json::json;

use super::views::Sees;
use crate::call::Call;
use crate::domain::ids::*;
use crate::domain::party::DeclaredBy;
use crate::domain::policy::Action;
use crate::domain::record::{Evaluation, Satisfaction};
use crate::domain::rules::evaluation::stands;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// What a party said of the handling of its matter.
#[derive(Debug, Serialize)]
pub struct EvaluationView {
    pub id: EvaluationId,
    pub case_id: CaseId,
    pub party_id: PartyId,
    pub satisfaction: Satisfaction,
    /// The party's words; `null` for who sees names masked.
    pub comment: Option<String>,
    pub given_via: DeclaredBy,
    pub by_participant: Option<ParticipantId>,
    /// The paper the party signed; `null` where it gave its word itself.
    pub evidence_id: Option<AttachmentId>,
    /// The party gave it itself, with its one-use code.
    pub own_word: bool,
    /// Counts: a party's own word stands before what a desk entered.
    pub stands: bool,
    pub recorded_by: UserId,
    pub created_at: Instant,
}

impl EvaluationView {
    /// One of a case's evaluations, `all` of them given.
    pub fn of(e: &Evaluation, all: &[Evaluation], sees: Sees) -> Self {
        Self {
            id: e.id,
            case_id: e.case_id,
            party_id: e.party_id,
            satisfaction: e.satisfaction,
            comment: e.comment.clone().filter(|_| sees.full),
            given_via: e.given_via,
            by_participant: e.by_participant,
            evidence_id: e.evidence_id,
            own_word: e.is_own_word(),
            stands: stands(all, e),
            recorded_by: e.recorded_by,
            created_at: e.created_at,
        }
    }
}

/// `GET /cases/{case_id}/evaluations`.
pub fn evaluations(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let list = snap.evaluations(case.id)?;
    let data: Vec<EvaluationView> = list
        .iter()
        .map(|e| EvaluationView::of(e, &list, sees))
        .collect();
    Ok(Reply::json(200, &json!({ "data": data }))?
        .case(case.id)
        .reads("case", case.id))
}
