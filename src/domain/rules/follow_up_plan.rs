//! Which visits an act makes due or ends: planned in the commit of the act, by the rows of the
//! clock policy `follow_up` (section 1.10).

use uuid::Uuid;

use crate::domain::agreement::{Agreement, Obligation, ObligationKind, ObligationState};
use crate::domain::calendar::Calendar;
use crate::domain::case::{CaseState, Difficulty, Risk, TerminationReason};
use crate::domain::clocks::clock::On;
use crate::domain::clocks::{Clock, Policy, PolicyBook};
use crate::domain::decision::{Decision, Entity, FreshIds, Put};
use crate::domain::facts::Event;
use crate::domain::follow_up::*;
use crate::domain::ids::*;
use crate::domain::time::{Instant, LocalDate};

use super::standing::in_force;

/// The policy whose rows say after how many days somebody visits.
pub const POLICY: &str = "follow_up";
/// A visit somebody planned for a day.
pub const BY_HAND: &str = "by_hand";
/// The next try after nobody was reached.
pub const AGAIN: &str = "again";
const AFTER_EFFECT: &str = "after_effect";
const AFTER_DUE: &str = "after_due";
const AGREED_HARD: &str = "agreed_hard_";
const FAILED_RED: &str = "failed_red_";

/// What the visits depend on beside the decision.
#[derive(Clone, Debug)]
pub struct PlanFacts<'a> {
    pub book: &'a PolicyBook,
    pub calendar: &'a Calendar,
    /// The rows of the case as they stood before the act.
    pub agreements: Vec<Agreement>,
    pub obligations: Vec<Obligation>,
    pub follow_ups: Vec<FollowUp>,
    pub by: UserId,
    pub now: Instant,
}

/// Whether these facts plan visits or end them.
pub fn concerns(events: &[Event]) -> bool {
    events.iter().any(|e| {
        matches!(
            e,
            Event::AgreementEffective { .. }
                | Event::OralAgreementRecorded { .. }
                | Event::AgreementVaried { .. }
                | Event::AgreementRescinded { .. }
                | Event::CaseTerminated { .. }
                | Event::CaseClosed { .. }
                | Event::CaseReopened { .. }
                | Event::CaseMerged { .. }
        )
    })
}

/// Closes a visit that was not made.
pub fn close_visit(
    d: &mut Decision,
    visit: FollowUp,
    end: FollowUpEnd,
    note: Option<String>,
    now: Instant,
) {
    d.event(Event::FollowUpClosed {
        follow_up: visit.id,
        end,
    });
    d.update(FollowUp {
        state: FollowUpState::Closed,
        ended_as: Some(end),
        end_note: note,
        settled_at: Some(now),
        ..visit
    });
}

/// When a visit is due by a row of the policy, counted from `from`.
pub fn due_day(
    policy: &Policy,
    variant: &str,
    from: Instant,
    fixed: Option<Instant>,
    calendar: &Calendar,
) -> Option<LocalDate> {
    let on = On {
        case: Id::new(Uuid::nil()),
        subject: Uuid::nil(),
    };
    let id = Id::new(Uuid::nil());
    Clock::start(id, on, policy, Some(variant), fixed, calendar, from).last_day
}

/// The version of the policy for a visit counted from `from`, as the clocks choose it.
pub fn policy_for(book: &PolicyBook, from: Instant, now: Instant) -> Option<&Policy> {
    book.in_force(POLICY, from.min(now).local_date())
}

/// Adds to a decision what its facts mean for the visits of the case.
pub fn follow(d: &mut Decision, facts: PlanFacts<'_>, ids: &mut impl FreshIds) {
    let events = d.events.clone();
    let mut planner = Planner { d, facts };
    for event in &events {
        planner.end(event);
    }
    for event in &events {
        planner.plan(event, ids);
    }
}

struct Planner<'a, 'b> {
    d: &'a mut Decision,
    facts: PlanFacts<'b>,
}

/// The rows of a kind as the act leaves them.
fn as_left<T: Clone>(
    before: &[T],
    puts: &[Put],
    of: fn(&Entity) -> Option<&T>,
    same: impl Fn(&T, &T) -> bool,
) -> Vec<T> {
    let mut out = before.to_vec();
    for row in puts.iter().filter_map(|p| match p {
        Put::Insert(e) | Put::Update(e) => of(e),
    }) {
        match out.iter_mut().find(|o| same(o, row)) {
            Some(old) => *old = row.clone(),
            None => out.push(row.clone()),
        }
    }
    out
}

