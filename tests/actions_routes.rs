//! The list of acts and the routes: none is forgotten, and what is barred is refused.

use std::collections::BTreeSet;

use jieyou::cli::demo::county;
use jieyou::domain::codes::Code;
use jieyou::domain::machine::Act;
use jieyou::domain::operations::Operation;
use jieyou::http::routes;
use serde_json::{Value, json};

use crate::support::mediation::*;
use crate::support::{Client, TestApp};

/// Routes under a case that change nothing of it: reads that a person asks for by `POST`.
const READS: &[&str] = &["reveal_party"];

const UNDER_A_CASE: &str = "/api/v1/cases/{case_id}";

#[test]
fn every_act_route_of_a_case_is_an_operation() {
    let offered: BTreeSet<&str> = routes::all()
        .filter(|r| r.path.starts_with(UNDER_A_CASE) && r.method != "GET")
        .map(|r| r.operation)
        .filter(|o| !READS.contains(o))
        .collect();
    let known: BTreeSet<&str> = Operation::ALL.iter().map(|o| o.code()).collect();
    let forgotten: Vec<_> = offered.difference(&known).collect();
    assert!(
        forgotten.is_empty(),
        "not in the list of acts: {forgotten:?}"
    );
    let gone: Vec<_> = known.difference(&offered).collect();
    assert!(gone.is_empty(), "no such routes: {gone:?}");
}

fn loan() -> Value {
    let parties = json!([
        person("applicant", "柳建成"),
        person("respondent", "邱德福")
    ]);
    matter("contract", parties, &["借款"])
}

fn rows(client: &Client<'_>, s: &Story<'_>) -> Vec<Value> {
    let list = client.get(&s.path("/actions")).ok();
    list["data"].as_array().unwrap().clone()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().unwrap_or_default()
}

#[test]
fn every_act_and_every_route_is_listed_once() {
    let app = TestApp::new();
    let s = Story::registered(&app, "fengxi", loan());
    let list = rows(&s.desk, &s);
    let acts: Vec<&str> = list
        .iter()
        .take(Act::ALL.len())
        .map(|r| text(r, "action"))
        .collect();
    let all: Vec<&str> = Act::ALL.iter().map(|a| a.code()).collect();
    assert_eq!(acts, all);
    let mut named: Vec<&str> = list
        .iter()
        .map(|r| text(r, "operation"))
        .filter(|o| !o.is_empty() && *o != "send_transfer")
        .collect();
    named.push("send_transfer");
    named.sort_unstable();
    let mut wanted: Vec<&str> = Operation::ALL.iter().map(|o| o.code()).collect();
    wanted.sort_unstable();
    assert_eq!(named, wanted);
    assert!(list.iter().all(|r| !text(r, "label").is_empty()));
}

/// A thing of each kind that the case has, for the acts that are allowed on none.
fn some_child(s: &Story<'_>, target: &str) -> Option<String> {
    let list = match target {
        "party" => "/parties",
        "participant" => "/participants",
        "assignment" => "/assignments",
        "session" => "/sessions",
        "agreement" | "obligation" => "/agreements",
        "transfer" => "/transfers",
        "task" => "/tasks",
        "incident" => "/incidents",
        "follow_up" => "/follow-ups",
        _ => return None,
    };
    let answer = s.desk.get(&s.path(list));
    if answer.status != 200 {
        return None;
    }
    let all = answer.json();
    let list = all["data"].as_array()?;
    if target == "obligation" {
        return list
            .iter()
            .filter_map(|a| a["obligations"].as_array())
            .flatten()
            .find_map(|o| o["id"].as_str().map(str::to_owned));
    }
    list.first()?["id"].as_str().map(str::to_owned)
}

