//! Flags, incidents and statutory reports.

use jieyou::domain::case::CaseState;
use jieyou::domain::ids::CaseId;
use serde_json::{Value, json};

use crate::support::moves::{in_state, parties, registered};
use crate::support::{Client, TestApp};

fn path(case: CaseId, rest: &str) -> String {
    format!("/cases/{case}{rest}")
}

fn told(app: &TestApp, to: &[&str]) -> Value {
    json!({"reported_to": to, "reported_at": app.now().to_string(), "receipt_no": "凤公受〔2026〕17号"})
}

#[test]
fn violence_hides_contacts_and_wants_its_report() {
    let app = TestApp::new();
    let case = registered(&app);
    let victim = parties(&app, case)[0];
    let steward = app.client("yeshanglong");
    // A flag waits for nobody's edit: no version is asked for.
    let flag = steward
        .post(
            &path(case, "/flags"),
            json!({"kind": "dv", "victim_party_id": victim}),
        )
        .ok();
    assert_eq!(flag["kind"], "dv");
    assert_eq!(flag["reported_at"], Value::Null);
    assert_eq!(flag["raised_by_me"], true);
    let seen = steward.get(&path(case, "?include=parties")).ok();
    assert_eq!(seen["detail"]["dv"], true);
    assert_eq!(seen["detail"]["confidentiality"], "l4");
    assert_eq!(seen["risk"], "orange");
    let hidden = &seen["parties"][0];
    assert_eq!(hidden["contact_hidden"], true);
    assert_eq!(hidden["phone_masked"], Value::Null, "not even a mask");
    steward
        .post(
            &path(case, "/flags"),
            json!({"kind": "dv", "victim_party_id": victim}),
        )
        .blocked_by("already_done");

    let id = flag["id"].as_str().unwrap();
    let close = path(case, &format!("/incidents/{id}/close"));
    steward
        .do_(&close, json!({"outcome": "已出具告诫书"}))
        .blocked_by("protection_info_missing");
    let mut report = told(&app, &["police"]);
    report["protection_order_told"] = json!(true);
    let reported = steward
        .post(&path(case, &format!("/incidents/{id}/report")), report)
        .ok();
    assert_eq!(reported["reported_to"], json!(["police"]));
    assert_eq!(reported["report_overdue"], false);
    let closed = steward.do_(&close, json!({"outcome": "已出具告诫书"})).ok();
    assert!(closed["closed_at"].is_string());
    steward
        .do_(&close, json!({"outcome": "再次"}))
        .blocked_by("already_done");
}

#[test]
fn harm_to_a_minor_is_reported_to_three_and_its_reporter_is_hidden() {
    let app = TestApp::new();
    let case = registered(&app);
    in_state(&app, case, CaseState::InMediation, "chenyuee");
    let mediator = app.client("chenyuee");
    let steward = app.client("yeshanglong");
    let mut body = json!({"kind": "minor_harm", "report": told(&app, &["police"])});
    let refused = mediator
        .post(&path(case, "/incidents"), body.clone())
        .blocked_by("minor_harm_not_reported");
    let items = refused["blocked_by"][0]["items"].clone();
    assert_eq!(items, json!(["civil_affairs", "education"]));
    body["report"] = told(&app, &["police", "civil_affairs", "education"]);
    body["measures"] = json!("陪同就医并通知派出所");
    let made = mediator.post(&path(case, "/incidents"), body).ok();
    assert_eq!(made["raised_by_me"], true);

    let seen = steward.get(&path(case, "")).ok();
    assert_eq!(seen["risk"], "red");
    assert_eq!(seen["detail"]["minor_harm"], true);
    assert_eq!(seen["detail"]["confidentiality"], "l5");
    let list = steward.get(&path(case, "/incidents")).ok();
    assert_eq!(list["data"][0]["raised_by_me"], false);
    assert_eq!(list["data"][0]["measures"], "陪同就医并通知派出所");
    // The supervisor sees that there is one, and nothing written.
    let masked = app
        .client("zhouminghua")
        .get(&path(case, "/incidents"))
        .ok();
    assert_eq!(masked["data"][0]["kind"], "minor_harm");
    assert_eq!(masked["data"][0]["measures"], Value::Null);
    assert_eq!(masked["data"][0]["receipt_no"], Value::Null);

    // The timeline tells what happened, and not who told.
    let actors = |c: &crate::support::Client<'_>| -> Vec<(String, bool)> {
        let page = c.get(&path(case, "/timeline")).ok();
        let entries = page["data"].as_array().unwrap();
        let shown = |e: &Value| {
            (
                e["action"].as_str().unwrap().to_owned(),
                !e["actor"].is_null() || !e["actor_id"].is_null(),
            )
        };
        entries.iter().map(shown).collect()
    };
    let others = actors(&steward);
    for hidden in ["flag_raised", "risk_changed", "incident_recorded"] {
        assert!(others.contains(&(hidden.to_owned(), false)), "{others:?}");
    }
    assert!(others.contains(&("case_registered".to_owned(), true)));
    assert!(actors(&mediator).contains(&("flag_raised".to_owned(), true)));
}

