//! People who take part without being parties: legal representatives, agents, invited persons.

use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::machine::{self, Act};
use crate::domain::mediator::TeamRole;
use crate::domain::party::*;
use crate::domain::persons::{IdNumber, PersonName, Phone};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::consent::{live_party, principal, speaker_guard};
use super::incidents::is_dv;
use super::people::*;

/// Somebody to be added.
#[derive(Clone, Debug)]
pub struct NewParticipant {
    pub id: Option<ParticipantId>,
    pub kind: ParticipantKind,
    pub party_id: Option<PartyId>,
    pub name: PersonName,
    pub phone: Option<Secret>,
    pub id_no: Option<Secret>,
    pub organisation: Option<String>,
    pub relation: Option<String>,
    pub user_id: Option<UserId>,
    pub mandate: Option<Mandate>,
}

impl NewParticipant {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req("kind");
        let party_id = o.opt("party_id");
        let name = o.req("name");
        let phone = o.opt::<Phone>("phone");
        let id_no = o.opt::<IdNumber>("id_no");
        let organisation = o.opt::<Line<100>>("organisation");
        let relation = o.opt::<Line<50>>("relation");
        let user_id = o.opt("user_id");
        let mandate = o.object("mandate", read_mandate);
        let out = Self {
            id: id?,
            kind: kind?,
            party_id: party_id?,
            name: name?,
            phone: phone?.map(Phone::into_secret),
            id_no: id_no?.map(IdNumber::into_secret),
            organisation: organisation?.map(|l| l.0),
            relation: relation?.map(|l| l.0),
            user_id: user_id?,
            mandate: mandate?,
        };
        let faults = out.faults();
        for (field, code) in &faults {
            o.fault(field, code);
        }
        faults.is_empty().then_some(out)
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let agent = self.kind == ParticipantKind::Agent;
        let mut out = Vec::new();
        if speaks(self.kind) && self.party_id.is_none() {
            out.push(("party_id", "required"));
        }
        match (&self.mandate, agent) {
            (None, true) => out.push(("mandate", "required")),
            (Some(_), false) => out.push(("mandate", "not_applicable")),
            _ => {}
        }
        out
    }
}

fn read_mandate(o: &mut Obj<'_>) -> Option<Mandate> {
    let scopes = o.list::<MandateScope>("scopes", 8);
    let from = o.req("from");
    let until = o.opt("until");
    let document = o.opt("document_id");
    let signed = o.req("signed_by_principal");
    let authenticated = o.or("authenticated", false);
    let scopes = scopes?;
    if scopes.is_empty() {
        o.fault("scopes", "required");
        return None;
    }
    Some(Mandate {
        scopes,
        from: from?,
        until: until?,
        document_id: document?,
        signed_by_principal: signed?,
        authenticated: authenticated?,
    })
}

/// Adds a participant. An overseas mandate that is not authenticated is taken in and shown as a
/// warning ([`mandates_to_authenticate`], G-49).
///
/// # Errors
/// `mandate_invalid` (unsigned, or expired: what is wrong is named), `time_order`,
/// `agent_both_sides` (G-14); `opposing_representative` (G-13); `invitee_limited` where violence or
/// harm to a minor is at issue (G-11); `contradiction` for a guardian of one who can act, a
/// mediator of the case as agent, or an id used before; `already_done`; `unknown_reference`.
pub fn add_participant(
    file: &CaseFile,
    input: NewParticipant,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let today = now.local_date();
    let person = Participant {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        kind: input.kind,
        party_id: input.party_id,
        name_key: input.name.key(),
        name: input.name.into_string(),
        phone: input.phone,
        id_no: input.id_no,
        organisation: input.organisation,
        relation: input.relation,
        user_id: input.user_id,
        mandate: input.mandate,
        consents: Vec::new(),
        revoked_at: None,
        created_by: who.user,
        created_at: now,
    };
    let mut g = Guards::new();
    match person.party_id.map(|id| live_party(file, id)) {
        Some(Ok(party)) => g.extend(representation_guards(file, &person, party, today)),
        Some(Err(refusals)) => g.extend(refusals),
        None => {}
    }
    if let Some(mandate) = &person.mandate {
        g.extend(mandate_guards(file, mandate, today));
    }
    let known_id = file.participant(person.id).map(|p| p.id);
    g.forbid(known_id, Reason::Contradiction);
    let limited = is_dv(file) || file.case.detail.minor_harm;
    let lay = matches!(
        person.kind,
        ParticipantKind::Invited | ParticipantKind::Observer
    );
    g.require(!(limited && lay), Reason::InviteeLimited);
    let known = file.participants.iter().filter(|p| {
        p.revoked_at.is_none()
            && p.kind == person.kind
            && p.party_id == person.party_id
            && same_human((*p).into(), (&person).into())
    });
    g.forbid(known.map(|p| p.id), Reason::AlreadyDone);
    g.done()?;

    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::ParticipantAdded {
        participant: person.id,
        kind: person.kind,
        party: person.party_id,
    });
    d.insert(person);
    Ok(d)
}

