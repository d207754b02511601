//! Webhooks: subscribed by API, signed, retried, ended by 410.

use jieyou::worker::webhook::SigningKey;
use serde_json::{Value, json};

use super::kit::Yard;
use super::wire::{Hit, Receiver};

struct Hooked {
    yard: Yard,
    receiver: Receiver,
    id: String,
    secret: String,
}

fn hooked(events: Value) -> Hooked {
    let yard = Yard::new();
    let receiver = yard.runtime.block_on(Receiver::start());
    let made = yard
        .app
        .client("zhanglixin")
        .post("/webhooks", json!({"url": receiver.url, "events": events}));
    assert_eq!(made.status, 201, "{}", made.text);
    let place = made.header("location").unwrap().to_owned();
    let body = made.ok();
    assert_eq!(
        place,
        format!("/api/v1/webhooks/{}", body["id"].as_str().unwrap())
    );
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    Hooked {
        id: text("id"),
        secret: text("secret"),
        receiver,
        yard,
    }
}

fn sign(secret: &str, hit: &Hit) -> String {
    let at = hit.header("webhook-timestamp").parse().unwrap();
    SigningKey::parse(secret)
        .unwrap()
        .sign(&hit.header("webhook-id"), at, hit.body.as_bytes())
}

#[test]
fn an_event_arrives_signed() {
    let h = hooked(json!(["case_registered"]));
    let case = h.yard.case();
    let stats = h.yard.pass(&h.yard.worker());
    assert_eq!(stats.sent, 1);
    let hit = h.receiver.hits().remove(0);
    assert_eq!(hit.header("webhook-signature"), sign(&h.secret, &hit));
    assert_eq!(
        hit.header("webhook-timestamp"),
        h.yard.app.now().unix().to_string()
    );
    let body: Value = serde_json::from_str(&hit.body).unwrap();
    assert_eq!(body["type"], "case_registered");
    assert_eq!(body["data"]["case_id"], case.id.to_string());
    assert_eq!(body["data"]["audit_seq"], 1);
    let row = h.yard.rows().remove(0);
    assert_eq!(hit.header("webhook-id"), row.message_id);
}

#[test]
fn only_what_was_subscribed_is_sent() {
    let h = hooked(json!(["case_closed"]));
    h.yard.case();
    assert!(h.yard.rows().is_empty());
}

#[test]
fn failures_are_retried_under_the_same_id_and_can_be_sent_again() {
    let h = hooked(json!([]));
    h.receiver.answer(&[500, 302, 404]);
    h.yard.case();
    let worker = h.yard.worker();
    h.yard.work_off(&worker);
    let hits = h.receiver.hits();
    assert_eq!(hits.len(), 4);
    assert!(
        hits.iter()
            .all(|x| x.header("webhook-id") == hits[0].header("webhook-id")
                && x.body == hits[0].body)
    );
    assert!(hits[0].header("webhook-timestamp") < hits[3].header("webhook-timestamp"));

    let c = h.yard.app.client("sysadmin");
    let list = c.get(&format!("/webhooks/{}/deliveries", h.id)).ok();
    let one = &list["data"][0];
    assert_eq!(
        (one["state"].as_str(), one["attempts"].as_i64()),
        (Some("sent"), Some(4))
    );
    assert_eq!(one["event"], "case_registered");
    assert!(one.get("case_id").is_none());
    let path = format!(
        "/webhooks/{}/deliveries/{}/retry",
        h.id,
        one["id"].as_str().unwrap()
    );
    assert_eq!(c.post(&path, json!({})).ok()["state"], "due");
    h.yard.pass(&worker);
    let hits = h.receiver.hits();
    assert_eq!(hits.len(), 5);
    assert_eq!(hits[4].header("webhook-id"), hits[0].header("webhook-id"));
    assert_eq!(
        c.get(&format!("/webhooks/{}/deliveries?state=dead", h.id))
            .ok()["data"],
        json!([])
    );
    c.get(&format!("/webhooks/{}/deliveries?state=lost", h.id))
        .problem(400, "bad_query");
    c.post(
        &format!("/webhooks/{}/deliveries/{}/retry", h.id, h.id),
        json!({}),
    )
    .problem(404, "not_found");
}

#[test]
fn ten_failures_end_in_the_dispatchers_inbox() {
    let h = hooked(json!([]));
    h.receiver.answer(&[500; 20]);
    h.yard.case();
    let stats = h.yard.work_off(&h.yard.worker());
    assert_eq!((stats.retried, stats.dead), (9, 1));
    assert_eq!(h.receiver.hits().len(), 10);
    assert_eq!(
        h.yard.dead()[0].last_error.as_deref(),
        Some("webhook status 500 (10 attempts)")
    );
    let inbox = h.yard.app.client("zhanglixin").get("/inbox").ok();
    assert_eq!(inbox["data"][0]["kind"], "delivery_dead");
}

