//! G-01 and G-02: express consent, and the end of it.

use serde_json::json;

use super::{actions, in_roster, timeline};
use crate::support::{TestApp, stories};

#[test]
fn a_case_is_accepted_in_villages_and_townships() {
    let app = TestApp::new();
    for unit in [
        "shanglong",
        "zhukeng",
        "wanghu",
        "fengxi",
        "liping",
        "county",
    ] {
        let story = stories::accepted_case(&app, unit);
        let case = story.now(&app);
        assert_eq!(case["state"], "accepted", "{unit}");
        assert_eq!(case["next_step"], "assign", "{unit}");
    }
}

#[test]
fn only_an_express_yes_is_consent() {
    let app = TestApp::new();
    let story = stories::screened_with(&app, "shanglong", stories::neighbours());
    let clerk = story.clerk(&app);
    let asked = clerk
        .do_(&story.party_path(1, "ask-consent"), json!({}))
        .ok();
    assert_eq!(asked["consent"], "pending");
    let case = story.now(&app);
    assert_eq!(
        (&case["state"], &case["next_step"]),
        (&json!("consent_pending"), &json!("ask_consent"))
    );
    // The applicant consented by applying; asking again is pointless.
    clerk
        .do_(&story.party_path(0, "ask-consent"), json!({}))
        .blocked_by("already_done");

    let path = story.party_path(1, "consent");
    for (body, pointer, code) in [
        (
            json!({"answer": "withdrawn", "via": "phone"}),
            "/answer",
            "not_applicable",
        ),
        (
            json!({"answer": "pending", "via": "phone"}),
            "/answer",
            "not_applicable",
        ),
        (
            json!({"answer": true, "via": "phone"}),
            "/answer",
            "string_expected",
        ),
        (json!({"answer": "given"}), "/via", "required"),
        (
            json!({"answer": "given", "via": "silence"}),
            "/via",
            "unknown_code",
        ),
    ] {
        let doc = clerk.do_(&path, body).problem(422, "invalid");
        assert_eq!(doc["errors"][0]["pointer"], pointer);
        assert_eq!(doc["errors"][0]["code"], code);
    }
    // A respondent does not consent by applying, and nobody consents tomorrow.
    clerk
        .do_(&path, json!({"answer": "given", "via": "application"}))
        .blocked_by("contradiction");
    clerk
        .do_(
            &path,
            json!({"answer": "given", "via": "phone", "at": "2026-03-03T01:00:00Z"}),
        )
        .blocked_by("in_future");
    let accept = stories::acceptance(story.place);
    let doc = clerk
        .do_(&story.path("accept"), accept.clone())
        .blocked_by("consent_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!([story.respondent()]));

    let said = clerk
        .do_(&path, json!({"answer": "given", "via": "phone"}))
        .ok();
    assert_eq!(
        (&said["consent"], &said["consent_via"]),
        (&json!("given"), &json!("phone"))
    );
    assert_eq!(story.now(&app)["next_step"], "accept");
    clerk.do_(&story.path("accept"), accept).ok();
}

/// "不要你们管"; nobody is pressed, and nothing but the end is open.
#[test]
fn a_refusal_leaves_only_termination() {
    let app = TestApp::new();
    let mut body = stories::neighbours();
    body["source"] = json!("ex_officio");
    body["channel"] = json!("patrol");
    body["parties"][0]["name"] = json!("吴桂花");
    body["parties"][1]["name"] = json!("吴金发");
    let story = stories::screened_with(&app, "suban", body);
    let clerk = story.clerk(&app);
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(
        roster["consent_missing"].as_array().unwrap().len(),
        2,
        "nobody applied"
    );
    clerk
        .do_(&story.party_path(1, "ask-consent"), json!({}))
        .ok();
    clerk
        .do_(
            &story.party_path(0, "consent"),
            json!({"answer": "given", "via": "in_person"}),
        )
        .ok();
    let refusal = json!({"answer": "refused", "via": "in_person", "words": "不要你们管"});
    let said = clerk
        .do_(&story.party_path(1, "consent"), refusal.clone())
        .ok();
    assert_eq!(said["consent"], "refused");

    let case = story.now(&app);
    assert_eq!(case["state"], "consent_pending");
    assert_eq!(case["next_step"], "close");
    assert_eq!(
        case["detail"]["stop_demanded_by"],
        json!([story.respondent()])
    );
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(roster["stop_demanded"], json!([story.respondent()]));

    let doc = clerk
        .do_(&story.path("accept"), stories::acceptance(story.place))
        .blocked_by("stop_demanded");
    let codes: Vec<&str> = doc["blocked_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["consent_missing", "stop_demanded"]);
    clerk
        .do_(&story.party_path(1, "ask-consent"), json!({}))
        .blocked_by("stop_demanded");
    clerk
        .do_(&story.party_path(1, "consent"), refusal)
        .blocked_by("already_done");

    // What was said is nobody's headline: neither the trail nor the roster holds it.
    assert!(!format!("{:?}", timeline(&app, &story)).contains("不要你们管"));
    assert!(!roster.to_string().contains("不要你们管"));
    assert!(actions(&app, &story).ends_with(&["consent_given".into(), "consent_refused".into()]));
}

#[test]
fn who_refused_may_come_back_by_themselves() {
    let app = TestApp::new();
    let story = stories::screened_with(&app, "suban", stories::neighbours());
    let clerk = story.clerk(&app);
    let path = story.party_path(1, "consent");
    clerk
        .do_(&path, json!({"answer": "refused", "via": "phone"}))
        .ok();
    clerk
        .do_(&path, json!({"answer": "given", "via": "signed"}))
        .ok();
    let case = story.now(&app);
    assert_eq!(case["detail"]["stop_demanded_by"], json!([]));
    assert_eq!(case["next_step"], "accept");
    clerk
        .do_(&story.path("accept"), stories::acceptance(story.place))
        .ok();
}

#[test]
fn a_party_may_demand_the_end_at_any_time() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "fengxi");
    let clerk = story.clerk(&app);
    let path = story.party_path(0, "demand-termination");
    let said = clerk.do_(&path, json!({"via": "signed"})).ok();
    assert_eq!(said["consent"], "withdrawn");
    clerk
        .do_(&path, json!({"via": "signed"}))
        .blocked_by("already_done");
    let case = story.now(&app);
    assert_eq!(
        (&case["state"], &case["next_step"]),
        (&json!("accepted"), &json!("close"))
    );
    assert_eq!(
        case["detail"]["stop_demanded_by"],
        json!([story.applicant()])
    );
    // Due within a working day: it is Monday.
    assert!(
        case["next_due_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-03-03"),
        "{case}"
    );
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(
        in_roster(&roster, story.applicant())["consent_via"],
        "signed"
    );
}

