//! An assignment with the sides of all constraints: changes of few wires cost little.

use std::collections::BTreeMap;

use crate::{
    structure::{common, hold},
    system::TestSystem,
};
use cloister_circuits::Fr;

/// One constraint that uses a wire, with the numbers of the wire's coefficients in `a`, `b` and `c`.
#[derive(Clone, Copy)]
pub(crate) struct Use {
    pub constraint: u32,
    pub coefficients: [u32; 3],
}

/// For each wire the constraints that use it.
pub struct Uses {
    starts: Vec<usize>,
    entries: Vec<Use>,
}

impl Uses {
    /// Builds the index of a system. A wire may occur in a side once only, as [`cloister_circuits::gadgets::num::Num`]
    /// makes it.
    pub fn of(system: &TestSystem) -> Self {
        // First how many (an upper bound, by side), then the entries in order of constraint.
        let mut last: Vec<u32> = vec![u32::MAX; system.num_wires()];
        let mut counts = vec![0usize; system.num_wires() + 1];
        let constraints = 0..system.num_constraints();
        for k in constraints.clone() {
            for term in (0..3).flat_map(|part| system.part(k, part)) {
                let seen = &mut last[term.wire as usize];
                if *seen != k as u32 {
                    *seen = k as u32;
                    counts[term.wire as usize + 1] += 1;
                }
            }
        }
        for i in 1..counts.len() {
            counts[i] += counts[i - 1];
        }
        let starts = counts;
        let mut next = starts.clone();
        let blank = Use {
            constraint: u32::MAX,
            coefficients: [common::ZERO; 3],
        };
        let mut entries = vec![blank; starts.last().copied().unwrap_or_default()];
        for k in constraints {
            for part in 0..3 {
                for term in system.part(k, part) {
                    let w = term.wire as usize;
                    let same = next[w] > starts[w] && entries[next[w] - 1].constraint == k as u32;
                    if !same {
                        entries[next[w]].constraint = k as u32;
                        next[w] += 1;
                    }
                    let coefficient = &mut entries[next[w] - 1].coefficients[part];
                    assert_eq!(*coefficient, common::ZERO, "a wire occurs twice in a side");
                    *coefficient = term.coefficient;
                }
            }
        }
        Self { starts, entries }
    }

    pub(crate) fn of_wire(&self, wire: usize) -> &[Use] {
        &self.entries[self.starts[wire]..self.starts[wire + 1]]
    }

    /// Number of constraints that use the wire.
    pub fn count(&self, wire: usize) -> usize {
        self.of_wire(wire).len()
    }
}

/// `x·difference` for the coefficient of this number.
fn scaled(system: &TestSystem, coefficient: u32, difference: &Fr) -> Fr {
    match coefficient {
        common::ZERO => Fr::zero(),
        common::ONE => *difference,
        common::MINUS_ONE => -difference,
        other => system.coefficient(other) * difference,
    }
}

/// Adds to the sides what a wire's change by `difference` adds to them.
pub(crate) fn shift(system: &TestSystem, sides: &mut [Fr; 3], used: &Use, difference: &Fr) {
    for (side, coefficient) in sides.iter_mut().zip(used.coefficients) {
        if coefficient != common::ZERO {
            *side += scaled(system, coefficient, difference);
        }
    }
}

/// An assignment of a system.
pub struct Sheet<'a> {
    system: &'a TestSystem,
    uses: &'a Uses,
    values: Vec<Fr>,
    sides: Vec<[Fr; 3]>,
}

impl<'a> Sheet<'a> {
    /// Evaluates all sides of an assignment of all wires.
    pub fn new(system: &'a TestSystem, uses: &'a Uses, values: Vec<Fr>) -> Self {
        assert_eq!(values.len(), system.num_wires(), "one value per wire");
        Self {
            system,
            uses,
            sides: system.all_sides_under(&values),
            values,
        }
    }

    /// The system.
    pub fn system(&self) -> &'a TestSystem {
        self.system
    }

    pub(crate) fn uses(&self) -> &'a Uses {
        self.uses
    }

    /// The value of a wire.
    pub fn value(&self, wire: usize) -> Fr {
        self.values[wire]
    }

    /// `a`, `b` and `c` of a constraint.
    pub fn sides(&self, constraint: usize) -> &[Fr; 3] {
        &self.sides[constraint]
    }

    pub(crate) fn all_sides(&self) -> &[[Fr; 3]] {
        &self.sides
    }

    /// The names of unsatisfied constraints.
    pub fn unsatisfied(&self) -> Vec<String> {
        (0..self.sides.len())
            .filter(|k| !hold(&self.sides[*k]))
            .map(|k| self.system.constraint_name(k))
            .collect()
    }

    /// Whether giving one wire another value leaves a constraint unsatisfied. The sheet must be satisfied.
    pub fn breaks(&self, wire: usize, value: Fr) -> bool {
        let difference = value - self.values[wire];
        self.uses.of_wire(wire).iter().any(|used| {
            let mut sides = self.sides[used.constraint as usize];
            shift(self.system, &mut sides, used, &difference);
            !hold(&sides)
        })
    }

    /// The constraints left unsatisfied when some wires get other values. The sheet must be satisfied.
    pub fn broken_by(&self, changes: &[(usize, Fr)]) -> Vec<usize> {
        let mut touched: BTreeMap<usize, [Fr; 3]> = BTreeMap::new();
        for (wire, value) in changes {
            let difference = value - self.values[*wire];
            for used in self.uses.of_wire(*wire) {
                let k = used.constraint as usize;
                let sides = touched.entry(k).or_insert(self.sides[k]);
                shift(self.system, sides, used, &difference);
            }
        }
        touched
            .into_iter()
            .filter(|(_, sides)| !hold(sides))
            .map(|(k, _)| k)
            .collect()
    }
}

impl TestSystem {
    /// Private wires that can be changed alone without any constraint noticing, by name. The system must be satisfied.
    ///
    /// A wire that is honestly free (an unused inverse, a choice that changes nothing) shows up here too.
    pub fn free_wires(&self) -> Vec<String> {
        let uses = Uses::of(self);
        let sheet = Sheet::new(self, &uses, self.values().to_vec());
        let is_free = |wire: usize| {
            let old = self.values()[wire];
            // Others, and the other truth value: a boolean must be caught by more than its own check.
            let others = [old + Fr::from(7), Fr::one() - old];
            others
                .into_iter()
                .any(|other| other != old && !sheet.breaks(wire, other))
        };
        (0..self.num_wires())
            .filter(|wire| self.is_private(*wire) && is_free(*wire))
            .map(|wire| self.wire_name(wire))
            .collect()
    }
}
