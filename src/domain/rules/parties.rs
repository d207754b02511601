//! Parties joining and leaving: addition, withdrawal, substitution.

use crate::domain::agreement::{Obligation, ObligationState};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::Obj;
use crate::domain::machine::{self, Act};
use crate::domain::party::*;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::consent::{Declaration, live_party, speaker_guard};
use super::group::{needs_representatives, representatives_of_side};
use super::intake::repeated;
use super::party_input::{NewParty, PartyData};
use super::risk::refresh;

/// `side_mismatch`: sides that would hold applicants and respondents together.
pub fn side_guard(parties: &[Party]) -> Vec<Refusal> {
    let holds = |side: i32, role: PartyRole| {
        parties
            .iter()
            .any(|p| is_live(p) && p.side == side && p.role == role)
    };
    let mut sides: Vec<i32> = parties.iter().map(|p| p.side).collect();
    sides.sort_unstable();
    sides.dedup();
    sides.retain(|s| holds(*s, PartyRole::Applicant) && holds(*s, PartyRole::Respondent));
    let mut g = Guards::new();
    g.forbid(sides, Reason::SideMismatch);
    g.into_inner()
}

/// `contradiction`: an id used twice, or one person or organisation entered twice (same kind and
/// same ID number or code). The later entry is named.
pub fn twin_guard(parties: &[Party]) -> Vec<Refusal> {
    let mut twins = repeated(parties.iter().map(|p| p.id));
    let number = |p: &Party| {
        let id_no = p.id_no.as_ref().map(|s| s.reveal().to_owned());
        id_no.or_else(|| p.uscc.clone()).map(|n| (p.kind, n))
    };
    for (i, p) in parties.iter().enumerate() {
        let same = |q: &Party| is_live(q) && number(q).is_some() && number(q) == number(p);
        if is_live(p) && !twins.contains(&p.id) && parties.iter().take(i).any(same) {
            twins.push(p.id);
        }
    }
    let mut g = Guards::new();
    g.forbid(twins, Reason::Contradiction);
    g.into_inner()
}

fn is_live(p: &Party) -> bool {
    p.withdrawn_at.is_none() && p.substituted_by.is_none()
}

/// Adds a party, whose consent is then to be asked.
///
/// # Errors
/// `side_mismatch`, `contradiction`, `in_future`.
pub fn add_party(
    file: &CaseFile,
    input: NewParty,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::AddParty));
    let mut g = Guards::new();
    g.extend(input.data.birth_guard("", now.local_date()));
    let id = input.id.unwrap_or_else(|| ids.id());
    let party = input.build(file.case.id, who.user, id, now);
    let mut after = file.parties.clone();
    after.push(party.clone());
    g.extend(side_guard(&after));
    g.extend(twin_guard(&after));
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    join(&mut d, party);
    refresh(&mut d, &after, now.local_date());
    Ok(d)
}

fn join(d: &mut Decision, party: Party) {
    d.event(Event::PartyAdded {
        party: party.id,
        role: party.role,
        side: party.side,
    });
    d.insert(party);
}

/// What bars a party's leaving, whoever says so.
pub fn leave_guards(file: &CaseFile, party: &Party, now: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let after = without(file, party.id, now);
    let emptied = party.side > 0 && !after.live_parties().any(|p| p.side == party.side);
    g.forbid(emptied.then_some(party.side), Reason::LastOfSide);
    g.forbid(
        orphaned_side(&after, party.side).filter(|_| party.is_representative && !emptied),
        Reason::RepresentativesMissing,
    );
    let open = file
        .obligations
        .iter()
        .filter(|o| is_open(o) && (o.debtor_id == party.id || o.creditor_id == party.id));
    g.forbid(open.map(|o| o.id), Reason::ObligationsOpen);
    g.into_inner()
}

/// A party leaves; the case goes on between the others (G-02: that party's part ends).
///
/// # Errors
/// `last_of_side` where nobody would be left: terminate instead; `representatives_missing` where
/// members would be left without one (G-15); `obligations_open` where the party still owes or is
/// owed under an agreement; those of the speaker.
pub fn withdraw(
    file: &CaseFile,
    party: PartyId,
    input: Declaration,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::AddParty));
    let party = live_party(file, party)?;
    let at = input.at.unwrap_or(now);
    let mut g = Guards::new();
    g.require(at <= now, Reason::InFuture);
    g.extend(speaker_guard(
        file,
        party,
        input.by_participant,
        MandateScope::Apply,
        at.local_date(),
    ));
    g.extend(leave_guards(file, party, now));
    g.done()?;

    let mut d = Decision::on(file);
    d.case_mut();
    let mut gone = party.clone();
    gone.withdrawn_at = Some(at);
    gone.is_representative = false;
    d.update(gone);
    d.event(Event::PartyWithdrawn { party: party.id });
    release_helpers(&mut d, file, party.id, now);
    Ok(d)
}

