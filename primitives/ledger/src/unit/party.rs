//! The parties of deleveraging.

/// The two sides of deleveraging (B-DELEVERAGE).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// An account of negative equity, which sheds its lots and keeps its debt.
    Insolvent,
    /// An account that gives up the opposite lots.
    Counterparty,
}
