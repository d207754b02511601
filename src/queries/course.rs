//! What the end of a case shows: whether its dossier is whole, and what the parties said of it.

use serde::Serialize;
use serde_json::json;

use super::views::Sees;
use crate::call::Call;
use crate::domain::case::Retention;
use crate::domain::codes::{Code, Lang};
use crate::domain::ids::*;
use crate::domain::party::DeclaredBy;
use crate::domain::policy::Action;
use crate::domain::record::{Evaluation, Satisfaction};
use crate::domain::rules::dossier::{DossierItem, default_retention, dossier_missing};
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// One piece the dossier lacks.
#[derive(Debug, Serialize)]
pub struct MissingView {
    /// Code of `dossier_item`.
    pub code: String,
    pub label: String,
    /// The party, participant, session, agreement or obligation it is about.
    pub id: Option<String>,
}

impl MissingView {
    fn of(item: &str, lang: Lang) -> Self {
        let (code, id) = match item.split_once(':') {
            Some((code, id)) => (code, Some(id.to_owned())),
            None => (item, None),
        };
        let label = DossierItem::parse(code).map_or(code, |i| i.label(lang));
        Self {
            code: code.to_owned(),
            label: label.to_owned(),
            id,
        }
    }
}

/// Whether a case could be archived by its papers.
#[derive(Debug, Serialize)]
pub struct DossierView {
    pub complete: bool,
    pub missing: Vec<MissingView>,
    /// How long it is kept unless set longer.
    pub retention: Retention,
}

/// `GET /cases/{case_id}/dossier-check` (G-40).
pub fn dossier_check(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let lang = snap.ctx.lang;
    let missing: Vec<MissingView> = dossier_missing(&file)
        .iter()
        .map(|item| MissingView::of(item, lang))
        .collect();
    let view = DossierView {
        complete: missing.is_empty(),
        missing,
        retention: file
            .case
            .detail
            .retention
            .unwrap_or_else(|| default_retention(&file)),
    };
    Ok(Reply::json(200, &view)?
        .etag(file.case.version)
        .case(file.case.id))
}

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
    pub recorded_by: UserId,
    pub created_at: Instant,
}

impl EvaluationView {
    pub fn of(e: &Evaluation, sees: Sees) -> Self {
        Self {
            id: e.id,
            case_id: e.case_id,
            party_id: e.party_id,
            satisfaction: e.satisfaction,
            comment: e.comment.clone().filter(|_| sees.full),
            given_via: e.given_via,
            by_participant: e.by_participant,
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
    let data: Vec<EvaluationView> = list.iter().map(|e| EvaluationView::of(e, sees)).collect();
    Ok(Reply::json(200, &json!({ "data": data }))?
        .case(case.id)
        .reads("case", case.id))
}
