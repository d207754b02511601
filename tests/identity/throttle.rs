use serde_json::json;

use super::*;

const WRONG: &str = "wrong password, quite wrong";

/// Tries from the network of a forwarded address (the harness trusts its own proxy).
fn from(
    app: &TestApp,
    address: &str,
    username: &str,
    password: &str,
    token: Option<&Tokens>,
) -> Answer {
    let mut body = json!({"username": username, "password": password, "device_id": device()});
    if let Some(t) = token {
        body["device_id"] = json!(t.device);
        body["device_token"] = json!(t.device_token);
    }
    call(app, "/auth/login", &body, &[("x-forwarded-for", address)])
}

fn proxied() -> TestApp {
    TestApp::with(|c| c.trusted_proxies = vec!["127.0.0.1".parse().unwrap()])
}

fn seconds(answer: &Answer) -> i64 {
    answer.header("retry-after").unwrap().parse().unwrap()
}

#[test]
fn an_address_gets_ten_failures_and_then_one_in_six_seconds() {
    let app = proxied();
    for n in 0..10 {
        from(&app, "203.0.113.7", &format!("name{n}"), WRONG, None).problem(401, "bad_credentials");
    }
    let wait = from(&app, "203.0.113.7", "another", WRONG, None);
    assert!((1..=7).contains(&seconds(&wait)), "{wait:?}");
    wait.problem(429, "too_many_requests");
    // the right password does not help, another network does
    from(&app, "203.0.113.7", "chenyuee", PASSWORD, None).problem(429, "too_many_requests");
    from(&app, "203.0.113.8", "chenyuee", PASSWORD, None).ok();
    // one IPv6 network counts once
    for n in 0..10 {
        let at = format!("2001:db8:1:2::{n}");
        from(&app, &at, &format!("name{n}x"), WRONG, None).problem(401, "bad_credentials");
    }
    from(&app, "2001:db8:1:2::ff", "z", WRONG, None).problem(429, "too_many_requests");
    app.clock.set(app.now().plus_seconds(6));
    from(&app, "203.0.113.7", "chenyuee", WRONG, None).problem(401, "bad_credentials");
    from(&app, "203.0.113.7", "chenyuee", WRONG, None).problem(429, "too_many_requests");
}

#[test]
fn successes_cost_an_address_nothing() {
    let app = proxied();
    for name in ["chenyuee", "hemeiling", "lindeshui", "zhengguoxing"] {
        for _ in 0..4 {
            from(&app, "203.0.113.7", name, PASSWORD, None).ok();
        }
    }
}

#[test]
fn a_forwarded_address_counts_only_from_a_trusted_proxy() {
    let app = TestApp::new();
    for n in 0..10 {
        from(
            &app,
            &format!("203.0.113.{n}"),
            &format!("name{n}"),
            WRONG,
            None,
        )
        .problem(401, "bad_credentials");
    }
    from(&app, "203.0.113.99", "other", WRONG, None).problem(429, "too_many_requests");
}

#[test]
fn an_account_slows_down_for_strangers_whether_it_exists_or_not() {
    for name in ["chenyuee", "nobody"] {
        let app = proxied();
        let guess = |n: u32| from(&app, &format!("198.51.100.{n}"), name, WRONG, None);
        guess(1).problem(401, "bad_credentials");
        guess(2).problem(429, "too_many_requests");
        // another spelling is the same account
        let shout = from(&app, "198.51.100.3", &name.to_uppercase(), WRONG, None);
        shout.problem(429, "too_many_requests");
        for n in 4..6 {
            app.clock.set(app.now().plus_seconds(1));
            guess(n).problem(401, "bad_credentials");
        }
        app.clock.set(app.now().plus_seconds(1));
        let wait = guess(7);
        assert!((2..=3).contains(&seconds(&wait)), "{name} {wait:?}");
        wait.problem(429, "too_many_requests");
    }
}

