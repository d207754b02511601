//! The dossier of a case: what it consists of, what it lacks, what keeps it (section 2).

use serde::Serialize;
use uuid::Uuid;

use super::views::Sees;
use super::views::case::{HeldView, shown_title};
use crate::call::Call;
use crate::domain::case::{CaseState, Retention};
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang, codes};
use crate::domain::dossier::*;
use crate::domain::ids::*;
use crate::domain::policy::Action;
use crate::domain::refusal::{Refusal, RefusalView};
use crate::domain::rules::dossier::{
    DossierItem, default_retention, dossier_missing, export_guards,
};
use crate::domain::rules::dossier_catalogue::*;
use crate::domain::rules::dossier_hold::{destruction_guards, hold_of, may_share_volume};
use crate::domain::session::{AttendeeKind, NoteVisibility};
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::people::NameBook;
use crate::store::tx::Snap;

/// One piece the dossier lacks.
#[derive(Debug, Serialize)]
pub struct MissingView {
    /// Code of `dossier_item`.
    pub code: String,
    pub label: String,
    /// How to make it good.
    pub cure: String,
    /// The party, participant, session, agreement or obligation it is about.
    pub id: Option<String>,
}

impl MissingView {
    fn of(item: &str, lang: Lang) -> Self {
        let (code, id) = match item.split_once(':') {
            Some((code, id)) => (code, Some(id.to_owned())),
            None => (item, None),
        };
        let found = DossierItem::parse(code);
        Self {
            code: code.to_owned(),
            label: found.map_or(code, |i| i.label(lang)).to_owned(),
            cure: found.map_or("", |i| i.cure(lang)).to_owned(),
            id,
        }
    }
}

codes! {
    /// A point of the checklist before archiving (section 2.4).
    DossierPoint in "dossier_point" {
        Documents = "documents", "应有材料齐全", "All required papers";
        Signatures = "signatures", "签名盖章齐全", "Every signature and seal";
        EffectiveDate = "effective_date", "生效日期已定", "Effective date set";
        Obligations = "obligations", "义务已了结或转出", "Obligations closed or referred";
        FollowUp = "follow_up", "已回访或说明理由", "Followed up, or the reason given";
        PageNumbers = "page_numbers", "页号已编", "Page numbers given";
        RetentionClass = "retention_class", "保管期限已定", "Retention class set";
    }
    /// How a point of the checklist stands.
    PointState in "dossier_point_state" {
        Met = "met", "已符合", "Met";
        Open = "open", "待补", "Open";
        AtArchiving = "at_archiving", "归档时自动办理", "Done on archiving";
    }
}

/// A point of the checklist.
#[derive(Debug, Serialize)]
pub struct PointView {
    pub code: DossierPoint,
    pub label: &'static str,
    pub state: PointState,
}

fn checklist(missing: &[MissingView], archived: bool, lang: Lang) -> Vec<PointView> {
    let lacks = |codes: &[&str]| missing.iter().any(|m| codes.contains(&m.code.as_str()));
    let stands = |open: bool| {
        if open {
            PointState::Open
        } else {
            PointState::Met
        }
    };
    let done = if archived {
        PointState::Met
    } else {
        PointState::AtArchiving
    };
    DossierPoint::ALL
        .iter()
        .map(|p| {
            let state = match p {
                DossierPoint::Documents => stands(lacks(&[
                    "application",
                    "delegation_letter",
                    "rights_notice",
                    "identity",
                    "mandate",
                    "record",
                    "agreement",
                    "confirmation",
                    "termination",
                ])),
                DossierPoint::Signatures => stands(lacks(&["record", "agreement"])),
                DossierPoint::EffectiveDate => stands(lacks(&["agreement"])),
                DossierPoint::Obligations => stands(lacks(&["obligation"])),
                DossierPoint::FollowUp => stands(lacks(&["follow_up"])),
                DossierPoint::PageNumbers | DossierPoint::RetentionClass => done,
            };
            PointView {
                code: *p,
                label: p.label(lang),
                state,
            }
        })
        .collect()
}

/// A kind of paper, and whether this case must have it.
#[derive(Debug, Serialize)]
pub struct ExpectedView {
    pub code: DossierDoc,
    pub label: &'static str,
    pub necessity: Necessity,
    pub present: bool,
}

/// A line of the catalogue.
#[derive(Debug, Serialize)]
pub struct EntryView {
    pub no: i64,
    pub code: DossierDoc,
    pub title: String,
    pub object_id: Option<Uuid>,
    pub attachment_id: Option<AttachmentId>,
    /// Known for stored files and, once archived, for forms.
    pub pages: Option<i64>,
    pub page_from: Option<i64>,
    pub page_to: Option<i64>,
    pub sha256: Option<String>,
    pub on_paper: bool,
    /// Came after archiving.
    pub supplement: bool,
}

/// Whether the dossier might be destroyed, and what stands against it.
#[derive(Debug, Serialize)]
pub struct DestructionView {
    pub allowed: bool,
    pub blocked_by: Vec<RefusalView>,
}

