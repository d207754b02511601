use serde_json::json;

use super::*;
use crate::domain::case::NextStep;
use crate::domain::rules::recusals::*;
use crate::domain::rules::session_kit::*;
use crate::domain::rules::sessions;
use crate::domain::rules::testkit::*;
use crate::domain::session::SessionState;

fn facts(n: u128) -> AppointFacts {
    AppointFacts {
        candidate: candidate(n),
        calendar: calendar(),
        busy: Vec::new(),
    }
}

fn input(user: u128, role: &str) -> Appoint {
    let user: UserId = id(user);
    read(
        json!({"user_id": user.to_string(), "role": role}),
        Appoint::read,
    )
    .unwrap()
}

fn try_appoint(
    file: &CaseFile,
    input: Appoint,
    facts: &AppointFacts,
) -> Result<Decision, Vec<Refusal>> {
    appoint(file, input, facts, &staff(), &mut Ids::default(), now())
}

fn try_replace(file: &CaseFile, old: u128, new: u128) -> Result<Decision, Vec<Refusal>> {
    let old = file
        .assignments
        .iter()
        .find(|a| a.user_id == id(old))
        .unwrap();
    let input = Replace {
        id: None,
        user_id: id(new),
        mode: SelectionMode::Designated,
        waived_by: Vec::new(),
    };
    replace(
        file,
        old,
        input,
        &facts(new),
        &staff(),
        &mut Ids::default(),
        now(),
    )
}

fn challenge(file: &CaseFile, user: u128) -> Result<Decision, Vec<Refusal>> {
    let seat = file
        .assignments
        .iter()
        .find(|a| a.user_id == id(user))
        .unwrap();
    let body = json!({"assignment_id": seat.id.to_string(),
        "party_id": file.parties[1].id.to_string(), "ground": "relative"});
    let input = read(body, RequestRecusal::read).unwrap();
    request_recusal(file, input, &calendar(), &mut Ids(0xE000), now())
}

#[test]
fn the_first_chair_moves_the_case() {
    let mut f = file(CaseState::Accepted);
    f.case.committee_id = Some(id(COMMITTEE));
    let d = try_appoint(&f, input(RECORDER, "recorder"), &facts(RECORDER)).unwrap();
    assert_eq!(d.case().state, CaseState::Accepted, "a recorder does not");
    let outcome = try_appoint(&f, input(CHAIR, "chair"), &facts(CHAIR));
    let d = carry(&mut f, outcome);
    assert_eq!(f.case.state, CaseState::Assigned);
    assert_eq!(f.case.next_step, Some(NextStep::FirstSession));
    assert_eq!(f.chair().unwrap().committee_id, Some(id(COMMITTEE)));
    assert_eq!(told(&d, NoticeKind::CaseAssigned), [CHAIR]);
    assert_eq!(events(&d), ["mediator_appointed"]);
}

#[test]
fn there_is_one_chair() {
    let f = ready();
    let outcome = try_appoint(&f, input(SECOND, "chair"), &facts(SECOND));
    assert_eq!(reasons(&outcome), [Reason::ChairTaken]);
    let outcome = try_appoint(&f, input(CHAIR, "mediator"), &facts(CHAIR));
    assert_eq!(reasons(&outcome), [Reason::AlreadyDone], "one seat each");
    assert!(try_appoint(&f, input(SECOND, "mediator"), &facts(SECOND)).is_ok());
}

#[test]
fn all_failing_guards_are_told_at_once() {
    let mut f = ready();
    f.parties[0].consent = crate::domain::party::Consent::Refused;
    let mut who = facts(SECOND);
    who.candidate.memberships.clear();
    who.candidate.agent_of = vec![f.parties[0].id];
    let outcome = try_appoint(&f, input(SECOND, "chair"), &who);
    assert_eq!(
        reasons(&outcome),
        [
            Reason::StopDemanded,
            Reason::ChairTaken,
            Reason::MediatorNotEligible,
            Reason::ConflictNotWaived,
        ]
    );
    assert_eq!(items(&outcome, Reason::MediatorNotEligible), ["not_member"]);
}

#[test]
fn a_tie_is_waived_by_every_side_and_kept() {
    let mut f = ready();
    let mut who = facts(SECOND);
    who.candidate.agent_of = vec![f.parties[0].id];
    let mut asked = input(SECOND, "mediator");
    asked.waived_by = vec![f.parties[0].id];
    let outcome = try_appoint(&f, asked.clone(), &who);
    let tie = format!("prior_agent:{}", f.parties[0].id);
    assert_eq!(items(&outcome, Reason::ConflictNotWaived), [tie]);
    asked.waived_by.push(f.parties[1].id);
    let outcome = try_appoint(&f, asked.clone(), &who);
    let d = carry(&mut f, outcome);
    assert_eq!(
        events(&d),
        [
            "mediator_appointed",
            "conflict_disclosed",
            "conflict_waived",
            "conflict_waived"
        ]
    );
    assert!(unwaived_ties(&f).is_empty());
    asked.waived_by.push(id(0x999));
    let outcome = try_appoint(&ready(), asked, &who);
    assert_eq!(reasons(&outcome), [Reason::UnknownReference]);
}

