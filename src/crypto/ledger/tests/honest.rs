//! An honest ledger has no faults, whatever has been erased, rotated or cosigned.

use super::super::checkpoint::{Rotation, advance};
use super::super::export::Writer;
use super::super::key::SigningKey;
use super::super::note::Note;
use super::super::record::Record;
use super::super::report::FaultKind;
use super::super::testkit::{ORIGIN, Town, verify};
use super::super::tree::{Frontier, consistency_proof};
use super::super::verify::{Options, Verifier, verify_export};
use std::collections::HashMap;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
}

#[test]
fn nothing_is_wrong_and_the_window_is_reported() {
    let town = Town::grow(215, 12, 20, 1);
    let report = town.verify(&town.notes[3..4]);
    assert_eq!(report.faults, []);
    assert!(report.is_ok());
    assert_eq!((report.events, report.leaves), (215, 200));
    assert_eq!(report.checkpoints, 10);
    assert_eq!(report.verified.unwrap(), town.tree_head(200));
    assert_eq!(report.window.events, 15);
    assert!(report.absent > 5);
    assert_eq!(report.payloads + report.absent, 215);
    let spans: u64 = report.window.spans.iter().map(|s| s.to - s.from + 1).sum();
    assert_eq!(spans, 15);
}

#[test]
fn an_export_file_gives_the_same_report() {
    let town = Town::grow(100, 7, 20, 2);
    let mut writer = Writer::new(Vec::new(), true).unwrap();
    for record in &town.records()[1..] {
        writer.write(record).unwrap();
    }
    let file = writer.finish().unwrap();
    let options = Options {
        keys: vec![Town::public()],
        ..Options::default()
    };
    let report = verify_export(&file[..], options.clone()).unwrap();
    assert_eq!(report.faults, []);
    assert_eq!(report.events, 100);

    // A file cut anywhere behind its first line is not complete.
    for share in 1..10 {
        let cut = &file[..file.len() * share / 10];
        let report = verify_export(cut, options.clone()).unwrap();
        assert!(!report.is_ok(), "{share}");
    }
    let report = verify_export(&b""[..], options).unwrap();
    assert_eq!(report.faults[0].kind, FaultKind::Malformed);
}

#[test]
fn an_empty_ledger_may_be_signed() {
    let mut town = Town::grow(0, 1, 1, 3);
    assert!(town.verify(&[]).is_ok());
    town.checkpoint(&Town::key());
    assert!(town.verify(&town.notes.clone()).is_ok());
    town.append("system", 1, None);
    town.checkpoint(&Town::key());
    let report = town.verify(&town.notes.clone());
    assert_eq!(report.faults, []);
    assert_eq!(report.checkpoints, 2);
}

#[test]
fn withheld_payloads_are_no_fault_but_missing_ones_are() {
    let mut town = Town::grow(40, 3, 20, 4);
    for event in &mut town.events {
        event.payload = None;
    }
    let mut records = town.records();
    let kinds: Vec<FaultKind> = verify(&records, &[])
        .faults
        .iter()
        .map(|f| f.kind)
        .collect();
    assert!(kinds.len() > 20 && kinds.iter().all(|k| *k == FaultKind::Payload));
    records[0] = Record::Export { payloads: false };
    let report = verify(&records, &[]);
    assert_eq!(report.faults, []);
    assert_eq!(report.absent, 40);
}

#[test]
fn leaf_hashes_are_optional() {
    let mut town = Town::grow(60, 5, 20, 5);
    for leaf in &mut town.leaves {
        leaf.hash = None;
    }
    assert!(town.verify(&town.notes.clone()).is_ok());
}

#[test]
fn checkpoints_may_stand_between_the_leaves() {
    let town = Town::grow(60, 5, 20, 6);
    let mut records = town.records();
    let notes: Vec<Record> = records.drain(1..4).collect();
    let first_leaf = records
        .iter()
        .position(|r| matches!(r, Record::Leaf(_)))
        .unwrap();
    for (at, note) in (1..).zip(notes).collect::<Vec<_>>().into_iter().rev() {
        records.insert(first_leaf + at * 20, note);
    }
    assert_eq!(verify(&records, &[]).faults, []);
    // One leaf later the root at that size is gone.
    records.swap(first_leaf + 20, first_leaf + 21);
    let report = verify(&records, &[]);
    assert_eq!(report.faults[0].kind, FaultKind::Order);
}

