//! Keys: their points, encodings, files and the cache of the development ones.
//!
//! Points lie in memory as `blst` keeps them: coordinates of six 64-bit limbs in Montgomery form, least significant
//! limb first, the identity all zero. Key files of format 2 hold the same bytes, so that a key is used where it is
//! mapped. Files and their cache are of the feature `native`; without it a key file is read from its bytes
//! ([`key_from_bytes`]).

#[cfg(feature = "native")]
mod cache;
mod decode;
mod encoding;
mod file;
mod points;
mod proving;
mod sizes;
mod verifying;

#[cfg(feature = "native")]
pub use cache::{default_directory, load_or_generate, load_or_generate_from, load_or_make, Progress, CACHE_VARIABLE};
#[cfg(feature = "native")]
pub use file::{key_circuit, read_key, write_key, KeyWriter};
pub use file::{key_from_bytes, Section, FORMAT};
pub use points::{G1Affine, G2Affine, KeyPoints};
pub use proving::ProvingKey;
pub use sizes::KeySizes;
pub use verifying::VerifyingKey;

pub(crate) use decode::{decode_g1_compressed, decode_g2_compressed};

use blake2::{Blake2b512, Digest};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::fmt;

#[cfg(all(feature = "native", not(all(target_endian = "little", target_pointer_width = "64"))))]
compile_error!("key files are mapped, points as they lie in memory: only 64-bit little-endian machines have `native`");

/// The public seed of development parameters. Whoever knows it (everybody) can forge proofs under them.
pub const DEVELOPMENT_SEED: &[u8] = b"cloister development parameters v1";

/// Hash of a constraint system; a key belongs to exactly one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CircuitId(pub [u8; 32]);

impl fmt::Display for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for CircuitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CircuitId({self})")
    }
}

/// The generator that the development parameters of a circuit are drawn from: ChaCha20 seeded with the first half of
/// Blake2b-512 over [`DEVELOPMENT_SEED`] and the circuit's id.
pub fn development_rng(circuit: CircuitId) -> ChaCha20Rng {
    let mut hasher = Blake2b512::new();
    hasher.update(DEVELOPMENT_SEED);
    hasher.update(circuit.0);
    let mut seed = [0; 32];
    seed.copy_from_slice(&hasher.finalize()[..32]);
    ChaCha20Rng::from_seed(seed)
}
