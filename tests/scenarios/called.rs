//! SC-14 at the county: departments called, a conference, a late unit, and parties who agree.

use serde_json::{Value, json};

use super::*;
use crate::support::mediation::*;
use crate::support::moves::unit;
use crate::support::{Client, stories};

/// From the whistle to the two agreements.
pub fn the_county_has_it(s: &Story<'_>) {
    three_departments_are_called(s);
    let items = the_conference_resolves(s);
    one_is_late_and_one_passed_on(s, &items);
    the_parties_agree_themselves(s);
}

const DEPARTMENTS: [(&str, &str); 3] = [
    ("shuili", "shuililiaison"),
    ("zhujian", "zhujianliaison"),
    ("ziran", "ziranliaison"),
];

/// SC-14: the whistle to 水利(移民)、住建、自然资源; two come in time, one late.
fn three_departments_are_called(s: &Story<'_>) {
    let (app, centre) = (s.app, s.app.client("zhanglixin"));
    let calls: Vec<Value> = DEPARTMENTS
        .iter()
        .map(|(u, _)| json!({"unit_id": unit(u), "need": "到移民新村现场会诊"}))
        .collect();
    let body = json!({"reason": "后期扶持与裂缝须三部门到场", "place": "移民新村", "units": calls});
    let w = centre.post(&s.path("/whistles"), body).ok();
    let act = |c: &Client<'_>, verb: &str, body: Value| {
        c.post(
            &s.path(&format!("/whistles/{}/{verb}", w["id"].as_str().unwrap())),
            body,
        )
    };
    act(&centre, "sound", json!({})).ok();
    for (n, (key, who)) in DEPARTMENTS.iter().enumerate() {
        let c = app.client(who);
        // No name of thirty-one households for a department.
        let seen = c.get(&s.path("?include=parties")).ok();
        assert!(!seen.to_string().contains("许天天"), "{key}");
        if n == 2 {
            app.forward_days(5);
        }
        let came = json!({"unit_id": unit(key), "mode": "on_site", "at": app.now(), "persons": ["科长"],
            "findings": "现场查看", "accuracy": "accurate"});
        let w = act(&c, "respond", came).ok();
        assert_eq!(w["calls"][0]["response"]["late"], n == 2, "{key}");
    }
    for (key, _) in DEPARTMENTS {
        let rating = if key == "ziran" { "poor" } else { "good" };
        act(
            &centre,
            "rate",
            json!({"unit_id": unit(key), "rating": rating}),
        )
        .ok();
    }
    let view = centre.get(&s.path("/whistles")).ok();
    assert_eq!(view["data"][0]["state"], "closed");
    app.client("shuililiaison")
        .get(&s.path(""))
        .problem(404, "not_found");
}

/// SC-14: four items, each of a unit and with a deadline; gives their tasks.
fn the_conference_resolves(s: &Story<'_>) -> Vec<String> {
    let (app, centre) = (s.app, s.app.client("zhanglixin"));
    let mut units: Vec<String> = DEPARTMENTS.iter().map(|(u, _)| unit(u)).collect();
    units.push(unit("cuihu"));
    let plan = json!({"chair": "周明华", "subject": "移民新村后期扶持与裂缝", "place": "县中心",
        "planned_at": app.now().plus_hours(3), "units": units});
    let c = centre.post(&s.path("/conferences"), plan).ok();
    let act = |verb: &str, body: Value| {
        centre.post(
            &s.path(&format!(
                "/conferences/{}/{verb}",
                c["id"].as_str().unwrap()
            )),
            body,
        )
    };
    let there = |u: &str, o: &str| json!({"unit_id": unit(u), "persons": ["负责人"], "opinion": o});
    let held = json!({"held_at": app.now(), "absent": [{"unit_id": unit("ziran"), "reason": "外出办案"}],
        "present": [there("shuili", "可核发后期扶持"), there("zhujian", "需鉴定"), there("cuihu", "配合")]});
    act("hold", held).ok();
    let due = |days: i64| json!(app.now().plus_days(days));
    // G-37: no unit, no deadline, or a party bound.
    let doc = act(
        "resolve",
        json!({"minutes": "议定", "items": [{"text": "修缮"}]}),
    )
    .blocked_by("item_incomplete");
    assert_eq!(rule_of(&doc, "item_incomplete"), "G-37");
    let bound = json!([{"text": "三十一户同意补偿方案", "unit_id": unit("cuihu"), "due_at": due(5), "party_id": s.parties[0]}]);
    let doc = act("resolve", json!({"minutes": "议定", "items": bound}))
        .blocked_by("conference_binds_nobody");
    assert_eq!(rule_of(&doc, "conference_binds_nobody"), "G-37");
    let item = |u: &str, text: &str, days: i64| json!({"unit_id": unit(u), "text": text, "due_at": due(days)});
    let items = json!([
        item("shuili", "书面答复后期扶持资金", 5),
        item("zhujian", "鉴定裂缝", 10),
        item("cuihu", "登记三十一户损失", 10),
        item("zhujian", "核查安置地权属", 10)
    ]);
    let c = act("resolve", json!({"minutes": "议定四项", "items": items})).ok();
    assert_eq!(
        json!([c["number"], c["items"].as_array().unwrap().len()]),
        json!(["〔2026〕1号", 4])
    );
    for u in ["shuili", "zhujian", "cuihu"] {
        act(
            "sign",
            json!({"unit_id": unit(u), "name": "负责人", "signed_at": app.now()}),
        )
        .ok();
    }
    act("close", json!({})).ok();
    // It made no agreement.
    assert_eq!(centre.get(&s.path("/agreements")).ok()["data"], json!([]));
    let ids = c["items"].as_array().unwrap().iter();
    ids.map(|id| id.as_str().unwrap().to_owned()).collect()
}

