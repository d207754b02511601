//! Hostile names, titles, addresses and calendar texts: whatever they hold, a message keeps its
//! headers, its recipient and its one event.

use std::time::Duration;

use icalendar::parser::{read_calendar, unfold};
use jieyou::worker::ics::{Invite, Method};
use jieyou::worker::mail::{Letter, MailAddress, Mailer, Outcome};

use super::outcomes::{config, letter};
use crate::support::mime::{decode, headers, parts};
use crate::support::smtp_sink::{Plan, Received, Security, Sink};

/// Texts that have broken mail software before.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "a\rb",
        "a\nb",
        "a\r\nb",
        "a\0b",
        "\r\n",
        "\n\n\n",
        "a\u{7f}b",
        "a\u{1b}[31mb",
        "a\tb",
        "a\u{85}b",
        "a\u{2028}b",
        "a\u{2029}b",
        "a\u{202e}b",
        "a\u{2066}b\u{2069}",
        "\u{200f}a",
        "a\u{b}b\u{c}c",
        "x\r\nBcc: evil@evil.example",
        "x\nBcc: evil@evil.example",
        "x\rBcc: evil@evil.example",
        "x\r\n\r\n<script>",
        "x\r\n.\r\nMAIL FROM:<evil@evil.example>\r\nRCPT TO:<evil@evil.example>\r\nDATA",
        "x\n.\nQUIT",
        "x\r.\rQUIT",
        ".",
        "..",
        "\r\n.\r\n",
        "x\r\n --jy-boundary",
        "--",
        "\"",
        "\\",
        "\\\"",
        "a\"b<c>@d",
        "<evil@evil.example>",
        "a, evil@evil.example",
        "a; b",
        "a: b",
        "(comment)",
        "@",
        "=?utf-8?B?DQpCY2M6IGV2aWw=?=",
        "=?utf-8?Q?=0D=0ABcc:_evil?=",
        "%0d%0aBcc: evil",
        "\u{feff}a",
        "\u{fffe}\u{ffff}",
        "\u{e000}",
        "e\u{301}\u{301}",
        "👨‍👩‍👧‍👦",
        "王\r\nBcc: evil@evil.example",
        "王\u{202e}小\u{2028}明",
        "ＢＣＣ：ｅｖｉｌ",
        " ",
        "",
        "\u{a0}\u{3000}",
        "Content-Type: text/html",
        "x\r\nContent-Type: text/html\r\n\r\n<b>",
        "a\u{80}b\u{9f}c",
        "{{7*7}}",
        "${jndi:x}",
    ]
    .map(str::to_owned)
    .to_vec();
    texts.push("x".repeat(10_000));
    texts.push("长".repeat(10_000));
    texts.push("👍".repeat(3_000));
    texts.push("a ".repeat(5_000));
    texts.push(format!("{}\r\nBcc: evil@evil.example", "x".repeat(70)));
    texts.push((0_u8..=255).map(char::from).collect());
    texts
}

fn invite() -> Invite {
    Invite {
        uid: "session-1@jieyou.example".into(),
        sequence: 1,
        method: Method::Request,
        starts_at_micros: 1_767_225_600_000_000,
        ends_at_micros: 1_767_229_200_000_000,
        summary: "会面".into(),
        location: String::new(),
        description: String::new(),
        url: "https://jieyou.example/s/1".into(),
        organizer: "desk@jieyou.example".into(),
        attendee: "someone@jieyou.example".into(),
        dtstamp_micros: 1_767_000_000_000_000,
    }
}

fn letters() -> Vec<Letter> {
    let mut all = Vec::new();
    for text in hostile() {
        let base = |invite| Letter {
            invite,
            ..letter(0)
        };
        let named = |address: MailAddress| MailAddress {
            name: text.clone(),
            ..address
        };
        all.push(Letter {
            from: named(letter(0).from),
            to: named(letter(0).to),
            ..base(None)
        });
        all.push(Letter {
            subject: text.clone(),
            ..base(None)
        });
        all.push(Letter {
            text: text.clone(),
            ..base(None)
        });
        all.push(Letter {
            to: MailAddress {
                name: String::new(),
                address: text.clone(),
            },
            ..base(None)
        });
        let address = format!("someone{text}@jieyou.example");
        all.push(Letter {
            to: MailAddress {
                name: String::new(),
                address,
            },
            ..base(None)
        });
        all.push(base(Some(Invite {
            uid: format!("s{text}@jieyou.example"),
            summary: text.clone(),
            location: text.clone(),
            description: text.clone(),
            url: format!("https://jieyou.example/{text}"),
            organizer: text.clone(),
            attendee: text.clone(),
            ..invite()
        })));
        all.push(Letter {
            message_id: text.clone(),
            ..base(None)
        });
    }
    for (number, letter) in all.iter_mut().enumerate() {
        if letter.message_id.starts_with("<0190") {
            letter.message_id = super::outcomes::letter(u32::try_from(number).unwrap()).message_id;
        }
    }
    all
}

