//! The dossier over HTTP: catalogue and checklist, binding and page numbers, retention and hold,
//! and the copy that leaves the house (LP section 2; SC-01, SC-02, SC-15, X-13).

use std::io::{Cursor, Read};
use std::path::Path;

use jieyou::crypto::secret::sha256_hex;
use serde_json::{Value, json};
use zip::ZipArchive;

use crate::support::mediation::*;
use crate::support::{Client, TestApp};

/// A picture too small to show anything, with a comment that must come back untouched.
const JPG: &[u8] = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xFF\xFE\x00\x0BGPS-KEPT!\xFF\xD9";
const WORDS: [&str; 3] = ["CANARY底线一十五万", "CANARY上限一十六万", "CANARY让步一万"];
const SEALED: &str = "CANARY封存的转账记录";

/// A ZIP as it came.
struct Copy {
    files: Vec<(String, Vec<u8>)>,
    manifest: Value,
}

impl Copy {
    #[track_caller]
    fn of(c: &Client<'_>, path: &str) -> Self {
        let answer = c.post(
            &format!("{path}/dossier-exports"),
            json!({"purpose": "法院调卷"}),
        );
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("application/zip"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let mut zip = ZipArchive::new(Cursor::new(answer.bytes)).unwrap();
        let files: Vec<(String, Vec<u8>)> = (0..zip.len())
            .map(|n| {
                let mut file = zip.by_index(n).unwrap();
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).unwrap();
                (file.name().unwrap().into_owned(), bytes)
            })
            .collect();
        let bytes = |name: &str| &files.iter().find(|(n, _)| n == name).unwrap().1;
        let manifest: Value = serde_json::from_slice(bytes("manifest.json")).unwrap();
        // The hash list names every file but itself, and is right.
        let sums = String::from_utf8(bytes("SHA256SUMS").clone()).unwrap();
        let wanted: String = files
            .iter()
            .filter(|(n, _)| n != "SHA256SUMS")
            .map(|(n, b)| format!("{}  {n}\n", sha256_hex(b)))
            .collect();
        assert_eq!(sums, wanted);
        Self { files, manifest }
    }

    fn entries(&self) -> &Vec<Value> {
        self.manifest["entries"].as_array().unwrap()
    }

    fn codes(&self) -> Vec<&str> {
        self.entries()
            .iter()
            .map(|e| e["code"].as_str().unwrap())
            .collect()
    }

    #[track_caller]
    fn bytes(&self, code: &str) -> &[u8] {
        let entry = self.entries().iter().find(|e| e["code"] == code);
        let name = entry.unwrap_or_else(|| panic!("no {code}"))["file"]
            .as_str()
            .unwrap();
        &self.files.iter().find(|(n, _)| n == name).unwrap().1
    }

    /// The text of every form, as another program reads it.
    fn text(&self) -> String {
        self.files
            .iter()
            .filter(|(n, b)| n.ends_with(".pdf") && b.starts_with(b"%PDF-1.7"))
            .map(|(_, b)| pdf_text(b))
            .collect()
    }
}

/// What `pdftotext` (poppler-utils) reads.
#[allow(clippy::disallowed_methods)]
fn pdf_text(pdf: &[u8]) -> String {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a.pdf");
    std::fs::write(&file, pdf).unwrap();
    let out = std::process::Command::new("pdftotext")
        .args([file.as_path(), Path::new("-")])
        .output()
        .expect("pdftotext is needed: tests/run.sh installs poppler-utils");
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    // Lines end where the page did: the words are looked for without breaks.
    String::from_utf8(out.stdout)
        .unwrap()
        .replace(['\n', ' '], "")
}

/// Declares a paper and stores a file for it; gives its id.
#[track_caller]
fn stored(c: &Client<'_>, s: &Story<'_>, body: Value, bytes: &[u8]) -> String {
    let made = c.post(&s.path("/attachments"), body).ok();
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1{}", s.path(&format!("/attachments/{id}/file")));
    c.raw("PUT", &path, &[], bytes.to_vec()).ok();
    id
}

fn partners() -> Value {
    json!([
        person("applicant", "丁广财"),
        person("respondent", "贺红兵")
    ])
}

fn identity() -> Value {
    json!({"kind": "evidence", "doc_type": "identity_proof", "title": "双方身份证复印件", "filename": "身份证.jpg"})
}

