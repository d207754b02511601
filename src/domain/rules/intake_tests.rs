use serde_json::{Value, json};

use super::*;
use crate::domain::decision::{Entity, Put};
use crate::domain::notice::Recipient;
use crate::domain::org::OrgKind;
use crate::domain::rules::testkit::*;

fn facts(calendar: &Calendar) -> RegisterFacts<'_> {
    RegisterFacts {
        origin: OrgUnit {
            id: id(VILLAGE),
            kind: OrgKind::VillageStation,
            parent_id: Some(id(DESK)),
            name: "上垅村心灵驿站".into(),
            division_code: None,
            desk_id: Some(id(DESK)),
            seal_no: None,
            active: true,
            created_at: now(),
        },
        code: "YL-7K3D-9QWM-5".into(),
        alert: vec![id(COUNTY)],
        calendar,
    }
}

fn run(body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Register::read).unwrap_or_else(|v| panic!("{v:?}"));
    let calendar = calendar();
    let by = who(0x20, &[VILLAGE]);
    register(input, &facts(&calendar), &by, &mut Ids::default(), now())
}

/// What the store would hold after the registration.
fn filed(d: &Decision) -> crate::domain::casefile::CaseFile {
    let mut f = crate::domain::casefile::CaseFile::new(d.case().clone());
    apply(&mut f, d);
    f
}

fn gutter() -> Value {
    json!({
        "type": "neighbour", "source": "application", "channel": "village_station",
        "summary": "檐沟水落入邻居院内", "place": "上垅村", "occurred_at": "2026-02-20T08:00:00+08:00",
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": "叶长根", "phone": "13800138000"},
            {"role": "respondent", "kind": "natural_person", "name": "叶阿六"}
        ],
        "issues": [{"text": "檐水排向", "claim": "改装檐沟"}]
    })
}

fn with(patch: Value) -> Value {
    let mut body = gutter();
    let (Value::Object(b), Value::Object(p)) = (&mut body, patch) else {
        panic!()
    };
    b.extend(p);
    body
}

#[test]
fn a_registration_opens_the_case_with_its_holder() {
    let d = run(gutter()).unwrap();
    assert!(d.is_new_case());
    assert_eq!(
        events(&d),
        [
            "case_registered",
            "party_added",
            "consent_given",
            "party_added",
            "issue_added"
        ]
    );
    let f = filed(&d);
    assert_eq!(f.case.state, CaseState::Registered);
    assert_eq!(f.case.title, "叶长根与叶阿六邻里纠纷");
    assert_eq!(
        (f.case.holder_id, f.case.holder_desk_id),
        (id(VILLAGE), Some(id(DESK)))
    );
    assert_eq!(
        (f.case.risk, f.case.difficulty),
        (Risk::Yellow, Difficulty::Normal)
    );
    assert_eq!(f.case.next_step, Some(NextStep::Screen));
    assert_eq!(f.case.detail.confidentiality, Some(Confidentiality::L3));
    assert_eq!(f.custody.len(), 1);
    assert_eq!(f.parties[0].consent, Consent::Given);
    assert_eq!(
        f.parties[0].detail.consent_via,
        Some(DeclaredBy::Application)
    );
    assert_eq!(f.parties[1].consent, Consent::Pending);
    assert!(f.parties.iter().all(|p| p.case_id == f.case.id));
}

#[test]
fn nobody_consents_by_an_application_that_is_not_theirs() {
    let d = run(with(json!({"source": "ex_officio"}))).unwrap();
    assert!(
        filed(&d)
            .parties
            .iter()
            .all(|p| p.consent == Consent::Pending)
    );
    let child = json!({"parties": [
        {"role": "applicant", "kind": "natural_person", "name": "毛毛", "birth_date": "2019-01-01"},
        {"role": "respondent", "kind": "natural_person", "name": "叶阿六"}]});
    let f = filed(&run(with(child)).unwrap());
    assert_eq!(f.parties[0].capacity, Capacity::None);
    assert_eq!(
        f.parties[0].consent,
        Consent::Pending,
        "a guardian must say so"
    );
    assert_eq!(f.case.detail.confidentiality, Some(Confidentiality::L4));
}

#[test]
fn indicators_make_the_risk_and_warn() {
    let d = run(with(
        json!({"risk": "blue", "risk_hints": ["threat_to_kill"]}),
    ))
    .unwrap();
    assert_eq!(d.case().risk, Risk::Red);
    assert!(
        d.notices
            .iter()
            .any(|(to, _)| *to == Recipient::Unit(id(COUNTY)))
    );
    let d = run(with(json!({"risk_hints": ["minor_harm", "dv"]}))).unwrap();
    assert!(d.case().detail.dv && d.case().detail.minor_harm);
    assert!(filed(&d).parties.iter().all(|p| p.contact_hidden));
    assert_eq!(d.case().detail.confidentiality, Some(Confidentiality::L5));
    let flags = events(&d).iter().filter(|e| **e == "flag_raised").count();
    assert_eq!(flags, 3);
    let d = run(with(json!({"risk": "blue"}))).unwrap();
    assert_eq!(d.case().risk, Risk::Blue);
    assert!(d.notices.is_empty());
}

