//! Agreements: drafting, signing, sealing, changing, confirming.

use super::{answer_child, open_act, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::rules::agreement_input::{Draft, Edit};
use crate::domain::rules::agreement_plan::{self as plan, NewObligation};
use crate::domain::rules::agreements as paper;
use crate::domain::rules::confirmation::{self, Apply, CourtAnswer};
use crate::domain::rules::group_approval;
use crate::domain::rules::sealing::{self, Seal, SealFacts};
use crate::domain::rules::signing::{self, Sign, StartSigning};
use crate::domain::rules::variation::{self, GiveUp, Rescind, Vary};
use crate::error::Error;
use crate::queries::agreements::agreement_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// The agreement a path names; one of another case is none of this one.
pub(super) fn named(file: &CaseFile, call: &Call) -> Result<AgreementId, Error> {
    let id = call.id("agreement_id")?;
    file.agreement(id)
        .map(|a| a.id)
        .ok_or_else(Error::not_found)
}

/// Carries a decision out and answers with the agreement as it is then.
pub(super) fn answer(
    tx: &mut Tx<'_>,
    status: u16,
    decision: Decision,
    id: AgreementId,
) -> Result<Reply, Error> {
    let case = tx.carry_out(decision)?;
    let file = tx.file_for(Action::ViewCase, case.id)?;
    let view = agreement_view(tx, &file, id)?;
    let reply = answer_child(&case, status, &view)?;
    Ok(match status {
        201 => {
            let at = format!("/api/v1/cases/{}/agreements/{id}", case.id);
            reply.header("Location", at)
        }
        _ => reply,
    })
}

/// `POST /cases/{case_id}/agreements`: a draft, or an oral agreement with its performance.
pub fn draft(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::DraftAgreement)?;
    let input = call.read(Draft::read)?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Draft {
        id: Some(id),
        ..input
    };
    let calendar = tx.calendar()?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = paper::draft(&file, input, &who, &mut ids, &calendar, now)?;
    answer(tx, 201, decision, id)
}

/// `PATCH /cases/{case_id}/agreements/{agreement_id}`.
pub fn edit(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::EditAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(Edit::read)?;
    let calendar = tx.calendar()?;
    let decision = paper::edit(&file, id, input, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/obligations`.
pub fn add_obligation(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::EditAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(|o| NewObligation::read(o, false))?;
    let (now, mut ids) = (tx.ctx.now, tx.ctx);
    let decision = plan::add_obligation(&file, id, input, &mut ids, now)?;
    answer(tx, 200, decision, id)
}

/// `DELETE /cases/{case_id}/obligations/{obligation_id}`: of an instalment plan, the whole plan.
pub fn remove_obligation(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::EditAgreement)?;
    let target: ObligationId = call.id("obligation_id")?;
    let id = file
        .obligation(target)
        .map(|o| o.agreement_id)
        .ok_or_else(Error::not_found)?;
    let decision = plan::remove_obligation(&file, target, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/group-approvals`.
pub fn approve_in_group(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::EditAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(group_approval::read)?;
    let decision = group_approval::approve(&file, id, input, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/start-signing`.
pub fn start_signing(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::SignAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(StartSigning::read)?;
    let calendar = tx.calendar()?;
    let decision = signing::start_signing(&file, id, &input, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/sign`.
pub fn sign(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::SignAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(Sign::read)?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = signing::sign(&file, id, input, &who, &mut ids, now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/seal`.
pub fn seal(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::SignAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(Seal::read)?;
    let committee = match file.case.committee_id {
        Some(id) => Some(tx.committee(id)?),
        None => None,
    };
    let calendar = tx.calendar()?;
    let facts = SealFacts {
        committee: committee.as_ref(),
        calendar: &calendar,
    };
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = sealing::seal(&file, id, input, facts, &who, &mut ids, now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/vary`: answers with the new draft.
pub fn vary(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::VaryAgreement)?;
    let old = named(&file, call)?;
    let mut input = call.read(Vary::read)?;
    let id = input.draft.id.unwrap_or_else(|| tx.ctx.id());
    input.draft.id = Some(id);
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let decision = variation::vary(&file, old, input, &who, &mut ids, now)?;
    answer(tx, 201, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/rescind`.
pub fn rescind(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::RescindAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(Rescind::read)?;
    let calendar = tx.calendar()?;
    let decision = variation::rescind(&file, id, input, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/drop`.
pub fn drop_unsigned(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::EditAgreement)?;
    let id = named(&file, call)?;
    let input = call.read(GiveUp::read)?;
    let calendar = tx.calendar()?;
    let decision = variation::drop_unsigned(&file, id, input, &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/apply-confirmation` (G-23).
pub fn apply_confirmation(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::Confirm)?;
    let id = named(&file, call)?;
    let input = call.read(Apply::read)?;
    let calendar = tx.calendar()?;
    let decision = confirmation::apply(&file, id, input, &who(tx), &calendar, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}

/// `POST /cases/{case_id}/agreements/{agreement_id}/confirmation-result`.
pub fn confirmation_result(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Agree, Act::Confirm)?;
    let id = named(&file, call)?;
    let input = call.read(CourtAnswer::read)?;
    let decision = confirmation::answer(&file, id, input, tx.ctx.now)?;
    answer(tx, 200, decision, id)
}
