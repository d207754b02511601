//! Clocks, their policies and the calendars they are counted on.

use super::route::Route;
use crate::commands::clocks;
use crate::queries::clocks as views;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/clocks",
        "list_case_clocks",
        views::of_case,
    ),
    Route::get("/api/v1/clocks/{clock_id}", "get_clock", views::one),
    Route::get(
        "/api/v1/clocks/{clock_id}/explain",
        "explain_clock",
        views::explained,
    ),
    Route::post(
        "/api/v1/clocks/{clock_id}/pause",
        "pause_clock",
        clocks::pause,
    ),
    Route::post(
        "/api/v1/clocks/{clock_id}/resume",
        "resume_clock",
        clocks::resume,
    ),
    Route::post(
        "/api/v1/clocks/{clock_id}/extend",
        "extend_clock",
        clocks::extend,
    ),
    Route::get(
        "/api/v1/clock-policies",
        "list_clock_policies",
        views::policies,
    ),
    Route::get("/api/v1/calendars", "list_calendars", views::calendars),
    Route::search(
        "/api/v1/calendars/dry-runs",
        "dry_run_calendar",
        views::dry_run,
    ),
    Route::post("/api/v1/calendars", "commit_calendar", clocks::commit),
];
