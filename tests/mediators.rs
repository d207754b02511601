//! Appointing mediators, conflicts of interest, recusal (G-07, G-08, G-09).

use jieyou::cli::demo::county;
use jieyou::domain::org::{Relative, RelativeKind};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::stories::{self, Story, id_of};

fn user(name: &str) -> String {
    county::user(name).to_string()
}

/// 申请回避: 池有田 against 池满仓 over forest land at 后山村.
fn forest(app: &TestApp) -> Story {
    stories::accepted_with(
        app,
        "houshan",
        stories::dispute("forest_land", "池有田", "池满仓"),
    )
}

/// Puts a row of staff data into the database.
fn declare_relative(app: &TestApp, username: &str, kind: RelativeKind, name: &str) {
    let ids: std::sync::Arc<dyn jieyou::ctx::Ids> = std::sync::Arc::clone(&app.state.ids);
    let ctx = jieyou::ctx::system_ctx(&*app.clock, &ids);
    let row = Relative {
        id: ctx.id(),
        user_id: county::user(username),
        kind,
        name: name.to_owned(),
        id_no: None,
        phone: None,
        created_at: ctx.now,
    };
    let write = |tx: &mut jieyou::store::tx::Tx<'_>| {
        tx.technical();
        tx.insert(&row)
    };
    app.state.db.write_now(&ctx, write).unwrap();
}

fn live_chairs(team: &Value) -> Vec<Value> {
    let list = team["data"].as_array().unwrap().iter();
    list.filter(|a| a["role"] == "chair" && a["to_at"].is_null())
        .cloned()
        .collect()
}

#[test]
fn the_first_chair_takes_the_case_to_assigned() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let steward = app.client(story.place.clerk);
    let body = json!({"user_id": user("chenyuee"), "role": "chair", "mode": "party_chosen"});
    let made = steward.do_(&story.path("assignments"), body);
    assert_eq!(made.status, 201);
    let version = made.version();
    let seat = made.ok();
    assert_eq!(seat["name"], "陈月娥");
    assert_eq!(seat["mode"], "party_chosen");
    let case = steward.get(&story.path("")).ok();
    assert_eq!(case["state"], "assigned");
    assert_eq!(case["next_step"], "first_session");
    assert_eq!(case["version"], version);
    // One chair at any time (G-08), one seat for each.
    let second = json!({"user_id": user("lindeshui"), "role": "chair"});
    steward
        .do_(&story.path("assignments"), second)
        .blocked_by("chair_taken");
    let again = json!({"user_id": user("chenyuee"), "role": "recorder"});
    steward
        .do_(&story.path("assignments"), again)
        .blocked_by("already_done");
    // The appointed is told.
    let inbox = app.client("chenyuee").get("/inbox").ok();
    assert_eq!(inbox["data"][0]["kind"], "case_assigned");
    // A chair is only ever replaced.
    let release = story.path(&format!("assignments/{}/release", id_of(&seat)));
    steward.do_(&release, json!({})).blocked_by("chair_missing");
    let recorder = stories::appoint(&app, &story, "hemeiling", "recorder");
    let release = story.path(&format!("assignments/{recorder}/release"));
    let gone = steward.do_(&release, json!({"reason": "leave"})).ok();
    assert_eq!(gone["end_reason"], "leave");
    steward.do_(&release, json!({})).blocked_by("already_done");
    let none = story.path("assignments/01928c3e-7a10-7cc0-8d53-2f4b6a90c1de/release");
    steward.do_(&none, json!({})).problem(404, "not_found");
}

#[test]
fn only_those_in_office_chair() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let steward = app.client(story.place.clerk);
    let appoint = |name: &str, role: &str| {
        steward.do_(
            &story.path("assignments"),
            json!({"user_id": user(name), "role": role}),
        )
    };
    let doc = appoint("ganhukou", "chair").blocked_by("mediator_not_eligible");
    assert_eq!(doc["rule"], "G-07");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["not_member"]));
    appoint("liujianhong", "assistant").ok();
    let nobody = json!({"user_id": "01928c3e-7a10-7cc0-8d53-2f4b6a90c1de", "role": "chair"});
    steward
        .do_(&story.path("assignments"), nobody)
        .blocked_by("unknown_reference");
    // Who does not answer for the holder does not appoint; who may not see the case learns nothing.
    let body = json!({"user_id": user("lindeshui"), "role": "chair"});
    app.client("zhouminghua")
        .do_(&story.path("assignments"), body.clone())
        .problem(403, "forbidden");
    app.client("tangqiaoyun")
        .do_(&story.path("assignments"), body.clone())
        .problem(404, "not_found");
    // Faults of the input are told together; the version is asked for.
    let bad = json!({"role": "boss", "users": 1});
    let doc = steward
        .do_(&story.path("assignments"), bad)
        .problem(422, "invalid");
    assert_eq!(doc["errors"].as_array().unwrap().len(), 3);
    steward
        .post(&story.path("assignments"), body.clone())
        .problem(428, "if_match_required");
    let version = steward.current_version(&story.path(""));
    steward
        .act(&story.path("assignments"), version - 1, body)
        .problem(412, "precondition_failed");
    // Before acceptance nobody is appointed.
    let early = id_of(
        &steward
            .post("/cases", stories::dispute("neighbour", "甲一", "乙一"))
            .ok(),
    );
    let body = json!({"user_id": user("lindeshui"), "role": "chair"});
    steward
        .do_(&format!("/cases/{early}/assignments"), body)
        .problem(409, "illegal_transition");
}

