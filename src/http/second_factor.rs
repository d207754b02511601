//! The second factor: completing a login, setting up, recovery codes, giving up, resetting.

use serde_json::json;

use super::auth::{proved, tokens};
use super::route::{Answer, BodyKind, Incoming, Route};
use super::state::State;
use crate::commands::auth::AuthKeys;
use crate::commands::factor_login::{self, Admission, Attempt, Challenged, Complete};
use crate::commands::second_factor::{self as factor, Confirmed, Held, Proof, Proven};
use crate::crypto::password::Verdict;
use crate::crypto::recovery;
use crate::crypto::secret::SecretText;
use crate::ctx::Ctx;
use crate::domain::input::Line;
use crate::domain::org::User;
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::queries;
use crate::reply::Reply;
use crate::store::tx::Tx;

pub const ROUTES: &[Route] = &[
    Route::special(
        "POST",
        "/api/v1/auth/login/second-factor",
        "complete_login",
        BodyKind::Json,
        |i| Box::pin(complete(i)),
    )
    .public(),
    Route::get(
        "/api/v1/auth/second-factor",
        "get_second_factor",
        queries::second_factor::status,
    )
    .with_one_factor(),
    Route::special(
        "POST",
        "/api/v1/auth/second-factor",
        "begin_second_factor",
        BodyKind::Json,
        |i| Box::pin(begin(i)),
    )
    .with_one_factor(),
    Route::special(
        "POST",
        "/api/v1/auth/second-factor/confirm",
        "confirm_second_factor",
        BodyKind::Json,
        |i| Box::pin(confirm(i)),
    )
    .with_one_factor()
    .rights(),
    Route::special(
        "POST",
        "/api/v1/auth/second-factor/recovery-codes",
        "renew_recovery_codes",
        BodyKind::Json,
        |i| Box::pin(renew(i)),
    ),
    Route::special(
        "POST",
        "/api/v1/auth/second-factor/disable",
        "disable_second_factor",
        BodyKind::Json,
        |i| Box::pin(disable(i)),
    )
    .rights(),
    Route::post(
        "/api/v1/users/{user_id}/second-factor/reset",
        "reset_second_factor",
        factor::reset,
    )
    .rights(),
];

fn secret_reply(status: u16, body: &serde_json::Value) -> Result<Answer, Error> {
    let reply = Reply::json(status, body)?.header("Cache-Control", "no-store");
    Ok(Answer::Reply(reply))
}

/// The answer to a right password when a second factor is awaited: 202, and no token.
pub(super) fn challenged(challenge: &Challenged) -> Result<Answer, Error> {
    let mut methods = vec!["totp"];
    if challenge.recovery {
        methods.push("recovery_code");
    }
    secret_reply(
        202,
        &json!({
            "second_factor_required": true,
            "challenge": challenge.token.expose(),
            "expires_at": challenge.expires_at,
            "methods": methods,
        }),
    )
}

/// What a proof shows, if it is right. A recovery code costs one hash.
async fn prove(
    state: &State,
    held: &Held,
    proof: &Proof,
    now: Instant,
) -> Result<Option<Proven>, Error> {
    match proof {
        Proof::Code(typed) => {
            let step = held.step(&state.factor_key, typed.expose(), now)?;
            Ok(step.map(Proven::Step))
        }
        Proof::Recovery(typed) => {
            let hashes: Vec<String> = held.codes.iter().map(|c| c.code_hash.clone()).collect();
            let found = recovery::find(&state.hasher, typed.expose(), &hashes).await?;
            let code = found.and_then(|at| held.codes.get(at));
            Ok(code.map(|c| Proven::Recovery(c.id)))
        }
    }
}

async fn complete(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Complete::read)?;
    let admission = {
        let ask = ask.clone();
        let work = move |tx: &mut Tx<'_>| factor_login::admit(tx, &ask);
        state.db.write(ctx.clone(), work).await?
    };
    let attempt = match admission {
        Admission::Wait(seconds) => return Err(Error::Wait(Code::TooManyRequests, seconds)),
        Admission::Dead => return Err(Error::of(Code::BadChallenge)),
        Admission::Refused => return Err(Error::of(Code::BadSecondFactor)),
        Admission::Check(attempt) => *attempt,
    };
    match prove(&state, &attempt.held, &ask.proof, ctx.now).await {
        Err(busy @ Error::Wait(..)) => {
            let work = move |tx: &mut Tx<'_>| factor_login::withdraw(tx, &attempt);
            state.db.write(ctx, work).await?;
            Err(busy)
        }
        Err(e) => Err(e),
        Ok(None) => refuse(&state, ctx, attempt).await,
        Ok(Some(proven)) => {
            let (keys, policy) = (AuthKeys::of(&state.mac), state.refresh);
            let (user, seen) = (attempt.user.clone(), attempt.clone());
            let work =
                move |tx: &mut Tx<'_>| factor_login::complete(tx, &seen, proven, &keys, &policy);
            match state
                .db
                .write(proved(&ctx, user.id, &user.name), work)
                .await?
            {
                Some(opened) => tokens(&state, &ctx, &opened),
                None => refuse(&state, ctx, attempt).await,
            }
        }
    }
}

