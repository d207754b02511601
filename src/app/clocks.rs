//! Reads calendars and clock policies at start: what is wrong with them is told before anything
//! is counted by them.

use super::Parts;
use crate::config::Config;
use crate::ctx::system_ctx;
use crate::domain::clocks::PolicyBook;
use crate::domain::clocks::calendar_file::{self, CalendarDoc};
use crate::store::db::Db;

fn text_of(path: &str) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{path}: {e}"))
}

fn policies(config: &Config) -> Result<PolicyBook, String> {
    let book = PolicyBook::built_in().clone();
    let path = config.clock_policy_file.as_str();
    if path.is_empty() {
        return Ok(book);
    }
    book.with_file(&text_of(path)?)
        .map_err(|faults| format!("{path}: {faults:?}"))
}

fn calendars(config: &Config) -> Result<Vec<CalendarDoc>, String> {
    let mut docs = calendar_file::shipped().map_err(|f| format!("calendars: {f:?}"))?;
    let path = config.calendar_file.as_str();
    if !path.is_empty() {
        let doc = calendar_file::parse(&text_of(path)?).map_err(|f| format!("{path}: {f:?}"))?;
        docs.retain(|d| d.region != doc.region);
        docs.push(doc);
    }
    calendar_file::build(&config.calendar_region, &docs)
        .map_err(|f| format!("calendar of {}: {f:?}", config.calendar_region))?;
    Ok(docs)
}

/// Puts the policies and, where a region has none yet, the calendars into the database.
pub(super) fn prepare(config: &Config, db: &Db, parts: &Parts) -> Result<(), String> {
    let book = policies(config)?;
    let docs = calendars(config)?;
    db.set_region(&config.calendar_region);
    let ctx = system_ctx(&*parts.clock, &parts.ids);
    db.write_now(&ctx, |tx| {
        tx.technical();
        tx.keep_policies(&book)?;
        tx.keep_calendars(&docs)
    })
    .map_err(|e| format!("clock policies and calendars: {e:?}"))
}
