//! Keys of an account: open and re-key (B-OPEN, B-REKEY).

use super::{Mode, UnitError, UnitWitness};
use crate::{
    account::{clears_cofactor, Account},
    record::{KeyRecord, RecordKind},
};
use cloister_crypto::stream::{view_commitment, Scope};

impl UnitWitness {
    /// B-OPEN, B-REKEY, and the part of B-NONCE that forbids other changes of keys and flags.
    pub(super) fn check_keys(&self) -> Result<(), UnitError> {
        if self.mode == Mode::Open && self.before != Account::fresh(self.before.key, self.before.view_key) {
            return Err(UnitError::NotFresh);
        }
        let same = (self.new_key, self.new_view_key) == (self.before.key, self.before.view_key);
        if self.mode != Mode::Rekey && !same {
            return Err(UnitError::KeysChanged);
        }
        if self.mode != Mode::Switch && self.new_switches != self.before.switches {
            return Err(UnitError::SwitchesChanged);
        }
        let asked = matches!(self.mode, Mode::Open | Mode::Rekey);
        if asked && !clears_cofactor(&self.new_key, &self.preimage) {
            return Err(UnitError::KeyPreimage);
        }
        Ok(())
    }

    /// What the record shows of the mode.
    pub(super) fn record_kind(&self, scope: &Scope) -> RecordKind {
        let keys = || KeyRecord {
            x: self.new_key.x,
            y: self.new_key.y,
            view_commitment: view_commitment(scope, self.new_view_key),
        };
        match self.mode {
            Mode::Open => RecordKind::Open(keys()),
            Mode::Rekey => RecordKind::Rekey(keys()),
            Mode::Forced => RecordKind::Forced {
                requested: self.requested,
            },
            Mode::Close => RecordKind::Close,
            Mode::Switch => RecordKind::Switch {
                switches: self.new_switches,
            },
            Mode::Normal
            | Mode::Liquidation
            | Mode::Expiry
            | Mode::Takeover
            | Mode::Padding
            | Mode::Deleveraging(_) => RecordKind::Update,
        }
    }
}
