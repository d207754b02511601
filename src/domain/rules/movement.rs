//! Sending a case on: escalate, assign down, forward, refer out (section 4.3; G-34, G-36).
//!
//! Sending moves nothing: the sender stays the holder until the receiver accepts. What the other
//! side does is in [`super::answers`] and [`super::returns`].

use super::Who;
use super::custody::acts_for_holder;
use super::incidents::red_reported;
use super::quarrel::barred_receiver;
use crate::domain::calendar::Calendar;
use crate::domain::case::{NextStep, PausedStep, Risk, Route};
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{AttachmentId, OrgId, TransferId};
use crate::domain::input::{Line, Obj, Text};
use crate::domain::machine::{self, Act};
use crate::domain::movement::{EscalateReason, Transfer, TransferState, TransferVerb};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// A unit and the units above it, nearest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Seat {
    pub unit: OrgUnit,
    pub above: Vec<OrgUnit>,
}

impl Seat {
    fn is_below(&self, id: OrgId) -> bool {
        self.above.iter().any(|u| u.id == id)
    }
}

/// How a receiver fits a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    Fits,
    /// Up the line, but over the head of the next level.
    Skips,
    No,
}

/// What is sent, and where to.
#[derive(Clone, Debug)]
pub struct Submit {
    pub id: Option<TransferId>,
    pub verb: TransferVerb,
    /// The receiving unit; absent for `refer_out`.
    pub to: Option<OrgId>,
    /// The body outside that a `refer_out` names, with the route.
    pub external_target: Option<String>,
    pub route: Option<Route>,
    pub reasons: Vec<EscalateReason>,
    pub note: Option<String>,
    pub handling_so_far: Option<String>,
    pub materials: Vec<AttachmentId>,
    /// Why there are no materials.
    pub no_materials: Option<String>,
    pub result_required: bool,
    /// When the result is due; an order down must have it.
    pub deadline: Option<Instant>,
}

impl Submit {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let verb = o.req::<TransferVerb>("verb");
        let out = verb == Some(TransferVerb::ReferOut);
        // Only the members that belong to the verb are asked for: others are `unknown_field`.
        let (to, target, route) = if out {
            let target = o.req::<Line<200>>("external_target").map(Some);
            (Some(None), target, o.req("route").map(Some))
        } else {
            (o.req("to").map(Some), Some(None), Some(None))
        };
        let deadline = if verb == Some(TransferVerb::AssignDown) {
            o.req("deadline").map(Some)
        } else {
            o.opt("deadline")
        };
        let reasons = o.list("reasons", 9);
        let note = o.opt::<Text<2000>>("note");
        let handling = o.opt::<Text<4000>>("handling_so_far");
        let materials = o.list("materials", 50);
        let no_materials = o.opt::<Text<500>>("no_materials");
        let result = o.or("result_required", false);
        let verb = verb?;
        let always = matches!(verb, TransferVerb::AssignDown | TransferVerb::ReferOut);
        Some(Self {
            id: id?,
            verb,
            to: to?,
            external_target: target?.map(|t| t.0),
            route: route?,
            reasons: reasons?,
            note: note?.map(|t| t.0),
            handling_so_far: handling?.map(|t| t.0),
            materials: materials?,
            no_materials: no_materials?.map(|t| t.0),
            result_required: result? || always,
            deadline: deadline?,
        })
    }
}

/// What the rule needs of the organisation.
#[derive(Clone, Debug)]
pub struct SubmitFacts {
    pub calendar: Calendar,
    /// The holder.
    pub from: Seat,
    /// The receiver; `None` when the unit is unknown, or outside.
    pub to: Option<Seat>,
}

/// The act of the machine behind a verb.
pub fn act_of(verb: TransferVerb) -> Act {
    match verb {
        TransferVerb::Escalate => Act::Escalate,
        TransferVerb::AssignDown => Act::AssignDown,
        TransferVerb::Forward => Act::Forward,
        TransferVerb::ReferOut => Act::ReferOut,
    }
}

