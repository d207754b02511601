//! The copy of checkpoints outside the database, and what the service refuses to sign.

use std::path::PathBuf;

use jieyou::worker::checkpoints::Failure;
use jieyou::worker::copies::Copies;

use super::kit::{self, Owner};
use crate::support::TestApp;

fn app_with_copy() -> (TestApp, PathBuf) {
    let mut path = PathBuf::new();
    let app = TestApp::with(|config| {
        path = config.data_dir.join("outside.txt");
        config.checkpoint_file = path.display().to_string();
    });
    (app, path)
}

fn rolled_back(app: &TestApp, between: impl FnOnce()) {
    let mut owner = Owner::of(app);
    owner.drop_guards();
    kit::keep(&mut owner);
    between();
    kit::restore(&mut owner);
}

#[test]
fn every_checkpoint_is_copied_once() {
    let (app, path) = app_with_copy();
    kit::remark(&app, "shenji");
    let first = kit::sign(&app).unwrap();
    assert_eq!((first.signed, first.copied), (1, 1));
    let idle = kit::sign(&app).unwrap();
    assert_eq!((idle.signed, idle.copied), (0, 0));
    assert_eq!(idle.last, first.last);
    kit::remark(&app, "shenji");
    let second = kit::sign(&app).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let notes = [first.last.clone().unwrap(), second.last.clone().unwrap()];
    assert_eq!(text, notes.map(|n| n + "\n").concat());
    // What was signed while the copy was away is carried over when it is back.
    std::fs::write(&path, first.last.unwrap() + "\n").unwrap();
    assert_eq!(kit::sign(&app).unwrap().copied, 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(kit::report(&app, &[second.last.unwrap()])["ok"], true);
}

#[test]
fn a_long_backlog_is_signed_in_passes() {
    let (app, path) = app_with_copy();
    for _ in 0..3 {
        kit::remark(&app, "shenji");
    }
    assert_eq!(kit::sign(&app).unwrap().signed, 1);
    let last = Copies::at(path).last().unwrap();
    assert_eq!(last, kit::sign(&app).unwrap().last);
}

#[test]
fn a_database_that_was_rolled_back_is_not_signed() {
    let (app, path) = app_with_copy();
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    rolled_back(&app, || {
        for _ in 0..3 {
            kit::remark(&app, "chenyuee");
        }
        kit::sign(&app).unwrap();
    });
    let copy = std::fs::read_to_string(&path).unwrap();
    // Too small to continue what was signed, also when nothing new waits.
    assert!(kit::refused(&app).contains("does not continue"));
    kit::remark(&app, "shenji");
    assert!(kit::refused(&app).contains("does not continue"));
    for _ in 0..9 {
        kit::remark(&app, "shenji");
    }
    assert!(kit::refused(&app).contains("does not continue"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), copy);
    // The forger signs on without the copy: large enough now, and still another history.
    std::fs::rename(&path, path.with_extension("kept")).unwrap();
    kit::sign(&app).unwrap();
    std::fs::rename(path.with_extension("kept"), &path).unwrap();
    assert!(kit::refused(&app).contains("does not continue"));
    assert_eq!(kit::report(&app, &[])["ok"], true);
    let pinned = Copies::at(path).last().unwrap().unwrap();
    assert_eq!(kit::report(&app, &[pinned])["ok"], false);
}

#[test]
fn a_tree_that_was_altered_is_not_signed() {
    let (app, _) = app_with_copy();
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    let mut owner = Owner::of(&app);
    owner.drop_guards();
    owner.run(&format!(
        "CREATE TABLE kept AS SELECT * FROM audit_nodes; UPDATE audit_nodes SET hash = '{}'",
        "ab".repeat(32)
    ));
    kit::remark(&app, "shenji");
    assert!(kit::refused(&app).contains("differs from the last checkpoint"));
    owner.run("DELETE FROM audit_nodes");
    assert!(kit::refused(&app).contains("is missing"));
    owner.run("INSERT INTO audit_nodes SELECT * FROM kept");
    assert_eq!(kit::sign(&app).unwrap().signed, 1);
    // A note that our key did not sign never reaches the copy.
    owner.run("UPDATE audit_checkpoints SET note = replace(note, '\u{2014} ', '\u{2014} x')");
    std::fs::remove_file(&app.config.checkpoint_file).unwrap();
    kit::refused(&app);
    assert!(!std::path::Path::new(&app.config.checkpoint_file).exists());
}

#[test]
fn a_copy_that_cannot_be_read_stops_the_signing() {
    let (app, path) = app_with_copy();
    std::fs::create_dir(&path).unwrap();
    kit::remark(&app, "shenji");
    assert!(matches!(kit::sign(&app), Err(Failure::Copy(_))));
    std::fs::remove_dir(&path).unwrap();
    std::fs::write(&path, "other\n3\nAAAA\n\n\u{2014} other AAAA\n\n").unwrap();
    assert!(matches!(kit::sign(&app), Err(Failure::Copy(_))));
    let size = Owner::of(&app).number("SELECT count(*) AS n FROM audit_checkpoints");
    assert_eq!(size, 0);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(kit::sign(&app).unwrap().copied, 1);
}
