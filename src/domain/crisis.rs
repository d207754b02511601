//! A crisis of a person in a case (section 11.3.8): its tiers, what each asks for, and its record.
//!
//! Who is not entitled to it learns of it by [`Support`] alone.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::org::Role;
use super::secret::Secret;
use super::time::Instant;

codes! {
    /// How grave it is (section 6.4).
    Tier in "crisis_tier" {
        T0 = "t0", "无（T0）", "None (T0)";
        T1 = "t1", "低（T1）", "Low (T1)";
        T2 = "t2", "中（T2）", "Medium (T2)";
        T3 = "t3", "高（T3）", "High (T3)";
        T4 = "t4", "迫在眉睫（T4）", "Imminent (T4)";
    }
    /// Where it stands.
    CrisisState in "crisis_state" {
        Raised = "raised", "已上报", "Raised";
        Triaged = "triaged", "已评估，无需干预", "Triaged";
        Monitored = "monitored", "监测", "Monitored";
        Escalated = "escalated", "升级处置", "Escalated";
        Emergency = "emergency", "紧急处置", "Emergency";
        HandedOver = "handed_over", "已移交", "Handed over";
        Stable = "stable", "已稳定", "Stable";
        Reviewed = "reviewed", "已双人复核", "Reviewed by two";
        Closed = "closed", "已结束", "Closed";
    }
    /// What was seen or heard.
    Sign in "crisis_sign" {
        PassiveDeathWish = "passive_death_wish", "消极厌世，无计划", "Passive death wish, no plan";
        Ideation = "ideation", "自杀意念", "Suicidal ideation";
        Ambivalent = "ambivalent", "犹豫矛盾", "Ambivalence";
        VaguePlan = "vague_plan", "计划模糊", "Vague plan";
        PlanAndMeans = "plan_and_means", "有计划有工具", "Plan and means";
        PastAttempt = "past_attempt", "既往自杀未遂", "Past attempt";
        ScaleItem = "scale_item", "量表条目提示高风险并有计划", "Scale item high, with a plan";
        ActInProgress = "act_in_progress", "正在实施", "Act in progress";
        ThreatNow = "threat_now", "当面扬言立即实施", "Threat now";
        Weapon = "weapon", "持有凶器", "Weapon";
        ThreatToKill = "threat_to_kill", "扬言杀人", "Threat to kill";
    }
    /// What a tier asks for.
    StepCode in "crisis_step" {
        SafetyTalk = "safety_talk", "安全谈话", "Safety talk";
        HotlineCard = "hotline_card", "告知12356热线", "Hotline card 12356";
        Recheck = "recheck", "复评", "Recheck";
        PsychReview = "psych_review", "心理负责人评估", "Review by the psychological lead";
        FamilyContact = "family_contact", "经同意联系家属或监护人", "Family or guardian contacted, with consent";
        SafetyPlan = "safety_plan", "制定安全计划", "Safety plan";
        FamilyInformed = "family_informed", "告知家属或监护人（保密例外）", "Family or guardian informed (exception to confidentiality)";
        MeansRestricted = "means_restricted", "移除危险物品", "Means restricted";
        PoliceTold = "police_told", "通报公安机关", "Police informed";
        HospitalReferral = "hospital_referral", "当日转介医院", "Referred to a hospital the same day";
        EmergencyCall = "emergency_call", "拨打110/120", "110/120 called";
        StayWithPerson = "stay_with_person", "专人陪伴不离开", "Somebody stays with the person";
        ClearRoom = "clear_room", "疏散在场人员", "Room cleared";
        CountyDutyTold = "county_duty_told", "报告县值班员", "County duty officer informed";
    }
    /// To whom a person is handed over.
    HandTo in "crisis_hand_to" {
        Hospital = "hospital", "医疗机构", "Hospital";
        Police = "police", "公安机关", "Police";
        Guardian = "guardian", "家属或监护人", "Family or guardian";
        Counsellor = "counsellor", "心理服务机构", "Counselling service";
    }
    /// What an entry of the timeline says.
    EntryKind in "crisis_entry_kind" {
        Raised = "raised", "上报", "Raised";
        RaisedAgain = "raised_again", "再次上报", "Raised again";
        Called = "called", "通知值班", "Duty called";
        Acknowledged = "acknowledged", "值班确认", "Acknowledged";
        Assessed = "assessed", "评估", "Assessed";
        StepDone = "step_done", "完成处置步骤", "Step done";
        OnScene = "on_scene", "现场处置", "Done on the scene";
        HandedOver = "handed_over", "移交", "Handed over";
        Stabilised = "stabilised", "稳定", "Found stable";
        ReviewProposed = "review_proposed", "第一人复核", "Reviewed by the first";
        ReviewConfirmed = "review_confirmed", "第二人复核同意", "Confirmed by the second";
        ReviewRefused = "review_refused", "第二人复核不同意", "Refused by the second";
        Closed = "closed", "结束", "Closed";
        StepLate = "step_late", "步骤逾期，通知值班", "Step late, duty called";
    }
    /// The posts of the ladder, lowest first.
    Rung in "crisis_rung" {
        DutyOfficer = "duty_officer", "责任单位值班员", "Duty officer of the holder";
        DeskHead = "desk_head", "乡镇负责人", "Desk head";
        CountyDuty = "county_duty", "县危机处置与心理负责人", "County crisis and psychological duty";
        CountySupervisor = "county_supervisor", "县督办员", "County supervisor";
        Answerer = "answerer", "确认接手人", "Who acknowledged";
    }
}

