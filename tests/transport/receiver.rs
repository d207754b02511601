//! An HTTP listener and a name service for webhook tests.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jieyou::worker::net::Policy;
use jieyou::worker::webhook::{Delivery, Lookup, LookupFuture, SigningKey, WebhookConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::support::certs::Certs;

pub fn key() -> SigningKey {
    SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()
}

pub fn delivery(url: &str) -> Delivery {
    Delivery {
        url: url.into(),
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
        timestamp: 1_614_265_330,
        body: br#"{"test": 2432232314}"#.to_vec(),
        keys: vec![key()],
        trace: None,
    }
}

/// An HTTP listener that gives one fixed answer and keeps what it heard.
pub struct Receiver {
    pub port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    pub accepted: Arc<AtomicUsize>,
}

impl Receiver {
    pub async fn start(bind: &str, answer: Vec<u8>, stall: bool, certs: Option<Certs>) -> Self {
        let listener = TcpListener::bind((bind, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (heard, accepted) = (
            Arc::<Mutex<Vec<String>>>::default(),
            Arc::<AtomicUsize>::default(),
        );
        let (log, count) = (Arc::clone(&heard), Arc::clone(&accepted));
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                let (log, answer, certs) = (Arc::clone(&log), answer.clone(), certs.clone());
                tokio::spawn(async move {
                    match certs {
                        Some(certs) => {
                            if let Ok(stream) = certs.acceptor().accept(tcp).await {
                                serve(stream, &log, &answer, stall).await;
                            }
                        }
                        None => serve(tcp, &log, &answer, stall).await,
                    }
                });
            }
        });
        Self {
            port,
            heard,
            accepted,
        }
    }

    pub async fn plain(answer: &str) -> Self {
        Self::start("127.0.0.1", answer.as_bytes().to_vec(), false, None).await
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/in", self.port)
    }

    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn serve<S>(mut stream: S, log: &Mutex<Vec<String>>, answer: &[u8], stall: bool)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut request = Vec::new();
    let mut chunk = [0_u8; 4096];
    while !request.ends_with(b"}") {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(n) => request.extend_from_slice(&chunk[..n]),
        }
    }
    log.lock()
        .unwrap()
        .push(String::from_utf8(request).unwrap());
    if stall {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

/// Answers from a table; each name walks through its list of answers.
#[derive(Default)]
pub struct Table {
    names: HashMap<&'static str, Vec<Vec<IpAddr>>>,
    pub asked: AtomicUsize,
}

impl Table {
    pub fn with(mut self, name: &'static str, answers: &[&[&str]]) -> Self {
        let parse = |ips: &&[&str]| ips.iter().map(|ip| ip.parse().unwrap()).collect();
        self.names.insert(name, answers.iter().map(parse).collect());
        self
    }
}

impl Lookup for Table {
    fn lookup(&self, host: String) -> LookupFuture {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        let answers = self.names.get(host.as_str()).cloned();
        Box::pin(async move {
            let answers = answers.ok_or_else(|| std::io::Error::other("no such name"))?;
            Ok(answers[turn.min(answers.len() - 1)].clone())
        })
    }
}

pub fn for_tests() -> WebhookConfig {
    WebhookConfig {
        policy: Policy {
            allow_insecure: true,
            allow_hosts: Vec::new(),
        },
        timeout: Duration::from_secs(3),
        ..WebhookConfig::default()
    }
}
