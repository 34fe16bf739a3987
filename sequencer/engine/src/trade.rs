//! One side of one fill: the rules of B-NORMAL, with the margin code of the proof.

use crate::error::TradeError;
use cloister_crypto::constants::{COST_BITS, POSITION_BITS};
use cloister_ledger::{account::cash_fits, Side};
use cloister_risk::{Assessment, MarginError, Positions, RiskTable, Row, Traded};
use cloister_types::{Lots, Money, Position, Price, Total};
use codec::{Decode, Encode};

/// What the rules look at in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub struct Holdings {
    /// Signed cash.
    pub cash: Money,
    /// Positions in lots.
    pub positions: Positions,
}

/// One side of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Row of the risk table.
    pub row: usize,
    /// Side of this account.
    pub side: Side,
    /// Lots.
    pub quantity: Lots,
    /// Price times lots.
    pub cost: Total,
    /// Fee.
    pub fee: Total,
    /// The order only reduces.
    pub reduce_only: bool,
}

/// Lots by which an order of this side can reduce the position: `max(0, -σ·q)` (B-REDUCE).
pub fn reducible(position: Position, side: Side) -> Lots {
    match side {
        Side::Buy if position < Position::ZERO => position.size(),
        Side::Sell if position > Position::ZERO => position.size(),
        _ => Lots::ZERO,
    }
}

/// The prices that B-BAND allows a row: `mark ± band`, lowest first.
pub fn band(row: &Row) -> (Price, Price) {
    let mark = i128::from(row.mark.get());
    let clamp = |x: i128| Price(u64::try_from(x.clamp(0, u64::MAX.into())).unwrap_or_default());
    let band = i128::from(row.band.get());
    (clamp(mark - band), clamp(mark + band))
}

/// `|n - f·mark| <= f·band`.
fn in_band(row: &Row, trade: &Trade) -> Option<bool> {
    let fair = row.mark.times(trade.quantity.bought()?);
    let distance = trade.cost.signed()?.checked_sub(fair)?.get();
    Some(distance.unsigned_abs() <= row.band.times(trade.quantity).get())
}

impl Holdings {
    /// Equity and exposures at a table.
    pub(crate) fn assess(&self, table: &RiskTable) -> Result<Assessment, MarginError> {
        Assessment::new(table, &self.positions, self.cash)
    }

    /// Checks B-INSTRUMENT, B-BAND, B-REDUCE and B-LIMIT for one side of a fill. Gives the row, and what is different
    /// after.
    pub(crate) fn change_within_rules<'a>(
        &self,
        table: &'a RiskTable,
        trade: &Trade,
    ) -> Result<(&'a Row, Change), TradeError> {
        let row = table
            .rows
            .get(trade.row)
            .filter(|r| r.is_live())
            .ok_or(TradeError::NotTrading)?;
        if trade.cost.get() >> COST_BITS != 0 {
            return Err(TradeError::OutOfRange);
        }
        if !in_band(row, trade).ok_or(TradeError::OutOfRange)? {
            return Err(TradeError::Band);
        }
        let before = self.positions.get(trade.row).copied().ok_or(TradeError::NotTrading)?;
        let reduces = trade.quantity <= reducible(before, trade.side);
        if (trade.reduce_only || row.only_reduces()) && !reduces {
            return Err(TradeError::Reduce);
        }
        let change = self.change(row, before, trade).ok_or(TradeError::OutOfRange)?;
        if change.position.size() > row.limit && !reduces {
            return Err(TradeError::Limit);
        }
        Ok((row, change))
    }

    /// As [`Self::after`] for the fills of one unit, in the order of its places: margin and equity are asked for once,
    /// after all of them.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn after_all(&self, table: &RiskTable, trades: &[Trade]) -> Result<Self, TradeError> {
        let (mut next, mut traded) = (*self, Traded::default());
        for trade in trades {
            let (row, change) = next.change_within_rules(table, trade)?;
            let one = Self::traded(row, trade).ok_or(TradeError::OutOfRange)?;
            traded = traded.checked_add(&one).ok_or(TradeError::OutOfRange)?;
            next.make(trade.row, change);
        }
        Assessment::choose(&self.assess(table)?, &next.assess(table)?, table, &traded, false)?;
        Ok(next)
    }

    /// Makes a change that was checked, in its row.
    pub(crate) fn make(&mut self, row: usize, change: Change) {
        self.cash = change.cash;
        if let Some(position) = self.positions.get_mut(row) {
            *position = change.position;
        }
    }

    /// What B-MARGIN asks of a fill beyond the holdings before and after.
    pub(crate) fn traded(row: &Row, trade: &Trade) -> Option<Traded> {
        let fair = row.mark.times(trade.quantity.bought()?);
        let distance = trade.cost.signed()?.checked_sub(fair)?;
        let concession = match trade.side {
            Side::Buy => distance,
            Side::Sell => distance.checked_neg()?,
        };
        Some(Traded::fill(row, concession, trade.side == Side::Sell))
    }

    /// `q += σ·f`, `cash -= σ·(n - f·F) + fee`, inside the ranges of B-RANGE.
    fn change(&self, row: &Row, before: Position, trade: &Trade) -> Option<Change> {
        let position = before.checked_add(trade.side.change(trade.quantity)?)?;
        if position.size().get() >> (POSITION_BITS - 1) != 0 {
            return None;
        }
        let funding = row.funding.times(trade.quantity.bought()?);
        let paid = trade.cost.signed()?.checked_sub(funding)?;
        let cash = match trade.side {
            Side::Buy => self.cash.checked_sub(paid)?,
            Side::Sell => self.cash.checked_add(paid)?,
        };
        let cash = cash.checked_sub(trade.fee.signed()?)?;
        cash_fits(cash).then_some(Change { position, cash })
    }
}

/// What a trade changes of holdings, in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// The position after.
    pub position: Position,
    /// Cash after.
    pub cash: Money,
}
