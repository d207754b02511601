//! Flags, incidents and attachments.

use super::movement::answering;
use super::{open_act, open_append, permitted};
use crate::call::Call;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::{AttachmentId, IncidentId};
use crate::domain::machine::Act;
use crate::domain::policy::Action;
use crate::domain::record::{Attachment, Incident};
use crate::domain::rules::attachments::{Declare, FileFacts, declare, store_file};
use crate::domain::rules::flags::{Raise, RaiseFacts, raise};
use crate::domain::rules::reports::{CloseIncident, Report, close_incident, report};
use crate::error::Error;
use crate::queries::records::{attachment_view, incident_view, may_handle};
use crate::queries::views::Sees;
use crate::reply::Reply;
use crate::store::cases::file_scope;
use crate::store::tx::{Snap, Tx};

/// `POST /cases/{case_id}/flags` and `POST /cases/{case_id}/incidents`. No version is asked for: a
/// danger must not wait for somebody else's edit.
pub fn flag(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Raise::read)?;
    let file = open_append(tx, call, Action::Flag, Some(Act::Flag))?;
    let facts = RaiseFacts {
        calendar: tx.calendar()?,
        county: tx.county_centre()?,
    };
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Raise {
        id: Some(id),
        ..input
    };
    let (who, now) = (answering(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = raise(&file, input, &facts, &who, &mut ids, now)?;
    answer_incident(tx, 201, d, id)
}

/// `POST /cases/{case_id}/incidents/{incident_id}/report`
pub fn report_incident(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Report::read)?;
    let file = open_append(tx, call, Action::Flag, Some(Act::Report))?;
    let id = incident_of(tx, &file, call)?;
    let d = report(&file, id, input, tx.ctx.now)?;
    answer_incident(tx, 200, d, id)
}

/// `POST /cases/{case_id}/incidents/{incident_id}/close`
pub fn close(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(CloseIncident::read)?;
    let file = open_act(tx, call, Action::Flag, Act::Report)?;
    let id = incident_of(tx, &file, call)?;
    let d = close_incident(&file, id, input, &answering(tx), tx.ctx.now)?;
    answer_incident(tx, 200, d, id)
}

fn incident_of(tx: &Tx<'_>, file: &CaseFile, call: &Call) -> Result<IncidentId, Error> {
    let id: IncidentId = call.id("incident_id")?;
    let handles = || Sees::of(tx.ctx, &file_scope(file)).crisis;
    let known = |i: &Incident| i.id == id && (i.crisis_id.is_none() || handles());
    if file.incidents.iter().any(known) {
        Ok(id)
    } else {
        Err(Error::not_found())
    }
}

fn answer_incident(
    tx: &mut Tx<'_>,
    status: u16,
    d: Decision,
    id: IncidentId,
) -> Result<Reply, Error> {
    let case = tx.carry_out(d)?;
    let view = incident_view(tx, &case, id)?;
    let reply = Reply::json(status, &view)?.etag(case.version).case(case.id);
    Ok(reply.reads("incident", id))
}

/// `POST /cases/{case_id}/attachments`: the declaration; the file follows.
pub fn declare_attachment(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(Declare::read)?;
    let file = open_append(tx, call, Action::AddEvidence, Some(Act::AddEvidence))?;
    let id = input.id.unwrap_or_else(|| tx.ctx.id());
    let input = Declare {
        id: Some(id),
        ..input
    };
    let (who, now) = (answering(tx), tx.ctx.now);
    let mut ids = tx.ctx;
    let d = declare(&file, input, &who, &mut ids, now)?;
    let case = tx.carry_out(d)?;
    let view = attachment_view(tx, &case, id)?;
    Ok(Reply::json(201, &view)?.etag(case.version).case(case.id))
}

/// Whether the caller may store the file of this attachment, asked before its bytes are read.
pub fn may_upload(snap: &mut Snap<'_>, call: &Call) -> Result<Attachment, Error> {
    let (case, scope) = snap.case_for(Action::AddEvidence, call.id("case_id")?)?;
    let id: AttachmentId = call.id("attachment_id")?;
    let found = snap.attachments(case.id)?.into_iter().find(|a| a.id == id);
    found
        .filter(|a| may_handle(snap.ctx, &scope, a))
        .ok_or_else(Error::not_found)
}

/// `PUT /cases/{case_id}/attachments/{attachment_id}/file`, after the bytes lie safe.
pub fn store(tx: &mut Tx<'_>, call: &Call, facts: &FileFacts) -> Result<Reply, Error> {
    may_upload(tx, call)?;
    let file = open_append(tx, call, Action::AddEvidence, None)?;
    permitted(tx, &file, Act::AddEvidence)?;
    let id: AttachmentId = call.id("attachment_id")?;
    let same = file
        .attachment(id)
        .is_some_and(|a| a.stored_at.is_some() && a.sha256.as_ref() == Some(&facts.sha256));
    let case = if same {
        // A retry after a lost answer: these very bytes are stored already.
        file.case
    } else {
        let d = store_file(&file, id, facts.clone(), tx.ctx.now)?;
        tx.carry_out(d)?
    };
    let view = attachment_view(tx, &case, id)?;
    Ok(Reply::json(200, &view)?.etag(case.version).case(case.id))
}
