use jieyou::cli::demo::county;
use serde_json::json;

use super::*;

const NEW: &str = "lantern pebble orbit sugar";

fn change(app: &TestApp, t: &Tokens, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    t.send(app, "POST", "/auth/password", Some(&body))
}

#[test]
fn a_new_password_ends_every_other_login() {
    let app = TestApp::new();
    let (mine, other) = (
        sign_in(&app, "chenyuee", &device()),
        sign_in(&app, "chenyuee", &device()),
    );
    assert_eq!(change(&app, &mine, PASSWORD, NEW).status, 204);
    mine.get(&app, "/auth/me").ok();
    other.get(&app, "/auth/me").problem(401, "unauthenticated");
    other.refresh(&app).problem(401, "unauthenticated");
    mine.refresh(&app).ok();
    try_login(&app, "chenyuee", PASSWORD, &device()).problem(401, "bad_credentials");
    app.forward_minutes(1);
    try_login(&app, "chenyuee", NEW, &device()).ok();
    let user = format!("user/{}", county::user("chenyuee"));
    let seen = facts(&app, &user, 3);
    assert_eq!(seen, ["logged_in", "login_revoked", "password_changed"]);
}

#[test]
fn the_present_password_is_asked_for_and_cannot_be_guessed_at() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    for _ in 0..10 {
        let doc = change(&app, &t, "not the password at all", NEW).problem(422, "invalid");
        assert_eq!(doc["errors"][0]["pointer"], "/current_password");
        assert_eq!(doc["errors"][0]["code"], "wrong_password");
    }
    change(&app, &t, PASSWORD, NEW).problem(429, "too_many_requests");
    app.forward_minutes(7);
    // the short-lived access token still lives: ten minutes
    assert_eq!(change(&app, &t, PASSWORD, NEW).status, 204);
}

#[test]
fn weak_passwords_are_refused_with_their_reasons() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let table = [
        ("short one", "password_too_short"),
        ("aaaaaaaaaaaaaaaaaaaa", "password_guessable"),
        ("云岭县凤溪乡解忧杂货铺陈月娥凤溪", "password_known_words"),
        ("chenyuee-chenyuee-yunling", ""),
    ];
    for (weak, code) in table {
        let doc = change(&app, &t, PASSWORD, weak).problem(422, "weak_password");
        let errors = doc["errors"].as_array().unwrap();
        assert!(errors.iter().all(|e| e["pointer"] == "/new_password"));
        assert!(
            code.is_empty() || errors.iter().any(|e| e["code"] == code),
            "{weak}: {doc}"
        );
        assert!(
            !doc.to_string().contains(weak),
            "the answer repeats the password"
        );
    }
    let long = format!("{NEW} {}", "x".repeat(120));
    let doc = change(&app, &t, PASSWORD, &long).problem(422, "weak_password");
    assert_eq!(doc["errors"][0]["code"], "password_too_long");
    let doc = change(&app, &t, PASSWORD, PASSWORD).problem(422, "invalid");
    assert_eq!(doc["errors"][0]["code"], "same_password");
    // too weak a wish costs no attempt: more than ten were made
    for _ in 0..6 {
        change(&app, &t, PASSWORD, "short one").problem(422, "weak_password");
    }
    assert_eq!(change(&app, &t, PASSWORD, NEW).status, 204);
}

#[test]
fn two_changes_at_once_do_not_both_win() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let wishes = [NEW, "竹林深处有一只喜欢下雨的猫在看书"];
    let statuses: Vec<u16> = std::thread::scope(|s| {
        let runs: Vec<_> = wishes
            .iter()
            .map(|w| s.spawn(|| change(&app, &t, PASSWORD, w).status))
            .collect();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    let won: Vec<usize> = (0..2).filter(|i| statuses[*i] == 204).collect();
    assert_eq!(won.len(), 1, "{statuses:?}");
    assert!(
        statuses.iter().all(|s| matches!(s, 204 | 409 | 422)),
        "{statuses:?}"
    );
    try_login(&app, "chenyuee", wishes[won[0]], &device()).ok();
}
