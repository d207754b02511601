//! Column types: how domain values lie in both databases.
//!
//! Each marker is a SQL type with a native form on PostgreSQL and text on SQLite. [`Col`] turns a
//! domain value into its column value and back; `stored!` uses nothing else.

use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{HasSqlType, SqlType};
use diesel::sqlite::Sqlite;
use uuid::Uuid;

use super::conn::Multi;
use crate::domain::codes::Code;
use crate::domain::ids::Id;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};

/// SQL types for `table!`.
pub mod sql {
    pub use super::{DbDate, DbInstant, DbJson, DbSecret, DbUuid};
    pub use diesel::sql_types::{BigInt, Binary, Bool, Integer, Nullable, Text};
}

/// `uuid`, or canonical text.
#[derive(SqlType, QueryId, Debug)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbUuid;

/// `timestamptz`, or fixed-width RFC 3339 text, so that text order is time order.
#[derive(SqlType, QueryId, Debug)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbInstant;

/// `date`, or `YYYY-MM-DD` text.
#[derive(SqlType, QueryId, Debug)]
#[diesel(postgres_type(oid = 1082, array_oid = 1182))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbDate;

/// `jsonb`, or text.
#[derive(SqlType, QueryId, Debug)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbJson;

/// The one column type through which ID numbers, phones, addresses, caucus notes and minutes pass:
/// field encryption will live here.
#[derive(SqlType, QueryId, Debug)]
#[diesel(postgres_type(oid = 25, array_oid = 1009))]
#[diesel(sqlite_type(name = "Text"))]
pub struct DbSecret;

macro_rules! on_multi {
    ($($marker:ident),+) => {$(
        impl HasSqlType<$marker> for Multi {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                Multi::lookup_sql_type::<$marker>(lookup)
            }
        }
    )+};
}
on_multi!(DbUuid, DbInstant, DbDate, DbJson, DbSecret);

macro_rules! multi_value {
    ($($value:ident as $marker:ident),+) => {$(
        impl ToSql<$marker, Multi> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Multi>) -> serialize::Result {
                out.set_value(($marker, self));
                Ok(IsNull::No)
            }
        }
        impl FromSql<$marker, Multi> for $value {
            fn from_sql(bytes: <Multi as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                bytes.from_sql::<$value, $marker>()
            }
        }
    )+};
}
multi_value!(
    UuidCol as DbUuid,
    InstantCol as DbInstant,
    DateCol as DbDate,
    JsonCol as DbJson,
    SecretCol as DbSecret
);

macro_rules! text_on_sqlite {
    ($($value:ident as $marker:ident),+) => {$(
        impl ToSql<$marker, Sqlite> for $value {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.to_text());
                Ok(IsNull::No)
            }
        }
        impl FromSql<$marker, Sqlite> for $value {
            fn from_sql(bytes: <Sqlite as diesel::backend::Backend>::RawValue<'_>) -> deserialize::Result<Self> {
                let text = <String as FromSql<diesel::sql_types::Text, Sqlite>>::from_sql(bytes)?;
                Self::from_text(text)
            }
        }
    )+};
}
text_on_sqlite!(
    UuidCol as DbUuid,
    InstantCol as DbInstant,
    DateCol as DbDate,
    JsonCol as DbJson,
    SecretCol as DbSecret
);

/// A UUID in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbUuid)]
pub struct UuidCol(pub Uuid);

impl UuidCol {
    fn to_text(self) -> String {
        self.0.to_string()
    }
    fn from_text(text: String) -> deserialize::Result<Self> {
        Ok(Self(Uuid::try_parse(&text)?))
    }
}
impl ToSql<DbUuid, Pg> for UuidCol {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<DbUuid, Pg> for UuidCol {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Uuid::from_slice(value.as_bytes())?))
    }
}

/// Microseconds between 1970-01-01 and PostgreSQL's epoch, 2000-01-01.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;
const PG_EPOCH_DAYS: i64 = 10_957;

