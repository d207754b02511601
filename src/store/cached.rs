//! Statements whose text does not vary, though diesel cannot know it.
//!
//! diesel parses every `UPDATE`, every literal SQL and, on SQLite, every `IN` list anew: on
//! PostgreSQL that is one more journey and a plan each time.

use std::marker::PhantomData;

use diesel::RunQueryDsl;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::HasSqlType;

/// A query that stays prepared under its text, for loading.
///
/// A prepared text lives as long as its connection, so only queries with few texts belong in here:
/// lists are [`padded`] first.
pub struct Cached<T>(pub T);

/// No id at compile time: these statements are known by their text.
macro_rules! known_by_text {
    ($($name:ident<$($param:ident),*>),+) => {$(
        impl<$($param),*> QueryId for $name<$($param),*> {
            type QueryId = ();
            const HAS_STATIC_QUERY_ID: bool = false;
        }
        impl<C, $($param),*> RunQueryDsl<C> for $name<$($param),*> {}
    )+};
}
known_by_text!(Cached<T>, Bound<P, ST, V>, Sql<P>);

impl<T: Query> Query for Cached<T> {
    type SqlType = T::SqlType;
}

impl<T, DB> QueryFragment<DB> for Cached<T>
where
    DB: Backend,
    T: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &DB) -> QueryResult<bool> {
        Ok(true)
    }
}

/// The beginning of a statement of fixed text; values are bound into it and kept apart from it.
pub fn fixed(sql: &'static str) -> Sql<()> {
    Sql { before: (), sql }
}

/// Text of a fixed statement.
pub struct Sql<P> {
    before: P,
    sql: &'static str,
}

/// A value in a fixed statement.
pub struct Bound<P, ST, V> {
    before: P,
    value: V,
    kind: PhantomData<ST>,
}

impl<P> Sql<P> {
    /// A value of the SQL type `ST`.
    pub fn bind<ST, V>(self, value: V) -> Bound<Self, ST, V> {
        Bound {
            before: self,
            value,
            kind: PhantomData,
        }
    }
}

impl<P, ST, V> Bound<P, ST, V> {
    pub fn sql(self, sql: &'static str) -> Sql<Self> {
        Sql { before: self, sql }
    }
}

impl<P, DB> QueryFragment<DB> for Sql<P>
where
    DB: Backend,
    P: QueryFragment<DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_sql(self.sql);
        Ok(())
    }
}

impl<P, ST, V, DB> QueryFragment<DB> for Bound<P, ST, V>
where
    DB: Backend + HasSqlType<ST>,
    P: QueryFragment<DB>,
    V: ToSql<ST, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        self.before.walk_ast(out.reborrow())?;
        out.push_bind_param::<ST, V>(&self.value)
    }
}

/// The list with its last member repeated up to the next power of two: the same set, in one of few
/// lengths.
pub fn padded<T: Clone>(mut list: Vec<T>) -> Vec<T> {
    if let Some(last) = list.last().cloned() {
        let length = list.len().next_power_of_two();
        list.resize(length, last);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::padded;

    #[test]
    fn padding_keeps_the_set() {
        assert_eq!(padded(Vec::<u8>::new()), Vec::<u8>::new());
        assert_eq!(padded(vec![7]), vec![7]);
        assert_eq!(padded(vec![1, 2, 3]), vec![1, 2, 3, 3]);
        assert_eq!(padded(vec![1; 51]).len(), 64);
    }
}
