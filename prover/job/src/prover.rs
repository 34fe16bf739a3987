//! Who makes proofs.

use crate::{JobKind, ProofJob, ProverError, PROOF_BYTES};
use std::{fmt, future::Future};

/// A proof in the bytes that the chain takes (C-VERIFIER).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Proof(pub [u8; PROOF_BYTES]);

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proof(0x")?;
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        f.write_str(")")
    }
}

/// Proves jobs of one kind with one key.
pub trait Prover: Send + Sync + 'static {
    /// The kind of jobs that it proves.
    fn kind(&self) -> JobKind;

    /// The verifying key as the chain stores it (C-VERIFIER).
    fn verifying_key(&self) -> Vec<u8>;

    /// Number of constraints of the circuit.
    fn constraints(&self) -> u64;

    /// True if the secrets that the key was made with are public: whoever knows them can forge its proofs.
    fn is_development(&self) -> bool;

    /// Proves a job and verifies the proof. It blocks no thread of the caller, however long it takes.
    ///
    /// # Errors
    /// [`ProverError`]. The job is spent; whoever wants to try again keeps a copy.
    fn prove(&self, job: ProofJob) -> impl Future<Output = Result<Proof, ProverError>> + Send;
}
