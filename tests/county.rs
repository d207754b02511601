//! Whistles, joint conferences, supervision orders and leaders in charge: who may, what is refused.

use jieyou::cli::demo::county;
use jieyou::domain::ids::CaseId;
use serde_json::{Value, json};

use crate::support::moves::{at_the_desk, registered, unit};
use crate::support::stories::id_of;
use crate::support::{Client, TestApp};

#[test]
fn a_whistle_is_reviewed_answered_in_time_and_rated() {
    let app = TestApp::new();
    let village_case = registered(&app);
    let propose = |units: &[&str]| {
        let called: Vec<Value> = units
            .iter()
            .map(|u| json!({"unit_id": unit(u), "need": "到场查看沟渠"}))
            .collect();
        json!({"reason": "沟渠涉及两个部门", "place": "上垅村三组", "units": called})
    };
    // A village does not whistle; nor does who only watches.
    let path = |case: CaseId, rest: &str| format!("/cases/{case}/whistles{rest}");
    app.client("yeshanglong")
        .post(&path(village_case, ""), propose(&["shuili"]))
        .problem(403, "forbidden");
    app.client("zhengguoxing")
        .post(&path(village_case, ""), propose(&["shuili"]))
        .blocked_by("whistle_not_here");

    let case = at_the_desk(&app);
    let (desk, water, land) = (
        app.client("zhengguoxing"),
        app.client("shuililiaison"),
        app.client("ziranliaison"),
    );
    desk.post(&path(case, ""), propose(&[]))
        .blocked_by("nobody_called");
    for unfit in [&["fayuan"][..], &["cuihu"], &["shuili", "shuili"]] {
        desk.post(&path(case, ""), propose(unfit))
            .blocked_by("unit_unfit");
    }
    let w = desk
        .post(&path(case, ""), propose(&["shuili", "ziran"]))
        .ok();
    assert_eq!(
        json!([w["state"], w["calls"][0]["due_at"]]),
        json!(["proposed", null])
    );
    let id = id_of(&w);
    let act = |c: &Client<'_>, verb: &str, body: Value| {
        c.post(&path(case, &format!("/{id}/{verb}")), body)
    };
    // Before the chief has looked at it nobody is called and nobody sees anything.
    water
        .get(&format!("/cases/{case}"))
        .problem(404, "not_found");
    act(&app.client("zhanglixin"), "sound", json!({})).problem(403, "forbidden");
    let w = act(&desk, "sound", json!({"note": "同意"})).ok();
    // Two working days from Monday 2 March: the end of Wednesday.
    assert_eq!(
        json!([w["state"], w["calls"][0]["due_at"]]),
        json!(["sounded", "2026-03-04T16:00:00.000000Z"])
    );
    act(&desk, "sound", json!({})).blocked_by("wrong_state");
    assert_eq!(
        water.get("/inbox").ok()["data"][0]["kind"],
        "whistle_sounded"
    );
    // What it is asked, and not what the others are; no name.
    let seen = water.get(&path(case, "")).ok();
    assert_eq!(seen["data"][0]["calls"].as_array().unwrap().len(), 1);
    let seen = water.get(&format!("/cases/{case}?include=parties")).ok();
    let text = seen.to_string();
    assert!(
        !text.contains("叶长根") && !text.contains("叶阿六"),
        "{text}"
    );

    let came = |to: &str, at: Value| json!({"unit_id": unit(to), "mode": "on_site", "at": at, "persons": ["苏水利"], "findings": "沟渠属集体"});
    let now = app.now();
    act(&water, "respond", came("ziran", json!(now))).blocked_by("not_responsible");
    act(&water, "respond", came("shuili", json!(now.plus_hours(1)))).blocked_by("in_future");
    let before = json!(now.plus_hours(-1));
    act(&water, "respond", came("shuili", before)).blocked_by("time_order");
    act(
        &desk,
        "rate",
        json!({"unit_id": unit("shuili"), "rating": "good"}),
    )
    .blocked_by("task_not_reported");
    let mut body = came("shuili", json!(now));
    body["accuracy"] = json!("accurate");
    let w = act(&water, "respond", body.clone()).ok();
    assert_eq!(w["calls"][0]["response"]["late"], false);
    act(&water, "respond", body).blocked_by("already_done");

    // The other is late, and says that it is not its own.
    app.forward_days(4);
    let red = app.client("zhouminghua").get("/supervise-candidates").ok();
    assert_eq!(
        json!([
            red["data"][0]["policy"],
            red["data"][0]["unit_id"],
            red["data"][0]["light"]
        ]),
        json!(["whistle_response", unit("ziran"), "red"])
    );
    let no = json!({"unit_id": unit("ziran"), "reason": "不涉及土地", "accuracy": "inaccurate"});
    let w = act(&land, "decline", no).ok();
    assert_eq!(w["calls"][0]["declined"], "不涉及土地");
    act(
        &desk,
        "rate",
        json!({"unit_id": unit("shuili"), "rating": "good", "note": "及时"}),
    )
    .ok();
    water
        .get(&format!("/cases/{case}"))
        .problem(404, "not_found");
    let w = act(
        &desk,
        "rate",
        json!({"unit_id": unit("ziran"), "rating": "fair"}),
    )
    .ok();
    assert_eq!(
        json!([
            w["state"],
            w["calls"][0]["rating"]["rating"],
            w["calls"][1]["rating"]["rating"]
        ]),
        json!(["closed", "good", "fair"])
    );
    act(&desk, "judge", json!({"accuracy": "partly"})).problem(403, "forbidden");
    let w = act(
        &app.client("zhouminghua"),
        "judge",
        json!({"accuracy": "partly"}),
    )
    .ok();
    assert_eq!(w["accuracy"]["accuracy"], "partly");
    let clocks = desk.get(&format!("/cases/{case}/clocks")).ok();
    let ended: Vec<Value> = clocks["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["policy"] == "whistle_response")
        .map(|c| json!([c["state"], c["breached_at"].is_null()]))
        .collect();
    assert_eq!(
        ended,
        [json!(["satisfied", true]), json!(["satisfied", false])]
    );

    // Refused, and withdrawn: nobody owes anything.
    let other = id_of(&desk.post(&path(case, ""), propose(&["shuili"])).ok());
    let out = desk
        .post(
            &path(case, &format!("/{other}/refuse")),
            json!({"reason": "自行解决"}),
        )
        .ok();
    assert_eq!(out["state"], "refused");
    let third = id_of(&desk.post(&path(case, ""), propose(&["shuili"])).ok());
    desk.post(&path(case, &format!("/{third}/sound")), json!({}))
        .ok();
    water.get(&format!("/cases/{case}")).ok();
    desk.post(
        &path(case, &format!("/{third}/withdraw")),
        json!({"reason": "已和好"}),
    )
    .ok();
    water
        .get(&format!("/cases/{case}"))
        .problem(404, "not_found");
}

