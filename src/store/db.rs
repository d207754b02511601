//! The doors to the database: one for reading, one for acting.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diesel::r2d2::{Pool, PooledConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use tokio::sync::{Notify, Semaphore};

use super::conn::{self, AnyConn, ConnPool, DbUrl, Manager, Use};
use super::errors::is_lock_timeout;
use super::idempotency::{self, Claim, IdempotencyKey};
use super::memo::Memo;
use super::retry::{Step, retrying};
use super::tx::{Snap, Tx};
use crate::ctx::Ctx;
use crate::error::{Code, Error};
use crate::reply::Reply;

const SQLITE_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const PG_MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The first SQLite without the WAL-reset corruption bug.
const MIN_SQLITE: i32 = 3_051_003;

/// How to open the database.
#[derive(Clone, Debug)]
pub struct DbOptions {
    pub url: DbUrl,
    /// Readers on SQLite; all connections on PostgreSQL.
    pub connections: u32,
    /// How long a request waits for a connection.
    pub acquire: Duration,
}

/// The database.
#[derive(Clone)]
pub struct Db {
    inner: Arc<Inner>,
}

struct Inner {
    write: ConnPool,
    read: ConnPool,
    write_permits: Arc<Semaphore>,
    read_permits: Arc<Semaphore>,
    acquire: Duration,
    sqlite: bool,
    wake: Arc<Notify>,
    memo: Memo,
    /// Held for life: one process per SQLite file.
    _lock: Option<File>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db")
            .field("sqlite", &self.inner.sqlite)
            .finish_non_exhaustive()
    }
}

/// Why the database could not be opened.
#[derive(Debug)]
pub struct OpenFault(pub String);

impl std::fmt::Display for OpenFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for OpenFault {}

fn fault(e: impl std::fmt::Display) -> OpenFault {
    OpenFault(e.to_string())
}

/// Takes the lock beside a SQLite file; a second process is refused.
fn lock_file(path: &Path) -> Result<File, OpenFault> {
    use fs4::fs_std::FileExt;
    if let Some(dir) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir).map_err(fault)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&name)
        .map_err(fault)?;
    match file.try_lock_exclusive() {
        Ok(true) => Ok(file),
        Ok(false) => Err(OpenFault(
            "another process has this database open".to_owned(),
        )),
        Err(e) => Err(fault(e)),
    }
}

fn check_sqlite_version(conn: &mut AnyConn) -> Result<(), OpenFault> {
    use diesel::prelude::*;
    let AnyConn::Sqlite(c) = conn else {
        return Ok(());
    };
    let version: String = diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>(
        "sqlite_version()",
    ))
    .get_result(c)
    .map_err(fault)?;
    let mut parts = version.split('.').map(|p| p.parse::<i32>().unwrap_or(0));
    let number = parts.next().unwrap_or(0) * 1_000_000
        + parts.next().unwrap_or(0) * 1_000
        + parts.next().unwrap_or(0);
    if number < MIN_SQLITE {
        return Err(OpenFault(format!(
            "SQLite {version} has a corruption bug; 3.51.3 is needed"
        )));
    }
    Ok(())
}

impl Db {
    /// Opens the database; on SQLite takes the process lock.
    pub fn open(options: &DbOptions) -> Result<Self, OpenFault> {
        let lock = match &options.url {
            DbUrl::Sqlite(path) => Some(lock_file(path)?),
            DbUrl::Postgres(_) => None,
        };
        Self::open_with(options, lock)
    }

    /// Opens without the process lock, for reading beside a running service (backup, audit export).
    pub fn open_shared(options: &DbOptions) -> Result<Self, OpenFault> {
        Self::open_with(options, None)
    }

    fn open_with(options: &DbOptions, lock: Option<File>) -> Result<Self, OpenFault> {
        let sqlite = matches!(options.url, DbUrl::Sqlite(_));
        let mut first = conn::open(&options.url, Use::Write).map_err(fault)?;
        check_sqlite_version(&mut first)?;
        drop(first);
        let pool = |usage: Use, size: u32| -> Result<ConnPool, OpenFault> {
            Pool::builder()
                .max_size(size)
                .min_idle(Some(1))
                .connection_timeout(options.acquire)
                .idle_timeout(None)
                .max_lifetime(None)
                // `BEGIN` finds a dead connection as well as a ping would: see `take`.
                .test_on_check_out(false)
                .build(Manager {
                    url: options.url.clone(),
                    usage,
                })
                .map_err(fault)
        };
        let (write, read, writers) = if sqlite {
            (
                pool(Use::Write, 1)?,
                pool(Use::Read, options.connections)?,
                1,
            )
        } else {
            let both = pool(Use::Write, options.connections)?;
            (both.clone(), both, options.connections)
        };
        let write_permits = Arc::new(Semaphore::new(usize::try_from(writers).unwrap_or(1)));
        let read_permits = if sqlite {
            Arc::new(Semaphore::new(
                usize::try_from(options.connections).unwrap_or(4),
            ))
        } else {
            Arc::clone(&write_permits)
        };
        Ok(Self {
            inner: Arc::new(Inner {
                write,
                read,
                write_permits,
                read_permits,
                acquire: options.acquire,
                sqlite,
                wake: Arc::default(),
                memo: Memo::default(),
                _lock: lock,
            }),
        })
    }

