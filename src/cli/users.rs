//! `user`: accounts from the machine itself, and the first administrators.

use std::sync::Arc;

use clap::Subcommand;
use serde_json::Value;

use super::Outcome;
use crate::app;
use crate::commands::{grants, orgs, second_factor, users};
use crate::config::Config;
use crate::crypto::secret::SecretText;
use crate::ctx::{Ctx, Ids, SystemClock, SystemIds};
use crate::domain::codes::Lang;
use crate::domain::ids::OrgId;
use crate::domain::input::Scalar;
use crate::domain::org::{OrgUnit, Role, User};
use crate::domain::second_factor::IdentityProof;
use crate::domain::user_input::NewUser;
use crate::error::{Error, violation_text};
use crate::store::db::Db;
use crate::store::tx::{Snap, Tx};

/// What to do with an account. The facts are recorded like those of the API.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user and print the single-use code to set a password with.
    ///
    /// On an empty database this makes the first administrators: the county centre is made with
    /// them. Whoever manages users (sys_admin) and whoever gives rights (sec_admin) must be two
    /// persons.
    Add {
        /// 3–32 of a-z 0-9 . - _, a letter first.
        #[arg(long)]
        username: String,
        /// Display name.
        #[arg(long)]
        name: String,
        /// Role, e.g. sys_admin, sec_admin, desk_head, mediator.
        #[arg(long)]
        role: String,
        /// Unit by id or exact name; the county centre if left out.
        #[arg(long)]
        org: Option<String>,
        /// Where notices go.
        #[arg(long)]
        email: Option<String>,
    },
    /// Disable a user and end every login at once.
    Disable {
        #[arg(long)]
        username: String,
    },
    /// Take a lost second factor away, after the person proved in person who they are.
    ResetFactor {
        #[arg(long)]
        username: String,
        /// `id_card_in_person` or `known_in_person`.
        #[arg(long)]
        proof: String,
    },
    /// Take the password away and print a single-use code to set a new one.
    Reset {
        #[arg(long)]
        username: String,
    },
}

pub fn run(config: &Config, command: UserCommand) -> Outcome {
    let db = app::open_db(config).map_err(|e| e.to_string())?;
    db.migrate().map_err(|e| e.to_string())?;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let ctx = app::system_ctx(&SystemClock, &ids);
    println!("{}", carry_out(&db, &ctx, &config.county, &command)?);
    Ok(())
}

/// Carries a command out and says what to print.
pub fn carry_out(
    db: &Db,
    ctx: &Ctx,
    county: &str,
    command: &UserCommand,
) -> Result<String, String> {
    match command {
        UserCommand::Add {
            username,
            name,
            role,
            org,
            email,
        } => {
            let new = NewUser::plain(
                read("username", username)?,
                read("name", name)?,
                email.as_deref().map(|e| read("email", e)).transpose()?,
            );
            let role: Role = read("role", role)?;
            let work = |tx: &mut Tx<'_>| add(tx, county, &new, role, org.as_deref());
            let (user, unit, code) = db.write_now(ctx, work).map_err(line)?;
            let what = format!("{} ({role}, {})", user.username, unit.name);
            Ok(format!("user {what} added\n{}", told(&code)))
        }
        UserCommand::Disable { username } => {
            let work = |tx: &mut Tx<'_>| {
                let user = by_name(tx, username)?;
                users::disable_user(tx, user)
            };
            db.write_now(ctx, work).map_err(line)?;
            Ok(format!("user {username} disabled"))
        }
        UserCommand::ResetFactor { username, proof } => {
            let proof: IdentityProof = read("proof", proof)?;
            let work = |tx: &mut Tx<'_>| {
                let user = by_name(tx, username)?;
                second_factor::reset_factor(tx, user.id, proof)
            };
            db.write_now(ctx, work).map_err(line)?;
            Ok(format!("second factor of {username} reset"))
        }
        UserCommand::Reset { username } => {
            let work = |tx: &mut Tx<'_>| {
                let user = by_name(tx, username)?;
                users::reset_user(tx, user)
            };
            let (_, code) = db.write_now(ctx, work).map_err(line)?;
            Ok(format!("user {username} reset\n{}", told(&code)))
        }
    }
}

fn told(code: &SecretText) -> String {
    format!(
        "code {} (once, within 24 hours: POST /api/v1/auth/invites/redeem)",
        code.expose()
    )
}

fn read<T: Scalar>(what: &str, text: &str) -> Result<T, String> {
    T::read(&Value::String(text.to_owned()))
        .map_err(|code| format!("{what}: {}", violation_text(code, Lang::En)))
}

/// One line for an error of the commands.
fn line(e: Error) -> String {
    match e {
        Error::Problem(code, detail) => detail.map_or_else(
            || code.title(Lang::En).to_owned(),
            |d| format!("{}: {d}", code.title(Lang::En)),
        ),
        Error::Refused(list) => list
            .iter()
            .map(|r| r.reason.title(Lang::En))
            .collect::<Vec<_>>()
            .join("; "),
        Error::Invalid(list) => list
            .iter()
            .map(|v| format!("{} {}", v.pointer, violation_text(v.code, Lang::En)))
            .collect::<Vec<_>>()
            .join("; "),
        other => format!("{other:?}"),
    }
}

fn by_name(tx: &mut Tx<'_>, username: &str) -> Result<User, Error> {
    let user = tx.user_by_name(username)?.ok_or_else(Error::not_found)?;
    tx.lock_user(user.id)
}

fn add(
    tx: &mut Tx<'_>,
    county: &str,
    new: &NewUser,
    role: Role,
    org: Option<&str>,
) -> Result<(User, OrgUnit, SecretText), Error> {
    let unit = match unit(tx, org)? {
        Some(unit) => unit,
        None if tx.county()?.is_none() => {
            let name = org.unwrap_or(county).to_owned();
            orgs::make_org(tx, orgs::NewOrg::county(name))?
        }
        None => return Err(Error::invalid("/org", "unknown_reference")),
    };
    let (user, code) = users::make_user(tx, new.clone())?;
    grants::give(tx, &user, role, &unit, None)?;
    Ok((user, unit, code))
}

/// The unit named, or the county centre.
fn unit(snap: &mut Snap<'_>, named: Option<&str>) -> Result<Option<OrgUnit>, Error> {
    let Some(text) = named else {
        return snap.county();
    };
    let id = OrgId::parse(text);
    let found = snap
        .orgs()?
        .into_iter()
        .find(|o| Some(o.id) == id || o.name == text);
    Ok(found)
}
