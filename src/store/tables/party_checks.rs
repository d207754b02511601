//! Requests to parties to confirm.

use crate::domain::ids::*;
use crate::domain::party_check::*;
use crate::domain::record::Satisfaction;
use crate::domain::time::Instant;
use crate::store::row::stored;

stored! { party_checks for PartyCheck {
    id: PartyCheckId [DbUuid],
    case_id: CaseId [DbUuid],
    party_id: PartyId [DbUuid],
    agreement_id: Option<AgreementId> [Nullable<DbUuid>],
    via: PartyCheckVia [Text],
    code_hash: String [Text],
    state: PartyCheckState [Text],
    created_at: Instant [DbInstant],
    expires_at: Instant [DbInstant],
    answered_at: Option<Instant> [Nullable<DbInstant>],
    took_place: Option<bool> [Nullable<Bool>],
    own_agreement: Option<bool> [Nullable<Bool>],
    satisfaction: Option<Satisfaction> [Nullable<Text>],
    task_id: Option<TaskId> [Nullable<DbUuid>],
}}
