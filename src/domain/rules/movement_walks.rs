//! No sequence of verbs loses the holder.
#![cfg(test)]

use proptest::prelude::*;

use super::answers::*;
use super::movement::*;
use super::movement_kit::*;
use super::returns::*;
use super::testkit::*;
use crate::domain::case::NextStep;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::movement::*;
use crate::domain::time::Instant;

/// One random step: what, by whom, where to, and how much later.
#[derive(Clone, Debug)]
struct Step {
    act: u8,
    by: usize,
    to: usize,
    hours: i64,
    /// The right unit acts, towards a fitting one; pure chance would never get far.
    apt: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let apt = proptest::bool::weighted(0.8);
    let step = (0..12u8, 0..UNITS.len(), 0..UNITS.len(), 0..12i64, apt).prop_map(
        |(act, by, to, hours, apt)| Step {
            act,
            by,
            to,
            hours,
            apt,
        },
    );
    proptest::collection::vec(step, 1..120)
}

/// Where a verb may go to from the holder; the step's own choice when it is not apt.
fn target(f: &CaseFile, s: &Step, verb: TransferVerb) -> u128 {
    let from = seat(holder(f));
    let fitting: Vec<u128> = UNITS
        .into_iter()
        .filter(|u| fit(verb, &from, &seat(*u)) == Fit::Fits)
        .collect();
    match fitting.get(s.to % fitting.len().max(1)) {
        Some(unit) if s.apt => *unit,
        _ => UNITS[s.to],
    }
}

/// Tries a step; `None` when there is nothing to try it on.
fn try_step(f: &CaseFile, s: &Step, ids: &mut Ids, at: Instant) -> Option<Outcome> {
    let open = f.pending_transfer();
    let receiver = open.and_then(|t| t.to_id).map(|t| t.uuid.as_u128());
    let (sender, answerer) = if s.apt {
        (holder(f), receiver.unwrap_or(UNITS[s.by]))
    } else {
        (UNITS[s.by], UNITS[s.by])
    };
    let mut go = |verb: TransferVerb| {
        let body = body(verb.code(), target(f, s, verb));
        Some(send(f, body, sender, ids, at))
    };
    match s.act {
        0 | 1 => go(TransferVerb::Escalate),
        2 => go(TransferVerb::AssignDown),
        3 => go(TransferVerb::Forward),
        4 => go(TransferVerb::ReferOut),
        5 | 6 => Some(take(f, open?.id, answerer, ids, at)),
        7 | 8 => Some(give_back(f, open?.id, answerer, at)),
        9 => {
            let by = who(0x20, &[sender]);
            Some(recall(f, open?.id, Recall::default(), &calendar(), &by, at))
        }
        10 => Some(pass_on(f, open?.id, UNITS[s.to], answerer, ids, at)),
        _ => {
            let t = f.transfers.get(s.to)?;
            let to = t.to_id.map_or(sender, |t| t.uuid.as_u128());
            let by = who(0x21, &[if s.apt { to } else { UNITS[s.by] }]);
            let result = "完成".to_owned();
            Some(complete(f, t.id, Complete { result }, &by, at))
        }
    }
}

fn check(f: &CaseFile) -> Result<(), TestCaseError> {
    let open: Vec<_> = f.custody.iter().filter(|c| c.to_at.is_none()).collect();
    prop_assert_eq!(open.len(), 1);
    prop_assert_eq!(open[0].org_id, f.case.holder_id);
    prop_assert_eq!(open[0].from_at, f.case.holder_since);
    // The periods lie end to end, in the order of their acceptance.
    for pair in f.custody.windows(2) {
        prop_assert_eq!(pair[0].to_at, Some(pair[1].from_at));
        prop_assert!(pair[0].from_at <= pair[1].from_at);
        prop_assert!(pair[0].org_id != pair[1].org_id);
    }
    let pending = f
        .transfers
        .iter()
        .filter(|t| t.verb != TransferVerb::ReferOut && t.state == TransferState::Submitted);
    prop_assert!(pending.count() <= 1);
    for a in UNITS {
        for b in UNITS {
            prop_assert!(returns_between(f, id(a), id(b)) <= MAX_RETURNS);
        }
    }
    for t in &f.transfers {
        if t.state == TransferState::Submitted && t.verb != TransferVerb::ReferOut {
            prop_assert_eq!(
                t.from_id,
                f.case.holder_id,
                "the sender holds while it waits"
            );
        }
        let chained = f
            .custody
            .iter()
            .filter(|c| c.transfer_id == Some(t.id))
            .count();
        let moved = matches!(t.state, TransferState::Accepted | TransferState::Completed)
            && t.verb != TransferVerb::ReferOut;
        prop_assert_eq!(chained, usize::from(moved), "custody moves on accept alone");
    }
    let waits = f.pending_transfer().is_some();
    prop_assert_eq!(f.case.detail.paused_step.is_some(), waits);
    prop_assert_eq!(f.case.next_step == Some(NextStep::DecideTransfer), waits);
    Ok(())
}

proptest! {
    #[test]
    fn no_sequence_of_verbs_loses_the_holder(steps in steps()) {
        let (mut f, mut ids, mut at) = (start(), Ids::default(), now());
        for s in &steps {
            at = at.plus_hours(s.hours);
            let before = f.case.holder_id;
            let Some(Ok(d)) = try_step(&f, s, &mut ids, at) else { continue };
            apply(&mut f, &d);
            if !matches!(s.act, 5 | 6) {
                prop_assert_eq!(f.case.holder_id, before);
            }
            check(&f)?;
        }
    }
}

/// The walks of the property do reach what they are about.
#[test]
fn random_walks_get_somewhere() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut moved, mut full) = (0, 0);
    for _ in 0..200 {
        let walk = steps().new_tree(&mut runner).unwrap().current();
        let (mut f, mut ids, mut at) = (start(), Ids::default(), now());
        for s in &walk {
            at = at.plus_hours(s.hours);
            if let Some(Ok(d)) = try_step(&f, s, &mut ids, at) {
                apply(&mut f, &d);
            }
        }
        moved += f.custody.len() - 1;
        full += usize::from(
            UNITS
                .iter()
                .any(|a| returns_between(&f, id(*a), id(DESK)) == MAX_RETURNS),
        );
    }
    assert!(moved > 400, "{moved} acceptances");
    assert!(full > 30, "{full} pairs at the limit");
}
