//! Views of incidents and attachments.

use serde::Serialize;

use super::Sees;
use crate::domain::clocks::Clock;
use crate::domain::codes::{Code, Lang};
use crate::domain::ids::*;
use crate::domain::record::*;
use crate::domain::rules::report_duties::{Duty, due_at, duties, met_at};
use crate::domain::rules::reports::report_due;
use crate::domain::time::Instant;

/// An incident. Who raised it is told to nobody but themselves (反家庭暴力法 第十四条); what was
/// done and planned only to who sees the case in full.
#[derive(Debug, Serialize)]
pub struct IncidentView {
    pub id: IncidentId,
    pub case_id: CaseId,
    pub kind: IncidentKind,
    pub found_at: Instant,
    pub victim_party_id: Option<PartyId>,
    pub reported_to: Vec<ReportTarget>,
    pub reported_at: Option<Instant>,
    /// When the law wants it reported at the latest.
    pub report_due_at: Option<Instant>,
    pub report_overdue: bool,
    pub receipt_no: Option<String>,
    pub measures: Option<String>,
    pub safety_plan: Option<String>,
    pub protection_order_told: bool,
    pub closed_at: Option<Instant>,
    pub outcome: Option<String>,
    pub prevention_evidence: Vec<AttachmentId>,
    /// It is happening now.
    pub imminent: bool,
    /// Every authority told.
    pub reports: Vec<ReportView>,
    /// Whom the law wants told, and by when.
    pub duties: Vec<DutyView>,
    pub raised_by_me: bool,
    pub created_at: Instant,
}

/// One authority that was told.
#[derive(Debug, Serialize)]
pub struct ReportView {
    pub to: ReportTarget,
    pub at: Instant,
    pub via: ReportVia,
    pub receipt_no: Option<String>,
    pub officer: Option<String>,
    pub late: bool,
    pub late_reason: Option<String>,
}

/// One duty to report.
#[derive(Debug, Serialize)]
pub struct DutyView {
    /// `null`: the police or another department.
    pub to: Option<ReportTarget>,
    pub written: bool,
    pub due_at: Option<Instant>,
    pub done_at: Option<Instant>,
    /// Done after its time, or not done though it is over.
    pub late: bool,
}

impl IncidentView {
    /// `clocks`: those of the case.
    pub fn of(i: &Incident, clocks: &[Clock], sees: Sees, now: Instant) -> Self {
        let secret = |s: &Option<crate::domain::secret::Secret>| {
            s.as_ref()
                .filter(|_| sees.full)
                .map(|s| s.reveal().to_owned())
        };
        let due = report_due(i, clocks);
        let full = |t: &Option<String>| t.clone().filter(|_| sees.full);
        let report = |r: &ReportMade| ReportView {
            to: r.to,
            at: r.at,
            via: r.via,
            receipt_no: full(&r.receipt_no),
            officer: full(&r.officer),
            late: r.late,
            late_reason: full(&r.late_reason),
        };
        let duty = |d: Duty| {
            let (due, done) = (due_at(i, &d, clocks), met_at(i, &d));
            DutyView {
                to: d.to,
                written: d.written,
                due_at: due,
                done_at: done,
                late: due.is_some_and(|due| done.or(i.closed_at).unwrap_or(now) >= due),
            }
        };
        // A report is late when it was made after its time, or is not made yet.
        let told = i.reported_at.or(i.closed_at).unwrap_or(now);
        Self {
            id: i.id,
            case_id: i.case_id,
            kind: i.kind,
            found_at: i.found_at,
            victim_party_id: i.victim_party_id,
            reported_to: i.reported_to.clone(),
            reported_at: i.reported_at,
            report_due_at: due,
            report_overdue: due.is_some_and(|due| told >= due),
            receipt_no: i.receipt_no.clone().filter(|_| sees.full),
            measures: secret(&i.measures),
            safety_plan: secret(&i.safety_plan),
            protection_order_told: i.protection_order_told,
            closed_at: i.closed_at,
            outcome: i.outcome.clone().filter(|_| sees.full),
            prevention_evidence: i.prevention_evidence.clone(),
            imminent: i.imminent,
            reports: i.reports.iter().map(report).collect(),
            duties: duties(i).into_iter().map(duty).collect(),
            raised_by_me: i.created_by == sees.me,
            created_at: i.created_at,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct IncidentList {
    pub data: Vec<IncidentView>,
}

/// Evidence or a document; its file is fetched apart.
#[derive(Debug, Serialize)]
pub struct AttachmentView {
    pub id: AttachmentId,
    pub case_id: CaseId,
    pub kind: AttachmentKind,
    pub doc_type: DocType,
    pub title: String,
    pub supplied_by: Option<PartyId>,
    pub is_original: bool,
    pub sealed: bool,
    pub signed_by: Vec<PartyId>,
    pub filename: Option<String>,
    pub media_type: Option<String>,
    pub size_bytes: Option<i64>,
    pub sha256: Option<String>,
    pub stored_at: Option<Instant>,
    pub created_by: UserId,
    pub created_at: Instant,
}

impl AttachmentView {
    pub fn of(a: &Attachment, sees: Sees, lang: Lang) -> Self {
        // Titles and file names may hold names of people.
        let title = if sees.full {
            a.title.clone()
        } else {
            a.doc_type.label(lang).to_owned()
        };
        Self {
            id: a.id,
            case_id: a.case_id,
            kind: a.kind,
            doc_type: a.doc_type,
            title,
            supplied_by: a.supplied_by,
            is_original: a.is_original,
            sealed: a.sealed,
            signed_by: a.signed_by.clone(),
            filename: a.filename.clone().filter(|_| sees.full),
            media_type: a.media_type.clone(),
            size_bytes: a.size_bytes,
            sha256: a.sha256.clone(),
            stored_at: a.stored_at,
            created_by: a.created_by,
            created_at: a.created_at,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct AttachmentList {
    pub data: Vec<AttachmentView>,
}
