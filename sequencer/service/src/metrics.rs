//! What an operator's monitoring reads (Q-METRICS). It is for the operator alone: some of it is nobody else's business.

use crate::{backlog::Backlog, core::State, stages::Stages};
use prometheus::{
    core::Collector, Gauge, GaugeVec, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry,
};
use std::time::Duration;

/// Upper ends of the classes that times are sorted into, seconds.
const FAST: [f64; 10] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 30.0];
const SLOW: [f64; 10] = [0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 90.0, 120.0];

/// All metrics of one sequencer.
#[derive(Clone)]
pub(crate) struct Metrics {
    instructions: IntCounterVec,
    fills: IntCounter,
    voided: IntCounter,
    batches: IntCounter,
    statements: IntCounter,
    admission: Histogram,
    proving: Histogram,
    landing: Histogram,
    landing_p99: Gauge,
    accounts: IntGauge,
    orders: IntGaugeVec,
    best: GaugeVec,
    backlog: IntGaugeVec,
    ages: GaugeVec,
    queue_items: IntGauge,
    queue_deadline: Gauge,
    insurance: Gauge,
    fee_pool: Gauge,
    gate: IntGauge,
}

/// What became of an instruction.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    Taken,
    Refused,
    Busy,
    Gate,
}

impl Fate {
    fn name(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Busy => "busy",
            Self::Gate => "gate",
        }
    }
}

/// Makes metrics of one registry.
struct Maker<'a>(&'a Registry);

impl Maker<'_> {
    fn register<C: Collector + Clone + 'static>(&self, made: prometheus::Result<C>) -> prometheus::Result<C> {
        let metric = made?;
        self.0.register(Box::new(metric.clone()))?;
        Ok(metric)
    }

    fn counter(&self, name: &str, help: &str) -> prometheus::Result<IntCounter> {
        self.register(IntCounter::new(name, help))
    }

    fn gauge(&self, name: &str, help: &str) -> prometheus::Result<Gauge> {
        self.register(Gauge::new(name, help))
    }

    fn int_gauge(&self, name: &str, help: &str) -> prometheus::Result<IntGauge> {
        self.register(IntGauge::new(name, help))
    }

    fn histogram(&self, name: &str, help: &str, buckets: &[f64]) -> prometheus::Result<Histogram> {
        let opts = HistogramOpts::new(name, help).buckets(buckets.to_vec());
        self.register(Histogram::with_opts(opts))
    }
}

