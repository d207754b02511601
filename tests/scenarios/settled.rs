//! Settled by word of mouth and on paper.

use serde_json::{Value, json};

use super::*;
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

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
    assert_eq!(rule_of(&doc, "oral_not_allowed"), "G-18");
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
    assert_eq!(made["obligations"][0]["state"], "performed");
    // The same day, counted as an oral agreement, nothing owed; kept for the short time.
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_oral")
    );
    let day = |v: &Value| v.as_str().unwrap()[..10].to_owned();
    assert_eq!(day(&closed["closed_at"]), day(&closed["registered_at"]));
    for piece in ["identity_proof", "follow_up"] {
        s.filed(piece).ok();
    }
    let archivist = app.client("caiwenbin");
    let check = archivist.get(&s.path("/dossier-check")).ok();
    assert_eq!(
        (&check["complete"], &check["retention"]),
        (&json!(true), &json!("short"))
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
    // G-05: told by word of mouth; the note counts once it bears the thumb print.
    let mut body = matter("house_homestead", parties, &["宅基地界址"]);
    body["oral_note"]["signed_by_party"] = json!(false);
    let s = Story::screened(app, "xialong", body);
    stories::all_consent(app, &s.told);
    let accept = || {
        let body = stories::acceptance(s.told.place);
        s.desk.do_(&s.path("/accept"), body)
    };
    let doc = accept().blocked_by("registration_incomplete");
    assert_eq!(rule_of(&doc, "registration_incomplete"), "G-05");
    assert_eq!(
        doc["blocked_by"][0]["items"],
        json!(["oral_note_signature"])
    );
    let note = json!({"text": "口头申请，经宣读无误，按指印", "signed_by_party": true});
    s.desk.patch(&s.path(""), json!({"oral_note": note})).ok();
    accept().ok();
    s.goes_into_mediation();
    // Measured on the spot.
    s.filed_by(&s.chair, "site_sheet").ok();
    // G-48: given with the acceptance.
    assert!(s.view()["detail"]["land_notice_at"].is_string());
    let stone = json!({"debtor_id": s.parties[0], "creditor_id": s.parties[1], "kind": "do", "description": "按丈量结果埋设界石",
        "due_on": "2026-06-30", "mode": "other"});
    // G-19: who does what by when, where, how; all that is missing is named.
    let bare = json!({"form": "written", "facts": "界址不清"});
    let bare = s.chair.do_(&s.path("/agreements"), bare).ok();
    let bare = stories::id_of(&bare);
    let doc = s
        .on(&bare, "start-signing", json!({}))
        .blocked_by("content_incomplete");
    assert_eq!(rule_of(&doc, "content_incomplete"), "G-19");
    let missing = doc["blocked_by"][0]["items"].to_string();
    for item in ["liability", "terms", "performance", "place"] {
        assert!(missing.contains(item), "{missing}");
    }
    s.on(&bare, "drop", json!({"reason": "重拟"})).ok();
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
    // Thirty days after the seal somebody should have asked how it went.
    let visits = s.desk.get(&s.path("/follow-ups")).ok();
    let visit = &visits["data"][0];
    assert_eq!(visit["due_on"], "2026-04-02");
    let doc = s
        .desk
        .do_(&s.path("/close"), json!({}))
        .blocked_by("follow_up_due");
    assert_eq!(doc["open_duties"][0]["id"], visit["id"]);
    let found = json!({"result": "done", "mode": "home_visit", "visited_at": app.now(), "met_parties": s.parties,
        "performance_pct": 100, "satisfaction": "satisfied", "situation": "界石已立，款项付清，双方和好"});
    let record = format!("/follow-ups/{}/record", stories::id_of(visit));
    s.chair.post(&s.path(&record), found).ok();
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_written")
    );

    let archivist = app.client("caiwenbin");
    let doc = archivist
        .do_(&s.path("/archive"), json!({}))
        .blocked_by("dossier_incomplete");
    let lacking = doc["blocked_by"][0]["items"].to_string();
    assert!(!lacking.contains("follow_up"), "{lacking}");
    s.filed("identity_proof").ok();
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
