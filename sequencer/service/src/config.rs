//! What an operator sets.

use cloister_engine::FeeRates;
use cloister_ledger::Shape;
use std::time::Duration;

/// Configuration of a sequencer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencerConfig {
    /// Margin group.
    pub group: u32,
    /// Shape of the batches.
    pub shape: Shape,
    /// Fees.
    pub fees: FeeRates,
    /// An open batch is closed at this age.
    pub batch_age: Duration,
    /// How often the chain is looked at and batches are aged.
    pub poll: Duration,
    /// An instruction counts as expired this long before its expiry.
    pub settlement_slack: Duration,
    /// A batch whose time is older than this when its proof starts gets a later time first.
    pub stale_after: Duration,
    /// Every how many batches the fees are paid out; `None`: never.
    pub sweep_every: Option<u64>,
    /// Trades, and fills, that are kept for readers.
    pub history: usize,
    /// First pause after a failed attempt; it doubles up to a minute.
    pub backoff: Duration,
}

impl SequencerConfig {
    /// Defaults for a group: the development shape, 0.01 % and 0.05 % fees, batches every 5 s.
    pub fn new(group: u32) -> Self {
        Self {
            group,
            shape: Shape::DEV,
            fees: FeeRates { maker: 100, taker: 500 },
            batch_age: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            settlement_slack: Duration::from_secs(30),
            stale_after: Duration::from_secs(20),
            sweep_every: None,
            history: 100_000,
            backoff: Duration::from_millis(500),
        }
    }
}
