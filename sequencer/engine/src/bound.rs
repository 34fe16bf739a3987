//! The most that orders at rest can do to an account's margin, order by order.
//!
//! [`WorstCase`](crate::WorstCase) is exact and looks at every order in every scenario. A bound takes of each order
//! the scenario that is worst for it alone, so that the bounds of many orders are added, and one is taken off when its
//! order leaves. An account that is covered by the bound is covered; where the bound says nothing, the exact worst case
//! decides. So what is accepted does not depend on it.

use crate::{
    derived::Derived,
    exposure::{equity_change, OpenRisk},
};
use cloister_crypto::constants::RATIO_SHIFT;
use cloister_ledger::Side;
use cloister_risk::{Assessment, Row};
use cloister_types::{Deficit, Money};

/// A number for the table and the fees in force. Another one is given whenever they change.
pub(crate) type Epoch = u64;

/// The most that filling an order, or any part of it, does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bound {
    /// By how much it raises a deficit.
    deficit: Deficit,
    /// By how much it lowers equity.
    loss: Money,
}

impl Bound {
    /// Of an order that cannot make anything worse, or only in what it closes.
    pub const ZERO: Self = Self {
        deficit: Deficit(0),
        loss: Money(0),
    };

    /// Of an order at a row, at a margin ratio. `None` if a number does not fit.
    pub fn of(order: &OpenRisk, row: &Row, ratio: u16) -> Option<Self> {
        let change = equity_change(order, row)?.get();
        let profits = || row.scenarios.iter().map(|profit| i128::from(profit.get()));
        // The steeper of the two pieces of the floor, in the worst scenario of one lot of this side.
        let lot = match order.side {
            Side::Buy => i128::from(row.floor_long.get()).checked_sub(profits().min()?)?,
            Side::Sell => i128::from(row.floor_short.get()).checked_add(profits().max()?)?,
        };
        let required = lot
            .checked_mul(ratio.into())?
            .checked_mul(order.quantity.get().into())?;
        let deficit = required.checked_sub(change.checked_mul(1 << RATIO_SHIFT)?)?;
        // All of this is linear in the lots but for the fee, which is rounded up: a part of the order can cost one more
        // than its share.
        Some(Self {
            deficit: Deficit(deficit.max(0).checked_add(1 << RATIO_SHIFT)?),
            loss: Money(change.checked_neg()?.max(0).checked_add(1)?),
        })
    }

    /// Of both.
    pub fn plus(self, other: Self) -> Option<Self> {
        Some(Self {
            deficit: self.deficit.checked_add(other.deficit)?,
            loss: self.loss.checked_add(other.loss)?,
        })
    }

    /// Without one that is in it.
    pub fn minus(self, other: Self) -> Option<Self> {
        Some(Self {
            deficit: self.deficit.checked_sub(other.deficit)?,
            loss: self.loss.checked_sub(other.loss)?,
        })
    }

    /// True if an account is surely covered at a margin ratio, whatever happens of this: no deficit is positive, and
    /// equity is not negative.
    pub fn is_covered(&self, account: &Assessment, ratio: u16) -> bool {
        let covered = || {
            let worst = account.exposure.iter().copied().max()?;
            let required = Deficit::of(worst, ratio)?.checked_add(self.deficit)?;
            let equity = Deficit::of(account.equity, 1 << RATIO_SHIFT)?;
            Some(required <= equity && account.equity >= self.loss)
        };
        covered().unwrap_or(false)
    }
}

/// The bounds of all orders of an account together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds(Derived<Sum>);

#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// When the bounds are of; `None` if one of them is not known.
    epoch: Option<Epoch>,
    bound: Bound,
    /// Less is left of an order than when its bound was computed.
    is_loose: bool,
}

impl Bounds {
    /// The sum, if it is of these rules.
    pub fn at(&self, epoch: Epoch) -> Option<Bound> {
        (self.0 .0.epoch == Some(epoch)).then_some(self.0 .0.bound)
    }

    /// True if the sum would be lower if it were computed anew.
    pub fn is_loose(&self) -> bool {
        self.0 .0.is_loose
    }

    /// No orders, by these rules.
    pub fn begin(&mut self, epoch: Epoch) {
        self.0 .0 = Sum {
            epoch: Some(epoch),
            ..Sum::default()
        };
    }

