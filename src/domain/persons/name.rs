//! Names of persons and the key two spellings of one name share.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::domain::fold::is_invisible;
use crate::domain::input::{Scalar, is_forbidden_char};

const MAX_CHARS: usize = 50;

/// The dot between the parts of a transcribed name (阿卜杜拉·买买提), as GB 18030 has it.
const MIDDLE_DOT: char = '·';

/// A person's name: NFC, 1–50 characters on one line, inner blanks single, one kind of middle dot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName(String);

impl PersonName {
    /// # Errors
    /// `empty`, `too_long`, or `forbidden_character` for controls, text-direction marks and
    /// characters that show nothing.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let forbidden =
            |c: char| is_forbidden_char(c) || is_invisible(c) || matches!(c, '\n' | '\t');
        if text.chars().any(forbidden) {
            return Err("forbidden_character");
        }
        let mut name = String::with_capacity(text.len());
        for part in text.split_whitespace() {
            if !name.is_empty() {
                name.push(' ');
            }
            name.extend(part.nfc().map(unify_dot));
        }
        match name.chars().count() {
            0 => Err("empty"),
            n if n > MAX_CHARS => Err("too_long"),
            _ => Ok(Self(name)),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn into_string(self) -> String {
        self.0
    }

    /// The comparison key, see [`name_key`].
    pub fn key(&self) -> String {
        name_key(&self.0)
    }

    /// Surname and 某, see [`super::mask_name`].
    pub fn masked(&self) -> String {
        super::mask_name(&self.0)
    }
}

impl fmt::Display for PersonName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PersonName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl Scalar for PersonName {
    fn read(value: &Value) -> Result<Self, &'static str> {
        Self::parse(value.as_str().ok_or("string_expected")?)
    }
}

fn unify_dot(c: char) -> char {
    match c {
        '\u{2022}' | '\u{2027}' | '\u{2219}' | '\u{22C5}' | '\u{30FB}' | '\u{FF65}' => MIDDLE_DOT,
        _ => c,
    }
}

/// The key by which names of persons or organisations are compared: NFKC (full-width to
/// half-width), one middle dot, no case, no blanks. Never shown.
pub fn name_key(name: &str) -> String {
    // Case goes character by character: whole-string lowering looks at neighbours (final sigma),
    // so the key would depend on where the blanks stood. Down, up and down again also brings ẞ, ß
    // and SS together.
    name.nfkc()
        .map(unify_dot)
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_lowercase)
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_tidied() {
        for (text, want) in [
            ("叶长根", "叶长根"),
            ("　叶 \u{3000} 长根 ", "叶 长根"),
            ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
            ("阿卜杜拉‧买买提", "阿卜杜拉·买买提"),
            ("阿卜杜拉・买买提", "阿卜杜拉·买买提"),
            ("Jose\u{301}  Li", "José Li"),
            ("𬭎", "𬭎"),
        ] {
            assert_eq!(PersonName::read(&json!(text)).unwrap().as_str(), want);
        }
        let fifty = "叶".repeat(50);
        assert!(PersonName::parse(&fifty).is_ok());
        assert_eq!(PersonName::parse(&format!("{fifty}叶")), Err("too_long"));
        assert_eq!(PersonName::parse("　 "), Err("empty"));
        for bad in [
            "叶\n长根",
            "叶\t长根",
            "叶\u{0}",
            "叶\u{202E}根",
            "叶\u{200B}根",
            "叶\u{200F}",
        ] {
            assert_eq!(
                PersonName::parse(bad),
                Err("forbidden_character"),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn keys_ignore_width_case_and_blanks() {
        assert_eq!(name_key("叶 长根"), name_key("叶长根"));
        assert_eq!(name_key("ＪＯＨＮ　Smith"), "johnsmith");
        assert_eq!(name_key("阿卜杜拉 • 买买提"), name_key("阿卜杜拉·买买提"));
        assert_eq!(name_key("云岭（建材）公司"), name_key("云岭(建材)公司"));
        assert_eq!(name_key("Straße"), name_key("STRASSE"));
        assert_eq!(name_key("STRAẞE"), name_key("Straße"));
        assert_ne!(name_key("叶长根"), name_key("叶长跟"));
    }

    proptest! {
        #[test]
        fn tidying_twice_changes_nothing(text in "\\PC{1,40}") {
            if let Ok(name) = PersonName::parse(&text) {
                prop_assert_eq!(PersonName::parse(name.as_str()), Ok(name.clone()));
                prop_assert_eq!(name.key(), name_key(&text));
            }
        }

        #[test]
        fn the_key_of_a_key_is_itself(text in "\\PC{0,40}") {
            let key = name_key(&text);
            prop_assert_eq!(name_key(&key), key);
        }
    }
}
