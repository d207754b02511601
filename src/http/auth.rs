//! Signing in and out, and passwords: the one place where hashing meets the database.

use serde::Serialize;
use serde_json::{Value, json};

use super::route::{Answer, BodyKind, Incoming, Route};
use super::second_factor::challenged;
use super::state::State;
use crate::commands::auth::{self, Admission, Admitted, AuthKeys, Login, Opened, Passed};
use crate::commands::logins::{self, Refresh, Refreshed};
use crate::commands::passwords::{self, Candidate, ChangePassword, Redeem};
use crate::crypto::jwt::Identity;
use crate::crypto::password::{Busy, PasswordError, Verdict};
use crate::crypto::secret::SecretText;
use crate::ctx::Ctx;
use crate::domain::ids::{LoginId, UserId};
use crate::domain::input::Violation;
use crate::domain::org::UserState;
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::queries;
use crate::reply::Reply;

pub const ROUTES: &[Route] = &[
    Route::special("POST", "/api/v1/auth/login", "login", BodyKind::Json, |i| {
        Box::pin(login(i))
    })
    .public(),
    Route::special(
        "POST",
        "/api/v1/auth/refresh",
        "refresh_login",
        BodyKind::Json,
        |i| Box::pin(refresh(i)),
    )
    .public()
    .rights(),
    Route::post("/api/v1/auth/logout", "logout", logins::logout)
        .unkeyed()
        .with_one_factor()
        .rights(),
    Route::get("/api/v1/auth/me", "get_me", queries::users::me).with_one_factor(),
    Route::get(
        "/api/v1/auth/sessions",
        "list_my_logins",
        queries::users::my_logins,
    )
    .with_one_factor(),
    Route::delete(
        "/api/v1/auth/sessions/{login_id}",
        "end_my_login",
        logins::end_login,
    )
    .with_one_factor()
    .rights(),
    Route::special(
        "POST",
        "/api/v1/auth/password",
        "change_password",
        BodyKind::Json,
        |i| Box::pin(change_password(i)),
    )
    .with_one_factor()
    .rights(),
    Route::special(
        "POST",
        "/api/v1/auth/invites/redeem",
        "redeem_invite",
        BodyKind::Json,
        |i| Box::pin(redeem_invite(i)),
    )
    .public()
    .rights(),
];

/// How long a caller waits who finds every place to hash taken.
const BUSY_SECONDS: u32 = 2;

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Self::Wait(Code::TooManyRequests, BUSY_SECONDS)
    }
}

impl From<PasswordError> for Error {
    fn from(e: PasswordError) -> Self {
        match e {
            PasswordError::Busy => Busy.into(),
            PasswordError::Engine => Self::internal(e),
        }
    }
}

/// How the login was proved (RFC 8176).
fn methods(opened: &Opened) -> Vec<String> {
    let words: &[&str] = match opened.login.second_factor {
        None => &["pwd"],
        Some(_) => &["pwd", "otp", "mfa"],
    };
    words.iter().map(|w| (*w).to_owned()).collect()
}

/// The tokens of a login.
#[derive(Serialize)]
struct TokenView<'a> {
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: i64,
    refresh_token: &'a str,
    refresh_expires_at: Instant,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<&'a str>,
    login_id: LoginId,
    user: Value,
}

pub(super) fn tokens(state: &State, ctx: &Ctx, opened: &Opened) -> Result<Answer, Error> {
    let who = Identity {
        sub: opened.user.id,
        sid: opened.login.id,
        jti: ctx.ids.uuid(),
        auth_time: opened.login.created_at,
        amr: methods(opened),
    };
    let keys = state
        .keys
        .read()
        .map_err(|_| Error::internal("key set poisoned"))?;
    let view = TokenView {
        access_token: state
            .authority
            .mint(&keys, &who, ctx.now)
            .map_err(Error::internal)?,
        token_type: "Bearer",
        expires_in: state.authority.life().as_secs(),
        refresh_token: opened.refresh.expose(),
        refresh_expires_at: opened.refresh_expires,
        device_token: opened.device_token.as_ref().map(SecretText::expose),
        login_id: opened.login.id,
        user: json!({"id": opened.user.id, "username": opened.user.username, "name": opened.user.name}),
    };
    let reply = Reply::json(200, &view)?.header("Cache-Control", "no-store");
    Ok(Answer::Reply(reply))
}

fn bad_credentials() -> Error {
    Error::of(Code::BadCredentials)
}

/// The context of an act by somebody who has just proved who they are.
pub(super) fn proved(ctx: &Ctx, user: UserId, name: &str) -> Ctx {
    let mut ctx = ctx.clone();
    ctx.actor.user_id = user;
    name.clone_into(&mut ctx.actor.name);
    ctx
}

