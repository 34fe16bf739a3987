//! What hashes and curves over the scalar field ask of the elements that they work on.
#![allow(unsafe_code)]

use super::lanes::{Task, LANES};

/// As many elements of the scalar field side by side as a backend computes at a time: eight, or one.
///
/// Values are redundant: an element stands for its residue and may exceed the modulus `r`. A value has a **bound**, a
/// number of moduli that it is below; the bounds of the results are those that each operation names, and whoever calls
/// keeps every bound at or below [`LARGEST`]. Backends that compute canonical values keep all bounds at one.
///
/// # Safety
/// Implementations may use instructions that not every processor has: values may only be made, and methods only be
/// called, where [`super::Backend::is_available`] said so.
pub trait Elements: Copy + Send + Sync + 'static {
    /// How many elements a value has, no more than [`LANES`].
    const WIDTH: usize;
    /// One element as a table keeps it.
    type Element: Copy + Send + Sync + 'static;
    /// Three elements as a table keeps them, which are read together.
    type Triple: Copy + Send + Sync + 'static;

    /// One element, from canonical little-endian words.
    fn element(value: &[u64; 4]) -> Self::Element;
    /// A table's element, as often as the value is wide. Bound: 3/2.
    fn broadcast(value: &Self::Element) -> Self;
    /// Elements from canonical little-endian words; only as many are read as the value is wide. Bound: 3/2.
    fn from_words(values: &[[u64; 4]; LANES]) -> Self;
    /// The elements as canonical little-endian words; zero beyond the width.
    fn to_words(self) -> [[u64; 4]; LANES];
    /// One triple for each of the elements of three values, in order; what is beyond the width is of no use.
    fn to_triples(values: &[Self; 3]) -> [Self::Triple; LANES];
    /// Reads a triple for each element; only as many are read as the value is wide. The bounds are those of the values
    /// that the triples were made of.
    fn from_triples(from: &[&Self::Triple; LANES]) -> [Self; 3];
    /// Zero. Bound: 0.
    fn zero() -> Self;
    /// Product. Bound: the product of the two bounds over 35, plus one; the product of the bounds is at most 1,100.
    fn mul(&self, other: &Self) -> Self;
    /// Square. As a product with itself.
    fn sqr(&self) -> Self;
    /// `self · other + term`. Bound: as of the product, plus the term's.
    fn mul_add(&self, other: &Self, term: &Self) -> Self;
    /// Sum. Bound: the sum of the bounds.
    fn add(&self, other: &Self) -> Self;
    /// Difference; the other's bound is at most 2. Bound: this one's plus 2.
    fn sub(&self, other: &Self) -> Self;
    /// The same residues. Bound: 3/2.
    fn tight(&self) -> Self;
    /// Elements of `other` where the mask has bits, of `self` elsewhere; bit 0 is the first element's.
    fn select(&self, mask: u8, other: &Self) -> Self;
    /// Runs a loop with this backend's instructions switched on.
    ///
    /// # Safety
    /// The processor has them.
    unsafe fn enter<T: Task>(task: T) -> T::Output;
}

/// The largest bound of a value.
pub const LARGEST: u32 = 34;
