//! Reading a request body: every member is checked, every fault is reported at once.
//!
//! An input type reads itself from an [`Obj`]; each getter notes its own violation with an
//! RFC 6901 pointer and returns `None`, so the reader goes on and the caller learns all faults
//! in one answer. Members nobody asked for are `unknown_field`: a typo is never swallowed.

use std::collections::HashSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::codes::Code;
use super::ids::Id;
use super::secret::Secret;
use super::time::{Instant, LocalDate};

/// One fault of the input: where, and which rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// RFC 6901 JSON pointer into the request body.
    pub pointer: String,
    /// Stable code, e.g. `required`, `too_long`, `invalid_phone`.
    pub code: &'static str,
}

/// A value with its own validity rule.
pub trait Scalar: Sized {
    /// Parses the JSON value or names the rule it breaks.
    fn read(value: &Value) -> Result<Self, &'static str>;
}

/// One JSON object being read.
pub struct Obj<'a> {
    map: &'a Map<String, Value>,
    path: String,
    seen: HashSet<&'a str>,
    faults: &'a mut Vec<Violation>,
}

/// Reads a body with `read`; `Err` lists every violation.
pub fn read_body<T>(
    body: &Value,
    read: impl FnOnce(&mut Obj<'_>) -> Option<T>,
) -> Result<T, Vec<Violation>> {
    let mut faults = Vec::new();
    let out = match body {
        Value::Object(map) => read_object(map, String::new(), &mut faults, read),
        _ => {
            faults.push(Violation {
                pointer: String::new(),
                code: "object_expected",
            });
            None
        }
    };
    match out {
        Some(v) if faults.is_empty() => Ok(v),
        _ if faults.is_empty() => Err(vec![Violation {
            pointer: String::new(),
            code: "invalid",
        }]),
        _ => Err(faults),
    }
}

fn read_object<T>(
    map: &Map<String, Value>,
    path: String,
    faults: &mut Vec<Violation>,
    read: impl FnOnce(&mut Obj<'_>) -> Option<T>,
) -> Option<T> {
    let mut obj = Obj {
        map,
        path,
        seen: HashSet::new(),
        faults,
    };
    let out = read(&mut obj);
    obj.refuse_unknown();
    out
}

impl<'a> Obj<'a> {
    fn pointer(&self, name: &str) -> String {
        format!(
            "{}/{}",
            self.path,
            name.replace('~', "~0").replace('/', "~1")
        )
    }

    /// Notes a violation at member `name`.
    pub fn fault(&mut self, name: &str, code: &'static str) {
        let pointer = self.pointer(name);
        self.faults.push(Violation { pointer, code });
    }

    fn refuse_unknown(&mut self) {
        let unknown: Vec<String> = self
            .map
            .keys()
            .filter(|k| !self.seen.contains(k.as_str()))
            .cloned()
            .collect();
        for name in unknown {
            self.fault(&name, "unknown_field");
        }
    }

    fn raw(&mut self, name: &'a str) -> Option<&'a Value> {
        self.seen.insert(name);
        self.map.get(name).filter(|v| !v.is_null())
    }

    /// True when the member is present (also as `null`).
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    fn scalar<T: Scalar>(&mut self, name: &str, value: &Value) -> Option<T> {
        match T::read(value) {
            Ok(v) => Some(v),
            Err(code) => {
                self.fault(name, code);
                None
            }
        }
    }

    /// A member that must be there.
    pub fn req<T: Scalar>(&mut self, name: &'a str) -> Option<T> {
        match self.raw(name) {
            Some(v) => self.scalar(name, v),
            None => {
                self.fault(name, "required");
                None
            }
        }
    }

    /// A member that may be absent or null: `Some(None)`; `None` means a violation was noted.
    pub fn opt<T: Scalar>(&mut self, name: &'a str) -> Option<Option<T>> {
        match self.raw(name) {
            Some(v) => self.scalar(name, v).map(Some),
            None => Some(None),
        }
    }

    /// A member with a default.
    pub fn or<T: Scalar>(&mut self, name: &'a str, default: T) -> Option<T> {
        self.opt(name).map(|v| v.unwrap_or(default))
    }

    /// A merge-patch member: absent = `Keep`, null = `Clear`, else `Set`.
    pub fn patch<T: Scalar>(&mut self, name: &'a str) -> Option<Patch<T>> {
        self.seen.insert(name);
        match self.map.get(name) {
            None => Some(Patch::Keep),
            Some(Value::Null) => Some(Patch::Clear),
            Some(v) => self.scalar(name, v).map(Patch::Set),
        }
    }

    /// A list of scalars (absent = empty), at most `max`, no repeats.
    pub fn list<T: Scalar>(&mut self, name: &'a str, max: usize) -> Option<Vec<T>> {
        let items = self.array(name, max)?;
        let mut out = Vec::with_capacity(items.len());
        let mut ok = true;
        for (i, item) in items.iter().enumerate() {
            match T::read(item) {
                Ok(v) => out.push(v),
                Err(code) => {
                    ok = false;
                    let pointer = format!("{}/{i}", self.pointer(name));
                    self.faults.push(Violation { pointer, code });
                }
            }
            if items.iter().take(i).any(|earlier| earlier == item) {
                ok = false;
                let pointer = format!("{}/{i}", self.pointer(name));
                self.faults.push(Violation {
                    pointer,
                    code: "duplicate",
                });
            }
        }
        ok.then_some(out)
    }

    /// A list of objects (absent = empty), at most `max`.
    pub fn objects<T>(
        &mut self,
        name: &'a str,
        max: usize,
        mut read: impl FnMut(&mut Obj<'_>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let items = self.array(name, max)?;
        let base = self.pointer(name);
        let mut out = Vec::with_capacity(items.len());
        let mut ok = true;
        for (i, item) in items.iter().enumerate() {
            let path = format!("{base}/{i}");
            match item {
                Value::Object(map) => match read_object(map, path, self.faults, &mut read) {
                    Some(v) => out.push(v),
                    None => ok = false,
                },
                _ => {
                    ok = false;
                    self.faults.push(Violation {
                        pointer: path,
                        code: "object_expected",
                    });
                }
            }
        }
        ok.then_some(out)
    }

    /// An optional nested object.
    pub fn object<T>(
        &mut self,
        name: &'a str,
        read: impl FnOnce(&mut Obj<'_>) -> Option<T>,
    ) -> Option<Option<T>> {
        match self.raw(name) {
            None => Some(None),
            Some(Value::Object(map)) => {
                let path = self.pointer(name);
                read_object(map, path, self.faults, read).map(Some)
            }
            Some(_) => {
                self.fault(name, "object_expected");
                None
            }
        }
    }

    fn array(&mut self, name: &'a str, max: usize) -> Option<&'a [Value]> {
        match self.raw(name) {
            None => Some(&[]),
            Some(Value::Array(items)) if items.len() <= max => Some(items),
            Some(Value::Array(_)) => {
                self.fault(name, "too_many_items");
                None
            }
            Some(_) => {
                self.fault(name, "array_expected");
                None
            }
        }
    }
}

/// What a merge patch says of one member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Patch<T> {
    Keep,
    Clear,
    Set(T),
}

impl<T> Patch<T> {
    /// Applies to an optional field; true when it changed.
    pub fn apply_opt(self, field: &mut Option<T>) -> bool
    where
        T: PartialEq,
    {
        let next = match self {
            Self::Keep => return false,
            Self::Clear => None,
            Self::Set(v) => Some(v),
        };
        let changed = *field != next;
        *field = next;
        changed
    }

    /// Applies to a required field; `null` is no value for it and keeps it (the reader refuses it).
    pub fn apply(self, field: &mut T) -> bool
    where
        T: PartialEq,
    {
        match self {
            Self::Set(v) if *field != v => {
                *field = v;
                true
            }
            _ => false,
        }
    }
}

/// Characters that never belong in text a person reads: they spoof or break other systems.
pub fn is_forbidden_char(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

fn text(value: &Value, max: usize, single_line: bool) -> Result<String, &'static str> {
    let raw = value.as_str().ok_or("string_expected")?;
    if raw
        .chars()
        .any(|c| is_forbidden_char(c) || (single_line && matches!(c, '\n' | '\t')))
    {
        return Err("forbidden_character");
    }
    let clean: String = unicode_normalization::UnicodeNormalization::nfc(raw.trim()).collect();
    match clean.chars().count() {
        0 => Err("empty"),
        n if n > max => Err("too_long"),
        _ => Ok(clean),
    }
}

/// One trimmed NFC line of 1..=N characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<const N: usize>(pub String);

impl<const N: usize> Scalar for Line<N> {
    fn read(value: &Value) -> Result<Self, &'static str> {
        text(value, N, true).map(Self)
    }
}

/// Trimmed NFC text of 1..=N characters, line breaks allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<const N: usize>(pub String);

impl<const N: usize> Scalar for Text<N> {
    fn read(value: &Value) -> Result<Self, &'static str> {
        text(value, N, false).map(Self)
    }
}

/// Confidential text of 1..=N characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretText<const N: usize>(pub Secret);

impl<const N: usize> Scalar for SecretText<N> {
    fn read(value: &Value) -> Result<Self, &'static str> {
        text(value, N, false).map(|t| Self(Secret::new(t)))
    }
}

/// An integer within `MIN..=MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Int<const MIN: i64, const MAX: i64>(pub i64);

impl<const MIN: i64, const MAX: i64> Scalar for Int<MIN, MAX> {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let n = value.as_i64().ok_or("integer_expected")?;
        if n < MIN || n > MAX {
            Err("out_of_range")
        } else {
            Ok(Self(n))
        }
    }
}

/// Money in fen (1/100 yuan), 0 up to ten billion yuan.
pub type Fen = Int<0, 1_000_000_000_000>;

impl Scalar for bool {
    fn read(value: &Value) -> Result<Self, &'static str> {
        value.as_bool().ok_or("boolean_expected")
    }
}

