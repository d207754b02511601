//! What is not for mediation: acts of the administration, matters before a court.

use serde_json::{Value, json};

use super::*;
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

/// No session, whatever is tried.
#[track_caller]
fn no_session(s: &Story<'_>) {
    let now = s.app.now();
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村部",
        "planned_from": now, "planned_to": now.plus_hours(1)});
    s.desk
        .do_(&s.path("/sessions"), plan)
        .problem(409, "illegal_transition");
    for act in ["plan_session", "open_session", "accept", "draft_agreement"] {
        assert_eq!(s.action(&s.desk, act)["allowed"], false, "{act}");
    }
}

/// SC-28: against a fine; not accepted, and told the ways that are open.
#[test]
fn sc_28_a_fine_is_not_mediated() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "柯小飞"),
        {"role": "respondent", "kind": "legal_person", "name": "云岭县市场监督管理局"}
    ]);
    let mut body = matter("other", parties, &["罚款二千元"]);
    body["amount_fen"] = json!(200_000);
    let s = Story::registered(&app, "fengxi", body);
    let mut found = stories::screening();
    found["civil"] = json!(false);
    s.desk.do_(&s.path("/screen"), found).ok();
    // G-03: it cannot be accepted, even if everybody wanted it.
    stories::all_consent(&app, &s.told);
    let doc = s
        .desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .blocked_by("out_of_scope");
    assert_eq!(rule_of(&doc, "out_of_scope"), "G-03");
    // G-04: nor sent away without a way, or with a wrong one.
    let reject = |routes: &[&str]| {
        let body = json!({"code": "na3_admin_act", "reason": "不服行政处罚", "routes": routes});
        s.desk.do_(&s.path("/reject"), body)
    };
    let doc = reject(&[]).blocked_by("routes_missing");
    assert_eq!(rule_of(&doc, "routes_missing"), "G-04");
    let doc = reject(&["civil_suit"]).blocked_by("route_mismatch");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["civil_suit"]));
    let done = reject(&["admin_review", "admin_suit"]).ok();
    assert_eq!(state_and_outcome(&done), ("rejected", "not_accepted"));
    let routes = done["detail"]["rejection"]["routes"].as_array().unwrap();
    for (route, (name, limit)) in routes
        .iter()
        .zip([("admin_review", "六十日"), ("admin_suit", "六个月")])
    {
        assert_eq!(route["route"], name);
        assert!(
            route["limit_zh"].as_str().unwrap().contains(limit),
            "{route}"
        );
    }
    no_session(&s);
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_not_accepted", "not_accepted")
    );
    assert_eq!(closed["case_no"], Value::Null, "no number is used up");
    no_session(&s);
}

/// SC-29: the court has it, and one of them says he will end it for both.
#[test]
fn sc_29_a_threat_is_handed_over_though_the_court_has_the_case() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "龚平"), person("respondent", "范虎")]);
    let s = Story::registered(&app, "fengxi", matter("damage", parties, &["打伤赔偿"]));
    let mut found = stories::screening();
    found["accepted_elsewhere"] = json!(true);
    s.desk.do_(&s.path("/screen"), found).ok();
    let doc = s
        .desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .blocked_by("out_of_scope");
    assert_eq!(rule_of(&doc, "out_of_scope"), "G-03");

    // 同归于尽: red, whatever is written beside it; the risk is nobody's to lower.
    let low = json!({"level": "yellow", "hints": ["threat_to_kill"]});
    let assessed = s.desk.do_(&s.path("/risk"), low).ok();
    assert_eq!(assessed["risk"], "red");
    let flag = json!({"kind": "risk_red", "found_at": app.now()});
    let flag = s.desk.post(&s.path("/flags"), flag).ok();
    let incident = s.path(&format!("/incidents/{}", stories::id_of(&flag)));
    app.forward_minutes(50);
    let heard =
        json!({"reported_to": ["superior"], "reported_at": app.now(), "receipt_no": "电话"});
    let doc = s
        .desk
        .post(&format!("{incident}/report"), heard)
        .blocked_by("incident_missing");
    assert_eq!(rule_of(&doc, "incident_missing"), "G-26");
    let police = json!({"reported_to": ["police", "superior"], "reported_at": app.now(), "receipt_no": "凤公受〔2026〕31号",
        "measures": "王警官与心理咨询师上门稳控", "safety_plan": "双方不得单独见面"});
    let reported = s.desk.post(&format!("{incident}/report"), police).ok();
    assert_eq!(reported["report_overdue"], false, "within two hours");
    assert_eq!(reported["duties"][0]["done_at"], json!(app.now()));
    let clocks = s.desk.get(&s.path("/clocks")).ok();
    let clocks = clocks["data"].as_array().unwrap();
    let reporting = clocks.iter().find(|c| c["policy"] == "report_police");
    assert_eq!(reporting.unwrap()["state"], "satisfied", "by that report");

    // G-04, second half: not sent away before he is calmed and handed over.
    let mut reject =
        json!({"code": "na2_already_accepted", "reason": "法院已立案", "routes": ["civil_suit"]});
    let doc = s
        .desk
        .do_(&s.path("/reject"), reject.clone())
        .blocked_by("calming_missing");
    assert_eq!(rule_of(&doc, "calming_missing"), "G-04");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!(["calming_measures", "handed_over_to"])
    );
    reject["calming_measures"] = json!("派出所约谈，家属看护，心理咨询师陪同");
    reject["handed_over_to"] = json!("凤溪派出所王警官、县法院立案庭");
    let done = s.desk.do_(&s.path("/reject"), reject).ok();
    assert_eq!(state_and_outcome(&done), ("rejected", "not_accepted"));
    assert_eq!(
        done["detail"]["rejection"]["handed_over_to"],
        "凤溪派出所王警官、县法院立案庭"
    );
    no_session(&s);
    s.desk.do_(&s.path("/close"), json!({})).ok();
    // Who watches over it sees that there is a danger, and not what was done about it.
    let seen = app.client("zhouminghua").get(&s.path("/incidents")).ok();
    assert_eq!(
        (&seen["data"][0]["kind"], &seen["data"][0]["measures"]),
        (&json!("risk_red"), &Value::Null)
    );

    // The case is closed; the danger is watched for thirty quiet days. To say that worse was
    // prevented needs those days, and evidence with a file.
    let end = format!("{incident}/close");
    let declared = json!({"kind": "evidence", "doc_type": "evidence", "title": "稳控记录", "filename": "记录.pdf"});
    let evidence = stories::id_of(&s.desk.post(&s.path("/attachments"), declared).ok());
    let claim = json!({"outcome": "防止民转刑", "prevention_evidence": [evidence]});
    app.forward_days(29);
    s.desk.do_(&end, claim.clone()).blocked_by("file_missing");
    let put = format!("/api/v1/cases/{}/attachments/{evidence}/file", s.id);
    s.desk
        .raw(
            "PUT",
            &put,
            &[("content-type", "application/pdf")],
            PDF.to_vec(),
        )
        .ok();
    let doc = s.desk.do_(&end, claim.clone()).blocked_by("not_quiet");
    assert_eq!(rule_of(&doc, "not_quiet"), "G-26");
    app.forward_days(1);
    app.client("wangjingguan")
        .do_(&end, claim.clone())
        .problem(404, "not_found");
    let closed = s.desk.do_(&end, claim).ok();
    assert!(closed["closed_at"].is_string());
    assert_eq!(closed["prevention_evidence"], json!([evidence]));
    assert_eq!(
        state_and_outcome(&s.view()),
        ("closed_not_accepted", "not_accepted")
    );
}
