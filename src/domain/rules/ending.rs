//! The end of mediation: termination with the routes told and served, and withdrawal by the
//! applicant (人民调解法 第二十六条; G-02, G-24, G-25, G-27).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Obj, Text};
use crate::domain::machine::Act;
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::party::{Consent, Issue, IssueState, MandateScope, PartyRole};
use crate::domain::record::IncidentKind;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::routes::{self, Matter};
use crate::domain::time::Instant;

use super::course::{end_suspension, sessions_running};
use super::notify::tell_everybody;
use super::session_people::call_off_upcoming;
use super::standing::{Work, in_force};
use super::steps::advance;
use super::variation::{give_up, is_unfinished};
use super::{incidents, limits, people};

/// How the parties were told the ways on, and that it reached them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    pub routes: Vec<Route>,
    pub served_at: Instant,
    pub proof: Option<String>,
}

impl Service {
    /// Reads `routes`, `served_at`, `service_proof`.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let routes = o.list("routes", 20);
        let served_at = o.req("served_at");
        let proof = o.opt::<Text<500>>("service_proof");
        Some(Self {
            routes: routes?,
            served_at: served_at?,
            proof: proof?.map(|p| p.0),
        })
    }

    /// G-24: some route, each fitting the matter; proof of service; not served in the future.
    fn guards(&self, file: &CaseFile, now: Instant) -> Vec<Refusal> {
        let mut g = Guards::new();
        g.extend(routes::check(&self.routes, &Matter::of(&file.case)));
        g.require(self.proof.is_some(), Reason::ServiceProofMissing);
        g.require(self.served_at <= now, Reason::InFuture);
        g.require(self.served_at >= file.case.registered_at, Reason::TimeOrder);
        g.extend(self.protection_guards(file));
        g.into_inner()
    }

    /// G-27: a violence case does not end without word of the protection order.
    fn protection_guards(&self, file: &CaseFile) -> Vec<Refusal> {
        let mut g = Guards::new();
        let told = self.routes.contains(&Route::ProtectionOrder)
            || file
                .incidents
                .iter()
                .any(|i| i.kind == IncidentKind::Dv && i.protection_order_told);
        g.require(
            told || !incidents::is_dv(file),
            Reason::ProtectionInfoMissing,
        );
        g.into_inner()
    }
}

/// A termination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terminate {
    pub reason: TerminationReason,
    pub note: Option<String>,
    pub service: Service,
}

impl Terminate {
    /// Reads a termination; reason `other` needs a note.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req("reason");
        let note = o.opt::<Text<2000>>("note");
        let service = Service::read(o);
        if reason == Some(TerminationReason::Other) && note == Some(None) {
            o.fault("note", "required");
        }
        Some(Self {
            reason: reason?,
            note: note?.map(|n| n.0),
            service: service?,
        })
    }
}

/// Guards of ending mediation that do not depend on the input: running sessions are closed first.
pub fn end_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(sessions_running(file), Reason::SessionOverlap);
    g.into_inner()
}

/// Reasons the holder judges alone. While a transfer waits for its answer, it is recalled first;
/// what the parties or the law demand never waits.
fn is_own_judgement(reason: TerminationReason) -> bool {
    matches!(
        reason,
        TerminationReason::Irreconcilable
            | TerminationReason::NotReachable
            | TerminationReason::Other
    )
}

/// Terminates mediation. Where an agreement is in force it ends only for the rest.
///
/// # Errors
/// G-24 (`routes_missing`, `route_mismatch`, `service_proof_missing`), `ground_missing` when
/// nothing on file bears the reason out, G-27 (`protection_info_missing`), `session_overlap`,
/// `transfer_pending`, times.
pub fn terminate(
    file: &CaseFile,
    input: Terminate,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(end_guards(file));
    if is_own_judgement(input.reason) {
        g.forbid(
            file.pending_transfer().map(|t| t.id),
            Reason::TransferPending,
        );
    }
    g.extend(input.service.guards(file, now));
    if !is_borne_out(file, input.reason, calendar, now) {
        g.add(Refusal::about(Reason::GroundMissing, [input.reason]));
    }
    g.done()?;
    end(file, Act::Terminate, input, calendar, now)
}

/// Whether the file bears the reason out: a wrong one would count the case as failed, or hide
/// that it was.
fn is_borne_out(
    file: &CaseFile,
    reason: TerminationReason,
    calendar: &Calendar,
    now: Instant,
) -> bool {
    use TerminationReason as R;
    let demands = &file.case.detail.stop_demands;
    match reason {
        R::RefusedAtStart => {
            !mediated(file)
                && (demands.iter().any(|d| d.refused_at_start)
                    || file.principals().any(|p| p.consent == Consent::Refused))
        }
        R::TerminationDemanded => !people::stop_demanded(file).is_empty(),
        R::LimitExpired => limits::past_limit(file, calendar, now),
        R::Sham => {
            file.case.detail.sham || file.incidents.iter().any(|i| i.kind == IncidentKind::Sham)
        }
        R::PartyDiedNoSuccessor => file
            .parties
            .iter()
            .any(|p| p.detail.died_on.is_some() && p.substituted_by.is_none()),
        // The applicants' own declaration has its own act.
        R::WithdrawnByApplicant => false,
        R::NotReachable
        | R::Irreconcilable
        | R::OutOfScopeFound
        | R::AcceptedElsewhere
        | R::CrimeFound
        | R::SettledPrivately
        | R::Other => true,
    }
}

