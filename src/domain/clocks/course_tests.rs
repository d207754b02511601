//! Which act starts and ends the clocks that only inform (sections 1.7, 1.8, 2.5, 11.8).
use serde_json::json;

use super::*;
use crate::domain::case::Retention;
use crate::domain::clocks::explain::explain;
use crate::domain::clocks::replay::replay;
use crate::domain::clocks::{On, Policy};
use crate::domain::ids::Id;
use crate::domain::rules::agreement_kit::{PAPER, agreed_with, debt};
use crate::domain::rules::testkit::*;
use crate::domain::time::LocalDate;

fn policy(code: &str) -> Policy {
    let book = PolicyBook::built_in();
    book.in_force(code, day("2026-03-02")).unwrap().clone()
}

/// What an act on this case, with its obligations, does to the open clocks.
fn moves(mut d: Decision, events: Vec<Event>, owed: &[Obligation], open: Vec<Clock>) -> Moves {
    d.events = events;
    let calendar = calendar();
    let facts = Facts {
        book: PolicyBook::built_in(),
        calendar: &calendar,
        obligations: owed.to_vec(),
        county_holds: false,
        now: now(),
    };
    follow(&d, open, &facts, Ids::default())
}

fn registered(change: impl Fn(&mut Case)) -> Vec<Clock> {
    let mut c = case(CaseState::Registered);
    change(&mut c);
    let event = Event::CaseRegistered {
        source: c.source,
        channel: c.channel,
        kind: c.kind,
        origin: c.origin_id,
        client_recorded_at: None,
    };
    moves(Decision::register(c), vec![event], &[], Vec::new()).start
}

fn running(code: &str, variant: Option<&str>, subject: Uuid) -> Clock {
    let on = On {
        case: id(1),
        subject,
    };
    Clock::start(
        id(0x900),
        on,
        &policy(code),
        variant,
        None,
        &calendar(),
        now(),
    )
}

/// Last days of the clocks that inform, by policy.
fn told(clocks: &[Clock]) -> Vec<(&str, LocalDate)> {
    let informing = clocks.iter().filter(|c| c.informs);
    informing
        .map(|c| (c.policy.as_str(), c.last_day.unwrap()))
        .collect()
}

type Change = fn(&mut Case);
/// What is tried, how the case differs, and the clocks that then run with their last days.
type Try = (
    &'static str,
    Change,
    &'static [(&'static str, &'static str)],
);

#[test]
fn a_request_restarts_the_limitation_of_its_kind() {
    let none: &[(&str, &str)] = &[];
    // Monday 2 March 2026 + 3 years is Friday 2 March 2029; + 1 year is a Tuesday.
    let table: &[Try] = &[
        ("neighbours", |_| {}, &[("suit_restart", "2029-03-02")]),
        (
            "labour",
            |c| c.kind = CaseType::LabourOther,
            &[("labour_arb_restart", "2027-03-02")],
        ),
        (
            "a service is no employment",
            |c| {
                c.kind = CaseType::WageArrears;
                c.detail.relation_kind = Some(RelationKind::Service);
            },
            &[("suit_restart", "2029-03-02")],
        ),
        ("ex officio", |c| c.source = Source::ExOfficio, none),
        (
            "administrative",
            |c| c.procedure = Procedure::AdminMediation,
            &[
                ("adm_med_transfer", "2026-03-05"),
                ("adm_med_accept", "2026-03-09"),
                ("suit_restart", "2029-03-02"),
            ],
        ),
        (
            "administrative and complex",
            |c| {
                c.procedure = Procedure::AdminMediation;
                c.difficulty = Difficulty::Complex;
            },
            &[
                ("adm_med_transfer", "2026-03-05"),
                ("adm_med_accept", "2026-03-16"),
                ("suit_restart", "2029-03-02"),
            ],
        ),
    ];
    for (name, change, want) in table {
        let want: Vec<(&str, LocalDate)> = want.iter().map(|(p, d)| (*p, day(d))).collect();
        assert_eq!(told(&registered(*change)), want, "{name}");
    }
}

#[test]
fn a_refusal_says_how_long_the_other_ways_are_open() {
    let f = file(CaseState::Rejected);
    let refused = |routes: &[Route]| Event::CaseRejected {
        reason: RejectCode::Na3AdminAct,
        routes: routes.to_vec(),
    };
    let open = || vec![running("suit_restart", None, f.case.id.uuid)];
    let both = &[Route::AdminReview, Route::AdminSuit];
    let m = moves(Decision::on(&f), vec![refused(both)], &[], open());
    // Sixty days end on Friday 1 May, a holiday; six months on Wednesday 2 September.
    let review = told(&m.start);
    assert!(
        review.contains(&("admin_suit", day("2026-09-02"))),
        "{review:?}"
    );
    let last = review.iter().find(|(p, _)| *p == "admin_review").unwrap().1;
    assert!(last >= day("2026-05-01"), "{last}");
    assert!(!calendar().is_rest_day(last));
    // The party's own time goes on.
    assert!(m.change.iter().all(|c| c.policy != "suit_restart"));
    let m = moves(
        Decision::on(&f),
        vec![refused(&[Route::CivilSuit])],
        &[],
        open(),
    );
    assert_eq!(told(&m.start), []);
}

