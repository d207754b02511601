//! The contract: written in `api-spec/parts`, bundled in `openapi.yaml`, bound to the code.

use std::collections::BTreeSet;
use std::path::Path;

use jieyou::http::routes;
use serde_json::Value;

use crate::support::spec::document;

fn merge(into: &mut Value, from: Value, at: &str) {
    match (into, from) {
        (Value::Object(a), Value::Object(b)) => {
            for (name, value) in b {
                let place = format!("{at}/{name}");
                match a.get_mut(&name) {
                    Some(old) => merge(old, value, &place),
                    None => {
                        a.insert(name, value);
                    }
                }
            }
        }
        (_, _) => panic!("{at} stands in two parts"),
    }
}

/// What the edge may answer to any operation, before it is even looked at.
const EDGE: &[(&str, &str)] = &[
    ("400", "BadRequest"),
    ("406", "NotAcceptable"),
    ("413", "TooLarge"),
    ("415", "UnsupportedMediaType"),
    ("500", "Internal"),
    ("503", "Unavailable"),
    ("507", "StorageFull"),
];

/// Lists the edge's answers with every operation that does not describe them itself.
fn add_edge_answers(whole: &mut Value) {
    for item in whole["paths"].as_object_mut().unwrap().values_mut() {
        for (method, operation) in item.as_object_mut().unwrap() {
            if method == "parameters" {
                continue;
            }
            let responses = operation["responses"].as_object_mut().unwrap();
            for (status, name) in EDGE {
                if !responses.contains_key(*status) {
                    let reference =
                        serde_json::json!({"$ref": format!("#/components/responses/{name}")});
                    responses.insert((*status).to_owned(), reference);
                }
            }
        }
    }
}

fn header_refs(names: &[&str]) -> Value {
    let mut out = serde_json::Map::new();
    for name in names {
        let place = name.replace('-', "").replace("XRequestId", "RequestId");
        let reference = serde_json::json!({"$ref": format!("#/components/headers/{place}")});
        out.insert((*name).to_owned(), reference);
    }
    Value::Object(out)
}

/// Adds headers that a response does not describe itself.
fn add_headers(response: &mut Value, names: &[&str]) {
    if response.get("$ref").is_some() {
        return;
    }
    let Value::Object(wanted) = header_refs(names) else {
        unreachable!()
    };
    let response = response.as_object_mut().unwrap();
    let headers = response
        .entry("headers")
        .or_insert_with(|| serde_json::json!({}));
    let headers = headers.as_object_mut().unwrap();
    for (name, reference) in wanted {
        headers.entry(name).or_insert(reference);
    }
}

/// Lists what the edge takes from, and says with, every operation: names of requests and traces,
/// limits, tags, the way to the next page, the choice of members.
fn add_edge_headers(whole: &mut Value) {
    let limits = ["X-Request-Id", "RateLimit-Policy", "RateLimit"];
    let known = jieyou::http::fields::members_in(whole);
    for response in whole["components"]["responses"]
        .as_object_mut()
        .unwrap()
        .values_mut()
    {
        add_headers(response, &limits);
    }
    for item in whole["paths"].as_object_mut().unwrap().values_mut() {
        for (method, operation) in item.as_object_mut().unwrap() {
            if method == "parameters" {
                continue;
            }
            let open = operation["security"].as_array().is_some_and(Vec::is_empty);
            let paged = operation["parameters"].as_array().is_some_and(|p| {
                p.iter()
                    .any(|r| r["$ref"] == "#/components/parameters/Cursor")
            });
            let name = operation["operationId"].as_str().unwrap_or_default();
            let mut more = vec!["RequestId", "TraceParent"];
            if known.contains_key(name) {
                more.push("Fields");
            }
            let parameters = operation
                .as_object_mut()
                .unwrap()
                .entry("parameters")
                .or_insert_with(|| serde_json::json!([]));
            for name in more {
                let reference =
                    serde_json::json!({"$ref": format!("#/components/parameters/{name}")});
                parameters.as_array_mut().unwrap().push(reference);
            }
            for (status, response) in operation["responses"].as_object_mut().unwrap() {
                let shared = if open { &limits[..1] } else { &limits[..] };
                add_headers(response, shared);
                if status == "200" && method == "get" {
                    add_headers(response, &["ETag"]);
                }
                if status == "200" && paged {
                    add_headers(response, &["Link"]);
                }
            }
        }
    }
}

/// `openapi.yaml` is exactly its parts. `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_bundle_is_its_parts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("api-spec");
    let mut parts: Vec<_> = std::fs::read_dir(root.join("parts"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    parts.sort();
    let mut whole = Value::Object(serde_json::Map::new());
    for part in parts {
        let text = std::fs::read_to_string(&part).unwrap();
        let mut value: serde_norway::Value =
            serde_norway::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", part.display()));
        // `<<: *anchor` is how parts share lists of responses; the bundle knows no anchors.
        value.apply_merge().unwrap();
        merge(&mut whole, serde_json::to_value(value).unwrap(), "");
    }
    add_edge_answers(&mut whole);
    add_edge_headers(&mut whole);
    let target = root.join("openapi.yaml");
    let wanted = format!(
        "# Made of api-spec/parts; see tests/contract.rs.\n{}",
        serde_norway::to_string(&whole).unwrap()
    );
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&target, wanted).unwrap();
        return;
    }
    assert_eq!(
        std::fs::read_to_string(&target).unwrap(),
        wanted,
        "run the tests with UPDATE_GOLDEN=1"
    );
}

/// Every route is in the contract and every operation is a route.
#[test]
fn routes_and_contract_are_the_same_set() {
    let ours: BTreeSet<String> = routes::all()
        .map(|r| format!("{} {} {}", r.method, r.path, r.operation))
        .collect();
    let mut theirs = BTreeSet::new();
    for (path, item) in document()["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            theirs.insert(format!(
                "{} {path} {}",
                method.to_uppercase(),
                operation["operationId"].as_str().unwrap_or("?")
            ));
        }
    }
    let missing: Vec<_> = ours.difference(&theirs).collect();
    let extra: Vec<_> = theirs.difference(&ours).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not in the contract: {missing:#?}\nnot routes: {extra:#?}"
    );
}

/// Every `$ref` leads somewhere.
#[test]
fn every_reference_resolves() {
    fn walk(v: &Value, out: &mut Vec<String>) {
        match v {
            Value::Object(m) => {
                if let Some(r) = m.get("$ref").and_then(Value::as_str)
                    && document().pointer(r.trim_start_matches('#')).is_none()
                {
                    out.push(r.to_owned());
                }
                m.values().for_each(|v| walk(v, out));
            }
            Value::Array(a) => a.iter().for_each(|v| walk(v, out)),
            _ => {}
        }
    }
    let mut broken = Vec::new();
    walk(document(), &mut broken);
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What the route table calls deprecated the contract does too, a year or more before its end.
#[test]
fn deprecated_routes_are_marked_and_stay_a_year() {
    let doc = document();
    for route in routes::all() {
        let operation = &doc["paths"][route.path][route.method.to_lowercase()];
        let marked = operation["deprecated"] == true;
        assert_eq!(route.deprecated.is_some(), marked, "{}", route.operation);
        if let Some(mark) = route.deprecated {
            let (since, sunset) = mark.days().expect("two dates");
            assert!(sunset >= since.plus_months(12), "{}", route.operation);
        }
    }
}
