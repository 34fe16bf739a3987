//! The engines, all behind one trait.

mod arkworks;
mod bellperson;
mod cloister;
mod groth16;
mod name;

pub use self::{arkworks::Arkworks, bellperson::Bellperson, cloister::Cloister, groth16::Groth16, name::EngineName};

use crate::{error::BenchError, subject::Subject};
use std::path::Path;

/// A Groth16 implementation with one circuit loaded.
///
/// Proofs are bytes, compressed points, so that every engine encodes at the end of a proof and checks points and
/// subgroups at the beginning of a verification.
pub trait Engine: Sized {
    /// What a setup makes.
    type Parameters;
    /// What proofs and verifications need, the verifying key prepared.
    type Key;

    /// The name.
    const NAME: EngineName;

    /// Loads the circuit: a peer the recording, our engine the circuit itself.
    ///
    /// # Errors
    /// If the recording cannot be read.
    fn open(subject: Subject, recording: &Path) -> Result<Self, BenchError>;

    /// Makes a key, synthesis of the circuit included.
    ///
    /// # Errors
    /// Those of the engine.
    fn setup(&self) -> Result<Self::Parameters, BenchError>;

    /// Writes a key to a file.
    ///
    /// # Errors
    /// Those of the engine and of the file.
    fn save(&self, parameters: &Self::Parameters, path: &Path) -> Result<(), BenchError>;

    /// Makes a key in a file, in the way that needs the least memory.
    ///
    /// # Errors
    /// Those of the engine and of the file.
    fn setup_into(&self, path: &Path) -> Result<(), BenchError> {
        self.save(&self.setup()?, path)
    }

    /// Loads the key from a file, without checking its points, and prepares it for proofs and verifications.
    ///
    /// # Errors
    /// Those of the engine and of the file.
    fn load(&self, path: &Path) -> Result<Self::Key, BenchError>;

    /// Proves, synthesis of the circuit included.
    ///
    /// # Errors
    /// Those of the engine.
    fn prove(&self, key: &Self::Key) -> Result<Vec<u8>, BenchError>;

    /// Makes ready what [`Engine::prove_assignment`] takes; false if the engine has no such function.
    ///
    /// # Errors
    /// Those of the engine.
    fn synthesize(&mut self) -> Result<bool, BenchError> {
        Ok(false)
    }

    /// Proves from values of all wires and from matrices, without synthesis.
    ///
    /// # Errors
    /// Those of the engine; [`BenchError::Order`] unless made ready.
    fn prove_assignment(&self, _key: &Self::Key) -> Result<Vec<u8>, BenchError> {
        Err(BenchError::Order("an assignment"))
    }

    /// Verifies a proof for the circuit's public inputs.
    ///
    /// # Errors
    /// Those of the engine; [`BenchError::Refused`].
    fn verify(&self, key: &Self::Key, proof: &[u8]) -> Result<(), BenchError>;

    /// Verifies a proof with another implementation, if there is one that reads this engine's keys and proofs.
    ///
    /// # Errors
    /// As for [`Engine::verify`].
    fn cross_check(&self, _key: &Self::Key, _proof: &[u8]) -> Result<(), BenchError> {
        Ok(())
    }

    /// The error of a refusal by the engine's own verifier.
    fn refused() -> BenchError {
        BenchError::Refused {
            engine: Self::NAME,
            verifier: Self::NAME,
        }
    }
}

/// Seed of the randomness of setups and proofs; figures do not depend on it, and a failure can be repeated.
const SEED: [u8; 32] = *b"randomness of the prover's bench";
