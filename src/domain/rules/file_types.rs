//! The kinds of file that may be stored, told by their first bytes and never by their name.

use unicode_normalization::UnicodeNormalization;

use super::ooxml;
use crate::domain::fold::is_invisible;
use crate::domain::input::is_forbidden_char;

/// A kind of file that may be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileType {
    Pdf,
    Jpg,
    Png,
    Docx,
    Xlsx,
    Mp3,
    M4a,
}

/// How many of the first and of the last bytes [`FileType::sniff`] wants to see.
pub const GLIMPSE_BYTES: usize = 65_536;

/// What the type of a file is told from: its first and last bytes and its size. A small file is
/// wholly in both.
#[derive(Clone, Copy, Debug)]
pub struct Glimpse<'a> {
    pub head: &'a [u8],
    pub tail: &'a [u8],
    pub size: u64,
}

/// The longest file name kept, in characters.
const MAX_NAME: usize = 150;

impl FileType {
    pub const ALL: [Self; 7] = [
        Self::Pdf,
        Self::Jpg,
        Self::Png,
        Self::Docx,
        Self::Xlsx,
        Self::Mp3,
        Self::M4a,
    ];

    /// The type by content; `None` for everything that may not be stored.
    pub fn sniff(file: Glimpse<'_>) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.matches(file))
    }

    fn matches(self, file: Glimpse<'_>) -> bool {
        let head = file.head;
        let office = |kind| {
            head.starts_with(b"PK\x03\x04") && ooxml::office(file.tail, file.size) == Some(kind)
        };
        match self {
            Self::Pdf => infer::archive::is_pdf(head),
            Self::Jpg => infer::image::is_jpeg(head),
            Self::Png => infer::image::is_png(head),
            Self::Docx => office(ooxml::Office::Word),
            Self::Xlsx => office(ooxml::Office::Sheet),
            Self::Mp3 => infer::audio::is_mp3(head),
            Self::M4a => infer::audio::is_m4a(head),
        }
    }

    /// The media type a stored file is served with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Jpg => "image/jpeg",
            Self::Png => "image/png",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Mp3 => "audio/mpeg",
            Self::M4a => "audio/mp4",
        }
    }

    /// The media types of all stored files.
    pub const MEDIA_TYPES: &[&str] = &[
        Self::Pdf.media_type(),
        Self::Jpg.media_type(),
        Self::Png.media_type(),
        Self::Docx.media_type(),
        Self::Xlsx.media_type(),
        Self::Mp3.media_type(),
        Self::M4a.media_type(),
    ];

    /// Lower-case extensions this type may have.
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Jpg => &["jpg", "jpeg"],
            Self::Png => &["png"],
            Self::Docx => &["docx"],
            Self::Xlsx => &["xlsx"],
            Self::Mp3 => &["mp3"],
            Self::M4a => &["m4a"],
        }
    }

    /// The type an extension promises.
    pub fn of_extension(extension: &str) -> Option<Self> {
        let extension = extension.to_ascii_lowercase();
        Self::ALL
            .into_iter()
            .find(|t| t.extensions().contains(&extension.as_str()))
    }

    /// Whether a client's `Content-Type` agrees. One that says nothing does.
    pub fn agrees_with(self, declared: &str) -> bool {
        let essence = declared.split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let loose = [
            "",
            "application/octet-stream",
            "application/x-www-form-urlencoded",
        ];
        let other: &[&str] = match self {
            Self::Jpg => &["image/jpg", "image/pjpeg"],
            Self::Mp3 => &["audio/mp3"],
            Self::M4a => &["audio/m4a", "audio/x-m4a"],
            _ => &[],
        };
        loose.contains(&essence.as_str())
            || essence == self.media_type()
            || other.contains(&essence.as_str())
    }
}

