//! Supervised tasks: what one unit owes about a case, by when, and what came of it (section 4.4).

use super::codes::codes;
use super::ids::*;
use super::time::Instant;

codes! {
    /// Where a task comes from.
    TaskKind in "task_kind" {
        Order = "order", "交办事项", "Order";
        CoHandling = "co_handling", "协办", "Co-handling";
        ResolutionItem = "resolution_item", "联席会议议定事项", "Resolution item of a conference";
        Conference = "conference", "参加联席会议", "Attendance at a conference";
        Whistle = "whistle", "吹哨报到", "Answer to a whistle";
        SupervisionReply = "supervision_reply", "督办回复", "Reply to a supervision order";
        PartyDenial = "party_denial", "当事人否认核查", "Inquiry into a party's denial";
        LimitDecision = "limit_decision", "决定延期或终止", "Decision to extend or to terminate";
    }
    /// State of a task. One sent back is open again.
    TaskState in "task_state" {
        Open = "open", "办理中", "Open";
        Reported = "reported", "已报结果", "Reported";
        Done = "done", "已办结", "Done";
        Reassigned = "reassigned", "已改派", "Reassigned";
        Cancelled = "cancelled", "已撤销", "Cancelled";
    }
}

impl TaskState {
    /// Somebody still owes something: the unit its work, or who ordered it a word on the result.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Reported)
    }
}

impl TaskKind {
    /// Ordered and judged by hand. The others follow the whistle, conference or mediation limit
    /// they belong to.
    pub fn stands_alone(self) -> bool {
        !matches!(self, Self::Conference | Self::Whistle | Self::LimitDecision)
    }
}

/// A task of exactly one unit. What passes to another unit goes on as another task.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    pub id: TaskId,
    pub case_id: CaseId,
    pub kind: TaskKind,
    /// The whistle, conference, supervision order … it belongs to.
    pub source_id: Option<uuid::Uuid>,
    /// The unit responsible.
    pub unit_id: OrgId,
    pub text: String,
    /// The first instant that is too late, as ordered; the clock of the task says what it is now.
    pub due_at: Option<Instant>,
    pub state: TaskState,
    /// The unit for which it was ordered; its officers judge the result.
    pub ordered_for: OrgId,
    pub ordered_by: UserId,
    pub ordered_at: Instant,
    /// The task this one goes on from (reassigned).
    pub parent_id: Option<TaskId>,
    pub result: Option<String>,
    pub evidence: Vec<AttachmentId>,
    pub reported_by: Option<UserId>,
    pub reported_at: Option<Instant>,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    /// Why it was sent back, reassigned or cancelled; what was said of the result.
    pub note: Option<String>,
    /// How often the result was sent back.
    pub sent_back: i32,
}
