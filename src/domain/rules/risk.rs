//! Risk, difficulty and secrecy: what the indicators found at intake or later make of a case
//! (section 3.6; levels of secrecy: section 11.9).

use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::codes::Code;
use crate::domain::decision::Decision;
use crate::domain::facts::Event;
use crate::domain::ids::OrgId;
use crate::domain::input::Obj;
use crate::domain::machine::{self, Act};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::Party;
use crate::domain::persons::is_minor;
use crate::domain::record::IncidentKind;
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::time::LocalDate;

use super::flags::hide_contacts;
use super::incidents::red_open;

const COMPLEX_PEOPLE: i64 = 10;
const MAJOR_PEOPLE: i64 = 30;
/// 100,000 yuan.
const COMPLEX_FEN: i64 = 10_000_000;

/// The least risk these indicators allow. A threat to kill, a weapon, a plan of suicide or harm to
/// a minor is red.
pub fn risk_floor(hints: &[RiskHint]) -> Risk {
    use RiskHint::*;
    let of = |hint: &RiskHint| match hint {
        ThreatToKill | Weapon | SuicidePlan | MinorHarm => Risk::Red,
        Violence | Threat | SuicideTalk | Dv | MentalSigns | Group | PetitionPlan => Risk::Orange,
        Alcohol | Media | SensitiveDate | History => Risk::Yellow,
    };
    hints.iter().map(of).max().unwrap_or(Risk::Blue)
}

/// The least difficulty a case has by its people, money, tags and indicators. `parties` counts
/// represented members too.
pub fn difficulty_floor(case: &Case, parties: usize) -> Difficulty {
    let people = i64::try_from(parties)
        .unwrap_or(i64::MAX)
        .max(case.detail.people_affected.unwrap_or(0));
    let has = |hint| case.detail.risk_hints.contains(&hint);
    if people >= MAJOR_PEOPLE || has(RiskHint::Media) {
        Difficulty::Major
    } else if people >= COMPLEX_PEOPLE
        || case.amount_fen.is_some_and(|fen| fen >= COMPLEX_FEN)
        || case.detail.tags.contains(&Tag::Historical)
        || has(RiskHint::History)
        || has(RiskHint::PetitionPlan)
    {
        Difficulty::Complex
    } else {
        Difficulty::Simple
    }
}

/// The least secrecy: harm to a minor is strictly limited; violence at home, a red risk and a minor
/// among the parties are sensitive; every case is personal.
pub fn confidentiality_floor<'a>(
    case: &Case,
    parties: impl IntoIterator<Item = &'a Party>,
    today: LocalDate,
) -> Confidentiality {
    let d = &case.detail;
    let minor = || {
        d.tags.contains(&Tag::Minor)
            || parties
                .into_iter()
                .any(|p| p.kind.is_person() && p.birth_date.is_some_and(|b| is_minor(b, today)))
    };
    if d.minor_harm {
        Confidentiality::L5
    } else if d.dv || case.risk == Risk::Red || minor() {
        Confidentiality::L4
    } else {
        Confidentiality::L3
    }
}

/// Raises difficulty and secrecy to their floors; never lowers them. True when something rose.
pub fn raise_floors(case: &mut Case, parties: &[Party], today: LocalDate) -> bool {
    let before = (case.difficulty, case.detail.confidentiality);
    let live: Vec<&Party> = parties
        .iter()
        .filter(|p| p.withdrawn_at.is_none() && p.substituted_by.is_none())
        .collect();
    case.difficulty = case.difficulty.max(difficulty_floor(case, live.len()));
    let secrecy = confidentiality_floor(case, live, today);
    case.detail.confidentiality = Some(
        case.detail
            .confidentiality
            .map_or(secrecy, |c| c.max(secrecy)),
    );
    before != (case.difficulty, case.detail.confidentiality)
}

/// Brings the floors up to date with the case and the parties as they will be.
pub fn refresh(d: &mut Decision, parties: &[Party], today: LocalDate) {
    let mut next = d.case().clone();
    if raise_floors(&mut next, parties, today) {
        let rose = next.difficulty != d.case().difficulty;
        let difficulty = next.difficulty;
        *d.case_mut() = next;
        if rose {
            d.event(Event::DifficultyChanged { difficulty });
        }
    }
}

