//! What stands beside the events of the audit trail: hand-overs of its key.

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
