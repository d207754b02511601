//! How the clocks of a case follow its acts: each fact starts, satisfies or stops what section
//! 4.6 and 11.8 say. The clocks change in the commit of the act, which is their audit record.

use uuid::Uuid;

use super::clock::Clock;
use super::codes::{ClockEvent as By, ClockSubject};
use super::ledger::{Ledger, Moves};
use super::mediation::{LIMITS, extension_of, from_case, limit_code, limit_start};
use super::policy_file::PolicyBook;
use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::decision::{Decision, Entity, FreshIds, Put};
use crate::domain::facts::Event;
use crate::domain::mediator::TeamRole;
use crate::domain::movement::{Transfer, TransferState, TransferVerb};
use crate::domain::petition::PetitionStage;
use crate::domain::record::Incident;
use crate::domain::rules::confirmation::no_court_confirms;
use crate::domain::rules::follow_up_plan::{AGAIN, BY_HAND, POLICY as VISITS};
use crate::domain::rules::report_duties::measured;
use crate::domain::task::{Task, TaskKind, TaskState};
use crate::domain::time::Instant;

/// What the clocks depend on beside the decision.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    pub book: &'a PolicyBook,
    pub calendar: &'a Calendar,
    /// The obligations of the case as they stood before the act; needed when
    /// [`needs_obligations`] says so.
    pub obligations: Vec<Obligation>,
    /// The county centre holds the case after the act.
    pub county_holds: bool,
    pub now: Instant,
}

/// Whether the clocks of these facts hang on the obligations.
pub fn needs_obligations(events: &[Event]) -> bool {
    events.iter().any(|e| {
        matches!(
            e,
            Event::AgreementEffective { .. }
                | Event::OralAgreementRecorded { .. }
                | Event::AgreementVaried { .. }
                | Event::AgreementRescinded { .. }
                | Event::ConfirmationDecided { .. }
        )
    })
}

/// What an act does to the open clocks of its case.
pub fn follow<I: FreshIds>(d: &Decision, open: Vec<Clock>, facts: &Facts<'_>, ids: I) -> Moves {
    let case = d.case();
    let ledger = Ledger::new(case.id, open, facts.book, facts.calendar, ids, facts.now);
    let mut course = Course { d, facts, ledger };
    for event in &d.events {
        course.intake(event);
        course.mediation(event);
        course.agreement(event);
        course.movement(event);
        course.visits(event);
        course.ending(event);
        course.petition(event);
        course.rights(event);
    }
    for put in &d.puts {
        match put {
            Put::Insert(Entity::Transfer(t)) | Put::Update(Entity::Transfer(t)) => {
                course.transfer(t);
            }
            Put::Insert(Entity::Incident(i)) => course.incident(i, true),
            Put::Update(Entity::Incident(i)) => course.incident(i, false),
            Put::Insert(Entity::Task(t)) | Put::Update(Entity::Task(t)) => course.task(t),
            _ => {}
        }
    }
    course.limit();
    course.limitation();
    course.ledger.moves()
}

/// What the parties themselves may still claim, and until when, outlives the end of mediation.
const RIGHTS: &[&str] = &[
    "suit_restart",
    "labour_arb_restart",
    "suit_agreement",
    "admin_review",
    "admin_suit",
];

/// Limitation, counted anew from the request to mediate.
const LIMITATION: &[&str] = &["suit_restart", "labour_arb_restart"];

fn is_right(clock: &Clock) -> bool {
    RIGHTS.contains(&clock.policy.as_str())
}

/// A duty to report outlives whatever becomes of the case.
fn is_report(clock: &Clock) -> bool {
    clock.policy.starts_with("report_")
}

/// Whose limitation the request to mediate restarts: of a claim before the arbitrators, or the
/// court.
fn limitation_of(case: &Case) -> &'static str {
    let service = case.detail.relation_kind == Some(RelationKind::Service);
    let labour = matches!(case.kind, CaseType::LabourOther | CaseType::WageArrears);
    if labour && !service {
        "labour_arb_restart"
    } else {
        "suit_restart"
    }
}

