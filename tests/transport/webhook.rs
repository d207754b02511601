//! Webhook deliveries against real listeners.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jieyou::worker::net::Policy;
use jieyou::worker::retry::Outcome;
use jieyou::worker::webhook::{Answer, Delivery, SigningKey, WebhookConfig, WebhookSender};

use super::receiver::{Receiver, Table, delivery, for_tests, key};
use crate::support::certs::Certs;

async fn send_plain(receiver: &Receiver) -> Answer {
    WebhookSender::new(&for_tests())
        .unwrap()
        .send(&delivery(&receiver.url()))
        .await
}

#[tokio::test]
async fn a_delivery_carries_the_three_headers_and_the_bytes() {
    let receiver = Receiver::plain("HTTP/1.1 204 No Content\r\n\r\n").await;
    let second = SigningKey::parse(&SigningKey::format(&[9; 32])).unwrap();
    let rotating = Delivery {
        keys: vec![second.clone(), key()],
        ..delivery(&receiver.url())
    };
    let answer = WebhookSender::new(&for_tests())
        .unwrap()
        .send(&rotating)
        .await;
    assert_eq!(
        answer,
        Answer {
            outcome: Outcome::Sent,
            disable: false,
            status: Some(204)
        }
    );
    let request = receiver.heard().remove(0);
    assert!(request.starts_with("POST /in HTTP/1.1\r\n"), "{request}");
    let new = second.sign(&rotating.id, rotating.timestamp, &rotating.body);
    for line in [
        "webhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek".to_owned(),
        "webhook-timestamp: 1614265330".to_owned(),
        format!("webhook-signature: {new} v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        "content-type: application/json".to_owned(),
    ] {
        assert!(
            request.contains(&format!("\r\n{line}\r\n")),
            "{line} in {request}"
        );
    }
    assert!(request.ends_with("\r\n\r\n{\"test\": 2432232314}"));
}

#[tokio::test]
async fn status_decides() {
    let retry = |code: u16, seconds: u64| Outcome::Retry {
        reason: format!("webhook status {code}"),
        min_delay: Duration::from_secs(seconds),
    };
    for (head, outcome, disable) in [
        ("200 OK\r\ncontent-length: 0", Outcome::Sent, false),
        ("299 Odd\r\ncontent-length: 0", Outcome::Sent, false),
        (
            "410 Gone\r\ncontent-length: 0",
            Outcome::dead("webhook status 410"),
            true,
        ),
        ("400 Bad\r\ncontent-length: 0", retry(400, 0), false),
        ("404 No\r\ncontent-length: 0", retry(404, 0), false),
        ("500 No\r\ncontent-length: 0", retry(500, 0), false),
        ("304 Same\r\ncontent-length: 0", retry(304, 0), false),
        (
            "429 Slow\r\nretry-after: 120\r\ncontent-length: 0",
            retry(429, 120),
            false,
        ),
        (
            "503 Slow\r\nretry-after: 99999999\r\ncontent-length: 0",
            retry(503, 86_400),
            false,
        ),
        (
            "503 Slow\r\nretry-after: -1\r\ncontent-length: 0",
            retry(503, 0),
            false,
        ),
    ] {
        let receiver = Receiver::plain(&format!("HTTP/1.1 {head}\r\n\r\n")).await;
        let answer = send_plain(&receiver).await;
        assert_eq!(
            (&answer.outcome, answer.disable),
            (&outcome, disable),
            "{head}"
        );
        assert_eq!(receiver.heard().len(), 1);
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let inner = Receiver::plain("HTTP/1.1 200 OK\r\n\r\n").await;
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        let head = format!(
            "HTTP/1.1 {status}\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n",
            inner.url()
        );
        let outer = Receiver::plain(&head).await;
        assert!(
            matches!(send_plain(&outer).await.outcome, Outcome::Retry { .. }),
            "{status}"
        );
    }
    assert_eq!(inner.accepted.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn slow_and_endless_receivers_are_left() {
    let silent = Receiver::start("127.0.0.1", Vec::new(), true, None).await;
    let quick = WebhookConfig {
        timeout: Duration::from_millis(300),
        ..for_tests()
    };
    let sender = WebhookSender::new(&quick).unwrap();
    let answer = sender.send(&delivery(&silent.url())).await;
    assert_eq!(answer.outcome, Outcome::retry("webhook timed out"));

    let mut endless = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    endless.resize(32 << 20, b'x');
    let endless = Receiver::start("127.0.0.1", endless, false, None).await;
    let answer = tokio::time::timeout(Duration::from_secs(2), send_plain(&endless))
        .await
        .unwrap();
    assert_eq!(answer.outcome, Outcome::Sent);
}

#[tokio::test]
async fn broken_requests_are_dead() {
    let receiver = Receiver::plain("HTTP/1.1 200 OK\r\n\r\n").await;
    let sender = WebhookSender::new(&for_tests()).unwrap();
    let good = delivery(&receiver.url());
    for bad in [
        Delivery {
            keys: Vec::new(),
            ..good.clone()
        },
        Delivery {
            id: "a.b".into(),
            ..good.clone()
        },
        Delivery {
            id: "a\r\nx: y".into(),
            ..good.clone()
        },
        Delivery {
            id: String::new(),
            ..good.clone()
        },
    ] {
        assert!(
            matches!(sender.send(&bad).await.outcome, Outcome::Dead { .. }),
            "{bad:?}"
        );
    }
    assert_eq!(receiver.accepted.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn https_in_a_closed_network_needs_the_list_and_the_authority() {
    let certs = Certs::issue(&["hooks.county.example"]);
    let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_vec();
    let receiver = Receiver::start("127.0.0.1", answer, false, Some(certs.clone())).await;
    let url = format!("https://hooks.county.example:{}/in", receiver.port);
    let table = || Arc::new(Table::default().with("hooks.county.example", &[&["127.0.0.1"]]));
    let policy = Policy {
        allow_insecure: false,
        allow_hosts: vec!["127.0.0.0/8".parse().unwrap()],
    };
    let good = WebhookConfig {
        policy: policy.clone(),
        ca_pem: Some(certs.ca_pem.clone().into_bytes()),
        ..WebhookConfig::default()
    };
    let sender = WebhookSender::with_lookup(&good, table()).unwrap();
    assert_eq!(sender.send(&delivery(&url)).await.outcome, Outcome::Sent);

    let unknown = WebhookConfig {
        ca_pem: None,
        ..good.clone()
    };
    let sender = WebhookSender::with_lookup(&unknown, table()).unwrap();
    let outcome = sender.send(&delivery(&url)).await.outcome;
    assert_eq!(outcome, Outcome::retry("webhook connect failed"));

    let before = receiver.accepted.load(Ordering::SeqCst);
    let unlisted = WebhookConfig {
        policy: Policy::default(),
        ..good
    };
    let sender = WebhookSender::with_lookup(&unlisted, table()).unwrap();
    assert_eq!(
        sender.send(&delivery(&url)).await.outcome,
        Outcome::retry("url_address")
    );
    assert_eq!(receiver.accepted.load(Ordering::SeqCst), before);
    assert_eq!(receiver.heard().len(), 1);
}
