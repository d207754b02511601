//! Rights: who may hold which role where. The security administrator's, and nobody's own.

use super::orgs::referred;
use super::require;
use crate::call::Call;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::org::*;
use crate::domain::policy::Action;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::staffing::{may_hold_together, role_fits};
use crate::error::{Code, Error};
use crate::queries::users::grant_view;
use crate::reply::Reply;
use crate::store::tx::Tx;

/// Gives a user a role at a unit, whoever asks. The user's row must be held: separation of duties
/// looks at all of his grants.
pub fn give(
    tx: &mut Tx<'_>,
    user: &User,
    role: Role,
    org: &OrgUnit,
    id: Option<GrantId>,
) -> Result<Grant, Error> {
    let held = tx.grants_in_force(&[user.id])?;
    let mut guards = Guards::new();
    guards.require(user.state != UserState::Disabled, Reason::AccountDisabled);
    guards.require(role_fits(role, org.kind) && org.active, Reason::RoleUnfit);
    let clashing = held.iter().filter(|g| !may_hold_together(g.role, role));
    guards.forbid(clashing.map(|g| g.role), Reason::RoleClash);
    guards.done()?;
    if held.iter().any(|g| g.role == role && g.org_id == org.id) {
        return Err(Error::of(Code::Duplicate));
    }
    let by = tx.ctx.actor.user_id;
    let grant = Grant {
        id: id.unwrap_or_else(|| tx.ctx.id()),
        user_id: user.id,
        role,
        org_id: org.id,
        granted_by: (!by.uuid.is_nil()).then_some(by),
        granted_at: tx.ctx.now,
        revoked_at: None,
    };
    tx.insert(&grant)?;
    let event = Event::RoleGranted {
        user: user.id,
        role,
        org: org.id,
    };
    let object = format!("grant/{}", grant.id);
    tx.record(&format!("user/{}", user.id), object, vec![event])?;
    Ok(grant)
}

/// `POST /users/{user_id}/grants`.
pub fn grant(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageGrants)?;
    let user_id: UserId = call.id("user_id")?;
    let (id, role, org_id) = call.read(|o| {
        let id = o.opt::<GrantId>("id");
        let role = o.req::<Role>("role");
        let org = o.req::<OrgId>("org_id");
        Some((id?, role?, org?))
    })?;
    if user_id == tx.ctx.actor.user_id {
        return Err(Refusal::new(Reason::OwnAccount).into());
    }
    let user = tx.lock_user(user_id)?;
    let org = referred(tx.org(org_id), "/org_id")?;
    let grant = give(tx, &user, role, &org, id)?;
    let path = format!("/api/v1/users/{user_id}/grants");
    Ok(Reply::json(201, &grant_view(grant, &[org]))?.header("Location", path))
}

/// `DELETE /users/{user_id}/grants/{grant_id}`: bites within a second.
pub fn revoke(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageGrants)?;
    let user = tx.lock_user(call.id("user_id")?)?;
    let mut grant = tx.grant_of(user.id, call.id("grant_id")?)?;
    if grant.revoked_at.is_some() {
        return Err(Error::not_found());
    }
    grant.revoked_at = Some(tx.ctx.now);
    tx.update(&grant)?;
    let event = Event::RoleRevoked {
        user: user.id,
        role: grant.role,
        org: grant.org_id,
    };
    let object = format!("grant/{}", grant.id);
    tx.record(&format!("user/{}", user.id), object, vec![event])?;
    Ok(Reply::empty(204))
}
