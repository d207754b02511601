//! Checks across the scenarios (X).

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::*;
use crate::audit::kit;
use crate::support::client::Answer;
use crate::support::leaks::readable;
use crate::support::mediation::*;
use crate::support::{Client, TestApp, stories};

/// A case that waits for acceptance, nothing missing.
fn acceptable(app: &TestApp) -> Story<'_> {
    let s = Story::screened(app, "shanglong", stories::neighbours());
    stories::all_consent(app, &s.told);
    s
}

fn accept(app: &TestApp, s: &Story<'_>, who: &str, version: i64) -> Answer {
    let body = stories::acceptance(s.told.place);
    app.client(who).act(&s.path("/accept"), version, body)
}

/// The running number in a case number.
fn number(case: &Value) -> u32 {
    let no = case["case_no"].as_str().unwrap();
    let digits: String = no
        .split('第')
        .nth(1)
        .unwrap()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap()
}

/// of two clerks who accept at the same instant one succeeds; the other is told, nothing is
/// done twice, no number is lost.
#[test]
fn x_01_two_clerks_accept_at_once() {
    let app = TestApp::new();
    for round in 1..=4 {
        let s = acceptable(&app);
        let version = s.desk.current_version(&s.path(""));
        let clerks = ["yeshanglong", "zhengguoxing"];
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let tries = clerks.map(|who| {
                let (app, s) = (&app, &s.told);
                scope.spawn(move || accept(app, &Story::of(app, s.clone()), who, version))
            });
            tries.map(|t| t.join().unwrap()).into()
        });
        let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|a| a.status == 200);
        assert_eq!((won.len(), lost.len()), (1, 1), "{answers:?}");
        // The loser's version is stale, and what changed meanwhile is named; with the new version
        // the act itself conflicts.
        let doc = lost[0].clone().problem(412, "precondition_failed");
        assert!(
            doc["changed"].to_string().contains("case_accepted"),
            "{doc}"
        );
        let now = s.desk.current_version(&s.path(""));
        let loser = clerks[answers.iter().position(|a| a.status != 200).unwrap()];
        accept(&app, &s, loser, now).problem(409, "illegal_transition");
        let accepted = told(&s).iter().filter(|a| *a == "case_accepted").count();
        assert_eq!(accepted, 1);
        assert_eq!(number(&s.view()), round, "no gap");
    }
}

