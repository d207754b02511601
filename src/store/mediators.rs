//! What appointment looks at besides the case: offices, declared relatives, earlier agency.

use diesel::prelude::*;

use super::row::{FromRaw, build, one};
use super::tables::case::{participants, parties};
use super::tables::org::{committee_members, committees, users};
use super::tx::Snap;
use super::types::{Col, UuidCol};
use crate::domain::casefile::CaseFile;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::party::{Participant, Party};
use crate::domain::persons::name_key;
use crate::domain::rules::conflicts::{Candidate, is_user, once_represented};
use crate::domain::time::LocalDate;
use crate::error::Error;

impl Snap<'_> {
    /// A user by id, if there is one.
    pub fn find_user(&mut self, id: UserId) -> Result<Option<User>, Error> {
        let row = users::table
            .filter(users::id.eq(id.put()))
            .first::<<User as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// Which of these users are active.
    pub fn active_users(&mut self, ids: &[UserId]) -> Result<Vec<UserId>, Error> {
        let wanted: Vec<UuidCol> = ids.iter().map(Col::put).collect();
        let rows: Vec<UuidCol> = users::table
            .filter(users::id.eq_any(wanted))
            .filter(users::state.eq("active"))
            .select(users::id)
            .load(self.conn)?;
        Ok(rows.into_iter().map(|id| UserId::new(id.0)).collect())
    }

    /// The committees a user belongs or belonged to, with the membership.
    pub fn memberships(&mut self, user: UserId) -> Result<Vec<(Committee, Member)>, Error> {
        let rows = committee_members::table
            .filter(committee_members::user_id.eq(user.put()))
            .order(committee_members::id)
            .load::<<Member as FromRaw>::Raw>(self.conn)?;
        let members: Vec<Member> = build(rows)?;
        let ids: Vec<UuidCol> = members.iter().map(|m| m.committee_id.put()).collect();
        let rows = committees::table
            .filter(committees::id.eq_any(ids))
            .load::<<Committee as FromRaw>::Raw>(self.conn)?;
        let committees: Vec<Committee> = build(rows)?;
        Ok(members
            .into_iter()
            .filter_map(|m| {
                let committee = committees.iter().find(|c| c.id == m.committee_id)?;
                Some((committee.clone(), m))
            })
            .collect())
    }

    /// A member of staff with all that bears on their fitness for this case (G-07).
    pub fn candidate(&mut self, file: &CaseFile, user: User) -> Result<Candidate, Error> {
        let principals = self.principals_of(file.case.id, &user)?;
        Ok(Candidate {
            memberships: self.memberships(user.id)?,
            relatives: self.relatives(user.id)?,
            agent_of: once_represented(file, &principals),
            user,
        })
    }

    /// Parties of other cases for whom this user was an agent, found by account or ID number.
    fn principals_of(&mut self, except: CaseId, user: &User) -> Result<Vec<Party>, Error> {
        // The name narrows what may carry the same ID number; both halves have an index.
        let by_user = participants::user_id.eq(Some(user.id.put()));
        let by_name = participants::name_key.eq(name_key(&user.name));
        let rows = participants::table
            .filter(by_user.or(by_name.nullable()))
            .filter(participants::kind.eq("agent"))
            .filter(participants::case_id.ne(except.put()))
            .load::<<Participant as FromRaw>::Raw>(self.conn)?;
        let agencies: Vec<Participant> = build(rows)?;
        let wanted: Vec<UuidCol> = agencies
            .iter()
            .filter(|p| is_user(user, p))
            .filter_map(|p| p.party_id.map(|id| id.put()))
            .collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let rows = parties::table
            .filter(parties::id.eq_any(wanted))
            .load::<<Party as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The team in force of a case, looked at as candidates.
    pub fn team_as_candidates(&mut self, file: &CaseFile) -> Result<Vec<Candidate>, Error> {
        let mut out = Vec::new();
        for seat in file.team() {
            if let Some(user) = self.find_user(seat.user_id)? {
                out.push(self.candidate(file, user)?);
            }
        }
        Ok(out)
    }

    /// Users in office on `day` in the committee of the case, or in one of the unit that holds it
    /// or of its desk; by name.
    pub fn mediators_for(&mut self, file: &CaseFile, day: LocalDate) -> Result<Vec<User>, Error> {
        let case = &file.case;
        let units: Vec<UuidCol> = [Some(case.holder_id), case.holder_desk_id]
            .into_iter()
            .flatten()
            .map(|id| id.put())
            .collect();
        let own = committees::id.eq_any(case.committee_id.iter().map(Col::put).collect::<Vec<_>>());
        let competent = committees::table
            .filter(own.or(committees::org_id.eq_any(units)))
            .select(committees::id);
        let in_office = committee_members::table
            .filter(committee_members::committee_id.eq_any(competent))
            .filter(committee_members::from_on.le(day.put()))
            .filter(
                committee_members::to_on
                    .is_null()
                    .nullable()
                    .or(committee_members::to_on.ge(day.put())),
            )
            .select(committee_members::user_id);
        let rows = users::table
            .filter(users::id.eq_any(in_office))
            .order((users::name, users::id))
            .load::<<User as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }
}
