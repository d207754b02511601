//! Event headers and the hash chain of each stream.

use serde::Deserialize;
use serde_json::Value;

use super::{Hash, LedgerError, MAX_INT, jcs, parse_hash, sha256, stamp};
use crate::domain::time::Instant;

/// The only header version so far.
pub const VERSION: u64 = 1;
/// `prev` of the first event of a stream.
pub const ZERO: Hash = [0; 32];
/// The longest header text in bytes.
pub const MAX_HEADER: usize = 65_535;

const EVENT_TAG: &[u8] = b"mct/event/v1\0";
const PAYLOAD_TAG: &[u8] = b"mct/payload/v1\0";

/// What the chain says about an event. Texts are pseudonymous ids and codes only: a header is
/// never erased.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Always [`VERSION`].
    pub v: u64,
    /// The chain the event stands in, such as `case/<id>`.
    pub stream: String,
    /// 1, 2, 3 … without a gap in each stream.
    pub seq: u64,
    /// Not before the `at` of the event before it.
    #[serde(deserialize_with = "read_at")]
    pub at: Instant,
    pub actor: String,
    pub on_behalf: Option<String>,
    pub action: String,
    pub object: Option<String>,
    pub outcome: String,
    pub request_id: Option<String>,
    pub ip_pfx: Option<String>,
    pub purpose: Option<String>,
    /// The data key that payload and salt are encrypted under.
    pub kid: Option<String>,
    /// See [`commit`].
    #[serde(deserialize_with = "read_hash")]
    pub commit: Hash,
    /// The hash of the event before it in the stream, or [`ZERO`].
    #[serde(deserialize_with = "read_hash")]
    pub prev: Hash,
}

fn read_at<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(d)?;
    stamp::parse(&text).ok_or_else(|| serde::de::Error::custom("time form"))
}

fn read_hash<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Hash, D::Error> {
    let text = String::deserialize(d)?;
    parse_hash(&text).ok_or_else(|| serde::de::Error::custom("hash form"))
}

impl Header {
    /// The canonical text that is stored and hashed. Fails where a rule of the format is broken.
    pub fn to_text(&self) -> Result<String, LedgerError> {
        if self.v != VERSION {
            return Err(LedgerError::Header("unknown version"));
        }
        if !(1..=MAX_INT).contains(&self.seq) {
            return Err(LedgerError::Header("seq out of range"));
        }
        if self.stream.is_empty() {
            return Err(LedgerError::Header("stream is empty"));
        }
        let mut at = String::with_capacity(27);
        stamp::write(&mut at, self.at).ok_or(LedgerError::Header("time out of range"))?;

        let mut out = String::with_capacity(640);
        let mut members = jcs::Members::open(&mut out);
        members.text("action", &self.action);
        members.text("actor", &self.actor);
        members.text("at", &at);
        members.hash("commit", &self.commit);
        members.opt_text("ip_pfx", self.ip_pfx.as_deref());
        members.opt_text("kid", self.kid.as_deref());
        members.opt_text("object", self.object.as_deref());
        members.opt_text("on_behalf", self.on_behalf.as_deref());
        members.text("outcome", &self.outcome);
        members.hash("prev", &self.prev);
        members.opt_text("purpose", self.purpose.as_deref());
        members.opt_text("request_id", self.request_id.as_deref());
        members.int("seq", self.seq);
        members.text("stream", &self.stream);
        members.int("v", self.v);
        members.close();
        if out.len() > MAX_HEADER {
            return Err(LedgerError::Header("too long"));
        }
        Ok(out)
    }

    /// Reads a stored header text. Refuses every text that is not the canonical form of exactly
    /// the fifteen members.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let header: Self =
            serde_json::from_str(text).map_err(|_| LedgerError::Header("members or types"))?;
        if header.to_text()? == text {
            Ok(header)
        } else {
            Err(LedgerError::Header("not canonical"))
        }
    }
}

/// A header in the form that is stored, with the hash that the next event points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    pub header_text: String,
    pub hash: Hash,
}

/// Makes the stored form of a header. Fails where a rule of the format is broken.
pub fn seal(header: &Header) -> Result<Sealed, LedgerError> {
    let header_text = header.to_text()?;
    let hash = event_hash(&header_text);
    Ok(Sealed { header_text, hash })
}

/// `SHA-256("mct/event/v1\0" ‖ u32be(length) ‖ text)` of a header text as stored.
pub fn event_hash(header_text: &str) -> Hash {
    // A longer text saturates; it is refused as a header anyway.
    let length = u32::try_from(header_text.len()).unwrap_or(u32::MAX);
    sha256(&[EVENT_TAG, &length.to_be_bytes(), header_text.as_bytes()])
}

