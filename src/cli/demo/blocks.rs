//! The steps that every demo case is told with, each one call of the public API.

use serde_json::{Value, json};

use super::client::{Caller, Said};
use super::county;
use crate::ctx::{Clock, SystemClock};
use crate::domain::persons::uscc_check_char;
use crate::domain::time::Instant;

/// A case being told: who does what in it.
pub struct Tale {
    pub case: String,
    /// Party ids in the order they were given.
    pub parties: Vec<String>,
    /// Registers, screens, accepts and appoints.
    pub desk: &'static str,
    /// Chairs the mediation.
    pub chair: &'static str,
    pub committee: &'static str,
    pub sessions: Vec<String>,
}

type Step<T> = Result<T, String>;

pub fn now() -> Instant {
    SystemClock.now()
}

fn id_of(v: &Value) -> Step<String> {
    v.get("id")
        .and_then(Value::as_str)
        .map(str::to_owned)
        .ok_or_else(|| format!("no id in {v}"))
}

/// A party of a registration: role, kind, name, with contact data of the fictional county.
pub fn party(role: &str, kind: &str, name: &str) -> Value {
    let mut out =
        json!({"role": role, "kind": kind, "name": name, "address": "云岭县凤溪乡（虚构地址）"});
    if kind == "legal_person" {
        // A well-formed code of the fictional division 359901, different for each name.
        let number = name
            .bytes()
            .fold(7_u32, |n, b| n.wrapping_mul(31).wrapping_add(u32::from(b)))
            % 1_000;
        let body = format!("91359901MA0000{number:03}");
        let check = uscc_check_char(&body).map(String::from).unwrap_or_default();
        out["uscc"] = json!(format!("{body}{check}"));
    }
    out
}

/// Two natural persons against each other.
pub fn two(a: &str, b: &str) -> Value {
    json!([
        party("applicant", "natural_person", a),
        party("respondent", "natural_person", b)
    ])
}

impl Tale {
    /// Registers a matter.
    pub async fn register(
        c: &mut Caller,
        desk: &'static str,
        chair: &'static str,
        committee: &'static str,
        body: Value,
    ) -> Step<Self> {
        let said = c.post(desk, "/cases", body).await?;
        let case = id_of(&said.body)?;
        let list = c
            .get(desk, &format!("/cases/{case}?include=parties"))
            .await?;
        let parties = list
            .get("parties")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let parties = parties.iter().map(id_of).collect::<Step<Vec<_>>>()?;
        Ok(Self {
            case,
            parties,
            desk,
            chair,
            committee,
            sessions: Vec::new(),
        })
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/cases/{}{rest}", self.case)
    }

    pub fn party(&self, n: usize) -> Step<&str> {
        self.parties
            .get(n)
            .map(String::as_str)
            .ok_or_else(|| format!("no party {n}"))
    }

    /// An act on the case as a person.
    pub async fn act(&self, c: &mut Caller, who: &str, rest: &str, body: Value) -> Step<Said> {
        c.post(who, &self.path(rest), body).await
    }

    pub async fn screen(&self, c: &mut Caller) -> Step<Said> {
        let body = json!({"civil": true, "special_organ": false, "accepted_elsewhere": false, "clear_parties": true, "concrete_claim": true});
        self.act(c, self.desk, "/screen", body).await
    }

    /// Everybody whose yes is still missing gives it.
    pub async fn consent(&self, c: &mut Caller) -> Step<()> {
        let roster = c.get(self.desk, &self.path("/parties")).await?;
        let missing = roster.get("consent_missing").and_then(Value::as_array);
        for party in missing.into_iter().flatten().filter_map(Value::as_str) {
            let path = format!("/parties/{party}/consent");
            let yes = json!({"answer": "given", "via": "in_person"});
            self.act(c, self.desk, &path, yes).await?;
        }
        Ok(())
    }

    pub async fn accept(&self, c: &mut Caller) -> Step<Said> {
        let committee = county::committee(self.committee);
        self.act(
            c,
            self.desk,
            "/accept",
            json!({"committee_id": committee, "jurisdiction_basis": "dispute_place"}),
        )
        .await
    }

    pub async fn appoint(&self, c: &mut Caller) -> Step<Said> {
        let body = json!({"user_id": county::user(self.chair), "role": "chair"});
        self.act(c, self.desk, "/assignments", body).await
    }

    /// Registration to an appointed chair.
    pub async fn to_assigned(&self, c: &mut Caller) -> Step<()> {
        self.screen(c).await?;
        self.consent(c).await?;
        self.accept(c).await?;
        self.appoint(c).await.map(|_| ())
    }

    pub async fn rights(&self, c: &mut Caller) -> Step<()> {
        for p in &self.parties {
            self.act(
                c,
                self.chair,
                &format!("/parties/{p}/rights-notice"),
                json!({}),
            )
            .await?;
        }
        Ok(())
    }