/// Whether `to` may receive from `from` by this verb. A court never does: to it a case is referred.
pub fn fit(verb: TransferVerb, from: &Seat, to: &Seat) -> Fit {
    let (a, b) = (&from.unit, &to.unit);
    if !b.active || a.id == b.id || b.kind == OrgKind::Court {
        return Fit::No;
    }
    let up = from.is_below(b.id);
    match verb {
        TransferVerb::Escalate => {
            let next = from.above.iter().find(|u| u.active && leads(u.kind));
            match next {
                Some(next) if next.id == b.id => Fit::Fits,
                Some(_) if up && leads(b.kind) => Fit::Skips,
                _ => Fit::No,
            }
        }
        TransferVerb::AssignDown => {
            let whole_county = a.kind == OrgKind::CountyCentre && b.kind != OrgKind::CountyCentre;
            yes(leads(a.kind) && (whole_county || to.is_below(a.id)))
        }
        TransferVerb::Forward => yes(!up && forwards(a, b)),
        TransferVerb::ReferOut => Fit::No,
    }
}

fn yes(ok: bool) -> Fit {
    if ok { Fit::Fits } else { Fit::No }
}

/// The units of the line: village stations report to a desk, desks to the county centre.
pub(super) fn leads(kind: OrgKind) -> bool {
    matches!(kind, OrgKind::TownshipDesk | OrgKind::CountyCentre)
}

/// Sideways or down. A village may pass on to villages and bodies of its own township; beyond that
/// its desk decides.
fn forwards(from: &OrgUnit, to: &OrgUnit) -> bool {
    let village = from.kind == OrgKind::VillageStation;
    match to.kind {
        OrgKind::TownshipDesk => !village,
        OrgKind::VillageStation
        | OrgKind::Department
        | OrgKind::PoliceStation
        | OrgKind::JusticeOffice => !village || to.desk_id.is_some() && to.desk_id == from.desk_id,
        OrgKind::CountyCentre => from.kind == OrgKind::Department,
        OrgKind::Court => false,
    }
}

/// When the receiver must have answered: three working days, four hours at red risk.
pub fn answer_due(risk: Risk, calendar: &Calendar, now: Instant) -> Instant {
    let variant = (risk == Risk::Red).then_some("red");
    let clock = due_of("escalation_answer", variant, calendar, now);
    clock.and_then(|c| c.due_at).unwrap_or(now)
}

/// G-36: what bars sending by this verb whatever is sent.
pub fn submit_guards(file: &CaseFile, verb: TransferVerb, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    if verb != TransferVerb::ReferOut {
        let pending = file.pending_transfer().map(|t| t.id);
        g.forbid(pending, Reason::TransferPending);
    }
    g.require(acts_for_holder(file, who), Reason::NotHolder);
    g.into_inner()
}

/// Sends the case on (G-34, G-36). Custody stays where it is.
pub fn submit(
    file: &CaseFile,
    input: Submit,
    facts: &SubmitFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, act_of(input.verb)));
    let mut g = Guards::new();
    g.extend(submit_guards(file, input.verb, who));
    g.extend(content_guards(file, &input, now));
    g.extend(receiver_guards(file, &input, facts));
    let id = input.id.unwrap_or_else(|| ids.id());
    let known = file.transfers.iter().any(|t| t.id == id);
    g.require(!known, Reason::AlreadyDone);
    g.done()?;

    let out = input.verb == TransferVerb::ReferOut;
    let due_at = (!out).then(|| answer_due(file.case.risk, &facts.calendar, now));
    let transfer = Transfer {
        id,
        case_id: file.case.id,
        verb: input.verb,
        from_id: file.case.holder_id,
        to_id: input.to,
        external_target: input.external_target,
        route: input.route,
        state: TransferState::Submitted,
        reasons: input.reasons,
        note: input.note.unwrap_or_default(),
        handling_so_far: input.handling_so_far,
        materials: input.materials,
        no_materials: input.no_materials,
        result_required: input.result_required,
        result_due_at: input.deadline,
        due_at,
        submitted_by: who.user,
        submitted_at: now,
        decided_by: None,
        decided_at: None,
        defects: Vec::new(),
        sender_consent: None,
        answer: None,
        result: None,
        result_at: None,
        parent_id: None,
        contest: None,
        designation: None,
        climb: None,
    };
    let mut d = Decision::on(file);
    if !out {
        pause_step(&mut d, due_at, now);
    }
    d.event(Event::TransferSubmitted {
        transfer: id,
        verb: transfer.verb,
        to: transfer.to_id,
        reasons: transfer.reasons.clone(),
    });
    if let Some(to) = transfer.to_id {
        let notice = Notice::transfer(NoticeKind::TransferSubmitted, id);
        d.tell(Recipient::Unit(to), notice);
    }
    d.insert(transfer);
    Ok(d)
}

