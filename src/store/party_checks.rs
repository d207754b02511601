//! Requests to parties to confirm, in the database.

use diesel::prelude::*;

use super::row::{FromRaw, build, one};
use super::tables::case::{agreements, cases, obligations, parties};
use super::tables::org::committees;
use super::tables::party_checks::party_checks;
use super::tables::system::OutboxRow;
use super::tx::Snap;
use super::types::{Col, InstantCol, SecretCol, UuidCol};
use crate::domain::agreement::{Agreement, Obligation};
use crate::domain::ids::*;
use crate::domain::party_check::PartyCheck;
use crate::domain::time::Instant;
use crate::error::Error;

/// What the party is shown before it answers.
#[derive(Clone, Debug)]
pub struct CheckFacts {
    pub closed_at: Option<Instant>,
    pub committee: Option<String>,
    pub agreement: Option<Agreement>,
    pub obligations: Vec<Obligation>,
}

impl Snap<'_> {
    /// The request with this hash of a code.
    pub fn party_check(&mut self, hash: &str) -> Result<Option<PartyCheck>, Error> {
        let row = party_checks::table
            .filter(party_checks::code_hash.eq(hash))
            .first::<<PartyCheck as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// The requests of a case, oldest first.
    pub fn party_checks(&mut self, case: CaseId) -> Result<Vec<PartyCheck>, Error> {
        let rows = party_checks::table
            .filter(party_checks::case_id.eq(case.put()))
            .order(party_checks::id)
            .load::<<PartyCheck as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// What belongs to a request. The same is read when there is none: the time does not tell.
    pub fn check_facts(
        &mut self,
        case: uuid::Uuid,
        agreement: uuid::Uuid,
    ) -> Result<CheckFacts, Error> {
        let head: Option<(Option<InstantCol>, Option<UuidCol>)> = cases::table
            .filter(cases::id.eq(UuidCol(case)))
            .select((cases::closed_at, cases::committee_id))
            .first(self.conn)
            .optional()?;
        let (closed_at, committee) = head.unwrap_or((None, None));
        let committee = committee.unwrap_or(UuidCol(uuid::Uuid::nil()));
        let committee: Option<String> = committees::table
            .filter(committees::id.eq(committee))
            .select(committees::name)
            .first(self.conn)
            .optional()?;
        let paper = agreements::table
            .filter(agreements::id.eq(UuidCol(agreement)))
            .first::<<Agreement as FromRaw>::Raw>(self.conn)
            .optional()?;
        let owed = obligations::table
            .filter(obligations::agreement_id.eq(UuidCol(agreement)))
            .order(obligations::no)
            .load::<<Obligation as FromRaw>::Raw>(self.conn)?;
        Ok(CheckFacts {
            closed_at: closed_at.map(|at| at.0),
            committee,
            agreement: paper.map(one).transpose()?,
            obligations: build(owed)?,
        })
    }

    /// The number a text message goes to and the request it is about; `None` when the party or the
    /// request is gone.
    pub fn sms_facts(
        &mut self,
        row: &OutboxRow,
        check: PartyCheckId,
    ) -> Result<Option<(String, PartyCheck)>, Error> {
        let Some(party) = row.party_id else {
            return Ok(None);
        };
        type Row = (Option<SecretCol>, Option<InstantCol>, Option<UuidCol>);
        let found: Option<Row> = parties::table
            .filter(parties::id.eq(party.put()))
            .select((
                parties::phone,
                parties::withdrawn_at,
                parties::substituted_by,
            ))
            .first(self.conn)
            .optional()?;
        let Some((Some(phone), None, None)) = found else {
            return Ok(None);
        };
        let open = self.check_to_send(check)?;
        Ok(open.map(|c| (phone.0.reveal().to_owned(), c)))
    }

    /// A request whose code may still be used.
    pub fn check_to_send(&mut self, id: PartyCheckId) -> Result<Option<PartyCheck>, Error> {
        let row = party_checks::table
            .filter(party_checks::id.eq(id.put()))
            .first::<<PartyCheck as FromRaw>::Raw>(self.conn)
            .optional()?;
        let check: Option<PartyCheck> = row.map(one).transpose()?;
        let now = self.ctx.now;
        Ok(check.filter(|c| c.is_open(now)))
    }

    /// Requests whose answer was a "no": what speaks for a case made up.
    pub(super) fn denials_of(&mut self, case: CaseId) -> Result<Vec<uuid::Uuid>, Error> {
        let all = self.party_checks(case)?;
        Ok(all
            .iter()
            .filter(|c| c.denies())
            .map(|c| c.id.uuid)
            .collect())
    }

    /// Tasks of a case that only the county knows of: its inquiries into a party's "no".
    pub fn hidden_tasks(&mut self, case: CaseId) -> Result<Vec<uuid::Uuid>, Error> {
        use crate::domain::policy::{Action, Verdict, decide_general};
        use crate::domain::task::TaskKind;
        if decide_general(&self.ctx.actor, Action::ViewSignals) == Verdict::Allow {
            return Ok(Vec::new());
        }
        let tasks = self.tasks_of(case)?;
        Ok(tasks
            .iter()
            .filter(|t| t.kind == TaskKind::PartyDenial)
            .map(|t| t.id.uuid)
            .collect())
    }
}
