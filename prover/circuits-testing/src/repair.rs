//! A cheating prover that stays consistent: it changes wires and computes forward what an honest prover would.
//!
//! A single changed wire mostly fails at the constraint that defines it or at the first that uses it, which says little
//! about the rules further on. Here every constraint that fails is first met, if it can be, by solving it for the wire
//! it was made for: products and quotients, bit decompositions, zero tests. Only what cannot be met counts as refusal.
//! What leaves nothing unsatisfied is another witness for the same public inputs.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use ff::Field;

use crate::{
    sheet::{shift, Sheet},
    structure::{common, hold},
    system::TestSystem,
};
use cloister_circuits::{gadgets::bits::power_of_two, Fr};

/// How a constraint is met.
enum Rule {
    /// Only by luck.
    Nothing,
    /// By its newest wire, which stands in one side with this coefficient.
    Solve { wire: u32, side: usize, coefficient: u32 },
    /// `Σ 2^i·bit_i + rest = 0`: by the bits, given as place and wire. The lowest may be missing, and is then left.
    Decompose(Vec<(usize, u32)>),
    /// `inverse·x = 1 - bit`, the first half of a zero test.
    ZeroTest { inverse: u32, bit: u32 },
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Everything holds again, with this many wires changed in all.
    Accepted(usize),
    /// This constraint cannot be met.
    Refused(usize),
}

/// The definitions of a system's wires.
pub struct Repair {
    rules: Vec<Rule>,
    decompositions: Vec<usize>,
}

/// Names by which gadgets call the constraints and wires that need more than solving one equation.
mod gadget {
    /// Of `range` and of `canonical_bits`. A sum without new bits, as that of neighbours in an inner product, is solved
    /// like any other equation.
    pub const SUMS: [&str; 2] = ["in range", "sum"];
    pub const BIT: &str = "bit ";
    pub const ZERO_TEST: &str = "one where not zero";
}

impl Repair {
    /// Finds the definitions.
    pub fn new(system: &TestSystem) -> Self {
        let powers: HashMap<[u8; 32], usize> = (0..255).map(|i| (power_of_two(i).to_bytes(), i)).collect();
        let exponents: Vec<Option<usize>> = system
            .coefficients()
            .iter()
            .map(|x| powers.get(&x.to_bytes()).copied())
            .collect();
        let mut used = vec![false; system.num_wires()];
        let mut rules = Vec::with_capacity(system.num_constraints());
        let mut decompositions = Vec::new();
        for k in 0..system.num_constraints() {
            let rule = Self::rule(system, k, &used, &exponents);
            if matches!(rule, Rule::Decompose(_)) {
                decompositions.push(k);
            }
            rules.push(rule);
            for term in (0..3).flat_map(|part| system.part(k, part)) {
                used[term.wire as usize] = true;
            }
        }
        Self { rules, decompositions }
    }

    fn rule(system: &TestSystem, k: usize, used: &[bool], exponents: &[Option<usize>]) -> Rule {
        let name = system.constraint(k);
        if name.own == gadget::ZERO_TEST {
            let newest = |part| system.part(k, part).iter().map(|term| term.wire).max();
            if let (Some(inverse), Some(bit)) = (newest(0), newest(2)) {
                return Rule::ZeroTest { inverse, bit };
            }
        }
        if gadget::SUMS.contains(&name.own.as_str()) {
            let is_bit = |wire: u32| {
                let wire = system.name(wire as usize);
                let near = wire.space == name.space || system.parent(wire.space) == name.space;
                near && wire.own.starts_with(gadget::BIT)
            };
            let bits: Vec<(usize, u32)> = system
                .part(k, 0)
                .iter()
                .filter(|term| is_bit(term.wire))
                .filter_map(|term| Some((exponents[term.coefficient as usize]?, term.wire)))
                .collect();
            if !bits.is_empty() {
                return Rule::Decompose(bits);
            }
        }
        let terms = (0..3).flat_map(|part| system.part(k, part).iter().map(move |term| (part, term)));
        let Some(wire) = terms.clone().map(|(_, term)| term.wire).max() else {
            return Rule::Nothing;
        };
        let mut places = terms.filter(|(_, term)| term.wire == wire);
        match (places.next(), places.next()) {
            (Some((side, term)), None) if !used[wire as usize] && system.is_private(wire as usize) => Rule::Solve {
                wire,
                side,
                coefficient: term.coefficient,
            },
            _ => Rule::Nothing,
        }
    }

