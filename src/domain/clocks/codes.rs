//! The closed lists of the clocks.

use crate::domain::codes::codes;

codes! {
    /// What a clock counts.
    Unit in "clock_unit" {
        Minutes = "minutes", "分钟", "minutes";
        Hours = "hours", "小时", "hours";
        WorkingHours = "working_hours", "工作小时", "working hours";
        Days = "days", "日（自然日）", "calendar days";
        WorkingDays = "working_days", "工作日", "working days";
        Months = "months", "个月", "months";
        Years = "years", "年", "years";
        Instant = "instant", "指定时刻", "a fixed instant";
    }
    /// Where the last day ends (民法典 203).
    DayEnd in "day_end" {
        Midnight = "midnight", "二十四时", "24:00";
        Closing = "closing", "停止业务活动时", "Close of business";
    }
    /// What a clock belongs to in the order of things.
    Track in "clock_track" {
        Mediation = "mediation", "调解期限", "Mediation limit";
        Court = "court", "法院委派委托", "Court delegation";
        Confirmation = "confirmation", "司法确认与执行", "Confirmation and enforcement";
        Limitation = "limitation", "权利行使期间", "Limitation";
        Petition = "petition", "信访", "Petition";
        Administrative = "administrative", "行政调解", "Administrative mediation";
        Service = "service", "办理时限", "Service time";
        Safety = "safety", "安全与报告", "Safety and reporting";
        Retention = "retention", "留存", "Retention";
    }
    /// How strictly a clock binds.
    Effect in "clock_effect" {
        Hard = "hard", "到期即失权或须处理", "Binds";
        Soft = "soft", "到期提醒督促", "Urges";
        Info = "info", "仅提示", "Informs";
    }
    /// What a breach leads to.
    BreachAct in "breach_act" {
        None = "none", "无", "Nothing";
        Notify = "notify", "通知", "Notify";
        ExtendOrTerminate = "extend_or_terminate", "延期或终止", "Extend or terminate";
        AutoFailed = "auto_failed", "视为调解不成", "Deemed failed";
        ReturnToCourt = "return_to_court", "退回法院", "Return to the court";
        Lapse = "lapse", "权利失效", "Lapses";
        Refused = "refused", "视为拒绝", "Counts as refusal";
        NoAnswer = "no_answer", "视为未评价", "Counts as no answer";
        Report = "report", "立即报告", "Report at once";
        Expire = "expire", "逾期作废", "Expires";
    }
    /// What a clock is set on.
    ClockSubject in "clock_subject" {
        Case = "case", "案件", "Case";
        Session = "session", "调解会议", "Session";
        Agreement = "agreement", "调解协议", "Agreement";
        Obligation = "obligation", "义务", "Obligation";
        Transfer = "transfer", "流转", "Transfer";
        Incident = "incident", "事件", "Incident";
        Record = "record", "记录", "Record";
        Party = "party", "当事人", "Party";
    }
    /// What happened to start, satisfy or stop a clock.
    ClockEvent in "clock_event" {
        Registered = "registered", "登记", "Registered";
        Screened = "screened", "审查完成", "Screened";
        ApplicationReceived = "application_received", "收到调解申请", "Application received";
        ConsentAsked = "consent_asked", "征求意见", "Consent asked";
        ConsentDeclared = "consent_declared", "表明意愿", "Will declared";
        Accepted = "accepted", "受理", "Accepted";
        Rejected = "rejected", "不予受理", "Not accepted";
        SessionOpened = "session_opened", "开始调解", "Session opened";
        Agreed = "agreed", "达成协议", "Agreed";
        Terminated = "terminated", "终止调解", "Terminated";
        Closed = "closed", "结案", "Closed";
        Archived = "archived", "归档", "Archived";
        DelegationReceived = "delegation_received", "收到委派委托", "Delegation received";
        ReceiptSigned = "receipt_signed", "签收委派委托材料", "Receipt signed";
        AgreementEffective = "agreement_effective", "协议生效", "Agreement in effect";
        ConfirmationApplied = "confirmation_applied", "申请司法确认", "Confirmation applied for";
        CourtFiled = "court_filed", "法院立案", "Filed by the court";
        CourtDecided = "court_decided", "法院裁定", "Decided by the court";
        RulingReceived = "ruling_received", "收到裁定", "Ruling received";
        PerformanceEnded = "performance_ended", "履行期间届满", "Performance period ended";
        Performed = "performed", "履行完毕", "Performed";
        EnforcementApplied = "enforcement_applied", "申请执行", "Enforcement applied for";
        RatificationAsked = "ratification_asked", "催告法定代理人追认", "Ratification demanded";
        Ratified = "ratified", "追认", "Ratified";
        InfringementKnown = "infringement_known", "知道权利受损", "Infringement known";
        ClaimBrought = "claim_brought", "主张权利", "Claim brought";
        DecisionNoticed = "decision_noticed", "收到处理决定", "Decision noticed";
        ActKnown = "act_known", "知道行政行为", "Administrative act known";
        OrderApplied = "order_applied", "申请人身安全保护令", "Protection order applied for";
        OrderMade = "order_made", "作出保护令", "Protection order made";
        PetitionReceived = "petition_received", "收到信访事项", "Petition received";
        PetitionAccepted = "petition_accepted", "受理信访事项", "Petition accepted";
        PetitionForwarded = "petition_forwarded", "转送信访事项", "Petition forwarded";
        PetitionObjected = "petition_objected", "提出异议", "Objection made";
        PetitionAnswered = "petition_answered", "书面答复", "Petition answered";
        ReviewAsked = "review_asked", "申请复查复核", "Review asked";
        TransferSubmitted = "transfer_submitted", "上报或交办发出", "Transfer sent";
        TransferAnswered = "transfer_answered", "签收或退回", "Transfer answered";
        TransferContested = "transfer_contested", "提出受理争议", "Transfer contested";
        UnitDesignated = "unit_designated", "指定办理单位", "Unit designated";
        CountyAccepted = "county_accepted", "县级接收", "Taken on by the county";
        WhistleSent = "whistle_sent", "吹哨", "Whistle sent";
        WhistleAnswered = "whistle_answered", "报到", "Whistle answered";
        Resolved = "resolved", "化解", "Resolved";
        FeedbackGiven = "feedback_given", "反馈", "Feedback given";
        Evaluated = "evaluated", "评价", "Evaluated";
        RiskFound = "risk_found", "发现风险", "Risk found";
        SuspicionRaised = "suspicion_raised", "发现疑似侵害", "Suspicion raised";
        Reported = "reported", "已报告", "Reported";
        DueDateSet = "due_date_set", "确定履行期限", "Due date set";
        Created = "created", "生成", "Created";
        Deleted = "deleted", "销毁", "Deleted";
        Suspended = "suspended", "中止", "Suspended";
        Superseded = "superseded", "由新期限取代", "Superseded";
        Reopened = "reopened", "重新启动", "Reopened";
        Merged = "merged", "并案", "Merged";
        Dropped = "dropped", "作罢", "Dropped";
        Lapsed = "lapsed", "届满", "Lapsed";
        FollowedUp = "followed_up", "已回访", "Followed up";
    }
    /// Whom a light is told to.
    Told in "clock_told" {
        Team = "team", "承办人", "The team";
        Holder = "holder", "责任单位", "The holder";
        DeskHead = "desk_head", "工作站负责人", "Head of the desk";
        Supervisor = "supervisor", "县级督办", "County supervisor";
        CaseOwner = "case_owner", "包案领导", "Leader in charge";
        PoliticalLegal = "political_legal", "县委政法委", "County political-legal committee";
        Archivist = "archivist", "档案员", "Archivist";
        Parties = "parties", "当事人", "The parties";
        Dpo = "dpo", "个人信息保护负责人", "Data protection officer";
    }
    /// By whose will a clock is extended.
    ExtendBy in "extend_by" {
        Parties = "parties", "当事人同意", "Consent of the parties";
        Officer = "officer", "负责人批准", "Approval of the officer";
    }
    /// The light of a running clock; a different thing from the risk level.
    Light in "light" {
        Green = "green", "绿灯", "Green";
        Yellow = "yellow", "黄灯", "Yellow";
        Red = "red", "红灯", "Red";
        Grey = "grey", "灰灯（暂停）", "Grey (paused)";
    }
    /// Where a clock stands.
    ClockState in "clock_state" {
        Running = "running", "计时中", "Running";
        Paused = "paused", "暂停", "Paused";
        Breached = "breached", "超期", "Breached";
        Satisfied = "satisfied", "已完成", "Satisfied";
        Stopped = "stopped", "已停止", "Stopped";
    }
    /// Why a day was skipped.
    SkipReason in "skip_reason" {
        Weekend = "weekend", "周休息日", "Weekend";
        Holiday = "holiday", "法定节假日", "Public holiday";
        Paused = "paused", "暂停期间", "Paused";
    }
}

impl Unit {
    /// Whole days are counted, each to its end.
    pub fn by_day(self) -> bool {
        matches!(
            self,
            Self::Days | Self::WorkingDays | Self::Months | Self::Years
        )
    }
}
