//! The mediation limit and how it is extended (若干规定 第三十三条; 劳动争议调解仲裁法 第十四条; 医疗纠纷预防和处理
//! 条例 第三十八条; G-25, sections 1.9 and 11.8).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::PartyId;
use crate::domain::input::Obj;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::people;
use super::steps::{owe, owed};

const LABOUR_DAYS: u32 = 15;
const MEDICAL_WORKING_DAYS: u32 = 30;
const COURT_DAYS: u32 = 30;
const GENERAL_MONTHS: u32 = 1;

/// Which limit binds a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Track {
    General,
    Labour,
    Medical,
    Court,
}

fn track(case: &Case) -> Track {
    let service = case.detail.relation_kind == Some(RelationKind::Service);
    match case.kind {
        _ if case.procedure == Procedure::CourtDelegated => Track::Court,
        CaseType::LabourOther => Track::Labour,
        CaseType::WageArrears if !service => Track::Labour,
        CaseType::Medical => Track::Medical,
        _ => Track::General,
    }
}

/// Whether a suspension for this reason stops the desk's own clock (section 4.6).
pub fn pauses_clock(reason: SuspendReason) -> bool {
    reason != SuspendReason::ShamCheck
}

/// The last day of the mediation limit of the present round; `None` before acceptance. A
/// suspension moves the general limit; of a medical dispute only an appraisal does; the labour
/// and court limits never move.
pub fn limit(case: &Case, calendar: &Calendar, now: Instant) -> Option<LocalDate> {
    let accepted = case.accepted_at?;
    let round = case.detail.round_began_at;
    let start = round.unwrap_or(accepted).local_date();
    let own = match track(case) {
        Track::General => {
            let end = calendar.end_of_period_months(start, GENERAL_MONTHS, false);
            let paused = paused_days(case, pauses_clock, now);
            calendar.roll(end.plus_days(paused))
        }
        Track::Labour => {
            let applied = round.unwrap_or(case.registered_at).local_date();
            calendar.end_of_period_days(applied, LABOUR_DAYS, true)
        }
        Track::Medical => {
            let end = calendar.add_working_days(start, MEDICAL_WORKING_DAYS);
            let appraisal = paused_days(case, |r| r == SuspendReason::Appraisal, now);
            calendar.roll(end.plus_days(appraisal))
        }
        Track::Court => calendar.end_of_period_days(start, COURT_DAYS, true),
    };
    let extended = case.detail.extension.as_ref().map(|e| e.until);
    Some(extended.map_or(own, |until| until.max(own)))
}

/// Whole days of this round during which the clock stood still, a running suspension included.
fn paused_days(case: &Case, counts: impl Fn(SuspendReason) -> bool, now: Instant) -> i64 {
    let days = |from: Instant, to: Instant| {
        (to.local_date().epoch_days() - from.local_date().epoch_days()).max(0)
    };
    let past: i64 = case
        .detail
        .pauses
        .iter()
        .filter(|p| counts(p.reason))
        .map(|p| days(p.from, p.to))
        .sum();
    let running = case
        .detail
        .suspension
        .as_ref()
        .filter(|s| counts(s.reason))
        .map_or(0, |s| days(s.since, now));
    past + running
}

/// The limit has passed without an extension: terminate (G-25).
pub fn past_limit(case: &Case, calendar: &Calendar, now: Instant) -> bool {
    limit(case, calendar, now).is_some_and(|end| now.local_date() > end)
}

/// `past_limit` with the last day, as a refusal: what bars another session.
pub fn limit_guards(case: &Case, calendar: &Calendar, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let passed = limit(case, calendar, now).filter(|end| now.local_date() > *end);
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

/// Guards of extending that do not depend on the input.
pub fn extend_guards(file: &CaseFile, calendar: &Calendar, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(people::stop_demanded(file), Reason::StopDemanded);
    g.extend(limit_guards(&file.case, calendar, now));
    g.into_inner()
}

/// Extends the limit by the will of every principal party, signed before it ends (G-25).
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
    let end = limit(&file.case, calendar, now);
    let unsigned = file
        .principals()
        .filter(|p| p.side > 0 && !input.signed_by.contains(&p.id));
    g.forbid(unsigned.map(|p| p.id), Reason::ExtensionNotSigned);
    let unknown = input
        .signed_by
        .iter()
        .filter(|id| file.party(**id).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    g.require(end.is_some_and(|end| end < input.until), Reason::TimeOrder);
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
