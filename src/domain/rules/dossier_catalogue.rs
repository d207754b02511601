//! What the dossier of a case consists of: forms filled in from its data and the papers filed, in
//! the order of the catalogue (section 2.1), and which of them this case must have.

use uuid::Uuid;

use crate::domain::agreement::*;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Code, Lang};
use crate::domain::dossier::{DossierDoc, DossierEntry, LeftOut, Necessity};
use crate::domain::facts::Names;
use crate::domain::ids::AttachmentId;
use crate::domain::record::{Attachment, DocType};
use crate::domain::session::SessionKind;
use crate::domain::sheet::Sheet;
use crate::domain::time::Instant;

use super::attachments::after_archiving;
use super::ending::mediated;
use super::standing::in_force;
use super::{dossier_forms as forms, dossier_papers as papers};

/// What the forms need beside the file.
pub struct DossierFacts<'a> {
    pub names: &'a dyn Names,
    /// Name of the committee.
    pub committee: Option<String>,
    pub left_out: LeftOut,
    /// When the dossier is made, and by whom.
    pub at: Instant,
    pub by: String,
    /// The volume it is bound into with others.
    pub volume: Option<String>,
}

/// What a piece consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A form filled in from the data.
    Form(Sheet),
    /// A stored file, taken as it is.
    Stored(AttachmentId),
    /// A paper declared without a file: the original lies with the paper dossier, a sheet stands
    /// in for it.
    OnPaper(AttachmentId, Sheet),
}

/// One paper of the dossier. Cover, catalogue and back cover are made when the pages are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub doc: DossierDoc,
    pub title: String,
    /// The session or agreement it is about.
    pub object: Option<Uuid>,
    pub content: Content,
    /// Pages of a stored file; forms are counted when they are set.
    pub pages: i64,
    /// Extension of the file's name.
    pub extension: String,
    /// Hash of the stored file, lower-case hex.
    pub sha256: Option<String>,
}

/// The place of a filed paper in the catalogue.
pub fn doc_of(t: DocType) -> DossierDoc {
    match t {
        DocType::Application => DossierDoc::Application,
        DocType::AcceptanceForm => DossierDoc::AcceptanceForm,
        DocType::RightsNotice => DossierDoc::RightsNotice,
        DocType::IdentityProof => DossierDoc::IdentityProof,
        DocType::Mandate => DossierDoc::Mandate,
        DocType::Investigation => DossierDoc::Investigation,
        DocType::SiteSheet => DossierDoc::SiteSheet,
        DocType::Evidence => DossierDoc::Evidence,
        DocType::Record => DossierDoc::Record,
        DocType::Agreement => DossierDoc::Agreement,
        DocType::Voucher => DossierDoc::Voucher,
        DocType::FollowUp => DossierDoc::FollowUp,
        DocType::Confirmation => DossierDoc::Confirmation,
        DocType::DelegationLetter => DossierDoc::DelegationLetter,
        DocType::UndisputedFacts => DossierDoc::UndisputedFacts,
        DocType::Termination => DossierDoc::Termination,
        DocType::Minutes => DossierDoc::Minutes,
        DocType::Other => DossierDoc::Other,
    }
}

/// Whether this case must have the paper: it depends on how the matter came, what was done, and
/// how it ended.
pub fn necessity(file: &CaseFile, doc: DossierDoc) -> Necessity {
    use DossierDoc::*;
    let due = |yes: bool| {
        if yes {
            Necessity::Required
        } else {
            Necessity::NotDue
        }
    };
    let accepted = file.case.accepted_at.is_some();
    let agreed = |form| {
        file.agreements
            .iter()
            .any(|a| in_force(a) && a.form == form)
    };
    let delegated = !matches!(file.case.source, Source::Application | Source::ExOfficio);
    let agents = file.participants.iter().any(|p| p.mandate.is_some());
    let decided = file.agreements.iter().any(|a| {
        matches!(
            a.confirmation,
            ConfirmationState::Confirmed | ConfirmationState::Dismissed
        )
    });
    let detail = &file.case.detail;
    match doc {
        Cover | Catalogue | BackCover | AcceptanceForm => Necessity::Always,
        ClosingReport => due(accepted),
        DelegationLetter => due(delegated),
        Rejection => due(detail.rejection.is_some()),
        RightsNotice | IdentityProof | Record => due(mediated(file)),
        Mandate => due(agents),
        Agreement => due(agreed(AgreementForm::Written)),
        OralRegister => due(agreed(AgreementForm::Oral)),
        Termination => due(detail.termination.is_some()),
        FollowUp => due(agreed(AgreementForm::Written) || agreed(AgreementForm::Oral)),
        Confirmation => due(decided),
        Application | Investigation | SiteSheet | Evidence | UndisputedFacts | Minutes
        | Voucher | Other | Note => Necessity::AsNeeded,
    }
}

