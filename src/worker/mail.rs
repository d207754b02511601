//! Sending letters: to a relay by SMTP, or into a directory for development and closed desks.
//!
//! Delivery is at least once. A message whose acknowledgement was lost is sent again with the
//! same `Message-ID` and the same bytes; exactly-once is impossible across SMTP (RFC 1047).

pub use super::letter::{Letter, MailAddress};
pub use super::retry::Outcome;

use super::letter::{self, Composed};
use super::retry::{Broken, isolate};
use super::smtp::{Phase, Pool, Protection, Relay};
use crate::domain::net::is_loopback_host;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, TlsParameters};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Limit for one whole attempt.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(90);

/// How the connection to the relay is protected; never "if available".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TlsMode {
    /// TLS from the first byte, usually port 465.
    Wrapper,
    /// STARTTLS required, usually port 587.
    #[default]
    StartTls,
    /// No TLS; allowed for loopback hosts only, unless the settings say otherwise.
    None,
}

impl TlsMode {
    /// Reads `wrapper`, `starttls` or `none`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "wrapper" => Some(Self::Wrapper),
            "starttls" => Some(Self::StartTls),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// Mail settings. With `dir` set, letters become files there and the relay is not used.
#[derive(Clone)]
pub struct MailerConfig {
    /// Directory for `.eml` files instead of a relay.
    pub dir: Option<PathBuf>,
    /// Relay host name or address.
    pub host: String,
    /// Relay port.
    pub port: u16,
    /// Protection of the connection.
    pub tls: TlsMode,
    /// Allows `TlsMode::None` to another machine, without a login.
    pub allow_plain: bool,
    /// Login name at the relay; needs `password`.
    pub user: Option<String>,
    /// Password at the relay; needs `user`.
    pub password: Option<Zeroizing<String>>,
    /// Sender of the letters.
    pub from: MailAddress,
    /// Further root certificates (PEM) trusted for the relay.
    pub ca_pem: Option<PathBuf>,
    /// Limit for connecting and for each SMTP command.
    pub timeout: Duration,
}

impl Default for MailerConfig {
    fn default() -> Self {
        Self {
            dir: None,
            host: String::new(),
            port: 587,
            tls: TlsMode::default(),
            allow_plain: false,
            user: None,
            password: None,
            from: MailAddress {
                name: String::new(),
                address: String::new(),
            },
            ca_pem: None,
            timeout: Duration::from_secs(60),
        }
    }
}

impl std::fmt::Debug for MailerConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MailerConfig")
            .field("dir", &self.dir)
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("allow_plain", &self.allow_plain)
            .field("user", &self.user.is_some())
            .field("password", &self.password.is_some())
            .field("ca_pem", &self.ca_pem)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

/// Why mail settings cannot be used.
#[derive(Debug)]
pub enum MailConfigError {
    /// Neither a directory nor a relay host.
    NoTarget,
    /// The sender address is not of the plain form.
    From,
    /// User without password or the other way round.
    HalfLogin,
    /// `tls = none` for a host that is not loopback.
    PlainRemote,
    /// A login over a connection in clear to another machine.
    PlainLogin,
    /// The timeout is zero or above 90 s.
    Timeout,
    /// The root certificates cannot be read or used.
    Ca(String),
    /// TLS cannot be set up.
    Tls(String),
    /// The directory cannot be made.
    Dir(io::Error),
}

impl std::fmt::Display for MailConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoTarget => f.write_str("mail: neither a directory nor a relay host is set"),
            Self::From => f.write_str("mail: the sender address is not a plain address"),
            Self::HalfLogin => f.write_str("mail: user and password must be set together"),
            Self::PlainRemote => f.write_str("mail: tls = none is allowed for loopback hosts only"),
            Self::PlainLogin => f.write_str("mail: a login needs TLS"),
            Self::Timeout => f.write_str("mail: the timeout must be above 0 and at most 90 s"),
            Self::Ca(why) => write!(f, "mail: root certificates unusable: {why}"),
            Self::Tls(why) => write!(f, "mail: TLS cannot be set up: {why}"),
            Self::Dir(why) => write!(f, "mail: directory cannot be made: {why}"),
        }
    }
}

