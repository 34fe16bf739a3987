//! What positions are worth and what they lose at a table.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{DEFICIT_BITS, RATIO_SHIFT};

use super::risk::Table;
use crate::{
    gadgets::{bits::range, boolean::Bit, choice::choose, inner::Paired, num::Num},
    Fr,
};

/// `Σ_j |q_j|·floor`: `Σ_j long_j·(floor+_j + floor-_j) - q_j·floor-_j`.
pub fn floor<CS: ConstraintSystem<Fr>>(
    cs: &mut CS,
    name: &'static str,
    table: &Table,
    positions: &Paired,
    longs: &Paired,
) -> Result<Num, SynthesisError> {
    let mut cs = cs.namespace(|| name);
    let long = longs.inner(&mut cs, "long sides", &table.floor_both)?;
    Ok(long - positions.inner(&mut cs, "positions", &table.floor_short)?)
}

/// What positions are worth and what they lose.
pub struct Assessment {
    /// `Σ_j q_j·V_j`.
    pub value: Num,
    /// `loss_s`.
    losses: Vec<Num>,
    floor: Num,
}

impl Assessment {
    /// Half a constraint for each instrument, for the value and for each scenario.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        name: &'static str,
        table: &Table,
        positions: &Paired,
        floor: Num,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| name);
        let value = positions.inner(&mut cs, "value", &table.value)?;
        let losses = table
            .scenarios
            .iter()
            .enumerate()
            .map(|(s, profits)| {
                let mut cs = cs.namespace(|| format!("scenario {s}"));
                Ok(-&positions.inner(&mut cs, "profit", profits)?)
            })
            .collect::<Result<_, SynthesisError>>()?;
        Ok(Self { value, losses, floor })
    }

    /// `loss_s + floor` of the chosen scenario where the bit is one; zero if none is chosen.
    pub(super) fn chosen<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        scenario: &[Bit],
        any: &Num,
    ) -> Result<Num, SynthesisError> {
        let loss = choose(cs, "loss", scenario, &self.losses)?;
        Ok(loss + any.mul(cs, || "floor", &self.floor)?)
    }

    /// `ratio·(loss_s + floor) <= credit` for all scenarios. 118 constraints each.
    pub(super) fn enforce_within<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        ratio: &Num,
        credit: &Num,
    ) -> Result<(), SynthesisError> {
        for (s, loss) in self.losses.iter().enumerate() {
            let mut cs = cs.namespace(|| format!("deficit {s}"));
            let required = ratio.mul(&mut cs, || "required", &(loss + &self.floor))?;
            range(&mut cs, "not above the threshold", &(credit - &required), DEFICIT_BITS)?;
        }
        Ok(())
    }
}

/// `2^8·x`.
pub(super) fn in_ratios(x: &Num) -> Num {
    x.scale(Fr::from(1 << RATIO_SHIFT))
}
