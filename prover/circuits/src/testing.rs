//! A recording constraint system with which tests read and overwrite single wires.
//!
//! `bellman`'s own builds every name eagerly and looks wires up by string; this one interns namespaces and stores terms
//! flat, so that a batch of a quarter of a million constraints is recorded and checked in a second or two.

use std::collections::HashMap;

use bellman::{Circuit, ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};
use ff::Field;

use crate::Fr;

const ROOT: u32 = 0;

/// A namespace: its parent and its own name.
struct Node {
    parent: u32,
    name: String,
}

/// Where the terms of one combination lie.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

struct Constraint {
    space: u32,
    name: String,
    parts: [Span; 3],
}

struct Wire {
    space: u32,
    name: String,
    value: Fr,
}

/// The recording constraint system.
pub struct TestSystem {
    nodes: Vec<Node>,
    current: u32,
    terms: Vec<(Variable, Fr)>,
    constraints: Vec<Constraint>,
    inputs: Vec<Wire>,
    aux: Vec<Wire>,
}

impl Default for TestSystem {
    fn default() -> Self {
        Self::new()
    }
}

impl TestSystem {
    /// An empty system; input 0 is the constant one.
    pub fn new() -> Self {
        Self {
            nodes: vec![Node {
                parent: ROOT,
                name: String::new(),
            }],
            current: ROOT,
            terms: Vec::new(),
            constraints: Vec::new(),
            inputs: vec![Wire {
                space: ROOT,
                name: "one".into(),
                value: Fr::one(),
            }],
            aux: Vec::new(),
        }
    }

