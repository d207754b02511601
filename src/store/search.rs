//! Full-text search that finds two-character Chinese words, on both engines.
//!
//! The program makes bigram tokens (`domain::gram`); SQLite keeps them in an FTS5 index,
//! PostgreSQL in a `tsvector`. A last comparison with the folded text removes what matched by
//! tokens alone. This is the one file with SQL text: the two engines share no operator here.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

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
                diesel::sql_query(
                    "INSERT INTO case_search (case_id, folded, tokens) VALUES ($1, $2, to_tsvector('simple', $3)) \
                     ON CONFLICT (case_id) DO UPDATE SET folded = excluded.folded, tokens = excluded.tokens \
                     WHERE case_search.folded <> excluded.folded",
                )
                .bind::<DbUuid, _>(id)
                .bind::<Text, _>(folded)
                .bind::<Text, _>(tokens)
                .execute(c)?;
            }
            AnyConn::Sqlite(c) => index_sqlite(c, id, &folded, &tokens)?,
        }
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Doc {
    #[diesel(sql_type = BigInt)]
    doc: i64,
    #[diesel(sql_type = Text)]
    folded: String,
}

fn index_sqlite(
    c: &mut SqliteConnection,
    id: UuidCol,
    folded: &str,
    tokens: &str,
) -> QueryResult<()> {
    let old = diesel::sql_query("SELECT doc, folded FROM case_search WHERE case_id = ?")
        .bind::<DbUuid, _>(id)
        .get_result::<Doc>(c)
        .optional()?;
    let doc = match old {
        Some(d) if d.folded == folded => return Ok(()),
        Some(d) => {
            diesel::sql_query("UPDATE case_search SET folded = ? WHERE doc = ?")
                .bind::<Text, _>(folded)
                .bind::<BigInt, _>(d.doc)
                .execute(c)?;
            diesel::sql_query("DELETE FROM case_fts WHERE rowid = ?")
                .bind::<BigInt, _>(d.doc)
                .execute(c)?;
            d.doc
        }
        None => {
            diesel::sql_query("INSERT INTO case_search (case_id, folded) VALUES (?, ?)")
                .bind::<DbUuid, _>(id)
                .bind::<Text, _>(folded)
                .execute(c)?;
            diesel::sql_query("SELECT doc, folded FROM case_search WHERE case_id = ?")
                .bind::<DbUuid, _>(id)
                .get_result::<Doc>(c)?
                .doc
        }
    };
    diesel::sql_query("INSERT INTO case_fts (rowid, tokens) VALUES (?, ?)")
        .bind::<BigInt, _>(doc)
        .bind::<Text, _>(tokens)
        .execute(c)?;
    Ok(())
}
