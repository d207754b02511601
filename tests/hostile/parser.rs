//! D2, D10: what the HTTP parser refuses before any route is asked is a problem document too.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::raw;
use crate::support::TestApp;

/// One answer off the wire: status, headers, body by its length.
struct Wire {
    status: u16,
    head: String,
    body: String,
}

/// Splits what a connection brought into its answers.
fn answers(mut text: &str) -> Vec<Wire> {
    let mut out = Vec::new();
    while !text.is_empty() {
        let (head, rest) = text.split_once("\r\n\r\n").expect("a whole head");
        let length: usize = head
            .lines()
            .find_map(|l| l.strip_prefix("content-length: "))
            .expect("a length")
            .parse()
            .unwrap();
        let (body, next) = rest.split_at(length);
        out.push(Wire {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        });
        text = next;
    }
    out
}

/// Checks that an answer is a problem in Chinese after which the connection ends.
fn refused(answer: &Wire, status: u16, code: &str, title: &str) {
    assert_eq!(answer.status, status, "{}", answer.head);
    let header = |line: &str| {
        assert!(
            answer.head.lines().any(|l| l == line),
            "{line} in {}",
            answer.head
        );
    };
    header("content-type: application/problem+json; charset=utf-8");
    header("connection: close");
    header("cache-control: no-store");
    header("x-content-type-options: nosniff");
    let doc: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(doc["code"], code);
    assert_eq!(doc["status"], status);
    assert_eq!(
        doc["type"],
        format!("/problems/{}", code.replace('_', "-")).as_str()
    );
    assert_eq!(doc["title"], title);
    let id = doc["request_id"].as_str().unwrap();
    header(&format!("x-request-id: {id}"));
}

/// Status, code and title of a refusal.
type Told = (u16, &'static str, &'static str);

const MALFORMED: Told = (400, "malformed_request", "请求不是合法的 HTTP 报文");
const HEAD_TOO_LARGE: Told = (431, "head_too_large", "请求头过大");

/// Everything here is refused by the parser; nothing may come but one problem.
#[test]
fn what_the_parser_refuses_is_a_problem() {
    let app = TestApp::new();
    let get = "GET /livez HTTP/1.1\r\nHost: x\r\n";
    let post = "POST /livez HTTP/1.1\r\nHost: x\r\n";
    let long = "a".repeat(200_000);
    let many: String = (0..200).map(|n| format!("X-{n}: 1\r\n")).collect();
    let cases: Vec<(&str, Vec<u8>, Told)> = vec![
        (
            "no request",
            b"complete garbage\r\n\r\n".to_vec(),
            MALFORMED,
        ),
        (
            "binary",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
            MALFORMED,
        ),
        (
            "HTTP/2",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
            MALFORMED,
        ),
        (
            "no host",
            b"GET /livez HTTP/1.1\r\n\r\n".to_vec(),
            MALFORMED,
        ),
        (
            "header without colon",
            format!("{get}no colon\r\n\r\n").into(),
            MALFORMED,
        ),
        (
            "space before colon",
            format!("{get}X-A : 1\r\n\r\n").into(),
            MALFORMED,
        ),
        (
            "obs-fold",
            format!("{get}X-A: 1\r\n 2\r\n\r\n").into(),
            MALFORMED,
        ),
        (
            "NUL in a header",
            format!("{get}X-A: a\0b\r\n\r\n").into(),
            MALFORMED,
        ),
        (
            "two lengths",
            format!("{post}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd").into(),
            MALFORMED,
        ),
        (
            "CL and TE",
            format!("{post}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
                .into(),
            MALFORMED,
        ),
        (
            "TE twice",
            format!("{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n")
                .into(),
            MALFORMED,
        ),
        (
            "signed length",
            format!("{post}Content-Length: +4\r\n\r\nabcd").into(),
            MALFORMED,
        ),
        (
            "head of 200 kB",
            format!("{get}X-A: {long}\r\n\r\n").into(),
            HEAD_TOO_LARGE,
        ),
        (
            "address of 200 kB",
            format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n").into(),
            HEAD_TOO_LARGE,
        ),
        (
            "200 headers",
            format!("{get}{many}\r\n").into(),
            HEAD_TOO_LARGE,
        ),
    ];
    let counter = |code: &str| app.state.metrics.problems.with_label_values(&[code]).get();
    let mut counted = 0;
    for (name, bytes, (status, code, title)) in cases {
        let before = counter(code);
        let text = raw(&app, &bytes);
        let all = answers(&text);
        assert_eq!(all.len(), 1, "{name}: {text:?}");
        refused(&all[0], status, code, title);
        assert_eq!(counter(code), before + 1, "{name}");
        counted += 1;
        assert!(!all[0].body.contains("aaaa"), "{name}");
    }
    let at = |status: &str| {
        let labels = ["none", status];
        app.state.metrics.requests.with_label_values(&labels).get()
    };
    assert_eq!(at("400") + at("431"), counted);
    assert_eq!(app.anonymous().get("/livez").status, 200);
}

/// Answers that were under way before the refusal come whole and first.
#[test]
fn garbage_behind_a_good_request_does_not_spoil_its_answer() {
    let app = TestApp::new();
    let good = "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let text = raw(&app, format!("{good}{good}garbage\r\n\r\n").as_bytes());
    let all = answers(&text);
    assert_eq!(
        all.iter().map(|a| a.status).collect::<Vec<_>>(),
        [200, 200, 400]
    );
    assert!(all[0].head.contains("x-request-id"), "{}", all[0].head);
    assert_eq!(all[0].body, all[1].body);
    refused(&all[2], MALFORMED.0, MALFORMED.1, MALFORMED.2);
    // The same on a connection that stayed open in between.
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(good.as_bytes()).unwrap();
    let mut first = [0_u8; 4096];
    let n = stream.read(&mut first).unwrap();
    assert!(first[..n].starts_with(b"HTTP/1.1 200"));
    stream.write_all(b"garbage\r\n\r\n").unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).unwrap();
    let all = answers(&rest);
    assert_eq!(all.len(), 1);
    refused(&all[0], MALFORMED.0, MALFORMED.1, MALFORMED.2);
}

