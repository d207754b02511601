//! What is written down when a matter is registered.

use crate::domain::case::*;
use crate::domain::codes::Code;
use crate::domain::ids::*;
use crate::domain::input::{Fen, Int, Line, Obj, Text};
use crate::domain::time::Instant;

use super::party_input::NewParty;
use super::petitions::NewPetition;

/// Most parties one registration may bring; more are added one by one.
pub const MAX_PARTIES: usize = 300;
/// Most issues one registration may bring.
pub const MAX_ISSUES: usize = 50;

/// A matter to be registered (section 3; G-05).
#[derive(Clone, Debug)]
pub struct Register {
    pub id: Option<CaseId>,
    /// The unit that registers; needed only when the clerk answers for several.
    pub origin_id: Option<OrgId>,
    pub procedure: Procedure,
    pub kind: CaseType,
    pub subtype: Option<String>,
    pub tags: Vec<Tag>,
    pub source: Source,
    pub channel: Channel,
    pub title: Option<String>,
    pub summary: String,
    pub amount_fen: Option<i64>,
    pub place: Option<String>,
    /// When it happened.
    pub occurred_at: Option<Instant>,
    /// When we were told; may lie before the registration where there was no network.
    pub recorded_at: Option<Instant>,
    pub people_affected: Option<i64>,
    pub relation_kind: Option<RelationKind>,
    pub delegation_letter_no: Option<String>,
    pub delegation_stage: Option<DelegationStage>,
    pub petition: Option<NewPetition>,
    pub oral_note: Option<NewOralNote>,
    pub risk: Option<Risk>,
    pub risk_hints: Vec<RiskHint>,
    pub difficulty: Option<Difficulty>,
    pub confidentiality: Option<Confidentiality>,
    pub public_mode: bool,
    pub parties: Vec<NewParty>,
    pub issues: Vec<NewIssue>,
}

/// The note of an oral application (人民调解法 第十七条).
#[derive(Clone, Debug)]
pub struct NewOralNote {
    pub text: String,
    pub signed_by_party: bool,
}

impl NewOralNote {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let text = o.req::<Text<5000>>("text");
        let signed = o.or("signed_by_party", false);
        Some(Self {
            text: text?.0,
            signed_by_party: signed?,
        })
    }

    pub fn into_note(self, written_by: UserId) -> OralNote {
        OralNote {
            text: self.text,
            signed_by_party: self.signed_by_party,
            written_by,
        }
    }
}

/// A matter in dispute to be added.
#[derive(Clone, Debug)]
pub struct NewIssue {
    pub id: Option<IssueId>,
    pub text: String,
    pub claim: Option<String>,
    pub amount_fen: Option<i64>,
    pub claimed_by: Option<PartyId>,
}

impl NewIssue {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let text = o.req::<Text<500>>("text");
        let claim = o.opt::<Text<500>>("claim");
        let amount = o.opt::<Fen>("amount_fen");
        let claimed_by = o.opt("claimed_by");
        Some(Self {
            id: id?,
            text: text?.0,
            claim: claim?.map(|c| c.0),
            amount_fen: amount?.map(|a| a.0),
            claimed_by: claimed_by?,
        })
    }
}

/// Sources that come with a letter of another organ (人民调解法 第十八条).
pub fn is_delegated(source: Source) -> bool {
    !matches!(source, Source::Application | Source::ExOfficio)
}

/// Types where a labour and a service relation differ in law.
pub fn has_relation(kind: CaseType) -> bool {
    matches!(kind, CaseType::WageArrears | CaseType::LabourOther)
}

impl Register {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let origin_id = o.opt("origin_id");
        let procedure = o.or("procedure", Procedure::PeopleMediation);
        let kind = o.req::<CaseType>("type");
        let subtype = o.opt::<Line<40>>("subtype");
        let tags = o.list("tags", Tag::ALL.len());
        let source = o.req::<Source>("source");
        let channel = o.req("channel");
        let title = o.opt::<Line<100>>("title");
        let summary = o.req::<Text<2000>>("summary");
        let amount = o.opt::<Fen>("amount_fen");
        let place = o.opt::<Line<200>>("place");
        let occurred_at = o.opt("occurred_at");
        let recorded_at = o.opt("recorded_at");
        let people = o.opt::<Int<0, 1_000_000>>("people_affected");
        let relation_kind = o.opt("relation_kind");
        let letter = o.opt::<Line<60>>("delegation_letter_no");
        let stage = o.opt("delegation_stage");
        let petition = o.object("petition", NewPetition::read);
        let oral_note = o.object("oral_note", NewOralNote::read);
        let risk = o.opt("risk");
        let risk_hints = o.list("risk_hints", RiskHint::ALL.len());
        let difficulty = o.opt("difficulty");
        let confidentiality = o.opt("confidentiality");
        let public_mode = o.or("public_mode", false);
        let parties = o.objects("parties", MAX_PARTIES, NewParty::read);
        let issues = o.objects("issues", MAX_ISSUES, NewIssue::read);
        let out = Self {
            id: id?,
            origin_id: origin_id?,
            procedure: procedure?,
            kind: kind?,
            subtype: subtype?.map(|s| s.0),
            tags: tags?,
            source: source?,
            channel: channel?,
            title: title?.map(|t| t.0),
            summary: summary?.0,
            amount_fen: amount?.map(|a| a.0),
            place: place?.map(|p| p.0),
            occurred_at: occurred_at?,
            recorded_at: recorded_at?,
            people_affected: people?.map(|p| p.0),
            relation_kind: relation_kind?,
            delegation_letter_no: letter?.map(|l| l.0),
            delegation_stage: stage?,
            petition: petition?,
            oral_note: oral_note?,
            risk: risk?,
            risk_hints: risk_hints?,
            difficulty: difficulty?,
            confidentiality: confidentiality?,
            public_mode: public_mode?,
            parties: parties?,
            issues: issues?,
        };
        let faults = out.faults();
        for (field, code) in &faults {
            o.fault(field, code);
        }
        faults.is_empty().then_some(out)
    }

    fn faults(&self) -> Vec<(&'static str, &'static str)> {
        let mut out = Vec::new();
        if self.parties.is_empty() {
            out.push(("parties", "required"));
        }
        if self.relation_kind.is_some() && !has_relation(self.kind) {
            out.push(("relation_kind", "not_applicable"));
        }
        if self.delegation_letter_no.is_some() && !is_delegated(self.source) {
            out.push(("delegation_letter_no", "not_applicable"));
        }
        if self.delegation_stage.is_some() && self.procedure != Procedure::CourtDelegated {
            out.push(("delegation_stage", "not_applicable"));
        }
        if self.petition.is_some() && self.procedure != Procedure::Petition {
            out.push(("petition", "not_applicable"));
        }
        if self.oral_note.is_some() && self.source != Source::Application {
            out.push(("oral_note", "not_applicable"));
        }
        out
    }
}
