//! No certificate, no mail: not one byte of a letter or a login goes over an unproved line.

use jieyou::worker::mail::{Mailer, MailerConfig, Outcome, TlsMode};
use zeroize::Zeroizing;

use super::outcomes::{config, letter};
use crate::support::certs::Certs;
use crate::support::smtp_sink::{Plan, Security, Sink};

const HERE: &[&str] = &["127.0.0.1", "localhost"];

async fn send(sink: &Sink, tls: TlsMode, trusted: &Certs, login: Option<(&str, &str)>) -> Outcome {
    let pem = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(pem.path(), &trusted.ca_pem).unwrap();
    let config = MailerConfig {
        tls,
        ca_pem: Some(pem.path().to_owned()),
        user: login.map(|(user, _)| user.to_owned()),
        password: login.map(|(_, password)| Zeroizing::new(password.to_owned())),
        ..config(sink)
    };
    Mailer::new(&config).unwrap().send(&letter(1)).await
}

fn assert_silent(sink: &Sink, what: &str) {
    let counts = sink.counts();
    assert_eq!(
        (counts.transactions, counts.body_bytes, counts.logins),
        (0, 0, 0),
        "{what}"
    );
    let commands = sink.commands();
    assert!(
        commands
            .iter()
            .all(|c| c.starts_with("EHLO") || c == "STARTTLS" || c == "QUIT"),
        "{what}: {commands:?}"
    );
}

fn is_retry(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Retry { min_delay, .. } if min_delay.is_zero())
}

#[tokio::test]
async fn both_modes_work_with_a_good_certificate() {
    let certs = Certs::issue(HERE);
    for (security, tls) in [
        (Security::StartTls(certs.clone()), TlsMode::StartTls),
        (Security::Wrapper(certs.clone()), TlsMode::Wrapper),
    ] {
        let sink = Sink::start(security, Plan::Honest).await;
        assert_eq!(send(&sink, tls, &certs, None).await, Outcome::Sent);
        assert!(sink.received()[0].tls);
    }
}

#[tokio::test]
async fn no_starttls_no_mail() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let outcome = send(
        &sink,
        TlsMode::StartTls,
        &Certs::issue(HERE),
        Some(("u", "p")),
    )
    .await;
    assert!(is_retry(&outcome), "{outcome:?}");
    assert_silent(&sink, "no STARTTLS");
}

#[tokio::test]
async fn a_bad_certificate_means_no_mail() {
    let good = Certs::issue(HERE);
    let stranger = Certs::issue(HERE);
    let elsewhere = Certs::issue(&["relay.example"]);
    for (what, shown, trusted) in [
        ("unknown authority", &stranger, &good),
        ("other name", &elsewhere, &elsewhere),
    ] {
        for (security, tls) in [
            (Security::StartTls(shown.clone()), TlsMode::StartTls),
            (Security::Wrapper(shown.clone()), TlsMode::Wrapper),
        ] {
            let sink = Sink::start(security, Plan::Honest).await;
            let outcome = send(&sink, tls, trusted, Some(("u", "p"))).await;
            assert!(is_retry(&outcome), "{what}: {outcome:?}");
            assert_silent(&sink, what);
        }
    }
}

#[tokio::test]
async fn a_plain_relay_on_the_wrapper_port_gets_nothing() {
    let sink = Sink::start(Security::Plain, Plan::Honest).await;
    let outcome = send(&sink, TlsMode::Wrapper, &Certs::issue(HERE), None).await;
    assert!(is_retry(&outcome), "{outcome:?}");
    assert_eq!(sink.counts().body_bytes, 0);
}

#[tokio::test]
async fn answers_slipped_in_before_tls_break_the_connection() {
    let certs = Certs::issue(HERE);
    let sink = Sink::start(Security::Injecting(certs.clone()), Plan::Honest).await;
    let outcome = send(&sink, TlsMode::StartTls, &certs, None).await;
    assert_eq!(outcome, Outcome::retry("smtp STARTTLS failed"));
    assert_silent(&sink, "slipped-in answer");
    assert_eq!(sink.counts().handshakes, 0);
}

#[tokio::test]
async fn login_trouble_is_not_the_fault_of_a_message() {
    let certs = Certs::issue(HERE);
    let security = Security::StartTls(certs.clone());
    let sink = Sink::start_with_login(security, Plan::Honest, Some(("robot", "secret"))).await;
    let right = send(&sink, TlsMode::StartTls, &certs, Some(("robot", "secret"))).await;
    assert_eq!(right, Outcome::Sent);
    let wrong = send(&sink, TlsMode::StartTls, &certs, Some(("robot", "other"))).await;
    assert_eq!(wrong, Outcome::retry("smtp AUTH refused 535"));
    let without = send(&sink, TlsMode::StartTls, &certs, None).await;
    assert!(is_retry(&without), "{without:?}");
    assert_eq!((sink.counts().logins, sink.counts().received), (1, 1));
}
