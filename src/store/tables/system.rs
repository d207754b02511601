//! Tables of the machinery: sessions, audit, outbox, idempotency, search.

use serde_json::Value;

use crate::domain::ids::*;
use crate::domain::notice::NoticeKind;
use crate::domain::second_factor::Factor;
use crate::domain::time::Instant;
use crate::store::row::stored;

/// A login session: one device, one refresh-token family.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginSession {
    pub id: LoginId,
    pub user_id: UserId,
    pub device_id: String,
    pub device_name: Option<String>,
    pub mobile: bool,
    pub created_at: Instant,
    pub last_seen_at: Instant,
    pub expires_at: Instant,
    pub ended_at: Option<Instant>,
    pub end_reason: Option<String>,
    /// What proved the second factor; `None` for a password alone.
    pub second_factor: Option<Factor>,
}

stored! { login_sessions for LoginSession {
    id: LoginId [DbUuid],
    user_id: UserId [DbUuid],
    device_id: String [Text],
    device_name: Option<String> [Nullable<Text>],
    mobile: bool [Bool],
    created_at: Instant [DbInstant],
    last_seen_at: Instant [DbInstant],
    expires_at: Instant [DbInstant],
    ended_at: Option<Instant> [Nullable<DbInstant>],
    end_reason: Option<String> [Nullable<Text>],
    second_factor: Option<Factor> [Nullable<Text>],
}}

/// A refresh token, known by its SHA-256 only.
#[derive(Clone, Debug, PartialEq)]
pub struct RefreshToken {
    pub hash: String,
    pub login_id: LoginId,
    pub generation: i64,
    pub issued_at: Instant,
    pub used_at: Option<Instant>,
    pub successor_hash: Option<String>,
}

stored! { refresh_tokens for RefreshToken {
    hash: String [Text],
    login_id: LoginId [DbUuid],
    generation: i64 [BigInt],
    issued_at: Instant [DbInstant],
    used_at: Option<Instant> [Nullable<DbInstant>],
    successor_hash: Option<String> [Nullable<Text>],
}}

/// A single-use invite to set a password.
#[derive(Clone, Debug, PartialEq)]
pub struct Invite {
    pub id: InviteId,
    pub user_id: UserId,
    pub code_hash: String,
    pub created_by: Option<UserId>,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub used_at: Option<Instant>,
}

stored! { invites for Invite {
    id: InviteId [DbUuid],
    user_id: UserId [DbUuid],
    code_hash: String [Text],
    created_by: Option<UserId> [Nullable<DbUuid>],
    created_at: Instant [DbInstant],
    expires_at: Instant [DbInstant],
    used_at: Option<Instant> [Nullable<DbInstant>],
}}

/// Throttle counters of one key (an account, a device, an address), shared by all nodes.
#[derive(Clone, Debug, PartialEq)]
pub struct ThrottleRow {
    pub key: String,
    /// Failures in a row (accounts).
    pub streak: i64,
    /// Failures since the last quiet day (accounts).
    pub day: i64,
    /// The last counted attempt (accounts), or the theoretical arrival time (buckets).
    pub at: Instant,
}

stored! { throttles for ThrottleRow {
    key: String [Text],
    streak: i64 [BigInt],
    day: i64 [BigInt],
    at: Instant [DbInstant],
}}

/// A stored event of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRow {
    pub stream: String,
    pub seq: i64,
    pub at: Instant,
    pub action: String,
    pub actor: String,
    pub header: String,
    pub payload: Option<String>,
    pub salt: Option<String>,
    pub hash: String,
}

stored! { audit_events for AuditRow {
    stream: String [Text],
    seq: i64 [BigInt],
    at: Instant [DbInstant],
    action: String [Text],
    actor: String [Text],
    header: String [Text],
    payload: Option<String> [Nullable<Text>],
    salt: Option<String> [Nullable<Text>],
    hash: String [Text],
}}

diesel::table! {
    use crate::store::types::sql::*;
    /// Events that no Merkle leaf covers yet, in the order they came; filled and emptied with them.
    audit_pending (id) {
        id -> BigInt,
        stream -> Text,
        seq -> BigInt,
    }
}

