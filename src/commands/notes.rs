//! Writing notes. The text goes into the one column for it and nowhere else (G-17).

use super::{answer_child, open_append, who};
use crate::call::Call;
use crate::domain::decision::{Decision, Entity, Put};
use crate::domain::policy::Action;
use crate::domain::rules::notes::*;
use crate::error::Error;
use crate::queries::sessions::session_of;
use crate::queries::views::note::NoteHead;
use crate::reply::Reply;
use crate::store::tx::Tx;

fn answer(tx: &mut Tx<'_>, d: Decision) -> Result<Reply, Error> {
    let head = d.puts.iter().find_map(|put| match put {
        Put::Insert(Entity::Note(n)) => Some(NoteHead::of(n)),
        _ => None,
    });
    let case = tx.carry_out(d)?;
    let head = head.ok_or_else(|| Error::internal("no note was written"))?;
    answer_child(&case, 201, &head)
}

/// `POST /cases/{case_id}/sessions/{session_id}/caucus-notes`
pub fn write_caucus(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(CaucusNote::read)?;
    let file = open_append(tx, call, Action::WriteCaucus, None)?;
    let session = session_of(&file, call)?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = write_caucus_note(&file, session, input, &who, &mut ids, now)?;
    answer(tx, d)
}

/// `POST /cases/{case_id}/notes`
pub fn write(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let input = call.read(TeamNote::read)?;
    let file = open_append(tx, call, Action::WriteNote, None)?;
    let (who, now, mut ids) = (who(tx), tx.ctx.now, tx.ctx);
    let d = write_note(&file, input, &who, &mut ids, now)?;
    answer(tx, d)
}
