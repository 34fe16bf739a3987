//! The constraints of a circuit and the names of its wires.

use std::{collections::HashMap, ops::Range};

use bellman::{ConstraintSystem, Index, LinearCombination, SynthesisError, Variable};

use cloister_circuits::Fr;

/// The namespace that has no name.
const ROOT: u32 = 0;

/// Numbers of the coefficients that occur nearly everywhere.
pub(crate) mod common {
    pub const ZERO: u32 = 0;
    pub const ONE: u32 = 1;
    pub const MINUS_ONE: u32 = 2;
}

/// A namespace: its parent and its own name.
#[derive(Clone)]
struct Node {
    parent: u32,
    name: String,
}

/// A name inside a namespace.
#[derive(Clone)]
pub(crate) struct Name {
    pub space: u32,
    pub own: String,
}

/// One term: a wire and the number of its coefficient.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub wire: u32,
    pub coefficient: u32,
}

#[derive(Clone)]
pub(crate) struct Constraint {
    pub name: Name,
    /// The numbers of the sums that are `a`, `b` and `c`.
    pub sums: [u32; 3],
}

/// Whether `a`, `b` and `c` of a constraint hold.
pub(crate) fn hold(sides: &[Fr; 3]) -> bool {
    sides[0] * sides[1] == sides[2]
}

/// Among how many of the newest sums a new one is looked for: those of a hash's fifth power occur three times each,
/// close together.
const NEWEST: usize = 16;

/// What a system is without the values of its wires. Recording into it asks for none.
#[derive(Clone)]
pub(crate) struct Structure {
    nodes: Vec<Node>,
    current: u32,
    pub coefficients: Vec<Fr>,
    known: HashMap<[u8; 32], u32>,
    terms: Vec<Term>,
    /// The places of the terms of each sum.
    sums: Vec<Range<usize>>,
    pub constraints: Vec<Constraint>,
    /// Of all wires.
    pub names: Vec<Name>,
    /// The numbers of the inputs' wires, and of the private ones.
    pub inputs: Vec<u32>,
    pub aux: Vec<u32>,
}

impl Structure {
    /// Nothing but the constant one.
    pub fn new() -> Self {
        let coefficients = vec![Fr::zero(), Fr::one(), -Fr::one()];
        Self {
            nodes: vec![Node {
                parent: ROOT,
                name: String::new(),
            }],
            current: ROOT,
            known: coefficients.iter().map(Fr::to_bytes).zip(0..).collect(),
            coefficients,
            terms: Vec::new(),
            sums: Vec::new(),
            constraints: Vec::new(),
            names: vec![Name {
                space: ROOT,
                own: "one".into(),
            }],
            inputs: vec![0],
            aux: Vec::new(),
        }
    }

    pub fn full_name(&self, name: &Name) -> String {
        let mut parts = vec![name.own.as_str()];
        let mut at = name.space;
        while at != ROOT {
            let node = &self.nodes[at as usize];
            parts.push(&node.name);
            at = node.parent;
        }
        parts.reverse();
        parts.join("/")
    }

    pub fn parent(&self, space: u32) -> u32 {
        self.nodes[space as usize].parent
    }

    /// How many sums there are that differ, as far as is known.
    pub fn num_sums(&self) -> usize {
        self.sums.len()
    }

    fn intern(&mut self, x: &Fr) -> u32 {
        let next = self.coefficients.len() as u32;
        let number = *self.known.entry(x.to_bytes()).or_insert(next);
        if number == next {
            self.coefficients.push(*x);
        }
        number
    }

    fn wire_of(&self, variable: Variable) -> u32 {
        match variable.get_unchecked() {
            Index::Input(i) => self.inputs[i],
            Index::Aux(i) => self.aux[i],
        }
    }

    /// The number of a sum.
    fn record(&mut self, lc: &LinearCombination<Fr>) -> u32 {
        let start = self.terms.len();
        for (variable, x) in lc.as_ref() {
            let coefficient = if *x == Fr::one() { common::ONE } else { self.intern(x) };
            if coefficient != common::ZERO {
                let wire = self.wire_of(*variable);
                self.terms.push(Term { wire, coefficient });
            }
        }
        let new = &self.terms[start..];
        let newest = (0..self.sums.len()).rev().take(NEWEST);
        let known = newest.into_iter().find(|sum| self.terms_of(*sum) == new);
        let number = known.unwrap_or_else(|| {
            self.sums.push(start..self.terms.len());
            self.sums.len() - 1
        });
        self.terms.truncate(self.sums.last().map_or(0, |newest| newest.end));
        number as u32
    }

    pub fn terms_of(&self, sum: usize) -> &[Term] {
        &self.terms[self.sums[sum].clone()]
    }

    /// Numbers a wire.
    fn add_wire(&mut self, own: String) -> u32 {
        self.names.push(Name {
            space: self.current,
            own,
        });
        self.names.len() as u32 - 1
    }
}

impl ConstraintSystem<Fr> for Structure {
    type Root = Self;

    fn alloc<F, A, AR>(&mut self, annotation: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let wire = self.add_wire(annotation().into());
        self.aux.push(wire);
        Ok(Variable::new_unchecked(Index::Aux(self.aux.len() - 1)))
    }

    fn alloc_input<F, A, AR>(&mut self, annotation: A, _: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        let wire = self.add_wire(annotation().into());
        self.inputs.push(wire);
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
        ];
        let sums = parts.map(|part| self.record(&part));
        self.constraints.push(Constraint {
            name: Name {
                space: self.current,
                own: annotation().into(),
            },
            sums,
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