/// The head of a stream that is not a case (cases keep their head in their own row).
#[derive(Clone, Debug, PartialEq)]
pub struct StreamHead {
    pub stream: String,
    pub seq: i64,
    pub hash: String,
    pub at: Instant,
}

stored! { audit_heads for StreamHead {
    stream: String [Text],
    seq: i64 [BigInt],
    hash: String [Text],
    at: Instant [DbInstant],
}}

/// A leaf of the Merkle tree.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafRow {
    pub leaf_index: i64,
    pub stream: String,
    pub seq: i64,
    pub hash: String,
}

stored! { audit_leaves for LeafRow {
    leaf_index: i64 [BigInt],
    stream: String [Text],
    seq: i64 [BigInt],
    hash: String [Text],
}}

/// An inner node of the Merkle tree: `level:index`.
#[derive(Clone, Debug, PartialEq)]
pub struct NodeRow {
    pub id: String,
    pub hash: String,
}

stored! { audit_nodes for NodeRow {
    id: String [Text],
    hash: String [Text],
}}

/// A signed checkpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckpointRow {
    pub size: i64,
    pub root: String,
    pub note: String,
    pub created_at: Instant,
}

stored! { audit_checkpoints for CheckpointRow {
    size: i64 [BigInt],
    root: String [Text],
    note: String [Text],
    created_at: Instant [DbInstant],
}}

/// An outgoing message: mail or webhook.
#[derive(Clone, Debug, PartialEq)]
pub struct OutboxRow {
    pub id: MessageId,
    /// `mail` or `webhook`.
    pub channel: String,
    pub kind: String,
    pub user_id: Option<UserId>,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
    pub webhook_id: Option<WebhookId>,
    pub case_id: Option<CaseId>,
    /// Ids only; text is made when it is sent.
    pub payload: Value,
    pub message_id: String,
    /// `due`, `leased`, `sent`, `dead`.
    pub state: String,
    pub attempts: i32,
    pub due_at: Instant,
    pub lease_until: Option<Instant>,
    pub lease_token: Option<uuid::Uuid>,
    pub last_error: Option<String>,
    pub created_at: Instant,
    pub settled_at: Option<Instant>,
    /// The trace of the request that caused a webhook message.
    pub traceparent: Option<String>,
}

stored! { outbox for OutboxRow {
    id: MessageId [DbUuid],
    channel: String [Text],
    kind: String [Text],
    user_id: Option<UserId> [Nullable<DbUuid>],
    party_id: Option<PartyId> [Nullable<DbUuid>],
    participant_id: Option<ParticipantId> [Nullable<DbUuid>],
    webhook_id: Option<WebhookId> [Nullable<DbUuid>],
    case_id: Option<CaseId> [Nullable<DbUuid>],
    payload: Value [DbJson],
    message_id: String [Text],
    state: String [Text],
    attempts: i32 [Integer],
    due_at: Instant [DbInstant],
    lease_until: Option<Instant> [Nullable<DbInstant>],
    lease_token: Option<uuid::Uuid> [Nullable<DbUuid>],
    last_error: Option<String> [Nullable<Text>],
    created_at: Instant [DbInstant],
    settled_at: Option<Instant> [Nullable<DbInstant>],
    traceparent: Option<String> [Nullable<Text>],
}}

/// A timer that fired.
#[derive(Clone, Debug, PartialEq)]
pub struct FiredTimer {
    /// [`crate::domain::timer::Timer::key`].
    pub id: String,
    pub case_id: Option<CaseId>,
    pub due_at: Instant,
    pub fired_at: Instant,
}

stored! { timers_fired for FiredTimer {
    id: String [Text],
    case_id: Option<CaseId> [Nullable<DbUuid>],
    due_at: Instant [DbInstant],
    fired_at: Instant [DbInstant],
}}

/// An item of a user's inbox.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct InboxItem {
    pub id: InboxId,
    #[serde(skip)]
    pub user_id: UserId,
    pub kind: NoticeKind,
    pub case_id: Option<CaseId>,
    pub session_id: Option<SessionId>,
    pub created_at: Instant,
    pub read_at: Option<Instant>,
}

