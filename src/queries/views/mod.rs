//! What a caller sees of each thing. A view is built with the caller's [`Sees`], so masking is
//! decided in one place for single objects and lists alike.

pub mod agreement;
pub mod case;
pub mod county;
pub mod crisis;
pub mod mediators;
pub mod movement;
pub mod note;
pub mod participant;
pub mod party;
pub mod record;
pub mod returns;
pub mod session;
pub mod task;

use crate::ctx::Ctx;
use crate::domain::ids::UserId;
use crate::domain::policy::{Action, CaseScope, Verdict, decide};

/// How much of one case a caller sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sees {
    /// Names unmasked, narrative shown.
    pub full: bool,
    /// On the mediating team: hidden contacts are known to it.
    pub team: bool,
    /// That there is psychological support, whom to ask and how to stay safe.
    pub support: bool,
    /// The crisis itself, and what belongs to it.
    pub crisis: bool,
    pub me: UserId,
}

impl Sees {
    /// What the caller of `ctx` sees of a case with this scope.
    pub fn of(ctx: &Ctx, scope: &CaseScope) -> Self {
        let may = |action| decide(&ctx.actor, action, scope) == Verdict::Allow;
        Self {
            full: may(Action::ViewFull),
            team: scope.team.iter().any(|(u, _)| *u == ctx.actor.user_id),
            support: may(Action::ViewSupport),
            crisis: may(Action::ViewCrisis),
            me: ctx.actor.user_id,
        }
    }
}
