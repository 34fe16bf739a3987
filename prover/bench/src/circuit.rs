//! The circuits, written for bellman: our engine and the recorder run them as they are.

mod batch;
mod synthetic;

pub use synthetic::Synthetic;

use crate::subject::Subject;
use bellman::{Circuit, ConstraintSystem, SynthesisError};
use bls12_381::Scalar;
use cloister_circuits::statements::batch::BatchCircuit;
use cloister_groth16::Assignment;

/// A circuit with its witness.
#[derive(Clone)]
pub enum Native {
    /// A batch; boxed, for it is large.
    Batch(Box<BatchCircuit>),
    /// A synthetic circuit.
    Synthetic(Synthetic),
}

impl Native {
    /// The circuit of a subject, always with the same witness.
    pub fn new(subject: Subject) -> Self {
        match subject {
            Subject::BatchDev => Self::Batch(Box::new(batch::proving())),
            Subject::Synthetic(log2) => Self::Synthetic(Synthetic { log2 }),
        }
    }

    /// The values of all wires, as the sequencer computes them: a batch's units at the same time.
    ///
    /// # Errors
    /// Those of the circuit.
    pub fn assignment(&self) -> Result<Assignment, SynthesisError> {
        match self {
            Self::Batch(circuit) => Ok(Assignment::from_parts(circuit.values_in_parts()?)),
            Self::Synthetic(circuit) => Assignment::of(*circuit),
        }
    }

    /// The circuit without a witness. A synthetic one makes its witness itself, and only when asked for it.
    pub fn blank(&self) -> Self {
        match self {
            Self::Batch(circuit) => Self::Batch(Box::new(BatchCircuit::blank(circuit.shape))),
            Self::Synthetic(circuit) => Self::Synthetic(*circuit),
        }
    }

    /// Public inputs, without the constant one.
    pub fn inputs(&self) -> Vec<Scalar> {
        match self {
            Self::Batch(circuit) => circuit.statement.into_iter().collect(),
            Self::Synthetic(circuit) => vec![circuit.output()],
        }
    }
}

impl Circuit<Scalar> for Native {
    fn synthesize<CS: ConstraintSystem<Scalar>>(self, cs: &mut CS) -> Result<(), SynthesisError> {
        match self {
            Self::Batch(circuit) => circuit.synthesize(cs),
            Self::Synthetic(circuit) => circuit.synthesize(cs),
        }
    }
}
