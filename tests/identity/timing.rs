//! Whether the time of a refused login tells who exists (S6). Takes a minute; run it alone:
//! `cargo test --release --test api timing -- --ignored --nocapture`.

use std::time::Instant as Wall;

use jieyou::cli::demo::county;
use serde_json::json;

use super::*;

/// The chance that a sample of `a` is greater than one of `b`: 0.5 tells nothing.
fn auc(a: &[f64], b: &[f64]) -> f64 {
    let mut all: Vec<(f64, bool)> = a.iter().map(|v| (*v, true)).collect();
    all.extend(b.iter().map(|v| (*v, false)));
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    let ranks: f64 = all
        .iter()
        .enumerate()
        .filter(|(_, (_, is_a))| *is_a)
        .map(|(i, _)| (i + 1) as f64)
        .sum();
    let (n, m) = (a.len() as f64, b.len() as f64);
    (ranks - n * (n + 1.0) / 2.0) / (n * m)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

/// Samples of each kind.
fn samples() -> u32 {
    std::env::var("JIEYOU_TIMING_SAMPLES")
        .ok()
        .and_then(|s| s.parse().ok())
        .unwrap_or(2_000)
}

#[test]
#[ignore = "measures time; run it alone"]
fn refused_logins_take_the_same_time() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    admin
        .post("/users", json!({"username": "invited", "name": "甲"}))
        .ok();
    let gone = county::user("liujianhong");
    admin
        .post(&format!("/users/{gone}/disable"), json!({}))
        .ok();
    let kinds = ["known", "unknown", "invited", "disabled"];
    let mut times: [Vec<f64>; 4] = Default::default();
    for n in 0..samples() {
        for turn in 0..4 {
            // every kind comes at every place of the round as often
            let kind = (turn + n as usize) % 4;
            let name = match kinds[kind] {
                "known" => "chenyuee".to_owned(),
                "unknown" => "nobody".to_owned(),
                "disabled" => "liujianhong".to_owned(),
                other => other.to_owned(),
            };
            app.forward_days(2); // the brakes forget
            let begun = Wall::now();
            let answer = try_login(&app, &name, "wrong password, quite wrong", &device());
            times[kind].push(begun.elapsed().as_secs_f64() * 1_000.0);
            assert_eq!(answer.status, 401);
        }
    }
    judge(&kinds, &times);
}

/// Every list tells as little as the first.
fn judge(kinds: &[&str], times: &[Vec<f64>]) {
    let base = &times[0];
    for (kind, list) in kinds.iter().zip(times) {
        let (gap, area) = (median(list) - median(base), auc(list, base));
        println!(
            "{kind:<9} median {:.3} ms, gap {gap:+.3} ms, AUC {area:.3}",
            median(list)
        );
        assert!(gap.abs() <= 2.0, "{kind}: {gap} ms");
        assert!((0.45..=0.55).contains(&area), "{kind}: AUC {area}");
    }
}

/// The way of invites and of resets: codes nobody has, used and replaced ones, and one of a user
/// who was disabled since.
#[test]
#[ignore = "measures time; run it alone"]
fn refused_codes_take_the_same_time() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let invite = |name: &str| {
        let made = admin
            .post("/users", json!({"username": name, "name": "甲"}))
            .ok();
        let code = made["invite"]["code"].as_str().unwrap().to_owned();
        (made["user"]["id"].as_str().unwrap().to_owned(), code)
    };
    let redeem = |code: &str| {
        let body = json!({"code": code, "new_password": "lantern pebble orbit sugar"});
        let none: [(&str, &str); 0] = [];
        let begun = Wall::now();
        let answer = call(&app, "/auth/invites/redeem", &body, &none);
        (answer, begun.elapsed().as_secs_f64() * 1_000.0)
    };
    let (_, used) = invite("used");
    redeem(&used).0.ok();
    let (id, replaced) = invite("replaced");
    admin.post(&format!("/users/{id}/reset"), json!({})).ok();
    let (id, disabled) = invite("disabled");
    admin.post(&format!("/users/{id}/disable"), json!({})).ok();
    let kinds = ["unknown", "used", "replaced", "disabled"];
    let codes = [
        "0000-0000-0000-0000-0000-0000-0000",
        &used,
        &replaced,
        &disabled,
    ];
    let mut times: [Vec<f64>; 4] = Default::default();
    for n in 0..samples() {
        for turn in 0..4 {
            let kind = (turn + n as usize) % 4;
            app.forward_minutes(60); // the brakes forget, the invites are not yet too old
            let (answer, time) = redeem(codes[kind]);
            answer.problem(422, "bad_invite");
            times[kind].push(time);
        }
    }
    judge(&kinds, &times);
}
