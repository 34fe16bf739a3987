//! The flags of an account after a unit (B-NONCE, B-SWITCH).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_ledger::UnitWitness;

use super::{account::AccountWires, modes::Modes};
use crate::{
    gadgets::{boolean::Bit, choice::enforce_equal_if, num::Num},
    Fr,
};

/// The flags of the new leaf.
pub struct Switches {
    /// Transfers may leave the account.
    pub transfers: Bit,
    /// The flags that a switch sets, for the record; zero in other modes.
    pub shown: Num,
}

impl Switches {
    /// Allocates the flags of the new leaf: those of the old one except in a switch.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        modes: &Modes,
        old: &AccountWires,
        unit: Option<&UnitWitness>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "B-SWITCH");
        // Whatever the old leaf holds, the new one holds no more than the flags that there are.
        let transfers = Bit::alloc(&mut cs, || "transfers", unit.map(|u| u.new_switches.transfers))?;
        // Otherwise whoever has stolen the trading key could let themselves have the money.
        let keep = modes.switch.not();
        enforce_equal_if(&mut cs, || "flags change only here", &keep, transfers.num(), &old.ext);
        let shown = modes.switch.num().mul(&mut cs, || "shown flags", transfers.num())?;
        Ok(Self { transfers, shown })
    }

    /// `ext` of the new leaf.
    pub fn ext(&self) -> &Num {
        self.transfers.num()
    }
}
