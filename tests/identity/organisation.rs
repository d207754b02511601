use jieyou::cli::demo::county;
use serde_json::json;

use super::*;

fn warnings(v: &Value) -> Vec<String> {
    v["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w["code"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn units_hang_in_one_tree() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let (centre, desk, village) = (
        county::org("county"),
        county::org("fengxi"),
        county::org("shanglong"),
    );
    let post = |kind: &str, parent: Value| {
        admin.post(
            "/org-units",
            json!({"kind": kind, "parent_id": parent, "name": "新单位"}),
        )
    };
    for (kind, parent) in [
        ("township_desk", json!(desk)),
        ("township_desk", Value::Null),
        ("village_station", json!(centre)),
        ("village_station", json!(village)),
        ("department", json!(desk)),
        ("justice_office", json!(centre)),
        ("county_centre", json!(centre)),
    ] {
        post(kind, parent).problem(422, "parent_unfit");
    }
    post("county_centre", Value::Null).problem(409, "duplicate");
    post("department", json!(admin.user_id())).problem(422, "invalid");
    let new_desk = post("township_desk", json!(centre));
    assert!(new_desk.header("location").is_some());
    let new_desk = new_desk.ok();
    assert_eq!(new_desk["desk_id"], new_desk["id"]);
    let below = post("village_station", new_desk["id"].clone()).ok();
    assert_eq!(below["desk_id"], new_desk["id"]);
    assert!(post("department", json!(centre)).ok()["desk_id"].is_null());
    let police = post("police_station", json!(desk)).ok();
    assert_eq!(police["desk_id"], desk.to_string());
    let stream = format!("org/{}", below["id"].as_str().unwrap());
    assert_eq!(facts(&app, &stream, 1), ["org_changed"]);
    app.client("zhengguoxing")
        .post(
            "/org-units",
            json!({"kind": "department", "parent_id": centre, "name": "x"}),
        )
        .problem(403, "forbidden");
}

#[test]
fn units_are_listed_by_kind_parent_and_state() {
    let app = TestApp::new();
    let c = app.client("chenyuee");
    let count = |query: &str| {
        let page = c.get(&format!("/org-units?limit=200&{query}")).ok();
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(count("kind=township_desk"), 4);
    assert_eq!(count("kind=court,police_station"), 2);
    assert_eq!(
        count(&format!(
            "parent_id={}&kind=village_station",
            county::org("fengxi")
        )),
        3
    );
    assert_eq!(count("active=false"), 0);
    let first = c.get("/org-units?limit=20").ok();
    let cursor = first["page"]["next_cursor"].as_str().unwrap().to_owned();
    let second = c.get(&format!("/org-units?limit=20&cursor={cursor}")).ok();
    let total = first["data"].as_array().unwrap().len() + second["data"].as_array().unwrap().len();
    assert_eq!(total, count(""));
    assert_eq!(second["page"]["has_more"], false);
}

#[test]
fn a_unit_changes_by_its_tag_and_closes_when_nothing_hangs_on_it() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let desk = format!("/org-units/{}", county::org("liping"));
    let got = admin.get(&desk);
    let tag = got.header("etag").unwrap().to_owned();
    patch(&admin, &desk, None, &json!({"name": "x"})).problem(428, "if_match_required");
    let changed = patch(&admin, &desk, Some(&tag), &json!({"seal_no": "3599010004"}));
    let newer = changed.header("etag").unwrap().to_owned();
    assert_eq!(changed.ok()["seal_no"], "3599010004");
    patch(&admin, &desk, Some(&tag), &json!({"name": "x"})).problem(412, "precondition_failed");
    let close = json!({"active": false});
    patch(&admin, &desk, Some(&newer), &close).problem(409, "unit_in_use");
    // a village with a live case stays open, another closes
    app.client("yeshanglong")
        .post("/cases", crate::intake::neighbours())
        .ok();
    for (key, status) in [("shanglong", 409), ("xialong", 200)] {
        let path = format!("/org-units/{}", county::org(key));
        let tag = admin.get(&path).header("etag").unwrap().to_owned();
        assert_eq!(
            patch(&admin, &path, Some(&tag), &close).status,
            status,
            "{key}"
        );
    }
    // its steward has no right left there, and nobody new gets one
    let steward = app.client("chenxialong");
    assert_eq!(steward.get("/auth/me").ok()["rights"], json!([]));
    let body = json!({"role": "mediator", "org_id": county::org("xialong")});
    let grants = format!("/users/{}/grants", county::user("chenyuee"));
    app.client("secadmin")
        .post(&grants, body)
        .problem(422, "role_unfit");
}

