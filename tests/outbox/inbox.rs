//! The inbox and what people want to be told.

use jieyou::cli::demo::county;
use jieyou::domain::codes::Code as _;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};
use serde_json::{Value, json};

use super::kit::Yard;

fn items(yard: &Yard, who: &str, path: &str) -> Vec<Value> {
    yard.app.client(who).get(path).ok()["data"]
        .as_array()
        .unwrap()
        .clone()
}

#[test]
fn notices_are_listed_newest_first_and_in_pages() {
    let yard = Yard::new();
    let case = yard.case();
    for kind in [
        NoticeKind::CaseAssigned,
        NoticeKind::SessionInvited,
        NoticeKind::CaseClosed,
    ] {
        yard.tell_user(Some(&case), "lindeshui", kind);
        yard.app.forward_minutes(1);
    }
    yard.tell_user(Some(&case), "chenyuee", NoticeKind::CaseAssigned);
    let c = yard.app.client("lindeshui");
    let all = c.get("/inbox").ok();
    let titles: Vec<&str> = all["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["title"].as_str().unwrap())
        .collect();
    assert_eq!(titles, ["办件办结", "会议邀请", "指派通知"]);
    assert_eq!(all["data"][0]["case_id"], case.id.to_string());
    let english = yard
        .app
        .client("lindeshui")
        .english()
        .get("/inbox?limit=1")
        .ok();
    assert_eq!(english["data"][0]["title"], "Case closed");

    let first = c.get("/inbox?limit=2").ok();
    assert_eq!(first["page"]["has_more"], true);
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let rest = c.get(&format!("/inbox?limit=2&cursor={cursor}")).ok();
    assert_eq!(rest["data"].as_array().unwrap().len(), 1);
    assert_eq!(rest["data"][0]["kind"], "case_assigned");
    c.get(&format!("/inbox?limit=2&unread=true&cursor={cursor}"))
        .problem(400, "bad_cursor");
    c.get("/inbox?limit=0").problem(400, "bad_query");
    c.get("/inbox?unread=perhaps").problem(400, "bad_query");
    yard.app
        .anonymous()
        .get("/inbox")
        .problem(401, "unauthenticated");
}

#[test]
fn reading_marks_and_is_ones_own_affair() {
    let yard = Yard::new();
    let case = yard.case();
    for _ in 0..3 {
        yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    }
    let c = yard.app.client("lindeshui");
    let seen = items(&yard, "lindeshui", "/inbox");
    let id = |n: usize| seen[n]["id"].as_str().unwrap().to_owned();
    yard.app
        .client("chenyuee")
        .post(&format!("/inbox/{}/read", id(2)), json!({}))
        .problem(404, "not_found");
    let read = c.post(&format!("/inbox/{}/read", id(2)), json!({})).ok();
    assert_eq!(read["read_at"], yard.app.now().to_string());
    yard.app.forward_minutes(5);
    assert_eq!(
        c.post(&format!("/inbox/{}/read", id(2)), json!({})).ok()["read_at"],
        read["read_at"]
    );
    assert_eq!(items(&yard, "lindeshui", "/inbox?unread=true").len(), 2);
    // One more arrives after the list was fetched: it stays unread.
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseClosed);
    assert_eq!(
        c.post("/inbox/read-all", json!({"up_to": id(0)})).ok(),
        json!({"read": 2})
    );
    assert_eq!(items(&yard, "lindeshui", "/inbox?unread=true").len(), 1);
    assert_eq!(
        c.post("/inbox/read-all", json!({})).ok(),
        json!({"read": 1})
    );
    assert_eq!(
        c.post("/inbox/read-all", json!({})).ok(),
        json!({"read": 0})
    );
    c.post("/inbox/read-all", json!({"upto": id(0)}))
        .problem(422, "invalid");
    c.post("/inbox/none/read", json!({}))
        .problem(404, "not_found");
    // What was read is a fact of the reader's own stream.
    let events = yard.app.read(|snap| {
        snap.stream_events(&format!("user/{}", county::user("lindeshui")), 0, 50)
            .unwrap()
    });
    let reads = events
        .iter()
        .filter(|e| e.row.action == "inbox_read")
        .count();
    assert_eq!(reads, 3);
}