#[test]
fn a_recused_chair_is_out_at_once_and_owed() {
    let mut f = ready();
    let planned = plan_joint(&mut f);
    let outcome = sessions::notify(&f, &planned, now());
    done(&mut f, outcome);
    let outcome = challenge(&f, CHAIR);
    let d = carry(&mut f, outcome);
    assert_eq!(events(&d), ["recusal_requested", "mediator_released"]);
    let old = &f.assignments[0];
    assert_eq!(
        (old.to_at, old.end_reason),
        (Some(now()), Some(AssignmentEnd::Recused))
    );
    assert!(f.chair().is_none());
    assert_eq!(open_recusals(&f).count(), 1);
    assert_eq!(f.case.next_step, Some(NextStep::Assign));
    assert_eq!(
        f.case.next_due_at,
        Some(planned.planned_from),
        "before the session"
    );
    assert_eq!(told(&d, NoticeKind::RecusalDecided), [VILLAGE, CHAIR]);
    assert_eq!(told(&d, NoticeKind::SessionCancelled), [CHAIR]);
    assert!(!last(&f).attendees.iter().any(|a| a.id.as_u128() == CHAIR));
    assert_eq!(last(&f).sequence, 1);
    assert_eq!(reasons(&challenge(&f, CHAIR)), [Reason::AlreadyDone]);

    // Never again in this case.
    let outcome = try_appoint(&f, input(CHAIR, "chair"), &facts(CHAIR));
    assert_eq!(items(&outcome, Reason::MediatorNotEligible), ["recused"]);

    let outcome = try_replace(&f, CHAIR, SECOND);
    let d = carry(&mut f, outcome);
    assert_eq!(f.chair().map(|a| a.user_id), Some(id(SECOND)));
    assert_eq!(open_recusals(&f).count(), 0);
    assert_eq!(f.recusals[0].replaced_by, f.chair().map(|a| a.id));
    assert_eq!(f.case.next_step, Some(NextStep::FirstSession));
    assert_eq!(
        told(&d, NoticeKind::RecusalDecided),
        [APPLICANT, RESPONDENT]
    );
    assert_eq!(told(&d, NoticeKind::SessionInvited), [SECOND]);
    assert!(last(&f).attendees.iter().any(|a| a.id.as_u128() == SECOND));
    assert_eq!(
        reasons(&try_replace(&f, CHAIR, COLLEAGUE)),
        [Reason::WrongState, Reason::ChairTaken]
    );
}

#[test]
fn appointing_another_chair_answers_the_recusal() {
    let mut f = ready();
    f.case.state = CaseState::InMediation;
    let outcome = challenge(&f, CHAIR);
    done(&mut f, outcome);
    let outcome = try_appoint(&f, input(SECOND, "chair"), &facts(SECOND));
    done(&mut f, outcome);
    assert_eq!(f.recusals[0].state, RecusalState::Replaced);
    assert_eq!(f.case.state, CaseState::InMediation);
    assert_eq!(f.case.next_step, Some(NextStep::Mediate));
    // One month from acceptance, not from the replacement.
    let limit = calendar()
        .end_of_period_months(day("2026-03-02"), 1, true)
        .end();
    assert_eq!(f.case.next_due_at, Some(limit));
}

#[test]
fn a_recused_recorder_bars_nothing() {
    let mut f = ready();
    let outcome = challenge(&f, RECORDER);
    done(&mut f, outcome);
    assert_eq!(open_recusals(&f).count(), 0);
    assert_eq!(f.team().count(), 1);
    let outcome = try_replace(&f, RECORDER, SECOND);
    done(&mut f, outcome);
    assert_eq!(f.recusals[0].state, RecusalState::Replaced);
}

#[test]
fn a_recusal_names_a_party_and_a_seat_of_the_case() {
    let f = ready();
    let input = RequestRecusal {
        id: None,
        assignment_id: id(0x999),
        party_id: id(0x998),
        ground: None,
        note: None,
        at: Some(now().plus_seconds(1)),
    };
    let outcome = request_recusal(&f, input, &calendar(), &mut Ids::default(), now());
    assert_eq!(
        reasons(&outcome),
        [
            Reason::UnknownReference,
            Reason::InFuture,
            Reason::UnknownReference
        ]
    );
}

