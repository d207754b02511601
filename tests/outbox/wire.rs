//! What arrived: messages taken apart, and an HTTP server for webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::smtp_sink::Received;

/// Header lines, unfolded.
fn headers(block: &str) -> Vec<(String, String)> {
    let head = block.split("\r\n\r\n").next().unwrap();
    let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    unfolded
        .split("\r\n")
        .map(|line| {
            let (name, value) = line.split_once(": ").unwrap_or((line, ""));
            (name.to_lowercase(), value.to_owned())
        })
        .collect()
}

/// One header of a message; encoded words decoded.
pub fn header(message: &str, name: &str) -> String {
    let value = headers(message)
        .into_iter()
        .find(|(n, _)| n == name)
        .map(|(_, v)| v)
        .unwrap_or_default();
    value
        .split(' ')
        .map(|word| {
            match word
                .strip_prefix("=?utf-8?b?")
                .and_then(|w| w.strip_suffix("?="))
            {
                Some(packed) => String::from_utf8(
                    base64::engine::general_purpose::STANDARD
                        .decode(packed)
                        .unwrap(),
                )
                .unwrap(),
                None => format!("{word} "),
            }
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The parts of a message, decoded: the text, then the calendar where there is one.
pub fn parts(message: &str) -> Vec<String> {
    let kind = headers(message)
        .into_iter()
        .find(|(n, _)| n == "content-type")
        .unwrap()
        .1;
    match kind
        .split("boundary=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
    {
        None => vec![decode(message)],
        Some(boundary) => {
            let body = message.split_once("\r\n\r\n").unwrap().1;
            let pieces: Vec<&str> = body.split(&format!("--{boundary}")).collect();
            pieces[1..pieces.len() - 1]
                .iter()
                .map(|p| decode(p.trim_start()))
                .collect()
        }
    }
}

fn decode(part: &str) -> String {
    let (head, body) = part.split_once("\r\n\r\n").unwrap();
    let encoding = headers(head)
        .into_iter()
        .find(|(name, _)| name == "content-transfer-encoding");
    let bytes = match encoding.map(|(_, value)| value).as_deref() {
        Some("base64") => {
            let packed: String = body.split_whitespace().collect();
            base64::engine::general_purpose::STANDARD
                .decode(packed)
                .unwrap()
        }
        Some("quoted-printable") => {
            let joined = body.replace("=\r\n", "");
            let mut out = Vec::new();
            let mut rest = joined.as_bytes();
            while let [first, tail @ ..] = rest {
                rest = tail;
                if *first == b'=' {
                    out.push(
                        u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap(),
                    );
                    rest = &tail[2..];
                } else {
                    out.push(*first);
                }
            }
            out
        }
        _ => body.as_bytes().to_vec(),
    };
    String::from_utf8(bytes).unwrap()
}

/// Message-IDs in the order of their first arrival.
pub fn arrivals(received: &[Received]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for one in received {
        if !out.contains(&one.message_id) {
            out.push(one.message_id.clone());
        }
    }
    out
}

/// A webhook as it arrived.
#[derive(Clone, Debug)]
pub struct Hit {
    pub head: String,
    pub body: String,
}

impl Hit {
    pub fn header(&self, name: &str) -> String {
        headers(&self.head)
            .into_iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
            .unwrap_or_default()
    }
}

/// An HTTP server that answers by a script, then 204 for ever.
pub struct Receiver {
    pub url: String,
    hits: Arc<Mutex<Vec<Hit>>>,
    script: Arc<Mutex<VecDeque<u16>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/in", listener.local_addr().unwrap());
        let (hits, script) = (
            Arc::<Mutex<Vec<Hit>>>::default(),
            Arc::<Mutex<VecDeque<u16>>>::default(),
        );
        let (log, answers) = (Arc::clone(&hits), Arc::clone(&script));
        tokio::spawn(async move {
            while let Ok((mut tcp, _)) = listener.accept().await {
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                tokio::spawn(async move {
                    let Some(hit) = read_request(&mut tcp).await else {
                        return;
                    };
                    log.lock().unwrap().push(hit);
                    let status = answers.lock().unwrap().pop_front().unwrap_or(204);
                    let _ = tcp
                        .write_all(
                            format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n").as_bytes(),
                        )
                        .await;
                    let _ = tcp.shutdown().await;
                });
            }
        });
        Self { url, hits, script }
    }

    pub fn answer(&self, statuses: &[u16]) {
        self.script.lock().unwrap().extend(statuses);
    }

    pub fn hits(&self) -> Vec<Hit> {
        self.hits.lock().unwrap().clone()
    }
}

async fn read_request(tcp: &mut tokio::net::TcpStream) -> Option<Hit> {
    let (mut bytes, mut chunk) = (Vec::new(), [0_u8; 4096]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length: usize = headers(head)
                .into_iter()
                .find(|(n, _)| n == "content-length")
                .and_then(|(_, v)| v.parse().ok())
                .unwrap_or(0);
            if body.len() >= length {
                return Some(Hit {
                    head: head.to_owned(),
                    body: body.to_owned(),
                });
            }
        }
        match tcp.read(&mut chunk).await {
            Ok(n) if n > 0 => bytes.extend_from_slice(&chunk[..n]),
            _ => return None,
        }
    }
}
