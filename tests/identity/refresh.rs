use jieyou::cli::demo::county;
use serde_json::json;

use super::*;

fn next(t: &Tokens, answer: Answer) -> Tokens {
    let new = Tokens::of(&answer.ok(), &t.device);
    assert_eq!(new.login_id, t.login_id);
    assert_eq!(new.device_token, "");
    new
}

fn mobile(app: &TestApp, username: &str) -> Tokens {
    let d = device();
    let body = json!({"username": username, "password": PASSWORD, "device_id": d, "mobile": true});
    Tokens::of(&call(app, "/auth/login", &body, &[]).ok(), &d)
}

#[test]
fn a_token_rotates_on_use() {
    let app = TestApp::new();
    let mut t = sign_in(&app, "chenyuee", &device());
    for _ in 0..5 {
        app.forward_minutes(11);
        t.get(&app, "/auth/me").problem(401, "unauthenticated");
        let new = next(&t, t.refresh(&app));
        assert_ne!(new.refresh, t.refresh);
        new.get(&app, "/auth/me").ok();
        t = new;
    }
}

#[test]
fn a_lost_answer_heals_on_the_same_device() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let first = next(&t, t.refresh(&app));
    app.clock.set(app.now().plus_seconds(59));
    let again = next(&t, t.refresh(&app));
    assert_eq!(first.refresh, again.refresh);
    let second = next(&again, again.refresh(&app));
    assert_ne!(second.refresh, again.refresh);
    second.get(&app, "/auth/me").ok();
    assert_eq!(inbox(&app, "chenyuee"), Vec::<String>::new());
}

/// The second use of a token whose successor was used ends the login on every device that holds
/// a token of it, at once, with a fact and a notice.
#[test]
fn a_reused_token_ends_the_login() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let bystander = sign_in(&app, "chenyuee", &device());
    let a = next(&t, t.refresh(&app));
    let b = next(&a, a.refresh(&app));
    b.get(&app, "/auth/me").ok();
    t.refresh(&app).problem(401, "unauthenticated");
    for dead in [&t, &a, &b] {
        dead.get(&app, "/auth/me").problem(401, "unauthenticated");
        dead.refresh(&app).problem(401, "unauthenticated");
    }
    bystander.get(&app, "/auth/me").ok();
    let user = format!("user/{}", county::user("chenyuee"));
    let (actor, _, fact) = events(&app, &user, 1).pop().unwrap();
    assert_eq!(actor, "system");
    let jieyou::domain::facts::Event::LoginRevoked { login, reason, .. } = fact else {
        panic!("{fact:?}")
    };
    assert_eq!(
        (login.to_string(), reason.as_str()),
        (t.login_id, "refresh_reuse")
    );
    let told = inbox(&app, "chenyuee");
    assert_eq!(
        told.first().map(String::as_str),
        Some("session_family_revoked")
    );
}

#[test]
fn another_device_or_a_late_second_use_ends_the_login() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    t.refresh_from(&app, &device())
        .problem(401, "unauthenticated");
    t.get(&app, "/auth/me").problem(401, "unauthenticated");
    t.refresh(&app).problem(401, "unauthenticated");

    let t = sign_in(&app, "hemeiling", &device());
    let new = next(&t, t.refresh(&app));
    app.clock.set(app.now().plus_seconds(61));
    t.refresh(&app).problem(401, "unauthenticated");
    new.get(&app, "/auth/me").problem(401, "unauthenticated");
    assert_eq!(inbox(&app, "hemeiling"), ["session_family_revoked"]);
}

#[test]
fn an_idle_login_ends_and_no_login_lives_for_ever() {
    let app = TestApp::new();
    let web = sign_in(&app, "chenyuee", &device());
    let phone = mobile(&app, "chenyuee");
    app.forward_minutes(30);
    web.refresh(&app).problem(401, "unauthenticated");
    let mut phone = next(&phone, phone.refresh(&app));
    for _ in 0..4 {
        app.forward_days(6);
        phone = next(&phone, phone.refresh(&app));
    }
    app.forward_days(6);
    phone.refresh(&app).problem(401, "unauthenticated");

    let mut web = sign_in(&app, "chenyuee", &device());
    for _ in 0..24 {
        app.forward_minutes(29);
        web = next(&web, web.refresh(&app));
    }
    // 11 h 36 min old: the announced end is the absolute one
    let body = web.refresh(&app).ok();
    let end = jieyou::domain::time::Instant::parse(body["refresh_expires_at"].as_str().unwrap());
    assert_eq!(end.unwrap().seconds_since(app.now()), 24 * 60);
    app.forward_minutes(24);
    Tokens::of(&body, &web.device)
        .refresh(&app)
        .problem(401, "unauthenticated");
    // an end by time is no theft
    assert!(!inbox(&app, "chenyuee").contains(&"session_family_revoked".to_owned()));
}

#[test]
fn two_parallel_uses_get_one_successor() {
    let app = TestApp::new();
    for _ in 0..10 {
        let t = sign_in(&app, "chenyuee", &device());
        let both: Vec<Tokens> = std::thread::scope(|s| {
            let runs: Vec<_> = (0..4)
                .map(|_| s.spawn(|| next(&t, t.refresh(&app))))
                .collect();
            runs.into_iter().map(|r| r.join().unwrap()).collect()
        });
        assert!(both.iter().all(|b| b.refresh == both[0].refresh));
        next(&both[0], both[0].refresh(&app));
        t.send(&app, "POST", "/auth/logout", None);
    }
}

/// A thousand refreshes whose answers are lost one time in three: nobody is logged out (S5).
#[test]
fn lost_answers_log_nobody_out() {
    let app = TestApp::new();
    let mut t = sign_in(&app, "chenyuee", &device());
    let mut dice = 0x2545_f491_4f6c_dd1d_u64;
    let mut lost = 0;
    for _ in 0..1_000 {
        app.clock.set(app.now().plus_seconds(20));
        let answer = t.refresh(&app);
        assert_eq!(answer.status, 200, "{answer:?}");
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        if dice.is_multiple_of(3) && lost < 2 {
            lost += 1; // the client tries again with the token it has
        } else {
            lost = 0;
            t = next(&t, answer);
        }
    }
    t.get(&app, "/auth/me").ok();
}

#[test]
fn what_is_no_refresh_token_is_refused_alike() {
    let app = TestApp::new();
    let t = sign_in(&app, "chenyuee", &device());
    let mut seen = Vec::new();
    for text in [
        format!("mrt_{}", "A".repeat(43)),
        "mrt_".to_owned(),
        "x".to_owned(),
        t.access[..200].to_owned(),
        t.device_token.clone(),
        t.refresh.to_uppercase(),
    ] {
        let body = json!({"refresh_token": text, "device_id": t.device});
        let mut doc = call(&app, "/auth/refresh", &body, &[]).problem(401, "unauthenticated");
        doc["request_id"] = json!(null);
        seen.push(doc);
    }
    assert!(seen.windows(2).all(|w| w[0] == w[1]));
    let body = json!({"refresh_token": t.refresh});
    call(&app, "/auth/refresh", &body, &[]).problem(422, "invalid");
    next(&t, t.refresh(&app));
}
