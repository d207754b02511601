//! Oral agreements (人民调解法 第二十八、三十条; G-18, M-71, M-74): performed at once, written down
//! by the mediator, in effect from when they were reached.

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::machine::Act;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::Who;
use super::agreement_content::{oral_obstacles, party_guards};
use super::agreement_plan::tell_of;
use super::agreements::tell_warnings;
use super::notify::tell_everybody;
use super::signing::number_of;
use super::standing::{Work, take_effect};

/// G-18 with everything that stands against this oral agreement, and the content its register
/// form must have.
pub fn oral_guards(
    file: &CaseFile,
    agreement: &Agreement,
    obligations: &[Obligation],
    performed_on_the_spot: bool,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    let reached_on = agreement.reached_at.map(Instant::local_date);
    let mut obstacles = oral_obstacles(file, &agreement.detail.parties);
    if !performed_on_the_spot {
        obstacles.push("not_performed".to_owned());
    }
    if agreement.detail.supersedes.is_some() {
        obstacles.push("variation".to_owned());
    }
    obstacles.extend(
        obligations
            .iter()
            .filter(|o| Some(o.due_on) != reached_on)
            .map(|o| format!("not_performed:{}", o.id)),
    );
    g.forbid(obstacles, Reason::OralNotAllowed);
    let d = &agreement.detail;
    let missing = [("facts", d.facts.is_empty()), ("terms", d.terms.is_empty())];
    g.forbid(
        missing.iter().filter(|(_, on)| *on).map(|(code, _)| *code),
        Reason::ContentIncomplete,
    );
    if let Some(at) = agreement.reached_at {
        g.extend(party_guards(file, agreement, at));
    }
    g.into_inner()
}

/// Keeps an oral agreement with the performance of each obligation.
///
/// # Errors
/// `wrong_state` when the machine has no such move.
pub(super) fn record_oral(
    file: &CaseFile,
    mut agreement: Agreement,
    obligations: Vec<Obligation>,
    who: &Who,
    ids: &mut impl FreshIds,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let reached_at = agreement.reached_at.unwrap_or(now);
    agreement.effective_at = Some(reached_at);
    agreement.number = number_of(file, &agreement);
    let mut work = Work::on(file, now);
    work.d.event(Event::OralAgreementRecorded {
        agreement: agreement.id,
        effective_on: reached_at.local_date(),
    });
    tell_warnings(&mut work.d, &agreement);
    for mut o in obligations {
        o.state = ObligationState::Performed;
        o.performed_fen = o.amount_fen.unwrap_or(0);
        o.performed_at = Some(reached_at);
        tell_of(&mut work.d, &o);
        work.d.event(Event::PerformanceRecorded {
            obligation: o.id,
            state: o.state,
            amount_fen: o.amount_fen,
        });
        let performance = Performance {
            id: ids.id(),
            case_id: file.case.id,
            obligation_id: o.id,
            amount_fen: o.amount_fen,
            performed_at: reached_at,
            confirmed_by_creditor: true,
            proof_id: None,
            note: None,
            recorded_by: who.user,
            recorded_at: now,
        };
        work.add_obligation(o);
        work.add_performance(performance);
    }
    let notice = Notice::agreement(NoticeKind::AgreementEffective, agreement.id);
    tell_everybody(&mut work.d, file, &notice);
    take_effect(&mut work, agreement, Act::DraftAgreement, calendar, now)?;
    Ok(work.d)
}
