//! The citizen identity number (公民身份号码, GB 11643).

use std::fmt;

use serde_json::Value;

use crate::domain::fold::half_width;
use crate::domain::input::Scalar;
use crate::domain::party::Gender;
use crate::domain::secret::Secret;
use crate::domain::time::LocalDate;

const LENGTH: usize = 18;
const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARS: [char; 11] = ['1', '0', 'X', '9', '8', '7', '6', '5', '4', '3', '2'];
const EARLIEST_BIRTH_YEAR: i16 = 1900;

/// An 18-character identity number whose birth date exists and whose check character is right.
///
/// The area code is not looked up: areas are abolished while the numbers issued there live on.
/// Birth date and gender can be read off the number, so `Debug` hides them as well.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdNumber {
    number: Secret,
    birth: LocalDate,
    gender: Gender,
}

impl IdNumber {
    /// Reads the 18-character form; full-width characters, blanks and a small `x` are folded.
    /// The 15-digit form of before 1999 is refused: it has neither century nor check character.
    pub fn parse(text: &str) -> Option<Self> {
        let number: String = half_width(text)
            .chars()
            .filter(|c| *c != ' ')
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if number.len() != LENGTH {
            return None;
        }
        let body = number.get(..LENGTH - 1)?;
        if !number.ends_with(id_check_char(body)?) {
            return None;
        }
        let year: i16 = body.get(6..10)?.parse().ok()?;
        let month: i8 = body.get(10..12)?.parse().ok()?;
        let day: i8 = body.get(12..14)?.parse().ok()?;
        if year < EARLIEST_BIRTH_YEAR {
            return None;
        }
        let birth = LocalDate::new(year, month, day)?;
        let order: u32 = body.get(14..17)?.parse().ok()?;
        let gender = if order % 2 == 1 {
            Gender::Male
        } else {
            Gender::Female
        };
        Some(Self {
            number: Secret::new(number),
            birth,
            gender,
        })
    }

    /// As [`IdNumber::parse`], refusing a birth date after `today`.
    pub fn parse_as_of(text: &str, today: LocalDate) -> Option<Self> {
        Self::parse(text).filter(|id| id.is_born_by(today))
    }

    /// True unless the birth date lies after `date`.
    pub fn is_born_by(&self, date: LocalDate) -> bool {
        self.birth <= date
    }

    pub fn birth(&self) -> LocalDate {
        self.birth
    }

    /// By the 17th digit: odd for men, even for women.
    pub fn gender(&self) -> Gender {
        self.gender
    }

    pub fn secret(&self) -> &Secret {
        &self.number
    }

    pub fn into_secret(self) -> Secret {
        self.number
    }

    /// The plain number; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        self.number.reveal()
    }

    /// First three and last four characters.
    pub fn masked(&self) -> String {
        super::mask_id(self.reveal())
    }
}

impl fmt::Debug for IdNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IdNumber(…)")
    }
}

impl Scalar for IdNumber {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_id_number")
    }
}

/// The check character (ISO 7064 MOD 11-2) of the first 17 digits; `None` unless 17 digits.
pub fn id_check_char(body: &str) -> Option<char> {
    if body.len() != WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in body.chars().zip(WEIGHTS) {
        sum += c.to_digit(10)? * weight;
    }
    CHECK_CHARS.get(usize::try_from(sum % 11).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn date(text: &str) -> LocalDate {
        LocalDate::parse(text).unwrap()
    }

    #[test]
    fn the_standard_examples_hold() {
        // The two examples printed in GB 11643-1999.
        let a = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(
            (a.birth(), a.gender()),
            (date("1949-12-31"), Gender::Female)
        );
        let b = IdNumber::parse("440524188001010014");
        assert!(b.is_none(), "born in 1880, before the earliest year");
        assert_eq!(id_check_char("44052418800101001"), Some('4'));
    }

    #[test]
    fn spelling_is_folded() {
        let plain = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(
            IdNumber::parse(" 110105 19491231 002x ").unwrap().reveal(),
            plain.reveal()
        );
        assert_eq!(
            IdNumber::parse("１１０１０５１９４９１２３１００２Ｘ"),
            Some(plain)
        );
    }

    #[test]
    fn wrong_numbers_are_refused() {
        for text in [
            "",
            "110105491231002",
            "11010519491231002",
            "110105194912310021",
            "1101051949123100XX",
            "11010519491231002XX",
            "叶10105194912310",
            "110105199913010010",
        ] {
            assert_eq!(IdNumber::parse(text), None, "{text}");
        }
        let no_such_day = "99000020230229001";
        let full = format!("{no_such_day}{}", id_check_char(no_such_day).unwrap());
        assert_eq!(IdNumber::parse(&full), None);
        assert_eq!(IdNumber::read(&json!(full)), Err("invalid_id_number"));
        assert_eq!(IdNumber::read(&json!(1)), Err("string_expected"));
    }

    #[test]
    fn a_future_birth_is_refused_where_asked() {
        let body = "99000020260301001";
        let full = format!("{body}{}", id_check_char(body).unwrap());
        assert!(IdNumber::parse_as_of(&full, date("2026-02-28")).is_none());
        assert!(IdNumber::parse_as_of(&full, date("2026-03-01")).is_some());
    }

    #[test]
    fn debug_shows_neither_number_nor_birth() {
        let id = IdNumber::parse("11010519491231002X").unwrap();
        assert_eq!(format!("{id:?}"), "IdNumber(…)");
    }

    fn made_up() -> impl Strategy<Value = String> {
        (
            0u32..1_000_000,
            1900i32..2100,
            1u32..13,
            1u32..29,
            0u32..1000,
        )
            .prop_map(|(area, y, m, d, order)| {
                let body = format!("{area:06}{y:04}{m:02}{d:02}{order:03}");
                let check = id_check_char(&body).unwrap();
                format!("{body}{check}")
            })
    }

    proptest! {
        #[test]
        fn every_well_made_number_parses(full in made_up()) {
            let id = IdNumber::parse(&full).unwrap();
            prop_assert_eq!(id.reveal(), full.as_str());
            prop_assert_eq!(id.birth().to_string().replace('-', ""), &full[6..14]);
            let male = full.as_bytes()[16] % 2 == 1;
            prop_assert_eq!(id.gender() == Gender::Male, male);
        }

        #[test]
        fn one_wrong_digit_is_caught(full in made_up(), at in 0usize..17, step in 1u8..10) {
            let mut bytes = full.clone().into_bytes();
            bytes[at] = b'0' + (bytes[at] - b'0' + step) % 10;
            prop_assert_eq!(IdNumber::parse(&String::from_utf8(bytes).unwrap()), None);
        }

        #[test]
        fn swapped_neighbours_are_caught(full in made_up(), at in 0usize..16) {
            let mut bytes = full.clone().into_bytes();
            if bytes[at] == bytes[at + 1] { return Ok(()); }
            bytes.swap(at, at + 1);
            prop_assert_eq!(IdNumber::parse(&String::from_utf8(bytes).unwrap()), None);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = IdNumber::parse(&text);
        }
    }
}
