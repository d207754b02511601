//! What the edge holds while it serves.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use governor::clock::DefaultClock;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DefaultKeyedStateStore;
use governor::{Quota, RateLimiter};
use moka::sync::Cache;

use crate::commands::second_factor::FactorKey;
use crate::crypto::jwt::Authority;
use crate::crypto::keys::KeySet;
use crate::crypto::password::Hasher;
use crate::crypto::refresh::RefreshPolicy;
use crate::crypto::secret::MacKey;
use crate::ctx::{Clock, Ids};
use crate::domain::ids::{LoginId, UserId};
use crate::domain::policy::Actor;
use crate::domain::second_factor::FactorPolicy;
use crate::env::Env;
use crate::error::Error;
use crate::http::metrics::Metrics;
use crate::store::access_log::AccessLog;
use crate::store::db::Db;
use crate::store::tx::Snap;

/// Limits of the edge, all configurable.
#[derive(Clone, Debug)]
pub struct Limits {
    pub body_bytes: usize,
    pub body_time: Duration,
    pub handler_time: Duration,
    pub in_flight: usize,
    pub per_second: NonZeroU32,
    pub burst: NonZeroU32,
}

/// Counts the requests of each user.
pub type UserRate =
    RateLimiter<UserId, DefaultKeyedStateStore<UserId>, DefaultClock, StateInformationMiddleware>;

/// Who calls, as remembered for less than a second.
#[derive(Clone, Debug)]
pub struct Caller {
    pub actor: Actor,
    /// Must set up a second factor before anything else.
    pub must_enrol: bool,
}

impl Caller {
    /// Who a login is, with the rights of this instant; `None` when it ended.
    pub fn of(
        snap: &mut Snap<'_>,
        (user, login): (UserId, LoginId),
        rule: &FactorPolicy,
    ) -> Result<Option<Self>, Error> {
        let Some(actor) = snap.actor(user, login)? else {
            return Ok(None);
        };
        let must_enrol = snap.must_enrol(&actor, rule)?;
        Ok(Some(Self { actor, must_enrol }))
    }
}

/// Shared by all workers of the edge.
pub struct State {
    pub db: Db,
    pub env: Arc<Env>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub authority: Authority,
    pub keys: Arc<RwLock<KeySet>>,
    /// Where the token keys lie.
    pub key_dir: PathBuf,
    pub hasher: Hasher,
    pub refresh: RefreshPolicy,
    /// The root of device tokens and refresh successors.
    pub mac: MacKey,
    /// Seals the secrets of authenticators.
    pub factor_key: FactorKey,
    pub log: AccessLog,
    pub limits: Limits,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// The rights of a login, at most 800 ms old, so that a revocation bites within a second.
    pub actors: Cache<(UserId, LoginId), Caller>,
    pub rate: UserRate,
    pub draining: AtomicBool,
    pub in_flight: AtomicUsize,
    pub metrics: Metrics,
}

impl State {
    /// A cache of rights short enough for revocation.
    pub fn actor_cache() -> Cache<(UserId, LoginId), Caller> {
        Cache::builder()
            .max_capacity(10_000)
            .time_to_live(Duration::from_millis(800))
            .build()
    }

    pub fn rate_limiter(limits: &Limits) -> UserRate {
        RateLimiter::keyed(Quota::per_second(limits.per_second).allow_burst(limits.burst))
            .with_middleware()
    }

    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
