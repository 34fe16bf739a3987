//! Circuits that are recorded once.

use std::sync::{Mutex, PoisonError};

use bellman::{Circuit, SynthesisError};

use crate::TestSystem;
use cloister_circuits::Fr;

/// The circuits that a test program has recorded, by shape; `()` where there is one shape only.
#[derive(Default)]
pub struct Recorded<S>(Mutex<Vec<(S, TestSystem)>>);

impl<S: PartialEq> Recorded<S> {
    /// None yet.
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// The system of a circuit with a witness: recorded if it is the first of its shape, with another's constraints
    /// otherwise ([`TestSystem::with_witness`]).
    ///
    /// # Errors
    /// Those of the circuit.
    ///
    /// # Panics
    /// If another circuit was recorded under this shape.
    pub fn of<C: Circuit<Fr>>(&self, shape: S, circuit: C) -> Result<TestSystem, SynthesisError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all
            .iter()
            .find(|(of, _)| *of == shape)
            .map(|(_, system)| system.clone());
        if let Some(known) = known {
            drop(all);
            return known.with_witness(circuit);
        }
        let system = TestSystem::of(circuit)?;
        all.push((shape, system.clone()));
        Ok(system)
    }
}
