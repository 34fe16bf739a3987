//! Which points are added.

/// One addition: `±from[a] ± from[b]` goes to place `out`.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// Place of the first point, shifted left by one; the lowest bit negates it.
    pub a: u32,
    /// The second point, likewise.
    pub b: u32,
    /// Place of the sum.
    pub out: u32,
}
