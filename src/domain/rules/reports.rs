//! Reporting an incident to the authorities, and closing it (G-26, G-27, G-28, M-51).
//!
//! Raising one is in [`super::flags`].

use super::Who;
use super::incidents::{MINOR_HARM_TARGETS, is_authority, is_danger};
use super::report_duties::{Duty, due_at, duties, met_at};
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::Clock;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::{AttachmentId, IncidentId, OrgId, PartyId};
use crate::domain::input::{Line, Obj, SecretText, Text};
use crate::domain::party::{Capacity, Party};
use crate::domain::record::{Incident, IncidentKind, ReportMade, ReportTarget, ReportVia};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// Days without a new danger before anybody may claim that worse was prevented.
pub const QUIET_DAYS: i64 = 30;

/// When the law wants it reported at the latest: the first of its duties that is due. A suspicion
/// of sham has no clock, nor has violence against who can decide for herself.
pub fn report_due<'a>(
    incident: &Incident,
    clocks: impl IntoIterator<Item = &'a Clock> + Clone,
) -> Option<Instant> {
    let due = |d: &Duty| due_at(incident, d, clocks.clone());
    duties(incident).iter().filter_map(due).min()
}

/// Who was told, when, with what receipt.
#[derive(Clone, Debug)]
pub struct Told {
    pub to: Vec<ReportTarget>,
    pub at: Instant,
    pub via: ReportVia,
    /// The police always give one.
    pub receipt_no: Option<String>,
    pub officer: Option<String>,
    pub late_reason: Option<String>,
}

impl Told {
    pub(super) fn read(o: &mut Obj<'_>) -> Option<Self> {
        let to: Option<Vec<ReportTarget>> = o.list("reported_to", 7);
        if to.as_ref().is_some_and(Vec::is_empty) {
            o.fault("reported_to", "required");
        }
        let at = o.req("reported_at");
        let via = o.or("via", ReportVia::Phone);
        let receipt_no = o.opt::<Line<100>>("receipt_no");
        let police = |to: &Vec<ReportTarget>| to.contains(&ReportTarget::Police);
        if to.as_ref().is_some_and(police) && receipt_no == Some(None) {
            o.fault("receipt_no", "required");
        }
        let officer = o.opt::<Line<60>>("officer");
        let late_reason = o.opt::<Text<500>>("late_reason");
        Some(Self {
            to: to?,
            at: at?,
            via: via?,
            receipt_no: receipt_no?.map(|r| r.0),
            officer: officer?.map(|t| t.0),
            late_reason: late_reason?.map(|t| t.0),
        })
    }
}

pub(super) fn told_guards(
    file: &CaseFile,
    incident: &Incident,
    told: &Told,
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let reached = |t: &ReportTarget| told.to.contains(t) || incident.reported_to.contains(t);
    g.require(
        told.to.iter().any(|t| is_authority(*t)),
        Reason::IncidentMissing,
    );
    if incident.kind == IncidentKind::MinorHarm {
        let missing = MINOR_HARM_TARGETS.iter().filter(|t| !reached(t));
        g.forbid(missing, Reason::MinorHarmNotReported);
    }
    if incident.kind == IncidentKind::Dv && needs_police(file, incident.victim_party_id) {
        g.require(reached(&ReportTarget::Police), Reason::DvReportMissing);
    }
    g.forbid((told.at > now).then_some("reported_at"), Reason::InFuture);
    let early = told.at < incident.found_at;
    g.forbid(early.then_some("reported_at"), Reason::TimeOrder);
    if told.late_reason.is_none() {
        let late = told
            .to
            .iter()
            .filter(|t| is_late(file, incident, **t, told));
        g.forbid(late, Reason::LateReasonMissing);
    }
    g.into_inner()
}

/// Whether telling `to` now meets a duty that was due before.
fn is_late(file: &CaseFile, incident: &Incident, to: ReportTarget, told: &Told) -> bool {
    let clocks = || file.clocks.iter().map(|h| &h.clock);
    duties(incident)
        .iter()
        .filter(|d| d.met_by(to, told.via) && met_at(incident, d).is_none())
        .filter_map(|d| due_at(incident, d, clocks()))
        .any(|due| told.at >= due)
}

