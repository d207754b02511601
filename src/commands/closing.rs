//! Closing, opening again; feedback and the parties' evaluation.

use super::{answer_child, finish, open_act, open_append, party_checks, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::refusal::Refusal;
use crate::domain::rules::closing::{self, Reopen};
use crate::domain::rules::evaluation::{self, Evaluate, GiveFeedback};
use crate::domain::rules::open_duties::open_duties;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::queries::course::EvaluationView;
use crate::queries::views::Sees;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Tx;

/// `POST /cases/{case_id}/close` (G-39): state and outcome follow from what happened.
pub fn close(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_act(tx, call, Action::Close, Act::Close)?;
    let calendar = tx.calendar()?;
    let now = tx.ctx.now;
    let mut decision =
        closing::close(&file, &calendar, now).map_err(|r| still_owed(&file, r, now))?;
    party_checks::ask(tx, &file, &mut decision, &call.env.blind);
    finish(tx, decision)
}

/// A refusal to end a case, with what is still owed.
pub fn still_owed(file: &CaseFile, refusals: Vec<Refusal>, now: Instant) -> Error {
    Error::OpenDuties {
        refusals,
        duties: open_duties(file, now.local_date()),
    }
}

/// `POST /cases/{case_id}/reopen`.
pub fn reopen(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Close, Act::Reopen)?;
    let input = call.read(Reopen::read)?;
    let calendar = tx.calendar()?;
    let decision = closing::reopen(&file, input, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/feedback`: what the parties were told of the result.
pub fn feedback(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Feedback, Act::GiveFeedback)?;
    let input = call.read(GiveFeedback::read)?;
    let decision = evaluation::give_feedback(&file, input, &who(tx), tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/evaluations` (append, G-44): what a party said on a paper it signed.
pub fn evaluate(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_append(tx, call, Action::Evaluate, Some(Act::Evaluate))?;
    let input = call.read(Evaluate::read)?;
    let id: EvaluationId = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Evaluate {
        id: Some(id),
        ..input
    };
    let sees = Sees::of(tx.ctx, &file_scope(&file));
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = evaluation::evaluate(&file, input, &who, &mut ids, now)?;
    let case = tx.carry_out(decision)?;
    let all = tx.evaluations(case.id)?;
    let kept = all
        .iter()
        .find(|e| e.id == id)
        .ok_or_else(|| Error::internal("evaluation not stored"))?;
    answer_child(&case, 201, &EvaluationView::of(kept, &all, sees))
}
