//! Opaque refresh tokens: derivation, storage hash, and the decision on each use.
//!
//! A token rotates on use. Within the grace the same device is given the same successor again, so a
//! lost answer heals; every other second use means two holders of one token and ends the family.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use uuid::Uuid;

use super::secret::{MacKey, NoEntropy, SecretText, random_bytes, sha256_hex};
use super::span::{later, since};
use crate::domain::time::Instant;

/// What every refresh token starts with, so that scanners and log filters can recognise one.
pub const PREFIX: &str = "mrt_";

/// A refresh token of the right shape. Hidden in `Debug`, wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(SecretText);

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(hidden)")
    }
}

impl RefreshToken {
    /// The first token of a family: 256 random bits.
    ///
    /// # Errors
    /// [`NoEntropy`] when the generator fails.
    pub fn generate() -> Result<Self, NoEntropy> {
        Ok(Self::from_bytes(&random_bytes::<32>()?))
    }

    /// Takes a token as a client sent it; `None` when it has another shape.
    pub fn parse(text: &str) -> Option<Self> {
        let body = text.strip_prefix(PREFIX)?;
        if body.len() != 43 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(body).ok()?;
        let bytes: [u8; 32] = bytes.try_into().ok()?;
        Some(Self::from_bytes(&bytes))
    }

    fn from_bytes(bytes: &[u8; 32]) -> Self {
        let mut text = String::with_capacity(47);
        text.push_str(PREFIX);
        URL_SAFE_NO_PAD.encode_string(bytes, &mut text);
        Self(SecretText::new(text))
    }

    /// The token itself, for the answer to its owner.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// SHA-256 in hex: the only form that is stored.
    pub fn id(&self) -> String {
        sha256_hex(self.expose().as_bytes())
    }

    /// The one successor of this token: HMAC-SHA256(key, token ‖ generation), `generation` being
    /// that of this token. Derived, not drawn, so that it can be given twice without storing it.
    pub fn successor(&self, key: &MacKey, generation: u32) -> Self {
        Self::from_bytes(&key.mac(&[self.expose().as_bytes(), &generation.to_be_bytes()]))
    }
}

/// Where a session lives; it decides how long a token may rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// The mobile apps, out of reach of the network for days.
    Mobile,
    /// A browser on a shared desk.
    Web,
}

/// How long a family may rest between uses and live in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetimes {
    /// Longest rest of the newest token.
    pub idle: SignedDuration,
    /// Longest life of the family since the login.
    pub absolute: SignedDuration,
}

/// The rules of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefreshPolicy {
    /// Lifetimes on [`Channel::Mobile`].
    pub mobile: Lifetimes,
    /// Lifetimes on [`Channel::Web`].
    pub web: Lifetimes,
    /// How long after its first use a token still yields the same successor.
    pub grace: SignedDuration,
}

impl Default for RefreshPolicy {
    fn default() -> Self {
        Self {
            mobile: Lifetimes {
                idle: SignedDuration::from_hours(7 * 24),
                absolute: SignedDuration::from_hours(30 * 24),
            },
            web: Lifetimes {
                idle: SignedDuration::from_mins(30),
                absolute: SignedDuration::from_hours(12),
            },
            grace: SignedDuration::from_secs(60),
        }
    }
}

impl RefreshPolicy {
    fn lifetimes(&self, channel: Channel) -> Lifetimes {
        match channel {
            Channel::Mobile => self.mobile,
            Channel::Web => self.web,
        }
    }
}

/// A stored token with what its family and its successor say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshRow {
    /// The device the family was opened on.
    pub device: Uuid,
    /// Where that device is.
    pub channel: Channel,
    /// When the family was opened by a full login.
    pub family_started: Instant,
    /// When this token was issued.
    pub issued: Instant,
    /// When it was first used, if it was.
    pub used: Option<Instant>,
    /// Whether the successor has itself been used.
    pub successor_used: bool,
    /// Whether the family has been ended (logout, revocation, reuse).
    pub family_ended: bool,
}

/// What a use of a refresh token leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefreshDecision {
    /// Mark it used (if still unused: compare-and-set), store the successor, answer with it.
    Rotate,
    /// Answer with the same successor again; nothing new is stored.
    SameSuccessor,
    /// Two holders of one token: end the family, record the event, tell the user, answer 401.
    RevokeFamily,
    /// The family is over already (ended, or past its idle or absolute time): answer 401.
    Expired,
}

