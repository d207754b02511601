//! Many people: resettled households between three levels, sixty villagers over one map.

use std::time::{Duration, Instant as Watch};

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::*;
use crate::support::mediation::*;
use crate::support::moves::unit;
use crate::support::{Client, TestApp, stories};

/// A different name for each of a hundred.
fn name(n: usize) -> String {
    const DIGITS: [char; 10] = ['天', '地', '元', '黄', '宇', '宙', '洪', '荒', '日', '月'];
    [DIGITS[n / 10 % 10], DIGITS[n % 10]].iter().collect()
}

/// Members of the first side, of one family name.
pub(super) fn members(count: usize, family: &str) -> Vec<Value> {
    let one = |n: usize| {
        json!({"role": "represented", "side": 1, "kind": "natural_person", "name": format!("{family}{}", name(n)),
            "phone": format!("139000{:05}", 1000 + n), "birth_date": "1960-05-06"})
    };
    (0..count).map(one).collect()
}

pub(super) fn organisation(kind: &str, name: &str) -> Value {
    json!({"role": "respondent", "kind": kind, "name": name, "uscc": "91350100M000100Y43"})
}

#[track_caller]
fn elect(s: &Story<'_>, nth: usize) -> crate::support::client::Answer {
    let yes = json!({"elected": true, "mandate_signed": true});
    s.desk.do_(&s.told.party_path(nth, "representative"), yes)
}

fn queue(c: &Client<'_>, query: &str) -> Vec<Value> {
    let page = c.get(&format!("/transfers{query}")).ok();
    page["data"].as_array().unwrap().clone()
}

