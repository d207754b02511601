use super::*;
use crate::domain::case::CaseState;
use crate::domain::ids::Id;
use crate::domain::party::PartyRole;
use crate::domain::rules::session_kit::*;
use crate::domain::rules::testkit::*;

const NUMBER: &str = "359901197005010019";

fn secret(text: &str) -> Option<Secret> {
    Some(Secret::new(text))
}

fn relative(kind: RelativeKind, name: &str) -> Relative {
    Relative {
        id: id(0x66),
        user_id: id(SECOND),
        kind,
        name: name.to_owned(),
        id_no: None,
        phone: None,
        created_at: now(),
    }
}

fn found(file: &CaseFile, candidate: &Candidate) -> Vec<String> {
    ties(file, candidate).iter().map(Tie::item).collect()
}

fn item(kind: &str, n: u128) -> String {
    format!("{kind}:{}", Id::<()>::new(uuid::Uuid::from_u128(n)))
}

#[test]
fn strangers_have_no_tie() {
    assert_eq!(found(&ready(), &candidate(SECOND)), [""; 0]);
}

#[test]
fn the_number_decides_who_is_the_same_person() {
    let mut f = ready();
    let mut c = candidate(SECOND);
    f.parties[0].id_no = secret(NUMBER);
    c.user.id_no = secret(&NUMBER.replace("359901", "３５９９０１"));
    assert_eq!(found(&f, &c), [item("same_person", APPLICANT)]);
    assert!(unfit(&f, &c, TeamRole::Assistant, day("2026-03-02"))[0].starts_with("same_person"));

    // Another number: same name and phone are then only a shared phone.
    c.user.id_no = secret("359901197005010027");
    c.user.name = f.parties[0].name.clone();
    c.user.phone = secret("13800138000");
    f.parties[0].phone = secret("+8613800138000");
    assert_eq!(found(&f, &c), [item("shared_phone", APPLICANT)]);
}

#[test]
fn name_and_phone_together_name_a_person() {
    let mut f = ready();
    let mut c = candidate(SECOND);
    c.user.name = format!(" {} ", f.parties[1].name);
    assert_eq!(found(&f, &c), [""; 0], "a namesake");
    c.user.phone = secret("138 0013 8000");
    f.parties[1].phone = secret("+8613800138000");
    assert_eq!(found(&f, &c), [item("same_person", RESPONDENT)]);
}

#[test]
fn relatives_are_found_by_name_phone_and_number() {
    let mut f = ready();
    let mut c = candidate(SECOND);
    c.relatives = vec![relative(RelativeKind::Cousin, &f.parties[0].name)];
    assert_eq!(found(&f, &c), [item("relative", APPLICANT)]);

    // The numbers tell namesakes apart.
    f.parties[0].id_no = secret(NUMBER);
    c.relatives[0].id_no = secret("359901197005010027");
    assert_eq!(found(&f, &c), [""; 0]);
    c.relatives[0].id_no = secret(NUMBER);
    c.relatives[0].name = "别名".to_owned();
    assert_eq!(found(&f, &c), [item("relative", APPLICANT)]);

    let mut by_phone = relative(RelativeKind::Household, "别名");
    by_phone.phone = secret("13800138000");
    f.parties[1].phone = secret("+8613800138000");
    c.relatives = vec![
        by_phone,
        relative(RelativeKind::Employer, &f.parties[1].name),
    ];
    assert_eq!(
        found(&f, &c),
        [item("household", RESPONDENT), item("interest", RESPONDENT)]
    );
}

#[test]
fn an_address_is_a_household_only_when_it_names_a_house() {
    let mut f = ready();
    let mut c = candidate(SECOND);
    f.parties[0].address = secret("凤溪乡上垅村");
    c.user.address = secret("凤溪乡上垅村");
    assert_eq!(found(&f, &c), [""; 0]);
    f.parties[0].address = secret("凤溪乡上垅村１２号");
    c.user.address = secret("凤溪乡 上垅村12号");
    assert_eq!(found(&f, &c), [item("household", APPLICANT)]);
}

#[test]
fn agents_and_their_relatives_count() {
    let mut f = ready();
    f.participants.push(agent(0x301, RESPONDENT, &[]));
    let mut c = candidate(SECOND);
    c.relatives = vec![relative(RelativeKind::Sibling, &f.participants[0].name)];
    assert_eq!(found(&f, &c), [item("relative", 0x301)]);

    c.relatives.clear();
    c.agent_of = vec![id(APPLICANT)];
    assert_eq!(found(&f, &c), [item("prior_agent", APPLICANT)]);

    c.agent_of.clear();
    f.participants[0].user_id = Some(id(SECOND));
    assert_eq!(found(&f, &c), [item("same_person", 0x301)]);
    f.participants[0].revoked_at = Some(now());
    assert_eq!(found(&f, &c), [item("prior_agent", 0x301)]);
}

#[test]
fn who_left_the_case_ties_nobody() {
    let mut f = ready();
    let mut c = candidate(SECOND);
    c.agent_of = vec![id(APPLICANT)];
    f.parties[0].withdrawn_at = Some(now());
    assert_eq!(found(&f, &c), [""; 0]);
}

