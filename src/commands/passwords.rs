//! Setting passwords: by oneself, or with a single-use invite. No administrator ever chooses one.

use super::auth::{Password, address_key, wait_seconds};
use crate::crypto::secret::{SecretText, invite_hash};
use crate::crypto::throttle::{ADDRESS_RATE, DEVICE_RATE};
use crate::domain::facts::Event;
use crate::domain::ids::{InviteId, LoginId, UserId};
use crate::domain::input::{Line, Obj};
use crate::domain::org::{User, UserState};
use crate::error::{Code, Error};
use crate::store::tx::{Snap, Tx};

/// The body of a change of password.
#[derive(Clone, Debug)]
pub struct ChangePassword {
    pub current: SecretText,
    pub new: SecretText,
}

impl ChangePassword {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let current = o.req::<Password>("current_password");
        let new = o.req::<Password>("new_password");
        Some(Self {
            current: current?.0,
            new: new?.0,
        })
    }
}

/// The body of a redeemed invite.
#[derive(Clone, Debug)]
pub struct Redeem {
    /// `None` for a text that cannot be a code.
    pub code_hash: Option<String>,
    pub new: SecretText,
}

impl Redeem {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let code = o.req::<Line<100>>("code");
        let new = o.req::<Password>("new_password");
        Some(Self {
            code_hash: invite_hash(&code?.0),
            new: new?.0,
        })
    }
}

/// A user about to get a password, and the words it may not be built from.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub user: User,
    pub words: Vec<String>,
}

fn candidate(snap: &mut Snap<'_>, user: User, county: &str) -> Result<Candidate, Error> {
    let mut words = vec![user.username.clone(), user.name.clone(), county.to_owned()];
    for grant in snap.actor_grants(user.id)? {
        words.push(snap.org(grant.org_id)?.name);
    }
    if let Some(email) = &user.email {
        words.push(email.clone());
    }
    Ok(Candidate { user, words })
}

/// The bucket of attempts at one's own password and codes.
pub(super) fn own_key(user: UserId) -> String {
    format!("password:{user}")
}

/// Counts an attempt to change one's password; a stolen access token must not become a place to
/// guess at the password.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn ask_change(tx: &mut Tx<'_>, county: &str) -> Result<Candidate, Error> {
    tx.technical();
    let id = tx.ctx.actor.user_id;
    let gate = tx.take(&own_key(id), DEVICE_RATE)?;
    if let Some(seconds) = wait_seconds(gate) {
        return Err(Error::Wait(Code::TooManyRequests, seconds));
    }
    let user = tx.user(id)?;
    candidate(tx, user, county)
}

/// Gives the attempt back once the present password was right: a new one that is too weak costs
/// nothing.
pub fn proved(tx: &mut Tx<'_>) -> Result<(), Error> {
    tx.technical();
    let key = own_key(tx.ctx.actor.user_id);
    tx.give_back(&key, DEVICE_RATE)
}

/// Stores a changed password and ends the user's other logins; false when it changed meanwhile.
pub fn change(
    tx: &mut Tx<'_>,
    seen: &User,
    phc: &str,
    keep: Option<LoginId>,
) -> Result<bool, Error> {
    let user = tx.lock_user(seen.id)?;
    if user.state != UserState::Active || user.password_phc != seen.password_phc {
        return Ok(false);
    }
    store(tx, user, phc, keep)?;
    Ok(true)
}

/// Looks an invite up; every code that cannot be redeemed is refused alike.
///
/// # Errors
/// 429 with the seconds to wait.
pub fn ask_redeem(
    tx: &mut Tx<'_>,
    ask: &Redeem,
    county: &str,
) -> Result<Option<(InviteId, Candidate)>, Error> {
    tx.technical();
    let gate = tx.take(&address_key(tx, "invite"), ADDRESS_RATE)?;
    if let Some(seconds) = wait_seconds(gate) {
        return Err(Error::Wait(Code::TooManyRequests, seconds));
    }
    let Some(hash) = &ask.code_hash else {
        return Ok(None);
    };
    let Some(invite) = tx.open_invite(hash)? else {
        return Ok(None);
    };
    let user = tx.user(invite.user_id)?;
    if user.state == UserState::Disabled {
        return Ok(None);
    }
    Ok(Some((invite.id, candidate(tx, user, county)?)))
}

/// Redeems an invite: the password is set, the account active, every earlier login ended. False
/// when the invite was used meanwhile.
pub fn redeem(tx: &mut Tx<'_>, invite: InviteId, user: UserId, phc: &str) -> Result<bool, Error> {
    let user = tx.lock_user(user)?;
    if user.state == UserState::Disabled || !tx.use_invite(invite)? {
        return Ok(false);
    }
    tx.void_invites(user.id)?;
    tx.give_back(&address_key(tx, "invite"), ADDRESS_RATE)?;
    store(tx, user, phc, None)?;
    Ok(true)
}

fn store(tx: &mut Tx<'_>, mut user: User, phc: &str, keep: Option<LoginId>) -> Result<(), Error> {
    let now = tx.ctx.now;
    let mut events = vec![Event::PasswordChanged { user: user.id }];
    if user.state != UserState::Active {
        user.state = UserState::Active;
        events.push(Event::UserStateChanged {
            user: user.id,
            state: user.state,
        });
    }
    for login in tx.end_logins(user.id, keep, "password_changed")? {
        events.push(Event::LoginRevoked {
            user: user.id,
            login,
            reason: "password_changed".to_owned(),
        });
    }
    user.password_phc = Some(phc.to_owned());
    user.password_changed_at = Some(now);
    user.epoch = user.epoch.saturating_add(1);
    user.updated_at = now;
    tx.update(&user)?;
    let object = format!("user/{}", user.id);
    tx.record(&object.clone(), object, events)
}
