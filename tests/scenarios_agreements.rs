//! The scenarios of the domain that end in an agreement, or fail to; each with its traps.

use serde_json::{Value, json};

use jieyou::domain::time::Instant;

use crate::support::mediation::*;
use crate::support::{TestApp, stories};

fn local(text: &str) -> Value {
    json!(Instant::parse(text).unwrap())
}

fn state_and_outcome(case: &Value) -> (&str, &str) {
    (
        case["state"].as_str().unwrap_or_default(),
        case["outcome"].as_str().unwrap_or_default(),
    )
}

/// SC-01: settled at the gutter, by word of mouth, and done at once.
#[test]
fn sc_01_an_oral_agreement_performed_on_the_spot() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    let s = Story::in_mediation(
        &app,
        "shanglong",
        matter("neighbour", parties, &["檐沟滴水"]),
    );
    app.forward_minutes(40);
    let turn = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "do", "description": "将檐沟改道"});
    let mut body = json!({"form": "oral", "reached_at": app.now(), "facts": "檐沟滴水", "terms": "叶阿六将檐沟改道",
        "obligations": [turn]});
    let path = s.path("/agreements");
    let doc = s
        .chair
        .do_(&path, body.clone())
        .blocked_by("oral_not_allowed");
    assert_eq!(doc["blocked_by"][0]["items"][0], "not_performed");
    body["performed_on_the_spot"] = json!(true);
    let mut later = body.clone();
    later["obligations"][0]["due_on"] = json!("2026-03-20");
    s.chair.do_(&path, later).blocked_by("oral_not_allowed");
    let made = s.chair.do_(&path, body.clone()).ok();
    assert_eq!(made["effective_at"], body["reached_at"]);
    assert_eq!(
        (made["state"].as_str(), made["case_state"].as_str()),
        (Some("fulfilled"), Some("fulfilled"))
    );
    assert_eq!(made["rate"]["percent"], 100);
    assert_eq!(made["signatures"], json!([]));
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_oral")
    );
}

/// G-18: who asks for writing gets writing.
#[test]
fn sc_01_unless_somebody_asked_for_writing() {
    let app = TestApp::new();
    let mut parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    parties[1]["wants_writing"] = json!(true);
    let s = Story::in_mediation(
        &app,
        "shanglong",
        matter("neighbour", parties, &["檐沟滴水"]),
    );
    let body = json!({"form": "oral", "reached_at": app.now(), "performed_on_the_spot": true, "facts": "檐沟滴水", "terms": "改道"});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), body)
        .blocked_by("oral_not_allowed");
    let asked = format!("asked_for_writing:{}", s.parties[1]);
    assert_eq!(doc["blocked_by"][0]["items"], json!([asked]));
}

/// The brothers' boundary up to the signatures of 03-02.
fn boundary(app: &TestApp) -> (Story<'_>, String) {
    let parties = json!([
        person("applicant", "陈木生"),
        person("respondent", "陈木火")
    ]);
    let s = Story::in_mediation(
        app,
        "xialong",
        matter("house_homestead", parties, &["宅基地界址"]),
    );
    // G-48: given with the acceptance.
    assert!(s.view()["detail"]["land_notice_at"].is_string());
    let stone = json!({"debtor_id": s.parties[0], "creditor_id": s.parties[1], "kind": "do", "description": "按丈量结果埋设界石",
        "due_on": "2026-06-30", "mode": "other"});
    let paper = s.drafted(json!({"obligations": [stone, s.debt(1, 0, 300_000, "2026-06-30")]}));
    s.on(&paper, "start-signing", json!({})).ok();
    (s, paper)
}

