//! Joint conferences: planned, held, minuted, signed, closed.

use super::tasks::ordering_unit;
use super::{answer_child, open_append, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::county::Conference;
use crate::domain::decision::Decision;
use crate::domain::ids::{ConferenceId, OrgId};
use crate::domain::input::Text;
use crate::domain::policy::Action;
use crate::domain::rules::conferences::*;
use crate::error::Error;
use crate::queries::county::conference_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

fn open(tx: &mut Tx<'_>, call: &Call) -> Result<(CaseFile, Conference), Error> {
    let file = open_append(tx, call, Action::Confer, None)?;
    let conference = tx.conference(file.case.id, call.id("conference_id")?)?;
    Ok((file, conference))
}

fn finish(tx: &mut Tx<'_>, status: u16, d: Decision, id: ConferenceId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = conference_view(tx, &case, id)?;
    answer_child(&case, status, &view)
}

/// `POST /cases/{case_id}/conferences`
pub fn plan_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(PlanConference::read)?;
    let file = open_append(tx, call, Action::Confer, None)?;
    let units = tx.find_orgs(&input.units)?;
    let convener = ordering_unit(tx, &file);
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = PlanConference {
        id: Some(id),
        ..input
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = plan(&file, input, convener, &units, &who, &mut ids, now)?;
    finish(tx, 201, d, id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/reschedule`
pub fn reschedule_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(MoveConference::read)?;
    let (file, c) = open(tx, call)?;
    let d = reschedule(&file, &c, input, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, c.id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/hold`
pub fn hold_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(HoldConference::read)?;
    let (file, c) = open(tx, call)?;
    let present: Vec<OrgId> = input.present.iter().map(|p| p.0).collect();
    let units = tx.find_orgs(&present)?;
    let d = hold(&file, &c, input, &units, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, c.id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/resolve`
pub fn resolve_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Resolve::read)?;
    let (file, c) = open(tx, call)?;
    let mut named: Vec<OrgId> = input.items.iter().filter_map(|i| i.unit).collect();
    named.extend(input.designates);
    let units = tx.find_orgs(&named)?;
    let now = tx.ctx.now;
    let county = tx.county_centre()?.unwrap_or(c.convener_id);
    let year = now.local_date().year();
    // Taken in the commit: a refused resolution leaves no gap.
    let n = tx.next_minutes_number(county, year)?;
    let number = format!("〔{year}〕{n}号");
    let who = who(tx);
    let mut ids = tx.ctx;
    let facts = ResolveFacts { number, units };
    let d = resolve(&file, &c, input, facts, &who, &mut ids, now)?;
    finish(tx, 200, d, c.id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/sign`
pub fn sign_minutes(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(SignMinutes::read)?;
    let (file, c) = open(tx, call)?;
    let d = sign(&file, &c, input, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, c.id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/close`
pub fn close_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let (file, c) = open(tx, call)?;
    let d = close(&file, &c, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, c.id)
}

/// `POST /cases/{case_id}/conferences/{conference_id}/cancel`
pub fn cancel_conference(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let reason = call.read(|o| o.req::<Text<1000>>("reason"))?.0;
    let (file, c) = open(tx, call)?;
    let d = cancel(&file, &c, reason, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, c.id)
}
