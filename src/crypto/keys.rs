//! Ed25519 signing keys of the access tokens: key files, the set of keys and its rotation, JWKS.
//!
//! A key has two instants in its file: when it was published and when it starts to sign. Everything
//! else follows from the set, so every node that reads the same directory agrees without talking.

use std::fmt;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jiff::SignedDuration;
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::secret::{SecretText, random_bytes, sha256};
use super::span::later;
use crate::domain::time::Instant;

/// Longest life of an access token, from `iat` to `exp`.
pub const MAX_LIFE: SignedDuration = SignedDuration::from_secs(600);
/// Tolerated difference between the clocks of two nodes.
pub const LEEWAY: SignedDuration = SignedDuration::from_secs(30);

/// Why a key cannot be made or read. The caller adds the file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyFault {
    /// No random bytes, or the engine refused.
    Engine,
    /// Not the PEM of an Ed25519 private key in PKCS#8.
    NotEd25519,
    /// `published-at` or `activates-at` is missing or no RFC 3339 instant.
    Dates,
    /// The `kid` line does not belong to the key: the file was damaged or edited.
    KidMismatch,
}

impl fmt::Display for KeyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Engine => "the signing engine failed",
            Self::NotEd25519 => "not an Ed25519 private key in PKCS#8 PEM",
            Self::Dates => "lines published-at and activates-at must hold RFC 3339 instants",
            Self::KidMismatch => "the kid line does not belong to the key",
        })
    }
}

impl std::error::Error for KeyFault {}

/// A new key, ready to be written (mode 0400) into the key directory.
#[derive(Debug)]
pub struct KeyFile {
    /// `<first use in Unix seconds>-<kid>.pem`.
    pub name: String,
    /// The key id.
    pub kid: String,
    /// Three lines of dates and id, then the PKCS#8 PEM; `openssl pkey` reads it.
    pub contents: SecretText,
}

/// Makes a key that signs from `activates` on.
///
/// # Errors
/// [`KeyFault::Engine`].
pub fn generate(published: Instant, activates: Instant) -> Result<KeyFile, KeyFault> {
    let seed = Zeroizing::new(random_bytes::<32>().map_err(|_| KeyFault::Engine)?);
    key_file(&seed, published, activates)
}

fn key_file(seed: &[u8; 32], published: Instant, activates: Instant) -> Result<KeyFile, KeyFault> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyFault::Engine)?;
    let kid = thumbprint(pair.public_key().as_ref());
    let der = pair.to_pkcs8v1().map_err(|_| KeyFault::Engine)?;
    let body = Zeroizing::new(STANDARD.encode(der.as_ref()));
    let contents = format!(
        "kid: {kid}\npublished-at: {published}\nactivates-at: {activates}\n\
         -----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        *body
    );
    Ok(KeyFile {
        name: format!("{}-{kid}.pem", activates.unix()),
        kid,
        contents: SecretText::new(contents),
    })
}

/// RFC 7638 thumbprint of an Ed25519 public key.
fn thumbprint(public: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(sha256(members.as_bytes()))
}

/// One key, prepared for signing and verifying.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    published: Instant,
    activates: Instant,
    x: String,
    pub(super) encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("published", &self.published)
            .field("activates", &self.activates)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a file written by [`generate`].
    ///
    /// # Errors
    /// [`KeyFault`].
    pub fn read(contents: &[u8]) -> Result<Self, KeyFault> {
        let encoding = EncodingKey::from_ed_pem(contents).map_err(|_| KeyFault::NotEd25519)?;
        let pair =
            Ed25519KeyPair::from_pkcs8(encoding.as_bytes()).map_err(|_| KeyFault::NotEd25519)?;
        let public = pair.public_key().as_ref();
        let kid = thumbprint(public);
        let line = |name: &str| {
            contents
                .split(|b| *b == b'\n')
                .take_while(|line| !line.starts_with(b"-----"))
                .find_map(|line| line.strip_prefix(name.as_bytes()))
                .and_then(|value| std::str::from_utf8(value).ok())
                .map(str::trim)
        };
        let instant = |name: &str| line(name).and_then(Instant::parse).ok_or(KeyFault::Dates);
        if line("kid:") != Some(kid.as_str()) {
            return Err(KeyFault::KidMismatch);
        }
        Ok(Self {
            published: instant("published-at:")?,
            activates: instant("activates-at:")?,
            x: URL_SAFE_NO_PAD.encode(public),
            decoding: DecodingKey::from_ed_der(public),
            encoding,
            kid,
        })
    }

    /// The RFC 7638 thumbprint that names this key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// When it first stood in the JWKS.
    pub fn published(&self) -> Instant {
        self.published
    }

    /// From when on it signs, until the next key does.
    pub fn activates(&self) -> Instant {
        self.activates
    }

    fn jwk(&self) -> Value {
        json!({"kty": "OKP", "crv": "Ed25519", "x": self.x, "kid": self.kid, "use": "sig", "alg": "EdDSA"})
    }
}

