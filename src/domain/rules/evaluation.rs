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

/// A party's evaluation as it reached the desk, on a paper it signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluate {
    pub id: Option<EvaluationId>,
    pub party: PartyId,
    pub satisfaction: Satisfaction,
    pub comment: Option<String>,
    pub given_via: DeclaredBy,
    /// The legal representative or agent who gave it.
    pub by_participant: Option<ParticipantId>,
    /// The paper the party signed.
    pub evidence: AttachmentId,
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
        let evidence = o.req("evidence_id");
        if satisfaction == Some(Satisfaction::NotRated) {
            o.fault("satisfaction", "not_allowed");
        }
        if given_via.is_some_and(|v| !on_paper(v)) {
            o.fault("given_via", "not_allowed");
        }
        Some(Self {
            id: id?,
            party: party?,
            satisfaction: satisfaction?,
            comment: comment?.map(|c| c.0),
            given_via: given_via?,
            by_participant: by_participant?,
            evidence: evidence?,
        })
    }
}

/// Ways that leave a paper.
fn on_paper(via: DeclaredBy) -> bool {
    matches!(
        via,
        DeclaredBy::InPerson | DeclaredBy::Signed | DeclaredBy::Fingerprint
    )
}

/// Feedback comes first.
fn evaluate_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(file.case.detail.feedback.is_some(), Reason::FeedbackMissing);
    g.into_inner()
}

/// Who handles the case, or handled it once, does not enter what the parties think of that.
pub fn enter_guards(file: &CaseFile, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(evaluate_guards(file));
    let handled = file.assignments.iter().any(|a| a.user_id == who.user);
    g.require(!handled, Reason::EvaluationByTeam);
    g.into_inner()
}

/// The evaluations that count: a party's own word where it gave one, else what a desk entered.
pub fn standing(evaluations: &[Evaluation]) -> impl Iterator<Item = &Evaluation> {
    evaluations.iter().filter(|e| stands(evaluations, e))
}

/// Whether this one of a case's evaluations counts.
pub fn stands(all: &[Evaluation], e: &Evaluation) -> bool {
    let own = |o: &Evaluation| o.party_id == e.party_id && o.is_own_word();
    e.is_own_word() || !all.iter().any(own)
}

/// Keeps what a party or one who acts for it said on a signed paper: once, for good.
///
/// # Errors
/// `evaluation_by_team`, `evaluation_unsigned`, `evaluation_not_by_party`, `feedback_missing`,
/// `already_evaluated`, `unknown_reference`.
pub fn evaluate(
    file: &CaseFile,
    input: Evaluate,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(enter_guards(file, who));
    let again = file.evaluations.iter().any(|e| e.party_id == input.party);
    g.require(!again, Reason::AlreadyEvaluated);
    g.extend(speaks(file, input.party, input.by_participant, now));
    match file.attachment(input.evidence) {
        Some(paper) if paper.sealed => g.add(no_reference(input.evidence)),
        Some(paper) => {
            let signed = paper.stored_at.is_some() && paper.signed_by.contains(&input.party);
            g.require(signed, Reason::EvaluationUnsigned);
        }
        None => g.add(no_reference(input.evidence)),
    }
    g.done()?;
    let evaluation = Evaluation {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        party_id: input.party,
        satisfaction: input.satisfaction,
        comment: input.comment,
        given_via: input.given_via,
        by_participant: input.by_participant,
        evidence_id: Some(input.evidence),
        recorded_by: who.user,
        created_at: now,
    };
    Ok(keep(file, evaluation))
}

/// Keeps a party's own word, given with its one-use code. It stands before what a desk entered.
///
/// # Errors
/// `evaluation_not_by_party`, `feedback_missing`, `already_evaluated`.
pub fn own_word(
    file: &CaseFile,
    party: PartyId,
    satisfaction: Satisfaction,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(evaluate_guards(file));
    let mut given = file.evaluations.iter().filter(|e| e.party_id == party);
    let again = given.any(Evaluation::is_own_word);
    g.require(!again, Reason::AlreadyEvaluated);
    g.extend(speaks(file, party, None, now));
    g.done()?;
    let evaluation = Evaluation {
        id: ids.id(),
        case_id: file.case.id,
        party_id: party,
        satisfaction,
        comment: None,
        given_via: DeclaredBy::Online,
        by_participant: None,
        evidence_id: None,
        recorded_by: Id::new(uuid::Uuid::nil()),
        created_at: now,
    };
    Ok(keep(file, evaluation))
}

