//! What an account holds, with its equity and exposures: those after a trade follow from those before.

use crate::{
    bound::Epoch,
    error::TradeError,
    trade::{Change, Holdings, Trade},
};
use cloister_crypto::constants::RATIO_SHIFT;
use cloister_risk::{Assessment, MarginError, RiskTable, Row};
use cloister_types::{Deficit, Money, PerLot, Position};

/// Holdings and their assessment at the table of an epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assessed {
    epoch: Epoch,
    held: Holdings,
    /// `None` if a sum does not fit.
    assessment: Option<Assessment>,
}

/// What one side of a fill changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moved<'a> {
    number: usize,
    row: &'a Row,
    after: Change,
    equity: Money,
    /// Lots bought; negative if they are sold.
    bought: Position,
    /// What the floor of the row grows by.
    raised: Money,
}

/// What was assessed before, or just now. As small as a reference, unlike a `Cow`.
#[derive(Debug)]
pub(crate) enum Found<'a> {
    Before(&'a Assessed),
    Now(Box<Assessed>),
}

impl Found<'_> {
    pub fn boxed(self) -> Box<Assessed> {
        match self {
            Self::Before(assessed) => Box::new(assessed.clone()),
            Self::Now(assessed) => assessed,
        }
    }
}

impl core::ops::Deref for Found<'_> {
    type Target = Assessed;

    fn deref(&self) -> &Assessed {
        match self {
            Self::Before(assessed) => assessed,
            Self::Now(assessed) => assessed,
        }
    }
}

const OUT_OF_RANGE: TradeError = TradeError::Margin(MarginError::OutOfRange);

impl Assessed {
    pub fn new(table: &RiskTable, epoch: Epoch, held: Holdings) -> Self {
        Self {
            epoch,
            held,
            assessment: held.assess(table).ok(),
        }
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    pub fn held(&self) -> &Holdings {
        &self.held
    }

    pub fn assessment(&self) -> Option<&Assessment> {
        self.assessment.as_ref()
    }

    /// Checks B-INSTRUMENT, B-BAND, B-REDUCE, B-LIMIT, B-MARGIN and B-EQUITY for one side of a fill, and says what it
    /// changes.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn check<'a>(&self, table: &'a RiskTable, trade: &Trade) -> Result<Moved<'a>, TradeError> {
        let (row, after) = self.held.change_within_rules(table, trade)?;
        let before = self.assessment.as_ref().ok_or(OUT_OF_RANGE)?;
        let moved = self.moved(before, row, trade.row, after).ok_or(OUT_OF_RANGE)?;
        // With initial margin afterwards nothing else is asked; only who lacks it must find another way.
        if !moved.has_initial_margin(before, table).ok_or(OUT_OF_RANGE)? {
            let traded = Holdings::traded(row, trade).ok_or(TradeError::OutOfRange)?;
            let mut after = *before;
            moved.apply(&mut after).ok_or(OUT_OF_RANGE)?;
            Assessment::choose(before, &after, table, &traded, false)?;
        }
        Ok(moved)
    }

    fn moved<'a>(&self, before: &Assessment, row: &'a Row, number: usize, after: Change) -> Option<Moved<'a>> {
        let held = *self.held.positions.get(number)?;
        let floor = |position: Position| {
            let unit = if position > Position::ZERO {
                row.floor_long
            } else {
                row.floor_short
            };
            unit.times(position.size()).signed()
        };
        let bought = after.position.checked_sub(held)?;
        let paid = after.cash.checked_sub(self.held.cash)?;
        Some(Moved {
            number,
            row,
            after,
            equity: before.equity.checked_add(paid)?.checked_add(row.value.times(bought))?,
            bought,
            raised: floor(after.position)?.checked_sub(floor(held)?)?,
        })
    }

    /// Makes a change that was checked.
    pub fn apply(&mut self, moved: &Moved<'_>) {
        self.held.make(moved.number, moved.after);
        let assessed = self.assessment.as_mut().and_then(|assessment| moved.apply(assessment));
        if assessed.is_none() {
            self.assessment = None;
        }
    }
}

impl Moved<'_> {
    /// An exposure after, from the one before. An exposure is a sum over the rows, so one part of it is replaced.
    fn exposure(&self, before: Money, profit: PerLot) -> Option<Money> {
        before.checked_add(self.raised)?.checked_sub(profit.times(self.bought))
    }

    /// True if no initial deficit is positive after, and equity is not negative.
    fn has_initial_margin(&self, before: &Assessment, table: &RiskTable) -> Option<bool> {
        let mut worst = Money::ZERO;
        for (exposure, profit) in before.exposure.iter().zip(&self.row.scenarios) {
            worst = worst.max(self.exposure(*exposure, *profit)?);
        }
        let required = Deficit::of(worst, table.header.initial)?;
        Some(required <= Deficit::of(self.equity, 1 << RATIO_SHIFT)?)
    }

    fn apply(&self, assessment: &mut Assessment) -> Option<()> {
        assessment.equity = self.equity;
        for (exposure, profit) in assessment.exposure.iter_mut().zip(&self.row.scenarios) {
            *exposure = self.exposure(*exposure, *profit)?;
        }
        Some(())
    }
}

impl Holdings {
    /// Checks B-INSTRUMENT, B-BAND, B-REDUCE, B-LIMIT, B-MARGIN and B-EQUITY for one side of a fill and returns what
    /// the account holds after.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn after(&self, table: &RiskTable, trade: &Trade) -> Result<Self, TradeError> {
        let mut assessed = Assessed::new(table, 0, *self);
        let moved = assessed.check(table, trade)?;
        assessed.apply(&moved);
        Ok(assessed.held)
    }
}

#[cfg(test)]
mod tests {
    use super::Assessed;
    use crate::trade::{Holdings, Trade};
    use cloister_engine_testing::{table, MARK, ONE};
    use cloister_ledger::Side;
    use cloister_risk::Assessment;
    use cloister_types::{Lots, Money, Price, Total};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_follows_from_the_holdings_before_is_what_the_holdings_after_give(
            trades in proptest::collection::vec((any::<bool>(), any::<bool>(), 1u64..40, -9i64..=9, 0u128..900), 1..30),
            cash in 0i64..5_000,
        ) {
            let table = table(1);
            let held = Holdings { cash: Money(i128::from(cash) * i128::from(ONE)), ..Holdings::default() };
            let mut assessed = Assessed::new(&table, 7, held);
            for (eth, sells, quantity, percent, fee) in trades {
                let (row, mark) = if eth { (3, 10 * ONE) } else { (0, MARK) };
                let price = Price(mark.saturating_add_signed(percent * mark as i64 / 100));
                let trade = Trade {
                    row,
                    side: if sells { Side::Sell } else { Side::Buy },
                    quantity: Lots(quantity),
                    cost: price.times(Lots(quantity)),
                    fee: Total(fee),
                    reduce_only: false,
                };
                let before = *assessed.held();
                prop_assert_eq!(before.after_all(&table, &[trade]), before.after(&table, &trade));
                match assessed.check(&table, &trade) {
                    Ok(moved) => {
                        assessed.apply(&moved);
                        prop_assert_eq!(before.after(&table, &trade), Ok(*assessed.held()));
                    }
                    Err(rule) => prop_assert_eq!(before.after(&table, &trade), Err(rule)),
                }
                let held = assessed.held();
                let expected = Assessment::new(&table, &held.positions, held.cash).unwrap();
                prop_assert_eq!(assessed.assessment(), Some(&expected));
                prop_assert_eq!(&assessed, &Assessed::new(&table, 7, *held));
            }
        }
    }
}
