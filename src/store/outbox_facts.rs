//! What a letter is made of, read when it is sent: an address changed since, a meeting moved
//! since, a person gone since are all seen.

use diesel::prelude::*;

use super::row::{FromRaw, one};
use super::tables::case::{cases, parties, sessions};
use super::tables::org::{rooms, users};
use super::tables::system::OutboxRow;
use super::tx::Snap;
use super::types::{Col, InstantCol, SecretCol, UuidCol};
use crate::domain::codes::Lang;
use crate::domain::ids::*;
use crate::domain::org::UserState;
use crate::domain::session::{Session, SessionState, VenueKind};
use crate::domain::time::Instant;
use crate::error::Error;

/// The recipient and the matter of one letter.
#[derive(Clone, Debug, PartialEq)]
pub struct LetterFacts {
    pub address: String,
    pub lang: Lang,
    /// Public code of the case; empty for letters about an account.
    pub case_code: String,
    pub session: Option<SessionFacts>,
}

/// A session as a calendar may know it.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionFacts {
    pub id: SessionId,
    pub no: i32,
    pub sequence: i32,
    pub state: SessionState,
    pub from: Instant,
    pub to: Instant,
    /// Name of an office room; a site or a home is never named.
    pub room: Option<String>,
}

impl Snap<'_> {
    /// The facts of a mail; `None` when its recipient is gone: a disabled user, a party who left,
    /// somebody without an address.
    pub fn letter_facts(
        &mut self,
        row: &OutboxRow,
        session: Option<SessionId>,
    ) -> Result<Option<LetterFacts>, Error> {
        let recipient = match (row.user_id, row.party_id) {
            (Some(id), _) => self.user_address(id)?,
            (_, Some(id)) => self.party_address(id)?,
            _ => None,
        };
        let Some((address, lang)) = recipient else {
            return Ok(None);
        };
        let case_code = match row.case_id {
            Some(id) => cases::table
                .filter(cases::id.eq(id.put()))
                .select(cases::code)
                .first(self.conn)
                .optional()?
                .unwrap_or_default(),
            None => String::new(),
        };
        let session = match session {
            Some(id) => self.session_facts(id)?,
            None => None,
        };
        Ok(Some(LetterFacts {
            address,
            lang,
            case_code,
            session,
        }))
    }

    fn user_address(&mut self, id: UserId) -> Result<Option<(String, Lang)>, Error> {
        let row: Option<(Option<String>, String)> = users::table
            .filter(users::id.eq(id.put()))
            .filter(users::state.ne(crate::domain::codes::Code::code(UserState::Disabled)))
            .select((users::email, users::locale))
            .first(self.conn)
            .optional()?;
        Ok(row.and_then(|(email, locale)| {
            let lang = if locale.starts_with("en") {
                Lang::En
            } else {
                Lang::Zh
            };
            Some((email?, lang))
        }))
    }

    fn party_address(&mut self, id: PartyId) -> Result<Option<(String, Lang)>, Error> {
        type Row = (Option<SecretCol>, Option<InstantCol>, Option<UuidCol>);
        let row: Option<Row> = parties::table
            .filter(parties::id.eq(id.put()))
            .select((
                parties::email,
                parties::withdrawn_at,
                parties::substituted_by,
            ))
            .first(self.conn)
            .optional()?;
        Ok(match row {
            Some((Some(email), None, None)) => Some((email.0.reveal().to_owned(), Lang::Zh)),
            _ => None,
        })
    }

    fn session_facts(&mut self, id: SessionId) -> Result<Option<SessionFacts>, Error> {
        let row = sessions::table
            .filter(sessions::id.eq(id.put()))
            .first::<<Session as FromRaw>::Raw>(self.conn)
            .optional()?;
        let Some(row) = row else { return Ok(None) };
        let session: Session = one(row)?;
        let room = match (session.venue_kind, session.room_id) {
            (VenueKind::Room, Some(room)) => rooms::table
                .filter(rooms::id.eq(room.put()))
                .select(rooms::name)
                .first(self.conn)
                .optional()?,
            _ => None,
        };
        Ok(Some(SessionFacts {
            id,
            no: session.no,
            sequence: session.sequence,
            state: session.state,
            from: session.planned_from,
            to: session.planned_to,
            room,
        }))
    }
}
