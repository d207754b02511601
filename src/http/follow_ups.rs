//! Follow-up visits.

use super::route::Route;
use crate::commands::follow_ups as acts;
use crate::queries::follow_ups as views;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/follow-ups",
        "list_case_follow_ups",
        views::of_case,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/follow-ups",
        "plan_follow_up",
        acts::plan,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/follow-ups/{follow_up_id}/record",
        "record_follow_up",
        acts::record,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/follow-ups/{follow_up_id}/waive",
        "waive_follow_up",
        acts::waive,
    ),
    Route::get("/api/v1/follow-ups", "list_follow_ups", views::list),
];
