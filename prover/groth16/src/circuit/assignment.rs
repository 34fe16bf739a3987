//! The values of all wires.

use crate::parallel::prelude::*;
use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::Scalar;

/// The values that a circuit gives its wires, in the order in which it makes them.
///
/// It is a constraint system that takes values and skips constraints: these are known from the key
/// ([`crate::Matrices`]), so a proof needs the circuit for nothing but its witness. Nobody asks which wire a variable
/// means, so all of them are [`Assignment::NO_PLACE`].
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
    /// Where every wire is, the constant one included: a place that no system has room for. Gadgets that see it need
    /// not work out combinations of wires, which costs more than the values themselves. No system that records
    /// constraints may hand it out; [`crate::Matrices::record`] cannot, because it numbers its wires and refuses this
    /// many.
    pub const NO_PLACE: Index = Index::Aux(usize::MAX);

    /// With room for a number of private wires, for parts of a circuit of which it is known about.
    pub fn with_capacity(aux: usize) -> Self {
        Self {
            aux: Vec::with_capacity(aux),
            ..Self::default()
        }
    }

    /// Runs a circuit with its witness.
    ///
    /// # Errors
    /// Those of the circuit; [`SynthesisError::AssignmentMissing`] without a witness.
    pub fn of<C: Circuit<Scalar>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut assignment = Self::default();
        circuit.synthesize(&mut assignment)?;
        Ok(assignment)
    }

    /// Joins parts of a circuit that were synthesised on their own, in the order of the circuit; on all cores, because
    /// most of it is the system finding memory.
    pub fn from_parts(parts: Vec<Self>) -> Self {
        let mut inputs = vec![Scalar::one()];
        for part in &parts {
            // Each part has the constant one.
            inputs.extend(part.inputs.iter().skip(1));
        }
        let parts = parts.into_iter().map(|part| part.aux).collect();
        Self {
            inputs,
            aux: concatenate(parts),
        }
    }
}

/// The vectors, one after the other.
#[allow(unsafe_code)]
fn concatenate(parts: Vec<Vec<Scalar>>) -> Vec<Scalar> {
    let length = parts.iter().map(Vec::len).sum();
    let mut whole = Vec::with_capacity(length);
    let mut free = &mut whole.spare_capacity_mut()[..length];
    let mut copies = Vec::with_capacity(parts.len());
    for part in parts {
        let (place, rest) = free.split_at_mut(part.len());
        copies.push((place, part));
        free = rest;
    }
    copies.into_par_iter().for_each(|(place, part)| {
        place.write_copy_of_slice(&part);
    });
    // SAFETY: the places are all of the first `length` elements, and each was written.
    unsafe { whole.set_len(length) };
    whole
}

impl ConstraintSystem<Scalar> for Assignment {
    type Root = Self;

    fn one() -> Variable {
        Variable::new_unchecked(Self::NO_PLACE)
    }

    fn alloc<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux.push(f()?);
        Ok(Variable::new_unchecked(Self::NO_PLACE))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs.push(f()?);
        Ok(Variable::new_unchecked(Self::NO_PLACE))
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
