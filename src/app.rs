//! Wires the parts together; the one file that knows everybody.

use std::io::Write;
use std::num::NonZeroU32;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use jiff::SignedDuration;

mod clocks;

use crate::commands::second_factor::FactorKey;
use crate::config::Config;
use crate::crypto::cursor::Cursors;
use crate::crypto::jwt::Authority;
use crate::crypto::keys::{self, KeySet, Rotation, SigningKey, Upkeep};
use crate::crypto::ledger::key as note;
use crate::crypto::password::{Cost, Hasher};
use crate::crypto::refresh::RefreshPolicy;
use crate::crypto::secret::{MacKey, random_bytes};
pub use crate::ctx::system_ctx;
use crate::ctx::{Clock, Ids, SystemClock, SystemIds};
use crate::domain::time::Instant;
use crate::env::Env;
use crate::http::metrics::Metrics;
use crate::http::state::{Limits, State};
use crate::store::access_log::AccessLog;
use crate::store::conn::DbUrl;
use crate::store::db::{Db, DbOptions, OpenFault};
use crate::worker;
use crate::worker::checkpoints::{KeySource, Signer};
use crate::worker::compose::Desk;
use crate::worker::duties::{Duties, Keep};
use crate::worker::run::{self, Worker};
use crate::worker::verifications::Runner;

/// What differs between the real process and a test.
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub cost: Cost,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(SystemIds),
            cost: Cost::default(),
        }
    }
}

fn fault(e: impl std::fmt::Display) -> OpenFault {
    OpenFault(e.to_string())
}

/// Opens the database that the settings name.
pub fn open_db(config: &Config) -> Result<Db, OpenFault> {
    let url = DbUrl::parse(&config.database_url).map_err(OpenFault)?;
    Db::open(&DbOptions {
        url,
        connections: config.database_connections,
        acquire: Duration::from_secs(1),
    })
}

/// Opens the database beside a running service, for reading and for commands that take the
/// database's own locks.
pub fn open_beside(config: &Config) -> Result<Db, OpenFault> {
    let url = DbUrl::parse(&config.database_url).map_err(OpenFault)?;
    if let DbUrl::Sqlite(path) = &url
        && !path.is_file()
    {
        return Err(OpenFault(format!("{} does not exist", path.display())));
    }
    Db::open_shared(&DbOptions {
        url,
        connections: 2,
        acquire: Duration::from_secs(10),
    })
}

/// Builds the shared state of the edge. The database must be migrated.
pub fn build(config: &Config, db: Db, parts: Parts) -> Result<Arc<State>, OpenFault> {
    let key_dir = config.key_dir();
    let mac = mac_key(&key_dir)?;
    let limits = Limits {
        body_bytes: 256 * 1024,
        body_time: Duration::from_secs(config.body_seconds),
        handler_time: Duration::from_secs(config.request_seconds),
        in_flight: config.max_in_flight,
        per_second: NonZeroU32::new(config.rate_per_second).unwrap_or(NonZeroU32::MIN),
        burst: NonZeroU32::new(config.rate_burst).unwrap_or(NonZeroU32::MIN),
    };
    let env = Env {
        cursors: Cursors::new(mac.derive("cursor")),
        files: config.file_dir(),
        max_file_bytes: config.max_file_mib.saturating_mul(1024 * 1024),
        public_url: config.public_url.trim_end_matches('/').to_owned(),
        mail_domain: config.mail_domain(),
        audit_key: audit_key(config)?.verifying().to_string(),
        webhooks: config.webhook_policy().map_err(OpenFault)?,
        blind: mac.derive("blind"),
        second_factor: config.factor_policy(),
        county: config.county.clone(),
    };
    clocks::prepare(config, &db, &parts).map_err(OpenFault)?;
    let now = parts.clock.now();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Ok(Arc::new(State {
        log: AccessLog::start(db.clone(), config.node.clone()),
        db,
        env: Arc::new(env),
        authority: Authority::new(
            &config.issuer,
            &config.audience,
            SignedDuration::from_mins(10),
        ),
        keys: Arc::new(RwLock::new(token_keys(&key_dir, now)?)),
        key_dir,
        hasher: Hasher::for_cores(parts.cost, cores).map_err(fault)?,
        refresh: RefreshPolicy::default(),
        factor_key: FactorKey::of(&mac).map_err(fault)?,
        mac,
        trusted_proxies: config.trusted_proxies.clone(),
        actors: State::actor_cache(),
        rate: State::rate_limiter(&limits),
        limits,
        draining: AtomicBool::new(false),
        in_flight: AtomicUsize::new(0),
        metrics: Metrics::new().map_err(fault)?,
        clock: parts.clock,
        ids: parts.ids,
    }))
}

