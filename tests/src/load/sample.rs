//! Looks at the node while it is traded on, and prints a line of a table each time.

use super::{
    error::LoadError,
    memory::Memory,
    orders::Shared,
    rate::{Look, Phase},
};
use crate::kept::KeptNode;
use cloister_client::sequencer::SequencerClient;
use std::time::{Duration, Instant};

/// Between two looks.
pub const EVERY: Duration = Duration::from_secs(10);

/// What was seen at one look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// Seconds since the beginning.
    pub at: f64,
    /// Whether the rate is held.
    pub held: bool,
    /// Orders a second that were to be sent.
    pub wanted: f64,
    /// Orders a second that were acknowledged since the last look.
    pub orders: f64,
    /// Half of them took no longer, milliseconds.
    pub p50: f64,
    /// 99 of 100 of them took no longer, milliseconds.
    pub p99: f64,
    /// Fills so far.
    pub fills: u64,
    /// Batches in final blocks.
    pub batches: u64,
    /// Closed batches that wait for a proof.
    pub waiting: u64,
    /// Age of the oldest fill that is not final, seconds.
    pub unsettled: f64,
    /// Age of the risk table in force, seconds.
    pub table: f64,
    /// Memory of the node.
    pub memory: Memory,
    /// Bytes of the journal on the disk.
    pub journal: u64,
}

/// The heads of the columns.
pub const HEAD: &str = "    s  phase   want/s  orders/s  ack p50 ms  p99 ms   fills  batches  waiting  unsettled s  \
                        table s  own MiB  RSS MiB  journal KiB";

impl Sample {
    /// A line of the table.
    pub fn line(&self) -> String {
        let phase = if self.held { "hold" } else { "search" };
        format!(
            "{:5.0}  {phase:6}  {:6.2}  {:8.2}  {:10.1}  {:6.1}  {:6}  {:7}  {:7}  {:11.1}  {:7.1}  {:7.0}  {:7.0}  {:11}",
            self.at,
            self.wanted,
            self.orders,
            self.p50,
            self.p99,
            self.fills,
            self.batches,
            self.waiting,
            self.unsettled,
            self.table,
            self.memory.own,
            self.memory.resident,
            self.journal / 1_024,
        )
    }
}

/// What so many of a hundred are no more than; 0 if there are none.
pub fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = sorted.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or_default()
}

/// Looks again and again until the time is over, and has the rate follow what it sees.
///
/// # Errors
/// The node cannot be looked at.
pub async fn watch(
    node: &KeptNode,
    sequencer: &SequencerClient,
    shared: &Shared,
    (begin, search, end): (Instant, Instant, Instant),
) -> Result<Vec<Sample>, LoadError> {
    println!("{HEAD}");
    let (mut samples, mut last): (Vec<Sample>, Instant) = (Vec::new(), begin);
    while Instant::now() < end {
        tokio::time::sleep(EVERY.min(end.duration_since(Instant::now().min(end)))).await;
        let seconds = last.elapsed().as_secs_f64();
        last = Instant::now();
        let sample = look(node, sequencer, shared, begin, seconds).await?;
        println!("{}", sample.line());
        samples.push(sample);
        if last >= search {
            shared.rate().hold();
        }
    }
    Ok(samples)
}

async fn look(
    node: &KeptNode,
    sequencer: &SequencerClient,
    shared: &Shared,
    begin: Instant,
    seconds: f64,
) -> Result<Sample, LoadError> {
    let metrics = node.metrics().await?;
    let status = sequencer.batch_status().await?;
    let age = |stage| {
        metrics
            .get("cloister_age_seconds", Some(("stage", stage)))
            .unwrap_or_default()
    };
    let mut sent = shared.sent();
    let acknowledged = std::mem::take(&mut sent.acknowledged_ms);
    let held_back = std::mem::take(&mut sent.held_back);
    let fills = sent.fills;
    drop(sent);
    let mut rate = shared.rate();
    let (wanted, held) = (rate.per_second(), rate.phase() == Phase::Hold);
    let waiting = u64::from(status.waiting);
    rate.look(Look { waiting, held_back });
    drop(rate);
    Ok(Sample {
        at: begin.elapsed().as_secs_f64(),
        held,
        wanted,
        orders: acknowledged.len() as f64 / seconds.max(f64::EPSILON),
        p50: percentile(&acknowledged, 50),
        p99: percentile(&acknowledged, 99),
        fills,
        batches: status.finalized_batches,
        waiting,
        unsettled: age("unsettled"),
        table: age("table"),
        memory: Memory::of(node.id()?).unwrap_or_default(),
        journal: node.journal_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_should_be_a_value_that_was_measured() {
        let values: Vec<f64> = (1..=200).rev().map(f64::from).collect();
        assert_eq!(percentile(&values, 50), 100.0);
        assert_eq!(percentile(&values, 99), 198.0);
        assert_eq!(percentile(&[7.0], 99), 7.0);
        assert_eq!(percentile(&[], 50), 0.0);
    }

    #[test]
    fn a_line_should_stand_under_its_head() {
        let sample = Sample {
            at: 120.0,
            wanted: 12.25,
            orders: 11.9,
            ..Sample::default()
        };
        assert_eq!(sample.line().len(), HEAD.len(), "\n{HEAD}\n{}", sample.line());
    }
}
