//! A corpus of closed cases with made-up ones among them. It is made after how people fake — lazily,
//! copying, in a hurry, with hands at hand — and knows nothing of what the search looks at or where
//! its limits lie.

use jieyou::cli::demo::county;
use jieyou::domain::agreement::*;
use jieyou::domain::case::*;
use jieyou::domain::case_code::CaseCode;
use jieyou::domain::codes::Code;
use jieyou::domain::ids::*;
use jieyou::domain::mediator::{Assignment, SelectionMode, TeamRole};
use jieyou::domain::party::*;
use jieyou::domain::persons::name_key;
use jieyou::domain::secret::Secret;
use jieyou::domain::session::*;
use jieyou::domain::time::Instant;
use jieyou::error::Error;
use jieyou::store::tx::Tx;

/// How a case came to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    True,
    /// A true case of many workers against one company, written down by one clerk.
    TrueSeries,
    Copied,
    SamePeople,
    InAHurry,
    NoPeople,
    PastedSignature,
    NoSession,
    QuotaDay,
}

pub const FAKES: [Origin; 7] = [
    Origin::Copied,
    Origin::SamePeople,
    Origin::InAHurry,
    Origin::NoPeople,
    Origin::PastedSignature,
    Origin::NoSession,
    Origin::QuotaDay,
];

/// Splitmix: the same corpus every time.
pub struct Rng(pub u64);

impl Rng {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn percent(&mut self, p: u64) -> bool {
        self.below(100) < p
    }

    fn per_mille(&mut self, p: u64) -> bool {
        self.below(1_000) < p
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        let n = self.below(list.len() as u64) as usize;
        &list[n]
    }
}

