//! Raising a flag: danger, violence, harm to a minor, crime, sham (G-26, G-27, G-28, M-51).
//!
//! A flag is an incident nobody has been told of yet. Whoever sees the case may raise one.

use super::Who;
use super::course::suspend_at_once;
use super::incidents::dv_victims;
use super::reports::{Told, needs_police, note_report, reported, told_guards};
use crate::domain::calendar::Calendar;
use crate::domain::case::*;
use crate::domain::casefile::CaseFile;
use crate::domain::decision::{Decision, FreshIds};
use crate::domain::facts::Event;
use crate::domain::ids::{IncidentId, OrgId, PartyId};
use crate::domain::input::{Obj, SecretText};
use crate::domain::machine::{self, Act};
use crate::domain::notice::{Notice, NoticeKind, Recipient};
use crate::domain::party::Party;
use crate::domain::record::{Incident, IncidentKind};
use crate::domain::refusal::{Guards, Reason, Refusal};
use crate::domain::secret::Secret;
use crate::domain::time::Instant;

/// A flag or an incident, with its report if that was made already.
#[derive(Clone, Debug)]
pub struct Raise {
    pub id: Option<IncidentId>,
    pub kind: IncidentKind,
    /// Now, when absent.
    pub found_at: Option<Instant>,
    pub victim: Option<PartyId>,
    pub measures: Option<Secret>,
    pub safety_plan: Option<Secret>,
    pub protection_order_told: bool,
    /// It is happening now.
    pub imminent: bool,
    pub told: Option<Told>,
}

impl Raise {
    /// Both `…/flags` and `…/incidents` take this body.
    pub fn read(o: &mut Obj<'_>) -> Option<Self> {
        let id = o.opt("id");
        let kind = o.req("kind");
        let found_at = o.opt("found_at");
        let victim = o.opt("victim_party_id");
        let measures = o.opt::<SecretText<4000>>("measures");
        let plan = o.opt::<SecretText<4000>>("safety_plan");
        let order = o.or("protection_order_told", false);
        let imminent = o.or("imminent", false);
        let told = o.object("report", Told::read);
        Some(Self {
            id: id?,
            kind: kind?,
            found_at: found_at?,
            victim: victim?,
            measures: measures?.map(|t| t.0),
            safety_plan: plan?.map(|t| t.0),
            protection_order_told: order?,
            imminent: imminent?,
            told: told?,
        })
    }
}

#[derive(Clone, Debug)]
pub struct RaiseFacts {
    pub calendar: Calendar,
    /// The county centre, which hears of every red risk.
    pub county: Option<OrgId>,
}

/// Raises a flag: an incident is opened, the case is marked, what must stop stops.
pub fn raise(
    file: &CaseFile,
    input: Raise,
    facts: &RaiseFacts,
    who: &Who,
    ids: &mut impl FreshIds,
    now: Instant,
) -> Result<Decision, Vec<Refusal>> {
    debug_assert!(machine::permits(file.case.state, Act::Flag));
    let found_at = input.found_at.unwrap_or(now);
    let mut g = Guards::new();
    g.forbid((found_at > now).then_some("found_at"), Reason::InFuture);
    let known = |id: &PartyId| file.party(*id).is_some();
    g.forbid(input.victim.filter(|v| !known(v)), Reason::UnknownReference);
    let id = input.id.unwrap_or_else(|| ids.id());
    let again = file.incidents.iter().find(|i| {
        i.id == id
            || i.crisis_id.is_none()
                && i.closed_at.is_none()
                && i.kind == input.kind
                && i.victim_party_id == input.victim
    });
    g.forbid(again.map(|i| i.id), Reason::AlreadyDone);
    let mut incident = Incident {
        victim_party_id: input.victim,
        measures: input.measures,
        safety_plan: input.safety_plan,
        protection_order_told: input.protection_order_told,
        imminent: input.imminent,
        police_duty: input.kind == IncidentKind::Dv && needs_police(file, input.victim),
        ..Incident::found(id, file.case.id, input.kind, found_at, who.user, now)
    };
    if let Some(told) = &input.told {
        g.extend(told_guards(file, &incident, told, now));
        note_report(file, &mut incident, told, now);
    }
    g.done()?;

    let mut d = Decision::on(file);
    d.event(Event::FlagRaised { kind: input.kind });
    mark(&mut d, input.kind);
    if input.kind == IncidentKind::Sham {
        let reason = SuspendReason::ShamCheck;
        suspend_at_once(&mut d, file, reason, who.user, &facts.calendar, now)?;
    }
    if incident.reported_at.is_some() {
        d.event(reported(&incident));
    }
    alert(&mut d, file, facts.county);
    d.insert(incident);
    if input.kind == IncidentKind::Dv {
        hide_contacts(&mut d, file, input.victim);
    }
    Ok(d)
}

/// What each kind of flag means for the case itself.
fn mark(d: &mut Decision, kind: IncidentKind) {
    let was = d.case().clone();
    let mut case = was.clone();
    let (risk, level, hint) = match kind {
        IncidentKind::RiskRed => (Risk::Red, Some(Confidentiality::L4), None),
        IncidentKind::Crime => (Risk::Red, Some(Confidentiality::L4), None),
        IncidentKind::Dv => {
            case.detail.dv = true;
            let hint = Some(RiskHint::Dv);
            (Risk::Orange, Some(Confidentiality::L4), hint)
        }
        IncidentKind::MinorHarm => {
            case.detail.minor_harm = true;
            let hint = Some(RiskHint::MinorHarm);
            (Risk::Red, Some(Confidentiality::L5), hint)
        }
        IncidentKind::Sham => {
            case.detail.sham = true;
            (Risk::Blue, None, None)
        }
    };
    case.risk = case.risk.max(risk);
    case.detail.confidentiality = case.detail.confidentiality.max(level);
    let new_hint = hint.filter(|h| !case.detail.risk_hints.contains(h));
    case.detail.risk_hints.extend(new_hint);
    if case.risk != was.risk {
        d.event(Event::RiskChanged { risk: case.risk });
    }
    if case != was {
        *d.case_mut() = case;
    }
}

/// Tells those who must act; the notice names neither the danger nor who reported it.
fn alert(d: &mut Decision, file: &CaseFile, county: Option<OrgId>) {
    let holder = Some(file.case.holder_id);
    let mut units: Vec<OrgId> = [holder, file.case.holder_desk_id, county]
        .into_iter()
        .flatten()
        .collect();
    units.sort_unstable();
    units.dedup();
    let notice = Notice::of(NoticeKind::RiskRaised);
    for unit in units {
        d.tell(Recipient::Unit(unit), notice.clone());
    }
    d.tell(Recipient::Team, notice);
}

/// G-27: a victim's address and phone stay hidden from the other sides; while nobody is named,
/// everybody's do.
pub(super) fn hide_contacts(d: &mut Decision, file: &CaseFile, victim: Option<PartyId>) {
    let hidden: Vec<&Party> = match victim.and_then(|v| file.party(v)) {
        Some(party) => vec![party],
        None if dv_victims(file).is_empty() => file.principals().collect(),
        None => dv_victims(file),
    };
    for party in hidden.into_iter().filter(|p| !p.contact_hidden) {
        d.update(Party {
            contact_hidden: true,
            ..party.clone()
        });
        d.event(Event::PartyEdited {
            party: party.id,
            fields: vec!["contact_hidden".to_owned()],
        });
    }
}
