//! Fills of orders, liquidations and expiries (B-FILL).

use crate::instruction::Side;

/// Everything one order, liquidation or expiry did at one instrument in a unit, whoever the counterparties.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// Side of an unsigned fill (liquidation, expiry). An order's side is the signed one, and this is not looked at.
    pub side: Side,
    /// Row of the instrument in the risk table.
    pub row: u8,
    /// Lots.
    pub quantity: u64,
    /// Cost `n = Σ price·lots`, 10^-6.
    pub cost: u128,
    /// Fee, 10^-6: of an order to the fee pool, of a liquidation to the insurance.
    pub fee: u128,
}

impl Fill {
    /// True if nothing is filled: an empty place. Side and row have no meaning then.
    pub fn is_nothing(&self) -> bool {
        (self.quantity, self.cost, self.fee) == (0, 0, 0)
    }
}
