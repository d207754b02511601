//! Users as the administrators and they themselves see them. Contact data is masked everywhere.

use serde::Serialize;
use serde_json::json;

use crate::call::Call;
use crate::domain::codes::Code as _;
use crate::domain::ids::*;
use crate::domain::input::Line;
use crate::domain::org::*;
use crate::domain::persons::{mask_address, mask_id, mask_phone};
use crate::domain::policy::{Action, Verdict, decide_general};
use crate::domain::secret::Secret;
use crate::domain::time::{Instant, LocalDate};
use crate::error::{Code, Error};
use crate::reply::{Reply, tag_of};
use crate::store::staff::UserFilter;
use crate::store::tx::Snap;

/// A user with the grants in force.
#[derive(Debug, Serialize)]
pub struct UserView {
    id: UserId,
    username: String,
    name: String,
    email: Option<String>,
    phone_masked: Option<String>,
    id_no_masked: Option<String>,
    address_masked: Option<String>,
    birth_date: Option<LocalDate>,
    locale: String,
    state: UserState,
    password_changed_at: Option<Instant>,
    grants: Vec<GrantView>,
    created_at: Instant,
    updated_at: Instant,
}

/// A user in a list.
#[derive(Debug, Serialize)]
struct UserItem {
    id: UserId,
    username: String,
    name: String,
    state: UserState,
    grants: Vec<GrantView>,
}

/// A role held at a unit.
#[derive(Debug, Serialize)]
pub struct GrantView {
    id: GrantId,
    role: Role,
    org_id: OrgId,
    org_name: String,
    granted_by: Option<UserId>,
    granted_at: Instant,
    revoked_at: Option<Instant>,
}

/// A declared tie.
#[derive(Debug, Serialize)]
pub struct RelativeView {
    id: RelativeId,
    kind: RelativeKind,
    name: String,
    id_no_masked: Option<String>,
    phone_masked: Option<String>,
    created_at: Instant,
}

/// A login as its owner sees it.
#[derive(Debug, Serialize)]
struct LoginView {
    login_id: LoginId,
    device_id: String,
    device_name: Option<String>,
    mobile: bool,
    created_at: Instant,
    last_seen_at: Instant,
    expires_at: Instant,
    /// The one this call came by.
    current: bool,
}

fn masked(secret: Option<&Secret>, mask: impl Fn(&str) -> String) -> Option<String> {
    secret.map(|s| mask(s.reveal()))
}

/// A grant with the name of its unit.
pub fn grant_view(grant: Grant, orgs: &[OrgUnit]) -> GrantView {
    let org = orgs.iter().find(|o| o.id == grant.org_id);
    GrantView {
        id: grant.id,
        role: grant.role,
        org_id: grant.org_id,
        org_name: org.map(|o| o.name.clone()).unwrap_or_default(),
        granted_by: grant.granted_by,
        granted_at: grant.granted_at,
        revoked_at: grant.revoked_at,
    }
}

/// A user as shown, the same for everybody who may see it.
pub fn user_view(snap: &mut Snap<'_>, user: User) -> Result<UserView, Error> {
    let orgs = snap.orgs()?;
    let grants = snap.grants_in_force(&[user.id])?;
    Ok(UserView {
        id: user.id,
        username: user.username,
        name: user.name,
        email: user.email,
        phone_masked: masked(user.phone.as_ref(), mask_phone),
        id_no_masked: masked(user.id_no.as_ref(), mask_id),
        address_masked: masked(user.address.as_ref(), mask_address),
        birth_date: user.birth_date,
        locale: user.locale,
        state: user.state,
        password_changed_at: user.password_changed_at,
        grants: grants.into_iter().map(|g| grant_view(g, &orgs)).collect(),
        created_at: user.created_at,
        updated_at: user.updated_at,
    })
}

/// The ETag of a user.
pub fn user_tag(view: &UserView) -> Result<String, Error> {
    Ok(tag_of(
        &serde_json::to_string(view).map_err(Error::internal)?,
    ))
}

/// A tie as shown.
pub fn relative_view(relative: Relative) -> RelativeView {
    RelativeView {
        id: relative.id,
        kind: relative.kind,
        name: relative.name,
        id_no_masked: masked(relative.id_no.as_ref(), mask_id),
        phone_masked: masked(relative.phone.as_ref(), mask_phone),
        created_at: relative.created_at,
    }
}

