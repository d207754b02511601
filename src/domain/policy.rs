//! Who may do or see what: decided here and nowhere else.
//!
//! A decision looks at the actor's grants and at the actor's relations to the case. Lists use
//! [`sight`], single objects [`decide`]; a test proves that both agree.

use super::case::CaseState;
use super::codes::codes;
use super::ids::*;
use super::mediator::TeamRole;
use super::org::{OrgKind, Role};

codes! {
    /// What can be done. One per group of routes that share a right.
    Action in "action" {
        ViewCase = "view_case", "查看办件", "View a case";
        ViewCaucus = "view_caucus", "查看保密笔记", "View caucus notes";
        ViewSealed = "view_sealed", "查看封存材料", "View sealed evidence";
        ViewFull = "view_full", "查看未遮蔽姓名", "See names unmasked";
        Reveal = "reveal", "查看完整个人信息", "Reveal personal data";
        EditCase = "edit_case", "修改办件", "Edit a case";
        DecideAcceptance = "decide_acceptance", "受理决定", "Decide acceptance";
        ManageParties = "manage_parties", "管理当事人", "Manage parties";
        Appoint = "appoint", "指派调解员", "Appoint mediators";
        RecordRecusal = "record_recusal", "登记回避", "Record recusals";
        PlanSession = "plan_session", "安排会议", "Plan sessions";
        RunSession = "run_session", "主持调解", "Run sessions";
        WriteRecord = "write_record", "制作笔录", "Write records";
        WriteNote = "write_note", "工作笔记", "Write team notes";
        WriteCaucus = "write_caucus", "保密笔记", "Write caucus notes";
        Agree = "agree", "协议", "Draft and sign agreements";
        RecordPerformance = "record_performance", "登记履行", "Record performance";
        Course = "course", "中止终止", "Suspend, resume, terminate";
        Close = "close", "结案", "Close and reopen";
        Merge = "merge", "并案", "Merge cases";
        Escalate = "escalate", "上报", "Escalate";
        Dispatch = "dispatch", "交办转办", "Dispatch";
        DecideTransfer = "decide_transfer", "签收退回", "Decide on a transfer";
        OrderTask = "order_task", "下达任务", "Order tasks and judge their results";
        AnswerTask = "answer_task", "办理任务", "Report on a task of one's unit";
        AnswerPetition = "answer_petition", "信访受理答复", "Accept and answer petitions";
        Designate = "designate", "裁定受理争议", "Decide whose case it is";
        ProposeWhistle = "propose_whistle", "提请吹哨", "Propose a whistle";
        SoundWhistle = "sound_whistle", "吹哨", "Sound and rate a whistle";
        JudgeWhistle = "judge_whistle", "评价吹哨质量", "Judge whether a whistle was accurate";
        Confer = "confer", "联席会议", "Convene a joint conference";
        Supervise = "supervise", "督办", "Make and release supervision orders";
        NameOwner = "name_owner", "指定包案领导", "Put a leader in charge";
        SignOff = "sign_off", "销号", "Sign off as the leader in charge";
        AddEvidence = "add_evidence", "提交材料", "File evidence";
        Flag = "flag", "标记报告", "Flag and report";
        ViewSupport = "view_support", "查看心理支持标志", "See whether there is psychological support";
        AnswerCrisis = "answer_crisis", "确认紧急事项", "Acknowledge an urgent call";
        ViewCrisis = "view_crisis", "查看心理危机", "See a crisis";
        HandleCrisis = "handle_crisis", "处置心理危机", "Handle a crisis";
        ListCrises = "list_crises", "心理危机列表", "List crises";
        Feedback = "feedback", "反馈", "Give feedback";
        Evaluate = "evaluate", "登记评价", "Enter what a party says on paper of the handling";
        FollowUp = "follow_up", "回访", "Follow up";
        WaiveFollowUp = "waive_follow_up", "免予回访", "Waive a follow-up";
        Archive = "archive", "归档", "Archive";
        ExportDossier = "export_dossier", "导出案卷", "Export a dossier";
        HoldDossier = "hold_dossier", "档案保全", "Set or release a legal hold";
        Register = "register", "登记", "Register a case";
        ListCases = "list_cases", "办件列表", "List cases";
        SuperviseCounty = "supervise_county", "督办提示", "See what should be supervised";
        ListTasks = "list_tasks", "任务列表", "List the tasks of one's units";
        ReviewTransfers = "review_transfers", "审核移转", "Review transfers";
        ManageUsers = "manage_users", "管理用户", "Manage users";
        ManageGrants = "manage_grants", "管理权限", "Manage grants";
        ResetSecondFactor = "reset_second_factor", "重置二次验证", "Reset a lost second factor";
        ManageOrg = "manage_org", "管理机构", "Manage the organisation";
        ViewOrg = "view_org", "查看机构", "View the organisation";
        ManageWebhooks = "manage_webhooks", "管理接口", "Manage webhooks";
        ViewReturns = "view_returns", "查看统计表", "See statistical returns";
        WriteReturns = "write_returns", "编报统计表", "Draw up and submit statistical returns";
        ViewDashboard = "view_dashboard", "查看县级看板", "See the county dashboard";
        ViewSignals = "view_signals", "查看真实性疑点", "See signals of made-up cases";
        ReviewSignals = "review_signals", "核查真实性疑点", "Review signals of made-up cases";
        ReadAudit = "read_audit", "审计", "Read the audit trail";
        ManageCalendar = "manage_calendar", "管理日历", "Manage calendars";
        Myself = "myself", "本人事务", "One's own affairs";
    }
    /// How an actor stands to a case.
    Relation in "relation" {
        Chair = "chair", "主持人", "Chair";
        TeamMediator = "team_mediator", "承办调解员", "Mediator on the team";
        TeamRecorder = "team_recorder", "记录员", "Recorder on the team";
        TeamAssistant = "team_assistant", "协助人", "Assistant on the team";
        Registrar = "registrar", "登记人", "Registrar";
        StewardHolding = "steward_holding", "责任驿站管理员", "Steward of the holder";
        StewardOrigin = "steward_origin", "登记驿站管理员", "Steward of the origin";
        HeadHolding = "head_holding", "责任乡镇负责人", "Head of the holding desk";
        HeadOrigin = "head_origin", "来源乡镇负责人", "Head of the origin desk";
        JusticeOffice = "justice_office", "辖区司法所", "Justice office of the desk";
        Dispatcher = "dispatcher", "县调度员", "County dispatcher";
        DispatcherHolding = "dispatcher_holding", "县中心为责任单位时的调度员", "Dispatcher while the county holds";
        Supervisor = "supervisor", "县督办员", "County supervisor";
        LiaisonHolding = "liaison_holding", "责任部门联络员", "Liaison of the holding department";
        Involved = "involved", "曾经办单位负责人", "Answers for a unit the case went through";
        Receiver = "receiver", "待签收单位负责人", "Answers for the receiving unit";
        Sender = "sender", "发件单位负责人", "Answers for the sending unit";
        CalledOn = "called_on", "承担任务或被吹哨单位负责人", "Answers for a unit with an open task on the case";
        CaseOwner = "case_owner", "包案领导", "Leader in charge of the case";
        PsyLead = "psy_lead", "心理服务负责人（有心理危机）", "Psychological lead, case with a crisis";
        CrisisOfficer = "crisis_officer", "危机处置员（有心理危机）", "Crisis officer, case with a crisis";
        ArchivistClosed = "archivist_closed", "档案员（已结案）", "Archivist, closed case";
        Auditor = "auditor", "审计员", "Auditor";
    }
}

