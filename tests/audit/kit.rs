//! A small town with a ledger, and hands in its database.

use std::sync::Arc;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use jieyou::app;
use jieyou::cli::demo::county;
use jieyou::crypto::ledger::key::VerifyingKey;
use jieyou::ctx::{Ctx, Ids};
use jieyou::domain::facts::Event;
use jieyou::domain::ids::CaseId;
use jieyou::domain::notice::NoticeKind;
use jieyou::queries::audit::verify_ledger;
use jieyou::store::conn::{self, AnyConn, DbUrl, Use};
use jieyou::worker::checkpoints::{Failure, Round, Signer};
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::db::on_postgres;

/// The audit tables that nothing but their owner can change.
pub const GUARDED: [&str; 5] = [
    "audit_events",
    "audit_leaves",
    "audit_nodes",
    "audit_checkpoints",
    "audit_rotations",
];

/// Everything of the ledger that the owner can write to.
pub const TABLES: [&str; 7] = [
    "audit_events",
    "audit_heads",
    "audit_leaves",
    "audit_nodes",
    "audit_checkpoints",
    "audit_rotations",
    "audit_pending",
];

/// An event as it lies in the database.
#[derive(Clone, Debug, QueryableByName)]
pub struct Row {
    #[diesel(sql_type = Text)]
    pub stream: String,
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    #[diesel(sql_type = Text)]
    pub actor: String,
    #[diesel(sql_type = Text)]
    pub action: String,
    #[diesel(sql_type = Text)]
    pub header: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub payload: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    pub salt: Option<String>,
    #[diesel(sql_type = Text)]
    pub hash: String,
}

