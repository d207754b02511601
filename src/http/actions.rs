//! What may be done on a case now.

use super::route::Route;
use crate::queries::actions;

pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/cases/{case_id}/actions",
    "list_actions",
    actions::actions,
)];
