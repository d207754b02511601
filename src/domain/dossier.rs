//! The dossier (卷宗) of a case: what it is made of, how it was bound, what holds it (section 2).

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::case::Retention;
use super::codes::codes;
use super::ids::*;
use super::time::{Instant, LocalDate};

codes! {
    /// A kind of paper, in the order of the catalogue (section 2.1).
    DossierDoc in "dossier_doc" {
        Cover = "cover", "卷宗封面", "Cover";
        Catalogue = "catalogue", "卷内目录", "Catalogue";
        Application = "application", "人民调解申请书", "Application";
        AcceptanceForm = "acceptance_form", "人民调解受理登记表", "Acceptance register form";
        DelegationLetter = "delegation_letter", "委托调解函", "Letter of delegation";
        Rejection = "rejection", "不予受理告知书", "Notice of refusal to accept";
        RightsNotice = "rights_notice", "人民调解当事人权利义务告知书", "Notice of rights and duties";
        IdentityProof = "identity_proof", "当事人身份证明", "Proof of identity";
        Mandate = "mandate", "授权委托书", "Power of attorney";
        Investigation = "investigation", "人民调解调查记录", "Investigation record";
        SiteSheet = "site_sheet", "现场勘验记录", "Site sheet";
        Evidence = "evidence", "人民调解证据材料", "Evidence";
        Record = "record", "人民调解记录", "Mediation record";
        UndisputedFacts = "undisputed_facts", "无争议事实记载", "Undisputed facts";
        Minutes = "minutes", "会议纪要", "Minutes of a conference";
        Agreement = "agreement", "人民调解协议书", "Agreement";
        OralRegister = "oral_register", "人民调解口头协议登记表", "Oral-agreement register";
        Termination = "termination", "终止调解通知书", "Termination notice";
        Voucher = "voucher", "履行凭证", "Performance voucher";
        FollowUp = "follow_up", "人民调解回访记录", "Follow-up record";
        Confirmation = "confirmation", "司法确认有关材料", "Judicial-confirmation papers";
        ClosingReport = "closing_report", "结案报告表", "Closing report";
        Other = "other", "其他材料", "Other papers";
        Note = "note", "卷宗情况说明", "Dossier note";
        BackCover = "back_cover", "封底", "Back cover";
    }
    /// Whether a case of this kind and ending must have a paper.
    Necessity in "dossier_necessity" {
        Always = "always", "必备", "Always";
        Required = "required", "应有", "Required";
        AsNeeded = "as_needed", "视情", "As needed";
        NotDue = "not_due", "不需", "Not due";
    }
}

impl DossierDoc {
    /// Covers and the catalogue bear no page numbers.
    pub fn is_numbered(self) -> bool {
        !matches!(self, Self::Cover | Self::Catalogue | Self::BackCover)
    }
}

/// A dossier bound at archiving. Archived again after a reopening, a case gets a new edition;
/// what was bound once stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    pub id: DossierId,
    pub case_id: CaseId,
    pub edition: i32,
    /// One dossier, one number (一卷一号): the case number, else the opaque code.
    pub number: String,
    /// The volume several small cases are bound into together (多案一卷).
    pub volume: Option<String>,
    /// Numbered pages.
    pub pages: i64,
    /// The stored forms.
    pub file_key: Uuid,
    pub sha256: String,
    pub size_bytes: i64,
    pub archived_by: UserId,
    pub archived_at: Instant,
}

/// One paper of a bound dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DossierEntry {
    pub id: DossierEntryId,
    pub case_id: CaseId,
    pub dossier_id: DossierId,
    /// Place in the catalogue, from 0.
    pub no: i32,
    pub doc: DossierDoc,
    pub title: String,
    /// The session or agreement a form is about.
    pub object_id: Option<Uuid>,
    pub attachment_id: Option<AttachmentId>,
    /// Name of the file in bundle and export.
    pub file: String,
    /// Of a form as bound, or of an attachment as stored; none for a paper without a file.
    pub sha256: Option<String>,
    pub pages: i64,
    /// The number of its first page; none for covers and the catalogue.
    pub page_from: Option<i64>,
}

/// A supervisor's order that nothing of a case may be destroyed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalHold {
    pub reason: String,
    pub by: UserId,
    pub at: Instant,
    pub released: Option<Release>,
}

/// The end of a hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    pub reason: String,
    pub by: UserId,
    pub at: Instant,
}

/// What stays out of every dossier, in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// Caucus notes; offers and concessions are written nowhere else (G-17, M-48).
    pub caucus_notes: i64,
    /// Records of sessions held as a caucus.
    pub caucus_records: i64,
    /// The team's working notes.
    pub working_notes: i64,
    /// Sealed evidence (封存).
    pub sealed_attachments: i64,
    /// Danger and abuse reports: who reported is confidential.
    pub incident_reports: i64,
    /// Parties whose contact data is hidden.
    pub hidden_contacts: i64,
}

impl LeftOut {
    pub fn total(self) -> i64 {
        [
            self.caucus_notes,
            self.caucus_records,
            self.working_notes,
            self.sealed_attachments,
            self.incident_reports,
            self.hidden_contacts,
        ]
        .iter()
        .fold(0, |sum, n| sum.saturating_add(*n))
    }
}

/// The day up to which a dossier is kept at least; `None` for ever.
pub fn keep_until(retention: Retention, archived_on: LocalDate) -> Option<LocalDate> {
    match retention {
        Retention::Permanent => None,
        Retention::Long => Some(archived_on.plus_months(30 * 12)),
        Retention::Short => Some(archived_on.plus_months(10 * 12)),
    }
}
