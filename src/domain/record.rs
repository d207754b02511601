//! Incidents, attachments, evaluations: what else a case file holds.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::secret::Secret;
use super::time::Instant;

codes! {
    /// Kind of incident or statutory report.
    IncidentKind in "incident_kind" {
        RiskRed = "risk_red", "可能引发治安或刑事案件", "May cause a public-security or criminal case";
        Dv = "dv", "家庭暴力", "Domestic violence";
        MinorHarm = "minor_harm", "侵害未成年人", "Harm to a minor";
        Sham = "sham", "涉嫌虚假调解", "Suspected sham mediation";
        Crime = "crime", "涉嫌犯罪", "Suspected crime";
    }
    /// Who must be told.
    ReportTarget in "report_target" {
        Police = "police", "公安机关", "Police";
        CivilAffairs = "civil_affairs", "民政部门", "Civil affairs";
        Education = "education", "教育部门", "Education";
        WomenFederation = "women_federation", "妇联", "Women's federation";
        Court = "court", "人民法院", "Court";
        Superior = "superior", "上级单位", "Superior unit";
        Health = "health", "卫生健康部门", "Health";
    }
    /// How an authority was told: by phone first, in writing afterwards where the law wants that too.
    ReportVia in "report_via" {
        Phone = "phone", "电话", "By phone";
        InPerson = "in_person", "当面", "In person";
        Online = "online", "网上", "Online";
        Written = "written", "书面", "In writing";
    }
    /// Evidence or document.
    AttachmentKind in "attachment_kind" {
        Evidence = "evidence", "证据", "Evidence";
        Document = "document", "文书", "Document";
    }
    /// Which paper of the dossier it is (section 2.1).
    DocType in "doc_type" {
        Application = "application", "人民调解申请书", "Application";
        AcceptanceForm = "acceptance_form", "受理登记表", "Acceptance form";
        RightsNotice = "rights_notice", "权利义务告知书", "Rights notice";
        IdentityProof = "identity_proof", "身份证明", "Identity proof";
        Mandate = "mandate", "授权委托书", "Power of attorney";
        Investigation = "investigation", "调查记录", "Investigation record";
        SiteSheet = "site_sheet", "现场勘验记录", "Site sheet";
        Evidence = "evidence", "证据材料", "Evidence";
        Record = "record", "调解记录", "Mediation record";
        Agreement = "agreement", "调解协议书", "Agreement";
        Voucher = "voucher", "履行凭证", "Performance voucher";
        FollowUp = "follow_up", "回访记录", "Follow-up record";
        Confirmation = "confirmation", "司法确认材料", "Judicial confirmation papers";
        DelegationLetter = "delegation_letter", "委托调解函", "Delegation letter";
        UndisputedFacts = "undisputed_facts", "无争议事实记载", "Undisputed facts";
        Termination = "termination", "终止调解通知书", "Termination notice";
        Minutes = "minutes", "会议纪要", "Minutes";
        Other = "other", "其他", "Other";
    }
    /// Satisfaction of a party.
    Satisfaction in "satisfaction" {
        Satisfied = "satisfied", "满意", "Satisfied";
        Basically = "basically", "基本满意", "Basically satisfied";
        Dissatisfied = "dissatisfied", "不满意", "Dissatisfied";
        NotRated = "not_rated", "未评价", "Not rated";
    }
}

/// A statutory report or risk incident (人民调解法 第二十五条; 未成年人保护法 第十一条).
#[derive(Clone, Debug, PartialEq)]
pub struct Incident {
    pub id: IncidentId,
    pub case_id: CaseId,
    pub kind: IncidentKind,
    pub found_at: Instant,
    pub victim_party_id: Option<PartyId>,
    pub reported_to: Vec<ReportTarget>,
    pub reported_at: Option<Instant>,
    pub receipt_no: Option<String>,
    pub measures: Option<Secret>,
    pub safety_plan: Option<Secret>,
    pub protection_order_told: bool,
    pub closed_at: Option<Instant>,
    pub outcome: Option<String>,
    /// Stored evidence for the claim that worse was prevented; empty when nothing is claimed.
    pub prevention_evidence: Vec<AttachmentId>,
    /// It is happening now: the police are told within minutes.
    pub imminent: bool,
    /// The victim of violence has no full capacity: the police must be told, in writing too
    /// (反家庭暴力法 第十四条).
    pub police_duty: bool,
    /// The crisis it belongs to; such an incident is known to those who handle the crisis alone.
    pub crisis_id: Option<CrisisId>,
    /// Every authority told, in the order it was recorded.
    pub reports: Vec<ReportMade>,
    /// The reporter's identity is confidential (反家庭暴力法 第十四条).
    pub created_by: UserId,
    pub created_at: Instant,
}

impl Incident {
    /// An incident nobody has been told of.
    pub fn found(
        id: IncidentId,
        case_id: CaseId,
        kind: IncidentKind,
        found_at: Instant,
        by: UserId,
        now: Instant,
    ) -> Self {
        Self {
            id,
            case_id,
            kind,
            found_at,
            victim_party_id: None,
            reported_to: Vec::new(),
            reported_at: None,
            receipt_no: None,
            measures: None,
            safety_plan: None,
            protection_order_told: false,
            closed_at: None,
            outcome: None,
            prevention_evidence: Vec::new(),
            imminent: false,
            police_duty: false,
            crisis_id: None,
            reports: Vec::new(),
            created_by: by,
            created_at: now,
        }
    }
}

/// One authority that was told of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportMade {
    pub to: ReportTarget,
    pub at: Instant,
    pub via: ReportVia,
    /// Of the police there always is one.
    pub receipt_no: Option<String>,
    /// Who took the report.
    pub officer: Option<String>,
    /// Made when its duty was already due.
    pub late: bool,
    pub late_reason: Option<String>,
    pub recorded_at: Instant,
}

/// Evidence or a document: metadata, and later a stored file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attachment {
    pub id: AttachmentId,
    pub case_id: CaseId,
    pub kind: AttachmentKind,
    pub doc_type: DocType,
    pub title: String,
    pub supplied_by: Option<PartyId>,
    pub is_original: bool,
    /// For the mediating team alone (sham and abuse evidence).
    pub sealed: bool,
    /// Parties whose signature the paper bears.
    pub signed_by: Vec<PartyId>,
    pub filename: Option<String>,
    pub media_type: Option<String>,
    pub size_bytes: Option<i64>,
    pub sha256: Option<String>,
    /// Pages of the stored file; none where nobody can count them.
    pub pages: Option<i64>,
    /// Names the stored file; never the name people see.
    pub file_key: Option<uuid::Uuid>,
    pub stored_at: Option<Instant>,
    pub created_by: UserId,
    pub created_at: Instant,
}

/// A party's evaluation: after feedback, never changed (G-44). The party's own word stands before
/// what a desk entered from paper.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evaluation {
    pub id: EvaluationId,
    pub case_id: CaseId,
    pub party_id: PartyId,
    pub satisfaction: Satisfaction,
    pub comment: Option<String>,
    pub given_via: super::party::DeclaredBy,
    pub by_participant: Option<ParticipantId>,
    /// The paper the party signed; none where it gave its word itself.
    pub evidence_id: Option<AttachmentId>,
    /// Nobody where the party gave its word itself.
    pub recorded_by: UserId,
    pub created_at: Instant,
}

impl Evaluation {
    /// Given by the party itself with its one-use code.
    pub fn is_own_word(&self) -> bool {
        self.recorded_by.uuid.is_nil()
    }
}
