//! What a party is shown before it answers, and the answers as the county sees them.

use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::crypto::secret::sha256_hex;
use crate::domain::agreement::{Agreement, ObligationKind, ObligationState};
use crate::domain::ids::*;
use crate::domain::party_check::*;
use crate::domain::policy::Action;
use crate::domain::record::Satisfaction;
use crate::domain::time::{Instant, LocalDate};
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::tx::Snap;

/// What the party itself is to do or to get, without names or words of the matter.
#[derive(Debug, Serialize)]
pub struct OwnTermView {
    /// `owes` or `gets`.
    pub direction: &'static str,
    pub kind: ObligationKind,
    pub amount_fen: Option<i64>,
    pub due_on: LocalDate,
}

/// The agreement as its party can tell it: number, day, the hash of its text, its own terms.
#[derive(Debug, Serialize)]
pub struct OwnAgreementView {
    pub number: Option<String>,
    pub effective_on: Option<LocalDate>,
    pub text_sha256: String,
    pub own_terms: Vec<OwnTermView>,
}

/// What a code opens. No title, no names, no narrative.
#[derive(Debug, Serialize)]
pub struct PartyQuestionView {
    pub committee: Option<String>,
    pub closed_on: Option<LocalDate>,
    pub agreement: Option<OwnAgreementView>,
    pub expires_at: Instant,
}

/// The hash of the words of an agreement: its parties hold the paper.
fn text_hash(a: &Agreement) -> String {
    let d = &a.detail;
    let words = [&d.facts, &d.liability, &d.terms, &d.performance, &d.place];
    sha256_hex(words.map(String::as_str).join("\n").as_bytes())
}

/// What the holder of a code is asked; `not_found` for a wrong, used or expired one.
pub fn question(snap: &mut Snap<'_>, hash: &str) -> Result<Reply, Error> {
    let now = snap.ctx.now;
    let check = snap.party_check(hash)?.filter(|c| c.is_open(now));
    let nil = uuid::Uuid::nil();
    let (case, paper) = check.as_ref().map_or((nil, nil), |c| {
        (c.case_id.uuid, c.agreement_id.map_or(nil, |a| a.uuid))
    });
    let facts = snap.check_facts(case, paper)?;
    let Some(check) = check else {
        return Err(Error::of(Code::NotFound));
    };
    let agreement = facts.agreement.as_ref().map(|a| OwnAgreementView {
        number: a.number.clone(),
        effective_on: a.effective_at.map(Instant::local_date),
        text_sha256: text_hash(a),
        own_terms: facts
            .obligations
            .iter()
            .filter(|o| o.state != ObligationState::Void)
            .filter_map(|o| {
                let direction = if o.debtor_id == check.party_id {
                    "owes"
                } else if o.creditor_id == check.party_id {
                    "gets"
                } else {
                    return None;
                };
                Some(OwnTermView {
                    direction,
                    kind: o.kind,
                    amount_fen: o.amount_fen,
                    due_on: o.due_on,
                })
            })
            .collect(),
    });
    let view = PartyQuestionView {
        committee: facts.committee,
        closed_on: facts.closed_at.map(Instant::local_date),
        agreement,
        expires_at: check.expires_at,
    };
    Ok(Reply::json(200, &view)?.header("Cache-Control", "no-store"))
}

/// A request and its answer, for the county.
#[derive(Debug, Serialize)]
pub struct PartyCheckView {
    pub id: PartyCheckId,
    pub party_id: PartyId,
    pub agreement_id: Option<AgreementId>,
    pub via: PartyCheckVia,
    pub state: PartyCheckState,
    pub created_at: Instant,
    pub expires_at: Instant,
    pub expired: bool,
    pub answered_at: Option<Instant>,
    pub took_place: Option<bool>,
    pub own_agreement: Option<bool>,
    pub satisfaction: Option<Satisfaction>,
    pub denies: bool,
    pub task_id: Option<TaskId>,
}

/// `GET /cases/{case_id}/party-confirmations`: for the county, and not for those it is about.
pub fn of_case(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    // Out of sight is 404 before 403.
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    super::require(snap, Action::ViewSignals)?;
    let me = snap.ctx.actor.user_id;
    if case.registrar_id == me || scope.team.iter().any(|(user, _)| *user == me) {
        return Err(Error::of(Code::Forbidden));
    }
    let now = snap.ctx.now;
    let data: Vec<PartyCheckView> = snap
        .party_checks(case.id)?
        .into_iter()
        .map(|c| PartyCheckView {
            expired: c.state == PartyCheckState::Open && !c.is_open(now),
            denies: c.denies(),
            id: c.id,
            party_id: c.party_id,
            agreement_id: c.agreement_id,
            via: c.via,
            state: c.state,
            created_at: c.created_at,
            expires_at: c.expires_at,
            answered_at: c.answered_at,
            took_place: c.took_place,
            own_agreement: c.own_agreement,
            satisfaction: c.satisfaction,
            task_id: c.task_id,
        })
        .collect();
    let reply = Reply::json(200, &json!({ "data": data }))?.case(case.id);
    Ok(reply.reads("case", case.id))
}
