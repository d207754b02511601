//! Who is told of what. A notice carries ids and codes only; texts are made when it is sent.

use serde::{Deserialize, Serialize};

use super::codes::codes;
use super::ids::*;
use super::org::Role;
use super::party_check::PartyCheckVia;

codes! {
    /// Kind of notification.
    NoticeKind in "notice_kind" {
        CaseAssigned = "case_assigned", "指派通知", "Case assigned";
        CaseAccepted = "case_accepted", "受理通知", "Case accepted";
        CaseRejected = "case_rejected", "不予受理通知", "Case not accepted";
        ConsentRequested = "consent_requested", "征求调解意愿", "Consent requested";
        SessionInvited = "session_invited", "会议邀请", "Session invitation";
        SessionChanged = "session_changed", "会议变更", "Session changed";
        SessionCancelled = "session_cancelled", "会议取消", "Session cancelled";
        SessionReminder = "session_reminder", "会议提醒", "Session reminder";
        AgreementReady = "agreement_ready", "文书待签", "Paper ready to sign";
        AgreementEffective = "agreement_effective", "文书生效", "Paper in effect";
        ObligationDue = "obligation_due", "履行提醒", "Performance due";
        ObligationOverdue = "obligation_overdue", "逾期提醒", "Performance overdue";
        TransferSubmitted = "transfer_submitted", "有件待签收", "Transfer to receive";
        TransferAccepted = "transfer_accepted", "件已签收", "Transfer accepted";
        TransferReturned = "transfer_returned", "件已退回", "Transfer returned";
        TransferRecalled = "transfer_recalled", "件已撤回", "Transfer recalled";
        TransferRedirected = "transfer_redirected", "件已改派", "Transfer redirected";
        PetitionAccepted = "petition_accepted", "信访受理告知", "Petition accepted";
        PetitionReplied = "petition_replied", "信访答复", "Petition answered";
        TransferContested = "transfer_contested", "受理争议待裁定", "Whose case it is, is to be decided";
        TransferDesignated = "transfer_designated", "已指定办理单位", "Handling unit designated";
        TransferCompleted = "transfer_completed", "办理结果已反馈", "Result reported back";
        TaskOpened = "task_opened", "有新任务", "Task to do";
        TaskReported = "task_reported", "任务已报结果", "Result of a task";
        TaskDecided = "task_decided", "任务已审核", "Word on a task";
        WhistleProposed = "whistle_proposed", "吹哨待审核", "Whistle to review";
        WhistleSounded = "whistle_sounded", "吹哨报到", "Whistle";
        WhistleAnswered = "whistle_answered", "部门已应哨", "Answer to a whistle";
        ConferenceInvited = "conference_invited", "联席会议通知", "Joint conference";
        ConferenceMoved = "conference_moved", "联席会议改期", "Joint conference moved";
        SupervisionOrdered = "supervision_ordered", "督办通知", "Supervision order";
        CaseOwnerNamed = "case_owner_named", "包案通知", "In charge of a case";
        RecusalDecided = "recusal_decided", "回避处理结果", "Recusal decided";
        CaseClosed = "case_closed", "办件办结", "Case closed";
        CaseTerminated = "case_terminated", "办件终止", "Case terminated";
        FollowUpDue = "follow_up_due", "回访到期", "Follow-up due";
        FollowUpDanger = "follow_up_danger", "回访发现隐患", "Hidden danger found on a follow-up";
        PartyCheckAsked = "party_check_asked", "请当事人核实", "Party asked to confirm";
        PartyDenied = "party_denied", "当事人否认", "A party denied";
        RiskRaised = "risk_raised", "风险提示", "Risk raised";
        UrgentCall = "urgent_call", "紧急事项待确认", "Urgent: please acknowledge";
        StepLate = "step_late", "紧急步骤逾期", "Urgent: a step is late";
        AccountInvited = "account_invited", "账号激活", "Account invitation";
        PasswordReset = "password_reset", "重置密码", "Password reset";
        SessionFamilyRevoked = "session_family_revoked", "登录异常", "Sign-in revoked";
        NewDeviceLogin = "new_device_login", "新设备登录", "New device";
        SecondFactorChanged = "second_factor_changed", "二次验证变更", "Second factor changed";
        ClockYellow = "clock_yellow", "期限将至", "Time running out";
        ClockRed = "clock_red", "期限已过", "Time run out";
        LimitMissed = "limit_missed", "调解期限届满待决定", "Mediation limit reached: decide";
        ConfirmationDue = "confirmation_due", "司法确认期限提醒", "Judicial confirmation: time running out";
        ConfirmationLapsed = "confirmation_lapsed", "司法确认期限届满", "Judicial confirmation: time run out";
        TransferClimbed = "transfer_climbed", "上报逾期未答复", "Transfer not answered";
        CommitteeTerm = "committee_term", "调委会任期届满提醒", "Committee's term ends";
        DeliveryDead = "delivery_dead", "投递失败", "Delivery failed";
    }
}

impl NoticeKind {
    /// Told whatever the preferences say: danger, and what protects the account itself.
    pub fn is_always_told(self) -> bool {
        matches!(
            self,
            Self::RiskRaised
                | Self::UrgentCall
                | Self::StepLate
                | Self::FollowUpDanger
                | Self::AccountInvited
                | Self::PasswordReset
                | Self::SessionFamilyRevoked
                | Self::NewDeviceLogin
                | Self::SecondFactorChanged
        )
    }
}

/// What is told: a kind and the things it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    pub session_id: Option<SessionId>,
    pub transfer_id: Option<TransferId>,
    pub agreement_id: Option<AgreementId>,
    /// Danger, or a duty the law measures in hours: told at night, too.
    #[serde(default, skip_serializing_if = "is_false")]
    pub urgent: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check_id: Option<PartyCheckId>,
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Notice {
    pub fn of(kind: NoticeKind) -> Self {
        Self {
            kind,
            session_id: None,
            transfer_id: None,
            agreement_id: None,
            urgent: false,
            check_id: None,
        }
    }

    /// The notice, told at once whatever the hour.
    pub fn at_any_hour(self, urgent: bool) -> Self {
        Self { urgent, ..self }
    }

    /// Whether it waits for the morning when nobody's act but time itself brought it about.
    pub fn keeps_quiet_hours(&self) -> bool {
        !self.urgent && !self.kind.is_always_told()
    }

    pub fn session(kind: NoticeKind, id: SessionId) -> Self {
        Self {
            session_id: Some(id),
            ..Self::of(kind)
        }
    }

    pub fn transfer(kind: NoticeKind, id: TransferId) -> Self {
        Self {
            transfer_id: Some(id),
            ..Self::of(kind)
        }
    }

    pub fn check(kind: NoticeKind, id: PartyCheckId) -> Self {
        Self {
            check_id: Some(id),
            ..Self::of(kind)
        }
    }

    pub fn agreement(kind: NoticeKind, id: AgreementId) -> Self {
        Self {
            agreement_id: Some(id),
            ..Self::of(kind)
        }
    }
}

/// To whom a notice goes; units and teams are resolved to people when it is enqueued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    User(UserId),
    /// Everybody on the mediating team in force.
    Team,
    /// Those who answer for a unit: desk head, dispatcher, liaison, steward.
    Unit(OrgId),
    /// Those who hold a role at a unit, or at the nearest unit above where somebody does.
    Role(Role, OrgId),
    Party(PartyId),
    Participant(ParticipantId),
    /// A party by one way alone; the message bears no number of a case.
    PartyBy(PartyId, PartyCheckVia),
    /// The supervisors of the county who have no part in the case.
    Supervisors,
}
