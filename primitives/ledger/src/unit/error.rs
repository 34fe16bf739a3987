//! Why a unit is refused.

use crate::place::PlaceError;
use cloister_risk::MarginError;

/// Why a unit is refused. Each variant names the rule of `docs/spec/batch.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// B-RANGE: index or old positions do not fit.
    #[error("a value of the old account does not fit its width")]
    Width,
    /// B-UNIT: the unit does not have J places.
    #[error("the unit has the wrong number of places")]
    Places,
    /// B-OPENS: the old leaf does not open the root.
    #[error("the old leaf does not open the account root")]
    Path,
    /// B-OPEN: the account before is not a fresh one.
    #[error("an open needs a fresh account")]
    NotFresh,
    /// B-NONCE: another key or view key after, in a mode other than re-key.
    #[error("only a re-key changes keys")]
    KeysChanged,
    /// B-OPEN, B-REKEY: the key is not eight times the given point, or is the identity.
    #[error("the trading key is not in the prime-order subgroup")]
    KeyPreimage,
    /// B-UNIT: an instruction in a mode other than normal.
    #[error("this mode takes no instruction")]
    InstructionInMode,
    /// B-UNIT: an unsigned fill in a mode other than liquidation, expiry and deleveraging.
    #[error("this mode takes no unsigned fill")]
    FillInMode,
    /// B-FORCED: an amount requested or paid in another mode.
    #[error("only a forced withdrawal has a requested and a paid amount")]
    ForcedInMode,
    /// B-CLOSE: a close takes an incoming transfer.
    #[error("a close takes no transfer")]
    IncomingInClose,
    /// B-SWITCH: other flags after, in a mode other than switch.
    #[error("only a switch changes the account's flags")]
    SwitchesChanged,
    /// B-STALE: a takeover of an account that holds lots in row `.0`, which is stale.
    #[error("the account holds lots in row {0}, which is stale")]
    StaleLots(u8),
    /// A place is refused.
    #[error("place {0}: {1}")]
    Place(u8, PlaceError),
    /// B-RANGE: the new cash does not fit.
    #[error("cash does not fit its width")]
    CashWidth,
    /// B-MARGIN, B-EQUITY, B-LIQUIDATION, B-NEED, B-FORCED, B-TAKEOVER or B-DELEVERAGE.
    #[error("margin: {0}")]
    Margin(#[from] MarginError),
    /// B-NONCE: the nonce is used up.
    #[error("the nonce is used up")]
    Nonce,
}
