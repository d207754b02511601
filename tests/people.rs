//! Parties and participants over HTTP.

use crate::support::{TestApp, stories};

#[test]
fn a_case_is_accepted_in_villages_and_townships() {
    let app = TestApp::new();
    for unit in [
        "shanglong",
        "zhukeng",
        "wanghu",
        "fengxi",
        "liping",
        "county",
    ] {
        let story = stories::accepted_case(&app, unit);
        let case = story.now(&app);
        assert_eq!(case["state"], "accepted", "{unit}");
        assert_eq!(case["next_step"], "assign", "{unit}");
    }
}
