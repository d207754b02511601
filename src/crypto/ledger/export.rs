//! The export: newline-delimited canonical JSON, one record a line, for offline verification.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

use super::record::Record;

/// The longest line in bytes.
pub const MAX_LINE: usize = 16 << 20;
/// One byte more, so that a line that is too long can be told from one that is not.
const READ_LIMIT: u64 = MAX_LINE as u64 + 1;

/// Writes an export line by line.
pub struct Writer<W> {
    out: W,
}

impl<W: Write> Writer<W> {
    /// Starts a file; writes its first line.
    pub fn new(out: W, payloads: bool) -> io::Result<Self> {
        let mut writer = Self { out };
        writer.write(&Record::Export { payloads })?;
        Ok(writer)
    }

    /// Writes one record. A payload without canonical form is an `InvalidData` error.
    pub fn write(&mut self, record: &Record) -> io::Result<()> {
        let line = record
            .to_line()
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))?;
        self.out.write_all(line.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Flushes and gives the target back.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

/// A line that is not a record, with the event it seems to be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Counted from 1.
    pub line: u64,
    pub stream: Option<String>,
    pub seq: Option<u64>,
    pub rule: &'static str,
}

impl Malformed {
    pub(super) fn of(line: u64, rule: &'static str) -> Self {
        Self {
            line,
            stream: None,
            seq: None,
            rule,
        }
    }
}

/// Reads an export as a stream of records. A malformed line does not end it.
pub struct Reader<R> {
    input: R,
    line: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Reader<R> {
    pub fn new(input: R) -> Self {
        Self {
            input,
            line: 0,
            buffer: Vec::new(),
        }
    }

    fn read(&mut self) -> io::Result<Option<Result<Record, Malformed>>> {
        self.buffer.clear();
        let mut limited = self.input.by_ref().take(READ_LIMIT);
        if limited.read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        let ended = self.buffer.pop_if(|byte| *byte == b'\n').is_some();
        if !ended && self.buffer.len() > MAX_LINE {
            self.skip_line()?;
            return Ok(Some(Err(self.malformed("line too long"))));
        }
        if !ended {
            return Ok(Some(Err(self.malformed("file ends inside a line"))));
        }
        let record = match std::str::from_utf8(&self.buffer) {
            Ok(text) => Record::parse(text),
            Err(_) => Err("not UTF-8"),
        };
        let first = self.line == 1;
        Ok(Some(match record {
            Ok(Record::Export { .. }) if !first => Err(self.malformed("second export line")),
            Ok(record) if first && !matches!(record, Record::Export { .. }) => {
                Err(self.malformed("first line is not an export line"))
            }
            Ok(record) => Ok(record),
            Err(rule) => Err(self.malformed(rule)),
        }))
    }

    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let chunk = self.input.fill_buf()?;
            let (used, done) = match chunk.iter().position(|b| *b == b'\n') {
                Some(at) => (at.saturating_add(1), true),
                None => (chunk.len(), chunk.is_empty()),
            };
            self.input.consume(used);
            if done {
                return Ok(());
            }
        }
    }

    fn malformed(&self, rule: &'static str) -> Malformed {
        let value: Option<Value> = serde_json::from_slice(&self.buffer).ok();
        let member = |name| value.as_ref().and_then(|v| v.get(name));
        Malformed {
            stream: member("stream").and_then(Value::as_str).map(str::to_owned),
            seq: member("seq").and_then(Value::as_u64),
            ..Malformed::of(self.line, rule)
        }
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Result<Record, Malformed>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::ledger::jcs;
    use crate::crypto::ledger::record::tests::records;

    fn file() -> Vec<u8> {
        let mut writer = Writer::new(Vec::new(), true).unwrap();
        for record in &records()[1..] {
            writer.write(record).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_canonical() {
        let file = file();
        let read: Vec<Record> = Reader::new(&file[..])
            .map(|r| r.unwrap().unwrap())
            .collect();
        assert_eq!(read, records());
        for line in std::str::from_utf8(&file).unwrap().lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(jcs::to_text(&value).unwrap(), line);
        }
    }

    #[test]
    fn bad_lines_are_named_and_skipped() {
        let mut file = file();
        file.extend(b"{\"kind\":\"head\",\"seq\":7,\"stream\":\"case/9\"}\n");
        file.extend(b"\xff\n\n");
        file.extend(records()[0].to_line().unwrap().into_bytes());
        file.extend(b"\n{\"kind\"");
        let bad: Vec<Malformed> = Reader::new(&file[..])
            .filter_map(|r| r.unwrap().err())
            .collect();
        let rules: Vec<(u64, &str)> = bad.iter().map(|m| (m.line, m.rule)).collect();
        assert_eq!(
            rules,
            [
                (10, "member missing"),
                (11, "not UTF-8"),
                (12, "members or types"),
                (13, "second export line"),
                (14, "file ends inside a line"),
            ]
        );
        assert_eq!(
            (bad[0].stream.as_deref(), bad[0].seq),
            (Some("case/9"), Some(7))
        );
        let headless = &file[file.iter().position(|b| *b == b'\n').unwrap() + 1..];
        let first = Reader::new(headless).next().unwrap().unwrap();
        assert_eq!(first.unwrap_err().rule, "first line is not an export line");
    }

    #[test]
    fn a_line_beyond_the_limit_is_skipped_without_keeping_it() {
        let mut file = records()[0].to_line().unwrap().into_bytes();
        file.push(b'\n');
        file.extend(std::iter::repeat_n(b'x', MAX_LINE * 2));
        file.push(b'\n');
        file.extend(records()[3].to_line().unwrap().into_bytes());
        file.push(b'\n');
        let read: Vec<_> = Reader::new(&file[..]).map(Result::unwrap).collect();
        assert_eq!(read[1].as_ref().unwrap_err().rule, "line too long");
        assert_eq!(read[2].as_ref().unwrap(), &records()[3]);
    }
}
