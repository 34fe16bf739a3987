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

    /// The constraints of the blank circuit of a shape, which is recorded the first time, under the values that
    /// `circuit` gives ([`TestSystem::with_witness`]).
    ///
    /// # Errors
    /// Those of the circuits.
    ///
    /// # Panics
    /// If the two circuits have not as many wires.
    pub fn of<B: Circuit<Fr>, C: Circuit<Fr>>(
        &self,
        shape: S,
        blank: impl FnOnce() -> B,
        circuit: C,
    ) -> Result<TestSystem, SynthesisError> {
        self.blank(shape, blank)?.with_witness(circuit)
    }

    fn blank<B: Circuit<Fr>>(&self, shape: S, blank: impl FnOnce() -> B) -> Result<TestSystem, SynthesisError> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = all.iter().find(|(of, _)| *of == shape) {
            return Ok(known.clone());
        }
        let system = TestSystem::blank(blank())?;
        all.push((shape, system.clone()));
        Ok(system)
    }
}
