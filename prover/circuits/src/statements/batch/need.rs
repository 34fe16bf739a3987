//! B-NEED, and what B-MARGIN lets an account concede: the twin of `cloister_risk::margin::traded`.
//!
//! One is asked of liquidations, the other of orders below initial margin, so both share one range check.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{DEFICIT_BITS, SCENARIOS},
    field::to_i128,
};
use cloister_ledger::{Mode, UnitWitness};

use super::{
    assessment::{in_ratios, Assessment},
    risk::Table,
};
use crate::{
    gadgets::{
        bits::range,
        boolean::Bit,
        choice::one_hot,
        num::{enforce_product, Num},
    },
    Fr,
};

/// Sums over the fills of a unit.
pub struct Traded {
    /// `Σ σ·(n - f·mark)`.
    pub concession: Num,
    /// The change of `Σ_j |q_j|·(mark_j + floor_j)`.
    pub basis: Num,
    /// What one lot of every fill of a liquidation requires alone.
    pub lone_lots: Num,
}

impl Default for Traded {
    fn default() -> Self {
        Self {
            concession: Num::zero(),
            basis: Num::zero(),
            lone_lots: Num::zero(),
        }
    }
}

/// True below zero.
fn is_negative(x: &Num) -> Option<bool> {
    x.value().map(|x| to_i128(&x).is_some_and(|x| x < 0))
}

impl Traded {
    /// Checks both. `relaxed`: the unit claims the second branch of B-MARGIN. 158 constraints.
    pub fn enforce<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        table: &Table,
        liquidation: &Bit,
        relaxed: &Bit,
        (now, equity_after): (&Assessment, &Num),
        unit: Option<&UnitWitness>,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "B-NEED, B-MARGIN");
        // The prover names the scenario that still needs what was closed; a mild one only refuses more.
        let choice = unit.map(|unit| unit.need.into());
        let scenario = one_hot(&mut cs, "scenario", liquidation, choice, SCENARIOS)?;
        let exposure = now.chosen(&mut cs, &scenario, liquidation.num())?;
        // The tolerance, at the initial ratio too; it is zero in other modes.
        let needed = (exposure + &self.lone_lots).mul(&mut cs, || "needed", table.initial())?;

        // The prover names a sign: that of a concession in a liquidation, that of the change of basis below initial
        // margin. The wrong one makes equity higher, or the room negative: it only refuses more.
        let sign = match (unit.map(|unit| unit.mode), relaxed.value()) {
            (Some(Mode::Liquidation), _) => is_negative(&self.concession),
            (_, Some(true)) => is_negative(&self.basis).map(|negative| !negative),
            (mode, _) => mode.map(|_| false),
        };
        let sign = Bit::alloc(&mut cs, || "sign", sign)?;
        let other = Num::one() - liquidation.num() - relaxed.num();
        let name = || "a sign only where it is asked";
        enforce_product(&mut cs, name, sign.num(), &other, &Num::zero());
        // A price better than the mark must not stand in the way of what is needed at the mark.
        let better = sign.num().mul(&mut cs, || "better than the mark", &self.concession)?;
        let counted = liquidation
            .num()
            .mul(&mut cs, || "equity counted", &(equity_after + &better))?;
        // Below initial margin equity must not leave by prices, or it would be handed to another account.
        let grown = sign.num().mul(&mut cs, || "where it grows", &self.basis)?;
        let size = &grown * 2 - &self.basis;
        let allowed = size.mul(&mut cs, || "discount", table.max_discount())?;
        let room = relaxed
            .num()
            .mul(&mut cs, || "room", &(allowed - in_ratios(&self.concession)))?;

        let value = needed - in_ratios(&counted) + room;
        range(&mut cs, "needed, or conceding little", &value, DEFICIT_BITS)?;
        Ok(())
    }
}
