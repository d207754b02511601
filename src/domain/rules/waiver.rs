//! A creditor giving up what is still owed (section 11.3.5).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::Obj;
use crate::domain::party::MandateScope;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::obligations::{found, live_guard, owed_guards};
use super::signing::{WAIVES, hand_guards, read_sha256};
use super::standing::{Work, after_obligation, successor};

/// A creditor's signed waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waive {
    pub id: Option<SignatureId>,
    pub signed_as: SignedAs,
    pub participant: Option<ParticipantId>,
    pub method: SignMethod,
    pub signed_at: Instant,
    pub image_sha256: Option<String>,
}

impl Waive {
    /// Reads a waiver: signed by the creditor, its legal representative or its agent.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let signed_as = o.or("signed_as", SignedAs::Party);
        let participant = o.opt::<ParticipantId>("participant_id");
        let method = o.req::<SignMethod>("method");
        let signed_at = o.req("signed_at");
        let image = read_sha256(o, "image_sha256");
        match signed_as {
            Some(SignedAs::Party) | None => {}
            Some(SignedAs::LegalRepresentative | SignedAs::Agent) => {
                if participant == Some(None) {
                    o.fault("participant_id", "required");
                }
            }
            Some(_) => o.fault("signed_as", "not_allowed"),
        }
        if matches!(method, Some(SignMethod::Refused | SignMethod::ESign)) {
            o.fault("method", "not_allowed");
        }
        Some(Self {
            id: id?,
            signed_as: signed_as?,
            participant: participant?,
            method: method?,
            signed_at: signed_at?,
            image_sha256: image?,
        })
    }
}

/// What bars waiving an obligation, whoever says so.
pub fn waive_guards(file: &CaseFile, o: &Obligation, a: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(live_guard(file));
    g.extend(owed_guards(o, a));
    g.into_inner()
}

/// The creditor gives up what is still owed, over a signature (section 11.3.5). An agent needs
/// the power to waive claims (G-14).
///
/// # Errors
/// `legal_rep_missing`, `mandate_invalid`, `already_done`, `wrong_state`, times.
pub fn waive(
    file: &CaseFile,
    obligation: ObligationId,
    input: Waive,
    who: &Who,
    ids: &mut impl FreshIds,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let (old, agreement) = found(file, obligation)?;
    let mut g = Guards::new();
    g.extend(waive_guards(file, old, agreement));
    g.require(input.signed_at <= now, Reason::InFuture);
    g.require(
        agreement
            .effective_at
            .is_none_or(|from| from <= input.signed_at),
        Reason::TimeOrder,
    );
    let creditor = successor(file, old.creditor_id);
    match file.party(creditor) {
        Some(creditor) => g.extend(hand_guards(
            file,
            creditor,
            input.signed_as,
            input.participant,
            MandateScope::Claims,
            input.signed_at,
        )),
        None => g.add(Refusal::about(Reason::UnknownReference, [creditor])),
    }
    g.done()?;
    let mut new = old.clone();
    new.state = ObligationState::Waived;
    let mut work = Work::on(file, now);
    work.d.event(Event::ObligationWaived { obligation: new.id });
    work.add_signature(Signature {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        thing: SignedThing::Agreement,
        thing_id: agreement.id.uuid,
        signed_as: input.signed_as,
        party_id: Some(creditor),
        participant_id: input.participant,
        user_id: None,
        method: input.method,
        signed_at: input.signed_at,
        image_sha256: input.image_sha256,
        note: Some(format!("{WAIVES}{}", new.id)),
        recorded_by: who.user,
        recorded_at: now,
    });
    work.put_obligation(new);
    after_obligation(&mut work, agreement.id, calendar, now)?;
    Ok(work.d)
}
