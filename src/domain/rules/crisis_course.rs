//! Handling a crisis: acknowledged, assessed, done step by step, handed over, found stable.

use super::crisis_kit::*;
use super::reports::{Told, note_report, reported};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::crisis::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::ids::UserId;
use crate::domain::input::{Line, Obj, SecretText, Text};
use crate::domain::record::{ReportTarget, ReportVia};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

type Outcome = Result<Decision, Vec<Refusal>>;

/// What bars taking a crisis on: nobody calls, or somebody has it.
pub fn acknowledge_guards(c: &Crisis) -> Vec<Refusal> {
    let mut g = Guards::new();
    let done = c.acknowledged_at.is_some() || c.closed_at.is_some() || c.called_at.is_none();
    g.forbid(done.then_some(c.id), Reason::AlreadyDone);
    g.into_inner()
}

/// What bars handing the person over.
pub fn hand_over_guards(file: &CaseFile, c: &Crisis, user: UserId) -> Vec<Refusal> {
    let mut g = handling_guards(file, c, user);
    let ready = matches!(
        c.state,
        CrisisState::Monitored | CrisisState::Escalated | CrisisState::Emergency
    );
    g.forbid((!ready).then_some(c.state), Reason::WrongState);
    g.into_inner()
}

/// What bars finding the person stable.
pub fn stable_guards(file: &CaseFile, c: &Crisis, user: UserId) -> Vec<Refusal> {
    let mut g = handling_guards(file, c, user);
    let ready = matches!(
        c.state,
        CrisisState::HandedOver | CrisisState::Monitored | CrisisState::Triaged
    );
    g.forbid((!ready).then_some(c.state), Reason::WrongState);
    g.into_inner()
}

/// Somebody of the ladder says: I take it. Nobody is called any more.
pub fn acknowledge(
    file: &CaseFile,
    known: &CrisisFile,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let mut g = Guards::new();
    let c = &known.crisis;
    g.extend(acknowledge_guards(c));
    g.done()?;
    let mut w = Work::on(file, known, facts, who, ids, now);
    answered(&mut w.crisis, who, now);
    w.entry(EntryKind::Acknowledged, now, None);
    Ok(w.finish())
}

fn answered(c: &mut Crisis, who: Actor, now: Instant) {
    if c.called_at.is_some() && c.acknowledged_at.is_none() {
        c.acknowledged_at = Some(now);
        c.next_call_at = None;
        c.acknowledged_by = Some(who.user);
    }
}

/// An assessment by who handles it: the first is the triage.
#[derive(Clone, Debug)]
pub struct Assess {
    pub tier: Tier,
    pub signs: Vec<Sign>,
    pub assessment: Secret,
    /// Whom the mediators may ask; absent keeps.
    pub contact: Option<String>,
    /// How they stay safe; absent keeps.
    pub instruction: Option<String>,
}

impl Assess {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let tier = o.req("tier");
        let signs = o.list("signs", Sign::ALL.len());
        let assessment = o.req::<SecretText<8000>>("assessment");
        let contact = o.opt::<Line<100>>("contact");
        let instruction = o.opt::<Text<500>>("safety_instruction");
        Some(Self {
            tier: tier?,
            signs: signs?,
            assessment: assessment?.0,
            contact: contact?.map(|t| t.0),
            instruction: instruction?.map(|t| t.0),
        })
    }
}

/// Sets contact and instruction of what the case may know.
pub(super) fn advise<I: FreshIds>(
    w: &mut Work<'_, I>,
    contact: Option<String>,
    instruction: Option<String>,
) {
    w.support(|s| {
        s.contact = contact.or(s.contact.take());
        s.instruction = instruction.or(s.instruction.take());
    });
}

fn state_of(tier: Tier) -> CrisisState {
    match tier {
        Tier::T0 => CrisisState::Triaged,
        Tier::T1 | Tier::T2 => CrisisState::Monitored,
        Tier::T3 => CrisisState::Escalated,
        Tier::T4 => CrisisState::Emergency,
    }
}

