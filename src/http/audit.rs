//! `/audit`: what an auditor, or anybody with the public key, needs.

use super::route::Route;
use crate::commands::audit as act;
use crate::queries::audit;

pub const ROUTES: &[Route] = &[
    Route::get(
        "/api/v1/audit/checkpoints",
        "list_checkpoints",
        audit::checkpoints,
    )
    .public(),
    Route::get(
        "/api/v1/audit/checkpoints/latest",
        "latest_checkpoint",
        audit::latest,
    )
    .public(),
    Route::get(
        "/api/v1/audit/public-keys",
        "list_audit_keys",
        audit::public_keys,
    )
    .public(),
    Route::get("/api/v1/audit/events", "list_audit_events", audit::events),
    Route::get(
        "/api/v1/audit/inclusion-proof",
        "get_inclusion_proof",
        audit::inclusion,
    ),
    Route::get(
        "/api/v1/audit/consistency-proof",
        "get_consistency_proof",
        audit::consistency,
    )
    .public(),
    Route::post(
        "/api/v1/audit/verifications",
        "verify_audit",
        act::request_verification,
    ),
    Route::get(
        "/api/v1/audit/verifications",
        "list_audit_verifications",
        audit::verifications,
    ),
    Route::get(
        "/api/v1/audit/verifications/{verification_id}",
        "get_audit_verification",
        audit::verification,
    ),
];
