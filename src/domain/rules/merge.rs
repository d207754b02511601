//! Merging a duplicate into another case, and undoing it (G-38). Nothing is copied: both files
//! keep their history, and an undone merge leaves them as they were.

use crate::domain::agreement::AgreementState;
use crate::domain::calendar::Calendar;
use crate::domain::case::{CaseState, Outcome};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::CaseId;
use crate::domain::input::Obj;
use crate::domain::machine::{self, Act};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::move_to;

/// The case that goes on.
#[derive(Clone, Copy, Debug)]
pub struct Merge {
    pub into: CaseId,
}

impl Merge {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        Some(Self {
            into: o.req("into")?,
        })
    }
}

/// What keeps a case from being merged away: a movement nobody answered, a session planned or
/// open, an agreement being signed or in force, cases merged into it.
pub fn merge_guards(file: &CaseFile) -> Vec<Refusal> {
    let signed = |s: AgreementState| {
        !matches!(
            s,
            AgreementState::Draft | AgreementState::Rescinded | AgreementState::ExpiredUnsigned
        )
    };
    let faults = [
        ("transfer_pending", file.pending_transfer().is_some()),
        (
            "session_booked",
            file.sessions.iter().any(|s| s.state.is_booked()),
        ),
        ("agreement", file.agreements.iter().any(|a| signed(a.state))),
        ("merged_cases", !file.case.detail.merged_from.is_empty()),
    ];
    let mut g = Guards::new();
    g.forbid(
        faults.iter().filter(|(_, bad)| *bad).map(|(name, _)| *name),
        Reason::NotMergeable,
    );
    g.into_inner()
}

/// Merges `file` into `target`; gives the decisions on both, to be carried out in one commit. The
/// holder of the target answers for the matter from then on.
///
/// # Errors
/// `not_mergeable` naming what stands in the way (`same_case`, `target_state`, and those of
/// [`merge_guards`]).
pub fn merge(
    file: &CaseFile,
    target: &CaseFile,
    calendar: &Calendar,
    now: Instant,
) -> Result<(Decision, Decision), Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Merge));
    let faults = [
        ("same_case", file.case.id == target.case.id),
        (
            "target_state",
            !machine::permits(target.case.state, Act::Merge)
                && target.case.state != CaseState::Suspended,
        ),
    ];
    let mut g = Guards::new();
    g.forbid(
        faults.iter().filter(|(_, bad)| *bad).map(|(name, _)| *name),
        Reason::NotMergeable,
    );
    g.extend(merge_guards(file));
    g.done()?;

    let mut away = Decision::on(file);
    move_to(&mut away, Act::Merge, CaseState::Merged, calendar, now)?;
    let case = away.case_mut();
    case.outcome = Some(Outcome::Merged);
    case.detail.merged_into = Some(target.case.id);
    case.detail.merged_from_state = Some(file.case.state);
    away.event(Event::CaseMerged {
        into: target.case.id,
    });

    let mut on = Decision::on(target);
    on.case_mut().detail.merged_from.push(file.case.id);
    on.event(Event::CaseReceivedMerge { from: file.case.id });
    Ok((away, on))
}

/// Undoes a merge: the case returns to the state it left, its holder answers for it again.
///
/// # Errors
/// `not_mergeable` when `target` is not the case it was merged into.
pub fn unmerge(
    file: &CaseFile,
    target: &CaseFile,
    calendar: &Calendar,
    now: Instant,
) -> Result<(Decision, Decision), Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Unmerge));
    let detail = &file.case.detail;
    let back_to = detail
        .merged_from_state
        .filter(|_| detail.merged_into == Some(target.case.id))
        .ok_or_else(|| vec![Refusal::about(Reason::NotMergeable, ["merged_into"])])?;
    let mut back = Decision::on(file);
    move_to(&mut back, Act::Unmerge, back_to, calendar, now)?;
    let case = back.case_mut();
    case.outcome = None;
    case.detail.merged_into = None;
    case.detail.merged_from_state = None;
    back.event(Event::CaseUnmerged { from: file.case.id });

    let mut on = Decision::on(target);
    on.case_mut()
        .detail
        .merged_from
        .retain(|id| *id != file.case.id);
    on.event(Event::CaseUnmerged { from: file.case.id });
    Ok((back, on))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::movement::*;
    use crate::domain::rules::testkit::*;

    fn pair(state: CaseState, target: CaseState) -> (CaseFile, CaseFile) {
        let mut other = file(target);
        other.case.id = id(2);
        (file(state), other)
    }

    #[test]
    fn a_merge_can_be_undone() {
        let cal = calendar();
        let (mut dup, mut kept) = pair(CaseState::ConsentPending, CaseState::InMediation);
        let (away, on) = merge(&dup, &kept, &cal, now()).unwrap();
        assert_eq!(events(&away), ["case_merged"]);
        assert_eq!(events(&on), ["case_received_merge"]);
        apply(&mut dup, &away);
        apply(&mut kept, &on);
        assert!(!dup.case.live && dup.case.next_step.is_none());
        assert_eq!(dup.case.detail.merged_into, Some(id(2)));
        assert_eq!(kept.case.state, CaseState::InMediation);
        assert_eq!(kept.case.detail.merged_from, [id(1)]);

        let stranger = pair(CaseState::Screening, CaseState::Screening).0;
        assert_eq!(
            reasons(&unmerge(&dup, &stranger, &cal, now()).map(|_| ())),
            [Reason::NotMergeable]
        );
        let (back, on) = unmerge(&dup, &kept, &cal, now()).unwrap();
        apply(&mut dup, &back);
        apply(&mut kept, &on);
        assert_eq!(dup.case.state, CaseState::ConsentPending);
        assert!(dup.case.live && dup.case.outcome.is_none() && dup.case.next_step.is_some());
        assert!(kept.case.detail.merged_from.is_empty());
    }

    #[test]
    fn what_is_under_way_is_not_merged_away() {
        let cal = calendar();
        let tried = |a: &CaseFile, b: &CaseFile| {
            items(&merge(a, b, &cal, now()).map(|_| ()), Reason::NotMergeable)
        };
        let (mut dup, mut kept) = pair(CaseState::Screening, CaseState::ClosedSuccess);
        assert_eq!(tried(&dup, &kept), ["target_state"]);
        kept.case.state = CaseState::Merged;
        assert_eq!(tried(&dup, &kept), ["target_state"]);
        kept.case.state = CaseState::Registered;
        assert_eq!(tried(&dup, &dup), ["same_case"]);
        dup.case.detail.merged_from.push(id(3));
        dup.transfers.push(Transfer {
            id: id(0x50),
            case_id: id(1),
            verb: TransferVerb::Escalate,
            from_id: id(VILLAGE),
            to_id: Some(id(DESK)),
            external_target: None,
            route: None,
            state: TransferState::Submitted,
            reasons: Vec::new(),
            note: String::new(),
            handling_so_far: None,
            materials: Vec::new(),
            no_materials: None,
            result_required: false,
            due_at: None,
            result_due_at: None,
            submitted_by: id(0x20),
            submitted_at: now(),
            decided_by: None,
            decided_at: None,
            defects: Vec::new(),
            sender_consent: None,
            answer: None,
            result: None,
            result_at: None,
            parent_id: None,
            contest: None,
            designation: None,
            climb: None,
        });
        assert_eq!(tried(&dup, &kept), ["transfer_pending", "merged_cases"]);
    }
}