/// SC-14: 31 resettled households with cracked houses. Custody is one unit's at every moment and
/// moves on acceptance alone; the county whistles, confers, supervises and mediates.
#[test]
fn sc_14_households_go_up_to_the_county() {
    let app = TestApp::new();
    let mut parties = members(31, "许");
    parties.push(organisation("unincorporated_org", "翠湖镇人民政府"));
    parties.push(organisation("legal_person", "云岭库区开发有限公司"));
    let body = json!({"type": "expropriation", "source": "application", "channel": "village_station",
        "summary": "库区移民后期扶持与安置房裂缝。", "tags": ["resettler", "group"], "people_affected": 112,
        "parties": parties, "issues": [{"text": "后期扶持资金"}, {"text": "安置房裂缝"}]});
    let s = Story::registered(&app, "yimin", body);
    let (village, desk, centre) = (
        app.client("xuyimin"),
        app.client("tangqiaoyun"),
        app.client("zhanglixin"),
    );
    let case = s.view();
    assert_eq!(
        (&case["difficulty"], &case["detail"]["people_affected"]),
        (&json!("major"), &json!(112))
    );
    // Land is at issue: the notice is given by hand (G-48).
    s.desk.do_(&s.path("/land-notice"), json!({})).ok();

    // The village cannot settle it. It does not go over its township's head.
    let transfers = s.path("/transfers");
    let up = |key: &str| {
        json!({"verb": "escalate", "to": unit(key), "reasons": ["es3_group", "es6_needs_department"],
            "handling_so_far": "入户走访三十一户，裂缝需住建部门鉴定", "no_materials": "鉴定材料待部门出具"})
    };
    let bare = json!({"verb": "escalate", "to": unit("cuihu")});
    let doc = village.do_(&transfers, bare).blocked_by("reason_missing");
    for code in ["reason_missing", "handling_missing", "materials_missing"] {
        assert_eq!(rule_of(&doc, code), "G-34");
    }
    let doc = village
        .do_(&transfers, up("county"))
        .blocked_by("level_skipped");
    assert_eq!(doc["rule"], "G-34");
    held_by(&s, "yimin");
    let first = village.do_(&transfers, up("cuihu")).ok();
    let view = s.view();
    assert_eq!(
        (&view["transfer_pending"], &view["state"]),
        (&json!(true), &json!("registered"))
    );
    held_by(&s, "yimin");

    // It waits in the township's queue with what is needed to choose, and in nobody else's.
    let seen = queue(&desk, "?reason=es3_group&state=submitted");
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (&seen[0]["case"]["id"], &seen[0]["case"]["difficulty"]),
        (&json!(s.id), &json!("major"))
    );
    assert_eq!(queue(&app.client("zhengguoxing"), ""), Vec::<Value>::new());
    let decide = |c: &Client<'_>, t: &Value, verb: &str, body: Value| {
        let id = t["id"].as_str().unwrap();
        c.do_(&s.path(&format!("/transfers/{id}/{verb}")), body)
    };
    // Nobody accepts for the township: not the sender, not the county, not another township.
    decide(&village, &first, "accept", json!({})).blocked_by("not_receiver");
    decide(&centre, &first, "accept", json!({})).problem(403, "forbidden");
    decide(&app.client("zhengguoxing"), &first, "accept", json!({})).problem(404, "not_found");
    // The first time papers are missing: back with what is missing, told to the village.
    let defects = json!({"defects": ["rt2_materials_incomplete"], "text": "附三十一户名册"});
    decide(&desk, &first, "return", defects).ok();
    held_by(&s, "yimin");
    // Sent again, and left lying: it turns overdue, and nobody but the township accepts it.
    let second = village.do_(&transfers, up("cuihu")).ok();
    app.forward_days(4);
    assert_eq!(
        queue(&desk, "?older_than_days=3&state=submitted")[0]["overdue"],
        true
    );
    s.marked_overdue();
    held_by(&s, "yimin");
    decide(&desk, &second, "accept", json!({})).ok();
    held_by(&s, "cuihu");

    // The village reads on, and acts no more.
    assert_eq!(village.get(&s.path("")).ok()["holder_id"], unit("cuihu"));
    village
        .do_(&transfers, up("cuihu"))
        .problem(403, "forbidden");
    village
        .do_(&s.path("/screen"), stories::screening())
        .problem(403, "forbidden");

    let third = desk.do_(&transfers, up("county")).ok();
    held_by(&s, "cuihu");
    // The county decides by its reasons; who watches over it sees no name of a household.
    let waiting = format!("?state=submitted&township={}", unit("cuihu"));
    for (who, named) in [("zhanglixin", true), ("zhouminghua", false)] {
        let seen = queue(&app.client(who), &waiting);
        assert_eq!(seen.len(), 1, "{who}");
        assert_eq!(
            seen[0]["reasons"],
            json!(["es3_group", "es6_needs_department"])
        );
        let name = format!("许{}", name(0));
        assert_eq!(seen[0].to_string().contains(&name), named, "{who}");
    }
    decide(&centre, &third, "accept", json!({"note": "县中心牵头"})).ok();
    held_by(&s, "county");
    desk.do_(&transfers, up("county")).problem(403, "forbidden");
    let view = centre.get(&s.path("")).ok();
    assert_eq!(
        (&view["transfer_pending"], &view["holder_id"]),
        (&json!(false), &json!(unit("county")))
    );
    assert_eq!(
        view["state"], "registered",
        "escalation moves the holder, not the state"
    );
    let units: Vec<Value> = centre.get(&s.path("/custody")).ok()["held"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| json!([h["org_id"], h["days"], h["now_holding"]]))
        .collect();
    assert_eq!(
        units,
        [
            json!([unit("yimin"), 4, false]),
            json!([unit("cuihu"), 0, false]),
            json!([unit("county"), 0, true])
        ]
    );
    let states: Vec<Value> = centre.get(&transfers).ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["state"].clone())
        .collect();
    assert_eq!(states, ["returned", "accepted", "accepted"]);
    assert!(queue(&centre, "?state=submitted").is_empty());

    let told = stories::Story {
        place: stories::place("county"),
        ..s.told.clone()
    };
    let s = Story::of(&app, told);
    super::called::the_county_has_it(&s);
}

