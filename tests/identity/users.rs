use jieyou::cli::demo::county;
use serde_json::json;

use super::*;

fn codes(doc: &Value) -> Vec<String> {
    let mut out: Vec<String> = doc["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            format!(
                "{} {}",
                e["pointer"].as_str().unwrap(),
                e["code"].as_str().unwrap()
            )
        })
        .collect();
    out.sort();
    out
}

#[test]
fn contact_data_is_masked_and_faults_come_all_at_once() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let bad = json!({"username": "Li", "name": "", "email": "x", "phone": "12", "id_no": "110101199003074513", "locale": "fr", "role": "mediator"});
    let doc = admin.post("/users", bad).problem(422, "invalid");
    assert_eq!(
        codes(&doc),
        [
            "/email invalid_email",
            "/id_no invalid_id_number",
            "/locale unknown_code",
            "/name empty",
            "/phone invalid_phone",
            "/role unknown_field",
            "/username invalid_username"
        ]
    );
    let good = json!({"username": "li.si", "name": "李四", "email": "li.si@example.org", "phone": "138 0013 8000", "id_no": "11010519491231002X", "address": "凤溪乡上垅村12号"});
    let made = admin.post("/users", good);
    let location = made.header("location").unwrap().to_owned();
    let tag = made.header("etag").unwrap().to_owned();
    let user = made.ok()["user"].clone();
    assert_eq!(
        user["birth_date"], "1949-12-31",
        "read off the identity number"
    );
    let got = admin.get(&location);
    assert_eq!(got.header("etag"), Some(tag.as_str()));
    for plain in ["13800138000", "11010519491231002X", "12号"] {
        assert!(!got.text.contains(plain), "{plain} in {}", got.text);
    }
    assert_eq!(got.ok(), user);
    let twice = json!({"username": "li.si", "name": "李四"});
    admin.post("/users", twice).problem(409, "duplicate");
    let wrong = json!({"username": "wang", "name": "王", "id_no": "11010519491231002X", "birth_date": "1950-01-01"});
    let doc = admin.post("/users", wrong).problem(422, "invalid");
    assert_eq!(codes(&doc), ["/birth_date invalid"]);
    let unborn = json!({"username": "wang", "name": "王", "birth_date": "2030-01-01"});
    let doc = admin.post("/users", unborn).problem(422, "invalid");
    assert_eq!(codes(&doc), ["/birth_date in_future"]);
}

#[test]
fn a_change_needs_the_tag_last_seen() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let path = format!("/users/{}", county::user("chenyuee"));
    let tag = admin.get(&path).header("etag").unwrap().to_owned();
    patch(&admin, &path, None, &json!({"name": "陈月"})).problem(428, "if_match_required");
    patch(&admin, &path, Some("*"), &json!({})).problem(400, "malformed_header");
    patch(&admin, &path, Some("W/\"x\""), &json!({})).problem(400, "malformed_header");
    let body = json!({"email": null, "phone": "13900000009"});
    let changed = patch(&admin, &path, Some(&tag), &body);
    let newer = changed.header("etag").unwrap().to_owned();
    assert_ne!(newer, tag);
    let user = changed.ok();
    assert!(user["email"].is_null());
    assert_eq!(user["phone_masked"], "139****0009");
    let stale = patch(&admin, &path, Some(&tag), &json!({"name": "别名"}));
    let doc = stale.problem(412, "precondition_failed");
    assert_eq!(doc["current_etag"], newer.as_str());
    let doc = patch(
        &admin,
        &path,
        Some(&newer),
        &json!({"name": null, "locale": null}),
    )
    .problem(422, "invalid");
    assert_eq!(codes(&doc), ["/locale not_null", "/name not_null"]);
    // a change that changes nothing writes nothing
    let same = patch(
        &admin,
        &path,
        Some(&newer),
        &json!({"phone": "13900000009"}),
    );
    assert_eq!(same.header("etag"), Some(newer.as_str()));
    let user = format!("user/{}", county::user("chenyuee"));
    assert_eq!(facts(&app, &user, 5), ["user_edited"]);
    let (_, _, fact) = events(&app, &user, 1).pop().unwrap();
    let jieyou::domain::facts::Event::UserEdited { fields, .. } = fact else {
        panic!("{fact:?}")
    };
    assert_eq!(fields, ["email", "phone"]);
}

#[test]
fn two_changes_with_one_tag_do_not_both_win() {
    let app = TestApp::new();
    let path = format!("/users/{}", county::user("chenyuee"));
    for round in 0..5 {
        let tag = app
            .client("sysadmin")
            .get(&path)
            .header("etag")
            .unwrap()
            .to_owned();
        let statuses: Vec<u16> = std::thread::scope(|s| {
            let run = |n: u32| {
                let phone = format!("139000000{round}{n}");
                let (app, path, tag) = (&app, &path, &tag);
                s.spawn(move || {
                    let c = app.client("sysadmin");
                    patch(&c, path, Some(tag), &json!({"phone": phone})).status
                })
            };
            let runs = [run(1), run(2), run(3)];
            runs.map(|r| r.join().unwrap()).to_vec()
        });
        assert_eq!(
            statuses.iter().filter(|s| **s == 200).count(),
            1,
            "{statuses:?}"
        );
        app.forward_minutes(1);
    }
}

