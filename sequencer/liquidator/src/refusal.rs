//! Why a group of units cannot be part of a batch.

/// Why a group of units cannot be part of a batch. The ledger would refuse it for the same reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refusal {
    /// No room is left in the batch.
    #[error("the batch is full")]
    Full,
    /// The account does not exist, or exists already.
    #[error("no such account")]
    Account,
    /// B-INSTRUMENT, B-REDUCE, B-LIMIT, B-BAND, a step beyond the chunk.
    #[error("the fill is outside the rules of its row")]
    Fill,
    /// B-STALE: the account holds lots in a stale row.
    #[error("the account holds lots in a stale row")]
    Stale,
    /// B-MARGIN, B-LIQUIDATION, B-DELEVERAGE: the account would be riskier or short.
    #[error("margin")]
    Margin,
    /// B-MARGIN, B-LIQUIDATION: prices and penalties take more than a quarter of what is freed.
    #[error("prices and penalties take too much")]
    Conceded,
    /// B-NEED: a liquidation would close more than initial margin needs.
    #[error("more would be closed than is needed")]
    TooMuch,
    /// Not a rule of the group: an order at rest cannot take what it should, and is no longer among those at rest.
    #[error("an order at rest cannot take the lots")]
    Order,
    /// B-EQUITY.
    #[error("equity would be negative")]
    Equity,
    /// B-LIQUIDATION: nothing is short; B-TAKEOVER, B-DELEVERAGE: the account is solvent.
    #[error("the account is not in need")]
    NotInNeed,
    /// B-HOUSE-MARGIN.
    #[error("margin of the house")]
    HouseMargin,
    /// B-HOUSE-EQUITY.
    #[error("the house would lose")]
    HouseEquity,
    /// B-HOUSE-GROWTH.
    #[error("the house would grow")]
    HouseGrowth,
    /// B-DELEVERAGE: insolvent accounts and counterparties do not shed the same lots.
    #[error("the lots of deleveraging do not match")]
    Unmatched,
    /// Not a rule of the batch: nobody holds the other side and can give it up.
    #[error("no counterparty")]
    NoCounterparty,
    /// Not a rule of the batch: the house's own limit of leverage.
    #[error("the house's own limit")]
    HouseLimit,
}
