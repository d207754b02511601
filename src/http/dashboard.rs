//! `/dashboard`: the county at a glance.

use super::route::Route;
use crate::queries::dashboard;

pub const ROUTES: &[Route] = &[Route::get(
    "/api/v1/dashboard",
    "get_dashboard",
    dashboard::get,
)];
