//! The records of an export, each one line of canonical JSON.

use serde::Deserialize;
use serde_json::Value;

use super::{Hash, LedgerError, MAX_INT, jcs, parse_hash};

/// The format version in the export line.
pub const VERSION: u64 = 1;

/// A payload with the salt that opens its commitment.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub value: Value,
    pub salt: [u8; 32],
}

/// An event as stored. `stream` and `seq` are those of the row; the header repeats them.
#[derive(Clone, Debug, PartialEq)]
pub struct EventRow {
    pub stream: String,
    pub seq: u64,
    pub hash: Hash,
    pub header: String,
    /// `None` where the payload is erased or withheld.
    pub payload: Option<Opened>,
}

/// The head of a stream as its owner row (the case row) states it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeadRow {
    pub stream: String,
    pub seq: u64,
    pub hash: Hash,
}

/// Which event a leaf stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRow {
    pub index: u64,
    pub stream: String,
    pub seq: u64,
    /// The stored leaf hash (level 0 node), where the store keeps nodes. It lets a verifier name
    /// the very event that was changed.
    pub hash: Option<Hash>,
}

/// One line of an export. The order of a file: the export line, rotations, checkpoints, erased
/// keys, events (of each stream in `seq` order), heads, leaves in index order.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The first line. Without `payloads`, all payloads are withheld.
    Export {
        payloads: bool,
    },
    /// A data key that was destroyed: payloads under it are gone for good.
    Erased {
        kid: String,
    },
    Rotation {
        note: String,
    },
    Checkpoint {
        note: String,
    },
    Event(EventRow),
    Head(HeadRow),
    Leaf(LeafRow),
}

impl Record {
    /// The canonical line, without its newline. Fails where a payload or a number has no canonical
    /// form.
    pub fn to_line(&self) -> Result<String, LedgerError> {
        let mut out = String::with_capacity(match self {
            Self::Event(row) => row.header.len().saturating_add(768),
            _ => 256,
        });
        let mut members = jcs::Members::open(&mut out);
        match self {
            Self::Export { payloads } => {
                members.text("kind", "export");
                members.flag("payloads", *payloads);
                members.int("v", VERSION);
            }
            Self::Erased { kid } => {
                members.text("kid", kid);
                members.text("kind", "erased");
            }
            Self::Rotation { note } => {
                members.text("kind", "rotation");
                members.text("note", note);
            }
            Self::Checkpoint { note } => {
                members.text("kind", "checkpoint");
                members.text("note", note);
            }
            Self::Event(row) => {
                members.hash("hash", &row.hash);
                members.text("header", &row.header);
                members.text("kind", "event");
                match &row.payload {
                    Some(opened) if opened.value.is_null() => return Err(LedgerError::NullPayload),
                    Some(opened) => jcs::write_value(members.name("payload"), &opened.value)?,
                    None => members.opt_text("payload", None),
                }
                members.opt_hash("salt", row.payload.as_ref().map(|opened| &opened.salt));
                members.int("seq", bounded(row.seq)?);
                members.text("stream", &row.stream);
            }
            Self::Head(row) => {
                members.hash("hash", &row.hash);
                members.text("kind", "head");
                members.int("seq", bounded(row.seq)?);
                members.text("stream", &row.stream);
            }
            Self::Leaf(row) => {
                members.opt_hash("hash", row.hash.as_ref());
                members.int("index", bounded(row.index)?);
                members.text("kind", "leaf");
                members.int("seq", bounded(row.seq)?);
                members.text("stream", &row.stream);
            }
        }
        members.close();
        Ok(out)
    }

    /// Reads one line without its newline; refuses every text but the canonical one.
    pub fn parse(line: &str) -> Result<Self, &'static str> {
        let line_members: Line = serde_json::from_str(line).map_err(|_| "members or types")?;
        let record = line_members.record()?;
        match record.to_line() {
            Ok(canonical) if canonical == line => Ok(record),
            _ => Err("not canonical"),
        }
    }
}

fn bounded(n: u64) -> Result<u64, LedgerError> {
    if n > MAX_INT {
        return Err(LedgerError::IntegerRange);
    }
    Ok(n)
}

/// The members of all kinds together. A member that is missing where it must be null, or there
/// where it must not be, makes the line differ from its canonical form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    hash: Option<String>,
    header: Option<String>,
    index: Option<u64>,
    kid: Option<String>,
    note: Option<String>,
    payload: Option<Value>,
    payloads: Option<bool>,
    salt: Option<String>,
    seq: Option<u64>,
    stream: Option<String>,
    v: Option<u64>,
}

