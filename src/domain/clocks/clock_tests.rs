use uuid::Uuid;

use super::super::explain::explain;
use super::super::kit::{calendar, date, local, policy};
use super::super::replay::{ReplayFault, replay};
use super::super::trace::Step;
use super::*;

fn start(code: &str, variant: Option<&str>, at: &str) -> Clock {
    let on = On {
        case: Id::new(Uuid::nil()),
        subject: Uuid::nil(),
    };
    let c = calendar("CN");
    let id = Id::new(Uuid::nil());
    Clock::start(id, on, &policy(code), variant, None, &c, local(at))
}

fn party(n: u128) -> PartyId {
    Id::new(Uuid::from_u128(n))
}

fn pause(clock: &Clock, reason: SuspendReason, at: &str) -> Result<Clock, Vec<Reason>> {
    let ask = AskPause {
        reason,
        approver: None,
        note: None,
    };
    let p = policy(&clock.policy);
    clock
        .pause(&p, &calendar("CN"), ask, local(at))
        .map_err(|r| r.into_iter().map(|r| r.reason).collect())
}

fn resume(clock: &Clock, at: &str) -> Clock {
    clock
        .resume(&policy(&clock.policy), &calendar("CN"), local(at))
        .unwrap()
}

fn extend(clock: &Clock, until: &str, signed: &[u128], at: &str) -> Result<Clock, Vec<Refusal>> {
    let consents = signed.iter().map(|n| ClockConsent {
        party: party(*n),
        at: local(at),
    });
    let ask = AskExtension {
        until: date(until),
        consents: consents.collect(),
        approver: None,
        note: None,
    };
    let needed = [party(1), party(2)];
    clock.extend(
        &policy(&clock.policy),
        &calendar("CN"),
        &needed,
        ask,
        local(at),
    )
}

fn light(clock: &Clock, at: &str) -> Option<Light> {
    clock.light(local(at))
}

/// SC-19: on the fifteenth day only the worker wants to go on (G-25).
#[test]
fn one_sides_will_extends_nothing() {
    let clock = start("med_labour", None, "2026-03-02 10:00");
    let refused = extend(&clock, "2026-04-01", &[1], "2026-03-17 16:00").unwrap_err();
    assert_eq!(refused[0].reason, Reason::ExtensionNotSigned);
    assert_eq!(refused[0].items, [party(2).to_string()]);
    let both = extend(&clock, "2026-04-01", &[1, 2], "2026-03-17 23:59").unwrap();
    assert_eq!(both.due_at, Some(local("2026-04-01 24:00")));
    let late = extend(&clock, "2026-04-01", &[1, 2], "2026-03-18 00:00").unwrap_err();
    assert_eq!(late[0].reason, Reason::ClockRunOut);
    let earlier = extend(&clock, "2026-03-17", &[1, 2], "2026-03-10 10:00").unwrap_err();
    assert_eq!(earlier[0].reason, Reason::TimeOrder);
}

#[test]
fn an_extension_by_the_officer_has_its_bounds() {
    let clock = start("pet_finish", None, "2026-03-02 10:00");
    let (p, c, now) = (
        policy("pet_finish"),
        calendar("CN"),
        local("2026-04-20 10:00"),
    );
    let ask = |until, approver| AskExtension {
        until: date(until),
        consents: Vec::new(),
        approver,
        note: None,
    };
    let officer = Some(Id::new(Uuid::from_u128(9)));
    let reasons = |r: Result<Clock, Vec<Refusal>>| r.unwrap_err()[0].clone();
    let none = reasons(clock.extend(&p, &c, &[], ask("2026-05-20", None), now));
    assert_eq!(none.reason, Reason::ExtensionNotSigned);
    // Due 6 May; thirty days more is 5 June.
    let far = reasons(clock.extend(&p, &c, &[], ask("2026-06-06", officer), now));
    assert_eq!(
        (far.reason, far.items[0].as_str()),
        (Reason::ExtensionTooLong, "2026-06-05")
    );
    let once = clock
        .extend(&p, &c, &[], ask("2026-06-05", officer), now)
        .unwrap();
    let twice = reasons(once.extend(&p, &c, &[], ask("2026-06-06", officer), now));
    assert_eq!(twice.reason, Reason::NotExtendable);
    let never = start("confirm_window", None, "2026-03-02 10:00");
    let p = policy("confirm_window");
    let refused = reasons(never.extend(&p, &c, &[], ask("2026-06-05", officer), now));
    assert_eq!(refused.reason, Reason::ClockRunOut);
}

