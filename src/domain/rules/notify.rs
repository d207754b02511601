//! Telling parties together with those who act for them (section 11.6).

use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::PartyId;
use crate::domain::notice::{Notice, Recipient};
use crate::domain::party::ParticipantKind;

/// Tells parties, and their legal representatives and agents in force.
pub fn tell_parties(d: &mut Decision, file: &CaseFile, parties: &[PartyId], notice: &Notice) {
    for party in parties {
        d.tell(Recipient::Party(*party), notice.clone());
    }
    let acting = file.participants.iter().filter(|p| {
        p.revoked_at.is_none()
            && p.party_id.is_some_and(|id| parties.contains(&id))
            && matches!(
                p.kind,
                ParticipantKind::LegalRepresentative | ParticipantKind::Agent
            )
    });
    for p in acting {
        d.tell(Recipient::Participant(p.id), notice.clone());
    }
}

/// Tells every live party, those who act for them, and the mediating team.
pub fn tell_everybody(d: &mut Decision, file: &CaseFile, notice: &Notice) {
    let parties: Vec<PartyId> = file.live_parties().map(|p| p.id).collect();
    tell_parties(d, file, &parties, notice);
    d.tell(Recipient::Team, notice.clone());
}