impl Line {
    fn record(self) -> Result<Record, &'static str> {
        const MISSING: &str = "member missing";
        let hash = match &self.hash {
            Some(text) => Some(parse_hash(text).ok_or("hash form")?),
            None => None,
        };
        Ok(match self.kind.as_str() {
            "export" if self.v != Some(VERSION) => return Err("unknown version"),
            "export" => Record::Export {
                payloads: self.payloads.ok_or(MISSING)?,
            },
            "erased" => Record::Erased {
                kid: self.kid.ok_or(MISSING)?,
            },
            "rotation" => Record::Rotation {
                note: self.note.ok_or(MISSING)?,
            },
            "checkpoint" => Record::Checkpoint {
                note: self.note.ok_or(MISSING)?,
            },
            "event" => Record::Event(EventRow {
                stream: self.stream.ok_or(MISSING)?,
                seq: self.seq.ok_or(MISSING)?,
                hash: hash.ok_or(MISSING)?,
                header: self.header.ok_or(MISSING)?,
                payload: match (self.payload, self.salt) {
                    (Some(value), Some(salt)) => Some(Opened {
                        value,
                        salt: parse_hash(&salt).ok_or("salt form")?,
                    }),
                    (None, None) => None,
                    _ => return Err("payload and salt go together"),
                },
            }),
            "head" => Record::Head(HeadRow {
                stream: self.stream.ok_or(MISSING)?,
                seq: self.seq.ok_or(MISSING)?,
                hash: hash.ok_or(MISSING)?,
            }),
            "leaf" => Record::Leaf(LeafRow {
                index: self.index.ok_or(MISSING)?,
                stream: self.stream.ok_or(MISSING)?,
                seq: self.seq.ok_or(MISSING)?,
                hash,
            }),
            _ => return Err("unknown kind"),
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// One record of every form.
    pub(in super::super) fn records() -> Vec<Record> {
        let event = |payload| {
            Record::Event(EventRow {
                stream: "case/调".into(),
                seq: 1,
                hash: [1; 32],
                header: "{\"a\":\"\\n\"}".into(),
                payload,
            })
        };
        let leaf = |hash| {
            Record::Leaf(LeafRow {
                index: 0,
                stream: "case/调".into(),
                seq: 1,
                hash,
            })
        };
        vec![
            Record::Export { payloads: true },
            Record::Rotation { note: "r\n".into() },
            Record::Checkpoint { note: "c\n".into() },
            Record::Erased { kid: "k".into() },
            event(None),
            event(Some(Opened {
                value: json!({"b": 1, "a": "x"}),
                salt: [2; 32],
            })),
            Record::Head(HeadRow {
                stream: "case/调".into(),
                seq: 1,
                hash: [1; 32],
            }),
            leaf(None),
            leaf(Some([3; 32])),
        ]
    }

    #[test]
    fn other_texts_of_a_record_are_refused() {
        let leaf = records()[7].to_line().unwrap();
        let event = records()[5].to_line().unwrap();
        let changes = [
            (&leaf, "\"hash\":null,", ""),
            (&leaf, "\"seq\":1", "\"seq\":1,\"seq\":1"),
            (&leaf, "\"seq\":1", "\"seq\":1.0"),
            (&leaf, "\"seq\":1", "\"seq\": 1"),
            (&leaf, "\"seq\":1", "\"salt\":null,\"seq\":1"),
            (&leaf, "\"seq\":1", "\"extra\":1,\"seq\":1"),
            (&leaf, "leaf", "tree"),
            (&leaf, "\"seq\":1", "\"seq\":9007199254740992"),
            (&leaf, "调", "\\u8c03"),
            (&event, "\"x\"", "\"x\",\"a\":\"y\""),
            (&event, "\"b\":1", "\"b\":1.5"),
            (&event, "{\"a\":\"x\",\"b\":1}", "null"),
            (&event, "\"hash\":\"0101", "\"hash\":\"01"),
            (&event, "\"salt\":\"0202", "\"salt\":\"AA02"),
        ];
        for (line, old, new) in changes {
            assert!(Record::parse(line).is_ok());
            let bad = line.replacen(old, new, 1);
            assert_ne!(&bad, line);
            assert!(Record::parse(&bad).is_err(), "{bad}");
        }
        assert!(Record::parse("{\"kind\":\"export\",\"payloads\":true,\"v\":2}").is_err());
    }
}