    /// Lets a public input follow from a constraint that uses it once: a cheater then may prove another statement.
    /// Without this inputs stay as they are.
    ///
    /// # Panics
    /// If the constraint does not use the wire.
    pub fn let_follow(&mut self, system: &TestSystem, wire: usize, constraint: usize) {
        let terms = (0..3).flat_map(|side| system.part(constraint, side).iter().map(move |term| (side, term)));
        let (side, term) = terms
            .into_iter()
            .find(|(_, term)| term.wire as usize == wire)
            .expect("the constraint uses the wire");
        self.rules[constraint] = Rule::Solve {
            wire: term.wire,
            side,
            coefficient: term.coefficient,
        };
    }

    /// The constraints that decompose a number into bits, with the number of bits each.
    pub fn decompositions(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.decompositions.iter().map(|k| {
            let top = match &self.rules[*k] {
                Rule::Decompose(bits) => bits.iter().map(|(place, _)| place + 1).max(),
                Rule::Nothing | Rule::Solve { .. } | Rule::ZeroTest { .. } => None,
            };
            (*k, top.unwrap_or_default())
        })
    }

    /// The bits that a decomposition made, as place and wire. Bits that were there before are not among them.
    pub fn bits_of(&self, constraint: usize) -> &[(usize, u32)] {
        match &self.rules[constraint] {
            Rule::Decompose(bits) => bits,
            Rule::Nothing | Rule::Solve { .. } | Rule::ZeroTest { .. } => &[],
        }
    }

    /// A cheater at an assignment, which must be satisfied.
    pub fn at<'a, 'b>(&'a self, sheet: &'a Sheet<'b>) -> Cheater<'a, 'b> {
        let system = sheet.system();
        Cheater {
            repair: self,
            work: Work {
                sheet,
                values: (0..system.num_wires()).map(|wire| sheet.value(wire)).collect(),
                changed: Vec::new(),
                is_kept: vec![false; system.num_wires()],
                sides: sheet.all_sides().to_vec(),
                touched: Vec::new(),
                is_touched: vec![false; system.num_constraints()],
                dirty: BinaryHeap::new(),
            },
        }
    }

    /// One attempt of [`Self::at`].
    pub fn attempt(&self, sheet: &Sheet<'_>, changes: &[(usize, Fr)]) -> Outcome {
        self.at(sheet).attempt(changes)
    }

    /// The constraint that was made for a wire, if it is the first to use it and the wire cannot have this value.
    fn refuses_at_once(&self, sheet: &Sheet<'_>, changed: usize, value: Fr) -> Option<usize> {
        let used = sheet.uses().of_wire(changed).first()?;
        let k = used.constraint as usize;
        let mut sides = *sheet.sides(k);
        shift(sheet.system(), &mut sides, used, &(value - sheet.value(changed)));
        let own = matches!(&self.rules[k], Rule::Solve { wire, .. } if *wire as usize == changed);
        (own && !hold(&sides)).then_some(k)
    }

    /// Meets what can be met; the first constraint that cannot is the error.
    fn run(&self, work: &mut Work<'_, '_>) -> Result<(), usize> {
        // A repair touches constraints further on, save for the booleans' own; the bound only stops a circle.
        let mut left = 64 * self.rules.len();
        while let Some(Reverse(k)) = work.dirty.pop() {
            left = left.saturating_sub(1);
            let k = k as usize;
            let repaired = left > 0 && self.meet(work, k);
            if !repaired || !hold(&work.sides[k]) {
                return Err(k);
            }
        }
        Ok(())
    }

    /// Changes what the constraint defines; false if it would have to change a kept wire.
    fn meet(&self, work: &mut Work<'_, '_>, k: usize) -> bool {
        let sides = work.sides[k];
        match &self.rules[k] {
            // Whether or not it holds: with the inverse 0 it holds for every number.
            Rule::ZeroTest { inverse, bit } => {
                let x = sides[1];
                let is_zero = x.is_zero_vartime();
                // Where the number is zero, any inverse does.
                if !is_zero && !work.is_kept(*inverse) {
                    work.set(*inverse, Option::<Fr>::from(x.invert()).unwrap_or(Fr::zero()));
                }
                if !work.is_kept(*bit) {
                    work.set(*bit, Fr::from(u64::from(is_zero)));
                }
                true
            }
            _ if hold(&sides) => true,
            Rule::Nothing => false,
            Rule::Solve {
                wire,
                side,
                coefficient,
            } => {
                let wanted = match side {
                    0 => quotient(&sides[2], &sides[1]),
                    1 => quotient(&sides[2], &sides[0]),
                    _ => Some(sides[0] * sides[1]),
                };
                let change = wanted.and_then(|x| quotient(&(x - sides[*side]), work.coefficient(*coefficient)));
                match change {
                    Some(change) if !work.is_kept(*wire) => {
                        let value = work.value(*wire) + change;
                        work.set(*wire, value);
                        true
                    }
                    _ => false,
                }
            }
            Rule::Decompose(bits) => {
                let held: Fr = bits
                    .iter()
                    .map(|(place, wire)| power_of_two(*place) * work.value(*wire))
                    .sum();
                let mut wanted = (held - sides[0]).to_bytes();
                for (place, wire) in bits {
                    let bit = wanted[place / 8] >> (place % 8) & 1;
                    wanted[place / 8] &= !(1 << (place % 8));
                    let value = Fr::from(u64::from(bit));
                    if value != work.value(*wire) {
                        if work.is_kept(*wire) {
                            return false;
                        }
                        work.set(*wire, value);
                    }
                }
                // What is left over does not hold, save for a lowest bit that is no wire (`bits::sign`).
                wanted[0] &= !1;
                wanted == [0; 32]
            }
        }
    }
}

