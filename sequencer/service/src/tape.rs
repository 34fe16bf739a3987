//! The recent fills, for the public tape and for the accounts' own.

use cloister_engine::{AccountIndex, Fill, FillSide};
use cloister_ledger::Side;
use std::collections::VecDeque;

/// Fills in order; the oldest are forgotten.
#[derive(Clone, Debug)]
pub(crate) struct Tape {
    fills: VecDeque<Fill>,
    capacity: usize,
}

/// A fill as one of its two accounts sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OwnFill<'a> {
    pub fill: &'a Fill,
    /// True if the account's order rested.
    pub maker: bool,
}

impl<'a> OwnFill<'a> {
    /// `None` if the account is not one of the two.
    pub fn of(fill: &'a Fill, account: AccountIndex) -> Option<Self> {
        let maker = fill.maker.key.account == account;
        (maker || fill.taker.key.account == account).then_some(Self { fill, maker })
    }

    /// The account's order and fee.
    pub fn own(&self) -> &'a FillSide {
        if self.maker {
            &self.fill.maker
        } else {
            &self.fill.taker
        }
    }

    /// Whether the account bought or sold.
    pub fn side(&self) -> Side {
        if self.maker {
            self.fill.taker_side.opposite()
        } else {
            self.fill.taker_side
        }
    }
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

    /// Fills with numbers from `from` on, or the newest.
    pub fn trades(&self, from: Option<u64>, limit: usize) -> impl Iterator<Item = &Fill> {
        let skip = match from {
            Some(from) => self.fills.partition_point(|f| f.id < from),
            None => self.fills.len().saturating_sub(limit),
        };
        self.fills.iter().skip(skip).take(limit)
    }

    /// Fills of an account with numbers from `from` on.
    pub fn of(&self, account: AccountIndex, from: u64, limit: usize) -> impl Iterator<Item = OwnFill<'_>> {
        self.fills
            .iter()
            .filter(move |fill| fill.id >= from)
            .filter_map(move |fill| OwnFill::of(fill, account))
            .take(limit)
    }
}
