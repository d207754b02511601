//! How many pages a stored file has.

use std::panic::catch_unwind;
use std::path::Path;

/// Nobody files a paper of more pages; what says so is not believed.
const MOST: usize = 20_000;

/// The pages of a PDF; `None` if it cannot be read (broken, or locked by a password). What is
/// uploaded may be made to harm: a reader that gives up is no reason to fall with it.
pub fn pdf_pages(bytes: Vec<u8>) -> Option<i64> {
    let read = catch_unwind(|| {
        let pdf = hayro_syntax::Pdf::new(bytes).ok()?;
        Some(pdf.pages().len())
    });
    let pages = read.ok().flatten()?;
    (1..=MOST)
        .contains(&pages)
        .then(|| i64::try_from(pages).ok())
        .flatten()
}

/// The pages of a stored file: a PDF says so itself, a picture is one, of other kinds nobody
/// knows. Reads the file: not for an async thread.
///
/// # Errors
/// When the file cannot be read.
pub fn pages_of(path: &Path, media_type: &str) -> std::io::Result<Option<i64>> {
    match media_type {
        "application/pdf" => Ok(pdf_pages(std::fs::read(path)?)),
        t if t.starts_with("image/") => Ok(Some(1)),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_pdf_has_no_pages() {
        assert_eq!(pdf_pages(Vec::new()), None);
        assert_eq!(pdf_pages(b"%PDF-1.7\nnothing".to_vec()), None);
        let mut deep = b"%PDF-1.4\n1 0 obj\n".to_vec();
        deep.extend(b"[".repeat(100_000));
        assert_eq!(pdf_pages(deep), None);
    }
}
