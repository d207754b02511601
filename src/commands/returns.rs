//! Statistical returns: drawn up, brought up to date, submitted, corrected by revision (G-45).

use super::orgs::referred;
use super::require;
use crate::call::Call;
use crate::domain::codes::Code as _;
use crate::domain::facts::Event;
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::input::{Int, Text};
use crate::domain::org::OrgUnit;
use crate::domain::policy::{Action, Verdict, decide_unit};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::queries::returns::{answer, digest_of, tag};
use crate::reply::Reply;
use crate::store::tx::Tx;

fn may_write(tx: &Tx<'_>, unit: &OrgUnit) -> Result<(), Error> {
    require(tx, Action::WriteReturns)?;
    match decide_unit(&tx.ctx.actor, Action::WriteReturns, unit.id, unit.desk_id) {
        Verdict::Allow => Ok(()),
        Verdict::Deny => Err(Error::of(Code::Forbidden)),
        Verdict::Hide => Err(Error::not_found()),
    }
}

/// Makes list, figures and digest of a draft anew.
pub fn draw_up(tx: &mut Tx<'_>, r: &mut StatReturn, unit: &OrgUnit) -> Result<(), Error> {
    tx.list_entries(r, Reach::of(unit.id, unit.kind))?;
    r.figures = tx.figures_of(r.id)?;
    let items = tx.items_of(r.id)?;
    r.entries = i64::try_from(items.len()).map_err(Error::internal)?;
    r.digest = digest_of(r, &items);
    Ok(())
}

fn record(tx: &mut Tx<'_>, r: &StatReturn, event: Event) -> Result<(), Error> {
    let stream = format!("org/{}", r.org_id);
    tx.record(&stream, format!("return/{}", r.id), vec![event])
}

fn drafted(r: &StatReturn) -> Event {
    Event::ReturnDrafted {
        report: r.id,
        org: r.org_id,
        from: r.from_on,
        to: r.to_on,
        as_of: r.as_of,
        revision: i64::from(r.revision),
    }
}

fn not_to_come(as_of: Option<Instant>, now: Instant) -> Result<Instant, Error> {
    match as_of {
        Some(t) if t > now => Err(Error::invalid("/as_of", "in_future")),
        Some(t) => Ok(t),
        None => Ok(now),
    }
}

/// `POST /returns`: a draft with the figures known at `as_of`.
pub fn create(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::WriteReturns)?;
    let (org_id, kind, year, number, as_of) = call.read(|o| {
        let org_id = o.req::<OrgId>("org_id");
        let kind = o.req::<ReturnPeriod>("period");
        let year = o.req::<Int<2000, 2200>>("year");
        let number = o.or("number", Int::<1, 12>(1));
        let as_of = o.opt::<Instant>("as_of");
        Some((org_id?, kind?, year?.0, number?.0, as_of?))
    })?;
    let unit = referred(tx.org(org_id), "/org_id")?;
    may_write(tx, &unit)?;
    let span = i16::try_from(year)
        .ok()
        .zip(i8::try_from(number).ok())
        .and_then(|(y, n)| Span::of(kind, y, n))
        .ok_or_else(|| Error::invalid("/number", "out_of_range"))?;
    let now = tx.ctx.now;
    let as_of = not_to_come(as_of, now)?;
    let draft = StatReturn {
        id: tx.ctx.id(),
        org_id,
        period: kind,
        from_on: span.from,
        to_on: span.to,
        revision: 0,
        revises: None,
        state: ReturnState::Draft,
        as_of,
        figures: Figures::default(),
        entries: 0,
        digest: String::new(),
        reason: None,
        created_by: tx.ctx.actor.user_id,
        created_at: now,
        submitted_by: None,
        submitted_at: None,
    };
    save_new(tx, draft, &unit)
}

fn save_new(tx: &mut Tx<'_>, mut draft: StatReturn, unit: &OrgUnit) -> Result<Reply, Error> {
    draw_up(tx, &mut draft, unit)?;
    tx.insert(&draft)?;
    let event = drafted(&draft);
    record(tx, &draft, event)?;
    let path = format!("/api/v1/returns/{}", draft.id);
    Ok(answer(tx, 201, &draft)?.header("Location", path))
}

