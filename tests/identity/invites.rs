use jieyou::cli::demo::county;
use jieyou::domain::ids::UserId;
use serde_json::json;

use super::*;

const NEW: &str = "lantern pebble orbit sugar";

fn redeem(app: &TestApp, code: &str, password: &str) -> Answer {
    let body = json!({"code": code, "new_password": password});
    call(app, "/auth/invites/redeem", &body, &[])
}

/// A new user: id and code.
fn invite(app: &TestApp, username: &str) -> (String, String) {
    let made = app
        .client("sysadmin")
        .post("/users", json!({"username": username, "name": "甲乙"}))
        .ok();
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    (text(&made["user"]["id"]), text(&made["invite"]["code"]))
}

#[test]
fn a_code_sets_a_password_once() {
    let app = TestApp::new();
    let (id, code) = invite(&app, "neuling");
    try_login(&app, "neuling", NEW, &device()).problem(401, "bad_credentials");
    // a weak wish does not use the code up; case and separators do not matter
    redeem(&app, &code, "neuling").problem(422, "weak_password");
    let typed = code.to_lowercase().replace('-', " ");
    assert_eq!(redeem(&app, &typed, NEW).ok()["username"], "neuling");
    redeem(&app, &code, NEW).problem(422, "bad_invite");
    app.forward_minutes(1);
    let t = Tokens::of(&try_login(&app, "neuling", NEW, &device()).ok(), "");
    assert_eq!(t.get(&app, "/auth/me").ok()["user"]["state"], "active");
    let seen = events(&app, &format!("user/{id}"), 5);
    let codes: Vec<&str> = seen.iter().map(|(_, _, e)| e.code()).collect();
    assert_eq!(
        codes,
        [
            "logged_in",
            "user_state_changed",
            "password_changed",
            "invite_issued",
            "user_created"
        ]
    );
    assert_eq!(seen[2].0, format!("user/{id}"), "he set it himself");
    assert_eq!(seen[3].0, format!("user/{}", county::user("sysadmin")));
}

#[test]
fn the_code_stands_in_one_answer_and_nowhere_else() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let key = "neuling-key-0123456789";
    let body = json!({"username": "neuling", "name": "甲乙"})
        .to_string()
        .into_bytes();
    let headers = [
        ("content-type", "application/json"),
        ("idempotency-key", key),
    ];
    let made = admin.raw("POST", "/api/v1/users", &headers, body.clone());
    assert_eq!(
        (made.status, made.header("cache-control")),
        (201, Some("no-store"))
    );
    let code = made.json()["invite"]["code"].as_str().unwrap().to_owned();
    // a lost answer heals under the same key, byte for byte
    let again = admin.raw("POST", "/api/v1/users", &headers, body);
    assert_eq!(again.text, made.text);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let id = made.json()["user"]["id"].as_str().unwrap().to_owned();
    let shown = admin.get(&format!("/users/{id}")).text;
    assert!(!shown.contains(&code));
    for (_, _, fact) in events(&app, &format!("user/{id}"), 10) {
        assert!(!format!("{fact:?}").contains(&code));
    }
}

/// Unknown, malformed, expired, used and withdrawn codes are refused alike (S6).
#[test]
fn every_dead_code_looks_alike() {
    let app = TestApp::new();
    let (_, expired) = invite(&app, "expired");
    app.forward_minutes(24 * 60);
    let (_, used) = invite(&app, "used");
    redeem(&app, &used, NEW).ok();
    let (id, withdrawn) = invite(&app, "withdrawn");
    let admin = app.client("sysadmin");
    admin.post(&format!("/users/{id}/reset"), json!({})).ok();
    let (id, disabled) = invite(&app, "disabled");
    admin.post(&format!("/users/{id}/disable"), json!({})).ok();
    let mut seen = Vec::new();
    for code in [
        "0000-0000-0000-0000-0000-0000-0000",
        "nonsense!",
        "解忧",
        &expired,
        &used,
        &withdrawn,
        &disabled,
    ] {
        app.forward_minutes(1);
        let answer = redeem(&app, code, NEW);
        let names: Vec<String> = answer.headers.keys().map(ToString::to_string).collect();
        let mut doc = answer.problem(422, "bad_invite");
        doc["request_id"] = json!(null);
        seen.push((names, doc));
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]), "{seen:#?}");
}

#[test]
fn codes_cannot_be_tried_at_speed() {
    let app = TestApp::new();
    for _ in 0..10 {
        redeem(&app, "0000-0000-0000-0000-0000-0000-0000", NEW).problem(422, "bad_invite");
    }
    redeem(&app, "0000-0000-0000-0000-0000-0000-0000", NEW).problem(429, "too_many_requests");
}

#[test]
fn a_reset_takes_password_and_logins_away() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let id = county::user("chenyuee");
    let admin = app.client("sysadmin");
    let answer = admin.post(&format!("/users/{id}/reset"), json!({})).ok();
    assert_eq!(answer["user"]["state"], "invited");
    t.get(&app, "/auth/me").problem(401, "unauthenticated");
    t.refresh(&app).problem(401, "unauthenticated");
    try_login(&app, "chenyuee", PASSWORD, &device()).problem(401, "bad_credentials");
    redeem(&app, answer["invite"]["code"].as_str().unwrap(), NEW).ok();
    app.forward_minutes(1);
    try_login(&app, "chenyuee", NEW, &device()).ok();
    assert!(inbox(&app, "chenyuee").contains(&"password_reset".to_owned()));
    // nobody but an administrator, and not for himself
    let me = county::user("sysadmin");
    admin
        .post(&format!("/users/{me}/reset"), json!({}))
        .problem(409, "own_account");
    for name in ["secadmin", "zhengguoxing", "shenji"] {
        let c = app.client(name);
        c.post(&format!("/users/{id}/reset"), json!({}))
            .problem(403, "forbidden");
    }
    // the administrator cannot choose a password
    let body = json!({"password": NEW});
    admin
        .post(&format!("/users/{id}/reset"), body)
        .problem(422, "invalid");
}

#[test]
fn a_code_redeemed_twice_at_once_works_once() {
    let app = TestApp::new();
    for n in 0..5 {
        app.forward_minutes(1);
        let (id, code) = invite(&app, &format!("neuling{n}"));
        let statuses: Vec<u16> = std::thread::scope(|s| {
            let runs: Vec<_> = (0..3)
                .map(|_| s.spawn(|| redeem(&app, &code, NEW).status))
                .collect();
            runs.into_iter().map(|r| r.join().unwrap()).collect()
        });
        assert_eq!(
            statuses.iter().filter(|s| **s == 200).count(),
            1,
            "{statuses:?}"
        );
        let id = UserId::parse(&id).unwrap();
        let changed = facts(&app, &format!("user/{id}"), 9);
        assert_eq!(
            changed.iter().filter(|f| *f == "password_changed").count(),
            1
        );
    }
}
