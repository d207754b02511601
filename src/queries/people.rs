//! Reading parties and participants.

use serde::Serialize;

use super::views::Sees;
use super::views::participant::ParticipantView;
use super::views::party::{PartyView, SideView};
use crate::call::Call;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::PartyId;
use crate::domain::policy::{Action, CaseScope};
use crate::domain::rules::people::{consent_complete, stop_demanded};
use crate::error::Error;
use crate::reply::Reply;
use crate::store::tx::Snap;

/// Everybody on one page, however many they are: a roster is signed and called over as a whole.
#[derive(Debug, Serialize)]
struct Roster {
    data: Vec<PartyView>,
    sides: Vec<SideView>,
    /// Principal parties who have not consented (G-01).
    consent_missing: Vec<PartyId>,
    /// Principal parties who refused or demanded an end (G-02).
    stop_demanded: Vec<PartyId>,
}

/// `GET /cases/{case_id}/parties`.
pub fn parties(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let sees = Sees::of(snap.ctx, &scope);
    let today = snap.ctx.now.local_date();
    let id = case.id;
    let mut file = CaseFile::new(case);
    file.parties = snap.parties(id)?;
    let roster = Roster {
        data: file
            .parties
            .iter()
            .map(|p| PartyView::of(p, sees, today))
            .collect(),
        sides: SideView::all(&file),
        consent_missing: consent_complete(&file),
        stop_demanded: stop_demanded(&file),
    };
    Ok(Reply::json(200, &roster)?.case(id).reads("case", id))
}

/// The participants of a case as the caller sees them.
pub fn participant_views(
    snap: &mut Snap<'_>,
    case: &Case,
    scope: &CaseScope,
) -> Result<Vec<ParticipantView>, Error> {
    let sees = Sees::of(snap.ctx, scope);
    let mut file = CaseFile::new(case.clone());
    file.parties = snap.parties(case.id)?;
    file.participants = snap.participants(case.id)?;
    Ok(ParticipantView::all(&file, sees))
}

/// `GET /cases/{case_id}/participants`.
pub fn participants(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (case, scope) = snap.case_for(Action::ViewCase, call.id("case_id")?)?;
    let data = participant_views(snap, &case, &scope)?;
    Ok(Reply::json(200, &serde_json::json!({ "data": data }))?
        .case(case.id)
        .reads("case", case.id))
}
