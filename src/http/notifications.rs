//! Inbox, notice preferences, webhooks.

use super::route::Route;
use crate::commands::notifications as act;
use crate::queries::notifications as read;

pub const ROUTES: &[Route] = &[
    Route::get("/api/v1/inbox", "list_inbox", read::inbox),
    Route::post("/api/v1/inbox/read-all", "read_all_inbox", act::read_all),
    Route::post(
        "/api/v1/inbox/{inbox_id}/read",
        "read_inbox_item",
        act::read,
    ),
    Route::get(
        "/api/v1/notice-preferences",
        "get_notice_preferences",
        read::preferences,
    ),
    Route::put(
        "/api/v1/notice-preferences",
        "set_notice_preferences",
        act::set_preferences,
    ),
    Route::get("/api/v1/webhooks", "list_webhooks", read::webhooks),
    Route::post("/api/v1/webhooks", "create_webhook", act::create_webhook),
    Route::delete(
        "/api/v1/webhooks/{webhook_id}",
        "delete_webhook",
        act::delete_webhook,
    ),
    Route::post(
        "/api/v1/webhooks/{webhook_id}/rotate-secret",
        "rotate_webhook_secret",
        act::rotate_secret,
    ),
    Route::get(
        "/api/v1/webhooks/{webhook_id}/deliveries",
        "list_webhook_deliveries",
        read::deliveries,
    ),
    Route::post(
        "/api/v1/webhooks/{webhook_id}/deliveries/{message_id}/retry",
        "retry_webhook_delivery",
        act::retry_delivery,
    ),
];
