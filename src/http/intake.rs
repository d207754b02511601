//! Intake: `/cases` and the acts up to acceptance.

use super::route::Route;
use crate::commands::intake as acts;
use crate::queries::intake as views;

pub const ROUTES: &[Route] = &[
    Route::post("/api/v1/cases", "register_case", acts::register),
    Route::patch("/api/v1/cases/{case_id}", "edit_case", acts::edit),
    Route::search(
        "/api/v1/duplicate-candidates",
        "find_duplicates",
        views::probe,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/duplicates",
        "list_duplicates",
        views::duplicates,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/receipt",
        "get_receipt",
        views::receipt,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/screen",
        "screen_case",
        acts::screen,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/reject",
        "reject_case",
        acts::reject,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/accept",
        "accept_case",
        acts::accept,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/co-committees",
        "join_committee",
        acts::join_committee,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/land-notice",
        "give_land_notice",
        acts::land_notice,
    ),
    Route::post("/api/v1/cases/{case_id}/risk", "assess_risk", acts::assess),
    Route::get(
        "/api/v1/cases/{case_id}/issues",
        "list_issues",
        views::list_issues,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/issues",
        "add_issue",
        acts::add_issue,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/issues/{issue_id}/state",
        "move_issue",
        acts::move_issue,
    ),
    Route::post("/api/v1/cases/{case_id}/merge", "merge_case", acts::merge),
    Route::post(
        "/api/v1/cases/{case_id}/unmerge",
        "unmerge_case",
        acts::unmerge,
    ),
];
