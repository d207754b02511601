//! Suspending and resuming mediation (M-51; section 4.6).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::machine::{self, Act};
use crate::domain::policy::Relation;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::SessionState;
use crate::domain::time::Instant;

use super::session_people::call_off_upcoming;
use super::steps::{advance, owe, owed};
use super::{incidents, limits, people};

/// Sessions that have begun and are not closed: their record comes first.
pub fn sessions_running(file: &CaseFile) -> Vec<SessionId> {
    let running = |s: SessionState| {
        matches!(
            s,
            SessionState::Open
                | SessionState::CaucusOpen
                | SessionState::RecordDraft
                | SessionState::RecordSigned
        )
    };
    file.sessions
        .iter()
        .filter(|s| running(s.state))
        .map(|s| s.id)
        .collect()
}

/// A suspension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspend {
    pub reason: SuspendReason,
    pub note: Option<String>,
    pub approver: UserId,
    /// For an absence: the principal parties who agree to wait.
    pub consents: Vec<PartyId>,
}

impl Suspend {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req("reason");
        let note = o.opt::<Text<1000>>("note");
        let approver = o.req("approver_id");
        let consents = o.list("consents", 500);
        Some(Self {
            reason: reason?,
            note: note?.map(|n| n.0),
            approver: approver?,
            consents: consents?,
        })
    }
}

/// Whether these relations to a case are those of somebody who answers for its holder, and so may
/// approve a suspension.
pub fn answers_for_holder(relations: &[Relation]) -> bool {
    relations.iter().any(|r| {
        matches!(
            r,
            Relation::StewardHolding
                | Relation::HeadHolding
                | Relation::DispatcherHolding
                | Relation::LiaisonHolding
        )
    })
}

/// Guards of suspending that do not depend on the input.
pub fn suspend_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(people::stop_demanded(file), Reason::StopDemanded);
    g.into_inner()
}

/// Suspends mediation for one of the reasons of the list, with an approver. Upcoming sessions are
/// called off. Only in a crisis or a sham review may a session still be running.
///
/// `approver_may`: the approver is in office and answers for the holder.
///
/// # Errors
/// `stop_demanded` (G-02), `session_overlap`, `consent_missing` for an absence,
/// `unknown_reference` for the approver.
pub fn suspend(
    file: &CaseFile,
    input: Suspend,
    approver_may: bool,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(suspend_guards(file));
    let at_once = matches!(
        input.reason,
        SuspendReason::Crisis | SuspendReason::ShamCheck
    );
    if !at_once {
        g.forbid(sessions_running(file), Reason::SessionOverlap);
    }
    if input.reason == SuspendReason::Absence {
        let unwilling = file
            .principals()
            .filter(|p| !input.consents.contains(&p.id));
        g.forbid(unwilling.map(|p| p.id), Reason::ConsentMissing);
    }
    if !approver_may {
        g.add(Refusal::about(Reason::UnknownReference, [input.approver]));
    }
    g.done()?;
    let mut d = Decision::on(file);
    let from_state = file.case.state;
    advance(&mut d, Act::Suspend, CaseState::Suspended, calendar, now)?;
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.suspension = Some(Suspension {
        reason: input.reason,
        note: input.note,
        from_state,
        since: now,
        approver: input.approver,
    });
    d.event(Event::CaseSuspended {
        reason: input.reason,
    });
    call_off_upcoming(&mut d, file);
    Ok(d)
}

/// Stops mediation without asking anybody: nothing is stopped where there is none. Sessions to come
/// are called off.
pub(super) fn suspend_at_once(
    d: &mut Decision,
    file: &CaseFile,
    reason: SuspendReason,
    approver: UserId,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    let from_state = d.case().state;
    if !machine::permits(from_state, Act::Suspend) {
        return Ok(());
    }
    advance(d, Act::Suspend, CaseState::Suspended, calendar, now)?;
    d.case_mut().detail.suspension = Some(Suspension {
        reason,
        note: None,
        from_state,
        since: now,
        approver,
    });
    d.event(Event::CaseSuspended { reason });
    call_off_upcoming(d, file);
    Ok(())
}

/// Guards of resuming: a crisis was reviewed by two persons (G-29), no suspicion of sham that is
/// not cleared (M-51), nobody demanded the end (G-02).
pub fn resume_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(!incidents::support_first(file), Reason::SupportFirst);
    g.require(!incidents::sham_not_cleared(file), Reason::ShamUnderReview);
    g.forbid(people::stop_demanded(file), Reason::StopDemanded);
    g.into_inner()
}

/// Resumes mediation where it stopped. The interval is kept, and moves the limit where the reason
/// stops the clock.
///
/// # Errors
/// `support_first` (G-29), `sham_under_review`, `stop_demanded`, `wrong_state`.
pub fn resume(
    file: &CaseFile,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(resume_guards(file));
    g.done()?;
    let mut d = Decision::on(file);
    let suspension = file.case.detail.suspension.clone();
    let to = suspension
        .as_ref()
        .map_or(CaseState::InMediation, |s| s.from_state);
    advance(&mut d, Act::Resume, to, calendar, now)?;
    let case = d.case_mut();
    case.updated_at = now;
    end_suspension(case, now);
    let resumed = CaseFile {
        case: case.clone(),
        ..file.clone()
    };
    let (step, _) = owed(case);
    if let Some(end) = limits::limit(&resumed, calendar, now)
        && step == Some(NextStep::Mediate)
    {
        owe(case, step, Some(end.end()));
    }
    d.event(Event::CaseResumed {});
    Ok(d)
}

/// Turns a running suspension into a past one.
pub(super) fn end_suspension(case: &mut Case, now: Instant) {
    if let Some(s) = case.detail.suspension.take() {
        case.detail.pauses.push(Pause {
            reason: s.reason,
            from: s.since,
            to: now,
        });
    }
}
