//! Asking for consent, recording the answer, and the demand to stop (G-01, G-02, 人民调解法
//! 第十七条、第二十三条第二项).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::machine::{self, Act};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::*;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::next_step;
use super::people::*;
use super::steps::{advance, owe, owed};

/// A party who still takes part.
///
/// # Errors
/// `unknown_reference`, or `wrong_state` for one who left.
pub fn live_party(file: &CaseFile, id: PartyId) -> Result<&Party, Vec<Refusal>> {
    let about = |reason| vec![Refusal::about(reason, [id])];
    let party = file
        .party(id)
        .ok_or_else(|| about(Reason::UnknownReference))?;
    if party.withdrawn_at.is_some() || party.substituted_by.is_some() {
        return Err(about(Reason::WrongState));
    }
    Ok(party)
}

/// A party whose own consent counts.
///
/// # Errors
/// As [`live_party`]; `wrong_state` for a represented member.
pub fn principal(file: &CaseFile, id: PartyId) -> Result<&Party, Vec<Refusal>> {
    let party = live_party(file, id)?;
    if party.role == PartyRole::Represented {
        return Err(vec![Refusal::about(Reason::WrongState, [id])]);
    }
    Ok(party)
}

/// Whether the declaration comes from somebody who may speak for the party: the party itself when
/// it can act, a fit legal representative, or an agent with `scope` (G-13, G-14).
pub fn speaker_guard(
    file: &CaseFile,
    party: &Party,
    by: Option<ParticipantId>,
    scope: MandateScope,
    on: LocalDate,
) -> Vec<Refusal> {
    let refuse = |reason, item: String| vec![Refusal::about(reason, [item])];
    let Some(id) = by else {
        return if effective_capacity(party, on) == Capacity::Full {
            Vec::new()
        } else {
            refuse(Reason::LegalRepMissing, party.id.to_string())
        };
    };
    let Some(person) = file.participant(id) else {
        return refuse(Reason::UnknownReference, id.to_string());
    };
    if person.party_id != Some(party.id) || person.revoked_at.is_some() || !speaks(person.kind) {
        return refuse(Reason::MandateInvalid, id.to_string());
    }
    if opposes(file, person, party) {
        return refuse(Reason::OpposingRepresentative, id.to_string());
    }
    let covered = person.kind == ParticipantKind::LegalRepresentative
        || person
            .mandate
            .as_ref()
            .is_some_and(|m| mandate_covers(m, scope, on));
    if covered {
        Vec::new()
    } else {
        refuse(Reason::MandateInvalid, id.to_string())
    }
}

/// What bars asking this party for consent.
pub fn ask_guards(party: &Party) -> Vec<Refusal> {
    let mut g = Guards::new();
    match party.consent {
        Consent::Pending => {}
        Consent::Given => g.forbid([party.id], Reason::AlreadyDone),
        Consent::Refused | Consent::Withdrawn => g.forbid([party.id], Reason::StopDemanded),
    }
    g.into_inner()
}

/// What bars a demand to end the mediation: the party refuses already.
pub fn demand_guards(party: &Party) -> Vec<Refusal> {
    let mut g = Guards::new();
    if matches!(party.consent, Consent::Refused | Consent::Withdrawn) {
        g.forbid([party.id], Reason::AlreadyDone);
    }
    g.into_inner()
}

/// Asks a party whether it agrees to mediation.
///
/// # Errors
/// `already_done` when it agreed; `stop_demanded` when it refused: nobody is pressed (G-02).
pub fn ask_consent(
    file: &CaseFile,
    party: PartyId,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::RequestConsent));
    let party = principal(file, party)?;
    let mut g = Guards::new();
    g.extend(ask_guards(party));
    g.done()?;
    let mut d = Decision::on(file);
    if file.case.state == CaseState::ConsentPending {
        d.case_mut();
    } else {
        advance(
            &mut d,
            Act::RequestConsent,
            CaseState::ConsentPending,
            calendar,
            now,
        )?;
    }
    d.event(Event::ConsentAsked { party: party.id });
    d.tell(
        Recipient::Party(party.id),
        Notice::of(NoticeKind::ConsentRequested),
    );
    Ok(d)
}

/// A declaration of a party: how, when, by whom, in which words.
#[derive(Clone, Debug)]
pub struct Declaration {
    pub via: DeclaredBy,
    pub at: Option<Instant>,
    pub by_participant: Option<ParticipantId>,
    pub words: Option<String>,
}

