use jieyou::cli::demo::county;
use jieyou::crypto::totp::{STEP_SECONDS, TotpSecret};
use jieyou::domain::time::Instant;

use super::*;

/// An authenticator in a pocket.
pub(super) struct Pocket {
    pub(super) secret: TotpSecret,
    pub(super) codes: Vec<String>,
}

/// The bytes of base32 text.
fn from_base32(text: &str) -> Vec<u8> {
    let (mut out, mut buffer, mut bits) = (Vec::new(), 0u64, 0);
    for c in text.bytes() {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            _ => c - b'2' + 26,
        };
        buffer = (buffer << 5) | u64::from(value);
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            out.push((buffer >> bits) as u8);
            buffer &= (1 << bits) - 1;
        }
    }
    out
}

/// The code an authenticator shows now: the one of a million that counts at this step alone.
pub(super) fn code_at(secret: &TotpSecret, now: Instant) -> String {
    use aws_lc_rs::hmac;
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret.as_bytes());
    let tag = hmac::sign(&key, &(now.unix() / STEP_SECONDS).to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes[19] & 15);
    let number = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

impl Pocket {
    pub(super) fn code(&self, app: &TestApp) -> String {
        code_at(&self.secret, app.now())
    }

    pub(super) fn wrong(&self, app: &TestApp) -> String {
        let near: Vec<String> = [-30, 0, 30]
            .iter()
            .map(|s| code_at(&self.secret, app.now().plus_seconds(*s)))
            .collect();
        (0..)
            .map(|n| format!("{n:06}"))
            .find(|c| !near.contains(c))
            .unwrap()
    }
}

pub(super) const BASE: &str = "/auth/second-factor";

pub(super) fn post(app: &TestApp, t: &Tokens, path: &str, body: Value) -> Answer {
    t.send(app, "POST", path, Some(&body))
}

#[track_caller]
pub(super) fn begin(app: &TestApp, t: &Tokens) -> TotpSecret {
    let answer = post(app, t, BASE, json!({"password": PASSWORD}));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.ok();
    let secret = body["secret"].as_str().unwrap();
    let uri = body["uri"].as_str().unwrap();
    assert!(uri.starts_with("otpauth://totp/%E8%A7%A3%E5%BF%A7"));
    assert!(uri.contains(&format!("secret={secret}&")));
    TotpSecret::from_bytes(&from_base32(secret)).unwrap()
}

