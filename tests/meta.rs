//! What the service says of itself.

use crate::support::TestApp;

#[test]
fn health_and_lists_answer() {
    let app = TestApp::new();
    let c = app.anonymous();
    assert_eq!(c.get("/livez").ok()["status"], "ok");
    assert_eq!(c.get("/readyz").ok()["status"], "ready");
    let lists = c.get("/code-lists").ok();
    assert_eq!(lists["data"]["case_type"].as_array().unwrap().len(), 18);
    assert_eq!(lists["data"]["source"].as_array().unwrap().len(), 8);
}

#[test]
fn every_failure_is_a_problem_document() {
    let app = TestApp::new();
    let c = app.anonymous();
    c.get("/nowhere").problem(404, "not_found");
    c.raw("POST", "/livez", &[], vec![])
        .problem(405, "method_not_allowed");
    c.raw("GET", "/livez", &[("content-encoding", "gzip")], vec![])
        .problem(415, "unsupported_media_type");
    c.get("/code-lists?x=1").problem(400, "bad_query");
    let en = app
        .anonymous()
        .english()
        .get("/nowhere")
        .problem(404, "not_found");
    assert_eq!(en["title"], "Does not exist, or you may not see it");
}
