//! `audit`: verify, export, sign, hand the signing key over.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use clap::Subcommand;

use super::Outcome;
use crate::app;
use crate::config::Config;
use crate::crypto::ledger::checkpoint::Rotation;
use crate::crypto::ledger::key::SigningKey;
use crate::crypto::ledger::verify::{Options, verify_export};
use crate::ctx::{Ids, SystemClock, SystemIds};
use crate::error::Error;
use crate::queries::audit::verify_ledger;
use crate::store::db::Db;
use crate::worker::checkpoints::{Failure, Round};
use crate::worker::copies::Copies;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Verify the audit trail: of this database, or of an export with the public key alone.
    Verify {
        /// An export to verify instead of the database.
        #[arg(long)]
        export: Option<PathBuf>,
        /// The public key (`name+hash+base64`); the node's own key if not given.
        #[arg(long)]
        key: Option<String>,
        /// A file with a checkpoint kept elsewhere that the trail must still contain. The database
        /// is always compared with the last note of `checkpoint_file`, if that is set.
        #[arg(long)]
        checkpoint: Vec<PathBuf>,
    },
    /// Write the whole trail as newline-delimited JSON.
    Export {
        /// Target file; `-` for standard output.
        #[arg(default_value = "-")]
        out: String,
    },
    /// Take all committed events into the tree and sign a checkpoint now.
    Checkpoint {
        /// Go on from checkpoints of a key that was lost. Verifiers then need both public keys:
        /// nothing connects them.
        #[arg(long)]
        lost_key: bool,
    },
    /// Make a new signing key and let the old one sign over to it; prints the hand-over and the
    /// new public key. May run beside the service, and again where it broke off.
    RotateKey,
    /// Print the public key that checkpoints are verified with.
    Key,
}

/// Runs an audit command.
pub fn run(config: &Config, command: AuditCommand) -> Outcome {
    match command {
        AuditCommand::Verify {
            export,
            key,
            checkpoint,
        } => {
            let key = match key {
                Some(k) => k,
                None => own_key(config)?,
            };
            let mut pinned = Vec::new();
            for path in checkpoint {
                pinned.push(
                    std::fs::read_to_string(&path)
                        .map_err(|e| format!("{}: {e}", path.display()))?,
                );
            }
            match export {
                Some(path) => verify_file(path, &key, pinned),
                None => {
                    pinned.extend(outside(config)?);
                    verify_database(config, &key, pinned)
                }
            }
        }
        AuditCommand::Export { out } => export_database(config, &out),
        AuditCommand::Checkpoint { lost_key } => checkpoint_now(config, lost_key),
        AuditCommand::RotateKey => rotate_key(config),
        AuditCommand::Key => {
            println!("{}", own_key(config)?);
            Ok(())
        }
    }
}

/// The last checkpoint in this node's copy outside the database.
fn outside(config: &Config) -> Result<Option<String>, String> {
    let file = &config.checkpoint_file;
    if file.is_empty() {
        return Ok(None);
    }
    let last = Copies::at(file.into()).last();
    last.map_err(|e| format!("{file}: {e}"))
}

fn own_key(config: &Config) -> Result<String, String> {
    Ok(app::audit_key(config)
        .map_err(|e| e.to_string())?
        .verifying()
        .to_string())
}

fn database<T>(
    config: &Config,
    f: impl FnOnce(&Db, &crate::ctx::Ctx) -> Result<T, Error>,
) -> Result<T, String> {
    let db = app::open_beside(config).map_err(|e| e.to_string())?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = app::system_ctx(&SystemClock, &ids);
    f(&db, &ctx).map_err(|e| format!("{e:?}"))
}

