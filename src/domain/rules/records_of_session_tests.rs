use serde_json::{Value, json};

use super::*;
use crate::domain::decision::{Entity, Put};
use crate::domain::ids::Id;
use crate::domain::party::{Capacity, MandateScope, ParticipantKind};
use crate::domain::rules::notes::*;
use crate::domain::rules::session_course::{OpenCaucus, open_caucus};
use crate::domain::rules::session_kit::*;
use crate::domain::rules::session_signatures::*;
use crate::domain::rules::testkit::*;

/// A ready case whose joint session is open with everybody there.
fn running() -> CaseFile {
    let mut f = ready();
    plan_joint(&mut f);
    run(&mut f);
    f
}

/// The same with a record.
fn recorded() -> CaseFile {
    let mut f = running();
    let outcome = draw_up(&f, &last(&f), words("双方陈述了檐沟滴水的经过。"));
    done(&mut f, outcome);
    f
}

fn words(text: &str) -> Minutes {
    Minutes {
        text: Secret::new(text),
    }
}

fn uuid(n: u128) -> String {
    Id::<()>::new(uuid::Uuid::from_u128(n)).to_string()
}

fn sign(file: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, SignRecord::read).unwrap();
    let mut ids = Ids(0xA000 + file.signatures.len() as u128);
    sign_record(file, &last(file), input, &staff(), &mut ids, after(60))
}

fn refuse(file: &CaseFile, party: u128, witnesses: [u128; 2]) -> Result<Decision, Vec<Refusal>> {
    let input = RefuseSignature {
        party_id: id(party),
        witnesses: witnesses.map(id).to_vec(),
        note: None,
    };
    let mut ids = Ids(0xB000 + file.signatures.len() as u128);
    refuse_signature(file, &last(file), input, &staff(), &mut ids, after(60))
}

fn finish(file: &CaseFile, body: Value) -> Result<Decision, Vec<Refusal>> {
    let input = read(body, Close::read).unwrap();
    close(file, &last(file), input, after(90))
}

fn all_sign(f: &mut CaseFile) {
    for body in [
        json!({"signed_as": "party", "party_id": uuid(APPLICANT)}),
        json!({"signed_as": "party", "party_id": uuid(RESPONDENT), "method": "fingerprint"}),
        json!({"signed_as": "mediator"}),
        json!({"signed_as": "recorder", "user_id": uuid(RECORDER)}),
    ] {
        let outcome = sign(f, body);
        done(f, outcome);
    }
}

#[test]
fn a_session_goes_through_record_and_signatures_to_its_close() {
    let mut f = recorded();
    assert_eq!(last(&f).state, SessionState::RecordDraft);
    let outcome = finish(&f, json!({"result": "agreed"}));
    assert_eq!(
        items(&outcome, Reason::RecordUnsigned),
        [
            uuid(APPLICANT),
            uuid(RESPONDENT),
            uuid(CHAIR),
            uuid(RECORDER),
            "mediator".to_owned()
        ]
    );
    all_sign(&mut f);
    assert_eq!(last(&f).state, SessionState::RecordSigned);
    let outcome = finish(&f, json!({"result": "agreed"}));
    let d = carry(&mut f, outcome);
    assert_eq!(events(&d), ["session_closed"]);
    let s = last(&f);
    assert_eq!(
        (s.state, s.result),
        (SessionState::Closed, Some(SessionResult::Agreed))
    );
    assert_eq!(s.closed_at, Some(after(90)));
    assert_eq!(f.case.next_step, Some(NextStep::Sign));
    assert_eq!(
        reasons(&finish(&f, json!({"result": "agreed"}))),
        [Reason::WrongState]
    );
}

#[test]
fn nothing_closes_without_record_and_result() {
    let f = running();
    let outcome = finish(&f, json!({}));
    assert_eq!(
        reasons(&outcome),
        [
            Reason::RecordMissing,
            Reason::RecordUnsigned,
            Reason::ResultMissing
        ]
    );
    assert_eq!(
        reasons(&sign(&f, json!({"signed_as": "mediator"}))),
        [Reason::RecordMissing]
    );
}

#[test]
fn a_single_member_of_staff_gives_a_reason() {
    let mut f = recorded();
    all_sign(&mut f);
    for a in &mut f.sessions[0].attendees {
        a.present = Some(a.id != uuid::Uuid::from_u128(RECORDER));
    }
    let outcome = finish(&f, json!({"result": "continue"}));
    assert_eq!(reasons(&outcome), [Reason::SingleStaffReason]);
    let step = f.case.next_step;
    let outcome = finish(
        &f,
        json!({"result": "continue", "single_staff_reason": "记录员途中病倒"}),
    );
    done(&mut f, outcome);
    assert!(last(&f).detail.single_staff_reason.is_some());
    assert_eq!(f.case.next_step, step);
}