struct Course<'a, I> {
    d: &'a Decision,
    facts: &'a Facts<'a>,
    ledger: Ledger<'a, I>,
}

impl<I: FreshIds> Course<'_, I> {
    fn case_id(&self) -> Uuid {
        self.d.case().id.uuid
    }

    fn is_hard(&self) -> bool {
        let difficulty = self.d.case().difficulty;
        matches!(difficulty, Difficulty::Complex | Difficulty::Major)
    }

    fn on_case(&mut self, code: &str) {
        let (id, now) = (self.case_id(), self.facts.now);
        self.ledger.start(code, None, id, now);
    }

    fn intake(&mut self, event: &Event) {
        let l = &mut self.ledger;
        let now = self.facts.now;
        match event {
            Event::CaseRegistered { .. } => {
                self.on_case("triage");
                self.on_case("accept_decision");
                if self.d.case().procedure == Procedure::CourtDelegated {
                    self.on_case("court_accept_task");
                }
                if self.d.case().procedure == Procedure::AdminMediation {
                    let id = self.case_id();
                    let variant = self.is_hard().then_some("complex");
                    self.ledger.start("adm_med_transfer", None, id, now);
                    self.ledger.start("adm_med_accept", variant, id, now);
                }
                if let Some(p) = self.d.case().petition() {
                    let id = self.case_id();
                    self.ledger.start("pet_forward", None, id, p.received_at);
                    self.ledger.start("pet_notice", None, id, p.received_at);
                }
            }
            Event::CaseScreened { .. } => l.satisfy(&["triage"], None, By::Screened),
            Event::ConsentAsked { party } => l.start("ask_consent", None, party.uuid, now),
            Event::ConsentGiven { party, .. }
            | Event::ConsentRefused { party, .. }
            | Event::ConsentWithdrawn { party, .. } => {
                l.satisfy(&["ask_consent"], Some(party.uuid), By::ConsentDeclared);
            }
            Event::CaseRejected { .. } => {
                let asked = &[
                    "triage",
                    "accept_decision",
                    "court_accept_task",
                    "adm_med_transfer",
                    "adm_med_accept",
                ];
                l.satisfy(asked, None, By::Rejected);
                // What is not mediated is still reported, and answered as a petition.
                let goes_on =
                    |c: &Clock| is_report(c) || is_right(c) || c.policy.starts_with("pet_");
                l.stop(|c| !goes_on(c), By::Rejected);
                self.on_case("close_case");
                self.on_case("feedback");
            }
            Event::CaseAccepted { .. } => {
                l.satisfy(
                    &[
                        "triage",
                        "accept_decision",
                        "ask_consent",
                        "court_accept_task",
                        "adm_med_transfer",
                        "adm_med_accept",
                    ],
                    None,
                    By::Accepted,
                );
                self.on_case("appoint");
                self.on_case("first_session");
            }
            Event::MediatorAppointed {
                role: TeamRole::Chair,
                ..
            } => l.satisfy(&["appoint"], None, By::Accepted),
            _ => {}
        }
    }

    fn mediation(&mut self, event: &Event) {
        let case = self.d.case();
        let l = &mut self.ledger;
        match event {
            Event::SessionOpened { .. } => {
                l.satisfy(&["first_session", "appoint"], None, By::SessionOpened);
            }
            Event::CaseSuspended { reason } => {
                let approver = case.detail.suspension.as_ref().map(|s| s.approver);
                l.pause(*reason, approver);
            }
            Event::CaseResumed {} => {
                if let Some(past) = case.detail.pauses.last() {
                    l.resume(past.from);
                }
            }
            Event::LimitExtended { .. } => {
                if let Some(e) = &case.detail.extension {
                    l.extend(|c| LIMITS.contains(&c.policy.as_str()), &extension_of(e));
                }
            }
            _ => {}
        }
    }

    fn agreement(&mut self, event: &Event) {
        let now = self.facts.now;
        let l = &mut self.ledger;
        match event {
            Event::SigningStarted { agreement, .. } => {
                l.start("signing", None, agreement.uuid, now);
                l.start("signing_expiry", None, agreement.uuid, now);
            }
            Event::AgreementDropped { agreement } => {
                l.stop(|c| c.subject_id == agreement.uuid, By::Dropped);
            }
            Event::AgreementEffective { agreement, .. } => {
                let signed = &["signing", "signing_expiry"];
                l.satisfy(signed, Some(agreement.uuid), By::AgreementEffective);
                self.open_window(*agreement);
                self.owe(*agreement);
            }
            Event::OralAgreementRecorded { agreement, .. } => self.owe(*agreement),
            Event::AgreementVaried { agreement, .. } | Event::AgreementRescinded { agreement } => {
                let owed: Vec<Uuid> = self.obligations(*agreement).map(|o| o.id.uuid).collect();
                let gone =
                    |c: &Clock| c.subject_id == agreement.uuid || owed.contains(&c.subject_id);
                self.ledger.stop(gone, By::Superseded);
            }
            Event::ConfirmationApplied { agreement, .. } => {
                let by = By::ConfirmationApplied;
                l.satisfy(&["confirm_window"], Some(agreement.uuid), by);
            }
            Event::ConfirmationDecided { agreement, state } => self.court(*agreement, *state),
            Event::PerformanceRecorded {
                obligation,
                state: ObligationState::Performed,
                ..
            } => l.satisfy(&["obligation_due"], Some(obligation.uuid), By::Performed),
            Event::ObligationWaived { obligation } => {
                l.stop(|c| c.subject_id == obligation.uuid, By::Performed);
            }
            Event::BreachRouteTaken {
                agreement,
                route: BreachRoute::Enforcement,
            } => {
                let by = By::EnforcementApplied;
                l.satisfy(&["enforce"], Some(agreement.uuid), by);
                l.satisfy(&["breach_handling"], None, By::Performed);
            }
            Event::CaseBreached {} => self.on_case("breach_handling"),
            Event::CasePerforming {} | Event::BreachRouteTaken { .. } | Event::CaseFulfilled {} => {
                l.satisfy(&["breach_handling"], None, By::Performed);
                if matches!(event, Event::CaseFulfilled {}) {
                    l.satisfy(&["enforce"], None, By::Performed);
                    self.on_case("close_case");
                }
            }
            _ => {}
        }
    }

    /// The time to have a court confirm an agreement; none where no court would (M-93).
    fn open_window(&mut self, id: crate::domain::ids::AgreementId) {
        let owed: Vec<Obligation> = self.obligations(id).cloned().collect();
        let refused = self.agreement_put(id).map(|a| no_court_confirms(a, &owed));
        if refused.is_none_or(|why| why.is_empty()) {
            let from = self.effective_at(id);
            self.ledger.start("confirm_window", None, id.uuid, from);
        }
    }

    fn court(&mut self, agreement: crate::domain::ids::AgreementId, state: ConfirmationState) {
        let now = self.facts.now;
        let id = agreement.uuid;
        let l = &mut self.ledger;
        match state {
            ConfirmationState::CourtAccepted => l.start("confirm_review", None, id, now),
            ConfirmationState::Confirmed | ConfirmationState::Dismissed => {
                l.satisfy(&["confirm_review"], Some(id), By::CourtDecided);
                l.start("confirm_objection", None, id, now);
                if state == ConfirmationState::Confirmed {
                    // The time to enforce begins when the time to perform is over.
                    let last = self.obligations(agreement).map(|o| o.due_on).max();
                    let from = last.map_or(now, |day| Instant(day.end().0 - 1));
                    self.ledger.start("enforce", None, id, from);
                }
            }
            ConfirmationState::NotAccepted | ConfirmationState::Withdrawn => {
                l.stop(
                    |c| c.policy == "confirm_review" && c.subject_id == id,
                    By::CourtDecided,
                );
                if state == ConfirmationState::Withdrawn {
                    self.open_window(agreement);
                } else {
                    l.stop(
                        |c| c.policy == "confirm_window" && c.subject_id == id,
                        By::CourtDecided,
                    );
                }
            }
            ConfirmationState::None | ConfirmationState::Applied | ConfirmationState::Lapsed => {}
        }
    }

    /// The agreement as the act leaves it.
    fn agreement_put(&self, id: crate::domain::ids::AgreementId) -> Option<&Agreement> {
        self.d.puts.iter().find_map(|p| match p {
            Put::Insert(Entity::Agreement(a)) | Put::Update(Entity::Agreement(a)) if a.id == id => {
                Some(a)
            }
            _ => None,
        })
    }

    fn effective_at(&self, id: crate::domain::ids::AgreementId) -> Instant {
        let put = self.agreement_put(id).and_then(|a| a.effective_at);
        put.unwrap_or(self.facts.now)
    }

    /// The obligations of an agreement, as the act leaves them.
    fn obligations(
        &self,
        id: crate::domain::ids::AgreementId,
    ) -> impl Iterator<Item = &Obligation> {
        let put = self.d.puts.iter().filter_map(|p| match p {
            Put::Insert(Entity::Obligation(o)) | Put::Update(Entity::Obligation(o)) => Some(o),
            _ => None,
        });
        let put: Vec<&Obligation> = put.collect();
        let old = self.facts.obligations.iter();
        let old: Vec<&Obligation> = old.filter(|o| !put.iter().any(|p| p.id == o.id)).collect();
        put.into_iter()
            .chain(old)
            .filter(move |o| o.agreement_id == id)
    }

    /// What an agreement in force obliges to, each by its day.
    fn owe(&mut self, agreement: crate::domain::ids::AgreementId) {
        let owed: Vec<(Uuid, Instant)> = self
            .obligations(agreement)
            .filter(|o| o.kind != ObligationKind::Abstain)
            .filter(|o| matches!(o.state, ObligationState::Pending | ObligationState::Partial))
            .map(|o| (o.id.uuid, o.due_on.end()))
            .collect();
        let now = self.facts.now;
        for (id, due) in owed {
            self.ledger
                .start_at("obligation_due", None, id, now, Some(due));
        }
    }

    fn visits(&mut self, event: &Event) {
        let now = self.facts.now;
        let l = &mut self.ledger;
        match event {
            Event::FollowUpPlanned {
                follow_up,
                variant,
                from,
                due_on,
                ..
            } => {
                let fixed = (variant == BY_HAND).then(|| due_on.end());
                l.start_at(VISITS, Some(variant), follow_up.uuid, *from, fixed);
            }
            Event::FollowUpTried { follow_up, .. } => {
                l.satisfy(&[VISITS], Some(follow_up.uuid), By::FollowedUp);
                l.start(VISITS, Some(AGAIN), follow_up.uuid, now);
            }
            Event::FollowUpMade { follow_up, .. } | Event::FollowUpRefused { follow_up, .. } => {
                l.satisfy(&[VISITS], Some(follow_up.uuid), By::FollowedUp);
            }
            Event::FollowUpClosed { follow_up, .. } => {
                l.stop(|c| c.subject_id == follow_up.uuid, By::Dropped);
            }
            _ => {}
        }
    }

    fn movement(&mut self, event: &Event) {
        const ANSWERS: &[&str] = &["escalation_answer", "pet_object", "quarrel_decision"];
        let l = &mut self.ledger;
        match event {
            Event::TransferAccepted { transfer, .. }
            | Event::TransferReturned { transfer, .. }
            | Event::TransferRedirected { transfer, .. } => {
                l.satisfy(ANSWERS, Some(transfer.uuid), By::TransferAnswered);
            }
            Event::TransferContested { transfer, .. } => {
                let answers = &["escalation_answer", "pet_object"];
                l.satisfy(answers, Some(transfer.uuid), By::TransferContested);
                l.start("quarrel_decision", None, transfer.uuid, self.facts.now);
            }
            Event::TransferDesignated { transfer, .. } => {
                l.satisfy(
                    &["quarrel_decision"],
                    Some(transfer.uuid),
                    By::UnitDesignated,
                );
            }
            Event::TransferRecalled { transfer } => {
                l.stop(|c| c.subject_id == transfer.uuid, By::Dropped);
            }
            Event::TransferCompleted { transfer } => {
                l.satisfy(&["order_result"], Some(transfer.uuid), By::Resolved);
            }
            Event::CustodyMoved { .. } => {
                l.satisfy(&["county_handling"], None, By::TransferSubmitted);
                if self.facts.county_holds {
                    let (id, now) = (self.case_id(), self.facts.now);
                    let variant = self.is_hard().then_some("complex");
                    self.ledger.start("county_handling", variant, id, now);
                }
            }
            _ => {}
        }
    }

    /// The steps of a petition (信访工作条例 第二十二、二十三、三十四至三十六条).
    fn petition(&mut self, event: &Event) {
        let id = self.case_id();
        let Some(p) = self.d.case().detail.petition.as_ref() else {
            return;
        };
        let l = &mut self.ledger;
        match event {
            Event::TransferSubmitted { to: Some(_), .. } => {
                l.satisfy(&["pet_forward"], None, By::PetitionForwarded);
            }
            Event::PetitionAccepted { .. } => {
                let by = By::PetitionAccepted;
                l.satisfy(&["pet_forward", "pet_notice", "pet_object"], None, by);
                if let Some(a) = &p.acceptance {
                    l.start("pet_finish", None, id, a.notified_at);
                }
            }
            Event::PetitionReplied { stage, .. } => {
                let from = p.reply(*stage).map_or(self.facts.now, |r| r.given_at);
                let (done, next) = match stage {
                    PetitionStage::Handling => ("pet_finish", Some("pet_review")),
                    PetitionStage::Review => ("pet_review_result", Some("pet_rereview")),
                    PetitionStage::Rereview => ("pet_rereview_result", None),
                };
                l.satisfy(&[done], None, By::PetitionAnswered);
                if let Some(next) = next {
                    l.start(next, None, id, from);
                }
            }
            Event::PetitionReviewAsked { stage } => {
                let asked = p.reviews.iter().find(|r| r.stage == *stage);
                let from = asked.map_or(self.facts.now, |r| r.asked_at);
                let (done, next) = if *stage == PetitionStage::Review {
                    ("pet_review", "pet_review_result")
                } else {
                    ("pet_rereview", "pet_rereview_result")
                };
                l.satisfy(&[done], None, By::ReviewAsked);
                l.start(next, None, id, from);
            }
            _ => {}
        }
    }

    fn transfer(&mut self, t: &Transfer) {
        let (id, now) = (t.id.uuid, self.facts.now);
        let case = self.d.case();
        match t.state {
            TransferState::Submitted if t.verb != TransferVerb::ReferOut => {
                if t.is_contested() {
                    return; // who decides answers first
                }
                let variant = (case.risk == Risk::Red).then_some("red");
                // Who was designated has the time to answer from then on, and no objection.
                let designated = t.designation.as_ref().map(|d| d.at);
                let from = designated.unwrap_or(t.submitted_at);
                self.ledger.start("escalation_answer", variant, id, from);
                if case.procedure == Procedure::Petition && designated.is_none() {
                    self.ledger.start("pet_object", None, id, from);
                }
            }
            TransferState::Accepted => {
                if let Some(due) = t.result_due_at.filter(|_| t.result_at.is_none()) {
                    self.ledger
                        .start_at("order_result", None, id, now, Some(due));
                }
            }
            _ => {}
        }
    }

    /// Reports are owed from the moment a danger was found; each clock ends with the last report
    /// it measures, or with an incident that was nothing.
    fn incident(&mut self, i: &Incident, is_new: bool) {
        let id = i.id.uuid;
        for m in measured(i) {
            // What was told before it was recorded has its clock all the same.
            if is_new || m.met_at.is_none() && i.closed_at.is_none() {
                self.ledger.start(m.policy, m.variant, id, i.found_at);
            }
            if let Some(at) = m.met_at {
                self.ledger.satisfy_at(m.policy, id, By::Reported, at);
            }
        }
        if i.closed_at.is_some() {
            self.ledger.stop(|c| c.subject_id == id, By::Closed);
        }
    }

    /// The clock of a task runs until its result is reported; of a whistle, until it is answered.
    fn task(&mut self, t: &Task) {
        let (id, now) = (t.id.uuid, self.facts.now);
        let whistle = t.kind == TaskKind::Whistle;
        match t.state {
            TaskState::Open => {
                let Some(due) = t.due_at else { return };
                if whistle {
                    let variant = (self.d.case().risk == Risk::Red).then_some("red");
                    self.ledger.start("whistle_response", variant, id, now);
                } else {
                    self.ledger
                        .start_at("order_result", None, id, now, Some(due));
                }
                self.ledger.set_on(id, ClockSubject::Record);
            }
            // Measured by when it was answered, not by when that was written down.
            TaskState::Reported | TaskState::Done if whistle => {
                let at = t.reported_at.unwrap_or(now);
                self.ledger
                    .satisfy_at("whistle_response", id, By::WhistleAnswered, at);
            }
            TaskState::Reported | TaskState::Done => {
                self.ledger
                    .satisfy(&["order_result"], Some(id), By::Resolved);
            }
            TaskState::Reassigned => self.ledger.stop(|c| c.subject_id == id, By::Superseded),
            TaskState::Cancelled => self.ledger.stop(|c| c.subject_id == id, By::Dropped),
        }
    }

    fn ending(&mut self, event: &Event) {
        let state = self.d.case().state;
        let l = &mut self.ledger;
        const WORK: &[&str] = &[
            "triage",
            "accept_decision",
            "ask_consent",
            "appoint",
            "adm_med_transfer",
            "adm_med_accept",
        ];
        match event {
            Event::CaseTerminated { .. } if state == CaseState::Terminated => {
                l.satisfy(&["county_handling"], None, By::Terminated);
                let work =
                    |c: &Clock| WORK.contains(&c.policy.as_str()) || c.policy == "first_session";
                l.stop(work, By::Terminated);
                self.on_case("close_case");
                self.on_case("feedback");
            }
            Event::CaseAgreed {} => {
                l.satisfy(&["county_handling"], None, By::Resolved);
                self.on_case("feedback");
            }
            Event::FeedbackGiven {} => {
                l.satisfy(&["feedback"], None, By::FeedbackGiven);
                self.on_case("evaluation");
            }
            Event::EvaluationGiven { .. } => l.satisfy(&["evaluation"], None, By::Evaluated),
            Event::CaseClosed { .. } => {
                l.satisfy(&["close_case", "county_handling"], None, By::Closed);
                let work = |c: &Clock| {
                    WORK.contains(&c.policy.as_str())
                        || matches!(c.policy.as_str(), "first_session" | "breach_handling")
                };
                l.stop(work, By::Closed);
                self.on_case("archive");
            }
            Event::CaseArchived { .. } => l.satisfy(&["archive"], None, By::Archived),
            Event::CaseReopened { .. } => l.stop(
                |c| {
                    matches!(
                        c.policy.as_str(),
                        "archive" | "close_case" | "feedback" | "evaluation"
                    )
                },
                By::Reopened,
            ),
            Event::CaseMerged { .. } => l.stop(|c| !is_report(c), By::Merged),
            _ => {}
        }
    }

    /// What time the parties have to go elsewhere (sections 1.7, 1.8, 2.5 and 11.8): it is said to
    /// them, and asked of nobody.
    fn rights(&mut self, event: &Event) {
        let (id, now) = (self.case_id(), self.facts.now);
        match event {
            // Only who claims something interrupts limitation (民法典 第一百九十五条).
            Event::CaseRegistered { .. } if self.d.case().source == Source::Application => {
                let code = limitation_of(self.d.case());
                self.ledger.start(code, None, id, now);
            }
            // Who came about an organ's act knew of it then at the latest.
            Event::CaseRejected { routes, .. } => {
                let from = self.d.case().registered_at;
                for (route, code) in [
                    (Route::AdminReview, "admin_review"),
                    (Route::AdminSuit, "admin_suit"),
                ] {
                    if routes.contains(&route) {
                        self.ledger.start(code, None, id, from);
                    }
                }
            }
            Event::AgreementEffective { agreement, .. }
            | Event::OralAgreementRecorded { agreement, .. } => self.suit(*agreement),
            // All of the matter is agreed: from here on the agreement is what is sued on.
            Event::CaseAgreed {} => {
                self.ledger.satisfy(LIMITATION, None, By::Agreed);
            }
            Event::BreachRouteTaken {
                agreement,
                route: BreachRoute::CourtSuit,
            } => {
                let sued = &["suit_agreement"];
                self.ledger
                    .satisfy(sued, Some(agreement.uuid), By::ClaimBrought);
            }
            // A confirmed agreement is enforced, not sued on.
            Event::ConfirmationDecided {
                agreement,
                state: ConfirmationState::Confirmed,
            } => {
                let of = |c: &Clock| c.policy == "suit_agreement" && c.subject_id == agreement.uuid;
                self.ledger.stop(of, By::Superseded);
            }
            Event::CaseFulfilled {} => {
                self.ledger
                    .satisfy(&["suit_agreement"], None, By::Performed);
            }
            Event::CaseClosed {
                state: CaseState::ClosedToCourt,
                ..
            } => self.ledger.satisfy(LIMITATION, None, By::ClaimBrought),
            Event::CaseArchived { retention } => {
                let variant = match retention {
                    Retention::Permanent => return,
                    Retention::Long => "long",
                    Retention::Short => "short",
                };
                self.ledger.start("dossier_keep", Some(variant), id, now);
            }
            Event::CaseReopened { .. } => {
                self.ledger
                    .stop(|c| c.policy == "dossier_keep", By::Reopened);
            }
            _ => {}
        }
    }

    /// A suit on the agreement: from the end of the time to perform, by instalments of the last.
    fn suit(&mut self, agreement: crate::domain::ids::AgreementId) {
        let owed = self
            .obligations(agreement)
            .filter(|o| matches!(o.state, ObligationState::Pending | ObligationState::Partial));
        if let Some(last) = owed.map(|o| o.due_on).max() {
            let from = Instant(last.end().0 - 1);
            self.ledger
                .start("suit_agreement", None, agreement.uuid, from);
        }
    }

    /// The kind of the matter may be corrected: its limitation follows, from the same day.
    fn limitation(&mut self) {
        let code = limitation_of(self.d.case());
        let other = |c: &Clock| LIMITATION.contains(&c.policy.as_str()) && c.policy != code;
        let Some(from) = self.ledger.open(other).map(|c| c.started_at) else {
            return;
        };
        self.ledger.stop(other, By::Superseded);
        let id = self.case_id();
        self.ledger.start(code, None, id, from);
    }

    /// Keeps the one clock that limits mediation in step with the case: of the right kind, of the
    /// present round, open as long as there is mediation to limit.
    fn limit(&mut self) {
        let case = self.d.case();
        let code = limit_code(case);
        let limits = |c: &Clock| LIMITS.contains(&c.policy.as_str());
        let wanted = match case.state {
            CaseState::Accepted
            | CaseState::Assigned
            | CaseState::InMediation
            | CaseState::Suspended => true,
            // Of a labour dispute it runs from the application.
            CaseState::Registered | CaseState::Screening | CaseState::ConsentPending => {
                code == "med_labour"
            }
            _ => false,
        };
        if !wanted {
            match case.state {
                CaseState::Agreed
                | CaseState::Performing
                | CaseState::Fulfilled
                | CaseState::ClosedSuccess => self.ledger.satisfy(LIMITS, None, By::Agreed),
                CaseState::Rejected => self.ledger.stop(limits, By::Rejected),
                _ => self.ledger.stop(limits, By::Terminated),
            }
            return;
        }
        let begins = limit_start(case);
        let right = self
            .ledger
            .open(|c| c.policy == code && begins.is_none_or(|at| at <= c.started_at));
        if right.is_some() {
            return;
        }
        self.ledger.stop(limits, By::Superseded);
        if let Some((clock, _)) = from_case(case, self.facts.book, self.facts.calendar) {
            self.ledger.add(clock);
        }
    }
}

#[cfg(test)]
#[path = "course_tests.rs"]
mod tests;
