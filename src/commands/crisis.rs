//! Crises: raised by anybody who sees the case, handled by those who may, lowered by two.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{open_any, open_append};
use crate::call::Call;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::PolicyBook;
use crate::domain::crisis::*;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::facts::Event;
use crate::domain::ids::{CaseId, CrisisId, OrgId};
use crate::domain::machine::Act;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::Role;
use crate::domain::policy::{Action, Verdict, decide};
use crate::domain::refusal::Refusal;
use crate::domain::rules::crisis::{self, RaiseCrisis};
use crate::domain::rules::crisis_course::{self as course, *};
use crate::domain::rules::crisis_kit::{Actor, CrisisFacts};
use crate::domain::rules::crisis_ladder;
use crate::domain::rules::crisis_review::{self as review, Confirm, Review};
use crate::domain::time::Instant;
use crate::domain::timer::Timer;
use crate::error::Error;
use crate::queries::crisis::crisis_view;
use crate::queries::views::crisis::{CrisisReceipt, Guidance, digest};
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Tx;

/// What the rules look at, held for as long as they do.
struct Held {
    calendar: Calendar,
    book: Arc<PolicyBook>,
    rungs: Vec<(Rung, Vec<Recipient>)>,
    county: Option<OrgId>,
}

impl Held {
    fn load(tx: &mut Tx<'_>, file: &CaseFile) -> Result<Self, Error> {
        Ok(Self {
            calendar: tx.calendar()?,
            book: tx.clock_policies()?,
            rungs: tx.ladder_of(&file.case)?,
            county: tx.county_centre()?,
        })
    }

    fn facts(&self) -> CrisisFacts<'_> {
        CrisisFacts {
            calendar: &self.calendar,
            book: &self.book,
            rungs: self.rungs.clone(),
            county: self.county,
        }
    }
}

fn actor(tx: &Tx<'_>, file: &CaseFile) -> Actor {
    let grants = &tx.ctx.actor.grants;
    Actor {
        user: tx.ctx.actor.user_id,
        leads: grants.iter().any(|g| g.role == Role::PsyLead),
        handles: decide(&tx.ctx.actor, Action::ViewCrisis, &file_scope(file)) == Verdict::Allow,
    }
}

/// Binds the entries of the timeline to the trail of the case: one neutral fact with their digests.
fn bind(mut d: Decision, id: CrisisId) -> Decision {
    let entries = d.puts.iter().filter_map(|put| match put {
        Put::Insert(Entity::CrisisEntry(e)) => Some(digest(e)),
        _ => None,
    });
    let entries = entries.collect();
    d.event(Event::SupportRecorded {
        crisis: id,
        entries,
    });
    d
}

type Outcome = Result<Decision, Vec<Refusal>>;

