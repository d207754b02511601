//! `signals`: looks for cases that may be made up.

use std::sync::Arc;

use super::{Outcome, outbox};
use crate::app;
use crate::config::Config;
use crate::ctx::{SystemClock, SystemIds};
use crate::store::db::Db;
use crate::worker::signals::{self, Parts};

/// What the search works with.
pub fn parts(config: &Config, db: Db) -> Result<Parts, String> {
    let key = app::mac_key(&config.key_dir()).map_err(|e| e.to_string())?;
    Ok(Parts {
        db,
        clock: Arc::new(SystemClock),
        ids: Arc::new(SystemIds),
        key: key.derive("blind"),
    })
}

/// One pass; the counting of cases from before figures were kept comes first.
///
/// # Errors
/// One line.
pub fn run(config: &Config, all: bool) -> Outcome {
    let parts = parts(config, outbox::open(config)?)?;
    let line = |e: crate::error::Error| format!("{e:?}");
    let counted = signals::count_existing(&parts).map_err(line)?;
    if counted > 0 {
        println!("{counted} case(s) counted for the statistics");
    }
    let looked = if all {
        signals::search_all(&parts)
    } else {
        signals::follow(&parts)
    };
    println!("{} case(s) looked at", looked.map_err(line)?);
    Ok(())
}
