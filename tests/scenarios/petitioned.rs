//! What the petition office sends.

use serde_json::{Value, json};

use super::*;
use crate::movement::decide;
use crate::support::moves::unit;
use crate::support::{TestApp, mediation::*};

const NO: &str = "云信〔2026〕0117号";

/// The petition as the county's window writes it down.
fn received(app: &TestApp, no: &str) -> Value {
    let parties = json!([
        person("applicant", "关大田"),
        company("respondent", "兴旺养殖场")
    ]);
    let mut body = matter("environment", parties, &["养殖臭气扰民"]);
    body.as_object_mut().unwrap().remove("oral_note");
    body["procedure"] = json!("petition");
    body["source"] = json!("petition_office");
    body["channel"] = json!("transfer");
    body["delegation_letter_no"] = json!("云信转〔2026〕31号");
    body["petition"] = json!({"no": no, "received_at": app.now()});
    body
}

/// A petition registered by the county and sent to the township of 翠湖; the case and the transfer.
fn sent_to_cuihu(app: &TestApp) -> (String, String) {
    let county = app.client("zhanglixin");
    let made = county.post("/cases", received(app, NO)).ok();
    let case = made["id"].as_str().unwrap().to_owned();
    let forward = json!({"verb": "forward", "to": unit("cuihu"), "note": "请核实办理养殖臭气问题"});
    let sent = county
        .do_(&format!("/cases/{case}/transfers"), forward)
        .ok();
    (case, sent["id"].as_str().unwrap().to_owned())
}

fn objection(app: &TestApp) -> Value {
    json!({"defects": ["rt1_not_competent"], "text": "养殖污染查处不属乡镇职权",
        "sender_consent": {"by": "张立新", "at": app.now()}})
}

