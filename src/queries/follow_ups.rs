//! Follow-up visits: of a case, and those due in the county.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::in_sight::{in_sight, named, with_reads};
use super::views::Sees;
use super::views::case::shown_title;
use crate::call::{Call, Query};
use crate::domain::agreement::SignMethod;
use crate::domain::case::{Case, CaseState, CaseType, Risk};
use crate::domain::codes::Lang;
use crate::domain::follow_up::*;
use crate::domain::ids::*;
use crate::domain::machine::{self, Act};
use crate::domain::policy::{Action, Sight};
use crate::domain::record::Satisfaction;
use crate::domain::rules::follow_ups::RETRIES;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::follow_ups::{DuePosition, FollowUpFilter};
use crate::store::people::NameBook;
use crate::store::tx::Snap;

/// A try that reached nobody.
#[derive(Debug, Serialize)]
pub struct TriedView {
    pub at: Instant,
    pub mode: FollowUpMode,
    pub by: UserId,
    pub due_on: LocalDate,
}

/// A visit; what was said only for who sees the case in full.
#[derive(Debug, Serialize)]
pub struct FollowUpView {
    pub id: FollowUpId,
    pub case_id: CaseId,
    pub no: i32,
    pub kind: FollowUpKind,
    pub origin: FollowUpOrigin,
    /// The row of the clock policy `follow_up` it was planned by.
    pub planned_by: Option<String>,
    pub agreement_id: Option<AgreementId>,
    pub state: FollowUpState,
    pub due_on: LocalDate,
    pub due: bool,
    pub overdue: bool,
    pub tries: i32,
    pub tries_left: i32,
    pub tried: Vec<TriedView>,
    pub visited_at: Option<Instant>,
    pub mode: Option<FollowUpMode>,
    pub met_parties: Vec<PartyId>,
    pub met_others: Option<String>,
    pub performance_pct: Option<i32>,
    pub satisfaction: Option<Satisfaction>,
    pub sued: Option<bool>,
    pub judgment: Option<String>,
    pub wrong_mediation: Option<bool>,
    pub hidden_danger: Option<bool>,
    pub situation: Option<String>,
    pub measures: Option<String>,
    pub visitor_id: Option<UserId>,
    pub visitor_name: Option<String>,
    pub signed: Option<SignMethod>,
    pub ended_as: Option<FollowUpEnd>,
    pub end_note: Option<String>,
    pub settled_at: Option<Instant>,
    /// A hidden danger was found and the case may be opened again; nobody does that but people.
    pub reopening_offered: bool,
    pub created_by: UserId,
    pub created_at: Instant,
}

impl FollowUpView {
    fn of(f: &FollowUp, case: &Case, sees: Sees, today: LocalDate, names: &NameBook) -> Self {
        let text = |t: &Option<Secret>| {
            t.as_ref()
                .filter(|_| sees.full)
                .map(|s| s.reveal().to_owned())
        };
        let left = if f.is_open() {
            RETRIES.saturating_sub(f.tries).max(0)
        } else {
            0
        };
        Self {
            id: f.id,
            case_id: f.case_id,
            no: f.no,
            kind: f.kind,
            origin: f.origin,
            planned_by: f.variant.clone(),
            agreement_id: f.agreement_id,
            state: f.state,
            due_on: f.due_on,
            due: f.is_due(today),
            overdue: f.is_overdue(today),
            tries: f.tries,
            tries_left: left,
            tried: f
                .detail
                .tried
                .iter()
                .map(|t| TriedView {
                    at: t.at,
                    mode: t.mode,
                    by: t.by,
                    due_on: t.due_on,
                })
                .collect(),
            visited_at: f.visited_at,
            mode: f.mode,
            met_parties: f.met_parties.clone(),
            met_others: text(&f.met_others),
            performance_pct: f.performance_pct,
            satisfaction: f.satisfaction,
            sued: f.sued,
            judgment: text(&f.judgment),
            wrong_mediation: f.wrong_mediation,
            hidden_danger: f.hidden_danger,
            situation: text(&f.situation),
            measures: text(&f.measures),
            visitor_id: f.visitor_id,
            visitor_name: f.visitor_id.and_then(|id| names.0.get(&id.uuid).cloned()),
            signed: f.signed,
            ended_as: f.ended_as,
            end_note: f.end_note.clone().filter(|_| sees.full),
            settled_at: f.settled_at,
            reopening_offered: f.hidden_danger == Some(true)
                && machine::permits(case.state, Act::Reopen),
            created_by: f.created_by,
            created_at: f.created_at,
        }
    }
}

