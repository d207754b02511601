//! Sessions: plan, invite, move, hold, record, sign, close.

use super::{answer_child, open_act, open_any, open_append, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::rules::bookings::taken_elsewhere;
use crate::domain::rules::free_slots::horizon;
use crate::domain::rules::records_of_session::{self as records, Close, Minutes};
use crate::domain::rules::session_changes::{self as changes, Cancel, NoShow, Postpone};
use crate::domain::rules::session_course::{self as course, *};
use crate::domain::rules::session_guards::SessionFacts;
use crate::domain::rules::session_signatures::{self as hands, RefuseSignature, SignRecord};
use crate::domain::rules::sessions::{self as planning, Plan, PlanFacts};
use crate::domain::session::AttendeeKind;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::queries::sessions::session_of;
use crate::queries::views::Sees;
use crate::queries::views::session::SessionWhole;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Tx;

/// Carries out and answers with the session as it is now. The record is not repeated: a reply is
/// kept for retries.
fn answer(
    tx: &mut Tx<'_>,
    status: u16,
    mut file: CaseFile,
    d: Decision,
    id: SessionId,
) -> Result<Reply, Error> {
    for put in &d.puts {
        match put {
            Put::Insert(Entity::Session(s)) => file.sessions.push(s.clone()),
            Put::Update(Entity::Session(s)) => {
                for old in file.sessions.iter_mut().filter(|old| old.id == s.id) {
                    old.clone_from(s);
                }
            }
            Put::Insert(Entity::Signature(s)) => file.signatures.push(s.clone()),
            _ => {}
        }
    }
    let case = tx.carry_out(d)?;
    let sees = Sees::of(tx.ctx, &file_scope(&file));
    let session = file
        .session(id)
        .ok_or_else(|| Error::internal("the session is gone"))?;
    answer_child(&case, status, &SessionWhole::of(&file, session, sees))
}

/// A session takes rooms and people of the whole county: locks them, then looks at who else has
/// them.
fn plan_facts(
    tx: &mut Tx<'_>,
    file: &CaseFile,
    room: Option<RoomId>,
    staff: &[UserId],
    (from, to): (Instant, Instant),
) -> Result<PlanFacts, Error> {
    let officials = file.participants.iter().filter_map(|p| p.user_id);
    let mut people: Vec<UserId> = staff.iter().copied().chain(officials).collect();
    people.sort_unstable();
    people.dedup();
    tx.lock_bookings(room, &people)?;
    let (from, to) = horizon(from, to, tx.ctx.now);
    let others = tx.bookings_elsewhere(file.case.id, from, to)?;
    let people = tx.people_at(&others)?;
    Ok(PlanFacts {
        room: match room {
            Some(id) => tx.find_room(id)?,
            None => None,
        },
        known_staff: tx.active_users(staff)?,
        busy: taken_elsewhere(file, &others, &people),
    })
}

/// `POST /cases/{case_id}/sessions`
pub fn plan(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Plan::read)?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let team = || file.team().map(|a| a.user_id).collect();
    let staff: Vec<UserId> = input.staff.clone().unwrap_or_else(team);
    let times = (input.from, input.to);
    let facts = plan_facts(tx, &file, input.room_id, &staff, times)?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Plan {
        id: Some(id),
        ..input
    };
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = planning::plan(&file, input, &facts, &who, &mut ids, now)?;
    answer(tx, 201, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/notify`
pub fn notify(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = planning::notify(&file, session, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/postpone`
pub fn postpone(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Postpone::read)?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let facts = match input.to_time {
        Some(times) => {
            let staff: Vec<UserId> = session
                .attendees
                .iter()
                .filter(|a| a.kind == AttendeeKind::Staff)
                .map(|a| UserId::new(a.id))
                .collect();
            plan_facts(tx, &file, input.room_id.or(session.room_id), &staff, times)?
        }
        None => PlanFacts {
            room: match input.room_id {
                Some(id) => tx.find_room(id)?,
                None => None,
            },
            ..PlanFacts::default()
        },
    };
    let d = changes::postpone(&file, session, input, &facts, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/cancel`
pub fn cancel(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Cancel::read)?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = changes::cancel(&file, session, input)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/no-show`
pub fn no_show(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(NoShow::read)?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = changes::no_show(&file, session, input, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/consent`
pub fn consent(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(ConsentToSession::read)?;
    let file = open_act(tx, call, Action::PlanSession, Act::PlanSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = course::consent_to_session(&file, session, input, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// Of the people named as present: active users, and the team as it stands for ties.
fn session_facts(
    tx: &mut Tx<'_>,
    file: &CaseFile,
    present: &[uuid::Uuid],
) -> Result<SessionFacts, Error> {
    let named: Vec<UserId> = present.iter().copied().map(UserId::new).collect();
    Ok(SessionFacts {
        known_staff: tx.active_users(&named)?,
        team: tx.team_as_candidates(file)?,
    })
}

/// `POST /cases/{case_id}/sessions/{session_id}/open`
pub fn open(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Open::read)?;
    let file = open_act(tx, call, Action::RunSession, Act::OpenSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let facts = session_facts(tx, &file, &input.present)?;
    let calendar = tx.calendar()?;
    let d = course::open(&file, session, &input, &facts, &calendar, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/open-caucus`
pub fn open_caucus(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(OpenCaucus::read)?;
    let file = open_act(tx, call, Action::RunSession, Act::OpenSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = course::open_caucus(&file, session, input)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/end-caucus`
pub fn end_caucus(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_act(tx, call, Action::RunSession, Act::OpenSession)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = course::end_caucus(&file, session)?;
    answer(tx, 200, file, d, id)
}

/// A session that began is recorded to its end as long as the case is not closed.
fn still_live(file: &CaseFile) -> Result<(), Error> {
    if file.case.live {
        return Ok(());
    }
    Err(Refusal::about(Reason::WrongState, [file.case.state]).into())
}

/// `POST /cases/{case_id}/sessions/{session_id}/attendance`
pub fn attendance(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Attendance::read)?;
    let file = open_append(tx, call, Action::WriteRecord, None)?;
    still_live(&file)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let facts = session_facts(tx, &file, &input.present)?;
    let d = course::record_attendance(&file, session, &input, &facts, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/minutes`
pub fn minutes(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Minutes::read)?;
    let file = open_any(tx, call, Action::WriteRecord)?;
    still_live(&file)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = records::draw_up(&file, session, input)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/sign`
pub fn sign(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(SignRecord::read)?;
    let file = open_any(tx, call, Action::WriteRecord)?;
    still_live(&file)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = hands::sign_record(&file, session, input, &who, &mut ids, now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/refuse-signature`
pub fn refuse_signature(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(RefuseSignature::read)?;
    let file = open_any(tx, call, Action::WriteRecord)?;
    still_live(&file)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = hands::refuse_signature(&file, session, input, &who, &mut ids, now)?;
    answer(tx, 200, file, d, id)
}

/// `POST /cases/{case_id}/sessions/{session_id}/close`
pub fn close(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Close::read)?;
    let file = open_any(tx, call, Action::RunSession)?;
    still_live(&file)?;
    let session = session_of(&file, call)?;
    let id = session.id;
    let d = records::close(&file, session, input, tx.ctx.now)?;
    answer(tx, 200, file, d, id)
}
