//! Reading cases: one with what belongs to it, lists, search, timeline.

use serde::Serialize;
use serde_json::{Map, Value};

use super::in_sight::with_reads;
use super::views::Sees;
use super::views::case::{BallWith, CaseItem, CaseView, DetailView, PendingTransfer};
use super::views::party::PartyView;
use super::views::session::SessionView;
use crate::call::{Call, Page, Query};
use crate::domain::case::Case;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::policy::{Action, CaseScope, Verdict, decide_general, sight};
use crate::domain::time::{Instant, LocalDate};
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::audit::StoredEvent;
use crate::store::lists::{CaseFilter, Position, Queue, Sort};
use crate::store::tables::system::AuditRow;
use crate::store::tx::Snap;

/// The view of one case, without included children.
pub fn case_view(snap: &mut Snap<'_>, case: &Case, scope: &CaseScope) -> Result<CaseView, Error> {
    let sees = Sees::of(snap.ctx, scope);
    let transfers = if scope.pending_from.is_empty() {
        Vec::new()
    } else {
        snap.transfers(case.id)?
    };
    let pending = PendingTransfer::of(&transfers);
    let now = snap.ctx.now;
    Ok(CaseView {
        item: CaseItem::of(case, sees, now, snap.ctx.lang),
        summary: sees.full.then(|| case.summary.clone()),
        detail: DetailView::of(&case.detail, sees),
        ball_with: BallWith {
            org_id: case.holder_id,
            name: snap.org(case.holder_id)?.name,
            since: case.holder_since,
            days: now.seconds_since(case.holder_since) / 86_400,
            pending,
        },
        transfer_pending: !scope.pending_from.is_empty(),
        included: Map::new(),
    })
}

const INCLUDES: &[&str] = &["parties", "sessions", "events"];
/// How many of the last events `include=events` brings.
const LAST_EVENTS: i64 = 10;

/// `GET /cases/{case_id}`, with `include=parties,sessions,events`.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let include = q.include(INCLUDES)?;
    q.finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let mut view = case_view(snap, &case, &scope)?;
    let today = snap.ctx.now.local_date();
    for part in include {
        let value = match part {
            "parties" => included_parties(snap, case.id, sees, today)?,
            "sessions" => {
                let list = snap.sessions(case.id)?;
                to_value(
                    list.iter()
                        .map(|s| SessionView::of(s, sees))
                        .collect::<Vec<_>>(),
                )?
            }
            _ => {
                let events = snap.last_events(&format!("case/{}", case.id), None, LAST_EVENTS)?;
                to_value(sentences(snap, case.id, events, sees)?)?
            }
        };
        view.included.insert(part.to_owned(), value);
    }
    Ok(Reply::json(200, &view)?
        .etag(case.version)
        .case(case.id)
        .reads("case", case.id))
}

/// The parties of a case as `include=parties` shows them.
pub fn included_parties(
    snap: &mut Snap<'_>,
    id: CaseId,
    sees: Sees,
    today: LocalDate,
) -> Result<Value, Error> {
    let list = snap.parties(id)?;
    let views = list.iter().map(|p| PartyView::of(p, sees, today));
    to_value(views.collect::<Vec<_>>())
}

fn to_value(v: impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(v).map_err(Error::internal)
}

/// One entry of a timeline.
#[derive(Debug, Serialize)]
pub struct TimelineEntry {
    pub seq: i64,
    pub at: Instant,
    pub action: String,
    pub text: String,
    pub actor_id: Option<UserId>,
    pub actor: Option<String>,
    /// The typed fact: ids and codes.
    pub event: Value,
}

