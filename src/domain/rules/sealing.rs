//! The committee's seal, and with it the effect of an agreement (人民调解法 第二十九条第二款; G-06,
//! G-21, M-73).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::machine::Act;
use crate::domain::mediator::{Assignment, AssignmentEnd, TeamRole};
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::org::Committee;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::agreements::stop_waiting_for_signatures;
use super::notify::tell_everybody;
use super::signing::{method_guards, read_sha256, sign_guards, signatures_of, time_guards};
use super::standing::{Work, agreement_of, signing_parties, take_effect};

/// Whose signature is still missing: party ids, and `mediator` for the chair's (M-72).
pub fn missing_signatures(file: &CaseFile, a: &Agreement) -> Vec<String> {
    let by_party = |id: PartyId| {
        signatures_of(file, a.id).any(|s| {
            s.party_id == Some(id)
                && matches!(
                    s.signed_as,
                    SignedAs::Party | SignedAs::LegalRepresentative | SignedAs::Agent
                )
        })
    };
    let mut missing: Vec<String> = signing_parties(file, a)
        .iter()
        .filter(|p| !by_party(p.id))
        .map(|p| p.id.to_string())
        .collect();
    let by_chair = signatures_of(file, a.id).any(|s| {
        s.signed_as == SignedAs::Mediator
            && file
                .assignments
                .iter()
                .any(|x| Some(x.user_id) == s.user_id && was_chair(x, s.signed_at))
    });
    if !by_chair {
        missing.push("mediator".to_owned());
    }
    missing
}

/// Chair at that time and not challenged out of the case since.
fn was_chair(a: &Assignment, at: Instant) -> bool {
    a.role == TeamRole::Chair
        && a.to_at.is_none_or(|end| at <= end)
        && a.end_reason != Some(AssignmentEnd::Recused)
}

/// The committee's seal, last of all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    pub id: Option<SignatureId>,
    /// When given it must be the committee's.
    pub seal_no: Option<String>,
    pub method: SignMethod,
    pub sealed_at: Instant,
    pub image_sha256: Option<String>,
}

impl Seal {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let seal_no = o.opt::<Line<64>>("seal_no");
        let method = o.or("method", SignMethod::Seal);
        let sealed_at = o.req("sealed_at");
        let image = read_sha256(o, "image_sha256");
        if method.is_some_and(|m| !matches!(m, SignMethod::Seal | SignMethod::ESign)) {
            o.fault("method", "not_allowed");
        }
        Some(Self {
            id: id?,
            seal_no: seal_no?.map(|s| s.0),
            method: method?,
            sealed_at: sealed_at?,
            image_sha256: image?,
        })
    }
}

/// What sealing needs from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct SealFacts<'a> {
    /// The committee of the case.
    pub committee: Option<&'a Committee>,
    pub calendar: &'a Calendar,
}

/// What bars the seal, whoever sets it.
pub fn seal_guards(file: &CaseFile, agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(sign_guards(file, agreement));
    g.forbid(
        missing_signatures(file, agreement),
        Reason::SealBeforeSignatures,
    );
    g.into_inner()
}

/// Affixes the seal. The agreement takes effect on the latest of all party signatures, the
/// mediator's and the seal (M-73): the date is computed, never typed.
///
/// # Errors
/// G-06 (`committee_invalid`), G-21 (`seal_before_signatures` with who is missing), G-22, times,
/// state.
pub fn seal(
    file: &CaseFile,
    agreement: AgreementId,
    input: Seal,
    facts: SealFacts<'_>,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let SealFacts {
        committee,
        calendar,
    } = facts;
    let mut a = agreement_of(file, agreement)?.clone();
    let mut g = Guards::new();
    g.extend(seal_guards(file, &a));
    g.extend(time_guards(file, &a, input.sealed_at, now));
    g.extend(method_guards(file, &a, input.method));
    let last = binding_signatures(file, &a).max();
    g.require(last.is_none_or(|t| t <= input.sealed_at), Reason::TimeOrder);
    g.forbid(
        committee_faults(file, &input, committee),
        Reason::CommitteeInvalid,
    );
    g.done()?;

    let effective_at = last.map_or(input.sealed_at, |t| t.max(input.sealed_at));
    a.sealed_at = Some(input.sealed_at);
    a.effective_at = Some(effective_at);
    let mut work = Work::on(file, now);
    work.d.event(Event::AgreementSigned {
        agreement: a.id,
        signed_as: SignedAs::CommitteeSeal,
        party: None,
        method: input.method,
    });
    work.d.event(Event::AgreementEffective {
        agreement: a.id,
        effective_on: effective_at.local_date(),
    });
    work.add_signature(Signature {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        thing: SignedThing::Agreement,
        thing_id: a.id.uuid,
        signed_as: SignedAs::CommitteeSeal,
        party_id: None,
        participant_id: None,
        user_id: Some(who.user),
        method: input.method,
        signed_at: input.sealed_at,
        image_sha256: input.image_sha256,
        note: committee.map(|c| c.seal_no.clone()),
        recorded_by: who.user,
        recorded_at: now,
    });
    let notice = Notice::agreement(NoticeKind::AgreementEffective, a.id);
    tell_everybody(&mut work.d, file, &notice);
    take_effect(&mut work, a, Act::SignAgreement, calendar, now)?;
    stop_waiting_for_signatures(&mut work, calendar, now);
    Ok(work.d)
}

/// The instants of the party and mediator signatures.
fn binding_signatures(file: &CaseFile, a: &Agreement) -> impl Iterator<Item = Instant> {
    signatures_of(file, a.id)
        .filter(|s| !matches!(s.signed_as, SignedAs::Recorder | SignedAs::StaffWitness))
        .map(|s| s.signed_at)
}

fn committee_faults(
    file: &CaseFile,
    input: &Seal,
    committee: Option<&Committee>,
) -> Vec<&'static str> {
    let Some(c) = committee.filter(|c| Some(c.id) == file.case.committee_id) else {
        return vec!["committee"];
    };
    let on = input.sealed_at.local_date();
    let mut faults = Vec::new();
    if !c.active || on < c.term_from || on > c.term_to {
        faults.push("term");
    }
    if input.seal_no.as_ref().is_some_and(|n| *n != c.seal_no) {
        faults.push("seal_no");
    }
    faults
}

#[cfg(test)]
#[path = "sealing_tests.rs"]
mod tests;
