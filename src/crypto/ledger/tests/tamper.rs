//! A thousand edits that the owner of the tables could make. Each must be found and named.

use serde_json::json;

use super::super::chain::{self, Header};
use super::super::key::SigningKey;
use super::super::record::{EventRow, LeafRow};
use super::super::report::{FaultKind, Report};
use super::super::sha256;
use super::super::testkit::{Lcg, ORIGIN, Town};
use super::super::tree::leaf_hash;

pub(super) const EVENTS: usize = 110;
pub(super) const BATCH: usize = 20;
/// Events under a checkpoint; the other ten are in the window.
pub(super) const COVERED: usize = 100;

/// What a fault must name: an event, or where rows are gone without a trace, only the log.
pub(super) type Named = Option<(String, u64)>;
pub(super) type Edit = fn(&mut Town, &mut Lcg) -> Named;

fn named(event: &EventRow) -> Named {
    Some((event.stream.clone(), event.seq))
}

/// Whether a fault names the event, by itself or in the list of leaves under a wrong root.
pub(super) fn names(report: &Report, stream: &str, seq: u64) -> bool {
    report.faults.iter().any(|fault| {
        let itself = fault.stream.as_deref() == Some(stream) && fault.seq == Some(seq);
        let list = fault
            .detail
            .split_once("among=")
            .map_or("", |(_, list)| list);
        itself
            || list.split(' ').any(|piece| {
                let Some((name, range)) = piece.rsplit_once('#') else {
                    return false;
                };
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                name == stream && (from.parse().unwrap()..=to.parse().unwrap()).contains(&seq)
            })
    })
}

/// An event under a checkpoint that has a successor in its stream under a checkpoint.
fn inner(town: &Town, random: &mut Lcg) -> usize {
    loop {
        let at = random.index(COVERED);
        let event = &town.events[at];
        let later = |e: &EventRow| e.stream == event.stream && e.seq > event.seq;
        if town.events[..COVERED].iter().any(later) {
            return at;
        }
    }
}

fn reseal(event: &mut EventRow, change: impl FnOnce(&mut Header)) {
    let mut header = Header::parse(&event.header).unwrap();
    change(&mut header);
    let sealed = chain::seal(&header).unwrap();
    (event.header, event.hash) = (sealed.header_text, sealed.hash);
}

/// Makes the chain of a stream right again from `seq` on, with heads and stored leaves.
fn recompute(town: &mut Town, stream: &str, leaves_too: bool) {
    let mut prev = chain::ZERO;
    let mut seq = 0;
    for event in town.events.iter_mut().filter(|e| e.stream == stream) {
        seq += 1;
        event.seq = seq;
        reseal(event, |h| (h.seq, h.prev) = (seq, prev));
        prev = event.hash;
    }
    town.set_head(stream, seq, prev);
    if leaves_too {
        for leaf in town.leaves.iter_mut().filter(|l| l.stream == stream) {
            let found = town
                .events
                .iter()
                .find(|e| e.stream == stream && e.seq == leaf.seq);
            leaf.hash = found.map(|e| leaf_hash(&e.hash)).or(leaf.hash);
        }
    }
}

fn update(town: &mut Town, random: &mut Lcg) -> Named {
    let at = random.index(COVERED);
    let event = &mut town.events[at];
    match random.below(6) {
        0 => {
            event.header = event
                .header
                .replacen("\"outcome\":\"ok\"", "\"outcome\":\"no\"", 1)
        }
        1 => reseal(event, |h| h.actor = "user/77".into()),
        2 => reseal(event, |h| h.at.0 -= 1),
        3 => event.hash[random.index(32)] ^= 1 << random.below(8),
        4 => event.header = event.header.replacen(':', ": ", 1),
        _ => match &mut event.payload {
            Some(opened) => match random.below(3) {
                0 => opened.value["n"] = json!(99),
                1 => opened.salt[random.index(32)] ^= 1,
                _ => event.payload = None,
            },
            None => reseal(event, |h| h.kid = None),
        },
    }
    named(event)
}

fn delete(town: &mut Town, random: &mut Lcg) -> Named {
    let at = random.index(COVERED);
    let event = town.events.remove(at);
    if random.below(2) == 0 {
        town.leaves
            .retain(|l| (&l.stream, l.seq) != (&event.stream, event.seq));
    }
    named(&event)
}

