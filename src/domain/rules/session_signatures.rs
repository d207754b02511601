//! Signatures under the record of a session, and the refusal to sign (G-13, G-14, G-16).

use super::Who;
use super::conflicts::was_recused;
use super::people::{effective_capacity, who_signs_for};
use super::session_guards::consented_to;
use super::session_people::*;
use super::sessions::in_state;
use crate::domain::agreement::{SignMethod, Signature, SignedAs, SignedThing};
use crate::domain::case::CaseType;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, Text};
use crate::domain::mediator::TeamRole;
use crate::domain::party::{Capacity, MandateScope, ParticipantKind, Party};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::*;
use crate::domain::time::Instant;

/// `POST …/{session_id}/sign`.
#[derive(Clone, Debug)]
pub struct SignRecord {
    pub id: Option<SignatureId>,
    pub signed_as: SignedAs,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    /// Mediator or recorder; defaults to who acts.
    pub user_id: Option<UserId>,
    pub method: SignMethod,
    pub at: Option<Instant>,
    pub image_sha256: Option<String>,
    pub note: Option<String>,
}

impl SignRecord {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let signed_as = o.req("signed_as");
        let party_id = o.opt("party_id");
        let participant_id = o.opt("participant_id");
        let user_id = o.opt("user_id");
        let method = o.or("method", SignMethod::Sign);
        let at = o.opt("signed_at");
        let image_sha256 = o.opt::<Line<64>>("image_sha256");
        let note = o.opt::<Text<500>>("note");
        let signed_as = signed_as?;
        let (party_id, participant_id, user_id) = (party_id?, participant_id?, user_id?);
        let method = method?;
        let image_sha256 = image_sha256?.map(|l| l.0);
        let mut faults: Vec<(&str, &'static str)> = Vec::new();
        let mut belongs = |name, is_set: bool, wanted: bool| match (is_set, wanted) {
            (true, false) => faults.push((name, "not_allowed")),
            (false, true) => faults.push((name, "required")),
            _ => {}
        };
        match signed_as {
            SignedAs::Party => {
                belongs("party_id", party_id.is_some(), true);
                belongs("participant_id", participant_id.is_some(), false);
                belongs("user_id", user_id.is_some(), false);
            }
            SignedAs::LegalRepresentative | SignedAs::Agent => {
                belongs("participant_id", participant_id.is_some(), true);
                belongs("user_id", user_id.is_some(), false);
            }
            SignedAs::Mediator | SignedAs::Recorder => {
                belongs("party_id", party_id.is_some(), false);
                belongs("participant_id", participant_id.is_some(), false);
            }
            SignedAs::CommitteeSeal | SignedAs::StaffWitness => {
                faults.push(("signed_as", "not_for_records"));
            }
        }
        if method == SignMethod::Refused {
            faults.push(("method", "not_allowed"));
        }
        let is_hash =
            |s: &String| s.len() == 64 && s.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if image_sha256.as_ref().is_some_and(|s| !is_hash(s)) {
            faults.push(("image_sha256", "invalid_sha256"));
        }
        let sound = faults.is_empty();
        for (name, code) in faults {
            o.fault(name, code);
        }
        if !sound {
            return None;
        }
        Some(Self {
            id: id?,
            signed_as,
            party_id,
            participant_id,
            user_id,
            method,
            at: at?,
            image_sha256,
            note: note?.map(|t| t.0),
        })
    }
}

/// Puts one signature under the record. Once everybody whose hand is needed has signed, the record
/// counts as signed.
///
/// # Errors
/// `record_missing` without a record, `not_attending` for who was not there, `mandate_invalid` and
/// `legal_rep_missing` for who may not sign for the party, `already_done`, `in_future`,
/// `time_order`, `e_sign_not_allowed`, `e_sign_not_chosen`.
pub fn sign_record(
    file: &CaseFile,
    session: &Session,
    input: SignRecord,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(unsigned_guards(session));
    let at = input.at.unwrap_or(now);
    g.require(at <= now, Reason::InFuture);
    g.require(
        session.opened_at.is_none_or(|opened| at >= opened),
        Reason::TimeOrder,
    );
    let mut signature = Signature {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        thing: SignedThing::SessionRecord,
        thing_id: session.id.uuid,
        signed_as: input.signed_as,
        party_id: input.party_id,
        participant_id: input.participant_id,
        user_id: None,
        method: input.method,
        signed_at: at,
        image_sha256: input.image_sha256,
        note: input.note,
        recorded_by: who.user,
        recorded_at: now,
    };
    match input.signed_as {
        SignedAs::Mediator | SignedAs::Recorder => {
            let user = input.user_id.unwrap_or(who.user);
            signature.user_id = Some(user);
            check_staff(&mut g, file, session, input.signed_as, user);
        }
        _ => check_party_hand(&mut g, file, session, &mut signature),
    }
    let stands = signatures(file, session).any(|s| {
        s.method != SignMethod::Refused
            && (s.signed_as, s.party_id, s.participant_id, s.user_id)
                == (
                    signature.signed_as,
                    signature.party_id,
                    signature.participant_id,
                    signature.user_id,
                )
    });
    g.require(!stands, Reason::AlreadyDone);
    if input.method == SignMethod::ESign {
        check_e_sign(&mut g, file, session);
    }
    g.done()?;
    Ok(put_under(file, session, vec![signature]))
}

