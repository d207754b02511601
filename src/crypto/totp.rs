//! Time-based one-time passwords, RFC 6238: SHA-1, 30 s, six digits, one step either way.

use std::fmt;

use aws_lc_rs::hmac;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::secret::{NoEntropy, SecretText, constant_time_eq, random_bytes};
use crate::domain::time::Instant;

/// Length of a step in seconds.
pub const STEP_SECONDS: i64 = 30;

/// Steps accepted before and after the present one.
const DRIFT: i64 = 1;
const DIGITS: usize = 6;
/// RFC 4226 recommends 160 bits.
const SECRET_BYTES: usize = 20;
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// A shared secret. Hidden in `Debug`, wiped on drop; store it encrypted.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<[u8; SECRET_BYTES]>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(hidden)")
    }
}

/// Why a code does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TotpFault {
    /// Not the code of any step in reach.
    Wrong,
    /// The code of a step that was used already, or of an earlier one.
    Replayed,
}

impl fmt::Display for TotpFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong => "one-time code wrong",
            Self::Replayed => "one-time code used before",
        })
    }
}

impl std::error::Error for TotpFault {}

impl TotpSecret {
    /// A fresh secret of 160 bits.
    ///
    /// # Errors
    /// [`NoEntropy`] when the generator fails.
    pub fn generate() -> Result<Self, NoEntropy> {
        Ok(Self(Zeroizing::new(random_bytes()?)))
    }

    /// Takes the stored bytes; `None` when they are not 20.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes, for encryption before they are stored.
    pub fn as_bytes(&self) -> &[u8] {
        &*self.0
    }

    /// The secret in base32, for typing into an authenticator.
    pub fn base32(&self) -> SecretText {
        SecretText::new(base32(&*self.0))
    }

    /// The `otpauth://` URI an authenticator reads from a QR code.
    pub fn uri(&self, issuer: &str, account: &str) -> SecretText {
        let (issuer, account) = (percent(issuer), percent(account));
        let secret = Zeroizing::new(base32(&*self.0));
        SecretText::new(format!(
            "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
            *secret
        ))
    }

    /// Checks a code. On success returns its step: store it as the next `last_step` in the same
    /// transaction (compare-and-set), so that no code counts twice.
    ///
    /// # Errors
    /// [`TotpFault`]; the caller tells nobody which.
    pub fn verify(
        &self,
        typed: &str,
        now: Instant,
        last_step: Option<i64>,
    ) -> Result<i64, TotpFault> {
        let digits = parse_digits(typed).ok_or(TotpFault::Wrong)?;
        let present = now.unix().div_euclid(STEP_SECONDS);
        let mut found = None;
        // No early exit: the time must not tell which step matched.
        for drift in -DRIFT..=DRIFT {
            let step = present.saturating_add(drift);
            if constant_time_eq(&self.code(step), &digits) {
                found = Some(step);
            }
        }
        match (found, last_step) {
            (None, _) => Err(TotpFault::Wrong),
            (Some(step), Some(last)) if step <= last => Err(TotpFault::Replayed),
            (Some(step), _) => Ok(step),
        }
    }

    fn code(&self, step: i64) -> [u8; DIGITS] {
        hotp::<DIGITS>(&*self.0, u64::try_from(step).unwrap_or(0))
    }
}

/// RFC 4226: the last `N` decimal digits of the dynamically truncated HMAC-SHA-1.
fn hotp<const N: usize>(secret: &[u8], counter: u64) -> [u8; N] {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &counter.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
    let mut number = bytes
        .iter()
        .skip(offset)
        .take(4)
        .fold(0u32, |n, b| n.wrapping_shl(8) | u32::from(*b))
        & 0x7fff_ffff;
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit = b'0'.saturating_add(u8::try_from(number % 10).unwrap_or(0));
        number /= 10;
    }
    digits
}

/// Six digits as typed: spaces dropped, full-width forms folded.
fn parse_digits(typed: &str) -> Option<[u8; DIGITS]> {
    let mut digits = Vec::with_capacity(DIGITS);
    for c in typed.nfkc().filter(|c| *c != ' ') {
        if digits.len() == DIGITS || !c.is_ascii_digit() {
            return None;
        }
        digits.push(u8::try_from(c).ok()?);
    }
    digits.try_into().ok()
}

