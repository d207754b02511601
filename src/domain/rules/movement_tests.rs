//! The verbs of movement one by one.
#![cfg(test)]

use serde_json::json;

use super::answers::*;
use super::custody::*;
use super::ending::{Terminate, terminate};
use super::movement::*;
use super::movement_kit::*;
use super::returns::*;
use super::testkit::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::movement::*;
use crate::domain::record::{IncidentKind, ReportTarget};
use crate::domain::refusal::Reason;
use crate::domain::time::Instant;

#[test]
fn custody_moves_on_acceptance_alone() {
    let (mut f, mut ids) = (start(), Ids::default());
    let t = sent(&mut f, "escalate", DESK, &mut ids);
    let ball = ball_with(&f);
    assert_eq!(ball.holder_id, id(VILLAGE));
    assert!(ball.transfer_pending);
    assert_eq!(ball.pending_to, Some(id(DESK)));
    // Monday 10:00: three working days end on Thursday at 24:00.
    assert_eq!(ball.due_at, Some(at("2026-03-06T00:00:00+08:00")));
    assert_eq!(f.case.next_step, Some(NextStep::DecideTransfer));
    assert_eq!(f.case.state, CaseState::InMediation, "the state stays");

    assert_eq!(
        reasons(&take(&f, t, VILLAGE, &mut ids, now())),
        [Reason::NotReceiver]
    );
    let d = take(&f, t, DESK, &mut ids, now().plus_hours(5)).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.holder_id, id(DESK));
    assert_eq!(f.case.holder_desk_id, Some(id(DESK)));
    assert_eq!(f.case.holder_since, now().plus_hours(5));
    assert_eq!(f.custody[0].to_at, Some(now().plus_hours(5)));
    assert_eq!(f.custody[1].transfer_id, Some(t));
    assert_eq!(f.case.next_step, Some(NextStep::Mediate));
    assert_eq!(
        reasons(&take(&f, t, DESK, &mut ids, now())),
        [Reason::TransferDecided]
    );
}

#[test]
fn an_escalation_says_why_what_and_with_what() {
    let (f, mut ids) = (start(), Ids::default());
    let bare = json!({"verb": "escalate", "to": id::<OrgKey>(DESK)});
    assert_eq!(
        reasons(&send(&f, bare, VILLAGE, &mut ids, now())),
        [
            Reason::ReasonMissing,
            Reason::HandlingMissing,
            Reason::MaterialsMissing
        ]
    );
    let mut none = body("escalate", DESK);
    none["materials"] = json!([]);
    none["no_materials"] = json!("口头纠纷，无书面材料");
    assert!(send(&f, none, VILLAGE, &mut ids, now()).is_ok());
    let mut foreign = body("escalate", DESK);
    foreign["materials"] = json!([id::<AttachmentKey>(0x99)]);
    assert_eq!(
        reasons(&send(&f, foreign, VILLAGE, &mut ids, now())),
        [Reason::UnknownReference]
    );
    let mut f = f;
    f.attachments[0].stored_at = None;
    let declared = body("escalate", DESK);
    assert_eq!(
        reasons(&send(&f, declared, VILLAGE, &mut ids, now())),
        [Reason::FileMissing]
    );
}

