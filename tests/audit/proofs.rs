//! Proofs as an outsider checks them: from the answers and the public key alone.

use jieyou::crypto::ledger::Hash;
use jieyou::crypto::ledger::checkpoint::{Checkpoint, KeyRing};
use jieyou::crypto::ledger::note::Note;
use jieyou::crypto::ledger::proof::{verify_consistency, verify_inclusion};
use jieyou::crypto::ledger::tree::leaf_hash;
use serde_json::Value;

use super::kit::{self, Owner, town};
use crate::support::TestApp;

fn hash(value: &Value) -> Hash {
    hex::decode(value.as_str().unwrap())
        .unwrap()
        .try_into()
        .unwrap()
}

fn hashes(value: &Value) -> Vec<Hash> {
    value.as_array().unwrap().iter().map(hash).collect()
}

fn opened(ring: &KeyRing, note: &Value) -> Checkpoint {
    ring.open(&Note::parse(note.as_str().unwrap()).unwrap())
        .unwrap()
}

#[test]
fn proofs_hold_and_forged_ones_do_not() {
    let app = TestApp::new();
    town(&app);
    let anyone = app.anonymous();
    let published = anyone.get("/audit/public-keys").ok();
    assert_eq!(published["data"][0], kit::key(&app).to_string());
    let ring = KeyRing::new([kit::key(&app)]);
    let list = anyone.get("/audit/checkpoints?limit=50").ok();
    let heads: Vec<Checkpoint> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| opened(&ring, &c["note"]))
        .collect();
    assert!(heads.len() >= 6);
    let latest = anyone.get("/audit/checkpoints/latest").ok();
    assert_eq!(opened(&ring, &latest["note"]), heads[0]);

    for (i, new) in heads.iter().enumerate() {
        for old in &heads[i..] {
            let path = format!("/audit/consistency-proof?from={}&to={}", old.size, new.size);
            let answer = anyone.get(&path).ok();
            let proof = hashes(&answer["proof"]);
            let check = |proof: &[Hash], root: &Hash| {
                verify_consistency(old.size, new.size, &old.root, root, proof)
            };
            check(&proof, &new.root).unwrap();
            assert!(check(&proof, &[7; 32]).is_err());
            for n in 0..proof.len() {
                let mut forged = proof.clone();
                forged[n][n % 32] ^= 1;
                assert!(check(&forged, &new.root).is_err());
            }
        }
    }

    let auditor = app.client("shenji");
    let (mut proved, mut waiting) = (0, 0);
    for row in Owner::of(&app).events() {
        let path = format!(
            "/audit/inclusion-proof?stream={}&seq={}",
            row.stream, row.seq
        );
        let answer = auditor.get(&path);
        if answer.status == 404 {
            waiting += 1;
            continue;
        }
        let answer = answer.ok();
        let head = opened(&ring, &answer["checkpoint"]);
        assert_eq!(answer["size"], head.size);
        assert_eq!(answer["event_hash"], *row.hash);
        let (index, proof) = (
            answer["leaf_index"].as_u64().unwrap(),
            hashes(&answer["proof"]),
        );
        let leaf = leaf_hash(&hash(&answer["event_hash"]));
        verify_inclusion(head.size, index, &leaf, &proof, &head.root).unwrap();
        let mut forged = proof.clone();
        forged[0][3] ^= 1;
        assert!(verify_inclusion(head.size, index, &leaf, &forged, &head.root).is_err());
        assert!(verify_inclusion(head.size, index + 1, &leaf, &proof, &head.root).is_err());
        assert!(verify_inclusion(head.size, index, &[9; 32], &proof, &head.root).is_err());
        proved += 1;
    }
    assert!(proved > 60 && waiting > 0, "{proved} {waiting}");
}

#[test]
fn older_trees_have_proofs_and_impossible_ones_do_not() {
    let app = TestApp::new();
    let notes = town(&app);
    let ring = KeyRing::new([kit::key(&app)]);
    let first = ring.open(&Note::parse(&notes[0]).unwrap()).unwrap();
    let auditor = app.client("shenji");
    let row = Owner::of(&app)
        .events()
        .into_iter()
        .find(|r| r.seq == 1 && r.stream.starts_with("case/"));
    let row = row.unwrap();
    let path = format!("/audit/inclusion-proof?stream={}&seq=1", row.stream);
    let at = |size: u64| auditor.get(&format!("{path}&size={size}"));
    let answer = at(first.size);
    if answer.status == 200 {
        let answer = answer.json();
        let leaf = leaf_hash(&hash(&answer["event_hash"]));
        let index = answer["leaf_index"].as_u64().unwrap();
        verify_inclusion(
            first.size,
            index,
            &leaf,
            &hashes(&answer["proof"]),
            &first.root,
        )
        .unwrap();
    } else {
        // The event is younger than that tree.
        answer.problem(400, "bad_query");
    }
    at(0).problem(400, "bad_query");
    at(99_999).problem(400, "bad_query");
    let anyone = app.anonymous();
    for bad in [
        "from=5&to=4",
        "from=1&to=99999",
        "from=-1",
        "to=3",
        "from=x",
    ] {
        anyone
            .get(&format!("/audit/consistency-proof?{bad}"))
            .problem(400, "bad_query");
    }
    auditor
        .get("/audit/inclusion-proof?stream=system")
        .problem(400, "bad_query");
    auditor
        .get("/audit/inclusion-proof?stream=nowhere&seq=1")
        .problem(404, "not_found");
}
