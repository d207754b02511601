//! Flags, incidents, and what is filed with a case.

use super::route::Route;
use crate::commands::records as acts;
use crate::queries::records;

pub const ROUTES: &[Route] = &[
    Route::post("/api/v1/cases/{case_id}/flags", "raise_flag", acts::flag),
    Route::get(
        "/api/v1/cases/{case_id}/incidents",
        "list_incidents",
        records::incidents,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/incidents",
        "record_incident",
        acts::flag,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/incidents/{incident_id}/report",
        "report_incident",
        acts::report_incident,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/incidents/{incident_id}/close",
        "close_incident",
        acts::close,
    ),
];