stored! { inbox_items for InboxItem {
    id: InboxId [DbUuid],
    user_id: UserId [DbUuid],
    kind: NoticeKind [Text],
    case_id: Option<CaseId> [Nullable<DbUuid>],
    session_id: Option<SessionId> [Nullable<DbUuid>],
    created_at: Instant [DbInstant],
    read_at: Option<Instant> [Nullable<DbInstant>],
}}

/// Whether a user wants a kind of notice by a channel; absent means yes.
#[derive(Clone, Debug, PartialEq)]
pub struct PreferenceRow {
    /// `user:kind:channel`.
    pub id: String,
    pub user_id: UserId,
    pub kind: NoticeKind,
    pub channel: String,
    pub enabled: bool,
}

stored! { notice_preferences for PreferenceRow {
    id: String [Text],
    user_id: UserId [DbUuid],
    kind: NoticeKind [Text],
    channel: String [Text],
    enabled: bool [Bool],
}}

/// A webhook subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookRow {
    pub id: WebhookId,
    pub url: String,
    pub secret: crate::domain::secret::Secret,
    pub old_secret: Option<crate::domain::secret::Secret>,
    /// Until then the old secret signs beside the new one.
    pub old_secret_until: Option<Instant>,
    /// Event names; empty means all.
    pub events: Vec<String>,
    pub active: bool,
    pub disabled_reason: Option<String>,
    pub created_by: UserId,
    pub created_at: Instant,
}

stored! { webhooks for WebhookRow {
    id: WebhookId [DbUuid],
    url: String [Text],
    secret: crate::domain::secret::Secret [DbSecret],
    old_secret: Option<crate::domain::secret::Secret> [Nullable<DbSecret>],
    old_secret_until: Option<Instant> [Nullable<DbInstant>],
    events: Vec<String> [DbJson],
    active: bool [Bool],
    disabled_reason: Option<String> [Nullable<Text>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
}}

/// The reply kept for an idempotency key.
#[derive(Clone, Debug, PartialEq)]
pub struct IdempotencyRow {
    /// `principal:key`.
    pub id: String,
    pub fingerprint: String,
    pub status: i32,
    pub headers: Value,
    /// The exact bytes answered; confidential like what it answers.
    pub body: crate::domain::secret::Secret,
    pub case_id: Option<CaseId>,
    pub created_at: Instant,
    pub expires_at: Instant,
}

stored! { idempotency_keys for IdempotencyRow {
    id: String [Text],
    fingerprint: String [Text],
    status: i32 [Integer],
    headers: Value [DbJson],
    body: crate::domain::secret::Secret [DbSecret],
    case_id: Option<CaseId> [Nullable<DbUuid>],
    created_at: Instant [DbInstant],
    expires_at: Instant [DbInstant],
}}

/// The last case number of a committee in a year: gap-free, never reused.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseCounter {
    /// `committee:year`.
    pub id: String,
    pub last: i64,
}

stored! { case_counters for CaseCounter {
    id: String [Text],
    last: i64 [BigInt],
}}

/// A hashed trait by which a duplicate of a case may be found.
#[derive(Clone, Debug, PartialEq)]
pub struct DuplicateKey {
    /// `case:kind:hash`.
    pub id: String,
    pub case_id: CaseId,
    /// `party`, `phone`, `id_no`, `place`.
    pub kind: String,
    pub hash: String,
    pub registered_at: Instant,
}

stored! { duplicate_keys for DuplicateKey {
    id: String [Text],
    case_id: CaseId [DbUuid],
    kind: String [Text],
    hash: String [Text],
    registered_at: Instant [DbInstant],
}}

diesel::table! {
    use crate::store::types::sql::*;
    /// Commit-safe change log: read only rows whose transaction is older than every running one.
    change_log (seq) {
        seq -> BigInt,
        /// Transaction number (PostgreSQL), or `seq` again (SQLite, one writer).
        xid -> BigInt,
        case_id -> DbUuid,
        version -> BigInt,
        what -> Text,
        at -> DbInstant,
    }
}
