//! Provers are made ready on threads of their own, because it can take long.

use crate::error::StartError;
use cloister_prover_job::{JobKind, Prover, ProverError};
use std::sync::Arc;

/// Makes a prover ready on a blocking thread.
pub(crate) async fn loaded<P, L>(load: &Arc<L>, kind: JobKind) -> Result<P, StartError>
where
    P: Prover,
    L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
{
    let load = load.clone();
    let prover = tokio::task::spawn_blocking(move || load(kind)).await;
    Ok(prover.map_err(|_| StartError::Thread)??)
}
