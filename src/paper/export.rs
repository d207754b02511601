//! The copy of a dossier that leaves the house: a ZIP with one file per paper, a manifest and a
//! hash list. Caucus text cannot be in it: it never comes here.

use std::fs::File;
use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;

use super::PaperFault;
use super::binding::{Leaf, bind};
use super::bundle::{Bundle, Opened, Packed, hash_of};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::dossier::*;
use crate::domain::ids::AttachmentId;
use crate::domain::record::Attachment;
use crate::domain::rules::dossier::default_retention;
use crate::domain::rules::dossier_catalogue::{DossierFacts, filed, number_of, supplements};
use crate::domain::rules::dossier_hold::hold_of;

/// Version of the manifest.
const FORMAT: &str = "jieyou-dossier/1";

/// Everything an export is made from, read in one view of the database.
pub struct Plan<'a> {
    pub file: &'a CaseFile,
    pub facts: DossierFacts<'a>,
    /// The dossier as bound; a closed case that is not archived is bound for this once.
    pub bound: Option<&'a (Dossier, Vec<DossierEntry>)>,
    pub purpose: &'a str,
    /// The last signed checkpoint of the audit trail.
    pub checkpoint: Option<Value>,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    pub entries: i64,
    pub pages: i64,
}

/// Where a stored file lies.
fn stored_at(files: &Path, key: Uuid) -> std::path::PathBuf {
    files.join(key.simple().to_string())
}

/// The papers to export in order, with the bundle their forms come from.
fn leaves(plan: &Plan<'_>) -> Result<(Vec<Leaf>, i64), PaperFault> {
    let Some((dossier, entries)) = plan.bound else {
        let bound = bind(plan.file, &plan.facts)?;
        return Ok((bound.leaves, bound.pages));
    };
    let mut out: Vec<Leaf> = entries
        .iter()
        .map(|e| Leaf {
            doc: e.doc,
            title: e.title.clone(),
            object: e.object_id,
            attachment: e.attachment_id,
            file: e.file.clone(),
            pages: e.pages,
            page_from: e.page_from,
            pdf: None,
            sha256: e.sha256.clone(),
        })
        .collect();
    let mut next = dossier.pages.saturating_add(1);
    for a in supplements(plan.file, entries) {
        let piece = filed(a);
        out.push(Leaf {
            doc: piece.doc,
            title: piece.title,
            object: None,
            attachment: Some(a.id),
            file: format!("{:03}-{}.{}", out.len(), piece.doc.code(), piece.extension),
            pages: piece.pages,
            page_from: Some(next),
            pdf: None,
            sha256: piece.sha256,
        });
        next = next.saturating_add(piece.pages);
    }
    Ok((out, next.saturating_sub(1)))
}

/// Writes the ZIP into `out`; reads stored files from `files`. Not for an async thread.
///
/// # Errors
/// When a stored form is gone or the disk fails. A stored attachment that is gone or changed is
/// told in the manifest instead: the rest is still worth having.
pub fn export(plan: &Plan<'_>, files: &Path, out: File) -> Result<Exported, PaperFault> {
    let (leaves, pages) = leaves(plan)?;
    let mut forms = match plan.bound {
        Some((dossier, _)) => {
            let path = stored_at(files, dossier.file_key);
            let (hash, _) = hash_of(&path).map_err(PaperFault::of)?;
            if hash != dossier.sha256 {
                return Err(PaperFault(
                    "the bound forms are not what was bound".to_owned(),
                ));
            }
            Some(Opened::open(&path)?)
        }
        None => None,
    };
    let mut bundle = Bundle::new(out);
    let mut listed = Vec::new();
    for leaf in &leaves {
        let stored = leaf.attachment.and_then(|id| attachment(plan.file, id));
        if stored.is_some_and(|a| a.sealed) {
            continue;
        }
        let packed = match (&leaf.pdf, stored.and_then(|a| a.file_key)) {
            (Some(pdf), _) => Some(bundle.add(&leaf.file, pdf.as_slice())?),
            // A file stored after its stand-in was bound does not take its place.
            (None, Some(key)) if !is_stand_in(leaf) => match File::open(stored_at(files, key)) {
                Ok(from) => Some(bundle.add(&leaf.file, from)?),
                Err(_) => None,
            },
            _ => match &mut forms {
                Some(forms) => Some(bundle.add(&leaf.file, forms.file(&leaf.file)?)?),
                None => None,
            },
        };
        listed.push(entry(leaf, stored, packed));
    }
    let entries = i64::try_from(listed.len()).unwrap_or(i64::MAX);
    let manifest = manifest(plan, listed, pages);
    let text = serde_json::to_vec_pretty(&manifest).map_err(PaperFault::of)?;
    bundle.add("manifest.json", text.as_slice())?;
    bundle.add_sums()?;
    bundle.finish()?;
    Ok(Exported { entries, pages })
}

