//! Sessions: planning and clashes, invitations, opening guards, records, closing.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use crate::support::stories::{self, Story, everybody, id_of};
use crate::support::{Client, TestApp};

fn user(name: &str) -> String {
    county::user(name).to_string()
}

/// A joint session in a room on 5 March, 09:00–11:00.
fn in_room(room: u64) -> Value {
    json!({"kind": "joint", "venue_kind": "room", "room_id": county::room(room),
        "planned_from": "2026-03-05T09:00:00+08:00", "planned_to": "2026-03-05T11:00:00+08:00"})
}

fn codes(doc: &Value) -> Vec<&str> {
    let list = doc["blocked_by"].as_array().unwrap().iter();
    list.filter_map(|b| b["code"].as_str()).collect()
}

/// Another assigned case of the same village, with other people.
fn another(app: &TestApp, applicant: &str, respondent: &str) -> Story {
    let body = stories::dispute("neighbour", applicant, respondent);
    let story = stories::accepted_with(app, "shanglong", body);
    stories::team(app, &story);
    story
}

#[test]
fn a_session_from_plan_to_close() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let chair = app.client("chenyuee");
    let made = chair.do_(&story.path("sessions"), in_room(2));
    assert_eq!(made.status, 201);
    let made = made.ok();
    let session = id_of(&made);
    assert_eq!(
        (&made["no"], &made["state"]),
        (&json!(1), &json!("planned"))
    );
    assert_eq!(made["attendees"].as_array().unwrap().len(), 4);
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    assert_eq!(act("notify", json!({})).ok()["state"], "notified");
    act("notify", json!({})).blocked_by("wrong_state");

    app.at("2026-03-05T09:05:00+08:00");
    let opened = act("open", json!({"present": everybody(&story)})).ok();
    assert_eq!(opened["state"], "open");
    let case = chair.get(&story.path("")).ok();
    assert_eq!(
        (&case["state"], &case["next_step"]),
        (&json!("in_mediation"), &json!("mediate"))
    );

    // Nothing is closed before the record stands and everybody's hand is under it (G-16).
    app.at("2026-03-05T10:30:00+08:00");
    let doc = act("close", json!({})).blocked_by("record_missing");
    assert!(codes(&doc).contains(&"record_unsigned"));
    assert!(codes(&doc).contains(&"result_missing"));
    act("sign", json!({"signed_as": "mediator"})).blocked_by("record_missing");
    let recorder = app.client("hemeiling");
    let drawn = recorder
        .do_(
            &story.session_path(&session, "minutes"),
            json!({"text": "双方各自陈述。笔录正文MINUTES"}),
        )
        .ok();
    assert_eq!(drawn["state"], "record_draft");
    assert_eq!(drawn.get("minutes"), None);
    assert_eq!(drawn["unsigned"].as_array().unwrap().len(), 5, "{drawn}");
    act(
        "sign",
        json!({"signed_as": "party", "party_id": story.applicant(), "method": "fingerprint"}),
    )
    .ok();
    act("minutes", json!({"text": "改写"})).blocked_by("already_done");
    act(
        "sign",
        json!({"signed_as": "party", "party_id": story.applicant()}),
    )
    .blocked_by("already_done");
    // Two staff record a refusal; one is not enough, and both must have been there.
    let refuse = |witnesses: Value| {
        act(
            "refuse-signature",
            json!({"party_id": story.respondent(), "witnesses": witnesses, "note": "认为时间太晚"}),
        )
    };
    refuse(json!([user("chenyuee")])).problem(422, "invalid");
    refuse(json!([user("chenyuee"), user("lindeshui")])).blocked_by("not_attending");
    let refused = refuse(json!([user("chenyuee"), user("hemeiling")])).ok();
    assert_eq!(
        refused["unsigned"],
        json!([user("chenyuee"), user("hemeiling"), "mediator"])
    );
    act(
        "sign",
        json!({"signed_as": "mediator", "user_id": user("hemeiling")}),
    )
    .blocked_by("mediator_not_eligible");
    act("sign", json!({"signed_as": "mediator"})).ok();
    let signed = recorder
        .do_(
            &story.session_path(&session, "sign"),
            json!({"signed_as": "recorder"}),
        )
        .ok();
    assert_eq!(
        (&signed["state"], &signed["unsigned"]),
        (&json!("record_signed"), &json!([]))
    );
    let closed = act("close", json!({"result": "agreed"})).ok();
    assert_eq!(
        (&closed["state"], &closed["result"]),
        (&json!("closed"), &json!("agreed"))
    );
    assert_eq!(chair.get(&story.path("")).ok()["next_step"], "sign");

    // The record is for those who see the case in full, and in the one answer that shows it.
    let view = recorder.get(&story.session_path(&session, ""));
    assert_eq!(view.header("cache-control"), Some("no-store"));
    let view = view.ok();
    assert!(view["minutes"].as_str().unwrap().contains("MINUTES"));
    assert_eq!(view["signatures"].as_array().unwrap().len(), 6);
    assert!(view["signatures"].to_string().contains("认为时间太晚"));
    for masked in ["zhouminghua", "shenji", "zhanglixin"] {
        let c = app.client(masked);
        let view = c.get(&story.session_path(&session, "")).ok();
        assert_eq!(view["minutes"], Value::Null);
        assert!(!view.to_string().contains("认为时间太晚"));
        for path in ["sessions", "timeline", "?include=sessions,events"] {
            assert!(!c.get(&story.path(path)).text.contains("MINUTES"));
        }
    }
    app.client("tangqiaoyun")
        .get(&story.session_path(&session, ""))
        .problem(404, "not_found");
    assert!(!chair.get(&story.path("sessions")).text.contains("MINUTES"));
    // The record's text lies in its one column; the kept replies have no copy of it.
    assert_eq!(app.db.columns_holding("笔录正文"), ["sessions.minutes"]);
}