fn assert_whole(letter: &Letter, got: &Received) {
    let text = got.text();
    let mut names: Vec<String> = headers(&text).into_iter().map(|(name, _)| name).collect();
    names.sort();
    let mut expected = vec![
        "Auto-Submitted",
        "Content-Type",
        "Date",
        "From",
        "MIME-Version",
        "Message-ID",
        "Subject",
        "To",
    ];
    if letter.invite.is_none() {
        expected.insert(1, "Content-Transfer-Encoding");
    }
    expected.sort();
    assert_eq!(names, expected, "{letter:?}");
    assert!(got.raw.is_ascii());
    assert!(text.split("\r\n").all(|line| line.len() <= 998));
    assert_eq!(got.rcpt_to, format!("RCPT TO:<{}>", letter.to.address));
    assert_eq!(got.mail_from, "MAIL FROM:<desk@jieyou.example>");
    assert_eq!(got.message_id, letter.message_id);
    let parts = parts(&text);
    assert_eq!(parts.len(), if letter.invite.is_some() { 2 } else { 1 });
    for part in &parts {
        let body = decode(part);
        assert!(
            !body.replace("\r\n", "").contains(|c: char| c.is_control()),
            "{body:?}"
        );
    }
    if letter.invite.is_some() {
        assert!(
            parts[1].starts_with("Content-Type: text/calendar; method=REQUEST; charset=utf-8\r\n")
        );
        let unfolded = unfold(&decode(&parts[1]));
        let calendar = read_calendar(&unfolded).unwrap();
        let events: Vec<_> = calendar
            .components
            .iter()
            .map(|c| c.name.to_string())
            .collect();
        assert_eq!(events, ["VEVENT"], "{letter:?}");
        let count = |name: &str| {
            calendar.components[0]
                .properties
                .iter()
                .filter(|p| p.name == name)
                .count()
        };
        for name in ["UID", "ATTENDEE", "ORGANIZER", "DTSTART", "SUMMARY", "URL"] {
            assert_eq!(count(name), 1, "{name} of {letter:?}");
        }
    }
}

#[tokio::test]
async fn hostile_letters_stay_one_letter_each() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    let letters = letters();
    assert!(letters.len() >= 300, "{}", letters.len());
    let (mut sent, mut dead) = (0, 0);
    for letter in &letters {
        match mailer.send(letter).await {
            Outcome::Sent => {
                sent += 1;
                let received = sink.received();
                assert_eq!(received.len(), sent, "{letter:?}");
                assert_whole(letter, received.last().unwrap());
            }
            Outcome::Dead { .. } => dead += 1,
            Outcome::Retry { reason, .. } => panic!("{reason}: {letter:?}"),
        }
    }
    let counts = sink.counts();
    assert_eq!(counts.bare_breaks, 0);
    assert_eq!(counts.transactions as usize, sent);
    assert!(sent > 200 && dead > 100, "{sent} sent, {dead} dead");
    let allowed = ["EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"];
    assert!(
        sink.commands()
            .iter()
            .all(|c| allowed.contains(&c.split(' ').next().unwrap()))
    );
}

#[tokio::test]
async fn leading_dots_survive_the_wire() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    let text = ".\n..\n.hidden\nend\n.";
    assert_eq!(
        mailer
            .send(&Letter {
                text: text.into(),
                ..letter(1)
            })
            .await,
        Outcome::Sent
    );
    let got = sink.received().remove(0);
    assert_eq!(decode(&got.text()).trim_end(), text.replace('\n', "\r\n"));
    let wire = String::from_utf8(got.wire).unwrap();
    assert!(
        wire.split("\r\n")
            .filter(|l| l.starts_with('.'))
            .all(|l| l.starts_with(".."))
    );
}

#[tokio::test]
async fn an_invitation_reads_as_written() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    let event = Invite {
        location: "二楼, 2号室".into(),
        description: "办件 YL-7K2M-93QF\n请登录".into(),
        ..invite()
    };
    mailer
        .send(&Letter {
            invite: Some(event.clone()),
            ..letter(1)
        })
        .await;
    let cancel = Invite {
        method: Method::Cancel,
        sequence: 2,
        ..event
    };
    mailer
        .send(&Letter {
            invite: Some(cancel),
            ..letter(2)
        })
        .await;
    let received = sink.received();
    let kind = headers(&received[0].text())
        .into_iter()
        .find(|(n, _)| n == "Content-Type")
        .unwrap()
        .1;
    assert!(kind.starts_with("multipart/alternative"), "{kind}");
    for (got, method, status, sequence) in [
        (&received[0], "REQUEST", "CONFIRMED", "1"),
        (&received[1], "CANCEL", "CANCELLED", "2"),
    ] {
        let parts = parts(&got.text());
        assert!(parts[1].contains(&format!("text/calendar; method={method}; charset=utf-8")));
        let unfolded = unfold(&decode(&parts[1]));
        let calendar = read_calendar(&unfolded).unwrap();
        let value = |name: &str| {
            let found = calendar.components[0]
                .properties
                .iter()
                .find(|p| p.name == name);
            found.map(|p| p.val.to_string()).unwrap_or_default()
        };
        assert_eq!(value("UID"), "session-1@jieyou.example");
        assert_eq!(
            (value("STATUS").as_str(), value("SEQUENCE").as_str()),
            (status, sequence)
        );
        assert_eq!(value("DTSTART"), "20260101T000000Z");
    }
}

#[tokio::test]
async fn poison_is_dead_at_once_and_harms_nobody_else() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    let huge = Letter {
        text: "x".repeat(30 << 20),
        ..letter(1)
    };
    assert_eq!(mailer.send(&huge).await, Outcome::dead("message too large"));
    let backwards = Invite {
        ends_at_micros: 0,
        ..invite()
    };
    let odd = Letter {
        invite: Some(backwards),
        ..letter(2)
    };
    assert_eq!(
        mailer.send(&odd).await,
        Outcome::dead("calendar part invalid")
    );
    let fine = tokio::time::timeout(Duration::from_secs(5), mailer.send(&letter(3))).await;
    assert_eq!(fine.unwrap(), Outcome::Sent);
    assert_eq!(sink.counts().received, 1);
}
