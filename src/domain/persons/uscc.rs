//! The unified social credit code of organisations (统一社会信用代码, GB 32100).

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::domain::fold::half_width;
use crate::domain::input::Scalar;

/// Digits and capitals without I, O, S, V, Z; a character's place is its value.
const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const BODY_LENGTH: usize = 17;
const MODULUS: usize = 31;

/// An 18-character code with the right check character. It is public register data, no secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uscc(String);

impl Uscc {
    /// Reads the code; full-width characters, blanks and small letters are folded.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = half_width(text)
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if code.len() != BODY_LENGTH + 1 {
            return None;
        }
        let area = code.get(2..8)?;
        let body = code.get(..BODY_LENGTH)?;
        let sound =
            area.bytes().all(|b| b.is_ascii_digit()) && code.ends_with(uscc_check_char(body)?);
        sound.then_some(Self(code))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Uscc {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl Scalar for Uscc {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_uscc")
    }
}

/// The check character of the first 17; `None` unless 17 characters of the alphabet.
pub fn uscc_check_char(body: &str) -> Option<char> {
    if body.len() != BODY_LENGTH {
        return None;
    }
    let mut sum = 0;
    let mut weight = 1;
    for c in body.chars() {
        sum += ALPHABET.find(c)? * weight;
        weight = weight * 3 % MODULUS;
    }
    ALPHABET.chars().nth((MODULUS - sum % MODULUS) % MODULUS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_code_is_read_and_folded() {
        let code = Uscc::parse("91350100M000100Y43").unwrap();
        assert_eq!(code.as_str(), "91350100M000100Y43");
        assert_eq!(
            Uscc::parse("９１３５０１００ m000100y43"),
            Some(code.clone())
        );
        assert_eq!(Uscc::read(&json!("91350100M000100Y43")), Ok(code));
    }

    #[test]
    fn wrong_codes_are_refused() {
        for text in [
            "",
            "91350100M000100Y4",
            "91350100M000100Y44",
            "91350100M000100Y433",
            "91350100I000100Y43",
            "9135A100M000100Y43",
            "统一社会信用代码",
        ] {
            assert_eq!(
                Uscc::read(&json!(text)).map(|c| c.to_string()),
                Err("invalid_uscc"),
                "{text}"
            );
        }
        let bad_area = "9135A100M000100Y4";
        let full = format!("{bad_area}{}", uscc_check_char(bad_area).unwrap());
        assert_eq!(Uscc::parse(&full), None);
    }

    fn made_up() -> impl Strategy<Value = String> {
        "[0-9AY][0-9][0-9]{6}[0-9A-HJ-NPQRTUWXY]{9}".prop_map(|body| {
            let check = uscc_check_char(&body).unwrap();
            format!("{body}{check}")
        })
    }

    proptest! {
        #[test]
        fn every_well_made_code_parses(full in made_up()) {
            let code = Uscc::parse(&full).unwrap();
            prop_assert_eq!(code.as_str(), full.as_str());
        }

        #[test]
        fn one_wrong_character_is_caught(full in made_up(), at in 0usize..18, step in 1usize..31) {
            let mut chars: Vec<char> = full.chars().collect();
            let place = (ALPHABET.find(chars[at]).unwrap() + step) % 31;
            chars[at] = ALPHABET.chars().nth(place).unwrap();
            prop_assert_eq!(Uscc::parse(&chars.iter().collect::<String>()), None);
        }

        #[test]
        fn swapped_neighbours_are_caught(full in made_up(), at in 0usize..17) {
            let mut bytes = full.clone().into_bytes();
            if bytes[at] == bytes[at + 1] { return Ok(()); }
            bytes.swap(at, at + 1);
            prop_assert_eq!(Uscc::parse(&String::from_utf8(bytes).unwrap()), None);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = Uscc::parse(&text);
        }
    }
}
