//! All the audit trail can say: one typed variant per fact, ids and codes only.
//!
//! Variants are never renamed or removed, only added: old events stay readable for ever.
//! The templates beside each variant are the sentences of the timeline, in both languages.

use serde::{Deserialize, Serialize};

use super::agreement::*;
use super::case::*;
use super::codes::{Code, Lang};
use super::county::*;
use super::follow_up::*;
use super::ids::*;
use super::mediator::*;
use super::movement::*;
use super::notice::NoticeKind;
use super::org::{Role, UserState};
use super::party::*;
use super::party_check::PartyCheckVia;
use super::petition::PetitionStage;
use super::record::*;
use super::second_factor::IdentityProof;
use super::session::*;
use super::signals::SignalReview;
use super::task::TaskKind;
use super::time::{Instant, LocalDate};

/// Gives names to ids when a sentence is made.
pub trait Names {
    fn name(&self, id: uuid::Uuid) -> Option<String>;
}

/// A value inside a timeline sentence.
trait Shown {
    fn shown(&self, lang: Lang, names: &dyn Names) -> String;
}

impl<C: Code> Shown for C {
    fn shown(&self, lang: Lang, _: &dyn Names) -> String {
        self.label(lang).to_owned()
    }
}
impl<T> Shown for Id<T> {
    fn shown(&self, _: Lang, names: &dyn Names) -> String {
        names
            .name(self.uuid)
            .unwrap_or_else(|| self.uuid.to_string().chars().take(8).collect())
    }
}
impl Shown for String {
    fn shown(&self, _: Lang, _: &dyn Names) -> String {
        self.clone()
    }
}
impl Shown for i64 {
    fn shown(&self, _: Lang, _: &dyn Names) -> String {
        self.to_string()
    }
}
impl Shown for i32 {
    fn shown(&self, _: Lang, _: &dyn Names) -> String {
        self.to_string()
    }
}
impl Shown for bool {
    fn shown(&self, lang: Lang, _: &dyn Names) -> String {
        let (zh, en) = if *self { ("是", "yes") } else { ("否", "no") };
        lang.pick(zh, en).to_owned()
    }
}
impl Shown for Instant {
    fn shown(&self, _: Lang, _: &dyn Names) -> String {
        self.local_text()
    }
}
impl Shown for LocalDate {
    fn shown(&self, _: Lang, _: &dyn Names) -> String {
        self.to_string()
    }
}
impl<T: Shown> Shown for Option<T> {
    fn shown(&self, lang: Lang, names: &dyn Names) -> String {
        self.as_ref()
            .map_or_else(|| "—".to_owned(), |v| v.shown(lang, names))
    }
}
impl<T: Shown> Shown for Vec<T> {
    fn shown(&self, lang: Lang, names: &dyn Names) -> String {
        let parts: Vec<String> = self.iter().map(|v| v.shown(lang, names)).collect();
        parts.join(lang.pick("、", ", "))
    }
}

macro_rules! events {
    ($($var:ident = $code:literal { $($f:ident : $t:ty),* } $zh:literal, $en:literal;)+) => {
        /// A fact of the audit trail.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type")]
        pub enum Event { $(#[doc = $en] #[serde(rename = $code)] $var { $($f: $t),* }),+ }

        impl Event {
            /// The stable name, also the `action` of the audit header.
            pub fn code(&self) -> &'static str {
                match self { $(Self::$var { .. } => $code),+ }
            }

            /// One sentence for the timeline.
            #[allow(unused_variables)]
            pub fn sentence(&self, lang: Lang, names: &dyn Names) -> String {
                match self { $(Self::$var { $($f),* } => {
                    let text = lang.pick($zh, $en).to_owned();
                    $(let text = text.replace(concat!("{", stringify!($f), "}"), &$f.shown(lang, names));)*
                    text
                }),+ }
            }

            /// Every event name there is.
            pub const CODES: &'static [&'static str] = &[$($code),+];
        }
    };
}

