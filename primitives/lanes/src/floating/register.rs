//! What the limbs ask of a register of doubles, and of sums of products in registers.

#![allow(unsafe_code)]

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
    /// Whether constants are better read from tables than made in place.
    const TABLES: bool;

    /// The same number everywhere.
    fn splat(value: f64) -> Self;
    /// One number for each place; only the first [`Register::COUNT`] are read.
    fn from_doubles(values: &[f64]) -> Self;
    /// The numbers, as many as there are places.
    fn to_doubles(self, to: &mut [f64]);
    /// `self · by + term`, rounded once or twice.
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
    /// Reads a row of `L` numbers, a multiple of four, for each place: number `i` of all rows becomes register `i`.
    ///
    /// # Safety
    /// The first [`Register::COUNT`] pointers are valid for as many numbers and aligned to 64 bytes.
    unsafe fn gather<const L: usize>(from: &[*const f64]) -> [Self; L];
    /// The way back.
    ///
    /// # Safety
    /// As of [`Register::gather`]; the rows are distinct.
    unsafe fn scatter<const L: usize>(values: &[Self; L], to: &[*mut f64]);
    /// [`super::limbs::product`] as a function of its own, which is not inlined.
    fn outlined_product<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
    ) -> [[Self; L]; G];
    /// [`super::limbs::two_products`] likewise.
    fn outlined_products<S: Sum<Self>, const G: usize, const L: usize>(
        a: &[[Self; L]; G],
        b: &[[Self; L]; G],
        c: &[[Self; L]; G],
        d: &[[Self; L]; G],
    ) -> [[Self; L]; G];
    /// Asks for memory that is going to be read. The pointer need not be valid.
    fn prefetch<T>(from: *const T);
    /// Runs a loop with the instructions switched on.
    ///
    /// # Safety
    /// The processor has them.
    unsafe fn enter<T: super::super::Task>(task: T) -> T::Output;
}

/// A register whose [`Register::multiply_add`] is rounded once.
pub trait Fused: Register {}

/// Places of the limbs of a product, and one for what the highest of them carries; not all of them are used.
pub const PLACES: usize = 32;

/// Sums of products of limbs at one place.
pub trait Sum<V: Register>: Copy {
    /// How often carries are moved until limbs are carried.
    const PASSES: usize;
    /// Nothing.
    fn zero() -> Self;
    /// Adds a product of limbs.
    fn accumulate(&mut self, a: V, b: V);
    /// Adds a number.
    fn add(&mut self, number: V);
    /// The sum, without what it carries from the place below: at the lowest place.
    fn own(&self) -> V;
    /// The sum, with what it carries from the place below.
    fn value(&self, below: &Self) -> V;
    /// Times the modulus it makes a limb vanish modulo `2^b`.
    fn factor(low: V) -> V;
    /// The limb and that multiple of the modulus' lowest limb, over `2^b`.
    fn quotient(low: V, factor: V) -> V;
    /// Adds the products of all limbs.
    fn add_product<const L: usize>(columns: &mut [Self; PLACES], a: &[V; L], b: &[V; L]);
}
