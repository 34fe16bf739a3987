//! Why a batch is refused.

use crate::unit::UnitError;
use cloister_risk::{DoorsError, MarginError};

/// Why a batch is refused. Each variant names the rule of `docs/spec/batch.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The batch does not have N units.
    #[error("the batch has the wrong number of units")]
    Units,
    /// A unit is refused.
    #[error("unit {0}: {1}")]
    Unit(u16, UnitError),
    /// B-TRANSFER: unit `.0` is not the account that the unit before pays.
    #[error("unit {0} is not the account that the unit before pays")]
    TransferIndex(u16),
    /// B-TRANSFER: the incoming amount of unit `.0` is not what the unit before sends.
    #[error("the incoming amount of unit {0} is not what the unit before sends")]
    TransferAmount(u16),
    /// B-TRANSFER: the last unit sends a transfer.
    #[error("the last unit sends a transfer")]
    TransferLast,
    /// B-DELEVERAGE: the lots that deleveraging closes in row `.0` do not sum to 0.
    #[error("the lots that deleveraging closes in row {0} do not sum to zero")]
    DeleveragedLots(u8),
    /// B-DELEVERAGE: in row `.0` counterparties shed more or fewer lots than insolvent accounts.
    #[error("in row {0} counterparties do not shed as many lots as insolvent accounts")]
    DeleveragedWithoutNeed(u8),
    /// B-CONSERVE-Q: the position changes of the empty row `.0` do not sum to 0.
    #[error("the position changes of the empty row {0} do not sum to zero")]
    Unbalanced(u8),
    /// B-CONSERVE-Q: the house's position of row `.0` does not fit.
    #[error("the house's position of row {0} does not fit its width")]
    HousePosition(u8),
    /// B-STALE: the house's position of row `.0` changes, whose feed is dead.
    #[error("the house's position of row {0} changes, whose feed is dead")]
    StaleHouse(u8),
    /// B-HOUSE-GROWTH: the house's position of row `.0` grows by more than liquidations and takeovers shed.
    #[error("the house's position of row {0} grows by more than was shed")]
    HouseGrowth(u8),
    /// B-CONSERVE-CASH: the sweep is more than the fees.
    #[error("the sweep is more than the fee pool")]
    Sweep,
    /// B-CONSERVE-CASH: a sum does not fit.
    #[error("a sum of the house does not fit its width")]
    Width,
    /// B-HOUSE-EQUITY: the house loses more than it takes over, or does not keep the penalties.
    #[error("the house loses more than it takes over, or does not keep the penalties")]
    HouseEquity,
    /// B-HOUSE-MARGIN.
    #[error("margin of the house: {0}")]
    HouseMargin(MarginError),
    /// B-DOORS.
    #[error("insurance paid out: {0}")]
    Doors(DoorsError),
    /// B-HOUSE: an open interest leaves its width.
    #[error("an open interest does not fit its width")]
    OpenInterest,
    /// B-HOUSE: the mask claims that row `.0` is empty, and it is not.
    #[error("row {0} is not empty")]
    NotEmpty(u8),
}
