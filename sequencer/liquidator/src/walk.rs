//! Closing several legs together: one lot after the other, each leg in proportion to what is held, up to the first step
//! that meets initial margin.
//!
//! Such a step always exists for a solvent account (with everything closed no deficit is left), and B-NEED allows it:
//! one lot before it some initial deficit was above zero, and one lot takes at most what it requires alone off any
//! deficit. In proportion, because less of one leg alone may be more risk.

use crate::{
    holding::Holding,
    need::admissible,
    trade::{closing, Trade},
};
use cloister_risk::RiskTable;

/// Largest number of sets of legs that are tried for one account.
const SETS: usize = 40_000;

/// One position and the most lots of it that one fill may close.
#[derive(Clone, Copy, Debug)]
struct Leg {
    row: usize,
    held: u64,
    chunk: u64,
}

/// The legs of an account that go together; the first is the longest.
struct Walk<'t> {
    table: &'t RiskTable,
    before: Holding,
    legs: Vec<Leg>,
}

impl<'t> Walk<'t> {
    fn new(table: &'t RiskTable, before: Holding, rows: &[usize]) -> Self {
        let mut legs: Vec<Leg> = rows
            .iter()
            .map(|row| Leg {
                row: *row,
                held: before.lots[*row].size().get(),
                chunk: table.rows[*row].chunk.get(),
            })
            .collect();
        legs.sort_by_key(|leg| std::cmp::Reverse(leg.held));
        Self { table, before, legs }
    }

    /// Lots of every leg that are closed when `longest` of the longest leg are: its share, to the nearest lot. From one
    /// lot of the longest to the next no leg closes more than one.
    fn closed(&self, longest: u64) -> Vec<u64> {
        let all = u128::from(self.legs.first().map_or(1, |leg| leg.held.max(1)));
        let twice = 2 * u128::from(longest);
        let share = |leg: &Leg| match twice.checked_sub(1) {
            None => 0,
            Some(odd) => ((odd * u128::from(leg.held) + all) / (2 * all)) as u64,
        };
        self.legs.iter().map(share).collect()
    }

    fn trades(&self, closed: &[u64]) -> Vec<Trade> {
        let legs = self.legs.iter().zip(closed).filter(|(_, lots)| **lots > 0);
        legs.map(|(leg, lots)| {
            let mark = self.table.rows[leg.row].mark.get().unsigned_abs();
            Trade::at(leg.row, closing(self.before.lots[leg.row]), *lots, mark)
        })
        .collect()
    }

    fn after(&self, closed: &[u64]) -> Holding {
        let trades = self.trades(closed);
        trades
            .iter()
            .fold(self.before, |holding, trade| holding.traded(self.table, trade))
    }

    fn is_safe(&self, closed: &[u64]) -> bool {
        self.after(closed).shortfall(self.table, self.table.header.initial) <= 0
    }

    /// The fewest lots of the longest leg, up to `most`, for which a condition that stays true holds; `most` if none.
    fn first(most: u64, holds: impl Fn(u64) -> bool) -> u64 {
        let (mut low, mut high) = (0, most);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(middle) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        low
    }

    /// Lots of every leg up to the first step that meets initial margin, or as far as the chunks go; no further than
    /// `most` lots of the longest leg.
    fn steps(&self, most: u64) -> Vec<u64> {
        let held = self.legs.first().map_or(0, |leg| leg.held);
        let beyond = |longest: u64| {
            let closed = self.closed(longest);
            self.legs.iter().zip(&closed).any(|(leg, lots)| *lots > leg.chunk)
        };
        let end = match Self::first(held, beyond) {
            n if n > 0 && beyond(n) => n - 1,
            n => n,
        };
        let longest = Self::first(end.min(most), |n| self.is_safe(&self.closed(n)));
        let target = self.closed(longest);
        let mut closed = self.closed(longest.saturating_sub(1));
        // One lot at a time between the last two.
        for leg in (0..target.len()).rev() {
            closed[leg] = target[leg];
            if self.is_safe(&closed) {
                break;
            }
        }
        closed
    }
}

/// Sets of so many of the numbers below `count`, in order.
fn sets(count: usize, size: usize) -> impl Iterator<Item = Vec<usize>> {
    let mut next = (size <= count).then(|| (0..size).collect::<Vec<_>>());
    std::iter::from_fn(move || {
        let found = next.clone()?;
        next = (0..size).rev().find(|at| found[*at] + size < count + at).map(|at| {
            let mut set = found.clone();
            (at..size).for_each(|i| set[i] = found[at] + 1 + i - at);
            set
        });
        Some(found)
    })
}

/// Fills at the mark, no more than `places`, that liquidate an account by as little as brings it back to initial
/// margin, or as far as chunks and `most` lots of a leg go. If it has more legs than places, the first set of legs that
/// does. `None` if the rules allow nothing that makes the account safer.
pub fn close_together(table: &RiskTable, holding: &Holding, places: usize, most: u64) -> Option<Vec<Trade>> {
    let mut rows: Vec<usize> = holding
        .held()
        .map(|(row, _)| row)
        .filter(|row| table.rows[*row].is_priced())
        .collect();
    let alone = |row: &usize| {
        let lots = holding.lots[*row].size().get();
        let lot = Trade::at(*row, closing(holding.lots[*row]), 1, 0).lone_lot(table);
        std::cmp::Reverse(i128::from(lots) * lot)
    };
    rows.sort_by_key(alone);
    let short = |holding: &Holding| holding.shortfall(table, table.header.maintenance);
    let mut left = SETS;
    for size in (1..=rows.len().min(places)).rev() {
        let mut best: Option<(i128, Vec<Trade>)> = None;
        for set in sets(rows.len(), size) {
            left = left.checked_sub(1)?;
            let set: Vec<usize> = set.iter().map(|i| rows[*i]).collect();
            let walk = Walk::new(table, *holding, &set);
            let closed = walk.steps(most);
            let (trades, after) = (walk.trades(&closed), walk.after(&closed));
            if trades.is_empty() || admissible(table, holding, &after, &trades).is_err() {
                continue;
            }
            if walk.is_safe(&closed) {
                return Some(trades);
            }
            let rest = short(&after);
            if rest < best.as_ref().map_or(short(holding), |(least, _)| *least) {
                best = Some((rest, trades));
            }
        }
        if let Some((_, trades)) = best {
            return Some(trades);
        }
    }
    None
}