fn visitors(list: &[FollowUp]) -> Vec<Uuid> {
    let mut out: Vec<Uuid> = list
        .iter()
        .filter_map(|f| Some(f.visitor_id?.uuid))
        .collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// One visit as the answer of an act.
pub fn follow_up_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: FollowUpId,
) -> Result<FollowUpView, Error> {
    let scope = snap.scope_of(case)?;
    let sees = Sees::of(snap.ctx, &scope);
    let found = snap.follow_ups(case.id)?.into_iter().find(|f| f.id == id);
    let visit = found.ok_or_else(Error::not_found)?;
    let names = snap.names_of(&visitors(std::slice::from_ref(&visit)))?;
    let today = snap.ctx.now.local_date();
    Ok(FollowUpView::of(&visit, case, sees, today, &names))
}

/// `GET /cases/{case_id}/follow-ups`.
pub fn of_case(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let visits = snap.follow_ups(case.id)?;
    let names = snap.names_of(&visitors(&visits))?;
    let today = snap.ctx.now.local_date();
    let data: Vec<FollowUpView> = visits
        .iter()
        .map(|f| FollowUpView::of(f, &case, sees, today, &names))
        .collect();
    let reply = Reply::json(200, &json!({ "data": data }))?.case(case.id);
    let told = sees.full && visits.iter().any(|f| f.situation.is_some());
    Ok(if told {
        reply.reads("case", case.id)
    } else {
        reply
    })
}

/// A visit in the list, with what is needed to choose which to make; nothing narrative.
#[derive(Debug, Serialize)]
pub struct FollowUpItem {
    pub id: FollowUpId,
    pub no: i32,
    pub kind: FollowUpKind,
    pub origin: FollowUpOrigin,
    pub state: FollowUpState,
    pub due_on: LocalDate,
    pub due: bool,
    pub overdue: bool,
    pub tries: i32,
    pub settled_at: Option<Instant>,
    pub case: FollowUpCase,
}

/// The case of a listed visit; its title masked where the caller sees names masked.
#[derive(Debug, Serialize)]
pub struct FollowUpCase {
    pub id: CaseId,
    pub code: String,
    pub case_no: Option<String>,
    pub title: String,
    #[serde(rename = "type")]
    pub kind: CaseType,
    pub state: CaseState,
    pub risk: Risk,
    pub holder_id: OrgId,
}

impl FollowUpItem {
    fn of(f: &FollowUp, case: &Case, sees: Sees, today: LocalDate, lang: Lang) -> Self {
        Self {
            id: f.id,
            no: f.no,
            kind: f.kind,
            origin: f.origin,
            state: f.state,
            due_on: f.due_on,
            due: f.is_due(today),
            overdue: f.is_overdue(today),
            tries: f.tries,
            settled_at: f.settled_at,
            case: FollowUpCase {
                id: case.id,
                code: case.code.clone(),
                case_no: case.case_no.clone(),
                title: shown_title(case, sees, lang),
                kind: case.kind,
                state: case.state,
                risk: case.risk,
                holder_id: case.holder_id,
            },
        }
    }
}

fn filter(q: &Query<'_>, today: LocalDate) -> Result<FollowUpFilter, Error> {
    let which = q.one_of("which", &["due", "overdue", "upcoming", "open", "all"])?;
    let yesterday = today.plus_days(-1);
    let (due_from, due_until) = match which {
        "due" => (None, Some(today)),
        "overdue" => (None, Some(yesterday)),
        "upcoming" => (Some(today.plus_days(1)), None),
        _ => (None, None),
    };
    let until: Option<LocalDate> = q.get("due_until")?;
    Ok(FollowUpFilter {
        open: which != "all",
        kinds: q.list("kind")?,
        risks: q.list("risk")?,
        township: q.get("township")?,
        due_from,
        due_until: match (due_until, until) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        },
    })
}

/// `GET /follow-ups`: the visits of the cases in sight, those due first.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    super::require(snap, Action::ListCases)?;
    let q = call.query();
    let today = snap.ctx.now.local_date();
    let filter = filter(&q, today)?;
    let page = q.page::<DuePosition>()?;
    q.finish()?;
    let limit = page.fetch();
    let fetch = |snap: &mut Snap<'_>, sight: &Sight, after: Option<&DuePosition>| {
        snap.list_follow_ups(sight, &filter, after, limit)
    };
    let rows = in_sight(snap, page.after.clone(), limit, position, fetch)?;
    let lang = snap.ctx.lang;
    let named = named(&rows, page.limit);
    let out = page.cut(
        &call.env,
        rows,
        |s| position(&s.row),
        |s| FollowUpItem::of(&s.row, &s.case, s.sees, today, lang),
    )?;
    Ok(with_reads(out.reply()?, named))
}

fn position(f: &FollowUp) -> DuePosition {
    (f.due_on.to_string(), f.id.uuid)
}