/// Carries out what `rule` decides of the crisis in the path.
fn act(
    tx: &mut Tx<'_>,
    call: &Call,
    file: &CaseFile,
    rule: impl FnOnce(&CrisisFile, &CrisisFacts<'_>, Actor, &mut &crate::ctx::Ctx) -> Outcome,
) -> Result<CrisisId, Error> {
    let id: CrisisId = call.id("crisis_id")?;
    let known = tx.crisis_of(file.case.id, id)?;
    let held = Held::load(tx, file)?;
    let who = actor(tx, file);
    let mut ids = tx.ctx;
    let d = rule(&known, &held.facts(), who, &mut ids)?;
    tx.carry_out(bind(d, id))?;
    Ok(id)
}

fn in_full(tx: &mut Tx<'_>, file: &CaseFile, id: CrisisId) -> Result<Reply, Error> {
    let case = tx.raw_case(file.case.id)?;
    let view = crisis_view(tx, &case, id)?;
    let reply = Reply::json(200, &view)?.etag(case.version).case(case.id);
    Ok(reply.reads("crisis", id))
}

/// Recorded, and what to do: for who may not know more.
fn receipt(
    tx: &mut Tx<'_>,
    status: u16,
    file: &CaseFile,
    id: CrisisId,
    tier: Option<Tier>,
) -> Result<Reply, Error> {
    let version = tx.case_version(file.case.id)?;
    let lang = tx.ctx.lang;
    let view = CrisisReceipt {
        id,
        case_id: file.case.id,
        recorded_at: tx.ctx.now,
        guidance: tier.map_or_else(Vec::new, |t| Guidance::of(t, lang)),
    };
    let reply = Reply::json(status, &view)?.etag(version);
    Ok(reply.case(file.case.id))
}

/// `POST /cases/{case_id}/crises`. No version is asked for: a danger does not wait.
pub fn raise(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(RaiseCrisis::read)?;
    let file = open_append(tx, call, Action::Flag, Some(Act::Report))?;
    let open = tx.open_crisis(file.case.id)?;
    let id = match &open {
        Some(known) => known.crisis.id,
        None => input.id.unwrap_or_else(|| tx.ctx.id()),
    };
    let input = RaiseCrisis {
        id: Some(id),
        ..input
    };
    let tier = input.tier();
    let held = Held::load(tx, &file)?;
    let (who, now) = (actor(tx, &file), tx.ctx.now);
    let mut ids = tx.ctx;
    let facts = held.facts();
    let d = crisis::raise(&file, open.as_ref(), input, &facts, who, &mut ids, now)?;
    let called = first_call(&d);
    tx.carry_out(bind(d, id))?;
    if let Some(crisis) = called {
        tx.fire(&timer(&crisis, 0, now), Some(file.case.id))?;
    }
    receipt(tx, 201, &file, id, Some(tier))
}

/// The crisis as an act leaves it, where the act called the ladder.
fn first_call(d: &Decision) -> Option<Crisis> {
    let called = d
        .puts
        .iter()
        .any(|p| matches!(p, Put::Insert(Entity::CrisisEntry(e)) if e.kind == EntryKind::Called));
    let crisis = d.puts.iter().find_map(|p| match p {
        Put::Insert(Entity::Crisis(c)) | Put::Update(Entity::Crisis(c)) => Some(c.clone()),
        _ => None,
    });
    crisis.filter(|_| called)
}

/// The key of a call: of this crisis, of this climb, its number.
fn timer(crisis: &Crisis, no: i64, at: Instant) -> Timer {
    let from = crisis.called_at.unwrap_or(crisis.raised_at);
    Timer {
        kind: "urgent_call",
        subject: crisis.id.uuid,
        anchor: format!("{}+{no}", from.0),
        step: "call",
        at,
    }
}

/// `POST /cases/{case_id}/crises/{crisis_id}/acknowledge`
pub fn acknowledge(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_append(tx, call, Action::AnswerCrisis, None)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        course::acknowledge(&file, known, facts, who, ids, now)
    })?;
    receipt(tx, 200, &file, id, None)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/steps`. On the scene anybody who sees the case.
pub fn do_step(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(StepDone::read)?;
    let action = if input.step.is_on_scene() {
        Action::Flag
    } else {
        Action::HandleCrisis
    };
    let file = open_append(tx, call, action, None)?;
    let handles = actor(tx, &file).handles;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        course::do_step(&file, known, input, facts, who, ids, now)
    })?;
    if handles {
        in_full(tx, &file, id)
    } else {
        receipt(tx, 200, &file, id, None)
    }
}

/// `POST /cases/{case_id}/crises/{crisis_id}/assess`
pub fn assess(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Assess::read)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        course::assess(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/hand-over`
pub fn hand_over(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(HandOver::read)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        course::hand_over(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/stable`
pub fn stabilise(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(read_assessment)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        course::stabilise(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/review` (G-29): the first of two.
pub fn review(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Review::read)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        review::review(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/confirm-review` (G-29): the second of two.
pub fn confirm(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Confirm::read)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        review::confirm(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// `POST /cases/{case_id}/crises/{crisis_id}/close`
pub fn close(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(read_assessment)?;
    let file = open_any(tx, call, Action::HandleCrisis)?;
    let now = tx.ctx.now;
    let id = act(tx, call, &file, |known, facts, who, ids| {
        review::close(&file, known, input, facts, who, ids, now)
    })?;
    in_full(tx, &file, id)
}

/// A case whose crisis the service itself looks at. The case is locked first, so what another
/// node did a moment ago is seen here.
fn by_itself(
    tx: &mut Tx<'_>,
    case: uuid::Uuid,
) -> Result<Option<(CaseFile, CrisisFile, Held)>, Error> {
    let case = CaseId::new(case);
    tx.lock_case(case)?;
    tx.technical();
    let Some(known) = tx.open_crisis(case)? else {
        return Ok(None);
    };
    let row = tx.raw_case(case)?;
    let file = tx.load_file(row)?;
    let held = Held::load(tx, &file)?;
    Ok(Some((file, known, held)))
}

/// Adds an entry that the service itself makes.
fn called(
    d: &mut Decision,
    crisis: &mut Crisis,
    ctx: &crate::ctx::Ctx,
    kind: EntryKind,
    step: Option<StepCode>,
    (rung, at): (Rung, Instant),
) {
    crisis.entries = crisis.entries.saturating_add(1);
    d.insert(CrisisEntry {
        id: ctx.id(),
        crisis_id: crisis.id,
        case_id: crisis.case_id,
        seq: crisis.entries,
        kind,
        at,
        recorded_at: ctx.now,
        actor_id: None,
        state: crisis.state,
        tier: crisis.tier,
        step,
        rung: Some(rung),
        text: None,
    });
}

/// Calls the ladder of a case's crisis once more if that is due; returns how many calls that was.
pub fn call_again(tx: &mut Tx<'_>, case: uuid::Uuid) -> Result<usize, Error> {
    let Some((file, known, held)) = by_itself(tx, case)? else {
        return Ok(0);
    };
    let now = tx.ctx.now;
    if known.crisis.next_call_at.is_none_or(|at| at > now) {
        return Ok(0);
    }
    let Some(out) = crisis_ladder::call_due(&known.crisis, &held.facts(), now) else {
        return Ok(0);
    };
    let key = timer(&known.crisis, out.no, out.at);
    tx.fire(&key, Some(file.case.id))?;
    let mut d = Decision::on(&file);
    for user in tx.staff_of(&out.to)? {
        d.tell(Recipient::User(user), Notice::of(NoticeKind::UrgentCall));
    }
    let mut crisis = known.crisis;
    let top = (out.rung, out.at);
    called(&mut d, &mut crisis, tx.ctx, EntryKind::Called, None, top);
    crisis.next_call_at = crisis_ladder::next_at(&crisis, out.no, &held.facts());
    let id = crisis.id;
    d.update(crisis);
    tx.carry_out(bind(d, id))?;
    Ok(1)
}

/// Calls for somebody over the late steps of a case's crisis: each level once for each step.
/// Returns over how many steps somebody was called.
pub fn call_late(tx: &mut Tx<'_>, case: uuid::Uuid) -> Result<usize, Error> {
    let Some((file, known, held)) = by_itself(tx, case)? else {
        return Ok(0);
    };
    let (ctx, facts) = (tx.ctx, held.facts());
    let people = tx.people_of(&held.rungs)?;
    let mut crisis = known.crisis;
    let levels = crisis_ladder::late_levels(&crisis, &people);
    let mut d = Decision::on(&file);
    let mut told = BTreeSet::new();
    let mut done: usize = 0;
    for mut step in known.steps {
        if !step.is_open() || step.call_at.is_none_or(|at| at > ctx.now) {
            continue;
        }
        let timers = crisis_ladder::late_timers(&crisis, &step, &levels, &facts);
        let fired = tx.fired(&timers)?;
        let out = crisis_ladder::late_call(&crisis, &step, &levels, &facts, &fired, ctx.now);
        step.call_at = out.next_at;
        let Some(top) = out.top else {
            tx.update(&step)?;
            continue;
        };
        for timer in &out.timers {
            tx.fire(timer, Some(file.case.id))?;
        }
        told.extend(out.to);
        let code = Some(step.code);
        called(&mut d, &mut crisis, ctx, EntryKind::StepLate, code, top);
        d.update(step);
        done = done.saturating_add(1);
    }
    if done > 0 {
        // Several steps that call for the same person at once are one notice.
        for user in told {
            d.tell(Recipient::User(user), Notice::of(NoticeKind::StepLate));
        }
        let id = crisis.id;
        d.update(crisis);
        tx.carry_out(bind(d, id))?;
    }
    Ok(done)
}