async fn refuse(state: &State, ctx: Ctx, attempt: Attempt) -> Result<Answer, Error> {
    let work = move |tx: &mut Tx<'_>| factor_login::refuse(tx, &attempt);
    state.db.write(ctx, work).await?;
    Err(Error::of(Code::BadSecondFactor))
}

/// 422 unless this is the caller's password; one attempt is counted until it is.
async fn check_password(state: &State, user: &User, typed: &SecretText) -> Result<(), Error> {
    let stored = user.password_phc.as_deref();
    match state.hasher.verify(typed.expose(), stored).await? {
        Verdict::Match => Ok(()),
        Verdict::NoMatch => Err(Error::invalid("/password", "wrong_password")),
    }
}

async fn begin(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let password = i.call.read(factor::read_password)?;
    let (user, _, _) = state.db.write(ctx.clone(), factor::ask).await?;
    check_password(&state, &user, &password).await?;
    state
        .db
        .write(ctx.clone(), crate::commands::passwords::proved)
        .await?;
    let key = state.factor_key.clone();
    let work = move |tx: &mut Tx<'_>| factor::begin(tx, &key);
    let (secret, expires_at) = state.db.write(ctx, work).await?;
    let issuer = format!("解忧 {}", state.env.county);
    let uri = secret.uri(&issuer, &user.username);
    secret_reply(
        200,
        &json!({"secret": secret.base32().expose(), "uri": uri.expose(), "expires_at": expires_at}),
    )
}

/// A fresh set as the answer shows it, this once, and the hashes to store.
async fn fresh_codes(state: &State) -> Result<(Vec<SecretText>, Vec<String>), Error> {
    let set = recovery::generate(&state.hasher).await?;
    Ok((set.codes, set.hashes))
}

fn shown_codes(codes: &[SecretText]) -> Result<Answer, Error> {
    let codes: Vec<&str> = codes.iter().map(SecretText::expose).collect();
    secret_reply(200, &json!({"recovery_codes": codes}))
}

async fn confirm(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let code = i.call.read(|o| o.req::<Line<40>>("code"))?;
    let (_, waiting, _) = state.db.write(ctx.clone(), factor::ask).await?;
    let step = factor::first_step(waiting.as_ref(), &state.factor_key, &code.0, ctx.now)?;
    let seen = waiting.ok_or_else(|| Error::of(Code::NoSecondFactor))?;
    let (codes, hashes) = fresh_codes(&state).await?;
    let work = move |tx: &mut Tx<'_>| factor::confirm(tx, &seen, step, &hashes);
    state.db.write(ctx, work).await?;
    shown_codes(&codes)
}

/// The factor in force and the proof of it, after password and code were found right.
async fn own_proof(state: &State, ctx: &Ctx, ask: &Confirmed) -> Result<(Held, Proven), Error> {
    let (user, factor, codes) = state.db.write(ctx.clone(), factor::ask).await?;
    let factor = factor
        .filter(|f| f.confirmed_at.is_some())
        .ok_or_else(|| Error::of(Code::NoSecondFactor))?;
    check_password(state, &user, &ask.password).await?;
    let held = Held { factor, codes };
    match prove(state, &held, &ask.proof, ctx.now).await? {
        Some(proven) => Ok((held, proven)),
        None => Err(wrong(&ask.proof)),
    }
}

fn wrong(proof: &Proof) -> Error {
    Error::invalid(proof.pointer(), "wrong_code")
}

async fn renew(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Confirmed::read)?;
    let (held, proven) = own_proof(&state, &ctx, &ask).await?;
    let (codes, hashes) = fresh_codes(&state).await?;
    let work = move |tx: &mut Tx<'_>| factor::renew(tx, &held, proven, &hashes);
    match state.db.write(ctx, work).await? {
        true => shown_codes(&codes),
        false => Err(wrong(&ask.proof)),
    }
}

async fn disable(i: Incoming) -> Result<Answer, Error> {
    let (state, ctx) = (i.state, i.ctx);
    let ask = i.call.read(Confirmed::read)?;
    let (held, proven) = own_proof(&state, &ctx, &ask).await?;
    let work = move |tx: &mut Tx<'_>| factor::disable(tx, &held, proven);
    match state.db.write(ctx, work).await? {
        true => Ok(Answer::Reply(Reply::empty(204))),
        false => Err(wrong(&ask.proof)),
    }
}
