//! What the passing of time does: breaches, climbs, lapses, terms. Each once, whoever looks.

use jieyou::domain::notice::NoticeKind;
use jieyou::domain::time::Instant;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::mediation::*;
use crate::support::moves::{registered, unit};

fn quarrel<'a>(app: &'a TestApp, kind: &str) -> Story<'a> {
    let parties = json!([
        person("applicant", "彭大山"),
        person("respondent", "石塘石材厂")
    ]);
    Story::in_mediation(app, "shanglong", matter(kind, parties, &["赔偿"]))
}

/// How often a fact stands in the timeline of a case.
fn facts(s: &Story<'_>, code: &str) -> usize {
    let trail = s.desk.get(&s.path("/timeline?limit=200")).ok();
    let lines = trail["data"].as_array().unwrap();
    lines.iter().filter(|l| l["action"] == code).count()
}

fn due(s: &Story<'_>, policy: &str) -> Instant {
    Instant::parse(s.desk.clock(&s.id, policy)["due_at"].as_str().unwrap()).unwrap()
}

/// SC-19: 彭大山 v 石塘石材厂, nothing agreed on day 15, and only the worker wants to go on.
#[test]
fn a_labour_dispute_ends_by_itself_on_the_fifteenth_day() {
    let app = TestApp::new();
    let s = quarrel(&app, "labour_other");
    let due = due(&s, "med_labour");
    assert_eq!(due.local_text(), "2026-03-18 00:00");
    app.at("2026-03-17");
    app.pass();
    assert_eq!(s.state(), "in_mediation");
    let letters = || app.letters().len();
    app.deliver();
    let before = letters();
    // G-25: both must sign an extension.
    let until = json!({"until": "2026-04-01", "signed_by": [s.parties[0]], "signed_at": app.now()});
    let one = s.desk.do_(&s.path("/extend"), until);
    one.blocked_by("extension_not_signed");
    app.clock.set(due.plus_seconds(-1));
    app.pass();
    assert_eq!(s.state(), "in_mediation");
    app.clock.set(due.plus_seconds(1));
    assert!(app.pass().of("clocks") > 0);
    let case = s.view();
    assert_eq!(case["state"], "terminated", "{case:#}");
    let ended = &case["detail"]["termination"];
    assert_eq!(ended["reason"], "limit_expired");
    // G-24: the routes that fit, with the time each is open.
    let routes = ended["routes"].to_string();
    assert!(routes.contains("labour_arb"), "{ended:#}");
    assert!(!routes.contains("civil_suit"), "{ended:#}");
    for code in ["clock_breached", "case_terminated"] {
        assert_eq!(facts(&s, code), 1, "{code}");
    }
    let missed = s.desk.clock(&s.id, "med_labour");
    assert_eq!(missed["state"], "stopped");
    assert_eq!(missed["breached_at"], json!(due));
    let head = app.told("zhengguoxing", NoticeKind::LimitMissed);
    assert_eq!(head, 1);
    // Once: nothing is left for a second node or a second look.
    assert_eq!(app.pass().of("clocks"), 0);
    assert_eq!(facts(&s, "clock_breached"), 1);
    // Those concerned get their mails in the morning.
    app.deliver();
    assert_eq!(letters(), before);
    app.at("2026-03-18T07:00:00+08:00");
    app.deliver();
    assert!(letters() > before);
    let told = json!({"text": "已告知终止及仲裁途径", "given_at": app.now()});
    s.desk.do_(&s.path("/feedback"), told).ok();
    s.desk.do_(&s.path("/close"), json!({})).ok();
}

