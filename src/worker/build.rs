//! The transports, from the settings.

use std::time::Duration;

use zeroize::Zeroizing;

use super::mail::{MailAddress, Mailer, MailerConfig, TlsMode};
use super::sms::SmsGateway;
use super::webhook::{SigningKey, WebhookConfig, WebhookSender};
use crate::config::Config;

/// The mail transport and its sender address.
///
/// # Errors
/// One line that names the setting.
pub fn mailer(config: &Config) -> Result<(Mailer, MailAddress), String> {
    let mail = &config.mail;
    let from = MailAddress {
        name: mail.from_name.clone(),
        address: mail.from.clone(),
    };
    let text = |s: &str| (!s.is_empty()).then(|| s.to_owned());
    let dir = (mail.mode == "dir").then(|| match text(&mail.dir) {
        Some(dir) => dir.into(),
        None => config.data_dir.join("mail"),
    });
    let settings = MailerConfig {
        dir,
        host: mail.host.clone(),
        port: mail.port,
        tls: TlsMode::parse(&mail.tls).ok_or("mail.tls: wrapper, starttls or none")?,
        allow_plain: mail.allow_plain,
        user: text(&mail.user),
        password: text(&mail.password_file)
            .map(|path| secret_file("mail.password_file", &path))
            .transpose()?,
        from: from.clone(),
        ca_pem: text(&mail.ca_file).map(Into::into),
        timeout: Duration::from_secs(mail.timeout_seconds),
    };
    let mailer = Mailer::new(&settings).map_err(|e| e.to_string())?;
    Ok((mailer, from))
}

/// The webhook transport.
///
/// # Errors
/// One line that names the setting.
pub fn hooks(config: &Config) -> Result<WebhookSender, String> {
    let ca_pem = match config.webhooks.ca_file.as_str() {
        "" => None,
        path => Some(std::fs::read(path).map_err(|e| format!("webhooks.ca_file {path}: {e}"))?),
    };
    let settings = WebhookConfig {
        policy: config.webhook_policy()?,
        ca_pem,
        ..WebhookConfig::default()
    };
    WebhookSender::new(&settings).map_err(|e| format!("webhooks: {e}"))
}

/// The gateway of text messages.
///
/// # Errors
/// One line that names the setting.
pub fn sms(config: &Config) -> Result<SmsGateway, String> {
    let sms = &config.sms;
    if sms.mode == "dir" {
        let dir = match sms.dir.as_str() {
            "" => config.data_dir.join("sms"),
            dir => dir.into(),
        };
        std::fs::create_dir_all(&dir).map_err(|e| format!("sms.dir {}: {e}", dir.display()))?;
        return Ok(SmsGateway::Dir(dir));
    }
    let secret = secret_file("sms.secret_file", &sms.secret_file)?;
    let key = SigningKey::parse(&secret)
        .ok_or("sms.secret_file: whsec_ and the base64 of 24 to 64 bytes is expected")?;
    Ok(SmsGateway::Http {
        sender: Box::new(hooks(config)?),
        url: sms.url.clone(),
        key,
    })
}

/// A secret kept in a file of its own; a line break at its end is not part of it.
fn secret_file(name: &str, path: &str) -> Result<Zeroizing<String>, String> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|e| format!("{name} {path}: {e}"))?;
    let secret = Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned());
    if secret.is_empty() {
        return Err(format!("{name} {path}: the file is empty"));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_become_transports() {
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: dir.path().to_owned(),
            ..Config::default()
        };
        let (mailer, from) = super::mailer(&config).unwrap();
        assert!(matches!(mailer, Mailer::Dir(d) if d == dir.path().join("mail")));
        assert_eq!(from.address, "jieyou@localhost");
        assert!(hooks(&config).is_ok());
        assert!(matches!(sms(&config).unwrap(), SmsGateway::Dir(d) if d == dir.path().join("sms")));

        let file = dir.path().join("password");
        std::fs::write(&file, "s3cret\n").unwrap();
        config.mail.mode = "smtp".into();
        config.mail.host = "127.0.0.1".into();
        config.mail.tls = "none".into();
        config.mail.user = "desk".into();
        assert!(super::mailer(&config).is_err(), "a user without a password");
        config.mail.password_file = file.display().to_string();
        assert!(matches!(super::mailer(&config).unwrap().0, Mailer::Smtp(_)));
        assert_eq!(
            secret_file("x", &config.mail.password_file)
                .unwrap()
                .as_str(),
            "s3cret"
        );
        std::fs::write(&file, "\n").unwrap();
        assert!(super::mailer(&config).is_err());
        config.webhooks.ca_file = dir.path().join("none.pem").display().to_string();
        assert!(hooks(&config).is_err());
    }
}
