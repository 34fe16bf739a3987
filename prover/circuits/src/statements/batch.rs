//! The batch statement (`docs/spec/batch.md`), the twin of `cloister_ledger::batch`.
//!
//! Everything the prover can influence is a wire; everything that follows is computed from the wires by the circuit.
//! The only public input is the statement's hash, and the last constraint compares it with the hash of what was
//! computed (B-STATEMENT). Each rule stands in a namespace with its id of the specification.

pub(super) mod account;
mod assessment;
mod close;
mod context;
mod deleverage;
mod doors;
mod entry;
mod fill;
mod forced;
mod house;
mod house_move;
mod instruction;
mod keys;
mod margin;
mod modes;
mod need;
mod place;
pub(super) mod record;
pub(super) mod risk;
mod slot;
mod switches;
mod trigger;
mod unit;

use bellman::{Circuit, ConstraintSystem, SynthesisError};
use cloister_crypto::constants::{domain, STATEMENT_VERSION};
use cloister_groth16::{
    parallel::{join, prelude::*},
    Assignment,
};
pub use cloister_ledger::{BatchWitness, Shape};

use self::{
    context::Context,
    deleverage::match_deleveraging,
    house_move::{synthesize_house, HouseOutput},
    unit::{join_transfers, synthesize_unit, UnitOutput},
};
use crate::{
    gadgets::{
        num::{enforce_equal, Num},
        poseidon2::sponge,
    },
    Fr,
};

/// Name of the constraint that compares the public input with the computed hash.
pub const PUBLIC_INPUT: &str = "B-STATEMENT/public input is the hash";

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

    /// The circuit with a witness and the statement that it proves.
    pub fn proving(shape: Shape, witness: BatchWitness, statement: Fr) -> Self {
        Self {
            shape,
            witness: Some(witness),
            statement: Some(statement),
        }
    }
}

/// What a batch begins with.
struct Head {
    input: Num,
    context: Context,
}

impl Head {
    fn alloc<CS: ConstraintSystem<Fr>>(cs: &mut CS, batch: &BatchCircuit) -> Result<Self, SynthesisError> {
        Ok(Self {
            input: Num::alloc_input(cs, || "statement", batch.statement)?,
            context: Context::alloc(cs, batch.witness.as_ref())?,
        })
    }
}

/// The numbers of the statement that no unit needs the wires of.
struct Roots {
    risk_hash: Num,
    old_root: Num,
}

impl Roots {
    fn alloc<CS: ConstraintSystem<Fr>>(
        cs: &mut CS,
        context: &Context,
        witness: Option<&BatchWitness>,
    ) -> Result<Self, SynthesisError> {
        Ok(Self {
            risk_hash: context.table.hash(cs)?,
            old_root: Num::alloc(cs, || "old root", witness.map(|w| w.old_root))?,
        })
    }
}

/// What comes before the units.
struct Opening {
    head: Head,
    roots: Roots,
}

impl Opening {
    fn synthesize<CS: ConstraintSystem<Fr>>(cs: &mut CS, batch: &BatchCircuit) -> Result<Self, SynthesisError> {
        let head = Head::alloc(cs, batch)?;
        let roots = Roots::alloc(cs, &head.context, batch.witness.as_ref())?;
        Ok(Self { head, roots })
    }