/// A paper being signed is not cut off; when its own time is over the mediation ends.
#[test]
fn what_is_being_signed_is_waited_for_and_given_up_in_the_end() {
    let app = TestApp::new();
    let s = quarrel(&app, "labour_other");
    app.at("2026-03-16");
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 10_000, "2026-06-01")]}));
    s.on(&paper, "start-signing", json!({})).ok();
    s.party_signs(&paper, 0);
    let limit = due(&s, "med_labour");
    app.clock.set(limit.plus_minutes(1));
    app.pass();
    assert_eq!(s.state(), "in_mediation");
    assert_eq!(facts(&s, "clock_breached"), 1);
    app.clock.set(limit.plus_days(2));
    app.pass();
    assert_eq!(s.agreement(&paper)["state"], "signing");
    // Three working days to sign are urged, fifteen days end it.
    assert_eq!(s.desk.clock(&s.id, "signing")["state"], "breached");
    let last = due(&s, "signing_expiry");
    app.clock.set(last);
    app.pass();
    assert_eq!(s.agreement(&paper)["state"], "expired_unsigned");
    app.forward_minutes(61);
    app.pass();
    assert_eq!(s.state(), "terminated");
}

#[test]
fn the_desk_head_decides_on_a_general_limit() {
    let app = TestApp::new();
    let s = quarrel(&app, "neighbour");
    let end = due(&s, "med_general");
    app.clock.set(end);
    app.pass();
    let missed = s.desk.clock(&s.id, "med_general");
    assert_eq!(
        (&missed["state"], &missed["light"]),
        (&json!("breached"), &json!("red"))
    );
    assert_eq!(s.state(), "in_mediation");
    for who in ["zhengguoxing", s.told.place.mediator] {
        assert_eq!(app.told(who, NoticeKind::LimitMissed), 1, "{who}");
        assert_eq!(app.pass().all(), 0);
    }
}

#[test]
fn an_escalation_nobody_answers_climbs_and_is_never_accepted() {
    let app = TestApp::new();
    let case = registered(&app);
    let (village, county) = (app.client("yeshanglong"), app.client("zhanglixin"));
    let body = json!({"verb": "escalate", "to": unit("fengxi"), "reasons": ["es1_cannot_settle"],
        "handling_so_far": "两次上门，对界址各执一词", "no_materials": "双方均无书证"});
    let sent = village.do_(&format!("/cases/{case}/transfers"), body).ok();
    let transfer = sent["id"].as_str().unwrap();
    let due = Instant::parse(sent["due_at"].as_str().unwrap()).unwrap();
    let seen = || {
        let list = county.get("/transfers?climbed=true").ok();
        list["data"].as_array().unwrap().clone()
    };
    app.clock.set(due.plus_seconds(-1));
    app.pass();
    assert_eq!(seen().len(), 0);
    for (level, later) in [(1, 0), (2, 24), (3, 48)] {
        app.clock.set(due.plus_hours(later));
        app.pass();
        let list = seen();
        let climb = &list[0]["climb"];
        assert_eq!(climb["level"], level, "{list:#?}");
        assert_eq!(climb["to_id"], json!(unit("county")));
        assert_eq!(list[0]["state"], "submitted");
        let n = usize::try_from(level).unwrap();
        for who in ["zhengguoxing", "zhanglixin", "zhouminghua"] {
            assert_eq!(app.told(who, NoticeKind::TransferClimbed), n, "{who}");
        }
    }
    let trail = village
        .get(&format!("/cases/{case}/timeline?limit=200"))
        .ok();
    let lines = trail["data"].as_array().unwrap();
    let climbs: Vec<&Value> = lines
        .iter()
        .filter(|l| l["action"] == "transfer_climbed")
        .collect();
    assert_eq!(climbs.len(), 3);
    assert!(climbs[0]["text"].to_string().contains("第"), "{climbs:#?}");
    // Answered at last: the climbing ends.
    let desk = app.client("zhengguoxing");
    let path = format!("/cases/{case}/transfers/{transfer}/accept");
    desk.do_(&path, json!({})).ok();
    app.forward_days(3);
    app.pass();
    assert_eq!(seen()[0]["climb"]["level"], 3);
}

