//! Clocks paused, resumed and extended by hand; calendars committed.

use super::course::approver_may;
use super::require;
use crate::call::Call;
use crate::domain::case::SuspendReason;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::align::ANSWERS;
use crate::domain::clocks::mediation::LIMITS;
use crate::domain::clocks::{AskExtension, AskPause, Clock, ClockConsent, Policy};
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::follow_up::FollowUp;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::movement::Transfer;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::rules::follow_up_plan::POLICY as VISITS;
use crate::domain::rules::limits::{self, Extend};
use crate::domain::time::{Instant, LocalDate};
use crate::error::{Code, Error};
use crate::queries::clocks::{calendar_with, clock_view, move_views, moves, read_calendar, terms};
use crate::reply::Reply;
use crate::store::cases::Expect;
use crate::store::tables::clocks::CalendarVersion;
use crate::store::tx::Tx;

/// A clock with its terms and the file of its case, locked.
fn open(tx: &mut Tx<'_>, call: &Call) -> Result<(Clock, Policy, CaseFile), Error> {
    let id: ClockId = call.id("clock_id")?;
    let case = tx.clock(id)?.case_id;
    let file = tx.open(Action::Course, case, Expect::Append)?;
    // Read again under the lock.
    let clock = tx.clock(id)?;
    let book = tx.clock_policies()?;
    let policy = terms(&book, &clock)?.clone();
    Ok((clock, policy, file))
}

fn finish(tx: &mut Tx<'_>, id: ClockId, d: Decision) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let clock = tx.clock(id)?;
    let view = clock_view(tx, &clock)?;
    Ok(Reply::json(200, &view)?.etag(case.version).case(case.id))
}

struct PauseInput {
    reason: SuspendReason,
    approver: UserId,
    note: Option<String>,
}

impl PauseInput {
    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req("reason");
        let approver = o.req("approver_id");
        let note = o.opt::<Text<1000>>("note");
        Some(Self {
            reason: reason?,
            approver: approver?,
            note: note?.map(|n| n.0),
        })
    }
}

/// `POST /clocks/{clock_id}/pause`.
pub fn pause(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (clock, policy, file) = open(tx, call)?;
    let input = call.read(PauseInput::read)?;
    if !approver_may(tx, &file, input.approver)? {
        let unknown = Refusal::about(Reason::UnknownReference, [input.approver]);
        return Err(unknown.into());
    }
    let calendar = tx.calendar()?;
    let ask = AskPause {
        reason: input.reason,
        approver: Some(input.approver),
        note: input.note,
    };
    let paused = clock.pause(&policy, &calendar, ask, tx.ctx.now)?;
    let mut d = Decision::on(&file);
    d.event(Event::ClockPaused {
        clock: clock.id,
        policy: policy.code,
        reason: input.reason,
    });
    d.update(paused);
    finish(tx, clock.id, d)
}

/// `POST /clocks/{clock_id}/resume`.
pub fn resume(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let (clock, policy, file) = open(tx, call)?;
    let calendar = tx.calendar()?;
    let running = clock.resume(&policy, &calendar, tx.ctx.now)?;
    let mut d = Decision::on(&file);
    d.event(Event::ClockResumed {
        clock: clock.id,
        policy: policy.code,
        due: running.due_at,
    });
    d.update(running);
    finish(tx, clock.id, d)
}

struct ExtendInput {
    until: LocalDate,
    consents: Vec<ClockConsent>,
    approver: Option<UserId>,
    note: Option<String>,
}

impl ExtendInput {
    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let until = o.req("until");
        let consents = o.objects("consents", 500, |c| {
            let party = c.req("party_id");
            let at = c.req("signed_at");
            Some(ClockConsent {
                party: party?,
                at: at?,
            })
        });
        let approver = o.opt("approver_id");
        let note = o.opt::<Text<1000>>("note");
        Some(Self {
            until: until?,
            consents: consents?,
            approver: approver?,
            note: note?.map(|n| n.0),
        })
    }
}

