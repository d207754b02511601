//! Raising a crisis: anybody who sees the case may, and need not be right (section 6.4, G-29).

use super::crisis_kit::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::crisis::*;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::ids::*;
use crate::domain::input::{Obj, SecretText};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// What somebody saw or heard.
#[derive(Clone, Debug)]
pub struct RaiseCrisis {
    pub id: Option<CrisisId>,
    pub tier: Tier,
    pub signs: Vec<Sign>,
    pub party: Option<PartyId>,
    /// Now, when absent.
    pub found_at: Option<Instant>,
    pub note: Option<Secret>,
}

impl RaiseCrisis {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let tier = o.req("tier");
        let signs = o.list("signs", Sign::ALL.len());
        let party = o.opt("party_id");
        let found_at = o.opt("found_at");
        let note = o.opt::<SecretText<4000>>("note");
        Some(Self {
            id: id?,
            tier: tier?,
            signs: signs?,
            party: party?,
            found_at: found_at?,
            note: note?.map(|t| t.0),
        })
    }

    /// The tier said, raised to what the signs ask for.
    pub fn tier(&self) -> Tier {
        tier_with(self.tier, &self.signs)
    }
}

/// Raises a crisis, or says again that there is one: of the one that is open the tier may rise by
/// this and never falls. `open`: the crisis of the case that is not closed.
pub fn raise(
    file: &CaseFile,
    open: Option<&CrisisFile>,
    input: RaiseCrisis,
    facts: &CrisisFacts<'_>,
    who: Actor,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let at = input.found_at.unwrap_or(now);
    let mut g = Guards::new();
    g.forbid((at > now).then_some("found_at"), Reason::InFuture);
    let stranger = input.party.filter(|p| file.party(*p).is_none());
    g.forbid(stranger, Reason::UnknownReference);
    g.done()?;

    let tier = input.tier();
    let mut w = match open {
        Some(known) => Work::on(file, known, facts, who, ids, now),
        None => {
            let id = input.id.unwrap_or_else(|| ids.id());
            Work::begin(file, id, facts, who, ids, at, now)
        }
    };
    let rises = open.is_none() || tier > w.crisis.tier;
    let new: Vec<Sign> = input
        .signs
        .iter()
        .copied()
        .filter(|s| !w.crisis.signs.contains(s))
        .collect();
    w.crisis.signs.extend(new);
    w.crisis.party_id = w.crisis.party_id.or(input.party);
    if rises {
        // What was found anew is looked at anew.
        w.crisis.state = CrisisState::Raised;
        w.crisis.tier = tier;
    }
    let kind = if open.is_none() {
        EntryKind::Raised
    } else {
        EntryKind::RaisedAgain
    };
    w.entry(kind, at, input.note);
    if rises {
        w.rise(tier, at)?;
    }
    w.tell_handlers();
    Ok(w.finish())
}
