//! The connection as the HTTP dispatcher sees it: waited for no longer than [`Waiting`] allows. What its parser refuses (a malformed or
//! oversized head, smuggled lengths, a head that comes too slowly) never reaches a route: the
//! dispatcher writes a bare status line by itself. The door replaces that answer with a problem
//! document and sees to it that the client can read it.

use std::io::Result;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Sleep, sleep};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::send::COMMON;
use super::state::State;
use super::waiting::{InHand, Waiting};
use crate::ctx::{Clock, SystemClock};
use crate::domain::codes::Lang;
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::problem;

/// A bare answer of the dispatcher is shorter than this.
const LONGEST_BARE: usize = 192;
/// Seconds by which the date of a bare answer may differ from now: the dispatcher writes a date
/// that it renews twice a second.
const FRESH_SECONDS: i64 = 2;
/// How long, and for how many bytes, a refused client is listened to before the connection ends:
/// ended with bytes unread, it would be reset and the answer lost.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 1024 * 1024;

/// A TCP connection whose bare refusals are turned into problem documents.
pub struct Door {
    tcp: TcpStream,
    state: Arc<State>,
    refusal: Option<Refusal>,
    waiting: Waiting,
}

impl Door {
    /// Puts the door before a connection.
    pub fn new(tcp: TcpStream, state: Arc<State>) -> Self {
        Self {
            tcp,
            state,
            refusal: None,
            waiting: Waiting::default(),
        }
    }

    /// Where the routes tell that they have a request in hand.
    pub fn in_hand(&self) -> &InHand {
        self.waiting.in_hand()
    }
}

/// A refusal on its way out.
struct Refusal {
    /// Bytes at the end of the dispatcher's buffer that are its bare answer.
    bare: usize,
    out: Vec<u8>,
    sent: usize,
    /// A client of which nothing more is waiting to be read can be let go at once.
    listen: bool,
    until: Option<Pin<Box<Sleep>>>,
    heard: usize,
}

impl Refusal {
    fn new(state: &State, bare: &Bare) -> Self {
        Self {
            bare: bare.length,
            out: answer(state, bare.status),
            sent: 0,
            listen: bare.status != 408,
            until: None,
            heard: 0,
        }
    }

    /// Sends the problem, then reads on for a moment without looking at what comes.
    fn poll(&mut self, tcp: &mut TcpStream, cx: &mut Context<'_>) -> Poll<Result<()>> {
        while let Some(rest) = self.out.get(self.sent..).filter(|r| !r.is_empty()) {
            match ready!(Pin::new(&mut *tcp).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into())),
                n => self.sent = self.sent.saturating_add(n),
            }
        }
        if !self.listen {
            return Poll::Ready(Ok(()));
        }
        if self.until.is_none() {
            ready!(Pin::new(&mut *tcp).poll_shutdown(cx))?;
        }
        let until = self.until.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        let over = until.as_mut().poll(cx).is_ready();
        let mut scratch = [0_u8; 4096];
        while !over && self.heard < LINGER_BYTES {
            let mut read = ReadBuf::new(&mut scratch);
            match ready!(Pin::new(&mut *tcp).poll_read(cx, &mut read)) {
                Ok(()) if !read.filled().is_empty() => {
                    self.heard = self.heard.saturating_add(read.filled().len());
                }
                _ => break,
            }
        }
        Poll::Ready(Ok(()))
    }
}

/// What the dispatcher wrote by itself.
#[derive(Debug, PartialEq, Eq)]
struct Bare {
    status: u16,
    length: usize,
}

/// Finds the bare answer that `buffer` ends with. Answers of routes carry more headers than these
/// three; a file that ends like a bare answer would have to name the second it is sent in.
fn bare(buffer: &[u8], now: impl FnOnce() -> Instant) -> Option<Bare> {
    // Almost every answer ends with a brace: this is all it costs.
    if !buffer.ends_with(b"\r\n\r\n") {
        return None;
    }
    let tail = buffer.get(buffer.len().saturating_sub(LONGEST_BARE)..)?;
    let start = tail.windows(7).rposition(|w| w == b"HTTP/1.")?;
    let head = std::str::from_utf8(tail.get(start..)?).ok()?;
    let mut lines = head.strip_suffix("\r\n\r\n")?.split("\r\n");
    let status: u16 = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let mut empty = false;
    let mut date = None;
    for line in lines {
        match line.split_once(": ")? {
            ("content-length", "0") => empty = true,
            ("connection", _) => {}
            ("date", text) => date = Some(text),
            _ => return None,
        }
    }
    let date = jiff::fmt::rfc2822::parse(date?).ok()?.timestamp();
    let age = now().0.saturating_sub(date.as_microsecond()).abs();
    let fresh = age <= FRESH_SECONDS.saturating_mul(1_000_000);
    (empty && fresh && (400..600).contains(&status)).then_some(Bare {
        status,
        length: head.len(),
    })
}

