//! `/fabrication-signals`: cases that may be made up.

use super::route::Route;
use crate::commands::signals as acts;
use crate::queries::signals;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/fabrication-signals",
        "list_fabrication_signals",
        signals::list,
    ),
    Route::get(
        "/api/v1/fabrication-signals/{signal_id}",
        "get_fabrication_signal",
        signals::get,
    ),
    Route::post(
        "/api/v1/fabrication-signals/{signal_id}/review",
        "review_fabrication_signal",
        acts::review,
    ),
];
