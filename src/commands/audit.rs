//! Acts of auditors.

use super::require;
use crate::call::Call;
use crate::crypto::ledger::key::VerifyingKey;
use crate::domain::ids::VerificationId;
use crate::domain::input::{Line, Text};
use crate::domain::policy::Action;
use crate::error::Error;
use crate::queries::audit::VerificationView;
use crate::reply::Reply;
use crate::store::tables::trail::VerificationRow;
use crate::store::tx::Tx;

/// `POST /audit/verifications`: asks for a run over the whole ledger; a node takes it up.
pub fn request_verification(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ReadAudit)?;
    let (id, key, pinned) = call.read(|o| {
        let id = o.opt::<VerificationId>("id");
        let key = o.opt::<Line<300>>("public_key");
        let pinned = o.list::<Text<4000>>("pinned_checkpoints", 10);
        if let Some(Some(key)) = &key
            && key.0.parse::<VerifyingKey>().is_err()
        {
            o.fault("public_key", "invalid_key");
        }
        Some((id?, key?, pinned?))
    })?;
    let row = VerificationRow {
        id: id.unwrap_or_else(|| tx.ctx.id()),
        state: "queued".to_owned(),
        node: None,
        public_key: key.map_or_else(|| call.env.audit_key.clone(), |k| k.0),
        pinned: pinned.into_iter().map(|t| format!("{}\n", t.0)).collect(),
        requested_by: tx.ctx.actor.user_id,
        requested_at: tx.ctx.now,
        started_at: None,
        touched_at: tx.ctx.now,
        finished_at: None,
        records_read: 0,
        records_total: 0,
        report: None,
    };
    tx.request_verification(&row)?;
    let place = format!("/api/v1/audit/verifications/{}", row.id);
    Ok(Reply::json(202, &VerificationView::from(row))?.header("Location", place))
}
