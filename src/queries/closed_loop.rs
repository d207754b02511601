//! The closed loop of a case, step by step.

use serde::Serialize;
use serde_json::json;

use super::intake::receipt_of;
use crate::call::Call;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::policy::Action;
use crate::domain::rules::closed_loop::{LoopStep, StepState, steps};
use crate::domain::time::Instant;
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// A step with its length.
#[derive(Debug, Serialize)]
pub struct StepView {
    pub step: LoopStep,
    pub label: &'static str,
    pub state: StepState,
    pub from_at: Option<Instant>,
    pub to_at: Option<Instant>,
    /// Whole days of 24 hours, until now while it is under way.
    pub days: Option<i64>,
    pub unit_id: Option<OrgId>,
    pub unit_name: Option<String>,
}

/// `GET /cases/{case_id}/loop`.
pub fn closed_loop(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let file = snap.file_for(Action::ViewCase, call.id("case_id")?)?;
    let bound = snap.dossier(file.case.id)?;
    let all = steps(&file, bound.map(|(d, _)| d.archived_at));
    let units: Vec<uuid::Uuid> = all.iter().filter_map(|s| Some(s.unit?.uuid)).collect();
    let names = snap.names_of(&units)?;
    let (now, lang) = (snap.ctx.now, snap.ctx.lang);
    let data: Vec<StepView> = all
        .into_iter()
        .map(|s| {
            let end = s.to.or((s.state == StepState::Current).then_some(now));
            StepView {
                step: s.step,
                label: s.step.label(lang),
                state: s.state,
                from_at: s.from,
                to_at: s.to,
                days: s.from.zip(end).map(|(a, b)| b.seconds_since(a) / 86_400),
                unit_id: s.unit,
                unit_name: s.unit.and_then(|id| names.0.get(&id.uuid).cloned()),
            }
        })
        .collect();
    let receipt = receipt_of(&file.case, &call.env.county).sha256;
    let body = json!({ "data": data, "receipt_sha256": receipt });
    Ok(Reply::json(200, &body)?.case(file.case.id))
}
