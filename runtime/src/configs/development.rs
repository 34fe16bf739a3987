//! Whether this is a chain for trying things out, as its genesis says.

use crate::Verifier;

/// Whether this is a development chain. Fixed in the genesis block.
pub fn is_development() -> bool {
    Verifier::is_development()
}
