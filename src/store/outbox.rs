//! The outbox and the inbox: notices written in the commit that caused them.

use diesel::prelude::*;
use serde_json::json;

use super::row::{FromRaw, Stored, build};
use super::tables::case::{assignments, participants, parties};
use super::tables::org::{role_grants, users};
use super::tables::system::*;
use super::tx::Tx;
use super::types::{Col, UuidCol};
use crate::domain::case::Case;
use crate::domain::codes::Code;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, Recipient};
use crate::domain::org::{Role, UserState};
use crate::domain::party_check::PartyCheckVia;
use crate::domain::timer::after_quiet;
use crate::error::Error;

/// Roles that answer for a unit and are told what comes to it.
const ANSWERING: &[Role] = &[
    Role::VillageSteward,
    Role::DeskHead,
    Role::CountyDispatcher,
    Role::DeptLiaison,
];

impl Tx<'_> {
    /// Enqueues a notice: an inbox item and, unless switched off, a mail.
    pub fn enqueue(
        &mut self,
        case: Option<&Case>,
        to: Recipient,
        notice: &Notice,
    ) -> Result<(), Error> {
        match to {
            Recipient::User(id) => self.tell_user(case, id, notice),
            Recipient::Team => {
                let Some(case) = case else { return Ok(()) };
                let ids: Vec<UuidCol> = assignments::table
                    .filter(
                        assignments::case_id
                            .eq(case.id.put())
                            .and(assignments::to_at.is_null()),
                    )
                    .select(assignments::user_id)
                    .load(self.conn)?;
                self.tell_users(Some(case), ids, notice)
            }
            Recipient::Unit(org) => {
                let ids = self.answering(org)?;
                self.tell_users(case, ids, notice)
            }
            Recipient::Role(role, org) => {
                let ids = self.holding(role, org)?;
                self.tell_users(case, ids, notice)
            }
            Recipient::Party(id) => {
                let email: Option<super::types::SecretCol> = parties::table
                    .filter(parties::id.eq(id.put()))
                    .select(parties::email)
                    .first(self.conn)?;
                if email.is_some() {
                    self.mail(case, notice, |row| row.party_id = Some(id))?;
                }
                Ok(())
            }
            Recipient::PartyBy(id, via) => self.ask_party(id, via, notice),
            Recipient::Supervisors => {
                let own: Vec<UuidCol> = match case {
                    Some(case) => assignments::table
                        .filter(assignments::case_id.eq(case.id.put()))
                        .select(assignments::user_id)
                        .load(self.conn)?,
                    None => Vec::new(),
                };
                let mut ids: Vec<UuidCol> = role_grants::table
                    .filter(role_grants::role.eq(Role::CountySupervisor.code()))
                    .filter(role_grants::revoked_at.is_null())
                    .select(role_grants::user_id)
                    .load(self.conn)?;
                ids.retain(|id| !own.contains(id));
                self.tell_users(case, ids, notice)
            }
            // Participants have no mail address on file: the desk reaches them by phone. A staff
            // member who takes part is told as a user.
            Recipient::Participant(id) => {
                let user: Option<UuidCol> = participants::table
                    .filter(participants::id.eq(id.put()))
                    .select(participants::user_id)
                    .first(self.conn)?;
                match user {
                    Some(u) => self.tell_user(case, UserId::new(u.0), notice),
                    None => Ok(()),
                }
            }
        }
    }

    /// Those who answer for a unit.
    fn answering(&mut self, org: OrgId) -> Result<Vec<UuidCol>, Error> {
        self.granted(ANSWERING, org)
    }

    /// Who holds a role at a unit, or at the nearest unit above where somebody does.
    fn holding(&mut self, role: Role, org: OrgId) -> Result<Vec<UuidCol>, Error> {
        let Some(seat) = self.seat(org)? else {
            return Ok(Vec::new());
        };
        for unit in std::iter::once(&seat.unit).chain(&seat.above) {
            let ids = self.granted(&[role], unit.id)?;
            if !ids.is_empty() {
                return Ok(ids);
            }
        }
        Ok(Vec::new())
    }

    /// Who holds one of these roles at a unit.
    fn granted(&mut self, roles: &[Role], org: OrgId) -> Result<Vec<UuidCol>, Error> {
        let roles: Vec<&str> = roles.iter().map(|r| r.code()).collect();
        Ok(role_grants::table
            .filter(role_grants::org_id.eq(org.put()))
            .filter(role_grants::role.eq_any(roles))
            .filter(role_grants::revoked_at.is_null())
            .select(role_grants::user_id)
            .load(self.conn)?)
    }

    /// Everybody in office whom a notice to these units and offices reaches.
    pub fn staff_of(&mut self, posts: &[Recipient]) -> Result<Vec<UserId>, Error> {
        let mut ids = Vec::new();
        for to in posts {
            match to {
                Recipient::Unit(org) => ids.extend(self.answering(*org)?),
                Recipient::Role(role, org) => ids.extend(self.holding(*role, *org)?),
                Recipient::User(id) => ids.push(id.put()),
                _ => {}
            }
        }
        let active: Vec<UuidCol> = users::table
            .filter(users::id.eq_any(ids))
            .filter(users::state.eq(UserState::Active.code()))
            .order(users::id)
            .select(users::id)
            .load(self.conn)?;
        Ok(active.into_iter().map(|id| UserId::new(id.0)).collect())
    }

    /// A message to a party that names no case, by day.
    fn ask_party(&mut self, id: PartyId, via: PartyCheckVia, notice: &Notice) -> Result<(), Error> {
        let mut row = self.outbox_row(via.code(), notice.kind.code(), None);
        row.payload = serde_json::to_value(notice).map_err(Error::internal)?;
        row.party_id = Some(id);
        row.due_at = after_quiet(self.ctx.now);
        row.insert(self.conn)?;
        self.wrote = true;
        self.posted = true;
        Ok(())
    }

    fn tell_users(
        &mut self,
        case: Option<&Case>,
        mut ids: Vec<UuidCol>,
        notice: &Notice,
    ) -> Result<(), Error> {
        ids.sort_by_key(|i| i.0);
        ids.dedup();
        for id in ids {
            self.tell_user(case, UserId::new(id.0), notice)?;
        }
        Ok(())
    }

    fn tell_user(&mut self, case: Option<&Case>, id: UserId, notice: &Notice) -> Result<(), Error> {
        if !self.is_off(id, notice.kind, "inbox")? {
            self.put_in_inbox(id, case.map(|c| c.id), notice)?;
        }
        let mailable = users::table
            .filter(
                users::id
                    .eq(id.put())
                    .and(users::email.is_not_null())
                    .and(users::state.ne(UserState::Disabled.code())),
            )
            .count()
            .get_result::<i64>(self.conn)?;
        if mailable == 1 && !self.is_off(id, notice.kind, "mail")? {
            self.mail(case, notice, |row| row.user_id = Some(id))?;
        }
        Ok(())
    }

    fn mail(
        &mut self,
        case: Option<&Case>,
        notice: &Notice,
        address: impl FnOnce(&mut OutboxRow),
    ) -> Result<(), Error> {
        let mut row = self.outbox_row("mail", notice.kind.code(), case.map(|c| c.id));
        row.payload = serde_json::to_value(notice).map_err(Error::internal)?;
        // Time itself wakes nobody, except for danger; what people do is told as it happens.
        if self.ctx.actor.is_system() && notice.keeps_quiet_hours() {
            row.due_at = after_quiet(self.ctx.now);
        }
        address(&mut row);
        row.insert(self.conn)?;
        self.wrote = true;
        self.posted = true;
        Ok(())
    }

    fn outbox_row(&self, channel: &str, kind: &str, case_id: Option<CaseId>) -> OutboxRow {
        let id: MessageId = self.ctx.id();
        OutboxRow {
            id,
            channel: channel.to_owned(),
            kind: kind.to_owned(),
            user_id: None,
            party_id: None,
            participant_id: None,
            webhook_id: None,
            case_id,
            payload: json!({}),
            message_id: id.to_string(),
            state: "due".to_owned(),
            attempts: 0,
            due_at: self.ctx.now,
            lease_until: None,
            lease_token: None,
            last_error: None,
            created_at: self.ctx.now,
            settled_at: None,
            traceparent: None,
        }
    }

    /// One thin webhook message per subscription and event: type, ids, sequence, no narrative.
    pub(super) fn enqueue_webhooks(&mut self, case: &Case, events: &[Event]) -> Result<(), Error> {
        let rows = webhooks::table
            .filter(webhooks::active.eq(true))
            .load::<<WebhookRow as FromRaw>::Raw>(self.conn)?;
        for hook in build::<WebhookRow>(rows)? {
            for event in events {
                if !hook.events.is_empty() && !hook.events.iter().any(|e| e == event.code()) {
                    continue;
                }
                let mut row = self.outbox_row("webhook", event.code(), Some(case.id));
                row.webhook_id = Some(hook.id);
                row.traceparent = self.ctx.trace.clone();
                row.payload = json!({
                    "type": event.code(),
                    "timestamp": self.ctx.now,
                    "data": {"case_id": case.id, "case_code": case.code, "version": case.version, "audit_seq": case.audit_seq},
                });
                row.insert(self.conn)?;
                self.posted = true;
            }
        }
        Ok(())
    }
}
