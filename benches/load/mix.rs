//! What the made cases are mixed from: weights, names, matters, words.

use jieyou::domain::case::*;

use crate::county;

/// A small generator (splitmix64): the same number gives the same case everywhere.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n.max(1)
    }

    pub fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).unwrap_or(0)]
    }

    /// Picks by weight.
    pub fn weighted<T: Copy>(&mut self, list: &[(T, u64)]) -> T {
        let total: u64 = list.iter().map(|(_, w)| w).sum();
        let mut at = self.below(total);
        for (value, weight) in list {
            if at < *weight {
                return *value;
            }
            at -= weight;
        }
        list[0].0
    }
}

/// Per mille, after the published mix of a prefecture (869 cases of one month).
pub const TYPES: &[(CaseType, u64)] = &[
    (CaseType::Neighbour, 320),
    (CaseType::MarriageFamily, 184),
    (CaseType::Damage, 87),
    (CaseType::HouseHomestead, 77),
    (CaseType::Medical, 63),
    (CaseType::Contract, 51),
    (CaseType::Traffic, 38),
    (CaseType::Business, 36),
    (CaseType::Expropriation, 32),
    (CaseType::ForestLand, 21),
    (CaseType::WageArrears, 10),
    (CaseType::LabourOther, 5),
    (CaseType::ConsumerOther, 8),
    (CaseType::Environment, 5),
    (CaseType::PropertyMgmt, 1),
    (CaseType::Other, 62),
];

pub const SOURCES: &[(Source, u64)] = &[
    (Source::ExOfficio, 524),
    (Source::Application, 435),
    (Source::Police, 20),
    (Source::Court, 11),
    (Source::PetitionOffice, 10),
];

/// A third of the cases is under way.
pub const STATES: &[(CaseState, u64)] = &[
    (CaseState::Registered, 20),
    (CaseState::Screening, 20),
    (CaseState::ConsentPending, 30),
    (CaseState::Accepted, 20),
    (CaseState::Assigned, 30),
    (CaseState::InMediation, 80),
    (CaseState::Suspended, 10),
    (CaseState::Agreed, 10),
    (CaseState::Performing, 90),
    (CaseState::Breached, 10),
    (CaseState::Fulfilled, 20),
    (CaseState::Terminated, 10),
    (CaseState::ClosedSuccess, 500),
    (CaseState::ClosedFailed, 60),
    (CaseState::ClosedNotAccepted, 20),
    (CaseState::Archived, 70),
];

pub const RISKS: &[(Risk, u64)] = &[
    (Risk::Blue, 300),
    (Risk::Yellow, 600),
    (Risk::Orange, 85),
    (Risk::Red, 15),
];

pub const DIFFICULTIES: &[(Difficulty, u64)] = &[
    (Difficulty::Simple, 450),
    (Difficulty::Normal, 450),
    (Difficulty::Complex, 90),
    (Difficulty::Major, 10),
];

pub const CHANNELS: &[Channel] = &[
    Channel::WalkIn,
    Channel::Hotline,
    Channel::Grid,
    Channel::VillageStation,
    Channel::Patrol,
    Channel::Line12345,
];

const SURNAMES: &[&str] = &[
    "陈", "林", "黄", "张", "吴", "李", "郑", "王", "刘", "苏", "余", "魏", "阮", "丁", "甘", "兰",
];
/// Two of them make a given name: some 2,000 names, as rare in the data as in life.
const GIVEN: &[&str] = &[
    "德", "水", "月", "娥", "国", "兴", "志", "远", "建", "宏", "美", "玲", "立", "新", "明", "华",
    "守", "义", "礼", "文", "斌", "巧", "云", "栋", "小", "峰", "长", "根", "秀", "英", "金", "泉",
    "玉", "兰", "家", "旺", "福", "春", "生", "桂", "香", "细", "妹", "荣", "贵", "松",
];
const MATTERS: &[&str] = &[
    "宅基地滴水檐",
    "门前通行道路",
    "屋后排水沟",
    "借款未还",
    "承包地界址",
    "彩礼返还",
    "老人赡养",
    "兄弟分家析产",
    "食用菌收购货款",
    "养殖污水",
    "工地工资拖欠",
    "交通事故赔偿",
    "噪音扰民",
    "林木砍伐",
    "房屋漏水",
    "库区移民补偿",
];
pub const DETAILS: &[&str] = &[
    "双方多次争吵，村干部上门劝说未果",
    "申请人要求恢复原状并赔偿损失",
    "被申请人认为界址以老契为准",
    "经现场查看，双方各执一词",
    "申请人称曾口头约定，对方否认",
    "涉及金额双方有出入，需核对账目",
    "邻居愿意作证，希望尽快化解",
    "双方同意由调解委员会主持协商",
];

/// Two-character words for matters, as a desk types them.
const WORDS: &[&str] = &[
    "宅基", "排水", "彩礼", "赡养", "移民", "货款", "污水", "赔偿", "漏水", "林木", "界址",
];

/// What a desk searches for: half the time a matter, half the time a given name.
pub fn word(rng: &mut Rng) -> String {
    if rng.percent(50) {
        rng.pick(WORDS).to_owned()
    } else {
        format!("{}{}", rng.pick(GIVEN), rng.pick(GIVEN))
    }
}

pub fn matter(rng: &mut Rng) -> &'static str {
    rng.pick(MATTERS)
}

/// A place as a desk writes it down.
pub fn place(rng: &mut Rng, d: u64) -> String {
    format!(
        "{}第{}村{}组",
        county::town(d),
        1 + rng.below(9),
        1 + rng.below(12)
    )
}

pub fn person(rng: &mut Rng) -> String {
    format!(
        "{}{}{}",
        rng.pick(SURNAMES),
        rng.pick(GIVEN),
        rng.pick(GIVEN)
    )
}
