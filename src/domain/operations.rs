//! The acts of the routes under a case, as data: what right each needs, which act of the state
//! machine it is, and what of the case it is done to.

use super::codes::codes;
use super::machine::Act;
use super::policy::Action;

codes! {
    /// An act on a case as a route offers it; the code is its `operationId`.
    Operation in "operation" {
        EditCase = "edit_case", "修改", "Edit";
        ScreenCase = "screen_case", "审查", "Screen";
        RejectCase = "reject_case", "不予受理", "Reject";
        AcceptCase = "accept_case", "受理", "Accept";
        JoinCommittee = "join_committee", "联合调解委员会", "Join another committee";
        GiveLandNotice = "give_land_notice", "告知土地权属处理途径", "Tell of the procedure for land";
        AssessRisk = "assess_risk", "评估风险", "Assess the risk";
        AddIssue = "add_issue", "增加争议焦点", "Add an issue";
        MoveIssue = "move_issue", "处理争议焦点", "Drop, refer or take up an issue";
        MergeCase = "merge_case", "并案", "Merge";
        UnmergeCase = "unmerge_case", "撤销并案", "Undo a merge";
        AddParty = "add_party", "增加当事人", "Add a party";
        EditParty = "edit_party", "修改当事人信息", "Edit a party";
        AskConsent = "ask_consent", "征求意见", "Ask for consent";
        RecordConsent = "record_consent", "登记意愿", "Record consent";
        DemandTermination = "demand_termination", "登记终止要求", "Record a demand to end the mediation";
        GiveRightsNotice = "give_rights_notice", "告知权利义务", "Tell of rights and duties";
        RecordChildView = "record_child_view", "记录未成年人意见", "Record a child's own view";
        WithdrawParty = "withdraw_party", "当事人退出", "Let a party leave";
        SubstituteParty = "substitute_party", "变更当事人", "Let successors step in";
        ElectRepresentative = "elect_representative", "推选代表人", "Elect a representative";
        AuthoriseSettlement = "authorise_settlement", "登记和解授权", "Record a word on settling";
        AcceptMediator = "accept_mediator", "接受调解员", "Accept a mediator";
        AddParticipant = "add_participant", "增加参加人", "Add a participant";
        RecordInviteeConsent = "record_invitee_consent", "登记对参加人的意见", "Record the parties' word on a participant";
        RevokeParticipant = "revoke_participant", "参加人退出", "End a participant's part";
        AppointMediator = "appoint_mediator", "指派", "Appoint";
        DiscloseConflict = "disclose_conflict", "披露利害关系", "Disclose a tie";
        WaiveConflict = "waive_conflict", "同意不回避", "Waive a conflict";
        ReleaseMediator = "release_mediator", "解除指派", "Let a mediator go";
        ReplaceMediator = "replace_mediator", "更换调解员", "Replace a mediator";
        RequestRecusal = "request_recusal", "申请回避", "Ask a mediator to withdraw";
        PlanSession = "plan_session", "安排会议", "Plan a session";
        NotifySession = "notify_session", "通知会议", "Invite to a session";
        PostponeSession = "postpone_session", "改期", "Move a session";
        CancelSession = "cancel_session", "取消会议", "Cancel a session";
        RecordNoShow = "record_no_show", "登记未到场", "Record that a side did not come";
        ConsentToSession = "consent_to_session", "登记对会议的意见", "Record a party's word on a session";
        OpenSession = "open_session", "开始调解", "Open a session";
        OpenCaucus = "open_caucus", "开始单独谈话", "Open a caucus";
        EndCaucus = "end_caucus", "结束单独谈话", "End a caucus";
        RecordAttendance = "record_attendance", "登记到场", "Record attendance";
        RecordMinutes = "record_minutes", "制作笔录", "Draw up the record";
        SignSessionRecord = "sign_session_record", "笔录签名", "Sign the record";
        RefuseSessionRecord = "refuse_session_record", "登记拒绝签名", "Record a refusal to sign";
        CloseSession = "close_session", "结束会议", "Close a session";
        WriteCaucusNote = "write_caucus_note", "保密笔记", "Write a caucus note";
        WriteNote = "write_note", "工作笔记", "Write a team note";
        DraftAgreement = "draft_agreement", "起草协议", "Draft an agreement";
        EditAgreement = "edit_agreement", "修改协议文本", "Edit the text of an agreement";
        AddObligation = "add_obligation", "增加履行义务", "Add an obligation";
        RemoveObligation = "remove_obligation", "删除履行义务", "Strike an obligation";
        ApproveInGroup = "approve_in_group", "登记村民小组决议", "Record a villager group's resolution";
        StartSigning = "start_signing", "交付签署", "Put to signature";
        SignAgreement = "sign_agreement", "协议签名", "Sign";
        SealAgreement = "seal_agreement", "加盖印章", "Seal";
        VaryAgreement = "vary_agreement", "变更协议", "Vary an agreement";
        RescindAgreement = "rescind_agreement", "解除协议", "Rescind an agreement";
        DropAgreement = "drop_agreement", "放弃签署", "Give an agreement up";
        ApplyConfirmation = "apply_confirmation", "申请司法确认", "Apply for judicial confirmation";
        RecordConfirmationResult = "record_confirmation_result", "登记司法确认结果", "Record the court's answer";
        TakeBreachRoute = "take_breach_route", "处理违约", "Deal with a breach";
        RecordPerformance = "record_performance", "登记一项履行", "Record one performance";
        UrgePerformance = "urge_performance", "督促履行", "Urge performance";
        EstablishDefault = "establish_default", "认定违约", "Establish a default";
        WaiveObligation = "waive_obligation", "免除义务", "Waive an obligation";
        SuspendCase = "suspend_case", "中止", "Suspend";
        ResumeCase = "resume_case", "恢复", "Resume";
        ExtendLimit = "extend_limit", "延期", "Extend";
        TerminateCase = "terminate_case", "终止", "Terminate";
        WithdrawCase = "withdraw_case", "撤回", "Withdraw";
        CloseCase = "close_case", "结案", "Close";
        ReopenCase = "reopen_case", "重新启动", "Reopen";
        GiveFeedback = "give_feedback", "反馈", "Give feedback";
        AddEvaluation = "add_evaluation", "评价", "Evaluate";
        ArchiveCase = "archive_case", "归档", "Archive";
        SetLegalHold = "set_legal_hold", "档案保全", "Set a legal hold";
        ReleaseLegalHold = "release_legal_hold", "解除档案保全", "Release a legal hold";
        ExportDossier = "export_dossier", "导出案卷", "Export the dossier";
        PlanFollowUp = "plan_follow_up", "回访", "Follow up";
        RecordFollowUp = "record_follow_up", "登记回访", "Record a visit";
        WaiveFollowUp = "waive_follow_up", "免予回访", "Waive a visit";
        SendTransfer = "send_transfer", "流转", "Send on";
        AcceptTransfer = "accept_transfer", "签收", "Accept a transfer";
        ReturnTransfer = "return_transfer", "退回", "Return a transfer";
        RedirectTransfer = "redirect_transfer", "转交", "Redirect a transfer";
        ContestTransfer = "contest_transfer", "提出受理争议", "Contest a transfer";
        DesignateUnit = "designate_unit", "裁定受理争议", "Decide whose case it is";
        RecallTransfer = "recall_transfer", "撤回上报", "Recall a transfer";
        CompleteTransfer = "complete_transfer", "报告交办结果", "Report the result";
        OrderTask = "order_task", "下达任务", "Order a task";
        ReportTask = "report_task", "报告任务结果", "Report on a task";
        AcceptTaskResult = "accept_task_result", "认可任务结果", "Accept a result";
        SendBackTask = "send_back_task", "退回任务结果", "Send a result back";
        ReassignTask = "reassign_task", "改派任务", "Pass a task on";
        CancelTask = "cancel_task", "取消任务", "Call a task off";
        ProposeWhistle = "propose_whistle", "提请吹哨", "Propose a whistle";
        SoundWhistle = "sound_whistle", "吹哨", "Sound a whistle";
        RefuseWhistle = "refuse_whistle", "不予吹哨", "Refuse a whistle";
        WithdrawWhistle = "withdraw_whistle", "撤回吹哨", "Take a whistle back";
        RespondToWhistle = "respond_to_whistle", "报到", "Answer a whistle";
        DeclineWhistle = "decline_whistle", "退哨", "Decline a whistle";
        RateWhistleResponse = "rate_whistle_response", "评哨", "Rate an answer";
        JudgeWhistle = "judge_whistle", "评价吹哨质量", "Judge a whistle";
        PlanConference = "plan_conference", "召集联席会议", "Plan a conference";
        RescheduleConference = "reschedule_conference", "联席会议改期", "Move a conference";
        HoldConference = "hold_conference", "登记联席会议", "Record a conference";
        ResolveConference = "resolve_conference", "制作会议纪要", "Draw up the minutes";
        SignConferenceMinutes = "sign_conference_minutes", "会议纪要签名", "Sign the minutes";
        CloseConference = "close_conference", "结束联席会议", "End a conference";
        CancelConference = "cancel_conference", "取消联席会议", "Call a conference off";
        OrderSupervision = "order_supervision", "督办", "Order supervision";
        RecordTalk = "record_talk", "登记约谈", "Record a talk";
        ReleaseSupervision = "release_supervision", "解除督办", "Release an order";
        NameCaseOwner = "name_case_owner", "指定包案领导", "Put a leader in charge";
        SignOffCase = "sign_off_case", "销号", "Sign the case off";
        AcceptPetition = "accept_petition", "受理信访事项", "Accept a petition";
        ReplyPetition = "reply_petition", "答复信访事项", "Answer a petition";
        AskPetitionReview = "ask_petition_review", "登记复查申请", "Record a request for review";
        RaiseFlag = "raise_flag", "标记", "Flag";
        RecordIncident = "record_incident", "登记事件", "Record an incident";
        ReportIncident = "report_incident", "报告事件", "Report an incident";
        CloseIncident = "close_incident", "办结事件", "Close an incident";
        RaiseCrisis = "raise_crisis", "报告心理危机", "Raise a crisis";
        AcknowledgeCrisis = "acknowledge_crisis", "接手心理危机", "Take a crisis on";
        RecordCrisisStep = "record_crisis_step", "登记处置步骤", "Record a step";
        AssessCrisis = "assess_crisis", "评估心理危机", "Assess a crisis";
        HandOverCrisis = "hand_over_crisis", "移交心理危机", "Hand the person over";
        FindCrisisStable = "find_crisis_stable", "认定稳定", "Find the person stable";
        ReviewCrisis = "review_crisis", "提请降级", "Propose a lower tier";
        ConfirmCrisisReview = "confirm_crisis_review", "确认降级", "Confirm a lower tier";
        CloseCrisis = "close_crisis", "办结心理危机", "Close a crisis";
        DeclareAttachment = "declare_attachment", "提交材料", "File evidence";
        StoreAttachmentFile = "store_attachment_file", "上传材料文件", "Upload the file of a document";
    }
    /// What of a case an act is done to.
    Target in "action_target" {
        Case = "case", "办件", "The case";
        Issue = "issue", "争议焦点", "An issue";
        Party = "party", "当事人", "A party";
        Participant = "participant", "参加人", "A participant";
        Assignment = "assignment", "指派", "An assignment";
        Session = "session", "会议", "A session";
        Agreement = "agreement", "协议", "An agreement";
        Obligation = "obligation", "履行义务", "An obligation";
        Attachment = "attachment", "材料", "A document";
        FollowUp = "follow_up", "回访", "A visit";
        Transfer = "transfer", "流转", "A transfer";
        Task = "task", "任务", "A task";
        Whistle = "whistle", "吹哨", "A whistle";
        Conference = "conference", "联席会议", "A conference";
        Supervision = "supervision", "督办", "A supervision order";
        Owner = "case_owner", "包案领导", "A leader in charge";
        Incident = "incident", "事件", "An incident";
        Crisis = "crisis", "心理危机", "A crisis";
    }
}

