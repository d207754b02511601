//! Parties added, corrected, substituted.

use jieyou::domain::persons::uscc_check_char;
use serde_json::{Value, json};

use super::{actions, id_number, in_roster};
use crate::support::{TestApp, stories};

#[test]
fn a_party_joins_and_is_found_by_its_phone() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let new = json!({"role": "respondent", "kind": "natural_person", "name": "叶阿七", "phone": "139 0000 0033"});
    let made = clerk.do_(&story.path("parties"), new.clone());
    assert_eq!(made.status, 201);
    assert!(made.header("location").unwrap().ends_with("/parties"));
    let version = made.version();
    let party = made.ok();
    assert_eq!(
        (&party["consent"], &party["side"]),
        (&json!("pending"), &json!(2))
    );
    assert_eq!(party["phone_masked"], "139****0033");
    let case = clerk.get(&story.path(""));
    assert_eq!(case.version(), version);
    // The traits follow: the new phone leads to this case.
    let probe = json!({"parties": [{"name": "某人", "phone": "13900000033"}]});
    let found = clerk.post("/duplicate-candidates", probe).ok();
    assert_eq!(found["data"][0]["case"]["id"], story.case.as_str());
    // And so does the search by name.
    let found = clerk.post("/case-searches", json!({"text": "叶阿七"})).ok();
    assert_eq!(found["data"][0]["id"], story.case.as_str());

    // Sides do not mix, and nobody stands there twice.
    let mut wrong = new.clone();
    wrong["side"] = json!(1);
    clerk
        .do_(&story.path("parties"), wrong)
        .problem(422, "side_mismatch");
    let id_no = id_number("19700101", "002");
    let twin =
        json!({"role": "third_party", "kind": "natural_person", "name": "甲", "id_no": id_no});
    clerk.do_(&story.path("parties"), twin.clone()).ok();
    clerk
        .do_(&story.path("parties"), twin)
        .problem(422, "contradiction");
    let unborn = json!({"role": "third_party", "kind": "natural_person", "name": "甲", "birth_date": "2030-01-01"});
    clerk
        .do_(&story.path("parties"), unborn)
        .blocked_by("in_future");
    // An id that another case uses is taken.
    let other = stories::registered_with(&app, "shanglong", stories::neighbours());
    let taken = json!({"id": other.applicant(), "role": "respondent", "kind": "natural_person", "name": "乙"});
    clerk
        .do_(&story.path("parties"), taken)
        .problem(409, "conflict");
}

#[test]
fn a_correction_names_the_fields_and_a_vain_one_nothing() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let path = story.path(&format!("parties/{}", story.respondent()));
    let before = clerk.get(&story.path("")).version();
    let same = clerk.patch(&path, json!({"phone": "13900000002", "name": "叶阿六"}));
    assert_eq!(same.version(), before);
    assert!(!actions(&app, &story).contains(&"party_edited".to_owned()));

    let no = id_number("19881201", "004");
    let done = clerk.patch(
        &path,
        json!({"id_no": no, "phone": null, "email": "ye@example.com"}),
    );
    assert_eq!(done.version(), before + 1);
    let party = done.ok();
    assert_eq!(party["phone_masked"], Value::Null);
    assert_eq!(party["email_masked"], "y***@example.com");
    assert_eq!(party["gender"], "female");
    let last = super::timeline(&app, &story).pop().unwrap();
    assert_eq!(last["event"]["fields"], json!(["id_no", "phone", "email"]));
    assert!(!last.to_string().contains(&no) && !last.to_string().contains("example.com"));

    // What contradicts the number, the kind or the record is refused whole.
    clerk
        .patch(&path, json!({"birth_date": "1990-01-01"}))
        .problem(422, "contradiction");
    let body = "91359901MA0000001";
    let uscc = format!("{body}{}", uscc_check_char(body).unwrap());
    clerk
        .patch(&path, json!({"uscc": uscc}))
        .problem(422, "contradiction");
    let doc = clerk
        .patch(
            &path,
            json!({"kind": "legal_person", "consent": "given", "name": null}),
        )
        .problem(422, "invalid");
    let mut seen: Vec<&str> = doc["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, ["/consent", "/kind", "/name"]);
    assert_eq!(clerk.get(&story.path("")).version(), before + 1);
    // The old phone leads here no more.
    let probe = json!({"parties": [{"name": "某人", "phone": "13900000002"}]});
    assert_eq!(
        clerk.post("/duplicate-candidates", probe).ok()["data"],
        json!([])
    );
}