/// A session on the spot of those people and the chair, recorded, signed and closed.
#[track_caller]
fn on_the_spot(s: &Story<'_>, people: &[String], result: &str) {
    let chair = s.app.client("lindeshui");
    let now = s.app.now();
    let plan = json!({"kind": "on_site", "venue_kind": "site", "venue": "苏坂村晒谷场", "parties": people,
        "planned_from": now, "planned_to": now.plus_hours(2)});
    let session = stories::id_of(&chair.do_(&s.path("/sessions"), plan).ok());
    let act = |rest: &str, body: Value| chair.do_(&s.told.session_path(&session, rest), body).ok();
    act("notify", json!({}));
    let mut present = people.to_vec();
    present.push(county::user("lindeshui").to_string());
    act("open", json!({"present": present}));
    let drawn = act("minutes", json!({"text": "现场指界，对照一九八七年图册。"}));
    for hand in drawn["unsigned"].as_array().unwrap() {
        let hand = hand.as_str().unwrap();
        let body = match hand {
            "mediator" => continue,
            p if people.iter().any(|x| x == p) => json!({"signed_as": "party", "party_id": p}),
            user => json!({"signed_as": "mediator", "user_id": user}),
        };
        act("sign", body);
    }
    act(
        "close",
        json!({"result": result, "single_staff_reason": "现场只有一名调解员"}),
    );
}

