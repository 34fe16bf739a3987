//! The engine's errors in the words of the job.

use cloister_groth16::KeyError;
use cloister_prover_job::ProverError;

/// Tells a key that is not there from one that is another circuit's.
pub(crate) fn key_error(error: KeyError) -> ProverError {
    let reason = error.to_string();
    match error {
        KeyError::OtherCircuit { .. } | KeyError::WrongCircuit { .. } | KeyError::Points { .. } => {
            ProverError::WrongKey { reason }
        }
        _ => ProverError::KeyUnavailable { reason },
    }
}
