//! The audit trail of the service at work: complete, closed on failure, for auditors alone.

mod edit_events;
mod edit_tree;
mod forger;
pub mod kit;
mod outside;
mod proofs;
mod rotation;
mod tamper;
mod verifications;

use jieyou::domain::case::CaseState;
use jieyou::domain::ids::CaseId;
use serde_json::{Value, json};

use self::kit::{GUARDED, Owner, Row};
use crate::support::TestApp;
use crate::support::client::Answer;
use crate::support::db::on_postgres;
use crate::support::moves;
use crate::support::stories;

/// The request id that an answer carries, which the events of the request carry too.
fn request_of(answer: &Answer) -> String {
    answer.header("x-request-id").unwrap().to_owned()
}

/// The events that stand in the ledger for one request.
fn events_of(owner: &mut Owner, answer: &Answer) -> Vec<Row> {
    let id = request_of(answer);
    let mut rows = owner.events();
    rows.retain(|r| r.header("request_id") == *id);
    rows
}

fn hook() -> Value {
    json!({"url": "https://example.com/hook", "events": ["case_registered"]})
}

fn total(owner: &mut Owner) -> i64 {
    owner.number("SELECT count(*) AS n FROM audit_events")
}

#[test]
fn every_act_leaves_its_events_and_nothing_else_does() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let admin = app.client("sysadmin");
    let before = total(&mut owner);

    let made = admin.post("/webhooks", hook());
    let id = made.clone().ok()["id"].as_str().unwrap().to_owned();
    let events = events_of(&mut owner, &made);
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].action, "webhook_changed");
    assert_eq!(events[0].actor, format!("user/{}", admin.user_id()));
    assert_eq!(events[0].header("outcome"), "ok");
    assert_eq!(events[0].header("object"), format!("webhook/{id}"));

    let rotated = admin.post(&format!("/webhooks/{id}/rotate-secret"), json!({}));
    assert_eq!(events_of(&mut owner, &rotated).len(), 1);
    assert_eq!(total(&mut owner), before + 2);

    // Refused, or repeated under the same key: no events.
    let refused = admin.post("/webhooks", json!({"url": "nonsense", "events": []}));
    assert_eq!(refused.status, 422);
    assert_eq!(events_of(&mut owner, &refused).len(), 0);
    let headers = [
        ("idempotency-key", "0123456789abcdef-audit"),
        ("content-type", "application/json"),
    ];
    let body = hook().to_string().into_bytes();
    let first = admin.raw("POST", "/api/v1/webhooks", &headers, body.clone());
    let again = admin.raw("POST", "/api/v1/webhooks", &headers, body);
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(events_of(&mut owner, &first).len(), 1);
    assert_eq!(events_of(&mut owner, &again).len(), 0);
    assert_eq!(total(&mut owner), before + 3);

    if on_postgres() {
        // One commit: the row and its event were written by one transaction.
        let strangers = owner.number(
            "SELECT count(*) AS n FROM webhooks w WHERE NOT EXISTS (SELECT 1 FROM audit_events e \
             WHERE e.xmin = w.xmin AND e.payload LIKE '%' || w.id || '%')",
        );
        assert_eq!(strangers, 0);
    }
    kit::sound(&app);
}

/// The events of an act on a case: one run at the end of its stream, under one request.
#[track_caller]
fn decided(owner: &mut Owner, case: &str, answer: Answer) -> Vec<String> {
    answer.clone().ok();
    let events = events_of(owner, &answer);
    let stream = format!("case/{case}");
    let head = owner.number(&format!(
        "SELECT audit_seq AS n FROM cases WHERE id = '{case}'"
    ));
    let mut seqs: Vec<i64> = events.iter().map(|r| r.seq).collect();
    seqs.sort_unstable();
    let first = head - i64::try_from(seqs.len()).unwrap() + 1;
    assert_eq!(seqs, (first..=head).collect::<Vec<_>>());
    assert!(!events.is_empty());
    assert!(
        events
            .iter()
            .all(|r| r.stream == stream && r.header("outcome") == "ok")
    );
    if on_postgres() {
        let strangers = owner.number(&format!(
            "SELECT count(*) AS n FROM audit_events e, cases c WHERE e.stream = '{stream}' \
             AND e.seq >= {first} AND c.id = '{case}' AND e.xmin <> c.xmin"
        ));
        assert_eq!(strangers, 0, "the events are not of the commit of the case");
    }
    events.into_iter().map(|r| r.action).collect()
}

