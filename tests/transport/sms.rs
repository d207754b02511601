//! The gateway of text messages, against real listeners.

use std::time::Duration;

use jieyou::worker::retry::Outcome;
use jieyou::worker::sms::{Sms, SmsGateway};
use jieyou::worker::webhook::{WebhookConfig, WebhookSender};

use super::receiver::{Receiver, for_tests, key};

fn gateway(url: String) -> SmsGateway {
    let config = WebhookConfig {
        timeout: Duration::from_millis(400),
        ..for_tests()
    };
    SmsGateway::Http {
        sender: Box::new(WebhookSender::new(&config).unwrap()),
        url,
        key: key(),
    }
}

fn message() -> Sms {
    Sms {
        id: "0192f5a0-0000-7000-8000-000000000001".into(),
        to: "+8613900000001".into(),
        text: "一次性核实码 ABCD".into(),
    }
}

/// The message as it arrived is signed over its id, time and bytes, and nothing else is in it.
#[tokio::test]
async fn a_text_message_is_signed() {
    let receiver = Receiver::plain("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
    let sms = message();
    let sent = gateway(receiver.url()).send(&sms, 1_614_265_330).await;
    assert_eq!(sent, Outcome::Sent);
    let request = receiver.heard().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let signature = key().sign(&sms.id, 1_614_265_330, body.as_bytes());
    for line in [
        format!("webhook-id: {}", sms.id),
        "webhook-timestamp: 1614265330".to_owned(),
        format!("webhook-signature: {signature}"),
        "content-type: application/json".to_owned(),
    ] {
        assert!(head.contains(&format!("\r\n{line}")), "{line} in {head}");
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let whole = serde_json::json!({"id": sms.id, "to": sms.to, "text": sms.text});
    assert_eq!(body, whole);
}

/// What is not taken is tried again under the same id with the same bytes; a gateway that is gone
/// for good ends it.
#[tokio::test]
async fn the_answer_decides() {
    for (head, retried) in [
        ("500 No", true),
        ("429 Slow", true),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", true),
        ("410 Gone", false),
    ] {
        let answer = format!("HTTP/1.1 {head}\r\ncontent-length: 0\r\n\r\n");
        let receiver = Receiver::plain(&answer).await;
        let gateway = gateway(receiver.url());
        for now in [1_614_265_330, 1_614_265_390] {
            let outcome = gateway.send(&message(), now).await;
            let again = matches!(outcome, Outcome::Retry { .. });
            assert_eq!(again, retried, "{head}: {outcome:?}");
        }
        let heard = receiver.heard();
        let body = |n: usize| heard[n].split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(heard.len(), 2);
        assert_eq!(body(0), body(1));
        let id = format!("\r\nwebhook-id: {}\r\n", message().id);
        assert!(heard.iter().all(|h| h.contains(&id)));
    }
}

#[tokio::test]
async fn a_gateway_that_does_not_answer_is_tried_again() {
    let answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    let receiver = Receiver::start("127.0.0.1", answer, true, None).await;
    let outcome = gateway(receiver.url()).send(&message(), 0).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
    assert_eq!(receiver.heard().len(), 1, "it had the whole message");
    // Nobody listens any more.
    let gone = format!("http://127.0.0.1:{}/in", {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        free.local_addr().unwrap().port()
    });
    let outcome = gateway(gone).send(&message(), 0).await;
    assert!(matches!(outcome, Outcome::Retry { .. }), "{outcome:?}");
}
