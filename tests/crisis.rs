//! Crises: who may do what, and calling until somebody acknowledges.

use jieyou::cli::demo::county;
use jieyou::domain::codes::Code;
use jieyou::domain::notice::NoticeKind;
use jieyou::domain::time::Instant;
use serde_json::{Value, json};

use crate::support::stories::{Story, id_of, in_mediation};
use crate::support::{Client, TestApp};

/// How many urgent calls one pass of the service's own duties made.
fn pass(app: &TestApp) -> usize {
    app.pass().of("urgent_calls")
}

/// How many urgent calls a person has had.
fn calls(app: &TestApp, who: &str) -> usize {
    app.told(who, NoticeKind::UrgentCall)
}

const CHAIN: [&str; 5] = [
    "yeshanglong",
    "zhengguoxing",
    "suxiaolan",
    "gaoyuanhang",
    "zhouminghua",
];

fn heard(app: &TestApp) -> Vec<usize> {
    CHAIN.iter().map(|who| calls(app, who)).collect()
}

fn raised(app: &TestApp, story: &Story, tier: &str) -> String {
    let body = json!({"tier": tier});
    let made = app
        .client("chenyuee")
        .post(&story.path("crises"), body)
        .ok();
    story.path(&format!("crises/{}", id_of(&made)))
}

/// the ladder climbs until somebody acknowledges, at night too; each call is made once,
/// whoever passes and however often.
#[test]
fn x_16_the_ladder_climbs_until_acknowledged() {
    let app = TestApp::new();
    let (story, _) = in_mediation(&app);
    app.at("2026-03-02T23:00:00+08:00");
    let crisis = raised(&app, &story, "t4");
    assert_eq!(heard(&app), [1, 0, 0, 0, 0], "with the act itself");
    assert_eq!(pass(&app), 0, "that call was made");
    app.forward_minutes(4);
    assert_eq!(pass(&app), 0);
    app.forward_minutes(1);
    assert_eq!(pass(&app), 1);
    assert_eq!(heard(&app), [2, 1, 0, 0, 0], "again, and one rung higher");
    assert_eq!((pass(&app), pass(&app)), (0, 0), "each once");
    app.forward_minutes(5);
    pass(&app);
    assert_eq!(heard(&app), [3, 2, 1, 1, 0]);
    app.forward_minutes(5);
    pass(&app);
    assert_eq!(heard(&app), [4, 3, 2, 2, 1]);
    // The service was away for half an hour: one call, not six.
    app.forward_minutes(32);
    assert_eq!(pass(&app), 1);
    assert_eq!(heard(&app), [5, 4, 3, 3, 2], "the top is called on and on");
    // Two nodes at once.
    app.forward_minutes(5);
    std::thread::scope(|scope| {
        let passes = [scope.spawn(|| pass(&app)), scope.spawn(|| pass(&app))];
        let made: usize = passes.into_iter().map(|p| p.join().unwrap()).sum();
        assert_eq!(made, 1);
    });
    assert_eq!(heard(&app), [6, 5, 4, 4, 3]);
    // A mail for each, said once and saying nothing.
    app.deliver();
    app.deliver();
    let letters: Vec<String> = app.letters();
    let urgent: Vec<&String> = letters.iter().filter(|l| l.contains("紧急事项")).collect();
    assert_eq!(urgent.len(), heard(&app).iter().sum::<usize>());
    let mut ids: Vec<&str> = urgent
        .iter()
        .map(|l| l.lines().find(|h| h.starts_with("Message-ID")).unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), urgent.len(), "one Message-ID for each");
    for word in ["危机", "心理", "叶长根", "调解", "自杀"] {
        assert!(letters.iter().all(|l| !l.contains(word)), "{word}");
    }

    // Who was called may acknowledge, and sees no more than that; then it is still.
    let head = app.client("zhengguoxing");
    let path = format!("{crisis}/acknowledge");
    app.client("chenyuee")
        .post(&path, json!({}))
        .problem(403, "forbidden");
    let answer = head.post(&path, json!({})).ok();
    assert_eq!(answer["guidance"], json!([]));
    app.forward_minutes(60);
    assert_eq!(pass(&app), 0);
    assert_eq!(heard(&app), [6, 5, 4, 4, 3]);
    let seen = app.client("suxiaolan").get(&crisis).ok();
    assert_eq!(seen["acknowledged_by"], json!(county::user("zhengguoxing")));
    let rungs: Vec<&str> = seen["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["kind"] == "called")
        .filter_map(|e| e["rung"].as_str())
        .collect();
    assert_eq!(
        rungs,
        [
            "duty_officer",
            "desk_head",
            "county_duty",
            "county_supervisor",
            "county_supervisor",
            "county_supervisor"
        ]
    );
    // It gets worse: everybody is called anew.
    let threat = json!({"tier": "t4", "signs": ["weapon"]});
    app.client("chenyuee")
        .post(&story.path("crises"), threat)
        .ok();
    app.forward_minutes(5);
    assert_eq!(pass(&app), 0, "no graver than it was");
}

