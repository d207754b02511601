//! The fictional county: its ids and how it is written.

mod people;
mod places;

use uuid::Uuid;

use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::store::tx::Tx;
use people::{MEMBERS, PEOPLE};
use places::{COMMITTEES, PLACES, ROOMS};

/// A fixed id of the demo county, so that a second start finds its data.
pub fn fixed<T>(n: u64) -> Id<T> {
    Id::new(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(n),
    ))
}

fn index<T>(list: &[T], found: impl Fn(&T) -> bool) -> u64 {
    list.iter()
        .position(found)
        .map_or(0, |i| u64::try_from(i).unwrap_or(0))
}

/// The id of a unit by its key.
pub fn org(key: &str) -> OrgId {
    fixed(0x1000 + index(PLACES, |p| p.key == key))
}

/// The id of a committee by its key.
pub fn committee(key: &str) -> CommitteeId {
    fixed(0x2000 + index(COMMITTEES, |c| c.0 == key))
}

/// The id of a person by user name.
pub fn user(username: &str) -> UserId {
    fixed(0x3000 + index(PEOPLE, |p| p.0 == username))
}

/// The id of a room by its place in the list of rooms.
pub fn room(n: u64) -> RoomId {
    fixed(0x6000 + n)
}

/// Every demo login: user name, display name, first role, first unit.
pub fn logins() -> Vec<(&'static str, &'static str, Role, &'static str)> {
    PEOPLE
        .iter()
        .filter_map(|(username, name, _, grants)| {
            let (role, unit) = grants.first()?;
            let unit = PLACES.iter().find(|p| p.key == *unit)?;
            Some((*username, *name, *role, unit.name))
        })
        .collect()
}

/// Whether the county is there already.
pub fn exists(tx: &mut crate::store::tx::Snap<'_>) -> bool {
    tx.org(org("county")).is_ok()
}

/// Writes the county; `phc` is the password hash that every demo login gets.
pub fn seed(tx: &mut Tx<'_>, phc: &str) -> Result<(), Error> {
    let now = tx.ctx.now;
    let mut facts = Vec::new();
    for p in PLACES {
        let desk = match p.kind {
            OrgKind::TownshipDesk => Some(org(p.key)),
            _ => p.parent.filter(|parent| *parent != "county").map(org),
        };
        let unit = OrgUnit {
            id: org(p.key),
            kind: p.kind,
            parent_id: p.parent.map(org),
            name: p.name.to_owned(),
            division_code: p.code.map(str::to_owned),
            desk_id: desk,
            seal_no: None,
            active: true,
            created_at: now,
        };
        tx.insert(&unit)?;
        facts.push(Event::OrgChanged { org: unit.id });
    }
    for (i, (username, name, female, grants)) in PEOPLE.iter().enumerate() {
        let id = user(username);
        tx.insert(&person(id, username, name, i, phc, now))?;
        facts.push(Event::UserCreated { user: id });
        for (j, (role, unit)) in grants.iter().enumerate() {
            let n = u64::try_from(i * 16 + j).unwrap_or(0);
            let grant = Grant {
                id: fixed(0x4000 + n),
                user_id: id,
                role: *role,
                org_id: org(unit),
                granted_by: None,
                granted_at: now,
                revoked_at: None,
            };
            tx.insert(&grant)?;
            facts.push(Event::RoleGranted {
                user: id,
                role: *role,
                org: grant.org_id,
            });
        }
        let _ = female;
    }
    committees(tx, now, &mut facts)?;
    for (i, (unit, name)) in ROOMS.iter().enumerate() {
        let id = room(u64::try_from(i).unwrap_or(0));
        tx.insert(&Room {
            id,
            org_id: org(unit),
            name: (*name).to_owned(),
            capacity: 12,
            active: true,
        })?;
        facts.push(Event::RoomChanged { room: id });
    }
    tx.record("system", "county".to_owned(), facts)
}

fn person(id: UserId, username: &str, name: &str, i: usize, phc: &str, now: Instant) -> User {
    User {
        id,
        username: username.to_owned(),
        name: name.to_owned(),
        email: Some(format!("{username}@yunling.example")),
        phone: Some(Secret::new(format!("+86139599010{i:02}"))),
        id_no: None,
        address: None,
        birth_date: LocalDate::new(1975, 5, 4),
        locale: "zh-CN".to_owned(),
        state: UserState::Active,
        password_phc: Some(phc.to_owned()),
        password_changed_at: Some(now),
        epoch: 0,
        created_at: now,
        updated_at: now,
    }
}

fn committees(tx: &mut Tx<'_>, now: Instant, facts: &mut Vec<Event>) -> Result<(), Error> {
    let today = now.local_date();
    let from = LocalDate::new(today.year() - 1, 1, 1).unwrap_or(today);
    let to = LocalDate::new(today.year() + 1, 12, 31).unwrap_or(today);
    for (key, name, prefix, unit, kind) in COMMITTEES {
        let id = committee(key);
        tx.insert(&Committee {
            id,
            org_id: org(unit),
            kind: *kind,
            name: (*name).to_owned(),
            prefix: (*prefix).to_owned(),
            seal_no: format!("35990{:06}", id.uuid.as_u128() & 0xFFFF),
            term_from: from,
            term_to: to,
            active: true,
            created_at: now,
        })?;
        facts.push(Event::CommitteeChanged { committee: id });
    }
    for (i, (key, username, is_chair)) in MEMBERS.iter().enumerate() {
        let female = PEOPLE.iter().any(|p| p.0 == *username && p.2);
        let member = Member {
            id: fixed(0x5000 + u64::try_from(i).unwrap_or(0)),
            committee_id: committee(key),
            user_id: user(username),
            appointment: if *is_chair {
                AppointmentKind::Member
            } else {
                AppointmentKind::Engaged
            },
            full_time: *username == "chenyuee",
            is_chair: *is_chair,
            female,
            from_on: from,
            to_on: None,
            created_at: now,
        };
        tx.insert(&member)?;
        facts.push(Event::MemberChanged {
            committee: member.committee_id,
            user: member.user_id,
        });
    }
    Ok(())
}