/// SC-02 with X-13: in effect with the seal, performed, archived for good; then papers only.
#[test]
fn sc_02_the_seal_makes_it_effective() {
    let app = TestApp::new();
    let (s, paper) = boundary(&app);
    app.at("2026-03-02T16:30:00+08:00");
    let seal = |at: &str| json!({"sealed_at": local(at)});
    let at = "2026-03-02T16:30:00+08:00";
    s.on(&paper, "seal", seal(at))
        .blocked_by("seal_before_signatures");
    s.party_signs(&paper, 0);
    s.party_signs(&paper, 1);
    s.chair_signs(&paper);
    s.on(&paper, "seal", seal("2026-03-02T16:00:00+08:00"))
        .blocked_by("time_order");
    s.on(&paper, "seal", seal("2026-03-03T09:00:00+08:00"))
        .blocked_by("in_future");
    app.at("2026-03-03T09:00:00+08:00");
    let sealed = s.on(&paper, "seal", seal("2026-03-03T09:00:00+08:00")).ok();
    assert_eq!(sealed["effective_at"], local("2026-03-03T09:00:00+08:00"));
    assert_eq!(sealed["case_state"], "performing");

    app.at("2026-06-20");
    s.desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("obligations_open");
    let proof = json!({"performed_at": app.now(), "confirmed_by_creditor": true});
    for o in s.owed(&paper) {
        s.due(&o, "perform", proof.clone()).ok();
    }
    assert_eq!(s.state(), "fulfilled");
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_written")
    );

    let archivist = app.client("caiwenbin");
    let doc = archivist
        .do_(&s.path("/archive"), json!({}))
        .blocked_by("dossier_incomplete");
    assert!(
        doc["blocked_by"][0]["items"]
            .as_array()
            .unwrap()
            .contains(&json!("follow_up"))
    );
    s.filed("identity_proof").ok();
    s.filed("follow_up").ok();
    let check = archivist.get(&s.path("/dossier-check")).ok();
    assert_eq!(
        (check["complete"].as_bool(), check["retention"].as_str()),
        (Some(true), Some("permanent"))
    );
    let kept = archivist
        .do_(&s.path("/archive"), json!({"retention": "short"}))
        .ok();
    assert_eq!(kept["state"], "archived");
    assert_eq!(
        kept["detail"]["retention"], "permanent",
        "never shorter than the law's"
    );

    // what came after is still filed; nothing else moves.
    s.filed("follow_up").ok();
    s.filed("voucher").ok();
    s.filed("mandate").blocked_by("wrong_state");
    s.chair
        .patch(
            &s.path(&format!("/agreements/{paper}")),
            json!({"terms": "改"}),
        )
        .problem(409, "illegal_transition");
    s.on(&paper, "vary", json!({"consents": s.parties}))
        .problem(409, "illegal_transition");
    let reopen = json!({"ground": "variation", "reason": "双方要求变更", "consents": []});
    let again = s.desk.do_(&s.path("/reopen"), reopen).ok();
    assert_eq!(again["state"], "in_mediation");
}

/// SC-03: mediation offered and refused.
#[test]
fn sc_03_who_refuses_is_left_in_peace() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "吴桂花"),
        person("respondent", "吴金发")
    ]);
    let mut body = matter("neighbour", parties, &["晒谷场使用"]);
    body["source"] = json!("ex_officio");
    body["channel"] = json!("patrol");
    body.as_object_mut().unwrap().remove("oral_note");
    let s = Story::screened(&app, "suban", body);
    s.terminate("refused_at_start", &["civil_suit"])
        .problem(409, "illegal_transition");
    let party = |n: usize, act: &str| s.path(&format!("/parties/{}/{act}", s.parties[n]));
    s.desk.do_(&party(1, "ask-consent"), json!({})).ok();
    assert_eq!(s.state(), "consent_pending");
    s.terminate("refused_at_start", &["civil_suit"])
        .blocked_by("ground_missing");
    let no = json!({"answer": "refused", "via": "in_person", "words": "不要你们管"});
    s.desk.do_(&party(1, "consent"), no).ok();
    // Nobody is pressed, nothing is opened.
    s.desk
        .do_(&party(1, "ask-consent"), json!({}))
        .blocked_by("stop_demanded");
    s.desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .blocked_by("stop_demanded");
    s.terminate("refused_at_start", &[])
        .blocked_by("routes_missing");
    let ended = s.terminate("refused_at_start", &["civil_suit"]).ok();
    assert_eq!(ended["state"], "terminated");
    assert_eq!(
        ended["detail"]["termination"]["routes"][0]["route"],
        "civil_suit"
    );
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村部", "planned_from": app.now(), "planned_to": app.now().plus_hours(1)});
    s.desk
        .do_(&s.path("/sessions"), plan)
        .problem(409, "illegal_transition");
    for act in ["open_session", "plan_session", "draft_agreement"] {
        let told = s.action(&s.desk, act);
        assert_eq!(told["allowed"], false);
        assert!(
            told["blocked_by"]
                .as_array()
                .unwrap()
                .iter()
                .any(|b| b["code"] == "illegal_transition")
        );
    }
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_failed", "refused"),
        "no failed mediation"
    );
}

