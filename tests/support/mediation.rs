//! Cases brought as far as mediation, for the tests of what comes after.

use jieyou::cli::demo::county;
use jieyou::ctx::Ctx;
use jieyou::domain::case::CaseState;
use jieyou::domain::decision::Decision;
use jieyou::domain::facts::Event;
use jieyou::domain::ids::*;
use jieyou::domain::input::{Obj, read_body};
use jieyou::domain::mediator::{Assignment, SelectionMode, TeamRole};
use jieyou::domain::policy::Action;
use jieyou::domain::record::{AttachmentKind, DocType};
use jieyou::domain::refusal::Refusal;
use jieyou::domain::rules::{attachments, enter, flags};
use jieyou::domain::secret::Secret;
use jieyou::domain::session::*;
use jieyou::store::cases::Expect;
use jieyou::store::tx::Tx;
use serde_json::{Value, json};
use std::sync::Arc;

use super::client::Answer;
use super::{Client, TestApp, stories};

/// A dispute and the people who deal with it.
pub struct Story<'a> {
    pub app: &'a TestApp,
    /// The case, in the order its parties were given.
    pub told: stories::Story,
    pub id: String,
    pub parties: Vec<String>,
    /// The unit's own: registers, closes.
    pub desk: Client<'a>,
    pub chair: Client<'a>,
    pub chair_id: String,
}

/// A person with all that a paper asks for.
pub fn person(role: &str, name: &str) -> Value {
    json!({"role": role, "kind": "natural_person", "name": name, "birth_date": "1970-03-04"})
}

/// A company.
pub fn company(role: &str, name: &str) -> Value {
    json!({"role": role, "kind": "legal_person", "name": name, "uscc": "91350100M000100Y43"})
}

/// A registration of a walk-in between these parties over these matters.
pub fn matter(kind: &str, parties: Value, issues: &[&str]) -> Value {
    let issues: Vec<Value> = issues.iter().map(|t| json!({"text": t})).collect();
    json!({"type": kind, "source": "application", "channel": "walk_in", "summary": "双方发生纠纷，请求调解。",
        "oral_note": {"text": "口头申请，经宣读无误", "signed_by_party": true},
        "parties": parties, "issues": issues})
}

fn ctx_of(app: &TestApp, username: &str) -> Ctx {
    let ids: Arc<dyn jieyou::ctx::Ids> = Arc::clone(&app.state.ids);
    let mut ctx = jieyou::app::system_ctx(&*app.clock, &ids);
    let user = county::user(username);
    ctx.actor.user_id = user;
    ctx.actor.grants = app.read(|snap| snap.actor_grants(user).unwrap());
    ctx
}

