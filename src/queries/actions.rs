//! What the caller may do on a case now, and what stands in the way of the rest.

use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::records::may_handle;
use crate::call::Call;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang};
use crate::domain::ids::OrgId;
use crate::domain::machine::{self, Act};
use crate::domain::operations::{Operation, Target};
use crate::domain::policy::{Action, CaseScope, Verdict, decide};
use crate::domain::refusal::RefusalView;
use crate::domain::rules::Who;
use crate::domain::rules::available::{AvailableFacts, Blocks, state_open_to};
use crate::domain::rules::operations::{OperationFacts, Standing, act_standing, standing};
use crate::domain::rules::session_guards::SessionFacts;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Snap;

/// One act as the caller stands to it.
#[derive(Debug, Serialize)]
pub struct ActionView {
    /// Code of `act`, or of `operation` where a route does no act of the machine or one of several.
    pub action: &'static str,
    /// The `operationId` of its route; `null` for an act of the machine that has several, each
    /// listed by itself.
    pub operation: Option<Operation>,
    pub label: &'static str,
    /// Nothing but the input can be refused.
    pub allowed: bool,
    pub blocked_by: Vec<RefusalView>,
    /// What of the case it is done to.
    pub target: Target,
    /// The things it is allowed on now; empty for an act on the case itself.
    pub on: Vec<Uuid>,
}

impl ActionView {
    fn act(act: Act, standing: Standing, lang: Lang) -> Self {
        let operation = Operation::of(act);
        Self {
            action: act.code(),
            operation,
            label: act.label(lang),
            allowed: standing.blocks.allowed(),
            blocked_by: blocked_by(&standing.blocks, lang),
            target: operation.map_or(Target::Case, |o| o.spec().target),
            on: standing.on,
        }
    }

    fn operation(operation: Operation, standing: Standing, lang: Lang) -> Self {
        Self {
            action: operation.code(),
            operation: Some(operation),
            label: operation.label(lang),
            allowed: standing.blocks.allowed(),
            blocked_by: blocked_by(&standing.blocks, lang),
            target: operation.spec().target,
            on: standing.on,
        }
    }
}

fn blocked_by(blocks: &Blocks, lang: Lang) -> Vec<RefusalView> {
    let plain = |code, message, cure| RefusalView {
        code,
        message,
        cure,
        rule: None,
        basis: None,
        items: Vec::new(),
    };
    let mut out = Vec::new();
    if blocks.forbidden {
        out.push(plain(
            "forbidden",
            lang.pick("您无权办理此事项", "This act is not yours"),
            lang.pick("由有权人员办理", "Ask somebody who has the right"),
        ));
    }
    if blocks.illegal {
        out.push(plain(
            "illegal_transition",
            lang.pick("当前状态不能办理此事项", "The state does not know this act"),
            lang.pick(
                "先办理当前状态允许的事项",
                "Do what the present state allows first",
            ),
        ));
    }
    out.extend(blocks.refusals.iter().map(|r| r.view(lang)));
    out
}

/// What the guards look at beside the file.
fn facts<'a>(
    snap: &mut Snap<'_>,
    file: &CaseFile,
    calendar: &'a Calendar,
) -> Result<AvailableFacts<'a>, Error> {
    let team = if machine::permits(file.case.state, Act::OpenSession) {
        snap.team_as_candidates(file)?
    } else {
        Vec::new()
    };
    let actor = &snap.ctx.actor;
    Ok(AvailableFacts {
        calendar,
        session: SessionFacts {
            known_staff: Vec::new(),
            team,
        },
        who: Who::of(actor),
        answering: Who::answering(actor),
        now: snap.ctx.now,
    })
}

/// The acts the state of a case is open to, whoever may do them.
pub fn open_acts(snap: &mut Snap<'_>, file: &CaseFile) -> Result<Vec<Act>, Error> {
    let calendar = snap.calendar()?;
    let facts = facts(snap, file, &calendar)?;
    let open = |act: &Act| state_open_to(file, *act, &facts);
    Ok(Act::ALL.iter().copied().filter(open).collect())
}

/// What else the guards of the routes look at: a statement for each kind of thing, however many
/// there are of it.
fn more<'a>(
    snap: &mut Snap<'_>,
    file: &CaseFile,
    scope: &CaseScope,
    base: AvailableFacts<'a>,
) -> Result<OperationFacts<'a>, Error> {
    let id = file.case.id;
    let whistles = snap.whistles_of(id)?;
    let called = whistles
        .iter()
        .flat_map(|w| w.calls.iter().map(|c| c.unit_id));
    let mut units: Vec<OrgId> = file.tasks.iter().map(|t| t.unit_id).chain(called).collect();
    units.push(file.case.holder_id);
    units.sort_unstable();
    units.dedup();
    let empty = file.attachments.iter();
    let empty = empty.filter(|a| a.stored_at.is_none() && may_handle(snap.ctx, scope, a));
    Ok(OperationFacts {
        base,
        empty: empty.map(|a| a.id).collect(),
        conferences: snap.conferences_of(id)?,
        supervisions: snap.supervisions_of(id)?,
        crisis: snap.open_crisis(id)?,
        units: snap.find_orgs(&units)?,
        whistles,
    })
}

/// `GET /cases/{case_id}/actions`.
pub fn actions(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let scope = file_scope(&file);
    let calendar = snap.calendar()?;
    let base = facts(snap, &file, &calendar)?;
    let facts = more(snap, &file, &scope, base)?;
    let (actor, lang) = (&snap.ctx.actor, snap.ctx.lang);
    let may = |action| decide(actor, action, &scope) == Verdict::Allow;
    let acts = Act::ALL.iter().copied();
    let acts = acts.map(|a| ActionView::act(a, act_standing(&file, a, &facts, may), lang));
    let others = Operation::ALL.iter().copied().filter(|o| !o.spec().alone);
    let others = others.map(|o| ActionView::operation(o, standing(&file, o, &facts, may), lang));
    let data: Vec<ActionView> = acts.chain(others).collect();
    Ok(Reply::json(200, &json!({ "data": data }))?
        .etag(file.case.version)
        .case(file.case.id))
}
