//! The clocks of a case, why each is due when it is, and the calendars and policies behind them.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use super::views::Sees;
use crate::call::Call;
use crate::domain::calendar::{Calendar, Words};
use crate::domain::case::Case;
use crate::domain::clocks::calendar_file::{self, CalendarDoc, DocFault};
use crate::domain::clocks::explain::explain;
use crate::domain::clocks::replay::replay;
use crate::domain::clocks::trace::Left;
use crate::domain::clocks::{
    BreachAct, Clock, ClockEvent, ClockExtension, ClockPause, ClockState, ClockSubject, Effect,
    Explanation, Light, Policy, PolicyBook, Track,
};
use crate::domain::ids::*;
use crate::domain::input::Violation;
use crate::domain::policy::{Action, CaseScope};
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// A clock as it stands.
#[derive(Debug, Serialize)]
pub struct ClockView {
    pub id: ClockId,
    pub case_id: CaseId,
    pub policy: String,
    pub policy_version: i64,
    pub title: Words,
    pub track: Track,
    pub effect: Effect,
    pub on_breach: BreachAct,
    pub variant: Option<String>,
    pub subject: ClockSubject,
    pub subject_id: uuid::Uuid,
    pub started_at: Instant,
    pub state: ClockState,
    /// `null` once it has ended.
    pub light: Option<Light>,
    /// The first instant that is too late; `null` while it stands still.
    pub due_at: Option<Instant>,
    pub yellow_at: Option<Instant>,
    pub last_day: Option<LocalDate>,
    pub left: Option<Left>,
    pub breached_at: Option<Instant>,
    pub ended_at: Option<Instant>,
    pub ended_by: Option<ClockEvent>,
    pub pauses: Vec<ClockPause>,
    pub extensions: Vec<ClockExtension>,
    pub calendar: String,
}

impl ClockView {
    fn of(c: &Clock, p: &Policy, calendar: &Calendar, now: Instant) -> Self {
        Self {
            id: c.id,
            case_id: c.case_id,
            policy: c.policy.clone(),
            policy_version: c.policy_version,
            title: Words {
                zh: p.zh.clone(),
                en: p.en.clone(),
            },
            track: p.track,
            effect: p.effect,
            on_breach: p.on_breach,
            variant: c.variant.clone(),
            subject: c.subject,
            subject_id: c.subject_id,
            started_at: c.started_at,
            state: c.state,
            light: c.light(now),
            due_at: c.due_at,
            yellow_at: c.yellow_at,
            last_day: c.last_day,
            left: c.left(p, calendar),
            breached_at: c.breached_at,
            ended_at: c.ended_at,
            ended_by: c.detail.ended_by,
            pauses: c.detail.pauses.clone(),
            extensions: c.detail.extensions.clone(),
            calendar: c.calendar.clone(),
        }
    }
}

/// The terms a clock follows.
pub fn terms<'a>(book: &'a PolicyBook, clock: &Clock) -> Result<&'a Policy, Error> {
    book.version(&clock.policy, clock.policy_version)
        .ok_or_else(|| {
            Error::internal(format!(
                "no policy {}@{}",
                clock.policy, clock.policy_version
            ))
        })
}

/// A clock as an answer.
pub fn clock_view(snap: &mut Snap<'_>, clock: &Clock) -> Result<ClockView, Error> {
    let book = snap.clock_policies()?;
    let calendar = snap.calendar_at(&clock.calendar)?;
    let policy = terms(&book, clock)?;
    Ok(ClockView::of(clock, policy, &calendar, snap.ctx.now))
}

/// A clock the caller may see, with its case.
pub fn clock_for(snap: &mut Snap<'_>, action: Action, call: &Call) -> Result<(Clock, Case), Error> {
    let clock = snap.clock(call.id("clock_id")?)?;
    let (case, scope) = snap.case_for(action, clock.case_id)?;
    if hidden_subjects(snap, &case, &scope)?.contains(&clock.subject_id) {
        return Err(Error::not_found());
    }
    Ok((clock, case))
}

