//! One's second factor: setting it up, its recovery codes, giving it up, and what an administrator
//! does about a lost one.

use std::sync::Arc;

use super::passwords::own_key;
use super::{auth::Password, auth::wait_seconds, require};
use crate::call::Call;
use crate::crypto::seal::{NotSealed, SealKey};
use crate::crypto::secret::{MacKey, SecretText};
use crate::crypto::throttle::DEVICE_RATE;
use crate::crypto::totp::TotpSecret;
use crate::domain::facts::Event;
use crate::domain::ids::{LoginId, RecoveryCodeId, UserId};
use crate::domain::input::{Line, Obj};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::User;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::second_factor::{Factor, FactorPolicy, IdentityProof};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::tables::factor::{RecoveryCode, SecondFactor};
use crate::store::tx::{Snap, Tx};

/// How long a new secret waits for its first code.
const ENROL_MINUTES: i64 = 15;

/// The key that seals the secrets of authenticators.
#[derive(Clone, Debug)]
pub struct FactorKey(Arc<SealKey>);

impl FactorKey {
    /// Derives it from the root key.
    ///
    /// # Errors
    /// [`NotSealed`].
    pub fn of(root: &MacKey) -> Result<Self, NotSealed> {
        SealKey::of(root, "second_factor").map(|k| Self(Arc::new(k)))
    }

    fn place(user: UserId) -> String {
        format!("second_factors|secret|{user}|v1")
    }

    fn seal(&self, user: UserId, secret: &TotpSecret) -> Result<Secret, Error> {
        let sealed = self.0.seal(&Self::place(user), secret.as_bytes());
        sealed.map(Secret::new).map_err(Error::internal)
    }

    /// The secret of a stored authenticator.
    ///
    /// # Errors
    /// Internal, when it was sealed with another key.
    fn open(&self, factor: &SecondFactor) -> Result<TotpSecret, Error> {
        self.0
            .open(&Self::place(factor.user_id), factor.secret.reveal())
            .and_then(|bytes| TotpSecret::from_bytes(&bytes))
            .ok_or_else(|| Error::internal("a second factor was sealed with another key"))
    }
}

/// What somebody shows: one of the two.
#[derive(Clone, Debug)]
pub enum Proof {
    Code(SecretText),
    Recovery(SecretText),
}

impl Proof {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let code = o.opt::<Line<40>>("code");
        let recovery = o.opt::<Line<100>>("recovery_code");
        match (code?, recovery?) {
            (Some(code), None) => Some(Self::Code(SecretText::new(code.0))),
            (None, Some(code)) => Some(Self::Recovery(SecretText::new(code.0))),
            (None, None) => {
                o.fault("code", "required");
                None
            }
            (Some(_), Some(_)) => {
                o.fault("recovery_code", "not_allowed");
                None
            }
        }
    }

    /// Where it stands in a body.
    pub fn pointer(&self) -> &'static str {
        match self {
            Self::Code(_) => "/code",
            Self::Recovery(_) => "/recovery_code",
        }
    }
}

/// A proof found right; it counts when it is consumed.
#[derive(Clone, Copy, Debug)]
pub enum Proven {
    Step(i64),
    Recovery(RecoveryCodeId),
}

impl Proven {
    pub fn factor(self) -> Factor {
        match self {
            Self::Step(_) => Factor::Totp,
            Self::Recovery(_) => Factor::RecoveryCode,
        }
    }
}

/// The factor in force of a user, with the recovery codes left.
#[derive(Clone, Debug)]
pub struct Held {
    pub factor: SecondFactor,
    pub codes: Vec<RecoveryCode>,
}

impl Held {
    pub fn of(snap: &mut Snap<'_>, user: UserId) -> Result<Option<Self>, Error> {
        let Some(factor) = snap.factor_in_force(user)? else {
            return Ok(None);
        };
        let codes = snap.recovery_codes(user)?;
        Ok(Some(Self { factor, codes }))
    }

    /// The step of a code of the authenticator, if it is right and was not used.
    pub fn step(&self, key: &FactorKey, typed: &str, now: Instant) -> Result<Option<i64>, Error> {
        let secret = key.open(&self.factor)?;
        Ok(secret.verify(typed, now, self.factor.last_step).ok())
    }