impl std::error::Error for MailConfigError {}

impl MailerConfig {
    /// Checks the settings without touching network or disk.
    ///
    /// # Errors
    /// The first rule they break.
    pub fn check(&self) -> Result<(), MailConfigError> {
        if letter::address(&self.from.address).is_none() {
            return Err(MailConfigError::From);
        }
        if self.dir.is_some() {
            return Ok(());
        }
        if self.host.is_empty() {
            return Err(MailConfigError::NoTarget);
        }
        if self.user.is_some() != self.password.is_some() {
            return Err(MailConfigError::HalfLogin);
        }
        if self.tls == TlsMode::None && !is_loopback_host(&self.host) {
            if !self.allow_plain {
                return Err(MailConfigError::PlainRemote);
            }
            if self.user.is_some() {
                return Err(MailConfigError::PlainLogin);
            }
        }
        if self.timeout.is_zero() || self.timeout > ATTEMPT_LIMIT {
            return Err(MailConfigError::Timeout);
        }
        Ok(())
    }
}

/// The outgoing mail transport.
#[derive(Clone)]
pub enum Mailer {
    /// A relay.
    Smtp(SmtpMailer),
    /// A directory of `<message-id>.eml` files.
    Dir(PathBuf),
}

/// A relay with its connections; cheap to clone.
#[derive(Clone)]
pub struct SmtpMailer(Arc<Relay>);

impl Mailer {
    /// Checks the settings, reads the certificates and prepares the transport. No connection is
    /// made yet.
    ///
    /// # Errors
    /// See [`MailConfigError`].
    pub fn new(config: &MailerConfig) -> Result<Self, MailConfigError> {
        config.check()?;
        if let Some(dir) = &config.dir {
            std::fs::create_dir_all(dir).map_err(MailConfigError::Dir)?;
            return Ok(Self::Dir(dir.clone()));
        }
        let protection = match config.tls {
            TlsMode::None => Protection::Plain,
            TlsMode::StartTls => Protection::StartTls(tls_parameters(config)?),
            TlsMode::Wrapper => Protection::Wrapper(tls_parameters(config)?),
        };
        let credentials = match (&config.user, &config.password) {
            (Some(user), Some(password)) => {
                Some(Credentials::new(user.clone(), password.as_str().to_owned()))
            }
            _ => None,
        };
        Ok(Self::Smtp(SmtpMailer(Arc::new(Relay {
            host: config.host.clone(),
            port: config.port,
            protection,
            credentials,
            timeout: config.timeout,
            pool: Pool::new(),
        }))))
    }

    /// Makes one attempt to deliver `letter`. Never panics and never takes longer than 90 s;
    /// a panic below counts as a failed attempt.
    pub async fn send(&self, letter: &Letter) -> Outcome {
        let letter = letter.clone();
        match self {
            Self::Smtp(SmtpMailer(relay)) => {
                let phase = Arc::new(Phase::default());
                let (relay, progress) = (Arc::clone(relay), Arc::clone(&phase));
                let work = async move {
                    match letter::compose(&letter) {
                        Ok(mail) => relay.deliver(&mail, &progress).await,
                        Err(reason) => Outcome::dead(reason),
                    }
                };
                isolate(ATTEMPT_LIMIT, work)
                    .await
                    .unwrap_or_else(|broken| match broken {
                        Broken::Panicked => phase.broken_off("attempt panicked"),
                        Broken::TimedOut => phase.broken_off("attempt timed out"),
                    })
            }
            Self::Dir(dir) => {
                let dir = dir.clone();
                let work = async move {
                    let write = move || match letter::compose(&letter) {
                        Ok(mail) => write_file(&dir, &letter.message_id, &mail),
                        Err(reason) => Outcome::dead(reason),
                    };
                    tokio::task::spawn_blocking(write).await
                };
                match isolate(ATTEMPT_LIMIT, work).await {
                    Ok(Ok(outcome)) => outcome,
                    Ok(Err(_)) | Err(Broken::Panicked) => Outcome::retry("file attempt panicked"),
                    Err(Broken::TimedOut) => Outcome::retry("file attempt timed out"),
                }
            }
        }
    }
}

