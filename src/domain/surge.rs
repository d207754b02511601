//! A simple sign that something is rising: the last seven days against the eight weeks before.

/// Weeks looked back on.
pub const WEEKS: usize = 8;
/// Fewer than this is never a surge.
pub const MINIMUM: i64 = 4;
/// How many spreads above the mean a surge stands.
pub const SPREADS: f64 = 2.0;

/// A count of the last seven days with what it is measured against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    pub this_week: i64,
    pub mean: f64,
    /// The standard deviation of the weeks before, but no less than chance alone makes: the square
    /// root of the mean, and 1.
    pub spread: f64,
    /// What a week must exceed.
    pub threshold: f64,
    pub rising: bool,
}

impl Surge {
    /// `weeks[0]` is the last seven days, `weeks[1..]` the weeks before, newest first.
    #[allow(clippy::cast_precision_loss)]
    pub fn of(weeks: &[i64; WEEKS + 1]) -> Self {
        let [this_week, before @ ..] = weeks;
        let n = WEEKS as f64;
        let mean = before.iter().sum::<i64>() as f64 / n;
        let squares: f64 = before.iter().map(|w| (*w as f64 - mean).powi(2)).sum();
        let spread = (squares / (n - 1.0)).sqrt().max(mean.sqrt()).max(1.0);
        let threshold = mean + SPREADS * spread;
        Self {
            this_week: *this_week,
            mean,
            spread,
            threshold,
            rising: *this_week >= MINIMUM && *this_week as f64 > threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_rises_and_noise_does_not() {
        let quiet = Surge::of(&[3, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert!(!quiet.rising, "three are too few: {quiet:?}");
        let burst = Surge::of(&[9, 1, 0, 2, 1, 0, 1, 2, 1]);
        assert!(burst.rising, "{burst:?}");
        assert_eq!((burst.mean, burst.spread), (1.0, 1.0));
        let steady = Surge::of(&[27, 20, 24, 22, 18, 25, 21, 19, 23]);
        assert!(!steady.rising, "{steady:?}");
        let wild = Surge::of(&[30, 2, 40, 1, 35, 0, 44, 3, 38]);
        assert!(!wild.rising, "{wild:?}");
    }
}
