//! What the passing of time does to a clock of a case (sections 4.6, 11.3, 11.8): it is said that
//! time runs out; it is missed, with what its policy says follows; what nobody answers climbs.

use super::agreements::stop_waiting_for_signatures;
use super::confirmation::{lapse, unconfirmable};
use super::ending::{self, Service, Terminate};
use super::movement::Seat;
use super::notify::tell_parties;
use super::standing::Work;
use super::variation::give_up;
use super::{incidents, limits};
use crate::domain::agreement::{Agreement, AgreementState, ConfirmationState};
use crate::domain::calendar::Calendar;
use crate::domain::case::{Route, TerminationReason};
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::{Held, LIMITS};
use crate::domain::clocks::{BreachAct, Clock, ClockEvent, ClockSubject, Policy, Told, Track};
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::machine::{self, Act};
use crate::domain::movement::{Climb, Transfer, TransferState};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::Role;
use crate::domain::routes::{self, Matter};
use crate::domain::time::Instant;

/// The clock of an escalation that waits for its answer.
const ANSWER: &str = "escalation_answer";
/// A mediation that could not be ended by itself is tried again so often.
const RETRY_HOURS: i64 = 1;
/// Ways on that fit every matter; what is told of an end by itself are the others.
const NO_WAY_ON: &[Route] = &[Route::Police, Route::Petition, Route::Notary];

/// The units the people who are told belong to.
#[derive(Clone, Debug)]
pub struct Ladder {
    pub holder: Seat,
    /// The receiver of the transfer that waits for its answer.
    pub receiver: Option<Seat>,
    pub county: Option<OrgId>,
}

/// What was done about a clock.
#[derive(Clone, Debug)]
pub enum Woken {
    /// Somebody is told; nothing happened to the case.
    Told(Box<Clock>, Vec<(Recipient, Notice)>),
    Decided(Box<Decision>),
}

struct Look<'a> {
    file: &'a CaseFile,
    clock: &'a Clock,
    policy: &'a Policy,
    ladder: &'a Ladder,
    calendar: &'a Calendar,
    now: Instant,
}

