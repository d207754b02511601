//! Follow-up visits.

use crate::domain::agreement::SignMethod;
use crate::domain::follow_up::*;
use crate::domain::ids::*;
use crate::domain::record::Satisfaction;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::store::row::stored;

stored! { follow_ups for FollowUp {
    id: FollowUpId [DbUuid],
    case_id: CaseId [DbUuid],
    no: i32 [Integer],
    kind: FollowUpKind [Text],
    origin: FollowUpOrigin [Text],
    variant: Option<String> [Nullable<Text>],
    agreement_id: Option<AgreementId> [Nullable<DbUuid>],
    state: FollowUpState [Text],
    due_on: LocalDate [DbDate],
    tries: i32 [Integer],
    visited_at: Option<Instant> [Nullable<DbInstant>],
    mode: Option<FollowUpMode> [Nullable<Text>],
    met_parties: Vec<PartyId> [DbJson],
    met_others: Option<Secret> [Nullable<DbSecret>],
    performance_pct: Option<i32> [Nullable<Integer>],
    satisfaction: Option<Satisfaction> [Nullable<Text>],
    sued: Option<bool> [Nullable<Bool>],
    judgment: Option<Secret> [Nullable<DbSecret>],
    wrong_mediation: Option<bool> [Nullable<Bool>],
    hidden_danger: Option<bool> [Nullable<Bool>],
    situation: Option<Secret> [Nullable<DbSecret>],
    measures: Option<Secret> [Nullable<DbSecret>],
    visitor_id: Option<UserId> [Nullable<DbUuid>],
    signed: Option<SignMethod> [Nullable<Text>],
    ended_as: Option<FollowUpEnd> [Nullable<Text>],
    end_note: Option<String> [Nullable<Text>],
    settled_at: Option<Instant> [Nullable<DbInstant>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    detail: FollowUpDetail [DbJson],
}}
