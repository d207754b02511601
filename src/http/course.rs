//! The course of a case and its end.

use super::route::Route;
use crate::commands::{closing, course};
use crate::queries::course as views;

pub const ROUTES: &[Route] = &[
    Route::post(
        "/api/v1/cases/{case_id}/suspend",
        "suspend_case",
        course::suspend,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/resume",
        "resume_case",
        course::resume,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/extend",
        "extend_limit",
        course::extend,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/terminate",
        "terminate_case",
        course::terminate,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/withdraw",
        "withdraw_case",
        course::withdraw,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/close",
        "close_case",
        closing::close,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/reopen",
        "reopen_case",
        closing::reopen,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/feedback",
        "give_feedback",
        closing::feedback,
    ),
    Route::get(
        "/api/v1/cases/{case_id}/evaluations",
        "list_evaluations",
        views::evaluations,
    ),
    Route::post(
        "/api/v1/cases/{case_id}/evaluations",
        "add_evaluation",
        closing::evaluate,
    ),
];
