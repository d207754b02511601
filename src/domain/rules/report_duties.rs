//! Whom the law wants told of an incident, and by when (section 11.8: `report_police`,
//! `report_minor`). Each duty is tracked apart: one may be done in time and another late.

use crate::domain::calendar::Calendar;
use crate::domain::clocks::Clock;
use crate::domain::clocks::mediation::due_of;
use crate::domain::record::{Incident, IncidentKind, ReportMade, ReportTarget, ReportVia};
use crate::domain::time::Instant;

use super::incidents::{MINOR_HARM_TARGETS, is_authority};

/// One thing to be reported to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// `None`: the police or another department.
    pub to: Option<ReportTarget>,
    /// In writing, after the call.
    pub written: bool,
    /// The clock that measures it.
    pub policy: &'static str,
    pub variant: Option<&'static str>,
}

impl Duty {
    /// Whether this report is what the duty asks for.
    pub fn met_by(&self, to: ReportTarget, via: ReportVia) -> bool {
        self.to.map_or(is_authority(to), |t| t == to)
            && (!self.written || via == ReportVia::Written)
    }
}

/// The duties an incident brings with it. A suspicion of sham has none with a clock.
pub fn duties(i: &Incident) -> Vec<Duty> {
    let police = Duty {
        to: Some(ReportTarget::Police),
        written: false,
        policy: "report_police",
        variant: i.imminent.then_some("t4"),
    };
    match i.kind {
        IncidentKind::RiskRed | IncidentKind::Crime => vec![Duty { to: None, ..police }],
        IncidentKind::Dv if i.police_duty => vec![
            police,
            Duty {
                written: true,
                policy: "report_dv_written",
                variant: None,
                ..police
            },
        ],
        IncidentKind::MinorHarm => MINOR_HARM_TARGETS
            .into_iter()
            .map(|t| Duty {
                to: Some(t),
                policy: "report_minor",
                variant: None,
                ..police
            })
            .collect(),
        IncidentKind::Dv | IncidentKind::Sham => Vec::new(),
    }
}

/// When a duty is due: as its clock says, or as it would for an incident without one.
pub fn due_at<'a>(
    i: &Incident,
    duty: &Duty,
    clocks: impl IntoIterator<Item = &'a Clock>,
) -> Option<Instant> {
    let own = clocks
        .into_iter()
        .find(|c| c.policy == duty.policy && c.subject_id == i.id.uuid);
    match own {
        Some(clock) => clock.due_at,
        // Hours and minutes run through every calendar.
        None => {
            due_of(
                duty.policy,
                duty.variant,
                &Calendar::minimal_default(),
                i.found_at,
            )?
            .due_at
        }
    }
}

/// The first report that met a duty.
pub fn met<'a>(i: &'a Incident, duty: &Duty) -> Option<&'a ReportMade> {
    i.reports
        .iter()
        .filter(|r| duty.met_by(r.to, r.via))
        .min_by_key(|r| r.at)
}

/// When a duty was done. Incidents recorded before reports were kept one by one have only their
/// sums.
pub fn met_at(i: &Incident, duty: &Duty) -> Option<Instant> {
    let summed = || {
        let told = |t: &ReportTarget| duty.met_by(*t, ReportVia::Phone);
        let of_old = i.reports.is_empty() && !duty.written && i.reported_to.iter().any(told);
        i.reported_at.filter(|_| of_old)
    };
    met(i, duty).map(|r| r.at).or_else(summed)
}

/// The clock of some duties of an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measured {
    pub policy: &'static str,
    pub variant: Option<&'static str>,
    /// When the last of them was done; `None` while one is not.
    pub met_at: Option<Instant>,
}

/// The clocks that measure the duties of an incident.
pub fn measured(i: &Incident) -> Vec<Measured> {
    let mut out: Vec<Measured> = Vec::new();
    for duty in duties(i) {
        let met_at = met_at(i, &duty);
        match out.iter_mut().find(|m| m.policy == duty.policy) {
            Some(m) => m.met_at = m.met_at.zip(met_at).map(|(a, b)| a.max(b)),
            None => out.push(Measured {
                policy: duty.policy,
                variant: duty.variant,
                met_at,
            }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::testkit::{id, now};

    fn incident(kind: IncidentKind) -> Incident {
        Incident::found(id(0x40), id(1), kind, now(), id(0x20), now())
    }

    fn told(i: &mut Incident, to: ReportTarget, via: ReportVia, minutes: i64) {
        i.reports.push(ReportMade {
            to,
            at: now().plus_minutes(minutes),
            via,
            receipt_no: Some("R-1".into()),
            officer: None,
            late: false,
            late_reason: None,
            recorded_at: now(),
        });
    }

    fn due(i: &Incident) -> Vec<Option<Instant>> {
        duties(i).iter().map(|d| due_at(i, d, [])).collect()
    }

    #[test]
    fn each_kind_has_its_time() {
        let mut red = incident(IncidentKind::RiskRed);
        assert_eq!(due(&red), [Some(now().plus_hours(2))]);
        red.imminent = true;
        assert_eq!(due(&red), [Some(now().plus_minutes(10))], "110 at once");
        let child = incident(IncidentKind::MinorHarm);
        assert_eq!(due(&child), [Some(now().plus_minutes(30)); 3]);
        let mut violence = incident(IncidentKind::Dv);
        assert!(duties(&violence).is_empty(), "she decides herself");
        violence.police_duty = true;
        let (call, paper) = (now().plus_hours(2), now().plus_hours(24));
        assert_eq!(due(&violence), [Some(call), Some(paper)]);
        assert!(duties(&incident(IncidentKind::Sham)).is_empty());
    }

    fn done(i: &Incident) -> Vec<Option<Instant>> {
        measured(i).iter().map(|m| m.met_at).collect()
    }

    #[test]
    fn a_call_is_no_paper_and_a_superior_no_authority() {
        let mut i = incident(IncidentKind::Dv);
        i.police_duty = true;
        told(&mut i, ReportTarget::Police, ReportVia::Phone, 5);
        assert_eq!(done(&i), [Some(now().plus_minutes(5)), None]);
        told(&mut i, ReportTarget::Police, ReportVia::Written, 90);
        assert_eq!(done(&i)[1], Some(now().plus_minutes(90)));

        let mut red = incident(IncidentKind::RiskRed);
        told(&mut red, ReportTarget::Superior, ReportVia::Phone, 5);
        assert_eq!(done(&red), [None]);
        told(&mut red, ReportTarget::Health, ReportVia::InPerson, 9);
        assert!(done(&red)[0].is_some(), "the police or another department");
    }

    #[test]
    fn harm_to_a_minor_is_done_when_all_three_know() {
        let mut i = incident(IncidentKind::MinorHarm);
        told(&mut i, ReportTarget::Police, ReportVia::Phone, 5);
        told(&mut i, ReportTarget::Education, ReportVia::Phone, 6);
        assert_eq!(done(&i), [None]);
        told(&mut i, ReportTarget::CivilAffairs, ReportVia::Phone, 40);
        assert_eq!(done(&i), [Some(now().plus_minutes(40))]);
    }
}
