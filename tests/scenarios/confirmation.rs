//! Agreements before a court: refused for ownership, confirmed for nine parties.

use serde_json::json;

use super::*;
use crate::support::TestApp;
use crate::support::mediation::*;

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
    assert_eq!(rule_of(&doc, "not_confirmable"), "G-23");
    // Nobody is reminded of a window that is none.
    let clocks = s.desk.get(&s.path("/clocks")).ok().to_string();
    assert!(!clocks.contains("confirm_window"), "{clocks}");
    let track = s
        .desk
        .get(&s.path(&format!("/agreements/{paper}/confirmation")));
    assert!(track.ok()["window_ends_on"].is_null());
    // The parties went to the court by themselves.
    let answer = json!({"state": "not_accepted", "decided_on": day});
    let view = s.on(&paper, "confirmation-result", answer).ok();
    assert_eq!(view["confirmation"]["state"], "not_accepted");
    assert_eq!(view["state"], "effective", "it binds on as a contract");
    // Who owns the house, the government decides: referred, and its answer written down.
    let out = json!({"verb": "refer_out", "external_target": "翠湖镇人民政府", "route": "gov_land_decision",
        "note": "法院不予受理，告知申请确权"});
    let sent = s.desk.do_(&s.path("/transfers"), out).ok();
    assert_eq!(sent["route"], "gov_land_decision");
    held_by(&s, "hukou");
    let done = format!("/transfers/{}/complete", sent["id"].as_str().unwrap());
    let result = json!({"result": "镇政府已受理确权申请"});
    s.desk.do_(&s.path(&done), result).ok();
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_written")
    );
}

/// A second session on line: nobody is seen on a screen without having agreed to it (M-52).
fn insurer_joins_online(s: &Story<'_>) {
    let app = s.app;
    app.forward_minutes(180);
    let plan = json!({"kind": "online", "venue_kind": "online",
        "planned_from": app.now(), "planned_to": app.now().plus_hours(1)});
    let session = s.chair.do_(&s.path("/sessions"), plan).ok();
    let session = session["id"].as_str().unwrap().to_owned();
    let on = |rest: &str, body| s.chair.do_(&s.told.session_path(&session, rest), body);
    on("notify", json!({})).ok();
    let mut present = s.parties.clone();
    present.push(s.chair_id.clone());
    let yes = |n: usize| on("consent", json!({"party_id": s.parties[n], "given": true})).ok();
    for n in 0..8 {
        yes(n);
    }
    let doc = on("open", json!({"present": present})).blocked_by("online_consent_missing");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[8]]));
    yes(8);
    on("open", json!({"present": present})).ok();
    s.session_ends(&session);
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
    body["amount_fen"] = json!(86_000_000);
    let s = Story::accepted(&app, "fengxi", body).mediated();
    assert_eq!(s.view()["difficulty"], "complex", "by the money alone");
    insurer_joins_online(&s);
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
    app.at("2026-03-16");
    let ruling = json!({"state": "confirmed", "decided_on": "2026-03-16", "ruling_no": "（2026）云01民特9号"});
    let confirmed = s.on(&paper, "confirmation-result", ruling).ok();
    assert_eq!(confirmed["confirmation"]["state"], "confirmed");
    // Paid in two parts.
    for (owed, day) in s.owed(&paper).iter().zip(["2026-04-29", "2026-05-28"]) {
        app.at(day);
        s.performed(owed);
    }
    assert_eq!(s.state(), "fulfilled");
}