use Action::*;

/// Rights by relation: the whole policy for case objects. Reviewed as `tests/golden/policy.txt`.
const CASE_RIGHTS: &[(Relation, &[Action])] = &[
    (
        Relation::Chair,
        &[
            ViewCase,
            ViewFull,
            ViewCaucus,
            ViewSealed,
            Reveal,
            EditCase,
            DecideAcceptance,
            ManageParties,
            RecordRecusal,
            PlanSession,
            RunSession,
            WriteRecord,
            WriteNote,
            WriteCaucus,
            Agree,
            RecordPerformance,
            Course,
            Close,
            Escalate,
            AddEvidence,
            Flag,
            Feedback,
            ProposeWhistle,
            ViewSupport,
            FollowUp,
        ],
    ),
    (
        Relation::TeamMediator,
        &[
            ViewCase,
            ViewFull,
            ViewCaucus,
            ViewSealed,
            Reveal,
            EditCase,
            ManageParties,
            RecordRecusal,
            PlanSession,
            RunSession,
            WriteRecord,
            WriteNote,
            WriteCaucus,
            Agree,
            RecordPerformance,
            AddEvidence,
            Flag,
            Feedback,
            ProposeWhistle,
            ViewSupport,
            FollowUp,
        ],
    ),
    (
        Relation::TeamRecorder,
        &[
            ViewCase,
            ViewFull,
            WriteRecord,
            WriteNote,
            AddEvidence,
            Flag,
            ViewSupport,
        ],
    ),
    (
        Relation::TeamAssistant,
        &[
            ViewCase,
            ViewFull,
            WriteNote,
            AddEvidence,
            Flag,
            ViewSupport,
        ],
    ),
    (
        Relation::Registrar,
        &[
            ViewCase,
            ViewFull,
            EditCase,
            ManageParties,
            AddEvidence,
            Flag,
            WriteNote,
        ],
    ),
    (
        Relation::StewardHolding,
        &[
            ViewCase,
            ViewFull,
            Reveal,
            EditCase,
            DecideAcceptance,
            ManageParties,
            Appoint,
            RecordRecusal,
            WriteNote,
            Course,
            Close,
            Merge,
            Escalate,
            Dispatch,
            DecideTransfer,
            AddEvidence,
            Flag,
            Feedback,
            Evaluate,
            PlanSession,
            RecordPerformance,
            ViewSupport,
            AnswerCrisis,
            FollowUp,
            WaiveFollowUp,
        ],
    ),
    (
        Relation::StewardOrigin,
        &[ViewCase, ViewFull, AddEvidence, Flag],
    ),
    (
        Relation::HeadHolding,
        &[
            ViewCase,
            ViewFull,
            Reveal,
            EditCase,
            DecideAcceptance,
            ManageParties,
            Appoint,
            RecordRecusal,
            PlanSession,
            WriteNote,
            RecordPerformance,
            Course,
            Close,
            Merge,
            Escalate,
            Dispatch,
            AnswerPetition,
            DecideTransfer,
            Designate,
            AddEvidence,
            Flag,
            Feedback,
            Evaluate,
            ExportDossier,
            OrderTask,
            AnswerTask,
            ProposeWhistle,
            SoundWhistle,
            Confer,
            Supervise,
            NameOwner,
            ViewSupport,
            AnswerCrisis,
            FollowUp,
            WaiveFollowUp,
        ],
    ),
    (
        Relation::HeadOrigin,
        &[ViewCase, ViewFull, AddEvidence, Flag, ViewSupport],
    ),
    (Relation::JusticeOffice, &[ViewCase, ViewFull, Flag]),
    (
        Relation::Dispatcher,
        &[ViewCase, Designate, OrderTask, Confer, Flag],
    ),
    (
        Relation::DispatcherHolding,
        &[
            ViewCase,
            ViewFull,
            Reveal,
            EditCase,
            DecideAcceptance,
            ManageParties,
            Appoint,
            RecordRecusal,
            PlanSession,
            WriteNote,
            RecordPerformance,
            Course,
            Close,
            Merge,
            Escalate,
            Dispatch,
            AnswerPetition,
            DecideTransfer,
            AddEvidence,
            Flag,
            Feedback,
            Evaluate,
            ExportDossier,
            OrderTask,
            ProposeWhistle,
            SoundWhistle,
            Confer,
            NameOwner,
            ViewSupport,
            AnswerCrisis,
            FollowUp,
            WaiveFollowUp,
        ],
    ),
    (
        Relation::Supervisor,
        &[
            ViewCase,
            Flag,
            HoldDossier,
            OrderTask,
            JudgeWhistle,
            Confer,
            Supervise,
            NameOwner,
            ViewSupport,
            AnswerCrisis,
        ],
    ),
    (
        Relation::LiaisonHolding,
        &[
            ViewCase,
            ViewFull,
            WriteNote,
            Dispatch,
            AnswerPetition,
            DecideTransfer,
            AddEvidence,
            Flag,
            Feedback,
            Evaluate,
            Course,
            Close,
            OrderTask,
            Confer,
            ViewSupport,
            AnswerCrisis,
            FollowUp,
            WaiveFollowUp,
        ],
    ),
    // A unit that passed the case on may still owe the result of an order it took.
    (
        Relation::Involved,
        &[ViewCase, ViewFull, DecideTransfer, AddEvidence, Flag],
    ),
    (
        Relation::Receiver,
        &[ViewCase, ViewFull, DecideTransfer, Flag],
    ),
    (
        Relation::Sender,
        &[ViewCase, ViewFull, Escalate, Dispatch, AddEvidence, Flag],
    ),
    // A department that was called sees what it is asked, and names masked.
    (
        Relation::CalledOn,
        &[ViewCase, AnswerTask, AddEvidence, Flag],
    ),
    (
        Relation::CaseOwner,
        &[
            ViewCase,
            ViewFull,
            OrderTask,
            Confer,
            Supervise,
            SignOff,
            Flag,
            ViewSupport,
        ],
    ),
    (
        Relation::ArchivistClosed,
        &[ViewCase, ViewFull, Archive, ExportDossier, AddEvidence],
    ),
    // Whoever handles crises sees the cases that have one, and nobody's mediation.
    (
        Relation::PsyLead,
        &[
            ViewCase,
            ViewFull,
            Flag,
            ViewSupport,
            AnswerCrisis,
            ViewCrisis,
            HandleCrisis,
        ],
    ),
    (
        Relation::CrisisOfficer,
        &[
            ViewCase,
            ViewFull,
            Flag,
            ViewSupport,
            AnswerCrisis,
            ViewCrisis,
            HandleCrisis,
        ],
    ),
    (Relation::Auditor, &[ViewCase]),
];

