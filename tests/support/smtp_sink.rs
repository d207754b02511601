//! A real SMTP server for tests. It keeps every message it receives, byte for byte, and
//! misbehaves on request: by a script, or by chance from a seed.
#![allow(dead_code)]

mod dialogue;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::certs::Certs;
use dialogue::Dialogue;

/// What the sink offers.
#[derive(Clone)]
pub enum Security {
    /// Plain text, no STARTTLS.
    Plain,
    /// STARTTLS.
    StartTls(Certs),
    /// STARTTLS, with an answer in plain text slipped in behind the go-ahead.
    Injecting(Certs),
    /// TLS from the first byte.
    Wrapper(Certs),
}

/// Where in the dialogue something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Greeting,
    Ehlo,
    Mail,
    Rcpt,
    Data,
    Dot,
}

/// What goes wrong in one transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    Nothing,
    /// This reply instead of the good one.
    Reply(Stage, u16, &'static str),
    /// Close instead of answering.
    Close(Stage),
    /// Read some of the body, then close.
    CloseMidData,
    /// Take the whole message, then close without an answer.
    Swallow,
    /// Say nothing for this long, then close.
    Stall(Stage, Duration),
}

/// How faults are chosen. A fault is drawn when a connection opens (for its first transaction)
/// and at each further MAIL.
#[derive(Clone, Debug)]
pub enum Plan {
    Honest,
    /// In this order, then honest.
    Script(Vec<Fault>),
    /// By chance, reproducible from the seed; the rest of the probability is honest.
    Chance {
        seed: u64,
        refuse: f64,
        close_mid_data: f64,
        swallow: f64,
        stall: f64,
        stall_for: Duration,
    },
}

/// One message the sink has received whole.
#[derive(Clone, Debug)]
pub struct Received {
    pub connection: u64,
    pub tls: bool,
    pub mail_from: String,
    pub rcpt_to: String,
    /// Value of the `Message-ID` header.
    pub message_id: String,
    /// As on the wire, dots still doubled, without the final dot line.
    pub wire: Vec<u8>,
    /// With dots restored.
    pub raw: Vec<u8>,
    /// Whether a 250 was sent for it.
    pub acknowledged: bool,
}

impl Received {
    /// The message as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.raw).into_owned()
    }
}

/// Totals since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub connections: u64,
    pub handshakes: u64,
    pub failed_handshakes: u64,
    pub logins: u64,
    pub transactions: u64,
    pub received: u64,
    pub acknowledged: u64,
    pub refused: u64,
    pub closed: u64,
    pub swallowed: u64,
    pub stalled: u64,
    /// Body bytes seen, finished or not.
    pub body_bytes: u64,
    /// CR without LF or LF without CR, anywhere in what clients sent.
    pub bare_breaks: u64,
}

struct State {
    plan: Plan,
    step: usize,
    random: u64,
    counts: Counts,
    received: Vec<Received>,
    commands: Vec<String>,
}

/// The running server; stops when dropped.
pub struct Sink {
    pub addr: SocketAddr,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sink {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start(security: Security, plan: Plan) -> Self {
        Self::start_with_login(security, plan, None).await
    }

    /// Same, and demands this user and password (AUTH PLAIN).
    pub async fn start_with_login(
        security: Security,
        plan: Plan,
        login: Option<(&'static str, &'static str)>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let random = match &plan {
            Plan::Chance { seed, .. } => *seed,
            _ => 0,
        };
        let state = Arc::new(Mutex::new(State {
            plan,
            step: 0,
            random,
            counts: Counts::default(),
            received: Vec::new(),
            commands: Vec::new(),
        }));
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let (state, security) = (Arc::clone(&shared), security.clone());
                let number = {
                    let mut state = lock(&state);
                    state.counts.connections += 1;
                    state.counts.connections
                };
                open.spawn(async move {
                    let _ = Dialogue::run(tcp, number, security, login, state).await;
                });
            }
        });
        Self { addr, state, task }
    }

    pub fn counts(&self) -> Counts {
        lock(&self.state).counts.clone()
    }

    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    /// Every command line seen, in order.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }

    /// Replaces the plan from the next draw on.
    pub fn set_plan(&self, plan: Plan) {
        let mut state = lock(&self.state);
        if let Plan::Chance { seed, .. } = &plan {
            state.random = *seed;
        }
        state.plan = plan;
        state.step = 0;
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

impl State {
    fn draw(&mut self) -> Fault {
        match self.plan.clone() {
            Plan::Honest => Fault::Nothing,
            Plan::Script(faults) => {
                self.step += 1;
                faults.get(self.step - 1).copied().unwrap_or(Fault::Nothing)
            }
            Plan::Chance {
                refuse,
                close_mid_data,
                swallow,
                stall,
                stall_for,
                ..
            } => {
                let roll = self.roll();
                let at_rcpt = self.roll() < 0.5;
                if roll < refuse {
                    let stage = if at_rcpt { Stage::Rcpt } else { Stage::Data };
                    Fault::Reply(stage, 451, "4.3.0 try later")
                } else if roll < refuse + close_mid_data {
                    Fault::CloseMidData
                } else if roll < refuse + close_mid_data + swallow {
                    Fault::Swallow
                } else if roll < refuse + close_mid_data + swallow + stall {
                    Fault::Stall(Stage::Rcpt, stall_for)
                } else {
                    Fault::Nothing
                }
            }
        }
    }

    /// Uniform in 0..1 (splitmix64).
    fn roll(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
