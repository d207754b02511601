//! Corrections to a party's record, and what a party is told and says.

use crate::domain::agreement::AgreementState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Line, Obj, Patch, SecretText, Text};
use crate::domain::machine::{self, Act};
use crate::domain::mediator::TeamRole;
use crate::domain::party::*;
use crate::domain::persons::{Email, IdNumber, PersonName, Phone, Uscc, age_on, name_key};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

use super::consent::{live_party, principal, speaker_guard};
use super::edit::{patched, set};
use super::parties::{side_guard, twin_guard};
use super::party_input::{MAX_SIDE, not_applicable, stated_capacity};
use super::people::{capacity_guards, is_hearable_child};
use super::risk::refresh;

/// A merge patch of a party. The kind of party does not change: that is another party.
#[derive(Clone, Debug)]
pub struct PartyPatch {
    pub role: Option<PartyRole>,
    pub side: Option<i32>,
    pub name: Option<String>,
    pub gender: Option<Gender>,
    pub birth_date: Patch<LocalDate>,
    pub id_no: Patch<IdNumber>,
    pub uscc: Patch<String>,
    pub phone: Patch<Secret>,
    pub email: Patch<Secret>,
    pub address: Patch<Secret>,
    pub capacity: Option<Capacity>,
    pub overseas: Option<bool>,
    pub own_labour: Option<bool>,
    pub wants_public: Patch<bool>,
    pub wants_writing: Option<bool>,
    pub contact_hidden: Option<bool>,
    pub legal_person_head: Patch<String>,
}

impl PartyPatch {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let role = set(o, "role");
        let side = set::<Int<0, MAX_SIDE>>(o, "side");
        let name = set::<Line<100>>(o, "name");
        let gender = set(o, "gender");
        let birth_date = o.patch("birth_date");
        let id_no = o.patch("id_no");
        let uscc = patched(o, "uscc", Uscc::into_string);
        let phone = patched(o, "phone", Phone::into_secret);
        let email = patched(o, "email", Email::into_secret);
        let address = patched(o, "address", |a: SecretText<200>| a.0);
        let capacity = set(o, "capacity");
        let overseas = set(o, "overseas");
        let own_labour = set(o, "own_labour");
        let wants_public = o.patch("wants_public");
        let wants_writing = set(o, "wants_writing");
        let contact_hidden = set(o, "contact_hidden");
        let head = patched(o, "legal_person_head", |h: Line<50>| h.0);
        Some(Self {
            role: role?,
            side: side?.and_then(|s| i32::try_from(s.0).ok()),
            name: name?.map(|n| n.0),
            gender: gender?,
            birth_date: birth_date?,
            id_no: id_no?,
            uscc: uscc?,
            phone: phone?,
            email: email?,
            address: address?,
            capacity: capacity?,
            overseas: overseas?,
            own_labour: own_labour?,
            wants_public: wants_public?,
            wants_writing: wants_writing?,
            contact_hidden: contact_hidden?,
            legal_person_head: head?,
        })
    }
}

/// What an agreement recites: frozen once one is being signed or in effect.
const RECITED: &[&str] = &[
    "role",
    "side",
    "name",
    "gender",
    "birth_date",
    "id_no",
    "uscc",
    "capacity",
];

/// Applies the patch. No event when nothing changed.
///
/// # Errors
/// `contradiction` naming members that do not suit the kind, disagree with the ID number, or enter
/// a person twice; `wrong_state` for what an agreement recites; `side_mismatch`; `in_future`.
pub fn edit_party(
    file: &CaseFile,
    party: PartyId,
    input: PartyPatch,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = live_party(file, party)?;
    let today = now.local_date();
    let mut next = party.clone();
    let mut fields: Vec<&'static str> = Vec::new();
    let mut bad = Vec::new();
    patch(&mut next, input, today, &mut fields, &mut bad);

    let mut after = file.parties.clone();
    for p in after.iter_mut().filter(|p| p.id == party.id) {
        p.clone_from(&next);
    }
    let mut g = Guards::new();
    g.forbid(bad, Reason::Contradiction);
    let unborn = next.birth_date.is_some_and(|b| age_on(b, today).is_none());
    g.forbid(unborn.then_some("birth_date"), Reason::InFuture);
    let binding =
        |s: AgreementState| !matches!(s, AgreementState::Draft | AgreementState::ExpiredUnsigned);
    if file.agreements.iter().any(|a| binding(a.state)) {
        g.forbid(
            fields.iter().filter(|f| RECITED.contains(f)),
            Reason::WrongState,
        );
    }
    g.extend(side_guard(&after));
    if fields.contains(&"id_no") || fields.contains(&"uscc") {
        g.extend(twin_guard(&after));
    }
    g.done()?;

    let mut d = Decision::on(file);
    if !fields.is_empty() {
        d.case_mut();
        d.event(Event::PartyEdited {
            party: party.id,
            fields: fields.iter().map(|f| (*f).to_owned()).collect(),
        });
        d.update(next);
        refresh(&mut d, &after, today);
    }
    Ok(d)
}

