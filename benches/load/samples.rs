//! Values that both limits use.

use crate::county::{self, DESKS, Kind, id};
use crate::mix::{Rng, word};

/// As long as the header of a recorded read.
pub const HEADER: &str = r#"{"action":"read","actor":"user/01901111-0000-7000-8000-030000000000","at":"2026-11-24T19:11:54.608062Z","commit":"d82939af822cf7573d529336a2ed259532bed645c9568c645bc387f601e02162","ip_pfx":"127.0.0.0/24","kid":null,"object":"case/01901111-0000-7000-8000-0c0000000001","on_behalf":null,"outcome":"ok","prev":"d82939af822cf7573d529336a2ed259532bed645c9568c645bc387f601e02162","purpose":null,"request_id":"01a20c6683fb776daba1104024fbe1b8","seq":1,"stream":"reads/node1/2026-11-24-19","v":1}"#;
/// As long as its payload.
pub const PAYLOAD: &str = r#"{"type":"read","operation":"get_case","objects":["case/01901111-0000-7000-8000-0c0000000001"],"purpose":null,"results":1}"#;

/// What is kept of a reply besides its body.
pub const KEPT: &str = r#"{"content_type":"application/json; charset=utf-8","headers":[["Location","/api/v1/cases/01901111-0000-7000-8000-0c0000000001"],["ETag","1"]],"reads":[]}"#;

/// As long as the body of a registration's reply with its candidates.
pub fn body() -> String {
    "x".repeat(12_000)
}

/// The ids of a page of fifty of desk `d` and the one that tells whether there is more.
pub fn page(d: u64) -> Vec<String> {
    (1..=51)
        .map(|k| id::<()>(Kind::Case, k * DESKS + d).to_string())
        .collect()
}

/// The ids that the last events of a case name.
pub fn names(d: u64) -> Vec<String> {
    let n = DESKS + d;
    let party = |i| id::<()>(Kind::Party, n * 4 + i).to_string();
    vec![
        county::head(d).to_string(),
        county::desk(d).to_string(),
        county::committee(d).to_string(),
        party(0),
        party(1),
        id::<()>(Kind::Assignment, n).to_string(),
        county::mediator(d, 0).to_string(),
        county::village(d, 1).to_string(),
    ]
}

/// Words as a desk searches for them.
pub fn words(count: usize) -> Vec<String> {
    let mut rng = Rng(7);
    (0..count).map(|_| word(&mut rng)).collect()
}

/// The tokens of a word, all of which must be there.
pub fn tokens(word: &str, and: &str) -> String {
    jieyou::domain::gram::query_tokens(word).join(and)
}
