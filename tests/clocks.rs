//! Clocks over HTTP: started and ended by the acts, explained, paused, extended, moved by calendars.

use jieyou::cli::demo::county;
use jieyou::domain::clocks::PolicyBook;
use jieyou::domain::clocks::calendar_file::shipped;
use jieyou::domain::time::LocalDate;
use serde_json::{Value, json};

use crate::support::mediation::*;
use crate::support::{TestApp, stories};

fn story<'a>(app: &'a TestApp, kind: &str) -> Story<'a> {
    let parties = json!([
        person("applicant", "彭大山"),
        person("respondent", "石塘石材厂")
    ]);
    Story::in_mediation(app, "shanglong", matter(kind, parties, &["赔偿"]))
}

#[track_caller]
fn clock(s: &Story<'_>, policy: &str) -> Value {
    let found = s.desk.clock(&s.id, policy);
    assert!(found.is_object(), "no {policy}");
    found
}

fn path(c: &Value, rest: &str) -> String {
    format!("/clocks/{}{rest}", c["id"].as_str().unwrap())
}

/// `YYYY-MM-DDT16:00` UTC is the end of the day in the county.
#[track_caller]
fn ends(c: &Value, day: &str) {
    let end = LocalDate::parse(day).unwrap().end().to_string();
    assert_eq!(c["due_at"], json!(end), "{c:#}");
    assert_eq!(c["last_day"], json!(day), "{c:#}");
}

#[test]
fn the_acts_start_and_end_the_clocks() {
    let app = TestApp::new();
    let s = story(&app, "neighbour");
    let state = |policy: &str| clock(&s, policy)["state"].as_str().unwrap().to_owned();
    // Registered, screened, accepted, appointed and opened on Monday 2 March.
    for done in ["triage", "accept_decision", "appoint", "first_session"] {
        assert_eq!(state(done), "satisfied", "{done}");
    }
    let limit = clock(&s, "med_general");
    ends(&limit, "2026-04-02");
    assert_eq!(limit["light"], "green");
    assert_eq!(limit["title"]["zh"], "一般调解期限");
    assert_eq!(s.desk.get(&path(&limit, "")).ok(), limit);
    let open = s.desk.get(&s.path("/clocks?open=true")).ok();
    let open: Vec<&Value> = open["data"].as_array().unwrap().iter().collect();
    let open: Vec<&Value> = open.into_iter().map(|c| &c["policy"]).collect();
    assert_eq!(open, ["suit_restart", "med_general"]);

    s.terminate("irreconcilable", &["civil_suit"]).ok();
    assert_eq!(state("med_general"), "stopped");
    assert_eq!(state("feedback"), "running");
    let told = json!({"text": "已告知调解未成及途径", "given_at": app.now()});
    s.desk.do_(&s.path("/feedback"), told).ok();
    assert_eq!(state("feedback"), "satisfied");
    ends(&clock(&s, "evaluation"), "2026-03-17");
    s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state("close_case"), "satisfied");
    ends(&clock(&s, "archive"), "2026-03-23");
    // A clock shows no more than its case does.
    let elsewhere = app.client("ganhukou");
    assert_eq!(elsewhere.get(&path(&limit, "")).status, 404);
    assert_eq!(elsewhere.get(&path(&limit, "/explain")).status, 404);
}

