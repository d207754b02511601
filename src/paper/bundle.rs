//! ZIP files: the forms frozen at archiving, and exports with their hash list.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::PaperFault;

/// What went into a bundle under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    pub name: String,
    pub sha256: String,
    pub size: u64,
}

/// A ZIP being written. Nothing in it is compressed again: its files are already.
pub struct Bundle {
    zip: ZipWriter<BufWriter<File>>,
    pub packed: Vec<Packed>,
}

/// Hashes what passes through.
struct Hashing<R> {
    inner: R,
    hash: Sha256,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..n).unwrap_or_default());
        self.size = self.size.saturating_add(u64::try_from(n).unwrap_or(0));
        Ok(n)
    }
}

impl Bundle {
    pub fn new(file: File) -> Self {
        Self {
            zip: ZipWriter::new(BufWriter::new(file)),
            packed: Vec::new(),
        }
    }

    /// Adds what can be read from `from`.
    ///
    /// # Errors
    /// When reading or writing fails.
    pub fn add(&mut self, name: &str, from: impl Read) -> Result<Packed, PaperFault> {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(true)
            .unix_permissions(0o640);
        self.zip.start_file(name, options).map_err(PaperFault::of)?;
        let mut from = Hashing {
            inner: from,
            hash: Sha256::new(),
            size: 0,
        };
        io::copy(&mut from, &mut self.zip).map_err(PaperFault::of)?;
        let packed = Packed {
            name: name.to_owned(),
            sha256: hex::encode(from.hash.finalize()),
            size: from.size,
        };
        self.packed.push(packed.clone());
        Ok(packed)
    }

    /// Adds `SHA256SUMS` over all before it, in the form `sha256sum -c` reads.
    ///
    /// # Errors
    /// When writing fails.
    pub fn add_sums(&mut self) -> Result<(), PaperFault> {
        let lines: String = self
            .packed
            .iter()
            .map(|p| format!("{}  {}\n", p.sha256, p.name))
            .collect();
        self.add("SHA256SUMS", lines.as_bytes()).map(|_| ())
    }

    /// Ends the ZIP; its bytes lie safe on disk afterwards.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(self) -> Result<(), PaperFault> {
        let mut out = self.zip.finish().map_err(PaperFault::of)?;
        out.flush().map_err(PaperFault::of)?;
        out.get_ref().sync_all().map_err(PaperFault::of)
    }
}

/// A bundle being read.
pub struct Opened(ZipArchive<BufReader<File>>);

impl Opened {
    /// # Errors
    /// When the file is not there or is no ZIP.
    pub fn open(path: &Path) -> Result<Self, PaperFault> {
        let file = File::open(path).map_err(PaperFault::of)?;
        ZipArchive::new(BufReader::new(file))
            .map(Self)
            .map_err(PaperFault::of)
    }

    /// One file of it.
    ///
    /// # Errors
    /// When the bundle has no such file.
    pub fn file(&mut self, name: &str) -> Result<impl Read + '_, PaperFault> {
        self.0.by_name(name).map_err(PaperFault::of)
    }
}

/// The hash of a file as lower-case hex, and its size in bytes.
///
/// # Errors
/// When it cannot be read.
pub fn hash_of(path: &Path) -> io::Result<(String, u64)> {
    let mut from = Hashing {
        inner: BufReader::new(File::open(path)?),
        hash: Sha256::new(),
        size: 0,
    };
    io::copy(&mut from, &mut io::sink())?;
    Ok((hex::encode(from.hash.finalize()), from.size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.zip");
        let mut bundle = Bundle::new(File::create(&path).unwrap());
        let told = bundle.add("000-cover.pdf", &b"cover"[..]).unwrap();
        bundle.add_sums().unwrap();
        bundle.finish().unwrap();

        let mut opened = Opened::open(&path).unwrap();
        let mut text = String::new();
        opened
            .file("SHA256SUMS")
            .unwrap()
            .read_to_string(&mut text)
            .unwrap();
        assert_eq!(text, format!("{}  000-cover.pdf\n", told.sha256));
        assert_eq!(told.size, 5);
        assert!(opened.file("none").is_err());
    }
}
