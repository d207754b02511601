//! What intake shows: the receipt, candidates of duplicates, what may be done next.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;

use super::in_sight::with_reads;
use super::views::Sees;
use super::views::case::CaseItem;
use crate::call::Call;
use crate::crypto::secret::sha256_hex;
use crate::domain::case::Case;
use crate::domain::ids::*;
use crate::domain::policy::{Action, CaseScope, Verdict, decide, decide_general};
use crate::domain::rules::duplicates::{Probe, traits_of};
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::intake::Match;
use crate::store::tx::Snap;

/// The receipt a party keeps: asking for mediation interrupts limitation (民法典 第一百九十五条).
#[derive(Debug, Serialize)]
pub struct Receipt {
    pub case_id: CaseId,
    pub code: String,
    pub registered_at: Instant,
    /// What is hashed, in words.
    pub text: String,
    /// SHA-256 of `text` in UTF-8; the same value stands in the audit trail.
    pub sha256: String,
}

/// The receipt of a case: the same words every time.
pub fn receipt_of(case: &Case, county: &str) -> Receipt {
    let text = format!(
        "{county}\n受理回执 Intake receipt\n{}\n{}\n{}",
        case.code, case.registered_at, case.id
    );
    Receipt {
        case_id: case.id,
        code: case.code.clone(),
        registered_at: case.registered_at,
        sha256: sha256_hex(text.as_bytes()),
        text,
    }
}

/// `GET /cases/{case_id}/receipt`.
pub fn receipt(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    Ok(Reply::json(200, &receipt_of(&case, &call.env.county))?.case(case.id))
}

/// A case that may be the same matter.
#[derive(Debug, Serialize)]
pub struct Candidate {
    pub case: CaseItem,
    /// Codes of `trait_kind`.
    pub shared: Vec<String>,
    /// Its title is shown in full, and may hold names.
    #[serde(skip)]
    named: bool,
}

/// Names the cases offered in full: an answer with them is a read of personal data.
pub fn with_offers(reply: Reply, offered: &[Candidate]) -> Reply {
    let named = offered.iter().filter(|c| c.named);
    with_reads(reply, named.map(|c| c.case.id))
}

/// The matches that the caller may see.
pub fn candidates(snap: &mut Snap<'_>, matches: Vec<Match>) -> Result<Vec<Candidate>, Error> {
    let ids: Vec<CaseId> = matches.iter().map(|m| m.case_id).collect();
    let cases = snap.raw_cases(&ids)?;
    let scopes = snap.scopes_of(&cases)?;
    let found: HashMap<CaseId, (Case, CaseScope)> = cases
        .into_iter()
        .zip(scopes)
        .map(|(case, scope)| (case.id, (case, scope)))
        .collect();
    let mut out = Vec::new();
    for m in matches {
        let Some((case, scope)) = found.get(&m.case_id) else {
            continue;
        };
        if decide(&snap.ctx.actor, Action::ViewCase, scope) == Verdict::Allow {
            let sees = Sees::of(snap.ctx, scope);
            out.push(Candidate {
                case: CaseItem::of(case, sees, snap.ctx.now, snap.ctx.lang),
                shared: m.shared,
                named: sees.full,
            });
        }
    }
    Ok(out)
}

/// `POST /duplicate-candidates`: is this matter here already?
pub fn probe(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    if decide_general(&snap.ctx.actor, Action::Register) != Verdict::Allow {
        return Err(Error::of(Code::Forbidden));
    }
    call.query().finish()?;
    let probe = call.read(Probe::read)?;
    let found = snap.matches(&call.env.blind, &probe.traits(), snap.ctx.now, None)?;
    let offered = candidates(snap, found)?;
    Ok(with_offers(
        Reply::json(200, &json!({"data": offered}))?,
        &offered,
    ))
}

/// `GET /cases/{case_id}/duplicates`.
pub fn duplicates(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, _) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let traits = traits_of(&case, &snap.parties(case.id)?);
    let found = snap.matches(&call.env.blind, &traits, case.registered_at, Some(case.id))?;
    let offered = candidates(snap, found)?;
    let reply = Reply::json(200, &json!({"data": offered}))?.case(case.id);
    Ok(with_offers(reply, &offered))
}

/// `GET /cases/{case_id}/issues`.
pub fn list_issues(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    if !Sees::of(snap.ctx, &scope).full {
        return Err(Error::of(Code::Forbidden));
    }
    let list = snap.issues(case.id)?;
    Ok(Reply::json(200, &json!({"data": list}))?
        .case(case.id)
        .reads("case", case.id))
}
