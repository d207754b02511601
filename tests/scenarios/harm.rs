//! Violence at home, harm to a child: what mediation must not do.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::*;
use crate::support::leaks::{access_log, exported, finds, never_told, readable};
use crate::support::mediation::*;
use crate::support::{Client, TestApp, stories};

const SHELTER: &str = "县救助站东楼二零六室";
const NEW_PHONE: &str = "13900000777";

/// The letters to an address.
fn letters_to(app: &TestApp, address: &str) -> Vec<String> {
    let head = |l: &&String| {
        let to = l.lines().find(|line| line.starts_with("To:"));
        to.is_some_and(|t| t.contains(address))
    };
    let all = app.letters();
    all.iter().filter(head).cloned().collect()
}

fn purposeful<'a>(app: &'a TestApp, who: &str) -> Client<'a> {
    app.client(who).with(
        "x-access-purpose",
        "%E8%81%94%E7%B3%BB%E5%BD%93%E4%BA%8B%E4%BA%BA",
    )
}

/// SC-23: she will not sit at a table with him, and he must not learn where she is.
#[test]
fn sc_23_she_is_not_made_to_face_him() {
    let app = TestApp::new();
    let mut parties = json!([person("applicant", "温莲"), person("respondent", "褚立")]);
    parties[0]["phone"] = json!("13900000123");
    parties[0]["address"] = json!("凤溪乡上垅村三组18号");
    parties[0]["email"] = json!("wenlian@yunling.example");
    parties[1]["email"] = json!("chuli@yunling.example");
    let s = Story::accepted(
        &app,
        "fengxi",
        matter("marriage_family", parties, &["财产分割", "暴力行为"]),
    );
    stories::team(&app, &s.told);

    // The recorder sees the bruises and flags it: her contacts are hidden at once.
    let flag = json!({"kind": "dv", "victim_party_id": s.parties[0]});
    let flag = app.client("hemeiling").post(&s.path("/flags"), flag).ok();
    let view = s.view();
    assert_eq!(
        (
            &view["risk"],
            &view["detail"]["dv"],
            &view["detail"]["confidentiality"]
        ),
        (&json!("orange"), &json!(true), &json!("l4"))
    );
    // She moves to the shelter. The desk writes it down blind; the women's federation comes with her.
    let record = s.path(&format!("/parties/{}", s.parties[0]));
    let moved = json!({"address": SHELTER, "phone": NEW_PHONE});
    let written = s.desk.patch(&record, moved).ok();
    assert_eq!(
        (&written["phone_masked"], &written["address_masked"]),
        (&Value::Null, &Value::Null)
    );
    let friend = json!({"kind": "support_person", "party_id": s.parties[0], "name": "温大姐", "organisation": "凤溪乡妇女联合会"});
    s.desk.do_(&s.path("/participants"), friend).ok();
    let neighbour = json!({"kind": "invited", "name": "褚大伯", "relation": "族老"});
    let doc = s
        .desk
        .do_(&s.path("/participants"), neighbour)
        .blocked_by("invitee_limited");
    assert_eq!(rule_of(&doc, "invitee_limited"), "G-11");

    // G-27: she refuses the joint session, and a second asking changes nothing.
    let now = app.now();
    let plan = |kind: &str, venue: &str, people: Value| {
        json!({"kind": kind, "venue_kind": "site", "venue": venue, "parties": people,
            "planned_from": now, "planned_to": now.plus_hours(1)})
    };
    let joint = stories::id_of(
        &s.chair
            .do_(
                &s.path("/sessions"),
                plan("joint", "乡综治中心", json!(s.parties)),
            )
            .ok(),
    );
    let on = |session: &str, rest: &str, body: Value| {
        s.chair.do_(&s.told.session_path(session, rest), body)
    };
    on(&joint, "notify", json!({})).ok();
    let mut both = s.parties.clone();
    both.push(s.chair_id.clone());
    let doc = on(&joint, "open", json!({"present": both})).blocked_by("dv_joint_refused");
    assert_eq!(rule_of(&doc, "dv_joint_refused"), "G-27");
    let no = json!({"party_id": s.parties[0], "given": false});
    on(&joint, "consent", no).ok();
    let yes = json!({"party_id": s.parties[1], "given": true});
    on(&joint, "consent", yes).ok();
    on(&joint, "open", json!({"present": both})).blocked_by("dv_joint_refused");
    on(&joint, "cancel", json!({"reason": "分别约谈"})).ok();

    // Nobody goes on or ends it without telling her of the protection order.
    let doc = s
        .terminate("irreconcilable", &["civil_suit"])
        .blocked_by("protection_info_missing");
    assert_eq!(rule_of(&doc, "protection_info_missing"), "G-27");
    let incident = s.path(&format!("/incidents/{}", stories::id_of(&flag)));
    let told = json!({"reported_to": ["police", "women_federation"], "reported_at": app.now(), "receipt_no": "告诫书〔2026〕3号",
        "measures": "出具告诫书，送县救助站临时庇护", "protection_order_told": true});
    s.desk.post(&format!("{incident}/report"), told).ok();
    // They are heard apart, each invited to its own place.
    let mine = plan("caucus", "妇联谈心室", json!([s.parties[0]]));
    let hers = stories::id_of(&s.chair.do_(&s.path("/sessions"), mine).ok());
    on(&hers, "notify", json!({})).ok();
    on(
        &hers,
        "open",
        json!({"present": [s.parties[0], s.chair_id]}),
    )
    .ok();
    let late = json!({"present": [s.parties[1]]});
    let answer = s
        .chair
        .post(&s.told.session_path(&hers, "attendance"), late);
    let doc = answer.blocked_by("dv_joint_refused");
    assert_eq!(
        rule_of(&doc, "dv_joint_refused"),
        "G-27",
        "he does not come in later either"
    );
    s.session_ends(&hers);
    app.forward_minutes(90);

    let routes = ["protection_order", "police", "civil_suit", "legal_aid"];
    let demand = s.path(&format!("/parties/{}/demand-termination", s.parties[0]));
    s.desk.do_(&demand, json!({"via": "in_person"})).ok();
    let ended = s.terminate("termination_demanded", &routes).ok();
    assert_eq!(
        ended["detail"]["termination"]["routes"]
            .as_array()
            .unwrap()
            .len(),
        4
    );
    let out = json!({"verb": "refer_out", "external_target": "云岭县人民法院", "route": "protection_order", "note": "申请人身安全保护令"});
    s.desk.do_(&s.path("/transfers"), out).ok();
    s.desk.do_(&s.path("/close"), json!({})).ok();

    // Where she is: the team reveals it, with a reason and on record; nobody else.
    let reveal = format!("{record}/reveal");
    let full = purposeful(&app, "chenyuee").post(&reveal, json!({})).ok();
    assert_eq!(
        (&full["address"], &full["phone"]),
        (&json!(SHELTER), &json!(format!("+86{NEW_PHONE}")))
    );
    for who in [
        "zhengguoxing",
        "huangzhiyuan",
        "zhanglixin",
        "zhouminghua",
        "caiwenbin",
        "shenji",
    ] {
        purposeful(&app, who)
            .post(&reveal, json!({}))
            .problem(403, "forbidden");
    }
    let known = [
        ("case_id", s.id.as_str()),
        ("party_id", &s.parties[0]),
        ("session_id", &hers),
    ];
    let paths = readable(&known, &[]);
    let words = [SHELTER, NEW_PHONE, "139****0777", "救助站东楼"];
    for who in county::logins().iter().map(|l| l.0) {
        let c = app.client(who);
        if who == "chenyuee" || who == "hemeiling" {
            never_told(&c, who, &paths, &words[..2]); // the team sees the masks
        } else {
            never_told(&c, who, &paths, &words);
        }
        assert!(!finds(&c, &s.id, "救助站"), "{who}");
        assert!(!finds(&c, &s.id, NEW_PHONE), "{who}");
    }
    // What he gets is his own: no word of where she is, nor of her meeting.
    app.deliver();
    let (to_her, to_him) = (
        letters_to(&app, "wenlian@yunling.example"),
        letters_to(&app, "chuli@yunling.example"),
    );
    assert!(!to_her.is_empty() && !to_him.is_empty());
    for letter in &to_him {
        for word in [SHELTER, NEW_PHONE, "妇联谈心室", "wenlian", hers.as_str()] {
            assert!(!letter.contains(word), "{word} in {letter}");
        }
    }
    let trail = exported(&app);
    for word in [SHELTER, NEW_PHONE] {
        assert!(!trail.contains(word));
        let places = app.db.columns_holding(word);
        assert!(
            places.iter().all(|p| p.starts_with("parties.")),
            "{places:?}"
        );
    }
}

