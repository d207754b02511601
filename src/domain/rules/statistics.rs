//! What an act adds to the statistics, and what it takes back (PML art. 10; G-45).

use std::collections::HashSet;

use crate::domain::agreement::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::facts::Event;
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::org::CommitteeKind;
use crate::domain::party::{IssueState, Party};
use crate::domain::record::{Incident, IncidentKind};
use crate::domain::time::Instant;

use super::ending::mediated;
use super::standing::in_force;

/// What the statistics must take note of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    Accepted,
    /// Merged into another: it counts there.
    Gone,
    /// Taken out of another again.
    Back,
    Closed,
    Reopened,
    /// A closed case was corrected: its closing is counted anew if it counts otherwise now.
    Corrected,
    IncidentClosed(IncidentId),
}

/// What the events of one act mean for the statistics of the case they are about.
pub fn notes_of(case: &Case, events: &[Event]) -> Vec<Note> {
    let mut out: Vec<Note> = events
        .iter()
        .filter_map(|e| match e {
            Event::CaseAccepted { .. } => Some(Note::Accepted),
            Event::CaseMerged { .. } => Some(Note::Gone),
            Event::CaseUnmerged { from } if *from == case.id => Some(Note::Back),
            Event::CaseClosed { .. } => Some(Note::Closed),
            Event::CaseReopened { .. } => Some(Note::Reopened),
            Event::IncidentClosed { incident } => Some(Note::IncidentClosed(*incident)),
            _ => None,
        })
        .collect();
    let standing = case.closed_at.is_some() && case.outcome.is_some();
    if standing && !out.contains(&Note::Closed) && events.iter().any(may_correct) {
        out.push(Note::Corrected);
    }
    out
}

/// Facts that may change how a closing counts.
fn may_correct(e: &Event) -> bool {
    matches!(
        e,
        Event::CaseEdited { .. }
            | Event::DifficultyChanged { .. }
            | Event::IssueChanged { .. }
            | Event::PartyAdded { .. }
            | Event::PartyEdited { .. }
            | Event::PartyWithdrawn { .. }
            | Event::PartySubstituted { .. }
            | Event::AgreementVaried { .. }
            | Event::AgreementRescinded { .. }
            | Event::ConfirmationDecided { .. }
    )
}

fn entry(case: &Case, act: CountedAct, at: Instant, id: EntryId, now: Instant) -> ReturnEntry {
    ReturnEntry {
        id,
        case_id: case.id,
        act,
        at,
        on_date: at.local_date(),
        recorded_at: now,
        undone_at: None,
        org_id: case.holder_id,
        desk_id: case.holder_desk_id,
        committee_kind: None,
        kind: case.kind,
        source: case.source,
        channel: case.channel,
        result: None,
        form: None,
        complex: matches!(case.difficulty, Difficulty::Complex | Difficulty::Major),
        persons: 0,
        amount_fen: 0,
        averted: None,
        incident_id: None,
    }
}

/// The acceptance of a case, by its date; `None` for one not accepted.
pub fn acceptance(
    case: &Case,
    committee: Option<CommitteeKind>,
    id: EntryId,
    now: Instant,
) -> Option<ReturnEntry> {
    Some(ReturnEntry {
        committee_kind: committee,
        ..entry(case, CountedAct::Accepted, case.accepted_at?, id, now)
    })
}

/// The closing of an accepted case, by its date; `None` where nothing counts.
pub fn closing(
    file: &CaseFile,
    committee: Option<CommitteeKind>,
    id: EntryId,
    now: Instant,
) -> Option<ReturnEntry> {
    let case = &file.case;
    case.accepted_at?;
    let result = result_of(file)?;
    let form = agreed_form(file)
        .filter(|_| matches!(result, CountedResult::Success | CountedResult::Partial));
    Some(ReturnEntry {
        committee_kind: committee,
        result: Some(result),
        form,
        persons: persons_of(&file.parties),
        amount_fen: amount_of(file),
        ..entry(case, CountedAct::Closed, case.closed_at?, id, now)
    })
}

