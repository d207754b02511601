//! Units, committees and people of the fictional county.

use uuid::Uuid;

use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::error::Error;
use crate::store::tx::Tx;

/// A fixed id of the demo county, so that a second start finds its data.
pub fn fixed<T>(n: u64) -> Id<T> {
    Id::new(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 | u128::from(n),
    ))
}

struct Place {
    key: &'static str,
    name: &'static str,
    kind: OrgKind,
    parent: Option<&'static str>,
    code: Option<&'static str>,
}

const fn place(
    key: &'static str,
    name: &'static str,
    kind: OrgKind,
    parent: Option<&'static str>,
    code: Option<&'static str>,
) -> Place {
    Place {
        key,
        name,
        kind,
        parent,
        code,
    }
}

use OrgKind::{
    CountyCentre, Court, Department, JusticeOffice, PoliceStation, TownshipDesk, VillageStation,
};

const PLACES: &[Place] = &[
    place(
        "county",
        "云岭县矛盾纠纷调处中心",
        CountyCentre,
        None,
        Some("359901"),
    ),
    place(
        "fengxi",
        "凤溪乡解忧杂货铺",
        TownshipDesk,
        Some("county"),
        Some("359901101"),
    ),
    place(
        "cuihu",
        "翠湖镇解忧杂货铺",
        TownshipDesk,
        Some("county"),
        Some("359901102"),
    ),
    place(
        "shitang",
        "石塘镇解忧杂货铺",
        TownshipDesk,
        Some("county"),
        Some("359901103"),
    ),
    place(
        "liping",
        "梨坪乡解忧杂货铺",
        TownshipDesk,
        Some("county"),
        Some("359901104"),
    ),
    place(
        "shanglong",
        "上垅村心灵驿站",
        VillageStation,
        Some("fengxi"),
        Some("359901101201"),
    ),
    place(
        "xialong",
        "下垅村心灵驿站",
        VillageStation,
        Some("fengxi"),
        Some("359901101202"),
    ),
    place(
        "suban",
        "苏坂村心灵驿站",
        VillageStation,
        Some("fengxi"),
        Some("359901101203"),
    ),
    place(
        "hukou",
        "湖口村心灵驿站",
        VillageStation,
        Some("cuihu"),
        Some("359901102201"),
    ),
    place(
        "yimin",
        "移民新村心灵驿站",
        VillageStation,
        Some("cuihu"),
        Some("359901102202"),
    ),
    place(
        "wanghu",
        "望湖社区心灵驿站",
        VillageStation,
        Some("cuihu"),
        Some("359901102001"),
    ),
    place(
        "shitangcun",
        "石塘村心灵驿站",
        VillageStation,
        Some("shitang"),
        Some("359901103201"),
    ),
    place(
        "houshan",
        "后山村心灵驿站",
        VillageStation,
        Some("shitang"),
        Some("359901103202"),
    ),
    place(
        "lipingcun",
        "梨坪村心灵驿站",
        VillageStation,
        Some("liping"),
        Some("359901104201"),
    ),
    place(
        "zhukeng",
        "竹坑村心灵驿站",
        VillageStation,
        Some("liping"),
        Some("359901104202"),
    ),
    place("sifasuo", "凤溪司法所", JusticeOffice, Some("fengxi"), None),
    place(
        "paichusuo",
        "凤溪派出所",
        PoliceStation,
        Some("fengxi"),
        None,
    ),
    place("fayuan", "云岭县人民法院", Court, Some("county"), None),
    place(
        "shuili",
        "云岭县水利局（移民办）",
        Department,
        Some("county"),
        None,
    ),
    place(
        "zhujian",
        "云岭县住房和城乡建设局",
        Department,
        Some("county"),
        None,
    ),
    place(
        "ziran",
        "云岭县自然资源局",
        Department,
        Some("county"),
        None,
    ),
    place(
        "huanjing",
        "云岭生态环境局",
        Department,
        Some("county"),
        None,
    ),
    place(
        "shichang",
        "云岭县市场监督管理局",
        Department,
        Some("county"),
        None,
    ),
    place(
        "renshe",
        "云岭县人力资源和社会保障局",
        Department,
        Some("county"),
        None,
    ),
    place(
        "nongye",
        "云岭县农业农村局",
        Department,
        Some("county"),
        None,
    ),
];

