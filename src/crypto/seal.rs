//! Sealing of short secrets before they are stored: AES-256-GCM-SIV, a fresh nonce each, bound to
//! the place they stand at.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use super::secret::{MacKey, random_bytes};

/// What every sealed text starts with.
const PREFIX: &str = "v1.";

/// A key that seals. Hidden in `Debug`.
pub struct SealKey(LessSafeKey);

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(hidden)")
    }
}

/// The engine refused, or gave no random bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotSealed;

impl fmt::Display for NotSealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret could not be sealed")
    }
}

impl std::error::Error for NotSealed {}

impl SealKey {
    /// The key of one purpose below the root key.
    ///
    /// # Errors
    /// [`NotSealed`] when the engine does not take the key.
    pub fn of(root: &MacKey, purpose: &str) -> Result<Self, NotSealed> {
        let bytes = Zeroizing::new(root.derive(purpose).mac(&[b"seal/aes-256-gcm-siv"]));
        let key = UnboundKey::new(&AES_256_GCM_SIV, &*bytes).map_err(|_| NotSealed)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Seals bytes for `place` (table, column, row): at another place they do not open.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn seal(&self, place: &str, plain: &[u8]) -> Result<String, NotSealed> {
        let nonce: [u8; NONCE_LEN] = random_bytes().map_err(|_| NotSealed)?;
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(place.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| NotSealed)?;
        let all = [nonce.as_slice(), &sealed].concat();
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(all)))
    }

    /// Opens what was sealed for `place`; `None` when it was altered, moved, or sealed with
    /// another key.
    pub fn open(&self, place: &str, text: &str) -> Option<Zeroizing<Vec<u8>>> {
        let all = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = all.split_at_checked(NONCE_LEN)?;
        let mut buffer = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self
            .0
            .open_in_place(nonce, Aad::from(place.as_bytes()), &mut buffer)
            .ok()?;
        Some(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SealKey {
        SealKey::of(&MacKey::new(&[byte; 32]).unwrap(), "test").unwrap()
    }

    #[test]
    fn what_is_sealed_opens_at_its_place_with_its_key_only() {
        let sealed = key(1).seal("t|c|1", b"secret").unwrap();
        assert_eq!(&*key(1).open("t|c|1", &sealed).unwrap(), b"secret");
        assert!(key(1).open("t|c|2", &sealed).is_none());
        assert!(key(2).open("t|c|1", &sealed).is_none());
        assert_ne!(sealed, key(1).seal("t|c|1", b"secret").unwrap());
        assert!(!sealed.contains("secret"));
    }

    #[test]
    fn what_was_altered_does_not_open() {
        let sealed = key(1).seal("p", b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut bytes = sealed.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            // The last symbol carries spare bits; decoding refuses those that are set.
            assert!(key(1).open("p", &altered).is_none(), "{at}");
        }
        for text in ["", "v1.", "v1.AAAA", "v2.AAAA", "解忧"] {
            assert!(key(1).open("p", text).is_none());
        }
    }
}
