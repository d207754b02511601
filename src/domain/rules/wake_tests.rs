use super::*;
use crate::domain::case::{CaseState, CaseType};
use crate::domain::clocks::mediation::{due_of, from_case};
use crate::domain::clocks::{On, PolicyBook};
use crate::domain::rules::movement_kit::{seat, sent, start};
use crate::domain::rules::testkit::*;
use std::sync::Arc;

fn wake(f: &CaseFile, h: &Held, l: &Ladder, c: &Calendar, at: Instant) -> Woken {
    super::wake(f, h, l, c, &mut Ids::default(), at)
}

fn ladder(receiver: Option<u128>) -> Ladder {
    Ladder {
        holder: seat(VILLAGE),
        receiver: receiver.map(seat),
        county: Some(id(COUNTY)),
    }
}

fn held(code: &str, subject: u128, start: Instant, variant: Option<&str>) -> Held {
    let policy = PolicyBook::built_in()
        .in_force(code, start.local_date())
        .unwrap();
    let on = On {
        case: id(1),
        subject: uuid::Uuid::from_u128(subject),
    };
    let clock = Clock::start(id(0x90), on, policy, variant, None, &calendar(), start);
    Held {
        clock,
        policy: Arc::new(policy.clone()),
    }
}

fn decided(woken: Woken) -> Decision {
    match woken {
        Woken::Decided(d) => *d,
        Woken::Told(..) => panic!("nothing was decided"),
    }
}

fn clock_in(d: &Decision) -> &Clock {
    use crate::domain::decision::{Entity, Put};
    let put = d.puts.iter().find_map(|p| match p {
        Put::Update(Entity::Clock(c)) => Some(c),
        _ => None,
    });
    put.unwrap()
}

#[test]
fn yellow_is_told_once_and_the_breach_comes_next() {
    let f = file(CaseState::Registered);
    let h = held("triage", 1, now(), None);
    let yellow = h.clock.yellow_at.unwrap();
    assert_eq!(h.clock.wake_at, Some(yellow.min(h.clock.due_at.unwrap())));
    let at = yellow.max(now()).plus_hours(1);
    let Woken::Told(clock, notices) = wake(&f, &h, &ladder(None), &calendar(), at) else {
        panic!("yellow decides nothing")
    };
    let head = Recipient::Role(Role::DeskHead, id(DESK));
    assert_eq!(notices, [(head, Notice::of(NoticeKind::ClockYellow))]);
    assert_eq!(clock.wake_at, h.clock.due_at);
    let again = Held {
        clock: *clock,
        policy: h.policy,
    };
    let due = again.clock.due_at.unwrap();
    let d = decided(wake(&f, &again, &ladder(None), &calendar(), due));
    let id = again.clock.id;
    let policy = "triage".to_owned();
    let clock = id;
    assert_eq!(d.events, [Event::ClockBreached { clock, policy, due }]);
    assert_eq!(d.notices, [(head, Notice::of(NoticeKind::ClockRed))]);
    assert_eq!(clock_in(&d).wake_at, None);
    assert!(!d.case_changed());
}

#[test]
fn one_who_slept_through_yellow_is_told_of_red_alone() {
    let f = file(CaseState::Registered);
    let h = held("triage", 1, now(), None);
    let d = decided(wake(
        &f,
        &h,
        &ladder(None),
        &calendar(),
        now().plus_days(30),
    ));
    assert_eq!(d.notices.len(), 1);
    assert_eq!(clock_in(&d).breached_at, h.clock.due_at);
}

