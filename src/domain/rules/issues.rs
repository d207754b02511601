//! Matters in dispute (争议事项): what is asked, and what became of each.

use crate::domain::case::Route;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::IssueId;
use crate::domain::input::Obj;
use crate::domain::machine::{self, Act};
use crate::domain::party::{Issue, IssueState};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::routes::{self, Matter};
use crate::domain::time::Instant;

use super::consent::live_party;
use super::intake::build_issue;
use super::intake_input::NewIssue;

/// Adds an issue. Appended: the version of the case stays.
///
/// # Errors
/// `unknown_reference`, `wrong_state` for a claimant who is no live party.
pub fn add_issue(
    file: &CaseFile,
    input: NewIssue,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Edit));
    if let Some(id) = input.claimed_by {
        live_party(file, id)?;
    }
    let last = file.issues.iter().map(|i| i.no).max().unwrap_or(0);
    let issue = build_issue(input, file.case.id, last.saturating_add(1), ids, now);
    let mut d = Decision::on(file);
    d.event(Event::IssueAdded {
        issue: issue.id,
        no: issue.no,
    });
    d.insert(issue);
    Ok(d)
}

/// A new state of an issue.
#[derive(Clone, Copy, Debug)]
pub struct IssueMove {
    pub state: IssueState,
    pub referred_to: Option<Route>,
}

impl IssueMove {
    /// `agreed` is not set by hand: an agreement in effect does that.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let state = o.req::<IssueState>("state");
        let route = o.opt("referred_to");
        let (state, referred_to) = (state?, route?);
        match (state, &referred_to) {
            (IssueState::Agreed, _) => o.fault("state", "not_applicable"),
            (IssueState::Referred, None) => o.fault("referred_to", "required"),
            (IssueState::Open | IssueState::Dropped, Some(_)) => {
                o.fault("referred_to", "not_applicable");
            }
            _ => return Some(Self { state, referred_to }),
        }
        None
    }
}

/// What bars moving an issue: it is agreed.
pub fn move_guards(issue: &Issue) -> Vec<Refusal> {
    let mut g = Guards::new();
    let agreed = issue.state == IssueState::Agreed;
    g.forbid(agreed.then_some(issue.id), Reason::WrongState);
    g.into_inner()
}

/// Drops, refers or takes up an issue again.
///
/// # Errors
/// `unknown_reference`; `wrong_state` for one already agreed; `already_done`; `route_mismatch` for
/// a route that does not match the matter (G-24).
pub fn move_issue(
    file: &CaseFile,
    issue: IssueId,
    input: IssueMove,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Edit));
    let about = |reason| vec![Refusal::about(reason, [issue])];
    let old = file
        .issue(issue)
        .ok_or_else(|| about(Reason::UnknownReference))?;
    let mut g = Guards::new();
    g.extend(move_guards(old));
    if old.state == input.state && old.referred_to == input.referred_to {
        g.extend(about(Reason::AlreadyDone));
    }
    if let Some(route) = input.referred_to {
        g.extend(routes::check(&[route], &Matter::of(&file.case)));
    }
    g.done()?;
    let mut d = Decision::on(file);
    d.case_mut();
    d.event(Event::IssueChanged {
        issue,
        state: input.state,
    });
    d.update(Issue {
        state: input.state,
        referred_to: input.referred_to,
        ..old.clone()
    });
    Ok(d)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::*;

    #[test]
    fn issues_are_numbered_on() {
        let mut f = file(CaseState::InMediation);
        for want in 1..=2 {
            let body =
                json!({"text": "檐水排向", "amount_fen": 100, "claimed_by": f.parties[0].id});
            let input = read(body, NewIssue::read).unwrap();
            let d = add_issue(&f, input, &mut Ids(want as u128), now()).unwrap();
            assert!(!d.case_changed());
            apply(&mut f, &d);
            assert_eq!(f.issues.last().unwrap().no, want);
        }
        let stranger = json!({"text": "x", "claimed_by": f.case.id});
        let input = read(stranger, NewIssue::read).unwrap();
        let r = add_issue(&f, input, &mut Ids::default(), now());
        assert_eq!(reasons(&r), [Reason::UnknownReference]);
    }

    #[test]
    fn an_issue_is_referred_where_it_can_go() {
        let mut f = file(CaseState::InMediation);
        let input = read(json!({"text": "抚养"}), NewIssue::read).unwrap();
        let d = add_issue(&f, input, &mut Ids::default(), now()).unwrap();
        apply(&mut f, &d);
        let no = f.issues[0].id;
        let go = |f: &CaseFile, body| move_issue(f, no, read(body, IssueMove::read).unwrap());
        let bad = go(
            &f,
            json!({"state": "referred", "referred_to": "labour_arb"}),
        );
        assert_eq!(reasons(&bad), [Reason::RouteMismatch]);
        let d = go(
            &f,
            json!({"state": "referred", "referred_to": "civil_suit"}),
        )
        .unwrap();
        assert_eq!(events(&d), ["issue_changed"]);
        apply(&mut f, &d);
        let again = go(
            &f,
            json!({"state": "referred", "referred_to": "civil_suit"}),
        );
        assert_eq!(reasons(&again), [Reason::AlreadyDone]);
        let d = go(&f, json!({"state": "open"})).unwrap();
        apply(&mut f, &d);
        assert_eq!(f.issues[0].referred_to, None);
        f.issues[0].state = IssueState::Agreed;
        assert_eq!(
            reasons(&go(&f, json!({"state": "dropped"}))),
            [Reason::WrongState]
        );
        for (body, fault) in [
            (json!({"state": "agreed"}), "/state not_applicable"),
            (json!({"state": "referred"}), "/referred_to required"),
            (
                json!({"state": "open", "referred_to": "police"}),
                "/referred_to not_applicable",
            ),
        ] {
            assert_eq!(violations(read(body, IssueMove::read)), [fault]);
        }
    }
}
