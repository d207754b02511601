use super::*;
use crate::domain::case::{CaseState, StopDemand};
use crate::domain::rules::group::{bound_members, group_guards, unbound_members};
use crate::domain::rules::testkit::*;
use crate::domain::secret::Secret;

const A: u128 = 0x101;
const B: u128 = 0x102;

fn today() -> LocalDate {
    now().local_date()
}

fn codes(refusals: Vec<Refusal>) -> Vec<&'static str> {
    refusals.iter().map(|r| r.reason.code()).collect()
}

fn child(n: u128, birth: &str) -> Party {
    let mut p = party(n, 1, PartyRole::Applicant);
    p.birth_date = Some(day(birth));
    p.capacity = capacity_by_age(day(birth), today(), false);
    p
}

#[test]
fn silence_is_not_consent() {
    let mut f = file(CaseState::Screening);
    assert!(consent_complete(&f).is_empty());
    f.parties[1].consent = Consent::Pending;
    assert_eq!(consent_complete(&f), [id(B)]);
    assert!(stop_demanded(&f).is_empty());
    f.parties[1].consent = Consent::Refused;
    assert_eq!(stop_demanded(&f), [id(B)]);
    assert_eq!(
        codes(consent_guards(&f)),
        ["consent_missing", "stop_demanded"]
    );
    f.parties[1].withdrawn_at = Some(now());
    assert!(consent_guards(&f).is_empty(), "who left stops nobody");
}

#[test]
fn represented_members_are_not_asked_one_by_one() {
    let mut f = group_file(CaseState::Screening, 2, 9);
    assert!(consent_guards(&f).is_empty());
    f.case.detail.stop_demands.push(StopDemand {
        party_id: id(0x201),
        at: now(),
        refused_at_start: false,
    });
    assert!(stop_demanded(&f).is_empty());
}

#[test]
fn capacity_follows_age_unless_restricted_otherwise() {
    let boy = child(31, "2008-03-10");
    assert_eq!(
        effective_capacity(&boy, day("2026-03-09")),
        Capacity::Limited
    );
    assert_eq!(effective_capacity(&boy, day("2026-03-10")), Capacity::Full);
    let mut ward = child(32, "2008-03-10");
    ward.capacity = Capacity::None;
    assert_eq!(effective_capacity(&ward, day("2030-01-01")), Capacity::None);
    let mut worker = child(33, "2009-01-01");
    worker.detail.own_labour = true;
    worker.capacity = Capacity::Full;
    assert_eq!(effective_capacity(&worker, today()), Capacity::Full);
    let mut company = party(34, 1, PartyRole::Applicant);
    company.kind = PartyKind::LegalPerson;
    assert_eq!(effective_capacity(&company, today()), Capacity::Full);
}

#[test]
fn a_child_needs_a_representative_who_does_not_oppose() {
    let mut f = file(CaseState::Screening);
    f.parties.push(child(31, "2016-01-01"));
    let guards = |f: &CaseFile| codes(capacity_guards(f, f.principals(), today()));
    assert_eq!(guards(&f), ["legal_rep_missing"]);

    let mut mother = participant(41, ParticipantKind::LegalRepresentative, Some(31));
    f.participants.push(mother.clone());
    assert!(guards(&f).is_empty());
    assert!(capacity_ok(&f, &f.parties[2], today()));

    // The respondent herself cannot stand for the child on the other side.
    mother.name_key = f.parties[1].name_key.clone();
    f.participants[0] = mother.clone();
    assert_eq!(guards(&f), ["opposing_representative"]);

    // Two people of one name are told apart by their ID numbers.
    f.participants[0].id_no = Some(Secret::new("350900198001010017"));
    f.parties[1].id_no = Some(Secret::new("350900198001010025"));
    assert!(guards(&f).is_empty());

    f.participants[0].revoked_at = Some(now());
    assert_eq!(guards(&f), ["legal_rep_missing"]);
}

#[test]
fn the_view_of_a_child_of_eight_is_wanted() {
    let mut f = file(CaseState::Screening);
    f.parties.push(child(31, "2018-03-02"));
    f.parties.push(child(32, "2018-03-03"));
    assert_eq!(child_views_missing(&f, today()), [id(31)]);
    f.parties[2].detail.child_view = Some("愿随母亲".into());
    assert!(child_views_missing(&f, today()).is_empty());
}