fn tls_parameters(config: &MailerConfig) -> Result<TlsParameters, MailConfigError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_pem {
        let pem = std::fs::read(path).map_err(|e| MailConfigError::Ca(e.to_string()))?;
        if !pem.windows(10).any(|w| w == b"-----BEGIN") {
            return Err(MailConfigError::Ca("no certificate in the file".to_owned()));
        }
        let root = Certificate::from_pem(&pem).map_err(|e| MailConfigError::Ca(e.to_string()))?;
        builder = builder.add_root_certificate(root);
    }
    builder
        .build()
        .map_err(|e| MailConfigError::Tls(e.to_string()))
}

/// Writes `<message-id>.eml` whole or not at all; a file that is already there is the same
/// message from an earlier attempt.
fn write_file(dir: &Path, message_id: &str, mail: &Composed) -> Outcome {
    let name = format!(
        "{}.eml",
        message_id.trim_start_matches('<').trim_end_matches('>')
    );
    let path = dir.join(name);
    let write = || -> io::Result<()> {
        if path.try_exists()? {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(&mail.bytes)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    match write() {
        Ok(()) => Outcome::Sent,
        Err(error) => Outcome::retry(format!("mail file: {}", error.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> MailerConfig {
        MailerConfig {
            host: "relay.example".into(),
            from: MailAddress {
                name: String::new(),
                address: "desk@jieyou.example".into(),
            },
            ..MailerConfig::default()
        }
    }

    #[test]
    fn plain_text_only_on_loopback() {
        for (host, allowed) in [
            ("localhost", true),
            ("LOCALHOST", true),
            ("127.0.0.1", true),
            ("127.9.9.9", true),
            ("::1", true),
            ("::ffff:127.0.0.1", true),
            ("relay.example", false),
            ("localhost.example", false),
            ("10.0.0.1", false),
            ("127.1", false),
        ] {
            let verdict = MailerConfig {
                host: host.into(),
                tls: TlsMode::None,
                ..config()
            }
            .check();
            assert_eq!(verdict.is_ok(), allowed, "{host}");
            let mut catcher = MailerConfig {
                host: host.into(),
                tls: TlsMode::None,
                allow_plain: true,
                ..config()
            };
            assert!(catcher.check().is_ok(), "{host}");
            catcher.user = Some("u".into());
            catcher.password = Some(Zeroizing::new("p".into()));
            assert_eq!(catcher.check().is_ok(), allowed, "{host}");
        }
    }

    #[test]
    fn settings_are_checked() {
        assert!(config().check().is_ok());
        type Change = fn(&mut MailerConfig);
        let bad: [Change; 6] = [
            |c| c.host.clear(),
            |c| c.from.address = "desk".into(),
            |c| c.user = Some("u".into()),
            |c| c.password = Some(Zeroizing::new("p".into())),
            |c| c.timeout = Duration::ZERO,
            |c| c.timeout = Duration::from_secs(91),
        ];
        for change in bad {
            let mut config = config();
            change(&mut config);
            assert!(config.check().is_err(), "{config:?}");
        }
        let missing = MailerConfig {
            ca_pem: Some("/nonexistent/ca.pem".into()),
            ..config()
        };
        assert!(matches!(Mailer::new(&missing), Err(MailConfigError::Ca(_))));
    }

    #[test]
    fn debug_hides_the_login() {
        let mut config = config();
        config.user = Some("robot-account".into());
        config.password = Some(Zeroizing::new("hunter2".into()));
        let text = format!("{config:?}");
        assert!(!text.contains("hunter2") && !text.contains("robot-account"));
    }
}
