use super::super::kit::date;
use super::*;

#[test]
fn the_shipped_years_are_the_notices() {
    let c = nation();
    assert_eq!(c.version(), "CN@2026.1");
    assert!(c.is_official());
    for (year, holidays, workdays) in [(2024, 28, 8), (2025, 28, 5), (2026, 33, 6)] {
        let of = |kind| {
            c.exceptions()
                .filter(|(d, x)| d.year() == year && x.kind == kind)
                .count()
        };
        assert_eq!(of(DayKind::Holiday), holidays, "{year}");
        assert_eq!(of(DayKind::Workday), workdays, "{year}");
        assert!(c.year(year).unwrap().official);
    }
    assert!(c.year(2027).is_none());
    assert!(!c.is_rest_day(date("2026-02-28")));
    assert!(c.is_rest_day(date("2026-02-23")));
    // Leave on the eve of 2024 was recommended, not given.
    assert!(!c.is_rest_day(date("2024-02-09")));
    assert_eq!(c.open_spans(date("2026-03-01")), []);
    let open = c.open_spans(date("2026-03-02"));
    let text: Vec<String> = open
        .iter()
        .map(|(a, b)| a.local_text() + " " + &b.local_text())
        .collect();
    assert_eq!(text[0], "2026-03-02 08:30 2026-03-02 12:00");
    assert_eq!(text[1], "2026-03-02 14:30 2026-03-02 17:30");
}

#[test]
fn a_region_adds_its_days_and_says_what_is_not_official() {
    let docs = shipped().unwrap();
    let c = build("CN-GX", &docs).unwrap();
    assert_eq!(c.version(), "CN-GX@2026.1+CN@2026.1");
    let local = c.exception(date("2026-04-20")).unwrap();
    assert!(!local.official);
    assert!(c.exception(date("2026-04-06")).unwrap().official);
    let gx = docs.iter().find(|d| d.region == "CN-GX").unwrap();
    assert!(gx.years.iter().all(|y| !y.official && y.reason.is_some()));
    assert_eq!(
        build("CN-XZ", &docs).unwrap_err()[0].fault,
        "unknown_region"
    );
}

#[test]
fn every_fault_of_a_document_is_told() {
    let faults = |change: fn(&mut CalendarDoc)| {
        let mut doc = shipped().unwrap().remove(0);
        change(&mut doc);
        let found = check(&doc).err().unwrap_or_default();
        found
            .iter()
            .map(|f| (f.at.clone(), f.fault))
            .collect::<Vec<_>>()
    };
    let one = |at: &str, fault| vec![(at.to_owned(), fault)];
    assert_eq!(faults(|_| {}), []);
    assert_eq!(
        faults(|d| d.format = "x".into()),
        one("/format", "unknown_format")
    );
    assert_eq!(
        faults(|d| d.region = "cn".into()),
        one("/region", "invalid_region")
    );
    assert_eq!(
        faults(|d| d.version.clear()),
        one("/version", "invalid_version")
    );
    assert_eq!(
        faults(|d| d.office_hours = vec![("12:00".into(), "08:30".into())]),
        one("/office_hours", "invalid_hours")
    );
    assert_eq!(
        faults(|d| d.years[0].official = false),
        one("/years/0/reason", "missing")
    );
    assert_eq!(
        faults(|d| d.years[2].year = 2025).last().unwrap().1,
        "outside_the_year"
    );
    assert_eq!(
        faults(|d| d.years[2].periods[1].to = date("2026-01-05")),
        one("/years/2/periods/1", "workday_on_a_weekday")
    );
    assert_eq!(
        faults(|d| d.years[2].periods[0].to = date("2026-01-04")),
        one("/years/2/periods/1", "day_named_twice")
    );
    assert_eq!(
        faults(|d| d.years[2].periods[0].to = date("2025-01-04")),
        one("/years/2/periods/0/to", "invalid_period")
    );
    assert!(parse("{").is_err());
    assert!(parse(r#"{"format":"jieyou-calendar/1","extra":1}"#).is_err());
}

#[test]
fn a_circle_of_regions_is_refused() {
    let mut docs = shipped().unwrap();
    docs[0].extends = Some("CN-GX".into());
    assert_eq!(
        build("CN", &docs).unwrap_err()[0].fault,
        "extends_in_a_circle"
    );
}
