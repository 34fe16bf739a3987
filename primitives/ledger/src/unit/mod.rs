//! One unit: one account, one mode, up to J places (B-UNIT). Each mode has its file.

use crate::{
    account::{Account, Key},
    place::PlaceWitness,
    record::UnitRecord,
    tree::Path,
};
use alloc::vec::Vec;
use cloister_crypto::{
    constants::{ACCOUNT_TREE_DEPTH, INSTRUMENTS},
    Fr,
};
use cloister_risk::{MarginChoice, Positions};

/// What a unit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Opens an account from the queue (B-OPEN).
    Open,
    /// Changes the keys, from the queue (B-REKEY).
    Rekey,
    /// Runs instructions under the margin rule (B-NORMAL).
    Normal,
    /// Pays the owner what was queued, as far as initial margin allows (B-FORCED).
    Forced,
    /// Reduces positions of an account below maintenance margin (B-LIQUIDATION).
    Liquidation,
    /// Settles positions in expired instruments (B-EXPIRY).
    Expiry,
    /// Passes an account of negative equity to the house (B-TAKEOVER).
    Takeover,
    /// Changes nothing but nonce, leaf, a queued deposit and an incoming transfer (B-PADDING).
    Padding,
}

/// Private data of one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitWitness {
    /// Account index.
    pub index: u32,
    /// Mode.
    pub mode: Mode,
    /// Queued deposit, 10^-6; public in the record.
    pub deposit: u64,
    /// Amount of the transfer in the unit before, 0 without one, 10^-6 (B-TRANSFER).
    pub incoming: u64,
    /// Forced withdrawal: the amount as queued, 10^-6; else 0.
    pub requested: u64,
    /// Forced withdrawal: the amount paid, 10^-6; else 0.
    pub paid: u64,
    /// The account before; in an open the fresh account with its keys.
    pub before: Account,
    /// Path of the leaf before.
    pub path: Path<ACCOUNT_TREE_DEPTH>,
    /// Trading key after; that of `before` except in a re-key.
    pub new_key: Key,
    /// View key after; that of `before` except in a re-key.
    pub new_view_key: Fr,
    /// In an open or a re-key, `P'` with `new_key = 8·P'`; anything else otherwise.
    pub preimage: Key,
    /// J places.
    pub places: Vec<PlaceWitness>,
    /// Normal: how the margin rule is met. Liquidation: [`MarginChoice::NotWorse`]. Forced withdrawal: [`MarginChoice::Tight`],
    /// or [`MarginChoice::Initial`] if all that was requested is paid. Not looked at in other modes.
    pub margin: MarginChoice,
}
