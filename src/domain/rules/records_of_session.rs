//! The record of a session (笔录): drawn up, and the session closed upon it (G-16).

use super::session_people::present_staff;
use super::session_signatures::{signatures, wanting};
use super::sessions::in_state;
use super::steps::{owe, owed};
use crate::domain::agreement::Signature;
use crate::domain::case::{CaseState, NextStep};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::input::{Line, Obj, SecretText};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::session::*;
use crate::domain::time::Instant;

/// `POST …/{session_id}/minutes`.
#[derive(Clone, Debug)]
pub struct Minutes {
    pub text: Secret,
}

impl Minutes {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        Some(Self {
            text: o.req::<SecretText<20_000>>("text")?.0,
        })
    }
}

/// Draws up the record. It may be written again until the first signature stands under it.
///
/// # Errors
/// `wrong_state` unless the session is open or its record unsigned.
pub fn draw_up(
    file: &CaseFile,
    session: &Session,
    input: Minutes,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(minutes_guards(file, session));
    g.done()?;
    let mut written = session.clone();
    written.state = SessionState::RecordDraft;
    written.minutes = Some(input.text);
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::MinutesRecorded {
        session: session.id,
    });
    d.update(written);
    Ok(d)
}

/// `POST …/{session_id}/close`.
#[derive(Clone, Debug)]
pub struct Close {
    pub result: Option<SessionResult>,
    pub at: Option<Instant>,
    pub single_staff_reason: Option<String>,
}

impl Close {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let result = o.opt("result");
        let at = o.opt("closed_at");
        let reason = o.opt::<Line<200>>("single_staff_reason");
        Some(Self {
            result: result?,
            at: at?,
            single_staff_reason: reason?.map(|l| l.0),
        })
    }
}

/// What bars drawing the record up: nobody has signed it yet.
pub fn minutes_guards(file: &CaseFile, session: &Session) -> Vec<Refusal> {
    let mut g = Guards::new();
    in_state(
        &mut g,
        session,
        &[SessionState::Open, SessionState::RecordDraft],
    );
    g.forbid(signatures(file, session).map(|s| s.id), Reason::AlreadyDone);
    g.into_inner()
}

/// What G-16 still asks of a session before it can be closed.
pub fn close_guards(file: &CaseFile, session: &Session) -> Vec<Refusal> {
    use SessionState::{CaucusOpen, Open, RecordDraft, RecordSigned};
    let mut g = Guards::new();
    in_state(
        &mut g,
        session,
        &[Open, CaucusOpen, RecordDraft, RecordSigned],
    );
    g.require(session.minutes.is_some(), Reason::RecordMissing);
    let given: Vec<&Signature> = signatures(file, session).collect();
    g.forbid(wanting(file, session, &given), Reason::RecordUnsigned);
    g.into_inner()
}

/// Closes a session with its result (G-16).
///
/// # Errors
/// All failing guards; `single_staff_reason` when fewer than two staff were there without a reason.
pub fn close(
    file: &CaseFile,
    session: &Session,
    input: Close,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(close_guards(file, session));
    let at = input.at.unwrap_or(now);
    g.require(at <= now, Reason::InFuture);
    g.require(
        session.opened_at.is_none_or(|opened| at >= opened),
        Reason::TimeOrder,
    );
    let enough = present_staff(session).count() >= 2;
    g.require(
        enough || input.single_staff_reason.is_some(),
        Reason::SingleStaffReason,
    );
    let Some(result) = input.result else {
        g.require(false, Reason::ResultMissing);
        return Err(g.into_inner());
    };
    g.done()?;
    let mut closed = session.clone();
    closed.state = SessionState::Closed;
    closed.closed_at = Some(at);
    closed.result = Some(result);
    closed.caucus_party = None;
    closed.detail.single_staff_reason = input.single_staff_reason.filter(|_| !enough);
    let mut d = Decision::on(file);
    let case = d.case_mut();
    let to_sign = matches!(result, SessionResult::Agreed | SessionResult::Partial);
    if to_sign && case.state == CaseState::InMediation {
        let (_, due) = owed(case);
        owe(case, Some(NextStep::Sign), due);
    }
    d.event(Event::SessionClosed {
        session: closed.id,
        no: closed.no,
        result,
    });
    d.update(closed);
    Ok(d)
}

#[cfg(test)]
#[path = "records_of_session_tests.rs"]
mod tests;
