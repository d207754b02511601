//! Supervised tasks: ordered, reported, judged, passed on; one unit's at every moment.

use jieyou::domain::ids::CaseId;
use serde_json::{Value, json};

use crate::support::moves::{at_the_desk, unit};
use crate::support::stories::id_of;
use crate::support::{Client, TestApp};

fn path(case: CaseId, rest: &str) -> String {
    format!("/cases/{case}/tasks{rest}")
}

fn mine(c: &Client<'_>, query: &str) -> Vec<Value> {
    let page = c.get(&format!("/tasks{query}")).ok();
    page["data"].as_array().unwrap().clone()
}

#[test]
fn a_task_is_one_units_from_order_to_result() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, water, houses) = (
        app.client("zhengguoxing"),
        app.client("shuililiaison"),
        app.client("zhujianliaison"),
    );
    let whole = format!("/cases/{case}");
    water.get(&whole).problem(404, "not_found");

    let due = app.now().plus_days(5);
    let order = |to: &str| json!({"kind": "order", "unit_id": unit(to), "text": "查明沟渠权属", "due_at": due});
    // A court takes no orders, a mistake in time is told with it; the village orders nothing.
    let late =
        json!({"kind": "order", "unit_id": unit("fayuan"), "text": "查", "due_at": app.now()});
    let doc = desk.post(&path(case, ""), late).blocked_by("unit_unfit");
    assert_eq!(doc["blocked_by"].as_array().unwrap().len(), 2);
    let by_hand =
        json!({"kind": "whistle", "unit_id": unit("shuili"), "text": "查", "due_at": due});
    desk.post(&path(case, ""), by_hand).problem(422, "invalid");
    app.client("yeshanglong")
        .post(&path(case, ""), order("shuili"))
        .problem(403, "forbidden");

    let task = desk.post(&path(case, ""), order("shuili")).ok();
    let id = id_of(&task);
    assert_eq!(
        json!([
            task["state"],
            task["clock"]["light"],
            task["clock"]["due_at"],
            task["ordered_for"]
        ]),
        json!(["open", "green", due, unit("fengxi")])
    );
    // The department sees its case now, names masked, and the task among its own.
    let seen = water.get(&whole).ok();
    assert!(
        !seen["title"].as_str().unwrap().contains("叶长根"),
        "{seen}"
    );
    let listed = mine(&water, "?state=open");
    assert_eq!(
        json!([listed[0]["text"], listed[0]["case"]["id"]]),
        json!(["查明沟渠权属", case])
    );
    assert!(!listed[0].to_string().contains("叶"), "no name in the list");
    assert!(mine(&houses, "").is_empty());
    houses.get(&whole).problem(404, "not_found");
    // It is told of it.
    let inbox = water.get("/inbox").ok();
    assert_eq!(inbox["data"][0]["kind"], "task_opened");

    // Nobody else reports it; nothing is judged before it is reported.
    let act = |c: &Client<'_>, id: &str, verb: &str, body: Value| {
        c.post(&path(case, &format!("/{id}/{verb}")), body)
    };
    let result = json!({"result": "沟渠属集体所有"});
    act(&desk, &id, "report", result.clone()).blocked_by("not_responsible");
    act(&houses, &id, "report", result.clone()).problem(404, "not_found");
    act(&desk, &id, "accept", json!({})).blocked_by("task_not_reported");
    act(&water, &id, "accept", json!({})).problem(403, "forbidden");

    // Overdue, then passed to another unit: never with two.
    app.forward_days(6);
    assert_eq!(mine(&water, "?overdue=true").len(), 1);
    let over = desk.get(&path(case, &format!("/{id}"))).ok();
    assert_eq!(
        json!([over["overdue"], over["clock"]["light"]]),
        json!([true, "red"])
    );
    let on = json!({"to": unit("zhujian"), "reason": "属住建部门职权"});
    act(&desk, &id, "reassign", on.clone()).blocked_by("time_order");
    let due = app.now().plus_days(3);
    let mut on = on;
    on["due_at"] = json!(due);
    let next = act(&desk, &id, "reassign", on.clone()).ok();
    assert_eq!(
        json!([
            next["parent_id"],
            next["unit_id"],
            next["state"],
            next["clock"]["due_at"]
        ]),
        json!([id, unit("zhujian"), "open", due])
    );
    act(&desk, &id, "reassign", on).blocked_by("task_ended");
    water.get(&whole).problem(404, "not_found");
    houses.get(&whole).ok();

    // The result is sent back once, then accepted; with it the department's sight ends.
    let id = id_of(&next);
    act(&houses, &id, "report", result.clone()).ok();
    act(&houses, &id, "report", result.clone()).blocked_by("task_reported");
    let stored = desk.get(&path(case, &format!("/{id}"))).ok();
    assert_eq!(
        json!([stored["state"], stored["clock"]]),
        json!(["reported", null])
    );
    app.client("zhanglixin")
        .post(&path(case, &format!("/{id}/accept")), json!({}))
        .blocked_by("not_orderer");
    let back = json!({"reason": "未附勘验记录", "due_at": app.now().plus_days(2)});
    let again = act(&desk, &id, "send-back", back).ok();
    assert_eq!(
        json!([again["state"], again["sent_back"], again["clock"]["light"]]),
        json!(["open", 1, "green"])
    );
    let paper = json!({"result": "附勘验记录", "evidence": [app.state.ids.uuid()]});
    act(&houses, &id, "report", paper).blocked_by("unknown_reference");
    act(&houses, &id, "report", result).ok();
    let done = act(&desk, &id, "accept", json!({"note": "可以"})).ok();
    assert_eq!(
        json!([done["state"], done["result"]]),
        json!(["done", "沟渠属集体所有"])
    );
    houses.get(&whole).problem(404, "not_found");

    let states: Vec<Value> = desk.get(&path(case, "")).ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["state"].clone())
        .collect();
    assert_eq!(states, ["reassigned", "done"]);
    // Every step is a fact of the case; the county finds them all, masked.
    let line = desk
        .get(&format!("{whole}/timeline?limit=200"))
        .ok()
        .to_string();
    for kind in [
        "task_opened",
        "task_reassigned",
        "task_reported",
        "task_sent_back",
        "task_done",
    ] {
        assert!(line.contains(kind), "{kind}");
    }
    let county = mine(&app.client("zhouminghua"), "?kind=order&sort=ordered");
    assert_eq!(county.len(), 2);
    assert!(!county[0].to_string().contains("叶长根"));
}