impl Metrics {
    /// Registers them.
    ///
    /// # Errors
    /// One of the names is taken.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let to = Maker(registry);
        let opts = |name: &str, help: &str| Opts::new(name, help);
        Ok(Self {
            instructions: to.register(IntCounterVec::new(
                opts("cloister_instructions_total", "Instructions by what became of them"),
                &["fate"],
            ))?,
            fills: to.counter("cloister_fills_total", "Fills made")?,
            voided: to.counter(
                "cloister_voided_total",
                "Fills and withdrawals that could not be proven any more",
            )?,
            batches: to.counter("cloister_batches_final_total", "Batches in final blocks")?,
            statements: to.counter(
                "cloister_solvency_statements_total",
                "Solvency statements that the chain took",
            )?,
            admission: to.histogram(
                "cloister_admission_seconds",
                "From when an instruction arrives until it is answered",
                &FAST,
            )?,
            proving: to.histogram("cloister_proving_seconds", "What the proof of a batch takes", &SLOW)?,
            landing: to.histogram(
                "cloister_landing_seconds",
                "From when a batch is closed until it is in a block",
                &SLOW,
            )?,
            landing_p99: to.gauge(
                "cloister_landing_p99_seconds",
                "What 99 of 100 of the newest batches took no longer than from when they were closed until they were in a \
                 block; 0 while too few are known",
            )?,
            accounts: to.int_gauge("cloister_accounts", "Accounts that are open")?,
            orders: to.register(IntGaugeVec::new(
                opts("cloister_orders_at_rest", "Orders in a book"),
                &["instrument", "side"],
            ))?,
            best: to.register(GaugeVec::new(
                opts(
                    "cloister_best_price",
                    "Best price of a side, 10^-6 of the settlement asset per lot",
                ),
                &["instrument", "side"],
            ))?,
            backlog: to.register(IntGaugeVec::new(
                opts("cloister_backlog_batches", "Batches between closing and finality"),
                &["stage"],
            ))?,
            ages: to.register(GaugeVec::new(
                opts(
                    "cloister_age_seconds",
                    "How far a stage between a fill and finality is behind (Q-GATE)",
                ),
                &["stage"],
            ))?,
            queue_items: to.int_gauge(
                "cloister_queue_waiting",
                "Items of the chain's queue that are ready and in no batch",
            )?,
            queue_deadline: to.gauge(
                "cloister_queue_deadline_seconds",
                "Until the next item of the queue is overdue; below 0 if it is",
            )?,
            insurance: to.gauge("cloister_insurance", "Cash of the insurance in the settled ledger")?,
            fee_pool: to.gauge("cloister_fee_pool", "Fees in the settled ledger that are not paid out")?,
            gate: to.int_gauge("cloister_gate_closed", "1 while nothing is taken but cancels")?,
        })
    }

    /// An instruction was answered.
    pub fn answered(&self, fate: Fate, took: Duration) {
        self.instructions.with_label_values(&[fate.name()]).inc();
        self.admission.observe(took.as_secs_f64());
    }

    /// A batch was proven.
    pub fn proven(&self, took: Duration) {
        self.proving.observe(took.as_secs_f64());
    }

    /// A batch is in a block, so long after it was closed.
    pub fn landed(&self, ms: u64) {
        self.landing.observe(seconds(ms));
    }

    /// Looks at everything that has a size or an age.
    pub fn look(&self, core: &State, backlog: &Backlog, stages: &Stages, open: bool, now: u64) {
        raise(&self.fills, core.fills);
        raise(&self.voided, core.voided);
        raise(&self.batches, core.finalized_batches);
        self.gate.set(i64::from(!open));
        self.accounts.set(count(core.engine.accounts().count()));
        let stages_of_batches = [
            ("open", usize::from(core.batcher.open_units() > 0)),
            ("closed", backlog.waiting.len()),
            ("proving", usize::from(backlog.proving.is_some())),
            ("proven", backlog.proven.len()),
        ];
        for (stage, batches) in stages_of_batches {
            self.backlog.with_label_values(&[stage]).set(count(batches));
        }
        self.landing_p99.set(backlog.landing_p99().map_or(0.0, seconds));
        let round = stages.round.map(|round| round.counted);
        let ages = [
            ("table", Some(stages.table_time)),
            ("unsettled", stages.oldest_event),
            ("finality", stages.finalized_at),
            ("solvency", round),
        ];
        for (stage, since) in ages {
            let age = since.map_or(0, |since| now.saturating_sub(since));
            self.ages.with_label_values(&[stage]).set(seconds(age));
        }
        for row in core
            .engine
            .table()
            .rows
            .iter()
            .filter(|row| row.instrument_id.get() != 0)
        {
            let id = row.instrument_id.to_string();
            let depth = core.engine.depth(row.instrument_id, usize::MAX);
            let sides = [("buy", &depth.bids), ("sell", &depth.asks)];
            for (side, levels) in sides {
                let best = levels.first().map_or(0, |level| level.price.get());
                self.best.with_label_values(&[&id, side]).set(best as f64);
                let resting = levels.iter().map(|level| level.orders).sum();
                self.orders.with_label_values(&[&id, side]).set(count(resting));
            }
        }
        self.queue_items.set(count(core.batcher.waiting()));
        let deadline = core.batcher.next_deadline();
        let left = deadline.map_or(0.0, |deadline| seconds(deadline) - seconds(now));
        self.queue_deadline.set(left);
        let house = core.batcher.settled().house();
        self.insurance.set(house.insurance.get() as f64 / 1e6);
        self.fee_pool.set(house.fee_pool.get() as f64 / 1e6);
    }

    /// How many solvency statements the chain has taken since the start.
    pub fn statements(&self, taken: u64) {
        raise(&self.statements, taken);
    }
}

/// Brings a counter up to what was counted elsewhere.
fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn seconds(ms: u64) -> f64 {
    ms as f64 / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus::{Encoder, TextEncoder};

    fn text(registry: &Registry) -> String {
        let mut out = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_answered_should_be_counted_by_its_fate() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).unwrap();
        metrics.answered(Fate::Taken, Duration::from_micros(200));
        metrics.answered(Fate::Taken, Duration::from_micros(200));
        metrics.answered(Fate::Gate, Duration::from_secs(1));
        let text = text(&registry);
        assert!(text.contains("cloister_instructions_total{fate=\"taken\"} 2"), "{text}");
        assert!(text.contains("cloister_instructions_total{fate=\"gate\"} 1"), "{text}");
        assert!(
            text.contains("cloister_admission_seconds_bucket{le=\"0.0003\"} 2"),
            "{text}"
        );
    }

    #[test]
    fn names_should_be_given_once() {
        let registry = Registry::new();
        assert!(Metrics::new(&registry).is_ok());
        assert!(Metrics::new(&registry).is_err());
    }

    #[test]
    fn a_counter_should_never_go_back() {
        let registry = Registry::new();
        let metrics = Metrics::new(&registry).unwrap();
        metrics.statements(5);
        metrics.statements(3);
        assert_eq!(metrics.statements.get(), 5);
    }
}
