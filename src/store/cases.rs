//! Case files in the database: lock, load, check, carry out.

use diesel::prelude::*;

use super::audit::{self, Place};
use super::cached::{Cached, fixed, padded};
use super::conn::AnyConn;
use super::row::{FromRaw, Stored, build, one};
pub use super::scopes::file_scope;
use super::tables::case::*;
use super::tables::system::change_log;
use super::tx::{Snap, Tx};
use super::types::sql::{BigInt, DbInstant, DbUuid, Text};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::agreement::*;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::ids::*;
use crate::domain::mediator::*;
use crate::domain::movement::*;
use crate::domain::party::*;
use crate::domain::policy::{Action, CaseScope, Verdict, decide};
use crate::domain::record::*;
use crate::domain::session::Session;
use crate::error::{Changed, Code, Error};

/// Which version the caller saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// `If-Match: "n"`: an act or a change.
    Version(i64),
    /// Appending a child takes the lock but no version.
    Append,
}

/// Children of a case, in a stable order.
macro_rules! children {
    ($self:ident, $table:ident, $ty:ty, $id:expr, $($order:expr),+) => {
        build::<$ty>(
            $table::table
                .filter($table::case_id.eq(UuidCol($id.uuid)))
                .order(($($order,)+))
                .load::<<$ty as FromRaw>::Raw>($self.conn)?,
        )?
    };
}

impl Snap<'_> {
    /// The bare case row, without any check; for the store's own use and for jobs.
    pub(crate) fn raw_case(&mut self, id: CaseId) -> Result<Case, Error> {
        let row = cases::table
            .filter(cases::id.eq(id.put()))
            .first::<<Case as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// `raw_case` for several, in no order; ids of no case are left out.
    pub(crate) fn raw_cases(&mut self, ids: &[CaseId]) -> Result<Vec<Case>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ids = padded(ids.iter().map(Col::put).collect::<Vec<UuidCol>>());
        let rows = Cached(cases::table.filter(cases::id.eq_any(ids)))
            .load::<<Case as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The version of a case.
    pub fn case_version(&mut self, id: CaseId) -> Result<i64, Error> {
        Ok(cases::table
            .filter(cases::id.eq(id.put()))
            .select(cases::version)
            .first(self.conn)?)
    }

    /// What the policy looks at.
    pub fn case_scope(&mut self, id: CaseId) -> Result<CaseScope, Error> {
        let case = self.raw_case(id)?;
        self.scope_of(&case)
    }

    /// A case the actor may do `action` to; 404 or 403 otherwise.
    pub fn case_for(&mut self, action: Action, id: CaseId) -> Result<(Case, CaseScope), Error> {
        let case = self.raw_case(id)?;
        let scope = self.scope_of(&case)?;
        check(self.ctx, action, &scope)?;
        Ok((case, scope))
    }

    /// The whole file of a case the actor may do `action` to.
    pub fn file_for(&mut self, action: Action, id: CaseId) -> Result<CaseFile, Error> {
        let case = self.raw_case(id)?;
        let file = self.load_file(case)?;
        check(self.ctx, action, &file_scope(&file))?;
        Ok(file)
    }

    pub(crate) fn load_file(&mut self, case: Case) -> Result<CaseFile, Error> {
        let id = case.id;
        Ok(CaseFile {
            parties: self.parties(id)?,
            participants: children!(self, participants, Participant, id, participants::id),
            issues: children!(self, issues, Issue, id, issues::no),
            assignments: children!(
                self,
                assignments,
                Assignment,
                id,
                assignments::from_at,
                assignments::id
            ),
            recusals: children!(self, recusals, Recusal, id, recusals::id),
            sessions: children!(self, sessions, Session, id, sessions::no),
            agreements: children!(self, agreements, Agreement, id, agreements::no),
            obligations: children!(
                self,
                obligations,
                Obligation,
                id,
                obligations::no,
                obligations::id
            ),
            performances: children!(self, performances, Performance, id, performances::id),
            signatures: children!(self, signatures, Signature, id, signatures::id),
            transfers: children!(
                self,
                transfers,
                Transfer,
                id,
                transfers::submitted_at,
                transfers::id
            ),
            custody: children!(self, custody, Custody, id, custody::from_at, custody::id),
            incidents: children!(self, incidents, Incident, id, incidents::id),
            attachments: children!(self, attachments, Attachment, id, attachments::id),
            evaluations: self.evaluations(id)?,
            tasks: self.tasks_of(id)?,
            owners: self.owners_of(id)?,
            follow_ups: self.follow_ups(id)?,
            clocks: self.held_clocks(id)?,
            case,
        })
    }

    /// The parties of a case, by side.
    pub fn parties(&mut self, id: CaseId) -> Result<Vec<Party>, Error> {
        Ok(children!(
            self,
            parties,
            Party,
            id,
            parties::side,
            parties::id
        ))
    }

    /// The people who take part without being parties, in the order they came.
    pub fn participants(&mut self, id: CaseId) -> Result<Vec<Participant>, Error> {
        Ok(children!(
            self,
            participants,
            Participant,
            id,
            participants::id
        ))
    }

    /// The transfers of a case, oldest first.
    pub fn transfers(&mut self, id: CaseId) -> Result<Vec<Transfer>, Error> {
        Ok(children!(
            self,
            transfers,
            Transfer,
            id,
            transfers::submitted_at,
            transfers::id
        ))
    }

    /// The issues of a case, by number.
    pub fn issues(&mut self, id: CaseId) -> Result<Vec<Issue>, Error> {
        Ok(children!(self, issues, Issue, id, issues::no))
    }

    /// The evaluations the parties gave, oldest first.
    pub fn evaluations(&mut self, id: CaseId) -> Result<Vec<Evaluation>, Error> {
        Ok(children!(
            self,
            evaluations,
            Evaluation,
            id,
            evaluations::id
        ))
    }

    /// The sessions of a case, by number.
    pub fn sessions(&mut self, id: CaseId) -> Result<Vec<Session>, Error> {
        Ok(children!(self, sessions, Session, id, sessions::no))
    }
}

