//! Refused, withdrawn.

use serde_json::json;

use super::*;
use crate::support::leaks::{exported, finds, never_told, readable};
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

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
    let doc = s
        .desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .blocked_by("stop_demanded");
    assert_eq!(rule_of(&doc, "consent_missing"), "G-01");
    assert_eq!(rule_of(&doc, "stop_demanded"), "G-02");
    let doc = s
        .terminate("refused_at_start", &[])
        .blocked_by("routes_missing");
    assert_eq!(rule_of(&doc, "routes_missing"), "G-24");
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
    // Nobody opens one afterwards, of whatever id.
    let open = s.path(&format!("/sessions/{}/open", s.parties[0]));
    for who in ["wusuban", "zhengguoxing", "lindeshui"] {
        let tried = app.client(who).do_(&open, json!({"present": s.parties}));
        assert!(
            [403, 404, 409].contains(&tried.status),
            "{who}: {}",
            tried.text
        );
    }
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
    let mut body = matter("contract", parties, &["菌菇代销款"]);
    body["amount_fen"] = json!(1_860_000);
    body["parties"][0]["email"] = json!("liang@yunling.example");
    body["parties"][1]["email"] = json!("xu@yunling.example");
    let s = Story::in_mediation(&app, "fengxi", body);
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
    assert!(!closed.text.contains("一万四"), "{}", closed.text);
    // What she offered alone is in no notice of the end, on no page, in no letter.
    let known = [("case_id", s.id.as_str()), ("session_id", third.as_str())];
    let paths = readable(&known, &["list_caucus_notes"]);
    for who in [
        "zhengguoxing",
        "chenyuee",
        "huangzhiyuan",
        "zhouminghua",
        "caiwenbin",
        "yufaguan",
    ] {
        let c = app.client(who);
        never_told(&c, who, &paths, &["一万四"]);
        assert!(!finds(&c, &s.id, "一万四"), "{who}");
    }
    app.deliver();
    assert!(
        app.letters()
            .iter()
            .any(|l| l.contains("xu@yunling.example"))
    );
    assert!(app.letters().iter().all(|l| !l.contains("一万四")));
    assert!(!exported(&app).contains("一万四"));

    // M-49: what is undisputed goes on paper with both signatures, or not at all.
    let facts = |signed: &[String]| {
        let body = json!({"kind": "document", "doc_type": "undisputed_facts", "title": "无争议事实记载", "signed_by": signed});
        s.desk.post(&s.path("/attachments"), body)
    };
    let doc = facts(&s.parties[..1]).blocked_by("undisputed_facts_unsigned");
    assert_eq!(rule_of(&doc, "undisputed_facts_unsigned"), "M-49");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    facts(&[]).blocked_by("undisputed_facts_unsigned");
    let kept = facts(&s.parties).ok();
    assert_eq!(kept["signed_by"], json!(s.parties));
}
