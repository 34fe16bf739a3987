//! The recent fills, for the public tape and for the accounts' own.

use crate::rpc::types::{FillInfo, Trade};
use cloister_engine::{AccountIndex, Fill};
use std::collections::VecDeque;

/// Fills in order; the oldest are forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    fills: VecDeque<Fill>,
    capacity: usize,
}

fn public(fill: &Fill) -> Trade {
    Trade {
        id: fill.id,
        time: fill.time,
        instrument_id: fill.instrument_id,
        price: fill.price,
        quantity: fill.quantity,
        taker_side: fill.taker_side.into(),
    }
}

/// A fill as one of its accounts sees it.
pub(crate) fn private(fill: &Fill, account: AccountIndex) -> Option<FillInfo> {
    let maker = fill.maker.key.account == account;
    if !maker && fill.taker.key.account != account {
        return None;
    }
    let (own, side) = if maker {
        (&fill.maker, fill.taker_side.opposite())
    } else {
        (&fill.taker, fill.taker_side)
    };
    Some(FillInfo {
        id: fill.id,
        time: fill.time,
        instrument_id: fill.instrument_id,
        order_id: own.key.id,
        side: side.into(),
        maker,
        price: fill.price,
        quantity: fill.quantity,
        fee: own.fee,
    })
}

impl Tape {
    pub fn new(capacity: usize) -> Self {
        Self {
            fills: VecDeque::new(),
            capacity,
        }
    }

    pub fn push(&mut self, fill: Fill) {
        if self.fills.len() >= self.capacity {
            self.fills.pop_front();
        }
        self.fills.push_back(fill);
    }

    /// Trades from a number on, or the newest.
    pub fn trades(&self, from: Option<u64>, limit: usize) -> Vec<Trade> {
        let skip = match from {
            Some(from) => self.fills.partition_point(|f| f.id < from),
            None => self.fills.len().saturating_sub(limit),
        };
        self.fills.iter().skip(skip).take(limit).map(public).collect()
    }

    /// Fills of an account from a number on.
    pub fn of(&self, account: AccountIndex, from: u64, limit: usize) -> Vec<FillInfo> {
        self.fills
            .iter()
            .filter(|f| f.id >= from)
            .filter_map(|f| private(f, account))
            .take(limit)
            .collect()
    }
}
