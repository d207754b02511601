//! How long a dossier of 200 pages takes: set, numbered, printed with embedded fonts, zipped with
//! its stored papers and hashes. `cargo bench --bench dossier [-- PAGES]`; exits with 1 over the
//! limit of ten seconds.

use std::time::Instant as Clock;

use jieyou::domain::case::*;
use jieyou::domain::casefile::CaseFile;
use jieyou::domain::dossier::LeftOut;
use jieyou::domain::ids::*;
use jieyou::domain::party::*;
use jieyou::domain::record::{Attachment, AttachmentKind, DocType};
use jieyou::domain::rules::dossier_catalogue::DossierFacts;
use jieyou::domain::secret::Secret;
use jieyou::domain::session::*;
use jieyou::domain::time::Instant;
use jieyou::paper::binding::bind;
use jieyou::paper::export::{Plan, export};
use jieyou::store::people::NameBook;
use uuid::Uuid;

const LIMIT_SECONDS: f64 = 10.0;

fn id<T>(n: u128) -> Id<T> {
    Id::new(Uuid::from_u128(n))
}

fn case(at: Instant) -> Case {
    Case {
        id: id(1),
        code: "YL26-BENCH".to_owned(),
        case_no: Some("（2026）云岭人调字第1号".to_owned()),
        committee_id: None,
        procedure: Procedure::PeopleMediation,
        title: "六十户宅基地历史纠纷".to_owned(),
        kind: CaseType::HouseHomestead,
        state: CaseState::ClosedFailed,
        outcome: Some(Outcome::Failed),
        risk: Risk::Blue,
        difficulty: Difficulty::Major,
        source: Source::Application,
        channel: Channel::WalkIn,
        origin_id: id(2),
        origin_desk_id: None,
        holder_id: id(2),
        holder_desk_id: None,
        holder_since: at,
        registrar_id: id(3),
        registered_at: at,
        accepted_at: Some(at),
        closed_at: Some(at),
        next_step: None,
        next_due_at: None,
        live: false,
        version: 1,
        audit_seq: 1,
        audit_hash: String::new(),
        amount_fen: None,
        summary: "1987 年界址，两次规划变更，各户对四至各执一词。".repeat(20),
        updated_at: at,
        detail: CaseDetail::default(),
    }
}

fn party(n: u128, at: Instant) -> Party {
    Party {
        id: id(100 + n),
        case_id: id(1),
        side: if n == 0 { 2 } else { 1 },
        role: if n == 0 {
            PartyRole::Respondent
        } else {
            PartyRole::Applicant
        },
        kind: PartyKind::NaturalPerson,
        name: format!("苏坂村第{n}户"),
        name_key: String::new(),
        gender: Gender::Unknown,
        birth_date: None,
        id_no: None,
        uscc: None,
        phone: Some(Secret::new("13900000001")),
        email: None,
        address: Some(Secret::new("云岭县枫溪乡苏坂村三组")),
        capacity: Capacity::Full,
        consent: Consent::Given,
        consent_at: Some(at),
        rights_notice_at: Some(at),
        is_representative: false,
        settle_auth: SettleAuth::Yes,
        withdrawn_at: None,
        substituted_by: None,
        contact_hidden: false,
        created_by: id(3),
        created_at: at,
        detail: PartyDetail::default(),
    }
}

fn session(n: i32, at: Instant, text: &str) -> Session {
    Session {
        id: id(1000 + u128::from(n.unsigned_abs())),
        case_id: id(1),
        no: n,
        kind: SessionKind::OnSite,
        state: SessionState::Closed,
        planned_from: at,
        planned_to: at,
        venue_kind: VenueKind::Site,
        room_id: None,
        venue: Some(Secret::new("苏坂村村部")),
        is_public: false,
        sequence: 0,
        opened_at: Some(at),
        closed_at: Some(at),
        result: Some(SessionResult::Continue),
        caucus_party: None,
        minutes: Some(Secret::new(text)),
        attendees: Vec::new(),
        created_by: id(3),
        created_at: at,
        detail: SessionDetail::default(),
    }
}

fn photo(n: u128, at: Instant) -> Attachment {
    Attachment {
        id: id(5000 + n),
        case_id: id(1),
        kind: AttachmentKind::Evidence,
        doc_type: DocType::Evidence,
        title: format!("现场照片 {n}"),
        supplied_by: None,
        is_original: true,
        sealed: false,
        signed_by: Vec::new(),
        filename: Some("照片.jpg".to_owned()),
        media_type: Some("image/jpeg".to_owned()),
        size_bytes: Some(0),
        sha256: Some(String::new()),
        pages: Some(1),
        file_key: Some(Uuid::from_u128(5000 + n)),
        stored_at: Some(at),
        created_by: id(3),
        created_at: at,
    }
}

fn main() {
    let pages: i64 = std::env::args()
        .skip(1)
        .find_map(|a| a.parse().ok())
        .unwrap_or(200);
    let at = Instant::parse("2026-03-02T10:00:00+08:00").unwrap_or_default();
    let dir = match tempfile::tempdir() {
        Ok(dir) => dir,
        Err(e) => panic!("no temporary directory: {e}"),
    };
    let mut file = CaseFile::new(case(at));
    file.parties.extend((0..60).map(|n| party(n, at)));
    for n in 0..20 {
        let photo = photo(n, at);
        let path = dir
            .path()
            .join(Uuid::from_u128(5000 + n).simple().to_string());
        std::fs::write(path, vec![0xA5_u8; 2_000_000]).unwrap_or_else(|e| panic!("{e}"));
        file.attachments.push(photo);
    }
    // About five pages of record a session, different words each time.
    let words =
        "双方各自陈述事实与理由，调解员依法释明土地管理法律法规，逐户核对界址点坐标与四至。";
    let text: String = (0..90).map(|n| format!("{n}、{words}\n")).collect();
    let names = NameBook::default();
    let facts = || DossierFacts {
        names: &names,
        committee: Some("枫溪乡人民调解委员会".to_owned()),
        left_out: LeftOut::default(),
        at,
        by: "蔡文斌".to_owned(),
        volume: None,
    };
    // As many sessions as it takes.
    loop {
        let n = i32::try_from(file.sessions.len()).unwrap_or(i32::MAX) + 1;
        file.sessions.push(session(n, at, &text));
        if n % 10 == 0 && bind(&file, &facts()).is_ok_and(|b| b.pages >= pages) {
            break;
        }
    }

    let started = Clock::now();
    let path = dir.path().join("out.zip");
    let out = std::fs::File::create(&path).unwrap_or_else(|e| panic!("{e}"));
    let plan = Plan {
        file: &file,
        facts: facts(),
        bound: None,
        purpose: "bench",
        checkpoint: None,
    };
    let done = export(&plan, dir.path(), out).unwrap_or_else(|e| panic!("{e}"));
    let seconds = started.elapsed().as_secs_f64();
    let size = std::fs::metadata(&path).map(|m| m.len()).unwrap_or(0);
    println!(
        "dossier: {} papers, {} pages, {:.1} MB in {seconds:.2} s (limit {LIMIT_SECONDS} s)",
        done.entries,
        done.pages,
        size as f64 / 1e6
    );
    if seconds > LIMIT_SECONDS {
        std::process::exit(1);
    }
}