    /// What comes after the units: the house and the statement. `root` is the one after the last unit.
    fn close<CS: ConstraintSystem<Fr>>(
        self,
        cs: &mut CS,
        units: Vec<UnitOutput>,
        root: Num,
        witness: Option<&BatchWitness>,
    ) -> Result<(), SynthesisError> {
        let Head { input, context } = self.head;
        let Roots { risk_hash, old_root } = self.roots;
        join_transfers(cs, &units);
        let deleveraged: Vec<_> = units.iter().map(|unit| &unit.deleveraged).collect();
        match_deleveraging(cs, &deleveraged);
        let HouseOutput {
            old_commitment,
            new_commitment,
            sweep,
            doors,
            empty_mask,
            record,
        } = synthesize_house(cs, &context, &units, witness)?;

        let [payee_lo, payee_hi] = context.payee;
        let mut elements = vec![
            Num::constant(Fr::from(STATEMENT_VERSION)),
            context.genesis_lo,
            context.genesis_hi,
            context.group,
            context.batch_no,
            context.time,
            payee_lo,
            payee_hi,
            context.salt,
            old_root,
            root,
            old_commitment,
            new_commitment,
            risk_hash,
            sweep,
            doors.paid_in,
            doors.asked,
            doors.paid_out,
            doors.keep,
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

impl BatchCircuit {
    /// Synthesises unit `number`, which moves the account root from `root`.
    fn unit<CS: ConstraintSystem<Fr>>(
        &self,
        cs: &mut CS,
        context: &Context,
        number: usize,
        root: &Num,
    ) -> Result<UnitOutput, SynthesisError> {
        let witness = self.witness.as_ref();
        let unit = witness
            .map(|w| w.units.get(number).ok_or(SynthesisError::AssignmentMissing))
            .transpose()?;
        let mut cs = cs.namespace(|| format!("unit {number}"));
        synthesize_unit(&mut cs, context, self.shape.places.into(), root, unit)
    }

    /// The values of all wires, computed on all cores: the units and the hash of the risk table at the same time, each
    /// in an assignment of its own. The wires of the parts, one part after the other, are those of
    /// [`Circuit::synthesize`].
    ///
    /// A unit's values depend on no other unit: that roots and transfers fit together is a matter of constraints.
    ///
    /// # Errors
    /// [`SynthesisError::AssignmentMissing`] without a witness, or with one of another shape.
    pub fn values_in_parts(&self) -> Result<Vec<Assignment>, SynthesisError> {
        self.values_by_stage(|_| ())
    }

    /// The same, and tells which stage is done, for whoever measures them.
    ///
    /// # Errors
    /// As [`Self::values_in_parts`].
    pub fn values_by_stage(&self, mut done: impl FnMut(ValuesStage)) -> Result<Vec<Assignment>, SynthesisError> {
        let witness = self.witness.as_ref().ok_or(SynthesisError::AssignmentMissing)?;
        let mut first = Assignment::default();
        let head = Head::alloc(&mut first, self)?;
        done(ValuesStage::Context);
        let old_root = Num::constant(witness.old_root);
        let (roots, units) = join(
            || {
                let mut part = Assignment::default();
                let roots = Roots::alloc(&mut part, &head.context, Some(witness))?;
                Ok::<_, SynthesisError>((part, roots))
            },
            || {
                (0..usize::from(self.shape.units))
                    .into_par_iter()
                    .map(|number| {
                        let mut part = Assignment::with_capacity(self.unit_wires());
                        let output = self.unit(&mut part, &head.context, number, &old_root)?;
                        Ok((part, output))
                    })
                    .collect::<Result<Vec<_>, SynthesisError>>()
            },
        );
        let (second, roots) = roots?;
        let (units, outputs): (Vec<Assignment>, Vec<UnitOutput>) = units?.into_iter().unzip();
        done(ValuesStage::Units);
        let root = outputs.last().map_or(old_root, |unit| unit.root.clone());
        let mut last = Assignment::default();
        Opening { head, roots }.close(&mut last, outputs, root, Some(witness))?;
        done(ValuesStage::Close);
        Ok([first, second].into_iter().chain(units).chain([last]).collect())
    }

    /// About as many wires as a unit has, and not fewer, so that their values are not moved while they grow.
    fn unit_wires(&self) -> usize {
        15_000 + 8_000 * usize::from(self.shape.places)
    }
}

/// Stages in which the values of a batch's wires are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValuesStage {
    /// What all units share, on one thread.
    Context,
    /// The units and the hash of the risk table, on all threads.
    Units,
    /// The house and the statement, on one thread.
    Close,
}

impl Circuit<Fr> for BatchCircuit {
    fn synthesize<CS: ConstraintSystem<Fr>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        let opening = Opening::synthesize(cs, &self)?;
        let mut root = opening.roots.old_root.clone();
        let mut units = Vec::with_capacity(self.shape.units.into());
        for number in 0..usize::from(self.shape.units) {
            let output = self.unit(cs, &opening.head.context, number, &root)?;
            root = output.root.clone();
            units.push(output);
        }
        opening.close(cs, units, root, self.witness.as_ref())
    }
}
