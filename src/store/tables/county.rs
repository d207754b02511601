//! The county's orders: supervised tasks, whistles, conferences, supervision, leaders in charge.

use uuid::Uuid;

use crate::domain::county::*;
use crate::domain::ids::*;
use crate::domain::secret::Secret;
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

stored! { whistles for Whistle {
    id: WhistleId [DbUuid],
    case_id: CaseId [DbUuid],
    state: WhistleState [Text],
    unit_id: OrgId [DbUuid],
    reason: String [Text],
    place: Option<String> [Nullable<Text>],
    calls: Vec<WhistleCall> [DbJson],
    proposed_by: UserId [DbUuid],
    proposed_at: Instant [DbInstant],
    decided_by: Option<UserId> [Nullable<DbUuid>],
    decided_at: Option<Instant> [Nullable<DbInstant>],
    note: Option<String> [Nullable<Text>],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    accuracy: Option<AccuracyWord> [Nullable<DbJson>],
}}

stored! { conferences for Conference {
    id: ConferenceId [DbUuid],
    case_id: CaseId [DbUuid],
    state: ConferenceState [Text],
    number: Option<String> [Nullable<Text>],
    convener_id: OrgId [DbUuid],
    chair: String [Text],
    subject: String [Text],
    place: String [Text],
    planned_at: Instant [DbInstant],
    held_at: Option<Instant> [Nullable<DbInstant>],
    members: Vec<ConferenceMember> [DbJson],
    materials: Vec<AttachmentId> [DbJson],
    minutes: Option<Secret> [Nullable<DbSecret>],
    designates: Option<OrgId> [Nullable<DbUuid>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    note: Option<String> [Nullable<Text>],
}}

stored! { supervisions for Supervision {
    id: SupervisionId [DbUuid],
    case_id: CaseId [DbUuid],
    state: SupervisionState [Text],
    level: SupervisionLevel [Text],
    unit_id: OrgId [DbUuid],
    about_id: Option<Uuid> [Nullable<DbUuid>],
    reason: String [Text],
    due_at: Instant [DbInstant],
    task_id: TaskId [DbUuid],
    talks: Vec<Talk> [DbJson],
    ordered_by: UserId [DbUuid],
    ordered_at: Instant [DbInstant],
    released_by: Option<UserId> [Nullable<DbUuid>],
    released_at: Option<Instant> [Nullable<DbInstant>],
    note: Option<String> [Nullable<Text>],
}}

stored! { case_owners for CaseOwner {
    id: CaseOwnerId [DbUuid],
    case_id: CaseId [DbUuid],
    user_id: UserId [DbUuid],
    org_id: OrgId [DbUuid],
    reason: String [Text],
    named_by: UserId [DbUuid],
    from_at: Instant [DbInstant],
    to_at: Option<Instant> [Nullable<DbInstant>],
    end_reason: Option<OwnerEnd> [Nullable<Text>],
    note: Option<String> [Nullable<Text>],
}}
