//! Settings: one table of defaults, a TOML file over it, the environment over both.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use figment::Figment;
use figment::providers::{Env as EnvProvider, Format, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::domain::net::{self, Cidr, Policy};
use crate::domain::second_factor::{Demand, FactorPolicy};
use crate::store::conn::DbUrl;

mod sections;
pub use sections::{MailConfig, Retention, SmsConfig, WebhookSettings};

/// All settings. Each is set in the file by its name, or in the environment as `JIEYOU_` and its
/// name in capitals, sections joined by `__` (`JIEYOU_MAIL__HOST`).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address of the API.
    pub bind: String,
    /// Address of `/metrics`; empty switches it off.
    pub metrics_bind: String,
    /// Where the database, files, keys and mails lie by default.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://…`; `DATABASE_URL` in the environment sets it too.
    pub database_url: String,
    /// Readers on SQLite, all connections on PostgreSQL.
    pub database_connections: u32,
    /// Allows a PostgreSQL connection without `sslmode=verify-full` to another machine.
    pub allow_plain_database: bool,
    /// Worker threads of the API; 0 means one per core.
    pub workers: usize,
    /// Links in mails start with it.
    pub public_url: String,
    /// `iss` of access tokens.
    pub issuer: String,
    /// `aud` of access tokens.
    pub audience: String,
    /// Name of this node in access-log streams.
    pub node: String,
    /// Display name of the county.
    pub county: String,
    /// Region whose calendar holds: `CN`, or one that has a document of its own.
    pub calendar_region: String,
    /// A calendar document put in force at the first start; later ones go through the API.
    pub calendar_file: String,
    /// Clock policies of the county, beside those that come with the program.
    pub clock_policy_file: String,
    /// Origin line of audit checkpoints.
    pub audit_origin: String,
    /// A second place, on another volume, that gets every checkpoint; empty switches it off.
    pub checkpoint_file: String,
    /// Seconds between checkpoints.
    pub checkpoint_seconds: u64,
    /// Largest upload in MiB.
    pub max_file_mib: u64,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Who must have a second factor: `staff` (everybody with a role), `administrators` (and
    /// auditors), or `off`.
    pub require_second_factor: String,
    /// Days to set one up, from the first sign-in under the rule; afterwards nothing else works.
    pub second_factor_grace_days: i64,
    /// Requests a second and burst, per user.
    pub rate_per_second: u32,
    pub rate_burst: u32,
    /// Requests under way before 503.
    pub max_in_flight: usize,
    /// Seconds before a request is answered `outcome_unknown`.
    pub request_seconds: u64,
    /// Seconds that a whole request body may take.
    pub body_seconds: u64,
    /// Whether this process delivers mail and runs jobs.
    pub run_worker: bool,
    /// `text` or `json`.
    pub log_format: String,
    /// `tracing` filter, e.g. `info,jieyou=debug`.
    pub log_filter: String,
    pub mail: MailConfig,
    pub sms: SmsConfig,
    pub webhooks: WebhookSettings,
    pub retention: Retention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: "127.0.0.1:8080".into(),
            metrics_bind: "127.0.0.1:9180".into(),
            data_dir: "data".into(),
            database_url: String::new(),
            database_connections: 8,
            allow_plain_database: false,
            workers: 0,
            public_url: "http://127.0.0.1:8080".into(),
            issuer: "jieyou".into(),
            audience: "jieyou-api".into(),
            node: "node1".into(),
            county: "云岭县".into(),
            calendar_region: "CN".into(),
            calendar_file: String::new(),
            clock_policy_file: String::new(),
            audit_origin: "jieyou.yunling.example/audit".into(),
            checkpoint_file: String::new(),
            checkpoint_seconds: 60,
            max_file_mib: 20,
            trusted_proxies: Vec::new(),
            require_second_factor: "staff".into(),
            second_factor_grace_days: 14,
            rate_per_second: 20,
            rate_burst: 60,
            max_in_flight: 256,
            request_seconds: 10,
            body_seconds: 30,
            run_worker: true,
            log_format: "text".into(),
            log_filter: "info".into(),
            mail: MailConfig::default(),
            sms: SmsConfig::default(),
            webhooks: WebhookSettings::default(),
            retention: Retention::default(),
        }
    }
}

