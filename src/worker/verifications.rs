//! Runs the verifications that auditors asked for, one at a time, beside the requests.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use crate::ctx::{Clock, Ctx, Ids, system_ctx};
use crate::domain::ids::VerificationId;
use crate::error::Error;
use crate::queries::audit::verify_watched;
use crate::store::db::Db;
use crate::store::tables::trail::VerificationRow;

/// How often the loop looks whether a run was asked for.
const LOOK: Duration = Duration::from_secs(2);
/// How often a run writes down how far it came.
const TOUCH: Duration = Duration::from_secs(5);

/// How far a run came, and whether it is to end; shared with the thread that reads.
#[derive(Debug, Default)]
struct Course {
    read: AtomicI64,
    total: AtomicI64,
    stop: AtomicBool,
}

/// Runs verifications on one node.
#[derive(Clone)]
pub struct Runner {
    pub db: Db,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    /// The name of this node.
    pub node: String,
}

impl Runner {
    fn ctx(&self) -> Ctx {
        system_ctx(&*self.clock, &self.ids)
    }

    /// Marks what a former process of this node left unfinished as aborted: at the start.
    ///
    /// # Errors
    /// The database's.
    pub async fn abort_left(&self) -> Result<usize, Error> {
        let node = self.node.clone();
        self.db
            .write(self.ctx(), move |tx| tx.abort_left(&node))
            .await
    }

    /// Takes up one run, if one waits, and stays with it to its end; `stopped` breaks it off.
    ///
    /// # Errors
    /// The database's. A run that could not be read to the end is marked as aborted.
    pub async fn round(&self, stopped: &mut watch::Receiver<bool>) -> Result<bool, Error> {
        let waits = self
            .db
            .read(self.ctx(), |snap| snap.verifications_in("queued"));
        if waits.await?.is_empty() {
            return Ok(false);
        }
        let node = self.node.clone();
        let taken = self
            .db
            .write(self.ctx(), move |tx| tx.take_up_verification(&node));
        let Some(row) = taken.await? else {
            return Ok(false);
        };
        self.verify(row, stopped).await?;
        Ok(true)
    }

    async fn verify(
        &self,
        row: VerificationRow,
        stopped: &mut watch::Receiver<bool>,
    ) -> Result<(), Error> {
        let id = row.id;
        let course = Arc::new(Course::default());
        let (at, key, pinned) = (Arc::clone(&course), row.public_key, row.pinned);
        let reading = self.db.read(self.ctx(), move |snap| {
            at.total.store(snap.ledger_size()?, Ordering::Relaxed);
            verify_watched(snap, &key, pinned, &mut || {
                at.read.fetch_add(1, Ordering::Relaxed);
                !at.stop.load(Ordering::Relaxed)
            })
        });
        tokio::pin!(reading);
        let mut ending = false;
        let report = loop {
            let alive = tokio::select! {
                report = &mut reading => break report,
                () = told(stopped), if !ending => false,
                () = tokio::time::sleep(TOUCH), if !ending => true,
            };
            if !alive || !self.touch(id, &course).await.unwrap_or(true) {
                course.stop.store(true, Ordering::Relaxed);
                ending = true;
            }
        };
        let read = course.read.load(Ordering::Relaxed);
        match report {
            Ok(Some(report)) => {
                let work =
                    move |tx: &mut crate::store::tx::Tx<'_>| tx.end_verification(id, read, &report);
                self.db.write(self.ctx(), work).await
            }
            Ok(None) => self.abort(id).await,
            Err(e) => {
                tracing::error!(verification = %id, error = ?e, "verification broke off");
                self.abort(id).await
            }
        }
    }

    async fn touch(&self, id: VerificationId, course: &Course) -> Result<bool, Error> {
        let read = course.read.load(Ordering::Relaxed);
        let total = course.total.load(Ordering::Relaxed).max(read);
        self.db
            .write(self.ctx(), move |tx| tx.touch_verification(id, read, total))
            .await
    }

    async fn abort(&self, id: VerificationId) -> Result<(), Error> {
        let work = move |tx: &mut crate::store::tx::Tx<'_>| {
            let row = tx.verification(id)?;
            if row.state == "running" {
                tx.abort_verification(row)?;
            }
            Ok(())
        };
        self.db.write(self.ctx(), work).await
    }
}

/// Ends when the process is told to stop.
async fn told(stopped: &mut watch::Receiver<bool>) {
    let _ = stopped.wait_for(|stop| *stop).await;
}

/// Takes up what is asked for until `stopped`; a run under way then is broken off and says so.
pub async fn run_loop(runner: Runner, mut stopped: watch::Receiver<bool>) {
    if let Err(e) = runner.abort_left().await {
        tracing::warn!(error = ?e, "verifications left running could not be marked");
    }
    loop {
        match runner.round(&mut stopped).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(e) => tracing::warn!(error = ?e, "no verification taken up"),
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = told(&mut stopped) => return,
        }
    }
}
