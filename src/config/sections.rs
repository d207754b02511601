//! The sections of the settings.

use serde::{Deserialize, Serialize};

/// How long the machinery keeps what is done with. Cases, notes, papers and the audit trail are
/// not its business.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Days that a delivered mail or webhook stays listed.
    pub outbox_sent_days: i64,
    /// Days that a message given up can still be sent again.
    pub outbox_dead_days: i64,
}

/// Outgoing mail.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// `dir` writes `.eml` files, `smtp` sends.
    pub mode: String,
    /// Directory of `.eml` files; empty means `<data_dir>/mail`.
    pub dir: String,
    pub host: String,
    pub port: u16,
    /// `wrapper`, `starttls`, or `none` (loopback only, unless `allow_plain`).
    pub tls: String,
    /// Allows `tls = "none"` to a relay on another machine: letters cross the network in clear.
    /// For a closed trial network, such as a mail catcher beside the service.
    pub allow_plain: bool,
    pub user: String,
    /// File that holds the relay password.
    pub password_file: String,
    pub from: String,
    pub from_name: String,
    /// Further root certificates, PEM.
    pub ca_file: String,
    pub timeout_seconds: u64,
}

/// Outgoing text messages.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmsConfig {
    /// `dir` writes `.json` files, `http` posts to a gateway.
    pub mode: String,
    /// Directory of the files; empty means `<data_dir>/sms`.
    pub dir: String,
    /// The gateway. It is bound by the rules of `webhooks`: `https`, public addresses or networks
    /// allowed there.
    pub url: String,
    /// File with the signing secret of the gateway, `whsec_…`.
    pub secret_file: String,
}

impl Default for SmsConfig {
    fn default() -> Self {
        Self {
            mode: "dir".into(),
            dir: String::new(),
            url: String::new(),
            secret_file: String::new(),
        }
    }
}

/// Outgoing webhooks.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSettings {
    /// Private ranges that receivers may lie in (a closed network has no other), as CIDR.
    pub allow_networks: Vec<String>,
    /// Allows `http://` to loopback: for trials.
    pub allow_insecure_loopback: bool,
    /// Further root certificates, PEM.
    pub ca_file: String,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            mode: "dir".into(),
            dir: String::new(),
            host: String::new(),
            port: 465,
            tls: "wrapper".into(),
            allow_plain: false,
            user: String::new(),
            password_file: String::new(),
            from: "jieyou@localhost".into(),
            from_name: "解忧杂货铺".into(),
            ca_file: String::new(),
            timeout_seconds: 60,
        }
    }
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            outbox_sent_days: 90,
            outbox_dead_days: 365,
        }
    }
}
