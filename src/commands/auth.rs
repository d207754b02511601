//! Signing in: what stands in the database before and after the password is checked.
//!
//! The password is hashed between two transactions, never inside one. The attempt is counted
//! before the hash runs, so that parallel guesses cannot slip through.

use uuid::Uuid;

use super::factor_login::{self, Challenged};
use super::second_factor::begin_grace;
use crate::crypto::device;
use crate::crypto::refresh::{self, Channel, RefreshPolicy, RefreshRow, RefreshToken};
use crate::crypto::secret::{MacKey, SecretText};
use crate::crypto::throttle::{ADDRESS_RATE, DEVICE_RATE, Gate};
use crate::domain::facts::Event;
use crate::domain::ids::{Id, LoginId};
use crate::domain::input::{Line, Obj, Scalar};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{User, UserState};
use crate::domain::second_factor::{Factor, FactorPolicy};
use crate::error::Error;
use crate::store::tables::system::{LoginSession, RefreshToken as RefreshTokenRow};
use crate::store::tx::Tx;

/// Logins a user may have at once; one more ends the oldest.
const MAX_LOGINS: usize = 5;

/// The keys of this service, one per purpose.
#[derive(Clone, Debug)]
pub struct AuthKeys {
    pub refresh: MacKey,
    device: MacKey,
    account: MacKey,
}

impl AuthKeys {
    /// Derives them from the root key.
    pub fn of(root: &MacKey) -> Self {
        Self {
            refresh: root.derive("refresh"),
            device: root.derive("device"),
            account: root.derive("account"),
        }
    }
}

/// A password exactly as received: no trimming, no folding.
#[derive(Clone, Debug)]
pub struct Password(pub SecretText);

impl Scalar for Password {
    fn read(value: &serde_json::Value) -> Result<Self, &'static str> {
        let text = value.as_str().ok_or("string_expected")?;
        match text.chars().take(1_001).count() {
            0 => Err("empty"),
            1_001 => Err("too_long"),
            _ => Ok(Self(SecretText::new(text.to_owned()))),
        }
    }
}

/// The body of a login.
#[derive(Clone, Debug)]
pub struct Login {
    pub username: String,
    pub password: SecretText,
    pub device: Uuid,
    pub device_name: Option<String>,
    pub mobile: bool,
    pub device_token: Option<String>,
}

impl Login {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let username = o.req::<Line<64>>("username");
        let password = o.req::<Password>("password");
        let device = o.req::<Id<()>>("device_id");
        let device_name = o.opt::<Line<80>>("device_name");
        let mobile = o.or("mobile", false);
        let device_token = o.opt::<Line<200>>("device_token");
        Some(Self {
            username: username?.0.to_lowercase(),
            password: password?.0,
            device: device?.uuid,
            device_name: device_name?.map(|n| n.0),
            mobile: mobile?,
            device_token: device_token?.map(|t| t.0),
        })
    }
}

/// An attempt that may be made.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub user: Option<User>,
    /// The device proved an earlier full login of this user.
    pub known_device: bool,
    /// The keys of the counters that counted it.
    device_key: String,
    address_key: String,
    account_key: String,
}

/// What the brakes say of an attempt.
#[derive(Clone, Debug)]
pub enum Admission {
    Check(Box<Admitted>),
    /// Refused like a wrong password.
    Refused,
    /// Too early: this many seconds.
    Wait(u32),
}

/// Whole seconds to wait, at least one.
pub fn wait_seconds(gate: Gate) -> Option<u32> {
    match gate {
        Gate::Wait(span) => {
            let seconds = span.as_millis().div_euclid(1_000).saturating_add(1);
            Some(u32::try_from(seconds).unwrap_or(u32::MAX))
        }
        Gate::Open | Gate::Refused => None,
    }
}

/// The counter key of the caller's network.
pub fn address_key(tx: &Tx<'_>, what: &str) -> String {
    let prefix = tx.ctx.ip_prefix.as_deref().unwrap_or("unknown");
    format!("{what}:{prefix}")
}