#[test]
fn ties_are_found_and_waived_by_all_or_not_at_all() {
    let app = TestApp::new();
    declare_relative(&app, "lindeshui", RelativeKind::Cousin, "池有田");
    let story = forest(&app);
    let steward = app.client(story.place.clerk);
    let list = steward.get(&story.path("mediator-candidates"));
    assert_eq!(list.header("cache-control"), Some("no-store"));
    let list = list.ok();
    let find = |name: &str| {
        let data = list["data"].as_array().unwrap();
        data.iter().find(|c| c["name"] == name).unwrap().clone()
    };
    assert_eq!(find("陈月娥")["ties"], json!([]));
    let tie = json!([{"kind": "relative", "party_id": story.applicant(), "participant_id": null}]);
    assert_eq!(find("林德水")["ties"], tie);
    assert_eq!(find("林德水")["unfit"], json!([]));
    let last = list["data"].as_array().unwrap().last().unwrap();
    assert_eq!(last["name"], "林德水", "who needs a waiver comes last");
    app.client("maoguodong")
        .get(&story.path("mediator-candidates"))
        .ok();
    app.client("zhouminghua")
        .get(&story.path("mediator-candidates"))
        .problem(403, "forbidden");

    let appoint = |waived: Value| {
        let body = json!({"user_id": user("lindeshui"), "role": "chair", "waived_by": waived});
        steward.do_(&story.path("assignments"), body)
    };
    let doc = appoint(json!([])).blocked_by("conflict_not_waived");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!([format!("relative:{}", story.applicant())])
    );
    assert!(!doc.to_string().contains("池有田"), "ids, never names");
    appoint(json!([story.applicant()])).blocked_by("conflict_not_waived");
    let seat = appoint(json!(story.parties)).ok();
    assert_eq!(seat["conflicts"][0]["kind"], "relative");
    assert_eq!(seat["conflicts"][0]["detected"], true);
    assert_eq!(seat["conflicts"][0]["waivers"].as_array().unwrap().len(), 2);
}

#[test]
fn nobody_mediates_for_a_former_client_or_for_themselves() {
    let app = TestApp::new();
    // 陈月娥 once spoke for 叶长根 in another case.
    let story = stories::accepted_case(&app, "shanglong");
    let agent = json!({"kind": "agent", "party_id": story.applicant(), "name": "陈月娥",
        "user_id": user("chenyuee"),
        "mandate": {"scopes": ["attend"], "from": "2026-01-01", "signed_by_principal": true}});
    let steward = story.clerk(&app);
    steward.do_(&story.path("participants"), agent).ok();
    let same = |phone: &str| {
        let mut r = stories::dispute("contract", "叶长根", "苏旺");
        r["parties"][0]["phone"] = json!(phone);
        r
    };
    // In that case she is a participant herself: a bar that no waiver lifts.
    let body = json!({"user_id": user("chenyuee"), "role": "chair", "waived_by": story.parties});
    let doc = steward
        .do_(&story.path("assignments"), body)
        .blocked_by("mediator_not_eligible");
    assert!(
        doc["blocked_by"][0]["items"][0]
            .as_str()
            .unwrap()
            .starts_with("same_person:")
    );
    // A later case of somebody of that name is not hers; one with the same phone as well is.
    for (phone, tied) in [("13900000002", false), ("13900000001", true)] {
        let later = stories::accepted_with(&app, "shanglong", same(phone));
        let body = json!({"user_id": user("chenyuee"), "role": "chair"});
        let answer = steward.do_(&later.path("assignments"), body);
        if tied {
            let doc = answer.blocked_by("conflict_not_waived");
            let item = format!("prior_agent:{}", later.applicant());
            assert_eq!(doc["blocked_by"][0]["items"], json!([item]));
        } else {
            answer.ok();
        }
    }
}

