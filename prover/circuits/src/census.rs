//! Where the constraints of a circuit are.

use std::collections::BTreeMap;

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};

use crate::Fr;

/// Namespaces that only number repetitions: what is in them counts together.
const REPEATED: [&str; 2] = ["unit", "place"];

/// Namespaces in which every namespace below counts for itself.
const OPENED: [&str; 3] = ["B-OPENS", "X-OPENS", "account"];

/// A namespace: the part it belongs to, and whether that part is named to the end.
#[derive(Clone, Default)]
struct Space {
    part: String,
    named: bool,
}

impl Space {
    /// The namespace `name` in this one.
    fn below(&self, name: &str) -> Self {
        if self.named {
            return self.clone();
        }
        // "unit 3" and "unit 4" are one part.
        let kind = match name.rsplit_once(' ') {
            Some((kind, number)) if number.bytes().all(|b| b.is_ascii_digit()) => kind,
            _ => name,
        };
        let part = if self.part.is_empty() {
            kind.to_string()
        } else {
            format!("{}/{kind}", self.part)
        };
        let goes_on = REPEATED.contains(&kind) || OPENED.contains(&kind);
        Self { part, named: !goes_on }
    }
}

/// Counts constraints by part.
#[derive(Default)]
struct Counter {
    spaces: Vec<Space>,
    counts: BTreeMap<String, usize>,
    inputs: usize,
    aux: usize,
}

impl ConstraintSystem<Fr> for Counter {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux += 1;
        Ok(Variable::new_unchecked(Index::Aux(self.aux - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, _: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs += 1;
        // Place 0 is the constant one.
        Ok(Variable::new_unchecked(Index::Input(self.inputs)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, _: A, _: LA, _: LB, _: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LB: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LC: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
    {
        let part = self.spaces.last().map_or("", |space| &space.part);
        match self.counts.get_mut(part) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(part.to_string(), 1);
            }
        }
    }

    fn push_namespace<NR, N>(&mut self, name: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
        let space = self.spaces.last().cloned().unwrap_or_default();
        let space = if space.named {
            space
        } else {
            space.below(&name().into())
        };
        self.spaces.push(space);
    }

    fn pop_namespace(&mut self) {
        self.spaces.pop();
    }

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}

/// The constraints of a circuit by part, the names of the parts being those of its outermost namespaces. Parts of all units,
/// and of all places of a unit, count together. Errors are those of the circuit.
pub fn census<C: Circuit<Fr>>(circuit: C) -> Result<BTreeMap<String, usize>, SynthesisError> {
    let mut counter = Counter::default();
    circuit.synthesize(&mut counter)?;
    Ok(counter.counts)
}
