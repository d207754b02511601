//! The second half of signing in: a code after the password.
//!
//! Between the halves stands a challenge: a random token, no access token, bound to the device that
//! gave the password, good for five minutes, five tries and one login.

use uuid::Uuid;

use super::auth::{self, AuthKeys, Opened, Seat, address_key, refused, wait_seconds};
use super::second_factor::{Held, Proof, Proven};
use crate::crypto::refresh::RefreshPolicy;
use crate::crypto::secret::{SecretText, random_token, sha256_hex};
use crate::crypto::throttle::{ADDRESS_RATE, DEVICE_RATE, Gate};
use crate::domain::facts::Event;
use crate::domain::ids::Id;
use crate::domain::input::{Line, Obj};
use crate::domain::org::{User, UserState};
use crate::domain::time::Instant;
use crate::error::Error;
use crate::store::tables::factor::LoginChallenge;
use crate::store::tx::Tx;

/// What every challenge starts with.
const PREFIX: &str = "mch_";
/// How long a challenge waits.
const WAIT_MINUTES: i64 = 5;
/// Codes that may be tried on one challenge (ASVS 6.6.3).
const MAX_TRIES: i64 = 5;

/// A challenge as it is told once.
#[derive(Clone, Debug)]
pub struct Challenged {
    pub token: SecretText,
    pub expires_at: Instant,
    /// Whether the user has recovery codes left.
    pub recovery: bool,
}

/// Issues a challenge after the password was found right.
pub fn issue(tx: &mut Tx<'_>, user: &User, seat: &Seat, known: bool) -> Result<Challenged, Error> {
    let random = random_token().map_err(Error::internal)?;
    let token = SecretText::new(format!("{PREFIX}{}", random.expose()));
    let now = tx.ctx.now;
    let expires_at = now.plus_minutes(WAIT_MINUTES);
    tx.insert(&LoginChallenge {
        hash: sha256_hex(token.expose().as_bytes()),
        user_id: user.id,
        epoch: user.epoch,
        device_id: seat.device.to_string(),
        device_name: seat.device_name.clone(),
        mobile: seat.mobile,
        known_device: known,
        created_at: now,
        expires_at,
        tries: 0,
        used_at: None,
    })?;
    let stream = format!("user/{}", user.id);
    let event = Event::SecondFactorAsked { user: user.id };
    tx.record(&stream, stream.clone(), vec![event])?;
    let recovery = !tx.recovery_codes(user.id)?.is_empty();
    Ok(Challenged {
        token,
        expires_at,
        recovery,
    })
}

/// The body that completes a login.
#[derive(Clone, Debug)]
pub struct Complete {
    hash: String,
    device: Uuid,
    pub proof: Proof,
}

impl Complete {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let challenge = o.req::<Line<100>>("challenge");
        let device = o.req::<Id<()>>("device_id");
        let proof = Proof::read(o);
        Some(Self {
            hash: sha256_hex(challenge?.0.as_bytes()),
            device: device?.uuid,
            proof: proof?,
        })
    }
}

/// A try that may be made.
#[derive(Clone, Debug)]
pub struct Attempt {
    pub user: User,
    pub held: Held,
    challenge: LoginChallenge,
    device_key: String,
    address_key: String,
    account_key: String,
}

/// What becomes of a try before the code is looked at.
#[derive(Debug)]
pub enum Admission {
    Check(Box<Attempt>),
    /// No such challenge, or none any more.
    Dead,
    /// Refused like a wrong code.
    Refused,
    /// Too early: this many seconds.
    Wait(u32),
}

