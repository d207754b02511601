//! Strict JSON: duplicate members, too deep nesting and U+0000 are refused, which serde_json's
//! own `Value` lets pass.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

const MAX_DEPTH: usize = 32;
const MAX_ITEMS: usize = 1_000;
const FAULTS: &[&str] = &[
    "duplicate member",
    "nested too deep",
    "too many items",
    "forbidden character",
    "number out of range",
];

/// Parses a body.
///
/// # Errors
/// Where and why the text is not JSON that we take; never the value itself.
pub fn parse(bytes: &[u8]) -> Result<Value, String> {
    let mut de = serde_json::Deserializer::from_slice(bytes);
    let value = Node { depth: 0 }.deserialize(&mut de).map_err(place)?;
    de.end().map_err(place)?;
    Ok(value)
}

/// Line and column with our own words only: serde's messages may quote the input.
fn place(e: serde_json::Error) -> String {
    let text = e.to_string();
    let why = FAULTS
        .iter()
        .find(|w| text.contains(**w))
        .unwrap_or(&"syntax");
    format!("{why}, line {} column {}", e.line(), e.column())
}

struct Node {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Node {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom("nested too deep"));
        }
        de.deserialize_any(self)
    }
}

fn clean<E: serde::de::Error>(text: &str) -> Result<String, E> {
    if text.contains('\0') {
        Err(E::custom("forbidden character"))
    } else {
        Ok(text.to_owned())
    }
}

impl<'de> Visitor<'de> for Node {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(Value::Bool(v))
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(Value::from(v))
    }
    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        Number::from_f64(v)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Value, E> {
        clean(v).map(Value::String)
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(v) = seq.next_element_seed(Self {
            depth: self.depth.saturating_add(1),
        })? {
            if out.len() >= MAX_ITEMS {
                return Err(A::Error::custom("too many items"));
            }
            out.push(v);
        }
        Ok(Value::Array(out))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let name = clean::<A::Error>(&name)?;
            if out.len() >= MAX_ITEMS {
                return Err(A::Error::custom("too many items"));
            }
            let value = map.next_value_seed(Self {
                depth: self.depth.saturating_add(1),
            })?;
            if out.insert(name, value).is_some() {
                return Err(A::Error::custom("duplicate member"));
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_serde_lets_pass_is_refused() {
        assert!(
            parse(br#"{"a":1,"a":2}"#)
                .unwrap_err()
                .starts_with("duplicate member")
        );
        assert!(
            parse(br#"{"a":"x\u0000"}"#)
                .unwrap_err()
                .starts_with("forbidden character")
        );
        assert!(
            parse("[".repeat(40).as_bytes())
                .unwrap_err()
                .starts_with("nested too deep")
        );
        assert!(parse(br#"{"a":1e400}"#).is_err());
        assert!(parse(br#"{"a":"\ud800"}"#).is_err());
        assert!(parse(br#"{} x"#).is_err());
        let ok = parse(br#"{"a":[1,null,true,"\u4e2d"]}"#).unwrap();
        assert_eq!(ok, serde_json::json!({"a":[1,null,true,"中"]}));
    }
}
