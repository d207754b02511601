//! Intake: registration, screening, acceptance, risk, issues, merging.

use serde_json::json;

use super::{answer_case, answer_child, finish, open_act, open_append, require, who};
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::case_code::CaseNoTemplate;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::machine::Act;
use crate::domain::policy::{Action, role_may};
use crate::domain::rules::acceptance::{self, Accept, AcceptFacts, Reject, Screen};
use crate::domain::rules::duplicates::traits_of;
use crate::domain::rules::edit::{self, Edit};
use crate::domain::rules::intake::{self, RegisterFacts};
use crate::domain::rules::intake_input::{NewIssue, Register};
use crate::domain::rules::issues::{self, IssueMove};
use crate::domain::rules::merge::{self, Merge};
use crate::domain::rules::risk::{self, Assess};
use crate::error::{Code, Error};
use crate::queries::cases::case_view;
use crate::queries::intake::{candidates, receipt_of, with_offers};
use crate::reply::Reply;
use crate::store::cases::Expect;
use crate::store::tx::Tx;

/// The unit a registration is made at: the one named, or the only one the clerk registers for.
fn origin(tx: &Tx<'_>, wanted: Option<OrgId>) -> Result<OrgId, Error> {
    let mut units: Vec<OrgId> = tx
        .ctx
        .actor
        .grants
        .iter()
        .filter(|g| role_may(g.role, Action::Register))
        .map(|g| g.org_id)
        .collect();
    units.sort_unstable();
    units.dedup();
    match (wanted, units.as_slice()) {
        (Some(id), _) if units.contains(&id) => Ok(id),
        (Some(_), _) => Err(Error::of(Code::Forbidden)),
        (None, [one]) => Ok(*one),
        (None, _) => Err(Error::invalid("/origin_id", "required")),
    }
}

/// `POST /cases`.
pub fn register(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::Register)?;
    let input = call.read(Register::read)?;
    let unit = origin(tx, input.origin_id)?;
    let origin = tx.org(unit)?;
    let calendar = tx.calendar()?;
    let facts = RegisterFacts {
        code: tx.fresh_case_code()?,
        alert: tx.alert_units(origin.desk_id)?,
        origin,
        calendar: &calendar,
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let mut decision = intake::register(input, &facts, &who, &mut ids, now)?;
    // The receipt's hash stands in the trail, so that a party can hold us to it.
    let receipt = receipt_of(decision.case(), &call.env.county);
    decision.event(Event::ReceiptIssued {
        sha256: receipt.sha256.clone(),
    });
    let case = tx.carry_out(decision)?;
    let parties = tx.parties(case.id)?;
    let traits = traits_of(&case, &parties);
    let similar = tx.matches(&call.env.blind, &traits, now, Some(case.id))?;
    tx.keep_traits(&call.env.blind, &case, &traits)?;
    let scope = tx.scope_of(&case)?;
    let mut view = case_view(tx, &case, &scope)?;
    view.included.insert(
        "receipt".into(),
        serde_json::to_value(&receipt).map_err(Error::internal)?,
    );
    let offered = candidates(tx, similar)?;
    view.included
        .insert("duplicate_candidates".into(), json!(offered));
    let location = format!("/api/v1/cases/{}", case.id);
    let reply = Reply::json(201, &view)?
        .header("Location", location)
        .etag(case.version)
        .case(case.id);
    Ok(with_offers(reply, &offered))
}

/// Brings the kept traits of a case up to date.
pub(super) fn refresh_traits(tx: &mut Tx<'_>, call: &Call, case: &Case) -> Result<(), Error> {
    let parties = tx.parties(case.id)?;
    tx.keep_traits(&call.env.blind, case, &traits_of(case, &parties))
}

/// `PATCH /cases/{case_id}`.
pub fn edit(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::EditCase, Act::Edit)?;
    let input = call.read(Edit::read)?;
    let decision = edit::edit(&file, input, &who(tx), tx.ctx.now)?;
    if decision.events.is_empty() {
        return answer_case(tx, 200, &file.case);
    }
    let case = tx.carry_out(decision)?;
    refresh_traits(tx, call, &case)?;
    answer_case(tx, 200, &case)
}

