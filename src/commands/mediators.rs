//! Appointing, replacing and releasing mediators; disclosure, waiver, recusal.

use super::{answer_child, open_act, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::mediator::Assignment;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::rules::bookings::taken_elsewhere;
use crate::domain::rules::free_slots::{Busy, horizon};
use crate::domain::rules::mediators::*;
use crate::domain::rules::recusals::*;
use crate::domain::rules::session_people::booked_ahead;
use crate::error::Error;
use crate::queries::mediators::assignment_view;
use crate::queries::views::Sees;
use crate::queries::views::mediators::RecusalView;
use crate::reply::Reply;
use crate::store::tx::Tx;

fn seat_of<'a>(file: &'a CaseFile, call: &Call) -> Result<&'a Assignment, Error> {
    let id: AssignmentId = call.id("assignment_id")?;
    file.assignments
        .iter()
        .find(|a| a.id == id)
        .ok_or_else(Error::not_found)
}

fn facts(tx: &mut Tx<'_>, file: &CaseFile, user: UserId) -> Result<AppointFacts, Error> {
    let user = tx
        .find_user(user)?
        .ok_or_else(|| Refusal::about(Reason::UnknownReference, [user]))?;
    let busy = taken_meanwhile(tx, file, user.id)?;
    Ok(AppointFacts {
        busy,
        candidate: tx.candidate(file, user)?,
        calendar: tx.calendar()?,
    })
}

/// What other cases take while the sessions to come are held; locks the diary of who may join them.
fn taken_meanwhile(tx: &mut Tx<'_>, file: &CaseFile, user: UserId) -> Result<Vec<Busy>, Error> {
    let now = tx.ctx.now;
    let times = booked_ahead(file).map(|s| horizon(s.planned_from, s.planned_to, now));
    let Some((from, to)) = times.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Ok(Vec::new());
    };
    tx.lock_bookings(None, &[user])?;
    let others = tx.bookings_elsewhere(file.case.id, from, to)?;
    let people = tx.people_at(&others)?;
    Ok(taken_elsewhere(file, &others, &people))
}

/// Carries out and answers with the assignment last written.
fn answer(tx: &mut Tx<'_>, status: u16, d: Decision) -> Result<Reply, Error> {
    let seat = d.puts.iter().rev().find_map(|put| match put {
        Put::Insert(Entity::Assignment(a)) | Put::Update(Entity::Assignment(a)) => Some(a.clone()),
        _ => None,
    });
    let case = tx.carry_out(d)?;
    let seat = seat.ok_or_else(|| Error::internal("no assignment was written"))?;
    let view = assignment_view(tx, &seat)?;
    answer_child(&case, status, &view)
}

/// `POST /cases/{case_id}/assignments`
pub fn appoint(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Appoint::read)?;
    let file = open_act(tx, call, Action::Appoint, Act::Appoint)?;
    let facts = facts(tx, &file, input.user_id)?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = crate::domain::rules::mediators::appoint(&file, input, &facts, &who, &mut ids, now)?;
    answer(tx, 201, d)
}

/// `POST /cases/{case_id}/assignments/{assignment_id}/replace`
pub fn replace(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Replace::read)?;
    let file = open_act(tx, call, Action::Appoint, Act::Appoint)?;
    let old = seat_of(&file, call)?;
    let facts = facts(tx, &file, input.user_id)?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d =
        crate::domain::rules::mediators::replace(&file, old, input, &facts, &who, &mut ids, now)?;
    answer(tx, 201, d)
}

/// `POST /cases/{case_id}/assignments/{assignment_id}/release`
pub fn release(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Release::read)?;
    let file = open_act(tx, call, Action::Appoint, Act::Appoint)?;
    let old = seat_of(&file, call)?;
    let d = crate::domain::rules::mediators::release(&file, old, input, tx.ctx.now)?;
    answer(tx, 200, d)
}

/// `POST /cases/{case_id}/assignments/{assignment_id}/disclose`
pub fn disclose(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Disclose::read)?;
    let file = open_act(tx, call, Action::RecordRecusal, Act::Appoint)?;
    let seat = seat_of(&file, call)?;
    let d = crate::domain::rules::recusals::disclose(&file, seat, input, tx.ctx.now)?;
    answer(tx, 200, d)
}

/// `POST /cases/{case_id}/assignments/{assignment_id}/waive`
pub fn waive(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Waive::read)?;
    let file = open_act(tx, call, Action::RecordRecusal, Act::Appoint)?;
    let seat = seat_of(&file, call)?;
    let d = crate::domain::rules::recusals::waive(&file, seat, input, tx.ctx.now)?;
    answer(tx, 200, d)
}

/// `POST /cases/{case_id}/recusals`
pub fn request_recusal(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(RequestRecusal::read)?;
    let file = open_act(tx, call, Action::RecordRecusal, Act::Appoint)?;
    let calendar = tx.calendar()?;
    let (now, mut ids) = (tx.ctx.now, tx.ctx);
    let d =
        crate::domain::rules::recusals::request_recusal(&file, input, &calendar, &mut ids, now)?;
    let asked = d.puts.iter().find_map(|put| match put {
        Put::Insert(Entity::Recusal(r)) => Some(r.clone()),
        _ => None,
    });
    let case = tx.carry_out(d)?;
    let asked = asked.ok_or_else(|| Error::internal("no recusal was written"))?;
    // A chair who records the request against themselves has no sight of the case any more.
    let sees = Sees::of(tx.ctx, &tx.scope_of(&case)?);
    answer_child(&case, 201, &RecusalView::of(&asked, &file, sees))
}
