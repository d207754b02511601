//! The course of a case over HTTP: suspended, extended, ended, closed, archived, evaluated.

use serde_json::json;

use crate::support::mediation::*;
use crate::support::{TestApp, stories};
use jieyou::cli::demo::county;

fn quarrel(app: &TestApp) -> Story<'_> {
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    Story::in_mediation(
        app,
        "shanglong",
        matter("neighbour", parties, &["檐沟滴水"]),
    )
}

#[test]
fn a_suspension_needs_somebody_who_answers_for_the_holder() {
    let app = TestApp::new();
    let s = quarrel(&app);
    let body = |user: &str| json!({"reason": "appraisal", "approver_id": county::user(user)});
    // A mediator, a steward elsewhere, nobody at all: none of them answers for the village.
    for user in ["lindeshui", "ganhukou"] {
        let doc = s
            .desk
            .do_(&s.path("/suspend"), body(user))
            .blocked_by("unknown_reference");
        assert_eq!(
            doc["blocked_by"][0]["items"],
            json!([county::user(user).to_string()])
        );
    }
    let nobody =
        json!({"reason": "appraisal", "approver_id": "01900000-0000-7000-8000-00000000dead"});
    s.desk
        .do_(&s.path("/suspend"), nobody)
        .blocked_by("unknown_reference");
    let away = json!({"reason": "absence", "approver_id": county::user("yeshanglong"), "consents": [s.parties[0]]});
    s.desk
        .do_(&s.path("/suspend"), away)
        .blocked_by("consent_missing");
    let stopped = s.desk.do_(&s.path("/suspend"), body("zhengguoxing")).ok();
    assert_eq!(stopped["state"], "suspended");
    assert_eq!(stopped["detail"]["suspension"]["reason"], "appraisal");
    s.chair
        .do_(&s.path("/agreements"), s.paper(json!({})))
        .problem(409, "illegal_transition");
    app.forward_days(5);
    let resumed = s.desk.do_(&s.path("/resume"), json!({})).ok();
    assert_eq!(resumed["state"], "in_mediation");
    assert_eq!(resumed["detail"]["suspension"], json!(null));
    // Five days of standing still move the limit: accepted 03-02, so 04-02 becomes 04-07.
    assert!(
        resumed["next_due_at"]
            .as_str()
            .unwrap()
            .starts_with("2026-04-07"),
        "{resumed}"
    );
}

#[test]
fn an_extension_is_signed_by_all_before_the_limit() {
    let app = TestApp::new();
    let s = quarrel(&app);
    let body =
        |by: &[String]| json!({"until": "2026-05-06", "signed_by": by, "signed_at": app.now()});
    let one = s.desk.do_(&s.path("/extend"), body(&s.parties[..1]));
    let doc = one.blocked_by("extension_not_signed");
    assert_eq!(doc["blocked_by"][0]["items"], json!([s.parties[1]]));
    let done = s.desk.do_(&s.path("/extend"), body(&s.parties)).ok();
    assert_eq!(done["detail"]["extended_until"], "2026-05-06");
    app.at("2026-05-07");
    s.desk
        .do_(&s.path("/extend"), body(&s.parties))
        .blocked_by("past_limit");
    let ended = s.terminate("limit_expired", &["civil_suit"]).ok();
    assert_eq!(ended["state"], "terminated");
}

#[test]
fn an_end_is_told_and_served() {
    let app = TestApp::new();
    let s = quarrel(&app);
    s.terminate("irreconcilable", &[])
        .blocked_by("routes_missing");
    s.terminate("irreconcilable", &["labour_arb"])
        .blocked_by("route_mismatch");
    s.terminate("limit_expired", &["civil_suit"])
        .blocked_by("ground_missing");
    let bare =
        json!({"reason": "irreconcilable", "routes": ["civil_suit"], "served_at": app.now()});
    s.desk
        .do_(&s.path("/terminate"), bare)
        .blocked_by("service_proof_missing");
    let ended = s.terminate("irreconcilable", &["civil_suit"]).ok();
    assert_eq!(ended["detail"]["termination"]["reason"], "irreconcilable");
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        (closed["state"].as_str(), closed["outcome"].as_str()),
        (Some("closed_failed"), Some("failed"))
    );

    let back = json!({"ground": "consent", "consents": [s.parties[0]], "reason": "愿意再谈"});
    s.desk
        .do_(&s.path("/reopen"), back.clone())
        .blocked_by("not_reopenable");
    let mut back = back;
    back["consents"] = json!(s.parties);
    let open = s.desk.do_(&s.path("/reopen"), back).ok();
    assert_eq!(open["state"], "in_mediation");
    assert_eq!(open["detail"]["round_no"], 2);
}