#[test]
fn users_are_listed_in_pages_and_by_filter() {
    let app = TestApp::new();
    let admin = app.client("sysadmin");
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = admin.get(&format!("/users?limit=10{cursor}"));
        let page = page.ok();
        for u in page["data"].as_array().unwrap() {
            names.push(u["username"].as_str().unwrap().to_owned());
        }
        let next = page["page"]["next_cursor"].as_str();
        assert_eq!(page["page"]["has_more"], next.is_some());
        match next {
            Some(c) => cursor = format!("&cursor={c}"),
            None => break,
        }
    }
    let mut sorted = names.clone();
    sorted.sort();
    sorted.dedup();
    assert_eq!(names, sorted);
    assert!(names.len() > 30);
    let count = |query: &str| {
        let page = admin.get(&format!("/users?limit=200&{query}")).ok();
        page["data"].as_array().unwrap().len()
    };
    assert_eq!(count("role=county_dispatcher"), 1);
    assert_eq!(count("role=dept_liaison"), 9);
    let fengxi = county::org("fengxi");
    assert_eq!(count(&format!("org_id={fengxi}&role=mediator")), 2);
    assert_eq!(count("q=%E9%99%88%E6%9C%88"), 1);
    assert_eq!(count("q=LIAISON"), 6);
    assert_eq!(count("q=%25"), 0, "a wildcard is a letter");
    assert_eq!(count("state=disabled"), 0);
    admin.get("/users?role=king").problem(400, "bad_query");
    admin.get("/users?nope=1").problem(400, "bad_query");
    admin
        .get("/users?role=mediator&cursor=abc")
        .problem(400, "bad_cursor");
}

#[test]
fn only_administrators_look_at_others() {
    let app = TestApp::new();
    let id = county::user("chenyuee");
    for name in ["zhengguoxing", "zhanglixin", "shenji", "chenyuee"] {
        let c = app.client(name);
        c.get("/users").problem(403, "forbidden");
        c.post("/users", json!({"username": "neu", "name": "新"}))
            .problem(403, "forbidden");
        c.post(&format!("/users/{id}/disable"), json!({}))
            .problem(403, "forbidden");
    }
    app.client("zhengguoxing")
        .get(&format!("/users/{id}"))
        .problem(403, "forbidden");
    let denied = app.read(|snap| {
        snap.stream_events("reads/node1/2026-03-02-02", 0, 100)
            .unwrap()
            .len()
    });
    assert!(denied >= 13, "{denied} denials recorded");
    let me = app.client("chenyuee").get(&format!("/users/{id}")).ok();
    assert_eq!(me["username"], "chenyuee");
    let sec = app.client("secadmin");
    sec.get(&format!("/users/{id}")).ok();
    sec.post("/users", json!({"username": "neu", "name": "新"}))
        .problem(403, "forbidden");
    sec.get("/users/01928c3e-7a10-7cc0-8d53-2f4b6a90c1de")
        .problem(404, "not_found");
    sec.get("/users/not-an-id").problem(404, "not_found");
}

#[test]
fn ties_are_declared_by_oneself_and_reading_anothers_is_recorded() {
    let app = TestApp::new();
    let id = county::user("lindeshui");
    let path = format!("/users/{id}/relatives");
    let me = app.client("lindeshui");
    let made = me.post(
        &path,
        json!({"kind": "cousin", "name": "池有田", "phone": "13900000042"}),
    );
    assert_eq!(made.status, 201);
    let made = made.ok();
    assert_eq!(made["phone_masked"], "139****0042");
    assert_eq!(me.get(&path).ok()["data"][0], made);
    me.post(&path, json!({"kind": "friend", "name": "池"}))
        .problem(422, "invalid");
    let hour = "reads/node1/2026-03-02-02";
    let recorded = |app: &TestApp| app.read(|s| s.stream_events(hour, 0, 100).unwrap().len());
    assert_eq!(recorded(&app), 0);
    let read = app.client("sysadmin").get(&path);
    assert_eq!(read.header("cache-control"), Some("no-store"));
    read.ok();
    assert_eq!(recorded(&app), 1);
    app.client("chenyuee").get(&path).problem(403, "forbidden");
    let stream = format!("user/{id}");
    assert_eq!(facts(&app, &stream, 1), ["relative_declared"]);
    let trail = app.read(|s| s.last_events(&stream, None, 1).unwrap());
    assert!(!format!("{trail:?}").contains("池有田"));
}

#[test]
fn a_dry_run_keeps_nothing() {
    let app = TestApp::new();
    let admin = app.client("sysadmin").with("prefer", "handling=dry-run");
    let tried = admin.post("/users", json!({"username": "neu", "name": "新"}));
    assert_eq!(tried.header("preference-applied"), Some("handling=dry-run"));
    let effects = tried.ok();
    assert_eq!(effects["effects"][0]["type"], "user_created");
    assert!(app.read(|s| s.user_by_name("neu").unwrap().is_none()));
}

/// A date of birth is personal: whoever looks at another's account leaves a record; the list of
/// accounts and one's own account leave none.
#[test]
fn looking_at_anothers_account_is_recorded() {
    let app = TestApp::new();
    let (admin, id) = (app.client("sysadmin"), county::user("chenyuee"));
    let object = format!("user/{id}");
    let records = || crate::support::leaks::access_log(&app, &object).len();
    let list = admin.get("/users").ok();
    let members: Vec<&String> = list["data"][0].as_object().unwrap().keys().collect();
    assert!(
        !members
            .iter()
            .any(|m| *m == "birth_date" || m.contains("phone"))
    );
    app.client("chenyuee").get(&format!("/users/{id}")).ok();
    assert_eq!(records(), 0);
    let answer = admin.get(&format!("/users/{id}"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("etag").is_some());
    assert!(answer.ok().get("birth_date").is_some());
    assert_eq!(records(), 1);
}