#[test]
fn one_member_of_staff_needs_a_reason() {
    let app = TestApp::new();
    let (story, session) = {
        let story = stories::accepted_case(&app, "shanglong");
        stories::appoint(&app, &story, "chenyuee", "chair");
        stories::tell_rights(&app, &story);
        let session = stories::invited_session(&app, &story);
        (story, session)
    };
    let chair = app.client("chenyuee");
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    let mut present = story.parties.clone();
    present.push(user("chenyuee"));
    act("open", json!({"present": present})).ok();
    act("minutes", json!({"text": "记录"})).ok();
    for party in &story.parties {
        act("sign", json!({"signed_as": "party", "party_id": party})).ok();
    }
    act("sign", json!({"signed_as": "mediator"})).ok();
    let doc = act("close", json!({"result": "continue"})).blocked_by("single_staff_reason");
    assert_eq!(doc["rule"], "G-16");
    let closed = act(
        "close",
        json!({"result": "continue", "single_staff_reason": "村里只有一人值班"}),
    )
    .ok();
    assert_eq!(closed["single_staff_reason"], "村里只有一人值班");
}

#[test]
fn what_bars_a_session_is_told_all_at_once() {
    let app = TestApp::new();
    let story = stories::accepted_case(&app, "shanglong");
    let body = in_room(2);
    // Nobody is appointed: the state knows no session.
    app.client("yeshanglong")
        .do_(&story.path("sessions"), body.clone())
        .problem(409, "illegal_transition");
    stories::appoint(&app, &story, "chenyuee", "chair");
    let session = stories::invited_session(&app, &story);
    let chair = app.client("chenyuee");
    let open = |present: Value| {
        chair.do_(
            &story.session_path(&session, "open"),
            json!({"present": present}),
        )
    };

    // G-10: rights and duties are told to each who attends; nobody there is no session.
    let doc =
        open(json!([story.applicant(), user("chenyuee")])).blocked_by("rights_notice_missing");
    assert_eq!(doc["rule"], "G-10");
    assert_eq!(doc["blocked_by"][0]["items"], json!([story.applicant()]));
    let doc = open(json!([])).blocked_by("nobody_attending");
    assert!(
        codes(&doc).contains(&"chair_missing"),
        "G-08: the chair is there"
    );
    stories::tell_rights(&app, &story);
    let stranger = user("ganhukou");
    open(json!([
        story.applicant(),
        user("chenyuee"),
        "01928c3e-7a10-7cc0-8d53-2f4b6a90c1de"
    ]))
    .blocked_by("not_attending");

    // G-01, G-02: who says no stops it.
    let demand = story.party_path(1, "demand-termination");
    app.client("yeshanglong")
        .do_(&demand, json!({"via": "in_person"}))
        .ok();
    let all = json!([
        story.applicant(),
        story.respondent(),
        user("chenyuee"),
        stranger
    ]);
    let doc = open(all.clone()).blocked_by("stop_demanded");
    assert!(codes(&doc).contains(&"consent_missing"));
    chair
        .do_(&story.path("sessions"), body)
        .blocked_by("stop_demanded");
    let back = json!({"answer": "given", "via": "in_person"});
    app.client("yeshanglong")
        .do_(&story.party_path(1, "consent"), back)
        .ok();
    // A colleague off the team may come along.
    let opened = open(all).ok();
    assert_eq!(opened["attendees"].as_array().unwrap().len(), 4);
}

