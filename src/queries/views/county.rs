//! Views of whistles, conferences, supervision orders and leaders in charge. A unit called upon
//! reads what it is asked and what it said itself.

use serde::Serialize;

use super::movement::TransferCase;
use super::task::{TaskClock, Words};
use crate::domain::calendar::Words as Title;
use crate::domain::clocks::{Clock, Light};
use crate::domain::county::*;
use crate::domain::ids::*;
use crate::domain::task::{Task, TaskState};
use crate::domain::time::Instant;
use crate::store::people::NameBook;

fn name(names: &NameBook, id: uuid::Uuid) -> String {
    names.0.get(&id).cloned().unwrap_or_default()
}

#[derive(Debug, Serialize)]
pub struct CallView {
    pub unit_name: String,
    #[serde(flatten)]
    pub call: WhistleCall,
}

#[derive(Debug, Serialize)]
pub struct WhistleView {
    pub id: WhistleId,
    pub case_id: CaseId,
    pub state: WhistleState,
    pub unit_id: OrgId,
    pub unit_name: String,
    pub reason: Option<String>,
    pub place: Option<String>,
    pub calls: Vec<CallView>,
    pub proposed_by: UserId,
    pub proposed_at: Instant,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Instant>,
    pub note: Option<String>,
    pub closed_at: Option<Instant>,
    pub accuracy: Option<AccuracyWord>,
}

impl WhistleView {
    pub fn of(w: Whistle, words: &Words, names: &NameBook) -> Self {
        let calls: Vec<CallView> = w
            .calls
            .into_iter()
            .filter(|c| words.show(c.unit_id))
            .map(|call| CallView {
                unit_name: name(names, call.unit_id.uuid),
                call,
            })
            .collect();
        let shown = words.all() || !calls.is_empty();
        Self {
            id: w.id,
            case_id: w.case_id,
            state: w.state,
            unit_id: w.unit_id,
            unit_name: name(names, w.unit_id.uuid),
            reason: Some(w.reason).filter(|_| shown),
            place: w.place.filter(|_| shown),
            calls,
            proposed_by: w.proposed_by,
            proposed_at: w.proposed_at,
            decided_by: w.decided_by,
            decided_at: w.decided_at,
            note: w.note.filter(|_| words.all()),
            closed_at: w.closed_at,
            accuracy: w.accuracy,
        }
    }
}

#[derive(Debug, Serialize)]
pub struct MemberView {
    pub unit_name: String,
    #[serde(flatten)]
    pub member: ConferenceMember,
}

#[derive(Debug, Serialize)]
pub struct ConferenceView {
    pub id: ConferenceId,
    pub case_id: CaseId,
    pub state: ConferenceState,
    pub number: Option<String>,
    pub convener_id: OrgId,
    pub convener_name: String,
    pub chair: String,
    pub subject: Option<String>,
    pub place: String,
    pub planned_at: Instant,
    pub held_at: Option<Instant>,
    pub members: Vec<MemberView>,
    pub materials: Vec<AttachmentId>,
    pub minutes: Option<String>,
    /// The tasks its items became.
    pub items: Vec<TaskId>,
    pub designates: Option<OrgId>,
    pub created_by: UserId,
    pub created_at: Instant,
    pub closed_at: Option<Instant>,
    pub note: Option<String>,
}