#[test]
fn every_event_of_a_decision_is_written_with_it() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let desk = app.client("zhengguoxing");
    let body = json!({"type": "other", "source": "application", "channel": "walk_in", "summary": "不服市场监管局罚款二千元。",
        "parties": [{"role": "applicant", "kind": "natural_person", "name": "柯小飞"},
            {"role": "respondent", "kind": "legal_person", "name": "云岭县市场监督管理局"}]});
    let before = total(&mut owner);
    let made = desk.post("/cases", body);
    let id = made.clone().ok()["id"].as_str().unwrap().to_owned();
    let told = decided(&mut owner, &id, made);
    assert_eq!(told[0], "case_registered");
    assert_eq!(told.iter().filter(|a| *a == "party_added").count(), 2);
    let path = |act: &str| format!("/cases/{id}/{act}");
    let screened = desk.do_(
        &path("screen"),
        json!({"civil": false, "special_organ": false,
        "accepted_elsewhere": false, "clear_parties": true, "concrete_claim": true}),
    );
    let screened = decided(&mut owner, &id, screened);
    assert_eq!(screened, ["case_screened"]);

    // Refused by a guard, or by a version that is not the current one: nothing is written.
    let known = total(&mut owner);
    let reject = |routes: Value| json!({"code": "na3_admin_act", "reason": "不服行政处罚", "routes": routes});
    desk.do_(&path("reject"), reject(json!([])))
        .blocked_by("routes_missing");
    let good = reject(json!(["admin_review", "admin_suit"]));
    desk.act(&path("reject"), 1, good.clone())
        .problem(412, "precondition_failed");
    assert_eq!(total(&mut owner), known);

    let rejected = decided(&mut owner, &id, desk.do_(&path("reject"), good));
    assert!(rejected.contains(&"case_rejected".to_owned()));
    let told = told.len() + screened.len() + rejected.len();
    assert_eq!(total(&mut owner), before + i64::try_from(told).unwrap());
    kit::sound(&app);
}

/// Bar A1 over a story: as many decisions in the ledger as in the feed of changes, none split over
/// two requests, none without events.
#[test]
fn a_whole_story_is_in_the_ledger() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let mut owner = Owner::of(&app);
    let stream = format!("case/{}", story.case);
    let mut events = owner.events();
    events.retain(|r| r.stream == stream);
    let mut requests: Vec<String> = events
        .iter()
        .map(|r| r.header("request_id").to_string())
        .collect();
    requests.dedup();
    let decisions = owner.number(&format!(
        "SELECT count(*) AS n FROM change_log WHERE case_id = '{}'",
        story.case
    ));
    assert_eq!(i64::try_from(requests.len()).unwrap(), decisions);
    let once: std::collections::BTreeSet<&String> = requests.iter().collect();
    assert_eq!(
        once.len(),
        requests.len(),
        "a request came back after another"
    );
    let actions: Vec<&str> = events.iter().map(|r| r.action.as_str()).collect();
    for act in [
        "case_registered",
        "case_screened",
        "consent_given",
        "case_accepted",
    ] {
        assert!(actions.contains(&act), "{act} is not in {actions:?}");
    }
    // The names of the parties stand nowhere in the chain.
    assert!(events.iter().all(|r| !r.header.contains('叶')));
    assert!(
        events
            .iter()
            .all(|r| !r.payload.as_ref().unwrap().contains("叶阿六"))
    );
    kit::sound(&app);
}

