//! What a delivery attempt can end in, when to try again, and when to leave a relay alone.

use std::{future::Future, time::Duration};

/// The end of one delivery attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The other side took the message.
    Sent,
    /// Try again by [`retry_delay`], but not sooner than `min_delay`.
    Retry {
        /// Short technical cause; holds codes, never text of the other side or personal data.
        reason: String,
        /// Floor under the scheduled delay; zero when the schedule alone decides.
        min_delay: Duration,
    },
    /// No further attempt makes sense.
    Dead {
        /// Short technical cause; holds codes, never text of the other side or personal data.
        reason: String,
    },
}

impl Outcome {
    /// A retry bound by the schedule alone.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry {
            reason: reason.into(),
            min_delay: Duration::ZERO,
        }
    }

    /// The end of the road.
    pub fn dead(reason: impl Into<String>) -> Self {
        Self::Dead {
            reason: reason.into(),
        }
    }
}

/// Attempts before a delivery is dead: the length of the schedule.
pub const MAX_ATTEMPTS: u32 = 10;

const SCHEDULE_SECONDS: [u32; MAX_ATTEMPTS as usize] = [
    0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
];

/// Delay before the next attempt after `attempt` attempts were made: 0, 5 s, 5 min, 30 min, 2 h,
/// 5 h, 10 h, 14 h, 20 h, 24 h, then `None` (dead). `jitter` in `0..=1` scales by 0.8 to 1.2.
pub fn retry_delay(attempt: u32, jitter: f64) -> Option<Duration> {
    let base = *SCHEDULE_SECONDS.get(usize::try_from(attempt).ok()?)?;
    let jitter = if jitter.is_finite() {
        jitter.clamp(0.0, 1.0)
    } else {
        0.5
    };
    Some(Duration::from_secs_f64(
        f64::from(base) * (0.8 + 0.4 * jitter),
    ))
}

/// Circuit breaker for one relay: after [`Breaker::LIMIT`] failures in a row it asks for a pause
/// of [`Breaker::PAUSE`]; after the pause one further failure pauses again, a success closes it.
/// Times are readings of any monotonic clock, given by the caller.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    paused_until: Duration,
}

impl Breaker {
    /// Failures in a row that open the breaker.
    pub const LIMIT: u32 = 5;
    /// How long it stays open.
    pub const PAUSE: Duration = Duration::from_secs(30);

    /// Time still to wait at `now`; zero means go ahead.
    pub fn wait(&self, now: Duration) -> Duration {
        self.paused_until.saturating_sub(now)
    }

    /// Takes note of an outcome at `now`. A refused message (`Dead`) is an answer, so the relay
    /// is alive: only `Retry` counts as failure.
    pub fn record(&mut self, outcome: &Outcome, now: Duration) {
        match outcome {
            Outcome::Sent | Outcome::Dead { .. } => *self = Self::default(),
            Outcome::Retry { .. } => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= Self::LIMIT {
                    self.paused_until = now.saturating_add(Self::PAUSE);
                }
            }
        }
    }
}

/// Why an isolated piece of work gave no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// It panicked.
    Panicked,
    /// It did not end within the limit and was stopped.
    TimedOut,
}

/// Runs `work` in a task of its own with a time limit, so that a panic or a hang in it stays
/// there. Dropping the returned future stops the task too.
pub async fn isolate<T, F>(limit: Duration, work: F) -> Result<T, Broken>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    struct StopOnDrop(tokio::task::AbortHandle);
    impl Drop for StopOnDrop {
        fn drop(&mut self) {
            self.0.abort();
        }
    }
    let task = tokio::spawn(work);
    let _stop = StopOnDrop(task.abort_handle());
    match tokio::time::timeout(limit, task).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(Broken::Panicked),
        Err(_) => Err(Broken::TimedOut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedule_is_the_published_one() {
        let seconds: Vec<u64> = (0..MAX_ATTEMPTS)
            .filter_map(|n| retry_delay(n, 0.5))
            .map(|d| d.as_secs())
            .collect();
        assert_eq!(
            seconds,
            [0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
        );
        assert_eq!(retry_delay(MAX_ATTEMPTS, 0.5), None);
        assert_eq!(retry_delay(u32::MAX, 0.5), None);
        assert_eq!(retry_delay(2, 0.0), Some(Duration::from_secs(240)));
        assert_eq!(retry_delay(2, 1.0), Some(Duration::from_secs(360)));
        assert_eq!(retry_delay(2, f64::NAN), retry_delay(2, 0.5));
        assert_eq!(retry_delay(2, -9.0), retry_delay(2, 0.0));
    }

    #[test]
    fn breaker_opens_at_five_and_closes_on_an_answer() {
        let at = Duration::from_secs;
        let mut breaker = Breaker::default();
        for _ in 0..4 {
            breaker.record(&Outcome::retry("x"), at(100));
        }
        assert_eq!(breaker.wait(at(100)), Duration::ZERO);
        breaker.record(&Outcome::retry("x"), at(100));
        assert_eq!(breaker.wait(at(110)), at(20));
        assert_eq!(breaker.wait(at(130)), Duration::ZERO);
        breaker.record(&Outcome::retry("x"), at(131));
        assert_eq!(breaker.wait(at(131)), Breaker::PAUSE);
        breaker.record(&Outcome::Sent, at(162));
        assert_eq!(breaker, Breaker::default());
        breaker.record(&Outcome::dead("x"), at(163));
        assert_eq!(breaker.wait(at(163)), Duration::ZERO);
    }

    #[tokio::test]
    async fn panic_and_hang_stay_inside() {
        let limit = Duration::from_secs(90);
        assert_eq!(isolate(limit, async { 7 }).await, Ok(7));
        assert_eq!(
            isolate::<(), _>(limit, async { panic!("poison") }).await,
            Err(Broken::Panicked)
        );
        let hang = isolate(Duration::from_millis(20), std::future::pending::<()>());
        assert_eq!(hang.await, Err(Broken::TimedOut));
    }
}