/// The things of a case whose clocks would tell the caller of a crisis, or of an inquiry that is
/// the county's alone.
fn hidden_subjects(
    snap: &mut Snap<'_>,
    case: &Case,
    scope: &CaseScope,
) -> Result<Vec<uuid::Uuid>, Error> {
    let mut out = snap.hidden_tasks(case.id)?;
    if case.detail.support.is_none() || Sees::of(snap.ctx, scope).crisis {
        return Ok(out);
    }
    let list = snap.incidents(case.id)?;
    let hidden = list.iter().filter(|i| i.crisis_id.is_some());
    out.extend(hidden.map(|i| i.id.uuid));
    Ok(out)
}

/// `GET /cases/{case_id}/clocks`.
pub fn of_case(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let query = call.query();
    let open = query.get::<bool>("open")?.unwrap_or(false);
    query.finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let hidden = hidden_subjects(snap, &case, &scope)?;
    let mut data = Vec::new();
    for clock in snap.clocks_of(case.id)? {
        if (!open || clock.is_open()) && !hidden.contains(&clock.subject_id) {
            data.push(clock_view(snap, &clock)?);
        }
    }
    Ok(Reply::json(200, &json!({ "data": data }))?.case(case.id))
}

/// `GET /clocks/{clock_id}`.
pub fn one(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (clock, case) = clock_for(snap, Action::ViewCase, call)?;
    Ok(Reply::json(200, &clock_view(snap, &clock)?)?.case(case.id))
}

/// An explanation, and the instant found again from its steps alone.
#[derive(Debug, Serialize)]
struct ExplanationView {
    clock_id: ClockId,
    #[serde(flatten)]
    explanation: Explanation,
    replayed_due_at: Option<Instant>,
}

/// `GET /clocks/{clock_id}/explain`.
pub fn explained(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (clock, case) = clock_for(snap, Action::ViewCase, call)?;
    let book = snap.clock_policies()?;
    let calendar = snap.calendar_at(&clock.calendar)?;
    let explanation = explain(&clock, terms(&book, &clock)?, &calendar);
    let replayed = replay(&explanation)
        .map_err(|f| Error::internal(format!("explanation of {}: {f:?}", clock.id)))?;
    let view = ExplanationView {
        clock_id: clock.id,
        explanation,
        replayed_due_at: replayed,
    };
    Ok(Reply::json(200, &view)?.case(case.id))
}

/// A version of a policy, and whether clocks that start now follow it.
#[derive(Debug, Serialize)]
struct PolicyView<'a> {
    in_force: bool,
    #[serde(flatten)]
    policy: &'a Policy,
}

/// `GET /clock-policies`.
pub fn policies(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let book = snap.clock_policies()?;
    let today = snap.ctx.now.local_date();
    let data: Vec<PolicyView<'_>> = book
        .rows()
        .iter()
        .map(|policy| PolicyView {
            in_force: book
                .in_force(&policy.code, today)
                .is_some_and(|p| p.version == policy.version),
            policy,
        })
        .collect();
    Reply::json(200, &json!({ "data": data }))
}

/// A calendar document, whether it is in force and who put it there.
#[derive(Debug, Serialize)]
struct CalendarView {
    in_force: bool,
    /// `null` for one that came with the program.
    committed_by: Option<UserId>,
    committed_at: Option<Instant>,
    #[serde(flatten)]
    document: CalendarDoc,
}

/// `GET /calendars`.
pub fn calendars(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let county = snap.calendar()?;
    let now = snap.calendars_in_force()?;
    let kept = snap.calendar_versions()?;
    let system = UserId::new(uuid::Uuid::nil());
    let mut data: Vec<CalendarView> = Vec::new();
    for v in kept {
        data.push(CalendarView {
            in_force: now.contains(&v.document),
            committed_by: Some(v.committed_by).filter(|u| *u != system),
            committed_at: Some(v.committed_at),
            document: v.document,
        });
    }
    for document in now {
        if !data.iter().any(|v| v.document.region == document.region) {
            data.push(CalendarView {
                in_force: true,
                committed_by: None,
                committed_at: None,
                document,
            });
        }
    }
    Reply::json(
        200,
        &json!({ "region": county.region(), "calendar": county.version(), "data": data }),
    )
}

