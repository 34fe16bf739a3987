//! Wires that all units of a batch share.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::field::limbs;
use cloister_ledger::BatchWitness;

use super::risk::Table;
use crate::{gadgets::num::Num, Fr};

/// Wires that all units share.
pub struct Context {
    pub genesis_lo: Num,
    pub genesis_hi: Num,
    pub group: Num,
    pub batch_no: Num,
    pub time: Num,
    pub salt: Num,
    pub table: Table,
}

impl Context {
    /// Allocates the wires, those of the table included.
    pub fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        witness: Option<&BatchWitness>,
    ) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "context");
        let context = witness.map(|w| &w.context);
        let genesis = context.map(|c| limbs(&c.genesis));
        Ok(Self {
            genesis_lo: Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
            genesis_hi: Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            group: Num::alloc(&mut cs, || "group", context.map(|c| Fr::from(u64::from(c.group.get()))))?,
            batch_no: Num::alloc(&mut cs, || "batch number", context.map(|c| Fr::from(c.batch_no)))?,
            time: Num::alloc(&mut cs, || "time", context.map(|c| Fr::from(c.time)))?,
            salt: Num::alloc(&mut cs, || "salt", context.map(|c| c.salt))?,
            table: Table::alloc(&mut cs, context.map(|c| &c.table))?,
        })
    }
}
