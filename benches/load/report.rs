//! The tables and the JSON of a run.

use serde::Serialize;

use crate::measure::Figures;
use crate::scenarios::Scenario;

#[derive(Serialize)]
pub struct Row {
    pub scenario: &'static str,
    pub service: Figures,
    /// Transactions a second of the same statements without the service.
    pub limit_per_second: Option<f64>,
    pub ratio: Option<f64>,
    pub aim: f64,
    pub rss_mib: f64,
}

#[derive(Serialize)]
pub struct Table {
    pub engine: &'static str,
    pub cases: u64,
    pub events: i64,
    pub connections: usize,
    pub start_ms: f64,
    pub peak_rss_mib: f64,
    pub settings: Vec<(String, String)>,
    pub rows: Vec<Row>,
}

impl Row {
    pub fn new(scenario: Scenario, service: Figures, limit: Option<f64>, rss_mib: f64) -> Self {
        Self {
            scenario: scenario.name(),
            ratio: limit.filter(|l| *l > 0.0).map(|l| service.per_second / l),
            service,
            limit_per_second: limit,
            aim: scenario.aim(),
            rss_mib,
        }
    }
}

impl Table {
    pub fn print(&self) {
        println!();
        println!(
            "{}, {} cases, {} events, {} connections: start {:.0} ms, peak RSS {:.0} MiB",
            self.engine,
            self.cases,
            self.events,
            self.connections,
            self.start_ms,
            self.peak_rss_mib
        );
        for (name, value) in &self.settings {
            println!("  {name} = {value}");
        }
        println!(
            "{:<12}{:>10}{:>10}{:>10}{:>10}{:>10}{:>8}{:>6}{:>9}{:>8}",
            "scenario",
            "req/s",
            "p50 ms",
            "p99 ms",
            "max ms",
            "limit/s",
            "ratio",
            "aim",
            "RSS MiB",
            "errors"
        );
        for row in &self.rows {
            let number = |v: Option<f64>, digits: usize| {
                v.map_or_else(|| "-".to_owned(), |v| format!("{v:.digits$}"))
            };
            println!(
                "{:<12}{:>10.0}{:>10.2}{:>10.2}{:>10.1}{:>10}{:>8}{:>6}{:>9.0}{:>8}",
                row.scenario,
                row.service.per_second,
                row.service.p50_ms,
                row.service.p99_ms,
                row.service.max_ms,
                number(row.limit_per_second, 0),
                number(row.ratio, 2),
                row.aim,
                row.rss_mib,
                row.service.errors,
            );
            if let Some(why) = &row.service.first_error {
                println!("    first error: {why}");
            }
        }
    }

    pub fn errors(&self) -> u64 {
        self.rows.iter().map(|r| r.service.errors).sum()
    }
}
