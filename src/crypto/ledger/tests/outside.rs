//! The Python verifier, written from the published format alone, must find the same faults.
//! Run with `-- --ignored`; `JIEYOU_PYTHON` names an interpreter that has `cryptography`.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::super::checkpoint::Rotation;
use super::super::export::Writer;
use super::super::key::SigningKey;
use super::super::record::Record;
use super::super::report::FaultKind;
use super::super::testkit::{Lcg, ORIGIN, Town};
use super::super::verify::{Options, verify_export};
use super::tamper::{BATCH, EDITS, EVENTS};

/// Kind and `stream#seq`, sorted.
type Found = Vec<(String, String)>;

fn file(records: &[Record]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), true).unwrap();
    for record in &records[1..] {
        writer.write(record).unwrap();
    }
    writer.finish().unwrap()
}

fn ours(file: &[u8], pinned: &[String]) -> Found {
    let options = Options {
        keys: vec![Town::public()],
        witnesses: Vec::new(),
        pinned: pinned.to_vec(),
    };
    let report = verify_export(file, options).unwrap();
    let mut found: Found = report
        .faults
        .into_iter()
        .map(|fault| {
            let name = match (fault.stream, fault.seq) {
                (Some(stream), Some(seq)) if fault.kind != FaultKind::Malformed => {
                    format!("{stream}#{seq}")
                }
                _ => "#".to_owned(),
            };
            (fault.kind.to_string(), name)
        })
        .collect();
    found.sort();
    found
}

#[expect(
    clippy::disallowed_methods,
    reason = "another program is what this test is about"
)]
fn theirs(dir: &Path, file: &[u8], pinned: &[String]) -> Found {
    let python = std::env::var_os("JIEYOU_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tools/verify_audit.py");
    let export = dir.join("export.ndjson");
    std::fs::write(&export, file).unwrap();
    let mut args: Vec<OsString> = vec![export.into(), Town::public().to_string().into()];
    for (number, note) in pinned.iter().enumerate() {
        let path = dir.join(format!("pin{number}"));
        std::fs::write(&path, note).unwrap();
        args.extend(["--checkpoint".into(), path.into()]);
    }
    let output = Command::new(python)
        .arg(script)
        .args(args)
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut found: Found = text
        .lines()
        .filter_map(|line| {
            let mut words = line.strip_prefix("FAULT ")?.split(' ');
            Some((words.next()?.to_owned(), words.next()?.to_owned()))
        })
        .collect();
    assert_eq!(output.status.code(), Some(i32::from(!found.is_empty())));
    found.sort();
    found
}

#[test]
#[ignore = "needs Python with the package cryptography"]
fn both_verifiers_find_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let agree = |name: &str, file: &[u8], pinned: &[String]| {
        assert_eq!(
            ours(file, pinned),
            theirs(dir.path(), file, pinned),
            "{name}"
        );
    };
    let honest = Town::grow(EVENTS, 9, BATCH, 20);
    let pinned = [honest.notes.last().unwrap().clone()];
    assert_eq!(theirs(dir.path(), &file(&honest.records()), &pinned), []);
    let mut random = Lcg::new(77);
    for (name, edit) in EDITS {
        for round in 0..20 {
            let mut town = honest.clone();
            edit(&mut town, &mut random);
            let pinned = if round % 2 == 0 { &pinned[..] } else { &[] };
            agree(&format!("{name} {round}"), &file(&town.records()), pinned);
        }
    }
    let plain = file(&Town::grow(22, 3, 10, 22).records());
    for round in 0..100 {
        let mut bad = plain.clone();
        let at = random.index(bad.len());
        match round % 3 {
            0 => bad[at] ^= 1 << random.below(8),
            1 => bad.truncate(at),
            _ => {
                let other = random.index(bad.len());
                bad[at] = bad[other];
            }
        }
        agree(&format!("bytes {round} at {at}"), &bad, &[]);
    }
}

#[test]
#[ignore = "needs Python with the package cryptography"]
fn the_vectors_hold_outside() {
    let dir = tempfile::tempdir().unwrap();
    for (name, file, expected) in super::vectors::exports() {
        let found = theirs(dir.path(), &file, &[]);
        let kinds: std::collections::BTreeSet<String> = found.into_iter().map(|f| f.0).collect();
        assert_eq!(kinds, expected, "{name}");
    }
}

#[test]
#[ignore = "needs Python with the package cryptography"]
fn both_verifiers_follow_the_keys() {
    let dir = tempfile::tempdir().unwrap();
    let key = |seed| SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap();
    let mut town = Town::grow(20, 3, 20, 7);
    let mut handovers = Vec::new();
    for (seed, next) in [(41, 42), (42, 43), (50, 51)] {
        let size = town.leaves.len() as u64;
        handovers.push(
            Rotation::sign(size, &key(seed), &key(next))
                .unwrap()
                .to_string(),
        );
        town.append("system", 30 + size as i64, None);
        town.checkpoint(&key(next));
    }
    for drop in 0..5 {
        let mut records = town.records();
        for note in handovers.iter().rev().cloned() {
            records.insert(1, Record::Rotation { note });
        }
        records.remove(1 + drop);
        let file = file(&records);
        for pinned in [&town.notes[..1], &town.notes, &["nonsense".to_owned()]] {
            let found = ours(&file, pinned);
            assert!(!found.is_empty());
            assert_eq!(found, theirs(dir.path(), &file, pinned), "{drop}");
        }
    }
}
