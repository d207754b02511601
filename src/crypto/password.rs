//! Passwords: argon2id with a bounded number of hashes at once, and the check of new ones.
//!
//! A password is used exactly as received: no trimming, no Unicode folding, no truncation.

use std::fmt;
use std::sync::Arc;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::secret::{constant_time_eq, random_bytes};
pub use super::strength::{Weakness, check_strength};

const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;
/// Callers that may wait for a hash before others are turned away.
pub const QUEUE: usize = 32;

/// Stored hashes asking for more than this are not computed: a planted row must not stall a node.
const MAX_MEMORY_KIB: u32 = 262_144;
const MAX_PASSES: u32 = 16;
const MAX_LANES: u32 = 8;

/// Cost of one hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Default for Cost {
    /// 46 MiB, two passes, one lane.
    fn default() -> Self {
        Self {
            memory_kib: 47_104,
            passes: 2,
            lanes: 1,
        }
    }
}

impl Cost {
    fn params(self) -> Result<Params, PasswordError> {
        Params::new(self.memory_kib, self.passes, self.lanes, Some(OUTPUT_BYTES))
            .map_err(|_| PasswordError::Engine)
    }
}

/// Too many hashes wait already: 429 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many password checks at once")
    }
}

impl std::error::Error for Busy {}

/// Why no hash was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// As [`Busy`].
    Busy,
    /// Impossible cost, no memory or no random bytes.
    Engine,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => Busy.fmt(f),
            Self::Engine => f.write_str("password hashing failed"),
        }
    }
}

impl std::error::Error for PasswordError {}

impl From<Busy> for PasswordError {
    fn from(_: Busy) -> Self {
        Self::Busy
    }
}

/// The outcome of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is right.
    Match,
    /// It is wrong, or there is no such user.
    NoMatch,
}

/// Hashes and checks passwords, a bounded number at a time. Clones share the bound.
#[derive(Clone)]
pub struct Hasher {
    cost: Cost,
    /// Stands in for the stored hash of an unknown user, at the present cost.
    dummy: Arc<Stored>,
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher")
            .field("cost", &self.cost)
            .finish_non_exhaustive()
    }
}

impl Hasher {
    /// The hasher of a node with this many cores: max(1, cores / 2) at once, [`QUEUE`] waiting.
    ///
    /// # Errors
    /// [`PasswordError::Engine`] for an impossible cost or without random bytes.
    pub fn for_cores(cost: Cost, cores: usize) -> Result<Self, PasswordError> {
        Self::new(cost, (cores / 2).max(1), QUEUE)
    }

    /// A hasher running `parallel` hashes while at most `queue` callers wait.
    ///
    /// # Errors
    /// As [`Hasher::for_cores`].
    pub fn new(cost: Cost, parallel: usize, queue: usize) -> Result<Self, PasswordError> {
        let parallel = parallel.clamp(1, 256);
        let places = parallel.saturating_add(queue.min(65_536));
        let dummy = Stored {
            params: cost.params()?,
            salt: random_bytes::<SALT_BYTES>()
                .map_err(|_| PasswordError::Engine)?
                .to_vec(),
            output: random_bytes::<OUTPUT_BYTES>().map_err(|_| PasswordError::Engine)?,
        };
        Ok(Self {
            cost,
            dummy: Arc::new(dummy),
            running: Arc::new(Semaphore::new(parallel)),
            places: Arc::new(Semaphore::new(places)),
        })
    }

    /// Whether every place is taken, so that asking would only meet [`Busy`].
    pub fn is_full(&self) -> bool {
        self.places.available_permits() == 0
    }

