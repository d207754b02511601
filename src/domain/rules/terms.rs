//! The term of a committee: its unit is told before it ends and when it has (人民调解法 第十条). A
//! committee out of term accepts nothing (G-06).

use crate::domain::codes::Code;
use crate::domain::notice::NoticeKind;
use crate::domain::org::Committee;
use crate::domain::timer::Timer;

/// The step that says the term is over.
pub const ENDED: &str = "+1";
/// On which days, counted from the last day of the term, the unit is told.
const STEPS: &[(&str, i64)] = &[("-30", -30), ("-7", -7), (ENDED, 1)];
/// The earliest of them, in days before the last day.
pub const AHEAD_DAYS: i64 = 30;
/// A term that ended longer ago is not told of any more.
pub const BEHIND_DAYS: i64 = 60;
/// The hour of the day (county time).
pub const HOUR: i64 = 9;

/// The timers of a committee that works.
pub fn timers(c: &Committee) -> Vec<Timer> {
    if !c.active {
        return Vec::new();
    }
    let timer = |(step, days): &(&'static str, i64)| Timer {
        kind: NoticeKind::CommitteeTerm.code(),
        subject: c.id.uuid,
        anchor: c.term_to.to_string(),
        step,
        at: c.term_to.plus_days(*days).start().plus_hours(HOUR),
    };
    // A committee set up within the last days of its term is told of what is still ahead.
    let steps = STEPS.iter().map(timer);
    steps.filter(|t| c.created_at < t.at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::org::CommitteeKind;
    use crate::domain::rules::testkit::{at, day, id};

    #[test]
    fn a_term_is_told_of_before_it_ends_and_when_it_has() {
        let mut c = Committee {
            id: id(1),
            org_id: id(2),
            kind: CommitteeKind::Village,
            name: String::new(),
            prefix: String::new(),
            seal_no: String::new(),
            term_from: day("2023-04-01"),
            term_to: day("2026-03-31"),
            active: true,
            created_at: at("2023-04-01T10:00:00+08:00"),
        };
        let ats: Vec<String> = timers(&c).iter().map(|t| t.at.local_text()).collect();
        assert_eq!(
            ats,
            ["2026-03-01 09:00", "2026-03-24 09:00", "2026-04-01 09:00"]
        );
        c.created_at = at("2026-03-10T10:00:00+08:00");
        assert_eq!(timers(&c).len(), 2);
        c.active = false;
        assert!(timers(&c).is_empty());
    }
}