impl Declaration {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let via = o.req("via");
        let at = o.opt("at");
        let by = o.opt("by_participant");
        let words = o.opt::<Text<500>>("words");
        Some(Self {
            via: via?,
            at: at?,
            by_participant: by?,
            words: words?.map(|w| w.0),
        })
    }

    fn guards(&self, file: &CaseFile, party: &Party, now: Instant) -> Vec<Refusal> {
        let at = self.at.unwrap_or(now);
        let mut g = Guards::new();
        g.require(at <= now, Reason::InFuture);
        let by_applying =
            file.case.source == Source::Application && party.role == PartyRole::Applicant;
        if self.via == DeclaredBy::Application && !by_applying {
            g.forbid(["via"], Reason::Contradiction);
        }
        g.extend(speaker_guard(
            file,
            party,
            self.by_participant,
            MandateScope::Apply,
            at.local_date(),
        ));
        g.into_inner()
    }
}

/// An answer to the question for consent.
#[derive(Clone, Debug)]
pub struct Answer {
    pub given: bool,
    pub declaration: Declaration,
}

impl Answer {
    /// `answer` is `given` or `refused`; nothing else is an answer.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let answer = o.req::<Consent>("answer");
        let declaration = Declaration::read(o);
        let given = match answer? {
            Consent::Given => true,
            Consent::Refused => false,
            Consent::Pending | Consent::Withdrawn => {
                o.fault("answer", "not_applicable");
                return None;
            }
        };
        Some(Self {
            given,
            declaration: declaration?,
        })
    }
}

/// Records a party's answer. A party who refused may come back; the demand to stop then falls.
///
/// # Errors
/// `already_done` for the same answer again; those of the speaker (G-13, G-14); `in_future`;
/// `contradiction` for consent "by application" of one who did not apply.
pub fn record_consent(
    file: &CaseFile,
    party: PartyId,
    input: Answer,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::RecordConsent));
    let party = principal(file, party)?;
    let mut g = Guards::new();
    let same = if input.given {
        party.consent == Consent::Given
    } else {
        party.consent == Consent::Refused
    };
    if same {
        g.forbid([party.id], Reason::AlreadyDone);
    }
    g.extend(input.declaration.guards(file, party, now));
    g.done()?;
    let to = if input.given {
        Consent::Given
    } else {
        Consent::Refused
    };
    Ok(declare(file, party, to, input.declaration, calendar, now))
}

/// Records that a party demands an end. From then on only termination is open (G-02).
///
/// # Errors
/// `already_done`; those of the speaker; `in_future`.
pub fn demand_termination(
    file: &CaseFile,
    party: PartyId,
    input: Declaration,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::RecordConsent));
    let party = principal(file, party)?;
    let mut g = Guards::new();
    g.extend(demand_guards(party));
    g.extend(input.guards(file, party, now));
    g.done()?;
    let to = if party.consent == Consent::Given {
        Consent::Withdrawn
    } else {
        Consent::Refused
    };
    Ok(declare(file, party, to, input, calendar, now))
}

fn declare(
    file: &CaseFile,
    party: &Party,
    to: Consent,
    input: Declaration,
    calendar: &Calendar,
    now: Instant,
) -> Decision {
    let at = input.at.unwrap_or(now);
    let mut next = party.clone();
    next.consent = to;
    next.consent_at = Some(at);
    next.detail.consent_via = Some(input.via);
    next.detail.consent_by_participant = input.by_participant;
    next.detail.refusal_words = input.words.filter(|_| to != Consent::Given);

    let mut after = file.clone();
    if let Some(p) = after.parties.iter_mut().find(|p| p.id == party.id) {
        p.clone_from(&next);
    }
    let demands = &mut after.case.detail.stop_demands;
    demands.retain(|s| s.party_id != party.id);
    if to != Consent::Given {
        demands.push(StopDemand {
            party_id: party.id,
            at,
            refused_at_start: file.case.accepted_at.is_none(),
        });
    }
    set_next_step(&mut after, calendar, now);

    let mut d = Decision::on(file);
    *d.case_mut() = after.case;
    d.update(next);
    let (party, via) = (party.id, input.via);
    d.event(match to {
        Consent::Given => Event::ConsentGiven { party, via },
        Consent::Withdrawn => Event::ConsentWithdrawn { party, via },
        Consent::Refused | Consent::Pending => Event::ConsentRefused { party, via },
    });
    d
}

/// What the holder owes after a declaration: to end it within a working day (G-02), to decide on
/// acceptance once all agree, or what the state asks for anyway.
fn set_next_step(file: &mut CaseFile, calendar: &Calendar, now: Instant) {
    let due = |days| Some(calendar.add_working_days(now.local_date(), days).end());
    let deciding = matches!(
        file.case.state,
        CaseState::Screening | CaseState::ConsentPending
    );
    let (step, at) = if !stop_demanded(file).is_empty() {
        (Some(NextStep::Close), due(1))
    } else if deciding && consent_complete(file).is_empty() {
        (Some(NextStep::Accept), due(3))
    } else if owed(&file.case).0 == Some(NextStep::Close) {
        next_step(file.case.state, calendar, now)
    } else {
        return;
    };
    owe(&mut file.case, step, at);
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
