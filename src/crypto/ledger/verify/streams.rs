//! The chains: each event by itself, the links of each stream, heads, and coverage by the tree.

use std::collections::{BTreeMap, HashMap};

use super::super::Hash;
use super::super::chain::{self, Header, Tip};
use super::super::record::{EventRow, HeadRow};
use super::super::report::{FaultKind, Faults, MAX_FAULTS, Span, Window};
use crate::domain::time::Instant;

/// What stays in memory of an event.
pub(super) struct Kept {
    pub(super) hash: Hash,
    pub(super) at: Instant,
    pub(super) covered: bool,
}

struct Stream {
    name: String,
    /// The events 1, 2, 3 … as long as no number is missing.
    rows: Vec<Kept>,
    /// Events after a missing number.
    strays: BTreeMap<u64, Kept>,
    last: Option<Tip>,
    head: Option<(u64, Hash)>,
}

impl Stream {
    fn kept(&mut self, seq: u64) -> Option<&mut Kept> {
        let place = seq.checked_sub(1).and_then(|n| usize::try_from(n).ok())?;
        match self.rows.get_mut(place) {
            Some(kept) => Some(kept),
            None => self.strays.get_mut(&seq),
        }
    }

    fn iter(&self) -> impl Iterator<Item = (u64, &Kept)> {
        let rows = (1..).zip(&self.rows);
        rows.chain(self.strays.iter().map(|(seq, kept)| (*seq, kept)))
    }
}

#[derive(Default)]
pub(super) struct Streams {
    index: HashMap<String, usize>,
    all: Vec<Stream>,
    pub(super) events: u64,
}

impl Streams {
    fn slot(&mut self, name: &str) -> Option<&mut Stream> {
        let place = match self.index.get(name) {
            Some(place) => *place,
            None => {
                let place = self.all.len();
                self.index.insert(name.to_owned(), place);
                self.all.push(Stream {
                    name: name.to_owned(),
                    rows: Vec::new(),
                    strays: BTreeMap::new(),
                    last: None,
                    head: None,
                });
                place
            }
        };
        self.all.get_mut(place)
    }

    /// Checks (1) and (2) for the next event. Gives its header where that can be read.
    ///
    /// The stored hash, not the recomputed one, is what the next event and the leaf are compared
    /// with: an altered event then shows once, at its own place, and where no event shows the
    /// `hash` fault both are the same.
    pub(super) fn event(&mut self, row: &EventRow, faults: &mut Faults) -> Option<Header> {
        self.events = self.events.saturating_add(1);
        let mut fault = |kind, detail| faults.add(kind, &row.stream, row.seq, detail);
        let header = match Header::parse(&row.header) {
            Ok(header) => Some(header),
            Err(error) => {
                fault(FaultKind::Header, format!("rule={error}"));
                None
            }
        };
        let other = |h: &&Header| h.stream != row.stream || h.seq != row.seq;
        if let Some(header) = header.as_ref().filter(other) {
            let detail = format!("header={}#{}", header.stream, header.seq);
            fault(FaultKind::Row, detail);
        }
        let computed = chain::event_hash(&row.header);
        if computed != row.hash {
            fault(FaultKind::Hash, differ(&row.hash, &computed));
        }

        let stream = self.slot(&row.stream)?;
        let expected = stream.last.map_or(1, |tip| tip.seq.saturating_add(1));
        if row.seq < expected {
            fault(FaultKind::Duplicate, format!("expected={expected}"));
            return header;
        }
        if row.seq > expected {
            let missing = row.seq.saturating_sub(1);
            // Named at the first missing event, where the investigator has to look.
            let detail = format!("missing={expected}..{missing}");
            faults.add(FaultKind::Gap, &row.stream, expected, detail);
        } else if let Some(header) = &header {
            let prev = stream.last.map_or(chain::ZERO, |tip| tip.hash);
            if header.prev != prev {
                fault(FaultKind::Prev, differ(&header.prev, &prev));
            }
        }
        let last_at = stream.last.map(|tip| tip.at);
        let at = header.as_ref().map(|h| h.at).or(last_at);
        let at = at.unwrap_or_default();
        if let Some(last) = last_at.filter(|last| *last > at) {
            let detail = format!("at={at} before={last}");
            faults.add(FaultKind::Time, &row.stream, row.seq, detail);
        }
        let kept = Kept {
            hash: row.hash,
            at,
            covered: false,
        };
        if row.seq == expected && stream.strays.is_empty() {
            stream.rows.push(kept);
        } else {
            stream.strays.insert(row.seq, kept);
        }
        stream.last = Some(Tip {
            seq: row.seq,
            hash: row.hash,
            at,
        });
        header
    }