/// Sets the flags that indicators raise, records them, and warns those who must act: the holder and
/// its desk from orange on, the units above (`alert`) at red. A flag once raised stays.
pub fn raise_dangers(d: &mut Decision, before: Risk, alert: &[OrgId]) {
    let case = d.case();
    let has = |hint| case.detail.risk_hints.contains(&hint);
    let dv = has(RiskHint::Dv) && !case.detail.dv;
    let minor_harm = has(RiskHint::MinorHarm) && !case.detail.minor_harm;
    let (risk, holder, desk) = (case.risk, case.holder_id, case.holder_desk_id);
    if dv {
        d.case_mut().detail.dv = true;
        d.event(Event::FlagRaised {
            kind: IncidentKind::Dv,
        });
    }
    if minor_harm {
        d.case_mut().detail.minor_harm = true;
        d.event(Event::FlagRaised {
            kind: IncidentKind::MinorHarm,
        });
    }
    if risk <= before || risk < Risk::Orange {
        return;
    }
    let mut units = vec![holder];
    units.extend(desk);
    if risk == Risk::Red {
        d.event(Event::FlagRaised {
            kind: IncidentKind::RiskRed,
        });
        units.extend(alert);
    }
    let mut told = Vec::new();
    for unit in units {
        if !told.contains(&unit) {
            told.push(unit);
            d.tell(Recipient::Unit(unit), Notice::of(NoticeKind::RiskRaised));
        }
    }
    d.tell(Recipient::Team, Notice::of(NoticeKind::RiskRaised));
}

/// A new assessment. Absent members keep what is; `hints` is the whole list.
#[derive(Clone, Debug)]
pub struct Assess {
    pub level: Option<Risk>,
    pub hints: Option<Vec<RiskHint>>,
    pub difficulty: Option<Difficulty>,
}

impl Assess {
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let given = o.has("hints");
        let level = o.opt("level");
        let hints = o.list("hints", RiskHint::ALL.len());
        let difficulty = o.opt("difficulty");
        Some(Self {
            level: level?,
            hints: hints.map(|h| given.then_some(h))?,
            difficulty: difficulty?,
        })
    }
}

/// Changes risk, indicators and difficulty ([`Act::Flag`]). Neither risk nor
/// difficulty falls below its floor. `alert`: the units above that hear of red.
///
/// # Errors
/// `incident_open` when a red risk is lowered while its incident is open (G-26); `already_done`
/// when nothing changes.
pub fn assess(
    file: &CaseFile,
    input: Assess,
    alert: &[OrgId],
    today: LocalDate,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Flag));
    reassess(file, input, alert, today)
}

