//! Signs that a case may be made up (防造假): each explainable by numbers and things on file. A
//! score orders what a person should look at; it proves nothing and has no effect by itself.

use serde::{Deserialize, Serialize};

use super::case::{Case, Outcome};
use super::codes::{Lang, codes};
use super::ids::*;
use super::party::Party;
use super::session::Session;
use super::time::Instant;

codes! {
    /// A part of the score.
    SignalPart in "signal_part" {
        NearCopy = "near_copy", "事由高度雷同", "Narrative nearly the same";
        RepeatingParties = "repeating_parties", "当事人反复出现", "The same parties again";
        WithinTheHour = "within_the_hour", "一小时内登记并结案", "Opened and closed within the hour";
        NoContact = "no_contact", "当事人无联系方式", "No contact of any party";
        ReusedSignature = "reused_signature", "签名图像重复使用", "Signature image used again";
        NoRecord = "no_record", "无调解笔录", "No session record";
        MediatorShare = "mediator_share", "调解员结案集中", "One mediator's share";
        PartyNo = "party_no", "当事人否认", "A party says no";
    }
    /// What a review of a case found.
    SignalReview in "signal_review" {
        Open = "open", "待核查", "To be reviewed";
        Confirmed = "confirmed", "核实造假", "Found to be made up";
        Cleared = "cleared", "排除疑点", "Cleared";
        NeedsVisit = "needs_visit", "需实地回访", "Needs a visit";
    }
    /// What a piece of evidence is.
    EvidenceKind in "signal_evidence" {
        Case = "case", "办件", "Case";
        Party = "party", "当事人", "Party";
        Signature = "signature", "签名", "Signature";
        Confirmation = "confirmation", "当事人回访确认", "Party's confirmation";
    }
}

/// Something on file that bears a part out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub kind: EvidenceKind,
    pub id: uuid::Uuid,
}

/// A part of the score, with the numbers its explanation is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub code: SignalPart,
    pub weight: i32,
    pub evidence: Vec<Evidence>,
    /// The count the part speaks of: copies, cases, minutes, closings.
    pub n: i64,
    /// What it is measured against, where anything: likeness in percent, mean in hundredths.
    pub against: Option<i64>,
}

/// The parts of a case's score.
pub type Parts = Vec<Part>;

/// A case and what speaks for its being made up.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    pub id: SignalId,
    pub case_id: CaseId,
    /// 0–100: the weights of the parts, capped.
    pub score: i32,
    pub parts: Parts,
    pub computed_at: Instant,
    pub review: SignalReview,
    pub note: Option<String>,
    pub reviewed_by: Option<UserId>,
    pub reviewed_at: Option<Instant>,
    /// The score the review was made at.
    pub reviewed_score: Option<i32>,
}

/// Texts at least this like are near copies, in percent.
pub const NEAR: u32 = 70;
const VERY_NEAR: u32 = 85;
const MINUTES_OF_AN_HOUR: i64 = 60;
/// Closings of one chair in seven days below which nothing is said.
const MIN_CLOSINGS: i64 = 8;
/// How many pieces of evidence a part names.
const NAMED: usize = 20;

/// A case with nearly the same narrative.
#[derive(Clone, Copy, Debug)]
pub struct Twin {
    pub case: CaseId,
    pub likeness: u32,
    /// The other one is older: this may be its copy.
    pub older: bool,
}

/// A party's signature whose image stands elsewhere as well.
#[derive(Clone, Copy, Debug)]
pub struct Reuse {
    pub mine: SignatureId,
    pub other: SignatureId,
    pub same_person: bool,
}

/// Closings in the seven days up to this one at the same desk.
#[derive(Clone, Debug, Default)]
pub struct Share {
    pub by_chair: i64,
    /// Closings of the other chairs there, and how many they are.
    pub by_others: i64,
    pub others: i64,
}

/// What is known of a closed case and its like.
#[derive(Debug)]
pub struct Facts<'a> {
    pub case: &'a Case,
    pub parties: &'a [Party],
    pub sessions: &'a [Session],
    /// Contacts of agents and representatives count as well.
    pub agent_contact: bool,
    pub copies: Vec<Twin>,
    /// Other cases between the same two people.
    pub same_pair: Vec<CaseId>,
    pub reused: Vec<Reuse>,
    pub share: Share,
    /// Confirmations in which a party denied the mediation.
    pub denials: Vec<uuid::Uuid>,
}

