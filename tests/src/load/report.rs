//! What a load run finds.

use super::{
    budget::TableBudget,
    error::LoadError,
    memory::{Flatness, Memory},
    orders::Shared,
    sample::percentile,
};
use crate::{
    kept::{KeptNode, StartTime},
    promises::Kept,
};
use cloister_cli::table::TextTable;
use cloister_client::{chain::Chain, sequencer::SequencerClient};
use cloister_runtime::constants::time::{DEVELOPMENT_SLOT_MILLISECONDS, SLOT_MILLISECONDS};
use std::collections::BTreeMap;

/// A grace under which it is asked whether statements must be announced, seconds.
const SHORT_GRACE: f64 = 30.0;

/// What was measured while orders were sent.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Orders a second in the end.
    pub rate: f64,
    /// For how long the rate was held, seconds.
    pub held_seconds: u64,
    /// Orders a second that were acknowledged meanwhile.
    pub held_orders: f64,
    /// Orders acknowledged in all.
    pub orders: usize,
    /// The clients' times, milliseconds: half of them, and 99 of 100.
    pub client_ms: (f64, f64),
    /// The sequencer's own times, as upper ends of classes, milliseconds.
    pub server_ms: (Option<f64>, Option<f64>),
    /// Fills.
    pub fills: u64,
    /// Fills and withdrawals that could not be proven any more.
    pub voided: u64,
    /// Batches in final blocks since the start before.
    pub batches: u64,
    /// Units of a batch, padding included.
    pub units: u32,
    /// Refusals by their codes.
    pub refused: BTreeMap<i32, u64>,
    /// Greatest age of the oldest fill that was not final, while the rate was held, seconds.
    pub oldest: f64,
    /// What half of the proofs took no longer than, as the upper end of a class, seconds.
    pub proving: Option<f64>,
    /// What 99 of 100 of the newest batches took from when they were closed until they were in a block, seconds; `None`
    /// if they were too few to tell.
    pub landing_p99: Option<f64>,
    /// How long the chain takes a table once it is replaced, seconds.
    pub grace: f64,
    /// Memory right after the start.
    pub fresh: Memory,
    /// Memory in the end.
    pub last: Memory,
    /// Whether memory stayed flat; `None` if the rate was not held for long enough to tell.
    pub flat: Option<Flatness>,
    /// Bytes of the journal.
    pub journal: u64,
}

impl Figures {
    /// Reads what node and clients counted.
    ///
    /// # Errors
    /// The node cannot be asked.
    pub async fn read(
        node: &KeptNode,
        chain: &Chain,
        sequencer: &SequencerClient,
        shared: &Shared,
        grace: u64,
    ) -> Result<Self, LoadError> {
        let metrics = node.metrics().await?;
        let units = sequencer.batch_status().await?.units;
        let group = chain.group_state(1, None).await?;
        let sent = shared.sent();
        let class = |name, percent| metrics.at_most(name, percent);
        let milliseconds = |percent| class("cloister_admission_seconds", percent).map(|seconds| seconds * 1_000.0);
        let count = |name| metrics.get(name, None).unwrap_or_default() as u64;
        let landing = metrics.get("cloister_landing_p99_seconds", None);
        Ok(Self {
            orders: sent.all_ms.len(),
            client_ms: (percentile(&sent.all_ms, 50), percentile(&sent.all_ms, 99)),
            server_ms: (milliseconds(50.0), milliseconds(99.0)),
            fills: sent.fills,
            voided: count("cloister_voided_total"),
            batches: group.batch_no,
            units,
            refused: sent.refused.clone(),
            proving: class("cloister_proving_seconds", 50.0),
            landing_p99: landing.filter(|seconds| *seconds > 0.0),
            grace: grace as f64 / 1_000.0,
            last: Memory::of(node.id()?).unwrap_or_default(),
            journal: node.journal_bytes(),
            ..Self::default()
        })
    }