/// Whoever manages users or their grants may look at users.
fn may_look(snap: &Snap<'_>) -> Result<(), Error> {
    let may = |a| decide_general(&snap.ctx.actor, a) == Verdict::Allow;
    if may(Action::ManageUsers) || may(Action::ManageGrants) {
        Ok(())
    } else {
        Err(Error::of(Code::Forbidden))
    }
}

/// `GET /users`.
pub fn list(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    may_look(snap)?;
    let query = call.query();
    let filter = UserFilter {
        state: query.get("state")?,
        role: query.get("role")?,
        org_id: query.get("org_id")?,
        text: query.get::<Line<40>>("q")?.map(|q| q.0),
    };
    let page = query.page::<String>()?;
    query.finish()?;
    let users = snap.users_page(&filter, page.after.as_deref(), page.fetch())?;
    let orgs = snap.orgs()?;
    let ids: Vec<UserId> = users.iter().map(|u| u.id).collect();
    let mut grants = snap.grants_in_force(&ids)?;
    let view = |user: User| {
        let (own, rest) = grants.drain(..).partition(|g| g.user_id == user.id);
        grants = rest;
        let own: Vec<Grant> = own;
        UserItem {
            id: user.id,
            username: user.username,
            name: user.name,
            state: user.state,
            grants: own.into_iter().map(|g| grant_view(g, &orgs)).collect(),
        }
    };
    page.cut(&call.env, users, |u| u.username.clone(), view)?
        .reply()
}

/// `GET /users/{user_id}`: for the administrators and for oneself. It shows a date of birth, so
/// reading another's is recorded; the list shows no more than names and roles.
pub fn get(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let id: UserId = call.id("user_id")?;
    let own = id == snap.ctx.actor.user_id;
    if !own {
        may_look(snap)?;
    }
    let user = snap.user(id)?;
    let view = user_view(snap, user)?;
    let reply = Reply::json(200, &view)?.tagged();
    Ok(if own { reply } else { reply.reads("user", id) })
}

/// `GET /users/{user_id}/grants`: those revoked included.
pub fn grants(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let id: UserId = call.id("user_id")?;
    if id != snap.ctx.actor.user_id {
        may_look(snap)?;
    }
    let user = snap.user(id)?;
    let orgs = snap.orgs()?;
    let grants = snap.grants(user.id)?;
    let data: Vec<GrantView> = grants.into_iter().map(|g| grant_view(g, &orgs)).collect();
    Reply::json(200, &json!({"data": data}))
}

/// `GET /users/{user_id}/relatives`: they name third persons, so reading another's is recorded.
pub fn relatives(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let id: UserId = call.id("user_id")?;
    let own = id == snap.ctx.actor.user_id;
    if !own {
        super::require(snap, Action::ManageUsers)?;
    }
    let user = snap.user(id)?;
    let ties = snap.relatives(user.id)?;
    let data: Vec<RelativeView> = ties.into_iter().map(relative_view).collect();
    let reply = Reply::json(200, &json!({"data": data}))?;
    Ok(if own { reply } else { reply.reads("user", id) })
}

/// `GET /auth/me`: who the caller is and what he may do.
pub fn me(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let actor = &snap.ctx.actor;
    let (id, login) = (actor.user_id, actor.login_id);
    let rights: Vec<&str> = Action::ALL
        .iter()
        .filter(|a| decide_general(actor, **a) == Verdict::Allow)
        .map(|a| a.code())
        .collect();
    let user = snap.user(id)?;
    let view = user_view(snap, user)?;
    let body =
        json!({"user": view, "login_id": login, "rights": rights, "county": call.env.county});
    Reply::json(200, &body)
}

/// `GET /auth/sessions`: the caller's logins that have not ended.
pub fn my_logins(snap: &mut Snap<'_>, call: &Call) -> Result<Reply, Error> {
    call.query().finish()?;
    let (id, current) = (snap.ctx.actor.user_id, snap.ctx.actor.login_id);
    let data: Vec<LoginView> = snap
        .live_logins(id)?
        .into_iter()
        .map(|l| LoginView {
            login_id: l.id,
            device_id: l.device_id,
            device_name: l.device_name,
            mobile: l.mobile,
            created_at: l.created_at,
            last_seen_at: l.last_seen_at,
            expires_at: l.expires_at,
            current: Some(l.id) == current,
        })
        .collect();
    Reply::json(200, &json!({"data": data}))
}
