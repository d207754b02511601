//! Caucus notes leave by one door only (G-17, SC-15); working notes.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use crate::support::stories::{self, Story, id_of};
use crate::support::{Client, TestApp};

/// What the parties said in confidence; each must be found in the caucus notes and nowhere else.
const CANARIES: &[&str] = &[
    "底线壹拾伍萬CANARY1",
    "上限壹拾陆萬CANARY2",
    "愿让利CANARY3",
];

/// 合伙纠纷: 丁广财 against 贺红兵, three caucuses in one session.
fn three_caucuses(app: &TestApp) -> (Story, String) {
    let mut body = stories::dispute("contract", "丁广财", "贺红兵");
    body["parties"][0]["email"] = json!("ding@yunling.example");
    let story = stories::accepted_with(app, "shanglong", body);
    stories::team(app, &story);
    stories::appoint(app, &story, "lindeshui", "mediator");
    let session = stories::invited_session(app, &story);
    let chair = app.client("chenyuee");
    let mut present = stories::everybody(&story);
    present.push(county::user("lindeshui").to_string());
    chair
        .do_(
            &story.session_path(&session, "open"),
            json!({"present": present}),
        )
        .ok();
    let parties = [story.applicant(), story.respondent(), story.applicant()];
    for (party, words) in parties.into_iter().zip(CANARIES) {
        chair
            .do_(
                &story.session_path(&session, "open-caucus"),
                json!({"party_id": party}),
            )
            .ok();
        let version = chair.current_version(&story.path(""));
        let note = chair.post(
            &story.session_path(&session, "caucus-notes"),
            json!({"party_id": party, "body": words}),
        );
        assert_eq!(note.status, 201);
        assert!(
            !note.text.contains("CANARY"),
            "the reply is kept for retries"
        );
        assert_eq!(note.version(), version, "a note raises no version");
        chair
            .do_(&story.session_path(&session, "end-caucus"), json!({}))
            .ok();
    }
    (story, session)
}

fn caucus_notes(c: &Client<'_>, story: &Story) -> Vec<String> {
    let notes = c.get(&story.path("caucus-notes"));
    assert_eq!(notes.header("cache-control"), Some("no-store"));
    let list = notes.ok();
    let data = list["data"].as_array().unwrap();
    data.iter()
        .map(|n| n["body"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn caucus_notes_are_for_the_mediators_alone() {
    let app = TestApp::new();
    let (story, session) = three_caucuses(&app);
    for mediator in ["chenyuee", "lindeshui"] {
        assert_eq!(caucus_notes(&app.client(mediator), &story), CANARIES);
    }
    let path = story.path("caucus-notes");
    // Everybody else who knows the case is refused; who does not know it learns nothing.
    for other in [
        "yeshanglong",
        "hemeiling",
        "zhengguoxing",
        "huangzhiyuan",
        "zhanglixin",
        "zhouminghua",
        "shenji",
        "sysadmin",
        "secadmin",
    ] {
        app.client(other).get(&path).problem(403, "forbidden");
    }
    for stranger in ["caiwenbin", "yufaguan", "shuililiaison", "tangqiaoyun"] {
        app.client(stranger).get(&path).problem(404, "not_found");
    }
    app.anonymous().get(&path).problem(401, "unauthenticated");
    let write = story.session_path(&session, "caucus-notes");
    let body = json!({"party_id": story.applicant(), "body": "x"});
    for other in ["hemeiling", "yeshanglong", "zhengguoxing"] {
        app.client(other)
            .post(&write, body.clone())
            .problem(403, "forbidden");
    }
    // Pages, and one session alone.
    let chair = app.client("chenyuee");
    let first = chair.get(&format!("{path}?limit=2")).ok();
    assert_eq!(first["page"]["has_more"], true);
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let rest = chair.get(&format!("{path}?limit=2&cursor={cursor}")).ok();
    assert_eq!(rest["data"][0]["body"], CANARIES[2]);
    let one = chair.get(&format!("{path}?session_id={session}")).ok();
    assert_eq!(one["data"].as_array().unwrap().len(), 3);
    let none = chair.get(&format!("{path}?session_id={}", story.case)).ok();
    assert_eq!(none["data"], json!([]));
}

#[test]
fn every_reading_of_caucus_notes_is_recorded() {
    let app = TestApp::new();
    let (story, _) = three_caucuses(&app);
    let count = || {
        app.read(|snap| {
            let stream: String = app.now().to_string().chars().take(13).collect();
            let stream = format!("reads/{}/{}", app.config.node, stream.replace('T', "-"));
            let events = snap.stream_events(&stream, 0, 500).unwrap();
            let object = format!("caucus_notes/{}", story.case);
            let mut out = (0, 0);
            for e in events {
                if e.row.action == "access_denied" {
                    out.1 += 1;
                }
                if e.row.payload.is_some_and(|p| p.contains(&object)) {
                    out.0 += 1;
                }
            }
            out
        })
    };
    let before = count();
    caucus_notes(&app.client("lindeshui"), &story);
    app.client("hemeiling")
        .get(&story.path("caucus-notes"))
        .problem(403, "forbidden");
    let after = count();
    assert_eq!((after.0 - before.0, after.1 - before.1), (1, 1));
}

#[test]
fn notes_are_checked() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let session = stories::invited_session(&app, &story);
    let chair = app.client("chenyuee");
    let write = story.session_path(&session, "caucus-notes");
    let note = |party: &str| json!({"party_id": party, "body": "愿让步"});
    chair
        .post(&write, note(story.applicant()))
        .blocked_by("wrong_state");
    let open = json!({"present": stories::everybody(&story)});
    chair.do_(&story.session_path(&session, "open"), open).ok();
    chair
        .post(&write, note(&story.case))
        .blocked_by("unknown_reference");
    chair
        .post(&write, json!({"body": " ", "text": "x"}))
        .problem(422, "invalid");
    let missing = story.session_path(&story.case, "caucus-notes");
    chair
        .post(&missing, note(story.applicant()))
        .problem(404, "not_found");
    chair.post(&write, note(story.applicant())).ok();
}

#[test]
fn working_notes_are_for_those_who_handle_the_case() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let path = story.path("notes");
    let version = app.client("hemeiling").current_version(&path);
    for (author, text) in [("yeshanglong", "已电话联系"), ("hemeiling", "调取界址档案")]
    {
        let made = app.client(author).post(&path, json!({"body": text}));
        assert_eq!(made.status, 201);
        assert_eq!(made.version(), version);
        let head = made.ok();
        assert_eq!(head["author_id"], county::user(author).to_string());
        assert_eq!(head.get("body"), None::<&Value>);
        id_of(&head);
    }
    for reader in ["chenyuee", "hemeiling", "yeshanglong", "zhengguoxing"] {
        let list = app.client(reader).get(&path).ok();
        let bodies: Vec<&str> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|n| n["body"].as_str())
            .collect();
        assert_eq!(bodies, ["已电话联系", "调取界址档案"]);
    }
    for other in ["huangzhiyuan", "zhanglixin", "zhouminghua", "shenji"] {
        app.client(other).get(&path).problem(403, "forbidden");
        app.client(other)
            .post(&path, json!({"body": "x"}))
            .problem(403, "forbidden");
    }
    app.client("tangqiaoyun")
        .get(&path)
        .problem(404, "not_found");
    // They are no caucus notes, and the other way round.
    assert!(caucus_notes(&app.client("chenyuee"), &story).is_empty());
    app.client("chenyuee")
        .post(&path, json!({"body": "x", "session_id": story.case}))
        .blocked_by("unknown_reference");
}