/// Assesses the tier anew. It may rise at once; from T3 and T4 it falls by review alone (G-29).
pub fn assess(
    file: &CaseFile,
    known: &CrisisFile,
    input: Assess,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = handling_guards(file, c, who.user);
    let falls = c.tier.holds() && input.tier < c.tier;
    g.forbid(falls.then_some(c.tier), Reason::TwoPersonsNeeded);
    g.done()?;

    let mut w = Work::on(file, known, facts, who, ids, now);
    answered(&mut w.crisis, who, now);
    w.crisis.signs.extend(
        input
            .signs
            .iter()
            .filter(|s| !c.signs.contains(s))
            .copied()
            .collect::<Vec<_>>(),
    );
    w.tick(StepCode::PsychReview, now);
    let rechecked = w.tick(StepCode::Recheck, now).is_some();
    if input.tier > c.tier {
        w.crisis.state = state_of(input.tier);
        w.crisis.tier = input.tier;
        w.entry(EntryKind::Assessed, now, Some(input.assessment));
        w.rise(input.tier, now)?;
        // The review that this assessment is.
        w.tick(StepCode::PsychReview, now);
    } else {
        let under_way = matches!(
            c.state,
            CrisisState::Raised | CrisisState::Triaged | CrisisState::Monitored
        );
        if under_way {
            w.crisis.state = state_of(input.tier);
        }
        let fell = input.tier < c.tier;
        w.crisis.tier = input.tier;
        w.entry(EntryKind::Assessed, now, Some(input.assessment));
        if fell {
            w.ask(input.tier, now);
        } else if rechecked {
            w.ask_again();
        }
    }
    advise(&mut w, input.contact, input.instruction);
    Ok(w.finish())
}

/// A step that was done.
#[derive(Clone, Debug)]
pub struct StepDone {
    pub step: StepCode,
    pub done_at: Instant,
    pub receipt_no: Option<String>,
    pub officer: Option<String>,
    pub note: Option<Secret>,
    pub late_reason: Option<String>,
}

impl StepDone {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let step: Option<StepCode> = o.req("step");
        let done_at = o.req("done_at");
        let receipt_no = o.opt::<Line<100>>("receipt_no");
        if step.is_some_and(StepCode::needs_receipt) && receipt_no == Some(None) {
            o.fault("receipt_no", "required");
        }
        let officer = o.opt::<Line<60>>("officer");
        let note = o.opt::<SecretText<4000>>("note");
        let late_reason = o.opt::<Text<500>>("late_reason");
        Some(Self {
            step: step?,
            done_at: done_at?,
            receipt_no: receipt_no?.map(|t| t.0),
            officer: officer?.map(|t| t.0),
            note: note?.map(|t| t.0),
            late_reason: late_reason?.map(|t| t.0),
        })
    }
}

/// Records that a step was done. Telling the police is the report of the incident as well.
///
/// Who was on the scene and does not handle the crisis is answered the same whether the step was
/// asked for or not: the answer tells no tier.
pub fn do_step(
    file: &CaseFile,
    known: &CrisisFile,
    input: StepDone,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.forbid(c.closed_at.map(|_| c.id), Reason::AlreadyDone);
    time_guards(&mut g, c, input.done_at, now, "done_at");
    let open = known
        .steps
        .iter()
        .find(|s| s.is_open() && s.code == input.step);
    if who.handles {
        g.forbid(
            open.is_none().then_some(input.step),
            Reason::UnknownReference,
        );
        let late = open.is_some_and(|s| input.done_at >= s.due_at);
        let silent = late && input.late_reason.is_none();
        g.forbid(silent.then_some(input.step), Reason::LateReasonMissing);
    }
    g.done()?;

    let mut w = Work::on(file, known, facts, who, ids, now);
    let late_reason = input.late_reason.clone();
    let receipt_no = input.receipt_no.clone();
    let ticked = match w.tick(input.step, input.done_at) {
        Some(step) => {
            let late = input.done_at >= step.due_at;
            step.receipt_no = receipt_no;
            step.late_reason = late_reason.filter(|_| late).map(Secret::new);
            true
        }
        None => false,
    };
    let kind = if ticked {
        EntryKind::StepDone
    } else {
        EntryKind::OnScene
    };
    if ticked && input.step.tells_police() {
        tell_police(&mut w, &input);
    }
    w.note(kind, input.done_at, Some(input.step), None, input.note);
    Ok(w.finish())
}

