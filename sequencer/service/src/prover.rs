//! Makes proofs of closed batches.

use crate::chain::PROOF_BYTES;
use cloister_batcher::ClosedBatch;
use cloister_groth16::CircuitId;
use cloister_ledger::Shape;

/// Why a batch cannot be proven.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The key cannot be had, or the proof cannot be made.
    #[error(transparent)]
    Groth16(#[from] cloister_groth16::KeyError),
    /// The key is of another circuit.
    #[error("the key is of circuit {found}, not of {expected}")]
    OtherCircuit {
        /// Circuit of the configured shape.
        expected: CircuitId,
        /// Circuit of the key.
        found: CircuitId,
    },
    /// The system gives no randomness, and a proof without it is not zero-knowledge.
    #[error("the system gives no randomness")]
    Randomness,
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
