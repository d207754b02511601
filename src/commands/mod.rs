//! Acts: load, decide, carry out. One function per operation; no act calls another.
//!
//! How to write one: read the input (all violations at once), open the file with [`open_act`] or
//! [`open_append`] (lock, policy, version, state machine), load the facts the rule wants, call the
//! rule, [`Tx::carry_out`] its decision, answer with a view. Nothing here decides.

pub mod agreements;
pub mod audit;
pub mod auth;
pub mod clocks;
pub mod closing;
pub mod committees;
pub mod conferences;
pub mod course;
pub mod crisis;
pub mod dossier;
pub mod factor_login;
pub mod follow_ups;
pub mod grants;
pub mod intake;
pub mod jobs;
pub mod logins;
pub mod mediators;
pub mod movement;
pub mod notes;
pub mod notifications;
pub mod obligations;
pub mod orgs;
pub mod participants;
pub mod party_checks;
pub mod passwords;
pub mod people;
pub mod petitions;
pub mod records;
pub mod returns;
pub mod second_factor;
pub mod sessions;
pub mod signals;
pub mod supervision;
pub mod tasks;
pub mod users;
pub mod whistles;

use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::machine::{self, Act};
use crate::domain::policy::{Action, Verdict, decide_general};
use crate::domain::rules::Who;
use crate::error::{Code as Problem, Error};
use crate::queries::actions::open_acts;
use crate::queries::cases::case_view;
use crate::reply::Reply;
use crate::store::cases::Expect;
use crate::store::tx::Tx;

/// Who acts, for the rules.
pub fn who(tx: &Tx<'_>) -> Who {
    Who::of(&tx.ctx.actor)
}

/// Opens a case for an act that changes it: `If-Match` is needed, and the state must know the act.
pub fn open_act(tx: &mut Tx<'_>, call: &Call, action: Action, act: Act) -> Result<CaseFile, Error> {
    let id: CaseId = call.id("case_id")?;
    // A case out of sight is 404 before a missing version is 428.
    tx.case_for(action, id)?;
    let file = tx.open(action, id, Expect::Version(call.version()?))?;
    permitted(tx, &file, act)?;
    Ok(file)
}

/// Opens a case to append a child: locked, but no version is asked for or raised.
pub fn open_append(
    tx: &mut Tx<'_>,
    call: &Call,
    action: Action,
    act: Option<Act>,
) -> Result<CaseFile, Error> {
    let file = tx.open(action, call.id("case_id")?, Expect::Append)?;
    if let Some(act) = act {
        permitted(tx, &file, act)?;
    }
    Ok(file)
}

/// Opens a case for an act that no state of the case decides on (the record of a session is signed
/// whatever became of the case meanwhile): `If-Match` is needed all the same.
pub fn open_any(tx: &mut Tx<'_>, call: &Call, action: Action) -> Result<CaseFile, Error> {
    let id: CaseId = call.id("case_id")?;
    tx.case_for(action, id)?;
    tx.open(action, id, Expect::Version(call.version()?))
}

/// 409 `illegal_transition` with the acts the state of the case is open to.
fn permitted(tx: &mut Tx<'_>, file: &CaseFile, act: Act) -> Result<(), Error> {
    let state = file.case.state;
    if machine::permits(state, act) {
        return Ok(());
    }
    Err(Error::IllegalTransition {
        state: state.code(),
        act: act.code(),
        allowed: open_acts(tx, file)?.into_iter().map(Code::code).collect(),
    })
}

/// Refuses who has no role for something that concerns no single case.
pub fn require(tx: &Tx<'_>, action: Action) -> Result<(), Error> {
    match decide_general(&tx.ctx.actor, action) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Problem::Forbidden)),
    }
}

/// Carries a decision out and answers with the case.
pub fn finish(tx: &mut Tx<'_>, decision: Decision) -> Result<Reply, Error> {
    let case = tx.carry_out(decision)?;
    answer_case(tx, 200, &case)
}

/// The case as the answer of an act.
pub fn answer_case(tx: &mut Tx<'_>, status: u16, case: &Case) -> Result<Reply, Error> {
    let scope = tx.scope_of(case)?;
    let view = case_view(tx, case, &scope)?;
    Ok(Reply::json(status, &view)?.etag(case.version).case(case.id))
}

/// A child as the answer of an act, with the case's version as its ETag.
pub fn answer_child(
    case: &Case,
    status: u16,
    view: &impl serde::Serialize,
) -> Result<Reply, Error> {
    Ok(Reply::json(status, view)?.etag(case.version).case(case.id))
}