/// How much time a step leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// A policy of the clock registry, in the variant of the tier if it has one.
    Policy(&'static str),
    /// Before the day ends.
    SameDay,
}

/// One thing that a tier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub step: StepCode,
    pub within: Within,
}

const fn asked(step: StepCode, policy: &'static str) -> Asked {
    Asked {
        step,
        within: Within::Policy(policy),
    }
}

use StepCode::*;

const HOSPITAL: Asked = Asked {
    step: HospitalReferral,
    within: Within::SameDay,
};

const LOW: &[Asked] = &[
    asked(SafetyTalk, "crisis_plan"),
    asked(HotlineCard, "crisis_plan"),
    asked(Recheck, "crisis_recheck"),
];
const MEDIUM: &[Asked] = &[
    asked(PsychReview, "crisis_review"),
    asked(FamilyContact, "crisis_family"),
    asked(SafetyPlan, "crisis_plan"),
    asked(Recheck, "crisis_recheck"),
];
const HIGH: &[Asked] = &[
    asked(PsychReview, "crisis_review"),
    asked(FamilyInformed, "crisis_family"),
    asked(MeansRestricted, "crisis_family"),
    asked(PoliceTold, "report_police"),
    HOSPITAL,
];
const IMMINENT: &[Asked] = &[
    asked(EmergencyCall, "report_police"),
    asked(StayWithPerson, "report_police"),
    asked(ClearRoom, "report_police"),
    asked(CountyDutyTold, "report_police"),
    asked(PsychReview, "crisis_review"),
    asked(FamilyInformed, "crisis_family"),
    HOSPITAL,
];

/// What each tier asks for (section 6.4).
pub fn asked_of(tier: Tier) -> &'static [Asked] {
    match tier {
        Tier::T0 => &[],
        Tier::T1 => LOW,
        Tier::T2 => MEDIUM,
        Tier::T3 => HIGH,
        Tier::T4 => IMMINENT,
    }
}

impl Tier {
    /// Mediation stands still (G-29), and only two persons together may lower it.
    pub fn holds(self) -> bool {
        self >= Self::T3
    }

    /// The variant of a policy that is meant for it.
    pub fn variant(self) -> &'static str {
        super::codes::Code::code(self)
    }
}

impl StepCode {
    /// Whoever is there does it and says so; the others are for those who handle the crisis.
    pub fn is_on_scene(self) -> bool {
        matches!(
            self,
            EmergencyCall | StayWithPerson | ClearRoom | CountyDutyTold | MeansRestricted
        )
    }

    /// The police give a number for it.
    pub fn needs_receipt(self) -> bool {
        self.tells_police() || self == HospitalReferral
    }

    pub fn tells_police(self) -> bool {
        matches!(self, EmergencyCall | PoliceTold)
    }
}

/// The least tier that a sign allows.
pub fn tier_of(sign: Sign) -> Tier {
    match sign {
        Sign::PassiveDeathWish => Tier::T1,
        Sign::Ideation | Sign::Ambivalent | Sign::VaguePlan => Tier::T2,
        Sign::PlanAndMeans | Sign::PastAttempt | Sign::ScaleItem => Tier::T3,
        Sign::ActInProgress | Sign::ThreatNow | Sign::Weapon | Sign::ThreatToKill => Tier::T4,
    }
}

/// The tier said, raised to what the signs ask for.
pub fn tier_with(said: Tier, signs: &[Sign]) -> Tier {
    signs.iter().map(|s| tier_of(*s)).fold(said, Tier::max)
}

/// Where the holders of a post are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// Who answers for the unit that holds the case.
    Holder,
    /// A role at the desk of that unit.
    Desk(Role),
    /// A role at the county centre.
    County(Role),
}

/// The ladder: who is called, in this order, until somebody acknowledges.
pub const LADDER: &[(Rung, &[Post])] = &[
    (Rung::DutyOfficer, &[Post::Holder]),
    (Rung::DeskHead, &[Post::Desk(Role::DeskHead)]),
    (
        Rung::CountyDuty,
        &[
            Post::County(Role::CrisisOfficer),
            Post::County(Role::PsyLead),
        ],
    ),
    (
        Rung::CountySupervisor,
        &[Post::County(Role::CountySupervisor)],
    ),
];