/// A file name as it is kept: the last path component, NFC, without characters that deceive.
/// `None` when nothing decent is left or the extension is none that may be stored.
pub fn clean_file_name(raw: &str) -> Option<String> {
    let last = raw.rsplit(['/', '\\']).next()?;
    let name: String = last.nfc().collect();
    let name = name.trim();
    let bad = |c: char| {
        is_forbidden_char(c)
            || is_invisible(c)
            || matches!(c, '\n' | '\t' | ':' | '"' | '<' | '>' | '|' | '?' | '*')
    };
    if name.chars().any(bad) || name.chars().count() > MAX_NAME {
        return None;
    }
    let (stem, extension) = name.rsplit_once('.')?;
    let decent = !stem.is_empty() && !stem.starts_with('.');
    (decent && FileType::of_extension(extension).is_some()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sniff(bytes: &[u8]) -> Option<FileType> {
        FileType::sniff(Glimpse {
            head: bytes,
            tail: bytes,
            size: bytes.len() as u64,
        })
    }

    #[test]
    fn content_tells_the_type() {
        let word = ooxml::zip(&["[Content_Types].xml", "word/document.xml"], 100);
        let sheet = ooxml::zip(&["[Content_Types].xml", "xl/workbook.xml"], 100);
        let slides = ooxml::zip(&["[Content_Types].xml", "ppt/presentation.xml"], 100);
        let cases: [(&[u8], Option<FileType>); 17] = [
            (b"%PDF-1.7\n", Some(FileType::Pdf)),
            (&[0xFF, 0xD8, 0xFF, 0xE0, 0, 16], Some(FileType::Jpg)),
            (b"\x89PNG\r\n\x1a\n", Some(FileType::Png)),
            (&word, Some(FileType::Docx)),
            (&sheet, Some(FileType::Xlsx)),
            (b"ID3\x04\0\0", Some(FileType::Mp3)),
            (b"\0\0\0\x20ftypM4A \0\0", Some(FileType::M4a)),
            (&slides, None),
            (b"\0\0\0\x20ftypisom\0\0", None),
            (b"PK\x03\x04", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<!DOCTYPE html><script>", None),
            (b"MZ\x90\0", None),
            (b"\x7fELF", None),
            (b"GIF89a", None),
            (b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR", None),
            (b"", None),
        ];
        for (bytes, want) in cases {
            assert_eq!(sniff(bytes), want, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn no_prefix_panics() {
        let word = ooxml::zip(&["[Content_Types].xml", "word/document.xml"], 100);
        for n in 0..word.len() {
            assert_eq!(sniff(&word[..n]), None);
        }
    }

    #[test]
    fn names_are_cleaned_or_refused() {
        let good = [
            ("现场照片.JPG", "现场照片.JPG"),
            ("../../etc/笔录.pdf", "笔录.pdf"),
            ("C:\\temp\\a.docx", "a.docx"),
            (" 收据 1.jpeg ", "收据 1.jpeg"),
            ("a.exe.pdf", "a.exe.pdf"),
        ];
        for (raw, want) in good {
            assert_eq!(clean_file_name(raw).as_deref(), Some(want));
        }
        let long = format!("{}.pdf", "长".repeat(150));
        for raw in [
            "",
            "pdf",
            ".pdf",
            "a.exe",
            "a.pdf.exe",
            "a.svg",
            "a\0.pdf",
            "photo\u{202E}gpj.pdf",
            "a\u{200B}.pdf",
            "dir/",
            "..",
            "...pdf",
            "a\n.pdf",
            &long,
        ] {
            assert_eq!(clean_file_name(raw), None, "{raw:?}");
        }
    }

    #[test]
    fn a_declared_type_must_agree_if_it_says_anything() {
        assert!(FileType::Pdf.agrees_with("application/pdf; charset=binary"));
        assert!(FileType::Pdf.agrees_with("application/octet-stream"));
        assert!(FileType::M4a.agrees_with("audio/x-m4a"));
        assert!(!FileType::Pdf.agrees_with("image/png"));
        assert!(!FileType::Jpg.agrees_with("text/html"));
    }
}
