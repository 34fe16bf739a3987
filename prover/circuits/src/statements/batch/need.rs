//! B-NEED, and what the prices of an account short of margin concede (B-MARGIN, B-LIQUIDATION): the twin of
//! `cloister_risk::margin::traded`.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{CONCESSION_BITS, DEFICIT_BITS, SCENARIOS};
use cloister_ledger::UnitWitness;

use super::{
    assessment::{in_ratios, Assessment},
    risk::Table,
};
use crate::{
    gadgets::{
        bits::{range, sign},
        boolean::Bit,
        choice::one_hot,
        num::Num,
    },
    Fr,
};

/// Sums over the fills of a unit.
pub struct Traded {
    /// `Σ σ·(n - f·mark)`.
    pub concession: Num,
    /// What one lot of every fill of a liquidation requires alone.
    pub lone_lots: Num,
    /// Fees of a liquidation; 0 in other modes.
    pub penalties: Num,
}

impl Default for Traded {
    fn default() -> Self {
        Self {
            concession: Num::zero(),
            lone_lots: Num::zero(),
            penalties: Num::zero(),
        }
    }
}

/// What the prices of a unit conceded, where its mode asks.
pub struct Conceded {
    /// `max(0, Σ c)`.
    pub cost: Num,
    /// `min(0, Σ c)`.
    pub gain: Num,
}

impl Traded {
    /// Splits what was conceded by its sign, which follows from the fills; both are zero where `asked` is. 101
    /// constraints.
    ///
    /// If a prover could choose the sign, a cost could pass for a gain: it would not count against what the unit frees,
    /// and would count as a need of a liquidation twice.
    pub fn conceded<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, asked: &Num) -> Result<Conceded, SynthesisError> {
        let mut cs = cs.namespace(|| "conceded");
        // Every fill is within its band, so the sum fits (CONCESSION_BITS).
        let sum = asked.mul(&mut cs, || "where asked", &self.concession)?;
        let costs = sign(&mut cs, "sign", &sum, CONCESSION_BITS)?;
        let cost = costs.num().mul(&mut cs, || "cost", &sum)?;
        Ok(Conceded {
            gain: sum - &cost,
            cost,
        })
    }

    /// B-NEED. 152 constraints.
    pub fn enforce_need<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        table: &Table,
        liquidation: &Bit,
        conceded: &Conceded,
        (now, equity_after): (&Assessment, &Num),
        unit: Option<&UnitWitness>,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "B-NEED");
        // The prover names the scenario that still needs what was closed; a mild one only refuses more.
        let choice = unit.map(|unit| unit.need.into());
        let scenario = one_hot(&mut cs, "scenario", liquidation, choice, SCENARIOS)?;
        let exposure = now.chosen(&mut cs, &scenario, liquidation.num())?;
        // The tolerance, at the initial ratio too; it is zero in other modes.
        let needed = (exposure + &self.lone_lots).mul(&mut cs, || "needed", table.initial())?;
        // A price better than the mark must not stand in the way of what is needed at the mark, and a penalty must not
        // make a need of its own.
        let counted = equity_after + &conceded.gain + &self.penalties;
        let counted = liquidation.num().mul(&mut cs, || "equity counted", &counted)?;
        range(
            &mut cs,
            "as much as is needed",
            &(needed - in_ratios(&counted)),
            DEFICIT_BITS,
        )?;
        Ok(())
    }
}
