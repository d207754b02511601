//! Appointing, replacing and releasing the mediating team (G-07, G-08).

use super::conflicts::{Candidate, Tie, committee_for, ties, unfit};
use super::free_slots::Busy;
use super::session_people::{restaff, restaff_guards};
use super::steps::{advance, owe};
use super::{Who, next_step};
use crate::domain::calendar::Calendar;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::Obj;
use crate::domain::machine::Act;
use crate::domain::mediator::*;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::GivenConsent;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// `POST /cases/{case_id}/assignments`.
#[derive(Clone, Debug)]
pub struct Appoint {
    pub id: Option<AssignmentId>,
    pub user_id: UserId,
    pub role: TeamRole,
    pub mode: SelectionMode,
    /// Parties who were told of the ties found and want no recusal.
    pub waived_by: Vec<PartyId>,
}

impl Appoint {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let user_id = o.req("user_id");
        let role = o.req("role");
        let mode = o.or("mode", SelectionMode::Designated);
        let waived_by = o.list("waived_by", 200);
        Some(Self {
            id: id?,
            user_id: user_id?,
            role: role?,
            mode: mode?,
            waived_by: waived_by?,
        })
    }
}

/// `POST …/assignments/{assignment_id}/replace`: another user takes the same part.
#[derive(Clone, Debug)]
pub struct Replace {
    pub id: Option<AssignmentId>,
    pub user_id: UserId,
    pub mode: SelectionMode,
    pub waived_by: Vec<PartyId>,
}

impl Replace {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let user_id = o.req("user_id");
        let mode = o.or("mode", SelectionMode::Designated);
        let waived_by = o.list("waived_by", 200);
        Some(Self {
            id: id?,
            user_id: user_id?,
            mode: mode?,
            waived_by: waived_by?,
        })
    }
}

/// What appointing needs from elsewhere.
#[derive(Clone, Debug)]
pub struct AppointFacts {
    pub candidate: Candidate,
    pub calendar: Calendar,
    /// What sessions of other cases take while this one's sessions to come are held.
    pub busy: Vec<Busy>,
}

/// What bars appointing anybody at all.
pub fn appoint_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(super::people::stop_demanded(file), Reason::StopDemanded);
    g.into_inner()
}

/// What bars replacing somebody, whoever comes.
pub fn replace_guards(file: &CaseFile, old: &Assignment) -> Vec<Refusal> {
    let mut g = Guards::new();
    if old.to_at.is_some() && answered(file, old).next().is_none() {
        g.add(Refusal::about(Reason::WrongState, [old.id]));
    }
    if old.role == TeamRole::Chair {
        let other = file.chair().filter(|a| a.id != old.id);
        g.forbid(other.map(|a| a.id), Reason::ChairTaken);
    }
    g.into_inner()
}

/// The open recusals that a replacement answers.
fn answered<'a>(file: &'a CaseFile, old: &Assignment) -> impl Iterator<Item = &'a Recusal> {
    let id = old.id;
    file.recusals
        .iter()
        .filter(move |r| r.assignment_id == id && r.state == RecusalState::Requested)
}

/// What bars letting somebody go: a chair is replaced.
pub fn release_guards(old: &Assignment) -> Vec<Refusal> {
    let mut g = Guards::new();
    if old.to_at.is_some() {
        g.add(Refusal::about(Reason::AlreadyDone, [old.id]));
    } else if old.role == TeamRole::Chair {
        g.add(Refusal::about(Reason::ChairMissing, [old.id]));
    }
    g.into_inner()
}

