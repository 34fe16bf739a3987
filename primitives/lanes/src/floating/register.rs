//! What the limbs ask of a register of doubles.

#![allow(unsafe_code)]

use super::limbs::Limbs;

/// Some doubles side by side.
///
/// Operations on bits are those of the doubles' encodings.
///
/// # Safety
/// Implementations may use instructions that not every processor has: values may only be made, and functions only be
/// called, where [`super::super::Backend::is_available`] said so.
pub trait Register: Copy + Send + Sync + 'static {
    /// How many doubles: a divisor of eight.
    const COUNT: usize;

    /// The same number everywhere.
    fn splat(value: f64) -> Self;
    /// One number for each place; only the first [`Register::COUNT`] are read.
    fn from_doubles(values: &[f64]) -> Self;
    /// The numbers, as many as there are places.
    fn to_doubles(self, to: &mut [f64]);
    /// `self · by + term`, rounded once.
    fn multiply_add(self, by: Self, term: Self) -> Self;
    /// Product of numbers.
    fn times(self, other: Self) -> Self;
    /// Sum of numbers.
    fn plus(self, other: Self) -> Self;
    /// Difference of numbers.
    fn minus(self, other: Self) -> Self;
    /// Bits that both have.
    fn and(self, other: Self) -> Self;
    /// Bits that exactly one of both has.
    fn xor(self, other: Self) -> Self;
    /// Reads a row of eight numbers for each place: number `i` of all rows becomes register `i`.
    ///
    /// # Safety
    /// The first [`Register::COUNT`] pointers are valid for eight numbers and aligned to 64 bytes.
    unsafe fn gather(from: &[*const f64]) -> [Self; 8];
    /// The way back.
    ///
    /// # Safety
    /// As of [`Register::gather`]; the rows are distinct.
    unsafe fn scatter(values: &[Self; 8], to: &[*mut f64]);
    /// [`super::limbs::product`] as a function of its own, which is not inlined.
    fn outlined_product<const G: usize>(a: &[Limbs<Self>; G], b: &[Limbs<Self>; G]) -> [Limbs<Self>; G];
    /// [`super::limbs::two_products`] likewise.
    fn outlined_products<const G: usize>(
        a: &[Limbs<Self>; G],
        b: &[Limbs<Self>; G],
        c: &[Limbs<Self>; G],
        d: &[Limbs<Self>; G],
    ) -> [Limbs<Self>; G];
    /// Asks for memory that is going to be read. The pointer need not be valid.
    fn prefetch<T>(from: *const T);
    /// Runs a loop with the instructions switched on.
    ///
    /// # Safety
    /// The processor has them.
    unsafe fn enter<T: super::super::Task>(task: T) -> T::Output;
}
