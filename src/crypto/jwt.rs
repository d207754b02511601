//! Access tokens: short-lived JWTs (RFC 9068) signed with Ed25519.
//!
//! The header is a fixed triple and the algorithm comes from the key record, never from the token.
//! The clock is passed in; nothing here asks the library to judge time.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, Header};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::keys::KeySet;
pub use super::keys::{LEEWAY, MAX_LIFE};
use crate::domain::ids::{LoginId, UserId};
use crate::domain::time::Instant;

/// Longest token looked at, in characters.
pub const MAX_CHARS: usize = 4_096;

const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "EdDSA";
/// The end of the year 9999.
const LAST_SECOND: i64 = 253_402_300_799;
/// 64 bytes in base64url.
const SIGNATURE_CHARS: usize = 86;

/// Why a token is refused. For logs and counters; the client learns only 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// Over [`MAX_CHARS`].
    TooLong,
    /// Not three parts of base64url.
    Malformed,
    /// The header is anything but `typ`, `alg`, `kid` with the fixed values.
    Header,
    /// No key of this id is in use.
    UnknownKey,
    /// The signature does not verify.
    Signature,
    /// A claim is missing or has the wrong type.
    Claims,
    /// Issued by another issuer.
    Issuer,
    /// Meant for another audience.
    Audience,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies ahead.
    NotYet,
    /// It claims to live longer than allowed, or less than nothing.
    Life,
}

impl TokenFault {
    /// The stable code for logs and metrics.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::UnknownKey => "unknown_key",
            Self::Signature => "signature",
            Self::Claims => "claims",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Expired => "expired",
            Self::NotYet => "not_yet",
            Self::Life => "life",
        }
    }
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "access token refused: {}", self.code())
    }
}

impl std::error::Error for TokenFault {}

/// Why no token was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MintFault {
    /// The key set is empty.
    NoKey,
    /// The engine refused, or the token would exceed [`MAX_CHARS`].
    Engine,
}

impl fmt::Display for MintFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoKey => "no signing key",
            Self::Engine => "signing failed",
        })
    }
}

impl std::error::Error for MintFault {}

/// What a token says of its bearer. No roles: rights are read from the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub sub: UserId,
    /// The login, a family of refresh tokens.
    pub sid: LoginId,
    /// The token.
    pub jti: Uuid,
    /// When the user last proved who they are.
    pub auth_time: Instant,
    /// How (RFC 8176), for example `pwd`, `otp`.
    pub amr: Vec<String>,
}

/// A verified access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The user.
    pub sub: UserId,
    /// The login, a family of refresh tokens.
    pub sid: LoginId,
    /// The token.
    pub jti: Uuid,
    /// When the user last proved who they are; step-up looks at its age.
    pub auth_time: Instant,
    /// How (RFC 8176).
    pub amr: Vec<String>,
    /// When the token was issued.
    pub issued: Instant,
    /// When it ends.
    pub expires: Instant,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: LoginId,
    iat: i64,
    nbf: i64,
    exp: i64,
    jti: Uuid,
    auth_time: i64,
    amr: Vec<String>,
    /// `aal1` for one factor, `aal2` for two; absent from tokens of earlier versions.
    #[serde(default)]
    acr: String,
}

/// Borrowed, so that a value written with escapes is refused too.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictHeader<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

/// Issues and verifies the tokens of one issuer for one audience.
#[derive(Debug, Clone)]
pub struct Authority {
    issuer: String,
    audience: String,
    life: SignedDuration,
}

