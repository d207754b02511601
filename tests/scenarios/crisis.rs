//! A person in a crisis while mediation is under way.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::*;
use crate::support::leaks::{access_log, exported, finds, never_told, readable};
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

const NOTE: &str = "短信称今晚去跳水库";
const FINDING: &str = "有明确计划与药物";
const SECRETS: &[&str] = &[
    NOTE,
    FINDING,
    "threat_now",
    "plan_and_means",
    "emergency_call",
    "\"t4\"",
    "\"t1\"",
    "县医院心理科",
    "翠110-0310-07",
];

fn limit(s: &Story<'_>) -> Value {
    let clocks = s.desk.get(&s.path("/clocks")).ok();
    let list = clocks["data"].as_array().unwrap();
    let limit = list.iter().find(|c| c["policy"] == "med_general");
    limit.unwrap().clone()
}

/// SC-08: during the second session he writes that he will kill himself.
#[test]
fn sc_08_a_crisis_stops_mediation_until_two_have_reviewed() {
    let app = TestApp::new();
    let mut parties = json!([
        person("applicant", "田秀云"),
        person("respondent", "卢志刚")
    ]);
    parties[0]["email"] = json!("tianxiuyun@yunling.example");
    parties[1]["email"] = json!("luzhigang@yunling.example");
    let body = matter("marriage_family", parties, &["离婚财产"]);
    let s = Story::in_mediation(&app, "cuihu", body);
    let (lead, officer) = (app.client("suxiaolan"), app.client("gaoyuanhang"));
    assert_eq!(limit(&s)["last_day"], "2026-04-02", "a month from 2 March");
    // Who handles crises sees no case that has none.
    lead.get(&s.path("")).problem(404, "not_found");
    assert_eq!(s.view()["detail"]["psych_support"]["in_progress"], false);

    app.at("2026-03-10T10:00:00+08:00");
    let session = s.session_begins();
    app.forward_minutes(40);
    let raised = app.now();
    let body = json!({"tier": "t3", "signs": ["threat_now", "plan_and_means"], "party_id": s.parties[1], "note": NOTE});
    let receipt = s.chair.post(&s.path("/crises"), body).ok();
    let crisis = s.path(&format!("/crises/{}", stories::id_of(&receipt)));
    // The signs make it T4, and the answer says what to do.
    let scene: Vec<&str> = receipt["guidance"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|g| g["on_scene"] == true)
        .map(|g| g["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        scene,
        [
            "emergency_call",
            "stay_with_person",
            "clear_room",
            "county_duty_told"
        ]
    );

    // G-29: suspended in the same commit; the clock stands still.
    assert_eq!(s.state(), "suspended");
    assert_eq!(s.view()["risk"], "red");
    assert_eq!(s.view()["detail"]["suspension"]["reason"], "crisis");
    assert_eq!(limit(&s)["state"], "paused");
    let refused = s
        .desk
        .do_(&s.path("/resume"), json!({}))
        .blocked_by("support_first");
    assert_eq!(rule_of(&refused, "support_first"), "G-29");

    // 110 and 120 in six minutes, from the room itself; the desk takes it over.
    app.forward_minutes(6);
    let call = json!({"step": "emergency_call", "done_at": app.now(), "receipt_no": "翠110-0310-07", "officer": "王警官"});
    let answer = s.chair.post(&format!("{crisis}/steps"), call).ok();
    assert_eq!(answer["guidance"], json!([]), "recorded, and nothing told");
    for step in ["stay_with_person", "clear_room", "county_duty_told"] {
        let done = json!({"step": step, "done_at": app.now()});
        s.chair.post(&format!("{crisis}/steps"), done).ok();
    }
    s.desk
        .post(&format!("{crisis}/acknowledge"), json!({}))
        .ok();
    s.desk
        .post(&format!("{crisis}/acknowledge"), json!({}))
        .blocked_by("already_done");

    // The psychological lead sees it all; mediators and desk see that there is support.
    app.forward_minutes(14);
    let queue = lead.get("/crises").ok();
    assert_eq!(queue["data"][0]["tier"], "t4");
    let full = lead.get(&crisis).ok();
    assert_eq!(full["timeline"][0]["text"], NOTE);
    let step = |v: &Value, code: &str| -> Value {
        let list = v["steps"].as_array().unwrap();
        list.iter().find(|s| s["step"] == code).unwrap().clone()
    };
    let called = step(&full, "emergency_call");
    assert_eq!(called["due_at"], json!(raised.plus_minutes(10)));
    assert_eq!(
        (&called["done_at"], &called["late"]),
        (&json!(raised.plus_minutes(6)), &json!(false))
    );
    assert_eq!(
        step(&full, "psych_review")["due_at"],
        json!(raised.plus_hours(1))
    );
    let assessed = json!({"tier": "t4", "assessment": FINDING, "contact": "县心理服务中心苏晓岚 0593-0000000",
        "safety_instruction": "恢复前不得通知双方到场"});
    let full = lead.do_(&format!("{crisis}/assess"), assessed).ok();
    assert_eq!(full["state"], "emergency");
    assert!(step(&full, "psych_review")["done_at"].is_string());
    let informed = json!({"step": "family_informed", "done_at": app.now(), "note": "告知其姐"});
    lead.post(&format!("{crisis}/steps"), informed).ok();
    app.forward_minutes(60);
    let hospital = json!({"to": "hospital", "receiver": "县医院心理科", "at": app.now(), "receipt_no": "转2026-118"});
    let counsellor = json!({"to": "counsellor", "receiver": "心理驿站", "at": app.now()});
    officer
        .do_(&format!("{crisis}/hand-over"), counsellor)
        .blocked_by("hand_over_unfit");
    let full = officer.do_(&format!("{crisis}/hand-over"), hospital).ok();
    assert_eq!(full["state"], "handed_over");
    assert_eq!(
        step(&full, "hospital_referral")["late"],
        false,
        "the same day"
    );

    // The incident: reported to the police in time, known to those who handle the crisis alone.
    let incidents = lead.get(&s.path("/incidents")).ok();
    let incident = &incidents["data"][0];
    assert_eq!(incident["kind"], "risk_red");
    assert_eq!(incident["reported_to"], json!(["police"]));
    assert_eq!(incident["receipt_no"], "翠110-0310-07");
    assert_eq!(incident["report_overdue"], false, "well within two hours");
    assert_eq!(s.chair.get(&s.path("/incidents")).ok()["data"], json!([]));
    let policies = |c: &crate::support::Client<'_>| -> Vec<String> {
        let list = c.get(&s.path("/clocks")).ok();
        let list = list["data"].as_array().unwrap().clone();
        list.iter()
            .map(|c| c["policy"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(policies(&lead).contains(&"report_police".to_owned()));
    assert!(!policies(&s.chair).contains(&"report_police".to_owned()));

    // What was said in the session is written down although the case stands still.
    s.session_ends(&session);
    let path = s.path("/sessions");
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村部",
        "planned_from": app.now(), "planned_to": app.now().plus_hours(1)});
    s.chair.do_(&path, plan).problem(409, "illegal_transition");

    // Nobody else learns more than the flag, by whatever they read; the mails say nothing at all.
    let flag = json!({"in_progress": true, "crisis_id": receipt["id"], "contact": "县心理服务中心苏晓岚 0593-0000000",
        "safety_instruction": "恢复前不得通知双方到场"});
    for c in [&s.chair, &s.desk] {
        let case = c.get(&s.path("")).ok();
        assert_eq!(case["detail"]["psych_support"], flag);
        for path in [crisis.as_str(), "/crises", &s.path("/crises")] {
            c.get(path).problem(403, "forbidden");
        }
    }
    let id = stories::id_of(&receipt);
    let known = [
        ("case_id", s.id.as_str()),
        ("crisis_id", &id),
        ("session_id", &session),
    ];
    let general = [
        "list_crisis_tiers",
        "list_code_lists",
        "list_clock_policies",
    ];
    let paths = readable(&known, &general);
    let paths: Vec<String> = paths
        .into_iter()
        .filter(|p| {
            !p.contains("code-lists") && !p.contains("clock-policies") && !p.contains("openapi")
        })
        .collect();
    for who in [
        "chenyuee",
        "tangqiaoyun",
        "zhanglixin",
        "zhouminghua",
        "shenji",
    ] {
        let read = never_told(&app.client(who), who, &paths, SECRETS);
        assert!(read > 3, "{who} read {read}");
    }
    for words in ["跳水库", "明确计划"] {
        assert!(!finds(&s.desk, &s.id, words) && !finds(&lead, &s.id, words));
    }
    assert!(!exported(&app).contains(NOTE) && !exported(&app).contains(FINDING));
    app.deliver();
    let letters = app.letters();
    assert!(
        letters
            .iter()
            .any(|l| l.contains("suxiaolan@yunling.example"))
    );
    assert!(
        letters
            .iter()
            .any(|l| l.contains("tangqiaoyun@yunling.example"))
    );
    for letter in &letters {
        for word in ["危机", "自杀", "心理", "水库", "医院", "T4", "卢志刚", "警"] {
            assert!(!letter.contains(word), "{word} in {letter}");
        }
    }

    // Thirty-four days. He is stable; one person alone lowers nothing, and no mediator any.
    app.at("2026-04-10T10:00:00+08:00");
    let low = json!({"tier": "t1", "assessment": "稳定"});
    lead.do_(&format!("{crisis}/assess"), low.clone())
        .blocked_by("two_persons_needed");
    let stable = json!({"assessment": "出院两周，情绪平稳"});
    lead.do_(&format!("{crisis}/stable"), stable).ok();
    let review = json!({"tier": "t1", "assessment": "无计划无意图，家人陪护", "safety_instruction": "会面须有心理咨询师在场，分开到离"});
    let still = json!({"tier": "t3", "assessment": "x"});
    lead.do_(&format!("{crisis}/review"), still)
        .problem(422, "invalid");
    let done = lead.do_(&format!("{crisis}/review"), review).ok();
    assert_eq!(
        (&done["tier"], &done["state"]),
        (&json!("t4"), &json!("stable"))
    );
    let agree = json!({"agree": true, "assessment": "同意降为T1"});
    let confirm = format!("{crisis}/confirm-review");
    let doc = lead.do_(&confirm, agree.clone()).blocked_by("same_person");
    assert_eq!(rule_of(&doc, "same_person"), "G-29");
    s.chair
        .do_(&confirm, agree.clone())
        .problem(403, "forbidden");
    s.desk
        .do_(&s.path("/resume"), json!({}))
        .blocked_by("support_first");
    app.at("2026-04-13T10:40:00+08:00");
    let done = officer.do_(&confirm, agree).ok();
    assert_eq!(
        (&done["tier"], &done["state"]),
        (&json!("t1"), &json!("reviewed"))
    );
    assert_eq!(
        done["review"]["second_by"],
        json!(county::user("gaoyuanhang"))
    );
    assert_eq!(done["holds_mediation"], false);

    // Resumed: the limit has moved by the thirty-four days it stood still.
    s.desk.do_(&s.path("/resume"), json!({})).ok();
    assert_eq!(s.state(), "in_mediation");
    let clock = limit(&s);
    assert_eq!(
        (&clock["state"], &clock["last_day"], &clock["due_at"]),
        (
            &json!("running"),
            &json!("2026-05-06"),
            &local("2026-05-07T00:00:00+08:00")
        )
    );

    // The third session, a psychologist beside them.
    let guest = json!({"kind": "expert", "name": "吴秀琴", "organisation": "县心理服务中心", "relation": "心理咨询师"});
    let guest = stories::id_of(&s.desk.do_(&s.path("/participants"), guest).ok());
    for party in &s.parties {
        let word = json!({"party_id": party, "given": true});
        s.desk
            .do_(&s.path(&format!("/participants/{guest}/consents")), word)
            .ok();
    }
    let now = app.now();
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村委会", "parties": s.parties, "participants": [guest],
        "planned_from": now, "planned_to": now.plus_hours(2)});
    let third = stories::id_of(&s.chair.do_(&s.path("/sessions"), plan).ok());
    let act = |act: &str, body: Value| {
        s.chair
            .do_(&s.path(&format!("/sessions/{third}/{act}")), body)
    };
    act("notify", json!({})).ok();
    let mut present = s.parties.clone();
    present.extend([s.chair_id.clone(), guest.clone()]);
    act("open", json!({"present": present})).ok();
    let drawn = act("minutes", json!({"text": "双方就财产分割达成一致。"})).ok();
    for hand in drawn["unsigned"].as_array().unwrap() {
        let body = match hand.as_str().unwrap() {
            "mediator" => continue,
            party if s.parties.iter().any(|p| p == party) => {
                json!({"signed_as": "party", "party_id": party})
            }
            other if other == guest => json!({"signed_as": "participant", "participant_id": guest}),
            user => json!({"signed_as": "mediator", "user_id": user}),
        };
        act("sign", body).ok();
    }
    act(
        "close",
        json!({"result": "agreed", "single_staff_reason": "心理咨询师在场"}),
    )
    .ok();
    let paper = s.drafted(json!({"terms": "共同财产各半，存款八万元归田秀云", "obligations": []}));
    s.effective(&paper, &[0, 1]);
    assert!(["agreed", "performing", "fulfilled"].contains(&s.state().as_str()));

    // A mediator does not close it; who handles it does when all is done.
    let end = json!({"assessment": "复评无风险"});
    let close = format!("{crisis}/close");
    s.chair.do_(&close, end.clone()).problem(403, "forbidden");
    s.desk.do_(&close, end.clone()).problem(403, "forbidden");
    lead.do_(&close, end.clone()).blocked_by("steps_open");
    for step in ["safety_talk", "hotline_card"] {
        let done = json!({"step": step, "done_at": app.now()});
        lead.post(&format!("{crisis}/steps"), done).ok();
    }
    let closed = lead.do_(&close, end).ok();
    assert_eq!(closed["state"], "closed");
    assert_eq!(s.view()["detail"]["psych_support"]["in_progress"], false);
    let incidents = lead.get(&s.path("/incidents")).ok();
    assert!(incidents["data"][0]["closed_at"].is_string());

    // Its timeline is written once: no edit of the database goes through, and every entry stands
    // in the trail of the case by its digest.
    let full = lead.get(&crisis).ok();
    let trail = exported(&app);
    for entry in full["timeline"].as_array().unwrap() {
        assert!(trail.contains(entry["sha256"].as_str().unwrap()), "{entry}");
    }
    for sql in [
        "UPDATE crisis_events SET text = 'x'",
        "DELETE FROM crisis_events",
    ] {
        let refusal = app.db.try_sql(sql).unwrap_err();
        assert!(refusal.contains("append only"), "{refusal}");
    }
    assert!(
        !access_log(&app, &format!("crisis/{id}")).is_empty(),
        "every read is recorded"
    );
    let told = told(&s);
    assert!(told.contains(&"support_recorded".to_owned()));
}