/// Rights that concern no single case, by role.
const ROLE_RIGHTS: &[(Role, &[Action])] = &[
    (
        Role::VillageSteward,
        &[
            Register,
            ListCases,
            ReviewTransfers,
            ListTasks,
            ViewReturns,
            ViewOrg,
            Myself,
        ],
    ),
    (Role::Shopkeeper, &[Register, ListCases, ViewOrg, Myself]),
    (Role::Mediator, &[Register, ListCases, ViewOrg, Myself]),
    (Role::Recorder, &[Register, ListCases, ViewOrg, Myself]),
    (
        Role::DeskHead,
        &[
            Register,
            ListCases,
            ReviewTransfers,
            ListTasks,
            ViewReturns,
            ViewOrg,
            Myself,
        ],
    ),
    (
        Role::JusticeOffice,
        &[ListCases, ViewReturns, WriteReturns, ViewOrg, Myself],
    ),
    (
        Role::CountyDispatcher,
        &[
            Register,
            ListCases,
            ReviewTransfers,
            ListTasks,
            ViewReturns,
            SuperviseCounty,
            ViewDashboard,
            ViewSignals,
            ViewOrg,
            Myself,
            ManageWebhooks,
        ],
    ),
    (
        Role::CountySupervisor,
        &[
            ListCases,
            ReviewTransfers,
            ListTasks,
            ViewReturns,
            WriteReturns,
            SuperviseCounty,
            ViewDashboard,
            ViewSignals,
            ReviewSignals,
            ViewOrg,
            ManageCalendar,
            Myself,
        ],
    ),
    (
        Role::DeptLiaison,
        &[
            ListCases,
            ReviewTransfers,
            ListTasks,
            ViewReturns,
            ViewOrg,
            Myself,
        ],
    ),
    (Role::Archivist, &[ListCases, ViewOrg, Myself]),
    (Role::PsyLead, &[ListCases, ListCrises, ViewOrg, Myself]),
    (
        Role::CrisisOfficer,
        &[ListCases, ListCrises, ViewOrg, Myself],
    ),
    (Role::Auditor, &[ListCases, ReadAudit, ViewOrg, Myself]),
    (
        Role::SysAdmin,
        &[
            ManageUsers,
            ManageOrg,
            ViewOrg,
            ManageWebhooks,
            ManageCalendar,
            Myself,
        ],
    ),
    (
        Role::SecAdmin,
        &[ManageGrants, ResetSecondFactor, ViewOrg, Myself],
    ),
];

