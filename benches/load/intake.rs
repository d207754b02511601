//! The registration that the write scenario sends.

use serde_json::json;

use crate::county;
use crate::mix::{Rng, matter, person, place, word};

/// The body of `POST /api/v1/cases` from the head of desk `d`: two parties, one issue.
pub fn body(rng: &mut Rng, d: u64) -> String {
    let (first, second, matter) = (person(rng), person(rng), matter(rng));
    let phone = 13_800_000_000 + rng.below(90_000_000);
    json!({
        "type": "neighbour",
        "source": "application",
        "channel": "walk_in",
        "origin_id": county::desk(d),
        "summary": format!("{first}反映，因{matter}与{second}发生争执，多次协商未果，{}，请求调解。", word(rng)),
        "place": place(rng, d),
        "parties": [
            {"role": "applicant", "kind": "natural_person", "name": first, "phone": phone.to_string()},
            {"role": "respondent", "kind": "natural_person", "name": second},
        ],
        "issues": [{"text": matter, "claim": "恢复原状"}],
    })
    .to_string()
}
