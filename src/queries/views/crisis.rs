//! Views of a crisis: for those who handle it, and what others are answered.

use serde::Serialize;

use crate::domain::codes::{Code, Lang};
use crate::domain::crisis::*;
use crate::domain::ids::*;
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// A crisis in a list.
#[derive(Debug, Serialize)]
pub struct CrisisItem {
    pub id: CrisisId,
    pub case_id: CaseId,
    pub case_code: String,
    pub state: CrisisState,
    pub tier: Tier,
    pub raised_at: Instant,
    pub acknowledged_at: Option<Instant>,
    /// The earliest step that is open.
    pub next_due_at: Option<Instant>,
    pub overdue_steps: usize,
    /// Mediation stands still for it.
    pub holds_mediation: bool,
    pub closed_at: Option<Instant>,
}

impl CrisisItem {
    pub fn of(f: &CrisisFile, case_code: &str, holds: bool, now: Instant) -> Self {
        let open = || f.steps.iter().filter(|s| s.is_open());
        let c = &f.crisis;
        Self {
            id: c.id,
            case_id: c.case_id,
            case_code: case_code.to_owned(),
            state: c.state,
            tier: c.tier,
            raised_at: c.raised_at,
            acknowledged_at: c.acknowledged_at,
            next_due_at: open().map(|s| s.due_at).min(),
            overdue_steps: open().filter(|s| now >= s.due_at).count(),
            holds_mediation: holds,
            closed_at: c.closed_at,
        }
    }
}

/// A crisis with its steps and its timeline.
#[derive(Debug, Serialize)]
pub struct CrisisView {
    #[serde(flatten)]
    pub item: CrisisItem,
    pub party_id: Option<PartyId>,
    pub signs: Vec<Sign>,
    pub raised_by: UserId,
    pub incident_id: Option<IncidentId>,
    pub called_at: Option<Instant>,
    pub acknowledged_by: Option<UserId>,
    pub review: Option<ReviewView>,
    pub contact: Option<String>,
    pub safety_instruction: Option<String>,
    pub steps: Vec<StepView>,
    pub timeline: Vec<EntryView>,
}

/// The review by two.
#[derive(Debug, Serialize)]
pub struct ReviewView {
    pub tier: Tier,
    pub first_by: UserId,
    pub first_at: Instant,
    pub second_by: Option<UserId>,
    pub second_at: Option<Instant>,
}

/// A step.
#[derive(Debug, Serialize)]
pub struct StepView {
    pub step: StepCode,
    pub label: &'static str,
    pub tier: Tier,
    pub due_at: Instant,
    pub done_at: Option<Instant>,
    pub done_by: Option<UserId>,
    pub receipt_no: Option<String>,
    pub late: bool,
    pub late_reason: Option<String>,
    /// Another tier no longer asks for it.
    pub dropped_at: Option<Instant>,
}

/// An entry of the timeline; `sha256` stands in the audit trail of the case.
#[derive(Debug, Serialize)]
pub struct EntryView {
    pub seq: i32,
    pub kind: EntryKind,
    pub label: &'static str,
    pub at: Instant,
    pub recorded_at: Instant,
    /// `null`: the service itself.
    pub actor_id: Option<UserId>,
    pub state: CrisisState,
    pub tier: Tier,
    pub step: Option<StepCode>,
    pub rung: Option<Rung>,
    pub text: Option<String>,
    pub sha256: String,
}

/// The digest of an entry.
pub fn digest(entry: &CrisisEntry) -> String {
    let digest = <sha2::Sha256 as sha2::Digest>::digest(entry.canonical().as_bytes());
    hex::encode(digest)
}

fn told(text: &Option<Secret>) -> Option<String> {
    text.as_ref().map(|t| t.reveal().to_owned())
}

impl CrisisView {
    pub fn of(
        item: CrisisItem,
        f: &CrisisFile,
        support: Option<&Support>,
        entries: &[CrisisEntry],
        lang: Lang,
        now: Instant,
    ) -> Self {
        let c = &f.crisis;
        let support = support.filter(|s| s.crisis == c.id);
        let review = c.review_tier.zip(c.review_by).zip(c.review_at);
        Self {
            item,
            party_id: c.party_id,
            signs: c.signs.clone(),
            raised_by: c.raised_by,
            incident_id: c.incident_id,
            called_at: c.called_at,
            acknowledged_by: c.acknowledged_by,
            review: review.map(|((tier, first_by), first_at)| ReviewView {
                tier,
                first_by,
                first_at,
                second_by: c.confirmed_by,
                second_at: c.confirmed_at,
            }),
            contact: support.and_then(|s| s.contact.clone()),
            safety_instruction: support.and_then(|s| s.instruction.clone()),
            steps: f
                .steps
                .iter()
                .map(|s| StepView {
                    step: s.code,
                    label: s.code.label(lang),
                    tier: s.tier,
                    due_at: s.due_at,
                    done_at: s.done_at,
                    done_by: s.done_by,
                    receipt_no: s.receipt_no.clone(),
                    late: s.done_at.or(s.dropped_at).unwrap_or(now) >= s.due_at,
                    late_reason: told(&s.late_reason),
                    dropped_at: s.dropped_at,
                })
                .collect(),
            timeline: entries
                .iter()
                .map(|e| EntryView {
                    seq: e.seq,
                    kind: e.kind,
                    label: e.kind.label(lang),
                    at: e.at,
                    recorded_at: e.recorded_at,
                    actor_id: e.actor_id,
                    state: e.state,
                    tier: e.tier,
                    step: e.step,
                    rung: e.rung,
                    text: told(&e.text),
                    sha256: digest(e),
                })
                .collect(),
        }
    }
}

/// What whoever raises, acknowledges or acts on the scene is answered: that it is recorded, and
/// what to do by what was said. It tells nothing of what is known of the person.
#[derive(Debug, Serialize)]
pub struct CrisisReceipt {
    pub id: CrisisId,
    pub case_id: CaseId,
    pub recorded_at: Instant,
    pub guidance: Vec<Guidance>,
}

/// One thing to do.
#[derive(Debug, Serialize)]
pub struct Guidance {
    pub step: StepCode,
    pub label: &'static str,
    /// Whoever is there does it and says so.
    pub on_scene: bool,
}

impl Guidance {
    /// What a tier asks for.
    pub fn of(tier: Tier, lang: Lang) -> Vec<Self> {
        let one = |a: &Asked| Self {
            step: a.step,
            label: a.step.label(lang),
            on_scene: a.step.is_on_scene(),
        };
        asked_of(tier).iter().map(one).collect()
    }
}
