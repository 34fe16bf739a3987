//! The values of a circuit without its constraints.

use bellman::{ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};

use crate::Fr;

/// Takes the value of every wire in the order of allocation, and passes over constraints.
#[derive(Debug, Default)]
pub struct Values {
    values: Vec<Fr>,
}

impl Values {
    /// The values of parts synthesised one by one, as [`super::TestSystem`] numbers the wires of the whole.
    pub fn join(parts: Vec<Self>) -> Vec<Fr> {
        let mut all = vec![Fr::one()];
        for part in parts {
            all.extend(part.values);
        }
        all
    }

    /// Number of wires taken.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no wire was taken.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn take<F>(&mut self, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
    {
        self.values.push(f()?);
        Ok(Variable::new_unchecked(Index::Aux(self.values.len() - 1)))
    }
}

impl ConstraintSystem<Fr> for Values {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.take(f)
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.take(f)
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LB: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LC: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
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
