//! Whose case it is: the receiver contests, the unit above both or the joint conference decides.

use serde_json::{Value, json};

use crate::movement::{decide, escalate_to, holder, path, send};
use crate::support::TestApp;
use crate::support::moves::{at_the_desk, unit};

fn not_ours() -> Value {
    json!({"text": "养殖污染属生态环境部门职责"})
}

fn whose(to: &str) -> Value {
    json!({"to": unit(to), "reason": "依职责划分"})
}

#[test]
fn the_unit_above_both_decides() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let id = case.to_string();
    let (desk, county) = (app.client("zhengguoxing"), app.client("zhanglixin"));
    let other = app.client("tangqiaoyun");
    let forward = json!({"verb": "forward", "to": unit("cuihu"), "note": "当事人均在翠湖"});
    let sent = send(&desk, case, forward.clone());

    decide(&county, case, &sent, "designate", whose("fengxi")).blocked_by("not_contested");
    decide(&other, case, &sent, "contest", json!({})).problem(422, "invalid");
    decide(&desk, case, &sent, "contest", not_ours()).blocked_by("not_receiver");
    let contested = decide(&other, case, &sent, "contest", not_ours()).ok();
    assert_eq!(contested["state"], "submitted");
    assert_eq!(contested["contest"]["decider_id"], unit("county"));
    assert_eq!(contested["contest"]["conference"], false);
    assert_eq!(county.clock(&id, "escalation_answer")["state"], "satisfied");
    assert_eq!(county.clock(&id, "quarrel_decision")["state"], "running");
    assert_eq!(
        county.clock(&id, "quarrel_decision")["due_at"],
        contested["due_at"]
    );

    // Nobody gives it away meanwhile; it stands in the county's queue.
    let defects = json!({"defects": ["rt6_wrong_unit"], "text": "不属我镇"});
    let doc = decide(&other, case, &sent, "return", defects.clone());
    assert_eq!(doc.blocked_by("transfer_contested")["rule"], "G-35");
    decide(&other, case, &sent, "contest", not_ours()).blocked_by("transfer_contested");
    let queue = county.get("/transfers?contested=true").ok();
    assert_eq!(queue["data"].as_array().unwrap().len(), 1);
    assert_eq!(queue["data"][0]["contested"], true);
    decide(&desk, case, &sent, "designate", whose("cuihu")).blocked_by("not_decider");
    decide(&county, case, &sent, "designate", whose("fayuan")).blocked_by("receiver_invalid");

    let decided = decide(&county, case, &sent, "designate", whose("cuihu")).ok();
    assert_eq!(
        (&decided["id"], &decided["state"]),
        (&json!(sent), &json!("submitted"))
    );
    assert_eq!(decided["designation"]["to_id"], unit("cuihu"));
    // Custody waits for the designated unit, which can only accept.
    assert_eq!(holder(&county, case)["org_id"], unit("fengxi"));
    decide(&other, case, &sent, "return", defects).blocked_by("designated");
    let on = json!({"to": unit("hukou"), "note": "由村办理"});
    decide(&other, case, &sent, "redirect", on).blocked_by("designated");
    decide(&other, case, &sent, "contest", not_ours()).blocked_by("designated");
    assert_eq!(county.clock(&id, "quarrel_decision")["state"], "satisfied");
    assert_eq!(county.clock(&id, "escalation_answer")["state"], "running");
    decide(&other, case, &sent, "accept", json!({})).ok();
    assert_eq!(holder(&county, case)["org_id"], unit("cuihu"));
    let empty = county.get("/transfers?contested=true").ok();
    assert_eq!(empty["data"], json!([]));
}

#[test]
fn what_the_sender_gets_back_is_not_sent_there_again() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, county) = (app.client("zhengguoxing"), app.client("zhanglixin"));
    let other = app.client("tangqiaoyun");
    let forward = json!({"verb": "forward", "to": unit("cuihu"), "note": "当事人均在翠湖"});
    let sent = send(&desk, case, forward.clone());
    decide(&other, case, &sent, "contest", not_ours()).ok();
    let back = decide(&county, case, &sent, "designate", whose("fengxi")).ok();
    assert_eq!(back["state"], "returned");
    assert_eq!(holder(&desk, case)["org_id"], unit("fengxi"));
    assert_eq!(holder(&desk, case)["pending"], Value::Null);
    desk.do_(&path(case, "/transfers"), forward)
        .blocked_by("designated");
    // Another unit is another question.
    let shitang = json!({"verb": "forward", "to": unit("shitang"), "note": "纠纷发生地"});
    send(&desk, case, shitang);
}