/// Reads a calendar out of a body; every fault by its pointer.
pub fn read_calendar(call: &Call) -> Result<CalendarDoc, Error> {
    let doc: CalendarDoc = serde_json::from_value(call.body.clone())
        .map_err(|_| Error::invalid("", "not_a_calendar"))?;
    calendar_file::check(&doc).map_err(faults)?;
    Ok(doc)
}

fn faults(found: Vec<DocFault>) -> Error {
    let violation = |f: DocFault| Violation {
        pointer: f.at,
        code: f.fault,
    };
    Error::Invalid(found.into_iter().map(violation).collect())
}

/// The county's calendar with a document put in the place of its region's.
pub fn calendar_with(snap: &mut Snap<'_>, doc: &CalendarDoc) -> Result<Calendar, Error> {
    let mut docs = snap.calendars_in_force()?;
    docs.retain(|d| d.region != doc.region);
    docs.push(doc.clone());
    // The document must stand in its own line as well as in the county's.
    calendar_file::build(&doc.region, &docs).map_err(faults)?;
    let region = snap.calendar()?.region().to_owned();
    calendar_file::build(&region, &docs).map_err(faults)
}

/// A clock that another calendar would move.
#[derive(Debug, Serialize)]
pub struct MoveView {
    pub clock_id: ClockId,
    pub case_id: CaseId,
    pub policy: String,
    pub title: Words,
    pub from_due_at: Option<Instant>,
    pub to_due_at: Option<Instant>,
    pub from_yellow_at: Option<Instant>,
    pub to_yellow_at: Option<Instant>,
}

/// Every running clock that `calendar` moves, before and after.
pub fn moves(
    snap: &mut Snap<'_>,
    calendar: &Calendar,
) -> Result<Vec<(Clock, Clock, Arc<PolicyBook>)>, Error> {
    const STEP: i64 = 500;
    let book = snap.clock_policies()?;
    let mut out = Vec::new();
    let mut after = None;
    loop {
        let page = snap.running_clocks(after, STEP)?;
        let Some(last) = page.last() else {
            return Ok(out);
        };
        after = Some(last.id);
        for old in page {
            let Some(policy) = book.version(&old.policy, old.policy_version) else {
                continue;
            };
            let mut new = old.clone();
            new.recompute(policy, calendar);
            if (new.due_at, new.yellow_at) != (old.due_at, old.yellow_at) {
                out.push((old, new, Arc::clone(&book)));
            }
        }
    }
}

/// The moves as they are shown.
pub fn move_views(moves: &[(Clock, Clock, Arc<PolicyBook>)]) -> Result<Vec<MoveView>, Error> {
    let view = |(old, new, book): &(Clock, Clock, Arc<PolicyBook>)| {
        let policy = terms(book, old)?;
        Ok(MoveView {
            clock_id: old.id,
            case_id: old.case_id,
            policy: old.policy.clone(),
            title: Words {
                zh: policy.zh.clone(),
                en: policy.en.clone(),
            },
            from_due_at: old.due_at,
            to_due_at: new.due_at,
            from_yellow_at: old.yellow_at,
            to_yellow_at: new.yellow_at,
        })
    };
    moves.iter().map(view).collect()
}

/// `POST /calendars/dry-runs`: what a calendar would move; nothing is kept.
pub fn dry_run(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    super::require(snap, Action::ManageCalendar)?;
    let doc = read_calendar(call)?;
    let calendar = calendar_with(snap, &doc)?;
    let found = moves(snap, &calendar)?;
    let data = move_views(&found)?;
    Reply::json(
        200,
        &json!({ "calendar": calendar.version(), "moved": data.len(), "data": data }),
    )
}
