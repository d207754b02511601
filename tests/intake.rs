//! Intake over HTTP: registration, receipt, duplicates, numbers, refusal.

use serde_json::{Value, json};

use crate::support::moves::registered;
use crate::support::{Client, TestApp};

pub fn neighbours() -> Value {
    json!({
        "type": "neighbour", "source": "application", "channel": "village_station",
        "summary": "叶阿六家檐沟的水滴到叶长根家墙上。",
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": "叶长根", "phone": "13900000001"},
            {"role": "respondent", "kind": "natural_person", "name": "叶阿六"}
        ],
        "issues": [{"text": "檐沟滴水", "claim": "改道"}]
    })
}

fn case_of(v: &Value) -> String {
    v["id"].as_str().unwrap().to_owned()
}

fn screen_body() -> Value {
    json!({"civil": true, "special_organ": false, "accepted_elsewhere": false, "clear_parties": true, "concrete_claim": true})
}

#[test]
fn a_registration_gives_a_receipt_that_the_trail_holds() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let made = steward.post("/cases", neighbours());
    assert_eq!(made.status, 201);
    assert_eq!(made.version(), 1);
    let location = made.header("location").unwrap().to_owned();
    let case = made.ok();
    assert_eq!(case["state"], "registered");
    assert_eq!(case["next_step"], "screen");
    assert!(case["case_no"].is_null());
    let receipt = steward.get(&format!("{location}/receipt")).ok();
    assert_eq!(receipt, case["receipt"]);
    let timeline = steward.get(&format!("{location}/timeline")).ok();
    let issued = timeline["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["action"] == "receipt_issued")
        .unwrap();
    assert_eq!(issued["event"]["sha256"], receipt["sha256"]);
    assert!(
        timeline["data"][0]["text"]
            .as_str()
            .unwrap()
            .contains("上垅村心灵驿站"),
        "{timeline}"
    );
}

#[test]
fn all_faults_are_told_at_once_and_nothing_is_kept() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let bad = json!({"type": "quarrel", "source": "application", "summry": "x",
        "parties": [{"role": "applicant", "kind": "natural_person", "name": "甲", "id_no": "359901199001010000", "phone": "12"}]});
    let doc = steward.post("/cases", bad).problem(422, "invalid");
    let mut seen: Vec<String> = doc["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            format!(
                "{} {}",
                e["pointer"].as_str().unwrap(),
                e["code"].as_str().unwrap()
            )
        })
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [
            "/channel required",
            "/parties/0/id_no invalid_id_number",
            "/parties/0/phone invalid_phone",
            "/summary required",
            "/summry unknown_field",
            "/type unknown_code"
        ]
    );
    assert_eq!(
        steward.get("/cases").ok()["data"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn the_same_key_makes_one_case() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let body = neighbours().to_string().into_bytes();
    let headers = [
        ("idempotency-key", "0123456789abcdef"),
        ("content-type", "application/json"),
    ];
    let first = steward.raw("POST", "/api/v1/cases", &headers, body.clone());
    let second = steward.raw("POST", "/api/v1/cases", &headers, body);
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    let other = neighbours()
        .to_string()
        .replace("檐沟", "水沟")
        .into_bytes();
    steward
        .raw("POST", "/api/v1/cases", &headers, other)
        .problem(422, "idempotency_key_reused");
    steward
        .raw("POST", "/api/v1/cases", &headers[1..], b"{}".to_vec())
        .problem(400, "idempotency_key_required");
    // Another person's equal key is independent.
    let head = app.client("zhengguoxing");
    let third = head.raw(
        "POST",
        "/api/v1/cases",
        &headers,
        neighbours().to_string().into_bytes(),
    );
    assert_eq!(third.status, 201);
    assert_ne!(third.json()["id"], first.json()["id"]);
}

/// Registers, screens and has the other party consent; the case stands before acceptance.
fn before_acceptance(steward: &Client<'_>, body: Value) -> String {
    let id = case_of(&steward.post("/cases", body).ok());
    steward
        .do_(&format!("/cases/{id}/screen"), screen_body())
        .ok();
    id
}

#[test]
fn acceptance_needs_the_other_partys_word() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let id = before_acceptance(&steward, neighbours());
    let accept = json!({"committee_id": jieyou::cli::demo::county::committee("cv_shanglong"), "jurisdiction_basis": "dispute_place"});
    let doc = steward
        .do_(&format!("/cases/{id}/accept"), accept)
        .blocked_by("consent_missing");
    assert_eq!(doc["rule"], "G-01");
    assert_eq!(doc["basis"], "人民调解法 第十七条");
}

#[test]
fn a_stale_version_is_told_what_changed() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let id = case_of(&steward.post("/cases", neighbours()).ok());
    steward
        .act(&format!("/cases/{id}/screen"), 1, screen_body())
        .ok();
    let doc = steward
        .act(&format!("/cases/{id}/screen"), 1, screen_body())
        .problem(412, "precondition_failed");
    assert_eq!(doc["current_etag"], "\"2\"");
    assert_eq!(doc["changed"][0]["what"], "case_screened");
    steward
        .post(&format!("/cases/{id}/screen"), screen_body())
        .problem(428, "if_match_required");
}