/// `POST /clocks/{clock_id}/extend`. The mediation limit is the case's own: its rule decides
/// (G-25).
pub fn extend(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (clock, policy, file) = open(tx, call)?;
    let input = call.read(ExtendInput::read)?;
    let calendar = tx.calendar()?;
    let now = tx.ctx.now;
    if LIMITS.contains(&policy.code.as_str()) && clock.is_open() {
        let last = input.consents.iter().map(|c| c.at).max();
        let signed = Extend {
            until: input.until,
            signed_by: input.consents.iter().map(|c| c.party).collect(),
            signed_at: last.unwrap_or(now),
        };
        let d = limits::extend(&file, signed, &calendar, now)?;
        return finish(tx, clock.id, d);
    }
    if let Some(approver) = input.approver
        && !approver_may(tx, &file, approver)?
    {
        return Err(Refusal::about(Reason::UnknownReference, [approver]).into());
    }
    let strangers: Vec<PartyId> = input
        .consents
        .iter()
        .map(|c| c.party)
        .filter(|id| file.party(*id).is_none())
        .collect();
    if !strangers.is_empty() {
        return Err(Refusal::about(Reason::UnknownReference, strangers).into());
    }
    let needed: Vec<PartyId> = file
        .principals()
        .filter(|p| p.side > 0)
        .map(|p| p.id)
        .collect();
    let consents: Vec<PartyId> = input.consents.iter().map(|c| c.party).collect();
    let ask = AskExtension {
        until: input.until,
        consents: input.consents,
        approver: input.approver,
        note: input.note,
    };
    let extended = clock.extend(&policy, &calendar, &needed, ask, now)?;
    let mut d = Decision::on(&file);
    d.event(Event::ClockExtended {
        clock: clock.id,
        policy: policy.code,
        until: input.until,
        consents,
    });
    d.update(extended);
    finish(tx, clock.id, d)
}

/// `POST /calendars`: puts a calendar in force and recomputes the clocks that run.
pub fn commit(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageCalendar)?;
    let doc = read_calendar(call)?;
    let known = tx.calendar_versions()?;
    if known
        .iter()
        .any(|v| v.region == doc.region && v.version == doc.version)
    {
        return Err(Error::of(Code::Duplicate));
    }
    let calendar = calendar_with(tx, &doc)?;
    let seq = known
        .iter()
        .filter(|v| v.region == doc.region)
        .map(|v| v.seq)
        .max();
    let (region, version) = (doc.region.clone(), doc.version.clone());
    let row = CalendarVersion {
        id: tx.ctx.ids.uuid(),
        region: doc.region.clone(),
        version: doc.version.clone(),
        seq: seq.unwrap_or(0).saturating_add(1),
        document: doc,
        committed_by: tx.ctx.actor.user_id,
        committed_at: tx.ctx.now,
    };
    tx.insert(&row)?;
    let found = moves(tx, &calendar)?;
    let views = move_views(&found)?;
    let mut cases: Vec<CaseId> = found.iter().map(|(old, _, _)| old.case_id).collect();
    cases.dedup();
    tx.lock_in_order(&cases)?;
    for (old, new, _) in found {
        moved(tx, &old, new, calendar.version())?;
    }
    let stream = format!("calendar/{region}");
    let event = Event::CalendarCommitted {
        region,
        version,
        moved: i64::try_from(views.len()).unwrap_or(i64::MAX),
    };
    tx.record(&stream, stream.clone(), vec![event])?;
    Reply::json(
        201,
        &serde_json::json!({ "calendar": calendar.version(), "moved": views.len(), "data": views }),
    )
}

/// Moves one clock, as a fact of its case. The step it stands for moves with it.
fn moved(tx: &mut Tx<'_>, old: &Clock, new: Clock, calendar: &str) -> Result<(), Error> {
    let case = tx.raw_case(old.case_id)?;
    let step: Option<Instant> = case.next_due_at;
    let mut d = Decision::on(&CaseFile::new(case));
    d.event(Event::ClockMoved {
        clock: old.id,
        policy: old.policy.clone(),
        from: old.due_at,
        to: new.due_at,
        calendar: calendar.to_owned(),
    });
    if step.is_some() && step == old.due_at {
        d.case_mut().next_due_at = new.due_at;
    }
    if ANSWERS.contains(&new.policy.as_str()) {
        let sent = tx.transfers(old.case_id)?;
        if let Some(t) = sent.into_iter().find(|t| t.id.uuid == new.subject_id) {
            let due_at = new.due_at;
            d.update(Transfer { due_at, ..t });
        }
    }
    if old.policy == VISITS
        && let Some(day) = new.last_day
    {
        let visits = tx.follow_ups(old.case_id)?;
        let visit = visits.into_iter().find(|f| f.id.uuid == old.subject_id);
        if let Some(visit) = visit.filter(FollowUp::is_open) {
            d.update(FollowUp {
                due_on: day,
                ..visit
            });
        }
    }
    d.update(new);
    tx.carry_out(d)?;
    Ok(())
}
