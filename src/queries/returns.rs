//! Statistical returns as read: figures, the cases behind each of them, differences, proofs.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::in_sight::with_reads;
use super::sheets::{Sheet, Value};
use super::views::Sees;
use super::views::case::CaseItem;
use super::views::returns::*;
use crate::call::{Call, Page};
use crate::domain::case::Case;
use crate::domain::codes::{Code as _, Lang};
use crate::domain::figures::*;
use crate::domain::ids::*;
use crate::domain::org::OrgUnit;
use crate::domain::policy::{Action, CaseScope, Verdict, decide, decide_general, decide_unit};
use crate::error::{Code, Error};
use crate::reply::Reply;
use crate::store::tx::Snap;

/// The ETag of a return: it says all that can change.
pub fn tag(r: &StatReturn) -> String {
    let start: String = r.digest.chars().take(24).collect();
    format!("{}{start}", r.state)
}

/// The digest of a return with its list of entries, hex.
pub fn digest_of(r: &StatReturn, items: &[(EntryId, CaseId)]) -> String {
    let mut hash = Sha256::new();
    hash.update(r.digest_head());
    for (entry, case) in items {
        hash.update(format!("{entry} {case}\n"));
    }
    hex::encode(hash.finalize())
}

/// A return as the answer of an act or a question.
pub fn answer(snap: &mut Snap<'_>, status: u16, r: &StatReturn) -> Result<Reply, Error> {
    let view = view_of(snap, r)?;
    Ok(Reply::json(status, &view)?.header("ETag", format!("\"{}\"", tag(r))))
}

fn view_of(snap: &mut Snap<'_>, r: &StatReturn) -> Result<ReturnView, Error> {
    let lang = snap.ctx.lang;
    let org = snap.org(r.org_id)?;
    let changes = match r.revises {
        Some(old) => {
            let old = snap.stat_return(old)?;
            changes_between(&old.figures, &r.figures, lang)
        }
        None => Vec::new(),
    };
    Ok(ReturnView {
        item: ReturnItem::of(r, &org),
        success_rate: Rate::of(&r.figures),
        cells: cells_of(&r.figures, lang),
        changes,
    })
}

fn may_view(snap: &Snap<'_>, unit: &OrgUnit) -> Verdict {
    decide_unit(&snap.ctx.actor, Action::ViewReturns, unit.id, unit.desk_id)
}

fn require(snap: &Snap<'_>) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, Action::ViewReturns) {
        Verdict::Allow => Ok(()),
        _ => Err(Error::of(Code::Forbidden)),
    }
}

fn open(snap: &mut Snap<'_>, id: ReturnId) -> Result<(StatReturn, OrgUnit), Error> {
    require(snap)?;
    let r = snap.stat_return(id)?;
    let unit = snap.org(r.org_id)?;
    match may_view(snap, &unit) {
        Verdict::Allow => Ok((r, unit)),
        Verdict::Deny => Err(Error::of(Code::Forbidden)),
        Verdict::Hide => Err(Error::not_found()),
    }
}

/// `GET /returns`: newest first, of the units in one's sight.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    require(snap)?;
    let q = call.query();
    let org = q.get::<OrgId>("org_id")?;
    let state = q.get::<ReturnState>("state")?;
    let page = q.page::<uuid::Uuid>()?;
    q.finish()?;
    let units: Vec<OrgUnit> = snap
        .orgs()?
        .into_iter()
        .filter(|u| org.is_none_or(|o| o == u.id))
        .filter(|u| may_view(snap, u) == Verdict::Allow)
        .collect();
    let ids: Vec<OrgId> = units.iter().map(|u| u.id).collect();
    let rows = snap.stat_returns(&ids, state, page.after.map(Id::new), page.fetch())?;
    let rows: Vec<ReturnItem> = rows
        .iter()
        .filter_map(|r| {
            let unit = units.iter().find(|u| u.id == r.org_id)?;
            Some(ReturnItem::of(r, unit))
        })
        .collect();
    page.cut(&call.env, rows, |r| r.id.uuid, |r| r)?.reply()
}

