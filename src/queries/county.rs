//! Whistles, conferences, supervision orders and leaders in charge of a case; what should be
//! supervised.

use serde::Serialize;
use serde_json::json;

use super::clocks::terms;
use super::in_sight::{Seen, in_sight, named, with_reads};
use super::views::county::*;
use super::views::movement::TransferCase;
use super::views::task::Words;
use crate::call::Call;
use crate::domain::calendar::Words as Title;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::{Clock, PolicyBook};
use crate::domain::codes::Lang;
use crate::domain::county::*;
use crate::domain::ids::*;
use crate::domain::movement::Transfer;
use crate::domain::policy::{Action, Sight};
use crate::domain::rules::supervision::{addressee, next_level};
use crate::domain::task::{Task, TaskKind};
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::county::DuePosition;
use crate::store::people::NameBook;
use crate::store::tx::Snap;

/// The clocks whose running out calls for the supervisor (督办).
const SUPERVISED: &[&str] = &[
    "escalation_answer",
    "order_result",
    "whistle_response",
    "county_handling",
    "pet_object",
];

fn words(snap: &mut Snap<'_>, case: &Case) -> Result<Words, Error> {
    let scope = snap.scope_of(case)?;
    Ok(Words::of(snap.ctx, &scope))
}

/// A list of a case as an answer.
fn listed(
    snap: &mut Snap<'_>,
    call: &Call,
    read: impl FnOnce(&mut Snap<'_>, &Case) -> Result<Vec<serde_json::Value>, Error>,
) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let data = read(snap, &case)?;
    let reply = Reply::json(200, &json!({ "data": data }))?.case(case.id);
    Ok(reply.reads("case", case.id))
}

fn values<T: Serialize>(list: Vec<T>) -> Result<Vec<serde_json::Value>, Error> {
    list.iter()
        .map(|v| serde_json::to_value(v).map_err(Error::internal))
        .collect()
}

fn whistle_views(
    snap: &mut Snap<'_>,
    case: &Case,
    list: Vec<Whistle>,
) -> Result<Vec<WhistleView>, Error> {
    let words = words(snap, case)?;
    let units = list.iter().flat_map(|w| {
        let called = w.calls.iter().map(|c| c.unit_id.uuid);
        called.chain([w.unit_id.uuid]).collect::<Vec<_>>()
    });
    let names = snap.names_of(&units.collect::<Vec<_>>())?;
    let view = |w| WhistleView::of(w, &words, &names);
    Ok(list.into_iter().map(view).collect())
}

/// One whistle as the caller sees it.
pub fn whistle_view(snap: &mut Snap<'_>, case: &Case, id: WhistleId) -> Result<WhistleView, Error> {
    let one = vec![snap.whistle(case.id, id)?];
    let views = whistle_views(snap, case, one)?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// `GET /cases/{case_id}/whistles`.
pub fn whistles(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    listed(snap, call, |snap, case| {
        let list = snap.whistles_of(case.id)?;
        values(whistle_views(snap, case, list)?)
    })
}

fn conference_views(
    snap: &mut Snap<'_>,
    case: &Case,
    list: Vec<Conference>,
) -> Result<Vec<ConferenceView>, Error> {
    let words = words(snap, case)?;
    let tasks = snap.tasks_of(case.id)?;
    let units = list.iter().flat_map(|c| {
        let members = c.members.iter().map(|m| m.unit_id.uuid);
        members.chain([c.convener_id.uuid]).collect::<Vec<_>>()
    });
    let names = snap.names_of(&units.collect::<Vec<_>>())?;
    let view = |c: Conference| {
        let of_it = |t: &&crate::domain::task::Task| {
            t.kind == TaskKind::ResolutionItem && t.source_id == Some(c.id.uuid)
        };
        let items = tasks.iter().filter(of_it).map(|t| t.id).collect();
        ConferenceView::of(c, items, &words, &names)
    };
    Ok(list.into_iter().map(view).collect())
}

/// One conference as the caller sees it.
pub fn conference_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: ConferenceId,
) -> Result<ConferenceView, Error> {
    let one = vec![snap.conference(case.id, id)?];
    let views = conference_views(snap, case, one)?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// `GET /cases/{case_id}/conferences`.
pub fn conferences(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    listed(snap, call, |snap, case| {
        let list = snap.conferences_of(case.id)?;
        values(conference_views(snap, case, list)?)
    })
}

fn supervision_views(
    snap: &mut Snap<'_>,
    case: &Case,
    list: Vec<Supervision>,
) -> Result<Vec<SupervisionView>, Error> {
    let words = words(snap, case)?;
    let tasks = snap.tasks_of(case.id)?;
    let ids: Vec<TaskId> = list.iter().map(|s| s.task_id).collect();
    let clocks = snap.task_clocks(&ids)?;
    let units: Vec<uuid::Uuid> = list.iter().map(|s| s.unit_id.uuid).collect();
    let names = snap.names_of(&units)?;
    let now = snap.ctx.now;
    let view = |s: Supervision| {
        let task = tasks.iter().find(|t| t.id == s.task_id);
        SupervisionView::of(s, task, &clocks, &words, now, &names)
    };
    Ok(list.into_iter().map(view).collect())
}

/// One supervision order as the caller sees it.
pub fn supervision_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: SupervisionId,
) -> Result<SupervisionView, Error> {
    let one = vec![snap.supervision(case.id, id)?];
    let views = supervision_views(snap, case, one)?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// `GET /cases/{case_id}/supervisions`.
pub fn supervisions(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    listed(snap, call, |snap, case| {
        let list = snap.supervisions_of(case.id)?;
        values(supervision_views(snap, case, list)?)
    })
}

fn owner_views(snap: &mut Snap<'_>, list: &[CaseOwner]) -> Result<Vec<OwnerView>, Error> {
    let wanted = list.iter().flat_map(|o| [o.user_id.uuid, o.org_id.uuid]);
    let names = snap.names_of(&wanted.collect::<Vec<_>>())?;
    Ok(list.iter().map(|o| OwnerView::of(o, &names)).collect())
}

/// One leader's charge.
pub fn owner_view(snap: &mut Snap<'_>, case: &Case, id: CaseOwnerId) -> Result<OwnerView, Error> {
    let mut list = snap.owners_of(case.id)?;
    list.retain(|o| o.id == id);
    let views = owner_views(snap, &list)?;
    views.into_iter().next().ok_or_else(Error::not_found)
}

/// `GET /cases/{case_id}/owners`.
pub fn owners(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    listed(snap, call, |snap, case| {
        let list = snap.owners_of(case.id)?;
        values(owner_views(snap, &list)?)
    })
}

/// `GET /supervise-candidates`: what is overdue and not under supervision, longest first, each with
/// the level an order would have.
pub fn candidates(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    super::require(snap, Action::SuperviseCounty)?;
    let q = call.query();
    let page = q.page::<DuePosition>()?;
    q.finish()?;
    let limit = page.fetch();
    let fetch = |snap: &mut Snap<'_>, _: &Sight, after: Option<&DuePosition>| {
        snap.red_clocks(SUPERVISED, after, limit)
    };
    let rows = in_sight(snap, page.after.clone(), limit, position, fetch)?;
    let named = named(&rows, page.limit);
    let about = About::of(snap, &rows)?;
    let book = snap.clock_policies()?;
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let views = rows.iter().map(|s| about.candidate(s, &book, now, lang));
    let views = views.collect::<Result<Vec<_>, Error>>()?;
    let rows: Vec<_> = rows.into_iter().zip(views).collect();
    let out = page.cut(&call.env, rows, |(s, _)| position(&s.row), |(_, view)| view)?;
    Ok(with_reads(out.reply()?, named))
}