/// `a/b`. Nearly all divisors are 1 or -1, and an inversion takes longer than all the rest of a repair.
fn quotient(a: &Fr, b: &Fr) -> Option<Fr> {
    if *b == Fr::one() {
        Some(*a)
    } else if *b == -Fr::one() {
        Some(-a)
    } else {
        Option::<Fr>::from(b.invert()).map(|inverse| a * inverse)
    }
}

/// Tries changes at one assignment, one attempt after the other.
pub struct Cheater<'a, 'b> {
    repair: &'a Repair,
    work: Work<'a, 'b>,
}

impl Cheater<'_, '_> {
    /// Gives wires other values, keeps those and repairs what can be. Afterwards all is as before.
    pub fn attempt(&mut self, changes: &[(usize, Fr)]) -> Outcome {
        match self.follow(changes) {
            Ok(changed) => Outcome::Accepted(changed.len()),
            Err(constraint) => Outcome::Refused(constraint),
        }
    }

    /// As [`Self::attempt`]: all wires that changed, in their order, with the new values.
    ///
    /// # Errors
    /// The constraint that cannot be met.
    pub fn follow(&mut self, changes: &[(usize, Fr)]) -> Result<Vec<(usize, Fr)>, usize> {
        let work = &mut self.work;
        if let [(wire, value)] = changes {
            if let Some(refused) = self.repair.refuses_at_once(work.sheet, *wire, *value) {
                return Err(refused);
            }
        }
        for (wire, value) in changes {
            work.is_kept[*wire] = true;
            work.set(*wire as u32, *value);
        }
        let outcome = self.repair.run(work).map(|()| work.differences());
        work.undo();
        for (wire, _) in changes {
            work.is_kept[*wire] = false;
        }
        outcome
    }
}

/// A sheet with changes.
struct Work<'a, 'b> {
    sheet: &'a Sheet<'b>,
    values: Vec<Fr>,
    /// Wires that were set, once for each time.
    changed: Vec<u32>,
    is_kept: Vec<bool>,
    sides: Vec<[Fr; 3]>,
    /// Constraints whose sides moved.
    touched: Vec<u32>,
    is_touched: Vec<bool>,
    /// Constraints to look at, lowest first; one may be there more than once.
    dirty: BinaryHeap<Reverse<u32>>,
}

impl Work<'_, '_> {
    fn value(&self, wire: u32) -> Fr {
        self.values[wire as usize]
    }

    fn is_kept(&self, wire: u32) -> bool {
        self.is_kept[wire as usize]
    }

    fn coefficient(&self, number: u32) -> &Fr {
        debug_assert_ne!(number, common::ZERO);
        self.sheet.system().coefficient(number)
    }

    fn set(&mut self, wire: u32, value: Fr) {
        let difference = value - self.value(wire);
        if difference.is_zero_vartime() {
            return;
        }
        self.values[wire as usize] = value;
        self.changed.push(wire);
        for used in self.sheet.uses().of_wire(wire as usize) {
            let k = used.constraint as usize;
            shift(self.sheet.system(), &mut self.sides[k], used, &difference);
            if !self.is_touched[k] {
                self.is_touched[k] = true;
                self.touched.push(used.constraint);
            }
            if self.dirty.peek() != Some(&Reverse(used.constraint)) {
                self.dirty.push(Reverse(used.constraint));
            }
        }
    }

    /// The wires that differ from the sheet, with their values.
    fn differences(&self) -> Vec<(usize, Fr)> {
        let mut wires: Vec<usize> = self.changed.iter().map(|wire| *wire as usize).collect();
        wires.sort_unstable();
        wires.dedup();
        wires.retain(|wire| self.values[*wire] != self.sheet.value(*wire));
        wires.into_iter().map(|wire| (wire, self.values[wire])).collect()
    }

    fn undo(&mut self) {
        for wire in self.changed.drain(..) {
            self.values[wire as usize] = self.sheet.value(wire as usize);
        }
        for k in self.touched.drain(..) {
            self.sides[k as usize] = *self.sheet.sides(k as usize);
            self.is_touched[k as usize] = false;
        }
        self.dirty.clear();
    }
}
