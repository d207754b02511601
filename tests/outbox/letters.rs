//! What letters and webhooks hold, and above all what they do not.

use icalendar::parser::{read_calendar, unfold};
use jieyou::cli::demo::county;
use jieyou::domain::codes::Code as _;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};
use jieyou::domain::session::{Session, SessionState, VenueKind};

use super::kit::Yard;
use super::wire::{Receiver, header, parts};

/// The members of the one event of a calendar.
fn event(calendar: &str) -> Vec<(String, String)> {
    let unfolded = unfold(calendar);
    let parsed = read_calendar(&unfolded).unwrap();
    let mut out: Vec<_> = parsed
        .properties
        .iter()
        .map(|p| (p.name.to_string(), p.val.to_string()))
        .collect();
    assert_eq!(parsed.components.len(), 1);
    out.extend(
        parsed.components[0]
            .properties
            .iter()
            .map(|p| (p.name.to_string(), p.val.to_string())),
    );
    out
}

fn member<'a>(event: &'a [(String, String)], name: &str) -> &'a str {
    event
        .iter()
        .find(|(n, _)| n == name)
        .map_or("", |(_, v)| v.as_str())
}

fn change(yard: &Yard, session: &mut Session, f: impl FnOnce(&mut Session)) {
    f(session);
    session.sequence += 1;
    let row = session.clone();
    yard.write(|tx| {
        tx.technical();
        tx.update(&row)
    });
}

