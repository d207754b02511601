//! Signals that a case may be made up, as the county sees them. Never those of one's own cases.

use serde::Serialize;

use super::views::Sees;
use super::views::case::CaseItem;
use crate::call::Call;
use crate::domain::codes::Code as _;
use crate::domain::ids::*;
use crate::domain::input::Int;
use crate::domain::org::OrgKind;
use crate::domain::policy::{Action, Verdict, decide_general};
use crate::domain::signals::*;
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::signals::SignalFilter;
use crate::store::tx::Snap;

#[derive(Debug, Serialize)]
struct PartView {
    code: SignalPart,
    label: &'static str,
    weight: i32,
    explanation: String,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Serialize)]
struct ReviewView {
    state: SignalReview,
    note: Option<String>,
    by: Option<UserId>,
    at: Option<Instant>,
    /// The score it was made at.
    score: Option<i32>,
}

/// A signal with its parts explained.
#[derive(Debug, Serialize)]
pub struct SignalView {
    id: SignalId,
    case_id: CaseId,
    case: CaseItem,
    score: i32,
    parts: Vec<PartView>,
    computed_at: Instant,
    review: ReviewView,
}

/// What the caller may never see: cases of one's own, and of one's own units.
fn filter(snap: &Snap<'_>) -> SignalFilter {
    let actor = &snap.ctx.actor;
    SignalFilter {
        not_of: Some(actor.user_id),
        not_in: actor
            .grants
            .iter()
            .filter(|g| g.org_kind != OrgKind::CountyCentre)
            .map(|g| g.org_id)
            .collect(),
        ..SignalFilter::default()
    }
}

fn require(snap: &Snap<'_>) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, Action::ViewSignals) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Code::Forbidden)),
    }
}

/// A signal the caller may see; 404 for one of the caller's own cases.
pub fn open(snap: &mut Snap<'_>, id: SignalId) -> Result<Signal, Error> {
    require(snap)?;
    let signal = snap.signal(id)?;
    let filter = filter(snap);
    if snap.signal_shown(id, &filter)? {
        Ok(signal)
    } else {
        Err(Error::not_found())
    }
}

/// Signals with their cases, in the order given.
pub fn view_of(snap: &mut Snap<'_>, list: Vec<Signal>) -> Result<Vec<SignalView>, Error> {
    let ids: Vec<CaseId> = list.iter().map(|s| s.case_id).collect();
    let cases = snap.raw_cases(&ids)?;
    let scopes = snap.scopes_of(&cases)?;
    let ctx = snap.ctx;
    let view = |s: Signal| {
        let (case, scope) = cases.iter().zip(&scopes).find(|(c, _)| c.id == s.case_id)?;
        // Masked for everybody: a signal is about papers, not about people.
        let sees = Sees {
            full: false,
            ..Sees::of(ctx, scope)
        };
        Some(SignalView {
            id: s.id,
            case_id: s.case_id,
            case: CaseItem::of(case, sees, ctx.now, ctx.lang),
            score: s.score,
            parts: s
                .parts
                .into_iter()
                .map(|p| PartView {
                    code: p.code,
                    label: p.code.label(ctx.lang),
                    weight: p.weight,
                    explanation: explained(&p, ctx.lang),
                    evidence: p.evidence,
                })
                .collect(),
            computed_at: s.computed_at,
            review: ReviewView {
                state: s.review,
                note: s.note,
                by: s.reviewed_by,
                at: s.reviewed_at,
                score: s.reviewed_score,
            },
        })
    };
    Ok(list.into_iter().filter_map(view).collect())
}

/// `GET /fabrication-signals`: the highest score first.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    require(snap)?;
    let q = call.query();
    let review = q.get::<SignalReview>("review")?;
    let min_score = q.get::<Int<0, 100>>("min_score")?.map_or(1, |n| n.0);
    let township = q.get::<OrgId>("township")?;
    let page = q.page::<(i32, uuid::Uuid)>()?;
    q.finish()?;
    let filter = SignalFilter {
        review,
        min_score: i32::try_from(min_score).unwrap_or(1),
        township,
        ..filter(snap)
    };
    let after = page.after.map(|(score, id)| (score, Id::new(id)));
    let rows = snap.signals(&filter, after, page.fetch())?;
    let views = view_of(snap, rows)?;
    page.cut(&call.env, views, |v| (v.score, v.id.uuid), |v| v)?
        .reply()
}

/// `GET /fabrication-signals/{signal_id}`.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let signal = open(snap, call.id("signal_id")?)?;
    let view = view_of(snap, vec![signal])?.pop();
    Reply::json(200, &view.ok_or_else(Error::not_found)?)
}
