//! One database per test, copied from a template that holds the schema and the demo county.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use diesel::{Connection, PgConnection, RunQueryDsl};
use jieyou::app::system_ctx;
use jieyou::cli::demo::county;
use jieyou::ctx::{Ids, SystemIds};
use jieyou::domain::time::Instant;
use jieyou::store::conn::DbUrl;
use jieyou::store::db::{Db, DbOptions};
use std::sync::Arc;

use super::app::TestClock;

/// The instant the county of the tests was made: a Monday, 09:00 in the county.
pub const EPOCH: &str = "2026-03-02T09:00:00+08:00";

static NEXT: AtomicU32 = AtomicU32::new(0);

pub fn options(url: &str) -> DbOptions {
    DbOptions {
        url: DbUrl::parse(url).unwrap(),
        connections: 4,
        acquire: Duration::from_secs(5),
    }
}

/// A database that vanishes with the test.
pub struct TestDb {
    pub url: String,
    name: String,
    dir: Option<tempfile::TempDir>,
}

fn admin_url() -> Option<String> {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|u| !u.is_empty())
}

/// Whether this run is on PostgreSQL.
pub fn on_postgres() -> bool {
    admin_url().is_some()
}

fn with_database(admin: &str, name: &str) -> String {
    let mut url = url::Url::parse(admin).unwrap();
    url.set_path(name);
    url.to_string()
}

fn run_sql(admin: &str, sql: &str) {
    let mut conn = PgConnection::establish(admin).unwrap();
    diesel::sql_query(sql).execute(&mut conn).unwrap();
}

/// Fills an empty database: schema and county.
fn fill(url: &str) {
    let db = Db::open(&options(url)).unwrap();
    db.migrate().unwrap();
    let clock = TestClock::new(Instant::parse(EPOCH).unwrap());
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = system_ctx(&*clock, &ids);
    db.write_now(&ctx, |tx| county::seed(tx, super::app::password_phc()))
        .unwrap();
}

fn template() -> &'static str {
    static MADE: OnceLock<String> = OnceLock::new();
    MADE.get_or_init(|| match admin_url() {
        None => {
            let dir = tempfile::Builder::new()
                .prefix("jieyou-template")
                .tempdir()
                .unwrap()
                .keep();
            let file = dir.join("template.db");
            fill(&format!("sqlite:{}", file.display()));
            file.display().to_string()
        }
        Some(admin) => {
            let name = format!("jieyou_template_{}", std::process::id());
            run_sql(&admin, &format!("DROP DATABASE IF EXISTS {name}"));
            run_sql(&admin, &format!("CREATE DATABASE {name}"));
            fill(&with_database(&admin, &name));
            name
        }
    })
}

impl TestDb {
    /// A fresh database with the county in it.
    pub fn new() -> Self {
        let template = template();
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("jieyou_test_{}_{n}", std::process::id());
        match admin_url() {
            None => {
                let dir = tempfile::Builder::new()
                    .prefix("jieyou-test")
                    .tempdir()
                    .unwrap();
                let file: PathBuf = dir.path().join("test.db");
                std::fs::copy(template, &file).unwrap();
                Self {
                    url: format!("sqlite:{}", file.display()),
                    name,
                    dir: Some(dir),
                }
            }
            Some(admin) => {
                // Only one copy of a template at a time; PostgreSQL refuses a second.
                static ONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
                let _one = ONE.lock().unwrap_or_else(|e| e.into_inner());
                run_sql(
                    &admin,
                    &format!("CREATE DATABASE {name} TEMPLATE {template}"),
                );
                Self {
                    url: with_database(&admin, &name),
                    name,
                    dir: None,
                }
            }
        }
    }
}

/// A row of the catalogue queries.
#[derive(diesel::QueryableByName)]
struct Column {
    #[diesel(sql_type = diesel::sql_types::Text)]
    place: String,
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn holding<C>(conn: &mut C, catalogue: &str, words: &str) -> Vec<String>
where
    C: diesel::connection::LoadConnection,
    diesel::query_builder::SqlQuery: for<'a> diesel::query_dsl::methods::LoadQuery<'a, C, Column>
        + for<'a> diesel::query_dsl::methods::LoadQuery<'a, C, Count>,
{
    let columns: Vec<Column> = diesel::sql_query(catalogue).load(conn).unwrap();
    assert!(columns.len() > 200, "the catalogue was not read");
    let holds = |place: &String| {
        let (table, column) = place.split_once('.').unwrap();
        let sql = format!(
            "SELECT count(*) AS n FROM \"{table}\" WHERE lower(CAST(\"{column}\" AS TEXT)) LIKE '%{}%'",
            words.to_lowercase()
        );
        let found: Vec<Count> = diesel::sql_query(sql).load(conn).unwrap_or_default();
        found.first().is_some_and(|c| c.n > 0)
    };
    let mut out: Vec<String> = columns.into_iter().map(|c| c.place).collect();
    out.retain(holds);
    out
}

impl TestDb {
    /// `table.column` of everything in the database that holds these words.
    pub fn columns_holding(&self, words: &str) -> Vec<String> {
        if on_postgres() {
            let catalogue = "SELECT table_name || '.' || column_name AS place \
                FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1";
            holding(
                &mut PgConnection::establish(&self.url).unwrap(),
                catalogue,
                words,
            )
        } else {
            let catalogue = "SELECT m.name || '.' || p.name AS place \
                FROM sqlite_master m JOIN pragma_table_info(m.name) p \
                WHERE m.type = 'table' ORDER BY 1";
            let file = self.url.trim_start_matches("sqlite:");
            let mut conn = diesel::SqliteConnection::establish(file).unwrap();
            holding(&mut conn, catalogue, words)
        }
    }
}

impl TestDb {
    /// Carries a statement out behind the service's back.
    pub fn run(&self, sql: &str) {
        if on_postgres() {
            run_sql(&self.url, sql);
        } else {
            let file = self.url.trim_start_matches("sqlite:");
            let mut conn = diesel::SqliteConnection::establish(file).unwrap();
            diesel::sql_query(sql).execute(&mut conn).unwrap();
        }
    }

    /// Tries a statement on the database as it stands; what it would have done is left undone.
    pub fn try_sql(&self, sql: &str) -> Result<usize, String> {
        fn tried<C>(conn: &mut C, sql: &str) -> Result<usize, String>
        where
            C: diesel::connection::Connection,
            diesel::query_builder::SqlQuery: diesel::query_dsl::methods::ExecuteDsl<C, C::Backend>,
        {
            let mut done = Ok(0);
            let _ = conn.transaction::<(), diesel::result::Error, _>(|c| {
                done = diesel::sql_query(sql).execute(c).map_err(|e| e.to_string());
                Err(diesel::result::Error::RollbackTransaction)
            });
            done
        }
        if on_postgres() {
            tried(&mut PgConnection::establish(&self.url).unwrap(), sql)
        } else {
            let file = self.url.trim_start_matches("sqlite:");
            tried(&mut diesel::SqliteConnection::establish(file).unwrap(), sql)
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if let Some(admin) = admin_url() {
            run_sql(
                &admin,
                &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name),
            );
        }
    }
}
