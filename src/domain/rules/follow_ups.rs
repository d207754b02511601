//! Follow-up visits planned by hand, made, tried in vain, refused or waived (section 11.3.7; X-13).

use std::collections::BTreeSet;

use crate::domain::agreement::SignMethod;
use crate::domain::calendar::Calendar;
use crate::domain::case::{Risk, RiskHint};
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::PolicyBook;
use crate::domain::codes::Code;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::follow_up::*;
use crate::domain::ids::*;
use crate::domain::input::{Int, Obj, SecretText, Text};
use crate::domain::machine::{self, Act};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::record::Satisfaction;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::follow_up_plan::{AGAIN, BY_HAND, Planned, close_visit, due_day, next_no, policy_for};
use super::risk::{Assess, reassess};
use super::standing::in_force;

/// After so many tries in vain it is tried no more.
pub const RETRIES: i32 = 3;

/// What the rules need beside the file.
#[derive(Clone, Copy, Debug)]
pub struct VisitFacts<'a> {
    pub book: &'a PolicyBook,
    pub calendar: &'a Calendar,
    /// The units above that hear of a red risk.
    pub alert: &'a [OrgId],
    pub now: Instant,
}

/// A visit planned by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanVisit {
    pub id: Option<FollowUpId>,
    pub kind: FollowUpKind,
    pub due_on: LocalDate,
    pub agreement: Option<AgreementId>,
}

impl PlanVisit {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.or("kind", FollowUpKind::Performance);
        let due_on = o.req("due_on");
        let agreement = o.opt("agreement_id");
        Some(Self {
            id: id?,
            kind: kind?,
            due_on: due_on?,
            agreement: agreement?,
        })
    }
}

/// Longest time ahead that a visit is planned.
const AHEAD_DAYS: i64 = 1_096;

/// Plans a visit for a day; a rest day moves it to the next working day.
///
/// # Errors
/// `unknown_reference`, `already_done` (the id is taken), `time_order` (a day gone by or years
/// ahead).
pub fn plan(
    file: &CaseFile,
    input: &PlanVisit,
    facts: &VisitFacts<'_>,
    who: &Who,
    ids: &mut impl FreshIds,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::FollowUp));
    let now = facts.now;
    let today = now.local_date();
    let mut g = Guards::new();
    let stranger = input
        .agreement
        .filter(|id| !file.agreement(*id).is_some_and(in_force));
    g.forbid(stranger, Reason::UnknownReference);
    let ahead = input.due_on >= today && input.due_on <= today.plus_days(AHEAD_DAYS);
    g.require(ahead, Reason::TimeOrder);
    let taken = input.id.is_some_and(|id| file.follow_up(id).is_some());
    g.require(!taken, Reason::AlreadyDone);
    g.done()?;
    let by_hand = |policy| {
        let fixed = Some(input.due_on.end());
        due_day(policy, BY_HAND, now, fixed, facts.calendar)
    };
    let policy = policy_for(facts.book, now, now);
    let planned = Planned {
        id: input.id.unwrap_or_else(|| ids.id()),
        kind: input.kind,
        origin: FollowUpOrigin::Hand,
        agreement: input.agreement,
        variant: BY_HAND,
        from: now,
        due_on: policy.and_then(by_hand).unwrap_or(input.due_on),
    };
    let mut d = Decision::on(file);
    planned.put(&mut d, next_no(&file.follow_ups), who.user, now);
    Ok(d)
}

/// A hidden danger found: what it does to the risk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Danger {
    pub level: Option<Risk>,
    pub hints: Vec<RiskHint>,
}

/// What a visit found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub met_parties: Vec<PartyId>,
    pub met_others: Option<Secret>,
    pub performance_pct: Option<i32>,
    pub satisfaction: Satisfaction,
    pub sued: bool,
    pub judgment: Option<Secret>,
    pub wrong_mediation: bool,
    pub danger: Option<Danger>,
    pub situation: Secret,
    pub measures: Option<Secret>,
    pub signed: SignMethod,
}

