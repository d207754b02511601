//! Canonical JSON (RFC 8785) for the subset the ledger uses: objects, arrays, strings, integers
//! within ±(2^53 - 1), booleans and null. Other numbers are refused, never rounded.

use std::cmp::Ordering;

use serde_json::Value;

use super::{Hash, LedgerError, MAX_INT};

/// The deepest nesting of a value, so that no reader needs an unbounded stack.
pub const MAX_DEPTH: usize = 64;

/// The canonical text of a value. Fails on floats, large integers and deep nesting.
pub fn to_text(value: &Value) -> Result<String, LedgerError> {
    let mut out = String::with_capacity(256);
    write_value(&mut out, value)?;
    Ok(out)
}

/// Appends the canonical text of a value. After an error the tail of `out` is unspecified.
pub fn write_value(out: &mut String, value: &Value) -> Result<(), LedgerError> {
    write_nested(out, value, 0)
}

fn write_nested(out: &mut String, value: &Value, depth: usize) -> Result<(), LedgerError> {
    if depth > MAX_DEPTH {
        return Err(LedgerError::TooDeep);
    }
    let deeper = depth.saturating_add(1);
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::String(text) => write_str(out, text),
        Value::Number(number) => {
            let negative = number.as_i64().is_some_and(|n| n < 0);
            let size = number.as_u64().or(number.as_i64().map(i64::unsigned_abs));
            let size = size.ok_or(LedgerError::Float)?;
            if size > MAX_INT {
                return Err(LedgerError::IntegerRange);
            }
            if negative {
                out.push('-');
            }
            write_u64(out, size);
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_nested(out, item, deeper)?;
            }
            out.push(']');
        }
        Value::Object(map) => {
            // The map keeps insertion order, so the members are sorted here.
            let mut members: Vec<(&String, &Value)> = map.iter().collect();
            members.sort_unstable_by(|a, b| utf16_order(a.0, b.0));
            out.push('{');
            for (place, (name, item)) in members.into_iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write_str(out, name);
                out.push(':');
                write_nested(out, item, deeper)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// RFC 8785 sorts by UTF-16 code units, which differs from UTF-8 order only where a name has
/// characters beyond U+FFFF.
fn utf16_order(a: &str, b: &str) -> Ordering {
    if a.is_ascii() || b.is_ascii() {
        return a.cmp(b);
    }
    a.encode_utf16().cmp(b.encode_utf16())
}

/// The bytes that a canonical string escapes; all of them are whole ASCII characters.
fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends a JSON string with the escapes of RFC 8785 section 3.2.2.2 and no others.
pub(super) fn write_str(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(is_escaped) {
        let (plain, tail) = rest.split_at(at);
        out.push_str(plain);
        let mut chars = tail.chars();
        if let Some(c) = chars.next() {
            write_escape(out, c);
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out.push('"');
}

fn write_escape(out: &mut String, c: char) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\u{8}' => out.push_str("\\b"),
        '\t' => out.push_str("\\t"),
        '\n' => out.push_str("\\n"),
        '\u{c}' => out.push_str("\\f"),
        '\r' => out.push_str("\\r"),
        other => {
            let code = u32::from(other);
            out.push_str("\\u00");
            for nibble in [code >> 4 & 15, code & 15] {
                out.push(char::from_digit(nibble, 16).unwrap_or('0'));
            }
        }
    }
}

pub(super) fn write_u64(out: &mut String, value: u64) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(out, "{value}");
}

/// Writes one flat canonical object. The caller gives the members in sorted order.
pub(super) struct Members<'a> {
    out: &'a mut String,
    first: bool,
}

impl<'a> Members<'a> {
    pub(super) fn open(out: &'a mut String) -> Self {
        out.push('{');
        Self { out, first: true }
    }

    pub(super) fn close(self) {
        self.out.push('}');
    }

    /// Starts a member; the caller appends its value to the returned text. Names are plain ASCII.
    pub(super) fn name(&mut self, name: &'static str) -> &mut String {
        self.out.push_str(if self.first { "\"" } else { ",\"" });
        self.first = false;
        self.out.push_str(name);
        self.out.push_str("\":");
        self.out
    }

    pub(super) fn text(&mut self, name: &'static str, value: &str) {
        write_str(self.name(name), value);
    }

    pub(super) fn opt_text(&mut self, name: &'static str, value: Option<&str>) {
        match value {
            Some(text) => self.text(name, text),
            None => self.name(name).push_str("null"),
        }
    }

    pub(super) fn int(&mut self, name: &'static str, value: u64) {
        write_u64(self.name(name), value);
    }

    pub(super) fn flag(&mut self, name: &'static str, value: bool) {
        self.name(name)
            .push_str(if value { "true" } else { "false" });
    }

    pub(super) fn hash(&mut self, name: &'static str, value: &Hash) {
        let mut digits = [0_u8; 64];
        let text = match hex::encode_to_slice(value, &mut digits) {
            Ok(()) => std::str::from_utf8(&digits).unwrap_or_default(),
            Err(_) => "",
        };
        self.text(name, text);
    }