fn check(ctx: &crate::ctx::Ctx, action: Action, scope: &CaseScope) -> Result<(), Error> {
    match decide(&ctx.actor, action, scope) {
        Verdict::Allow => Ok(()),
        Verdict::Deny => Err(Error::of(Code::Forbidden)),
        Verdict::Hide => Err(Error::not_found()),
    }
}

impl Tx<'_> {
    /// Locks a case, loads its file, checks policy and version. The only way to change a case.
    pub fn open(&mut self, action: Action, id: CaseId, expect: Expect) -> Result<CaseFile, Error> {
        self.lock_case(id)?;
        let file = self.file_for(action, id)?;
        if let Expect::Version(seen) = expect
            && seen != file.case.version
        {
            return Err(self.stale(&file.case, seen));
        }
        Ok(file)
    }

    /// Takes the row locks of several cases in id order, so that two acts cannot wait for each other.
    pub(crate) fn lock_in_order(&mut self, ids: &[CaseId]) -> Result<(), Error> {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().try_for_each(|id| self.lock_case(id))
    }

    /// Takes the row lock; on SQLite the write transaction is lock enough.
    pub(crate) fn lock_case(&mut self, id: CaseId) -> Result<(), Error> {
        if let AnyConn::Pg(c) = self.conn() {
            cases::table
                .filter(cases::id.eq(id.put()))
                .select(cases::id)
                .for_no_key_update()
                .first::<UuidCol>(c)?;
        }
        Ok(())
    }

    fn stale(&mut self, case: &Case, seen: i64) -> Error {
        let changed = self.changes_since(case.id, seen).unwrap_or_default();
        Error::Stale {
            current: case.version,
            changed,
        }
    }

    fn changes_since(&mut self, id: CaseId, seen: i64) -> Result<Vec<Changed>, Error> {
        let rows: Vec<(String, InstantCol)> = change_log::table
            .filter(change_log::case_id.eq(id.put()))
            .filter(change_log::version.gt(seen))
            .order(change_log::seq)
            .limit(50)
            .select((change_log::what, change_log::at))
            .load(self.conn)?;
        Ok(rows
            .into_iter()
            .map(|(what, at)| Changed {
                what,
                by: None,
                at: at.0,
            })
            .collect())
    }

    /// Carries a decision out: rows, audit events, change log, search text, notices. One commit.
    pub fn carry_out(&mut self, mut decision: Decision) -> Result<Case, Error> {
        self.plan_follow_ups(&mut decision)?;
        let moves = self.clock_moves(&mut decision)?;
        let mut case = decision.case().clone();
        let ctx = self.ctx;
        self.wrote = true;
        let stream = format!("case/{}", case.id);
        let tip = audit::tip_of(case.audit_seq, &case.audit_hash, case.updated_at)?;
        let place = Place {
            stream: &stream,
            object: stream.clone(),
            outcome: "ok",
        };
        let tip = audit::append_after(self.conn, ctx, &place, tip, &decision.events)?
            .ok_or_else(|| Error::internal("a decision without an event"))?;
        let seen = case.version;
        if decision.case_changed() && !decision.is_new_case() {
            case.version = seen.saturating_add(1);
        }
        case.audit_seq = i64::try_from(tip.seq).map_err(Error::internal)?;
        case.audit_hash = hex::encode(tip.hash);
        case.updated_at = tip.at;
        self.write_case(&case, seen, &decision)?;
        let mut searchable = decision.is_new_case() || decision.case_changed();
        for put in &decision.puts {
            searchable |= matches!(
                put,
                Put::Insert(Entity::Party(_)) | Put::Update(Entity::Party(_))
            );
            self.put(put)?;
        }
        self.keep_clocks(&moves)?;
        self.log_change(&case, &decision)?;
        self.count(&case, &decision.events)?;
        if searchable {
            self.index_case(&case)?;
        }
        for (to, notice) in &decision.notices {
            self.enqueue(Some(&case), *to, notice)?;
        }
        self.enqueue_webhooks(&case, &decision.events)?;
        self.events.extend(decision.events);
        Ok(case)
    }

    fn write_case(&mut self, case: &Case, seen: i64, decision: &Decision) -> Result<(), Error> {
        if decision.is_new_case() {
            case.insert(self.conn)?;
            return Ok(());
        }
        if decision.case_changed() {
            // The lock makes this certain; the condition is the last line of defence.
            let same = cases::table
                .filter(cases::id.eq(case.id.put()).and(cases::version.eq(seen)))
                .select(cases::version)
                .first::<i64>(self.conn)
                .optional()?;
            if same.is_none() {
                return Err(self.stale(case, seen));
            }
            case.update(self.conn)?;
            return Ok(());
        }
        fixed("UPDATE cases SET audit_seq = ")
            .bind::<BigInt, _>(case.audit_seq)
            .sql(", audit_hash = ")
            .bind::<Text, _>(case.audit_hash.as_str())
            .sql(", updated_at = ")
            .bind::<DbInstant, _>(InstantCol(case.updated_at))
            .sql(" WHERE id = ")
            .bind::<DbUuid, _>(case.id.put())
            .execute(self.conn)?;
        Ok(())
    }

    fn log_change(&mut self, case: &Case, decision: &Decision) -> Result<(), Error> {
        let what = decision.events.first().map_or("", |e| e.code());
        diesel::insert_into(change_log::table)
            .values((
                change_log::case_id.eq(case.id.put()),
                change_log::version.eq(case.version),
                change_log::what.eq(what),
                change_log::at.eq(InstantCol(case.updated_at)),
            ))
            .execute(self.conn)?;
        Ok(())
    }

    fn put(&mut self, put: &Put) -> Result<(), Error> {
        match put {
            Put::Insert(e) => insert(self.conn, e)?,
            Put::Update(e) => update(self.conn, e)?,
        }
        Ok(())
    }
}