#[test]
fn office_age_account_and_recusal_decide_fitness() {
    let f = ready();
    let today = day("2026-03-02");
    type Change = fn(&mut CaseFile, &mut Candidate);
    let cases: [(&str, Change); 9] = [
        ("", |_, _| {}),
        ("user_inactive", |_, c| c.user.state = UserState::Disabled),
        ("minor", |_, c| c.user.birth_date = Some(day("2008-03-03"))),
        ("", |_, c| c.user.birth_date = Some(day("2008-03-02"))),
        ("not_member", |_, c| c.memberships.clear()),
        ("not_member", |_, c| {
            c.memberships[0].1.to_on = Some(day("2026-03-01"))
        }),
        ("not_member", |_, c| {
            c.memberships[0].1.from_on = day("2026-03-03")
        }),
        ("committee_not_in_term", |_, c| {
            c.memberships[0].0.term_to = day("2026-03-01");
        }),
        ("recused", |f, _| {
            let mut old = seat(SECOND, TeamRole::Mediator);
            old.end_reason = Some(AssignmentEnd::Recused);
            f.assignments.push(old);
        }),
    ];
    for (want, change) in cases {
        let (mut f, mut c) = (f.clone(), candidate(SECOND));
        change(&mut f, &mut c);
        let got = unfit(&f, &c, TeamRole::Mediator, today).join(",");
        assert_eq!(got, want);
    }
}

#[test]
fn the_number_tells_the_age_when_no_birth_date_is_kept() {
    let mut c = candidate(SECOND);
    c.user.birth_date = None;
    let body = "35990120100501001";
    let check = crate::domain::persons::id_check_char(body).unwrap();
    c.user.id_no = secret(&format!("{body}{check}"));
    let got = unfit(&ready(), &c, TeamRole::Mediator, day("2026-03-02"));
    assert_eq!(got, ["minor"]);
}

#[test]
fn a_committee_of_the_present_holder_will_do() {
    let mut f = ready();
    let today = day("2026-03-02");
    let mut c = candidate(SECOND);
    c.memberships = vec![(committee(0x51, COUNTY), member(0x51, SECOND))];
    assert_eq!(committee_for(&f, &c, today), Err("not_member"));
    f.case.holder_id = id(COUNTY);
    assert_eq!(committee_for(&f, &c, today), Ok(id(0x51)));
    c.memberships
        .push((committee(COMMITTEE, DESK), member(COMMITTEE, SECOND)));
    assert_eq!(
        committee_for(&f, &c, today),
        Ok(id(COMMITTEE)),
        "its own first"
    );
    let recorder = candidate(RECORDER);
    let mut lay = recorder.clone();
    lay.memberships.clear();
    assert!(unfit(&f, &lay, TeamRole::Recorder, today).is_empty());
}

#[test]
fn a_waiver_needs_every_principal_party() {
    let mut f = file(CaseState::Assigned);
    f.parties.push(party(0x103, 2, PartyRole::Represented));
    let say = |party, given| crate::domain::party::GivenConsent {
        party_id: id(party),
        given,
        at: now(),
    };
    let mut disclosure = Disclosure {
        kind: ConflictKind::Relative,
        party_id: Some(id(APPLICANT)),
        participant_id: None,
        detected: true,
        at: now(),
        waivers: vec![say(APPLICANT, true)],
    };
    assert!(!is_waived(&f, &disclosure));
    disclosure.waivers.push(say(RESPONDENT, true));
    assert!(is_waived(&f, &disclosure));
    disclosure.waivers.push(say(RESPONDENT, false));
    assert!(!is_waived(&f, &disclosure), "the latest word counts");
    disclosure.waivers.pop();
    disclosure.kind = ConflictKind::SamePerson;
    assert!(
        !is_waived(&f, &disclosure),
        "nobody mediates their own case"
    );
}

#[test]
fn an_agent_elsewhere_is_known_by_account_or_number() {
    let mut agent = agent(0x301, APPLICANT, &[]);
    let mut me = candidate(SECOND).user;
    assert!(!is_user(&me, &agent), "a name is not enough");
    agent.user_id = Some(me.id);
    assert!(is_user(&me, &agent));
    agent.user_id = None;
    agent.id_no = secret(NUMBER);
    me.id_no = secret(NUMBER);
    assert!(is_user(&me, &agent));
}

#[test]
fn who_was_represented_elsewhere_is_found_in_this_case() {
    let mut f = ready();
    let mut elsewhere = f.parties[0].clone();
    elsewhere.id = id(0x999);
    elsewhere.case_id = id(2);
    elsewhere.id_no = None;
    elsewhere.phone = None;
    assert!(once_represented(&f, std::slice::from_ref(&elsewhere)).is_empty());
    f.parties[0].id_no = secret(NUMBER);
    elsewhere.id_no = secret(NUMBER);
    assert_eq!(
        once_represented(&f, std::slice::from_ref(&elsewhere)),
        [id(APPLICANT)]
    );
    for party in [&mut f.parties[0], &mut elsewhere] {
        party.kind = crate::domain::party::PartyKind::LegalPerson;
        party.uscc = Some("91359901MA00000000".to_owned());
    }
    assert_eq!(
        once_represented(&f, std::slice::from_ref(&elsewhere)),
        [id(APPLICANT)]
    );
    elsewhere.uscc = Some("91359901MA00000001".to_owned());
    assert!(once_represented(&f, &[elsewhere]).is_empty());
}
