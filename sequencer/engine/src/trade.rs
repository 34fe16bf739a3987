//! One side of one fill: the rules of B-NORMAL, with the margin code of the proof.

use crate::error::TradeError;
use cloister_crypto::constants::{COST_BITS, POSITION_BITS};
use cloister_ledger::{account::cash_fits, Side};
use cloister_risk::{Assessment, Positions, RiskTable, Row, Status};
use cloister_types::{Money, Position};

/// What the rules look at in an account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holdings {
    /// Signed cash, 10^-6.
    pub cash: i128,
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
    pub quantity: u64,
    /// Price times lots, 10^-6.
    pub cost: u128,
    /// Fee, 10^-6.
    pub fee: u128,
    /// The order only reduces.
    pub reduce_only: bool,
}

/// Lots by which an order of this side can reduce the position: `max(0, -σ·q)` (B-REDUCE).
pub fn reducible(position: Position, side: Side) -> u64 {
    match side {
        Side::Buy if position < Position::ZERO => position.size().get(),
        Side::Sell if position > Position::ZERO => position.size().get(),
        _ => 0,
    }
}

/// The prices that B-BAND allows a row: `mark ± band`, lowest first.
pub fn band(row: &Row) -> (u64, u64) {
    let (mark, band) = (i128::from(row.mark.get()), i128::from(row.band.get()));
    let clamp = |x: i128| u64::try_from(x.clamp(0, u64::MAX.into())).unwrap_or_default();
    (clamp(mark - band), clamp(mark + band))
}

/// `|n - f·mark| <= f·band`.
fn in_band(row: &Row, trade: &Trade) -> Option<bool> {
    let lots = i128::from(trade.quantity);
    let distance = i128::try_from(trade.cost)
        .ok()?
        .checked_sub(lots.checked_mul(row.mark.get().into())?)?;
    Some(distance.unsigned_abs() <= lots.checked_mul(row.band.get().into())?.unsigned_abs())
}

impl Holdings {
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
        if trade.cost >> COST_BITS != 0 {
            return Err(TradeError::OutOfRange);
        }
        if !in_band(row, trade).ok_or(TradeError::OutOfRange)? {
            return Err(TradeError::Band);
        }
        let before = *self.positions.get(trade.row).ok_or(TradeError::NotTrading)?;
        let must_reduce = trade.reduce_only || row.status == Status::CloseOnly;
        if must_reduce && reducible(before, trade.side) < trade.quantity {
            return Err(TradeError::Reduce);
        }
        let next = self.moved(row, trade).ok_or(TradeError::OutOfRange)?;
        let after = next.positions.get(trade.row).copied().unwrap_or_default();
        if after.size() > row.limit && after.size() > before.size() {
            return Err(TradeError::Limit);
        }
        let from = Assessment::new(table, &self.positions, Money(self.cash))?;
        let to = Assessment::new(table, &next.positions, Money(next.cash))?;
        Assessment::choose(&from, &to, table, false)?;
        Ok(next)
    }

    /// `q += σ·f`, `cash -= σ·(n - f·F) + fee`, inside the ranges of B-RANGE.
    fn moved(&self, row: &Row, trade: &Trade) -> Option<Self> {
        let sign = trade.side.sign();
        let lots = i64::try_from(trade.quantity).ok()?;
        let mut next = *self;
        let position = next.positions.get_mut(trade.row)?;
        *position = position.checked_add(Position(lots.checked_mul(sign)?))?;
        if position.size().get() >> (POSITION_BITS - 1) != 0 {
            return None;
        }
        let funding = i128::from(lots).checked_mul(row.funding.get().into())?;
        let paid = i128::try_from(trade.cost)
            .ok()?
            .checked_sub(funding)?
            .checked_mul(sign.into())?;
        next.cash = next
            .cash
            .checked_sub(paid)?
            .checked_sub(i128::try_from(trade.fee).ok()?)?;
        cash_fits(next.cash).then_some(next)
    }
}
