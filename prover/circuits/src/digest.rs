//! The identity of a circuit: a hash of its constraint system.

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use blake2::{digest::consts::U32, Blake2b, Digest};

use crate::Fr;

/// A constraint system that hashes what it is given and keeps nothing.
struct Hasher {
    hash: Blake2b<U32>,
    shape: CircuitShape,
}

/// Numbers of a circuit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CircuitShape {
    /// Public inputs, without the constant one.
    pub inputs: usize,
    /// Private wires.
    pub aux: usize,
    /// Constraints.
    pub constraints: usize,
}

/// Hashes one linear combination: the number of terms, then each wire and coefficient.
pub(crate) fn hash_combination(hash: &mut Blake2b<U32>, terms: &[(Variable, Fr)]) {
    hash.update((terms.len() as u64).to_le_bytes());
    for (variable, coefficient) in terms {
        let (kind, i) = match variable.get_unchecked() {
            Index::Input(i) => (0u8, i),
            Index::Aux(i) => (1u8, i),
        };
        hash.update([kind]);
        hash.update((i as u64).to_le_bytes());
        hash.update(coefficient.to_bytes());
    }
}

impl ConstraintSystem<Fr> for Hasher {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.shape.aux += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.shape.aux - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.shape.inputs += 1;
        // Place 0 is the constant one.
        Ok(Variable::new_unchecked(Index::Input(self.shape.inputs)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LB: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LC: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
    {
        for lc in [
            a(LinearCombination::zero()),
            b(LinearCombination::zero()),
            c(LinearCombination::zero()),
        ] {
            hash_combination(&mut self.hash, lc.as_ref());
        }
        self.shape.constraints += 1;
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

/// Blake2b-256 over all constraints with their coefficients, and over the numbers of wires and constraints. Names do not
/// count. Errors are those of the circuit.
pub fn circuit_digest<C: Circuit<Fr>>(circuit: C) -> Result<([u8; 32], CircuitShape), SynthesisError> {
    let mut hasher = Hasher {
        hash: Blake2b::new(),
        shape: CircuitShape::default(),
    };
    circuit.synthesize(&mut hasher)?;
    let shape = hasher.shape;
    for number in [shape.inputs, shape.aux, shape.constraints] {
        hasher.hash.update((number as u64).to_le_bytes());
    }
    Ok((hasher.hash.finalize().into(), shape))
}
