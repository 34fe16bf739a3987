//! One side of one fill: the rules of B-NORMAL, with the margin code of the proof.

use crate::error::TradeError;
use cloister_crypto::constants::{COST_BITS, POSITION_BITS};
use cloister_ledger::{account::cash_fits, Side};
use cloister_risk::{Assessment, MarginError, Positions, RiskTable, Row, Traded};
use cloister_types::{Lots, Money, Position, Price, Total};

/// What the rules look at in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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

    /// Checks B-INSTRUMENT, B-BAND, B-REDUCE, B-LIMIT, B-MARGIN and B-EQUITY for one side of a fill and returns what
    /// the account holds after.
    ///
    /// # Errors
    /// The first rule that fails.
    pub fn after(&self, table: &RiskTable, trade: &Trade) -> Result<Self, TradeError> {
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
        let next = self.moved(row, trade).ok_or(TradeError::OutOfRange)?;
        let after = next.positions.get(trade.row).copied().unwrap_or_default().size();
        if after > row.limit && !reduces {
            return Err(TradeError::Limit);
        }
        let traded = Self::traded(row, trade).ok_or(TradeError::OutOfRange)?;
        Assessment::choose(&self.assess(table)?, &next.assess(table)?, table, &traded, false)?;
        Ok(next)
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
    fn moved(&self, row: &Row, trade: &Trade) -> Option<Self> {
        let mut next = *self;
        let after = self
            .positions
            .get(trade.row)?
            .checked_add(trade.side.change(trade.quantity)?)?;
        if after.size().get() >> (POSITION_BITS - 1) != 0 {
            return None;
        }
        *next.positions.get_mut(trade.row)? = after;
        let funding = row.funding.times(trade.quantity.bought()?);
        let paid = trade.cost.signed()?.checked_sub(funding)?;
        let cash = match trade.side {
            Side::Buy => self.cash.checked_sub(paid)?,
            Side::Sell => self.cash.checked_add(paid)?,
        };
        next.cash = cash.checked_sub(trade.fee.signed()?)?;
        cash_fits(next.cash).then_some(next)
    }
}
