//! Agreements (调解协议), signatures, obligations.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::time::{Instant, LocalDate};

codes! {
    /// Form of an agreement (人民调解法 第二十八条).
    AgreementForm in "agreement_form" {
        Written = "written", "书面协议", "Written";
        Oral = "oral", "口头协议", "Oral";
    }
    /// State of an agreement (state machine 11.3.4).
    AgreementState in "agreement_state" {
        Draft = "draft", "草稿", "Draft";
        Signing = "signing", "签署中", "Being signed";
        Effective = "effective", "已生效", "In effect";
        Fulfilled = "fulfilled", "已履行", "Fulfilled";
        Breached = "breached", "违约", "Breached";
        Varied = "varied", "已变更", "Varied";
        Rescinded = "rescinded", "已解除", "Rescinded";
        Invalidated = "invalidated", "被确认无效", "Invalidated";
        ExpiredUnsigned = "expired_unsigned", "逾期未签", "Expired unsigned";
    }
    /// Judicial confirmation (司法确认, 人民调解法 第三十三条).
    ConfirmationState in "confirmation_state" {
        None = "none", "未申请", "None";
        Applied = "applied", "已申请", "Applied";
        CourtAccepted = "court_accepted", "法院受理", "Accepted by the court";
        Confirmed = "confirmed", "裁定有效", "Confirmed";
        Dismissed = "dismissed", "裁定驳回", "Dismissed";
        NotAccepted = "not_accepted", "不予受理", "Not accepted";
        Withdrawn = "withdrawn", "撤回", "Withdrawn";
        Lapsed = "lapsed", "逾期未申请", "Lapsed";
    }
    /// What a signature stands on: an agreement or a session record.
    SignedThing in "signed_thing" {
        Agreement = "agreement", "协议", "Agreement";
        SessionRecord = "session_record", "调解笔录", "Session record";
    }
    /// In what capacity someone signs.
    SignedAs in "signed_as" {
        Party = "party", "本人", "The party";
        LegalRepresentative = "legal_representative", "法定代理人", "Legal representative";
        Agent = "agent", "委托代理人", "Agent";
        Mediator = "mediator", "人民调解员", "Mediator";
        Recorder = "recorder", "记录员", "Recorder";
        CommitteeSeal = "committee_seal", "调委会印章", "Committee seal";
        StaffWitness = "staff_witness", "见证工作人员", "Staff witness";
    }
    /// How it was signed.
    SignMethod in "sign_method" {
        Sign = "sign", "签名", "Signature";
        Seal = "seal", "盖章", "Seal";
        Fingerprint = "fingerprint", "按指印", "Fingerprint";
        ESign = "e_sign", "电子签名", "Electronic signature";
        Refused = "refused", "拒绝签名", "Refused to sign";
    }
    /// Kind of obligation.
    ObligationKind in "obligation_kind" {
        Pay = "pay", "给付金钱", "Pay";
        Deliver = "deliver", "交付", "Deliver";
        Do = "do", "作为", "Do";
        Abstain = "abstain", "不作为", "Abstain";
        Apologise = "apologise", "赔礼道歉", "Apologise";
        TransferPaper = "transfer_paper", "移交证照", "Hand over papers";
    }
    /// State of an obligation (state machine 11.3.5).
    ObligationState in "obligation_state" {
        Pending = "pending", "待履行", "Pending";
        Partial = "partial", "部分履行", "Partly performed";
        Performed = "performed", "已履行", "Performed";
        Overdue = "overdue", "逾期", "Overdue";
        Urged = "urged", "已督促", "Urged";
        Defaulted = "defaulted", "不履行", "Defaulted";
        Waived = "waived", "债权人放弃", "Waived";
        Void = "void", "随协议失效", "Void with the agreement";
    }
    /// Way on after a breach (若干规定 第三十七条; 人民调解法 第三十二、三十三条).
    BreachRoute in "breach_route" {
        ReMediation = "re_mediation", "再次调解", "Mediate again";
        CourtSuit = "court_suit", "就协议起诉", "Sue on the agreement";
        Enforcement = "enforcement", "申请强制执行", "Enforcement";
        PaymentOrder = "payment_order", "申请支付令", "Payment order";
        Government = "government", "请基层政府处理", "Basic-level government";
    }
    /// Means of payment or performance.
    PerformanceMode in "performance_mode" {
        Cash = "cash", "现金", "Cash";
        Bank = "bank", "银行转账", "Bank transfer";
        InKind = "in_kind", "实物", "In kind";
        OnTheSpot = "on_the_spot", "当场履行", "On the spot";
        Other = "other", "其他", "Other";
    }
}

/// An agreement between all or some of the parties over all or some issues.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    pub id: AgreementId,
    pub case_id: CaseId,
    pub no: i32,
    /// `case_no-{n}`, given when signing starts.
    pub number: Option<String>,
    pub form: AgreementForm,
    pub state: AgreementState,
    pub partial: bool,
    pub reached_at: Option<Instant>,
    pub signing_at: Option<Instant>,
    /// Computed, never typed: the latest of all party signatures, the mediator's and the seal
    /// (人民调解法 第二十九条第二款); for an oral one the time it was reached (第三十条).
    pub effective_at: Option<Instant>,
    pub sealed_at: Option<Instant>,
    pub confirmation: ConfirmationState,
    pub created_by: UserId,
    pub created_at: Instant,
    pub detail: AgreementDetail,
}

