//! What an operator sets.

use cloister_engine::FeeRates;
use cloister_ledger::{Shape, SolvencyShape};
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
    /// Account id that the rewards of the proofs go to; the submitter's own if it is `None`.
    pub payee: Option<[u8; 32]>,
    /// An open batch is closed at this age, if the prover is idle; before that it closes only when it is full.
    pub batch_age: Duration,
    /// How often the chain is looked at and batches are aged.
    pub poll: Duration,
    /// An instruction counts as expired this long before its expiry.
    pub settlement_slack: Duration,
    /// How far a batch's time may lie behind when its proof starts; an older one gets a later time, this far behind.
    /// Together with the slack above it bounds how long a batch can wait without an order in it expiring. It must be
    /// below the chain's `MaxTimeBehind` by the time it takes to prove a batch and to include it.
    pub stale_after: Duration,
    /// While the prover is busy the table in force stays this long, so that batches fill up instead of being closed by
    /// every new table; it leaves earlier if the chain will not take it for as long as `table_margin`.
    pub table_patience: Duration,
    /// A batch whose table is older than this when its proof starts is made again at the newest, with all that follow.
    /// It must be below the chain's `MaxRiskAge` by the time it takes to prove a batch and to include it.
    pub max_table_age: Duration,
    /// A batch whose table was replaced is made again likewise if the chain takes the table for less than this when its
    /// proof starts: the time it takes to prove a batch and to include it.
    pub table_margin: Duration,
    /// Orders wait while proving the closed batches takes longer than this.
    pub max_backlog: Duration,
    /// How long an order waits before it is refused as busy.
    pub busy_patience: Duration,
    /// Number of batches after which the collected fees are paid out; never if it is `None`.
    pub sweep_every: Option<u64>,
    /// Shape of the solvency statements; no rounds are made if it is `None`.
    pub solvency: Option<SolvencyShape>,
    /// How long a solvency statement waits at most for a moment in which no batch waits for a proof or is proven.
    pub round_patience: Duration,
    /// Pause after a solvency round that is complete.
    pub round_pause: Duration,
    /// Number of fills that are kept for readers.
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
            payee: None,
            batch_age: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            settlement_slack: Duration::from_secs(60),
            stale_after: Duration::from_secs(30),
            table_patience: Duration::from_secs(20),
            max_table_age: Duration::from_secs(80),
            table_margin: Duration::from_secs(40),
            max_backlog: Duration::from_secs(60),
            busy_patience: Duration::from_secs(30),
            sweep_every: None,
            solvency: None,
            round_patience: Duration::from_secs(60),
            round_pause: Duration::from_secs(30),
            history: 100_000,
            backoff: Duration::from_millis(500),
        }
    }
}
