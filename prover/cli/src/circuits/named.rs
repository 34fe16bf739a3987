//! The circuits that have keys, by name.

use super::error::CircuitError;
use bellman::SynthesisError;
use cloister_circuits::{
    census::census,
    statements::{
        batch::{BatchCircuit, Shape},
        exit::ExitCircuit,
        house_rekey::HouseRekeyCircuit,
        seal::SealCircuit,
        solvency::{SolvencyCircuit, SolvencyShape, SUBTREE_LEAVES},
    },
};
use cloister_groth16::Matrices;
use std::collections::BTreeMap;

/// A circuit that the commands know by a name.
#[derive(Clone, Copy, Debug)]
pub struct NamedCircuit {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it proves.
    pub about: &'static str,
    /// Its shape, if it proves batches.
    pub shape: Option<NamedShape>,
    /// Its shape, if it proves solvency.
    pub solvency: Option<NamedSolvency>,
    /// Records its constraints.
    pub record: fn() -> Result<Matrices, SynthesisError>,
    /// Counts its constraints by part.
    pub census: fn() -> Result<BTreeMap<String, usize>, SynthesisError>,
}

/// A shape of batches.
#[derive(Clone, Copy, Debug)]
pub struct NamedShape {
    /// Its name.
    pub name: &'static str,
    /// Number of units in a batch.
    pub units: u16,
    /// Places per unit.
    pub places: u16,
}

impl NamedShape {
    /// Constraints that a batch has once, whatever its units: those of a batch without any.
    ///
    /// # Errors
    /// Those of the synthesis.
    pub fn constraints_once(&self) -> Result<usize, SynthesisError> {
        let shape = Shape {
            units: 0,
            places: self.places,
        };
        Ok(Matrices::record(BatchCircuit::blank(shape))?.constraints())
    }
}

/// A shape of solvency statements.
#[derive(Clone, Copy, Debug)]
pub struct NamedSolvency {
    /// Its name.
    pub name: &'static str,
    /// Maximum number of accounts that a statement covers.
    pub accounts: usize,
}

impl NamedSolvency {
    /// Constraints that a statement has once, whatever its accounts: those of a statement without any.
    ///
    /// # Errors
    /// Those of the synthesis.
    pub fn constraints_once(&self) -> Result<usize, SynthesisError> {
        let circuit = SolvencyCircuit::blank(SolvencyShape { subtrees: 0 });
        Ok(Matrices::record(circuit)?.constraints())
    }
}

/// A circuit of a shape of solvency statements.
macro_rules! solvency {
    ($name:literal, $shape:literal, $about:literal, $value:expr) => {
        NamedCircuit {
            name: $name,
            about: $about,
            shape: None,
            solvency: Some(NamedSolvency {
                name: $shape,
                accounts: $value.subtrees as usize * SUBTREE_LEAVES,
            }),
            record: || Matrices::record(SolvencyCircuit::blank($value)),
            census: || census(SolvencyCircuit::blank($value)),
        }
    };
}

/// A circuit of a batch shape.
macro_rules! batch {
    ($name:literal, $shape:literal, $about:literal, $value:expr) => {
        NamedCircuit {
            name: $name,
            about: $about,
            shape: Some(NamedShape {
                name: $shape,
                units: $value.units,
                places: $value.places,
            }),
            solvency: None,
            record: || Matrices::record(BatchCircuit::blank($value)),
            census: || census(BatchCircuit::blank($value)),
        }
    };
}

/// The circuits of this program.
pub const CIRCUITS: &[NamedCircuit] = &[
    batch!(
        "batch-dev",
        "dev",
        "a batch of the shape of development chains",
        Shape::DEV
    ),
    batch!(
        "batch-dev-maker",
        "dev-maker",
        "a batch of development chains whose units have four places",
        Shape::DEV_MAKER
    ),
    batch!("batch-standard", "standard", "a batch of a busy group", Shape::STANDARD),
    batch!("batch-large", "large", "a batch of the busiest groups", Shape::LARGE),
    batch!(
        "batch-maker",
        "maker",
        "a batch whose units have eight places, for accounts that quote many instruments",
        Shape::MAKER
    ),
    NamedCircuit {
        name: "seal",
        about: "a queued view key is sealed to the sequencers, and the trading key is valid",
        shape: None,
        solvency: None,
        record: || Matrices::record(SealCircuit::blank()),
        census: || census(SealCircuit::blank()),
    },
    NamedCircuit {
        name: "exit",
        about: "what an account of the final root is worth at the final table",
        shape: None,
        solvency: None,
        record: || Matrices::record(ExitCircuit::blank()),
        census: || census(ExitCircuit::blank()),
    },
    NamedCircuit {
        name: "house-rekey",
        about: "the house of a group gets another key, which is sealed to the sequencers",
        shape: None,
        solvency: None,
        record: || Matrices::record(HouseRekeyCircuit::blank()),
        census: || census(HouseRekeyCircuit::blank()),
    },
    solvency!(
        "solvency-dev",
        "dev",
        "who of 48 accounts is short or broke, for development chains",
        SolvencyShape::DEV
    ),
    solvency!(
        "solvency-standard",
        "standard",
        "who of 104 accounts is short or broke",
        SolvencyShape::STANDARD
    ),
];

impl NamedCircuit {
    /// Its constraints.
    ///
    /// # Errors
    /// [`CircuitError::Synthesis`].
    pub fn matrices(&self) -> Result<Matrices, CircuitError> {
        self.synthesised((self.record)())
    }

    pub(super) fn synthesised<T>(&self, result: Result<T, SynthesisError>) -> Result<T, CircuitError> {
        result.map_err(|source| CircuitError::Synthesis {
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
