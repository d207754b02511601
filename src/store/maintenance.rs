//! Copies and checks of a whole database, outside any request.

use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::conn::AnyConn;
use super::db::{Db, OpenFault};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn fault(e: impl std::fmt::Display) -> OpenFault {
    OpenFault(e.to_string())
}

impl Db {
    /// Writes a consistent copy of a SQLite database while it serves (`VACUUM INTO`).
    pub fn copy_sqlite(&self, target: &Path) -> Result<(), OpenFault> {
        let target = target.to_string_lossy().into_owned();
        self.maintenance(|conn| match conn {
            AnyConn::Sqlite(c) => {
                diesel::sql_query("VACUUM INTO ?")
                    .bind::<Text, _>(target)
                    .execute(c)
                    .map_err(fault)?;
                Ok(())
            }
            AnyConn::Pg(_) => Err(OpenFault("this database is PostgreSQL".to_owned())),
        })
    }

    /// SQLite's own integrity and foreign-key checks; empty when all is well. PostgreSQL checks
    /// its constraints itself.
    pub fn integrity_faults(&self) -> Result<Vec<String>, OpenFault> {
        self.maintenance(|conn| match conn {
            AnyConn::Sqlite(c) => {
                let ok = diesel::sql_query("SELECT integrity_check AS line FROM pragma_integrity_check")
                    .load::<Line>(c)
                    .map_err(fault)?;
                let keys = diesel::sql_query(
                    "SELECT 'foreign key: ' || \"table\" || ' row ' || rowid AS line FROM pragma_foreign_key_check",
                )
                .load::<Line>(c)
                .map_err(fault)?;
                Ok(ok.into_iter().chain(keys).map(|l| l.line).filter(|l| l != "ok").collect())
            }
            AnyConn::Pg(_) => Ok(Vec::new()),
        })
    }

    /// How many rows the main tables have.
    pub fn row_counts(&self) -> Result<Vec<(&'static str, i64)>, OpenFault> {
        use super::tables::{case::*, org::*, system::*};
        self.maintenance(|conn| {
            macro_rules! count {
                ($($t:ident),+) => {
                    vec![$((stringify!($t), $t::table.count().get_result::<i64>(conn).map_err(fault)?)),+]
                };
            }
            Ok(count!(cases, parties, sessions, agreements, obligations, transfers, users, audit_events, audit_leaves, audit_checkpoints, outbox))
        })
    }
}
