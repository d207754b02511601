//! Drafting and editing agreements (人民调解法 第二十八至三十条; G-18, G-20, G-22, G-41).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::NextStep;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::party::IssueState;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::agreement_content::{content_guards, look_at};
use super::agreement_input::{Draft, Edit};
use super::agreement_plan::{debt_guards, debt_rows, draft_only, tell_of};
use super::oral::{oral_guards, record_oral};
use super::signing::signatures_of;
use super::standing::{Work, agreement_of, obligations_of, successor};
use super::steps::{owe, owed};
use super::{Who, incidents, next_step, people};

/// What must hold before anything is agreed: no sham review, harm to a minor reported.
pub fn agree_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(!incidents::sham_not_cleared(file), Reason::ShamUnderReview);
    g.forbid(
        incidents::minor_harm_unreported(file),
        Reason::MinorHarmNotReported,
    );
    g.into_inner()
}

/// Guards of a new agreement that do not depend on the input.
pub fn draft_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(file.case.case_no.is_some(), Reason::WrongState);
    g.extend(agree_guards(file));
    g.extend(willing_guards(file));
    g.into_inner()
}

/// G-01, G-02: there must be somebody on two sides to agree with each other.
pub fn willing_guards(file: &CaseFile) -> Vec<Refusal> {
    let silent = people::consent_complete(file);
    let stop = people::stop_demanded(file);
    let willing = |side: &i32| {
        file.principals()
            .any(|p| p.side == *side && !silent.contains(&p.id) && !stop.contains(&p.id))
    };
    let mut g = Guards::new();
    if file.sides().iter().filter(|s| willing(s)).count() < 2 {
        g.forbid(silent.iter(), Reason::ConsentMissing);
        g.forbid(stop.iter(), Reason::StopDemanded);
    }
    g.into_inner()
}

/// Guards about the people and matters of an agreement: theirs to agree, willing, and open.
fn reference_guards(file: &CaseFile, agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    let d = &agreement.detail;
    let live: Vec<PartyId> = file.live_parties().map(|p| p.id).collect();
    let mut unknown: Vec<String> = d
        .parties
        .iter()
        .chain(d.e_sign_by.iter().filter(|p| !d.parties.contains(p)))
        .filter(|p| !live.contains(p))
        .map(ToString::to_string)
        .collect();
    unknown.extend(
        d.issues
            .iter()
            .filter(|i| file.issue(**i).is_none())
            .map(ToString::to_string),
    );
    g.forbid(unknown, Reason::UnknownReference);
    let concerned = |id: &PartyId| d.parties.contains(id);
    g.forbid(
        people::consent_complete(file).into_iter().filter(concerned),
        Reason::ConsentMissing,
    );
    g.forbid(
        people::stop_demanded(file).into_iter().filter(concerned),
        Reason::StopDemanded,
    );
    let replaced = d.supersedes.and_then(|id| file.agreement(id));
    let settled = d.issues.iter().filter(|i| {
        let open = file.issue(**i).is_none_or(|i| i.state == IssueState::Open);
        !open && !replaced.is_some_and(|old| old.detail.issues.contains(i))
    });
    g.forbid(settled, Reason::AlreadyDone);
    if let Some(at) = agreement.reached_at {
        g.require(
            file.case.accepted_at.is_none_or(|from| from <= at),
            Reason::TimeOrder,
        );
    }
    g.into_inner()
}

