//! The state machine of a case (section 11.3.1) as data.

use super::case::CaseState::{self, *};
use super::codes::codes;

codes! {
    /// An act on a case that the state machine knows.
    Act in "act" {
        Edit = "edit", "修改", "Edit";
        Screen = "screen", "审查", "Screen";
        Reject = "reject", "不予受理", "Reject";
        RequestConsent = "request_consent", "征求意见", "Ask for consent";
        RecordConsent = "record_consent", "登记意愿", "Record consent";
        Accept = "accept", "受理", "Accept";
        Appoint = "appoint", "指派", "Appoint";
        PlanSession = "plan_session", "安排会议", "Plan a session";
        OpenSession = "open_session", "开始调解", "Open a session";
        DraftAgreement = "draft_agreement", "起草协议", "Draft an agreement";
        SignAgreement = "sign_agreement", "签署协议", "Sign an agreement";
        EditAgreement = "edit_agreement", "修改协议草稿", "Edit a draft agreement";
        VaryAgreement = "vary_agreement", "变更协议", "Vary an agreement";
        RescindAgreement = "rescind_agreement", "解除协议", "Rescind an agreement";
        Confirm = "confirm", "司法确认", "Judicial confirmation";
        RecordPerformance = "record_performance", "登记履行", "Record performance";
        TakeBreachRoute = "take_breach_route", "处理违约", "Deal with a breach";
        Suspend = "suspend", "中止", "Suspend";
        Resume = "resume", "恢复", "Resume";
        Extend = "extend", "延期", "Extend";
        Terminate = "terminate", "终止", "Terminate";
        Withdraw = "withdraw", "撤回", "Withdraw";
        Close = "close", "结案", "Close";
        Reopen = "reopen", "重新启动", "Reopen";
        Archive = "archive", "归档", "Archive";
        Merge = "merge", "并案", "Merge";
        Unmerge = "unmerge", "撤销并案", "Undo a merge";
        Escalate = "escalate", "上报", "Escalate";
        AssignDown = "assign_down", "交办", "Assign down";
        Forward = "forward", "转办", "Forward";
        ReferOut = "refer_out", "引导移送", "Refer out";
        Flag = "flag", "标记", "Flag";
        Report = "report", "报告事件", "Report an incident";
        GiveFeedback = "give_feedback", "反馈", "Give feedback";
        Evaluate = "evaluate", "评价", "Evaluate";
        AddParty = "add_party", "增加当事人", "Add a party";
        EditParty = "edit_party", "更新当事人与参加人", "Update parties and participants";
        AddEvidence = "add_evidence", "提交材料", "File evidence";
        FollowUp = "follow_up", "回访", "Follow up";
    }
}

const BEFORE_ACCEPTANCE: &[CaseState] = &[Registered, Screening, ConsentPending];
const MEDIATING: &[CaseState] = &[Accepted, Assigned, InMediation];
const LIVE: &[CaseState] = &[
    Registered,
    Screening,
    ConsentPending,
    Accepted,
    Assigned,
    InMediation,
    Suspended,
    Agreed,
    Performing,
    Breached,
    Fulfilled,
    Terminated,
    Rejected,
];
const AFTER_AGREEMENT: &[CaseState] = &[Agreed, Performing, Breached, Fulfilled];
const CLOSED: &[CaseState] = &[
    ClosedSuccess,
    ClosedFailed,
    ClosedNotAccepted,
    ClosedToCourt,
];