fn agreement_in(e: &Entity) -> Option<&Agreement> {
    match e {
        Entity::Agreement(a) => Some(a),
        _ => None,
    }
}

fn obligation_in(e: &Entity) -> Option<&Obligation> {
    match e {
        Entity::Obligation(o) => Some(o),
        _ => None,
    }
}

fn visit_in(e: &Entity) -> Option<&FollowUp> {
    match e {
        Entity::FollowUp(f) => Some(f),
        _ => None,
    }
}

impl Planner<'_, '_> {
    fn agreements(&self) -> Vec<Agreement> {
        as_left(
            &self.facts.agreements,
            &self.d.puts,
            agreement_in,
            |a, b| a.id == b.id,
        )
    }

    fn obligations(&self) -> Vec<Obligation> {
        as_left(
            &self.facts.obligations,
            &self.d.puts,
            obligation_in,
            |a, b| a.id == b.id,
        )
    }

    fn visits(&self) -> Vec<FollowUp> {
        as_left(&self.facts.follow_ups, &self.d.puts, visit_in, |a, b| {
            a.id == b.id
        })
    }

    /// Visits nobody needs to make any more.
    fn end(&mut self, event: &Event) {
        match event {
            Event::AgreementVaried { agreement, .. } | Event::AgreementRescinded { agreement } => {
                let of = Some(*agreement);
                self.close(FollowUpEnd::Superseded, |f| f.agreement_id == of);
            }
            // A new round ends the watch over the failure of the last one.
            Event::CaseReopened { .. } => self.close(FollowUpEnd::Superseded, |f| {
                f.origin == FollowUpOrigin::Rule && f.agreement_id.is_none()
            }),
            Event::CaseMerged { .. } => self.close(FollowUpEnd::Merged, |_| true),
            _ => {}
        }
    }

    fn close(&mut self, end: FollowUpEnd, which: impl Fn(&FollowUp) -> bool) {
        let now = self.facts.now;
        let open = self.visits();
        for f in open.into_iter().filter(|f| f.is_open() && which(f)) {
            close_visit(self.d, f, end, None, now);
        }
    }

    fn plan(&mut self, event: &Event, ids: &mut impl FreshIds) {
        match event {
            Event::AgreementEffective { agreement, .. }
            | Event::OralAgreementRecorded { agreement, .. } => {
                let found = self.agreements().into_iter().find(|a| a.id == *agreement);
                if let Some(a) = found {
                    self.after_agreement(&a, ids);
                }
            }
            Event::CaseTerminated { reason, .. }
                if self.d.case().state == CaseState::Terminated && !is_taken_elsewhere(*reason) =>
            {
                self.after_failure(ids);
            }
            Event::CaseClosed { .. } => self.at_closing(ids),
            _ => {}
        }
    }

    /// A case closed without a visit ever having been planned gets what it should have had: it is
    /// older than the visits, or became dangerous since.
    fn at_closing(&mut self, ids: &mut impl FreshIds) {
        if !self.visits().is_empty() {
            return;
        }
        let bound: Vec<Agreement> = self.agreements().into_iter().filter(in_force).collect();
        for a in &bound {
            self.after_agreement(a, ids);
        }
        let failed = self.d.case().state == CaseState::ClosedFailed;
        let elsewhere = self
            .d
            .case()
            .detail
            .termination
            .as_ref()
            .is_some_and(|t| is_taken_elsewhere(t.reason));
        if failed && bound.is_empty() && !elsewhere {
            self.after_failure(ids);
        }
    }

    /// At red risk or in a hard case several visits; else one, three days after the last day to
    /// perform or thirty after the agreement took effect, whichever comes first.
    fn after_agreement(&mut self, a: &Agreement, ids: &mut impl FreshIds) {
        let case = self.d.case();
        let red = case.risk == Risk::Red;
        let hard = red || matches!(case.difficulty, Difficulty::Complex | Difficulty::Major);
        let from = a.effective_at.unwrap_or(self.facts.now);
        if hard {
            let kind = if red {
                FollowUpKind::Risk
            } else {
                FollowUpKind::Performance
            };
            self.series(AGREED_HARD, kind, Some(a.id), from, ids);
            return;
        }
        let last = self
            .obligations()
            .iter()
            .filter(|o| o.agreement_id == a.id && o.kind != ObligationKind::Abstain)
            .filter(|o| !matches!(o.state, ObligationState::Void | ObligationState::Waived))
            .map(|o| o.due_on)
            .max();
        let mut ways = vec![(AFTER_EFFECT, from)];
        ways.extend(last.map(|day| (AFTER_DUE, Instant(day.end().0.saturating_sub(1)))));
        let first = ways
            .into_iter()
            .filter_map(|(variant, from)| Some((self.day(variant, from)?, variant, from)))
            .min();
        if let Some((_, variant, from)) = first {
            self.visit(FollowUpKind::Performance, Some(a.id), variant, from, ids);
        }
    }

