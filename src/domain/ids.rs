//! Typed identifiers: a UUID that remembers what it names.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

/// The id of a `T`. Ids are UUIDv7: sortable, not secret.
pub struct Id<T> {
    pub uuid: Uuid,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Parses the canonical hyphenated lower-case form only, so one thing has one name.
    pub fn parse(text: &str) -> Option<Self> {
        let uuid = Uuid::try_parse(text).ok()?;
        (text.len() == 36 && uuid.to_string() == text).then(|| Self::new(uuid))
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.uuid)
    }
}
impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Uuid::deserialize(d).map(Self::new)
    }
}

/// Declares marker types and their id aliases.
macro_rules! ids {
    ($($(#[$m:meta])* $alias:ident of $marker:ident;)*) => {
        $(
            $(#[$m])* #[derive(Debug)] pub enum $marker {}
            $(#[$m])* pub type $alias = Id<$marker>;
        )*
    };
}

ids! {
    /// An organisational unit.
    OrgId of OrgKey;
    /// A people's mediation committee (人民调解委员会).
    CommitteeId of CommitteeKey;
    /// A committee membership.
    MemberId of MemberKey;
    /// A user of the system.
    UserId of UserKey;
    /// A role grant.
    GrantId of GrantKey;
    /// A login session (refresh-token family).
    LoginId of LoginKey;
    /// A staff member's declared relative (conflict checks).
    RelativeId of RelativeKey;
    /// A dispute case (纠纷案件).
    CaseId of CaseKey;
    /// A party (当事人).
    PartyId of PartyKey;
    /// Another person taking part: agent, representative, invitee.
    ParticipantId of ParticipantKey;
    /// A matter in dispute (争议事项).
    IssueId of IssueKey;
    /// A mediator's assignment to a case.
    AssignmentId of AssignmentKey;
    /// A bound dossier (卷宗).
    DossierId of DossierKey;
    /// A paper of a bound dossier.
    DossierEntryId of DossierEntryKey;
    /// A mediation session (调解会).
    SessionId of SessionKey;
    /// A meeting room.
    RoomId of RoomKey;
    /// A note, team or caucus.
    NoteId of NoteKey;
    /// An agreement (调解协议).
    AgreementId of AgreementKey;
    /// A signature.
    SignatureId of SignatureKey;
    /// An obligation under an agreement.
    ObligationId of ObligationKey;
    /// A record of performance.
    PerformanceId of PerformanceKey;
    /// A movement between units (上报、交办、转办…).
    TransferId of TransferKey;
    /// A period of custody by one holder.
    CustodyId of CustodyKey;
    /// A whistle (吹哨报到).
    WhistleId of WhistleKey;
    /// A joint conference (联席会议).
    ConferenceId of ConferenceKey;
    /// A supervision order (督办).
    SupervisionId of SupervisionKey;
    /// A leader's charge of a case (包案).
    CaseOwnerId of CaseOwnerKey;
    /// A supervised task.
    TaskId of TaskKey;
    /// A statutory report or incident record.
    IncidentId of IncidentKey;
    /// A crisis of a person in a case.
    CrisisId of CrisisKey;
    /// A step that a crisis asks for.
    CrisisStepId of CrisisStepKey;
    /// An entry of the timeline of a crisis.
    CrisisEntryId of CrisisEntryKey;
    /// Evidence or a document.
    AttachmentId of AttachmentKey;
    /// A party's evaluation.
    EvaluationId of EvaluationKey;
    /// A request to a party to confirm a closed case.
    PartyCheckId of PartyCheckKey;
    /// A follow-up visit (回访).
    FollowUpId of FollowUpKey;
    /// An outbox message.
    MessageId of MessageKey;
    /// An inbox item.
    InboxId of InboxKey;
    /// A webhook subscription.
    WebhookId of WebhookKey;
    /// An invite to set a password.
    InviteId of InviteKey;
    /// A recovery code of a second factor.
    RecoveryCodeId of RecoveryCodeKey;
    /// A clock that runs on a case.
    ClockId of ClockKey;
    /// A statistical return.
    ReturnId of ReturnKey;
    /// A countable fact of the statistics.
    EntryId of EntryKey;
    /// A set of signals that a case may be made up.
    SignalId of SignalKey;
    /// A run of the verification of the audit trail.
    VerificationId of VerificationKey;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_parses() {
        let text = "01920000-0000-7000-8000-00000000000a";
        assert!(CaseId::parse(text).is_some());
        assert!(CaseId::parse(&text.to_uppercase()).is_none());
        assert!(CaseId::parse(&text.replace('-', "")).is_none());
    }
}