/// In which states an act may be tried. Where the act moves the state, [`next`] says where to.
pub fn allowed_in(act: Act) -> Vec<CaseState> {
    let groups: &[&[CaseState]] = match act {
        Act::Edit | Act::AddParty => &[BEFORE_ACCEPTANCE, MEDIATING, &[Suspended]],
        Act::EditParty => &[LIVE],
        Act::Screen => &[BEFORE_ACCEPTANCE],
        Act::Reject => &[&[Registered, Screening, ConsentPending]],
        Act::RequestConsent => &[&[Registered, Screening, ConsentPending]],
        Act::RecordConsent => &[BEFORE_ACCEPTANCE, MEDIATING, &[Suspended]],
        Act::Accept => &[&[Screening, ConsentPending]],
        Act::Appoint => &[MEDIATING, &[Suspended], AFTER_AGREEMENT],
        Act::PlanSession => &[&[Assigned, InMediation]],
        Act::OpenSession => &[&[Assigned, InMediation]],
        Act::DraftAgreement => &[&[InMediation]],
        Act::SignAgreement | Act::EditAgreement | Act::VaryAgreement | Act::RescindAgreement => {
            &[&[InMediation, Agreed, Performing, Breached]]
        }
        Act::Confirm => &[
            AFTER_AGREEMENT,
            &[InMediation, Terminated, Archived],
            CLOSED,
        ],
        Act::RecordPerformance => &[
            AFTER_AGREEMENT,
            &[
                InMediation,
                Terminated,
                ClosedSuccess,
                ClosedToCourt,
                Archived,
            ],
        ],
        Act::TakeBreachRoute => &[&[Breached, InMediation, Terminated]],
        Act::Suspend => &[&[Assigned, InMediation]],
        Act::Resume => &[&[Suspended]],
        Act::Extend => &[MEDIATING, &[Suspended]],
        Act::Terminate => &[&[ConsentPending, Accepted, Assigned, InMediation, Suspended]],
        Act::Withdraw => &[BEFORE_ACCEPTANCE, MEDIATING, &[Suspended]],
        // Before acceptance only a petition that was answered.
        Act::Close => &[
            BEFORE_ACCEPTANCE,
            &[
                Terminated, Rejected, Agreed, Performing, Fulfilled, Breached,
            ],
        ],
        Act::Reopen => &[CLOSED, &[Archived]],
        Act::Archive => &[CLOSED],
        Act::Merge => &[BEFORE_ACCEPTANCE, MEDIATING],
        Act::Unmerge => &[&[Merged]],
        Act::Escalate | Act::AssignDown | Act::Forward => &[
            BEFORE_ACCEPTANCE,
            MEDIATING,
            &[Suspended, Agreed, Performing, Breached],
        ],
        // What an agreement could not settle goes elsewhere too: a court does not confirm ownership
        // (SC-12).
        Act::ReferOut => &[
            &[Terminated, Rejected, Suspended, InMediation],
            AFTER_AGREEMENT,
            CLOSED,
        ],
        Act::Flag => &[LIVE],
        // Thirty quiet days may outlast the case (SC-29).
        Act::Report => &[LIVE, CLOSED],
        Act::GiveFeedback => &[AFTER_AGREEMENT, &[Terminated, Rejected], CLOSED],
        Act::Evaluate => &[AFTER_AGREEMENT, &[Terminated, Rejected], CLOSED],
        // An archived case takes follow-up papers and vouchers only.
        Act::AddEvidence => &[LIVE, CLOSED, &[Archived]],
        // What became of it is asked for after the end as well.
        Act::FollowUp => &[
            &[InMediation, Suspended, Terminated, Archived],
            AFTER_AGREEMENT,
            CLOSED,
        ],
    };
    groups.concat()
}

