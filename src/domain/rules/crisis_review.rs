//! The end of a crisis: two persons lower it by written assessment, and only then may mediation
//! go on (G-29). None of them mediates the case; one of them leads the psychological service.

use super::crisis_course::advise;
use super::crisis_kit::*;
use crate::domain::casefile::CaseFile;
use crate::domain::crisis::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::UserId;
use crate::domain::input::{Line, Obj, SecretText, Text};
use crate::domain::record::Incident;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

type Outcome = Result<Decision, Vec<Refusal>>;

/// What bars proposing to lower the tier.
pub fn review_guards(file: &CaseFile, c: &Crisis, user: UserId) -> Vec<Refusal> {
    let mut g = handling_guards(file, c, user);
    let ready = c.state == CrisisState::Stable;
    g.forbid((!ready).then_some(c.state), Reason::WrongState);
    g.forbid(c.review_by.map(|_| c.id), Reason::AlreadyDone);
    g.into_inner()
}

fn proposed(c: &Crisis) -> Option<Tier> {
    c.review_tier.filter(|_| c.state == CrisisState::Stable)
}

/// What bars the second person's word on a lower tier.
pub fn confirm_guards(file: &CaseFile, c: &Crisis, user: UserId) -> Vec<Refusal> {
    let mut g = handling_guards(file, c, user);
    g.forbid(proposed(c).is_none().then_some(c.state), Reason::WrongState);
    g.require(c.review_by != Some(user), Reason::SamePerson);
    g.into_inner()
}

/// What bars closing a crisis.
pub fn close_guards(file: &CaseFile, known: &CrisisFile, user: UserId) -> Vec<Refusal> {
    let c = &known.crisis;
    let mut g = handling_guards(file, c, user);
    let ready = c.state == CrisisState::Reviewed;
    g.forbid((!ready).then_some(c.state), Reason::WrongState);
    let open = known.steps.iter().filter(|s| s.is_open());
    let owed = open.filter(|s| s.code != StepCode::Recheck).map(|s| s.code);
    g.forbid(owed, Reason::StepsOpen);
    let untold = open_incidents(file, c);
    let untold = untold.iter().filter(|i| i.reported_at.is_none());
    g.forbid(untold.map(|i| i.id), Reason::IncidentMissing);
    g.into_inner()
}

/// The first review.
#[derive(Clone, Debug)]
pub struct Review {
    pub tier: Tier,
    pub assessment: Secret,
    pub contact: Option<String>,
    pub instruction: Option<String>,
}

impl Review {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let tier: Option<Tier> = o.req("tier");
        if tier.is_some_and(Tier::holds) {
            o.fault("tier", "not_lowered");
        }
        let assessment = o.req::<SecretText<8000>>("assessment");
        let contact = o.opt::<Line<100>>("contact");
        let instruction = o.opt::<Text<500>>("safety_instruction");
        Some(Self {
            tier: tier?,
            assessment: assessment?.0,
            contact: contact?.map(|t| t.0),
            instruction: instruction?.map(|t| t.0),
        })
    }
}

/// The first person finds that the tier may be lowered; nothing is lowered yet.
pub fn review(
    file: &CaseFile,
    known: &CrisisFile,
    input: Review,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.extend(review_guards(file, c, who.user));
    g.done()?;
    let mut w = Work::on(file, known, facts, who, ids, now);
    w.crisis.review_tier = Some(input.tier);
    w.crisis.review_by = Some(who.user);
    w.crisis.review_by_lead = who.leads;
    w.crisis.review_at = Some(now);
    w.entry(EntryKind::ReviewProposed, now, Some(input.assessment));
    advise(&mut w, input.contact, input.instruction);
    Ok(w.finish())
}

/// What the second person says.
#[derive(Clone, Debug)]
pub struct Confirm {
    pub agree: bool,
    pub assessment: Secret,
}

impl Confirm {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let agree = o.req("agree");
        let assessment = o.req::<SecretText<8000>>("assessment");
        Some(Self {
            agree: agree?,
            assessment: assessment?.0,
        })
    }
}

/// The second person agrees, and the tier is lowered; or does not, and the review begins anew.
pub fn confirm(
    file: &CaseFile,
    known: &CrisisFile,
    input: Confirm,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.extend(confirm_guards(file, c, who.user));
    let proposed = proposed(c);
    let led = !input.agree || who.leads || c.review_by_lead;
    g.require(led || proposed.is_none(), Reason::PsyLeadMissing);
    g.done()?;

    let mut w = Work::on(file, known, facts, who, ids, now);
    let Some(tier) = proposed.filter(|_| input.agree) else {
        w.forget_review();
        w.entry(EntryKind::ReviewRefused, now, Some(input.assessment));
        return Ok(w.finish());
    };
    w.crisis.tier = tier;
    w.crisis.state = CrisisState::Reviewed;
    w.crisis.confirmed_by = Some(who.user);
    w.crisis.confirmed_at = Some(now);
    w.ask(tier, now);
    w.support(|s| s.holds = false);
    // How to stay safe is the safety plan of the sessions that follow (G-26).
    let instruction = w.d.case().detail.support.as_ref();
    let plan = instruction.and_then(|s| s.instruction.clone());
    let linked = open_incidents(file, &w.crisis);
    for incident in linked {
        w.d.update(Incident {
            safety_plan: plan.clone().map(Secret::new),
            ..incident.clone()
        });
    }
    w.entry(EntryKind::ReviewConfirmed, now, Some(input.assessment));
    Ok(w.finish())
}

fn open_incidents<'a>(file: &'a CaseFile, crisis: &Crisis) -> Vec<&'a Incident> {
    let of_crisis = |i: &&Incident| i.crisis_id == Some(crisis.id) && i.closed_at.is_none();
    file.incidents.iter().filter(of_crisis).collect()
}

/// Closes a reviewed crisis when all that its tier asked for was done; its incidents with it.
pub fn close(
    file: &CaseFile,
    known: &CrisisFile,
    outcome: Secret,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.extend(close_guards(file, known, who.user));
    let linked = open_incidents(file, c);
    g.done()?;

    let mut w = Work::on(file, known, facts, who, ids, now);
    w.crisis.state = CrisisState::Closed;
    w.crisis.closed_at = Some(now);
    w.crisis.next_call_at = None;
    for step in w.steps.iter_mut().filter(|s| s.is_open()) {
        step.dropped_at = Some(now);
    }
    for incident in linked {
        w.d.event(Event::IncidentClosed {
            incident: incident.id,
        });
        w.d.update(Incident {
            closed_at: Some(now),
            outcome: Some("处置结束".to_owned()),
            ..incident.clone()
        });
    }
    w.support(|s| {
        s.in_progress = false;
        s.holds = false;
    });
    w.entry(EntryKind::Closed, now, Some(outcome));
    Ok(w.finish())
}
