//! What every act on a crisis shares: its timeline, its steps, and what a tier does to the case.

use super::course::suspend_at_once;
use super::crisis_ladder::next_at;
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::PolicyBook;
use crate::domain::clocks::mediation::due_in;
use crate::domain::crisis::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::Role;
use crate::domain::record::{Incident, IncidentKind};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// What the rules of a crisis look at beside the file.
#[derive(Clone, Debug)]
pub struct CrisisFacts<'a> {
    pub calendar: &'a Calendar,
    pub book: &'a PolicyBook,
    /// The posts of the ladder that somebody holds, lowest first.
    pub rungs: Vec<(Rung, Vec<Recipient>)>,
    pub county: Option<OrgId>,
}

/// Who acts on a crisis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user: UserId,
    /// Leads the psychological service.
    pub leads: bool,
    /// Sees and handles the crisis.
    pub handles: bool,
}

/// Users who sit or sat on the mediating team: they neither assess nor review.
pub fn is_of_team(file: &CaseFile, user: UserId) -> bool {
    file.assignments.iter().any(|a| a.user_id == user)
}

/// Guards of every act that handles a crisis: it is open, and not handled by its mediators.
pub fn handling_guards(file: &CaseFile, crisis: &Crisis, user: UserId) -> Guards {
    let mut g = Guards::new();
    g.forbid(crisis.closed_at.map(|_| crisis.id), Reason::AlreadyDone);
    g.require(!is_of_team(file, user), Reason::ReviewerOnTeam);
    g
}

/// An instant that a caller names: not in the future, not before the crisis was raised.
pub fn time_guards(g: &mut Guards, crisis: &Crisis, at: Instant, now: Instant, member: &str) {
    g.forbid((at > now).then_some(member), Reason::InFuture);
    let early = at < crisis.raised_at;
    g.forbid(early.then_some(member), Reason::TimeOrder);
}

/// A crisis while an act is carried out on it.
pub struct Work<'a, I> {
    pub file: &'a CaseFile,
    pub facts: &'a CrisisFacts<'a>,
    pub who: Actor,
    pub now: Instant,
    pub d: Decision,
    pub crisis: Crisis,
    is_new: bool,
    before: Vec<CrisisStep>,
    pub steps: Vec<CrisisStep>,
    ids: &'a mut I,
}

impl<'a, I: FreshIds> Work<'a, I> {
    pub fn on(
        file: &'a CaseFile,
        known: &CrisisFile,
        facts: &'a CrisisFacts<'a>,
        who: Actor,
        ids: &'a mut I,
        now: Instant,
    ) -> Self {
        Self {
            file,
            facts,
            who,
            now,
            d: Decision::on(file),
            crisis: known.crisis.clone(),
            is_new: false,
            before: known.steps.clone(),
            steps: known.steps.clone(),
            ids,
        }
    }

    /// Begins one that nobody has seen before.
    pub fn begin(
        file: &'a CaseFile,
        id: CrisisId,
        facts: &'a CrisisFacts<'a>,
        who: Actor,
        ids: &'a mut I,
        at: Instant,
        now: Instant,
    ) -> Self {
        let crisis = Crisis {
            id,
            case_id: file.case.id,
            state: CrisisState::Raised,
            tier: Tier::T0,
            party_id: None,
            signs: Vec::new(),
            raised_by: who.user,
            raised_at: at,
            incident_id: None,
            called_at: None,
            next_call_at: None,
            acknowledged_by: None,
            acknowledged_at: None,
            review_tier: None,
            review_by: None,
            review_by_lead: false,
            review_at: None,
            confirmed_by: None,
            confirmed_at: None,
            entries: 0,
            closed_at: None,
            updated_at: now,
        };
        let known = CrisisFile {
            crisis,
            steps: Vec::new(),
        };
        Self {
            is_new: true,
            ..Self::on(file, &known, facts, who, ids, now)
        }
    }

    /// Writes an entry of the timeline, with the state and tier as they are now.
    pub fn entry(&mut self, kind: EntryKind, at: Instant, text: Option<Secret>) {
        self.note(kind, at, None, None, text);
    }

    pub fn note(
        &mut self,
        kind: EntryKind,
        at: Instant,
        step: Option<StepCode>,
        rung: Option<Rung>,
        text: Option<Secret>,
    ) {
        self.crisis.entries = self.crisis.entries.saturating_add(1);
        let called = kind == EntryKind::Called;
        let entry = CrisisEntry {
            id: self.ids.id(),
            crisis_id: self.crisis.id,
            case_id: self.crisis.case_id,
            seq: self.crisis.entries,
            kind,
            at,
            recorded_at: self.now,
            actor_id: Some(self.who.user).filter(|_| !called),
            state: self.crisis.state,
            tier: self.crisis.tier,
            step,
            rung,
            text,
        };
        self.d.insert(entry);
    }

    /// What a tier asks for from an instant on. Steps that it does not ask for are dropped; one
    /// that is open already keeps the earlier time.
    pub fn ask(&mut self, tier: Tier, from: Instant) {
        let asked = asked_of(tier);
        let now = self.now;
        for step in self.steps.iter_mut().filter(|s| s.is_open()) {
            if !asked.iter().any(|a| a.step == step.code) {
                step.dropped_at = Some(now);
            }
        }
        for a in asked {
            self.ask_for(a, tier, from);
        }
    }

