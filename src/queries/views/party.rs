//! Views of parties: contact data and ID numbers are masked; the whole is a reveal of its own.

use serde::Serialize;

use super::Sees;
use crate::domain::ids::*;
use crate::domain::party::*;
use crate::domain::persons::{
    mask_address, mask_email, mask_id, mask_name, mask_org_name, mask_phone,
};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

/// A party as the case's readers see it.
#[derive(Debug, Serialize)]
pub struct PartyView {
    pub id: PartyId,
    pub case_id: CaseId,
    pub side: i32,
    pub role: PartyRole,
    pub kind: PartyKind,
    pub name: String,
    pub gender: Gender,
    pub minor: bool,
    pub capacity: Capacity,
    pub id_no_masked: Option<String>,
    pub uscc: Option<String>,
    pub phone_masked: Option<String>,
    pub email_masked: Option<String>,
    pub address_masked: Option<String>,
    pub contact_hidden: bool,
    pub consent: Consent,
    pub consent_at: Option<Instant>,
    pub consent_via: Option<DeclaredBy>,
    pub rights_notice_at: Option<Instant>,
    pub is_representative: bool,
    pub settle_auth: SettleAuth,
    pub withdrawn_at: Option<Instant>,
    pub substituted_by: Option<PartyId>,
    pub substitutes_for: Option<PartyId>,
    pub accepted_mediators: Vec<AssignmentId>,
    pub wants_writing: bool,
    pub overseas: bool,
    pub child_view_recorded: bool,
    pub created_at: Instant,
}

/// A name as a reader may see it.
pub fn shown_name(name: &str, kind: PartyKind, sees: Sees) -> String {
    match (sees.full, kind.is_person()) {
        (true, _) => name.to_owned(),
        (false, true) => mask_name(name),
        (false, false) => mask_org_name(name),
    }
}

impl PartyView {
    pub fn of(p: &Party, sees: Sees, today: LocalDate) -> Self {
        // Hidden contacts are for the team alone; not even a mask leaves.
        let open = sees.full && (!p.contact_hidden || sees.team);
        let mask = |s: &Option<Secret>, f: fn(&str) -> String| {
            s.as_ref().filter(|_| open).map(|s| f(s.reveal()))
        };
        Self {
            id: p.id,
            case_id: p.case_id,
            side: p.side,
            role: p.role,
            kind: p.kind,
            name: shown_name(&p.name, p.kind, sees),
            gender: p.gender,
            minor: p
                .birth_date
                .is_some_and(|b| crate::domain::persons::is_minor(b, today)),
            capacity: p.capacity,
            id_no_masked: mask(&p.id_no, mask_id),
            uscc: p.uscc.clone(),
            phone_masked: mask(&p.phone, mask_phone),
            email_masked: mask(&p.email, mask_email),
            address_masked: mask(&p.address, mask_address),
            contact_hidden: p.contact_hidden,
            consent: p.consent,
            consent_at: p.consent_at,
            consent_via: p.detail.consent_via,
            rights_notice_at: p.rights_notice_at,
            is_representative: p.is_representative,
            settle_auth: p.settle_auth,
            withdrawn_at: p.withdrawn_at,
            substituted_by: p.substituted_by,
            substitutes_for: p.detail.substitutes_for,
            accepted_mediators: p.detail.accepted_mediators.clone(),
            wants_writing: p.detail.wants_writing,
            overseas: p.detail.overseas,
            child_view_recorded: p.detail.child_view.is_some(),
            created_at: p.created_at,
        }
    }
}
