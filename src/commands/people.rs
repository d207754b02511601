//! Parties: who they are, what they consent to, who speaks for a group.

use serde_json::json;

use super::intake::refresh_traits;
use super::{answer_child, open_act, open_append, who};
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::party::Party;
use crate::domain::policy::Action;
use crate::domain::rules::consent::{self, Answer, Declaration};
use crate::domain::rules::group::{self, Authorise, Elect};
use crate::domain::rules::parties::{self, Substitute};
use crate::domain::rules::party_edit::{self, AcceptMediator, ChildView, PartyPatch, RightsNotice};
use crate::domain::rules::party_input::NewParty;
use crate::domain::rules::reveal;
use crate::error::{Code, Error};
use crate::queries::views::Sees;
use crate::queries::views::party::{FullParty, PartyView};
use crate::reply::Reply;
use crate::store::tx::Tx;

/// The party that the path names; a party of another case is none of this one.
fn party_in<'a>(file: &'a CaseFile, call: &Call) -> Result<&'a Party, Error> {
    file.party(call.id("party_id")?)
        .ok_or_else(Error::not_found)
}

/// These parties of a case, as the caller sees them.
fn views_of(tx: &mut Tx<'_>, case: &Case, ids: &[PartyId]) -> Result<Vec<PartyView>, Error> {
    let scope = tx.scope_of(case)?;
    let sees = Sees::of(tx.ctx, &scope);
    let today = tx.ctx.now.local_date();
    let parties = tx.parties(case.id)?;
    Ok(parties
        .iter()
        .filter(|p| ids.contains(&p.id))
        .map(|p| PartyView::of(p, sees, today))
        .collect())
}

fn answer_party(tx: &mut Tx<'_>, case: &Case, status: u16, id: PartyId) -> Result<Reply, Error> {
    let view = views_of(tx, case, &[id])?
        .pop()
        .ok_or_else(Error::not_found)?;
    answer_child(case, status, &view)
}

/// Carries an act on one party out and answers with the party.
fn done(tx: &mut Tx<'_>, id: PartyId, decision: Decision) -> Result<Reply, Error> {
    let case = tx.carry_out(decision)?;
    answer_party(tx, &case, 200, id)
}

/// `POST /cases/{case_id}/parties`.
pub fn add(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::AddParty)?;
    let input = call.read(NewParty::read)?;
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let decision = parties::add_party(&file, input, &who, &mut ids, now)?;
    let case = tx.carry_out(decision)?;
    refresh_traits(tx, call, &case)?;
    let known: Vec<PartyId> = file.parties.iter().map(|p| p.id).collect();
    let added = tx
        .parties(case.id)?
        .into_iter()
        .map(|p| p.id)
        .find(|id| !known.contains(id))
        .ok_or_else(|| Error::internal("party not stored"))?;
    let location = format!("/api/v1/cases/{}/parties", case.id);
    Ok(answer_party(tx, &case, 201, added)?.header("Location", location))
}

/// `PATCH /cases/{case_id}/parties/{party_id}`. Only the team uncovers hidden contacts.
pub fn edit(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let party = party_in(&file, call)?;
    let input = call.read(PartyPatch::read)?;
    if reveal::uncovers(&file, party, &input, &who(tx)) {
        return Err(Error::of(Code::Forbidden));
    }
    let decision = party_edit::edit_party(&file, party.id, input, tx.ctx.now)?;
    if decision.events.is_empty() {
        return answer_party(tx, &file.case, 200, party.id);
    }
    let case = tx.carry_out(decision)?;
    refresh_traits(tx, call, &case)?;
    answer_party(tx, &case, 200, party.id)
}

