//! A party's own word on a closed case: asked for by a one-use code sent to the party's own contact.

use super::codes::codes;
use super::ids::*;
use super::record::Satisfaction;
use super::time::Instant;

codes! {
    /// State of a request to confirm.
    PartyCheckState in "party_check_state" {
        Open = "open", "待答复", "Open";
        Answered = "answered", "已答复", "Answered";
        Void = "void", "已作废", "Void";
    }
    /// How the code reaches the party.
    PartyCheckVia in "party_check_via" {
        Sms = "sms", "短信", "Text message";
        Mail = "mail", "邮件", "Mail";
    }
}

/// A request to a party to confirm what is said to have been done, and the answer.
#[derive(Clone, Debug, PartialEq)]
pub struct PartyCheck {
    pub id: PartyCheckId,
    pub case_id: CaseId,
    pub party_id: PartyId,
    /// The agreement in force that binds the party.
    pub agreement_id: Option<AgreementId>,
    pub via: PartyCheckVia,
    /// Keyed hash of the code; the code itself is nowhere.
    pub code_hash: String,
    pub state: PartyCheckState,
    pub created_at: Instant,
    /// The first instant that is too late.
    pub expires_at: Instant,
    pub answered_at: Option<Instant>,
    /// Whether mediation took place.
    pub took_place: Option<bool>,
    /// Whether the agreement is the party's own.
    pub own_agreement: Option<bool>,
    pub satisfaction: Option<Satisfaction>,
    /// The county's inquiry into a "no".
    pub task_id: Option<TaskId>,
}

impl PartyCheck {
    /// Whether its code may still be used.
    pub fn is_open(&self, now: Instant) -> bool {
        self.state == PartyCheckState::Open && now < self.expires_at
    }

    /// The party says that it was otherwise.
    pub fn denies(&self) -> bool {
        self.took_place == Some(false) || self.own_agreement == Some(false)
    }
}