impl ConferenceView {
    pub fn of(c: Conference, items: Vec<TaskId>, words: &Words, names: &NameBook) -> Self {
        let own = c.members.iter().any(|m| words.show(m.unit_id));
        let there = c.members.iter();
        let there = there.filter(|m| m.attended == Some(true));
        let there = there.map(|m| m.unit_id).any(|u| words.show(u));
        let members = c
            .members
            .into_iter()
            .map(|mut member| {
                if !words.show(member.unit_id) {
                    member.opinion = None;
                    member.persons.clear();
                }
                MemberView {
                    unit_name: name(names, member.unit_id.uuid),
                    member,
                }
            })
            .collect();
        Self {
            id: c.id,
            case_id: c.case_id,
            state: c.state,
            number: c.number,
            convener_id: c.convener_id,
            convener_name: name(names, c.convener_id.uuid),
            chair: c.chair,
            subject: Some(c.subject).filter(|_| own || words.all()),
            place: c.place,
            planned_at: c.planned_at,
            held_at: c.held_at,
            members,
            materials: c.materials,
            minutes: c
                .minutes
                .filter(|_| there || words.all())
                .map(|m| m.reveal().to_owned()),
            items,
            designates: c.designates,
            created_by: c.created_by,
            created_at: c.created_at,
            closed_at: c.closed_at,
            note: c.note.filter(|_| words.all()),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct SupervisionView {
    pub id: SupervisionId,
    pub case_id: CaseId,
    pub state: SupervisionState,
    pub level: SupervisionLevel,
    pub unit_id: OrgId,
    pub unit_name: String,
    pub about_id: Option<uuid::Uuid>,
    pub reason: Option<String>,
    pub due_at: Instant,
    pub task_id: TaskId,
    pub reply_state: TaskState,
    pub reply: Option<String>,
    /// Of the reply: the clock that runs.
    pub clock: Option<TaskClock>,
    pub talks: Vec<Talk>,
    pub ordered_by: UserId,
    pub ordered_at: Instant,
    pub released_by: Option<UserId>,
    pub released_at: Option<Instant>,
    pub note: Option<String>,
}

impl SupervisionView {
    pub fn of(
        s: Supervision,
        task: Option<&Task>,
        clocks: &[Clock],
        words: &Words,
        now: Instant,
        names: &NameBook,
    ) -> Self {
        let shown = words.show(s.unit_id);
        Self {
            id: s.id,
            case_id: s.case_id,
            state: s.state,
            level: s.level,
            unit_id: s.unit_id,
            unit_name: name(names, s.unit_id.uuid),
            about_id: s.about_id,
            reason: Some(s.reason).filter(|_| shown),
            due_at: s.due_at,
            task_id: s.task_id,
            reply_state: task.map_or(TaskState::Open, |t| t.state),
            reply: task.and_then(|t| t.result.clone()).filter(|_| shown),
            clock: TaskClock::of(s.task_id, clocks, now),
            talks: if shown { s.talks } else { Vec::new() },
            ordered_by: s.ordered_by,
            ordered_at: s.ordered_at,
            released_by: s.released_by,
            released_at: s.released_at,
            note: s.note.filter(|_| shown),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct OwnerView {
    pub id: CaseOwnerId,
    pub case_id: CaseId,
    pub user_id: UserId,
    pub user_name: String,
    pub org_id: OrgId,
    pub org_name: String,
    pub reason: String,
    pub named_by: UserId,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub end_reason: Option<OwnerEnd>,
    pub note: Option<String>,
}

impl OwnerView {
    pub fn of(o: &CaseOwner, names: &NameBook) -> Self {
        Self {
            id: o.id,
            case_id: o.case_id,
            user_id: o.user_id,
            user_name: name(names, o.user_id.uuid),
            org_id: o.org_id,
            org_name: name(names, o.org_id.uuid),
            reason: o.reason.clone(),
            named_by: o.named_by,
            from_at: o.from_at,
            to_at: o.to_at,
            end_reason: o.end_reason,
            note: o.note.clone(),
        }
    }
}

/// Something overdue that nobody supervises yet.
#[derive(Debug, Serialize)]
pub struct CandidateView {
    pub clock_id: ClockId,
    pub policy: String,
    pub title: Title,
    /// What an order would be about.
    pub about_id: uuid::Uuid,
    pub due_at: Option<Instant>,
    pub light: Option<Light>,
    /// The unit that is late.
    pub unit_id: OrgId,
    pub unit_name: String,
    /// The level an order would have.
    pub level: SupervisionLevel,
    /// Orders about the same thing so far.
    pub orders: usize,
    pub case: TransferCase,
}
