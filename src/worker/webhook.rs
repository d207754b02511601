//! Webhook deliveries: Standard Webhooks 1.0 signatures, and a client that connects to checked
//! addresses only. A name is looked up once per delivery and the connection goes to exactly the
//! addresses that were checked, so a name that changes its mind (rebinding) gains nothing.

use super::net::{Policy, UrlFault};
use super::retry::{Broken, Outcome, isolate};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode};
use sha2::Sha256;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use zeroize::Zeroizing;

/// Usual time for one delivery.
pub const LIMIT: Duration = Duration::from_secs(15);
/// Bytes of the answer that are read at most.
pub const MAX_ANSWER: usize = 64 * 1024;
/// Longest `Retry-After` that is followed.
const MAX_WAIT: Duration = Duration::from_secs(24 * 3_600);

/// A signing secret, written `whsec_<base64 of 24 to 64 bytes>`.
#[derive(Clone)]
pub struct SigningKey(Zeroizing<Vec<u8>>);

impl SigningKey {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(STANDARD.decode(text.strip_prefix("whsec_")?).ok()?);
        (24..=64).contains(&bytes.len()).then_some(Self(bytes))
    }

    /// The written form of key bytes.
    pub fn format(bytes: &[u8]) -> Zeroizing<String> {
        Zeroizing::new(format!("whsec_{}", STANDARD.encode(bytes)))
    }

    /// `v1,<base64 HMAC-SHA256 of id.timestamp.body>`.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else {
            return String::new(); // HMAC takes keys of any length
        };
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(timestamp.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// The `webhook-signature` value: one signature per key, so that receivers can change keys.
pub fn signatures(keys: &[SigningKey], id: &str, timestamp: i64, body: &[u8]) -> String {
    let all: Vec<String> = keys
        .iter()
        .map(|key| key.sign(id, timestamp, body))
        .collect();
    all.join(" ")
}

/// One delivery.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// Target, as subscribed.
    pub url: String,
    /// `webhook-id`: stable over retries and replays.
    pub id: String,
    /// `webhook-timestamp`: Unix seconds of this attempt.
    pub timestamp: i64,
    /// JSON bytes, sent as they are.
    pub body: Vec<u8>,
    /// Keys in use; the newest first.
    pub keys: Vec<SigningKey>,
    /// `traceparent` of the request that caused it.
    pub trace: Option<String>,
}

/// The end of one webhook attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Same meaning as for mail.
    pub outcome: Outcome,
    /// The receiver said 410 Gone: switch the subscription off.
    pub disable: bool,
    /// HTTP status, when there was one.
    pub status: Option<u16>,
}

/// Webhook settings.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Which URLs and addresses are allowed.
    pub policy: Policy,
    /// Further root certificates (PEM) trusted for receivers.
    pub ca_pem: Option<Vec<u8>>,
    /// Time for one delivery, from the lookup to the last byte of the answer; [`LIMIT`] unless
    /// told otherwise.
    pub timeout: Duration,
}

impl Default for WebhookConfig {
    fn default() -> Self {
        Self {
            policy: Policy::default(),
            ca_pem: None,
            timeout: LIMIT,
        }
    }
}

/// Looks up the addresses of a host name.
pub trait Lookup: Send + Sync + 'static {
    /// All addresses of `host`.
    fn lookup(&self, host: String) -> LookupFuture;
}

/// The pending answer of a [`Lookup`].
pub type LookupFuture = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// The operating system's name service.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, host: String) -> LookupFuture {
        Box::pin(async move {
            Ok(tokio::net::lookup_host((host.as_str(), 0))
                .await?
                .map(|a| a.ip())
                .collect())
        })
    }
}

/// Sends webhooks; cheap to clone.
#[derive(Clone)]
pub struct WebhookSender {
    policy: Arc<Policy>,
    secure: Client,
    insecure: Option<Client>,
    timeout: Duration,
}

impl WebhookSender {
    /// Prepares the clients.
    ///
    /// # Errors
    /// Unusable root certificates or TLS set-up.
    pub fn new(config: &WebhookConfig) -> Result<Self, reqwest::Error> {
        Self::with_lookup(config, Arc::new(SystemLookup))
    }

