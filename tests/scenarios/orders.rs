//! Departments and leaders beside the mediators: two townships over one forest, a price by formula,
//! a pig farm.

use jieyou::cli::demo::county;
use serde_json::{Value, json};

use super::called::group_in_mediation;
use super::crowds::{members, organisation};
use super::*;
use crate::support::client::Answer;
use crate::support::mediation::*;
use crate::support::moves::unit;
use crate::support::{Client, TestApp, stories};

/// Declares a paper and stores a picture for it; gives its id.
#[track_caller]
fn pictured(c: &Client<'_>, s: &Story<'_>, doc_type: &str) -> String {
    let body = json!({"kind": "document", "doc_type": doc_type, "title": "现场照片", "filename": "现场.jpg"});
    let id = stories::id_of(&c.post(&s.path("/attachments"), body).ok());
    let put = format!("/api/v1{}", s.path(&format!("/attachments/{id}/file")));
    let jpeg = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01 a picture";
    c.raw("PUT", &put, &[], jpeg.to_vec()).ok();
    id
}

/// SC-34: 石塘 and 梨坪 mediate one forest border jointly, 石塘 leads; their leaders are in charge;
/// one unit holds, two help; the villager groups' meetings approve.
#[test]
fn sc_34_two_townships_over_one_forest() {
    let app = TestApp::new();
    let group = |role: &str, name: &str| json!({"role": role, "kind": "villager_group", "name": name, "phone": "13900000034"});
    let parties = json!([
        group("applicant", "石塘镇后山村第二村民小组"),
        group("respondent", "梨坪乡竹坑村第一村民小组")
    ]);
    let s = Story::accepted(&app, "shitang", matter("forest_land", parties, &["林界"]));
    assert!(s.view()["detail"]["land_notice_at"].is_string());
    let (watch, lead, other) = (
        app.client("zhouminghua"),
        app.client("maoguodong"),
        app.client("lengxiaofeng"),
    );
    // The leaders of both townships are in charge; the other one sees the case by it alone.
    other.get(&s.path("")).problem(404, "not_found");
    let mut charges = Vec::new();
    for (who, key) in [("maoguodong", "shitang"), ("lengxiaofeng", "liping")] {
        let body =
            json!({"user_id": county::user(who), "org_id": unit(key), "reason": "跨乡镇林界"});
        charges.push(stories::id_of(&watch.post(&s.path("/owners"), body).ok()));
    }
    assert_eq!(other.get(&s.path("")).ok()["holder_id"], unit("shitang"));

    // M-12: the second committee's mediators serve once it has joined.
    let seat = json!({"user_id": county::user("zhuzhukeng"), "role": "mediator"});
    lead.do_(&s.path("/assignments"), seat.clone())
        .blocked_by("mediator_not_eligible");
    let join = json!({"committee_id": county::committee("tw_liping")});
    let joined = lead.do_(&s.path("/co-committees"), join.clone()).ok();
    assert_eq!(
        joined["detail"]["co_committees"],
        json!([county::committee("tw_liping")])
    );
    lead.do_(&s.path("/co-committees"), join)
        .blocked_by("already_done");
    lead.do_(&s.path("/assignments"), seat).ok();

    // One holder, two co-handlers.
    let mut helpers = Vec::new();
    for key in ["liping", "ziran"] {
        let body = json!({"kind": "co_handling", "unit_id": unit(key), "text": "核对林权图册",
            "due_at": app.now().plus_days(10)});
        helpers.push(stories::id_of(&lead.post(&s.path("/tasks"), body).ok()));
    }
    held_by(&s, "shitang");
    s.goes_into_mediation();
    pictured(&s.chair, &s, "site_sheet");
    for (id, who) in helpers.iter().zip(["lengxiaofeng", "ziranliaison"]) {
        let report = s.path(&format!("/tasks/{id}/report"));
        app.client(who)
            .post(&report, json!({"result": "图册叠加一致"}))
            .ok();
        lead.post(&s.path(&format!("/tasks/{id}/accept")), json!({}))
            .ok();
    }

    // 村组法 28: two thirds of the households, and more than half of them for it.
    let paper = s.drafted(json!({"terms": "以山脊分水线为林界，各自管护"}));
    let doc = s
        .on(&paper, "start-signing", json!({}))
        .blocked_by("group_approval_missing");
    assert_eq!(rule_of(&doc, "group_approval_missing"), "VO-28");
    let minutes = pictured(&s.chair, &s, "minutes");
    let meeting = |n: usize, households: i64, present: i64, in_favour: i64| {
        json!({"party_id": s.parties[n], "held_on": app.now().local_date(), "households": households,
            "present": present, "in_favour": in_favour, "minutes_id": minutes})
    };
    let approve = |body: Value| -> Answer { s.on(&paper, "group-approvals", body) };
    approve(meeting(0, 30, 19, 19)).blocked_by("group_quorum_missing");
    approve(meeting(0, 30, 20, 10)).blocked_by("group_majority_missing");
    approve(meeting(0, 30, 20, 21)).blocked_by("contradiction");
    let mut unknown = meeting(0, 30, 20, 11);
    unknown["minutes_id"] = json!(app.state.ids.uuid());
    approve(unknown).blocked_by("unknown_reference");
    approve(meeting(0, 30, 20, 11)).ok();
    let doc = s
        .on(&paper, "start-signing", json!({}))
        .blocked_by("group_approval_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    let seen = approve(meeting(1, 24, 18, 15)).ok();
    assert_eq!(seen["approvals"].as_array().unwrap().len(), 2);
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(
        json!([made["state"], made["case_state"]]),
        json!(["effective", "agreed"])
    );
    held_by(&s, "shitang");
    // Both leaders sign off.
    for (id, c) in charges.iter().zip([&lead, &other]) {
        let path = s.path(&format!("/owners/{id}/sign-off"));
        c.post(&path, json!({"note": "林界已定"})).ok();
    }
    let facts = told(&s);
    for kind in [
        "owner_named",
        "committee_joined",
        "group_approved",
        "owner_ended",
    ] {
        assert!(facts.iter().any(|f| f == kind), "{kind}");
    }
}

/// SC-35: a cooperative of 146 farmers and a buyer; the price is a formula with a cap.
#[test]
fn sc_35_a_price_by_formula() {
    let app = TestApp::new();
    let parties = json!([
        company("applicant", "云岭菌菇专业合作社"),
        person("respondent", "牛得草")
    ]);
    let mut body = matter("business", parties, &["收购价"]);
    body["people_affected"] = json!(146);
    let s = Story::in_mediation(&app, "cuihu", body);
    // Market supervision and agriculture help; the township holds.
    for (key, who) in [("shichang", "shichangliaison"), ("nongye", "nongyeliaison")] {
        let task = json!({"kind": "co_handling", "unit_id": unit(key), "text": "提供批发均价",
            "due_at": app.now().plus_days(5)});
        let id = stories::id_of(&s.desk.post(&s.path("/tasks"), task).ok());
        let report = s.path(&format!("/tasks/{id}/report"));
        app.client(who)
            .post(&report, json!({"result": "近三年均价表"}))
            .ok();
        s.desk
            .post(&s.path(&format!("/tasks/{id}/accept")), json!({}))
            .ok();
    }
    held_by(&s, "cuihu");

    let price = |formula: &str, cap: Option<i64>| {
        let mut o = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay",
            "description": "支付菌菇款", "formula": formula, "due_on": "2026-06-30", "mode": "bank"});
        if let Some(cap) = cap {
            o["cap_fen"] = json!(cap);
        }
        o
    };
    let goods = json!({"debtor_id": s.parties[0], "creditor_id": s.parties[1], "kind": "deliver",
        "description": "交付干香菇五千公斤", "due_on": "2026-05-31", "mode": "in_kind"});
    let formula = "交付当日县城批发均价×0.9×实际交付公斤数";
    let mut both = price(formula, Some(20_000_000));
    both["amount_fen"] = json!(100);
    s.chair
        .do_(
            &s.path("/agreements"),
            s.paper(json!({"obligations": [both]})),
        )
        .problem(422, "invalid");
    let terms = "因自然灾害等不可抗力减产的，按实际产量交付，互不追究";
    let vague = "按合理价格计算";
    let paper = s.drafted(json!({"terms": terms, "obligations": [price(vague, None), goods]}));
    // G-19: without a cap nobody knows what was agreed (hard); vague words need a reason (soft).
    let doc = s
        .on(&paper, "start-signing", json!({}))
        .blocked_by("content_incomplete");
    let owed = s.owed(&paper);
    assert_eq!(rule_of(&doc, "content_incomplete"), "G-19");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!([format!("obligation:{}:cap", owed[0])])
    );
    assert_eq!(rule_of(&doc, "content_warning_unanswered"), "G-19");
    let strike = |id: &str| {
        s.chair
            .delete(&s.path(&format!("/obligations/{id}")))
            .ok_status();
    };
    let add = s.path(&format!("/agreements/{paper}/obligations"));
    strike(&owed[0]);
    s.chair.do_(&add, price(vague, Some(20_000_000))).ok();
    s.on(&paper, "start-signing", json!({}))
        .blocked_by("content_warning_unanswered");
    let reason = json!({"clarity_reason": "双方以附件价格表为准"});
    let kept = s
        .chair
        .patch(&s.path(&format!("/agreements/{paper}")), reason)
        .ok();
    assert_eq!(kept["warnings"][0]["code"], "clarity");
    let clear = kept["obligations"].as_array().unwrap();
    let old = clear.iter().find(|o| o["formula"] == vague).unwrap();
    strike(old["id"].as_str().unwrap());
    s.chair.do_(&add, price(formula, Some(20_000_000))).ok();
    let made = s.effective(&paper, &[0, 1]);
    let list = made["obligations"].as_array().unwrap();
    let find = |what: &str, value: &str| {
        let found = list.iter().find(|o| o[what] == value);
        found.unwrap_or_else(|| panic!("{made}")).clone()
    };
    let (pay, deliver) = (find("formula", formula), find("kind", "deliver"));
    assert_eq!(
        json!([pay["amount_fen"], pay["cap_fen"]]),
        json!([null, 20_000_000])
    );
    let (pay, deliver) = (stories::id_of(&pay), stories::id_of(&deliver));

    app.at("2026-05-20");
    s.performed(&deliver);
    // What is paid is told each time, and never more than the cap.
    let paid = |fen: i64, partly: bool| {
        let body = json!({"amount_fen": fen, "partly": partly, "performed_at": app.now(), "confirmed_by_creditor": true});
        s.due(&pay, "perform", body)
    };
    let untold = json!({"performed_at": app.now(), "confirmed_by_creditor": true});
    s.due(&pay, "perform", untold)
        .blocked_by("amounts_do_not_sum");
    paid(20_000_001, false).blocked_by("amounts_do_not_sum");
    paid(9_000_000, true).ok();
    paid(11_000_001, false).blocked_by("amounts_do_not_sum");
    paid(4_500_000, false).ok();
    assert_eq!(s.state(), "fulfilled");
    let end = s.agreement(&paper);
    let list = end["obligations"].as_array().unwrap();
    let pay = list.iter().find(|o| o["id"] == json!(pay)).unwrap();
    assert_eq!(
        json!([pay["state"], pay["performed_fen"]]),
        json!(["performed", 13_500_000])
    );
    assert_eq!(s.view()["detail"]["people_affected"], 146);
}