/// 10,000 guesses an hour from 200 addresses: at most 100 are looked at in a day, and the owner
/// signs in all the while (S7, with the clock of the test).
#[test]
fn a_siege_gets_a_hundred_checks_and_never_locks_the_owner_out() {
    let app = proxied();
    let owner = from(&app, "192.0.2.1", "chenyuee", PASSWORD, None).ok();
    let owner = Tokens {
        device: app.read(|s| {
            let id = jieyou::domain::ids::Id::parse(owner["login_id"].as_str().unwrap()).unwrap();
            s.login(id).unwrap().unwrap().device_id
        }),
        ..Tokens::of(&owner, "")
    };
    let mut checks = 0;
    let mut refused = 0;
    for n in 0..400_u32 {
        app.clock.set(app.now().plus_seconds(11));
        let at = format!("198.51.{}.{}", n % 2, n % 200);
        let answer = from(&app, &at, "chenyuee", WRONG, None);
        assert!(matches!(answer.status, 401 | 429), "{answer:?}");
        let last = events(&app, "system", 1).pop().map(|(_, _, e)| e);
        match last {
            Some(jieyou::domain::facts::Event::LoginRefused { reason }) if reason == "brake" => {
                refused += 1;
            }
            _ if answer.status == 401 => checks += 1,
            _ => {}
        }
        if n % 20 == 0 {
            from(&app, "192.0.2.1", "chenyuee", PASSWORD, Some(&owner)).ok();
        }
    }
    assert_eq!(checks, 100, "checks within {} minutes", 400 * 11 / 60);
    assert_eq!(refused, 300);
    // even the right password is refused from a strange device, with the same answer
    app.clock.set(app.now().plus_seconds(60));
    from(&app, "203.0.113.9", "chenyuee", PASSWORD, None).problem(401, "bad_credentials");
    from(&app, "192.0.2.1", "chenyuee", PASSWORD, Some(&owner)).ok();
    // a quiet day later strangers are heard again
    app.forward_days(2);
    from(&app, "203.0.113.9", "chenyuee", PASSWORD, None).ok();
}

#[test]
fn a_known_device_fails_ten_times_an_hour() {
    let app = proxied();
    let d = device();
    let body = json!({"username": "chenyuee", "password": PASSWORD, "device_id": d});
    let t = Tokens::of(&call(&app, "/auth/login", &body, &[]).ok(), &d);
    for _ in 0..10 {
        from(&app, "203.0.113.7", "chenyuee", WRONG, Some(&t)).problem(401, "bad_credentials");
    }
    let wait = from(&app, "203.0.113.7", "chenyuee", PASSWORD, Some(&t));
    assert!(seconds(&wait) <= 361);
    wait.problem(429, "too_many_requests");
    app.forward_minutes(7);
    from(&app, "203.0.113.7", "chenyuee", PASSWORD, Some(&t)).ok();
}

#[test]
fn counters_are_forgotten_after_quiet_days() {
    let app = proxied();
    for n in 0..5 {
        from(
            &app,
            &format!("203.0.113.{n}"),
            &format!("n{n}"),
            WRONG,
            None,
        )
        .problem(401, "bad_credentials");
    }
    app.forward_days(3);
    let ids: std::sync::Arc<dyn jieyou::ctx::Ids> = app.state.ids.clone();
    let ctx = jieyou::app::system_ctx(&*app.clock, &ids);
    let gone = app
        .state
        .db
        .write_now(&ctx, |tx| tx.purge_logins())
        .unwrap();
    assert_eq!(gone, 10, "five addresses and five names");
    let gone = app
        .state
        .db
        .write_now(&ctx, |tx| tx.purge_logins())
        .unwrap();
    assert_eq!(gone, 0);
}

#[test]
fn old_logins_and_kept_replies_go_and_the_facts_stay() {
    let app = TestApp::new();
    let d = device();
    let body =
        json!({"username": "chenyuee", "password": PASSWORD, "device_id": d, "mobile": true});
    let mut t = Tokens::of(&call(&app, "/auth/login", &body, &[]).ok(), &d);
    t = Tokens::of(&t.refresh(&app).ok(), &d);
    app.client("sysadmin")
        .post("/users", json!({"username": "neu", "name": "新"}))
        .ok();
    let ids: std::sync::Arc<dyn jieyou::ctx::Ids> = app.state.ids.clone();
    let purge = || {
        let ctx = jieyou::app::system_ctx(&*app.clock, &ids);
        let work = |tx: &mut jieyou::store::tx::Tx<'_>| Ok((tx.purge_keys()?, tx.purge_logins()?));
        app.state.db.write_now(&ctx, work).unwrap()
    };
    assert_eq!(purge(), (0, 0));
    app.forward_days(8);
    assert_eq!(purge().0, 1, "the kept reply");
    app.forward_days(100);
    assert_eq!(purge().1, 4, "a login, its two tokens, the invite");
    let id = jieyou::domain::ids::Id::parse(&t.login_id).unwrap();
    assert!(app.read(|s| s.login(id).unwrap().is_none()));
    let user = format!("user/{}", jieyou::cli::demo::county::user("chenyuee"));
    assert!(facts(&app, &user, 9).contains(&"logged_in".to_owned()));
}