    pub fn is_sqlite(&self) -> bool {
        self.inner.sqlite
    }

    /// The region whose calendar holds in this county; set once, before the first request.
    pub fn set_region(&self, region: &str) {
        self.inner.memo.set_region(region);
    }

    /// Told after every commit that put messages into the outbox.
    pub fn outbox_wake(&self) -> Arc<Notify> {
        Arc::clone(&self.inner.wake)
    }

    /// Brings the schema up to date. Idempotent.
    pub fn migrate(&self) -> Result<Vec<String>, OpenFault> {
        let mut conn = self.inner.write.get().map_err(fault)?;
        let source = if self.inner.sqlite {
            SQLITE_MIGRATIONS
        } else {
            PG_MIGRATIONS
        };
        let done = conn.run_pending_migrations(source).map_err(fault)?;
        Ok(done.iter().map(ToString::to_string).collect())
    }

    /// Migrations not yet run.
    pub fn pending_migrations(&self) -> Result<usize, OpenFault> {
        let mut conn = self.inner.write.get().map_err(fault)?;
        let source = if self.inner.sqlite {
            SQLITE_MIGRATIONS
        } else {
            PG_MIGRATIONS
        };
        conn.pending_migrations(source)
            .map(|m| m.len())
            .map_err(fault)
    }

    /// Runs `f` on a consistent view.
    pub async fn read<T: Send + 'static>(
        &self,
        ctx: Ctx,
        f: impl FnOnce(&mut Snap<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permit(&self.inner.read_permits).await?;
        let db = self.clone();
        join(
            tokio::task::spawn_blocking(move || {
                let _permit = permit;
                db.read_now(&ctx, f)
            })
            .await,
        )
    }

    /// Runs `f` in one transaction without an idempotency key (jobs, logins).
    pub async fn write<T: Send + 'static>(
        &self,
        ctx: Ctx,
        f: impl Fn(&mut Tx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let permit = self.permit(&self.inner.write_permits).await?;
        let db = self.clone();
        join(
            tokio::task::spawn_blocking(move || {
                let _permit = permit;
                db.write_now(&ctx, f)
            })
            .await,
        )
    }