/// Counts a try before it is made: on the challenge, and on the brakes of the account. Known
/// devices have a bucket of their own, so that who knows the password and guesses at codes cannot
/// lock the owner out.
pub fn admit(tx: &mut Tx<'_>, ask: &Complete) -> Result<Admission, Error> {
    tx.technical();
    let now = tx.ctx.now;
    let address_key = address_key(tx, "factor");
    let Some(mut challenge) = tx.lock_challenge(&ask.hash)? else {
        let gate = tx.take(&address_key, ADDRESS_RATE)?;
        if let Some(seconds) = wait_seconds(gate) {
            return Ok(Admission::Wait(seconds));
        }
        return dead(tx, None, "challenge_unknown");
    };
    let user = tx.user(challenge.user_id)?;
    let why = if challenge.device_id != ask.device.to_string() {
        Some("challenge_other_device")
    } else if challenge.used_at.is_some() || challenge.tries >= MAX_TRIES {
        Some("challenge_used")
    } else if challenge.expires_at <= now {
        Some("challenge_expired")
    } else if user.state == UserState::Disabled {
        Some("disabled")
    } else if user.state != UserState::Active || user.epoch != challenge.epoch {
        Some("changed_meanwhile")
    } else {
        None
    };
    if let Some(why) = why {
        return dead(tx, Some(&user), why);
    }
    let Some(held) = Held::of(tx, user.id)? else {
        return dead(tx, Some(&user), "changed_meanwhile");
    };
    let device_key = format!("factor-device:{}:{}", user.id, challenge.device_id);
    let account_key = format!("factor:{}", user.id);
    let gate = if challenge.known_device {
        tx.take(&device_key, DEVICE_RATE)?
    } else {
        match tx.take(&address_key, ADDRESS_RATE)? {
            Gate::Open => tx.reserve(&account_key)?,
            closed => closed,
        }
    };
    match (gate, wait_seconds(gate)) {
        (_, Some(seconds)) => return Ok(Admission::Wait(seconds)),
        (Gate::Refused, _) => {
            refused(tx, Some(&user), "brake")?;
            return Ok(Admission::Refused);
        }
        _ => {}
    }
    challenge.tries = challenge.tries.saturating_add(1);
    tx.update(&challenge)?;
    Ok(Admission::Check(Box::new(Attempt {
        user,
        held,
        challenge,
        device_key,
        address_key,
        account_key,
    })))
}

fn dead(tx: &mut Tx<'_>, user: Option<&User>, why: &str) -> Result<Admission, Error> {
    refused(tx, user, why)?;
    Ok(Admission::Dead)
}

/// Gives a try back that was never made: no place to hash.
pub fn withdraw(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<(), Error> {
    tx.technical();
    if let Some(mut challenge) = tx.lock_challenge(&attempt.challenge.hash)? {
        challenge.tries = challenge.tries.saturating_sub(1);
        tx.update(&challenge)?;
    }
    if attempt.challenge.known_device {
        return tx.give_back(&attempt.device_key, DEVICE_RATE);
    }
    tx.give_back(&attempt.address_key, ADDRESS_RATE)?;
    tx.unreserve(&attempt.account_key)
}

/// Records a wrong code. The try stays counted.
pub fn refuse(tx: &mut Tx<'_>, attempt: &Attempt) -> Result<(), Error> {
    refused(tx, Some(&attempt.user), "wrong_code")
}

/// Opens the login after the code was found right; `None` when the code or the challenge was used,
/// or the account changed, meanwhile.
pub fn complete(
    tx: &mut Tx<'_>,
    attempt: &Attempt,
    proven: Proven,
    keys: &AuthKeys,
    policy: &RefreshPolicy,
) -> Result<Option<Opened>, Error> {
    let challenge = &attempt.challenge;
    let user = tx.lock_user(attempt.user.id)?;
    if user.state != UserState::Active || user.epoch != challenge.epoch {
        return Ok(None);
    }
    if !attempt.held.consume(tx, proven)? || !tx.use_challenge(&challenge.hash)? {
        return Ok(None);
    }
    if challenge.known_device {
        tx.give_back(&attempt.device_key, DEVICE_RATE)?;
    } else {
        tx.give_back(&attempt.address_key, ADDRESS_RATE)?;
        tx.succeeded(&attempt.account_key)?;
    }
    let seat = Seat {
        device: Uuid::try_parse(&challenge.device_id).map_err(Error::internal)?,
        device_name: challenge.device_name.clone(),
        mobile: challenge.mobile,
        factor: Some(proven.factor()),
    };
    auth::seat(tx, user, &seat, challenge.known_device, keys, policy).map(Some)
}