fn position(clock: &Clock) -> DuePosition {
    let due = clock.due_at.map(|t| t.to_string()).unwrap_or_default();
    (due, clock.id.uuid)
}

/// What red clocks are about, of a whole page at once.
struct About {
    tasks: Vec<Task>,
    transfers: Vec<Transfer>,
    orders: Vec<Supervision>,
    names: NameBook,
}

impl About {
    fn of(snap: &mut Snap<'_>, rows: &[Seen<Clock>]) -> Result<Self, Error> {
        let subjects: Vec<uuid::Uuid> = rows.iter().map(|s| s.row.subject_id).collect();
        let cases: Vec<CaseId> = rows.iter().map(|s| s.case.id).collect();
        let tasks = snap.tasks_with(&subjects)?;
        let transfers = snap.transfers_with(&subjects)?;
        let units = tasks.iter().map(|t| Some(t.unit_id));
        let units = units.chain(transfers.iter().map(|t| t.to_id));
        let holders = rows.iter().map(|s| Some(s.case.holder_id));
        let units: Vec<uuid::Uuid> = units.chain(holders).flatten().map(|id| id.uuid).collect();
        Ok(Self {
            tasks,
            transfers,
            orders: snap.supervisions_of_cases(&cases)?,
            names: snap.names_of(&units)?,
        })
    }

    fn candidate(
        &self,
        s: &Seen<Clock>,
        book: &PolicyBook,
        now: Instant,
        lang: Lang,
    ) -> Result<CandidateView, Error> {
        let (clock, case) = (&s.row, &s.case);
        let of_case = self.orders.iter().filter(|o| o.case_id == case.id);
        let past: Vec<Supervision> = of_case.cloned().collect();
        let mut file = CaseFile::new(case.clone());
        let subject = clock.subject_id;
        let tasks = self.tasks.iter().filter(|t| t.id.uuid == subject);
        file.tasks.extend(tasks.cloned());
        let transfers = self.transfers.iter().filter(|t| t.id.uuid == subject);
        file.transfers.extend(transfers.cloned());
        let about = Some(subject).filter(|id| *id != case.id.uuid);
        let unit = addressee(&file, about).unwrap_or(case.holder_id);
        let policy = terms(book, clock)?;
        Ok(CandidateView {
            clock_id: clock.id,
            policy: clock.policy.clone(),
            title: Title {
                zh: policy.zh.clone(),
                en: policy.en.clone(),
            },
            about_id: clock.subject_id,
            due_at: clock.due_at,
            light: clock.light(now),
            unit_id: unit,
            unit_name: self.names.0.get(&unit.uuid).cloned().unwrap_or_default(),
            level: next_level(&past, about),
            orders: past.iter().filter(|s| s.about_id == about).count(),
            case: TransferCase::of(case, s.sees, lang),
        })
    }
}
