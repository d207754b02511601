//! A party's own word on a closed case. Open to everybody who holds a code; the code travels in the
//! body, never in an address that proxies write down.

use super::route::{Answer, BodyKind, Incoming, Route};
use crate::commands::party_checks as acts;
use crate::crypto::party_code::party_code_hash;
use crate::domain::input::Line;
use crate::domain::rules::party_checks::PartyWord;
use crate::error::{Code, Error};
use crate::queries::party_checks as views;
use crate::reply::Reply;
use crate::store::tx::Tx;

pub const ROUTES: &[Route] = &[
    Route::special(
        "POST",
        "/api/v1/party-confirmations/open",
        "open_party_confirmation",
        BodyKind::Json,
        |i| Box::pin(open(i)),
    )
    .public(),
    Route::special(
        "POST",
        "/api/v1/party-confirmations",
        "answer_party_confirmation",
        BodyKind::Json,
        |i| Box::pin(answer(i)),
    )
    .public(),
    Route::get(
        "/api/v1/cases/{case_id}/party-confirmations",
        "list_party_confirmations",
        views::of_case,
    ),
];

/// Counts the attempt, in a commit of its own: it stays counted whatever comes of it.
async fn admit(i: &Incoming, hash: &str) -> Result<(), Error> {
    let hash = hash.to_owned();
    let work = move |tx: &mut Tx<'_>| acts::admit(tx, &hash);
    match i.state.db.write(i.ctx.clone(), work).await? {
        Some(seconds) => Err(Error::Wait(Code::TooManyRequests, seconds)),
        None => Ok(()),
    }
}

/// `POST /party-confirmations/open`: what the holder of the code is asked.
async fn open(i: Incoming) -> Result<Answer, Error> {
    let code = i.call.read(|o| o.req::<Line<100>>("code"))?;
    let hash = party_code_hash(&i.state.env.blind, &code.0);
    admit(&i, &hash).await?;
    let reply = i
        .state
        .db
        .read(i.ctx.clone(), move |snap| views::question(snap, &hash))
        .await?;
    Ok(Answer::Reply(reply))
}

/// `POST /party-confirmations`: the answer, once.
async fn answer(i: Incoming) -> Result<Answer, Error> {
    let word = i.call.read(PartyWord::read)?;
    let hash = party_code_hash(&i.state.env.blind, &word.code);
    admit(&i, &hash).await?;
    let work = move |tx: &mut Tx<'_>| acts::answer(tx, &hash, &word);
    i.state.db.write(i.ctx.clone(), work).await?;
    let reply = Reply::json(200, &serde_json::json!({"recorded": true}))?;
    Ok(Answer::Reply(reply.header("Cache-Control", "no-store")))
}
