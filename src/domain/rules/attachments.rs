//! Evidence and documents: declared first, then stored once and never changed.

use uuid::Uuid;

use super::Who;
use super::file_types::{FileType, clean_file_name};
use crate::domain::case::CaseState;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{AttachmentId, PartyId};
use crate::domain::input::{Line, Obj};
use crate::domain::machine::{self, Act};
use crate::domain::record::{Attachment, AttachmentKind, DocType};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// The largest file, in bytes, unless the settings say less.
pub const MAX_FILE_BYTES: i64 = 20 * 1024 * 1024;

/// The metadata of a file to come.
#[derive(Clone, Debug)]
pub struct Declare {
    pub id: Option<AttachmentId>,
    pub kind: AttachmentKind,
    pub doc_type: DocType,
    pub title: String,
    pub supplied_by: Option<PartyId>,
    pub is_original: bool,
    /// For the mediating team alone.
    pub sealed: bool,
    /// Whose signature the paper bears.
    pub signed_by: Vec<PartyId>,
    pub filename: Option<String>,
}

impl Declare {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req("kind");
        let doc_type = o.req("doc_type");
        let title = o.req::<Line<200>>("title");
        let supplied_by = o.opt("supplied_by");
        let is_original = o.or("is_original", false);
        let sealed = o.or("sealed", false);
        let signed_by = o.list("signed_by", 500);
        let filename = o.opt::<Line<300>>("filename").and_then(|name| match name {
            Some(raw) => match clean_file_name(&raw.0) {
                Some(clean) => Some(Some(clean)),
                None => {
                    o.fault("filename", "invalid_file_name");
                    None
                }
            },
            None => Some(None),
        });
        if let (Some(kind), Some(doc_type)) = (kind, doc_type)
            && !may_be(kind, doc_type)
        {
            o.fault("doc_type", "kind_mismatch");
        }
        Some(Self {
            id: id?,
            kind: kind?,
            doc_type: doc_type?,
            title: title?.0,
            supplied_by: supplied_by?,
            is_original: is_original?,
            sealed: sealed?,
            signed_by: signed_by?,
            filename: filename?,
        })
    }
}

/// Evidence proves facts of the dispute; the papers of the procedure are documents. A site sheet,
/// an identity proof, a voucher or an investigation record can be either.
pub fn may_be(kind: AttachmentKind, doc_type: DocType) -> bool {
    use DocType::*;
    match kind {
        AttachmentKind::Document => doc_type != Evidence,
        AttachmentKind::Evidence => matches!(
            doc_type,
            Evidence | SiteSheet | IdentityProof | Voucher | Investigation | Other
        ),
    }
}

/// What an archived dossier still takes: papers of what came after.
pub fn after_archiving(doc_type: DocType) -> bool {
    matches!(doc_type, DocType::Voucher | DocType::FollowUp)
}

/// What an archived dossier still takes: papers of performance and follow-up, nothing else (G-40).
fn archive_guard(file: &CaseFile, doc_type: DocType) -> Option<Refusal> {
    let closed = file.case.state == CaseState::Archived && !after_archiving(doc_type);
    closed.then(|| Refusal::about(Reason::WrongState, [file.case.state]))
}

/// What bars a file for a document: an archived case takes a few kinds only.
pub fn archive_guards(file: &CaseFile, attachment: &Attachment) -> Vec<Refusal> {
    archive_guard(file, attachment.doc_type)
        .into_iter()
        .collect()
}

/// M-49: undisputed facts are put on paper with the signature of every principal party, or not at
/// all; names those who did not sign.
fn unsigned_facts(file: &CaseFile, input: &Declare) -> Vec<PartyId> {
    if input.doc_type != DocType::UndisputedFacts {
        return Vec::new();
    }
    file.principals()
        .map(|p| p.id)
        .filter(|id| !input.signed_by.contains(id))
        .collect()
}

/// Declares evidence or a document. Appends: the case itself does not change.
///
/// # Errors
/// `unknown_reference`, `already_done`, `wrong_state` (archived), `undisputed_facts_unsigned`.
pub fn declare(
    file: &CaseFile,
    input: Declare,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::AddEvidence));
    let mut g = Guards::new();
    g.extend(archive_guard(file, input.doc_type).into_iter().collect());
    let stranger = input.supplied_by.filter(|p| file.party(*p).is_none());
    g.forbid(stranger, Reason::UnknownReference);
    let strangers = input.signed_by.iter().filter(|p| file.party(**p).is_none());
    g.forbid(strangers, Reason::UnknownReference);
    let unsigned = unsigned_facts(file, &input);
    g.forbid(unsigned, Reason::UndisputedFactsUnsigned);
    let id = input.id.unwrap_or_else(|| ids.id());
    g.require(file.attachment(id).is_none(), Reason::AlreadyDone);
    g.done()?;

    let mut d = Decision::on(file);
    d.event(Event::AttachmentAdded {
        attachment: id,
        doc_type: input.doc_type,
    });
    d.insert(Attachment {
        id,
        case_id: file.case.id,
        kind: input.kind,
        doc_type: input.doc_type,
        title: input.title,
        supplied_by: input.supplied_by,
        is_original: input.is_original,
        sealed: input.sealed,
        signed_by: input.signed_by,
        filename: input.filename,
        media_type: None,
        size_bytes: None,
        sha256: None,
        pages: None,
        file_key: None,
        stored_at: None,
        created_by: who.user,
        created_at: now,
    });
    Ok(d)
}

