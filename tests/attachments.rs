//! Evidence and documents: what is taken, what is refused, how it comes back.

use jieyou::app::system_ctx;
use jieyou::crypto::secret::sha256_hex;
use jieyou::ctx::Ids;
use jieyou::domain::case::CaseState;
use jieyou::domain::ids::CaseId;
use jieyou::worker::files;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::support::client::Answer;
use crate::support::moves::{in_state, registered};
use crate::support::{Client, TestApp};

const PDF: &[u8] = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n";

fn path(case: CaseId, rest: &str) -> String {
    format!("/api/v1/cases/{case}/attachments{rest}")
}

/// Declares a paper and gives its id.
#[track_caller]
fn declare(c: &Client<'_>, case: CaseId, change: impl FnOnce(&mut Value)) -> String {
    let mut body = json!({"kind": "document", "doc_type": "application", "title": "叶长根申请书",
        "filename": "申请书.pdf"});
    change(&mut body);
    let made = c.post(&path(case, ""), body).ok();
    assert_eq!(made["stored_at"], Value::Null);
    made["id"].as_str().unwrap().to_owned()
}

fn put(c: &Client<'_>, case: CaseId, id: &str, headers: &[(&str, &str)], bytes: &[u8]) -> Answer {
    c.raw(
        "PUT",
        &path(case, &format!("/{id}/file")),
        headers,
        bytes.to_vec(),
    )
}

fn names_on_disk(app: &TestApp) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(app.config.file_dir()) else {
        return Vec::new();
    };
    entries
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn a_file_goes_in_once_and_comes_out_as_an_attachment() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let before = c.current_version(&format!("/cases/{case}"));
    let id = declare(&c, case, |_| {});
    c.get(&path(case, &format!("/{id}/file")))
        .problem(404, "not_found");
    let stored = put(&c, case, &id, &[("content-type", "application/pdf")], PDF);
    assert_eq!(
        stored.version(),
        before,
        "filing does not raise the version"
    );
    let stored = stored.ok();
    assert_eq!(stored["size_bytes"], PDF.len());
    assert_eq!(stored["media_type"], "application/pdf");
    assert_eq!(stored["sha256"], sha256_hex(PDF));
    let names = names_on_disk(&app);
    assert_eq!(names.len(), 1);
    assert!(!names[0].contains("pdf") && names[0] != id, "{names:?}");

    // A retry after a lost answer; another file under the same declaration.
    put(&c, case, &id, &[], PDF).ok();
    put(&c, case, &id, &[], b"%PDF-1.4 other").blocked_by("already_done");
    assert_eq!(names_on_disk(&app), names, "nothing is left behind");

    let file = c.get(&path(case, &format!("/{id}/file")));
    assert_eq!(file.status, 200);
    assert_eq!(file.text.as_bytes(), PDF);
    for (name, value) in [
        ("content-type", "application/pdf"),
        (
            "content-disposition",
            "attachment; filename*=UTF-8''%E7%94%B3%E8%AF%B7%E4%B9%A6.pdf",
        ),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "sandbox; default-src 'none'"),
        ("cache-control", "no-store"),
    ] {
        assert_eq!(file.header(name), Some(value), "{name}");
    }
    // The office above reads it; the county, which sees names masked, does not.
    let list = app.client("zhouminghua").get(&path(case, "")).ok();
    assert_eq!(list["data"][0]["title"], "人民调解申请书");
    assert_eq!(list["data"][0]["filename"], Value::Null);
    app.client("zhouminghua")
        .get(&path(case, &format!("/{id}/file")))
        .problem(403, "forbidden");
    app.client("zhengguoxing")
        .get(&path(case, &format!("/{id}/file")))
        .ok_status();
    app.client("tangqiaoyun")
        .get(&path(case, &format!("/{id}/file")))
        .problem(404, "not_found");
}

#[test]
fn what_is_not_what_it_says_is_refused() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let id = declare(&c, case, |_| {});
    let eicar = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";
    type Case<'a> = (&'a [u8], &'a [(&'a str, &'a str)], &'a [&'a str]);
    let cases: &[Case<'_>] = &[
        (b"", &[], &["empty"]),
        (b"MZ\x90\0", &[], &["type_not_allowed"]),
        (eicar, &[], &["type_not_allowed"]),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            &[],
            &["type_not_allowed"],
        ),
        (
            b"<!DOCTYPE html><script>alert(1)</script>",
            &[],
            &["type_not_allowed"],
        ),
        (b"PK\x03\x04 any archive", &[], &["type_not_allowed"]),
        (png, &[], &["extension"]),
        (PDF, &[("content-type", "text/html")], &["content_type"]),
        (
            PDF,
            &[("content-disposition", "attachment; filename=\"x.pdf.exe\"")],
            &["file_name"],
        ),
        (
            PDF,
            &[(
                "content-disposition",
                "attachment; filename*=UTF-8''a%E2%80%AEfdp.exe.pdf",
            )],
            &["file_name"],
        ),
        (
            PDF,
            &[(
                "content-disposition",
                "attachment; filename*=UTF-8''a%00.pdf",
            )],
            &["file_name"],
        ),
        (
            PDF,
            &[("content-disposition", "attachment; filename=\"a.png\"")],
            &["extension"],
        ),
    ];
    for (bytes, headers, items) in cases {
        let refused = put(&c, case, &id, headers, bytes).blocked_by("mismatched_file");
        assert_eq!(
            refused["blocked_by"][0]["items"],
            json!(items),
            "{headers:?}"
        );
    }
    assert!(names_on_disk(&app).is_empty(), "{:?}", names_on_disk(&app));
    put(&c, case, &id, &[("content-encoding", "gzip")], PDF).problem(415, "unsupported_media_type");
    // A path is cut to its last part.
    let climbing = [(
        "content-disposition",
        "attachment; filename*=UTF-8''..%2F..%2Fetc%2Fa.pdf",
    )];
    let stored = put(&c, case, &id, &climbing, PDF).ok();
    assert_eq!(stored["filename"], "a.pdf");
}