/// The window of thirty days: told on days 20, 27 and 29, lapsed after day 30; an application
/// made in time and recorded late lifts the lapse.
#[test]
fn the_confirmation_window_is_told_of_and_lapses() {
    let app = TestApp::new();
    let s = quarrel(&app, "neighbour");
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 10_000, "2026-06-01")]}));
    s.effective(&paper, &[0, 1]);
    let chair = s.told.place.mediator;
    let state = || s.agreement(&paper)["confirmation"]["state"].clone();
    let day = app.now().local_date();
    for (after, times) in [(19, 0), (20, 1), (26, 1), (27, 2), (28, 2), (29, 3)] {
        app.clock.set(day.plus_days(after).start().plus_hours(10));
        app.pass();
        app.pass();
        assert_eq!(
            app.told(chair, NoticeKind::ConfirmationDue),
            times,
            "{after}"
        );
    }
    let last = due(&s, "confirm_window");
    assert_eq!(last.local_text(), "2026-04-02 00:00");
    app.clock.set(last);
    app.pass();
    assert_eq!(state(), "lapsed");
    assert_eq!(facts(&s, "confirmation_lapsed"), 1);
    assert_eq!(app.told(chair, NoticeKind::ConfirmationLapsed), 1);
    let late =
        json!({"court": "云岭县人民法院", "applicants": s.parties, "applied_on": "2026-04-02"});
    s.on(&paper, "apply-confirmation", late)
        .blocked_by("window_closed");
    let timely =
        json!({"court": "云岭县人民法院", "applicants": s.parties, "applied_on": "2026-03-30"});
    s.on(&paper, "apply-confirmation", timely).ok();
    assert_eq!(state(), "applied");
}

#[test]
fn an_evaluation_not_given_is_no_answer() {
    let app = TestApp::new();
    let s = quarrel(&app, "neighbour");
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    let told = json!({"text": "已告知", "given_at": app.now()});
    s.desk.do_(&s.path("/feedback"), told).ok();
    app.clock.set(due(&s, "evaluation"));
    app.pass();
    app.pass();
    assert_eq!(facts(&s, "evaluation_unanswered"), 1);
    assert_eq!(s.desk.clock(&s.id, "evaluation")["state"], "stopped");
}

#[test]
fn the_end_of_a_committees_term_is_told_three_times() {
    let app = TestApp::new();
    let committees = app.client("sysadmin").get("/committees?limit=200").ok();
    let committees = committees["data"].as_array().unwrap();
    let one = committees
        .iter()
        .find(|c| c["org_id"] == unit("shanglong"))
        .unwrap();
    let end = one["term_to"].as_str().unwrap();
    let end = jieyou::domain::time::LocalDate::parse(end).unwrap();
    for (days, times) in [(-31, 0), (-30, 1), (-8, 1), (-7, 2), (0, 2), (1, 3), (2, 3)] {
        app.clock.set(end.plus_days(days).start().plus_hours(10));
        app.pass();
        assert_eq!(
            app.told("yeshanglong", NoticeKind::CommitteeTerm),
            times,
            "{days}"
        );
    }
}

/// Two nodes pass at once over what a stopped service left: each breach is there once.
#[test]
fn two_nodes_catch_up_once() {
    let app = TestApp::new();
    let stories: Vec<Story<'_>> = (0..8)
        .map(|n| {
            let parties = json!([
                person("applicant", &format!("甲{n}")),
                person("respondent", &format!("乙{n}"))
            ]);
            Story::registered(&app, "shanglong", matter("neighbour", parties, &["檐沟"]))
        })
        .collect();
    // Nobody looked for three weeks: yellow and red of two clocks each went by.
    app.forward_days(21);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let (one, two) = (app.duties(), app.duties());
    let (a, b) = runtime.block_on(async {
        let one = tokio::spawn(async move { one.pass().await });
        let two = tokio::spawn(async move { two.pass().await });
        (one.await.unwrap().unwrap(), two.await.unwrap().unwrap())
    });
    assert_eq!((a.failed, b.failed), (0, 0));
    assert_eq!(a.of("clocks") + b.of("clocks"), 16, "{a:?} {b:?}");
    for s in &stories {
        assert_eq!(facts(s, "clock_breached"), 2);
        assert_eq!(s.desk.clock(&s.id, "triage")["state"], "breached");
    }
    assert_eq!(app.told("zhengguoxing", NoticeKind::ClockRed), 16);
    assert_eq!(app.told("zhengguoxing", NoticeKind::ClockYellow), 0);
    assert_eq!(app.pass().all(), 0);
    let next = app.read(|snap| snap.next_wake().unwrap());
    // What informs the parties runs on, for years.
    assert!(
        next.is_some_and(|at| at > app.now().plus_days(365)),
        "{next:?}"
    );
}

