//! Where the constraints of a circuit are.

use std::collections::BTreeMap;

use bellman::{Circuit, SynthesisError};
use cloister_groth16::{outline, Outline};

use crate::Fr;

/// Namespaces that only number repetitions: what is in them counts together.
const REPEATED: [&str; 3] = ["unit", "place", "subtree"];

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
}

impl Outline for Counter {
    fn open(&mut self, name: impl FnOnce() -> String) {
        let space = self.spaces.last().cloned().unwrap_or_default();
        let space = if space.named { space } else { space.below(&name()) };
        self.spaces.push(space);
    }

    fn close(&mut self) {
        self.spaces.pop();
    }

    fn constraint(&mut self, _: impl FnOnce() -> String) {
        let part = self.spaces.last().map_or("", |space| &space.part);
        match self.counts.get_mut(part) {
            Some(count) => *count += 1,
            None => {
                self.counts.insert(part.to_string(), 1);
            }
        }
    }
}

/// The constraints of a circuit by part, the names of the parts being those of its outermost namespaces. Parts of all
/// units, and of all places of a unit, count together. Errors are those of the circuit.
pub fn census<C: Circuit<Fr>>(circuit: C) -> Result<BTreeMap<String, usize>, SynthesisError> {
    Ok(outline(circuit, Counter::default())?.counts)
}
