//! Disclosure of a tie, its waiver, and the request that a mediator withdraw (G-07, G-09).

use super::conflicts::{Tie, is_waived};
use super::mediators::end;
use super::session_people::restaff;
use super::steps::owe;
use crate::domain::calendar::Calendar;
use crate::domain::case::{CaseState, NextStep};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::mediator::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::GivenConsent;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::SessionState;
use crate::domain::time::Instant;

/// `POST …/assignments/{assignment_id}/disclose`.
#[derive(Clone, Debug)]
pub struct Disclose {
    pub kind: ConflictKind,
    pub party_id: Option<PartyId>,
    pub participant_id: Option<ParticipantId>,
}

impl Disclose {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let kind = o.req("kind");
        let party_id = o.opt("party_id");
        let participant_id = o.opt("participant_id");
        Some(Self {
            kind: kind?,
            party_id: party_id?,
            participant_id: participant_id?,
        })
    }
}

/// Records a tie of somebody on the team. Until every principal party waives it or the person is
/// replaced, no session opens (G-07).
///
/// # Errors
/// `already_done` when it was disclosed before, `wrong_state` when the assignment has ended.
pub fn disclose(
    file: &CaseFile,
    seat: &Assignment,
    input: Disclose,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let tie = Tie {
        kind: input.kind,
        party_id: input.party_id,
        participant_id: input.participant_id,
    };
    let mut g = Guards::new();
    g.extend(in_force(seat));
    let party = input.party_id.filter(|id| file.party(*id).is_none());
    g.forbid(party, Reason::UnknownReference);
    let participant = input
        .participant_id
        .filter(|id| file.participant(*id).is_none());
    g.forbid(participant, Reason::UnknownReference);
    let known = seat.conflicts.iter().any(|c| Tie::of(c) == tie);
    g.require(!known, Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    let mut told = seat.clone();
    told.conflicts.push(Disclosure {
        kind: tie.kind,
        party_id: tie.party_id,
        participant_id: tie.participant_id,
        detected: false,
        at: now,
        waivers: Vec::new(),
    });
    d.update(told);
    d.event(Event::ConflictDisclosed {
        assignment: seat.id,
        conflict: tie.kind,
    });
    Ok(d)
}

/// `POST …/assignments/{assignment_id}/waive`.
#[derive(Clone, Copy, Debug)]
pub struct Waive {
    pub party_id: PartyId,
    pub given: bool,
}

impl Waive {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let party_id = o.req("party_id");
        let given = o.req("given");
        Some(Self {
            party_id: party_id?,
            given: given?,
        })
    }
}

/// A principal party says whether the ties disclosed so far are a reason to withdraw. What is
/// disclosed later is waived anew.
///
/// # Errors
/// `wrong_state` when nothing was disclosed or the assignment has ended, `unknown_reference` when
/// the party has no say.
pub fn waive(
    file: &CaseFile,
    seat: &Assignment,
    input: Waive,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(waive_guards(seat));
    if !file.principals().any(|p| p.id == input.party_id) {
        g.add(Refusal::about(Reason::UnknownReference, [input.party_id]));
    }
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    let mut heard = seat.clone();
    for conflict in &mut heard.conflicts {
        conflict.waivers.retain(|w| w.party_id != input.party_id);
        conflict.waivers.push(GivenConsent {
            party_id: input.party_id,
            given: input.given,
            at: now,
        });
    }
    d.update(heard);
    d.event(Event::ConflictWaived {
        assignment: seat.id,
        party: input.party_id,
        given: input.given,
    });
    Ok(d)
}

/// Ties of the team in force that are not waived by all sides, as `kind:id` (G-07).
pub fn unwaived_ties(file: &CaseFile) -> Vec<String> {
    file.team()
        .flat_map(|a| &a.conflicts)
        .filter(|c| !is_waived(file, c))
        .map(|c| Tie::of(c).item())
        .collect()
}

