//! Users: making, changing, disabling them, and their declared ties. Rights are `commands::grants`.

use serde::Serialize;

use super::require;
use crate::call::Call;
use crate::crypto::secret::{SecretText, invite_code, invite_hash};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::Patch;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::org::*;
use crate::domain::persons::{IdNumber, PersonName, Phone};
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::time::Instant;
use crate::domain::user_input::{Change, NewUser};
use crate::error::{Code, Error};
use crate::queries::users::{relative_view, user_tag, user_view};
use crate::reply::Reply;
use crate::store::tables::system::Invite;
use crate::store::tx::Tx;

/// How long an invite can be redeemed.
const INVITE_HOURS: i64 = 24;

/// An invite as it is told once.
#[derive(Debug, Serialize)]
struct InviteView<'a> {
    code: &'a str,
    expires_at: Instant,
}

/// A birth date must have been, and agree with the identity number.
fn check_birth(user: &User, id_no: Option<&IdNumber>, now: Instant) -> Result<(), Error> {
    match (user.birth_date, id_no) {
        (Some(birth), _) if birth > now.local_date() => {
            Err(Error::invalid("/birth_date", "in_future"))
        }
        (Some(birth), Some(id)) if birth != id.birth() => {
            Err(Error::invalid("/birth_date", "invalid"))
        }
        _ => Ok(()),
    }
}

/// Makes a user who has no password yet, and the code to set one with.
pub fn make_user(tx: &mut Tx<'_>, new: NewUser) -> Result<(User, SecretText), Error> {
    let now = tx.ctx.now;
    if tx.user_by_name(&new.username.0)?.is_some() {
        return Err(Error::with(Code::Duplicate, "username"));
    }
    let user = User {
        id: new.id.unwrap_or_else(|| tx.ctx.id()),
        username: new.username.0,
        name: new.name.into_string(),
        email: new.email.map(|e| e.reveal().to_owned()),
        phone: new.phone.map(Phone::into_secret),
        birth_date: new.birth_date.or(new.id_no.as_ref().map(IdNumber::birth)),
        address: new.address.map(|a| a.0),
        id_no: new.id_no.as_ref().map(|i| i.secret().clone()),
        locale: new.locale.0,
        state: UserState::Invited,
        password_phc: None,
        password_changed_at: None,
        epoch: 0,
        created_at: now,
        updated_at: now,
    };
    check_birth(&user, new.id_no.as_ref(), now)?;
    tx.insert(&user)?;
    let stream = format!("user/{}", user.id);
    let created = Event::UserCreated { user: user.id };
    tx.record(&stream, stream.clone(), vec![created])?;
    let code = invite(tx, &user, NoticeKind::AccountInvited)?;
    Ok((user, code))
}

/// Issues a single-use code; every earlier one is void.
fn invite(tx: &mut Tx<'_>, user: &User, kind: NoticeKind) -> Result<SecretText, Error> {
    let code = invite_code().map_err(Error::internal)?;
    let code_hash =
        invite_hash(code.expose()).ok_or_else(|| Error::internal("an invite without a hash"))?;
    tx.void_invites(user.id)?;
    let by = tx.ctx.actor.user_id;
    tx.insert(&Invite {
        id: tx.ctx.id(),
        user_id: user.id,
        code_hash,
        created_by: (!by.uuid.is_nil()).then_some(by),
        created_at: tx.ctx.now,
        expires_at: tx.ctx.now.plus_hours(INVITE_HOURS),
        used_at: None,
    })?;
    let stream = format!("user/{}", user.id);
    let event = Event::InviteIssued { user: user.id };
    tx.record(&stream, stream.clone(), vec![event])?;
    tx.enqueue(None, Recipient::User(user.id), &Notice::of(kind))?;
    Ok(code)
}

fn invited(tx: &mut Tx<'_>, status: u16, user: User, code: &SecretText) -> Result<Reply, Error> {
    let path = format!("/api/v1/users/{}", user.id);
    let view = user_view(tx, user)?;
    let tag = user_tag(&view)?;
    let invite = InviteView {
        code: code.expose(),
        expires_at: tx.ctx.now.plus_hours(INVITE_HOURS),
    };
    let body = serde_json::json!({"user": view, "invite": invite});
    let reply = Reply::json(status, &body)?
        .header("ETag", format!("\"{tag}\""))
        .header("Cache-Control", "no-store");
    Ok(if status == 201 {
        reply.header("Location", path)
    } else {
        reply
    })
}

/// `POST /users`. The code stands in this answer and nowhere else.
pub fn create(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageUsers)?;
    let new = call.read(NewUser::read)?;
    let (user, code) = make_user(tx, new)?;
    invited(tx, 201, user, &code)
}

/// A user about to be changed by an administrator who is somebody else.
fn other(tx: &mut Tx<'_>, call: &Call) -> Result<User, Error> {
    require(tx, Action::ManageUsers)?;
    call.read_nothing()?;
    let id: UserId = call.id("user_id")?;
    if id == tx.ctx.actor.user_id {
        return Err(Refusal::new(Reason::OwnAccount).into());
    }
    tx.lock_user(id)
}

/// A time of change later than the last one, so that no two states share an ETag.
fn touch(user: &mut User, now: Instant) {
    user.updated_at = now.max(Instant(user.updated_at.0.saturating_add(1)));
}

