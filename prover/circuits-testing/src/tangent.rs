//! Wires that the constraints do not determine, in the first order.
//!
//! At an assignment, the derivative of `a·b - c` is a row over the wires. A vector that all rows send to zero is a
//! direction in which the assignment can move without any constraint noticing (to the first order). If only the zero
//! vector does, with the given wires held fixed, the other wires are determined by them, up to a discrete choice:
//! booleans cannot move at all, which side they are on is for mutations to try.
//!
//! Circuits compute forward, so rows are taken in order and each is solved for its newest wire; what remains open is
//! carried as a parameter until a later row closes it. Between parameters live at once this is plain elimination.

use std::collections::{BTreeMap, HashMap};

use ff::Field;

use crate::{sheet::Sheet, structure::common};
use cloister_circuits::Fr;

/// A combination of parameters, each named by the wire it stands for.
type Combination = BTreeMap<u32, Fr>;

/// What is known of a wire's movement.
enum Movement {
    /// No row has spoken of it.
    Unseen,
    /// It does not move.
    Fixed,
    /// It moves with parameters.
    With(Combination),
}

struct Elimination {
    movements: Vec<Movement>,
    /// Parameters that a row has closed.
    closed: HashMap<u32, Combination>,
}

impl Elimination {
    /// Adds `x·combination`, replacing closed parameters.
    fn add(&self, sum: &mut Combination, combination: &Combination, x: &Fr) {
        for (parameter, y) in combination {
            let product = x * y;
            match self.closed.get(parameter) {
                Some(inner) => self.add(sum, inner, &product),
                None => *sum.entry(*parameter).or_insert(Fr::zero()) += product,
            }
        }
    }

    /// Takes a row: its terms sum to zero.
    fn take(&mut self, row: &[(u32, Fr)]) {
        let mut sum = Combination::new();
        let mut fresh: Vec<(u32, Fr)> = Vec::new();
        for (wire, x) in row {
            match &self.movements[*wire as usize] {
                Movement::Fixed => {}
                Movement::With(combination) => self.add(&mut sum, combination, x),
                Movement::Unseen => fresh.push((*wire, *x)),
            }
        }
        let newest = fresh.pop();
        for (wire, x) in fresh {
            self.movements[wire as usize] = Movement::With(BTreeMap::from([(wire, Fr::one())]));
            sum.insert(wire, x);
        }
        sum.retain(|_, x| !x.is_zero_vartime());
        match newest {
            Some((wire, x)) => {
                self.movements[wire as usize] = if sum.is_empty() {
                    Movement::Fixed
                } else {
                    Movement::With(solve(sum, &x))
                };
            }
            None => {
                if let Some((parameter, x)) = sum.pop_last() {
                    self.closed.insert(parameter, solve(sum, &x));
                }
            }
        }
    }
}

/// `-sum/x`; `x` is not zero.
fn solve(mut sum: Combination, x: &Fr) -> Combination {
    let inverse = Option::<Fr>::from(x.invert()).unwrap_or(Fr::zero());
    let factor = -inverse;
    sum.values_mut().for_each(|y| *y *= factor);
    sum
}

/// The private wires that can move although the `given` ones do not, by number. The sheet must be satisfied.
///
/// Of wires that can only move together the oldest are named.
pub fn undetermined(sheet: &Sheet<'_>, given: impl Fn(usize) -> bool) -> Vec<usize> {
    let system = sheet.system();
    let movements = (0..system.num_wires())
        .map(|wire| {
            if system.is_private(wire) && !given(wire) {
                Movement::Unseen
            } else {
                Movement::Fixed
            }
        })
        .collect();
    let mut elimination = Elimination {
        movements,
        closed: HashMap::new(),
    };
    let mut row: Vec<(u32, Fr)> = Vec::new();
    for k in 0..system.num_constraints() {
        let [a, b, _] = *sheet.sides(k);
        row.clear();
        for (part, factor) in [(0, b), (1, a), (2, -Fr::one())] {
            if factor.is_zero_vartime() {
                continue;
            }
            for term in system.part(k, part) {
                // Most wires are fixed by the time a later row uses them.
                if matches!(elimination.movements[term.wire as usize], Movement::Fixed) {
                    continue;
                }
                let x = match term.coefficient {
                    common::ONE => factor,
                    other => system.coefficient(other) * factor,
                };
                row.push((term.wire, x));
            }
        }
        row.sort_by_key(|(wire, _)| *wire);
        row.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 += next.1;
            }
            same
        });
        row.retain(|(_, x)| !x.is_zero_vartime());
        elimination.take(&row);
    }
    let Elimination { movements, closed } = elimination;
    let is_open = |wire: usize, movement: &Movement| match movement {
        Movement::Unseen => true,
        Movement::Fixed => false,
        // A parameter that no row has closed.
        Movement::With(combination) => combination.contains_key(&(wire as u32)) && !closed.contains_key(&(wire as u32)),
    };
    movements
        .iter()
        .enumerate()
        .filter(|(wire, movement)| is_open(*wire, movement))
        .map(|(wire, _)| wire)
        .collect()
}