/// a make-up Saturday works, and a month without a corresponding day ends on its
/// last.
#[test]
fn months_end_and_make_up_saturdays_count() {
    let app = TestApp::new();
    app.at("2026-01-31");
    let s = story(&app, "neighbour");
    let limit = clock(&s, "med_general");
    ends(&limit, "2026-02-28");
    let why = s.desk.get(&path(&limit, "/explain")).ok();
    assert_eq!(why["replayed_due_at"], limit["due_at"]);
    let zh = why["text"]["zh"].to_string();
    assert!(
        zh.contains("2026-02-28为春节调休上班，不顺延（国办发明电〔2025〕7号）"),
        "{zh}"
    );
    assert!(
        why["text"]["en"]
            .to_string()
            .contains("Civil Code art. 202")
    );
    // Friday 27 February: the working day after is Saturday 28.
    app.at("2026-02-27");
    let later = Story::registered(
        &app,
        "shanglong",
        matter(
            "neighbour",
            json!([person("applicant", "叶甲"), person("respondent", "叶乙")]),
            &["檐沟"],
        ),
    );
    ends(&clock(&later, "triage"), "2026-02-28");
    let why = later
        .desk
        .get(&path(&clock(&later, "triage"), "/explain"))
        .ok();
    let made_up = why["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["step"] == "make_up")
        .unwrap();
    assert_eq!(made_up["date"], "2026-02-28");
}

/// SC-19: on the fifteenth day only the worker wants to go on; one signature extends nothing.
#[test]
fn one_signature_does_not_extend_a_labour_dispute() {
    let app = TestApp::new();
    let s = story(&app, "labour_other");
    let limit = clock(&s, "med_labour");
    ends(&limit, "2026-03-17");
    assert_eq!(s.view()["next_due_at"], limit["due_at"]);
    app.at("2026-03-17");
    assert_eq!(clock(&s, "med_labour")["light"], "yellow");
    let signed = |who: &[String]| {
        let each = who
            .iter()
            .map(|p| json!({"party_id": p, "signed_at": app.now()}));
        json!({"until": "2026-04-01", "consents": each.collect::<Vec<_>>()})
    };
    let extend = path(&limit, "/extend");
    let one = s.desk.post(&extend, signed(&s.parties[..1]));
    let doc = one.blocked_by("extension_not_signed");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    let pause = json!({"reason": "force_majeure", "approver_id": county::user("zhengguoxing")});
    s.desk
        .post(&path(&limit, "/pause"), pause)
        .blocked_by("not_pausable");
    app.at("2026-03-18T00:00:00+08:00");
    assert_eq!(clock(&s, "med_labour")["light"], "red");
    s.desk
        .post(&extend, signed(&s.parties))
        .blocked_by("past_limit");
    let ended = s.terminate("limit_expired", &["labour_arb"]).ok();
    assert_eq!(ended["state"], "terminated");
    let over = clock(&s, "med_labour");
    assert_eq!(over["state"], "stopped");
    assert_eq!(over["breached_at"], limit["due_at"]);
}

#[test]
fn both_signatures_extend() {
    let app = TestApp::new();
    let s = story(&app, "labour_other");
    let limit = clock(&s, "med_labour");
    let each = s
        .parties
        .iter()
        .map(|p| json!({"party_id": p, "signed_at": app.now()}));
    let body = json!({"until": "2026-04-01", "consents": each.collect::<Vec<_>>()});
    let now = s.desk.post(&path(&limit, "/extend"), body).ok();
    ends(&now, "2026-04-01");
    assert_eq!(
        now["extensions"][0]["consents"].as_array().unwrap().len(),
        2
    );
    let case = s.view();
    assert_eq!(case["detail"]["extended_until"], "2026-04-01");
    let why = s.desk.get(&path(&limit, "/explain")).ok();
    assert_eq!(why["replayed_due_at"], now["due_at"]);
    app.at("2026-03-31");
    let ended = s.terminate("limit_expired", &["labour_arb"]);
    ended.blocked_by("ground_missing");
}

#[test]
fn a_pause_keeps_what_is_left() {
    let app = TestApp::new();
    let s = story(&app, "neighbour");
    let limit = clock(&s, "med_general");
    let ask = |reason: &str, who: &str| json!({"reason": reason, "approver_id": county::user(who)});
    let pause = path(&limit, "/pause");
    app.at("2026-03-10T09:00:00+08:00");
    s.desk
        .post(&pause, ask("sham_check", "zhengguoxing"))
        .blocked_by("not_pausable");
    s.desk
        .post(&pause, ask("appraisal", "ganhukou"))
        .blocked_by("unknown_reference");
    s.desk
        .post(&path(&limit, "/resume"), json!({}))
        .blocked_by("clock_running");
    let still = s.desk.post(&pause, ask("appraisal", "zhengguoxing")).ok();
    assert_eq!(still["light"], "grey");
    assert_eq!(still["due_at"], json!(null));
    assert_eq!(still["left"], json!({"unit": "days", "left": 24}));
    s.desk
        .post(&pause, ask("appraisal", "zhengguoxing"))
        .blocked_by("clock_paused");
    app.at("2026-03-17T15:00:00+08:00");
    let runs = s.desk.post(&path(&limit, "/resume"), json!({})).ok();
    ends(&runs, "2026-04-09");
    // The rule of the case follows its clock: the ninth is in time, the tenth is not.
    app.at("2026-04-09");
    s.terminate("limit_expired", &["civil_suit"])
        .blocked_by("ground_missing");
    app.at("2026-04-10");
    s.terminate("limit_expired", &["civil_suit"]).ok();

    // A suspension of mediation stands every clock still that may.
    let other = story(&app, "neighbour");
    let body = json!({"reason": "appraisal", "approver_id": county::user("zhengguoxing")});
    other.desk.do_(&other.path("/suspend"), body).ok();
    assert_eq!(clock(&other, "med_general")["state"], "paused");
    app.forward_days(5);
    other.desk.do_(&other.path("/resume"), json!({})).ok();
    let c = clock(&other, "med_general");
    assert_eq!(c["state"], "running");
    assert_eq!(c["pauses"][0]["reason"], "appraisal");
}

/// a policy that comes into force later moves no clock that runs.
#[test]
fn a_new_policy_moves_no_old_deadline() {
    let app = TestApp::new();
    let s = story(&app, "neighbour");
    let before = clock(&s, "med_general");
    let shipped = PolicyBook::shipped();
    let mut own = shipped.version("med_general", 1).unwrap().clone();
    own.version = 2;
    own.effective_from = LocalDate::parse("2026-03-05").unwrap();
    own.length.n = 2;
    let mut answer = shipped.version("escalation_answer", 2).unwrap().clone();
    answer.version = 3;
    answer.effective_from = own.effective_from;
    answer.length.n = 1;
    let book = shipped.with_rows(vec![own, answer]).unwrap();
    let ids = std::sync::Arc::clone(&app.state.ids);
    let ctx = jieyou::app::system_ctx(&*app.clock, &ids);
    app.state
        .db
        .write_now(&ctx, |tx| {
            tx.technical();
            tx.keep_policies(&book)
        })
        .unwrap();
    app.at("2026-03-05");
    assert_eq!(clock(&s, "med_general"), before);
    let new = story(&app, "neighbour");
    let c = clock(&new, "med_general");
    assert_eq!(c["policy_version"], 2);
    ends(&c, "2026-05-06");
    // What the case and its transfers show is what the clocks say.
    assert_eq!(new.view()["next_due_at"], c["due_at"]);
    let up = json!({"verb": "escalate", "to": county::org("fengxi").to_string(), "reasons": ["es1_cannot_settle"],
        "handling_so_far": "调解一次", "no_materials": "无书证"});
    let sent = new.desk.do_(&new.path("/transfers"), up).ok();
    let one_day = LocalDate::parse("2026-03-06").unwrap().end().to_string();
    assert_eq!(sent["due_at"], json!(one_day));
    assert_eq!(new.view()["next_due_at"], json!(one_day));
    let all = s.desk.get("/clock-policies").ok();
    let rows = all["data"].as_array().unwrap();
    let in_force = |version: i64| {
        rows.iter()
            .find(|p| p["code"] == "med_general" && p["version"] == version)
            .unwrap()["in_force"]
            .clone()
    };
    assert_eq!((in_force(1), in_force(2)), (json!(false), json!(true)));
    // The old one is still counted by its own version.
    ends(&clock(&s, "med_general"), "2026-04-02");
    // A version that says something else than it did is refused.
    let mut other = PolicyBook::shipped()
        .version("med_general", 1)
        .unwrap()
        .clone();
    other.version = 2;
    other.effective_from = LocalDate::parse("2026-03-05").unwrap();
    other.length.n = 3;
    let changed = PolicyBook::shipped().with_rows(vec![other]).unwrap();
    let kept = app.state.db.write_now(&ctx, |tx| {
        tx.technical();
        tx.keep_policies(&changed)
    });
    assert!(kept.is_err());
}

#[test]
fn a_calendar_is_tried_and_then_committed() {
    let app = TestApp::new();
    let s = story(&app, "neighbour");
    let limit = clock(&s, "med_general");
    ends(&limit, "2026-04-02");
    let mut doc = shipped().unwrap().remove(0);
    doc.version = "2026.2".into();
    let mut extra = doc.years[2].periods[0].clone();
    extra.from = LocalDate::parse("2026-04-02").unwrap();
    extra.to = extra.from;
    extra.zh = "临时放假".into();
    extra.en = "Extra holiday".into();
    doc.years[2].periods.push(extra);
    let body = serde_json::to_value(&doc).unwrap();

    let admin = app.client("sysadmin");
    s.desk
        .post("/calendars/dry-runs", body.clone())
        .problem(403, "forbidden");
    s.desk
        .post("/calendars", body.clone())
        .problem(403, "forbidden");
    let tried = admin.post("/calendars/dry-runs", body.clone()).ok();
    assert_eq!(tried["calendar"], "CN@2026.2");
    assert_eq!(tried["moved"], 1, "{tried:#}");
    let moved = &tried["data"][0];
    assert_eq!(moved["clock_id"], limit["id"]);
    assert_eq!(moved["from_due_at"], limit["due_at"]);
    let to = LocalDate::parse("2026-04-03").unwrap().end().to_string();
    assert_eq!(moved["to_due_at"], json!(to));
    assert_eq!(clock(&s, "med_general"), limit, "nothing was kept");

    let done = admin.post("/calendars", body.clone());
    assert_eq!(done.status, 201);
    assert_eq!(done.json()["data"], tried["data"]);
    let after = clock(&s, "med_general");
    ends(&after, "2026-04-03");
    assert_eq!(after["calendar"], "CN@2026.2");
    assert_eq!(s.view()["next_due_at"], after["due_at"]);
    let why = s.desk.get(&path(&limit, "/explain")).ok();
    assert_eq!(why["replayed_due_at"], after["due_at"]);
    // Ended clocks keep the calendar they were counted on.
    assert_eq!(clock(&s, "triage")["calendar"], "CN@2026.1");
    let trail = s.desk.get(&s.path("/timeline")).ok();
    assert!(trail.to_string().contains("clock_moved"), "{trail:#}");
    admin.post("/calendars", body).problem(409, "duplicate");
    let list = s.desk.get("/calendars").ok();
    assert_eq!(list["calendar"], "CN@2026.2");
    let in_force: Vec<&Value> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|v| v["region"] == "CN" && v["in_force"] == true)
        .collect();
    assert_eq!(in_force.len(), 1);
    assert_eq!(in_force[0]["version"], "2026.2");
    let broken = json!({"format": "jieyou-calendar/1"});
    admin
        .post("/calendars/dry-runs", broken)
        .problem(422, "invalid");
}

