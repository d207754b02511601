//! Speed at the size the ledger is made for. Run with `--release -- --ignored`.

use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::time::Instant as Clock;

use super::super::chain::{self, Header, Tip};
use super::super::checkpoint::Checkpoint;
use super::super::export::Writer;
use super::super::record::{EventRow, HeadRow, LeafRow, Opened, Record};
use super::super::sha256;
use super::super::testkit::{ORIGIN, Town};
use super::super::tree::{Frontier, leaf_hash};
use super::super::verify::{Options, verify_export};
use crate::domain::time::Instant;

const STREAMS: u64 = 40_000;
const PER_STREAM: u64 = 25;
const BATCH: u64 = 1_000;

fn event(stream: &str, tip: Option<&Tip>, number: u64) -> EventRow {
    let salt = sha256(&[&number.to_be_bytes()]);
    let payload = json!({
        "from": "accepted", "to": "in_session", "session": number, "place": "乡镇调解室",
        "note": "双方当事人到场,调解员说明权利义务,约定下次调解时间。", "parties": [1, 2, 3],
    });
    let now = Instant(1_767_225_600_000_000 + number as i64 * 1_000);
    let (seq, at, prev) = chain::next(tip, now);
    let header = Header {
        v: 1,
        stream: stream.to_owned(),
        seq,
        at,
        actor: "user/01970000-0000-7000-8000-000000000001".into(),
        on_behalf: None,
        action: "session.start".into(),
        object: Some(format!("session/{number}")),
        outcome: "ok".into(),
        request_id: Some(format!("01970000-0000-7000-8000-{number:012}")),
        ip_pfx: Some("10.20.30.0/24".into()),
        purpose: None,
        kid: Some(format!("dek/{stream}")),
        commit: chain::commit(&salt, &payload).unwrap(),
        prev,
    };
    let sealed = chain::seal(&header).unwrap();
    EventRow {
        stream: stream.to_owned(),
        seq,
        hash: sealed.hash,
        header: sealed.header_text,
        payload: Some(Opened {
            value: payload,
            salt,
        }),
    }
}

/// Writes an export of a million events to the file that `AUDIT_EXPORT` names, or a temporary one.
#[test]
#[ignore = "for the release profile"]
fn a_million_events_in_ten_seconds() {
    let dir = tempfile::tempdir().unwrap();
    let path = std::env::var_os("AUDIT_EXPORT")
        .map_or_else(|| dir.path().join("export.ndjson"), Into::into);
    let name = |n: u64| format!("case/01970000-0000-7000-9000-{n:012}");
    let mut events = Vec::new();
    let mut heads = Vec::new();
    for stream in 0..STREAMS {
        let name = name(stream);
        let mut tip = None;
        for number in 0..PER_STREAM {
            let row = event(&name, tip.as_ref(), stream * PER_STREAM + number);
            let at = Instant(0);
            tip = Some(Tip {
                seq: row.seq,
                hash: row.hash,
                at,
            });
            events.push(row);
        }
        heads.push(HeadRow {
            stream: name,
            seq: PER_STREAM,
            hash: tip.unwrap().hash,
        });
    }
    let mut frontier = Frontier::new();
    let mut notes = Vec::new();
    let mut leaves = Vec::new();
    for (index, row) in (0..).zip(&events) {
        let hash = leaf_hash(&row.hash);
        frontier.append(hash, |_| {});
        leaves.push(LeafRow {
            index,
            stream: row.stream.clone(),
            seq: row.seq,
            hash: Some(hash),
        });
        if frontier.size().is_multiple_of(BATCH) {
            let origin = ORIGIN.into();
            let (size, root) = (frontier.size(), frontier.root());
            let note = Checkpoint { origin, size, root }.sign(&Town::key());
            notes.push(note.unwrap().to_string());
        }
    }
    let file = BufWriter::new(File::create(&path).unwrap());
    let mut writer = Writer::new(file, true).unwrap();
    let records = notes.into_iter().map(|note| Record::Checkpoint { note });
    let records = records
        .chain(events.into_iter().map(Record::Event))
        .chain(heads.into_iter().map(Record::Head))
        .chain(leaves.into_iter().map(Record::Leaf));
    for record in records {
        writer.write(&record).unwrap();
    }
    writer.finish().unwrap();

    let options = Options {
        keys: vec![Town::public()],
        ..Options::default()
    };
    let start = Clock::now();
    let report = verify_export(BufReader::new(File::open(&path).unwrap()), options).unwrap();
    let took = start.elapsed();
    println!(
        "{} events in {took:?}, key {}",
        report.events,
        Town::public()
    );
    assert_eq!(report.faults, []);
    assert_eq!(report.events, STREAMS * PER_STREAM);
    assert_eq!(report.verified.unwrap().size, STREAMS * PER_STREAM);
    assert!(took.as_secs_f64() <= 10.0, "{took:?}");
}
