//! Runs of the verification of the audit trail: asked for, taken up by a node, ended.

use diesel::prelude::*;

use super::row::{FromRaw, build, one};
use super::tables::trail::{VerificationRow, audit_verifications};
use super::tx::{Snap, Tx};
use super::types::{Col, UuidCol};
use crate::domain::facts::Event;
use crate::domain::ids::VerificationId;
use crate::error::{Code, Error};

/// A run whose node gave no sign of life for so long is given up.
const SILENT_MINUTES: i64 = 10;

impl Snap<'_> {
    /// A run; 404 where there is none.
    pub fn verification(&mut self, id: VerificationId) -> Result<VerificationRow, Error> {
        let row = audit_verifications::table
            .filter(audit_verifications::id.eq(id.put()))
            .first::<<VerificationRow as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// Runs before `before`, newest first.
    pub fn verifications(
        &mut self,
        before: Option<VerificationId>,
        limit: i64,
    ) -> Result<Vec<VerificationRow>, Error> {
        let before = before.map_or(uuid::Uuid::max(), |id| id.uuid);
        let rows = audit_verifications::table
            .filter(audit_verifications::id.lt(UuidCol(before)))
            .order(audit_verifications::id.desc())
            .limit(limit)
            .load::<<VerificationRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Runs in this state, oldest first; there are never many that are not ended.
    pub fn verifications_in(&mut self, state: &str) -> Result<Vec<VerificationRow>, Error> {
        let rows = audit_verifications::table
            .filter(audit_verifications::state.eq(state))
            .order(audit_verifications::id)
            .limit(100)
            .load::<<VerificationRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }
}

impl Tx<'_> {
    /// Writes a run down for the next free node.
    ///
    /// # Errors
    /// 409 while another waits or runs: each reads the whole ledger.
    pub fn request_verification(&mut self, row: &VerificationRow) -> Result<(), Error> {
        self.lock_name("verification")?;
        self.give_up_silent()?;
        if !self.verifications_in("queued")?.is_empty()
            || !self.verifications_in("running")?.is_empty()
        {
            return Err(Error::with(Code::Conflict, "verification_open"));
        }
        self.insert(row)?;
        let fact = Event::VerificationRequested {
            verification: row.id,
        };
        self.record_run(row.id, "ok", fact)
    }

    /// Takes up the oldest waiting run.
    pub fn take_up_verification(&mut self, node: &str) -> Result<Option<VerificationRow>, Error> {
        self.technical();
        self.lock_name("verification")?;
        let Some(mut row) = self.verifications_in("queued")?.into_iter().next() else {
            return Ok(None);
        };
        row.state = "running".to_owned();
        row.node = Some(node.to_owned());
        row.started_at = Some(self.ctx.now);
        row.touched_at = self.ctx.now;
        self.update(&row)?;
        Ok(Some(row))
    }

    /// Writes down how far a run came, and that its node is alive. False where it was given up.
    pub fn touch_verification(
        &mut self,
        id: VerificationId,
        read: i64,
        total: i64,
    ) -> Result<bool, Error> {
        self.technical();
        let mut row = self.verification(id)?;
        if row.state != "running" {
            return Ok(false);
        }
        row.records_read = read;
        row.records_total = total;
        row.touched_at = self.ctx.now;
        self.update(&row)?;
        Ok(true)
    }

    /// Ends a run with its report; one that was given up meanwhile stays so.
    pub fn end_verification(
        &mut self,
        id: VerificationId,
        read: i64,
        report: &serde_json::Value,
    ) -> Result<(), Error> {
        let mut row = self.verification(id)?;
        if row.state != "running" {
            return Ok(());
        }
        let sound = report.get("ok").and_then(serde_json::Value::as_bool) == Some(true);
        let faults = report
            .get("fault_count")
            .and_then(serde_json::Value::as_i64);
        row.state = "done".to_owned();
        row.records_read = read;
        row.records_total = read;
        row.touched_at = self.ctx.now;
        row.finished_at = Some(self.ctx.now);
        row.report = Some(report.clone());
        self.update(&row)?;
        let fact = Event::VerificationEnded {
            verification: id,
            sound,
            faults: faults.unwrap_or(0),
        };
        self.record_run(id, if sound { "ok" } else { "faulty" }, fact)
    }

    /// Marks a run as broken off.
    pub fn abort_verification(&mut self, mut row: VerificationRow) -> Result<(), Error> {
        row.state = "aborted".to_owned();
        row.finished_at = Some(self.ctx.now);
        self.update(&row)?;
        let fact = Event::VerificationAborted {
            verification: row.id,
        };
        self.record_run(row.id, "aborted", fact)
    }

    /// Marks what a former process of this node left running; returns how many.
    pub fn abort_left(&mut self, node: &str) -> Result<usize, Error> {
        self.lock_name("verification")?;
        let left = self.verifications_in("running")?;
        let left: Vec<_> = left
            .into_iter()
            .filter(|row| row.node.as_deref() == Some(node))
            .collect();
        let count = left.len();
        left.into_iter()
            .try_for_each(|row| self.abort_verification(row))?;
        Ok(count)
    }

    fn give_up_silent(&mut self) -> Result<(), Error> {
        let before = self.ctx.now.plus_minutes(-SILENT_MINUTES);
        for row in self.verifications_in("running")? {
            if row.touched_at < before {
                self.abort_verification(row)?;
            }
        }
        Ok(())
    }

    fn record_run(&mut self, id: VerificationId, outcome: &str, fact: Event) -> Result<(), Error> {
        self.record_as("system", format!("verification/{id}"), outcome, vec![fact])
    }
}