fn no_reference(evidence: AttachmentId) -> Refusal {
    Refusal::about(Reason::UnknownReference, [evidence])
}

/// Whether the party may speak for itself, or this person for it.
fn speaks(
    file: &CaseFile,
    party: PartyId,
    by_participant: Option<ParticipantId>,
    now: Instant,
) -> Vec<Refusal> {
    let Some(party) = file.party(party) else {
        return vec![Refusal::about(Reason::UnknownReference, [party])];
    };
    let speaks = match by_participant {
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
    let mut g = Guards::new();
    g.require(speaks, Reason::EvaluationNotByParty);
    g.into_inner()
}

fn keep(file: &CaseFile, evaluation: Evaluation) -> Decision {
    let mut d = Decision::on(file);
    d.event(Event::EvaluationGiven {
        party: evaluation.party_id,
        satisfaction: evaluation.satisfaction,
    });
    d.insert(evaluation);
    d
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::agreement_kit::{CHAIR, mediating};
    use crate::domain::rules::testkit::*;

    fn told() -> CaseFile {
        let mut f = mediating();
        f.case.state = CaseState::Terminated;
        f.case.detail.feedback = Some(Feedback {
            text: "已告知".to_owned(),
            at: now(),
            by: id(0x20),
        });
        let mut paper = attachment(0x700);
        paper.signed_by = vec![id(0x101)];
        f.attachments.push(paper);
        f
    }

    fn desk() -> Who {
        Who {
            user: id(0x2F),
            units: Vec::new(),
        }
    }

    fn body(via: &str) -> Value {
        let party: PartyId = id(0x101);
        let paper: AttachmentId = id(0x700);
        json!({"party_id": party, "satisfaction": "satisfied", "given_via": via, "evidence_id": paper})
    }

    fn entered(f: &CaseFile, who: &Who) -> Result<Decision, Vec<Refusal>> {
        let input = read(body("signed"), Evaluate::read).unwrap();
        evaluate(f, input, who, &mut Ids::default(), now())
    }

    #[test]
    fn a_desk_enters_what_the_party_signed() {
        let f = told();
        assert_eq!(events(&entered(&f, &desk()).unwrap()), ["evaluation_given"]);
        for change in [
            |f: &mut CaseFile| f.attachments[0].signed_by.clear(),
            |f: &mut CaseFile| f.attachments[0].stored_at = None,
        ] {
            let mut bad = f.clone();
            change(&mut bad);
            let refused = entered(&bad, &desk()).unwrap_err();
            assert_eq!(refused[0].reason, Reason::EvaluationUnsigned);
        }
        let mut sealed = f.clone();
        sealed.attachments[0].sealed = true;
        let refused = entered(&sealed, &desk()).unwrap_err();
        assert_eq!(refused[0].reason, Reason::UnknownReference);
        for via in ["phone", "online", "application"] {
            assert!(read(body(via), Evaluate::read).is_err(), "{via}");
        }
    }

    #[test]
    fn the_team_of_now_and_before_enters_nothing() {
        let mut f = told();
        let of_the_team = Who {
            user: id(CHAIR),
            units: Vec::new(),
        };
        let refused = entered(&f, &of_the_team).unwrap_err();
        assert_eq!(refused[0].reason, Reason::EvaluationByTeam);
        for a in &mut f.assignments {
            a.to_at = Some(now());
        }
        assert!(entered(&f, &of_the_team).is_err());
        assert!(entered(&f, &desk()).is_ok());
    }

    #[test]
    fn the_partys_own_word_stands_before_a_desks() {
        let mut f = told();
        let d = entered(&f, &desk()).unwrap();
        apply(&mut f, &d);
        assert!(entered(&f, &desk()).is_err(), "once");
        let own = own_word(
            &f,
            id(0x101),
            Satisfaction::Dissatisfied,
            &mut Ids(0xE000),
            now(),
        );
        apply(&mut f, &own.unwrap());
        let counts: Vec<Satisfaction> = standing(&f.evaluations).map(|e| e.satisfaction).collect();
        assert_eq!(
            (f.evaluations.len(), counts),
            (2, vec![Satisfaction::Dissatisfied])
        );
        let again = own_word(
            &f,
            id(0x101),
            Satisfaction::Satisfied,
            &mut Ids(0xE100),
            now(),
        );
        assert_eq!(again.unwrap_err()[0].reason, Reason::AlreadyEvaluated);
    }
}
