//! Text messages: handed to a directory of files, or to the county's gateway by a signed request.
//! The text names nobody and nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::retry::Outcome;
use super::webhook::{Delivery, SigningKey, WebhookSender};

/// A text message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// The same on every attempt: the gateway drops the second copy.
    pub id: String,
    /// In the form `+86…`.
    pub to: String,
    pub text: String,
}

/// Who takes text messages.
#[derive(Clone)]
pub enum SmsGateway {
    /// A directory of `<id>.json` files that a county's own program fetches.
    Dir(PathBuf),
    /// A gateway that takes a signed `POST` (Standard Webhooks 1.0).
    Http {
        sender: Box<WebhookSender>,
        url: String,
        key: SigningKey,
    },
}

impl SmsGateway {
    /// Makes one attempt. `now` is in Unix seconds.
    pub async fn send(&self, sms: &Sms, now: i64) -> Outcome {
        let body = json!({"id": sms.id, "to": sms.to, "text": sms.text}).to_string();
        match self {
            Self::Dir(dir) => {
                let (dir, id) = (dir.clone(), sms.id.clone());
                let write = move || write_file(&dir, &id, body.as_bytes());
                tokio::task::spawn_blocking(write)
                    .await
                    .unwrap_or_else(|_| Outcome::retry("file attempt panicked"))
            }
            Self::Http { sender, url, key } => {
                let delivery = Delivery {
                    url: url.clone(),
                    id: sms.id.clone(),
                    timestamp: now,
                    body: body.into_bytes(),
                    keys: vec![key.clone()],
                    trace: None,
                };
                sender.send(&delivery).await.outcome
            }
        }
    }
}

/// Writes the file whole or not at all; one that is there is the same message from an earlier
/// attempt.
fn write_file(dir: &Path, id: &str, body: &[u8]) -> Outcome {
    let path = dir.join(format!("{id}.json"));
    let write = || -> std::io::Result<()> {
        if path.try_exists()? {
            return Ok(());
        }
        let mut file = tempfile::NamedTempFile::new_in(dir)?;
        file.write_all(body)?;
        file.as_file().sync_all()?;
        file.persist(&path)?;
        Ok(())
    };
    match write() {
        Ok(()) => Outcome::Sent,
        Err(error) => Outcome::retry(format!("sms file: {}", error.kind())),
    }
}

/// The words that ask a party to answer. No name, no number of a case, no word of the matter.
pub fn ask_text(code: &str, days: i64, public_url: &str) -> String {
    format!(
        "有一件已办结的事项请您核实，一次性核实码 {code}，{days}日内有效。请打开 {public_url}/confirm 填写。与您无关请忽略，勿转告他人。"
    )
}
