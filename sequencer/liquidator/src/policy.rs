//! What the operator sets.

/// What the operator sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Discount to the mark at which makers take lots of a liquidation, 10^-6.
    pub discount: u32,
    /// Leverage up to which the house takes liquidated lots that nobody else takes, hundredths; its margin may allow
    /// less.
    pub house_leverage: u64,
}