#[test]
fn rights_are_told_to_each_party() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let path = story.party_path(1, "rights-notice");
    clerk
        .do_(&path, json!({"at": "2027-01-01T00:00:00Z"}))
        .blocked_by("in_future");
    let told = clerk.do_(&path, json!({})).ok();
    assert_eq!(told["rights_notice_at"], json!(app.now()));
}

#[test]
fn acts_on_parties_keep_the_order_of_the_edge() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let other = stories::accepted_case(&app, "shanglong");
    let clerk = story.clerk(&app);
    let body = json!({"via": "phone"});
    // A party of another case is none of this one.
    let mixed = story.path(&format!(
        "parties/{}/demand-termination",
        other.respondent()
    ));
    clerk.do_(&mixed, body.clone()).problem(404, "not_found");
    let path = story.party_path(1, "demand-termination");
    clerk
        .post(&path, body.clone())
        .problem(428, "if_match_required");
    clerk
        .act(&path, 1, body.clone())
        .problem(412, "precondition_failed");
    // Strangers do not learn of the case; the justice office sees it but may not act.
    app.client("ganhukou")
        .do_(&path, body.clone())
        .problem(404, "not_found");
    app.client("huangzhiyuan")
        .do_(&path, body.clone())
        .problem(403, "forbidden");
    app.client("sysadmin")
        .do_(&path, body.clone())
        .problem(403, "forbidden");
    app.anonymous()
        .do_(&path, body.clone())
        .problem(401, "unauthenticated");
    // A dry run tells the facts and keeps nothing.
    let dry = app
        .client(story.place.clerk)
        .with("prefer", "handling=dry-run");
    let would = dry.do_(&path, body).ok();
    assert_eq!(would["effects"][0]["type"], "consent_withdrawn");
    assert_eq!(story.now(&app)["detail"]["stop_demanded_by"], json!([]));
}
