//! What the policy looks at, read from the seats and the movements of cases.

use diesel::prelude::*;

use super::cached::{Cached, padded};
use super::tables::case::{assignments, transfers};
use super::tables::county::{case_owners, tasks};
use super::tx::Snap;
use super::types::{BadColumn, Col, UuidCol};
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::mediator::{Assignment, AssignmentEnd, TeamRole};
use crate::domain::movement::{Transfer, TransferState, TransferVerb};
use crate::domain::policy::CaseScope;
use crate::error::Error;

/// A place on the team, as far as the policy asks.
#[derive(Clone, Copy)]
struct Seat {
    case_id: CaseId,
    user_id: UserId,
    role: TeamRole,
    live: bool,
    recused: bool,
}

/// A movement, as far as the policy asks.
#[derive(Clone, Copy)]
struct Step {
    case_id: CaseId,
    verb: TransferVerb,
    from_id: OrgId,
    to_id: Option<OrgId>,
    state: TransferState,
}

impl From<&Assignment> for Seat {
    fn from(a: &Assignment) -> Self {
        Self {
            case_id: a.case_id,
            user_id: a.user_id,
            role: a.role,
            live: a.to_at.is_none(),
            recused: a.end_reason == Some(AssignmentEnd::Recused),
        }
    }
}

impl From<&Transfer> for Step {
    fn from(t: &Transfer) -> Self {
        Self {
            case_id: t.case_id,
            verb: t.verb,
            from_id: t.from_id,
            to_id: t.to_id,
            state: t.state,
        }
    }
}

type SeatRow = (UuidCol, UuidCol, String, bool, Option<String>);
type StepRow = (UuidCol, String, UuidCol, Option<UuidCol>, String);

fn seat((case_id, user_id, role, live, end): SeatRow) -> Result<Seat, BadColumn> {
    Ok(Seat {
        case_id: Col::take(case_id)?,
        user_id: Col::take(user_id)?,
        role: Col::take(role)?,
        live,
        recused: <Option<AssignmentEnd> as Col>::take(end)? == Some(AssignmentEnd::Recused),
    })
}

fn step((case_id, verb, from_id, to_id, state): StepRow) -> Result<Step, BadColumn> {
    Ok(Step {
        case_id: Col::take(case_id)?,
        verb: Col::take(verb)?,
        from_id: Col::take(from_id)?,
        to_id: Col::take(to_id)?,
        state: Col::take(state)?,
    })
}

impl Snap<'_> {
    /// The scope of a loaded case.
    pub fn scope_of(&mut self, case: &Case) -> Result<CaseScope, Error> {
        let mut scopes = self.scopes_of(std::slice::from_ref(case))?;
        scopes
            .pop()
            .ok_or_else(|| Error::internal("a case without a scope"))
    }

    /// The policy scopes of a page of cases, in four statements.
    pub fn scopes_of(&mut self, list: &[Case]) -> Result<Vec<CaseScope>, Error> {
        if list.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = padded(list.iter().map(|c| c.id.put()).collect::<Vec<UuidCol>>());
        let seats = assignments::table
            .filter(assignments::case_id.eq_any(wanted.clone()))
            .order((assignments::case_id, assignments::id))
            .select((
                assignments::case_id,
                assignments::user_id,
                assignments::role,
                assignments::to_at.is_null(),
                assignments::end_reason,
            ));
        let seats = Cached(seats).load::<SeatRow>(self.conn)?;
        let steps = transfers::table
            .filter(transfers::case_id.eq_any(wanted.clone()))
            .order((transfers::case_id, transfers::id))
            .select((
                transfers::case_id,
                transfers::verb,
                transfers::from_id,
                transfers::to_id,
                transfers::state,
            ));
        let steps = Cached(steps).load::<StepRow>(self.conn)?;
        let calls = tasks::table
            .filter(tasks::case_id.eq_any(wanted.clone()))
            .filter(tasks::state.eq_any(["open", "reported"]))
            .order((tasks::case_id, tasks::id))
            .select((tasks::case_id, tasks::unit_id));
        let calls = Cached(calls).load::<(UuidCol, UuidCol)>(self.conn)?;
        let owners = case_owners::table
            .filter(case_owners::case_id.eq_any(wanted))
            .filter(case_owners::to_at.is_null())
            .order((case_owners::case_id, case_owners::id))
            .select((case_owners::case_id, case_owners::user_id));
        let owners = Cached(owners).load::<(UuidCol, UuidCol)>(self.conn)?;
        let seats = collected(seats.into_iter().map(seat))?;
        let steps = collected(steps.into_iter().map(step))?;
        Ok(list
            .iter()
            .map(|c| {
                let seats = seats.iter().filter(|s| s.case_id == c.id).copied();
                let steps = steps.iter().filter(|s| s.case_id == c.id).copied();
                let called = calls.iter().filter(|(case, _)| *case == c.id.put());
                let called = called.map(|(_, unit)| OrgId::new(unit.0)).collect();
                let owners = owners.iter().filter(|(case, _)| *case == c.id.put());
                CaseScope {
                    called,
                    owners: owners.map(|(_, user)| UserId::new(user.0)).collect(),
                    ..scope(c, &seats.collect::<Vec<_>>(), &steps.collect::<Vec<_>>())
                }
            })
            .collect())
    }
}

fn collected<T>(rows: impl Iterator<Item = Result<T, BadColumn>>) -> Result<Vec<T>, Error> {
    rows.collect::<Result<_, _>>().map_err(Error::internal)
}

/// The policy's scope of a whole file.
pub fn file_scope(file: &CaseFile) -> CaseScope {
    let seats: Vec<Seat> = file.assignments.iter().map(Seat::from).collect();
    let steps: Vec<Step> = file.transfers.iter().map(Step::from).collect();
    let called = file.tasks.iter().filter(|t| t.state.is_live());
    let owners = file.owners.iter().filter(|o| o.to_at.is_none());
    CaseScope {
        called: called.map(|t| t.unit_id).collect(),
        owners: owners.map(|o| o.user_id).collect(),
        ..scope(&file.case, &seats, &steps)
    }
}

fn scope(case: &Case, seats: &[Seat], steps: &[Step]) -> CaseScope {
    let pending = || {
        steps
            .iter()
            .filter(|t| t.state == TransferState::Submitted && t.verb != TransferVerb::ReferOut)
    };
    let went_through =
        |t: &&Step| matches!(t.state, TransferState::Accepted | TransferState::Completed);
    CaseScope {
        origin_id: case.origin_id,
        origin_desk_id: case.origin_desk_id,
        holder_id: case.holder_id,
        holder_desk_id: case.holder_desk_id,
        registrar_id: case.registrar_id,
        state: case.state,
        team: seats
            .iter()
            .filter(|s| s.live)
            .map(|s| (s.user_id, s.role))
            .collect(),
        recused: seats
            .iter()
            .filter(|s| s.recused)
            .map(|s| s.user_id)
            .collect(),
        pending_to: pending().filter_map(|t| t.to_id).collect(),
        pending_from: pending().map(|t| t.from_id).collect(),
        involved: steps
            .iter()
            .filter(went_through)
            .flat_map(|t| [Some(t.from_id), t.to_id])
            .flatten()
            .collect(),
        called: Vec::new(),
        owners: Vec::new(),
        crisis: case.detail.support.is_some(),
    }
}