/// SC-04: taken back in the third session; what was said in confidence stays there.
#[test]
fn sc_04_the_applicant_takes_it_back() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "梁水旺"),
        person("respondent", "许金珠")
    ]);
    let s = Story::in_mediation(&app, "fengxi", matter("contract", parties, &["菌菇代销款"]));
    let second = s.session_begins();
    s.heard_alone(&second, 1, "底价一万四千元");
    s.session_ends(&second);
    let third = s.session_begins();
    let mut body = s.service(&["civil_suit"]);
    body["applicants"] = json!([s.parties[0]]);
    let doc = s
        .desk
        .do_(&s.path("/withdraw"), body.clone())
        .blocked_by("session_overlap");
    assert_eq!(doc["blocked_by"][0]["items"], json!([third]));
    s.session_ends(&third);
    let mut wrong = body.clone();
    wrong["applicants"] = json!([s.parties[1]]);
    let doc = s.desk.do_(&s.path("/withdraw"), wrong);
    doc.clone().blocked_by("unknown_reference");
    doc.blocked_by("ground_missing");
    let ended = s.desk.do_(&s.path("/withdraw"), body).ok();
    assert_eq!(
        ended["detail"]["termination"]["reason"],
        "withdrawn_by_applicant"
    );
    let closed = s.desk.do_(&s.path("/close"), json!({}));
    assert_eq!(
        state_and_outcome(&closed.json()),
        ("closed_failed", "withdrawn")
    );
    let told = [
        closed.text,
        s.desk.get(&s.path("?include=parties,sessions,events")).text,
        s.chair.get(&s.path("/timeline")).text,
    ];
    for text in told {
        assert!(!text.contains("一万四"), "{text}");
    }
}

/// SC-09: two of five instalments, then nothing.
#[test]
fn sc_09_a_broken_promise_goes_to_court() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    let s = Story::in_mediation(&app, "fengxi", matter("contract", parties, &["借款五万元"]));
    let parts: Vec<Value> = (4..=8)
        .map(|m| json!({"amount_fen": 1_000_000, "due_on": format!("2026-{m:02}-10")}))
        .collect();
    let plan = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay", "description": "归还借款", "mode": "bank",
        "total_fen": 5_000_000, "instalments": parts});
    let paper = s.drafted(json!({"obligations": [plan]}));
    s.effective(&paper, &[0, 1]);
    let owed = s.owed(&paper);
    for (o, day) in owed.iter().zip(["2026-04-10", "2026-05-09"]) {
        app.at(day);
        s.performed(o);
    }
    assert_eq!(s.agreement(&paper)["rate"]["percent"], 40);
    app.at("2026-06-10");
    s.due(&owed[2], "urge", json!({})).blocked_by("not_overdue");
    assert!(s.marked_overdue().is_empty(), "the day itself is in time");
    app.at("2026-06-11");
    let late = s.agreement(&paper);
    assert_eq!(late["obligations"][2]["state"], "pending");
    assert_eq!(
        (
            late["obligations"][2]["overdue"].as_bool(),
            late["obligations"][3]["overdue"].as_bool()
        ),
        (Some(true), Some(false))
    );
    let notice = json!({"notice_at": app.now()});
    s.due(&owed[2], "default", notice).blocked_by("not_urged");
    assert_eq!(s.marked_overdue(), [s.case()]);
    assert!(s.marked_overdue().is_empty(), "marked once");
    assert_eq!(s.agreement(&paper)["obligations"][2]["state"], "overdue");
    s.due(&owed[2], "urge", json!({})).ok();
    app.at("2026-06-18");
    let view = s.due(&owed[2], "urge", json!({})).ok();
    assert_eq!(view["obligations"][2]["urged"], 2);
    assert_eq!(view["obligations"][2]["state"], "urged");
    let notice = json!({"notice_at": app.now()});
    let broken = s.due(&owed[2], "default", notice.clone()).ok();
    assert_eq!(
        (broken["state"].as_str(), broken["case_state"].as_str()),
        (Some("breached"), Some("breached"))
    );
    assert_eq!(broken["breach_notice_at"], notice["notice_at"]);
    s.desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("obligations_open");
    let route = |body: Value| s.on(&paper, "breach-route", body);
    let doc = route(json!({"route": "enforcement"})).blocked_by("enforcement_needs_confirmation");
    assert_eq!(doc["rule"], "M-78");
    route(json!({"route": "court_suit", "claimant_id": s.parties[0]})).problem(422, "invalid");
    let same =
        json!({"route": "court_suit", "claimant_id": s.parties[0], "defendant_id": s.parties[0]});
    route(same).blocked_by("unknown_reference");
    let suit = json!({"route": "court_suit", "claimant_id": s.parties[0], "defendant_id": s.parties[1], "court": "云岭县人民法院"});
    let sued = route(suit).ok();
    assert_eq!(sued["court_claim"]["defendant"], s.parties[1].as_str());
    assert_eq!(sued["rate"]["percent"], 40);
    assert_eq!(
        state_and_outcome(&s.view()),
        ("closed_to_court", "referred")
    );
}