/// Counts an attempt before it is made. A known device has a bucket of its own, so that strangers
/// who guess at the account cannot lock its owner out.
pub fn admit(tx: &mut Tx<'_>, login: &Login, keys: &AuthKeys) -> Result<Admission, Error> {
    tx.technical();
    let user = tx.user_by_name(&login.username)?;
    let known_device = match (&user, &login.device_token) {
        (Some(user), Some(token)) => device::verify(&keys.device, token, user.id, tx.ctx.now)
            .is_ok_and(|known| known.device == login.device),
        _ => false,
    };
    // Keyed by the name as typed: names that nobody has must brake alike, and are not kept.
    let name = hex::encode(keys.account.mac(&[login.username.as_bytes()]));
    let admitted = Admitted {
        known_device,
        device_key: format!("device:{name}:{}", login.device),
        address_key: address_key(tx, "login"),
        account_key: format!("account:{name}"),
        user,
    };
    let gate = if known_device {
        tx.take(&admitted.device_key, DEVICE_RATE)?
    } else {
        match tx.take(&admitted.address_key, ADDRESS_RATE)? {
            Gate::Open => tx.reserve(&admitted.account_key)?,
            closed => closed,
        }
    };
    Ok(match (gate, wait_seconds(gate)) {
        (_, Some(seconds)) => Admission::Wait(seconds),
        (Gate::Refused, _) => {
            refused(tx, admitted.user.as_ref(), "brake")?;
            Admission::Refused
        }
        _ => Admission::Check(Box::new(admitted)),
    })
}

/// Gives an admitted attempt back that was never made: no place to hash.
pub fn withdraw(tx: &mut Tx<'_>, admitted: &Admitted) -> Result<(), Error> {
    tx.technical();
    if admitted.known_device {
        return tx.give_back(&admitted.device_key, DEVICE_RATE);
    }
    tx.give_back(&admitted.address_key, ADDRESS_RATE)?;
    tx.unreserve(&admitted.account_key)
}

/// Records a refused attempt. It stays counted.
pub fn refuse(tx: &mut Tx<'_>, admitted: &Admitted, right_password: bool) -> Result<(), Error> {
    let reason = match &admitted.user {
        None => "unknown_user",
        Some(u) if u.state == UserState::Disabled => "disabled",
        Some(u) if u.state == UserState::Invited => "invited",
        Some(_) if right_password => "changed_meanwhile",
        Some(_) => "wrong_password",
    };
    refused(tx, admitted.user.as_ref(), reason)
}

/// Records a refused sign-in.
pub(super) fn refused(tx: &mut Tx<'_>, user: Option<&User>, reason: &str) -> Result<(), Error> {
    let object = user.map_or_else(|| "user/unknown".to_owned(), |u| format!("user/{}", u.id));
    let event = Event::LoginRefused {
        reason: reason.to_owned(),
    };
    tx.record_as("system", object, "denied", vec![event])
}

/// A login as its owner is told of it.
#[derive(Clone, Debug)]
pub struct Opened {
    pub user: User,
    pub login: LoginSession,
    pub refresh: RefreshToken,
    /// When the refresh token ends if it is not used.
    pub refresh_expires: crate::domain::time::Instant,
    /// Only after a full login.
    pub device_token: Option<SecretText>,
}

/// Where a login is to live, and what proved its second factor.
#[derive(Clone, Debug)]
pub struct Seat {
    pub device: Uuid,
    pub device_name: Option<String>,
    pub mobile: bool,
    pub factor: Option<Factor>,
}

/// What the right password leads to.
pub enum Passed {
    Opened(Box<Opened>),
    /// The second factor is awaited.
    Challenged(Challenged),
}

