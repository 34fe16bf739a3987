//! Where the proving key comes from.

use crate::{circuit::JobCircuit, error::key_error};
use cloister_groth16::{default_directory, load_or_generate_from, read_key, KeyError, Matrices, Progress, ProvingKey};
use cloister_prover_job::{JobKind, ProverError};
use std::path::PathBuf;

/// Where the proving key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// From the public seed: read from this user's cache, or generated into it. Such a proof convinces nobody.
    Development,
    /// A key file, which must be the circuit's.
    File(PathBuf),
}

/// The constraints of a kind, with their key.
pub(crate) fn load(
    kind: JobKind,
    parameters: &Parameters,
    progress: &mut dyn FnMut(Progress),
) -> Result<(ProvingKey, Matrices), ProverError> {
    let matrices = matrices(kind)?;
    let key = match parameters {
        Parameters::Development => default_directory()
            .and_then(|directory| load_or_generate_from(&directory, matrices.id(), &matrices, progress)),
        Parameters::File(path) => read_key(path, matrices.id()),
    };
    Ok((key.map_err(key_error)?, matrices))
}

pub(crate) fn matrices(kind: JobKind) -> Result<Matrices, ProverError> {
    Matrices::record(JobCircuit::blank(kind)).map_err(|error| key_error(KeyError::from(error)))
}