/// Decides on the use of a token. When the compare-and-set of [`RefreshDecision::Rotate`] loses a
/// race, load the row again and decide again.
pub fn use_token(
    row: &RefreshRow,
    device: Uuid,
    now: Instant,
    policy: &RefreshPolicy,
) -> RefreshDecision {
    let lifetimes = policy.lifetimes(row.channel);
    if row.family_ended || since(now, row.family_started) >= lifetimes.absolute {
        return RefreshDecision::Expired;
    }
    if row.device != device {
        return RefreshDecision::RevokeFamily;
    }
    match row.used {
        // Idle time ends only the newest token; an old one used again must still end the family.
        None if since(now, row.issued) >= lifetimes.idle => RefreshDecision::Expired,
        None => RefreshDecision::Rotate,
        Some(used) if !row.successor_used && since(now, used) <= policy.grace => {
            RefreshDecision::SameSuccessor
        }
        Some(_) => RefreshDecision::RevokeFamily,
    }
}

/// When an unused token stops working: the earlier of its idle and its family's absolute end.
pub fn expires_at(row: &RefreshRow, policy: &RefreshPolicy) -> Instant {
    let lifetimes = policy.lifetimes(row.channel);
    let idle = later(row.issued, lifetimes.idle);
    idle.min(later(row.family_started, lifetimes.absolute))
}

#[cfg(test)]
mod tests {
    use super::RefreshDecision::{Expired, RevokeFamily, Rotate, SameSuccessor};
    use super::*;

    const MINE: Uuid = Uuid::from_u128(1);
    const OTHER: Uuid = Uuid::from_u128(2);
    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn at(second: i64) -> Instant {
        Instant(0).plus_seconds(1_800_000_000 + second)
    }

    /// A token issued at second 0 in a family opened at `started`.
    fn row(channel: Channel, started: i64, used: Option<i64>, successor_used: bool) -> RefreshRow {
        RefreshRow {
            device: MINE,
            channel,
            family_started: at(started),
            issued: at(0),
            used: used.map(at),
            successor_used,
            family_ended: false,
        }
    }

    #[test]
    fn decision_table() {
        use Channel::{Mobile, Web};
        #[rustfmt::skip]
        let table = [
            // channel, family opened, used at, successor used, device, now, decision
            // an unused token rotates until its idle time
            (Web,    0,         None,      false, MINE,  0,              Rotate),
            (Web,    0,         None,      false, MINE,  30 * 60 - 1,    Rotate),
            (Web,    0,         None,      false, MINE,  30 * 60,        Expired),
            (Mobile, 0,         None,      false, MINE,  30 * 60,        Rotate),
            (Mobile, 0,         None,      false, MINE,  7 * DAY - 1,    Rotate),
            (Mobile, 0,         None,      false, MINE,  7 * DAY,        Expired),
            // the absolute end counts from the login
            (Web,    -12 * HOUR + 60, None, false, MINE, 59,             Rotate),
            (Web,    -12 * HOUR + 60, None, false, MINE, 60,             Expired),
            (Mobile, -30 * DAY + 60,  None, false, MINE, 59,             Rotate),
            (Mobile, -30 * DAY + 60,  None, false, MINE, 60,             Expired),
            // a lost answer heals within the grace
            (Web,    0,         Some(10),  false, MINE,  10,             SameSuccessor),
            (Web,    0,         Some(10),  false, MINE,  70,             SameSuccessor),
            (Web,    0,         Some(10),  false, MINE,  71,             RevokeFamily),
            (Mobile, 0,         Some(10),  false, MINE,  70,             SameSuccessor),
            (Mobile, 0,         Some(10),  false, MINE,  71,             RevokeFamily),
            // the clock of the other node may be ahead
            (Web,    0,         Some(10),  false, MINE,  8,              SameSuccessor),
            // once the successor was used, the old token is a second holder's
            (Web,    0,         Some(10),  true,  MINE,  10,             RevokeFamily),
            (Web,    0,         Some(10),  true,  MINE,  11,             RevokeFamily),
            (Mobile, 0,         Some(10),  true,  MINE,  DAY,            RevokeFamily),
            // an old token used after its own idle time still ends a living family
            (Web,    0,         Some(10),  true,  MINE,  2 * HOUR,       RevokeFamily),
            (Mobile, 0,         Some(10),  false, MINE,  8 * DAY,        RevokeFamily),
            // another device never gets anything
            (Web,    0,         None,      false, OTHER, 1,              RevokeFamily),
            (Web,    0,         None,      false, OTHER, 30 * 60,        RevokeFamily),
            (Web,    0,         Some(10),  false, OTHER, 11,             RevokeFamily),
            (Mobile, 0,         Some(10),  true,  OTHER, 11,             RevokeFamily),
            // nothing to end any more
            (Web,    -12 * HOUR, Some(10), true,  OTHER, 11,             Expired),
        ];
        for (i, (channel, started, used, successor, device, now, expected)) in
            table.into_iter().enumerate()
        {
            let row = row(channel, started, used, successor);
            let got = use_token(&row, device, at(now), &RefreshPolicy::default());
            assert_eq!(got, expected, "line {i}: {row:?} at {now}");
        }
    }