/// A victim without full capacity must be reported for (反家庭暴力法 第十四条).
pub(super) fn needs_police(file: &CaseFile, victim: Option<PartyId>) -> bool {
    let weak = |p: &Party| p.capacity != Capacity::Full;
    match victim.and_then(|v| file.party(v)) {
        Some(party) => weak(party),
        None => file.live_parties().any(weak),
    }
}

/// Adds a report. The first instant stays: it is what the clock is measured by.
pub(super) fn note_report(file: &CaseFile, incident: &mut Incident, told: &Told, now: Instant) {
    let made: Vec<ReportMade> = told
        .to
        .iter()
        .map(|to| {
            let late = is_late(file, incident, *to, told);
            ReportMade {
                to: *to,
                at: told.at,
                via: told.via,
                receipt_no: told.receipt_no.clone(),
                officer: told.officer.clone(),
                late,
                late_reason: told.late_reason.clone().filter(|_| late),
                recorded_at: now,
            }
        })
        .collect();
    incident.reports.extend(made);
    for target in &told.to {
        if !incident.reported_to.contains(target) {
            incident.reported_to.push(*target);
        }
    }
    incident.reported_at.get_or_insert(told.at);
    incident.receipt_no = match (incident.receipt_no.take(), &told.receipt_no) {
        (Some(old), Some(new)) if old != *new => Some(format!("{old}；{new}")),
        (old, new) => old.or_else(|| new.clone()),
    };
}

pub(super) fn reported(incident: &Incident) -> Event {
    Event::IncidentRecorded {
        incident: incident.id,
        kind: incident.kind,
        reported_to: incident.reported_to.clone(),
    }
}

/// What bars an act on an incident: it is closed.
pub fn open_guards(incident: &Incident) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(incident.closed_at.map(|_| incident.id), Reason::AlreadyDone);
    g.into_inner()
}

/// What bars closing an incident, whatever came of it.
pub fn close_guards(file: &CaseFile, incident: &Incident, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(open_guards(incident));
    let case = &file.case;
    let answers = |unit: OrgId| who.units.contains(&unit);
    let ours = answers(case.holder_id)
        || [case.holder_desk_id, case.origin_desk_id]
            .iter()
            .flatten()
            .any(|u| answers(*u));
    g.require(ours, Reason::NotHolder);
    g.into_inner()
}

fn find_open(file: &CaseFile, id: IncidentId) -> Result<&Incident, Vec<Refusal>> {
    match file.incidents.iter().find(|i| i.id == id) {
        Some(i) if i.closed_at.is_none() => Ok(i),
        Some(_) => Err(vec![Refusal::about(Reason::AlreadyDone, [id])]),
        None => Err(vec![Refusal::about(Reason::UnknownReference, [id])]),
    }
}

/// The report of an incident: phone first, system second, so the receipt is there.
#[derive(Clone, Debug)]
pub struct Report {
    pub told: Told,
    pub measures: Option<Secret>,
    pub safety_plan: Option<Secret>,
    pub protection_order_told: bool,
}

impl Report {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let told = Told::read(o);
        let measures = o.opt::<SecretText<4000>>("measures");
        let plan = o.opt::<SecretText<4000>>("safety_plan");
        let order = o.or("protection_order_told", false);
        Some(Self {
            told: told?,
            measures: measures?.map(|t| t.0),
            safety_plan: plan?.map(|t| t.0),
            protection_order_told: order?,
        })
    }
}

/// Records the report of an incident (G-26, G-27, G-28). A second report adds to the first.
pub fn report(
    file: &CaseFile,
    id: IncidentId,
    input: Report,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut incident = find_open(file, id)?.clone();
    let mut g = Guards::new();
    g.extend(told_guards(file, &incident, &input.told, now));
    g.done()?;

    note_report(file, &mut incident, &input.told, now);
    incident.measures = input.measures.or(incident.measures);
    incident.safety_plan = input.safety_plan.or(incident.safety_plan);
    incident.protection_order_told |= input.protection_order_told;
    let mut d = Decision::on(file);
    d.event(reported(&incident));
    d.update(incident);
    Ok(d)
}