const SURNAMES: &[&str] = &[
    "林", "陈", "黄", "郑", "叶", "余", "李", "张", "吴", "刘", "周", "魏", "阮", "苏", "谢", "彭",
    "江", "卓", "丁", "游",
];
const GIVEN: &[&str] = &[
    "德水", "月娥", "国兴", "长根", "阿六", "秀英", "建华", "志强", "玉兰", "金生", "火旺", "美珍",
    "文斌", "春花", "大勇", "小梅", "永福", "丽琴", "水生", "土根", "宝珠", "明亮", "桂香", "福来",
    "细妹", "家旺", "庆丰", "雪梅", "光荣", "爱华",
];
const WHERE: &[&str] = &[
    "村口水井旁",
    "祠堂前的晒谷场",
    "后山茶园边界",
    "沿河新修的机耕路",
    "老街拐角的店面",
    "小学围墙外",
    "合作社仓库门口",
    "三组梯田的水渠",
    "自家老屋与邻居厢房之间",
    "镇上农贸市场",
    "桥头停车场",
    "移民新村二排",
];
const THINGS: &[&str] = &[
    "新砌围墙占用过道",
    "屋檐滴水渗入灶间",
    "承包鱼塘排水口被堵",
    "母鸡啄食刚播的菜苗",
    "借款逾期未还",
    "香菇收购价临时压低",
    "摩托车剐蹭后修理费",
    "祖坟边上挖土取石",
    "合伙买的打谷机归谁保管",
    "老人赡养费轮流出",
    "装修噪声影响小孩休息",
    "林地界桩被移动",
    "退还定金",
    "工伤后的误工补助",
    "共用水管改道",
    "出租屋漏水泡坏家具",
    "牛闯进烤烟地",
    "征地青苗款分配",
    "快递丢失赔偿",
    "山泉引水先后次序",
];
const RESULTS: &[&str] = &[
    "两家为此多次高声争吵",
    "一方报警但民警到场后未能说和",
    "双方亲属聚到一起险些动手",
    "对方拒绝当面谈",
    "已有半个多月互不来往",
    "其中一人摔了农具离开",
    "在村民群里互相指责",
    "影响到春耕用水",
    "引来不少围观",
    "老人急得住了两天院",
    "店铺因此关门几日",
    "村小组长劝过一次没有结果",
    "双方各自找了证人",
    "账目一直没有对清",
];
const TRIES: &[&str] = &[
    "调解员先到现场丈量并拍照",
    "请来两位同宗长辈分别谈心",
    "查阅了当年的承包合同",
    "联系司法所解释相关规定",
    "把双方请到解忧杂货铺坐下喝茶",
    "逐项核对了收据和转账记录",
    "约请原经办干部说明来龙去脉",
    "走访左邻右舍了解经过",
    "算了一笔误工与修缮的细账",
    "请木匠估了拆改的费用",
    "播放了路口监控的片段",
    "以过去相似的事例作比方",
];
const MOODS: &[&str] = &[
    "说到动情处双方都红了眼",
    "气氛慢慢缓和下来",
    "起初一方坚持要讨个说法",
    "另一方承认自己话说重了",
    "两人都愿意看在乡邻情分上让一步",
    "争执主要卡在数额上",
    "对事实没有太大分歧",
    "年轻一辈愿意出面担起来",
    "谈了将近一个上午",
    "中途休息后又接着谈",
    "双方提出请村里作见证",
    "最后握了手",
];
const WANTS: &[&str] = &[
    "恢复原来的样子并不再扩大",
    "分两次付清余款",
    "把界线重新埋石为准",
    "共同出资修一条明沟",
    "赔偿修理费并当面道歉",
    "按原价收完剩下的一批",
    "每月初五轮流送粮送药",
    "保留通道宽度一米二",
    "先退一半其余以货抵",
    "由村里代管至秋收后处理",
    "晚上九点以后不再施工",
    "拆除多出来的部分",
    "请第三方重新称量",
    "两家轮流用水各三天",
];
const ENDS: &[&str] = &[
    "此事到此为止互不追究",
    "由村委会监督执行",
    "如有反复再到调委会商量",
    "双方当场在笔录上按了指印",
    "下个月回访一次看落实",
    "款项通过村会计转交",
    "旧账从此一笔勾销",
    "逢年过节照常走动",
    "有异议先找组长",
    "约定的事写进协议书",
];
/// One township each: its desk, its committee, a village, its mediators.
const TOWNS: &[(&str, &str, &str, [&str; 4])] = &[
    (
        "fengxi",
        "tw_fengxi",
        "shanglong",
        ["lindeshui", "chenyuee", "yeshanglong", "chenxialong"],
    ),
    (
        "cuihu",
        "tw_cuihu",
        "hukou",
        ["ganhukou", "xuyimin", "lanwanghu", "tangqiaoyun"],
    ),
    (
        "shitang",
        "tw_shitang",
        "shitangcun",
        ["shishitang", "chihoushan", "maoguodong", "wusuban"],
    ),
    (
        "liping",
        "tw_liping",
        "lipingcun",
        ["liliping", "zhuzhukeng", "lengxiaofeng", "zhengguoxing"],
    ),
];

/// Someone in a case.
#[derive(Clone, Debug)]
struct Person {
    name: String,
    phone: Option<String>,
    /// The scan of a signature that is kept of this person.
    scan: Option<String>,
}

/// A case to be written down.
#[derive(Clone, Debug)]
pub struct Plan {
    pub origin: Origin,
    town: usize,
    chair: usize,
    people: [Person; 2],
    pattern: String,
    registered: Instant,
    minutes: i64,
    oral: bool,
    sessions: usize,
    record: bool,
    scans: [Option<String>; 2],
}

/// Makes plans; remembers what was made, as people who fake do.
pub struct Maker {
    rng: Rng,
    start: Instant,
    plans: Vec<Plan>,
}

fn scan(rng: &mut Rng) -> String {
    format!(
        "{:016x}{:016x}{:016x}{:016x}",
        rng.next(),
        rng.next(),
        rng.next(),
        rng.next()
    )
}

impl Maker {
    pub fn new(seed: u64, start: Instant) -> Self {
        Self {
            rng: Rng(seed),
            start,
            plans: Vec::new(),
        }
    }

    fn person(&mut self) -> Person {
        let rng = &mut self.rng;
        let name = format!("{}{}", rng.pick(SURNAMES), rng.pick(GIVEN));
        let phone = rng
            .percent(86)
            .then(|| format!("+86139{:08}", rng.below(100_000_000)));
        let kept = rng.per_mille(8).then(|| scan(rng));
        Person {
            name,
            phone,
            scan: kept,
        }
    }

