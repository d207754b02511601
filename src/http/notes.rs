//! Working notes and caucus notes.

use super::route::Route;
use crate::commands::notes as commands;
use crate::queries::notes as queries;

pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/cases/{case_id}/sessions/{session_id}/caucus-notes",
        "write_caucus_note",
        commands::write_caucus,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/caucus-notes",
        "list_caucus_notes",
        queries::caucus,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/notes",
        "list_notes",
        queries::working,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/notes",
        "write_note",
        commands::write,
    ),
];