#[test]
fn gone_ends_the_subscription() {
    let h = hooked(json!([]));
    h.receiver.answer(&[410]);
    let worker = h.yard.worker();
    h.yard.case();
    assert_eq!(h.yard.pass(&worker).dead, 1);
    let c = h.yard.app.client("zhanglixin");
    let hook = c.get("/webhooks").ok()["data"][0].clone();
    assert_eq!(
        (&hook["active"], &hook["disabled_reason"]),
        (&json!(false), &json!("gone"))
    );
    assert!(hook.get("secret").is_none());
    h.yard.case();
    assert_eq!(h.yard.rows().len(), 1, "nothing more is queued");
    c.post(&format!("/webhooks/{}/rotate-secret", h.id), json!({}))
        .problem(409, "conflict");
    let path = format!(
        "/webhooks/{}/deliveries/{}/retry",
        h.id,
        h.yard.rows()[0].id
    );
    c.post(&path, json!({})).problem(409, "conflict");
}

#[test]
fn a_deleted_subscription_gets_nothing_more() {
    let h = hooked(json!([]));
    h.yard.case();
    let c = h.yard.app.client("sysadmin");
    assert_eq!(c.delete(&format!("/webhooks/{}", h.id)).status, 204);
    assert_eq!(c.delete(&format!("/webhooks/{}", h.id)).status, 204);
    let stats = h.yard.pass(&h.yard.worker());
    assert_eq!((stats.dead, stats.sent), (1, 0));
    assert_eq!(
        h.yard.rows()[0].last_error.as_deref(),
        Some("webhook_inactive")
    );
    assert!(h.receiver.hits().is_empty());
    let inbox = h.yard.app.client("zhanglixin").get("/inbox").ok();
    assert_eq!(inbox["data"], json!([]));
    c.delete(&format!("/webhooks/{}", h.yard.id::<()>()))
        .problem(404, "not_found");
}

#[test]
fn both_secrets_sign_while_they_are_changed_over() {
    let h = hooked(json!([]));
    let c = h.yard.app.client("sysadmin");
    let worker = h.yard.worker();
    let next = c
        .post(&format!("/webhooks/{}/rotate-secret", h.id), json!({}))
        .ok();
    let second = next["secret"].as_str().unwrap().to_owned();
    assert_ne!(second, h.secret);
    assert!(next["old_secret_until"].is_string());
    h.yard.case();
    h.yard.pass(&worker);
    let hit = h.receiver.hits().remove(0);
    assert_eq!(
        hit.header("webhook-signature"),
        format!("{} {}", sign(&second, &hit), sign(&h.secret, &hit))
    );
    h.yard.app.forward_days(1);
    h.yard.case();
    h.yard.pass(&worker);
    let hit = h.receiver.hits().remove(1);
    assert_eq!(hit.header("webhook-signature"), sign(&second, &hit));
    // At once, when the secret leaked.
    let last = c
        .post(
            &format!("/webhooks/{}/rotate-secret", h.id),
            json!({"overlap_hours": 0}),
        )
        .ok();
    assert!(last["old_secret_until"].is_null());
    h.yard.case();
    h.yard.pass(&worker);
    let hit = h.receiver.hits().remove(2);
    assert_eq!(
        hit.header("webhook-signature"),
        sign(last["secret"].as_str().unwrap(), &hit)
    );
    c.post(
        &format!("/webhooks/{}/rotate-secret", h.id),
        json!({"overlap_hours": 169}),
    )
    .problem(422, "invalid");
}

#[test]
fn a_retried_request_gets_the_same_secret_and_makes_one_subscription() {
    let yard = Yard::new();
    let c = yard.app.client("sysadmin");
    let body = json!({"url": "https://hooks.yunling.example/in"})
        .to_string()
        .into_bytes();
    let headers = [
        ("idempotency-key", "0123456789abcdef0123"),
        ("content-type", "application/json"),
    ];
    let first = c.raw("POST", "/api/v1/webhooks", &headers, body.clone());
    let second = c.raw("POST", "/api/v1/webhooks", &headers, body);
    assert_eq!(first.text, second.text);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(c.get("/webhooks").ok()["data"].as_array().unwrap().len(), 1);
}

