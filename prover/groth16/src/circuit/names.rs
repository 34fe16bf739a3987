//! The name of a constraint: for people, and only after a witness was found to break it.

use super::outline::{outline, Outline};
use bellman::{Circuit, SynthesisError};
use bls12_381::Scalar;

/// The name of the constraint with this number (from zero), with the namespaces around it; `None` if there are fewer.
/// The circuit needs no witness.
///
/// # Errors
/// Those of the circuit.
pub fn constraint_name<C: Circuit<Scalar>>(circuit: C, constraint: usize) -> Result<Option<String>, SynthesisError> {
    let finder = Finder {
        left: constraint,
        path: Vec::new(),
        found: None,
    };
    Ok(outline(circuit, finder)?.found)
}

/// Counts constraints and keeps the path of namespaces.
struct Finder {
    left: usize,
    path: Vec<String>,
    found: Option<String>,
}

impl Outline for Finder {
    fn open(&mut self, name: impl FnOnce() -> String) {
        self.path.push(name());
    }

    fn close(&mut self) {
        self.path.pop();
    }

    fn constraint(&mut self, name: impl FnOnce() -> String) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None if self.found.is_none() => {
                let mut path = self.path.clone();
                path.push(name());
                self.found = Some(path.join("/"));
            }
            None => {}
        }
    }
}