/// Does what is due about one clock.
pub fn wake(
    file: &CaseFile,
    held: &Held,
    ladder: &Ladder,
    calendar: &Calendar,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Woken {
    let look = Look {
        file,
        clock: &held.clock,
        policy: &held.policy,
        ladder,
        calendar,
        now,
    };
    if let Some(missed) = held.clock.breached(now) {
        return Woken::Decided(Box::new(look.missed(missed, ids)));
    }
    if held.clock.breached_at.is_some() {
        return look.again();
    }
    if held.clock.is_overdue(now) {
        return look.ran_out();
    }
    look.hint()
}

impl Look<'_> {
    /// Time runs out: those who owe the step are told.
    fn hint(&self) -> Woken {
        let mut d = Decision::on(self.file);
        if self.clock.hints_at(self.policy, self.now) && !self.is_moot() {
            let notice = match self.policy.on_breach {
                BreachAct::Lapse => NoticeKind::ConfirmationDue,
                _ => NoticeKind::ClockYellow,
            };
            self.tell(&mut d, &self.policy.tell_yellow, notice);
        }
        let clock = self.clock.woken(self.policy, self.now);
        Woken::Told(Box::new(clock), d.notices)
    }

    /// The window for an agreement that no court confirms: nobody missed anything.
    fn is_of_no_court(&self) -> bool {
        let of_no_court = |a: &Agreement| !unconfirmable(self.file, a).is_empty();
        self.policy.on_breach == BreachAct::Lapse && self.agreement().is_some_and(of_no_court)
    }

    /// Nobody needs a court to confirm what was performed, and no court confirms some agreements.
    fn is_moot(&self) -> bool {
        self.policy.on_breach == BreachAct::Lapse
            && (self.is_of_no_court()
                || self
                    .agreement()
                    .is_none_or(|a| a.state != AgreementState::Effective))
    }

    /// A period that only informs is over: nothing was owed and nothing is missed. Those whom the
    /// policy names are told.
    fn ran_out(&self) -> Woken {
        let mut d = Decision::on(self.file);
        self.tell(&mut d, &self.policy.tell_red, self.red());
        let clock = self.clock.stopped(ClockEvent::Lapsed, self.now);
        Woken::Told(Box::new(clock), d.notices)
    }

    /// The clock was missed.
    fn missed(&self, missed: Clock, ids: &mut impl FreshIds) -> Decision {
        let mut clock = missed;
        let mut again = None;
        let mut d = match self.policy.on_breach {
            BreachAct::AutoFailed => {
                let failed = self.fail();
                if failed.is_none() && self.is_own_limit() {
                    again = Some(self.now.plus_hours(RETRY_HOURS));
                }
                failed.unwrap_or_else(|| Decision::on(self.file))
            }
            BreachAct::Lapse => {
                clock = clock.stopped(ClockEvent::Lapsed, self.now);
                self.lapsed().unwrap_or_else(|| Decision::on(self.file))
            }
            BreachAct::Expire => self.expired().unwrap_or_else(|| Decision::on(self.file)),
            BreachAct::NoAnswer => {
                clock = clock.stopped(ClockEvent::Lapsed, self.now);
                let mut d = Decision::on(self.file);
                d.event(Event::EvaluationUnanswered {});
                d
            }
            BreachAct::None
            | BreachAct::Notify
            | BreachAct::ExtendOrTerminate
            | BreachAct::ReturnToCourt
            | BreachAct::Refused
            | BreachAct::Report => Decision::on(self.file),
        };
        d.events.insert(
            0,
            Event::ClockBreached {
                clock: clock.id,
                policy: clock.policy.clone(),
                due: clock.breached_at.unwrap_or(self.now),
            },
        );
        if self.is_to_decide() {
            let holder = &self.ladder.holder.unit;
            let desk = holder.desk_id.unwrap_or(holder.id);
            limits::owe_decision(&mut d, &clock, desk, self.calendar, ids, self.now);
        }
        if self.policy.code == ANSWER {
            again = self.climb(&mut d);
        } else if self.policy.subject != ClockSubject::Obligation && !self.is_of_no_court() {
            // Of an obligation the overdue mark tells, which the case needs anyway.
            self.tell(&mut d, &self.policy.tell_red, self.red());
            self.alert_crisis_lead(&mut d);
        }
        d.update(clock.looked_at_again(again));
        d
    }

    /// A missed clock is looked at again: what climbs climbs on, what could not be ended is tried.
    fn again(&self) -> Woken {
        let mut d = None;
        let mut next = None;
        if self.policy.code == ANSWER {
            let mut climbed = Decision::on(self.file);
            next = self.climb(&mut climbed);
            d = Some(climbed).filter(|d| !d.events.is_empty());
        } else if self.policy.on_breach == BreachAct::AutoFailed {
            d = self.fail();
            if d.is_none() {
                next = Some(self.now.plus_hours(RETRY_HOURS));
            }
        }
        let clock = self.clock.looked_at_again(next);
        match d {
            Some(mut d) => {
                d.update(clock);
                Woken::Decided(Box::new(d))
            }
            None => Woken::Told(Box::new(clock), Vec::new()),
        }
    }

    /// A limit that no crisis stops has passed: whoever leads the psychological service hears of it,
    /// for the case waits for the review of two persons.
    fn alert_crisis_lead(&self, d: &mut Decision) {
        if self.red() == NoticeKind::LimitMissed && incidents::support_first(self.file) {
            let county = self.ladder.county.unwrap_or(self.ladder.holder.unit.id);
            let lead = Recipient::Role(Role::PsyLead, county);
            tell_once(d, lead, &Notice::of(NoticeKind::LimitMissed));
        }
    }

    fn red(&self) -> NoticeKind {
        match self.policy.on_breach {
            BreachAct::ExtendOrTerminate | BreachAct::AutoFailed | BreachAct::ReturnToCourt => {
                NoticeKind::LimitMissed
            }
            BreachAct::Lapse => NoticeKind::ConfirmationLapsed,
            _ => NoticeKind::ClockRed,
        }
    }

    fn is_urgent(&self) -> bool {
        self.policy.track == Track::Safety || self.clock.variant.as_deref() == Some("red")
    }

    fn tell(&self, d: &mut Decision, whom: &[Told], kind: NoticeKind) {
        let notice = match self.agreement() {
            Some(a) => Notice::agreement(kind, a.id),
            None => Notice::of(kind),
        };
        let notice = notice.at_any_hour(self.is_urgent());
        for told in whom {
            let people = self.recipients(*told);
            for to in &people {
                tell_once(d, *to, &notice);
            }
            if people.is_empty() {
                let parties: Vec<PartyId> = self.file.live_parties().map(|p| p.id).collect();
                tell_parties(d, self.file, &parties, &notice);
            }
        }
    }

    /// Whom the policy means; nobody for the parties. Where a case has no mediator yet, its unit
    /// owes the step; the political-legal committee is told through the county's supervisors, and so
    /// is a leader in charge where none was named.
    fn recipients(&self, told: Told) -> Vec<Recipient> {
        if told == Told::CaseOwner {
            let in_charge = self.file.owners.iter().filter(|o| o.to_at.is_none());
            let leaders: Vec<Recipient> = in_charge.map(|o| Recipient::User(o.user_id)).collect();
            if !leaders.is_empty() {
                return leaders;
            }
        }
        let holder = self.ladder.holder.unit.id;
        let county = self.ladder.county.unwrap_or(holder);
        vec![match told {
            Told::Team if self.file.chair().is_some() => Recipient::Team,
            Told::Team | Told::Holder => Recipient::Unit(holder),
            Told::DeskHead => match self.ladder.holder.unit.desk_id {
                // Who answers for the unit is told as the unit, once.
                Some(desk) if desk != holder => Recipient::Role(Role::DeskHead, desk),
                _ => Recipient::Unit(holder),
            },
            Told::Supervisor | Told::CaseOwner | Told::PoliticalLegal => {
                Recipient::Role(Role::CountySupervisor, county)
            }
            Told::Archivist => Recipient::Role(Role::Archivist, holder),
            Told::Dpo => Recipient::Role(Role::SecAdmin, county),
            Told::Parties => return Vec::new(),
        }]
    }

    fn agreement(&self) -> Option<&Agreement> {
        let file = self.file;
        let of = |id| file.agreements.iter().find(|a| a.id.uuid == id);
        match self.clock.subject {
            ClockSubject::Agreement => of(self.clock.subject_id),
            _ => None,
        }
    }

    /// The limit ran on a mediation that had begun in time: a case taken on later goes on by the
    /// will of the parties.
    fn is_own_limit(&self) -> bool {
        let accepted = self.file.case.accepted_at;
        LIMITS.contains(&self.policy.code.as_str())
            && accepted.is_some_and(|at| self.clock.due_at.is_none_or(|due| at < due))
    }

    /// Nothing is extended or ended by itself: people decide.
    fn is_to_decide(&self) -> bool {
        LIMITS.contains(&self.policy.code.as_str())
            && matches!(
                self.policy.on_breach,
                BreachAct::ExtendOrTerminate | BreachAct::ReturnToCourt
            )
    }

    /// Ends the mediation by itself (G-25), the routes told (G-24). `None` when something stands
    /// in the way that people must settle: a session under way, a paper that is being signed, a
    /// suspicion of sham, a crisis not reviewed by two persons (G-29).
    fn fail(&self) -> Option<Decision> {
        if !self.is_own_limit()
            || !machine::permits(self.file.case.state, Act::Terminate)
            || self.file.agreements.iter().any(is_being_signed)
            || self.file.case.detail.sham
            || incidents::support_first(self.file)
            || !limits::past_limit(self.file, self.calendar, self.now)
        {
            return None;
        }
        let ways = routes::fitting(&Matter::of(&self.file.case));
        let mut ways: Vec<Route> = ways.iter().map(|w| w.route).collect();
        ways.retain(|r| !NO_WAY_ON.contains(r));
        if incidents::is_dv(self.file) && !ways.contains(&Route::ProtectionOrder) {
            ways.push(Route::ProtectionOrder);
        }
        let proof = format!(
            "期限届满，系统自动终止并通知各方 / Ended and told by the system when the limit had passed ({})",
            self.clock.id
        );
        let input = Terminate {
            reason: TerminationReason::LimitExpired,
            note: None,
            service: Service {
                routes: ways,
                served_at: self.now,
                proof: Some(proof),
            },
        };
        ending::terminate(self.file, input, self.calendar, self.now).ok()
    }

    fn lapsed(&self) -> Option<Decision> {
        let agreement = self.agreement()?;
        if !unconfirmable(self.file, agreement).is_empty() {
            return None;
        }
        let open = matches!(
            agreement.confirmation,
            ConfirmationState::None | ConfirmationState::Withdrawn
        );
        open.then(|| lapse(self.file, agreement, self.now))
    }

    /// A paper nobody finished signing is given up (section 11.3.4).
    fn expired(&self) -> Option<Decision> {
        let agreement = self.agreement()?;
        if !is_being_signed(agreement) {
            return None;
        }
        let mut work = Work::on(self.file, self.now);
        let why = "签署期限届满 / not signed in time";
        give_up(&mut work, agreement, Some(why.to_owned()));
        stop_waiting_for_signatures(&mut work, self.calendar, self.now);
        Some(work.d)
    }

    /// Tells the next level; returns when to climb again. Nothing is ever accepted by itself.
    fn climb(&self, d: &mut Decision) -> Option<Instant> {
        let waits = |t: &&Transfer| {
            t.id.uuid == self.clock.subject_id && t.state == TransferState::Submitted
        };
        let transfer = self.file.transfers.iter().find(waits)?;
        let seat = self.ladder.receiver.as_ref()?;
        let above: Vec<OrgId> = std::iter::once(&seat.unit)
            .chain(seat.above.iter().filter(|u| u.active))
            .map(|u| u.id)
            .collect();
        let level = transfer.climb.map_or(0, |c| c.level).saturating_add(1);
        let rung = usize::try_from(level).unwrap_or(usize::MAX);
        let to = above.get(rung).or(above.last()).copied()?;
        let mut climbed = transfer.clone();
        climbed.climb = Some(Climb {
            level,
            to_id: to,
            at: self.now,
        });
        d.event(Event::TransferClimbed {
            transfer: transfer.id,
            level,
            to,
        });
        d.update(climbed);
        let notice = Notice::transfer(NoticeKind::TransferClimbed, transfer.id)
            .at_any_hour(self.is_urgent());
        tell_once(d, Recipient::Unit(seat.unit.id), &notice);
        tell_once(d, Recipient::Unit(to), &notice);
        for told in &self.policy.tell_red {
            for to in self.recipients(*told) {
                tell_once(d, to, &notice);
            }
        }
        self.clock
            .climbs_again(self.policy, self.calendar, self.now)
    }
}

fn is_being_signed(agreement: &Agreement) -> bool {
    agreement.state == AgreementState::Signing
}

fn tell_once(d: &mut Decision, to: Recipient, notice: &Notice) {
    let same = |(who, what): &(Recipient, Notice)| *who == to && what == notice;
    if !d.notices.iter().any(same) {
        d.tell(to, notice.clone());
    }
}

#[cfg(test)]
#[path = "wake_tests.rs"]
mod tests;
