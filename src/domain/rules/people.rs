//! Who takes part and who may speak for whom: the predicates every area asks (guards G-01, G-02,
//! G-11, G-13, G-14).

use crate::domain::casefile::CaseFile;
use crate::domain::ids::{ParticipantId, PartyId};
use crate::domain::party::*;
use crate::domain::persons::{age_on, capacity_by_age};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::LocalDate;

use super::group::representatives_of_side;

/// From this age a child's own view is heard (民法典 第十九条, 未成年人保护法 第十九条).
pub const VIEW_FROM_AGE: i32 = 8;

/// Principal parties who have not consented; empty when consent is complete. Silence is not
/// consent (G-01, 人民调解法 第十七条).
pub fn consent_complete(file: &CaseFile) -> Vec<PartyId> {
    file.principals()
        .filter(|p| p.consent != Consent::Given)
        .map(|p| p.id)
        .collect()
}

/// Principal parties who refused or demanded termination and have not come back; empty when
/// mediation may go on (G-02). A represented member's demand concerns that member alone.
pub fn stop_demanded(file: &CaseFile) -> Vec<PartyId> {
    let demanded = |p: &Party| {
        matches!(p.consent, Consent::Refused | Consent::Withdrawn)
            || file
                .case
                .detail
                .stop_demands
                .iter()
                .any(|d| d.party_id == p.id)
    };
    file.principals()
        .filter(|p| demanded(p))
        .map(|p| p.id)
        .collect()
}

/// `consent_missing` and `stop_demanded` as refusals: what must hold before mediation goes on.
pub fn consent_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(consent_complete(file), Reason::ConsentMissing);
    g.forbid(stop_demanded(file), Reason::StopDemanded);
    g.into_inner()
}

/// The capacity on a date. A child grows up: where the recorded capacity is no more than what the
/// age at registration gave, the age on the date decides. A restriction of an adult's, or one
/// beyond the age, stays.
pub fn effective_capacity(party: &Party, on: LocalDate) -> Capacity {
    let Some(birth) = party.birth_date.filter(|_| party.kind.is_person()) else {
        return party.capacity;
    };
    let by_age = |date| capacity_by_age(birth, date, party.detail.own_labour);
    if by_age(party.created_at.local_date()) == party.capacity {
        by_age(on)
    } else {
        party.capacity.max(by_age(on))
    }
}

/// A minor of eight or more on the date, whose view must be recorded before anything is agreed.
pub fn is_hearable_child(party: &Party, on: LocalDate) -> bool {
    let age = party.birth_date.and_then(|b| age_on(b, on));
    party.kind.is_person() && age.is_some_and(|a| (VIEW_FROM_AGE..18).contains(&a))
}

/// Whether two records name one human being: the ID numbers decide where both are known, else the
/// names, unless two known phones differ.
pub fn same_human(a: HumanTraits<'_>, b: HumanTraits<'_>) -> bool {
    if let (Some(x), Some(y)) = (a.user, b.user) {
        return x == y;
    }
    if let (Some(x), Some(y)) = (a.id_no, b.id_no) {
        return x == y;
    }
    let phones_differ = matches!((a.phone, b.phone), (Some(x), Some(y)) if x != y);
    a.name_key == b.name_key && !phones_differ
}

/// What identifies a person within one case.
#[derive(Clone, Copy)]
pub struct HumanTraits<'a> {
    name_key: &'a str,
    id_no: Option<&'a str>,
    phone: Option<&'a str>,
    user: Option<crate::domain::ids::UserId>,
}

impl<'a> From<&'a Party> for HumanTraits<'a> {
    fn from(p: &'a Party) -> Self {
        Self {
            name_key: &p.name_key,
            id_no: p.id_no.as_ref().map(|s| s.reveal()),
            phone: p.phone.as_ref().map(|s| s.reveal()),
            user: None,
        }
    }
}

impl<'a> From<&'a Participant> for HumanTraits<'a> {
    fn from(p: &'a Participant) -> Self {
        Self {
            name_key: &p.name_key,
            id_no: p.id_no.as_ref().map(|s| s.reveal()),
            phone: p.phone.as_ref().map(|s| s.reveal()),
            user: p.user_id,
        }
    }
}

