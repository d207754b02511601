//! Views of the mediating team, recusals and candidates. Ties are told by kind and id.

use serde::Serialize;

use super::Sees;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::mediator::*;
use crate::domain::rules::conflicts::{Candidate, Tie, ties, unfit};
use crate::domain::time::{Instant, LocalDate};

/// One part in the team, in force or past.
#[derive(Debug, Serialize)]
pub struct AssignmentView {
    #[serde(flatten)]
    pub assignment: Assignment,
    /// The name of the member of staff.
    pub name: Option<String>,
}

/// A request that a mediator withdraw.
#[derive(Debug, Serialize)]
pub struct RecusalView {
    pub id: RecusalId,
    pub case_id: CaseId,
    pub assignment_id: AssignmentId,
    pub user_id: Option<UserId>,
    pub requested_by: PartyId,
    pub ground: Option<ConflictKind>,
    pub note: Option<String>,
    pub requested_at: Instant,
    pub state: RecusalState,
    pub replaced_by: Option<AssignmentId>,
}

impl RecusalView {
    /// What the party said is for those who see the case in full.
    pub fn of(r: &Recusal, file: &CaseFile, sees: Sees) -> Self {
        let seat = file.assignments.iter().find(|a| a.id == r.assignment_id);
        Self {
            id: r.id,
            case_id: r.case_id,
            assignment_id: r.assignment_id,
            user_id: seat.map(|a| a.user_id),
            requested_by: r.requested_by,
            ground: r.ground,
            note: r.note.clone().filter(|_| sees.full),
            requested_at: r.requested_at,
            state: r.state,
            replaced_by: r.replaced_by,
        }
    }
}

/// Somebody who might mediate, with all that stands against it.
#[derive(Debug, Serialize)]
pub struct CandidateView {
    pub user_id: UserId,
    pub name: String,
    pub full_time: bool,
    /// Part in the team in force.
    pub assignment_id: Option<AssignmentId>,
    /// Codes of what bars the person as chair or mediator; empty when nothing does.
    pub unfit: Vec<String>,
    /// Ties to people of the case; those that do not bar need every principal party's waiver.
    pub ties: Vec<Tie>,
}

impl CandidateView {
    pub fn of(file: &CaseFile, candidate: &Candidate, today: LocalDate) -> Self {
        let user = &candidate.user;
        let seat = file.team().find(|a| a.user_id == user.id);
        Self {
            user_id: user.id,
            name: user.name.clone(),
            full_time: candidate.memberships.iter().any(|(_, m)| m.full_time),
            assignment_id: seat.map(|a| a.id),
            unfit: unfit(file, candidate, TeamRole::Mediator, today),
            ties: ties(file, candidate),
        }
    }
}
