//! Whether the dossier is whole, how long it is kept, and archiving it (人民调解法 第二十七条; G-40,
//! sections 2.1, 2.4, 2.5).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::{Lang, codes};
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::follow_up::{FollowUp, FollowUpEnd};
use crate::domain::input::{Line, Obj, Text};
use crate::domain::machine::Act;
use crate::domain::movement::EscalateReason;
use crate::domain::party::ParticipantKind;
use crate::domain::record::DocType;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::session::SessionState;
use crate::domain::time::{Instant, LocalDate};

use super::agreement_content::is_group;
use super::dossier_hold::may_share_volume;
use super::ending::mediated;
use super::follow_up_plan::close_visit;
use super::follow_ups::due_visits;
use super::move_to;
use super::open_duties::{owners_in_charge, tasks_owed};
use super::standing::in_force;

fn has_doc(file: &CaseFile, kinds: &[DocType]) -> bool {
    file.attachments.iter().any(|a| kinds.contains(&a.doc_type))
}

codes! {
    /// A piece the dossier may lack (section 2.4).
    DossierItem in "dossier_item" {
        Application = "application", "申请书或受理登记", "Application or acceptance form";
        DelegationLetter = "delegation_letter", "委派委托函", "Letter of delegation";
        RightsNotice = "rights_notice", "权利义务告知", "Notice of rights and duties";
        Identity = "identity", "身份证明", "Proof of identity";
        Mandate = "mandate", "授权委托书", "Mandate";
        Record = "record", "调解笔录", "Session record";
        Agreement = "agreement", "签署完毕的协议", "Agreement, signed and sealed";
        Obligation = "obligation", "履行情况", "Performance";
        Confirmation = "confirmation", "司法确认裁定", "Ruling on confirmation";
        Termination = "termination", "终止记录", "Record of termination";
        FollowUp = "follow_up", "回访记录", "Follow-up record";
    }
}

impl DossierItem {
    /// How to make good what is missing.
    pub fn cure(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Application => (
                "归入申请书或受理登记表；口头申请的，归入当事人签名的笔录",
                "File the application or the acceptance form, or the note of the oral application signed by the party",
            ),
            Self::DelegationLetter => (
                "归入委派委托函，或登记其文号",
                "File the letter of delegation",
            ),
            Self::RightsNotice => (
                "归入经当事人签名的权利义务告知书",
                "File the notice of rights and duties signed by the party",
            ),
            Self::Identity => ("归入当事人身份证明", "File proof of the party's identity"),
            Self::Mandate => (
                "归入该代理人的授权委托书",
                "File the agent's power of attorney",
            ),
            Self::Record => (
                "完成该次调解的笔录并由到场人签名，或记明拒签",
                "Finish the record of that session and have it signed, or note the refusal",
            ),
            Self::Agreement => (
                "补齐协议的签名和调委会印章",
                "Complete the signatures and the committee's seal",
            ),
            Self::Obligation => (
                "登记履行或债权人放弃，或处理违约",
                "Record performance or waiver, or deal with the breach",
            ),
            Self::Confirmation => (
                "归入法院裁定书，或登记裁定文号",
                "File the court's ruling, or record its number",
            ),
            Self::Termination => ("归入终止调解通知书", "File the termination notice"),
            Self::FollowUp => (
                "登记回访或归入回访记录，或归档时说明未回访的理由",
                "Record the visit or file its record, or say on archiving why there was none",
            ),
        };
        lang.pick(zh, en)
    }
}

/// What the dossier lacks, as codes: `application`, `rights_notice:<party>`, `identity:<party>`,
/// `record:<session>`, `mandate:<participant>`, `delegation_letter`, `agreement:<id>`,
/// `obligation:<id>`, `confirmation:<id>`, `termination`, `follow_up`. A matter that was not
/// accepted has its application and the decision only.
pub fn dossier_missing(file: &CaseFile) -> Vec<String> {
    missing(file, file.case.detail.follow_up_waiver.is_some())
}