    pub(super) fn opt_hash(&mut self, name: &'static str, value: Option<&Hash>) {
        match value {
            Some(hash) => self.hash(name, hash),
            None => self.name(name).push_str("null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn canonical(text: &str) -> Result<String, LedgerError> {
        to_text(&serde_json::from_str::<Value>(text).unwrap())
    }

    #[test]
    fn rfc_8785_literals_and_strings() {
        // Section 3.2.2, without its non-integer numbers.
        let text = r#"{"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}"#;
        let want =
            "{\"literals\":[null,true,false],\"string\":\"€$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(canonical(text).unwrap(), want);
    }

    #[test]
    fn rfc_8785_sorting_by_utf16_units() {
        // Section 3.2.3: U+FB33 sorts after the surrogates of U+1F600, unlike in UTF-8 order.
        let text = r#"{"\u20ac":"Euro Sign","\r":"Carriage Return","\ufb33":"Hebrew Letter Dalet With Dagesh",
            "1":"One","\ud83d\ude00":"Emoji: Grinning Face","\u0080":"Control","\u00f6":"Latin Small Letter O With Diaeresis"}"#;
        let got = canonical(text).unwrap();
        let order: Vec<usize> = [
            "Carriage Return",
            "One",
            "Control",
            "Latin Small",
            "Euro",
            "Emoji",
            "Hebrew",
        ]
        .iter()
        .map(|word| got.find(word).unwrap())
        .collect();
        assert!(order.is_sorted(), "{got}");
    }

    #[test]
    fn rfc_8785_test_suite_values_and_structures() {
        let structures = r#"{"1":{"f":{"f":"hi","F":5},"\n":56},"10":{},"":"empty","a":{},"111":[{"e":"yes","E":"no"}],"A":{}}"#;
        let want = r#"{"":"empty","1":{"\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{"E":"no","e":"yes"}],"A":{},"a":{}}"#;
        assert_eq!(canonical(structures).unwrap(), want);
        let arrays = r#"[56,{"d":true,"10":null,"1":[]}]"#;
        assert_eq!(
            canonical(arrays).unwrap(),
            r#"[56,{"1":[],"10":null,"d":true}]"#
        );
        let french = r#"{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ignore locale"}"#;
        assert_eq!(canonical(french).unwrap(), french);
        let unicode = r#"{"Unnormalized Unicode":"A\u030a"}"#;
        assert_eq!(
            canonical(unicode).unwrap(),
            "{\"Unnormalized Unicode\":\"A\u{30a}\"}"
        );
        let weird = "{\"\\u0080\":\"c\",\"</script>\":\"x\",\"\\u007f\":\"d\"}";
        assert_eq!(
            canonical(weird).unwrap(),
            "{\"</script>\":\"x\",\"\u{7f}\":\"d\",\"\u{80}\":\"c\"}"
        );
    }

    #[test]
    fn every_control_character_has_one_form() {
        for code in 0..0x20_u32 {
            let c = char::from_u32(code).unwrap();
            let got = to_text(&json!(c.to_string())).unwrap();
            let want = match c {
                '\u{8}' => "\"\\b\"".into(),
                '\t' => "\"\\t\"".into(),
                '\n' => "\"\\n\"".into(),
                '\u{c}' => "\"\\f\"".into(),
                '\r' => "\"\\r\"".into(),
                _ => format!("\"\\u{code:04x}\""),
            };
            assert_eq!(got, want);
        }
    }

    #[test]
    fn integers_only() {
        assert_eq!(canonical("9007199254740991").unwrap(), "9007199254740991");
        assert_eq!(canonical("-9007199254740991").unwrap(), "-9007199254740991");
        assert_eq!(canonical("0").unwrap(), "0");
        assert_eq!(
            canonical("9007199254740992"),
            Err(LedgerError::IntegerRange)
        );
        assert_eq!(
            canonical("-9007199254740992"),
            Err(LedgerError::IntegerRange)
        );
        assert_eq!(
            canonical("18446744073709551615"),
            Err(LedgerError::IntegerRange)
        );
        for text in ["1.0", "1e3", "-0", "0.5", "123456789012345678901234567890"] {
            assert_eq!(canonical(text), Err(LedgerError::Float), "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |n| (0..n).fold(json!(1), |inner, _| json!([inner]));
        assert!(to_text(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(to_text(&nested(MAX_DEPTH + 1)), Err(LedgerError::TooDeep));
    }

    proptest::proptest! {
        #[test]
        fn canonical_text_reads_back_and_is_stable(text in ".*", key in ".*", n in -9_007_199_254_740_991_i64..=9_007_199_254_740_991) {
            let value = json!({ key: [text, n, null], "b": {"z": true, "a": false} });
            let once = to_text(&value).unwrap();
            let back: Value = serde_json::from_str(&once).unwrap();
            proptest::prop_assert_eq!(&back, &value);
            proptest::prop_assert_eq!(to_text(&back).unwrap(), once);
        }
    }
}
