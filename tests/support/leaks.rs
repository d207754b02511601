//! Looking for words where they must not be: every answer of the API, the search, the database, the
//! mails, the exported trail.

use serde_json::json;

use super::{Client, TestApp};

/// The paths of every `GET` of the API whose members are filled from `known` (name, value), except
/// those operations. The trail is asked for the case's own stream.
pub fn readable(known: &[(&str, &str)], except: &[&str]) -> Vec<String> {
    let routes = jieyou::http::routes::all();
    let wanted = routes.filter(|r| r.method == "GET" && !except.contains(&r.operation));
    let mut out: Vec<String> = wanted
        .map(|r| {
            let mut path = r.path.to_owned();
            for (name, value) in known {
                path = path.replace(&format!("{{{name}}}"), value);
            }
            path
        })
        .filter(|path| !path.contains('{'))
        .collect();
    for (_, case) in known.iter().filter(|(name, _)| *name == "case_id") {
        let more = [
            format!("/api/v1/cases/{case}?include=parties,sessions,events"),
            format!("/api/v1/audit/events?stream=case/{case}"),
        ];
        out.extend(more);
    }
    out
}

/// Asserts that nothing this reader gets on these paths holds one of the words; gives how much was
/// answered with content.
#[track_caller]
pub fn never_told(c: &Client<'_>, who: &str, paths: &[String], words: &[&str]) -> usize {
    let mut answered = 0;
    for path in paths {
        let answer = c.get(path);
        for word in words {
            assert!(
                !answer.text.contains(word),
                "{who} reads {word} on {path}: {}",
                answer.text
            );
        }
        answered += usize::from(answer.status == 200);
    }
    answered
}

/// Whether a full-text search of this reader gives the case.
pub fn finds(c: &Client<'_>, case: &str, words: &str) -> bool {
    let body = json!({"text": words}).to_string().into_bytes();
    let headers = [("content-type", "application/json")];
    let found = c.raw("POST", "/api/v1/case-searches", &headers, body);
    found.text.contains(case)
}

/// The whole exported trail.
pub fn exported(app: &TestApp) -> String {
    let mut out = Vec::new();
    app.read(|snap| snap.export_ledger(&mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

/// The records of the access log of this hour that name an object, as stored.
pub fn access_log(app: &TestApp, object: &str) -> Vec<String> {
    let hour: String = app.now().to_string().chars().take(13).collect();
    let stream = format!("reads/{}/{}", app.config.node, hour.replace('T', "-"));
    app.read(|snap| snap.stream_events(&stream, 0, 1_000).unwrap())
        .into_iter()
        .filter_map(|e| e.row.payload)
        .filter(|p| p.contains(object))
        .collect()
}
