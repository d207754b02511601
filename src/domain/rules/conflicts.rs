//! Who may sit on a mediating team (G-07): office, age, earlier recusal, and ties to the people of
//! the case.
//!
//! A tie is told by its kind and the id of the person it leads to; the marks it was found by
//! (names, numbers, addresses) never leave this module.

use serde::Serialize;
use unicode_normalization::UnicodeNormalization;

use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::mediator::{AssignmentEnd, ConflictKind, Disclosure, TeamRole};
use crate::domain::org::{Committee, Member, Relative, RelativeKind, User, UserState};
use crate::domain::party::{Participant, ParticipantKind, Party};
use crate::domain::persons::{IdNumber, Phone, is_minor, name_key};
use crate::domain::secret::Secret;
use crate::domain::time::LocalDate;

/// A member of staff with all that bears on their fitness for one case.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub user: User,
    /// Committees the user belongs or belonged to, with the membership.
    pub memberships: Vec<(Committee, Member)>,
    pub relatives: Vec<Relative>,
    /// Parties of this case for whom the user was an agent in another case.
    pub agent_of: Vec<PartyId>,
}

/// A conflict of interest that was found: its kind and whom it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Tie {
    pub kind: ConflictKind,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
}

impl Tie {
    fn party(kind: ConflictKind, party: PartyId) -> Self {
        Self {
            kind,
            party_id: Some(party),
            participant_id: None,
        }
    }

    fn participant(kind: ConflictKind, participant: &Participant) -> Self {
        Self {
            kind,
            party_id: participant.party_id,
            participant_id: Some(participant.id),
        }
    }

    /// The tie a disclosure is about.
    pub fn of(disclosure: &Disclosure) -> Self {
        Self {
            kind: disclosure.kind,
            party_id: disclosure.party_id,
            participant_id: disclosure.participant_id,
        }
    }

    /// `relative:<id>`: the item of a refusal.
    pub fn item(&self) -> String {
        let participant = self.participant_id.map(|id| id.uuid);
        match participant.or(self.party_id.map(|id| id.uuid)) {
            Some(id) => format!("{}:{id}", self.kind),
            None => self.kind.to_string(),
        }
    }

    /// Nobody mediates a dispute of their own or speaks for a side: no waiver helps.
    pub fn is_bar(&self) -> bool {
        self.kind == ConflictKind::SamePerson
    }
}

/// What two records of a person are compared by, each in one spelling.
#[derive(Clone, Debug)]
struct Marks {
    name: String,
    id_no: Option<Secret>,
    phone: Option<Secret>,
    home: Option<Secret>,
}

impl Marks {
    fn new(
        name: &str,
        id_no: Option<&Secret>,
        phone: Option<&Secret>,
        address: Option<&Secret>,
    ) -> Self {
        let id_no = id_no.map(|s| {
            IdNumber::parse(s.reveal())
                .map_or_else(|| Secret::new(name_key(s.reveal())), IdNumber::into_secret)
        });
        let phone = phone.map(|s| {
            Phone::parse(s.reveal())
                .map_or_else(|| Secret::new(name_key(s.reveal())), Phone::into_secret)
        });
        Self {
            name: name_key(name),
            id_no,
            phone,
            home: address.and_then(home_key),
        }
    }

    fn of_user(user: &User) -> Self {
        Self::new(
            &user.name,
            user.id_no.as_ref(),
            user.phone.as_ref(),
            user.address.as_ref(),
        )
    }

    fn of_party(party: &Party) -> Self {
        Self::new(
            &party.name,
            party.id_no.as_ref(),
            party.phone.as_ref(),
            party.address.as_ref(),
        )
    }

    fn of_participant(p: &Participant) -> Self {
        Self::new(&p.name, p.id_no.as_ref(), p.phone.as_ref(), None)
    }

    fn of_relative(r: &Relative) -> Self {
        Self::new(&r.name, r.id_no.as_ref(), r.phone.as_ref(), None)
    }

    /// Both have an identity number: `Some(equal)`.
    fn same_id(&self, other: &Self) -> Option<bool> {
        Some(self.id_no.as_ref()? == other.id_no.as_ref()?)
    }