/// `POST /cases/{case_id}/screen`.
pub fn screen(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::DecideAcceptance, Act::Screen)?;
    let input = call.read(Screen::read)?;
    let calendar = tx.calendar()?;
    let decision = acceptance::screen(&file, input, &who(tx), &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/reject`.
pub fn reject(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::DecideAcceptance, Act::Reject)?;
    let input = call.read(Reject::read)?;
    let calendar = tx.calendar()?;
    let decision = acceptance::reject(&file, input, &calendar, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/accept`: takes the next number of the committee, in the same commit.
pub fn accept(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::DecideAcceptance, Act::Accept)?;
    let input = call.read(Accept::read)?;
    let unknown = |e| match e {
        Error::Problem(Code::NotFound, _) => Error::invalid("/committee_id", "unknown_reference"),
        e => e,
    };
    let committee = tx.committee(input.committee_id).map_err(unknown)?;
    let year = tx.ctx.now.local_date().year();
    let seq = tx.next_case_number(committee.id, year)?;
    let case_no = CaseNoTemplate::default().render(year, &committee.prefix, seq);
    let calendar = tx.calendar()?;
    let facts = AcceptFacts {
        committee,
        case_no,
        calendar: &calendar,
    };
    let decision = acceptance::accept(&file, input, facts, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/land-notice` (G-48).
pub fn land_notice(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let file = open_act(tx, call, Action::EditCase, Act::Edit)?;
    let decision = acceptance::land_notice(&file, tx.ctx.now)?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/risk`.
pub fn assess(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Flag, Act::Flag)?;
    let input = call.read(Assess::read)?;
    let alert = tx.alert_units(file.case.holder_desk_id)?;
    let decision = risk::assess(&file, input, &alert, tx.ctx.now.local_date())?;
    finish(tx, decision)
}

/// `POST /cases/{case_id}/issues`.
pub fn add_issue(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_append(tx, call, Action::EditCase, Some(Act::Edit))?;
    let input = call.read(NewIssue::read)?;
    let mut ids = tx.ctx;
    let decision = issues::add_issue(&file, input, &mut ids, tx.ctx.now)?;
    let case = tx.carry_out(decision)?;
    let issue = tx
        .issues(case.id)?
        .pop()
        .ok_or_else(|| Error::internal("issue not stored"))?;
    answer_child(&case, 201, &issue)
}

/// `POST /cases/{case_id}/issues/{issue_id}/state`.
pub fn move_issue(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::EditCase, Act::Edit)?;
    let id: IssueId = call.id("issue_id")?;
    if file.issue(id).is_none() {
        return Err(Error::not_found());
    }
    let input = call.read(IssueMove::read)?;
    let decision = issues::move_issue(&file, id, input)?;
    let case = tx.carry_out(decision)?;
    let issue = tx
        .issues(case.id)?
        .into_iter()
        .find(|i| i.id == id)
        .ok_or_else(Error::not_found)?;
    answer_child(&case, 200, &issue)
}

/// Opens the second case of a merge, in id order with the first so that two merges cannot wait for
/// each other.
fn open_other(tx: &mut Tx<'_>, id: CaseId) -> Result<crate::domain::casefile::CaseFile, Error> {
    let unknown = |e| match e {
        Error::Problem(Code::NotFound, _) => Error::invalid("/into", "unknown_reference"),
        e => e,
    };
    tx.open(Action::Merge, id, Expect::Append).map_err(unknown)
}

/// `POST /cases/{case_id}/merge` (G-38).
pub fn merge(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Merge::read)?;
    let id: CaseId = call.id("case_id")?;
    tx.lock_in_order(&[id, input.into])?;
    let file = open_act(tx, call, Action::Merge, Act::Merge)?;
    let target = open_other(tx, input.into)?;
    let calendar = tx.calendar()?;
    let (away, on) = merge::merge(&file, &target, &calendar, tx.ctx.now)?;
    tx.carry_out(on)?;
    finish(tx, away)
}

/// `POST /cases/{case_id}/unmerge`.
pub fn unmerge(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let id: CaseId = call.id("case_id")?;
    let into = tx.raw_case(id)?.detail.merged_into;
    tx.lock_in_order(&[id, into.unwrap_or(id)])?;
    let file = open_act(tx, call, Action::Merge, Act::Unmerge)?;
    let target = open_other(
        tx,
        into.ok_or_else(|| Error::internal("merged into nothing"))?,
    )?;
    let calendar = tx.calendar()?;
    let (back, on) = merge::unmerge(&file, &target, &calendar, tx.ctx.now)?;
    tx.carry_out(on)?;
    finish(tx, back)
}

/// `POST /cases/{case_id}/co-committees`
pub fn join_committee(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let file = open_act(tx, call, Action::Appoint, Act::Appoint)?;
    let id = call.read(|o| o.req("committee_id"))?;
    let unknown = |e| match e {
        Error::Problem(Code::NotFound, _) => Error::invalid("/committee_id", "unknown_reference"),
        e => e,
    };
    let committee = tx.committee(id).map_err(unknown)?;
    let decision = acceptance::join_committee(&file, &committee, tx.ctx.now)?;
    finish(tx, decision)
}
