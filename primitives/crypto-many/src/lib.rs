//! Hashes (P-POSEIDON2) and signature checks (P-SCHNORR) of `cloister-crypto`, many at a time.
//!
//! Everything here gives what the functions of `cloister-crypto` give for one input after the other; the tests compare
//! them. What differs is the time: eight inputs are worked on side by side where the processor has AVX-512 IFMA, found
//! at run time, and single ones in assembly elsewhere; multiples of the generator, and of keys that sign often, come
//! from tables. [`Backend`] names the choices; the functions without one take the fastest.
//!
//! ```
//! use cloister_crypto::{schnorr::SecretKey, Fr};
//! use cloister_crypto_many::{verify_many, Statement};
//!
//! let secret = SecretKey::from_seed(&[7; 32]);
//! let mut signed: Vec<Statement> = (0..20)
//!     .map(|i| Statement {
//!         key: secret.public(),
//!         message: Fr::from(i),
//!         signature: secret.sign(Fr::from(i)),
//!     })
//!     .collect();
//! signed[3].message += Fr::one();
//! let verdicts = verify_many(&signed);
//! assert_eq!(verdicts.iter().filter(|valid| **valid).count(), 19);
//! assert!(!verdicts[3]);
//! ```

mod digits;
mod hash;
mod keys;
mod kit;
mod permutation;
mod point;
mod schnorr;
mod table;
mod verifier;

pub use cloister_lanes::Backend;
pub use hash::{compress8_many, permute_many, sponge_block_many, sponge_many, Hasher};
pub use verifier::{verify_many, Statement, Verifier};
