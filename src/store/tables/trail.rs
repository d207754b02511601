//! What stands beside the events of the audit trail: hand-overs of its key, runs of its
//! verification.

use serde_json::Value;

use crate::domain::ids::{UserId, VerificationId};
use crate::domain::time::Instant;
use crate::store::row::stored;

/// A hand-over of the key that signs checkpoints.
#[derive(Clone, Debug, PartialEq)]
pub struct RotationRow {
    /// The size of the tree at which the new key follows the old one.
    pub size: i64,
    /// The note of both keys.
    pub note: String,
    pub created_at: Instant,
}

stored! { audit_rotations for RotationRow {
    size: i64 [BigInt],
    note: String [Text],
    created_at: Instant [DbInstant],
}}

/// A run of the verification.
#[derive(Clone, Debug, PartialEq)]
pub struct VerificationRow {
    pub id: VerificationId,
    /// `queued`, `running`, `done`, `aborted`.
    pub state: String,
    /// The node that runs or ran it.
    pub node: Option<String>,
    /// The key text that is trusted.
    pub public_key: String,
    /// Checkpoint notes kept elsewhere.
    pub pinned: Vec<String>,
    pub requested_by: UserId,
    pub requested_at: Instant,
    pub started_at: Option<Instant>,
    /// The last sign of life of its node.
    pub touched_at: Instant,
    pub finished_at: Option<Instant>,
    pub records_read: i64,
    /// An estimate until it is done.
    pub records_total: i64,
    pub report: Option<Value>,
}

stored! { audit_verifications for VerificationRow {
    id: VerificationId [DbUuid],
    state: String [Text],
    node: Option<String> [Nullable<Text>],
    public_key: String [Text],
    pinned: Vec<String> [DbJson],
    requested_by: UserId [DbUuid],
    requested_at: Instant [DbInstant],
    started_at: Option<Instant> [Nullable<DbInstant>],
    touched_at: Instant [DbInstant],
    finished_at: Option<Instant> [Nullable<DbInstant>],
    records_read: i64 [BigInt],
    records_total: i64 [BigInt],
    report: Option<Value> [Nullable<DbJson>],
}}
