//! Signs checkpoints over the audit trail and keeps copies outside the database.
//!
//! The copy on another volume is also the memory of what was signed: before a tree is signed, it
//! must be shown to continue the last checkpoint there. A database that was rolled back or rebuilt
//! is therefore never signed by the service itself.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus::{IntCounterVec, IntGauge};
use tokio::sync::watch;

use super::copies::Copies;
use crate::crypto::ledger::LedgerError;
use crate::crypto::ledger::checkpoint::{Checkpoint, KeyRing};
use crate::crypto::ledger::key::SigningKey;
use crate::crypto::ledger::note::Note;
use crate::ctx::{Clock, Ctx, Ids, system_ctx};
use crate::error::Error;
use crate::store::db::Db;
use crate::store::ledger::{NotSigned, PASS};

/// How often the loop looks whether so many events wait that it signs before its time.
const LOOK: Duration = Duration::from_secs(5);
/// How many checkpoints are copied at a time.
const COPY: i64 = 500;

/// What the signer counts.
#[derive(Clone, Debug)]
pub struct Meters {
    /// Leaves under the last checkpoint.
    pub size: IntGauge,
    /// Events that no checkpoint covers yet.
    pub pending: IntGauge,
    /// Rounds that failed, by reason: `refused` (the ledger is not the one signed before), `copy`
    /// (the outside copy cannot be read or written), `database`.
    pub failures: IntCounterVec,
}

/// Why a round failed. What was signed before stays signed; the next round goes on.
#[derive(Debug)]
pub enum Failure {
    /// The ledger in the database is not the one that was signed before.
    Refused(String),
    /// The outside copy cannot be read or written.
    Copy(String),
    Database(Error),
}

impl Failure {
    /// The label of the failure's meter.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::Copy(_) => "copy",
            Self::Database(_) => "database",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "nothing signed: {why}"),
            Self::Copy(why) => write!(f, "outside copy of checkpoints: {why}"),
            Self::Database(e) => write!(f, "database: {e:?}"),
        }
    }
}

impl From<Error> for Failure {
    fn from(e: Error) -> Self {
        match &e {
            Error::Internal { cause, .. } => match cause.downcast_ref::<NotSigned>() {
                Some(NotSigned(why)) => Self::Refused(why.clone()),
                None => Self::Database(e),
            },
            _ => Self::Database(e),
        }
    }
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Self::Copy(e.to_string())
    }
}

impl From<LedgerError> for Failure {
    fn from(e: LedgerError) -> Self {
        Self::Copy(format!("its last note: {e}"))
    }
}

/// What a round did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Checkpoints signed.
    pub signed: usize,
    /// Notes added to the outside copy.
    pub copied: usize,
    /// The last checkpoint note of the database.
    pub last: Option<String>,
}

/// Reads the key that signs now: it may be handed over while the process runs.
pub type KeySource = Arc<dyn Fn() -> Result<SigningKey, String> + Send + Sync>;

/// Signs for one database.
#[derive(Clone)]
pub struct Signer {
    db: Db,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    key: KeySource,
    copies: Option<Copies>,
    lost: bool,
}

impl Signer {
    /// `copy` is the file that gets every checkpoint; best on another volume.
    pub fn new(
        db: Db,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        key: KeySource,
        copy: Option<PathBuf>,
    ) -> Self {
        Self {
            db,
            clock,
            ids,
            key,
            copies: copy.map(Copies::at),
            lost: false,
        }
    }

    /// Goes on from checkpoints of a key that was lost: this key takes the log over although none
    /// signed over to it. For the operator's hand alone.
    pub fn after_lost_key(self) -> Self {
        Self { lost: true, ..self }
    }

    fn ctx(&self) -> Ctx {
        system_ctx(&*self.clock, &self.ids)
    }

