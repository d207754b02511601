//! The statistical return (人民调解案件统计表): what is counted, and how figures are made of it.
//!
//! An *entry* is one countable fact of one case: accepted, closed, or a danger averted. Its columns
//! never change; when a later act takes the fact back (the case is reopened) the entry is marked
//! undone from then on. What stood at an instant is therefore known for ever.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::agreement::AgreementForm;
use super::case::{CaseType, Channel, Source};
use super::codes::{Code, Lang, codes};
use super::ids::*;
use super::org::{CommitteeKind, OrgKind};
use super::time::{Instant, LocalDate};

codes! {
    /// How long a period a return covers.
    ReturnPeriod in "return_period" {
        Month = "month", "月报", "Month";
        Quarter = "quarter", "季报", "Quarter";
        HalfYear = "half_year", "半年报", "Half-year";
        Year = "year", "年报", "Year";
    }
    /// State of a return (G-45).
    ReturnState in "return_state" {
        Draft = "draft", "草稿", "Draft";
        Submitted = "submitted", "已报送", "Submitted";
    }
    /// What an entry counts.
    CountedAct in "counted_act" {
        Accepted = "accepted", "受理", "Accepted";
        Closed = "closed", "结案", "Closed";
        Prevented = "prevented", "防止激化", "Danger averted";
    }
    /// How a closed case counts.
    CountedResult in "counted_result" {
        Success = "success", "调解成功", "Success";
        Partial = "partial", "部分成功", "Partial";
        Failed = "failed", "调解未成", "Failed";
        Otherwise = "otherwise", "撤回、拒绝或移送", "Withdrawn, refused or referred";
    }
    /// What was averted.
    Averted in "averted" {
        Suicide = "suicide", "防止民间纠纷引起自杀", "Suicide averted";
        Crime = "crime", "防止民间纠纷转化为刑事案件", "Crime averted";
        Petition = "petition", "防止群体性上访", "Mass petition averted";
        Fight = "fight", "防止群体性械斗", "Mass fight averted";
        Unclassed = "unclassed", "防止其他激化", "Other danger averted";
    }
    /// Which side of a difference an entry stands on.
    Side in "return_change" {
        Left = "left", "不再计入", "Counted no more";
        Came = "came", "新计入", "Counted now";
    }
    /// What a figure counts in.
    CellUnit in "cell_unit" {
        Cases = "cases", "件", "cases";
        Persons = "persons", "人", "persons";
        WanYuan = "wan_yuan", "万元", "10,000 yuan";
    }
}

/// A period by legal dates, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub kind: ReturnPeriod,
    pub from: LocalDate,
    pub to: LocalDate,
}

impl Span {
    /// The `no`-th month, quarter, half or the year (1) of a year; `None` when there is none.
    pub fn of(kind: ReturnPeriod, year: i16, no: i8) -> Option<Self> {
        let months: i8 = match kind {
            ReturnPeriod::Month => 1,
            ReturnPeriod::Quarter => 3,
            ReturnPeriod::HalfYear => 6,
            ReturnPeriod::Year => 12,
        };
        let last = 12 / months;
        if !(1..=last).contains(&no) || !(1..=9990).contains(&year) {
            return None;
        }
        let from = LocalDate::new(year, (no - 1) * months + 1, 1)?;
        let to = from.plus_months(i32::from(months)).plus_days(-1);
        Some(Self { kind, from, to })
    }
}

/// One countable fact.
#[derive(Clone, Debug, PartialEq)]
pub struct ReturnEntry {
    pub id: EntryId,
    pub case_id: CaseId,
    pub act: CountedAct,
    /// When it happened; the legal date decides on the period.
    pub at: Instant,
    pub on_date: LocalDate,
    /// When it became known here.
    pub recorded_at: Instant,
    /// Since when it counts no more.
    pub undone_at: Option<Instant>,
    /// Who held the case at the time.
    pub org_id: OrgId,
    pub desk_id: Option<OrgId>,
    pub committee_kind: Option<CommitteeKind>,
    pub kind: CaseType,
    pub source: Source,
    pub channel: Channel,
    pub result: Option<CountedResult>,
    pub form: Option<AgreementForm>,
    pub complex: bool,
    pub persons: i64,
    pub amount_fen: i64,
    pub averted: Option<Averted>,
    pub incident_id: Option<IncidentId>,
}

