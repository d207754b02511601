//! The outcome table of a mail attempt, row by row, against a scripted relay.

use std::time::Duration;

use jieyou::worker::mail::{Letter, MailAddress, Mailer, MailerConfig, Outcome, TlsMode};

use crate::support::smtp_sink::{Fault, Plan, Security, Sink, Stage};

pub fn config(sink: &Sink) -> MailerConfig {
    MailerConfig {
        host: "127.0.0.1".into(),
        port: sink.addr.port(),
        tls: TlsMode::None,
        from: desk(),
        timeout: Duration::from_secs(5),
        ..MailerConfig::default()
    }
}

pub fn desk() -> MailAddress {
    MailAddress {
        name: "解忧服务台".into(),
        address: "desk@jieyou.example".into(),
    }
}

pub fn letter(number: u32) -> Letter {
    Letter {
        message_id: format!("<0190aaaa-0000-7000-8000-{number:012}@jieyou.example>"),
        date_micros: 1_767_225_600_000_000,
        from: desk(),
        to: MailAddress {
            name: String::new(),
            address: "someone@jieyou.example".into(),
        },
        subject: "办件 YL-7K2M-93QF：会面安排".into(),
        text: "请登录查看。\nhttps://jieyou.example/\n".into(),
        invite: None,
    }
}

const AT_ONCE: Duration = Duration::ZERO;
const TEN_MINUTES: Duration = Duration::from_secs(600);

#[derive(Debug, PartialEq)]
enum Row {
    Sent,
    Retry(Duration),
    Dead,
}

fn row(outcome: &Outcome) -> Row {
    match outcome {
        Outcome::Sent => Row::Sent,
        Outcome::Retry { min_delay, .. } => Row::Retry(*min_delay),
        Outcome::Dead { .. } => Row::Dead,
    }
}

#[tokio::test]
async fn every_row_of_the_outcome_table() {
    use Fault::{Close, CloseMidData, Nothing, Reply, Stall, Swallow};
    use Stage::{Data, Dot, Ehlo, Greeting, Mail, Rcpt};
    let named = "5.1.1 <someone@jieyou.example> unknown";
    let slow = Duration::from_secs(30);
    let table = [
        (Nothing, Row::Sent),
        (Reply(Mail, 553, "no"), Row::Dead),
        (Reply(Rcpt, 550, named), Row::Dead),
        (Reply(Rcpt, 555, "no"), Row::Dead),
        (Reply(Data, 554, "no"), Row::Dead),
        (Reply(Dot, 554, "5.7.1 spam"), Row::Dead),
        (Reply(Mail, 552, "size"), Row::Retry(AT_ONCE)),
        (Reply(Rcpt, 552, "quota"), Row::Retry(AT_ONCE)),
        (Reply(Rcpt, 452, "quota"), Row::Retry(AT_ONCE)),
        (Reply(Dot, 552, "size"), Row::Retry(AT_ONCE)),
        (Reply(Mail, 451, "later"), Row::Retry(AT_ONCE)),
        (Reply(Mail, 421, "closing"), Row::Retry(AT_ONCE)),
        (Reply(Rcpt, 450, "grey"), Row::Retry(AT_ONCE)),
        (Reply(Data, 451, "later"), Row::Retry(AT_ONCE)),
        (Reply(Dot, 451, "later"), Row::Retry(AT_ONCE)),
        (Reply(Data, 250, "not a go-ahead"), Row::Retry(AT_ONCE)),
        (Reply(Greeting, 554, "busy"), Row::Retry(AT_ONCE)),
        (Reply(Greeting, 421, "busy"), Row::Retry(AT_ONCE)),
        (Reply(Ehlo, 502, "no"), Row::Retry(AT_ONCE)),
        (Close(Greeting), Row::Retry(AT_ONCE)),
        (Close(Ehlo), Row::Retry(AT_ONCE)),
        (Close(Mail), Row::Retry(AT_ONCE)),
        (Close(Rcpt), Row::Retry(AT_ONCE)),
        (Close(Data), Row::Retry(AT_ONCE)),
        // A short body is in the socket together with its dot, so from here it may have arrived.
        (CloseMidData, Row::Retry(TEN_MINUTES)),
        (Swallow, Row::Retry(TEN_MINUTES)),
        (Close(Dot), Row::Retry(TEN_MINUTES)),
        (Reply(Dot, 354, "odd"), Row::Retry(TEN_MINUTES)),
        (Stall(Greeting, slow), Row::Retry(AT_ONCE)),
        (Stall(Rcpt, slow), Row::Retry(AT_ONCE)),
        (Stall(Dot, slow), Row::Retry(TEN_MINUTES)),
    ];
    for (fault, expected) in table {
        let sink = Sink::start(Security::Plain, Plan::Script(vec![fault])).await;
        let quick = MailerConfig {
            timeout: Duration::from_millis(400),
            ..config(&sink)
        };
        let outcome = Mailer::new(&quick).unwrap().send(&letter(1)).await;
        assert_eq!(row(&outcome), expected, "{fault:?} gave {outcome:?}");
        if let Outcome::Retry { reason, .. } | Outcome::Dead { reason } = &outcome {
            assert!(!reason.contains("someone") && reason.len() < 80, "{reason}");
        }
        assert_eq!(
            sink.counts().connections,
            1,
            "{fault:?}: one connection, no hidden retry"
        );
        assert_eq!(sink.counts().bare_breaks, 0);
    }
}

