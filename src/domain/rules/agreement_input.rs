//! What the acts of drafting read: a draft, an oral agreement's record, an edit.

use crate::domain::agreement::*;
use crate::domain::ids::*;
use crate::domain::input::{Int, Obj, Patch, Text};
use crate::domain::time::Instant;

use super::agreement_content::{clarity_warning, ownership_warning};
use super::agreement_plan::NewObligation;

/// An agreement as drafted, or an oral one as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub id: Option<AgreementId>,
    pub form: AgreementForm,
    /// `None`: every live party of the opposing sides.
    pub parties: Option<Vec<PartyId>>,
    /// `None`: every open issue.
    pub issues: Option<Vec<IssueId>>,
    /// The drafter says that something is left open.
    pub partial: bool,
    pub reached_at: Option<Instant>,
    /// Oral only: everything was performed at once before the creditors, who confirm it.
    pub performed_on_the_spot: bool,
    pub content: Content,
    pub obligations: Vec<NewObligation>,
}

/// What can be written into a draft, and rewritten.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    pub facts: Patch<Text<8000>>,
    pub liability: Patch<Text<4000>>,
    pub terms: Patch<Text<8000>>,
    pub performance: Patch<Text<4000>>,
    pub place: Patch<Text<200>>,
    pub copies: Patch<Int<1, 1000>>,
    /// The parties who chose electronic signature (G-22); `None` keeps what is there.
    pub e_sign_by: Option<Vec<PartyId>>,
    pub divorce_effect: Patch<bool>,
    pub kinship: Patch<bool>,
    pub criminal_waiver: Patch<bool>,
    pub third_party_harm: Patch<bool>,
    pub ownership: Patch<bool>,
    pub minor_harm: Patch<bool>,
    /// Why a clause on the ownership of land or a house is kept (G-20, soft).
    pub ownership_reason: Option<String>,
    /// Why words that leave open what is owed are kept (G-19, soft).
    pub clarity_reason: Option<String>,
}

impl Content {
    /// Reads the members of the content, each as a merge patch.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let facts = o.patch("facts");
        let liability = o.patch("liability");
        let terms = o.patch("terms");
        let performance = o.patch("performance");
        let place = o.patch("place");
        let copies = o.patch("copies");
        let e_sign_by = id_list(o, "e_sign_by");
        let divorce_effect = o.patch("divorce_effect");
        let kinship = o.patch("kinship");
        let criminal_waiver = o.patch("criminal_waiver");
        let third_party_harm = o.patch("third_party_harm");
        let ownership = o.patch("ownership");
        let minor_harm = o.patch("minor_harm");
        let reason = o.opt::<Text<500>>("ownership_reason");
        let clarity = o.opt::<Text<500>>("clarity_reason");
        Some(Self {
            facts: facts?,
            liability: liability?,
            terms: terms?,
            performance: performance?,
            place: place?,
            copies: copies?,
            e_sign_by: e_sign_by?,
            divorce_effect: divorce_effect?,
            kinship: kinship?,
            criminal_waiver: criminal_waiver?,
            third_party_harm: third_party_harm?,
            ownership: ownership?,
            minor_harm: minor_harm?,
            ownership_reason: reason?.map(|r| r.0),
            clarity_reason: clarity?.map(|r| r.0),
        })
    }

    /// Writes the content; `null` empties a text and takes a flag back.
    pub(super) fn write(self, d: &mut AgreementDetail, now: Instant) {
        text(self.facts, &mut d.facts, |t| t.0);
        text(self.liability, &mut d.liability, |t| t.0);
        text(self.terms, &mut d.terms, |t| t.0);
        text(self.performance, &mut d.performance, |t| t.0);
        text(self.place, &mut d.place, |t| t.0);
        text(self.copies, &mut d.copies, |n| n.0);
        text(self.divorce_effect, &mut d.divorce_effect, |b| b);
        text(self.kinship, &mut d.kinship, |b| b);
        text(self.criminal_waiver, &mut d.criminal_waiver, |b| b);
        text(self.third_party_harm, &mut d.third_party_harm, |b| b);
        text(self.ownership, &mut d.ownership, |b| b);
        self.minor_harm.apply_opt(&mut d.minor_harm);
        if let Some(chosen) = self.e_sign_by {
            d.e_sign_by = chosen;
        }
        let answers = [
            self.ownership_reason.map(|r| ownership_warning(r, now)),
            self.clarity_reason.map(|r| clarity_warning(r, now)),
        ];
        for warning in answers.into_iter().flatten() {
            d.warnings.retain(|w| w.code != warning.code);
            d.warnings.push(warning);
        }
    }
}

fn text<T, U: Default>(patch: Patch<T>, field: &mut U, plain: impl FnOnce(T) -> U) {
    match patch {
        Patch::Keep => {}
        Patch::Clear => *field = U::default(),
        Patch::Set(v) => *field = plain(v),
    }
}

/// A list of ids, or `None` when the member is absent.
pub fn id_list<T>(o: &mut Obj<'_>, name: &'static str) -> Option<Option<Vec<Id<T>>>> {
    let given = o.has(name);
    let list = o.list(name, 500)?;
    Some(given.then_some(list))
}

impl Draft {
    /// Reads a draft; `form` is `written` unless told.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let form = o.or("form", AgreementForm::Written);
        let parties = id_list(o, "parties");
        let issues = id_list(o, "issues");
        let partial = o.or("partial", false);
        let reached_at = o.opt("reached_at");
        let on_the_spot = o.or("performed_on_the_spot", false);
        let content = Content::read(o);
        let oral = form == Some(AgreementForm::Oral);
        let obligations = o.objects("obligations", 50, |b| NewObligation::read(b, oral));
        if oral && reached_at == Some(None) {
            o.fault("reached_at", "required");
        }
        Some(Self {
            id: id?,
            form: form?,
            parties: parties?,
            issues: issues?,
            partial: partial?,
            reached_at: reached_at?,
            performed_on_the_spot: on_the_spot?,
            content: content?,
            obligations: obligations?,
        })
    }
}

/// A change to a draft.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub parties: Option<Vec<PartyId>>,
    pub issues: Option<Vec<IssueId>>,
    pub partial: Option<bool>,
    pub reached_at: Patch<Instant>,
    pub content: Content,
}

impl Edit {
    /// Reads a merge patch of a draft.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let parties = id_list(o, "parties");
        let issues = id_list(o, "issues");
        let partial = o.opt("partial");
        let reached_at = o.patch("reached_at");
        let content = Content::read(o);
        Some(Self {
            parties: parties?,
            issues: issues?,
            partial: partial?,
            reached_at: reached_at?,
            content: content?,
        })
    }
}
