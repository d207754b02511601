//! The published vectors, `api-spec/audit-vectors.json`: made here, compared with the file.
//! `JIEYOU_WRITE_VECTORS=1` writes the file anew after a deliberate change of the format.

use serde_json::{Value, json};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

use super::super::chain::Header;
use super::super::checkpoint::Rotation;
use super::super::jcs;
use super::super::key::SigningKey;
use super::super::note::Note;
use super::super::proof::{verify_consistency, verify_inclusion};
use super::super::record::Record;
use super::super::testkit::{ORIGIN, Town};
use super::super::tree::{Frontier, consistency_proof, inclusion_proof, leaf_hash};
use super::super::verify::{Options, verify_export};
use super::super::{Hash, chain};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/api-spec/audit-vectors.json");
/// The size whose proofs are published: a tree with a ragged right edge.
const SIZE: u64 = 7;

fn key(name: &str, seed: u8) -> (SigningKey, Value) {
    let key = SigningKey::from_seed(name, &[seed; 32]).unwrap();
    let texts = json!({"seed": hex::encode([seed; 32]), "key": key.verifying().to_string()});
    (key, texts)
}

fn hexes(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(hex::encode).collect()
}

fn canonical_texts() -> Value {
    let texts = [
        r#"{"b": [3, 1, 2], "a": {"z": null, "y": true}, "10": "", "1": -5}"#,
        r#"{"\u20ac": "Euro", "\ud83d\ude00": "smile", "\ufb33": "dalet", "\r": "return", "\u00f6": "o"}"#,
        r#""\u0000\u0008\u0009\u000a\u000b\u000c\u000d\u001f \u007f\u0080\"\\\/\u8c03\u89e3""#,
        "9007199254740991",
        "-9007199254740991",
    ];
    let pair = |text: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        json!({"text": text, "jcs": jcs::to_text(&value).unwrap()})
    };
    texts.map(pair).into_iter().collect()
}

fn refused_texts() -> Value {
    let texts = ["1.0", "1e3", "-0", "9007199254740992", "-9007199254740992"];
    for text in texts {
        let value: Value = serde_json::from_str(text).unwrap();
        assert!(jcs::to_text(&value).is_err());
    }
    json!(texts)
}

fn events(town: &Town) -> Value {
    let event = |row: &super::super::record::EventRow| {
        let header = Header::parse(&row.header).unwrap();
        let opened = row.payload.as_ref();
        if let Some(opened) = opened {
            assert_eq!(
                chain::commit(&opened.salt, &opened.value).unwrap(),
                header.commit
            );
        }
        json!({
            "payload": opened.map(|o| o.value.clone()),
            "payload_jcs": opened.map(|o| jcs::to_text(&o.value).unwrap()),
            "salt": opened.map(|o| hex::encode(o.salt)),
            "commit": hex::encode(header.commit),
            "header": row.header,
            "header_bytes": row.header.len(),
            "hash": hex::encode(row.hash),
        })
    };
    town.events.iter().map(event).collect()
}

fn tree(town: &Town) -> Value {
    let mut frontier = Frontier::new();
    let mut nodes = HashMap::new();
    let mut roots = vec![frontier.root()];
    for leaf in &town.leaves {
        frontier.append(leaf.hash.unwrap(), |n| {
            nodes.insert((n.level, n.index), n.hash);
        });
        roots.push(frontier.root());
    }
    let fetch = |level, index| Ok::<_, Infallible>(nodes[&(level, index)]);
    let root = roots[SIZE as usize];
    let inclusion = |index: u64| {
        let proof = inclusion_proof(SIZE, index, fetch).unwrap();
        let leaf = town.leaves[index as usize].hash.unwrap();
        verify_inclusion(SIZE, index, &leaf, &proof, &root).unwrap();
        json!({"size": SIZE, "index": index, "proof": hexes(&proof)})
    };
    let consistency = |old: u64| {
        let proof = consistency_proof(old, SIZE, fetch).unwrap();
        verify_consistency(old, SIZE, &roots[old as usize], &root, &proof).unwrap();
        json!({"old": old, "new": SIZE, "proof": hexes(&proof)})
    };
    let leaves: Vec<Hash> = town.leaves.iter().map(|l| l.hash.unwrap()).collect();
    json!({
        "leaf_hashes": hexes(&leaves),
        "roots": hexes(&roots),
        "inclusion": (0..SIZE).map(inclusion).collect::<Vec<_>>(),
        "consistency": (0..=SIZE).map(consistency).collect::<Vec<_>>(),
    })
}

/// The lines of an export with one line replaced (or removed), counted from 1.
fn changed(lines: &[String], number: usize, text: Option<&str>) -> Vec<u8> {
    let mut file = String::new();
    for (at, line) in (1..).zip(lines) {
        match text {
            _ if at != number => file.extend([line, "\n"]),
            Some(text) => file.extend([text, "\n"]),
            None => {}
        }
    }
    file.into_bytes()
}

