//! Lists over things of many cases: what is shown is of cases in sight alone, and a page that shows
//! names is recorded as a read of each case it names.

use std::collections::BTreeSet;

use super::views::Sees;
use crate::domain::case::Case;
use crate::domain::ids::CaseId;
use crate::domain::policy::{Action, CaseScope, Sight, Verdict, decide, sight};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// A row of a list, its case, and how the caller stands to the case.
#[derive(Clone, Debug)]
pub struct Seen<T> {
    pub row: T,
    pub case: Case,
    pub scope: CaseScope,
    pub sees: Sees,
}

/// Rows fetched until `wanted` of them are of cases in sight: the statements narrow to the
/// caller's units, what else hides a case (a recusal) the policy says of each.
pub fn in_sight<T, P>(
    snap: &mut Snap<'_>,
    mut after: Option<P>,
    wanted: i64,
    position: impl Fn(&T) -> P,
    fetch: impl Fn(&mut Snap<'_>, &Sight, Option<&P>) -> Result<Vec<(T, Case)>, Error>,
) -> Result<Vec<Seen<T>>, Error> {
    let sight = sight(&snap.ctx.actor);
    let enough = usize::try_from(wanted).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    loop {
        let rows = fetch(snap, &sight, after.as_ref())?;
        let last = rows.len() < enough;
        after = rows.last().map(|(row, _)| position(row));
        let (rows, cases): (Vec<T>, Vec<Case>) = rows.into_iter().unzip();
        let scopes = snap.scopes_of(&cases)?;
        for ((row, case), scope) in rows.into_iter().zip(cases).zip(scopes) {
            if decide(&snap.ctx.actor, Action::ViewCase, &scope) == Verdict::Allow {
                let sees = Sees::of(snap.ctx, &scope);
                out.push(Seen {
                    row,
                    case,
                    scope,
                    sees,
                });
            }
        }
        if last || out.len() >= enough {
            out.truncate(enough);
            return Ok(out);
        }
    }
}

/// The cases whose names the first `limit` rows show in full.
pub fn named<T>(rows: &[Seen<T>], limit: i64) -> BTreeSet<CaseId> {
    let shown = usize::try_from(limit).unwrap_or(0);
    let full = rows.iter().take(shown).filter(|s| s.sees.full);
    full.map(|s| s.case.id).collect()
}

/// A title shown in full may hold names: such an answer is a read of personal data.
pub fn with_reads(reply: Reply, named: impl IntoIterator<Item = CaseId>) -> Reply {
    named.into_iter().fold(reply, |r, id| r.reads("case", id))
}
