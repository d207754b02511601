//! Masked by default, whole only with a right, a reason and a record (SC-23, S12).

use jieyou::domain::mediator::TeamRole;
use serde_json::{Value, json};

use super::{actions, id_number, in_roster, join_team, timeline};
use crate::support::stories::Story;
use crate::support::{Client, TestApp, stories};

const PHONE: &str = "13900000123";
const HOME: &str = "凤溪乡上垅村三组18号";

fn wen_lian(app: &TestApp, hidden: bool) -> Story {
    let mut body = stories::neighbours();
    body["type"] = json!("marriage_family");
    body["parties"] = json!([
        {"role": "applicant", "kind": "natural_person", "name": "温莲", "phone": PHONE, "address": HOME,
            "email": "wenlian@example.com", "id_no": id_number("19900307", "002"), "contact_hidden": hidden},
        {"role": "respondent", "kind": "natural_person", "name": "褚立"}
    ]);
    stories::accepted_with(app, "shanglong", body)
}

fn purposeful<'a>(app: &'a TestApp, username: &str) -> Client<'a> {
    app.client(username)
        .with("x-access-purpose", "%E6%A0%B8%E5%AE%9E%E8%BA%AB%E4%BB%BD")
}

fn leaks(text: &str) -> bool {
    [PHONE, "18号", "wenlian", "199003"]
        .iter()
        .any(|s| text.contains(s))
}

/// The records of the access log about an operation.
fn access_records(app: &TestApp, operation: &str) -> Vec<Value> {
    let hour: String = app.now().to_string().chars().take(13).collect();
    let stream = format!("reads/{}/{}", app.config.node, hour.replace('T', "-"));
    app.read(|snap| snap.stream_events(&stream, 0, 1_000).unwrap())
        .iter()
        .map(|e| serde_json::to_value(&e.event).unwrap())
        .filter(|e| e["operation"] == operation)
        .collect()
}

#[test]
fn a_reveal_is_purposeful_whole_and_on_record() {
    let app = TestApp::new();
    let story = wen_lian(&app, false);
    let path = story.party_path(0, "reveal");
    let desk = story.clerk(&app);
    desk.post(&path, json!({})).problem(403, "purpose_required");
    assert!(!actions(&app, &story).contains(&"party_revealed".to_owned()));
    let before = desk.get(&story.path("")).version();

    let asked = purposeful(&app, story.place.clerk).post(&path, json!({}));
    assert_eq!(asked.header("cache-control"), Some("no-store"));
    let full = asked.ok();
    assert_eq!(full["phone"], format!("+86{PHONE}"));
    assert_eq!(full["address"], HOME);
    assert_eq!(full["email"], "wenlian@example.com");
    assert_eq!(full["id_no"], id_number("19900307", "002"));
    assert_eq!(full["birth_date"], "1990-03-07");

    let fact = timeline(&app, &story).pop().unwrap();
    assert_eq!(fact["action"], "party_revealed");
    assert_eq!(fact["event"]["party"], story.applicant());
    assert_eq!(fact["event"]["purpose"], "核实身份");
    let records = access_records(&app, "reveal_party");
    let ok: Vec<&Value> = records.iter().filter(|r| r["type"] == "read").collect();
    assert_eq!(ok.len(), 1, "{records:?}");
    assert_eq!(ok[0]["purpose"], "核实身份");
    assert_eq!(
        ok[0]["objects"],
        json!([format!("party/{}", story.applicant())])
    );
    assert_eq!(
        records
            .iter()
            .filter(|r| r["type"] == "access_denied")
            .count(),
        1
    );
    // Looking changes nothing.
    assert_eq!(desk.get(&story.path("")).version(), before);
}

#[test]
fn the_same_key_looks_twice_and_no_copy_is_kept() {
    let app = TestApp::new();
    let story = wen_lian(&app, false);
    let path = format!("/api/v1{}", story.party_path(0, "reveal"));
    let desk = purposeful(&app, story.place.clerk);
    let headers = [
        ("idempotency-key", "0123456789abcdef"),
        ("content-type", "application/json"),
    ];
    for n in 1..=2 {
        let answer = desk.raw("POST", &path, &headers, b"{}".to_vec());
        assert_eq!(
            (answer.status, answer.header("idempotency-replayed")),
            (200, None)
        );
        let looks = actions(&app, &story)
            .iter()
            .filter(|a| *a == "party_revealed")
            .count();
        assert_eq!(looks, n);
    }
    // A dry run tells that it would be recorded, and shows nothing.
    let dry = purposeful(&app, story.place.clerk).with("prefer", "handling=dry-run");
    let would = dry.post(&story.party_path(0, "reveal"), json!({}));
    assert!(!leaks(&would.text), "{}", would.text);
    assert_eq!(would.ok()["effects"][0]["type"], "party_revealed");
}