#[test]
fn only_a_reported_red_risk_skips_a_level() {
    let (mut f, mut ids) = (start(), Ids::default());
    let up = |f: &CaseFile, ids: &mut Ids| {
        reasons(&send(f, body("escalate", COUNTY), VILLAGE, ids, now()))
    };
    assert_eq!(up(&f, &mut ids), [Reason::LevelSkipped]);
    f.case.risk = Risk::Red;
    assert_eq!(
        up(&f, &mut ids),
        [Reason::LevelSkipped],
        "red, but nobody was told"
    );
    f.incidents
        .push(incident(IncidentKind::RiskRed, &[ReportTarget::Police]));
    let d = send(&f, body("escalate", COUNTY), VILLAGE, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(ball_with(&f).due_at, Some(now().plus_hours(4)));
}

#[test]
fn receivers_fit_their_verbs() {
    use TransferVerb::*;
    let fits = |verb, from, to| fit(verb, &seat(from), &seat(to)) == Fit::Fits;
    assert!(fits(Escalate, VILLAGE, DESK) && fits(Escalate, DESK, COUNTY));
    assert!(fits(Escalate, WATER, COUNTY) && fits(Escalate, POLICE, DESK));
    assert!(!fits(Escalate, VILLAGE, OTHER_DESK) && !fits(Escalate, COUNTY, DESK));
    assert!(!fits(Escalate, DESK, WATER));
    for to in [DESK, VILLAGE, WATER, POLICE, OTHER_VILLAGE] {
        assert!(fits(AssignDown, COUNTY, to), "{to:x}");
    }
    assert!(fits(AssignDown, DESK, VILLAGE) && !fits(AssignDown, DESK, OTHER_VILLAGE));
    assert!(!fits(AssignDown, VILLAGE, DESK) && !fits(AssignDown, WATER, DESK));
    assert!(fits(Forward, VILLAGE, NEXT_VILLAGE) && fits(Forward, VILLAGE, POLICE));
    assert!(!fits(Forward, VILLAGE, WATER) && !fits(Forward, VILLAGE, OTHER_DESK));
    assert!(!fits(Forward, VILLAGE, OTHER_VILLAGE) && fits(Forward, DESK, OTHER_VILLAGE));
    assert!(fits(Forward, DESK, WATER) && fits(Forward, DESK, OTHER_DESK));
    assert!(!fits(Forward, DESK, COUNTY) && !fits(Forward, DESK, DESK));
    for verb in [Escalate, AssignDown, Forward] {
        assert!(!fits(verb, COUNTY, COURT), "a court is referred to");
    }
    let mut idle = seat(DESK);
    idle.unit.active = false;
    assert_eq!(fit(Escalate, &seat(VILLAGE), &idle), Fit::No);
}

#[test]
fn one_transfer_at_a_time_and_by_the_holder() {
    let (mut f, mut ids) = (start(), Ids::default());
    let stranger = send(&f, body("escalate", DESK), OTHER_DESK, &mut ids, now());
    assert_eq!(reasons(&stranger), [Reason::NotHolder]);
    sent(&mut f, "escalate", DESK, &mut ids);
    let second = send(&f, body("forward", NEXT_VILLAGE), VILLAGE, &mut ids, now());
    assert_eq!(reasons(&second), [Reason::TransferPending]);
    let referral = send(&f, body("refer_out", 0), VILLAGE, &mut ids, now());
    assert!(referral.is_ok(), "a referral waits for nobody here");
}

#[test]
fn the_third_return_is_refused() {
    let (mut f, mut ids) = (start(), Ids::default());
    for _ in 0..2 {
        let t = sent(&mut f, "escalate", DESK, &mut ids);
        let nothing = ReturnTransfer {
            defects: vec![],
            text: None,
            sender_consent: None,
        };
        let refused = return_transfer(&f, t, nothing, &calendar(), &who(0x21, &[DESK]), now());
        assert_eq!(reasons(&refused), [Reason::DefectsMissing]);
        assert_eq!(refused.unwrap_err()[0].items, ["defects", "text"]);
        let d = give_back(&f, t, DESK, now()).unwrap();
        apply(&mut f, &d);
        assert_eq!(f.case.holder_id, id(VILLAGE));
    }
    let t = sent(&mut f, "escalate", DESK, &mut ids);
    assert_eq!(
        reasons(&give_back(&f, t, DESK, now())),
        [Reason::ReturnLimit]
    );
    let d = take(&f, t, DESK, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    let t = sent(&mut f, "assign_down", VILLAGE, &mut ids);
    let other_way = give_back(&f, t, VILLAGE, now());
    assert_eq!(reasons(&other_way), [Reason::ReturnLimit], "the same pair");
}

#[test]
fn a_return_keeps_its_time() {
    let (mut f, mut ids) = (start(), Ids::default());
    let t = sent(&mut f, "escalate", DESK, &mut ids);
    let last = at("2026-03-05T23:59:59+08:00");
    assert!(give_back(&f, t, DESK, last).is_ok());
    assert_eq!(
        reasons(&give_back(&f, t, DESK, last.plus_seconds(1))),
        [Reason::ReturnLate]
    );
    // SC-31: a petition may be returned on working day 5, not on day 6.
    f.case.procedure = Procedure::Petition;
    let fifth = at("2026-03-09T23:59:59+08:00");
    let agreed = |at: Instant, consent_at: Instant| {
        let body = json!({"defects": ["rt1_not_competent"], "text": "不属本单位职权",
            "sender_consent": {"by": "张立新", "at": consent_at}});
        let input = read(body, ReturnTransfer::read).unwrap();
        return_transfer(&f, t, input, &calendar(), &who(0x21, &[DESK]), at)
    };
    assert!(agreed(fifth, fifth).is_ok());
    let sixth = fifth.plus_seconds(1);
    assert_eq!(reasons(&agreed(sixth, sixth)), [Reason::ReturnLate]);
    // Nor is it returned without the word of who sent it, given meanwhile.
    assert_eq!(
        reasons(&give_back(&f, t, DESK, fifth)),
        [Reason::SenderConsentMissing]
    );
    assert_eq!(reasons(&agreed(fifth, sixth)), [Reason::InFuture]);
    let before = now().plus_minutes(-1);
    assert_eq!(reasons(&agreed(fifth, before)), [Reason::TimeOrder]);
}

#[test]
fn a_pending_transfer_stops_the_holders_clock() {
    let (mut f, mut ids) = (start(), Ids::default());
    let due = f.case.next_due_at.unwrap();
    let t = sent(&mut f, "escalate", DESK, &mut ids);
    let back = now().plus_hours(30);
    let d = recall(
        &f,
        t,
        Recall::default(),
        &calendar(),
        &who(0x20, &[VILLAGE]),
        back,
    )
    .unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.next_step, Some(NextStep::Mediate));
    assert_eq!(f.case.next_due_at, Some(due.plus_hours(30)));
    assert!(f.case.detail.paused_step.is_none());
    let again = recall(
        &f,
        t,
        Recall::default(),
        &calendar(),
        &who(0x20, &[VILLAGE]),
        back,
    );
    assert_eq!(reasons(&again), [Reason::TransferDecided]);

    let t = sent(&mut f, "escalate", DESK, &mut ids);
    let theirs = recall(
        &f,
        t,
        Recall::default(),
        &calendar(),
        &who(0x21, &[DESK]),
        back,
    );
    assert!(theirs.is_ok(), "the desk answers for its village");
    let strange = recall(
        &f,
        t,
        Recall::default(),
        &calendar(),
        &who(0x21, &[OTHER_DESK]),
        back,
    );
    assert_eq!(reasons(&strange), [Reason::NotSender]);
}

#[test]
fn a_redirected_transfer_stays_pending_elsewhere() {
    let (mut f, mut ids) = (start(), Ids::default());
    f.case.holder_id = id(DESK);
    f.custody[0].org_id = id(DESK);
    let t = sent(&mut f, "escalate", COUNTY, &mut ids);
    for (to, fits) in [
        (DESK, false),
        (COUNTY, false),
        (COURT, false),
        (WATER, true),
    ] {
        let outcome = pass_on(&f, t, to, COUNTY, &mut ids, now());
        assert_eq!(outcome.is_ok(), fits, "{to:x}");
    }
    let d = pass_on(&f, t, WATER, COUNTY, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    let next = f.pending_transfer().unwrap();
    assert_eq!((next.to_id, next.parent_id), (Some(id(WATER)), Some(t)));
    assert_eq!((next.from_id, f.case.holder_id), (id(DESK), id(DESK)));
    let circle = pass_on(&f, next.id, COUNTY, WATER, &mut ids, now());
    assert_eq!(reasons(&circle), [Reason::ReceiverInvalid]);
    let d = take(&f, next.id, WATER, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.holder_id, id(WATER));
    assert_eq!(f.case.holder_desk_id, None);
}

#[test]
fn an_order_owes_its_result() {
    let (mut f, mut ids) = (start(), Ids::default());
    f.case.holder_id = id(COUNTY);
    f.custody[0].org_id = id(COUNTY);
    let mut early = body("assign_down", DESK);
    early["deadline"] = json!("2026-03-02T09:59:59+08:00");
    assert_eq!(
        reasons(&send(&f, early, COUNTY, &mut ids, now())),
        [Reason::TimeOrder]
    );

    let t = sent(&mut f, "assign_down", DESK, &mut ids);
    let done = |f: &CaseFile, by: u128| {
        let input = Complete {
            result: "已达成协议".into(),
        };
        complete(f, t, input, &who(0x21, &[by]), now())
    };
    assert_eq!(
        reasons(&done(&f, DESK)),
        [Reason::WrongState],
        "not taken on yet"
    );
    let d = take(&f, t, DESK, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.next_due_at, Some(at("2026-06-01T10:00:00+08:00")));
    assert_eq!(results_owed(&f), [t]);
    assert_eq!(reasons(&done(&f, COUNTY)), [Reason::NotReceiver]);
    let d = done(&f, DESK).unwrap();
    assert!(!d.case_changed());
    apply(&mut f, &d);
    assert!(results_owed(&f).is_empty());
    assert_eq!(f.case.holder_id, id(DESK), "reporting moves nothing");
    assert_eq!(reasons(&done(&f, DESK)), [Reason::AlreadyDone]);
}

#[test]
fn a_case_that_comes_back_discharges_the_order() {
    let (mut f, mut ids) = (start(), Ids::default());
    f.case.holder_id = id(COUNTY);
    f.custody[0].org_id = id(COUNTY);
    for (verb, to) in [("assign_down", DESK), ("escalate", COUNTY)] {
        let t = sent(&mut f, verb, to, &mut ids);
        let d = take(&f, t, to, &mut ids, now()).unwrap();
        apply(&mut f, &d);
    }
    assert_eq!(f.transfers[0].state, TransferState::Completed);
    assert_eq!(f.transfers[0].result.as_deref(), Some("两次调解未成"));
    // The county's own clock: fifteen working days.
    let due = calendar().add_working_days(now().local_date(), 15).end();
    assert_eq!(f.case.next_due_at, Some(due));
}

#[test]
fn a_referral_is_tracked_and_moves_nothing() {
    let (mut f, mut ids) = (start(), Ids::default());
    let d = send(&f, body("refer_out", 0), VILLAGE, &mut ids, now()).unwrap();
    assert!(!d.case_changed());
    apply(&mut f, &d);
    assert!(f.pending_transfer().is_none());
    let t = f.transfers[0].id;
    let d = take(&f, t, VILLAGE, &mut ids, now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.case.holder_id, id(VILLAGE));
    assert_eq!(f.custody.len(), 1);
    let input = Complete {
        result: "法院已立案".into(),
    };
    let d = complete(&f, t, input, &who(0x20, &[VILLAGE]), now()).unwrap();
    apply(&mut f, &d);
    assert_eq!(f.transfers[0].state, TransferState::Completed);
}

#[test]
fn a_body_names_what_its_verb_needs() {
    let faults = |body| {
        let mut f: Vec<_> = read(body, Submit::read)
            .unwrap_err()
            .into_iter()
            .map(|v| format!("{} {}", v.pointer, v.code))
            .collect();
        f.sort();
        f
    };
    assert_eq!(
        faults(json!({"verb": "assign_down"})),
        ["/deadline required", "/to required"]
    );
    let out = json!({"verb": "refer_out", "to": id::<OrgKey>(DESK)});
    assert_eq!(
        faults(out),
        [
            "/external_target required",
            "/route required",
            "/to unknown_field"
        ]
    );
    assert_eq!(
        faults(json!({"verb": "up"})),
        ["/to required", "/verb unknown_code"]
    );
}

#[test]
fn the_holder_ends_nothing_on_its_own_judgement_while_a_transfer_waits() {
    let (mut f, mut ids) = (start(), Ids::default());
    sent(&mut f, "escalate", DESK, &mut ids);
    let refused = |reason: &str| {
        let body = json!({"reason": reason, "note": "经过", "routes": ["civil_suit"],
            "served_at": NOW, "service_proof": "当面送达，签收"});
        let input = read(body, Terminate::read).unwrap();
        reasons(&terminate(&f, input, &calendar(), now())).contains(&Reason::TransferPending)
    };
    for reason in ["irreconcilable", "not_reachable", "other"] {
        assert!(refused(reason), "{reason}");
    }
    for reason in ["termination_demanded", "limit_expired", "sham"] {
        assert!(!refused(reason), "{reason}");
    }
}
