//! Walks over a circuit's names: no values, no combinations.

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::Scalar;

/// Sees the namespaces and constraints of a circuit in the order in which it makes them. Names are made only when asked
/// for.
pub trait Outline {
    /// A namespace begins inside those that are open.
    fn open(&mut self, name: impl FnOnce() -> String);
    /// The innermost namespace ends.
    fn close(&mut self);
    /// A constraint of the innermost namespace.
    fn constraint(&mut self, name: impl FnOnce() -> String);
}

/// Shows a circuit, which needs no witness, to an outline.
///
/// # Errors
/// Those of the circuit.
pub fn outline<C: Circuit<Scalar>, O: Outline>(circuit: C, outline: O) -> Result<O, SynthesisError> {
    let mut walk = Walk {
        outline,
        inputs: 0,
        aux: 0,
    };
    circuit.synthesize(&mut walk)?;
    Ok(walk.outline)
}

struct Walk<O> {
    outline: O,
    inputs: usize,
    aux: usize,
}

impl<O: Outline> ConstraintSystem<Scalar> for Walk<O> {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.aux - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        // Place 0 is the constant one.
        self.inputs += 1;
        Ok(Variable::new_unchecked(Index::Input(self.inputs)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, annotation: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        self.outline.constraint(|| annotation().into());
    }

    fn push_namespace<NR, N>(&mut self, name: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
        self.outline.open(|| name().into());
    }

    fn pop_namespace(&mut self) {
        self.outline.close();
    }

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