/// An instant in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbInstant)]
pub struct InstantCol(pub Instant);

impl InstantCol {
    fn to_text(self) -> String {
        self.0.to_string()
    }
    fn from_text(text: String) -> deserialize::Result<Self> {
        Instant::parse(&text)
            .map(Self)
            .ok_or_else(|| "bad instant in column".into())
    }
}
impl ToSql<DbInstant, Pg> for InstantCol {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&self.0.0.saturating_sub(PG_EPOCH_MICROS).to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<DbInstant, Pg> for InstantCol {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let raw = i64::from_be_bytes(value.as_bytes().try_into()?);
        Ok(Self(Instant(raw.saturating_add(PG_EPOCH_MICROS))))
    }
}

/// A legal date in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbDate)]
pub struct DateCol(pub LocalDate);

impl DateCol {
    fn to_text(self) -> String {
        self.0.to_string()
    }
    fn from_text(text: String) -> deserialize::Result<Self> {
        LocalDate::parse(&text)
            .map(Self)
            .ok_or_else(|| "bad date in column".into())
    }
}
impl ToSql<DbDate, Pg> for DateCol {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        let days = i32::try_from(self.0.epoch_days().saturating_sub(PG_EPOCH_DAYS))?;
        out.write_all(&days.to_be_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<DbDate, Pg> for DateCol {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        let days = i32::from_be_bytes(value.as_bytes().try_into()?);
        Ok(Self(LocalDate::from_epoch_days(
            i64::from(days).saturating_add(PG_EPOCH_DAYS),
        )))
    }
}

/// A JSON document in a column, as text.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbJson)]
pub struct JsonCol(pub String);

impl JsonCol {
    fn to_text(&self) -> String {
        self.0.clone()
    }
    fn from_text(text: String) -> deserialize::Result<Self> {
        Ok(Self(text))
    }
}
impl ToSql<DbJson, Pg> for JsonCol {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        // The leading byte is the version of the jsonb wire format.
        out.write_all(&[1])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<DbJson, Pg> for JsonCol {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        match value.as_bytes().split_first() {
            Some((1, text)) => Ok(Self(std::str::from_utf8(text)?.to_owned())),
            _ => Err("unknown jsonb version".into()),
        }
    }
}

/// Confidential text in a column.
#[derive(Clone, Debug, PartialEq, Eq, AsExpression, FromSqlRow)]
#[diesel(sql_type = DbSecret)]
pub struct SecretCol(pub Secret);

impl SecretCol {
    fn to_text(&self) -> String {
        self.0.reveal().to_owned()
    }
    fn from_text(text: String) -> deserialize::Result<Self> {
        Ok(Self(Secret::new(text)))
    }
}
impl ToSql<DbSecret, Pg> for SecretCol {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.0.reveal().as_bytes())?;
        Ok(IsNull::No)
    }
}
impl FromSql<DbSecret, Pg> for SecretCol {
    fn from_sql(value: diesel::pg::PgValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(Secret::new(std::str::from_utf8(value.as_bytes())?)))
    }
}

/// A column that holds something the code does not know.
#[derive(Debug)]
pub struct BadColumn(pub String);

impl std::fmt::Display for BadColumn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "unreadable column value: {}", self.0)
    }
}
impl std::error::Error for BadColumn {}

/// A domain value that lies in one column.
pub trait Col: Sized {
    /// Its column value.
    type Db;
    fn put(&self) -> Self::Db;
    fn take(db: Self::Db) -> Result<Self, BadColumn>;
}

macro_rules! plain_col {
    ($($t:ty),+) => {$(
        impl Col for $t {
            type Db = $t;
            fn put(&self) -> $t { self.clone() }
            fn take(db: $t) -> Result<Self, BadColumn> { Ok(db) }
        }
    )+};
}
plain_col!(String, i32, i64, bool);