#[test]
fn each_tier_asks_for_its_own() {
    let app = TestApp::new();
    let (story, _) = in_mediation(&app);
    let from = app.now();
    let lead = app.client("suxiaolan");
    let crisis = raised(&app, &story, "t1");
    let steps = |v: &Value| -> Vec<(String, Value)> {
        let open = v["steps"].as_array().unwrap().iter();
        let open = open.filter(|s| s["done_at"].is_null() && s["dropped_at"].is_null());
        open.map(|s| (s["step"].as_str().unwrap().to_owned(), s["due_at"].clone()))
            .collect()
    };
    let due = |v: &Value, code: &str| -> Value {
        let found = steps(v).into_iter().find(|(c, _)| c == code);
        found.unwrap_or_else(|| panic!("{code} in {v}")).1
    };
    let seen = lead.get(&crisis).ok();
    assert_eq!(
        due(&seen, "recheck"),
        json!(from.local_date().plus_days(7).end())
    );
    assert_eq!(story.now(&app)["state"], "in_mediation", "T1 stops nothing");
    assert_ne!(story.now(&app)["risk"], "red");
    let triage = json!({"tier": "t1", "assessment": "消极厌世"});
    let seen = lead.do_(&format!("{crisis}/assess"), triage).ok();
    assert_eq!(seen["state"], "monitored");

    // Raised again, by somebody who cannot know that there is one: it rises, and never falls.
    let again = json!({"tier": "t0", "signs": ["ideation"]});
    let made = app
        .client("hemeiling")
        .post(&story.path("crises"), again)
        .ok();
    assert_eq!(story.path(&format!("crises/{}", id_of(&made))), crisis);
    let seen = lead.get(&crisis).ok();
    assert_eq!(
        (&seen["tier"], &seen["state"]),
        (&json!("t2"), &json!("raised"))
    );
    assert_eq!(due(&seen, "psych_review"), json!(from.plus_hours(24)));
    assert_eq!(
        due(&seen, "recheck"),
        json!(from.local_date().plus_days(3).end())
    );
    let low = json!({"tier": "t0"});
    app.client("hemeiling")
        .post(&story.path("crises"), low)
        .ok();
    assert_eq!(lead.get(&crisis).ok()["tier"], "t2");

    // Below T3 one person may lower it; a step owed is told late with its reason.
    app.forward_days(2);
    let plan = json!({"step": "safety_plan", "done_at": app.now()});
    let path = format!("{crisis}/steps");
    let doc = lead
        .post(&path, plan.clone())
        .blocked_by("late_reason_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["safety_plan"]));
    let mut plan = plan;
    plan["late_reason"] = json!("本人外出");
    let seen = lead.post(&path, plan).ok();
    let done = seen["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|s| s["step"] == "safety_plan");
    assert_eq!(
        (&done.unwrap()["late"], &done.unwrap()["late_reason"]),
        (&json!(true), &json!("本人外出"))
    );
    let lower = json!({"tier": "t1", "assessment": "好转"});
    let seen = lead.do_(&format!("{crisis}/assess"), lower).ok();
    assert_eq!(seen["tier"], "t1");

    // T3: the police, the hospital the same day, the lead within the hour; mediation stops.
    let from = app.now();
    let grave = json!({"tier": "t3", "assessment": "有计划有工具"});
    let seen = lead.do_(&format!("{crisis}/assess"), grave).ok();
    assert_eq!(seen["state"], "escalated");
    assert_eq!(due(&seen, "police_told"), json!(from.plus_hours(2)));
    assert_eq!(
        due(&seen, "hospital_referral"),
        json!(from.local_date().end())
    );
    assert_eq!(story.now(&app)["state"], "suspended");
    let told = json!({"step": "police_told", "done_at": app.now()});
    let faults = lead.post(&path, told.clone()).problem(422, "invalid");
    assert_eq!(faults["errors"][0]["pointer"], "/receipt_no");
    let table = lead.get("/crisis-tiers").ok();
    assert_eq!(table["data"][4]["steps"][0]["step"], "emergency_call");
    assert_eq!(
        table["data"][4]["steps"][0]["within"],
        json!({"unit": "minutes", "n": 10})
    );
}

#[test]
fn a_mediator_reviews_nothing_whatever_other_hats_they_wear() {
    let app = TestApp::new();
    let (story, _) = in_mediation(&app);
    let crisis = raised(&app, &story, "t3");
    // The chair is made psychological lead as well.
    let grant = json!({"role": "psy_lead", "org_id": county::org("county")});
    let path = format!("/users/{}/grants", county::user("chenyuee"));
    app.client("secadmin").post(&path, grant).ok();
    let chair = app.client("chenyuee");
    let note = json!({"tier": "t3", "assessment": "我自己来"});
    let doc = chair
        .do_(&format!("{crisis}/assess"), note)
        .blocked_by("reviewer_on_team");
    assert_eq!(doc["blocked_by"][0]["rule"], "G-29");
    chair
        .do_(&format!("{crisis}/close"), json!({"assessment": "结束"}))
        .blocked_by("reviewer_on_team");

    // Two officers without the lead do not lower it; a refusal begins the review anew.
    let officer = app.client("gaoyuanhang");
    let lead = app.client("suxiaolan");
    let act = |c: &Client<'_>, act: &str, body: Value| c.do_(&format!("{crisis}/{act}"), body);
    act(
        &officer,
        "assess",
        json!({"tier": "t3", "assessment": "高"}),
    )
    .ok();
    let hospital =
        json!({"to": "hospital", "receiver": "县医院", "at": app.now(), "receipt_no": "转1"});
    act(&officer, "hand-over", hospital).ok();
    act(&officer, "stable", json!({"assessment": "平稳"})).ok();
    let low = json!({"tier": "t0", "assessment": "无"});
    act(
        &officer,
        "confirm-review",
        json!({"agree": true, "assessment": "x"}),
    )
    .blocked_by("wrong_state");
    act(&officer, "review", low.clone()).ok();
    act(&lead, "review", low.clone()).blocked_by("already_done");
    let no = act(
        &lead,
        "confirm-review",
        json!({"agree": false, "assessment": "再看一周"}),
    )
    .ok();
    assert_eq!(
        (&no["review"], &no["state"]),
        (&Value::Null, &json!("stable"))
    );
    act(&lead, "review", low).ok();
    let yes = act(
        &officer,
        "confirm-review",
        json!({"agree": true, "assessment": "同意"}),
    )
    .ok();
    assert_eq!(yes["tier"], "t0");
    // Its incident was never reported: it does not end like that.
    act(&lead, "close", json!({"assessment": "结束"})).blocked_by("incident_missing");
}

#[test]
fn the_stored_codes_have_words_in_both_languages() {
    let app = TestApp::new();
    let lists = app.client("suxiaolan").get("/code-lists").ok();
    for name in [
        "crisis_tier",
        "crisis_state",
        "crisis_sign",
        "crisis_step",
        "crisis_rung",
    ] {
        let list = lists["data"][name].as_array().unwrap();
        assert!(list.iter().all(|c| c["zh"] != c["en"]), "{name}");
    }
    assert_eq!(NoticeKind::UrgentCall.code(), "urgent_call");
    assert!(app.now() > Instant(0));
}

/// How many times a person was told that a step is late.
fn told_late(app: &TestApp, who: &str) -> usize {
    app.told(who, NoticeKind::StepLate)
}

fn pass_late(app: &TestApp) -> usize {
    app.pass().of("late_steps")
}

/// A step that is late tells whoever took the crisis, then one level more every ten minutes, each
/// once for each step, until it is done; at night too.
#[test]
fn a_late_step_climbs_until_it_is_done() {
    let app = TestApp::new();
    let (story, _) = in_mediation(&app);
    app.at("2026-03-02T21:30:00+08:00");
    let crisis = raised(&app, &story, "t3");
    let officer = app.client("gaoyuanhang");
    let ack = format!("{crisis}/acknowledge");
    officer.post(&ack, json!({})).ok();
    let late = || -> Vec<usize> { CHAIN.iter().map(|who| told_late(&app, who)).collect() };
    app.forward_minutes(59);
    assert_eq!(pass_late(&app), 0);
    // One step is done in time: it says nothing. Two of the first hour are late.
    let steps = format!("{crisis}/steps");
    let done = json!({"step": "means_restricted", "done_at": app.now()});
    officer.post(&steps, done).ok();
    app.forward_minutes(1);
    assert_eq!(pass_late(&app), 2, "the review and the family");
    assert_eq!(late(), [0, 0, 0, 1, 0], "who took it, and nobody else");
    assert_eq!((pass_late(&app), pass_late(&app)), (0, 0), "each once");
    let family = json!({"step": "family_informed", "done_at": app.now(), "late_reason": "关机"});
    officer.post(&steps, family).ok();
    app.forward_minutes(10);
    std::thread::scope(|scope| {
        let passes = [
            scope.spawn(|| pass_late(&app)),
            scope.spawn(|| pass_late(&app)),
        ];
        let made: usize = passes.into_iter().map(|p| p.join().unwrap()).sum();
        assert_eq!(made, 1, "two nodes at once");
    });
    assert_eq!(late(), [1, 0, 0, 1, 0], "the review alone climbs");
    // The service was away while the next two levels fell due: one call, each person once.
    app.forward_minutes(25);
    assert_eq!(pass_late(&app), 1);
    assert_eq!(late(), [1, 1, 1, 1, 0]);
    app.forward_minutes(10);
    assert_eq!(pass_late(&app), 1);
    assert_eq!(late(), [1, 1, 1, 1, 1]);
    let head = app.client("suxiaolan").get(&crisis).ok();
    let entries: Vec<(Value, Value)> = head["timeline"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["kind"] == "step_late")
        .map(|e| (e["rung"].clone(), e["actor_id"].clone()))
        .collect();
    let rungs: Vec<&Value> = entries.iter().map(|(rung, _)| rung).collect();
    let answerer = json!("answerer");
    assert_eq!(rungs.iter().filter(|r| ***r == answerer).count(), 2);
    assert_eq!(rungs.last().unwrap().as_str(), Some("county_supervisor"));
    assert!(
        entries.iter().all(|(_, actor)| actor.is_null()),
        "the service itself"
    );
    // Everybody was called: it is still until the next step is late.
    app.at("2026-03-02T23:25:00+08:00");
    assert_eq!(pass_late(&app), 0);
}

/// Below T3 the county alone knows of the crisis, and is told by day.
#[test]
fn below_t3_a_late_step_is_told_to_the_county_alone_by_day() {
    let app = TestApp::new();
    let (story, _) = in_mediation(&app);
    app.at("2026-03-02T23:00:00+08:00");
    raised(&app, &story, "t2");
    let late = || -> Vec<usize> { CHAIN.iter().map(|who| told_late(&app, who)).collect() };
    app.at("2026-03-03T23:00:00+08:00");
    assert_eq!(pass_late(&app), 0, "not at night");
    app.at("2026-03-04T07:00:00+08:00");
    assert_eq!(pass_late(&app), 3, "review, family, plan");
    assert_eq!(late(), [0, 0, 1, 1, 0]);
    app.forward_minutes(10);
    assert_eq!(pass_late(&app), 3);
    assert_eq!(late(), [0, 0, 1, 1, 1]);
    app.forward_minutes(60);
    assert_eq!(pass_late(&app), 0);
}
