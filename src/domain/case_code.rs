//! How a case is called: the public code a party keeps, and the number the committee files it by.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::fold::half_width;
use super::input::{Scalar, is_forbidden_char};

/// Crockford's digits: no I, L, O, U, which are misread or spell words.
const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "YL";
const BITS: u32 = 40;
const SYMBOLS: u32 = BITS / 5;

/// The opaque public code of a case, `YL-7K3D-9QWM-5` (一案一码): 40 random bits and a check
/// character. It tells nothing about the case and cannot be counted up to the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseCode(u64);

impl CaseCode {
    /// The code of these random bits; uniqueness is the store's business.
    pub fn from_random(bits: [u8; 5]) -> Self {
        Self(bits.iter().fold(0, |n, b| (n << 8) | u64::from(*b)))
    }

    /// Reads a code as people write it: small letters, full-width characters, missing or extra
    /// dashes and blanks, O for 0, I or L for 1. A wrong check character is refused.
    pub fn parse(text: &str) -> Option<Self> {
        let plain: String = half_width(text)
            .chars()
            .filter(|c| !matches!(c, ' ' | '-' | '\u{2010}'..='\u{2015}'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        let symbols = plain
            .strip_prefix(PREFIX)?
            .chars()
            .map(value_of)
            .collect::<Option<Vec<u8>>>()?;
        let (check, data) = symbols.split_last()?;
        if data.len() != usize::try_from(SYMBOLS).ok()? {
            return None;
        }
        let code = Self(data.iter().fold(0, |n, v| (n << 5) | u64::from(*v)));
        (code.check_value() == *check).then_some(code)
    }

    fn values(self) -> impl Iterator<Item = u8> {
        (0..SYMBOLS)
            .rev()
            .map(move |place| u8::try_from((self.0 >> (place * 5)) & 31).unwrap_or(0))
    }

    /// A weighted sum in GF(32). All weights differ and none is zero or the check's own 1, so any
    /// single wrong character and any two swapped ones are noticed.
    fn check_value(self) -> u8 {
        let mut weight = 1;
        self.values().fold(0, |sum, v| {
            weight = gf32_double(weight);
            sum ^ gf32_product(v, weight)
        })
    }
}

/// `YL-XXXX-XXXX-C`.
impl fmt::Display for CaseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        let check = self.check_value();
        for (i, v) in self.values().chain([check]).enumerate() {
            if i % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{}", symbol_of(v))?;
        }
        Ok(())
    }
}

impl Serialize for CaseCode {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl Scalar for CaseCode {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_case_code")
    }
}

fn symbol_of(value: u8) -> char {
    ALPHABET.chars().nth(usize::from(value & 31)).unwrap_or('0')
}

fn value_of(symbol: char) -> Option<u8> {
    let symbol = match symbol {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    u8::try_from(ALPHABET.find(symbol)?).ok()
}

/// Times x modulo x⁵ + x² + 1.
fn gf32_double(a: u8) -> u8 {
    let doubled = a << 1;
    if doubled & 32 == 0 {
        doubled
    } else {
        doubled ^ 0b10_0101
    }
}

fn gf32_product(a: u8, b: u8) -> u8 {
    let mut sum = 0;
    let mut power = b;
    for bit in 0..5 {
        if a >> bit & 1 == 1 {
            sum ^= power;
        }
        power = gf32_double(power);
    }
    sum
}

const MAX_TEMPLATE_CHARS: usize = 60;

/// How a committee writes its case numbers, e.g. `（{year}）{prefix}人调字第{seq}号`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseNoTemplate {
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Fixed(String),
    Year,
    Prefix,
    Seq,
}

impl CaseNoTemplate {
    /// The usual form, with the full-width brackets of case numbers.
    pub const DEFAULT: &'static str = "（{year}）{prefix}人调字第{seq}号";

    /// Reads a template on one line of at most 60 characters. `{year}` and `{seq}` must be there
    /// once, or two cases of a committee would share a number; `{prefix}` may be, once.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let forbidden = |c: char| is_forbidden_char(c) || matches!(c, '\n' | '\t');
        if text.chars().count() > MAX_TEMPLATE_CHARS || text.chars().any(forbidden) {
            return None;
        }
        let parts = parts(text)?;
        let count = |part: &Part| parts.iter().filter(|p| *p == part).count();
        let sound = count(&Part::Year) == 1 && count(&Part::Seq) == 1 && count(&Part::Prefix) <= 1;
        sound.then(|| Self {
            text: text.to_owned(),
            parts,
        })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The case number, `（2026）云岭人调字第15号`.
    pub fn render(&self, year: i16, prefix: &str, seq: i64) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Fixed(text) => text.clone(),
                Part::Year => year.to_string(),
                Part::Prefix => prefix.to_owned(),
                Part::Seq => seq.to_string(),
            })
            .collect()
    }
}

impl Default for CaseNoTemplate {
    fn default() -> Self {
        let fixed = |text: &str| Part::Fixed(text.to_owned());
        Self {
            text: Self::DEFAULT.to_owned(),
            parts: vec![
                fixed("（"),
                Part::Year,
                fixed("）"),
                Part::Prefix,
                fixed("人调字第"),
                Part::Seq,
                fixed("号"),
            ],
        }
    }
}

impl Serialize for CaseNoTemplate {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.text)
    }
}

impl Scalar for CaseNoTemplate {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_template")
    }
}