/// SC-17: sixty villagers, five who speak for them, fifty-two who agree and eight who do not.
#[test]
fn sc_17_fifty_two_agree_and_eight_do_not() {
    let app = TestApp::new();
    let mut parties = members(60, "吴");
    parties.push(organisation("villagers_committee", "苏坂村村民委员会"));
    parties.push(organisation("village_collective", "苏坂村股份经济合作社"));
    let body = json!({"type": "house_homestead", "source": "ex_officio", "channel": "council",
        "summary": "1987 年界址与两次规划变更，六十户宅基地。", "tags": ["group", "historical"], "people_affected": 62,
        "parties": parties, "issues": [{"text": "界址"}]});
    let s = Story::screened(&app, "fengxi", body);
    let case = s.view();
    assert_eq!(case["difficulty"], "major");
    assert_eq!(case["detail"]["people_affected"], 62);

    // One screen: sixty-two people on one page, at once.
    let watch = Watch::now();
    let page = s.desk.get(&s.path("/parties"));
    let took = watch.elapsed();
    assert!(took < Duration::from_millis(500), "{took:?}");
    let roster = page.ok();
    assert_eq!(roster["data"].as_array().unwrap().len(), 62);
    assert_eq!(
        (
            &roster["sides"][0]["parties"],
            &roster["sides"][1]["parties"]
        ),
        (&json!(60), &json!(2))
    );

    // G-15: one to five representatives with a signed mandate; without them nothing begins.
    let doc = s
        .desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .blocked_by("representatives_missing");
    assert_eq!(rule_of(&doc, "representatives_missing"), "G-15");
    for nth in 0..5 {
        elect(&s, nth).ok();
    }
    let doc = elect(&s, 5).problem(409, "too_many_representatives");
    assert_eq!(doc["rule"], "G-15");
    stories::all_consent(&app, &s.told);
    s.desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .ok();
    assert!(
        s.view()["detail"]["land_notice_at"].is_string(),
        "land stays as it is (G-48)"
    );

    // The shopkeeper meets them once in the township, then the county takes it.
    stories::appoint(&app, &s.told, "lindeshui", "chair");
    stories::tell_rights(&app, &s.told);
    let mut speakers: Vec<String> = s.parties[..5].to_vec();
    speakers.extend_from_slice(&s.parties[60..]);
    on_the_spot(&s, &speakers, "continue");
    let up = json!({"verb": "escalate", "to": unit("county"), "reasons": ["es3_group"],
        "handling_so_far": "现场调解一次，需查一九八七年档案", "no_materials": "档案在县档案馆"});
    let sent = s.desk.do_(&s.path("/transfers"), up).ok();
    held_by(&s, "fengxi");
    let centre = app.client("zhanglixin");
    let accept = format!("/transfers/{}/accept", stories::id_of(&sent));
    centre.do_(&s.path(&accept), json!({})).ok();
    held_by(&s, "county");
    for _ in 0..2 {
        app.forward_days(5);
        on_the_spot(&s, &speakers, "continue");
    }
    // The villagers' meeting on the site plan is a paper of the dossier (村民委员会组织法 第二十四条).
    let paper =
        json!({"kind": "document", "doc_type": "minutes", "title": "村民会议关于规划平面图的决议"});
    app.client("lindeshui")
        .post(&s.path("/attachments"), paper)
        .ok();

    // Each member speaks for itself: forty-seven authorise, eight do not. With the five that is 52.
    let say = |nth: usize, auth: &str| {
        let body = json!({"auth": auth, "via": "fingerprint"});
        centre.do_(&s.told.party_path(nth, "settle-authority"), body)
    };
    for nth in 5..52 {
        say(nth, "yes").ok();
    }
    for nth in 52..60 {
        say(nth, "no").ok();
    }
    let side = centre.get(&s.path("/parties")).ok()["sides"][0].clone();
    assert_eq!(
        json!([side["represented"], side["authorised"]]),
        json!([55, 47])
    );

    // The paper names whom it does not bind, and cannot be signed for them.
    let chair = Story {
        chair: app.client("lindeshui"),
        ..Story::of(&app, s.told.clone())
    };
    let issues = centre.get(&s.path("/issues")).ok();
    let issue = issues["data"][0]["id"].clone();
    let agreement = chair.drafted(
        json!({"terms": "五十二户按一九八七年图册和村民会议决议确定界址", "issues": [issue]}),
    );
    let doc = chair
        .on(&agreement, "start-signing", json!({}))
        .blocked_by("member_not_authorised");
    assert_eq!(rule_of(&doc, "member_not_authorised"), "G-15");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!(s.parties[52..60].to_vec())
    );
    chair
        .on(
            &agreement,
            "start-signing",
            json!({"leave_out_unauthorised": true}),
        )
        .ok();
    for nth in (0..5).chain(60..62) {
        chair.party_signs(&agreement, nth);
    }
    let doc = chair.on(
        &agreement,
        "sign",
        json!({"signed_as": "party", "party_id": s.parties[52],
        "method": "fingerprint", "signed_at": app.now()}),
    );
    assert!(doc.status == 409 || doc.status == 422, "{}", doc.text);
    chair.chair_signs(&agreement);
    let sealed = chair
        .on(&agreement, "seal", json!({"sealed_at": app.now()}))
        .ok();
    assert_eq!(
        (&sealed["state"], &sealed["partial"], &sealed["case_state"]),
        (&json!("effective"), &json!(true), &json!("in_mediation"))
    );
    let bound = sealed["parties"].as_array().unwrap();
    assert_eq!(bound.len(), 54, "fifty-two households and the two bodies");
    for nth in 52..60 {
        assert!(
            !bound.contains(&json!(s.parties[nth])),
            "{nth} is not bound"
        );
    }

    // The eight go to the government; the case ends for them alone.
    let state = s.path(&format!("/issues/{}/state", issue.as_str().unwrap()));
    let referred = json!({"state": "referred", "referred_to": "gov_land_decision"});
    centre.do_(&state, referred).ok();
    let mut end = chair.service(&["gov_land_decision"]);
    end["reason"] = json!("irreconcilable");
    let ended = centre.do_(&s.path("/terminate"), end).ok();
    assert_eq!(ended["detail"]["termination"]["partial"], true);
    assert_eq!(
        ended["detail"]["termination"]["routes"][0]["route"],
        "gov_land_decision"
    );
    // The centre handled it for the township: the parties hear what came of it first (section 4.2).
    let doc = centre
        .do_(&s.path("/close"), json!({}))
        .blocked_by("feedback_missing");
    assert_eq!(rule_of(&doc, "feedback_missing"), "G-44");
    let told = json!({"text": "五十二户已定界，八户由政府处理。", "given_at": app.now()});
    centre.do_(&s.path("/feedback"), told).ok();
    let closed = centre.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_success", "partial"));
    // For the return: 涉及当事人数.
    assert_eq!(closed["detail"]["people_affected"], 62);
    held_by(&s, "county");
}
