//! A villager group's meeting that approves an agreement about the group's land (村民委员会组织法
//! 第二十八条): the representatives of two thirds of the households, and more than half of them for
//! it.

use crate::domain::agreement::{Agreement, GroupApproval};
use crate::domain::case::CaseType;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::*;
use crate::domain::input::{Int, Obj};
use crate::domain::party::PartyKind;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::Instant;

use super::agreement_plan::draft_only;
use super::standing::{Work, agreement_of};
use super::tasks::evidence_guards;

/// Reads the record of a meeting.
pub fn read(o: &mut Obj<'_>) -> Option<GroupApproval> {
    let party = o.req("party_id");
    let held_on = o.req("held_on");
    let households = o.req::<Int<1, 100_000>>("households");
    let present = o.req::<Int<0, 100_000>>("present");
    let in_favour = o.req::<Int<0, 100_000>>("in_favour");
    let minutes = o.req("minutes_id");
    Some(GroupApproval {
        party_id: party?,
        held_on: held_on?,
        households: households?.0,
        present: present?.0,
        in_favour: in_favour?.0,
        minutes_id: minutes?,
    })
}

/// Records the approval of a group that the draft binds.
///
/// # Errors
/// `group_quorum_missing`, `group_majority_missing`, `contradiction`, `in_future`,
/// `unknown_reference`, `file_missing`, `wrong_state`.
pub fn approve(
    file: &CaseFile,
    agreement: AgreementId,
    input: GroupApproval,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    let mut a = agreement_of(file, agreement)?.clone();
    let mut g = Guards::new();
    g.extend(draft_only(&a));
    let group = file.party(input.party_id);
    let bound = group.is_some_and(|p| p.kind == PartyKind::VillagerGroup)
        && a.detail.parties.contains(&input.party_id);
    g.forbid((!bound).then_some(input.party_id), Reason::UnknownReference);
    g.extend(evidence_guards(file, &[input.minutes_id]));
    g.require(input.held_on <= now.local_date(), Reason::InFuture);
    let counted = input.present <= input.households && input.in_favour <= input.present;
    g.require(counted, Reason::Contradiction);
    let quorum = input.present.saturating_mul(3) >= input.households.saturating_mul(2);
    g.require(quorum, Reason::GroupQuorumMissing);
    let majority = input.in_favour.saturating_mul(2) > input.present;
    g.require(majority, Reason::GroupMajorityMissing);
    g.done()?;
    let mut work = Work::on(file, now);
    work.d.event(Event::GroupApproved {
        agreement: a.id,
        party: input.party_id,
        households: input.households,
        present: input.present,
        in_favour: input.in_favour,
    });
    a.detail.approvals.retain(|p| p.party_id != input.party_id);
    a.detail.approvals.push(input);
    work.put_agreement(a);
    Ok(work.d)
}

/// The villager groups that the agreement binds and whose meeting has not approved it; asked where
/// the group's land is at issue.
pub fn unapproved(file: &CaseFile, a: &Agreement) -> Vec<PartyId> {
    let land = matches!(
        file.case.kind,
        CaseType::ForestLand | CaseType::HouseHomestead | CaseType::Expropriation
    );
    let groups = file.live_parties();
    groups
        .filter(|p| land && p.kind == PartyKind::VillagerGroup)
        .map(|p| p.id)
        .filter(|id| a.detail.parties.contains(id))
        .filter(|id| !a.detail.approvals.iter().any(|p| p.party_id == *id))
        .collect()
}