    /// Plans a session with all parties, starting in ten minutes.
    pub async fn plan(&mut self, c: &mut Caller, kind: &str, parties: &[String]) -> Step<String> {
        let from = now().plus_minutes(10);
        let body = json!({
            "kind": kind, "planned_from": from, "planned_to": from.plus_minutes(90), "venue_kind": "site",
            "venue": "村部会议室", "parties": parties, "staff": [county::user(self.chair)],
        });
        let said = self.act(c, self.chair, "/sessions", body).await?;
        let id = id_of(&said.body)?;
        self.sessions.push(id.clone());
        Ok(id)
    }

    pub async fn in_session(
        &self,
        c: &mut Caller,
        session: &str,
        rest: &str,
        body: Value,
    ) -> Step<Said> {
        self.act(c, self.chair, &format!("/sessions/{session}{rest}"), body)
            .await
    }

    /// The body of an opening at which everybody on the list is there.
    pub async fn everybody(&self, c: &mut Caller, session: &str) -> Step<Value> {
        let path = self.path(&format!("/sessions/{session}"));
        let view = c.get(self.chair, &path).await?;
        let list = view
            .get("attendees")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        let present: Vec<Value> = list.iter().filter_map(|a| a.get("id").cloned()).collect();
        Ok(json!({"present": present}))
    }

    /// Record, signatures, close.
    pub async fn finish_session(
        &self,
        c: &mut Caller,
        session: &str,
        parties: &[String],
        text: &str,
        result: &str,
    ) -> Step<Said> {
        self.in_session(c, session, "/minutes", json!({"text": text}))
            .await?;
        for p in parties {
            self.in_session(
                c,
                session,
                "/sign",
                json!({"signed_as": "party", "party_id": p}),
            )
            .await?;
        }
        let chair = county::user(self.chair);
        self.in_session(
            c,
            session,
            "/sign",
            json!({"signed_as": "mediator", "user_id": chair}),
        )
        .await?;
        self.in_session(
            c,
            session,
            "/close",
            json!({"result": result, "single_staff_reason": "现场只有一名调解员"}),
        )
        .await
    }

    /// One joint session from plan to close.
    pub async fn joint(&mut self, c: &mut Caller, text: &str, result: &str) -> Step<String> {
        let parties = self.parties.clone();
        let session = self.plan(c, "joint", &parties).await?;
        self.in_session(c, &session, "/notify", json!({})).await?;
        let all = self.everybody(c, &session).await?;
        self.in_session(c, &session, "/open", all).await?;
        self.finish_session(c, &session, &parties, text, result)
            .await?;
        Ok(session)
    }

    /// Drafts a written agreement over every issue with these obligations; returns its id.
    pub async fn draft(
        &self,
        c: &mut Caller,
        facts: &str,
        terms: &str,
        obligations: Value,
    ) -> Step<String> {
        let list = c.get(self.chair, &self.path("/issues")).await?;
        let issues: Vec<Value> = list
            .get("data")
            .and_then(Value::as_array)
            .map(|l| l.iter().filter_map(|i| i.get("id").cloned()).collect())
            .unwrap_or_default();
        let body = json!({
            "parties": self.parties, "issues": issues, "facts": facts, "liability": "双方各有责任，互谅互让",
            "terms": terms, "performance": "按约定履行", "place": "村部", "reached_at": now(),
            "copies": self.parties.len() + 1, "obligations": obligations,
        });
        let said = self.act(c, self.chair, "/agreements", body).await?;
        id_of(&said.body)
    }

    /// All sign, the chair signs, the committee seals: in effect.
    pub async fn sign_and_seal(&self, c: &mut Caller, agreement: &str) -> Step<Said> {
        let at = |rest: &str| format!("/agreements/{agreement}{rest}");
        self.act(c, self.chair, &at("/start-signing"), json!({}))
            .await?;
        for p in &self.parties {
            let body = json!({"signed_as": "party", "party_id": p, "method": "fingerprint", "signed_at": now()});
            self.act(c, self.chair, &at("/sign"), body).await?;
        }
        let body = json!({"signed_as": "mediator", "user_id": county::user(self.chair), "method": "sign", "signed_at": now()});
        self.act(c, self.chair, &at("/sign"), body).await?;
        self.act(c, self.chair, &at("/seal"), json!({"sealed_at": now()}))
            .await
    }

    /// Every obligation is performed and confirmed by its creditor.
    pub async fn perform_all(&self, c: &mut Caller, agreement: &str) -> Step<()> {
        let view = c
            .get(self.chair, &self.path(&format!("/agreements/{agreement}")))
            .await?;
        let list = view
            .get("obligations")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for o in list {
            let mut body = json!({"performed_at": now(), "confirmed_by_creditor": true});
            if let Some(amount) = o.get("amount_fen").filter(|a| !a.is_null()) {
                body["amount_fen"] = amount.clone();
            }
            self.act(
                c,
                self.chair,
                &format!("/obligations/{}/perform", id_of(&o)?),
                body,
            )
            .await?;
        }
        Ok(())
    }
}