#[test]
fn a_public_session_needs_everybody_and_no_secret() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let chair = app.client("chenyuee");
    let mut body = in_room(2);
    body["is_public"] = json!(true);
    let doc = chair
        .do_(&story.path("sessions"), body.clone())
        .blocked_by("public_not_allowed");
    assert_eq!(doc["rule"], "G-12");
    for id in &story.parties {
        let path = story.path(&format!("parties/{id}"));
        chair.patch(&path, json!({"wants_public": true})).ok();
    }
    let session = id_of(&chair.do_(&story.path("sessions"), body).ok());
    chair
        .do_(&story.session_path(&session, "notify"), json!({}))
        .ok();
    app.at("2026-03-05T09:00:00+08:00");
    // One objection at the door closes it.
    let open = json!({"present": everybody(&story), "public_objections": [story.respondent()]});
    let opened = chair.do_(&story.session_path(&session, "open"), open).ok();
    assert_eq!(opened["is_public"], false);
    assert_eq!(opened["public_objections"], json!([story.respondent()]));
}

#[test]
fn a_minor_needs_a_representative_and_is_heard() {
    let app = TestApp::new();
    let mut body = stories::dispute("damage", "小明", "叶阿六");
    body["parties"][0]["birth_date"] = json!("2014-05-01");
    let story = stories::screened_with(&app, "shanglong", body);
    let steward = story.clerk(&app);
    let father = json!({"kind": "legal_representative", "party_id": story.applicant(), "name": "叶大明", "relation": "父亲"});
    let guardian = id_of(&steward.do_(&story.path("participants"), father).ok());
    let yes = json!({"answer": "given", "via": "in_person"});
    steward.do_(&story.party_path(1, "consent"), yes).ok();
    let yes = json!({"answer": "given", "via": "in_person", "by_participant": guardian});
    steward.do_(&story.party_path(0, "consent"), yes).ok();
    let accept = stories::acceptance(story.place);
    let accepted = steward.do_(&story.path("accept"), accept.clone());
    let unheard = accepted.status != 200;
    if unheard {
        // The child's own view may be asked for at acceptance already.
        accepted.blocked_by("child_view_missing");
    }
    let view = json!({"text": "愿意跟爸爸来"});
    steward.do_(&story.party_path(0, "child-view"), view).ok();
    if unheard {
        steward.do_(&story.path("accept"), accept).ok();
    }
    stories::team(&app, &story);
    let chair = app.client("chenyuee");
    let session = stories::invited_session(&app, &story);
    let open = |present: Value| {
        chair.do_(
            &story.session_path(&session, "open"),
            json!({"present": present}),
        )
    };
    let doc = open(json!(everybody(&story))).blocked_by("legal_rep_missing");
    assert_eq!(doc["rule"], "G-13");
    let mut present = everybody(&story);
    present.push(guardian.clone());
    open(json!(present)).ok();
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    act("minutes", json!({"text": "记录"})).ok();
    // The child's own signature is not enough; the guardian's is wanted.
    let signed = act(
        "sign",
        json!({"signed_as": "party", "party_id": story.applicant()}),
    )
    .ok();
    assert!(signed["unsigned"].to_string().contains(story.applicant()));
    let signed = act(
        "sign",
        json!({"signed_as": "legal_representative", "participant_id": guardian}),
    )
    .ok();
    assert!(!signed["unsigned"].to_string().contains(story.applicant()));
}

