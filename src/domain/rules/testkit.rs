//! Small builders for the tests of the rules.
#![cfg(test)]

use uuid::Uuid;

use super::Who;
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, Entity, FreshIds, Put};
use crate::domain::ids::*;
use crate::domain::input::{Obj, Violation, read_body};
use crate::domain::movement::Custody;
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::party::*;
use crate::domain::record::*;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

/// The instant tests start at: a Monday, 10:00 in the county.
pub const NOW: &str = "2026-03-02T10:00:00+08:00";

/// The village station that registered the case and holds it.
pub const VILLAGE: u128 = 0x10;
/// The township desk above it.
pub const DESK: u128 = 0x11;
/// The county centre.
pub const COUNTY: u128 = 0x12;

pub fn at(text: &str) -> Instant {
    Instant::parse(text).expect("a valid instant")
}

pub fn now() -> Instant {
    at(NOW)
}

pub fn day(text: &str) -> LocalDate {
    LocalDate::parse(text).expect("a valid date")
}

pub fn calendar() -> Calendar {
    Calendar::minimal_default()
}

/// A fixed id, told by a number.
pub fn id<T>(n: u128) -> Id<T> {
    Id::new(Uuid::from_u128(n))
}

/// Fresh ids that count up.
#[derive(Debug)]
pub struct Ids(pub u128);

impl Default for Ids {
    fn default() -> Self {
        Self(0xF000)
    }
}

impl FreshIds for Ids {
    fn fresh(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }
}

pub fn who(user: u128, units: &[u128]) -> Who {
    Who {
        user: id(user),
        units: units.iter().map(|n| id(*n)).collect(),
    }
}

/// A neighbours' dispute held by the village station.
pub fn case(state: CaseState) -> Case {
    Case {
        id: id(1),
        code: "JY-TEST".to_owned(),
        case_no: None,
        committee_id: None,
        procedure: Procedure::PeopleMediation,
        title: "檐沟滴水".to_owned(),
        kind: CaseType::Neighbour,
        state,
        outcome: None,
        risk: Risk::Blue,
        difficulty: Difficulty::Simple,
        source: Source::Application,
        channel: Channel::WalkIn,
        origin_id: id(VILLAGE),
        origin_desk_id: Some(id(DESK)),
        holder_id: id(VILLAGE),
        holder_desk_id: Some(id(DESK)),
        holder_since: now(),
        registrar_id: id(0x20),
        registered_at: now(),
        accepted_at: None,
        closed_at: None,
        next_step: None,
        next_due_at: None,
        live: state.is_live(),
        version: 1,
        audit_seq: 1,
        audit_hash: String::new(),
        amount_fen: None,
        summary: "檐沟水落入邻居院内".to_owned(),
        updated_at: now(),
        detail: CaseDetail::default(),
    }
}

/// A file with an applicant (`0x101`, side 1), a respondent (`0x102`, side 2), both consenting,
/// and open custody at the village station.
pub fn file(state: CaseState) -> CaseFile {
    let mut file = CaseFile::new(case(state));
    file.parties.push(party(0x101, 1, PartyRole::Applicant));
    file.parties.push(party(0x102, 2, PartyRole::Respondent));
    file.custody.push(Custody {
        id: id(0x30),
        case_id: file.case.id,
        org_id: file.case.holder_id,
        from_at: file.case.holder_since,
        to_at: None,
        transfer_id: None,
    });
    file
}

/// An adult who consents.
pub fn party(n: u128, side: i32, role: PartyRole) -> Party {
    Party {
        id: id(n),
        case_id: id(1),
        side,
        role,
        kind: PartyKind::NaturalPerson,
        name: format!("叶{n:x}"),
        name_key: format!("叶{n:x}"),
        gender: Gender::Unknown,
        birth_date: None,
        id_no: None,
        uscc: None,
        phone: None,
        email: None,
        address: None,
        capacity: Capacity::Full,
        consent: Consent::Given,
        consent_at: Some(now()),
        rights_notice_at: None,
        is_representative: false,
        settle_auth: SettleAuth::None,
        withdrawn_at: None,
        substituted_by: None,
        contact_hidden: false,
        created_by: id(0x20),
        created_at: now(),
        detail: PartyDetail::default(),
    }
}

