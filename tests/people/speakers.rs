//! G-11, G-13, G-14: guardians, agents, invited persons.

use jieyou::domain::mediator::TeamRole;
use serde_json::{Value, json};

use super::{id_number, in_roster, join_team};
use crate::support::stories::Story;
use crate::support::{TestApp, stories};

/// A nine-year-old against a shop.
fn child_case(app: &TestApp) -> Story {
    let mut body = stories::neighbours();
    body["type"] = json!("damage");
    body["source"] = json!("ex_officio");
    body["parties"] = json!([
        {"role": "applicant", "kind": "natural_person", "name": "毛小毛", "id_no": id_number("20170105", "001")},
        {"role": "respondent", "kind": "natural_person", "name": "毛大伟", "phone": "13900000008"}
    ]);
    stories::screened_with(app, "shanglong", body)
}

fn participants(app: &TestApp, story: &Story, body: Value) -> crate::support::client::Answer {
    story.clerk(app).do_(&story.path("participants"), body)
}

fn id_of(v: &Value) -> String {
    v["id"].as_str().unwrap().to_owned()
}

#[test]
fn g_13_a_child_speaks_through_a_fit_guardian() {
    let app = TestApp::new();
    let story = child_case(&app);
    let clerk = story.clerk(&app);
    let roster = clerk.get(&story.path("parties")).ok();
    let child = in_roster(&roster, story.applicant());
    assert_eq!(
        (&child["minor"], &child["capacity"]),
        (&json!(true), &json!("limited"))
    );
    assert_eq!(child["gender"], "male");

    // The child's own yes is not enough; nor are rights told to the child alone.
    let consent = story.party_path(0, "consent");
    let doc = clerk
        .do_(&consent, json!({"answer": "given", "via": "in_person"}))
        .blocked_by("legal_rep_missing");
    assert_eq!(doc["rule"], "G-13");
    clerk
        .do_(&story.party_path(0, "rights-notice"), json!({}))
        .blocked_by("legal_rep_missing");
    // The other side cannot be the child's guardian, under a new phone or none.
    participants(
        &app,
        &story,
        json!({"kind": "legal_representative", "party_id": story.applicant(), "name": "毛大伟"}),
    )
    .blocked_by("opposing_representative");
    // A guardian of one who can act is a contradiction.
    participants(
        &app,
        &story,
        json!({"kind": "legal_representative", "party_id": story.respondent(), "name": "毛老伯"}),
    )
    .blocked_by("contradiction");
    let doc = participants(
        &app,
        &story,
        json!({"kind": "legal_representative", "name": "毛妈妈"}),
    )
    .problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/party_id");

    let mother = participants(
        &app,
        &story,
        json!({"kind": "legal_representative", "party_id": story.applicant(),
        "name": "许小兰", "relation": "母亲", "phone": "13900000011"}),
    );
    assert_eq!(mother.status, 201);
    let mother = id_of(&mother.ok());
    let yes = json!({"answer": "given", "via": "in_person", "by_participant": mother});
    clerk.do_(&consent, yes.clone()).ok();
    clerk
        .do_(&story.party_path(0, "rights-notice"), json!({}))
        .ok();
    // The mother does not speak for the other side.
    clerk
        .do_(&story.party_path(1, "consent"), yes)
        .blocked_by("mandate_invalid");
}

#[test]
fn g_13_a_childs_view_is_for_the_team_alone() {
    let app = TestApp::new();
    let story = child_case(&app);
    let clerk = story.clerk(&app);
    let words = "我想跟奶奶一起住";
    clerk
        .do_(&story.party_path(1, "child-view"), json!({"text": words}))
        .blocked_by("wrong_state");
    let told = clerk
        .do_(&story.party_path(0, "child-view"), json!({"text": words}))
        .ok();
    assert_eq!(told["child_view_recorded"], true);
    assert!(!told.to_string().contains(words));
    let events = clerk.get(&story.path("timeline")).ok().to_string();
    assert!(events.contains("child_view_recorded") && !events.contains(words));

    let reveal = story.party_path(0, "reveal");
    let desk = app
        .client(story.place.clerk)
        .with("x-access-purpose", "call%20family");
    assert_eq!(
        desk.post(&reveal, json!({})).ok()["child_view"],
        Value::Null
    );
    join_team(&app, &story, "chenyuee", TeamRole::Chair);
    let chair = app
        .client("chenyuee")
        .with("x-access-purpose", "prepare%20session");
    assert_eq!(chair.post(&reveal, json!({})).ok()["child_view"], words);
}