#[test]
fn only_a_clock_that_may_stand_still_does() {
    use SuspendReason as S;
    let general = start("med_general", None, "2026-03-02 10:00");
    let paused = pause(&general, S::Absence, "2026-03-10 09:00").unwrap();
    assert_eq!((paused.state, paused.due_at), (ClockState::Paused, None));
    assert_eq!(
        pause(&paused, S::Absence, "2026-03-11 09:00"),
        Err(vec![Reason::ClockPaused])
    );
    assert_eq!(
        pause(&general, S::ShamCheck, "2026-03-10 09:00"),
        Err(vec![Reason::NotPausable])
    );
    let medical = start("med_medical", None, "2026-03-02 10:00");
    assert!(pause(&medical, S::Appraisal, "2026-03-10 09:00").is_ok());
    assert_eq!(
        pause(&medical, S::Absence, "2026-03-10 09:00"),
        Err(vec![Reason::NotPausable])
    );
    for code in ["med_labour", "confirm_window", "pet_finish", "suit_limit"] {
        let clock = start(code, None, "2026-03-02 10:00");
        assert_eq!(
            pause(&clock, S::ForceMajeure, "2026-03-10 09:00"),
            Err(vec![Reason::NotPausable]),
            "{code}"
        );
    }
    assert_eq!(
        pause(&general, S::Absence, "2026-04-03 00:00"),
        Err(vec![Reason::ClockRunOut])
    );
    let resumed = resume(&paused, "2026-03-17 15:00");
    assert_eq!(resumed.due_at, Some(local("2026-04-09 24:00")));
    assert_eq!(
        pause(&resumed, S::Absence, "2026-03-16 09:00"),
        Err(vec![Reason::TimeOrder])
    );
}

/// Lights worked out by hand: one third of the running time, or three whole working days.
#[test]
fn the_lights() {
    use Light::*;
    // Monday 2 March 10:00 to the end of Thursday 2 April: 31 days and 14 hours; a third is
    // 10 days, 12 hours and 40 minutes, so yellow from 23 March 11:20.
    let general = start("med_general", None, "2026-03-02 10:00");
    assert_eq!(general.yellow_at, Some(local("2026-03-23 11:20")));
    assert_eq!(light(&general, "2026-03-23 11:19"), Some(Green));
    assert_eq!(light(&general, "2026-03-23 11:20"), Some(Yellow));
    assert_eq!(light(&general, "2026-04-02 23:59"), Some(Yellow));
    assert_eq!(light(&general, "2026-04-03 00:00"), Some(Red));
    let paused = pause(&general, SuspendReason::Crisis, "2026-03-10 09:00").unwrap();
    assert_eq!(light(&paused, "2026-06-01 09:00"), Some(Grey));
    // Seven days to the end of Monday 9 March: a third is 2 days 12:40. Three working days
    // before the end come earlier: Thursday 5, Friday 6, Monday 9, from the end of Wednesday 4.
    let session = start("first_session", None, "2026-03-02 10:00");
    assert_eq!(session.yellow_at, Some(local("2026-03-04 24:00")));
    // Three working days, Tuesday to Thursday: green while Monday lasts, then just three are left.
    let decide = start("accept_decision", None, "2026-03-02 10:00");
    assert_eq!(light(&decide, "2026-03-02 10:00"), Some(Green));
    assert_eq!(light(&decide, "2026-03-03 00:00"), Some(Yellow));
    // Of hours only the third counts: 80 minutes of four hours.
    let red = start("escalation_answer", Some("red"), "2026-03-06 16:30");
    assert_eq!(light(&red, "2026-03-06 19:09"), Some(Green));
    assert_eq!(light(&red, "2026-03-06 19:10"), Some(Yellow));
    assert_eq!(light(&red, "2026-03-06 20:30"), Some(Red));
    let done = session.satisfied(ClockEvent::SessionOpened, local("2026-03-05 09:00"));
    assert_eq!(light(&done, "2026-03-05 09:00"), None);
}