/// The trap: the recused chair is out at once, and no moment has two chairs.
#[test]
fn a_recused_chair_is_out_at_once() {
    let app = TestApp::new();
    let story = forest(&app);
    let steward = app.client(story.place.clerk);
    let old = stories::appoint(&app, &story, "lindeshui", "chair");
    stories::appoint(&app, &story, "chihoushan", "mediator");
    stories::tell_rights(&app, &story);
    let chair = app.client("lindeshui");
    let room = json!({"kind": "joint", "venue_kind": "room", "room_id": county::room(4),
        "planned_from": "2026-03-05T09:00:00+08:00", "planned_to": "2026-03-05T11:00:00+08:00"});
    let session = id_of(&chair.do_(&story.path("sessions"), room).ok());
    chair
        .do_(&story.session_path(&session, "notify"), json!({}))
        .ok();

    // 林德水 tells of his cousin himself; 池满仓 does not want him.
    let disclose = story.path(&format!("assignments/{old}/disclose"));
    let tie = json!({"kind": "relative", "party_id": story.applicant()});
    let told = chair.do_(&disclose, tie.clone()).ok();
    assert_eq!(told["conflicts"][0]["detected"], false);
    chair.do_(&disclose, tie).blocked_by("already_done");
    let waive = story.path(&format!("assignments/{old}/waive"));
    let yes = json!({"party_id": story.applicant(), "given": true});
    chair.do_(&waive, yes).ok();
    let no = json!({"party_id": story.respondent(), "given": false});
    let heard = chair.do_(&waive, no).ok();
    assert_eq!(heard["conflicts"][0]["waivers"][1]["given"], false);
    app.at("2026-03-05");
    let open = story.session_path(&session, "open");
    let present = json!({"present": [story.applicant(), story.respondent(), user("lindeshui"), user("chihoushan")]});
    let doc = chair.do_(&open, present).blocked_by("conflict_not_waived");
    assert_eq!(doc["rule"], "G-07");

    // The request is peremptory and takes effect in the same act.
    let version = chair.current_version(&story.path(""));
    let ask = json!({"assignment_id": old, "party_id": story.respondent(), "ground": "relative", "note": "是申请人的表兄弟"});
    let asked = chair.act(&story.path("recusals"), version, ask);
    assert_eq!(asked.status, 201);
    let version = asked.version();
    let asked = asked.ok();
    assert_eq!(asked["state"], "requested");
    assert_eq!(asked["note"], Value::Null, "he sees the case no more");
    let writes = [
        (
            open.clone(),
            json!({"present": [story.applicant(), user("lindeshui")]}),
        ),
        (
            story.path("sessions"),
            json!({"kind": "joint", "venue_kind": "site", "venue": "山上",
            "planned_from": "2026-03-06T09:00:00+08:00", "planned_to": "2026-03-06T11:00:00+08:00"}),
        ),
        (
            story.session_path(&session, "cancel"),
            json!({"reason": "x"}),
        ),
        (
            story.session_path(&session, "minutes"),
            json!({"text": "x"}),
        ),
        (
            story.session_path(&session, "close"),
            json!({"result": "agreed"}),
        ),
        (
            story.path("recusals"),
            json!({"assignment_id": old, "party_id": story.applicant()}),
        ),
        (disclose, json!({"kind": "other"})),
    ];
    for (path, body) in writes {
        chair.act(&path, version, body).problem(403, "forbidden");
    }
    for append in [
        (
            story.session_path(&session, "caucus-notes"),
            json!({"party_id": story.applicant(), "body": "x"}),
        ),
        (story.path("notes"), json!({"body": "x"})),
        (
            story.session_path(&session, "attendance"),
            json!({"present": [story.applicant()]}),
        ),
    ] {
        chair.post(&append.0, append.1).problem(403, "forbidden");
    }
    for path in [
        "",
        "timeline",
        "sessions",
        "assignments",
        "recusals",
        "caucus-notes",
        "notes",
    ] {
        chair.get(&story.path(path)).problem(403, "forbidden");
    }
    let mine = chair.get("/cases?queue=mine").ok();
    assert_eq!(mine["data"], json!([]));

    // No chair now: the step is to appoint one, and no session opens meanwhile.
    let team = steward.get(&story.path("assignments")).ok();
    assert!(live_chairs(&team).is_empty());
    let case = steward.get(&story.path("")).ok();
    assert_eq!(case["next_step"], "assign");
    let mediator = app.client("chihoushan");
    let present = json!({"present": [story.applicant(), story.respondent(), user("chihoushan")]});
    let doc = mediator.do_(&open, present).blocked_by("recusal_open");
    let codes = doc["blocked_by"].as_array().unwrap();
    assert!(codes.iter().any(|b| b["code"] == "chair_missing"));

    // He never comes back to this case.
    let replace = story.path(&format!("assignments/{old}/replace"));
    let himself = json!({"user_id": user("lindeshui"), "waived_by": story.parties});
    steward
        .do_(&replace, himself)
        .blocked_by("mediator_not_eligible");
    let made = steward.do_(&replace, json!({"user_id": user("chenyuee")}));
    assert_eq!(made.status, 201);
    let seat = made.ok();
    assert_eq!(
        (&seat["role"], &seat["name"]),
        (&json!("chair"), &json!("陈月娥"))
    );
    let team = steward.get(&story.path("assignments")).ok();
    assert_eq!(live_chairs(&team).len(), 1);
    let recusals = steward.get(&story.path("recusals")).ok();
    assert_eq!(recusals["data"][0]["state"], "replaced");
    assert_eq!(recusals["data"][0]["replaced_by"], seat["id"]);
    assert_eq!(recusals["data"][0]["note"], "是申请人的表兄弟");
    let masked = app.client("zhouminghua").get(&story.path("recusals")).ok();
    assert_eq!(masked["data"][0]["note"], Value::Null);

    // The session to come was handed over: one left the list, one came, the sequence rose.
    let view = steward.get(&story.session_path(&session, "")).ok();
    let ids: Vec<&str> = view["attendees"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|a| a["id"].as_str())
        .collect();
    assert!(ids.contains(&user("chenyuee").as_str()) && !ids.contains(&user("lindeshui").as_str()));
    assert!(view["sequence"].as_i64().unwrap() > 0);
    let present = json!({"present": [story.applicant(), story.respondent(), user("chenyuee"), user("chihoushan")]});
    let opened = app.client("chenyuee").do_(&open, present).ok();
    assert_eq!(opened["state"], "open");

    // The trail tells it, and the custody of the chair: at no event two chairs.
    let timeline = steward.get(&story.path("timeline")).ok();
    let mut chairs = 0;
    let mut told = Vec::new();
    for entry in timeline["data"].as_array().unwrap() {
        match entry["action"].as_str().unwrap() {
            "mediator_appointed" if entry["event"]["role"] == "chair" => chairs += 1,
            "mediator_released" if entry["event"]["assignment"] == json!(old) => chairs -= 1,
            "recusal_requested" => told.push(entry["text"].as_str().unwrap().to_owned()),
            _ => {}
        }
        assert!((0..=1).contains(&chairs), "{entry}");
    }
    assert_eq!(told, ["池满仓申请林德水回避"]);
}