fn missing(file: &CaseFile, follow_up_waived: bool) -> Vec<String> {
    let detail = &file.case.detail;
    let mut missing = Vec::new();
    let applied = has_doc(file, &[DocType::Application, DocType::AcceptanceForm])
        || detail.oral_note.as_ref().is_some_and(|n| n.signed_by_party);
    if !applied {
        missing.push("application".to_owned());
    }
    if file.case.outcome == Some(Outcome::NotAccepted) {
        return missing;
    }
    let delegated = !matches!(file.case.source, Source::Application | Source::ExOfficio);
    if delegated
        && detail.delegation_letter_no.is_none()
        && !has_doc(file, &[DocType::DelegationLetter])
    {
        missing.push("delegation_letter".to_owned());
    }
    if mediated(file) {
        missing.extend(papers_of_people(file));
        missing.extend(records(file));
    }
    missing.extend(papers_of_agreements(file, follow_up_waived));
    let without_agreement = !file.agreements.iter().any(in_force);
    if without_agreement && detail.termination.is_none() {
        missing.push("termination".to_owned());
    }
    missing
}

fn papers_of_people(file: &CaseFile) -> Vec<String> {
    let mut missing = Vec::new();
    let told = has_doc(file, &[DocType::RightsNotice]);
    for p in file.principals() {
        if p.rights_notice_at.is_none() && !told {
            missing.push(format!("rights_notice:{}", p.id));
        }
        let proven = file.attachments.iter().any(|a| {
            a.doc_type == DocType::IdentityProof && a.supplied_by.is_none_or(|by| by == p.id)
        });
        if p.id_no.is_none() && p.uscc.is_none() && !proven {
            missing.push(format!("identity:{}", p.id));
        }
    }
    let agents = file
        .participants
        .iter()
        .filter(|p| p.kind == ParticipantKind::Agent && p.revoked_at.is_none());
    for agent in agents {
        let filed = agent
            .mandate
            .as_ref()
            .is_some_and(|m| m.document_id.is_some());
        if !filed && !has_doc(file, &[DocType::Mandate]) {
            missing.push(format!("mandate:{}", agent.id));
        }
    }
    missing
}

/// One record per session held, signed or its refusal noted: a session closes no other way.
fn records(file: &CaseFile) -> Vec<String> {
    file.sessions
        .iter()
        .filter(|s| s.opened_at.is_some())
        .filter(|s| s.state != SessionState::Closed || s.minutes.is_none())
        .map(|s| format!("record:{}", s.id))
        .collect()
}

fn papers_of_agreements(file: &CaseFile, follow_up_waived: bool) -> Vec<String> {
    let mut missing = Vec::new();
    for a in file.agreements.iter().filter(|a| in_force(a)) {
        let sealed = a.form == AgreementForm::Oral || a.sealed_at.is_some();
        if a.effective_at.is_none() || !sealed {
            missing.push(format!("agreement:{}", a.id));
        }
        let decided = matches!(
            a.confirmation,
            ConfirmationState::Confirmed | ConfirmationState::Dismissed
        );
        let ruling = a
            .detail
            .application
            .as_ref()
            .is_some_and(|x| x.ruling_no.is_some());
        if decided && !ruling && !has_doc(file, &[DocType::Confirmation]) {
            missing.push(format!("confirmation:{}", a.id));
        }
    }
    let today = file.case.closed_at.unwrap_or(file.case.updated_at);
    missing.extend(
        super::closing::still_due(file, today.local_date())
            .iter()
            .map(|id| format!("obligation:{id}")),
    );
    let agreed = file.agreements.iter().any(in_force);
    let visited = file.follow_ups.iter().any(FollowUp::counts);
    if agreed && !follow_up_waived && !visited && !has_doc(file, &[DocType::FollowUp]) {
        missing.push("follow_up".to_owned());
    }
    missing
}

/// How long the dossier is kept unless somebody sets it longer (section 2.5): for ever for land,
/// houses, groups, a death, overseas parties; long for a written agreement; else short.
pub fn default_retention(file: &CaseFile) -> Retention {
    let case = &file.case;
    let land = matches!(
        case.kind,
        CaseType::HouseHomestead | CaseType::ForestLand | CaseType::Expropriation
    ) || case
        .detail
        .subtype
        .as_deref()
        .is_some_and(|s| s.contains("boundary") || s.contains('界'));
    let death = file.parties.iter().any(|p| p.detail.died_on.is_some())
        || file
            .transfers
            .iter()
            .any(|t| t.reasons.contains(&EscalateReason::Es8DeathSerious));
    let overseas =
        case.detail.tags.contains(&Tag::Overseas) || file.parties.iter().any(|p| p.detail.overseas);
    if land || death || overseas || is_group(file) {
        return Retention::Permanent;
    }
    let written = |a: &Agreement| a.form == AgreementForm::Written && a.effective_at.is_some();
    if file.agreements.iter().any(written) {
        Retention::Long
    } else {
        Retention::Short
    }
}

