//! Views of people who take part without being parties.

use serde::Serialize;

use super::Sees;
use super::party::shown_name;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::party::*;
use crate::domain::persons::{mask_id, mask_phone};
use crate::domain::rules::people::{consents_missing_for, mandates_to_authenticate};
use crate::domain::time::Instant;

/// A participant as the case's readers see it.
#[derive(Debug, Serialize)]
pub struct ParticipantView {
    pub id: ParticipantId,
    pub case_id: CaseId,
    pub kind: ParticipantKind,
    pub party_id: Option<PartyId>,
    pub name: String,
    pub phone_masked: Option<String>,
    pub id_no_masked: Option<String>,
    pub organisation: Option<String>,
    pub relation: Option<String>,
    pub user_id: Option<UserId>,
    pub mandate: Option<Mandate>,
    pub consents: Vec<GivenConsent>,
    /// Principal parties whose word is still needed (G-11); none where no consent is needed.
    pub consents_missing: Vec<PartyId>,
    /// An overseas party's mandate that is not authenticated: a warning (G-49).
    pub authentication_missing: bool,
    pub revoked_at: Option<Instant>,
    pub created_at: Instant,
}

impl ParticipantView {
    /// Everybody in the file, those who left included.
    pub fn all(file: &CaseFile, sees: Sees) -> Vec<Self> {
        let warned = mandates_to_authenticate(file);
        file.participants
            .iter()
            .map(|p| Self::of(p, file, sees, warned.contains(&p.id)))
            .collect()
    }

    fn of(p: &Participant, file: &CaseFile, sees: Sees, warned: bool) -> Self {
        // Whoever stands by a party with hidden contacts may live where that party lives.
        let hidden = p
            .party_id
            .and_then(|id| file.party(id))
            .is_some_and(|party| party.contact_hidden);
        let open = sees.full && (!hidden || sees.team);
        let gone = p.revoked_at.is_some();
        Self {
            id: p.id,
            case_id: p.case_id,
            kind: p.kind,
            party_id: p.party_id,
            name: shown_name(&p.name, PartyKind::NaturalPerson, sees),
            phone_masked: p
                .phone
                .as_ref()
                .filter(|_| open)
                .map(|s| mask_phone(s.reveal())),
            id_no_masked: p
                .id_no
                .as_ref()
                .filter(|_| open)
                .map(|s| mask_id(s.reveal())),
            organisation: p.organisation.clone().filter(|_| open),
            relation: p.relation.clone().filter(|_| sees.full),
            user_id: p.user_id,
            mandate: p.mandate.clone(),
            consents: p.consents.clone(),
            consents_missing: if gone {
                Vec::new()
            } else {
                consents_missing_for(file, p)
            },
            authentication_missing: warned,
            revoked_at: p.revoked_at,
            created_at: p.created_at,
        }
    }
}
