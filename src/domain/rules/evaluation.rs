//! Feedback to the parties and their evaluation (G-44; section 4.2).

use crate::domain::case::Feedback;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::party::{Capacity, DeclaredBy, ParticipantKind};
use crate::domain::record::{Evaluation, Satisfaction};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::people;

/// What the parties were told of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveFeedback {
    pub text: String,
    pub given_at: Instant,
}

impl GiveFeedback {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let text = o.req::<Text<4000>>("text");
        let given_at = o.req("given_at");
        Some(Self {
            text: text?.0,
            given_at: given_at?,
        })
    }
}

/// Once in a round.
pub fn feedback_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(file.case.detail.feedback.is_none(), Reason::AlreadyDone);
    g.into_inner()
}

/// Records the feedback; afterwards the parties may evaluate.
///
/// # Errors
/// `already_done`, `in_future`, `time_order`.
pub fn give_feedback(
    file: &CaseFile,
    input: GiveFeedback,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(feedback_guards(file));
    g.require(input.given_at <= now, Reason::InFuture);
    g.require(input.given_at >= file.case.registered_at, Reason::TimeOrder);
    g.done()?;
    let mut d = Decision::on(file);
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.feedback = Some(Feedback {
        text: input.text,
        at: input.given_at,
        by: who.user,
    });
    d.event(Event::FeedbackGiven {});
    Ok(d)
}

/// A party's evaluation as it reached the desk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluate {
    pub id: Option<EvaluationId>,
    pub party: PartyId,
    pub satisfaction: Satisfaction,
    pub comment: Option<String>,
    pub given_via: DeclaredBy,
    /// The legal representative or agent who gave it.
    pub by_participant: Option<ParticipantId>,
}

impl Evaluate {
    /// Reads an evaluation; not to answer is none.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let party = o.req("party_id");
        let satisfaction = o.req::<Satisfaction>("satisfaction");
        let comment = o.opt::<Text<2000>>("comment");
        let given_via = o.req::<DeclaredBy>("given_via");
        let by_participant = o.opt("participant_id");
        if satisfaction == Some(Satisfaction::NotRated) {
            o.fault("satisfaction", "not_allowed");
        }
        if given_via == Some(DeclaredBy::Application) {
            o.fault("given_via", "not_allowed");
        }
        Some(Self {
            id: id?,
            party: party?,
            satisfaction: satisfaction?,
            comment: comment?.map(|c| c.0),
            given_via: given_via?,
            by_participant: by_participant?,
        })
    }
}

/// Feedback comes first.
pub fn evaluate_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(file.case.detail.feedback.is_some(), Reason::FeedbackMissing);
    g.into_inner()
}

/// Keeps a party's evaluation: its own or that of one who acts for it, once, for good.
///
/// # Errors
/// `evaluation_not_by_party`, `feedback_missing`, `already_evaluated`, `unknown_reference`.
pub fn evaluate(
    file: &CaseFile,
    input: Evaluate,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(evaluate_guards(file));
    let again = file.evaluations.iter().any(|e| e.party_id == input.party);
    g.require(!again, Reason::AlreadyEvaluated);
    match file.party(input.party) {
        None => g.add(Refusal::about(Reason::UnknownReference, [input.party])),
        Some(party) => {
            let speaks = match input.by_participant {
                None => people::effective_capacity(party, now.local_date()) == Capacity::Full,
                Some(id) => file.participant(id).is_some_and(|p| {
                    p.party_id == Some(party.id)
                        && p.revoked_at.is_none()
                        && matches!(
                            p.kind,
                            ParticipantKind::Agent | ParticipantKind::LegalRepresentative
                        )
                }),
            };
            g.require(speaks, Reason::EvaluationNotByParty);
        }
    }
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::EvaluationGiven {
        party: input.party,
        satisfaction: input.satisfaction,
    });
    d.insert(Evaluation {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        party_id: input.party,
        satisfaction: input.satisfaction,
        comment: input.comment,
        given_via: input.given_via,
        by_participant: input.by_participant,
        recorded_by: who.user,
        created_at: now,
    });
    Ok(d)
}
