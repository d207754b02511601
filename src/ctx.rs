//! What every request or job carries: who acts, when, and where fresh ids come from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::domain::codes::Lang;
use crate::domain::policy::Actor;
use crate::domain::time::Instant;

/// Where the time comes from.
pub trait Clock: Send + Sync {
    fn now(&self) -> Instant;
}

/// Where ids and salts come from.
pub trait Ids: Send + Sync {
    fn uuid(&self) -> Uuid;
}

/// The machine's clock, cut to microseconds.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods)]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Instant(since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX)))
    }
}

/// UUIDv7 from the system.
#[derive(Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[allow(clippy::disallowed_methods)]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// A counter in UUID form, for tests whose answers must not vary.
#[derive(Debug, Default)]
pub struct SequentialIds(AtomicU64);

impl Ids for SequentialIds {
    fn uuid(&self) -> Uuid {
        let n = self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Uuid::from_u128((7_u128 << 76) | (0x8_u128 << 60) | u128::from(n))
    }
}

/// Made once per request or job and passed down; `now` is sampled once, so that all rows of one
/// commit agree.
#[derive(Clone)]
pub struct Ctx {
    pub actor: Actor,
    pub now: Instant,
    pub request_id: String,
    pub lang: Lang,
    /// First part of the client address (never the whole).
    pub ip_prefix: Option<String>,
    /// Stated purpose of access (X-Access-Purpose).
    pub purpose: Option<String>,
    /// The `traceparent` (W3C Trace Context) the request came with, to be passed on.
    pub trace: Option<String>,
    pub ids: Arc<dyn Ids>,
}

impl crate::domain::decision::FreshIds for &Ctx {
    fn fresh(&mut self) -> Uuid {
        self.ids.uuid()
    }
}

impl std::fmt::Debug for Ctx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ctx")
            .field("actor", &self.actor.user_id)
            .field("now", &self.now)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

impl Ctx {
    /// A fresh typed id.
    pub fn id<T>(&self) -> crate::domain::ids::Id<T> {
        crate::domain::ids::Id::new(self.ids.uuid())
    }
}

/// The context of work that nobody asked for.
pub fn system_ctx(clock: &dyn Clock, ids: &Arc<dyn Ids>) -> Ctx {
    Ctx {
        actor: Actor {
            user_id: crate::domain::ids::Id::new(Uuid::nil()),
            login_id: None,
            name: "system".into(),
            grants: Vec::new(),
        },
        now: clock.now(),
        request_id: ids.uuid().simple().to_string(),
        lang: Lang::Zh,
        ip_prefix: None,
        purpose: None,
        trace: None,
        ids: Arc::clone(ids),
    }
}