/// A damage of 128,000 in effect since 2026-03-20.
fn damage(app: &TestApp) -> (Story<'_>, String) {
    let parties = json!([
        person("applicant", "涂文华"),
        company("respondent", "危建材有限公司")
    ]);
    let s = Story::in_mediation(
        app,
        "fengxi",
        matter("damage", parties, &["赔偿十二万八千元"]),
    );
    app.at("2026-03-20");
    let parts = json!([{"amount_fen": 6_000_000, "due_on": "2026-05-20"}, {"amount_fen": 6_800_000, "due_on": "2026-08-20"}]);
    let plan = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay", "description": "赔偿款", "mode": "bank",
        "total_fen": 12_800_000, "instalments": parts});
    let paper = s.drafted(json!({"obligations": [plan]}));
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(made["confirmation"]["window_ends_on"], "2026-04-20");
    (s, paper)
}

fn application(s: &Story<'_>, day: &str) -> Value {
    json!({"court": "云岭县人民法院", "applicants": s.parties, "applied_on": day})
}

/// SC-10: confirmed, half paid, enforced.
#[test]
fn sc_10_from_confirmation_to_enforcement() {
    let app = TestApp::new();
    let (s, paper) = damage(&app);
    app.at("2026-04-17");
    let mut alone = application(&s, "2026-04-17");
    alone["applicants"] = json!([s.parties[0]]);
    let doc = s
        .on(&paper, "apply-confirmation", alone)
        .blocked_by("not_joint");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    s.on(&paper, "apply-confirmation", application(&s, "2026-04-18"))
        .blocked_by("in_future");
    let applied = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-17"))
        .ok();
    assert_eq!(applied["confirmation"]["state"], "applied");
    // The court has it: the parties no longer change it among themselves.
    s.on(
        &paper,
        "rescind",
        json!({"consents": s.parties, "reason": "反悔"}),
    )
    .blocked_by("wrong_state");
    app.at("2026-05-06");
    let ruling = json!({"state": "confirmed", "decided_on": "2026-05-06", "ruling_no": "（2026）云01民特12号"});
    s.on(&paper, "confirmation-result", ruling.clone()).ok();
    s.on(&paper, "confirmation-result", ruling)
        .blocked_by("wrong_state");
    let owed = s.owed(&paper);
    app.at("2026-05-20");
    s.performed(&owed[0]);
    app.at("2026-08-21");
    s.due(&owed[1], "urge", json!({})).ok();
    s.due(&owed[1], "default", json!({"notice_at": app.now()}))
        .ok();
    let taken = s
        .on(&paper, "breach-route", json!({"route": "enforcement"}))
        .ok();
    assert_eq!(taken["breach_route"], "enforcement");
    assert_eq!(taken["rate"]["percent"], 46);
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_to_court", "referred"));
}

/// SC-10: the thirtieth day is a Sunday, so Monday still counts and Tuesday does not.
#[test]
fn sc_10_the_window_ends_on_a_working_day() {
    let app = TestApp::new();
    let (s, paper) = damage(&app);
    app.at("2026-04-22");
    let doc = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-21"))
        .blocked_by("window_closed");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["2026-04-20"]));
    // Filed in time, entered late.
    let applied = s
        .on(&paper, "apply-confirmation", application(&s, "2026-04-20"))
        .ok();
    assert_eq!(applied["confirmation"]["window_ends_on"], "2026-04-20");
}

