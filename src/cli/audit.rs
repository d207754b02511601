//! `audit verify` and `audit export`.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::PathBuf;
use std::sync::Arc;

use clap::Subcommand;

use super::Outcome;
use crate::app;
use crate::config::Config;
use crate::crypto::ledger::verify::{Options, verify_export};
use crate::ctx::{Ids, SystemClock, SystemIds};
use crate::queries::audit::verify_ledger;
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
    Checkpoint,
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
        AuditCommand::Checkpoint => checkpoint_now(config),
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
    f: impl FnOnce(&crate::store::db::Db, &crate::ctx::Ctx) -> Result<T, crate::error::Error>,
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
                let file = File::create(out).map_err(crate::error::Error::internal)?;
                snap.export_ledger(BufWriter::new(file))
            }
        })
    })
}

fn checkpoint_now(config: &Config) -> Outcome {
    let db = app::open_beside(config).map_err(|e| e.to_string())?;
    let signer = app::signer(config, db, Arc::new(SystemClock), Arc::new(SystemIds));
    let signer = signer.map_err(|e| e.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .map_err(|e| e.to_string())?;
    let round = runtime
        .block_on(signer.round())
        .map_err(|e| e.to_string())?;
    match round.last {
        Some(note) => print!("{note}"),
        None => println!("nothing to sign"),
    }
    Ok(())
}