#[test]
fn past_the_limit_no_session_opens() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    app.forward_days(60);
    let session = stories::invited_session(&app, &story);
    let body = json!({"present": everybody(&story)});
    let doc = app
        .client("chenyuee")
        .do_(&story.session_path(&session, "open"), body)
        .blocked_by("past_limit");
    let guards = doc["blocked_by"].as_array().unwrap();
    let limit = guards.iter().find(|b| b["code"] == "past_limit").unwrap();
    assert_eq!(limit["rule"], "G-25");
}

#[test]
fn an_online_session_needs_each_partys_word() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let chair = app.client("chenyuee");
    let now = app.now();
    let body = json!({"kind": "online", "venue_kind": "online", "planned_from": now, "planned_to": now.plus_hours(1)});
    let session = id_of(&chair.do_(&story.path("sessions"), body).ok());
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    act("notify", json!({})).ok();
    act(
        "consent",
        json!({"party_id": story.applicant(), "given": true}),
    )
    .ok();
    let open = json!({"present": everybody(&story)});
    let doc = act("open", open.clone()).blocked_by("online_consent_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!([story.respondent()]));
    act(
        "consent",
        json!({"party_id": story.respondent(), "given": false}),
    )
    .ok();
    act("open", open.clone()).blocked_by("online_consent_missing");
    let heard = act(
        "consent",
        json!({"party_id": story.respondent(), "given": true}),
    )
    .ok();
    assert_eq!(heard["consents"].as_array().unwrap().len(), 2);
    act("consent", json!({"party_id": story.case, "given": true})).blocked_by("unknown_reference");
    act("open", open).ok();
}

#[test]
fn caucus_and_late_comers() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let session = stories::invited_session(&app, &story);
    let chair = app.client("chenyuee");
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    // The applicant is there; the respondent comes half an hour late.
    act(
        "open",
        json!({"present": [story.applicant(), user("chenyuee"), user("hemeiling")]}),
    )
    .ok();
    act(
        "open",
        json!({"present": [story.applicant(), user("chenyuee")]}),
    )
    .blocked_by("wrong_state");
    act("open-caucus", json!({"party_id": story.respondent()})).blocked_by("not_attending");
    let apart = act("open-caucus", json!({"party_id": story.applicant()})).ok();
    assert_eq!(
        (&apart["state"], &apart["in_caucus"]),
        (&json!("caucus_open"), &json!(true))
    );
    app.forward_minutes(30);
    let recorder = app.client("hemeiling");
    let before = recorder.current_version(&story.path(""));
    let seen = recorder.post(
        &story.session_path(&session, "attendance"),
        json!({"present": [story.respondent()]}),
    );
    assert_eq!(seen.version(), before, "appended");
    seen.ok();
    let early = json!({"present": [story.respondent()], "at": "2026-03-02T08:00:00+08:00"});
    recorder
        .post(&story.session_path(&session, "attendance"), early)
        .blocked_by("time_order");
    recorder
        .post(&story.session_path(&session, "attendance"), json!({}))
        .problem(422, "invalid");
    act("end-caucus", json!({})).ok();
    act("end-caucus", json!({})).blocked_by("wrong_state");
    // A second session cannot open meanwhile.
    let now = app.now();
    let body = json!({"kind": "joint", "venue_kind": "site", "venue": "地头", "planned_from": now.plus_hours(3), "planned_to": now.plus_hours(4)});
    let other = id_of(&chair.do_(&story.path("sessions"), body).ok());
    let open = json!({"present": everybody(&story)});
    chair
        .do_(&story.session_path(&other, "open"), open)
        .blocked_by("session_overlap");
}

