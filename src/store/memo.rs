//! What every act needs and almost none changes: the calendar and the clock policies, kept in
//! memory under the names of the rows they were read from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::row::{FromRaw, build};
use super::tables::clocks::{
    CalendarVersion, PolicyRow, calendar_versions as versions, clock_policies,
};
use super::tx::Snap;
use super::types::UuidCol;
use crate::domain::calendar::Calendar;
use crate::domain::clocks::PolicyBook;
use crate::domain::clocks::calendar_file::{self, CalendarDoc, NATION};
use crate::error::Error;

type Held<K, V> = Mutex<Option<(K, Arc<V>)>>;

/// The memory of one database.
#[derive(Default)]
pub struct Memo {
    region: OnceLock<String>,
    calendar: Held<Vec<UuidCol>, Calendar>,
    book: Held<i64, PolicyBook>,
    /// Calendars by version, for the explanations of clocks that keep an old one.
    old: Mutex<HashMap<String, Arc<Calendar>>>,
}

impl Memo {
    pub fn set_region(&self, region: &str) {
        // A second start in one process keeps the first region.
        let _ = self.region.set(region.to_owned());
    }

    pub fn region(&self) -> &str {
        self.region.get().map_or(NATION, String::as_str)
    }
}

fn get<K: PartialEq, V>(held: &Held<K, V>, key: &K) -> Option<Arc<V>> {
    let guard = held.lock().unwrap_or_else(PoisonError::into_inner);
    let (k, v) = guard.as_ref()?;
    (k == key).then(|| Arc::clone(v))
}

fn put<K, V>(held: &Held<K, V>, key: K, value: &Arc<V>) {
    let mut guard = held.lock().unwrap_or_else(PoisonError::into_inner);
    *guard = Some((key, Arc::clone(value)));
}

impl Snap<'_> {
    /// The calendar in force in this county: of every region the latest version.
    pub fn calendar(&mut self) -> Result<Calendar, Error> {
        let key: Vec<UuidCol> = versions::table
            .select(versions::id)
            .order(versions::id)
            .load(self.conn)?;
        if let Some(known) = get(&self.memo.calendar, &key) {
            return Ok((*known).clone());
        }
        let docs = self.calendars_in_force()?;
        let calendar = calendar_file::build(self.memo.region(), &docs)
            .map_err(|f| Error::internal(format!("calendar of {}: {f:?}", self.memo.region())))?;
        let calendar = Arc::new(calendar);
        put(&self.memo.calendar, key, &calendar);
        Ok((*calendar).clone())
    }

    /// The documents in force, one per region; those of the program where none was committed.
    pub fn calendars_in_force(&mut self) -> Result<Vec<CalendarDoc>, Error> {
        let mut docs: Vec<CalendarDoc> = Vec::new();
        for row in self.calendar_versions()? {
            docs.retain(|d| d.region != row.region);
            docs.push(row.document);
        }
        let shipped = calendar_file::shipped().map_err(|f| Error::internal(format!("{f:?}")))?;
        for doc in shipped {
            if !docs.iter().any(|d| d.region == doc.region) {
                docs.push(doc);
            }
        }
        Ok(docs)
    }

    /// Every version committed, oldest first within its region.
    pub fn calendar_versions(&mut self) -> Result<Vec<CalendarVersion>, Error> {
        let rows = versions::table
            .order((versions::region, versions::seq))
            .load::<<CalendarVersion as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The calendar a clock was computed on, by its version (`CN-GX@2026.1+CN@2026.1`); the
    /// present one if it is not known any more.
    pub fn calendar_at(&mut self, version: &str) -> Result<Arc<Calendar>, Error> {
        let now = self.calendar()?;
        if now.version() == version {
            return Ok(Arc::new(now));
        }
        let known = {
            let old = self.memo.old.lock().unwrap_or_else(PoisonError::into_inner);
            old.get(version).cloned()
        };
        if let Some(known) = known {
            return Ok(known);
        }
        let shipped = calendar_file::shipped().unwrap_or_default();
        let kept = self.calendar_versions()?.into_iter().map(|v| v.document);
        let all: Vec<CalendarDoc> = kept.chain(shipped).collect();
        let mut docs = Vec::new();
        for part in version.split('+') {
            let (region, v) = part.split_once('@').unwrap_or((part, ""));
            let found = all.iter().find(|d| d.region == region && d.version == v);
            docs.extend(found.cloned());
        }
        let region = version.split('@').next().unwrap_or(NATION);
        let Ok(calendar) = calendar_file::build(region, &docs) else {
            return Ok(Arc::new(now));
        };
        let calendar = Arc::new(calendar);
        let mut old = self.memo.old.lock().unwrap_or_else(PoisonError::into_inner);
        if old.len() > 64 {
            old.clear();
        }
        old.insert(version.to_owned(), Arc::clone(&calendar));
        Ok(calendar)
    }

    /// Every version of every clock policy.
    pub fn clock_policies(&mut self) -> Result<Arc<PolicyBook>, Error> {
        let rows: i64 = clock_policies::table
            .select(count_star())
            .first(self.conn)?;
        if let Some(known) = get(&self.memo.book, &rows) {
            return Ok(known);
        }
        let loaded = clock_policies::table.load::<<PolicyRow as FromRaw>::Raw>(self.conn)?;
        let loaded: Vec<PolicyRow> = build(loaded)?;
        let own = loaded.into_iter().map(|r| r.body).collect();
        let book = PolicyBook::built_in()
            .clone()
            .with_rows(own)
            .map_err(|f| Error::internal(format!("clock policies: {f:?}")))?;
        let book = Arc::new(book);
        put(&self.memo.book, rows, &book);
        Ok(book)
    }
}