/// What a read of the case leaves in the ledger.
fn access(owner: &mut Owner, answer: &Answer) -> Row {
    let mut rows = events_of(owner, answer);
    assert_eq!(rows.len(), 1, "{rows:#?}");
    let row = rows.remove(0);
    assert!(row.stream.starts_with("reads/node1/"), "{}", row.stream);
    row
}

#[test]
fn reads_and_denials_are_recorded_before_the_answer() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let case: CaseId = kit::matter(&app, 1);
    let path = format!("/cases/{case}");
    let clerk = app
        .client("hemeiling")
        .with("x-access-purpose", "mediation");
    for what in [
        path.clone(),
        format!("{path}/timeline"),
        format!("{path}?include=parties"),
    ] {
        let read = clerk.get(&what);
        assert_eq!(read.status, 200, "{}", read.text);
        let row = access(&mut owner, &read);
        assert_eq!(row.action, "read");
        assert_eq!(row.header("outcome"), "ok");
        assert_eq!(row.header("object"), format!("case/{case}"));
        assert_eq!(row.header("purpose"), "mediation");
        let payload: Value = serde_json::from_str(row.payload.as_ref().unwrap()).unwrap();
        assert_eq!(payload["objects"], json!([format!("case/{case}")]));
    }
    // What says nothing of a person leaves nothing.
    let lists = clerk.get("/code-lists");
    assert_eq!(events_of(&mut owner, &lists).len(), 0);

    // A denial to a known caller: hidden or open.
    let hidden = app.client("lengxiaofeng").get(&path);
    hidden.clone().problem(404, "not_found");
    let row = access(&mut owner, &hidden);
    assert_eq!(
        (row.action.as_str(), row.header("outcome")),
        ("access_denied", json!("denied"))
    );
    assert_eq!(row.header("object"), format!("case/{case}"));
    let open = app.client("hemeiling").get("/audit/events?stream=system");
    open.clone().problem(403, "forbidden");
    assert_eq!(access(&mut owner, &open).action, "access_denied");
    // Nobody known, nobody named.
    let nobody = app.anonymous().get(&path);
    assert_eq!(nobody.status, 401);
    assert_eq!(events_of(&mut owner, &nobody).len(), 0);
    kit::sound(&app);
}

/// The queue for review shows titles of several cases: who sees names in it has read them.
#[test]
fn a_queue_with_names_in_it_is_a_recorded_read() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let case = moves::registered(&app);
    let order = json!({"verb": "escalate", "to": moves::unit("fengxi"), "reasons": ["es1_cannot_settle"],
        "handling_so_far": "两次上门，各执一词", "no_materials": "双方均无书证"});
    let path = format!("/cases/{case}/transfers");
    app.client("yeshanglong").do_(&path, order).ok();
    let mut named = 0;
    for reader in ["yeshanglong", "zhengguoxing", "zhanglixin", "zhouminghua"] {
        let queue = app.client(reader).get("/transfers");
        let records = events_of(&mut owner, &queue);
        let sees = queue.text.contains("叶长根");
        named += usize::from(sees);
        assert_eq!(records.len(), usize::from(sees), "{reader}: {}", queue.text);
        for row in records {
            assert_eq!(row.action, "read");
            let payload: Value = serde_json::from_str(row.payload.as_ref().unwrap()).unwrap();
            assert_eq!(payload["objects"], json!([format!("case/{case}")]));
        }
    }
    assert!(named > 0);
}