#[test]
fn minutes_are_numbered_without_gaps_and_bind_units_alone() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, water) = (app.client("zhengguoxing"), app.client("shuililiaison"));
    let path = |rest: &str| format!("/cases/{case}/conferences{rest}");
    let party = desk.get(&format!("/cases/{case}/parties")).ok()["data"][0]["id"].clone();
    let conference = |designates: Value, refused: bool| -> Value {
        let plan = json!({"chair": "郑国兴", "subject": "沟渠归谁管", "place": "凤溪乡政府",
            "planned_at": app.now().plus_hours(2), "units": [unit("shuili"), unit("ziran")]});
        let c = desk.post(&path(""), plan).ok();
        let id = id_of(&c);
        let act = |verb: &str, body: Value| desk.post(&path(&format!("/{id}/{verb}")), body);
        act("resolve", json!({"minutes": "无"})).blocked_by("wrong_state");
        let held = |absent: Value| {
            json!({"held_at": app.now(), "absent": absent,
                "present": [{"unit_id": unit("shuili"), "persons": ["苏水利"], "opinion": "属集体沟渠"}]})
        };
        act("hold", held(json!([]))).blocked_by("unit_unaccounted");
        act(
            "hold",
            held(json!([{"unit_id": unit("ziran"), "reason": "另有会议"}])),
        )
        .ok();
        let due = app.now().plus_days(5);
        if refused {
            let bad = json!({"minutes": "议定", "items": [{"text": "修沟"}, {"text": "叶阿六改道", "party_id": party,
                "unit_id": unit("shuili"), "due_at": due}]});
            let doc = act("resolve", bad).blocked_by("conference_binds_nobody");
            let rules: Vec<&Value> = doc["blocked_by"]
                .as_array()
                .unwrap()
                .iter()
                .map(|b| &b["rule"])
                .collect();
            assert_eq!(rules, [&json!("G-37"), &json!("G-37")]);
            assert_eq!(
                doc["blocked_by"][0]["items"],
                json!(["items/0/unit_id", "items/0/due_at"])
            );
        }
        let good = json!({"minutes": "议定一项", "designates": designates,
            "items": [{"text": "修沟", "unit_id": unit("shuili"), "due_at": due}]});
        let c = act("resolve", good).ok();
        act("close", json!({})).blocked_by("minutes_unsigned");
        let hand = |u: &str| json!({"unit_id": unit(u), "name": "苏水利", "signed_at": app.now()});
        act("sign", hand("ziran")).blocked_by("not_attending");
        act("sign", hand("shuili")).ok();
        act("close", json!({})).ok();
        c
    };
    let first = conference(Value::Null, true);
    let second = conference(json!(unit("shuili")), false);
    assert_eq!(
        json!([first["number"], second["number"]]),
        json!(["〔2026〕1号", "〔2026〕2号"])
    );
    let list = desk.get(&path("")).ok();
    assert_eq!(
        json!([
            list["data"][1]["state"],
            list["data"][1]["designates"],
            list["data"][1]["items"].as_array().unwrap().len()
        ]),
        json!(["closed", unit("shuili"), 1])
    );
    // The invitations are over; the items go on. No agreement came of it.
    let tasks = desk.get(&format!("/cases/{case}/tasks")).ok();
    let states: Vec<Value> = tasks["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| json!([t["kind"], t["state"]]))
        .collect();
    let one = [
        json!(["conference", "done"]),
        json!(["conference", "cancelled"]),
        json!(["resolution_item", "open"]),
    ];
    let mut both = [one.clone(), one].concat();
    let mut states = states;
    both.sort_by_key(ToString::to_string);
    states.sort_by_key(ToString::to_string);
    assert_eq!(states, both);
    let papers = desk.get(&format!("/cases/{case}/agreements")).ok();
    assert_eq!(papers["data"], json!([]));
    // A unit that was there reads the minutes; one that is called for something else does not.
    let seen = water.get(&path("")).ok();
    assert_eq!(seen["data"][0]["minutes"], "议定一项");
    water
        .post(&path(""), json!({"chair": "苏", "subject": "会", "place": "局", "planned_at": app.now().plus_hours(1), "units": [unit("ziran")]}))
        .problem(403, "forbidden");
}

