//! What dangers bar (G-26, G-27, G-28, M-51): the predicates other areas ask before they act.

use crate::domain::case::Risk;
use crate::domain::casefile::CaseFile;
use crate::domain::ids::PartyId;
use crate::domain::party::{Capacity, GivenConsent, Party};
use crate::domain::record::{Incident, IncidentKind, ReportTarget};
use crate::domain::refusal::{Guards, Reason, Refusal};

/// Who must hear of harm to a minor (未成年人保护法 第十一条).
pub const MINOR_HARM_TARGETS: [ReportTarget; 3] = [
    ReportTarget::Police,
    ReportTarget::CivilAffairs,
    ReportTarget::Education,
];

/// Bodies outside that can act on a danger; telling one's own superior is no report (G-26).
pub fn is_authority(target: ReportTarget) -> bool {
    target != ReportTarget::Superior
}

/// A danger to people; a sham endangers claims.
pub fn is_danger(kind: IncidentKind) -> bool {
    kind != IncidentKind::Sham
}

fn is_reported(incident: &Incident) -> bool {
    incident.reported_at.is_some()
        && incident.receipt_no.is_some()
        && incident.reported_to.iter().any(|t| is_authority(*t))
}

/// G-26: a danger of this case was reported to the police or another department, with a receipt,
/// and no open incident of red risk or crime is still unreported. Says nothing of the risk level.
pub fn red_reported(file: &CaseFile) -> bool {
    !open_red(file).any(|i| !is_reported(i))
        && file
            .incidents
            .iter()
            .any(|i| is_danger(i.kind) && is_reported(i))
}

/// G-26: there is a safety plan for the sessions, in the case or in an incident not yet closed.
pub fn safety_plan_present(file: &CaseFile) -> bool {
    let own = file.case.detail.safety_plan.as_deref();
    own.is_some_and(|text| !text.trim().is_empty())
        || file
            .incidents
            .iter()
            .any(|i| i.closed_at.is_none() && i.safety_plan.is_some())
}

/// The risk is red, or something dangerous was found that is not closed (G-26).
pub fn in_danger(file: &CaseFile) -> bool {
    file.case.risk == Risk::Red || red_open(file)
}

/// An incident of red risk or crime is open: the risk may not be lowered.
pub fn red_open(file: &CaseFile) -> bool {
    open_red(file).next().is_some()
}

fn open_red(file: &CaseFile) -> impl Iterator<Item = &Incident> {
    file.incidents.iter().filter(|i| {
        i.closed_at.is_none() && matches!(i.kind, IncidentKind::RiskRed | IncidentKind::Crime)
    })
}

/// Domestic violence was flagged or recorded.
pub fn is_dv(file: &CaseFile) -> bool {
    file.case.detail.dv || of_kind(file, IncidentKind::Dv).next().is_some()
}

/// The parties whose own consent a face-to-face session needs (G-27): the victims named; while
/// nobody is named, every principal party, for the victim is one of them or their child.
pub fn dv_victims(file: &CaseFile) -> Vec<&Party> {
    if !is_dv(file) {
        return Vec::new();
    }
    let named: Vec<PartyId> = of_kind(file, IncidentKind::Dv)
        .filter_map(|i| i.victim_party_id)
        .collect();
    let victims: Vec<&Party> = file
        .live_parties()
        .filter(|p| named.contains(&p.id))
        .collect();
    if victims.is_empty() {
        file.principals().collect()
    } else {
        victims
    }
}

/// G-27: what bars a session of this case; empty when nothing does. `consents` are those given to
/// this very session (the latest of a party counts); `face_to_face` is false for a caucus.
pub fn dv_blocks(file: &CaseFile, consents: &[GivenConsent], face_to_face: bool) -> Vec<Refusal> {
    let mut g = Guards::new();
    if !is_dv(file) {
        return g.into_inner();
    }
    let victims = dv_victims(file);
    if face_to_face {
        let unwilling = victims.iter().filter(|p| {
            let last = consents.iter().rev().find(|c| c.party_id == p.id);
            !last.is_some_and(|c| c.given)
        });
        g.forbid(unwilling.map(|p| p.id), Reason::DvJointRefused);
    }
    let unreported = victims
        .iter()
        .filter(|p| p.capacity != Capacity::Full && !dv_reported_for(file, p.id));
    g.forbid(unreported.map(|p| p.id), Reason::DvReportMissing);
    let told = of_kind(file, IncidentKind::Dv).any(|i| i.protection_order_told);
    g.require(told, Reason::ProtectionInfoMissing);
    g.into_inner()
}