    /// Uses a proof up, in the transaction of what it is shown for; false when it was used, or the
    /// factor replaced, meanwhile.
    pub fn consume(&self, tx: &mut Tx<'_>, proven: Proven) -> Result<bool, Error> {
        let user = self.factor.user_id;
        let now_held = tx.factor_in_force(user)?;
        if now_held.is_none_or(|f| f.secret != self.factor.secret) {
            return Ok(false);
        }
        match proven {
            Proven::Step(step) => tx.use_step(user, step),
            Proven::Recovery(id) => {
                if !tx.use_recovery_code(id)? {
                    return Ok(false);
                }
                let left = i64::try_from(tx.recovery_codes(user)?.len()).unwrap_or(i64::MAX);
                record(tx, user, vec![Event::RecoveryCodeUsed { user, left }])?;
                tell(tx, user)?;
                Ok(true)
            }
        }
    }
}

fn record(tx: &mut Tx<'_>, user: UserId, events: Vec<Event>) -> Result<(), Error> {
    let stream = format!("user/{user}");
    tx.record(&stream, stream.clone(), events)
}

fn tell(tx: &mut Tx<'_>, user: UserId) -> Result<(), Error> {
    let notice = Notice::of(NoticeKind::SecondFactorChanged);
    tx.enqueue(None, Recipient::User(user), &notice)
}

/// Ends logins of a user; gives the facts.
fn end_logins(
    tx: &mut Tx<'_>,
    user: UserId,
    keep: Option<LoginId>,
    reason: &str,
) -> Result<Vec<Event>, Error> {
    let ended = tx.end_logins(user, keep, reason)?;
    let fact = |login| Event::LoginRevoked {
        user,
        login,
        reason: reason.to_owned(),
    };
    Ok(ended.into_iter().map(fact).collect())
}

/// Begins the grace of a member of staff who signs in without a factor, once.
pub fn begin_grace(tx: &mut Tx<'_>, user: UserId, policy: &FactorPolicy) -> Result<(), Error> {
    let grants = tx.actor_grants(user)?;
    if policy.demands(grants.iter().map(|g| g.role)) && tx.factor_grace(user)?.is_none() {
        let ends = policy.grace_from(tx.ctx.now);
        tx.put_factor_grace(user, ends)?;
    }
    Ok(())
}

/// Body of what asks for the password alone.
pub fn read_password(o: &mut Obj<'_>) -> Option<SecretText> {
    o.req::<Password>("password").map(|p| p.0)
}

/// Body of what asks for the password and a code.
#[derive(Clone, Debug)]
pub struct Confirmed {
    pub password: SecretText,
    pub proof: Proof,
}

impl Confirmed {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let password = o.req::<Password>("password");
        let proof = Proof::read(o);
        Some(Self {
            password: password?.0,
            proof: proof?,
        })
    }
}

/// The caller and the factor, and one attempt counted: a stolen access token must not become a
/// place to guess.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn ask(tx: &mut Tx<'_>) -> Result<(User, Option<SecondFactor>, Vec<RecoveryCode>), Error> {
    tx.technical();
    let id = tx.ctx.actor.user_id;
    let gate = tx.take(&own_key(id), DEVICE_RATE)?;
    if let Some(seconds) = wait_seconds(gate) {
        return Err(Error::Wait(Code::TooManyRequests, seconds));
    }
    Ok((tx.user(id)?, tx.factor(id)?, tx.recovery_codes(id)?))
}

/// Stores a new secret that waits for its first code. Shown by the caller, this once.
///
/// # Errors
/// 409 when a factor is in force.
pub fn begin(tx: &mut Tx<'_>, key: &FactorKey) -> Result<(TotpSecret, Instant), Error> {
    tx.technical();
    let user = tx.lock_user(tx.ctx.actor.user_id)?.id;
    if tx.factor_in_force(user)?.is_some() {
        return Err(Refusal::new(Reason::AlreadyDone).into());
    }
    let secret = TotpSecret::generate().map_err(Error::internal)?;
    let now = tx.ctx.now;
    tx.put_factor(&SecondFactor {
        user_id: user,
        secret: key.seal(user, &secret)?,
        last_step: None,
        created_at: now,
        confirmed_at: None,
    })?;
    Ok((secret, now.plus_minutes(ENROL_MINUTES)))
}

/// The secret that waits for its first code, with the step of the code typed.
///
/// # Errors
/// 409 when none waits, 422 for a wrong code.
pub fn first_step(
    factor: Option<&SecondFactor>,
    key: &FactorKey,
    typed: &str,
    now: Instant,
) -> Result<i64, Error> {
    let waiting = factor
        .filter(|f| f.confirmed_at.is_none())
        .filter(|f| f.created_at.plus_minutes(ENROL_MINUTES) > now)
        .ok_or_else(|| Error::of(Code::NoSecondFactor))?;
    key.open(waiting)?
        .verify(typed, now, None)
        .map_err(|_| Error::invalid("/code", "wrong_code"))
}

