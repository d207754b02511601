//! Reading sessions and the free slots of rooms.

use serde::Serialize;

use super::cases::included_parties;
use super::notes::included_notes;
use super::require;
use super::views::Sees;
use super::views::session::{SessionView, SessionWhole};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::input::Int;
use crate::domain::policy::Action;
use crate::domain::rules::free_slots::{BusyKind, Slot, free_slots, taken_by};
use crate::domain::session::Session;
use crate::domain::time::LocalDate;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Snap;

/// The session of the path.
pub fn session_of<'a>(file: &'a CaseFile, call: &Call) -> Result<&'a Session, Error> {
    let id: SessionId = call.id("session_id")?;
    file.session(id).ok_or_else(Error::not_found)
}

#[derive(Serialize)]
struct Sessions {
    data: Vec<SessionView>,
}

/// `GET /cases/{case_id}/sessions`: by number.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let sessions = snap.sessions(case.id)?;
    let data = sessions.iter().map(|s| SessionView::of(s, sees)).collect();
    Ok(Reply::json(200, &Sessions { data })?
        .etag(case.version)
        .case(case.id)
        .reads("case", case.id))
}

/// `GET /cases/{case_id}/sessions/{session_id}`: with its record, for those who see the case in
/// full.
///
/// `include=parties,notes`: who reads working notes here needs the right to the notes themselves.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let include = q.include(&["parties", "notes"])?;
    q.finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let session = session_of(&file, call)?;
    let sees = Sees::of(snap.ctx, &file_scope(&file));
    let mut view = SessionWhole::of(&file, session, sees).with_minutes(session, sees);
    let (case, id, today) = (file.case.id, session.id, snap.ctx.now.local_date());
    for part in &include {
        let value = match *part {
            "parties" => included_parties(snap, case, sees, today)?,
            _ => included_notes(snap, case, id)?,
        };
        view.included.insert((*part).to_owned(), value);
    }
    let mut reply = Reply::json(200, &view)?
        .etag(file.case.version)
        .case(case)
        .reads("session", id);
    if include.contains(&"parties") {
        reply = reply.reads("case", case);
    }
    if include.contains(&"notes") {
        reply = reply.reads("notes", case);
    }
    Ok(reply)
}

#[derive(Serialize)]
struct RoomDay {
    room_id: RoomId,
    name: String,
    date: LocalDate,
    minutes: i64,
    data: Vec<Slot>,
}

/// `GET /rooms/{room_id}/free-slots`: on one day. Which case takes the rest is not told.
pub fn room_slots(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    require(snap, Action::ViewOrg)?;
    let q = call.query();
    let now = snap.ctx.now;
    let date = q.get::<LocalDate>("date")?;
    let minutes = q.get::<Int<15, 600>>("minutes")?.map_or(60, |n| n.0);
    q.finish()?;
    let date = date.unwrap_or_else(|| now.local_date());
    let room = snap
        .find_room(call.id("room_id")?)?
        .filter(|r| r.active)
        .ok_or_else(Error::not_found)?;
    let busy: Vec<_> = snap
        .room_bookings(room.id, date.start(), date.plus_days(1).start())?
        .iter()
        .flat_map(taken_by)
        .filter(|b| b.kind == BusyKind::Room)
        .collect();
    let out = RoomDay {
        room_id: room.id,
        name: room.name,
        date,
        minutes,
        data: free_slots(&busy, minutes, date, 1, now),
    };
    Reply::json(200, &out)
}
