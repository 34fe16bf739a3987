//! Makes proofs of closed batches.

use crate::chain::PROOF_BYTES;
use cloister_batcher::ClosedBatch;
use cloister_ledger::Shape;

/// Why a batch cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The key cannot be had, or is not one of the circuit.
    #[error(transparent)]
    Key(#[from] cloister_groth16::KeyError),
    /// The proof cannot be made.
    #[error(transparent)]
    Groth16(#[from] cloister_groth16::ProveError),
    /// The witness breaks a constraint of the circuit: native code and circuit disagree about a rule.
    #[error("the batch breaks constraint {0}")]
    Unsatisfied(String),
    /// The proof that was made does not verify.
    #[error("the proof does not verify: {0}")]
    Verify(#[from] cloister_groth16::VerifyError),
    /// The system gives no randomness, and a proof without it is not zero-knowledge.
    #[error("the system gives no randomness")]
    Randomness,
    /// The system gives no threads to prove on.
    #[error("the system gives no threads to prove on: {0}")]
    Threads(#[source] rayon::ThreadPoolBuildError),
    /// The proving thread ended without an answer.
    #[error("the proving thread ended without an answer")]
    Thread,
}

/// Proves batches of one shape. Called on a blocking thread, one batch at a time.
pub trait BatchProver: Send + Sync + 'static {
    /// Shape of the batches.
    fn shape(&self) -> Shape;

    /// The verifying key as the chain stores it (C-VERIFIER).
    fn verifying_key(&self) -> Vec<u8>;

    /// Constraints of the circuit.
    fn constraints(&self) -> u64;

    /// True if the parameters' trapdoor is public.
    fn is_development(&self) -> bool;

    /// Proves a batch.
    ///
    /// # Errors
    /// [`ProveError`]; the sequencer keeps the batch and tries again.
    fn prove(&self, batch: &ClosedBatch) -> Result<[u8; PROOF_BYTES], ProveError>;
}