/// Sets a factor up, then lets a step pass.
#[track_caller]
pub(super) fn enrol(app: &TestApp, t: &Tokens) -> Pocket {
    let secret = begin(app, t);
    let code = code_at(&secret, app.now());
    let body = post(app, t, "/auth/second-factor/confirm", json!({"code": code})).ok();
    let codes: Vec<String> = body["recovery_codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c.as_str().unwrap().to_owned())
        .collect();
    assert_eq!(codes.len(), 10);
    app.forward_minutes(1);
    Pocket { secret, codes }
}

/// The first half of a login: the challenge.
#[track_caller]
fn password_half(app: &TestApp, username: &str, device: &str) -> String {
    let answer = try_login(app, username, PASSWORD, device);
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.json();
    assert_eq!(body["second_factor_required"], true);
    assert!(body.get("access_token").is_none() && body.get("refresh_token").is_none());
    body["challenge"].as_str().unwrap().to_owned()
}

fn answer(app: &TestApp, challenge: &str, device: &str, proof: (&str, &str)) -> Answer {
    let mut body = json!({"challenge": challenge, "device_id": device});
    body[proof.0] = json!(proof.1);
    call(app, "/auth/login/second-factor", &body, &[])
}

/// The claims of an access token.
fn claims(token: &str) -> Value {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(super) fn stream(username: &str) -> String {
    format!("user/{}", county::user(username))
}

#[test]
fn enrolment_turns_the_login_into_two_halves() {
    let app = TestApp::new();
    let d = device();
    let (mine, other) = (
        sign_in(&app, "chenyuee", &d),
        sign_in(&app, "chenyuee", &device()),
    );
    let first = claims(&mine.access);
    assert_eq!(
        (&first["amr"], &first["acr"]),
        (&json!(["pwd"]), &json!("aal1"))
    );
    let status = mine.get(&app, BASE).ok();
    assert_eq!(status["enrolled"], false);
    let pocket = enrol(&app, &mine);
    // the other login ended, this one counts as proved by both from its next token on
    other.get(&app, "/auth/me").problem(401, "unauthenticated");
    let next = mine.refresh(&app).ok();
    let second = claims(next["access_token"].as_str().unwrap());
    let both = (&json!(["pwd", "otp", "mfa"]), &json!("aal2"));
    assert_eq!((&second["amr"], &second["acr"]), both);
    let status = mine.get(&app, BASE).ok();
    assert_eq!(status["recovery_codes_left"], 10);
    assert!(status["enrolled_at"].is_string());
    post(&app, &mine, BASE, json!({"password": PASSWORD})).blocked_by("already_done");
    // a login now
    let challenge = password_half(&app, "chenyuee", &d);
    let tokens = answer(&app, &challenge, &d, ("code", &pocket.code(&app))).ok();
    let third = claims(tokens["access_token"].as_str().unwrap());
    assert_eq!((&third["amr"], &third["acr"]), both);
    let t = Tokens::of(&tokens, &d);
    t.get(&app, "/auth/me").ok();
    assert_eq!(
        facts(&app, &stream("chenyuee"), 4),
        [
            "logged_in",
            "second_factor_asked",
            "login_revoked",
            "second_factor_enrolled"
        ]
    );
    assert!(inbox(&app, "chenyuee").contains(&"second_factor_changed".to_owned()));
    // nothing secret in the trail, and no plain secret in the database
    let stored = app.read(|s| s.factor(county::user("chenyuee")).unwrap().unwrap());
    assert!(stored.secret.reveal().starts_with("v1."));
    let trail = format!("{:?}", events(&app, &stream("chenyuee"), 50));
    for secret in pocket.codes.iter().chain([&challenge]) {
        assert!(!trail.contains(secret.as_str()));
    }
}

#[test]
fn a_code_counts_once_and_a_wrong_one_never() {
    let app = TestApp::new();
    let d = device();
    let pocket = enrol(&app, &sign_in(&app, "chenyuee", &d));
    let challenge = password_half(&app, "chenyuee", &d);
    let wrong = pocket.wrong(&app);
    answer(&app, &challenge, &d, ("code", &wrong)).problem(401, "bad_second_factor");
    app.forward_minutes(1);
    let code = pocket.code(&app);
    answer(&app, &challenge, &d, ("code", &code)).ok();
    // the same code for a fresh challenge, and a used challenge with a fresh code
    app.clock.set(app.now().plus_seconds(5));
    let again = password_half(&app, "chenyuee", &d);
    answer(&app, &again, &d, ("code", &code)).problem(401, "bad_second_factor");
    app.forward_minutes(1);
    let code = pocket.code(&app);
    answer(&app, &challenge, &d, ("code", &code)).problem(401, "bad_challenge");
    answer(&app, &again, &d, ("code", &code)).ok();
    let both = json!({"challenge": again, "device_id": d, "code": "1", "recovery_code": "2"});
    call(&app, "/auth/login/second-factor", &both, &[]).problem(422, "invalid");
    let none = json!({"challenge": again, "device_id": d});
    call(&app, "/auth/login/second-factor", &none, &[]).problem(422, "invalid");
}

#[test]
fn five_tries_end_a_challenge() {
    let app = TestApp::new();
    let d = device();
    let pocket = enrol(&app, &sign_in(&app, "chenyuee", &d));
    let challenge = password_half(&app, "chenyuee", &d);
    for _ in 0..5 {
        app.clock.set(app.now().plus_seconds(20));
        let wrong = pocket.wrong(&app);
        answer(&app, &challenge, &d, ("code", &wrong)).problem(401, "bad_second_factor");
    }
    app.clock.set(app.now().plus_seconds(20));
    let code = pocket.code(&app);
    answer(&app, &challenge, &d, ("code", &code)).problem(401, "bad_challenge");
}

#[test]
fn a_stolen_or_stale_challenge_opens_nothing() {
    let app = TestApp::new();
    let d = device();
    let mine = sign_in(&app, "chenyuee", &d);
    let pocket = enrol(&app, &mine);
    let challenge = password_half(&app, "chenyuee", &d);
    // it is no access token and no refresh token
    let thief = Tokens {
        access: challenge.clone(),
        refresh: challenge.clone(),
        device: d.clone(),
        device_token: String::new(),
        login_id: String::new(),
    };
    thief.get(&app, "/auth/me").problem(401, "unauthenticated");
    thief.refresh(&app).problem(401, "unauthenticated");
    // another device cannot use it, not even with the right code
    let code = pocket.code(&app);
    answer(&app, &challenge, &device(), ("code", &code)).problem(401, "bad_challenge");
    answer(&app, "mch_made-up", &d, ("code", &code)).problem(401, "bad_challenge");
    // five minutes later it is worth nothing
    app.forward_minutes(5);
    let code = pocket.code(&app);
    answer(&app, &challenge, &d, ("code", &code)).problem(401, "bad_challenge");
    // nor after the password changed, nor when the account was disabled
    let challenge = password_half(&app, "chenyuee", &d);
    let new = "lantern pebble orbit sugar";
    let t = Tokens::of(&mine.refresh(&app).ok(), &d);
    let body = json!({"current_password": PASSWORD, "new_password": new});
    assert_eq!(post(&app, &t, "/auth/password", body).status, 204);
    answer(&app, &challenge, &d, ("code", &code)).problem(401, "bad_challenge");
    app.forward_minutes(1);
    let body = json!({"username": "chenyuee", "password": new, "device_id": d});
    let half = call(&app, "/auth/login", &body, &[]);
    let challenge = half.json()["challenge"].as_str().unwrap().to_owned();
    let path = format!("/users/{}/disable", county::user("chenyuee"));
    app.client("sysadmin").post(&path, json!({})).ok();
    let code = pocket.code(&app);
    answer(&app, &challenge, &d, ("code", &code)).problem(401, "bad_challenge");
    let (_, outcome, _) = events(&app, "system", 1).pop().unwrap();
    assert_eq!(outcome, "denied");
}

#[test]
fn a_recovery_code_counts_once() {
    let app = TestApp::new();
    let d = device();
    let pocket = enrol(&app, &sign_in(&app, "chenyuee", &d));
    let typed = pocket.codes[3].to_lowercase().replace('-', " ");
    let challenge = password_half(&app, "chenyuee", &d);
    answer(
        &app,
        &challenge,
        &d,
        ("recovery_code", "0000-0000-0000-0000"),
    )
    .problem(401, "bad_second_factor");
    app.forward_minutes(1);
    let tokens = answer(&app, &challenge, &d, ("recovery_code", &typed)).ok();
    let t = Tokens::of(&tokens, &d);
    assert_eq!(t.get(&app, BASE).ok()["recovery_codes_left"], 9);
    assert_eq!(
        facts(&app, &stream("chenyuee"), 2),
        ["logged_in", "recovery_code_used"]
    );
    app.forward_minutes(1);
    let challenge = password_half(&app, "chenyuee", &d);
    answer(&app, &challenge, &d, ("recovery_code", &typed)).problem(401, "bad_second_factor");
    // new codes make the old ones worthless
    app.forward_minutes(1);
    let path = "/auth/second-factor/recovery-codes";
    let body = json!({"password": PASSWORD, "code": pocket.wrong(&app)});
    post(&app, &t, path, body).problem(422, "invalid");
    let body = json!({"password": PASSWORD, "code": pocket.code(&app)});
    let fresh = post(&app, &t, path, body.clone()).ok();
    post(&app, &t, path, body).problem(422, "invalid");
    assert_eq!(t.get(&app, BASE).ok()["recovery_codes_left"], 10);
    let old = pocket.codes[4].as_str();
    answer(&app, &challenge, &d, ("recovery_code", old)).problem(401, "bad_second_factor");
    app.forward_minutes(1);
    let new = fresh["recovery_codes"][0].as_str().unwrap();
    answer(&app, &challenge, &d, ("recovery_code", new)).ok();
}

#[test]
fn who_guesses_at_codes_is_braked_and_locks_nobody_out() {
    let app = TestApp::new();
    let d = device();
    let pocket = enrol(&app, &sign_in(&app, "chenyuee", &d));
    let challenge = password_half(&app, "chenyuee", &d);
    let known = Tokens::of(
        &answer(&app, &challenge, &d, ("code", &pocket.code(&app))).ok(),
        &d,
    );
    // somebody with the password guesses from elsewhere
    let strange = device();
    let (mut braked, mut tried) = (false, 0);
    for _ in 0..4 {
        app.forward_minutes(1);
        let challenge = password_half(&app, "chenyuee", &strange);
        for _ in 0..5 {
            let wrong = pocket.wrong(&app);
            let status = answer(&app, &challenge, &strange, ("code", &wrong)).status;
            braked |= status == 429;
            tried += u32::from(status == 401);
        }
    }
    assert!(braked && tried >= 4, "{tried} tries");
    // the owner, at once, from the device known
    let body = json!({"username": "chenyuee", "password": PASSWORD, "device_id": d, "device_token": known.device_token});
    let half = call(&app, "/auth/login", &body, &[]);
    assert_eq!(half.status, 202);
    let challenge = half.json()["challenge"].as_str().unwrap().to_owned();
    answer(&app, &challenge, &d, ("code", &pocket.code(&app))).ok();
}