/// SC-31: objected to on the fifth working day, answered by the competent department in time.
#[test]
fn sc_31_a_petition_finds_its_department() {
    let app = TestApp::new();
    app.at("2026-03-02");
    let (county, desk) = (app.client("zhanglixin"), app.client("tangqiaoyun"));
    let (case, sent) = sent_to_cuihu(&app);
    let path = |rest: &str| format!("/cases/{case}{rest}");
    let id = jieyou::domain::ids::Id::parse(&case).unwrap();

    // The office's clocks: forwarded at once, so only the notice still runs.
    assert_eq!(county.clock(&case, "pet_forward")["state"], "satisfied");
    let notice = county.clock(&case, "pet_notice");
    assert_eq!(notice["due_at"], local("2026-03-18T00:00:00+08:00"));
    let object = county.clock(&case, "pet_object");
    assert_eq!(object["due_at"], local("2026-03-10T00:00:00+08:00"));

    // Who has no case in hand does not answer it; nor does the sender while it is on its way.
    let told = json!({"notified_at": app.now()});
    county
        .do_(&path("/petition/accept"), told.clone())
        .blocked_by("transfer_pending");
    // The fifth working day: in time, and with the sender's agreement only.
    app.at("2026-03-09");
    let mut alone = objection(&app);
    alone.as_object_mut().unwrap().remove("sender_consent");
    decide(&desk, id, &sent, "return", alone).blocked_by("sender_consent_missing");
    let back = decide(&desk, id, &sent, "return", objection(&app)).ok();
    assert_eq!(back["state"], "returned");
    assert_eq!(county.clock(&case, "pet_object")["state"], "satisfied");

    // The county finds the competent department, which accepts and tells the petitioner.
    let forward = json!({"verb": "forward", "to": unit("huanjing"), "note": "属生态环境部门职责"});
    let sent = county.do_(&path("/transfers"), forward).ok();
    let department = app.client("huanjingliaison");
    app.at("2026-03-11");
    decide(
        &department,
        id,
        sent["id"].as_str().unwrap(),
        "accept",
        json!({}),
    )
    .ok();
    let early = json!({"text": "已查处", "given_at": app.now()});
    department
        .do_(&path("/petition/reply"), early)
        .blocked_by("petition_not_accepted");
    let told = json!({"notified_at": app.now()});
    county
        .do_(&path("/petition/accept"), told.clone())
        .problem(403, "forbidden");
    department.do_(&path("/petition/accept"), told.clone()).ok();
    department
        .do_(&path("/petition/accept"), told)
        .blocked_by("already_done");
    assert_eq!(county.clock(&case, "pet_notice")["state"], "satisfied");
    let finish = county.clock(&case, "pet_finish");
    // Sixty days from 11 March: 10 May is a Sunday.
    assert_eq!(finish["due_at"], local("2026-05-12T00:00:00+08:00"));

    // The same petition, brought to the county's window: not accepted again.
    let again = county.post("/cases", received(&app, NO)).ok();
    let shared = again["duplicate_candidates"][0]["shared"].to_string();
    assert!(shared.contains("petition_no"), "{again}");
    let twin = again["id"].as_str().unwrap();
    let doc = county
        .do_(
            &format!("/cases/{twin}/petition/accept"),
            json!({"notified_at": app.now()}),
        )
        .blocked_by("petition_accepted_elsewhere");
    assert_eq!(rule_of(&doc, "petition_accepted_elsewhere"), "G-38");

    // No closing before the written reply.
    let doc = department
        .do_(&path("/close"), json!({}))
        .blocked_by("petition_unanswered");
    assert_eq!(rule_of(&doc, "petition_unanswered"), "G-35");
    app.at("2026-05-08");
    let reply = json!({"text": "已责令建设沼气池并按期整改，附检测报告。", "given_at": app.now()});
    let answered = department.do_(&path("/petition/reply"), reply.clone()).ok();
    let petition = &answered["detail"]["petition"];
    assert_eq!(petition["no"], NO);
    assert_eq!(petition["replies"][0]["stage"], "handling");
    assert_eq!(petition["open_stage"], Value::Null);
    assert_eq!(county.clock(&case, "pet_finish")["state"], "satisfied");
    department
        .do_(&path("/petition/reply"), reply.clone())
        .blocked_by("petition_not_accepted");

    // A review within thirty days: until 8 June, for 7 June is a Sunday.
    let review = county.clock(&case, "pet_review");
    assert_eq!(review["due_at"], local("2026-06-09T00:00:00+08:00"));
    app.at("2026-06-09");
    let late = json!({"asked_at": app.now()});
    department
        .do_(&path("/petition/review"), late)
        .blocked_by("review_late");
    let asked = json!({"asked_at": local("2026-06-08T16:00:00+08:00")});
    department.do_(&path("/petition/review"), asked).ok();
    department
        .do_(&path("/close"), json!({}))
        .blocked_by("petition_unanswered");
    app.at("2026-06-20");
    let upheld = json!({"text": "复查维持原答复意见。", "given_at": app.now()});
    let done = department.do_(&path("/petition/reply"), upheld).ok();
    assert_eq!(done["detail"]["petition"]["replies"][1]["stage"], "review");
    let closed = department.do_(&path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_not_accepted", "referred")
    );
    let told: Vec<String> = county.get(&path("/timeline?limit=200")).ok()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].as_str().unwrap().to_owned())
        .collect();
    for action in [
        "petition_accepted",
        "petition_replied",
        "petition_review_asked",
    ] {
        assert!(told.iter().any(|t| t == action), "{action} in {told:?}");
    }
}

/// SC-31: on the sixth working day the objection comes too late; who still thinks it is not its
/// own puts it to the conference.
#[test]
fn sc_31_the_sixth_day_is_too_late() {
    let app = TestApp::new();
    app.at("2026-03-02");
    let desk = app.client("tangqiaoyun");
    let (case, sent) = sent_to_cuihu(&app);
    let id = jieyou::domain::ids::Id::parse(&case).unwrap();
    app.at("2026-03-10");
    let doc = decide(&desk, id, &sent, "return", objection(&app)).blocked_by("return_late");
    assert_eq!(rule_of(&doc, "return_late"), "G-35");
    let text = json!({"text": "养殖污染查处不属乡镇职权"});
    let contested = decide(&desk, id, &sent, "contest", text).ok();
    assert_eq!(contested["contest"]["conference"], true);
}

/// A mediated case is no petition.
#[test]
fn sc_31_only_petitions_are_answered() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "甲"), person("respondent", "乙")]);
    let s = Story::registered(&app, "fengxi", matter("neighbour", parties, &["排水"]));
    let told = json!({"notified_at": app.now()});
    s.desk
        .do_(&s.path("/petition/accept"), told)
        .blocked_by("not_a_petition");
    s.desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("wrong_state");
    let mut body = matter("neighbour", json!([person("applicant", "甲")]), &["排水"]);
    body["petition"] = json!({"no": NO});
    let doc = s.desk.post("/cases", body).problem(422, "invalid");
    assert_eq!(doc["errors"][0]["pointer"], "/petition");
}
