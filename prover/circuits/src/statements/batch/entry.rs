//! The account as a unit finds it.

use bellman::{ConstraintSystem, SynthesisError};

use super::{
    account::{long_sides, AccountWires},
    assessment::floor,
    context::Context,
};
use crate::{
    gadgets::{boolean::Bit, inner::Paired, num::Num},
    Fr,
};

/// The account as the unit finds it, deposit and incoming transfer included.
pub struct Entry {
    pub cash: Num,
    /// `q_j`.
    pub positions: Paired,
    /// `max(q_j, 0)`.
    pub longs: Paired,
    /// `Σ_j |q_j|·floor`.
    pub floor: Num,
}

impl Entry {
    /// Credits the account with what the unit brings.
    pub fn new<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        context: &Context,
        old: &AccountWires,
        signs: &[Bit],
        credit: &Num,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "entry");
        let longs = long_sides(&mut cs, &old.positions, signs)?;
        let positions = Paired::new(&mut cs, "positions", old.positions.clone())?;
        let longs = Paired::new(&mut cs, "paired long sides", longs)?;
        Ok(Self {
            cash: &old.cash + credit,
            floor: floor(&mut cs, "floor", &context.table, &positions, &longs)?,
            positions,
            longs,
        })
    }
}
