//! The command line.

pub mod audit;
pub mod backup;
pub mod demo;
pub mod keys;
pub mod outbox;
pub mod serve;
pub mod signals;
pub mod users;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// Exit codes of sysexits: a wrong setting, a failed step.
const EX_CONFIG: u8 = 78;
const EX_FAILED: u8 = 1;

/// 解忧 Jieyou: dispute-mediation case tracker for township worry-relief desks.
#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Cli {
    /// Settings file (TOML). The environment (JIEYOU_…) stands above it.
    #[arg(long, global = true, env = "JIEYOU_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load a fictional county, play one dispute through the API, print how to go on, and serve.
    Demo {
        /// End after the story instead of serving on.
        #[arg(long)]
        no_serve: bool,
        /// Only the county's units and people, no cases.
        #[arg(long)]
        county_only: bool,
    },
    /// Serve the API and, unless switched off, deliver mail and run jobs.
    Serve,
    /// Bring the database schema up to date.
    Migrate,
    /// The audit trail: verify, export, sign.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Copy the database and the files to a directory while the service runs.
    Backup {
        /// Target directory; must not exist.
        target: PathBuf,
    },
    /// Prove that a backup can be restored: opens a copy, checks it, verifies its audit trail.
    RestoreCheck {
        /// Directory made by `backup`.
        backup: PathBuf,
        /// An empty PostgreSQL database to restore into (PostgreSQL backups only).
        #[arg(long)]
        scratch_url: Option<String>,
    },
    /// Look at messages that wait or failed, and send dead ones again.
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Do what fell due, make one pass over the outbox, purge, and print what was done.
    WorkOnce,
    /// Look for cases that may be made up; what changed since the last time, or all of them.
    Signals {
        /// Every closed case, whatever changed.
        #[arg(long)]
        all: bool,
    },
    /// Add, disable or reset users from this machine.
    #[command(subcommand)]
    User(users::UserCommand),
    /// List or rotate the keys that sign access tokens.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Print the effective settings, secrets hidden.
    Config,
    /// Print the OpenAPI document.
    Openapi {
        /// As JSON instead of YAML.
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command line.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let config = match Config::load(cli.config.as_deref()) {
        Ok(c) => c,
        Err(faults) => {
            for line in faults {
                eprintln!("config: {line}");
            }
            return ExitCode::from(EX_CONFIG);
        }
    };
    let out = match cli.command {
        Command::Serve => serve::serve(&config),
        Command::Demo {
            no_serve,
            county_only,
        } => demo::demo(&config, !no_serve, !county_only),
        Command::Migrate => migrate(&config),
        Command::Backup { target } => backup::backup(&config, &target),
        Command::RestoreCheck {
            backup,
            scratch_url,
        } => backup::restore_check(&backup, scratch_url.as_deref()),
        Command::Audit(command) => audit::run(&config, command),
        Command::Outbox(command) => outbox::run(&config, &command),
        Command::WorkOnce => outbox::work_once(&config),
        Command::Signals { all } => signals::run(&config, all),
        Command::User(command) => users::run(&config, command),
        Command::Keys(command) => keys::run(&config, &command),
        Command::Config => {
            println!("{}", config.shown());
            Ok(())
        }
        Command::Openapi { json } => openapi(json),
    };
    match out {
        Ok(()) => ExitCode::SUCCESS,
        Err(line) => {
            eprintln!("jieyou: {line}");
            ExitCode::from(EX_FAILED)
        }
    }
}

/// What a subcommand ends with: nothing, or one line that says why not.
pub type Outcome = Result<(), String>;

fn migrate(config: &Config) -> Outcome {
    let db = crate::app::open_db(config).map_err(|e| e.to_string())?;
    let done = db.migrate().map_err(|e| e.to_string())?;
    for name in &done {
        println!("migrated {name}");
    }
    println!("schema up to date, {} step(s) done", done.len());
    Ok(())
}

fn openapi(json: bool) -> Outcome {
    if json {
        let value = crate::http::meta::openapi_as_json().map_err(|e| format!("{e:?}"))?;
        println!("{value:#}");
    } else {
        print!("{}", crate::http::meta::OPENAPI_YAML);
    }
    Ok(())
}
