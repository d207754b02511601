//! Putting an agreement to signature and signing it (人民调解法 第二十九条; G-13…G-15, G-19, G-22,
//! M-72).

use crate::domain::agreement::*;
use crate::domain::calendar::Calendar;
use crate::domain::case::{NextStep, Source};
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Line, Obj, Text};
use crate::domain::mediator::TeamRole;
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::{MandateScope, Party, SettleAuth};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::agreement_content::{
    content_guards, is_personal_status, missing_content, party_guards, unbalanced_plans, unclear,
};
use super::agreements::agree_guards;
use super::group_approval::unapproved;
use super::notify::tell_parties;
use super::standing::{Work, agreement_of, is_member, obligations_of, signing_parties};
use super::steps::owe;
use super::{Who, people};

/// Working days given for signing once a paper is ready.
const SIGNING_DAYS: u32 = 3;
/// Starts the note of a signature by which a creditor waived an obligation.
pub(super) const WAIVES: &str = "waives:";

/// `case_no-n` (section 2.3).
pub(super) fn number_of(file: &CaseFile, agreement: &Agreement) -> Option<String> {
    let case_no = file.case.case_no.as_deref()?;
    Some(format!("{case_no}-{}", agreement.no))
}

/// The signatures that stand on an agreement itself, its seal included.
pub fn signatures_of(file: &CaseFile, id: AgreementId) -> impl Iterator<Item = &Signature> {
    file.signatures.iter().filter(move |s| {
        s.thing == SignedThing::Agreement
            && s.thing_id == id.uuid
            && !s.note.as_deref().is_some_and(|n| n.starts_with(WAIVES))
    })
}

/// Puts a draft to signature.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartSigning {
    /// Leave out group members who did not authorise the settlement (G-15); without it they are
    /// named in a refusal.
    pub leave_out_unauthorised: bool,
}

impl StartSigning {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let leave_out = o.or("leave_out_unauthorised", false);
        Some(Self {
            leave_out_unauthorised: leave_out?,
        })
    }
}

/// What bars putting this draft to signature on `now`, G-13 and G-15 included.
pub fn start_guards(file: &CaseFile, a: &Agreement, now: Instant) -> Vec<Refusal> {
    let obligations: Vec<Obligation> = obligations_of(file, a.id).cloned().collect();
    let mut g = Guards::new();
    if a.state != AgreementState::Draft || file.case.case_no.is_none() {
        g.add(Refusal::about(Reason::WrongState, [a.state]));
    }
    g.extend(agree_guards(file));
    g.forbid(strangers(file, a, &obligations), Reason::UnknownReference);
    g.forbid(
        missing_content(file, a, &obligations),
        Reason::ContentIncomplete,
    );
    g.extend(unclear(a, &obligations));
    g.forbid(unapproved(file, a), Reason::GroupApprovalMissing);
    g.forbid(unbalanced_plans(&obligations), Reason::AmountsDoNotSum);
    g.extend(content_guards(file, a, &obligations));
    g.extend(party_guards(file, a, now));
    let stop = people::stop_demanded(file);
    g.forbid(
        stop.iter().filter(|p| a.detail.parties.contains(p)),
        Reason::StopDemanded,
    );
    g.into_inner()
}

/// The draft without the group members who did not authorise the settlement.
pub fn without_unauthorised(file: &CaseFile, agreement: &Agreement) -> Agreement {
    let mut a = agreement.clone();
    leave_out(file, &mut a.detail);
    a
}

/// Checks that a draft is whole and puts it to signature: it gets its number, the parties are
/// told that the paper is ready.
///
/// # Errors
/// G-13, G-15, G-19 (all that is missing), G-20, G-22, G-28, G-41, M-51, I4; `wrong_state`.
pub fn start_signing(
    file: &CaseFile,
    agreement: AgreementId,
    input: &StartSigning,
    calendar: &Calendar,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let old = agreement_of(file, agreement)?;
    let mut a = if input.leave_out_unauthorised {
        without_unauthorised(file, old)
    } else {
        old.clone()
    };
    let mut g = Guards::new();
    g.extend(start_guards(file, &a, now));
    g.done()?;

    a.state = AgreementState::Signing;
    a.signing_at = Some(now);
    a.number = number_of(file, &a);
    if a.detail.copies == 0 {
        a.detail.copies = default_copies(file, &a);
    }
    let mut work = Work::on(file, now);
    work.d.event(Event::SigningStarted {
        agreement: a.id,
        number: a.number.clone().unwrap_or_default(),
    });
    let due = calendar.add_working_days(now.local_date(), SIGNING_DAYS);
    owe(work.d.case_mut(), Some(NextStep::Sign), Some(due.end()));
    let notice = Notice::agreement(NoticeKind::AgreementReady, a.id);
    let signers: Vec<PartyId> = signing_parties(file, &a).iter().map(|p| p.id).collect();
    tell_parties(&mut work.d, file, &signers, &notice);
    work.d.tell(Recipient::Team, notice);
    work.put_agreement(a);
    Ok(work.d)
}