fn representation_guards(
    file: &CaseFile,
    person: &Participant,
    party: &Party,
    today: LocalDate,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let opposed = opposes(file, person, party);
    match person.kind {
        ParticipantKind::Agent => {
            g.require(!opposed, Reason::AgentBothSides);
            // Who mediated the case may not act in it afterwards (特邀调解规定 第十六条).
            let mediated = file.assignments.iter().any(|a| {
                Some(a.user_id) == person.user_id
                    && matches!(a.role, TeamRole::Chair | TeamRole::Mediator)
            });
            g.forbid(mediated.then_some("user_id"), Reason::Contradiction);
        }
        ParticipantKind::LegalRepresentative => {
            let able = effective_capacity(party, today) == Capacity::Full;
            g.forbid(able.then_some("party_id"), Reason::Contradiction);
            g.forbid(opposed.then_some(party.id), Reason::OpposingRepresentative);
        }
        _ => {}
    }
    g.into_inner()
}

fn mandate_guards(file: &CaseFile, m: &Mandate, today: LocalDate) -> Vec<Refusal> {
    let mut g = Guards::new();
    let faults = [
        ("signed_by_principal", !m.signed_by_principal),
        ("until", m.until.is_some_and(|u| u < today)),
    ];
    g.forbid(
        faults.iter().filter(|(_, bad)| *bad).map(|(name, _)| *name),
        Reason::MandateInvalid,
    );
    g.require(m.until.is_none_or(|u| m.from <= u), Reason::TimeOrder);
    let unknown = m.document_id.filter(|id| file.attachment(*id).is_none());
    g.forbid(unknown, Reason::UnknownReference);
    g.into_inner()
}

/// A principal party's word on an invited person.
#[derive(Clone, Copy, Debug)]
pub struct InviteeConsent {
    pub party_id: PartyId,
    pub given: bool,
    pub at: Option<Instant>,
    pub by_participant: Option<ParticipantId>,
}

impl InviteeConsent {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let party = o.req("party_id");
        let given = o.req("given");
        let at = o.opt("at");
        let by = o.opt("by_participant");
        Some(Self {
            party_id: party?,
            given: given?,
            at: at?,
            by_participant: by?,
        })
    }
}

/// Records a party's consent to a participant, or its refusal; a later word replaces the earlier
/// (G-11).
///
/// # Errors
/// `unknown_reference`; `wrong_state` for a participant who needs no consent or has left, or a
/// party who is no principal; `in_future`; those of the speaker (an agent needs the scope
/// `attend`).
pub fn invitee_consent(
    file: &CaseFile,
    participant: ParticipantId,
    input: InviteeConsent,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let person = live_participant(file, participant)?;
    let party = principal(file, input.party_id)?;
    let at = input.at.unwrap_or(now);
    let mut g = Guards::new();
    g.extend(invitee_guards(file, person));
    g.require(at <= now, Reason::InFuture);
    g.extend(speaker_guard(
        file,
        party,
        input.by_participant,
        MandateScope::Attend,
        at.local_date(),
    ));
    g.done()?;
    let mut next = person.clone();
    next.consents.retain(|c| c.party_id != party.id);
    next.consents.push(GivenConsent {
        party_id: party.id,
        given: input.given,
        at,
    });
    let mut d = Decision::on(file);
    d.case_mut();
    d.update(next);
    d.event(Event::ParticipantConsented {
        participant: person.id,
        party: party.id,
        given: input.given,
    });
    Ok(d)
}

/// What bars an act on a participant: it has left.
pub fn live_guards(file: &CaseFile, id: ParticipantId) -> Vec<Refusal> {
    live_participant(file, id).err().unwrap_or_default()
}

/// What bars the parties' word on an invited participant: it has left, or needs none.
pub fn invitee_guards(file: &CaseFile, person: &Participant) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(live_guards(file, person.id));
    let free = !needs_consent(person.kind);
    g.forbid(free.then_some(person.id), Reason::WrongState);
    g.into_inner()
}

fn live_participant(file: &CaseFile, id: ParticipantId) -> Result<&Participant, Vec<Refusal>> {
    let about = |reason| vec![Refusal::about(reason, [id])];
    let person = file
        .participant(id)
        .ok_or_else(|| about(Reason::UnknownReference))?;
    if person.revoked_at.is_some() {
        return Err(about(Reason::WrongState));
    }
    Ok(person)
}

/// A participant takes no further part: a mandate is revoked, an invitation withdrawn.
///
/// # Errors
/// `unknown_reference`; `wrong_state` for one who has left.
pub fn revoke(
    file: &CaseFile,
    participant: ParticipantId,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let person = live_participant(file, participant)?;
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::ParticipantRevoked {
        participant: person.id,
    });
    d.update(Participant {
        revoked_at: Some(now),
        ..person.clone()
    });
    Ok(d)
}

#[cfg(test)]
#[path = "participants_tests.rs"]
mod tests;
