//! The recording constraint system.
//!
//! `bellman`'s own builds every name eagerly and looks wires up by string; this one interns namespaces, coefficients
//! and sums and stores terms flat, so that a batch of a quarter of a million constraints is recorded and checked in a
//! second or two.

use std::{ops::Range, sync::Arc};

use bellman::{Circuit, ConstraintSystem, LinearCombination, SynthesisError, Variable};
use rayon::prelude::*;

use crate::structure::{common, hold, Constraint, Name, Structure, Term};
use cloister_circuits::Fr;
use cloister_groth16::Assignment;

/// The recording constraint system.
///
/// Wires are numbered in the order of their allocation, inputs and private ones alike; wire 0 is the constant one.
/// Systems of the same circuit can share what they have in common ([`TestSystem::with_witness`]).
#[derive(Clone)]
pub struct TestSystem {
    structure: Arc<Structure>,
    values: Vec<Fr>,
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
            structure: Arc::new(Structure::new()),
            values: vec![Fr::one()],
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

    /// Records a circuit without its witness, as a key has it. All wires but the constant one are zero.
    ///
    /// # Errors
    /// Those of the circuit.
    pub fn blank<C: Circuit<Fr>>(circuit: C) -> Result<Self, SynthesisError> {
        let mut structure = Structure::new();
        circuit.synthesize(&mut structure)?;
        let mut values = vec![Fr::zero(); structure.names.len()];
        values[0] = Fr::one();
        Ok(Self {
            structure: Arc::new(structure),
            values,
        })
    }

    /// The same constraints under the values that the circuit gives with a witness, which takes a fraction of the time
    /// of recording it anew. A prover does the same: constraints come from the key, values from the circuit.
    ///
    /// # Errors
    /// Those of the circuit.
    ///
    /// # Panics
    /// If it has another number of inputs or private wires.
    pub fn with_witness<C: Circuit<Fr>>(&self, circuit: C) -> Result<Self, SynthesisError> {
        let Assignment { inputs, aux } = Assignment::of(circuit)?;
        let places = [&self.structure.inputs, &self.structure.aux];
        assert_eq!([inputs.len(), aux.len()], places.map(Vec::len), "another circuit");
        let mut values = vec![Fr::one(); self.values.len()];
        for (places, given) in places.into_iter().zip([inputs, aux]) {
            for (place, value) in places.iter().zip(given) {
                values[*place as usize] = value;
            }
        }
        Ok(Self {
            structure: self.structure.clone(),
            values,
        })
    }

    pub(crate) fn parent(&self, space: u32) -> u32 {
        self.structure.parent(space)
    }

    pub(crate) fn name(&self, wire: usize) -> &Name {
        &self.structure.names[wire]
    }

    pub(crate) fn constraint(&self, number: usize) -> &Name {
        &self.structure.constraints[number].name
    }

    pub(crate) fn coefficient(&self, number: u32) -> &Fr {
        &self.structure.coefficients[number as usize]
    }

    pub(crate) fn coefficients(&self) -> &[Fr] {
        &self.structure.coefficients
    }

    /// The terms of `a` (0), `b` (1) or `c` (2).
    pub(crate) fn part(&self, number: usize, part: usize) -> &[Term] {
        let sum = self.structure.constraints[number].sums[part];
        self.structure.terms_of(sum as usize)
    }

    /// The sum of some terms under an assignment of all wires.
    pub(crate) fn evaluate(&self, terms: &[Term], values: &[Fr]) -> Fr {
        let mut sum = Fr::zero();
        for term in terms {
            let value = &values[term.wire as usize];
            match term.coefficient {
                common::ONE => sum += value,
                common::MINUS_ONE => sum -= value,
                other => sum += self.coefficient(other) * value,
            }
        }
        sum
    }

    /// `a`, `b` and `c` of all constraints under an assignment, on all cores.
    pub(crate) fn all_sides_under(&self, values: &[Fr]) -> Vec<[Fr; 3]> {
        let sums: Vec<Fr> = (0..self.structure.num_sums())
            .into_par_iter()
            .with_min_len(512)
            .map(|sum| self.evaluate(self.structure.terms_of(sum), values))
            .collect();
        let of = |constraint: &Constraint| constraint.sums.map(|sum| sums[sum as usize]);
        self.structure.constraints.iter().map(of).collect()
    }

    /// `a`, `b` and `c` of a constraint under an assignment.
    fn sides_under(&self, number: usize, values: &[Fr]) -> [Fr; 3] {
        std::array::from_fn(|part| self.evaluate(self.part(number, part), values))
    }

    /// Whether a constraint holds under an assignment.
    pub fn holds_under(&self, number: usize, values: &[Fr]) -> bool {
        hold(&self.sides_under(number, values))
    }

    /// The sum of the terms of a constraint's `a` whose wires lie in a range, under an assignment.
    pub fn left_within(&self, number: usize, wires: &Range<usize>, values: &[Fr]) -> Fr {
        let inside = |term: &&Term| wires.contains(&(term.wire as usize));
        let terms: Vec<Term> = self.part(number, 0).iter().filter(inside).copied().collect();
        self.evaluate(&terms, values)
    }

