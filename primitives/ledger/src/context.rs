//! What all units of a batch share.

use cloister_crypto::Fr;
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
    /// Salt of the keystreams.
    pub salt: Fr,
    /// Risk table.
    pub table: RiskTable,
}
