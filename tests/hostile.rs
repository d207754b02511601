//! Hostile input (D1–D3, D10): always a problem document, never a 5xx, never the value itself.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Client, TestApp};

#[path = "hostile/parser.rs"]
mod parser;

fn keyed<'a>(extra: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut out = vec![
        ("idempotency-key", "hostile-0123456789"),
        ("content-type", "application/json"),
    ];
    out.extend_from_slice(extra);
    out
}

fn post(c: &Client<'_>, body: Vec<u8>) -> crate::support::client::Answer {
    c.raw("POST", "/api/v1/cases", &keyed(&[]), body)
}

/// Speaks plain TCP and returns what comes back before the peer closes.
fn raw(app: &TestApp, text: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(text).unwrap();
    let mut out = Vec::new();
    let _ = stream.read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn bodies_that_are_no_json_we_take() {
    let app = TestApp::new();
    let c = app.client("yeshanglong");
    let cases: Vec<(&str, Vec<u8>, u16, &str)> = vec![
        ("3 MB", vec![b' '; 3 << 20], 413, "too_large"),
        (
            "deep",
            "[".repeat(100_000).into_bytes(),
            400,
            "malformed_json",
        ),
        (
            "a million members",
            format!(
                "{{{}}}",
                (0..20_000)
                    .map(|n| format!("\"k{n}\":1"))
                    .collect::<Vec<_>>()
                    .join(",")
            )
            .into_bytes(),
            400,
            "malformed_json",
        ),
        (
            "bad UTF-8",
            vec![b'"', 0xff, 0xfe, b'"'],
            400,
            "malformed_json",
        ),
        (
            "lone surrogate",
            br#"{"summary":"\ud800"}"#.to_vec(),
            400,
            "malformed_json",
        ),
        (
            "NUL",
            br#"{"summary":"a\u0000b"}"#.to_vec(),
            400,
            "malformed_json",
        ),
        (
            "1e400",
            br#"{"amount_fen":1e400}"#.to_vec(),
            400,
            "malformed_json",
        ),
        (
            "duplicate member",
            br#"{"type":"other","type":"contract"}"#.to_vec(),
            400,
            "malformed_json",
        ),
        ("trailing", b"{} {}".to_vec(), 400, "malformed_json"),
        ("an array", b"[]".to_vec(), 422, "invalid"),
        ("a string", br#""x""#.to_vec(), 422, "invalid"),
        ("nothing", Vec::new(), 422, "invalid"),
        (
            "huge number",
            br#"{"amount_fen":99999999999999999999}"#.to_vec(),
            422,
            "invalid",
        ),
    ];
    for (name, body, status, code) in cases {
        let began = Instant::now();
        let key = format!("hostile-{}", name.replace(' ', "-")) + "-0123456789";
        let headers = [
            ("idempotency-key", key.as_str()),
            ("content-type", "application/json"),
        ];
        let doc = c
            .raw("POST", "/api/v1/cases", &headers, body)
            .problem(status, code);
        assert!(began.elapsed() < Duration::from_secs(3), "{name}");
        assert!(doc["request_id"].is_string(), "{name}");
    }
    assert_eq!(c.get("/cases").ok()["data"].as_array().unwrap().len(), 0);
}

#[test]
fn headers_and_queries_that_are_wrong() {
    let app = TestApp::new();
    let c = app.client("yeshanglong");
    let body = || b"{}".to_vec();
    let send = |headers: &[(&str, &str)]| c.raw("POST", "/api/v1/cases", headers, body());
    send(&[
        ("idempotency-key", "hostile-0123456789"),
        ("content-type", "text/plain"),
    ])
    .problem(415, "unsupported_media_type");
    send(&[
        ("idempotency-key", "hostile-0123456789"),
        ("content-type", "application/json; charset=gbk"),
    ])
    .problem(415, "unsupported_media_type");
    send(&keyed(&[("content-encoding", "gzip")])).problem(415, "unsupported_media_type");
    send(&[
        ("idempotency-key", "short"),
        ("content-type", "application/json"),
    ])
    .problem(400, "malformed_header");
    send(&keyed(&[("if-match", "*")])).problem(400, "malformed_header");
    send(&keyed(&[("if-match", "W/\"1\"")])).problem(400, "malformed_header");
    send(&keyed(&[("accept", "image/png")])).problem(406, "not_acceptable");
    c.get("/cases?state=nonsense").problem(400, "bad_query");
    c.get("/cases?limit=0").problem(400, "bad_query");
    c.get("/cases?limit=201").problem(400, "bad_query");
    c.get("/cases?cursor=AAAA").problem(400, "bad_cursor");
    c.get("/cases?limit=5&limit=6").problem(400, "bad_query");
    c.get("/cases?state=a%00b").problem(400, "bad_query");
    let many = (0..100)
        .map(|n| format!("a{n}=1"))
        .collect::<Vec<_>>()
        .join("&");
    c.get(&format!("/cases?{many}")).problem(400, "bad_query");
    c.get(&format!("/cases?state={}", "x".repeat(5_000)))
        .problem(413, "too_large");
    c.get("/cases/..%2f..%2fetc%2fpasswd")
        .problem(404, "not_found");
    c.get("/cases/01900000-0000-7000-8000-00000000DEAD")
        .problem(404, "not_found");
}

/// D2: a stalled body is cut by the body deadline.
#[test]
fn slow_clients_are_let_go() {
    let app = TestApp::with(|c| c.body_seconds = 2);
    let began = Instant::now();
    let slow_body = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{\"use";
    let answer = raw(&app, slow_body);
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    assert!(answer.contains("malformed_json"));
    assert!(
        began.elapsed() < Duration::from_secs(12),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(app.anonymous().get("/livez").status, 200);
}

/// D2: strangers who send a body slowly take no room from requests under way, nor much memory.
#[test]
fn slow_bodies_take_no_room() {
    let app = TestApp::with(|c| c.max_in_flight = 1);
    let c = app.client("yeshanglong");
    let slow = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"use";
    let held: Vec<TcpStream> = (0..8)
        .map(|_| {
            let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
            stream.write_all(slow).unwrap();
            stream
        })
        .collect();
    std::thread::sleep(Duration::from_millis(300));
    for _ in 0..3 {
        assert_eq!(c.get("/cases").status, 200);
    }
    drop(held);
    let typed = [("content-type", "application/json")];
    let long = vec![b' '; 17 << 10];
    app.anonymous()
        .raw("POST", "/api/v1/auth/login", &typed, long)
        .problem(413, "too_large");
}

/// D1: a compressed body is not even looked at.
#[test]
fn a_compressed_body_is_refused_unread() {
    let app = TestApp::new();
    let c = app.client("yeshanglong");
    for encoding in ["gzip", "br", "deflate", "zstd", "identity"] {
        let bomb = vec![0x1f_u8; 200_000];
        let answer = c.raw(
            "POST",
            "/api/v1/cases",
            &keyed(&[("content-encoding", encoding)]),
            bomb,
        );
        answer.problem(415, "unsupported_media_type");
    }
}

/// D10: no problem document shows SQL, paths, code or what was sent.
#[test]
fn problems_say_nothing_of_the_inside() {
    let app = TestApp::new();
    let c = app.client("yeshanglong");
    let secret = "绝密词语";
    let answers = [
        post(
            &c,
            json!({"type": secret, "summary": {"x": secret}})
                .to_string()
                .into_bytes(),
        ),
        post(&c, format!("{{\"summary\": \"{secret}\", }}").into_bytes()),
        c.get(&format!(
            "/cases?state={}",
            url::form_urlencoded::byte_serialize(secret.as_bytes()).collect::<String>()
        )),
        c.get("/cases/x'--"),
    ];
    for a in answers {
        assert!(a.status >= 400 && a.status < 500, "{}", a.text);
        for word in [
            secret, "SELECT", "diesel", "sqlite", "src/", "panicked", "serde",
        ] {
            assert!(!a.text.contains(word), "{word} in {}", a.text);
        }
    }
}
