//! What an account paid for the lots it holds, for whoever must know its profit. The ledger does not keep it.

use crate::trade::Trade;
use cloister_risk::{RiskTable, Row};
use cloister_types::Position;

/// What an account paid for the lots that it holds in one row, 10^-6, negative if it sold them: the average of its
/// trades, funding included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis(i128);

impl Basis {
    /// After a trade of an account that held `held` lots of the row.
    pub fn traded(self, table: &RiskTable, held: Position, trade: &Trade) -> Self {
        let (held, change) = (i128::from(held.get()), i128::from(trade.change()));
        let (after, paid) = (held + change, trade.paid(table));
        Self(if held.signum() * change.signum() >= 0 {
            self.0 + paid
        } else if change.abs() <= held.abs() {
            // What is left was as dear as what went.
            self.0 * after.abs() / held.abs()
        } else {
            paid * after.abs() / change.abs()
        })
    }

    /// What was paid, 10^-6, as [`Self::get`] gives it.
    pub fn of(paid: i128) -> Self {
        Self(paid)
    }

    /// What was paid, 10^-6.
    pub fn get(self) -> i128 {
        self.0
    }

    /// Of lots that count as bought at what they are worth at a row.
    pub fn at_value(row: &Row, held: Position) -> Self {
        Self(i128::from(held.get()) * i128::from(row.value.get()))
    }

    /// Of what is left of lots, some of which went at whatever price: it was as dear as what went. `None` if they did
    /// not become fewer.
    pub fn reduced(self, held: Position, left: Position) -> Option<Self> {
        let (held, left) = (i128::from(held.get()), i128::from(left.get()));
        let fewer = held.signum() == left.signum() && left.abs() < held.abs();
        fewer.then(|| Self(self.0 * left.abs() / held.abs()))
    }

    /// What the lots are worth more than was paid for them, 10^-6; negative is a loss.
    pub fn profit(self, table: &RiskTable, row: usize, held: Position) -> i128 {
        i128::from(held.get()) * i128::from(table.rows[row].value.get()) - self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_ledger::Side;
    use cloister_types::PerLot;

    /// A table in which a lot is worth so much.
    fn table(value: i64) -> RiskTable {
        let mut table = RiskTable::default();
        (table.rows[0].mark, table.rows[0].value) = (PerLot(value), PerLot(value));
        table
    }

    #[test]
    fn profit_is_that_of_the_average_price() {
        let at = table(130);
        let mut basis = Basis::default();
        for (held, side, lots, price) in [
            (0, Side::Buy, 10, 100),
            (10, Side::Buy, 10, 120),
            (20, Side::Sell, 5, 500),
        ] {
            basis = basis.traded(&at, Position(held), &Trade::at(0, side, lots, price));
        }
        assert_eq!(basis.profit(&at, 0, Position(15)), 15 * (130 - 110));
        // Turned into a short of ten lots.
        basis = basis.traded(&at, Position(15), &Trade::at(0, Side::Sell, 25, 140));
        assert_eq!(basis.profit(&at, 0, Position(-10)), 10 * (140 - 130));
        basis = basis.traded(&at, Position(-10), &Trade::at(0, Side::Buy, 10, 90));
        assert_eq!(basis, Basis::default());
    }
}
