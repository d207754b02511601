//! The published code lists.

use std::collections::BTreeMap;

use serde_json::json;

use super::dossier::{DossierPoint, PointState};
use crate::call::Call;
use crate::domain::agreement::*;
use crate::domain::calendar::DayKind;
use crate::domain::case::*;
use crate::domain::clocks::{
    BreachAct, ClockEvent, ClockState, ClockSubject, DayEnd, Effect, ExtendBy, Light, SkipReason,
    Told, Track, Unit,
};
use crate::domain::codes::{Code, CodeEntry, entries};
use crate::domain::county::*;
use crate::domain::crisis::{CrisisState, EntryKind, HandTo, Rung, Sign, StepCode, Tier};
use crate::domain::dossier::{DossierDoc, Necessity};
use crate::domain::figures::*;
use crate::domain::follow_up::*;
use crate::domain::machine::Act;
use crate::domain::mediator::*;
use crate::domain::movement::*;
use crate::domain::notice::NoticeKind;
use crate::domain::operations::{Operation, Target};
use crate::domain::org::*;
use crate::domain::party::*;
use crate::domain::party_check::{PartyCheckState, PartyCheckVia};
use crate::domain::petition::PetitionStage;
use crate::domain::record::*;
use crate::domain::rules::closed_loop::{LoopStep, StepState};
use crate::domain::rules::closing::ReopenGround;
use crate::domain::rules::dossier::DossierItem;
use crate::domain::rules::duplicates::TraitKind;
use crate::domain::rules::open_duties::{DutyHolder, OpenDutyKind};
use crate::domain::second_factor::{Factor, IdentityProof};
use crate::domain::session::*;
use crate::domain::signals::*;
use crate::domain::staffing::CommitteeWarning;
use crate::domain::task::{TaskKind, TaskState};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

macro_rules! lists {
    ($($t:ty),+ $(,)?) => {
        /// Every code list, by name.
        pub fn all() -> BTreeMap<&'static str, Vec<CodeEntry>> {
            BTreeMap::from([$((<$t as Code>::LIST, entries::<$t>())),+])
        }
    };
}

lists!(
    CaseType,
    Source,
    Channel,
    Procedure,
    LoopStep,
    StepState,
    DelegationStage,
    PetitionStage,
    CaseState,
    Outcome,
    Risk,
    Difficulty,
    RiskHint,
    Tag,
    JurisdictionBasis,
    RelationKind,
    RejectCode,
    Route,
    TerminationReason,
    SuspendReason,
    Confidentiality,
    NextStep,
    Retention,
    PartyRole,
    PartyKind,
    Capacity,
    Gender,
    Consent,
    DeclaredBy,
    SettleAuth,
    ParticipantKind,
    MandateScope,
    IssueState,
    TeamRole,
    SelectionMode,
    AssignmentEnd,
    ConflictKind,
    RecusalState,
    SessionKind,
    SessionState,
    SessionResult,
    VenueKind,
    AttendeeKind,
    NoteVisibility,
    AgreementForm,
    AgreementState,
    ConfirmationState,
    SignedThing,
    SignedAs,
    SignMethod,
    ObligationKind,
    ObligationState,
    BreachRoute,
    PerformanceMode,
    TransferVerb,
    TransferState,
    EscalateReason,
    ReturnDefect,
    IncidentKind,
    ReportTarget,
    ReportVia,
    Tier,
    CrisisState,
    Sign,
    StepCode,
    HandTo,
    EntryKind,
    Rung,
    AttachmentKind,
    DocType,
    Satisfaction,
    OrgKind,
    CommitteeKind,
    AppointmentKind,
    Role,
    UserState,
    RelativeKind,
    CommitteeWarning,
    NoticeKind,
    Act,
    Operation,
    Target,
    TraitKind,
    ReopenGround,
    DossierItem,
    ReturnPeriod,
    ReturnState,
    CountedAct,
    CountedResult,
    Averted,
    Side,
    CellUnit,
    SignalPart,
    SignalReview,
    EvidenceKind,
    DossierDoc,
    Necessity,
    DossierPoint,
    PointState,
    Factor,
    IdentityProof,
    Unit,
    DayEnd,
    DayKind,
    Track,
    Effect,
    BreachAct,
    ClockSubject,
    ClockEvent,
    ClockState,
    Told,
    ExtendBy,
    Light,
    SkipReason,
    TaskKind,
    TaskState,
    WhistleState,
    ResponseMode,
    ResponseRating,
    WhistleAccuracy,
    ConferenceState,
    SupervisionLevel,
    SupervisionState,
    OwnerEnd,
    FollowUpKind,
    FollowUpOrigin,
    FollowUpState,
    FollowUpMode,
    FollowUpEnd,
    VisitResult,
    OpenDutyKind,
    PartyCheckState,
    PartyCheckVia,
    DutyHolder,
);

/// `GET /code-lists`.
pub fn lists(_: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    Reply::json(200, &json!({"data": all()}))
}
