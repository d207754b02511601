//! Builders for the tests about agreements and what follows from them.
#![cfg(test)]

use serde_json::{Value, json};

use super::agreement_input::Draft;
use super::sealing::{Seal, SealFacts, seal};
use super::signing::{Sign, StartSigning, sign, start_signing};
use super::testkit::*;
use super::{agreements, people};
use crate::domain::agreement::*;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::mediator::{Assignment, SelectionMode, TeamRole};
use crate::domain::org::{Committee, CommitteeKind};
use crate::domain::party::{Issue, IssueState, MandateScope};
use crate::domain::record::*;
use crate::domain::refusal::Refusal;
use crate::domain::session::*;
use crate::domain::time::Instant;

/// Applicant and respondent.
pub const A: u128 = 0x101;
pub const B: u128 = 0x102;
/// The chair.
pub const CHAIR: u128 = 0x60;
/// The one matter in dispute.
pub const ISSUE: u128 = 0x301;
/// The first agreement.
pub const PAPER: u128 = 0x401;

/// A case in mediation: accepted on 2026-03-01, one session held, one issue, both parties known.
pub fn mediating() -> CaseFile {
    let mut f = file(CaseState::InMediation);
    f.case.accepted_at = Some(at("2026-03-01T09:00:00+08:00"));
    f.case.registered_at = at("2026-03-01T08:00:00+08:00");
    f.case.case_no = Some("（2026）凤溪人调字第1号".to_owned());
    f.case.committee_id = Some(id(0x50));
    for p in &mut f.parties {
        p.birth_date = Some(day("1970-01-01"));
        p.created_at = at("2026-03-01T08:00:00+08:00");
    }
    f.assignments.push(Assignment {
        id: id(0x61),
        case_id: id(1),
        user_id: id(CHAIR),
        role: TeamRole::Chair,
        committee_id: Some(id(0x50)),
        mode: SelectionMode::Designated,
        from_at: at("2026-03-01T10:00:00+08:00"),
        to_at: None,
        end_reason: None,
        conflicts: Vec::new(),
        created_by: id(0x20),
    });
    f.sessions.push(session());
    f.issues.push(issue(ISSUE, 1));
    f
}

pub fn session() -> Session {
    Session {
        id: id(0x70),
        case_id: id(1),
        no: 1,
        kind: SessionKind::Joint,
        state: SessionState::Closed,
        planned_from: at("2026-03-01T15:00:00+08:00"),
        planned_to: at("2026-03-01T16:00:00+08:00"),
        venue_kind: VenueKind::Room,
        room_id: None,
        venue: None,
        is_public: false,
        sequence: 0,
        opened_at: Some(at("2026-03-01T15:00:00+08:00")),
        closed_at: Some(at("2026-03-01T16:00:00+08:00")),
        result: Some(SessionResult::Continue),
        caucus_party: None,
        minutes: Some(crate::domain::secret::Secret::new("笔录")),
        attendees: Vec::new(),
        created_by: id(0x20),
        created_at: now(),
        detail: SessionDetail::default(),
    }
}

pub fn issue(n: u128, no: i32) -> Issue {
    Issue {
        id: id(n),
        case_id: id(1),
        no,
        text: "檐沟水".to_owned(),
        claim: None,
        amount_fen: None,
        claimed_by: None,
        state: IssueState::Open,
        referred_to: None,
        created_at: now(),
    }
}

/// A filed paper of a type.
pub fn paper(n: u128, doc_type: DocType) -> Attachment {
    Attachment {
        doc_type,
        ..attachment(n)
    }
}

pub fn committee() -> Committee {
    Committee {
        id: id(0x50),
        org_id: id(DESK),
        kind: CommitteeKind::Township,
        name: "凤溪乡人民调解委员会".to_owned(),
        prefix: "凤溪".to_owned(),
        seal_no: "FX-01".to_owned(),
        term_from: day("2024-01-01"),
        term_to: day("2026-12-31"),
        active: true,
        created_at: now(),
    }
}

/// A complete written draft without obligations.
pub fn complete() -> Value {
    json!({
        "id": Id::<()>::new(uuid::Uuid::from_u128(PAPER)),
        "facts": "乙家檐沟水滴入甲家院内",
        "liability": "乙负责改造檐沟",
        "terms": "乙将檐沟改向自家院内，双方互不再追究",
        "performance": "乙于约定日期前完成",
        "place": "上垅村",
    })
}