/// A screening that passes.
pub fn screening() -> Screening {
    Screening {
        civil: true,
        special_organ: false,
        accepted_elsewhere: false,
        clear_parties: true,
        concrete_claim: true,
        note: None,
        by: id(0x20),
        at: now(),
    }
}

/// A group: representatives (`0x111`…) and represented members (`0x201`…) on side 1, against the
/// respondent `0x102`.
pub fn group_file(state: CaseState, representatives: u128, members: u128) -> CaseFile {
    let mut file = file(state);
    file.parties.retain(|p| p.side != 1);
    for n in 1..=representatives {
        let mut p = party(0x110 + n, 1, PartyRole::Applicant);
        p.is_representative = true;
        p.detail.mandate_signed = true;
        file.parties.push(p);
    }
    for n in 1..=members {
        let mut p = party(0x200 + n, 1, PartyRole::Represented);
        p.consent = Consent::Pending;
        p.consent_at = None;
        file.parties.push(p);
    }
    file
}

/// A participant of a kind, for a party or for nobody.
pub fn participant(n: u128, kind: ParticipantKind, party: Option<u128>) -> Participant {
    Participant {
        id: id(n),
        case_id: id(1),
        kind,
        party_id: party.map(id),
        name: format!("林{n:x}"),
        name_key: format!("林{n:x}"),
        phone: None,
        id_no: None,
        organisation: None,
        relation: None,
        user_id: None,
        mandate: None,
        consents: Vec::new(),
        revoked_at: None,
        created_by: id(0x20),
        created_at: now(),
    }
}

/// A unit of the county. `desk` is the township desk it is or belongs to.
pub fn unit(n: u128, kind: OrgKind, parent: Option<u128>, desk: Option<u128>) -> OrgUnit {
    OrgUnit {
        id: id(n),
        kind,
        parent_id: parent.map(id),
        name: format!("单位{n:x}"),
        division_code: None,
        desk_id: desk.map(id),
        seal_no: None,
        active: true,
        created_at: now(),
    }
}

/// A document with its file stored.
pub fn attachment(n: u128) -> Attachment {
    Attachment {
        id: id(n),
        case_id: id(1),
        kind: AttachmentKind::Document,
        doc_type: DocType::Record,
        title: "调解记录".to_owned(),
        supplied_by: None,
        is_original: true,
        sealed: false,
        signed_by: Vec::new(),
        filename: Some("调解记录.pdf".to_owned()),
        media_type: Some("application/pdf".to_owned()),
        size_bytes: Some(1000),
        sha256: Some("00".repeat(32)),
        pages: None,
        file_key: Some(Uuid::from_u128(n)),
        stored_at: Some(now()),
        created_by: id(0x20),
        created_at: now(),
    }
}

/// A leader in charge of the case.
pub fn owner(n: u128, user: u128) -> crate::domain::county::CaseOwner {
    crate::domain::county::CaseOwner {
        id: id(n),
        case_id: id(1),
        user_id: id(user),
        org_id: id(0x10),
        reason: "重大纠纷".to_owned(),
        named_by: id(0x2E),
        from_at: now(),
        to_at: None,
        end_reason: None,
        note: None,
    }
}

/// An agent of a party with a signed mandate from 2026-01-01 without an end.
pub fn agent(n: u128, party: u128, scopes: &[MandateScope]) -> Participant {
    Participant {
        mandate: Some(Mandate {
            scopes: scopes.to_vec(),
            from: day("2026-01-01"),
            until: None,
            document_id: None,
            signed_by_principal: true,
            authenticated: false,
        }),
        ..participant(n, ParticipantKind::Agent, Some(party))
    }
}

