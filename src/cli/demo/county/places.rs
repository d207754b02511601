//! Units, committees and rooms of the fictional county.

use crate::domain::org::*;

pub(super) struct Place {
    pub(super) key: &'static str,
    pub(super) name: &'static str,
    pub(super) kind: OrgKind,
    pub(super) parent: Option<&'static str>,
    pub(super) code: Option<&'static str>,
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

pub(super) const PLACES: &[Place] = &[
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
pub(super) const COMMITTEES: &[(&str, &str, &str, &str, CommitteeKind)] = &[
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

/// unit, room name.
pub(super) const ROOMS: &[(&str, &str)] = &[
    ("county", "县中心第一调解室"),
    ("county", "县中心第二调解室"),
    ("fengxi", "凤溪调解室"),
    ("cuihu", "翠湖调解室"),
    ("shitang", "石塘调解室"),
    ("liping", "梨坪调解室"),
];