#[tokio::test]
async fn reasons_keep_the_codes() {
    let sink = Sink::start(
        Security::Plain,
        Plan::Script(vec![Fault::Reply(
            Stage::Rcpt,
            550,
            "5.1.1 <someone@jieyou.example> unknown",
        )]),
    )
    .await;
    let outcome = Mailer::new(&config(&sink)).unwrap().send(&letter(1)).await;
    assert_eq!(outcome, Outcome::dead("smtp reply 550 5.1.1"));
}

#[tokio::test]
async fn no_relay_is_a_retry() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let config = config(&sink);
    drop(sink);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let outcome = Mailer::new(&config).unwrap().send(&letter(1)).await;
    assert_eq!(row(&outcome), Row::Retry(AT_ONCE));
}

#[tokio::test]
async fn a_stale_pooled_connection_costs_no_attempt() {
    for fault in [
        Fault::Close(Stage::Mail),
        Fault::Close(Stage::Rcpt),
        Fault::Close(Stage::Data),
        Fault::Reply(Stage::Mail, 421, "4.4.2 idle too long"),
    ] {
        let script = vec![Fault::Nothing, fault, Fault::Nothing];
        let sink = Sink::start(Security::Plain, Plan::Script(script)).await;
        let mailer = Mailer::new(&config(&sink)).unwrap();
        assert_eq!(mailer.send(&letter(1)).await, Outcome::Sent);
        assert_eq!(mailer.send(&letter(2)).await, Outcome::Sent, "{fault:?}");
        let counts = sink.counts();
        assert_eq!(
            (counts.connections, counts.acknowledged, counts.received),
            (2, 2, 2)
        );
    }
}

#[tokio::test]
async fn only_one_second_try_and_only_before_data() {
    let gone = Fault::Close(Stage::Mail);
    let sink = Sink::start(
        Security::Plain,
        Plan::Script(vec![Fault::Nothing, gone, gone]),
    )
    .await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    mailer.send(&letter(1)).await;
    assert_eq!(row(&mailer.send(&letter(2)).await), Row::Retry(AT_ONCE));
    assert_eq!(sink.counts().connections, 2);

    let script = vec![Fault::Nothing, Fault::Swallow];
    let sink = Sink::start(Security::Plain, Plan::Script(script)).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    mailer.send(&letter(1)).await;
    assert_eq!(row(&mailer.send(&letter(2)).await), Row::Retry(TEN_MINUTES));
    assert_eq!((sink.counts().connections, sink.counts().received), (1, 2));
}

#[tokio::test]
async fn a_repeated_message_is_the_same_message() {
    let sink = Sink::start(Security::Plain, Plan::Script(vec![Fault::Swallow])).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    assert_eq!(row(&mailer.send(&letter(7)).await), Row::Retry(TEN_MINUTES));
    assert_eq!(mailer.send(&letter(7)).await, Outcome::Sent);
    let received = sink.received();
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].raw, received[1].raw);
    assert_eq!(received[0].message_id, letter(7).message_id);
    assert!(!received[0].acknowledged && received[1].acknowledged);
}

#[tokio::test]
async fn connections_are_few_and_reused() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    for number in 0..20 {
        assert_eq!(mailer.send(&letter(number)).await, Outcome::Sent);
    }
    assert_eq!(sink.counts().connections, 1);
    let letters: Vec<Letter> = (20..120).map(letter).collect();
    let sends = letters.iter().map(|letter| mailer.send(letter));
    let outcomes = futures_util::future::join_all(sends).await;
    assert!(outcomes.iter().all(|outcome| *outcome == Outcome::Sent));
    assert!(sink.counts().connections <= 4, "{:?}", sink.counts());
    assert_eq!(sink.counts().acknowledged, 120);
}

#[tokio::test]
async fn a_refused_recipient_leaves_the_connection_usable() {
    let script = vec![Fault::Reply(Stage::Rcpt, 550, "no")];
    let sink = Sink::start(Security::Plain, Plan::Script(script)).await;
    let mailer = Mailer::new(&config(&sink)).unwrap();
    assert_eq!(row(&mailer.send(&letter(1)).await), Row::Dead);
    assert_eq!(mailer.send(&letter(2)).await, Outcome::Sent);
    assert_eq!(sink.counts().connections, 1);
}

/// With a relay of the published unreliability nothing is lost when each unknown or refused
/// message is sent again, and duplicates are the swallowed ones only.
#[tokio::test]
async fn nothing_is_lost_at_an_unreliable_relay() {
    let plan = Plan::Chance {
        seed: 20_260_101,
        refuse: 0.20,
        close_mid_data: 0.10,
        swallow: 0.05,
        stall: 0.05,
        stall_for: Duration::from_millis(300),
    };
    let sink = Sink::start(Security::Plain, plan).await;
    let config = MailerConfig {
        timeout: Duration::from_millis(150),
        ..config(&sink)
    };
    let mailer = Mailer::new(&config).unwrap();
    for number in 0..200 {
        let mut attempts = 0;
        while mailer.send(&letter(number)).await != Outcome::Sent {
            attempts += 1;
            assert!(attempts < 30);
        }
    }
    let received = sink.received();
    let distinct: std::collections::HashSet<_> = received.iter().map(|r| &r.message_id).collect();
    assert_eq!(distinct.len(), 200);
    assert_eq!(received.len() as u64, 200 + sink.counts().swallowed);
    assert!(sink.counts().refused > 10 && sink.counts().closed > 5 && sink.counts().stalled > 2);
}
