//! Views of parties: contact data and ID numbers are masked; the whole is a reveal of its own.

use serde::Serialize;

use super::Sees;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::party::*;
use crate::domain::persons::{
    mask_address, mask_email, mask_id, mask_name, mask_org_name, mask_phone,
};
use crate::domain::rules::group::{bound_members, needs_representatives, representatives_of_side};
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

/// A party unmasked, for one who may know and said what for.
#[derive(Debug, Serialize)]
pub struct FullParty {
    pub id: PartyId,
    pub case_id: CaseId,
    pub kind: PartyKind,
    pub name: String,
    pub gender: Gender,
    pub birth_date: Option<LocalDate>,
    pub id_no: Option<String>,
    pub uscc: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
    pub address: Option<String>,
    pub legal_person_head: Option<String>,
    pub died_on: Option<LocalDate>,
    /// What a refusing party said.
    pub refusal_words: Option<String>,
    /// What a child wants: for the team alone.
    pub child_view: Option<String>,
}

impl FullParty {
    pub fn of(p: &Party, on_team: bool) -> Self {
        let whole = |s: &Option<Secret>| s.as_ref().map(|s| s.reveal().to_owned());
        Self {
            id: p.id,
            case_id: p.case_id,
            kind: p.kind,
            name: p.name.clone(),
            gender: p.gender,
            birth_date: p.birth_date,
            id_no: whole(&p.id_no),
            uscc: p.uscc.clone(),
            phone: whole(&p.phone),
            email: whole(&p.email),
            address: whole(&p.address),
            legal_person_head: p.detail.legal_person_head.clone(),
            died_on: p.detail.died_on,
            refusal_words: p.detail.refusal_words.clone(),
            child_view: p.detail.child_view.clone().filter(|_| on_team),
        }
    }
}

/// One side at a glance (G-15).
#[derive(Debug, Serialize)]
pub struct SideView {
    pub side: i32,
    /// Live parties.
    pub parties: usize,
    /// Members who act through representatives.
    pub represented: usize,
    pub representatives: Vec<PartyId>,
    pub needs_representatives: bool,
    /// Represented members bound by what their representatives settle.
    pub authorised: usize,
}

impl SideView {
    pub fn all(file: &CaseFile) -> Vec<Self> {
        let bound = bound_members(file);
        let on = |side: i32| file.live_parties().filter(move |p| p.side == side);
        file.sides()
            .into_iter()
            .map(|side| Self {
                side,
                parties: on(side).count(),
                represented: on(side)
                    .filter(|p| p.role == PartyRole::Represented)
                    .count(),
                representatives: representatives_of_side(file, side),
                needs_representatives: needs_representatives(file, side),
                authorised: on(side).filter(|p| bound.contains(&p.id)).count(),
            })
            .collect()
    }
}
