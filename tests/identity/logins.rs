use jieyou::crypto::password::{Cost, Hasher};
use jieyou::domain::facts::Event;
use serde_json::{Value, json};

use super::*;
use crate::support::app::CHEAP;
use jieyou::cli::demo::county;

#[test]
fn a_login_gives_tokens_that_say_who_i_am() {
    let app = TestApp::new();
    let d = device();
    let answer = try_login(&app, "ChenYuee ", PASSWORD, &d);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.ok();
    assert_eq!(
        (&body["token_type"], &body["expires_in"]),
        (&json!("Bearer"), &json!(600))
    );
    let t = Tokens::of(&body, &d);
    let me = t.get(&app, "/auth/me").ok();
    assert_eq!(me["user"]["username"], "chenyuee");
    assert_eq!(me["login_id"], t.login_id.as_str());
    assert_eq!(me["user"]["grants"].as_array().unwrap().len(), 4);
    let rights = me["rights"].as_array().unwrap();
    assert!(rights.contains(&json!("register")) && !rights.contains(&json!("manage_users")));
    assert!(!me.to_string().contains("13995990101"), "phone not masked");
    let sessions = t.get(&app, "/auth/sessions").ok();
    let one = &sessions["data"][0];
    assert_eq!(
        (&one["device_id"], &one["current"]),
        (&json!(d), &json!(true))
    );
    let (actor, outcome, fact) = events(&app, &format!("user/{}", county::user("chenyuee")), 1)
        .pop()
        .unwrap();
    assert_eq!(actor, format!("user/{}", county::user("chenyuee")));
    assert_eq!(outcome, "ok");
    assert!(matches!(fact, Event::LoggedIn { login, .. } if login.to_string() == t.login_id));
}

/// The same status, body and headers for every reason (S6).
#[test]
fn every_refused_login_looks_alike() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let made = admin.post("/users", json!({"username": "neuling", "name": "甲"}));
    assert_eq!(made.status, 201);
    let gone = county::user("liujianhong");
    admin
        .post(&format!("/users/{gone}/disable"), json!({}))
        .ok();
    let tries = [
        ("nobody-at-all", PASSWORD, "unknown_user"),
        ("chenyuee", "wrong password, quite wrong", "wrong_password"),
        ("neuling", PASSWORD, "invited"),
        ("liujianhong", PASSWORD, "disabled"),
        ("liujianhong", "wrong password, quite wrong", "disabled"),
    ];
    let mut seen: Vec<(u16, Vec<String>, Value)> = Vec::new();
    for (username, password, reason) in tries {
        app.forward_minutes(1);
        let answer = try_login(&app, username, password, &device());
        let names = answer
            .headers
            .keys()
            .map(|k| k.as_str().to_owned())
            .collect();
        let mut doc = answer.clone().problem(401, "bad_credentials");
        assert!(doc["request_id"].is_string());
        doc["request_id"] = Value::Null;
        seen.push((answer.status, names, doc));
        let (actor, outcome, fact) = events(&app, "system", 1).pop().unwrap();
        assert_eq!((actor.as_str(), outcome.as_str()), ("system", "denied"));
        let Event::LoginRefused { reason: why } = fact else {
            panic!("{fact:?}")
        };
        assert_eq!(why, reason);
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]), "{seen:#?}");
}

#[test]
fn a_password_counts_exactly_as_typed() {
    let app = TestApp::new();
    for wrong in [
        format!("{PASSWORD} "),
        format!(" {PASSWORD}"),
        PASSWORD.to_uppercase(),
        PASSWORD.replace(' ', "\u{3000}"),
        PASSWORD.replace('2', "２"),
        PASSWORD[..PASSWORD.len() - 1].to_owned(),
    ] {
        app.forward_minutes(1);
        try_login(&app, "chenyuee", &wrong, &device()).problem(401, "bad_credentials");
    }
    app.forward_minutes(1);
    sign_in(&app, "chenyuee", &device());
}

#[test]
fn a_malformed_login_names_every_fault() {
    let app = TestApp::new();
    let body = json!({"username": "", "device_id": "x", "moble": true});
    let doc = call(&app, "/auth/login", &body, &[]).problem(422, "invalid");
    let mut faults: Vec<String> = doc["errors"]
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
    faults.sort();
    assert_eq!(
        faults,
        [
            "/device_id invalid_id",
            "/moble unknown_field",
            "/password required",
            "/username empty"
        ]
    );
    let text = app.anonymous().raw(
        "POST",
        "/api/v1/auth/login",
        &[("content-type", "text/plain")],
        b"{}".to_vec(),
    );
    text.problem(415, "unsupported_media_type");
}

