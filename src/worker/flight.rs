//! Attempts under way, each in a task of its own: a panic or a hang in one stays there.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::task::JoinSet;

use super::compose;
use super::retry::{Outcome, retry_delay};
use super::run::Worker;
use super::sms::{Sms, ask_text};
use crate::crypto::party_code::party_code;
use crate::crypto::secret::SecretText;
use crate::domain::ids::{PartyCheckId, WebhookId};
use crate::domain::notice::Notice;
use crate::domain::rules::party_checks::LIFE_DAYS;
use crate::store::outbox_claim::{Channel, Settlement};
use crate::store::tables::system::OutboxRow;

/// After an attempt that was cut off in the middle the other side may have the message already.
const UNKNOWN_SECONDS: i64 = 600;
/// Pauses before the tries to write an end.
const SETTLE_PAUSES_MS: [u64; 4] = [0, 200, 1_000, 4_000];

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Sent,
    Retry,
    Dead,
    /// The end could not be written, or the lease was lost.
    Lost,
}

/// A finished attempt.
#[derive(Clone, Copy, Debug)]
pub struct Landed {
    pub channel: Channel,
    pub verdict: Verdict,
}

struct Aboard {
    channel: Channel,
    row: Arc<OutboxRow>,
    /// The other side may have heard of it.
    started: Arc<AtomicBool>,
}

/// The attempts under way.
#[derive(Default)]
pub struct Flight {
    tasks: JoinSet<Verdict>,
    aboard: HashMap<tokio::task::Id, Aboard>,
}

impl Flight {
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// How many are under way by a channel.
    pub fn aboard(&self, channel: Channel) -> usize {
        self.aboard
            .values()
            .filter(|a| a.channel == channel)
            .count()
    }

    /// Begins an attempt at a leased message.
    pub fn board(&mut self, worker: &Worker, channel: Channel, row: OutboxRow) {
        let row = Arc::new(row);
        let started = Arc::new(AtomicBool::new(false));
        let work = {
            let (worker, row, started) = (worker.clone(), Arc::clone(&row), Arc::clone(&started));
            async move {
                let work = AssertUnwindSafe(attempt(&worker, channel, &row, &started));
                let end = work
                    .catch_unwind()
                    .await
                    .unwrap_or_else(|_| End::of(Outcome::retry("attempt panicked")));
                finish(&worker, &row, end).await
            }
        };
        let task = self.tasks.spawn(work).id();
        self.aboard.insert(
            task,
            Aboard {
                channel,
                row,
                started,
            },
        );
    }

    /// Waits for one attempt to end; `None` when none is under way. Safe to be cut off.
    pub async fn land(&mut self) -> Option<Landed> {
        let (task, verdict) = match self.tasks.join_next_with_id().await? {
            Ok(ended) => ended,
            Err(e) => (e.id(), Verdict::Lost),
        };
        self.aboard.remove(&task).map(|aboard| Landed {
            channel: aboard.channel,
            verdict,
        })
    }

    /// Stops every attempt and gives the leases back; returns how many.
    pub async fn release(&mut self, worker: &Worker) -> usize {
        self.tasks.shutdown().await;
        let left: Vec<Aboard> = self.aboard.drain().map(|(_, aboard)| aboard).collect();
        for aboard in &left {
            let wait = if aboard.started.load(Ordering::SeqCst) {
                UNKNOWN_SECONDS
            } else {
                0
            };
            let end = Settlement::Retry {
                at: worker.ctx().now.plus_seconds(wait),
                reason: "worker stopped".to_owned(),
            };
            settle(worker, &aboard.row, end, None).await;
        }
        left.len()
    }
}

/// The end of an attempt and what follows from it.
struct End {
    outcome: Outcome,
    /// Nobody needs to look at its death.
    quiet: bool,
    disable: Option<WebhookId>,
}

impl End {
    fn of(outcome: Outcome) -> Self {
        Self {
            outcome,
            quiet: false,
            disable: None,
        }
    }

    fn gone(reason: &str) -> Self {
        Self {
            quiet: true,
            ..Self::of(Outcome::dead(reason))
        }
    }
}

async fn attempt(
    worker: &Worker,
    channel: Channel,
    row: &Arc<OutboxRow>,
    started: &AtomicBool,
) -> End {
    if let Some(probe) = &worker.parts().probe {
        probe(row);
    }
    match channel {
        Channel::Mail => mail(worker, row, started).await,
        Channel::Sms => sms(worker, row, started).await,
        Channel::Webhook => webhook(worker, row, started).await,
    }
}

async fn mail(worker: &Worker, row: &Arc<OutboxRow>, started: &AtomicBool) -> End {
    let Ok(notice) = serde_json::from_value::<Notice>(row.payload.clone()) else {
        return End::of(Outcome::dead("payload unreadable"));
    };
    let (wanted, session) = (Arc::clone(row), notice.session_id);
    let facts = worker
        .db()
        .read(worker.ctx(), move |snap| {
            snap.letter_facts(&wanted, session)
        })
        .await;
    let facts = match facts {
        Ok(Some(facts)) => facts,
        Ok(None) => return End::gone("recipient_gone"),
        Err(e) => {
            tracing::warn!(message = %row.id, error = ?e, "letter not read");
            return End::of(Outcome::retry("letter not read"));
        }
    };
    let code = match notice.check_id {
        Some(id) => match code_to_send(worker, row, id).await {
            Ok(code) => Some(code),
            Err(end) => return end,
        },
        None => None,
    };
    let desk = &worker.parts().desk;
    let letter = match compose::letter(row, &notice, &facts, code.as_ref(), desk) {
        Ok(letter) => letter,
        Err(reason) => return End::of(Outcome::dead(reason)),
    };
    started.store(true, Ordering::SeqCst);
    let outcome = worker.parts().mailer.send(&letter).await;
    worker.record(row, &outcome);
    End::of(outcome)
}