#[test]
fn supervision_rises_and_a_leader_signs_off() {
    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, watch, owner) = (
        app.client("zhengguoxing"),
        app.client("zhouminghua"),
        app.client("tangqiaoyun"),
    );
    let path = |rest: &str| format!("/cases/{case}/supervisions{rest}");
    let order = |level: Option<&str>| json!({"reason": "久拖未决", "due_at": app.now().plus_days(2), "level": level});
    app.client("yeshanglong")
        .post(&path(""), order(None))
        .problem(403, "forbidden");
    desk.post(&path(""), order(None)).blocked_by("own_unit");
    let s = watch.post(&path(""), order(Some("reminder"))).ok();
    assert_eq!(
        json!([s["level"], s["unit_id"], s["clock"]["light"]]),
        json!(["reminder", unit("fengxi"), "green"])
    );
    assert_eq!(
        desk.get("/inbox").ok()["data"][0]["kind"],
        "supervision_ordered"
    );
    let doc = watch
        .post(&path(""), order(Some("reminder")))
        .blocked_by("level_not_raised");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["order"]));
    let listed = watch.post(&path(""), order(Some("listed"))).ok();
    assert_eq!(listed["level"], "listed");
    let id = id_of(&listed);
    let act = |verb: &str, body: Value| watch.post(&path(&format!("/{id}/{verb}")), body);
    act("release", json!({"note": "算了"})).blocked_by("task_not_reported");
    let talk = json!({"held_at": app.now(), "persons": ["郑国兴"], "record": "限期办结"});
    assert_eq!(act("talk", talk).ok()["talks"][0]["record"], "限期办结");
    let reply = format!(
        "/cases/{case}/tasks/{}/report",
        listed["task_id"].as_str().unwrap()
    );
    desk.post(&reply, json!({"result": "已召集双方"})).ok();
    let out = act("release", json!({"note": "已整改"})).ok();
    assert_eq!(
        json!([out["state"], out["reply_state"]]),
        json!(["released", "done"])
    );

    // A leader of another township owns it: sees it, orders, signs off when nothing is open.
    let whole = format!("/cases/{case}");
    let owners = |rest: &str| format!("/cases/{case}/owners{rest}");
    owner.get(&whole).problem(404, "not_found");
    let name = |who: &str, to: &str| json!({"user_id": county::user(who), "org_id": unit(to), "reason": "跨乡镇"});
    watch
        .post(&owners(""), name("sysadmin", "cuihu"))
        .blocked_by("owner_unfit");
    let o = watch.post(&owners(""), name("tangqiaoyun", "cuihu")).ok();
    watch
        .post(&owners(""), name("tangqiaoyun", "cuihu"))
        .blocked_by("already_done");
    assert_eq!(
        owner.get(&whole).ok()["title"],
        "叶长根与叶阿六檐沟滴水纠纷"
    );
    let listed: Vec<Value> = owner.get("/cases").ok()["data"].as_array().unwrap().clone();
    assert!(listed.iter().any(|c| c["id"] == json!(case)));
    let sign = owners(&format!("/{}/sign-off", id_of(&o)));
    owner
        .post(&sign, json!({"note": "已化解"}))
        .blocked_by("tasks_open");
    watch
        .post(&sign, json!({"note": "已化解"}))
        .problem(403, "forbidden");
    let reply = format!(
        "/cases/{case}/tasks/{}/report",
        s["task_id"].as_str().unwrap()
    );
    desk.post(&reply, json!({"result": "已召集双方"})).ok();
    let first = format!("/{}/release", id_of(&s));
    owner.post(&path(&first), json!({"note": "可以"})).ok();
    let done = owner.post(&sign, json!({"note": "已化解"})).ok();
    assert_eq!(done["end_reason"], "signed_off");
    owner.get(&whole).problem(404, "not_found");
    // Changed: the old one is in charge no longer.
    watch.post(&owners(""), name("tangqiaoyun", "cuihu")).ok();
    watch.post(&owners(""), name("maoguodong", "cuihu")).ok();
    owner.get(&whole).problem(404, "not_found");
    let ends: Vec<Value> = watch.get(&owners("")).ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|o| o["end_reason"].clone())
        .collect();
    assert_eq!(ends, [json!("signed_off"), json!("changed"), Value::Null]);
}

