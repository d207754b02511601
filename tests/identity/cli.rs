//! The `user` command on an empty database.

use std::sync::Arc;

use jieyou::app::system_ctx;
use jieyou::cli::users::{UserCommand, carry_out};
use jieyou::ctx::{Clock, Ctx, Ids, SystemClock, SystemIds};
use jieyou::domain::org::{OrgKind, UserState};
use jieyou::store::db::Db;

use super::second_factor::enrol;
use super::{device, events, sign_in};
use crate::support::TestApp;
use crate::support::db::options;
use jieyou::cli::demo::county;

struct Empty {
    db: Db,
    ctx: Ctx,
    _dir: tempfile::TempDir,
}

impl Empty {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("empty.db").display());
        let db = Db::open(&options(&url)).unwrap();
        db.migrate().unwrap();
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let clock: &dyn Clock = &SystemClock;
        Self {
            ctx: system_ctx(clock, &ids),
            db,
            _dir: dir,
        }
    }

    fn run(&self, command: &UserCommand) -> Result<String, String> {
        carry_out(&self.db, &self.ctx, "云岭县", command)
    }

    fn add(&self, username: &str, role: &str, org: Option<&str>) -> Result<String, String> {
        self.run(&UserCommand::Add {
            username: username.to_owned(),
            name: "管理员".to_owned(),
            role: role.to_owned(),
            org: org.map(str::to_owned),
            email: None,
        })
    }
}

#[test]
fn the_first_administrators_come_from_the_command_line() {
    let empty = Empty::new();
    let out = empty.add("root.sys", "sys_admin", None).unwrap();
    assert!(out.contains("root.sys (sys_admin, 云岭县)"), "{out}");
    let code = out
        .split_whitespace()
        .find(|w| w.len() == 34 && w.contains('-'));
    assert!(code.is_some(), "{out}");
    empty.add("root.sec", "sec_admin", None).unwrap();
    let (units, user, events) = empty
        .db
        .read_now(&empty.ctx, |snap| {
            let user = snap.user_by_name("root.sys")?.unwrap();
            let stream = format!("user/{}", user.id);
            Ok((snap.orgs()?, user, snap.stream_events(&stream, 0, 9)?))
        })
        .unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(
        (units[0].kind, units[0].name.as_str()),
        (OrgKind::CountyCentre, "云岭县")
    );
    assert_eq!((user.state, user.password_phc), (UserState::Invited, None));
    let facts: Vec<&str> = events.iter().map(|e| e.row.action.as_str()).collect();
    assert_eq!(facts, ["user_created", "invite_issued", "role_granted"]);
    assert!(events.iter().all(|e| e.row.actor == "system"));
}

#[test]
fn the_rules_hold_on_the_command_line_as_well() {
    let empty = Empty::new();
    empty.add("root.sys", "sys_admin", None).unwrap();
    for (username, role, org, why) in [
        ("root.sys", "sec_admin", None, "Exists already"),
        ("Root", "sec_admin", None, "username:"),
        ("neu", "king", None, "role:"),
        ("neu", "mediator", Some("梦溪乡"), "Refers to nothing"),
        ("neu", "desk_head", None, "cannot be held at such a unit"),
    ] {
        let line = empty.add(username, role, org).unwrap_err();
        assert!(line.contains(why), "{line}");
    }
    // what failed left nothing behind
    let made = empty
        .db
        .read_now(&empty.ctx, |s| s.user_by_name("neu"))
        .unwrap();
    assert!(made.is_none());
}

#[test]
fn accounts_are_disabled_and_reset_from_the_machine() {
    let empty = Empty::new();
    let first = empty.add("root.sys", "sys_admin", None).unwrap();
    let username = "root.sys".to_owned();
    let reset = empty
        .run(&UserCommand::Reset {
            username: username.clone(),
        })
        .unwrap();
    assert_ne!(first.lines().last(), reset.lines().last());
    let disable = UserCommand::Disable { username };
    assert_eq!(empty.run(&disable).unwrap(), "user root.sys disabled");
    assert!(empty.run(&disable).unwrap_err().contains("Already done"));
    let nobody = UserCommand::Reset {
        username: "nobody".to_owned(),
    };
    assert!(empty.run(&nobody).is_err());
}

/// A lost second factor is taken away on the machine: recorded, every login ended, once.
#[test]
fn a_second_factor_is_reset_from_the_machine() {
    let app = TestApp::new();
    let mine = sign_in(&app, "chenyuee", &device());
    enrol(&app, &mine);
    let ctx = system_ctx(&*app.clock, &app.state.ids);
    let run = |username: &str, proof: &str| {
        let command = UserCommand::ResetFactor {
            username: username.to_owned(),
            proof: proof.to_owned(),
        };
        carry_out(&app.state.db, &ctx, "云岭县", &command)
    };
    assert!(run("chenyuee", "by_phone").unwrap_err().contains("proof:"));
    assert!(run("nobody", "id_card_in_person").is_err());
    assert_eq!(
        mine.get(&app, "/auth/me").status,
        200,
        "nothing happened yet"
    );
    let said = run("chenyuee", "id_card_in_person").unwrap();
    assert_eq!(said, "second factor of chenyuee reset");
    app.state.actors.invalidate_all();
    assert_eq!(mine.get(&app, "/auth/me").status, 401);
    let stream = format!("user/{}", county::user("chenyuee"));
    let seen = events(&app, &stream, 20);
    let reset = seen.iter().find(|e| e.2.code() == "second_factor_reset");
    assert!(reset.is_some_and(|e| e.0 == "system"), "{seen:?}");
    // The password alone opens the account again, and there is no factor left to reset.
    sign_in(&app, "chenyuee", &device());
    assert!(run("chenyuee", "id_card_in_person").is_err());
}
