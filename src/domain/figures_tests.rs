use super::*;
use crate::domain::time::LocalDate;

fn date(text: &str) -> LocalDate {
    LocalDate::parse(text).unwrap()
}

fn closed(result: CountedResult) -> ReturnEntry {
    ReturnEntry {
        id: Id::new(uuid::Uuid::nil()),
        case_id: Id::new(uuid::Uuid::nil()),
        act: CountedAct::Closed,
        at: date("2026-06-30").start(),
        on_date: date("2026-06-30"),
        recorded_at: date("2026-06-30").start(),
        undone_at: None,
        org_id: Id::new(uuid::Uuid::nil()),
        desk_id: None,
        committee_kind: Some(CommitteeKind::Village),
        kind: CaseType::Neighbour,
        source: Source::Police,
        channel: Channel::WalkIn,
        result: Some(result),
        form: Some(AgreementForm::Written),
        complex: false,
        persons: 3,
        amount_fen: 14_999,
        averted: None,
        incident_id: None,
    }
}

#[test]
fn periods_begin_and_end_by_the_calendar() {
    let span = |kind, year, no| Span::of(kind, year, no).map(|s| (s.from, s.to));
    assert_eq!(
        span(ReturnPeriod::Month, 2028, 2),
        Some((date("2028-02-01"), date("2028-02-29")))
    );
    assert_eq!(
        span(ReturnPeriod::Quarter, 2026, 2),
        Some((date("2026-04-01"), date("2026-06-30")))
    );
    assert_eq!(
        span(ReturnPeriod::HalfYear, 2026, 2),
        Some((date("2026-07-01"), date("2026-12-31")))
    );
    assert_eq!(
        span(ReturnPeriod::Year, 2026, 1),
        Some((date("2026-01-01"), date("2026-12-31")))
    );
    assert_eq!(span(ReturnPeriod::Quarter, 2026, 5), None);
    assert_eq!(span(ReturnPeriod::Month, 2026, 0), None);
    assert_eq!(span(ReturnPeriod::Year, 2026, 2), None);
}

#[test]
fn codes_are_known_and_differ() {
    let all = Cell::all();
    for cell in &all {
        assert_eq!(Cell::parse(&cell.code()), Some(*cell));
        for lang in [Lang::Zh, Lang::En] {
            assert!(!cell.label(lang).is_empty());
        }
    }
    let mut codes: Vec<_> = all.iter().map(|c| c.code()).collect();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), all.len());
}

/// Fen are kept to the end: a hundred amounts of 149.99 yuan are 1.50 wan, not a hundred times 0.01.
#[test]
fn amounts_are_rounded_once() {
    let many = vec![closed(CountedResult::Success); 100];
    let figures = Figures::of(&many);
    assert_eq!(figures.get(Cell::Amount), 1_499_900);
    assert_eq!(wan_text(figures.get(Cell::Amount)), "1.50");
    assert_eq!(wan_text(4_999), "0.00");
    assert_eq!(wan_text(5_000), "0.01", "half up");
    assert_eq!(wan_text(10_000_000_000), "10000.00");
}

#[test]
fn the_rate_leaves_partial_and_unmediated_cases_out() {
    let list = [
        closed(CountedResult::Success),
        closed(CountedResult::Success),
        closed(CountedResult::Partial),
        closed(CountedResult::Failed),
        closed(CountedResult::Otherwise),
    ];
    let figures = Figures::of(&list);
    assert_eq!(figures.success_rate(), (2, 3));
    assert_eq!(figures.get(Cell::Total), 4);
    assert_eq!(figures.get(Cell::Otherwise), 1);
    assert_eq!(figures.get(Cell::Persons), 12);
    assert_eq!(figures.get(Cell::Source(Source::Delegated)), 4);
    assert_eq!(figures.get(Cell::Source(Source::Police)), 4);
    assert_eq!(figures.get(Cell::Type(CaseType::Neighbour)), 4);
    assert_eq!(figures.get(Cell::Committee(CommitteeKind::Village)), 4);
}

#[test]
fn industry_committees_stand_with_the_other_organisations() {
    let entry = ReturnEntry {
        committee_kind: Some(CommitteeKind::Industry),
        ..closed(CountedResult::Success)
    };
    let figures = Figures::of([&entry]);
    assert_eq!(figures.get(Cell::Committee(CommitteeKind::Other)), 1);
    assert_eq!(figures.get(Cell::Committee(CommitteeKind::Industry)), 1);
    assert_eq!(figures.get(Cell::Committee(CommitteeKind::Enterprise)), 0);
}
