use serde_json::{Value, json};

use super::*;
use crate::domain::codes::Code;
use crate::domain::org::CommitteeKind;
use crate::domain::party::{Capacity, Consent};
use crate::domain::rules::testkit::*;

fn committee() -> Committee {
    Committee {
        id: id(0x50),
        org_id: id(VILLAGE),
        kind: CommitteeKind::Village,
        name: "上垅村人民调解委员会".into(),
        prefix: "上垅".into(),
        seal_no: "S-1".into(),
        term_from: day("2024-01-01"),
        term_to: day("2026-12-31"),
        active: true,
        created_at: now(),
    }
}

/// Screened, everybody consents: ready to be accepted.
fn ready() -> CaseFile {
    let mut f = file(CaseState::Screening);
    f.case.detail.screening = Some(screening());
    f
}

fn take(
    f: &CaseFile,
    committee: Committee,
    basis: JurisdictionBasis,
) -> Result<Decision, Vec<Refusal>> {
    let cal = calendar();
    let input = Accept {
        committee_id: committee.id,
        jurisdiction_basis: basis,
    };
    let facts = AcceptFacts {
        committee,
        case_no: "（2026）上垅人调字第1号".into(),
        calendar: &cal,
    };
    accept(f, input, facts, now())
}

fn tried(f: &CaseFile) -> Vec<Reason> {
    reasons(&take(f, committee(), JurisdictionBasis::PartyPlace))
}

fn turn_away(f: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    reject(f, read(body, Reject::read).unwrap(), &calendar(), now())
}

#[test]
fn screening_may_be_done_again_without_moving_the_deadline() {
    let body = json!({"civil": true, "special_organ": false, "accepted_elsewhere": false,
        "clear_parties": true, "concrete_claim": true});
    let go = |f: &CaseFile| {
        let input = read(body.clone(), Screen::read).unwrap();
        screen(f, input, &who(0x20, &[VILLAGE]), &calendar(), now()).unwrap()
    };
    let mut f = file(CaseState::Registered);
    let d = go(&f);
    assert_eq!(d.case().state, CaseState::Screening);
    assert_eq!(d.case().next_step, Some(NextStep::Accept));
    apply(&mut f, &d);
    f.case.next_due_at = Some(at("2026-03-03T00:00:00+08:00"));
    for state in [CaseState::Screening, CaseState::ConsentPending] {
        f.case.state = state;
        let d = go(&f);
        assert_eq!(
            (d.case().state, d.case().next_due_at),
            (state, f.case.next_due_at)
        );
        assert_eq!(events(&d), ["case_screened"]);
    }
    assert_eq!(
        violations(read(json!({"civil": true}), Screen::read)),
        [
            "/accepted_elsewhere required",
            "/clear_parties required",
            "/concrete_claim required",
            "/special_organ required"
        ]
    );
}

#[test]
fn acceptance_takes_number_committee_and_ground() {
    let d = take(&ready(), committee(), JurisdictionBasis::PartyPlace).unwrap();
    let c = d.case();
    assert_eq!(c.state, CaseState::Accepted);
    assert_eq!(c.case_no.as_deref(), Some("（2026）上垅人调字第1号"));
    assert_eq!(c.committee_id, Some(id(0x50)));
    assert_eq!(c.accepted_at, Some(now()));
    assert_eq!(
        c.detail.jurisdiction_basis,
        Some(JurisdictionBasis::PartyPlace)
    );
    assert_eq!(c.next_step, Some(NextStep::Assign));
    assert_eq!(events(&d), ["case_accepted"]);
    assert_eq!(d.notices.len(), 2);
    assert!(c.detail.land_notice_at.is_none());
}

#[test]
fn every_missing_thing_is_told_at_once() {
    let mut f = file(CaseState::ConsentPending);
    f.parties.truncate(1);
    f.parties[0].consent = Consent::Refused;
    f.parties[0].capacity = Capacity::Limited;
    f.case.detail.oral_note = Some(OralNote {
        text: "口述".into(),
        signed_by_party: false,
        written_by: id(0x20),
    });
    let mut out_of_term = committee();
    out_of_term.term_to = day("2026-03-01");
    let r = take(&f, out_of_term, JurisdictionBasis::PartyPlace);
    assert_eq!(
        reasons(&r),
        [
            Reason::ConsentMissing,
            Reason::StopDemanded,
            Reason::NotScreened,
            Reason::RegistrationIncomplete,
            Reason::LegalRepMissing,
            Reason::CommitteeInvalid,
        ]
    );
    assert_eq!(
        items(&r, Reason::RegistrationIncomplete),
        ["sides", "oral_note_signature"]
    );
    assert_eq!(items(&r, Reason::CommitteeInvalid), ["out_of_term"]);
}

#[test]
fn each_guard_of_acceptance_refuses_alone() {
    type Break = fn(&mut CaseFile);
    let cases: &[(Break, Reason)] = &[
        (
            |f| f.parties[1].consent = Consent::Pending,
            Reason::ConsentMissing,
        ),
        (|f| f.case.detail.screening = None, Reason::NotScreened),
        (
            |f| f.case.detail.screening.as_mut().unwrap().civil = false,
            Reason::OutOfScope,
        ),
        (|f| f.parties[1].side = 1, Reason::RegistrationIncomplete),
        (
            |f| f.case.summary = " ".into(),
            Reason::RegistrationIncomplete,
        ),
        (
            |f| f.parties[1].capacity = Capacity::None,
            Reason::LegalRepMissing,
        ),
    ];
    assert_eq!(tried(&ready()), []);
    for (break_it, want) in cases {
        let mut f = ready();
        break_it(&mut f);
        assert_eq!(tried(&f), [*want]);
    }
    let mut group = group_file(CaseState::Screening, 0, 12);
    group.case.detail.screening = Some(screening());
    group.case.source = Source::ExOfficio;
    assert_eq!(tried(&group), [Reason::RepresentativesMissing]);
}

