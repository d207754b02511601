//! Ways on after a breach (若干规定 第三十七条; 人民调解法 第三十二、三十三条; M-77, M-78, M-81).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::{CaseState, Outcome};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj};
use crate::domain::machine::Act;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::closing::close_guards;
use super::notify::tell_everybody;
use super::standing::{
    Work, agreement_of, is_open, masters_of, obligations_of, reopen_issues, successor,
};
use super::steps::advance;
use super::variation::{give_up, is_unfinished};

/// The way the parties, or one of them, take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeRoute {
    pub route: BreachRoute,
    /// To mediate again: the parties to the agreement who want it.
    pub consents: Vec<PartyId>,
    /// To sue: who sues, and the other party, who is sued.
    pub suit: Option<(PartyId, PartyId)>,
    pub court: Option<String>,
}

impl TakeRoute {
    /// Reads a route; a suit names `claimant_id` and `defendant_id`.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let route = o.req::<BreachRoute>("route");
        let consents = o.list("consents", 500);
        let claimant = o.opt::<PartyId>("claimant_id");
        let defendant = o.opt::<PartyId>("defendant_id");
        let court = o.opt::<Line<100>>("court");
        if route == Some(BreachRoute::CourtSuit) {
            for (name, given) in [("claimant_id", claimant), ("defendant_id", defendant)] {
                if given == Some(None) {
                    o.fault(name, "required");
                }
            }
        }
        Some(Self {
            route: route?,
            consents: consents?,
            suit: claimant?.zip(defendant?),
            court: court?.map(|c| c.0),
        })
    }
}

/// Guards that do not depend on the input: a default was established after urging.
pub fn breach_guards(agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    if agreement.state != AgreementState::Breached {
        g.add(Refusal::about(Reason::WrongState, [agreement.state]));
    }
    g.into_inner()
}

/// Takes a way on after a breach. Mediating again opens a new round; a suit closes the case to
/// the court, with the other party as defendant, and needs what closing needs, but what is owed
/// under this agreement; enforcement needs a confirmed agreement.
///
/// # Errors
/// `consent_missing`, `enforcement_needs_confirmation`, `route_mismatch`, `unknown_reference`,
/// `wrong_state`; of a suit those of [`close_guards`].
pub fn take_route(
    file: &CaseFile,
    agreement: AgreementId,
    input: TakeRoute,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(breach_guards(old));
    g.extend(route_guards(file, old, &input, now));
    g.done()?;
    let mut work = Work::on(file, now);
    work.d.event(Event::BreachRouteTaken {
        agreement: old.id,
        route: input.route,
    });
    let mut new = old.clone();
    new.detail.breach_route = Some(input.route);
    if let Some((claimant, defendant)) = input.suit {
        new.detail.court_claim = Some(CourtClaim {
            claimant,
            defendant,
            court: input.court,
            at: now,
        });
    }
    work.put_agreement(new);
    match input.route {
        BreachRoute::ReMediation => mediate_again(&mut work, old, calendar, now)?,
        BreachRoute::CourtSuit => close_to_court(&mut work, calendar, now)?,
        BreachRoute::Enforcement | BreachRoute::PaymentOrder | BreachRoute::Government => {}
    }
    Ok(work.d)
}

/// The file once its agreement has gone to the court: nothing owed under it keeps the case open.
pub fn gone_to_court(file: &CaseFile, agreement: AgreementId) -> CaseFile {
    let mut gone = file.clone();
    for a in gone.agreements.iter_mut().filter(|a| a.id == agreement) {
        a.detail.breach_route = Some(BreachRoute::CourtSuit);
    }
    gone
}

/// A suit closes the case, unless the rest of it is still being mediated.
fn closes(file: &CaseFile) -> bool {
    file.case.state != CaseState::InMediation
}

fn route_guards(
    file: &CaseFile,
    agreement: &Agreement,
    input: &TakeRoute,
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    match input.route {
        BreachRoute::ReMediation => {
            let silent = masters_of(file, agreement)
                .into_iter()
                .filter(|p| !input.consents.contains(p));
            g.forbid(silent, Reason::ConsentMissing);
        }
        BreachRoute::CourtSuit => {
            let side = |id: PartyId| {
                let bound = &agreement.detail.parties;
                let listed = bound.iter().any(|p| successor(file, *p) == id);
                file.party(id).filter(|_| listed).map(|p| p.side)
            };
            let opposed = input
                .suit
                .is_some_and(|(a, b)| matches!((side(a), side(b)), (Some(a), Some(b)) if a != b));
            if closes(file) {
                let gone = gone_to_court(file, agreement.id);
                g.extend(close_guards(&gone, now.local_date()));
            } else {
                let pending = file.pending_transfer().map(|t| t.id);
                g.forbid(pending, Reason::TransferPending);
            }
            if !opposed {
                let named = input.suit.map_or(Vec::new(), |(a, b)| vec![a, b]);
                g.add(Refusal::about(Reason::UnknownReference, named));
            }
        }
        BreachRoute::Enforcement => g.require(
            agreement.confirmation == ConfirmationState::Confirmed,
            Reason::EnforcementNeedsConfirmation,
        ),
        // A payment order orders money that is owed (劳动争议调解仲裁法 第十六条; M-81, M-82).
        BreachRoute::PaymentOrder => {
            let money = obligations_of(file, agreement.id)
                .any(|o| is_open(o) && o.kind == ObligationKind::Pay);
            if !money {
                g.add(Refusal::about(Reason::RouteMismatch, [input.route]));
            }
        }
        BreachRoute::Government => {}
    }
    g.into_inner()
}

fn mediate_again(
    work: &mut Work,
    agreement: &Agreement,
    calendar: &Calendar,
    now: Instant,
) -> Result<(), Vec<Refusal>> {
    reopen_issues(work, agreement);
    next_round(work, now);
    if work.d.case().state == CaseState::Breached {
        let to = CaseState::InMediation;
        advance(&mut work.d, Act::TakeBreachRoute, to, calendar, now)?;
        work.d.event(Event::MediationBegan {});
    }
    Ok(())
}

/// A new round: its own number and mediation limit.
pub(super) fn next_round(work: &mut Work, now: Instant) {
    let detail = &mut work.d.case_mut().detail;
    detail.round_no = detail.round_no.max(1).saturating_add(1);
    detail.round_began_at = Some(now);
    detail.extension = None;
    detail.pauses.clear();
}

fn close_to_court(work: &mut Work, calendar: &Calendar, now: Instant) -> Result<(), Vec<Refusal>> {
    // While the rest is still being mediated the case stays with the desk.
    if !closes(&work.file) {
        return Ok(());
    }
    let file = work.file.clone();
    for agreement in file.agreements.iter().filter(|a| is_unfinished(a)) {
        give_up(work, agreement, None);
    }
    let partial = work.d.case().state == CaseState::Terminated;
    let to = CaseState::ClosedToCourt;
    advance(&mut work.d, Act::TakeBreachRoute, to, calendar, now)?;
    let outcome = if partial {
        Outcome::Partial
    } else {
        Outcome::Referred
    };
    work.d.case_mut().outcome = Some(outcome);
    work.d.event(Event::CaseClosed { state: to, outcome });
    let notice = Notice::of(NoticeKind::CaseClosed);
    tell_everybody(&mut work.d, &file, &notice);
    Ok(())
}