#[test]
fn a_log_outlives_its_keys() {
    let mut town = Town::grow(20, 3, 20, 7);
    let mut handovers = Vec::new();
    for (seed, next) in [(42, 43), (43, 44)] {
        let size = town.leaves.len() as u64;
        let handover = Rotation::sign(size, &key(seed), &key(next)).unwrap();
        handovers.push(handover.to_string());
        town.append("system", 30 + size as i64, None);
        town.checkpoint(&key(next));
    }
    for pinned in [42, 43, 44] {
        let mut records = town.records();
        for note in handovers.iter().cloned() {
            records.insert(1, Record::Rotation { note });
        }
        let run = |records: &[Record]| {
            let mut verifier = Verifier::new(Options {
                keys: vec![key(pinned).verifying().clone()],
                pinned: town.notes.clone(),
                ..Options::default()
            });
            records.iter().for_each(|r| verifier.record(r));
            verifier.finish()
        };
        assert_eq!(run(&records).faults, []);
        // Without the hand-over the other keys are strangers.
        records.remove(1);
        assert!(!run(&records).is_ok());
    }
    // The old key no longer speaks for the log.
    town.append("system", 90, None);
    town.checkpoint(&key(42));
    let mut records = town.records();
    for note in handovers.into_iter().rev() {
        records.insert(1, Record::Rotation { note });
    }
    let kinds: Vec<FaultKind> = verify(&records, &[])
        .faults
        .iter()
        .map(|f| f.kind)
        .collect();
    assert_eq!(kinds, [FaultKind::Note, FaultKind::Unsigned]);
}

#[test]
fn a_witness_checks_the_proof_and_its_signature_is_reported() {
    let town = Town::grow(100, 5, 20, 8);
    let witness = SigningKey::from_seed("county.example/witness", &[7; 32]).unwrap();
    let mut nodes = HashMap::new();
    let mut frontier = Frontier::new();
    for leaf in &town.leaves {
        frontier.append(leaf.hash.unwrap(), |n| {
            nodes.insert((n.level, n.index), n.hash);
        });
    }
    let fetch = |level, index| nodes.get(&(level, index)).copied().ok_or(());
    let (seen, offered) = (town.tree_head(40), town.tree_head(80));
    let proof = consistency_proof(40, 80, fetch).unwrap();
    advance(Some(&seen), &offered, &proof).unwrap();
    assert!(advance(Some(&seen), &offered, &proof[1..]).is_err());

    let mut cosigned = Note::parse(&town.notes[3]).unwrap();
    cosigned.cosign(&witness).unwrap();
    let mut records = town.records();
    let run = |records: &[Record]| {
        let mut verifier = Verifier::new(Options {
            keys: vec![Town::public()],
            witnesses: vec![witness.verifying().clone()],
            pinned: vec![cosigned.to_string()],
        });
        records.iter().for_each(|r| verifier.record(r));
        verifier.finish()
    };
    assert_eq!(run(&records).witnessed, None);
    let note = cosigned.to_string();
    records[4] = Record::Checkpoint { note };
    let report = run(&records);
    assert_eq!(report.faults, []);
    assert_eq!(report.witnessed, Some(80));
    // A line in the witness's name that does not verify spoils the note.
    let line = note_of(&records[4]).lines().last().unwrap().to_owned();
    let broken = note_of(&records[4]).replace(&line, &line.replacen("A", "B", 1));
    assert_ne!(broken, note_of(&records[4]));
    records[4] = Record::Checkpoint { note: broken };
    assert!(!run(&records).is_ok());
}

fn note_of(record: &Record) -> &str {
    match record {
        Record::Checkpoint { note } => note,
        _ => "",
    }
}
