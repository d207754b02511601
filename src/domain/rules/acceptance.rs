//! Screening, rejection and acceptance (G-01 to G-06, G-48; 人民调解工作若干规定 第二十至二十四条).

use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::CommitteeId;
use crate::domain::input::{Line, Obj, Text};
use crate::domain::machine::{self, Act};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::Committee;
use crate::domain::party::PartyRole;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::routes::{self, Matter};
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::group::group_guards;
use super::intake_input::is_delegated;
use super::people::{capacity_guards, consent_guards};
use super::steps::advance;

/// The screening checklist (G-03).
#[derive(Clone, Debug)]
pub struct Screen {
    pub civil: bool,
    pub special_organ: bool,
    pub accepted_elsewhere: bool,
    pub clear_parties: bool,
    pub concrete_claim: bool,
    pub note: Option<String>,
}

impl Screen {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let civil = o.req("civil");
        let special_organ = o.req("special_organ");
        let accepted_elsewhere = o.req("accepted_elsewhere");
        let clear_parties = o.req("clear_parties");
        let concrete_claim = o.req("concrete_claim");
        let note = o.opt::<Text<1000>>("note");
        Some(Self {
            civil: civil?,
            special_organ: special_organ?,
            accepted_elsewhere: accepted_elsewhere?,
            clear_parties: clear_parties?,
            concrete_claim: concrete_claim?,
            note: note?.map(|n| n.0),
        })
    }
}

/// Records the screening. It may be done again until the matter is accepted or rejected; that does
/// not move the deadline of the decision.
///
/// # Errors
/// `wrong_state` where the machine has no such move.
pub fn screen(
    file: &CaseFile,
    input: Screen,
    who: &Who,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Screen));
    let mut d = Decision::on(file);
    if file.case.state == CaseState::Registered {
        advance(&mut d, Act::Screen, CaseState::Screening, calendar, now)?;
    }
    d.event(Event::CaseScreened {
        civil: input.civil,
        special_organ: input.special_organ,
        accepted_elsewhere: input.accepted_elsewhere,
    });
    d.case_mut().detail.screening = Some(Screening {
        civil: input.civil,
        special_organ: input.special_organ,
        accepted_elsewhere: input.accepted_elsewhere,
        clear_parties: input.clear_parties,
        concrete_claim: input.concrete_claim,
        note: input.note,
        by: who.user,
        at: now,
    });
    Ok(d)
}

/// What the screening found against acceptance. What another organ has accepted may still be
/// mediated when that organ delegates it by letter (人民调解法 第十八条).
pub fn screening_defects(case: &Case, s: &Screening) -> Vec<&'static str> {
    let delegated = is_delegated(case.source) && case.detail.delegation_letter_no.is_some();
    [
        ("civil", !s.civil),
        ("special_organ", s.special_organ),
        ("accepted_elsewhere", s.accepted_elsewhere && !delegated),
        ("clear_parties", !s.clear_parties),
        ("concrete_claim", !s.concrete_claim),
    ]
    .into_iter()
    .filter(|(_, bad)| *bad)
    .map(|(name, _)| name)
    .collect()
}

/// A refusal to accept (G-04, G-24).
#[derive(Clone, Debug)]
pub struct Reject {
    pub code: RejectCode,
    pub reason: String,
    pub routes: Vec<Route>,
    pub calming_measures: Option<String>,
    pub handed_over_to: Option<String>,
}

impl Reject {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let code = o.req("code");
        let reason = o.req::<Text<1000>>("reason");
        let routes = o.list("routes", 15);
        let calming = o.opt::<Text<1000>>("calming_measures");
        let to = o.opt::<Line<100>>("handed_over_to");
        Some(Self {
            code: code?,
            reason: reason?.0,
            routes: routes?,
            calming_measures: calming?.map(|c| c.0),
            handed_over_to: to?.map(|t| t.0),
        })
    }
}

/// What bars rejecting whatever the input.
pub fn reject_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(
        file.pending_transfer().map(|t| t.id),
        Reason::TransferPending,
    );
    g.into_inner()
}