/// SC-36: a pig farm and 27 households; three departments come the next day; the pit is half done,
/// urged, done late, and the penalty is waived by those who speak for the households.
#[test]
fn sc_36_the_pit_is_late_and_the_penalty_waived() {
    let app = TestApp::new();
    let mut parties = members(27, "甘");
    parties.push(organisation("legal_person", "牧丰养殖场有限公司"));
    let body = json!({"type": "environment", "source": "application", "channel": "walk_in",
        "summary": "养猪场粪污外溢，二十七户求治理。", "tags": ["group"], "people_affected": 98,
        "oral_note": {"text": "口头申请，经宣读无误", "signed_by_party": true},
        "parties": parties, "issues": [{"text": "粪污治理与补偿"}]});
    let s = Story::registered(&app, "cuihu", body);
    let departments = [
        ("huanjing", "huanjingliaison"),
        ("nongye", "nongyeliaison"),
        ("shuili", "shuililiaison"),
    ];
    let calls: Vec<Value> = departments
        .iter()
        .map(|(u, _)| json!({"unit_id": unit(u), "need": "到养殖场查看粪污"}))
        .collect();
    let body = json!({"reason": "粪污外溢入河", "place": "湖口村", "units": calls});
    let w = s.desk.post(&s.path("/whistles"), body).ok();
    let act = |c: &Client<'_>, verb: &str, body: Value| {
        let id = w["id"].as_str().unwrap();
        c.post(&s.path(&format!("/whistles/{id}/{verb}")), body)
    };
    act(&s.desk, "sound", json!({})).ok();
    app.forward_days(1);
    for (key, who) in departments {
        let came = json!({"unit_id": unit(key), "mode": "on_site", "at": app.now(), "persons": ["科长"],
            "findings": "粪池容量不足"});
        act(&app.client(who), "respond", came).ok();
        let rated = act(
            &s.desk,
            "rate",
            json!({"unit_id": unit(key), "rating": "good"}),
        )
        .ok();
        let late = |c: &Value| c["response"]["late"] == json!(true);
        assert!(!rated["calls"].as_array().unwrap().iter().any(late));
    }
    let clocks = s.desk.get(&s.path("/clocks")).ok();
    let timed = clocks["data"].as_array().unwrap().iter();
    let timed: Vec<&Value> = timed
        .filter(|c| c["policy"] == "whistle_response")
        .collect();
    assert_eq!(timed.len(), 3);
    let kept = |c: &&Value| c["state"] == "satisfied" && c["breached_at"].is_null();
    assert!(timed.iter().all(kept));

    group_in_mediation(&s, 27, 2);
    let farm = &s.parties[27];
    let pit = json!({"debtor_id": farm, "creditor_id": s.parties[0], "kind": "do", "description": "建成沼气池并投入使用",
        "due_on": "2026-08-31", "mode": "other"});
    let pay = json!({"debtor_id": farm, "creditor_id": s.parties[0], "kind": "pay", "description": "补偿款",
        "amount_fen": 2_700_000, "due_on": "2026-04-30", "mode": "bank"});
    let penalty = |nth: usize| {
        json!({"debtor_id": farm, "creditor_id": s.parties[nth], "kind": "pay", "description": "逾期违约金",
            "formula": "逾期天数×200元", "cap_fen": 1_000_000, "due_on": "2026-10-31", "mode": "bank"})
    };
    let paper = s.drafted(
        json!({"terms": "八月三十一日前建成沼气池，逾期每日支付违约金", "copies": 40,
        "obligations": [pit, pay, penalty(0), penalty(1)]}),
    );
    s.effective(&paper, &[0, 1, 27]);
    let owed = s.owed(&paper);
    app.at("2026-04-28");
    s.performed(&owed[1]);

    // Half done the day before: a picture proves it.
    app.at("2026-08-30");
    let half = json!({"performed_at": app.now(), "partly": true, "proof_id": pictured(&s.chair, &s, "voucher")});
    let mut bare = half.clone();
    bare.as_object_mut().unwrap().remove("proof_id");
    s.due(&owed[0], "perform", bare)
        .blocked_by("performance_unproved");
    let seen = s.due(&owed[0], "perform", half).ok();
    assert_eq!(seen["obligations"][0]["state"], "partial");
    s.due(&owed[0], "urge", json!({})).blocked_by("not_overdue");
    app.at("2026-09-02");
    assert_eq!(s.marked_overdue(), [s.case()]);
    let seen = s.due(&owed[0], "urge", json!({})).ok();
    let pit = &seen["obligations"][0];
    assert_eq!(json!([pit["state"], pit["urged"]]), json!(["urged", 1]));
    app.at("2026-09-20");
    let done = json!({"performed_at": app.now(), "proof_id": pictured(&s.chair, &s, "voucher")});
    let seen = s.due(&owed[0], "perform", done).ok();
    assert_eq!(seen["obligations"][0]["state"], "performed");

    // Each of those who speak for the households waives over a signature.
    for nth in [2, 3] {
        let waive = json!({"method": "fingerprint", "signed_at": app.now()});
        s.due(&owed[nth], "waive", waive).ok();
    }
    assert_eq!(s.state(), "fulfilled");
    let list = s.agreement(&paper)["obligations"].clone();
    let states = list.as_array().unwrap().iter().map(|o| o["state"].clone());
    assert_eq!(
        states.collect::<Vec<_>>(),
        ["performed", "performed", "waived", "waived"]
    );
    held_by(&s, "cuihu");
    let facts = told(&s);
    for kind in ["performance_urged", "obligation_waived", "whistle_rated"] {
        assert!(facts.iter().any(|f| f == kind), "{kind}");
    }
}
