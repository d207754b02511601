//! SMTP with known phases. The ready-made transport of the mail library does not tell whether a
//! connection was lost before DATA or after the final dot, and has no read timeout; the outcome
//! table needs both, so this drives the library's connection command by command.

mod pool;
mod stream;

pub(super) use pool::Pool;

use super::letter::Composed;
use super::retry::Outcome;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::time::Duration;
use stream::NarrowStream;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Wait after a loss behind the final dot: the relay may have taken the message.
const UNKNOWN_WAIT: Duration = Duration::from_secs(600);
/// Grace for RSET; a relay slower than this loses the connection instead.
const RESET_WAIT: Duration = Duration::from_secs(5);

/// How the connection is protected. There is no "if available".
#[derive(Clone)]
pub(super) enum Protection {
    /// TLS from the first byte (port 465).
    Wrapper(TlsParameters),
    /// STARTTLS or nothing (port 587).
    StartTls(TlsParameters),
    /// Plain text; the configuration check allows it for loopback hosts only.
    Plain,
}

/// One relay with its small pool of connections.
pub(super) struct Relay {
    pub host: String,
    pub port: u16,
    pub protection: Protection,
    pub credentials: Option<Credentials>,
    /// Limit for connecting and for each command.
    pub timeout: Duration,
    pub pool: Pool,
}

/// How far one attempt came; shared with the supervisor, who may have to stop the attempt.
#[derive(Default)]
pub(super) struct Phase(AtomicU8);

impl Phase {
    const DATA: u8 = 1;
    const DOT: u8 = 2;

    fn set(&self, value: u8) {
        self.0.store(value, Ordering::SeqCst);
    }

    /// The outcome of an attempt that broke off for `cause`.
    pub(super) fn broken_off(&self, cause: &str) -> Outcome {
        match self.0.load(Ordering::SeqCst) {
            Self::DOT => Outcome::Retry {
                reason: format!("smtp {cause} after the final dot, delivery unknown"),
                min_delay: UNKNOWN_WAIT,
            },
            Self::DATA => Outcome::retry(format!("smtp {cause} in DATA")),
            _ => Outcome::retry(format!("smtp {cause} before DATA")),
        }
    }
}

/// Why a transaction failed.
enum Fault {
    /// The relay answered with a negative reply.
    Refused { code: u16, detail: String },
    /// The connection ended or garbled.
    Lost,
    /// The relay did not answer in time.
    Silent,
}

impl Relay {
    /// One attempt. On a pooled connection that turns out dead before DATA, one more try on a
    /// new connection is part of the same attempt.
    pub(super) async fn deliver(&self, mail: &Composed, phase: &Phase) -> Outcome {
        let Ok(_permit) = self.pool.permits.acquire().await else {
            return Outcome::retry("smtp pool closed");
        };
        if let Some(conn) = self.pool.take() {
            let fault = match self.transact(conn, mail, phase).await {
                Ok(()) => return Outcome::Sent,
                Err(fault) => fault,
            };
            let stale = matches!(fault, Fault::Lost | Fault::Refused { code: 421, .. })
                && phase.0.load(Ordering::SeqCst) < Phase::DATA;
            if !stale {
                return outcome(&fault, phase);
            }
        }
        match self.connect().await {
            Err(reason) => Outcome::retry(reason),
            Ok(conn) => match self.transact(conn, mail, phase).await {
                Ok(()) => Outcome::Sent,
                Err(fault) => outcome(&fault, phase),
            },
        }
    }

    async fn transact(
        &self,
        mut conn: AsyncSmtpConnection,
        mail: &Composed,
        phase: &Phase,
    ) -> Result<(), Fault> {
        let result = self.talk(&mut conn, mail, phase).await;
        let alive = match &result {
            Ok(()) => true,
            Err(Fault::Refused { code, .. }) if *code != 421 => {
                matches!(timeout(RESET_WAIT, conn.command(Rset)).await, Ok(Ok(_)))
            }
            Err(_) => false,
        };
        if alive {
            self.pool.park(conn);
        }
        result
    }

    async fn talk(
        &self,
        conn: &mut AsyncSmtpConnection,
        mail: &Composed,
        phase: &Phase,
    ) -> Result<(), Fault> {
        let from = Mail::new(Some(mail.from.clone()), Vec::new());
        self.step(conn.command(from)).await?;
        self.step(conn.command(Rcpt::new(mail.to.clone(), Vec::new())))
            .await?;
        if !self.step(conn.command(Data)).await?.has_code(354) {
            return Err(Fault::Lost);
        }
        phase.set(Phase::DATA);
        // The part list ends when the body is written and only the final dot is left to send.
        let mut body = Some(mail.bytes.as_slice());
        let parts = std::iter::from_fn(|| {
            let part = body.take();
            if part.is_none() {
                phase.set(Phase::DOT);
            }
            part
        });
        let reply = self.step(conn.message_iter(parts)).await?;
        if (200..300).contains(&u16::from(reply.code())) {
            Ok(())
        } else {
            Err(Fault::Lost)
        }
    }