#[test]
fn urls_are_checked_at_the_door() {
    let strict = Yard::with(|config| config.webhooks.allow_insecure_loopback = false);
    let c = strict.app.client("sysadmin").english();
    for (url, code) in [
        ("http://hooks.example/in", "url_scheme"),
        ("https://127.0.0.1/in", "url_address"),
        ("https://169.254.169.254/latest", "url_address"),
        ("https://[::ffff:127.0.0.1]/", "url_host_form"),
        ("https://10.0.0.8/in", "url_address"),
        ("https://user@hooks.example/", "url_userinfo"),
        ("https://0x7f.0.0.1/", "url_host_form"),
        ("not a url", "url_malformed"),
    ] {
        let doc = c
            .post("/webhooks", json!({"url": url}))
            .problem(422, "invalid");
        assert_eq!(
            (&doc["errors"][0]["pointer"], &doc["errors"][0]["code"]),
            (&json!("/url"), &json!(code)),
            "{url}"
        );
        assert_ne!(doc["errors"][0]["message"], "Not valid", "{code}");
    }
    let doc = c
        .post(
            "/webhooks",
            json!({"url": "https://hooks.example/", "events": ["no_such_event"], "x": 1}),
        )
        .problem(422, "invalid");
    assert_eq!(doc["errors"].as_array().unwrap().len(), 2);
    assert_eq!(c.get("/webhooks").ok()["data"], json!([]));
    let listed = Yard::with(|config| config.webhooks.allow_networks = vec!["10.0.0.0/8".into()]);
    assert_eq!(
        listed
            .app
            .client("sysadmin")
            .post("/webhooks", json!({"url": "https://10.0.0.8/in"}))
            .status,
        201
    );
}

#[test]
fn webhooks_are_for_those_who_manage_them() {
    let yard = Yard::new();
    let id = yard.id::<()>();
    for who in [
        "lindeshui",
        "zhengguoxing",
        "shenji",
        "secadmin",
        "zhouminghua",
    ] {
        let c = yard.app.client(who);
        c.get("/webhooks").problem(403, "forbidden");
        c.post("/webhooks", json!({"url": "https://hooks.example/"}))
            .problem(403, "forbidden");
        c.delete(&format!("/webhooks/{id}"))
            .problem(403, "forbidden");
        c.post(&format!("/webhooks/{id}/rotate-secret"), json!({}))
            .problem(403, "forbidden");
        c.get(&format!("/webhooks/{id}/deliveries"))
            .problem(403, "forbidden");
        c.post(&format!("/webhooks/{id}/deliveries/{id}/retry"), json!({}))
            .problem(403, "forbidden");
    }
    yard.app
        .anonymous()
        .get("/webhooks")
        .problem(401, "unauthenticated");
}

#[test]
fn a_dry_run_keeps_nothing() {
    let h = hooked(json!([]));
    let c = h
        .yard
        .app
        .client("sysadmin")
        .with("prefer", "handling=dry-run");
    let tried = c.post("/webhooks", json!({"url": h.receiver.url})).ok();
    assert_eq!(tried["effects"][0]["type"], "webhook_changed");
    c.post(&format!("/webhooks/{}/rotate-secret", h.id), json!({}))
        .ok();
    c.delete(&format!("/webhooks/{}", h.id)).ok();
    c.post("/inbox/read-all", json!({})).ok();
    let hooks = h.yard.app.client("sysadmin").get("/webhooks").ok();
    assert_eq!(hooks["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        (
            &hooks["data"][0]["active"],
            &hooks["data"][0]["old_secret_until"]
        ),
        (&json!(true), &Value::Null)
    );
}

/// The trace of the request goes on to whoever is told of its act; what is no trace does not.
#[test]
fn the_trace_of_the_act_goes_on() {
    let h = hooked(json!(["case_registered"]));
    let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let given = [
        Some(good),
        Some("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        Some("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        Some("nonsense"),
        None,
    ];
    for trace in given {
        let desk = h.yard.app.client("yeshanglong");
        let desk = match trace {
            Some(trace) => desk.with("traceparent", trace),
            None => desk,
        };
        let made = desk.post("/cases", crate::support::stories::neighbours());
        assert_eq!(made.status, 201, "{}", made.text);
        h.yard.app.forward_minutes(1);
    }
    h.receiver.answer(&[500]);
    h.yard.work_off(&h.yard.worker());
    let hits = h.receiver.hits();
    assert_eq!(hits.len(), given.len() + 1);
    let traced: Vec<&Hit> = hits
        .iter()
        .filter(|x| x.head.to_lowercase().contains("traceparent"))
        .collect();
    // Once for each attempt of the one message that has a trace, whichever failed first.
    assert!((1..=2).contains(&traced.len()), "{hits:?}");
    assert!(traced.iter().all(|x| x.header("traceparent") == good));
    let kept: Vec<_> = h
        .yard
        .rows()
        .into_iter()
        .filter_map(|r| r.traceparent)
        .collect();
    assert_eq!(kept, [good]);
}
