//! A small county, and the verbs of movement with right bodies, for tests.
#![cfg(test)]

use serde_json::json;

use super::answers::*;
use super::movement::*;
use super::returns::*;
use super::testkit::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::ids::*;
use crate::domain::org::{OrgKind, OrgUnit};
use crate::domain::refusal::Refusal;
use crate::domain::time::Instant;

pub type Outcome = Result<Decision, Vec<Refusal>>;

pub const OTHER_DESK: u128 = 0x13;
pub const OTHER_VILLAGE: u128 = 0x14;
pub const NEXT_VILLAGE: u128 = 0x15;
pub const WATER: u128 = 0x16;
pub const POLICE: u128 = 0x17;
pub const COURT: u128 = 0x18;
pub const UNITS: [u128; 9] = [
    VILLAGE,
    DESK,
    COUNTY,
    OTHER_DESK,
    OTHER_VILLAGE,
    NEXT_VILLAGE,
    WATER,
    POLICE,
    COURT,
];
pub const PAPER: u128 = 0x50;

pub fn the_unit(n: u128) -> OrgUnit {
    match n {
        COUNTY => unit(n, OrgKind::CountyCentre, None, None),
        DESK | OTHER_DESK => unit(n, OrgKind::TownshipDesk, Some(COUNTY), Some(n)),
        VILLAGE | NEXT_VILLAGE => unit(n, OrgKind::VillageStation, Some(DESK), Some(DESK)),
        OTHER_VILLAGE => unit(
            n,
            OrgKind::VillageStation,
            Some(OTHER_DESK),
            Some(OTHER_DESK),
        ),
        POLICE => unit(n, OrgKind::PoliceStation, Some(DESK), Some(DESK)),
        COURT => unit(n, OrgKind::Court, Some(COUNTY), None),
        _ => unit(n, OrgKind::Department, Some(COUNTY), None),
    }
}

pub fn seat(n: u128) -> Seat {
    let unit = the_unit(n);
    let mut above = Vec::new();
    let mut next = unit.parent_id;
    while let Some(parent) = next {
        let up = the_unit(parent.uuid.as_u128());
        next = up.parent_id;
        above.push(up);
    }
    Seat { unit, above }
}

pub fn holder(f: &CaseFile) -> u128 {
    f.case.holder_id.uuid.as_u128()
}

/// A registered case in the village with one stored paper.
pub fn start() -> CaseFile {
    let mut f = file(CaseState::InMediation);
    f.attachments.push(attachment(PAPER));
    f.case.next_step = Some(NextStep::Mediate);
    f.case.next_due_at = Some(now().plus_days(10));
    f
}

pub fn body(verb: &str, to: u128) -> serde_json::Value {
    let to = id::<OrgKey>(to);
    match verb {
        "escalate" => json!({"verb": verb, "to": to, "reasons": ["es1_cannot_settle"],
            "handling_so_far": "两次调解未成", "materials": [id::<AttachmentKey>(PAPER)]}),
        "assign_down" => json!({"verb": verb, "to": to, "note": "请于期限内办结",
            "deadline": "2026-06-01T10:00:00+08:00"}),
        "forward" => json!({"verb": verb, "to": to, "note": "属贵单位职责"}),
        _ => json!({"verb": "refer_out", "external_target": "云岭县人民法院",
            "route": "civil_suit", "note": "告知起诉"}),
    }
}

pub fn send(
    f: &CaseFile,
    body: serde_json::Value,
    by: u128,
    ids: &mut Ids,
    at: Instant,
) -> Outcome {
    let input = read(body, Submit::read).expect("a readable body");
    let facts = SubmitFacts {
        calendar: calendar(),
        from: seat(holder(f)),
        to: input.to.map(|t| seat(t.uuid.as_u128())),
    };
    submit(f, input, &facts, &who(0x20, &[by]), ids, at)
}

pub fn take(f: &CaseFile, t: TransferId, by: u128, ids: &mut Ids, at: Instant) -> Outcome {
    let to = f.transfers.iter().find(|x| x.id == t).and_then(|x| x.to_id);
    let facts = AcceptTransferFacts {
        calendar: calendar(),
        to: to.map(|t| the_unit(t.uuid.as_u128())),
    };
    accept_transfer(
        f,
        t,
        AcceptTransfer::default(),
        &facts,
        &who(0x21, &[by]),
        ids,
        at,
    )
}

pub fn give_back(f: &CaseFile, t: TransferId, by: u128, at: Instant) -> Outcome {
    let input = read(
        json!({"defects": ["rt2_materials_incomplete"], "text": "请补充现场照片"}),
        ReturnTransfer::read,
    )
    .unwrap();
    return_transfer(f, t, input, &calendar(), &who(0x21, &[by]), at)
}

pub fn pass_on(
    f: &CaseFile,
    t: TransferId,
    to: u128,
    by: u128,
    ids: &mut Ids,
    at: Instant,
) -> Outcome {
    let facts = RedirectFacts {
        calendar: calendar(),
        at: seat(by),
        to: Some(seat(to)),
    };
    let input = Redirect {
        to: id(to),
        note: "属其职责".into(),
    };
    redirect(f, t, input, &facts, &who(0x21, &[by]), ids, at)
}

pub fn pending(f: &CaseFile) -> TransferId {
    f.pending_transfer().expect("a pending transfer").id
}

/// Sends and carries out.
pub fn sent(f: &mut CaseFile, verb: &str, to: u128, ids: &mut Ids) -> TransferId {
    let by = holder(f);
    let d = send(f, body(verb, to), by, ids, now()).expect("sent");
    apply(f, &d);
    pending(f)
}