#[test]
fn a_committee_is_told_what_it_lacks() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let mut body = json!({"org_id": county::org("shanglong"), "kind": "village", "name": "上垅村第二人民调解委员会", "prefix": "上垅二", "seal_no": "77", "term_from": "2026-01-01", "term_to": "2029-01-02"});
    admin
        .post("/committees", body.clone())
        .problem(422, "term_too_long");
    body["term_to"] = json!("2025-01-01");
    let doc = admin
        .post("/committees", body.clone())
        .problem(422, "invalid");
    assert_eq!(doc["errors"][0]["code"], "term_order");
    body["term_to"] = json!("2028-12-31");
    let made = admin.post("/committees", body.clone());
    let location = made.header("location").unwrap().to_owned();
    let made = made.ok();
    assert_eq!(warnings(&made), ["too_few_members", "no_chair", "no_woman"]);
    assert_eq!(made["warnings"][0]["message"], "委员不足三名");
    body["name"] = json!("另一个");
    admin.post("/committees", body).problem(409, "duplicate");

    let members = format!("{location}/members");
    let add = |username: &str, chair: bool, female: bool, appointment: &str| {
        let body = json!({"user_id": county::user(username), "appointment": appointment, "is_chair": chair, "female": female, "from_on": "2026-03-01"});
        admin.post(&members, body)
    };
    add("chenyuee", true, true, "engaged").problem(422, "chair_not_member");
    let chair = add("chenyuee", true, true, "member").ok();
    assert_eq!(chair["name"], "陈月娥");
    add("lindeshui", true, false, "member").problem(409, "committee_chair_taken");
    add("chenyuee", false, true, "member").problem(409, "duplicate");
    add("lindeshui", false, false, "member").ok();
    add("hemeiling", false, true, "engaged").ok();
    let now = admin.get(&location).ok();
    assert_eq!(
        warnings(&now),
        ["too_few_members"],
        "the engaged do not count"
    );
    add("yeshanglong", false, false, "member").ok();
    assert_eq!(warnings(&admin.get(&location).ok()), Vec::<String>::new());

    // the chair leaves today: the seat is free tomorrow
    let end = format!("{members}/{}/end", chair["id"].as_str().unwrap());
    let early = admin.post(&end, json!({"to_on": "2026-02-01"}));
    early.problem(422, "time_order");
    admin
        .post(&end, json!({"to_on": "2026-03-09"}))
        .problem(422, "in_future");
    let ended = admin.post(&end, json!({})).ok();
    assert_eq!(ended["to_on"], "2026-03-02");
    admin.post(&end, json!({})).problem(409, "already_done");
    assert_eq!(warnings(&admin.get(&location).ok()), Vec::<String>::new());
    app.forward_days(1);
    let admin = app.client("sysadmin");
    let next_day = admin.get(&location).ok();
    assert_eq!(
        warnings(&next_day),
        ["too_few_members", "no_chair", "no_woman"]
    );
    let all = admin.get(&members).ok();
    assert_eq!(
        all["data"].as_array().unwrap().len(),
        4,
        "those who left included"
    );
    let english = app.client("sysadmin").english().get(&location).ok();
    assert_eq!(english["warnings"][1]["message"], "No chair");
}

#[test]
fn only_adults_mediate() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let members = format!("/committees/{}/members", county::committee("tw_fengxi"));
    for (n, birth, status) in [
        (1, json!(null), 409),
        (2, json!("2008-03-03"), 409),
        (3, json!("2008-03-02"), 201),
    ] {
        let body = json!({"username": format!("jung{n}"), "name": "小明", "birth_date": birth});
        let user = admin.post("/users", body).ok()["user"]["id"].clone();
        let body = json!({"user_id": user, "appointment": "engaged", "female": false, "from_on": "2026-03-02"});
        let answer = admin.post(&members, body);
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 409 {
            let doc = answer.problem(409, "not_adult");
            assert_eq!(doc["rule"], "G-07");
        }
    }
}

#[test]
fn a_new_term_is_recorded_by_the_tag() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let path = format!("/committees/{}", county::committee("tw_fengxi"));
    let tag = admin.get(&path).header("etag").unwrap().to_owned();
    let long = json!({"term_from": "2026-01-01", "term_to": "2030-01-01"});
    patch(&admin, &path, Some(&tag), &long).problem(422, "term_too_long");
    let cleared = json!({"term_to": null, "name": null});
    patch(&admin, &path, Some(&tag), &cleared).problem(422, "invalid");
    let term = json!({"term_from": "2026-01-01", "term_to": "2028-12-31"});
    let changed = patch(&admin, &path, Some(&tag), &term);
    assert_ne!(changed.header("etag"), Some(tag.as_str()));
    assert_eq!(changed.ok()["term_to"], "2028-12-31");
    patch(&admin, &path, Some(&tag), &term).problem(412, "precondition_failed");
    // the prefix stands in case numbers and stays
    let tag = admin.get(&path).header("etag").unwrap().to_owned();
    patch(&admin, &path, Some(&tag), &json!({"prefix": "别"})).problem(422, "invalid");
    // a member joining changes what is shown, so the older tag is stale
    let body = json!({"user_id": county::user("yeshanglong"), "appointment": "engaged", "female": false, "from_on": "2026-03-02"});
    admin.post(&format!("{path}/members"), body).ok();
    patch(&admin, &path, Some(&tag), &json!({"seal_no": "1"})).problem(412, "precondition_failed");
    let english = app.client("sysadmin").english();
    assert_eq!(
        english.get(&path).header("etag"),
        admin.get(&path).header("etag"),
        "the tag does not depend on the language"
    );
}

#[test]
fn rooms_are_made_and_listed() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let desk = county::org("fengxi");
    let body = json!({"org_id": desk, "name": "凤溪二楼", "capacity": 6});
    let room = admin.post("/rooms", body).ok();
    let list = app
        .client("chenyuee")
        .get(&format!("/rooms?org_id={desk}"))
        .ok();
    let names: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["name"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"凤溪二楼"));
    admin
        .post(
            "/rooms",
            json!({"org_id": desk, "name": "x", "capacity": 0}),
        )
        .problem(422, "invalid");
    admin
        .post(
            "/rooms",
            json!({"org_id": admin.user_id(), "name": "x", "capacity": 1}),
        )
        .problem(422, "invalid");
    let stream = format!("org/{desk}");
    assert_eq!(facts(&app, &stream, 1), ["room_changed"]);
    assert!(room["id"].is_string());
}
