//! Promises kept in part: to the court and to enforcement.

use serde_json::json;

use super::*;
use crate::support::TestApp;
use crate::support::mediation::*;

/// SC-09: two of five instalments, then nothing.
#[test]
fn sc_09_a_broken_promise_goes_to_court() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    let s = Story::in_mediation(&app, "fengxi", matter("contract", parties, &["借款五万元"]));
    let parts: Vec<Value> = (4..=8)
        .map(|m| json!({"amount_fen": 1_000_000, "due_on": format!("2026-{m:02}-10")}))
        .collect();
    let plan = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay", "description": "归还借款", "mode": "bank",
        "total_fen": 5_000_000, "instalments": parts});
    let paper = s.drafted(json!({"obligations": [plan]}));
    s.effective(&paper, &[0, 1]);
    let owed = s.owed(&paper);
    for (o, day) in owed.iter().zip(["2026-04-10", "2026-05-09"]) {
        app.at(day);
        s.performed(o);
    }
    assert_eq!(s.agreement(&paper)["rate"]["percent"], 40);
    app.at("2026-06-10");
    s.due(&owed[2], "urge", json!({})).blocked_by("not_overdue");
    assert!(s.marked_overdue().is_empty(), "the day itself is in time");
    app.at("2026-06-11");
    let late = s.agreement(&paper);
    assert_eq!(late["obligations"][2]["state"], "pending");
    assert_eq!(
        (
            late["obligations"][2]["overdue"].as_bool(),
            late["obligations"][3]["overdue"].as_bool()
        ),
        (Some(true), Some(false))
    );
    let notice = json!({"notice_at": app.now()});
    let doc = s.due(&owed[2], "default", notice).blocked_by("not_urged");
    assert_eq!(rule_of(&doc, "not_urged"), "M-78");
    assert_eq!(s.marked_overdue(), [s.case()]);
    assert!(s.marked_overdue().is_empty(), "marked once");
    assert_eq!(s.agreement(&paper)["obligations"][2]["state"], "overdue");
    s.due(&owed[2], "urge", json!({})).ok();
    app.at("2026-06-18");
    let view = s.due(&owed[2], "urge", json!({})).ok();
    assert_eq!(view["obligations"][2]["urged"], 2);
    assert_eq!(view["obligations"][2]["state"], "urged");
    let notice = json!({"notice_at": app.now()});
    let broken = s.due(&owed[2], "default", notice.clone()).ok();
    assert_eq!(
        (broken["state"].as_str(), broken["case_state"].as_str()),
        (Some("breached"), Some("breached"))
    );
    assert_eq!(broken["breach_notice_at"], notice["notice_at"]);
    let doc = s
        .desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("obligations_open");
    assert_eq!(rule_of(&doc, "obligations_open"), "G-39");
    let route = |body: Value| s.on(&paper, "breach-route", body);
    let doc = route(json!({"route": "enforcement"})).blocked_by("enforcement_needs_confirmation");
    assert_eq!(doc["rule"], "M-78");
    route(json!({"route": "court_suit", "claimant_id": s.parties[0]})).problem(422, "invalid");
    let same =
        json!({"route": "court_suit", "claimant_id": s.parties[0], "defendant_id": s.parties[0]});
    route(same).blocked_by("unknown_reference");
    let suit = json!({"route": "court_suit", "claimant_id": s.parties[0], "defendant_id": s.parties[1], "court": "云岭县人民法院"});
    // A suit closes the case, and a visit is due: what bars closing bars it, but not the debt sued on.
    let doc = route(suit.clone()).blocked_by("follow_up_due");
    let owed: Vec<&str> = doc["open_duties"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|d| d["kind"].as_str())
        .collect();
    assert!(owed.iter().all(|k| *k == "follow_up"), "{owed:?}");
    s.visited();
    let sued = route(suit).ok();
    assert_eq!(sued["court_claim"]["defendant"], s.parties[1].as_str());
    assert_eq!(sued["rate"]["percent"], 40);
    assert_eq!(
        state_and_outcome(&s.view()),
        ("closed_to_court", "referred")
    );
}

fn track_of(s: &Story<'_>, paper: &str) -> Value {
    let path = s.path(&format!("/agreements/{paper}/confirmation"));
    s.desk.get(&path).ok()
}

