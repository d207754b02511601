//! Parties (当事人) and the other people who take part.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::secret::Secret;
use super::time::{Instant, LocalDate};

codes! {
    /// A party's part in the case.
    PartyRole in "party_role" {
        Applicant = "applicant", "申请人", "Applicant";
        Respondent = "respondent", "被申请人", "Respondent";
        ThirdParty = "third_party", "第三人", "Third party";
        Represented = "represented", "被代表人", "Represented member";
    }
    /// Kind of party (section 3.4).
    PartyKind in "party_kind" {
        NaturalPerson = "natural_person", "自然人", "Natural person";
        Household = "household", "农户", "Rural household";
        IndividualBusiness = "individual_business", "个体工商户", "Individual business";
        LegalPerson = "legal_person", "法人", "Legal person";
        UnincorporatedOrg = "unincorporated_org", "非法人组织", "Unincorporated organisation";
        VillagersCommittee = "villagers_committee", "村民委员会", "Villagers' committee";
        VillageCollective = "village_collective", "农村集体经济组织", "Village collective economic organisation";
        VillagerGroup = "villager_group", "村民小组", "Villager group";
    }
    /// Capacity for civil conduct (民法典 第十七至二十三条).
    Capacity in "capacity" {
        Full = "full", "完全民事行为能力", "Full";
        Limited = "limited", "限制民事行为能力", "Limited";
        None = "none", "无民事行为能力", "None";
    }
    /// Gender as registered.
    Gender in "gender" {
        Male = "male", "男", "Male";
        Female = "female", "女", "Female";
        Unknown = "unknown", "未说明", "Not stated";
    }
    /// A party's consent to mediation; silence is not consent (人民调解法 第十七条).
    Consent in "consent" {
        Pending = "pending", "待答复", "Pending";
        Given = "given", "同意", "Given";
        Refused = "refused", "拒绝", "Refused";
        Withdrawn = "withdrawn", "撤回同意", "Withdrawn";
    }
    /// How a declaration reached the desk.
    DeclaredBy in "declared_by" {
        InPerson = "in_person", "当面", "In person";
        Signed = "signed", "签字", "Signed paper";
        Fingerprint = "fingerprint", "指印", "Fingerprint";
        Phone = "phone", "电话", "Phone";
        Online = "online", "线上", "Online";
        Application = "application", "申请本身", "By applying";
    }
    /// A group member's authority to settle (民事诉讼法 第五十六条).
    SettleAuth in "settle_auth" {
        None = "none", "未表示", "Not stated";
        Yes = "yes", "授权", "Authorised";
        No = "no", "不授权", "Refused";
    }
    /// A kind of participant who is no party.
    ParticipantKind in "participant_kind" {
        LegalRepresentative = "legal_representative", "法定代理人", "Legal representative";
        Agent = "agent", "委托代理人", "Agent";
        Invited = "invited", "受邀参加人", "Invited person";
        Expert = "expert", "专家", "Expert";
        Interpreter = "interpreter", "翻译", "Interpreter";
        SupportPerson = "support_person", "陪同人", "Support person";
        Department = "department", "部门代表", "Department representative";
        Observer = "observer", "旁听人", "Observer";
    }
    /// What an agent may do (民法典 第一百六十五条).
    MandateScope in "mandate_scope" {
        Apply = "apply", "申请、终止调解", "Apply or terminate";
        Evidence = "evidence", "收集提供证据", "Collect evidence";
        ChooseMediator = "choose_mediator", "选择或接受调解员", "Choose or accept the mediator";
        Claims = "claims", "承认、变更、放弃请求", "Admit, change or waive claims";
        Attend = "attend", "参加调解、签署笔录", "Attend and sign records";
        Settle = "settle", "和解、签署协议", "Settle and sign agreements";
        Collect = "collect", "领取文书", "Collect documents";
        Other = "other", "其他", "Other";
    }
}

impl PartyKind {
    /// A human being or a household, identified by an ID number.
    pub fn is_person(self) -> bool {
        matches!(self, Self::NaturalPerson | Self::Household)
    }
}

