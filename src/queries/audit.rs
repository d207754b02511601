//! The audit trail for auditors: events, checkpoints, proofs, verification.

use serde::Serialize;
use serde_json::{Value, json};

use crate::call::Call;
use crate::crypto::ledger::checkpoint::Rotation;
use crate::crypto::ledger::key::VerifyingKey;
use crate::crypto::ledger::verify::{Options, Verifier};
use crate::domain::ids::{CaseId, UserId, VerificationId};
use crate::domain::input::Line;
use crate::domain::policy::{Action, Verdict, decide_general};
use crate::domain::time::Instant;
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::ledger_read::Found;
use crate::store::tables::system::CheckpointRow;
use crate::store::tables::trail::VerificationRow;
use crate::store::tx::Snap;

fn auditor(snap: &Snap<'_>) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, Action::ReadAudit) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Code::Forbidden)),
    }
}

#[derive(Serialize)]
struct CheckpointView {
    size: i64,
    root: String,
    note: String,
    created_at: Instant,
}

impl From<CheckpointRow> for CheckpointView {
    fn from(c: CheckpointRow) -> Self {
        Self {
            size: c.size,
            root: c.root,
            note: c.note,
            created_at: c.created_at,
        }
    }
}

/// `GET /audit/checkpoints`: newest first. Public: a checkpoint says nothing but a count.
pub fn checkpoints(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let page = q.page::<i64>()?;
    q.finish()?;
    let rows = snap.checkpoints(page.after, page.fetch())?;
    page.cut(&call.env, rows, |c| c.size, CheckpointView::from)?
        .reply()
}

/// `GET /audit/checkpoints/latest`.
pub fn latest(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let row = snap.last_checkpoint()?.ok_or_else(Error::not_found)?;
    Reply::json(200, &CheckpointView::from(row))
}

/// `GET /audit/public-keys`: the key that signs first, then those before it, and the hand-overs
/// by which a verifier goes from any of them to any other.
pub fn public_keys(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let mut keys = vec![call.env.audit_key.clone()];
    let mut notes = Vec::new();
    for row in snap.rotations()? {
        if let Ok(r) = Rotation::open(&row.note) {
            for key in [r.old, r.new] {
                // Oldest first: what a hand-over names stands behind all before it.
                let key = key.to_string();
                keys.retain(|k| *k != key);
                keys.push(key);
            }
        }
        notes.push(row.note);
    }
    keys.reverse();
    Reply::json(200, &json!({"data": keys, "rotations": notes}))
}

#[derive(Serialize)]
struct EventView {
    stream: String,
    seq: i64,
    at: Instant,
    actor: String,
    action: String,
    hash: String,
    /// The canonical header text, as hashed.
    header: String,
    payload: Value,
}

/// `GET /audit/events?stream=…`: one stream in order.
pub fn events(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    auditor(snap)?;
    let q = call.query();
    let page = q.page::<i64>()?;
    let stream = q
        .get::<Line<120>>("stream")?
        .ok_or_else(|| Error::with(Code::BadQuery, "stream"))?;
    q.finish()?;
    let rows = snap.stream_events(&stream.0, page.after.unwrap_or(0), page.fetch())?;
    let out = page.cut(
        &call.env,
        rows,
        |e| e.row.seq,
        |e| EventView {
            stream: e.row.stream,
            seq: e.row.seq,
            at: e.row.at,
            actor: e.row.actor,
            action: e.row.action,
            hash: e.row.hash,
            header: e.row.header,
            payload: e
                .row
                .payload
                .and_then(|p| serde_json::from_str(&p).ok())
                .unwrap_or(Value::Null),
        },
    )?;
    Ok(out.reply()?.reads("stream", stream.0))
}

fn hexes(proof: Vec<[u8; 32]>) -> Vec<String> {
    proof.into_iter().map(hex::encode).collect()
}

fn number(q: &crate::call::Query<'_>, name: &'static str) -> Result<Option<i64>, Error> {
    let bad = || Error::with(Code::BadQuery, name);
    q.text(name)
        .map(|t| t.parse::<i64>().ok().filter(|n| *n >= 0).ok_or_else(bad))
        .transpose()
}

/// `GET /audit/inclusion-proof?stream=&seq=[&size=]`. Who may see the case may prove its events.
pub fn inclusion(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let bad = |name: &str| Error::with(Code::BadQuery, name);
    let stream = q
        .get::<Line<120>>("stream")?
        .ok_or_else(|| bad("stream"))?
        .0;
    let seq = number(&q, "seq")?.ok_or_else(|| bad("seq"))?;
    let size = number(&q, "size")?;
    q.finish()?;
    match stream.strip_prefix("case/").and_then(CaseId::parse) {
        Some(case) if decide_general(&snap.ctx.actor, Action::ReadAudit) != Verdict::Allow => {
            snap.case_for(Action::ViewCase, case)?;
        }
        Some(_) => {}
        None => auditor(snap)?,
    }
    let checkpoint = snap.last_checkpoint()?.ok_or_else(Error::not_found)?;
    let size = size.unwrap_or(checkpoint.size);
    if size > checkpoint.size {
        return Err(bad("size"));
    }
    let leaf = snap.leaf_of(&stream, seq)?;
    let unsigned = |n: i64| u64::try_from(n).map_err(Error::internal);
    let proof = snap.inclusion(unsigned(size)?, unsigned(leaf.leaf_index)?)?;
    Reply::json(
        200,
        &json!({
            "stream": stream, "seq": seq, "event_hash": leaf.hash, "leaf_index": leaf.leaf_index,
            "size": size, "proof": hexes(proof), "checkpoint": checkpoint.note,
        }),
    )
}