/// The draft with these members changed.
pub fn with(mut body: Value, changes: Value) -> Value {
    if let (Some(b), Some(c)) = (body.as_object_mut(), changes.as_object()) {
        b.extend(c.clone());
    }
    body
}

/// `{n}` as the API sends an id.
pub fn ref_to(n: u128) -> String {
    uuid::Uuid::from_u128(n).to_string()
}

/// B owes A money on a date.
pub fn debt(n: u128, fen: i64, due: &str) -> Value {
    json!({"id": ref_to(n), "debtor_id": ref_to(B), "creditor_id": ref_to(A), "kind": "pay",
        "description": "支付补偿款", "amount_fen": fen, "due_on": due, "mode": "bank"})
}

/// Tries a draft.
pub fn try_draft(
    f: &CaseFile,
    body: Value,
) -> Result<crate::domain::decision::Decision, Vec<Refusal>> {
    let input = read(body, Draft::read).expect("a readable draft");
    agreements::draft(f, input, &me(), &mut Ids::default(), &calendar(), now())
}

pub fn me() -> super::Who {
    who(CHAIR, &[DESK])
}

/// Drafts, and fails the test with the refusal.
pub fn drafted(f: &mut CaseFile, body: Value) {
    let d = try_draft(f, body).expect("drafted");
    apply(f, &d);
}

/// Puts the paper to signature.
pub fn put_to_signature(f: &mut CaseFile, paper: u128) {
    let d = start_signing(f, id(paper), &StartSigning::default(), &calendar(), now())
        .expect("ready to sign");
    apply(f, &d);
}

/// One signature with the members given over a plain one by the party.
pub fn try_sign(
    f: &CaseFile,
    paper: u128,
    changes: Value,
    when: Instant,
) -> Result<crate::domain::decision::Decision, Vec<Refusal>> {
    let body = with(
        json!({"signed_as": "party", "method": "fingerprint", "signed_at": when.to_string()}),
        changes,
    );
    let input = read(body, Sign::read).expect("a readable signature");
    sign(f, id(paper), input, &me(), &mut fresh_ids(f), when)
}

/// Ids that no row of the file has yet.
pub fn fresh_ids(f: &CaseFile) -> Ids {
    let used = f.signatures.len() + f.performances.len() + f.obligations.len();
    Ids(0xF0000 + 0x100 * u128::try_from(used).unwrap_or(0))
}

/// Everybody who must signs at `when`: parties by whoever may, and the chair.
pub fn all_sign(f: &mut CaseFile, paper: u128, when: Instant) {
    let agreement = f.agreement(id(paper)).expect("known").clone();
    let signers: Vec<PartyId> = super::standing::signing_parties(f, &agreement)
        .iter()
        .map(|p| p.id)
        .collect();
    for party in signers {
        let p = f.party(party).expect("known");
        let may = people::who_signs_for(f, p, MandateScope::Settle, when.local_date());
        let hand = if may.own {
            json!({"party_id": party})
        } else {
            json!({"participant_id": may.legal_representatives.first(),
                "signed_as": "legal_representative"})
        };
        let d = try_sign(f, paper, hand, when).expect("signed");
        apply(f, &d);
    }
    let d = try_sign(
        f,
        paper,
        json!({"signed_as": "mediator", "method": "sign"}),
        when,
    )
    .expect("signed by the chair");
    apply(f, &d);
}

/// Tries the seal with the committee's own number.
pub fn try_seal(
    f: &CaseFile,
    paper: u128,
    when: Instant,
) -> Result<crate::domain::decision::Decision, Vec<Refusal>> {
    let input = Seal {
        id: None,
        seal_no: Some("FX-01".to_owned()),
        method: SignMethod::Seal,
        sealed_at: when,
        image_sha256: None,
    };
    let (committee, calendar) = (committee(), calendar());
    let facts = SealFacts {
        committee: Some(&committee),
        calendar: &calendar,
    };
    seal(f, id(paper), input, facts, &me(), &mut fresh_ids(f), when)
}

/// Takes a draft through signatures and seal at `when`.
pub fn make_effective(f: &mut CaseFile, paper: u128, when: Instant) {
    put_to_signature(f, paper);
    all_sign(f, paper, when);
    let d = try_seal(f, paper, when).expect("sealed");
    apply(f, &d);
}

/// A case with an agreement in effect since [`now`] that has these obligations.
pub fn agreed_with(obligations: Value) -> CaseFile {
    let mut f = mediating();
    drafted(
        &mut f,
        with(complete(), json!({ "obligations": obligations })),
    );
    make_effective(&mut f, PAPER, now());
    f
}
