//! Where a case stands in the closed loop 受理→分流→办理→督办→反馈→评价→归档 (section 4.2), and how long
//! each step has taken. Told from what is on file; nothing is decided here.

use crate::domain::agreement::AgreementState;
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::codes;
use crate::domain::ids::OrgId;
use crate::domain::time::Instant;

codes! {
    /// A step of the loop.
    LoopStep in "loop_step" {
        Accept = "accept", "受理", "Accept";
        Dispatch = "dispatch", "分流", "Dispatch";
        Handle = "handle", "办理", "Handle";
        Supervise = "supervise", "督办", "Supervise";
        Feedback = "feedback", "反馈", "Feedback";
        Evaluate = "evaluate", "评价", "Evaluate";
        Archive = "archive", "归档", "Archive";
    }
    /// How far a step has gone.
    StepState in "step_state" {
        Done = "done", "已完成", "Done";
        Current = "current", "进行中", "Under way";
        Ahead = "ahead", "未开始", "Ahead";
        NotNeeded = "not_needed", "无需", "Not needed";
    }
}

/// One step: when it began and ended, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    pub step: LoopStep,
    pub state: StepState,
    pub from: Option<Instant>,
    pub to: Option<Instant>,
    pub unit: Option<OrgId>,
}

/// Whose it is was settled: another unit took it on, or it was accepted or refused here.
fn dispatched(file: &CaseFile) -> Option<Instant> {
    let case = &file.case;
    let taken = file.transfers.iter().filter(|t| t.is_taken_on());
    let rejected = case.detail.rejection.as_ref().map(|r| r.at);
    let merged = (case.state == CaseState::Merged).then_some(case.updated_at);
    taken
        .filter_map(|t| t.decided_at)
        .chain(case.accepted_at)
        .chain(rejected)
        .chain(merged)
        .min()
}

/// The handling came to its end: agreed, terminated, refused or answered.
fn handled(file: &CaseFile) -> Option<Instant> {
    let case = &file.case;
    let mediating = matches!(
        case.state,
        CaseState::Accepted | CaseState::Assigned | CaseState::InMediation | CaseState::Suspended
    );
    if mediating {
        return None;
    }
    let detail = &case.detail;
    let agreed = file.agreements.iter().filter(|a| {
        matches!(
            a.state,
            AgreementState::Effective | AgreementState::Fulfilled | AgreementState::Breached
        )
    });
    let replied = case.petition().and_then(|p| {
        let last = p.replies.last().map(|r| r.given_at);
        last.filter(|_| p.open_stage().is_none())
    });
    agreed
        .filter_map(|a| a.effective_at)
        .chain(detail.termination.as_ref().map(|t| t.at))
        .chain(detail.rejection.as_ref().map(|r| r.at))
        .chain(replied)
        .max()
        .or(case.closed_at)
}

/// Steps the case has not come to yet stand still; of the others one is under way until it ends.
pub fn steps(file: &CaseFile, archived_at: Option<Instant>) -> Vec<Step> {
    let case = &file.case;
    let holder = Some(case.holder_id);
    let step = |step, from: Option<Instant>, to: Option<Instant>, unit| Step {
        step,
        state: match (from, to) {
            (_, Some(_)) => StepState::Done,
            (Some(_), None) => StepState::Current,
            (None, None) => StepState::Ahead,
        },
        from,
        to,
        unit,
    };
    let received = Some(case.registered_at);
    let dispatched = dispatched(file);
    let handled = handled(file);
    let told = case.detail.feedback.as_ref().map(|f| f.at);
    let rated = file.evaluations.iter().map(|e| e.created_at).min();
    let mut out = vec![
        step(LoopStep::Accept, received, received, Some(case.origin_id)),
        step(LoopStep::Dispatch, received, dispatched, holder),
        step(LoopStep::Handle, dispatched, handled, holder),
        supervision(file),
        step(LoopStep::Feedback, handled, told, holder),
        step(LoopStep::Evaluate, told, rated, None),
        step(LoopStep::Archive, case.closed_at, archived_at, None),
    ];
    if archived_at.is_some() {
        // What did not happen before the dossier was shut does not happen any more.
        for s in &mut out {
            if s.to.is_none() {
                s.state = StepState::NotNeeded;
            }
        }
    }
    out
}

/// What others supervise: under way while a task is open.
fn supervision(file: &CaseFile) -> Step {
    let tasks = &file.tasks;
    let from = tasks.iter().map(|t| t.ordered_at).min();
    let live = tasks.iter().find(|t| t.state.is_live());
    let last = tasks.iter().filter_map(|t| t.decided_at).max();
    Step {
        step: LoopStep::Supervise,
        state: match (from, live) {
            (None, _) => StepState::NotNeeded,
            (Some(_), Some(_)) => StepState::Current,
            (Some(_), None) => StepState::Done,
        },
        from,
        to: if live.is_some() { None } else { last },
        unit: live.map(|t| t.unit_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::Feedback;
    use crate::domain::rules::testkit::*;

    fn states(file: &CaseFile) -> Vec<StepState> {
        steps(file, None).into_iter().map(|s| s.state).collect()
    }

    #[test]
    fn a_case_walks_the_loop() {
        use StepState::{Ahead, Current, Done, NotNeeded};
        let mut f = file(CaseState::Registered);
        f.case.accepted_at = None;
        assert_eq!(
            states(&f),
            [Done, Current, Ahead, NotNeeded, Ahead, Ahead, Ahead]
        );
        f.case.state = CaseState::InMediation;
        f.case.accepted_at = Some(now());
        assert_eq!(
            states(&f),
            [Done, Done, Current, NotNeeded, Ahead, Ahead, Ahead]
        );
        f.case.state = CaseState::ClosedSuccess;
        f.case.closed_at = Some(now());
        assert_eq!(
            states(&f),
            [Done, Done, Done, NotNeeded, Current, Ahead, Current]
        );
        f.case.detail.feedback = Some(Feedback {
            text: "已反馈".into(),
            at: now(),
            by: id(1),
        });
        let all = steps(&f, Some(now()));
        assert_eq!(all[4].state, Done);
        assert_eq!(all[5].state, NotNeeded, "nobody evaluated");
        assert_eq!(all[6].to, Some(now()));
    }
}
