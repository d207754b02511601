//! The course of mediation: suspended, resumed, extended, ended.

use super::{finish, open_act};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::org::UserState;
use crate::domain::policy::{Action, Actor, relations};
use crate::domain::rules::course::{self, Suspend, answers_for_holder};
use crate::domain::rules::ending::{self, Terminate, Withdraw};
use crate::domain::rules::limits::{self, Extend};
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Tx;

/// Whether this user is in office and answers for the unit that holds the case.
pub(super) fn approver_may(tx: &mut Tx<'_>, file: &CaseFile, id: UserId) -> Result<bool, Error> {
    let user = match tx.user(id) {
        Err(Error::Problem(Code::NotFound, _)) => return Ok(false),
        found => found?,
    };
    let approver = Actor {
        user_id: id,
        login_id: None,
        name: String::new(),
        grants: tx.actor_grants(id)?,
    };
    let relations = relations(&approver, &file_scope(file));
    Ok(user.state == UserState::Active && answers_for_holder(&relations))
}

/// `POST /cases/{case_id}/suspend` (M-51).
pub fn suspend(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Course, Act::Suspend)?;
    let input = call.read(Suspend::read)?;
    let may = approver_may(tx, &file, input.approver)?;
    let calendar = tx.calendar()?;
    let decision = course::suspend(&file, input, may, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/resume`.
pub fn resume(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_act(tx, call, Action::Course, Act::Resume)?;
    let calendar = tx.calendar()?;
    let decision = course::resume(&file, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/extend` (G-25).
pub fn extend(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Course, Act::Extend)?;
    let input = call.read(Extend::read)?;
    let calendar = tx.calendar()?;
    let decision = limits::extend(&file, input, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/terminate` (G-24, G-27).
pub fn terminate(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Course, Act::Terminate)?;
    let input = call.read(Terminate::read)?;
    let calendar = tx.calendar()?;
    let decision = ending::terminate(&file, input, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/withdraw`: the applicants take their application back.
pub fn withdraw(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Course, Act::Withdraw)?;
    let input = call.read(Withdraw::read)?;
    let calendar = tx.calendar()?;
    let decision = ending::withdraw(&file, input, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}
