//! Fills of orders, liquidations, expiries and deleveraging (B-FILL).

use crate::{
    account::Account,
    instruction::{flags, Instruction, Side},
    packing::position_fits,
};
use cloister_crypto::constants::{COST_BITS, FEE_CAP_ONE, QUANTITY_BITS, RATIO_SHIFT};
use cloister_risk::{margin::highest_discount, RiskTable, Row, Status, Traded};
use cloister_types::{Lots, Money, PerLot, Position, Price, Total};

/// What one order, liquidation, expiry or deleveraging traded in one instrument within a unit, whoever the
/// counterparties were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Side of an unsigned fill (liquidation, expiry, deleveraging). Ignored for an order, whose side is signed.
    pub side: Side,
    /// Row of the instrument in the risk table.
    pub row: u8,
    /// Lots.
    pub quantity: Lots,
    /// Cost `n = Σ price·lots`.
    pub cost: Total,
    /// Fee. An order pays it to the fee pool, a liquidation to the insurance.
    pub fee: Total,
}

/// What a fill belongs to, which decides the bounds it must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillRule<'a> {
    /// A signed order.
    Order(&'a Instruction),
    /// A step of a liquidation.
    Liquidation,
    /// The settlement of a position in an expired instrument.
    Expiry,
    /// Lots closed against lots that an insolvent account sheds, or those lots.
    Deleveraging,
}

/// Why a fill is refused. Each variant names the rule of `docs/spec/batch.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// B-FILL: quantity, cost or fee does not fit its width.
    #[error("quantity, cost or fee does not fit its width")]
    Width,
    /// B-FILL: no lot is filled.
    #[error("no lot is filled")]
    Nothing,
    /// B-INSTRUMENT: the row does not exist, or does not list the signed instrument.
    #[error("the row does not list the instrument")]
    Instrument,
    /// B-INSTRUMENT: the instrument is not trading.
    #[error("the instrument is not trading")]
    NotTrading,
    /// B-INSTRUMENT: the instrument has not expired.
    #[error("the instrument has not expired")]
    NotExpired,
    /// B-STALE: an unsigned fill in a stale row.
    #[error("nothing is filled without a signature in a stale row")]
    Stale,
    /// B-PRICE: worse than the limit.
    #[error("the price is worse than the limit")]
    Price,
    /// B-BAND: too far from the mark.
    #[error("the price is outside the band around the mark")]
    Band,
    /// B-EXPIRY, B-DELEVERAGE: not at the mark.
    #[error("expiry and deleveraging settle at the mark")]
    NotAtMark,
    /// B-DISCOUNT: a liquidation's price is too much worse than the mark.
    #[error("the price of the liquidation is worse than the mark by more than the discount")]
    AboveDiscount,
    /// B-FEE: above what the trader allowed.
    #[error("the fee is above the signed maximum")]
    FeeAboveMaximum,
    /// B-FEE: above the table's cap.
    #[error("the fee is above the cap")]
    FeeAboveCap,
    /// B-FEE: a liquidation's price and fee together take more than the penalty.
    #[error("price and fee of the liquidation together take more than the penalty")]
    AbovePenalty,
    /// B-FEE: an expiry takes no fee.
    #[error("an expiry takes no fee")]
    FeeOfExpiry,
    /// B-FEE: deleveraging takes no fee.
    #[error("deleveraging takes no fee")]
    FeeOfDeleveraging,
    /// B-REDUCE: the fill does not reduce.
    #[error("the fill does not reduce the position")]
    NotReducing,
    /// B-LIQUIDATION: more lots than one step allows.
    #[error("the fill is larger than a liquidation step")]
    Chunk,
    /// B-EXPIRY: part of the position would remain.
    #[error("an expiry closes the whole position")]
    NotWhole,
    /// B-LIMIT: the position would be beyond its limit, and the fill does not just reduce it.
    #[error("the position would be beyond its limit")]
    PositionLimit,
    /// B-RANGE: the new position does not fit.
    #[error("the position does not fit its width")]
    PositionWidth,
    /// B-RANGE: cash cannot be computed.
    #[error("cash does not fit its width")]
    CashWidth,
}

impl Fill {
    /// True if nothing is filled. Side and row then have no meaning.
    pub fn is_nothing(&self) -> bool {
        (self.quantity, self.cost, self.fee) == (Lots::ZERO, Total::ZERO, Total::ZERO)
    }

    /// The fill that settles a whole position at the final mark of its row (B-EXPIRY); nothing for a position of 0.
    pub fn settlement(row: u8, position: Position, mark: PerLot) -> Self {
        Self::at_mark(row, position, position.size(), mark)
    }

