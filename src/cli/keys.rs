//! `keys`: the keys that sign access tokens.

use clap::Subcommand;

use super::Outcome;
use crate::app;
use crate::config::Config;
use crate::crypto::keys::{KeySet, SigningKey};
use crate::ctx::{Clock, SystemClock};
use crate::domain::time::Instant;

/// What to do with the token keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Show every key, when it was published and when it signs.
    List,
    /// Publish a new key now; it signs a day later, when every client can have seen it.
    Rotate,
}

pub fn run(config: &Config, command: &KeysCommand) -> Outcome {
    let now = SystemClock.now();
    let dir = config.key_dir();
    let keys = match command {
        KeysCommand::List => app::token_keys(&dir, now),
        KeysCommand::Rotate => app::rotate_token_key(&dir, now),
    };
    for line in lines(&keys.map_err(|e| e.to_string())?, now) {
        println!("{line}");
    }
    Ok(())
}

/// One line per key, the next first.
fn lines(keys: &KeySet, now: Instant) -> Vec<String> {
    let line = |state: &str, key: &SigningKey| {
        format!(
            "{state:<8} {} published {} signs from {}",
            key.kid(),
            key.published(),
            key.activates()
        )
    };
    let mut out: Vec<String> = keys.next(now).map(|k| line("next", k)).collect();
    out.extend(keys.current(now).map(|k| line("current", k)));
    out.extend(keys.old(now).map(|k| line("old", k)));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotated_key_waits_a_day_and_the_old_one_still_verifies() {
        let dir = tempfile::tempdir().unwrap();
        let start = Instant::parse("2026-03-02T01:00:00Z").unwrap();
        let first = app::token_keys(dir.path(), start).unwrap();
        let kid = first.current(start).unwrap().kid().to_owned();
        let both = app::rotate_token_key(dir.path(), start).unwrap();
        assert_eq!(both.current(start).unwrap().kid(), kid);
        let shown = lines(&both, start);
        assert_eq!(shown.len(), 2);
        assert!(shown[0].starts_with("next") && shown[1].contains(&kid));
        let later = start.plus_hours(24);
        assert_ne!(both.current(later).unwrap().kid(), kid);
        assert!(both.verifying(&kid, later).is_some());
        // once nothing it signed can be valid, its file goes
        let after = app::token_keys(dir.path(), later.plus_minutes(11)).unwrap();
        assert!(after.verifying(&kid, later).is_none());
        let files = std::fs::read_dir(dir.path().join("tokens")).unwrap();
        assert_eq!(files.count(), 2, "one key and the lock");
    }

    #[test]
    fn key_files_are_for_their_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        app::token_keys(dir.path(), Instant(0)).unwrap();
        for entry in std::fs::read_dir(dir.path().join("tokens")).unwrap() {
            let entry = entry.unwrap();
            if entry.path().extension().is_some_and(|e| e == "pem") {
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                assert_eq!(mode, 0o400);
            }
        }
    }
}