#[test]
fn replacing_swaps_in_one_act_with_one_chair_throughout() {
    let mut f = ready();
    let planned = plan_joint(&mut f);
    let outcome = sessions::notify(&f, &planned, now());
    done(&mut f, outcome);
    let outcome = try_replace(&f, CHAIR, SECOND);
    let d = carry(&mut f, outcome);
    let chairs: Vec<_> = f.team().filter(|a| a.role == TeamRole::Chair).collect();
    assert_eq!(chairs.len(), 1);
    assert_eq!(f.assignments[0].end_reason, Some(AssignmentEnd::Replaced));
    assert!(
        matches!(&d.puts[0], crate::domain::decision::Put::Update(_)),
        "the old seat is vacated before the new one is filled"
    );
    assert_eq!(told(&d, NoticeKind::SessionCancelled), [CHAIR]);
    assert_eq!(told(&d, NoticeKind::SessionInvited), [SECOND]);
    assert!(told(&d, NoticeKind::RecusalDecided).is_empty());
    assert_eq!(
        reasons(&try_replace(&f, SECOND, RECORDER)),
        [Reason::AlreadyDone]
    );
}

#[test]
fn a_chair_is_not_released_only_replaced() {
    let mut f = ready();
    let leave = read(json!({}), Release::read).unwrap();
    let outcome = release(&f, &f.assignments[0], leave, now());
    assert_eq!(reasons(&outcome), [Reason::ChairMissing]);
    let outcome = release(&f, &f.assignments[1], leave, now());
    done(&mut f, outcome);
    assert_eq!(f.assignments[1].end_reason, Some(AssignmentEnd::Leave));
    let outcome = release(&f, &f.assignments[1], leave, now());
    assert_eq!(reasons(&outcome), [Reason::AlreadyDone]);
    let bad = read(json!({"reason": "recused"}), Release::read);
    assert_eq!(violations(bad), ["/reason not_for_release"]);
}

#[test]
fn what_is_disclosed_later_must_be_waived_by_all() {
    let mut f = ready();
    let told = Disclose {
        kind: ConflictKind::Interest,
        party_id: Some(f.parties[0].id),
        participant_id: None,
    };
    let outcome = disclose(&f, &f.assignments[0], told.clone(), now());
    done(&mut f, outcome);
    let tie = format!("interest:{}", f.parties[0].id);
    assert_eq!(unwaived_ties(&f), [tie]);
    let outcome = disclose(&f, &f.assignments[0], told, now());
    assert_eq!(reasons(&outcome), [Reason::AlreadyDone]);
    for (party, given) in [(0, true), (1, false), (1, true)] {
        let say = Waive {
            party_id: f.parties[party].id,
            given,
        };
        assert!(!unwaived_ties(&f).is_empty());
        let outcome = waive(&f, &f.assignments[0], say, now());
        done(&mut f, outcome);
    }
    assert!(unwaived_ties(&f).is_empty());
    let outcome = waive(
        &f,
        &f.assignments[1],
        Waive {
            party_id: id(0x999),
            given: true,
        },
        now(),
    );
    assert_eq!(
        reasons(&outcome),
        [Reason::WrongState, Reason::UnknownReference]
    );
}

#[test]
fn sessions_that_began_keep_their_list() {
    let mut f = ready();
    plan_joint(&mut f);
    run(&mut f);
    let outcome = challenge(&f, CHAIR);
    done(&mut f, outcome);
    assert_eq!(last(&f).state, SessionState::Open);
    assert!(last(&f).attendees.iter().any(|a| a.id.as_u128() == CHAIR));
}

#[test]
fn who_takes_a_seat_is_free_during_the_sessions_to_come() {
    let mut f = ready();
    let session = plan_joint(&mut f);
    f.sessions = vec![session.clone()];
    let old = f.chair().unwrap().clone();
    let mut facts = facts(0x29);
    let take = |from: Instant, to: Instant| Busy {
        kind: crate::domain::rules::free_slots::BusyKind::Person,
        id: uuid::Uuid::from_u128(0x29),
        from,
        to,
    };
    let replacement = |f: &CaseFile, facts: &AppointFacts| {
        let body = json!({"user_id": id::<UserKey>(0x29)});
        let input = read(body, Replace::read).unwrap();
        replace(f, &old, input, facts, &staff(), &mut Ids::default(), now())
    };
    assert!(replacement(&f, &facts).is_ok());
    facts.busy = vec![take(session.planned_to, session.planned_to.plus_hours(1))];
    assert!(replacement(&f, &facts).is_ok(), "back to back");
    facts.busy = vec![take(session.planned_from, session.planned_to)];
    let refused = replacement(&f, &facts).unwrap_err();
    assert_eq!(refused[0].reason, Reason::PersonTaken);
    assert_eq!(refused[0].items[0], facts.busy[0].id.to_string());
    assert!(refused[0].items[1].starts_with("slot:"));
    f.sessions[0].state = SessionState::Postponed;
    assert!(replacement(&f, &facts).is_ok(), "no time is fixed");
}