/// Two heads answer a recusal at the same instant: the database keeps it to one chair.
#[test]
fn two_appointments_at_once_make_one_chair() {
    let app = TestApp::new();
    let story = forest(&app);
    let version = app.client("chihoushan").current_version(&story.path(""));
    let results: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = [("chihoushan", "chenyuee"), ("maoguodong", "lindeshui")]
            .into_iter()
            .map(|(who, whom)| {
                let (app, path) = (&app, story.path("assignments"));
                scope.spawn(move || {
                    let body = json!({"user_id": user(whom), "role": "chair"});
                    app.client(who).act(&path, version, body).status
                })
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut sorted = results.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [201, 412], "{results:?}");
    let team = app
        .client("chihoushan")
        .get(&story.path("assignments"))
        .ok();
    assert_eq!(live_chairs(&team).len(), 1);
}

#[test]
fn a_retry_after_recusal_gets_the_same_answer() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let seat = stories::appoint(&app, &story, "chenyuee", "chair");
    let chair = app.client("chenyuee");
    let tag = format!("\"{}\"", chair.current_version(&story.path("")));
    let body = json!({"assignment_id": seat, "party_id": story.applicant()}).to_string();
    let headers = [
        ("idempotency-key", "recusal-of-the-chair"),
        ("content-type", "application/json"),
        ("if-match", tag.as_str()),
    ];
    let path = format!("/api/v1{}", story.path("recusals"));
    let first = chair.raw("POST", &path, &headers, body.clone().into_bytes());
    let again = chair.raw("POST", &path, &headers, body.into_bytes());
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text, again.text);
}