/// Whoever may no longer see a case keeps the notice, but not the way to the case.
#[test]
fn the_case_is_named_only_to_those_who_may_see_it() {
    let yard = Yard::new();
    let case = yard.case();
    let session = yard.id();
    for who in ["zhengguoxing", "maoguodong", "sysadmin"] {
        yard.tell(
            Some(&case),
            Recipient::User(county::user(who)),
            &Notice::session(NoticeKind::SessionInvited, session),
        );
    }
    let own = &items(&yard, "zhengguoxing", "/inbox")[0];
    assert_eq!(
        (&own["case_id"], &own["session_id"]),
        (&json!(case.id), &json!(session))
    );
    for other in ["maoguodong", "sysadmin"] {
        let item = &items(&yard, other, "/inbox")[0];
        assert_eq!(
            (&item["case_id"], &item["session_id"]),
            (&Value::Null, &Value::Null),
            "{other}"
        );
        let path = format!("/inbox/{}/read", item["id"].as_str().unwrap());
        assert_eq!(
            yard.app.client(other).post(&path, json!({})).ok()["case_id"],
            Value::Null
        );
    }
}

#[test]
fn preferences_decide_what_is_told() {
    let yard = Yard::new();
    let c = yard.app.client("lindeshui");
    let default = c.get("/notice-preferences").ok();
    let rows = default["data"].as_array().unwrap();
    assert_eq!(rows.len(), NoticeKind::ALL.len());
    assert!(rows.iter().all(|r| r["mail"] == true && r["inbox"] == true));
    let fixed = rows.iter().filter(|r| r["always"] == true).count();
    assert_eq!(fixed, 9);

    let put = |body: Value| {
        c.raw(
            "PUT",
            "/api/v1/notice-preferences",
            &[("content-type", "application/json")],
            body.to_string().into_bytes(),
        )
    };
    let wish = json!({"preferences": [
        {"kind": "case_assigned", "mail": false},
        {"kind": "case_closed", "inbox": false},
        {"kind": "session_invited", "mail": false, "inbox": false},
    ]});
    let now = put(wish.clone()).ok();
    let of = |doc: &Value, kind: &str| {
        doc["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["kind"] == kind)
            .cloned()
            .unwrap()
    };
    assert_eq!(
        (
            &of(&now, "case_assigned")["mail"],
            &of(&now, "case_assigned")["inbox"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(c.get("/notice-preferences").ok(), now);

    let case = yard.case();
    for kind in [
        NoticeKind::CaseAssigned,
        NoticeKind::CaseClosed,
        NoticeKind::SessionInvited,
        NoticeKind::RiskRaised,
    ] {
        yard.tell_user(Some(&case), "lindeshui", kind);
    }
    let mails: Vec<String> = yard.rows().iter().map(|r| r.kind.clone()).collect();
    assert_eq!(mails, ["case_closed", "risk_raised"]);
    let mut inbox: Vec<String> = items(&yard, "lindeshui", "/inbox")
        .iter()
        .map(|i| i["kind"].as_str().unwrap().to_owned())
        .collect();
    inbox.sort();
    assert_eq!(inbox, ["case_assigned", "risk_raised"]);

    // The whole set is replaced; other people's wishes are their own.
    let back = put(json!({"preferences": []})).ok();
    assert_eq!(back, default);
    let doc = put(json!({"preferences": [{"kind": "risk_raised", "mail": false}]}))
        .problem(422, "invalid");
    assert_eq!(
        (&doc["errors"][0]["pointer"], &doc["errors"][0]["code"]),
        (&json!("/preferences/0/mail"), &json!("always_told"))
    );
    put(json!({})).problem(422, "invalid");
    put(json!({"preferences": [{"kind": "case_closed"}, {"kind": "case_closed", "mail": false}]}))
        .problem(422, "invalid");
    put(json!({"preferences": [{"kind": "nonsense"}]})).problem(422, "invalid");
    let events = yard.app.read(|snap| {
        snap.stream_events(&format!("user/{}", county::user("lindeshui")), 0, 50)
            .unwrap()
    });
    assert_eq!(
        events
            .iter()
            .filter(|e| e.row.action == "preference_changed")
            .count(),
        6
    );
}

/// Units and teams become people; everybody is told once.
#[test]
fn a_unit_is_everybody_who_answers_for_it() {
    let yard = Yard::new();
    let case = yard.case();
    yard.tell(
        Some(&case),
        Recipient::Unit(county::org("fengxi")),
        &Notice::of(NoticeKind::TransferSubmitted),
    );
    yard.tell(
        Some(&case),
        Recipient::Unit(county::org("county")),
        &Notice::of(NoticeKind::TransferSubmitted),
    );
    let told: Vec<_> = yard.rows().iter().map(|r| r.user_id.unwrap()).collect();
    assert_eq!(
        told,
        [county::user("zhengguoxing"), county::user("zhanglixin")]
    );
    assert_eq!(items(&yard, "zhanglixin", "/inbox").len(), 1);
    assert_eq!(items(&yard, "zhouminghua", "/inbox").len(), 0);
}
