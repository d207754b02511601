use serde_json::json;

use super::*;
use crate::domain::case::CaseState;
use crate::domain::rules::testkit::*;

const VISIT: u128 = 0x700;

fn facts(calendar: &Calendar, now: Instant) -> VisitFacts<'_> {
    VisitFacts {
        book: PolicyBook::built_in(),
        calendar,
        alert: &[],
        now,
    }
}

/// A closed case with a visit planned by hand for 2026-03-04.
fn closed(state: CaseState) -> CaseFile {
    let mut f = file(state);
    let body = json!({"id": id::<()>(VISIT).to_string(), "due_on": "2026-03-04"});
    let calendar = calendar();
    let input = read(body, PlanVisit::read).unwrap();
    let me = who(0x20, &[VILLAGE]);
    let d = plan(
        &f,
        &input,
        &facts(&calendar, now()),
        &me,
        &mut Ids::default(),
    )
    .unwrap();
    assert_eq!(events(&d), ["follow_up_planned"]);
    assert!(!d.case_changed(), "a visit changes no version");
    apply(&mut f, &d);
    f
}

fn visited(f: &CaseFile, body: serde_json::Value, when: Instant) -> Result<Decision, Vec<Refusal>> {
    let calendar = calendar();
    let input = read(body, RecordVisit::read).unwrap();
    record(
        f,
        id(VISIT),
        input,
        &facts(&calendar, when),
        &who(0x20, &[VILLAGE]),
    )
}

fn done(when: Instant) -> serde_json::Value {
    json!({"result": "done", "mode": "home_visit", "visited_at": when.to_string(),
        "met_parties": [id::<()>(0x101).to_string()], "situation": "款项已付清，双方和好"})
}

#[test]
fn a_visit_is_due_on_its_day_and_overdue_after_it() {
    let f = closed(CaseState::ClosedSuccess);
    let v = f.follow_up(id(VISIT)).unwrap();
    for (today, due, overdue) in [
        ("2026-03-03", false, false),
        ("2026-03-04", true, false),
        ("2026-03-05", true, true),
    ] {
        let today = day(today);
        assert_eq!((v.is_due(today), v.is_overdue(today)), (due, overdue));
        assert_eq!(due_visits(&f, today).len(), usize::from(due));
    }
    let early = at("2026-03-03T23:59:59+08:00");
    assert!(fall_due(&f, early).is_none());
    let d = fall_due(&f, at("2026-03-04T07:00:00+08:00")).unwrap();
    assert_eq!(events(&d), ["follow_up_fell_due"]);
    assert_eq!(d.notices.len(), 2);
    let mut later = f.clone();
    apply(&mut later, &d);
    assert!(
        fall_due(&later, at("2026-03-05T07:00:00+08:00")).is_none(),
        "once"
    );
}

#[test]
fn closed_and_archived_cases_take_visits() {
    for state in [
        CaseState::ClosedSuccess,
        CaseState::ClosedFailed,
        CaseState::Archived,
    ] {
        let mut f = closed(state);
        let d = visited(&f, done(now()), now()).unwrap();
        assert_eq!(events(&d), ["follow_up_made"]);
        apply(&mut f, &d);
        let v = f.follow_up(id(VISIT)).unwrap();
        assert_eq!(v.state, FollowUpState::Done);
        assert!(v.counts());
        assert_eq!(
            reasons(&visited(&f, done(now()), now())),
            [Reason::AlreadyDone]
        );
    }
}

