use super::super::kit::{date, policy};
use super::*;

/// Rows of sections 11.8 and 4.6: code, length, roll, effect.
const REGISTRY: &[(&str, Unit, u32, bool, Effect)] = &[
    ("med_general", Unit::Months, 1, true, Effect::Hard),
    ("med_labour", Unit::Days, 15, true, Effect::Hard),
    ("med_medical", Unit::WorkingDays, 30, false, Effect::Hard),
    ("med_court_pre", Unit::Days, 30, true, Effect::Hard),
    ("med_court_trial", Unit::Days, 15, true, Effect::Hard),
    (
        "court_accept_task",
        Unit::WorkingDays,
        3,
        false,
        Effect::Soft,
    ),
    ("confirm_window", Unit::Days, 30, true, Effect::Hard),
    ("confirm_review", Unit::Days, 30, true, Effect::Info),
    ("confirm_objection", Unit::Days, 15, true, Effect::Info),
    ("enforce", Unit::Years, 2, true, Effect::Info),
    ("ratify_limited", Unit::Days, 30, true, Effect::Info),
    ("suit_limit", Unit::Years, 3, true, Effect::Info),
    ("labour_arb_limit", Unit::Years, 1, true, Effect::Info),
    ("land_arb_limit", Unit::Years, 2, true, Effect::Info),
    ("land_suit", Unit::Days, 30, true, Effect::Info),
    ("admin_review", Unit::Days, 60, true, Effect::Info),
    ("admin_suit", Unit::Months, 6, true, Effect::Info),
    ("prot_order", Unit::Hours, 72, false, Effect::Info),
    ("prot_order_valid", Unit::Months, 6, false, Effect::Info),
    ("pet_forward", Unit::Days, 15, true, Effect::Hard),
    ("pet_notice", Unit::Days, 15, true, Effect::Hard),
    ("pet_object", Unit::WorkingDays, 5, false, Effect::Hard),
    ("pet_finish", Unit::Days, 60, true, Effect::Hard),
    ("pet_review", Unit::Days, 30, true, Effect::Info),
    ("pet_rereview", Unit::Days, 30, true, Effect::Info),
    (
        "adm_med_transfer",
        Unit::WorkingDays,
        3,
        false,
        Effect::Info,
    ),
    ("adm_med_accept", Unit::WorkingDays, 5, false, Effect::Info),
    ("report_police", Unit::Hours, 2, false, Effect::Hard),
    ("report_minor", Unit::Minutes, 30, false, Effect::Hard),
    ("log_keep", Unit::Months, 6, false, Effect::Info),
    ("pia_keep", Unit::Years, 3, false, Effect::Info),
    ("hotline_keep", Unit::Years, 3, false, Effect::Info),
    ("triage", Unit::WorkingDays, 1, false, Effect::Soft),
    ("accept_decision", Unit::WorkingDays, 3, false, Effect::Soft),
    ("ask_consent", Unit::WorkingDays, 3, false, Effect::Soft),
    ("first_session", Unit::Days, 7, true, Effect::Soft),
    (
        "escalation_answer",
        Unit::WorkingDays,
        3,
        false,
        Effect::Soft,
    ),
    (
        "county_handling",
        Unit::WorkingDays,
        15,
        false,
        Effect::Soft,
    ),
    (
        "whistle_response",
        Unit::WorkingDays,
        2,
        false,
        Effect::Soft,
    ),
    ("feedback", Unit::WorkingDays, 3, false, Effect::Soft),
    ("evaluation", Unit::Days, 15, true, Effect::Info),
    ("archive", Unit::WorkingDays, 15, false, Effect::Soft),
    ("suit_restart", Unit::Years, 3, true, Effect::Info),
    ("suit_agreement", Unit::Years, 3, true, Effect::Info),
    ("labour_arb_restart", Unit::Years, 1, true, Effect::Info),
    ("dossier_keep", Unit::Years, 30, false, Effect::Info),
];