/// Carries the patch out on the record; collects what changed and what is contradictory.
fn patch(
    p: &mut Party,
    input: PartyPatch,
    today: LocalDate,
    fields: &mut Vec<&'static str>,
    bad: &mut Vec<&'static str>,
) {
    let mut note = |changed: bool, name: &'static str| {
        if changed {
            fields.push(name);
        }
    };
    let set_birth = !matches!(input.birth_date, Patch::Keep);
    let new_id = match &input.id_no {
        Patch::Set(id) => Some(id.clone()),
        Patch::Keep | Patch::Clear => None,
    };
    let id_no = match input.id_no {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(id) => Patch::Set(id.into_secret()),
    };
    if let Some(name) = input.name {
        let person = p.kind.is_person();
        match person.then(|| PersonName::parse(&name)) {
            Some(Err(_)) => bad.push("name"),
            Some(Ok(n)) => note(put(&mut p.name, Some(n.into_string())), "name"),
            None => note(put(&mut p.name, Some(name)), "name"),
        }
        p.name_key = name_key(&p.name);
    }
    note(put(&mut p.role, input.role), "role");
    note(put(&mut p.side, input.side), "side");
    note(put(&mut p.gender, input.gender), "gender");
    note(input.birth_date.apply_opt(&mut p.birth_date), "birth_date");
    note(id_no.apply_opt(&mut p.id_no), "id_no");
    note(input.uscc.apply_opt(&mut p.uscc), "uscc");
    note(input.phone.apply_opt(&mut p.phone), "phone");
    note(input.email.apply_opt(&mut p.email), "email");
    note(input.address.apply_opt(&mut p.address), "address");
    note(
        put(&mut p.contact_hidden, input.contact_hidden),
        "contact_hidden",
    );
    note(put(&mut p.detail.overseas, input.overseas), "overseas");
    note(
        put(&mut p.detail.own_labour, input.own_labour),
        "own_labour",
    );
    note(
        input.wants_public.apply_opt(&mut p.detail.wants_public),
        "wants_public",
    );
    note(
        put(&mut p.detail.wants_writing, input.wants_writing),
        "wants_writing",
    );
    note(
        input
            .legal_person_head
            .apply_opt(&mut p.detail.legal_person_head),
        "legal_person_head",
    );

    // A new number brings its birth date and gender along; what is also stated must agree.
    if let Some(id) = new_id {
        if set_birth && p.birth_date != Some(id.birth()) {
            bad.push("birth_date");
        }
        p.birth_date = Some(id.birth());
        if input
            .gender
            .is_some_and(|g| g != Gender::Unknown && g != id.gender())
        {
            bad.push("gender");
        } else if p.gender == Gender::Unknown {
            p.gender = id.gender();
        }
    } else if let Some(id) = p.id_no.as_ref().and_then(|s| IdNumber::parse(s.reveal()))
        && set_birth
        && p.birth_date != Some(id.birth())
    {
        bad.push("birth_date");
    }
    let reconsider = input.capacity.is_some()
        || ["birth_date", "id_no", "own_labour"]
            .iter()
            .any(|f| fields.contains(f));
    if reconsider && p.kind.is_person() {
        let birth = p.birth_date;
        let capacity = stated_capacity(input.capacity, birth, p.detail.own_labour, today);
        if put(&mut p.capacity, Some(capacity)) {
            fields.push("capacity");
        }
    }
    bad.extend(not_applicable(
        p.kind,
        &[
            ("gender", input.gender.is_some()),
            ("birth_date", set_birth && p.birth_date.is_some()),
            ("id_no", p.id_no.is_some()),
            ("capacity", input.capacity.is_some()),
            ("own_labour", p.detail.own_labour),
            ("uscc", p.uscc.is_some()),
            ("legal_person_head", p.detail.legal_person_head.is_some()),
        ],
    ));
    if (p.role == PartyRole::ThirdParty) != (p.side == 0) {
        bad.push("side");
    }
}

