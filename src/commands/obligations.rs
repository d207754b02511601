//! What is owed under an agreement: performed, urged, broken, given up; and the way on.

use super::agreements::{answer, named};
use super::closing::still_owed;
use super::{open_act, party_checks, who};
use crate::call::Call;
use crate::domain::agreement::BreachRoute;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::rules::breach::{self, TakeRoute};
use crate::domain::rules::obligations::{self as rules, EstablishDefault, Perform};
use crate::domain::rules::waiver::{self, Waive};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// Opens the case of an obligation and gives the obligation with its agreement.
fn open(tx: &mut Tx<'_>, call: &Call) -> Result<(CaseFile, ObligationId, AgreementId), Error> {
    let file = open_act(tx, call, Action::RecordPerformance, Act::RecordPerformance)?;
    let id: ObligationId = call.id("obligation_id")?;
    let agreement = file
        .obligation(id)
        .map(|o| o.agreement_id)
        .ok_or_else(Error::not_found)?;
    Ok((file, id, agreement))
}

/// `POST /cases/{case_id}/obligations/{obligation_id}/perform`.
pub fn perform(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (file, id, agreement) = open(tx, call)?;
    let input = call.read(Perform::read)?;
    let calendar = tx.calendar()?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = rules::perform(&file, id, input, &who, &mut ids, &calendar, now)?;
    answer(tx, 200, decision, agreement)
}

/// `POST /cases/{case_id}/obligations/{obligation_id}/urge`.
pub fn urge(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let (file, id, agreement) = open(tx, call)?;
    let calendar = tx.calendar()?;
    let decision = rules::urge(&file, id, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, agreement)
}

/// `POST /cases/{case_id}/obligations/{obligation_id}/default` (M-78).
pub fn establish_default(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (file, id, agreement) = open(tx, call)?;
    let input = call.read(EstablishDefault::read)?;
    let calendar = tx.calendar()?;
    let decision = rules::establish_default(&file, id, input, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, agreement)
}

/// `POST /cases/{case_id}/obligations/{obligation_id}/waive`.
pub fn waive(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (file, id, agreement) = open(tx, call)?;
    let input = call.read(Waive::read)?;
    let calendar = tx.calendar()?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = waiver::waive(&file, id, input, &who, &mut ids, &calendar, now)?;
    answer(tx, 200, decision, agreement)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/breach-route` (M-77, M-78, M-81).
pub fn breach_route(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::RecordPerformance, Act::TakeBreachRoute)?;
    let id = named(&file, call)?;
    let input = call.read(TakeRoute::read)?;
    let calendar = tx.calendar()?;
    let (now, sues) = (tx.ctx.now, input.route == BreachRoute::CourtSuit);
    let taken = breach::take_route(&file, id, input, &calendar, now);
    let mut decision = taken.map_err(|refusals| {
        if sues {
            still_owed(&breach::gone_to_court(&file, id), refusals, now)
        } else {
            refusals.into()
        }
    })?;
    if decision.case().state.is_closed() {
        party_checks::ask(tx, &file, &mut decision, &call.env.blind);
    }
    answer(tx, 200, decision, id)
}