macro_rules! each_entity {
    ($name:ident, $method:ident) => {
        fn $name(conn: &mut AnyConn, e: &Entity) -> QueryResult<()> {
            match e {
                Entity::Party(v) => v.$method(conn),
                Entity::Participant(v) => v.$method(conn),
                Entity::Issue(v) => v.$method(conn),
                Entity::Assignment(v) => v.$method(conn),
                Entity::Recusal(v) => v.$method(conn),
                Entity::Session(v) => v.$method(conn),
                Entity::Note(v) => v.$method(conn),
                Entity::Agreement(v) => v.$method(conn),
                Entity::Obligation(v) => v.$method(conn),
                Entity::Performance(v) => v.$method(conn),
                Entity::Signature(v) => v.$method(conn),
                Entity::Transfer(v) => v.$method(conn),
                Entity::Custody(v) => v.$method(conn),
                Entity::Incident(v) => v.$method(conn),
                Entity::Attachment(v) => v.$method(conn),
                Entity::Evaluation(v) => v.$method(conn),
                Entity::Dossier(v) => v.$method(conn),
                Entity::DossierEntry(v) => v.$method(conn),
                Entity::Clock(v) => v.$method(conn),
                Entity::Task(v) => v.$method(conn),
                Entity::Whistle(v) => v.$method(conn),
                Entity::Conference(v) => v.$method(conn),
                Entity::Supervision(v) => v.$method(conn),
                Entity::CaseOwner(v) => v.$method(conn),
                Entity::Crisis(v) => v.$method(conn),
                Entity::CrisisStep(v) => v.$method(conn),
                Entity::CrisisEntry(v) => v.$method(conn),
                Entity::FollowUp(v) => v.$method(conn),
                Entity::PartyCheck(v) => v.$method(conn),
            }
        }
    };
}
each_entity!(insert, insert);
each_entity!(update, update);