/// `GET /returns/{return_id}`.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (r, _) = open(snap, call.id("return_id")?)?;
    answer(snap, 200, &r)
}

/// An entry with its case, as far as the caller may know it.
#[derive(Debug, Serialize)]
struct EntryLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<Side>,
    #[serde(flatten)]
    entry: EntryView,
    /// Absent where the caller may not know the case: it counts all the same.
    case: Option<CaseItem>,
}

/// The lines of entries, and the cases whose names they show.
fn lines(
    snap: &mut Snap<'_>,
    entries: Vec<(Option<Side>, ReturnEntry)>,
) -> Result<(Vec<EntryLine>, Vec<CaseId>), Error> {
    let ids: Vec<CaseId> = entries.iter().map(|(_, e)| e.case_id).collect();
    let cases = snap.raw_cases(&ids)?;
    let scopes = snap.scopes_of(&cases)?;
    let known: Vec<(Case, CaseScope)> = cases.into_iter().zip(scopes).collect();
    let ctx = snap.ctx;
    let mut named = Vec::new();
    let lines = entries
        .into_iter()
        .map(|(change, e)| {
            let found = known
                .iter()
                .find(|(c, _)| c.id == e.case_id)
                .filter(|(_, s)| decide(&ctx.actor, Action::ViewCase, s) == Verdict::Allow);
            let case = found.map(|(case, scope)| {
                let sees = Sees::of(ctx, scope);
                if sees.full {
                    named.push(case.id);
                }
                CaseItem::of(case, sees, ctx.now, ctx.lang)
            });
            EntryLine {
                change,
                entry: EntryView::of(&e),
                case,
            }
        })
        .collect();
    named.sort_unstable();
    named.dedup();
    Ok((lines, named))
}

fn reply_of(page: &Page<EntryLine>, named: Vec<CaseId>) -> Result<Reply, Error> {
    Ok(with_reads(page.reply()?, named))
}

/// `GET /returns/{return_id}/cells/{code}/cases`: what a figure is made of.
pub fn cell(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let page = q.page::<uuid::Uuid>()?;
    q.finish()?;
    let (r, _) = open(snap, call.id("return_id")?)?;
    let cell = call
        .path_text("code")
        .and_then(Cell::parse)
        .ok_or_else(Error::not_found)?;
    let after = page.after.map(Id::new);
    let mut entries = snap.entries_of_cell(r.id, cell, after, page.fetch())?;
    let more = entries.len() > usize::try_from(page.limit).unwrap_or(usize::MAX);
    // The one more row only tells that there is more: nobody is shown it.
    let spare = if more { entries.pop() } else { None };
    let (mut shown, named) = lines(snap, entries.into_iter().map(|e| (None, e)).collect())?;
    shown.extend(spare.map(|e| EntryLine {
        change: None,
        entry: EntryView::of(&e),
        case: None,
    }));
    let out = page.cut(&call.env, shown, |l| l.entry.entry_id.uuid, |l| l)?;
    reply_of(&out, named)
}

/// `GET /returns/{return_id}/differences`: what a revision counts otherwise than the return before.
pub fn differences(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    let q = call.query();
    let page = q.page::<uuid::Uuid>()?;
    q.finish()?;
    let (r, _) = open(snap, call.id("return_id")?)?;
    let old = r.revises.ok_or_else(Error::not_found)?;
    let after = page.after.map(Id::new);
    let mut found = snap.differing(old, r.id, after, page.fetch())?;
    let more = found.len() > usize::try_from(page.limit).unwrap_or(usize::MAX);
    let spare = if more { found.pop() } else { None };
    let entries = found.into_iter().map(|(s, e)| (Some(s), e)).collect();
    let (mut shown, named) = lines(snap, entries)?;
    shown.extend(spare.map(|(side, e)| EntryLine {
        change: Some(side),
        entry: EntryView::of(&e),
        case: None,
    }));
    let out = page.cut(&call.env, shown, |l| l.entry.entry_id.uuid, |l| l)?;
    reply_of(&out, named)
}

