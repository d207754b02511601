//! The outbox worker: claims what is due, makes one attempt at each, settles it.
//!
//! Any number of workers may run against one database. What a worker does can be cut off at any
//! point: an unsettled message comes back when its lease ends, under the Message-ID it always had.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus::{IntCounterVec, IntGauge};
use serde::Serialize;
use tokio::sync::watch;

use super::compose::Desk;
use super::flight::{Flight, Landed, Verdict};
use super::mail::Mailer;
use super::retry::{Breaker, MAX_ATTEMPTS, Outcome};
use super::sms::SmsGateway;
use super::webhook::WebhookSender;
use crate::crypto::secret::MacKey;
use crate::ctx::{Clock, Ctx, Ids, system_ctx};
use crate::domain::ids::WebhookId;
use crate::domain::time::Instant;
use crate::error::Error;
use crate::store::db::Db;
use crate::store::outbox_claim::{Channel, ClaimAsk, Claimed};
use crate::store::tables::system::OutboxRow;

/// Attempts under way at one time, for each channel.
const SLOTS: usize = 8;
/// Longer than any attempt lasts (90 s), so that a live worker never loses its lease.
const LEASE_SECONDS: i64 = 120;
/// Mails one recipient gets in an hour at most.
const MAILS_PER_HOUR: i64 = 30;
/// How often the loop looks without being woken.
const TICK: Duration = Duration::from_secs(1);
/// Ticks between two looks at the size of the backlog.
const MEASURE_TICKS: u32 = 5;
/// How long attempts under way usually may go on after a stop was asked for.
pub const GRACE: Duration = Duration::from_secs(10);

/// Called with each message before its attempt; fault trials panic or stall in it.
pub type Probe = Arc<dyn Fn(&OutboxRow) + Send + Sync>;

/// What the worker counts.
#[derive(Clone, Debug)]
pub struct Meters {
    /// Messages waiting.
    pub due: IntGauge,
    /// Messages given up.
    pub dead: IntGauge,
    /// Attempts by channel and outcome (`sent`, `retry`, `dead`).
    pub deliveries: IntCounterVec,
}

/// What a worker works with.
pub struct Parts {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub desk: Desk,
    pub mailer: Mailer,
    pub hooks: WebhookSender,
    pub sms: SmsGateway,
    /// The root of one-use codes.
    pub codes: MacKey,
    pub meters: Meters,
    pub probe: Option<Probe>,
    /// How long attempts under way may go on after a stop was asked for.
    pub grace: Duration,
}

/// A worker; cheap to clone.
#[derive(Clone)]
pub struct Worker(Arc<Inner>);

struct Inner {
    parts: Parts,
    breakers: Mutex<Breakers>,
}

#[derive(Default)]
struct Breakers {
    relay: Breaker,
    receivers: HashMap<WebhookId, Breaker>,
}

/// What one pass did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Attempts begun.
    pub claimed: usize,
    pub sent: usize,
    /// To be tried again later.
    pub retried: usize,
    pub dead: usize,
    /// Put off because the recipient had enough mail this hour.
    pub deferred: usize,
    /// Attempts whose end could not be written; their leases bring them back.
    pub lost: usize,
}