#[test]
fn a_task_given_up_is_owed_no_longer() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let desk = app.client("zhengguoxing");
    let due = app.now().plus_days(5);
    let mut made = Vec::new();
    for to in ["shuili", "ziran"] {
        let body =
            json!({"kind": "co_handling", "unit_id": unit(to), "text": "协办", "due_at": due});
        made.push(id_of(&desk.post(&path(case, ""), body).ok()));
    }
    // One page after the other.
    let (mut at, mut seen) = ("/tasks?limit=1&sort=ordered".to_owned(), Vec::new());
    loop {
        let page = app.client("zhouminghua").get(&at).ok();
        seen.push(page["data"][0]["id"].as_str().unwrap().to_owned());
        let Some(next) = page["page"]["next_cursor"].as_str() else {
            break;
        };
        at = format!("/tasks?limit=1&sort=ordered&cursor={next}");
    }
    assert_eq!(seen, made);
    // One department reads no words of the other's.
    let list = app.client("ziranliaison").get(&path(case, "")).ok();
    assert_eq!(
        json!([list["data"][0]["text"], list["data"][1]["text"]]),
        json!([null, "协办"])
    );
    let gone = desk
        .post(
            &path(case, &format!("/{}/cancel", made[0])),
            json!({"reason": "已自行解决"}),
        )
        .ok();
    assert_eq!(
        json!([gone["state"], gone["clock"]]),
        json!(["cancelled", null])
    );
    let clocks = desk.get(&format!("/cases/{case}/clocks")).ok();
    let ended: Vec<Value> = clocks["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["policy"] == "order_result")
        .map(|c| json!([c["subject"], c["state"]]))
        .collect();
    assert_eq!(
        ended,
        [json!(["record", "stopped"]), json!(["record", "running"])]
    );
}
