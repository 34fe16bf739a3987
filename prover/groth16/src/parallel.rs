//! Loops over all cores, for this crate and for whoever computes the wires of a circuit in parts.
//!
//! With the feature `native` this is `rayon`; without it the same names run one step after the other on the caller's
//! thread.

#[cfg(feature = "native")]
pub use rayon::{current_num_threads, join, prelude};
#[cfg(not(feature = "native"))]
pub use serial::{current_num_threads, join, prelude};

#[cfg(any(test, not(feature = "native")))]
mod serial;