    pub(super) fn head(&mut self, row: &HeadRow, faults: &mut Faults) {
        let Some(stream) = self.slot(&row.stream) else {
            return;
        };
        match stream.head {
            None => stream.head = Some((row.seq, row.hash)),
            Some(_) => faults.add(FaultKind::Head, &row.stream, row.seq, "twice".into()),
        }
    }

    pub(super) fn find(&mut self, stream: &str, seq: u64) -> Option<&mut Kept> {
        let place = *self.index.get(stream)?;
        self.all.get_mut(place)?.kept(seq)
    }

    /// The number of streams with events.
    pub(super) fn count(&self) -> u64 {
        self.all.iter().filter(|s| s.last.is_some()).count() as u64
    }

    /// Check (3).
    pub(super) fn check_heads(&self, faults: &mut Faults) {
        for stream in &self.all {
            let mut fault = |kind, seq, detail| faults.add(kind, &stream.name, seq, detail);
            match (stream.head, stream.last) {
                (None, None) => {}
                (None, Some(tip)) => fault(FaultKind::Head, tip.seq, "head=none".into()),
                (Some((seq, _)), None) => {
                    fault(FaultKind::EventMissing, seq, "head without events".into());
                }
                (Some((seq, _)), Some(tip)) if seq > tip.seq => {
                    let detail = format!("head={seq} last={}", tip.seq);
                    fault(FaultKind::EventMissing, seq, detail);
                }
                (Some((seq, _)), Some(tip)) if seq < tip.seq => {
                    fault(FaultKind::Head, tip.seq, format!("head={seq}"));
                }
                (Some((seq, hash)), Some(tip)) if hash != tip.hash => {
                    fault(FaultKind::Head, seq, differ(&hash, &tip.hash));
                }
                _ => {}
            }
        }
    }

    /// Checks (4) and (7): an event without a leaf is in the window only where no later event of
    /// its stream has one and where it is not older than `oldest`.
    pub(super) fn check_coverage(&self, oldest: Option<Instant>, faults: &mut Faults) -> Window {
        let mut window = Window::default();
        for stream in &self.all {
            let covered = stream.iter().filter(|(_, kept)| kept.covered);
            let last_covered = covered.map(|(seq, _)| seq).max().unwrap_or(0);
            let mut span: Option<Span> = None;
            for (seq, kept) in stream.iter().filter(|(_, kept)| !kept.covered) {
                if seq < last_covered {
                    let detail = format!("covered={last_covered}");
                    faults.add(FaultKind::LeafMissing, &stream.name, seq, detail);
                } else if oldest.is_some_and(|oldest| kept.at < oldest) {
                    let detail = format!("late={}", kept.at);
                    faults.add(FaultKind::LeafMissing, &stream.name, seq, detail);
                } else {
                    window.events = window.events.saturating_add(1);
                    window.first_at = Some(window.first_at.unwrap_or(kept.at).min(kept.at));
                    window.last_at = Some(window.last_at.unwrap_or(kept.at).max(kept.at));
                    let from = span.map_or(seq, |span| span.from);
                    span = Some(Span {
                        stream: stream.name.clone(),
                        from,
                        to: seq,
                    });
                }
            }
            if let Some(span) = span.filter(|_| window.spans.len() < MAX_FAULTS) {
                window.spans.push(span);
            }
        }
        window
    }

    /// The latest time of any event.
    pub(super) fn latest(&self) -> Option<Instant> {
        self.all
            .iter()
            .filter_map(|s| s.last)
            .map(|tip| tip.at)
            .max()
    }
}

fn differ(stored: &Hash, computed: &Hash) -> String {
    format!(
        "stored={} computed={}",
        hex::encode(stored),
        hex::encode(computed)
    )
}