/// A transfer to the desk climbs to the county, stays there, and is never accepted.
#[test]
fn what_nobody_answers_climbs_to_the_top_and_on() {
    let mut f = start();
    let transfer = sent(&mut f, "escalate", DESK, &mut Ids::default());
    let mut h = held(
        "escalation_answer",
        transfer.uuid.as_u128(),
        now(),
        Some("red"),
    );
    assert_eq!(h.clock.due_at, Some(now().plus_hours(4)));
    // No yellow in its policy: it is looked at when it is due.
    assert_eq!(h.clock.wake_at, h.clock.due_at);
    for (level, after) in [(1, 4), (2, 5), (3, 6)] {
        let at = now().plus_hours(after);
        assert_eq!(h.clock.wake_at, Some(at));
        let d = decided(wake(&f, &h, &ladder(Some(DESK)), &calendar(), at));
        let to: OrgId = id(COUNTY);
        assert!(d.events.contains(&Event::TransferClimbed {
            transfer,
            level,
            to
        }));
        let notice = Notice::transfer(NoticeKind::TransferClimbed, transfer).at_any_hour(true);
        let told = [
            Recipient::Unit(id(DESK)),
            Recipient::Unit(to),
            Recipient::Role(Role::CountySupervisor, to),
        ];
        assert_eq!(d.notices, told.map(|to| (to, notice.clone())));
        assert!(!d.case_changed());
        h.clock = clock_in(&d).clone();
        apply(&mut f, &d);
        let t = &f.transfers[0];
        assert_eq!(
            (t.state, t.climb.unwrap().level),
            (TransferState::Submitted, level)
        );
    }
    // Answered: nothing more happens.
    f.transfers[0].state = TransferState::Accepted;
    let Woken::Told(clock, told) = wake(&f, &h, &ladder(None), &calendar(), now().plus_hours(9))
    else {
        panic!("it was answered")
    };
    assert_eq!((clock.wake_at, told.len()), (None, 0));
}

fn labour(state: CaseState) -> (CaseFile, Held) {
    let mut f = file(state);
    f.case.kind = CaseType::LabourOther;
    f.case.registered_at = now();
    f.case.accepted_at = Some(now().plus_hours(1));
    let (clock, policy) = from_case(&f.case, PolicyBook::built_in(), &calendar()).unwrap();
    let policy = Arc::new(policy);
    let h = Held { clock, policy };
    f.clocks.push(h.clone());
    (f, h)
}

/// SC-19: without an extension by both, the fifteenth day ends it (G-25), the routes told (G-24).
#[test]
fn a_labour_dispute_ends_by_itself_and_arbitration_is_told() {
    let (f, h) = labour(CaseState::InMediation);
    let due = h.clock.due_at.unwrap();
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert_eq!(d.case().state, CaseState::Terminated);
    let ended = d.case().detail.termination.clone().unwrap();
    assert_eq!(ended.reason, TerminationReason::LimitExpired);
    assert_eq!(ended.routes[0].route, Route::LabourArb);
    assert_eq!(events(&d)[0], "clock_breached");
    assert_eq!(clock_in(&d).wake_at, None);
    let told = (
        Recipient::Role(Role::DeskHead, id(DESK)),
        Notice::of(NoticeKind::LimitMissed),
    );
    assert!(d.notices.contains(&told));
}

/// Section 4.6: the leader in charge hears of a county that handles a case too long; where none was
/// named, its supervisors.
#[test]
fn a_leader_in_charge_hears_of_what_is_overdue() {
    let mut f = file(CaseState::InMediation);
    let h = held("county_handling", 1, now(), None);
    let due = h.clock.due_at.unwrap();
    let told = |f: &CaseFile| -> Vec<Recipient> {
        let d = decided(wake(f, &h, &ladder(None), &calendar(), due));
        d.notices.iter().map(|(to, _)| *to).collect()
    };
    let supervisors = Recipient::Role(Role::CountySupervisor, id(COUNTY));
    assert_eq!(told(&f), [supervisors]);
    f.owners = vec![owner(0x710, 0x2D), owner(0x711, 0x2C)];
    f.owners[1].to_at = Some(now());
    assert_eq!(told(&f), [Recipient::User(id(0x2D))]);
}