impl Row {
    /// A member of the canonical header.
    pub fn header(&self, member: &str) -> Value {
        serde_json::from_str::<Value>(&self.header).unwrap()[member].clone()
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

/// A connection of the table owner, past the service.
pub struct Owner(AnyConn);

impl Owner {
    pub fn of(app: &TestApp) -> Self {
        let url = DbUrl::parse(&app.config.database_url).unwrap();
        Self(conn::open(&url, Use::Write).unwrap())
    }

    /// Runs statements; panics where one fails.
    #[track_caller]
    pub fn run(&mut self, sql: &str) {
        if let Err(e) = self.0.batch_execute(sql) {
            panic!("{e}: {sql}");
        }
    }

    /// Runs one statement that may fail.
    pub fn attempt(&mut self, sql: &str) -> Result<(), String> {
        self.0.batch_execute(sql).map_err(|e| e.to_string())
    }

    pub fn number(&mut self, sql: &str) -> i64 {
        diesel::sql_query(sql)
            .get_result::<Number>(&mut self.0)
            .unwrap()
            .n
    }

    /// All events, by stream and number.
    pub fn events(&mut self) -> Vec<Row> {
        diesel::sql_query(
            "SELECT stream, seq, actor, action, header, payload, salt, hash \
             FROM audit_events ORDER BY stream, seq",
        )
        .load(&mut self.0)
        .unwrap()
    }

    /// Removes what keeps the audit tables append-only: what only their owner can do.
    pub fn drop_guards(&mut self) {
        for table in GUARDED {
            if on_postgres() {
                self.run(&format!(
                    "DROP TRIGGER {table}_append_only ON {table}; DROP TRIGGER {table}_no_truncate ON {table}"
                ));
            } else {
                self.run(&format!(
                    "DROP TRIGGER {table}_no_update; DROP TRIGGER {table}_no_delete"
                ));
            }
        }
    }

    /// Makes every insertion into a table fail.
    pub fn break_inserts(&mut self, table: &str) {
        if on_postgres() {
            self.run(&format!(
                "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no room for evidence'; END $$; \
                 CREATE TRIGGER broken BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION broken()"
            ));
        } else {
            self.run(&format!(
                "CREATE TRIGGER broken BEFORE INSERT ON {table} \
                 BEGIN SELECT RAISE(ABORT, 'no room for evidence'); END"
            ));
        }
    }

    pub fn mend_inserts(&mut self, table: &str) {
        if on_postgres() {
            self.run(&format!(
                "DROP TRIGGER broken ON {table}; DROP FUNCTION broken"
            ));
        } else {
            self.run("DROP TRIGGER broken");
        }
    }
}

/// The context of a person of the county.
pub fn ctx_of(app: &TestApp, username: &str) -> Ctx {
    let ids: Arc<dyn Ids> = Arc::clone(&app.state.ids);
    let mut ctx = app::system_ctx(&*app.clock, &ids);
    ctx.actor.user_id = county::user(username);
    ctx.actor.name = username.to_owned();
    ctx
}

/// A given name by number.
fn given(n: u8) -> String {
    let signs: Vec<char> = "青山有田水木火土金石".chars().collect();
    let sign = |n: u8| signs[usize::from(n) % signs.len()];
    [sign(n / 10), sign(n)].iter().collect()
}

/// A quarrel over water of two neighbours, registered at a township.
pub fn matter(app: &TestApp, n: u8) -> CaseId {
    let body = json!({
        "type": "neighbour", "source": "application", "channel": "walk_in",
        "summary": format!("两家因第{n}号水渠放水先后发生争执"),
        "parties": [
            {"role": "applicant", "side": 1, "kind": "natural_person", "name": format!("赵{}", given(n)),
             "phone": format!("138000000{:02}", n % 100)},
            {"role": "respondent", "side": 2, "kind": "natural_person", "name": format!("钱{}", given(n))},
        ],
        "issues": [{"text": "放水先后"}],
    });
    let case = app.client("hemeiling").post("/cases", body).ok();
    CaseId::parse(case["id"].as_str().unwrap()).unwrap()
}

/// Records a fact of a person in the person's own stream.
pub fn remark(app: &TestApp, username: &str) {
    let ctx = ctx_of(app, username);
    let stream = format!("user/{}", ctx.actor.user_id);
    let kind = NoticeKind::CaseAccepted;
    app.state
        .db
        .write_now(&ctx, |tx| {
            let fact = Event::PreferenceChanged { kind };
            tx.record(&stream, "preferences".to_owned(), vec![fact])
        })
        .unwrap();
}

/// What signs for this service, with or without a copy outside.
pub fn signer(app: &TestApp) -> Signer {
    app::signer(
        &app.config,
        app.state.db.clone(),
        app.clock.clone(),
        Arc::clone(&app.state.ids),
    )
    .unwrap()
}

/// One round of signing.
pub fn sign(app: &TestApp) -> Result<Round, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
        .block_on(signer(app).round())
}

/// The public key of the service's ledger.
/// Why the signer would not sign.
#[track_caller]
pub fn refused(app: &TestApp) -> String {
    match sign(app) {
        Err(Failure::Refused(why)) => why,
        other => panic!("signed: {other:?}"),
    }
}

pub fn key(app: &TestApp) -> VerifyingKey {
    app.state.env.audit_key.parse().unwrap()
}

/// The verification report of the database as it stands.
pub fn report(app: &TestApp, pinned: &[String]) -> Value {
    let key = app.state.env.audit_key.clone();
    app.read(|snap| verify_ledger(snap, &key, pinned.to_vec()).unwrap())
}

/// Lets the node take up what was asked for; true where there was something.
pub fn run_verification(app: &TestApp) -> bool {
    let (_stop, mut stopped) = tokio::sync::watch::channel(false);
    runtime()
        .block_on(verifier(app).round(&mut stopped))
        .unwrap()
}

/// What runs verifications on this node.
pub fn verifier(app: &TestApp) -> jieyou::worker::verifications::Runner {
    app::verifications(
        &app.config,
        app.state.db.clone(),
        app.clock.clone(),
        Arc::clone(&app.state.ids),
    )
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap()
}

/// Asks for a verification as the auditor, lets it run, and returns its report.
pub fn asked(app: &TestApp, body: Value) -> Value {
    let auditor = app.client("shenji");
    let run = auditor.post("/audit/verifications", body).ok();
    assert!(run_verification(app));
    let path = format!("/audit/verifications/{}", run["id"].as_str().unwrap());
    let run = auditor.get(&path).ok();
    assert_eq!(run["state"], "done");
    assert_eq!(run["ok"], run["report"]["ok"]);
    run["report"].clone()
}

/// Signs what waits and asserts that the whole trail verifies.
#[track_caller]
pub fn sound(app: &TestApp) {
    sign(app).unwrap();
    let report = report(app, &[]);
    assert_eq!(report["ok"], true, "{report}");
}

/// Several matters, remarks and checkpoints, and a few events newer than the last of these.
pub fn town(app: &TestApp) -> Vec<String> {
    let mut notes = Vec::new();
    for n in 0..6_u8 {
        matter(app, n);
        for who in ["hemeiling", "zhengguoxing", "shenji", "chenyuee"] {
            app.forward_minutes(1);
            remark(app, who);
        }
        notes.extend(sign(app).unwrap().last);
    }
    matter(app, 40);
    remark(app, "shenji");
    notes
}

/// Keeps the ledger aside, so that each edit starts from the same state.
pub fn keep(owner: &mut Owner) {
    for table in TABLES {
        owner.run(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ));
    }
    owner.run("CREATE TABLE kept_tips AS SELECT id, audit_seq, audit_hash, updated_at FROM cases");
}

/// Puts the ledger back as it was kept.
pub fn restore(owner: &mut Owner) {
    let tables = TABLES.map(|t| format!("DELETE FROM {t}; INSERT INTO {t} SELECT * FROM kept_{t}"));
    owner.run(&format!(
        "BEGIN; {}; UPDATE cases SET audit_seq = k.audit_seq, audit_hash = k.audit_hash, updated_at = k.updated_at \
         FROM kept_tips k WHERE k.id = cases.id; COMMIT",
        tables.join("; ")
    ));
}
