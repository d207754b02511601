//! Cases moving between units: one holder, custody moves on acceptance alone.

use jieyou::domain::case::CaseState;
use jieyou::domain::ids::CaseId;
use serde_json::{Value, json};

use crate::support::client::Answer;
use crate::support::moves::{in_state, registered, unit};
use crate::support::{Client, TestApp};

pub fn escalate_to(key: &str) -> Value {
    json!({"verb": "escalate", "to": unit(key), "reasons": ["es1_cannot_settle"],
        "handling_so_far": "两次上门，对界址各执一词", "no_materials": "双方均无书证"})
}

pub fn path(case: CaseId, rest: &str) -> String {
    format!("/cases/{case}{rest}")
}

/// Sends and gives the transfer's id.
#[track_caller]
pub fn send(c: &Client<'_>, case: CaseId, body: Value) -> String {
    let sent = c.do_(&path(case, "/transfers"), body).ok();
    assert_eq!(sent["state"], "submitted");
    sent["id"].as_str().unwrap().to_owned()
}

pub fn decide(c: &Client<'_>, case: CaseId, transfer: &str, verb: &str, body: Value) -> Answer {
    c.do_(&path(case, &format!("/transfers/{transfer}/{verb}")), body)
}

pub fn holder(c: &Client<'_>, case: CaseId) -> Value {
    c.get(&path(case, "")).ok()["ball_with"].clone()
}

#[test]
fn up_to_the_county_with_a_return_on_the_way() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk, county) = (
        app.client("yeshanglong"),
        app.client("zhengguoxing"),
        app.client("zhanglixin"),
    );

    // G-34: reasons, handling, materials; all that is missing is told at once.
    let bare = json!({"verb": "escalate", "to": unit("fengxi")});
    let refused = village
        .do_(&path(case, "/transfers"), bare)
        .blocked_by("reason_missing");
    assert_eq!(refused["blocked_by"].as_array().unwrap().len(), 3);
    village
        .do_(&path(case, "/transfers"), escalate_to("county"))
        .blocked_by("level_skipped");
    village
        .do_(&path(case, "/transfers"), escalate_to("cuihu"))
        .blocked_by("receiver_invalid");

    // Sending moves nothing; one at a time is pending.
    let first = send(&village, case, escalate_to("fengxi"));
    let ball = holder(&village, case);
    assert_eq!(ball["org_id"], unit("shanglong"));
    assert_eq!(ball["pending"]["to_id"], unit("fengxi"));
    village
        .do_(&path(case, "/transfers"), escalate_to("fengxi"))
        .blocked_by("transfer_pending");
    // The sender does not answer its own transfer, and other desks do not know the case.
    decide(&village, case, &first, "accept", json!({})).blocked_by("not_receiver");
    let other = app.client("tangqiaoyun");
    decide(&other, case, &first, "accept", json!({})).problem(404, "not_found");

    // G-35: coded defects and a text.
    decide(&desk, case, &first, "return", json!({})).blocked_by("defects_missing");
    let defects = json!({"defects": ["rt2_materials_incomplete"], "text": "缺勘验记录"});
    let back = decide(&desk, case, &first, "return", defects).ok();
    assert_eq!(back["state"], "returned");
    assert_eq!(back["defects"], json!(["rt2_materials_incomplete"]));
    assert_eq!(holder(&village, case)["org_id"], unit("shanglong"));
    decide(&desk, case, &first, "accept", json!({})).blocked_by("transfer_decided");

    let second = send(&village, case, escalate_to("fengxi"));
    decide(
        &desk,
        case,
        &second,
        "accept",
        json!({"note": "由乡里牵头"}),
    )
    .ok();
    assert_eq!(holder(&desk, case)["org_id"], unit("fengxi"));
    village
        .do_(&path(case, "/transfers"), escalate_to("county"))
        .problem(403, "forbidden");

    let third = send(&desk, case, escalate_to("county"));
    // Before it is the receiver's, the county sees names masked; the receiver sees all.
    let pending = county.get(&path(case, "")).ok();
    assert_eq!(pending["title"], "叶长根与叶阿六檐沟滴水纠纷");
    decide(&county, case, &third, "accept", json!({})).ok();
    assert_eq!(holder(&county, case)["org_id"], unit("county"));

    // The township reads on and cannot act any more.
    let read = desk.get(&path(case, "")).ok();
    assert_eq!(read["title"], "叶长根与叶阿六檐沟滴水纠纷");
    desk.do_(
        &path(case, "/transfers"),
        json!({"verb": "forward", "to": unit("suban"), "note": "属苏坂村"}),
    )
    .problem(403, "forbidden");

    let steps = village.get(&path(case, "/loop")).ok();
    let walked: Vec<_> = steps["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| (s["step"].as_str().unwrap(), s["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        walked[..4],
        [
            ("accept", "done"),
            ("dispatch", "done"),
            ("handle", "current"),
            ("supervise", "not_needed")
        ]
    );
    assert_eq!(steps["data"][2]["unit_name"], "云岭县矛盾纠纷调处中心");
    assert_eq!(steps["data"][2]["days"], 0);

    let list = village.get(&path(case, "/transfers")).ok();
    let states: Vec<_> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["returned", "accepted", "accepted"]);
    assert_eq!(list["data"][2]["from_name"], "凤溪乡解忧杂货铺");
}

