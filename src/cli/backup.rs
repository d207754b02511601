//! `backup` and `restore-check`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Outcome;
use crate::app;
use crate::config::Config;
use crate::ctx::{Clock, Ids, SystemClock, SystemIds};
use crate::domain::time::Instant;
use crate::queries::audit::verify_ledger;
use crate::store::conn::DbUrl;
use crate::store::db::{Db, DbOptions};

const MANIFEST: &str = "manifest.json";
const SQLITE_COPY: &str = "jieyou.db";
const PG_DUMP: &str = "jieyou.pgdump";

/// What a backup says of itself.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    made_at: Instant,
    engine: String,
    database: String,
    sha256: String,
    audit_key: String,
    /// The last checkpoint when the backup began; the restored trail must contain it.
    checkpoint: Option<String>,
    files: u64,
}

fn text(e: impl std::fmt::Display) -> String {
    e.to_string()
}

fn hash_file(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(text)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0_u8; 1 << 20];
    loop {
        let n = file.read(&mut buffer).map_err(text)?;
        let Some(part) = buffer.get(..n).filter(|p| !p.is_empty()) else {
            break;
        };
        hasher.update(part);
    }
    Ok(hex::encode(hasher.finalize()))
}

fn last_note(db: &Db) -> Result<Option<String>, String> {
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = app::system_ctx(&SystemClock, &ids);
    db.read_now(&ctx, |snap| snap.last_checkpoint())
        .map(|c| c.map(|c| c.note))
        .map_err(|e| format!("{e:?}"))
}

/// Makes a backup in a fresh directory.
pub fn backup(config: &Config, target: &Path) -> Outcome {
    if target.exists() {
        return Err(format!("{} exists already", target.display()));
    }
    let part = target.with_extension("part");
    std::fs::create_dir_all(&part).map_err(text)?;
    let db = app::open_beside(config).map_err(text)?;
    let checkpoint = last_note(&db)?;
    let (engine, name) = match DbUrl::parse(&config.database_url)? {
        DbUrl::Sqlite(_) => {
            db.copy_sqlite(&part.join(SQLITE_COPY)).map_err(text)?;
            ("sqlite", SQLITE_COPY)
        }
        DbUrl::Postgres(url) => {
            run_tool(
                "pg_dump",
                &[
                    "--format=custom",
                    "--no-owner",
                    "--file",
                    &part.join(PG_DUMP).to_string_lossy(),
                    &url,
                ],
            )?;
            ("postgres", PG_DUMP)
        }
    };
    let files = copy_files(&config.file_dir(), &part.join("files"))?;
    let manifest = Manifest {
        made_at: SystemClock.now(),
        engine: engine.to_owned(),
        database: name.to_owned(),
        sha256: hash_file(&part.join(name))?,
        audit_key: app::audit_key(config)
            .map_err(text)?
            .verifying()
            .to_string(),
        checkpoint,
        files,
    };
    let json = serde_json::to_string_pretty(&manifest).map_err(text)?;
    std::fs::write(part.join(MANIFEST), json).map_err(text)?;
    File::open(part.join(name))
        .and_then(|f| f.sync_all())
        .map_err(text)?;
    std::fs::rename(&part, target).map_err(text)?;
    File::open(target)
        .and_then(|d| d.sync_all())
        .map_err(text)?;
    println!(
        "backup of {engine} with {files} file(s) in {}",
        target.display()
    );
    println!(
        "keys are not in it: keep {} apart and safe",
        config.key_dir().display()
    );
    Ok(())
}

fn copy_files(from: &Path, to: &Path) -> Result<u64, String> {
    std::fs::create_dir_all(to).map_err(text)?;
    let Ok(entries) = std::fs::read_dir(from) else {
        return Ok(0);
    };
    let mut n = 0_u64;
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|t| t.is_file()) {
            std::fs::copy(entry.path(), to.join(entry.file_name())).map_err(text)?;
            n = n.saturating_add(1);
        }
    }
    Ok(n)
}

/// PostgreSQL's own tools do the copy: nobody knows its files better.
#[allow(clippy::disallowed_methods)]
fn run_tool(name: &str, args: &[&str]) -> Outcome {
    let status = std::process::Command::new(name)
        .args(args)
        .status()
        .map_err(|e| format!("{name} is needed for PostgreSQL: {e}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{name} failed: {status}"))
    }
}

/// Restores a copy and checks it; the backup itself is not touched.
pub fn restore_check(backup: &Path, scratch_url: Option<&str>) -> Outcome {
    let manifest =
        std::fs::read_to_string(backup.join(MANIFEST)).map_err(|e| format!("{MANIFEST}: {e}"))?;
    let manifest: Manifest = serde_json::from_str(&manifest).map_err(text)?;
    let source = backup.join(&manifest.database);
    if hash_file(&source)? != manifest.sha256 {
        return Err("the database copy differs from its manifest".to_owned());
    }
    let scratch = tempfile::tempdir().map_err(text)?;
    let url = match manifest.engine.as_str() {
        "sqlite" => {
            let copy: PathBuf = scratch.path().join(SQLITE_COPY);
            std::fs::copy(&source, &copy).map_err(text)?;
            DbUrl::Sqlite(copy)
        }
        _ => {
            let url = scratch_url
                .ok_or("a PostgreSQL backup needs --scratch-url with an empty database")?;
            run_tool(
                "pg_restore",
                &[
                    "--no-owner",
                    "--exit-on-error",
                    "--dbname",
                    url,
                    &source.to_string_lossy(),
                ],
            )?;
            DbUrl::parse(url)?
        }
    };
    let db = Db::open(&DbOptions {
        url,
        connections: 2,
        acquire: Duration::from_secs(10),
    })
    .map_err(text)?;
    let pending = db.pending_migrations().map_err(text)?;
    let faults = db.integrity_faults().map_err(text)?;
    for (table, rows) in db.row_counts().map_err(text)? {
        println!("{table}: {rows}");
    }
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = app::system_ctx(&SystemClock, &ids);
    let pinned = manifest.checkpoint.iter().cloned().collect();
    let report = db
        .read_now(&ctx, |snap| {
            verify_ledger(snap, &manifest.audit_key, pinned)
        })
        .map_err(|e| format!("{e:?}"))?;
    let trail_ok = report.get("ok").and_then(serde_json::Value::as_bool) == Some(true);
    for line in &faults {
        println!("FAULT {line}");
    }
    if !trail_ok {
        println!("{report:#}");
    }
    if faults.is_empty() && trail_ok {
        println!(
            "restore check passed: {} pending migration(s), audit trail verified",
            pending
        );
        Ok(())
    } else {
        Err("the backup has faults".to_owned())
    }
}
