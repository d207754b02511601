//! Agreements as they are read: all of a case, or one.

use serde_json::json;

use super::views::Sees;
use super::views::agreement::AgreementView;
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::policy::Action;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Snap;

/// The view of one agreement of a file.
pub fn agreement_view(
    snap: &mut Snap<'_>,
    file: &CaseFile,
    id: AgreementId,
) -> Result<AgreementView, Error> {
    let agreement = file.agreement(id).ok_or_else(Error::not_found)?;
    let calendar = snap.calendar()?;
    let sees = Sees::of(snap.ctx, &file_scope(file));
    let today = snap.ctx.now.local_date();
    Ok(AgreementView::of(file, agreement, sees, &calendar, today))
}

/// `GET /cases/{case_id}/agreements`, by number.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let calendar = snap.calendar()?;
    let sees = Sees::of(snap.ctx, &file_scope(&file));
    let today = snap.ctx.now.local_date();
    let data: Vec<AgreementView> = file
        .agreements
        .iter()
        .map(|a| AgreementView::of(&file, a, sees, &calendar, today))
        .collect();
    Ok(Reply::json(200, &json!({ "data": data }))?
        .case(file.case.id)
        .reads("case", file.case.id))
}

/// `GET /cases/{case_id}/agreements/{agreement_id}`.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let id: AgreementId = call.id("agreement_id")?;
    let view = agreement_view(snap, &file, id)?;
    Ok(Reply::json(200, &view)?
        .etag(file.case.version)
        .case(file.case.id)
        .reads("agreement", id))
}