macro_rules! wrapped_col {
    ($($t:ty as $w:ident),+) => {$(
        impl Col for $t {
            type Db = $w;
            fn put(&self) -> $w { $w(self.clone()) }
            fn take(db: $w) -> Result<Self, BadColumn> { Ok(db.0) }
        }
    )+};
}
wrapped_col!(
    Uuid as UuidCol,
    Instant as InstantCol,
    LocalDate as DateCol,
    Secret as SecretCol
);

impl<T> Col for Id<T> {
    type Db = UuidCol;
    fn put(&self) -> UuidCol {
        UuidCol(self.uuid)
    }
    fn take(db: UuidCol) -> Result<Self, BadColumn> {
        Ok(Self::new(db.0))
    }
}

impl<T: Col> Col for Option<T> {
    type Db = Option<T::Db>;
    fn put(&self) -> Self::Db {
        self.as_ref().map(Col::put)
    }
    fn take(db: Self::Db) -> Result<Self, BadColumn> {
        db.map(T::take).transpose()
    }
}

impl<C: Code> Col for C {
    type Db = String;
    fn put(&self) -> String {
        self.code().to_owned()
    }
    fn take(db: String) -> Result<Self, BadColumn> {
        C::parse(&db).ok_or(BadColumn(format!("{} = {db}", C::LIST)))
    }
}

/// Declares types kept as one JSON document.
macro_rules! json_cols {
    ($($t:ty),+ $(,)?) => {$(
        impl $crate::store::types::Col for $t {
            type Db = $crate::store::types::JsonCol;
            fn put(&self) -> Self::Db {
                // These types hold strings, numbers and lists only; they always serialise.
                $crate::store::types::JsonCol(serde_json::to_string(self).unwrap_or_else(|_| "null".to_owned()))
            }
            fn take(db: Self::Db) -> Result<Self, $crate::store::types::BadColumn> {
                serde_json::from_str(&db.0).map_err(|e| $crate::store::types::BadColumn(e.to_string()))
            }
        }
    )+};
}
#[allow(unused_imports)]
use json_cols;

mod json {
    use crate::domain::agreement::AgreementDetail;
    use crate::domain::case::CaseDetail;
    use crate::domain::clocks::calendar_file::CalendarDoc;
    use crate::domain::clocks::{ClockDetail, Policy};
    use crate::domain::county::{AccuracyWord, ConferenceMember, Talk, WhistleCall};
    use crate::domain::crisis::Sign;
    use crate::domain::figures::Figures;
    use crate::domain::follow_up::FollowUpDetail;
    use crate::domain::ids::{AttachmentId, PartyId};
    use crate::domain::mediator::Disclosure;
    use crate::domain::movement::{
        Climb, Contest, Designation, EscalateReason, ReturnDefect, SenderConsent,
    };
    use crate::domain::party::{GivenConsent, Mandate, PartyDetail};
    use crate::domain::record::{ReportMade, ReportTarget};
    use crate::domain::session::{Attendee, SessionDetail};
    use crate::domain::signals::Parts;

    json_cols!(
        CaseDetail,
        CalendarDoc,
        ClockDetail,
        FollowUpDetail,
        Policy,
        PartyDetail,
        AgreementDetail,
        SessionDetail,
        Mandate,
        Figures,
        Parts,
        SenderConsent,
        Contest,
        Designation,
        AccuracyWord,
        Vec<ConferenceMember>,
        Vec<Talk>,
        Vec<WhistleCall>,
        Climb,
        Vec<GivenConsent>,
        Vec<Disclosure>,
        Vec<Attendee>,
        Vec<EscalateReason>,
        Vec<ReturnDefect>,
        Vec<ReportTarget>,
        Vec<ReportMade>,
        Vec<Sign>,
        Vec<AttachmentId>,
        Vec<PartyId>,
        Vec<String>,
        serde_json::Value,
    );
}