    fn same_name(&self, other: &Self) -> bool {
        !self.name.is_empty() && self.name == other.name
    }

    fn same_phone(&self, other: &Self) -> bool {
        self.phone.is_some() && self.phone == other.phone
    }

    fn same_home(&self, other: &Self) -> bool {
        self.home.is_some() && self.home == other.home
    }

    /// The identity number decides; without one, name and phone together.
    fn is_same_person(&self, other: &Self) -> bool {
        self.same_id(other)
            .unwrap_or_else(|| self.same_name(other) && self.same_phone(other))
    }

    /// A declared relative: number or phone, or the name unless the numbers tell them apart.
    fn may_be(&self, other: &Self) -> bool {
        let by_id = self.same_id(other);
        by_id == Some(true)
            || self.same_phone(other)
            || (self.same_name(other) && by_id != Some(false))
    }
}

/// The key of an address that names a house. One that stops at the village is shared by everybody
/// there and shows nothing.
fn home_key(address: &Secret) -> Option<Secret> {
    let key: String = address
        .reveal()
        .nfkc()
        .filter(|c| !c.is_whitespace())
        .collect();
    let names_a_house = key.chars().any(|c| c.is_ascii_digit() || c == '号');
    names_a_house.then(|| Secret::new(key))
}

fn kind_of_relative(kind: RelativeKind) -> ConflictKind {
    match kind {
        RelativeKind::Household => ConflictKind::Household,
        RelativeKind::Employer => ConflictKind::Interest,
        _ => ConflictKind::Relative,
    }
}