impl ReturnEntry {
    /// Counts the same as another one of the same case.
    pub fn counts_as(&self, other: &Self) -> bool {
        Self {
            id: other.id,
            recorded_at: other.recorded_at,
            undone_at: other.undone_at,
            ..self.clone()
        } == *other
    }
}

/// One figure of the return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    Accepted,
    FoundByPatrol,
    Total,
    Persons,
    Success,
    Partial,
    Failed,
    Otherwise,
    Complex,
    Amount,
    Committee(CommitteeKind),
    Source(Source),
    Type(CaseType),
    Form(AgreementForm),
    PreventedDisputes,
    AvertedCases(Averted),
    AvertedPersons(Averted),
}

/// The three channels on which patrols and grid workers bring disputes in.
pub const PATROL_CHANNELS: &[Channel] = &[Channel::Patrol, Channel::Grid, Channel::Council];

/// The committee kinds behind a column of the return: industry committees are set up by social
/// organisations and stand in the column of other organisations (人民调解法 第三十四条).
pub fn committee_column(kind: CommitteeKind) -> &'static [CommitteeKind] {
    use CommitteeKind as K;
    match kind {
        K::Village => &[K::Village],
        K::Neighbourhood => &[K::Neighbourhood],
        K::Township => &[K::Township],
        K::Subdistrict => &[K::Subdistrict],
        K::Enterprise => &[K::Enterprise],
        K::Industry => &[K::Industry],
        K::Other => &[K::Industry, K::Other],
    }
}

/// The sources behind a column: "delegated" is the total of what others sent.
pub fn source_column(source: Source) -> &'static [Source] {
    use Source as S;
    match source {
        S::Application => &[S::Application],
        S::ExOfficio => &[S::ExOfficio],
        S::Delegated => &[
            S::Delegated,
            S::Court,
            S::Procuratorate,
            S::Police,
            S::PetitionOffice,
            S::OtherDept,
        ],
        S::Court => &[S::Court],
        S::Procuratorate => &[S::Procuratorate],
        S::Police => &[S::Police],
        S::PetitionOffice => &[S::PetitionOffice],
        S::OtherDept => &[S::OtherDept],
    }
}

impl Cell {
    /// Every figure, in the order of the form.
    pub fn all() -> Vec<Self> {
        let mut out = vec![
            Self::Accepted,
            Self::Total,
            Self::Persons,
            Self::Success,
            Self::Partial,
            Self::Failed,
            Self::Otherwise,
            Self::Complex,
            Self::Amount,
        ];
        out.extend(CommitteeKind::ALL.iter().map(|k| Self::Committee(*k)));
        out.extend(Source::ALL.iter().map(|s| Self::Source(*s)));
        out.extend(CaseType::ALL.iter().map(|t| Self::Type(*t)));
        out.push(Self::Form(AgreementForm::Oral));
        out.push(Self::Form(AgreementForm::Written));
        out.push(Self::FoundByPatrol);
        out.push(Self::PreventedDisputes);
        for averted in Averted::ALL {
            out.push(Self::AvertedCases(*averted));
            out.push(Self::AvertedPersons(*averted));
        }
        out
    }

    /// The stable code, e.g. `type.neighbour`.
    pub fn code(self) -> String {
        match self {
            Self::Accepted => "accepted".to_owned(),
            Self::FoundByPatrol => "prevention.found_by_patrol".to_owned(),
            Self::Total => "total".to_owned(),
            Self::Persons => "persons".to_owned(),
            Self::Success => "success".to_owned(),
            Self::Partial => "partial".to_owned(),
            Self::Failed => "failed".to_owned(),
            Self::Otherwise => "otherwise".to_owned(),
            Self::Complex => "complex".to_owned(),
            Self::Amount => "amount".to_owned(),
            Self::Committee(k) => format!("committee.{k}"),
            Self::Source(s) => format!("source.{s}"),
            Self::Type(t) => format!("type.{t}"),
            Self::Form(f) => format!("form.{f}"),
            Self::PreventedDisputes => "prevention.disputes".to_owned(),
            Self::AvertedCases(a) => format!("prevention.{a}.cases"),
            Self::AvertedPersons(a) => format!("prevention.{a}.persons"),
        }
    }