    /// The fill that closes some lots of a position at the mark of its row (B-EXPIRY, B-DELEVERAGE).
    pub fn at_mark(row: u8, position: Position, quantity: Lots, mark: PerLot) -> Self {
        Self {
            side: if position > Position::ZERO {
                Side::Sell
            } else {
                Side::Buy
            },
            row,
            quantity,
            // A mark below zero cannot be settled, and is refused as not at the mark.
            cost: Price(u64::try_from(mark.get()).unwrap_or_default()).times(quantity),
            fee: Total::ZERO,
        }
    }

    /// B-FILL: at least one lot, and everything in its width.
    ///
    /// # Errors
    /// [`FillError::Width`], [`FillError::Nothing`].
    pub fn measure(&self) -> Result<(), FillError> {
        // A position of -2^40 is settled by 2^40 lots; orders and liquidation steps are smaller by their other bounds.
        if self.quantity > Lots(1 << QUANTITY_BITS)
            || self.cost.get() >> COST_BITS != 0
            || self.fee.get() >> COST_BITS != 0
        {
            return Err(FillError::Width);
        }
        if self.quantity == Lots::ZERO {
            return Err(FillError::Nothing);
        }
        Ok(())
    }

    /// Checks the fill against its rule and applies it to positions and cash of `account`. Tells what the margin rules
    /// ask of it beyond that.
    ///
    /// # Errors
    /// The first rule that does not hold; `account` is then unspecified.
    pub fn apply(&self, rule: FillRule<'_>, table: &RiskTable, account: &mut Account) -> Result<Traded, FillError> {
        self.measure()?;
        let number = usize::from(self.row);
        let row = table.rows.get(number).ok_or(FillError::Instrument)?;
        let position = account.positions.get_mut(number).ok_or(FillError::Instrument)?;
        let before = *position;
        let side = match rule {
            FillRule::Order(order) => order.side,
            FillRule::Liquidation | FillRule::Expiry | FillRule::Deleveraging => self.side,
        };
        match rule {
            FillRule::Order(order) => self.check_order(order, table, row)?,
            FillRule::Liquidation => self.check_liquidation(table, row)?,
            FillRule::Expiry => self.check_expiry(row, before)?,
            FillRule::Deleveraging => self.check_deleveraging(row)?,
        }
        let change = side.change(self.quantity).ok_or(FillError::Width)?;
        let must_reduce = match rule {
            FillRule::Order(order) => order.has(flags::REDUCE_ONLY) || row.only_reduces(),
            FillRule::Liquidation | FillRule::Expiry | FillRule::Deleveraging => true,
        };
        let reduces = reduces(before, change);
        if must_reduce && !reduces {
            return Err(FillError::NotReducing);
        }
        let after = before.checked_add(change).ok_or(FillError::PositionWidth)?;
        if !position_fits(after) {
            return Err(FillError::PositionWidth);
        }
        if after.size() > row.limit && !reduces {
            return Err(FillError::PositionLimit);
        }
        *position = after;
        account.cash = self.cash_after(account.cash, row, side).ok_or(FillError::CashWidth)?;
        let concession = Money(self.concession(row, side)?);
        let traded = Traded::fill(row, concession, side == Side::Sell);
        Ok(match rule {
            FillRule::Liquidation => traded.with_penalty(self.fee),
            FillRule::Order(_) | FillRule::Expiry | FillRule::Deleveraging => traded,
        })
    }

    /// B-INSTRUMENT, B-PRICE, B-BAND, B-FEE of an order.
    fn check_order(&self, order: &Instruction, table: &RiskTable, row: &Row) -> Result<(), FillError> {
        if row.instrument_id != order.instrument_id {
            return Err(FillError::Instrument);
        }
        if !row.is_live() {
            return Err(FillError::NotTrading);
        }
        let gain = self
            .at(order.limit.into())?
            .checked_sub(self.signed_cost()?)
            .ok_or(FillError::Width)?;
        if gain.checked_mul(order.side.sign().into()).ok_or(FillError::Width)? < 0 {
            return Err(FillError::Price);
        }
        self.check_band(row)?;
        let allowed = u128::from(self.quantity.get())
            .checked_mul(order.max_fee.get().into())
            .ok_or(FillError::Width)?;
        if self.fee > Total(allowed) {
            return Err(FillError::FeeAboveMaximum);
        }
        let fee = self.fee.get().checked_mul(FEE_CAP_ONE.into()).ok_or(FillError::Width)?;
        let highest = self.cost.get().checked_mul(table.header.fee_cap.into());
        if fee > highest.ok_or(FillError::Width)? {
            return Err(FillError::FeeAboveCap);
        }
        Ok(())
    }