/// Every tie between a member of staff and the people of the case (特邀调解规定 第十五条): the live
/// parties, their agents and legal representatives, and whoever they themselves take part as.
pub fn ties(file: &CaseFile, candidate: &Candidate) -> Vec<Tie> {
    let me = Marks::of_user(&candidate.user);
    let kin: Vec<(ConflictKind, Marks)> = candidate
        .relatives
        .iter()
        .map(|r| (kind_of_relative(r.kind), Marks::of_relative(r)))
        .collect();
    let related = |other: &Marks| {
        let mut kinds: Vec<ConflictKind> = kin
            .iter()
            .filter(|(_, marks)| marks.may_be(other))
            .map(|(kind, _)| *kind)
            .collect();
        if me.same_home(other) {
            kinds.push(ConflictKind::Household);
        }
        if me.same_phone(other) {
            kinds.push(ConflictKind::SharedPhone);
        }
        kinds
    };
    let mut out = Vec::new();
    for party in file.live_parties() {
        let marks = Marks::of_party(party);
        if me.is_same_person(&marks) {
            out.push(Tie::party(ConflictKind::SamePerson, party.id));
            continue;
        }
        out.extend(related(&marks).iter().map(|k| Tie::party(*k, party.id)));
        if candidate.agent_of.contains(&party.id) {
            out.push(Tie::party(ConflictKind::PriorAgent, party.id));
        }
    }
    for participant in &file.participants {
        let marks = Marks::of_participant(participant);
        let live = participant.revoked_at.is_none();
        let is_me = participant.user_id == Some(candidate.user.id) || me.is_same_person(&marks);
        match (is_me, live, speaks_for_a_party(participant)) {
            (true, true, _) => out.push(Tie::participant(ConflictKind::SamePerson, participant)),
            (true, false, true) => {
                out.push(Tie::participant(ConflictKind::PriorAgent, participant));
            }
            (false, true, true) => out.extend(
                related(&marks)
                    .iter()
                    .map(|k| Tie::participant(*k, participant)),
            ),
            _ => {}
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

fn speaks_for_a_party(p: &Participant) -> bool {
    matches!(
        p.kind,
        ParticipantKind::Agent | ParticipantKind::LegalRepresentative
    )
}

/// Whether a participant of some case is this member of staff: by account, or by ID number.
pub fn is_user(user: &User, participant: &Participant) -> bool {
    participant.user_id == Some(user.id)
        || Marks::of_user(user).same_id(&Marks::of_participant(participant)) == Some(true)
}

/// The live parties of this case who were once represented: `principals` are the parties of other
/// cases for whom the member of staff was an agent (特邀调解规定 第十五条).
pub fn once_represented(file: &CaseFile, principals: &[Party]) -> Vec<PartyId> {
    let same = |a: &Party, b: &Party| match (a.kind.is_person(), b.kind.is_person()) {
        (true, true) => Marks::of_party(a).is_same_person(&Marks::of_party(b)),
        (false, false) => match (&a.uscc, &b.uscc) {
            (Some(x), Some(y)) => x == y,
            _ => a.name_key == b.name_key,
        },
        _ => false,
    };
    file.live_parties()
        .filter(|p| principals.iter().any(|q| same(p, q)))
        .map(|p| p.id)
        .collect()
}

/// Why a member of staff may not sit on the team at all (G-07), as codes; empty when they may.
/// Chair and mediators must hold office in a committee of the case; a recorder or an assistant
/// need not (人民调解法 第二十条第二款).
pub fn unfit(
    file: &CaseFile,
    candidate: &Candidate,
    role: TeamRole,
    today: LocalDate,
) -> Vec<String> {
    let mut out = Vec::new();
    if candidate.user.state != UserState::Active {
        out.push("user_inactive".to_owned());
    }
    if birth(&candidate.user).is_some_and(|b| is_minor(b, today)) {
        out.push("minor".to_owned());
    }
    if matches!(role, TeamRole::Chair | TeamRole::Mediator)
        && let Err(code) = committee_for(file, candidate, today)
    {
        out.push(code.to_owned());
    }
    if was_recused(file, candidate.user.id) {
        out.push("recused".to_owned());
    }
    let bars = ties(file, candidate).into_iter().filter(Tie::is_bar);
    out.extend(bars.map(|t| t.item()));
    out
}

fn birth(user: &User) -> Option<LocalDate> {
    let from_number = || IdNumber::parse(user.id_no.as_ref()?.reveal()).map(|n| n.birth());
    user.birth_date.or_else(from_number)
}

/// A recusal against this user was made in this case: they never come back to it (G-09).
pub fn was_recused(file: &CaseFile, user: UserId) -> bool {
    file.assignments
        .iter()
        .any(|a| a.user_id == user && a.end_reason == Some(AssignmentEnd::Recused))
}

/// The committee in which the candidate would act: that of the case, or one of the unit that holds
/// the case now or of its desk (共同调解, 若干规定 第二十一条).
///
/// # Errors
/// `not_member` without office in any of them, `committee_not_in_term` when none of those is in
/// its term.
pub fn committee_for(
    file: &CaseFile,
    candidate: &Candidate,
    today: LocalDate,
) -> Result<CommitteeId, &'static str> {
    let own = |c: &Committee| file.case.committee_id == Some(c.id);
    let holding = |c: &Committee| {
        file.case.holder_id == c.org_id || file.case.holder_desk_id == Some(c.org_id)
    };
    let joint = |c: &Committee| file.case.detail.co_committees.contains(&c.id);
    let mut offices: Vec<&Committee> = candidate
        .memberships
        .iter()
        .filter(|(c, m)| {
            m.from_on <= today
                && m.to_on.is_none_or(|to| to >= today)
                && (own(c) || holding(c) || joint(c))
        })
        .map(|(c, _)| c)
        .collect();
    if offices.is_empty() {
        return Err("not_member");
    }
    offices.sort_by_key(|c| !own(c));
    offices
        .into_iter()
        .find(|c| c.active && c.term_from <= today && today <= c.term_to)
        .map(|c| c.id)
        .ok_or("committee_not_in_term")
}

/// Whether every principal party waived a disclosed tie (G-07). One that bars is never waived.
pub fn is_waived(file: &CaseFile, disclosure: &Disclosure) -> bool {
    !Tie::of(disclosure).is_bar()
        && file.principals().all(|p| {
            let last = disclosure.waivers.iter().rev().find(|w| w.party_id == p.id);
            last.is_some_and(|w| w.given)
        })
}

#[cfg(test)]
#[path = "conflicts_tests.rs"]
mod tests;