/// `SHA-256("mct/payload/v1\0" ‖ salt ‖ JCS(payload))`. The salt must be random and secret: with
/// it gone, a short payload cannot be guessed from the commitment. Fails on a payload that has no
/// canonical form, and on `null`.
pub fn commit(salt: &[u8; 32], payload: &Value) -> Result<Hash, LedgerError> {
    if payload.is_null() {
        return Err(LedgerError::NullPayload);
    }
    let text = jcs::to_text(payload)?;
    Ok(sha256(&[PAYLOAD_TAG, salt, text.as_bytes()]))
}

/// The last event of a stream, as far as the next one needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    pub seq: u64,
    pub hash: Hash,
    pub at: Instant,
}

/// `(seq, at, prev)` of the event that follows `tip` (`None` opens a stream). The time never runs
/// backward inside a stream, even where the clock does.
pub fn next(tip: Option<&Tip>, now: Instant) -> (u64, Instant, Hash) {
    match tip {
        None => (1, now, ZERO),
        Some(tip) => (tip.seq.saturating_add(1), now.max(tip.at), tip.hash),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn header() -> Header {
        Header {
            v: 1,
            stream: "case/1".into(),
            seq: 1,
            at: Instant(1_767_225_600_000_001),
            actor: "user/7".into(),
            on_behalf: None,
            action: "case.accept".into(),
            object: Some("case/1".into()),
            outcome: "ok".into(),
            request_id: Some("r-1".into()),
            ip_pfx: Some("10.1.2.0/24".into()),
            purpose: None,
            kid: Some("k1".into()),
            commit: [0xab; 32],
            prev: ZERO,
        }
    }

    #[test]
    fn the_stored_text_is_the_canonical_form() {
        let sealed = seal(&header()).unwrap();
        let value: Value = serde_json::from_str(&sealed.header_text).unwrap();
        assert_eq!(jcs::to_text(&value).unwrap(), sealed.header_text);
        assert_eq!(value.as_object().unwrap().len(), 15);
        assert_eq!(value["at"], "2026-01-01T00:00:00.000001Z");
        assert_eq!(Header::parse(&sealed.header_text).unwrap(), header());
        let mut bytes = b"mct/event/v1\0".to_vec();
        bytes.extend((sealed.header_text.len() as u32).to_be_bytes());
        bytes.extend(sealed.header_text.as_bytes());
        assert_eq!(sealed.hash, sha256(&[&bytes]));
    }

    #[test]
    fn other_texts_of_the_same_header_are_refused() {
        let good = header().to_text().unwrap();
        let changes = [
            (" {", "{"),
            ("{\"actor\"", "{\"action\""),
            ("\"seq\":1.0", "\"seq\":1"),
            ("\"seq\":\"1\"", "\"seq\":1"),
            ("\"seq\":0", "\"seq\":1"),
            ("\"seq\":9007199254740992", "\"seq\":1"),
            ("\"v\":2", "\"v\":1"),
            ("\"v\":1,\"w\":1", "\"v\":1"),
            ("\"v\":1,\"v\":1", "\"v\":1"),
            ("\"stream\":\"\"", "\"stream\":\"case/1\""),
            ("\"user\\/7\"", "\"user/7\""),
            ("\"\\u0075ser/7\"", "\"user/7\""),
            ("ABAB", "abab"),
            ("", "\"purpose\":null,"),
            ("00.000001Z", "00.000001Z\u{20}"),
            ("+00:00\"", "Z\""),
        ];
        for (new, old) in changes {
            let bad = good.replacen(old, new, 1);
            if bad != good {
                assert!(Header::parse(&bad).is_err(), "{bad}");
            }
        }
        let mut tall = header();
        tall.object = Some("x".repeat(MAX_HEADER));
        assert_eq!(tall.to_text(), Err(LedgerError::Header("too long")));
        tall = header();
        tall.at = Instant(i64::MAX);
        assert!(tall.to_text().is_err());
    }

    #[test]
    fn commitment_depends_on_salt_and_content_but_not_on_member_order() {
        let salt = [7; 32];
        let base = commit(&salt, &json!({"a": 1, "b": "x"})).unwrap();
        assert_eq!(base, commit(&salt, &json!({"b": "x", "a": 1})).unwrap());
        assert_ne!(base, commit(&[8; 32], &json!({"a": 1, "b": "x"})).unwrap());
        assert_ne!(base, commit(&salt, &json!({"a": 2, "b": "x"})).unwrap());
        assert_eq!(commit(&salt, &Value::Null), Err(LedgerError::NullPayload));
        assert_eq!(commit(&salt, &json!({"a": 0.5})), Err(LedgerError::Float));
    }

    #[test]
    fn the_clock_cannot_run_backward_in_a_stream() {
        let tip = Tip {
            seq: 4,
            hash: [1; 32],
            at: Instant(100),
        };
        assert_eq!(next(Some(&tip), Instant(90)), (5, Instant(100), [1; 32]));
        assert_eq!(next(Some(&tip), Instant(110)), (5, Instant(110), [1; 32]));
        assert_eq!(next(None, Instant(90)), (1, Instant(90), ZERO));
    }
}