/// A session was opened: mediation had begun.
pub fn mediated(file: &CaseFile) -> bool {
    file.sessions.iter().any(|s| s.opened_at.is_some())
}

/// The applicants take their application back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdraw {
    pub applicants: Vec<PartyId>,
    /// Who declared it for an applicant.
    pub participant: Option<ParticipantId>,
    pub note: Option<String>,
    pub service: Service,
}

impl Withdraw {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let applicants = o.list("applicants", 500);
        let participant = o.opt("participant_id");
        let note = o.opt::<Text<2000>>("note");
        let service = Service::read(o);
        Some(Self {
            applicants: applicants?,
            participant: participant?,
            note: note?.map(|n| n.0),
            service: service?,
        })
    }
}

fn applicants_of(file: &CaseFile) -> Vec<PartyId> {
    file.principals()
        .filter(|p| p.role == PartyRole::Applicant)
        .map(|p| p.id)
        .collect()
}

/// Guards of withdrawing that do not depend on the input: somebody applied, and running sessions
/// are closed first.
pub fn withdraw_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(end_guards(file));
    g.require(!applicants_of(file).is_empty(), Reason::GroundMissing);
    g.into_inner()
}

/// Withdrawal by every applicant who still takes part; one of several leaves alone by an act on
/// the party. An agent needs the power to apply or terminate (G-14).
///
/// # Errors
/// `ground_missing` naming applicants who did not withdraw, `mandate_invalid`, G-24, times.
pub fn withdraw(
    file: &CaseFile,
    input: Withdraw,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(withdraw_guards(file));
    g.extend(input.service.guards(file, now));
    let applicants = applicants_of(file);
    let strangers = input.applicants.iter().filter(|p| !applicants.contains(p));
    g.forbid(strangers, Reason::UnknownReference);
    let staying = applicants.iter().filter(|p| !input.applicants.contains(p));
    g.forbid(staying, Reason::GroundMissing);
    if let Some(id) = input.participant {
        g.extend(declarant_guards(file, id, &input.applicants, now));
    }
    g.done()?;
    let termination = Terminate {
        reason: TerminationReason::WithdrawnByApplicant,
        note: input.note,
        service: input.service,
    };
    end(file, Act::Withdraw, termination, calendar, now)
}

fn declarant_guards(
    file: &CaseFile,
    participant: ParticipantId,
    applicants: &[PartyId],
    now: Instant,
) -> Vec<Refusal> {
    let today = now.local_date();
    let may = applicants
        .iter()
        .filter_map(|id| file.party(*id))
        .any(|p| people::who_signs_for(file, p, MandateScope::Apply, today).allows(participant));
    let mut g = Guards::new();
    if !may {
        g.add(Refusal::about(Reason::MandateInvalid, [participant]));
    }
    g.into_inner()
}

/// Ends mediation: unfinished papers lapse, upcoming sessions are called off, open matters go the
/// first route told, everybody hears of it.
fn end(
    file: &CaseFile,
    act: Act,
    input: Terminate,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut work = Work::on(file, now);
    advance(&mut work.d, act, CaseState::Terminated, calendar, now)?;
    let partial = file.agreements.iter().any(in_force);
    let routes = input.service.routes;
    work.d.event(Event::CaseTerminated {
        reason: input.reason,
        routes: routes.clone(),
    });
    let case = work.d.case_mut();
    end_suspension(case, now);
    case.detail.termination = Some(Termination {
        reason: input.reason,
        note: input.note,
        at: now,
        routes: routes.iter().map(|r| routes::told(*r)).collect(),
        served_at: input.service.served_at,
        service_proof: input.service.proof.unwrap_or_default(),
        partial,
    });
    for agreement in file.agreements.iter().filter(|a| is_unfinished(a)) {
        give_up(&mut work, agreement, None);
    }
    part_issues(&mut work, input.reason, routes.first().copied());
    call_off_upcoming(&mut work.d, file);
    let notice = Notice::of(NoticeKind::CaseTerminated);
    tell_everybody(&mut work.d, file, &notice);
    Ok(work.d)
}

/// Open matters an agreement in force covers are agreed for those it binds; the others are
/// referred, or dropped where the parties settled or withdrew.
fn part_issues(work: &mut Work, reason: TerminationReason, route: Option<Route>) {
    let covered: Vec<IssueId> = work
        .file
        .agreements
        .iter()
        .filter(|a| in_force(a))
        .flat_map(|a| a.detail.issues.iter().copied())
        .collect();
    let dropped = matches!(
        reason,
        TerminationReason::SettledPrivately | TerminationReason::WithdrawnByApplicant
    );
    let open: Vec<Issue> = work
        .file
        .issues
        .iter()
        .filter(|i| i.state == IssueState::Open)
        .cloned()
        .collect();
    for mut issue in open {
        issue.state = if covered.contains(&issue.id) {
            IssueState::Agreed
        } else if dropped {
            IssueState::Dropped
        } else {
            issue.referred_to = route;
            IssueState::Referred
        };
        work.d.event(Event::IssueChanged {
            issue: issue.id,
            state: issue.state,
        });
        work.put_issue(issue);
    }
}

#[cfg(test)]
#[path = "ending_tests.rs"]
mod tests;