    /// Takes everything pending into the tree, signs it, and carries every checkpoint that the
    /// outside copy does not have yet over to it.
    ///
    /// # Errors
    /// See [`Failure`]; nothing is signed where the outside copy cannot be read.
    pub async fn round(&self) -> Result<Round, Failure> {
        let key = Arc::new((self.key)().map_err(Failure::Refused)?);
        let at = Arc::clone(&key);
        let ring = self
            .db
            .read(self.ctx(), move |snap| snap.key_ring(&at))
            .await?;
        let seen = self.seen(&ring).await?;
        let mut round = Round::default();
        loop {
            let (key, seen, lost) = (Arc::clone(&key), seen.clone(), self.lost);
            let work = self
                .db
                .write(self.ctx(), move |tx| tx.sequence(&key, seen.as_ref(), lost));
            if work.await?.is_none() {
                break;
            }
            round.signed = round.signed.saturating_add(1);
        }
        if let Some(copies) = &self.copies {
            round.copied = self.carry_over(copies, &ring, seen).await?;
        }
        let last = self.db.read(self.ctx(), |snap| snap.last_checkpoint());
        round.last = last.await?.map(|c| c.note);
        Ok(round)
    }

    async fn seen(&self, ring: &KeyRing) -> Result<Option<Checkpoint>, Failure> {
        let Some(copies) = self.copies.clone() else {
            return Ok(None);
        };
        let note = blocking(move || copies.last()).await?;
        let note = note.map(|text| Note::parse(&text)).transpose()?;
        Ok(note.map(|n| ring.open(&n)).transpose()?)
    }

    async fn carry_over(
        &self,
        copies: &Copies,
        ring: &KeyRing,
        seen: Option<Checkpoint>,
    ) -> Result<usize, Failure> {
        let mut copied = 0_usize;
        let begun = seen.is_some();
        let mut size = i64::try_from(seen.map_or(0, |c| c.size)).unwrap_or(i64::MAX);
        loop {
            let newer = self
                .db
                .read(self.ctx(), move |snap| snap.checkpoints_after(size, COPY))
                .await?;
            let Some(last) = newer.last() else {
                return Ok(copied);
            };
            size = last.size;
            let mut notes = Vec::with_capacity(newer.len());
            for row in newer {
                // The copy must never hold what no key of ours signed; a new one begins after the
                // checkpoints of a lost key.
                let signed = Note::parse(&row.note).and_then(|note| ring.open(&note));
                match signed {
                    Ok(_) => notes.push(row.note),
                    Err(_) if !begun && copied == 0 && notes.is_empty() => {}
                    Err(e) => {
                        return Err(Failure::Refused(format!("checkpoint {}: {e}", row.size)));
                    }
                }
            }
            if notes.is_empty() {
                continue;
            }
            copied = copied.saturating_add(notes.len());
            let copies = copies.clone();
            blocking(move || copies.append(&notes)).await?;
        }
    }

    async fn measure(&self, meters: &Meters) -> Result<i64, Error> {
        let work = self.db.read(self.ctx(), |snap| {
            let last = snap.last_checkpoint()?.map_or(0, |c| c.size);
            Ok((last, snap.pending_events()?))
        });
        let (size, pending) = work.await?;
        meters.size.set(size);
        meters.pending.set(pending);
        Ok(pending)
    }

    /// A round whose failure goes to the log and the meters.
    pub async fn watched_round(&self, meters: &Meters) {
        match self.round().await {
            Ok(round) if round.signed > 0 => {
                tracing::info!(signed = round.signed, "audit checkpoint");
            }
            Ok(_) => {}
            Err(e) => {
                meters.failures.with_label_values(&[e.code()]).inc();
                tracing::error!(reason = e.code(), error = %e, "audit checkpoint failed");
            }
        }
        let _ = self.measure(meters).await;
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(out) => Ok(out?),
        Err(e) => Err(Failure::Copy(e.to_string())),
    }
}

/// Signs every `every`, and at once when a full pass of events waits, until `stopped`; then once
/// more, so that an orderly end leaves nothing unsigned.
pub async fn run_loop(
    signer: Signer,
    every: Duration,
    meters: Meters,
    mut stopped: watch::Receiver<bool>,
) {
    let look = LOOK.min(every);
    let mut since = Duration::ZERO;
    loop {
        signer.watched_round(&meters).await;
        loop {
            let stop = tokio::select! {
                () = tokio::time::sleep(look) => false,
                _ = stopped.wait_for(|stop| *stop) => true,
            };
            if stop {
                signer.watched_round(&meters).await;
                return;
            }
            since = since.saturating_add(look);
            let waiting = signer.measure(&meters).await.unwrap_or(0);
            if since >= every || waiting >= PASS {
                break;
            }
        }
        since = Duration::ZERO;
    }
}