/// The end of an incident.
#[derive(Clone, Debug)]
pub struct CloseIncident {
    pub outcome: String,
    /// Stored evidence; naming any claims that worse was prevented.
    pub prevention_evidence: Vec<AttachmentId>,
    /// Looked into and found to be nothing. Lifts no duty to report violence or harm to a minor.
    pub unfounded: bool,
}

impl CloseIncident {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let outcome = o.req::<Text<2000>>("outcome");
        let evidence: Option<Vec<AttachmentId>> = o.list("prevention_evidence", 20);
        let unfounded = o.or("unfounded", false);
        if unfounded == Some(true) && evidence.as_ref().is_some_and(|e| !e.is_empty()) {
            o.fault("prevention_evidence", "contradicts_unfounded");
        }
        Some(Self {
            outcome: outcome?.0,
            prevention_evidence: evidence?,
            unfounded: unfounded?,
        })
    }
}

/// Closes an incident: by those who answer for the case, not by its mediators as such; reported
/// unless unfounded; a claim of prevention needs thirty quiet days and evidence.
pub fn close_incident(
    file: &CaseFile,
    id: IncidentId,
    input: CloseIncident,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let incident = find_open(file, id)?;
    let mut g = Guards::new();
    let case = &file.case;
    g.extend(close_guards(file, incident, who));
    g.extend(unreported(file, incident, input.unfounded));
    let told = incident.kind != IncidentKind::Dv || incident.protection_order_told;
    g.require(told, Reason::ProtectionInfoMissing);
    let evidence = &input.prevention_evidence;
    let unknown = evidence.iter().filter(|a| file.attachment(**a).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    let no_file = evidence
        .iter()
        .filter(|a| file.attachment(**a).is_some_and(|a| a.stored_at.is_none()));
    g.forbid(no_file, Reason::FileMissing);
    let dangers = file.incidents.iter().filter(|i| is_danger(i.kind));
    let quiet_from = dangers.map(|i| i.found_at).max();
    let quiet = quiet_from.is_none_or(|t| now >= t.plus_days(QUIET_DAYS));
    g.require(evidence.is_empty() || quiet, Reason::NotQuiet);
    if !evidence.is_empty() {
        let red = incident.kind == IncidentKind::RiskRed;
        let measured = incident.measures.is_some() || incident.safety_plan.is_some();
        g.require(red && measured, Reason::MeasuresMissing);
        g.require(incident.reported_at.is_some(), Reason::IncidentMissing);
    }
    g.done()?;

    let mut d = Decision::on(file);
    d.event(Event::IncidentClosed { incident: id });
    if incident.kind == IncidentKind::Sham && input.unfounded && case.detail.sham {
        d.case_mut().detail.sham = false;
        d.event(Event::FlagCleared {
            kind: incident.kind,
        });
    }
    d.update(Incident {
        closed_at: Some(now),
        outcome: Some(input.outcome),
        prevention_evidence: input.prevention_evidence,
        ..incident.clone()
    });
    Ok(d)
}

/// What was not reported that must be before an incident can be closed.
fn unreported(file: &CaseFile, i: &Incident, unfounded: bool) -> Vec<Refusal> {
    let mut g = Guards::new();
    let has = |t: &ReportTarget| i.reported_at.is_some() && i.reported_to.contains(t);
    match i.kind {
        IncidentKind::MinorHarm => {
            let missing = MINOR_HARM_TARGETS.iter().filter(|t| !has(t));
            g.forbid(missing, Reason::MinorHarmNotReported);
        }
        IncidentKind::Dv => {
            let free = !needs_police(file, i.victim_party_id);
            let called = has(&ReportTarget::Police);
            g.require(free || called, Reason::DvReportMissing);
            let owed = duties(i)
                .into_iter()
                .any(|d| d.written && met_at(i, &d).is_none());
            let paper = !free && called && owed;
            g.forbid(paper.then_some("written"), Reason::DvReportMissing);
        }
        IncidentKind::RiskRed | IncidentKind::Crime => {
            let done = unfounded || i.reported_at.is_some();
            g.require(done, Reason::IncidentMissing);
        }
        IncidentKind::Sham => {
            // A confirmed sham is reported to the court or the police (M-51).
            let done = has(&ReportTarget::Court) || has(&ReportTarget::Police);
            g.require(unfounded || done, Reason::IncidentMissing);
        }
    }
    g.into_inner()
}
