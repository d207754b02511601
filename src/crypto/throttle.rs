//! Brakes on guessing, as pure functions: state goes in, a verdict and the next state come out.
//!
//! Order at a login, in one write transaction *before* the password is hashed:
//! 1. a valid device token for the account named → only its [`DEVICE_RATE`] bucket counts;
//! 2. otherwise the client address ([`ADDRESS_RATE`], [`ip_prefix`]), then [`AccountState::reserve`].
//!
//! Every admitted attempt is counted as failed beforehand and given back on success, so parallel
//! guesses cannot slip through between check and count. Key the account state by a hash of the name
//! as typed, not by a user id: unknown names must brake like known ones.

use std::net::{IpAddr, Ipv6Addr};

use jiff::SignedDuration;

use super::span::{later, since};
use crate::domain::time::Instant;

/// A steady rate with a burst, for the generic cell rate algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Time in which one attempt is earned back.
    pub interval: SignedDuration,
    /// Attempts allowed at once after a rest; at least 1.
    pub burst: u32,
}

/// Per client address: 1 per 6 s, burst 10.
pub const ADDRESS_RATE: Rate = Rate {
    interval: SignedDuration::from_secs(6),
    burst: 10,
};

/// Per known device: 10 failures an hour, apart from everybody else's.
pub const DEVICE_RATE: Rate = Rate {
    interval: SignedDuration::from_secs(360),
    burst: 10,
};

/// The state of one bucket: its theoretical arrival time. `None` is a bucket never used.
pub type Bucket = Option<Instant>;

/// What the brake says to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// Go on; the attempt has been counted.
    Open,
    /// Too early; nothing was counted. Try again after this long.
    Wait(SignedDuration),
    /// Refused with the text of a wrong password; nothing was counted.
    Refused,
}

/// Clocks of two nodes may differ by this much; a state further ahead comes from a clock set back.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

impl Rate {
    /// Takes one attempt from the bucket. Returns the verdict and the bucket to store.
    pub fn take(&self, bucket: Bucket, now: Instant) -> (Gate, Bucket) {
        let arrival = self.arrival(bucket, now);
        let next = later(arrival, self.interval);
        let over = since(next, now).saturating_sub(self.capacity());
        if over.is_positive() {
            return (Gate::Wait(over), Some(arrival));
        }
        (Gate::Open, Some(next))
    }

    /// Gives one attempt back, after it succeeded.
    pub fn give_back(&self, bucket: Bucket, now: Instant) -> Bucket {
        let arrival = self.arrival(bucket, now);
        let earned = SignedDuration::ZERO.saturating_sub(self.interval);
        Some(later(arrival, earned).max(now))
    }

    fn arrival(&self, bucket: Bucket, now: Instant) -> Instant {
        let full = later(now, self.capacity());
        match bucket {
            Some(at) if at > later(full, SKEW) => full,
            Some(at) => at.max(now),
            None => now,
        }
    }

    fn capacity(&self) -> SignedDuration {
        let burst = i32::try_from(self.burst.max(1)).unwrap_or(i32::MAX);
        self.interval.saturating_mul(burst)
    }
}

/// Failures of one account name from unknown devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountState {
    /// Failures since the last success; decides how long to wait.
    pub streak: u32,
    /// Failures since the last 24 h of quiet; decides when unknown devices are refused.
    pub day: u32,
    /// The last counted attempt.
    pub last: Option<Instant>,
}

/// Failures after which unknown devices are refused until 24 h have been quiet.
pub const DAY_LIMIT: u32 = 100;

const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// The least wait after so many failures in a row.
pub fn backoff(failures: u32) -> SignedDuration {
    SignedDuration::from_secs(match failures {
        0 => 0,
        1..=2 => 1,
        3..=8 => 3,
        9..=24 => 5,
        25.. => 10,
    })
}