/// Puts somebody on the team (G-07, G-08). The first chair moves an accepted case to `assigned`;
/// a chair appointed while a recusal is open answers it (G-09).
///
/// # Errors
/// All failing guards; ties the parties did not waive are named as `kind:id`. `person_taken` when
/// the new chair is elsewhere during a session to come.
pub fn appoint(
    file: &CaseFile,
    input: Appoint,
    facts: &AppointFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(appoint_guards(file));
    if input.role == TeamRole::Chair {
        g.forbid(file.chair().map(|a| a.id), Reason::ChairTaken);
    }
    let found = seat_guards(&mut g, file, &input, facts, now);
    let answered: Vec<&Recusal> = match input.role {
        TeamRole::Chair => open_recusals(file).collect(),
        _ => Vec::new(),
    };
    if !answered.is_empty() {
        let (user, busy) = (input.user_id, &facts.busy);
        g.extend(restaff_guards(file, None, user, busy, now));
    }
    g.done()?;
    let mut d = Decision::on(file);
    let seat = new_seat(file, &input, found, facts, who, ids, now);
    if !answered.is_empty() {
        restaff(&mut d, file, None, Some(seat.user_id));
    }
    seat_in(&mut d, file, &seat, &answered, &facts.calendar, now)?;
    Ok(d)
}

/// Ends one assignment and gives its part to somebody else, in one act: also the answer to a
/// recusal, whose assignment has ended already (G-09).
///
/// # Errors
/// All failing guards; `wrong_state` when the assignment ended without an open recusal,
/// `person_taken` when the new one is elsewhere during a session to come.
pub fn replace(
    file: &CaseFile,
    old: &Assignment,
    input: Replace,
    facts: &AppointFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let appoint = Appoint {
        id: input.id,
        user_id: input.user_id,
        role: old.role,
        mode: input.mode,
        waived_by: input.waived_by,
    };
    let mut g = Guards::new();
    let answered: Vec<&Recusal> = answered(file, old).collect();
    g.extend(replace_guards(file, old));
    let found = seat_guards(&mut g, file, &appoint, facts, now);
    let leaving = old.to_at.is_none().then_some(old.user_id);
    let (user, busy) = (appoint.user_id, &facts.busy);
    g.extend(restaff_guards(file, leaving, user, busy, now));
    g.done()?;
    let mut d = Decision::on(file);
    // The index that allows one live chair looks at every single write: out before in.
    if old.to_at.is_none() {
        end(&mut d, old, AssignmentEnd::Replaced, now);
    }
    let seat = new_seat(file, &appoint, found, facts, who, ids, now);
    restaff(&mut d, file, leaving, Some(seat.user_id));
    seat_in(&mut d, file, &seat, &answered, &facts.calendar, now)?;
    Ok(d)
}

/// `POST …/assignments/{assignment_id}/release`: somebody leaves the team.
#[derive(Clone, Copy, Debug)]
pub struct Release {
    pub reason: AssignmentEnd,
}

impl Release {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.or("reason", AssignmentEnd::Leave)?;
        if !matches!(reason, AssignmentEnd::Leave | AssignmentEnd::Done) {
            o.fault("reason", "not_for_release");
            return None;
        }
        Some(Self { reason })
    }
}

/// Ends an assignment. A chair is only ever replaced: a case in mediation has one at any time (G-08).
///
/// # Errors
/// `already_done` when it ended before, `chair_missing` for the chair.
pub fn release(
    file: &CaseFile,
    old: &Assignment,
    input: Release,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(release_guards(old));
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    end(&mut d, old, input.reason, now);
    restaff(&mut d, file, Some(old.user_id), None);
    Ok(d)
}

/// G-07 for one seat; gives the ties found.
fn seat_guards(
    g: &mut Guards,
    file: &CaseFile,
    input: &Appoint,
    facts: &AppointFacts,
    now: Instant,
) -> Vec<Tie> {
    let candidate = &facts.candidate;
    let seated = file.team().find(|a| a.user_id == input.user_id);
    g.forbid(seated.map(|a| a.id), Reason::AlreadyDone);
    let strangers = input
        .waived_by
        .iter()
        .filter(|id| file.party(**id).is_none());
    g.forbid(strangers, Reason::UnknownReference);
    g.forbid(
        unfit(file, candidate, input.role, now.local_date()),
        Reason::MediatorNotEligible,
    );
    let found = ties(file, candidate);
    let waived = file.principals().all(|p| input.waived_by.contains(&p.id));
    if !waived {
        let open = found.iter().filter(|t| !t.is_bar()).map(Tie::item);
        g.forbid(open, Reason::ConflictNotWaived);
    }
    found
}