/// SC-12: a court does not confirm who owns a house.
#[test]
fn sc_12_ownership_is_warned_of_and_not_confirmed() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "甘大旺"),
        person("respondent", "甘小旺")
    ]);
    let s = Story::in_mediation(
        &app,
        "hukou",
        matter("house_homestead", parties, &["老宅归属"]),
    );
    let terms = json!({"terms": "老宅归甘大旺所有，甘大旺另行安置甘小旺"});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), s.paper(terms.clone()))
        .blocked_by("content_warning_unanswered");
    assert_eq!(doc["rule"], "G-20");
    let mut answered = terms;
    answered["ownership_reason"] = json!("兄弟二人对析产并无争议");
    let paper = s.drafted(answered);
    let view = s.agreement(&paper);
    assert_eq!(
        (
            view["warnings"][0]["rule"].as_str(),
            view["warnings"][0]["code"].as_str()
        ),
        (Some("G-20"), Some("ownership"))
    );
    let timeline = s.desk.get(&s.path("/timeline")).ok();
    assert!(
        timeline["data"]
            .as_array()
            .unwrap()
            .iter()
            .any(|e| e["action"] == "content_warned")
    );
    s.effective(&paper, &[0, 1]);
    let day = "2026-03-02";
    let doc = s
        .on(&paper, "apply-confirmation", application(&s, day))
        .blocked_by("not_confirmable");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["ownership"]));
    // The parties went to the court by themselves.
    let answer = json!({"state": "not_accepted", "decided_on": day});
    let view = s.on(&paper, "confirmation-result", answer).ok();
    assert_eq!(view["confirmation"]["state"], "not_accepted");
    assert_eq!(view["state"], "effective", "it binds on as a contract");
}

/// SC-22: many hands, in any order; the last of them makes it effective.
#[test]
fn sc_22_heirs_sign_by_their_agent() {
    let app = TestApp::new();
    let mut parties: Vec<Value> = ["白一", "白二", "白三", "白四", "白五", "白六"]
        .iter()
        .map(|n| person("applicant", n))
        .collect();
    parties.push(person("respondent", "佘军"));
    parties.push(person("respondent", "车有财"));
    parties.push(company("respondent", "云岭财产保险公司"));
    let mut body = matter("traffic", json!(parties), &["死亡赔偿八十六万元"]);
    body["difficulty"] = json!("complex");
    let s = Story::accepted(&app, "fengxi", body).mediated();
    let oral = json!({"form": "oral", "reached_at": app.now(), "performed_on_the_spot": true, "facts": "事故", "terms": "赔偿"});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), oral)
        .blocked_by("oral_not_allowed");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["difficulty:complex"]));
    let agent = |n: usize, scopes: &[&str]| {
        let body = json!({"kind": "agent", "party_id": s.parties[n], "name": "白代理",
            "mandate": {"scopes": scopes, "from": "2026-03-01", "signed_by_principal": true}});
        let made = s.desk.do_(&s.path("/participants"), body).ok();
        made["id"].as_str().unwrap().to_owned()
    };
    let mut agents: Vec<String> = (1..5).map(|n| agent(n, &["attend", "settle"])).collect();
    agents.push(agent(5, &["attend"]));
    let parts = json!([{"amount_fen": 40_000_000, "due_on": "2026-04-30"}, {"amount_fen": 46_000_000, "due_on": "2026-05-29"}]);
    let plan = json!({"debtor_id": s.parties[8], "creditor_id": s.parties[0], "kind": "pay", "description": "赔偿款", "mode": "bank",
        "total_fen": 86_000_000, "instalments": parts});
    let paper = s.drafted(json!({"obligations": [plan]}));
    s.on(&paper, "start-signing", json!({})).ok();
    app.forward_minutes(30);
    s.chair_signs(&paper);
    s.party_signs(&paper, 8);
    let hand = |participant: &str| json!({"signed_as": "agent", "participant_id": participant, "method": "sign", "signed_at": app.now()});
    for a in &agents[..4] {
        s.on(&paper, "sign", hand(a)).ok();
    }
    let doc = s
        .on(&paper, "sign", hand(&agents[4]))
        .blocked_by("mandate_invalid");
    assert_eq!(doc["rule"], "G-14");
    for n in [7, 0, 6] {
        s.party_signs(&paper, n);
    }
    let missing = s.agreement(&paper)["missing_signatures"].clone();
    assert_eq!(missing, json!([s.parties[5]]));
    s.on(&paper, "seal", json!({"sealed_at": app.now()}))
        .blocked_by("seal_before_signatures");
    app.at("2026-03-05");
    s.party_signs(&paper, 5);
    app.forward_minutes(10);
    let sealed = s.on(&paper, "seal", json!({"sealed_at": app.now()})).ok();
    assert_eq!(sealed["effective_at"], json!(app.now()));
    let applied = s
        .on(&paper, "apply-confirmation", application(&s, "2026-03-05"))
        .ok();
    assert_eq!(
        applied["confirmation"]["applicants"]
            .as_array()
            .unwrap()
            .len(),
        9
    );
}