/// A visit made, tried in vain or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordVisit {
    pub mode: FollowUpMode,
    pub visited_at: Instant,
    /// Who visited; the one who records unless said.
    pub visitor: Option<UserId>,
    pub outcome: Outcome,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::large_enum_variant)]
pub enum Outcome {
    Done(Found),
    Unreachable,
    Refused(Option<Secret>),
}

impl RecordVisit {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let result = o.req::<VisitResult>("result");
        let mode = o.req("mode");
        let visited_at = o.req("visited_at");
        let visitor = o.opt("visitor_id");
        // Only the members that belong to the result are asked for: others are `unknown_field`.
        let outcome = match result {
            Some(VisitResult::Done) => Found::read(o).map(Outcome::Done),
            Some(VisitResult::Refused) => {
                let said = o.opt::<SecretText<4000>>("situation");
                said.map(|s| Outcome::Refused(s.map(|s| s.0)))
            }
            Some(VisitResult::Unreachable) => Some(Outcome::Unreachable),
            None => None,
        };
        Some(Self {
            mode: mode?,
            visited_at: visited_at?,
            visitor: visitor?,
            outcome: outcome?,
        })
    }
}

impl Found {
    fn read(o: &mut Obj<'_>) -> Option<Self> {
        let met_parties = o.list("met_parties", 500);
        let met_others = o.opt::<SecretText<200>>("met_others");
        let pct = o.opt::<Int<0, 100>>("performance_pct");
        let satisfaction = o.or("satisfaction", Satisfaction::NotRated);
        let sued = o.or("sued", false);
        let judgment = o.opt::<SecretText<2000>>("judgment");
        let wrong = o.or("wrong_mediation", false);
        let danger = o.or("hidden_danger", false);
        let level = o.opt::<Risk>("risk_level");
        let hints = o.list::<RiskHint>("risk_hints", RiskHint::ALL.len());
        let situation = o.req::<SecretText<4000>>("situation");
        let measures = o.opt::<SecretText<4000>>("measures");
        let signed = o.or("signed", SignMethod::Sign);
        if sued == Some(false) && matches!(judgment, Some(Some(_))) {
            o.fault("judgment", "not_allowed");
        }
        match danger {
            Some(true) if matches!(measures, Some(None)) => o.fault("measures", "required"),
            Some(false) => {
                if matches!(level, Some(Some(_))) {
                    o.fault("risk_level", "not_allowed");
                }
                if hints.as_ref().is_some_and(|h| !h.is_empty()) {
                    o.fault("risk_hints", "not_allowed");
                }
            }
            _ => {}
        }
        if signed == Some(SignMethod::Refused) {
            o.fault("signed", "not_allowed");
        }
        let (level, hints) = (level?, hints?);
        Some(Self {
            met_parties: met_parties?,
            met_others: met_others?.map(|m| m.0),
            performance_pct: pct?.and_then(|p| i32::try_from(p.0).ok()),
            satisfaction: satisfaction?,
            sued: sued?,
            judgment: judgment?.map(|j| j.0),
            wrong_mediation: wrong?,
            danger: danger?.then_some(Danger { level, hints }),
            situation: situation?.0,
            measures: measures?.map(|m| m.0),
            signed: signed?,
        })
    }
}

/// What bars recording or waiving a visit whatever the input.
pub fn open_guards(f: &FollowUp) -> Vec<Refusal> {
    let mut g = Guards::new();
    if !f.is_open() {
        g.add(Refusal::about(Reason::AlreadyDone, [f.state]));
    }
    g.into_inner()
}

/// Whether the visits that are due stand in the way of an end: ids.
pub fn due_visits(file: &CaseFile, today: LocalDate) -> Vec<FollowUpId> {
    let due = file.follow_ups.iter().filter(|f| f.is_due(today));
    due.map(|f| f.id).collect()
}

