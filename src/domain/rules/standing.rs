//! How a case stands by its agreements: whom they bind, what is still owed, and the state of the
//! case that follows (sections 11.3.1, 11.3.4, 11.3.5).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::party::{Issue, IssueState, Party, PartyRole};
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::time::Instant;

use super::steps::{advance, owe, owed};

/// A decision in the making beside the file as it will be, so that later steps of one act see
/// what earlier steps did.
#[derive(Debug)]
pub struct Work {
    pub file: CaseFile,
    pub d: Decision,
}

macro_rules! rows {
    ($($add:ident, $put:ident : $row:ty => $list:ident;)+) => {$(
        pub fn $add(&mut self, row: $row) {
            self.file.$list.push(row.clone());
            self.d.insert(row);
        }

        pub fn $put(&mut self, row: $row) {
            if let Some(old) = self.file.$list.iter_mut().find(|r| r.id == row.id) {
                *old = row.clone();
            }
            self.d.update(row);
        }
    )+};
}

impl Work {
    /// Work that changes the case: its version rises.
    pub fn on(file: &CaseFile, now: Instant) -> Self {
        let mut d = Decision::on(file);
        d.case_mut().updated_at = now;
        Self {
            file: file.clone(),
            d,
        }
    }

    rows! {
        add_agreement, put_agreement: Agreement => agreements;
        add_obligation, put_obligation: Obligation => obligations;
        add_performance, put_performance: Performance => performances;
        add_signature, put_signature: Signature => signatures;
        add_party, put_party: Party => parties;
        add_issue, put_issue: Issue => issues;
    }
}

/// Binding: in effect, performed or broken, but not varied, rescinded or void.
pub fn in_force(agreement: &Agreement) -> bool {
    matches!(
        agreement.state,
        AgreementState::Effective | AgreementState::Fulfilled | AgreementState::Breached
    )
}

/// Still to be settled one way or the other.
pub fn is_open(obligation: &Obligation) -> bool {
    !matches!(
        obligation.state,
        ObligationState::Performed | ObligationState::Waived | ObligationState::Void
    )
}

/// The obligations of an agreement; those struck out of it are left out.
pub fn obligations_of(file: &CaseFile, id: AgreementId) -> impl Iterator<Item = &Obligation> {
    file.obligations
        .iter()
        .filter(move |o| o.agreement_id == id && o.state != ObligationState::Void)
}

/// A group member who acts through representatives (G-15).
pub fn is_member(party: &Party) -> bool {
    party.role == PartyRole::Represented && !party.is_representative
}

/// The parties whose own signature an agreement needs: all but members acting through
/// representatives.
pub fn signing_parties<'a>(file: &'a CaseFile, agreement: &Agreement) -> Vec<&'a Party> {
    file.parties
        .iter()
        .filter(|p| agreement.detail.parties.contains(&p.id) && !is_member(p))
        .collect()
}

/// Who stands in a party's place by now: the last of its successors, or itself.
pub fn successor(file: &CaseFile, id: PartyId) -> PartyId {
    let mut at = id;
    // A chain of successions is no longer than the list of parties.
    for _ in &file.parties {
        match file.party(at).and_then(|p| p.substituted_by) {
            Some(next) => at = next,
            None => break,
        }
    }
    at
}

