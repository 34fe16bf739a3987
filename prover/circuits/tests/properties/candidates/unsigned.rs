//! Fills that nobody signs: of liquidations, expiries and deleveraging.

use cloister_ledger::{Fill, PlaceWitness, Side, UnitWitness};
use cloister_ledger_testing::Random;
use cloister_risk::Status;
use cloister_types::{Lots, Position, Total};

use crate::market::{near, Market};

fn unsigned(fill: Fill) -> PlaceWitness {
    PlaceWitness {
        fill,
        ..PlaceWitness::default()
    }
}

impl Market {
    /// A row that the account holds, mostly one of the wanted; any row if it holds none.
    fn held_row(&self, random: &mut Random, unit: &UnitWitness, wanted: impl Fn(Status) -> bool) -> usize {
        let strict = !random.once_in(12);
        let rows = self.context.table.rows.iter().zip(&unit.before.positions).enumerate();
        let held = rows.filter(|(_, (row, q))| !q.is_zero() && (!strict || wanted(row.status)));
        let held: Vec<usize> = held.map(|(number, _)| number).collect();
        match held.len() {
            0 => random.below(self.rows()) as usize,
            n => held[random.below(n as u64) as usize],
        }
    }

    /// Steps of a liquidation.
    pub(super) fn liquidation(&self, random: &mut Random, unit: &UnitWitness) -> Vec<PlaceWitness> {
        let mut positions = unit.before.positions;
        let mut step = |_: &PlaceWitness| {
            if random.once_in(8) {
                return PlaceWitness::default();
            }
            let live = |status| matches!(status, Status::Trading | Status::CloseOnly);
            let number = self.held_row(random, unit, live);
            let row = &self.context.table.rows[number];
            let held = positions[number];
            let reduces = if held > Position::ZERO { Side::Sell } else { Side::Buy };
            let side = if random.once_in(16) {
                reduces.opposite()
            } else {
                reduces
            };
            let (lots, chunk) = (i128::from(held.size().get()), i128::from(row.chunk.get()));
            let whole = lots.min(chunk);
            let needed = match held {
                Position::ZERO => 0,
                _ => i128::from(self.world.needed(unit.index.get() as usize, number)),
            };
            let quantity = match random.below(6) {
                0 => near(random, &[lots, chunk, whole, 0]),
                1 => whole,
                2 | 3 => near(random, &[needed, needed, needed + 1]),
                _ => 1 + i128::from(random.below(whole.clamp(1, 100) as u64)),
            };
            let quantity = quantity.clamp(0, 1 << 40);
            let (mark, basis) = (i128::from(row.mark.get()), row.basis(side == Side::Sell).get());
            let header = &self.context.table.header;
            let discount = quantity * basis * i128::from(header.max_discount) / 256;
            // A quarter of what the lots free, if nothing hedges them.
            let freed = quantity * row.lone_lot(side == Side::Sell).get() * i128::from(header.maintenance);
            let edge = random.below(5);
            // What price and penalty take together of it, and what of that the penalty takes.
            let taken = near(random, &[freed / 1_024, freed / 950]);
            let fined = [0, taken / 2, taken][random.below(3) as usize];
            let cost = match edge {
                0 => near(random, &[quantity * mark - i128::from(-side.sign()) * discount]),
                4 => quantity * mark + i128::from(side.sign()) * (taken - fined),
                1 => quantity * mark,
                _ => quantity * self.price(random, number),
            };
            let cost = cost.clamp(0, (1 << 80) - 1);
            let most = cost * i128::from(header.penalty) / 256;
            let fee = match random.below(3) {
                _ if edge == 4 => fined.max(0),
                0 => near(random, &[most]).max(0),
                1 => most,
                _ => 0,
            };
            let lots = (quantity as i64).min(held.get().abs());
            positions[number].0 -= held.get().signum() * lots;
            unsigned(Fill {
                side,
                row: number as u8,
                quantity: Lots(quantity as u64),
                cost: Total(cost as u128),
                fee: Total(fee as u128),
            })
        };
        unit.places.iter().map(&mut step).collect()
    }

    /// Settlements of expired positions, some of them a little wrong.
    pub(super) fn expiry(&self, random: &mut Random, unit: &UnitWitness) -> Vec<PlaceWitness> {
        let mut settle = |_: &PlaceWitness| {
            if random.once_in(12) {
                return PlaceWitness::default();
            }
            let number = self.held_row(random, unit, |status| status == Status::Expired);
            let mark = self.context.table.rows[number].mark;
            let mut fill = Fill::settlement(number as u8, unit.before.positions[number], mark);
            match random.below(16) {
                0 => fill.quantity.0 += 1,
                1 => fill.quantity = fill.quantity.saturating_sub(Lots(1)),
                2 => fill.cost.0 += 1,
                3 => fill.cost = fill.cost.saturating_sub(Total(1)),
                4 => fill.fee = Total(1),
                5 => fill.side = fill.side.opposite(),
                // Half of it, at the mark.
                6 if fill.quantity.get() & 1 == 0 => {
                    (fill.quantity, fill.cost) = (Lots(fill.quantity.get() / 2), Total(fill.cost.get() / 2))
                }
                _ => (),
            }
            unsigned(fill)
        };
        unit.places.iter().map(&mut settle).collect()
    }

    /// Lots that are closed at the mark, some of them a little wrong.
    pub(super) fn deleveraging(&self, random: &mut Random, unit: &UnitWitness) -> Vec<PlaceWitness> {
        let mut positions = unit.before.positions;
        let mut close = |_: &PlaceWitness| {
            if random.once_in(12) {
                return PlaceWitness::default();
            }
            let live = |status| matches!(status, Status::Trading | Status::CloseOnly);
            let number = self.held_row(random, unit, live);
            let (held, mark) = (positions[number], self.context.table.rows[number].mark);
            let most = i128::from(held.size().get());
            let lots = match random.below(3) {
                0 => near(random, &[most]).clamp(0, 1 << 40),
                1 => most,
                _ => i128::from(1 + random.below(most.clamp(1, 1 << 39) as u64)),
            };
            let mut fill = Fill::at_mark(number as u8, held, Lots(lots as u64), mark);
            positions[number].0 -= held.get().signum() * (lots as i64).min(held.get().abs());
            match random.below(16) {
                0 => fill.cost.0 += 1,
                1 => fill.cost = fill.cost.saturating_sub(Total(1)),
                2 => fill.fee = Total(1),
                3 => fill.side = fill.side.opposite(),
                _ => (),
            }
            fill.cost = fill.cost.min(Total((1 << 80) - 1));
            unsigned(fill)
        };
        unit.places.iter().map(&mut close).collect()
    }
}