/// What is known of an uploaded file once its last byte is there.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// The name sent with the file, as sent; else the declared one counts.
    pub filename: Option<String>,
    /// The request's `Content-Type`.
    pub declared_type: Option<String>,
    /// The type by content.
    pub sniffed: Option<FileType>,
    pub size_bytes: i64,
    /// Lower-case hex.
    pub sha256: String,
    pub pages: Option<i64>,
    /// What the file is stored as.
    pub file_key: Uuid,
    /// The size cap in force, in bytes.
    pub max_bytes: i64,
}

/// What bars storing this file under this declaration; items: `empty`, `too_large`,
/// `type_not_allowed`, `extension`, `content_type`, `file_name`.
pub fn store_guards(attachment: &Attachment, facts: &FileFacts) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(attachment.stored_at.is_none(), Reason::AlreadyDone);
    let name = kept_name(attachment, facts);
    let extension = name.as_deref().and_then(|n| n.rsplit_once('.'));
    let promised = extension.and_then(|(_, e)| FileType::of_extension(e));
    let declared = facts.declared_type.as_deref().unwrap_or_default();
    let faults = [
        (facts.size_bytes < 1, "empty"),
        (facts.size_bytes > facts.max_bytes, "too_large"),
        (
            facts.size_bytes > 0 && facts.sniffed.is_none(),
            "type_not_allowed",
        ),
        (name.is_none(), "file_name"),
        (
            facts.sniffed.is_some() && name.is_some() && promised != facts.sniffed,
            "extension",
        ),
        (
            facts.sniffed.is_some_and(|t| !t.agrees_with(declared)),
            "content_type",
        ),
    ];
    let wrong = faults.iter().filter(|(bad, _)| *bad).map(|(_, item)| *item);
    g.forbid(wrong, Reason::MismatchedFile);
    g.into_inner()
}

fn kept_name(attachment: &Attachment, facts: &FileFacts) -> Option<String> {
    match &facts.filename {
        Some(raw) => clean_file_name(raw),
        None => attachment.filename.clone(),
    }
}

