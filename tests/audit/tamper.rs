//! Edits of the stored ledger by its owner: each is found, and named where a row is left to name.

use jieyou::crypto::ledger::verify::{Options, verify_export};
use serde_json::Value;

use super::edit_events::EVENTS;
use super::edit_tree::TREE;
use super::forger::{Dice, Name, loot};
use super::kit::{self, Owner, keep, restore, town};
use crate::support::TestApp;

/// How often each kind of edit is tried, each time on another victim.
const ROUNDS: usize = 7;

/// Whether the report names the event: a fault stands at it, or a wrong root lists it.
fn names(report: &Value, (stream, seq): &Name) -> bool {
    let within = |piece: &str| {
        let Some((of, range)) = piece.rsplit_once('#') else {
            return false;
        };
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) else {
            return false;
        };
        of == stream && (from..=to).contains(seq)
    };
    report["faults"].as_array().unwrap().iter().any(|f| {
        let listed = f["detail"].as_str().and_then(|d| d.split_once("among="));
        (f["stream"] == **stream && f["seq"] == *seq)
            || listed.is_some_and(|(_, pieces)| pieces.split(' ').any(within))
    })
}

fn export(app: &TestApp) -> Vec<u8> {
    app.read(|snap| {
        let mut out = Vec::new();
        snap.export_ledger(&mut out).unwrap();
        out
    })
}

#[test]
fn every_edit_by_the_owner_is_found_and_named() {
    let app = TestApp::new();
    let notes = town(&app);
    let mut owner = Owner::of(&app);
    let loot = loot(&mut owner, &notes);
    assert!(loot.covered.len() > 60 && loot.rows.len() > loot.covered.len());
    let pinned = [notes.last().unwrap().clone()];
    assert_eq!(kit::report(&app, &pinned)["ok"], true);
    owner.drop_guards();
    keep(&mut owner);
    let mut dice = Dice(2026);
    let mut missed = Vec::new();
    let mut edits = 0;
    for (name, forge) in EVENTS.iter().chain(TREE) {
        for round in 0..ROUNDS {
            let edit = forge(&loot, &mut dice);
            owner.run(&format!(
                "BEGIN; {}; COMMIT",
                edit.sql.trim_end_matches("; ")
            ));
            edits += 1;
            // Every other time without the help of a checkpoint kept outside.
            let report = kit::report(&app, if round % 2 == 0 { &[] } else { &pinned });
            let unnamed: Vec<_> = edit.named.iter().filter(|n| !names(&report, n)).collect();
            if report["ok"] == true || !unnamed.is_empty() {
                missed.push(format!(
                    "{name}: {unnamed:?} not in {}: {}",
                    report["faults"], edit.sql
                ));
            }
            if edit.exported && round % 3 == 0 {
                let options = Options {
                    keys: vec![kit::key(&app)],
                    pinned: pinned.to_vec(),
                    ..Options::default()
                };
                let outside = verify_export(export(&app).as_slice(), options).unwrap();
                if outside.is_ok() {
                    missed.push(format!("{name}: not seen in the export: {}", edit.sql));
                }
            }
            restore(&mut owner);
        }
    }
    assert!(
        missed.is_empty(),
        "{} of {edits} missed: {missed:#?}",
        missed.len()
    );
    assert!(edits >= 300, "{edits}");
    assert_eq!(kit::report(&app, &pinned)["ok"], true);
}

#[test]
fn an_older_state_is_found_against_a_checkpoint_kept_outside() {
    let app = TestApp::new();
    let mut owner = Owner::of(&app);
    owner.drop_guards();
    kit::matter(&app, 1);
    kit::sign(&app).unwrap();
    keep(&mut owner);
    for _ in 0..3 {
        kit::remark(&app, "shenji");
        kit::remark(&app, "chenyuee");
    }
    let pinned = [kit::sign(&app).unwrap().last.unwrap()];
    assert_eq!(kit::report(&app, &pinned)["ok"], true);
    restore(&mut owner);
    // In itself the older state is sound: only what was kept outside gives it away.
    assert_eq!(kit::report(&app, &[])["ok"], true);
    let report = kit::report(&app, &pinned);
    assert_eq!(report["faults"][0]["kind"], "pinned", "{report}");
    assert!(report["faults"][0]["stream"].is_string());
    // As long as no newer tree is as large, and after it is.
    for _ in 0..9 {
        kit::remark(&app, "shenji");
    }
    kit::sign(&app).unwrap();
    assert_eq!(kit::report(&app, &pinned)["faults"][0]["kind"], "pinned");
}