/// Reads an input from JSON as the API would.
pub fn read<T>(
    body: serde_json::Value,
    read: impl FnOnce(&mut Obj<'_>) -> Option<T>,
) -> Result<T, Vec<Violation>> {
    read_body(&body, read)
}

/// The reasons of a refusal; empty when the rule agreed.
pub fn reasons<T>(outcome: &Result<T, Vec<Refusal>>) -> Vec<Reason> {
    match outcome {
        Ok(_) => Vec::new(),
        Err(refusals) => refusals.iter().map(|r| r.reason).collect(),
    }
}

/// The event names of a decision, in order.
pub fn events(decision: &Decision) -> Vec<&'static str> {
    decision.events.iter().map(|e| e.code()).collect()
}

/// The items of one reason among the refusals.
pub fn items<T>(outcome: &Result<T, Vec<Refusal>>, reason: Reason) -> Vec<String> {
    let refusals = outcome.as_ref().err().into_iter().flatten();
    refusals
        .filter(|r| r.reason == reason)
        .flat_map(|r| r.items.clone())
        .collect()
}

/// The violations of an input as `pointer code`, sorted.
pub fn violations<T>(outcome: Result<T, Vec<Violation>>) -> Vec<String> {
    let faults = outcome.err().unwrap_or_default();
    let mut out: Vec<_> = faults
        .iter()
        .map(|v| format!("{} {}", v.pointer, v.code))
        .collect();
    out.sort();
    out
}

/// Carries a decision out on the file, as the store would. Notes are in no file.
pub fn apply(file: &mut CaseFile, decision: &Decision) {
    assert!(!decision.events.is_empty(), "a decision needs a fact");
    if decision.case_changed() {
        file.case = decision.case().clone();
        file.case.version += 1;
    }
    for put in &decision.puts {
        match put {
            Put::Insert(row) | Put::Update(row) => apply_row(file, row.clone()),
        }
    }
}

macro_rules! put {
    ($rows:expr, $row:expr) => {{
        let row = $row;
        match $rows.iter_mut().find(|r| r.id == row.id) {
            Some(old) => *old = row,
            None => $rows.push(row),
        }
    }};
}

fn apply_row(file: &mut CaseFile, row: Entity) {
    match row {
        Entity::Party(r) => put!(file.parties, r),
        Entity::Participant(r) => put!(file.participants, r),
        Entity::Issue(r) => put!(file.issues, r),
        Entity::Assignment(r) => put!(file.assignments, r),
        Entity::Recusal(r) => put!(file.recusals, r),
        Entity::Session(r) => put!(file.sessions, r),
        Entity::Note(_) => {}
        Entity::Agreement(r) => put!(file.agreements, r),
        Entity::Obligation(r) => put!(file.obligations, r),
        Entity::Performance(r) => put!(file.performances, r),
        Entity::Signature(r) => put!(file.signatures, r),
        Entity::Transfer(r) => put!(file.transfers, r),
        Entity::Custody(r) => put!(file.custody, r),
        Entity::Incident(r) => put!(file.incidents, r),
        Entity::Attachment(r) => put!(file.attachments, r),
        Entity::Evaluation(r) => put!(file.evaluations, r),
        Entity::Dossier(_) | Entity::DossierEntry(_) => {}
        Entity::Task(r) => put!(file.tasks, r),
        Entity::CaseOwner(r) => put!(file.owners, r),
        Entity::Whistle(_) | Entity::Conference(_) | Entity::Supervision(_) => {}
        Entity::Clock(_) | Entity::Crisis(_) | Entity::CrisisStep(_) | Entity::CrisisEntry(_) => {}
        Entity::FollowUp(r) => put!(file.follow_ups, r),
        Entity::PartyCheck(_) => {}
    }
}

/// An incident reported to these, with a receipt; to nobody: not yet.
pub fn incident(kind: IncidentKind, to: &[ReportTarget]) -> Incident {
    Incident {
        reported_to: to.to_vec(),
        reported_at: (!to.is_empty()).then(now),
        receipt_no: (!to.is_empty()).then(|| "R-1".to_owned()),
        ..Incident::found(id(0x40), id(1), kind, now(), id(0x20), now())
    }
}