/// 丁广财 against 贺红兵: three caucuses, a sealed paper, settled at 156,000, performed, closed.
fn settled(app: &TestApp) -> Story<'_> {
    let s = Story::accepted(
        app,
        "shanglong",
        matter("contract", partners(), &["合伙投资款"]),
    );
    s.desk
        .do_(
            &s.path("/assignments"),
            json!({"user_id": s.chair_id, "role": "chair"}),
        )
        .ok();
    for p in &s.parties {
        s.desk
            .do_(&s.path(&format!("/parties/{p}/rights-notice")), json!({}))
            .ok();
    }
    let session = s.session_begins();
    for (n, words) in [0, 1, 0].into_iter().zip(WORDS) {
        s.heard_alone(&session, n, words);
    }
    s.session_ends(&session);
    s.chair
        .post(&s.path("/notes"), json!({"body": "CANARY工作笔记"}))
        .ok();
    stored(
        &s.chair,
        &s,
        json!({"kind": "evidence", "doc_type": "evidence", "title": SEALED, "sealed": true, "filename": "转账.jpg"}),
        JPG,
    );
    let debt = s.debt(1, 0, 15_600_000, "2026-03-31");
    let terms =
        "贺红兵于三月三十一日前一次性退还丁广财合伙投资款人民币156000元；逾期按约定承担责任。";
    let paper = s.drafted(json!({"terms": terms, "obligations": [debt]}));
    s.effective(&paper, &[0, 1]);
    for o in s.owed(&paper) {
        s.performed(&o);
    }
    s.desk.do_(&s.path("/close"), json!({})).ok();
    s
}

#[test]
fn sc_15_an_export_leaves_the_caucus_out_and_counts_it() {
    let app = TestApp::new();
    let s = settled(&app);
    let archivist = app.client("caiwenbin");
    let photo = stored(&archivist, &s, identity(), JPG);
    s.filed("follow_up").ok();
    archivist.do_(&s.path("/archive"), json!({})).ok();

    let copy = Copy::of(&archivist, &s.path(""));
    assert_eq!(
        copy.codes(),
        [
            "cover",
            "catalogue",
            "acceptance_form",
            "rights_notice",
            "identity_proof",
            "record",
            "agreement",
            "follow_up",
            "closing_report",
            "note",
            "back_cover"
        ]
    );
    let text = copy.text();
    for told in [
        "丁广财",
        "贺红兵",
        "一次性退还丁广财合伙投资款人民币156000元；逾期按约定承担责任。",
        "人民调解协议书",
        "权利义务告知书",
        "双方各自陈述",
        "纸质原件",
        "长期（30年）",
    ] {
        assert!(text.contains(told), "{told} is not in {text}");
    }
    let pages = copy.manifest["dossier"]["pages"].as_i64().unwrap();
    assert!(pages > 6);
    for n in [1, pages] {
        let foot = format!("第{n}页共{pages}页");
        // The last page may be a stored file's; a form's is somewhere near.
        assert!(n != 1 || text.contains(&foot), "{foot}");
    }
    assert!(text.contains(&format!("共{pages}页")));

    // Nothing of the caucuses, in the copy or what describes it.
    for (name, bytes) in &copy.files {
        let raw = String::from_utf8_lossy(bytes);
        assert!(!raw.contains("CANARY"), "{name}");
    }
    assert!(
        !text.contains("CANARY") && !text.contains("一十五万"),
        "{text}"
    );
    let out = &copy.manifest["left_out"];
    assert_eq!(out["caucus_notes"], 3);
    assert_eq!(out["working_notes"], 1);
    assert_eq!(out["sealed_attachments"], 1);
    assert_eq!(copy.manifest["left_out_total"], 5);
    assert!(text.contains("背靠背调解笔记3条"), "{text}");

    // A stored file comes back byte for byte.
    assert_eq!(copy.bytes("identity_proof"), JPG);
    let entry = copy
        .entries()
        .iter()
        .find(|e| e["code"] == "identity_proof")
        .unwrap();
    assert_eq!(entry["attachment_id"], photo);
    assert_eq!(entry["intact"], true);
    assert_eq!(copy.manifest["format"], "jieyou-dossier/1");
    assert_eq!(copy.manifest["retention"]["class"], "long");
    assert_eq!(copy.manifest["export"]["purpose"], "法院调卷");
    assert_eq!(copy.manifest["audit"]["stream"], format!("case/{}", s.id));

    // Recorded with the hash of what was handed out.
    let timeline = archivist.get(&s.path("/timeline?limit=200")).ok();
    let told = timeline.to_string();
    assert!(told.contains("dossier_exported"), "{told}");
    // The same paper twice is the same paper.
    let again = Copy::of(&archivist, &s.path(""));
    assert_eq!(again.bytes("agreement"), copy.bytes("agreement"));
}