/// Archiving.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Archive {
    /// Never shorter than the default: the longer of both is set.
    pub retention: Option<Retention>,
    /// Why it is kept longer than the default.
    pub retention_reason: Option<String>,
    /// The volume it is bound into together with other small cases.
    pub volume: Option<String>,
    /// Why there was no follow-up.
    pub follow_up_waiver: Option<String>,
}

impl Archive {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let retention = o.opt("retention");
        let reason = o.opt::<Text<500>>("retention_reason");
        let volume = o.opt::<Line<60>>("volume");
        let waiver = o.opt::<Text<500>>("follow_up_waiver");
        Some(Self {
            retention: retention?,
            retention_reason: reason?.map(|r| r.0),
            volume: volume?.map(|v| v.0),
            follow_up_waiver: waiver?.map(|w| w.0),
        })
    }
}

/// What bars an export: only a case that has ended has a whole dossier.
pub fn export_guards(file: &CaseFile) -> Vec<Refusal> {
    let state = file.case.state;
    let ended = state.is_closed() || state == CaseState::Archived;
    let mut g = Guards::new();
    g.forbid((!ended).then_some(state), Reason::WrongState);
    g.into_inner()
}

/// What bars archiving whatever the input, with everything the dossier lacks (G-40). A missing
/// follow-up is not among it: the one who archives may say why there was none.
pub fn archive_guards(file: &CaseFile, today: LocalDate) -> Vec<Refusal> {
    guards(file, true, today)
}

fn guards(file: &CaseFile, follow_up_waived: bool, today: LocalDate) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.forbid(missing(file, follow_up_waived), Reason::DossierIncomplete);
    g.forbid(
        file.pending_transfer().map(|t| t.id),
        Reason::TransferPending,
    );
    g.forbid(tasks_owed(file), Reason::TasksOpen);
    g.forbid(owners_in_charge(file), Reason::NotSignedOff);
    if !follow_up_waived {
        g.forbid(due_visits(file, today), Reason::FollowUpDue);
    }
    g.into_inner()
}

/// Archives a closed case whose dossier is whole.
///
/// # Errors
/// `dossier_incomplete` with what is missing, `follow_up_due` unless a reason for no follow-up is
/// given, `transfer_pending`, `retention_reason_missing`,
/// `one_case_one_dossier`.
pub fn archive(
    file: &CaseFile,
    input: Archive,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let waiver = input
        .follow_up_waiver
        .or_else(|| file.case.detail.follow_up_waiver.clone());
    let mut g = Guards::new();
    g.extend(guards(file, waiver.is_some(), now.local_date()));
    let default = default_retention(file);
    let retention = input.retention.map_or(default, |r| r.min(default));
    let longer = retention != default;
    g.require(
        !longer || input.retention_reason.is_some(),
        Reason::RetentionReasonMissing,
    );
    g.require(
        input.volume.is_none() || (may_share_volume(file) && !longer),
        Reason::OneCaseOneDossier,
    );
    g.done()?;
    let mut d = Decision::on(file);
    move_to(&mut d, Act::Archive, CaseState::Archived, calendar, now)?;
    let case = d.case_mut();
    case.updated_at = now;
    case.detail.retention = Some(retention);
    case.detail.retention_reason = input.retention_reason.filter(|_| longer);
    case.detail.follow_up_waiver.clone_from(&waiver);
    // Who says why there was no follow-up says it of the visits that are due.
    let today = now.local_date();
    if let Some(reason) = waiver {
        for visit in file.follow_ups.iter().filter(|f| f.is_due(today)) {
            let (end, note) = (FollowUpEnd::Waived, Some(reason.clone()));
            close_visit(&mut d, visit.clone(), end, note, now);
        }
    }
    d.event(Event::CaseArchived { retention });
    Ok(d)
}
