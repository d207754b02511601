//! Reading the mediating team, recusals, and who might be appointed.

use serde::Serialize;

use super::views::Sees;
use super::views::mediators::{AssignmentView, CandidateView, RecusalView};
use crate::call::Call;
use crate::domain::ids::*;
use crate::domain::mediator::Assignment;
use crate::domain::policy::Action;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Snap;

#[derive(Serialize)]
struct Whole<V> {
    data: Vec<V>,
}

/// An assignment with the name of the member of staff.
pub fn assignment_view(
    snap: &mut Snap<'_>,
    assignment: &Assignment,
) -> Result<AssignmentView, Error> {
    let names = snap.names_of(&[assignment.user_id.uuid])?;
    Ok(AssignmentView {
        name: names.0.get(&assignment.user_id.uuid).cloned(),
        assignment: assignment.clone(),
    })
}

/// `GET /cases/{case_id}/assignments`: in force and past, oldest first.
pub fn assignments(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let users: Vec<uuid::Uuid> = file.assignments.iter().map(|a| a.user_id.uuid).collect();
    let names = snap.names_of(&users)?;
    let data = file
        .assignments
        .iter()
        .map(|a| AssignmentView {
            name: names.0.get(&a.user_id.uuid).cloned(),
            assignment: a.clone(),
        })
        .collect();
    Ok(Reply::json(200, &Whole { data })?
        .etag(file.case.version)
        .case(file.case.id))
}

/// `GET /cases/{case_id}/recusals`
pub fn recusals(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &file_scope(&file));
    let data = file
        .recusals
        .iter()
        .map(|r| RecusalView::of(r, &file, sees))
        .collect();
    Ok(Reply::json(200, &Whole { data })?
        .etag(file.case.version)
        .case(file.case.id)
        .reads("case", file.case.id))
}

/// `GET /cases/{case_id}/mediator-candidates`: members of the competent committees with what
/// stands against each (G-07). For those who appoint.
pub fn candidates(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let id: CaseId = call.id("case_id")?;
    let file = snap.file_for(Action::Appoint, id)?;
    let today = snap.ctx.now.local_date();
    let mut data = Vec::new();
    for user in snap.mediators_for(&file, today)? {
        let candidate = snap.candidate(&file, user)?;
        data.push(CandidateView::of(&file, &candidate, today));
    }
    // Who can be appointed without more ado comes first.
    data.sort_by_key(|c| (!c.unfit.is_empty(), !c.ties.is_empty()));
    Ok(Reply::json(200, &Whole { data })?
        .case(id)
        .reads("case", id))
}