#[test]
fn an_agreement_has_its_windows() {
    let app = TestApp::new();
    let s = story(&app, "neighbour");
    let debt = s.debt(1, 0, 100_000, "2026-05-30");
    let paper = s.drafted(json!({"obligations": [debt]}));
    s.effective(&paper, &[0, 1]);
    let window = clock(&s, "confirm_window");
    assert_eq!(window["subject"], "agreement");
    assert_eq!(window["subject_id"], paper);
    ends(&window, "2026-04-01");
    assert_eq!(clock(&s, "med_general")["state"], "satisfied");
    assert_eq!(clock(&s, "feedback")["state"], "running");
    // Due on Saturday 30 May: Monday 1 June.
    ends(&clock(&s, "obligation_due"), "2026-06-01");
}

/// What a court delegates: 3 working days to take it on; 30, 15 or 7 days to mediate.
#[test]
fn a_court_sets_the_limit_by_its_procedure() {
    let app = TestApp::new();
    let delegated = |stage: Value| {
        let parties = json!([
            person("applicant", "彭大山"),
            person("respondent", "彭小山")
        ]);
        let mut body = matter("contract", parties, &["借款"]);
        body.as_object_mut().unwrap().remove("oral_note");
        body["procedure"] = json!("court_delegated");
        body["source"] = json!("court");
        body["delegation_letter_no"] = json!("（2026）云01委1号");
        body["delegation_stage"] = stage;
        body
    };
    for (stage, policy, last) in [
        (Value::Null, "med_court_pre", "2026-04-01"),
        (json!("trial_ordinary"), "med_court_trial", "2026-03-17"),
        (json!("trial_summary"), "med_court_trial", "2026-03-09"),
    ] {
        let s = Story::registered(&app, "shanglong", delegated(stage.clone()));
        ends(&clock(&s, "court_accept_task"), "2026-03-05");
        s.desk.do_(&s.path("/screen"), stories::screening()).ok();
        for p in &s.parties {
            let yes = json!({"answer": "given", "via": "in_person"});
            let path = s.path(&format!("/parties/{p}/consent"));
            s.desk.do_(&path, yes).ok();
        }
        s.desk
            .do_(&s.path("/accept"), stories::acceptance(s.told.place))
            .ok();
        assert_eq!(clock(&s, "court_accept_task")["state"], "satisfied");
        ends(&clock(&s, policy), last);
    }
    let mut wrong = delegated(json!("pre_filing"));
    wrong["procedure"] = json!("people_mediation");
    let doc = app.client("yeshanglong").post("/cases", wrong);
    let doc = doc.problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/delegation_stage");
}