    fn after_failure(&mut self, ids: &mut impl FreshIds) {
        let agreed = self.agreements().iter().any(in_force);
        if self.d.case().risk == Risk::Red && !agreed {
            let now = self.facts.now;
            self.series(FAILED_RED, FollowUpKind::Risk, None, now, ids);
        }
    }

    fn series(
        &mut self,
        prefix: &str,
        kind: FollowUpKind,
        agreement: Option<AgreementId>,
        from: Instant,
        ids: &mut impl FreshIds,
    ) {
        let Some(policy) = policy_for(self.facts.book, from, self.facts.now) else {
            return;
        };
        let rows = policy
            .variants
            .iter()
            .filter(|v| v.code.starts_with(prefix));
        let codes: Vec<String> = rows.map(|v| v.code.clone()).collect();
        for code in codes {
            self.visit(kind, agreement, &code, from, ids);
        }
    }

    fn day(&self, variant: &str, from: Instant) -> Option<LocalDate> {
        let policy = policy_for(self.facts.book, from, self.facts.now)?;
        due_day(policy, variant, from, None, self.facts.calendar)
    }

    /// Plans one visit, unless one like it stands for the day. A day gone by is made up for soon.
    fn visit(
        &mut self,
        kind: FollowUpKind,
        agreement: Option<AgreementId>,
        variant: &str,
        from: Instant,
        ids: &mut impl FreshIds,
    ) {
        let now = self.facts.now;
        let past = |day: &LocalDate| *day < now.local_date();
        let (variant, from) = match self.day(variant, from) {
            Some(day) if past(&day) => (AFTER_DUE, now),
            _ => (variant, from),
        };
        let Some(due_on) = self.day(variant, from) else {
            return;
        };
        let visits = self.visits();
        let alike = |f: &FollowUp| f.is_open() && f.kind == kind && f.due_on == due_on;
        if visits.iter().any(alike) {
            return;
        }
        let planned = Planned {
            id: ids.id(),
            kind,
            origin: FollowUpOrigin::Rule,
            agreement,
            variant,
            from,
            due_on,
        };
        planned.put(self.d, next_no(&visits), self.facts.by, now);
    }
}

/// Bodies that take the matter over see to it themselves.
fn is_taken_elsewhere(reason: TerminationReason) -> bool {
    matches!(
        reason,
        TerminationReason::OutOfScopeFound
            | TerminationReason::AcceptedElsewhere
            | TerminationReason::CrimeFound
    )
}

/// The number of the next visit.
pub fn next_no(visits: &[FollowUp]) -> i32 {
    let last = visits.iter().map(|f| f.no).max();
    last.unwrap_or(0).saturating_add(1)
}

/// A visit about to be planned.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    pub id: FollowUpId,
    pub kind: FollowUpKind,
    pub origin: FollowUpOrigin,
    pub agreement: Option<AgreementId>,
    pub variant: &'a str,
    pub from: Instant,
    pub due_on: LocalDate,
}

impl Planned<'_> {
    /// Writes it into a decision.
    pub fn put(self, d: &mut Decision, no: i32, by: UserId, now: Instant) {
        d.event(Event::FollowUpPlanned {
            follow_up: self.id,
            kind: self.kind,
            origin: self.origin,
            agreement: self.agreement,
            variant: self.variant.to_owned(),
            from: self.from,
            due_on: self.due_on,
        });
        let row = FollowUp {
            id: self.id,
            case_id: d.case().id,
            no,
            kind: self.kind,
            origin: self.origin,
            variant: Some(self.variant.to_owned()),
            agreement_id: self.agreement,
            state: FollowUpState::Planned,
            due_on: self.due_on,
            tries: 0,
            visited_at: None,
            mode: None,
            met_parties: Vec::new(),
            met_others: None,
            performance_pct: None,
            satisfaction: None,
            sued: None,
            judgment: None,
            wrong_mediation: None,
            hidden_danger: None,
            situation: None,
            measures: None,
            visitor_id: None,
            signed: None,
            ended_as: None,
            end_note: None,
            settled_at: None,
            created_by: by,
            created_at: now,
            detail: FollowUpDetail::default(),
        };
        d.insert(row);
    }
}

#[cfg(test)]
#[path = "follow_up_plan_tests.rs"]
mod tests;