#[test]
fn an_export_is_for_the_archive_the_desk_and_the_county_that_holds_the_case() {
    let app = TestApp::new();
    let s = settled(&app);
    let path = s.path("/dossier-exports");
    let body = json!({"purpose": "评查"});
    for (user, status, code) in [
        ("lindeshui", 403, "forbidden"),   // the chair
        ("yeshanglong", 403, "forbidden"), // the village
        ("zhanglixin", 403, "forbidden"),  // the county, not holding it
        ("sysadmin", 403, "forbidden"),
        ("shenji", 403, "forbidden"),      // the auditor
        ("tangqiaoyun", 404, "not_found"), // another township
    ] {
        app.client(user)
            .post(&path, body.clone())
            .problem(status, code);
    }
    let desk = app.client("zhengguoxing");
    desk.post(&path, json!({})).problem(422, "invalid");
    let dry = desk.raw(
        "POST",
        &format!("/api/v1{path}"),
        &[
            ("content-type", "application/json"),
            ("prefer", "handling=dry-run"),
        ],
        body.to_string().into_bytes(),
    );
    assert_eq!(dry.json()["dry_run"], true);
    let before = desk.get(&s.path("/timeline?limit=200")).ok().to_string();
    assert!(!before.contains("dossier_exported"));

    // Closed and not archived: bound for this once, the numbers are not for good.
    let copy = Copy::of(&desk, &s.path(""));
    assert_eq!(copy.manifest["dossier"]["page_numbers"], "provisional");
    assert_eq!(copy.manifest["dossier"]["archived_at"], Value::Null);
    assert!(copy.codes().contains(&"closing_report"));

    let open = Story::accepted(&app, "shanglong", matter("contract", partners(), &["货款"]));
    desk.post(&open.path("/dossier-exports"), body)
        .blocked_by("wrong_state");
    assert_eq!(
        std::fs::read_dir(app.config.file_dir())
            .unwrap()
            .filter(|e| e
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .starts_with("incoming-"))
            .count(),
        0,
        "no copy stays on the disk"
    );
}