#[test]
fn the_record_stands_once_somebody_signed() {
    let mut f = recorded();
    assert!(draw_up(&f, &last(&f), words("改正一处")).is_ok());
    let outcome = sign(&f, json!({"signed_as": "mediator"}));
    done(&mut f, outcome);
    let outcome = draw_up(&f, &last(&f), words("再改"));
    assert_eq!(reasons(&outcome), [Reason::AlreadyDone]);
    let mut f = running();
    let outcome = open_caucus(
        &f,
        &last(&f),
        OpenCaucus {
            party_id: id(APPLICANT),
        },
    );
    done(&mut f, outcome);
    let outcome = draw_up(&f, &last(&f), words("笔录"));
    assert_eq!(
        reasons(&outcome),
        [Reason::WrongState],
        "end the caucus first"
    );
}

#[test]
fn a_refusal_is_put_on_record_by_two_who_were_there() {
    let mut f = recorded();
    let outcome = refuse(&f, RESPONDENT, [CHAIR, COLLEAGUE]);
    assert_eq!(items(&outcome, Reason::NotAttending), [uuid(COLLEAGUE)]);
    let outcome = refuse(&f, RESPONDENT, [CHAIR, RECORDER]);
    let d = carry(&mut f, outcome);
    assert_eq!(events(&d), ["record_signed"; 3]);
    assert_eq!(
        reasons(&refuse(&f, RESPONDENT, [CHAIR, RECORDER])),
        [Reason::AlreadyDone]
    );
    assert_eq!(
        reasons(&refuse(&f, 0x999, [CHAIR, RECORDER])),
        [Reason::NotAttending]
    );
    for body in [
        json!({"signed_as": "party", "party_id": uuid(APPLICANT)}),
        json!({"signed_as": "mediator"}),
        json!({"signed_as": "recorder", "user_id": uuid(RECORDER)}),
    ] {
        let outcome = sign(&f, body);
        done(&mut f, outcome);
    }
    assert_eq!(last(&f).state, SessionState::RecordSigned);
    // A change of heart is welcome.
    let signs = json!({"signed_as": "party", "party_id": uuid(RESPONDENT)});
    assert!(sign(&f, signs).is_ok());

    let one = json!({"party_id": uuid(RESPONDENT), "witnesses": [uuid(CHAIR)]});
    assert_eq!(
        violations(read(one, RefuseSignature::read)),
        ["/witnesses two_required"]
    );
}

#[test]
fn only_hands_that_may_sign_are_taken() {
    let mut f = recorded();
    f.participants
        .push(agent(0x301, APPLICANT, &[MandateScope::Attend]));
    f.participants
        .push(agent(0x302, APPLICANT, &[MandateScope::Evidence]));
    f.participants.push(participant(
        0x303,
        ParticipantKind::LegalRepresentative,
        Some(APPLICANT),
    ));
    f.participants
        .push(participant(0x304, ParticipantKind::Expert, None));
    for n in [0x301, 0x302, 0x303] {
        f.sessions[0].attendees.push(Attendee {
            kind: AttendeeKind::Participant,
            id: uuid::Uuid::from_u128(n),
            present: Some(true),
            at: None,
        });
    }
    let agent_signs = |n| json!({"signed_as": "agent", "participant_id": uuid(n)});
    let cases = [
        (agent_signs(0x302), Reason::MandateInvalid),
        (
            json!({"signed_as": "agent", "participant_id": uuid(0x301), "party_id": uuid(RESPONDENT)}),
            Reason::UnknownReference,
        ),
        (agent_signs(0x304), Reason::UnknownReference),
        (
            json!({"signed_as": "legal_representative", "participant_id": uuid(0x303)}),
            Reason::LegalRepMissing,
        ),
        (
            json!({"signed_as": "party", "party_id": uuid(0x999)}),
            Reason::UnknownReference,
        ),
        (
            json!({"signed_as": "recorder", "user_id": uuid(COLLEAGUE)}),
            Reason::NotAttending,
        ),
        (
            json!({"signed_as": "mediator", "user_id": uuid(RECORDER)}),
            Reason::MediatorNotEligible,
        ),
        (
            json!({"signed_as": "mediator", "signed_at": after(61).to_string()}),
            Reason::InFuture,
        ),
        (
            json!({"signed_as": "mediator", "signed_at": after(-1).to_string()}),
            Reason::TimeOrder,
        ),
    ];
    for (body, want) in cases {
        assert_eq!(reasons(&sign(&f, body.clone())), [want], "{body}");
    }
    let outcome = sign(&f, agent_signs(0x301));
    done(&mut f, outcome);
    assert_eq!(f.signatures[0].party_id, Some(id(APPLICANT)));
    assert_eq!(
        reasons(&sign(&f, agent_signs(0x301))),
        [Reason::AlreadyDone]
    );
    let absent = &mut f.sessions[0].attendees[0];
    absent.present = Some(false);
    let outcome = sign(
        &f,
        json!({"signed_as": "party", "party_id": uuid(APPLICANT)}),
    );
    assert_eq!(reasons(&outcome), [Reason::NotAttending]);
}

