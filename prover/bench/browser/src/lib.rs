//! Proofs of a seal in WebAssembly, by our engine and by the crate `groth16`, of the same circuit under the same key.
//!
//! `run.mjs` calls what is exported here, in turns, and takes the time. Proofs of both have the same bytes.
// Names of exported functions are claims that the compiler cannot check.
#![allow(unsafe_code)]

use bellman::SynthesisError;
use bls12_381::Bls12;
use cloister_circuits::statements::seal::{SealCircuit, SealStatement, SealWitness};
use cloister_crypto::{schnorr::SecretKey, seal::SealKey, Fr};
use cloister_groth16::{generate_development, Backend, KeyError, Matrices, Proof, ProveError, Prover};
use cloister_types::GroupId;
use rand_chacha::{rand_core::SeedableRng, ChaCha20Rng};
use std::{cell::RefCell, io};

/// A circuit with its witness, and both engines' keys.
struct Bench {
    statement: SealStatement,
    witness: SealWitness,
    prover: Prover,
    parameters: groth16::Parameters<Bls12>,
    /// The last proof of our engine, and of the other.
    proofs: [Vec<u8>; 2],
}

/// What may go wrong; a browser only learns that it did.
enum BenchError {
    Key,
    Proof,
}

impl From<KeyError> for BenchError {
    fn from(_: KeyError) -> Self {
        Self::Key
    }
}

impl From<io::Error> for BenchError {
    fn from(_: io::Error) -> Self {
        Self::Key
    }
}

impl From<SynthesisError> for BenchError {
    fn from(_: SynthesisError) -> Self {
        Self::Proof
    }
}

impl From<ProveError> for BenchError {
    fn from(_: ProveError) -> Self {
        Self::Proof
    }
}

thread_local! {
    static BENCH: RefCell<Option<Bench>> = const { RefCell::new(None) };
}

/// The randomness of a proof, the same for both engines.
fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(1)
}

fn seal() -> Option<(SealStatement, SealWitness)> {
    let sealing_key = SealKey::from_seed(&[1; 32]).public().ok()?;
    let key = SecretKey::from_seed(&[2; 32]).public();
    Some(SealStatement::seal(
        [3; 32],
        GroupId(4),
        [5; 32],
        &sealing_key,
        &key,
        Fr::from(6),
        &[7; 64],
    ))
}

impl Bench {
    fn new() -> Result<Self, BenchError> {
        let (statement, witness) = seal().ok_or(BenchError::Key)?;
        let matrices = Matrices::record(SealCircuit::blank())?;
        let key = generate_development(&matrices)?;
        let mut bytes = Vec::new();
        key.write_groth16(&mut bytes)?;
        Ok(Self {
            statement,
            witness,
            prover: Prover::with_backend(key, matrices, Backend::detect())?,
            parameters: groth16::Parameters::read(&bytes[..], false)?,
            proofs: [Vec::new(), Vec::new()],
        })
    }

    fn prove(&mut self, engine: usize) -> Result<(), BenchError> {
        let circuit = SealCircuit::proving(self.statement, self.witness);
        self.proofs[engine] = if engine == 0 {
            self.prover.prove(circuit, rng())?.0.to_vec()
        } else {
            let mut bytes = Vec::new();
            groth16::create_random_proof(circuit, &self.parameters, &mut rng())?.write(&mut bytes)?;
            bytes
        };
        Ok(())
    }

    /// Whether our engine's last proof is valid and has the bytes of the other's.
    fn good(&self) -> bool {
        let [ours, theirs] = &self.proofs;
        let Ok(proof) = <[u8; 192]>::try_from(&ours[..]) else {
            return false;
        };
        ours == theirs
            && self
                .prover
                .key()
                .verify(&Proof(proof), &[self.statement.hash()])
                .is_ok()
    }
}

fn with(work: impl FnOnce(&mut Bench) -> bool) -> bool {
    BENCH.with_borrow_mut(|bench| bench.as_mut().is_some_and(work))
}

/// Makes the circuit and both keys; whether it could.
#[no_mangle]
pub extern "C" fn prepare() -> bool {
    let bench = Bench::new().ok();
    BENCH.with_borrow_mut(|place| {
        *place = bench;
        place.is_some()
    })
}

/// Constraints of the circuit.
#[no_mangle]
pub extern "C" fn constraints() -> usize {
    BENCH.with_borrow(|bench| bench.as_ref().map_or(0, |bench| bench.prover.matrices().constraints()))
}

/// Makes a proof with our engine; whether it could.
#[no_mangle]
pub extern "C" fn prove_ours() -> bool {
    with(|bench| bench.prove(0).is_ok())
}

/// Makes a proof with the other engine; whether it could.
#[no_mangle]
pub extern "C" fn prove_theirs() -> bool {
    with(|bench| bench.prove(1).is_ok())
}

/// Whether the last proofs of both engines are valid and the same.
#[no_mangle]
pub extern "C" fn proofs_are_good() -> bool {
    with(|bench| bench.good())
}