#[test]
fn sc_02_page_numbers_are_given_once_and_kept() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "陈木生"),
        person("respondent", "陈木火")
    ]);
    let s = Story::in_mediation(
        &app,
        "xialong",
        matter("house_homestead", parties, &["宅基地界址"]),
    );
    let stone = json!({"debtor_id": s.parties[0], "creditor_id": s.parties[1], "kind": "do", "description": "按丈量结果埋设界石",
        "due_on": "2026-06-30", "mode": "other"});
    let paper = s.drafted(json!({"obligations": [stone]}));
    s.effective(&paper, &[0, 1]);
    for o in s.owed(&paper) {
        s.performed(&o);
    }
    s.desk.do_(&s.path("/close"), json!({})).ok();

    let archivist = app.client("caiwenbin");
    let look = || archivist.get(&s.path("/dossier")).ok();
    let before = look();
    assert_eq!(before["page_numbers"], "provisional");
    assert_eq!(before["retention"], "permanent");
    assert_eq!(before["complete"], false);
    let missing: Vec<&str> = before["missing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m["code"].as_str().unwrap())
        .collect();
    assert_eq!(missing, ["identity", "identity", "follow_up"]);
    for m in before["missing"].as_array().unwrap() {
        assert!(!m["cure"].as_str().unwrap().is_empty());
    }
    let state = |view: &Value, code: &str| {
        let list = view["checklist"].as_array().unwrap().clone();
        list.iter().find(|p| p["code"] == code).unwrap()["state"].clone()
    };
    assert_eq!(state(&before, "documents"), "open");
    assert_eq!(state(&before, "signatures"), "met");
    assert_eq!(state(&before, "page_numbers"), "at_archiving");
    let needed = |view: &Value, code: &str| {
        let list = view["expected"].as_array().unwrap().clone();
        list.iter()
            .find(|p| p["code"] == code)
            .map(|p| p["necessity"].clone())
    };
    assert_eq!(needed(&before, "agreement"), Some(json!("required")));
    assert_eq!(needed(&before, "oral_register"), None);
    let refused = archivist
        .do_(&s.path("/archive"), json!({}))
        .blocked_by("dossier_incomplete");
    assert_eq!(
        refused["blocked_by"][0]["items"].as_array().unwrap().len(),
        3
    );

    stored(&archivist, &s, identity(), JPG);
    s.filed("follow_up").ok();
    archivist.do_(&s.path("/archive"), json!({})).ok();
    let bound = look();
    assert_eq!(bound["page_numbers"], "assigned");
    assert_eq!(bound["keep_until"], Value::Null, "for ever");
    assert_eq!(bound["edition"], 1);
    assert_eq!(state(&bound, "page_numbers"), "met");
    let mut next = 1;
    for e in bound["catalogue"].as_array().unwrap() {
        let framed = ["cover", "catalogue", "back_cover"].contains(&e["code"].as_str().unwrap());
        if framed {
            assert_eq!(e["page_from"], Value::Null);
            continue;
        }
        assert_eq!(e["page_from"], next, "{e}");
        next += e["pages"].as_i64().unwrap();
        assert_eq!(e["page_to"], next - 1);
    }
    assert_eq!(bound["pages"], next - 1);
    let first = Copy::of(&archivist, &s.path(""));

    // a follow-up comes to the archived case, at the end; what was bound does not move.
    let late = json!({"kind": "document", "doc_type": "follow_up", "title": "次年回访", "filename": "回访.jpg"});
    stored(&archivist, &s, late, JPG);
    s.chair
        .patch(
            &s.path(&format!("/agreements/{paper}")),
            json!({"terms": "改"}),
        )
        .problem(409, "illegal_transition");
    let after = look();
    let (old, new) = (
        bound["catalogue"].as_array().unwrap(),
        after["catalogue"].as_array().unwrap(),
    );
    assert_eq!(new.len(), old.len() + 1);
    assert_eq!(&new[..old.len()], &old[..]);
    assert_eq!(new[old.len()]["supplement"], true);
    assert_eq!(new[old.len()]["page_from"], next);
    let second = Copy::of(&archivist, &s.path(""));
    assert_eq!(second.entries().len(), first.entries().len() + 1);
    for code in ["cover", "catalogue", "agreement", "record"] {
        assert_eq!(first.bytes(code), second.bytes(code), "{code}");
    }
    let masked = app.client("zhouminghua").get(&s.path("/dossier")).ok();
    assert!(!masked.to_string().contains("陈木生"), "{masked}");
}

#[test]
fn sc_01_small_cases_share_a_volume_and_others_do_not() {
    let app = TestApp::new();
    let parties = json!([
        person("applicant", "叶长根"),
        person("respondent", "叶阿六")
    ]);
    let s = Story::in_mediation(
        &app,
        "shanglong",
        matter("neighbour", parties, &["檐沟滴水"]),
    );
    let turn = json!({"debtor_id": s.parties[1], "creditor_id": s.parties[0], "kind": "do", "description": "将檐沟改道"});
    let body = json!({"form": "oral", "reached_at": app.now(), "facts": "檐沟滴水", "terms": "叶阿六将檐沟改道",
        "obligations": [turn], "performed_on_the_spot": true});
    s.chair.do_(&s.path("/agreements"), body).ok();
    s.desk.do_(&s.path("/close"), json!({})).ok();
    let archivist = app.client("caiwenbin");
    stored(&archivist, &s, identity(), JPG);
    let view = archivist.get(&s.path("/dossier")).ok();
    assert_eq!(
        (
            view["retention"].as_str(),
            view["may_share_volume"].as_bool()
        ),
        (Some("short"), Some(true))
    );
    let archive = |more: Value| {
        let mut body = json!({"follow_up_waiver": "当场履行完毕"});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        archivist.do_(&s.path("/archive"), body)
    };
    archive(json!({"retention": "long"})).blocked_by("retention_reason_missing");
    archive(json!({"retention": "long", "retention_reason": "当事人多次来访", "volume": "2026年口头卷一"}))
        .blocked_by("one_case_one_dossier");
    archive(json!({"volume": "2026年口头卷一"})).ok();
    let kept = archivist.get(&s.path("/dossier")).ok();
    assert_eq!(kept["volume"], "2026年口头卷一");
    assert_eq!(kept["keep_until"], "2036-03-02");
    let copy = Copy::of(&archivist, &s.path(""));
    assert!(copy.codes().contains(&"oral_register"));
    let text = copy.text();
    for told in [
        "口头协议登记表",
        "叶阿六将檐沟改道",
        "2026年口头卷一",
        "当场履行完毕",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }

    let big = settled(&app);
    stored(&archivist, &big, identity(), JPG);
    let body = json!({"follow_up_waiver": "迁居外省", "volume": "2026年卷二"});
    archivist
        .do_(&big.path("/archive"), body)
        .blocked_by("one_case_one_dossier");
    let body = json!({"follow_up_waiver": "迁居外省", "retention": "permanent", "retention_reason": "涉诉可能"});
    let done = archivist.do_(&big.path("/archive"), body).ok();
    assert_eq!(done["detail"]["retention"], "permanent");
    let view = archivist.get(&big.path("/dossier")).ok();
    assert_eq!(view["retention_reason"], "涉诉可能");
}

