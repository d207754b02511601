//! What must hold before a session opens and while people come in.

use super::conflicts::{Candidate, Tie, ties};
use super::group::group_guards;
use super::incidents::{dv_blocks, session_risk_guards};
use super::mediators::open_recusals;
use super::people::*;
use super::recusals::unwaived_ties;
use super::session_people::*;
use crate::domain::case::Confidentiality;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::UserId;
use crate::domain::party::{Capacity, Party};
use crate::domain::persons::is_minor;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::{Session, SessionKind, SessionState};
use crate::domain::time::LocalDate;

/// What opening a session and admitting people need from elsewhere.
#[derive(Clone, Debug, Default)]
pub struct SessionFacts {
    /// Of the people named as present: active users, on the team or not.
    pub known_staff: Vec<UserId>,
    /// The team in force, looked at again for ties to people who joined the case later (G-07).
    pub team: Vec<Candidate>,
}

/// What bars opening any session of this case, whoever comes: G-01, G-02, G-07, G-08, G-09, G-13
/// (the child's view), G-15, G-26, G-27 (report and information), G-28, M-51, and one open session
/// at a time.
pub fn open_guards(file: &CaseFile, facts: &SessionFacts, today: LocalDate) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.extend(consent_guards(file));
    g.require(file.chair().is_some(), Reason::ChairMissing);
    g.forbid(open_recusals(file).map(|r| r.id), Reason::RecusalOpen);
    let mut conflicts = unwaived_ties(file);
    conflicts.extend(new_ties(file, facts));
    g.forbid(conflicts, Reason::ConflictNotWaived);
    g.forbid(child_views_missing(file, today), Reason::ChildViewMissing);
    g.extend(group_guards(file));
    g.extend(session_risk_guards(file, &[], false));
    let running = file
        .sessions
        .iter()
        .filter(|s| matches!(s.state, SessionState::Open | SessionState::CaucusOpen));
    g.forbid(running.map(|s| s.id), Reason::SessionOverlap);
    g.into_inner()
}

/// Ties of the team that no disclosure has: people were added to the case since.
fn new_ties(file: &CaseFile, facts: &SessionFacts) -> Vec<String> {
    file.team()
        .filter_map(|seat| {
            let candidate = facts.team.iter().find(|c| c.user.id == seat.user_id)?;
            Some((seat, candidate))
        })
        .flat_map(|(seat, candidate)| {
            ties(file, candidate)
                .into_iter()
                .filter(|tie| !seat.conflicts.iter().any(|c| Tie::of(c) == *tie))
                .map(|tie| tie.item())
        })
        .collect()
}

/// What the people present must satisfy: G-10, G-11, G-12, G-13 (legal representative present),
/// G-27 (the victim's consent), M-52 (everybody's consent to an online session). Asked again
/// whenever somebody comes in late.
pub fn presence_guards(file: &CaseFile, session: &Session, today: LocalDate) -> Vec<Refusal> {
    let attending = attending_parties(file, session);
    let mut g = Guards::new();
    g.require(
        session.kind == SessionKind::Conference || !attending.is_empty(),
        Reason::NobodyAttending,
    );
    g.forbid(
        naming(&attending, |p| p.rights_notice_at.is_none()),
        Reason::RightsNoticeMissing,
    );
    g.forbid(
        present_participants(file, session)
            .filter(|p| !consents_missing_for(file, p).is_empty())
            .map(|p| p.id),
        Reason::InviteeConsentMissing,
    );
    if session.is_public {
        g.forbid(public_barred(file, today), Reason::PublicNotAllowed);
    }
    let opposing = capacity_guards(file, attending.iter().copied(), today)
        .into_iter()
        .filter(|r| r.reason == Reason::OpposingRepresentative);
    g.extend(opposing.collect());
    g.forbid(
        naming(&attending, |p| {
            effective_capacity(p, today) != Capacity::Full
                && !legal_representatives(file, p)
                    .iter()
                    .any(|id| is_present(session, id.uuid))
        }),
        Reason::LegalRepMissing,
    );
    // Whatever the session is called: who is in it decides whether the victim has to face anybody.
    if is_face_to_face(&attending) {
        let joint = dv_blocks(file, &session.detail.consents, true);
        g.extend(
            joint
                .into_iter()
                .filter(|r| r.reason == Reason::DvJointRefused)
                .collect(),
        );
    }
    if session.kind == SessionKind::Online {
        g.forbid(
            naming(&attending, |p| !consented_to(session, p)),
            Reason::OnlineConsentMissing,
        );
    }
    g.into_inner()
}

fn naming<'a>(
    parties: &'a [&Party],
    test: impl Fn(&Party) -> bool + 'a,
) -> impl Iterator<Item = crate::domain::ids::PartyId> + 'a {
    parties.iter().filter(move |p| test(p)).map(|p| p.id)
}

/// The party's latest word on this very session is yes.
pub fn consented_to(session: &Session, party: &Party) -> bool {
    let said = session.detail.consents.iter().rev();
    said.clone()
        .find(|c| c.party_id == party.id)
        .is_some_and(|c| c.given)
}

/// What stands against a public session (G-12): parties who do not want it, and `dv`,
/// `minor_harm`, `minor`, `confidential`.
pub fn public_barred(file: &CaseFile, today: LocalDate) -> Vec<String> {
    let detail = &file.case.detail;
    let mut out: Vec<String> = file
        .principals()
        .filter(|p| p.detail.wants_public != Some(true))
        .map(|p| p.id.to_string())
        .collect();
    let secret = matches!(
        detail.confidentiality,
        Some(Confidentiality::L4 | Confidentiality::L5)
    );
    let minor = file
        .live_parties()
        .any(|p| p.kind.is_person() && p.birth_date.is_some_and(|b| is_minor(b, today)));
    let facts = [
        (super::incidents::is_dv(file), "dv"),
        (detail.minor_harm, "minor_harm"),
        (minor, "minor"),
        (secret, "confidential"),
    ];
    out.extend(
        facts
            .iter()
            .filter(|(is, _)| *is)
            .map(|(_, code)| (*code).to_owned()),
    );
    out
}
