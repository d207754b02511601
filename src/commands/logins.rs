//! Keeping and ending logins: rotation of refresh tokens, logout, ending one's other logins.

use uuid::Uuid;

use super::auth::{AuthKeys, Opened, channel};
use crate::call::Call;
use crate::crypto::refresh::{
    self, RefreshDecision, RefreshPolicy, RefreshRow, RefreshToken, use_token,
};
use crate::domain::facts::Event;
use crate::domain::ids::{Id, LoginId};
use crate::domain::input::{Line, Obj};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::{User, UserState};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tables::system::{LoginSession, RefreshToken as RefreshTokenRow};
use crate::store::tx::Tx;

/// The body of a refresh.
#[derive(Clone, Debug)]
pub struct Refresh {
    token: Option<RefreshToken>,
    device: Uuid,
}

impl Refresh {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let token = o.req::<Line<200>>("refresh_token");
        let device = o.req::<Id<()>>("device_id");
        Some(Self {
            token: RefreshToken::parse(&token?.0),
            device: device?.uuid,
        })
    }
}

/// What a use of a refresh token led to.
pub enum Refreshed {
    Tokens(Box<Opened>),
    Refused,
    /// Two holders of one token: the whole login was ended.
    Revoked,
}

/// Exchanges a refresh token for its successor, or ends the login when the token has two holders.
pub fn refresh(
    tx: &mut Tx<'_>,
    ask: &Refresh,
    keys: &AuthKeys,
    policy: &RefreshPolicy,
) -> Result<Refreshed, Error> {
    tx.technical();
    let Some(token) = &ask.token else {
        return Ok(Refreshed::Refused);
    };
    let Some(found) = tx.refresh_token(&token.id())? else {
        return Ok(Refreshed::Refused);
    };
    let Some(login) = tx.lock_login(found.login_id)? else {
        return Ok(Refreshed::Refused);
    };
    // Read again: a rival may have used it before the lock was ours.
    let Some(row) = tx.refresh_token(&token.id())? else {
        return Ok(Refreshed::Refused);
    };
    let user = tx.user(login.user_id)?;
    if user.state != UserState::Active {
        return Ok(Refreshed::Refused);
    }
    let successor = match &row.successor_hash {
        Some(hash) => tx.refresh_token(hash)?,
        None => None,
    };
    let state = RefreshRow {
        device: Uuid::try_parse(&login.device_id).map_err(Error::internal)?,
        channel: channel(login.mobile),
        family_started: login.created_at,
        issued: row.issued_at,
        used: row.used_at,
        successor_used: successor.as_ref().is_some_and(|s| s.used_at.is_some()),
        family_ended: login.ended_at.is_some(),
    };
    let generation = u32::try_from(row.generation).map_err(Error::internal)?;
    let next = token.successor(&keys.refresh, generation);
    let opened = |login: LoginSession, user: User, expires| {
        Refreshed::Tokens(Box::new(Opened {
            user,
            login,
            refresh: next.clone(),
            refresh_expires: expires,
            device_token: None,
        }))
    };
    match use_token(&state, ask.device, tx.ctx.now, policy) {
        RefreshDecision::Expired => Ok(Refreshed::Refused),
        RefreshDecision::SameSuccessor => {
            let expires = login.expires_at;
            Ok(opened(login, user, expires))
        }
        RefreshDecision::Rotate => {
            let login = rotate(tx, login, &row, &next, &state, policy)?;
            let expires = login.expires_at;
            Ok(opened(login, user, expires))
        }
        RefreshDecision::RevokeFamily => {
            revoke(tx, login, "refresh_reuse")?;
            let notice = Notice::of(NoticeKind::SessionFamilyRevoked);
            tx.enqueue(None, Recipient::User(user.id), &notice)?;
            Ok(Refreshed::Revoked)
        }
    }
}

fn rotate(
    tx: &mut Tx<'_>,
    mut login: LoginSession,
    row: &RefreshTokenRow,
    next: &RefreshToken,
    state: &RefreshRow,
    policy: &RefreshPolicy,
) -> Result<LoginSession, Error> {
    let now = tx.ctx.now;
    if !tx.use_refresh_token(&row.hash, &next.id(), now)? {
        return Err(Error::internal("a refresh token was used under our lock"));
    }
    tx.insert(&RefreshTokenRow {
        hash: next.id(),
        login_id: login.id,
        generation: row.generation.saturating_add(1),
        issued_at: now,
        used_at: None,
        successor_hash: None,
    })?;
    let fresh = RefreshRow {
        issued: now,
        ..state.clone()
    };
    login.last_seen_at = now;
    login.expires_at = refresh::expires_at(&fresh, policy);
    tx.update(&login)?;
    Ok(login)
}

/// Ends a login with its fact.
fn revoke(tx: &mut Tx<'_>, login: LoginSession, reason: &str) -> Result<(), Error> {
    let event = Event::LoginRevoked {
        user: login.user_id,
        login: login.id,
        reason: reason.to_owned(),
    };
    let (stream, object) = (
        format!("user/{}", login.user_id),
        format!("login/{}", login.id),
    );
    tx.end_login(login, reason)?;
    tx.record(&stream, object, vec![event])
}

/// Ends the login this call came by.
pub fn logout(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    call.read_nothing()?;
    let id = tx.ctx.actor.login_id.ok_or(Error::Unauthenticated)?;
    let login = tx.lock_login(id)?.ok_or(Error::Unauthenticated)?;
    let event = Event::LoggedOut {
        user: login.user_id,
        login: login.id,
    };
    let (stream, object) = (
        format!("user/{}", login.user_id),
        format!("login/{}", login.id),
    );
    tx.end_login(login, "logout")?;
    tx.record(&stream, object, vec![event])?;
    Ok(Reply::empty(204))
}

/// Ends one of the caller's logins.
pub fn end_login(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let id: LoginId = call.id("login_id")?;
    let login = tx
        .lock_login(id)?
        .filter(|l| l.user_id == tx.ctx.actor.user_id)
        .filter(|l| l.ended_at.is_none() && l.expires_at > tx.ctx.now)
        .ok_or_else(Error::not_found)?;
    revoke(tx, login, "ended_by_user")?;
    Ok(Reply::empty(204))
}
