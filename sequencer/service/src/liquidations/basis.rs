//! What accounts paid for the lots that they hold, counted from the fills. Only the order in which counterparties are
//! asked depends on it (Q-DELEVERAGE).

use cloister_engine::{AccountIndex, Fill, FillSide};
use cloister_ledger::Side;
use cloister_liquidator::{Basis, Holding, Trade};
use cloister_risk::RiskTable;
use cloister_types::{InstrumentId, Position};
use std::collections::{BTreeMap, BTreeSet};

/// Lots and what was paid for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Paid {
    lots: Position,
    basis: Basis,
}

/// By account and instrument.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EntryPrices {
    paid: BTreeMap<(AccountIndex, InstrumentId), Paid>,
}

impl EntryPrices {
    /// Everything, as it is written down.
    pub fn parts(&self) -> Vec<(AccountIndex, InstrumentId, Position, i128)> {
        let parts = self.paid.iter().map(|((account, instrument), paid)| {
            let Paid { lots, basis } = *paid;
            (*account, *instrument, lots, basis.get())
        });
        parts.collect()
    }

    /// As it was written down.
    pub fn of_parts(parts: Vec<(AccountIndex, InstrumentId, Position, i128)>) -> Self {
        let paid = parts.into_iter().map(|(account, instrument, lots, paid)| {
            let basis = Basis::of(paid);
            ((account, instrument), Paid { lots, basis })
        });
        Self { paid: paid.collect() }
    }

    /// Counts both sides of a fill.
    pub fn note(&mut self, fill: &Fill, table: &RiskTable) {
        let Some((row, _)) = table.row_of(fill.instrument_id) else {
            return;
        };
        let sides: [(&FillSide, Side); 2] = [
            (&fill.maker, fill.taker_side.opposite()),
            (&fill.taker, fill.taker_side),
        ];
        for (own, side) in sides {
            if own.key.account == AccountIndex::HOUSE {
                continue;
            }
            let trade = Trade::at(row, side, fill.quantity.get(), fill.price.get());
            let paid = self.paid.entry((own.key.account, fill.instrument_id)).or_default();
            paid.basis = paid.basis.traded(table, paid.lots, &trade);
            paid.lots = paid.lots.saturating_add(Position(trade.change()));
        }
    }

    /// Compares with what an account holds. Lots that went otherwise (by deleveraging, say) were as dear as those that
    /// are left; lots that came otherwise, as after a start from the chain alone, count as bought at what they are
    /// worth now. True if that made a difference.
    pub fn agree(&mut self, account: AccountIndex, held: &Holding, table: &RiskTable) -> bool {
        let mut changed = false;
        let every = (account, InstrumentId(u32::MIN))..=(account, InstrumentId(u32::MAX));
        let known = self.paid.range(every).map(|((_, instrument), _)| *instrument);
        let mut gone: BTreeSet<InstrumentId> = known.collect();
        for (row, lots) in table.rows.iter().zip(held.lots).filter(|(_, lots)| !lots.is_zero()) {
            let key = (account, row.instrument_id);
            gone.remove(&row.instrument_id);
            let paid = self.paid.entry(key).or_default();
            if paid.lots == lots {
                continue;
            }
            paid.basis = paid
                .basis
                .reduced(paid.lots, lots)
                .unwrap_or_else(|| Basis::at_value(row, lots));
            paid.lots = lots;
            changed = true;
        }
        for instrument in gone {
            changed |= self.paid.remove(&(account, instrument)).is_some();
        }
        changed
    }

    /// What an account's lots of a row are worth more than it paid, 10^-6.
    pub fn profit(&self, account: AccountIndex, row: usize, table: &RiskTable) -> i128 {
        let instrument = table.rows.get(row).map(|row| row.instrument_id);
        let paid = instrument.and_then(|instrument| self.paid.get(&(account, instrument)));
        paid.map_or(0, |paid| paid.basis.profit(table, row, paid.lots))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_engine_testing::{table, BTC, MARK, ONE};
    use cloister_types::{Lots, PerLot, Price};

    const ACCOUNT: AccountIndex = AccountIndex(4);

    fn fill(maker: AccountIndex, taker: AccountIndex, side: Side, lots: u64, price: u64) -> Fill {
        Fill {
            id: 0,
            time: 0,
            instrument_id: InstrumentId(BTC),
            price: Price(price),
            quantity: Lots(lots),
            taker_side: side,
            maker: FillSide::unsigned(maker),
            taker: FillSide::unsigned(taker),
        }
    }

    fn holding(lots: i64) -> Holding {
        let mut holding = Holding::default();
        holding.lots[0] = Position(lots);
        holding
    }

    #[test]
    fn profits_follow_from_the_fills_of_both_sides() {
        let at = table(1);
        let mut prices = EntryPrices::default();
        let other = AccountIndex(5);
        prices.note(&fill(other, ACCOUNT, Side::Buy, 10, MARK - ONE), &at);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 10 * i128::from(ONE));
        assert_eq!(prices.profit(other, 0, &at), -10 * i128::from(ONE));
        // A half of them goes to the house.
        prices.note(&fill(AccountIndex::HOUSE, ACCOUNT, Side::Sell, 5, MARK), &at);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 5 * i128::from(ONE));
        assert_eq!(prices.profit(AccountIndex::HOUSE, 0, &at), 0);
    }

    #[test]
    fn lots_that_change_without_a_fill_should_keep_the_average_price() {
        let at = table(1);
        let mut prices = EntryPrices::default();
        prices.note(&fill(AccountIndex(5), ACCOUNT, Side::Buy, 10, MARK - ONE), &at);
        assert!(!prices.agree(ACCOUNT, &holding(10), &at));
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 10 * i128::from(ONE));
        assert!(prices.agree(ACCOUNT, &holding(4), &at));
        assert_eq!(EntryPrices::of_parts(prices.parts()), prices);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 4 * i128::from(ONE));
        for account in [ACCOUNT, AccountIndex(5)] {
            prices.agree(account, &holding(0), &at);
        }
        assert_eq!(prices, EntryPrices::default());
    }

    #[test]
    fn lots_of_before_a_restart_should_count_from_what_they_are_worth_then() {
        let mut at = table(1);
        let mut prices = EntryPrices::default();
        prices.agree(ACCOUNT, &holding(-7), &at);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 0);
        at.rows[0].value = PerLot(at.rows[0].value.get() - 5);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 35);
        // Turned to the other side by something that is not known.
        prices.agree(ACCOUNT, &holding(3), &at);
        assert_eq!(prices.profit(ACCOUNT, 0, &at), 0);
    }
}
