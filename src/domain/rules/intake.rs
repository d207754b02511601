//! Registration of a matter and changes to what was registered.

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::codes::{Code, Lang};
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::movement::Custody;
use crate::domain::org::OrgUnit;
use crate::domain::party::*;
use crate::domain::petition::Petition;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::intake_input::{NewIssue, Register};
use super::parties::{side_guard, twin_guard};
use super::party_input::NewParty;
use super::people::effective_capacity;
use super::risk::{raise_dangers, raise_floors, risk_floor};
use super::{Who, enter};

/// What registration needs from elsewhere.
#[derive(Clone, Debug)]
pub struct RegisterFacts<'a> {
    /// The unit that registers and becomes the first holder.
    pub origin: OrgUnit,
    /// A fresh public code.
    pub code: String,
    /// Units above that hear of a red risk.
    pub alert: Vec<OrgId>,
    pub calendar: &'a Calendar,
}

/// Registers a matter: every demand is taken in, whatever becomes of it (section 4.2). The
/// applicant's own application is consent where the applicant can act (G-01).
///
/// # Errors
/// `in_future`, `time_order`, `side_mismatch`, `contradiction` (one person twice, an id used
/// twice), `unknown_reference` (a claimant who is no party).
pub fn register(
    input: Register,
    facts: &RegisterFacts<'_>,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let case_id = input.id.unwrap_or_else(|| ids.id());
    let mut g = Guards::new();
    g.extend(time_guards(input.occurred_at, input.recorded_at, now));
    let received = input.petition.as_ref().and_then(|p| p.received_at);
    let late = received
        .filter(|t| *t > now)
        .map(|_| "petition/received_at");
    g.forbid(late, Reason::InFuture);
    for (n, p) in input.parties.iter().enumerate() {
        g.extend(
            p.data
                .birth_guard(&format!("parties/{n}/"), now.local_date()),
        );
    }
    let (new_parties, new_issues, mut case) = open_case(input, case_id, facts, who, now);
    let told_at = case.detail.recorded_at.unwrap_or(now);
    // While nobody is named as the victim, nobody's address is shown to the other side (G-27).
    let violent = case.detail.risk_hints.contains(&RiskHint::Dv);
    let parties: Vec<Party> = new_parties
        .into_iter()
        .map(|p| {
            let id = p.id.unwrap_or_else(|| ids.id());
            let mut p = p.build(case_id, who.user, id, now);
            p.contact_hidden |= violent;
            consenting(p, case.source, told_at)
        })
        .collect();
    let issues: Vec<Issue> = (1..)
        .zip(new_issues)
        .map(|(no, i)| build_issue(i, case_id, no, ids, now))
        .collect();
    g.extend(side_guard(&parties));
    g.extend(twin_guard(&parties));
    let strangers = issues.iter().filter_map(|i| i.claimed_by);
    g.forbid(
        strangers.filter(|id| !parties.iter().any(|p| p.id == *id)),
        Reason::UnknownReference,
    );
    g.forbid(repeated(issues.iter().map(|i| i.id)), Reason::Contradiction);
    g.done()?;

    if case.title.is_empty() {
        case.title = default_title(case.kind, &parties);
    }
    case.amount_fen = case.amount_fen.or_else(|| claimed(&issues));
    raise_floors(&mut case, &parties, now.local_date());
    enter(&mut case, CaseState::Registered, facts.calendar, now);

    let mut d = Decision::register(case);
    d.event(Event::CaseRegistered {
        source: d.case().source,
        channel: d.case().channel,
        kind: d.case().kind,
        origin: facts.origin.id,
        client_recorded_at: d.case().detail.recorded_at,
    });
    d.insert(Custody {
        id: ids.id(),
        case_id,
        org_id: facts.origin.id,
        from_at: now,
        to_at: None,
        transfer_id: None,
    });
    for p in &parties {
        d.insert(p.clone());
        d.event(Event::PartyAdded {
            party: p.id,
            role: p.role,
            side: p.side,
        });
        if let (Consent::Given, Some(via)) = (p.consent, p.detail.consent_via) {
            d.event(Event::ConsentGiven { party: p.id, via });
        }
    }
    for issue in issues {
        d.event(Event::IssueAdded {
            issue: issue.id,
            no: issue.no,
        });
        d.insert(issue);
    }
    raise_dangers(&mut d, Risk::Blue, &facts.alert);
    raise_floors(d.case_mut(), &parties, now.local_date());
    Ok(d)
}

