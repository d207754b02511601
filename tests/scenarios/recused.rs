//! A mediator who is not trusted.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::*;
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

fn chairs(team: &Value) -> Vec<String> {
    let list = team["data"].as_array().unwrap().iter();
    list.filter(|a| a["role"] == "chair" && a["to_at"].is_null())
        .map(|a| a["user_id"].as_str().unwrap().to_owned())
        .collect()
}

/// SC-06: the chair is a cousin of the applicant; he is out at once, replaced before the second
/// session, and the third ends in an agreement.
#[test]
fn sc_06_a_cousin_in_the_chair_is_replaced() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "池有田"),
        person("respondent", "池满仓")
    ]);
    let body = matter("forest_land", parties, &["林地界线"]);
    let old_story = Story::accepted(&app, "houshan", body);
    let seat = stories::appoint(&app, &old_story.told, "lindeshui", "chair");
    stories::tell_rights(&app, &old_story.told);
    let old = Story {
        chair: app.client("lindeshui"),
        chair_id: county::user("lindeshui").to_string(),
        ..Story::of(&app, old_story.told.clone())
    };
    let first = old.session_begins();
    old.session_ends(&first);
    // The second is planned and the parties are invited.
    let room = json!({"kind": "joint", "venue_kind": "room", "room_id": county::room(4),
        "planned_from": "2026-03-05T09:00:00+08:00", "planned_to": "2026-03-05T11:00:00+08:00"});
    let second = stories::id_of(&old.chair.do_(&old.path("/sessions"), room).ok());
    let on = |rest: &str| old.told.session_path(&second, rest);
    old.chair.do_(&on("notify"), json!({})).ok();

    // 池满仓 does not want him: no reason is weighed, he is out in the same act (G-09).
    let version = old.chair.current_version(&old.path(""));
    let ask = json!({"assignment_id": seat, "party_id": old.parties[1], "ground": "relative", "note": "是申请人的表兄弟"});
    let asked = old.desk.act(&old.path("/recusals"), version, ask);
    assert_eq!(asked.status, 201);
    let version = asked.version();
    let desk = &old.desk;
    let chairs_now = || chairs(&desk.get(&old.path("/assignments")).ok());
    assert!(chairs_now().is_empty());
    for (path, body) in [
        (on("open"), json!({"present": old.parties})),
        (on("cancel"), json!({"reason": "x"})),
        (on("postpone"), json!({"reason": "x"})),
        (on("minutes"), json!({"text": "x"})),
        (
            old.path("/agreements"),
            old.paper(json!({"obligations": []})),
        ),
        (
            old.path("/terminate"),
            json!({"reason": "other", "note": "x", "routes": ["civil_suit"], "served_at": app.now(), "service_proof": "x"}),
        ),
    ] {
        old.chair
            .act(&path, version, body)
            .problem(403, "forbidden");
    }
    old.chair
        .post(&old.path("/notes"), json!({"body": "x"}))
        .problem(403, "forbidden");
    old.chair.get(&old.path("")).problem(403, "forbidden");
    // Without a chair nobody opens the session, and he does not come back.
    let replace = old.path(&format!("/assignments/{seat}/replace"));
    let himself = json!({"user_id": county::user("lindeshui"), "waived_by": old.parties});
    let doc = desk
        .do_(&replace, himself)
        .blocked_by("mediator_not_eligible");
    assert_eq!(rule_of(&doc, "mediator_not_eligible"), "G-07");

    // Whoever takes the seat must be free on that morning.
    let elsewhere = stories::assigned_with(
        &app,
        "shanglong",
        stories::dispute("neighbour", "郑一", "郑二"),
    );
    let booked = json!({"kind": "joint", "venue_kind": "site", "venue": "上垅村",
        "planned_from": "2026-03-05T10:00:00+08:00", "planned_to": "2026-03-05T12:00:00+08:00"});
    let plan = app.client("chenyuee");
    let other = stories::id_of(&plan.do_(&elsewhere.path("sessions"), booked).ok());
    let her = json!({"user_id": county::user("chenyuee")});
    let doc = desk.do_(&replace, her.clone()).problem(409, "person_taken");
    let items = doc["blocked_by"][0]["items"].as_array().unwrap();
    assert_eq!(items[0], county::user("chenyuee").to_string());
    assert!(items[1].as_str().unwrap().starts_with("slot:"));
    assert!(chairs_now().is_empty(), "a refused seat leaves nothing");
    let gone = json!({"reason": "当事人改期"});
    plan.do_(&elsewhere.session_path(&other, "cancel"), gone)
        .ok();
    desk.do_(&replace, her).ok();
    assert_eq!(chairs_now(), [county::user("chenyuee").to_string()]);

    // Before the second session; the third ends it.
    let s = Story::of(&app, old.told.clone());
    app.at("2026-03-05");
    let present = json!({"present": [s.parties[0], s.parties[1], s.chair_id]});
    s.chair.do_(&on("open"), present).ok();
    s.session_ends(&second);
    app.at("2026-03-10");
    let third = s.session_begins();
    s.session_ends(&third);
    let paper = s.drafted(json!({"terms": "以山脊为界，各自埋设界石"}));
    s.effective(&paper, &[0, 1]);
    assert_eq!(s.state(), "agreed");

    // The trail tells the recusal; at no event were there two chairs.
    let page = s.desk.get(&s.path("/timeline?limit=200")).ok();
    let (mut now, mut recusals) = (0, Vec::new());
    for e in page["data"].as_array().unwrap() {
        match e["action"].as_str().unwrap() {
            "mediator_appointed" if e["event"]["role"] == "chair" => now += 1,
            "mediator_released" => now -= 1,
            "recusal_requested" => recusals.push(e["text"].as_str().unwrap().to_owned()),
            _ => {}
        }
        assert!((0..=1).contains(&now), "{e}");
    }
    assert_eq!(recusals, ["池满仓申请林德水回避"]);
}