/// Cases offered as the same matter are read as well, whoever asks and however.
#[test]
fn duplicates_offered_with_names_in_them_are_recorded_reads() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let first = moves::registered(&app);
    let steward = app.client("yeshanglong");
    let again = steward.post("/cases", moves::gutter());
    let second = again.clone().ok()["id"].as_str().unwrap().to_owned();
    let probe =
        json!({"type": "neighbour", "parties": [{"name": "叶长根", "phone": "13905990101"}]});
    let asked = [
        (again, json!([format!("case/{first}")])),
        (
            steward.get(&format!("/cases/{second}/duplicates")),
            json!([format!("case/{first}")]),
        ),
        (
            steward.post("/duplicate-candidates", probe),
            json!([format!("case/{first}"), format!("case/{second}")]),
        ),
    ];
    for (answer, objects) in asked {
        assert!(answer.text.contains("叶长根"), "{}", answer.text);
        let mut records = events_of(&mut owner, &answer);
        records.retain(|r| r.action == "read");
        assert_eq!(records.len(), 1, "{}", answer.text);
        let payload: Value = serde_json::from_str(records[0].payload.as_ref().unwrap()).unwrap();
        let mut named: Vec<&str> = payload["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|o| o.as_str().unwrap())
            .collect();
        named.sort_unstable();
        assert_eq!(json!(named), objects);
    }
    // Who sees nothing has read nothing.
    let none = app.client("ganhukou").post(
        "/duplicate-candidates",
        json!({"parties": [{"name": "叶长根"}]}),
    );
    assert_eq!(none.clone().ok()["data"], json!([]));
    assert_eq!(events_of(&mut owner, &none).len(), 0);
}

/// So do the lists of tasks, of visits and of what should be supervised; a unit called on reads the
/// words of its task though the case is masked to it.
#[test]
fn lists_with_names_or_orders_in_them_are_recorded_reads() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    let case = moves::at_the_desk(&app);
    let desk = app.client("zhengguoxing");
    let order = json!({"kind": "order", "unit_id": moves::unit("shuili"), "text": "查明沟渠权属",
        "due_at": app.now().plus_days(5)});
    desk.post(&format!("/cases/{case}/tasks"), order).ok();
    moves::in_state(&app, case, CaseState::Terminated, "chenyuee");
    let visit = json!({"kind": "risk", "due_on": "2026-03-09"});
    desk.post(&format!("/cases/{case}/follow-ups"), visit).ok();
    app.forward_days(6);
    for list in ["/tasks", "/follow-ups?which=all", "/supervise-candidates"] {
        let mut told = 0;
        for reader in ["zhengguoxing", "shuililiaison", "zhanglixin", "zhouminghua"] {
            let page = app.client(reader).get(list);
            if page.status != 200 {
                continue;
            }
            let rows = page.json()["data"].as_array().unwrap().len();
            let sees = page.text.contains("叶长根") || page.text.contains("查明沟渠权属");
            told += rows;
            let records = events_of(&mut owner, &page);
            let read = records.iter().filter(|r| r.action == "read").count();
            assert_eq!(read, usize::from(sees), "{list} {reader}: {}", page.text);
        }
        assert!(told > 0, "{list} showed nobody anything");
    }
}

/// Bar A2: without evidence neither acts nor sensitive reads.
#[test]
fn a_trail_that_cannot_be_written_closes_the_service() {
    for table in ["audit_events", "audit_pending"] {
        let app = TestApp::new();
        let mut owner = Owner::of(&app);
        let case = kit::matter(&app, 1);
        let (admin, clerk) = (app.client("sysadmin"), app.client("hemeiling"));
        let path = format!("/cases/{case}");
        let counts = "SELECT (SELECT count(*) FROM webhooks) + (SELECT count(*) FROM audit_events) \
             + (SELECT count(*) FROM idempotency_keys) + (SELECT count(*) FROM outbox) AS n";
        let before = owner.number(counts);
        owner.break_inserts(table);

        let act = admin.post("/webhooks", hook());
        act.clone().problem(503, "unavailable");
        assert!(act.header("retry-after").is_some());
        let wishes = json!({"preferences": [{"kind": "session_reminder", "mail": false}]});
        let headers = [("content-type", "application/json")];
        clerk
            .raw(
                "PUT",
                "/api/v1/notice-preferences",
                &headers,
                wishes.to_string().into_bytes(),
            )
            .problem(503, "unavailable");
        for what in [
            path.clone(),
            format!("{path}/timeline"),
            format!("{path}?include=parties"),
        ] {
            let read = clerk.get(&what);
            read.clone().problem(503, "unavailable");
            assert!(
                !read.text.contains('赵') && !read.text.contains("水渠"),
                "{}",
                read.text
            );
        }
        // A refusal stays a refusal.
        app.client("lengxiaofeng")
            .get(&path)
            .problem(404, "not_found");
        assert_eq!(owner.number(counts), before);
        let preferences = owner.number("SELECT count(*) AS n FROM notice_preferences");
        assert_eq!(preferences, 0);

        owner.mend_inserts(table);
        clerk.get(&path).ok();
        admin.post("/webhooks", hook()).ok();
        kit::sound(&app);
    }
}