#[test]
fn what_another_organ_has_needs_its_letter() {
    let mut f = ready();
    f.case.source = Source::Court;
    f.case.detail.screening.as_mut().unwrap().accepted_elsewhere = true;
    assert_eq!(tried(&f), [Reason::OutOfScope]);
    f.case.detail.delegation_letter_no = Some("（2026）委调1号".into());
    assert_eq!(tried(&f), []);
    f.case.source = Source::Application;
    assert_eq!(
        tried(&f),
        [Reason::OutOfScope],
        "a letter is the organ's, not a party's"
    );
    f.case.detail.screening.as_mut().unwrap().special_organ = true;
    f.case.procedure = Procedure::Petition;
    assert_eq!(tried(&f), [], "petitions have their own scope");
}

#[test]
fn a_committee_must_be_active_in_term_and_competent() {
    let f = ready();
    let with = |change: fn(&mut Committee), basis| {
        let mut c = committee();
        change(&mut c);
        items(&take(&f, c, basis), Reason::CommitteeInvalid)
    };
    let here = JurisdictionBasis::DisputePlace;
    assert_eq!(with(|c| c.active = false, here), ["inactive"]);
    assert_eq!(
        with(|c| c.term_from = day("2026-03-03"), here),
        ["out_of_term"]
    );
    assert!(with(|c| c.term_to = day("2026-03-02"), here).is_empty());
    assert!(with(|c| c.org_id = id(DESK), here).is_empty());
    assert_eq!(with(|c| c.org_id = id(0x77), here), ["jurisdiction"]);
    assert!(with(|c| c.org_id = id(0x77), JurisdictionBasis::Agreed).is_empty());
}

#[test]
fn land_cases_get_the_notice_with_acceptance() {
    for kind in CaseType::ALL {
        let mut f = ready();
        f.case.kind = *kind;
        let d = take(&f, committee(), JurisdictionBasis::PartyPlace).unwrap();
        let land = matches!(kind, CaseType::HouseHomestead | CaseType::ForestLand);
        assert_eq!(d.case().detail.land_notice_at.is_some(), land, "{kind}");
        assert_eq!(events(&d).contains(&"land_notice_given"), land);
    }
    let mut f = ready();
    assert_eq!(reasons(&land_notice(&f, now())), [Reason::Contradiction]);
    f.case.kind = CaseType::Expropriation;
    let d = land_notice(&f, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(reasons(&land_notice(&f, now())), [Reason::AlreadyDone]);
}

#[test]
fn a_rejection_tells_routes_that_fit() {
    let mut f = file(CaseState::Screening);
    f.case.kind = CaseType::Other;
    let bare = json!({"code": "na3_admin_act", "reason": "对罚款不服"});
    assert_eq!(reasons(&turn_away(&f, bare)), [Reason::RoutesMissing]);
    let wrong = json!({"code": "na3_admin_act", "reason": "r", "routes": ["civil_suit"]});
    assert_eq!(reasons(&turn_away(&f, wrong)), [Reason::RouteMismatch]);
    let good = json!({"code": "na3_admin_act", "reason": "对罚款不服",
        "routes": ["admin_review", "admin_suit"]});
    let d = turn_away(&f, good).unwrap();
    assert_eq!(d.case().state, CaseState::Rejected);
    assert_eq!(d.case().outcome, Some(Outcome::NotAccepted));
    let told = &d.case().detail.rejection.as_ref().unwrap().routes;
    assert!(told[0].limit_zh.contains("六十日") && told[1].limit_en.contains("six months"));
    assert_eq!(d.notices.len(), 2);
    let elsewhere = json!({"code": "na8_jurisdiction", "reason": "r", "routes": ["civil_suit"]});
    assert_eq!(reasons(&turn_away(&f, elsewhere)), [Reason::ForwardInstead]);
}

#[test]
fn a_dangerous_matter_is_calmed_and_handed_over_first() {
    let mut f = file(CaseState::Screening);
    let body = |more: Value| {
        let mut b = json!({"code": "na2_already_accepted", "reason": "法院已受理",
            "routes": ["civil_suit", "police"]});
        b.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        b
    };
    for (risk, need) in [
        (Risk::Yellow, false),
        (Risk::Orange, true),
        (Risk::Red, true),
    ] {
        f.case.risk = risk;
        let r = turn_away(&f, body(json!({})));
        assert_eq!(!reasons(&r).is_empty(), need, "{risk}");
    }
    let half = turn_away(&f, body(json!({"calming_measures": "民警到场"})));
    assert_eq!(items(&half, Reason::CalmingMissing), ["handed_over_to"]);
    let done = body(json!({"calming_measures": "民警到场劝离", "handed_over_to": "凤溪派出所"}));
    assert!(turn_away(&f, done).is_ok());
}