/// The whole answer for what the parser refused. The language of such a client is not known.
fn answer(state: &State, status: u16) -> Vec<u8> {
    let error = match status {
        408 => Error::of(Code::RequestTimeout),
        431 => Error::of(Code::HeadTooLarge),
        400..=499 => Error::of(Code::MalformedRequest),
        _ => Error::internal("the dispatcher gave up"),
    };
    let code = match &error {
        Error::Problem(code, _) => code.code(),
        _ => Code::Internal.code(),
    };
    let request_id = state.ids.uuid().simple().to_string();
    let reply = problem::render(&error, Lang::Zh, "", &request_id);
    let status = reply.status.to_string();
    let labels = ["none", status.as_str()];
    state.metrics.requests.with_label_values(&labels).inc();
    state.metrics.problems.with_label_values(&[code]).inc();
    tracing::info!(
        request_id,
        operation = "none",
        status,
        "refused by the parser"
    );
    let reason = StatusCode::from_u16(reply.status)
        .ok()
        .and_then(|s| s.canonical_reason())
        .unwrap_or_default();
    let mut head = format!("HTTP/1.1 {status} {reason}\r\n");
    let length = reply.body.len().to_string();
    let own = [
        ("Content-Type", reply.content_type.as_str()),
        ("Content-Length", length.as_str()),
        ("Connection", "close"),
        ("Cache-Control", "no-store"),
        ("X-Request-Id", request_id.as_str()),
    ];
    for (name, value) in own.iter().chain(COMMON) {
        head.push_str(&format!("{}: {value}\r\n", name.to_ascii_lowercase()));
    }
    head.push_str("\r\n");
    head.push_str(&reply.body);
    head.into_bytes()
}

impl AsyncRead for Door {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        match Pin::new(&mut this.tcp).poll_read(cx, buf) {
            Poll::Pending => {
                ready!(this.waiting.poll_over(cx));
                Poll::Ready(Err(std::io::ErrorKind::TimedOut.into()))
            }
            read => {
                if buf.filled().len() > before {
                    this.waiting.heard();
                }
                read
            }
        }
    }
}

impl AsyncWrite for Door {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        let this = self.get_mut();
        this.waiting.answered();
        if this.refusal.is_none() {
            let found = bare(buf, || SystemClock.now());
            this.refusal = found.map(|b| Refusal::new(&this.state, &b));
        }
        let Some(refusal) = &mut this.refusal else {
            return Pin::new(&mut this.tcp).poll_write(cx, buf);
        };
        // Nothing follows a bare answer, but answers to earlier requests may come before it.
        let before = buf.len().saturating_sub(refusal.bare);
        if let Some(earlier) = buf.get(..before).filter(|b| !b.is_empty()) {
            return Pin::new(&mut this.tcp).poll_write(cx, earlier);
        }
        ready!(refusal.poll(&mut this.tcp, cx))?;
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Tue, 24 Nov 2026 16:42:52 GMT";

    fn found(buffer: &str) -> Option<Bare> {
        let at = Instant::parse("2026-11-24T16:42:53Z").unwrap();
        bare(buffer.as_bytes(), || at)
    }

    #[test]
    fn only_what_the_dispatcher_writes_itself_is_replaced() {
        let head = format!("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: {DATE}\r\n\r\n");
        let length = head.len();
        assert_eq!(
            found(&head),
            Some(Bare {
                status: 400,
                length
            })
        );
        let behind = format!("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{{}}{head}");
        assert_eq!(
            found(&behind),
            Some(Bare {
                status: 400,
                length
            })
        );
        let closing = format!(
            "HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\ndate: {DATE}\r\n\r\n"
        );
        assert_eq!(found(&closing).map(|b| b.status), Some(431));
        for other in [
            "",
            "\r\n\r\n",
            "0\r\n\r\n",
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            &head.replace("16:42:52", "16:42:49"),
            &head.replace("400", "204"),
            &head.replace("date", "x-request-id: 1\r\ndate"),
            &head.replace("length: 0", "length: 7"),
            &format!("{head}{{}}"),
        ] {
            assert_eq!(found(other), None, "{other:?}");
        }
    }
}