fn base32(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(32);
    let (mut buffer, mut bits) = (0u32, 0u32);
    let mut emit = |value: u32| {
        let index = usize::try_from(value & 31).unwrap_or(0);
        out.extend(BASE32.get(index).map(|b| char::from(*b)));
    };
    for byte in bytes {
        buffer = buffer.wrapping_shl(8) | u32::from(*byte);
        bits = bits.saturating_add(8);
        while bits >= 5 {
            bits = bits.saturating_sub(5);
            emit(buffer.wrapping_shr(bits));
        }
    }
    if bits > 0 {
        emit(buffer.wrapping_shl(5_u32.saturating_sub(bits)));
    }
    out
}

fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> TotpSecret {
        TotpSecret::from_bytes(b"12345678901234567890").unwrap()
    }

    fn at(second: i64) -> Instant {
        Instant(0).plus_seconds(second)
    }

    /// RFC 6238, appendix B, the SHA-1 rows.
    #[test]
    fn matches_rfc_6238() {
        let table = [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ];
        for (second, expected) in table {
            let eight = hotp::<8>(secret().as_bytes(), second / 30);
            assert_eq!(std::str::from_utf8(&eight).unwrap(), expected);
            let second = i64::try_from(second).unwrap();
            assert_eq!(
                secret().verify(&expected[2..], at(second), None),
                Ok(second / 30)
            );
        }
    }

    /// RFC 4226, appendix D.
    #[test]
    fn matches_rfc_4226() {
        let table = [
            "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583",
            "399871", "520489",
        ];
        for (counter, expected) in table.into_iter().enumerate() {
            let code = hotp::<6>(secret().as_bytes(), counter as u64);
            assert_eq!(std::str::from_utf8(&code).unwrap(), expected);
        }
    }

    #[test]
    fn reaches_one_step_either_way() {
        // code of step 37037037 = 1_111_111_110..1_111_111_139
        let table = [
            (1_111_111_079, Err(TotpFault::Wrong)),
            (1_111_111_080, Ok(37_037_037)),
            (1_111_111_110, Ok(37_037_037)),
            (1_111_111_139, Ok(37_037_037)),
            (1_111_111_169, Ok(37_037_037)),
            (1_111_111_170, Err(TotpFault::Wrong)),
        ];
        for (second, expected) in table {
            assert_eq!(secret().verify("050471", at(second), None), expected);
        }
    }

    #[test]
    fn a_step_counts_once() {
        let now = at(1_111_111_111);
        let step = secret().verify("050471", now, None).unwrap();
        assert_eq!(
            secret().verify("050471", now, Some(step)),
            Err(TotpFault::Replayed)
        );
        assert_eq!(secret().verify("050471", now, Some(step - 1)), Ok(step));
        // the code of the step before cannot be used after this one
        assert_eq!(
            secret().verify("081804", now, Some(step)),
            Err(TotpFault::Replayed)
        );
        assert_eq!(secret().verify("081804", now, None), Ok(step - 1));
    }

    #[test]
    fn reads_codes_as_people_type_them() {
        let now = at(1_111_111_111);
        for typed in ["050471", "050 471", " 050471 ", "０５０４７１"] {
            assert!(secret().verify(typed, now, None).is_ok(), "{typed}");
        }
        for typed in [
            "",
            "05047",
            "0504711",
            "05047a",
            "-50471",
            "+50471",
            "50471",
            "০৫০৪৭১",
        ] {
            let got = secret().verify(typed, now, None);
            assert_eq!(got, Err(TotpFault::Wrong), "{typed}");
        }
    }

    #[test]
    fn base32_matches_rfc_4648() {
        let table = [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ];
        for (plain, expected) in table {
            assert_eq!(base32(plain.as_bytes()), expected);
        }
        assert_eq!(
            secret().base32().expose(),
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        );
    }

    #[test]
    fn uri_escapes_its_label() {
        assert_eq!(
            secret().uri("解忧", "zhang&san").expose(),
            "otpauth://totp/%E8%A7%A3%E5%BF%A7:zhang%26san?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=%E8%A7%A3%E5%BF%A7&algorithm=SHA1&digits=6&period=30"
        );
    }

    #[test]
    fn secrets_are_random_hidden_and_of_fixed_length() {
        let (a, b) = (
            TotpSecret::generate().unwrap(),
            TotpSecret::generate().unwrap(),
        );
        assert_ne!(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{a:?}"), "TotpSecret(hidden)");
        assert!(TotpSecret::from_bytes(&[0; 19]).is_none());
    }
}