/// SC-26: an inheritance is signed on paper.
#[test]
fn sc_26_no_electronic_signature_in_an_inheritance() {
    let app = TestApp::new();
    let mut parties = json!([
        person("applicant", "傅家宝"),
        person("respondent", "傅德全")
    ]);
    parties[0]["overseas"] = json!(true);
    let s = Story::in_mediation(
        &app,
        "wanghu",
        matter("marriage_family", parties, &["祖屋继承"]),
    );
    let chosen = json!({"e_sign_by": s.parties});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), s.paper(chosen))
        .blocked_by("e_sign_not_allowed");
    assert_eq!(doc["rule"], "G-22");
    let paper = s.drafted(json!({}));
    s.on(&paper, "start-signing", json!({})).ok();
    let sign = |method: &str| json!({"signed_as": "party", "party_id": s.parties[0], "method": method, "signed_at": app.now()});
    s.on(&paper, "sign", sign("e_sign"))
        .blocked_by("e_sign_not_allowed");
    s.on(&paper, "sign", sign("sign")).ok();
}

/// SC-32: goods and debts are settled; the marriage and the child are not.
#[test]
fn sc_32_a_divorce_is_settled_in_part() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "汪洁"), person("respondent", "尹涛")]);
    let s = Story::in_mediation(
        &app,
        "wanghu",
        matter("marriage_family", parties, &["财产", "债务", "抚养"]),
    );
    let issues = s.desk.get(&s.path("/issues")).ok();
    let issue = |n: usize| issues["data"][n]["id"].clone();
    let covered = json!([issue(0), issue(1)]);
    let clause = json!({"issues": covered, "terms": "双方自即日起离婚，财产各归各有"});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), s.paper(clause))
        .blocked_by("content_forbidden");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["divorce_effect"]));
    let e_sign = json!({"issues": covered, "e_sign_by": s.parties});
    s.chair
        .do_(&s.path("/agreements"), s.paper(e_sign))
        .blocked_by("e_sign_not_allowed");
    let paper = s.drafted(json!({"issues": covered, "partial": true, "obligations": [s.debt(1, 0, 3_000_000, "2026-03-31")]}));
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(
        (made["partial"].as_bool(), made["case_state"].as_str()),
        (Some(true), Some("in_mediation"))
    );
    s.performed(&s.owed(&paper)[0]);
    let referred = json!({"state": "referred", "referred_to": "civil_suit"});
    s.desk
        .do_(
            &s.path(&format!("/issues/{}/state", issue(2).as_str().unwrap())),
            referred,
        )
        .ok();
    let ended = s.terminate("irreconcilable", &["civil_suit"]).ok();
    assert_eq!(ended["detail"]["termination"]["partial"], true);
    let after = s.desk.get(&s.path("/issues")).ok();
    let states: Vec<&str> = after["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| i["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["agreed", "agreed", "referred"]);
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_success", "partial"));
}

/// SC-37: a debt made up against a creditor.
#[test]
fn sc_37_a_sham_is_not_signed() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "孟达"), person("respondent", "戚勇")]);
    let s = Story::in_mediation(
        &app,
        "fengxi",
        matter("contract", parties, &["借条一百二十万元"]),
    );
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 120_000_000, "2026-06-30")]}));
    // Anybody who sees the case may raise it.
    app.client("huangzhiyuan")
        .post(&s.path("/flags"), json!({"kind": "sham"}))
        .ok();
    let view = s.view();
    assert_eq!(
        (
            view["state"].as_str(),
            view["detail"]["suspension"]["reason"].as_str()
        ),
        (Some("suspended"), Some("sham_check"))
    );
    s.on(&paper, "start-signing", json!({}))
        .problem(409, "illegal_transition");
    let doc = s
        .desk
        .do_(&s.path("/resume"), json!({}))
        .blocked_by("sham_under_review");
    assert_eq!(doc["rule"], "M-51");
    let told = s.action(&s.desk, "resume");
    assert_eq!(
        (
            told["allowed"].as_bool(),
            told["blocked_by"][0]["code"].as_str()
        ),
        (Some(false), Some("sham_under_review"))
    );
    let ended = s.terminate("sham", &["civil_suit"]).ok();
    assert_eq!(ended["detail"]["termination"]["reason"], "sham");
    assert_eq!(s.agreement(&paper)["state"], "expired_unsigned");
    assert_eq!(ended["detail"]["sham"], true);
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_failed", "failed"));
}
