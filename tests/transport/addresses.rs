//! Addresses that a webhook must never reach.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jieyou::worker::net::Policy;
use jieyou::worker::retry::Outcome;
use jieyou::worker::webhook::{Lookup, WebhookConfig, WebhookSender};

use super::receiver::{Receiver, Table, delivery};

#[tokio::test]
async fn inner_addresses_are_never_reached() {
    let inner = Receiver::plain("HTTP/1.1 200 OK\r\n\r\n").await;
    let inner6 = Receiver::start("::1", b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), false, None).await;
    let table = Table::default()
        .with("localhost", &[&["127.0.0.1", "::1"]])
        .with("localhost.", &[&["127.0.0.1"]])
        .with("inner.example", &[&["127.0.0.1"]])
        .with("ten.example", &[&["10.0.0.1"]])
        .with("metadata.example", &[&["169.254.169.254"]])
        .with("cgnat.example", &[&["100.64.0.1"]])
        .with("ula.example", &[&["fd00::1"]])
        .with("mapped.example", &[&["::ffff:127.0.0.1"]])
        .with("nat64.example", &[&["64:ff9b::7f00:1"]])
        .with("sixtofour.example", &[&["2002:7f00:1::1"]])
        .with("mixed.example", &[&["8.8.8.8", "127.0.0.1"]])
        .with("empty.example", &[&[]])
        .with("xn--fsqu00a.xn--fiqs8s", &[&["127.0.0.1"]]);
    let secure = WebhookConfig {
        timeout: Duration::from_secs(2),
        ..WebhookConfig::default()
    };
    let sender = WebhookSender::with_lookup(&secure, Arc::new(table)).unwrap();
    let (p, p6) = (inner.port, inner6.port);
    let urls = [
        format!("http://127.0.0.1:{p}/"),
        format!("https://127.0.0.1:{p}/"),
        format!("https://127.0.0.2:{p}/"),
        format!("https://127.1:{p}/"),
        format!("https://127.0.1:{p}/"),
        format!("https://2130706433:{p}/"),
        format!("https://0x7f000001:{p}/"),
        format!("https://0x7f.0.0.1:{p}/"),
        format!("https://0177.0.0.1:{p}/"),
        format!("https://017700000001:{p}/"),
        format!("https://127.0.0.1.:{p}/"),
        format!("https://１２７.0.0.1:{p}/"),
        format!("https://127。0。0。1:{p}/"),
        format!("https://%31%32%37.0.0.1:{p}/"),
        format!("https://0.0.0.0:{p}/"),
        format!("https://0:{p}/"),
        format!("https://[::1]:{p6}/"),
        format!("https://[0:0:0:0:0:0:0:1]:{p6}/"),
        format!("https://[::]:{p6}/"),
        format!("https://[::ffff:127.0.0.1]:{p}/"),
        format!("https://[::ffff:7f00:1]:{p}/"),
        format!("https://[::127.0.0.1]:{p}/"),
        format!("https://[64:ff9b::7f00:1]:{p}/"),
        format!("https://[2002:7f00:1::]:{p}/"),
        format!("https://[fe80::1]:{p6}/"),
        format!("https://[fd00::1]:{p6}/"),
        format!("https://[ff02::1]:{p6}/"),
        "https://169.254.169.254/latest/meta-data/".into(),
        "https://10.0.0.1/".into(),
        "https://192.168.1.1/".into(),
        "https://172.16.0.1/".into(),
        "https://100.64.0.1/".into(),
        "https://224.0.0.1/".into(),
        "https://255.255.255.255/".into(),
        format!("https://hooks.example@127.0.0.1:{p}/"),
        format!("https://u:p@inner.example:{p}/"),
        format!("https://hooks.example\\@127.0.0.1:{p}/"),
        format!("https://hooks.example#@127.0.0.1:{p}/"),
        format!("https://localhost:{p}/"),
        format!("https://localhost.:{p}/"),
        format!("https://LOCALHOST:{p}/"),
        format!("https://inner.example:{p}/"),
        format!("https://ten.example:{p}/"),
        format!("https://metadata.example:{p}/"),
        format!("https://cgnat.example:{p}/"),
        format!("https://ula.example:{p6}/"),
        format!("https://mapped.example:{p}/"),
        format!("https://nat64.example:{p}/"),
        format!("https://sixtofour.example:{p}/"),
        format!("https://mixed.example:{p}/"),
        format!("https://empty.example:{p}/"),
        format!("https://例子.中国:{p}/"),
        format!("https://unknown.example:{p}/"),
        format!("gopher://127.0.0.1:{p}/"),
        format!("file://127.0.0.1:{p}/etc/passwd"),
        format!("https:127.0.0.1:{p}/"),
        format!("https:///127.0.0.1:{p}/"),
        format!("https://127.0.0.1:{p}\t/"),
        format!("https://127.0.0.1\r\nHost: x:{p}/"),
        "https://".into(),
        String::new(),
    ];
    assert!(urls.len() >= 40);
    for url in &urls {
        let answer = sender.send(&delivery(url)).await;
        assert!(
            answer.outcome != Outcome::Sent && answer.status.is_none(),
            "{url}: {answer:?}"
        );
        assert!(!answer.disable);
    }
    assert_eq!(inner.accepted.load(Ordering::SeqCst), 0);
    assert_eq!(inner6.accepted.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_name_that_changes_its_mind_gains_nothing() {
    let inner = Receiver::plain("HTTP/1.1 200 OK\r\n\r\n").await;
    // First answer public (nobody listens there on this port), later ones inner.
    let table =
        Arc::new(Table::default().with("rebind.example", &[&["192.0.0.8"], &["127.0.0.1"]]));
    let policy = Policy {
        allow_insecure: false,
        allow_hosts: vec!["192.0.0.8/32".parse().unwrap()],
    };
    let config = WebhookConfig {
        policy,
        timeout: Duration::from_millis(300),
        ca_pem: None,
    };
    let sender =
        WebhookSender::with_lookup(&config, Arc::clone(&table) as Arc<dyn Lookup>).unwrap();
    let url = format!("https://rebind.example:{}/", inner.port);
    for turn in 1..=3 {
        assert!(matches!(
            sender.send(&delivery(&url)).await.outcome,
            Outcome::Retry { .. }
        ));
        assert_eq!(
            table.asked.load(Ordering::SeqCst),
            turn,
            "one lookup per delivery"
        );
    }
    assert_eq!(inner.accepted.load(Ordering::SeqCst), 0);
}