/// key, committee name, prefix, unit, kind.
const COMMITTEES: &[(&str, &str, &str, &str, CommitteeKind)] = &[
    (
        "tw_fengxi",
        "凤溪乡人民调解委员会",
        "凤溪",
        "fengxi",
        CommitteeKind::Township,
    ),
    (
        "tw_cuihu",
        "翠湖镇人民调解委员会",
        "翠湖",
        "cuihu",
        CommitteeKind::Township,
    ),
    (
        "tw_shitang",
        "石塘镇人民调解委员会",
        "石塘",
        "shitang",
        CommitteeKind::Township,
    ),
    (
        "tw_liping",
        "梨坪乡人民调解委员会",
        "梨坪",
        "liping",
        CommitteeKind::Township,
    ),
    (
        "cv_shanglong",
        "上垅村人民调解委员会",
        "上垅",
        "shanglong",
        CommitteeKind::Village,
    ),
    (
        "cv_xialong",
        "下垅村人民调解委员会",
        "下垅",
        "xialong",
        CommitteeKind::Village,
    ),
    (
        "cv_suban",
        "苏坂村人民调解委员会",
        "苏坂",
        "suban",
        CommitteeKind::Village,
    ),
    (
        "cv_hukou",
        "湖口村人民调解委员会",
        "湖口",
        "hukou",
        CommitteeKind::Village,
    ),
    (
        "cv_yimin",
        "移民新村人民调解委员会",
        "移民新",
        "yimin",
        CommitteeKind::Village,
    ),
    (
        "cv_wanghu",
        "望湖社区人民调解委员会",
        "望湖",
        "wanghu",
        CommitteeKind::Neighbourhood,
    ),
    (
        "cv_shitangcun",
        "石塘村人民调解委员会",
        "石塘村",
        "shitangcun",
        CommitteeKind::Village,
    ),
    (
        "cv_houshan",
        "后山村人民调解委员会",
        "后山",
        "houshan",
        CommitteeKind::Village,
    ),
    (
        "cv_lipingcun",
        "梨坪村人民调解委员会",
        "梨坪村",
        "lipingcun",
        CommitteeKind::Village,
    ),
    (
        "cv_zhukeng",
        "竹坑村人民调解委员会",
        "竹坑",
        "zhukeng",
        CommitteeKind::Village,
    ),
    (
        "co_county",
        "云岭县联合人民调解委员会",
        "云岭",
        "county",
        CommitteeKind::Industry,
    ),
];

/// username, name, female, (role, unit)…
type Person = (
    &'static str,
    &'static str,
    bool,
    &'static [(Role, &'static str)],
);

const PEOPLE: &[Person] = &[
    (
        "lindeshui",
        "林德水",
        false,
        &[
            (Role::Shopkeeper, "fengxi"),
            (Role::Mediator, "fengxi"),
            (Role::Mediator, "shitang"),
        ],
    ),
    (
        "chenyuee",
        "陈月娥",
        true,
        &[
            (Role::Mediator, "fengxi"),
            (Role::Mediator, "shitang"),
            (Role::Mediator, "cuihu"),
            (Role::Mediator, "liping"),
        ],
    ),
    (
        "zhengguoxing",
        "郑国兴",
        false,
        &[(Role::DeskHead, "fengxi")],
    ),
    (
        "huangzhiyuan",
        "黄志远",
        false,
        &[(Role::JusticeOffice, "sifasuo")],
    ),
    (
        "liujianhong",
        "刘建宏",
        false,
        &[(Role::Shopkeeper, "fengxi")],
    ),
    (
        "hemeiling",
        "何美玲",
        true,
        &[(Role::Shopkeeper, "fengxi"), (Role::Recorder, "fengxi")],
    ),
    (
        "zhanglixin",
        "张立新",
        false,
        &[(Role::CountyDispatcher, "county")],
    ),
    (
        "zhouminghua",
        "周明华",
        false,
        &[(Role::CountySupervisor, "county")],
    ),
    (
        "wangjingguan",
        "王警官",
        false,
        &[(Role::DeptLiaison, "paichusuo")],
    ),
    ("yufaguan", "余法官", true, &[(Role::DeptLiaison, "fayuan")]),
    ("caiwenbin", "蔡文斌", false, &[(Role::Archivist, "county")]),
    ("tangqiaoyun", "汤巧云", true, &[(Role::DeskHead, "cuihu")]),
    (
        "maoguodong",
        "毛国栋",
        false,
        &[(Role::DeskHead, "shitang")],
    ),
    (
        "lengxiaofeng",
        "冷小峰",
        false,
        &[(Role::DeskHead, "liping")],
    ),
    (
        "yeshanglong",
        "叶守义",
        false,
        &[
            (Role::VillageSteward, "shanglong"),
            (Role::Mediator, "shanglong"),
        ],
    ),
    (
        "chenxialong",
        "陈守礼",
        false,
        &[
            (Role::VillageSteward, "xialong"),
            (Role::Mediator, "xialong"),
        ],
    ),
    (
        "wusuban",
        "吴守信",
        false,
        &[(Role::VillageSteward, "suban"), (Role::Mediator, "suban")],
    ),
    (
        "ganhukou",
        "甘守仁",
        false,
        &[(Role::VillageSteward, "hukou"), (Role::Mediator, "hukou")],
    ),
    (
        "xuyimin",
        "许守智",
        false,
        &[(Role::VillageSteward, "yimin"), (Role::Mediator, "yimin")],
    ),
    (
        "lanwanghu",
        "兰守敬",
        true,
        &[(Role::VillageSteward, "wanghu"), (Role::Mediator, "wanghu")],
    ),
    (
        "shishitang",
        "石守勤",
        false,
        &[
            (Role::VillageSteward, "shitangcun"),
            (Role::Mediator, "shitangcun"),
        ],
    ),
    (
        "chihoushan",
        "池守俭",
        false,
        &[
            (Role::VillageSteward, "houshan"),
            (Role::Mediator, "houshan"),
        ],
    ),
    (
        "liliping",
        "黎守恒",
        false,
        &[
            (Role::VillageSteward, "lipingcun"),
            (Role::Mediator, "lipingcun"),
        ],
    ),
    (
        "zhuzhukeng",
        "朱守诚",
        false,
        &[
            (Role::VillageSteward, "zhukeng"),
            (Role::Mediator, "zhukeng"),
        ],
    ),
    (
        "qiuxianzhong",
        "邱县中",
        true,
        &[(Role::Mediator, "county")],
    ),
    (
        "luxianji",
        "陆县纪",
        false,
        &[(Role::Mediator, "county"), (Role::Recorder, "county")],
    ),
    (
        "shuililiaison",
        "苏水利",
        false,
        &[(Role::DeptLiaison, "shuili")],
    ),
    (
        "zhujianliaison",
        "朱住建",
        false,
        &[(Role::DeptLiaison, "zhujian")],
    ),
    (
        "ziranliaison",
        "田自然",
        true,
        &[(Role::DeptLiaison, "ziran")],
    ),
    (
        "huanjingliaison",
        "江环保",
        false,
        &[(Role::DeptLiaison, "huanjing")],
    ),
    (
        "shichangliaison",
        "石市监",
        true,
        &[(Role::DeptLiaison, "shichang")],
    ),
    (
        "renshelaison",
        "任人社",
        false,
        &[(Role::DeptLiaison, "renshe")],
    ),
    ("shenji", "沈审计", true, &[(Role::Auditor, "county")]),
    ("sysadmin", "席管理", false, &[(Role::SysAdmin, "county")]),
    ("secadmin", "安管理", true, &[(Role::SecAdmin, "county")]),
    (
        "nongyeliaison",
        "农业文",
        false,
        &[(Role::DeptLiaison, "nongye")],
    ),
    ("suxiaolan", "苏晓岚", true, &[(Role::PsyLead, "county")]),
    (
        "gaoyuanhang",
        "高远航",
        false,
        &[(Role::CrisisOfficer, "county")],
    ),
];

