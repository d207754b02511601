//! The tamper-evident audit ledger as pure code: canonical JSON, event chains, the Merkle tree
//! over them, signed checkpoints, the export format and its verifier.
//!
//! The published form of everything here is `api-spec/audit-format.md`; a change that alters a
//! byte of it needs a new format version. Nothing in this module reads a clock, draws random
//! numbers or does file access: times, salts, seeds and bytes come from the caller.

pub mod chain;
pub mod checkpoint;
pub mod export;
pub mod jcs;
pub mod key;
pub mod note;
pub mod proof;
pub mod record;
pub mod report;
pub mod tree;
pub mod verify;

mod stamp;
#[cfg(test)]
mod testkit;
#[cfg(test)]
mod tests;

use std::fmt;

use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// The largest integer of the format, 2^53 - 1: exact in every JSON reader.
pub const MAX_INT: u64 = (1 << 53) - 1;

/// Why something cannot be written to, or read from, the ledger. The texts are for operators and
/// logs; they never carry content of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LedgerError {
    /// The value has a number that is not an integer.
    Float,
    /// The value has an integer outside ±(2^53 - 1).
    IntegerRange,
    /// The value is nested deeper than [`jcs::MAX_DEPTH`].
    TooDeep,
    /// A payload is JSON `null`, which the format keeps for "absent".
    NullPayload,
    /// A header breaks the named rule.
    Header(&'static str),
    /// A signed note breaks the named rule.
    Note(&'static str),
    /// A key breaks the named rule.
    Key(&'static str),
    /// A signature by a known key does not verify.
    BadSignature,
    /// No signature by a known key is there.
    NotTrusted,
    /// A proof does not hold, or the two tree heads contradict each other.
    Proof(&'static str),
}

impl fmt::Display for LedgerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float => f.write_str("number is not an integer"),
            Self::IntegerRange => f.write_str("integer beyond 2^53-1"),
            Self::TooDeep => f.write_str("value nested too deep"),
            Self::NullPayload => f.write_str("payload is null"),
            Self::Header(rule) => write!(f, "header: {rule}"),
            Self::Note(rule) => write!(f, "note: {rule}"),
            Self::Key(rule) => write!(f, "key: {rule}"),
            Self::BadSignature => f.write_str("signature does not verify"),
            Self::NotTrusted => f.write_str("no signature by a known key"),
            Self::Proof(rule) => write!(f, "proof: {rule}"),
        }
    }
}

impl std::error::Error for LedgerError {}

/// SHA-256 of the parts, joined.
pub(crate) fn sha256(parts: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Exactly 64 lower-case hex digits as a hash. Without branches: a verifier reads four hashes an
/// event, and their digits cannot be predicted.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != 32 || !rest.is_empty() {
        return None;
    }
    let mut hash = [0; 32];
    let mut seen = 0;
    for (byte, [high, low]) in hash.iter_mut().zip(pairs) {
        let (high, low) = (digit(*high), digit(*low));
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    (seen & NO_DIGIT == 0).then_some(hash)
}

const NO_DIGIT: u8 = 0x80;

fn digit(byte: u8) -> u8 {
    let number = byte.wrapping_sub(b'0');
    let letter = byte.wrapping_sub(b'a');
    let value = if letter < 6 {
        letter.wrapping_add(10)
    } else {
        NO_DIGIT
    };
    if number < 10 { number } else { value }
}

#[cfg(test)]
mod hash_tests {
    use super::*;

    #[test]
    fn hashes_have_one_text() {
        let hash = sha256(&[b"x"]);
        let text = hex::encode(hash);
        assert_eq!(parse_hash(&text), Some(hash));
        for place in 0..64 {
            for bad in ["G", "A", "F", "/", ":", "`", "g", " ", "\u{80}"] {
                let mut broken = text.clone();
                broken.replace_range(place..=place, bad);
                assert_eq!(parse_hash(&broken), None);
            }
        }
        assert_eq!(parse_hash(&text[1..]), None);
        assert_eq!(parse_hash(&text[2..]), None);
        assert_eq!(parse_hash(&format!("{text}00")), None);
    }
}
