//! Follow-up visits over HTTP: planned by the acts, made, tried in vain, waived; due ones in the way
//! of an end (LP 1.10, 11.3.7; G-39, G-40; X-13).

use serde_json::{Value, json};

use crate::support::mediation::*;
use crate::support::stories::id_of;
use crate::support::{Client, TestApp};

fn neighbours() -> Value {
    matter(
        "neighbour",
        json!([
            person("applicant", "甘长福"),
            person("respondent", "甘水生")
        ]),
        &["排水"],
    )
}

/// An agreement in force since now with one debt due on a day.
fn agreed<'a>(app: &'a TestApp, body: Value, due: &str) -> (Story<'a>, String) {
    let s = Story::in_mediation(app, "hukou", body);
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 50_000, due)]}));
    s.effective(&paper, &[0, 1]);
    (s, paper)
}

#[track_caller]
fn visits(c: &Client<'_>, s: &Story<'_>) -> Vec<Value> {
    let list = c.get(&s.path("/follow-ups")).ok();
    list["data"].as_array().unwrap().clone()
}

fn days(list: &[Value]) -> Vec<&str> {
    list.iter().map(|v| v["due_on"].as_str().unwrap()).collect()
}

fn done(s: &Story<'_>) -> Value {
    json!({"result": "done", "mode": "home_visit", "visited_at": s.app.now(), "met_parties": s.parties,
        "performance_pct": 100, "satisfaction": "satisfied", "situation": "款项已付清，水沟已通"})
}

fn on(
    s: &Story<'_>,
    c: &Client<'_>,
    visit: &Value,
    act: &str,
    body: Value,
) -> crate::support::client::Answer {
    c.post(
        &s.path(&format!("/follow-ups/{}/{act}", id_of(visit))),
        body,
    )
}

