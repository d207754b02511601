//! Telling office documents by their ZIP directory, without unpacking anything.
//!
//! The directory at the end of the file is what counts: it must describe the whole file, so that
//! nothing is hidden before or after it, and nothing in it may be able to hurt a reader.

/// What an office document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Office {
    Word,
    Sheet,
}

/// More parts than this is no letter and no table.
const MAX_ENTRIES: usize = 100;
/// Unpacked size of all parts, in bytes.
const MAX_UNPACKED: u64 = 200 * 1024 * 1024;
/// Unpacked to packed size of all parts together.
const MAX_RATIO: u64 = 100;

const END: &[u8; 4] = b"PK\x05\x06";
const END_LEN: usize = 22;
const ENTRY: &[u8; 4] = b"PK\x01\x02";
const ENTRY_LEN: usize = 46;

/// Kinds of part that can run, or hide a file in a file.
const BARRED: [&str; 14] = [
    ".zip",
    ".rar",
    ".7z",
    ".gz",
    ".jar",
    ".docx",
    ".xlsx",
    ".pptx",
    ".docm",
    ".xlsm",
    ".exe",
    ".dll",
    ".js",
    "vbaproject.bin",
];

/// The kind of office document whose last bytes are `tail`; `size` is the whole file's. `None`
/// for any other ZIP, and for one that is malformed, encrypted, too large inside, or carries
/// macros or further archives.
pub fn office(tail: &[u8], size: u64) -> Option<Office> {
    let end = find_end(tail)?;
    let record = tail.get(end..)?;
    let count = usize::from(u16_at(record, 10)?);
    let length = usize::try_from(u32_at(record, 12)?).ok()?;
    let offset = u64::from(u32_at(record, 16)?);
    let start = end.checked_sub(length)?;
    let before = size.checked_sub(u64::try_from(tail.len()).ok()?)?;
    let whole = before.checked_add(u64::try_from(start).ok()?)? == offset;
    let one_disk = u16_at(record, 4)? == 0 && u16_at(record, 6)? == 0;
    if !whole || !one_disk || count == 0 || count > MAX_ENTRIES {
        return None;
    }
    let mut rest = tail.get(start..end)?;
    let (mut packed, mut unpacked) = (0u64, 0u64);
    let (mut types, mut kind) = (false, None);
    for _ in 0..count {
        let entry = Entry::read(rest)?;
        if !entry.is_harmless() {
            return None;
        }
        packed = packed.checked_add(entry.packed)?;
        unpacked = unpacked.checked_add(entry.unpacked)?;
        types |= entry.name == "[Content_Types].xml";
        kind = kind.or_else(|| main_part(entry.name));
        rest = rest.get(entry.length..)?;
    }
    let bomb = unpacked > MAX_UNPACKED || unpacked > packed.max(1).saturating_mul(MAX_RATIO);
    let sound = rest.is_empty() && packed <= size && types && !bomb;
    kind.filter(|_| sound)
}

/// The part that makes the document what it is; some writers number it.
fn main_part(name: &str) -> Option<Office> {
    let stem = name.strip_suffix(".xml")?;
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    match stem {
        "word/document" => Some(Office::Word),
        "xl/workbook" => Some(Office::Sheet),
        _ => None,
    }
}

/// The end record that closes the file exactly, its comment included.
fn find_end(tail: &[u8]) -> Option<usize> {
    let last = tail.len().checked_sub(END_LEN)?;
    (0..=last).rev().find(|at| {
        tail.get(*at..).is_some_and(|record| {
            let comment = u16_at(record, 20).map(usize::from);
            record.starts_with(END) && comment == record.len().checked_sub(END_LEN)
        })
    })
}

struct Entry<'a> {
    name: &'a str,
    encrypted: bool,
    packed: u64,
    unpacked: u64,
    /// Of the directory record itself, in bytes.
    length: usize,
}