/// Rejects the matter and tells the routes.
///
/// # Errors
/// `routes_missing`, `route_mismatch` (G-24); `calming_missing` when the risk is orange or red and
/// nothing was done or nobody took over (G-04); `forward_instead` for lack of jurisdiction: such a
/// matter is forwarded, never turned away; `transfer_pending` while another unit is asked to take
/// it (G-36).
pub fn reject(
    file: &CaseFile,
    input: Reject,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Reject));
    let mut g = Guards::new();
    g.require(
        input.code != RejectCode::Na8Jurisdiction,
        Reason::ForwardInstead,
    );
    g.extend(reject_guards(file));
    g.extend(routes::check(
        &input.routes,
        &Matter::rejected(&file.case, input.code),
    ));
    if file.case.risk >= Risk::Orange {
        let needed = [
            ("calming_measures", input.calming_measures.is_none()),
            ("handed_over_to", input.handed_over_to.is_none()),
        ];
        g.forbid(
            needed
                .iter()
                .filter(|(_, gone)| *gone)
                .map(|(name, _)| *name),
            Reason::CalmingMissing,
        );
    }
    g.done()?;
    let mut d = Decision::on(file);
    advance(&mut d, Act::Reject, CaseState::Rejected, calendar, now)?;
    d.event(Event::CaseRejected {
        reason: input.code,
        routes: input.routes.clone(),
    });
    let case = d.case_mut();
    case.outcome = Some(Outcome::NotAccepted);
    case.detail.rejection = Some(Rejection {
        code: input.code,
        reason: input.reason,
        routes: input.routes.iter().map(|r| routes::told(*r)).collect(),
        calming_measures: input.calming_measures,
        handed_over_to: input.handed_over_to,
        at: now,
    });
    tell_principals(&mut d, file, NoticeKind::CaseRejected);
    Ok(d)
}

/// The committee that takes the matter on, and by which ground it may (G-06).
#[derive(Clone, Copy, Debug)]
pub struct Accept {
    pub committee_id: CommitteeId,
    pub jurisdiction_basis: JurisdictionBasis,
}

impl Accept {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let committee = o.req("committee_id");
        let basis = o.req("jurisdiction_basis");
        Some(Self {
            committee_id: committee?,
            jurisdiction_basis: basis?,
        })
    }
}

/// What acceptance needs from elsewhere. The number is taken in the same commit, so that a refused
/// acceptance leaves no gap.
#[derive(Clone, Debug)]
pub struct AcceptFacts<'a> {
    pub committee: Committee,
    pub case_no: String,
    pub calendar: &'a Calendar,
}

/// G-01, G-02, G-03, G-05, G-13, G-15: what bars acceptance whoever accepts.
pub fn accept_guards(file: &CaseFile, today: LocalDate) -> Vec<Refusal> {
    let case = &file.case;
    let mut g = Guards::new();
    g.extend(consent_guards(file));
    match &case.detail.screening {
        None => g.require(false, Reason::NotScreened),
        Some(s) if bound_by_scope(case.procedure) => {
            g.forbid(screening_defects(case, s), Reason::OutOfScope);
        }
        Some(_) => {}
    }
    g.forbid(registration_gaps(file), Reason::RegistrationIncomplete);
    g.extend(capacity_guards(file, file.principals(), today));
    g.extend(group_guards(file));
    g.into_inner()
}

/// The scope of 人民调解 binds it and what courts delegate to it; administrative mediation and
/// petitions have their own.
fn bound_by_scope(procedure: Procedure) -> bool {
    matches!(
        procedure,
        Procedure::PeopleMediation | Procedure::CourtDelegated
    )
}

/// What is missing from the registration (G-05): codes, not values.
pub fn registration_gaps(file: &CaseFile) -> Vec<&'static str> {
    let case = &file.case;
    let note = case.detail.oral_note.as_ref();
    let applicant = file.live_parties().any(|p| p.role == PartyRole::Applicant);
    [
        ("sides", file.sides().len() < 2),
        ("summary", case.summary.trim().is_empty()),
        (
            "applicant",
            case.source == Source::Application && !applicant,
        ),
        (
            "oral_note_signature",
            note.is_some_and(|n| !n.signed_by_party),
        ),
    ]
    .into_iter()
    .filter(|(_, gone)| *gone)
    .map(|(name, _)| name)
    .collect()
}

