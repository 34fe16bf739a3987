//! The name of a constraint: for people, and only after a witness was found to break it.

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use bls12_381::Scalar;

/// The name of the constraint with this number (from zero), with the namespaces around it; `None` if there are fewer. The
/// circuit needs no witness.
///
/// # Errors
/// Those of the circuit.
pub fn constraint_name<C: Circuit<Scalar>>(circuit: C, constraint: usize) -> Result<Option<String>, SynthesisError> {
    let mut finder = Finder {
        left: constraint,
        wires: 0,
        path: Vec::new(),
        found: None,
    };
    circuit.synthesize(&mut finder)?;
    Ok(finder.found)
}

/// Counts constraints and keeps the path of namespaces.
struct Finder {
    left: usize,
    wires: usize,
    path: Vec<String>,
    found: Option<String>,
}

impl ConstraintSystem<Scalar> for Finder {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.wires += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.wires - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Scalar, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.wires += 1;
        Ok(Variable::new_unchecked(Index::Input(self.wires - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, annotation: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LB: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
        LC: FnOnce(LinearCombination<Scalar>) -> LinearCombination<Scalar>,
    {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None if self.found.is_none() => {
                let mut path = self.path.clone();
                path.push(annotation().into());
                self.found = Some(path.join("/"));
            }
            None => {}
        }
    }

    fn push_namespace<NR, N>(&mut self, name: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
        self.path.push(name().into());
    }

    fn pop_namespace(&mut self) {
        self.path.pop();
    }

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
