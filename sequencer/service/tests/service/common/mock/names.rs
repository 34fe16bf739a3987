//! What the chain knows: keys, shapes, and who submits.

use cloister_ledger::{Shape, SolvencyShape};
use cloister_settlement::{KeyId, QueueItem};

/// Shape of the mock's batches.
pub const SHAPE: Shape = Shape { units: 4, places: 1 };
pub const KEY_ID: KeyId = 3;
/// Account id that submits the batches.
pub const SUBMITTER: [u8; 32] = [0x51; 32];
/// The mock has no owners.
pub type Item = QueueItem<()>;
pub const KEY: &[u8] = b"the mock's verifying key";
pub const REKEY_KEY_ID: KeyId = 4;
pub const SOLVENCY_KEY_ID: KeyId = 5;
pub const SOLVENCY_KEY: &[u8] = b"the mock's verifying key of solvency statements";
/// Shape of the mock's solvency statements.
pub const ROUND_SHAPE: SolvencyShape = SolvencyShape { subtrees: 1 };
pub const REKEY_KEY: &[u8] = b"the mock's verifying key of re-keys";