/// The dossier of a case.
#[derive(Debug, Serialize)]
pub struct DossierView {
    pub complete: bool,
    pub missing: Vec<MissingView>,
    pub checklist: Vec<PointView>,
    pub expected: Vec<ExpectedView>,
    /// As set on archiving, else by rule.
    pub retention: Retention,
    pub retention_reason: Option<String>,
    pub keep_until: Option<LocalDate>,
    /// May be bound together with other small cases.
    pub may_share_volume: bool,
    pub number: String,
    pub title: String,
    pub edition: Option<i32>,
    pub volume: Option<String>,
    pub archived_at: Option<Instant>,
    /// `assigned` once archived, else `provisional`.
    pub page_numbers: &'static str,
    pub pages: Option<i64>,
    pub catalogue: Vec<EntryView>,
    pub left_out: LeftOut,
    pub legal_hold: Option<HeldView>,
    pub destruction: DestructionView,
}

/// What the forms of a dossier need beside the file, owned.
pub struct Made {
    pub names: NameBook,
    pub committee: Option<String>,
    pub left_out: LeftOut,
}

impl Made {
    /// Reads it for a case.
    pub fn of(snap: &mut Snap<'_>, file: &CaseFile) -> Result<Self, Error> {
        let case = &file.case;
        let staff = |s: &crate::domain::session::Session| {
            s.attendees
                .iter()
                .filter(|a| a.kind == AttendeeKind::Staff)
                .map(|a| a.id)
                .collect::<Vec<_>>()
        };
        let mut ids: Vec<Uuid> = vec![case.registrar_id.uuid, case.holder_id.uuid];
        ids.extend(case.committee_id.map(|c| c.uuid));
        ids.extend(case.detail.oral_note.as_ref().map(|n| n.written_by.uuid));
        ids.extend(case.detail.feedback.as_ref().map(|f| f.by.uuid));
        ids.extend(file.assignments.iter().map(|a| a.user_id.uuid));
        ids.extend(
            file.signatures
                .iter()
                .filter_map(|s| s.user_id)
                .map(|u| u.uuid),
        );
        ids.extend(
            file.follow_ups
                .iter()
                .filter_map(|f| Some(f.visitor_id?.uuid)),
        );
        ids.extend(file.sessions.iter().flat_map(staff));
        let names = snap.names_of(&ids)?;
        let committee = case
            .committee_id
            .and_then(|c| names.0.get(&c.uuid).cloned());
        let caucus = snap.note_count(case.id, NoteVisibility::Caucus)?;
        let working = snap.note_count(case.id, NoteVisibility::Team)?;
        Ok(Self {
            names,
            committee,
            left_out: left_out(file, caucus, working),
        })
    }

    pub fn facts(&self, by: &str, at: Instant, volume: Option<String>) -> DossierFacts<'_> {
        DossierFacts {
            names: &self.names,
            committee: self.committee.clone(),
            left_out: self.left_out,
            at,
            by: by.to_owned(),
            volume,
        }
    }
}

fn last_page(from: Option<i64>, pages: i64) -> Option<i64> {
    from.map(|n| n.saturating_add(pages).saturating_sub(1))
}

/// The catalogue as bound, with what came afterwards.
fn bound_catalogue(file: &CaseFile, dossier: &Dossier, entries: &[DossierEntry]) -> Vec<EntryView> {
    let sealed = |id: Option<AttachmentId>| {
        id.and_then(|id| file.attachment(id))
            .is_some_and(|a| a.sealed)
    };
    let mut out: Vec<EntryView> = entries
        .iter()
        .filter(|e| !sealed(e.attachment_id))
        .map(|e| EntryView {
            no: i64::from(e.no),
            code: e.doc,
            title: e.title.clone(),
            object_id: e.object_id,
            attachment_id: e.attachment_id,
            pages: Some(e.pages),
            page_from: e.page_from,
            page_to: last_page(e.page_from, e.pages),
            sha256: e.sha256.clone(),
            on_paper: e.attachment_id.is_some() && e.sha256.is_none(),
            supplement: false,
        })
        .collect();
    let mut no = i64::try_from(entries.len()).unwrap_or(i64::MAX);
    let mut next = dossier.pages.saturating_add(1);
    for a in supplements(file, entries) {
        let piece = filed(a);
        out.push(EntryView {
            no,
            code: piece.doc,
            title: piece.title,
            object_id: None,
            attachment_id: Some(a.id),
            pages: Some(piece.pages),
            page_from: Some(next),
            page_to: last_page(Some(next), piece.pages),
            sha256: piece.sha256,
            on_paper: false,
            supplement: true,
        });
        no = no.saturating_add(1);
        next = next.saturating_add(piece.pages);
    }
    out
}

/// The catalogue as it would be bound now.
fn provisional_catalogue(file: &CaseFile, facts: &DossierFacts<'_>) -> Vec<EntryView> {
    (0..)
        .zip(pieces(file, facts))
        .map(|(no, p)| {
            let (attachment_id, pages, on_paper) = match p.content {
                Content::Form(_) => (None, None, false),
                Content::Stored(id) => (Some(id), Some(p.pages), false),
                Content::OnPaper(id, _) => (Some(id), None, true),
            };
            EntryView {
                no,
                code: p.doc,
                title: p.title,
                object_id: p.object,
                attachment_id,
                pages,
                page_from: None,
                page_to: None,
                sha256: p.sha256,
                on_paper,
                supplement: false,
            }
        })
        .collect()
}

