//! Incidents and attachments of a case.

use std::path::PathBuf;

use super::views::Sees;
use super::views::record::*;
use crate::call::Call;
use crate::ctx::Ctx;
use crate::domain::case::Case;
use crate::domain::ids::*;
use crate::domain::policy::{Action, CaseScope, Verdict, decide};
use crate::domain::record::{Attachment, Incident};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// One incident, as the caller sees it.
pub fn incident_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: IncidentId,
) -> Result<IncidentView, Error> {
    let scope = snap.scope_of(case)?;
    let sees = Sees::of(snap.ctx, &scope);
    let list = snap.incidents(case.id)?;
    let found = list.iter().find(|i| i.id == id && sees_incident(i, sees));
    let found = found.ok_or_else(Error::not_found)?;
    let clocks = snap.clocks_of(case.id)?;
    Ok(IncidentView::of(found, &clocks, sees, snap.ctx.now))
}

/// What belongs to a crisis is known to those who handle it.
fn sees_incident(i: &Incident, sees: Sees) -> bool {
    i.crisis_id.is_none() || sees.crisis
}

/// `GET /cases/{case_id}/incidents`
pub fn incidents(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let now = snap.ctx.now;
    let mut list = snap.incidents(case.id)?;
    list.retain(|i| sees_incident(i, sees));
    let clocks = if list.is_empty() {
        Vec::new()
    } else {
        snap.clocks_of(case.id)?
    };
    let data = list
        .iter()
        .map(|i| IncidentView::of(i, &clocks, sees, now))
        .collect();
    let mut reply = Reply::json(200, &IncidentList { data })?.case(case.id);
    for incident in &list {
        reply = reply.reads("incident", incident.id);
    }
    Ok(reply)
}

fn sees_sealed(ctx: &Ctx, scope: &CaseScope) -> bool {
    decide(&ctx.actor, Action::ViewSealed, scope) == Verdict::Allow
}

/// Whether the caller may know of an attachment: a sealed one is for the mediating team alone, and
/// for who declares it.
pub fn may_handle(ctx: &Ctx, scope: &CaseScope, a: &Attachment) -> bool {
    !a.sealed || a.created_by == ctx.actor.user_id || sees_sealed(ctx, scope)
}

/// One attachment, as the caller sees it.
pub fn attachment_view(
    snap: &mut Snap<'_>,
    case: &Case,
    id: AttachmentId,
) -> Result<AttachmentView, Error> {
    let scope = snap.scope_of(case)?;
    let sees = Sees::of(snap.ctx, &scope);
    let list = snap.attachments(case.id)?;
    let found = list.iter().find(|a| a.id == id);
    let found = found.ok_or_else(Error::not_found)?;
    Ok(AttachmentView::of(found, sees, snap.ctx.lang))
}

/// `GET /cases/{case_id}/attachments`: what is sealed is left out for who may not know of it.
pub fn attachments(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let (ctx, sees) = (snap.ctx, Sees::of(snap.ctx, &scope));
    let list = snap.attachments(case.id)?;
    let data = list
        .iter()
        .filter(|a| may_handle(ctx, &scope, a))
        .map(|a| AttachmentView::of(a, sees, ctx.lang))
        .collect();
    let reply = Reply::json(200, &AttachmentList { data })?.case(case.id);
    Ok(reply.reads("case", case.id))
}

/// A stored file, ready to be sent.
pub struct StoredFile {
    pub path: PathBuf,
    pub name: String,
    pub media_type: String,
    pub reads: Vec<String>,
}

/// `GET /cases/{case_id}/attachments/{attachment_id}/file`: for who sees the case in full; what is
/// sealed for the team alone, whoever filed it.
pub fn file(snap: &mut Snap<'_>, call: &Call) -> Result<StoredFile, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewFull, call.id("case_id")?)?;
    let id: AttachmentId = call.id("attachment_id")?;
    let list = snap.attachments(case.id)?;
    let found = list
        .into_iter()
        .find(|a| a.id == id && (!a.sealed || sees_sealed(snap.ctx, &scope)))
        .ok_or_else(Error::not_found)?;
    let (Some(key), Some(media_type)) = (found.file_key, found.media_type) else {
        return Err(Error::not_found());
    };
    Ok(StoredFile {
        path: call.env.files.join(key.simple().to_string()),
        name: found.filename.unwrap_or_else(|| id.to_string()),
        media_type,
        reads: vec![format!("attachment/{id}")],
    })
}
