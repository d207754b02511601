//! The mediation limit and how it is extended (若干规定 第三十三条; 劳动争议调解仲裁法 第十四条; 医疗纠纷预防和处理
//! 条例 第三十八条; G-25, sections 1.9 and 11.8).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::Clock;
use crate::domain::clocks::mediation;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::Obj;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::{Instant, LocalDate};

use super::people;
use super::steps::{owe, owed};
use super::tasks::{NewTask, finish, open_task};

/// Working days in which the unit decides what becomes of a mediation past its limit.
const DECISION_DAYS: u32 = 3;

/// The last day of the mediation limit of the present round; `None` before acceptance. What a
/// suspension does to it is the policy's to say: it moves the general limit; of a medical dispute
/// only an appraisal does; the labour and court limits never move.
pub fn limit(file: &CaseFile, calendar: &Calendar, now: Instant) -> Option<LocalDate> {
    mediation::last_day(file, calendar, now)
}

/// The limit has passed without an extension: terminate (G-25).
pub fn past_limit(file: &CaseFile, calendar: &Calendar, now: Instant) -> bool {
    limit(file, calendar, now).is_some_and(|end| now.local_date() > end)
}

/// `past_limit` with the last day, as a refusal: what bars another session.
pub fn limit_guards(file: &CaseFile, calendar: &Calendar, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let passed = limit(file, calendar, now).filter(|end| now.local_date() > *end);
    g.forbid(passed, Reason::PastLimit);
    g.into_inner()
}

/// An extension the parties ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extend {
    pub until: LocalDate,
    pub signed_by: Vec<PartyId>,
    pub signed_at: Instant,
}

impl Extend {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let until = o.req("until");
        let signed_by = o.list("signed_by", 500);
        let signed_at = o.req("signed_at");
        Some(Self {
            until: until?,
            signed_by: signed_by?,
            signed_at: signed_at?,
        })
    }
}

/// Guards of extending that do not depend on the input. While the unit has to decide about a limit
/// that has passed, what was signed in time may still be recorded.
pub fn extend_guards(file: &CaseFile, calendar: &Calendar, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(people::stop_demanded(file), Reason::StopDemanded);
    if !file.tasks.iter().any(is_open_decision) {
        g.extend(limit_guards(file, calendar, now));
    }
    g.into_inner()
}

fn is_open_decision(task: &Task) -> bool {
    task.kind == TaskKind::LimitDecision && task.state.is_live()
}

/// The limit was missed: the unit that holds the case owes a decision, to extend or to terminate.
/// It is owed once per limit missed, and its head's desk looks after it.
pub fn owe_decision(
    d: &mut Decision,
    clock: &Clock,
    desk: OrgId,
    calendar: &Calendar,
    ids: &mut impl FreshIds,
    now: Instant,
) {
    let due = calendar.add_working_days(now.local_date(), DECISION_DAYS);
    let new = NewTask {
        id: ids.id(),
        kind: TaskKind::LimitDecision,
        source_id: Some(clock.id.uuid),
        unit_id: d.case().holder_id,
        text: "调解期限届满：登记期满前由各方签署的延期，或者终止调解".to_owned(),
        due_at: Some(due.end()),
        ordered_for: desk,
        ordered_by: Id::new(uuid::Uuid::nil()),
    };
    open_task(d, new, now);
}

/// Whether this act decides what was owed about a missed limit: it extends it, or leaves nothing
/// to mediate.
pub fn decides(d: &Decision) -> bool {
    let mediates = matches!(
        d.case().state,
        CaseState::Accepted | CaseState::Assigned | CaseState::InMediation | CaseState::Suspended
    );
    let extended = |e: &Event| matches!(e, Event::LimitExtended { .. });
    !mediates || d.events.iter().any(extended)
}

/// Ends what was owed of the decision, in the commit of the act that makes it.
pub fn decided(d: &mut Decision, tasks: &[Task], by: UserId, now: Instant) {
    for task in tasks.iter().filter(|t| is_open_decision(t)) {
        finish(d, task, None, by, now);
    }
}

/// Extends the limit by the will of every principal party, signed before it ends (G-25). What was
/// signed in time and is recorded afterwards undoes the breach.
///
/// # Errors
/// `extension_not_signed` naming who did not sign, `past_limit`, `stop_demanded`, `time_order`,
/// `in_future`.
pub fn extend(
    file: &CaseFile,
    input: Extend,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(extend_guards(file, calendar, now));
    let end = limit(file, calendar, now);
    let unsigned = file
        .principals()
        .filter(|p| p.side > 0 && !input.signed_by.contains(&p.id));
    g.forbid(unsigned.map(|p| p.id), Reason::ExtensionNotSigned);
    let unknown = input
        .signed_by
        .iter()
        .filter(|id| file.party(**id).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    g.forbid(
        end.filter(|end| input.signed_at.local_date() > *end),
        Reason::PastLimit,
    );
    g.require(end.is_some_and(|end| end < input.until), Reason::TimeOrder);
    g.require(input.until >= now.local_date(), Reason::TimeOrder);
    g.require(input.signed_at <= now, Reason::InFuture);
    g.done()?;
    let mut d = Decision::on(file);
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.extension = Some(Extension {
        until: input.until,
        signed_by: input.signed_by,
        at: input.signed_at,
    });
    let (step, _) = owed(case);
    if step == Some(NextStep::Mediate) {
        owe(case, step, Some(input.until.end()));
    }
    d.event(Event::LimitExtended { until: input.until });
    Ok(d)
}
