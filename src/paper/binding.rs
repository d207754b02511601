//! Binding a dossier: every form set and counted, page numbers given, then printed.

use uuid::Uuid;

use super::PaperFault;
use super::layout::{Laid, lay_out};
use super::pdf::{Numbers, to_pdf};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang};
use crate::domain::dossier::DossierDoc;
use crate::domain::ids::AttachmentId;
use crate::domain::rules::dossier_catalogue::{Content, DossierFacts, Piece, pieces};
use crate::domain::rules::dossier_forms::{CatalogueLine, back_cover, catalogue, cover};
use crate::domain::sheet::Sheet;

/// One paper of a bound dossier.
#[derive(Clone, Debug)]
pub struct Leaf {
    pub doc: DossierDoc,
    pub title: String,
    pub object: Option<Uuid>,
    pub attachment: Option<AttachmentId>,
    /// Name of its file.
    pub file: String,
    pub pages: i64,
    /// Number of its first page.
    pub page_from: Option<i64>,
    /// The printed form; a stored file is taken as it is.
    pub pdf: Option<Vec<u8>>,
    /// Hash of the stored file as recorded.
    pub sha256: Option<String>,
}

/// A bound dossier.
#[derive(Clone, Debug)]
pub struct Bound {
    pub leaves: Vec<Leaf>,
    /// Numbered pages.
    pub pages: i64,
}

/// A paper counted but not printed.
struct Counted {
    piece: Piece,
    attachment: Option<AttachmentId>,
    laid: Option<Laid>,
    pages: i64,
    page_from: Option<i64>,
}

fn count(piece: Piece) -> Result<Counted, PaperFault> {
    let (attachment, laid) = match &piece.content {
        Content::Form(sheet) => (None, Some(lay_out(sheet)?)),
        Content::OnPaper(id, sheet) => (Some(*id), Some(lay_out(sheet)?)),
        Content::Stored(id) => (Some(*id), None),
    };
    let pages = laid.as_ref().map_or(piece.pages, Laid::count);
    Ok(Counted {
        piece,
        attachment,
        laid,
        pages,
        page_from: None,
    })
}

fn frame(doc: DossierDoc, sheet: Sheet) -> Piece {
    Piece {
        doc,
        title: doc.label(Lang::Zh).to_owned(),
        object: None,
        content: Content::Form(sheet),
        pages: 0,
        extension: "pdf".to_owned(),
        sha256: None,
    }
}

/// `3` or `3–5`, or a dash for what bears no number.
pub fn page_range(from: Option<i64>, pages: i64) -> String {
    match from {
        None => "——".to_owned(),
        Some(n) if pages == 1 => n.to_string(),
        Some(n) => format!("{n}–{}", n.saturating_add(pages).saturating_sub(1)),
    }
}

/// Sets, counts, numbers and prints the dossier of a case. Page numbers run from the first paper
/// after the catalogue to the last before the back cover.
///
/// # Errors
/// When the fonts built into the program cannot be read or subset.
pub fn bind(file: &CaseFile, facts: &DossierFacts<'_>) -> Result<Bound, PaperFault> {
    let mut inner = Vec::new();
    let mut next: i64 = 1;
    for piece in pieces(file, facts) {
        let mut counted = count(piece)?;
        if counted.piece.doc.is_numbered() {
            counted.page_from = Some(next);
            next = next.saturating_add(counted.pages);
        }
        inner.push(counted);
    }
    let total = next.saturating_sub(1);
    let lines: Vec<CatalogueLine> = inner
        .iter()
        .map(|c| CatalogueLine {
            title: c.piece.title.clone(),
            pages: page_range(c.page_from, c.pages),
            note: match c.piece.content {
                Content::Form(_) => String::new(),
                Content::Stored(_) => "电子文件".to_owned(),
                Content::OnPaper(..) => "纸质原件".to_owned(),
            },
        })
        .collect();
    let list = catalogue(&file.case, &lines);
    let mut all = vec![
        count(frame(DossierDoc::Cover, cover(file, facts, total)))?,
        count(frame(DossierDoc::Catalogue, list))?,
    ];
    all.extend(inner);
    let back = back_cover(&file.case, facts, total);
    all.push(count(frame(DossierDoc::BackCover, back))?);

    let leaves = all
        .into_iter()
        .enumerate()
        .map(|(n, c)| print(n, c, total))
        .collect::<Result<_, PaperFault>>()?;
    Ok(Bound {
        leaves,
        pages: total,
    })
}

fn print(n: usize, c: Counted, total: i64) -> Result<Leaf, PaperFault> {
    let numbers = c.page_from.map(|first| Numbers { first, total });
    let pdf = match &c.laid {
        Some(laid) => Some(to_pdf(laid, numbers)?),
        None => None,
    };
    Ok(Leaf {
        doc: c.piece.doc,
        object: c.piece.object,
        attachment: c.attachment,
        file: format!("{n:03}-{}.{}", c.piece.doc.code(), c.piece.extension),
        pages: c.pages,
        page_from: c.page_from,
        sha256: c.piece.sha256,
        title: c.piece.title,
        pdf,
    })
}
