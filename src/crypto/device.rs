//! Device tokens: proof that this device completed a full login of this user before, so that
//! strangers guessing at the account cannot lock its owner out.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::SignedDuration;
use uuid::Uuid;

use super::secret::{MacKey, SecretText, constant_time_eq};
use super::span::{later, since};
use crate::domain::ids::UserId;
use crate::domain::time::Instant;

/// What every device token starts with.
pub const PREFIX: &str = "mdt_";

/// How long a device stays known after a full login.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

const VERSION: u8 = 1;
const CONTEXT: &[u8] = b"device/v1\0";
/// Version, user, device, end in Unix seconds.
const BODY_BYTES: usize = 1 + 16 + 16 + 8;
const TOKEN_CHARS: usize = PREFIX.len() + ((BODY_BYTES + 32) * 4).div_ceil(3);

/// A device proved to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownDevice {
    /// The device the token was issued to.
    pub device: Uuid,
    /// When the token ends.
    pub expires: Instant,
}

/// Why a device token proves nothing. The login goes on as from an unknown device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceFault {
    /// Not a device token, or altered.
    Forged,
    /// Made for another user.
    OtherUser,
    /// Past its 90 days, or dated beyond them.
    Expired,
}

impl fmt::Display for DeviceFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forged => "device token forged",
            Self::OtherUser => "device token of another user",
            Self::Expired => "device token expired",
        })
    }
}

impl std::error::Error for DeviceFault {}

/// Issues a token that makes `device` known for `user` during 90 days.
pub fn issue(key: &MacKey, user: UserId, device: Uuid, now: Instant) -> SecretText {
    let end = later(now, LIFETIME);
    let mut bytes = Vec::with_capacity(BODY_BYTES.saturating_add(32));
    bytes.push(VERSION);
    bytes.extend_from_slice(user.uuid.as_bytes());
    bytes.extend_from_slice(device.as_bytes());
    bytes.extend_from_slice(&end.unix().to_be_bytes());
    let mac = key.mac(&[CONTEXT, &bytes]);
    bytes.extend_from_slice(&mac);
    SecretText::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
}

/// Checks a token against the user who tries to sign in.
///
/// # Errors
/// [`DeviceFault`]; the caller tells nobody which.
pub fn verify(
    key: &MacKey,
    token: &str,
    user: UserId,
    now: Instant,
) -> Result<KnownDevice, DeviceFault> {
    if token.len() != TOKEN_CHARS {
        return Err(DeviceFault::Forged);
    }
    let body = token.strip_prefix(PREFIX).ok_or(DeviceFault::Forged)?;
    let bytes = URL_SAFE_NO_PAD
        .decode(body)
        .map_err(|_| DeviceFault::Forged)?;
    let (body, mac) = bytes
        .split_at_checked(BODY_BYTES)
        .ok_or(DeviceFault::Forged)?;
    if !constant_time_eq(mac, &key.mac(&[CONTEXT, body])) {
        return Err(DeviceFault::Forged);
    }
    let fields = parse(body).ok_or(DeviceFault::Forged)?;
    if fields.user != user {
        return Err(DeviceFault::OtherUser);
    }
    let left = since(fields.expires, now);
    if !left.is_positive() || left > LIFETIME.saturating_add(SignedDuration::from_mins(5)) {
        return Err(DeviceFault::Expired);
    }
    Ok(KnownDevice {
        device: fields.device,
        expires: fields.expires,
    })
}

struct Fields {
    user: UserId,
    device: Uuid,
    expires: Instant,
}

fn parse(body: &[u8]) -> Option<Fields> {
    let rest = body.strip_prefix(&[VERSION])?;
    let (user, rest) = rest.split_first_chunk::<16>()?;
    let (device, rest) = rest.split_first_chunk::<16>()?;
    let (end, rest) = rest.split_first_chunk::<8>()?;
    rest.is_empty().then_some(())?;
    Some(Fields {
        user: UserId::new(Uuid::from_bytes(*user)),
        device: Uuid::from_bytes(*device),
        expires: Instant(0).plus_seconds(i64::from_be_bytes(*end)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: UserId = UserId::new(Uuid::from_u128(11));
    const DEVICE: Uuid = Uuid::from_u128(22);

    fn at(second: i64) -> Instant {
        Instant(0).plus_seconds(1_800_000_000 + second)
    }

    fn key() -> MacKey {
        MacKey::new(&[5; 32]).unwrap()
    }

    #[test]
    fn knows_the_device_for_ninety_days() {
        let token = issue(&key(), USER, DEVICE, at(0));
        let end = 90 * 86_400;
        for now in [0, 1, end - 1] {
            let known = verify(&key(), token.expose(), USER, at(now)).unwrap();
            assert_eq!((known.device, known.expires), (DEVICE, at(end)));
        }
        for now in [end, end + 1, -3_600] {
            assert_eq!(
                verify(&key(), token.expose(), USER, at(now)),
                Err(DeviceFault::Expired)
            );
        }
    }

    #[test]
    fn is_bound_to_user_and_key() {
        let token = issue(&key(), USER, DEVICE, at(0));
        assert_eq!(
            verify(&key(), token.expose(), UserId::new(DEVICE), at(0)),
            Err(DeviceFault::OtherUser)
        );
        let foreign = MacKey::new(&[6; 32]).unwrap();
        assert_eq!(
            verify(&foreign, token.expose(), USER, at(0)),
            Err(DeviceFault::Forged)
        );
    }

    #[test]
    fn refuses_every_bit_change_and_other_shapes() {
        let token = issue(&key(), USER, DEVICE, at(0));
        let bytes = URL_SAFE_NO_PAD.decode(&token.expose()[4..]).unwrap();
        for i in 0..bytes.len() {
            for bit in 0..8 {
                let mut forged = bytes.clone();
                forged[i] ^= 1 << bit;
                let forged = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&forged));
                assert_eq!(
                    verify(&key(), &forged, USER, at(0)),
                    Err(DeviceFault::Forged)
                );
            }
        }
        for text in [
            String::new(),
            token.expose()[4..].to_owned(),
            format!("{}A", token.expose()),
            token.expose().replace("mdt_", "mrt_"),
            "é".repeat(TOKEN_CHARS / 2),
        ] {
            assert_eq!(verify(&key(), &text, USER, at(0)), Err(DeviceFault::Forged));
        }
    }
}
