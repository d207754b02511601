//! What every endpoint does the same way, seen from outside.

use serde_json::json;

use crate::support::{TestApp, stories};

fn names(item: &serde_json::Value) -> Vec<&str> {
    let members = item.as_object().unwrap().keys();
    let mut names: Vec<&str> = members.map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn lists_lead_to_their_next_page_with_the_same_filter() {
    let app = TestApp::new();
    for _ in 0..3 {
        stories::registered_with(&app, "shanglong", stories::neighbours());
    }
    let desk = app.client(stories::place("shanglong").clerk);
    let mut path = "/api/v1/cases?limit=1&type=neighbour&fields=code".to_owned();
    let mut codes = Vec::new();
    loop {
        let page = desk.get(&path);
        let link = page.header("link").map(str::to_owned);
        let body = page.ok();
        assert_eq!(names(&body["data"][0]), ["code", "id"]);
        codes.push(body["data"][0]["code"].to_string());
        let Some(link) = link else { break };
        let target = link.strip_prefix('<').unwrap();
        let (target, rest) = target.split_once('>').unwrap();
        assert_eq!(rest, "; rel=\"next\"");
        assert!(target.contains("type=neighbour") && target.contains("limit=1"));
        assert_eq!(target.matches("cursor=").count(), 1, "{target}");
        path = target.to_owned();
    }
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 3);
}

#[test]
fn reads_are_cut_to_the_members_asked_for() {
    let app = TestApp::new();
    let story = stories::registered_with(&app, "shanglong", stories::neighbours());
    let desk = story.clerk(&app);
    let whole = desk.get(&story.path(""));
    let some = desk.get(&format!("{}?fields=state,version", story.path("")));
    assert_eq!(some.header("etag"), whole.header("etag"));
    let body = some.clone().ok();
    assert_eq!(names(&body), ["id", "state", "version"]);
    // The tag serves as ever: for another read and for an act.
    let tag = some.header("etag").unwrap().to_owned();
    let path = format!("/api/v1{}?fields=state,version", story.path(""));
    let again = desk.raw("GET", &path, &[("if-none-match", &tag)], Vec::new());
    assert_eq!((again.status, again.text.as_str()), (304, ""));
    // Of a list, each item is cut; of a thing without a version the tag is that of the whole.
    let me = desk.get("/auth/me");
    let part = desk.get("/auth/me?fields=rights");
    assert_eq!(part.header("etag"), me.header("etag"));
    assert_eq!(names(&part.ok()), ["rights"]);
    for bad in [
        "fields=",
        "fields=statt",
        "fields=state,",
        "fields=state%2Cdata",
    ] {
        let path = format!("{}?{bad}", story.path(""));
        desk.get(&path).problem(400, "bad_query");
    }
    // What is no read of members has no such choice.
    desk.raw("GET", "/docs?fields=id", &[], Vec::new());
    app.anonymous()
        .get("/cases?fields=id")
        .problem(401, "unauthenticated");
}

#[test]
fn every_answer_to_a_known_caller_tells_what_is_left() {
    let app = TestApp::with(|config| {
        config.rate_per_second = 1;
        config.rate_burst = 3;
    });
    let desk = app.client("lindeshui");
    let mut left = Vec::new();
    let refused = loop {
        let answer = desk.get("/auth/me");
        assert_eq!(answer.header("ratelimit-policy"), Some("\"user\";q=3;w=3"));
        let limit = answer.header("ratelimit").unwrap().to_owned();
        if answer.status == 429 {
            break (answer, limit);
        }
        left.push(limit);
    };
    assert_eq!(left[0], "\"user\";r=2;t=1");
    assert!(left.len() >= 3);
    assert_eq!(refused.1, "\"user\";r=0;t=3");
    assert_eq!(refused.0.header("retry-after"), Some("1"));
    refused.0.problem(429, "too_many_requests");
    // Problems tell it too; nobody's requests are not counted.
    let other = app.client("chenyuee");
    let missing = other.get("/cases/00000000-0000-7000-8000-000000000000");
    assert_eq!(missing.header("ratelimit"), Some("\"user\";r=2;t=1"));
    missing.problem(404, "not_found");
    let nobody = app.anonymous().get("/livez");
    assert_eq!(nobody.header("ratelimit"), None);
}

#[test]
fn names_of_requests_come_back_and_traces_disturb_nobody() {
    let app = TestApp::new();
    let desk = app.client("lindeshui");
    for (given, kept) in [
        ("batch-7_a", true),
        ("with space", false),
        ("", false),
        (&"x".repeat(65) as &str, false),
    ] {
        let answer = desk.raw("GET", "/api/v1/auth/me", &[("x-request-id", given)], vec![]);
        assert_eq!(
            answer.header("x-request-id") == Some(given),
            kept,
            "{given}"
        );
        answer.ok();
    }
    for trace in [
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "nonsense",
    ] {
        let headers = [("traceparent", trace)];
        desk.raw("GET", "/api/v1/auth/me", &headers, vec![]).ok();
    }
    let named = desk.with("x-request-id", "act-1");
    let answer = named.post("/cases", json!({}));
    assert_eq!(answer.header("x-request-id"), Some("act-1"));
    assert_eq!(answer.json()["request_id"], "act-1");
}

#[test]
fn what_is_deprecated_says_so_on_every_answer() {
    let app = TestApp::new();
    let story = stories::registered_with(&app, "shanglong", stories::neighbours());
    let desk = app.client(stories::place("shanglong").clerk);
    for who in [desk, app.client("sysadmin")] {
        let old = who.get(&story.path("dossier-check"));
        assert!(old.header("deprecation").unwrap().starts_with('@'));
        assert!(old.header("sunset").unwrap().ends_with(" GMT"));
        let new = who.get(&story.path("dossier"));
        assert_eq!(
            (new.header("deprecation"), new.header("sunset")),
            (None, None)
        );
        assert_eq!(old.status, new.status);
    }
}