#[test]
fn money_and_people_make_it_difficult() {
    let issues = json!([{"text": "货款", "amount_fen": 9_000_000}, {"text": "利息", "amount_fen": 1_000_000}]);
    let d = run(with(json!({"issues": issues}))).unwrap();
    assert_eq!(d.case().amount_fen, Some(10_000_000));
    assert_eq!(d.case().difficulty, Difficulty::Complex);
    let mut parties =
        vec![json!({"role": "respondent", "kind": "villagers_committee", "name": "苏坂村委会"})];
    for n in 0..60 {
        parties.push(json!({"role": "represented", "side": 1, "kind": "natural_person", "name": format!("村民{n}")}));
    }
    let d = run(with(json!({"parties": parties}))).unwrap();
    assert_eq!(d.case().difficulty, Difficulty::Major);
    assert_eq!(d.case().title, "村民0等与苏坂村委会邻里纠纷");
}

#[test]
fn times_must_be_in_order_and_past() {
    for (patch, want) in [
        (
            json!({"occurred_at": "2026-03-02T10:00:01+08:00"}),
            Reason::InFuture,
        ),
        (
            json!({"recorded_at": "2026-03-03T10:00:00+08:00"}),
            Reason::InFuture,
        ),
        (
            json!({"recorded_at": "2026-02-01T10:00:00+08:00"}),
            Reason::TimeOrder,
        ),
    ] {
        assert_eq!(reasons(&run(with(patch))), [want]);
    }
    let offline = with(json!({"recorded_at": "2026-02-28T10:00:00+08:00"}));
    let d = run(offline).unwrap();
    assert_eq!(
        filed(&d).parties[0].consent_at,
        Some(at("2026-02-28T10:00:00+08:00"))
    );
}

#[test]
fn people_and_claims_must_fit_together() {
    let p = |role: &str, side: i32, name: &str| json!({"role": role, "side": side, "kind": "natural_person", "name": name});
    let same_side = json!({"parties": [p("applicant", 1, "叶长根"), p("respondent", 1, "叶阿六")]});
    let r = run(with(same_side));
    assert_eq!(items(&r, Reason::SideMismatch), ["1"]);

    let uscc = |role: &str| json!({"role": role, "kind": "legal_person", "name": "危建材有限公司", "uscc": "91350100M000100Y43"});
    let twice = json!({"parties": [uscc("applicant"), uscc("respondent")]});
    assert_eq!(reasons(&run(with(twice))), [Reason::Contradiction]);

    let stranger =
        json!({"issues": [{"text": "x", "claimed_by": "01920000-0000-7000-8000-00000000000a"}]});
    assert_eq!(reasons(&run(with(stranger))), [Reason::UnknownReference]);
    let unborn = json!({"parties": [{"role": "applicant", "kind": "natural_person", "name": "叶", "birth_date": "2027-01-01"}]});
    let r = run(with(unborn));
    assert_eq!(items(&r, Reason::InFuture), ["parties/0/birth_date"]);
}

#[test]
fn clients_may_name_what_they_create() {
    let name = |n: u8| format!("01920000-0000-7000-8000-0000000000{n:02x}");
    let body = with(json!({
        "id": name(1),
        "parties": [
            {"id": name(2), "role": "applicant", "kind": "natural_person", "name": "叶长根"},
            {"id": name(3), "role": "respondent", "kind": "natural_person", "name": "叶阿六"}],
        "issues": [{"id": name(4), "text": "x", "claimed_by": name(2)}]
    }));
    let d = run(body.clone()).unwrap();
    assert_eq!(d.case().id.to_string(), name(1));
    assert!(d.puts.iter().any(|p| matches!(p, Put::Insert(Entity::Issue(i)) if i.claimed_by.map(|c| c.to_string()) == Some(name(2)))));
    let mut twice = body;
    twice["parties"][1]["id"] = json!(name(2));
    assert_eq!(reasons(&run(twice)), [Reason::Contradiction]);
}

#[test]
fn members_must_suit_source_and_type() {
    let bad = with(json!({
        "source": "ex_officio", "relation_kind": "labour", "delegation_letter_no": "1",
        "oral_note": {"text": "口述"}, "parties": []
    }));
    assert_eq!(
        violations(read(bad, Register::read)),
        [
            "/delegation_letter_no not_applicable",
            "/oral_note not_applicable",
            "/parties required",
            "/relation_kind not_applicable"
        ]
    );
    let empty = violations(read(json!({}), Register::read));
    assert_eq!(
        empty,
        [
            "/channel required",
            "/source required",
            "/summary required",
            "/type required"
        ]
    );
}
