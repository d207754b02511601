//! Reading notes. Caucus notes leave by this one door, to the mediators of the team (G-17).

use serde_json::Value;
use uuid::Uuid;

use super::views::note::NoteView;
use crate::call::Call;
use crate::domain::ids::{CaseId, SessionId};
use crate::domain::policy::Action;
use crate::domain::session::NoteVisibility;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// `GET /cases/{case_id}/caucus-notes`
pub fn caucus(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    page(snap, call, Action::ViewCaucus, NoteVisibility::Caucus)
}

/// `GET /cases/{case_id}/notes`: working notes, for those who write them.
pub fn working(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    page(snap, call, Action::WriteNote, NoteVisibility::Team)
}

/// Most working notes that `include=notes` brings along.
const INCLUDED_NOTES: i64 = 200;

/// The working notes of a session, under the same right as the list of them.
pub fn included_notes(
    snap: &mut Snap<'_>,
    case: CaseId,
    session: SessionId,
) -> Result<Value, Error> {
    snap.case_for(Action::WriteNote, case)?;
    let team = NoteVisibility::Team;
    let rows = snap.notes(case, team, Some(session), None, INCLUDED_NOTES)?;
    let views: Vec<NoteView> = rows.iter().map(NoteView::of).collect();
    serde_json::to_value(views).map_err(Error::internal)
}

fn page(
    snap: &mut Snap<'_>,
    call: &Call,
    action: Action,
    visibility: NoteVisibility,
) -> Result<Reply, Error> {
    let q = call.query();
    let session = q.get::<SessionId>("session_id")?;
    let page = q.page::<Uuid>()?;
    q.finish()?;
    let (case, _) = snap.case_for(action, call.id("case_id")?)?;
    let rows = snap.notes(case.id, visibility, session, page.after, page.fetch())?;
    let out = page.cut(&call.env, rows, |n| n.id.uuid, |n| NoteView::of(&n))?;
    let kind = match visibility {
        NoteVisibility::Caucus => "caucus_notes",
        NoteVisibility::Team => "notes",
    };
    Ok(out
        .reply()?
        .header("Cache-Control", "no-store")
        .case(case.id)
        .reads(kind, case.id))
}