#[test]
fn with_nobody_above_both_the_conference_decides() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, county) = (app.client("zhengguoxing"), app.client("zhanglixin"));
    let up = send(&desk, case, escalate_to("county"));
    decide(&county, case, &up, "accept", json!({})).ok();
    let order = json!({"verb": "assign_down", "to": unit("cuihu"), "note": "属地办理",
        "deadline": app.now().plus_days(15).to_string()});
    let sent = send(&county, case, order);
    let other = app.client("tangqiaoyun");
    let contested = decide(&other, case, &sent, "contest", not_ours()).ok();
    assert_eq!(contested["contest"]["conference"], true);
    let to_department = whose("huanjing");
    let doc = decide(&county, case, &sent, "designate", to_department.clone());
    doc.blocked_by("minutes_missing");
    // The conference meets; what it resolved binds whoever decides.
    let conferences = path(case, "/conferences");
    let plan = json!({"chair": "张立新", "subject": "养殖污染由谁办理", "place": "县中心",
        "planned_at": app.now().plus_hours(2), "units": [unit("huanjing"), unit("cuihu")]});
    let met = county.post(&conferences, plan).ok()["id"].clone();
    let act = |verb: &str, body: Value| {
        let path = format!("{conferences}/{}/{verb}", met.as_str().unwrap());
        county.post(&path, body).ok()
    };
    let present: Vec<Value> = ["huanjing", "cuihu"]
        .iter()
        .map(|u| json!({"unit_id": unit(u), "persons": ["联络员"], "opinion": "同意"}))
        .collect();
    act(
        "hold",
        json!({"held_at": app.now(), "absent": [], "present": present}),
    );
    let mut by_minutes = to_department;
    by_minutes["conference_id"] = met.clone();
    decide(&county, case, &sent, "designate", by_minutes.clone()).blocked_by("minutes_missing");
    let item =
        json!({"text": "现场核查", "unit_id": unit("huanjing"), "due_at": app.now().plus_days(5)});
    let resolved = act(
        "resolve",
        json!({"minutes": "由生态环境局办理", "designates": unit("huanjing"), "items": [item]}),
    );
    let mut other_unit = by_minutes.clone();
    other_unit["to"] = json!(unit("cuihu"));
    decide(&county, case, &sent, "designate", other_unit).blocked_by("minutes_missing");
    let next = decide(&county, case, &sent, "designate", by_minutes).ok();
    assert_eq!(
        (&next["to_id"], &next["parent_id"], &next["state"]),
        (&json!(unit("huanjing")), &json!(sent), &json!("submitted"))
    );
    assert_eq!(next["designation"]["minutes_no"], resolved["number"]);
    assert_eq!(resolved["number"], "〔2026〕1号");
    let department = app.client("huanjingliaison");
    let next = next["id"].as_str().unwrap();
    decide(&department, case, next, "accept", json!({})).ok();
    assert_eq!(holder(&county, case)["org_id"], unit("huanjing"));
    // The timeline tells it in words.
    let told = county.get(&path(case, "/timeline?limit=100")).ok();
    let lines = told["data"].to_string();
    assert!(lines.contains("受理权限提出异议"), "{lines}");
}

/// While it is contested the receiver may still take it on: that ends the quarrel.
#[test]
fn who_accepts_after_all_ends_the_quarrel() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let id = case.to_string();
    let (desk, other) = (app.client("zhengguoxing"), app.client("tangqiaoyun"));
    let forward = json!({"verb": "forward", "to": unit("cuihu"), "note": "当事人均在翠湖"});
    let sent = send(&desk, case, forward);
    decide(&other, case, &sent, "contest", not_ours()).ok();
    decide(&other, case, &sent, "accept", json!({})).ok();
    assert_eq!(holder(&other, case)["org_id"], unit("cuihu"));
    assert_eq!(other.clock(&id, "quarrel_decision")["state"], "satisfied");
    let county = app.client("zhanglixin");
    decide(&county, case, &sent, "designate", whose("fengxi")).blocked_by("transfer_decided");
}
