//! Phone numbers in E.164 and mail addresses.

use serde_json::Value;

use crate::domain::fold::half_width;
use crate::domain::input::Scalar;
use crate::domain::secret::Secret;

const CHINA: &str = "86";

/// A phone number in E.164 (`+8613800138000`): one number has one spelling.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Phone(Secret);

impl Phone {
    /// Reads a Chinese mobile (with or without `+86`, `0086`, `86`), a Chinese landline with its
    /// area code, or a foreign number as `+` or `00`, country code and number, 8–15 digits.
    /// Blanks, dashes, brackets and full-width characters are folded. Service numbers (110, 12348,
    /// 400…), local numbers without an area code and extensions are refused: nobody can be
    /// called back on them from elsewhere.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = half_width(text);
        let mut digits = String::with_capacity(16);
        let mut plus = false;
        for c in folded.chars() {
            match c {
                '0'..='9' => digits.push(c),
                '+' if digits.is_empty() && !plus => plus = true,
                ' ' | '\u{A0}' | '-' | '\u{2010}'..='\u{2015}' | '(' | ')' => {}
                _ => return None,
            }
        }
        let international = if plus {
            Some(digits.as_str())
        } else {
            digits.strip_prefix("00")
        };
        let e164 = match international {
            Some(rest) => match rest.strip_prefix(CHINA) {
                Some(number) => chinese(number)?,
                None => foreign(rest)?,
            },
            None => {
                // `8613…` without a plus is how many systems export a mobile.
                let mobile = digits.strip_prefix(CHINA).filter(|n| is_mobile(n));
                match mobile {
                    Some(number) => chinese(number)?,
                    None => national(&digits)?,
                }
            }
        };
        Some(Self(Secret::new(e164)))
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }

    pub fn into_secret(self) -> Secret {
        self.0
    }

    /// The plain E.164 number; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// True for a Chinese mobile, which can take an SMS.
    pub fn is_chinese_mobile(&self) -> bool {
        self.reveal().strip_prefix("+86").is_some_and(is_mobile)
    }

    /// First three and last four digits as dialled at home.
    pub fn masked(&self) -> String {
        super::mask_phone(self.reveal())
    }
}

impl Scalar for Phone {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_phone")
    }
}

fn foreign(digits: &str) -> Option<String> {
    ((8..=15).contains(&digits.len()) && !digits.starts_with('0')).then(|| format!("+{digits}"))
}

/// A Chinese number after the country code; the trunk `0` of a landline may be there or not.
fn chinese(number: &str) -> Option<String> {
    let number = number.strip_prefix('0').unwrap_or(number);
    (is_mobile(number) || is_landline(number)).then(|| format!("+86{number}"))
}

/// A Chinese number as dialled inside the country, where a landline needs its trunk `0`.
fn national(digits: &str) -> Option<String> {
    (digits.starts_with('0') || is_mobile(digits))
        .then(|| chinese(digits))
        .flatten()
}

fn is_mobile(number: &str) -> bool {
    number.len() == 11 && matches!(number.as_bytes(), [b'1', b'3'..=b'9', ..])
}

/// Area code (10, 2x or three digits from 3) and a subscriber number; 1… and 9… are services.
fn is_landline(number: &str) -> bool {
    let (area, lengths) = match number.as_bytes() {
        [b'1', b'0', ..] | [b'2', b'0'..=b'9', ..] => (2, 8..=8),
        [b'3'..=b'9', _, _, ..] => (3, 7..=8),
        _ => return false,
    };
    number.get(area..).is_some_and(|subscriber| {
        lengths.contains(&subscriber.len()) && subscriber.starts_with(|c| ('2'..='8').contains(&c))
    })
}

/// A mail address in plain ASCII, as every mail relay takes it; the domain in small letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Email(Secret);

impl Email {
    /// Light syntax check: dot-atom local part of at most 64, a host name of two labels or more,
    /// 254 characters in all. Quoted local parts, literals and non-ASCII are refused.
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().split_once('@')?;
        if local.len() > 64 || local.len() + domain.len() > 253 {
            return None;
        }
        let domain = domain.to_ascii_lowercase();
        (is_dot_atom(local) && is_host(&domain))
            .then(|| Self(Secret::new(format!("{local}@{domain}"))))
    }

    pub fn secret(&self) -> &Secret {
        &self.0
    }

    pub fn into_secret(self) -> Secret {
        self.0
    }

    /// The plain address; the caller answers for where it goes.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// First character and the domain.
    pub fn masked(&self) -> String {
        super::mask_email(self.reveal())
    }
}

impl Scalar for Email {
    fn read(value: &Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        Self::parse(text).ok_or("invalid_email")
    }
}

fn is_dot_atom(local: &str) -> bool {
    local.split('.').all(|atom| {
        !atom.is_empty()
            && atom
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    })
}

