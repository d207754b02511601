//! Loading a data set through the store: the rows, chains, search text and tree of a real county.

use std::sync::Arc;
use std::time::{Duration, Instant as Timer};

use jieyou::app;
use jieyou::config::Config;
use jieyou::ctx::{Clock, Ctx, Ids, SystemClock, SystemIds};
use jieyou::domain::policy::Sight;
use jieyou::domain::rules::duplicates::traits_of;
use jieyou::domain::time::Instant;
use jieyou::store::conn::DbUrl;
use jieyou::store::db::{Db, DbOptions};
use jieyou::store::lists::{CaseFilter, Queue};

use crate::{Fault, cases, county};

/// Cases of one transaction.
const BATCH: u64 = 500;

/// The context of the loader at an instant.
pub fn ctx_at(now: Instant) -> Ctx {
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    Ctx {
        now,
        ..app::system_ctx(&SystemClock, &ids)
    }
}

fn store_fault(e: jieyou::error::Error) -> Fault {
    format!("{e:?}").into()
}

/// Brings the database of `config` to at least `total` cases; goes on where an earlier run stopped.
pub fn fill(config: &Config, total: u64) -> Result<(), Fault> {
    let db = Db::open(&DbOptions {
        url: DbUrl::parse(&config.database_url)?,
        connections: 2,
        acquire: Duration::from_secs(10),
    })?;
    db.migrate()?;
    let start = SystemClock.now();
    let ctx = ctx_at(start.plus_days(-800));
    let everything = Sight {
        all: true,
        ..Sight::default()
    };
    let (known, have) = db
        .read_now(&ctx, |snap| {
            let known = snap.org(county::centre()).is_ok();
            let have = snap.count_cases(&everything, Queue::All, &CaseFilter::default())?;
            Ok((known, u64::try_from(have).unwrap_or(0)))
        })
        .map_err(store_fault)?;
    if !known {
        db.write_now(&ctx, county::seed).map_err(store_fault)?;
    }
    if have >= total {
        println!("  {have} cases are there already");
        return Ok(());
    }
    let key = app::audit_key(config)?;
    let blind = app::mac_key(&config.key_dir())?.derive("blind");
    let timer = Timer::now();
    let mut told = Timer::now();
    let mut n = have;
    while n < total {
        let last = (n + BATCH).min(total);
        let mut ctx = ctx_at(cases::registered_at(last, total, start));
        // One actor a batch: the heads take turns.
        ctx.actor.user_id = county::head(n / BATCH % county::DESKS);
        db.write_now(&ctx, |tx| {
            for i in n + 1..=last {
                let case = tx.carry_out(cases::make(i, total, start))?;
                let parties = tx.parties(case.id)?;
                tx.keep_traits(&blind, &case, &traits_of(&case, &parties))?;
            }
            Ok(())
        })
        .map_err(store_fault)?;
        while db
            .write_now(&ctx, |tx| tx.sequence(&key, None, false))
            .map_err(store_fault)?
            .is_some()
        {}
        n = last;
        if told.elapsed() > Duration::from_secs(10) || n == total {
            told = Timer::now();
            let rate = (n - have) as f64 / timer.elapsed().as_secs_f64();
            println!("  loaded {n} of {total} cases ({rate:.0} a second)");
        }
    }
    Ok(())
}