#[test]
fn days_are_told_for_each_holder() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk) = (app.client("yeshanglong"), app.client("zhengguoxing"));
    app.forward_days(3);
    let sent = send(&village, case, escalate_to("fengxi"));
    app.forward_days(1);
    decide(&desk, case, &sent, "accept", json!({})).ok();
    app.forward_days(2);
    let custody = village.get(&path(case, "/custody")).ok();
    assert_eq!(custody["ball_with"]["org_id"], unit("fengxi"));
    assert_eq!(custody["ball_with"]["days"], 2);
    let held = custody["held"].as_array().unwrap();
    let days: Vec<_> = held
        .iter()
        .map(|h| (h["name"].as_str().unwrap(), h["days"].as_i64().unwrap()))
        .collect();
    assert_eq!(days, [("上垅村心灵驿站", 4), ("凤溪乡解忧杂货铺", 2)]);
    let periods = custody["periods"].as_array().unwrap();
    assert_eq!(periods[0]["to_at"], periods[1]["from_at"]);
    assert_eq!(periods[1]["transfer_id"], sent);
    app.client("tangqiaoyun")
        .get(&path(case, "/custody"))
        .problem(404, "not_found");
}

#[test]
fn a_third_return_is_refused() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk) = (app.client("yeshanglong"), app.client("zhengguoxing"));
    let defects = json!({"defects": ["rt3_lower_not_exhausted"], "text": "请先调解"});
    for _ in 0..2 {
        let sent = send(&village, case, escalate_to("fengxi"));
        decide(&desk, case, &sent, "return", defects.clone()).ok();
    }
    let sent = send(&village, case, escalate_to("fengxi"));
    decide(&desk, case, &sent, "return", defects).blocked_by("return_limit");
    decide(&desk, case, &sent, "accept", json!({})).ok();
}

