//! Organisation tables.

use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::store::row::stored;

stored! { org_units for OrgUnit {
    id: OrgId [DbUuid],
    kind: OrgKind [Text],
    parent_id: Option<OrgId> [Nullable<DbUuid>],
    name: String [Text],
    division_code: Option<String> [Nullable<Text>],
    desk_id: Option<OrgId> [Nullable<DbUuid>],
    seal_no: Option<String> [Nullable<Text>],
    active: bool [Bool],
    created_at: Instant [DbInstant],
}}

stored! { committees for Committee {
    id: CommitteeId [DbUuid],
    org_id: OrgId [DbUuid],
    kind: CommitteeKind [Text],
    name: String [Text],
    prefix: String [Text],
    seal_no: String [Text],
    term_from: LocalDate [DbDate],
    term_to: LocalDate [DbDate],
    active: bool [Bool],
    created_at: Instant [DbInstant],
}}

stored! { committee_members for Member {
    id: MemberId [DbUuid],
    committee_id: CommitteeId [DbUuid],
    user_id: UserId [DbUuid],
    appointment: AppointmentKind [Text],
    full_time: bool [Bool],
    is_chair: bool [Bool],
    female: bool [Bool],
    from_on: LocalDate [DbDate],
    to_on: Option<LocalDate> [Nullable<DbDate>],
    created_at: Instant [DbInstant],
}}

stored! { users for User {
    id: UserId [DbUuid],
    username: String [Text],
    name: String [Text],
    email: Option<String> [Nullable<Text>],
    phone: Option<Secret> [Nullable<DbSecret>],
    id_no: Option<Secret> [Nullable<DbSecret>],
    address: Option<Secret> [Nullable<DbSecret>],
    birth_date: Option<LocalDate> [Nullable<DbDate>],
    locale: String [Text],
    state: UserState [Text],
    password_phc: Option<String> [Nullable<Text>],
    password_changed_at: Option<Instant> [Nullable<DbInstant>],
    epoch: i64 [BigInt],
    created_at: Instant [DbInstant],
    updated_at: Instant [DbInstant],
}}

stored! { role_grants for Grant {
    id: GrantId [DbUuid],
    user_id: UserId [DbUuid],
    role: Role [Text],
    org_id: OrgId [DbUuid],
    granted_by: Option<UserId> [Nullable<DbUuid>],
    granted_at: Instant [DbInstant],
    revoked_at: Option<Instant> [Nullable<DbInstant>],
}}

stored! { staff_relatives for Relative {
    id: RelativeId [DbUuid],
    user_id: UserId [DbUuid],
    kind: RelativeKind [Text],
    name: String [Text],
    id_no: Option<Secret> [Nullable<DbSecret>],
    phone: Option<Secret> [Nullable<DbSecret>],
    created_at: Instant [DbInstant],
}}

stored! { rooms for Room {
    id: RoomId [DbUuid],
    org_id: OrgId [DbUuid],
    name: String [Text],
    capacity: i32 [Integer],
    active: bool [Bool],
}}
