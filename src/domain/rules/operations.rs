//! What stands in the way of the acts of the routes under a case, one thing at a time: everything
//! that does not depend on the input of the act.

use uuid::Uuid;

use super::available::{AvailableFacts, Blocks, blocks};
use super::session_course::{ATTENDED, consent_guards, state_guards};
use super::{
    acceptance, agreement_plan, agreements, answers, attachments, breach, conferences,
    confirmation, consent, crisis_course, crisis_kit, crisis_review, dossier, dossier_hold,
    follow_ups, group, issues, mediators, notes, obligations, participants, parties, party_edit,
    petitions, quarrel, records_of_session, recusals, reports, returns, sealing, session_changes,
    session_signatures, sessions, signing, supervision, tasks, variation, waiver, whistles,
};
use crate::domain::agreement::Agreement;
use crate::domain::casefile::CaseFile;
use crate::domain::county::{Conference, Supervision, Whistle};
use crate::domain::crisis::CrisisFile;
use crate::domain::ids::AttachmentId;
use crate::domain::machine::{self, Act};
use crate::domain::operations::{Operation, Target};
use crate::domain::org::OrgUnit;
use crate::domain::party::Party;
use crate::domain::policy::Action;
use crate::domain::refusal::{Reason, Refusal};
use crate::domain::session::{Session, SessionState};

/// What the guards look at beside the file.
#[derive(Debug)]
pub struct OperationFacts<'a> {
    pub base: AvailableFacts<'a>,
    pub whistles: Vec<Whistle>,
    pub conferences: Vec<Conference>,
    pub supervisions: Vec<Supervision>,
    /// The crisis that is not closed, for who may know of it.
    pub crisis: Option<CrisisFile>,
    /// Documents without a file that the actor may handle.
    pub empty: Vec<AttachmentId>,
    /// The holder of the case, and the units of its tasks and whistles.
    pub units: Vec<OrgUnit>,
}

impl OperationFacts<'_> {
    fn unit(&self, id: crate::domain::ids::OrgId) -> Option<&OrgUnit> {
        self.units.iter().find(|u| u.id == id)
    }
}

/// How an act stands: what bars it, and what of the case it could be done to now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub blocks: Blocks,
    /// The things it is allowed on; empty for an act on the case itself.
    pub on: Vec<Uuid>,
}

/// How an operation stands for one who has the rights that `may` grants. An act on a thing of the
/// case is barred when it is barred on every one of them; then all that bars it is told. Of a
/// crisis nothing is told to who has no right to act on it.
pub fn standing(
    file: &CaseFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
    may: impl Fn(Action) -> bool,
) -> Standing {
    let spec = operation.spec();
    let forbidden = !spec.rights.iter().any(|r| may(*r));
    let illegal = spec
        .act
        .is_some_and(|act| !machine::permits(file.case.state, act));
    let mut out = Standing {
        blocks: Blocks {
            forbidden,
            illegal,
            refusals: Vec::new(),
        },
        on: Vec::new(),
    };
    if illegal || (forbidden && spec.target == Target::Crisis) {
        return out;
    }
    if spec.target == Target::Case {
        out.blocks.refusals = on_case(file, operation, facts);
        return out;
    }
    let mut all: Vec<Refusal> = Vec::new();
    for (id, refusals) in on_each(file, operation, facts) {
        if refusals.is_empty() {
            out.on.push(id);
        }
        for refusal in refusals {
            if !all.contains(&refusal) {
                all.push(refusal);
            }
        }
    }
    if out.on.is_empty() {
        if all.is_empty() {
            all.push(Refusal::new(Reason::WrongState));
        }
        out.blocks.refusals = all;
    }
    if forbidden {
        out.on.clear();
    }
    out
}

/// How an act of the machine stands, with the things its only route could be done to.
pub fn act_standing(
    file: &CaseFile,
    act: Act,
    facts: &OperationFacts<'_>,
    may: impl Fn(Action) -> bool,
) -> Standing {
    let blocks = blocks(file, act, &facts.base, &may);
    let on = match Operation::of(act) {
        Some(o) if blocks.allowed() && o.spec().target != Target::Case => {
            standing(file, o, facts, may).on
        }
        _ => Vec::new(),
    };
    Standing { blocks, on }
}

