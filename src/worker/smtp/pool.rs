//! Connections to one relay: few at a time, kept for a short while.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Connections to the relay at one time.
const POOL_MAX: usize = 4;
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Idle connections and the permits for open ones.
pub struct Pool {
    pub permits: Semaphore,
    idle: Arc<Mutex<Idle>>,
}

#[derive(Default)]
struct Idle {
    parked: Vec<(Instant, AsyncSmtpConnection)>,
    reaping: bool,
}

impl Pool {
    pub fn new() -> Self {
        Self {
            permits: Semaphore::new(POOL_MAX),
            idle: Arc::default(),
        }
    }

    /// The most recently used connection that is not too old.
    pub fn take(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = lock(&self.idle);
        idle.drop_old();
        idle.parked.pop().map(|(_, conn)| conn)
    }

    pub fn park(&self, conn: AsyncSmtpConnection) {
        let mut idle = lock(&self.idle);
        idle.parked.push((Instant::now(), conn));
        if !idle.reaping {
            idle.reaping = true;
            let weak = Arc::downgrade(&self.idle);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(IDLE).await;
                    let Some(idle) = weak.upgrade() else { return };
                    let mut idle = lock(&idle);
                    idle.drop_old();
                    if idle.parked.is_empty() {
                        idle.reaping = false;
                        return;
                    }
                }
            });
        }
    }
}

impl Idle {
    fn drop_old(&mut self) {
        self.parked.retain(|(since, _)| since.elapsed() < IDLE);
    }
}

fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
