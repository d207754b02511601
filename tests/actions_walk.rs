//! What is listed as allowed can be done, and what is not cannot: tried without keeping anything,
//! along random walks through the life of a case.

use jieyou::cli::demo::county;
use jieyou::domain::codes::Code;
use jieyou::domain::machine::Act;
use jieyou::domain::time::Instant;
use serde_json::{Value, json};

use crate::support::mediation::*;
use crate::support::{Client, TestApp, stories};

/// A small generator: the walks are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n.max(1)).unwrap()).unwrap()
    }
}

type Try = (String, Value);

/// The case and its papers as they are now.
struct Now {
    case: Value,
    papers: Vec<Value>,
    parties: Vec<Value>,
    /// A rating that every party signed.
    rating: Value,
}

fn look(s: &Story<'_>) -> Now {
    let list = |v: &Value| v["data"].as_array().cloned().unwrap_or_default();
    let case = s.desk.get(&s.path("?include=parties")).ok();
    let filed = list(&s.desk.get(&s.path("/attachments")).ok());
    let rating = filed.iter().find(|a| a["doc_type"] == "follow_up");
    Now {
        papers: list(&s.desk.get(&s.path("/agreements")).ok()),
        rating: rating.map_or(Value::Null, |a| a["id"].clone()),
        parties: case["parties"].as_array().cloned().unwrap_or_default(),
        case,
    }
}

fn text<'a>(v: &'a Value, name: &str) -> &'a str {
    v[name].as_str().unwrap_or_default()
}

fn local_day(v: &Value) -> Option<String> {
    Some(Instant::parse(v.as_str()?)?.local_date().to_string())
}

