//! The county's orders: supervised tasks.

use uuid::Uuid;

use crate::domain::ids::*;
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;
use crate::store::row::stored;

stored! { tasks for Task {
    id: TaskId [DbUuid],
    case_id: CaseId [DbUuid],
    kind: TaskKind [Text],
    source_id: Option<Uuid> [Nullable<DbUuid>],
    unit_id: OrgId [DbUuid],
    text: String [Text],
    due_at: Option<Instant> [Nullable<DbInstant>],
    state: TaskState [Text],
    ordered_for: OrgId [DbUuid],
    ordered_by: UserId [DbUuid],
    ordered_at: Instant [DbInstant],
    parent_id: Option<TaskId> [Nullable<DbUuid>],
    result: Option<String> [Nullable<Text>],
    evidence: Vec<AttachmentId> [DbJson],
    reported_by: Option<UserId> [Nullable<DbUuid>],
    reported_at: Option<Instant> [Nullable<DbInstant>],
    decided_by: Option<UserId> [Nullable<DbUuid>],
    decided_at: Option<Instant> [Nullable<DbInstant>],
    note: Option<String> [Nullable<Text>],
    sent_back: i32 [Integer],
}}