fn insert(town: &mut Town, random: &mut Lcg) -> Named {
    let at = inner(town, random);
    let mut forged = town.events[at].clone();
    let hash = forged.hash;
    match random.below(3) {
        // A second event under a number that is taken.
        0 => reseal(&mut forged, |h| h.action = "case.close".into()),
        // Squeezed in behind an event, the rest of the stream moved up and made right.
        1 => {
            reseal(&mut forged, |h| h.prev = hash);
            town.events.insert(at + 1, forged.clone());
            recompute(town, &forged.stream, true);
            forged.seq += 1;
            return named(&forged);
        }
        // A backdated stream of its own.
        _ => {
            forged.stream = "case/forged".into();
            forged.seq = 1;
            reseal(&mut forged, |h| {
                (h.stream, h.seq, h.prev) = ("case/forged".into(), 1, chain::ZERO);
                h.at.0 = h.at.0.min(1_767_225_700_000_000);
            });
            town.set_head("case/forged", 1, forged.hash);
        }
    }
    town.events.push(forged.clone());
    named(&forged)
}

fn swap(town: &mut Town, random: &mut Lcg) -> Named {
    let (a, b) = (random.index(COVERED), random.index(COVERED - 1));
    let b = if b >= a { b + 1 } else { b };
    let (low, high) = (a.min(b), a.max(b));
    let (left, right) = town.events.split_at_mut(high);
    let (x, y) = (&mut left[low], &mut right[0]);
    match random.below(3) {
        0 => {
            std::mem::swap(&mut x.header, &mut y.header);
            std::mem::swap(&mut x.hash, &mut y.hash);
            std::mem::swap(&mut x.payload, &mut y.payload);
        }
        1 => std::mem::swap(&mut x.header, &mut y.header),
        _ => {
            std::mem::swap(&mut x.stream, &mut y.stream);
            std::mem::swap(&mut x.seq, &mut y.seq);
        }
    }
    named(&town.events[a])
}

fn renumber(town: &mut Town, random: &mut Lcg) -> Named {
    let at = inner(town, random);
    let start = town.events[at].clone();
    match random.below(3) {
        // The row keys of all later events move up.
        0 => {
            let moved = |e: &&mut EventRow| e.stream == start.stream && e.seq >= start.seq;
            town.events
                .iter_mut()
                .filter(moved)
                .for_each(|e| e.seq += 1);
            Some((start.stream, start.seq + 1))
        }
        // An event is cut out and the rest closed up, all made right but the signed root.
        1 => {
            town.events.remove(at);
            recompute(town, &start.stream, true);
            named(&start)
        }
        // Moved to another stream.
        _ => {
            town.events[at].stream = "case/other".into();
            named(&start)
        }
    }
}

fn reorder(town: &mut Town, random: &mut Lcg) -> Named {
    let at = inner(town, random);
    let event = town.events[at].clone();
    match random.below(2) {
        // Two leaves change places, with or without their stored hashes.
        0 => {
            let (a, b) = (at, (at + 1 + random.index(COVERED - 1)) % COVERED);
            let (x, y) = (town.leaves[a].clone(), town.leaves[b].clone());
            let with_hash = random.below(2) == 0;
            let place = |index: u64, from: &LeafRow, hash| LeafRow {
                index,
                hash: if with_hash { from.hash } else { hash },
                ..from.clone()
            };
            town.leaves[a] = place(x.index, &y, x.hash);
            town.leaves[b] = place(y.index, &x, y.hash);
            let first = &town.events[a.min(b)];
            if with_hash {
                let moved = &town.leaves[a.min(b)];
                return Some((moved.stream.clone(), moved.seq));
            }
            named(first)
        }
        // The contents of neighbours in a stream change places and the chain is made right.
        _ => {
            let next = |e: &EventRow| e.stream == event.stream && e.seq == event.seq + 1;
            let other = town.events.iter().position(next).unwrap();
            let (first, second) = (town.events[at].clone(), town.events[other].clone());
            (town.events[at].header, town.events[at].payload) = (second.header, second.payload);
            (town.events[other].header, town.events[other].payload) = (first.header, first.payload);
            recompute(town, &event.stream, true);
            named(&event)
        }
    }
}

fn cut(town: &mut Town, random: &mut Lcg) -> Named {
    // The stream loses its end from a covered event on, the case row follows.
    let at = random.index(COVERED);
    let event = town.events[at].clone();
    let gone = |stream: &str, seq| stream == event.stream && seq >= event.seq;
    town.events.retain(|e| !gone(&e.stream, e.seq));
    town.heads.retain(|h| h.stream != event.stream);
    if event.seq > 1 {
        let last = town.row(&event.stream, event.seq - 1).clone();
        town.set_head(&last.stream, last.seq, last.hash);
    }
    if random.below(2) == 0 {
        return named(&event);
    }
    // The leaves go as well, and the others close up.
    town.leaves.retain(|l| !gone(&l.stream, l.seq));
    for (index, leaf) in town.leaves.iter_mut().enumerate() {
        leaf.index = index as u64;
    }
    None
}

