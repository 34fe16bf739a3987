//! The modes of a unit (B-UNIT).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_ledger::{Mode, Party};

use crate::{
    gadgets::{boolean::Bit, num::Num},
    Fr,
};

/// One-hot; padding is none of them.
pub struct Modes {
    pub open: Bit,
    pub rekey: Bit,
    pub normal: Bit,
    pub forced: Bit,
    pub liquidation: Bit,
    pub expiry: Bit,
    pub takeover: Bit,
    /// Deleveraging of an account of negative equity.
    pub insolvent: Bit,
    /// Deleveraging of an account that gives up the opposite lots.
    pub counterparty: Bit,
    pub switch: Bit,
    pub close: Bit,
}

impl Modes {
    /// Two modes at once would combine what one allows with what the other does not check: an expiry that is also a
    /// takeover could settle what it gives away.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, mode: Option<Mode>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-UNIT");
        let mut bit = |name, of| Bit::alloc(&mut cs, || name, mode.map(|m| m == of));
        let modes = Self {
            open: bit("mode open", Mode::Open)?,
            rekey: bit("mode re-key", Mode::Rekey)?,
            normal: bit("mode normal", Mode::Normal)?,
            forced: bit("mode forced", Mode::Forced)?,
            liquidation: bit("mode liquidation", Mode::Liquidation)?,
            expiry: bit("mode expiry", Mode::Expiry)?,
            takeover: bit("mode takeover", Mode::Takeover)?,
            insolvent: bit(
                "mode deleveraging of an insolvent account",
                Mode::Deleveraging(Party::Insolvent),
            )?,
            counterparty: bit(
                "mode deleveraging of a counterparty",
                Mode::Deleveraging(Party::Counterparty),
            )?,
            switch: bit("mode switch", Mode::Switch)?,
            close: bit("mode close", Mode::Close)?,
        };
        let all = [
            &modes.open,
            &modes.rekey,
            &modes.normal,
            &modes.forced,
            &modes.liquidation,
            &modes.expiry,
            &modes.takeover,
            &modes.insolvent,
            &modes.counterparty,
            &modes.switch,
            &modes.close,
        ];
        Bit::from_sum(&mut cs, "at most one mode", &all);
        Ok(modes)
    }

    /// Deleveraging, of either party.
    pub fn deleveraging(&self) -> Bit {
        Bit::trusted(self.insolvent.num() + self.counterparty.num())
    }

    /// The record shows keys: open or re-key.
    pub fn shows_keys(&self) -> Bit {
        Bit::trusted(self.open.num() + self.rekey.num())
    }

    /// The public kind of the record.
    pub fn record_kind(&self) -> Num {
        Num::sum([
            (Fr::one(), self.open.num()),
            (Fr::from(2), self.rekey.num()),
            (Fr::from(3), self.forced.num()),
            (Fr::from(4), self.switch.num()),
            (Fr::from(5), self.close.num()),
        ])
    }
}