#[test]
fn a_legal_hold_is_a_supervisors_and_shown() {
    let app = TestApp::new();
    let s = settled(&app);
    let archivist = app.client("caiwenbin");
    stored(&archivist, &s, identity(), JPG);
    archivist
        .do_(&s.path("/archive"), json!({"follow_up_waiver": "迁居外省"}))
        .ok();
    let supervisor = app.client("zhouminghua");
    let why = json!({"reason": "涉诉，法院调卷"});
    for user in ["caiwenbin", "zhengguoxing", "lindeshui"] {
        app.client(user)
            .do_(&s.path("/legal-hold"), why.clone())
            .problem(403, "forbidden");
    }
    supervisor
        .do_(&s.path("/legal-hold/release"), why.clone())
        .blocked_by("no_hold");
    supervisor
        .do_(&s.path("/legal-hold"), json!({}))
        .problem(422, "invalid");
    let held = supervisor.do_(&s.path("/legal-hold"), why.clone()).ok();
    assert_eq!(held["detail"]["legal_hold"]["reason"], "涉诉，法院调卷");
    supervisor
        .do_(&s.path("/legal-hold"), why.clone())
        .blocked_by("already_done");
    let barred = |app: &TestApp| -> Vec<String> {
        let view = app.client("caiwenbin").get(&s.path("/dossier")).ok();
        view["destruction"]["blocked_by"]
            .as_array()
            .unwrap()
            .iter()
            .map(|b| b["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(barred(&app), ["legal_hold", "retention_running"]);
    let copy = Copy::of(&archivist, &s.path(""));
    assert!(copy.manifest["legal_hold"]["since"].is_string());
    // Thirty years later the hold still stands.
    app.at("2056-03-03");
    assert_eq!(barred(&app), ["legal_hold"]);
    let free = supervisor
        .do_(
            &s.path("/legal-hold/release"),
            json!({"reason": "案件审结"}),
        )
        .ok();
    assert_eq!(free["detail"]["legal_hold"], Value::Null);
    assert!(barred(&app).is_empty());
}

#[test]
fn a_matter_not_accepted_has_a_small_dossier() {
    let app = TestApp::new();
    let s = Story::registered(
        &app,
        "shanglong",
        matter("other", partners(), &["不服罚款"]),
    );
    s.desk
        .do_(
            &s.path("/screen"),
            json!({"civil": false, "special_organ": false, "accepted_elsewhere": false,
                "clear_parties": true, "concrete_claim": true}),
        )
        .ok();
    s.desk
        .do_(
            &s.path("/reject"),
            json!({"code": "na3_admin_act", "reason": "不服行政处罚", "routes": ["admin_review"]}),
        )
        .ok();
    s.desk.do_(&s.path("/close"), json!({})).ok();
    let archivist = app.client("caiwenbin");
    let view = archivist.get(&s.path("/dossier")).ok();
    assert_eq!(
        (&view["complete"], &view["retention"]),
        (&json!(true), &json!("short"))
    );
    archivist.do_(&s.path("/archive"), json!({})).ok();
    let copy = Copy::of(&archivist, &s.path(""));
    assert_eq!(
        copy.codes(),
        [
            "cover",
            "catalogue",
            "acceptance_form",
            "rejection",
            "note",
            "back_cover"
        ]
    );
    let text = copy.text();
    assert!(
        text.contains("不服行政处罚") && text.contains("行政复议"),
        "{text}"
    );
}