fn recompute_all(town: &mut Town, random: &mut Lcg) -> Named {
    let at = random.index(COVERED);
    let event = town.events[at].clone();
    let header = Header::parse(&event.header).unwrap();
    let header = Header {
        actor: "user/66".into(),
        ..header
    };
    town.events[at].header = header.to_text().unwrap();
    recompute(town, &event.stream, true);
    if random.below(2) == 0 {
        // New roots as well, signed with the attacker's own key of the same name.
        let own = SigningKey::from_seed(ORIGIN, &[66; 32]).unwrap();
        let sizes = (1..=COVERED / BATCH).map(|n| n * BATCH);
        let heads: Vec<_> = sizes.map(|size| town.tree_head(size)).collect();
        town.notes = heads
            .iter()
            .map(|h| h.sign(&own).unwrap().to_string())
            .collect();
        return None;
    }
    named(&event)
}

/// The whole database as it was at an earlier checkpoint, or regrown from there by the honest
/// sequencer with the true key.
fn restore(town: &mut Town, random: &mut Lcg) -> Named {
    let size = BATCH * (1 + random.index(COVERED / BATCH - 1));
    town.events.truncate(size);
    town.leaves.truncate(size);
    town.notes.truncate(size / BATCH);
    town.heads.clear();
    for event in town.events.clone() {
        town.set_head(&event.stream, event.seq, event.hash);
    }
    if random.below(2) == 0 {
        for step in size..EVENTS {
            town.append("case/0001", step as i64, Some(json!({"other": "past"})));
        }
        town.checkpoint(&Town::key());
    }
    None
}

fn other_rows(town: &mut Town, random: &mut Lcg) -> Named {
    let at = random.index(COVERED);
    match random.below(9) {
        0 => town.leaves[at].seq += 1,
        1 => town.leaves[at].hash = Some(sha256(&[b"x"])),
        2 => {
            town.leaves.remove(at);
        }
        3 => {
            let head = random.index(town.heads.len());
            let head = &mut town.heads[head];
            head.hash[random.index(32)] ^= 4;
            return Some((head.stream.clone(), head.seq));
        }
        4 => {
            let head = town.heads.remove(random.index(town.heads.len()));
            return Some((head.stream, head.seq));
        }
        5 => {
            let note = random.index(town.notes.len());
            town.notes[note] = town.notes[note].replacen('0', "1", 1);
        }
        6 => {
            town.notes.pop();
        }
        7 => town.notes.clear(),
        _ => {
            let event = town.events[COVERED].clone();
            town.leaves.push(LeafRow {
                index: COVERED as u64,
                stream: event.stream,
                seq: event.seq,
                hash: None,
            });
        }
    }
    None
}

pub(super) const EDITS: [(&str, Edit); 10] = [
    ("update", update),
    ("delete", delete),
    ("insert", insert),
    ("swap", swap),
    ("renumber", renumber),
    ("reorder", reorder),
    ("cut", cut),
    ("recompute", recompute_all),
    ("restore", restore),
    ("other rows", other_rows),
];

#[test]
fn a_thousand_edits_are_all_found_and_named() {
    let honest = Town::grow(EVENTS, 9, BATCH, 20);
    let pinned = [honest.notes.last().unwrap().clone()];
    assert_eq!(honest.verify(&pinned).faults, []);
    let mut random = Lcg::new(1_000);
    for (name, edit) in EDITS {
        for round in 0..100 {
            let mut town = honest.clone();
            let target = edit(&mut town, &mut random);
            let report = town.verify(&pinned);
            assert!(!report.is_ok(), "{name} {round}: not found");
            if let Some((stream, seq)) = target {
                let found = names(&report, &stream, seq);
                assert!(
                    found,
                    "{name} {round}: {stream}#{seq} not in {:#?}",
                    report.faults
                );
            }
            // Without anything kept elsewhere only a return to the past goes unseen.
            if name != "restore" {
                assert!(!town.verify(&[]).is_ok(), "{name} {round}: needs the pin");
            }
        }
    }
}

#[test]
fn a_single_edit_shows_at_its_own_place_only() {
    let honest = Town::grow(EVENTS, 9, BATCH, 21);
    let mut random = Lcg::new(5);
    for _ in 0..50 {
        let at = inner(&honest, &mut random);
        let mut town = honest.clone();
        let event = &mut town.events[at];
        event.header = event.header.replacen("10.2.3.0", "10.2.4.0", 1);
        let report = town.verify(&[]);
        let faults: Vec<_> = report.faults.iter().map(|f| (f.kind, f.seq)).collect();
        assert_eq!(faults, [(FaultKind::Hash, Some(town.events[at].seq))]);
    }
}
