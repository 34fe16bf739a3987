//! What all units of a batch share.

use cloister_crypto::{
    stream::{Scope, StreamSalt},
    Fr,
};
use cloister_risk::RiskTable;
use cloister_types::GroupId;

/// What all units of a batch share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchContext {
    /// Genesis hash of the chain.
    pub genesis: [u8; 32],
    /// Margin group.
    pub group: GroupId,
    /// Batch number.
    pub batch_no: u64,
    /// Batch time, milliseconds of Unix time.
    pub time: u64,
    /// Account id that the prover's reward goes to.
    pub payee: [u8; 32],
    /// Salt of the keystreams.
    pub salt: Fr,
    /// Risk table.
    pub table: RiskTable,
}

impl BatchContext {
    /// Chain and group, which view keys and keystreams name.
    pub fn scope(&self) -> Scope {
        Scope {
            genesis: self.genesis,
            group: self.group.get(),
        }
    }

    /// What the keystreams of the batch are made with.
    pub fn stream_salt(&self) -> StreamSalt {
        self.scope().salt(self.salt)
    }
}