#[test]
fn g_14_an_agent_needs_a_signed_mandate_with_the_scope() {
    let app = TestApp::new();
    let story = stories::screened_with(&app, "shanglong", stories::neighbours());
    let clerk = story.clerk(&app);
    let agent = |mandate: Value| {
        json!({"kind": "agent", "party_id": story.respondent(), "name": "江海涛",
        "id_no": id_number("19800301", "003"), "mandate": mandate})
    };
    let doc = participants(
        &app,
        &story,
        json!({"kind": "agent", "party_id": story.respondent(), "name": "江海涛"}),
    )
    .problem(422, "invalid");
    assert_eq!(
        (&doc["errors"][0]["pointer"], &doc["errors"][0]["code"]),
        (&json!("/mandate"), &json!("required"))
    );
    let doc = participants(
        &app,
        &story,
        agent(json!({"scopes": [], "from": "2026-03-01", "signed_by_principal": true})),
    )
    .problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/mandate/scopes");
    participants(
        &app,
        &story,
        agent(json!({"scopes": ["settle"], "from": "2026-03-01", "signed_by_principal": false})),
    )
    .blocked_by("mandate_invalid");
    participants(&app, &story, agent(json!({"scopes": ["settle"], "from": "2025-03-01", "until": "2026-03-01", "signed_by_principal": true})))
        .blocked_by("mandate_invalid");
    participants(
        &app,
        &story,
        agent(
            json!({"scopes": ["settle"], "from": "2026-03-01", "signed_by_principal": true,
        "document_id": "01928c3e-7a10-7cc0-8d53-2f4b6a90c1de"}),
        ),
    )
    .blocked_by("unknown_reference");
    let mut stranger =
        agent(json!({"scopes": ["settle"], "from": "2026-03-01", "signed_by_principal": true}));
    stranger["user_id"] = json!("01928c3e-7a10-7cc0-8d53-2f4b6a90c1de");
    let doc = participants(&app, &story, stranger).problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/user_id");

    // The scope `settle` is not the scope `apply`.
    let narrow = id_of(
        &participants(
            &app,
            &story,
            agent(json!({"scopes": ["settle"], "from": "2026-03-01", "signed_by_principal": true})),
        )
        .ok(),
    );
    let yes = |by: &str| json!({"answer": "given", "via": "signed", "by_participant": by});
    let path = story.party_path(1, "consent");
    clerk.do_(&path, yes(&narrow)).blocked_by("mandate_invalid");
    // One agent for both sides: no, also under a new phone.
    participants(
        &app,
        &story,
        json!({"kind": "agent", "party_id": story.applicant(), "name": "江海涛",
        "id_no": id_number("19800301", "003"), "phone": "13900000077",
        "mandate": {"scopes": ["attend"], "from": "2026-03-01", "signed_by_principal": true}}),
    )
    .blocked_by("agent_both_sides");
    // The other party itself is no agent either.
    participants(
        &app,
        &story,
        json!({"kind": "agent", "party_id": story.respondent(), "name": "叶长根",
        "mandate": {"scopes": ["attend"], "from": "2026-03-01", "signed_by_principal": true}}),
    )
    .blocked_by("agent_both_sides");

    clerk
        .do_(
            &story.path(&format!("participants/{narrow}/revoke")),
            json!({}),
        )
        .ok();
    clerk
        .do_(
            &story.path(&format!("participants/{narrow}/revoke")),
            json!({}),
        )
        .blocked_by("wrong_state");
    let wide = id_of(&participants(&app, &story, agent(json!({"scopes": ["apply", "attend"], "from": "2026-03-01", "signed_by_principal": true}))).ok());
    clerk.do_(&path, yes(&narrow)).blocked_by("mandate_invalid");
    clerk.do_(&path, yes(&wide)).ok();
    let list = clerk.get(&story.path("participants")).ok();
    let revoked: Vec<bool> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| !p["revoked_at"].is_null())
        .collect();
    assert_eq!(revoked, [true, false]);
    assert_eq!(list["data"][0]["id_no_masked"].as_str().unwrap().len(), 18);
    assert!(!list.to_string().contains(&id_number("19800301", "003")));
}

#[test]
fn g_11_an_invited_person_needs_each_partys_word() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let elder = participants(
        &app,
        &story,
        json!({"kind": "invited", "name": "叶太公", "relation": "族老"}),
    )
    .ok();
    assert_eq!(
        elder["consents_missing"],
        json!([story.applicant(), story.respondent()])
    );
    participants(&app, &story, json!({"kind": "invited", "name": "叶太公"}))
        .blocked_by("already_done");
    let path = story.path(&format!("participants/{}/consents", id_of(&elder)));
    let say =
        |party: &str, given: bool| clerk.do_(&path, json!({"party_id": party, "given": given}));
    say(story.applicant(), true).ok();
    let after = say(story.respondent(), false).ok();
    assert_eq!(after["consents_missing"], json!([story.respondent()]));
    assert_eq!(after["consents"].as_array().unwrap().len(), 2);
    // A later word replaces the earlier.
    let after = say(story.respondent(), true).ok();
    assert_eq!(after["consents_missing"], json!([]));
    assert_eq!(after["consents"].as_array().unwrap().len(), 2);
    let other = stories::accepted_case(&app, "shanglong");
    say(other.applicant(), true).problem(422, "unknown_reference");
    // Interpreters come by office.
    let interpreter =
        participants(&app, &story, json!({"kind": "interpreter", "name": "许译"})).ok();
    assert_eq!(interpreter["consents_missing"], json!([]));
    let none = story.path(&format!("participants/{}/consents", id_of(&interpreter)));
    clerk
        .do_(&none, json!({"party_id": story.applicant(), "given": true}))
        .blocked_by("wrong_state");
    let foreign = other.path(&format!("participants/{}/revoke", id_of(&elder)));
    clerk.do_(&foreign, json!({})).problem(404, "not_found");
    // The county reads the list with names masked.
    let masked = app
        .client("zhanglixin")
        .get(&story.path("participants"))
        .ok();
    assert_eq!(masked["data"][0]["name"], "叶某某");
    assert_eq!(masked["data"][0]["relation"], Value::Null);
}

#[test]
fn a_party_accepts_its_mediator() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let chair = join_team(&app, &story, "chenyuee", TeamRole::Chair);
    let assistant = join_team(&app, &story, "liujianhong", TeamRole::Assistant);
    let clerk = story.clerk(&app);
    let path = story.party_path(0, "accept-mediator");
    clerk
        .do_(&path, json!({"assignment_id": assistant}))
        .problem(422, "unknown_reference");
    let said = clerk.do_(&path, json!({"assignment_id": chair})).ok();
    assert_eq!(said["accepted_mediators"], json!([chair]));
    clerk
        .do_(&path, json!({"assignment_id": chair}))
        .blocked_by("already_done");
}