    /// A story with places for the two names.
    fn pattern(&mut self) -> String {
        let rng = &mut self.rng;
        format!(
            "{}月{}日，{{a}}与{{b}}在{}因{}发生纠纷，{}。{}，{}。{{a}}请求{}，{}。",
            1 + rng.below(12),
            1 + rng.below(28),
            rng.pick(WHERE),
            rng.pick(THINGS),
            rng.pick(RESULTS),
            rng.pick(TRIES),
            rng.pick(MOODS),
            rng.pick(WANTS),
            rng.pick(ENDS)
        )
    }

    fn day(&mut self) -> Instant {
        let hour = 8 + self.rng.below(9);
        self.start
            .plus_days(self.rng.below(330) as i64)
            .plus_hours(hour as i64)
            .plus_minutes(self.rng.below(60) as i64)
    }

    fn honest(&mut self) -> Plan {
        let people = [self.person(), self.person()];
        let pattern = self.pattern();
        let registered = self.day();
        let rng = &mut self.rng;
        let oral = rng.percent(18);
        // Some things are settled while everybody is still standing there.
        let minutes = if oral && rng.percent(35) {
            25 + rng.below(200)
        } else {
            1_440 + rng.below(40 * 1_440)
        };
        let record = if oral {
            rng.percent(88)
        } else {
            rng.percent(97)
        };
        let signs = !oral && rng.percent(45);
        let mut scans = [None, None];
        for (slot, person) in scans.iter_mut().zip(&people) {
            if signs {
                *slot = Some(person.scan.clone().unwrap_or_else(|| scan(rng)));
            }
        }
        // One mediator of each town works more than the others.
        let chair = if rng.percent(30) {
            0
        } else {
            rng.below(4) as usize
        };
        Plan {
            origin: Origin::True,
            town: rng.below(4) as usize,
            chair,
            people,
            pattern,
            registered,
            minutes: minutes as i64,
            oral,
            sessions: 1 + rng.below(3) as usize,
            record,
            scans,
        }
    }

    /// Neighbours fall out again; people with a kept scan come back.
    fn again(&mut self) -> Option<Plan> {
        let n = self.rng.below(self.plans.len().max(1) as u64) as usize;
        let old = self
            .plans
            .get(n)
            .filter(|p| p.origin == Origin::True)?
            .clone();
        let mut new = self.honest();
        new.town = old.town;
        new.people = old.people;
        new.registered = old.registered.plus_days(20 + self.rng.below(200) as i64);
        Some(new)
    }

    /// Workers of one site, one after the other, before one clerk.
    fn series(&mut self, workers: usize) -> Vec<Plan> {
        let company = self.person();
        let pattern = self.pattern();
        let mut first = self.honest();
        first.minutes = first.minutes.max(3_000);
        (0..workers)
            .map(|n| {
                let mut p = first.clone();
                p.origin = Origin::TrueSeries;
                p.people = [self.person(), company.clone()];
                p.pattern = pattern.clone();
                p.oral = false;
                p.record = true;
                p.registered = first.registered.plus_minutes(25 * n as i64);
                p.scans = [Some(scan(&mut self.rng)), None];
                p
            })
            .collect()
    }

    /// A copy the way people make one: other names, other days, perhaps one clause changed.
    fn copied(&mut self, pattern: &str) -> String {
        let mut out = pattern.to_owned();
        if self.rng.percent(60) {
            let (from, to) = (*self.rng.pick(ENDS), *self.rng.pick(ENDS));
            out = out.replace(from, to);
        }
        for list in [WHERE, MOODS, ENDS] {
            if self.rng.percent(25)
                && let Some(old) = list.iter().find(|t| out.contains(**t))
            {
                let new: &&str = self.rng.pick(list);
                out = out.replace(*old, new);
            }
        }
        let day = format!("{}月{}日", 1 + self.rng.below(12), 1 + self.rng.below(28));
        match out.split_once('，') {
            Some((_, rest)) => format!("{day}，{rest}"),
            None => out,
        }
    }

