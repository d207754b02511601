//! Agreements over HTTP: drafting, signing, sealing, varying, performing.

use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::mediation::*;

fn loan(app: &TestApp) -> Story<'_> {
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    Story::in_mediation(app, "fengxi", matter("contract", parties, &["借款五万元"]))
}

fn ids_of(list: &Value) -> Vec<String> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_paper_goes_from_draft_to_effect() {
    let app = TestApp::new();
    let s = loan(&app);
    let debt = s.debt(1, 0, 300_000, "2026-06-30");
    let made = s.chair.do_(
        &s.path("/agreements"),
        s.paper(json!({"obligations": [debt]})),
    );
    assert_eq!(made.status, 201);
    let paper = made.ok();
    let id = paper["id"].as_str().unwrap();
    assert_eq!(paper["state"], "draft");
    assert_eq!(ids_of(&paper["parties"]), s.parties);
    assert_eq!(paper["rate"]["owed_fen"], 300_000);
    assert!(paper["number"].is_null());

    let edited = s.chair.patch(
        &s.path(&format!("/agreements/{id}")),
        json!({"terms": "乙于六月三十日前付清", "place": null}),
    );
    assert_eq!(edited.ok()["text"]["place"], "");
    let refused = s
        .on(id, "start-signing", json!({}))
        .blocked_by("content_incomplete");
    assert_eq!(refused["blocked_by"][0]["items"][0], "place");
    s.chair
        .patch(
            &s.path(&format!("/agreements/{id}")),
            json!({"place": "乡政府"}),
        )
        .ok();
    let out = s.on(id, "start-signing", json!({})).ok();
    assert_eq!(out["state"], "signing");
    assert_eq!(out["copies"], 3);
    assert!(out["number"].as_str().unwrap().ends_with("-1"), "{out}");
    let mut wanted = s.parties.clone();
    wanted.push("mediator".into());
    assert_eq!(ids_of(&out["missing_signatures"]), wanted);

    let seal = json!({"sealed_at": app.now()});
    let early = s
        .on(id, "seal", seal.clone())
        .blocked_by("seal_before_signatures");
    assert_eq!(early["rule"], "G-21");
    s.party_signs(id, 1);
    s.party_signs(id, 0);
    let twice = json!({"signed_as": "party", "party_id": s.parties[0], "method": "sign", "signed_at": app.now()});
    s.on(id, "sign", twice).blocked_by("already_done");
    s.chair_signs(id);
    let wrong = json!({"sealed_at": app.now(), "seal_no": "X-9"});
    s.on(id, "seal", wrong).blocked_by("committee_invalid");
    let sealed = s.on(id, "seal", seal).ok();
    assert_eq!(
        (sealed["state"].as_str(), sealed["case_state"].as_str()),
        (Some("effective"), Some("performing"))
    );
    assert_eq!(sealed["effective_at"], sealed["sealed_at"]);
    assert_eq!(sealed["signatures"].as_array().unwrap().len(), 4);
    // What is in force is no draft any more.
    s.chair
        .patch(&s.path(&format!("/agreements/{id}")), json!({"terms": "x"}))
        .blocked_by("wrong_state");
}

#[test]
fn versions_and_keys_are_asked_for() {
    let app = TestApp::new();
    let s = loan(&app);
    s.chair
        .post(&s.path("/agreements"), s.paper(json!({})))
        .problem(428, "if_match_required");
    let stale = s.chair.act(&s.path("/agreements"), 1, s.paper(json!({})));
    let doc = stale.problem(412, "precondition_failed");
    assert!(doc["current_etag"].is_string());
    let bad = json!({"facts": 7, "obligations": [{"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay"}]});
    let doc = s
        .chair
        .do_(&s.path("/agreements"), bad)
        .problem(422, "invalid");
    let seen: Vec<&str> = doc["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["pointer"].as_str().unwrap())
        .collect();
    for at in [
        "/facts",
        "/obligations/0/description",
        "/obligations/0/due_on",
        "/obligations/0/amount_fen",
    ] {
        assert!(seen.contains(&at), "{at} not in {seen:?}");
    }
}

#[test]
fn who_may_draft_and_who_reads_what() {
    let app = TestApp::new();
    let s = loan(&app);
    // The desk head answers for the case but is not on the team.
    s.desk
        .do_(&s.path("/agreements"), s.paper(json!({})))
        .problem(403, "forbidden");
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 100, "2026-06-30")]}));
    let seen = s.desk.get(&s.path("/agreements")).ok();
    assert_eq!(seen["data"][0]["text"]["place"], "村部");
    // The county sees that there is an agreement, not what it says.
    let masked = app
        .client("zhouminghua")
        .get(&s.path(&format!("/agreements/{paper}")))
        .ok();
    assert_eq!(masked["text"], Value::Null);
    assert_eq!(masked["obligations"][0]["description"], Value::Null);
    assert_eq!(masked["obligations"][0]["amount_fen"], 100);
    app.client("ganhukou")
        .get(&s.path("/agreements"))
        .problem(404, "not_found");
    s.chair
        .get(&s.path("/agreements/01900000-0000-7000-8000-00000000dead"))
        .problem(404, "not_found");
}

