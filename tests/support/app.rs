//! The service in process, on a real port, with a clock that the test moves.

use std::net::TcpListener;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, mpsc};

use jieyou::app::{self, Parts};
use jieyou::cli::demo::county;
use jieyou::config::Config;
use jieyou::crypto::password::{Cost, Hasher};
use jieyou::ctx::{Clock, Ids, SystemIds};
use jieyou::domain::notice::NoticeKind;
use jieyou::domain::time::Instant;
use jieyou::http::server;
use jieyou::http::state::State;
use jieyou::store::tables::system::LoginSession;

use super::client::Client;
use super::db::{EPOCH, TestDb};

/// The password of every test user.
pub const PASSWORD: &str = "yunling trial password 2026";
/// Cheap hashing: the tests are not about cost.
pub const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
    lanes: 1,
};

/// The stored form of [`PASSWORD`].
pub fn password_phc() -> &'static str {
    static PHC: OnceLock<String> = OnceLock::new();
    PHC.get_or_init(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        let hasher = Hasher::for_cores(CHEAP, 2).unwrap();
        runtime.block_on(hasher.hash(PASSWORD)).unwrap()
    })
}

/// A clock that stands until it is moved.
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn new(at: Instant) -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(at.0)))
    }

    pub fn set(&self, at: Instant) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}

/// A running service.
pub struct TestApp {
    pub state: Arc<State>,
    pub base: String,
    pub clock: Arc<TestClock>,
    pub config: Config,
    pub db: TestDb,
    stop: Option<actix_web::dev::ServerHandle>,
    thread: Option<std::thread::JoinHandle<()>>,
    _data: tempfile::TempDir,
}

/// Opens the database; a loaded machine may take its time to give connections.
fn open_patiently(config: &Config) -> jieyou::store::db::Db {
    for _ in 0..4 {
        if let Ok(db) = app::open_db(config) {
            return db;
        }
        std::thread::sleep(std::time::Duration::from_millis(500));
    }
    app::open_db(config).unwrap()
}

