//! Proving keys and proofs.

use crate::KeyError;
use bellman::Circuit;
use blake2::{Blake2b512, Digest};
use bls12_381::{Bls12, Scalar};
use groth16::{Parameters, PreparedVerifyingKey};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use std::fmt;

/// The public seed of development parameters. Whoever knows it (everybody) can forge proofs under them.
pub const DEVELOPMENT_SEED: &[u8] = b"cloister development parameters v1";
/// Bytes of a proof: `A(48) ‖ B(96) ‖ C(48)`.
pub const PROOF_LENGTH: usize = 192;

/// Hash of a constraint system; a key belongs to exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CircuitId(pub [u8; 32]);

impl fmt::Display for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CircuitId({self})")
    }
}

/// An encoded proof.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; PROOF_LENGTH]);

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({})", hex::encode(self.0))
    }
}

/// A proving key with its verifying key.
pub struct ProvingKey {
    pub(crate) circuit: CircuitId,
    pub(crate) development: bool,
    pub(crate) parameters: Parameters<Bls12>,
    prepared: PreparedVerifyingKey<Bls12>,
}

impl fmt::Debug for ProvingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvingKey")
            .field("circuit", &self.circuit)
            .field("development", &self.development)
            .finish_non_exhaustive()
    }
}

impl ProvingKey {
    pub(crate) fn new(circuit: CircuitId, development: bool, parameters: Parameters<Bls12>) -> Self {
        let prepared = groth16::prepare_verifying_key(&parameters.vk);
        Self {
            circuit,
            development,
            parameters,
            prepared,
        }
    }

    /// Generates development parameters. They follow from [`DEVELOPMENT_SEED`] and the circuit alone, so that every machine
    /// gets the same ones, and they prove nothing to anybody: the trapdoor is public.
    ///
    /// # Errors
    /// [`KeyError::Synthesis`] if the circuit cannot be synthesised.
    pub fn generate_development<C: Circuit<Scalar>>(id: CircuitId, circuit: C) -> Result<Self, KeyError> {
        let mut hasher = Blake2b512::new();
        hasher.update(DEVELOPMENT_SEED);
        hasher.update(id.0);
        let mut seed = [0; 32];
        seed.copy_from_slice(&hasher.finalize()[..32]);
        let mut rng = ChaCha20Rng::from_seed(seed);
        let parameters = groth16::generate_random_parameters::<Bls12, _, _>(circuit, &mut rng)?;
        Ok(Self::new(id, true, parameters))
    }

    /// The circuit this key belongs to.
    pub fn circuit(&self) -> CircuitId {
        self.circuit
    }

    /// True if the key's trapdoor is public: only development chains take its proofs.
    pub fn is_development(&self) -> bool {
        self.development
    }

    /// The verifying key as the chain stores it (C-VERIFIER): uncompressed points.
    pub fn verifying_key(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.parameters.vk.write(&mut bytes);
        bytes
    }

    /// Proves a circuit with its witness.
    ///
    /// # Errors
    /// [`KeyError::Synthesis`] if the witness is missing or does not fit the key.
    pub fn prove<C: Circuit<Scalar>, R: Rng>(&self, circuit: C, rng: &mut R) -> Result<Proof, KeyError> {
        let proof = groth16::create_random_proof::<Bls12, C, R, _>(circuit, &self.parameters, rng)?;
        let mut bytes = [0; PROOF_LENGTH];
        // The buffer has the encoding's length.
        let _ = proof.write(&mut bytes[..]);
        Ok(Proof(bytes))
    }

    /// Verifies a proof natively, as the prover does before it hands one on.
    ///
    /// # Errors
    /// [`KeyError::Unsatisfied`] if it does not hold, malformed proofs included.
    pub fn verify(&self, proof: &Proof, inputs: &[Scalar]) -> Result<(), KeyError> {
        let proof = groth16::Proof::<Bls12>::read(&proof.0[..]).map_err(|_| KeyError::Unsatisfied)?;
        groth16::verify_proof(&self.prepared, &proof, inputs).map_err(|_| KeyError::Unsatisfied)
    }
}