/// The text of the record of a caucus is confidential: it goes into no dossier (G-17).
pub fn is_caucus(kind: SessionKind) -> bool {
    kind == SessionKind::Caucus
}

/// What the file itself says is left out; the notes are counted elsewhere.
pub fn left_out(file: &CaseFile, caucus_notes: i64, working_notes: i64) -> LeftOut {
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    LeftOut {
        caucus_notes,
        working_notes,
        caucus_records: count(
            file.sessions
                .iter()
                .filter(|s| is_caucus(s.kind) && s.minutes.is_some())
                .count(),
        ),
        sealed_attachments: count(file.attachments.iter().filter(|a| a.sealed).count()),
        // What belongs to a crisis is not even counted here.
        incident_reports: count(
            file.incidents
                .iter()
                .filter(|i| i.crisis_id.is_none())
                .count(),
        ),
        hidden_contacts: count(file.parties.iter().filter(|p| p.contact_hidden).count()),
    }
}

/// Every paper between the catalogue and the back cover, in order.
pub fn pieces(file: &CaseFile, facts: &DossierFacts<'_>) -> Vec<Piece> {
    let mut out = vec![form(
        DossierDoc::AcceptanceForm,
        None,
        forms::acceptance(file, facts),
    )];
    if file.case.detail.rejection.is_some() {
        let sheet = forms::rejection(file, facts);
        out.push(form(DossierDoc::Rejection, None, sheet));
    }
    if mediated(file) {
        let sheet = forms::rights_notice(file, facts);
        out.push(form(DossierDoc::RightsNotice, None, sheet));
    }
    for s in file.sessions.iter().filter(|s| s.opened_at.is_some()) {
        let sheet = papers::record(file, s, facts);
        out.push(form(DossierDoc::Record, Some(s.id.uuid), sheet));
    }
    for a in file.agreements.iter().filter(|a| a.effective_at.is_some()) {
        let doc = match a.form {
            AgreementForm::Written => DossierDoc::Agreement,
            AgreementForm::Oral => DossierDoc::OralRegister,
        };
        out.push(form(
            doc,
            Some(a.id.uuid),
            papers::agreement(file, a, facts),
        ));
    }
    if let Some(t) = &file.case.detail.termination {
        let sheet = papers::termination(file, t, facts);
        out.push(form(DossierDoc::Termination, None, sheet));
    }
    for f in file.follow_ups.iter().filter(|f| f.counts()) {
        let sheet = papers::visit(file, f, facts);
        out.push(form(DossierDoc::FollowUp, Some(f.id.uuid), sheet));
    }
    if papers::has_follow_up(file) {
        let sheet = papers::follow_up(file, facts);
        out.push(form(DossierDoc::FollowUp, None, sheet));
    }
    if file.case.accepted_at.is_some() {
        let sheet = papers::closing_report(file, facts);
        out.push(form(DossierDoc::ClosingReport, None, sheet));
    }
    out.extend(file.attachments.iter().filter(|a| !a.sealed).map(filed));
    out.push(form(DossierDoc::Note, None, forms::note(file, facts)));
    // The sort is stable: a form stands before the papers filed to it, these by age.
    out.sort_by_key(|p| p.doc as u8);
    out
}

fn form(doc: DossierDoc, object: Option<Uuid>, sheet: Sheet) -> Piece {
    Piece {
        doc,
        title: sheet.title.clone(),
        object,
        content: Content::Form(sheet),
        pages: 0,
        extension: "pdf".to_owned(),
        sha256: None,
    }
}

/// A filed paper. One whose pages nobody counted is one page.
pub fn filed(a: &Attachment) -> Piece {
    let doc = doc_of(a.doc_type);
    let extension = |name: &String| {
        let (_, e) = name.rsplit_once('.')?;
        let plain = e.len() <= 5 && e.bytes().all(|b| b.is_ascii_alphanumeric());
        plain.then(|| e.to_ascii_lowercase())
    };
    let (content, extension) = if a.stored_at.is_some() {
        let e = a.filename.as_ref().and_then(extension);
        (Content::Stored(a.id), e.unwrap_or_else(|| "bin".to_owned()))
    } else {
        let sheet = forms::stand_in(a);
        (Content::OnPaper(a.id, sheet), "pdf".to_owned())
    };
    Piece {
        doc,
        title: format!("{}：{}", doc.label(Lang::Zh), a.title),
        object: None,
        content,
        pages: a.pages.unwrap_or(1).max(1),
        extension,
        sha256: a.sha256.clone(),
    }
}

/// What came to an archived dossier afterwards, in the order it was stored, so that a page
/// number once given stays. A file stored for what was bound as a paper without one is such too.
pub fn supplements<'a>(file: &'a CaseFile, bound: &[DossierEntry]) -> Vec<&'a Attachment> {
    let is_bound = |a: &Attachment| {
        bound
            .iter()
            .any(|e| e.attachment_id == Some(a.id) && e.sha256.is_some())
    };
    let mut out: Vec<&Attachment> = file
        .attachments
        .iter()
        .filter(|a| !a.sealed && a.stored_at.is_some() && !is_bound(a))
        .filter(|a| after_archiving(a.doc_type))
        .collect();
    out.sort_by_key(|a| (a.stored_at, a.id));
    out
}

