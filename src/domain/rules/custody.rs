//! Who answers for a case: exactly one holder at every instant (I1, G-36).

use serde::Serialize;

use super::Who;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{CustodyId, OrgId, TransferId};
use crate::domain::movement::{Custody, Transfer};
use crate::domain::org::OrgUnit;
use crate::domain::time::Instant;

/// "The ball is with": the accountable holder, and who must answer a pending transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ball {
    pub holder_id: OrgId,
    pub since: Instant,
    pub transfer_pending: bool,
    /// Who must answer. The holder keeps its duty until that unit accepts.
    pub pending_to: Option<OrgId>,
    pub transfer_id: Option<TransferId>,
    /// When the answer is due.
    pub due_at: Option<Instant>,
}

/// How long one unit has held the case, over all its periods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Held {
    pub org_id: OrgId,
    /// Whole days of 24 hours.
    pub days: i64,
    pub now_holding: bool,
}

pub fn ball_with(file: &CaseFile) -> Ball {
    let pending = file.pending_transfer();
    Ball {
        holder_id: file.case.holder_id,
        since: file.case.holder_since,
        transfer_pending: pending.is_some(),
        pending_to: pending.and_then(|t| t.to_id),
        transfer_id: pending.map(|t| t.id),
        due_at: pending.and_then(|t| t.due_at),
    }
}

/// Whole days of 24 hours one period lasted, or has lasted until `now`.
pub fn days_held(custody: &Custody, now: Instant) -> i64 {
    seconds_held(custody, now) / 86_400
}

fn seconds_held(custody: &Custody, now: Instant) -> i64 {
    let end = custody.to_at.unwrap_or(now);
    end.seconds_since(custody.from_at).max(0)
}

/// The days of every unit that ever held the case, in the order they first held it.
pub fn held(file: &CaseFile, now: Instant) -> Vec<Held> {
    let mut rows: Vec<&Custody> = file.custody.iter().collect();
    rows.sort_by_key(|c| (c.from_at, c.id));
    let mut out: Vec<(OrgId, i64)> = Vec::new();
    for row in rows {
        let seconds = seconds_held(row, now);
        match out.iter_mut().find(|(org, _)| *org == row.org_id) {
            Some((_, sum)) => *sum = sum.saturating_add(seconds),
            None => out.push((row.org_id, seconds)),
        }
    }
    out.into_iter()
        .map(|(org_id, seconds)| Held {
            org_id,
            days: seconds / 86_400,
            now_holding: org_id == file.case.holder_id,
        })
        .collect()
}

/// The period that runs.
pub fn open_custody(file: &CaseFile) -> Option<&Custody> {
    file.custody.iter().find(|c| c.to_at.is_none())
}

/// The first period of a new case: the first receiver holds it (首办责任).
pub fn first_custody(case: &Case, id: CustodyId) -> Custody {
    Custody {
        id,
        case_id: case.id,
        org_id: case.holder_id,
        from_at: case.holder_since,
        to_at: None,
        transfer_id: None,
    }
}

/// Whether the actor may speak for the holder: answers for it or its desk, or mediates the case.
pub fn acts_for_holder(file: &CaseFile, who: &Who) -> bool {
    let case = &file.case;
    who.units.contains(&case.holder_id)
        || case.holder_desk_id.is_some_and(|d| who.units.contains(&d))
        || file.team().any(|a| a.user_id == who.user)
}

/// Moves custody to the unit that accepted `transfer`, in one decision: the old period closes at
/// the instant the new one opens.
pub fn hand_over(
    d: &mut Decision,
    file: &CaseFile,
    transfer: &Transfer,
    to: &OrgUnit,
    ids: &mut impl FreshIds,
    now: Instant,
) {
    let from = file.case.holder_id;
    // The database refuses a second open period, so the old one is closed first.
    let at = match open_custody(file) {
        Some(open) => {
            let at = now.max(open.from_at);
            d.update(Custody {
                to_at: Some(at),
                ..open.clone()
            });
            at
        }
        None => now,
    };
    d.insert(Custody {
        id: ids.id(),
        case_id: file.case.id,
        org_id: to.id,
        from_at: at,
        to_at: None,
        transfer_id: Some(transfer.id),
    });
    let case = d.case_mut();
    case.holder_id = to.id;
    case.holder_desk_id = to.desk_id;
    case.holder_since = at;
    d.event(Event::CustodyMoved { from, to: to.id });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::{VILLAGE, file, id, now};

    #[test]
    fn days_are_summed_per_holder() {
        let mut f = file(CaseState::Registered);
        let start = now();
        let period = |n: u128, org: u128, from: i64, to: Option<i64>| Custody {
            id: id(n),
            case_id: id(1),
            org_id: id(org),
            from_at: start.plus_hours(from),
            to_at: to.map(|h| start.plus_hours(h)),
            transfer_id: None,
        };
        f.custody = vec![
            period(0x33, VILLAGE, 60, None),
            period(0x31, VILLAGE, 0, Some(36)),
            period(0x32, 0x11, 36, Some(60)),
        ];
        let held = held(&f, start.plus_hours(72));
        let days: Vec<_> = held
            .iter()
            .map(|h| (h.org_id, h.days, h.now_holding))
            .collect();
        assert_eq!(days, [(id(VILLAGE), 2, true), (id(0x11), 1, false)]);
        assert_eq!(days_held(&f.custody[0], start.plus_hours(72)), 0);
        assert_eq!(days_held(&f.custody[0], start), 0, "never negative");
    }

    #[test]
    fn the_ball_is_with_the_holder() {
        let f = file(CaseState::Registered);
        let ball = ball_with(&f);
        assert_eq!(ball.holder_id, id(VILLAGE));
        assert!(!ball.transfer_pending && ball.pending_to.is_none());
        let first = first_custody(&f.case, id(0x30));
        assert_eq!(open_custody(&f), Some(&first));
    }
}
