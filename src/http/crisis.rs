//! Crises.

use super::route::Route;
use crate::commands::crisis as acts;
use crate::queries::crisis;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/crisis-tiers", "list_crisis_tiers", crisis::tiers),
    Route::get("/api/v1/crises", "list_crises", crisis::list),
    Route::get(
        "/api/v1/cases/{case_id}/crises",
        "list_case_crises",
        crisis::of_case,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises",
        "raise_crisis",
        acts::raise,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/crises/{crisis_id}",
        "get_crisis",
        crisis::one,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/acknowledge",
        "acknowledge_crisis",
        acts::acknowledge,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/steps",
        "record_crisis_step",
        acts::do_step,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/assess",
        "assess_crisis",
        acts::assess,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/hand-over",
        "hand_over_crisis",
        acts::hand_over,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/stable",
        "find_crisis_stable",
        acts::stabilise,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/review",
        "review_crisis",
        acts::review,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/confirm-review",
        "confirm_crisis_review",
        acts::confirm,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/crises/{crisis_id}/close",
        "close_crisis",
        acts::close,
    ),
];
