//! Random bytes, hashes, MACs and the codes people type. The only place that draws randomness.

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The operating system gave no random bytes. Nothing may be issued; answer 503.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoEntropy;

impl fmt::Display for NoEntropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the system random number generator failed")
    }
}

impl std::error::Error for NoEntropy {}

/// Draws `N` bytes from the cryptographic generator.
///
/// # Errors
/// [`NoEntropy`] when the generator fails.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut out = [0u8; N];
    aws_lc_rs::rand::fill(&mut out).map_err(|_| NoEntropy)?;
    Ok(out)
}

/// Text that must not reach a log: wiped on drop, hidden in `Debug`, no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes ownership of the text.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for the one answer or file it is meant for.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(hidden)")
    }
}

/// A fresh opaque token: 256 random bits in base64url, 43 characters.
///
/// # Errors
/// [`NoEntropy`] when the generator fails.
pub fn random_token() -> Result<SecretText, NoEntropy> {
    let bytes = Zeroizing::new(random_bytes::<32>()?);
    Ok(SecretText::new(URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// A fresh webhook signing secret of 256 random bits in the form of Standard Webhooks:
/// `whsec_<base64>`.
///
/// # Errors
/// [`NoEntropy`] when the generator fails.
pub fn webhook_secret() -> Result<SecretText, NoEntropy> {
    let bytes = Zeroizing::new(random_bytes::<32>()?);
    let text = STANDARD.encode(bytes.as_slice());
    Ok(SecretText::new(format!("whsec_{text}")))
}

/// SHA-256 of the bytes.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// SHA-256 in lower-case hex: how an opaque token is stored and looked up.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(sha256(bytes))
}

/// Compares in time that depends on the lengths only.
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// A key for HMAC-SHA256.
#[derive(Clone)]
pub struct MacKey(hmac::Key);

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(hidden)")
    }
}

/// A MAC key shorter than 32 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTooShort;

impl fmt::Display for KeyTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a MAC key needs at least 32 bytes")
    }
}

impl std::error::Error for KeyTooShort {}

impl MacKey {
    /// Takes a key of at least 256 bits.
    ///
    /// # Errors
    /// [`KeyTooShort`] below 32 bytes.
    pub fn new(bytes: &[u8]) -> Result<Self, KeyTooShort> {
        if bytes.len() < 32 {
            return Err(KeyTooShort);
        }
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, bytes)))
    }

    /// The key for one purpose, so that a value made for one use never passes for another.
    pub fn derive(&self, purpose: &str) -> Self {
        let bytes = Zeroizing::new(self.mac(&[b"jieyou/key/v1\0", purpose.as_bytes()]));
        Self(hmac::Key::new(hmac::HMAC_SHA256, &*bytes))
    }

    /// HMAC-SHA256 over the concatenation of the parts. The caller keeps the parts unambiguous.
    pub fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        for part in parts {
            context.update(part);
        }
        let mut out = [0u8; 32];
        for (to, from) in out.iter_mut().zip(context.sign().as_ref()) {
            *to = *from;
        }
        out
    }
}

/// Crockford's alphabet: no I, L, O or U, so a code survives being read aloud or copied by hand.
pub(super) const CODE_ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Symbols of an invite code: 28 × 5 = 140 random bits.
const INVITE_SYMBOLS: usize = 28;

/// A fresh invite code of 140 random bits: `XXXX-XXXX-XXXX-XXXX-XXXX-XXXX-XXXX`.
/// Store `sha256_hex(normalise_code(code))`, never the code.
///
/// # Errors
/// [`NoEntropy`] when the generator fails.
pub fn invite_code() -> Result<SecretText, NoEntropy> {
    typable_code::<INVITE_SYMBOLS>()
}

/// A fresh code of `N` base32 symbols (5 bits each) in groups of four.
///
/// # Errors
/// [`NoEntropy`] when the generator fails.
pub fn typable_code<const N: usize>() -> Result<SecretText, NoEntropy> {
    let bytes = Zeroizing::new(random_bytes::<N>()?);
    let mut code = String::with_capacity(N.saturating_mul(2));
    for (i, byte) in bytes.iter().enumerate() {
        if i > 0 && i.is_multiple_of(4) {
            code.push('-');
        }
        // 256 is a multiple of 32, so the low five bits are uniform.
        if let Some(symbol) = CODE_ALPHABET.get(usize::from(byte & 31)) {
            code.push(char::from(*symbol));
        }
    }
    Ok(SecretText::new(code))
}