#[test]
fn a_meeting_in_the_calendar_from_invitation_to_cancellation() {
    let yard = Yard::new();
    let case = yard.case();
    let party = yard.party(case.id, "wang@people.example");
    let mut session = yard.session(case.id, VenueKind::Room);
    yard.write(|tx| {
        tx.technical();
        tx.insert(&party)?;
        tx.insert(&session)
    });
    let worker = yard.worker();
    let tell = |kind| {
        yard.tell(
            Some(&case),
            Recipient::Party(party.id),
            &Notice::session(kind, session.id),
        );
        yard.pass(&worker);
        yard.app.forward_minutes(1);
    };
    tell(NoticeKind::SessionInvited);
    change(&yard, &mut session, |s| {
        s.planned_from = s.planned_from.plus_hours(1)
    });
    let tell = |kind| {
        yard.tell(
            Some(&case),
            Recipient::Party(party.id),
            &Notice::session(kind, session.id),
        );
        yard.pass(&worker);
        yard.app.forward_minutes(1);
    };
    tell(NoticeKind::SessionChanged);
    // An invitation that was queued before the meeting was called off and goes out after it.
    yard.tell(
        Some(&case),
        Recipient::Party(party.id),
        &Notice::session(NoticeKind::SessionReminder, session.id),
    );
    change(&yard, &mut session, |s| s.state = SessionState::Cancelled);
    yard.tell(
        Some(&case),
        Recipient::Party(party.id),
        &Notice::session(NoticeKind::SessionCancelled, session.id),
    );
    yard.pass(&worker);

    let mails = yard.files();
    assert_eq!(mails.len(), 4);
    let events: Vec<_> = mails.iter().map(|m| event(&parts(m)[1])).collect();
    let uid = format!("{}@jieyou.example", session.id);
    for (mail, event) in mails.iter().zip(&events) {
        assert_eq!(header(mail, "to"), "wang@people.example");
        assert_eq!(member(event, "UID"), uid);
        assert_eq!(member(event, "SUMMARY"), "会面");
        assert_eq!(member(event, "LOCATION"), "凤溪调解室");
        assert_eq!(member(event, "ATTENDEE"), "mailto:wang@people.example");
        assert_eq!(member(event, "ORGANIZER"), "mailto:desk@jieyou.example");
    }
    let column = |name| {
        events
            .iter()
            .map(|e| member(e, name).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(column("METHOD"), ["REQUEST", "REQUEST", "CANCEL", "CANCEL"]);
    assert_eq!(column("SEQUENCE"), ["0", "1", "2", "2"]);
    assert_eq!(
        column("DTSTART"),
        [
            "20260303T010000Z",
            "20260303T020000Z",
            "20260303T020000Z",
            "20260303T020000Z"
        ]
    );
    assert!(mails[0].contains("method=REQUEST") && mails[3].contains("method=CANCEL"));
    assert!(
        header(&mails[3], "subject").ends_with("会面取消"),
        "{}",
        header(&mails[3], "subject")
    );
    assert!(parts(&mails[1])[0].contains("时间：2026-03-03 10:00"));
}

/// A site, a home or a meeting online is never named in a calendar.
#[test]
fn only_rooms_are_named() {
    let yard = Yard::new();
    let case = yard.case();
    for (no, kind) in (1..).zip([VenueKind::Site, VenueKind::Home, VenueKind::Online]) {
        let session = Session {
            no,
            ..yard.session(case.id, kind)
        };
        yard.write(|tx| {
            tx.technical();
            tx.insert(&session)
        });
        yard.tell(
            Some(&case),
            Recipient::User(county::user("chenyuee")),
            &Notice::session(NoticeKind::SessionInvited, session.id),
        );
    }
    yard.pass(&yard.worker());
    for mail in yard.files() {
        assert_eq!(member(&event(&parts(&mail)[1]), "LOCATION"), "");
    }
}

#[test]
fn letters_speak_the_recipients_language() {
    let yard = Yard::new();
    yard.write(|tx| {
        tx.technical();
        let mut user = tx.user(county::user("chenyuee"))?;
        user.locale = "en".into();
        tx.update(&user)
    });
    let case = yard.case();
    yard.tell_user(Some(&case), "chenyuee", NoticeKind::CaseAssigned);
    yard.tell_user(Some(&case), "lindeshui", NoticeKind::CaseAssigned);
    yard.pass(&yard.worker());
    let subjects: Vec<String> = yard.files().iter().map(|m| header(m, "subject")).collect();
    assert_eq!(
        subjects,
        [
            format!("Matter {}: New matter", case.code),
            format!("办件 {}：新的办件", case.code)
        ]
    );
}

/// N8: names, numbers, addresses, titles and minutes of a case stand in no mail and no webhook.
#[test]
fn nothing_personal_leaves_the_house() {
    let yard = Yard::new();
    let receiver = yard.runtime.block_on(Receiver::start());
    let admin = yard.app.client("sysadmin");
    admin
        .post("/webhooks", serde_json::json!({"url": receiver.url}))
        .ok();
    let case = yard.case();
    let party = yard.party(case.id, "wang@people.example");
    let session = yard.session(case.id, VenueKind::Home);
    yard.write(|tx| {
        tx.technical();
        tx.insert(&party)?;
        tx.insert(&session)
    });
    for kind in NoticeKind::ALL {
        let notice = Notice::session(*kind, session.id);
        yard.tell(Some(&case), Recipient::Party(party.id), &notice);
        yard.app.forward_minutes(3);
    }
    yard.work_off(&yard.worker());
    let mails = yard.files();
    assert_eq!(mails.len(), NoticeKind::ALL.len());
    let mut texts: Vec<String> = mails
        .iter()
        .flat_map(|m| [header(m, "subject"), parts(m).join("\n"), m.clone()])
        .collect();
    let hits = receiver.hits();
    assert_eq!(hits.len(), 1);
    texts.extend(hits.iter().map(|h| format!("{}\n{}", h.head, h.body)));
    for text in &texts {
        for canary in [
            "金丝雀",
            "小明",
            "13800000000",
            "35990119800101",
            "檐沟",
            "1860000",
            "lindeshui",
        ] {
            assert!(!text.contains(canary), "{canary} in {text}");
        }
    }
    assert!(
        texts.iter().any(|t| t.contains(&case.code))
            && texts
                .iter()
                .any(|t| t.contains(&format!("https://jieyou.example/cases/{}", case.id)))
    );
}
