//! Opaque page cursors: JSON under a MAC, bound to the filter they were made for.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

use super::secret::{MacKey, constant_time_eq, sha256};

/// Longest cursor taken from a client, in characters.
pub const MAX_CURSOR_CHARS: usize = 1_024;

const VERSION: u8 = 1;
const MAC_BYTES: usize = 16;
const CONTEXT: &[u8] = b"cursor/v1\0";

/// The cursor was altered, is too long, or belongs to another list or filter: 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadCursor;

impl fmt::Display for BadCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bad cursor")
    }
}

impl std::error::Error for BadCursor {}

/// What a cursor is bound to: one hash over list name, filters, sort and sight, in that order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterHash([u8; 32]);

impl FilterHash {
    /// Hashes the parts with their lengths, so moving a character between parts changes it.
    pub fn of(parts: &[&str]) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            bytes.extend_from_slice(&length.to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(sha256(&bytes))
    }
}

/// Makes and opens cursors.
#[derive(Debug, Clone)]
pub struct Cursors {
    key: MacKey,
}

impl Cursors {
    /// Uses a key made for cursors alone.
    pub fn new(key: MacKey) -> Self {
        Self { key }
    }

    /// Seals a position (the sort key values of the last row) into URL-safe text.
    ///
    /// # Errors
    /// [`BadCursor`] when the position does not serialise or grows past [`MAX_CURSOR_CHARS`].
    pub fn seal<T: Serialize>(
        &self,
        filter: &FilterHash,
        position: &T,
    ) -> Result<String, BadCursor> {
        let json = serde_json::to_vec(position).map_err(|_| BadCursor)?;
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.mac(filter, &json));
        bytes.extend_from_slice(&json);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        if text.len() > MAX_CURSOR_CHARS {
            return Err(BadCursor);
        }
        Ok(text)
    }

    /// Opens a cursor made by [`Cursors::seal`] for the same filter.
    ///
    /// # Errors
    /// [`BadCursor`] for anything else.
    pub fn open<T: DeserializeOwned>(
        &self,
        filter: &FilterHash,
        text: &str,
    ) -> Result<T, BadCursor> {
        if text.len() > MAX_CURSOR_CHARS {
            return Err(BadCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| BadCursor)?;
        let rest = bytes.strip_prefix(&[VERSION]).ok_or(BadCursor)?;
        let (mac, json) = rest.split_at_checked(MAC_BYTES).ok_or(BadCursor)?;
        if !constant_time_eq(mac, &self.mac(filter, json)) {
            return Err(BadCursor);
        }
        serde_json::from_slice(json).map_err(|_| BadCursor)
    }

    fn mac(&self, filter: &FilterHash, json: &[u8]) -> [u8; MAC_BYTES] {
        let full = self.key.mac(&[CONTEXT, &filter.0, json]);
        let mut out = [0u8; MAC_BYTES];
        for (to, from) in out.iter_mut().zip(full) {
            *to = from;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursors() -> Cursors {
        Cursors::new(MacKey::new(&[3; 32]).unwrap())
    }

    #[test]
    fn opens_what_it_sealed() {
        let filter = FilterHash::of(&["cases", "status=agreed", "-risk,id"]);
        let text = cursors().seal(&filter, &("高", 17)).unwrap();
        let (risk, id): (String, i64) = cursors().open(&filter, &text).unwrap();
        assert_eq!((risk.as_str(), id), ("高", 17));
        assert!(
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        );
    }

    #[test]
    fn is_bound_to_filter_and_key() {
        let made = FilterHash::of(&["cases", "status=agreed"]);
        let text = cursors().seal(&made, &1).unwrap();
        for other in [
            FilterHash::of(&["cases", "status=closed"]),
            FilterHash::of(&["casess", "tatus=agreed"]),
            FilterHash::of(&["casesstatus=agreed"]),
            FilterHash::of(&[]),
        ] {
            assert_eq!(cursors().open::<i64>(&other, &text), Err(BadCursor));
        }
        let foreign = Cursors::new(MacKey::new(&[4; 32]).unwrap());
        assert_eq!(foreign.open::<i64>(&made, &text), Err(BadCursor));
    }

    #[test]
    fn refuses_every_single_byte_change() {
        let filter = FilterHash::of(&["cases"]);
        let text = cursors().seal(&filter, &42).unwrap();
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for i in 0..bytes.len() {
            for bit in 0..8 {
                let mut forged = bytes.clone();
                forged[i] ^= 1 << bit;
                let forged = URL_SAFE_NO_PAD.encode(&forged);
                assert_eq!(cursors().open::<i64>(&filter, &forged), Err(BadCursor));
            }
        }
    }

    #[test]
    fn refuses_garbage_and_excess() {
        let filter = FilterHash::of(&["cases"]);
        let good = cursors().seal(&filter, &42).unwrap();
        for text in [
            String::new(),
            "AQ".into(),
            "不是游标".into(),
            format!("{good}="),
            format!("{good}A"),
            "A".repeat(MAX_CURSOR_CHARS + 1),
        ] {
            assert_eq!(cursors().open::<i64>(&filter, &text), Err(BadCursor));
        }
        assert_eq!(
            cursors().seal(&filter, &"长".repeat(500)).err(),
            Some(BadCursor)
        );
        assert_eq!(cursors().open::<String>(&filter, &good), Err(BadCursor));
    }
}