impl AccountState {
    /// Asks for one attempt from an unknown device. When [`Gate::Open`], the attempt is already
    /// counted as failed in the state returned. At most [`DAY_LIMIT`] failures pass in any 24 h,
    /// because the count starts again only after 24 h without an attempt.
    pub fn reserve(self, now: Instant) -> (Gate, Self) {
        let mut state = self;
        if let Some(last) = state.last {
            if since(now, last) >= QUIET {
                state = Self::default();
            } else if since(last, now) > SKEW {
                state.last = Some(now);
            }
        }
        if state.day >= DAY_LIMIT {
            return (Gate::Refused, state);
        }
        if let Some(last) = state.last {
            let rested = since(now, last).max(SignedDuration::ZERO);
            let wait = backoff(state.streak).saturating_sub(rested);
            if wait.is_positive() {
                return (Gate::Wait(wait), state);
            }
        }
        let counted = Self {
            streak: state.streak.saturating_add(1),
            day: state.day.saturating_add(1),
            last: Some(state.last.unwrap_or(now).max(now)),
        };
        (Gate::Open, counted)
    }

    /// Gives the reserved attempt back after a full success. Earlier failures of the day stay
    /// counted: a login of the owner does not hand a guesser another hundred.
    pub fn succeeded(self) -> Self {
        Self {
            streak: 0,
            day: self.day.saturating_sub(1),
            last: self.last,
        }
    }
}