/// A client that is still sending when it is refused gets to read why; one that never stops is
/// not listened to for long.
#[test]
fn a_refused_client_that_keeps_sending_reads_the_answer() {
    let app = TestApp::new();
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut bytes = b"GET /livez HTTP/1.1\r\nHost: x\r\nX-A: ".to_vec();
    bytes.resize(700_000, b'a');
    stream.write_all(&bytes).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let all = answers(&text);
    refused(
        &all[0],
        HEAD_TOO_LARGE.0,
        HEAD_TOO_LARGE.1,
        HEAD_TOO_LARGE.2,
    );
    let began = Instant::now();
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream
        .set_write_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(b"garbage\r\n\r\n").unwrap();
    while stream.write_all(&[b'x'; 1024]).is_ok() {
        std::thread::sleep(Duration::from_millis(10));
        assert!(began.elapsed() < Duration::from_secs(15), "still listening");
    }
}

/// D2: a head that comes too slowly is cut, and said so.
#[test]
fn a_slow_head_is_told_so() {
    let app = TestApp::new();
    let began = Instant::now();
    let text = raw(&app, b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ");
    assert!(began.elapsed() < Duration::from_secs(12));
    let all = answers(&text);
    assert_eq!(all.len(), 1, "{text:?}");
    refused(&all[0], 408, "request_timeout", "请求头发送过慢");
}

/// The dispatcher times the first head of a connection alone; a later one that drips has an end too.
#[test]
fn a_later_head_that_drips_ends_the_connection() {
    let app = TestApp::new();
    let mut stream = TcpStream::connect(app.base.trim_start_matches("http://")).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let good = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut bytes = [0_u8; 4096];
    for _ in 0..2 {
        stream.write_all(good).unwrap();
        let n = stream.read(&mut bytes).unwrap();
        assert!(bytes[..n].starts_with(b"HTTP/1.1 200"));
    }
    stream
        .write_all(b"GET /livez HTTP/1.1\r\nX-Slow: ")
        .unwrap();
    let began = Instant::now();
    loop {
        assert!(began.elapsed() < Duration::from_secs(15), "still open");
        if stream.write_all(b"a").is_err() {
            break;
        }
        match stream.read(&mut bytes) {
            Ok(0) => break,
            Ok(n) => panic!("{:?}", &bytes[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    assert!(began.elapsed() > Duration::from_secs(4), "a phone is slow");
}
