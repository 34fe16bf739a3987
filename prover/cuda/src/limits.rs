//! Which domains the kernels can work on.

/// Base-two logarithm of the smallest domain.
pub const SMALLEST: u32 = 1;
/// Base-two logarithm of the largest domain: the places of entries fit 31 bits, and threads are counted in 32.
pub const LARGEST: u32 = 26;
