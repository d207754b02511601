//! The course of a petition: accepted, answered, reviewed.

use super::{finish, open_any, who};
use crate::call::Call;
use crate::domain::policy::Action;
use crate::domain::rules::petitions::*;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// `POST /cases/{case_id}/petition/accept`
pub fn accept(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_any(tx, call, Action::AnswerPetition)?;
    let input = call.read(AcceptPetition::read)?;
    let number = file.case.petition().and_then(|p| p.no);
    let elsewhere = match number {
        Some(no) => tx.petition_elsewhere(&call.env.blind, &no, file.case.id)?,
        None => Vec::new(),
    };
    let d = accept_petition(&file, input, &elsewhere, &who(tx), tx.ctx.now)?;
    finish(tx, d)
}

/// `POST /cases/{case_id}/petition/reply`: the written opinion of the open stage.
pub fn reply(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_any(tx, call, Action::AnswerPetition)?;
    let input = call.read(ReplyPetition::read)?;
    let d = reply_petition(&file, input, &who(tx), tx.ctx.now)?;
    finish(tx, d)
}

/// `POST /cases/{case_id}/petition/review`: the petitioner asked for one.
pub fn review(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_any(tx, call, Action::AnswerPetition)?;
    let input = call.read(AskReview::read)?;
    let calendar = tx.calendar()?;
    let d = ask_review(&file, input, &calendar, &who(tx), tx.ctx.now)?;
    finish(tx, d)
}