#[test]
fn heirs_take_the_place_of_the_dead_and_are_asked_again() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let agent = clerk.do_(&story.path("participants"), json!({"kind": "agent", "party_id": story.applicant(),
        "name": "江海涛", "mandate": {"scopes": ["attend"], "from": "2026-03-01", "signed_by_principal": true}})).ok();
    let path = story.party_path(0, "substitute");
    let doc = clerk
        .do_(&path, json!({"died_on": "2026-03-02"}))
        .problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/successors");
    let heir = |name: &str| json!({"kind": "natural_person", "name": name});
    clerk
        .do_(
            &path,
            json!({"died_on": "2026-03-09", "successors": [heir("叶小根")]}),
        )
        .blocked_by("in_future");
    clerk
        .do_(
            &path,
            json!({"died_on": "2026-03-01", "successor_ids": [story.respondent()]}),
        )
        .problem(422, "contradiction");

    app.at("2026-03-10");
    let clerk = story.clerk(&app);
    let body = json!({"died_on": "2026-03-08", "successors": [heir("叶小根"), heir("叶小叶")]});
    let out = clerk.do_(&path, body.clone()).ok();
    let heirs: Vec<&str> = out["successors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["id"].as_str().unwrap())
        .collect();
    assert_eq!(heirs.len(), 2);
    assert_eq!(out["party"]["substituted_by"], heirs[0]);
    for h in out["successors"].as_array().unwrap() {
        assert_eq!(
            json!([h["role"], h["side"], h["consent"], h["substitutes_for"]]),
            json!(["applicant", 1, "pending", story.applicant()])
        );
    }
    // The mandate died with the party; the dead declare nothing any more.
    let list = clerk.get(&story.path("participants")).ok();
    assert_eq!(list["data"][0]["id"], agent["id"]);
    assert_eq!(list["data"][0]["revoked_at"], json!(app.now()));
    clerk
        .do_(
            &story.party_path(0, "demand-termination"),
            json!({"via": "phone"}),
        )
        .blocked_by("wrong_state");
    clerk.do_(&path, body).blocked_by("wrong_state");
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(roster["consent_missing"], json!(heirs));
    assert_eq!(in_roster(&roster, story.respondent())["consent"], "given");
    let tail = actions(&app, &story);
    assert!(
        tail.ends_with(
            &[
                "party_added",
                "party_added",
                "party_substituted",
                "party_substituted",
                "participant_revoked"
            ]
            .map(String::from)
        ),
        "{tail:?}"
    );
}

#[test]
fn an_organisation_does_not_die_but_is_succeeded() {
    let app = TestApp::new();
    let mut body = stories::neighbours();
    body["parties"][1] =
        json!({"role": "respondent", "kind": "legal_person", "name": "危建材有限公司"});
    let story = stories::screened_with(&app, "fengxi", body);
    let clerk = story.clerk(&app);
    let path = story.party_path(1, "substitute");
    let next = json!([{"kind": "legal_person", "name": "新危建材有限公司"}]);
    clerk
        .do_(&path, json!({"died_on": "2026-03-01", "successors": next}))
        .problem(422, "contradiction");
    let out = clerk.do_(&path, json!({"successors": next})).ok();
    assert_eq!(out["successors"][0]["name"], "新危建材有限公司");
}
