//! Case file tables.

use uuid::Uuid;

use crate::domain::agreement::*;
use crate::domain::case::*;
use crate::domain::dossier::*;
use crate::domain::ids::*;
use crate::domain::mediator::*;
use crate::domain::movement::*;
use crate::domain::party::*;
use crate::domain::record::*;
use crate::domain::secret::Secret;
use crate::domain::session::*;
use crate::domain::time::{Instant, LocalDate};
use crate::store::row::stored;

stored! { cases for Case {
    id: CaseId [DbUuid],
    code: String [Text],
    case_no: Option<String> [Nullable<Text>],
    committee_id: Option<CommitteeId> [Nullable<DbUuid>],
    procedure: Procedure [Text],
    title: String [Text],
    kind: CaseType [Text],
    state: CaseState [Text],
    outcome: Option<Outcome> [Nullable<Text>],
    risk: Risk [Text],
    difficulty: Difficulty [Text],
    source: Source [Text],
    channel: Channel [Text],
    origin_id: OrgId [DbUuid],
    origin_desk_id: Option<OrgId> [Nullable<DbUuid>],
    holder_id: OrgId [DbUuid],
    holder_desk_id: Option<OrgId> [Nullable<DbUuid>],
    holder_since: Instant [DbInstant],
    registrar_id: UserId [DbUuid],
    registered_at: Instant [DbInstant],
    accepted_at: Option<Instant> [Nullable<DbInstant>],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    next_step: Option<NextStep> [Nullable<Text>],
    next_due_at: Option<Instant> [Nullable<DbInstant>],
    live: bool [Bool],
    version: i64 [BigInt],
    audit_seq: i64 [BigInt],
    audit_hash: String [Text],
    amount_fen: Option<i64> [Nullable<BigInt>],
    summary: String [Text],
    updated_at: Instant [DbInstant],
    detail: CaseDetail [DbJson],
}}

stored! { parties for Party {
    id: PartyId [DbUuid],
    case_id: CaseId [DbUuid],
    side: i32 [Integer],
    role: PartyRole [Text],
    kind: PartyKind [Text],
    name: String [Text],
    name_key: String [Text],
    gender: Gender [Text],
    birth_date: Option<LocalDate> [Nullable<DbDate>],
    id_no: Option<Secret> [Nullable<DbSecret>],
    uscc: Option<String> [Nullable<Text>],
    phone: Option<Secret> [Nullable<DbSecret>],
    email: Option<Secret> [Nullable<DbSecret>],
    address: Option<Secret> [Nullable<DbSecret>],
    capacity: Capacity [Text],
    consent: Consent [Text],
    consent_at: Option<Instant> [Nullable<DbInstant>],
    rights_notice_at: Option<Instant> [Nullable<DbInstant>],
    is_representative: bool [Bool],
    settle_auth: SettleAuth [Text],
    withdrawn_at: Option<Instant> [Nullable<DbInstant>],
    substituted_by: Option<PartyId> [Nullable<DbUuid>],
    contact_hidden: bool [Bool],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    detail: PartyDetail [DbJson],
}}

