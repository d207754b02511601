//! `outbox` and `work-once`: what waits to be delivered, seen and moved by hand.

use std::sync::Arc;

use clap::Subcommand;

use super::Outcome;
use crate::app;
use crate::config::Config;
use crate::ctx::{Clock, Ids, SystemClock, SystemIds, system_ctx};
use crate::domain::ids::{Id, MessageId};
use crate::http::metrics::Metrics;
use crate::store::db::Db;
use crate::store::outbox_desk::{Redrive, STATES};
use crate::store::tables::system::OutboxRow;
use crate::worker::run;

/// Acts on the outbox, also while the service runs: leases keep workers apart.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// List messages, newest first, with the count of each state.
    List {
        /// Only this state: due, leased, sent or dead.
        #[arg(long, value_parser = clap::builder::PossibleValuesParser::new(STATES))]
        state: Option<String>,
        /// At most so many.
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=10_000))]
        limit: i64,
    },
    /// Give dead messages a fresh set of attempts; their Message-IDs stay.
    Redrive {
        /// One dead message.
        #[arg(
            long,
            required_unless_present = "all_dead",
            conflicts_with = "all_dead"
        )]
        id: Option<String>,
        /// Every dead message.
        #[arg(long)]
        all_dead: bool,
    },
}

fn line(e: crate::error::Error) -> String {
    format!("{e:?}")
}

pub(super) fn open(config: &Config) -> Result<Db, String> {
    let db = app::open_beside(config).map_err(|e| e.to_string())?;
    match db.pending_migrations().map_err(|e| e.to_string())? {
        0 => Ok(db),
        n => Err(format!(
            "{n} migration(s) not run yet: run `jieyou migrate`"
        )),
    }
}

/// Carries out an `outbox` command.
///
/// # Errors
/// One line.
pub fn run(config: &Config, command: &OutboxCommand) -> Outcome {
    let db = open(config)?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = system_ctx(&SystemClock, &ids);
    match command {
        OutboxCommand::List { state, limit } => {
            let (rows, counts) = db
                .read_now(&ctx, |snap| {
                    let rows = snap.outbox_list(state.as_deref(), *limit)?;
                    Ok((rows, snap.outbox_counts()?))
                })
                .map_err(line)?;
            for row in &rows {
                println!("{}", shown(row));
            }
            let counts: Vec<String> = counts.iter().map(|(s, n)| format!("{s} {n}")).collect();
            println!("{}", counts.join(", "));
        }
        OutboxCommand::Redrive { id, .. } => {
            let which = match id {
                None => Redrive::AllDead,
                Some(text) => {
                    let id: MessageId = Id::parse(text).ok_or("--id: not a message id")?;
                    Redrive::One(id)
                }
            };
            let messages = db.write_now(&ctx, |tx| tx.redrive(which)).map_err(line)?;
            if messages == 0 && id.is_some() {
                return Err("no dead message has this id".to_owned());
            }
            println!("{messages} message(s) due again");
        }
    }
    Ok(())
}

/// One message as a line: ids and codes only.
fn shown(row: &OutboxRow) -> String {
    format!(
        "{} {} {} {} attempts={} due={} {}",
        row.id,
        row.channel,
        row.kind,
        row.state,
        row.attempts,
        row.due_at,
        row.last_error.as_deref().unwrap_or("-")
    )
}

/// One pass: what fell due, the outbox, the purge.
///
/// # Errors
/// One line.
pub fn work_once(config: &Config) -> Outcome {
    let db = open(config)?;
    let search = super::signals::parts(config, db.clone())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let metrics = Metrics::new().map_err(|e| e.to_string())?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let duties = app::duties(db.clone(), Arc::clone(&clock), Arc::clone(&ids));
    let worker = app::worker(config, db, clock, ids, &metrics).map_err(|e| e.to_string())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|e| e.to_string())?;
    let keep = app::keep(config);
    let (duties, stats, purged) = runtime
        .block_on(async {
            let done = duties.pass().await?;
            let stats = run::run_once(&worker).await?;
            Ok((done, stats, duties.purge(keep).await?))
        })
        .map_err(line)?;
    crate::worker::signals::count_existing(&search).map_err(line)?;
    let looked = crate::worker::signals::follow(&search).map_err(line)?;
    let mut shown = serde_json::to_value(&stats).map_err(|e| e.to_string())?;
    if let Some(members) = shown.as_object_mut() {
        let duties = serde_json::to_value(duties).map_err(|e| e.to_string())?;
        members.insert("duties".to_owned(), duties);
        members.insert("signals".to_owned(), looked.into());
        members.insert("purged".to_owned(), purged.into());
    }
    println!("{shown}");
    Ok(())
}