fn kinds(file: &[u8]) -> BTreeSet<String> {
    let options = Options {
        keys: vec![Town::public()],
        ..Options::default()
    };
    let report = verify_export(file, options).unwrap();
    report.faults.iter().map(|f| f.kind.to_string()).collect()
}

fn faulty(lines: &[String]) -> Value {
    let find = |part: &str| 1 + lines.iter().position(|l| l.contains(part)).unwrap();
    let cases = [
        (
            "payload altered",
            find("第3次调解"),
            Some(("第3次", "第4次")),
        ),
        (
            "header altered",
            find("\\\"request_id\\\":\\\"r-2\\\""),
            Some(("r-2", "r-5")),
        ),
        (
            "event removed",
            find("\\\"request_id\\\":\\\"r-1\\\""),
            None,
        ),
        ("payload removed without erasure", find("dek/9"), None),
        (
            "case row set back",
            find("\"kind\":\"head\""),
            Some(("\"seq\":", "\"seq\":1")),
        ),
        ("leaf removed", find("\"index\":3,"), None),
        (
            "leaf names another event",
            find("\"index\":0,"),
            Some(("\"seq\":1", "\"seq\":2")),
        ),
        (
            "checkpoint altered",
            find("audit\\n4\\n"),
            Some(("\\n4\\n", "\\n5\\n")),
        ),
        ("newest checkpoint removed", find("audit\\n9\\n"), None),
        ("rotation removed", find("\"rotation\""), None),
        (
            "line not canonical",
            find("\"index\":2,"),
            Some(("\"index\":2", "\"index\": 2")),
        ),
    ];
    let case = |(name, number, change): (&str, usize, Option<(&str, &str)>)| {
        let text = change.map(|(old, new)| lines[number - 1].replacen(old, new, 1));
        assert_ne!(text.as_ref(), Some(&lines[number - 1]), "{name}");
        let found = kinds(&changed(lines, number, text.as_deref()));
        assert!(!found.is_empty(), "{name}");
        json!({"name": name, "line": number, "text": text, "faults": found})
    };
    cases.map(case).into_iter().collect()
}

fn make() -> Value {
    let (log, log_texts) = key(ORIGIN, 42);
    let (next, next_texts) = key(ORIGIN, 43);
    let (witness, witness_texts) = key("xian.example/witness", 7);
    let mut town = Town::grow(8, 3, 4, 12);
    let rotation = Rotation::sign(8, &log, &next).unwrap().to_string();
    town.append("system", 9, Some(json!({"key": "rotated"})));
    town.checkpoint(&next);
    town.append("case/0001", 10, Some(json!({"n": 10})));
    let mut cosigned = Note::parse(&town.notes[2]).unwrap();
    cosigned.cosign(&witness).unwrap();
    town.notes[2] = cosigned.to_string();
    for (event, leaf) in town.events.iter().zip(&town.leaves) {
        assert_eq!(leaf.hash, Some(leaf_hash(&event.hash)));
    }

    let mut records = town.records();
    let note = rotation.clone();
    records.insert(1, Record::Rotation { note });
    let lines: Vec<String> = records.iter().map(|r| r.to_line().unwrap()).collect();
    assert_eq!(kinds(&changed(&lines, 0, None)), BTreeSet::new());
    json!({
        "about": "Worked numbers for audit-format.md. Hashes in hex; proofs in the order of RFC 9162.",
        "canonical": canonical_texts(),
        "refused": refused_texts(),
        "keys": {"log": log_texts, "next": next_texts, "witness": witness_texts},
        "events": events(&town),
        "tree": tree(&town),
        "checkpoints": town.notes,
        "rotation": rotation,
        "export": lines,
        "faulty": faulty(&lines),
    })
}

/// The exports of the vectors with the kinds of fault they have.
pub(super) fn exports() -> Vec<(String, Vec<u8>, BTreeSet<String>)> {
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let texts = |value: &Value| -> Vec<String> { serde_json::from_value(value.clone()).unwrap() };
    let lines = texts(&vectors["export"]);
    let mut exports = vec![("honest".into(), changed(&lines, 0, None), BTreeSet::new())];
    for case in vectors["faulty"].as_array().unwrap() {
        let number = case["line"].as_u64().unwrap() as usize;
        let file = changed(&lines, number, case["text"].as_str());
        let name = case["name"].as_str().unwrap().to_owned();
        exports.push((name, file, texts(&case["faults"]).into_iter().collect()));
    }
    exports
}

#[test]
fn the_published_vectors_are_ours() {
    let made = serde_json::to_string_pretty(&make()).unwrap() + "\n";
    if std::env::var_os("JIEYOU_WRITE_VECTORS").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(FILE).unwrap(), made);
    for (name, file, expected) in exports() {
        assert_eq!(kinds(&file), expected, "{name}");
    }
}