impl TestApp {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// Starts with changed settings.
    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        let db = TestDb::new();
        let data = tempfile::Builder::new()
            .prefix("jieyou-data")
            .tempdir()
            .unwrap();
        let mut config = Config {
            data_dir: data.path().to_owned(),
            database_url: db.url.clone(),
            database_connections: 4,
            rate_per_second: 10_000,
            rate_burst: 10_000,
            metrics_bind: String::new(),
            // Tests that jump by years would meet the end of the grace.
            require_second_factor: "off".into(),
            ..Config::default()
        };
        change(&mut config);
        let clock = TestClock::new(Instant::parse(EPOCH).unwrap().plus_hours(1));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (tx, rx) = mpsc::channel();
        let (given, parts_clock) = (config.clone(), Arc::clone(&clock));
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let ids: Arc<dyn Ids> = Arc::new(SystemIds);
                let parts = Parts {
                    clock: parts_clock,
                    ids,
                    cost: CHEAP,
                };
                let db = open_patiently(&given);
                let state = app::build(&given, db, parts).unwrap();
                let server = server::serve(Arc::clone(&state), listener, 1).unwrap();
                tx.send((state, server.handle())).unwrap();
                server.await.unwrap();
            });
        });
        let (state, stop) = rx.recv().unwrap();
        Self {
            state,
            base,
            clock,
            config,
            db,
            stop: Some(stop),
            thread: Some(thread),
            _data: data,
        }
    }

    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Moves the clock to an RFC 3339 time (or `YYYY-MM-DD`, then 10:00 in the county).
    pub fn at(&self, text: &str) {
        let full = if text.len() == 10 {
            format!("{text}T10:00:00+08:00")
        } else {
            text.to_owned()
        };
        self.clock.set(Instant::parse(&full).unwrap());
    }

    pub fn forward_minutes(&self, minutes: i64) {
        self.clock.set(self.now().plus_minutes(minutes));
    }

    pub fn forward_days(&self, days: i64) {
        self.clock.set(self.now().plus_days(days));
    }

    /// A client nobody is signed in on.
    pub fn anonymous(&self) -> Client<'_> {
        Client::new(self, None)
    }

    /// A client signed in as a person of the county (by user name), on a login made for it.
    pub fn client(&self, username: &str) -> Client<'_> {
        let now = self.now();
        let user = county::user(username);
        let login = LoginSession {
            id: jieyou::domain::ids::Id::new(self.state.ids.uuid()),
            user_id: user,
            device_id: self.state.ids.uuid().to_string(),
            device_name: Some("test".into()),
            mobile: true,
            created_at: now,
            last_seen_at: now,
            expires_at: now.plus_days(4_000),
            ended_at: None,
            end_reason: None,
            second_factor: None,
        };
        let ids: Arc<dyn Ids> = Arc::clone(&self.state.ids);
        let ctx = app::system_ctx(&*self.clock, &ids);
        let (id, row) = (login.id, login);
        self.state
            .db
            .write_now(&ctx, |tx| {
                tx.technical();
                tx.insert(&row)
            })
            .unwrap();
        Client::new(self, Some((user, id)))
    }

    /// One pass of the outbox worker, with mails written below the data directory.
    pub fn deliver(&self) -> jieyou::worker::run::Stats {
        let mut config = self.config.clone();
        config.mail.mode = "dir".into();
        let ids: Arc<dyn Ids> = Arc::clone(&self.state.ids);
        let (db, clock) = (self.state.db.clone(), Arc::clone(&self.state.clock));
        let worker = app::worker(&config, db, clock, ids, &self.state.metrics).unwrap();
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap()
            .block_on(jieyou::worker::run::run_once(&worker))
            .unwrap()
    }

    /// What does the duties of time on this node.
    pub fn duties(&self) -> jieyou::worker::duties::Duties {
        let ids: Arc<dyn Ids> = Arc::clone(&self.state.ids);
        app::duties(self.state.db.clone(), Arc::clone(&self.state.clock), ids)
    }

    /// One pass over all duties that are due; none may fail.
    #[track_caller]
    pub fn pass(&self) -> jieyou::worker::duties::Done {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let done = runtime.block_on(self.duties().pass()).unwrap();
        assert_eq!(done.failed, 0, "{done:?}");
        done
    }

    /// How often a person was told of this in the inbox.
    #[track_caller]
    pub fn told(&self, username: &str, kind: NoticeKind) -> usize {
        self.read(|snap| {
            let items = snap
                .inbox(county::user(username), false, None, 500)
                .unwrap();
            items.iter().filter(|i| i.kind == kind).count()
        })
    }

    /// The letters that [`Self::deliver`] wrote, by name, with base64 parts also in clear.
    pub fn letters(&self) -> Vec<String> {
        let Ok(dir) = std::fs::read_dir(self.config.data_dir.join("mail")) else {
            return Vec::new();
        };
        let mut files: Vec<_> = dir.map(|e| e.unwrap().path()).collect();
        files.sort();
        let read = |path: &std::path::PathBuf| {
            let raw = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
            let clear: Vec<String> = raw.split("\r\n\r\n").filter_map(from_base64).collect();
            format!("{raw}\n{}", clear.join("\n"))
        };
        files.iter().map(read).collect()
    }

    /// Runs a closure on a read view, for checks on stored rows.
    pub fn read<T>(&self, f: impl FnOnce(&mut jieyou::store::tx::Snap<'_>) -> T) -> T {
        let ids: Arc<dyn Ids> = Arc::clone(&self.state.ids);
        let ctx = app::system_ctx(&*self.clock, &ids);
        self.state.db.read_now(&ctx, |snap| Ok(f(snap))).unwrap()
    }
}

/// The text of a block that is base64 up to a MIME boundary.
fn from_base64(block: &str) -> Option<String> {
    use base64::Engine;
    let body: String = block
        .lines()
        .take_while(|l| !l.starts_with("--"))
        .collect::<String>();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(body.trim())
        .ok()?;
    String::from_utf8(bytes).ok().filter(|t| !t.is_empty())
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The stop command is sent at once; awaiting it needs a runtime we do not have here.
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(stop.stop(false));
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