/// Whether a return still says what its list says.
#[derive(Debug, Serialize)]
struct ProofView {
    ok: bool,
    /// Figures added up anew from the frozen list equal the frozen figures.
    figures_match: bool,
    /// The digest over figures and list is the one recorded.
    digest_match: bool,
    /// What is known to have counted at the return's instant is the frozen list.
    as_of_match: bool,
    entries: i64,
    digest: String,
}

/// `GET /returns/{return_id}/verification`: everything computed anew from the frozen list.
pub fn verification(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (r, unit) = open(snap, call.id("return_id")?)?;
    let items = snap.items_of(r.id)?;
    let figures = snap.figures_of(r.id)?;
    let anew = StatReturn {
        figures,
        ..r.clone()
    };
    let digest = digest_of(&anew, &items);
    let reach = Reach::of(unit.id, unit.kind);
    let known = snap.entries_as_of(&r, reach, r.as_of)?;
    let (figures_match, digest_match) = (anew.figures == r.figures, digest == r.digest);
    let as_of_match = items.iter().map(|(entry, _)| entry).eq(known.iter());
    Reply::json(
        200,
        &ProofView {
            ok: figures_match && digest_match && as_of_match,
            figures_match,
            digest_match,
            as_of_match,
            entries: i64::try_from(items.len()).unwrap_or(i64::MAX),
            digest,
        },
    )
}

/// A return as a table to be saved: sheet and the name of its file without the ending.
pub fn sheet(snap: &mut Snap<'_>, id: ReturnId) -> Result<(Sheet, String), Error> {
    let (r, _) = open(snap, id)?;
    let view = view_of(snap, &r)?;
    let lang = snap.ctx.lang;
    let (success, of) = r.figures.success_rate();
    let text = |zh: &str, en: &str| lang.pick(zh, en).to_owned();
    let state = if r.revision > 0 {
        let n = r.revision;
        match lang {
            Lang::Zh => format!("{}（第{n}次修订）", r.state.label(lang)),
            Lang::En => format!("{} (revision {n})", r.state.label(lang)),
        }
    } else {
        r.state.label(lang).to_owned()
    };
    let head = vec![
        (text("单位", "Unit"), view.item.org_name.clone()),
        (
            text("统计期", "Period"),
            format!("{} {} – {}", r.period.label(lang), r.from_on, r.to_on),
        ),
        (text("状态", "State"), state),
        (text("数据截至", "As known at"), r.as_of.local_text()),
        (
            text("调解成功率", "Success rate"),
            format!(
                "{} / {} = {}",
                success,
                of,
                view.success_rate.percent.as_deref().unwrap_or("–")
            ),
        ),
        (
            text("修订原因", "Reason"),
            r.reason.clone().unwrap_or_default(),
        ),
        (text("摘要 SHA-256", "SHA-256"), r.digest.clone()),
    ];
    let columns = vec![
        text("代码", "Code"),
        text("指标", "Item"),
        text("单位", "Unit"),
        text("数值", "Figure"),
    ];
    let rows = view
        .cells
        .into_iter()
        .map(|c| {
            let value = match c.unit {
                CellUnit::WanYuan => Value::Hundredths(wan_hundredths(c.value)),
                _ => Value::Whole(c.value),
            };
            vec![
                Value::Text(c.code),
                Value::Text(c.label),
                Value::Text(c.unit.label(lang).to_owned()),
                value,
            ]
        })
        .collect();
    let name = format!("{}-{}-{}", view.item.org_name, r.from_on, r.to_on);
    let sheet = Sheet {
        name: text("人民调解案件统计表", "Mediation return"),
        head,
        columns,
        rows,
        made_on: r.submitted_at.unwrap_or(r.created_at).local_date(),
    };
    Ok((sheet, name))
}