/// A grant as the policy sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorGrant {
    pub role: Role,
    pub org_id: OrgId,
    pub org_kind: OrgKind,
    /// The township desk the unit is or belongs to.
    pub desk_id: Option<OrgId>,
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub user_id: UserId,
    pub login_id: Option<LoginId>,
    pub name: String,
    pub grants: Vec<ActorGrant>,
}

impl Actor {
    /// Time itself acts, nobody.
    pub fn is_system(&self) -> bool {
        self.user_id.uuid.is_nil()
    }
}

/// What a decision may look at.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseScope {
    pub origin_id: OrgId,
    pub origin_desk_id: Option<OrgId>,
    pub holder_id: OrgId,
    pub holder_desk_id: Option<OrgId>,
    pub registrar_id: UserId,
    pub state: CaseState,
    /// Live team members.
    pub team: Vec<(UserId, TeamRole)>,
    /// Users who were recused: out at once, whatever else they are (G-09).
    pub recused: Vec<UserId>,
    /// Units with an unanswered transfer to them / from them.
    pub pending_to: Vec<OrgId>,
    pub pending_from: Vec<OrgId>,
    /// Units that accepted the case at some time, or sent it on.
    pub involved: Vec<OrgId>,
    /// Units with a task that has not ended: ordered, called by a whistle, invited to a conference.
    pub called: Vec<OrgId>,
    /// Leaders in charge.
    pub owners: Vec<UserId>,
    /// The case has or had a crisis.
    pub crisis: bool,
}