impl<'a> Entry<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(ENTRY) {
            return None;
        }
        let name_length = usize::from(u16_at(bytes, 28)?);
        let extra = usize::from(u16_at(bytes, 30)?);
        let comment = usize::from(u16_at(bytes, 32)?);
        let name_end = ENTRY_LEN.checked_add(name_length)?;
        Some(Self {
            name: std::str::from_utf8(bytes.get(ENTRY_LEN..name_end)?).ok()?,
            encrypted: u16_at(bytes, 8)? & 1 == 1,
            packed: u64::from(u32_at(bytes, 20)?),
            unpacked: u64::from(u32_at(bytes, 24)?),
            length: name_end.checked_add(extra)?.checked_add(comment)?,
        })
    }

    fn is_harmless(&self) -> bool {
        let name = self.name.to_ascii_lowercase();
        let climbs = name.starts_with('/') || name.contains('\\') || name.contains("..");
        let barred = BARRED.iter().any(|end| name.ends_with(end));
        !self.encrypted && !climbs && !barred
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let raw = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(raw.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let raw = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(raw.try_into().ok()?))
}

/// A ZIP of stored, empty parts; each part claims to unpack to `unpacked` bytes.
#[cfg(test)]
pub fn zip(names: &[&str], unpacked: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for name in names {
        let at = out.len() as u32;
        let sizes = [64u32.to_le_bytes(), unpacked.to_le_bytes()].concat();
        out.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        out.extend(&sizes);
        out.extend((name.len() as u16).to_le_bytes());
        out.extend([0, 0]);
        out.extend(name.as_bytes());
        out.extend([b'x'; 64]);
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0");
        directory.extend(&sizes);
        directory.extend((name.len() as u16).to_le_bytes());
        directory.extend([0; 12]);
        directory.extend(at.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let at = out.len() as u32;
    let count = (names.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const WORD: [&str; 3] = ["[Content_Types].xml", "_rels/.rels", "word/document.xml"];

    fn whole(bytes: &[u8]) -> Option<Office> {
        office(bytes, bytes.len() as u64)
    }

    #[test]
    fn the_order_of_parts_does_not_matter() {
        assert_eq!(whole(&zip(&WORD, 100)), Some(Office::Word));
        let numbered = ["[Content_Types].xml", "word/document2.xml"];
        assert_eq!(whole(&zip(&numbered, 100)), Some(Office::Word));
        let table = ["docProps/app.xml", "xl/workbook.xml", "[Content_Types].xml"];
        assert_eq!(whole(&zip(&table, 100)), Some(Office::Sheet));
        assert_eq!(whole(&zip(&["word/document.xml"], 100)), None);
        assert_eq!(whole(&zip(&["[Content_Types].xml"], 100)), None);
        assert_eq!(whole(&zip(&[], 100)), None);
    }

    #[test]
    fn the_end_of_a_long_file_is_enough() {
        let bytes = zip(&WORD, 100);
        let tail = &bytes[150..];
        assert_eq!(office(tail, bytes.len() as u64), Some(Office::Word));
        assert_eq!(
            office(tail, 1_000_000),
            None,
            "the directory must fit the size"
        );
    }

    #[test]
    fn nothing_hides_before_or_after() {
        let bytes = zip(&WORD, 100);
        let before = [b"MZ\x90\0".as_slice(), &bytes].concat();
        assert_eq!(whole(&before), None);
        let after = [bytes.as_slice(), b"<script>"].concat();
        assert_eq!(whole(&after), None);
    }

    #[test]
    fn bombs_macros_and_archives_are_refused() {
        assert_eq!(whole(&zip(&WORD, 10_000)), None, "ratio");
        let with = |part: &str| {
            let mut names = WORD.to_vec();
            names.push(part);
            whole(&zip(&names, 100))
        };
        assert_eq!(with("word/media/1.png"), Some(Office::Word));
        for part in [
            "word/vbaProject.bin",
            "a.ZIP",
            "../../etc/passwd",
            "/etc/passwd",
            "a\\b.xml",
            "word/embeddings/1.xlsx",
        ] {
            assert_eq!(with(part), None, "{part}");
        }
        let many: Vec<String> = (0..101).map(|n| format!("word/{n}.xml")).collect();
        let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
        names.extend(WORD);
        assert_eq!(whole(&zip(&names, 100)), None);
        let mut locked = zip(&WORD, 100);
        let at = locked.windows(4).position(|w| w == ENTRY).unwrap();
        locked[at + 8] = 1;
        assert_eq!(whole(&locked), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(flips in proptest::collection::vec((0usize..400, any::<u8>()), 0..8), cut in 0usize..400) {
            let mut bytes = zip(&WORD, 100);
            for (at, value) in flips {
                if let Some(b) = bytes.get_mut(at) {
                    *b = value;
                }
            }
            bytes.truncate(bytes.len().saturating_sub(cut));
            let _ = whole(&bytes);
        }
    }
}