    /// Same with another name service.
    ///
    /// # Errors
    /// Unusable root certificates or TLS set-up.
    pub fn with_lookup(
        config: &WebhookConfig,
        lookup: Arc<dyn Lookup>,
    ) -> Result<Self, reqwest::Error> {
        let policy = Arc::new(config.policy.clone());
        let client = |secure: bool| -> Result<Client, reqwest::Error> {
            let guard = Guard {
                policy: Arc::clone(&policy),
                lookup: Arc::clone(&lookup),
                secure,
            };
            let mut builder = Client::builder()
                .dns_resolver(guard)
                .https_only(secure)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(0)
                .timeout(config.timeout)
                .user_agent(concat!("jieyou-webhook/", env!("CARGO_PKG_VERSION")));
            if let Some(pem) = &config.ca_pem {
                builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem)?);
            }
            builder.build()
        };
        let insecure = if policy.allow_insecure {
            Some(client(false)?)
        } else {
            None
        };
        Ok(Self {
            secure: client(true)?,
            insecure,
            policy,
            timeout: config.timeout,
        })
    }

    /// Makes one attempt. Only 2xx counts as delivered; redirects are not followed; 410 is
    /// final. Never panics.
    pub async fn send(&self, delivery: &Delivery) -> Answer {
        let none = |outcome| Answer {
            outcome,
            disable: false,
            status: None,
        };
        let url = match self.policy.check_url(&delivery.url) {
            Ok(url) => url,
            Err(fault) => return none(Outcome::dead(fault.code())),
        };
        let client = if url.scheme() == "https" {
            Some(&self.secure)
        } else {
            self.insecure.as_ref()
        };
        let (Some(client), Some(headers)) = (client, headers(delivery)) else {
            return none(Outcome::dead("webhook request cannot be built"));
        };
        let request = client
            .post(url)
            .headers(headers)
            .body(delivery.body.clone());
        let work = async move {
            match request.send().await {
                Ok(response) => judge(response).await,
                Err(error) => none(Outcome::retry(cause(&error))),
            }
        };
        // The client has its own limit; this one is for a lookup or a panic it does not see.
        isolate(self.timeout.saturating_add(Duration::from_secs(1)), work)
            .await
            .unwrap_or_else(|broken| {
                none(Outcome::retry(match broken {
                    Broken::Panicked => "webhook attempt panicked",
                    Broken::TimedOut => "webhook timed out",
                }))
            })
    }
}

fn headers(delivery: &Delivery) -> Option<HeaderMap> {
    let id_ok = |id: &str| {
        (1..=128).contains(&id.len())
            && id
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    if !id_ok(&delivery.id) || delivery.keys.is_empty() {
        return None;
    }
    let signature = signatures(
        &delivery.keys,
        &delivery.id,
        delivery.timestamp,
        &delivery.body,
    );
    let mut headers = HeaderMap::new();
    let mut set = |name: &'static str, value: &str| -> Option<()> {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).ok()?,
        );
        Some(())
    };
    set("webhook-id", &delivery.id)?;
    set("webhook-timestamp", &delivery.timestamp.to_string())?;
    set("webhook-signature", &signature)?;
    if let Some(trace) = &delivery.trace {
        set("traceparent", trace)?;
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Some(headers)
}

async fn judge(mut response: reqwest::Response) -> Answer {
    let status = response.status();
    let outcome = if status.is_success() {
        Outcome::Sent
    } else if status == StatusCode::GONE {
        Outcome::dead("webhook status 410")
    } else {
        let min_delay = response
            .headers()
            .get(RETRY_AFTER)
            .and_then(|v| v.to_str().ok()?.parse().ok())
            .map_or(Duration::ZERO, |s| Duration::from_secs(s).min(MAX_WAIT));
        Outcome::Retry {
            reason: format!("webhook status {}", status.as_u16()),
            min_delay,
        }
    };
    // The status has decided; the rest is read so that the receiver can finish in good order.
    let mut read = 0_usize;
    while let Ok(Some(chunk)) = response.chunk().await {
        read = read.saturating_add(chunk.len());
        if read > MAX_ANSWER {
            break;
        }
    }
    Answer {
        outcome,
        disable: status == StatusCode::GONE,
        status: Some(status.as_u16()),
    }
}

/// A short cause without the URL (it may carry a receiver's token).
fn cause(error: &reqwest::Error) -> &'static str {
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        if inner.is::<Refused>() {
            return UrlFault::Address.code();
        }
        source = inner.source();
    }
    if error.is_timeout() {
        "webhook timed out"
    } else if error.is_connect() {
        "webhook connect failed"
    } else {
        "webhook exchange failed"
    }
}

/// The name leads to an address that is not allowed.
#[derive(Debug)]
struct Refused;

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("address not allowed")
    }
}

impl std::error::Error for Refused {}

/// The client's only way to addresses: one lookup, and all of its addresses must be allowed.
struct Guard {
    policy: Arc<Policy>,
    lookup: Arc<dyn Lookup>,
    secure: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (policy, secure) = (Arc::clone(&self.policy), self.secure);
        let pending = self.lookup.lookup(name.as_str().to_owned());
        Box::pin(async move {
            let ips = pending.await?;
            if ips.is_empty() || !ips.iter().all(|ip| policy.allows(*ip, secure)) {
                return Err(Refused.into());
            }
            let addrs: Addrs = Box::new(ips.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vector of the Standard Webhooks reference implementation.
    #[test]
    fn signature_matches_the_published_vector() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, at, body) = (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        let signature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(key.sign(id, at, body), signature);
        let other = SigningKey::parse(&SigningKey::format(&[7; 32])).unwrap();
        let both = signatures(&[other.clone(), key], id, at, body);
        assert_eq!(both, format!("{} {signature}", other.sign(id, at, body)));
    }

    #[test]
    fn secrets_have_one_form() {
        assert!(SigningKey::parse(&SigningKey::format(&[1; 24])).is_some());
        assert!(SigningKey::parse(&SigningKey::format(&[1; 64])).is_some());
        for bad in [
            SigningKey::format(&[1; 23]).to_string(),
            SigningKey::format(&[1; 65]).to_string(),
            "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into(),
            "whsec_***".into(),
            String::new(),
        ] {
            assert!(SigningKey::parse(&bad).is_none(), "{bad}");
        }
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(format!("{key:?}"), "SigningKey(…)");
    }
}
