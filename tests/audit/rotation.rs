//! The signing key handed over while the log goes on, and keys that nobody signed over to.

use std::path::PathBuf;

use jieyou::app;
use jieyou::crypto::ledger::checkpoint::{KeyRing, Rotation};
use jieyou::crypto::ledger::key::SigningKey;
use jieyou::crypto::ledger::note::Note;
use jieyou::crypto::ledger::report::Report;
use jieyou::crypto::ledger::verify::{Options, verify_export};
use jieyou::queries::audit::verify_ledger;
use serde_json::{Value, json};

use super::kit::{self, Owner};
use crate::support::TestApp;

fn with_copy() -> TestApp {
    TestApp::with(|config| {
        config.checkpoint_file = config.data_dir.join("outside.txt").display().to_string();
    })
}

fn key_file(app: &TestApp) -> PathBuf {
    app.config.key_dir().join("audit.pem")
}

/// The public key in the key file now.
fn key_now(app: &TestApp) -> String {
    let key = app::audit_key(&app.config).unwrap();
    key.verifying().to_string()
}

/// Hands the log over as the command does; returns the note.
pub fn rotate(app: &TestApp) -> String {
    kit::sign(app).unwrap();
    let ctx = kit::ctx_of(app, "shenji");
    app::rotate_audit_key(&app.config, |old, new| {
        let row = app
            .state
            .db
            .write_now(&ctx, |tx| tx.rotate_audit_key(old, new));
        Ok(row.unwrap().unwrap().note)
    })
    .unwrap()
}

/// The verification of the database with one trusted key.
fn online(app: &TestApp, key: &str) -> Value {
    app.read(|snap| verify_ledger(snap, key, Vec::new()).unwrap())
}

/// The verification of the export with one trusted key.
fn offline(app: &TestApp, key: &str, pinned: Vec<String>) -> Report {
    let mut export = Vec::new();
    app.read(|snap| snap.export_ledger(&mut export).unwrap());
    let options = Options {
        keys: vec![key.parse().unwrap()],
        witnesses: Vec::new(),
        pinned,
    };
    verify_export(export.as_slice(), options).unwrap()
}

#[test]
fn a_key_signs_over_to_the_next_and_each_leads_to_all() {
    let app = with_copy();
    let mut keys = vec![key_now(&app)];
    let mut notes = Vec::new();
    let mut handed = Vec::new();
    for _ in 0..2 {
        kit::remark(&app, "shenji");
        notes.extend(kit::sign(&app).unwrap().last);
        handed.push(rotate(&app));
        keys.push(key_now(&app));
        // The outside copy, whose last note the old key signed, is continued.
        let round = kit::sign(&app).unwrap();
        assert_eq!((round.signed, round.copied), (1, 1));
    }
    kit::remark(&app, "shenji");
    notes.extend(kit::sign(&app).unwrap().last);
    let old = Rotation::open(&handed[0]).unwrap();
    assert_eq!(
        (old.old.to_string(), old.new.to_string()),
        (keys[0].clone(), keys[1].clone())
    );
    for key in &keys {
        let report = online(&app, key);
        assert_eq!(report["ok"], true, "{key}: {report}");
        let report = offline(&app, key, notes.clone());
        assert!(report.is_ok(), "{key}: {:?}", report.faults);
        assert_eq!(report.checkpoints, 5);
    }
    // Whoever holds the first key finds the others with what is published.
    let published = app.anonymous().get("/audit/public-keys").ok();
    let newest_first: Vec<&String> = keys.iter().rev().collect();
    assert_eq!(published["data"], json!(newest_first));
    let mut ring = KeyRing::new([keys[0].parse().unwrap()]);
    for note in published["rotations"].as_array().unwrap() {
        ring.rotate(Rotation::open(note.as_str().unwrap()).unwrap());
    }
    let latest = app.anonymous().get("/audit/checkpoints/latest").ok();
    ring.open(&Note::parse(latest["note"].as_str().unwrap()).unwrap())
        .unwrap();
    let actions: Vec<String> = Owner::of(&app)
        .events()
        .into_iter()
        .map(|r| r.action)
        .collect();
    assert_eq!(
        actions.iter().filter(|a| *a == "audit_key_rotated").count(),
        2
    );
}

#[test]
fn a_key_nobody_signed_over_to_signs_nothing_and_verifies_nothing() {
    let app = TestApp::new();
    let old = key_now(&app);
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    let stranger = SigningKey::from_seed(&app.config.audit_origin, &[7; 32]).unwrap();
    std::fs::remove_file(key_file(&app)).unwrap();
    std::fs::write(key_file(&app), [7; 32]).unwrap();
    kit::remark(&app, "shenji");
    assert!(kit::refused(&app).contains("no key that signed over"));
    // Forced by the operator, it signs; neither key alone leads over the breach.
    let round = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    round
        .block_on(kit::signer(&app).after_lost_key().round())
        .unwrap();
    kit::remark(&app, "shenji");
    assert_eq!(kit::sign(&app).unwrap().signed, 1);
    for key in [old, stranger.verifying().to_string()] {
        let report = online(&app, &key);
        assert_eq!(report["ok"], false);
        assert_eq!(report["faults"][0]["kind"], "note");
        let kinds = offline(&app, &key, Vec::new()).faults;
        assert!(kinds.iter().any(|f| f.kind.to_string() == "note"));
    }
}

#[test]
fn a_key_that_was_signed_over_signs_no_more() {
    let app = with_copy();
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    let pem = std::fs::read(key_file(&app)).unwrap();
    rotate(&app);
    let new = std::fs::read(key_file(&app)).unwrap();
    let put = |bytes: &[u8]| {
        std::fs::remove_file(key_file(&app)).unwrap();
        std::fs::write(key_file(&app), bytes).unwrap();
    };
    put(&pem);
    assert!(kit::refused(&app).contains("signed over to another"));
    put(&new);
    kit::sign(&app).unwrap();
    // With the new key's checkpoint in place the old one is refused like any stranger.
    put(&pem);
    kit::remark(&app, "shenji");
    kit::refused(&app);
    put(&new);
    kit::sound(&app);
}

#[test]
fn a_hand_over_that_was_removed_or_altered_is_noticed() {
    let app = TestApp::new();
    let old = key_now(&app);
    kit::remark(&app, "shenji");
    rotate(&app);
    kit::sign(&app).unwrap();
    let new = key_now(&app);
    let mut owner = Owner::of(&app);
    owner.drop_guards();
    kit::keep(&mut owner);
    for edit in [
        "DELETE FROM audit_rotations",
        "UPDATE audit_rotations SET note = replace(note, '/rotation', '/rotatiom')",
        "UPDATE audit_rotations SET size = size + 1",
    ] {
        owner.run(edit);
        for key in [&old, &new] {
            assert_eq!(online(&app, key)["ok"], false, "{edit}");
        }
        kit::restore(&mut owner);
        assert_eq!(online(&app, &old)["ok"], true);
    }
}

#[test]
fn a_rotation_that_broke_off_is_ended_by_the_next() {
    let app = TestApp::new();
    kit::remark(&app, "shenji");
    kit::sign(&app).unwrap();
    let before = key_now(&app);
    let mut offered = Vec::new();
    for _ in 0..2 {
        let out: Result<(), String> = app::rotate_audit_key(&app.config, |_, new| {
            offered.push(new.verifying().to_string());
            Err("the machine died".to_owned())
        });
        assert!(out.is_err());
        assert_eq!(key_now(&app), before);
    }
    rotate(&app);
    assert_eq!([key_now(&app), key_now(&app)].to_vec(), offered);
    kit::sound(&app);
}
