//! Transfers and custody: those of one case, and the queue for review.

use super::in_sight::{in_sight, named, with_reads};
use super::views::Sees;
use super::views::case::{BallWith, PendingTransfer};
use super::views::movement::*;
use crate::call::{Call, Query};
use crate::domain::case::{Case, Risk};
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::input::Int;
use crate::domain::movement::Transfer;
use crate::domain::policy::{Action, Sight};
use crate::domain::rules::custody::{days_held, held};
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::movement::{Order, SentPosition, TransferFilter};
use crate::store::tx::Snap;

/// One transfer of a case, as the caller sees it.
pub fn transfer_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: TransferId,
) -> Result<TransferView, Error> {
    let scope = snap.scope_of(case)?;
    let sees = Sees::of(snap.ctx, &scope);
    let list = snap.transfers(case.id)?;
    let transfer = list
        .iter()
        .find(|t| t.id == id)
        .ok_or_else(Error::not_found)?;
    let names = snap.names_of(&units_in(std::slice::from_ref(transfer)))?;
    Ok(TransferView::of(transfer, sees, snap.ctx.now, &names))
}

/// `GET /cases/{case_id}/transfers`: oldest first.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let transfers = snap.transfers(case.id)?;
    let names = snap.names_of(&units_in(&transfers))?;
    let now = snap.ctx.now;
    let data = transfers
        .iter()
        .map(|t| TransferView::of(t, sees, now, &names))
        .collect();
    let reply = Reply::json(200, &TransferList { data })?.case(case.id);
    Ok(reply.reads("case", case.id))
}

/// `GET /cases/{case_id}/custody`: whom the case waits for, and how long each unit has held it.
pub fn custody(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let now = snap.ctx.now;
    let mut file = CaseFile::new(case);
    file.custody = snap.custody(file.case.id)?;
    file.transfers = snap.transfers(file.case.id)?;
    let mut wanted: Vec<uuid::Uuid> = file.custody.iter().map(|c| c.org_id.uuid).collect();
    wanted.push(file.case.holder_id.uuid);
    let names = snap.names_of(&wanted)?;
    let name = |id: OrgId| names.0.get(&id.uuid).cloned().unwrap_or_default();
    let view = CustodyView {
        ball_with: BallWith {
            org_id: file.case.holder_id,
            name: name(file.case.holder_id),
            since: file.case.holder_since,
            days: now.seconds_since(file.case.holder_since) / 86_400,
            pending: PendingTransfer::of(&file.transfers),
        },
        held: held(&file, now)
            .into_iter()
            .map(|h| HeldView {
                org_id: h.org_id,
                name: name(h.org_id),
                days: h.days,
                now_holding: h.now_holding,
            })
            .collect(),
        periods: file
            .custody
            .iter()
            .map(|c| PeriodView {
                org_id: c.org_id,
                name: name(c.org_id),
                from_at: c.from_at,
                to_at: c.to_at,
                days: days_held(c, now),
                transfer_id: c.transfer_id,
            })
            .collect(),
    };
    Ok(Reply::json(200, &view)?.case(file.case.id))
}

fn filter(q: &Query<'_>, now: Instant) -> Result<TransferFilter, Error> {
    let older = q.get::<Int<0, 36_500>>("older_than_days")?;
    Ok(TransferFilter {
        states: q.list("state")?,
        verbs: q.list("verb")?,
        risks: q.list("risk")?,
        township: q.get("township")?,
        reason: q.get("reason")?,
        climbed: q.get::<bool>("climbed")?,
        sent_until: older.map(|days| now.plus_days(-days.0)),
        from: q.get("from")?,
        to: q.get("to")?,
        contested: q.get("contested")?.unwrap_or(false),
        order: match q.one_of("sort", &["submitted", "-submitted", "-risk,submitted"])? {
            "-submitted" => Order::Newest,
            "-risk,submitted" => Order::Risk,
            _ => Order::Oldest,
        },
    })
}

/// `GET /transfers`: the queue for review. A unit sees what is sent from and to it, the county
/// everything; of each only what the policy lets the caller see of the case.
pub fn queue(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    super::require(snap, Action::ReviewTransfers)?;
    let q = call.query();
    let filter = filter(&q, snap.ctx.now)?;
    let page = q.page::<SentPosition>()?;
    q.finish()?;
    let limit = page.fetch();
    let position = |(t, risk): &(Transfer, Risk)| {
        let at = t.submitted_at.to_string();
        let key = match filter.order {
            Order::Risk => format!("{risk} {at}"),
            _ => at,
        };
        (key, t.id.uuid)
    };
    let fetch = |snap: &mut Snap<'_>, sight: &Sight, after: Option<&SentPosition>| {
        let rows = snap.list_transfers(sight, &filter, after, limit)?;
        let rows = rows.into_iter();
        Ok(rows.map(|(t, c)| ((t, c.risk), c)).collect())
    };
    let rows = in_sight(snap, page.after.clone(), limit, position, fetch)?;
    let transfers: Vec<Transfer> = rows.iter().map(|r| r.row.0.clone()).collect();
    let names = snap.names_of(&units_in(&transfers))?;
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let named = named(&rows, page.limit);
    let out = page.cut(
        &call.env,
        rows,
        |s| position(&s.row),
        |s| TransferItem::of(&s.row.0, &s.case, s.sees, now, lang, &names),
    )?;
    Ok(with_reads(out.reply()?, named))
}