/// Members who did not authorise the settlement are not bound (民事诉讼法 第五十六条).
fn leave_out(file: &CaseFile, d: &mut AgreementDetail) {
    let without = |p: &&Party| is_member(p) && p.settle_auth != SettleAuth::Yes;
    let out: Vec<PartyId> = file.parties.iter().filter(without).map(|p| p.id).collect();
    d.left_out = d
        .parties
        .iter()
        .copied()
        .filter(|p| out.contains(p))
        .collect();
    d.parties.retain(|p| !out.contains(p));
}

/// Parties no longer in the case, and obligations of people the agreement does not bind.
fn strangers(file: &CaseFile, a: &Agreement, obligations: &[Obligation]) -> Vec<String> {
    let live: Vec<PartyId> = file.live_parties().map(|p| p.id).collect();
    let bound = |id: &PartyId| a.detail.parties.contains(id);
    let gone = a.detail.parties.iter().filter(|p| !live.contains(p));
    let loose = obligations
        .iter()
        .filter(|o| !bound(&o.debtor_id) || !bound(&o.creditor_id));
    gone.map(ToString::to_string)
        .chain(loose.map(|o| o.id.to_string()))
        .collect()
}

/// One copy for each party, one for the committee, one for a body that delegated (M-75).
fn default_copies(file: &CaseFile, a: &Agreement) -> i64 {
    let parties = i64::try_from(a.detail.parties.len()).unwrap_or(i64::MAX);
    let delegated = !matches!(file.case.source, Source::Application | Source::ExOfficio);
    parties
        .saturating_add(1)
        .saturating_add(i64::from(delegated))
}

/// One signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sign {
    pub id: Option<SignatureId>,
    pub signed_as: SignedAs,
    pub party: Option<PartyId>,
    pub participant: Option<ParticipantId>,
    /// Staff who sign; the actor unless told.
    pub user: Option<UserId>,
    pub method: SignMethod,
    pub signed_at: Instant,
    pub image_sha256: Option<String>,
    pub note: Option<String>,
}

/// A lower-case hex SHA-256, or a fault.
pub(super) fn read_sha256(o: &mut Obj<'_>, name: &'static str) -> Option<Option<String>> {
    let text = o.opt::<Line<64>>(name)?;
    let hex = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
    if text
        .as_ref()
        .is_some_and(|t| t.0.len() != 64 || !t.0.chars().all(hex))
    {
        o.fault(name, "invalid_sha256");
        return None;
    }
    Some(text.map(|t| t.0))
}

impl Sign {
    /// Reads a signature. Refusing to sign is none, and the seal has its own act.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let signed_as = o.req::<SignedAs>("signed_as");
        let party = o.opt::<PartyId>("party_id");
        let participant = o.opt::<ParticipantId>("participant_id");
        let user = o.opt("user_id");
        let method = o.req::<SignMethod>("method");
        let signed_at = o.req("signed_at");
        let image = read_sha256(o, "image_sha256");
        let note = o.opt::<Text<200>>("note");
        if method == Some(SignMethod::Refused) {
            o.fault("method", "not_allowed");
        }
        match signed_as {
            Some(SignedAs::CommitteeSeal) => o.fault("signed_as", "not_allowed"),
            Some(SignedAs::Party) if party == Some(None) => o.fault("party_id", "required"),
            Some(SignedAs::LegalRepresentative | SignedAs::Agent) if participant == Some(None) => {
                o.fault("participant_id", "required");
            }
            _ => {}
        }
        Some(Self {
            id: id?,
            signed_as: signed_as?,
            party: party?,
            participant: participant?,
            user: user?,
            method: method?,
            signed_at: signed_at?,
            image_sha256: image?,
            note: note?.map(|n| n.0),
        })
    }
}

/// Guards of signing and sealing that do not depend on the input.
pub fn sign_guards(file: &CaseFile, agreement: &Agreement) -> Vec<Refusal> {
    let mut g = Guards::new();
    if agreement.state != AgreementState::Signing {
        g.add(Refusal::about(Reason::WrongState, [agreement.state]));
    }
    g.extend(agree_guards(file));
    g.into_inner()
}

pub(super) fn time_guards(
    file: &CaseFile,
    agreement: &Agreement,
    at: Instant,
    now: Instant,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    g.require(at <= now, Reason::InFuture);
    let earliest = agreement.reached_at.max(file.case.accepted_at);
    g.require(earliest.is_none_or(|from| from <= at), Reason::TimeOrder);
    g.into_inner()
}

/// G-22 for one signature.
pub(super) fn method_guards(
    file: &CaseFile,
    agreement: &Agreement,
    method: SignMethod,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    if method == SignMethod::ESign {
        g.require(
            !is_personal_status(file, agreement),
            Reason::ESignNotAllowed,
        );
        g.require(
            !agreement.detail.e_sign_by.is_empty(),
            Reason::ESignNotChosen,
        );
    }
    g.into_inner()
}

