//! Binding a dossier at archiving, holding it, and the record of an export.

use std::path::Path;

use uuid::Uuid;

use super::closing::still_owed;
use super::{finish, open_act, open_any, open_append, who};
use crate::call::Call;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::dossier::{Dossier, DossierEntry};
use crate::domain::facts::Event;
use crate::domain::input::{Line, Obj};
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::rules::dossier::{self, Archive};
use crate::domain::rules::dossier_catalogue::number_of;
use crate::domain::rules::dossier_hold::{Hold, release_hold, set_hold};
use crate::error::{Code, Error};
use crate::paper::binding::{Bound, bind};
use crate::paper::bundle::{Bundle, hash_of};
use crate::queries::dossier::{Made, may_export};
use crate::reply::Reply;
use crate::store::tx::Tx;

/// `POST /cases/{case_id}/archive` (G-40): the dossier is bound, its pages are numbered for good
/// and its forms stored as they are now.
pub fn archive(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Archive, Act::Archive)?;
    let input = call.read(Archive::read)?;
    let calendar = tx.calendar()?;
    let volume = input.volume.clone();
    let now = tx.ctx.now;
    let mut decision =
        dossier::archive(&file, input, &calendar, now).map_err(|r| still_owed(&file, r, now))?;
    let mut after = file;
    after.case = decision.case().clone();
    let made = Made::of(tx, &after)?;
    let earlier = tx.dossier(after.case.id)?.map_or(0, |(d, _)| d.edition);
    let facts = made.facts(&tx.ctx.actor.name, tx.ctx.now, volume.clone());
    let bound = bind(&after, &facts).map_err(Error::internal)?;
    let key = tx.ctx.ids.uuid();
    let (sha256, size) = keep_forms(&call.env.files, key, &bound)?;
    let dossier = Dossier {
        id: tx.ctx.id(),
        case_id: after.case.id,
        edition: earlier.saturating_add(1),
        number: number_of(&after.case),
        volume,
        pages: bound.pages,
        file_key: key,
        sha256,
        size_bytes: i64::try_from(size).map_err(Error::internal)?,
        archived_by: tx.ctx.actor.user_id,
        archived_at: tx.ctx.now,
    };
    let mut ids = tx.ctx;
    enter(&mut decision, dossier, bound, &mut ids);
    finish(tx, decision)
}

/// The rows of a bound dossier.
fn enter(d: &mut Decision, dossier: Dossier, bound: Bound, ids: &mut impl FreshIds) {
    d.event(Event::DossierBound {
        edition: dossier.edition,
        pages: dossier.pages,
        sha256: dossier.sha256.clone(),
    });
    for (no, leaf) in (0..).zip(bound.leaves) {
        // Of a form as it was printed; of a filed paper as it was stored.
        let printed = leaf.attachment.is_none().then_some(leaf.pdf).flatten();
        d.insert(DossierEntry {
            id: ids.id(),
            case_id: dossier.case_id,
            dossier_id: dossier.id,
            no,
            doc: leaf.doc,
            title: leaf.title,
            object_id: leaf.object,
            attachment_id: leaf.attachment,
            file: leaf.file,
            sha256: printed
                .map(|pdf| crate::crypto::secret::sha256_hex(&pdf))
                .or(leaf.sha256),
            pages: leaf.pages,
            page_from: leaf.page_from,
        });
    }
    d.insert(dossier);
}

/// Stores the printed forms in one file under its final name before the row that names it is
/// committed. If it never is, the sweeper removes the file.
fn keep_forms(files: &Path, key: Uuid, bound: &Bound) -> Result<(String, u64), Error> {
    let disk = |e: std::io::Error| {
        if e.kind() == std::io::ErrorKind::StorageFull {
            Error::Wait(Code::StorageFull, 30)
        } else {
            Error::internal(e)
        }
    };
    std::fs::create_dir_all(files).map_err(disk)?;
    let temp = tempfile::Builder::new()
        .prefix("incoming-")
        .tempfile_in(files)
        .map_err(disk)?;
    let (file, path) = temp.into_parts();
    let mut bundle = Bundle::new(file);
    for leaf in &bound.leaves {
        if let Some(pdf) = &leaf.pdf {
            bundle
                .add(&leaf.file, pdf.as_slice())
                .map_err(Error::internal)?;
        }
    }
    bundle.finish().map_err(Error::internal)?;
    let out = hash_of(&path).map_err(disk)?;
    path.persist(files.join(key.simple().to_string()))
        .map_err(|e| disk(e.error))?;
    std::fs::File::open(files)
        .and_then(|dir| dir.sync_all())
        .map_err(disk)?;
    Ok(out)
}

/// `POST /cases/{case_id}/legal-hold`: in any state, by a supervisor.
pub fn hold(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_any(tx, call, Action::HoldDossier)?;
    let input = call.read(Hold::read)?;
    let decision = set_hold(&file, input, &who(tx), tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/legal-hold/release`.
pub fn release(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_any(tx, call, Action::HoldDossier)?;
    let input = call.read(Hold::read)?;
    let decision = release_hold(&file, input, &who(tx), tx.ctx.now)?;
    finish(tx, decision)
}

/// What an export is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskExport {
    pub purpose: String,
}

impl AskExport {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let purpose = o.req::<Line<200>>("purpose");
        Some(Self {
            purpose: purpose?.0,
        })
    }
}

/// A finished export, not yet handed out.
#[derive(Clone, Debug, Default)]
pub struct ExportFacts {
    pub entries: i64,
    pub pages: i64,
    pub left_out: i64,
    pub sha256: String,
    pub purpose: String,
}

/// Records an export, before its first byte leaves. The right is looked at again.
pub fn exported(tx: &mut Tx<'_>, call: &Call, facts: &ExportFacts) -> Result<Reply, Error> {
    let file = open_append(tx, call, Action::ExportDossier, None)?;
    may_export(&file)?;
    let mut d = Decision::on(&file);
    d.event(Event::DossierExported {
        entries: facts.entries,
        pages: facts.pages,
        left_out: facts.left_out,
        sha256: facts.sha256.clone(),
        purpose: facts.purpose.clone(),
    });
    let case = tx.carry_out(d)?;
    let out = serde_json::json!({ "sha256": facts.sha256 });
    Ok(Reply::json(200, &out)?.case(case.id))
}
