//! Age in full years and what it means for capacity to act (民法典 17–20).

use crate::domain::party::Capacity;
use crate::domain::time::LocalDate;

const MAJORITY: i32 = 18;
const OWN_LABOUR: i32 = 16;
const LIMITED_FROM: i32 = 8;

/// Full years on `date`; the birthday itself counts, and 29 February falls on the month's end in
/// common years (民法典 202). `None` before birth.
pub fn age_on(birth: LocalDate, date: LocalDate) -> Option<i32> {
    if date < birth {
        return None;
    }
    let years = i32::from(date.year()) - i32::from(birth.year());
    Some(if has_turned(birth, years, date) {
        years
    } else {
        years - 1
    })
}

fn has_turned(birth: LocalDate, years: i32, date: LocalDate) -> bool {
    birth.plus_months(years.saturating_mul(12)) <= date
}

/// Under eighteen on `date` (民法典 17), the unborn included.
pub fn is_minor(birth: LocalDate, date: LocalDate) -> bool {
    age_on(birth, date).is_none_or(|age| age < MAJORITY)
}

/// Capacity by age alone (民法典 18–20). `own_labour`: a 16- or 17-year-old whose own labour is
/// the main source of income counts as having full capacity, while still a minor.
pub fn capacity_by_age(birth: LocalDate, date: LocalDate, own_labour: bool) -> Capacity {
    match age_on(birth, date) {
        Some(age) if age >= MAJORITY || (own_labour && age >= OWN_LABOUR) => Capacity::Full,
        Some(age) if age >= LIMITED_FROM => Capacity::Limited,
        _ => Capacity::None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(text: &str) -> LocalDate {
        LocalDate::parse(text).unwrap()
    }

    #[test]
    fn the_birthday_counts() {
        let birth = date("2008-03-20");
        assert_eq!(age_on(birth, date("2026-03-19")), Some(17));
        assert_eq!(age_on(birth, date("2026-03-20")), Some(18));
        assert_eq!(age_on(birth, birth), Some(0));
        assert_eq!(age_on(birth, date("2008-03-19")), None);
        assert!(is_minor(birth, date("2026-03-19")));
        assert!(!is_minor(birth, date("2026-03-20")));
        assert!(is_minor(birth, date("2007-01-01")));
    }

    #[test]
    fn the_leap_day_falls_on_the_months_end() {
        let birth = date("2008-02-29");
        assert_eq!(age_on(birth, date("2026-02-27")), Some(17));
        assert_eq!(age_on(birth, date("2026-02-28")), Some(18));
        assert_eq!(age_on(birth, date("2028-02-28")), Some(19));
        assert_eq!(age_on(birth, date("2028-02-29")), Some(20));
    }

    #[test]
    fn capacity_goes_by_age_and_own_labour() {
        let on = date("2026-03-20");
        for (birth, own_labour, want) in [
            ("2018-03-21", false, Capacity::None),
            ("2018-03-20", false, Capacity::Limited),
            ("2008-03-21", false, Capacity::Limited),
            ("2008-03-20", false, Capacity::Full),
            ("2010-03-20", true, Capacity::Full),
            ("2010-03-21", true, Capacity::Limited),
            ("2027-01-01", true, Capacity::None),
        ] {
            assert_eq!(
                capacity_by_age(date(birth), on, own_labour),
                want,
                "{birth}"
            );
        }
        assert!(is_minor(date("2010-03-20"), on));
    }

    proptest! {
        #[test]
        fn age_never_falls(birth in -20_000i64..20_000, days in 0i64..40_000) {
            let birth = LocalDate::from_epoch_days(birth);
            let a = age_on(birth, birth.plus_days(days)).unwrap();
            let b = age_on(birth, birth.plus_days(days + 1)).unwrap();
            prop_assert!(b == a || b == a + 1);
            prop_assert_eq!(a, age_on(birth, birth.plus_months(a * 12)).unwrap());
        }
    }
}