#[test]
fn an_agreement_is_sued_on_from_its_last_instalment() {
    let debts = json!([debt(1, 100, "2026-04-01"), debt(2, 100, "2026-06-01")]);
    let f = agreed_with(debts);
    let paper = id(PAPER);
    let effect = Event::AgreementEffective {
        agreement: paper,
        effective_on: day("2026-03-02"),
    };
    let old = running("suit_restart", None, f.case.id.uuid);
    let events = vec![effect.clone(), Event::CaseAgreed {}];
    let m = moves(Decision::on(&f), events, &f.obligations, vec![old]);
    // 1 June 2029 is a Friday.
    assert_eq!(told(&m.start), [("suit_agreement", day("2029-06-01"))]);
    let ended = |m: &Moves, code: &str| -> Option<By> {
        let c = m.change.iter().find(|c| c.policy == code)?;
        c.detail.ended_by
    };
    assert_eq!(ended(&m, "suit_restart"), Some(By::Agreed));
    // Nothing owed, nothing to sue for.
    let m = moves(Decision::on(&f), vec![effect], &[], Vec::new());
    assert_eq!(told(&m.start), []);

    let suit = || vec![running("suit_agreement", None, paper.uuid)];
    let table = [
        (
            Event::BreachRouteTaken {
                agreement: paper,
                route: BreachRoute::CourtSuit,
            },
            Some(By::ClaimBrought),
        ),
        (
            Event::ConfirmationDecided {
                agreement: paper,
                state: ConfirmationState::Confirmed,
            },
            Some(By::Superseded),
        ),
        (
            Event::ConfirmationDecided {
                agreement: paper,
                state: ConfirmationState::Dismissed,
            },
            None,
        ),
        (Event::CaseFulfilled {}, Some(By::Performed)),
        (
            Event::AgreementRescinded { agreement: paper },
            Some(By::Superseded),
        ),
        (Event::CaseBreached {}, None),
    ];
    for (event, want) in table {
        let name = format!("{event:?}");
        let m = moves(Decision::on(&f), vec![event], &f.obligations, suit());
        assert_eq!(ended(&m, "suit_agreement"), want, "{name}");
    }
}

#[test]
fn a_dossier_is_kept_by_its_class_and_what_informs_is_never_missed() {
    let f = file(CaseState::Archived);
    let case = f.case.id.uuid;
    let table = [
        (Retention::Permanent, None),
        (Retention::Long, Some(day("2056-03-02"))),
        (Retention::Short, Some(day("2036-03-02"))),
    ];
    for (retention, want) in table {
        let event = Event::CaseArchived { retention };
        let m = moves(Decision::on(&f), vec![event], &[], Vec::new());
        let kept = told(&m.start);
        assert_eq!(kept.first().map(|(_, d)| *d), want, "{retention:?}");
        assert_eq!(kept.len(), usize::from(want.is_some()));
    }
    let keep = running("dossier_keep", Some("short"), case);
    let due = keep.due_at.unwrap();
    assert_eq!(keep.light(now()), Some(crate::domain::clocks::Light::Green));
    assert_eq!(keep.light(due), None, "no red light");
    assert_eq!(keep.breached(due), None, "no breach");
    let event = Event::CaseReopened { round: 2 };
    let m = moves(Decision::on(&f), vec![event], &[], vec![keep]);
    assert!(
        m.change
            .iter()
            .any(|c| c.policy == "dossier_keep" && !c.is_open())
    );
}

#[test]
fn a_corrected_kind_has_its_own_limitation_from_the_same_day() {
    let mut f = file(CaseState::Screening);
    let mut old = running("suit_restart", None, f.case.id.uuid);
    old.started_at = now().plus_days(-3);
    f.case.kind = CaseType::LabourOther;
    let event = Event::CaseScreened {
        civil: true,
        special_organ: false,
        accepted_elsewhere: false,
    };
    let m = moves(Decision::on(&f), vec![event], &[], vec![old.clone()]);
    let new = m
        .start
        .iter()
        .find(|c| c.policy == "labour_arb_restart")
        .unwrap();
    assert_eq!(new.started_at, old.started_at);
    assert!(m.change.iter().any(|c| c.id == old.id && !c.is_open()));
}

/// Every clock that informs is explained in both languages, and its explanation gives its end.
#[test]
fn what_informs_is_explained() {
    let calendar = calendar();
    let book = PolicyBook::built_in();
    let mut seen = 0;
    for p in book.rows().iter().filter(|p| p.informs()) {
        let variants = p.variants.iter().map(|v| Some(v.code.as_str()));
        for variant in variants.chain([None]) {
            let on = On {
                case: Id::new(Uuid::nil()),
                subject: Uuid::nil(),
            };
            let clock = Clock::start(id(1), on, p, variant, None, &calendar, now());
            let why = explain(&clock, p, &calendar);
            assert_eq!(replay(&why).ok(), Some(clock.due_at), "{}", p.code);
            assert!(why.text.zh[0].contains(&p.basis.zh), "{}", p.code);
            assert!(why.text.en[0].contains(&p.basis.en), "{}", p.code);
            assert!(p.tell_red.is_empty() || p.version == 1, "{}", p.code);
            seen += 1;
        }
    }
    assert!(seen >= 25, "{seen}");
}
