//! The whole sequencer against a chain in memory.

mod common;
mod keys;
mod queue;
mod settling;
mod solvency;
mod start;
mod tables;
mod trading;

use cloister_engine_testing::*;
use cloister_types::Lots;
use common::*;

const RICH: u64 = 100_000 * ONE;

/// One fill between accounts 0 and 1.
async fn trade(running: &Running, id: u64) {
    running.submit(sell(0, id, 5, MARK)).await.unwrap();
    let taken = running.submit(buy(1, id, 5, MARK)).await.unwrap();
    assert_eq!((taken.filled, taken.fills.len()), (Lots(5), 1));
}
