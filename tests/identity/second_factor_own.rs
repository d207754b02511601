//! Setting a factor up, giving it up, losing it, having to have it.

use jieyou::cli::demo::county;

use super::second_factor::{BASE, Pocket, begin, code_at, enrol, post, stream};
use super::*;

#[test]
fn setting_up_needs_the_password_and_a_right_code_in_time() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let confirm = "/auth/second-factor/confirm";
    post(&app, &t, confirm, json!({"code": "123456"})).problem(409, "no_second_factor");
    let doc = post(&app, &t, BASE, json!({"password": "not the password"})).problem(422, "invalid");
    assert_eq!(doc["errors"][0]["code"], "wrong_password");
    let secret = begin(&app, &t);
    let pocket = Pocket {
        secret: secret.clone(),
        codes: Vec::new(),
    };
    let doc = post(&app, &t, confirm, json!({"code": pocket.wrong(&app)})).problem(422, "invalid");
    assert_eq!(doc["errors"][0]["code"], "wrong_code");
    // not in force: the password alone still signs in
    sign_in(&app, "chenyuee", &device());
    // a second beginning makes the first secret worthless
    let newer = begin(&app, &t);
    let code = code_at(&secret, app.now());
    post(&app, &t, confirm, json!({"code": code})).problem(422, "invalid");
    app.forward_minutes(16);
    let t = sign_in(&app, "chenyuee", &device());
    let code = code_at(&newer, app.now());
    post(&app, &t, confirm, json!({"code": code})).problem(409, "no_second_factor");
}

#[test]
fn giving_it_up_needs_password_and_code() {
    let app = TestApp::new();
    let d = device();
    let t = sign_in(&app, "chenyuee", &d);
    let path = "/auth/second-factor/disable";
    let body = json!({"password": PASSWORD, "code": "123456"});
    post(&app, &t, path, body).problem(409, "no_second_factor");
    let pocket = enrol(&app, &t);
    let wrong = json!({"password": "not the password", "code": pocket.code(&app)});
    post(&app, &t, path, wrong).problem(422, "invalid");
    let wrong = json!({"password": PASSWORD, "code": pocket.wrong(&app)});
    post(&app, &t, path, wrong).problem(422, "invalid");
    let right = json!({"password": PASSWORD, "code": pocket.code(&app)});
    assert_eq!(post(&app, &t, path, right).status, 204);
    assert_eq!(
        facts(&app, &stream("chenyuee"), 1),
        ["second_factor_removed"]
    );
    app.forward_minutes(1);
    sign_in(&app, "chenyuee", &d);
}

#[test]
fn a_lost_factor_is_reset_by_the_security_administrator_alone() {
    let app = TestApp::new();
    let d = device();
    let t = sign_in(&app, "chenyuee", &d);
    let path = format!("/users/{}/second-factor/reset", county::user("chenyuee"));
    let body = json!({"identity_proof": "id_card_in_person"});
    let sec = app.client("secadmin");
    sec.post(&path, body.clone())
        .problem(409, "no_second_factor");
    enrol(&app, &t);
    for name in ["sysadmin", "shenji", "zhengguoxing", "chenyuee"] {
        app.client(name)
            .post(&path, body.clone())
            .problem(403, "forbidden");
    }
    sec.post(&path, json!({})).problem(422, "invalid");
    sec.post(&path, json!({"identity_proof": "by_phone"}))
        .problem(422, "invalid");
    let own = format!("/users/{}/second-factor/reset", county::user("secadmin"));
    sec.post(&own, body.clone()).blocked_by("own_account");
    assert_eq!(sec.post(&path, body).status, 204);
    t.get(&app, "/auth/me").problem(401, "unauthenticated");
    let seen = facts(&app, &stream("chenyuee"), 5);
    assert!(seen.contains(&"second_factor_reset".to_owned()), "{seen:?}");
    assert!(inbox(&app, "chenyuee").contains(&"second_factor_changed".to_owned()));
    // a reset password keeps the factor; a reset factor keeps the password
    app.forward_minutes(1);
    sign_in(&app, "chenyuee", &d);
}

#[test]
fn staff_get_a_grace_and_then_nothing_but_the_way_to_a_factor() {
    let app = TestApp::with(|c| {
        c.require_second_factor = "staff".into();
        c.second_factor_grace_days = 14;
    });
    let d = device();
    let t = sign_in(&app, "chenyuee", &d);
    let status = t.get(&app, BASE).ok();
    assert_eq!(status["required"], true);
    assert_eq!(status["grace_ends_at"], json!(app.now().plus_days(14)));
    t.get(&app, "/cases").ok();
    // a login does not begin the grace anew
    app.forward_days(13);
    let t = sign_in(&app, "chenyuee", &d);
    t.get(&app, "/cases").ok();
    app.forward_days(1);
    let t = sign_in(&app, "chenyuee", &d);
    t.get(&app, "/cases").problem(403, "second_factor_required");
    t.get(&app, "/auth/me").ok();
    enrol(&app, &t);
    let t = Tokens::of(&t.refresh(&app).ok(), &d);
    t.get(&app, "/cases").ok();
    // the reset leaves no new grace
    let path = format!("/users/{}/second-factor/reset", county::user("chenyuee"));
    let body = json!({"identity_proof": "known_in_person"});
    assert_eq!(app.client("secadmin").post(&path, body).status, 204);
    app.forward_minutes(1);
    let t = sign_in(&app, "chenyuee", &d);
    t.get(&app, "/cases").problem(403, "second_factor_required");
}
