//! What an operator sets, and where secrets come from.

use cloister_crypto::Fr;
use cloister_engine::Millis;
use cloister_ledger::Shape;
use cloister_types::GroupId;
use codec::{Decode, Encode};

/// Configuration of a batcher.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct BatcherConfig {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Shapes that a batch may have: at least two units each, so that both sides of a fill fit, and one place.
    pub shapes: Vec<Shape>,
    /// Account id that the rewards of the proofs go to.
    pub payee: [u8; 32],
    /// Part of a batch's units that overdue queue items may claim, in percent, as the chain has it.
    pub queue_share: u8,
    /// A batch closes this long after it was opened.
    pub max_age: Millis,
    /// Number of batches after which the collected fees are paid out; `None`: never.
    pub sweep_every: Option<u64>,
}

/// Secrets of one attempt at a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSecrets {
    /// Public salt of the keystreams; must be fresh for every attempt (P-STREAM).
    pub salt: Fr,
    /// Seed that chooses padding accounts and places; a stranger must not know it.
    pub padding: u64,
}

/// Gives the secrets of a batch. The service derives them from a secret, the digest and the system's randomness.
pub trait SecretSource {
    /// Secrets for an attempt at batch `batch_no` whose contents have this digest. Never the same salt twice.
    fn secrets(&mut self, batch_no: u64, digest: &[u8; 32]) -> BatchSecrets;
}
