//! Routes of units, committees and rooms.

use super::route::Route;
use crate::commands::{committees, orgs};
use crate::queries;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/org-units",
        "list_org_units",
        queries::orgs::list_orgs,
    ),
    Route::post("/api/v1/org-units", "create_org_unit", orgs::create),
    Route::get(
        "/api/v1/org-units/{org_id}",
        "get_org_unit",
        queries::orgs::get_org,
    ),
    Route::patch("/api/v1/org-units/{org_id}", "update_org_unit", orgs::patch).rights(),
    Route::get(
        "/api/v1/committees",
        "list_committees",
        queries::orgs::list_committees,
    ),
    Route::post("/api/v1/committees", "create_committee", committees::create),
    Route::get(
        "/api/v1/committees/{committee_id}",
        "get_committee",
        queries::orgs::get_committee,
    ),
    Route::patch(
        "/api/v1/committees/{committee_id}",
        "update_committee",
        committees::patch,
    ),
    Route::get(
        "/api/v1/committees/{committee_id}/members",
        "list_members",
        queries::orgs::members,
    ),
    Route::post(
        "/api/v1/committees/{committee_id}/members",
        "add_member",
        committees::add_member,
    ),
    Route::post(
        "/api/v1/committees/{committee_id}/members/{member_id}/end",
        "end_member",
        committees::end_member,
    ),
    Route::get("/api/v1/rooms", "list_rooms", queries::orgs::list_rooms),
    Route::post("/api/v1/rooms", "create_room", orgs::create_room),
];
