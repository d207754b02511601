//! What the passing of time asks for: obligations marked overdue, reminders sent.
//!
//! Every node that runs a worker passes now and then; the case's lock and the keys of what was done
//! keep passes apart. A pass that is cut off leaves the rest to the next one.

use std::sync::Arc;

use serde::Serialize;

use crate::commands::jobs;
use crate::ctx::{Clock, Ctx, Ids, system_ctx};
use crate::domain::ids::CaseId;
use crate::domain::timer::is_quiet;
use crate::error::Error;
use crate::queries::due::{Walk, reminders_due};
use crate::store::db::Db;
use crate::store::tx::Tx;

/// How many cases are looked up at once for what fell due.
const LATE_AT_ONCE: i64 = 100;

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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Done {
    /// Cases looked at for overdue obligations.
    pub late_cases: usize,
    /// Timers settled by a reminder.
    pub reminded: usize,
    /// Cases left to the next pass, because something went wrong.
    pub failed: usize,
}

impl Duties {
    fn ctx(&self) -> Ctx {
        system_ctx(&*self.clock, &self.ids)
    }

    /// One pass over all that is due. At night nothing is done: everything here tells people.
    ///
    /// # Errors
    /// When the database cannot be asked what is due.
    pub async fn pass(&self) -> Result<Done, Error> {
        let mut done = Done::default();
        if is_quiet(self.clock.now()) {
            return Ok(done);
        }
        self.mark_overdue(&mut done).await?;
        self.remind(&mut done).await?;
        Ok(done)
    }

    /// Carries out a job on a case; one that fails does not hold up the others.
    async fn on_case(
        &self,
        id: CaseId,
        done: &mut Done,
        job: impl Fn(&mut Tx<'_>) -> Result<usize, Error> + Send + 'static,
    ) -> usize {
        match self.db.write(self.ctx(), job).await {
            Ok(n) => n,
            Err(e) => {
                tracing::warn!(case = %id, error = ?e, "a duty was not done");
                done.failed = done.failed.saturating_add(1);
                0
            }
        }
    }

    async fn mark_overdue(&self, done: &mut Done) -> Result<(), Error> {
        let mut after = None;
        loop {
            let ctx = self.ctx();
            let today = ctx.now.local_date();
            let cases = self
                .db
                .read(ctx, move |snap| {
                    snap.cases_with_something_late(today, after, LATE_AT_ONCE)
                })
                .await?;
            let Some(last) = cases.last().copied() else {
                return Ok(());
            };
            for id in cases {
                let job = move |tx: &mut Tx<'_>| jobs::mark_overdue(tx, id).map(|()| 1);
                let n = self.on_case(id, done, job).await;
                done.late_cases = done.late_cases.saturating_add(n);
            }
            after = Some(last);
        }
    }

    async fn remind(&self, done: &mut Done) -> Result<(), Error> {
        let mut walk = Walk::Start;
        while walk != Walk::End {
            let (cases, next) = self
                .db
                .read(self.ctx(), move |snap| reminders_due(snap, walk))
                .await?;
            for id in cases {
                let n = self
                    .on_case(id, done, move |tx: &mut Tx<'_>| jobs::remind(tx, id))
                    .await;
                done.reminded = done.reminded.saturating_add(n);
            }
            walk = next;
        }
        Ok(())
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
