//! Follow-up visits: planned by hand, recorded, waived. Appends: no version is asked for, on closed
//! and archived cases as well.

use std::sync::Arc;

use super::{open_append, who};
use crate::call::Call;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::PolicyBook;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::rules::follow_ups::{self, PlanVisit, RecordVisit, VisitFacts, WaiveVisit};
use crate::error::Error;
use crate::queries::follow_ups::follow_up_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// What the rules look at beside the file, owned.
struct Facts {
    book: Arc<PolicyBook>,
    calendar: Calendar,
    alert: Vec<OrgId>,
}

impl Facts {
    fn load(tx: &mut Tx<'_>) -> Result<Self, Error> {
        Ok(Self {
            book: tx.clock_policies()?,
            calendar: tx.calendar()?,
            alert: tx.county_centre()?.into_iter().collect(),
        })
    }

    fn view(&self, tx: &Tx<'_>) -> VisitFacts<'_> {
        VisitFacts {
            book: &self.book,
            calendar: &self.calendar,
            alert: &self.alert,
            now: tx.ctx.now,
        }
    }
}

fn named(file: &CaseFile, call: &Call) -> Result<FollowUpId, Error> {
    let id: FollowUpId = call.id("follow_up_id")?;
    file.follow_up(id)
        .map(|f| f.id)
        .ok_or_else(Error::not_found)
}

fn answer(tx: &mut Tx<'_>, status: u16, d: Decision, id: FollowUpId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = follow_up_view(tx, &case, id)?;
    let reply = Reply::json(status, &view)?.etag(case.version).case(case.id);
    Ok(reply.reads("follow_up", id))
}

/// `POST /cases/{case_id}/follow-ups`.
pub fn plan(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(PlanVisit::read)?;
    let file = open_append(tx, call, Action::FollowUp, Some(Act::FollowUp))?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = PlanVisit {
        id: Some(id),
        ..input
    };
    let facts = Facts::load(tx)?;
    let mut ids = tx.ctx;
    let d = follow_ups::plan(&file, &input, &facts.view(tx), &who(tx), &mut ids)?;
    answer(tx, 201, d, id)
}

/// `POST /cases/{case_id}/follow-ups/{follow_up_id}/record`.
pub fn record(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(RecordVisit::read)?;
    let file = open_append(tx, call, Action::FollowUp, Some(Act::FollowUp))?;
    let id = named(&file, call)?;
    let facts = Facts::load(tx)?;
    let d = follow_ups::record(&file, id, input, &facts.view(tx), &who(tx))?;
    answer(tx, 200, d, id)
}

/// `POST /cases/{case_id}/follow-ups/{follow_up_id}/waive`.
pub fn waive(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(WaiveVisit::read)?;
    let file = open_append(tx, call, Action::WaiveFollowUp, Some(Act::FollowUp))?;
    let id = named(&file, call)?;
    let d = follow_ups::waive(&file, id, input, tx.ctx.now)?;
    answer(tx, 200, d, id)
}