/// SC-14: the fourth item passes to another department; the first is late, and supervised.
fn one_is_late_and_one_passed_on(s: &Story<'_>, items: &[String]) {
    let (app, centre, watch) = (
        s.app,
        s.app.client("zhanglixin"),
        s.app.client("zhouminghua"),
    );
    let task = |c: &Client<'_>, id: &str, verb: &str, body: Value| {
        c.post(&s.path(&format!("/tasks/{id}/{verb}")), body)
    };
    let on = json!({"to": unit("ziran"), "reason": "权属属自然资源部门职权"});
    let fourth = stories::id_of(&task(&centre, &items[3], "reassign", on).ok());

    app.forward_days(6);
    let red = watch.get("/supervise-candidates").ok();
    let found: Vec<&Value> = red["data"].as_array().unwrap().iter().collect();
    assert_eq!(found.len(), 1, "{red}");
    assert_eq!(
        json!([
            found[0]["about_id"],
            found[0]["unit_id"],
            found[0]["light"],
            found[0]["level"]
        ]),
        json!([items[0], unit("shuili"), "red", "order"])
    );
    let order = json!({"about_id": items[0], "reason": "逾期未答复后期扶持", "due_at": app.now().plus_days(3)});
    let o = watch.post(&s.path("/supervisions"), order).ok();
    assert_eq!(
        json!([o["level"], o["unit_id"]]),
        json!(["order", unit("shuili")])
    );
    assert_eq!(watch.get("/supervise-candidates").ok()["data"], json!([]));
    let on = |verb: &str| {
        s.path(&format!(
            "/supervisions/{}/{verb}",
            o["id"].as_str().unwrap()
        ))
    };
    let talk =
        json!({"held_at": app.now(), "persons": ["苏水利"], "record": "约谈：三日内书面答复"});
    watch.post(&on("talk"), talk).ok();
    // The administrative reply comes, with the reply to the order.
    let water = app.client("shuililiaison");
    task(
        &water,
        &items[0],
        "report",
        json!({"result": "行政答复：按标准核发后期扶持资金"}),
    )
    .ok();
    let reply = o["task_id"].as_str().unwrap();
    task(
        &water,
        reply,
        "report",
        json!({"result": "已书面答复，今后按期办理"}),
    )
    .ok();
    watch.post(&on("release"), json!({"note": "已整改"})).ok();
    for (id, who) in [
        (&items[1], "zhujianliaison"),
        (&items[2], "tangqiaoyun"),
        (&fourth, "ziranliaison"),
    ] {
        task(&app.client(who), id, "report", json!({"result": "已完成"})).ok();
    }
    for id in [&items[0], &items[1], &items[2], &fourth] {
        task(&centre, id, "accept", json!({})).ok();
    }
    let list = centre.get(&s.path("/tasks")).ok();
    let items: Vec<&Value> = list["data"].as_array().unwrap().iter().collect();
    let count = |state: &str| {
        let of = |t: &&&Value| t["kind"] == "resolution_item" && t["state"] == state;
        items.iter().filter(of).count()
    };
    assert_eq!(
        (count("done"), count("reassigned"), count("open")),
        (4, 1, 0)
    );
    let facts = told(s);
    for kind in [
        "supervision_talked",
        "supervision_released",
        "task_reassigned",
    ] {
        assert!(facts.iter().any(|f| f == kind), "{kind}");
    }
}

/// A group side of so many goes into mediation by its first `reps`; the others authorise them.
pub fn group_in_mediation(s: &Story<'_>, count: usize, reps: usize) {
    s.desk.do_(&s.path("/screen"), stories::screening()).ok();
    for nth in 0..reps {
        let yes = json!({"elected": true, "mandate_signed": true});
        s.desk
            .do_(&s.told.party_path(nth, "representative"), yes)
            .ok();
    }
    stories::all_consent(s.app, &s.told);
    s.desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .ok();
    stories::appoint(s.app, &s.told, s.told.place.mediator, "chair");
    stories::tell_rights(s.app, &s.told);
    let mut speakers = s.parties[..reps].to_vec();
    speakers.extend_from_slice(&s.parties[count..]);
    let session = s.session_of(&speakers);
    s.session_ends(&session);
    for nth in reps..count {
        let body = json!({"auth": "yes", "via": "fingerprint"});
        s.desk
            .do_(&s.told.party_path(nth, "settle-authority"), body)
            .ok();
    }
}

/// SC-14: two agreements, each signed by the parties themselves.
fn the_parties_agree_themselves(s: &Story<'_>) {
    group_in_mediation(s, 31, 3);
    let issues = s.desk.get(&s.path("/issues")).ok();
    for (n, other) in [31, 32].into_iter().enumerate() {
        let mut parties = s.parties[..31].to_vec();
        parties.push(s.parties[other].clone());
        let paper = s.drafted(
            json!({"parties": parties, "issues": [issues["data"][n]["id"]], "copies": 40,
            "partial": n == 0, "terms": "按会商意见，各方互谅互让"}),
        );
        let made = s.effective(&paper, &[0, 1, 2, other]);
        assert_eq!(made["state"], "effective");
    }
    assert_eq!(s.state(), "agreed");
    held_by(s, "county");
}