/// The number on the cover.
pub fn number_of(case: &Case) -> String {
    case.case_no.clone().unwrap_or_else(|| case.code.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::testkit::*;
    use crate::domain::secret::Secret;
    use crate::domain::sheet::Block;

    struct Nobody;
    impl Names for Nobody {
        fn name(&self, _: Uuid) -> Option<String> {
            None
        }
    }

    fn facts(file: &CaseFile) -> DossierFacts<'static> {
        DossierFacts {
            names: &Nobody,
            committee: None,
            left_out: left_out(file, 2, 1),
            at: now(),
            by: "蔡文斌".to_owned(),
            volume: None,
        }
    }

    fn docs(file: &CaseFile) -> Vec<DossierDoc> {
        pieces(file, &facts(file)).iter().map(|p| p.doc).collect()
    }

    #[test]
    fn papers_stand_in_the_order_of_the_catalogue() {
        let mut f = file(CaseState::ClosedFailed);
        f.case.accepted_at = Some(now());
        for (n, t) in [
            (0x51, DocType::FollowUp),
            (0x52, DocType::Application),
            (0x53, DocType::Evidence),
        ] {
            let mut a = attachment(n);
            a.doc_type = t;
            f.attachments.push(a);
        }
        f.attachments[2].stored_at = None;
        use DossierDoc::*;
        assert_eq!(
            docs(&f),
            [
                Application,
                AcceptanceForm,
                Evidence,
                FollowUp,
                ClosingReport,
                Note
            ]
        );
        let list = pieces(&f, &facts(&f));
        assert!(matches!(list[2].content, Content::OnPaper(..)));
        assert_eq!(list[2].extension, "pdf");
        assert!(list[0].extension == "pdf" && list[0].pages == 1);
    }

    #[test]
    fn sealed_papers_and_caucus_records_stay_out() {
        let mut f = file(CaseState::ClosedFailed);
        let mut a = attachment(0x51);
        a.sealed = true;
        f.attachments.push(a);
        let mut s = crate::domain::rules::agreement_kit::session();
        s.kind = SessionKind::Caucus;
        s.opened_at = Some(now());
        s.minutes = Some(Secret::new("底线一十五万"));
        f.sessions.push(s);
        let out = facts(&f).left_out;
        assert_eq!((out.sealed_attachments, out.caucus_records), (1, 1));
        assert_eq!(out.total(), 5);
        let list = pieces(&f, &facts(&f));
        assert!(
            list.iter()
                .all(|p| !matches!(p.content, Content::Stored(_)))
        );
        let record = list.iter().find(|p| p.doc == DossierDoc::Record).unwrap();
        let Content::Form(sheet) = &record.content else {
            panic!("a form");
        };
        let said = |text: &str| {
            sheet
                .blocks
                .iter()
                .any(|b| matches!(b, Block::Text(t) if t.contains(text)))
        };
        assert!(said("依法保密") && !said("底线"));
    }

    #[test]
    fn what_is_needed_depends_on_the_ending() {
        let mut f = file(CaseState::ClosedNotAccepted);
        assert_eq!(necessity(&f, DossierDoc::RightsNotice), Necessity::NotDue);
        assert_eq!(
            necessity(&f, DossierDoc::DelegationLetter),
            Necessity::NotDue
        );
        f.case.source = Source::Court;
        assert_eq!(
            necessity(&f, DossierDoc::DelegationLetter),
            Necessity::Required
        );
        assert_eq!(necessity(&f, DossierDoc::Agreement), Necessity::NotDue);
        assert_eq!(necessity(&f, DossierDoc::Evidence), Necessity::AsNeeded);
    }

    #[test]
    fn supplements_keep_their_order() {
        let mut f = file(CaseState::Archived);
        let bound = DossierEntry {
            id: id(1),
            case_id: id(1),
            dossier_id: id(1),
            no: 0,
            doc: DossierDoc::Voucher,
            title: String::new(),
            object_id: None,
            attachment_id: Some(id(0x51)),
            file: String::new(),
            sha256: Some(String::new()),
            pages: 1,
            page_from: Some(1),
        };
        for (n, minutes) in [(0x53, 10), (0x52, 20), (0x51, 0)] {
            let mut a = attachment(n);
            a.doc_type = DocType::Voucher;
            a.stored_at = Some(now().plus_minutes(minutes));
            f.attachments.push(a);
        }
        let ids: Vec<AttachmentId> = supplements(&f, &[bound]).iter().map(|a| a.id).collect();
        assert_eq!(ids, [id(0x53), id(0x52)], "by when they were stored");
    }
}
