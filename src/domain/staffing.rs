//! Who may hold which role where, how units hang together, and what a committee must look like.

use super::codes::codes;
use super::ids::OrgId;
use super::org::*;
use super::persons::is_minor;
use super::time::LocalDate;

codes! {
    /// What a committee lacks of 人民调解法 第八、九条. A committee may be recorded with gaps while
    /// it is being made up; whether it may mediate is asked at acceptance (G-06).
    CommitteeWarning in "committee_warning" {
        TooFewMembers = "too_few_members", "委员不足三名", "Fewer than three members";
        TooManyMembers = "too_many_members", "委员超过九名", "More than nine members";
        NoChair = "no_chair", "没有主任", "No chair";
        NoWoman = "no_woman", "没有妇女委员", "No woman among the members";
        TermEnded = "term_ended", "任期已届满", "The term has ended";
        TermEnding = "term_ending", "任期将在九十日内届满", "The term ends within ninety days";
        NotInTerm = "not_in_term", "任期尚未开始", "The term has not begun";
        Dissolved = "dissolved", "已停用", "No longer active";
    }
}

/// Months of a committee's term (人民调解法 第九条).
const TERM_MONTHS: i32 = 36;
/// How long before its end a term is called ending.
const TERM_NOTICE_DAYS: i64 = 90;

/// Whether a role can be held at a unit of this kind.
pub fn role_fits(role: Role, at: OrgKind) -> bool {
    use OrgKind::*;
    match role {
        Role::VillageSteward => at == VillageStation,
        Role::DeskHead => at == TownshipDesk,
        Role::JusticeOffice => at == JusticeOffice,
        Role::CountyDispatcher
        | Role::CountySupervisor
        | Role::PsyLead
        | Role::CrisisOfficer
        | Role::Auditor
        | Role::SysAdmin
        | Role::SecAdmin => at == CountyCentre,
        Role::DeptLiaison => matches!(at, Department | Court | PoliceStation),
        Role::Archivist => matches!(at, CountyCentre | TownshipDesk),
        Role::Shopkeeper => matches!(at, TownshipDesk | VillageStation),
        Role::Mediator | Role::Recorder => {
            matches!(
                at,
                CountyCentre | TownshipDesk | VillageStation | Department
            )
        }
    }
}

/// Separation of duties: who manages the system or the rights, or audits, does nothing else. So no
/// administrator reads cases, no auditor writes, and no one person both makes users and gives
/// them rights.
pub fn may_hold_together(a: Role, b: Role) -> bool {
    let alone = |r: Role| matches!(r, Role::SysAdmin | Role::SecAdmin | Role::Auditor);
    a == b || !(alone(a) || alone(b))
}

/// Whether a unit of this kind may hang under a unit of that kind; `None` is the root.
pub fn parent_fits(kind: OrgKind, parent: Option<OrgKind>) -> bool {
    use OrgKind::*;
    match kind {
        CountyCentre => parent.is_none(),
        TownshipDesk | Department => parent == Some(CountyCentre),
        VillageStation | JusticeOffice => parent == Some(TownshipDesk),
        // Some courts and police stations serve one township only.
        Court | PoliceStation => matches!(parent, Some(CountyCentre | TownshipDesk)),
    }
}

/// The township desk that a unit is or belongs to.
pub fn desk_of(id: OrgId, kind: OrgKind, parent: Option<&OrgUnit>) -> Option<OrgId> {
    match kind {
        OrgKind::TownshipDesk => Some(id),
        _ => parent.and_then(|p| p.desk_id),
    }
}

/// Whether a term is in order and at most three years long.
pub fn term_fits(from: LocalDate, to: LocalDate) -> bool {
    from < to && to <= from.plus_months(TERM_MONTHS)
}

/// Whether a membership is in force on a day; its last day counts.
pub fn in_office(member: &Member, on: LocalDate) -> bool {
    member.from_on <= on && member.to_on.is_none_or(|to| on <= to)
}