/// Bodies that get past the reading of the input of many acts.
fn bodies(s: &Story<'_>) -> Vec<Value> {
    let now = s.app.now();
    let party = s.parties.first();
    vec![
        json!({}),
        json!({"reason": "不再需要"}),
        json!({"note": "已核实"}),
        json!({"text": "已核实"}),
        json!({"result": "已办理"}),
        json!({"party_id": party}),
        json!({"party_id": party, "given": true}),
        json!({"reason": "不再需要", "due_at": now.plus_days(3)}),
        json!({"committee_id": county::org("fengxi")}),
        json!({"side": 1}),
        json!({"kind": "relative"}),
        json!({"to": county::org("county"), "reason": "不属本单位"}),
        json!({"given_at": now}),
        json!({"notified_at": now}),
        json!({"asked_at": now}),
        json!({"notice_at": now}),
        json!({"state": "dismissed", "decided_on": now.local_date()}),
        json!({"via": "in_person"}),
        json!({"answer": "given", "via": "in_person"}),
        json!({"elected": true, "mandate_signed": true}),
        json!({"auth": "granted", "via": "in_person"}),
        json!({"assessment": "平稳"}),
        json!({"outcome": "已处置"}),
        json!({"outcome": "已处置", "unfounded": true}),
        json!({"defects": ["facts_unclear"], "text": "事实不清"}),
        json!({"result": "done", "single_staff_reason": "人手不足"}),
        json!({"performed_at": now, "confirmed_by_creditor": true}),
        json!({"sealed_at": now}),
        json!({"signed_as": "mediator", "method": "sign", "signed_at": now, "user_id": s.chair_id}),
    ]
}

/// Every listed act against a dry run of its route: gives how many bars were met.
fn sweep(s: &Story<'_>, name: &str) -> usize {
    let plain = s.app.client(name);
    if plain.get(&s.path("/actions")).status != 200 {
        return 0;
    }
    let dry = s.app.client(name).with("prefer", "handling=dry-run");
    let mut met = 0;
    for row in rows(&plain, s) {
        let operation = text(&row, "operation");
        let Some(route) = routes::all().find(|r| r.operation == operation) else {
            continue;
        };
        if route.method != "POST" || operation == "export_dossier" || operation == "send_transfer" {
            continue;
        }
        let mut path = route
            .path
            .trim_start_matches("/api/v1")
            .replace("{case_id}", &s.id);
        if let Some(at) = path.find('{') {
            let child = match row["on"][0].as_str() {
                Some(id) => Some(id.to_owned()),
                None => some_child(s, text(&row, "target")),
            };
            let Some(child) = child else { continue };
            let end = path.find('}').unwrap();
            path.replace_range(at..=end, &child);
        }
        let barred: Vec<&str> = row["blocked_by"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| text(b, "code"))
            .collect();
        let allowed = row["allowed"] == true;
        for body in bodies(s) {
            let answer = dry.do_(&path, body.clone());
            if matches!(answer.status, 400 | 422) {
                continue;
            }
            let problem = answer.json();
            if allowed {
                assert!(
                    !matches!(text(&problem, "code"), "forbidden" | "illegal_transition"),
                    "{name} may {operation} in {}: {}",
                    s.state(),
                    answer.text
                );
            } else {
                assert!(
                    answer.status >= 400,
                    "{name} may not {operation} in {} for {barred:?}, yet {}",
                    s.state(),
                    answer.text
                );
                let code = text(&problem, "code");
                let refused: Vec<&str> = problem["blocked_by"]
                    .as_array()
                    .map(|l| l.iter().map(|b| text(b, "code")).collect())
                    .unwrap_or_default();
                assert!(
                    barred.contains(&code) || refused.iter().any(|c| barred.contains(c)),
                    "{name}, {operation} in {}: listed {barred:?}, refused {}",
                    s.state(),
                    answer.text
                );
                met += 1;
            }
            break;
        }
    }
    met
}

#[test]
fn what_is_barred_on_a_route_is_refused_there_for_that() {
    let app = TestApp::new();
    // Two of them at every stage, each at two stages.
    let who = [
        "zhengguoxing",
        "chenyuee",
        "yeshanglong",
        "zhouminghua",
        "zhanglixin",
    ];
    let (mut met, mut stage) = (0, 0);
    let mut look = |s: &Story<'_>| {
        for n in [stage, stage + 1] {
            met += sweep(s, who[n % who.len()]);
        }
        stage += 1;
    };
    let s = Story::registered(&app, "fengxi", loan());
    look(&s);
    let s = Story::in_mediation(&app, "fengxi", loan());
    look(&s);
    let day = app.now().plus_days(10).local_date().to_string();
    let debt = s.debt(1, 0, 1_000, &day);
    let paper = s.drafted(json!({"obligations": [debt]}));
    look(&s);
    s.effective(&paper, &[0, 1]);
    look(&s);
    s.performed(&s.owed(&paper)[0]);
    s.desk.do_(&s.path("/close"), json!({})).ok();
    look(&s);
    assert!(met >= 80, "{met}");
}