/// Records the stored file: once, with its hash. Appends.
pub fn store_file(
    file: &CaseFile,
    id: AttachmentId,
    facts: FileFacts,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::AddEvidence));
    let attachment = file
        .attachment(id)
        .ok_or_else(|| vec![Refusal::about(Reason::UnknownReference, [id])])?;
    let mut g = Guards::new();
    g.extend(
        archive_guard(file, attachment.doc_type)
            .into_iter()
            .collect(),
    );
    g.extend(store_guards(attachment, &facts));
    g.done()?;

    let mut d = Decision::on(file);
    d.event(Event::AttachmentStored {
        attachment: id,
        sha256: facts.sha256.clone(),
        size_bytes: facts.size_bytes,
    });
    d.update(Attachment {
        filename: kept_name(attachment, &facts),
        media_type: facts.sniffed.map(|t| t.media_type().to_owned()),
        size_bytes: Some(facts.size_bytes),
        sha256: Some(facts.sha256),
        pages: facts.pages,
        file_key: Some(facts.file_key),
        stored_at: Some(now),
        ..attachment.clone()
    });
    Ok(d)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::decision::{Entity, Put};
    use crate::domain::rules::testkit::*;

    fn with_photo() -> CaseFile {
        let mut f = file(CaseState::InMediation);
        let mut a = attachment(0x50);
        a.filename = Some("檐沟.jpg".into());
        (a.stored_at, a.sha256, a.size_bytes, a.media_type) = (None, None, None, None);
        f.attachments.push(a);
        f
    }

    fn photo() -> FileFacts {
        FileFacts {
            filename: None,
            declared_type: Some("image/jpeg".into()),
            sniffed: Some(FileType::Jpg),
            size_bytes: 1_000,
            sha256: "ab".repeat(32),
            pages: Some(1),
            file_key: Uuid::from_u128(7),
            max_bytes: MAX_FILE_BYTES,
        }
    }

    #[test]
    fn an_archive_takes_what_came_after_alone() {
        let f = file(CaseState::Archived);
        let outcome = |doc_type: &str| {
            let body = json!({"kind": "document", "doc_type": doc_type, "title": "回访记录"});
            let input = read(body, Declare::read).unwrap();
            declare(
                &f,
                input,
                &who(0x20, &[VILLAGE]),
                &mut Ids::default(),
                now(),
            )
        };
        assert!(outcome("follow_up").is_ok());
        assert!(outcome("voucher").is_ok());
        assert_eq!(reasons(&outcome("mandate")), [Reason::WrongState]);
    }

    fn faults(facts: FileFacts) -> Vec<String> {
        let outcome = store_file(&with_photo(), id(0x50), facts, now());
        items(&outcome, Reason::MismatchedFile)
    }

    #[test]
    fn declaring_appends() {
        let f = file(CaseState::InMediation);
        let body = json!({"kind": "evidence", "doc_type": "evidence", "title": "檐沟照片",
            "supplied_by": f.parties[0].id, "sealed": true, "filename": "../檐沟.jpg"});
        let input = read(body, Declare::read).unwrap();
        let d = declare(
            &f,
            input,
            &who(0x20, &[VILLAGE]),
            &mut Ids::default(),
            now(),
        )
        .unwrap();
        assert!(!d.case_changed());
        let Some(Put::Insert(Entity::Attachment(a))) = d.puts.first() else {
            panic!("an attachment");
        };
        assert_eq!(a.filename.as_deref(), Some("檐沟.jpg"));
        assert!(a.sealed && a.stored_at.is_none());
    }

    #[test]
    fn a_declaration_is_checked() {
        let body = json!({"kind": "evidence", "doc_type": "agreement", "title": "x",
            "filename": "a.exe"});
        assert_eq!(
            violations(read(body, Declare::read)),
            ["/doc_type kind_mismatch", "/filename invalid_file_name"]
        );
        let f = file(CaseState::InMediation);
        let body = json!({"kind": "document", "doc_type": "mandate", "title": "委托书",
            "supplied_by": id::<crate::domain::ids::PartyKey>(0x999)});
        let input = read(body, Declare::read).unwrap();
        let outcome = declare(&f, input, &who(0x20, &[]), &mut Ids::default(), now());
        assert_eq!(reasons(&outcome), [Reason::UnknownReference]);
    }

    #[test]
    fn a_file_is_stored_once() {
        let mut f = with_photo();
        let d = store_file(&f, id(0x50), photo(), now()).unwrap();
        assert!(!d.case_changed());
        apply(&mut f, &d);
        assert_eq!(f.attachments[0].media_type.as_deref(), Some("image/jpeg"));
        let again = store_file(&f, id(0x50), photo(), now());
        assert_eq!(reasons(&again), [Reason::AlreadyDone]);
        let unknown = store_file(&f, id(0x51), photo(), now());
        assert_eq!(reasons(&unknown), [Reason::UnknownReference]);
    }

    #[test]
    fn content_name_and_declaration_agree() {
        type Change = fn(&mut FileFacts);
        let cases: [(Change, &[&str]); 8] = [
            (|_| {}, &[]),
            (|f| f.size_bytes = 0, &["empty"]),
            (|f| f.size_bytes = f.max_bytes + 1, &["too_large"]),
            (|f| f.sniffed = None, &["type_not_allowed"]),
            (
                |f| f.sniffed = Some(FileType::Pdf),
                &["extension", "content_type"],
            ),
            (
                |f| f.declared_type = Some("text/html".into()),
                &["content_type"],
            ),
            (|f| f.filename = Some("檐沟.png".into()), &["extension"]),
            (
                |f| f.filename = Some("檐\u{202E}gpj.exe".into()),
                &["file_name"],
            ),
        ];
        for (change, want) in cases {
            let mut facts = photo();
            change(&mut facts);
            assert_eq!(faults(facts), want);
        }
    }

    #[test]
    fn undisputed_facts_bear_every_signature() {
        let f = with_photo();
        let try_with = |signed: &[u128]| {
            let signed: Vec<PartyId> = signed.iter().map(|n| id(*n)).collect();
            let body = json!({"kind": "document", "doc_type": "undisputed_facts", "title": "无争议事实记载",
                "signed_by": signed});
            let input = read(body, Declare::read).unwrap();
            declare(
                &f,
                input,
                &crate::domain::rules::session_kit::staff(),
                &mut Ids::default(),
                now(),
            )
        };
        let alone = try_with(&[0x101]).unwrap_err();
        assert_eq!(alone[0].reason, Reason::UndisputedFactsUnsigned);
        assert_eq!(
            alone[0].items,
            [id::<crate::domain::ids::PartyKey>(0x102).to_string()]
        );
        assert!(try_with(&[0x101, 0x102]).is_ok());
    }
}