    /// Records a circuit.
    ///
    /// # Errors
    /// Those of the circuit.
    pub fn of<C: Circuit<Fr>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut system = Self::new();
        circuit.synthesize(&mut system)?;
        Ok(system)
    }

    fn full_name(&self, space: u32, name: &str) -> String {
        let mut parts = vec![name];
        let mut at = space;
        while at != ROOT {
            let node = &self.nodes[at as usize];
            parts.push(&node.name);
            at = node.parent;
        }
        parts.reverse();
        parts.join("/")
    }

    fn evaluate(&self, span: Span) -> Fr {
        self.terms[span.start..span.end]
            .iter()
            .map(|(variable, x)| {
                x * match variable.get_unchecked() {
                    Index::Input(i) => self.inputs[i].value,
                    Index::Aux(i) => self.aux[i].value,
                }
            })
            .sum()
    }

    fn holds(&self, constraint: &Constraint) -> bool {
        let [a, b, c] = constraint.parts.map(|span| self.evaluate(span));
        a * b == c
    }

    /// The name of the first unsatisfied constraint.
    pub fn which_is_unsatisfied(&self) -> Option<String> {
        self.constraints
            .iter()
            .find(|c| !self.holds(c))
            .map(|c| self.full_name(c.space, &c.name))
    }

    /// The names of all unsatisfied constraints.
    pub fn all_unsatisfied(&self) -> Vec<String> {
        self.constraints
            .iter()
            .filter(|c| !self.holds(c))
            .map(|c| self.full_name(c.space, &c.name))
            .collect()
    }

    /// Whether every constraint holds.
    pub fn is_satisfied(&self) -> bool {
        self.constraints.iter().all(|c| self.holds(c))
    }

    /// Number of constraints.
    pub fn num_constraints(&self) -> usize {
        self.constraints.len()
    }

    /// Number of constraints inside a namespace.
    pub fn constraints_under(&self, prefix: &str) -> usize {
        self.constraints
            .iter()
            .filter(|c| self.full_name(c.space, &c.name).starts_with(prefix))
            .count()
    }

    /// Number of private wires.
    pub fn num_aux(&self) -> usize {
        self.aux.len()
    }

    /// Number of public inputs, without the constant one.
    pub fn num_inputs(&self) -> usize {
        self.inputs.len() - 1
    }

    /// Number of terms in all combinations.
    pub fn num_terms(&self) -> usize {
        self.terms.len()
    }

    /// The name of a private wire.
    pub fn aux_name(&self, i: usize) -> String {
        self.full_name(self.aux[i].space, &self.aux[i].name)
    }

    /// The value of a private wire.
    pub fn aux(&self, i: usize) -> Fr {
        self.aux[i].value
    }

    /// Overwrites a private wire.
    pub fn set_aux(&mut self, i: usize, value: Fr) {
        self.aux[i].value = value;
    }

    /// The value of a public input; 0 is the first after the constant one.
    pub fn input(&self, i: usize) -> Fr {
        self.inputs[i + 1].value
    }

    /// Overwrites a public input.
    pub fn set_input(&mut self, i: usize, value: Fr) {
        self.inputs[i + 1].value = value;
    }

    /// The place of the private wire with this full name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let last = name.rsplit('/').next()?;
        (0..self.aux.len()).find(|i| self.aux[*i].name == last && self.aux_name(*i) == name)
    }

    /// Overwrites the private wire with this full name; returns its old value, or `None` if there is none.
    pub fn set(&mut self, name: &str, value: Fr) -> Option<Fr> {
        let i = self.find(name)?;
        Some(std::mem::replace(&mut self.aux[i].value, value))
    }

    /// `a·b` and `c` of the constraint with this full name.
    pub fn sides(&self, name: &str) -> Option<(Fr, Fr)> {
        let last = name.rsplit('/').next()?;
        let constraint = self
            .constraints
            .iter()
            .find(|c| c.name == last && self.full_name(c.space, &c.name) == name)?;
        let [a, b, c] = constraint.parts.map(|span| self.evaluate(span));
        Some((a * b, c))
    }

    /// Private wires that can be changed alone without any constraint noticing, by name. The system must be satisfied.
    ///
    /// A wire that is honestly free (an unused inverse, a choice that changes nothing) shows up here too.
    pub fn free_wires(&mut self) -> Vec<String> {
        let mut uses: HashMap<usize, Vec<usize>> = HashMap::new();
        for (number, constraint) in self.constraints.iter().enumerate() {
            for span in constraint.parts {
                for (variable, _) in &self.terms[span.start..span.end] {
                    if let Index::Aux(i) = variable.get_unchecked() {
                        let list = uses.entry(i).or_default();
                        if list.last() != Some(&number) {
                            list.push(number);
                        }
                    }
                }
            }
        }
        let mut free = Vec::new();
        for i in 0..self.aux.len() {
            let old = self.aux[i].value;
            // One more, and the other truth value: a boolean must be caught by more than its own check.
            let others = [old + Fr::from(7), Fr::one() - old];
            for other in others.into_iter().filter(|other| *other != old) {
                self.aux[i].value = other;
                let used = uses.get(&i).map(Vec::as_slice).unwrap_or_default();
                if used.iter().all(|n| self.holds(&self.constraints[*n])) {
                    free.push(self.aux_name(i));
                    break;
                }
            }
            self.aux[i].value = old;
        }
        free
    }

    fn record(&mut self, lc: LinearCombination<Fr>) -> Span {
        let start = self.terms.len();
        self.terms
            .extend(lc.as_ref().iter().filter(|(_, x)| !x.is_zero_vartime()));
        Span {
            start,
            end: self.terms.len(),
        }
    }
}

impl ConstraintSystem<Fr> for TestSystem {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, annotation: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.aux.push(Wire {
            space: self.current,
            name: annotation().into(),
            value: f()?,
        });
        Ok(Variable::new_unchecked(Index::Aux(self.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, annotation: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.inputs.push(Wire {
            space: self.current,
            name: annotation().into(),
            value: f()?,
        });
        Ok(Variable::new_unchecked(Index::Input(self.inputs.len() - 1)))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, annotation: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LB: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LC: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
    {
        let parts = [
            a(LinearCombination::zero()),
            b(LinearCombination::zero()),
            c(LinearCombination::zero()),
        ]
        .map(|lc| self.record(lc));
        self.constraints.push(Constraint {
            space: self.current,
            name: annotation().into(),
            parts,
        });
    }

    fn push_namespace<NR, N>(&mut self, name_fn: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
        self.nodes.push(Node {
            parent: self.current,
            name: name_fn().into(),
        });
        self.current = (self.nodes.len() - 1) as u32;
    }

    fn pop_namespace(&mut self) {
        self.current = self.nodes[self.current as usize].parent;
    }

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