fn new_seat(
    file: &CaseFile,
    input: &Appoint,
    found: Vec<Tie>,
    facts: &AppointFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Assignment {
    let waivers: Vec<GivenConsent> = input
        .waived_by
        .iter()
        .map(|party_id| GivenConsent {
            party_id: *party_id,
            given: true,
            at: now,
        })
        .collect();
    let conflicts = found
        .into_iter()
        .map(|tie| Disclosure {
            kind: tie.kind,
            party_id: tie.party_id,
            participant_id: tie.participant_id,
            detected: true,
            at: now,
            waivers: waivers.clone(),
        })
        .collect();
    Assignment {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        user_id: input.user_id,
        role: input.role,
        committee_id: committee_for(file, &facts.candidate, now.local_date()).ok(),
        mode: input.mode,
        from_at: now,
        to_at: None,
        end_reason: None,
        conflicts,
        created_by: who.user,
    }
}

/// Writes a new seat with all that follows: facts, notices, the recusals it answers, the move of
/// the case.
fn seat_in(
    d: &mut Decision,
    file: &CaseFile,
    seat: &Assignment,
    answered: &[&Recusal],
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    d.case_mut();
    d.insert(seat.clone());
    d.event(Event::MediatorAppointed {
        assignment: seat.id,
        user: seat.user_id,
        role: seat.role,
        mode: seat.mode,
    });
    for conflict in &seat.conflicts {
        d.event(Event::ConflictDisclosed {
            assignment: seat.id,
            conflict: conflict.kind,
        });
    }
    for waiver in seat.conflicts.iter().take(1).flat_map(|c| &c.waivers) {
        d.event(Event::ConflictWaived {
            assignment: seat.id,
            party: waiver.party_id,
            given: waiver.given,
        });
    }
    for recusal in answered {
        d.update(Recusal {
            state: RecusalState::Replaced,
            replaced_by: Some(seat.id),
            ..(*recusal).clone()
        });
    }
    d.tell(
        Recipient::User(seat.user_id),
        Notice::of(NoticeKind::CaseAssigned),
    );
    if !answered.is_empty() {
        for party in file.principals() {
            d.tell(
                Recipient::Party(party.id),
                Notice::of(NoticeKind::RecusalDecided),
            );
        }
    }
    if seat.role == TeamRole::Chair {
        if file.case.state == CaseState::Accepted {
            advance(d, Act::Appoint, CaseState::Assigned, calendar, now)?;
        } else if !answered.is_empty() {
            back_to_work(d, calendar, now);
        }
    }
    Ok(())
}

/// The step that was owed before the chair was missing. Mediation keeps the clock it had from
/// acceptance or extension; a first session gets a fresh one.
fn back_to_work(d: &mut Decision, calendar: &Calendar, now: Instant) {
    let case = d.case_mut();
    let from = match case.state {
        CaseState::Assigned => now,
        CaseState::InMediation => case.accepted_at.unwrap_or(now),
        _ => return,
    };
    let (step, due) = next_step(case.state, calendar, from);
    let extended = case.detail.extension.as_ref().map(|e| e.until.end());
    let due = match case.state {
        CaseState::InMediation => extended.or(due),
        _ => due,
    };
    owe(case, step, due);
}

/// Recusals of a chair that nobody has taken the place of: they bar the next session (G-09).
pub fn open_recusals(file: &CaseFile) -> impl Iterator<Item = &Recusal> {
    file.recusals.iter().filter(|r| {
        r.state == RecusalState::Requested
            && file
                .assignments
                .iter()
                .any(|a| a.id == r.assignment_id && a.role == TeamRole::Chair)
    })
}

/// Ends an assignment.
pub(super) fn end(d: &mut Decision, old: &Assignment, reason: AssignmentEnd, now: Instant) {
    let mut ended = old.clone();
    ended.to_at = Some(now);
    ended.end_reason = Some(reason);
    d.update(ended);
    d.event(Event::MediatorReleased {
        assignment: old.id,
        user: old.user_id,
        reason,
    });
}

#[cfg(test)]
#[path = "mediators_tests.rs"]
mod tests;