#[test]
fn a_record_says_whom_was_met_and_when() {
    let mut f = closed(CaseState::ClosedSuccess);
    let mut nobody = done(now());
    nobody["met_parties"] = json!([]);
    assert_eq!(reasons(&visited(&f, nobody, now())), [Reason::NobodyMet]);
    let late = now().plus_hours(1);
    assert_eq!(reasons(&visited(&f, done(late), now())), [Reason::InFuture]);
    let early = now().plus_days(-1);
    assert_eq!(
        reasons(&visited(&f, done(early), now())),
        [Reason::TimeOrder]
    );
    let mut stranger = done(now());
    stranger["visitor_id"] = json!(id::<()>(0x99).to_string());
    assert_eq!(
        reasons(&visited(&f, stranger, now())),
        [Reason::UnknownReference]
    );
    f.follow_ups[0].agreement_id = Some(id(0x300));
    assert_eq!(
        reasons(&visited(&f, done(now()), now())),
        [Reason::PerformanceMissing]
    );
    let faults = |body| violations(read(body, RecordVisit::read));
    let mut body = done(now());
    body["judgment"] = json!("判决驳回");
    body["hidden_danger"] = json!(true);
    assert_eq!(
        faults(body),
        ["/judgment not_allowed", "/measures required"]
    );
    let body = json!({"result": "unreachable", "mode": "phone", "visited_at": now().to_string(), "sued": true});
    assert_eq!(faults(body), ["/sued unknown_field"]);
}

#[test]
fn nobody_reached_is_tried_again_three_times() {
    let mut f = closed(CaseState::ClosedSuccess);
    let mut when = now();
    let miss = |at: Instant| json!({"result": "unreachable", "mode": "phone", "visited_at": at.to_string()});
    for tries in 1..=RETRIES {
        let d = visited(&f, miss(when), when).unwrap();
        assert_eq!(events(&d), ["follow_up_tried"]);
        apply(&mut f, &d);
        let v = f.follow_up(id(VISIT)).unwrap();
        assert_eq!((v.state, v.tries), (FollowUpState::Unreachable, tries));
        assert!(v.due_on > when.local_date());
        when = v.due_on.start().plus_hours(10);
    }
    let d = visited(&f, miss(when), when).unwrap();
    assert_eq!(events(&d), ["follow_up_closed"]);
    apply(&mut f, &d);
    let v = f.follow_up(id(VISIT)).unwrap();
    assert_eq!(v.ended_as, Some(FollowUpEnd::NotReached));
    assert_eq!(v.detail.tried.len(), 4);
}

#[test]
fn a_hidden_danger_is_assessed_and_the_desk_told() {
    let f = closed(CaseState::ClosedSuccess);
    let mut body = done(now());
    body["hidden_danger"] = json!(true);
    body["measures"] = json!("已劝导，通知村干部留意");
    body["risk_hints"] = json!(["threat_to_kill"]);
    let d = visited(&f, body.clone(), now()).unwrap();
    assert_eq!(
        events(&d),
        ["follow_up_made", "risk_changed", "flag_raised"]
    );
    assert_eq!(d.case().risk, Risk::Red);
    assert_eq!(
        d.case().state,
        CaseState::ClosedSuccess,
        "never opened by itself"
    );
    let told = |to| {
        d.notices
            .iter()
            .any(|(r, n)| *r == to && n.kind == NoticeKind::FollowUpDanger)
    };
    assert!(told(Recipient::Unit(id(DESK))) && told(Recipient::Unit(id(VILLAGE))));
    // A visit never lowers the risk, and one that changes nothing is recorded all the same.
    let mut red = f;
    red.case.risk = Risk::Red;
    red.case.detail.risk_hints = vec![RiskHint::ThreatToKill];
    body["risk_level"] = json!("yellow");
    let d = visited(&red, body, now()).unwrap();
    assert_eq!(events(&d), ["follow_up_made"]);
    assert_eq!(d.case().risk, Risk::Red);
}

#[test]
fn a_visit_is_waived_with_a_reason() {
    let mut f = closed(CaseState::ClosedSuccess);
    let reason = |f: &CaseFile| {
        waive(
            f,
            id(VISIT),
            WaiveVisit {
                reason: "已书面告知".to_owned(),
            },
            now(),
        )
    };
    let d = reason(&f).unwrap();
    apply(&mut f, &d);
    assert!(f.follow_up(id(VISIT)).unwrap().counts());
    assert!(due_visits(&f, day("2026-03-09")).is_empty());
    assert_eq!(reasons(&reason(&f)), [Reason::AlreadyDone]);
}