#[test]
fn an_agreement_in_force_plans_its_visit_and_a_due_one_bars_the_end() {
    let app = TestApp::new();
    let (s, paper) = agreed(&app, neighbours(), "2026-03-09");
    let list = visits(&s.desk, &s);
    assert_eq!(
        days(&list),
        ["2026-03-12"],
        "three days after the last day to perform"
    );
    assert_eq!(
        json!([
            list[0]["origin"],
            list[0]["planned_by"],
            list[0]["state"],
            list[0]["due"]
        ]),
        json!(["rule", "after_due", "planned", false])
    );
    // Its clock is one of the case's, and can be explained.
    let clocks = s.desk.get(&s.path("/clocks")).ok();
    let clock = clocks["data"]
        .as_array()
        .unwrap()
        .iter()
        .find(|c| c["policy"] == "follow_up");
    let clock = clock.expect("a clock for the visit");
    assert_eq!(clock["subject_id"], list[0]["id"]);
    s.desk
        .get(&format!("/clocks/{}/explain", id_of(clock)))
        .ok();

    s.performed(&s.owed(&paper)[0]);
    app.at("2026-03-16T10:00:00+08:00");
    let doc = s
        .desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("follow_up_due");
    let duty = &doc["open_duties"][0];
    assert_eq!(
        json!([duty["kind"], duty["id"], duty["due"], duty["who"]["kind"]]),
        json!([
            "follow_up",
            list[0]["id"],
            "2026-03-12T16:00:00.000000Z",
            "unit"
        ])
    );
    assert_eq!(
        s.action(&s.desk, "close")["blocked_by"][0]["code"],
        "follow_up_due"
    );
    let overdue = s.desk.get("/follow-ups?which=overdue").ok();
    assert_eq!(overdue["data"][0]["id"], list[0]["id"]);

    let made = on(&s, &s.chair, &list[0], "record", done(&s)).ok();
    assert_eq!(
        json!([
            made["state"],
            made["performance_pct"],
            made["visitor_id"],
            made["reopening_offered"]
        ]),
        json!(["done", 100, s.chair_id, false])
    );
    on(&s, &s.chair, &list[0], "record", done(&s)).blocked_by("already_done");
    assert!(
        s.desk.get("/follow-ups").ok()["data"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    s.desk.do_(&s.path("/close"), json!({})).ok();

    // The record is a paper of the dossier, and what was said a line of the timeline.
    let archivist = app.client("caiwenbin");
    let dossier = archivist.get(&s.path("/dossier")).ok();
    let missing = dossier["missing"].to_string();
    assert!(!missing.contains("follow_up"), "{missing}");
    let catalogue = dossier["catalogue"].as_array().unwrap();
    assert!(
        catalogue
            .iter()
            .any(|e| e["code"] == "follow_up" && e["object_id"] == list[0]["id"])
    );
    let timeline = s.desk.get(&s.path("/timeline")).ok().to_string();
    assert!(timeline.contains("follow_up_planned") && timeline.contains("follow_up_made"));
}

#[test]
fn what_is_still_owed_is_listed_with_the_refusal() {
    let app = TestApp::new();
    let (s, paper) = agreed(&app, neighbours(), "2026-03-09");
    app.at("2026-04-20T10:00:00+08:00");
    let doc = s
        .desk
        .do_(&s.path("/close"), json!({}))
        .problem(409, "refused");
    let duties = doc["open_duties"].as_array().unwrap();
    let kinds: Vec<&str> = duties.iter().map(|d| d["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["obligation", "follow_up"], "those due first");
    assert_eq!(
        json!([duties[0]["id"], duties[0]["who"]]),
        json!([s.owed(&paper)[0], {"kind": "party", "id": s.parties[1]}])
    );
}

#[test]
fn hard_cases_are_visited_three_times_and_an_archived_one_still_takes_visits() {
    let app = TestApp::new();
    let mut body = neighbours();
    body["amount_fen"] = json!(20_000_000);
    let (s, paper) = agreed(&app, body, "2026-03-04");
    let start = app.now().local_date();
    let list = visits(&s.chair, &s);
    assert_eq!(list.len(), 3, "{list:?}");
    assert!(days(&list)[0] >= start.plus_days(7).to_string().as_str());
    s.performed(&s.owed(&paper)[0]);
    s.desk.do_(&s.path("/close"), json!({})).ok();
    app.at("2026-03-12T10:00:00+08:00");
    let archivist = app.client("caiwenbin");
    s.filed("identity_proof").ok();
    let doc = archivist
        .do_(&s.path("/archive"), json!({}))
        .blocked_by("follow_up_due");
    assert_eq!(doc["open_duties"][0]["id"], list[0]["id"]);
    // Refused: somebody went, which is what the dossier asks for.
    let no = json!({"result": "refused", "mode": "phone", "visited_at": app.now(), "situation": "称不愿再谈"});
    assert_eq!(
        on(&s, &s.chair, &list[0], "record", no).ok()["state"],
        "refused"
    );
    archivist.do_(&s.path("/archive"), json!({})).ok();

    // a new follow-up yes, an edit of the agreement no.
    let plan = json!({"due_on": "2026-03-16", "agreement_id": paper});
    let added = s.desk.post(&s.path("/follow-ups"), plan.clone()).ok();
    assert_eq!(
        json!([added["no"], added["origin"], added["state"]]),
        json!([4, "hand", "planned"])
    );
    let made = on(&s, &s.desk, &added, "record", done(&s)).ok();
    assert_eq!(made["state"], "done");
    s.on(&paper, "vary", s.paper(json!({"consents": s.parties})))
        .problem(409, "illegal_transition");
    assert_eq!(s.state(), "archived");
    // The county's figures say who did it; who only reads does not.
    app.client("caiwenbin")
        .post(&s.path("/follow-ups"), plan)
        .problem(403, "forbidden");
}

#[test]
fn a_hidden_danger_is_assessed_and_reopening_offered() {
    let app = TestApp::new();
    let (s, paper) = agreed(&app, neighbours(), "2026-03-09");
    s.performed(&s.owed(&paper)[0]);
    s.desk.do_(&s.path("/close"), json!({})).ok();
    app.at("2026-03-12T10:00:00+08:00");
    let visit = &visits(&s.chair, &s)[0];
    let mut body = done(&s);
    body["hidden_danger"] = json!(true);
    on(&s, &s.chair, visit, "record", body.clone()).problem(422, "invalid");
    body["measures"] = json!("请村干部留意，三日后再访");
    body["risk_hints"] = json!(["violence"]);
    let made = on(&s, &s.chair, visit, "record", body).ok();
    assert_eq!(
        json!([made["hidden_danger"], made["reopening_offered"]]),
        json!([true, true])
    );
    let case = s.view();
    assert_eq!(
        json!([case["risk"], case["state"]]),
        json!(["orange", "closed_success"])
    );
    let told = app.client("ganhukou").get("/inbox").ok().to_string();
    assert!(told.contains("follow_up_danger"), "{told}");
    // Opened by people, with the consent of all, not by the visit.
    let reopen = |consents: Value| json!({"ground": "consent", "consents": consents, "reason": "回访发现新的争执"});
    s.desk
        .do_(&s.path("/reopen"), reopen(json!([s.parties[0]])))
        .blocked_by("not_reopenable");
    s.desk
        .do_(&s.path("/reopen"), reopen(json!(s.parties)))
        .ok();
}

#[test]
fn a_red_failure_is_watched_and_visits_are_waived_by_the_unit_alone() {
    let app = TestApp::new();
    let s = Story::in_mediation(&app, "hukou", neighbours());
    let red = json!({"level": "red", "hints": ["threat_to_kill"]});
    s.desk.do_(&s.path("/risk"), red).ok();
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    let list = visits(&s.chair, &s);
    assert_eq!(list.len(), 3);
    assert!(list.iter().all(|v| v["kind"] == "risk"));
    let why = json!({"reason": "已由派出所接管并每日走访"});
    on(&s, &s.chair, &list[2], "waive", why.clone()).problem(403, "forbidden");
    let gone = on(&s, &s.desk, &list[2], "waive", why).ok();
    assert_eq!(
        json!([gone["state"], gone["ended_as"]]),
        json!(["closed", "waived"])
    );
    // Nobody reached: it is tried again.
    app.at(&format!(
        "{}T10:00:00+08:00",
        list[0]["due_on"].as_str().unwrap()
    ));
    let miss = json!({"result": "unreachable", "mode": "phone", "visited_at": app.now()});
    let again = on(&s, &s.chair, &list[0], "record", miss).ok();
    assert_eq!(
        json!([again["state"], again["tries"], again["tries_left"]]),
        json!(["unreachable", 1, 2])
    );
    assert!(again["due_on"].as_str() > list[0]["due_on"].as_str());
}

#[test]
fn each_sees_the_visits_of_its_own_cases_page_by_page() {
    let app = TestApp::new();
    let (near, _) = agreed(&app, neighbours(), "2026-03-09");
    let far = Story::in_mediation(&app, "wanghu", neighbours());
    let paper = far.drafted(json!({"obligations": [far.debt(1, 0, 50_000, "2026-03-10")]}));
    far.effective(&paper, &[0, 1]);
    let ids = |c: &Client<'_>, query: &str| -> Vec<String> {
        let page = c.get(&format!("/follow-ups{query}")).ok();
        let list = page["data"].as_array().unwrap();
        list.iter()
            .map(|v| v["case"]["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        ids(&near.desk, "?which=open"),
        std::slice::from_ref(&near.id)
    );
    assert_eq!(ids(&far.desk, "?which=open"), std::slice::from_ref(&far.id));
    let county = app.client("zhanglixin");
    assert_eq!(
        ids(&county, "?which=open"),
        [near.id.clone(), far.id.clone()]
    );
    assert!(ids(&county, "").is_empty(), "none is due yet");
    assert_eq!(
        ids(&county, "?which=upcoming&due_until=2026-03-12"),
        std::slice::from_ref(&near.id)
    );
    let first = county.get("/follow-ups?which=open&limit=1").ok();
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    assert_eq!(
        ids(&county, &format!("?which=open&limit=1&cursor={cursor}")),
        std::slice::from_ref(&far.id)
    );
    let masked = first.to_string();
    assert!(!masked.contains("甘长福"), "{masked}");
    app.client("sysadmin")
        .get("/follow-ups")
        .problem(403, "forbidden");
}

/// How many times a person was told that a visit is due.
fn told(app: &TestApp, who: &str) -> usize {
    app.told(who, jieyou::domain::notice::NoticeKind::FollowUpDue)
}

/// The duty `visits_due`: on the day itself, not at night, told once, whoever passes and however
/// often; a service that was away catches up once.
#[test]
fn a_visit_falls_due_once_by_the_passing_of_time() {
    let app = TestApp::new();
    let (s, _) = agreed(&app, neighbours(), "2026-03-09");
    let fell = || app.pass().of("visits_due");
    let chair = "chenyuee";
    app.at("2026-03-11T12:00:00+08:00");
    assert_eq!(fell(), 0, "a day too early");
    app.at("2026-03-12T06:30:00+08:00");
    assert_eq!(fell(), 0, "nobody is woken");
    app.at("2026-03-12T07:00:00+08:00");
    let before = told(&app, chair);
    std::thread::scope(|scope| {
        let nodes = [scope.spawn(fell), scope.spawn(fell)];
        let made: usize = nodes.into_iter().map(|n| n.join().unwrap()).sum();
        assert_eq!(made, 1, "two nodes at once");
    });
    let list = visits(&s.desk, &s);
    assert_eq!(
        json!([list[0]["state"], list[0]["due"]]),
        json!(["due", true])
    );
    assert_eq!(before, 0);
    assert_eq!(told(&app, chair), 1);
    assert_eq!((fell(), fell()), (0, 0));
    app.forward_days(20);
    assert_eq!(fell(), 0, "away since, and nothing new");
    assert_eq!(told(&app, chair), 1);
    let line = s.desk.get(&s.path("/timeline")).ok();
    let events = line["data"].as_array().unwrap().iter();
    let fell_due: Vec<&Value> = events
        .filter(|e| e["action"] == "follow_up_fell_due")
        .collect();
    assert_eq!(fell_due.len(), 1);
    assert_eq!(fell_due[0]["actor_id"], Value::Null, "the service itself");
}

#[test]
fn a_visit_made_in_time_silences_it_and_a_stopped_service_catches_up_once() {
    let app = TestApp::new();
    let (s, _) = agreed(&app, neighbours(), "2026-03-09");
    let list = visits(&s.desk, &s);
    app.at("2026-03-12T06:50:00+08:00");
    on(&s, &s.desk, &list[0], "record", done(&s)).ok();
    app.at("2026-03-13T09:00:00+08:00");
    assert_eq!(app.pass().of("visits_due"), 0, "made in time");
    assert_eq!(told(&app, "chenyuee"), 0);

    // Three visits whose days all passed while the service was away: marked in one commit, and
    // everybody is told once.
    let (s, _) = agreed(&app, neighbours(), "2026-03-30");
    let days = ["2026-04-10", "2026-04-20"];
    for day in days {
        let plan = json!({"due_on": day});
        s.desk.post(&s.path("/follow-ups"), plan).ok();
    }
    let planned = visits(&s.desk, &s).len();
    app.at("2026-05-20T10:00:00+08:00");
    assert_eq!(app.pass().of("visits_due"), planned);
    assert_eq!(told(&app, "chenyuee"), 1);
    assert_eq!(app.pass().of("visits_due"), 0);
    assert!(visits(&s.desk, &s).iter().all(|v| v["state"] == "due"));
}