fn verify_file(path: PathBuf, key: &str, pinned: Vec<String>) -> Outcome {
    let file = File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let key = key.parse().map_err(|e| format!("key: {e}"))?;
    let options = Options {
        keys: vec![key],
        witnesses: Vec::new(),
        pinned,
    };
    let report = verify_export(BufReader::with_capacity(1 << 20, file), options)
        .map_err(|e| e.to_string())?;
    for fault in &report.faults {
        println!("FAULT {}", serde_json::to_string(fault).unwrap_or_default());
    }
    println!(
        "{}: {} events, {} streams, {} leaves, {} checkpoints, {} event(s) newer than the last checkpoint",
        if report.is_ok() { "OK" } else { "FAULTY" },
        report.events,
        report.streams,
        report.leaves,
        report.checkpoints,
        report.window.events
    );
    if report.is_ok() {
        Ok(())
    } else {
        Err(format!("{} fault(s)", report.fault_count))
    }
}

fn verify_database(config: &Config, key: &str, pinned: Vec<String>) -> Outcome {
    let report = database(config, |db, ctx| {
        db.read_now(ctx, |snap| verify_ledger(snap, key, pinned))
    })?;
    println!("{report:#}");
    if report.get("ok").and_then(serde_json::Value::as_bool) == Some(true) {
        Ok(())
    } else {
        Err("the audit trail has faults".to_owned())
    }
}

fn export_database(config: &Config, out: &str) -> Outcome {
    database(config, |db, ctx| {
        db.read_now(ctx, |snap| {
            if out == "-" {
                snap.export_ledger(BufWriter::new(std::io::stdout().lock()))
            } else {
                let file = File::create(out).map_err(Error::internal)?;
                snap.export_ledger(BufWriter::new(file))
            }
        })
    })
}

/// One round of signing.
fn sign(config: &Config, db: &Db, lost_key: bool) -> Result<Round, String> {
    let signer = app::signer(
        config,
        db.clone(),
        Arc::new(SystemClock),
        Arc::new(SystemIds),
    );
    let mut signer = signer.map_err(|e| e.to_string())?;
    if lost_key {
        signer = signer.after_lost_key();
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|e| e.to_string())?;
    runtime.block_on(signer.round()).map_err(|e| e.to_string())
}

fn checkpoint_now(config: &Config, lost_key: bool) -> Outcome {
    let db = app::open_beside(config).map_err(|e| e.to_string())?;
    match sign(config, &db, lost_key)?.last {
        Some(note) => print!("{note}"),
        None => println!("nothing to sign"),
    }
    Ok(())
}

/// How often a hand-over is tried while the service writes on.
const TRIES: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(100);

fn rotate_key(config: &Config) -> Outcome {
    let db = app::open_beside(config).map_err(|e| e.to_string())?;
    let note = app::rotate_audit_key(config, |old, new| hand_over(config, &db, old, new))?;
    // The first checkpoint of the new key covers the hand-over itself.
    sign(config, &db, false)?;
    print!("{note}");
    println!("new public key: {}", own_key(config)?);
    Ok(())
}

/// The note by which the old key signs over to the new one, written to the database.
fn hand_over(
    config: &Config,
    db: &Db,
    old: &SigningKey,
    new: &SigningKey,
) -> Result<String, String> {
    let text = |e: Error| match Failure::from(e) {
        Failure::Refused(why) => why,
        other => other.to_string(),
    };
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = || app::system_ctx(&SystemClock, &ids);
    // A rotation that broke off before the new key was put in its place.
    let last = db.read_now(&ctx(), |snap| snap.rotations());
    if let Some(row) = last.map_err(text)?.pop()
        && Rotation::open(&row.note)
            .is_ok_and(|r| r.old == *old.verifying() && r.new == *new.verifying())
    {
        return Ok(row.note);
    }
    for _ in 0..TRIES {
        sign(config, db, false)?;
        let done = db.write_now(&ctx(), |tx| tx.rotate_audit_key(old, new));
        if let Some(row) = done.map_err(text)? {
            return Ok(row.note);
        }
        std::thread::sleep(BETWEEN);
    }
    Err("the service writes and signs without a pause: try again".to_owned())
}