    #[test]
    fn an_ended_family_stays_ended_for_every_token_and_device() {
        for used in [None, Some(10)] {
            for successor_used in [false, true] {
                for device in [MINE, OTHER] {
                    let mut row = row(Channel::Mobile, 0, used, successor_used);
                    row.family_ended = true;
                    let got = use_token(&row, device, at(11), &RefreshPolicy::default());
                    assert_eq!(got, Expired);
                }
            }
        }
    }

    #[test]
    fn lifetimes_are_configurable() {
        let mut policy = RefreshPolicy::default();
        policy.web.idle = SignedDuration::from_secs(5);
        policy.grace = SignedDuration::ZERO;
        let fresh = row(Channel::Web, 0, None, false);
        assert_eq!(use_token(&fresh, MINE, at(4), &policy), Rotate);
        assert_eq!(use_token(&fresh, MINE, at(5), &policy), Expired);
        let used = row(Channel::Web, 0, Some(1), false);
        assert_eq!(use_token(&used, MINE, at(2), &policy), RevokeFamily);
    }

    #[test]
    fn the_announced_end_is_the_earlier_one() {
        let policy = RefreshPolicy::default();
        let young = row(Channel::Web, 0, None, false);
        assert_eq!(expires_at(&young, &policy), at(30 * 60));
        let old = row(Channel::Web, -12 * HOUR + 60, None, false);
        assert_eq!(expires_at(&old, &policy), at(60));
        for row in [young, old] {
            let end = expires_at(&row, &policy);
            assert_eq!(use_token(&row, MINE, end, &policy), Expired);
        }
    }

    #[test]
    fn the_successor_is_fixed_by_key_token_and_generation() {
        let key = MacKey::new(&[1; 32]).unwrap();
        let token = RefreshToken::from_bytes(&[9; 32]);
        let next = token.successor(&key, 3);
        assert_eq!(next, token.successor(&key, 3));
        assert_ne!(next, token.successor(&key, 4));
        assert_ne!(
            next,
            token.successor(&MacKey::new(&[2; 32]).unwrap(), 3),
            "without the key nobody can compute it"
        );
        assert_ne!(next, RefreshToken::from_bytes(&[8; 32]).successor(&key, 3));
        assert!(RefreshToken::parse(next.expose()).is_some());
    }

    #[test]
    fn parses_its_own_form_only() {
        let token = RefreshToken::generate().unwrap();
        assert_eq!(RefreshToken::parse(token.expose()), Some(token.clone()));
        assert_eq!(token.expose().len(), 47);
        assert_eq!(token.id().len(), 64);
        assert!(!format!("{token:?}").contains(token.expose()));
        let body = "A".repeat(43);
        for text in [
            String::new(),
            "mrt_".into(),
            body.clone(),
            format!("MRT_{body}"),
            format!("mdt_{body}"),
            format!("mrt_{body}="),
            format!("mrt_{}", "A".repeat(42)),
            format!("mrt_{}", "A".repeat(44)),
            format!("mrt_{}B", "A".repeat(42)),
            format!("mrt_{}+", "A".repeat(42)),
            format!(" mrt_{body}"),
            format!("mrt_{body}\n"),
        ] {
            assert_eq!(RefreshToken::parse(&text), None, "{text}");
        }
    }
}
