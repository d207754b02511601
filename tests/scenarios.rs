//! The acceptance scenarios of the domain, each told once in its order over HTTP with its traps
//! (SC), and the checks across them (X).

mod across;
mod called;
mod confirmation;
mod crisis;
mod crowds;
mod ended;
mod families;
mod harm;
mod orders;
mod outside;
mod performance;
mod petitioned;
mod recused;
mod secrets;
mod settled;
mod sham;

use jieyou::domain::time::Instant;
use serde_json::{Value, json};

use crate::support::mediation::Story;

/// A local time as the API writes it.
fn local(text: &str) -> Value {
    json!(Instant::parse(text).unwrap())
}

fn state_and_outcome(case: &Value) -> (&str, &str) {
    (
        case["state"].as_str().unwrap_or_default(),
        case["outcome"].as_str().unwrap_or_default(),
    )
}

/// The guard ids of the failing guards with this code.
#[track_caller]
fn rule_of(doc: &Value, code: &str) -> String {
    let list = doc["blocked_by"].as_array().unwrap();
    let found = list.iter().find(|b| b["code"] == code);
    found.unwrap_or_else(|| panic!("{code} not in {doc}"))["rule"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

/// What the timeline of a case tells, by action, as the desk reads it.
fn told(s: &Story<'_>) -> Vec<String> {
    let page = s.desk.get(&s.path("/timeline?limit=200")).ok();
    let list = page["data"].as_array().unwrap();
    list.iter()
        .map(|e| e["action"].as_str().unwrap().to_owned())
        .collect()
}

/// Asserts that exactly one unit holds the case, and which; the periods follow each other without
/// a gap.
#[track_caller]
fn held_by(s: &Story<'_>, key: &str) {
    let custody = s.app.client("zhouminghua").get(&s.path("/custody")).ok();
    let periods = custody["periods"].as_array().unwrap();
    let open: Vec<&Value> = periods.iter().filter(|p| p["to_at"].is_null()).collect();
    assert_eq!(open.len(), 1, "{custody}");
    let unit = jieyou::cli::demo::county::org(key).to_string();
    assert_eq!(open[0]["org_id"], unit.as_str(), "{custody}");
    assert_eq!(custody["ball_with"]["org_id"], unit.as_str());
    for two in periods.windows(2) {
        assert_eq!(two[0]["to_at"], two[1]["from_at"], "{custody}");
    }
}

/// A joint application to the court on a day.
fn application(s: &Story<'_>, day: &str) -> Value {
    json!({"court": "云岭县人民法院", "applicants": s.parties, "applied_on": day})
}
