//! The course of a petition beside its mediation.

use super::route::Route;
use crate::commands::petitions as acts;

pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/cases/{case_id}/petition/accept",
        "accept_petition",
        acts::accept,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/petition/reply",
        "reply_petition",
        acts::reply,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/petition/review",
        "ask_petition_review",
        acts::review,
    ),
];