/// What is known of an act before its input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spec {
    /// Any of these rights will do; which one, the input may decide.
    pub rights: &'static [Action],
    /// The act of the state machine that must be possible, if the state of the case decides.
    pub act: Option<Act>,
    pub target: Target,
    /// The act of the machine has no other route: both are one.
    pub alone: bool,
}

const fn spec(rights: &'static [Action], act: Option<Act>, target: Target, alone: bool) -> Spec {
    Spec {
        rights,
        act,
        target,
        alone,
    }
}

impl Operation {
    /// What is known of it before its input.
    pub fn spec(self) -> Spec {
        use Operation as O;
        use Target as T;
        match self {
            O::EditCase => spec(&[Action::EditCase], Some(Act::Edit), T::Case, true),
            O::ScreenCase => spec(
                &[Action::DecideAcceptance],
                Some(Act::Screen),
                T::Case,
                true,
            ),
            O::RejectCase => spec(
                &[Action::DecideAcceptance],
                Some(Act::Reject),
                T::Case,
                true,
            ),
            O::AcceptCase => spec(
                &[Action::DecideAcceptance],
                Some(Act::Accept),
                T::Case,
                true,
            ),
            O::JoinCommittee => spec(&[Action::Appoint], Some(Act::Appoint), T::Case, false),
            O::GiveLandNotice | O::AddIssue => {
                spec(&[Action::EditCase], Some(Act::Edit), T::Case, false)
            }
            O::AssessRisk | O::RecordIncident => {
                spec(&[Action::Flag], Some(Act::Flag), T::Case, false)
            }
            O::MoveIssue => spec(&[Action::EditCase], Some(Act::Edit), T::Issue, false),
            O::MergeCase => spec(&[Action::Merge], Some(Act::Merge), T::Case, true),
            O::UnmergeCase => spec(&[Action::Merge], Some(Act::Unmerge), T::Case, true),
            O::AddParty => spec(&[Action::ManageParties], Some(Act::AddParty), T::Case, true),
            O::EditParty
            | O::GiveRightsNotice
            | O::RecordChildView
            | O::ElectRepresentative
            | O::AuthoriseSettlement
            | O::AcceptMediator => spec(
                &[Action::ManageParties],
                Some(Act::EditParty),
                T::Party,
                false,
            ),
            O::AskConsent => spec(
                &[Action::ManageParties],
                Some(Act::RequestConsent),
                T::Party,
                true,
            ),
            O::RecordConsent => spec(
                &[Action::ManageParties],
                Some(Act::RecordConsent),
                T::Party,
                true,
            ),
            O::DemandTermination => spec(
                &[Action::ManageParties],
                Some(Act::RecordConsent),
                T::Party,
                false,
            ),
            O::WithdrawParty | O::SubstituteParty => spec(
                &[Action::ManageParties],
                Some(Act::AddParty),
                T::Party,
                false,
            ),
            O::AddParticipant => spec(
                &[Action::ManageParties],
                Some(Act::EditParty),
                T::Case,
                false,
            ),
            O::RecordInviteeConsent | O::RevokeParticipant => spec(
                &[Action::ManageParties],
                Some(Act::EditParty),
                T::Participant,
                false,
            ),
            O::AppointMediator => spec(&[Action::Appoint], Some(Act::Appoint), T::Case, true),
            O::DiscloseConflict | O::WaiveConflict | O::RequestRecusal => spec(
                &[Action::RecordRecusal],
                Some(Act::Appoint),
                T::Assignment,
                false,
            ),
            O::ReleaseMediator | O::ReplaceMediator => {
                spec(&[Action::Appoint], Some(Act::Appoint), T::Assignment, false)
            }
            O::PlanSession => spec(
                &[Action::PlanSession],
                Some(Act::PlanSession),
                T::Case,
                true,
            ),
            O::NotifySession
            | O::PostponeSession
            | O::CancelSession
            | O::RecordNoShow
            | O::ConsentToSession => spec(
                &[Action::PlanSession],
                Some(Act::PlanSession),
                T::Session,
                false,
            ),
            O::OpenSession => spec(
                &[Action::RunSession],
                Some(Act::OpenSession),
                T::Session,
                true,
            ),
            O::OpenCaucus | O::EndCaucus => spec(
                &[Action::RunSession],
                Some(Act::OpenSession),
                T::Session,
                false,
            ),
            O::RecordAttendance
            | O::RecordMinutes
            | O::SignSessionRecord
            | O::RefuseSessionRecord => spec(&[Action::WriteRecord], None, T::Session, false),
            O::CloseSession => spec(&[Action::RunSession], None, T::Session, false),
            O::WriteCaucusNote => spec(&[Action::WriteCaucus], None, T::Session, false),
            O::WriteNote => spec(&[Action::WriteNote], None, T::Case, false),
            O::DraftAgreement => spec(&[Action::Agree], Some(Act::DraftAgreement), T::Case, true),
            O::EditAgreement | O::AddObligation | O::ApproveInGroup | O::DropAgreement => spec(
                &[Action::Agree],
                Some(Act::EditAgreement),
                T::Agreement,
                false,
            ),
            O::RemoveObligation => spec(
                &[Action::Agree],
                Some(Act::EditAgreement),
                T::Obligation,
                false,
            ),
            O::StartSigning | O::SignAgreement | O::SealAgreement => spec(
                &[Action::Agree],
                Some(Act::SignAgreement),
                T::Agreement,
                false,
            ),
            O::VaryAgreement => spec(
                &[Action::Agree],
                Some(Act::VaryAgreement),
                T::Agreement,
                true,
            ),
            O::RescindAgreement => spec(
                &[Action::Agree],
                Some(Act::RescindAgreement),
                T::Agreement,
                true,
            ),
            O::ApplyConfirmation | O::RecordConfirmationResult => {
                spec(&[Action::Agree], Some(Act::Confirm), T::Agreement, false)
            }
            O::TakeBreachRoute => spec(
                &[Action::RecordPerformance],
                Some(Act::TakeBreachRoute),
                T::Agreement,
                true,
            ),
            O::RecordPerformance
            | O::UrgePerformance
            | O::EstablishDefault
            | O::WaiveObligation => spec(
                &[Action::RecordPerformance],
                Some(Act::RecordPerformance),
                T::Obligation,
                false,
            ),
            O::SuspendCase => spec(&[Action::Course], Some(Act::Suspend), T::Case, true),
            O::ResumeCase => spec(&[Action::Course], Some(Act::Resume), T::Case, true),
            O::ExtendLimit => spec(&[Action::Course], Some(Act::Extend), T::Case, true),
            O::TerminateCase => spec(&[Action::Course], Some(Act::Terminate), T::Case, true),
            O::WithdrawCase => spec(&[Action::Course], Some(Act::Withdraw), T::Case, true),
            O::CloseCase => spec(&[Action::Close], Some(Act::Close), T::Case, true),
            O::ReopenCase => spec(&[Action::Close], Some(Act::Reopen), T::Case, true),
            O::GiveFeedback => spec(&[Action::Feedback], Some(Act::GiveFeedback), T::Case, true),
            O::AddEvaluation => spec(&[Action::Evaluate], Some(Act::Evaluate), T::Case, true),
            O::ArchiveCase => spec(&[Action::Archive], Some(Act::Archive), T::Case, true),
            O::SetLegalHold | O::ReleaseLegalHold => {
                spec(&[Action::HoldDossier], None, T::Case, false)
            }
            O::ExportDossier => spec(&[Action::ExportDossier], None, T::Case, false),
            O::PlanFollowUp => spec(&[Action::FollowUp], Some(Act::FollowUp), T::Case, true),
            O::RecordFollowUp => spec(&[Action::FollowUp], Some(Act::FollowUp), T::FollowUp, false),
            O::WaiveFollowUp => spec(
                &[Action::WaiveFollowUp],
                Some(Act::FollowUp),
                T::FollowUp,
                false,
            ),
            O::SendTransfer => spec(&[Action::Escalate, Action::Dispatch], None, T::Case, true),
            O::AcceptTransfer
            | O::ReturnTransfer
            | O::RedirectTransfer
            | O::ContestTransfer
            | O::CompleteTransfer => spec(&[Action::DecideTransfer], None, T::Transfer, false),
            O::DesignateUnit => spec(&[Action::Designate], None, T::Transfer, false),
            O::RecallTransfer => spec(&[Action::Escalate], None, T::Transfer, false),
            O::OrderTask => spec(&[Action::OrderTask], None, T::Case, false),
            O::ReportTask => spec(&[Action::AnswerTask], None, T::Task, false),
            O::AcceptTaskResult | O::SendBackTask | O::ReassignTask | O::CancelTask => {
                spec(&[Action::OrderTask], None, T::Task, false)
            }
            O::ProposeWhistle => spec(&[Action::ProposeWhistle], None, T::Case, false),
            O::SoundWhistle | O::RefuseWhistle | O::WithdrawWhistle | O::RateWhistleResponse => {
                spec(&[Action::SoundWhistle], None, T::Whistle, false)
            }
            O::RespondToWhistle | O::DeclineWhistle => {
                spec(&[Action::AnswerTask], None, T::Whistle, false)
            }
            O::JudgeWhistle => spec(&[Action::JudgeWhistle], None, T::Whistle, false),
            O::PlanConference => spec(&[Action::Confer], None, T::Case, false),
            O::RescheduleConference
            | O::HoldConference
            | O::ResolveConference
            | O::SignConferenceMinutes
            | O::CloseConference
            | O::CancelConference => spec(&[Action::Confer], None, T::Conference, false),
            O::OrderSupervision => spec(&[Action::Supervise], None, T::Case, false),
            O::RecordTalk | O::ReleaseSupervision => {
                spec(&[Action::Supervise], None, T::Supervision, false)
            }
            O::NameCaseOwner => spec(&[Action::NameOwner], None, T::Case, false),
            O::SignOffCase => spec(&[Action::SignOff], None, T::Owner, false),
            O::AcceptPetition | O::ReplyPetition | O::AskPetitionReview => {
                spec(&[Action::AnswerPetition], None, T::Case, false)
            }
            O::RaiseFlag => spec(&[Action::Flag], Some(Act::Flag), T::Case, true),
            O::ReportIncident | O::CloseIncident => {
                spec(&[Action::Flag], Some(Act::Report), T::Incident, false)
            }
            O::RaiseCrisis => spec(&[Action::Flag], Some(Act::Report), T::Case, false),
            O::AcknowledgeCrisis => spec(&[Action::AnswerCrisis], None, T::Crisis, false),
            O::RecordCrisisStep => spec(
                &[Action::Flag, Action::HandleCrisis],
                None,
                T::Crisis,
                false,
            ),
            O::AssessCrisis
            | O::HandOverCrisis
            | O::FindCrisisStable
            | O::ReviewCrisis
            | O::ConfirmCrisisReview
            | O::CloseCrisis => spec(&[Action::HandleCrisis], None, T::Crisis, false),
            O::DeclareAttachment => spec(
                &[Action::AddEvidence],
                Some(Act::AddEvidence),
                T::Case,
                true,
            ),
            O::StoreAttachmentFile => spec(
                &[Action::AddEvidence],
                Some(Act::AddEvidence),
                T::Attachment,
                false,
            ),
        }
    }

    /// The operation that is all there is to an act of the machine.
    pub fn of(act: Act) -> Option<Self> {
        use super::codes::Code;
        match act {
            Act::Escalate | Act::AssignDown | Act::Forward | Act::ReferOut => {
                Some(Self::SendTransfer)
            }
            _ => Self::ALL
                .iter()
                .copied()
                .find(|o| o.spec().alone && o.spec().act == Some(act)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::codes::Code;
    use crate::domain::rules::available::right_of;

    #[test]
    fn an_operation_that_is_an_act_needs_its_right() {
        for act in Act::ALL {
            let Some(operation) = Operation::of(*act) else {
                continue;
            };
            let rights = operation.spec().rights;
            assert!(rights.contains(&right_of(*act)), "{act} {operation}");
        }
    }
}
