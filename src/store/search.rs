//! Full-text search that finds two-character Chinese words, on both engines.
//!
//! The program makes bigram tokens (`domain::gram`); SQLite keeps them in an FTS5 index,
//! PostgreSQL in a `tsvector`. A last comparison with the folded text removes what matched by
//! tokens alone. This is the one file with SQL text: the two engines share no operator here.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::cached::fixed;
use super::conn::{AnyConn, Multi};
use super::tables::case::cases;
use super::tx::Tx;
use super::types::{Col, DbUuid, UuidCol};
use crate::domain::case::Case;
use crate::domain::gram;
use crate::error::Error;

/// A condition on `cases`, ready for a boxed query.
pub type CaseFilter =
    Box<dyn BoxableExpression<cases::table, Multi, SqlType = diesel::sql_types::Bool>>;

/// Cases whose title, summary, parties' names or numbers contain the words. `None` when the text
/// has nothing that can be looked up.
pub fn matching(sqlite: bool, text: &str) -> Option<CaseFilter> {
    let tokens = gram::query_tokens(text);
    if tokens.is_empty() {
        return None;
    }
    let like = format!(
        "%{}%",
        gram::normalise(text)
            .replace('\\', "\\\\")
            .replace('%', "\\%")
            .replace('_', "\\_")
    );
    Some(if sqlite {
        Box::new(
            diesel::dsl::sql::<diesel::sql_types::Bool>(
                "cases.id IN (SELECT s.case_id FROM case_search s WHERE s.doc IN (SELECT rowid FROM case_fts WHERE case_fts MATCH ",
            )
            .bind::<Text, _>(tokens.join(" AND "))
            .sql(") AND s.folded LIKE ")
            .bind::<Text, _>(like)
            .sql(" ESCAPE '\\')"),
        )
    } else {
        Box::new(
            diesel::dsl::sql::<diesel::sql_types::Bool>(
                "cases.id IN (SELECT s.case_id FROM case_search s WHERE s.tokens @@ to_tsquery('simple', ",
            )
            .bind::<Text, _>(tokens.join(" & "))
            .sql(") AND s.folded LIKE ")
            .bind::<Text, _>(like)
            .sql(" ESCAPE '\\')"),
        )
    })
}

impl Tx<'_> {
    /// Brings the search text of a case up to date. Notes, minutes and contact data never enter it.
    pub(super) fn index_case(&mut self, case: &Case) -> Result<(), Error> {
        let mut text = format!("{}\n{}\n{}", case.title, case.summary, case.code);
        if let Some(no) = &case.case_no {
            text.push('\n');
            text.push_str(no);
        }
        for party in self.parties(case.id)? {
            text.push('\n');
            text.push_str(&party.name);
        }
        let folded = gram::normalise(&text);
        let tokens = gram::index_tokens(&text).join(" ");
        let id = case.id.put();
        match self.conn() {
            AnyConn::Pg(c) => {
                fixed("INSERT INTO case_search (case_id, folded, tokens) VALUES (")
                    .bind::<DbUuid, _>(id)
                    .sql(", ")
                    .bind::<Text, _>(folded)
                    .sql(", to_tsvector('simple', ")
                    .bind::<Text, _>(tokens)
                    .sql(
                        ")) ON CONFLICT (case_id) DO UPDATE \
                         SET folded = excluded.folded, tokens = excluded.tokens \
                         WHERE case_search.folded <> excluded.folded",
                    )
                    .execute(c)?;
            }
            AnyConn::Sqlite(c) => index_sqlite(c, id, &folded, &tokens)?,
        }
        Ok(())
    }
}

fn index_sqlite(
    c: &mut SqliteConnection,
    id: UuidCol,
    folded: &str,
    tokens: &str,
) -> QueryResult<()> {
    let known = || {
        case_search::table
            .filter(case_search::case_id.eq(id))
            .select((case_search::doc, case_search::folded))
    };
    let doc = match known().first::<(i64, String)>(c).optional()? {
        Some((_, old)) if old == folded => return Ok(()),
        Some((doc, _)) => {
            fixed("UPDATE case_search SET folded = ")
                .bind::<Text, _>(folded)
                .sql(" WHERE doc = ")
                .bind::<BigInt, _>(doc)
                .execute(c)?;
            fixed("DELETE FROM case_fts WHERE rowid = ")
                .bind::<BigInt, _>(doc)
                .execute(c)?;
            doc
        }
        None => {
            fixed("INSERT INTO case_search (case_id, folded) VALUES (")
                .bind::<DbUuid, _>(id)
                .sql(", ")
                .bind::<Text, _>(folded)
                .sql(")")
                .execute(c)?;
            known().first::<(i64, String)>(c)?.0
        }
    };
    fixed("INSERT INTO case_fts (rowid, tokens) VALUES (")
        .bind::<BigInt, _>(doc)
        .sql(", ")
        .bind::<Text, _>(tokens)
        .sql(")")
        .execute(c)
        .map(|_| ())
}

diesel::table! {
    use crate::store::types::sql::*;
    /// The folded text of a case, as SQLite numbers it.
    case_search (doc) {
        doc -> BigInt,
        case_id -> DbUuid,
        folded -> Text,
    }
}