impl Config {
    /// Reads defaults, file, environment; then checks. Every fault is one line.
    ///
    /// # Errors
    /// The faults.
    pub fn load(file: Option<&Path>) -> Result<Self, Vec<String>> {
        let mut figment = Figment::from(Serialized::defaults(Self::default()));
        if let Some(path) = file {
            if !path.is_file() {
                return Err(vec![format!(
                    "config file {} does not exist",
                    path.display()
                )]);
            }
            figment = figment.merge(Toml::file_exact(path));
        }
        figment = figment
            .merge(EnvProvider::raw().only(&["DATABASE_URL"]))
            .merge(
                EnvProvider::prefixed("JIEYOU_")
                    .ignore(&["config"])
                    .split("__"),
            );
        let mut config: Self = figment
            .extract()
            .map_err(|e| e.into_iter().map(|f| f.to_string()).collect::<Vec<_>>())?;
        if config.database_url.is_empty() {
            config.database_url = format!("sqlite:{}", config.data_dir.join("jieyou.db").display());
        }
        let faults = config.faults();
        if faults.is_empty() {
            Ok(config)
        } else {
            Err(faults)
        }
    }

    /// What is wrong with the settings.
    pub fn faults(&self) -> Vec<String> {
        let mut out = Vec::new();
        let mut need = |ok: bool, line: &str| {
            if !ok {
                out.push(line.to_owned());
            }
        };
        need(
            self.bind.parse::<SocketAddr>().is_ok(),
            "bind: an address and port is needed, e.g. 127.0.0.1:8080",
        );
        need(
            self.metrics_bind.is_empty() || self.metrics_bind.parse::<SocketAddr>().is_ok(),
            "metrics_bind: an address and port is needed, or nothing",
        );
        need(
            (1..=64).contains(&self.database_connections),
            "database_connections: 1 to 64",
        );
        need(
            self.rate_per_second > 0 && self.rate_burst > 0,
            "rate_per_second, rate_burst: at least 1",
        );
        need(
            Demand::parse(&self.require_second_factor).is_some(),
            "require_second_factor: staff, administrators or off",
        );
        need(
            (0..=90).contains(&self.second_factor_grace_days),
            "second_factor_grace_days: 0 to 90",
        );
        need(self.max_in_flight > 0, "max_in_flight: at least 1");
        need(
            (1..=300).contains(&self.body_seconds),
            "body_seconds: 1 to 300",
        );
        need(
            (1..=300).contains(&self.request_seconds),
            "request_seconds: 1 to 300",
        );
        need(
            (1..=1024).contains(&self.max_file_mib),
            "max_file_mib: 1 to 1024",
        );
        need(
            (1..=86_400).contains(&self.checkpoint_seconds),
            "checkpoint_seconds: 1 to 86400",
        );
        need(
            url::Url::parse(&self.public_url).is_ok_and(|u| u.scheme().starts_with("http")),
            "public_url: an http(s) URL is needed",
        );
        need(
            !self.issuer.is_empty() && !self.audience.is_empty(),
            "issuer, audience: must not be empty",
        );
        let node_ok = !self.node.is_empty()
            && self.node.len() <= 32
            && self
                .node
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        need(node_ok, "node: 1 to 32 letters, digits, hyphens");
        need(
            matches!(self.log_format.as_str(), "text" | "json"),
            "log_format: text or json",
        );
        need(
            matches!(self.mail.mode.as_str(), "dir" | "smtp"),
            "mail.mode: dir or smtp",
        );
        need(
            matches!(self.mail.tls.as_str(), "wrapper" | "starttls" | "none"),
            "mail.tls: wrapper, starttls or none",
        );
        need(
            self.mail.mode != "smtp" || !self.mail.host.is_empty(),
            "mail.host: needed when mail.mode is smtp",
        );
        need(
            matches!(self.sms.mode.as_str(), "dir" | "http"),
            "sms.mode: dir or http",
        );
        let gateway = !self.sms.url.is_empty() && !self.sms.secret_file.is_empty();
        need(
            self.sms.mode != "http" || gateway,
            "sms.url, sms.secret_file: needed when sms.mode is http",
        );
        let days = 1..=3_650;
        need(
            days.contains(&self.retention.outbox_sent_days)
                && days.contains(&self.retention.outbox_dead_days),
            "retention.outbox_sent_days, retention.outbox_dead_days: 1 to 3650",
        );
        let mail = &self.mail;
        let plain_remote =
            mail.mode == "smtp" && mail.tls == "none" && !net::is_loopback_host(&mail.host);
        need(
            !plain_remote || mail.allow_plain,
            "mail.tls: none to a relay on another machine needs mail.allow_plain = true",
        );
        need(
            !plain_remote || mail.user.is_empty(),
            "mail.user: a password does not cross the network in clear: set mail.tls",
        );
        if let Err(line) = self.webhook_policy() {
            out.push(line);
        }
        match DbUrl::parse(&self.database_url) {
            Err(why) => out.push(format!("database_url: {why}")),
            Ok(DbUrl::Postgres(url)) if !self.allow_plain_database && !is_safe_postgres(&url) => out.push(
                "database_url: a database on another machine needs sslmode=verify-full (or allow_plain_database = true)".to_owned(),
            ),
            Ok(_) => {}
        }
        out
    }