/// [`assess`] in whatever state the case is: what a follow-up finds after it was closed.
///
/// # Errors
/// As [`assess`].
pub fn reassess(
    file: &CaseFile,
    input: Assess,
    alert: &[OrgId],
    today: LocalDate,
) -> Result<Decision, Vec<Refusal>> {
    let before = &file.case;
    let mut d = Decision::on(file);
    let case = d.case_mut();
    if let Some(hints) = input.hints {
        case.detail.risk_hints = hints;
    }
    case.risk = input
        .level
        .unwrap_or(before.risk)
        .max(risk_floor(&case.detail.risk_hints));
    case.difficulty = input.difficulty.unwrap_or(before.difficulty);
    raise_floors(case, &file.parties, today);
    let (risk, difficulty) = (case.risk, case.difficulty);

    let mut g = Guards::new();
    let open = file.incidents.iter().filter(|i| i.closed_at.is_none());
    if risk < Risk::Red && red_open(file) {
        g.forbid(open.map(|i| i.id), Reason::IncidentOpen);
    }
    let changed = risk != before.risk
        || difficulty != before.difficulty
        || d.case().detail.risk_hints != before.detail.risk_hints;
    g.require(changed, Reason::AlreadyDone);
    g.done()?;

    if risk != before.risk || d.case().detail.risk_hints != before.detail.risk_hints {
        d.event(Event::RiskChanged { risk });
    }
    if difficulty != before.difficulty {
        d.event(Event::DifficultyChanged { difficulty });
    }
    raise_dangers(&mut d, before.risk, alert);
    raise_floors(d.case_mut(), &file.parties, today);
    if d.case().detail.dv && !before.detail.dv {
        hide_contacts(&mut d, file, None);
    }
    Ok(d)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::rules::testkit::*;

    fn today() -> LocalDate {
        now().local_date()
    }

    fn change(file: &CaseFile, body: serde_json::Value) -> Result<Decision, Vec<Refusal>> {
        assess(
            file,
            read(body, Assess::read).unwrap(),
            &[id(COUNTY)],
            today(),
        )
    }

    #[test]
    fn four_indicators_make_red() {
        for hint in RiskHint::ALL {
            let red = matches!(
                hint,
                RiskHint::ThreatToKill
                    | RiskHint::Weapon
                    | RiskHint::SuicidePlan
                    | RiskHint::MinorHarm
            );
            assert_eq!(risk_floor(&[*hint]) == Risk::Red, red, "{hint}");
        }
        assert_eq!(risk_floor(&[]), Risk::Blue);
        assert_eq!(
            risk_floor(&[RiskHint::Alcohol, RiskHint::Violence]),
            Risk::Orange
        );
    }

    #[test]
    fn difficulty_follows_people_money_and_history() {
        let with = |f: &dyn Fn(&mut Case)| {
            let mut c = case(CaseState::Registered);
            f(&mut c);
            c
        };
        let plain = with(&|_| ());
        for (c, parties, want) in [
            (plain.clone(), 2, Difficulty::Simple),
            (plain.clone(), 10, Difficulty::Complex),
            (plain.clone(), 30, Difficulty::Major),
            (
                with(&|c| c.amount_fen = Some(9_999_999)),
                2,
                Difficulty::Simple,
            ),
            (
                with(&|c| c.amount_fen = Some(10_000_000)),
                2,
                Difficulty::Complex,
            ),
            (
                with(&|c| c.detail.people_affected = Some(31)),
                2,
                Difficulty::Major,
            ),
            (
                with(&|c| c.detail.tags = vec![Tag::Historical]),
                2,
                Difficulty::Complex,
            ),
            (
                with(&|c| c.detail.risk_hints = vec![RiskHint::Media]),
                2,
                Difficulty::Major,
            ),
        ] {
            assert_eq!(difficulty_floor(&c, parties), want);
        }
    }

    #[test]
    fn secrecy_rises_with_minors_and_violence() {
        let mut f = file(CaseState::Registered);
        let level = |f: &CaseFile| confidentiality_floor(&f.case, &f.parties, today());
        assert_eq!(level(&f), Confidentiality::L3);
        f.parties[0].birth_date = Some(day("2010-01-01"));
        assert_eq!(level(&f), Confidentiality::L4);
        f.case.detail.minor_harm = true;
        assert_eq!(level(&f), Confidentiality::L5);
    }

    #[test]
    fn a_weapon_makes_red_whatever_the_clerk_says_and_warns_the_county() {
        let f = file(CaseState::InMediation);
        let d = change(&f, json!({"level": "yellow", "hints": ["weapon"]})).unwrap();
        assert_eq!(d.case().risk, Risk::Red);
        assert_eq!(events(&d), ["risk_changed", "flag_raised"]);
        for unit in [VILLAGE, DESK, COUNTY] {
            assert!(
                d.notices
                    .iter()
                    .any(|(to, _)| *to == Recipient::Unit(id(unit)))
            );
        }
    }

    #[test]
    fn violence_at_home_sets_the_flag_and_the_secrecy() {
        let f = file(CaseState::Screening);
        let d = change(&f, json!({"hints": ["dv"]})).unwrap();
        assert!(d.case().detail.dv);
        assert!(events(&d).contains(&"party_edited"), "addresses are hidden");
        assert_eq!(d.case().risk, Risk::Orange);
        assert_eq!(d.case().detail.confidentiality, Some(Confidentiality::L4));
        let county = Recipient::Unit(id(COUNTY));
        assert!(
            d.notices.iter().all(|(to, _)| *to != county),
            "orange stays here"
        );

        let mut later = f.clone();
        apply(&mut later, &d);
        let d = change(&later, json!({"hints": []})).unwrap();
        assert!(d.case().detail.dv, "a flag stays");
        assert_eq!(
            d.case().risk,
            Risk::Orange,
            "the level falls only when said"
        );
    }

    #[test]
    fn red_is_not_lowered_while_its_incident_is_open() {
        let mut f = file(CaseState::InMediation);
        f.case.risk = Risk::Red;
        f.incidents.push(incident(IncidentKind::RiskRed, &[]));
        let lower = json!({"level": "yellow"});
        assert_eq!(reasons(&change(&f, lower.clone())), [Reason::IncidentOpen]);
        f.incidents[0].closed_at = Some(now());
        assert_eq!(change(&f, lower).unwrap().case().risk, Risk::Yellow);
        assert_eq!(reasons(&change(&f, json!({}))), [Reason::AlreadyDone]);
    }
}