/// The rows of a draft from the input, for a new agreement or one that replaces `old`; `g` holds
/// what already stands against it, so that all is told at once.
pub(super) fn compose(
    file: &CaseFile,
    input: Draft,
    old: Option<&Agreement>,
    mut g: Guards,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<(Agreement, Vec<Obligation>), Vec<Refusal>> {
    let detail = opening_detail(file, &input, old);
    let mut agreement = Agreement {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        no: file.agreements.iter().map(|a| a.no).max().unwrap_or(0) + 1,
        number: None,
        form: input.form,
        state: AgreementState::Draft,
        partial: input.partial,
        reached_at: input.reached_at,
        signing_at: None,
        effective_at: None,
        sealed_at: None,
        confirmation: ConfirmationState::None,
        created_by: who.user,
        created_at: now,
        detail,
    };
    input.content.write(&mut agreement.detail, now);
    let reached_on = input.reached_at.unwrap_or(now).local_date();
    let mut rows: Vec<Obligation> = Vec::new();
    for new in &input.obligations {
        g.extend(debt_guards(&agreement, new));
        rows.extend(debt_rows(&agreement, new, &rows, reached_on, ids, now));
    }
    agreement.detail.ownership |= look_at(&agreement, &rows).ownership;
    g.require(
        input.reached_at.is_none_or(|at| at <= now),
        Reason::InFuture,
    );
    g.extend(reference_guards(file, &agreement));
    g.extend(content_guards(file, &agreement, &rows));
    if agreement.form == AgreementForm::Oral {
        let on_the_spot = input.performed_on_the_spot;
        g.extend(oral_guards(file, &agreement, &rows, on_the_spot));
    }
    g.done()?;
    Ok((agreement, rows))
}

/// Whom and what a draft concerns unless told, and what a variation keeps.
fn opening_detail(file: &CaseFile, input: &Draft, old: Option<&Agreement>) -> AgreementDetail {
    let kept = old.map(|a| a.detail.clone()).unwrap_or_default();
    let parties = match (&input.parties, old) {
        (Some(given), _) => given.clone(),
        (None, Some(_)) => kept.parties.iter().map(|p| successor(file, *p)).collect(),
        (None, None) => file
            .live_parties()
            .filter(|p| p.side > 0)
            .map(|p| p.id)
            .collect(),
    };
    let issues = match (&input.issues, old) {
        (Some(given), _) => given.clone(),
        (None, Some(_)) => kept.issues,
        (None, None) => file
            .issues
            .iter()
            .filter(|i| i.state == IssueState::Open)
            .map(|i| i.id)
            .collect(),
    };
    AgreementDetail {
        parties,
        issues,
        supersedes: old.map(|a| a.id),
        facts: kept.facts,
        liability: kept.liability,
        place: kept.place,
        ..AgreementDetail::default()
    }
}

/// Drafts a written agreement, or records an oral one, which is in effect from when it was
/// reached (人民调解法 第三十条).
///
/// # Errors
/// G-01, G-02, G-18, G-20, G-22, G-28, G-41, M-51, I4; references and times.
pub fn draft(
    file: &CaseFile,
    input: Draft,
    who: &Who,
    ids: &mut impl FreshIds,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(draft_guards(file));
    let (agreement, rows) = compose(file, input, None, g, who, ids, now)?;
    if agreement.form == AgreementForm::Oral {
        return record_oral(file, agreement, rows, who, ids, calendar, now);
    }
    Ok(keep_draft(file, agreement, rows, now))
}

/// The decision that keeps a draft.
pub(super) fn keep_draft(
    file: &CaseFile,
    agreement: Agreement,
    rows: Vec<Obligation>,
    now: Instant,
) -> Decision {
    let mut work = Work::on(file, now);
    work.d.event(Event::AgreementDrafted {
        agreement: agreement.id,
        no: agreement.no,
        form: agreement.form,
    });
    tell_warnings(&mut work.d, &agreement);
    work.add_agreement(agreement);
    for row in rows {
        tell_of(&mut work.d, &row);
        work.add_obligation(row);
    }
    work.d
}

/// The facts of the warnings somebody chose to go on with.
pub(super) fn tell_warnings(d: &mut Decision, agreement: &Agreement) {
    for w in &agreement.detail.warnings {
        d.event(Event::ContentWarned {
            agreement: agreement.id,
            rule: w.rule.clone(),
            warning: w.code.clone(),
        });
    }
}

/// What bars editing: somebody has signed.
pub fn edit_guards(file: &CaseFile, agreement: &Agreement) -> Vec<Refusal> {
    let bare = signatures_of(file, agreement.id).next().is_none();
    if agreement.state == AgreementState::Signing && bare {
        Vec::new()
    } else {
        draft_only(agreement)
    }
}

/// Edits a draft. One that is out for signature and bears none yet becomes a draft again.
///
/// # Errors
/// `wrong_state` once anybody has signed; otherwise as for [`draft`].
pub fn edit(
    file: &CaseFile,
    agreement: AgreementId,
    input: Edit,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(edit_guards(file, old));
    let mut new = old.clone();
    let answered = input.content.ownership_reason.is_some();
    if let Some(parties) = input.parties {
        new.detail.parties = parties;
    }
    if let Some(issues) = input.issues {
        new.detail.issues = issues;
    }
    new.partial = input.partial.unwrap_or(new.partial);
    input.reached_at.apply_opt(&mut new.reached_at);
    input.content.write(&mut new.detail, now);
    let rows: Vec<Obligation> = obligations_of(file, old.id).cloned().collect();
    new.detail.ownership |= look_at(&new, &rows).ownership;
    let strangers = rows.iter().filter(|o| {
        !new.detail.parties.contains(&o.debtor_id) || !new.detail.parties.contains(&o.creditor_id)
    });
    g.forbid(strangers.map(|o| o.id), Reason::UnknownReference);
    g.require(new.reached_at.is_none_or(|at| at <= now), Reason::InFuture);
    g.extend(agree_guards(file));
    g.extend(reference_guards(file, &new));
    g.extend(content_guards(file, &new, &rows));
    g.done()?;
    new.state = AgreementState::Draft;
    let mut work = Work::on(file, now);
    work.d.event(Event::AgreementEdited { agreement: new.id });
    if answered {
        tell_warnings(&mut work.d, &new);
    }
    work.put_agreement(new);
    stop_waiting_for_signatures(&mut work, calendar, now);
    Ok(work.d)
}

/// When nothing is out for signature any more, the next step is that of the state again.
pub(super) fn stop_waiting_for_signatures(work: &mut Work, calendar: &Calendar, now: Instant) {
    let waiting = work
        .file
        .agreements
        .iter()
        .any(|a| a.state == AgreementState::Signing);
    if !waiting && owed(work.d.case()).0 == Some(NextStep::Sign) {
        let (step, due) = next_step(work.d.case().state, calendar, now);
        owe(work.d.case_mut(), step, due);
    }
}

#[cfg(test)]
#[path = "agreements_tests.rs"]
mod tests;
