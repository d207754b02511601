//! The made cases: a realistic mix over types, sources, states and risks, each a pure function of
//! its number.

use jieyou::domain::case::*;
use jieyou::domain::case_code::CaseCode;
use jieyou::domain::decision::Decision;
use jieyou::domain::facts::Event;
use jieyou::domain::ids::{CaseId, OrgId, PartyId};
use jieyou::domain::mediator::{Assignment, SelectionMode, TeamRole};
use jieyou::domain::movement::{Custody, EscalateReason, Transfer, TransferState, TransferVerb};
use jieyou::domain::party::*;
use jieyou::domain::persons::name_key;
use jieyou::domain::secret::Secret;
use jieyou::domain::session::*;
use jieyou::domain::time::{Instant, LocalDate};

use crate::county::{self, DESKS, Kind, MEDIATORS, VILLAGES, id};
use crate::mix::*;

/// How long the made history reaches back.
const DAYS: i64 = 730;

fn was_accepted(state: CaseState) -> bool {
    !matches!(
        state,
        CaseState::Registered
            | CaseState::Screening
            | CaseState::ConsentPending
            | CaseState::ClosedNotAccepted
    )
}

fn step_of(state: CaseState) -> Option<NextStep> {
    Some(match state {
        CaseState::Registered | CaseState::Screening => NextStep::Screen,
        CaseState::ConsentPending => NextStep::AskConsent,
        CaseState::Accepted => NextStep::Assign,
        CaseState::Assigned => NextStep::FirstSession,
        CaseState::InMediation => NextStep::Mediate,
        CaseState::Suspended => NextStep::Resume,
        CaseState::Agreed => NextStep::Sign,
        CaseState::Performing => NextStep::Supervise,
        CaseState::Breached => NextStep::HandleBreach,
        CaseState::Fulfilled | CaseState::Terminated => NextStep::Close,
        _ => return None,
    })
}

fn outcome_of(state: CaseState) -> Option<Outcome> {
    match state {
        CaseState::ClosedSuccess | CaseState::Archived => Some(Outcome::SuccessWritten),
        CaseState::ClosedFailed => Some(Outcome::Failed),
        CaseState::ClosedNotAccepted => Some(Outcome::NotAccepted),
        _ => None,
    }
}

/// What a made case hangs on.
struct Draft {
    n: u64,
    d: u64,
    rng: Rng,
    registered: Instant,
    end: Instant,
    state: CaseState,
    /// Sent up to the county, and whether it has been taken over there.
    escalated: Option<bool>,
    origin: OrgId,
    names: Vec<String>,
}

/// When case `n` of `total` was registered; `end` is the instant of the newest.
pub fn registered_at(n: u64, total: u64, end: Instant) -> Instant {
    let back = total.saturating_sub(n);
    let seconds =
        DAYS * 86_400 * i64::try_from(back).unwrap_or(0) / i64::try_from(total.max(1)).unwrap_or(1);
    end.plus_seconds(-seconds - 60)
}

/// Case `n` of `total` as the decision that makes it, with five events.
pub fn make(n: u64, total: u64, end: Instant) -> Decision {
    let mut rng = Rng(n.wrapping_mul(0x5851_F42D_4C95_7F2D));
    let d = n % DESKS;
    let state = rng.weighted(STATES);
    let origin = if rng.percent(40) {
        county::desk(d)
    } else {
        county::village(d, 1 + rng.below(VILLAGES))
    };
    let parties = if rng.percent(50) { 2 } else { 3 };
    let names = (0..parties).map(|_| person(&mut rng)).collect();
    let escalated =
        (was_accepted(state) && rng.percent(4)).then(|| !state.is_live() || rng.percent(60));
    let mut draft = Draft {
        n,
        d,
        rng,
        registered: registered_at(n, total, end),
        end,
        state,
        escalated,
        origin,
        names,
    };
    let case = draft.case(end);
    let id = case.id;
    let mut out = Decision::register(case);
    out.event(draft.registered_event(&out));
    draft.parties(&mut out, id);
    draft.mediation(&mut out, id);
    draft.movement(&mut out, id);
    draft.last_event(&mut out);
    out
}

