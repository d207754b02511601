//! Supervision orders, and leaders in charge.

use super::tasks::ordering_unit;
use super::{answer_child, open_append, who};
use crate::call::Call;
use crate::domain::decision::Decision;
use crate::domain::ids::{CaseOwnerId, SupervisionId};
use crate::domain::input::Text;
use crate::domain::policy::Action;
use crate::domain::rules::supervision::*;
use crate::error::Error;
use crate::queries::county::{owner_view, supervision_view};
use crate::reply::Reply;
use crate::store::tx::Tx;

fn finish(tx: &mut Tx<'_>, status: u16, d: Decision, id: SupervisionId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = supervision_view(tx, &case, id)?;
    answer_child(&case, status, &view)
}

/// `POST /cases/{case_id}/supervisions`
pub fn order_supervision(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Supervise::read)?;
    let file = open_append(tx, call, Action::Supervise, None)?;
    let past = tx.supervisions_of(file.case.id)?;
    let unit = match addressee(&file, input.about) {
        Some(id) => tx.find_org(id)?,
        None => None,
    };
    let for_unit = ordering_unit(tx, &file);
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Supervise {
        id: Some(id),
        ..input
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let facts = SuperviseFacts {
        past,
        unit,
        for_unit,
    };
    let d = supervise(&file, input, &facts, &who, &mut ids, now)?;
    finish(tx, 201, d, id)
}

/// `POST /cases/{case_id}/supervisions/{supervision_id}/talk`
pub fn record_talk(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let by = tx.ctx.actor.user_id;
    let input = call.read(|o| read_talk(o, by))?;
    let file = open_append(tx, call, Action::Supervise, None)?;
    let s = tx.supervision(file.case.id, call.id("supervision_id")?)?;
    let d = talk(&file, &s, input, tx.ctx.now)?;
    finish(tx, 200, d, s.id)
}

/// `POST /cases/{case_id}/supervisions/{supervision_id}/release`
pub fn release_supervision(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let note = call.read(|o| o.req::<Text<1000>>("note"))?.0;
    let file = open_append(tx, call, Action::Supervise, None)?;
    let s = tx.supervision(file.case.id, call.id("supervision_id")?)?;
    let d = release(&file, &s, note, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, s.id)
}

fn owned(tx: &mut Tx<'_>, status: u16, d: Decision, id: CaseOwnerId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = owner_view(tx, &case, id)?;
    // Who signed off may see the case no more, and a retry must get the same bytes.
    Ok(Reply::json(status, &view)?.etag(case.version))
}

/// `POST /cases/{case_id}/owners`
pub fn name_case_owner(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(NameOwner::read)?;
    let file = open_append(tx, call, Action::NameOwner, None)?;
    let unit = tx.find_org(input.org)?;
    let reads = tx.reads_cases(input.user)?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = NameOwner {
        id: Some(id),
        ..input
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = name_owner(&file, input, unit.as_ref(), reads, &who, &mut ids, now)?;
    owned(tx, 201, d, id)
}

/// `POST /cases/{case_id}/owners/{owner_id}/sign-off`
pub fn sign_off_case(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let note = call.read(|o| o.req::<Text<1000>>("note"))?.0;
    let id: CaseOwnerId = call.id("owner_id")?;
    let file = open_append(tx, call, Action::SignOff, None)?;
    let owner = file.owners.iter().find(|o| o.id == id);
    let owner = owner.ok_or_else(Error::not_found)?;
    let d = sign_off(&file, owner, note, &who(tx), tx.ctx.now)?;
    owned(tx, 200, d, id)
}
