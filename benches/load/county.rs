//! The made county of the benchmark: a centre, fourteen township desks, two villages each, their
//! committees and staff. Every id follows from a number, so that no run has to look one up.

use jieyou::domain::facts::Event;
use jieyou::domain::ids::{CommitteeId, Id, LoginId, OrgId, UserId};
use jieyou::domain::org::{
    AppointmentKind, Committee, CommitteeKind, Grant, Member, OrgKind, OrgUnit, Role, Room, User,
    UserState,
};
use jieyou::domain::time::{Instant, LocalDate};
use jieyou::error::Error;
use jieyou::store::tables::system::LoginSession;
use jieyou::store::tx::Tx;
use uuid::Uuid;

/// Township desks.
pub const DESKS: u64 = 14;
/// Villages of a desk.
pub const VILLAGES: u64 = 2;
/// Mediators of a desk.
pub const MEDIATORS: u64 = 4;

/// What an id names: the byte before its number.
#[derive(Clone, Copy)]
pub enum Kind {
    Org = 1,
    Committee = 2,
    User = 3,
    Grant = 4,
    Member = 5,
    Room = 6,
    Login = 7,
    Case = 12,
    Party = 13,
    Session = 14,
    Custody = 15,
    Assignment = 16,
    Transfer = 17,
}

/// `01901111-0000-7000-8000-KKNNNNNNNNNN`: the pgbench scripts spell the same.
pub fn id<T>(kind: Kind, n: u64) -> Id<T> {
    const PREFIX: u128 = 0x0190_1111_0000_7000_8000_0000_0000_0000;
    let low = ((kind as u64) << 40) | (n & 0xFF_FFFF_FFFF);
    Id::new(Uuid::from_u128(PREFIX | u128::from(low)))
}

pub fn centre() -> OrgId {
    id(Kind::Org, 0)
}

pub fn desk(d: u64) -> OrgId {
    id(Kind::Org, 0x1000 + d * 16)
}

/// Village `v` (1…) of desk `d`.
pub fn village(d: u64, v: u64) -> OrgId {
    id(Kind::Org, 0x1000 + d * 16 + v)
}

pub fn committee(d: u64) -> CommitteeId {
    id(Kind::Committee, d)
}

pub fn head(d: u64) -> UserId {
    id(Kind::User, d * 16)
}

/// Mediator `m` (0…) of desk `d`.
pub fn mediator(d: u64, m: u64) -> UserId {
    id(Kind::User, d * 16 + 1 + m)
}

pub fn steward(d: u64, v: u64) -> UserId {
    id(Kind::User, d * 16 + 8 + v)
}

/// The login of the head of desk `d`.
pub fn head_login(d: u64) -> LoginId {
    id(Kind::Login, d)
}

const TOWNS: [&str; 14] = [
    "凤溪", "翠湖", "石塘", "梨坪", "云岭", "松源", "竹洋", "杉洋", "鹤塘", "泮洋", "吉巷", "平湖",
    "卓洋", "黄田",
];

pub fn town(d: u64) -> &'static str {
    usize::try_from(d)
        .ok()
        .and_then(|i| TOWNS.get(i))
        .copied()
        .unwrap_or("云岭")
}

struct Seed<'a, 'b> {
    tx: &'a mut Tx<'b>,
    now: Instant,
    facts: Vec<Event>,
}

impl Seed<'_, '_> {
    fn unit(
        &mut self,
        id: OrgId,
        kind: OrgKind,
        parent: Option<OrgId>,
        desk_id: Option<OrgId>,
        name: String,
    ) -> Result<(), Error> {
        let unit = OrgUnit {
            id,
            kind,
            parent_id: parent,
            name,
            division_code: None,
            desk_id,
            seal_no: None,
            active: true,
            created_at: self.now,
        };
        self.facts.push(Event::OrgChanged { org: id });
        self.tx.insert(&unit)
    }

