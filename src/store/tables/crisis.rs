//! Crises, what they ask for, and their timelines.

use crate::domain::crisis::*;
use crate::domain::ids::*;
use crate::domain::secret::Secret;
use crate::domain::time::Instant;
use crate::store::row::stored;

stored! { crises for Crisis {
    id: CrisisId [DbUuid],
    case_id: CaseId [DbUuid],
    state: CrisisState [Text],
    tier: Tier [Text],
    party_id: Option<PartyId> [Nullable<DbUuid>],
    signs: Vec<Sign> [DbJson],
    raised_by: UserId [DbUuid],
    raised_at: Instant [DbInstant],
    incident_id: Option<IncidentId> [Nullable<DbUuid>],
    called_at: Option<Instant> [Nullable<DbInstant>],
    next_call_at: Option<Instant> [Nullable<DbInstant>],
    acknowledged_by: Option<UserId> [Nullable<DbUuid>],
    acknowledged_at: Option<Instant> [Nullable<DbInstant>],
    review_tier: Option<Tier> [Nullable<Text>],
    review_by: Option<UserId> [Nullable<DbUuid>],
    review_by_lead: bool [Bool],
    review_at: Option<Instant> [Nullable<DbInstant>],
    confirmed_by: Option<UserId> [Nullable<DbUuid>],
    confirmed_at: Option<Instant> [Nullable<DbInstant>],
    entries: i32 [Integer],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    updated_at: Instant [DbInstant],
}}

stored! { crisis_steps for CrisisStep {
    id: CrisisStepId [DbUuid],
    crisis_id: CrisisId [DbUuid],
    case_id: CaseId [DbUuid],
    code: StepCode [Text],
    tier: Tier [Text],
    from_at: Instant [DbInstant],
    due_at: Instant [DbInstant],
    done_at: Option<Instant> [Nullable<DbInstant>],
    done_by: Option<UserId> [Nullable<DbUuid>],
    receipt_no: Option<String> [Nullable<Text>],
    late_reason: Option<Secret> [Nullable<DbSecret>],
    dropped_at: Option<Instant> [Nullable<DbInstant>],
    call_at: Option<Instant> [Nullable<DbInstant>],
}}

stored! { crisis_events for CrisisEntry {
    id: CrisisEntryId [DbUuid],
    crisis_id: CrisisId [DbUuid],
    case_id: CaseId [DbUuid],
    seq: i32 [Integer],
    kind: EntryKind [Text],
    at: Instant [DbInstant],
    recorded_at: Instant [DbInstant],
    actor_id: Option<UserId> [Nullable<DbUuid>],
    state: CrisisState [Text],
    tier: Tier [Text],
    step: Option<StepCode> [Nullable<Text>],
    rung: Option<Rung> [Nullable<Text>],
    text: Option<Secret> [Nullable<DbSecret>],
}}
