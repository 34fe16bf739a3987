//! The batch statement (`docs/spec/batch.md`), the twin of `cloister_ledger::batch`.
//!
//! Everything the prover can influence is a wire; everything that follows is computed from the wires by the circuit. The
//! only public input is the statement's hash, and the last constraint compares it with the hash of what was computed
//! (B-STATEMENT). Each rule stands in a namespace with its id of the specification.

mod account;
mod house;
mod instruction;
mod margin;
mod order;
mod record;
mod risk;
mod slot;
mod unit;

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use blake2::{digest::consts::U32, Blake2b, Digest};
use cloister_crypto::{
    constants::{domain, STATEMENT_VERSION},
    field::limbs,
};
pub use cloister_ledger::{BatchWitness, Shape};

use self::{
    house::{synthesize_house, HouseOutput},
    risk::Table,
    unit::synthesize_unit,
};
use crate::{
    digest::{circuit_digest, CircuitShape},
    gadgets::{
        num::{enforce_equal, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "B-STATEMENT/public input is the hash";

/// Wires that all units share.
struct Context {
    genesis_lo: Num,
    genesis_hi: Num,
    group: Num,
    batch_no: Num,
    time: Num,
    salt: Num,
    table: Table,
}

impl Context {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, witness: Option<&BatchWitness>) -> Result<Self, SynthesisError> {
        let mut cs = cs.namespace(|| "context");
        let context = witness.map(|w| &w.context);
        let genesis = context.map(|c| limbs(&c.genesis));
        Ok(Self {
            genesis_lo: Num::alloc(&mut cs, || "genesis lo", genesis.map(|g| g.0))?,
            genesis_hi: Num::alloc(&mut cs, || "genesis hi", genesis.map(|g| g.1))?,
            group: Num::alloc(&mut cs, || "group", context.map(|c| Fr::from(u64::from(c.group))))?,
            batch_no: Num::alloc(&mut cs, || "batch number", context.map(|c| Fr::from(c.batch_no)))?,
            time: Num::alloc(&mut cs, || "time", context.map(|c| Fr::from(c.time)))?,
            salt: Num::alloc(&mut cs, || "salt", context.map(|c| c.salt))?,
            table: Table::alloc(&mut cs, context.map(|c| &c.table))?,
        })
    }
}

/// The circuit of a batch.
#[derive(Clone, Debug)]
pub struct BatchCircuit {
    /// Units and places.
    pub shape: Shape,
    /// The private data, or none to generate parameters. It must have the units of the shape; apart from that a witness
    /// that breaks a rule synthesises like any other and leaves constraints of that rule unsatisfied.
    pub witness: Option<BatchWitness>,
    /// The public input: the hash of the statement.
    pub statement: Option<Fr>,
}

impl BatchCircuit {
    /// The circuit without a witness, for parameters and identities.
    pub fn blank(shape: Shape) -> Self {
        Self {
            shape,
            witness: None,
            statement: None,
        }
    }

    /// The circuit with a witness and the statement it shall prove.
    pub fn proving(shape: Shape, witness: BatchWitness, statement: Fr) -> Self {
        Self {
            shape,
            witness: Some(witness),
            statement: Some(statement),
        }
    }
}

impl Circuit<Fr> for BatchCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let witness = self.witness.as_ref();
        let input = Num::alloc_input(cs, || "statement", self.statement)?;
        let context = Context::alloc(cs, witness)?;
        let risk_hash = context.table.hash(cs)?;

        let old_root = Num::alloc(cs, || "old root", witness.map(|w| w.old_root))?;
        let mut root = old_root.clone();
        let mut units = Vec::with_capacity(self.shape.units.into());
        for number in 0..usize::from(self.shape.units) {
            let unit = witness
                .map(|w| w.units.get(number).ok_or(SynthesisError::AssignmentMissing))
                .transpose()?;
            let mut cs = cs.namespace(|| format!("unit {number}"));
            let output = synthesize_unit(&mut cs, &context, self.shape.orders.into(), &root, unit)?;
            root = output.root.clone();
            units.push(output);
        }
        let HouseOutput {
            old_commitment,
            new_commitment,
            sweep,
            empty_mask,
            record,
        } = synthesize_house(cs, &context, &units, witness)?;

        let mut elements = vec![
            Num::constant(Fr::from(STATEMENT_VERSION)),
            context.genesis_lo,
            context.genesis_hi,
            context.group,
            context.batch_no,
            context.time,
            context.salt,
            old_root,
            root,
            old_commitment,
            new_commitment,
            risk_hash,
            sweep,
            empty_mask,
        ];
        elements.extend(units.into_iter().flat_map(|unit| unit.record));
        elements.extend(record);
        let mut cs = cs.namespace(|| "B-STATEMENT");
        let hash = sponge(&mut cs, "hash", domain::BATCH, &elements)?;
        // Whatever the chain did not put into the hash it compares with, nobody has proven.
        enforce_equal(&mut cs, || "public input is the hash", &hash, &input);
        Ok(())
    }
}

/// Inputs, wires and constraints of a shape. Errors are those of the synthesis, of which a blank circuit has none.
pub fn circuit_shape(shape: Shape) -> Result<CircuitShape, SynthesisError> {
    Ok(circuit_digest(BatchCircuit::blank(shape))?.1)
}

/// The identity of the batch circuit of a shape: Blake2b-256 over the shape and the whole constraint system, so that any
/// change of the circuit changes it. Errors as for [`circuit_shape`].
pub fn circuit_id(shape: Shape) -> Result<[u8; 32], SynthesisError> {
    let (digest, _) = circuit_digest(BatchCircuit::blank(shape))?;
    let mut hash = Blake2b::<U32>::new();
    hash.update(b"cloister/batch circuit");
    hash.update(shape.units.to_le_bytes());
    hash.update(shape.orders.to_le_bytes());
    hash.update(digest);
    Ok(hash.finalize().into())
}