/// A limit that was missed is a task of the unit until it is extended or ended: once each time.
#[test]
fn a_missed_limit_is_a_task_until_somebody_decides() {
    let app = TestApp::new();
    let s = quarrel(&app, "neighbour");
    let end = due(&s, "med_general");
    let decisions = || -> Vec<Value> {
        let all = s.desk.get(&s.path("/tasks")).ok();
        let list = all["data"].as_array().unwrap().clone();
        let of = list.into_iter().filter(|t| t["kind"] == "limit_decision");
        of.collect()
    };
    let signed =
        |at: Instant, until: &str| json!({"until": until, "signed_by": s.parties, "signed_at": at});
    app.clock.set(end.plus_seconds(-60));
    app.pass();
    assert_eq!(decisions().len(), 0);
    app.clock.set(end.plus_hours(9));
    app.pass();
    app.pass();
    let owed = decisions();
    assert_eq!(owed.len(), 1, "{owed:#?}");
    assert_eq!(owed[0]["state"], "open");
    // Nobody reports it: it follows what is done.
    let id = owed[0]["id"].as_str().unwrap();
    let told = json!({"result": "已处理", "evidence": []});
    let report = s.desk.do_(&s.path(&format!("/tasks/{id}/report")), told);
    report.blocked_by("task_follows");
    // What was signed in time may be written down now, what was not may not.
    let late = s
        .desk
        .do_(&s.path("/extend"), signed(app.now(), "2026-04-20"));
    late.blocked_by("past_limit");
    let in_time = signed(end.plus_hours(-3), "2026-04-20");
    s.desk.do_(&s.path("/extend"), in_time).ok();
    assert_eq!(decisions()[0]["state"], "done");
    let limit = s.desk.clock(&s.id, "med_general");
    assert_eq!(
        (&limit["state"], &limit["breached_at"]),
        (&json!("running"), &Value::Null)
    );
    assert_eq!(limit["last_day"], "2026-04-20");
    // The extended limit passes as well.
    app.at("2026-04-21");
    app.pass();
    let states = || -> Vec<Value> { decisions().iter().map(|t| t["state"].clone()).collect() };
    assert_eq!(states(), ["done", "open"]);
    s.terminate("limit_expired", &["civil_suit"]).ok();
    assert_eq!(states(), ["done", "done"]);
    assert_eq!((facts(&s, "task_opened"), facts(&s, "task_done")), (2, 2));
    app.at("2026-04-30");
    app.pass();
    assert_eq!(states(), ["done", "done"]);
}

/// The loop of a running service finds what falls due by itself, and stops when told to.
#[test]
fn the_loop_looks_by_itself_and_stops() {
    let app = TestApp::new();
    let s = quarrel(&app, "neighbour");
    app.clock.set(due(&s, "med_general"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let task = runtime.spawn(jieyou::worker::duties::run_loop(app.duties(), stopped));
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(50));
        if s.desk.clock(&s.id, "med_general")["state"] == "breached" {
            break;
        }
    }
    stop.send(true).unwrap();
    runtime.block_on(task).unwrap();
    assert_eq!(s.desk.clock(&s.id, "med_general")["state"], "breached");
}