fn things(kind: EvidenceKind, ids: impl IntoIterator<Item = uuid::Uuid>) -> Vec<Evidence> {
    ids.into_iter()
        .take(NAMED)
        .map(|id| Evidence { kind, id })
        .collect()
}

fn part(code: SignalPart, weight: i32, n: usize, evidence: Vec<Evidence>) -> Part {
    Part {
        code,
        weight,
        evidence,
        n: i64::try_from(n).unwrap_or(i64::MAX),
        against: None,
    }
}

/// The parts that speak for a case's being made up.
pub fn parts_of(f: &Facts<'_>) -> Parts {
    let oral = f.case.outcome == Some(Outcome::SuccessOral);
    [
        near_copy(f),
        repeating(f),
        within_the_hour(f, oral),
        no_contact(f),
        reused(f),
        no_record(f, oral),
        share(f),
        denied(f),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The score of parts.
pub fn score(parts: &[Part]) -> i32 {
    parts.iter().map(|p| p.weight).sum::<i32>().min(100)
}

fn near_copy(f: &Facts<'_>) -> Option<Part> {
    let most = f.copies.iter().map(|c| c.likeness).max()?;
    // The first of its kind may be the true one.
    let copied = f.copies.iter().any(|c| c.older);
    let weight = match (most >= VERY_NEAR, copied) {
        (true, true) => 30,
        (false, true) => 20,
        (true, false) => 15,
        (false, false) => 10,
    };
    let ids = f.copies.iter().map(|c| c.case.uuid);
    let out = part(
        SignalPart::NearCopy,
        weight,
        f.copies.len(),
        things(EvidenceKind::Case, ids),
    );
    Some(Part {
        against: Some(i64::from(most)),
        ..out
    })
}

fn repeating(f: &Facts<'_>) -> Option<Part> {
    let n = f.same_pair.len();
    let weight = match n {
        0 => return None,
        // Neighbours may fall out twice.
        1 => 8,
        2 => 18,
        _ => 25,
    };
    let ids = f.same_pair.iter().map(|c| c.uuid);
    Some(part(
        SignalPart::RepeatingParties,
        weight,
        n,
        things(EvidenceKind::Case, ids),
    ))
}

fn within_the_hour(f: &Facts<'_>, oral: bool) -> Option<Part> {
    let noted = f.case.detail.recorded_at.unwrap_or(f.case.registered_at);
    let begun = noted.min(f.case.registered_at);
    let minutes = f.case.closed_at?.seconds_since(begun) / 60;
    if minutes >= MINUTES_OF_AN_HOUR {
        return None;
    }
    // An oral agreement performed on the spot may well take an hour.
    let weight = if oral { 10 } else { 22 };
    let n = usize::try_from(minutes.max(0)).unwrap_or(0);
    Some(part(SignalPart::WithinTheHour, weight, n, Vec::new()))
}

fn no_contact(f: &Facts<'_>) -> Option<Part> {
    let here = || f.parties.iter().filter(|p| p.withdrawn_at.is_none());
    let known = here().any(|p| p.phone.is_some() || p.email.is_some());
    if known || f.agent_contact || here().next().is_none() {
        return None;
    }
    let ids: Vec<uuid::Uuid> = here().map(|p| p.id.uuid).collect();
    Some(part(
        SignalPart::NoContact,
        12,
        ids.len(),
        things(EvidenceKind::Party, ids),
    ))
}

fn reused(f: &Facts<'_>) -> Option<Part> {
    if f.reused.is_empty() {
        return None;
    }
    let strangers = f.reused.iter().any(|r| !r.same_person);
    let weight = if strangers { 40 } else { 25 };
    let mut ids: Vec<uuid::Uuid> = f
        .reused
        .iter()
        .flat_map(|r| [r.mine.uuid, r.other.uuid])
        .collect();
    ids.sort_unstable();
    ids.dedup();
    Some(part(
        SignalPart::ReusedSignature,
        weight,
        f.reused.len(),
        things(EvidenceKind::Signature, ids),
    ))
}

fn no_record(f: &Facts<'_>, oral: bool) -> Option<Part> {
    let mediated = matches!(
        f.case.outcome,
        Some(Outcome::SuccessWritten | Outcome::SuccessOral | Outcome::Partial | Outcome::Failed)
    );
    if !mediated || f.sessions.iter().any(|s| s.minutes.is_some()) {
        return None;
    }
    let weight = if oral { 10 } else { 18 };
    Some(part(
        SignalPart::NoRecord,
        weight,
        f.sessions.len(),
        Vec::new(),
    ))
}

fn share(f: &Facts<'_>) -> Option<Part> {
    let s = &f.share;
    // Hundredths of closings of another chair in the same days.
    let mean = s
        .by_others
        .saturating_mul(100)
        .checked_div(s.others.max(1))
        .unwrap_or(0);
    if s.by_chair < MIN_CLOSINGS || s.by_chair.saturating_mul(100) < mean.saturating_mul(3) {
        return None;
    }
    let n = usize::try_from(s.by_chair).unwrap_or(0);
    Some(Part {
        against: Some(mean),
        ..part(SignalPart::MediatorShare, 10, n, Vec::new())
    })
}

fn denied(f: &Facts<'_>) -> Option<Part> {
    if f.denials.is_empty() {
        return None;
    }
    let n = f.denials.len();
    let ids = f.denials.iter().copied();
    Some(part(
        SignalPart::PartyNo,
        45,
        n,
        things(EvidenceKind::Confirmation, ids),
    ))
}

/// One sentence for the county: what was found, in numbers.
pub fn explained(p: &Part, lang: Lang) -> String {
    let n = p.n;
    let against = p.against.unwrap_or(0);
    let mean = format!("{}.{:02}", against / 100, against % 100);
    match (p.code, lang) {
        (SignalPart::NearCopy, Lang::Zh) => {
            format!("去除姓名和数字后，事由与另外{n}件高度相似，最高相似度约{against}%")
        }
        (SignalPart::NearCopy, Lang::En) => format!(
            "Without names and numbers the narrative is nearly that of {n} other case(s), up to about {against}% alike"
        ),
        (SignalPart::RepeatingParties, Lang::Zh) => {
            format!("相同双方当事人一年内另有{n}件")
        }
        (SignalPart::RepeatingParties, Lang::En) => {
            format!("The same two parties have {n} other case(s) within a year")
        }
        (SignalPart::WithinTheHour, Lang::Zh) => format!("登记后{n}分钟即结案"),
        (SignalPart::WithinTheHour, Lang::En) => {
            format!("Closed {n} minute(s) after it was registered")
        }
        (SignalPart::NoContact, Lang::Zh) => {
            format!("{n}名当事人及其代理人均无电话或邮箱")
        }
        (SignalPart::NoContact, Lang::En) => {
            format!("None of the {n} part(ies) nor their agents has a phone or an address for mail")
        }
        (SignalPart::ReusedSignature, Lang::Zh) => {
            format!("当事人签名图像与其他{n}处签名为同一文件")
        }
        (SignalPart::ReusedSignature, Lang::En) => {
            format!("The image of a party's signature is the same file as {n} other signature(s)")
        }
        (SignalPart::NoRecord, Lang::Zh) => format!("共{n}次调解会，均无笔录"),
        (SignalPart::NoRecord, Lang::En) => format!("{n} session(s), none with a record"),
        (SignalPart::MediatorShare, Lang::Zh) => {
            format!("同一调解员七日内结案{n}件，同乡镇其他调解员人均{mean}件")
        }
        (SignalPart::MediatorShare, Lang::En) => format!(
            "One mediator closed {n} cases in seven days; the others of the township {mean} each"
        ),
        (SignalPart::PartyNo, Lang::Zh) => format!("{n}名当事人回访时否认调解"),
        (SignalPart::PartyNo, Lang::En) => {
            format!("{n} part(ies) denied the mediation when asked")
        }
    }
}
