//! What the caller may do on a case now, and what stands in the way of the rest.

use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang};
use crate::domain::machine::{self, Act};
use crate::domain::policy::{Action, Verdict, decide};
use crate::domain::refusal::RefusalView;
use crate::domain::rules::Who;
use crate::domain::rules::available::{AvailableFacts, Blocks, blocks, state_open_to};
use crate::domain::rules::session_guards::SessionFacts;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::Snap;

/// One act of the state machine as the caller stands to it.
#[derive(Debug, Serialize)]
pub struct ActionView {
    /// Code of `act`.
    pub action: Act,
    pub label: &'static str,
    /// Nothing but the input can be refused.
    pub allowed: bool,
    pub blocked_by: Vec<RefusalView>,
}

impl ActionView {
    fn of(act: Act, blocks: &Blocks, lang: Lang) -> Self {
        let mut blocked_by = Vec::new();
        if blocks.forbidden {
            blocked_by.push(RefusalView {
                code: "forbidden",
                message: lang.pick("您无权办理此事项", "This act is not yours"),
                cure: lang.pick("由有权人员办理", "Ask somebody who has the right"),
                rule: None,
                basis: None,
                items: Vec::new(),
            });
        }
        if blocks.illegal {
            blocked_by.push(RefusalView {
                code: "illegal_transition",
                message: lang.pick("当前状态不能办理此事项", "The state does not know this act"),
                cure: lang.pick(
                    "先办理当前状态允许的事项",
                    "Do what the present state allows first",
                ),
                rule: None,
                basis: None,
                items: Vec::new(),
            });
        }
        blocked_by.extend(blocks.refusals.iter().map(|r| r.view(lang)));
        Self {
            action: act,
            label: act.label(lang),
            allowed: blocks.allowed(),
            blocked_by,
        }
    }
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
        who: Who {
            user: actor.user_id,
            units: actor.grants.iter().map(|g| g.org_id).collect(),
        },
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

/// `GET /cases/{case_id}/actions`.
pub fn actions(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let scope = file_scope(&file);
    let calendar = snap.calendar()?;
    let facts = facts(snap, &file, &calendar)?;
    let actor = &snap.ctx.actor;
    let may = |action| decide(actor, action, &scope) == Verdict::Allow;
    let data: Vec<ActionView> = Act::ALL
        .iter()
        .map(|act| ActionView::of(*act, &blocks(&file, *act, &facts, may), snap.ctx.lang))
        .collect();
    Ok(Reply::json(200, &json!({ "data": data }))?
        .etag(file.case.version)
        .case(file.case.id))
}
