//! Parties and participants of a case.

use std::future::Future;
use std::pin::Pin;

use super::route::{Answer, BodyKind, Incoming, Route};
use crate::commands::{participants as others, people as acts};
use crate::error::Error;
use crate::queries::people as views;

type Working = Pin<Box<dyn Future<Output = Result<Answer, Error>>>>;

/// A reveal is never answered from a kept reply: each look is a fact of its own, asks for the right
/// anew, and leaves no copy of the data behind.
fn reveal(incoming: Incoming) -> Working {
    Box::pin(async move {
        let call = incoming.call.clone();
        let reply = incoming.act(move |tx| acts::look(tx, &call)).await?;
        Ok(Answer::Reply(reply))
    })
}

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/parties",
        "list_parties",
        views::parties,
    ),
    Route::post("/api/v1/cases/{case_id}/parties", "add_party", acts::add),
    Route::patch(
        "/api/v1/cases/{case_id}/parties/{party_id}",
        "edit_party",
        acts::edit,
    ),
    Route::special(
        "POST",
        "/api/v1/cases/{case_id}/parties/{party_id}/reveal",
        "reveal_party",
        BodyKind::Json,
        reveal,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/ask-consent",
        "ask_consent",
        acts::ask_consent,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/consent",
        "record_consent",
        acts::record_consent,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/demand-termination",
        "demand_termination",
        acts::demand_termination,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/rights-notice",
        "give_rights_notice",
        acts::rights_notice,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/child-view",
        "record_child_view",
        acts::child_view,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/withdraw",
        "withdraw_party",
        acts::withdraw,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/substitute",
        "substitute_party",
        acts::substitute,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/representative",
        "elect_representative",
        acts::elect,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/settle-authority",
        "authorise_settlement",
        acts::authorise,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/parties/{party_id}/accept-mediator",
        "accept_mediator",
        acts::accept_mediator,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/participants",
        "list_participants",
        views::participants,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/participants",
        "add_participant",
        others::add,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/participants/{participant_id}/consents",
        "record_invitee_consent",
        others::record_consent,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/participants/{participant_id}/revoke",
        "revoke_participant",
        others::revoke,
    ),
];
