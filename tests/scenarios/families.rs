//! Families: an inheritance from overseas, a divorce with a child.

use serde_json::{Value, json};

use super::*;
use crate::support::leaks::{exported, never_told, readable};
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

/// SC-26: an heir in Malaysia, represented under a mandate of the consulate; signed on paper.
#[test]
fn sc_26_an_inheritance_from_overseas_is_signed_on_paper() {
    let app = TestApp::new();
    let mut parties = json!([
        person("applicant", "傅家宝"),
        person("respondent", "傅德全")
    ]);
    parties[0]["overseas"] = json!(true);
    let mut body = matter("marriage_family", parties, &["祖屋继承"]);
    body["tags"] = json!(["overseas"]);
    let s = Story::accepted(&app, "wanghu", body);

    // G-49: the mandate must be authenticated abroad; taken in with a warning, then replaced.
    let lawyer = |authenticated: bool| {
        let body = json!({"kind": "agent", "party_id": s.parties[0], "name": "江海涛", "organisation": "海涛律师事务所",
            "mandate": {"scopes": ["attend", "settle"], "from": "2026-01-10", "signed_by_principal": true,
                "authenticated": authenticated}});
        s.desk.do_(&s.path("/participants"), body).ok()
    };
    let warned = lawyer(false);
    assert_eq!(warned["authentication_missing"], true);
    let revoke = format!("/participants/{}/revoke", stories::id_of(&warned));
    s.desk.do_(&s.path(&revoke), json!({})).ok();
    let agent = lawyer(true);
    assert_eq!(agent["authentication_missing"], false);
    let s = s.mediated();

    // G-22: no electronic signature where somebody inherits, chosen by all or not.
    let chosen = json!({"e_sign_by": s.parties});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), s.paper(chosen))
        .blocked_by("e_sign_not_allowed");
    assert_eq!(rule_of(&doc, "e_sign_not_allowed"), "G-22");
    let paper = s.drafted(json!({"terms": "祖屋由二人各继承一半，由傅德全居住管理", "ownership_reason": "遗产分割，双方均为法定继承人"}));
    s.on(&paper, "start-signing", json!({})).ok();
    let by_agent = |method: &str| json!({"signed_as": "agent", "participant_id": agent["id"], "method": method, "signed_at": app.now()});
    let doc = s
        .on(&paper, "sign", by_agent("e_sign"))
        .blocked_by("e_sign_not_allowed");
    assert_eq!(rule_of(&doc, "e_sign_not_allowed"), "G-22");
    s.on(&paper, "sign", by_agent("sign")).ok();
    s.party_signs(&paper, 1);
    s.chair_signs(&paper);
    let sealed = s.on(&paper, "seal", json!({"sealed_at": app.now()})).ok();
    assert_eq!(sealed["effective_at"], json!(app.now()));
    // Kept for good: overseas.
    s.desk.do_(&s.path("/close"), json!({})).ok();
    let check = app.client("caiwenbin").get(&s.path("/dossier-check")).ok();
    assert_eq!(check["retention"], "permanent");
}