/// A crisis.
#[derive(Clone, Debug, PartialEq)]
pub struct Crisis {
    pub id: CrisisId,
    pub case_id: CaseId,
    pub state: CrisisState,
    pub tier: Tier,
    /// Whom it is about, where that is a party.
    pub party_id: Option<PartyId>,
    pub signs: Vec<Sign>,
    pub raised_by: UserId,
    pub raised_at: Instant,
    /// The latest incident it led to (人民调解法 第二十五条).
    pub incident_id: Option<IncidentId>,
    /// Since when the ladder is climbed; `None` where nobody had to be called.
    pub called_at: Option<Instant>,
    /// When it is called again; `None` once somebody has acknowledged.
    pub next_call_at: Option<Instant>,
    pub acknowledged_by: Option<UserId>,
    pub acknowledged_at: Option<Instant>,
    /// The tier that the first of two reviewers found.
    pub review_tier: Option<Tier>,
    pub review_by: Option<UserId>,
    /// The first reviewer leads the psychological service.
    pub review_by_lead: bool,
    pub review_at: Option<Instant>,
    pub confirmed_by: Option<UserId>,
    pub confirmed_at: Option<Instant>,
    /// Entries of its timeline so far.
    pub entries: i32,
    pub closed_at: Option<Instant>,
    pub updated_at: Instant,
}

/// Something the tier asks for, by its own time.
#[derive(Clone, Debug, PartialEq)]
pub struct CrisisStep {
    pub id: CrisisStepId,
    pub crisis_id: CrisisId,
    pub case_id: CaseId,
    pub code: StepCode,
    pub tier: Tier,
    pub from_at: Instant,
    pub due_at: Instant,
    pub done_at: Option<Instant>,
    pub done_by: Option<UserId>,
    pub receipt_no: Option<String>,
    pub late_reason: Option<Secret>,
    /// Another tier no longer asks for it.
    pub dropped_at: Option<Instant>,
    /// When somebody is called next because it is late; `None` once it is done, dropped, or
    /// everybody was called.
    pub call_at: Option<Instant>,
}

impl CrisisStep {
    pub fn is_open(&self) -> bool {
        self.done_at.is_none() && self.dropped_at.is_none()
    }
}

/// An entry of the timeline: written once, never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct CrisisEntry {
    pub id: CrisisEntryId,
    pub crisis_id: CrisisId,
    pub case_id: CaseId,
    pub seq: i32,
    pub kind: EntryKind,
    /// When it happened.
    pub at: Instant,
    pub recorded_at: Instant,
    /// `None`: the service itself.
    pub actor_id: Option<UserId>,
    pub state: CrisisState,
    pub tier: Tier,
    pub step: Option<StepCode>,
    pub rung: Option<Rung>,
    pub text: Option<Secret>,
}

impl CrisisEntry {
    /// The entry as one line of text, of which the audit trail keeps the digest.
    pub fn canonical(&self) -> String {
        use super::codes::Code;
        let opt = |t: Option<&str>| t.unwrap_or("").to_owned();
        [
            self.id.to_string(),
            self.crisis_id.to_string(),
            self.case_id.to_string(),
            self.seq.to_string(),
            self.kind.code().to_owned(),
            self.at.to_string(),
            self.recorded_at.to_string(),
            self.actor_id.map(|a| a.to_string()).unwrap_or_default(),
            self.state.code().to_owned(),
            self.tier.code().to_owned(),
            opt(self.step.map(Code::code)),
            opt(self.rung.map(Code::code)),
            opt(self.text.as_ref().map(Secret::reveal)),
        ]
        .join("\u{1f}")
    }
}

/// What a case shows of a crisis to its mediators: that there is support, whom to ask, how to stay
/// safe. No tier, no signs, no notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Support {
    pub crisis: CrisisId,
    pub in_progress: bool,
    pub contact: Option<String>,
    pub instruction: Option<String>,
    /// Mediation stands still until two persons have reviewed (G-29).
    pub holds: bool,
}

/// A crisis with what it asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct CrisisFile {
    pub crisis: Crisis,
    pub steps: Vec<CrisisStep>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::clocks::PolicyBook;
    use crate::domain::codes::Code;

    #[test]
    fn every_time_is_in_the_registry() {
        for tier in Tier::ALL {
            for a in asked_of(*tier) {
                if let Within::Policy(code) = a.within {
                    let book = PolicyBook::built_in();
                    assert!(book.rows().iter().any(|p| p.code == code), "{code}");
                }
            }
        }
    }

    #[test]
    fn signs_raise_and_never_lower() {
        assert_eq!(tier_with(Tier::T1, &[Sign::PlanAndMeans]), Tier::T3);
        assert_eq!(tier_with(Tier::T4, &[Sign::Ideation]), Tier::T4);
        assert_eq!(tier_with(Tier::T0, &[]), Tier::T0);
        let holding: Vec<Tier> = Tier::ALL.iter().copied().filter(|t| t.holds()).collect();
        assert_eq!(holding, [Tier::T3, Tier::T4]);
    }
}