#[test]
fn rooms_and_people_are_booked_once() {
    let app = TestApp::new();
    let first = stories::assigned_case(&app);
    let second = another(&app, "苏旺", "苏发");
    let chair = app.client("chenyuee");
    chair.do_(&first.path("sessions"), in_room(2)).ok();
    // Same chair, same room, another case: both are named, with free slots.
    let doc = chair
        .do_(&second.path("sessions"), in_room(2))
        .blocked_by("room_taken");
    assert_eq!(codes(&doc), ["room_taken", "person_taken"]);
    let items = doc["blocked_by"][0]["items"].as_array().unwrap();
    assert_eq!(items[0], county::room(2).to_string());
    let slots: Vec<&str> = items
        .iter()
        .filter_map(|i| i.as_str()?.strip_prefix("slot:"))
        .collect();
    assert_eq!(slots.len(), 6);
    assert!(
        !doc.to_string().contains(&first.case),
        "which case takes it is not told"
    );
    let people = doc["blocked_by"][1]["items"].to_string();
    assert!(people.contains(&user("chenyuee")) && people.contains(&user("hemeiling")));
    assert!(!people.contains(second.applicant()));
    // An offered slot is free.
    let (from, to) = slots[0].split_once('/').unwrap();
    let mut body = in_room(2);
    body["planned_from"] = json!(from);
    body["planned_to"] = json!(to);
    chair.do_(&second.path("sessions"), body).ok();
    // Another room and other staff, but the same citizen in a third case.
    let mut r = stories::dispute("contract", "叶长根", "苏发");
    r["parties"][0]["phone"] = json!("13900000001");
    let third = stories::accepted_with(&app, "shanglong", r);
    stories::appoint(&app, &third, "lindeshui", "chair");
    let doc = app
        .client("lindeshui")
        .do_(&third.path("sessions"), in_room(3))
        .blocked_by("person_taken");
    assert_eq!(doc["blocked_by"][0]["items"][0], third.applicant());
    // The day of the room.
    let path = format!(
        "/rooms/{}/free-slots?date=2026-03-05&minutes=120",
        county::room(2)
    );
    let day = app.client("lindeshui").get(&path).ok();
    let starts: Vec<&str> = day["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|s| s["from"].as_str())
        .collect();
    assert!(
        !starts
            .iter()
            .any(|s| s.starts_with("2026-03-05T01:") || s.starts_with("2026-03-05T02:")),
        "{starts:?}"
    );
    assert!(starts.contains(&"2026-03-05T08:00:00.000000Z"));
    let c = app.client("lindeshui");
    c.get(&path.replace("minutes=120", "minutes=5"))
        .problem(400, "bad_query");
    c.get(&format!("/rooms/{}/free-slots", first.case))
        .problem(404, "not_found");
}

/// The trap: two desks plan two cases into one room at the same instant.
#[test]
fn two_planners_at_once_share_no_room() {
    let app = TestApp::new();
    let first = stories::assigned_case(&app);
    let second = stories::accepted_with(
        &app,
        "houshan",
        stories::dispute("forest_land", "池有田", "池满仓"),
    );
    stories::appoint(&app, &second, "chihoushan", "chair");
    let planners: Vec<(Client<'_>, &Story)> = vec![
        (app.client("chenyuee"), &first),
        (app.client("chihoushan"), &second),
    ];
    let results: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> = planners
            .iter()
            .map(|(c, story)| {
                scope.spawn(move || c.do_(&story.path("sessions"), in_room(2)).status)
            })
            .collect();
        tries.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let mut sorted = results.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [201, 409], "{results:?}");
    let booked: usize = planners
        .iter()
        .map(|(c, story)| {
            c.get(&story.path("sessions")).ok()["data"]
                .as_array()
                .unwrap()
                .len()
        })
        .sum();
    assert_eq!(booked, 1);
}

/// `UID`, `SEQUENCE` and `METHOD` of every calendar part sent to an address, in the order sent.
fn invitations(app: &TestApp, address: &str) -> Vec<(String, u32, String)> {
    let field = |letter: &str, name: &str| {
        let line = letter.lines().find(|l| l.starts_with(name))?;
        Some(line[name.len()..].trim().to_owned())
    };
    let mut out: Vec<(String, u32, String)> = app
        .letters()
        .iter()
        .filter(|l| {
            l.contains(&format!("To: {address}")) || l.contains(&format!("To: <{address}>"))
        })
        .filter_map(|l| {
            let unfolded = l.replace("\r\n ", "");
            Some((
                field(&unfolded, "UID:")?,
                field(&unfolded, "SEQUENCE:")?.parse().ok()?,
                field(&unfolded, "METHOD:")?,
            ))
        })
        .collect();
    out.sort_by_key(|(_, sequence, _)| *sequence);
    out
}