/// SC-32: goods and debts are settled; the marriage and the child are not, and the child is heard.
#[test]
fn sc_32_a_divorce_is_settled_in_part() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "汪洁"),
        person("respondent", "尹涛"),
        {"role": "third_party", "kind": "natural_person", "name": "尹小舟", "birth_date": "2017-09-01"}
    ]);
    let body = matter("marriage_family", parties, &["财产", "债务", "抚养"]);
    let s = Story::screened(&app, "wanghu", body);
    assert_eq!(
        s.view()["detail"]["confidentiality"],
        "l4",
        "a child of eight"
    );

    // G-13: the child acts through somebody with no part in the quarrel, and is heard: he is eight.
    let guardian = |name: &str, relation: &str| {
        let body = json!({"kind": "legal_representative", "party_id": s.parties[2], "name": name, "relation": relation});
        s.desk.do_(&s.path("/participants"), body)
    };
    let alone = json!({"answer": "given", "via": "in_person"});
    let doc = s
        .desk
        .do_(
            &s.path(&format!("/parties/{}/consent", s.parties[2])),
            alone,
        )
        .blocked_by("legal_rep_missing");
    assert_eq!(rule_of(&doc, "legal_rep_missing"), "G-13");
    let grandmother = stories::id_of(&guardian("汪奶奶", "外祖母，指定监护人").ok());
    let yes = json!({"answer": "given", "via": "in_person", "by_participant": grandmother});
    let child = |act: &str| s.path(&format!("/parties/{}/{act}", s.parties[2]));
    s.desk.do_(&child("consent"), yes).ok();
    stories::all_consent(&app, &s.told);
    s.desk
        .do_(&s.path("/accept"), stories::acceptance(s.told.place))
        .ok();
    stories::appoint(&app, &s.told, "lanwanghu", "chair");
    stories::tell_rights(&app, &s.told);
    let now = app.now();
    let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "社区", "parties": s.parties[..2],
        "planned_from": now, "planned_to": now.plus_hours(2)});
    let session = stories::id_of(&s.chair.do_(&s.path("/sessions"), plan).ok());
    let on = |rest: &str, body: Value| s.chair.do_(&s.told.session_path(&session, rest), body);
    on("notify", json!({})).ok();
    let present = json!({"present": [s.parties[0], s.parties[1], s.chair_id]});
    let doc = on("open", present.clone()).blocked_by("child_view_missing");
    assert_eq!(rule_of(&doc, "child_view_missing"), "G-13");
    let words = "我想跟妈妈住，周末看爸爸";
    let view = json!({"text": format!("心理咨询师吴秀琴记录：{words}")});
    let heard = s.desk.do_(&child("child-view"), view).ok();
    assert_eq!(heard["child_view_recorded"], true);
    on("open", present).ok();
    s.session_ends(&session);

    // What he said is for the team: on no page, in no trail.
    let known = [("case_id", s.id.as_str()), ("party_id", &s.parties[2])];
    let paths = readable(&known, &[]);
    for who in [
        "lanwanghu",
        "tangqiaoyun",
        "zhanglixin",
        "zhouminghua",
        "shenji",
        "caiwenbin",
    ] {
        never_told(&app.client(who), who, &paths, &[words]);
    }
    assert!(!exported(&app).contains(words));

    // G-20: a paper of the desk divorces nobody; G-22: nor is it signed electronically.
    let issues = s.desk.get(&s.path("/issues")).ok();
    let issue = |n: usize| issues["data"][n]["id"].clone();
    let covered = json!([issue(0), issue(1)]);
    let of = |change: Value| {
        let mut body = json!({"issues": covered, "parties": s.parties[..2]});
        body.as_object_mut()
            .unwrap()
            .extend(change.as_object().unwrap().clone());
        body
    };
    let clause = of(json!({"terms": "双方自即日起离婚，财产各归各有"}));
    let doc = s
        .chair
        .do_(&s.path("/agreements"), s.paper(clause))
        .blocked_by("content_forbidden");
    assert_eq!(rule_of(&doc, "content_forbidden"), "G-20");
    assert_eq!(doc["blocked_by"][0]["items"], json!(["divorce_effect"]));
    let doc = s
        .chair
        .do_(
            &s.path("/agreements"),
            s.paper(of(json!({"e_sign_by": s.parties[..2]}))),
        )
        .blocked_by("e_sign_not_allowed");
    assert_eq!(rule_of(&doc, "e_sign_not_allowed"), "G-22");
    let paper = s.drafted(of(
        json!({"partial": true, "obligations": [s.debt(1, 0, 3_000_000, "2026-03-31")]}),
    ));
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(
        (made["partial"].as_bool(), made["case_state"].as_str()),
        (Some(true), Some("in_mediation"))
    );
    s.performed(&s.owed(&paper)[0]);

    // Custody and the divorce go to the court.
    let referred = json!({"state": "referred", "referred_to": "civil_suit"});
    let path = s.path(&format!("/issues/{}/state", issue(2).as_str().unwrap()));
    s.desk.do_(&path, referred).ok();
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
