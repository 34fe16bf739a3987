//! The chain's keys of batches, and the provers that have them.

use crate::{
    chain::{BatchKey, ChainClient},
    core::Shapes,
    error::StartError,
    loading::loaded,
    shared::Shared,
};
use cloister_ledger::Shape;
use cloister_prover_job::{JobKind, Prover, ProverError};
use cloister_settlement::KeyId;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Makes the provers of batches ready. Of the shapes that are chosen each must be there; where none is, all are tried
/// of which the chain has a key, and those without parameters are passed over.
///
/// # Errors
/// [`StartError::Prover`], [`StartError::Thread`], [`StartError::Shape`].
pub(crate) async fn provers<P, L>(
    chosen: &[Shape],
    keys: &[BatchKey],
    load: &Arc<L>,
) -> Result<BTreeMap<Shape, P>, StartError>
where
    P: Prover,
    L: Fn(JobKind) -> Result<P, ProverError> + Send + Sync + 'static,
{
    let all = || keys.iter().map(|key| key.shape).collect();
    let shapes: BTreeSet<Shape> = match chosen {
        [] => all(),
        chosen => chosen.iter().copied().collect(),
    };
    let (mut provers, mut missing) = (BTreeMap::new(), None);
    for shape in shapes {
        let kind = JobKind::Batch(shape);
        let prover: P = match loaded(load, kind).await {
            Err(StartError::Prover(error @ (ProverError::KeyUnavailable { .. } | ProverError::WrongKey { .. })))
                if chosen.is_empty() =>
            {
                log::info!(target: "cloister", "No batch of shape {} is made: {error}", name(&shape));
                missing = Some(error);
                continue;
            }
            found => found?,
        };
        if prover.kind() != kind {
            return Err(StartError::Shape);
        }
        provers.insert(shape, prover);
    }
    match missing {
        Some(error) if provers.is_empty() => Err(error.into()),
        _ => Ok(provers),
    }
}

/// How a log names a shape: by how many there are of units, and of places in each.
fn name(shape: &Shape) -> String {
    format!("{} x {}", shape.units, shape.places)
}

impl<C: ChainClient> Shared<C> {
    /// Takes note of the keys that the chain has, and says what changes.
    pub fn note_keys(&self, keys: &[BatchKey]) {
        let (before, now) = {
            let mut provable = self.provable();
            let before = provable.shapes();
            provable.note(keys);
            (before, provable.shapes())
        };
        for shape in now.iter().filter(|shape| !before.contains(shape)) {
            log::info!(target: "cloister", "Batches may have the shape {}", name(shape));
        }
        for shape in before.iter().filter(|shape| !now.contains(shape)) {
            log::warn!(target: "cloister", "The chain has no active key any more of batches of shape {}", name(shape));
        }
    }

    /// Whether the chain takes no batches under a key any more, while it takes others.
    pub fn is_retired(&self, key: KeyId) -> bool {
        let provable = self.provable();
        !provable.has(key) && !provable.shapes().is_empty()
    }

    /// Looks at the chain's keys again. Whether batches get other shapes from now on.
    pub async fn look_at_keys(&self) -> bool {
        let Ok(keys) = self.chain.batch_keys().await else {
            return false;
        };
        self.note_keys(&keys);
        let shapes = self.provable().shapes();
        match self.core().as_mut() {
            // While there is none nothing can be proven, whatever its shape.
            Some(core) if !shapes.is_empty() => core.apply(self.chain.now(), Shapes(shapes)).answer,
            _ => false,
        }
    }
}
