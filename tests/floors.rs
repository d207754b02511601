//! Imports run downward only; each library lives on its floor.

use std::path::{Path, PathBuf};

/// Folder or file under `src`, and what it may name after `crate::`.
const FLOORS: &[(&str, &[&str])] = &[
    ("domain", &["domain"]),
    ("crypto", &["crypto", "domain"]),
    ("paper", &["paper", "domain"]),
    ("error.rs", &["domain"]),
    ("ctx.rs", &["domain"]),
    ("env.rs", &["crypto", "domain"]),
    ("reply.rs", &["domain", "error"]),
    ("problem.rs", &["domain", "error", "reply"]),
    ("call.rs", &["crypto", "domain", "env", "error", "reply"]),
    (
        "store",
        &["store", "crypto", "ctx", "domain", "env", "error", "reply"],
    ),
    (
        "queries",
        &[
            "queries", "store", "call", "crypto", "ctx", "domain", "env", "error", "paper", "reply",
        ],
    ),
    (
        "commands",
        &[
            "commands", "queries", "store", "call", "crypto", "ctx", "domain", "env", "error",
            "paper", "reply",
        ],
    ),
    (
        "worker",
        &[
            "worker", "commands", "queries", "store", "call", "config", "crypto", "ctx", "domain",
            "env", "error", "reply",
        ],
    ),
    (
        "http",
        &[
            "http", "commands", "queries", "store", "call", "crypto", "ctx", "domain", "env",
            "error", "paper", "problem", "reply",
        ],
    ),
];

/// Libraries and the only places that may name them.
const LIBRARIES: &[(&str, &[&str])] = &[
    ("diesel", &["store"]),
    ("actix_web", &["http", "cli"]),
    ("lettre", &["worker"]),
    ("reqwest", &["worker", "cli"]),
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn names_after<'a>(line: &'a str, prefix: &str) -> Vec<&'a str> {
    line.match_indices(prefix)
        .map(|(i, _)| {
            let rest = &line[i + prefix.len()..];
            let end = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            &rest[..end]
        })
        .collect()
}

#[test]
fn imports_run_downward() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 50, "the sources were not found");
    let mut faults = Vec::new();
    for file in files {
        let place = file
            .strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let floor = place.split('/').next().unwrap_or_default().to_owned();
        let text = std::fs::read_to_string(&file).unwrap();
        for (n, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if let Some((_, allowed)) = FLOORS.iter().find(|(f, _)| *f == floor) {
                for name in names_after(code, "crate::") {
                    if !allowed.contains(&name) && !name.is_empty() {
                        faults.push(format!("{place}:{}: crate::{name}", n + 1));
                    }
                }
            }
            for (library, homes) in LIBRARIES {
                let uses = code.contains(&format!("{library}::"))
                    || code.contains(&format!("use {library}"));
                if uses && !homes.contains(&floor.as_str()) {
                    faults.push(format!("{place}:{}: {library}", n + 1));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
