//! What an operator sets.

use crate::{budget::BudgetTerms, gate::GateTerms, limits::Limits};
use cloister_engine::{FeeRates, Rules};
use cloister_ledger::{Shape, SolvencyShape};
use cloister_liquidator::{Policy, ONE_TIMES};
use std::{path::PathBuf, time::Duration};

/// Configuration of a sequencer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequencerConfig {
    /// Margin group.
    pub group: u32,
    /// Shapes that batches may have, of those of which the chain has an active key; if there is none, all of them for
    /// which there are parameters.
    pub shapes: Vec<Shape>,
    /// Fees.
    pub fees: FeeRates,
    /// House rules of the group, inside those of the proof.
    pub rules: Rules,
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
    /// proof starts. It counts until enough batches have settled to tell what they take; then it is what 99 of 100 take
    /// from when they are closed until they are in a block, and `two_blocks`.
    pub table_margin: Duration,
    /// The time of two blocks.
    pub two_blocks: Duration,
    /// How far what lies between a fill and finality may be behind before orders are refused (Q-GATE).
    pub gate: GateTerms,
    /// How many proven units an account may cause (Q-BUDGET).
    pub unit_budget: BudgetTerms,
    /// Orders and withdrawals wait while proving the closed batches takes longer than this.
    pub max_backlog: Duration,
    /// Maximum number of orders and withdrawals that wait at a time; more are refused as busy at once.
    pub max_waiting: usize,
    /// How long an order or withdrawal waits before it is refused as busy.
    pub busy_patience: Duration,
    /// Number of batches after which the collected fees are paid out; never if it is `None`.
    pub sweep_every: Option<u64>,
    /// Shape of the solvency statements; no rounds are made if it is `None`.
    pub solvency: Option<SolvencyShape>,
    /// How long a solvency statement waits at most for a moment in which no batch waits for a proof or is proven.
    pub round_patience: Duration,
    /// Pause after a solvency round that is complete.
    pub round_pause: Duration,
    /// At which prices orders at rest take liquidated lots, and how much the house takes.
    pub liquidation: Policy,
    /// Number of batches whose units liquidations may use at once; what is left goes on at the next look at the chain.
    pub liquidation_batches: usize,
    /// Number of fills that are kept for readers.
    pub history: usize,
    /// Folder of this group's files, which must be there; nothing is kept if it is `None`.
    pub folder: Option<PathBuf>,
    /// Number of settled batches after which a checkpoint is written (Q-RESTART), and a snapshot (Q-JOURNAL).
    pub checkpoint_batches: u64,
    /// Time after which a checkpoint is written, if anything was settled since the last one.
    pub checkpoint_age: Duration,
    /// While so many inputs or more wait for the disk, no instruction is taken.
    pub journal_queue: usize,
    /// Number of inputs after which a snapshot takes the place of those before it, however few batches they made.
    pub snapshot_every: u64,
    /// First pause after a failed attempt; it doubles up to a minute.
    pub backoff: Duration,
    /// The public tape shows what traded at one price within an interval of this length as one print (Q-TAPE).
    pub tape_interval: Duration,
    /// A print is public this long after the end of its interval.
    pub tape_delay: Duration,
    /// As `tape_interval`, of the public tape of liquidations (Q-CLOSINGS).
    pub closings_interval: Duration,
    /// As `tape_delay`, of that tape.
    pub closings_delay: Duration,
    /// Streams.
    pub streams: StreamConfig,
    /// What one client may ask for.
    pub limits: Limits,
}

/// Configuration of the streams (Q-STREAM).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamConfig {
    /// How often books, tickers, positions, margin and the public tape are looked at.
    pub interval: Duration,
    /// Number of messages that may wait for one subscriber. One who has more is sent away.
    pub queue: usize,
    /// Number of messages of a public channel that are kept for those who come back.
    pub market_messages: usize,
    /// Number of messages of an account's channel that are kept likewise.
    pub account_messages: usize,
    /// A connection that takes no message for so long is too slow.
    pub patience: Duration,
    /// How long an account's channel is kept that nobody follows.
    pub memory: Duration,
    /// How often the open interest is counted for the tickers.
    pub open_interest_interval: Duration,
    /// A count is public this long after.
    pub open_interest_delay: Duration,
    /// Where fewer accounts hold an instrument, its open interest is not told.
    pub open_interest_holders: u32,
}

impl Default for StreamConfig {
    fn default() -> Self {
        Self {
            interval: Duration::from_millis(100),
            queue: 512,
            market_messages: 1_024,
            account_messages: 256,
            patience: Duration::from_secs(10),
            memory: Duration::from_secs(600),
            open_interest_interval: Duration::from_secs(60),
            open_interest_delay: Duration::from_secs(5),
            open_interest_holders: 3,
        }
    }
}

impl SequencerConfig {
    /// Defaults for a group: all shapes, 0.01 % and 0.05 % fees, batches every 5 s.
    pub fn new(group: u32) -> Self {
        Self {
            group,
            shapes: Vec::new(),
            fees: FeeRates { maker: 100, taker: 500 },
            rules: Rules::default(),
            payee: None,
            batch_age: Duration::from_secs(5),
            poll: Duration::from_millis(500),
            settlement_slack: Duration::from_secs(60),
            stale_after: Duration::from_secs(30),
            table_patience: Duration::from_secs(20),
            max_table_age: Duration::from_secs(80),
            table_margin: Duration::from_secs(40),
            two_blocks: Duration::from_secs(12),
            gate: GateTerms::default(),
            unit_budget: BudgetTerms::default(),
            max_waiting: 1_000,
            max_backlog: Duration::from_secs(60),
            busy_patience: Duration::from_secs(30),
            sweep_every: None,
            solvency: None,
            round_patience: Duration::from_secs(60),
            round_pause: Duration::from_secs(30),
            liquidation: Policy {
                discount: 10_000,
                house_leverage: 5 * ONE_TIMES,
            },
            liquidation_batches: 4,
            history: 100_000,
            folder: None,
            checkpoint_batches: 100,
            checkpoint_age: Duration::from_secs(600),
            journal_queue: 10_000,
            snapshot_every: 200_000,
            backoff: Duration::from_millis(500),
            tape_interval: Duration::from_secs(1),
            tape_delay: Duration::from_secs(5),
            closings_interval: Duration::from_secs(60),
            closings_delay: Duration::from_secs(60),
            streams: StreamConfig::default(),
            limits: Limits::default(),
        }
    }
}