#[test]
fn who_may_look() {
    let app = TestApp::new();
    let story = wen_lian(&app, false);
    let path = story.party_path(0, "reveal");
    for (username, status, code) in [
        ("zhanglixin", 403, "forbidden"),
        ("huangzhiyuan", 403, "forbidden"),
        ("shenji", 403, "forbidden"),
        ("sysadmin", 403, "forbidden"),
        ("ganhukou", 404, "not_found"),
    ] {
        let answer = purposeful(&app, username).post(&path, json!({}));
        assert!(!leaks(&answer.text), "{username}");
        answer.problem(status, code);
    }
    let elsewhere = story.path("parties/01928c3e-7a10-7cc0-8d53-2f4b6a90c1de/reveal");
    purposeful(&app, story.place.clerk)
        .post(&elsewhere, json!({}))
        .problem(404, "not_found");
    purposeful(&app, story.place.clerk)
        .post(&path, json!({"x": 1}))
        .problem(422, "invalid");
    // An old sign-in is not enough.
    let desk = purposeful(&app, story.place.clerk);
    app.forward_minutes(16);
    desk.post(&path, json!({})).problem(403, "step_up_required");
    purposeful(&app, story.place.clerk)
        .post(&path, json!({}))
        .ok();
}

#[test]
fn nobody_looks_at_everybody() {
    let app = TestApp::new();
    let story = wen_lian(&app, false);
    let path = story.party_path(0, "reveal");
    let desk = purposeful(&app, story.place.clerk);
    for _ in 0..30 {
        desk.post(&path, json!({})).ok();
    }
    let waits = desk.post(&path, json!({}));
    assert!(waits.header("retry-after").is_some());
    assert!(!leaks(&waits.text));
    waits.problem(429, "too_many_requests");
    // Others are not held up, and the hour passes.
    purposeful(&app, "zhengguoxing").post(&path, json!({})).ok();
    app.forward_minutes(61);
    purposeful(&app, story.place.clerk)
        .post(&path, json!({}))
        .ok();
}

/// The address of the shelter is known to the team and to nobody else.
#[test]
fn hidden_contacts_stay_with_the_team() {
    let app = TestApp::new();
    let story = wen_lian(&app, true);
    let clerk = story.clerk(&app);
    clerk
        .do_(
            &story.path("participants"),
            json!({"kind": "support_person", "party_id": story.applicant(),
            "name": "温大姐", "phone": "13900000124", "organisation": "凤溪乡妇女联合会"}),
        )
        .ok();
    join_team(&app, &story, "chenyuee", TeamRole::Chair);
    let reveal = story.party_path(0, "reveal");
    let record = story.path(&format!("parties/{}", story.applicant()));
    let outside = [
        "yeshanglong",
        "zhengguoxing",
        "huangzhiyuan",
        "zhanglixin",
        "zhouminghua",
        "shenji",
    ];
    for username in outside {
        let c = purposeful(&app, username);
        for page in [
            "parties",
            "?include=parties,events",
            "timeline",
            "participants",
        ] {
            let path = if page.starts_with('?') {
                format!("{}{page}", story.path(""))
            } else {
                story.path(page)
            };
            let answer = c.get(&path);
            assert_eq!(answer.status, 200, "{username} {page}");
            assert!(!leaks(&answer.text), "{username} {page}: {}", answer.text);
            assert!(
                !answer.text.contains("139****") && !answer.text.contains("上垅村某"),
                "{username} {page}: {}",
                answer.text
            );
        }
        let answer = c.post(&reveal, json!({}));
        assert!(!leaks(&answer.text));
        answer.problem(403, "forbidden");
        let roster = c.get(&story.path("parties")).ok();
        let party = in_roster(&roster, story.applicant());
        for member in [
            "phone_masked",
            "email_masked",
            "address_masked",
            "id_no_masked",
        ] {
            assert_eq!(party[member], Value::Null, "{username} {member}");
        }
    }
    // Nor does one uncover it for oneself; a new phone may be written down blind.
    clerk
        .patch(&record, json!({"contact_hidden": false}))
        .problem(403, "forbidden");
    let written = clerk.patch(&record, json!({"phone": "13900000125"})).ok();
    assert_eq!(written["phone_masked"], Value::Null);

    let chair = purposeful(&app, "chenyuee");
    let roster = chair.get(&story.path("parties")).ok();
    assert_eq!(
        in_roster(&roster, story.applicant())["phone_masked"],
        "139****0125"
    );
    assert_eq!(chair.post(&reveal, json!({})).ok()["address"], HOME);
    let list = chair.get(&story.path("participants")).ok();
    assert_eq!(list["data"][0]["phone_masked"], "139****0124");
    chair.patch(&record, json!({"contact_hidden": false})).ok();
    let roster = clerk.get(&story.path("parties")).ok();
    assert_eq!(
        in_roster(&roster, story.applicant())["phone_masked"],
        "139****0125"
    );
}