    async fn step<F>(&self, work: F) -> Result<Response, Fault>
    where
        F: Future<Output = Result<Response, Error>>,
    {
        match timeout(self.timeout, work).await {
            Err(_) => Err(Fault::Silent),
            Ok(Ok(reply)) => Ok(reply),
            Ok(Err(error)) => Err(match error.status() {
                Some(code) => Fault::Refused {
                    code: u16::from(code),
                    detail: enhanced(&error).unwrap_or_default(),
                },
                None => Fault::Lost,
            }),
        }
    }

    /// Opens, protects and authenticates a connection. Refusals here speak of the relay or its
    /// configuration, not of the message, so all of them are worth a retry.
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        match timeout(self.timeout, self.open()).await {
            Ok(Ok(conn)) => Ok(conn),
            Ok(Err((stage, error))) => Err(match error.status() {
                Some(code) => format!("smtp {stage} refused {code}"),
                None => format!("smtp {stage} failed"),
            }),
            Err(_) => Err("smtp connect timed out".to_owned()),
        }
    }

    async fn open(&self) -> Result<AsyncSmtpConnection, (&'static str, ConnectError)> {
        let hello = ClientId::default();
        let mut conn = match &self.protection {
            Protection::Wrapper(tls) => AsyncSmtpConnection::connect_tokio1(
                (self.host.as_str(), self.port),
                Some(self.timeout),
                &hello,
                Some(tls.clone()),
                None,
            )
            .await
            .map_err(|e| ("TLS connect", ConnectError::Smtp(e)))?,
            Protection::StartTls(tls) => {
                let narrow = Arc::new(AtomicBool::new(true));
                let stream = NarrowStream {
                    tcp: self.dial().await?,
                    narrow: Arc::clone(&narrow),
                };
                let mut conn =
                    AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                        .await
                        .map_err(|e| ("connect", ConnectError::Smtp(e)))?;
                conn.starttls(tls.clone(), &hello)
                    .await
                    .map_err(|e| ("STARTTLS", ConnectError::Smtp(e)))?;
                narrow.store(false, Ordering::SeqCst);
                conn
            }
            Protection::Plain => {
                let stream = Box::new(self.dial().await?);
                AsyncSmtpConnection::connect_with_transport(stream, &hello)
                    .await
                    .map_err(|e| ("connect", ConnectError::Smtp(e)))?
            }
        };
        if let Some(credentials) = &self.credentials {
            conn.auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await
                .map_err(|e| ("AUTH", ConnectError::Smtp(e)))?;
        }
        Ok(conn)
    }

    async fn dial(&self) -> Result<TcpStream, (&'static str, ConnectError)> {
        let failed = |_| ("connect", ConnectError::Tcp);
        let tcp = TcpStream::connect((self.host.as_str(), self.port))
            .await
            .map_err(failed)?;
        // The final dot is a small write of its own and must not wait for the body's ACK.
        tcp.set_nodelay(true).map_err(failed)?;
        Ok(tcp)
    }
}

enum ConnectError {
    Tcp,
    Smtp(Error),
}

impl ConnectError {
    fn status(&self) -> Option<u16> {
        match self {
            Self::Tcp => None,
            Self::Smtp(error) => error.status().map(u16::from),
        }
    }
}

/// The outcome table: 5yz is final except 552/452 (size, quota) and 530 (the session lacks
/// authentication, RFC 4954: the relay's configuration, not this message); 4yz is retried; a
/// loss is judged by its phase.
fn outcome(fault: &Fault, phase: &Phase) -> Outcome {
    match fault {
        Fault::Refused { code, detail } => {
            let reason = format!("smtp reply {code}{detail}");
            if *code >= 500 && !matches!(code, 552 | 530) {
                Outcome::dead(reason)
            } else {
                Outcome::retry(reason)
            }
        }
        Fault::Lost => phase.broken_off("connection lost"),
        Fault::Silent => phase.broken_off("timed out"),
    }
}

/// The enhanced status code (RFC 3463) of a reply, with a leading space. The rest of the reply
/// is left out: relays like to repeat the recipient there.
fn enhanced(error: &Error) -> Option<String> {
    let text = std::error::Error::source(error)?.to_string();
    let word = text.split_ascii_whitespace().next()?;
    let mut parts = 0_u8;
    for part in word.split('.') {
        parts = parts.saturating_add(1);
        if !(1..=3).contains(&part.len()) || !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    (parts == 3).then(|| format!(" {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_break_is_judged_by_its_phase() {
        let phase = Phase::default();
        assert_eq!(
            phase.broken_off("lost"),
            Outcome::retry("smtp lost before DATA")
        );
        phase.set(Phase::DATA);
        assert_eq!(
            phase.broken_off("lost"),
            Outcome::retry("smtp lost in DATA")
        );
        phase.set(Phase::DOT);
        let Outcome::Retry { min_delay, .. } = phase.broken_off("lost") else {
            panic!()
        };
        assert_eq!(min_delay, UNKNOWN_WAIT);
    }

    #[test]
    fn a_definite_reply_wins_over_the_phase() {
        let phase = Phase::default();
        phase.set(Phase::DOT);
        let refused = |code| {
            outcome(
                &Fault::Refused {
                    code,
                    detail: String::new(),
                },
                &phase,
            )
        };
        assert_eq!(refused(451), Outcome::retry("smtp reply 451"));
        assert_eq!(refused(552), Outcome::retry("smtp reply 552"));
        assert_eq!(refused(550), Outcome::dead("smtp reply 550"));
    }
}
