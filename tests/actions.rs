//! What may be done now: rights, state and guards together, each with its cure.

use serde_json::json;

use crate::support::mediation::*;
use crate::support::{TestApp, stories};

fn quarrel(app: &TestApp) -> Story<'_> {
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    Story::registered(
        app,
        "shanglong",
        matter("neighbour", parties, &["檐沟滴水"]),
    )
}

fn codes(action: &serde_json::Value) -> Vec<String> {
    action["blocked_by"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| b["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn all_that_stands_in_the_way_is_told_at_once() {
    let app = TestApp::new();
    let s = quarrel(&app);
    let accept = s.action(&s.desk, "accept");
    assert_eq!(codes(&accept), ["illegal_transition"]);
    s.desk.do_(&s.path("/screen"), stories::screening()).ok();
    let accept = s.action(&s.desk, "accept");
    assert_eq!(codes(&accept), ["consent_missing"]);
    assert_eq!(accept["blocked_by"][0]["rule"], "G-01");
    assert_eq!(accept["blocked_by"][0]["items"], json!([s.parties[1]]));
    // Who lacks the right is told so beside the rest.
    let elder = app.client("zhouminghua");
    assert_eq!(
        codes(&s.action(&elder, "accept")),
        ["forbidden", "consent_missing"]
    );
    assert_eq!(
        codes(&s.action(&elder, "close")),
        ["forbidden", "wrong_state"]
    );
    let english = app.client("yeshanglong").english();
    let accept = s.action(&english, "accept");
    assert_eq!(accept["label"], "Accept");
    assert_eq!(
        accept["blocked_by"][0]["message"],
        "A party has not consented to mediation"
    );
    assert_eq!(s.action(&s.desk, "request_consent")["allowed"], true);
    app.client("ganhukou")
        .get(&s.path("/actions"))
        .problem(404, "not_found");
}

/// The acts a refused one names as possible are those no state guard refuses.
#[test]
fn an_illegal_transition_names_only_what_the_state_is_open_to() {
    let app = TestApp::new();
    let s = quarrel(&app);
    let named = |act: &str, body: serde_json::Value| -> Vec<String> {
        let answer = s
            .desk
            .do_(&s.path(act), body)
            .problem(409, "illegal_transition");
        let list = answer["allowed"].as_array().unwrap();
        list.iter()
            .map(|a| a.as_str().unwrap().to_owned())
            .collect()
    };
    let listed = || -> Vec<String> {
        let list = s.desk.get(&s.path("/actions")).ok();
        let acts = <jieyou::domain::machine::Act as jieyou::domain::codes::Code>::ALL.len();
        let open = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .take(acts)
            .filter(|row| {
                let barred = codes(row);
                !barred
                    .iter()
                    .any(|c| c == "illegal_transition" || c == "wrong_state")
            });
        open.map(|row| row["action"].as_str().unwrap().to_owned())
            .collect()
    };
    let first = named("/accept", stories::acceptance(s.told.place));
    assert_eq!(first, listed());
    assert!(first.contains(&"screen".to_owned()), "{first:?}");
    // Only an answered petition is closed before it is accepted.
    assert!(!first.contains(&"close".to_owned()), "{first:?}");
    s.desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("wrong_state");
    s.desk.do_(&s.path("/screen"), stories::screening()).ok();
    let second = named("/resume", json!({}));
    assert_eq!(second, listed());
    assert!(second.contains(&"accept".to_owned()), "{second:?}");
}

#[test]
fn agreements_are_told_by_what_could_be_done_to_any() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    let s = Story::in_mediation(&app, "fengxi", matter("contract", parties, &["借款"]));
    assert_eq!(
        codes(&s.action(&s.chair, "sign_agreement")),
        ["wrong_state"]
    );
    assert_eq!(s.action(&s.chair, "draft_agreement")["allowed"], true);
    let paper = s.drafted(json!({"place": null, "obligations": [s.debt(1, 0, 100, "2026-06-30")]}));
    assert_eq!(
        codes(&s.action(&s.chair, "sign_agreement")),
        ["content_incomplete"]
    );
    s.chair
        .patch(
            &s.path(&format!("/agreements/{paper}")),
            json!({"place": "乡政府"}),
        )
        .ok();
    assert_eq!(s.action(&s.chair, "sign_agreement")["allowed"], true);
    s.effective(&paper, &[0, 1]);
    assert_eq!(codes(&s.action(&s.chair, "close")), ["obligations_open"]);
    assert_eq!(s.action(&s.chair, "record_performance")["allowed"], true);
    assert_eq!(s.action(&s.chair, "confirm")["allowed"], true);
    assert_eq!(
        codes(&s.action(&s.chair, "take_breach_route")),
        ["illegal_transition"]
    );
    s.performed(&s.owed(&paper)[0]);
    assert_eq!(s.action(&s.chair, "close")["allowed"], true);
    assert_eq!(
        codes(&s.action(&s.chair, "record_performance")),
        ["already_done"]
    );
}
