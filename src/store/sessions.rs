//! What sessions take of rooms and people across cases.

use diesel::prelude::*;

use super::conn::AnyConn;
use super::row::{FromRaw, build, one};
use super::tables::case::{participants, parties, sessions};
use super::tables::org::{rooms, users};
use super::tx::{Snap, Tx};
use super::types::{Col, InstantCol, UuidCol};
use crate::domain::ids::*;
use crate::domain::org::Room;
use crate::domain::rules::bookings::Others;
use crate::domain::rules::sessions::LONGEST_HOURS;
use crate::domain::session::{AttendeeKind, Session};
use crate::domain::time::Instant;
use crate::error::Error;

/// States in which a session holds its room and people (`SessionState::is_booked`).
const BOOKED: &[&str] = &["planned", "notified", "open", "caucus_open"];

impl Snap<'_> {
    /// A room by id, if there is one.
    pub fn find_room(&mut self, id: RoomId) -> Result<Option<Room>, Error> {
        let row = rooms::table
            .filter(rooms::id.eq(id.put()))
            .first::<<Room as FromRaw>::Raw>(self.conn)
            .optional()?;
        Ok(row.map(one).transpose()?)
    }

    /// Booked sessions of all cases but one that touch `from`–`to`.
    pub fn bookings_elsewhere(
        &mut self,
        except: CaseId,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<Session>, Error> {
        // No session is longer than a day, so the index on its beginning bounds the search.
        let rows = sessions::table
            .filter(sessions::planned_from.lt(InstantCol(to)))
            .filter(sessions::planned_from.gt(InstantCol(from.plus_hours(-LONGEST_HOURS))))
            .filter(sessions::planned_to.gt(InstantCol(from)))
            .filter(sessions::state.eq_any(BOOKED.iter().copied()))
            .filter(sessions::case_id.ne(except.put()))
            .load::<<Session as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// Booked sessions in a room that touch `from`–`to`.
    pub fn room_bookings(
        &mut self,
        room: RoomId,
        from: Instant,
        to: Instant,
    ) -> Result<Vec<Session>, Error> {
        let rows = sessions::table
            .filter(sessions::room_id.eq(Some(room.put())))
            .filter(sessions::planned_from.lt(InstantCol(to)).nullable())
            .filter(sessions::planned_to.gt(InstantCol(from)).nullable())
            .filter(sessions::state.eq_any(BOOKED.iter().copied()).nullable())
            .load::<<Session as FromRaw>::Raw>(self.conn)?;
        Ok(build(rows)?)
    }

    /// The citizens on the lists of these sessions.
    pub fn people_at(&mut self, list: &[Session]) -> Result<Others, Error> {
        let ids = |kind: AttendeeKind| -> Vec<UuidCol> {
            list.iter()
                .flat_map(|s| &s.attendees)
                .filter(|a| a.kind == kind)
                .map(|a| UuidCol(a.id))
                .collect()
        };
        let rows = parties::table
            .filter(parties::id.eq_any(ids(AttendeeKind::Party)))
            .load(self.conn)?;
        let others = participants::table
            .filter(participants::id.eq_any(ids(AttendeeKind::Participant)))
            .load(self.conn)?;
        Ok(Others {
            parties: build(rows)?,
            participants: build(others)?,
        })
    }
}

impl Tx<'_> {
    /// Locks a room and staff against bookings made at the same time, in an order that cannot
    /// deadlock; on SQLite the write transaction is lock enough.
    pub fn lock_bookings(&mut self, room: Option<RoomId>, staff: &[UserId]) -> Result<(), Error> {
        let mut staff: Vec<UuidCol> = staff.iter().map(Col::put).collect();
        staff.sort_by_key(|id| id.0);
        if let AnyConn::Pg(c) = self.conn() {
            if let Some(room) = room {
                rooms::table
                    .filter(rooms::id.eq(room.put()))
                    .select(rooms::id)
                    .for_no_key_update()
                    .load::<UuidCol>(c)?;
            }
            users::table
                .filter(users::id.eq_any(staff))
                .order(users::id)
                .select(users::id)
                .for_no_key_update()
                .load::<UuidCol>(c)?;
        }
        Ok(())
    }
}
