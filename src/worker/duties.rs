//! What the passing of time asks for: breaches, climbs, reminders, terms that end.
//!
//! Every node may pass, as often as it likes: the lock of the case and the mark left in the same
//! commit (a clock's next look, the key of a timer) make each duty happen once. A pass that is cut
//! off leaves the rest to the next one, here or elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use super::kinds::{KINDS, Kind, When};
use crate::ctx::{Clock, Ctx, Ids, system_ctx};
use crate::domain::time::Instant;
use crate::domain::timer::{after_quiet, is_quiet};
use crate::error::Error;
use crate::store::db::Db;
use crate::store::tx::{Snap, Tx};

/// The longest a node sleeps: what another node or process made due is found by then.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// The shortest: jobs that fail must not keep a core busy.
const LOOK_AT_MOST: Duration = Duration::from_millis(200);

/// What a pass works with.
#[derive(Clone)]
pub struct Duties {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// How long what is done with is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days that a delivered message stays in the outbox.
    pub sent_days: i64,
    /// Days that a message given up can still be sent again.
    pub dead_days: i64,
}

/// A purge that removed so many rows may have left some.
const PURGED_ALL: usize = 500;

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Duties carried out, by the code of their kind.
    #[serde(flatten)]
    pub did: BTreeMap<&'static str, usize>,
    /// Things left to the next pass, because something went wrong.
    pub failed: usize,
}

impl Done {
    /// How many duties of a kind were carried out.
    pub fn of(&self, code: &str) -> usize {
        self.did.get(code).copied().unwrap_or(0)
    }

    pub fn all(&self) -> usize {
        self.did.values().sum()
    }
}

/// When each kind was looked at last.
type Looked = Vec<Option<Instant>>;

impl Duties {
    fn ctx(&self) -> Ctx {
        system_ctx(&*self.clock, &self.ids)
    }

    /// One pass over all that is due. At night, what only reminds people waits for the morning.
    ///
    /// # Errors
    /// When the database cannot be asked what is due.
    pub async fn pass(&self) -> Result<Done, Error> {
        let mut done = Done::default();
        for kind in KINDS {
            self.pass_of(kind, &mut done).await?;
        }
        Ok(done)
    }

    /// Walks over what is due of one kind; each thing gets one job in a commit of its own.
    async fn pass_of(&self, kind: &'static Kind, done: &mut Done) -> Result<(), Error> {
        let mut at = None;
        let mut seen = BTreeSet::new();
        loop {
            if kind.waits_for_morning && is_quiet(self.clock.now()) {
                return Ok(());
            }
            let step = move |snap: &mut Snap<'_>| (kind.due)(snap, at);
            let page = self.db.read(self.ctx(), step).await?;
            for on in page.on {
                if !seen.insert(on) {
                    continue;
                }
                let job = move |tx: &mut Tx<'_>| (kind.job)(tx, on);
                match self.db.write(self.ctx(), job).await {
                    Ok(0) => {}
                    Ok(n) => {
                        let sum = done.did.entry(kind.code).or_default();
                        *sum = sum.saturating_add(n);
                    }
                    // One that fails does not hold up the others.
                    Err(e) => {
                        tracing::warn!(kind = kind.code, %on, error = ?e, "a duty was not done");
                        done.failed = done.failed.saturating_add(1);
                    }
                }
            }
            at = page.next;
            if at.is_none() {
                return Ok(());
            }
        }
    }

    /// When each kind has something due next, asked in one snapshot; `None` for never. Every answer
    /// comes from one index entry.
    async fn next(&self, looked: &Looked) -> Result<Vec<Option<Instant>>, Error> {
        let looked = looked.clone();
        let ask = move |snap: &mut Snap<'_>| {
            let now = snap.ctx.now;
            let mut out = Vec::with_capacity(KINDS.len());
            for (kind, last) in KINDS.iter().zip(looked) {
                let at = match (kind.when, last) {
                    (When::Next(next), _) => next(snap)?,
                    (When::Every(_) | When::Daily(_), None) => Some(now),
                    (When::Every(seconds), Some(last)) => Some(last.plus_seconds(seconds)),
                    (When::Daily(hour), Some(last)) => {
                        let today = last.local_date().start().plus_hours(hour);
                        let next = today.plus_days(1);
                        Some(if last < today { today } else { next })
                    }
                };
                out.push(at.map(|at| {
                    if kind.waits_for_morning {
                        after_quiet(at.max(now))
                    } else {
                        at
                    }
                }));
            }
            Ok(out)
        };
        self.db.read(self.ctx(), ask).await
    }

    /// Looks, and passes over the kinds that have something due; returns how long to sleep.
    async fn round(&self, looked: &mut Looked) -> Result<Duration, Error> {
        let next = self.next(looked).await?;
        let mut done = Done::default();
        let mut fault = Ok(());
        for ((kind, at), last) in KINDS.iter().zip(next).zip(looked.iter_mut()) {
            let now = self.clock.now();
            let waits = kind.waits_for_morning && is_quiet(now);
            if waits || at.is_none_or(|at| at > now) {
                continue;
            }
            fault = self.pass_of(kind, &mut done).await;
            if fault.is_err() {
                break;
            }
            *last = Some(now);
        }
        if done != Done::default() {
            tracing::info!(?done, "duties");
        }
        fault?;
        let now = self.clock.now();
        let next = self.next(looked).await?.into_iter().flatten().min();
        // What failed, or cannot be done, is tried again after a while, not at once.
        if done.failed > 0 || done.all() == 0 && next.is_some_and(|at| at <= now) {
            return Ok(LOOK_EVERY);
        }
        let wait = next.map_or(LOOK_EVERY, |at| {
            let micros = u64::try_from(at.0.saturating_sub(now.0)).unwrap_or(0);
            Duration::from_micros(micros)
        });
        Ok(wait.clamp(LOOK_AT_MOST, LOOK_EVERY))
    }

    /// Removes, in batches, what can mean nothing any more; returns how many rows.
    ///
    /// # Errors
    /// When the database fails; what went before is gone.
    pub async fn purge(&self, keep: Keep) -> Result<usize, Error> {
        let mut all: usize = 0;
        loop {
            let batch = move |tx: &mut Tx<'_>| {
                let now = tx.ctx.now;
                let outbox = tx.purge_outbox(
                    now.plus_days(keep.sent_days.saturating_neg()),
                    now.plus_days(keep.dead_days.saturating_neg()),
                )?;
                let rest = [tx.purge_keys()?, tx.purge_logins()?, tx.purge_timers()?];
                Ok(rest.iter().fold(outbox, |sum, n| sum.saturating_add(*n)))
            };
            let gone = self.db.write(self.ctx(), batch).await?;
            all = all.saturating_add(gone);
            if gone < PURGED_ALL {
                return Ok(all);
            }
        }
    }
}

/// Does the duties as they fall due until `stop` becomes true.
pub async fn run_loop(duties: Duties, mut stop: watch::Receiver<bool>) {
    let mut looked: Looked = vec![None; KINDS.len()];
    while !*stop.borrow_and_update() {
        let wait = tokio::select! {
            round = duties.round(&mut looked) => round.unwrap_or_else(|e| {
                tracing::warn!(error = ?e, "duties not done");
                LOOK_EVERY
            }),
            changed = stop.changed() => {
                if changed.is_err() { return } else { continue }
            }
        };
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}
