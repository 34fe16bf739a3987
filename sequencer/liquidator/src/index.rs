//! Who may be short of margin at a table, found without asking everybody.
//!
//! An account that is not short has room: so much can its largest deficit still grow. Its legs share that room. From
//! one table to the next a lot of a side of a row makes no deficit grow by more than a number that is the same for
//! everybody, and these numbers are summed per row and side. As long as no leg has used up its share, the account
//! cannot be short, wherever the prices went in between. So each side of a row keeps its holders in the order in which
//! their shares are used up, and a new table asks only those at the front: the work does not depend on how many others
//! there are.
//!
//! The bound never misses an account; who is found is then assessed exactly. An account that trades, or whose money
//! moves, is assessed at once ([`Distances::update`]).

use crate::holding::Holding;
use cloister_risk::{RiskTable, Row};
use cloister_types::PerLot;
use std::collections::{BTreeMap, BTreeSet};

/// Equity in the scale of deficits.
const EQUITY: i128 = 256;
/// Bits of the weights by which legs share the room of their account.
const WEIGHT_BITS: u32 = 20;
/// The most room that is counted with, so that no product leaves 128 bits.
const MOST_ROOM: i128 = 1 << 106;

/// Number of the side of a leg.
fn side_of(long: bool) -> usize {
    usize::from(!long)
}

/// One side of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Queue {
    /// By how much a lot has made a deficit grow so far, in sum over the tables.
    moved: i128,
    /// The holders, by the sum at which their share is used up.
    holders: BTreeSet<(i128, u32)>,
}

/// An account and where its legs stand.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    holding: Holding,
    /// Row, side, and the sum at which the share is used up.
    legs: Vec<(usize, usize, i128)>,
}

/// Every account with its distance to being short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distances {
    table: RiskTable,
    queues: Vec<[Queue; 2]>,
    accounts: BTreeMap<u32, Entry>,
    due: BTreeSet<u32>,
}

/// The largest of the maintenance deficits and of what equity itself lacks, in 2^-8 of 10^-6: at 1 or above the account
/// is short, or owes money.
pub fn lacking(table: &RiskTable, holding: &Holding) -> i128 {
    let owed = -EQUITY * holding.equity(table);
    holding.shortfall(table, table.header.maintenance).max(owed)
}

/// The most by which a lot of a side can make [`lacking`] grow from one state of its row to the next.
fn step(old: &Row, new: &Row, ratio: u16, long: bool) -> i128 {
    let sign = if long { 1 } else { -1 };
    let change = |new: PerLot, old: PerLot| sign * (i128::from(new.get()) - i128::from(old.get()));
    let lost = -EQUITY * change(new.value, old.value);
    let floor = i128::from(new.floor_of(long).get()) - i128::from(old.floor_of(long).get());
    let losses = new.scenarios.iter().zip(&old.scenarios);
    let loss = losses.map(|(new, old)| -change(*new, *old)).max().unwrap_or_default();
    lost.max(lost + i128::from(ratio) * (loss + floor))
}

impl Distances {
    /// No accounts yet.
    pub fn new(table: RiskTable) -> Self {
        Self {
            queues: table.rows.iter().map(|_| Default::default()).collect(),
            table,
            accounts: BTreeMap::new(),
            due: BTreeSet::new(),
        }
    }

    /// The table in force.
    pub fn table(&self) -> &RiskTable {
        &self.table
    }

    /// What an account holds now; [`lacking`] is asked at once.
    pub fn update(&mut self, account: u32, holding: &Holding) {
        let entry = self.accounts.get(&account);
        if entry.is_none_or(|entry| entry.holding != *holding) {
            self.place(account, *holding);
        }
    }

    /// An account that is no more.
    pub fn remove(&mut self, account: u32) {
        self.lift(account);
        self.accounts.remove(&account);
        self.due.remove(&account);
    }