fn agreed_form(file: &CaseFile) -> Option<AgreementForm> {
    let forms = || {
        file.agreements
            .iter()
            .filter(|a| in_force(a))
            .map(|a| a.form)
    };
    forms()
        .find(|f| *f == AgreementForm::Written)
        .or_else(|| forms().next())
}

/// Success: agreements in effect cover every issue that was not dropped. Where mediation never
/// began, the case is neither a success nor a failure.
pub fn result_of(file: &CaseFile) -> Option<CountedResult> {
    let agreed: Vec<&Agreement> = file.agreements.iter().filter(|a| in_force(a)).collect();
    match file.case.outcome? {
        Outcome::NotAccepted | Outcome::Merged => None,
        Outcome::SuccessWritten | Outcome::SuccessOral => Some(CountedResult::Success),
        Outcome::Partial => Some(CountedResult::Partial),
        // Performance failed, not mediation: the agreement was made.
        _ if !agreed.is_empty() => {
            let covered = |id: &IssueId| agreed.iter().any(|a| a.detail.issues.contains(id));
            let whole = file
                .issues
                .iter()
                .filter(|i| i.state != IssueState::Dropped)
                .all(|i| covered(&i.id));
            Some(if whole {
                CountedResult::Success
            } else {
                CountedResult::Partial
            })
        }
        Outcome::Failed => Some(CountedResult::Failed),
        Outcome::Withdrawn | Outcome::Refused if mediated(file) => Some(CountedResult::Failed),
        Outcome::Withdrawn | Outcome::Refused | Outcome::Referred => Some(CountedResult::Otherwise),
    }
}

/// Distinct persons and organisations of a case, represented members included; who was succeeded
/// or left is counted through the successor or not at all.
pub fn persons_of(parties: &[Party]) -> i64 {
    let mut seen = HashSet::new();
    for p in parties {
        if p.substituted_by.is_some() || p.withdrawn_at.is_some() {
            continue;
        }
        let number = p
            .id_no
            .as_ref()
            .map(|n| n.reveal().to_owned())
            .or_else(|| p.uscc.clone());
        seen.insert(number.unwrap_or_else(|| p.id.to_string()));
    }
    i64::try_from(seen.len()).unwrap_or(i64::MAX)
}

/// What is to be paid under the agreements in effect, in fen.
pub fn amount_of(file: &CaseFile) -> i64 {
    file.agreements
        .iter()
        .filter(|a| in_force(a))
        .flat_map(|a| super::standing::obligations_of(file, a.id))
        .filter(|o| o.kind == ObligationKind::Pay)
        .filter_map(|o| o.amount_fen)
        .fold(0_i64, i64::saturating_add)
}

/// A danger averted: a RED incident with its measures, closed after the quiet days with evidence.
/// No evidence, no claim.
pub fn averted(
    file: &CaseFile,
    incident: &Incident,
    id: EntryId,
    now: Instant,
) -> Option<ReturnEntry> {
    let measured = incident.measures.is_some() || incident.safety_plan.is_some();
    let claimed = !incident.prevention_evidence.is_empty() && measured;
    if incident.kind != IncidentKind::RiskRed || !claimed {
        return None;
    }
    let averted = class_of(&file.case);
    let persons = match averted {
        Averted::Suicide => 1,
        _ => file
            .case
            .detail
            .people_affected
            .unwrap_or_else(|| persons_of(&file.parties)),
    };
    Some(ReturnEntry {
        averted: Some(averted),
        incident_id: Some(incident.id),
        persons,
        ..entry(
            &file.case,
            CountedAct::Prevented,
            incident.closed_at?,
            id,
            now,
        )
    })
}

fn class_of(case: &Case) -> Averted {
    use RiskHint as H;
    let has = |list: &[RiskHint]| case.detail.risk_hints.iter().any(|h| list.contains(h));
    let force = [H::Violence, H::Threat, H::ThreatToKill, H::Weapon];
    if has(&[H::SuicideTalk, H::SuicidePlan]) {
        Averted::Suicide
    } else if has(&[H::Group]) && has(&force) {
        Averted::Fight
    } else if has(&[H::PetitionPlan]) {
        Averted::Petition
    } else if has(&force) {
        Averted::Crime
    } else {
        Averted::Unclassed
    }
}
