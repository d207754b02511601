//! Tables of the search for made-up cases.

use crate::domain::ids::*;
use crate::domain::signals::*;
use crate::domain::time::Instant;
use crate::store::row::stored;

stored! { signals for Signal {
    id: SignalId [DbUuid],
    case_id: CaseId [DbUuid],
    score: i32 [Integer],
    parts: Parts [DbJson],
    computed_at: Instant [DbInstant],
    review: SignalReview [Text],
    note: Option<String> [Nullable<Text>],
    reviewed_by: Option<UserId> [Nullable<DbUuid>],
    reviewed_at: Option<Instant> [Nullable<DbInstant>],
    reviewed_score: Option<i32> [Nullable<Integer>],
}}

/// What is known of a closed case for comparing it with others.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalCase {
    pub case_id: CaseId,
    /// The print of its narrative; empty for one too short.
    pub print: String,
    pub chair_id: Option<UserId>,
    pub desk_id: Option<OrgId>,
    pub closed_at: Instant,
}

stored! { signal_cases for SignalCase {
    case_id: CaseId [DbUuid],
    print: String [Text],
    chair_id: Option<UserId> [Nullable<DbUuid>],
    desk_id: Option<OrgId> [Nullable<DbUuid>],
    closed_at: Instant [DbInstant],
}}

/// A key under which like cases find each other: a band of a print, or two people.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalKeyRow {
    pub id: String,
    pub key: String,
    pub case_id: CaseId,
}

stored! { signal_keys for SignalKeyRow {
    id: String [Text],
    key: String [Text],
    case_id: CaseId [DbUuid],
}}

/// How far the change log has been read.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalCursor {
    pub id: String,
    pub xid: i64,
    pub seq: i64,
}

stored! { signal_cursors for SignalCursor {
    id: String [Text],
    xid: i64 [BigInt],
    seq: i64 [BigInt],
}}
