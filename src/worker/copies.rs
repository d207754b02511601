//! The file outside the database that gets every checkpoint. It is only ever appended to.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;

/// How much of the end of the file is read: more than the longest note.
const TAIL: u64 = 128 * 1024;

/// Signed notes one after another, each followed by an empty line.
#[derive(Clone, Debug)]
pub struct Copies {
    path: PathBuf,
}

impl Copies {
    pub fn at(path: PathBuf) -> Self {
        Self { path }
    }

    /// The last whole note; `None` where there is no file or no note in it. A note that was torn
    /// by a crash while it was written is passed over.
    pub fn last(&self) -> io::Result<Option<String>> {
        Ok(last_note(&self.tail()?).map(str::to_owned))
    }

    /// Appends notes, durably.
    pub fn append(&self, notes: &[String]) -> io::Result<()> {
        let tail = self.tail()?;
        let mut text = String::new();
        if !tail.is_empty() && !tail.ends_with("\n\n") {
            // Sets a torn note apart from the next one.
            text.push_str("\n\n");
        }
        for note in notes {
            text.push_str(note);
            text.push('\n');
        }
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    fn tail(&self) -> io::Result<String> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
            Err(e) => return Err(e),
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last text and its signature lines that both end with an empty line.
fn last_note(tail: &str) -> Option<&str> {
    let whole = tail.get(..tail.rfind("\n\n")?.saturating_add(1))?;
    let signatures = whole.rfind("\n\n\u{2014} ")?;
    // Anything after the signature lines of this note is what a crash left.
    let after = signatures.saturating_add(2);
    let end = whole
        .get(after..)?
        .find("\n\n")
        .map_or(whole.len(), |n| after.saturating_add(n).saturating_add(1));
    let before = whole.get(..signatures)?;
    let start = before.rfind("\n\n").map_or(0, |n| n.saturating_add(2));
    whole.get(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "o\n1\nroot\n\n\u{2014} o c2ln\n";
    const B: &str = "o\n2\nroot\n\n\u{2014} o c2ln\n\u{2014} witness c2ln\n";

    #[test]
    fn the_last_whole_note_is_found() {
        assert_eq!(last_note(""), None);
        assert_eq!(last_note(&format!("{A}\n")), Some(A));
        let both = format!("{A}\n{B}\n");
        assert_eq!(last_note(&both), Some(B));
        // Torn at any byte, the note before it counts; only the whole last note is the last.
        for cut in A.len() + 1..both.len() {
            if both.is_char_boundary(cut) {
                assert_eq!(last_note(&both[..cut]), Some(A), "{cut}");
            }
        }
    }

    #[test]
    fn a_torn_note_is_set_apart() {
        let dir = tempfile::tempdir().unwrap();
        let copies = Copies::at(dir.path().join("notes"));
        assert_eq!(copies.last().unwrap(), None);
        copies.append(&[A.to_owned()]).unwrap();
        for torn in ["o", "o\n2\n", "o\n2\nroot\n\n"] {
            let path = dir.path().join("notes");
            let mut text = std::fs::read_to_string(&path).unwrap();
            text.push_str(torn);
            std::fs::write(&path, text).unwrap();
            assert_eq!(copies.last().unwrap().as_deref(), Some(A), "{torn:?}");
            copies.append(&[B.to_owned()]).unwrap();
            assert_eq!(copies.last().unwrap().as_deref(), Some(B), "{torn:?}");
            copies.append(&[A.to_owned()]).unwrap();
            assert_eq!(copies.last().unwrap().as_deref(), Some(A), "{torn:?}");
        }
    }
}