impl Draft {
    fn case(&mut self, end: Instant) -> Case {
        let (state, at) = (self.state, self.registered);
        let rng = &mut self.rng;
        let matter = matter(rng);
        let first = self.names.first().cloned().unwrap_or_default();
        let second = self.names.get(1).cloned().unwrap_or_default();
        let accepted = was_accepted(state);
        let live = state.is_live();
        let at_county = self.escalated == Some(true);
        let holder = if at_county {
            county::centre()
        } else if accepted {
            county::desk(self.d)
        } else {
            self.origin
        };
        let due_in = i64::try_from(rng.below(45 * 86_400)).unwrap_or(0) - 10 * 86_400;
        let year = at.local_date().year();
        Case {
            id: id(Kind::Case, self.n),
            // An odd factor keeps the forty bits distinct.
            code: CaseCode::from_random(code_bits(self.n)).to_string(),
            case_no: accepted
                .then(|| format!("（{year}）{}人调字第{}号", county::town(self.d), self.n)),
            committee_id: accepted.then(|| county::committee(self.d)),
            procedure: Procedure::PeopleMediation,
            title: format!("{first}与{second}{matter}纠纷"),
            kind: rng.weighted(TYPES),
            state,
            outcome: outcome_of(state),
            risk: rng.weighted(RISKS),
            difficulty: rng.weighted(DIFFICULTIES),
            source: rng.weighted(SOURCES),
            channel: rng.pick(CHANNELS),
            origin_id: self.origin,
            origin_desk_id: Some(county::desk(self.d)),
            holder_id: holder,
            holder_desk_id: (!at_county).then(|| county::desk(self.d)),
            holder_since: at,
            registrar_id: if rng.percent(20) {
                county::head(self.d)
            } else {
                county::mediator(self.d, rng.below(MEDIATORS))
            },
            registered_at: at,
            accepted_at: accepted.then(|| at.plus_hours(20)),
            closed_at: (!live).then(|| at.plus_days(25)),
            next_step: if self.escalated == Some(false) {
                Some(NextStep::DecideTransfer)
            } else {
                step_of(state)
            },
            next_due_at: live.then(|| end.plus_seconds(due_in)),
            live,
            version: 1,
            audit_seq: 0,
            audit_hash: String::new(),
            amount_fen: rng
                .percent(60)
                .then(|| i64::try_from(rng.below(8_000_000)).unwrap_or(0)),
            summary: format!(
                "{}{first}反映，因{matter}与{second}发生争执。{}；{}。{}。",
                county::town(self.d),
                rng.pick(DETAILS),
                rng.pick(DETAILS),
                rng.pick(DETAILS),
            ),
            updated_at: at,
            detail: CaseDetail {
                tags: vec![Tag::Farming],
                place: Some(place(rng, self.d)),
                occurred_at: Some(at.plus_days(-9)),
                people_affected: Some(2),
                jurisdiction_basis: accepted.then_some(JurisdictionBasis::PartyPlace),
                round_no: 1,
                ..CaseDetail::default()
            },
        }
    }

    fn registered_event(&self, out: &Decision) -> Event {
        let case = out.case();
        Event::CaseRegistered {
            source: case.source,
            channel: case.channel,
            kind: case.kind,
            origin: case.origin_id,
            client_recorded_at: None,
        }
    }

    fn party_id(&self, i: usize) -> PartyId {
        id(Kind::Party, self.n * 4 + u64::try_from(i).unwrap_or(0))
    }

    fn parties(&mut self, out: &mut Decision, case: CaseId) {
        let accepted = was_accepted(self.state);
        for (i, name) in self.names.clone().into_iter().enumerate() {
            let side = if i == 0 { 1 } else { 2 };
            let role = if i == 0 {
                PartyRole::Applicant
            } else {
                PartyRole::Respondent
            };
            let agreed = accepted || i == 0;
            let phone = 13_800_000_000 + self.rng.below(90_000_000);
            out.insert(Party {
                id: self.party_id(i),
                case_id: case,
                side,
                role,
                kind: PartyKind::NaturalPerson,
                name_key: name_key(&name),
                name,
                gender: Gender::Unknown,
                birth_date: LocalDate::new(1960, 1, 1)
                    .map(|d| d.plus_days(i64::try_from(self.rng.below(14_000)).unwrap_or(0))),
                id_no: None,
                uscc: None,
                phone: Some(Secret::new(format!("+86{phone}"))),
                email: None,
                address: Some(Secret::new(format!(
                    "{}第{}村{}号",
                    county::town(self.d),
                    1 + self.rng.below(9),
                    1 + self.rng.below(200)
                ))),
                capacity: Capacity::Full,
                consent: if agreed {
                    Consent::Given
                } else {
                    Consent::Pending
                },
                consent_at: agreed.then_some(self.registered),
                rights_notice_at: accepted.then_some(self.registered),
                is_representative: false,
                settle_auth: SettleAuth::None,
                withdrawn_at: None,
                substituted_by: None,
                contact_hidden: false,
                created_by: county::head(self.d),
                created_at: self.registered,
                detail: PartyDetail::default(),
            });
        }
        for (i, role, side) in [(0, PartyRole::Applicant, 1), (1, PartyRole::Respondent, 2)] {
            out.event(Event::PartyAdded {
                party: self.party_id(i),
                role,
                side,
            });
        }
    }

