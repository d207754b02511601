//! Routes of users and their rights.

use super::route::Route;
use crate::commands::{grants, users};
use crate::queries;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/users", "list_users", queries::users::list),
    Route::post("/api/v1/users", "create_user", users::create),
    Route::get("/api/v1/users/{user_id}", "get_user", queries::users::get),
    Route::patch("/api/v1/users/{user_id}", "update_user", users::patch),
    Route::post(
        "/api/v1/users/{user_id}/disable",
        "disable_user",
        users::disable,
    )
    .rights(),
    Route::post(
        "/api/v1/users/{user_id}/enable",
        "enable_user",
        users::enable,
    )
    .rights(),
    Route::post("/api/v1/users/{user_id}/reset", "reset_user", users::reset).rights(),
    Route::get(
        "/api/v1/users/{user_id}/grants",
        "list_grants",
        queries::users::grants,
    ),
    Route::post(
        "/api/v1/users/{user_id}/grants",
        "grant_role",
        grants::grant,
    )
    .rights(),
    Route::delete(
        "/api/v1/users/{user_id}/grants/{grant_id}",
        "revoke_role",
        grants::revoke,
    )
    .rights(),
    Route::get(
        "/api/v1/users/{user_id}/relatives",
        "list_relatives",
        queries::users::relatives,
    ),
    Route::post(
        "/api/v1/users/{user_id}/relatives",
        "declare_relative",
        users::declare_relative,
    ),
];