/// What the policy says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// The case is known to the actor; this act is not theirs: 403.
    Deny,
    /// The actor may not know the case: 404.
    Hide,
}

/// The relations of an actor to a case.
pub fn relations(actor: &Actor, scope: &CaseScope) -> Vec<Relation> {
    let mut out = Vec::new();
    for (user, role) in &scope.team {
        if *user == actor.user_id {
            out.push(match role {
                TeamRole::Chair => Relation::Chair,
                TeamRole::Mediator => Relation::TeamMediator,
                TeamRole::Recorder => Relation::TeamRecorder,
                TeamRole::Assistant => Relation::TeamAssistant,
            });
        }
    }
    if scope.registrar_id == actor.user_id
        && actor.grants.iter().any(|g| role_may(g.role, Register))
    {
        out.push(Relation::Registrar);
    }
    if scope.owners.contains(&actor.user_id) && reads_cases(actor) {
        out.push(Relation::CaseOwner);
    }
    for grant in &actor.grants {
        out.extend(grant_relations(grant, scope));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Whether the actor has a role that reads cases at all.
pub fn reads_cases(actor: &Actor) -> bool {
    actor.grants.iter().any(|g| role_may(g.role, ListCases))
}

/// Whether who has this role at a unit speaks for the unit.
pub fn answers_for_unit(role: Role) -> bool {
    matches!(
        role,
        Role::VillageSteward | Role::DeskHead | Role::CountyDispatcher | Role::DeptLiaison
    )
}

fn grant_relations(grant: &ActorGrant, scope: &CaseScope) -> Vec<Relation> {
    let mut out = Vec::new();
    let unit = grant.org_id;
    let desk = Some(unit);
    let answers_for_unit = answers_for_unit(grant.role);
    if answers_for_unit && scope.pending_to.contains(&unit) {
        out.push(Relation::Receiver);
    }
    if answers_for_unit && scope.pending_from.contains(&unit) {
        out.push(Relation::Sender);
    }
    if answers_for_unit && scope.involved.contains(&unit) {
        out.push(Relation::Involved);
    }
    if answers_for_unit && scope.called.contains(&unit) {
        out.push(Relation::CalledOn);
    }
    match grant.role {
        Role::VillageSteward => {
            if scope.holder_id == unit {
                out.push(Relation::StewardHolding);
            } else if scope.origin_id == unit {
                out.push(Relation::StewardOrigin);
            }
        }
        Role::DeskHead => {
            if scope.holder_desk_id == desk {
                out.push(Relation::HeadHolding);
            } else if scope.origin_desk_id == desk {
                out.push(Relation::HeadOrigin);
            }
        }
        Role::JusticeOffice => {
            let desk = grant.desk_id;
            if desk.is_some() && (scope.holder_desk_id == desk || scope.origin_desk_id == desk) {
                out.push(Relation::JusticeOffice);
            }
        }
        Role::CountyDispatcher => {
            out.push(Relation::Dispatcher);
            if scope.holder_id == unit {
                out.push(Relation::DispatcherHolding);
            }
        }
        Role::CountySupervisor => out.push(Relation::Supervisor),
        Role::DeptLiaison if scope.holder_id == unit => out.push(Relation::LiaisonHolding),
        Role::Archivist => {
            let closed = scope.state.is_closed() || scope.state == CaseState::Archived;
            let own = grant.org_kind == OrgKind::CountyCentre
                || scope.holder_desk_id == desk
                || scope.origin_desk_id == desk;
            if closed && own {
                out.push(Relation::ArchivistClosed);
            }
        }
        Role::PsyLead if scope.crisis => out.push(Relation::PsyLead),
        Role::CrisisOfficer if scope.crisis => out.push(Relation::CrisisOfficer),
        Role::Auditor => out.push(Relation::Auditor),
        _ => {}
    }
    out
}

/// Whether a relation carries a right.
pub fn relation_may(relation: Relation, action: Action) -> bool {
    CASE_RIGHTS
        .iter()
        .any(|(r, actions)| *r == relation && actions.contains(&action))
}

/// Whether a role carries a right that concerns no single case.
pub fn role_may(role: Role, action: Action) -> bool {
    ROLE_RIGHTS
        .iter()
        .any(|(r, actions)| *r == role && actions.contains(&action))
}

/// May the actor do this to this case?
///
/// Administrators are told 403, not 404: they must know that case content is closed to them.
pub fn decide(actor: &Actor, action: Action, scope: &CaseScope) -> Verdict {
    if scope.recused.contains(&actor.user_id)
        && !scope.team.iter().any(|(u, _)| *u == actor.user_id)
    {
        return Verdict::Deny;
    }
    let relations = relations(actor, scope);
    if relations.iter().any(|r| relation_may(*r, action)) {
        return Verdict::Allow;
    }
    let knows = relations.iter().any(|r| relation_may(*r, ViewCase)) || may_never_see_cases(actor);
    if knows { Verdict::Deny } else { Verdict::Hide }
}

/// Only administrative roles: case content is not theirs by separation of duties.
pub fn may_never_see_cases(actor: &Actor) -> bool {
    !actor.grants.is_empty() && actor.grants.iter().all(|g| !role_may(g.role, ListCases))
}

/// May the actor do this, which concerns no single case?
pub fn decide_general(actor: &Actor, action: Action) -> Verdict {
    if actor.grants.iter().any(|g| role_may(g.role, action)) {
        Verdict::Allow
    } else {
        Verdict::Deny
    }
}

/// May the actor do this with the figures of a unit? The county's staff with every unit, others
/// with their own unit and what belongs to it.
pub fn decide_unit(actor: &Actor, action: Action, unit: OrgId, desk: Option<OrgId>) -> Verdict {
    let holders = || actor.grants.iter().filter(|g| role_may(g.role, action));
    let reaches = |g: &ActorGrant| {
        let own = match g.role {
            Role::JusticeOffice => g.desk_id,
            _ => Some(g.org_id),
        };
        g.org_kind == OrgKind::CountyCentre || own == Some(unit) || own.is_some() && own == desk
    };
    if holders().any(reaches) {
        Verdict::Allow
    } else if holders().next().is_some() {
        Verdict::Hide
    } else {
        Verdict::Deny
    }
}

/// What an actor's lists may show, as the parts of a WHERE clause (joined by OR).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Every case.
    pub all: bool,
    /// Cases held by or registered at these units.
    pub units: Vec<OrgId>,
    /// Cases held in or coming from these desks.
    pub desks: Vec<OrgId>,
    /// Closed cases of these desks.
    pub closed_desks: Vec<OrgId>,
    /// Every closed case.
    pub all_closed: bool,
    /// Cases with a pending transfer from or to these units.
    pub pending_units: Vec<OrgId>,
    /// Cases these units were or are involved in by a transfer.
    pub involved_units: Vec<OrgId>,
    /// Cases on which these units have a task that has not ended.
    pub called_units: Vec<OrgId>,
    /// Cases that have or had a crisis.
    pub crises: bool,
    /// Cases this user registered or has on the team, unless recused.
    pub user: Option<UserId>,
    /// The user is a registrar by role.
    pub registers: bool,
    /// The user may be a leader in charge of cases.
    pub owns: bool,
    /// Units the user answers for as steward, dispatcher or liaison: the queue of their own.
    pub answers_for: Vec<OrgId>,
    /// Desks the user heads.
    pub heads: Vec<OrgId>,
    /// Recusal ends every sight of a case.
    pub not_recused: Option<UserId>,
}

/// The scope of an actor's case lists; agrees with `decide(…, ViewCase, …)`.
pub fn sight(actor: &Actor) -> Sight {
    let mut s = Sight {
        user: Some(actor.user_id),
        registers: actor.grants.iter().any(|g| role_may(g.role, Register)),
        owns: reads_cases(actor),
        not_recused: Some(actor.user_id),
        ..Sight::default()
    };
    for grant in &actor.grants {
        match grant.role {
            Role::VillageSteward => {
                s.units.push(grant.org_id);
                s.answers_for.push(grant.org_id);
                s.involved_units.push(grant.org_id);
                s.pending_units.push(grant.org_id);
                s.called_units.push(grant.org_id);
            }
            Role::DeskHead => {
                s.desks.push(grant.org_id);
                s.heads.push(grant.org_id);
                s.involved_units.push(grant.org_id);
                s.pending_units.push(grant.org_id);
                s.called_units.push(grant.org_id);
            }
            Role::JusticeOffice => s.desks.extend(grant.desk_id),
            Role::CountyDispatcher => {
                s.all = true;
                s.answers_for.push(grant.org_id);
            }
            Role::CountySupervisor | Role::Auditor => s.all = true,
            Role::DeptLiaison => {
                s.units.push(grant.org_id);
                s.answers_for.push(grant.org_id);
                s.involved_units.push(grant.org_id);
                s.pending_units.push(grant.org_id);
                s.called_units.push(grant.org_id);
            }
            Role::PsyLead | Role::CrisisOfficer => s.crises = true,
            Role::Archivist if grant.org_kind == OrgKind::CountyCentre => s.all_closed = true,
            Role::Archivist => s.closed_desks.push(grant.org_id),
            _ => {}
        }
    }
    s
}