    fn fake(&mut self, origin: Origin, cheats: &[(usize, usize)], drawer: &mut Vec<Plan>) -> Plan {
        let mut p = self.honest();
        p.origin = origin;
        let (town, chair) = *self.rng.pick(cheats);
        (p.town, p.chair) = (town, chair);
        p.oral = self.rng.percent(25);
        // Each does what it is named after, and whatever else saves trouble that day.
        let also = |rng: &mut Rng, what: Origin, odds: u64| origin == what || rng.percent(odds);
        if also(&mut self.rng, Origin::Copied, 40) {
            let from = if !drawer.is_empty() && self.rng.percent(70) {
                self.rng.pick(drawer).pattern.clone()
            } else {
                self.rng.pick(&self.plans).pattern.clone()
            };
            p.pattern = self.copied(&from);
        }
        if also(&mut self.rng, Origin::SamePeople, 30)
            && let Some(old) = drawer.last()
        {
            p.people = old.people.clone();
        }
        if also(&mut self.rng, Origin::InAHurry, 45) {
            p.minutes = 4 + self.rng.below(70) as i64;
        }
        if also(&mut self.rng, Origin::NoPeople, 55) {
            for person in &mut p.people {
                person.phone = None;
            }
        }
        if also(&mut self.rng, Origin::NoSession, 45) {
            p.record = false;
            if self.rng.percent(70) {
                p.sessions = 0;
            }
        }
        p.scans = [None, None];
        if also(&mut self.rng, Origin::PastedSignature, 30) {
            p.oral = false;
            let old = drawer.iter().find_map(|d| d.scans[0].clone());
            let one = old.unwrap_or_else(|| scan(&mut self.rng));
            p.scans = [Some(one), Some(scan(&mut self.rng))];
        }
        if origin == Origin::QuotaDay {
            // The last days of a quarter.
            let end = [89, 180, 271][self.rng.below(3) as usize];
            p.registered = self
                .start
                .plus_days(end - self.rng.below(2) as i64)
                .plus_hours(9)
                .plus_minutes(self.rng.below(400) as i64);
            p.minutes = p.minutes.min(1_800);
        }
        drawer.push(p.clone());
        p
    }

    /// `total` cases, `fakes` of them made up.
    pub fn corpus(mut self, total: usize, fakes: usize) -> Vec<Plan> {
        while self.plans.len() < total - fakes {
            let left = total - fakes - self.plans.len();
            if left > 8 && self.rng.per_mille(1) {
                let all = self.series(8);
                self.plans.extend(all);
            } else if self.rng.percent(2)
                && let Some(p) = self.again()
            {
                self.plans.push(p);
            } else {
                let p = self.honest();
                self.plans.push(p);
            }
        }
        let cheats = [(0, 1), (1, 2), (2, 3), (3, 1), (0, 3)];
        let mut drawer = Vec::new();
        let made: Vec<Plan> = (0..fakes)
            .map(|n| self.fake(FAKES[n % FAKES.len()], &cheats, &mut drawer))
            .collect();
        // Strewn among the others.
        let mut out = self.plans;
        for p in made {
            let at = self.rng.below(out.len() as u64) as usize;
            out.insert(at, p);
        }
        out
    }
}