#[test]
fn a_late_report_is_marked() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let flag = c
        .post(&path(case, "/flags"), json!({"kind": "risk_red"}))
        .ok();
    app.forward_minutes(121);
    let list = c.get(&path(case, "/incidents")).ok();
    assert_eq!(list["data"][0]["report_overdue"], true);
    let id = flag["id"].as_str().unwrap();
    let report = path(case, &format!("/incidents/{id}/report"));
    c.post(&report, told(&app, &["superior"]))
        .blocked_by("incident_missing");
    let mut future = told(&app, &["police"]);
    future["reported_at"] = json!(app.now().plus_hours(1).to_string());
    c.post(&report, future).blocked_by("in_future");
    c.post(&report, told(&app, &["police"]))
        .blocked_by("late_reason_missing");
    let mut reasoned = told(&app, &["police"]);
    reasoned["late_reason"] = json!("山区无信号，下山后报告");
    let late = c.post(&report, reasoned).ok();
    assert_eq!(late["reports"][0]["late"], true);
    assert_eq!(late["reports"][0]["late_reason"], "山区无信号，下山后报告");
    assert_eq!(late["report_overdue"], true);
    // Every unit above has been told, in the inbox, without a word of what it is.
    let mut empty = told(&app, &[]);
    empty["tpyo"] = json!(1);
    let faults = c.post(&report, empty).problem(422, "invalid");
    assert_eq!(faults["errors"].as_array().unwrap().len(), 2);
}

#[test]
fn a_suspicion_of_sham_stops_mediation_until_it_is_cleared() {
    let app = TestApp::new();
    let case = registered(&app);
    in_state(&app, case, CaseState::InMediation, "chenyuee");
    let justice = app.client("huangzhiyuan");
    let flag = justice
        .post(&path(case, "/flags"), json!({"kind": "sham"}))
        .ok();
    let seen = justice.get(&path(case, "")).ok();
    assert_eq!(seen["state"], "suspended");
    assert_eq!(seen["detail"]["suspension"]["reason"], "sham_check");
    let close = path(
        case,
        &format!("/incidents/{}/close", flag["id"].as_str().unwrap()),
    );
    let done = json!({"outcome": "借款有转账记录", "unfounded": true});
    // Neither the mediator nor the justice office as such closes it.
    app.client("chenyuee")
        .do_(&close, done.clone())
        .blocked_by("not_holder");
    app.client("yeshanglong")
        .do_(&close, json!({"outcome": "属实"}))
        .blocked_by("incident_missing");
    app.client("yeshanglong").do_(&close, done).ok();
    assert_eq!(justice.get(&path(case, "")).ok()["detail"]["sham"], false);
}

#[test]
fn who_may_not_see_the_case_flags_nothing() {
    let app = TestApp::new();
    let case = registered(&app);
    let flag = json!({"kind": "crime"});
    app.client("tangqiaoyun")
        .post(&path(case, "/flags"), flag.clone())
        .problem(404, "not_found");
    app.client("sysadmin")
        .post(&path(case, "/flags"), flag.clone())
        .problem(403, "forbidden");
    app.client("shenji")
        .post(&path(case, "/flags"), flag.clone())
        .problem(403, "forbidden");
    let supervisor = app.client("zhouminghua");
    supervisor.post(&path(case, "/flags"), flag).ok();
    let nowhere = path(
        case,
        "/incidents/01900000-0000-7000-8000-0000000f0001/close",
    );
    supervisor
        .do_(&nowhere, json!({"outcome": "x"}))
        .problem(404, "not_found");
}

/// The clocks of an incident, by policy: state and due instant.
fn report_clocks(c: &Client<'_>, case: CaseId) -> Vec<(String, String, Value)> {
    let list = c.get(&path(case, "/clocks")).ok();
    let mut out: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|k| k["subject"] == "incident")
        .map(|k| {
            let text = |name: &str| k[name].as_str().unwrap().to_owned();
            (text("policy"), text("state"), k["due_at"].clone())
        })
        .collect();
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out
}