fn on_case(file: &CaseFile, operation: Operation, facts: &OperationFacts<'_>) -> Vec<Refusal> {
    use Operation as O;
    match operation {
        O::JoinCommittee => acceptance::join_guards(file),
        O::GiveLandNotice => acceptance::land_notice_guards(file),
        O::WriteNote => notes::note_guards(file),
        O::SetLegalHold => dossier_hold::hold_guards(file),
        O::ReleaseLegalHold => dossier_hold::release_guards(file),
        O::ExportDossier => dossier::export_guards(file),
        O::OrderTask | O::PlanConference | O::OrderSupervision | O::NameCaseOwner => {
            tasks::case_guards(file)
        }
        O::ProposeWhistle => facts
            .unit(file.case.holder_id)
            .map_or_else(Vec::new, |u| whistles::propose_guards(file, u)),
        O::AcceptPetition => petitions::accept_guards(file, &facts.base.who),
        O::ReplyPetition => petitions::reply_guards(file, &facts.base.who),
        O::AskPetitionReview => petitions::review_guards(file),
        // Their guards all hang on the input, or the act of the machine tells them.
        _ => Vec::new(),
    }
}

/// Every thing of the case that an operation could be done to, with what bars it there.
fn on_each(
    file: &CaseFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<(Uuid, Vec<Refusal>)> {
    macro_rules! each {
        ($things:expr, $guards:expr) => {
            $things
                .into_iter()
                .map(|x| (x.id.uuid, $guards(x)))
                .collect()
        };
    }
    let crisis = facts.crisis.iter();
    match operation.spec().target {
        Target::Case => Vec::new(),
        Target::Issue => each!(&file.issues, issues::move_guards),
        Target::Party => each!(file.live_parties(), |p| on_party(file, p, operation, facts)),
        Target::Participant => each!(&file.participants, |p| match operation {
            Operation::RecordInviteeConsent => participants::invitee_guards(file, p),
            _ => participants::live_guards(file, p.id),
        }),
        Target::Assignment => each!(&file.assignments, |a| match operation {
            Operation::WaiveConflict => recusals::waive_guards(a),
            Operation::RequestRecusal => recusals::recusal_guards(a),
            Operation::ReleaseMediator => mediators::release_guards(a),
            Operation::ReplaceMediator => mediators::replace_guards(file, a),
            _ => recusals::in_force(a),
        }),
        Target::Session => each!(&file.sessions, |s| on_session(file, s, operation, facts)),
        Target::Agreement => each!(&file.agreements, |a| on_paper(file, a, operation, facts)),
        Target::Obligation => on_debts(file, operation, facts),
        Target::Attachment => facts
            .empty
            .iter()
            .filter_map(|id| file.attachment(*id))
            .map(|a| {
                let bars = attachments::archive_guards(file, a);
                (a.id.uuid, bars)
            })
            .collect(),
        Target::FollowUp => each!(&file.follow_ups, follow_ups::open_guards),
        Target::Transfer => on_transfers(file, operation, facts),
        Target::Task => on_tasks(file, operation, facts),
        Target::Whistle => each!(&facts.whistles, |w| on_whistle(file, w, operation, facts)),
        Target::Conference => each!(&facts.conferences, |c| match operation {
            Operation::RescheduleConference => {
                conferences::move_guards(file, c, &facts.base.who)
            }
            Operation::ResolveConference => conferences::resolve_guards(file, c, &facts.base.who),
            Operation::SignConferenceMinutes => conferences::sign_guards(c, &facts.base.who),
            Operation::CloseConference => conferences::close_guards(c, &facts.base.who),
            _ => conferences::planned_guards(c, &facts.base.who),
        }),
        Target::Supervision => each!(&facts.supervisions, |s: &Supervision| match operation {
            Operation::ReleaseSupervision => supervision::release_guards(s, file.task(s.task_id)),
            _ => supervision::in_force(s),
        }),
        Target::Owner => each!(&file.owners, |o| supervision::sign_off_guards(
            file,
            o,
            &facts.base.who
        )),
        Target::Incident => each!(&file.incidents, |i| match operation {
            Operation::CloseIncident => reports::close_guards(file, i, &facts.base.answering),
            _ => reports::open_guards(i),
        }),
        Target::Crisis => crisis
            .map(|c| (c.crisis.id.uuid, on_crisis(file, c, operation, facts)))
            .collect(),
    }
}

fn on_party(
    file: &CaseFile,
    party: &Party,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<Refusal> {
    use Operation as O;
    let (now, today) = (facts.base.now, facts.base.now.local_date());
    let principal = || consent::principal(file, party.id).err().unwrap_or_default();
    let after = |guards: Vec<Refusal>| {
        let mut all = principal();
        if all.is_empty() {
            all = guards;
        }
        all
    };
    match operation {
        O::AskConsent => after(consent::ask_guards(party)),
        O::RecordConsent | O::AcceptMediator => principal(),
        O::DemandTermination => after(consent::demand_guards(party)),
        O::RecordChildView => party_edit::child_guards(party, today),
        O::WithdrawParty => parties::leave_guards(file, party, now),
        O::ElectRepresentative => group::elect_guards(party),
        O::AuthoriseSettlement => group::authorise_guards(party),
        _ => Vec::new(),
    }
}

fn on_session(
    file: &CaseFile,
    session: &Session,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<Refusal> {
    use Operation as O;
    let now = facts.base.now;
    match operation {
        O::NotifySession => sessions::notify_guards(file, session, now),
        O::PostponeSession | O::CancelSession => session_changes::unopened_guards(session),
        O::RecordNoShow => session_changes::no_show_guards(session, now),
        O::ConsentToSession => consent_guards(session),
        O::OpenSession => state_guards(session, &[SessionState::Planned, SessionState::Notified]),
        O::OpenCaucus => state_guards(session, &[SessionState::Open]),
        O::EndCaucus => state_guards(session, &[SessionState::CaucusOpen]),
        O::RecordAttendance => state_guards(session, ATTENDED),
        O::RecordMinutes => records_of_session::minutes_guards(file, session),
        O::SignSessionRecord | O::RefuseSessionRecord => {
            session_signatures::unsigned_guards(session)
        }
        O::CloseSession => records_of_session::close_guards(file, session),
        O::WriteCaucusNote => notes::caucus_guards(file, session),
        _ => Vec::new(),
    }
}

fn on_paper(
    file: &CaseFile,
    a: &Agreement,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<Refusal> {
    use Operation as O;
    match operation {
        O::EditAgreement => agreements::edit_guards(file, a),
        O::AddObligation | O::ApproveInGroup => agreement_plan::draft_only(a),
        O::StartSigning => super::available::start(file, a, facts.base.now),
        O::SignAgreement => signing::sign_guards(file, a),
        O::SealAgreement => sealing::seal_guards(file, a),
        O::VaryAgreement => variation::vary_guards(file, a),
        O::RescindAgreement => variation::change_guards(a),
        O::DropAgreement => variation::drop_guards(a),
        O::ApplyConfirmation => {
            let first_day = a.effective_at.unwrap_or(a.created_at).local_date();
            confirmation::apply_guards(file, a, facts.base.calendar, first_day)
        }
        O::RecordConfirmationResult => confirmation::answer_guards(a),
        O::TakeBreachRoute => breach::breach_guards(a),
        _ => Vec::new(),
    }
}

fn on_debts(
    file: &CaseFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<(Uuid, Vec<Refusal>)> {
    use Operation as O;
    let (calendar, today) = (facts.base.calendar, facts.base.now.local_date());
    let debts = file.obligations.iter();
    debts
        .filter_map(|o| {
            let a = file.agreement(o.agreement_id)?;
            let bars = match operation {
                O::RemoveObligation => agreement_plan::remove_guards(o, a),
                O::UrgePerformance => obligations::urge_guards(file, o, a, today, calendar),
                O::EstablishDefault => obligations::default_guards(file, o, a, today, calendar),
                O::WaiveObligation => waiver::waive_guards(file, o, a),
                _ => obligations::owed_guards(o, a),
            };
            Some((o.id.uuid, bars))
        })
        .collect()
}

fn on_transfers(
    file: &CaseFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<(Uuid, Vec<Refusal>)> {
    use Operation as O;
    let (who, calendar, now) = (&facts.base.answering, facts.base.calendar, facts.base.now);
    let transfers = file.transfers.iter();
    transfers
        .map(|t| {
            let bars = match operation {
                O::AcceptTransfer => answers::accept_guards(file, t, who),
                O::ReturnTransfer => returns::return_guards(file, t, calendar, who, now),
                O::RedirectTransfer => {
                    let mut bars = answers::answer_guards(file, t, who);
                    bars.extend(quarrel::settled_guards(t));
                    bars
                }
                O::ContestTransfer => quarrel::contest_guards(file, t, who),
                O::DesignateUnit => quarrel::designate_guards(t, who),
                O::RecallTransfer => returns::recall_guards(file, t, who),
                _ => answers::complete_guards(file, t, who),
            };
            (t.id.uuid, bars)
        })
        .collect()
}

fn on_tasks(
    file: &CaseFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<(Uuid, Vec<Refusal>)> {
    use Operation as O;
    let who = &facts.base.who;
    let tasks = file.tasks.iter();
    tasks
        .map(|t| {
            let bars = match operation {
                O::AcceptTaskResult | O::SendBackTask => tasks::result_guards(t, who),
                O::ReassignTask => tasks::reassign_guards(t, who),
                O::CancelTask => tasks::judge_guards(t, who),
                _ => facts.unit(t.unit_id).map_or_else(
                    || vec![Refusal::new(Reason::NotResponsible)],
                    |unit| tasks::report_guards(t, unit, &facts.base.answering),
                ),
            };
            (t.id.uuid, bars)
        })
        .collect()
}

fn on_whistle(
    file: &CaseFile,
    w: &Whistle,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<Refusal> {
    use Operation as O;
    let called = || {
        let calls = w.calls.iter();
        calls.map(|c| (c, c.task_id.and_then(|id| file.task(id))))
    };
    match operation {
        O::SoundWhistle => whistles::sound_guards(file, w),
        O::RefuseWhistle => whistles::refuse_guards(w),
        O::WithdrawWhistle => whistles::withdraw_guards(w),
        O::JudgeWhistle => whistles::judge_guards(w),
        // One call that may be answered is enough.
        O::RateWhistleResponse => least(called().map(|(call, task)| {
            whistles::rate_guards(w, call.unit_id, Some(call), task, &facts.base.who)
        })),
        _ => least(called().map(|(call, task)| {
            let unit = facts.unit(call.unit_id);
            let own = unit.is_some_and(|u| tasks::answers(u, &facts.base.answering));
            whistles::call_guards(w, task, own)
        })),
    }
}

fn on_crisis(
    file: &CaseFile,
    known: &CrisisFile,
    operation: Operation,
    facts: &OperationFacts<'_>,
) -> Vec<Refusal> {
    use Operation as O;
    let (c, user) = (&known.crisis, facts.base.who.user);
    match operation {
        O::AcknowledgeCrisis => crisis_course::acknowledge_guards(c),
        O::AssessCrisis => crisis_kit::handling_guards(file, c, user).into_inner(),
        O::HandOverCrisis => crisis_course::hand_over_guards(file, c, user),
        O::FindCrisisStable => crisis_course::stable_guards(file, c, user),
        O::ReviewCrisis => crisis_review::review_guards(file, c, user),
        O::ConfirmCrisisReview => crisis_review::confirm_guards(file, c, user),
        O::CloseCrisis => crisis_review::close_guards(file, known, user),
        _ => Vec::new(),
    }
}

/// The fewest bars of all: none where one is free.
fn least(each: impl Iterator<Item = Vec<Refusal>>) -> Vec<Refusal> {
    each.min_by_key(Vec::len).unwrap_or_default()
}
