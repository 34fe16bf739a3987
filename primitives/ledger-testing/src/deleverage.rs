//! Units of deleveraging (B-DELEVERAGE).

use crate::world::World;
use cloister_ledger::{fill::Fill, shape::Shape, state::UnitRequest, unit::Party};
use cloister_types::{AccountIndex, Amount, Lots};

impl World {
    /// A unit that closes lots of a trader at the mark; each row with its lots.
    pub fn deleverage(&self, trader: usize, party: Party, rows: &[(usize, u64)]) -> UnitRequest {
        let index = AccountIndex(trader as u32);
        let positions = self
            .state
            .account(index)
            .map(|a| a.account.positions)
            .unwrap_or_default();
        let close = |(row, lots): &(usize, u64)| {
            Fill::at_mark(*row as u8, positions[*row], Lots(*lots), self.table.rows[*row].mark)
        };
        UnitRequest::Deleveraging {
            index,
            deposit: Amount::ZERO,
            party,
            fills: rows.iter().map(close).collect(),
        }
    }

    /// Closes lots of an insolvent trader against accounts that hold the other side, as far as chance finds some.
    pub(super) fn random_deleveraging(&mut self, shape: Shape, trader: usize, known: usize) -> Vec<UnitRequest> {
        let room = usize::from(shape.units).saturating_sub(1);
        let held = (0..self.live).filter(|row| self.position(trader, *row) != 0 && self.table.rows[*row].is_priced());
        let mut rows: Vec<usize> = held.collect();
        if self.random.once_in(2) {
            rows.reverse();
        }
        rows.truncate(shape.places.into());
        let (mut shed, mut units) = (Vec::new(), Vec::new());
        for row in rows {
            let position = self.position(trader, row);
            let wanted = match self.random.once_in(2) {
                true => position.unsigned_abs(),
                false => 1 + self.random.below(position.unsigned_abs()),
            };
            let mut left = wanted;
            let first = self.random.below(known as u64) as usize;
            for other in (0..known).map(|i| (first + i) % known) {
                let theirs = self.position(other, row);
                let lots = left.min(theirs.unsigned_abs());
                if theirs.signum() == -position.signum() && lots > 0 && units.len() < room {
                    units.push(self.deleverage(other, Party::Counterparty, &[(row, lots)]));
                    left -= lots;
                }
            }
            if left < wanted {
                shed.push((row, wanted - left));
            }
        }
        if units.is_empty() {
            return Vec::new();
        }
        let at = self.random.below(units.len() as u64 + 1) as usize;
        units.insert(at, self.deleverage(trader, Party::Insolvent, &shed));
        units
    }
}
