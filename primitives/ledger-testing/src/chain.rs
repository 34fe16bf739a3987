//! What the tests' chain is called, and when it runs.

use cloister_crypto::stream::Scope;

/// Genesis hash of the test chain.
pub const GENESIS: [u8; 32] = [0xC1; 32];
/// Margin group of the test chain.
pub const GROUP: u32 = 1;
/// Both, as view keys and keystreams name them.
pub const SCOPE: Scope = Scope {
    genesis: GENESIS,
    group: GROUP,
};
/// Account id that provers' rewards go to; its two limbs differ.
pub const PAYEE: [u8; 32] = {
    let mut payee = [0xA5; 32];
    payee[31] = 0x5A;
    payee
};
/// First instrument id; row `r` lists `INSTRUMENT + r`.
pub const INSTRUMENT: u32 = 100;
/// Batch time of the first batch.
pub const TIME: u64 = 1_700_000_000_000;
/// An expiry no test reaches.
pub const FAR_EXPIRY: u64 = TIME + 1_000_000_000;