fn is_host(domain: &str) -> bool {
    let label_ok = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top_ok = |top: &str| top.len() >= 2 && top.starts_with(|c: char| c.is_ascii_alphabetic());
    domain.split('.').all(label_ok) && domain.rsplit_once('.').is_some_and(|(_, top)| top_ok(top))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn e164(text: &str) -> Option<String> {
        Phone::parse(text).map(|p| p.reveal().to_owned())
    }

    #[test]
    fn a_mobile_has_one_spelling() {
        for text in [
            "13800138000",
            "138 0013 8000",
            "138-0013-8000",
            "+86 138-0013-8000",
            "0086 13800138000",
            "8613800138000",
            "（＋８６）１３８００１３８０００",
            "+86013800138000",
            "013800138000",
        ] {
            let phone = Phone::parse(text);
            assert!(
                phone.as_ref().is_some_and(Phone::is_chinese_mobile),
                "{text}"
            );
            assert_eq!(e164(text).as_deref(), Some("+8613800138000"), "{text}");
        }
    }

    #[test]
    fn a_landline_needs_its_area_code() {
        for text in [
            "0593-3882345",
            "(0593) 388 2345",
            "+86 593 3882345",
            "+86 (0)593 3882345",
        ] {
            assert_eq!(e164(text).as_deref(), Some("+865933882345"), "{text}");
        }
        assert_eq!(e164("010-66551234").as_deref(), Some("+861066551234"));
        assert_eq!(e164("0591-87654321").as_deref(), Some("+8659187654321"));
        assert!(!Phone::parse("010-66551234").unwrap().is_chinese_mobile());
        for text in [
            "3882345",
            "5933882345",
            "0593-388234",
            "010-6655123",
            "0110-6655123",
        ] {
            assert_eq!(e164(text), None, "{text}");
        }
    }

    #[test]
    fn foreign_numbers_keep_their_country_code() {
        assert_eq!(e164("+852 2345 6789").as_deref(), Some("+85223456789"));
        assert_eq!(e164("00 1 (415) 555-2671").as_deref(), Some("+14155552671"));
        for text in [
            "+1234567",
            "+1234567890123456",
            "+0123456789",
            "4155552671",
            "85223456789",
        ] {
            assert_eq!(e164(text), None, "{text}");
        }
    }

    #[test]
    fn nobody_answers_at_these() {
        for text in [
            "",
            "+",
            "110",
            "12348",
            "12345",
            "95588",
            "400-123-4567",
            "800 810 8888",
            "0593-12345",
            "0593-1234567",
            "12800138000",
            "1380013800",
            "138001380001",
            "13800138000转8",
            "13800138000,1",
            "+86+13800138000",
            "++8613800138000",
            "叶长根",
            "+8612345678901",
        ] {
            assert_eq!(
                Phone::read(&json!(text)).map(|p| p.masked()),
                Err("invalid_phone"),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_hides_the_number() {
        let text = format!("{:?}", Phone::parse("13800138000").unwrap());
        assert!(!text.contains("138"), "{text}");
        let mail = Email::parse("ye.changgen@example.com").unwrap();
        assert!(!format!("{mail:?}").contains("changgen"));
    }

    #[test]
    fn mail_addresses() {
        for (text, want) in [
            ("ye@example.com", "ye@example.com"),
            (" Ye.Chang+gen@Example.COM ", "Ye.Chang+gen@example.com"),
            ("a@xn--fiqs8s.xn--fiqz9s", "a@xn--fiqs8s.xn--fiqz9s"),
        ] {
            assert_eq!(Email::parse(text).unwrap().reveal(), want);
        }
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_host = format!("a@{}.com", "b".repeat(64));
        let long_all = format!("a@{}.com", vec!["c".repeat(60); 5].join("."));
        for text in [
            "",
            "@",
            "a@",
            "@b.cn",
            "a@b",
            "a@b.1",
            "a@b..cn",
            "a@.cn",
            "a@-b.cn",
            "a@b-.cn",
            ".a@b.cn",
            "a.@b.cn",
            "a..b@b.cn",
            "a b@b.cn",
            "a@b@c.cn",
            "叶@b.cn",
            "a@例子.中国",
            "\"a\"@b.cn",
            "a@[127.0.0.1]",
            "a@b.cn\r\nBcc: c@d.cn",
            "a<b@c.cn>",
            "a,b@c.cn",
            long_local.as_str(),
            long_host.as_str(),
            long_all.as_str(),
        ] {
            assert_eq!(Email::read(&json!(text)), Err("invalid_email"), "{text}");
        }
    }

    proptest! {
        #[test]
        fn reading_a_read_number_changes_nothing(text in "[+]?[0-9 ()-]{3,20}") {
            if let Some(phone) = Phone::parse(&text) {
                prop_assert_eq!(Phone::parse(phone.reveal()), Some(phone.clone()));
                let digits = phone.reveal().strip_prefix('+').unwrap();
                prop_assert!((8..=15).contains(&digits.len()));
                prop_assert!(digits.bytes().all(|b| b.is_ascii_digit()));
            }
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}") {
            let _ = (Phone::parse(&text), Email::parse(&text));
        }
    }
}