#[test]
fn a_return_too_late_is_refused_and_a_retry_gets_the_same_bytes() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk) = (app.client("yeshanglong"), app.client("tangqiaoyun"));
    let fengxi = app.client("zhengguoxing");
    let first = send(&village, case, escalate_to("fengxi"));
    decide(&fengxi, case, &first, "accept", json!({})).ok();
    // 凤溪 passes it on to 翠湖, which gives it back and then sees the case no more.
    let forward = json!({"verb": "forward", "to": unit("cuihu"), "note": "当事人均在翠湖"});
    let sent = send(&fengxi, case, forward.clone());
    let body = json!({"defects": ["rt6_wrong_unit"], "text": "当事人不在我镇"}).to_string();
    let version = desk.current_version(&path(case, ""));
    let give_back = || {
        desk.raw(
            "POST",
            &format!("/api/v1/cases/{case}/transfers/{sent}/return"),
            &[
                ("idempotency-key", "return-from-cuihu-0001"),
                ("content-type", "application/json"),
                ("if-match", &format!("\"{version}\"")),
            ],
            body.clone().into_bytes(),
        )
    };
    let once = give_back();
    assert_eq!(once.status, 200, "{}", once.text);
    desk.get(&path(case, "")).problem(404, "not_found");
    let again = give_back();
    assert_eq!((again.status, &again.text), (200, &once.text));
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(
        again.json()["answer"],
        Value::Null,
        "nothing narrative is kept in it"
    );

    let sent = send(&fengxi, case, forward);
    app.forward_days(10);
    let late = json!({"defects": ["rt6_wrong_unit"], "text": "当事人不在我镇"});
    decide(&desk, case, &sent, "return", late).blocked_by("return_late");
}

#[test]
fn redirect_and_recall() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk) = (app.client("yeshanglong"), app.client("zhengguoxing"));
    let first = send(&village, case, escalate_to("fengxi"));
    let nobody = json!({"to": unit("fayuan"), "note": "请法院办理"});
    decide(&desk, case, &first, "redirect", nobody).blocked_by("receiver_invalid");
    let back = json!({"to": unit("shanglong"), "note": "仍由你村"});
    decide(&desk, case, &first, "redirect", back).blocked_by("receiver_invalid");
    let on = json!({"to": unit("suban"), "note": "双方均住苏坂村"});
    let next = decide(&desk, case, &first, "redirect", on).ok();
    assert_eq!(
        (&next["state"], &next["to_id"], &next["parent_id"]),
        (&json!("submitted"), &json!(unit("suban")), &json!(first))
    );
    assert_eq!(holder(&village, case)["org_id"], unit("shanglong"));
    let next = next["id"].as_str().unwrap();
    let suban = app.client("wusuban");
    decide(&suban, case, next, "recall", json!({})).problem(403, "forbidden");
    let recalled = decide(&village, case, next, "recall", json!({"note": "已和好"})).ok();
    assert_eq!(recalled["state"], "recalled");
    suban.get(&path(case, "")).problem(404, "not_found");
    decide(&suban, case, next, "accept", json!({})).problem(404, "not_found");
    assert_eq!(holder(&village, case)["pending"], Value::Null);
}

#[test]
fn an_order_down_demands_its_result() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, desk) = (app.client("yeshanglong"), app.client("zhengguoxing"));
    let up = send(&village, case, escalate_to("fengxi"));
    decide(&desk, case, &up, "accept", json!({})).ok();

    let order = json!({"verb": "assign_down", "to": unit("xialong"), "note": "就近调解"});
    let faults = desk
        .do_(&path(case, "/transfers"), order.clone())
        .problem(422, "invalid");
    assert_eq!(faults["errors"][0]["pointer"], "/deadline");
    let mut order = order;
    order["deadline"] = json!(app.now().plus_days(15).to_string());
    let sent = desk.do_(&path(case, "/transfers"), order).ok();
    assert_eq!(sent["result_required"], true);
    let sent = sent["id"].as_str().unwrap().to_owned();
    let below = app.client("chenxialong");
    decide(&below, case, &sent, "accept", json!({})).ok();
    assert_eq!(holder(&below, case)["org_id"], unit("xialong"));
    assert_eq!(
        below.get(&path(case, "")).ok()["next_due_at"],
        desk.get(&path(case, "/transfers")).ok()["data"][1]["result_due_at"]
    );
    decide(
        &village,
        case,
        &sent,
        "complete",
        json!({"result": "不是我们"}),
    )
    .blocked_by("not_receiver");
    // No closing before the result is reported (交办).
    in_state(&app, case, CaseState::Terminated, "chenyuee");
    below
        .do_(&path(case, "/close"), json!({}))
        .blocked_by("result_owed");
    let done = decide(
        &below,
        case,
        &sent,
        "complete",
        json!({"result": "已口头和解并改装檐沟"}),
    );
    assert_eq!(done.ok()["state"], "completed");
    // Custody does not move by a result.
    assert_eq!(holder(&below, case)["org_id"], unit("xialong"));
}

