//! The verifier: reads records once, in order, and names every fault.
//!
//! It keeps about fifty bytes of each event in memory. The numbers (1) to (7) are those of
//! `api-spec/audit-format.md`.

mod log;
mod streams;

use std::collections::HashSet;
use std::io::{self, BufRead};

use self::log::Log;
use self::streams::Streams;
use super::chain::{self, Header};
use super::export::{Malformed, Reader};
use super::key::VerifyingKey;
use super::record::{EventRow, Record};
use super::report::{Fault, FaultKind, Faults, Report};
use crate::domain::time::Instant;

/// How long an event may wait for its leaf, in microseconds: five rounds of the sequencer.
pub const LATE: i64 = 300 * 1_000_000;

/// What the caller trusts from outside the data.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Public keys of the log. Keys before and after are found through rotation notes.
    pub keys: Vec<VerifyingKey>,
    /// Public keys of witnesses; their signatures must verify where they stand.
    pub witnesses: Vec<VerifyingKey>,
    /// Checkpoint notes kept elsewhere that the log must still contain.
    pub pinned: Vec<String>,
}

/// A verification under way. Feed it the records in the order of the export format.
pub struct Verifier {
    streams: Streams,
    log: Log,
    faults: Faults,
    erased: HashSet<String>,
    withheld: bool,
    payloads: u64,
    absent: u64,
}

impl Verifier {
    pub fn new(options: Options) -> Self {
        Self {
            streams: Streams::default(),
            log: Log::new(options.keys, options.witnesses, &options.pinned),
            faults: Faults::default(),
            erased: HashSet::new(),
            withheld: false,
            payloads: 0,
            absent: 0,
        }
    }

    /// Takes the next record.
    pub fn record(&mut self, record: &Record) {
        let faults = &mut self.faults;
        match record {
            Record::Export { payloads } => self.withheld = !payloads,
            Record::Erased { kid } => {
                self.erased.insert(kid.clone());
            }
            Record::Rotation { note } => self.log.rotation(note, faults),
            Record::Checkpoint { note } => self.log.checkpoint(note, faults),
            Record::Event(row) => {
                let header = self.streams.event(row, faults);
                self.payload(row, header.as_ref());
            }
            Record::Head(row) => self.streams.head(row, faults),
            Record::Leaf(row) => self.log.leaf(row, &mut self.streams, faults),
        }
    }

    /// Adds a fault that the source itself found, such as a row that cannot be read.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    fn payload(&mut self, row: &EventRow, header: Option<&Header>) {
        let Some(header) = header else { return };
        let Some(opened) = &row.payload else {
            self.absent = self.absent.saturating_add(1);
            let erased = header
                .kid
                .as_ref()
                .is_some_and(|kid| self.erased.contains(kid));
            if !self.withheld && !erased {
                let kid = header.kid.as_deref().unwrap_or("none");
                let detail = format!("kid={kid}");
                self.faults
                    .add(FaultKind::Payload, &row.stream, row.seq, detail);
            }
            return;
        };
        self.payloads = self.payloads.saturating_add(1);
        let detail = match chain::commit(&opened.salt, &opened.value) {
            Ok(commit) if commit == header.commit => return,
            Ok(commit) => format!("computed={}", hex::encode(commit)),
            Err(error) => format!("rule={error}"),
        };
        self.faults
            .add(FaultKind::Commit, &row.stream, row.seq, detail);
    }

    /// The end of the data: the checks that need all of it, and the report.
    pub fn finish(mut self) -> Report {
        let newest = self.log.last_at().or_else(|| self.streams.latest());
        let oldest = newest.map(|at| Instant(at.0.saturating_sub(LATE)));
        let mut report = Report {
            events: self.streams.events,
            streams: self.streams.count(),
            payloads: self.payloads,
            absent: self.absent,
            ..Report::default()
        };
        self.streams.check_heads(&mut self.faults);
        report.window = self.streams.check_coverage(oldest, &mut self.faults);
        self.log.finish(&mut report, &mut self.faults);
        report.faults = self.faults.list;
        report.fault_count = self.faults.count;
        report
    }
}

/// Verifies an export. Fails only where the input cannot be read; a line that is no record is a
/// fault of the export.
pub fn verify_export<R: BufRead>(input: R, options: Options) -> io::Result<Report> {
    let mut verifier = Verifier::new(options);
    let mut empty = true;
    for read in Reader::new(input) {
        empty = false;
        match read? {
            Ok(record) => verifier.record(&record),
            Err(bad) => verifier.fault(bad.into()),
        }
    }
    if empty {
        verifier.fault(Malformed::of(0, "empty file").into());
    }
    Ok(verifier.finish())
}

impl From<Malformed> for Fault {
    fn from(bad: Malformed) -> Self {
        Self {
            stream: bad.stream,
            seq: bad.seq,
            kind: FaultKind::Malformed,
            detail: format!("line={} rule={}", bad.line, bad.rule),
        }
    }
}