/// committee, user, is chair.
const MEMBERS: &[(&str, &str, bool)] = &[
    ("tw_fengxi", "chenyuee", true),
    ("tw_fengxi", "lindeshui", false),
    ("tw_fengxi", "hemeiling", false),
    ("tw_cuihu", "chenyuee", true),
    ("tw_cuihu", "ganhukou", false),
    ("tw_cuihu", "lanwanghu", false),
    ("tw_shitang", "lindeshui", true),
    ("tw_shitang", "chenyuee", false),
    ("tw_shitang", "chihoushan", false),
    ("tw_liping", "chenyuee", true),
    ("tw_liping", "liliping", false),
    ("tw_liping", "zhuzhukeng", false),
    ("cv_shanglong", "yeshanglong", true),
    ("cv_shanglong", "lindeshui", false),
    ("cv_shanglong", "chenyuee", false),
    ("cv_xialong", "chenxialong", true),
    ("cv_xialong", "lindeshui", false),
    ("cv_xialong", "chenyuee", false),
    ("cv_suban", "wusuban", true),
    ("cv_suban", "lindeshui", false),
    ("cv_suban", "chenyuee", false),
    ("cv_hukou", "ganhukou", true),
    ("cv_hukou", "chenyuee", false),
    ("cv_yimin", "xuyimin", true),
    ("cv_yimin", "chenyuee", false),
    ("cv_wanghu", "lanwanghu", true),
    ("cv_shitangcun", "shishitang", true),
    ("cv_houshan", "chihoushan", true),
    ("cv_houshan", "lindeshui", false),
    ("cv_houshan", "chenyuee", false),
    ("cv_lipingcun", "liliping", true),
    ("cv_zhukeng", "zhuzhukeng", true),
    ("co_county", "qiuxianzhong", true),
    ("co_county", "luxianji", false),
    ("co_county", "chenyuee", false),
];

/// unit, room name.
const ROOMS: &[(&str, &str)] = &[
    ("county", "县中心第一调解室"),
    ("county", "县中心第二调解室"),
    ("fengxi", "凤溪调解室"),
    ("cuihu", "翠湖调解室"),
    ("shitang", "石塘调解室"),
    ("liping", "梨坪调解室"),
];

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
            TownshipDesk => Some(org(p.key)),
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