/// Those whose word a change of an agreement needs: the parties who signed it, or their
/// successors.
pub fn masters_of(file: &CaseFile, agreement: &Agreement) -> Vec<PartyId> {
    let mut out: Vec<PartyId> = signing_parties(file, agreement)
        .iter()
        .map(|p| successor(file, p.id))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Live parties of the opposing sides whom no agreement in force binds, by themselves or as
/// successors.
pub fn unbound(file: &CaseFile) -> Vec<PartyId> {
    file.live_parties()
        .filter(|p| p.side > 0)
        .filter(|p| {
            !file
                .agreements
                .iter()
                .filter(|a| in_force(a))
                .flat_map(|a| a.detail.parties.iter())
                .any(|id| successor(file, *id) == p.id)
        })
        .map(|p| p.id)
        .collect()
}

/// The agreement, or the refusal that names it.
///
/// # Errors
/// `unknown_reference` when the case has no such agreement.
pub fn agreement_of(file: &CaseFile, id: AgreementId) -> Result<&Agreement, Vec<Refusal>> {
    file.agreement(id)
        .ok_or_else(|| vec![Refusal::about(Reason::UnknownReference, [id])])
}

/// What the obligations make of an agreement in force.
fn agreement_state(file: &CaseFile, agreement: &Agreement) -> AgreementState {
    let mut owed = obligations_of(file, agreement.id).peekable();
    if owed.peek().is_none() {
        return agreement.state;
    }
    let owed: Vec<&Obligation> = owed.collect();
    if owed.iter().all(|o| !is_open(o)) {
        AgreementState::Fulfilled
    } else if owed.iter().any(|o| o.state == ObligationState::Defaulted) {
        AgreementState::Breached
    } else {
        AgreementState::Effective
    }
}

/// The state of a case whose matters are all agreed.
fn settled_state(file: &CaseFile) -> CaseState {
    let owed: Vec<&Obligation> = file
        .agreements
        .iter()
        .filter(|a| in_force(a))
        .flat_map(|a| obligations_of(file, a.id))
        .collect();
    if owed.is_empty() {
        CaseState::Agreed
    } else if owed.iter().any(|o| o.state == ObligationState::Defaulted) {
        CaseState::Breached
    } else if owed.iter().any(|o| is_open(o)) {
        CaseState::Performing
    } else {
        CaseState::Fulfilled
    }
}

/// Moves the case if `to` differs from where it is, with the fact that tells of it.
fn go(
    work: &mut Work,
    act: Act,
    to: CaseState,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    let from = work.d.case().state;
    if from == to {
        return Ok(());
    }
    advance(&mut work.d, act, to, calendar, now)?;
    if from == CaseState::InMediation {
        work.d.event(Event::CaseAgreed {});
    }
    match to {
        CaseState::Performing => work.d.event(Event::CasePerforming {}),
        CaseState::Fulfilled => work.d.event(Event::CaseFulfilled {}),
        CaseState::Breached => work.d.event(Event::CaseBreached {}),
        CaseState::InMediation => work.d.event(Event::MediationBegan {}),
        _ => {}
    }
    supervise_until_next_due(work);
    Ok(())
}

/// While performance runs, the next step falls due with the earliest open obligation.
fn supervise_until_next_due(work: &mut Work) {
    if work.d.case().state != CaseState::Performing {
        return;
    }
    let next = work
        .file
        .agreements
        .iter()
        .filter(|a| in_force(a))
        .flat_map(|a| obligations_of(&work.file, a.id))
        .filter(|o| is_open(o))
        .map(|o| o.due_on)
        .min();
    if let Some(due) = next {
        let (step, _) = owed(work.d.case());
        owe(work.d.case_mut(), step, Some(due.end()));
    }
}

/// Puts an agreement into effect: the one it replaces ends, matters become agreed, the case moves.
/// `agreement.effective_at` is set; `agreement.partial` says whether the drafter declared it
/// partial and becomes whether it left anything or anybody out.
///
/// # Errors
/// `wrong_state` when the machine has no such move.
pub fn take_effect(
    work: &mut Work,
    mut agreement: Agreement,
    act: Act,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    replace_superseded(work, &agreement);
    agreement.state = AgreementState::Effective;
    agreement.state = agreement_state(&work.file, &agreement);
    let known = work.file.agreement(agreement.id).is_some();
    let id = agreement.id;
    if let Some(row) = work.file.agreements.iter_mut().find(|a| a.id == id) {
        *row = agreement.clone();
    } else {
        work.file.agreements.push(agreement.clone());
    }
    let everybody_bound = unbound(&work.file).is_empty();
    if everybody_bound {
        mark_agreed(work);
    }
    let leaves_open = work.file.issues.iter().any(|i| i.state == IssueState::Open);
    agreement.partial |= leaves_open || !everybody_bound;
    let partial = agreement.partial;
    if let Some(row) = work.file.agreements.iter_mut().find(|a| a.id == id) {
        row.partial = partial;
    }
    if known {
        work.d.update(agreement);
    } else {
        work.d.insert(agreement);
    }
    let to = if partial {
        CaseState::InMediation
    } else {
        settled_state(&work.file)
    };
    go(work, act, to, calendar, now)
}

fn replace_superseded(work: &mut Work, agreement: &Agreement) {
    let old = agreement
        .detail
        .supersedes
        .and_then(|id| work.file.agreement(id))
        .filter(|a| in_force(a))
        .cloned();
    let Some(mut old) = old else { return };
    void_open(work, old.id);
    old.state = AgreementState::Varied;
    old.detail.superseded_by = Some(agreement.id);
    work.d.event(Event::AgreementVaried {
        agreement: old.id,
        successor: agreement.id,
    });
    work.put_agreement(old);
}

/// Whatever is still open under an agreement that ends falls with it.
pub fn void_open(work: &mut Work, id: AgreementId) {
    let open: Vec<Obligation> = obligations_of(&work.file, id)
        .filter(|o| is_open(o))
        .cloned()
        .collect();
    for mut o in open {
        o.state = ObligationState::Void;
        work.put_obligation(o);
    }
}

fn mark_agreed(work: &mut Work) {
    let covered: Vec<IssueId> = work
        .file
        .agreements
        .iter()
        .filter(|a| in_force(a))
        .flat_map(|a| a.detail.issues.iter().copied())
        .collect();
    set_issues(work, &covered, IssueState::Open, IssueState::Agreed);
}

/// Moves those of the issues that are in one state to another.
pub fn set_issues(work: &mut Work, issues: &[IssueId], from: IssueState, to: IssueState) {
    let changed: Vec<Issue> = work
        .file
        .issues
        .iter()
        .filter(|i| issues.contains(&i.id) && i.state == from)
        .cloned()
        .collect();
    for mut issue in changed {
        issue.state = to;
        work.d.event(Event::IssueChanged {
            issue: issue.id,
            state: to,
        });
        work.put_issue(issue);
    }
}

/// Matters an agreement covered that no other agreement in force covers are open again.
pub fn reopen_issues(work: &mut Work, agreement: &Agreement) {
    let others: Vec<IssueId> = work
        .file
        .agreements
        .iter()
        .filter(|a| a.id != agreement.id && in_force(a))
        .flat_map(|a| a.detail.issues.iter().copied())
        .collect();
    let freed: Vec<IssueId> = agreement
        .detail
        .issues
        .iter()
        .copied()
        .filter(|i| !others.contains(i))
        .collect();
    set_issues(work, &freed, IssueState::Agreed, IssueState::Open);
}

/// What follows for the agreement and the case when one of its obligations changed. A case still
/// in mediation for the rest, ended or closed keeps its state.
///
/// # Errors
/// `wrong_state` when the machine has no such move.
pub fn after_obligation(
    work: &mut Work,
    id: AgreementId,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    if let Some(agreement) = work.file.agreement(id).filter(|a| in_force(a)) {
        let state = agreement_state(&work.file, agreement);
        if state != agreement.state {
            let mut changed = agreement.clone();
            changed.state = state;
            work.put_agreement(changed);
        }
    }
    match work.d.case().state {
        CaseState::Agreed | CaseState::Performing | CaseState::Breached => {
            let to = settled_state(&work.file);
            go(work, Act::RecordPerformance, to, calendar, now)?;
            supervise_until_next_due(work);
            Ok(())
        }
        _ => Ok(()),
    }
}