/// Puts the secret in force: the present login counts as made with both factors from now on, the
/// others end.
///
/// # Errors
/// 409 when another secret waits by now.
pub fn confirm(
    tx: &mut Tx<'_>,
    seen: &SecondFactor,
    step: i64,
    hashes: &[String],
) -> Result<(), Error> {
    let user = tx.lock_user(seen.user_id)?.id;
    let mut factor = tx
        .factor(user)?
        .filter(|f| f.confirmed_at.is_none() && f.secret == seen.secret)
        .ok_or_else(|| Error::of(Code::NoSecondFactor))?;
    factor.confirmed_at = Some(tx.ctx.now);
    factor.last_step = Some(step);
    tx.put_factor(&factor)?;
    tx.put_recovery_codes(user, hashes)?;
    let keep = tx.ctx.actor.login_id;
    if let Some(id) = keep
        && let Some(mut login) = tx.lock_login(id)?
    {
        login.second_factor = Some(Factor::Totp);
        tx.update(&login)?;
    }
    let mut events = vec![Event::SecondFactorEnrolled { user }];
    events.extend(end_logins(tx, user, keep, "second_factor_changed")?);
    tx.give_back(&own_key(user), DEVICE_RATE)?;
    record(tx, user, events)?;
    tell(tx, user)
}

/// Puts fresh recovery codes in the place of the old; false when the proof was used meanwhile.
pub fn renew(
    tx: &mut Tx<'_>,
    held: &Held,
    proven: Proven,
    hashes: &[String],
) -> Result<bool, Error> {
    let user = tx.lock_user(held.factor.user_id)?.id;
    if !held.consume(tx, proven)? {
        return Ok(false);
    }
    tx.put_recovery_codes(user, hashes)?;
    tx.give_back(&own_key(user), DEVICE_RATE)?;
    record(tx, user, vec![Event::RecoveryCodesRenewed { user }])?;
    tell(tx, user)?;
    Ok(true)
}

/// Gives the factor up; false when the proof was used meanwhile. Who must have one gets no new
/// time to do without.
pub fn disable(tx: &mut Tx<'_>, held: &Held, proven: Proven) -> Result<bool, Error> {
    let user = tx.lock_user(held.factor.user_id)?.id;
    if !held.consume(tx, proven)? {
        return Ok(false);
    }
    tx.drop_factor(user)?;
    let now = tx.ctx.now;
    tx.put_factor_grace(user, now)?;
    let keep = tx.ctx.actor.login_id;
    let mut events = vec![Event::SecondFactorRemoved { user }];
    events.extend(end_logins(tx, user, keep, "second_factor_changed")?);
    tx.give_back(&own_key(user), DEVICE_RATE)?;
    record(tx, user, events)?;
    tell(tx, user)?;
    Ok(true)
}

/// Takes a lost factor away, whoever asks: every login ends, and nothing but setting up another is
/// open to who must have one.
pub fn reset_factor(tx: &mut Tx<'_>, user: UserId, proof: IdentityProof) -> Result<(), Error> {
    let mut user = tx.lock_user(user)?;
    if tx.factor(user.id)?.is_none() {
        return Err(Error::of(Code::NoSecondFactor));
    }
    tx.drop_factor(user.id)?;
    let now = tx.ctx.now;
    tx.put_factor_grace(user.id, now)?;
    let mut events = vec![Event::SecondFactorReset {
        user: user.id,
        proof,
    }];
    events.extend(end_logins(tx, user.id, None, "second_factor_reset")?);
    user.epoch = user.epoch.saturating_add(1);
    tx.update(&user)?;
    record(tx, user.id, events)?;
    tell(tx, user.id)
}

/// `POST /users/{user_id}/second-factor/reset`: the security administrator, never for himself. He
/// cannot set passwords, and who can cannot do this: no single administrator opens an account.
pub fn reset(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ResetSecondFactor)?;
    let id: UserId = call.id("user_id")?;
    let proof = call.read(|o| o.req::<IdentityProof>("identity_proof"))?;
    if id == tx.ctx.actor.user_id {
        return Err(Refusal::new(Reason::OwnAccount).into());
    }
    reset_factor(tx, id, proof)?;
    Ok(Reply::empty(204))
}
