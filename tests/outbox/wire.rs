//! What arrived: messages taken apart, and an HTTP server for webhooks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::mime;
use crate::support::smtp_sink::Received;

/// One header of a message; encoded words decoded.
pub fn header(message: &str, name: &str) -> String {
    let value = mime::header(message, name).unwrap_or_default();
    value
        .split(' ')
        .map(|word| {
            match word
                .strip_prefix("=?utf-8?b?")
                .and_then(|w| w.strip_suffix("?="))
            {
                Some(packed) => String::from_utf8(mime::unpacked(packed)).unwrap(),
                None => format!("{word} "),
            }
        })
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The parts of a message, decoded: the text, then the calendar where there is one.
pub fn parts(message: &str) -> Vec<String> {
    mime::parts(message)
        .iter()
        .map(|p| mime::decode(p))
        .collect()
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
        mime::header(&self.head, name).unwrap_or_default()
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
                    // 0: it has the request and goes away without a word.
                    if status == 0 {
                        return;
                    }
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
            let length: usize = mime::header(head, "content-length")
                .and_then(|v| v.parse().ok())
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