/// A conference moves with a reason until it was held; the units still invited are told, once.
#[test]
fn a_conference_moves_until_it_is_held() {
    use jieyou::cli::demo::county;
    use jieyou::domain::notice::NoticeKind;

    let app = TestApp::new();
    let case = at_the_desk(&app);
    let (desk, water) = (app.client("zhengguoxing"), app.client("shuililiaison"));
    let path = |rest: &str| format!("/cases/{case}/conferences{rest}");
    let (first, second) = (app.now().plus_hours(2), app.now().plus_days(2));
    let plan = json!({"chair": "郑国兴", "subject": "沟渠归谁管", "place": "凤溪乡政府",
        "planned_at": first, "units": [unit("shuili")]});
    let id = id_of(&desk.post(&path(""), plan).ok());
    let moves = |body: Value| desk.post(&path(&format!("/{id}/reschedule")), body);
    let told = || -> usize {
        app.read(|snap| {
            let items = snap.inbox(county::user("shuililiaison"), false, None, 100);
            let moved = items.unwrap();
            moved
                .iter()
                .filter(|i| i.kind == NoticeKind::ConferenceMoved)
                .count()
        })
    };
    let faults = moves(json!({"planned_at": second})).problem(422, "invalid");
    assert_eq!(faults["errors"][0]["pointer"], "/reason");
    moves(json!({"planned_at": app.now(), "reason": "改期"})).blocked_by("time_order");
    moves(json!({"planned_at": first, "reason": "照旧"})).blocked_by("already_done");
    let other = json!({"planned_at": second, "reason": "代办"});
    water
        .post(&path(&format!("/{id}/reschedule")), other)
        .problem(403, "forbidden");
    assert_eq!(told(), 0);
    let c =
        moves(json!({"planned_at": second, "place": "县综治中心", "reason": "水利局出差"})).ok();
    assert_eq!(
        json!([c["planned_at"], c["place"], c["note"], c["state"]]),
        json!([second, "县综治中心", "水利局出差", "planned"])
    );
    assert_eq!(told(), 1);
    // Its hour passed and nobody came: it may be moved again, the place stays.
    app.forward_days(3);
    let third = app.now().plus_days(1);
    let c = moves(json!({"planned_at": third, "reason": "未开成"})).ok();
    assert_eq!(
        json!([c["planned_at"], c["place"]]),
        json!([third, "县综治中心"])
    );
    assert_eq!(told(), 2);
    let line = desk.get(&format!("/cases/{case}/timeline")).ok();
    assert!(line.to_string().contains("联席会议改期"), "{line}");
    let held = json!({"held_at": app.now(), "absent": [],
        "present": [{"unit_id": unit("shuili"), "persons": ["苏水利"], "opinion": "属集体沟渠"}]});
    desk.post(&path(&format!("/{id}/hold")), held).ok();
    moves(json!({"planned_at": third, "reason": "再改"})).blocked_by("wrong_state");
    assert_eq!(told(), 2);
}