/// Only a record that is drawn up and not closed is signed.
pub fn unsigned_guards(session: &Session) -> Vec<Refusal> {
    use SessionState::{CaucusOpen, Open, RecordDraft, RecordSigned};
    let mut g = Guards::new();
    match session.state {
        RecordDraft | RecordSigned => {}
        Open | CaucusOpen => g.add(Refusal::new(Reason::RecordMissing)),
        _ => in_state(&mut g, session, &[RecordDraft, RecordSigned]),
    }
    g.into_inner()
}

fn check_staff(
    g: &mut Guards,
    file: &CaseFile,
    session: &Session,
    signed_as: SignedAs,
    user: UserId,
) {
    if !present_staff(session).any(|u| u == user) {
        g.add(Refusal::about(Reason::NotAttending, [user]));
    }
    let mediates = file
        .assignments
        .iter()
        .any(|a| a.user_id == user && matches!(a.role, TeamRole::Chair | TeamRole::Mediator));
    if signed_as == SignedAs::Mediator && (!mediates || was_recused(file, user)) {
        g.add(Refusal::about(Reason::MediatorNotEligible, [user]));
    }
}

/// A party's own hand, or that of somebody who may sign records for it (G-13, G-14).
fn check_party_hand(g: &mut Guards, file: &CaseFile, session: &Session, signature: &mut Signature) {
    let speaker = signature.participant_id.and_then(|id| file.participant(id));
    if let Some(id) = signature.participant_id {
        let of_party = speaker.and_then(|p| p.party_id);
        let named = signature.party_id.is_none_or(|p| Some(p) == of_party);
        if of_party.is_none() || !named {
            g.add(Refusal::about(Reason::UnknownReference, [id]));
            return;
        }
        signature.party_id = of_party;
        if !is_present(session, id.uuid) {
            g.add(Refusal::about(Reason::NotAttending, [id]));
        }
    }
    let Some(party) = signature.party_id.and_then(|id| file.party(id)) else {
        g.forbid(signature.party_id, Reason::UnknownReference);
        return;
    };
    let on = signature.signed_at.local_date();
    let may = who_signs_for(file, party, MandateScope::Attend, on);
    match speaker {
        None if !is_present(session, party.id.uuid) => {
            g.add(Refusal::about(Reason::NotAttending, [party.id]));
        }
        None => {}
        Some(p) if p.kind == ParticipantKind::Agent => {
            let fits = signature.signed_as == SignedAs::Agent && may.agents.contains(&p.id);
            g.forbid((!fits).then_some(p.id), Reason::MandateInvalid);
        }
        Some(p) => {
            let fits = signature.signed_as == SignedAs::LegalRepresentative
                && may.legal_representatives.contains(&p.id);
            g.forbid((!fits).then_some(p.id), Reason::LegalRepMissing);
        }
    }
}

/// G-22: no electronic signature on personal status, and only where everybody chose to meet online.
fn check_e_sign(g: &mut Guards, file: &CaseFile, session: &Session) {
    g.require(
        file.case.kind != CaseType::MarriageFamily,
        Reason::ESignNotAllowed,
    );
    let attending = attending_parties(file, session);
    let chosen =
        session.kind == SessionKind::Online && attending.iter().all(|p| consented_to(session, p));
    g.require(chosen, Reason::ESignNotChosen);
}

/// `POST …/{session_id}/refuse-signature`.
#[derive(Clone, Debug)]
pub struct RefuseSignature {
    pub party_id: PartyId,
    pub witnesses: Vec<UserId>,
    pub note: Option<String>,
}