/// Builds the worker that delivers mail and webhooks.
pub fn worker(
    config: &Config,
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    metrics: &Metrics,
) -> Result<Worker, OpenFault> {
    worker_parts(config, db, clock, ids, metrics).map(Worker::new)
}

/// Builds what does the duties of time.
pub fn duties(db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Duties {
    Duties { db, clock, ids }
}

/// How long what is done with is kept.
pub fn keep(config: &Config) -> Keep {
    Keep {
        sent_days: config.retention.outbox_sent_days,
        dead_days: config.retention.outbox_dead_days,
    }
}

/// What a worker is built of.
pub fn worker_parts(
    config: &Config,
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    metrics: &Metrics,
) -> Result<run::Parts, OpenFault> {
    let (mailer, from) = worker::build::mailer(config).map_err(OpenFault)?;
    Ok(run::Parts {
        db,
        clock,
        ids,
        desk: Desk {
            from,
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            mail_domain: config.mail_domain(),
        },
        mailer,
        hooks: worker::build::hooks(config).map_err(OpenFault)?,
        sms: worker::build::sms(config).map_err(OpenFault)?,
        codes: mac_key(&config.key_dir())?.derive("blind"),
        meters: run::Meters {
            due: metrics.outbox_due.clone(),
            dead: metrics.outbox_dead.clone(),
            deliveries: metrics.deliveries.clone(),
        },
        probe: None,
        grace: run::GRACE,
    })
}

/// Builds what signs checkpoints over the audit trail.
pub fn signer(
    config: &Config,
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Signer, OpenFault> {
    let copy = Some(&config.checkpoint_file).filter(|f| !f.is_empty());
    audit_key(config)?;
    let (path, origin) = (audit_key_path(config), config.audit_origin.clone());
    let key: KeySource = Arc::new(move || {
        let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        note::SigningKey::from_file(&origin, &bytes).map_err(|e| e.to_string())
    });
    Ok(Signer::new(db, clock, ids, key, copy.map(Into::into)))
}

/// Builds what runs the verifications that auditors ask for.
pub fn verifications(config: &Config, db: Db, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Runner {
    Runner {
        db,
        clock,
        ids,
        node: config.node.clone(),
    }
}

/// Writes a secret file that only we may read; an existing one is left alone. The file appears
/// whole or not at all: another node may read the directory at any time.
fn write_secret(path: &Path, bytes: &[u8]) -> Result<(), OpenFault> {
    let dir = path.parent().unwrap_or_else(|| Path::new("."));
    // Made with mode 0600 and a name nobody else has; removed by itself on every failure.
    let mut file = tempfile::NamedTempFile::new_in(dir).map_err(fault)?;
    file.write_all(bytes).map_err(fault)?;
    let mode = std::fs::Permissions::from_mode(0o400);
    file.as_file().set_permissions(mode).map_err(fault)?;
    file.as_file().sync_all().map_err(fault)?;
    file.persist_noclobber(path).map_err(fault)?;
    std::fs::File::open(dir)
        .and_then(|d| d.sync_all())
        .map_err(fault)
}

/// The root of keyed hashes; made at the first start.
pub fn mac_key(dir: &Path) -> Result<MacKey, OpenFault> {
    std::fs::create_dir_all(dir).map_err(fault)?;
    let path = dir.join("mac.key");
    if !path.exists() {
        let bytes: [u8; 32] = random_bytes().map_err(fault)?;
        // Two nodes that start together: the loser reads the winner's key.
        if let Err(e) = write_secret(&path, &bytes)
            && !path.exists()
        {
            return Err(e);
        }
    }
    MacKey::new(&std::fs::read(&path).map_err(fault)?).map_err(fault)
}

/// Takes the lock of the key directory, so that two nodes do not both make a key.
fn lock_keys(dir: &Path) -> Result<std::fs::File, OpenFault> {
    use fs4::fs_std::FileExt;
    std::fs::create_dir_all(dir).map_err(fault)?;
    let file = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join(".lock"))
        .map_err(fault)?;
    file.lock_exclusive().map_err(fault)?;
    Ok(file)
}

/// Reads the token keys; makes and removes what rotation asks for.
pub fn token_keys(dir: &Path, now: Instant) -> Result<KeySet, OpenFault> {
    let dir = dir.join("tokens");
    let _lock = lock_keys(&dir)?;
    let set = read_token_keys(&dir)?;
    let work = set.upkeep(now, &Rotation::default());
    if work.is_empty() {
        return Ok(set);
    }
    for step in work {
        match step {
            Upkeep::Generate { activates } => make_token_key(&dir, now, activates)?,
            Upkeep::Remove { kid } => remove_token_key(&dir, &kid)?,
        }
    }
    read_token_keys(&dir)
}

/// Makes the next token key ahead of its time; it signs as soon as everybody can have seen it.
pub fn rotate_token_key(dir: &Path, now: Instant) -> Result<KeySet, OpenFault> {
    let dir = dir.join("tokens");
    let _lock = lock_keys(&dir)?;
    let activates = read_token_keys(&dir)?.soonest(now, &Rotation::default());
    make_token_key(&dir, now, activates)?;
    read_token_keys(&dir)
}

fn make_token_key(dir: &Path, now: Instant, activates: Instant) -> Result<(), OpenFault> {
    let key = keys::generate(now, activates).map_err(fault)?;
    write_secret(&dir.join(&key.name), key.contents.expose().as_bytes())
}

fn remove_token_key(dir: &Path, kid: &str) -> Result<(), OpenFault> {
    for entry in std::fs::read_dir(dir).map_err(fault)?.flatten() {
        if entry.file_name().to_string_lossy().contains(kid) {
            std::fs::remove_file(entry.path()).map_err(fault)?;
        }
    }
    Ok(())
}

fn read_token_keys(dir: &Path) -> Result<KeySet, OpenFault> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(fault)?.flatten() {
        if entry.path().extension().is_some_and(|e| e == "pem") {
            let bytes = std::fs::read(entry.path()).map_err(fault)?;
            let key = SigningKey::read(&bytes)
                .map_err(|e| OpenFault(format!("{}: {e}", entry.path().display())))?;
            out.push(key);
        }
    }
    Ok(KeySet::new(out))
}

/// Reads the token keys anew, rotates what is due, and puts them to use. For a timer: every node
/// must see a new key well before it signs.
pub fn refresh_keys(state: &State) -> Result<(), OpenFault> {
    let fresh = token_keys(&state.key_dir, state.clock.now())?;
    let mut keys = state.keys.write().map_err(fault)?;
    *keys = fresh;
    Ok(())
}

/// The key that signs audit checkpoints; made at the first start.
pub fn audit_key(config: &Config) -> Result<note::SigningKey, OpenFault> {
    read_or_make(config, &audit_key_path(config))
}

fn audit_key_path(config: &Config) -> PathBuf {
    config.key_dir().join("audit.pem")
}

fn next_audit_key_path(config: &Config) -> PathBuf {
    config.key_dir().join("audit-next.pem")
}

fn read_or_make(config: &Config, path: &Path) -> Result<note::SigningKey, OpenFault> {
    std::fs::create_dir_all(config.key_dir()).map_err(fault)?;
    if !path.exists() {
        let seed: [u8; 32] = random_bytes().map_err(fault)?;
        let key = note::SigningKey::from_seed(&config.audit_origin, &seed).map_err(fault)?;
        write_secret(path, key.to_pem().map_err(fault)?.as_bytes())?;
    }
    note::SigningKey::from_file(&config.audit_origin, &std::fs::read(path).map_err(fault)?)
        .map_err(fault)
}

/// Hands the log of `db` over to a new signing key: `hand_over` gets the old key and the new one
/// and writes down that the old one signed over. The new key lies beside the old one until that
/// is done, so that a rotation that broke off at any point is ended by the next call: `hand_over`
/// then gets the same new key again.
pub fn rotate_audit_key<T>(
    config: &Config,
    hand_over: impl FnOnce(&note::SigningKey, &note::SigningKey) -> Result<T, String>,
) -> Result<T, String> {
    let text = |e: OpenFault| e.to_string();
    let dir = config.key_dir();
    let _lock = lock_keys(&dir).map_err(text)?;
    let next = next_audit_key_path(config);
    let old = audit_key(config).map_err(text)?;
    let new = read_or_make(config, &next).map_err(text)?;
    let done = hand_over(&old, &new)?;
    std::fs::rename(&next, audit_key_path(config)).map_err(|e| e.to_string())?;
    std::fs::File::open(&dir)
        .and_then(|d| d.sync_all())
        .map_err(|e| e.to_string())?;
    Ok(done)
}