    /// Prints them.
    pub fn print(&self) {
        let class = |value: Option<f64>, unit: &str| match value {
            Some(value) => format!("at most {value} {unit}"),
            None => format!("beyond the last class of {unit}"),
        };
        let mut facts = TextTable::facts();
        facts
            .fact(
                "rate held",
                format!(
                    "{:.2} orders/s wanted, {:.2} acknowledged, over {} s",
                    self.rate, self.held_orders, self.held_seconds
                ),
            )
            .fact("orders acknowledged", self.orders)
            .fact(
                "acknowledged, client",
                format!("p50 {:.1} ms, p99 {:.1} ms", self.client_ms.0, self.client_ms.1),
            )
            .fact(
                "acknowledged, sequencer",
                format!(
                    "p50 {}, p99 {}",
                    class(self.server_ms.0, "ms"),
                    class(self.server_ms.1, "ms")
                ),
            )
            .fact("fills", format!("{}, void {}", self.fills, self.voided))
            .fact(
                "batches",
                format!(
                    "{} of up to {} units, padding included: no more than {} units",
                    self.batches,
                    self.units,
                    self.batches.saturating_mul(self.units.into())
                ),
            )
            .fact("proof, p50", class(self.proving, "s"))
            .fact(
                "oldest fill not final",
                format!("{:.1} s at most while the rate was held", self.oldest),
            )
            .fact(
                "memory of the node",
                format!(
                    "{:.0} MiB after the start, {:.0} MiB in the end; resident {:.0} and {:.0} MiB",
                    self.fresh.own, self.last.own, self.fresh.resident, self.last.resident
                ),
            )
            .fact("memory flat", self.flatness())
            .fact("journal", format!("{} KiB", self.journal / 1_024));
        for (code, count) in &self.refused {
            facts.fact(&format!("refused with {code}"), count);
        }
        for (name, value) in self.budget() {
            facts.fact(name, value);
        }
        println!();
        for line in facts.lines() {
            println!("{line}");
        }
    }

    fn flatness(&self) -> String {
        match &self.flat {
            None => "the rate was not held for long enough to tell".into(),
            Some(found) => format!(
                "{}: median {:.0} MiB in the second quarter, {:.0} MiB in the last",
                if found.is_flat() { "yes" } else { "NO" },
                found.before,
                found.after
            ),
        }
    }

    /// The table budget on this chain, and under a short grace with the blocks of a chain that is not for development.
    fn budget(&self) -> Vec<(&'static str, String)> {
        let Some(landing_p99) = self.landing_p99 else {
            return vec![("table budget", "fewer than 20 batches settled: too few to tell".into())];
        };
        let [own, slow] = [DEVELOPMENT_SLOT_MILLISECONDS, SLOT_MILLISECONDS].map(|slot| slot as f64 / 1_000.0);
        let here = TableBudget {
            grace: self.grace,
            landing_p99,
            block: own,
            measured_block: own,
        };
        let short = TableBudget {
            grace: SHORT_GRACE,
            block: slow,
            ..here
        };
        let verdict = match short.left() < 0.0 {
            true => "NEGATIVE at a grace of 30 s: statements would have to be announced",
            false => "not negative at a grace of 30 s: no statement needs to be announced",
        };
        vec![
            ("table budget, this chain", here.shown()),
            ("table budget, grace of 30 s", short.shown()),
            ("table budget, verdict", verdict.into()),
        ]
    }
}

/// What was found in the end.
#[derive(Clone, Debug)]
pub struct Report {
    /// Instructions that were acknowledged.
    pub acknowledged: usize,
    /// What was found of them.
    pub kept: Kept,
    /// Batches whose proofs were verified.
    pub batches: usize,
    /// Batches of the chain at the first restart, and what it took.
    pub short: (u64, StartTime),
    /// The same at the last restart.
    pub long: (u64, StartTime),
    /// What the node said of its last checkpoint.
    pub checkpoint: Option<String>,
    /// Whether memory stayed flat; `None` if nobody can tell.
    pub flat: Option<bool>,
}

impl Report {
    /// Whether everything is as it must be. What breaks a promise has ended the run before.
    pub fn is_good(&self) -> bool {
        self.flat != Some(false)
    }

    /// Prints it.
    pub fn print(&self) {
        let mut facts = TextTable::facts();
        let start = |(batches, took): (u64, StartTime)| {
            format!(
                "{:.2} s until it answers, {:.2} s until it takes orders, with {batches} batches",
                took.answers.as_secs_f64(),
                took.ready.as_secs_f64()
            )
        };
        facts
            .fact(
                "receipts",
                format!(
                    "{} acknowledged, all {} known before and after a kill; numbers and links have no gap",
                    self.acknowledged, self.kept.receipts
                ),
            )
            .fact(
                "accounts",
                format!(
                    "follow from {} fills ({} void) of {} lots, and from the chain alone",
                    self.kept.fills, self.kept.void, self.kept.lots
                ),
            )
            .fact("roots", format!("equal; {} proofs verified", self.batches))
            .fact("money and lots", "conserved")
            .fact("restart, short chain", start(self.short))
            .fact("restart, long chain", start(self.long));
        if let Some(line) = &self.checkpoint {
            let said = line.split("The checkpoint").nth(1).unwrap_or_default();
            facts.fact("checkpoint", format!("the one{}", said.trim_end()));
        }
        for line in facts.lines() {
            println!("{line}");
        }
    }
}