/// People whose word it can be that they visited.
fn is_staff_of(file: &CaseFile, who: &Who, user: UserId) -> bool {
    user == who.user
        || user == file.case.registrar_id
        || file.assignments.iter().any(|a| a.user_id == user)
}

/// Records a visit. A hidden danger is assessed in the same commit, and the desk is told;
/// whether the case is opened again is for people to decide.
///
/// # Errors
/// `already_done`, `unknown_reference`, `in_future`, `time_order`, `nobody_met`,
/// `performance_missing` (the visit is about an agreement).
pub fn record(
    file: &CaseFile,
    id: FollowUpId,
    input: RecordVisit,
    facts: &VisitFacts<'_>,
    who: &Who,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::FollowUp));
    let Some(visit) = file.follow_up(id) else {
        return Err(vec![Refusal::about(Reason::UnknownReference, [id])]);
    };
    let now = facts.now;
    let visitor = input.visitor.unwrap_or(who.user);
    let mut g = Guards::new();
    g.extend(open_guards(visit));
    g.require(input.visited_at <= now, Reason::InFuture);
    let begun = file.case.registered_at;
    g.require(input.visited_at >= begun, Reason::TimeOrder);
    if !is_staff_of(file, who, visitor) {
        g.add(Refusal::about(Reason::UnknownReference, [visitor]));
    }
    if let Outcome::Done(found) = &input.outcome {
        g.extend(found_guards(file, visit, found));
    }
    g.done()?;
    let visit = FollowUp {
        visited_at: Some(input.visited_at),
        mode: Some(input.mode),
        visitor_id: Some(visitor),
        ..visit.clone()
    };
    match input.outcome {
        Outcome::Done(found) => Ok(made(file, visit, found, facts)),
        Outcome::Unreachable => Ok(not_reached(file, visit, facts)),
        Outcome::Refused(said) => {
            let mut d = Decision::on(file);
            d.event(Event::FollowUpRefused {
                follow_up: visit.id,
                mode: input.mode,
            });
            d.update(FollowUp {
                state: FollowUpState::Refused,
                situation: said,
                settled_at: Some(now),
                ..visit
            });
            Ok(d)
        }
    }
}

fn found_guards(file: &CaseFile, visit: &FollowUp, found: &Found) -> Vec<Refusal> {
    let mut g = Guards::new();
    let strangers = found
        .met_parties
        .iter()
        .filter(|p| file.party(**p).is_none());
    g.forbid(strangers, Reason::UnknownReference);
    let met = !found.met_parties.is_empty() || found.met_others.is_some();
    g.require(met, Reason::NobodyMet);
    let said = visit.agreement_id.is_none() || found.performance_pct.is_some();
    g.require(said, Reason::PerformanceMissing);
    g.into_inner()
}

fn made(file: &CaseFile, visit: FollowUp, found: Found, facts: &VisitFacts<'_>) -> Decision {
    let today = facts.now.local_date();
    let mut d = found
        .danger
        .as_ref()
        .and_then(|danger| assessed(file, danger, facts.alert, today))
        .unwrap_or_else(|| Decision::on(file));
    let dangerous = found.danger.is_some();
    d.events.insert(
        0,
        Event::FollowUpMade {
            follow_up: visit.id,
            kind: visit.kind,
            mode: visit.mode.unwrap_or(FollowUpMode::HomeVisit),
            performance_pct: found.performance_pct,
            satisfaction: found.satisfaction,
            hidden_danger: dangerous,
        },
    );
    if dangerous {
        let units: BTreeSet<OrgId> = [Some(file.case.holder_id), file.case.holder_desk_id]
            .into_iter()
            .flatten()
            .collect();
        let notice = Notice::of(NoticeKind::FollowUpDanger);
        for unit in units {
            d.tell(Recipient::Unit(unit), notice.clone());
        }
        d.tell(Recipient::Team, notice);
    }
    d.update(FollowUp {
        state: FollowUpState::Done,
        met_parties: found.met_parties,
        met_others: found.met_others,
        performance_pct: found.performance_pct,
        satisfaction: Some(found.satisfaction),
        sued: Some(found.sued),
        judgment: found.judgment,
        wrong_mediation: Some(found.wrong_mediation),
        hidden_danger: Some(dangerous),
        situation: Some(found.situation),
        measures: found.measures,
        signed: Some(found.signed),
        settled_at: Some(facts.now),
        ..visit
    });
    d
}