#[test]
fn a_mandate_covers_scope_and_time() {
    let mut f = file(CaseState::Screening);
    f.participants.push(agent(41, A, &[MandateScope::Attend]));
    let has = |f: &CaseFile, scope, on: &str| agent_with_scope(f, id(A), scope, day(on)).is_some();
    assert!(has(&f, MandateScope::Attend, "2026-01-01"));
    assert!(!has(&f, MandateScope::Attend, "2025-12-31"));
    assert!(!has(&f, MandateScope::Settle, "2026-03-02"));
    assert!(agent_with_scope(&f, id(B), MandateScope::Attend, today()).is_none());
    if let Some(m) = &mut f.participants[0].mandate {
        m.until = Some(day("2026-03-01"));
    }
    assert!(has(&f, MandateScope::Attend, "2026-03-01"));
    assert!(!has(&f, MandateScope::Attend, "2026-03-02"));
}

#[test]
fn who_signs_depends_on_capacity_mandate_and_authority() {
    let mut f = group_file(CaseState::InMediation, 2, 9);
    let settle = |f: &CaseFile, n: u128| {
        who_signs_for(f, f.party(id(n)).unwrap(), MandateScope::Settle, today())
    };
    assert!(settle(&f, B).own);
    let member = settle(&f, 0x201);
    assert!(member.own && member.representatives.is_empty());
    f.parties
        .iter_mut()
        .filter(|p| p.id == id(0x201))
        .for_each(|p| p.settle_auth = SettleAuth::Yes);
    assert_eq!(settle(&f, 0x201).representatives, [id(0x111), id(0x112)]);
    assert_eq!(bound_members(&f), [id(0x201)]);
    assert_eq!(unbound_members(&f).len(), 8);
    let attend = who_signs_for(
        &f,
        f.party(id(0x202)).unwrap(),
        MandateScope::Attend,
        today(),
    );
    assert_eq!(attend.representatives.len(), 2);

    f.parties.push(child(31, "2016-01-01"));
    assert!(settle(&f, 31).is_empty());
    f.participants.push(participant(
        41,
        ParticipantKind::LegalRepresentative,
        Some(31),
    ));
    let signers = settle(&f, 31);
    assert!(!signers.own && signers.allows(id(41)) && !signers.allows(id(42)));
    f.participants.push(agent(42, B, &[MandateScope::Settle]));
    assert_eq!(settle(&f, B).agents, [id(42)]);
}

#[test]
fn a_group_needs_one_to_five_representatives() {
    let guards = |f: &CaseFile| codes(group_guards(f));
    assert!(guards(&file(CaseState::Screening)).is_empty());
    assert_eq!(
        guards(&group_file(CaseState::Screening, 0, 10)),
        ["representatives_missing"]
    );
    assert!(guards(&group_file(CaseState::Screening, 5, 55)).is_empty());
    assert_eq!(
        guards(&group_file(CaseState::Screening, 6, 54)),
        ["too_many_representatives"]
    );
    let mut unsigned = group_file(CaseState::Screening, 1, 12);
    unsigned.parties[1].detail.mandate_signed = false;
    assert_eq!(guards(&unsigned), ["representatives_missing"]);
}

#[test]
fn invited_persons_need_every_principals_consent() {
    let mut f = file(CaseState::Screening);
    f.participants
        .push(participant(41, ParticipantKind::Invited, None));
    f.participants
        .push(participant(42, ParticipantKind::Interpreter, None));
    assert_eq!(invitees_without_consent(&f), [id(41)]);
    for (n, given) in [(A, true), (B, false)] {
        f.participants[0].consents.push(GivenConsent {
            party_id: id(n),
            given,
            at: now(),
        });
    }
    assert_eq!(consents_missing_for(&f, &f.participants[0]), [id(B)]);
    f.participants[0].consents[1].given = true;
    assert!(invitees_without_consent(&f).is_empty());
}

#[test]
fn overseas_mandates_are_flagged_until_authenticated() {
    let mut f = file(CaseState::Screening);
    f.participants.push(agent(41, A, &[MandateScope::Settle]));
    assert!(mandates_to_authenticate(&f).is_empty());
    f.parties[0].detail.overseas = true;
    assert_eq!(mandates_to_authenticate(&f), [id(41)]);
}