fn dv_reported_for(file: &CaseFile, party: PartyId) -> bool {
    of_kind(file, IncidentKind::Dv).any(|i| {
        i.victim_party_id.is_none_or(|v| v == party)
            && i.reported_at.is_some()
            && i.reported_to.contains(&ReportTarget::Police)
    })
}

/// G-28: the authorities that have not been told of harm to a minor; empty when there is no such
/// harm or all were told of every incident.
pub fn minor_harm_unreported(file: &CaseFile) -> Vec<ReportTarget> {
    let recorded = of_kind(file, IncidentKind::MinorHarm).next().is_some();
    if !recorded && !file.case.detail.minor_harm {
        return Vec::new();
    }
    MINOR_HARM_TARGETS
        .into_iter()
        .filter(|t| {
            !recorded
                || of_kind(file, IncidentKind::MinorHarm)
                    .any(|i| i.reported_at.is_none() || !i.reported_to.contains(t))
        })
        .collect()
}

/// M-51: flagged as sham, and not cleared: the review is not over, or it found the sham to be true.
pub fn sham_not_cleared(file: &CaseFile) -> bool {
    file.case.detail.sham || of_kind(file, IncidentKind::Sham).any(|i| i.closed_at.is_none())
}

/// G-29: somebody is in a crisis, and two persons have not reviewed it yet.
pub fn support_first(file: &CaseFile) -> bool {
    file.case.detail.support.as_ref().is_some_and(|s| s.holds)
}

/// G-26, G-27, G-28, G-29, M-51 together: what bars opening a session. For `consents` and
/// `face_to_face` see [`dv_blocks`].
pub fn session_risk_guards(
    file: &CaseFile,
    consents: &[GivenConsent],
    face_to_face: bool,
) -> Vec<Refusal> {
    let mut g = Guards::new();
    if in_danger(file) {
        g.require(red_reported(file), Reason::IncidentMissing);
        g.require(safety_plan_present(file), Reason::SafetyPlanMissing);
    }
    g.require(!support_first(file), Reason::SupportFirst);
    g.extend(dv_blocks(file, consents, face_to_face));
    g.forbid(minor_harm_unreported(file), Reason::MinorHarmNotReported);
    g.require(!sham_not_cleared(file), Reason::ShamUnderReview);
    g.into_inner()
}