/// `POST /cases/{case_id}/recusals`. No reason is needed and none is tested (若干规定 第二十五条).
#[derive(Clone, Debug)]
pub struct RequestRecusal {
    pub id: Option<RecusalId>,
    pub assignment_id: AssignmentId,
    pub party_id: PartyId,
    pub ground: Option<ConflictKind>,
    pub note: Option<String>,
    /// When the party asked; defaults to now.
    pub at: Option<Instant>,
}

impl RequestRecusal {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let assignment_id = o.req("assignment_id");
        let party_id = o.req("party_id");
        let ground = o.opt("ground");
        let note = o.opt::<Text<500>>("note");
        let at = o.opt("requested_at");
        Some(Self {
            id: id?,
            assignment_id: assignment_id?,
            party_id: party_id?,
            ground: ground?,
            note: note?.map(|t| t.0),
            at: at?,
        })
    }
}

/// A party asks a mediator to withdraw. The assignment ends in the same act, and with it every
/// right it gave; against a chair the request stays open, and bars sessions, until another chair
/// is appointed (G-09).
///
/// # Errors
/// `already_done` when the assignment has ended, `unknown_reference` when assignment or party is
/// not of this case.
pub fn request_recusal(
    file: &CaseFile,
    input: RequestRecusal,
    calendar: &Calendar,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    let at = input.at.unwrap_or(now);
    let seat = file
        .assignments
        .iter()
        .find(|a| a.id == input.assignment_id);
    if !file.live_parties().any(|p| p.id == input.party_id) {
        g.add(Refusal::about(Reason::UnknownReference, [input.party_id]));
    }
    g.require(at <= now, Reason::InFuture);
    let Some(seat) = seat else {
        g.add(Refusal::about(
            Reason::UnknownReference,
            [input.assignment_id],
        ));
        return Err(g.into_inner());
    };
    g.extend(recusal_guards(seat));
    g.require(at >= seat.from_at, Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::RecusalRequested {
        assignment: seat.id,
        user: seat.user_id,
        party: input.party_id,
    });
    end(&mut d, seat, AssignmentEnd::Recused, now);
    d.insert(Recusal {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        assignment_id: seat.id,
        requested_by: input.party_id,
        ground: input.ground,
        note: input.note,
        requested_at: at,
        state: RecusalState::Requested,
        replaced_by: None,
    });
    restaff(&mut d, file, Some(seat.user_id), None);
    if seat.role == TeamRole::Chair {
        owe_a_chair(&mut d, file, calendar, now);
    }
    let decided = || Notice::of(NoticeKind::RecusalDecided);
    d.tell(Recipient::User(seat.user_id), decided());
    d.tell(Recipient::Unit(file.case.holder_id), decided());
    Ok(d)
}

/// The holder owes a new chair: by the next session, at the latest in one working day.
fn owe_a_chair(d: &mut Decision, file: &CaseFile, calendar: &Calendar, now: Instant) {
    if !matches!(
        file.case.state,
        CaseState::Assigned | CaseState::InMediation
    ) {
        return;
    }
    let next_session = file
        .sessions
        .iter()
        .filter(|s| matches!(s.state, SessionState::Planned | SessionState::Notified))
        .map(|s| s.planned_from)
        .filter(|from| *from > now);
    let one_day = calendar.add_working_days(now.local_date(), 1).end();
    let due = next_session.chain([one_day]).min();
    owe(d.case_mut(), Some(NextStep::Assign), due);
}

/// What bars a disclosure: the assignment has ended.
pub fn in_force(seat: &Assignment) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(seat.to_at.map(|_| seat.id), Reason::WrongState);
    g.into_inner()
}

/// What bars waiving a conflict: the assignment has ended, or nothing was disclosed.
pub fn waive_guards(seat: &Assignment) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(in_force(seat));
    g.require(!seat.conflicts.is_empty(), Reason::WrongState);
    g.into_inner()
}

/// What bars asking a mediator to withdraw: the assignment has ended.
pub fn recusal_guards(seat: &Assignment) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(seat.to_at.map(|_| seat.id), Reason::AlreadyDone);
    g.into_inner()
}