/// the same idempotency key gives the same case, the same bytes, also at the same instant.
#[test]
fn x_02_the_same_key_makes_one_case() {
    let app = TestApp::new();
    let steward = app.client("yeshanglong");
    let body = stories::neighbours().to_string().into_bytes();
    let headers = [
        ("idempotency-key", "one-visit-one-case-0001"),
        ("content-type", "application/json"),
    ];
    let post = |c: &Client<'_>| c.raw("POST", "/api/v1/cases", &headers, body.clone());
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let tries = [(); 3].map(|()| scope.spawn(|| post(&steward)));
        tries.map(|t| t.join().unwrap()).into()
    });
    // Who comes while the first is still at work is told to try again.
    let made: Vec<&Answer> = answers.iter().filter(|a| a.status == 201).collect();
    assert!(!made.is_empty(), "{answers:?}");
    let others = answers.iter().filter(|a| a.status != 201);
    for other in others {
        assert_eq!(other.status, 409, "{}", other.text);
    }
    let again = post(&steward);
    assert_eq!((again.status, &again.text), (201, &made[0].text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    let list = steward.get("/cases").ok();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    let id = made[0].json()["id"].clone();
    let page = steward
        .get(&format!("/cases/{}/timeline", id.as_str().unwrap()))
        .ok();
    let registered = page["data"].as_array().unwrap().iter();
    let registered = registered.filter(|e| e["action"] == "case_registered");
    assert_eq!(registered.count(), 1);
}

/// an acceptance that is refused uses no number up.
#[test]
fn x_03_numbers_have_no_gap_after_a_refused_acceptance() {
    let app = TestApp::new();
    let mut seen = Vec::new();
    for n in 0..3 {
        let s = Story::screened(&app, "shanglong", stories::neighbours());
        let path = s.path("/accept");
        let body = stories::acceptance(s.told.place);
        // Without the other party's word, with a stale version, for another committee.
        s.desk
            .do_(&path, body.clone())
            .blocked_by("consent_missing");
        stories::all_consent(&app, &s.told);
        s.desk
            .act(&path, 1, body.clone())
            .problem(412, "precondition_failed");
        let mut elsewhere = body.clone();
        elsewhere["committee_id"] = json!(county::committee("cv_hukou"));
        s.desk.do_(&path, elsewhere).blocked_by("committee_invalid");
        let dry = app.client("yeshanglong").with("prefer", "handling=dry-run");
        dry.do_(&path, body.clone()).ok();
        if n == 1 {
            // And one that is never accepted at all.
            let no =
                json!({"code": "na6_no_claim", "reason": "无具体请求", "routes": ["civil_suit"]});
            s.desk.do_(&s.path("/reject"), no).ok();
            assert_eq!(s.view()["case_no"], Value::Null);
            continue;
        }
        s.desk.do_(&path, body).ok();
        seen.push(number(&s.view()));
    }
    assert_eq!(seen, [1, 2]);
}

/// the hash chain does not verify after a row was altered, and the auditor sees it.
#[test]
fn x_04_the_auditor_sees_that_a_row_was_altered() {
    let app = TestApp::new();
    let case = kit::matter(&app, 1);
    let ask = |body: Value| kit::asked(&app, body);
    let note = kit::sign(&app).unwrap().last.unwrap();
    let report = ask(json!({"pinned_checkpoints": [note]}));
    assert_eq!(
        (&report["ok"], &report["fault_count"]),
        (&json!(true), &json!(0))
    );
    assert!(report["verified_size"].as_i64().unwrap() > 0);
    let mut owner = kit::Owner::of(&app);
    owner.drop_guards();
    owner.run(&format!(
        "UPDATE audit_events SET payload = replace(payload, 'walk_in', 'hotline') WHERE stream = 'case/{case}' AND seq = 1"
    ));
    let report = ask(json!({}));
    assert_eq!(report["ok"], false);
    let fault = &report["faults"][0];
    assert_eq!(fault["kind"], "commit");
    assert_eq!(
        (&fault["stream"], &fault["seq"]),
        (&json!(format!("case/{case}")), &json!(1))
    );
    // Nobody else asks.
    for who in ["zhengguoxing", "sysadmin", "zhouminghua"] {
        app.client(who)
            .post("/audit/verifications", json!({}))
            .problem(403, "forbidden");
    }
}

/// who runs the system reads no case, whatever the page; a stranger does not learn that it
/// exists.
#[test]
fn x_05_administrators_read_no_case() {
    let app = TestApp::new();
    let s = Story::in_mediation(&app, "shanglong", stories::neighbours());
    let paper = s.drafted(json!({}));
    let sessions = s.desk.get(&s.path("/sessions")).ok();
    let session = sessions["data"][0]["id"].as_str().unwrap().to_owned();
    let known = [
        ("case_id", s.id.as_str()),
        ("party_id", &s.parties[0]),
        ("session_id", &session),
        ("agreement_id", &paper),
    ];
    let of_the_case = format!("/api/v1/cases/{}", s.id);
    let paths: Vec<String> = readable(&known, &[])
        .into_iter()
        .filter(|p| p.starts_with(&of_the_case))
        .collect();
    assert!(paths.len() >= 15, "{paths:?}");
    for who in ["sysadmin", "secadmin"] {
        let c = app.client(who);
        for path in &paths {
            c.get(path).problem(403, "forbidden");
        }
        c.get("/cases").problem(403, "forbidden");
        c.post("/case-searches", json!({"text": "檐沟"}))
            .problem(403, "forbidden");
        c.get("/transfers").problem(403, "forbidden");
        c.post(&s.path("/notes"), json!({"body": "x"}))
            .problem(403, "forbidden");
        c.do_(&s.path("/close"), json!({}))
            .problem(403, "forbidden");
    }
    let absent = app
        .client("ganhukou")
        .get("/cases/01900000-0000-7000-8000-00000000dead")
        .problem(404, "not_found");
    for path in &paths {
        let hidden = app.client("ganhukou").get(path).problem(404, "not_found");
        assert_eq!(hidden["title"], absent["title"]);
        app.anonymous().get(path).problem(401, "unauthenticated");
    }
}

/// an archived case takes the paper of a later follow-up, and no edit of its agreement.
#[test]
fn x_13_an_archived_case_takes_a_follow_up_and_no_edit() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "甲一"), person("respondent", "乙二")]);
    let s = Story::in_mediation(&app, "fengxi", matter("contract", parties, &["货款"]));
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 200_000, "2026-04-01")]}));
    s.effective(&paper, &[0, 1]);
    let owed = s.owed(&paper);
    s.performed(&owed[0]);
    s.desk.do_(&s.path("/close"), json!({})).ok();
    for piece in ["identity_proof", "follow_up"] {
        s.filed(piece).ok();
    }
    let archivist = app.client("caiwenbin");
    let kept = archivist.do_(&s.path("/archive"), json!({})).ok();
    assert_eq!(
        (&kept["state"], &kept["detail"]["retention"]),
        (&json!("archived"), &json!("long"))
    );
    let before = s.agreement(&paper);

    s.filed("follow_up").ok();
    s.filed("voucher").ok();
    for piece in ["agreement", "mandate", "record"] {
        s.filed(piece).blocked_by("wrong_state");
    }
    let edit = s.path(&format!("/agreements/{paper}"));
    s.chair
        .patch(&edit, json!({"terms": "改"}))
        .problem(409, "illegal_transition");
    for (act, body) in [
        (
            "sign",
            json!({"signed_as": "mediator", "method": "sign", "signed_at": app.now()}),
        ),
        ("seal", json!({"sealed_at": app.now()})),
        ("vary", json!({"consents": s.parties})),
        ("rescind", json!({"consents": s.parties, "reason": "反悔"})),
    ] {
        s.on(&paper, act, body).problem(409, "illegal_transition");
    }
    s.chair
        .do_(&s.path("/agreements"), s.paper(json!({})))
        .problem(409, "illegal_transition");
    let title = json!({"title": "改名"});
    s.desk
        .patch(&s.path(""), title)
        .problem(409, "illegal_transition");
    assert_eq!(s.agreement(&paper), before);
    assert_eq!(s.state(), "archived");
}