#[test]
fn invitations_change_and_are_called_off_under_one_uid() {
    let app = TestApp::new();
    let mut r = stories::dispute("neighbour", "叶长根", "叶阿六");
    r["parties"][0]["email"] = json!("changgen@yunling.example");
    let story = stories::accepted_with(&app, "shanglong", r);
    stories::team(&app, &story);
    let chair = app.client("chenyuee");
    let session = id_of(&chair.do_(&story.path("sessions"), in_room(2)).ok());
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    app.deliver();
    let party = || invitations(&app, "changgen@yunling.example");
    assert!(party().is_empty(), "planned is not invited");
    act("notify", json!({})).ok();
    app.deliver();
    app.forward_minutes(1);
    let moved = json!({"planned_from": "2026-03-06T14:00:00+08:00", "planned_to": "2026-03-06T16:00:00+08:00", "reason": "当事人外出"});
    let told = act("postpone", moved).ok();
    assert_eq!(
        (&told["state"], &told["sequence"]),
        (&json!("notified"), &json!(1))
    );
    assert_eq!(told["postponed_from"], "2026-03-05T01:00:00.000000Z");
    app.deliver();
    app.forward_minutes(1);
    let off = act("cancel", json!({"reason": "自行和解"})).ok();
    assert_eq!(
        (&off["state"], &off["sequence"]),
        (&json!("cancelled"), &json!(2))
    );
    app.deliver();
    let uid = format!("{session}@{}", app.config.mail_domain());
    let wanted = vec![
        (uid.clone(), 0, "REQUEST".to_owned()),
        (uid.clone(), 1, "REQUEST".to_owned()),
        (uid, 2, "CANCEL".to_owned()),
    ];
    assert_eq!(party(), wanted);
    assert_eq!(invitations(&app, "chenyuee@yunling.example"), wanted);
    let letters = app.letters().join("\n");
    assert!(
        !letters.contains("叶阿六")
            && !letters.contains("自行和解")
            && !letters.contains("当事人外出")
    );
    // The room is free again.
    let again = chair.do_(&story.path("sessions"), in_room(2)).ok();
    assert_eq!(again["no"], 2);
    act("cancel", json!({"reason": "x"})).blocked_by("wrong_state");
}

#[test]
fn postponed_without_a_time_and_planned_anew() {
    let app = TestApp::new();
    let story = stories::assigned_case(&app);
    let chair = app.client("chenyuee");
    let session = id_of(&chair.do_(&story.path("sessions"), in_room(2)).ok());
    let act = |rest: &str, body: Value| chair.do_(&story.session_path(&session, rest), body);
    act("notify", json!({})).ok();
    act(
        "postpone",
        json!({"planned_from": "2026-03-06T14:00:00+08:00"}),
    )
    .problem(422, "invalid");
    let off = act("postpone", json!({"reason": "台风"})).ok();
    assert_eq!(off["state"], "postponed");
    act("postpone", json!({})).blocked_by("already_done");
    // Meanwhile the room is another's; back to the old time it cannot go.
    let other = another(&app, "苏旺", "苏发");
    chair.do_(&other.path("sessions"), in_room(2)).ok();
    let times = json!({"planned_from": "2026-03-05T09:00:00+08:00", "planned_to": "2026-03-05T11:00:00+08:00"});
    act("postpone", times).blocked_by("room_taken");
    let backwards = json!({"planned_from": "2026-03-06T16:00:00+08:00", "planned_to": "2026-03-06T14:00:00+08:00"});
    act("postpone", backwards).blocked_by("time_order");
    let times = json!({"planned_from": "2026-03-05T14:00:00+08:00", "planned_to": "2026-03-05T16:00:00+08:00", "room_id": county::room(3)});
    let planned = act("postpone", times).ok();
    assert_eq!(planned["state"], "planned");
    assert_eq!(planned["room_id"], county::room(3).to_string());
    act("notify", json!({})).ok();
    // Nobody came on the other side.
    let doc = act("no-show", json!({"side": 2})).blocked_by("in_future");
    assert_eq!(codes(&doc), ["in_future"]);
    app.at("2026-03-05T14:40:00+08:00");
    act("no-show", json!({"side": 7})).blocked_by("not_attending");
    let absent = act("no-show", json!({"side": 2})).ok();
    assert_eq!(
        (&absent["state"], &absent["no_show_side"]),
        (&json!("no_show"), &json!(2))
    );
    act("open", json!({"present": everybody(&story)})).blocked_by("wrong_state");
}