/// Does something to a case in one transaction as somebody of the county.
pub fn by_rule<T>(
    app: &TestApp,
    username: &str,
    f: impl Fn(&mut Tx<'_>) -> Result<T, jieyou::error::Error>,
) -> T {
    app.state.db.write_now(&ctx_of(app, username), f).unwrap()
}

impl<'a> Story<'a> {
    /// A story told so far, to be gone on with.
    pub fn of(app: &'a TestApp, told: stories::Story) -> Self {
        Self {
            app,
            desk: told.clerk(app),
            chair: told.mediator(app),
            chair_id: county::user(told.place.mediator).to_string(),
            id: told.case.clone(),
            parties: told.parties.clone(),
            told,
        }
    }

    pub fn registered(app: &'a TestApp, unit: &str, body: Value) -> Self {
        Self::of(app, stories::registered_with(app, unit, body))
    }

    pub fn screened(app: &'a TestApp, unit: &str, body: Value) -> Self {
        Self::of(app, stories::screened_with(app, unit, body))
    }

    pub fn accepted(app: &'a TestApp, unit: &str, body: Value) -> Self {
        Self::of(app, stories::accepted_with(app, unit, body))
    }

    /// From registration to mediation.
    pub fn in_mediation(app: &'a TestApp, unit: &str, body: Value) -> Self {
        Self::accepted(app, unit, body).mediated()
    }

    pub fn case(&self) -> CaseId {
        Id::parse(&self.id).unwrap()
    }

    pub fn party(&self, n: usize) -> PartyId {
        Id::parse(&self.parties[n]).unwrap()
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/cases/{}{rest}", self.id)
    }

    /// A chair, and one session of everybody held and closed upon its record.
    pub fn mediated(self) -> Self {
        for p in &self.parties {
            let path = self.path(&format!("/parties/{p}/rights-notice"));
            self.desk.do_(&path, json!({})).ok();
        }
        let (chair, committee) = (self.told.place.mediator, self.told.place.committee);
        by_rule(self.app, self.told.place.clerk, |tx| {
            let file = tx.open(Action::ViewCase, self.case(), Expect::Append)?;
            let calendar = tx.calendar()?;
            let now = tx.ctx.now;
            let mut d = Decision::on(&file);
            enter(d.case_mut(), CaseState::InMediation, &calendar, now);
            d.event(Event::MediationBegan {});
            d.insert(Assignment {
                id: tx.ctx.id(),
                case_id: self.case(),
                user_id: county::user(chair),
                role: TeamRole::Chair,
                committee_id: Some(county::committee(committee)),
                mode: SelectionMode::Designated,
                from_at: now,
                to_at: None,
                end_reason: None,
                conflicts: Vec::new(),
                created_by: tx.ctx.actor.user_id,
            });
            d.insert(held(tx, &self));
            tx.carry_out(d)
        });
        self
    }

    /// The case as the desk sees it.
    pub fn view(&self) -> Value {
        self.desk.get(&self.path("")).ok()
    }

    #[track_caller]
    pub fn state(&self) -> String {
        self.view()["state"].as_str().unwrap().to_owned()
    }

    /// A complete written draft with these members over it.
    pub fn paper(&self, changes: Value) -> Value {
        let mut body = json!({"facts": "双方对所争事项各执一词", "liability": "双方各负其责", "terms": "双方互谅互让，按下列约定履行",
            "performance": "按约定日期履行", "place": "村部"});
        if let (Some(b), Some(c)) = (body.as_object_mut(), changes.as_object()) {
            b.extend(c.clone());
        }
        body
    }

    /// Drafts a paper and gives its id.
    #[track_caller]
    pub fn drafted(&self, changes: Value) -> String {
        let made = self
            .chair
            .do_(&self.path("/agreements"), self.paper(changes));
        assert_eq!(made.status, 201, "{}", made.text);
        made.ok()["id"].as_str().unwrap().to_owned()
    }

    /// An act on an agreement by the chair.
    pub fn on(&self, paper: &str, act: &str, body: Value) -> Answer {
        self.chair
            .do_(&self.path(&format!("/agreements/{paper}/{act}")), body)
    }

    pub fn agreement(&self, paper: &str) -> Value {
        self.chair
            .get(&self.path(&format!("/agreements/{paper}")))
            .ok()
    }

    /// One party's fingerprint, now.
    #[track_caller]
    pub fn party_signs(&self, paper: &str, n: usize) {
        let body = json!({"signed_as": "party", "party_id": self.parties[n], "method": "fingerprint", "signed_at": self.app.now()});
        self.on(paper, "sign", body).ok();
    }

    /// Puts to signature; the parties named and the chair sign now.
    #[track_caller]
    pub fn all_sign(&self, paper: &str, parties: &[usize]) {
        self.on(paper, "start-signing", json!({})).ok();
        for n in parties {
            self.party_signs(paper, *n);
        }
        self.chair_signs(paper);
    }

    #[track_caller]
    pub fn chair_signs(&self, paper: &str) {
        let body = json!({"signed_as": "mediator", "method": "sign", "signed_at": self.app.now()});
        self.on(paper, "sign", body).ok();
    }

    /// Signed by the parties named and the chair, and sealed, all now.
    #[track_caller]
    pub fn effective(&self, paper: &str, parties: &[usize]) -> Value {
        self.all_sign(paper, parties);
        self.on(paper, "seal", json!({"sealed_at": self.app.now()}))
            .ok()
    }

    /// Party `from` owes party `to` money on a day.
    pub fn debt(&self, from: usize, to: usize, fen: i64, due: &str) -> Value {
        json!({"debtor_id": self.parties[from], "creditor_id": self.parties[to], "kind": "pay", "description": "支付约定款项",
            "amount_fen": fen, "due_on": due, "mode": "bank"})
    }

    /// The ids of the obligations of an agreement, by number.
    pub fn owed(&self, paper: &str) -> Vec<String> {
        let list = self.agreement(paper)["obligations"].clone();
        list.as_array()
            .unwrap()
            .iter()
            .map(|o| o["id"].as_str().unwrap().to_owned())
            .collect()
    }

    /// An act on an obligation by the chair.
    pub fn due(&self, obligation: &str, act: &str, body: Value) -> Answer {
        self.chair.do_(
            &self.path(&format!("/obligations/{obligation}/{act}")),
            body,
        )
    }

    /// The debtor performs all that is left, and the creditor confirms it.
    #[track_caller]
    pub fn performed(&self, obligation: &str) -> Value {
        let body = json!({"performed_at": self.app.now(), "confirmed_by_creditor": true});
        self.due(obligation, "perform", body).ok()
    }

    /// The way on told and served, now.
    pub fn service(&self, routes: &[&str]) -> Value {
        json!({"routes": routes, "served_at": self.app.now(), "service_proof": "当面送达并签收"})
    }

    /// Terminates for a reason with routes told.
    pub fn terminate(&self, reason: &str, routes: &[&str]) -> Answer {
        let mut body = self.service(routes);
        body["reason"] = json!(reason);
        self.desk.do_(&self.path("/terminate"), body)
    }

    /// What the actions say of one act to a client.
    #[track_caller]
    pub fn action(&self, client: &Client<'_>, act: &str) -> Value {
        let list = client.get(&self.path("/actions")).ok();
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["action"] == act)
            .unwrap()
            .clone()
    }

    /// Files a paper by the rule of attachments, or says why not.
    pub fn filed(&self, doc_type: DocType) -> Result<(), Vec<Refusal>> {
        let body = json!({"kind": AttachmentKind::Document, "doc_type": doc_type, "title": "材料"});
        by_rule(self.app, "caiwenbin", |tx| {
            let file = tx.open(Action::AddEvidence, self.case(), Expect::Append)?;
            let input = read_body(&body, |o: &mut Obj<'_>| attachments::Declare::read(o)).unwrap();
            let who = jieyou::domain::rules::Who {
                user: tx.ctx.actor.user_id,
                units: Vec::new(),
            };
            let (mut ids, now) = (tx.ctx, tx.ctx.now);
            match attachments::declare(&file, input, &who, &mut ids, now) {
                Ok(d) => tx.carry_out(d).map(|_| Ok(())),
                Err(refusals) => Ok(Err(refusals)),
            }
        })
    }
}

/// A session of everybody, held and closed upon its record.
fn held(tx: &Tx<'_>, story: &Story<'_>) -> Session {
    let now = tx.ctx.now;
    let attendees = story.parties.iter().map(|p| Attendee {
        kind: AttendeeKind::Party,
        id: Id::<()>::parse(p).unwrap().uuid,
        present: Some(true),
        at: Some(now),
    });
    Session {
        id: tx.ctx.id(),
        case_id: story.case(),
        no: 1,
        kind: SessionKind::Joint,
        state: SessionState::Closed,
        planned_from: now,
        planned_to: now.plus_hours(1),
        venue_kind: VenueKind::Site,
        room_id: None,
        venue: None,
        is_public: false,
        sequence: 0,
        opened_at: Some(now),
        closed_at: Some(now),
        result: Some(SessionResult::Agreed),
        caucus_party: None,
        minutes: Some(Secret::new("双方到场，达成一致")),
        attendees: attendees.collect(),
        created_by: tx.ctx.actor.user_id,
        created_at: now,
        detail: SessionDetail::default(),
    }
}

impl Story<'_> {
    /// One more session, begun and still running; gives its id.
    pub fn session_begins(&self) -> SessionId {
        by_rule(self.app, self.told.place.clerk, |tx| {
            let file = tx.open(Action::ViewCase, self.case(), Expect::Append)?;
            let no = file.sessions.iter().map(|s| s.no).max().unwrap_or(0) + 1;
            let running = Session {
                no,
                state: SessionState::Open,
                closed_at: None,
                result: None,
                minutes: None,
                ..held(tx, self)
            };
            let id = running.id;
            let mut d = Decision::on(&file);
            d.case_mut();
            d.event(Event::SessionOpened { session: id, no });
            d.insert(running);
            tx.carry_out(d).map(|_| id)
        })
    }

    /// That session is over, its record signed.
    pub fn session_ends(&self, id: SessionId) {
        by_rule(self.app, self.told.place.clerk, |tx| {
            let file = tx.open(Action::ViewCase, self.case(), Expect::Append)?;
            let mut over = file.session(id).cloned().unwrap();
            over.state = SessionState::Closed;
            over.closed_at = Some(tx.ctx.now);
            over.result = Some(SessionResult::Continue);
            over.minutes = Some(Secret::new("双方各执一词"));
            let mut d = Decision::on(&file);
            d.case_mut();
            d.event(Event::SessionClosed {
                session: id,
                no: over.no,
                result: SessionResult::Continue,
            });
            d.update(over);
            tx.carry_out(d).map(|_| ())
        });
    }

    /// What the mediator heard from one side alone.
    pub fn heard_alone(&self, n: usize, text: &str) {
        by_rule(self.app, self.told.place.mediator, |tx| {
            let file = tx.open(Action::WriteCaucus, self.case(), Expect::Append)?;
            let note = Note {
                id: tx.ctx.id(),
                case_id: self.case(),
                session_id: None,
                party_id: Some(self.party(n)),
                visibility: NoteVisibility::Caucus,
                body: Secret::new(text),
                author_id: tx.ctx.actor.user_id,
                created_at: tx.ctx.now,
            };
            let mut d = Decision::on(&file);
            d.event(Event::CaucusNoteWritten { note: note.id });
            d.insert(note);
            tx.carry_out(d).map(|_| ())
        });
    }

    /// Somebody of the county flags a danger or a doubt.
    pub fn flagged(&self, username: &str, body: Value) {
        by_rule(self.app, username, |tx| {
            let file = tx.open(Action::Flag, self.case(), Expect::Append)?;
            let input = read_body(&body, |o: &mut Obj<'_>| flags::Raise::read(o)).unwrap();
            let facts = flags::RaiseFacts {
                calendar: tx.calendar()?,
                county: None,
            };
            let who = jieyou::domain::rules::Who {
                user: tx.ctx.actor.user_id,
                units: Vec::new(),
            };
            let (mut ids, now) = (tx.ctx, tx.ctx.now);
            let d = flags::raise(&file, input, &facts, &who, &mut ids, now)?;
            tx.carry_out(d).map(|_| ())
        });
    }
}