/// G-06: the committee is active and in term, and has a ground of jurisdiction. A committee that
/// belongs neither to the holder nor to where the matter came from may act only by agreement.
pub fn committee_guards(
    case: &Case,
    committee: &Committee,
    basis: JurisdictionBasis,
    today: LocalDate,
) -> Vec<Refusal> {
    let units = [
        Some(case.holder_id),
        case.holder_desk_id,
        Some(case.origin_id),
        case.origin_desk_id,
    ];
    let local = units.contains(&Some(committee.org_id));
    let faults = [
        ("inactive", !committee.active),
        (
            "out_of_term",
            today < committee.term_from || today > committee.term_to,
        ),
        ("jurisdiction", !local && basis != JurisdictionBasis::Agreed),
    ];
    let mut g = Guards::new();
    g.forbid(
        faults.iter().filter(|(_, bad)| *bad).map(|(name, _)| *name),
        Reason::CommitteeInvalid,
    );
    g.into_inner()
}

/// What bars a second committee: there is no first.
pub fn join_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(file.case.committee_id.is_some(), Reason::WrongState);
    g.into_inner()
}

/// Lets another committee mediate jointly with the one that accepted the matter (共同调解; M-12):
/// its mediators may be appointed. The first one leads.
///
/// # Errors
/// `committee_invalid`, `already_done`, `wrong_state` before acceptance.
pub fn join_committee(
    file: &CaseFile,
    committee: &Committee,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let today = now.local_date();
    let lead = file.case.committee_id;
    let mut g = Guards::new();
    g.extend(join_guards(file));
    g.extend(committee_guards(
        &file.case,
        committee,
        JurisdictionBasis::Agreed,
        today,
    ));
    let there =
        lead == Some(committee.id) || file.case.detail.co_committees.contains(&committee.id);
    g.require(!there, Reason::AlreadyDone);
    g.done()?;
    let mut d = Decision::on(file);
    d.event(Event::CommitteeJoined {
        committee: committee.id,
    });
    d.case_mut().detail.co_committees.push(committee.id);
    Ok(d)
}

/// Accepts the matter under its number. In a dispute over homestead or forest land the notice that
/// nobody may change the use of the land goes out with it (G-48).
///
/// # Errors
/// Those of [`accept_guards`] and [`committee_guards`], together.
pub fn accept(
    file: &CaseFile,
    input: Accept,
    facts: AcceptFacts<'_>,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Accept));
    let mut g = Guards::new();
    g.extend(accept_guards(file, now.local_date()));
    g.extend(committee_guards(
        &file.case,
        &facts.committee,
        input.jurisdiction_basis,
        now.local_date(),
    ));
    g.done()?;
    let mut d = Decision::on(file);
    advance(
        &mut d,
        Act::Accept,
        CaseState::Accepted,
        facts.calendar,
        now,
    )?;
    let case = d.case_mut();
    case.committee_id = Some(facts.committee.id);
    case.case_no = Some(facts.case_no.clone());
    case.accepted_at = Some(now);
    case.detail.jurisdiction_basis = Some(input.jurisdiction_basis);
    d.event(Event::CaseAccepted {
        case_no: facts.case_no,
        committee: facts.committee.id,
        basis: input.jurisdiction_basis,
    });
    let automatic = matches!(
        file.case.kind,
        CaseType::HouseHomestead | CaseType::ForestLand
    );
    if automatic && file.case.detail.land_notice_at.is_none() {
        note_land(&mut d, now);
    }
    tell_principals(&mut d, file, NoticeKind::CaseAccepted);
    Ok(d)
}

/// What bars the notice on land (G-48).
pub fn land_notice_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    let land = matches!(
        file.case.kind,
        CaseType::HouseHomestead | CaseType::ForestLand | CaseType::Expropriation
    );
    g.forbid((!land).then_some("kind"), Reason::Contradiction);
    g.require(
        file.case.detail.land_notice_at.is_none(),
        Reason::AlreadyDone,
    );
    g.into_inner()
}

/// Records the land notice by hand, for a case that became a land case later (G-48).
///
/// # Errors
/// `contradiction` where land is not at issue; `already_done`.
pub fn land_notice(file: &CaseFile, now: Instant) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Edit));
    let mut g = Guards::new();
    g.extend(land_notice_guards(file));
    g.done()?;
    let mut d = Decision::on(file);
    note_land(&mut d, now);
    Ok(d)
}

fn note_land(d: &mut Decision, now: Instant) {
    d.case_mut().detail.land_notice_at = Some(now);
    d.event(Event::LandNoticeGiven {});
}

fn tell_principals(d: &mut Decision, file: &CaseFile, kind: NoticeKind) {
    for p in file.principals() {
        d.tell(Recipient::Party(p.id), Notice::of(kind));
    }
}

#[cfg(test)]
#[path = "acceptance_tests.rs"]
mod tests;