impl Scalar for Instant {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_instant")
    }
}

impl Scalar for LocalDate {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_date")
    }
}

impl<T> Scalar for Id<T> {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_id")
    }
}

impl<C: Code> Scalar for C {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        C::parse(text).ok_or("unknown_code")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_fault_is_reported_at_once() {
        let body = json!({"title": "", "n": "7", "people": [{"name": "甲\u{0}"}, 3], "tpyo": 1});
        let got = read_body(&body, |o| {
            let title = o.req::<Line<20>>("title");
            let n = o.req::<Int<0, 9>>("n");
            let when = o.req::<Instant>("when");
            let people = o.objects("people", 5, |p| p.req::<Line<10>>("name"));
            Some((title?, n?, when?, people?))
        });
        let mut seen: Vec<_> = got
            .unwrap_err()
            .into_iter()
            .map(|v| format!("{} {}", v.pointer, v.code))
            .collect();
        seen.sort();
        assert_eq!(
            seen,
            [
                "/n integer_expected",
                "/people/0/name forbidden_character",
                "/people/1 object_expected",
                "/title empty",
                "/tpyo unknown_field",
                "/when required",
            ]
        );
    }

    #[test]
    fn a_patch_tells_absent_from_null() {
        let body = json!({"a": null, "b": "x"});
        let (a, b, c) = read_body(&body, |o| {
            Some((
                o.patch::<Line<9>>("a")?,
                o.patch::<Line<9>>("b")?,
                o.patch::<Line<9>>("c")?,
            ))
        })
        .unwrap();
        assert_eq!(
            (a, b, c),
            (Patch::Clear, Patch::Set(Line("x".into())), Patch::Keep)
        );
    }
}
