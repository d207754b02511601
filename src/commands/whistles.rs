//! Whistles: proposed, reviewed by the chief, answered by the departments, rated.

use super::movement::answering;
use super::{answer_child, open_append, who};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::county::*;
use crate::domain::decision::Decision;
use crate::domain::ids::{OrgId, WhistleId};
use crate::domain::input::Text;
use crate::domain::policy::Action;
use crate::domain::rules::tasks;
use crate::domain::rules::whistles::*;
use crate::error::Error;
use crate::queries::county::whistle_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

fn open(tx: &mut Tx<'_>, call: &Call, action: Action) -> Result<(CaseFile, Whistle), Error> {
    let file = open_append(tx, call, action, None)?;
    let whistle = tx.whistle(file.case.id, call.id("whistle_id")?)?;
    Ok((file, whistle))
}

fn finish(tx: &mut Tx<'_>, status: u16, d: Decision, id: WhistleId) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = whistle_view(tx, &case, id)?;
    answer_child(&case, status, &view)
}

/// `POST /cases/{case_id}/whistles`
pub fn propose_whistle(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Propose::read)?;
    let file = open_append(tx, call, Action::ProposeWhistle, None)?;
    let holder = tx.org(file.case.holder_id)?;
    let called: Vec<OrgId> = input.calls.iter().map(|c| c.0).collect();
    let units = tx.find_orgs(&called)?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Propose {
        id: Some(id),
        ..input
    };
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = propose(&file, input, &holder, &units, &who, &mut ids, now)?;
    finish(tx, 201, d, id)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/sound`
pub fn sound_whistle(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let note = call.read(|o| o.opt::<Text<1000>>("note"))?.map(|t| t.0);
    let (file, w) = open(tx, call, Action::SoundWhistle)?;
    let calendar = tx.calendar()?;
    let (who, now) = (who(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = sound(&file, &w, note, &calendar, &who, &mut ids, now)?;
    finish(tx, 200, d, w.id)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/refuse`
pub fn refuse_whistle(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let reason = call.read(|o| o.req::<Text<1000>>("reason"))?.0;
    let (file, w) = open(tx, call, Action::SoundWhistle)?;
    let d = refuse(&file, &w, reason, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, w.id)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/withdraw`
pub fn withdraw_whistle(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let reason = call.read(|o| o.req::<Text<1000>>("reason"))?.0;
    let (file, w) = open(tx, call, Action::SoundWhistle)?;
    let d = withdraw(&file, &w, reason, &who(tx), tx.ctx.now)?;
    finish(tx, 200, d, w.id)
}

fn answered(tx: &mut Tx<'_>, call: &Call, input: Answer) -> Result<Reply, Error> {
    let (file, w) = open(tx, call, Action::AnswerTask)?;
    let who = answering(tx);
    let unit = tx.find_org(input.unit)?;
    let own = unit.is_some_and(|u| tasks::answers(&u, &who));
    let d = answer(&file, &w, input, own, &who, tx.ctx.now)?;
    finish(tx, 200, d, w.id)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/respond`
pub fn respond(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Answer::read_response)?;
    answered(tx, call, input)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/decline`
pub fn decline(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Answer::read_decline)?;
    answered(tx, call, input)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/rate`
pub fn rate_response(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (by, at) = (tx.ctx.actor.user_id, tx.ctx.now);
    let (unit, word) = call.read(|o| {
        let unit = o.req::<OrgId>("unit_id");
        let rating = o.req("rating");
        let note = o.opt::<Text<1000>>("note");
        let word = ResponseWord {
            rating: rating?,
            note: note?.map(|n| n.0),
            by,
            at,
        };
        Some((unit?, word))
    })?;
    let (file, w) = open(tx, call, Action::SoundWhistle)?;
    let d = rate(&file, &w, unit, word, &who(tx), at)?;
    finish(tx, 200, d, w.id)
}

/// `POST /cases/{case_id}/whistles/{whistle_id}/judge`
pub fn judge_whistle(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let (by, at) = (tx.ctx.actor.user_id, tx.ctx.now);
    let word = call.read(|o| {
        let accuracy = o.req("accuracy");
        let note = o.opt::<Text<1000>>("note");
        Some(AccuracyWord {
            accuracy: accuracy?,
            note: note?.map(|n| n.0),
            by,
            at,
        })
    })?;
    let (file, w) = open(tx, call, Action::JudgeWhistle)?;
    let d = judge(&file, &w, word)?;
    finish(tx, 200, d, w.id)
}
