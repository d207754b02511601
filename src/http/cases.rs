//! `/cases`: reading cases.

use super::route::Route;
use crate::queries::cases;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/cases", "list_cases", cases::list),
    Route::search("/api/v1/case-searches", "search_cases", cases::search),
    Route::get("/api/v1/cases/{case_id}", "get_case", cases::get),
    Route::get(
        "/api/v1/cases/{case_id}/timeline",
        "get_timeline",
        cases::timeline,
    ),
];
