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
                use diesel::prelude::*;
                use $crate::store::types::Col;
                let hit = diesel::update($table::table.filter($table::$key.eq(Col::put(&self.$key))))
                    .set(($($table::$f.eq(Col::put(&self.$f)),)+))
                    .execute(conn)?;
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