stored! { participants for Participant {
    id: ParticipantId [DbUuid],
    case_id: CaseId [DbUuid],
    kind: ParticipantKind [Text],
    party_id: Option<PartyId> [Nullable<DbUuid>],
    name: String [Text],
    name_key: String [Text],
    phone: Option<Secret> [Nullable<DbSecret>],
    id_no: Option<Secret> [Nullable<DbSecret>],
    organisation: Option<String> [Nullable<Text>],
    relation: Option<String> [Nullable<Text>],
    user_id: Option<UserId> [Nullable<DbUuid>],
    mandate: Option<Mandate> [Nullable<DbJson>],
    consents: Vec<GivenConsent> [DbJson],
    revoked_at: Option<Instant> [Nullable<DbInstant>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
}}

stored! { issues for Issue {
    id: IssueId [DbUuid],
    case_id: CaseId [DbUuid],
    no: i32 [Integer],
    text: String [Text],
    claim: Option<String> [Nullable<Text>],
    amount_fen: Option<i64> [Nullable<BigInt>],
    claimed_by: Option<PartyId> [Nullable<DbUuid>],
    state: IssueState [Text],
    referred_to: Option<Route> [Nullable<Text>],
    created_at: Instant [DbInstant],
}}

stored! { assignments for Assignment {
    id: AssignmentId [DbUuid],
    case_id: CaseId [DbUuid],
    user_id: UserId [DbUuid],
    role: TeamRole [Text],
    committee_id: Option<CommitteeId> [Nullable<DbUuid>],
    mode: SelectionMode [Text],
    from_at: Instant [DbInstant],
    to_at: Option<Instant> [Nullable<DbInstant>],
    end_reason: Option<AssignmentEnd> [Nullable<Text>],
    conflicts: Vec<Disclosure> [DbJson],
    created_by: UserId [DbUuid],
}}

stored! { recusals for Recusal {
    id: RecusalId [DbUuid],
    case_id: CaseId [DbUuid],
    assignment_id: AssignmentId [DbUuid],
    requested_by: PartyId [DbUuid],
    ground: Option<ConflictKind> [Nullable<Text>],
    note: Option<String> [Nullable<Text>],
    requested_at: Instant [DbInstant],
    state: RecusalState [Text],
    replaced_by: Option<AssignmentId> [Nullable<DbUuid>],
}}

stored! { sessions for Session {
    id: SessionId [DbUuid],
    case_id: CaseId [DbUuid],
    no: i32 [Integer],
    kind: SessionKind [Text],
    state: SessionState [Text],
    planned_from: Instant [DbInstant],
    planned_to: Instant [DbInstant],
    venue_kind: VenueKind [Text],
    room_id: Option<RoomId> [Nullable<DbUuid>],
    venue: Option<Secret> [Nullable<DbSecret>],
    is_public: bool [Bool],
    sequence: i32 [Integer],
    opened_at: Option<Instant> [Nullable<DbInstant>],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    result: Option<SessionResult> [Nullable<Text>],
    caucus_party: Option<PartyId> [Nullable<DbUuid>],
    minutes: Option<Secret> [Nullable<DbSecret>],
    attendees: Vec<Attendee> [DbJson],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    detail: SessionDetail [DbJson],
}}

stored! { notes for Note {
    id: NoteId [DbUuid],
    case_id: CaseId [DbUuid],
    session_id: Option<SessionId> [Nullable<DbUuid>],
    party_id: Option<PartyId> [Nullable<DbUuid>],
    visibility: NoteVisibility [Text],
    body: Secret [DbSecret],
    author_id: UserId [DbUuid],
    created_at: Instant [DbInstant],
}}

stored! { agreements for Agreement {
    id: AgreementId [DbUuid],
    case_id: CaseId [DbUuid],
    no: i32 [Integer],
    number: Option<String> [Nullable<Text>],
    form: AgreementForm [Text],
    state: AgreementState [Text],
    partial: bool [Bool],
    reached_at: Option<Instant> [Nullable<DbInstant>],
    signing_at: Option<Instant> [Nullable<DbInstant>],
    effective_at: Option<Instant> [Nullable<DbInstant>],
    sealed_at: Option<Instant> [Nullable<DbInstant>],
    confirmation: ConfirmationState [Text],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    detail: AgreementDetail [DbJson],
}}

stored! { obligations for Obligation {
    id: ObligationId [DbUuid],
    case_id: CaseId [DbUuid],
    agreement_id: AgreementId [DbUuid],
    no: i32 [Integer],
    debtor_id: PartyId [DbUuid],
    creditor_id: PartyId [DbUuid],
    kind: ObligationKind [Text],
    description: String [Text],
    amount_fen: Option<i64> [Nullable<BigInt>],
    performed_fen: i64 [BigInt],
    due_on: LocalDate [DbDate],
    place: String [Text],
    mode: PerformanceMode [Text],
    state: ObligationState [Text],
    plan_no: Option<i32> [Nullable<Integer>],
    plan_total_fen: Option<i64> [Nullable<BigInt>],
    urged: i32 [Integer],
    performed_at: Option<Instant> [Nullable<DbInstant>],
    created_at: Instant [DbInstant],
}}

stored! { performances for Performance {
    id: PerformanceId [DbUuid],
    case_id: CaseId [DbUuid],
    obligation_id: ObligationId [DbUuid],
    amount_fen: Option<i64> [Nullable<BigInt>],
    performed_at: Instant [DbInstant],
    confirmed_by_creditor: bool [Bool],
    proof_id: Option<AttachmentId> [Nullable<DbUuid>],
    note: Option<String> [Nullable<Text>],
    recorded_by: UserId [DbUuid],
    recorded_at: Instant [DbInstant],
}}

stored! { signatures for Signature {
    id: SignatureId [DbUuid],
    case_id: CaseId [DbUuid],
    thing: SignedThing [Text],
    thing_id: Uuid [DbUuid],
    signed_as: SignedAs [Text],
    party_id: Option<PartyId> [Nullable<DbUuid>],
    participant_id: Option<ParticipantId> [Nullable<DbUuid>],
    user_id: Option<UserId> [Nullable<DbUuid>],
    method: SignMethod [Text],
    signed_at: Instant [DbInstant],
    image_sha256: Option<String> [Nullable<Text>],
    note: Option<String> [Nullable<Text>],
    recorded_by: UserId [DbUuid],
    recorded_at: Instant [DbInstant],
}}

stored! { transfers for Transfer {
    id: TransferId [DbUuid],
    case_id: CaseId [DbUuid],
    verb: TransferVerb [Text],
    from_id: OrgId [DbUuid],
    to_id: Option<OrgId> [Nullable<DbUuid>],
    external_target: Option<String> [Nullable<Text>],
    route: Option<Route> [Nullable<Text>],
    state: TransferState [Text],
    reasons: Vec<EscalateReason> [DbJson],
    note: String [Text],
    handling_so_far: Option<String> [Nullable<Text>],
    materials: Vec<AttachmentId> [DbJson],
    no_materials: Option<String> [Nullable<Text>],
    result_required: bool [Bool],
    result_due_at: Option<Instant> [Nullable<DbInstant>],
    due_at: Option<Instant> [Nullable<DbInstant>],
    submitted_by: UserId [DbUuid],
    submitted_at: Instant [DbInstant],
    decided_by: Option<UserId> [Nullable<DbUuid>],
    decided_at: Option<Instant> [Nullable<DbInstant>],
    defects: Vec<ReturnDefect> [DbJson],
    sender_consent: Option<SenderConsent> [Nullable<DbJson>],
    contest: Option<Contest> [Nullable<DbJson>],
    designation: Option<Designation> [Nullable<DbJson>],
    answer: Option<String> [Nullable<Text>],
    result: Option<String> [Nullable<Text>],
    result_at: Option<Instant> [Nullable<DbInstant>],
    parent_id: Option<TransferId> [Nullable<DbUuid>],
    climb: Option<Climb> [Nullable<DbJson>],
}}

stored! { custody for Custody {
    id: CustodyId [DbUuid],
    case_id: CaseId [DbUuid],
    org_id: OrgId [DbUuid],
    from_at: Instant [DbInstant],
    to_at: Option<Instant> [Nullable<DbInstant>],
    transfer_id: Option<TransferId> [Nullable<DbUuid>],
}}

stored! { incidents for Incident {
    id: IncidentId [DbUuid],
    case_id: CaseId [DbUuid],
    kind: IncidentKind [Text],
    found_at: Instant [DbInstant],
    victim_party_id: Option<PartyId> [Nullable<DbUuid>],
    reported_to: Vec<ReportTarget> [DbJson],
    reported_at: Option<Instant> [Nullable<DbInstant>],
    receipt_no: Option<String> [Nullable<Text>],
    measures: Option<Secret> [Nullable<DbSecret>],
    safety_plan: Option<Secret> [Nullable<DbSecret>],
    protection_order_told: bool [Bool],
    closed_at: Option<Instant> [Nullable<DbInstant>],
    outcome: Option<String> [Nullable<Text>],
    prevention_evidence: Vec<AttachmentId> [DbJson],
    imminent: bool [Bool],
    police_duty: bool [Bool],
    crisis_id: Option<CrisisId> [Nullable<DbUuid>],
    reports: Vec<ReportMade> [DbJson],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
}}

stored! { attachments for Attachment {
    id: AttachmentId [DbUuid],
    case_id: CaseId [DbUuid],
    kind: AttachmentKind [Text],
    doc_type: DocType [Text],
    title: String [Text],
    supplied_by: Option<PartyId> [Nullable<DbUuid>],
    is_original: bool [Bool],
    sealed: bool [Bool],
    signed_by: Vec<PartyId> [DbJson],
    filename: Option<String> [Nullable<Text>],
    media_type: Option<String> [Nullable<Text>],
    size_bytes: Option<i64> [Nullable<BigInt>],
    sha256: Option<String> [Nullable<Text>],
    file_key: Option<Uuid> [Nullable<DbUuid>],
    stored_at: Option<Instant> [Nullable<DbInstant>],
    created_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
    pages: Option<i64> [Nullable<BigInt>],
}}

stored! { dossiers for Dossier {
    id: DossierId [DbUuid],
    case_id: CaseId [DbUuid],
    edition: i32 [Integer],
    number: String [Text],
    volume: Option<String> [Nullable<Text>],
    pages: i64 [BigInt],
    file_key: Uuid [DbUuid],
    sha256: String [Text],
    size_bytes: i64 [BigInt],
    archived_by: UserId [DbUuid],
    archived_at: Instant [DbInstant],
}}

stored! { dossier_entries for DossierEntry {
    id: DossierEntryId [DbUuid],
    case_id: CaseId [DbUuid],
    dossier_id: DossierId [DbUuid],
    no: i32 [Integer],
    doc: DossierDoc [Text],
    title: String [Text],
    object_id: Option<Uuid> [Nullable<DbUuid>],
    attachment_id: Option<AttachmentId> [Nullable<DbUuid>],
    file: String [Text],
    sha256: Option<String> [Nullable<Text>],
    pages: i64 [BigInt],
    page_from: Option<i64> [Nullable<BigInt>],
}}

stored! { evaluations for Evaluation {
    id: EvaluationId [DbUuid],
    case_id: CaseId [DbUuid],
    party_id: PartyId [DbUuid],
    satisfaction: Satisfaction [Text],
    comment: Option<String> [Nullable<Text>],
    given_via: DeclaredBy [Text],
    by_participant: Option<ParticipantId> [Nullable<DbUuid>],
    recorded_by: UserId [DbUuid],
    created_at: Instant [DbInstant],
}}
