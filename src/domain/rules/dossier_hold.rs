//! What keeps a case from being destroyed, and which small cases share a volume (sections 2, 2.5;
//! 档案法 第三十一条).

use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::dossier::{LegalHold, Release, keep_until};
use crate::domain::facts::Event;
use crate::domain::input::{Obj, Text};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::{Instant, LocalDate};

use super::Who;
use super::dossier::default_retention;

/// Small cases may be bound together (多案一卷): kept short, and oral, failed or withdrawn. A
/// case under a hold stays by itself.
pub fn may_share_volume(file: &CaseFile) -> bool {
    default_retention(file) == Retention::Short && hold_of(&file.case).is_none()
}

/// The hold in force.
pub fn hold_of(case: &Case) -> Option<&LegalHold> {
    case.detail
        .legal_holds
        .iter()
        .find(|h| h.released.is_none())
}

/// What bars destroying a case: no destruction outside the archive, within the retention period
/// or under a hold (档案法 第三十一条; G-47). Whoever builds destruction asks here first.
pub fn destruction_guards(
    case: &Case,
    archived_on: Option<LocalDate>,
    today: LocalDate,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(hold_of(case).is_none(), Reason::LegalHold);
    let until = match (case.state, archived_on, case.detail.retention) {
        (CaseState::Archived, Some(on), Some(retention)) => keep_until(retention, on),
        _ => None,
    };
    g.require(
        until.is_some_and(|until| until < today),
        Reason::RetentionRunning,
    );
    g.into_inner()
}

/// Sets or releases a legal hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub reason: String,
}

impl Hold {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let reason = o.req::<Text<500>>("reason");
        Some(Self { reason: reason?.0 })
    }
}

/// What bars a hold: there is one.
pub fn hold_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(hold_of(&file.case).is_none(), Reason::AlreadyDone);
    g.into_inner()
}

/// What bars releasing a hold: there is none.
pub fn release_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(hold_of(&file.case).is_some(), Reason::NoHold);
    g.into_inner()
}

/// Orders that nothing of the case may be destroyed, whatever its state.
///
/// # Errors
/// `already_done` while a hold is in force.
pub fn set_hold(
    file: &CaseFile,
    input: Hold,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(hold_guards(file));
    g.done()?;
    let mut d = Decision::on(file);
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.legal_holds.push(LegalHold {
        reason: input.reason,
        by: who.user,
        at: now,
        released: None,
    });
    d.event(Event::LegalHoldSet {});
    Ok(d)
}

/// Ends the hold in force.
///
/// # Errors
/// `no_hold`.
pub fn release_hold(
    file: &CaseFile,
    input: Hold,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(release_guards(file));
    g.done()?;
    let mut d = Decision::on(file);
    let case = d.case_mut();
    case.updated_at = now;
    let held = case
        .detail
        .legal_holds
        .iter_mut()
        .find(|h| h.released.is_none());
    let Some(hold) = held else {
        return Err(vec![Refusal::new(Reason::NoHold)]);
    };
    hold.released = Some(Release {
        reason: input.reason,
        by: who.user,
        at: now,
    });
    d.event(Event::LegalHoldReleased {});
    Ok(d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::testkit::*;

    fn hold(reason: &str) -> Hold {
        Hold {
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn a_hold_is_set_once_and_released_with_reason() {
        let mut f = file(CaseState::Archived);
        let me = who(0x21, &[COUNTY]);
        let none = release_hold(&f, hold("x"), &me, now());
        assert_eq!(reasons(&none), [Reason::NoHold]);
        let d = set_hold(&f, hold("涉诉"), &me, now()).unwrap();
        assert_eq!(d.case().version, f.case.version);
        apply(&mut f, &d);
        assert_eq!(hold_of(&f.case).map(|h| h.reason.as_str()), Some("涉诉"));
        let again = set_hold(&f, hold("x"), &me, now());
        assert_eq!(reasons(&again), [Reason::AlreadyDone]);
        assert!(!may_share_volume(&f));
        let d = release_hold(&f, hold("诉讼已结"), &me, now()).unwrap();
        apply(&mut f, &d);
        assert!(hold_of(&f.case).is_none() && may_share_volume(&f));
        assert_eq!(f.case.detail.legal_holds.len(), 1, "the past is kept");
    }

    #[test]
    fn nothing_is_destroyed_early_or_under_a_hold() {
        let mut f = file(CaseState::Archived);
        let archived = day("2026-03-02");
        let barred = |f: &CaseFile, today: &str| -> Vec<Reason> {
            destruction_guards(&f.case, Some(archived), day(today))
                .iter()
                .map(|r| r.reason)
                .collect()
        };
        assert_eq!(barred(&f, "2090-01-01"), [Reason::RetentionRunning]);
        f.case.detail.retention = Some(Retention::Short);
        assert_eq!(barred(&f, "2036-03-02"), [Reason::RetentionRunning]);
        assert!(barred(&f, "2036-03-03").is_empty());
        f.case.detail.retention = Some(Retention::Permanent);
        assert_eq!(barred(&f, "2090-01-01"), [Reason::RetentionRunning]);
        f.case.detail.retention = Some(Retention::Short);
        let d = set_hold(&f, hold("涉诉"), &who(0x21, &[]), now()).unwrap();
        apply(&mut f, &d);
        assert_eq!(barred(&f, "2040-01-01"), [Reason::LegalHold]);
    }
}