/// Participants of a kind who act for a party now.
pub fn acting_for(
    file: &CaseFile,
    party: PartyId,
    kind: ParticipantKind,
) -> impl Iterator<Item = &Participant> {
    file.participants
        .iter()
        .filter(move |p| p.kind == kind && p.party_id == Some(party) && p.revoked_at.is_none())
}

/// Whether this person may not act for the party because they stand, or act, on another side.
/// Third parties (side 0) oppose nobody by themselves.
pub fn opposes(file: &CaseFile, person: &Participant, party: &Party) -> bool {
    let other_side = |p: &Party| p.side > 0 && party.side > 0 && p.side != party.side;
    let is_party = file
        .live_parties()
        .any(|p| other_side(p) && p.kind.is_person() && same_human(p.into(), person.into()));
    let acts_for_other = file.participants.iter().any(|q| {
        q.id != person.id
            && q.revoked_at.is_none()
            && speaks(q.kind)
            && same_human(q.into(), person.into())
            && q.party_id
                .and_then(|id| file.party(id))
                .is_some_and(other_side)
    });
    is_party || acts_for_other
}

/// Kinds who speak for a party.
pub fn speaks(kind: ParticipantKind) -> bool {
    matches!(
        kind,
        ParticipantKind::LegalRepresentative | ParticipantKind::Agent
    )
}

/// Legal representatives fit to act: none whose interest opposes the represented (G-13).
pub fn legal_representatives(file: &CaseFile, party: &Party) -> Vec<ParticipantId> {
    acting_for(file, party.id, ParticipantKind::LegalRepresentative)
        .filter(|p| !opposes(file, p, party))
        .map(|p| p.id)
        .collect()
}

/// Whether the party can act: of full capacity, or with a fit legal representative (G-13).
pub fn capacity_ok(file: &CaseFile, party: &Party, on: LocalDate) -> bool {
    effective_capacity(party, on) == Capacity::Full
        || !legal_representatives(file, party).is_empty()
}

/// G-13 over several parties: `legal_rep_missing` (party ids) and `opposing_representative`
/// (participant ids).
pub fn capacity_guards<'a>(
    file: &CaseFile,
    parties: impl IntoIterator<Item = &'a Party>,
    on: LocalDate,
) -> Vec<Refusal> {
    let mut missing = Vec::new();
    let mut opposing = Vec::new();
    for party in parties {
        if capacity_ok(file, party, on) {
            continue;
        }
        let before = opposing.len();
        opposing.extend(
            acting_for(file, party.id, ParticipantKind::LegalRepresentative)
                .filter(|p| opposes(file, p, party))
                .map(|p| p.id),
        );
        if opposing.len() == before {
            missing.push(party.id);
        }
    }
    let mut g = Guards::new();
    g.forbid(missing, Reason::LegalRepMissing);
    g.forbid(opposing, Reason::OpposingRepresentative);
    g.into_inner()
}

/// Live parties of eight to seventeen whose own view is not recorded (G-13).
pub fn child_views_missing(file: &CaseFile, on: LocalDate) -> Vec<PartyId> {
    file.live_parties()
        .filter(|p| is_hearable_child(p, on) && p.detail.child_view.is_none())
        .map(|p| p.id)
        .collect()
}

/// Whether a mandate covers an act on a date: in writing, signed, in force, with the scope
/// (G-14, 民法典 第一百六十五条).
pub fn mandate_covers(mandate: &Mandate, scope: MandateScope, on: LocalDate) -> bool {
    mandate.signed_by_principal
        && mandate.scopes.contains(&scope)
        && mandate.from <= on
        && mandate.until.is_none_or(|end| on <= end)
}

/// Agents of the party with the scope on the date (G-14).
pub fn agents_with_scope(
    file: &CaseFile,
    party: PartyId,
    scope: MandateScope,
    on: LocalDate,
) -> impl Iterator<Item = &Participant> {
    acting_for(file, party, ParticipantKind::Agent).filter(move |p| {
        p.mandate
            .as_ref()
            .is_some_and(|m| mandate_covers(m, scope, on))
    })
}

