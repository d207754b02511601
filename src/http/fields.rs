//! `fields=`: only some members of what a read answers.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Map, Value};

use super::meta::openapi_as_json;
use super::route::{Route, Run};
use crate::error::{Code, Error};
use crate::reply::Reply;

/// Members of a query that choose the members of the answer.
const NAME: &str = "fields";
/// Never left out: an item without it could not be asked for again.
const ALWAYS: &str = "id";

fn bad() -> Error {
    Error::with(Code::BadQuery, NAME)
}

/// Takes `fields` out of the query of a read whose answer has members to choose from.
///
/// # Errors
/// `bad_query` when a name is none of the members of this answer.
pub fn asked(
    route: &Route,
    query: &mut Vec<(String, String)>,
) -> Result<Option<BTreeSet<String>>, Error> {
    let known = match route.run {
        Run::Read(_) if route.method == "GET" => members().get(route.operation),
        _ => None,
    };
    let Some(known) = known else {
        return Ok(None);
    };
    let Some(at) = query.iter().position(|(name, _)| name == NAME) else {
        return Ok(None);
    };
    let (_, text) = query.swap_remove(at);
    let mut out = BTreeSet::new();
    for name in text.split(',') {
        if !known.contains(name) {
            return Err(bad());
        }
        out.insert(name.to_owned());
    }
    out.insert(ALWAYS.to_owned());
    Ok(Some(out))
}

/// Leaves out what was not asked for: of each item of a list, of a single thing itself. The tag
/// stays that of the whole, so that `If-Match` can be sent with it.
///
/// # Errors
/// When the answer is no JSON.
pub fn cut(fields: &BTreeSet<String>, mut reply: Reply) -> Result<Reply, Error> {
    if reply.status != 200 {
        return Ok(reply);
    }
    if !reply.headers.iter().any(|(n, _)| n == "ETag") {
        reply = reply.tagged();
    }
    let mut body: Value = serde_json::from_str(&reply.body).map_err(Error::internal)?;
    let keep = |item: &mut Value| {
        if let Some(item) = item.as_object_mut() {
            item.retain(|name, _| fields.contains(name));
        }
    };
    match body.get_mut("data").and_then(Value::as_array_mut) {
        Some(items) => items.iter_mut().for_each(keep),
        None => keep(&mut body),
    }
    reply.body = serde_json::to_string(&body).map_err(Error::internal)?;
    Ok(reply)
}

/// The members of the answer of each read, as the contract names them.
fn members() -> &'static BTreeMap<String, BTreeSet<String>> {
    static MEMBERS: OnceLock<BTreeMap<String, BTreeSet<String>>> = OnceLock::new();
    MEMBERS.get_or_init(|| {
        openapi_as_json()
            .map(|doc| members_in(&doc))
            .unwrap_or_default()
    })
}

/// The same of any contract.
pub fn members_in(doc: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut out = BTreeMap::new();
    let none = Map::new();
    let paths = doc["paths"].as_object().unwrap_or(&none);
    for get in paths.values().filter_map(|item| item.get("get")) {
        let open = get["security"].as_array().is_some_and(Vec::is_empty);
        let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
        let whole = properties(doc, schema);
        let found = match whole.get("data").map(|data| &resolved(doc, data)["items"]) {
            Some(items) if !items.is_null() => properties(doc, items),
            _ => whole,
        };
        if let Some(operation) = get["operationId"].as_str()
            && !open
            && !found.is_empty()
        {
            out.insert(operation.to_owned(), found.into_keys().collect());
        }
    }
    out
}

fn resolved<'a>(doc: &'a Value, schema: &'a Value) -> &'a Value {
    schema["$ref"]
        .as_str()
        .and_then(|r| doc.pointer(r.trim_start_matches('#')))
        .unwrap_or(schema)
}

/// The properties of a schema, through references and combinations.
fn properties<'a>(doc: &'a Value, schema: &'a Value) -> BTreeMap<String, &'a Value> {
    let schema = resolved(doc, schema);
    let mut out = BTreeMap::new();
    for word in ["allOf", "anyOf", "oneOf"] {
        for part in schema[word].as_array().into_iter().flatten() {
            out.extend(properties(doc, part));
        }
    }
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        out.insert(name.clone(), value);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_contract_names_the_members() {
        let cases = &members()["list_cases"];
        assert!(cases.contains("id") && cases.contains("state") && !cases.contains("data"));
        assert!(members()["get_case"].contains("version"));
        assert!(!members().contains_key("accept_case") && !members().contains_key("openapi_json"));
    }

    #[test]
    fn only_what_was_asked_for_stays_and_the_tag_is_that_of_the_whole() {
        let fields = BTreeSet::from(["id".to_owned(), "b".to_owned()]);
        let one = Reply::json(200, &serde_json::json!({"id": 1, "a": 2, "b": 3})).unwrap();
        let whole = one.clone().tagged();
        let cut_one = cut(&fields, one).unwrap();
        assert_eq!(cut_one.body, r#"{"id":1,"b":3}"#);
        assert_eq!(cut_one.headers, whole.headers);
        let list = serde_json::json!({"data": [{"id": 1, "a": 2}], "page": {"has_more": false}});
        let cut_list = cut(&fields, Reply::json(200, &list).unwrap()).unwrap();
        assert_eq!(
            cut_list.body,
            r#"{"data":[{"id":1}],"page":{"has_more":false}}"#
        );
    }
}