/// A damage of 128,000 in effect since 2026-03-20.
fn damage(app: &TestApp) -> (Story<'_>, String) {
    let parties = json!([
        person("applicant", "涂文华"),
        company("respondent", "危建材有限公司")
    ]);
    // A code that is none is refused at the door.
    let mut body = matter("damage", parties, &["赔偿十二万八千元"]);
    let mut wrong = body.clone();
    wrong["parties"][1]["uscc"] = json!("91350100M000100Y44");
    let doc = app
        .client("zhengguoxing")
        .post("/cases", wrong)
        .problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/parties/1/uscc");
    body["amount_fen"] = json!(12_800_000);
    let s = Story::in_mediation(app, "fengxi", body);
    app.at("2026-03-20");
    let parts = json!([{"amount_fen": 6_000_000, "due_on": "2026-05-20"}, {"amount_fen": 6_800_000, "due_on": "2026-08-20"}]);
    let plan = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay", "description": "赔偿款", "mode": "bank",
        "total_fen": 12_800_000, "instalments": parts});
    let paper = s.drafted(json!({"obligations": [plan]}));
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(made["confirmation"]["window_ends_on"], "2026-04-20");
    (s, paper)
}

/// SC-10: confirmed, half paid, enforced.
#[test]
fn sc_10_from_confirmation_to_enforcement() {
    let app = TestApp::new();
    let (s, paper) = damage(&app);
    app.at("2026-04-17");
    let mut alone = application(&s, "2026-04-17");
    alone["applicants"] = json!([s.parties[0]]);
    let doc = s
        .on(&paper, "apply-confirmation", alone)
        .blocked_by("not_joint");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    s.on(&paper, "apply-confirmation", application(&s, "2026-04-18"))
        .blocked_by("in_future");
    let applied = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-17"))
        .ok();
    assert_eq!(applied["confirmation"]["state"], "applied");
    let track = track_of(&s, &paper);
    assert_eq!(track["eligible"], false);
    assert_eq!(track["blocked_by"][0]["code"], "already_done");
    // The court has it: the parties no longer change it among themselves.
    s.on(
        &paper,
        "rescind",
        json!({"consents": s.parties, "reason": "反悔"}),
    )
    .blocked_by("wrong_state");
    app.at("2026-05-06");
    let ruling = json!({"state": "confirmed", "decided_on": "2026-05-06", "ruling_no": "（2026）云01民特12号"});
    s.on(&paper, "confirmation-result", ruling.clone()).ok();
    s.on(&paper, "confirmation-result", ruling)
        .blocked_by("wrong_state");
    // Two years from the end of the last instalment, 20 August 2026; 20 August 2028 is a Sunday.
    let enforce = s.desk.clock(&s.id, "enforce");
    assert_eq!(enforce["due_at"], local("2028-08-22T00:00:00+08:00"));
    let owed = s.owed(&paper);
    app.at("2026-05-20");
    s.performed(&owed[0]);
    app.at("2026-08-21");
    s.due(&owed[1], "urge", json!({})).ok();
    s.due(&owed[1], "default", json!({"notice_at": app.now()}))
        .ok();
    let taken = s
        .on(&paper, "breach-route", json!({"route": "enforcement"}))
        .ok();
    assert_eq!(s.desk.clock(&s.id, "enforce")["state"], "satisfied");
    assert_eq!(taken["breach_route"], "enforcement");
    assert_eq!(taken["rate"]["percent"], 46);
    s.visited();
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_to_court", "referred"));
}

/// SC-10: the thirtieth day is a Sunday, so Monday still counts and Tuesday does not.
#[test]
fn sc_10_the_window_ends_on_a_working_day() {
    let app = TestApp::new();
    let (s, paper) = damage(&app);
    app.at("2026-04-20");
    let track = track_of(&s, &paper);
    assert_eq!(
        (&track["eligible"], &track["days_left"], &track["lapsed"]),
        (&json!(true), &json!(1), &json!(false))
    );
    assert_eq!(track["applicants"].as_array().unwrap().len(), 2);
    app.at("2026-04-22");
    let track = track_of(&s, &paper);
    assert_eq!(
        (&track["eligible"], &track["days_left"], &track["lapsed"]),
        (&json!(false), &Value::Null, &json!(true))
    );
    assert_eq!(track["blocked_by"][0]["rule"], "G-23");
    let doc = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-21"))
        .blocked_by("window_closed");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["2026-04-20"]));
    // Filed in time, entered late.
    let applied = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-20"))
        .ok();
    assert_eq!(applied["confirmation"]["window_ends_on"], "2026-04-20");
}