    /// The chair and one session of an accepted case.
    fn mediation(&mut self, out: &mut Decision, case: CaseId) {
        if !was_accepted(self.state) {
            out.event(Event::ConsentAsked {
                party: self.party_id(1),
            });
            return;
        }
        let chair = county::mediator(self.d, self.rng.below(MEDIATORS));
        let assignment = id(Kind::Assignment, self.n);
        out.insert(Assignment {
            id: assignment,
            case_id: case,
            user_id: chair,
            role: TeamRole::Chair,
            committee_id: Some(county::committee(self.d)),
            mode: SelectionMode::Designated,
            from_at: self.registered.plus_days(1),
            to_at: None,
            end_reason: None,
            conflicts: Vec::new(),
            created_by: county::head(self.d),
        });
        let from = self.registered.plus_days(4);
        let held = !matches!(self.state, CaseState::Accepted | CaseState::Assigned);
        out.insert(Session {
            id: id(Kind::Session, self.n),
            case_id: case,
            no: 1,
            kind: SessionKind::Joint,
            state: if held {
                SessionState::Closed
            } else {
                SessionState::Notified
            },
            planned_from: from,
            planned_to: from.plus_hours(2),
            venue_kind: VenueKind::Room,
            room_id: Some(id(Kind::Room, self.d)),
            venue: None,
            is_public: false,
            sequence: 0,
            opened_at: held.then_some(from),
            closed_at: held.then(|| from.plus_hours(2)),
            result: held.then_some(SessionResult::Continue),
            caucus_party: None,
            minutes: held.then(|| {
                Secret::new(format!(
                    "{}。{}。",
                    self.rng.pick(DETAILS),
                    self.rng.pick(DETAILS)
                ))
            }),
            attendees: (0..self.names.len())
                .map(|i| Attendee {
                    kind: AttendeeKind::Party,
                    id: self.party_id(i).uuid,
                    present: held.then_some(true),
                    at: held.then_some(from),
                })
                .collect(),
            created_by: chair,
            created_at: self.registered.plus_days(2),
            detail: SessionDetail::default(),
        });
        out.event(Event::MediatorAppointed {
            assignment,
            user: chair,
            role: TeamRole::Chair,
            mode: SelectionMode::Designated,
        });
    }

    /// Custody, and the way to the county of some.
    fn movement(&mut self, out: &mut Decision, case: CaseId) {
        let holder = out.case().holder_id;
        out.insert(Custody {
            id: id(Kind::Custody, self.n),
            case_id: case,
            org_id: holder,
            from_at: self.registered,
            to_at: None,
            transfer_id: None,
        });
        let Some(taken) = self.escalated else { return };
        let at = self.registered.plus_days(6);
        out.insert(Transfer {
            id: id(Kind::Transfer, self.n),
            case_id: case,
            verb: TransferVerb::Escalate,
            from_id: county::desk(self.d),
            to_id: Some(county::centre()),
            external_target: None,
            route: None,
            state: if taken {
                TransferState::Accepted
            } else {
                TransferState::Submitted
            },
            reasons: vec![EscalateReason::Es1CannotSettle],
            note: self.rng.pick(DETAILS).to_owned(),
            handling_so_far: Some(self.rng.pick(DETAILS).to_owned()),
            materials: Vec::new(),
            no_materials: Some("无书面材料".to_owned()),
            result_required: false,
            result_due_at: None,
            // Nobody is called over what waits while the service is measured.
            due_at: Some(if taken {
                at.plus_days(2)
            } else {
                self.end.plus_days(2)
            }),
            submitted_by: county::head(self.d),
            submitted_at: at,
            decided_by: None,
            decided_at: taken.then(|| at.plus_days(1)),
            defects: Vec::new(),
            sender_consent: None,
            answer: None,
            result: None,
            result_at: None,
            parent_id: None,
            contest: None,
            designation: None,
            climb: None,
        });
    }

    fn last_event(&self, out: &mut Decision) {
        let case = out.case();
        let event = match (case.outcome, &case.case_no) {
            (Some(outcome), _) => Event::CaseClosed {
                state: case.state,
                outcome,
            },
            (None, Some(case_no)) => Event::CaseAccepted {
                case_no: case_no.clone(),
                committee: county::committee(self.d),
                basis: JurisdictionBasis::PartyPlace,
            },
            (None, None) => Event::ReceiptIssued {
                sha256: "0".repeat(64),
            },
        };
        out.event(event);
    }
}

fn code_bits(n: u64) -> [u8; 5] {
    let mixed = n.wrapping_mul(0x9E37_79B9_7F4B) & 0xFF_FFFF_FFFF;
    let [_, _, _, rest @ ..] = mixed.to_be_bytes();
    rest
}
