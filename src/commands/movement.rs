//! Transfers between units: send, accept, return, redirect, contest, recall, report the result.

use super::open_act;
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::ids::{OrgId, TransferId};
use crate::domain::movement::TransferVerb;
use crate::domain::policy::Action;
use crate::domain::rules::Who;
use crate::domain::rules::answers::*;
use crate::domain::rules::movement::{Seat, Submit, SubmitFacts, act_of, submit};
use crate::domain::rules::quarrel::*;
use crate::domain::rules::returns::*;
use crate::error::Error;
use crate::queries::movement::transfer_view;
use crate::reply::Reply;
use crate::store::cases::Expect;
use crate::store::tx::Tx;

/// Who acts, with those units alone that the actor speaks for.
pub(super) fn answering(tx: &Tx<'_>) -> Who {
    Who::answering(&tx.ctx.actor)
}

/// Opens the case of a transfer; what may be done to it depends on the transfer, not on the state
/// of the case.
fn open(tx: &mut Tx<'_>, call: &Call, action: Action) -> Result<(CaseFile, TransferId), Error> {
    let case = call.id("case_id")?;
    let id: TransferId = call.id("transfer_id")?;
    tx.case_for(action, case)?;
    let file = tx.open(action, case, Expect::Version(call.version()?))?;
    if file.transfers.iter().any(|t| t.id == id) {
        Ok((file, id))
    } else {
        Err(Error::not_found())
    }
}

fn seat(tx: &mut Tx<'_>, id: OrgId) -> Result<Seat, Error> {
    tx.seat(id)?
        .ok_or_else(|| Error::internal("a case held by a unit that is none"))
}

/// Carries out and answers with the transfer. The answer names no case to ask sight of: who gives
/// a case back may see it no more, and a retry must get the same bytes; the view shows such a
/// caller ids and codes only.
fn answer(tx: &mut Tx<'_>, status: u16, d: Decision, id: TransferId) -> Result<Reply, Error> {
    let case: Case = tx.carry_out(d)?;
    let view = transfer_view(tx, &case, id)?;
    Ok(Reply::json(status, &view)?.etag(case.version))
}

/// `POST /cases/{case_id}/transfers`
pub fn send(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Submit::read)?;
    // A referral outside moves no case: who may send it up may also refer.
    let action = match input.verb {
        TransferVerb::Escalate | TransferVerb::ReferOut => Action::Escalate,
        TransferVerb::AssignDown | TransferVerb::Forward => Action::Dispatch,
    };
    let file = open_act(tx, call, action, act_of(input.verb))?;
    let facts = SubmitFacts {
        calendar: tx.calendar()?,
        from: seat(tx, file.case.holder_id)?,
        to: match input.to {
            Some(to) => tx.seat(to)?,
            None => None,
        },
    };
    let who = answering(tx);
    let now = tx.ctx.now;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Submit {
        id: Some(id),
        ..input
    };
    let mut ids = tx.ctx;
    let d = submit(&file, input, &facts, &who, &mut ids, now)?;
    answer(tx, 201, d, id)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/accept`
pub fn accept(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(AcceptTransfer::read)?;
    let (file, id) = open(tx, call, Action::DecideTransfer)?;
    let facts = AcceptTransferFacts {
        calendar: tx.calendar()?,
        to: match receiver(&file, id) {
            Some(to) => tx.find_org(to)?,
            None => None,
        },
    };
    let (who, now) = (answering(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = accept_transfer(&file, id, input, &facts, &who, &mut ids, now)?;
    answer(tx, 200, d, id)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/return`
pub fn give_back(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(ReturnTransfer::read)?;
    let (file, id) = open(tx, call, Action::DecideTransfer)?;
    let calendar = tx.calendar()?;
    let d = return_transfer(&file, id, input, &calendar, &answering(tx), tx.ctx.now)?;
    answer(tx, 200, d, id)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/redirect`: answers with the transfer that goes on.
pub fn pass_on(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Redirect::read)?;
    let (file, id) = open(tx, call, Action::DecideTransfer)?;
    let at = receiver(&file, id).unwrap_or(file.case.holder_id);
    let facts = RedirectFacts {
        calendar: tx.calendar()?,
        at: seat(tx, at)?,
        to: tx.seat(input.to)?,
    };
    let (who, now) = (answering(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = redirect(&file, id, input, &facts, &who, &mut ids, now)?;
    let next = sent_on(&d).unwrap_or(id);
    answer(tx, 200, d, next)
}

/// The transfer that goes on, where one does.
fn sent_on(d: &Decision) -> Option<TransferId> {
    d.puts.iter().find_map(|put| match put {
        Put::Insert(Entity::Transfer(t)) => Some(t.id),
        _ => None,
    })
}

/// The unit a transfer of the file is sent to.
fn receiver(file: &CaseFile, id: TransferId) -> Option<OrgId> {
    file.transfers.iter().find(|t| t.id == id)?.to_id
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/contest`
pub fn dispute(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(ContestTransfer::read)?;
    let (file, id) = open(tx, call, Action::DecideTransfer)?;
    let from = file.transfers.iter().find(|t| t.id == id);
    let from = from.map_or(file.case.holder_id, |t| t.from_id);
    let facts = ContestFacts {
        calendar: tx.calendar()?,
        from: seat(tx, from)?,
        to: match receiver(&file, id) {
            Some(to) => tx.seat(to)?,
            None => None,
        },
        county: tx.county_centre()?,
    };
    let d = contest(&file, id, input, &facts, &answering(tx), tx.ctx.now)?;
    answer(tx, 200, d, id)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/designate`: answers with the transfer that the
/// designated unit has to accept, or with the one given back.
pub fn decide_quarrel(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Designate::read)?;
    let (file, id) = open(tx, call, Action::Designate)?;
    let contest = file.transfers.iter().find(|t| t.id == id);
    let decider = contest
        .and_then(|t| t.contest.as_ref())
        .map(|c| c.decider_id);
    let facts = DesignateFacts {
        calendar: tx.calendar()?,
        decider: match decider {
            Some(unit) => tx.seat(unit)?,
            None => None,
        },
        to: tx.seat(input.to)?,
        conference: match input.conference_id {
            Some(id) => tx
                .conferences_of(file.case.id)?
                .into_iter()
                .find(|c| c.id == id),
            None => None,
        },
    };
    let (who, now) = (answering(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = designate(&file, id, input, &facts, &who, &mut ids, now)?;
    let next = sent_on(&d).unwrap_or(id);
    answer(tx, 200, d, next)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/recall`
pub fn take_back(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Recall::read)?;
    let (file, id) = open(tx, call, Action::Escalate)?;
    let calendar = tx.calendar()?;
    let d = recall(&file, id, input, &calendar, &answering(tx), tx.ctx.now)?;
    answer(tx, 200, d, id)
}

/// `POST /cases/{case_id}/transfers/{transfer_id}/complete`
pub fn report_result(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Complete::read)?;
    let (file, id) = open(tx, call, Action::DecideTransfer)?;
    let d = complete(&file, id, input, &answering(tx), tx.ctx.now)?;
    answer(tx, 200, d, id)
}