    fn ask_for(&mut self, a: &Asked, tier: Tier, from: Instant) {
        let due_at = match a.within {
            Within::SameDay => from.local_date().end(),
            Within::Policy(code) => {
                let (book, calendar) = (self.facts.book, self.facts.calendar);
                let clock = due_in(book, code, Some(tier.variant()), calendar, from);
                clock.and_then(|c| c.due_at).unwrap_or(from)
            }
        };
        let open = self
            .steps
            .iter_mut()
            .find(|s| s.is_open() && s.code == a.step);
        if let Some(step) = open {
            if due_at < step.due_at {
                step.due_at = due_at;
                step.call_at = Some(due_at);
            }
            step.tier = tier;
            return;
        }
        self.steps.push(CrisisStep {
            id: self.ids.id(),
            crisis_id: self.crisis.id,
            case_id: self.crisis.case_id,
            code: a.step,
            tier,
            from_at: from,
            due_at,
            done_at: None,
            done_by: None,
            receipt_no: None,
            late_reason: None,
            dropped_at: None,
            call_at: Some(due_at),
        });
    }

    /// The next recheck of a tier that has them.
    pub fn ask_again(&mut self) {
        let (tier, now) = (self.crisis.tier, self.now);
        let again = asked_of(tier).iter().find(|a| a.step == StepCode::Recheck);
        if let Some(a) = again {
            self.ask_for(a, tier, now);
        }
    }

    /// Marks an open step done; whether there was one.
    pub fn tick(&mut self, code: StepCode, at: Instant) -> Option<&mut CrisisStep> {
        let user = self.who.user;
        let step = self
            .steps
            .iter_mut()
            .find(|s| s.is_open() && s.code == code)?;
        step.done_at = Some(at);
        step.done_by = Some(user);
        Some(step)
    }

    /// Sets a tier that is no lower, and all that follows: its steps, the state, what a case may
    /// know; from T3 on mediation stands still, the case is red, an incident is open and the
    /// ladder is called.
    pub fn rise(&mut self, tier: Tier, from: Instant) -> Result<(), Vec<Refusal>> {
        self.crisis.tier = tier;
        self.ask(tier, from);
        self.forget_review();
        self.support(|s| {
            s.in_progress = true;
            s.holds |= tier.holds();
        });
        if tier.holds() {
            self.hold(from)?;
        }
        Ok(())
    }

    /// A review begins anew.
    pub fn forget_review(&mut self) {
        let c = &mut self.crisis;
        (c.review_tier, c.review_by, c.review_at) = (None, None, None);
        (c.confirmed_by, c.confirmed_at) = (None, None);
        c.review_by_lead = false;
    }

    fn hold(&mut self, from: Instant) -> Result<(), Vec<Refusal>> {
        let calendar = self.facts.calendar;
        suspend_at_once(
            &mut self.d,
            self.file,
            SuspendReason::Crisis,
            self.who.user,
            calendar,
            self.now,
        )?;
        let case = self.d.case_mut();
        let was = case.risk;
        case.risk = Risk::Red;
        let level = Some(Confidentiality::L4);
        case.detail.confidentiality = case.detail.confidentiality.max(level);
        self.d.event(Event::FlagRaised {
            kind: IncidentKind::RiskRed,
        });
        if was != Risk::Red {
            self.d.event(Event::RiskChanged { risk: Risk::Red });
        }
        let id = self.ids.id();
        let kind = IncidentKind::RiskRed;
        let incident = Incident {
            imminent: self.crisis.tier == Tier::T4,
            crisis_id: Some(self.crisis.id),
            ..Incident::found(id, self.file.case.id, kind, from, self.who.user, self.now)
        };
        self.crisis.incident_id = Some(id);
        self.d.insert(incident);
        self.d
            .tell(Recipient::Team, Notice::of(NoticeKind::RiskRaised));
        self.crisis.called_at = Some(self.now);
        self.crisis.acknowledged_at = None;
        self.crisis.acknowledged_by = None;
        self.crisis.next_call_at = next_at(&self.crisis, 0, self.facts);
        self.call_first();
        Ok(())
    }

    /// The lowest rung is called in the commit of the act itself.
    fn call_first(&mut self) {
        let Some((rung, posts)) = self.facts.rungs.first() else {
            return;
        };
        for to in posts {
            self.d.tell(*to, Notice::of(NoticeKind::UrgentCall));
        }
        let (rung, now) = (*rung, self.now);
        self.note(EntryKind::Called, now, None, Some(rung), None);
    }

    /// Tells those who handle crises that there is one to look at.
    pub fn tell_handlers(&mut self) {
        if let Some(county) = self.facts.county {
            for role in [Role::PsyLead, Role::CrisisOfficer] {
                let to = Recipient::Role(role, county);
                self.d.tell(to, Notice::of(NoticeKind::RiskRaised));
            }
        }
    }

    /// Changes what the case may know.
    pub fn support(&mut self, change: impl FnOnce(&mut Support)) {
        let fresh = Support {
            crisis: self.crisis.id,
            in_progress: true,
            contact: None,
            instruction: None,
            holds: false,
        };
        let old = self.d.case().detail.support.clone();
        let mut next = old
            .clone()
            .filter(|s| s.crisis == fresh.crisis)
            .unwrap_or(fresh);
        change(&mut next);
        if old.as_ref() != Some(&next) {
            self.d.case_mut().detail.support = Some(next);
        }
    }

    pub fn finish(mut self) -> Decision {
        self.crisis.updated_at = self.now;
        if self.is_new {
            self.d.insert(self.crisis);
        } else {
            self.d.update(self.crisis);
        }
        for mut step in self.steps {
            step.call_at = step.call_at.filter(|_| step.is_open());
            match self.before.iter().find(|s| s.id == step.id) {
                None => self.d.insert(step),
                Some(old) if *old != step => self.d.update(step),
                Some(_) => {}
            }
        }
        self.d
    }
}
