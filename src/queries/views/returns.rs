//! Views of statistical returns.

use serde::Serialize;

use crate::domain::agreement::AgreementForm;
use crate::domain::codes::Lang;
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::org::OrgUnit;
use crate::domain::time::{Instant, LocalDate};

/// A return in a list.
#[derive(Debug, Serialize)]
pub struct ReturnItem {
    pub id: ReturnId,
    pub org_id: OrgId,
    pub org_name: String,
    pub period: ReturnPeriod,
    pub from_on: LocalDate,
    pub to_on: LocalDate,
    pub revision: i32,
    pub revises: Option<ReturnId>,
    pub state: ReturnState,
    pub as_of: Instant,
    pub entries: i64,
    pub digest: String,
    pub reason: Option<String>,
    pub created_at: Instant,
    pub submitted_at: Option<Instant>,
}

impl ReturnItem {
    pub fn of(r: &StatReturn, org: &OrgUnit) -> Self {
        Self {
            id: r.id,
            org_id: r.org_id,
            org_name: org.name.clone(),
            period: r.period,
            from_on: r.from_on,
            to_on: r.to_on,
            revision: r.revision,
            revises: r.revises,
            state: r.state,
            as_of: r.as_of,
            entries: r.entries,
            digest: r.digest.clone(),
            reason: r.reason.clone(),
            created_at: r.created_at,
            submitted_at: r.submitted_at,
        }
    }
}

/// A return with its figures.
#[derive(Debug, Serialize)]
pub struct ReturnView {
    #[serde(flatten)]
    pub item: ReturnItem,
    pub success_rate: Rate,
    pub cells: Vec<CellView>,
    /// Figures of a revision that differ from the return it revises.
    pub changes: Vec<ChangeView>,
}

/// A share with what it is made of.
#[derive(Debug, Serialize)]
pub struct Rate {
    pub numerator: i64,
    pub denominator: i64,
    /// Two decimals, half up; absent for nothing out of nothing.
    pub percent: Option<String>,
}

impl Rate {
    pub fn of(figures: &Figures) -> Self {
        let (numerator, denominator) = figures.success_rate();
        Self {
            numerator,
            denominator,
            percent: percent(numerator, denominator),
        }
    }
}

/// `96.80%`, half up.
fn percent(n: i64, of: i64) -> Option<String> {
    let half = of.checked_div(2)?;
    let hundredths = n
        .saturating_mul(10_000)
        .saturating_add(half)
        .checked_div(of)?;
    Some(format!("{}.{:02}%", hundredths / 100, hundredths % 100))
}

/// One figure.
#[derive(Debug, Serialize)]
pub struct CellView {
    pub code: String,
    pub label: String,
    pub unit: CellUnit,
    /// Cases or persons; for amounts the exact fen.
    pub value: i64,
    /// As it stands on the form: amounts in 万元 with two decimals.
    pub shown: String,
}

fn shown(cell: Cell, value: i64) -> String {
    match cell.unit() {
        CellUnit::WanYuan => wan_text(value),
        _ => value.to_string(),
    }
}

/// The figures in the order of the form.
pub fn cells_of(figures: &Figures, lang: Lang) -> Vec<CellView> {
    Cell::all()
        .into_iter()
        .map(|cell| CellView {
            code: cell.code(),
            label: cell.label(lang),
            unit: cell.unit(),
            value: figures.get(cell),
            shown: shown(cell, figures.get(cell)),
        })
        .collect()
}

/// A figure that a revision corrects.
#[derive(Debug, Serialize)]
pub struct ChangeView {
    pub code: String,
    pub label: String,
    pub unit: CellUnit,
    pub before: i64,
    pub after: i64,
}

/// The figures that differ.
pub fn changes_between(old: &Figures, new: &Figures, lang: Lang) -> Vec<ChangeView> {
    Cell::all()
        .into_iter()
        .filter(|cell| old.get(*cell) != new.get(*cell))
        .map(|cell| ChangeView {
            code: cell.code(),
            label: cell.label(lang),
            unit: cell.unit(),
            before: old.get(cell),
            after: new.get(cell),
        })
        .collect()
}

/// An entry behind a figure: nothing personal.
#[derive(Debug, Serialize)]
pub struct EntryView {
    pub entry_id: EntryId,
    pub case_id: CaseId,
    pub act: CountedAct,
    pub on_date: LocalDate,
    pub at: Instant,
    pub recorded_at: Instant,
    pub undone_at: Option<Instant>,
    pub result: Option<CountedResult>,
    pub form: Option<AgreementForm>,
    pub persons: i64,
    pub amount_fen: i64,
    pub averted: Option<Averted>,
}

impl EntryView {
    pub fn of(e: &ReturnEntry) -> Self {
        Self {
            entry_id: e.id,
            case_id: e.case_id,
            act: e.act,
            on_date: e.on_date,
            at: e.at,
            recorded_at: e.recorded_at,
            undone_at: e.undone_at,
            result: e.result,
            form: e.form,
            persons: e.persons,
            amount_fen: e.amount_fen,
            averted: e.averted,
        }
    }
}
