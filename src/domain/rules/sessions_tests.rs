use serde_json::{Value, json};

use super::*;
use crate::domain::party::{GivenConsent, MandateScope, ParticipantKind, PartyRole};
use crate::domain::rules::free_slots::*;
use crate::domain::rules::session_changes::*;
use crate::domain::rules::session_kit::*;
use crate::domain::rules::session_people::call_off_upcoming;
use crate::domain::rules::testkit::*;

const FROM: &str = "2026-03-02T14:00:00+08:00";
const TO: &str = "2026-03-02T16:00:00+08:00";

fn body(extra: Value) -> Value {
    let mut body = json!({"kind": "joint", "venue_kind": "site", "venue": "村口",
        "planned_from": FROM, "planned_to": TO});
    for (name, value) in extra.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

fn attempt(file: &CaseFile, extra: Value, facts: &PlanFacts) -> Result<Decision, Vec<Refusal>> {
    let input = read(body(extra), Plan::read).unwrap();
    plan(file, input, facts, &staff(), &mut Ids::default(), now())
}

fn listed(session: &Session) -> Vec<u128> {
    session.attendees.iter().map(|a| a.id.as_u128()).collect()
}

fn room(n: u128) -> Room {
    Room {
        id: id(n),
        org_id: id(DESK),
        name: "调解室".to_owned(),
        capacity: 12,
        active: true,
    }
}

fn busy(kind: BusyKind, n: u128, from: &str, to: &str) -> Busy {
    Busy {
        kind,
        id: uuid::Uuid::from_u128(n),
        from: at(from),
        to: at(to),
    }
}

#[test]
fn place_and_kind_must_fit() {
    let cases = [
        (json!({"kind": "online"}), "/venue_kind does_not_fit_kind"),
        (
            json!({"kind": "on_site", "venue_kind": "room", "room_id": RESPONDENT_ID}),
            "/venue_kind does_not_fit_kind",
        ),
        (json!({"venue_kind": "room"}), "/room_id required"),
        (json!({"room_id": RESPONDENT_ID}), "/room_id not_allowed"),
        (json!({"venue": null}), "/venue required"),
        (json!({"kind": "caucus"}), "/parties required"),
        (json!({"parties": []}), "/parties required"),
        (
            json!({"planned_from": "gestern"}),
            "/planned_from invalid_instant",
        ),
    ];
    for (extra, fault) in cases {
        assert_eq!(
            violations(read(body(extra.clone()), Plan::read)),
            [fault],
            "{extra}"
        );
    }
}
const RESPONDENT_ID: &str = "00000000-0000-0000-0000-000000000102";

#[test]
fn the_list_is_filled_from_the_file() {
    let mut f = ready();
    f.parties.push(party(0x103, 1, PartyRole::Represented));
    f.participants
        .push(agent(0x301, APPLICANT, &[MandateScope::Attend]));
    f.participants
        .push(participant(0x302, ParticipantKind::Invited, None));
    f.participants.push(agent(0x303, RESPONDENT, &[]));
    f.participants[2].revoked_at = Some(now());
    let s = plan_joint(&mut f);
    assert_eq!(listed(&s), [APPLICANT, RESPONDENT, 0x301, CHAIR, RECORDER]);
    assert_eq!((s.no, s.state, s.sequence), (1, SessionState::Planned, 0));

    let s = planned(
        &mut f,
        body(
            json!({"kind": "conference", "planned_from": "2026-03-03T14:00:00+08:00",
        "planned_to": "2026-03-03T15:00:00+08:00"}),
        ),
    );
    assert_eq!(listed(&s), [CHAIR, RECORDER]);
    assert_eq!(s.no, 2);
}

#[test]
fn planning_is_refused_with_every_reason() {
    let mut f = ready();
    f.parties[1].consent = crate::domain::party::Consent::Withdrawn;
    f.assignments.clear();
    f.participants
        .push(participant(0x302, ParticipantKind::Invited, None));
    let gone: PartyId = id(0x999);
    let extra = json!({"parties": [gone.to_string()], "participants": [f.participants[0].id.to_string()],
        "staff": [id::<()>(COLLEAGUE).to_string()], "is_public": true, "planned_to": FROM});
    let outcome = attempt(&f, extra, &PlanFacts::default());
    assert_eq!(
        reasons(&outcome),
        [
            Reason::StopDemanded,
            Reason::NoLiveTeam,
            Reason::TimeOrder,
            Reason::UnknownReference,
            Reason::InviteeConsentMissing,
            Reason::UnknownReference,
            Reason::PublicNotAllowed,
        ]
    );
}

#[test]
fn staff_off_the_team_must_be_known_and_never_recused() {
    let mut f = ready();
    let extra = || json!({"staff": [id::<()>(CHAIR).to_string(), id::<()>(COLLEAGUE).to_string()]});
    let facts = PlanFacts {
        known_staff: vec![id(COLLEAGUE)],
        ..PlanFacts::default()
    };
    assert!(attempt(&f, extra(), &facts).is_ok());
    let outcome = attempt(&f, extra(), &PlanFacts::default());
    assert_eq!(reasons(&outcome), [Reason::UnknownReference]);
    let mut old = seat(COLLEAGUE, crate::domain::mediator::TeamRole::Mediator);
    old.to_at = Some(now());
    old.end_reason = Some(crate::domain::mediator::AssignmentEnd::Recused);
    f.assignments.push(old);
    assert_eq!(
        reasons(&attempt(&f, extra(), &facts)),
        [Reason::MediatorNotEligible]
    );
}

#[test]
fn a_public_session_needs_everybody_and_nothing_secret() {
    let mut f = ready();
    let public = || json!({"is_public": true});
    let outcome = attempt(&f, public(), &PlanFacts::default());
    assert_eq!(items(&outcome, Reason::PublicNotAllowed).len(), 2);
    for p in &mut f.parties {
        p.detail.wants_public = Some(true);
    }
    assert!(attempt(&f, public(), &PlanFacts::default()).is_ok());
    f.case.detail.dv = true;
    f.case.detail.minor_harm = true;
    f.case.detail.confidentiality = Some(crate::domain::case::Confidentiality::L4);
    f.parties[0].birth_date = Some(day("2012-01-01"));
    let outcome = attempt(&f, public(), &PlanFacts::default());
    assert_eq!(
        items(&outcome, Reason::PublicNotAllowed),
        ["dv", "minor_harm", "minor", "confidential"]
    );
}

#[test]
fn a_taken_room_or_person_is_refused_with_free_slots() {
    let f = ready();
    let wanted =
        json!({"venue_kind": "room", "room_id": id::<()>(0x80).to_string(), "venue": null});
    let mut facts = PlanFacts::default();
    let outcome = attempt(&f, wanted.clone(), &facts);
    assert_eq!(
        reasons(&outcome),
        [Reason::UnknownReference],
        "no such room"
    );
    facts.room = Some(room(0x80));
    facts.busy = vec![
        busy(
            BusyKind::Room,
            0x80,
            "2026-03-02T15:30:00+08:00",
            "2026-03-02T18:00:00+08:00",
        ),
        busy(BusyKind::Room, 0x81, FROM, TO),
        busy(
            BusyKind::Person,
            CHAIR,
            "2026-03-02T10:00:00+08:00",
            "2026-03-02T12:00:00+08:00",
        ),
    ];
    let outcome = attempt(&f, wanted.clone(), &facts);
    assert_eq!(reasons(&outcome), [Reason::RoomTaken]);
    let told = items(&outcome, Reason::RoomTaken);
    assert_eq!(told[0], id::<()>(0x80).to_string());
    // Now 10:00; the chair is taken until 12:00, the room from 15:30.
    let slot = |from: &str, to: &str| {
        Slot {
            from: at(from),
            to: at(to),
        }
        .to_string()
    };
    assert_eq!(
        told[1],
        slot("2026-03-02T12:00:00+08:00", "2026-03-02T14:00:00+08:00")
    );
    assert_eq!(
        told[2],
        slot("2026-03-02T12:30:00+08:00", "2026-03-02T14:30:00+08:00")
    );
    assert_eq!(
        told[4],
        slot("2026-03-02T13:30:00+08:00", "2026-03-02T15:30:00+08:00")
    );
    assert_eq!(
        told[5],
        slot("2026-03-03T08:00:00+08:00", "2026-03-03T10:00:00+08:00")
    );

    // Back to back is no clash.
    facts.busy = vec![
        busy(BusyKind::Room, 0x80, "2026-03-02T13:00:00+08:00", FROM),
        busy(BusyKind::Person, CHAIR, TO, "2026-03-02T17:00:00+08:00"),
    ];
    assert!(attempt(&f, wanted, &facts).is_ok());
}

#[test]
fn the_case_s_own_sessions_take_people_too() {
    let mut f = ready();
    let first = plan_joint(&mut f);
    let overlapping = json!({"planned_from": "2026-03-02T15:59:00+08:00",
        "planned_to": "2026-03-02T17:00:00+08:00"});
    let outcome = attempt(&f, overlapping.clone(), &PlanFacts::default());
    assert_eq!(reasons(&outcome), [Reason::PersonTaken]);
    // Its own time does not stand in its way.
    let input = read(overlapping, Postpone::read).unwrap();
    assert!(postpone(&f, &first, input, &PlanFacts::default(), now()).is_ok());
}

#[test]
fn slots_lie_on_half_hours_within_working_hours() {
    let monday = day("2026-03-02");
    let all = free_slots(&[], 60, monday, 1, monday.start());
    assert_eq!(all.len(), 19);
    assert_eq!(all[0].from, at("2026-03-02T08:00:00+08:00"));
    assert_eq!(all[18].to, at("2026-03-02T18:00:00+08:00"));
    assert!(free_slots(&[], 601, monday, 3, monday.start()).is_empty());
    assert!(free_slots(&[], 0, monday, 3, monday.start()).is_empty());
    assert_eq!(
        free_slots(&[], 600, monday, 3, now()).len(),
        2,
        "today began already"
    );
    let taken = busy(
        BusyKind::Room,
        1,
        "2026-03-02T09:15:00+08:00",
        "2026-03-02T09:45:00+08:00",
    );
    let free = free_slots(&[taken], 30, monday, 1, monday.start());
    let starts: Vec<_> = free.iter().take(4).map(|s| s.from.local_text()).collect();
    assert_eq!(
        starts,
        [
            "2026-03-02 08:00",
            "2026-03-02 08:30",
            "2026-03-02 10:00",
            "2026-03-02 10:30"
        ]
    );
}

#[test]
fn everybody_is_invited_and_told_of_changes_with_a_rising_sequence() {
    let mut f = ready();
    let s = plan_joint(&mut f);
    let all = [CHAIR, RECORDER, APPLICANT, RESPONDENT];
    let outcome = notify(&f, &s, now());
    let d = carry(&mut f, outcome);
    assert_eq!(told(&d, NoticeKind::SessionInvited), all);
    assert_eq!(
        (last(&f).state, last(&f).sequence),
        (SessionState::Notified, 0)
    );
    assert_eq!(reasons(&notify(&f, &last(&f), now())), [Reason::WrongState]);

    let later = json!({"planned_from": "2026-03-04T09:00:00+08:00", "planned_to": "2026-03-04T10:00:00+08:00"});
    let input = read(later.clone(), Postpone::read).unwrap();
    let outcome = postpone(&f, &last(&f), input, &PlanFacts::default(), now());
    let d = carry(&mut f, outcome);
    assert_eq!(told(&d, NoticeKind::SessionChanged), all);
    let moved = last(&f);
    assert_eq!((moved.state, moved.sequence), (SessionState::Notified, 1));
    assert_eq!(moved.detail.postponed_from, Some(s.planned_from));
    assert_eq!(moved.planned_from, at("2026-03-04T09:00:00+08:00"));

    let unknown = read(json!({"reason": "当事人住院"}), Postpone::read).unwrap();
    let outcome = postpone(&f, &moved, unknown.clone(), &PlanFacts::default(), now());
    let d = carry(&mut f, outcome);
    assert_eq!(told(&d, NoticeKind::SessionCancelled), all);
    let parked = last(&f);
    assert_eq!(
        (parked.state, parked.sequence),
        (SessionState::Postponed, 2)
    );
    assert!(!parked.state.is_booked());
    let outcome = postpone(&f, &parked, unknown, &PlanFacts::default(), now());
    assert_eq!(reasons(&outcome), [Reason::AlreadyDone]);

    let input = read(later, Postpone::read).unwrap();
    let outcome = postpone(&f, &parked, input, &PlanFacts::default(), now());
    let d = carry(&mut f, outcome);
    assert!(d.notices.is_empty(), "invited anew, not yet");
    let outcome = notify(&f, &last(&f), now());
    done(&mut f, outcome);
    assert_eq!(last(&f).sequence, 3);

    let cancel_it = read(json!({"reason": "双方自行和解"}), Cancel::read).unwrap();
    let outcome = cancel(&f, &last(&f), cancel_it.clone());
    let d = carry(&mut f, outcome);
    assert_eq!(told(&d, NoticeKind::SessionCancelled), all);
    assert_eq!(
        (last(&f).state, last(&f).sequence),
        (SessionState::Cancelled, 4)
    );
    assert_eq!(
        reasons(&cancel(&f, &last(&f), cancel_it)),
        [Reason::WrongState]
    );
}

#[test]
fn a_plan_nobody_heard_of_is_cancelled_in_silence() {
    let mut f = ready();
    plan_joint(&mut f);
    let mut d = Decision::on(&f);
    call_off_upcoming(&mut d, &f);
    apply(&mut f, &d);
    assert!(d.notices.is_empty());
    assert_eq!(last(&f).state, SessionState::Cancelled);
}

#[test]
fn half_a_new_time_is_no_time() {
    let half = json!({"planned_from": FROM});
    assert_eq!(
        violations(read(half, Postpone::read)),
        ["/planned_to required"]
    );
    let other = json!({"planned_to": FROM});
    assert_eq!(
        violations(read(other, Postpone::read)),
        ["/planned_from required"]
    );
}

#[test]
fn no_show_comes_after_the_hour_and_names_an_invited_side() {
    let mut f = ready();
    plan_joint(&mut f);
    let absent = NoShow { side: 2 };
    assert_eq!(
        reasons(&no_show(&f, &last(&f), absent, now())),
        [Reason::WrongState, Reason::InFuture]
    );
    let outcome = notify(&f, &last(&f), now());
    done(&mut f, outcome);
    let nobody = NoShow { side: 3 };
    assert_eq!(
        reasons(&no_show(&f, &last(&f), nobody, after(30))),
        [Reason::NotAttending]
    );
    let outcome = no_show(&f, &last(&f), absent, after(30));
    done(&mut f, outcome);
    let s = last(&f);
    assert_eq!(
        (s.state, s.detail.no_show_side),
        (SessionState::NoShow, Some(2))
    );
    let missing = s
        .attendees
        .iter()
        .find(|a| a.id.as_u128() == RESPONDENT)
        .unwrap();
    assert_eq!(missing.present, Some(false));
}

#[test]
fn a_victim_who_said_no_is_not_invited_to_face_the_other_side() {
    let mut f = ready();
    f.case.detail.dv = true;
    plan_joint(&mut f);
    let no = GivenConsent {
        party_id: f.parties[0].id,
        given: false,
        at: now(),
    };
    f.sessions[0].detail.consents.push(no);
    let outcome = notify(&f, &last(&f), now());
    assert_eq!(
        items(&outcome, Reason::DvJointRefused),
        [f.parties[0].id.to_string()]
    );
    f.sessions[0]
        .attendees
        .retain(|a| a.id != f.parties[1].id.uuid);
    assert!(
        notify(&f, &last(&f), now()).is_ok(),
        "apart from the other side"
    );
}
