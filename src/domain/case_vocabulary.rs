//! The code tables of a dispute case.

use super::codes::codes;

codes! {
    /// The 18 dispute types of the national return.
    CaseType in "case_type" {
        MarriageFamily = "marriage_family", "婚姻家庭纠纷", "Marriage and family";
        Neighbour = "neighbour", "邻里纠纷", "Neighbours";
        HouseHomestead = "house_homestead", "房屋宅基地纠纷", "House and homestead";
        Contract = "contract", "合同纠纷", "Contract";
        Business = "business", "生产经营纠纷", "Production and business";
        Damage = "damage", "损害赔偿纠纷", "Damages";
        ForestLand = "forest_land", "山林土地纠纷", "Forest and land";
        Expropriation = "expropriation", "征地拆迁纠纷", "Expropriation and demolition";
        Environment = "environment", "环境污染纠纷", "Environment";
        WageArrears = "wage_arrears", "拖欠农民工工资纠纷", "Migrant workers' wage arrears";
        LabourOther = "labour_other", "其他劳动争议纠纷", "Other labour disputes";
        Tourism = "tourism", "旅游纠纷", "Tourism";
        Ecommerce = "ecommerce", "电子商务纠纷", "E-commerce";
        ConsumerOther = "consumer_other", "其他消费纠纷", "Other consumer disputes";
        Medical = "medical", "医疗纠纷", "Medical";
        Traffic = "traffic", "道路交通事故纠纷", "Road traffic accident";
        PropertyMgmt = "property_mgmt", "物业纠纷", "Property management";
        Other = "other", "其他纠纷", "Other";
    }
    /// Source of the case: the eight columns of the return (人民调解法 第十七、十八条).
    Source in "source" {
        Application = "application", "依申请调解", "On application";
        ExOfficio = "ex_officio", "主动调解", "Ex officio";
        Delegated = "delegated", "接受委托移送调解", "Delegated or transferred";
        Court = "court", "法院委托移送", "Delegated by a court";
        Procuratorate = "procuratorate", "检察院委托移送", "Delegated by the procuratorate";
        Police = "police", "公安机关委托移送", "Delegated by the police";
        PetitionOffice = "petition_office", "信访部门委托移送", "Delegated by the petition office";
        OtherDept = "other_dept", "其他部门委托移送", "Delegated by another department";
    }
    /// The way the case reached us.
    Channel in "channel" {
        WalkIn = "walk_in", "来访", "Walk-in";
        Hotline = "hotline", "热线", "Hotline";
        Wechat = "wechat", "微信", "WeChat";
        Grid = "grid", "网格上报", "Grid worker";
        Patrol = "patrol", "晨巡", "Morning patrol";
        Council = "council", "晚议", "Evening council";
        VillageStation = "village_station", "心灵驿站", "Village heart station";
        Line12345 = "line_12345", "12345 热线", "12345 line";
        Line12348 = "line_12348", "12348 热线", "12348 line";
        Transfer = "transfer", "移送", "Transfer";
        Letter = "letter", "来信", "Letter";
    }
    /// Which of the five procedures binds the case.
    Procedure in "procedure" {
        PeopleMediation = "people_mediation", "人民调解", "People's mediation";
        AdminMediation = "admin_mediation", "行政调解", "Administrative mediation";
        CourtDelegated = "court_delegated", "司法委派委托", "Court delegated";
        Petition = "petition", "信访", "Petition";
        Consult = "consult", "咨询", "Consultation";
    }
    /// At which stage a court delegated the case (特邀调解规定 第二十七条).
    DelegationStage in "delegation_stage" {
        PreFiling = "pre_filing", "诉前委派", "Before filing";
        TrialOrdinary = "trial_ordinary", "诉中委托（普通程序）", "In trial, ordinary procedure";
        TrialSummary = "trial_summary", "诉中委托（简易程序）", "In trial, summary procedure";
    }
    /// State of a case (state machine 11.3.1).
    CaseState in "case_state" {
        Registered = "registered", "已登记", "Registered";
        Screening = "screening", "审查中", "Screening";
        ConsentPending = "consent_pending", "征求意见中", "Consent pending";
        Accepted = "accepted", "已受理", "Accepted";
        Assigned = "assigned", "已指派", "Assigned";
        InMediation = "in_mediation", "调解中", "In mediation";
        Suspended = "suspended", "中止", "Suspended";
        Agreed = "agreed", "达成协议", "Agreed";
        Performing = "performing", "履行中", "Performing";
        Breached = "breached", "违约", "Breached";
        Fulfilled = "fulfilled", "履行完毕", "Fulfilled";
        Terminated = "terminated", "已终止", "Terminated";
        Rejected = "rejected", "不予受理", "Rejected";
        Merged = "merged", "已并案", "Merged";
        ClosedSuccess = "closed_success", "结案（成功）", "Closed, success";
        ClosedFailed = "closed_failed", "结案（未成）", "Closed, not settled";
        ClosedNotAccepted = "closed_not_accepted", "结案（不予受理）", "Closed, not accepted";
        ClosedToCourt = "closed_to_court", "结案（转诉讼）", "Closed, to court";
        Archived = "archived", "已归档", "Archived";
    }
    /// Outcome of a case.
    Outcome in "outcome" {
        SuccessWritten = "success_written", "书面协议成功", "Success, written";
        SuccessOral = "success_oral", "口头协议成功", "Success, oral";
        Partial = "partial", "部分成功", "Partial";
        Failed = "failed", "调解不成", "Failed";
        Withdrawn = "withdrawn", "申请人撤回", "Withdrawn";
        Refused = "refused", "当事人拒绝", "Refused";
        NotAccepted = "not_accepted", "不予受理", "Not accepted";
        Merged = "merged", "并案", "Merged";
        Referred = "referred", "引导移送", "Referred";
    }
    /// Severity; a different thing from the deadline light.
    Risk in "risk" {
        Blue = "blue", "蓝色（隐患）", "Blue (hidden danger)";
        Yellow = "yellow", "黄色（一般）", "Yellow (ordinary)";
        Orange = "orange", "橙色（可能激化）", "Orange (may worsen)";
        Red = "red", "红色（紧急）", "Red (urgent)";
    }
    /// Difficulty (疑难复杂).
    Difficulty in "difficulty" {
        Simple = "simple", "简单", "Simple";
        Normal = "normal", "一般", "Normal";
        Complex = "complex", "复杂", "Complex";
        Major = "major", "重大", "Major";
    }
    /// Risk indicators found at intake or later.
    RiskHint in "risk_hint" {
        Violence = "violence", "暴力", "Violence";
        Threat = "threat", "威胁", "Threat";
        ThreatToKill = "threat_to_kill", "扬言杀人", "Threat to kill";
        Weapon = "weapon", "凶器", "Weapon";
        SuicideTalk = "suicide_talk", "自杀言论", "Suicide talk";
        SuicidePlan = "suicide_plan", "自杀计划", "Suicide plan";
        Dv = "dv", "家庭暴力", "Domestic violence";
        MinorHarm = "minor_harm", "侵害未成年人", "Harm to a minor";
        MentalSigns = "mental_signs", "精神异常迹象", "Signs of mental disorder";
        Alcohol = "alcohol", "酗酒", "Alcohol";
        Group = "group", "聚集", "Group gathering";
        PetitionPlan = "petition_plan", "上访意向", "Petition plan";
        Media = "media", "舆情", "Media exposure";
        SensitiveDate = "sensitive_date", "敏感时点", "Sensitive date";
        History = "history", "历史积怨", "Long history";
    }
    /// Tags (涉侨 etc.).
    Tag in "tag" {
        Overseas = "overseas", "涉侨", "Overseas Chinese";
        Resettler = "resettler", "涉移民", "Reservoir resettlers";
        Elderly = "elderly", "涉老", "Elderly";
        Minor = "minor", "涉未", "Minors";
        Disabled = "disabled", "涉残", "Disabled";
        Military = "military", "涉军", "Military";
        Farming = "farming", "涉农", "Farming";
        Enterprise = "enterprise", "涉企", "Enterprise";
        Group = "group", "群体性", "Group";
        Historical = "historical", "历史遗留", "Historical";
    }
    /// Ground of jurisdiction (若干规定 第二十一条).
    JurisdictionBasis in "jurisdiction_basis" {
        PartyPlace = "party_place", "当事人所在地", "Place of a party";
        DisputePlace = "dispute_place", "纠纷发生地", "Place of the dispute";
        Agreed = "agreed", "协议选择", "Agreed by the parties";
    }
    /// Labour or service relation (wage cases).
    RelationKind in "relation_kind" {
        Labour = "labour", "劳动关系", "Labour relation";
        Service = "service", "劳务关系", "Service relation";
    }
    /// Why a matter is not accepted.
    RejectCode in "reject_code" {
        Na1SpecialOrgan = "na1_special_organ", "依法由专门机关管辖或禁止民间调解", "Special organ or mediation forbidden";
        Na2AlreadyAccepted = "na2_already_accepted", "法院、公安、行政机关已受理或解决", "Already accepted or resolved elsewhere";
        Na3AdminAct = "na3_admin_act", "不服行政行为", "Against an administrative act";
        Na4Crime = "na4_crime", "涉嫌犯罪", "Suspected crime";
        Na5NoClearOtherParty = "na5_no_clear_other_party", "无明确被申请人", "No clear other party";
        Na6NoClaim = "na6_no_claim", "无具体调解请求", "No concrete claim";
        Na7NotParty = "na7_not_party", "申请人无利害关系", "Applicant has no interest";
        Na8Jurisdiction = "na8_jurisdiction", "不属本委员会管辖", "Not within jurisdiction";
        Na9Other = "na9_other", "其他", "Other";
    }
    /// Routes told to the parties (人民调解法 第二十六条).
    Route in "route" {
        CivilSuit = "civil_suit", "民事诉讼", "Civil suit";
        LabourArb = "labour_arb", "劳动人事争议仲裁", "Labour arbitration";
        LabourInspect = "labour_inspect", "劳动保障监察", "Labour inspection";
        LandContractArb = "land_contract_arb", "农村土地承包仲裁", "Land-contract arbitration";
        GovLandDecision = "gov_land_decision", "人民政府确权处理", "Government land decision";
        AdminMediation = "admin_mediation", "行政调解", "Administrative mediation";
        AdminReview = "admin_review", "行政复议", "Administrative review";
        AdminSuit = "admin_suit", "行政诉讼", "Administrative suit";
        Petition = "petition", "信访", "Petition";
        CommercialArb = "commercial_arb", "仲裁", "Arbitration";
        Police = "police", "公安机关", "Police";
        ProtectionOrder = "protection_order", "人身安全保护令", "Protection order";
        LegalAid = "legal_aid", "法律援助", "Legal aid";
        Notary = "notary", "公证", "Notary";
        PaymentOrder = "payment_order", "支付令", "Payment order";
    }
    /// Why mediation ended without a full agreement.
    TerminationReason in "termination_reason" {
        RefusedAtStart = "refused_at_start", "一方明确拒绝调解", "Refused at the start";
        WithdrawnByApplicant = "withdrawn_by_applicant", "申请人撤回", "Withdrawn by the applicant";
        TerminationDemanded = "termination_demanded", "当事人要求终止", "Termination demanded";
        NotReachable = "not_reachable", "当事人无法联系", "Party not reachable";
        Irreconcilable = "irreconcilable", "分歧过大调解不成", "Irreconcilable";
        LimitExpired = "limit_expired", "期限届满", "Time limit expired";
        OutOfScopeFound = "out_of_scope_found", "发现不属调解范围", "Found to be out of scope";
        AcceptedElsewhere = "accepted_elsewhere", "其他机关已受理", "Accepted elsewhere";
        Sham = "sham", "虚假调解", "Sham mediation";
        CrimeFound = "crime_found", "发现犯罪", "Crime found";
        PartyDiedNoSuccessor = "party_died_no_successor", "当事人死亡无人承继", "Party died, no successor";
        SettledPrivately = "settled_privately", "自行和解", "Settled privately";
        Other = "other", "其他", "Other";
    }
    /// Why mediation is suspended.
    SuspendReason in "suspend_reason" {
        Crisis = "crisis", "危机处置", "Crisis";
        Appraisal = "appraisal", "鉴定", "Appraisal";
        Absence = "absence", "当事人患病或外出", "Illness or absence";
        ShamCheck = "sham_check", "虚假调解核查", "Sham check";
        AwaitDecision = "await_decision", "等待行政或司法决定", "Awaiting a decision";
        ForceMajeure = "force_majeure", "不可抗力", "Force majeure";
    }
    /// How secret the case is.
    Confidentiality in "confidentiality" {
        L2 = "l2", "内部", "Internal";
        L3 = "l3", "个人信息", "Personal";
        L4 = "l4", "敏感", "Sensitive";
        L5 = "l5", "严格限制", "Strictly limited";
    }
    /// The next step the holder owes.
    NextStep in "next_step" {
        Screen = "screen", "审查", "Screen";
        AskConsent = "ask_consent", "征求对方意见", "Ask the other party";
        Accept = "accept", "决定受理", "Decide on acceptance";
        Assign = "assign", "指派调解员", "Appoint a mediator";
        FirstSession = "first_session", "召开首次调解", "Hold the first session";
        Mediate = "mediate", "继续调解", "Go on mediating";
        Resume = "resume", "恢复调解", "Resume";
        Sign = "sign", "签署协议", "Sign the agreement";
        Supervise = "supervise", "督促履行", "Supervise performance";
        DecideTransfer = "decide_transfer", "处理上报或交办", "Decide on a transfer";
        HandleBreach = "handle_breach", "处理违约", "Handle the breach";
        Close = "close", "结案", "Close";
        Archive = "archive", "归档", "Archive";
    }
}

impl CaseState {
    /// Mediation can still go on.
    pub fn is_live(self) -> bool {
        !matches!(
            self,
            Self::Merged
                | Self::ClosedSuccess
                | Self::ClosedFailed
                | Self::ClosedNotAccepted
                | Self::ClosedToCourt
                | Self::Archived
        )
    }

    pub fn is_closed(self) -> bool {
        matches!(
            self,
            Self::ClosedSuccess
                | Self::ClosedFailed
                | Self::ClosedNotAccepted
                | Self::ClosedToCourt
        )
    }
}

codes! {
    /// How long the dossier is kept.
    Retention in "retention" {
        Permanent = "permanent", "永久", "Permanent";
        Long = "long", "长期（30年）", "Long (30 years)";
        Short = "short", "短期（10年）", "Short (10 years)";
    }
}