/// Sensible bodies for an act: each is worth a try.
fn tries(s: &Story<'_>, now: &Now, act: &str) -> Vec<Try> {
    let at = s.app.now();
    let day = |n: i64| at.local_date().plus_days(n).to_string();
    let on_papers = |act: &str, body: &dyn Fn(&Value) -> Value| -> Vec<Try> {
        now.papers
            .iter()
            .map(|p| (format!("/agreements/{}/{act}", text(p, "id")), body(p)))
            .collect()
    };
    let on_debts = |act: &str, body: Value| -> Vec<Try> {
        now.papers
            .iter()
            .flat_map(|p| p["obligations"].as_array().cloned().unwrap_or_default())
            .map(|o| {
                (
                    format!("/obligations/{}/{act}", text(&o, "id")),
                    body.clone(),
                )
            })
            .collect()
    };
    let debt = s.debt(1, 0, 1_000, &day(4));
    let with = |mut body: Value, more: Value| {
        if let (Some(b), Some(m)) = (body.as_object_mut(), more.as_object()) {
            b.extend(m.clone());
        }
        body
    };
    let one = |path: &str, body: Value| vec![(path.to_owned(), body)];
    let served = s.service(&["civil_suit"]);
    match act {
        "screen" => one("/screen", stories::screening()),
        "accept" => one("/accept", stories::acceptance(s.told.place)),
        "request_consent" => now
            .parties
            .iter()
            .map(|p| (format!("/parties/{}/ask-consent", text(p, "id")), json!({})))
            .collect(),
        "record_consent" => ["given", "refused"]
            .iter()
            .flat_map(|answer| {
                let body = json!({"answer": answer, "via": "in_person"});
                now.parties
                    .iter()
                    .map(move |p| (format!("/parties/{}/consent", text(p, "id")), body.clone()))
            })
            .collect(),
        "draft_agreement" => one("/agreements", s.paper(json!({"obligations": [debt]}))),
        "sign_agreement" => {
            let mut out = on_papers("start-signing", &|_| json!({}));
            out.extend(on_papers("sign", &|p| match p["missing_signatures"][0].as_str() {
                Some("mediator") | None => json!({"signed_as": "mediator", "method": "sign", "signed_at": at, "user_id": s.chair_id}),
                Some(party) => json!({"signed_as": "party", "party_id": party, "method": "sign", "signed_at": at}),
            }));
            out.extend(on_papers("seal", &|_| json!({"sealed_at": at})));
            out
        }
        "edit_agreement" => on_papers("drop", &|_| json!({"reason": "不再签署"})),
        "vary_agreement" => on_papers("vary", &|_| {
            s.paper(json!({"consents": s.parties, "obligations": [debt]}))
        }),
        "rescind_agreement" => on_papers(
            "rescind",
            &|_| json!({"consents": s.parties, "reason": "另行协商"}),
        ),
        "confirm" => {
            let first = |p: &Value| local_day(&p["effective_at"]).unwrap_or_else(|| day(0));
            let mut out = on_papers(
                "apply-confirmation",
                &|p| json!({"court": "云岭县人民法院", "applicants": s.parties, "applied_on": first(p)}),
            );
            for state in ["dismissed", "not_accepted"] {
                out.extend(on_papers(
                    "confirmation-result",
                    &|_| json!({"state": state, "decided_on": day(0)}),
                ));
            }
            out
        }
        "record_performance" => {
            let mut out = on_debts(
                "perform",
                json!({"performed_at": at, "confirmed_by_creditor": true}),
            );
            out.extend(on_debts("urge", json!({})));
            out.extend(on_debts("default", json!({"notice_at": at})));
            out
        }
        "take_breach_route" => {
            let mut out = on_papers("breach-route", &|_| json!({"route": "government"}));
            out.extend(on_papers(
                "breach-route",
                &|_| json!({"route": "re_mediation", "consents": s.parties}),
            ));
            out
        }
        "appoint" => one(
            "/assignments",
            json!({"user_id": county::user("hemeiling"), "role": "assistant"}),
        ),
        "plan_session" => {
            let n = now.case["version"].as_i64().unwrap_or(0);
            let from = at.plus_days(n * 3);
            let body = json!({"kind": "joint", "venue_kind": "site", "venue": "村部", "planned_from": from, "planned_to": from.plus_hours(1)});
            one("/sessions", body)
        }
        "escalate" => one(
            "/transfers",
            json!({"verb": "escalate", "to": county::org("county"), "reasons": ["es6_needs_department"],
            "handling_so_far": "已调解一次", "no_materials": "口头纠纷"}),
        ),
        "assign_down" => one(
            "/transfers",
            json!({"verb": "assign_down", "to": county::org("shanglong"), "note": "请协助", "deadline": at.plus_days(5)}),
        ),
        "refer_out" => one(
            "/transfers",
            json!({"verb": "refer_out", "external_target": "云岭县人民法院", "route": "civil_suit", "note": "引导起诉"}),
        ),
        "add_evidence" => one(
            "/attachments",
            json!({"kind": "document", "doc_type": "voucher", "title": "凭证"}),
        ),
        "suspend" => one(
            "/suspend",
            json!({"reason": "await_decision", "approver_id": county::user("zhengguoxing")}),
        ),
        "resume" => one("/resume", json!({})),
        "extend" => one(
            "/extend",
            json!({"until": day(400 + now.case["version"].as_i64().unwrap_or(0)), "signed_by": s.parties, "signed_at": at}),
        ),
        "terminate" => one(
            "/terminate",
            with(served, json!({"reason": "other", "note": "双方自行处理"})),
        ),
        "withdraw" => one(
            "/withdraw",
            with(served, json!({"applicants": [s.parties[0]]})),
        ),
        "close" => one("/close", json!({})),
        "archive" => one("/archive", json!({"follow_up_waiver": "当事人外出"})),
        "reopen" => one(
            "/reopen",
            json!({"ground": "consent", "consents": s.parties, "reason": "愿意再谈"}),
        ),
        "give_feedback" => one("/feedback", json!({"text": "已告知结果", "given_at": at})),
        "evaluate" => s
            .parties
            .iter()
            .map(|p| {
                (
                    "/evaluations".to_owned(),
                    json!({"party_id": p, "satisfaction": "satisfied", "given_via": "signed",
                        "evidence_id": now.rating}),
                )
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Checks every act against a dry run of it; gives what really could be done.
fn check(s: &Story<'_>, client: &Client<'_>, dry: &Client<'_>, dice: &mut Dice) -> Vec<Try> {
    let now = look(s);
    let list = client.get(&s.path("/actions")).ok();
    let mut open = Vec::new();
    // The acts of the machine come first; the routes behind are another test's.
    let acts = list["data"].as_array().unwrap().iter();
    for action in acts.take(<Act as Code>::ALL.len()) {
        let act = text(action, "action");
        let mut tries = tries(s, &now, act);
        if tries.is_empty() {
            continue;
        }
        let turn = dice.below(tries.len());
        tries.rotate_left(turn);
        let mut answers = Vec::new();
        let done = tries.into_iter().find(|(path, body)| {
            let answer = dry.do_(&s.path(path), body.clone());
            answers.push(answer.text);
            answer.status == 200
        });
        assert_eq!(
            action["allowed"],
            done.is_some(),
            "{act} in {}: listed {action}\ntried {answers:#?}",
            now.case["state"]
        );
        open.extend(done.filter(|(path, _)| !ASIDE.contains(&path.as_str())));
    }
    open
}

/// Tried, but left aside by the walks: they lead into other areas.
const ASIDE: &[&str] = &["/assignments", "/sessions", "/transfers", "/attachments"];

/// What brings a case on its way; the rest ends it, or changes nothing.
fn leads_on((path, body): &Try) -> bool {
    let on = [
        "/agreements",
        "/sign",
        "/start-signing",
        "/seal",
        "/perform",
        "/urge",
        "/default",
        "/breach-route",
        "/close",
        "/accept",
        "/ask-consent",
        "/resume",
        "/reopen",
    ];
    on.iter().any(|end| path.ends_with(end))
        || path.ends_with("/consent") && body["answer"] == "given"
}

fn walk(seed: u64, steps: usize, states: &mut Vec<String>) {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    let body = matter("contract", parties, &["借款"]);
    let s = match seed % 3 {
        0 => Story::screened(&app, "fengxi", body),
        _ => Story::in_mediation(&app, "fengxi", body),
    };
    s.signed_rating(&[0, 1]);
    let pair = |name: &str| {
        (
            app.client(name),
            app.client(name).with("prefer", "handling=dry-run"),
        )
    };
    let pairs = [pair("zhengguoxing"), pair("chenyuee")];
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for step in 0..steps {
        let state = s.state();
        if state == "accepted" {
            s.goes_into_mediation();
        }
        states.push(state);
        // The chair sees the case only once it is in the chair.
        let chair = &pairs[1].0;
        let turn = usize::from(step % 3 != 0 && chair.get(&s.path("")).status == 200);
        let (client, dry) = &pairs[turn];
        let mut open = check(&s, client, dry, &mut dice);
        if dice.below(8) > 0 {
            open.retain(leads_on);
        }
        // One paper at a time.
        if open.iter().any(|(path, _)| path != "/agreements") {
            open.retain(|(path, _)| path != "/agreements");
        }
        if !open.is_empty() {
            let (path, body) = open.swap_remove(dice.below(open.len()));
            client.do_(&s.path(&path), body).ok();
        }
        app.forward_days(i64::try_from(dice.below(4)).unwrap());
    }
}

#[test]
fn what_is_listed_as_allowed_can_be_done() {
    let mut states = Vec::new();
    for seed in [2, 6, 7, 9] {
        walk(seed, 14, &mut states);
    }
    assert!(states.len() >= 30, "{states:?}");
    states.sort_unstable();
    states.dedup();
    assert!(states.len() >= 6, "{states:?}");
}
