//! The whole sequencer against a chain in memory.

mod common;
mod crash;
mod entry;
mod floods;
mod keys;
mod liquidations;
mod openrpc;
mod orders;
mod queue;
mod quiet;
mod reads;
mod rebuild;
mod receipts;
mod requests;
mod restart;
mod settling;
mod shapes;
mod solvency;
mod start;
mod stopping;
mod streams;
mod tables;
mod trading;
mod void;
mod wire;

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
