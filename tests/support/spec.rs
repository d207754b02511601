//! The contract as a checker: every answer of every test must be one that `openapi.yaml` lists.

use std::collections::HashMap;
use std::io::Write;
use std::sync::{Mutex, OnceLock};

use serde_json::Value;

use super::client::Answer;

/// The committed contract.
pub fn document() -> &'static Value {
    static DOC: OnceLock<Value> = OnceLock::new();
    DOC.get_or_init(|| jieyou::http::meta::openapi_as_json().unwrap())
}

/// Finds the template of a concrete path: the one with the most fixed parts.
fn template(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('?').next().unwrap_or(path).split('/').collect();
    let paths = document()["paths"].as_object()?;
    let fits = |t: &str| {
        let wanted: Vec<&str> = t.split('/').collect();
        let open = wanted.iter().filter(|w| w.starts_with('{')).count();
        let ok = wanted.len() == parts.len()
            && wanted
                .iter()
                .zip(&parts)
                .all(|(w, p)| w.starts_with('{') || w == p);
        ok.then_some(open)
    };
    paths
        .keys()
        .filter_map(|t| fits(t).map(|open| (open, t.clone())))
        .min()
        .map(|(_, t)| t)
}

fn resolve(value: &Value) -> Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(r) => document()
            .pointer(r.trim_start_matches('#'))
            .cloned()
            .unwrap_or(Value::Null),
        None => value.clone(),
    }
}

fn validator(schema: &Value) -> jsonschema::Validator {
    let mut root = schema.clone();
    root["components"] = document()["components"].clone();
    jsonschema::validator_for(&root).unwrap()
}

type Compiled = HashMap<String, std::sync::Arc<jsonschema::Validator>>;

fn cached(key: String, schema: &Value) -> std::sync::Arc<jsonschema::Validator> {
    static CACHE: OnceLock<Mutex<Compiled>> = OnceLock::new();
    let mut map = CACHE
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(|e| e.into_inner());
    map.entry(key)
        .or_insert_with(|| std::sync::Arc::new(validator(schema)))
        .clone()
}

fn remember(operation: &str, status: u16) {
    static SEEN: OnceLock<Mutex<std::collections::HashSet<String>>> = OnceLock::new();
    let line = format!("{operation} {status}");
    let mut seen = SEEN
        .get_or_init(Mutex::default)
        .lock()
        .unwrap_or_else(|e| e.into_inner());
    if seen.insert(line.clone()) {
        let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/target/seen");
        let _ = std::fs::create_dir_all(dir);
        let path = format!("{dir}/{}.txt", std::process::id());
        if let Ok(mut f) = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
        {
            let _ = writeln!(f, "{line}");
        }
    }
}

/// Panics when the answer is not one the contract lists for this operation.
#[track_caller]
pub fn check(method: &str, path: &str, request: &[u8], answer: &Answer) {
    let Some(template) = template(path) else {
        assert!(
            answer.status >= 400,
            "{method} {path} answered {} but is not in the contract",
            answer.status
        );
        return;
    };
    let operation = &document()["paths"][&template][method.to_lowercase()];
    if operation.is_null() {
        assert_eq!(
            answer.status, 405,
            "{method} {template} is not in the contract"
        );
        return;
    }
    let name = operation["operationId"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let status = answer.status.to_string();
    let listed = &operation["responses"][&status];
    assert!(
        !listed.is_null(),
        "{name} answered {status}, which the contract does not list: {}",
        answer.text
    );
    remember(&name, answer.status);
    let response = resolve(listed);
    if answer.text.is_empty() {
        return;
    }
    check_link(&name, path, answer);
    let mime = answer
        .header("content-type")
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .to_owned();
    let Some(media) = response["content"].get(&mime) else {
        panic!("{name} {status} answered {mime}, which the contract does not list");
    };
    // An answer cut to some members lacks what the schema requires.
    let cut = path.contains("fields=") && answer.status == 200;
    if mime.ends_with("json") && !media["schema"].is_null() && !cut {
        let body: Value = serde_json::from_str(&answer.text).unwrap();
        fail_on(
            &cached(format!("{name} {status} {mime}"), &media["schema"]),
            &body,
            &format!("{name} {status}"),
        );
    }
    if (200..300).contains(&answer.status) {
        check_request(&name, operation, request);
    }
}

/// A list leads to its next page by its body and by its `Link` alike.
#[track_caller]
fn check_link(name: &str, path: &str, answer: &Answer) {
    let Ok(body) = serde_json::from_str::<Value>(&answer.text) else {
        return;
    };
    let link = answer.header("link");
    match body.pointer("/page/next_cursor").and_then(Value::as_str) {
        Some(cursor) => {
            let link = link.unwrap_or_else(|| panic!("{name} has a next page but no Link"));
            assert!(link.contains(cursor), "{name}: {link}");
            let own = path.split('?').next().unwrap_or(path);
            assert!(link.starts_with(&format!("<{own}?")), "{name}: {link}");
        }
        None => assert_eq!(link, None, "{name}"),
    }
}

/// A body that was taken must be one the contract allows.
fn check_request(name: &str, operation: &Value, request: &[u8]) {
    let content = resolve(&operation["requestBody"])["content"].clone();
    let Some((mime, media)) = content.as_object().and_then(|m| m.iter().next()) else {
        return;
    };
    if !mime.ends_with("json") || request.is_empty() {
        return;
    }
    let body: Value = serde_json::from_slice(request).unwrap();
    fail_on(
        &cached(format!("{name} request"), &media["schema"]),
        &body,
        &format!("{name} request"),
    );
}

fn fail_on(validator: &jsonschema::Validator, body: &Value, what: &str) {
    let faults: Vec<String> = validator
        .iter_errors(body)
        .map(|e| format!("{} at {}", e, e.instance_path()))
        .collect();
    assert!(
        faults.is_empty(),
        "{what} breaks the contract: {faults:#?}\n{body:#}"
    );
}
