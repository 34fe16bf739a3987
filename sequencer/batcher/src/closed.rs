//! A batch that the native transition has accepted, ready to be proven.

use crate::{config::BatchSecrets, error::BatcherError};
use cloister_engine::Millis;
use cloister_ledger::{state::BatchRequest, BatchEffect, BatchWitness, Shape, SignedInstruction};
use cloister_types::ItemId;
use std::sync::Arc;

/// A closed batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedBatch {
    /// Shape.
    pub shape: Shape,
    /// What it was made of.
    pub request: BatchRequest,
    /// The prover's input.
    pub witness: BatchWitness,
    /// The public statement and what follows from it.
    pub effect: BatchEffect,
    /// The items of the chain's queue that the batch takes, in order.
    pub items: Vec<ItemId>,
    /// Fills inside.
    pub fills: usize,
    /// Units that are not padding.
    pub used: usize,
    /// Cancels that could not be proven and were left out; they hold in the engine.
    pub unbound: Vec<Arc<SignedInstruction>>,
    /// When the batch was closed.
    pub closed_at: Millis,
}

impl ClosedBatch {
    /// Batch number.
    pub fn batch_no(&self) -> u64 {
        self.request.context.batch_no
    }

    /// Batch time.
    pub fn time(&self) -> Millis {
        self.request.context.time
    }

    /// Version of the pinned risk table.
    pub fn risk_version(&self) -> u64 {
        self.request.context.table.header.version
    }

    /// Makes the batch again with a later time and a fresh salt; accounts, roots and the pinned table stay, so the
    /// batches made after it stay good.
    ///
    /// # Errors
    /// [`BatcherError::Refresh`], for instance if an order has expired at the later time.
    pub fn refresh(&self, time: Millis, secrets: &BatchSecrets) -> Result<Self, BatcherError> {
        let mut next = self.clone();
        next.request.context.time = time.max(self.time());
        next.request.context.salt = secrets.salt;
        next.witness.context = next.request.context.clone();
        next.effect = next.witness.check(self.shape).map_err(|source| BatcherError::Refresh {
            batch_no: self.batch_no(),
            source,
        })?;
        Ok(next)
    }
}
