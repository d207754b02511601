//! `stored!`: one table, one domain type, no row struct in between.

/// What `stored!` gives every type.
pub trait Stored: Sized {
    fn insert(&self, conn: &mut super::conn::AnyConn) -> diesel::QueryResult<()>;
    /// Writes every column of the row with this id; `NotFound` if there is none.
    fn update(&self, conn: &mut super::conn::AnyConn) -> diesel::QueryResult<()>;
}

/// Declares a table and how a domain type lies in it: `field: Type [SqlType]`, key first.
macro_rules! stored {
    ($(#[$m:meta])* $table:ident for $ty:ident { $key:ident : $kt:ty [$($ks:tt)+], $($f:ident : $t:ty [$($s:tt)+],)+ }) => {
        diesel::table! {
            use $crate::store::types::sql::*;
            $(#[$m])*
            $table ($key) {
                $key -> $($ks)+,
                $($f -> $($s)+,)+
            }
        }

        impl $crate::store::row::Stored for $ty {
            fn insert(&self, conn: &mut $crate::store::conn::AnyConn) -> diesel::QueryResult<()> {
                use diesel::prelude::*;
                use $crate::store::types::Col;
                diesel::insert_into($table::table)
                    .values(($table::$key.eq(Col::put(&self.$key)), $($table::$f.eq(Col::put(&self.$f)),)+))
                    .execute(conn)
                    .map(|_| ())
            }

            fn update(&self, conn: &mut $crate::store::conn::AnyConn) -> diesel::QueryResult<()> {
                use diesel::query_builder::{AstPass, QueryFragment, QueryId};
                use $crate::store::conn::Multi;
                use $crate::store::types::Col;

                // Written out, since diesel would parse its own UPDATE anew every time.
                struct Change {
                    $key: <$kt as Col>::Db,
                    $($f: <$t as Col>::Db,)+
                }
                impl QueryId for Change {
                    type QueryId = ();
                    const HAS_STATIC_QUERY_ID: bool = false;
                }
                impl<C> diesel::RunQueryDsl<C> for Change {}
                impl QueryFragment<Multi> for Change {
                    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Multi>) -> diesel::QueryResult<()> {
                        use $crate::store::types::sql::*;
                        out.push_sql(concat!("UPDATE ", stringify!($table), " SET "));
                        let mut comma = "";
                        $(
                            out.push_sql(comma);
                            comma = ", ";
                            out.push_identifier(stringify!($f))?;
                            out.push_sql(" = ");
                            out.push_bind_param::<$($s)+, _>(&self.$f)?;
                        )+
                        let _ = comma;
                        out.push_sql(" WHERE ");
                        out.push_identifier(stringify!($key))?;
                        out.push_sql(" = ");
                        out.push_bind_param::<$($ks)+, _>(&self.$key)
                    }
                }
                let change = Change {
                    $key: Col::put(&self.$key),
                    $($f: Col::put(&self.$f),)+
                };
                let hit = diesel::RunQueryDsl::execute(change, conn)?;
                if hit == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound) }
            }
        }

        impl $crate::store::row::FromRaw for $ty {
            type Raw = (<$kt as $crate::store::types::Col>::Db, $(<$t as $crate::store::types::Col>::Db,)+);
            fn from_raw(raw: Self::Raw) -> Result<Self, $crate::store::types::BadColumn> {
                let ($key, $($f,)+) = raw;
                Ok(Self {
                    $key: $crate::store::types::Col::take($key)?,
                    $($f: $crate::store::types::Col::take($f)?,)+
                })
            }
        }
    };
}
pub(crate) use stored;

/// A domain type that can be built from the tuple of its columns.
pub trait FromRaw: Sized {
    type Raw;
    fn from_raw(raw: Self::Raw) -> Result<Self, super::types::BadColumn>;
}

/// Builds a list of domain values from loaded rows.
pub fn build<T: FromRaw>(rows: Vec<T::Raw>) -> diesel::QueryResult<Vec<T>> {
    rows.into_iter()
        .map(|r| {
            T::from_raw(r).map_err(|e| diesel::result::Error::DeserializationError(Box::new(e)))
        })
        .collect()
}

/// Builds one domain value.
pub fn one<T: FromRaw>(row: T::Raw) -> diesel::QueryResult<T> {
    T::from_raw(row).map_err(|e| diesel::result::Error::DeserializationError(Box::new(e)))
}
