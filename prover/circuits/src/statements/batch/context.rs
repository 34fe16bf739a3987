//! Wires that all units of a batch share.

use bellman::{ConstraintSystem, SynthesisError};
use cloister_crypto::field::limbs;
use cloister_ledger::BatchWitness;

use super::risk::Table;
use crate::{
    gadgets::{num::Num, stream::stream_salt},
    Fr,
};

/// Wires that all units share.
pub struct Context {
    pub genesis_lo: Num,
    pub genesis_hi: Num,
    pub group: Num,
    pub batch_no: Num,
    pub time: Num,
    /// No rule reads it; being part of the hash, it makes a copied proof pay its maker.
    pub payee: [Num; 2],
    pub salt: Num,
    /// What the keystreams are made with.
    pub stream_salt: Num,
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
        let payee = context.map(|c| limbs(&c.payee));
        let genesis_lo = Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?;
        let genesis_hi = Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?;
        let group = Num::alloc(&mut cs, || "group", context.map(|c| Fr::from(u64::from(c.group.get()))))?;
        let salt = Num::alloc(&mut cs, || "salt", context.map(|c| c.salt))?;
        // Pads that did not name chain and group would be shared by two groups under one key and one salt, and the
        // differences of what they hide would be public.
        let stream_salt = stream_salt(&mut cs, "P-STREAM", [&genesis_lo, &genesis_hi, &group, &salt])?;
        Ok(Self {
            genesis_lo,
            genesis_hi,
            group,
            batch_no: Num::alloc(&mut cs, || "batch number", context.map(|c| Fr::from(c.batch_no)))?,
            time: Num::alloc(&mut cs, || "time", context.map(|c| Fr::from(c.time)))?,
            payee: [
                Num::alloc(&mut cs, || "payee lo", payee.map(|p| p.0))?,
                Num::alloc(&mut cs, || "payee hi", payee.map(|p| p.1))?,
            ],
            salt,
            stream_salt,
            table: Table::alloc(&mut cs, context.map(|c| &c.table))?,
        })
    }
}