    /// Hashes a new password into a PHC string with a fresh salt.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let salt = random_bytes().map_err(|_| PasswordError::Engine)?;
        self.hash_salted(password, salt).await
    }

    pub(super) async fn hash_salted(
        &self,
        password: &str,
        salt: [u8; SALT_BYTES],
    ) -> Result<String, PasswordError> {
        let params = self.cost.params()?;
        let password = zeroize::Zeroizing::new(password.to_owned());
        self.run(move || {
            let output = digest(params.clone(), &salt, password.as_bytes())?;
            phc_string(&params, &salt, &output)
        })
        .await?
        .ok_or(PasswordError::Engine)
    }

    /// Checks a password against the stored PHC string; `None` for an unknown user. Exactly one
    /// argon2 runs in every case, so that the time does not tell who exists. A stored string that
    /// cannot be read counts as an unknown user.
    ///
    /// # Errors
    /// [`Busy`], also when memory for the hash is short.
    pub async fn verify(&self, password: &str, phc: Option<&str>) -> Result<Verdict, Busy> {
        let stored = phc.and_then(Stored::parse);
        let known = stored.is_some();
        let password = zeroize::Zeroizing::new(password.to_owned());
        let dummy = Arc::clone(&self.dummy);
        let equal = self
            .run(move || {
                let stored = stored.as_ref().unwrap_or(&dummy);
                stored.matches(password.as_bytes())
            })
            .await?
            .ok_or(Busy)?;
        Ok(if equal & known {
            Verdict::Match
        } else {
            Verdict::NoMatch
        })
    }

    /// Whether a stored hash is weaker than the present cost (or unreadable): hash anew at login.
    pub fn needs_rehash(&self, phc: &str) -> bool {
        let Some(stored) = Stored::parse(phc) else {
            return true;
        };
        stored.params.m_cost() < self.cost.memory_kib
            || stored.params.t_cost() < self.cost.passes
            || stored.params.p_cost() < self.cost.lanes
            || stored.salt.len() < SALT_BYTES
    }

    /// [`check_strength`] within the same bounds as the hashes.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn check_strength(
        &self,
        password: &str,
        context_words: &[&str],
    ) -> Result<Result<(), Vec<Weakness>>, Busy> {
        let password = zeroize::Zeroizing::new(password.to_owned());
        let words: Vec<String> = context_words.iter().map(|w| (*w).to_owned()).collect();
        self.run(move || {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            check_strength(&password, &words)
        })
        .await
    }

    /// The cost of new hashes.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// Runs heavy work off the async threads. The permits live with the work, not with the caller:
    /// a client that hangs up must not let more hashes run than allowed.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Arc::clone(&self.places)
            .try_acquire_owned()
            .map_err(|_| Busy)?;
        let turn = Arc::clone(&self.running)
            .acquire_owned()
            .await
            .map_err(|_| Busy)?;
        let permits: (OwnedSemaphorePermit, OwnedSemaphorePermit) = (place, turn);
        tokio::task::spawn_blocking(move || {
            let result = work();
            drop(permits);
            result
        })
        .await
        .map_err(|_| Busy)
    }
}

/// A stored argon2id hash, read and bounded.
pub(super) struct Stored {
    params: Params,
    salt: Vec<u8>,
    output: [u8; OUTPUT_BYTES],
}

impl Stored {
    pub(super) fn parse(phc: &str) -> Option<Self> {
        let hash = PasswordHash::new(phc).ok()?;
        if hash.algorithm != ARGON2ID_IDENT || hash.version != Some(Version::V0x13.into()) {
            return None;
        }
        let params = Params::try_from(&hash).ok()?;
        let bounded = params.m_cost() <= MAX_MEMORY_KIB
            && params.t_cost() <= MAX_PASSES
            && params.p_cost() <= MAX_LANES;
        bounded.then_some(Self {
            salt: hash.salt?.to_vec(),
            output: hash.hash?.as_bytes().try_into().ok()?,
            params,
        })
    }

    /// `None` when the hash could not be computed.
    fn matches(&self, password: &[u8]) -> Option<bool> {
        let output = digest(self.params.clone(), &self.salt, password)?;
        Some(constant_time_eq(&output, &self.output))
    }

    /// Whether one digest answers for both.
    pub(super) fn same_recipe(&self, other: &Self) -> bool {
        self.params == other.params && self.salt == other.salt
    }

    /// The digest of `text` under this hash's recipe.
    pub(super) fn digest(&self, text: &[u8]) -> Option<[u8; OUTPUT_BYTES]> {
        digest(self.params.clone(), &self.salt, text)
    }

    pub(super) fn output(&self) -> &[u8; OUTPUT_BYTES] {
        &self.output
    }
}

fn digest(params: Params, salt: &[u8], password: &[u8]) -> Option<[u8; OUTPUT_BYTES]> {
    let mut output = [0u8; OUTPUT_BYTES];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(password, salt, &mut output)
        .ok()?;
    Some(output)
}

fn phc_string(params: &Params, salt: &[u8], output: &[u8]) -> Option<String> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(output).ok()?),
    };
    Some(hash.to_string())
}

#[cfg(test)]
mod tests;
