//! What is said in confidence stays with those who heard it.

use jieyou::cli::demo::county;
use serde_json::json;

use super::*;
use crate::support::leaks::{access_log, exported, finds, never_told, readable};
use crate::support::mediation::*;
use crate::support::{TestApp, stories};

/// What the two partners said alone: a bottom line, a ceiling, and a reason.
const SAID: &[&str] = &["底线壹拾伍萬元整", "上限壹拾陸萬元整", "怕舊賬牽出別家"];

/// SC-15: three caucuses, and a settlement between what neither side told the other.
#[test]
fn sc_15_what_is_said_alone_is_told_nobody() {
    let app = TestApp::new();
    let mut parties = json!([
        person("applicant", "丁广财"),
        person("respondent", "贺红兵")
    ]);
    parties[0]["email"] = json!("ding@yunling.example");
    parties[1]["email"] = json!("he@yunling.example");
    let mut body = matter("contract", parties, &["合伙款二十一万元"]);
    body["amount_fen"] = json!(21_000_000);
    let s = Story::accepted(&app, "fengxi", body);
    stories::appoint(&app, &s.told, "chenyuee", "chair");
    stories::appoint(&app, &s.told, "lindeshui", "mediator");
    stories::tell_rights(&app, &s.told);
    let session = s.session_begins();
    for (n, words) in [0, 1, 0].into_iter().zip(SAID) {
        app.forward_minutes(20);
        s.heard_alone(&session, n, words);
    }
    s.session_ends(&session);

    // They meet at 156,000 and write it down.
    let paper = s.drafted(json!({"obligations": [s.debt(1, 0, 15_600_000, "2026-04-30")]}));
    let made = s.effective(&paper, &[0, 1]);
    assert_eq!(
        (&made["form"], &made["case_state"]),
        (&json!("written"), &json!("performing"))
    );
    assert_eq!(made["obligations"][0]["amount_fen"], 15_600_000);
    let owed = s.owed(&paper);
    app.at("2026-04-28");
    s.performed(&owed[0]);
    s.visited();
    let closed = s.desk.do_(&s.path("/close"), json!({})).ok();
    assert_eq!(
        state_and_outcome(&closed),
        ("closed_success", "success_written")
    );
    for paper in ["identity_proof", "follow_up"] {
        s.filed(paper).ok();
    }
    app.client("caiwenbin")
        .do_(&s.path("/archive"), json!({}))
        .ok();

    // G-17: the mediators of the case read them, and each reading is on record.
    let path = s.path("/caucus-notes");
    for mediator in ["chenyuee", "lindeshui"] {
        let before = access_log(&app, &format!("caucus_notes/{}", s.id)).len();
        let list = app.client(mediator).get(&path).ok();
        let bodies: Vec<&str> = list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n["body"].as_str().unwrap())
            .collect();
        assert_eq!(bodies, SAID, "{mediator}");
        let after = access_log(&app, &format!("caucus_notes/{}", s.id)).len();
        assert_eq!(after - before, 1);
    }
    // Everybody else is refused: who knows the case, and who does not.
    for (who, status, code) in [
        ("zhengguoxing", 403, "forbidden"),
        ("huangzhiyuan", 403, "forbidden"),
        ("zhanglixin", 403, "forbidden"),
        ("zhouminghua", 403, "forbidden"),
        ("caiwenbin", 403, "forbidden"),
        ("shenji", 403, "forbidden"),
        ("sysadmin", 403, "forbidden"),
        ("yufaguan", 404, "not_found"),
        ("shuililiaison", 404, "not_found"),
        ("tangqiaoyun", 404, "not_found"),
    ] {
        app.client(who).get(&path).problem(status, code);
    }
    app.anonymous().get(&path).problem(401, "unauthenticated");

    // Nor do they find the words on any other page, in the search, the dossier.
    let org = county::org("fengxi").to_string();
    let known = [
        ("case_id", s.id.as_str()),
        ("session_id", &session),
        ("party_id", &s.parties[1]),
        ("agreement_id", &paper),
        ("obligation_id", &owed[0]),
        ("org_id", &org),
    ];
    let paths = readable(&known, &["list_caucus_notes"]);
    let mut answered = 0;
    for who in county::logins().iter().map(|l| l.0) {
        let c = app.client(who);
        answered += never_told(&c, who, &paths, SAID);
        for words in ["壹拾伍萬", "上限", "舊賬"] {
            assert!(!finds(&c, &s.id, words), "{who} finds the case by {words}");
        }
    }
    assert!(answered > 200, "{answered}");
    // What is no secret finds it.
    assert!(finds(&s.chair, &s.id, "丁广财"));
    // In the whole database they stand in one column; the mails and the exported trail have none.
    for words in SAID {
        assert_eq!(app.db.columns_holding(words), ["notes.body"], "{words}");
    }
    app.deliver();
    let letters = app.letters();
    for address in ["ding@yunling.example", "he@yunling.example"] {
        assert!(letters.iter().any(|l| l.contains(address)), "{address}");
    }
    let trail = exported(&app);
    assert!(trail.contains("caucus_note_written"));
    for words in SAID {
        assert!(letters.iter().all(|l| !l.contains(words)));
        assert!(!trail.contains(words));
    }
}