    fn person(&mut self, id: UserId, name: String, grants: &[(Role, OrgId)]) -> Result<(), Error> {
        let low = id.uuid.as_u128() & 0xFF_FFFF;
        let number = u64::try_from(low).unwrap_or(0);
        self.tx.insert(&User {
            id,
            username: format!("bench{number}"),
            name,
            email: Some(format!("bench{number}@yunling.example")),
            phone: None,
            id_no: None,
            address: None,
            birth_date: LocalDate::new(1975, 5, 4),
            locale: "zh-CN".to_owned(),
            state: UserState::Active,
            password_phc: None,
            password_changed_at: None,
            epoch: 0,
            created_at: self.now,
            updated_at: self.now,
        })?;
        self.facts.push(Event::UserCreated { user: id });
        for (i, (role, org)) in grants.iter().enumerate() {
            self.tx.insert(&Grant {
                id: crate::county::id(Kind::Grant, number * 16 + u64::try_from(i).unwrap_or(0)),
                user_id: id,
                role: *role,
                org_id: *org,
                granted_by: None,
                granted_at: self.now,
                revoked_at: None,
            })?;
            self.facts.push(Event::RoleGranted {
                user: id,
                role: *role,
                org: *org,
            });
        }
        Ok(())
    }

    fn desk(&mut self, d: u64) -> Result<(), Error> {
        let unit = desk(d);
        let name = format!("{}解忧杂货铺", town(d));
        self.unit(
            unit,
            OrgKind::TownshipDesk,
            Some(centre()),
            Some(unit),
            name,
        )?;
        for v in 1..=VILLAGES {
            let name = format!("{}第{v}村心灵驿站", town(d));
            self.unit(
                village(d, v),
                OrgKind::VillageStation,
                Some(unit),
                Some(unit),
                name,
            )?;
        }
        self.person(
            head(d),
            format!("{}负责人", town(d)),
            &[(Role::DeskHead, unit), (Role::Shopkeeper, unit)],
        )?;
        for m in 0..MEDIATORS {
            let name = format!("{}调解员{}", town(d), m + 1);
            self.person(mediator(d, m), name, &[(Role::Mediator, unit)])?;
        }
        for v in 1..=VILLAGES {
            let name = format!("{}驿站{v}", town(d));
            self.person(
                steward(d, v),
                name,
                &[(Role::VillageSteward, village(d, v))],
            )?;
        }
        self.committee(d)?;
        self.tx.insert(&Room {
            id: id(Kind::Room, d),
            org_id: unit,
            name: format!("{}调解室", town(d)),
            capacity: 12,
            active: true,
        })?;
        self.tx.insert(&LoginSession {
            id: head_login(d),
            user_id: head(d),
            device_id: head_login(d).to_string(),
            device_name: Some("bench".to_owned()),
            mobile: false,
            created_at: self.now,
            last_seen_at: self.now,
            expires_at: self.now.plus_days(3_650),
            ended_at: None,
            end_reason: None,
            second_factor: None,
        })
    }

    fn committee(&mut self, d: u64) -> Result<(), Error> {
        let year = self.now.local_date().year();
        let from = LocalDate::new(year - 3, 1, 1).unwrap_or(LocalDate::from_epoch_days(0));
        let to = LocalDate::new(year + 3, 12, 31).unwrap_or(from);
        self.tx.insert(&Committee {
            id: committee(d),
            org_id: desk(d),
            kind: CommitteeKind::Township,
            name: format!("{}人民调解委员会", town(d)),
            prefix: town(d).to_owned(),
            seal_no: format!("35990{d:08}"),
            term_from: from,
            term_to: to,
            active: true,
            created_at: self.now,
        })?;
        self.facts.push(Event::CommitteeChanged {
            committee: committee(d),
        });
        for m in 0..MEDIATORS {
            self.tx.insert(&Member {
                id: id(Kind::Member, d * 16 + m),
                committee_id: committee(d),
                user_id: mediator(d, m),
                appointment: AppointmentKind::Member,
                full_time: m == 0,
                is_chair: m == 0,
                female: m == 1,
                from_on: from,
                to_on: None,
                created_at: self.now,
            })?;
        }
        Ok(())
    }
}

/// Writes the county.
pub fn seed(tx: &mut Tx<'_>) -> Result<(), Error> {
    let now = tx.ctx.now;
    let mut seed = Seed {
        tx,
        now,
        facts: Vec::new(),
    };
    seed.unit(
        centre(),
        OrgKind::CountyCentre,
        None,
        None,
        "云岭县矛盾纠纷调处中心".to_owned(),
    )?;
    for d in 0..DESKS {
        seed.desk(d)?;
    }
    let facts = seed.facts;
    tx.record("system", "county".to_owned(), facts)
}