/// `POST /cases/{case_id}/parties/{party_id}/reveal`: the fact is committed before the data leave.
pub fn look(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_append(tx, call, Action::Reveal, None)?;
    let party = party_in(&file, call)?;
    call.read_nothing()?;
    let purpose = tx
        .ctx
        .purpose
        .clone()
        .ok_or_else(|| Error::of(Code::PurposeRequired))?;
    let who = who(tx);
    if !reveal::contacts_open(&file, party, &who) {
        return Err(Error::of(Code::Forbidden));
    }
    may_look_now(tx)?;
    let case = tx.carry_out(reveal::reveal(&file, party.id, purpose))?;
    let on_team = file.team().any(|a| a.user_id == who.user);
    Ok(Reply::json(200, &FullParty::of(party, on_team))?
        .case(case.id)
        .reads("party", party.id))
}

/// A recent sign-in, and not more looks than one person needs.
fn may_look_now(tx: &mut Tx<'_>) -> Result<(), Error> {
    let now = tx.ctx.now;
    let login = match tx.ctx.actor.login_id {
        Some(id) => tx.login(id)?,
        None => None,
    };
    if !login.is_some_and(|l| reveal::signed_in_lately(l.created_at, now)) {
        return Err(Error::of(Code::StepUpRequired));
    }
    let looks = tx.reveals_since(reveal::counted_from(now))?;
    match reveal::wait_for_look(&looks, now) {
        Some(seconds) => {
            let seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
            Err(Error::Wait(Code::TooManyRequests, seconds))
        }
        None => Ok(()),
    }
}

/// `POST /cases/{case_id}/parties/{party_id}/ask-consent` (G-01).
pub fn ask_consent(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::RequestConsent)?;
    let id = party_in(&file, call)?.id;
    call.read_nothing()?;
    let calendar = tx.calendar()?;
    let decision = consent::ask_consent(&file, id, &calendar, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/consent` (G-01, G-02).
pub fn record_consent(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::RecordConsent)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Answer::read)?;
    let calendar = tx.calendar()?;
    let decision = consent::record_consent(&file, id, input, &calendar, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/demand-termination` (G-02).
pub fn demand_termination(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::RecordConsent)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Declaration::read)?;
    let calendar = tx.calendar()?;
    let decision = consent::demand_termination(&file, id, input, &calendar, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/rights-notice` (G-10).
pub fn rights_notice(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(RightsNotice::read)?;
    let decision = party_edit::rights_notice(&file, id, input, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/child-view` (G-13).
pub fn child_view(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(ChildView::read)?;
    let decision = party_edit::child_view(&file, id, input, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/withdraw`: one of several leaves.
pub fn withdraw(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::AddParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Declaration::read)?;
    let decision = parties::withdraw(&file, id, input, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/substitute`: heirs or legal successors step in.
pub fn substitute(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::AddParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Substitute::read)?;
    let mut heirs = input.successor_ids.clone();
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let decision = parties::substitute(&file, id, input, &who, &mut ids, now)?;
    let case = tx.carry_out(decision)?;
    refresh_traits(tx, call, &case)?;
    let fresh = tx.parties(case.id)?.into_iter();
    heirs.extend(fresh.map(|p| p.id).filter(|h| file.party(*h).is_none()));
    let gone = views_of(tx, &case, &[id])?.pop();
    let successors = views_of(tx, &case, &heirs)?;
    answer_child(
        &case,
        200,
        &json!({"party": gone, "successors": successors}),
    )
}

/// `POST /cases/{case_id}/parties/{party_id}/representative` (G-15).
pub fn elect(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Elect::read)?;
    let decision = group::elect(&file, id, input, tx.ctx.now.local_date())?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/settle-authority` (G-15).
pub fn authorise(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(Authorise::read)?;
    let decision = group::authorise(&file, id, input, tx.ctx.now)?;
    done(tx, id, decision)
}

/// `POST /cases/{case_id}/parties/{party_id}/accept-mediator`.
pub fn accept_mediator(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::ManageParties, Act::EditParty)?;
    let id = party_in(&file, call)?.id;
    let input = call.read(AcceptMediator::read)?;
    let decision = party_edit::accept_mediator(&file, id, input, tx.ctx.now)?;
    done(tx, id, decision)
}