/// A clock started before is not spoken of where no court confirms (M-93).
#[test]
fn nobody_is_sent_to_a_court_that_would_refuse() {
    use crate::domain::rules::agreement_kit::{PAPER, agreed_with};
    let mut f = agreed_with(serde_json::json!([]));
    let h = held("confirm_window", PAPER, now(), None);
    let first = h.clock.wake_at.unwrap();
    let due = h.clock.due_at.unwrap();
    let hinted = |f: &CaseFile| match wake(f, &h, &ladder(None), &calendar(), first) {
        Woken::Told(_, told) => told.len(),
        Woken::Decided(_) => panic!("nothing is decided yet"),
    };
    assert!(hinted(&f) > 0);
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert!(!d.notices.is_empty());
    f.agreements[0].detail.divorce_effect = true;
    assert_eq!(hinted(&f), 0);
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert_eq!((events(&d), d.notices.len()), (vec!["clock_breached"], 0));
    assert!(!clock_in(&d).is_open());
}

/// G-29: the limit of a labour dispute is not the desk's to stop, but nobody is sent away by a clock
/// in a crisis.
#[test]
fn a_crisis_holds_the_end_until_two_persons_have_reviewed() {
    let (mut f, mut h) = labour(CaseState::Suspended);
    f.case.detail.support = Some(crate::domain::crisis::Support {
        crisis: id(0x700),
        in_progress: true,
        contact: None,
        instruction: None,
        holds: true,
    });
    let due = h.clock.due_at.unwrap();
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert_eq!(events(&d), ["clock_breached"]);
    assert_eq!(d.case().state, CaseState::Suspended);
    let lead = (
        Recipient::Role(Role::PsyLead, id(COUNTY)),
        Notice::of(NoticeKind::LimitMissed),
    );
    assert!(d.notices.contains(&lead));
    h.clock = clock_in(&d).clone();
    let next = due.plus_hours(RETRY_HOURS);
    assert_eq!(h.clock.wake_at, Some(next));
    let Woken::Told(clock, told) = wake(&f, &h, &ladder(None), &calendar(), next) else {
        panic!("the crisis is not over")
    };
    assert!(told.is_empty(), "told once");
    h.clock = *clock;
    // Lifted: the next look ends it.
    f.case.detail.support.as_mut().unwrap().holds = false;
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), next.plus_hours(1)));
    assert_eq!(d.case().state, CaseState::Terminated);
    assert!(!d.notices.contains(&lead));
}

#[test]
fn what_people_must_settle_first_is_not_cut_off() {
    // Taken on after its limit: only the parties' will can have meant to go on.
    let (mut f, h) = labour(CaseState::Accepted);
    let due = h.clock.due_at.unwrap();
    f.case.accepted_at = Some(due.plus_hours(1));
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due.plus_hours(2)));
    assert_eq!(
        (d.case().state, clock_in(&d).wake_at),
        (CaseState::Accepted, None)
    );
    // Not accepted yet: there is no mediation to end.
    let (mut f, h) = labour(CaseState::Screening);
    f.case.accepted_at = None;
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert_eq!(
        (d.case().state, clock_in(&d).wake_at),
        (CaseState::Screening, None)
    );
    // A general dispute is the desk head's to decide: told and a task, never ended.
    let mut f = file(CaseState::InMediation);
    f.case.accepted_at = Some(now());
    let (clock, policy) = from_case(&f.case, PolicyBook::built_in(), &calendar()).unwrap();
    let due = clock.due_at.unwrap();
    let h = Held {
        clock,
        policy: Arc::new(policy),
    };
    let d = decided(wake(&f, &h, &ladder(None), &calendar(), due));
    assert_eq!(events(&d), ["clock_breached", "task_opened"]);
    assert_eq!(d.case().state, CaseState::InMediation);
}

#[test]
fn a_policy_without_a_second_climb_climbs_once() {
    let h = held("escalation_answer", 1, now(), None);
    let mut silent = (*h.policy).clone();
    silent.climbs_every = None;
    assert_eq!(h.clock.climbs_again(&silent, &calendar(), now()), None);
    let again = h.clock.climbs_again(&h.policy, &calendar(), now());
    assert_eq!(again, Some(now().plus_hours(24)));
    let yellow = due_of("med_general", None, &calendar(), now()).unwrap();
    assert_eq!(yellow.wake_at, yellow.yellow_at);
}