/// What only informs is explained, ends without a breach, and is told to nobody.
#[test]
fn what_a_party_may_still_do_is_shown_and_asked_of_nobody() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "彭大山"),
        person("respondent", "石塘石材厂")
    ]);
    let s = Story::registered(&app, "shanglong", matter("other", parties, &["不服罚款"]));
    ends(&clock(&s, "suit_restart"), "2029-03-02");
    let mut looked = stories::screening();
    looked["civil"] = json!(false);
    s.desk.do_(&s.path("/screen"), looked).ok();
    let no = json!({"code": "na3_admin_act", "reason": "不服行政处罚",
        "routes": ["admin_review", "admin_suit"]});
    s.desk.do_(&s.path("/reject"), no).ok();
    ends(&clock(&s, "admin_suit"), "2026-09-02");
    let review = clock(&s, "admin_review");
    // Friday 1 May is a holiday; work goes on on Wednesday 6 May.
    ends(&review, "2026-05-06");
    let why = s.desk.get(&path(&review, "/explain")).ok();
    assert_eq!(why["replayed_due_at"], review["due_at"]);
    let (zh, en) = (why["text"]["zh"].to_string(), &why["note"]["en"]);
    assert!(zh.contains("行政复议法 第二十条"), "{zh}");
    assert!(en.as_str().unwrap().contains("has less time"), "{en}");
    s.desk.do_(&s.path("/close"), json!({})).ok();
    app.client("caiwenbin")
        .do_(&s.path("/archive"), json!({}))
        .ok();
    let kept = clock(&s, "dossier_keep");
    assert_eq!(kept["variant"], "short");
    ends(&kept, "2036-03-02");

    let breaches = || {
        let trail = s.desk.get(&s.path("/timeline?limit=200")).ok();
        let lines = trail["data"].as_array().unwrap().clone();
        lines
            .iter()
            .filter(|l| l["action"] == "clock_breached")
            .count()
    };
    app.at("2026-05-06");
    app.pass();
    app.deliver();
    let before = breaches();
    assert_eq!(clock(&s, "admin_review")["state"], "running");
    let letters = app.letters().len();
    app.at("2026-05-07");
    app.pass();
    let over = clock(&s, "admin_review");
    assert_eq!(
        (&over["state"], &over["light"]),
        (&json!("stopped"), &Value::Null)
    );
    assert_eq!(over["breached_at"], Value::Null);
    assert_eq!(breaches(), before);
    app.deliver();
    assert_eq!(app.letters().len(), letters);
    assert_eq!(app.pass().all(), 0);
}