    /// The settings as TOML-like lines for people, secrets hidden.
    pub fn shown(&self) -> String {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        if let Some(url) = value.get_mut("database_url") {
            *url = hide_password(&self.database_url).into();
        }
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    pub fn key_dir(&self) -> PathBuf {
        self.data_dir.join("keys")
    }

    pub fn file_dir(&self) -> PathBuf {
        self.data_dir.join("files")
    }

    /// Who must have a second factor. A word that means nothing is refused by [`Self::faults`].
    pub fn factor_policy(&self) -> FactorPolicy {
        FactorPolicy {
            demand: Demand::parse(&self.require_second_factor).unwrap_or(Demand::Staff),
            grace_days: self.second_factor_grace_days,
        }
    }

    /// Where webhooks may go.
    ///
    /// # Errors
    /// The line about a range that is none.
    pub fn webhook_policy(&self) -> Result<Policy, String> {
        let allow_hosts = self
            .webhooks
            .allow_networks
            .iter()
            .map(|text| {
                text.parse::<Cidr>()
                    .map_err(|_| format!("webhooks.allow_networks: {text} is not a CIDR block"))
            })
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Policy {
            allow_insecure: self.webhooks.allow_insecure_loopback,
            allow_hosts,
        })
    }

    /// Host part for Message-IDs.
    pub fn mail_domain(&self) -> String {
        self.mail
            .from
            .split_once('@')
            .map_or("localhost", |(_, host)| host)
            .to_owned()
    }
}

/// Loopback, a local socket, or a verified TLS connection.
fn is_safe_postgres(text: &str) -> bool {
    let Ok(url) = url::Url::parse(text) else {
        return false;
    };
    let member = |name: &str| {
        url.query_pairs()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.into_owned())
    };
    if member("sslmode").as_deref() == Some("verify-full") {
        return true;
    }
    let hosts = member("host")
        .or_else(|| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    hosts.split(',').all(|h| {
        h.is_empty() || h.starts_with('/') || net::is_loopback_host(h.trim_matches(['[', ']']))
    })
}

fn hide_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            let _ = url.set_password(Some("***"));
            url.to_string()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_faults_are_named() {
        let mut c = Config {
            database_url: "sqlite:data/x.db".into(),
            ..Config::default()
        };
        assert_eq!(c.faults(), Vec::<String>::new());
        c.bind = "here".into();
        c.database_url = "mysql://x".into();
        assert_eq!(c.faults().len(), 2);
    }

    #[test]
    fn plain_mail_to_other_machines_is_refused() {
        let mut c = Config {
            database_url: "sqlite:data/x.db".into(),
            ..Config::default()
        };
        c.mail.mode = "smtp".into();
        c.mail.tls = "none".into();
        c.mail.host = "localhost".into();
        assert_eq!(c.faults(), Vec::<String>::new());
        c.mail.host = "mail".into();
        assert_eq!(c.faults().len(), 1, "{:?}", c.faults());
        c.mail.allow_plain = true;
        assert_eq!(c.faults(), Vec::<String>::new());
        c.mail.user = "desk".into();
        assert_eq!(c.faults().len(), 1, "{:?}", c.faults());
    }

    #[test]
    fn plain_connections_to_other_machines_are_refused() {
        assert!(is_safe_postgres("postgres://u:p@127.0.0.1:5432/db"));
        assert!(is_safe_postgres(
            "postgres://u@%2Fvar%2Frun/db?host=/var/run/postgresql"
        ));
        assert!(is_safe_postgres(
            "postgres://u@10.0.0.5/db?sslmode=verify-full"
        ));
        assert!(!is_safe_postgres("postgres://u@10.0.0.5/db"));
        assert!(!is_safe_postgres(
            "postgres://u@10.0.0.5/db?sslmode=require"
        ));
        assert_eq!(
            hide_password("postgres://u:secret@h/db"),
            "postgres://u:***@h/db"
        );
    }
}
