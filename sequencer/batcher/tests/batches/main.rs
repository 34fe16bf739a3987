//! How events become units and batches.

mod closing;
#[path = "../common/mod.rs"]
mod common;
mod insurance;
mod queue;
mod requests;
mod units;

use cloister_batcher::{ClosedBatch, QueueItem};
use cloister_ledger::Mode;
use cloister_types::{AccountIndex, Amount, ItemId};
use common::*;

const RICH: u64 = 1_000_000 * ONE;

fn deposit(item: u64, account: u32, amount: u64) -> QueueItem {
    QueueItem::Deposit {
        item: ItemId(item),
        account: AccountIndex(account),
        amount: Amount(amount),
        deadline: 0,
    }
}

/// Queued deposits of the units of a batch, by account.
fn deposits(batch: &ClosedBatch) -> Vec<(u32, Mode, u64)> {
    let units = batch.witness.units.iter();
    units
        .filter(|u| u.deposit > Amount::ZERO)
        .map(|u| (u.index.get(), u.mode, u.deposit.get()))
        .collect()
}

fn sorted(mut units: Vec<(u32, u64, u64)>) -> Vec<(u32, u64, u64)> {
    units.sort_unstable();
    units
}
