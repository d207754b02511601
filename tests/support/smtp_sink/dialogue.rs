//! The server side of one SMTP connection.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::super::certs::Certs;
use super::{Fault, Received, Security, Stage, State, lock};

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

pub struct Dialogue {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    tls: bool,
    number: u64,
    fault: Option<Fault>,
    state: Arc<Mutex<State>>,
}

/// The connection is over, by plan or by the client.
pub struct Over;

impl From<std::io::Error> for Over {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

impl Dialogue {
    pub async fn run(
        tcp: TcpStream,
        number: u64,
        security: Security,
        login: Option<(&'static str, &'static str)>,
        state: Arc<Mutex<State>>,
    ) -> Result<(), Over> {
        let fault = Some(lock(&state).draw());
        let mut tcp: Option<TcpStream> = Some(tcp);
        let mut dialogue = match &security {
            Security::Wrapper(certs) => {
                let stream = handshake(certs, tcp.take().ok_or(Over)?, &state).await?;
                Self {
                    stream,
                    buffer: Vec::new(),
                    tls: true,
                    number,
                    fault,
                    state,
                }
            }
            _ => {
                let stream = Box::new(tcp.take().ok_or(Over)?);
                Self {
                    stream,
                    buffer: Vec::new(),
                    tls: false,
                    number,
                    fault,
                    state,
                }
            }
        };
        dialogue
            .answer(Stage::Greeting, "220 sink.test ESMTP")
            .await?;
        let (mut from, mut to) = (String::new(), String::new());
        let mut known = login.is_none();
        loop {
            let line = dialogue.line().await?;
            lock(&dialogue.state).commands.push(line.clone());
            let verb = line
                .split([' ', ':'])
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let offer = matches!(security, Security::StartTls(_) | Security::Injecting(_));
                    let mut text = String::from("250-sink.test\r\n");
                    if offer && !dialogue.tls {
                        text.push_str("250-STARTTLS\r\n");
                    }
                    if login.is_some() {
                        text.push_str("250-AUTH PLAIN\r\n");
                    }
                    text.push_str("250 SIZE 1000000");
                    dialogue.answer(Stage::Ehlo, &text).await?;
                }
                "STARTTLS" => {
                    let certs = match &security {
                        Security::StartTls(certs) => {
                            dialogue.write("220 go ahead").await?;
                            certs
                        }
                        Security::Injecting(certs) => {
                            dialogue.write("220 go ahead\r\n250 slipped in").await?;
                            certs
                        }
                        _ => {
                            dialogue.write("502 no").await?;
                            continue;
                        }
                    };
                    let plain =
                        std::mem::replace(&mut dialogue.stream, Box::new(tokio::io::empty()));
                    dialogue.stream = handshake(certs, plain, &dialogue.state).await?;
                    dialogue.buffer.clear();
                    dialogue.tls = true;
                }
                "AUTH" => {
                    let word = line.split(' ').nth(2).unwrap_or_default();
                    let given = base64::engine::general_purpose::STANDARD
                        .decode(word)
                        .unwrap_or_default();
                    let want = login
                        .map(|(u, p)| format!("\0{u}\0{p}"))
                        .unwrap_or_default();
                    known = given == want.as_bytes();
                    if known {
                        lock(&dialogue.state).counts.logins += 1;
                        dialogue.write("235 2.7.0 welcome").await?;
                    } else {
                        dialogue.write("535 5.7.8 no such login").await?;
                    }
                }
                "MAIL" if !known => dialogue.write("530 5.7.0 login first").await?,
                "MAIL" => {
                    if dialogue.fault.is_none() {
                        let drawn = lock(&dialogue.state).draw();
                        dialogue.fault = Some(drawn);
                    }
                    lock(&dialogue.state).counts.transactions += 1;
                    from = line;
                    to.clear();
                    dialogue.answer(Stage::Mail, "250 2.1.0 ok").await?;
                }
                "RCPT" => {
                    to = line;
                    dialogue.answer(Stage::Rcpt, "250 2.1.5 ok").await?;
                }
                "DATA" => {
                    if dialogue.answer(Stage::Data, "354 go on").await? {
                        dialogue.body(&from, &to).await?;
                    }
                    dialogue.fault = None;
                }
                "RSET" => {
                    dialogue.fault = None;
                    dialogue.write("250 2.0.0 ok").await?;
                }
                "NOOP" => dialogue.write("250 2.0.0 ok").await?,
                "QUIT" => {
                    dialogue.write("221 2.0.0 bye").await?;
                    return Ok(());
                }
                _ => dialogue.write("500 5.5.1 what").await?,
            }
        }
    }

    /// Gives the good answer, or what the fault says. True when the good answer was given.
    async fn answer(&mut self, stage: Stage, good: &str) -> Result<bool, Over> {
        match self.fault {
            Some(Fault::Reply(at, code, text)) if at == stage => {
                lock(&self.state).counts.refused += 1;
                self.fault = None;
                self.write(&format!("{code} {text}")).await?;
                Ok(false)
            }
            Some(Fault::Close(at)) if at == stage => {
                lock(&self.state).counts.closed += 1;
                Err(Over)
            }
            Some(Fault::Stall(at, time)) if at == stage => {
                lock(&self.state).counts.stalled += 1;
                tokio::time::sleep(time).await;
                Err(Over)
            }
            _ => {
                self.write(good).await?;
                Ok(true)
            }
        }
    }

    async fn body(&mut self, from: &str, to: &str) -> Result<(), Over> {
        if self.fault == Some(Fault::CloseMidData) {
            self.fill().await?;
            let mut state = lock(&self.state);
            state.counts.body_bytes += self.buffer.len() as u64;
            state.counts.closed += 1;
            return Err(Over);
        }
        let end = loop {
            if self.buffer.starts_with(b".\r\n") {
                break 0;
            }
            match self.buffer.windows(5).position(|w| w == b"\r\n.\r\n") {
                Some(at) => break at + 2,
                None => self.fill().await?,
            }
        };
        let wire: Vec<u8> = self.buffer.drain(..end).collect();
        self.buffer.drain(..3);
        let mut raw = Vec::with_capacity(wire.len());
        for line in wire.split_inclusive(|b| *b == b'\n') {
            raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        }
        let text = String::from_utf8_lossy(&raw);
        let message_id = text
            .split("\r\n")
            .take_while(|line| !line.is_empty())
            .find_map(|line| line.strip_prefix("Message-ID: "))
            .unwrap_or_default()
            .to_owned();
        let swallowed = self.fault == Some(Fault::Swallow);
        let index = {
            let mut state = lock(&self.state);
            state.counts.received += 1;
            state.counts.body_bytes += wire.len() as u64;
            state.counts.bare_breaks += bare_breaks(&wire);
            state.counts.swallowed += u64::from(swallowed);
            state.received.push(Received {
                connection: self.number,
                tls: self.tls,
                mail_from: from.to_owned(),
                rcpt_to: to.to_owned(),
                message_id,
                wire,
                raw,
                acknowledged: false,
            });
            state.received.len() - 1
        };
        if swallowed {
            return Err(Over);
        }
        if self.answer(Stage::Dot, "250 2.0.0 taken").await? {
            let mut state = lock(&self.state);
            state.counts.acknowledged += 1;
            state.received[index].acknowledged = true;
        }
        Ok(())
    }

    async fn line(&mut self) -> Result<String, Over> {
        loop {
            if let Some(at) = self.buffer.windows(2).position(|w| w == b"\r\n") {
                let line: Vec<u8> = self.buffer.drain(..at + 2).collect();
                let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
                lock(&self.state).counts.bare_breaks += bare_breaks(line);
                return Ok(String::from_utf8_lossy(line).into_owned());
            }
            self.fill().await?;
        }
    }

    async fn fill(&mut self) -> Result<(), Over> {
        let mut chunk = [0_u8; 4096];
        let n = self.stream.read(&mut chunk).await?;
        if n == 0 {
            return Err(Over);
        }
        self.buffer.extend_from_slice(&chunk[..n]);
        Ok(())
    }

    async fn write(&mut self, text: &str) -> Result<(), Over> {
        self.stream
            .write_all(format!("{text}\r\n").as_bytes())
            .await?;
        self.stream.flush().await?;
        Ok(())
    }
}

async fn handshake<S>(
    certs: &Certs,
    plain: S,
    state: &Mutex<State>,
) -> Result<Box<dyn Stream>, Over>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    match certs.acceptor().accept(plain).await {
        Ok(stream) => {
            lock(state).counts.handshakes += 1;
            Ok(Box::new(stream))
        }
        Err(_) => {
            lock(state).counts.failed_handshakes += 1;
            Err(Over)
        }
    }
}

fn bare_breaks(bytes: &[u8]) -> u64 {
    let mut previous = 0_u8;
    let mut found = 0;
    for &byte in bytes {
        found += u64::from((byte == b'\n') != (previous == b'\r'));
        previous = byte;
    }
    found + u64::from(previous == b'\r')
}
