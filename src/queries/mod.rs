//! Views and lists: read models within the caller's sight.

pub mod actions;
pub mod agreements;
pub mod audit;
pub mod cases;
pub mod clocks;
pub mod closed_loop;
pub mod codes;
pub mod confirmations;
pub mod county;
pub mod course;
pub mod crisis;
pub mod dashboard;
pub mod dossier;
pub mod due;
pub mod follow_ups;
pub mod in_sight;
pub mod intake;
pub mod mediators;
pub mod movement;
pub mod notes;
pub mod notifications;
pub mod orgs;
pub mod party_checks;
pub mod people;
pub mod records;
pub mod returns;
pub mod second_factor;
pub mod sessions;
pub mod sheets;
pub mod signals;
pub mod tasks;
pub mod users;
pub mod views;

use crate::domain::policy::{Action, Verdict, decide_general};
use crate::error::{Code, Error};
use crate::store::tx::Snap;

/// Refuses, with 403, who has no role for something that concerns no single case.
pub fn require(snap: &Snap<'_>, action: Action) -> Result<(), Error> {
    match decide_general(&snap.ctx.actor, action) {
        Verdict::Allow => Ok(()),
        Verdict::Deny | Verdict::Hide => Err(Error::of(Code::Forbidden)),
    }
}
