//! Clocks, their policies and the calendars they are counted on.

use uuid::Uuid;

use crate::domain::clocks::calendar_file::CalendarDoc;
use crate::domain::clocks::{Clock, ClockDetail, ClockState, ClockSubject, Policy};
use crate::domain::ids::*;
use crate::domain::time::{Instant, LocalDate};
use crate::store::row::stored;

stored! { clocks for Clock {
    id: ClockId [DbUuid],
    case_id: CaseId [DbUuid],
    policy: String [Text],
    policy_version: i64 [BigInt],
    variant: Option<String> [Nullable<Text>],
    subject: ClockSubject [Text],
    subject_id: Uuid [DbUuid],
    calendar: String [Text],
    started_at: Instant [DbInstant],
    state: ClockState [Text],
    due_at: Option<Instant> [Nullable<DbInstant>],
    yellow_at: Option<Instant> [Nullable<DbInstant>],
    last_day: Option<LocalDate> [Nullable<DbDate>],
    informs: bool [Bool],
    wake_at: Option<Instant> [Nullable<DbInstant>],
    breached_at: Option<Instant> [Nullable<DbInstant>],
    ended_at: Option<Instant> [Nullable<DbInstant>],
    detail: ClockDetail [DbJson],
}}

/// A calendar document as committed; of each region the one with the highest `seq` is in force.
#[derive(Clone, Debug, PartialEq)]
pub struct CalendarVersion {
    pub id: Uuid,
    pub region: String,
    pub version: String,
    pub seq: i64,
    pub document: CalendarDoc,
    pub committed_by: UserId,
    pub committed_at: Instant,
}

stored! { calendar_versions for CalendarVersion {
    id: Uuid [DbUuid],
    region: String [Text],
    version: String [Text],
    seq: i64 [BigInt],
    document: CalendarDoc [DbJson],
    committed_by: UserId [DbUuid],
    committed_at: Instant [DbInstant],
}}

/// A version of a clock policy as loaded at a start. It is never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyRow {
    /// `code@version`.
    pub id: String,
    pub code: String,
    pub version: i64,
    pub effective_from: LocalDate,
    pub body: Policy,
    pub loaded_at: Instant,
}

stored! { clock_policies for PolicyRow {
    id: String [Text],
    code: String [Text],
    version: i64 [BigInt],
    effective_from: LocalDate [DbDate],
    body: Policy [DbJson],
    loaded_at: Instant [DbInstant],
}}
