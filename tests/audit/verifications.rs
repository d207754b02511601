//! Verifications that auditors ask for: queued, one at a time, audited, honest after a restart.

use serde_json::{Value, json};

use super::kit::{self, Owner};
use super::rotation::rotate;
use crate::support::TestApp;

const PATH: &str = "/audit/verifications";

fn ask(app: &TestApp) -> Value {
    let answer = app.client("shenji").post(PATH, json!({}));
    assert_eq!(answer.status, 202, "{}", answer.text);
    let run = answer.json();
    let place = format!("/api/v1{PATH}/{}", run["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), Some(place.as_str()));
    run
}

fn one(app: &TestApp, run: &Value) -> Value {
    let path = format!("{PATH}/{}", run["id"].as_str().unwrap());
    app.client("shenji").get(&path).ok()
}

/// The runs in the ledger, oldest first.
fn told(app: &TestApp) -> Vec<String> {
    let mut rows = Owner::of(app).events();
    rows.retain(|r| r.action.starts_with("verification_"));
    rows.into_iter().map(|r| r.action).collect()
}

#[test]
fn a_run_is_queued_and_answers_when_it_is_done() {
    let app = TestApp::new();
    kit::town(&app);
    let run = ask(&app);
    assert_eq!(
        (&run["state"], &run["ok"], &run["report"]),
        (&json!("queued"), &Value::Null, &Value::Null)
    );
    // One at a time: another waits for nobody.
    app.client("shenji")
        .post(PATH, json!({}))
        .problem(409, "conflict");
    assert!(kit::run_verification(&app));
    assert!(!kit::run_verification(&app));
    let done = one(&app, &run);
    assert_eq!(
        (&done["state"], &done["ok"], &done["node"]),
        (&json!("done"), &json!(true), &json!("node1"))
    );
    let read = done["progress"]["read"].as_i64().unwrap();
    assert_eq!(done["progress"]["total"], read);
    assert!(read > done["report"]["events"].as_i64().unwrap());
    assert_eq!(told(&app), ["verification_requested", "verification_ended"]);

    let next = ask(&app);
    let list = app.client("shenji").get(PATH).ok();
    let ids: Vec<&Value> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| &r["id"])
        .collect();
    assert_eq!(ids, [&next["id"], &run["id"]]);
    assert!(
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .all(|r| r["report"].is_null())
    );
    for who in ["sysadmin", "secadmin", "hemeiling", "zhouminghua"] {
        let caller = app.client(who);
        caller.get(PATH).problem(403, "forbidden");
        caller
            .get(&format!("{PATH}/{}", run["id"].as_str().unwrap()))
            .problem(403, "forbidden");
    }
    app.client("shenji")
        .get(&format!("{PATH}/01920000-0000-7000-8000-00000000000a"))
        .problem(404, "not_found");
}

#[test]
fn a_run_that_broke_off_says_so_and_makes_room() {
    let app = TestApp::new();
    kit::town(&app);
    // A node that died while it ran: its next start says so.
    let first = ask(&app);
    let ctx = kit::ctx_of(&app, "shenji");
    let take = || {
        app.state
            .db
            .write_now(&ctx, |tx| tx.take_up_verification("node1"))
            .unwrap()
    };
    take().unwrap();
    let left = kit::runtime()
        .block_on(kit::verifier(&app).abort_left())
        .unwrap();
    assert_eq!((left, &one(&app, &first)["state"]), (1, &json!("aborted")));
    // A node that never came back: the next request gives it up, after ten minutes of silence.
    let second = ask(&app);
    take().unwrap();
    app.client("shenji")
        .post(PATH, json!({}))
        .problem(409, "conflict");
    app.forward_minutes(11);
    let third = ask(&app);
    assert_eq!(one(&app, &second)["state"], "aborted");
    // An orderly end breaks it off.
    let (stop, mut stopped) = tokio::sync::watch::channel(true);
    kit::runtime()
        .block_on(kit::verifier(&app).round(&mut stopped))
        .unwrap();
    drop(stop);
    let state = one(&app, &third)["state"].clone();
    assert!(state == "aborted" || state == "done", "{state}");
    kit::sound(&app);
}

#[test]
fn the_key_that_is_trusted_may_be_named() {
    let app = TestApp::new();
    let first = kit::key(&app).to_string();
    kit::remark(&app, "shenji");
    rotate(&app);
    kit::sign(&app).unwrap();
    assert_eq!(kit::asked(&app, json!({"public_key": first}))["ok"], true);
    let stranger =
        jieyou::crypto::ledger::key::SigningKey::from_seed(&app.config.audit_origin, &[7; 32]);
    let stranger = stranger.unwrap().verifying().to_string();
    let report = kit::asked(&app, json!({"public_key": stranger}));
    assert_eq!(
        (&report["ok"], &report["faults"][0]["kind"]),
        (&json!(false), &json!("note"))
    );
    app.client("shenji")
        .post(PATH, json!({"public_key": "nonsense"}))
        .problem(422, "invalid");
}
