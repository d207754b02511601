//! A debt made up against a creditor.

use serde_json::{Value, json};

use super::*;
use crate::support::leaks::never_told;
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

/// SC-37: two brothers-in-law want a paper over 1,200,000, and a creditor complains. It is stopped,
/// looked into and ended; there is never an agreement.
#[test]
fn sc_37_a_sham_is_stopped_and_reported() {
    let app = TestApp::new();
    let parties = json!([person("applicant", "孟达"), person("respondent", "戚勇")]);
    let mut body = matter("contract", parties, &["借条一百二十万元"]);
    body["amount_fen"] = json!(120_000_000);
    let s = Story::in_mediation(&app, "fengxi", body);
    assert_eq!(s.view()["difficulty"], "complex");
    let debt = json!({"obligations": [s.debt(1, 0, 120_000_000, "2026-06-30")]});
    let paper = s.drafted(debt);
    s.on(&paper, "start-signing", json!({})).ok();
    s.party_signs(&paper, 0);

    // The creditor brings her own loan papers; they are sealed.
    let sealed = json!({"kind": "evidence", "doc_type": "evidence", "title": "案外债权人借款凭证与投诉信",
        "is_original": true, "sealed": true});
    s.chair.post(&s.path("/attachments"), sealed).ok();
    let path = format!("/api/v1/cases/{}/attachments", s.id);
    let count = |who: &str| {
        let list = app.client(who).get(&path).ok();
        list["data"].as_array().unwrap().len()
    };
    assert_eq!(count("chenyuee"), 1);
    let paths = [
        path.clone(),
        format!("/api/v1/cases/{}/timeline", s.id),
        format!("/api/v1/cases/{}?include=events", s.id),
    ];
    for who in ["zhengguoxing", "huangzhiyuan", "zhanglixin", "zhouminghua"] {
        assert_eq!(count(who), 0, "{who}");
        never_told(&app.client(who), who, &paths, &["案外债权人"]);
    }

    // M-51: anybody who sees the case may raise it, whatever their part. 黄志远 does.
    for who in ["chenyuee", "zhouminghua", "zhengguoxing", "huangzhiyuan"] {
        assert_eq!(s.action(&app.client(who), "flag")["allowed"], true, "{who}");
    }
    let flag = app
        .client("huangzhiyuan")
        .post(&s.path("/flags"), json!({"kind": "sham"}))
        .ok();
    let view = s.view();
    assert_eq!(
        (
            &view["state"],
            &view["detail"]["suspension"]["reason"],
            &view["detail"]["sham"]
        ),
        (&json!("suspended"), &json!("sham_check"), &json!(true))
    );
    // Everything stands still.
    let sign = json!({"signed_as": "party", "party_id": s.parties[1], "method": "sign", "signed_at": app.now()});
    s.on(&paper, "sign", sign)
        .problem(409, "illegal_transition");
    s.on(&paper, "seal", json!({"sealed_at": app.now()}))
        .problem(409, "illegal_transition");
    s.chair
        .do_(&s.path("/agreements"), s.paper(json!({})))
        .problem(409, "illegal_transition");
    let doc = s
        .desk
        .do_(&s.path("/resume"), json!({}))
        .blocked_by("sham_under_review");
    assert_eq!(rule_of(&doc, "sham_under_review"), "M-51");
    let answer = s.action(&s.desk, "resume");
    assert_eq!(
        (&answer["allowed"], &answer["blocked_by"][0]["code"]),
        (&json!(false), &json!("sham_under_review"))
    );

    // It is true: nobody closes the matter as if it were before court or police were told.
    let incident = s.path(&format!("/incidents/{}", stories::id_of(&flag)));
    let true_after_all = json!({"outcome": "经查虚构债务"});
    s.desk
        .do_(&format!("{incident}/close"), true_after_all.clone())
        .blocked_by("incident_missing");
    // The mediators do not judge it themselves.
    let cleared = json!({"outcome": "无此事", "unfounded": true});
    s.chair
        .do_(&format!("{incident}/close"), cleared)
        .blocked_by("not_holder");
    let report = json!({"reported_to": ["court", "police"], "reported_at": app.now(), "receipt_no": "云公受〔2026〕77号",
        "measures": "借条与转账记录不符"});
    app.client("huangzhiyuan")
        .post(&format!("{incident}/report"), report)
        .ok();
    s.desk
        .do_(&format!("{incident}/close"), true_after_all)
        .ok();
    s.desk
        .do_(&s.path("/resume"), json!({}))
        .blocked_by("sham_under_review");

    let ended = s.terminate("sham", &["civil_suit", "police"]).ok();
    assert_eq!(ended["detail"]["termination"]["reason"], "sham");
    let dead = s.agreement(&paper);
    assert_eq!(
        (&dead["state"], &dead["effective_at"]),
        (&json!("expired_unsigned"), &Value::Null)
    );
    s.on(&paper, "apply-confirmation", application(&s, "2026-03-02"))
        .problem(409, "not_effective");
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(state_and_outcome(&closed), ("closed_failed", "failed"));
    assert_eq!(closed["detail"]["sham"], true);
    let trail = told(&s);
    for fact in [
        "flag_raised",
        "case_suspended",
        "incident_recorded",
        "case_terminated",
    ] {
        assert!(trail.contains(&fact.to_owned()), "{fact}: {trail:?}");
    }
    assert!(!trail.contains(&"agreement_effective".to_owned()));
}
