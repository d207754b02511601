//! A county with a worker and an SMTP sink.

use std::sync::Arc;

use jieyou::app::{self, system_ctx};
use jieyou::cli::demo::county;
use jieyou::config::Config;
use jieyou::ctx::Ctx;
use jieyou::domain::case::*;
use jieyou::domain::decision::Decision;
use jieyou::domain::facts::Event;
use jieyou::domain::ids::*;
use jieyou::domain::notice::{Notice, NoticeKind, Recipient};
use jieyou::domain::party::*;
use jieyou::domain::secret::Secret;
use jieyou::domain::session::*;
use jieyou::error::Error;
use jieyou::store::tables::system::OutboxRow;
use jieyou::store::tx::Tx;
use jieyou::worker::run::{Parts, Stats, Worker, run_once};

use crate::support::TestApp;
use crate::support::smtp_sink::{Plan, Security, Sink};

/// The service, with a runtime for the worker and the servers it talks to.
pub struct Yard {
    pub app: TestApp,
    pub runtime: tokio::runtime::Runtime,
}

impl Yard {
    /// Mails become files.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let app = TestApp::with(|config| {
            config.mail.from = "desk@jieyou.example".into();
            config.public_url = "https://jieyou.example".into();
            config.webhooks.allow_insecure_loopback = true;
            change(config);
        });
        Self { app, runtime }
    }

    /// Mails go to a sink.
    pub fn with_sink(plan: Plan) -> (Self, Sink) {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sink = runtime.block_on(Sink::start(Security::Plain, plan));
        let port = sink.addr.port();
        let yard = Self::with(|config| {
            config.mail.mode = "smtp".into();
            config.mail.host = "127.0.0.1".into();
            config.mail.port = port;
            config.mail.tls = "none".into();
            config.mail.timeout_seconds = 1;
        });
        (Self { runtime, ..yard }, sink)
    }

    pub fn parts(&self) -> Parts {
        let state = &self.app.state;
        let (db, ids) = (state.db.clone(), Arc::clone(&state.ids));
        app::worker_parts(
            &self.app.config,
            db,
            Arc::clone(&state.clock),
            ids,
            &state.metrics,
        )
        .unwrap()
    }

    pub fn worker(&self) -> Worker {
        Worker::new(self.parts())
    }

    pub fn pass(&self, worker: &Worker) -> Stats {
        self.runtime.block_on(run_once(worker)).unwrap()
    }

    /// Passes until nothing waits, the clock moving on between them.
    pub fn work_off(&self, worker: &Worker) -> Stats {
        let mut all = Stats::default();
        for _ in 0..1_000 {
            let stats = self.pass(worker);
            all.claimed += stats.claimed;
            all.sent += stats.sent;
            all.retried += stats.retried;
            all.dead += stats.dead;
            all.deferred += stats.deferred;
            all.lost += stats.lost;
            if self.waiting() == 0 {
                return all;
            }
            // To the next attempt, or past the pause after too many failures.
            let now = self.app.now();
            let rows = self.rows();
            let next = rows
                .iter()
                .filter(|r| r.state == "due" && r.due_at > now)
                .map(|r| r.due_at)
                .min();
            self.app
                .clock
                .set(next.unwrap_or_default().max(now.plus_seconds(31)));
        }
        panic!("{} still wait: {all:?}", self.waiting());
    }

    pub fn ctx(&self) -> Ctx {
        system_ctx(&*self.app.clock, &self.app.state.ids)
    }

    pub fn write<T>(&self, f: impl Fn(&mut Tx<'_>) -> Result<T, Error>) -> T {
        self.try_write(f).unwrap()
    }

    pub fn try_write<T>(&self, f: impl Fn(&mut Tx<'_>) -> Result<T, Error>) -> Result<T, Error> {
        self.app.state.db.write_now(&self.ctx(), f)
    }

    pub fn rows(&self) -> Vec<OutboxRow> {
        let mut rows = self
            .app
            .read(|snap| snap.outbox_list(None, 100_000).unwrap());
        rows.reverse();
        rows
    }

    pub fn waiting(&self) -> i64 {
        self.app.read(|snap| snap.backlog().unwrap().0)
    }

    pub fn dead(&self) -> Vec<OutboxRow> {
        self.app
            .read(|snap| snap.outbox_list(Some("dead"), 100_000).unwrap())
    }

    pub fn id<T>(&self) -> Id<T> {
        Id::new(self.app.state.ids.uuid())
    }

    /// A registered case of the desk 凤溪; every text of it is a canary.
    pub fn case(&self) -> Case {
        self.case_with(|_| {})
    }

    /// A case, with more rows in the same commit.
    pub fn case_with(&self, more: impl Fn(&mut Decision)) -> Case {
        let (id, now): (CaseId, _) = (self.id(), self.app.now());
        let uuid = id.uuid.as_u128();
        let symbol = |n: u32| {
            char::from(
                b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
                    [usize::try_from((uuid >> (5 * n)) & 31).unwrap()],
            )
        };
        let code: String = (0..4)
            .map(symbol)
            .chain(['-'])
            .chain((4..8).map(symbol))
            .collect();
        let case = Case {
            id,
            code: format!("YL-{code}-0"),
            case_no: None,
            committee_id: None,
            procedure: Procedure::PeopleMediation,
            title: "金丝雀檐沟滴水".into(),
            kind: CaseType::Neighbour,
            state: CaseState::Registered,
            outcome: None,
            risk: Risk::Blue,
            difficulty: Difficulty::Simple,
            source: Source::Application,
            channel: Channel::WalkIn,
            origin_id: county::org("fengxi"),
            origin_desk_id: Some(county::org("fengxi")),
            holder_id: county::org("fengxi"),
            holder_desk_id: Some(county::org("fengxi")),
            holder_since: now,
            registrar_id: county::user("lindeshui"),
            registered_at: now,
            accepted_at: None,
            closed_at: None,
            next_step: None,
            next_due_at: None,
            live: true,
            version: 1,
            audit_seq: 0,
            audit_hash: String::new(),
            amount_fen: Some(1_860_000),
            summary: "金丝雀两家为檐沟起争执".into(),
            updated_at: now,
            detail: CaseDetail::default(),
        };
        self.write(|tx| {
            let mut d = Decision::register(case.clone());
            d.event(Event::CaseRegistered {
                source: case.source,
                channel: case.channel,
                kind: case.kind,
                origin: case.origin_id,
                client_recorded_at: None,
            });
            more(&mut d);
            tx.carry_out(d)
        })
    }

    /// A party with an address to write to.
    pub fn party(&self, case_id: CaseId, email: &str) -> Party {
        let now = self.app.now();
        Party {
            id: self.id(),
            case_id,
            side: 1,
            role: PartyRole::Applicant,
            kind: PartyKind::NaturalPerson,
            name: "金丝雀王小明".into(),
            name_key: "金丝雀王小明".into(),
            gender: Gender::Unknown,
            birth_date: None,
            id_no: Some(Secret::new("35990119800101金丝雀")),
            uscc: None,
            phone: Some(Secret::new("+8613800000000金丝雀")),
            email: Some(Secret::new(email)),
            address: Some(Secret::new("金丝雀路一号")),
            capacity: Capacity::Full,
            consent: Consent::Given,
            consent_at: Some(now),
            rights_notice_at: None,
            is_representative: false,
            settle_auth: SettleAuth::None,
            withdrawn_at: None,
            substituted_by: None,
            contact_hidden: false,
            created_by: county::user("lindeshui"),
            created_at: now,
            detail: PartyDetail::default(),
        }
    }

    /// A session tomorrow from nine to eleven.
    pub fn session(&self, case_id: CaseId, venue_kind: VenueKind) -> Session {
        let day = self.app.now().local_date().plus_days(1).start();
        Session {
            id: self.id(),
            case_id,
            no: 1,
            kind: SessionKind::Joint,
            state: SessionState::Notified,
            planned_from: day.plus_hours(9),
            planned_to: day.plus_hours(11),
            venue_kind,
            room_id: (venue_kind == VenueKind::Room).then(|| county::room(2)),
            venue: Some(Secret::new("金丝雀路一号三单元")),
            is_public: false,
            sequence: 0,
            opened_at: None,
            closed_at: None,
            result: None,
            caucus_party: None,
            minutes: Some(Secret::new("金丝雀笔录")),
            attendees: Vec::new(),
            created_by: county::user("chenyuee"),
            created_at: self.app.now(),
            detail: SessionDetail::default(),
        }
    }

    /// Queues one notice.
    pub fn tell(&self, case: Option<&Case>, to: Recipient, notice: &Notice) {
        self.write(|tx| {
            tx.technical();
            tx.enqueue(case, to, notice)
        });
    }

    pub fn tell_user(&self, case: Option<&Case>, username: &str, kind: NoticeKind) {
        self.tell(
            case,
            Recipient::User(county::user(username)),
            &Notice::of(kind),
        );
    }

    /// The mails of the directory mailer, oldest message first.
    pub fn files(&self) -> Vec<String> {
        let dir = self.app.config.data_dir.join("mail");
        let mut paths: Vec<_> = std::fs::read_dir(dir)
            .map(|d| d.map(|e| e.unwrap().path()).collect())
            .unwrap_or_default();
        paths.sort();
        paths
            .iter()
            .map(|p| std::fs::read_to_string(p).unwrap())
            .collect()
    }
}