#[test]
fn violence_against_the_incapable_is_called_in_and_written_down() {
    let app = TestApp::new();
    let case = registered(&app);
    let victim = parties(&app, case)[0];
    let c = app.client("yeshanglong");
    let party = path(case, &format!("/parties/{victim}"));
    c.patch(&party, json!({"capacity": "limited"})).ok();
    let found = app.now();
    let body = json!({"kind": "dv", "victim_party_id": victim, "measures": "已送医"});
    let flag = c.post(&path(case, "/incidents"), body).ok();
    let (call, paper) = (found.plus_hours(2), found.plus_hours(24));
    assert_eq!(flag["duties"][0]["to"], "police");
    assert_eq!(flag["duties"][0]["due_at"], json!(call));
    assert_eq!(flag["duties"][1]["written"], true);
    assert_eq!(flag["duties"][1]["due_at"], json!(paper));
    let running = |policy: &str, due| (policy.to_owned(), "running".to_owned(), json!(due));
    let both = [
        running("report_dv_written", paper),
        running("report_police", call),
    ];
    assert_eq!(report_clocks(&c, case), both);

    // Told by phone after half an hour, written down a minute later: in time, whatever the hour of
    // the record.
    let report = path(
        case,
        &format!("/incidents/{}/report", flag["id"].as_str().unwrap()),
    );
    let called = app.now().plus_minutes(30);
    app.forward_minutes(150);
    let mut body = told(&app, &["police"]);
    body["receipt_no"] = Value::Null;
    let faults = c.post(&report, body.clone()).problem(422, "invalid");
    assert_eq!(faults["errors"][0]["pointer"], "/receipt_no");
    body["receipt_no"] = json!("凤公受〔2026〕18号");
    body["reported_at"] = json!(called);
    body["officer"] = json!("王警官");
    let first = c.post(&report, body).ok();
    let duty = |i: &Value, n: usize| {
        (
            i["duties"][n]["done_at"].clone(),
            i["duties"][n]["late"].clone(),
        )
    };
    assert_eq!(duty(&first, 0), (json!(called), json!(false)));
    assert_eq!(duty(&first, 1), (Value::Null, json!(false)));
    assert_eq!(first["reports"][0]["via"], "phone");
    assert_eq!(first["reports"][0]["officer"], "王警官");
    let states =
        |case| -> Vec<String> { report_clocks(&c, case).into_iter().map(|k| k.1).collect() };
    assert_eq!(states(case), ["running", "satisfied"]);

    // The paper comes a day late, and says why.
    app.forward_minutes(24 * 60);
    let mut body = told(&app, &["police"]);
    body["via"] = json!("written");
    let doc = c
        .post(&report, body.clone())
        .blocked_by("late_reason_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["police"]));
    body["late_reason"] = json!("山洪断路");
    let second = c.post(&report, body).ok();
    assert_eq!(duty(&second, 0).1, false);
    assert_eq!(duty(&second, 1), (json!(app.now()), json!(true)));
    assert_eq!(second["reports"][1]["late_reason"], "山洪断路");
    assert_eq!(states(case), ["satisfied", "satisfied"]);
    // Who only watches over the case learns that it was late, not why, nor from whom.
    let seen = app
        .client("zhouminghua")
        .get(&path(case, "/incidents"))
        .ok();
    let report = &seen["data"][0]["reports"][1];
    assert_eq!(report["late"], true);
    assert_eq!(
        (&report["late_reason"], &report["receipt_no"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn each_authority_has_its_own_time_when_a_child_is_harmed() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let due = app.now().plus_minutes(30);
    let body = json!({"kind": "minor_harm"});
    let flag = c.post(&path(case, "/flags"), body).ok();
    for (n, to) in ["police", "civil_affairs", "education"].iter().enumerate() {
        assert_eq!(flag["duties"][n]["to"], *to);
        assert_eq!(flag["duties"][n]["due_at"], json!(due));
    }
    assert_eq!(report_clocks(&c, case)[0].0, "report_minor");
    let report = path(
        case,
        &format!("/incidents/{}/report", flag["id"].as_str().unwrap()),
    );
    app.forward_minutes(31);
    let all = told(&app, &["police", "civil_affairs", "education"]);
    let doc = c
        .post(&report, all.clone())
        .blocked_by("late_reason_missing");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!(["police", "civil_affairs", "education"])
    );
    let mut all = all;
    all["late_reason"] = json!("先行送医");
    let made = c.post(&report, all).ok();
    assert!(
        made["duties"]
            .as_array()
            .unwrap()
            .iter()
            .all(|d| d["late"] == true)
    );
    let clock = &report_clocks(&c, case)[0];
    assert_eq!((clock.1.as_str(), &clock.2), ("satisfied", &json!(due)));
}

#[test]
fn what_happens_now_is_told_in_minutes() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let now = app.now();
    let body = json!({"kind": "risk_red", "imminent": true});
    let flag = c.post(&path(case, "/flags"), body).ok();
    assert_eq!(flag["report_due_at"], json!(now.plus_minutes(10)));
    app.forward_minutes(6);
    let report = path(
        case,
        &format!("/incidents/{}/report", flag["id"].as_str().unwrap()),
    );
    let made = c.post(&report, told(&app, &["police"])).ok();
    assert_eq!(made["report_overdue"], false, "110 in six minutes");
    let clock = &report_clocks(&c, case)[0];
    assert_eq!(
        (clock.0.as_str(), clock.1.as_str()),
        ("report_police", "satisfied")
    );
}
