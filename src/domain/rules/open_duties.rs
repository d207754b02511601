//! What is still owed when somebody closes or archives a case: told with the refusal, each with
//! when it is due and who owes it (G-39, G-40).

use serde::Serialize;
use uuid::Uuid;

use crate::domain::agreement::AgreementState;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::codes;
use crate::domain::ids::CaseOwnerId;
use crate::domain::session::SessionState;
use crate::domain::task::TaskKind;
use crate::domain::time::{Instant, LocalDate};

use super::closing::still_due;
use super::movement::results_owed;

codes! {
    /// Kind of duty that keeps a case open.
    OpenDutyKind in "open_duty_kind" {
        Obligation = "obligation", "未履行的义务", "Obligation not performed";
        FollowUp = "follow_up", "到期未办的回访", "Follow-up due";
        Transfer = "transfer", "未答复的移送", "Transfer not answered";
        OrderResult = "order_result", "未反馈的交办结果", "Result of an order not reported";
        Task = "task", "未办结的任务", "Task not done";
        Incident = "incident", "未报告的事件", "Incident not reported";
        UnsignedAgreement = "unsigned_agreement", "未签署完毕的协议", "Agreement not signed";
        CaseOwner = "case_owner", "未销号的包案", "Leader in charge who has not signed off";
        UnsignedRecord = "unsigned_record", "未签署的笔录", "Record not signed";
    }
    /// Who owes a duty.
    DutyHolder in "duty_holder" {
        Party = "party", "当事人", "Party";
        Unit = "unit", "单位", "Unit";
        User = "user", "人员", "Person";
    }
}

/// Who owes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OwedBy {
    pub kind: DutyHolder,
    pub id: Uuid,
}

/// Something still owed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OpenDuty {
    pub kind: OpenDutyKind,
    pub id: Uuid,
    /// The first instant that is too late; `None` where nothing sets one.
    pub due: Option<Instant>,
    pub who: OwedBy,
}

/// Supervised tasks that keep a case open. An inquiry into a party's word is the county's own: it
/// goes on beside the case, and the desk does not hear of it from here.
pub fn tasks_owed(file: &CaseFile) -> Vec<crate::domain::ids::TaskId> {
    file.tasks
        .iter()
        .filter(|t| t.state.is_live() && t.kind != TaskKind::PartyDenial)
        .map(|t| t.id)
        .collect()
}

/// Leaders in charge who have not signed the case off (section 4.3).
pub fn owners_in_charge(file: &CaseFile) -> Vec<CaseOwnerId> {
    let in_charge = file.owners.iter().filter(|o| o.to_at.is_none());
    in_charge.map(|o| o.id).collect()
}

/// Everything owed that bars closing or archiving, those due first.
pub fn open_duties(file: &CaseFile, today: LocalDate) -> Vec<OpenDuty> {
    let unit = |id: crate::domain::ids::OrgId| OwedBy {
        kind: DutyHolder::Unit,
        id: id.uuid,
    };
    let holder = unit(file.case.holder_id);
    let mut out = Vec::new();
    let mut add = |kind, id, due, who| out.push(OpenDuty { kind, id, due, who });
    for o in still_due(file, today)
        .iter()
        .filter_map(|id| file.obligation(*id))
    {
        let debtor = OwedBy {
            kind: DutyHolder::Party,
            id: o.debtor_id.uuid,
        };
        add(
            OpenDutyKind::Obligation,
            o.id.uuid,
            Some(o.due_on.end()),
            debtor,
        );
    }
    for f in file.follow_ups.iter().filter(|f| f.is_due(today)) {
        let due = Some(f.due_on.end());
        add(OpenDutyKind::FollowUp, f.id.uuid, due, holder);
    }
    if let Some(t) = file.pending_transfer() {
        let who = t.to_id.map_or(holder, unit);
        add(OpenDutyKind::Transfer, t.id.uuid, t.due_at, who);
    }
    let results = results_owed(file);
    for t in file.transfers.iter().filter(|t| results.contains(&t.id)) {
        let who = t.to_id.map_or(holder, unit);
        add(OpenDutyKind::OrderResult, t.id.uuid, t.result_due_at, who);
    }
    let owed = tasks_owed(file);
    for t in file.tasks.iter().filter(|t| owed.contains(&t.id)) {
        add(OpenDutyKind::Task, t.id.uuid, t.due_at, unit(t.unit_id));
    }
    for o in file.owners.iter().filter(|o| o.to_at.is_none()) {
        let leader = OwedBy {
            kind: DutyHolder::User,
            id: o.user_id.uuid,
        };
        add(OpenDutyKind::CaseOwner, o.id.uuid, None, leader);
    }
    let due_of = |subject: Uuid| {
        let open = file.clocks.iter().filter(|h| h.clock.subject_id == subject);
        open.filter_map(|h| h.clock.due_at).min()
    };
    let unreported = file
        .incidents
        .iter()
        .filter(|i| i.reported_at.is_none() && i.closed_at.is_none());
    for i in unreported {
        let due = due_of(i.id.uuid);
        add(OpenDutyKind::Incident, i.id.uuid, due, holder);
    }
    let signing = |s: AgreementState| s == AgreementState::Signing;
    for a in file.agreements.iter().filter(|a| signing(a.state)) {
        let due = due_of(a.id.uuid);
        add(OpenDutyKind::UnsignedAgreement, a.id.uuid, due, holder);
    }
    let begun = file.sessions.iter().filter(|s| s.opened_at.is_some());
    for s in begun.filter(|s| s.state != SessionState::Closed) {
        add(OpenDutyKind::UnsignedRecord, s.id.uuid, None, holder);
    }
    out.sort_by_key(|d| (d.due.is_none(), d.due));
    out
}