/// The case of a registration, before its parties and issues.
fn open_case(
    input: Register,
    id: CaseId,
    facts: &RegisterFacts<'_>,
    who: &Who,
    now: Instant,
) -> (Vec<NewParty>, Vec<NewIssue>, Case) {
    let risk = input
        .risk
        .unwrap_or(Risk::Yellow)
        .max(risk_floor(&input.risk_hints));
    let petition = (input.procedure == Procedure::Petition).then(|| {
        let said = input.petition.unwrap_or_default();
        Petition::new(said.no, said.received_at.unwrap_or(now))
    });
    let case = Case {
        id,
        code: facts.code.clone(),
        case_no: None,
        committee_id: None,
        procedure: input.procedure,
        title: input.title.unwrap_or_default(),
        kind: input.kind,
        state: CaseState::Registered,
        outcome: None,
        risk,
        difficulty: input.difficulty.unwrap_or(Difficulty::Normal),
        source: input.source,
        channel: input.channel,
        origin_id: facts.origin.id,
        origin_desk_id: facts.origin.desk_id,
        holder_id: facts.origin.id,
        holder_desk_id: facts.origin.desk_id,
        holder_since: now,
        registrar_id: who.user,
        registered_at: now,
        accepted_at: None,
        closed_at: None,
        next_step: None,
        next_due_at: None,
        live: true,
        version: 1,
        audit_seq: 0,
        audit_hash: String::new(),
        amount_fen: input.amount_fen,
        summary: input.summary,
        updated_at: now,
        detail: CaseDetail {
            subtype: input.subtype,
            tags: input.tags,
            risk_hints: input.risk_hints,
            relation_kind: input.relation_kind,
            place: input.place,
            occurred_at: input.occurred_at,
            recorded_at: input.recorded_at,
            people_affected: input.people_affected,
            delegation_letter_no: input.delegation_letter_no,
            delegation_stage: input.delegation_stage,
            petition,
            oral_note: input.oral_note.map(|n| n.into_note(who.user)),
            confidentiality: input.confidentiality,
            public_mode: input.public_mode,
            round_no: 1,
            ..CaseDetail::default()
        },
    };
    (input.parties, input.issues, case)
}

/// `in_future` and `time_order` over when it happened and when we were told.
pub fn time_guards(
    occurred: Option<Instant>,
    recorded: Option<Instant>,
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let late = [("occurred_at", occurred), ("recorded_at", recorded)];
    g.forbid(
        late.iter()
            .filter(|(_, t)| t.is_some_and(|t| t > now))
            .map(|(name, _)| *name),
        Reason::InFuture,
    );
    let swapped = matches!((occurred, recorded), (Some(o), Some(r)) if o > r);
    g.forbid(swapped.then_some("occurred_at"), Reason::TimeOrder);
    g.into_inner()
}

/// An applicant who can act consents by applying; anybody else is still to be asked.
fn consenting(mut p: Party, source: Source, at: Instant) -> Party {
    let able = effective_capacity(&p, at.local_date()) == Capacity::Full;
    if source == Source::Application && p.role == PartyRole::Applicant && able {
        p.consent = Consent::Given;
        p.consent_at = Some(at);
        p.detail.consent_via = Some(DeclaredBy::Application);
    }
    p
}

/// The record of an issue.
pub fn build_issue(
    input: NewIssue,
    case_id: CaseId,
    no: i32,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Issue {
    Issue {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id,
        no,
        text: input.text,
        claim: input.claim,
        amount_fen: input.amount_fen,
        claimed_by: input.claimed_by,
        state: IssueState::Open,
        referred_to: None,
        created_at: now,
    }
}

/// What the issues ask for together, if any asks for money.
fn claimed(issues: &[Issue]) -> Option<i64> {
    let amounts: Vec<i64> = issues.iter().filter_map(|i| i.amount_fen).collect();
    (!amounts.is_empty()).then(|| amounts.iter().fold(0, |a: i64, b| a.saturating_add(*b)))
}

/// Values that occur more than once.
pub fn repeated<T: PartialEq + Copy>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = Vec::new();
    let mut twice = Vec::new();
    for v in values {
        if seen.contains(&v) {
            twice.push(v);
        } else {
            seen.push(v);
        }
    }
    twice
}

/// `叶长根与叶阿六邻里纠纷`; `等` where a side has more.
fn default_title(kind: CaseType, parties: &[Party]) -> String {
    let side = |n: i32| {
        let mut names = parties.iter().filter(|p| p.side == n).map(|p| &p.name);
        let first = names.next()?;
        let more = if names.next().is_some() { "等" } else { "" };
        Some(format!("{first}{more}"))
    };
    let names: Vec<String> = [1, 2].into_iter().filter_map(side).collect();
    format!("{}{}", names.join("与"), kind.label(Lang::Zh))
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