/// SC-24: a grandmother and a mother quarrel over a child of six, who has bruises.
#[test]
fn sc_24_harm_to_a_child_is_reported_and_not_mediated() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "卓奶奶"),
        person("respondent", "毛小梅")
    ]);
    let mut body = matter("marriage_family", parties, &["抚养", "探望"]);
    body["summary"] = json!("祖母与母亲就毛毛（六岁）的抚养发生争议。");
    body["tags"] = json!(["minor"]);
    let s = Story::accepted(&app, "fengxi", body);
    stories::team(&app, &s.told);
    assert_eq!(s.view()["detail"]["confidentiality"], "l4", "a minor");
    let now = app.now();
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "乡里", "parties": s.parties,
        "planned_from": now, "planned_to": now.plus_hours(2)});
    let session = stories::id_of(&s.chair.do_(&s.path("/sessions"), plan).ok());
    let on = |rest: &str, body: Value| s.chair.do_(&s.told.session_path(&session, rest), body);
    on("notify", json!({})).ok();
    let recorder = county::user("hemeiling").to_string();
    let present = json!({"present": [s.parties[0], s.parties[1], s.chair_id, recorder]});
    on("open", present).ok();

    // The recorder sees it. Twenty minutes later three authorities know; fewer is not enough.
    let seen_at = app.now();
    app.forward_minutes(20);
    let raise = |to: &[&str]| {
        let report = json!({"reported_to": to, "reported_at": app.now(), "receipt_no": "凤公受〔2026〕44号"});
        let body = json!({"kind": "minor_harm", "found_at": seen_at,
            "measures": "陪同就医，照片已交派出所", "report": report});
        app.client("hemeiling").post(&s.path("/incidents"), body)
    };
    let doc = raise(&["police"]).blocked_by("minor_harm_not_reported");
    assert_eq!(rule_of(&doc, "minor_harm_not_reported"), "G-28");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!(["civil_affairs", "education"])
    );
    let made = raise(&["police", "civil_affairs", "education"]).ok();
    assert_eq!(made["report_overdue"], false, "within thirty minutes");
    let view = s.view();
    assert_eq!(
        (&view["risk"], &view["detail"]["confidentiality"]),
        (&json!("red"), &json!("l5"))
    );

    // The session is brought to its end and no other begins before there is a plan for safety.
    on("minutes", json!({"text": "会议因故提前结束。"})).ok();
    let unsigned = s.chair.get(&s.told.session_path(&session, "")).ok();
    for hand in unsigned["unsigned"].as_array().unwrap() {
        let hand = hand.as_str().unwrap();
        let body = match hand {
            "mediator" => continue,
            p if s.parties.iter().any(|x| x == p) => {
                json!({"signed_as": "party", "party_id": p})
            }
            u if u == recorder => json!({"signed_as": "recorder", "user_id": u}),
            u => json!({"signed_as": "mediator", "user_id": u}),
        };
        on("sign", body).ok();
    }
    on("close", json!({"result": "not_agreed"})).ok();
    let again = stories::id_of(
        &s.chair
            .do_(
                &s.path("/sessions"),
                json!({"kind": "joint", "venue_kind": "site", "venue": "乡里", "parties": s.parties,
                    "planned_from": app.now().plus_hours(3), "planned_to": app.now().plus_hours(4)}),
            )
            .ok(),
    );
    let open = json!({"present": [s.parties[0], s.parties[1], s.chair_id, recorder]});
    let doc = s
        .chair
        .do_(&s.told.session_path(&again, "open"), open)
        .blocked_by("safety_plan_missing");
    assert_eq!(rule_of(&doc, "safety_plan_missing"), "G-26");

    // The harm is no matter for an agreement, in whatever words.
    for change in [
        json!({}),
        json!({"minor_harm": true}),
        json!({"minor_harm": false, "terms": "打孩子一事双方谅解，不再追究"}),
    ] {
        let doc = s
            .chair
            .do_(&s.path("/agreements"), s.paper(change))
            .blocked_by("minor_harm_not_mediable");
        assert_eq!(rule_of(&doc, "minor_harm_not_mediable"), "G-28");
    }
    // Custody goes to the court.
    let issues = s.desk.get(&s.path("/issues")).ok();
    let custody = issues["data"][0]["id"].as_str().unwrap();
    let referred = json!({"state": "referred", "referred_to": "civil_suit"});
    s.desk
        .do_(&s.path(&format!("/issues/{custody}/state")), referred)
        .ok();
    let ended = s.terminate("crime_found", &["police", "civil_suit"]).ok();
    assert_eq!(ended["state"], "terminated");
    let out = json!({"verb": "refer_out", "external_target": "云岭县人民法院", "route": "civil_suit", "note": "抚养问题起诉"});
    s.desk.do_(&s.path("/transfers"), out).ok();

    // Who reported it is known to nobody but herself: not in the incident, not in the timeline.
    let her = app.client("hemeiling").get(&s.path("/incidents")).ok();
    assert_eq!(her["data"][0]["raised_by_me"], true);
    for who in [
        "zhengguoxing",
        "chenyuee",
        "huangzhiyuan",
        "zhanglixin",
        "zhouminghua",
    ] {
        let c = app.client(who);
        let list = c.get(&s.path("/incidents")).ok();
        assert_eq!(list["data"][0]["raised_by_me"], false, "{who}");
        assert!(!list.to_string().contains(&recorder), "{who}: {list}");
        let page = c.get(&s.path("/timeline?limit=200")).ok();
        for e in page["data"].as_array().unwrap() {
            let action = e["action"].as_str().unwrap();
            if ["flag_raised", "risk_changed", "incident_recorded"].contains(&action) {
                assert_eq!(
                    (&e["actor"], &e["actor_id"]),
                    (&Value::Null, &Value::Null),
                    "{who}: {e}"
                );
            }
        }
        // What was done is for those who deal with the case.
        let masked = who == "zhanglixin" || who == "zhouminghua";
        assert_eq!(
            list["data"][0]["measures"].is_null(),
            masked,
            "{who}: {list}"
        );
    }
    for who in ["tangqiaoyun", "yufaguan", "ganhukou"] {
        app.client(who)
            .get(&s.path("/incidents"))
            .problem(404, "not_found");
    }
    // L5: every look is on record, with who looked.
    for who in ["zhengguoxing", "chenyuee", "zhouminghua"] {
        let case = format!("case/{}", s.id);
        let incident = format!("incident/{}", stories::id_of(&made));
        for (path, object) in [("", &case), ("/parties", &case), ("/incidents", &incident)] {
            let before = access_log(&app, object).len();
            app.client(who).get(&s.path(path)).ok();
            let after = access_log(&app, object).len();
            assert_eq!(after - before, 1, "{who} {path}");
        }
    }
    app.deliver();
    for letter in app.letters() {
        assert!(
            !letter.contains("毛毛") && !letter.contains("伤"),
            "{letter}"
        );
    }
}