    /// The numbers of the unsatisfied constraints.
    fn unsatisfied(&self) -> impl Iterator<Item = usize> {
        let sides = self.all_sides_under(&self.values);
        sides
            .into_iter()
            .enumerate()
            .filter(|(_, sides)| !hold(sides))
            .map(|(k, _)| k)
    }

    /// The name of the first unsatisfied constraint.
    pub fn which_is_unsatisfied(&self) -> Option<String> {
        self.unsatisfied().next().map(|k| self.constraint_name(k))
    }

    /// The names of all unsatisfied constraints.
    pub fn all_unsatisfied(&self) -> Vec<String> {
        self.unsatisfied().map(|k| self.constraint_name(k)).collect()
    }

    /// Whether every constraint holds.
    pub fn is_satisfied(&self) -> bool {
        self.unsatisfied().next().is_none()
    }

    /// Number of constraints.
    pub fn num_constraints(&self) -> usize {
        self.structure.constraints.len()
    }

    /// The full name of a constraint.
    pub fn constraint_name(&self, number: usize) -> String {
        self.structure.full_name(&self.structure.constraints[number].name)
    }

    /// The number of the constraint with this full name.
    pub fn find_constraint(&self, name: &str) -> Option<usize> {
        let last = name.rsplit('/').next()?;
        (0..self.num_constraints()).find(|k| self.constraint(*k).own == last && self.constraint_name(*k) == name)
    }

    /// Number of wires of all kinds, with the constant one.
    pub fn num_wires(&self) -> usize {
        self.values.len()
    }

    /// The values of all wires in the order of their allocation.
    pub fn values(&self) -> &[Fr] {
        &self.values
    }

    /// The full name of a wire of any kind.
    pub fn wire_name(&self, wire: usize) -> String {
        self.structure.full_name(&self.structure.names[wire])
    }

    /// The own name of a wire of any kind, without its namespaces.
    pub fn wire_own_name(&self, wire: usize) -> &str {
        &self.structure.names[wire].own
    }

    /// Whether the prover chooses the wire: it is neither the constant one nor a public input.
    pub fn is_private(&self, wire: usize) -> bool {
        !self.structure.inputs.contains(&(wire as u32))
    }

    /// The number of the wire with this full name, among the wires of all kinds.
    pub fn find_wire(&self, name: &str) -> Option<usize> {
        let last = name.rsplit('/').next()?;
        (0..self.structure.names.len()).find(|w| self.structure.names[*w].own == last && self.wire_name(*w) == name)
    }

    /// The name of a private wire.
    pub fn aux_name(&self, i: usize) -> String {
        self.wire_name(self.structure.aux[i] as usize)
    }

    /// The value of a private wire.
    pub fn aux(&self, i: usize) -> Fr {
        self.values[self.structure.aux[i] as usize]
    }

    /// The value of a public input; 0 is the first after the constant one.
    pub fn input(&self, i: usize) -> Fr {
        self.values[self.structure.inputs[i + 1] as usize]
    }

    /// Overwrites a public input.
    pub fn set_input(&mut self, i: usize, value: Fr) {
        self.values[self.structure.inputs[i + 1] as usize] = value;
    }

    /// The place of the private wire with this full name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let last = name.rsplit('/').next()?;
        (0..self.structure.aux.len())
            .find(|i| self.structure.names[self.structure.aux[*i] as usize].own == last && self.aux_name(*i) == name)
    }

    /// Overwrites the private wire with this full name; returns its old value, or `None` if there is none.
    pub fn set(&mut self, name: &str, value: Fr) -> Option<Fr> {
        let i = self.find(name)?;
        Some(std::mem::replace(
            &mut self.values[self.structure.aux[i] as usize],
            value,
        ))
    }

    /// `a·b` and `c` of the constraint with this full name.
    pub fn sides(&self, name: &str) -> Option<(Fr, Fr)> {
        let [a, b, c] = self.sides_under(self.find_constraint(name)?, &self.values);
        Some((a * b, c))
    }

    /// What is recorded so far, shared with nobody.
    fn recorded(&mut self) -> &mut Structure {
        Arc::make_mut(&mut self.structure)
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
        self.values.push(f()?);
        self.recorded()
            .alloc(annotation, || Err(SynthesisError::AssignmentMissing))
    }

    fn alloc_input<F, A, AR>(&mut self, annotation: A, f: F) -> Result<Variable, SynthesisError>
    where
        F: FnOnce() -> Result<Fr, SynthesisError>,
        A: FnOnce() -> AR,
        AR: Into<String>,
    {
        self.values.push(f()?);
        self.recorded()
            .alloc_input(annotation, || Err(SynthesisError::AssignmentMissing))
    }

    fn enforce<A, AR, LA, LB, LC>(&mut self, annotation: A, a: LA, b: LB, c: LC)
    where
        A: FnOnce() -> AR,
        AR: Into<String>,
        LA: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LB: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
        LC: FnOnce(LinearCombination<Fr>) -> LinearCombination<Fr>,
    {
        self.recorded().enforce(annotation, a, b, c);
    }

    fn push_namespace<NR, N>(&mut self, name_fn: N)
    where
        NR: Into<String>,
        N: FnOnce() -> NR,
    {
        self.recorded().push_namespace(name_fn);
    }

    fn pop_namespace(&mut self) {
        self.recorded().pop_namespace();
    }

    fn get_root(&mut self) -> &mut Self::Root {
        self
    }
}