impl Authority {
    /// `life` is cut to [`MAX_LIFE`].
    pub fn new(issuer: &str, audience: &str, life: SignedDuration) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            life: life.clamp(SignedDuration::from_secs(1), MAX_LIFE),
        }
    }

    /// How long a token lives.
    pub fn life(&self) -> SignedDuration {
        self.life
    }

    /// Signs a token for `who` with the current key.
    ///
    /// # Errors
    /// [`MintFault`].
    pub fn mint(&self, keys: &KeySet, who: &Identity, now: Instant) -> Result<String, MintFault> {
        let key = keys.current(now).ok_or(MintFault::NoKey)?;
        let mut header = Header::new(Algorithm::EdDSA);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(key.kid().to_owned());
        let iat = now.unix();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: who.sub,
            sid: who.sid,
            iat,
            nbf: iat,
            exp: iat.saturating_add(self.life.as_secs()),
            jti: who.jti,
            auth_time: who.auth_time.unix(),
            amr: who.amr.clone(),
            acr: assurance(&who.amr).to_owned(),
        };
        let token =
            jsonwebtoken::encode(&header, &claims, &key.encoding).map_err(|_| MintFault::Engine)?;
        if token.len() > MAX_CHARS {
            return Err(MintFault::Engine);
        }
        Ok(token)
    }

    /// Verifies a token (the text after `Bearer `).
    ///
    /// # Errors
    /// [`TokenFault`], the first that applies.
    pub fn verify(&self, keys: &KeySet, token: &str, now: Instant) -> Result<Access, TokenFault> {
        if token.len() > MAX_CHARS {
            return Err(TokenFault::TooLong);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(TokenFault::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(TokenFault::Malformed)?;
        let header = decode(header)?;
        let header: StrictHeader<'_> = object(&header).ok_or(TokenFault::Header)?;
        if header.typ != TYPE || header.alg != ALGORITHM {
            return Err(TokenFault::Header);
        }
        let key = keys
            .verifying(header.kid, now)
            .ok_or(TokenFault::UnknownKey)?;
        if signature.len() != SIGNATURE_CHARS {
            return Err(TokenFault::Signature);
        }
        let genuine = jsonwebtoken::crypto::verify(
            signature,
            message.as_bytes(),
            &key.decoding,
            Algorithm::EdDSA,
        );
        if !matches!(genuine, Ok(true)) {
            return Err(TokenFault::Signature);
        }
        let claims: Claims = object(&decode(payload)?).ok_or(TokenFault::Claims)?;
        self.judge(claims, now)
    }

    fn judge(&self, claims: Claims, now: Instant) -> Result<Access, TokenFault> {
        if claims.iss != self.issuer {
            return Err(TokenFault::Issuer);
        }
        if claims.aud != self.audience {
            return Err(TokenFault::Audience);
        }
        let (now, leeway) = (now.unix(), LEEWAY.as_secs());
        let life = claims.exp.saturating_sub(claims.iat);
        if life <= 0 || life > MAX_LIFE.as_secs() {
            return Err(TokenFault::Life);
        }
        if now >= claims.exp.saturating_add(leeway) {
            return Err(TokenFault::Expired);
        }
        let soon = now.saturating_add(leeway);
        if claims.nbf > soon || claims.iat > soon {
            return Err(TokenFault::NotYet);
        }
        if claims.auth_time > claims.iat.saturating_add(leeway) {
            return Err(TokenFault::Claims);
        }
        let instant = |second: i64| {
            (0..=LAST_SECOND)
                .contains(&second)
                .then(|| Instant(0).plus_seconds(second))
                .ok_or(TokenFault::Claims)
        };
        Ok(Access {
            sub: claims.sub,
            sid: claims.sid,
            jti: claims.jti,
            auth_time: instant(claims.auth_time)?,
            amr: claims.amr,
            issued: instant(claims.iat)?,
            expires: instant(claims.exp)?,
        })
    }
}

/// The level of assurance (NIST SP 800-63B) that the methods amount to.
fn assurance(amr: &[String]) -> &'static str {
    if amr.iter().any(|m| m == "mfa") {
        "aal2"
    } else {
        "aal1"
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenFault> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenFault::Malformed)
}

/// Reads a JSON object. Serde would also take an array for a struct.
fn object<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    json.starts_with(b"{")
        .then(|| serde_json::from_slice(json).ok())
        .flatten()
}

#[cfg(test)]
mod forgeries;
#[cfg(test)]
mod tests;
