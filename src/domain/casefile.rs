//! A whole case file: what every rule may look at.

use super::agreement::{Agreement, Obligation, Performance, Signature};
use super::case::Case;
use super::clocks::mediation::Held;
use super::county::CaseOwner;
use super::follow_up::FollowUp;
use super::ids::*;
use super::mediator::{Assignment, Recusal, TeamRole};
use super::movement::{Custody, Transfer, TransferState, TransferVerb};
use super::party::{Issue, Participant, Party, PartyRole};
use super::record::{Attachment, Evaluation, Incident};
use super::session::Session;
use super::task::Task;

/// A case with everything that belongs to it, loaded under the case lock.
/// Notes are not in it: no rule may depend on them and none must leak by it.
#[derive(Clone, Debug)]
pub struct CaseFile {
    pub case: Case,
    pub parties: Vec<Party>,
    pub participants: Vec<Participant>,
    pub issues: Vec<Issue>,
    pub assignments: Vec<Assignment>,
    pub recusals: Vec<Recusal>,
    pub sessions: Vec<Session>,
    pub agreements: Vec<Agreement>,
    pub obligations: Vec<Obligation>,
    pub performances: Vec<Performance>,
    pub signatures: Vec<Signature>,
    pub transfers: Vec<Transfer>,
    pub custody: Vec<Custody>,
    pub incidents: Vec<Incident>,
    pub attachments: Vec<Attachment>,
    pub evaluations: Vec<Evaluation>,
    /// Supervised tasks, oldest first.
    pub tasks: Vec<Task>,
    /// Leaders in charge, past and present.
    pub owners: Vec<CaseOwner>,
    pub follow_ups: Vec<FollowUp>,
    /// The clocks that have not ended.
    pub clocks: Vec<Held>,
}

impl CaseFile {
    /// A fresh file around a case that has nothing yet.
    pub fn new(case: Case) -> Self {
        Self {
            case,
            parties: Vec::new(),
            participants: Vec::new(),
            issues: Vec::new(),
            assignments: Vec::new(),
            recusals: Vec::new(),
            sessions: Vec::new(),
            agreements: Vec::new(),
            obligations: Vec::new(),
            performances: Vec::new(),
            signatures: Vec::new(),
            transfers: Vec::new(),
            custody: Vec::new(),
            incidents: Vec::new(),
            attachments: Vec::new(),
            evaluations: Vec::new(),
            tasks: Vec::new(),
            owners: Vec::new(),
            follow_ups: Vec::new(),
            clocks: Vec::new(),
        }
    }

    /// Parties who still take part (not withdrawn, not substituted).
    pub fn live_parties(&self) -> impl Iterator<Item = &Party> {
        self.parties
            .iter()
            .filter(|p| p.withdrawn_at.is_none() && p.substituted_by.is_none())
    }

    /// Principal parties: whose own consent counts. Represented members act through their
    /// representatives and are asked one by one only to settle (G-15).
    pub fn principals(&self) -> impl Iterator<Item = &Party> {
        self.live_parties()
            .filter(|p| p.role != PartyRole::Represented)
    }

    pub fn party(&self, id: PartyId) -> Option<&Party> {
        self.parties.iter().find(|p| p.id == id)
    }

    pub fn participant(&self, id: ParticipantId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.id == id)
    }

    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.iter().find(|s| s.id == id)
    }

    pub fn agreement(&self, id: AgreementId) -> Option<&Agreement> {
        self.agreements.iter().find(|a| a.id == id)
    }

    pub fn obligation(&self, id: ObligationId) -> Option<&Obligation> {
        self.obligations.iter().find(|o| o.id == id)
    }

    pub fn issue(&self, id: IssueId) -> Option<&Issue> {
        self.issues.iter().find(|i| i.id == id)
    }

    pub fn attachment(&self, id: AttachmentId) -> Option<&Attachment> {
        self.attachments.iter().find(|a| a.id == id)
    }

    pub fn task(&self, id: TaskId) -> Option<&Task> {
        self.tasks.iter().find(|t| t.id == id)
    }

    pub fn follow_up(&self, id: FollowUpId) -> Option<&FollowUp> {
        self.follow_ups.iter().find(|f| f.id == id)
    }

    /// Assignments in force.
    pub fn team(&self) -> impl Iterator<Item = &Assignment> {
        self.assignments.iter().filter(|a| a.to_at.is_none())
    }

    /// The chair in force, if any.
    pub fn chair(&self) -> Option<&Assignment> {
        self.team().find(|a| a.role == TeamRole::Chair)
    }

    /// The transfer nobody has answered yet; there is at most one. A referral outside is tracked
    /// beside it: it waits for no unit here and never moves custody.
    pub fn pending_transfer(&self) -> Option<&Transfer> {
        self.transfers
            .iter()
            .find(|t| t.state == TransferState::Submitted && t.verb != TransferVerb::ReferOut)
    }

    /// Sides with at least one live party, third parties (side 0) left out.
    pub fn sides(&self) -> Vec<i32> {
        let mut sides: Vec<i32> = self
            .live_parties()
            .map(|p| p.side)
            .filter(|s| *s > 0)
            .collect();
        sides.sort_unstable();
        sides.dedup();
        sides
    }
}