/// Bar A7: what is written stays, short of the owner taking the guards away.
#[test]
fn audit_tables_refuse_every_change() {
    let app = TestApp::new();
    kit::matter(&app, 1);
    rotation::rotate(&app);
    kit::sign(&app).unwrap();
    let mut owner = Owner::of(&app);
    for table in GUARDED {
        let column = match table {
            "audit_checkpoints" => "root",
            "audit_rotations" => "note",
            _ => "hash",
        };
        let rows = owner.number(&format!("SELECT count(*) AS n FROM {table}"));
        assert!(rows > 0, "{table}");
        let mut attempts = vec![
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
        ];
        if on_postgres() {
            attempts.push(format!("TRUNCATE {table}"));
        } else {
            attempts.push(format!(
                "INSERT OR REPLACE INTO {table} SELECT * FROM {table}"
            ));
        }
        for sql in attempts {
            let refusal = owner.attempt(&sql).expect_err(&sql);
            assert!(refusal.contains("append only"), "{sql}: {refusal}");
        }
        assert_eq!(
            owner.number(&format!("SELECT count(*) AS n FROM {table}")),
            rows
        );
    }
}

/// The trail is the auditor's; whoever runs the machines does not read it.
#[test]
fn only_auditors_read_the_trail() {
    let app = TestApp::new();
    let case = kit::matter(&app, 1);
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    let auditor = app.client("shenji");
    let streams = [
        format!("case/{case}"),
        format!("user/{}", auditor.user_id()),
        "system".to_owned(),
    ];
    for who in [
        "sysadmin",
        "secadmin",
        "hemeiling",
        "zhengguoxing",
        "zhouminghua",
        "caiwenbin",
    ] {
        let caller = app.client(who);
        for stream in &streams {
            caller
                .get(&format!("/audit/events?stream={stream}"))
                .problem(403, "forbidden");
        }
        caller
            .post("/audit/verifications", json!({}))
            .problem(403, "forbidden");
        let proof = format!("/audit/inclusion-proof?stream={}&seq=1", streams[1]);
        caller.get(&proof).problem(403, "forbidden");
    }
    // Who may see a case may prove its events; who may not, learns nothing of it.
    let proof = format!("/audit/inclusion-proof?stream={}&seq=1", streams[0]);
    app.client("hemeiling").get(&proof).ok();
    app.client("lengxiaofeng")
        .get(&proof)
        .problem(404, "not_found");
    app.client("sysadmin").get(&proof).problem(403, "forbidden");

    let mut owner = Owner::of(&app);
    let read = auditor.get(&format!("/audit/events?stream={}", streams[0]));
    let listed = read.clone().ok()["data"].as_array().unwrap().clone();
    assert!(listed.len() >= 3);
    assert_eq!(listed[0]["action"], "case_registered");
    assert_eq!(events_of(&mut owner, &read)[0].action, "read");
    auditor.get(&proof).ok();
}
