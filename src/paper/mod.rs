//! Papers as files: Chinese text set on A4, PDF with embedded fonts, ZIP. Pure: bytes in, bytes
//! out; what stands on a paper is decided elsewhere.

pub mod binding;
pub mod bundle;
pub mod count;
pub mod export;
pub mod font;
pub mod layout;
pub mod lines;
pub mod pdf;
pub mod sfnt;

use std::fmt;

/// Why a paper could not be made: a fault of the program or of its fonts, never of the text.
#[derive(Debug)]
pub struct PaperFault(pub String);

impl fmt::Display for PaperFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PaperFault {}

impl PaperFault {
    pub(crate) fn of(e: impl fmt::Display) -> Self {
        Self(e.to_string())
    }
}