#[test]
fn the_sixth_login_ends_the_oldest_and_one_of_the_same_device_first() {
    let app = TestApp::new();
    let devices: Vec<String> = (0..5).map(|_| device()).collect();
    let mut all: Vec<Tokens> = Vec::new();
    for d in &devices {
        app.forward_minutes(1);
        all.push(sign_in(&app, "chenyuee", d));
    }
    for t in &all {
        t.get(&app, "/auth/me").ok();
    }
    // the third device again: its own former login goes, not the oldest
    app.forward_minutes(1);
    let again = sign_in(&app, "chenyuee", &devices[2]);
    app.state.actors.invalidate_all();
    all[2].get(&app, "/auth/me").problem(401, "unauthenticated");
    all[0].get(&app, "/auth/me").ok();
    let user = format!("user/{}", county::user("chenyuee"));
    assert_eq!(facts(&app, &user, 2), ["logged_in", "login_revoked"]);
    // a sixth device: the oldest goes
    app.forward_minutes(1);
    let sixth = sign_in(&app, "chenyuee", &device());
    app.state.actors.invalidate_all();
    all[0].get(&app, "/auth/me").problem(401, "unauthenticated");
    for t in [&all[1], &all[3], &all[4], &again, &sixth] {
        t.get(&app, "/auth/me").ok();
    }
    let list = sixth.get(&app, "/auth/sessions").ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 5);
}

#[test]
fn a_new_device_is_told_of_and_a_known_one_is_not() {
    let app = TestApp::new();
    let d = device();
    let first = sign_in(&app, "hemeiling", &d);
    assert_eq!(inbox(&app, "hemeiling"), Vec::<String>::new());
    // the same device with its proof
    let body = json!({"username": "hemeiling", "password": PASSWORD, "device_id": d, "device_token": first.device_token});
    call(&app, "/auth/login", &body, &[]).ok();
    assert_eq!(inbox(&app, "hemeiling"), Vec::<String>::new());
    // the token of another device proves nothing
    let body = json!({"username": "hemeiling", "password": PASSWORD, "device_id": device(), "device_token": first.device_token});
    call(&app, "/auth/login", &body, &[]).ok();
    assert_eq!(inbox(&app, "hemeiling"), ["new_device_login"]);
    // nor does another user's
    let other = sign_in(&app, "chenyuee", &d);
    let body = json!({"username": "hemeiling", "password": PASSWORD, "device_id": d, "device_token": other.device_token});
    call(&app, "/auth/login", &body, &[]).ok();
    assert_eq!(inbox(&app, "hemeiling").len(), 2);
}

#[test]
fn logout_ends_this_login_only() {
    let app = TestApp::new();
    let (a, b) = (
        sign_in(&app, "chenyuee", &device()),
        sign_in(&app, "chenyuee", &device()),
    );
    let gone = a.send(&app, "POST", "/auth/logout", None);
    assert_eq!(gone.status, 204);
    a.get(&app, "/auth/me").problem(401, "unauthenticated");
    a.refresh(&app).problem(401, "unauthenticated");
    b.get(&app, "/auth/me").ok();
    let user = format!("user/{}", county::user("chenyuee"));
    assert_eq!(facts(&app, &user, 1), ["logged_out"]);
}

#[test]
fn i_can_end_my_other_logins_and_nobody_elses() {
    let app = TestApp::new();
    let (a, b) = (
        sign_in(&app, "chenyuee", &device()),
        sign_in(&app, "chenyuee", &device()),
    );
    let other = sign_in(&app, "hemeiling", &device());
    let end = |t: &Tokens, id: &str| t.send(&app, "DELETE", &format!("/auth/sessions/{id}"), None);
    end(&a, &other.login_id).problem(404, "not_found");
    end(&a, "00000000-0000-7000-8000-000000000000").problem(404, "not_found");
    other.get(&app, "/auth/me").ok();
    assert_eq!(end(&a, &b.login_id).status, 204);
    b.get(&app, "/auth/me").problem(401, "unauthenticated");
    b.refresh(&app).problem(401, "unauthenticated");
    end(&a, &b.login_id).problem(404, "not_found");
    let list = a.get(&app, "/auth/sessions").ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
}

#[test]
fn a_weak_hash_grows_at_the_next_login() {
    let app = TestApp::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let old = Cost {
        memory_kib: 8,
        ..CHEAP
    };
    let hasher = Hasher::for_cores(old, 2).unwrap();
    let phc = runtime.block_on(hasher.hash(PASSWORD)).unwrap();
    let mut user = app.read(|snap| snap.user_by_name("chenyuee").unwrap().unwrap());
    user.password_phc = Some(phc.clone());
    let ids: std::sync::Arc<dyn jieyou::ctx::Ids> = app.state.ids.clone();
    let ctx = jieyou::app::system_ctx(&*app.clock, &ids);
    app.state
        .db
        .write_now(&ctx, |tx| {
            tx.technical();
            tx.update(&user)
        })
        .unwrap();
    sign_in(&app, "chenyuee", &device());
    let after = app.read(|snap| snap.user_by_name("chenyuee").unwrap().unwrap());
    let now = after.password_phc.unwrap();
    assert_ne!(now, phc);
    assert!(!app.state.hasher.needs_rehash(&now));
    assert_eq!(after.password_changed_at, user.password_changed_at);
    sign_in(&app, "chenyuee", &device());
}

#[test]
fn passwords_and_tokens_are_kept_as_hashes_only() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let row = app.read(|snap| snap.login(jieyou::domain::ids::Id::parse(&t.login_id).unwrap()));
    let debug = format!("{row:?}");
    let secret = t.refresh.strip_prefix("mrt_").unwrap();
    assert!(!debug.contains(secret));
    let hash = jieyou::crypto::secret::sha256_hex(t.refresh.as_bytes());
    assert!(app.read(|snap| snap.refresh_token(&hash).unwrap().is_some()));
    assert!(app.read(|snap| snap.refresh_token(&t.refresh).unwrap().is_none()));
}
