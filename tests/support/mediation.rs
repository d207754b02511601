//! Cases brought as far as mediation, for the tests of what comes after.

use std::sync::Arc;

use jieyou::cli::demo::county;
use jieyou::ctx::Ids;
use jieyou::domain::ids::*;
use jieyou::store::tx::Tx;
use serde_json::{Value, json};

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
        self.goes_into_mediation();
        self
    }

    /// The same, of an accepted case.
    pub fn goes_into_mediation(&self) {
        let seat = json!({"user_id": self.chair_id, "role": "chair"});
        self.desk.do_(&self.path("/assignments"), seat).ok();
        for p in &self.parties {
            let path = self.path(&format!("/parties/{p}/rights-notice"));
            self.desk.do_(&path, json!({})).ok();
        }
        let session = self.session_begins();
        self.session_ends(&session);
    }

    /// An act on a session by the chair.
    #[track_caller]
    fn in_session(&self, session: &str, act: &str, body: Value) -> Value {
        self.chair
            .do_(&self.path(&format!("/sessions/{session}/{act}")), body)
            .ok()
    }

    /// Everybody meets on the spot; gives the session, which goes on.
    #[track_caller]
    pub fn session_begins(&self) -> String {
        self.session_of(&self.parties)
    }

    /// These parties and the chair meet on the spot; gives the session, which goes on.
    #[track_caller]
    pub fn session_of(&self, parties: &[String]) -> String {
        let now = self.app.now();
        let plan = json!({"kind": "joint", "venue_kind": "site", "venue": "村委会门口", "parties": parties,
            "planned_from": now, "planned_to": now.plus_hours(2)});
        let made = self.chair.do_(&self.path("/sessions"), plan).ok();
        let session = made["id"].as_str().unwrap().to_owned();
        self.in_session(&session, "notify", json!({}));
        let mut present = parties.to_vec();
        present.push(self.chair_id.clone());
        self.in_session(&session, "open", json!({"present": present}));
        session
    }

    /// The session is over: its record drawn up and signed by all.
    #[track_caller]
    pub fn session_ends(&self, session: &str) {
        let text = json!({"text": "双方各自陈述，调解员释明法律。"});
        let drawn = self.in_session(session, "minutes", text);
        for hand in drawn["unsigned"].as_array().unwrap() {
            let body = match hand.as_str().unwrap() {
                "mediator" => continue,
                party if self.parties.iter().any(|p| p == party) => {
                    json!({"signed_as": "party", "party_id": party})
                }
                user => json!({"signed_as": "mediator", "user_id": user}),
            };
            self.in_session(session, "sign", body);
        }
        let over = json!({"result": "continue", "single_staff_reason": "现场只有一名调解员"});
        self.in_session(session, "close", over);
    }

    /// What the mediator hears from one side alone in a running session.
    #[track_caller]
    pub fn heard_alone(&self, session: &str, n: usize, text: &str) {
        let party = json!({"party_id": self.parties[n]});
        self.in_session(session, "open-caucus", party);
        let note = json!({"party_id": self.parties[n], "body": text});
        self.in_session(session, "caucus-notes", note);
        self.in_session(session, "end-caucus", json!({}));
    }

    /// The parties are told of the result.
    #[track_caller]
    pub fn feedback(&self) {
        let told = json!({"text": "已告知办理结果", "given_at": self.app.now()});
        self.desk.do_(&self.path("/feedback"), told).ok();
    }

    /// The desk stores a rating that these parties signed; gives the paper.
    #[track_caller]
    pub fn signed_rating(&self, by: &[usize]) -> String {
        let by: Vec<&String> = by.iter().map(|n| &self.parties[*n]).collect();
        let paper = json!({"kind": "document", "doc_type": "follow_up", "title": "满意度评价表",
            "filename": "评价表.pdf", "signed_by": by});
        let made = self.desk.post(&self.path("/attachments"), paper).ok();
        let id = made["id"].as_str().unwrap().to_owned();
        let file = format!("/api/v1{}", self.path(&format!("/attachments/{id}/file")));
        self.desk
            .raw(
                "PUT",
                &file,
                &[],
                b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n".to_vec(),
            )
            .ok();
        id
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

    /// Somebody makes every follow-up visit whose day has come.
    #[track_caller]
    pub fn visited(&self) {
        let list = self.desk.get(&self.path("/follow-ups")).ok();
        for v in list["data"].as_array().unwrap() {
            if v["due"] == true {
                let found = json!({"result": "done", "mode": "phone", "visited_at": self.app.now(),
                    "met_parties": self.parties, "performance_pct": 100, "situation": "已按约履行"});
                let path = format!("/follow-ups/{}/record", v["id"].as_str().unwrap());
                self.desk.post(&self.path(&path), found).ok();
            }
        }
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

    /// The archivist declares a paper of this type.
    pub fn filed(&self, doc_type: &str) -> Answer {
        self.filed_by(&self.app.client("caiwenbin"), doc_type)
    }

    /// Somebody declares a paper of this type.
    pub fn filed_by(&self, client: &Client<'_>, doc_type: &str) -> Answer {
        let body = json!({"kind": "document", "doc_type": doc_type, "title": "材料"});
        client.post(&self.path("/attachments"), body)
    }

    /// What the service does with the passing of time; gives the cases it found late.
    pub fn marked_overdue(&self) -> Vec<CaseId> {
        let ids: Arc<dyn Ids> = Arc::clone(&self.app.state.ids);
        let ctx = jieyou::app::system_ctx(&*self.app.clock, &ids);
        let today = self.app.now().local_date();
        let late = self
            .app
            .read(|snap| snap.cases_with_something_late(today, None, 10).unwrap());
        for id in &late {
            let mark = |tx: &mut Tx<'_>| jieyou::commands::jobs::mark_overdue(tx, id.uuid);
            self.app.state.db.write_now(&ctx, mark).unwrap();
        }
        late
    }
}