impl Worker {
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            parts,
            breakers: Mutex::default(),
        }))
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0.parts
    }

    /// The database the worker works on.
    pub fn db(&self) -> &Db {
        &self.0.parts.db
    }

    /// The context of one step.
    pub(super) fn ctx(&self) -> Ctx {
        system_ctx(&*self.0.parts.clock, &self.0.parts.ids)
    }

    fn breakers(&self) -> MutexGuard<'_, Breakers> {
        self.0
            .breakers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The clock as the breakers read it.
    fn reading(&self) -> Duration {
        let micros = self.0.parts.clock.now().0;
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// Takes note of an answer, or the lack of one, of the relay or a receiver.
    pub(super) fn record(&self, row: &OutboxRow, outcome: &Outcome) {
        let now = self.reading();
        let mut breakers = self.breakers();
        match row.webhook_id {
            None => breakers.relay.record(outcome, now),
            Some(id) => {
                let breaker = breakers.receivers.entry(id).or_default();
                breaker.record(outcome, now);
                if *breaker == Breaker::default() {
                    breakers.receivers.remove(&id);
                }
            }
        }
    }

    /// What to ask for; `None` while the relay is left alone.
    fn ask(&self, channel: Channel, free: usize, horizon: Instant) -> Option<ClaimAsk> {
        let now = self.reading();
        let breakers = self.breakers();
        if channel == Channel::Mail && !breakers.relay.wait(now).is_zero() {
            return None;
        }
        let paused = breakers
            .receivers
            .iter()
            .filter(|(_, breaker)| !breaker.wait(now).is_zero())
            .map(|(id, _)| *id)
            .collect();
        Some(ClaimAsk {
            channel,
            limit: i64::try_from(free).unwrap_or(1),
            horizon,
            lease_seconds: LEASE_SECONDS,
            max_attempts: i32::try_from(MAX_ATTEMPTS).unwrap_or(i32::MAX),
            mails_per_hour: MAILS_PER_HOUR,
            except: paused,
        })
    }

    /// Looks on a read view first: a worker with nothing to do never takes the writer.
    async fn claim(&self, ask: ClaimAsk) -> Result<Claimed, Error> {
        let db = self.db();
        let seen = ask.clone();
        let rows = db
            .read(self.ctx(), move |snap| snap.claimable(&seen))
            .await?;
        if rows.is_empty() {
            return Ok(Claimed::default());
        }
        db.write(self.ctx(), move |tx| tx.take_leases(&rows, &ask))
            .await
    }

    /// Fills the free slots; returns how many messages it touched.
    async fn launch(
        &self,
        flight: &mut Flight,
        horizon: Instant,
        stats: &mut Stats,
    ) -> Result<usize, Error> {
        let mut touched = 0_usize;
        for channel in Channel::ALL {
            let free = SLOTS.saturating_sub(flight.aboard(channel));
            // One claim for several messages is cheaper than one for each.
            if free < SLOTS / 2 {
                continue;
            }
            let Some(ask) = self.ask(channel, free, horizon) else {
                continue;
            };
            let claimed = self.claim(ask).await?;
            stats.claimed = stats.claimed.saturating_add(claimed.rows.len());
            stats.deferred = stats.deferred.saturating_add(claimed.deferred);
            stats.dead = stats.dead.saturating_add(claimed.dead);
            touched = touched
                .saturating_add(claimed.rows.len())
                .saturating_add(claimed.deferred)
                .saturating_add(claimed.dead);
            for row in claimed.rows {
                flight.board(self, channel, row);
            }
        }
        Ok(touched)
    }

    fn count(&self, landed: &Landed, stats: &mut Stats) {
        let (place, word) = match landed.verdict {
            Verdict::Sent => (&mut stats.sent, "sent"),
            Verdict::Retry => (&mut stats.retried, "retry"),
            Verdict::Dead => (&mut stats.dead, "dead"),
            Verdict::Lost => (&mut stats.lost, "lost"),
        };
        *place = place.saturating_add(1);
        self.0
            .parts
            .meters
            .deliveries
            .with_label_values(&[landed.channel.code(), word])
            .inc();
    }

    /// Sets the gauges of the backlog.
    async fn measure(&self) -> Result<(), Error> {
        let (due, dead) = self.db().read(self.ctx(), |snap| snap.backlog()).await?;
        self.0.parts.meters.due.set(due);
        self.0.parts.meters.dead.set(dead);
        Ok(())
    }
}

/// One pass: everything that is due when it begins gets one attempt.
///
/// # Errors
/// When the database cannot be asked; attempts under way are finished first.
pub async fn run_once(worker: &Worker) -> Result<Stats, Error> {
    let horizon = worker.0.parts.clock.now();
    let (mut flight, mut stats) = (Flight::default(), Stats::default());
    let mut fault = None;
    loop {
        let touched = match fault {
            None => worker.launch(&mut flight, horizon, &mut stats).await,
            Some(_) => Ok(0),
        };
        let touched = touched.unwrap_or_else(|e| {
            fault = Some(e);
            0
        });
        match flight.land().await {
            Some(landed) => worker.count(&landed, &mut stats),
            None if touched == 0 => break,
            None => {}
        }
    }
    match fault {
        Some(e) => Err(e),
        None => worker.measure().await.map(|()| stats),
    }
}

/// Works until `stop` becomes true: woken by commits in this process, and by a tick for those of
/// others. At the end attempts under way get a short grace, then their leases are given back.
pub async fn run_loop(worker: Worker, mut stop: watch::Receiver<bool>) {
    let wake = worker.db().outbox_wake();
    let (mut flight, mut stats) = (Flight::default(), Stats::default());
    let mut ticks = MEASURE_TICKS;
    let mut look = true;
    while !*stop.borrow_and_update() {
        if look {
            let horizon = worker.0.parts.clock.now();
            if let Err(e) = worker.launch(&mut flight, horizon, &mut stats).await {
                tracing::warn!(error = ?e, "outbox not read");
            }
        }
        if ticks >= MEASURE_TICKS {
            ticks = 0;
            if let Err(e) = worker.measure().await {
                tracing::warn!(error = ?e, "outbox not measured");
            }
        }
        look = true;
        tokio::select! {
            Some(landed) = flight.land(), if !flight.is_empty() => {
                worker.count(&landed, &mut stats);
            }
            () = wake.notified() => {}
            () = tokio::time::sleep(TICK) => ticks = ticks.saturating_add(1),
            changed = stop.changed() => {
                look = false;
                if changed.is_err() {
                    break;
                }
            }
        }
    }
    let landing = async {
        while let Some(landed) = flight.land().await {
            worker.count(&landed, &mut stats);
        }
    };
    if tokio::time::timeout(worker.0.parts.grace, landing)
        .await
        .is_err()
    {
        let released = flight.release(&worker).await;
        tracing::info!(released, "leases given back");
    }
    tracing::info!(?stats, "worker stopped");
}