#[test]
fn a_dry_run_leaves_no_trace() {
    let app = TestApp::new();
    let dry = app.client("yeshanglong").with("prefer", "handling=dry-run");
    let would = dry.post("/cases", neighbours()).ok();
    assert_eq!(would["dry_run"], true);
    assert_eq!(would["effects"][0]["type"], "case_registered");
    assert_eq!(
        app.client("yeshanglong").get("/cases").ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn duplicates_are_offered_within_sight() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let first = case_of(&steward.post("/cases", neighbours()).ok());
    let again = steward.post("/cases", neighbours()).ok();
    let offered = again["duplicate_candidates"].as_array().unwrap();
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0]["case"]["id"], first.as_str());
    let shared: Vec<&str> = offered[0]["shared"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s.as_str().unwrap())
        .collect();
    assert_eq!(shared, ["name_type", "phone"]);
    // Another village does not learn of it.
    let other = app
        .client("ganhukou")
        .post(
            "/duplicate-candidates",
            json!({"parties": [{"name": "叶长根", "phone": "13900000001"}]}),
        )
        .ok();
    assert_eq!(other["data"].as_array().unwrap().len(), 0);
}

#[test]
fn merging_is_reversible_and_keeps_both_histories() {
    let app = TestApp::new();
    let head = app.client("zhengguoxing");
    let a = case_of(&head.post("/cases", neighbours()).ok());
    let b = case_of(&head.post("/cases", neighbours()).ok());
    let merged = head
        .do_(&format!("/cases/{b}/merge"), json!({"into": a}))
        .ok();
    assert_eq!(
        (
            merged["state"].as_str(),
            merged["detail"]["merged_into"].as_str()
        ),
        (Some("merged"), Some(a.as_str()))
    );
    head.do_(&format!("/cases/{b}/screen"), screen_body())
        .problem(409, "illegal_transition");
    let back = head.do_(&format!("/cases/{b}/unmerge"), json!({})).ok();
    assert_eq!(back["state"], "registered");
    let timeline = head.get(&format!("/cases/{b}/timeline")).ok();
    let actions: Vec<&str> = timeline["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].as_str().unwrap())
        .collect();
    assert!(
        actions.ends_with(&["case_merged", "case_unmerged"]),
        "{actions:?}"
    );
}

#[test]
fn search_finds_two_character_words_in_sight_only() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let id = case_of(&steward.post("/cases", neighbours()).ok());
    for words in ["檐沟", "长根", "叶阿六", "滴到叶长根家"] {
        let found = steward.post("/case-searches", json!({"text": words})).ok();
        assert_eq!(found["data"][0]["id"], id.as_str(), "{words}");
    }
    assert_eq!(
        steward.post("/case-searches", json!({"text": "宅基"})).ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        app.client("ganhukou")
            .post("/case-searches", json!({"text": "檐沟"}))
            .ok()["data"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    app.client("sysadmin")
        .post("/case-searches", json!({"text": "檐沟"}))
        .problem(403, "forbidden");
}

/// Administrators never read case content; strangers do not learn that it exists.
#[test]
fn who_may_not_see_a_case() {
    let app = TestApp::new();
    let id = case_of(&app.client("yeshanglong").post("/cases", neighbours()).ok());
    app.client("sysadmin")
        .get(&format!("/cases/{id}"))
        .problem(403, "forbidden");
    let hidden = app
        .client("ganhukou")
        .get(&format!("/cases/{id}"))
        .problem(404, "not_found");
    let absent = app
        .client("ganhukou")
        .get("/cases/01900000-0000-7000-8000-00000000dead")
        .problem(404, "not_found");
    assert_eq!(hidden["title"], absent["title"]);
    app.anonymous()
        .get(&format!("/cases/{id}"))
        .problem(401, "unauthenticated");
    // The county sees the metadata with names masked.
    let masked = app
        .client("zhanglixin")
        .get(&format!("/cases/{id}?include=parties"))
        .ok();
    assert_eq!(masked["summary"], Value::Null);
    assert_eq!(masked["parties"][0]["name"], "叶某某");
    assert_eq!(masked["parties"][0]["phone_masked"], Value::Null);
}

#[test]
fn the_desk_reads_its_queue_by_risk() {
    let app = TestApp::new();
    let village = app.client("yeshanglong");
    let cases: Vec<String> = (0..5)
        .map(|_| {
            app.forward_minutes(1);
            registered(&app).to_string()
        })
        .collect();
    for (case, level) in [(4, "red"), (2, "orange"), (3, "orange")] {
        let path = format!("/cases/{}/risk", cases[case]);
        village.do_(&path, json!({"level": level})).ok();
    }
    let order = |query: &str| -> Vec<String> {
        let (mut seen, mut at) = (Vec::new(), query.to_owned());
        loop {
            let page = village.get(&format!("/cases{at}")).ok();
            for case in page["data"].as_array().unwrap() {
                seen.push(case["id"].as_str().unwrap().to_owned());
            }
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => at = format!("{query}&cursor={cursor}"),
                None => return seen,
            }
        }
    };
    let wanted: Vec<String> = [4, 2, 3, 0, 1].map(|n| cases[n].clone()).to_vec();
    for limit in 1..=6 {
        for queue in ["desk", "all", "registered"] {
            let query = format!("?queue={queue}&sort=-risk,due&limit={limit}");
            assert_eq!(order(&query), wanted, "{query}");
        }
    }
    assert_eq!(order("?sort=-risk,due&risk=orange&limit=1"), wanted[1..3]);
    for bad in ["-risk", "risk", "-risk,-due", "due,-risk", "-risk,due,id"] {
        village
            .get(&format!("/cases?sort={bad}"))
            .problem(400, "bad_query");
    }
    // A cursor belongs to its order.
    let page = village.get("/cases?sort=-risk,due&limit=2").ok();
    let cursor = page["page"]["next_cursor"].as_str().unwrap();
    village
        .get(&format!("/cases?sort=due&limit=2&cursor={cursor}"))
        .problem(400, "bad_cursor");
}