async fn login(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Login::read)?;
    if state.hasher.is_full() {
        // A flood is turned away before it costs a commit.
        return Err(Busy.into());
    }
    let keys = AuthKeys::of(&state.mac);
    let admission = {
        let (ask, keys) = (ask.clone(), keys.clone());
        let work = move |tx: &mut crate::store::tx::Tx<'_>| auth::admit(tx, &ask, &keys);
        state.db.write(ctx.clone(), work).await?
    };
    let admitted = match admission {
        Admission::Wait(seconds) => return Err(Error::Wait(Code::TooManyRequests, seconds)),
        Admission::Refused => return Err(bad_credentials()),
        Admission::Check(admitted) => *admitted,
    };
    match check(&state, &ask, &admitted).await {
        Err(busy) => {
            let work = move |tx: &mut crate::store::tx::Tx<'_>| auth::withdraw(tx, &admitted);
            state.db.write(ctx, work).await?;
            Err(busy.into())
        }
        Ok(Checked::Right { user, name, rehash }) => {
            let (policy, rule) = (state.refresh, state.env.second_factor);
            let seen = admitted.clone();
            let work = move |tx: &mut crate::store::tx::Tx<'_>| {
                auth::open(tx, &ask, &seen, &keys, &policy, rehash.as_deref(), &rule)
            };
            match state.db.write(proved(&ctx, user, &name), work).await? {
                Some(Passed::Opened(opened)) => tokens(&state, &ctx, &opened),
                Some(Passed::Challenged(challenge)) => challenged(&challenge),
                None => refuse(&state, ctx, admitted, true).await,
            }
        }
        Ok(Checked::Wrong) => refuse(&state, ctx, admitted, false).await,
    }
}

async fn refuse(state: &State, ctx: Ctx, admitted: Admitted, right: bool) -> Result<Answer, Error> {
    let work = move |tx: &mut crate::store::tx::Tx<'_>| auth::refuse(tx, &admitted, right);
    state.db.write(ctx, work).await?;
    Err(bad_credentials())
}

enum Checked {
    Right {
        user: UserId,
        name: String,
        /// The hash at the present cost, when the stored one is weaker.
        rehash: Option<String>,
    },
    Wrong,
}

/// Runs exactly one hash whoever asks, so that the time does not tell who exists.
async fn check(state: &State, ask: &Login, admitted: &Admitted) -> Result<Checked, Busy> {
    let phc = admitted
        .user
        .as_ref()
        .and_then(|u| u.password_phc.as_deref());
    let verdict = state.hasher.verify(ask.password.expose(), phc).await?;
    let active = admitted
        .user
        .as_ref()
        .filter(|u| u.state == UserState::Active && verdict == Verdict::Match);
    let Some(user) = active else {
        return Ok(Checked::Wrong);
    };
    let weak = phc.is_some_and(|p| state.hasher.needs_rehash(p));
    let rehash = if weak {
        // A login is not refused for want of a better hash.
        state.hasher.hash(ask.password.expose()).await.ok()
    } else {
        None
    };
    Ok(Checked::Right {
        user: user.id,
        name: user.name.clone(),
        rehash,
    })
}

async fn refresh(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Refresh::read)?;
    let (keys, policy) = (AuthKeys::of(&state.mac), state.refresh);
    let work = move |tx: &mut crate::store::tx::Tx<'_>| logins::refresh(tx, &ask, &keys, &policy);
    match state.db.write(ctx.clone(), work).await? {
        Refreshed::Tokens(opened) => tokens(&state, &ctx, &opened),
        Refreshed::Refused => Err(Error::Unauthenticated),
        Refreshed::Revoked => {
            tracing::warn!(request_id = %ctx.request_id, "refresh token reused, login ended");
            Err(Error::Unauthenticated)
        }
    }
}

/// Checks and hashes a new password.
async fn new_hash(state: &State, new: &SecretText, who: &Candidate) -> Result<String, Error> {
    let words: Vec<&str> = who.words.iter().map(String::as_str).collect();
    let verdict = state.hasher.check_strength(new.expose(), &words).await?;
    if let Err(weaknesses) = verdict {
        let fault = |w: crate::crypto::password::Weakness| Violation {
            pointer: "/new_password".to_owned(),
            code: w.code(),
        };
        return Err(Error::Weak(weaknesses.into_iter().map(fault).collect()));
    }
    Ok(state.hasher.hash(new.expose()).await?)
}

async fn change_password(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(ChangePassword::read)?;
    let county = state.env.county.clone();
    let who = {
        let work = move |tx: &mut crate::store::tx::Tx<'_>| passwords::ask_change(tx, &county);
        state.db.write(ctx.clone(), work).await?
    };
    let stored = who.user.password_phc.as_deref();
    if state.hasher.verify(ask.current.expose(), stored).await? != Verdict::Match {
        return Err(Error::invalid("/current_password", "wrong_password"));
    }
    state.db.write(ctx.clone(), passwords::proved).await?;
    if ask.current == ask.new {
        return Err(Error::invalid("/new_password", "same_password"));
    }
    let phc = new_hash(&state, &ask.new, &who).await?;
    let keep = ctx.actor.login_id;
    let work =
        move |tx: &mut crate::store::tx::Tx<'_>| passwords::change(tx, &who.user, &phc, keep);
    if state.db.write(ctx, work).await? {
        Ok(Answer::Reply(Reply::empty(204)))
    } else {
        Err(Error::of(Code::Conflict))
    }
}

async fn redeem_invite(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Redeem::read)?;
    let county = state.env.county.clone();
    let found = {
        let ask = ask.clone();
        let work =
            move |tx: &mut crate::store::tx::Tx<'_>| passwords::ask_redeem(tx, &ask, &county);
        state.db.write(ctx.clone(), work).await?
    };
    let (invite, who) = found.ok_or_else(|| Error::of(Code::BadInvite))?;
    let phc = new_hash(&state, &ask.new, &who).await?;
    let user = who.user.id;
    let work = move |tx: &mut crate::store::tx::Tx<'_>| passwords::redeem(tx, invite, user, &phc);
    if !state
        .db
        .write(proved(&ctx, user, &who.user.name), work)
        .await?
    {
        return Err(Error::of(Code::BadInvite));
    }
    let body = json!({"username": who.user.username});
    Ok(Answer::Reply(Reply::json(200, &body)?))
}