/// The canonical form of a typed code: separators dropped, case and full-width forms folded,
/// `O` read as 0, `I` and `L` as 1. `None` when another character stands in it.
pub fn normalise_code(typed: &str) -> Option<SecretText> {
    let mut out = String::with_capacity(40);
    for c in typed.nfkc() {
        if out.len() > 64 {
            return None;
        }
        match c.to_ascii_uppercase() {
            ' ' | '-' | '\t' | '\u{2010}'..='\u{2015}' => {}
            'O' => out.push('0'),
            'I' | 'L' => out.push('1'),
            other => {
                let known = u8::try_from(other).is_ok_and(|b| CODE_ALPHABET.contains(&b));
                if !known {
                    return None;
                }
                out.push(other);
            }
        }
    }
    (!out.is_empty()).then(|| SecretText::new(out))
}

/// The lookup hash of a typed invite code, or `None` when it cannot be one.
pub fn invite_hash(typed: &str) -> Option<String> {
    let code = normalise_code(typed)?;
    (code.expose().len() == INVITE_SYMBOLS).then(|| sha256_hex(code.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn sha256_matches_the_standard_vector() {
        assert_eq!(
            sha256_hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }

    #[test]
    fn mac_matches_rfc_4231_case_6_and_splits_do_not_matter() {
        let key = MacKey::new(&[0xaa; 131]).unwrap();
        let expected = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
        let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
        assert_eq!(hex::encode(key.mac(&[text])), expected);
        assert_eq!(hex::encode(key.mac(&[&text[..7], &text[7..]])), expected);
    }

    #[test]
    fn derived_keys_differ_by_purpose_and_short_keys_are_refused() {
        let key = MacKey::new(&[7; 32]).unwrap();
        assert_ne!(
            key.derive("cursor").mac(&[b"x"]),
            key.derive("device").mac(&[b"x"])
        );
        assert_ne!(key.derive("cursor").mac(&[b"x"]), key.mac(&[b"x"]));
        assert_eq!(MacKey::new(&[7; 31]).err(), Some(KeyTooShort));
    }

    #[test]
    fn secrets_stay_out_of_debug_output() {
        let token = random_token().unwrap();
        assert_eq!(format!("{token:?}"), "SecretText(hidden)");
        assert_eq!(
            format!("{:?}", MacKey::new(&[7; 32]).unwrap()),
            "MacKey(hidden)"
        );
    }

    #[test]
    fn tokens_and_codes_are_distinct_and_of_full_length() {
        let mut seen = HashSet::new();
        for _ in 0..500 {
            let token = random_token().unwrap();
            assert_eq!(token.expose().len(), 43);
            assert!(seen.insert(token.expose().to_owned()));
            let code = invite_code().unwrap();
            assert_eq!(code.expose().len(), 34);
            assert_eq!(code.expose().split('-').count(), 7);
            assert!(seen.insert(code.expose().to_owned()));
        }
    }

    #[test]
    fn every_code_symbol_occurs() {
        let symbols: HashSet<char> = (0..100)
            .flat_map(|_| {
                let code = invite_code().unwrap();
                code.expose().chars().collect::<Vec<_>>()
            })
            .collect();
        assert_eq!(symbols.len(), 33, "32 symbols and the separator");
    }

    #[test]
    fn a_code_typed_sloppily_hashes_the_same() {
        let code = "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV";
        let stored = invite_hash(code).unwrap();
        for typed in [
            "0123456789abcdefghjkmnpqrstv",
            " o123 4567 89ab cdef ghjk mnpq rstv ",
            "OL23-4567-89AB-CDEF-GHJK-MNPQ-RSTV",
            "oi23–4567–89ab–cdef–ghjk–mnpq–rstv",
            "０１２３－４５６７－８９ＡＢ－ＣＤＥＦ－ＧＨＪＫ－ＭＮＰＱ－ＲＳＴＶ",
        ] {
            assert_eq!(invite_hash(typed).as_ref(), Some(&stored), "{typed}");
        }
    }

    #[test]
    fn what_cannot_be_a_code_is_refused() {
        for typed in [
            "",
            "-- --",
            "0123-4567",
            "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTU",
            "0123-4567-89AB-CDEF-GHJK-MNPQ-RST解",
            "0123-4567-89AB-CDEF-GHJK-MNPQ-RST'",
            "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-0",
            &"A".repeat(100_000),
        ] {
            assert_eq!(invite_hash(typed), None);
        }
    }

    #[test]
    fn equality_needs_equal_length_and_bytes() {
        assert!(constant_time_eq(b"abc", b"abc"));
        assert!(!constant_time_eq(b"abc", b"abd"));
        assert!(!constant_time_eq(b"abc", b"abcd"));
    }
}
