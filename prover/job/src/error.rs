//! Why there is no proof, whatever engine was to make it.

use crate::kind::JobKind;

/// Why a prover cannot be made ready, or does not prove a job.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProverError {
    /// The witness breaks a constraint of the circuit.
    #[error("the witness breaks constraint {constraint}")]
    Unsatisfied {
        /// Its name, or its number if it has none.
        constraint: String,
    },
    /// The witness does not fit the circuit: it has too few units, for instance.
    #[error("the witness does not fit the circuit: {reason}")]
    Witness {
        /// What is wrong with it.
        reason: String,
    },
    /// The prover proves jobs of another kind.
    #[error("a prover of the kind `{proves}` cannot prove a job of the kind `{given}`")]
    OtherKind {
        /// Kind of the job.
        given: JobKind,
        /// Kind of the jobs that the prover takes.
        proves: JobKind,
    },
    /// The proving key is not there, cannot be read, is damaged, or cannot be made.
    #[error("the proving key is not available: {reason}")]
    KeyUnavailable {
        /// What is wrong.
        reason: String,
    },
    /// The proving key is good, but it is another circuit's.
    #[error("the proving key is not the one of this circuit: {reason}")]
    WrongKey {
        /// How it differs.
        reason: String,
    },
    /// The system gives no randomness, and a proof without it is not zero-knowledge.
    #[error("the system gives no randomness")]
    Randomness,
    /// The system refuses what proving needs, such as threads.
    #[error("the system gives too little to prove with: {reason}")]
    Resources {
        /// What it refuses.
        reason: String,
    },
    /// The job was lost: its prover ended without an answer.
    #[error("the prover ended without an answer")]
    Lost,
    /// The proof that was made does not verify: the machine that made it is broken.
    #[error("the proof that was made does not verify: {reason}")]
    DoesNotVerify {
        /// What the verifier says.
        reason: String,
    },
}
