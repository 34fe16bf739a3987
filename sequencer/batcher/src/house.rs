//! What the house must answer for in the open batch, so that no group comes in that the rules of the house (B-HOUSE)
//! would stop when the batch is closed. Orders among each other leave the house as it is.

use cloister_engine::{Holdings, UnitMove};
use cloister_ledger::{packing::position_fits, BatchError, Party};
use cloister_risk::{Assessment, MarginError, Positions, RiskTable, Status};
use cloister_types::{Lots, Money, Position};
use codec::{Decode, Encode};

/// Sums over the units of groups in a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct HouseSums {
    /// Changes of the accounts' cash, without the fees of orders.
    cash: Money,
    /// Changes of their positions.
    positions: Positions,
    penalties: Money,
    /// Equity that was taken over, 0 or negative.
    taken_over: Money,
    /// Lots that liquidations and takeovers shed, by row.
    shed_long: [Lots; ROWS],
    shed_short: [Lots; ROWS],
    /// Lots of deleveraging by row: the sum of all changes, and what insolvent accounts shed less what counterparties
    /// did.
    deleveraged: [(i128, i128); ROWS],
}

/// Number of rows of a table.
const ROWS: usize = cloister_crypto::constants::INSTRUMENTS;

/// Lots by which one side shrank.
fn fewer(before: i64, after: i64) -> Lots {
    Lots(u64::try_from(before.max(0).saturating_sub(after.max(0))).unwrap_or_default())
}

impl HouseSums {
    /// Counts a unit; `None` if a sum does not fit.
    pub fn add(&mut self, moved: &UnitMove) -> Option<()> {
        let UnitMove { before, after, .. } = moved;
        let cash = after
            .cash
            .checked_sub(before.cash)?
            .checked_add(moved.order_fee.signed()?)?;
        self.cash = self.cash.checked_add(cash)?;
        self.penalties = self.penalties.checked_add(moved.penalties.signed()?)?;
        self.taken_over = self.taken_over.checked_add(moved.taken_over)?;
        let rows = before.positions.iter().zip(&after.positions).enumerate();
        for (row, (old, new)) in rows.filter(|(_, (old, new))| old != new) {
            let change = new.checked_sub(*old)?;
            let sum = self.positions.get_mut(row)?;
            *sum = sum.checked_add(change)?;
            let (old, new) = (old.get(), new.get());
            if moved.sheds {
                let (long, short) = (self.shed_long.get_mut(row)?, self.shed_short.get_mut(row)?);
                *long = long.checked_add(fewer(old, new))?;
                *short = short.checked_add(fewer(old.checked_neg()?, new.checked_neg()?))?;
            }
            if let Some(party) = moved.party {
                let gross = i128::from(new.checked_abs()?).checked_sub(old.checked_abs()?.into())?;
                let (net, unmatched) = self.deleveraged.get_mut(row)?;
                *net = net.checked_add(change.get().into())?;
                *unmatched = unmatched.checked_add(match party {
                    Party::Insolvent => gross,
                    Party::Counterparty => gross.checked_neg()?,
                })?;
            }
        }
        Some(())
    }

    /// The house after the batch, from the house before it with what is paid in.
    ///
    /// # Errors
    /// B-CONSERVE-Q, B-STALE, or a sum that does not fit.
    pub fn house(&self, table: &RiskTable, before: &Holdings) -> Result<Holdings, BatchError> {
        let mut after = Holdings {
            cash: before.cash.checked_sub(self.cash).ok_or(BatchError::Width)?,
            ..Holdings::default()
        };
        let sides = before.positions.iter().zip(&self.positions).zip(&mut after.positions);
        for (number, (row, ((held, sum), new))) in table.rows.iter().zip(sides).enumerate() {
            let number = u8::try_from(number).map_err(|_| BatchError::Width)?;
            if row.stale && !sum.is_zero() {
                return Err(BatchError::StaleHouse(number));
            }
            let left = || held.checked_sub(*sum).filter(|lots| position_fits(*lots));
            *new = match row.status {
                Status::Trading | Status::CloseOnly => left().ok_or(BatchError::HousePosition(number))?,
                Status::Empty if !sum.is_zero() => return Err(BatchError::Unbalanced(number)),
                Status::Empty => *held,
                Status::Expired => {
                    // What the lots of accounts and house were worth: minus their changes, at the final value.
                    let lots = held.checked_sub(*sum).ok_or(BatchError::HousePosition(number))?;
                    let paid = after.cash.checked_add(row.value.times(lots));
                    after.cash = paid.ok_or(BatchError::Width)?;
                    Position::ZERO
                }
            };
        }
        Ok(after)
    }

    /// Checks B-DELEVERAGE, B-HOUSE-GROWTH, B-HOUSE-EQUITY and B-HOUSE-MARGIN of the batch as it is.
    ///
    /// # Errors
    /// The rule that fails.
    pub fn check(&self, table: &RiskTable, before: &Holdings) -> Result<(), BatchError> {
        for (row, (net, unmatched)) in (0u8..).zip(&self.deleveraged) {
            if *net != 0 {
                return Err(BatchError::DeleveragedLots(row));
            }
            if *unmatched != 0 {
                return Err(BatchError::DeleveragedWithoutNeed(row));
            }
        }
        let after = self.house(table, before)?;
        let shed = self.shed_long.iter().zip(&self.shed_short);
        let held = before.positions.iter().zip(&after.positions);
        for (row, ((old, new), (long, short))) in (0u8..).zip(held.zip(shed)) {
            let (old, new) = (i128::from(old.get()), i128::from(new.get()));
            let lowest = old.min(0).saturating_sub(short.get().into());
            let highest = old.max(0).saturating_add(long.get().into());
            if !(lowest..=highest).contains(&new) {
                return Err(BatchError::HouseGrowth(row));
            }
        }
        let assess = |held: &Holdings| Assessment::new(table, &held.positions, held.cash);
        let margin = |source: MarginError| BatchError::HouseMargin(source);
        let (entry, left) = (assess(before).map_err(margin)?, assess(&after).map_err(margin)?);
        let least = entry.equity.checked_add(self.taken_over);
        let least = least.and_then(|equity| equity.checked_add(self.penalties));
        if left.equity < least.ok_or(BatchError::Width)? {
            return Err(BatchError::HouseEquity);
        }
        Assessment::choose_house(&entry, &left, table).map_err(margin)?;
        Ok(())
    }
}