    /// B-INSTRUMENT, B-LIQUIDATION, B-BAND, B-DISCOUNT, B-FEE of a liquidation.
    fn check_liquidation(&self, table: &RiskTable, row: &Row) -> Result<(), FillError> {
        if !row.is_live() {
            return Err(FillError::NotTrading);
        }
        if row.stale {
            return Err(FillError::Stale);
        }
        if self.quantity > row.chunk {
            return Err(FillError::Chunk);
        }
        self.check_band(row)?;
        let concession = self.concession(row, self.side)?;
        let scaled = |cost: i128| cost.checked_mul(1 << RATIO_SHIFT).ok_or(FillError::Width);
        let highest = highest_discount(table, row, self.side == Side::Sell, self.quantity);
        if scaled(concession)? > highest.ok_or(FillError::Width)? {
            return Err(FillError::AboveDiscount);
        }
        let fee = i128::try_from(self.fee.get()).map_err(|_| FillError::Width)?;
        let cost = fee.checked_add(concession).ok_or(FillError::Width)?;
        if scaled(cost)? > self.penalty(table, row)? {
            return Err(FillError::AbovePenalty);
        }
        Ok(())
    }

    /// `σ·(n - f·mark)`: what the price costs the account, measured from the mark.
    fn concession(&self, row: &Row, side: Side) -> Result<i128, FillError> {
        self.signed_cost()?
            .checked_sub(self.at(row.mark.get().into())?)
            .and_then(|distance| distance.checked_mul(side.sign().into()))
            .ok_or(FillError::Width)
    }

    /// `f·penalty·(mark + floor)`, with the floor of the side that is closed: the most that a step of a liquidation
    /// may cost, times 2^8.
    fn penalty(&self, table: &RiskTable, row: &Row) -> Result<i128, FillError> {
        self.at(row.basis(self.side == Side::Sell).get())?
            .checked_mul(table.header.penalty.into())
            .ok_or(FillError::Width)
    }

    /// The fee that leaves a step of a liquidation at its bound; `None` if its price alone takes more than the
    /// penalty. The fill's own fee is ignored.
    pub fn highest_penalty(&self, table: &RiskTable) -> Option<u128> {
        let row = table.rows.get(usize::from(self.row))?;
        let whole = self.penalty(table, row).ok()? >> RATIO_SHIFT;
        u128::try_from(whole.checked_sub(self.concession(row, self.side).ok()?)?).ok()
    }

    /// B-INSTRUMENT, B-EXPIRY, B-FEE of an expiry.
    fn check_expiry(&self, row: &Row, position: Position) -> Result<(), FillError> {
        if row.status != Status::Expired {
            return Err(FillError::NotExpired);
        }
        // No table says so (S-RISK).
        if row.stale {
            return Err(FillError::Stale);
        }
        if self.quantity != position.size() {
            return Err(FillError::NotWhole);
        }
        self.check_at_mark(row, FillError::FeeOfExpiry)
    }

    /// B-INSTRUMENT, B-DELEVERAGE, B-FEE of deleveraging.
    fn check_deleveraging(&self, row: &Row) -> Result<(), FillError> {
        if !row.is_live() {
            return Err(FillError::NotTrading);
        }
        if row.stale {
            return Err(FillError::Stale);
        }
        self.check_at_mark(row, FillError::FeeOfDeleveraging)
    }

    /// At exactly the mark and without a fee, so that equity stays as it is.
    fn check_at_mark(&self, row: &Row, with_fee: FillError) -> Result<(), FillError> {
        if self.signed_cost()? != self.at(row.mark.get().into())? {
            return Err(FillError::NotAtMark);
        }
        if self.fee.is_zero() {
            Ok(())
        } else {
            Err(with_fee)
        }
    }

    /// B-BAND.
    fn check_band(&self, row: &Row) -> Result<(), FillError> {
        let distance = self
            .signed_cost()?
            .checked_sub(self.at(row.mark.get().into())?)
            .ok_or(FillError::Width)?;
        if distance.unsigned_abs() > self.at(row.band.get().into())?.unsigned_abs() {
            return Err(FillError::Band);
        }
        Ok(())
    }

    fn signed_cost(&self) -> Result<i128, FillError> {
        i128::try_from(self.cost.get()).map_err(|_| FillError::Width)
    }

    /// The value of the filled lots at a price.
    fn at(&self, price: i128) -> Result<i128, FillError> {
        i128::from(self.quantity.get())
            .checked_mul(price)
            .ok_or(FillError::Width)
    }

    /// `cash - σ·(n - f·F) - fee`.
    fn cash_after(&self, cash: Money, row: &Row, side: Side) -> Option<Money> {
        let funding = row.funding.times(self.quantity.bought()?);
        let net = self.cost.signed()?.checked_sub(funding)?;
        let paid = match side {
            Side::Buy => net,
            Side::Sell => net.checked_neg()?,
        };
        cash.checked_sub(paid)?.checked_sub(self.fee.signed()?)
    }
}

/// B-REDUCE: `-σ·q >= f`.
fn reduces(position: Position, change: Position) -> bool {
    let opposite = (position.get() < 0) != (change.get() < 0);
    opposite && change.size() <= position.size()
}
