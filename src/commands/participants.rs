//! People who take part without being parties: guardians, agents, invited persons.

use super::{answer_child, open_act, who};
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::rules::participants::{self, InviteeConsent, NewParticipant};
use crate::error::{Code, Error};
use crate::queries::people::participant_views;
use crate::reply::Reply;
use crate::store::tx::Tx;

fn participant_in(file: &CaseFile, call: &Call) -> Result<ParticipantId, Error> {
    let id = call.id("participant_id")?;
    file.participant(id)
        .map(|p| p.id)
        .ok_or_else(Error::not_found)
}

fn answer(
    tx: &mut Tx<'_>,
    case: &Case,
    status: u16,
    which: impl Fn(ParticipantId) -> bool,
) -> Result<Reply, Error> {
    let scope = tx.scope_of(case)?;
    let view = participant_views(tx, case, &scope)?
        .into_iter()
        .find(|v| which(v.id))
        .ok_or_else(|| Error::internal("participant not stored"))?;
    answer_child(case, status, &view)
}

/// `POST /cases/{case_id}/participants` (G-11, G-13, G-14).
pub fn add(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let input = call.read(NewParticipant::read)?;
    if let Some(user) = input.user_id {
        tx.user(user).map_err(|e| match e {
            Error::Problem(Code::NotFound, _) => Error::invalid("/user_id", "unknown_reference"),
            e => e,
        })?;
    }
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let decision = participants::add_participant(&file, input, &who, &mut ids, now)?;
    let case = tx.carry_out(decision)?;
    let location = format!("/api/v1/cases/{}/participants", case.id);
    let fresh = |id| file.participant(id).is_none();
    Ok(answer(tx, &case, 201, fresh)?.header("Location", location))
}

/// `POST /cases/{case_id}/participants/{participant_id}/consents` (G-11).
pub fn record_consent(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = participant_in(&file, call)?;
    let input = call.read(InviteeConsent::read)?;
    let decision = participants::invitee_consent(&file, id, input, tx.ctx.now)?;
    let case = tx.carry_out(decision)?;
    answer(tx, &case, 200, |v| v == id)
}

/// `POST /cases/{case_id}/participants/{participant_id}/revoke`.
pub fn revoke(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = participant_in(&file, call)?;
    call.read_nothing()?;
    let decision = participants::revoke(&file, id, tx.ctx.now)?;
    let case = tx.carry_out(decision)?;
    answer(tx, &case, 200, |v| v == id)
}