/// G-34: an escalation says why, what was done, and brings what there is; an order says what for.
fn content_guards(file: &CaseFile, input: &Submit, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    if input.verb == TransferVerb::Escalate {
        g.require(!input.reasons.is_empty(), Reason::ReasonMissing);
        g.require(input.handling_so_far.is_some(), Reason::HandlingMissing);
        let materials = !input.materials.is_empty() || input.no_materials.is_some();
        g.require(materials, Reason::MaterialsMissing);
    } else {
        let said = input.note.is_some() || !input.reasons.is_empty();
        g.require(said, Reason::ReasonMissing);
    }
    let unknown = |id: &&AttachmentId| file.attachment(**id).is_none();
    g.forbid(
        input.materials.iter().filter(unknown),
        Reason::UnknownReference,
    );
    let missing = |id: &&AttachmentId| file.attachment(**id).is_some_and(|a| a.stored_at.is_none());
    g.forbid(input.materials.iter().filter(missing), Reason::FileMissing);
    let late = input.deadline.is_some_and(|t| t <= now);
    g.forbid(late.then_some("deadline"), Reason::TimeOrder);
    g.into_inner()
}

fn receiver_guards(file: &CaseFile, input: &Submit, facts: &SubmitFacts) -> Vec<Refusal> {
    let mut g = Guards::new();
    if input.verb == TransferVerb::ReferOut {
        let named = input.external_target.is_some() && input.route.is_some();
        g.require(named, Reason::ReceiverInvalid);
        return g.into_inner();
    }
    let to = facts.to.as_ref().filter(|s| Some(s.unit.id) == input.to);
    let barred = input.to.filter(|to| barred_receiver(file, *to));
    g.forbid(barred, Reason::Designated);
    match to.map_or(Fit::No, |to| fit(input.verb, &facts.from, to)) {
        Fit::Fits => {}
        Fit::Skips => {
            let urgent = file.case.risk == Risk::Red && red_reported(file);
            g.require(urgent, Reason::LevelSkipped);
        }
        Fit::No => g.forbid(input.to, Reason::ReceiverInvalid),
    }
    g.into_inner()
}

/// Sets the holder's own step aside: while a transfer is pending, its clock stands still and the
/// answer is what is due.
fn pause_step(d: &mut Decision, due_at: Option<Instant>, now: Instant) {
    let case = d.case_mut();
    case.detail.paused_step = Some(PausedStep {
        step: case.next_step,
        due_at: case.next_due_at,
        since: now,
    });
    case.next_step = Some(NextStep::DecideTransfer);
    case.next_due_at = due_at;
}

/// Orders taken on whose result is still owed: a case is not done before it is reported.
pub fn results_owed(file: &CaseFile) -> Vec<TransferId> {
    file.transfers
        .iter()
        .filter(|t| t.state == TransferState::Accepted && t.result_required)
        .filter(|t| t.verb != TransferVerb::ReferOut)
        .map(|t| t.id)
        .collect()
}
