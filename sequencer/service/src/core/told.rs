//! What an input did besides the engine's effects, for those who follow accounts and batches. It is no part of the
//! state: it is taken after every input.

use crate::record::BatchRecord;
use cloister_batcher::{QueueItem, Request};
use cloister_engine::{AccountIndex, Effect, Fill};
use std::collections::BTreeSet;

/// What is to be told.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Orders that left the books with their account.
    pub effects: Vec<Effect>,
    /// Fills that turned out to have no proof.
    pub void: Vec<Fill>,
    /// Accounts whose money moved without an instruction.
    pub touched: BTreeSet<AccountIndex>,
    /// Something may have changed of every account: another table is in force, or batches were made again.
    pub all: bool,
    /// Accounts that have other keys now, or are no more.
    pub rekeyed: BTreeSet<AccountIndex>,
    /// Batches that came into a block, or whose block became final.
    pub batches: Vec<BatchRecord>,
}

impl Told {
    /// The queue had something for an account.
    pub fn item(&mut self, item: &QueueItem) {
        match item {
            QueueItem::Request { account, request, .. } => {
                self.touched.insert(*account);
                if matches!(request, Request::Rekey { .. }) {
                    self.rekeyed.insert(*account);
                }
            }
            QueueItem::Deposit { account, .. } | QueueItem::Open { account, .. } => {
                self.touched.insert(*account);
            }
            QueueItem::PayInsurance { .. } | QueueItem::TakeInsurance { .. } => {}
        }
    }
}