/// The code of a request that still waits for its answer.
async fn code_to_send(
    worker: &Worker,
    row: &OutboxRow,
    id: PartyCheckId,
) -> Result<SecretText, End> {
    let found = worker
        .db()
        .read(worker.ctx(), move |snap| snap.check_to_send(id))
        .await;
    match found {
        Ok(Some(check)) => Ok(party_code(&worker.parts().codes, check.id.uuid)),
        Ok(None) => Err(End::gone("recipient_gone")),
        Err(e) => {
            tracing::warn!(message = %row.id, error = ?e, "request to a party not read");
            Err(End::of(Outcome::retry("request not read")))
        }
    }
}

async fn sms(worker: &Worker, row: &Arc<OutboxRow>, started: &AtomicBool) -> End {
    let notice = serde_json::from_value::<Notice>(row.payload.clone()).ok();
    let Some(id) = notice.and_then(|n| n.check_id) else {
        return End::of(Outcome::dead("payload unreadable"));
    };
    let wanted = Arc::clone(row);
    let facts = worker
        .db()
        .read(worker.ctx(), move |snap| snap.sms_facts(&wanted, id))
        .await;
    let (to, check) = match facts {
        Ok(Some(facts)) => facts,
        Ok(None) => return End::gone("recipient_gone"),
        Err(e) => {
            tracing::warn!(message = %row.id, error = ?e, "text message not read");
            return End::of(Outcome::retry("text message not read"));
        }
    };
    let code = party_code(&worker.parts().codes, check.id.uuid);
    let sms = Sms {
        id: row.message_id.clone(),
        to,
        text: ask_text(code.expose(), LIFE_DAYS, &worker.parts().desk.public_url),
    };
    started.store(true, Ordering::SeqCst);
    let now = worker.ctx().now.0.div_euclid(1_000_000);
    End::of(worker.parts().sms.send(&sms, now).await)
}

async fn webhook(worker: &Worker, row: &OutboxRow, started: &AtomicBool) -> End {
    let Some(id) = row.webhook_id else {
        return End::of(Outcome::dead("payload unreadable"));
    };
    let hook = worker
        .db()
        .read(worker.ctx(), move |snap| snap.webhook(id))
        .await;
    let hook = match hook {
        Ok(hook) => hook,
        Err(e) if e.status() == 404 => return End::gone("webhook_inactive"),
        Err(e) => {
            tracing::warn!(message = %row.id, error = ?e, "webhook not read");
            return End::of(Outcome::retry("webhook not read"));
        }
    };
    if !hook.active {
        return End::gone("webhook_inactive");
    }
    let delivery = match compose::delivery(row, &hook, worker.ctx().now) {
        Ok(delivery) => delivery,
        Err(reason) => return End::of(Outcome::dead(reason)),
    };
    started.store(true, Ordering::SeqCst);
    let answer = worker.parts().hooks.send(&delivery).await;
    worker.record(row, &answer.outcome);
    End {
        disable: answer.disable.then_some(id),
        ..End::of(answer.outcome)
    }
}

/// Turns an end into what is written, and writes it.
async fn finish(worker: &Worker, row: &Arc<OutboxRow>, end: End) -> Verdict {
    let ctx = worker.ctx();
    // Low bits of a fresh id are as good a die as any.
    let die = u16::try_from(ctx.ids.uuid().as_u128() & 0xFFFF).unwrap_or(0);
    let (settlement, verdict) = match end.outcome {
        Outcome::Sent => (Settlement::Sent, Verdict::Sent),
        Outcome::Dead { reason } => (
            Settlement::Dead {
                reason,
                quiet: end.quiet,
            },
            Verdict::Dead,
        ),
        Outcome::Retry { reason, min_delay } => {
            let made = u32::try_from(row.attempts).unwrap_or(u32::MAX);
            match retry_delay(made, f64::from(die) / f64::from(u16::MAX)) {
                Some(delay) => {
                    let wait = delay.max(min_delay).as_micros();
                    let wait = i64::try_from(wait).unwrap_or(i64::MAX);
                    let at = crate::domain::time::Instant(ctx.now.0.saturating_add(wait));
                    (Settlement::Retry { at, reason }, Verdict::Retry)
                }
                None => {
                    let reason = format!("{reason} ({made} attempts)");
                    (
                        Settlement::Dead {
                            reason,
                            quiet: false,
                        },
                        Verdict::Dead,
                    )
                }
            }
        }
    };
    match settle(worker, row, settlement, end.disable).await {
        true => verdict,
        false => Verdict::Lost,
    }
}

/// Writes an end while the lease is ours; tries again when the database is away for a moment.
async fn settle(
    worker: &Worker,
    row: &Arc<OutboxRow>,
    end: Settlement,
    disable: Option<WebhookId>,
) -> bool {
    let end = Arc::new(end);
    for pause in SETTLE_PAUSES_MS {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let (row, end) = (Arc::clone(row), Arc::clone(&end));
        let written = worker
            .db()
            .write(worker.ctx(), move |tx| {
                if let Some(id) = disable {
                    tx.disable_webhook(id, "gone")?;
                }
                tx.settle(&row, &end)
            })
            .await;
        match written {
            Ok(ours) => return ours,
            Err(e) => tracing::warn!(error = ?e, "end of an attempt not written"),
        }
    }
    false
}
