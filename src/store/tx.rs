//! Reading and acting: what a query or a command holds while it works.

use std::ops::{Deref, DerefMut};

use diesel::dsl::sql;
use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl};

use super::conn::AnyConn;
use super::memo::Memo;
use crate::ctx::Ctx;
use crate::domain::facts::Event;
use crate::error::Error;

/// A consistent view of the database.
pub struct Snap<'a> {
    pub(crate) conn: &'a mut AnyConn,
    pub ctx: &'a Ctx,
    /// What is read often and changes seldom.
    pub(crate) memo: &'a Memo,
}

/// A transaction that may write. It exists only between `BEGIN` and `COMMIT`.
pub struct Tx<'a> {
    snap: Snap<'a>,
    /// Rows were written.
    pub(super) wrote: bool,
    /// Facts recorded so far; a write without one is refused at the end.
    pub(super) events: Vec<Event>,
    /// Acts that write no case fact by design (inbox marks, throttles) say so.
    pub(super) silent: bool,
    /// Messages were put into the outbox: the worker is woken after the commit.
    pub(super) posted: bool,
}

impl Snap<'_> {
    /// The connection, to match on its engine.
    pub(crate) fn conn(&mut self) -> &mut AnyConn {
        self.conn
    }
}

impl<'a> Deref for Tx<'a> {
    type Target = Snap<'a>;
    fn deref(&self) -> &Snap<'a> {
        &self.snap
    }
}

impl<'a> DerefMut for Tx<'a> {
    fn deref_mut(&mut self) -> &mut Snap<'a> {
        &mut self.snap
    }
}

impl<'a> Tx<'a> {
    pub(super) fn new(conn: &'a mut AnyConn, ctx: &'a Ctx, memo: &'a Memo) -> Self {
        Self {
            snap: Snap { conn, ctx, memo },
            wrote: false,
            events: Vec::new(),
            silent: false,
            posted: false,
        }
    }

    /// Inserts a row that belongs to no case; the caller records the fact.
    pub fn insert<T: super::row::Stored>(&mut self, row: &T) -> Result<(), Error> {
        self.wrote = true;
        Ok(row.insert(self.snap.conn)?)
    }

    /// Updates a row that belongs to no case; the caller records the fact.
    pub fn update<T: super::row::Stored>(&mut self, row: &T) -> Result<(), Error> {
        self.wrote = true;
        Ok(row.update(self.snap.conn)?)
    }

    /// Marks that this transaction's writes carry no audit fact: technical state only.
    pub fn technical(&mut self) {
        self.silent = true;
    }

    /// Keeps transactions apart that act under the same name, until they end. SQLite has one
    /// writer and needs nothing.
    pub(super) fn lock_name(&mut self, name: &str) -> QueryResult<()> {
        if let AnyConn::Pg(c) = self.conn() {
            diesel::select(
                sql::<Text>("pg_advisory_xact_lock(hashtext(")
                    .bind::<Text, _>(name)
                    .sql("))::text"),
            )
            .execute(c)?;
        }
        Ok(())
    }

    /// The last check before `COMMIT`: no write without a fact (I5).
    pub(super) fn close(&self) -> Result<(), Error> {
        if self.wrote && self.events.is_empty() && !self.silent {
            return Err(Error::internal("a write without an audit event"));
        }
        Ok(())
    }

    /// What a dry run would have recorded.
    pub(super) fn effects(&self) -> Vec<serde_json::Value> {
        self.events
            .iter()
            .filter_map(|e| serde_json::to_value(e).ok())
            .collect()
    }
}

impl Snap<'_> {
    /// Asks the database for nothing, to learn that it answers.
    pub fn ping(&mut self) -> Result<(), Error> {
        diesel::select(sql::<diesel::sql_types::Integer>("1")).get_result::<i32>(self.conn)?;
        Ok(())
    }
}