/// Whether a person is known to be an adult on a day (人民调解法 第十四条).
pub fn is_adult(birth: Option<LocalDate>, on: LocalDate) -> bool {
    birth.is_some_and(|b| !is_minor(b, on))
}

/// What a committee lacks on a day. Only elected members (委员) count, not those engaged by it.
pub fn committee_warnings(
    committee: &Committee,
    members: &[Member],
    on: LocalDate,
) -> Vec<CommitteeWarning> {
    let elected: Vec<&Member> = members
        .iter()
        .filter(|m| m.appointment == AppointmentKind::Member && in_office(m, on))
        .collect();
    let checks = [
        (elected.len() < 3, CommitteeWarning::TooFewMembers),
        (elected.len() > 9, CommitteeWarning::TooManyMembers),
        (
            !elected.iter().any(|m| m.is_chair),
            CommitteeWarning::NoChair,
        ),
        (!elected.iter().any(|m| m.female), CommitteeWarning::NoWoman),
        (on < committee.term_from, CommitteeWarning::NotInTerm),
        (committee.term_to < on, CommitteeWarning::TermEnded),
        (
            on <= committee.term_to && committee.term_to < on.plus_days(TERM_NOTICE_DAYS),
            CommitteeWarning::TermEnding,
        ),
        (!committee.active, CommitteeWarning::Dissolved),
    ];
    checks
        .into_iter()
        .filter_map(|(lacks, warning)| lacks.then_some(warning))
        .collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::CommitteeWarning::*;
    use super::*;
    use crate::domain::codes::Code;
    use crate::domain::ids::Id;
    use crate::domain::policy::{Action, role_may};
    use crate::domain::time::Instant;

    fn date(text: &str) -> LocalDate {
        LocalDate::parse(text).unwrap()
    }

    #[test]
    fn administrators_and_auditors_stand_alone() {
        for a in Role::ALL {
            for b in Role::ALL {
                let together = may_hold_together(*a, *b);
                assert_eq!(together, may_hold_together(*b, *a), "{a} {b}");
                if a == b {
                    assert!(together);
                    continue;
                }
                let admin = |r: Role| matches!(r, Role::SysAdmin | Role::SecAdmin);
                if together {
                    assert!(!admin(*a) && !admin(*b), "{a} with {b}");
                    assert!(!role_may(*a, Action::ReadAudit), "an auditor writes: {b}");
                }
            }
        }
        assert!(may_hold_together(Role::Mediator, Role::Recorder));
        assert!(!may_hold_together(Role::SysAdmin, Role::SecAdmin));
        assert!(!may_hold_together(Role::Auditor, Role::JusticeOffice));
    }

    #[test]
    fn every_role_has_a_place_and_no_role_fits_everywhere() {
        for role in Role::ALL {
            let places = OrgKind::ALL.iter().filter(|k| role_fits(*role, **k));
            assert!((1..=4).contains(&places.count()), "{role}");
        }
        assert!(!role_fits(Role::VillageSteward, OrgKind::TownshipDesk));
        assert!(!role_fits(Role::CountyDispatcher, OrgKind::Department));
        assert!(role_fits(Role::DeptLiaison, OrgKind::Court));
    }

    #[test]
    fn the_tree_has_one_shape() {
        use OrgKind::*;
        let allowed: Vec<(OrgKind, Option<OrgKind>)> = OrgKind::ALL
            .iter()
            .flat_map(|k| {
                let above = OrgKind::ALL.iter().map(|p| Some(*p)).chain([None]);
                above.map(move |p| (*k, p))
            })
            .filter(|(k, p)| parent_fits(*k, *p))
            .collect();
        assert_eq!(
            allowed,
            [
                (CountyCentre, None),
                (TownshipDesk, Some(CountyCentre)),
                (VillageStation, Some(TownshipDesk)),
                (Department, Some(CountyCentre)),
                (Court, Some(CountyCentre)),
                (Court, Some(TownshipDesk)),
                (PoliceStation, Some(CountyCentre)),
                (PoliceStation, Some(TownshipDesk)),
                (JusticeOffice, Some(TownshipDesk)),
            ]
        );
    }

    #[test]
    fn a_term_is_three_years_at_most() {
        let from = date("2026-03-01");
        assert!(term_fits(from, date("2029-03-01")));
        assert!(!term_fits(from, date("2029-03-02")));
        assert!(!term_fits(from, from));
        assert!(!term_fits(from, date("2025-03-01")));
    }

    #[test]
    fn adults_are_known_by_their_birth_date() {
        assert!(is_adult(Some(date("2008-03-20")), date("2026-03-20")));
        assert!(!is_adult(Some(date("2008-03-21")), date("2026-03-20")));
        assert!(!is_adult(None, date("2026-03-20")));
    }

    fn committee() -> Committee {
        Committee {
            id: Id::new(Uuid::from_u128(1)),
            org_id: Id::new(Uuid::from_u128(2)),
            kind: CommitteeKind::Village,
            name: "上垅村人民调解委员会".into(),
            prefix: "上垅".into(),
            seal_no: "1".into(),
            term_from: date("2026-01-01"),
            term_to: date("2028-12-31"),
            active: true,
            created_at: Instant(0),
        }
    }

    fn members(n: u128, change: impl Fn(u128, &mut Member)) -> Vec<Member> {
        let one = |i: u128| {
            let mut m = Member {
                id: Id::new(Uuid::from_u128(i)),
                committee_id: committee().id,
                user_id: Id::new(Uuid::from_u128(i)),
                appointment: AppointmentKind::Member,
                full_time: false,
                is_chair: i == 0,
                female: i == 1,
                from_on: date("2026-01-01"),
                to_on: None,
                created_at: Instant(0),
            };
            change(i, &mut m);
            m
        };
        (0..n).map(one).collect()
    }

    #[test]
    fn warnings_name_what_is_missing() {
        let on = date("2026-06-01");
        let warn = |m: Vec<Member>| committee_warnings(&committee(), &m, on);
        assert_eq!(warn(members(3, |_, _| {})), []);
        assert_eq!(warn(members(9, |_, _| {})), []);
        assert_eq!(warn(members(10, |_, _| {})), [TooManyMembers]);
        assert_eq!(warn(members(2, |_, _| {})), [TooFewMembers]);
        assert_eq!(warn(vec![]), [TooFewMembers, NoChair, NoWoman]);
        assert_eq!(warn(members(4, |_, m| m.female = false)), [NoWoman]);
        assert_eq!(warn(members(4, |_, m| m.is_chair = false)), [NoChair]);
        // engaged mediators and those who left do not count
        let engaged = members(4, |i, m| {
            if i >= 2 {
                m.appointment = AppointmentKind::Engaged;
            }
        });
        assert_eq!(warn(engaged), [TooFewMembers]);
        let left = members(3, |i, m| m.to_on = (i == 1).then(|| date("2026-05-31")));
        assert_eq!(warn(left), [TooFewMembers, NoWoman]);
        let leaving = members(3, |i, m| m.to_on = (i == 1).then_some(on));
        assert_eq!(warn(leaving), []);
    }

    #[test]
    fn warnings_follow_the_term() {
        let full = members(3, |_, _| {});
        let warn = |on: &str| committee_warnings(&committee(), &full, date(on));
        assert_eq!(warn("2028-10-01"), []);
        assert_eq!(warn("2028-10-03"), [TermEnding]);
        assert_eq!(warn("2028-12-31"), [TermEnding]);
        assert_eq!(warn("2029-01-01"), [TermEnded]);
        let mut gone = committee();
        gone.active = false;
        assert_eq!(
            committee_warnings(&gone, &full, date("2026-06-01")),
            [Dissolved]
        );
    }
}