#[test]
fn the_parties_evaluate_after_feedback_and_once() {
    let app = TestApp::new();
    let s = quarrel(&app);
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    let paper = s.signed_rating(&[0]);
    let said = |n: usize| json!({"party_id": s.parties[n], "satisfaction": "satisfied", "given_via": "signed", "comment": "态度很好", "evidence_id": paper});
    s.desk
        .post(&s.path("/evaluations"), said(0))
        .blocked_by("feedback_missing");
    let told = json!({"text": "已告知调解未成及途径", "given_at": app.now()});
    s.desk.do_(&s.path("/feedback"), told.clone()).ok();
    s.desk
        .do_(&s.path("/feedback"), told)
        .blocked_by("already_done");
    let version = s.view()["version"].clone();
    let kept = s.desk.post(&s.path("/evaluations"), said(0));
    assert_eq!(kept.status, 201);
    assert_eq!(kept.json()["comment"], "态度很好");
    assert_eq!(
        json!([kept.json()["own_word"], kept.json()["stands"]]),
        json!([false, true])
    );
    assert_eq!(s.view()["version"], version, "an evaluation is an append");
    s.desk
        .post(&s.path("/evaluations"), said(0))
        .blocked_by("already_evaluated");
    let list = app.client("zhouminghua").get(&s.path("/evaluations")).ok();
    assert_eq!(list["data"][0]["comment"], json!(null));
    assert_eq!(list["data"][0]["satisfaction"], "satisfied");
}

#[test]
fn who_handled_the_case_enters_no_evaluation_and_nobody_one_without_a_signed_paper() {
    let app = TestApp::new();
    let s = quarrel(&app);
    s.terminate("irreconcilable", &["civil_suit"]).ok();
    s.feedback();
    let said = |n: usize, paper: &str| json!({"party_id": s.parties[n], "satisfaction": "satisfied", "given_via": "signed", "evidence_id": paper});
    let paper = s.signed_rating(&[0]);
    s.chair
        .post(&s.path("/evaluations"), said(0, &paper))
        .problem(403, "forbidden");
    // The paper bears the name of the other party.
    s.desk
        .post(&s.path("/evaluations"), said(1, &paper))
        .blocked_by("evaluation_unsigned");
    let declared = json!({"kind": "document", "doc_type": "follow_up", "title": "评价表",
        "signed_by": [s.parties[1]]});
    let bare = s.desk.post(&s.path("/attachments"), declared).ok();
    s.desk
        .post(
            &s.path("/evaluations"),
            said(1, bare["id"].as_str().unwrap()),
        )
        .blocked_by("evaluation_unsigned");
    let by_phone = json!({"party_id": s.parties[0], "satisfaction": "satisfied", "given_via": "phone", "evidence_id": paper});
    s.desk
        .post(&s.path("/evaluations"), by_phone)
        .problem(422, "invalid");
    assert_eq!(
        s.desk.post(&s.path("/evaluations"), said(0, &paper)).status,
        201
    );
    // Who answers for the unit and sits on the team as well is of the team.
    let steward = county::user(s.told.place.clerk).to_string();
    let other = Story::of(&app, stories::accepted_case(&app, s.told.place.unit));
    let seat = json!({"user_id": steward, "role": "assistant"});
    other.desk.do_(&other.path("/assignments"), seat).ok();
    other.terminate("irreconcilable", &["civil_suit"]).ok();
    other.feedback();
    let paper = other.signed_rating(&[0]);
    let said = json!({"party_id": other.parties[0], "satisfaction": "satisfied", "given_via": "signed", "evidence_id": paper});
    other
        .desk
        .post(&other.path("/evaluations"), said)
        .blocked_by("evaluation_by_team");
}

#[test]
fn an_archive_is_whole_and_the_archivists() {
    let app = TestApp::new();
    let s = quarrel(&app);
    let paper = s.drafted(json!({}));
    s.effective(&paper, &[0, 1]);
    let archivist = app.client("caiwenbin");
    archivist.get(&s.path("")).problem(404, "not_found");
    s.desk.do_(&s.path("/close"), json!({})).ok();
    s.desk
        .do_(&s.path("/archive"), json!({}))
        .problem(403, "forbidden");
    let check = archivist.get(&s.path("/dossier-check")).ok();
    let codes: Vec<&str> = check["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["identity", "identity", "follow_up"]);
    assert_eq!(check["missing"][2]["label"], "回访记录");
    assert_eq!(check["complete"], false);
    let doc = archivist
        .do_(&s.path("/archive"), json!({}))
        .blocked_by("dossier_incomplete");
    assert_eq!(doc["blocked_by"][0]["items"][2], "follow_up");
    s.filed("identity_proof").ok();
    let done = archivist
        .do_(
            &s.path("/archive"),
            json!({"follow_up_waiver": "当事人迁居外省"}),
        )
        .ok();
    assert_eq!(
        (done["state"].as_str(), done["detail"]["retention"].as_str()),
        (Some("archived"), Some("long"))
    );
}
