//! The values of all wires.

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::Scalar;

/// The values that a circuit gives its wires, in the order in which it makes them.
///
/// It is a constraint system that takes values and skips constraints: these are known from the key
/// ([`crate::Matrices`]), so a proof needs the circuit for nothing but its witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Public inputs; the first is the constant one.
    pub inputs: Vec<Scalar>,
    /// Private wires.
    pub aux: Vec<Scalar>,
}

impl Default for Assignment {
    fn default() -> Self {
        Self {
            inputs: vec![Scalar::one()],
            aux: Vec::new(),
        }
    }
}

impl Assignment {
    /// Runs a circuit with its witness.
    ///
    /// # Errors
    /// Those of the circuit; [`SynthesisError::AssignmentMissing`] without a witness.
    pub fn of<C: Circuit<Scalar>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut assignment = Self::default();
        circuit.synthesize(&mut assignment)?;
        Ok(assignment)
    }

    /// Joins parts of a circuit that were synthesised on their own, in the order of the circuit.
    pub fn from_parts(parts: Vec<Self>) -> Self {
        let mut parts = parts.into_iter();
        let mut whole = parts.next().unwrap_or_default();
        for part in parts {
            // Each part has the constant one.
            whole.inputs.extend(part.inputs.into_iter().skip(1));
            whole.aux.extend(part.aux);
        }
        whole
    }
}

impl ConstraintSystem<Scalar> for Assignment {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux.push(f()?);
        Ok(Variable::new_unchecked(Index::Aux(self.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs.push(f()?);
        Ok(Variable::new_unchecked(Index::Input(self.inputs.len() - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
    }

    fn push_namespace<NR, N>(&mut self, _: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
    }

    fn pop_namespace(&mut self) {}

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