fn is_open(o: &Obligation) -> bool {
    !matches!(
        o.state,
        ObligationState::Performed | ObligationState::Waived | ObligationState::Void
    )
}

/// The file as it is once a party has left.
fn without(file: &CaseFile, party: PartyId, now: Instant) -> CaseFile {
    let mut after = file.clone();
    for p in after.parties.iter_mut().filter(|p| p.id == party) {
        p.withdrawn_at = Some(now);
    }
    after
}

fn orphaned_side(file: &CaseFile, side: i32) -> Option<i32> {
    let orphaned =
        needs_representatives(file, side) && representatives_of_side(file, side).is_empty();
    orphaned.then_some(side)
}

/// Mandates end with the party (民法典 第一百七十三、一百七十五条).
fn release_helpers(d: &mut Decision, file: &CaseFile, party: PartyId, now: Instant) {
    let helpers = file
        .participants
        .iter()
        .filter(|p| p.party_id == Some(party) && p.revoked_at.is_none());
    for helper in helpers {
        d.update(Participant {
            revoked_at: Some(now),
            ..helper.clone()
        });
        d.event(Event::ParticipantRevoked {
            participant: helper.id,
        });
    }
}

/// Who takes a party's place: new parties, or parties of the same side already in the case.
#[derive(Clone, Debug)]
pub struct Substitute {
    pub died_on: Option<LocalDate>,
    pub successors: Vec<Successor>,
    pub successor_ids: Vec<PartyId>,
}

/// An heir or legal successor who is not in the case yet.
#[derive(Clone, Debug)]
pub struct Successor {
    pub id: Option<PartyId>,
    pub data: PartyData,
}

impl Substitute {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let died_on = o.opt("died_on");
        let successors = o.objects("successors", 20, |s| {
            let id = s.opt("id");
            let data = PartyData::read(s);
            Some(Successor {
                id: id?,
                data: data?,
            })
        });
        let successor_ids = o.list("successor_ids", 20);
        let out = Self {
            died_on: died_on?,
            successors: successors?,
            successor_ids: successor_ids?,
        };
        if out.successors.is_empty() && out.successor_ids.is_empty() {
            o.fault("successors", "required");
            return None;
        }
        Some(out)
    }
}

/// Successors take the place of a party who died or ceased to exist. Each new one is asked for
/// consent again: a declaration is not inherited.
///
/// # Errors
/// `in_future`, `time_order` (death before birth); `contradiction` (the death of an organisation, a
/// person entered twice, a successor on another side); `unknown_reference`.
pub fn substitute(
    file: &CaseFile,
    party: PartyId,
    input: Substitute,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::AddParty));
    let party = live_party(file, party)?;
    let today = now.local_date();
    let mut g = Guards::new();
    if let Some(died) = input.died_on {
        g.require(died <= today, Reason::InFuture);
        g.require(
            party.birth_date.is_none_or(|b| b <= died),
            Reason::TimeOrder,
        );
        g.forbid(
            (!party.kind.is_person()).then_some("died_on"),
            Reason::Contradiction,
        );
    }
    for id in &input.successor_ids {
        match live_party(file, *id) {
            Ok(p) if p.id == party.id || p.side != party.side => {
                g.forbid([*id], Reason::Contradiction);
            }
            Ok(_) => {}
            Err(refusals) => g.extend(refusals),
        }
    }
    let mut fresh = Vec::new();
    for (n, s) in input.successors.into_iter().enumerate() {
        g.extend(s.data.birth_guard(&format!("successors/{n}/"), today));
        let id = s.id.unwrap_or_else(|| ids.id());
        let new = NewParty {
            id: None,
            role: party.role,
            side: party.side,
            data: s.data,
        };
        let mut heir = new.build(file.case.id, who.user, id, now);
        heir.detail.substitutes_for = Some(party.id);
        fresh.push(heir);
    }
    let mut after = without(file, party.id, now).parties;
    after.extend(fresh.iter().cloned());
    g.extend(twin_guard(&after));
    g.done()?;

    let heirs: Vec<PartyId> = input
        .successor_ids
        .iter()
        .copied()
        .chain(fresh.iter().map(|p| p.id))
        .collect();
    let mut d = Decision::on(file);
    d.case_mut();
    let mut gone = party.clone();
    gone.substituted_by = heirs.first().copied();
    gone.is_representative = false;
    gone.detail.died_on = input.died_on;
    for heir in fresh {
        join(&mut d, heir);
    }
    d.update(gone);
    for successor in heirs {
        d.event(Event::PartySubstituted {
            party: party.id,
            successor,
            died_on: input.died_on,
        });
    }
    release_helpers(&mut d, file, party.id, now);
    refresh(&mut d, &after, today);
    Ok(d)
}

#[cfg(test)]
#[path = "parties_tests.rs"]
mod tests;