#[test]
fn a_breach_stays_on_record() {
    let clock = start("triage", None, "2026-03-02 10:00");
    assert_eq!(clock.breached(local("2026-03-03 23:59")), None);
    let missed = clock.breached(local("2026-03-04 00:00")).unwrap();
    assert_eq!(missed.state, ClockState::Breached);
    assert_eq!(missed.breached_at, Some(local("2026-03-03 24:00")));
    assert_eq!(missed.breached(local("2026-03-05 00:00")), None);
    let late = missed.satisfied(ClockEvent::Screened, local("2026-03-05 09:00"));
    assert_eq!(late.state, ClockState::Satisfied);
    assert_eq!(late.breached_at, missed.breached_at);
    // Missed without anybody having looked: the end records it.
    let unseen = clock.satisfied(ClockEvent::Screened, local("2026-03-05 09:00"));
    assert_eq!(unseen.breached_at, missed.breached_at);
    let in_time = clock.satisfied(ClockEvent::Screened, local("2026-03-03 09:00"));
    assert_eq!(in_time.breached_at, None);
    let ended = in_time.stopped(ClockEvent::Closed, local("2026-03-09 09:00"));
    assert_eq!(ended.state, ClockState::Satisfied);
}

#[test]
fn the_account_names_every_day_and_its_source() {
    let clock = start("med_general", None, "2026-01-31 10:00");
    let x = explain(&clock, &policy("med_general"), &calendar("CN"));
    let make_up = x.steps.iter().find_map(|s| match s {
        Step::MakeUp {
            date,
            source,
            rolling: true,
            ..
        } => Some((date.to_string(), source.as_str())),
        _ => None,
    });
    assert_eq!(
        make_up,
        Some(("2026-02-28".to_owned(), "国办发明电〔2025〕7号"))
    );
    let zh = x.text.zh.join("\n");
    assert!(
        zh.contains("2026-02-28为春节调休上班，不顺延（国办发明电〔2025〕7号）"),
        "{zh}"
    );
    assert!(zh.contains("人民调解工作若干规定 第三十三条"), "{zh}");
    let en = x.text.en.join("\n");
    assert!(en.contains("In time before 2026-03-01 00:00."), "{en}");
    let work = start("accept_decision", None, "2026-12-30 10:00");
    let x = explain(&work, &policy("accept_decision"), &calendar("CN"));
    assert_eq!(x.assumed_years, [2027]);
}

#[test]
fn a_forged_account_does_not_hold() {
    let clock = start("accept_decision", None, "2026-02-12 10:00");
    let x = explain(&clock, &policy("accept_decision"), &calendar("CN"));
    assert_eq!(replay(&x), Ok(clock.due_at));
    let with = |change: &dyn Fn(&mut super::super::Explanation)| {
        let mut forged = x.clone();
        change(&mut forged);
        replay(&forged)
    };
    assert_eq!(with(&|x| x.length.n = 4), Err(ReplayFault::Count));
    assert_eq!(
        with(&|x| {
            x.steps.remove(3);
        }),
        Err(ReplayFault::Gap)
    );
    assert_eq!(
        with(&|x| {
            x.steps.pop();
        }),
        Err(ReplayFault::Order)
    );
    assert_eq!(
        with(&|x| x.started_at = local("2026-02-11 10:00")),
        Err(ReplayFault::Day)
    );
    let a_weekday_as_make_up = |x: &mut super::super::Explanation| {
        for s in &mut x.steps {
            if let Step::MakeUp { date: d, .. } = s {
                *d = date("2026-02-17");
            }
        }
    };
    assert_eq!(with(&a_weekday_as_make_up), Err(ReplayFault::Day));
}

/// a clock keeps the version it started under, whatever comes into force later.
#[test]
fn a_later_version_moves_no_running_clock() {
    use super::super::policy_file::PolicyBook;
    let mut own = policy("med_general");
    own.version = 2;
    own.effective_from = date("2026-03-10");
    own.length.n = 2;
    let book = PolicyBook::shipped().with_rows(vec![own]).unwrap();
    let c = calendar("CN");
    let mut old = start("med_general", None, "2026-03-02 10:00");
    let due = old.due_at;
    let its_own = book.version(&old.policy, old.policy_version).unwrap();
    old.recompute(its_own, &c);
    assert_eq!(old.due_at, due);
    let new = book.in_force("med_general", date("2026-03-10")).unwrap();
    assert_eq!((new.version, new.length.n), (2, 2));
}