#[test]
fn a_ward_s_own_hand_is_not_enough() {
    let mut f = recorded();
    f.parties[1].capacity = Capacity::Limited;
    let rep = participant(
        0x301,
        ParticipantKind::LegalRepresentative,
        Some(RESPONDENT),
    );
    f.participants.push(rep);
    f.sessions[0].attendees.push(Attendee {
        kind: AttendeeKind::Participant,
        id: uuid::Uuid::from_u128(0x301),
        present: Some(true),
        at: None,
    });
    all_sign(&mut f);
    assert_eq!(last(&f).state, SessionState::RecordDraft);
    let outcome = sign(
        &f,
        json!({"signed_as": "legal_representative", "participant_id": uuid(0x301)}),
    );
    done(&mut f, outcome);
    assert_eq!(last(&f).state, SessionState::RecordSigned);
}

#[test]
fn electronic_signatures_need_an_online_session_and_no_personal_status() {
    let mut f = recorded();
    let body = || json!({"signed_as": "party", "party_id": uuid(APPLICANT), "method": "e_sign"});
    assert_eq!(reasons(&sign(&f, body())), [Reason::ESignNotChosen]);
    f.sessions[0].kind = SessionKind::Online;
    for n in [APPLICANT, RESPONDENT] {
        f.sessions[0]
            .detail
            .consents
            .push(crate::domain::party::GivenConsent {
                party_id: id(n),
                given: true,
                at: now(),
            });
    }
    assert!(sign(&f, body()).is_ok());
    f.case.kind = crate::domain::case::CaseType::MarriageFamily;
    assert_eq!(reasons(&sign(&f, body())), [Reason::ESignNotAllowed]);
}

#[test]
fn the_reader_of_signatures_wants_the_right_ids() {
    let cases = [
        (json!({"signed_as": "party"}), "/party_id required"),
        (json!({"signed_as": "agent"}), "/participant_id required"),
        (
            json!({"signed_as": "committee_seal"}),
            "/signed_as not_for_records",
        ),
        (
            json!({"signed_as": "mediator", "party_id": uuid(APPLICANT)}),
            "/party_id not_allowed",
        ),
        (
            json!({"signed_as": "mediator", "method": "refused"}),
            "/method not_allowed",
        ),
        (
            json!({"signed_as": "mediator", "image_sha256": "AB"}),
            "/image_sha256 invalid_sha256",
        ),
    ];
    for (body, fault) in cases {
        assert_eq!(violations(read(body, SignRecord::read)), [fault]);
    }
}

#[test]
fn notes_are_appended_and_only_their_id_is_told() {
    let mut f = running();
    let secret = "底线十五万";
    let body = json!({"party_id": uuid(APPLICANT), "body": secret});
    let input = read(body, CaucusNote::read).unwrap();
    let outcome = write_caucus_note(
        &f,
        &last(&f),
        input.clone(),
        &staff(),
        &mut Ids::default(),
        now(),
    );
    let d = carry(&mut f, outcome);
    assert!(!d.case_changed() && d.notices.is_empty());
    assert!(!serde_json::to_string(&d.events).unwrap().contains(secret));
    assert!(!format!("{d:?}").contains(secret));
    let Put::Insert(Entity::Note(note)) = &d.puts[0] else {
        panic!("a note");
    };
    assert_eq!(note.visibility, NoteVisibility::Caucus);
    assert_eq!((note.body.reveal(), note.author_id), (secret, id(CHAIR)));

    f.sessions[0].opened_at = None;
    f.case.live = false;
    let strange = CaucusNote {
        party_id: id(0x999),
        ..input
    };
    let outcome = write_caucus_note(&f, &last(&f), strange, &staff(), &mut Ids::default(), now());
    assert_eq!(
        reasons(&outcome),
        [
            Reason::WrongState,
            Reason::WrongState,
            Reason::UnknownReference
        ]
    );
}

#[test]
fn a_team_note_may_hang_on_a_session_of_the_case() {
    let f = running();
    let write = |session: u128| {
        let body = json!({"session_id": uuid(session), "body": "已电话联系村支书"});
        let input = read(body, TeamNote::read).unwrap();
        write_note(&f, input, &staff(), &mut Ids::default(), now())
    };
    assert_eq!(reasons(&write(0x999)), [Reason::UnknownReference]);
    let own = last(&f).id.uuid.as_u128();
    assert_eq!(events(&write(own).unwrap()), ["note_written"]);
}