/// Stores a user whose logins must end at once.
fn shut_out(tx: &mut Tx<'_>, user: &mut User, reason: &str) -> Result<(), Error> {
    let mut events = vec![Event::UserStateChanged {
        user: user.id,
        state: user.state,
    }];
    for login in tx.end_logins(user.id, None, reason)? {
        events.push(Event::LoginRevoked {
            user: user.id,
            login,
            reason: reason.to_owned(),
        });
    }
    tx.void_invites(user.id)?;
    user.epoch = user.epoch.saturating_add(1);
    touch(user, tx.ctx.now);
    tx.update(user)?;
    let stream = format!("user/{}", user.id);
    tx.record(&stream, stream.clone(), events)
}

fn shown(tx: &mut Tx<'_>, user: User) -> Result<Reply, Error> {
    let view = user_view(tx, user)?;
    Ok(Reply::json(200, &view)?.tagged())
}

/// Disables a user, whoever asks.
pub fn disable_user(tx: &mut Tx<'_>, mut user: User) -> Result<User, Error> {
    if user.state == UserState::Disabled {
        return Err(Refusal::new(Reason::AlreadyDone).into());
    }
    user.state = UserState::Disabled;
    shut_out(tx, &mut user, "disabled")?;
    Ok(user)
}

/// `POST /users/{user_id}/disable`: bites within a second.
pub fn disable(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let user = other(tx, call)?;
    let user = disable_user(tx, user)?;
    shown(tx, user)
}

/// `POST /users/{user_id}/enable`: back to where the account stood; without a password it waits
/// for a reset.
pub fn enable(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let mut user = other(tx, call)?;
    if user.state != UserState::Disabled {
        return Err(Refusal::new(Reason::AlreadyDone).into());
    }
    user.state = match user.password_phc {
        Some(_) => UserState::Active,
        None => UserState::Invited,
    };
    touch(&mut user, tx.ctx.now);
    tx.update(&user)?;
    let stream = format!("user/{}", user.id);
    let event = Event::UserStateChanged {
        user: user.id,
        state: user.state,
    };
    tx.record(&stream, stream.clone(), vec![event])?;
    shown(tx, user)
}

/// Takes the password away and issues a code to set a new one.
pub fn reset_user(tx: &mut Tx<'_>, mut user: User) -> Result<(User, SecretText), Error> {
    if user.state == UserState::Disabled {
        return Err(Refusal::new(Reason::AccountDisabled).into());
    }
    user.state = UserState::Invited;
    user.password_phc = None;
    shut_out(tx, &mut user, "reset")?;
    let code = invite(tx, &user, NoticeKind::PasswordReset)?;
    Ok((user, code))
}

/// `POST /users/{user_id}/reset`. The code stands in this answer and nowhere else.
pub fn reset(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let user = other(tx, call)?;
    let (user, code) = reset_user(tx, user)?;
    invited(tx, 200, user, &code)
}

/// `PATCH /users/{user_id}`.
pub fn patch(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    require(tx, Action::ManageUsers)?;
    let id: UserId = call.id("user_id")?;
    let mut user = tx.lock_user(id)?;
    let seen = user_view(tx, user.clone())?;
    call.expect_tag(&user_tag(&seen)?)?;
    let change = call.read(Change::read)?;
    let id_no = match &change.id_no {
        Patch::Set(id_no) => Some(id_no.clone()),
        _ => None,
    };
    let fields = change.apply(&mut user);
    check_birth(&user, id_no.as_ref(), tx.ctx.now)?;
    if !fields.is_empty() {
        touch(&mut user, tx.ctx.now);
        tx.update(&user)?;
        let stream = format!("user/{id}");
        let event = Event::UserEdited { user: id, fields };
        tx.record(&stream, stream.clone(), vec![event])?;
    }
    shown(tx, user)
}

/// `POST /users/{user_id}/relatives`: by oneself or by who manages users.
pub fn declare_relative(tx: &mut Tx<'_>, call: &Call) -> Result<Reply, Error> {
    let id: UserId = call.id("user_id")?;
    if id != tx.ctx.actor.user_id {
        require(tx, Action::ManageUsers)?;
    }
    let user = tx.user(id)?;
    let now = tx.ctx.now;
    let fresh = tx.ctx.id();
    let relative = call.read(|o| {
        let given = o.opt::<RelativeId>("id");
        let kind = o.req::<RelativeKind>("kind");
        let name = o.req::<PersonName>("name");
        let id_no = o.opt::<IdNumber>("id_no");
        let phone = o.opt::<Phone>("phone");
        Some(Relative {
            id: given?.unwrap_or(fresh),
            user_id: user.id,
            kind: kind?,
            name: name?.into_string(),
            id_no: id_no?.map(IdNumber::into_secret),
            phone: phone?.map(Phone::into_secret),
            created_at: now,
        })
    })?;
    tx.insert(&relative)?;
    let stream = format!("user/{id}");
    let event = Event::RelativeDeclared { user: id };
    tx.record(&stream, format!("relative/{}", relative.id), vec![event])?;
    let path = format!("/api/v1/users/{id}/relatives");
    Ok(Reply::json(201, &relative_view(relative))?.header("Location", path))
}