fn expected(file: &CaseFile, catalogue: &[EntryView], lang: Lang) -> Vec<ExpectedView> {
    let framed = |doc: DossierDoc| !doc.is_numbered();
    DossierDoc::ALL
        .iter()
        .map(|doc| ExpectedView {
            code: *doc,
            label: doc.label(lang),
            necessity: necessity(file, *doc),
            present: framed(*doc) || catalogue.iter().any(|e| e.code == *doc),
        })
        .filter(|e| e.present || e.necessity != Necessity::NotDue)
        .collect()
}

/// The bound dossier of an archived case.
pub fn bound_of(
    snap: &mut Snap<'_>,
    file: &CaseFile,
) -> Result<Option<(Dossier, Vec<DossierEntry>)>, Error> {
    if file.case.state != CaseState::Archived {
        return Ok(None);
    }
    snap.dossier(file.case.id)
}

/// `GET /cases/{case_id}/dossier` (G-40): catalogue, checklist, everything missing with its cure.
pub fn dossier(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let made = Made::of(snap, &file)?;
    let bound = bound_of(snap, &file)?;
    let (lang, now) = (snap.ctx.lang, snap.ctx.now);
    let sees = Sees::of(snap.ctx, &file_scope(&file));
    let missing: Vec<MissingView> = dossier_missing(&file)
        .iter()
        .map(|item| MissingView::of(item, lang))
        .collect();
    let facts = made.facts("", now, None);
    let mut catalogue = match &bound {
        Some((dossier, entries)) => bound_catalogue(&file, dossier, entries),
        None => provisional_catalogue(&file, &facts),
    };
    if !sees.full {
        // Titles may hold names of people.
        for entry in &mut catalogue {
            entry.title = entry.code.label(lang).to_owned();
        }
    }
    let case = &file.case;
    let bound = bound.as_ref().map(|(d, _)| d);
    let archived_on = bound.map(|d| d.archived_at.local_date());
    let retention = case
        .detail
        .retention
        .unwrap_or_else(|| default_retention(&file));
    let barred = destruction_guards(case, archived_on, now.local_date());
    let view = DossierView {
        complete: missing.is_empty(),
        checklist: checklist(&missing, case.state == CaseState::Archived, lang),
        missing,
        expected: expected(&file, &catalogue, lang),
        retention,
        retention_reason: case.detail.retention_reason.clone().filter(|_| sees.full),
        keep_until: archived_on.and_then(|on| keep_until(retention, on)),
        may_share_volume: may_share_volume(&file),
        number: bound.map_or_else(|| number_of(case), |d| d.number.clone()),
        title: shown_title(case, sees, lang),
        edition: bound.map(|d| d.edition),
        volume: bound.and_then(|d| d.volume.clone()),
        archived_at: bound.map(|d| d.archived_at),
        page_numbers: if bound.is_some() {
            "assigned"
        } else {
            "provisional"
        },
        pages: catalogue
            .iter()
            .filter_map(|e| e.page_to)
            .max()
            .or(bound.map(|d| d.pages)),
        catalogue,
        left_out: made.left_out,
        legal_hold: hold_of(case).map(HeldView::of),
        destruction: DestructionView {
            allowed: barred.is_empty(),
            blocked_by: barred.iter().map(|r| r.view(lang)).collect(),
        },
    };
    Ok(Reply::json(200, &view)?
        .etag(case.version)
        .case(case.id)
        .reads("case", case.id))
}

/// What an export is made from, owned, so that it can be made off the request's thread.
pub struct ExportPlan {
    pub file: CaseFile,
    pub made: Made,
    pub bound: Option<(Dossier, Vec<DossierEntry>)>,
    pub by: String,
    pub at: Instant,
    pub checkpoint: Option<serde_json::Value>,
}

/// Whether the case has a dossier that may leave the house.
pub fn may_export(file: &CaseFile) -> Result<(), Vec<Refusal>> {
    let bars = export_guards(file);
    if bars.is_empty() { Ok(()) } else { Err(bars) }
}

/// Reads the plan of an export for who may have one.
pub fn export_plan(snap: &mut Snap<'_>, call: &Call) -> Result<ExportPlan, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ExportDossier, call.id("case_id")?)?;
    may_export(&file)?;
    let made = Made::of(snap, &file)?;
    let bound = bound_of(snap, &file)?;
    let checkpoint = snap.last_checkpoint()?.map(|c| {
        serde_json::json!({
            "size": c.size, "root": c.root, "signed_at": c.created_at, "note": c.note,
        })
    });
    Ok(ExportPlan {
        file,
        made,
        bound,
        by: snap.ctx.actor.name.clone(),
        at: snap.ctx.now,
        checkpoint,
    })
}