events! {
    // intake and acceptance
    CaseRegistered = "case_registered" { source: Source, channel: Channel, kind: CaseType, origin: OrgId, client_recorded_at: Option<Instant> }
        "登记办件：{kind}，来源{source}，渠道{channel}，登记单位{origin}", "Registered: {kind}, source {source}, channel {channel}, at {origin}";
    ReceiptIssued = "receipt_issued" { sha256: String } "出具受理回执", "Intake receipt issued";
    CaseEdited = "case_edited" { fields: Vec<String> } "修改登记内容：{fields}", "Details edited: {fields}";
    CaseScreened = "case_screened" { civil: bool, special_organ: bool, accepted_elsewhere: bool } "完成受理审查", "Screening done";
    CaseRejected = "case_rejected" { reason: RejectCode, routes: Vec<Route> } "不予受理：{reason}；已告知途径：{routes}", "Not accepted: {reason}; routes told: {routes}";
    ConsentAsked = "consent_asked" { party: PartyId } "征求{party}调解意愿", "Consent asked of {party}";
    ConsentGiven = "consent_given" { party: PartyId, via: DeclaredBy } "{party}同意调解（{via}）", "{party} consented ({via})";
    ConsentRefused = "consent_refused" { party: PartyId, via: DeclaredBy } "{party}拒绝调解（{via}）", "{party} refused mediation ({via})";
    ConsentWithdrawn = "consent_withdrawn" { party: PartyId, via: DeclaredBy } "{party}撤回同意、要求终止（{via}）", "{party} demands termination ({via})";
    CaseAccepted = "case_accepted" { case_no: String, committee: CommitteeId, basis: JurisdictionBasis } "受理，案号{case_no}，{committee}（{basis}）", "Accepted as {case_no} by {committee} ({basis})";
    CommitteeJoined = "committee_joined" { committee: CommitteeId } "{committee}参加共同调解", "{committee} mediates jointly";
    LandNoticeGiven = "land_notice_given" { } "告知：争议解决前不得改变土地利用现状", "Notice: no change of land use until resolved";
    // parties
    PartyAdded = "party_added" { party: PartyId, role: PartyRole, side: i32 } "增加{role}：{party}（第{side}方）", "{role} added: {party} (side {side})";
    PartyEdited = "party_edited" { party: PartyId, fields: Vec<String> } "修改当事人{party}：{fields}", "Party {party} edited: {fields}";
    PartyWithdrawn = "party_withdrawn" { party: PartyId } "{party}退出", "{party} withdrew";
    PartySubstituted = "party_substituted" { party: PartyId, successor: PartyId, died_on: Option<LocalDate> } "{party}由{successor}承继", "{party} substituted by {successor}";
    PartyRevealed = "party_revealed" { party: PartyId, purpose: String } "查看{party}完整信息", "Full data of {party} revealed";
    RightsNoticeGiven = "rights_notice_given" { party: PartyId } "向{party}告知权利义务", "Rights and duties told to {party}";
    ChildViewRecorded = "child_view_recorded" { party: PartyId } "记录未成年人{party}意愿", "View of the child {party} recorded";
    ParticipantAdded = "participant_added" { participant: ParticipantId, kind: ParticipantKind, party: Option<PartyId> } "增加{kind}：{participant}", "{kind} added: {participant}";
    ParticipantConsented = "participant_consented" { participant: ParticipantId, party: PartyId, given: bool } "{party}对受邀人{participant}表示：{given}", "{party} on inviting {participant}: {given}";
    ParticipantRevoked = "participant_revoked" { participant: ParticipantId } "{participant}不再参加", "{participant} no longer takes part";
    RepresentativeElected = "representative_elected" { party: PartyId, elected: bool } "推选代表人{party}：{elected}", "Representative {party}: {elected}";
    SettlementAuthorised = "settlement_authorised" { party: PartyId, auth: SettleAuth } "{party}对和解的授权：{auth}", "{party} on settling: {auth}";
    IssueAdded = "issue_added" { issue: IssueId, no: i32 } "增加争议事项{no}", "Issue {no} added";
    IssueChanged = "issue_changed" { issue: IssueId, state: IssueState } "争议事项状态：{state}", "Issue now {state}";
    // mediators
    MediatorAppointed = "mediator_appointed" { assignment: AssignmentId, user: UserId, role: TeamRole, mode: SelectionMode } "指派{user}为{role}（{mode}）", "{user} appointed {role} ({mode})";
    MediatorAccepted = "mediator_accepted" { assignment: AssignmentId, party: PartyId } "{party}接受调解员", "{party} accepted the mediator";
    ConflictDisclosed = "conflict_disclosed" { assignment: AssignmentId, conflict: ConflictKind } "披露利害关系：{conflict}", "Conflict disclosed: {conflict}";
    ConflictWaived = "conflict_waived" { assignment: AssignmentId, party: PartyId, given: bool } "{party}对披露表示不要求回避：{given}", "{party} waives the conflict: {given}";
    RecusalRequested = "recusal_requested" { assignment: AssignmentId, user: UserId, party: PartyId } "{party}申请{user}回避", "{party} asked {user} to withdraw";
    MediatorReleased = "mediator_released" { assignment: AssignmentId, user: UserId, reason: AssignmentEnd } "{user}不再承办：{reason}", "{user} released: {reason}";
    // sessions
    SessionPlanned = "session_planned" { session: SessionId, no: i32, kind: SessionKind, from: Instant } "安排第{no}次{kind}：{from}", "Session {no} planned: {kind}, {from}";
    SessionNotified = "session_notified" { session: SessionId, no: i32 } "发出第{no}次会议通知", "Session {no}: invitations sent";
    SessionPostponed = "session_postponed" { session: SessionId, no: i32, from: Option<Instant> } "第{no}次会议延期，新时间：{from}", "Session {no} postponed, new time: {from}";
    SessionCancelled = "session_cancelled" { session: SessionId, no: i32 } "取消第{no}次会议", "Session {no} cancelled";
    SessionNoShow = "session_no_show" { session: SessionId, no: i32, side: i32 } "第{no}次会议第{side}方缺席", "Session {no}: side {side} did not appear";
    SessionOpened = "session_opened" { session: SessionId, no: i32 } "第{no}次调解开始", "Session {no} opened";
    SessionConsented = "session_consented" { session: SessionId, party: PartyId, given: bool } "{party}同意参加本次会议：{given}", "{party} on this session: {given}";
    CaucusOpened = "caucus_opened" { session: SessionId } "进入背靠背", "Caucus begun";
    CaucusEnded = "caucus_ended" { session: SessionId } "背靠背结束", "Caucus ended";
    CaucusNoteWritten = "caucus_note_written" { note: NoteId } "记录保密笔记", "Confidential note written";
    NoteWritten = "note_written" { note: NoteId } "记录工作笔记", "Note written";
    AttendanceRecorded = "attendance_recorded" { session: SessionId, present: i64 } "登记到场{present}人", "Attendance: {present} present";
    MinutesRecorded = "minutes_recorded" { session: SessionId } "制作调解笔录", "Record drawn up";
    RecordSigned = "record_signed" { session: SessionId, signed_as: SignedAs, method: SignMethod } "笔录签署：{signed_as}（{method}）", "Record signed by {signed_as} ({method})";
    SessionClosed = "session_closed" { session: SessionId, no: i32, result: SessionResult } "第{no}次调解结束：{result}", "Session {no} closed: {result}";
    // agreements and performance
    AgreementDrafted = "agreement_drafted" { agreement: AgreementId, no: i32, form: AgreementForm } "起草{form}（{no}）", "{form} agreement {no} drafted";
    AgreementEdited = "agreement_edited" { agreement: AgreementId } "修改协议草稿", "Draft agreement edited";
    ContentWarned = "content_warned" { agreement: AgreementId, rule: String, warning: String } "内容提示（{rule}）：{warning}", "Content warning ({rule}): {warning}";
    GroupApproved = "group_approved" { agreement: AgreementId, party: PartyId, households: i64, present: i64, in_favour: i64 } "{party}村民小组会议通过：{households}户，到会{present}户，赞成{in_favour}户", "Meeting of {party} approved: {households} households, {present} present, {in_favour} in favour";
    SigningStarted = "signing_started" { agreement: AgreementId, number: String } "协议{number}进入签署", "Agreement {number} put to signature";
    AgreementSigned = "agreement_signed" { agreement: AgreementId, signed_as: SignedAs, party: Option<PartyId>, method: SignMethod } "协议签署：{party} {signed_as}（{method}）", "Agreement signed: {party} {signed_as} ({method})";
    AgreementEffective = "agreement_effective" { agreement: AgreementId, effective_on: LocalDate } "协议自{effective_on}生效", "Agreement in effect from {effective_on}";
    OralAgreementRecorded = "oral_agreement_recorded" { agreement: AgreementId, effective_on: LocalDate } "记录口头协议，{effective_on}生效", "Oral agreement recorded, in effect from {effective_on}";
    AgreementVaried = "agreement_varied" { agreement: AgreementId, successor: AgreementId } "协议变更", "Agreement varied";
    AgreementDropped = "agreement_dropped" { agreement: AgreementId } "协议未签署作罢", "Agreement dropped unsigned";
    AgreementRescinded = "agreement_rescinded" { agreement: AgreementId } "协议解除", "Agreement rescinded";
    ObligationAdded = "obligation_added" { obligation: ObligationId, kind: ObligationKind, due_on: LocalDate } "增加义务：{kind}，{due_on}前", "Obligation added: {kind}, due {due_on}";
    ObligationRemoved = "obligation_removed" { obligation: ObligationId } "删除草拟义务", "Draft obligation removed";
    PerformanceRecorded = "performance_recorded" { obligation: ObligationId, state: ObligationState, amount_fen: Option<i64> } "登记履行：{state}", "Performance recorded: {state}";
    ObligationOverdue = "obligation_overdue" { obligation: ObligationId } "义务逾期", "Obligation overdue";
    PerformanceUrged = "performance_urged" { obligation: ObligationId, times: i32 } "第{times}次督促履行", "Performance urged ({times})";
    ObligationDefaulted = "obligation_defaulted" { obligation: ObligationId } "认定不履行", "Default established";
    ObligationWaived = "obligation_waived" { obligation: ObligationId } "债权人放弃", "Waived by the creditor";
    BreachRouteTaken = "breach_route_taken" { agreement: AgreementId, route: BreachRoute } "违约后途径：{route}", "Way on after the breach: {route}";
    ConfirmationApplied = "confirmation_applied" { agreement: AgreementId, window_ends_on: LocalDate } "共同申请司法确认（期限至{window_ends_on}）", "Judicial confirmation applied for (window ends {window_ends_on})";
    ConfirmationDecided = "confirmation_decided" { agreement: AgreementId, state: ConfirmationState } "司法确认：{state}", "Judicial confirmation: {state}";
    // course of the case
    MediationBegan = "mediation_began" { } "进入调解", "Mediation began";
    CaseSuspended = "case_suspended" { reason: SuspendReason } "中止：{reason}", "Suspended: {reason}";
    CaseResumed = "case_resumed" { } "恢复", "Resumed";
    LimitExtended = "limit_extended" { until: LocalDate } "经双方同意延期至{until}", "Extended by consent to {until}";
    RiskChanged = "risk_changed" { risk: Risk } "风险等级：{risk}", "Risk now {risk}";
    DifficultyChanged = "difficulty_changed" { difficulty: Difficulty } "难度：{difficulty}", "Difficulty now {difficulty}";
    FlagRaised = "flag_raised" { kind: IncidentKind } "标记：{kind}", "Flag raised: {kind}";
    FlagCleared = "flag_cleared" { kind: IncidentKind } "核查后撤销标记：{kind}", "Flag cleared after review: {kind}";
    IncidentRecorded = "incident_recorded" { incident: IncidentId, kind: IncidentKind, reported_to: Vec<ReportTarget> } "报告{kind}：{reported_to}", "{kind} reported to {reported_to}";
    IncidentClosed = "incident_closed" { incident: IncidentId } "事件销号", "Incident closed";
    SupportRecorded = "support_recorded" { crisis: CrisisId, entries: Vec<String> } "心理支持记录已更新", "The record of psychological support was updated";
    CaseAgreed = "case_agreed" { } "全部事项达成协议", "All issues agreed";
    CasePerforming = "case_performing" { } "进入履行", "Performance began";
    CaseBreached = "case_breached" { } "出现违约", "In breach";
    CaseFulfilled = "case_fulfilled" { } "全部履行完毕", "All performed";
    CaseTerminated = "case_terminated" { reason: TerminationReason, routes: Vec<Route> } "终止调解：{reason}；已告知途径：{routes}", "Terminated: {reason}; routes told: {routes}";
    CaseClosed = "case_closed" { state: CaseState, outcome: Outcome } "{state}：{outcome}", "{state}: {outcome}";
    CaseReopened = "case_reopened" { round: i64 } "重新启动（第{round}轮）", "Reopened (round {round})";
    DossierBound = "dossier_bound" { edition: i32, pages: i64, sha256: String } "立卷（第{edition}版），共{pages}页", "Dossier bound (edition {edition}), {pages} pages";
    DossierExported = "dossier_exported" { entries: i64, pages: i64, left_out: i64, sha256: String, purpose: String } "导出案卷（{purpose}）：{entries}件、{pages}页，依法未纳入{left_out}项", "Dossier exported ({purpose}): {entries} papers, {pages} pages, {left_out} items left out";
    LegalHoldSet = "legal_hold_set" { } "设置档案保全，不得销毁", "Legal hold set: nothing may be destroyed";
    LegalHoldReleased = "legal_hold_released" { } "解除档案保全", "Legal hold released";
    CaseArchived = "case_archived" { retention: Retention } "归档，保管期限{retention}", "Archived, kept {retention}";
    CaseMerged = "case_merged" { into: CaseId } "并入{into}", "Merged into {into}";
    CaseReceivedMerge = "case_received_merge" { from: CaseId } "并入本件：{from}", "Took in {from}";
    CaseUnmerged = "case_unmerged" { from: CaseId } "撤销并案", "Merge undone";
    FeedbackGiven = "feedback_given" { } "向当事人反馈结果", "Result fed back to the parties";
    EvaluationGiven = "evaluation_given" { party: PartyId, satisfaction: Satisfaction } "{party}评价：{satisfaction}", "{party} rated: {satisfaction}";
    // petitions
    PetitionAccepted = "petition_accepted" { unit: OrgId } "{unit}受理信访事项并告知信访人", "{unit} accepted the petition and told the petitioner";
    PetitionReplied = "petition_replied" { stage: PetitionStage, unit: OrgId } "{unit}书面答复信访人（{stage}）", "{unit} replied to the petitioner in writing ({stage})";
    PetitionReviewAsked = "petition_review_asked" { stage: PetitionStage } "信访人请求{stage}", "The petitioner asked for: {stage}";
    // follow-up visits
    FollowUpPlanned = "follow_up_planned" { follow_up: FollowUpId, kind: FollowUpKind, origin: FollowUpOrigin, agreement: Option<AgreementId>, variant: String, from: Instant, due_on: LocalDate } "安排{kind}（{origin}），{due_on}", "{kind} follow-up planned ({origin}) for {due_on}";
    FollowUpFellDue = "follow_up_fell_due" { follow_up: FollowUpId, due_on: LocalDate } "回访到期：{due_on}", "Follow-up due on {due_on}";
    FollowUpTried = "follow_up_tried" { follow_up: FollowUpId, mode: FollowUpMode, tries: i32, due_on: LocalDate } "第{tries}次回访（{mode}）未联系上，{due_on}再访", "Follow-up try {tries} ({mode}) reached nobody; again on {due_on}";
    FollowUpMade = "follow_up_made" { follow_up: FollowUpId, kind: FollowUpKind, mode: FollowUpMode, performance_pct: Option<i32>, satisfaction: Satisfaction, hidden_danger: bool } "{kind}（{mode}）：履行{performance_pct}%，{satisfaction}，有隐患：{hidden_danger}", "{kind} follow-up made ({mode}): {performance_pct}% performed, {satisfaction}, hidden danger: {hidden_danger}";
    FollowUpRefused = "follow_up_refused" { follow_up: FollowUpId, mode: FollowUpMode } "当事人拒绝回访（{mode}）", "Follow-up refused ({mode})";
    FollowUpClosed = "follow_up_closed" { follow_up: FollowUpId, end: FollowUpEnd } "回访关闭：{end}", "Follow-up closed: {end}";
    PartyAsked = "party_asked" { party: PartyId, via: PartyCheckVia } "请{party}核实办理情况（{via}）", "{party} asked to confirm ({via})";
    PartyAnswered = "party_answered" { check: PartyCheckId, took_place: bool, own_agreement: Option<bool> } "当事人答复核实：进行了调解：{took_place}，是本人协议：{own_agreement}", "A party answered: mediation took place: {took_place}, own agreement: {own_agreement}";
    // movement
    TransferSubmitted = "transfer_submitted" { transfer: TransferId, verb: TransferVerb, to: Option<OrgId>, reasons: Vec<EscalateReason> } "{verb}至{to}：{reasons}", "{verb} to {to}: {reasons}";
    TransferAccepted = "transfer_accepted" { transfer: TransferId, by: OrgId } "{by}签收", "Accepted by {by}";
    TransferReturned = "transfer_returned" { transfer: TransferId, by: OrgId, defects: Vec<ReturnDefect> } "{by}退回：{defects}", "Returned by {by}: {defects}";
    TransferRedirected = "transfer_redirected" { transfer: TransferId, to: OrgId } "改派至{to}", "Redirected to {to}";
    TransferContested = "transfer_contested" { transfer: TransferId, by: OrgId, decider: OrgId } "{by}对受理权限提出异议，由{decider}裁定", "{by} contests whose case it is; {decider} decides";
    TransferDesignated = "transfer_designated" { transfer: TransferId, to: OrgId } "指定由{to}办理", "{to} designated to handle it";
    TransferRecalled = "transfer_recalled" { transfer: TransferId } "发件单位撤回", "Recalled by the sender";
    TransferCompleted = "transfer_completed" { transfer: TransferId } "反馈办理结果", "Result reported back";
    CustodyMoved = "custody_moved" { from: OrgId, to: OrgId } "责任单位由{from}变为{to}", "Holder changed from {from} to {to}";
    // supervised tasks
    TaskOpened = "task_opened" { task: TaskId, kind: TaskKind, unit: OrgId, due: Option<Instant> } "{unit}承担任务：{kind}，期限{due}", "Task for {unit}: {kind}, due {due}";
    TaskReported = "task_reported" { task: TaskId, unit: OrgId } "{unit}报告任务结果", "{unit} reported the result of its task";
    TaskDone = "task_done" { task: TaskId, unit: OrgId } "{unit}的任务办结", "Task of {unit} done";
    TaskSentBack = "task_sent_back" { task: TaskId, unit: OrgId, due: Option<Instant> } "任务退回{unit}重办，期限{due}", "Task sent back to {unit}, due {due}";
    TaskReassigned = "task_reassigned" { task: TaskId, from: OrgId, to: OrgId, successor: TaskId } "任务由{from}改派{to}", "Task passed from {from} to {to}";
    TaskCancelled = "task_cancelled" { task: TaskId, unit: OrgId } "撤销{unit}的任务", "Task of {unit} cancelled";
    // the county's orders
    WhistleProposed = "whistle_proposed" { whistle: WhistleId, units: Vec<OrgId> } "提请吹哨：{units}", "Whistle proposed: {units}";
    WhistleSounded = "whistle_sounded" { whistle: WhistleId, by: UserId } "{by}审核吹哨，部门报到", "Whistle sounded by {by}";
    WhistleRefused = "whistle_refused" { whistle: WhistleId } "吹哨审核未通过", "Whistle refused by the chief";
    WhistleWithdrawn = "whistle_withdrawn" { whistle: WhistleId } "撤回吹哨", "Whistle withdrawn";
    WhistleAnswered = "whistle_answered" { whistle: WhistleId, unit: OrgId, mode: ResponseMode, late: bool } "{unit}报到（{mode}），迟到：{late}", "{unit} answered ({mode}), late: {late}";
    WhistleDeclined = "whistle_declined" { whistle: WhistleId, unit: OrgId } "{unit}称不属本部门职责", "{unit} says it is not competent";
    WhistleRated = "whistle_rated" { whistle: WhistleId, unit: OrgId, rating: ResponseRating } "评哨：{unit}{rating}", "Response of {unit} rated: {rating}";
    WhistleJudged = "whistle_judged" { whistle: WhistleId, accuracy: WhistleAccuracy } "吹哨质量：{accuracy}", "Whistle judged: {accuracy}";
    ConferencePlanned = "conference_planned" { conference: ConferenceId, units: Vec<OrgId>, at: Instant } "安排联席会议（{at}）：{units}", "Joint conference planned ({at}): {units}";
    ConferenceHeld = "conference_held" { conference: ConferenceId, present: Vec<OrgId>, absent: Vec<OrgId> } "召开联席会议，到会{present}，缺席{absent}", "Joint conference held; present {present}; absent {absent}";
    ConferenceResolved = "conference_resolved" { conference: ConferenceId, number: String, items: i64, designates: Option<OrgId> } "联席会议纪要{number}，议定{items}项", "Minutes {number} of the joint conference, {items} items";
    ConferenceSigned = "conference_signed" { conference: ConferenceId, unit: OrgId, refused: bool } "{unit}签署会议纪要，拒签：{refused}", "{unit} signed the minutes, refused: {refused}";
    ConferenceClosed = "conference_closed" { conference: ConferenceId } "联席会议办结", "Joint conference closed";
    ConferenceMoved = "conference_moved" { conference: ConferenceId, at: Instant } "联席会议改期（{at}）", "Joint conference moved ({at})";
    ConferenceCancelled = "conference_cancelled" { conference: ConferenceId } "取消联席会议", "Joint conference called off";
    SupervisionOrdered = "supervision_ordered" { supervision: SupervisionId, unit: OrgId, level: SupervisionLevel, due: Instant } "对{unit}{level}，期限{due}", "{level} of {unit}, due {due}";
    SupervisionTalked = "supervision_talked" { supervision: SupervisionId, unit: OrgId } "约谈{unit}", "Talk with {unit}";
    SupervisionReleased = "supervision_released" { supervision: SupervisionId, unit: OrgId } "解除对{unit}的督办", "Supervision of {unit} released";
    OwnerNamed = "owner_named" { owner: UserId, org: OrgId } "{org}{owner}包案", "{owner} of {org} in charge of the case";
    OwnerEnded = "owner_ended" { owner: UserId, end: OwnerEnd } "{owner}包案结束：{end}", "{owner} in charge no longer: {end}";
    // attachments
    AttachmentAdded = "attachment_added" { attachment: AttachmentId, doc_type: DocType } "提交{doc_type}", "{doc_type} filed";
    AttachmentStored = "attachment_stored" { attachment: AttachmentId, sha256: String, size_bytes: i64 } "上传文件（{size_bytes} 字节）", "File stored ({size_bytes} bytes)";
    // people and access
    UserCreated = "user_created" { user: UserId } "新建用户{user}", "User {user} created";
    UserEdited = "user_edited" { user: UserId, fields: Vec<String> } "修改用户{user}：{fields}", "User {user} edited: {fields}";
    UserStateChanged = "user_state_changed" { user: UserId, state: UserState } "用户{user}：{state}", "User {user} now {state}";
    PasswordChanged = "password_changed" { user: UserId } "{user}修改密码", "{user} changed the password";
    InviteIssued = "invite_issued" { user: UserId } "为{user}签发一次性激活码", "Single-use invite issued for {user}";
    RoleGranted = "role_granted" { user: UserId, role: Role, org: OrgId } "授予{user}{role}（{org}）", "{user} granted {role} at {org}";
    RoleRevoked = "role_revoked" { user: UserId, role: Role, org: OrgId } "收回{user}{role}（{org}）", "{user} lost {role} at {org}";
    SecondFactorEnrolled = "second_factor_enrolled" { user: UserId } "{user}启用二次验证", "{user} set up a second factor";
    SecondFactorRemoved = "second_factor_removed" { user: UserId } "{user}停用二次验证", "{user} removed the second factor";
    SecondFactorReset = "second_factor_reset" { user: UserId, proof: IdentityProof } "重置{user}的二次验证（{proof}）", "Second factor of {user} reset ({proof})";
    SecondFactorAsked = "second_factor_asked" { user: UserId } "{user}密码正确，待二次验证", "{user} gave the password; second factor asked";
    RecoveryCodesRenewed = "recovery_codes_renewed" { user: UserId } "{user}更换恢复码", "{user} renewed the recovery codes";
    RecoveryCodeUsed = "recovery_code_used" { user: UserId, left: i64 } "{user}使用恢复码（剩{left}个）", "{user} used a recovery code ({left} left)";
    LoggedIn = "logged_in" { user: UserId, login: LoginId } "{user}登录", "{user} signed in";
    LoginRefused = "login_refused" { reason: String } "登录失败：{reason}", "Sign-in refused: {reason}";
    LoggedOut = "logged_out" { user: UserId, login: LoginId } "{user}退出", "{user} signed out";
    LoginRevoked = "login_revoked" { user: UserId, login: LoginId, reason: String } "{user}的登录被终止：{reason}", "Sign-in of {user} ended: {reason}";
    OrgChanged = "org_changed" { org: OrgId } "机构{org}变更", "Unit {org} changed";
    CommitteeChanged = "committee_changed" { committee: CommitteeId } "调委会{committee}变更", "Committee {committee} changed";
    MemberChanged = "member_changed" { committee: CommitteeId, user: UserId } "{committee}成员{user}变更", "Member {user} of {committee} changed";
    RelativeDeclared = "relative_declared" { user: UserId } "{user}申报亲属关系", "{user} declared a tie";
    RoomChanged = "room_changed" { room: RoomId } "会议室变更", "Room changed";
    WebhookChanged = "webhook_changed" { webhook: WebhookId } "接口订阅变更", "Webhook changed";
    PreferenceChanged = "preference_changed" { kind: NoticeKind } "通知偏好变更：{kind}", "Preference changed: {kind}";
    InboxRead = "inbox_read" { items: i64 } "阅读通知", "Notices read";
    OutboxRedriven = "outbox_redriven" { messages: i64 } "重新投递{messages}封", "{messages} messages redriven";
    CalendarChanged = "calendar_changed" { days: i64 } "日历变更{days}天", "Calendar changed, {days} days";
    AuditKeyRotated = "audit_key_rotated" { size: i64, key: String } "审计签名密钥轮换：自第{size}条起由{key}签名", "Audit key handed over at {size}: {key}";
    // statistics
    ReturnDrafted = "return_drafted" { report: ReturnId, org: OrgId, from: LocalDate, to: LocalDate, as_of: Instant, revision: i64 } "编制统计表：{org} {from} 至 {to}（数据截至{as_of}）", "Return drawn up for {org}, {from} to {to}, as known at {as_of}";
    ReturnDropped = "return_dropped" { report: ReturnId } "删除统计表草稿", "Draft return deleted";
    SignalReviewed = "signal_reviewed" { signal: SignalId, outcome: SignalReview, score: i32 } "核查真实性疑点：{outcome}（{score}分）", "Signal of a made-up case reviewed: {outcome} (score {score})";
    ReturnSubmitted = "return_submitted" { report: ReturnId, entries: i64, digest: String } "报送统计表（{entries}条，摘要{digest}）", "Return submitted ({entries} entries, digest {digest})";
    VerificationRequested = "verification_requested" { verification: VerificationId } "请求核验审计链", "Verification of the audit trail requested";
    VerificationEnded = "verification_ended" { verification: VerificationId, sound: bool, faults: i64 } "审计链核验完成，完好：{sound}，问题{faults}处", "Audit trail verified, sound: {sound}, faults: {faults}";
    VerificationAborted = "verification_aborted" { verification: VerificationId } "审计链核验中断", "Verification of the audit trail aborted";
    ClockPaused = "clock_paused" { clock: ClockId, policy: String, reason: SuspendReason } "期限{policy}暂停：{reason}", "Clock {policy} paused: {reason}";
    ClockResumed = "clock_resumed" { clock: ClockId, policy: String, due: Option<Instant> } "期限{policy}恢复计时，截止{due}", "Clock {policy} resumed, due {due}";
    ClockExtended = "clock_extended" { clock: ClockId, policy: String, until: LocalDate, consents: Vec<PartyId> } "期限{policy}延长至{until}，同意人：{consents}", "Clock {policy} extended to {until} by {consents}";
    ClockMoved = "clock_moved" { clock: ClockId, policy: String, from: Option<Instant>, to: Option<Instant>, calendar: String } "期限{policy}因日历{calendar}由{from}变为{to}", "Clock {policy} moved from {from} to {to} by calendar {calendar}";
    TransferClimbed = "transfer_climbed" { transfer: TransferId, level: i32, to: OrgId } "逾期未答复，第{level}次提请{to}督促", "Not answered in time, {to} told (climb {level})";
    ConfirmationLapsed = "confirmation_lapsed" { agreement: AgreementId } "申请司法确认期限届满，未申请", "Window for judicial confirmation lapsed";
    EvaluationUnanswered = "evaluation_unanswered" { } "评价期届满，当事人未评价", "No evaluation given in time";
    CommitteeTermEnded = "committee_term_ended" { committee: CommitteeId, on: LocalDate } "{committee}任期于{on}届满", "Term of {committee} ended on {on}";
    ClockBreached = "clock_breached" { clock: ClockId, policy: String, due: Instant } "期限{policy}于{due}届满未办", "Clock {policy} missed, due {due}";
    CalendarCommitted = "calendar_committed" { region: String, version: String, moved: i64 } "日历{region}启用{version}，{moved}个期限随之变动", "Calendar {region} {version} in force, {moved} clocks moved";
    // reading
    Read = "read" { operation: String, objects: Vec<String>, purpose: Option<String>, results: i64 } "读取：{operation}", "Read: {operation}";
    AccessDenied = "access_denied" { operation: String, hidden: bool } "拒绝访问：{operation}", "Access denied: {operation}";
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;
    impl Names for Nobody {
        fn name(&self, _: uuid::Uuid) -> Option<String> {
            None
        }
    }

    #[test]
    fn sentences_fill_every_placeholder() {
        let e = Event::CaseAccepted {
            case_no: "（2026）凤溪人调字第1号".into(),
            committee: Id::new(uuid::Uuid::nil()),
            basis: JurisdictionBasis::PartyPlace,
        };
        assert_eq!(
            e.sentence(Lang::Zh, &Nobody),
            "受理，案号（2026）凤溪人调字第1号，00000000（当事人所在地）"
        );
        let json = serde_json::to_value(&e).unwrap();
        assert_eq!(json["type"], "case_accepted");
        assert_eq!(serde_json::from_value::<Event>(json).unwrap(), e);
    }
}