/// Records a signature: a party's own, its legal representative's or agent's, the mediator's,
/// the recorder's. In any order; the seal comes last.
///
/// # Errors
/// G-13 (`legal_rep_missing`), G-14 (`mandate_invalid`), G-07 (`mediator_not_eligible`), G-22,
/// `already_done`, `unknown_reference`, times, state.
pub fn sign(
    file: &CaseFile,
    agreement: AgreementId,
    input: Sign,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let a = agreement_of(file, agreement)?;
    let mut g = Guards::new();
    g.extend(sign_guards(file, a));
    g.extend(time_guards(file, a, input.signed_at, now));
    g.extend(method_guards(file, a, input.method));
    let staff = matches!(
        input.signed_as,
        SignedAs::Mediator | SignedAs::Recorder | SignedAs::StaffWitness
    );
    let party = if staff {
        None
    } else {
        let by_participant = input
            .participant
            .and_then(|id| file.participant(id))
            .and_then(|p| p.party_id);
        input.party.or(by_participant)
    };
    let user = staff.then(|| input.user.unwrap_or(who.user));
    if let Some(user) = user {
        g.extend(staff_guards(file, user, input.signed_as, input.signed_at));
    } else {
        g.extend(party_signature_guards(file, a, party, &input));
    }
    let again = signatures_of(file, a.id).any(|s| {
        s.signed_as == input.signed_as && s.party_id == party && (!staff || s.user_id == user)
    });
    g.require(!again, Reason::AlreadyDone);
    g.done()?;

    let mut work = Work::on(file, now);
    work.d.event(Event::AgreementSigned {
        agreement: a.id,
        signed_as: input.signed_as,
        party,
        method: input.method,
    });
    work.add_signature(Signature {
        id: input.id.unwrap_or_else(|| ids.id()),
        case_id: file.case.id,
        thing: SignedThing::Agreement,
        thing_id: a.id.uuid,
        signed_as: input.signed_as,
        party_id: party,
        participant_id: input.participant.filter(|_| !staff),
        user_id: user,
        method: input.method,
        signed_at: input.signed_at,
        image_sha256: input.image_sha256,
        note: input.note.filter(|n| !n.starts_with(WAIVES)),
        recorded_by: who.user,
        recorded_at: now,
    });
    Ok(work.d)
}

/// G-13, G-14: whether this hand binds this party on that day.
fn party_signature_guards(
    file: &CaseFile,
    a: &Agreement,
    party: Option<PartyId>,
    input: &Sign,
) -> Vec<Refusal> {
    let listed = party
        .filter(|id| a.detail.parties.contains(id))
        .and_then(|id| file.party(id));
    match listed {
        Some(p) => hand_guards(
            file,
            p,
            input.signed_as,
            input.participant,
            MandateScope::Settle,
            input.signed_at,
        ),
        None => {
            let participant = input.participant.map(|p| p.to_string());
            let named = party.map(|p| p.to_string()).or(participant);
            vec![Refusal::about(Reason::UnknownReference, named)]
        }
    }
}

/// Whether the one who signs may sign for the party on that day: itself with full capacity, its
/// legal representative without, or an agent whose mandate covers the scope.
pub(super) fn hand_guards(
    file: &CaseFile,
    party: &Party,
    signed_as: SignedAs,
    participant: Option<ParticipantId>,
    scope: MandateScope,
    at: Instant,
) -> Vec<Refusal> {
    let may = people::who_signs_for(file, party, scope, at.local_date());
    let by = |list: &[ParticipantId]| participant.is_some_and(|p| list.contains(&p));
    let item = || participant.map_or(party.id.to_string(), |p| p.to_string());
    let mut g = Guards::new();
    match signed_as {
        SignedAs::Party if !may.own => {
            g.add(Refusal::about(Reason::LegalRepMissing, [party.id]));
        }
        SignedAs::LegalRepresentative if !by(&may.legal_representatives) => {
            g.add(Refusal::about(Reason::LegalRepMissing, [item()]));
        }
        SignedAs::Agent if !by(&may.agents) => {
            g.add(Refusal::about(Reason::MandateInvalid, [item()]));
        }
        _ => {}
    }
    g.into_inner()
}

/// G-07: staff who sign are on the team on that day; as mediator, with a mediator's part in it.
fn staff_guards(file: &CaseFile, user: UserId, signed_as: SignedAs, at: Instant) -> Vec<Refusal> {
    let mut g = Guards::new();
    let fits = |role: TeamRole| {
        signed_as != SignedAs::Mediator || matches!(role, TeamRole::Chair | TeamRole::Mediator)
    };
    let on_team = file
        .assignments
        .iter()
        .any(|a| a.user_id == user && fits(a.role) && a.to_at.is_none_or(|end| at <= end));
    if !on_team {
        g.add(Refusal::about(Reason::MediatorNotEligible, [user]));
    }
    g.into_inner()
}
