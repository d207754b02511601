//! Transfers between units, and who has held a case.

use super::route::Route;
use crate::commands::movement as acts;
use crate::queries::{closed_loop, movement};

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/cases/{case_id}/transfers",
        "list_transfers",
        movement::list,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers",
        "send_transfer",
        acts::send,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/accept",
        "accept_transfer",
        acts::accept,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/return",
        "return_transfer",
        acts::give_back,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/redirect",
        "redirect_transfer",
        acts::pass_on,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/contest",
        "contest_transfer",
        acts::dispute,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/designate",
        "designate_unit",
        acts::decide_quarrel,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/recall",
        "recall_transfer",
        acts::take_back,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/transfers/{transfer_id}/complete",
        "complete_transfer",
        acts::report_result,
    ),
    Route::get("/api/v1/transfers", "review_transfers", movement::queue),
    Route::get(
        "/api/v1/cases/{case_id}/loop",
        "get_closed_loop",
        closed_loop::closed_loop,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/custody",
        "get_custody",
        movement::custody,
    ),
];
