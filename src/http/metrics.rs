//! Prometheus metrics, served on a bind of their own.

use prometheus::{
    Encoder, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};

/// The process's meters. Labels are operation ids and codes, never anything personal.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Registry,
    pub requests: IntCounterVec,
    pub seconds: HistogramVec,
    pub problems: IntCounterVec,
    pub outbox_due: IntGauge,
    pub outbox_dead: IntGauge,
    pub deliveries: IntCounterVec,
    pub audit_size: IntGauge,
    pub audit_pending: IntGauge,
    pub audit_failures: IntCounterVec,
}

const BUCKETS: &[f64] = &[0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

impl Metrics {
    /// # Errors
    /// When a meter's name is taken: a mistake of the program.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let c = IntCounterVec::new(Opts::new(name, help), labels)?;
            registry.register(Box::new(c.clone()))?;
            Ok::<_, prometheus::Error>(c)
        };
        let gauge = |name: &str, help: &str| {
            let g = IntGauge::new(name, help)?;
            registry.register(Box::new(g.clone()))?;
            Ok::<_, prometheus::Error>(g)
        };
        let requests = counter(
            "jieyou_requests_total",
            "Requests by operation and status",
            &["operation", "status"],
        )?;
        let problems = counter("jieyou_problems_total", "Problems by code", &["code"])?;
        let deliveries = counter(
            "jieyou_deliveries_total",
            "Delivery attempts by channel and outcome",
            &["channel", "outcome"],
        )?;
        let outbox_due = gauge("jieyou_outbox_due", "Messages waiting")?;
        let outbox_dead = gauge("jieyou_outbox_dead", "Messages given up")?;
        let audit_size = gauge("jieyou_audit_size", "Events under the last checkpoint")?;
        let audit_pending = gauge("jieyou_audit_pending", "Events no checkpoint covers yet")?;
        let audit_failures = counter(
            "jieyou_audit_checkpoint_failures_total",
            "Checkpoint rounds that failed, by reason",
            &["reason"],
        )?;
        let opts = HistogramOpts::new("jieyou_request_seconds", "Request time");
        let seconds = HistogramVec::new(opts.buckets(BUCKETS.to_vec()), &["operation"])?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self {
            registry,
            requests,
            seconds,
            problems,
            outbox_due,
            outbox_dead,
            deliveries,
            audit_size,
            audit_pending,
            audit_failures,
        })
    }

    /// The text exposition.
    pub fn text(&self) -> String {
        let mut out = Vec::new();
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut out);
        String::from_utf8(out).unwrap_or_default()
    }
}
