//! The one time form of the ledger, `YYYY-MM-DDThh:mm:ss.ffffffZ`, in the years 0001 to 9999.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "every operand is within the years 0000 to 9999, checked on the way in"
)]

use crate::domain::time::Instant;

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// 0001-01-01T00:00:00Z and 10000-01-01T00:00:00Z in microseconds since the epoch.
const FIRST: i64 = -719_162 * MICROS_PER_DAY;
const END: i64 = 2_932_897 * MICROS_PER_DAY;

/// Appends the text of an instant; `None` (and nothing appended) outside the years 0001 to 9999.
pub(super) fn write(out: &mut String, at: Instant) -> Option<()> {
    use std::fmt::Write;
    if !(FIRST..END).contains(&at.0) {
        return None;
    }
    let (year, month, day) = civil(at.0.div_euclid(MICROS_PER_DAY));
    let rest = at.0.rem_euclid(MICROS_PER_DAY);
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    write!(
        out,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
    )
    .ok()
}

/// Reads exactly the form that [`write`] writes.
pub(super) fn parse(text: &str) -> Option<Instant> {
    let bytes: &[u8; 27] = text.as_bytes().try_into().ok()?;
    let mut fields = [0_i64; 7];
    let mut field = 0;
    for (mark, &byte) in b"0000-00-00T00:00:00.000000Z".iter().zip(bytes) {
        if *mark == b'0' {
            let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
            let slot = fields.get_mut(field)?;
            *slot = *slot * 10 + digit;
        } else if *mark == byte {
            field += 1;
        } else {
            return None;
        }
    }
    let [year, month, day, hour, minute, second, micros] = fields;
    if year < 1 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = day_number(year, month, day);
    // An impossible day of a month lands on another date, so it does not come back the same.
    if civil(days) != (year, month, day) {
        return None;
    }
    let seconds = hour * 3_600 + minute * 60 + second;
    Some(Instant(
        days * MICROS_PER_DAY + seconds * 1_000_000 + micros,
    ))
}

/// Year, month and day of a day number (days since 1970-01-01, proleptic Gregorian), counted in
/// 400-year eras that begin on a 1 March so that the leap day comes last.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year;
    era * 146_097 + of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(micros: i64) -> Option<String> {
        let mut out = String::new();
        write(&mut out, Instant(micros)).map(|()| out)
    }

    #[test]
    fn writes_and_reads_the_same_instants() {
        for micros in [
            0,
            1,
            -1,
            1_767_225_599_999_999,
            951_782_400_000_000,
            FIRST,
            END - 1,
        ] {
            let out = text(micros).unwrap();
            assert_eq!(out.len(), 27);
            assert_eq!(parse(&out), Some(Instant(micros)), "{out}");
        }
        assert_eq!(text(0).unwrap(), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(FIRST).unwrap(), "0001-01-01T00:00:00.000000Z");
        assert_eq!(text(END - 1).unwrap(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(text(END), None);
        assert_eq!(text(FIRST - 1), None);
    }

    #[test]
    fn agrees_with_the_calendar_of_the_domain() {
        for day in (-100_000..100_000).step_by(7) {
            let at = Instant(day * MICROS_PER_DAY + 45_296_000_007);
            assert_eq!(text(at.0).unwrap(), at.to_string());
        }
    }

    #[test]
    fn refuses_every_other_form() {
        for bad in [
            "2026-02-29T00:00:00.000000Z",
            "2026-13-01T00:00:00.000000Z",
            "2026-00-01T00:00:00.000000Z",
            "2026-01-00T00:00:00.000000Z",
            "2026-04-31T00:00:00.000000Z",
            "2026-01-01T24:00:00.000000Z",
            "2026-01-01T23:60:00.000000Z",
            "2026-01-01T23:59:60.000000Z",
            "0000-01-01T00:00:00.000000Z",
            "2026-01-01 00:00:00.000000Z",
            "2026-01-01T00:00:00.00000Z",
            "2026-01-01T00:00:00.000000z",
            "2026-01-01T00:00:00Z",
            "+026-01-01T00:00:00.000000Z",
            "",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert!(parse("2024-02-29T00:00:00.000000Z").is_some());
    }
}