/// Writes a plan down; gives the id of the case.
pub fn write(tx: &mut Tx<'_>, p: &Plan, n: u64) -> Result<CaseId, Error> {
    let (desk, committee, village, mediators) = TOWNS[p.town];
    let chair = county::user(mediators[p.chair]);
    let closed = p.registered.plus_minutes(p.minutes);
    let id: CaseId = tx.ctx.id();
    let [a, b] = &p.people;
    let summary = p.pattern.replace("{a}", &a.name).replace("{b}", &b.name);
    let bits = (n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes();
    tx.insert(&Case {
        id,
        code: CaseCode::from_random([bits[0], bits[1], bits[2], bits[3], bits[4]]).to_string(),
        case_no: Some(format!("（2026）{desk}人调字第{n}号")),
        committee_id: Some(county::committee(committee)),
        procedure: Procedure::PeopleMediation,
        title: format!("{}与{}纠纷", a.name, b.name),
        kind: CaseType::ALL[(n % 9) as usize],
        state: CaseState::ClosedSuccess,
        outcome: Some(if p.oral {
            Outcome::SuccessOral
        } else {
            Outcome::SuccessWritten
        }),
        risk: Risk::Yellow,
        difficulty: Difficulty::Simple,
        source: Source::Application,
        channel: Channel::WalkIn,
        origin_id: county::org(village),
        origin_desk_id: Some(county::org(desk)),
        holder_id: county::org(desk),
        holder_desk_id: Some(county::org(desk)),
        holder_since: p.registered,
        registrar_id: chair,
        registered_at: p.registered,
        accepted_at: Some(p.registered),
        closed_at: Some(closed),
        next_step: None,
        next_due_at: None,
        live: false,
        version: 1,
        audit_seq: 0,
        audit_hash: String::new(),
        amount_fen: None,
        summary,
        updated_at: closed,
        detail: CaseDetail::default(),
    })?;
    tx.insert(&Assignment {
        id: tx.ctx.id(),
        case_id: id,
        user_id: chair,
        role: TeamRole::Chair,
        committee_id: None,
        mode: SelectionMode::Designated,
        from_at: p.registered,
        to_at: None,
        end_reason: None,
        conflicts: Vec::new(),
        created_by: chair,
    })?;
    for no in 0..p.sessions {
        tx.insert(&session(tx, p, id, chair, no))?;
    }
    for (i, person) in p.people.iter().enumerate() {
        let party: PartyId = tx.ctx.id();
        tx.insert(&party_of(person, party, id, chair, i, p.registered))?;
        if let Some(image) = &p.scans[i] {
            tx.insert(&Signature {
                id: tx.ctx.id(),
                case_id: id,
                thing: SignedThing::Agreement,
                thing_id: id.uuid,
                signed_as: SignedAs::Party,
                party_id: Some(party),
                participant_id: None,
                user_id: None,
                method: SignMethod::Sign,
                signed_at: closed,
                image_sha256: Some(image.clone()),
                note: None,
                recorded_by: chair,
                recorded_at: closed,
            })?;
        }
    }
    Ok(id)
}

fn session(tx: &Tx<'_>, p: &Plan, id: CaseId, chair: UserId, no: usize) -> Session {
    Session {
        id: tx.ctx.id(),
        case_id: id,
        no: no as i32 + 1,
        kind: SessionKind::Joint,
        state: SessionState::Closed,
        planned_from: p.registered,
        planned_to: p.registered.plus_hours(2),
        venue_kind: VenueKind::Site,
        room_id: None,
        venue: None,
        is_public: false,
        sequence: 0,
        opened_at: Some(p.registered),
        closed_at: Some(p.registered.plus_hours(1)),
        result: Some(SessionResult::Agreed),
        caucus_party: None,
        minutes: p
            .record
            .then(|| Secret::new("双方陈述，达成一致。".to_owned())),
        attendees: Vec::new(),
        created_by: chair,
        created_at: p.registered,
        detail: SessionDetail::default(),
    }
}

fn party_of(
    person: &Person,
    id: PartyId,
    case_id: CaseId,
    by: UserId,
    i: usize,
    at: Instant,
) -> Party {
    Party {
        id,
        case_id,
        side: i as i32 + 1,
        role: if i == 0 {
            PartyRole::Applicant
        } else {
            PartyRole::Respondent
        },
        kind: PartyKind::NaturalPerson,
        name: person.name.clone(),
        name_key: name_key(&person.name),
        gender: Gender::Unknown,
        birth_date: None,
        id_no: None,
        uscc: None,
        phone: person.phone.clone().map(Secret::new),
        email: None,
        address: None,
        capacity: Capacity::Full,
        consent: Consent::Given,
        consent_at: Some(at),
        rights_notice_at: Some(at),
        is_representative: false,
        settle_auth: SettleAuth::None,
        withdrawn_at: None,
        substituted_by: None,
        contact_hidden: false,
        created_by: by,
        created_at: at,
        detail: PartyDetail::default(),
    }
}
