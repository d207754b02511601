//! Tables of the statistical return.

use crate::domain::agreement::AgreementForm;
use crate::domain::case::{CaseType, Channel, Source};
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::org::CommitteeKind;
use crate::domain::time::{Instant, LocalDate};
use crate::store::row::stored;

stored! { return_entries for ReturnEntry {
    id: EntryId [DbUuid],
    case_id: CaseId [DbUuid],
    act: CountedAct [Text],
    at: Instant [DbInstant],
    on_date: LocalDate [DbDate],
    recorded_at: Instant [DbInstant],
    undone_at: Option<Instant> [Nullable<DbInstant>],
    org_id: OrgId [DbUuid],
    desk_id: Option<OrgId> [Nullable<DbUuid>],
    committee_kind: Option<CommitteeKind> [Nullable<Text>],
    kind: CaseType [Text],
    source: Source [Text],
    channel: Channel [Text],
    result: Option<CountedResult> [Nullable<Text>],
    form: Option<AgreementForm> [Nullable<Text>],
    complex: bool [Bool],
    persons: i64 [BigInt],
    amount_fen: i64 [BigInt],
    averted: Option<Averted> [Nullable<Text>],
    incident_id: Option<IncidentId> [Nullable<DbUuid>],
}}

stored! { returns for StatReturn {
    id: ReturnId [DbUuid],
    org_id: OrgId [DbUuid],
    period: ReturnPeriod [Text],
    from_on: LocalDate [DbDate],
    to_on: LocalDate [DbDate],
    revision: i32 [Integer],
    revises: Option<ReturnId> [Nullable<DbUuid>],
    state: ReturnState [Text],
    as_of: Instant [DbInstant],
    figures: Figures [DbJson],
    entries: i64 [BigInt],
    digest: String [Text],
    reason: Option<String> [Nullable<Text>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    submitted_by: Option<UserId> [Nullable<DbUuid>],
    submitted_at: Option<Instant> [Nullable<DbInstant>],
}}

diesel::table! {
    use crate::store::types::sql::*;
    return_items (return_id, entry_id) {
        return_id -> DbUuid,
        entry_id -> DbUuid,
    }
}

diesel::allow_columns_to_appear_in_same_group_by_clause!(
    return_entries::act,
    return_entries::committee_kind,
    return_entries::kind,
    return_entries::source,
    return_entries::channel,
    return_entries::result,
    return_entries::form,
    return_entries::complex,
    return_entries::averted,
);