#[test]
fn a_referral_outside_moves_nothing() {
    let app = TestApp::new();
    let case = registered(&app);
    in_state(&app, case, CaseState::InMediation, "chenyuee");
    let village = app.client("yeshanglong");
    let out = json!({"verb": "refer_out", "external_target": "云岭县人民法院立案庭",
        "route": "civil_suit", "note": "告知起诉并送达途径单"});
    let sent = village.do_(&path(case, "/transfers"), out).ok();
    assert_eq!(sent["to_id"], Value::Null);
    let seen = village.get(&path(case, "")).ok();
    assert_eq!(seen["transfer_pending"], false, "it waits for no unit here");
    let sent = sent["id"].as_str().unwrap();
    decide(
        &village,
        case,
        sent,
        "complete",
        json!({"result": "法院已立案"}),
    )
    .ok();
    assert_eq!(holder(&village, case)["org_id"], unit("shanglong"));
}

#[test]
fn of_two_who_accept_at_once_one_succeeds() {
    let app = TestApp::new();
    let case = registered(&app);
    let village = app.client("yeshanglong");
    let sent = send(&village, case, escalate_to("fengxi"));
    let version = village.current_version(&path(case, ""));
    let accept = path(case, &format!("/transfers/{sent}/accept"));
    let statuses: Vec<u16> = std::thread::scope(|s| {
        let clerks: Vec<_> = (0..2)
            .map(|_| {
                let (app, accept) = (&app, &accept);
                s.spawn(move || {
                    let desk = app.client("zhengguoxing");
                    desk.act(accept, version, json!({})).status
                })
            })
            .collect();
        clerks.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let good = statuses.iter().filter(|s| **s == 200).count();
    let bad = statuses.iter().filter(|s| matches!(s, 409 | 412)).count();
    assert_eq!((good, bad), (1, 1), "{statuses:?}");
    let custody = village.get(&path(case, "/custody")).ok();
    let open = custody["periods"].as_array().unwrap().iter();
    assert_eq!(open.filter(|p| p["to_at"].is_null()).count(), 1);
}

#[test]
fn acts_need_a_version_and_a_known_transfer() {
    let app = TestApp::new();
    let case = registered(&app);
    let village = app.client("yeshanglong");
    village
        .post(&path(case, "/transfers"), escalate_to("fengxi"))
        .problem(428, "if_match_required");
    village
        .act(&path(case, "/transfers"), 99, escalate_to("fengxi"))
        .problem(412, "precondition_failed");
    let nowhere = "01900000-0000-7000-8000-0000000f0001";
    decide(&village, case, nowhere, "recall", json!({})).problem(404, "not_found");
    // A mediator of the desk who does not answer for it decides nothing for it.
    let sent = send(&village, case, escalate_to("fengxi"));
    decide(&app.client("hemeiling"), case, &sent, "accept", json!({})).problem(404, "not_found");
    in_state(&app, case, CaseState::InMediation, "lindeshui");
    decide(&app.client("lindeshui"), case, &sent, "accept", json!({})).problem(403, "forbidden");
    // Closed and merged cases move no more.
    in_state(&app, case, CaseState::ClosedSuccess, "chenyuee");
    village
        .do_(&path(case, "/transfers"), escalate_to("fengxi"))
        .problem(409, "illegal_transition");
}

#[test]
fn the_queue_shows_each_unit_its_own() {
    let app = TestApp::new();
    let (village, desk, county) = (
        app.client("yeshanglong"),
        app.client("zhengguoxing"),
        app.client("zhanglixin"),
    );
    let cases: Vec<CaseId> = (0..3).map(|_| registered(&app)).collect();
    for case in &cases {
        send(&village, *case, escalate_to("fengxi"));
        app.forward_minutes(1);
    }
    let data = |c: &Client<'_>, query: &str| -> Vec<Value> {
        let page = c.get(&format!("/transfers{query}")).ok();
        page["data"].as_array().unwrap().clone()
    };
    assert_eq!(data(&desk, "").len(), 3);
    assert_eq!(data(&village, "").len(), 3);
    assert_eq!(data(&app.client("tangqiaoyun"), "").len(), 0);
    let seen = data(&county, "");
    assert_eq!(seen.len(), 3);
    assert_eq!(seen[0]["case"]["id"], cases[0].to_string());
    let title = seen[0]["case"]["title"].as_str().unwrap();
    assert!(!title.contains('叶'), "masked for the county: {title}");
    assert_eq!(
        data(&desk, "")[0]["case"]["title"],
        "叶长根与叶阿六檐沟滴水纠纷"
    );

    // Filters.
    let count = |c: &Client<'_>, query: &str| data(c, query).len();
    assert_eq!(count(&county, "?state=submitted,accepted"), 3);
    assert_eq!(count(&county, "?state=returned"), 0);
    assert_eq!(count(&county, "?verb=escalate&reason=es1_cannot_settle"), 3);
    assert_eq!(count(&county, "?reason=es3_group"), 0);
    assert_eq!(count(&county, "?risk=red"), 0);
    assert_eq!(count(&county, &format!("?township={}", unit("fengxi"))), 3);
    assert_eq!(count(&county, &format!("?township={}", unit("cuihu"))), 0);
    assert_eq!(count(&county, &format!("?to={}", unit("fengxi"))), 3);
    assert_eq!(count(&county, &format!("?from={}", unit("fengxi"))), 0);
    assert_eq!(count(&county, "?older_than_days=1"), 0);
    app.forward_days(4);
    let old = data(&county, "?older_than_days=4");
    assert_eq!(old.len(), 3);
    assert_eq!(
        (&old[0]["overdue"], &old[0]["days"]),
        (&json!(true), &json!(4))
    );
    for bad in [
        "?state=nonsense",
        "?older_than_days=-1",
        "?x=1",
        "?sort=risk",
    ] {
        county
            .get(&format!("/transfers{bad}"))
            .problem(400, "bad_query");
    }

    // Pages, every way, without a gap or a repeat. The last case is the one at the highest risk.
    let top = cases.last().unwrap();
    village
        .do_(&path(*top, "/risk"), json!({"level": "orange"}))
        .ok();
    for sort in ["submitted", "-submitted", "-risk,submitted"] {
        let mut seen = Vec::new();
        let mut query = format!("?limit=2&sort={sort}");
        loop {
            let page = county.get(&format!("/transfers{query}")).ok();
            for item in page["data"].as_array().unwrap() {
                seen.push(item["case"]["id"].as_str().unwrap().to_owned());
            }
            match page["page"]["next_cursor"].as_str() {
                Some(cursor) => query = format!("?limit=2&sort={sort}&cursor={cursor}"),
                None => break,
            }
        }
        let mut wanted: Vec<String> = cases.iter().map(ToString::to_string).collect();
        match sort {
            "-submitted" => wanted.reverse(),
            "-risk,submitted" => wanted.rotate_right(1),
            _ => {}
        }
        assert_eq!(seen, wanted);
    }

    // Who does not review transfers, and who has been recused, sees nothing of them.
    app.client("hemeiling")
        .get("/transfers")
        .problem(403, "forbidden");
    app.client("sysadmin")
        .get("/transfers")
        .problem(403, "forbidden");
}

#[test]
fn a_dry_run_tells_the_effects_and_moves_nothing() {
    let app = TestApp::new();
    let case = registered(&app);
    let dry = app.client("yeshanglong").with("prefer", "handling=dry-run");
    let effects = dry
        .do_(&path(case, "/transfers"), escalate_to("fengxi"))
        .ok();
    assert_eq!(effects["effects"][0]["type"], "transfer_submitted");
    let list = app
        .client("yeshanglong")
        .get(&path(case, "/transfers"))
        .ok();
    assert_eq!(list["data"], json!([]));
}