    /// Carries out an act under an idempotency key: rows, audit, outbox and the kept reply in one
    /// commit. A deterministic refusal is kept too; `render` makes its bytes.
    pub async fn act(
        &self,
        ctx: Ctx,
        key: Option<IdempotencyKey>,
        dry_run: bool,
        f: impl Fn(&mut Tx<'_>) -> Result<Reply, Error> + Send + 'static,
        render: impl Fn(&Error) -> Reply + Send + 'static,
    ) -> Result<Reply, Error> {
        let permit = self.permit(&self.inner.write_permits).await?;
        let db = self.clone();
        join(
            tokio::task::spawn_blocking(move || {
                let _permit = permit;
                retrying(|| db.act_once(&ctx, key.as_ref(), dry_run, &f, &render))
            })
            .await,
        )
    }

    async fn permit(
        &self,
        which: &Arc<Semaphore>,
    ) -> Result<tokio::sync::OwnedSemaphorePermit, Error> {
        // Waiting is bounded by the request deadline of the caller; a full house answers 503.
        match tokio::time::timeout(self.inner.acquire * 5, Arc::clone(which).acquire_owned()).await
        {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(Error::Wait(Code::Unavailable, 2)),
        }
    }

    /// Takes a connection out of a pool and begins on it. A connection that died since its last
    /// use (the server was restarted, a firewall forgot it) fails at `BEGIN`, is thrown away, and
    /// the next one is tried: at most every connection of the pool and a fresh one.
    fn take(
        &self,
        pool: &ConnPool,
        begin: fn(&mut AnyConn) -> diesel::QueryResult<()>,
    ) -> Result<PooledConnection<Manager>, Step> {
        for _ in 0..pool.max_size() {
            let mut conn = checked_out(pool)?;
            match begin(&mut conn) {
                Ok(()) => return Ok(conn),
                Err(_) if conn::is_broken(&mut conn) => drop(conn),
                Err(e) => return Err(e.into()),
            }
        }
        let mut conn = checked_out(pool)?;
        begin(&mut conn)?;
        Ok(conn)
    }

    /// `read` for callers that are not async.
    pub fn read_now<T>(
        &self,
        ctx: &Ctx,
        f: impl FnOnce(&mut Snap<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut conn = self.take(&self.inner.read, conn::begin_read)?;
        let out = f(&mut Snap {
            conn: &mut conn,
            ctx,
            memo: &self.inner.memo,
        });
        conn::rollback(&mut conn)?;
        out
    }

    /// `write` for callers that are not async.
    pub fn write_now<T>(
        &self,
        ctx: &Ctx,
        f: impl Fn(&mut Tx<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        retrying(|| {
            let mut conn = self.take(&self.inner.write, conn::begin_write)?;
            let mut tx = Tx::new(&mut conn, ctx, &self.inner.memo);
            let out = f(&mut tx).and_then(|v| tx.close().map(|()| v));
            let posted = tx.posted;
            match out {
                Ok(v) => {
                    conn::commit(&mut conn)?;
                    self.wake_if(posted);
                    Ok(v)
                }
                Err(e) => {
                    let _ = conn::rollback(&mut conn);
                    Err(Step::from_error(e))
                }
            }
        })
    }

    fn act_once(
        &self,
        ctx: &Ctx,
        key: Option<&IdempotencyKey>,
        dry_run: bool,
        f: &impl Fn(&mut Tx<'_>) -> Result<Reply, Error>,
        render: &impl Fn(&Error) -> Reply,
    ) -> Result<Reply, Step> {
        let mut conn = self.take(&self.inner.write, conn::begin_write)?;
        let key = if dry_run { None } else { key };
        if let Some(key) = key {
            match idempotency::claim(&mut conn, ctx, key) {
                Ok(Claim::New) => {}
                Ok(Claim::Seen(row)) => {
                    let out = idempotency::replay(
                        &mut Snap {
                            conn: &mut conn,
                            ctx,
                            memo: &self.inner.memo,
                        },
                        key,
                        *row,
                    );
                    let _ = conn::rollback(&mut conn);
                    return out.map_err(Step::Stop);
                }
                Err(e) => {
                    let _ = conn::rollback(&mut conn);
                    if is_lock_timeout(&e) {
                        return Err(Step::Stop(Error::of(Code::IdempotencyInFlight)));
                    }
                    return Err(Step::from(e));
                }
            }
            conn::savepoint(&mut conn)?;
        }
        let mut tx = Tx::new(&mut conn, ctx, &self.inner.memo);
        let out = f(&mut tx).and_then(|r| tx.close().map(|()| r));
        let (effects, posted) = (tx.effects(), tx.posted);
        match (out, key) {
            (Ok(_), _) if dry_run => {
                conn::rollback(&mut conn)?;
                let body = serde_json::json!({"dry_run": true, "effects": effects});
                Reply::json(200, &body)
                    .map(|r| r.header("Preference-Applied", "handling=dry-run"))
                    .map_err(Step::Stop)
            }
            (Ok(reply), Some(key)) => {
                conn::commit(&mut conn)?;
                idempotency::save(&mut conn, ctx, key, &reply)?;
                conn::commit(&mut conn)?;
                self.wake_if(posted);
                Ok(reply)
            }
            (Ok(reply), None) => {
                conn::commit(&mut conn)?;
                self.wake_if(posted);
                Ok(reply)
            }
            (Err(e), Some(key)) if e.is_kept() => {
                conn::rollback(&mut conn)?;
                let reply = render(&e);
                idempotency::save(&mut conn, ctx, key, &reply)?;
                conn::commit(&mut conn)?;
                Ok(reply)
            }
            (Err(e), Some(_)) => {
                let _ = conn::rollback(&mut conn);
                let _ = conn::rollback(&mut conn);
                Err(Step::from_error(e))
            }
            (Err(e), None) => {
                let _ = conn::rollback(&mut conn);
                Err(Step::from_error(e))
            }
        }
    }

    fn wake_if(&self, posted: bool) {
        if posted {
            self.inner.wake.notify_one();
        }
    }

    /// A connection for maintenance (backup, checks), outside the request pools' rules.
    pub fn maintenance<T>(
        &self,
        f: impl FnOnce(&mut AnyConn) -> Result<T, OpenFault>,
    ) -> Result<T, OpenFault> {
        let mut conn = self.inner.write.get().map_err(fault)?;
        f(&mut conn)
    }
}

fn checked_out(pool: &ConnPool) -> Result<PooledConnection<Manager>, Step> {
    pool.get()
        .map_err(|_| Step::Stop(Error::Wait(Code::Unavailable, 2)))
}

fn join<T>(out: Result<Result<T, Error>, tokio::task::JoinError>) -> Result<T, Error> {
    match out {
        Ok(v) => v,
        Err(e) => Err(Error::internal(e)),
    }
}