/// The content of an agreement, kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AgreementDetail {
    pub parties: Vec<PartyId>,
    pub issues: Vec<IssueId>,
    pub facts: String,
    pub liability: String,
    pub terms: String,
    pub performance: String,
    pub place: String,
    pub copies: i64,
    /// The parties who chose electronic signature; all who sign must have (G-22).
    pub e_sign_by: Vec<PartyId>,
    /// Soft findings the drafter chose to go on with (G-20), each with the reason given.
    pub warnings: Vec<ContentWarning>,
    pub divorce_effect: bool,
    pub kinship: bool,
    pub criminal_waiver: bool,
    pub ownership: bool,
    pub third_party_harm: bool,
    /// Whether it settles harm done to a minor: where such harm is flagged the drafter must say
    /// no (G-28).
    pub minor_harm: Option<bool>,
    /// Group members without authority to settle, left out when signing began (G-15).
    pub left_out: Vec<PartyId>,
    /// The meetings of villager groups that approved it (村民委员会组织法 第二十八条).
    pub approvals: Vec<GroupApproval>,
    pub supersedes: Option<AgreementId>,
    pub superseded_by: Option<AgreementId>,
    pub end_reason: Option<String>,
    pub application: Option<ConfirmationApplication>,
    /// When the window to apply closed without an application.
    pub window_lapsed_at: Option<Instant>,
    pub breach_route: Option<BreachRoute>,
    /// When the creditor was told the ways on after a default (M-78).
    pub breach_notice_at: Option<Instant>,
    pub court_claim: Option<CourtClaim>,
}

impl Agreement {
    /// Where judicial confirmation stands, the lapse of the window included: no row is marked with
    /// that, since an application made in time may reach the desk later.
    pub fn confirmation_now(&self) -> ConfirmationState {
        let open = matches!(
            self.confirmation,
            ConfirmationState::None | ConfirmationState::Withdrawn
        );
        if open && self.detail.window_lapsed_at.is_some() {
            ConfirmationState::Lapsed
        } else {
            self.confirmation
        }
    }
}

/// A villager group's meeting that approved an agreement about the group's land: two thirds of the
/// households were there, and more than half of those voted for it (村民委员会组织法 第二十八条).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupApproval {
    pub party_id: PartyId,
    pub held_on: LocalDate,
    pub households: i64,
    pub present: i64,
    pub in_favour: i64,
    /// The record of the meeting.
    pub minutes_id: AttachmentId,
}

/// A suit on the agreement; the defendant is the other party, never the committee (M-77).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CourtClaim {
    pub claimant: PartyId,
    pub defendant: PartyId,
    pub court: Option<String>,
    pub at: Instant,
}

/// A warning shown at drafting and kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContentWarning {
    pub rule: String,
    pub code: String,
    pub reason: String,
    pub at: Instant,
}

/// A joint application for judicial confirmation (G-23).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConfirmationApplication {
    pub court: String,
    pub applicants: Vec<PartyId>,
    pub applied_on: LocalDate,
    pub window_ends_on: LocalDate,
    pub filed_by: UserId,
    pub at: Instant,
    #[serde(default)]
    pub decided_on: Option<LocalDate>,
    #[serde(default)]
    pub ruling_no: Option<String>,
}

/// A signature, seal or its refusal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Signature {
    pub id: SignatureId,
    pub case_id: CaseId,
    pub thing: SignedThing,
    pub thing_id: uuid::Uuid,
    pub signed_as: SignedAs,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    pub user_id: Option<UserId>,
    pub method: SignMethod,
    /// When it was signed; never later than when it was recorded.
    pub signed_at: Instant,
    /// Hash of the signature image, hex SHA-256.
    pub image_sha256: Option<String>,
    pub note: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Instant,
}

/// What one party owes another under an agreement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Obligation {
    pub id: ObligationId,
    pub case_id: CaseId,
    pub agreement_id: AgreementId,
    pub no: i32,
    pub debtor_id: PartyId,
    pub creditor_id: PartyId,
    pub kind: ObligationKind,
    pub description: String,
    pub amount_fen: Option<i64>,
    pub performed_fen: i64,
    pub due_on: LocalDate,
    pub place: String,
    pub mode: PerformanceMode,
    pub state: ObligationState,
    /// Instalments of one debt share a plan number; they sum to `plan_total_fen` (I4).
    pub plan_no: Option<i32>,
    pub plan_total_fen: Option<i64>,
    pub urged: i32,
    pub performed_at: Option<Instant>,
    pub created_at: Instant,
    /// How the sum is found when it falls due, where it cannot be told yet; then `amount_fen` is
    /// `None` and `cap_fen` the most it can be.
    pub formula: Option<String>,
    pub cap_fen: Option<i64>,
}

/// One act of performance, with its proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Performance {
    pub id: PerformanceId,
    pub case_id: CaseId,
    pub obligation_id: ObligationId,
    pub amount_fen: Option<i64>,
    pub performed_at: Instant,
    pub confirmed_by_creditor: bool,
    pub proof_id: Option<AttachmentId>,
    pub note: Option<String>,
    pub recorded_by: UserId,
    pub recorded_at: Instant,
}