    pub fn parse(code: &str) -> Option<Self> {
        Self::all().into_iter().find(|c| c.code() == code)
    }

    pub fn label(self, lang: Lang) -> String {
        let fixed = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
        match self {
            Self::Accepted => fixed("受理案件", "Cases accepted"),
            Self::FoundByPatrol => fixed("排查发现纠纷", "Disputes found by patrols"),
            Self::Total => fixed("调解案件总数", "Cases mediated"),
            Self::Persons => fixed("涉及当事人数", "Persons involved"),
            Self::Success => fixed("调解成功", "Successful"),
            Self::Partial => fixed("部分成功", "Partly successful"),
            Self::Failed => fixed("调解未成", "Not settled"),
            Self::Otherwise => fixed(
                "撤回、拒绝或移送（不计入总数）",
                "Withdrawn, refused or referred (not in the total)",
            ),
            Self::Complex => fixed("疑难复杂案件", "Complex cases"),
            Self::Amount => fixed("协议涉及金额", "Amount of the agreements"),
            Self::Committee(CommitteeKind::Industry) => fixed(
                "其中：行业性专业性调委会",
                "Of which industry and professional committees",
            ),
            Self::Committee(CommitteeKind::Other) => fixed(
                "社会团体和其他组织调委会",
                "Committees of social and other organisations",
            ),
            Self::Committee(k) => k.label(lang).to_owned(),
            Self::Source(Source::Delegated) => {
                fixed("接受委托移送调解（合计）", "Delegated, in all")
            }
            Self::Source(s) => s.label(lang).to_owned(),
            Self::Type(t) => t.label(lang).to_owned(),
            Self::Form(f) => f.label(lang).to_owned(),
            Self::PreventedDisputes => {
                fixed("预防纠纷（有据可查）", "Escalations averted, with evidence")
            }
            Self::AvertedCases(a) | Self::AvertedPersons(a) => a.label(lang).to_owned(),
        }
    }

    pub fn unit(self) -> CellUnit {
        match self {
            Self::Persons | Self::AvertedPersons(_) => CellUnit::Persons,
            Self::Amount => CellUnit::WanYuan,
            _ => CellUnit::Cases,
        }
    }

    /// What entries that count alike add to the figure (fen for amounts).
    pub fn share(self, g: &Group) -> i64 {
        let count = |yes: bool| if yes { g.n } else { 0 };
        match g.act {
            CountedAct::Accepted => match self {
                Self::Accepted => g.n,
                Self::FoundByPatrol => count(PATROL_CHANNELS.contains(&g.channel)),
                _ => 0,
            },
            CountedAct::Prevented => match self {
                Self::PreventedDisputes => g.n,
                Self::AvertedCases(a) => count(g.averted == Some(a)),
                Self::AvertedPersons(a) if g.averted == Some(a) => g.persons,
                _ => 0,
            },
            CountedAct::Closed if g.result == Some(CountedResult::Otherwise) => {
                count(self == Self::Otherwise)
            }
            CountedAct::Closed => match self {
                Self::Total => g.n,
                Self::Persons => g.persons,
                Self::Success => count(g.result == Some(CountedResult::Success)),
                Self::Partial => count(g.result == Some(CountedResult::Partial)),
                Self::Failed => count(g.result == Some(CountedResult::Failed)),
                Self::Complex => count(g.complex),
                Self::Amount => g.amount_fen,
                Self::Committee(k) => count(
                    g.committee_kind
                        .is_some_and(|c| committee_column(k).contains(&c)),
                ),
                Self::Source(s) => count(source_column(s).contains(&g.source)),
                Self::Type(t) => count(g.kind == t),
                Self::Form(f) => count(g.form == Some(f)),
                _ => 0,
            },
        }
    }
}