/// A party to a case. Side 0 is a third party; 1, 2, 3… are the opposing sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Party {
    pub id: PartyId,
    pub case_id: CaseId,
    pub side: i32,
    pub role: PartyRole,
    pub kind: PartyKind,
    pub name: String,
    /// Folded name for comparison.
    pub name_key: String,
    pub gender: Gender,
    pub birth_date: Option<LocalDate>,
    pub id_no: Option<Secret>,
    pub uscc: Option<String>,
    pub phone: Option<Secret>,
    pub email: Option<Secret>,
    pub address: Option<Secret>,
    pub capacity: Capacity,
    pub consent: Consent,
    pub consent_at: Option<Instant>,
    pub rights_notice_at: Option<Instant>,
    /// Elected representative of a group side (G-15).
    pub is_representative: bool,
    pub settle_auth: SettleAuth,
    pub withdrawn_at: Option<Instant>,
    /// The party that took this one's place (death, succession).
    pub substituted_by: Option<PartyId>,
    /// Contact data hidden from the other sides (domestic violence, G-27).
    pub contact_hidden: bool,
    pub created_by: UserId,
    pub created_at: Instant,
    pub detail: PartyDetail,
}

/// The rest of a party's record, kept as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PartyDetail {
    pub consent_via: Option<DeclaredBy>,
    pub consent_by_participant: Option<ParticipantId>,
    pub refusal_words: Option<String>,
    /// Mediators this party chose or accepted (人民调解法 第二十三条第一项).
    pub accepted_mediators: Vec<AssignmentId>,
    pub wants_public: Option<bool>,
    pub wants_writing: bool,
    pub overseas: bool,
    /// A minor of 16–17 living on own labour counts as full (民法典 第十八条).
    pub own_labour: bool,
    /// The view of a child of eight or more (G-13).
    pub child_view: Option<String>,
    pub settle_auth_at: Option<Instant>,
    pub settle_auth_via: Option<DeclaredBy>,
    pub died_on: Option<LocalDate>,
    pub substitutes_for: Option<PartyId>,
    pub legal_person_head: Option<String>,
    pub mandate_signed: bool,
}

/// Someone who takes part without being a party.
#[derive(Clone, Debug, PartialEq)]
pub struct Participant {
    pub id: ParticipantId,
    pub case_id: CaseId,
    pub kind: ParticipantKind,
    /// The party represented or supported.
    pub party_id: Option<PartyId>,
    pub name: String,
    pub name_key: String,
    pub phone: Option<Secret>,
    pub id_no: Option<Secret>,
    pub organisation: Option<String>,
    pub relation: Option<String>,
    pub user_id: Option<UserId>,
    pub mandate: Option<Mandate>,
    /// Principal parties' consents to an invited person (G-11).
    pub consents: Vec<GivenConsent>,
    pub revoked_at: Option<Instant>,
    pub created_by: UserId,
    pub created_at: Instant,
}

/// An agent's written mandate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mandate {
    pub scopes: Vec<MandateScope>,
    pub from: LocalDate,
    pub until: Option<LocalDate>,
    pub document_id: Option<AttachmentId>,
    pub signed_by_principal: bool,
    /// Consular or notarial authentication of an overseas mandate (G-49).
    pub authenticated: bool,
}

/// One party's consent to something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GivenConsent {
    pub party_id: PartyId,
    pub given: bool,
    pub at: Instant,
}

codes! {
    /// State of a matter in dispute.
    IssueState in "issue_state" {
        Open = "open", "未决", "Open";
        Agreed = "agreed", "已达成一致", "Agreed";
        Dropped = "dropped", "放弃", "Dropped";
        Referred = "referred", "引导其他途径", "Referred";
    }
}

/// A matter in dispute (争议事项) and what is asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Issue {
    pub id: IssueId,
    pub case_id: CaseId,
    pub no: i32,
    pub text: String,
    pub claim: Option<String>,
    pub amount_fen: Option<i64>,
    pub claimed_by: Option<PartyId>,
    pub state: IssueState,
    pub referred_to: Option<super::case::Route>,
    pub created_at: Instant,
}