fn tell_police<I: FreshIds>(w: &mut Work<'_, I>, input: &StepDone) {
    let Some(id) = w.crisis.incident_id else {
        return;
    };
    let found = w.file.incidents.iter().find(|i| i.id == id);
    let Some(incident) = found.filter(|i| i.closed_at.is_none()) else {
        return;
    };
    let told = Told {
        to: vec![ReportTarget::Police],
        at: input.done_at.max(incident.found_at),
        via: ReportVia::Phone,
        receipt_no: input.receipt_no.clone(),
        officer: input.officer.clone(),
        late_reason: input.late_reason.clone(),
    };
    let mut incident = incident.clone();
    note_report(w.file, &mut incident, &told, w.now);
    w.d.event(reported(&incident));
    w.d.update(incident);
}

/// The person is in other hands.
#[derive(Clone, Debug)]
pub struct HandOver {
    pub to: HandTo,
    /// Which hospital, who received.
    pub receiver: Secret,
    pub at: Instant,
    pub receipt_no: Option<String>,
}

impl HandOver {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let to = o.req("to");
        let receiver = o.req::<SecretText<500>>("receiver");
        let at = o.req("at");
        let receipt_no = o.opt::<Line<100>>("receipt_no");
        Some(Self {
            to: to?,
            receiver: receiver?.0,
            at: at?,
            receipt_no: receipt_no?.map(|t| t.0),
        })
    }
}

/// Hands the person over; from T3 on to a hospital or the police.
pub fn hand_over(
    file: &CaseFile,
    known: &CrisisFile,
    input: HandOver,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.extend(hand_over_guards(file, c, who.user));
    time_guards(&mut g, c, input.at, now, "at");
    let unfit = c.tier.holds() && !matches!(input.to, HandTo::Hospital | HandTo::Police);
    g.forbid(unfit.then_some(input.to), Reason::HandOverUnfit);
    g.done()?;

    let mut w = Work::on(file, known, facts, who, ids, now);
    w.crisis.state = CrisisState::HandedOver;
    if input.to == HandTo::Hospital
        && let Some(step) = w.tick(StepCode::HospitalReferral, input.at)
    {
        step.receipt_no = input.receipt_no.clone();
    }
    let text = format!("{}：{}", input.to.code(), input.receiver.reveal());
    w.entry(EntryKind::HandedOver, input.at, Some(Secret::new(text)));
    Ok(w.finish())
}

/// A written assessment and nothing else.
pub fn read_assessment(o: &mut Obj<'_>) -> Option<Secret> {
    o.req::<SecretText<8000>>("assessment").map(|t| t.0)
}

/// Found stable, by written assessment. Below T3 a hand-over is not needed first.
pub fn stabilise(
    file: &CaseFile,
    known: &CrisisFile,
    assessment: Secret,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Outcome {
    let c = &known.crisis;
    let mut g = Guards::new();
    g.extend(stable_guards(file, c, who.user));
    g.done()?;
    let mut w = Work::on(file, known, facts, who, ids, now);
    w.crisis.state = CrisisState::Stable;
    w.tick(StepCode::Recheck, now);
    w.ask_again();
    w.entry(EntryKind::Stabilised, now, Some(assessment));
    Ok(w.finish())
}