/// Every id that an event names, its actor included.
fn ids_in(row: &AuditRow) -> Vec<uuid::Uuid> {
    fn walk(v: &Value, out: &mut Vec<uuid::Uuid>) {
        match v {
            Value::String(s) if s.len() == 36 => out.extend(uuid::Uuid::try_parse(s).ok()),
            Value::Array(list) => list.iter().for_each(|v| walk(v, out)),
            Value::Object(map) => map.values().for_each(|v| walk(v, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    out.extend(
        row.actor
            .strip_prefix("user/")
            .and_then(|t| uuid::Uuid::try_parse(t).ok()),
    );
    if let Some(payload) = row
        .payload
        .as_deref()
        .and_then(|p| serde_json::from_str::<Value>(p).ok())
    {
        walk(&payload, &mut out);
    }
    out
}

fn request_of(header: &str) -> Option<String> {
    let header: Value = serde_json::from_str(header).ok()?;
    header.get("request_id")?.as_str().map(str::to_owned)
}

/// The requests by which somebody raised or reported a danger: who it was is confidential.
fn reporting_requests(snap: &mut Snap<'_>, case: CaseId) -> Result<Vec<String>, Error> {
    let headers = snap.reporting_headers(&format!("case/{case}"))?;
    Ok(headers.iter().filter_map(|h| request_of(h)).collect())
}

fn sentences(
    snap: &mut Snap<'_>,
    case: CaseId,
    events: Vec<StoredEvent>,
    sees: Sees,
) -> Result<Vec<TimelineEntry>, Error> {
    let wanted: Vec<uuid::Uuid> = events.iter().flat_map(|e| ids_in(&e.row)).collect();
    let mut names = snap.names_of(&wanted)?;
    if !sees.full {
        names.mask_people(snap, case)?;
    }
    let lang = snap.ctx.lang;
    let reports = reporting_requests(snap, case)?;
    events
        .into_iter()
        .map(|e| {
            // What came with a flag in one act would give its reporter away as well.
            let reports = request_of(&e.row.header).is_some_and(|r| reports.contains(&r));
            let actor_id = e
                .row
                .actor
                .strip_prefix("user/")
                .and_then(UserId::parse)
                .filter(|id| !reports || *id == sees.me);
            Ok(TimelineEntry {
                seq: e.row.seq,
                at: e.row.at,
                action: e.row.action,
                text: e
                    .event
                    .as_ref()
                    .map(|v| v.sentence(lang, &names))
                    .unwrap_or_default(),
                actor_id,
                actor: actor_id.and_then(|id| names.0.get(&id.uuid).cloned()),
                event: to_value(&e.event)?,
            })
        })
        .collect()
}

/// Whether an entry is about one of these tasks.
fn tells_of(entry: &TimelineEntry, tasks: &[uuid::Uuid]) -> bool {
    let id = entry.event.get("task").and_then(Value::as_str);
    id.and_then(|t| uuid::Uuid::try_parse(t).ok())
        .is_some_and(|t| tasks.contains(&t))
}

/// `GET /cases/{case_id}/timeline`: everything that happened, oldest first.
pub fn timeline(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let page = q.page::<i64>()?;
    q.finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let stream = format!("case/{}", case.id);
    let events = snap.stream_events(&stream, page.after.unwrap_or(0), page.fetch())?;
    let entries = sentences(snap, case.id, events, sees)?;
    let hidden = snap.hidden_tasks(case.id)?;
    let out = page.cut(&call.env, entries, |e| e.seq, |e| e)?;
    // What only the county knows of is left out; the numbers of the others stay.
    let out = Page {
        data: out
            .data
            .into_iter()
            .filter(|e| !tells_of(e, &hidden))
            .collect(),
        ..out
    };
    Ok(out.reply()?.case(case.id).reads("case", case.id))
}

fn filter(q: &Query<'_>, now: Instant) -> Result<CaseFilter, Error> {
    Ok(CaseFilter {
        states: q.list("state")?,
        kinds: q.list("type")?,
        risks: q.list("risk")?,
        sources: q.list("source")?,
        difficulties: q.list("difficulty")?,
        live: q.get("live")?,
        overdue_at: q.get::<bool>("overdue")?.filter(|o| *o).map(|_| now),
        due_before: q.get("due_before")?,
        registered_from: q.get("registered_from")?,
        registered_before: q.get("registered_before")?,
        village: q.get("village")?,
        township: q.get("township")?,
        mediator: q.get("mediator")?,
        transfer_pending: q.get("transfer_pending")?.unwrap_or(false),
        text: None,
    })
}

fn may_list(snap: &Snap<'_>) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, Action::ListCases) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Code::Forbidden)),
    }
}

/// `GET /cases`: queues and lists.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_list(snap)?;
    let q = call.query();
    let queue = match q.one_of("queue", &["all", "desk", "mine", "sent", "registered"])? {
        "desk" => Queue::Desk,
        "mine" => Queue::Mine,
        "sent" => Queue::Sent,
        "registered" => Queue::Registered,
        _ => Queue::All,
    };
    let mut filter = filter(&q, snap.ctx.now)?;
    let by_due = matches!(queue, Queue::Desk | Queue::Mine);
    if by_due && filter.live.is_none() && filter.states.is_empty() {
        filter.live = Some(true);
    }
    let default = if by_due { "due" } else { "-registered" };
    let sort = match q.text("sort").unwrap_or(default) {
        "due" => Sort::Due,
        "-risk,due" => Sort::Risk,
        "-registered" => Sort::Newest,
        "registered" => Sort::Oldest,
        _ => return Err(Error::with(Code::BadQuery, "sort")),
    };
    let count = match q.text("count") {
        None => false,
        Some("exact") => true,
        Some(_) => return Err(Error::with(Code::BadQuery, "count")),
    };
    page_of(snap, call, &q, queue, &filter, sort, count)
}

fn page_of(
    snap: &mut Snap<'_>,
    call: &Call,
    q: &Query<'_>,
    queue: Queue,
    filter: &CaseFilter,
    sort: Sort,
    count: bool,
) -> Result<Reply, Error> {
    let page = q.page::<Position>()?;
    q.finish()?;
    let sight = sight(&snap.ctx.actor);
    let rows = snap.list_cases(
        &sight,
        queue,
        filter,
        sort,
        page.after.as_ref(),
        page.fetch(),
    )?;
    let scopes = snap.scopes_of(&rows)?;
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let ctx = snap.ctx;
    let pairs: Vec<_> = rows.into_iter().zip(scopes).collect();
    let shown = usize::try_from(page.limit).unwrap_or(0);
    let named: Vec<CaseId> = pairs
        .iter()
        .take(shown)
        .filter(|(_, scope)| Sees::of(ctx, scope).full)
        .map(|(c, _)| c.id)
        .collect();
    let position = |(c, _): &(Case, CaseScope)| {
        let due = c.next_due_at.map(|d| match sort {
            Sort::Risk => format!("{} {d}", c.risk),
            _ => d.to_string(),
        });
        (due, c.id.uuid)
    };
    let mut out = page.cut(&call.env, pairs, position, |(c, scope)| {
        CaseItem::of(&c, Sees::of(ctx, &scope), now, lang)
    })?;
    if count {
        out.page.count = Some(snap.count_cases(&sight, queue, filter)?);
    }
    Ok(with_reads(out.reply()?, named))
}

/// `POST /case-searches`: words in titles, summaries, parties' names and numbers. A `POST`, since
/// names must not stand in a URL.
pub fn search(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_list(snap)?;
    let words = call.read(|o: &mut Obj<'_>| o.req::<Line<100>>("text"))?;
    let q = call.query();
    let mut filter = filter(&q, snap.ctx.now)?;
    filter.text = Some(words.0);
    page_of(snap, call, &q, Queue::All, &filter, Sort::Newest, false)
}