/// The risk with what the visit found; it never falls by a visit. `None` when nothing changes.
fn assessed(
    file: &CaseFile,
    danger: &Danger,
    alert: &[OrgId],
    today: LocalDate,
) -> Option<Decision> {
    let mut hints = file.case.detail.risk_hints.clone();
    hints.extend(danger.hints.iter().copied());
    hints.sort_unstable();
    hints.dedup();
    let level = danger.level.unwrap_or(Risk::Yellow).max(file.case.risk);
    let ask = Assess {
        level: Some(level),
        hints: Some(hints),
        difficulty: None,
    };
    reassess(file, ask, alert, today).ok()
}

/// Tried again some days later, three times at most; then the visit is closed.
fn not_reached(file: &CaseFile, visit: FollowUp, facts: &VisitFacts<'_>) -> Decision {
    let now = facts.now;
    let mode = visit.mode.unwrap_or(FollowUpMode::HomeVisit);
    let tries = visit.tries.saturating_add(1);
    let mut visit = FollowUp { tries, ..visit };
    visit.detail.tried.push(Tried {
        at: visit.visited_at.unwrap_or(now),
        mode,
        by: visit.visitor_id.unwrap_or(visit.created_by),
        due_on: visit.due_on,
    });
    let mut d = Decision::on(file);
    let again = policy_for(facts.book, now, now)
        .and_then(|p| due_day(p, AGAIN, now, None, facts.calendar))
        .filter(|_| tries <= RETRIES);
    match again {
        Some(due_on) => {
            d.event(Event::FollowUpTried {
                follow_up: visit.id,
                mode,
                tries,
                due_on,
            });
            d.update(FollowUp {
                state: FollowUpState::Unreachable,
                due_on,
                ..visit
            });
        }
        None => close_visit(&mut d, visit, FollowUpEnd::NotReached, None, now),
    }
    d
}

/// A visit that need not be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiveVisit {
    pub reason: String,
}

impl WaiveVisit {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req::<Text<500>>("reason");
        Some(Self { reason: reason?.0 })
    }
}

/// Waives a visit for a reason.
///
/// # Errors
/// `already_done`, `unknown_reference`.
pub fn waive(
    file: &CaseFile,
    id: FollowUpId,
    input: WaiveVisit,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let Some(visit) = file.follow_up(id) else {
        return Err(vec![Refusal::about(Reason::UnknownReference, [id])]);
    };
    let mut g = Guards::new();
    g.extend(open_guards(visit));
    g.done()?;
    let mut d = Decision::on(file);
    let reason = Some(input.reason);
    close_visit(&mut d, visit.clone(), FollowUpEnd::Waived, reason, now);
    Ok(d)
}

/// The visits whose day has come: marked, and those told who make them. `None` when there are
/// none.
pub fn fall_due(file: &CaseFile, now: Instant) -> Option<Decision> {
    let today = now.local_date();
    let mut d = Decision::on(file);
    let waiting = |f: &&FollowUp| f.is_due(today) && f.state != FollowUpState::Due;
    for f in file.follow_ups.iter().filter(waiting) {
        d.event(Event::FollowUpFellDue {
            follow_up: f.id,
            due_on: f.due_on,
        });
        d.update(FollowUp {
            state: FollowUpState::Due,
            ..f.clone()
        });
    }
    if d.events.is_empty() {
        return None;
    }
    let notice = Notice::of(NoticeKind::FollowUpDue);
    d.tell(Recipient::Team, notice.clone());
    d.tell(Recipient::Unit(file.case.holder_id), notice);
    Some(d)
}

#[cfg(test)]
#[path = "follow_ups_tests.rs"]
mod tests;