fn parts(text: &str) -> Option<Vec<Part>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((fixed, tail)) = rest.split_once('{') {
        let (name, after) = tail.split_once('}')?;
        push_fixed(&mut out, fixed)?;
        out.push(match name {
            "year" => Part::Year,
            "prefix" => Part::Prefix,
            "seq" => Part::Seq,
            _ => return None,
        });
        rest = after;
    }
    push_fixed(&mut out, rest)?;
    Some(out)
}

/// `None` when a closing brace stands alone.
fn push_fixed(out: &mut Vec<Part>, text: &str) -> Option<()> {
    if text.contains('}') {
        return None;
    }
    if !text.is_empty() {
        out.push(Part::Fixed(text.to_owned()));
    }
    Some(())
}

/// The number of the `n`-th agreement (from 1) of a case, `（2026）云岭人调字第15号-1`.
pub fn agreement_no(case_no: &str, n: i64) -> String {
    format!("{case_no}-{n}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_code_has_its_form() {
        let code = CaseCode::from_random([0x3C, 0xC6, 0xD4, 0xDF, 0x94]);
        let text = code.to_string();
        assert_eq!(text.len(), "YL-XXXX-XXXX-C".len());
        assert!(text.starts_with("YL-7K3D-9QWM-"), "{text}");
        assert_eq!(CaseCode::read(&json!(text)), Ok(code));
        assert_eq!(CaseCode::from_random([0; 5]).to_string(), "YL-0000-0000-0");
    }

    #[test]
    fn a_code_is_read_as_people_write_it() {
        let code = CaseCode::from_random([0, 0x44, 0x32, 0x14, 0xC7]);
        let text = code.to_string();
        assert!(text.starts_with("YL-0123-4567-"), "{text}");
        for spelt in [
            text.to_lowercase(),
            text.replace('-', ""),
            text.replace('-', " "),
            text.replacen('0', "o", 1).replacen('1', "l", 1),
            text.replace('Y', "Ｙ").replace('4', "４"),
        ] {
            assert_eq!(CaseCode::parse(&spelt), Some(code), "{spelt}");
        }
        for bad in [
            "",
            "YL",
            "YL-",
            "XX-0000-0000-0",
            "0000-0000-0",
            "YL-0000-0000",
            "YL-0000-0000-1",
            "YL-0000-0000-00",
            "YL-U000-0000-0",
            "叶-0000-0000-0",
        ] {
            assert_eq!(
                CaseCode::read(&json!(bad)),
                Err("invalid_case_code"),
                "{bad}"
            );
        }
    }

    proptest! {
        #[test]
        fn every_code_reads_back(bits: [u8; 5]) {
            let code = CaseCode::from_random(bits);
            prop_assert_eq!(CaseCode::parse(&code.to_string()), Some(code));
        }

        #[test]
        fn one_wrong_character_is_caught(bits: [u8; 5], at in 0usize..9, step in 1usize..32) {
            let text = CaseCode::from_random(bits).to_string().replace('-', "");
            let mut chars: Vec<char> = text.chars().collect();
            let place = (ALPHABET.find(chars[at + 2]).unwrap() + step) % 32;
            chars[at + 2] = ALPHABET.chars().nth(place).unwrap();
            prop_assert_eq!(CaseCode::parse(&chars.iter().collect::<String>()), None);
        }

        #[test]
        fn two_swapped_characters_are_caught(bits: [u8; 5], a in 0usize..9, b in 0usize..9) {
            let text = CaseCode::from_random(bits).to_string().replace('-', "");
            let mut chars: Vec<char> = text.chars().collect();
            if chars[a + 2] == chars[b + 2] { return Ok(()); }
            chars.swap(a + 2, b + 2);
            prop_assert_eq!(CaseCode::parse(&chars.iter().collect::<String>()), None);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = (CaseCode::parse(&text), CaseNoTemplate::parse(&text));
        }

        #[test]
        fn different_years_or_numbers_differ(y1 in 2020i16..2100, y2 in 2020i16..2100, s1 in 1i64..9999, s2 in 1i64..9999) {
            if (y1, s1) == (y2, s2) { return Ok(()); }
            let t = CaseNoTemplate::default();
            prop_assert_ne!(t.render(y1, "云岭", s1), t.render(y2, "云岭", s2));
        }
    }

    #[test]
    fn numbers_follow_the_template() {
        let t = CaseNoTemplate::default();
        assert_eq!(
            CaseNoTemplate::parse(CaseNoTemplate::DEFAULT),
            Some(t.clone())
        );
        let no = t.render(2026, "云岭", 15);
        assert_eq!(no, "（2026）云岭人调字第15号");
        assert_eq!(agreement_no(&no, 2), "（2026）云岭人调字第15号-2");
        assert_eq!(
            t.render(2026, "{seq}", 1),
            "（2026）{seq}人调字第1号",
            "a prefix is never read as a template"
        );
        let local = CaseNoTemplate::read(&json!("({year})民调字第{seq}号")).unwrap();
        assert_eq!(local.render(2026, "云岭", 3), "(2026)民调字第3号");
    }

    #[test]
    fn templates_that_repeat_numbers_are_refused() {
        for bad in [
            "",
            "人调字第{seq}号",
            "（{year}）人调字",
            "（{year}）{seq}{seq}",
            "{year}{seq}{no}",
            "{year}{seq",
            "{year}{seq}}",
            "{year}\n{seq}",
            "{ year }{seq}",
        ] {
            assert_eq!(
                CaseNoTemplate::read(&json!(bad)),
                Err("invalid_template"),
                "{bad}"
            );
        }
        let long = format!("{{year}}{{seq}}{}", "第".repeat(60));
        assert_eq!(CaseNoTemplate::parse(&long), None);
    }
}