/// Entries that differ only in what is summed.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    pub act: CountedAct,
    pub committee_kind: Option<CommitteeKind>,
    pub kind: CaseType,
    pub source: Source,
    pub channel: Channel,
    pub result: Option<CountedResult>,
    pub form: Option<AgreementForm>,
    pub complex: bool,
    pub averted: Option<Averted>,
    /// How many entries.
    pub n: i64,
    pub persons: i64,
    pub amount_fen: i64,
}

impl From<&ReturnEntry> for Group {
    fn from(e: &ReturnEntry) -> Self {
        Self {
            act: e.act,
            committee_kind: e.committee_kind,
            kind: e.kind,
            source: e.source,
            channel: e.channel,
            result: e.result,
            form: e.form,
            complex: e.complex,
            averted: e.averted,
            n: 1,
            persons: e.persons,
            amount_fen: e.amount_fen,
        }
    }
}

/// The figures of a return: by code of the cell; amounts in fen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures(pub BTreeMap<String, i64>);

impl Figures {
    /// Adds entries up.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a ReturnEntry>) -> Self {
        let groups: Vec<Group> = entries.into_iter().map(Group::from).collect();
        Self::sum(&groups)
    }

    /// Adds groups of entries up.
    pub fn sum(groups: &[Group]) -> Self {
        let cells = Cell::all();
        let mut sums = vec![0_i64; cells.len()];
        for group in groups {
            for (cell, sum) in cells.iter().zip(sums.iter_mut()) {
                *sum = sum.saturating_add(cell.share(group));
            }
        }
        let codes = cells.iter().map(|c| c.code());
        Self(codes.zip(sums).collect())
    }

    pub fn get(&self, cell: Cell) -> i64 {
        self.0.get(&cell.code()).copied().unwrap_or(0)
    }

    /// Successes, and what they are a share of: cases partly settled and cases that ended without
    /// mediation are in neither.
    pub fn success_rate(&self) -> (i64, i64) {
        let success = self.get(Cell::Success);
        (success, success.saturating_add(self.get(Cell::Failed)))
    }
}

/// Fen as hundredths of 万元 (10,000 fen each), half up: rounded once, at the level of the report.
pub fn wan_hundredths(fen: i64) -> i64 {
    fen.saturating_add(5_000).div_euclid(10_000)
}

/// `12.34` of [`wan_hundredths`].
pub fn wan_text(fen: i64) -> String {
    let n = wan_hundredths(fen);
    format!("{}.{:02}", n / 100, n % 100)
}

/// A return of one unit for one period.
#[derive(Clone, Debug, PartialEq)]
pub struct StatReturn {
    pub id: ReturnId,
    /// The county centre stands for the whole county, a township desk for its township.
    pub org_id: OrgId,
    pub period: ReturnPeriod,
    pub from_on: LocalDate,
    pub to_on: LocalDate,
    /// 0, or how many times it was corrected.
    pub revision: i32,
    pub revises: Option<ReturnId>,
    pub state: ReturnState,
    /// The figures are those that were known at this instant.
    pub as_of: Instant,
    pub figures: Figures,
    pub entries: i64,
    /// SHA-256 over the figures and the frozen list of entries, hex.
    pub digest: String,
    pub reason: Option<String>,
    pub created_by: UserId,
    pub created_at: Instant,
    pub submitted_by: Option<UserId>,
    pub submitted_at: Option<Instant>,
}

impl StatReturn {
    /// What the digest is taken over, before the lines of the entries.
    pub fn digest_head(&self) -> String {
        let mut out = format!(
            "jieyou-return-1\n{}\n{} {} {}\n{}\n",
            self.org_id, self.period, self.from_on, self.to_on, self.as_of
        );
        for (code, n) in &self.figures.0 {
            out.push_str(&format!("{code}={n}\n"));
        }
        out
    }
}

/// Which entries a unit's return takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    County,
    Desk(OrgId),
    Unit(OrgId),
}

impl Reach {
    pub fn of(org: OrgId, kind: OrgKind) -> Self {
        match kind {
            OrgKind::CountyCentre => Self::County,
            OrgKind::TownshipDesk => Self::Desk(org),
            _ => Self::Unit(org),
        }
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