/// Opens a draft to change it; the caller must have seen it as it is.
fn open_draft(tx: &mut Tx<'_>, call: &Call) -> Result<(StatReturn, OrgUnit), Error> {
    let (r, unit) = open(tx, call)?;
    call.expect_tag(&tag(&r))?;
    if r.state == ReturnState::Submitted {
        return Err(Refusal::new(Reason::ReturnFrozen).into());
    }
    Ok((r, unit))
}

fn open(tx: &mut Tx<'_>, call: &Call) -> Result<(StatReturn, OrgUnit), Error> {
    require(tx, Action::WriteReturns)?;
    let r = tx.lock_return(call.id("return_id")?)?;
    let unit = tx.org(r.org_id)?;
    may_write(tx, &unit)?;
    Ok((r, unit))
}

/// `POST /returns/{return_id}/refresh`: the draft's figures as known now, or at `as_of`.
pub fn refresh(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (mut draft, unit) = open_draft(tx, call)?;
    let as_of = call.read(|o| o.opt::<Instant>("as_of"))?;
    draft.as_of = not_to_come(as_of, tx.ctx.now)?;
    draw_up(tx, &mut draft, &unit)?;
    tx.update(&draft)?;
    let event = drafted(&draft);
    record(tx, &draft, event)?;
    answer(tx, 200, &draft)
}

/// `DELETE /returns/{return_id}`: a draft that is not wanted.
pub fn discard(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (draft, _) = open_draft(tx, call)?;
    tx.drop_return(draft.id)?;
    record(tx, &draft, Event::ReturnDropped { report: draft.id })?;
    Ok(Reply::empty(204))
}

/// `POST /returns/{return_id}/submit`: from now on frozen with its list and digest.
pub fn submit(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (mut draft, unit) = open_draft(tx, call)?;
    call.read_nothing()?;
    let period = format!(
        "return/{}/{}/{}",
        draft.org_id,
        draft.period.code(),
        draft.from_on
    );
    tx.hold(&period)?;
    let last = tx.last_submitted(&draft)?.map(|r| r.id);
    let mut guards = Guards::new();
    guards.require(draft.as_of >= draft.to_on.end(), Reason::PeriodNotOver);
    guards.forbid(
        last.filter(|_| last != draft.revises),
        Reason::ReturnRevised,
    );
    guards.done()?;
    // An act under way when the draft was made may have been recorded before its instant.
    let reach = Reach::of(unit.id, unit.kind);
    let known = tx.entries_as_of(&draft, reach, draft.as_of)?;
    let listed = tx.items_of(draft.id)?;
    if !listed.iter().map(|(entry, _)| entry).eq(known.iter()) {
        return Err(Error::with(Code::Conflict, "as_of"));
    }
    draft.state = ReturnState::Submitted;
    draft.submitted_by = Some(tx.ctx.actor.user_id);
    draft.submitted_at = Some(tx.ctx.now);
    tx.update(&draft)?;
    let event = Event::ReturnSubmitted {
        report: draft.id,
        entries: draft.entries,
        digest: draft.digest.clone(),
    };
    record(tx, &draft, event)?;
    answer(tx, 200, &draft)
}

/// `POST /returns/{return_id}/revise`: a new draft for the same period, beside the frozen one.
pub fn revise(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (old, unit) = open(tx, call)?;
    let reason = call.read(|o| o.req::<Text<1000>>("reason"))?.0;
    if old.state == ReturnState::Draft {
        return Err(Refusal::new(Reason::ReturnUnrevisable).into());
    }
    let last = tx.last_submitted(&old)?;
    let newer = last.filter(|l| l.id != old.id).map(|l| l.id);
    let mut guards = Guards::new();
    guards.forbid(newer, Reason::ReturnRevised);
    guards.done()?;
    let now = tx.ctx.now;
    let draft = StatReturn {
        id: tx.ctx.id(),
        revision: old.revision.saturating_add(1),
        revises: Some(old.id),
        state: ReturnState::Draft,
        as_of: now,
        reason: Some(reason),
        created_by: tx.ctx.actor.user_id,
        created_at: now,
        submitted_by: None,
        submitted_at: None,
        ..old
    };
    save_new(tx, draft, &unit)
}