/// Opens a login after the password was found right, or asks for the second factor; `None` when the
/// account changed meanwhile.
/// `rehash` is the password's hash at the present cost, when the stored one is weaker.
pub fn open(
    tx: &mut Tx<'_>,
    login: &Login,
    admitted: &Admitted,
    keys: &AuthKeys,
    policy: &RefreshPolicy,
    rehash: Option<&str>,
    rule: &FactorPolicy,
) -> Result<Option<Passed>, Error> {
    let Some(seen) = &admitted.user else {
        return Ok(None);
    };
    let mut user = tx.lock_user(seen.id)?;
    if user.state != UserState::Active || user.password_phc != seen.password_phc {
        return Ok(None);
    }
    if admitted.known_device {
        tx.give_back(&admitted.device_key, DEVICE_RATE)?;
    } else {
        tx.give_back(&admitted.address_key, ADDRESS_RATE)?;
        tx.succeeded(&admitted.account_key)?;
    }
    if let Some(phc) = rehash {
        user.password_phc = Some(phc.to_owned());
        tx.update(&user)?;
    }
    let wanted = Seat {
        device: login.device,
        device_name: login.device_name.clone(),
        mobile: login.mobile,
        factor: None,
    };
    let known = admitted.known_device;
    if tx.factor_in_force(user.id)?.is_some() {
        let challenge = factor_login::issue(tx, &user, &wanted, known)?;
        return Ok(Some(Passed::Challenged(challenge)));
    }
    begin_grace(tx, user.id, rule)?;
    let opened = seat(tx, user, &wanted, known, keys, policy)?;
    Ok(Some(Passed::Opened(Box::new(opened))))
}

/// Opens a login once everything asked for was proved.
pub(super) fn seat(
    tx: &mut Tx<'_>,
    user: User,
    wanted: &Seat,
    known_device: bool,
    keys: &AuthKeys,
    policy: &RefreshPolicy,
) -> Result<Opened, Error> {
    let stream = format!("user/{}", user.id);
    let new_device = !known_device && tx.has_logins(user.id)?;
    make_room(tx, &user, &wanted.device.to_string())?;
    let opened = store_login(tx, user, wanted, keys, policy)?;
    let event = Event::LoggedIn {
        user: opened.user.id,
        login: opened.login.id,
    };
    tx.record(&stream, format!("login/{}", opened.login.id), vec![event])?;
    if new_device {
        let notice = Notice::of(NoticeKind::NewDeviceLogin);
        tx.enqueue(None, Recipient::User(opened.user.id), &notice)?;
    }
    Ok(opened)
}

/// Ends logins until one more fits: first those of the same device, then the oldest.
fn make_room(tx: &mut Tx<'_>, user: &User, device: &str) -> Result<(), Error> {
    let mut live = tx.live_logins(user.id)?;
    while live.len() >= MAX_LOGINS {
        let at = live.iter().position(|l| l.device_id == device).unwrap_or(0);
        let out = live.remove(at);
        let event = Event::LoginRevoked {
            user: user.id,
            login: out.id,
            reason: "too_many".to_owned(),
        };
        let object = format!("login/{}", out.id);
        tx.end_login(out, "too_many")?;
        tx.record(&format!("user/{}", user.id), object, vec![event])?;
    }
    Ok(())
}

fn store_login(
    tx: &mut Tx<'_>,
    user: User,
    wanted: &Seat,
    keys: &AuthKeys,
    policy: &RefreshPolicy,
) -> Result<Opened, Error> {
    let now = tx.ctx.now;
    let token = RefreshToken::generate().map_err(Error::internal)?;
    let family = RefreshRow {
        device: wanted.device,
        channel: channel(wanted.mobile),
        family_started: now,
        issued: now,
        used: None,
        successor_used: false,
        family_ended: false,
    };
    let refresh_expires = refresh::expires_at(&family, policy);
    let id: LoginId = tx.ctx.id();
    let session = LoginSession {
        id,
        user_id: user.id,
        device_id: wanted.device.to_string(),
        device_name: wanted.device_name.clone(),
        mobile: wanted.mobile,
        created_at: now,
        last_seen_at: now,
        expires_at: refresh_expires,
        ended_at: None,
        end_reason: None,
        second_factor: wanted.factor,
    };
    tx.insert(&session)?;
    tx.insert(&RefreshTokenRow {
        hash: token.id(),
        login_id: id,
        generation: 0,
        issued_at: now,
        used_at: None,
        successor_hash: None,
    })?;
    let device_token = device::issue(&keys.device, user.id, wanted.device, now);
    Ok(Opened {
        user,
        login: session,
        refresh: token,
        refresh_expires,
        device_token: Some(device_token),
    })
}

/// Where a login lives.
pub fn channel(mobile: bool) -> Channel {
    if mobile {
        Channel::Mobile
    } else {
        Channel::Web
    }
}