/// The network one client counts as: IPv4 /32, IPv6 /64. IPv4 written as IPv6 counts as IPv4.
pub fn ip_prefix(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => format!("{v4}/32"),
        IpAddr::V6(v6) => {
            let network = u128::from(v6) & (u128::MAX << 64);
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Instant {
        Instant(0).plus_seconds(1_800_000_000 + second)
    }

    fn wait(second: i64) -> Gate {
        Gate::Wait(SignedDuration::from_secs(second))
    }

    #[test]
    fn backoff_steps() {
        let table = [
            (0, 0),
            (1, 1),
            (2, 1),
            (3, 3),
            (8, 3),
            (9, 5),
            (24, 5),
            (25, 10),
            (99, 10),
            (u32::MAX, 10),
        ];
        for (failures, seconds) in table {
            assert_eq!(backoff(failures), SignedDuration::from_secs(seconds));
        }
    }

    #[test]
    fn account_gate_table() {
        #[rustfmt::skip]
        let table = [
            // streak, day, last, now, gate
            (0,  0,   None,    0,          Gate::Open),
            (1,  1,   Some(0), 0,          wait(1)),
            (1,  1,   Some(0), 1,          Gate::Open),
            (3,  3,   Some(0), 1,          wait(2)),
            (3,  3,   Some(0), 3,          Gate::Open),
            (9,  9,   Some(0), 4,          wait(1)),
            (9,  9,   Some(0), 5,          Gate::Open),
            (25, 25,  Some(0), 9,          wait(1)),
            (25, 25,  Some(0), 10,         Gate::Open),
            (0,  25,  Some(0), 0,          Gate::Open),
            (99, 99,  Some(0), 10,         Gate::Open),
            (0,  100, Some(0), 10,         Gate::Refused),
            (100, 100, Some(0), 86_399,    Gate::Refused),
            (100, 100, Some(0), 86_400,    Gate::Open),
            // another node's clock is ahead, then one that was an hour ahead and set back
            (1,  1,   Some(2), 0,          wait(1)),
            (25, 25,  Some(3_600), 0,      wait(10)),
        ];
        for (i, (streak, day, last, now, expected)) in table.into_iter().enumerate() {
            let state = AccountState {
                streak,
                day,
                last: last.map(at),
            };
            assert_eq!(state.reserve(at(now)).0, expected, "line {i}");
        }
    }

    #[test]
    fn a_clock_set_back_delays_by_one_step_only() {
        let ahead = AccountState {
            streak: 25,
            day: 25,
            last: Some(at(1_000_000)),
        };
        let (gate, state) = ahead.reserve(at(0));
        assert_eq!((gate, state.last), (wait(10), Some(at(0))));
        assert_eq!(state.reserve(at(10)).0, Gate::Open);
        let (gate, bucket) = ADDRESS_RATE.take(Some(at(1_000_000)), at(0));
        assert_eq!(gate, wait(6));
        assert_eq!(ADDRESS_RATE.take(bucket, at(6)).0, Gate::Open);
    }

    #[test]
    fn ten_thousand_guesses_an_hour_get_at_most_a_hundred_checks_in_any_day() {
        let mut state = AccountState::default();
        let mut open = Vec::new();
        // three days, a guess every 360 ms
        for i in 0..3 * 240_000_i64 {
            let now = Instant((1_800_000_000_000 + i * 360) * 1_000);
            let (gate, next) = state.reserve(now);
            state = next;
            if gate == Gate::Open {
                open.push(now);
            }
        }
        assert!(open.len() >= 200, "the brake must open again after a day");
        for window in open.windows(101) {
            let span = since(window[100], window[0]);
            assert!(span >= QUIET, "101 checks within {span}");
        }
    }

    #[test]
    fn a_success_ends_the_wait_but_not_the_day() {
        let failed = AccountState {
            streak: 30,
            day: 60,
            last: Some(at(0)),
        };
        let (gate, reserved) = failed.reserve(at(10));
        assert_eq!((gate, reserved.day), (Gate::Open, 61));
        let after = reserved.succeeded();
        assert_eq!((after.streak, after.day), (0, 60));
        assert_eq!(after.reserve(at(10)).0, Gate::Open);
    }

    #[test]
    fn parallel_attempts_are_counted_before_they_run() {
        let mut state = AccountState {
            streak: 99,
            day: 99,
            last: Some(at(0)),
        };
        let gates: Vec<Gate> = (0..3)
            .map(|_| {
                let (gate, next) = state.reserve(at(10));
                state = next;
                gate
            })
            .collect();
        assert_eq!(gates, [Gate::Open, Gate::Refused, Gate::Refused]);
    }

    #[test]
    fn address_bucket_gives_ten_at_once_then_one_in_six_seconds() {
        let mut bucket = None;
        for _ in 0..10 {
            let (gate, next) = ADDRESS_RATE.take(bucket, at(0));
            assert_eq!(gate, Gate::Open);
            bucket = next;
        }
        #[rustfmt::skip]
        let table = [
            (0, wait(6)), (0, wait(6)), (5, wait(1)),
            (6, Gate::Open), (6, wait(6)),
            (18, Gate::Open), (18, Gate::Open), (18, wait(6)),
        ];
        for (i, (now, expected)) in table.into_iter().enumerate() {
            let (gate, next) = ADDRESS_RATE.take(bucket, at(now));
            assert_eq!(gate, expected, "step {i}");
            bucket = next;
        }
        let rested = (0..11)
            .filter(|_| {
                let (gate, next) = ADDRESS_RATE.take(bucket, at(10_000));
                bucket = next;
                gate == Gate::Open
            })
            .count();
        assert_eq!(rested, 10, "a rest refills the burst and no more");
    }

    #[test]
    fn a_known_device_signs_in_without_end_but_fails_ten_times_an_hour() {
        let mut bucket = None;
        for second in 0..100 {
            let (gate, next) = DEVICE_RATE.take(bucket, at(second));
            assert_eq!(gate, Gate::Open);
            bucket = DEVICE_RATE.give_back(next, at(second));
        }
        let mut failures = 0;
        for second in 100..460 {
            let (gate, next) = DEVICE_RATE.take(bucket, at(second));
            bucket = next;
            failures += u32::from(gate == Gate::Open);
        }
        assert_eq!(failures, 10);
    }

    #[test]
    fn giving_back_never_makes_credit() {
        let bucket = ADDRESS_RATE.give_back(None, at(0));
        let open = std::iter::successors(Some(ADDRESS_RATE.take(bucket, at(0))), |(_, b)| {
            Some(ADDRESS_RATE.take(*b, at(0)))
        })
        .take_while(|(gate, _)| *gate == Gate::Open)
        .count();
        assert_eq!(open, 10);
    }

    #[test]
    fn extreme_times_do_not_panic() {
        for now in [Instant(i64::MIN), Instant(i64::MAX), Instant(0)] {
            for bucket in [None, Some(Instant(i64::MIN)), Some(Instant(i64::MAX))] {
                let (_, next) = DEVICE_RATE.take(bucket, now);
                DEVICE_RATE.give_back(next, now);
                let state = AccountState {
                    streak: u32::MAX,
                    day: 5,
                    last: bucket,
                };
                state.reserve(now).1.succeeded();
            }
        }
    }

    #[test]
    fn clients_are_counted_by_network() {
        let table = [
            ("203.0.113.7", "203.0.113.7/32"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::1", "::/64"),
            ("fe80::1", "fe80::/64"),
        ];
        for (address, prefix) in table {
            assert_eq!(ip_prefix(address.parse().unwrap()), prefix);
        }
    }
}
