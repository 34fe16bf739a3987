//! The values of the final table, as wires (X-FINAL).

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::{
    constants::{domain, INSTRUMENTS},
    field::from_i128,
};
use cloister_ledger::FinalValues;

use crate::{
    gadgets::{
        num::{enforce_equal, Num},
        poseidon2::sponge,
    },
    statements::batch::account::AccountWires,
    Fr,
};

/// What the chain hashed of the final table. A prover cannot choose it, because only the hash is used: no range is
/// needed.
pub struct ValueWires {
    version: Num,
    risk_hash: Num,
    /// `V_j`.
    values: Vec<Num>,
}

impl ValueWires {
    /// Allocates every element.
    pub fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, v: Option<&FinalValues>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "final table");
        let values = (0..INSTRUMENTS).map(|j| {
            Num::alloc(
                &mut cs,
                || format!("value {j}"),
                v.map(|v| from_i128(v.values[j].get().into())),
            )
        });
        let values = values.collect::<Result<_, _>>()?;
        Ok(Self {
            version: Num::alloc(&mut cs, || "version", v.map(|v| Fr::from(v.version)))?,
            risk_hash: Num::alloc(&mut cs, || "risk hash", v.map(|v| v.risk_hash))?,
            values,
        })
    }

    /// X-FINAL: these are the values of the group's final table.
    pub fn enforce_hash<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        group: &Num,
        expected: &Num,
    ) -> Result<(), SynthesisError> {
        let mut cs = cs.namespace(|| "X-FINAL");
        let head = [group, &self.version, &self.risk_hash];
        let elements: Vec<Num> = head.into_iter().chain(&self.values).cloned().collect();
        let hash = sponge(&mut cs, "hash", domain::FINAL, &elements)?;
        enforce_equal(&mut cs, || "values are the final ones", &hash, expected);
        Ok(())
    }

    /// X-EQUITY: `cash + Σ_j q_j·V_j`. One constraint per instrument.
    pub fn equity<CS: ConstraintSystem<Fr>>(&self, cs: &mut CS, account: &AccountWires) -> Result<Num, SynthesisError> {
        let mut cs = cs.namespace(|| "X-EQUITY");
        let products = account
            .positions
            .iter()
            .zip(&self.values)
            .enumerate()
            .map(|(j, (q, value))| q.mul(&mut cs, || format!("row {j}"), value))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(&account.cash + &Num::total(&products))
    }
}
