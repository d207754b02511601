//! Accepting, answering and reviewing a petition (信访工作条例 第十九、二十二至二十三、三十四至三十六条;
//! section 4.5). How long each step may take, the clocks say; what is late is recorded as late.

use super::Who;
use super::custody::acts_for_holder;
use super::notify::tell_parties;
use crate::domain::calendar::Calendar;
use crate::domain::case::Case;
use crate::domain::casefile::CaseFile;
use crate::domain::clocks::mediation::due_of;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::{AttachmentId, PartyId};
use crate::domain::input::{Line, Obj, Text};
use crate::domain::notice::{Notice, NoticeKind};
use crate::domain::party::PartyRole;
use crate::domain::petition::*;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

/// What a registration says of a petition.
#[derive(Clone, Debug, Default)]
pub struct NewPetition {
    pub no: Option<String>,
    pub received_at: Option<Instant>,
}

impl NewPetition {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let no = o.opt::<Line<60>>("no");
        let received_at = o.opt("received_at");
        Some(Self {
            no: no?.map(|n| n.0),
            received_at: received_at?,
        })
    }
}

/// The handling organ's written reply is still owed: the case is not closed before
/// (信访工作条例 第三十四条).
pub fn unanswered(case: &Case) -> bool {
    case.petition().is_some_and(|p| p.open_stage().is_some())
}

/// The petition was answered and nothing more is asked.
pub fn answered(case: &Case) -> bool {
    case.petition()
        .is_some_and(|p| !p.replies.is_empty() && p.open_stage().is_none())
}

/// What every act on a petition asks: that it is one, and that the actor speaks for the holder.
fn common(g: &mut Guards, file: &CaseFile, who: &Who) -> Option<Petition> {
    let petition = file.case.petition();
    g.require(petition.is_some(), Reason::NotAPetition);
    g.require(acts_for_holder(file, who), Reason::NotHolder);
    petition
}

fn petitioners(file: &CaseFile) -> Vec<PartyId> {
    let asks = file
        .live_parties()
        .filter(|p| p.role == PartyRole::Applicant);
    asks.map(|p| p.id).collect()
}

fn keep(d: &mut Decision, petition: Petition, now: Instant) {
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.petition = Some(petition);
}

/// The organ accepts and tells the petitioner.
#[derive(Clone, Copy, Debug)]
pub struct AcceptPetition {
    pub notified_at: Instant,
}

impl AcceptPetition {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let notified_at = o.req("notified_at")?;
        Some(Self { notified_at })
    }
}

/// What bars accepting a petition, wherever else it may have been accepted.
pub fn accept_guards(file: &CaseFile, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    let petition = common(&mut g, file, who);
    let pending = file.pending_transfer().map(|t| t.id);
    g.forbid(pending, Reason::TransferPending);
    let accepted = petition.as_ref().is_some_and(|p| p.acceptance.is_some());
    g.require(!accepted, Reason::AlreadyDone);
    g.into_inner()
}

/// What bars the written reply.
pub fn reply_guards(file: &CaseFile, who: &Who) -> Vec<Refusal> {
    let mut g = Guards::new();
    if let Some(petition) = common(&mut g, file, who) {
        g.require(petition.open_stage().is_some(), Reason::PetitionNotAccepted);
    }
    g.into_inner()
}

/// What bars asking for a review, but for the day it was asked.
pub fn review_guards(file: &CaseFile) -> Vec<Refusal> {
    let mut g = Guards::new();
    let petition = file.case.petition();
    g.require(petition.is_some(), Reason::NotAPetition);
    if let Some(petition) = petition {
        let last = petition.replies.last();
        let open = petition.open_stage().is_some();
        g.require(last.is_some() && !open, Reason::PetitionUnanswered);
        let ended = last.is_some_and(|r| r.stage == PetitionStage::Rereview);
        g.require(!ended, Reason::PetitionEnded);
    }
    g.into_inner()
}

/// Accepts: sixty days to answer begin. The same matter is not accepted twice
/// (信访工作条例 第十九条; G-38).
///
/// # Errors
/// `not_a_petition`, `not_holder`, `transfer_pending`, `already_done`,
/// `petition_accepted_elsewhere` naming the codes of those cases, `in_future`, `time_order`.
pub fn accept_petition(
    file: &CaseFile,
    input: AcceptPetition,
    elsewhere: &[String],
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(accept_guards(file, who));
    let petition = file.case.petition();
    g.forbid(elsewhere.iter().cloned(), Reason::PetitionAcceptedElsewhere);
    g.require(input.notified_at <= now, Reason::InFuture);
    let early = petition
        .as_ref()
        .is_some_and(|p| input.notified_at < p.received_at);
    g.require(!early, Reason::TimeOrder);
    g.done()?;
    let Some(mut petition) = petition else {
        return Err(vec![Refusal::new(Reason::NotAPetition)]);
    };
    petition.acceptance = Some(PetitionAcceptance {
        unit_id: file.case.holder_id,
        by: who.user,
        at: now,
        notified_at: input.notified_at,
    });
    let mut d = Decision::on(file);
    keep(&mut d, petition, now);
    d.event(Event::PetitionAccepted {
        unit: file.case.holder_id,
    });
    let notice = Notice::of(NoticeKind::PetitionAccepted);
    tell_parties(&mut d, file, &petitioners(file), &notice);
    Ok(d)
}

