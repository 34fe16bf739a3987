//! The circuits that have keys, by name, and `cloister-prover circuits`.

use bellman::SynthesisError;
use cloister_circuits::statements::batch::{BatchCircuit, Shape};
use cloister_groth16::Matrices;

/// A circuit that the commands know by a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedCircuit {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// Records its constraints.
    pub record: fn() -> Result<Matrices, SynthesisError>,
}

/// The circuits of this program.
pub const CIRCUITS: &[NamedCircuit] = &[NamedCircuit {
    name: "batch-dev",
    about: "a batch of the shape of development chains",
    record: || Matrices::record(BatchCircuit::blank(Shape::DEV)),
}];

/// Why a circuit cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum CircuitError {
    /// No circuit has that name.
    #[error("there is no circuit `{name}`; there are: {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Those there are.
        known: String,
    },
    /// The circuit cannot be synthesised.
    #[error("circuit `{name}` cannot be synthesised: {source}")]
    Synthesis {
        /// The name.
        name: &'static str,
        /// What bellman says.
        source: SynthesisError,
    },
}

impl NamedCircuit {
    /// Its constraints.
    ///
    /// # Errors
    /// [`CircuitError::Synthesis`].
    pub fn matrices(&self) -> Result<Matrices, CircuitError> {
        (self.record)().map_err(|source| CircuitError::Synthesis {
            name: self.name,
            source,
        })
    }
}

/// Finds a circuit among some.
///
/// # Errors
/// [`CircuitError::Unknown`].
pub fn find<'a>(circuits: &'a [NamedCircuit], name: &str) -> Result<&'a NamedCircuit, CircuitError> {
    circuits.iter().find(|circuit| circuit.name == name).ok_or_else(|| {
        let known: Vec<_> = circuits.iter().map(|circuit| circuit.name).collect();
        CircuitError::Unknown {
            name: name.into(),
            known: known.join(", "),
        }
    })
}

/// Lists the circuits: name, circuit id, constraints, public inputs.
///
/// # Errors
/// [`CircuitError::Synthesis`].
pub fn run(circuits: &[NamedCircuit]) -> Result<(), CircuitError> {
    for circuit in circuits {
        let matrices = circuit.matrices()?;
        println!("{}: {}", circuit.name, circuit.about);
        println!("  circuit      {}", matrices.id());
        println!("  constraints  {}", matrices.constraints());
        println!("  domain       2^{}", matrices.domain_log2());
        println!("  inputs       {}", matrices.inputs - 1);
    }
    Ok(())
}