impl RefuseSignature {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let party_id = o.req("party_id");
        let witnesses = o.list("witnesses", 2);
        let note = o.opt::<Text<500>>("note");
        let witnesses: Vec<UserId> = witnesses?;
        if witnesses.len() != 2 {
            o.fault("witnesses", "two_required");
            return None;
        }
        Some(Self {
            party_id: party_id?,
            witnesses,
            note: note?.map(|t| t.0),
        })
    }
}

/// A party will not sign: two members of staff who were there put that on record (11.3.2).
///
/// # Errors
/// `record_missing` without a record, `not_attending` for who was not there, `already_done` when
/// the party has signed or refused.
pub fn refuse_signature(
    file: &CaseFile,
    session: &Session,
    input: RefuseSignature,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(unsigned_guards(session));
    let attends = attending_parties(file, session)
        .iter()
        .any(|p| p.id == input.party_id);
    g.forbid((!attends).then_some(input.party_id), Reason::NotAttending);
    let absent = input
        .witnesses
        .iter()
        .filter(|w| !present_staff(session).any(|u| u == **w));
    g.forbid(absent, Reason::NotAttending);
    let answered = signatures(file, session).any(|s| s.party_id == Some(input.party_id));
    g.require(!answered, Reason::AlreadyDone);
    g.done()?;
    let mut row = |signed_as, party_id, user_id, method, note| Signature {
        id: ids.id(),
        case_id: file.case.id,
        thing: SignedThing::SessionRecord,
        thing_id: session.id.uuid,
        signed_as,
        party_id,
        participant_id: None,
        user_id,
        method,
        signed_at: now,
        image_sha256: None,
        note,
        recorded_by: who.user,
        recorded_at: now,
    };
    let mut rows = vec![row(
        SignedAs::Party,
        Some(input.party_id),
        None,
        SignMethod::Refused,
        input.note,
    )];
    for witness in &input.witnesses {
        rows.push(row(
            SignedAs::StaffWitness,
            None,
            Some(*witness),
            SignMethod::Sign,
            None,
        ));
    }
    Ok(put_under(file, session, rows))
}

/// Adds signatures and moves the record on when none is wanting.
fn put_under(file: &CaseFile, session: &Session, rows: Vec<Signature>) -> Decision {
    let mut d = Decision::on(file);
    d.case_mut();
    let mut all: Vec<&Signature> = signatures(file, session).collect();
    all.extend(&rows);
    if session.state == SessionState::RecordDraft && wanting(file, session, &all).is_empty() {
        let mut signed = session.clone();
        signed.state = SessionState::RecordSigned;
        d.update(signed);
    }
    for row in rows {
        d.event(Event::RecordSigned {
            session: session.id,
            signed_as: row.signed_as,
            method: row.method,
        });
        d.insert(row);
    }
    d
}

/// The signatures under a record.
pub fn signatures<'a>(
    file: &'a CaseFile,
    session: &Session,
) -> impl Iterator<Item = &'a Signature> {
    let id = session.id.uuid;
    file.signatures
        .iter()
        .filter(move |s| s.thing == SignedThing::SessionRecord && s.thing_id == id)
}

/// Whose hand is wanting: every party that took part, every mediator and recorder of the team who
/// was there, and at least one `mediator`.
pub fn wanting(file: &CaseFile, session: &Session, given: &[&Signature]) -> Vec<String> {
    let signed_by = |party: &Party| {
        given
            .iter()
            .filter(|s| s.party_id == Some(party.id))
            .any(|s| {
                let ward = effective_capacity(party, s.signed_at.local_date()) != Capacity::Full;
                s.method == SignMethod::Refused
                    || !ward
                    || s.signed_as == SignedAs::LegalRepresentative
            })
    };
    let mut out: Vec<String> = attending_parties(file, session)
        .iter()
        .filter(|p| !signed_by(p))
        .map(|p| p.id.to_string())
        .collect();
    let staff_signed = |user, signed_as| {
        given
            .iter()
            .any(|s| s.user_id == Some(user) && s.signed_as == signed_as)
    };
    for seat in file.team().filter(|a| is_present(session, a.user_id.uuid)) {
        let wanted = match seat.role {
            TeamRole::Chair | TeamRole::Mediator => SignedAs::Mediator,
            TeamRole::Recorder => SignedAs::Recorder,
            TeamRole::Assistant => continue,
        };
        if !staff_signed(seat.user_id, wanted) {
            out.push(seat.user_id.to_string());
        }
    }
    if !given.iter().any(|s| s.signed_as == SignedAs::Mediator) {
        out.push("mediator".to_owned());
    }
    out
}