#[test]
fn the_registry_is_shipped() {
    let book = PolicyBook::shipped();
    assert!(book.rows().len() >= REGISTRY.len());
    for (code, unit, n, roll, effect) in REGISTRY {
        let p = book.in_force(code, date("2026-01-01")).expect(code);
        assert_eq!(p.length, Length { unit: *unit, n: *n }, "{code}");
        assert_eq!((p.roll, p.effect), (*roll, *effect), "{code}");
    }
    let variants = [
        ("escalation_answer", "red", Unit::Hours, 4),
        ("whistle_response", "red", Unit::Hours, 2),
        ("county_handling", "complex", Unit::WorkingDays, 30),
        ("med_court_trial", "summary", Unit::Days, 7),
        ("confirm_objection", "third_party", Unit::Months, 6),
        ("prot_order", "urgent", Unit::Hours, 24),
        ("report_police", "t4", Unit::Minutes, 10),
        ("suit_limit", "longest", Unit::Years, 20),
        ("adm_med_accept", "complex", Unit::WorkingDays, 10),
    ];
    for (code, variant, unit, n) in variants {
        let p = policy(code);
        assert_eq!(p.length_of(Some(variant)), Length { unit, n }, "{code}");
    }
    let days: Vec<i32> = policy("confirm_window")
        .reminders
        .iter()
        .map(|r| r.days)
        .collect();
    assert_eq!(days, [20, 27, 29]);
    let days: Vec<i32> = policy("obligation_due")
        .reminders
        .iter()
        .map(|r| r.days)
        .collect();
    assert_eq!(days, [-7, -1, 0, 1, 7]);
}

/// The desk cannot stop a clock of the court, a petition or a limitation (section 11.8).
#[test]
fn statutory_clocks_never_pause() {
    for p in PolicyBook::shipped().rows() {
        let statutory = matches!(
            p.track,
            Track::Court | Track::Confirmation | Track::Limitation | Track::Petition
        );
        assert!(!statutory || p.pausable.is_empty(), "{}", p.code);
        if p.extension
            .as_ref()
            .is_some_and(|x| x.by == ExtendBy::Parties)
        {
            assert!(
                matches!(p.track, Track::Mediation | Track::Court),
                "{}",
                p.code
            );
        }
    }
    assert_eq!(policy("med_medical").pausable, [SuspendReason::Appraisal]);
    assert!(policy("med_labour").pausable.is_empty());
}

fn changed(code: &str, change: impl FnOnce(&mut Policy)) -> Policy {
    let mut p = policy(code);
    change(&mut p);
    p
}

#[test]
fn a_version_once_shipped_never_changes() {
    let other = changed("triage", |p| p.length.n = 2);
    let faults = PolicyBook::shipped().with_rows(vec![other]).unwrap_err();
    assert_eq!(
        (faults[0].row.as_str(), faults[0].fault),
        ("triage@1", "version_changed")
    );
    let same = PolicyBook::shipped()
        .with_rows(vec![policy("triage")])
        .unwrap();
    assert_eq!(same, PolicyBook::shipped());
}

#[test]
fn a_county_overrides_from_a_day_on() {
    let own = changed("triage", |p| {
        p.version = 2;
        p.effective_from = date("2026-07-01");
        p.length.n = 2;
    });
    let book = PolicyBook::shipped().with_rows(vec![own]).unwrap();
    let n = |day| book.in_force("triage", date(day)).unwrap().length.n;
    assert_eq!((n("2026-06-30"), n("2026-07-01")), (1, 2));
    assert_eq!(book.in_force("triage", date("1969-12-31")), None);
}

#[test]
fn broken_rows_are_named() {
    let faults = |p: Policy| -> Vec<&'static str> {
        match PolicyBook::default().with_rows(vec![p]) {
            Ok(_) => Vec::new(),
            Err(f) => f.into_iter().map(|f| f.fault).collect(),
        }
    };
    assert_eq!(faults(policy("triage")), [""; 0]);
    assert_eq!(
        faults(changed("triage", |p| p.code = "Triage".into())),
        ["invalid_code"]
    );
    assert_eq!(
        faults(changed("triage", |p| p.length.n = 0)),
        ["invalid_length"]
    );
    assert_eq!(
        faults(changed("triage", |p| p.yellow.part = 1)),
        ["invalid_yellow"]
    );
    assert_eq!(
        faults(changed("triage", |p| p.en.clear())),
        ["missing_text"]
    );
    let sham = changed("med_general", |p| p.pausable.push(SuspendReason::ShamCheck));
    assert_eq!(faults(sham), ["not_a_pause"]);
    let older = changed("triage", |p| {
        p.version = 2;
        p.effective_from = date("1960-01-01");
    });
    let found = PolicyBook::shipped().with_rows(vec![older]).unwrap_err();
    assert_eq!(found[0].fault, "effective_before_its_predecessor");
    assert!(PolicyBook::default().with_file("[]").is_err());
}