/// `GET /audit/consistency-proof?from=&to=`.
pub fn consistency(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let from = number(&q, "from")?.ok_or_else(|| Error::with(Code::BadQuery, "from"))?;
    let to = number(&q, "to")?;
    q.finish()?;
    let last = snap.last_checkpoint()?.ok_or_else(Error::not_found)?.size;
    let to = to.unwrap_or(last);
    if from > to || to > last {
        return Err(Error::with(Code::BadQuery, "to"));
    }
    let unsigned = |n: i64| u64::try_from(n).map_err(Error::internal);
    let proof = snap.consistency(unsigned(from)?, unsigned(to)?)?;
    Reply::json(200, &json!({"from": from, "to": to, "proof": hexes(proof)}))
}

/// Verifies the ledger of this database with the public key alone.
pub fn verify_ledger(snap: &mut Snap<'_>, key: &str, pinned: Vec<String>) -> Result<Value, Error> {
    verify_watched(snap, key, pinned, &mut || true)?.ok_or_else(|| Error::internal("ended early"))
}

/// Like [`verify_ledger`]; `go_on` is asked at every record, and `None` is what its no leads to.
pub fn verify_watched(
    snap: &mut Snap<'_>,
    key: &str,
    pinned: Vec<String>,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Option<Value>, Error> {
    let key: VerifyingKey = key.parse().map_err(Error::internal)?;
    let mut verifier = Verifier::new(Options {
        keys: vec![key],
        witnesses: Vec::new(),
        pinned,
    });
    let mut ended = false;
    let read = snap.ledger_records(|found| {
        if !go_on() {
            ended = true;
            return Err(Error::of(Code::Unavailable));
        }
        match found {
            Found::Record(record) => verifier.record(&record),
            Found::Fault(fault) => verifier.fault(fault),
        }
        Ok(())
    });
    if ended {
        return Ok(None);
    }
    read?;
    let mut report = verifier.finish();
    for fault in snap.pending_faults(&report.window)? {
        report.add(fault);
    }
    Ok(Some(json!({
        "ok": report.is_ok(),
        "events": report.events,
        "streams": report.streams,
        "leaves": report.leaves,
        "checkpoints": report.checkpoints,
        "verified_size": report.verified.as_ref().map(|c| c.size),
        "payloads": report.payloads,
        "absent": report.absent,
        "window": report.window,
        "fault_count": report.fault_count,
        "faults": report.faults,
    })))
}

/// `GET /audit/verifications`: newest first, without their reports.
pub fn verifications(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    auditor(snap)?;
    let q = call.query();
    let page = q.page::<VerificationId>()?;
    q.finish()?;
    let rows = snap.verifications(page.after, page.fetch())?;
    let view = |row| VerificationView {
        report: None,
        ..VerificationView::from(row)
    };
    page.cut(&call.env, rows, |r| r.id, view)?.reply()
}

/// `GET /audit/verifications/{verification_id}`.
pub fn verification(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    auditor(snap)?;
    call.query().finish()?;
    let row = snap.verification(call.id("verification_id")?)?;
    Reply::json(200, &VerificationView::from(row))
}

/// A run of the verification as an auditor sees it.
#[derive(Serialize)]
pub struct VerificationView {
    id: VerificationId,
    state: String,
    node: Option<String>,
    public_key: String,
    pinned_checkpoints: Vec<String>,
    requested_by: UserId,
    requested_at: Instant,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
    progress: Progress,
    /// Whether no fault was found; null until it is done.
    ok: Option<bool>,
    report: Option<Value>,
}

/// Records of the ledger; the total is an estimate until the run is done.
#[derive(Serialize)]
struct Progress {
    read: i64,
    total: i64,
}

impl From<VerificationRow> for VerificationView {
    fn from(row: VerificationRow) -> Self {
        let ok = row.report.as_ref().and_then(|r| r.get("ok")?.as_bool());
        Self {
            id: row.id,
            state: row.state,
            node: row.node,
            public_key: row.public_key,
            pinned_checkpoints: row.pinned,
            requested_by: row.requested_by,
            requested_at: row.requested_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
            progress: Progress {
                read: row.records_read,
                total: row.records_total,
            },
            ok,
            report: row.report,
        }
    }
}
