//! A user's inbox and what the user wants to be told.

use diesel::prelude::*;

use super::row::{FromRaw, Stored, build, one};
use super::tables::system::*;
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol};
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::notice::{Notice, NoticeKind};
use crate::error::Error;

impl Snap<'_> {
    /// Items of a user, newest first, before a known one.
    pub fn inbox(
        &mut self,
        user: UserId,
        unread: bool,
        before: Option<InboxId>,
        limit: i64,
    ) -> Result<Vec<InboxItem>, Error> {
        let mut query = inbox_items::table
            .filter(inbox_items::user_id.eq(user.put()))
            .order(inbox_items::id.desc())
            .limit(limit)
            .into_boxed();
        if unread {
            query = query.filter(inbox_items::read_at.is_null());
        }
        if let Some(id) = before {
            query = query.filter(inbox_items::id.lt(id.put()));
        }
        let rows = query.load::<<InboxItem as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// One item of a user; somebody else's does not exist.
    pub fn inbox_item(&mut self, user: UserId, id: InboxId) -> Result<InboxItem, Error> {
        let row = inbox_items::table
            .filter(inbox_items::id.eq(id.put()))
            .filter(inbox_items::user_id.eq(user.put()))
            .first::<<InboxItem as FromRaw>::Raw>(self.conn)?;
        Ok(one(row)?)
    }

    /// The stored preferences of a user; what is absent is wanted.
    pub fn preferences(&mut self, user: UserId) -> Result<Vec<PreferenceRow>, Error> {
        let rows = notice_preferences::table
            .filter(notice_preferences::user_id.eq(user.put()))
            .order(notice_preferences::id)
            .load::<<PreferenceRow as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Whether a user has switched a kind off on a channel.
    pub fn is_off(&mut self, user: UserId, kind: NoticeKind, channel: &str) -> Result<bool, Error> {
        if kind.is_always_told() {
            return Ok(false);
        }
        let off: i64 = notice_preferences::table
            .filter(notice_preferences::id.eq(preference_id(user, kind, channel)))
            .filter(notice_preferences::enabled.eq(false))
            .count()
            .get_result(self.conn)?;
        Ok(off > 0)
    }
}

fn preference_id(user: UserId, kind: NoticeKind, channel: &str) -> String {
    format!("{user}:{}:{channel}", kind.code())
}

impl Tx<'_> {
    /// An item in a user's inbox.
    pub(super) fn put_in_inbox(
        &mut self,
        user: UserId,
        case_id: Option<CaseId>,
        notice: &Notice,
    ) -> Result<(), Error> {
        Ok(InboxItem {
            id: self.ctx.id(),
            user_id: user,
            kind: notice.kind,
            case_id,
            session_id: notice.session_id,
            created_at: self.ctx.now,
            read_at: None,
        }
        .insert(self.conn)?)
    }

    /// Marks one item read; returns whether it was unread.
    pub fn mark_read(&mut self, user: UserId, id: InboxId) -> Result<bool, Error> {
        let hit = diesel::update(
            inbox_items::table
                .filter(inbox_items::id.eq(id.put()))
                .filter(inbox_items::user_id.eq(user.put()))
                .filter(inbox_items::read_at.is_null()),
        )
        .set(inbox_items::read_at.eq(InstantCol(self.ctx.now)))
        .execute(self.conn)?;
        self.wrote |= hit > 0;
        Ok(hit > 0)
    }

    /// Marks every item read, or those up to the newest one the user saw; returns how many.
    pub fn mark_all_read(&mut self, user: UserId, up_to: Option<InboxId>) -> Result<usize, Error> {
        let unread = inbox_items::table
            .filter(inbox_items::user_id.eq(user.put()))
            .filter(inbox_items::read_at.is_null());
        let at = inbox_items::read_at.eq(InstantCol(self.ctx.now));
        let hit = match up_to {
            Some(id) => diesel::update(unread.filter(inbox_items::id.le(id.put())))
                .set(at)
                .execute(self.conn)?,
            None => diesel::update(unread).set(at).execute(self.conn)?,
        };
        self.wrote |= hit > 0;
        Ok(hit)
    }

    /// Stores what a user does not want; everything else becomes wanted.
    pub fn set_preferences(
        &mut self,
        user: UserId,
        off: &[(NoticeKind, &'static str)],
    ) -> Result<(), Error> {
        self.wrote = true;
        diesel::delete(
            notice_preferences::table.filter(notice_preferences::user_id.eq(user.put())),
        )
        .execute(self.conn)?;
        for (kind, channel) in off {
            PreferenceRow {
                id: preference_id(user, *kind, channel),
                user_id: user,
                kind: *kind,
                channel: (*channel).to_owned(),
                enabled: false,
            }
            .insert(self.conn)?;
        }
        Ok(())
    }
}