    /// An order comes, of which this is known.
    pub fn add(&mut self, bound: Option<Bound>) {
        self.set(bound.and_then(|bound| self.0 .0.bound.plus(bound)));
    }

    /// An order leaves, of which this was known.
    pub fn subtract(&mut self, bound: Option<Bound>) {
        self.set(bound.and_then(|bound| self.0 .0.bound.minus(bound)));
    }

    fn set(&mut self, bound: Option<Bound>) {
        match bound {
            Some(bound) => self.0 .0.bound = bound,
            None => self.0 .0.epoch = None,
        }
    }

    /// Less of an order is left.
    pub fn loosen(&mut self) {
        self.0 .0.is_loose = true;
    }
}

#[cfg(test)]
mod tests {
    use super::Bound;
    use crate::exposure::{fee_at, OpenRisk, WorstCase};
    use cloister_engine_testing::{table, MARK, ONE};
    use cloister_ledger::Side;
    use cloister_risk::{Assessment, Positions};
    use cloister_types::{Lots, Money, Position, Price, Total};
    use proptest::prelude::*;

    /// An order, and what is left of it.
    fn open_risk() -> impl Strategy<Value = (OpenRisk, OpenRisk)> {
        (
            any::<bool>(),
            any::<bool>(),
            1u64..50,
            0u64..50,
            -90i64..=90,
            0u32..2_000,
        )
            .prop_map(|(eth, sells, quantity, filled, tick, rate)| {
                let (row, mark) = if eth { (3, 10 * ONE) } else { (0, MARK) };
                let limit = Price(mark.saturating_add_signed(tick * mark as i64 / 1_000 + 7));
                let cap = Price(limit.get() / 1_500);
                let of = |quantity: u64| OpenRisk {
                    row,
                    side: if sells { Side::Sell } else { Side::Buy },
                    quantity: Lots(quantity),
                    limit,
                    fee: fee_at(limit.times(Lots(quantity)), rate)
                        .unwrap()
                        .min(cap.times(Lots(quantity))),
                };
                (of(quantity), of(quantity - filled % quantity))
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        #[test]
        fn whoever_is_covered_by_the_bound_is_covered(
            orders in proptest::collection::vec(open_risk(), 0..6),
            btc in -20i64..20,
            eth in -60i64..60,
            cash in -1_000i64..3_000,
            spare in 0i128..600,
        ) {
            let table = table(1);
            let ratio = table.header.initial;
            let mut positions = Positions::default();
            (positions[0], positions[3]) = (Position(btc), Position(eth));
            let bounds = orders.iter().map(|(order, _)| Bound::of(order, &table.rows[order.row], ratio).unwrap());
            let sum = bounds.fold(Bound::ZERO, |sum, bound| sum.plus(bound).unwrap());
            let left: Vec<OpenRisk> = orders.iter().map(|(_, left)| *left).collect();
            let worst = |cash| WorstCase::new(&table, &positions, cash, &left, ratio).unwrap().shortfall();
            let covered = |cash| sum.is_covered(&Assessment::new(&table, &positions, cash).unwrap(), ratio);
            let cash = Money(i128::from(cash) * i128::from(ONE));
            if covered(cash) {
                prop_assert_eq!(worst(cash), Total::ZERO);
            }
            // Just below what is needed, where a bound that is too low by one would show.
            let needed = cash.get() + worst(cash).get() as i128;
            let less = Money(needed - 1);
            prop_assert!(worst(cash).is_zero() || !covered(less));
            // A bound that says nothing would be no use.
            let rich = Money(needed + i128::from(ONE) * 10_000 + spare);
            prop_assert!(covered(rich));
        }

        #[test]
        fn a_bound_without_orders_is_the_rule_itself(btc in -60i64..60, eth in -60i64..60, cash in -1_000i64..3_000) {
            let table = table(1);
            let mut positions = Positions::default();
            (positions[0], positions[3]) = (Position(btc), Position(eth));
            let cash = Money(i128::from(cash) * i128::from(ONE));
            let assessment = Assessment::new(&table, &positions, cash).unwrap();
            let exact = WorstCase::new(&table, &positions, cash, &[], table.header.initial).unwrap();
            let covered = Bound::ZERO.is_covered(&assessment, table.header.initial);
            prop_assert_eq!(covered, exact.shortfall().is_zero());
        }
    }
}