fn of_kind(file: &CaseFile, kind: IncidentKind) -> impl Iterator<Item = &Incident> {
    file.incidents.iter().filter(move |i| i.kind == kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::case::CaseState;
    use crate::domain::rules::testkit::{file as fresh, id, incident, now};
    use crate::domain::secret::Secret;

    fn file() -> CaseFile {
        fresh(CaseState::Assigned)
    }

    fn reasons(file: &CaseFile) -> Vec<Reason> {
        session_risk_guards(file, &[], true)
            .iter()
            .map(|r| r.reason)
            .collect()
    }

    #[test]
    fn a_quiet_case_is_free() {
        assert_eq!(reasons(&file()), []);
    }

    #[test]
    fn red_needs_a_report_to_an_authority_and_a_plan() {
        let mut f = file();
        f.case.risk = Risk::Red;
        let both = [Reason::IncidentMissing, Reason::SafetyPlanMissing];
        assert_eq!(reasons(&f), both);
        f.incidents = vec![incident(IncidentKind::RiskRed, &[ReportTarget::Superior])];
        assert_eq!(reasons(&f), both, "a superior is no authority");
        f.incidents = vec![incident(IncidentKind::RiskRed, &[ReportTarget::Police])];
        assert_eq!(reasons(&f), [Reason::SafetyPlanMissing]);
        f.incidents[0].receipt_no = None;
        assert!(!red_reported(&f));
        f.incidents[0].receipt_no = Some("R-2".into());
        f.incidents[0].safety_plan = Some(Secret::new("两名工作人员在场"));
        assert_eq!(reasons(&f), []);
        let mut second = incident(IncidentKind::Crime, &[]);
        second.id = id(0x41);
        f.incidents.push(second);
        assert_eq!(reasons(&f), [Reason::IncidentMissing], "a new danger");
    }

    #[test]
    fn a_closed_incident_lends_no_safety_plan() {
        let mut f = file();
        f.case.risk = Risk::Red;
        let mut i = incident(IncidentKind::RiskRed, &[ReportTarget::Police]);
        i.safety_plan = Some(Secret::new("x"));
        i.closed_at = Some(now());
        f.incidents.push(i);
        assert_eq!(reasons(&f), [Reason::SafetyPlanMissing]);
        f.case.detail.safety_plan = Some("两人在场".into());
        assert_eq!(reasons(&f), []);
    }

    #[test]
    fn violence_asks_the_named_victim_or_everybody() {
        let mut f = file();
        f.case.detail.dv = true;
        let blocks = dv_blocks(&f, &[], true);
        assert_eq!(blocks[0].reason, Reason::DvJointRefused);
        assert_eq!(blocks[0].items.len(), 2, "nobody is named");
        assert_eq!(blocks[1].reason, Reason::ProtectionInfoMissing);

        let mut i = incident(IncidentKind::Dv, &[]);
        i.victim_party_id = Some(f.parties[0].id);
        i.protection_order_told = true;
        f.incidents.push(i);
        let say = |given, party| GivenConsent {
            party_id: id(party),
            given,
            at: now(),
        };
        let blocks = dv_blocks(&f, &[say(true, 0x102)], true);
        assert_eq!(blocks[0].items, [f.parties[0].id.to_string()]);
        assert!(dv_blocks(&f, &[say(true, 0x101)], true).is_empty());
        let changed_mind = [say(true, 0x101), say(false, 0x101)];
        assert_eq!(dv_blocks(&f, &changed_mind, true).len(), 1);
        assert!(dv_blocks(&f, &[], false).is_empty(), "a caucus is apart");
    }

    #[test]
    fn violence_against_the_incapable_is_reported_to_the_police() {
        let mut f = file();
        f.parties[0].capacity = Capacity::Limited;
        let mut i = incident(IncidentKind::Dv, &[ReportTarget::WomenFederation]);
        i.victim_party_id = Some(f.parties[0].id);
        i.protection_order_told = true;
        f.incidents.push(i);
        assert_eq!(dv_blocks(&f, &[], false)[0].reason, Reason::DvReportMissing);
        f.incidents[0].reported_to.push(ReportTarget::Police);
        assert!(dv_blocks(&f, &[], false).is_empty());
    }

    #[test]
    fn harm_to_a_minor_is_told_to_all_three() {
        let mut f = file();
        assert!(minor_harm_unreported(&f).is_empty());
        f.case.detail.minor_harm = true;
        assert_eq!(minor_harm_unreported(&f), MINOR_HARM_TARGETS);
        let two = [ReportTarget::Police, ReportTarget::Education];
        f.incidents.push(incident(IncidentKind::MinorHarm, &two));
        assert_eq!(minor_harm_unreported(&f), [ReportTarget::CivilAffairs]);
        assert_eq!(reasons(&f), [Reason::MinorHarmNotReported]);
        f.incidents[0].reported_to.push(ReportTarget::CivilAffairs);
        assert_eq!(reasons(&f), []);
    }

    #[test]
    fn a_sham_review_stops_sessions_until_it_ends() {
        let mut f = file();
        f.case.detail.sham = true;
        assert_eq!(reasons(&f), [Reason::ShamUnderReview]);
        f.incidents.push(incident(IncidentKind::Sham, &[]));
        assert_eq!(reasons(&f), [Reason::ShamUnderReview]);
        f.incidents[0].closed_at = Some(now());
        assert_eq!(reasons(&f), [Reason::ShamUnderReview], "found to be true");
        f.case.detail.sham = false;
        assert_eq!(reasons(&f), [], "cleared");
    }
}
