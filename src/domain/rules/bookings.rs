//! Who and what sessions of other cases take, told in the ids of this one.
//!
//! Rooms and staff have one id everywhere; a citizen has another in every case and is known by ID
//! number, or by name and phone together. A name alone books nobody.

use uuid::Uuid;

use super::free_slots::{Busy, BusyKind};
use crate::domain::casefile::CaseFile;
use crate::domain::ids::UserId;
use crate::domain::party::{Participant, Party};
use crate::domain::secret::Secret;
use crate::domain::session::{AttendeeKind, Session};

/// The people on the lists of those sessions.
#[derive(Clone, Debug, Default)]
pub struct Others {
    pub parties: Vec<Party>,
    pub participants: Vec<Participant>,
}

/// What a person is known by.
#[derive(Clone, Copy)]
struct Marks<'a> {
    user: Option<UserId>,
    name_key: &'a str,
    id_no: Option<&'a Secret>,
    phone: Option<&'a Secret>,
}

impl<'a> Marks<'a> {
    fn staff(user: UserId) -> Self {
        Self {
            user: Some(user),
            name_key: "",
            id_no: None,
            phone: None,
        }
    }

    fn party(p: &'a Party) -> Self {
        Self {
            user: None,
            name_key: &p.name_key,
            id_no: p.id_no.as_ref(),
            phone: p.phone.as_ref(),
        }
    }

    fn participant(p: &'a Participant) -> Self {
        Self {
            user: p.user_id,
            name_key: &p.name_key,
            id_no: p.id_no.as_ref(),
            phone: p.phone.as_ref(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        if let (Some(a), Some(b)) = (self.user, other.user) {
            return a == b;
        }
        if let (Some(a), Some(b)) = (self.id_no, other.id_no) {
            return a == b;
        }
        self.phone.is_some() && self.phone == other.phone && self.name_key == other.name_key
    }
}

/// What `sessions` of other cases take, as far as it concerns this case.
pub fn taken_elsewhere(file: &CaseFile, sessions: &[Session], others: &Others) -> Vec<Busy> {
    let mine: Vec<(Uuid, Marks<'_>)> = file
        .live_parties()
        .map(|p| (p.id.uuid, Marks::party(p)))
        .chain(
            file.participants
                .iter()
                .filter(|p| p.revoked_at.is_none())
                .map(|p| (p.id.uuid, Marks::participant(p))),
        )
        .collect();
    let mut out = Vec::new();
    for session in sessions {
        let take = |kind, id| Busy {
            kind,
            id,
            from: session.planned_from,
            to: session.planned_to,
        };
        out.extend(session.room_id.map(|id| take(BusyKind::Room, id.uuid)));
        for attendee in &session.attendees {
            let marks = match attendee.kind {
                AttendeeKind::Staff => Some(Marks::staff(UserId::new(attendee.id))),
                AttendeeKind::Party => others
                    .parties
                    .iter()
                    .find(|p| p.id.uuid == attendee.id)
                    .map(Marks::party),
                AttendeeKind::Participant => others
                    .participants
                    .iter()
                    .find(|p| p.id.uuid == attendee.id)
                    .map(Marks::participant),
            };
            let Some(marks) = marks else { continue };
            out.extend(marks.user.map(|u| take(BusyKind::Person, u.uuid)));
            let here = mine.iter().filter(|(_, m)| m.is(&marks));
            out.extend(here.map(|(id, _)| take(BusyKind::Person, *id)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::party::ParticipantKind;
    use crate::domain::rules::session_kit::{CHAIR, after, plan_joint, ready};
    use crate::domain::rules::testkit::{id, party};

    fn busy_ids(file: &CaseFile, sessions: &[Session], others: &Others) -> Vec<u128> {
        let list = taken_elsewhere(file, sessions, others);
        assert!(list.iter().all(|b| b.from == after(0)));
        let people = list.iter().filter(|b| b.kind == BusyKind::Person);
        people.map(|b| b.id.as_u128()).collect()
    }

    /// A session of another case with one person on its list.
    fn elsewhere(kind: AttendeeKind, n: u128) -> Session {
        let mut session = plan_joint(&mut ready());
        session.case_id = id(2);
        session.attendees.retain(|a| a.id.as_u128() == CHAIR);
        for a in &mut session.attendees {
            a.kind = kind;
            a.id = Uuid::from_u128(n);
        }
        session
    }

    #[test]
    fn staff_and_rooms_are_the_same_everywhere() {
        let mut session = elsewhere(AttendeeKind::Staff, CHAIR);
        session.room_id = Some(id(0x6000));
        let list = taken_elsewhere(&ready(), &[session], &Others::default());
        let rooms = list.iter().filter(|b| b.kind == BusyKind::Room);
        assert_eq!(rooms.map(|b| b.id.as_u128()).collect::<Vec<_>>(), [0x6000]);
        let people = list.iter().filter(|b| b.kind == BusyKind::Person);
        assert_eq!(people.map(|b| b.id.as_u128()).collect::<Vec<_>>(), [CHAIR]);
    }

    #[test]
    fn a_citizen_is_known_by_number_or_by_name_and_phone() {
        let mut file = ready();
        let mut other = party(0x201, 1, crate::domain::party::PartyRole::Applicant);
        let sessions = [elsewhere(AttendeeKind::Party, 0x201)];
        let list = |file: &CaseFile, p: &Party| {
            let others = Others {
                parties: vec![p.clone()],
                participants: Vec::new(),
            };
            busy_ids(file, &sessions, &others)
        };
        let me = &mut file.parties[0];
        me.name_key = "叶阿六".into();
        other.name_key = "叶阿六".into();
        (me.id_no, me.phone, other.id_no, other.phone) = (None, None, None, None);
        assert!(
            list(&file, &other).is_empty(),
            "a name alone is common property"
        );
        let phone = Some(Secret::new("+8613959901001"));
        file.parties[0].phone = phone.clone();
        other.phone = phone;
        assert_eq!(list(&file, &other), [0x101]);
        file.parties[0].id_no = Some(Secret::new("1"));
        other.id_no = Some(Secret::new("2"));
        assert!(list(&file, &other).is_empty(), "the numbers decide");
        other.id_no = Some(Secret::new("1"));
        other.name_key = "叶六".into();
        assert_eq!(list(&file, &other), [0x101]);
        file.parties[0].withdrawn_at = Some(after(0));
        assert!(list(&file, &other).is_empty(), "who left is not expected");
    }

    #[test]
    fn staff_who_take_part_are_taken_as_staff_too() {
        let file = ready();
        let mut official =
            crate::domain::rules::testkit::participant(0x301, ParticipantKind::Department, None);
        official.user_id = Some(id(CHAIR));
        let others = Others {
            parties: Vec::new(),
            participants: vec![official],
        };
        let sessions = [elsewhere(AttendeeKind::Participant, 0x301)];
        assert_eq!(busy_ids(&file, &sessions, &others), [CHAIR]);
    }
}
