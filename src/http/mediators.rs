//! The mediating team: appointment, conflicts, recusal.

use super::route::Route;
use crate::commands::mediators as commands;
use crate::queries::mediators as queries;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/assignments",
        "list_assignments",
        queries::assignments,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/assignments",
        "appoint_mediator",
        commands::appoint,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/assignments/{assignment_id}/disclose",
        "disclose_conflict",
        commands::disclose,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/assignments/{assignment_id}/waive",
        "waive_conflict",
        commands::waive,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/assignments/{assignment_id}/release",
        "release_mediator",
        commands::release,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/assignments/{assignment_id}/replace",
        "replace_mediator",
        commands::replace,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/recusals",
        "list_recusals",
        queries::recusals,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/recusals",
        "request_recusal",
        commands::request_recusal,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/mediator-candidates",
        "list_mediator_candidates",
        queries::candidates,
    ),
];