/// When keys change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How long a key stands in the JWKS before it signs.
    pub lead: SignedDuration,
    /// How long a key signs.
    pub period: SignedDuration,
}

impl Default for Rotation {
    fn default() -> Self {
        Self {
            lead: SignedDuration::from_hours(24),
            period: SignedDuration::from_hours(30 * 24),
        }
    }
}

/// What the key directory needs. Take its lock before acting, or two nodes act twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    /// Write a key made by [`generate`] with this first use.
    Generate {
        /// First use of the new key.
        activates: Instant,
    },
    /// Remove the file of this key: nothing it signed can still be valid.
    Remove {
        /// The key id.
        kid: String,
    },
}

/// All keys in reach, ordered by first use.
#[derive(Debug, Clone, Default)]
pub struct KeySet {
    keys: Vec<SigningKey>,
}

impl KeySet {
    /// Puts keys in order; the same key twice counts once.
    pub fn new(mut keys: Vec<SigningKey>) -> Self {
        keys.sort_by(|a, b| (a.activates, &a.kid).cmp(&(b.activates, &b.kid)));
        let mut seen = std::collections::HashSet::new();
        keys.retain(|key| seen.insert(key.kid.clone()));
        Self { keys }
    }

    /// The key that signs at `now`: the last one activated. Before the first activation (a clock a
    /// little behind at the first start) the first key signs, so that nobody is locked out.
    pub fn current(&self, now: Instant) -> Option<&SigningKey> {
        self.keys
            .iter()
            .rev()
            .find(|key| key.activates <= now)
            .or(self.keys.first())
    }

    /// Keys published but not yet signing at `now`.
    pub fn next(&self, now: Instant) -> impl Iterator<Item = &SigningKey> {
        let current = self.current(now).map(SigningKey::kid);
        self.keys
            .iter()
            .filter(move |key| key.activates > now && Some(key.kid()) != current)
    }

    /// Keys that no longer sign at `now` but still verify.
    pub fn old(&self, now: Instant) -> impl Iterator<Item = &SigningKey> {
        let current = self.current(now).map(SigningKey::kid);
        self.dated().filter_map(move |(key, until)| {
            let old = key.activates <= now && Some(key.kid()) != current;
            (old && until.is_none_or(|until| now < until)).then_some(key)
        })
    }

    /// The key of this id, when a token it signed may still be valid at `now`.
    pub fn verifying(&self, kid: &str, now: Instant) -> Option<&SigningKey> {
        self.dated().find_map(|(key, until)| {
            let live = until.is_none_or(|until| now < until);
            (live && key.kid == kid).then_some(key)
        })
    }

    /// The public keys for `/.well-known/jwks.json`: next, current and old ones.
    pub fn jwks(&self, now: Instant) -> Value {
        let keys: Vec<Value> = self
            .dated()
            .filter(|(_, until)| until.is_none_or(|until| now < until))
            .map(|(key, _)| key.jwk())
            .collect();
        json!({ "keys": keys })
    }

    /// What must be done to the key directory at `now`.
    pub fn upkeep(&self, now: Instant, rotation: &Rotation) -> Vec<Upkeep> {
        let mut work = Vec::new();
        match self.keys.last() {
            // Nothing was signed before the first key, so nobody can hold an older JWKS.
            None => work.push(Upkeep::Generate { activates: now }),
            Some(newest) => {
                let due = later(newest.activates, rotation.period);
                let soonest = self.soonest(now, rotation);
                if due <= soonest {
                    work.push(Upkeep::Generate { activates: soonest });
                }
            }
        }
        for (key, until) in self.dated() {
            if until.is_some_and(|until| now >= until) {
                work.push(Upkeep::Remove {
                    kid: key.kid.clone(),
                });
            }
        }
        work
    }

    /// The earliest first use of a key published at `now`, for a rotation by hand.
    pub fn soonest(&self, now: Instant, rotation: &Rotation) -> Instant {
        if self.keys.is_empty() {
            now
        } else {
            later(now, rotation.lead)
        }
    }

    /// Each key with the instant from which nothing it signed is valid; `None` for the newest.
    fn dated(&self) -> impl Iterator<Item = (&SigningKey, Option<Instant>)> {
        let successors = self.keys.iter().skip(1).map(Some).chain([None]);
        self.keys.iter().zip(successors).map(|(key, successor)| {
            let until = successor.map(|next| later(later(next.activates, MAX_LIFE), LEEWAY));
            (key, until)
        })
    }
}

#[cfg(test)]
mod tests;
