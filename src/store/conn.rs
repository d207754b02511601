//! Connections: one enum over both engines, opened by URL scheme and never by guess.

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, Pool};

/// A connection to either engine.
#[derive(diesel::MultiConnection)]
pub enum AnyConn {
    Pg(PgConnection),
    Sqlite(SqliteConnection),
}

/// The backend of [`AnyConn`].
pub type Multi = <AnyConn as Connection>::Backend;

impl AnyConn {
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// Which engine, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DbUrl {
    /// A file path.
    Sqlite(std::path::PathBuf),
    /// A libpq URL.
    Postgres(String),
}

impl DbUrl {
    /// `sqlite:PATH`, `sqlite://PATH` or `postgres[ql]://…`; anything else is refused, so a typo
    /// never becomes an empty database.
    pub fn parse(url: &str) -> Result<Self, String> {
        if let Some(path) = url
            .strip_prefix("sqlite://")
            .or_else(|| url.strip_prefix("sqlite:"))
        {
            if path.is_empty() || path.starts_with(":memory:") || path.contains('?') {
                return Err("a sqlite URL needs a plain file path".to_owned());
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err("unknown database URL: use sqlite:PATH or postgres://…".to_owned())
    }
}

/// What a pooled connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    Write,
    Read,
}

/// Opens and checks connections for the pool.
#[derive(Debug)]
pub struct Manager {
    pub url: DbUrl,
    pub usage: Use,
}

/// SQLite settings, one statement each, in this order: the timeout must stand before the mode.
const SQLITE_PRAGMAS: &[&str] = &[
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    // `INSERT OR REPLACE` must meet the triggers that forbid deleting, too.
    "PRAGMA recursive_triggers = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA mmap_size = 0",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA secure_delete = ON",
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA journal_size_limit = 67108864",
];

/// A commit that is answered for is on disk, whatever the cluster's default.
const PG_SETTINGS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '2s'; \
    SET idle_in_transaction_session_timeout = '10s'; SET timezone = 'UTC'; \
    SET default_transaction_isolation = 'read committed'; \
    SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off'";

/// Opens one connection with our settings.
pub fn open(url: &DbUrl, usage: Use) -> Result<AnyConn, diesel::ConnectionError> {
    match url {
        DbUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            let mut set = |sql: &str| {
                conn.batch_execute(sql)
                    .map_err(|e| diesel::ConnectionError::BadConnection(e.to_string()))
            };
            for pragma in SQLITE_PRAGMAS {
                set(pragma)?;
            }
            // Every reader keeps pages of its own; the system's cache holds the rest.
            set(match usage {
                Use::Write => "PRAGMA cache_size = -8192",
                Use::Read => "PRAGMA cache_size = -2048",
            })?;
            if usage == Use::Read {
                set("PRAGMA query_only = ON")?;
            }
            Ok(AnyConn::Sqlite(conn))
        }
        DbUrl::Postgres(url) => {
            let mut conn = PgConnection::establish(url)?;
            conn.batch_execute(PG_SETTINGS)
                .map_err(|e| diesel::ConnectionError::BadConnection(e.to_string()))?;
            Ok(AnyConn::Pg(conn))
        }
    }
}

/// A pool error of ours.
#[derive(Debug)]
pub struct OpenError(String);

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for OpenError {}

impl ManageConnection for Manager {
    type Connection = AnyConn;
    type Error = OpenError;

    fn connect(&self) -> Result<AnyConn, OpenError> {
        open(&self.url, self.usage).map_err(|e| OpenError(e.to_string()))
    }

    fn is_valid(&self, conn: &mut AnyConn) -> Result<(), OpenError> {
        match conn {
            // A local file needs no ping; a broken connection is dropped by `has_broken`.
            AnyConn::Sqlite(_) => Ok(()),
            AnyConn::Pg(pg) => pg
                .batch_execute("SELECT 1")
                .map_err(|e| OpenError(e.to_string())),
        }
    }

    fn has_broken(&self, conn: &mut AnyConn) -> bool {
        std::thread::panicking() || is_broken(conn)
    }
}

/// The connection cannot be used any more, or was left inside a transaction.
pub fn is_broken(conn: &mut AnyConn) -> bool {
    type Manager = <AnyConn as Connection>::TransactionManager;
    Manager::is_broken_transaction_manager(conn)
}

/// A pool of connections.
pub type ConnPool = Pool<Manager>;

/// Begins a transaction that takes its locks at once on SQLite: a deferred one that reads first
/// and writes later fails with "database is locked" whatever the timeout.
pub fn begin_write(conn: &mut AnyConn) -> QueryResult<()> {
    match conn {
        AnyConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN IMMEDIATE"),
        AnyConn::Pg(c) => {
            AnsiTransactionManager::begin_transaction_sql(c, "BEGIN ISOLATION LEVEL READ COMMITTED")
        }
    }
}

/// Begins a transaction that sees one state of the database.
pub fn begin_read(conn: &mut AnyConn) -> QueryResult<()> {
    match conn {
        AnyConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, "BEGIN"),
        AnyConn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(
            c,
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        ),
    }
}

/// Commits the outermost transaction (or releases the innermost savepoint).
pub fn commit(conn: &mut AnyConn) -> QueryResult<()> {
    <AnyConn as Connection>::TransactionManager::commit_transaction(conn)
}

/// Rolls back the outermost transaction (or to the innermost savepoint).
pub fn rollback(conn: &mut AnyConn) -> QueryResult<()> {
    <AnyConn as Connection>::TransactionManager::rollback_transaction(conn)
}

/// Opens a savepoint inside a transaction.
pub fn savepoint(conn: &mut AnyConn) -> QueryResult<()> {
    <AnyConn as Connection>::TransactionManager::begin_transaction(conn)
}