fn put<T: PartialEq>(field: &mut T, value: Option<T>) -> bool {
    value.is_some_and(|v| Patch::Set(v).apply(field))
}

/// When rights and duties were told.
#[derive(Clone, Copy, Debug)]
pub struct RightsNotice {
    pub at: Option<Instant>,
}

impl RightsNotice {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        Some(Self { at: o.opt("at")? })
    }
}

/// Records that a party was told its rights and duties (G-10, 若干规定 第三十条); one without full
/// capacity is told through the legal representative.
///
/// # Errors
/// `legal_rep_missing`, `opposing_representative` (G-13); `in_future`.
pub fn rights_notice(
    file: &CaseFile,
    party: PartyId,
    input: RightsNotice,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = live_party(file, party)?;
    let at = input.at.unwrap_or(now);
    let mut g = Guards::new();
    g.require(at <= now, Reason::InFuture);
    g.extend(capacity_guards(file, [party], at.local_date()));
    g.done()?;
    let mut next = party.clone();
    next.rights_notice_at = Some(at);
    Ok(changed(
        file,
        next,
        Event::RightsNoticeGiven { party: party.id },
    ))
}

/// What a child says it wants.
#[derive(Clone, Debug)]
pub struct ChildView {
    pub text: String,
}

impl ChildView {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let text = o.req::<Text<2000>>("text");
        Some(Self { text: text?.0 })
    }
}

/// What bars recording a child's own view: the party is none that is heard.
pub fn child_guards(party: &Party, on: LocalDate) -> Vec<Refusal> {
    let mut g = Guards::new();
    let deaf = !is_hearable_child(party, on);
    g.forbid(deaf.then_some(party.id), Reason::WrongState);
    g.into_inner()
}

/// Records the view of a child of eight to seventeen (G-13).
///
/// # Errors
/// `wrong_state` for anybody else.
pub fn child_view(
    file: &CaseFile,
    party: PartyId,
    input: ChildView,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = live_party(file, party)?;
    let mut g = Guards::new();
    g.extend(child_guards(party, now.local_date()));
    g.done()?;
    let mut next = party.clone();
    next.detail.child_view = Some(input.text);
    Ok(changed(
        file,
        next,
        Event::ChildViewRecorded { party: party.id },
    ))
}

/// A party chooses or accepts a mediator (人民调解法 第二十三条第一项).
#[derive(Clone, Copy, Debug)]
pub struct AcceptMediator {
    pub assignment_id: AssignmentId,
    pub by_participant: Option<ParticipantId>,
}

impl AcceptMediator {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let assignment = o.req("assignment_id");
        let by = o.opt("by_participant");
        Some(Self {
            assignment_id: assignment?,
            by_participant: by?,
        })
    }
}

/// Records that a party accepts a mediator.
///
/// # Errors
/// `unknown_reference` for an assignment that is not a mediator's in force; `already_done`; those
/// of the speaker (an agent needs the scope `choose_mediator`).
pub fn accept_mediator(
    file: &CaseFile,
    party: PartyId,
    input: AcceptMediator,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::EditParty));
    let party = principal(file, party)?;
    let id = input.assignment_id;
    let mediates = |r| matches!(r, TeamRole::Chair | TeamRole::Mediator);
    let in_force = file.team().any(|a| a.id == id && mediates(a.role));
    let mut g = Guards::new();
    g.forbid((!in_force).then_some(id), Reason::UnknownReference);
    let known = party.detail.accepted_mediators.contains(&id);
    g.forbid(known.then_some(id), Reason::AlreadyDone);
    g.extend(speaker_guard(
        file,
        party,
        input.by_participant,
        MandateScope::ChooseMediator,
        now.local_date(),
    ));
    g.done()?;
    let mut next = party.clone();
    next.detail.accepted_mediators.push(id);
    Ok(changed(
        file,
        next,
        Event::MediatorAccepted {
            assignment: id,
            party: party.id,
        },
    ))
}

/// A decision that changes one party and says so.
pub(super) fn changed(file: &CaseFile, party: Party, event: Event) -> Decision {
    let mut d = Decision::on(file);
    d.case_mut();
    d.update(party);
    d.event(event);
    d
}

#[cfg(test)]
#[path = "party_edit_tests.rs"]
mod tests;