/// The moves: from, act, to. Acts that may keep the state are listed with every end they may reach.
pub const TRANSITIONS: &[(CaseState, Act, CaseState)] = &[
    (Registered, Act::Screen, Screening),
    (Screening, Act::Screen, Screening),
    (ConsentPending, Act::Screen, ConsentPending),
    (Registered, Act::Reject, Rejected),
    (Screening, Act::Reject, Rejected),
    (ConsentPending, Act::Reject, Rejected),
    (Registered, Act::RequestConsent, ConsentPending),
    (Screening, Act::RequestConsent, ConsentPending),
    (ConsentPending, Act::RequestConsent, ConsentPending),
    (Screening, Act::Accept, Accepted),
    (ConsentPending, Act::Accept, Accepted),
    (Accepted, Act::Appoint, Assigned),
    (Assigned, Act::OpenSession, InMediation),
    (InMediation, Act::OpenSession, InMediation),
    (InMediation, Act::SignAgreement, InMediation),
    (InMediation, Act::SignAgreement, Agreed),
    (InMediation, Act::SignAgreement, Performing),
    (InMediation, Act::SignAgreement, Fulfilled),
    (InMediation, Act::SignAgreement, Breached),
    (Agreed, Act::SignAgreement, InMediation),
    (Agreed, Act::SignAgreement, Performing),
    (Agreed, Act::SignAgreement, Fulfilled),
    (Performing, Act::SignAgreement, InMediation),
    (Performing, Act::SignAgreement, Agreed),
    (Performing, Act::SignAgreement, Fulfilled),
    (Breached, Act::SignAgreement, InMediation),
    (Breached, Act::SignAgreement, Agreed),
    (Breached, Act::SignAgreement, Performing),
    (Breached, Act::SignAgreement, Fulfilled),
    (Agreed, Act::RescindAgreement, InMediation),
    (Performing, Act::RescindAgreement, InMediation),
    (Breached, Act::RescindAgreement, InMediation),
    (InMediation, Act::DraftAgreement, Agreed),
    (InMediation, Act::DraftAgreement, Performing),
    (InMediation, Act::DraftAgreement, Fulfilled),
    (Agreed, Act::RecordPerformance, Performing),
    (Agreed, Act::RecordPerformance, Fulfilled),
    (Performing, Act::RecordPerformance, Performing),
    (Performing, Act::RecordPerformance, Fulfilled),
    (Performing, Act::RecordPerformance, Breached),
    (Breached, Act::RecordPerformance, Performing),
    (Breached, Act::RecordPerformance, Fulfilled),
    (Breached, Act::TakeBreachRoute, InMediation),
    (Breached, Act::TakeBreachRoute, ClosedToCourt),
    (Terminated, Act::TakeBreachRoute, ClosedToCourt),
    (Assigned, Act::Suspend, Suspended),
    (InMediation, Act::Suspend, Suspended),
    (Suspended, Act::Resume, InMediation),
    (Suspended, Act::Resume, Assigned),
    (ConsentPending, Act::Terminate, Terminated),
    (Accepted, Act::Terminate, Terminated),
    (Assigned, Act::Terminate, Terminated),
    (InMediation, Act::Terminate, Terminated),
    (Suspended, Act::Terminate, Terminated),
    (Registered, Act::Withdraw, Terminated),
    (Screening, Act::Withdraw, Terminated),
    (ConsentPending, Act::Withdraw, Terminated),
    (Accepted, Act::Withdraw, Terminated),
    (Assigned, Act::Withdraw, Terminated),
    (InMediation, Act::Withdraw, Terminated),
    (Suspended, Act::Withdraw, Terminated),
    (Fulfilled, Act::Close, ClosedSuccess),
    (Agreed, Act::Close, ClosedSuccess),
    (Performing, Act::Close, ClosedSuccess),
    (Breached, Act::Close, ClosedToCourt),
    (Breached, Act::Close, ClosedFailed),
    (Terminated, Act::Close, ClosedToCourt),
    (Terminated, Act::Close, ClosedFailed),
    (Terminated, Act::Close, ClosedSuccess),
    (Rejected, Act::Close, ClosedNotAccepted),
    (Registered, Act::Close, ClosedNotAccepted),
    (Screening, Act::Close, ClosedNotAccepted),
    (ConsentPending, Act::Close, ClosedNotAccepted),
    (ClosedSuccess, Act::Archive, Archived),
    (ClosedFailed, Act::Archive, Archived),
    (ClosedNotAccepted, Act::Archive, Archived),
    (ClosedToCourt, Act::Archive, Archived),
    (ClosedSuccess, Act::Reopen, InMediation),
    (ClosedFailed, Act::Reopen, InMediation),
    (ClosedToCourt, Act::Reopen, InMediation),
    (ClosedNotAccepted, Act::Reopen, Screening),
    (ClosedFailed, Act::Reopen, Screening),
    (ClosedFailed, Act::Reopen, Accepted),
    (Archived, Act::Reopen, Screening),
    (Archived, Act::Reopen, Accepted),
    (Archived, Act::Reopen, InMediation),
    (Registered, Act::Merge, Merged),
    (Screening, Act::Merge, Merged),
    (ConsentPending, Act::Merge, Merged),
    (Accepted, Act::Merge, Merged),
    (Assigned, Act::Merge, Merged),
    (InMediation, Act::Merge, Merged),
];

/// Whether the table has this move. A merge is undone to the state it came from.
pub fn may_move(from: CaseState, act: Act, to: CaseState) -> bool {
    act == Act::Unmerge && from == Merged
        || TRANSITIONS
            .iter()
            .any(|(f, a, t)| (*f, *a, *t) == (from, act, to))
}

/// Whether the act may be tried in this state at all.
pub fn permits(state: CaseState, act: Act) -> bool {
    allowed_in(act).contains(&state)
}