    /// Puts a new table in force, and returns how many accounts had to be assessed.
    pub fn advance(&mut self, table: &RiskTable) -> usize {
        let ratio = table.header.maintenance;
        for (queues, (old, new)) in self.queues.iter_mut().zip(self.table.rows.iter().zip(&table.rows)) {
            for long in [true, false] {
                if let Some(queue) = queues.get_mut(side_of(long)) {
                    queue.moved += step(old, new, ratio, long);
                }
            }
        }
        let again: BTreeSet<u32> = if self.table.header.maintenance == ratio {
            let queues = self.queues.iter().flatten();
            let used_up = queues.flat_map(|queue| queue.holders.range(..(queue.moved, 0)));
            used_up.map(|(_, account)| *account).collect()
        } else {
            self.accounts.keys().copied().collect()
        };
        self.table = table.clone();
        for account in &again {
            if let Some(holding) = self.accounts.get(account).map(|entry| entry.holding) {
                self.place(*account, holding);
            }
        }
        again.len()
    }

    /// Accounts that are short of maintenance margin or owe money at the table in force: all of them, and no other.
    pub fn due(&self) -> &BTreeSet<u32> {
        &self.due
    }

    /// Accounts that hold lots of a row, in the order of their indices.
    pub fn holders(&self, row: usize) -> BTreeSet<u32> {
        let queues = self.queues.get(row).into_iter().flatten();
        queues
            .flat_map(|queue| &queue.holders)
            .map(|(_, account)| *account)
            .collect()
    }

    /// What an account holds; nothing if there is none.
    pub fn holding(&self, account: u32) -> Holding {
        let entry = self.accounts.get(&account);
        entry.map(|entry| entry.holding).unwrap_or_default()
    }

    /// All accounts in the order of their indices.
    pub fn accounts(&self) -> impl Iterator<Item = (u32, Holding)> + '_ {
        self.accounts.iter().map(|(account, entry)| (*account, entry.holding))
    }

    /// Takes the legs of an account out of the queues.
    fn lift(&mut self, account: u32) {
        let legs = self
            .accounts
            .get_mut(&account)
            .map(|entry| std::mem::take(&mut entry.legs));
        for (row, side, end) in legs.into_iter().flatten() {
            if let Some(queue) = self.queues.get_mut(row).and_then(|queues| queues.get_mut(side)) {
                queue.holders.remove(&(end, account));
            }
        }
    }

    /// Assesses an account and shares its room among its legs.
    fn place(&mut self, account: u32, holding: Holding) {
        self.lift(account);
        let lacking = lacking(&self.table, &holding);
        if lacking >= 1 {
            self.due.insert(account);
        } else {
            self.due.remove(&account);
        }
        let weights = weights(&self.table, &holding);
        let all: i128 = weights.iter().map(|(_, _, lots, weight)| lots * weight).sum();
        let mut legs = Vec::with_capacity(weights.len());
        for (row, side, _, weight) in weights {
            let Some(queue) = self.queues.get_mut(row).and_then(|queues| queues.get_mut(side)) else {
                continue;
            };
            let end = if lacking >= 1 {
                // At the front: asked again at every table.
                i128::MIN
            } else {
                queue.moved + (-lacking).min(MOST_ROOM) * weight / all.max(1)
            };
            queue.holders.insert((end, account));
            legs.push((row, side, end));
        }
        self.accounts.insert(account, Entry { holding, legs });
    }
}

/// The legs of an account: row, side, lots, and the weight of a lot. A row that moves twice as much gets twice the
/// room.
fn weights(table: &RiskTable, holding: &Holding) -> Vec<(usize, usize, i128, i128)> {
    let ratio = i128::from(table.header.maintenance);
    let legs: Vec<(usize, bool, i128, i128)> = holding
        .held()
        .filter_map(|(row, lots)| {
            let (at, long) = (table.rows.get(row)?, lots.get() > 0);
            let lot = EQUITY * i128::from(at.value.get()).abs() + ratio * at.lone_lot(long).get().abs();
            Some((row, long, i128::from(lots.size().get()), lot.max(1)))
        })
        .collect();
    let largest = legs.iter().map(|(_, _, _, lot)| *lot).max().unwrap_or(1);
    let excess = (i128::BITS - largest.leading_zeros()).saturating_sub(WEIGHT_BITS);
    let weight = |lot: i128| (lot >> excess).max(1);
    legs.into_iter()
        .map(|(row, long, lots, lot)| (row, side_of(long), lots, weight(lot)))
        .collect()
}