#[test]
fn declared_names_are_checked() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    for name in ["a.exe", "a\u{202E}fdp.exe", ".pdf", "a.svg", "笔录.html"] {
        let body =
            json!({"kind": "document", "doc_type": "record", "title": "笔录", "filename": name});
        let faults = c.post(&path(case, ""), body).problem(422, "invalid");
        assert_eq!(faults["errors"][0]["pointer"], "/filename", "{name}");
    }
    let id = declare(&c, case, |b| b["filename"] = json!("C:\\temp\\笔录.pdf"));
    let list = c.get(&path(case, "")).ok();
    assert_eq!(list["data"][0]["filename"], "笔录.pdf");
    let stranger = json!({"kind": "evidence", "doc_type": "evidence", "title": "照片",
        "supplied_by": "01900000-0000-7000-8000-0000000f0001"});
    c.post(&path(case, ""), stranger)
        .blocked_by("unknown_reference");
    let twice = json!({"id": id, "kind": "document", "doc_type": "record", "title": "笔录"});
    c.post(&path(case, ""), twice).blocked_by("already_done");
}

#[test]
fn an_upload_over_the_cap_stops_and_leaves_nothing() {
    let app = TestApp::with(|config| config.max_file_mib = 1);
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let id = declare(&c, case, |_| {});
    let mut big = PDF.to_vec();
    big.resize(1024 * 1024 + 1, b' ');
    put(&c, case, &id, &[], &big).problem(413, "too_large");
    big.truncate(1024 * 1024);
    put(&c, case, &id, &[], &big).ok();
    assert_eq!(names_on_disk(&app).len(), 1);
}

#[test]
fn sealed_evidence_is_for_the_team_alone() {
    let app = TestApp::new();
    let case = registered(&app);
    in_state(&app, case, CaseState::InMediation, "chenyuee");
    let (steward, desk, chair) = (
        app.client("yeshanglong"),
        app.client("zhengguoxing"),
        app.client("chenyuee"),
    );
    let sealed = |b: &mut Value| b["sealed"] = json!(true);
    let id = declare(&steward, case, sealed);
    put(&steward, case, &id, &[], PDF).ok();
    let count = |c: &Client<'_>| {
        c.get(&path(case, "")).ok()["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((count(&steward), count(&chair), count(&desk)), (1, 1, 0));
    let file = path(case, &format!("/{id}/file"));
    chair.get(&file).ok_status();
    // Not even who filed it takes it out again; for the desk there is no such thing.
    steward.get(&file).problem(404, "not_found");
    desk.get(&file).problem(404, "not_found");
    put(&desk, case, &id, &[], PDF).problem(404, "not_found");
}

#[test]
fn only_who_may_file_uploads_and_only_while_the_case_is_open_to_it() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let id = declare(&c, case, |_| {});
    put(&app.client("tangqiaoyun"), case, &id, &[], PDF).problem(404, "not_found");
    put(&app.client("zhouminghua"), case, &id, &[], PDF).problem(403, "forbidden");
    put(&app.anonymous(), case, &id, &[], PDF).problem(401, "unauthenticated");
    let nowhere = "01900000-0000-7000-8000-0000000f0001";
    put(&c, case, nowhere, &[], PDF).problem(404, "not_found");
    let dry = put(&c, case, &id, &[("prefer", "handling=dry-run")], PDF);
    assert_eq!(dry.header("preference-applied"), Some("handling=dry-run"));
    assert!(names_on_disk(&app).is_empty());
    in_state(&app, case, CaseState::Archived, "chenyuee");
    put(&c, case, &id, &[], PDF).problem(409, "wrong_state");
}

#[test]
fn files_without_a_row_are_swept_after_a_day() {
    let app = TestApp::new();
    let case = registered(&app);
    let c = app.client("yeshanglong");
    let id = declare(&c, case, |_| {});
    put(&c, case, &id, &[], PDF).ok();
    let dir = app.config.file_dir();
    let kept = names_on_disk(&app);
    let orphan = app.state.ids.uuid().simple().to_string();
    for name in [orphan.as_str(), "incoming-x1", "README"] {
        std::fs::write(dir.join(name), b"x").unwrap();
    }
    let young = app.state.ids.uuid().simple().to_string();
    let seconds = u64::try_from(app.now().unix()).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let age = |name: &str, hours: u64| {
        let file = std::fs::File::options()
            .write(true)
            .open(dir.join(name))
            .unwrap();
        file.set_modified(now - Duration::from_secs(hours * 3_600))
            .unwrap();
    };
    std::fs::write(dir.join(&young), b"x").unwrap();
    for name in [kept[0].as_str(), &orphan, "incoming-x1", "README"] {
        age(name, 25);
    }
    age(&young, 23);
    let ids: Arc<dyn Ids> = Arc::clone(&app.state.ids);
    let ctx = system_ctx(&*app.clock, &ids);
    assert_eq!(files::sweep(&app.state.db, &ctx, &dir).unwrap(), 2);
    let mut left = names_on_disk(&app);
    left.sort();
    let mut wanted = vec![kept[0].clone(), young, "README".to_owned()];
    wanted.sort();
    assert_eq!(left, wanted);
    c.get(&path(case, &format!("/{id}/file"))).ok_status();
}