/// The first agent of the party with the scope on the date (G-14).
pub fn agent_with_scope(
    file: &CaseFile,
    party: PartyId,
    scope: MandateScope,
    on: LocalDate,
) -> Option<&Participant> {
    agents_with_scope(file, party, scope, on).next()
}

/// Who may sign for a party; any one of those named is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signers {
    /// The party's own hand (a child's or ward's own is never enough).
    pub own: bool,
    /// Legal representatives of a party without full capacity.
    pub legal_representatives: Vec<ParticipantId>,
    /// Agents whose mandate covers the act on the date.
    pub agents: Vec<ParticipantId>,
    /// Elected representatives, for a represented member; to settle, only with that member's
    /// authority (G-15).
    pub representatives: Vec<PartyId>,
}

impl Signers {
    /// Nobody can sign for this party at present.
    pub fn is_empty(&self) -> bool {
        !self.own
            && self.legal_representatives.is_empty()
            && self.agents.is_empty()
            && self.representatives.is_empty()
    }

    /// Whether this participant may sign for the party.
    pub fn allows(&self, participant: ParticipantId) -> bool {
        self.legal_representatives.contains(&participant) || self.agents.contains(&participant)
    }
}

/// Who may sign for `party` on a date: [`MandateScope::Settle`] for agreements,
/// [`MandateScope::Attend`] for records (G-13, G-14, G-15).
pub fn who_signs_for(
    file: &CaseFile,
    party: &Party,
    scope: MandateScope,
    on: LocalDate,
) -> Signers {
    let full = effective_capacity(party, on) == Capacity::Full;
    let by_representative = party.role == PartyRole::Represented
        && (scope != MandateScope::Settle || party.settle_auth == SettleAuth::Yes);
    Signers {
        own: full,
        legal_representatives: if full {
            Vec::new()
        } else {
            legal_representatives(file, party)
        },
        agents: agents_with_scope(file, party.id, scope, on)
            .filter(|p| !opposes(file, p, party))
            .map(|p| p.id)
            .collect(),
        representatives: if by_representative {
            representatives_of_side(file, party.side)
        } else {
            Vec::new()
        },
    }
}

/// Kinds of participant who take part only with every principal party's consent (G-11,
/// 人民调解法 第二十条). Department representatives and interpreters come by office.
pub fn needs_consent(kind: ParticipantKind) -> bool {
    matches!(
        kind,
        ParticipantKind::Invited | ParticipantKind::Expert | ParticipantKind::Observer
    )
}

/// Principal parties who have not agreed to this participant; empty where no consent is needed.
pub fn consents_missing_for(file: &CaseFile, participant: &Participant) -> Vec<PartyId> {
    if !needs_consent(participant.kind) {
        return Vec::new();
    }
    let agreed = |party: &Party| {
        participant
            .consents
            .iter()
            .any(|c| c.party_id == party.id && c.given)
    };
    file.principals()
        .filter(|p| !agreed(p))
        .map(|p| p.id)
        .collect()
}

/// Invited persons, experts and observers who lack a principal party's consent (G-11).
pub fn invitees_without_consent(file: &CaseFile) -> Vec<ParticipantId> {
    file.participants
        .iter()
        .filter(|p| p.revoked_at.is_none() && !consents_missing_for(file, p).is_empty())
        .map(|p| p.id)
        .collect()
}

/// Agents of overseas parties whose mandate is not authenticated: shown as a warning (G-49).
pub fn mandates_to_authenticate(file: &CaseFile) -> Vec<ParticipantId> {
    let overseas = |p: &Participant| {
        p.party_id
            .and_then(|id| file.party(id))
            .is_some_and(|party| party.detail.overseas)
    };
    file.participants
        .iter()
        .filter(|p| p.kind == ParticipantKind::Agent && p.revoked_at.is_none() && overseas(p))
        .filter(|p| p.mandate.as_ref().is_some_and(|m| !m.authenticated))
        .map(|p| p.id)
        .collect()
}

#[cfg(test)]
#[path = "people_tests.rs"]
mod tests;
