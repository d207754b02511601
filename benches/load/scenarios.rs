//! What the callers ask for.

use std::net::SocketAddr;
use std::path::Path;

use jieyou::app;
use jieyou::config::Config;
use jieyou::crypto::jwt::{Authority, Identity};
use jieyou::ctx::{Clock, Ids, SystemClock, SystemIds};
use jieyou::domain::ids::CaseId;

use crate::Fault;
use crate::client::{Answer, Client, request};
use crate::county::{self, DESKS, Kind, id};
use crate::measure::Step;
use crate::mix::{Rng, word};

/// The four kinds of load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Scenario {
    /// A case with its parties, sessions and last events; recorded in the access log.
    CaseRead,
    /// The first fifty live cases of one type of the caller's desk, by due date.
    QueuePage,
    /// Two characters, searched in everything the caller may see.
    Search,
    /// A registration: case, parties, audit events, search text, idempotency key.
    Write,
}

impl Scenario {
    pub const ALL: [Self; 4] = [Self::CaseRead, Self::QueuePage, Self::Search, Self::Write];

    pub fn name(self) -> &'static str {
        match self {
            Self::CaseRead => "case_read",
            Self::QueuePage => "queue_page",
            Self::Search => "search",
            Self::Write => "write",
        }
    }

    /// The share of the limit that is aimed at.
    pub fn aim(self) -> f64 {
        if self == Self::Write { 0.6 } else { 0.7 }
    }
}

/// The two most frequent types: their pages are full at every size.
pub const QUEUE_TYPES: [&str; 2] = ["neighbour", "marriage_family"];

/// An access token for the head of desk `d`.
pub fn token(data_dir: &Path, d: u64) -> Result<String, Fault> {
    let config = Config {
        data_dir: data_dir.to_owned(),
        ..Config::default()
    };
    let now = SystemClock.now();
    let keys = app::token_keys(&config.key_dir(), now)?;
    let authority = Authority::new(
        &config.issuer,
        &config.audience,
        jiff::SignedDuration::from_mins(10),
    );
    let who = Identity {
        sub: county::head(d),
        sid: county::head_login(d),
        jti: SystemIds.uuid(),
        auth_time: now,
        amr: vec!["pwd".to_owned()],
    };
    Ok(authority.mint(&keys, &who, now)?)
}

/// One caller: the head of one desk on one connection.
pub struct Caller {
    scenario: Scenario,
    addr: SocketAddr,
    client: Client,
    token: String,
    rng: Rng,
    desk: u64,
    /// Cases of the data set per desk.
    per_desk: u64,
}

impl Caller {
    pub fn new(
        scenario: Scenario,
        addr: SocketAddr,
        data_dir: &Path,
        number: u64,
        cases: u64,
    ) -> Result<Self, Fault> {
        let desk = number % DESKS;
        Ok(Self {
            scenario,
            addr,
            client: Client::connect(addr)?,
            token: token(data_dir, desk)?,
            rng: Rng(SystemIds.uuid().as_u64_pair().1),
            desk,
            per_desk: (cases / DESKS).max(1),
        })
    }

    fn request(&mut self) -> Vec<u8> {
        match self.scenario {
            Scenario::CaseRead => {
                // Cases 14k + d belong to desk d; number 0 does not exist.
                let k = self.rng.below(self.per_desk);
                let n = k * DESKS + if self.desk == 0 { DESKS } else { self.desk };
                let case: CaseId = id(Kind::Case, n);
                let target = format!("/api/v1/cases/{case}?include=parties,sessions,events");
                request("GET", &target, &self.token, "", "")
            }
            Scenario::QueuePage => {
                let kind = self.rng.pick(&QUEUE_TYPES);
                let target = format!("/api/v1/cases?queue=desk&type={kind}&limit=50");
                request("GET", &target, &self.token, "", "")
            }
            Scenario::Search => {
                let word = word(&mut self.rng);
                let body = serde_json::json!({ "text": word }).to_string();
                request("POST", "/api/v1/case-searches", &self.token, "", &body)
            }
            Scenario::Write => {
                let key = SystemIds.uuid();
                let extra = format!("Idempotency-Key: {key}\r\n");
                let body = crate::intake::body(&mut self.rng, self.desk);
                request("POST", "/api/v1/cases", &self.token, &extra, &body)
            }
        }
    }

    /// Sends one request of the scenario.
    pub fn ask(&mut self) -> Result<Answer, Fault> {
        let bytes = self.request();
        let answer = self.client.send(&bytes);
        if answer.is_err() {
            self.client = Client::connect(self.addr)?;
        }
        answer
    }
}

impl Step for Caller {
    fn step(&mut self) -> Result<(), Fault> {
        let answer = self.ask()?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let text: String = String::from_utf8_lossy(&answer.body)
            .chars()
            .take(300)
            .collect();
        Err(format!("{} {text}", answer.status).into())
    }
}