#[test]
fn obligations_come_and_go_on_a_draft() {
    let app = TestApp::new();
    let s = loan(&app);
    let paper = s.drafted(json!({}));
    let parts: Vec<Value> = (4..=8)
        .map(|m| json!({"amount_fen": 1_000_000, "due_on": format!("2026-{m:02}-10")}))
        .collect();
    let mut plan = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "pay", "description": "归还借款", "mode": "bank",
        "total_fen": 5_100_000, "instalments": parts});
    let off = s
        .on(&paper, "obligations", plan.clone())
        .blocked_by("amounts_do_not_sum");
    assert_eq!(
        off["blocked_by"][0]["items"],
        json!(["total:5100000", "sum:5000000"])
    );
    plan["total_fen"] = json!(5_000_000);
    let view = s.on(&paper, "obligations", plan).ok();
    assert_eq!(view["obligations"].as_array().unwrap().len(), 5);
    let second = s.owed(&paper)[1].clone();
    // Instalments are one debt: they go together.
    let after = s
        .chair
        .delete(&s.path(&format!("/obligations/{second}")))
        .ok();
    assert_eq!(after["obligations"], json!([]));
    s.chair
        .delete(&s.path(&format!("/obligations/{second}")))
        .blocked_by("unknown_reference");
}

#[test]
fn a_paper_nobody_signs_is_given_up() {
    let app = TestApp::new();
    let s = loan(&app);
    let paper = s.drafted(json!({}));
    s.on(&paper, "start-signing", json!({})).ok();
    assert_eq!(s.view()["next_step"], "sign");
    let gone = s
        .on(&paper, "drop", json!({"reason": "邱德福拒绝签名"}))
        .ok();
    assert_eq!(gone["state"], "expired_unsigned");
    assert_eq!(s.view()["next_step"], "mediate");
    s.on(&paper, "drop", json!({"reason": "再次"}))
        .blocked_by("wrong_state");
}

#[test]
fn a_variation_takes_the_place_of_the_first_paper() {
    let app = TestApp::new();
    let s = loan(&app);
    let debt = s.debt(1, 0, 5_000_000, "2026-06-30");
    let first = s.drafted(json!({"obligations": [debt]}));
    s.effective(&first, &[0, 1]);
    let change = json!({"consents": [s.parties[0]], "terms": "余款改为年底付清", "performance": "银行转账",
        "obligations": [s.debt(1, 0, 4_000_000, "2026-12-30")]});
    let silent = s
        .on(&first, "vary", change.clone())
        .blocked_by("consent_missing");
    assert_eq!(silent["blocked_by"][0]["items"], json!([s.parties[1]]));
    let mut change = change;
    change["consents"] = json!(s.parties);
    let second = s.on(&first, "vary", change);
    assert_eq!(second.status, 201);
    let second = second.ok();
    assert_eq!(second["supersedes"], first.as_str());
    let second = second["id"].as_str().unwrap();
    assert_eq!(s.agreement(&first)["state"], "effective");
    s.effective(second, &[0, 1]);
    let old = s.agreement(&first);
    assert_eq!(
        (old["state"].as_str(), old["superseded_by"].as_str()),
        (Some("varied"), Some(second))
    );
    assert_eq!(old["obligations"], json!([]));
    assert_eq!(s.agreement(second)["rate"]["owed_fen"], 4_000_000);

    let end = json!({"consents": s.parties, "reason": "双方另行协商"});
    let ended = s.on(second, "rescind", end).ok();
    assert_eq!(
        (ended["state"].as_str(), ended["case_state"].as_str()),
        (Some("rescinded"), Some("in_mediation"))
    );
}

#[test]
fn performance_is_proved_and_waivers_are_signed() {
    let app = TestApp::new();
    let s = loan(&app);
    let debts = json!([
        s.debt(1, 0, 2_000, "2026-06-30"),
        s.debt(1, 0, 3_000, "2026-07-30")
    ]);
    let paper = s.drafted(json!({"obligations": debts}));
    s.effective(&paper, &[0, 1]);
    let owed = s.owed(&paper);
    let at = app.now();
    s.due(
        &owed[0],
        "perform",
        json!({"performed_at": at, "amount_fen": 500}),
    )
    .blocked_by("performance_unproved");
    let too_much = json!({"performed_at": at, "amount_fen": 2_500, "confirmed_by_creditor": true});
    let left = s
        .due(&owed[0], "perform", too_much)
        .blocked_by("amounts_do_not_sum");
    assert_eq!(left["blocked_by"][0]["items"], json!(["left:2000"]));
    let part = json!({"performed_at": at, "amount_fen": 500, "confirmed_by_creditor": true});
    let view = s.due(&owed[0], "perform", part).ok();
    assert_eq!(view["obligations"][0]["state"], "partial");
    assert_eq!(view["rate"]["percent"], 10);
    let view = s.performed(&owed[0]);
    assert_eq!(
        view["obligations"][0]["performances"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    s.due(&owed[0], "urge", json!({}))
        .blocked_by("already_done");
    s.due(&owed[1], "urge", json!({})).blocked_by("not_overdue");
    let waiver = json!({"method": "fingerprint", "signed_at": at});
    let view = s.due(&owed[1], "waive", waiver).ok();
    assert_eq!(view["obligations"][1]["state"], "waived");
    assert_eq!(
        (view["state"].as_str(), view["case_state"].as_str()),
        (Some("fulfilled"), Some("fulfilled"))
    );
    assert_eq!(view["rate"]["percent"], 100);
}

#[test]
fn a_dry_run_of_a_seal_keeps_nothing() {
    let app = TestApp::new();
    let s = loan(&app);
    let paper = s.drafted(json!({}));
    s.all_sign(&paper, &[0, 1]);
    let dry = app.client("chenyuee").with("prefer", "handling=dry-run");
    let would = dry
        .do_(
            &s.path(&format!("/agreements/{paper}/seal")),
            json!({"sealed_at": app.now()}),
        )
        .ok();
    assert_eq!(would["dry_run"], true);
    assert_eq!(s.agreement(&paper)["state"], "signing");
}