#[test]
fn who_may_do_what_with_a_session() {
    let app = TestApp::new();
    let (story, session) = stories::in_mediation(&app);
    let version = app.client("chenyuee").current_version(&story.path(""));
    let act = |who: &str, rest: &str, body: Value| {
        app.client(who)
            .act(&story.session_path(&session, rest), version, body)
    };
    // The steward plans but does not preside; the recorder writes but does not plan.
    act("yeshanglong", "close", json!({"result": "continue"})).problem(403, "forbidden");
    act("yeshanglong", "minutes", json!({"text": "x"})).problem(403, "forbidden");
    act("hemeiling", "cancel", json!({"reason": "x"})).problem(403, "forbidden");
    act(
        "hemeiling",
        "open-caucus",
        json!({"party_id": story.applicant()}),
    )
    .problem(403, "forbidden");
    act("zhouminghua", "minutes", json!({"text": "x"})).problem(403, "forbidden");
    act("tangqiaoyun", "minutes", json!({"text": "x"})).problem(404, "not_found");
    act("hemeiling", "minutes", json!({"text": "x"})).ok();
    // A session of another case is not found under this one.
    let other = another(&app, "苏旺", "苏发");
    let c = app.client("chenyuee");
    c.get(&other.session_path(&session, ""))
        .problem(404, "not_found");
    c.do_(&other.session_path(&session, "notify"), json!({}))
        .problem(404, "not_found");
    // A home is an address: masked for who sees names masked.
    let list = app.client("zhouminghua").get(&story.path("sessions")).ok();
    assert_eq!(list["data"][0]["venue"], Value::Null);
    let list = c.get(&story.path("sessions")).ok();
    assert_eq!(list["data"][0]["venue"], "村委会门口");
    // Nothing is kept of a trial run.
    let trial = app.client("chenyuee").with("Prefer", "handling=dry-run");
    let before = app.db.columns_holding("TRIAL");
    let dry = trial
        .post(
            &story.session_path(&session, "caucus-notes"),
            json!({"party_id": story.applicant(), "body": "TRIAL"}),
        )
        .ok();
    assert_eq!(dry["dry_run"], true);
    assert_eq!(app.db.columns_holding("TRIAL"), before);
}

/// `include=`: children in one answer, under the right to each, and recorded like them.
#[test]
fn a_session_brings_its_children_along() {
    let app = TestApp::new();
    let (story, session) = stories::in_mediation(&app);
    let chair = app.client("chenyuee");
    for (body, of) in [("调解工作小记", Some(&session)), ("别的事", None)] {
        let note = json!({"body": body, "session_id": of});
        assert_eq!(chair.post(&story.path("notes"), note).status, 201);
    }
    let path = story.session_path(&session, "");
    let path = path.trim_end_matches('/');
    let whole = chair
        .get(&format!(
            "{path}?include=parties,notes&fields=parties,notes"
        ))
        .ok();
    assert_eq!(whole["parties"].as_array().unwrap().len(), 2);
    assert_eq!(
        whole["parties"],
        chair.get(&story.path("parties")).ok()["data"]
    );
    let notes = whole["notes"].as_array().unwrap();
    assert_eq!(notes.len(), 1, "those of other sessions stay away");
    assert_eq!(notes[0]["body"], "调解工作小记");
    let records = crate::support::leaks::access_log(&app, &format!("notes/{}", story.case));
    assert_eq!(records.len(), 1, "{records:?}");
    let plain = chair.get(path).ok();
    assert!(plain.get("notes").is_none() && plain.get("parties").is_none());
    for bad in ["caucus_notes", "parties,", "Parties", "minutes"] {
        chair
            .get(&format!("{path}?include={bad}"))
            .problem(400, "bad_query");
    }
    // Who may not read the notes by their own way may not read them by this one.
    let mut refused = 0;
    for who in [
        "zhanglixin",
        "zhengguoxing",
        "qiuxianzhong",
        "yeshanglong",
        "sysadmin",
    ] {
        let c = app.client(who);
        let own = c.get(&story.path("notes")).status;
        let here = c.get(&format!("{path}?include=notes")).status;
        assert_eq!(here, own, "{who}");
        let visible = c.get(path).status == 200;
        refused += usize::from(visible && own == 403);
    }
    assert!(
        refused > 0,
        "nobody who sees the session was refused its notes"
    );
}
