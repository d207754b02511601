//! What a changed file shows, and the one window in which a change goes unseen.

use serde_json::json;

use super::super::export::Writer;
use super::super::report::FaultKind;
use super::super::testkit::{Lcg, Town};
use super::super::verify::{Options, verify_export};
use super::tamper::{BATCH, COVERED, EVENTS, names};

#[test]
fn every_changed_byte_of_a_file_is_found() {
    let town = Town::grow(22, 3, 10, 22);
    let mut writer = Writer::new(Vec::new(), true).unwrap();
    for record in &town.records()[1..] {
        writer.write(record).unwrap();
    }
    let file = writer.finish().unwrap();
    let options = Options {
        keys: vec![Town::public()],
        ..Options::default()
    };
    assert!(verify_export(&file[..], options.clone()).unwrap().is_ok());
    let mut random = Lcg::new(6);
    let mut unseen = Vec::new();
    for _ in 0..500 {
        let mut bad = file.clone();
        let at = random.index(bad.len());
        bad[at] ^= 1 << random.below(7);
        if verify_export(&bad[..], options.clone()).unwrap().is_ok() {
            unseen.push(at);
        }
    }
    assert_eq!(unseen, Vec::<usize>::new());
}

#[test]
fn the_admitted_window_is_the_only_blind_spot() {
    let honest = Town::grow(EVENTS, 9, BATCH, 23);
    let mut town = honest.clone();
    // The last event of a stream, not yet under a checkpoint, with its case row set back.
    let last = town.events.pop().unwrap();
    town.heads.retain(|h| h.stream != last.stream);
    if last.seq > 1 {
        let before = town.row(&last.stream, last.seq - 1).clone();
        town.set_head(&before.stream, before.seq, before.hash);
    }
    let report = town.verify(&honest.notes);
    assert_eq!(report.faults, []);
    assert_eq!(report.window.events, (EVENTS - COVERED - 1) as u64);
    // Without setting back the case row even that shows.
    town.heads = honest.heads.clone();
    assert!(names(&town.verify(&[]), &last.stream, last.seq));
}

#[test]
fn an_event_left_out_of_the_tree_is_late_after_five_minutes() {
    let mut town = Town::grow(EVENTS, 9, BATCH, 24);
    town.append("case/late", 1, Some(json!({"n": 1})));
    let report = town.verify(&[]);
    let late: Vec<_> = report
        .faults
        .iter()
        .map(|f| (f.kind, f.stream.as_deref()))
        .collect();
    assert_eq!(late, [(FaultKind::LeafMissing, Some("case/late"))]);
}