/// The written opinion of the stage that is open.
#[derive(Clone, Debug)]
pub struct ReplyPetition {
    pub text: String,
    pub given_at: Instant,
    pub document: Option<AttachmentId>,
}

impl ReplyPetition {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let text = o.req::<Text<4000>>("text");
        let given_at = o.req("given_at");
        let document = o.opt("document_id");
        Some(Self {
            text: text?.0,
            given_at: given_at?,
            document: document?,
        })
    }
}

/// Records the written reply; the time to ask for a review runs from the day it was received.
///
/// # Errors
/// `not_a_petition`, `not_holder`, `petition_not_accepted` where no stage is open,
/// `unknown_reference`, `file_missing`, `in_future`, `time_order`.
pub fn reply_petition(
    file: &CaseFile,
    input: ReplyPetition,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(reply_guards(file, who));
    let petition = file.case.petition();
    let stage = petition.as_ref().and_then(Petition::open_stage);
    let paper = input.document.map(|id| (id, file.attachment(id)));
    let unknown = paper.filter(|(_, a)| a.is_none()).map(|(id, _)| id);
    g.forbid(unknown, Reason::UnknownReference);
    let empty = paper.filter(|(_, a)| a.is_some_and(|a| a.stored_at.is_none()));
    g.forbid(empty.map(|(id, _)| id), Reason::FileMissing);
    g.require(input.given_at <= now, Reason::InFuture);
    let begun = petition.as_ref().and_then(|p| begun_at(p, stage?));
    g.require(
        begun.is_none_or(|at| input.given_at >= at),
        Reason::TimeOrder,
    );
    g.done()?;
    let (Some(mut petition), Some(stage)) = (petition, stage) else {
        return Err(vec![Refusal::new(Reason::PetitionNotAccepted)]);
    };
    petition.replies.push(PetitionReply {
        stage,
        unit_id: file.case.holder_id,
        by: who.user,
        at: now,
        given_at: input.given_at,
        text: input.text,
        document: input.document,
    });
    let mut d = Decision::on(file);
    keep(&mut d, petition, now);
    d.event(Event::PetitionReplied {
        stage,
        unit: file.case.holder_id,
    });
    let notice = Notice::of(NoticeKind::PetitionReplied);
    tell_parties(&mut d, file, &petitioners(file), &notice);
    Ok(d)
}

/// When the stage began.
fn begun_at(p: &Petition, stage: PetitionStage) -> Option<Instant> {
    match stage {
        PetitionStage::Handling => p.acceptance.as_ref().map(|a| a.notified_at),
        _ => p
            .reviews
            .iter()
            .find(|r| r.stage == stage)
            .map(|r| r.asked_at),
    }
}

/// The petitioner asks for a review, or for the second.
#[derive(Clone, Copy, Debug)]
pub struct AskReview {
    pub asked_at: Instant,
}

impl AskReview {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let asked_at = o.req("asked_at")?;
        Some(Self { asked_at })
    }
}

/// Records that a review was asked for, within thirty days of the reply; after the second review
/// the petition is at its end (信访工作条例 第三十五、三十六条).
///
/// # Errors
/// `not_a_petition`, `petition_unanswered`, `petition_ended`, `review_late` naming the last day,
/// `in_future`, `time_order`.
pub fn ask_review(
    file: &CaseFile,
    input: AskReview,
    calendar: &Calendar,
    who: &Who,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut g = Guards::new();
    g.extend(review_guards(file));
    let petition = file.case.petition();
    g.require(input.asked_at <= now, Reason::InFuture);
    let last = petition.as_ref().and_then(|p| p.replies.last());
    let next = last.and_then(|r| match r.stage {
        PetitionStage::Handling => Some((PetitionStage::Review, "pet_review")),
        PetitionStage::Review => Some((PetitionStage::Rereview, "pet_rereview")),
        PetitionStage::Rereview => None,
    });
    if let (Some(reply), Some((_, policy))) = (last, next) {
        g.require(input.asked_at >= reply.given_at, Reason::TimeOrder);
        let until = due_of(policy, None, calendar, reply.given_at).and_then(|c| c.due_at);
        let late = until.filter(|t| input.asked_at >= *t);
        let day = late.map(|t| Instant(t.0 - 1).local_date());
        g.forbid(day, Reason::ReviewLate);
    }
    g.done()?;
    let (Some(mut petition), Some((stage, _))) = (petition.clone(), next) else {
        return Err(vec![Refusal::new(Reason::PetitionEnded)]);
    };
    petition.reviews.push(ReviewAsked {
        stage,
        asked_at: input.asked_at,
        by: who.user,
    });
    let mut d = Decision::on(file);
    keep(&mut d, petition, now);
    d.event(Event::PetitionReviewAsked { stage });
    Ok(d)
}