fn attachment(file: &CaseFile, id: AttachmentId) -> Option<&Attachment> {
    file.attachment(id)
}

/// Bound as a sheet that stands for a paper without a file.
fn is_stand_in(leaf: &Leaf) -> bool {
    leaf.attachment.is_some() && leaf.sha256.is_none()
}

fn entry(leaf: &Leaf, stored: Option<&Attachment>, packed: Option<Packed>) -> Value {
    let to = leaf
        .page_from
        .map(|n| n.saturating_add(leaf.pages).saturating_sub(1));
    let intact = match (&leaf.sha256, &packed) {
        (_, None) => false,
        (Some(recorded), Some(p)) => *recorded == p.sha256,
        (None, Some(_)) => true,
    };
    json!({
        "code": leaf.doc.code(),
        "title": leaf.title,
        "file": packed.as_ref().map(|p| p.name.clone()),
        "sha256": packed.as_ref().map(|p| p.sha256.clone()),
        "size_bytes": packed.as_ref().map(|p| p.size),
        "recorded_sha256": leaf.sha256,
        "intact": intact,
        "attachment_id": leaf.attachment,
        "object_id": leaf.object,
        "on_paper": is_stand_in(leaf),
        "is_original": stored.map(|a| a.is_original),
        "pages": {"from": leaf.page_from, "to": to, "count": leaf.pages},
    })
}

fn manifest(plan: &Plan<'_>, entries: Vec<Value>, pages: i64) -> Value {
    let case = &plan.file.case;
    let bound = plan.bound.map(|(d, _)| d);
    let retention = case
        .detail
        .retention
        .unwrap_or_else(|| default_retention(plan.file));
    let until = bound.and_then(|d| keep_until(retention, d.archived_at.local_date()));
    json!({
        "format": FORMAT,
        "case": {
            "id": case.id, "code": case.code, "case_no": case.case_no,
            "state": case.state, "outcome": case.outcome,
        },
        "dossier": {
            "number": bound.map_or_else(|| number_of(case), |d| d.number.clone()),
            "edition": bound.map(|d| d.edition),
            "volume": bound.and_then(|d| d.volume.clone()),
            "archived_at": bound.map(|d| d.archived_at),
            "page_numbers": if bound.is_some() { "assigned" } else { "provisional" },
            "pages": pages,
        },
        "retention": {"class": retention, "keep_until": until},
        "legal_hold": hold_of(case).map(|h| json!({"since": h.at})),
        "export": {"at": plan.facts.at, "by": plan.facts.by, "purpose": plan.purpose},
        "entries": entries,
        "left_out": plan.facts.left_out,
        "left_out_total": plan.facts.left_out.total(),
        "audit": {
            "stream": format!("case/{}", case.id),
            "seq": case.audit_seq,
            "hash": case.audit_hash,
            "checkpoint": plan.checkpoint,
        },
    })
}
