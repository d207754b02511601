//! Running a scenario on several connections and counting.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant as Timer};

use serde::Serialize;

use crate::Fault;

/// What one scenario did.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    pub done: u64,
    pub errors: u64,
    /// The first error, in words.
    pub first_error: Option<String>,
}

/// How long to run.
#[derive(Clone, Copy)]
pub struct Span {
    pub warm: Duration,
    pub measured: Duration,
}

/// One connection's work: each call makes one request.
pub trait Step: Send {
    fn step(&mut self) -> Result<(), Fault>;
}

impl<F: FnMut() -> Result<(), Fault> + Send> Step for F {
    fn step(&mut self) -> Result<(), Fault> {
        self()
    }
}

#[derive(Default)]
struct Tally {
    micros: Vec<u32>,
    errors: u64,
    first_error: Option<String>,
}

/// Runs every worker on a thread of its own, first to warm up, then measured.
pub fn run(workers: Vec<Box<dyn Step + '_>>, span: Span) -> Figures {
    let stop = AtomicBool::new(false);
    let measuring = AtomicBool::new(false);
    let mut elapsed = 0.0;
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let handles: Vec<_> = workers
            .into_iter()
            .map(|mut worker| {
                let (stop, measuring) = (&stop, &measuring);
                scope.spawn(move || {
                    let mut out = Tally::default();
                    while !stop.load(Ordering::Relaxed) {
                        let counted = measuring.load(Ordering::Relaxed);
                        let timer = Timer::now();
                        let result = worker.step();
                        let micros = timer.elapsed().as_micros();
                        match result {
                            Ok(()) if counted => {
                                out.micros.push(u32::try_from(micros).unwrap_or(u32::MAX));
                            }
                            Ok(()) => {}
                            Err(e) => {
                                out.errors += 1;
                                out.first_error.get_or_insert(e.to_string());
                                // A broken connection must not spin.
                                std::thread::sleep(Duration::from_millis(20));
                            }
                        }
                    }
                    out
                })
            })
            .collect();
        std::thread::sleep(span.warm);
        measuring.store(true, Ordering::Relaxed);
        let timer = Timer::now();
        std::thread::sleep(span.measured);
        stop.store(true, Ordering::Relaxed);
        elapsed = timer.elapsed().as_secs_f64();
        handles
            .into_iter()
            .map(|h| h.join().unwrap_or_default())
            .collect()
    });
    let mut all: Vec<u32> = tallies
        .iter()
        .flat_map(|t| t.micros.iter().copied())
        .collect();
    all.sort_unstable();
    let at = |share: f64| {
        let i = (all.len() as f64 * share).ceil() as usize;
        all.get(i.saturating_sub(1))
            .map_or(0.0, |us| f64::from(*us) / 1_000.0)
    };
    Figures {
        per_second: all.len() as f64 / elapsed,
        p50_ms: at(0.50),
        p99_ms: at(0.99),
        max_ms: at(1.0),
        done: all.len() as u64,
        errors: tallies.iter().map(|t| t.errors).sum(),
        first_error: tallies.into_iter().find_map(|t| t.first_error),
    }
}
