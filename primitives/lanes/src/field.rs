//! One element of a field.
#![allow(unsafe_code)]

/// A base field.
pub trait Field: Copy + PartialEq + Send + Sync + core::fmt::Debug + 'static {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Sum.
    fn add(&self, other: &Self) -> Self;
    /// Difference.
    fn sub(&self, other: &Self) -> Self;
    /// Product.
    fn mul(&self, other: &Self) -> Self;
    /// Square.
    fn sqr(&self) -> Self;
    /// Additive inverse.
    fn neg(&self) -> Self;
    /// Multiplicative inverse; zero of zero.
    fn invert(&self) -> Self;
    /// Puts a sum where it is wanted: results that are moved cost about as much again.
    #[inline(always)]
    fn put_sum(&mut self, a: &Self, b: &Self) {
        *self = a.add(b);
    }
    /// Puts a difference where it is wanted.
    #[inline(always)]
    fn put_difference(&mut self, a: &Self, b: &Self) {
        *self = a.sub(b);
    }
    /// Puts a product where it is wanted.
    #[inline(always)]
    fn put_product(&mut self, a: &Self, b: &Self) {
        *self = a.mul(b);
    }
    /// Puts a square where it is wanted.
    #[inline(always)]
    fn put_square(&mut self, a: &Self) {
        *self = a.sqr();
    }
    /// Subtracts in place.
    #[inline(always)]
    fn take(&mut self, other: &Self) {
        *self = self.sub(other);
    }
    /// Multiplies in place.
    #[inline(always)]
    fn multiply(&mut self, other: &Self) {
        *self = self.mul(other);
    }
    /// Twice.
    fn double(&self) -> Self {
        self.add(self)
    }
    /// A quarter of the curve's constant, times this: nothing to do in G1, a product with `1 + i` in G2.
    fn times_quarter_b(&self) -> Self;
    /// Three times the curve's constant, times this.
    #[inline(always)]
    fn times_3b(&self) -> Self {
        let x4 = self.double().double();
        x4.double().add(&x4).times_quarter_b()
    }
    /// Whether it is zero.
    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

/// The base field of G1.
///
/// # Safety
/// The type is six 64-bit words and nothing else: an element times `2^384` modulo `p`, least significant word first,
/// below `p`. Points of keys are used where they lie, as coordinates of any such type.
pub unsafe trait BaseField: Field {}

/// The base field of G2, `Fp[i]/(i² + 1)`.
///
/// # Safety
/// The type is two elements as [`BaseField`] has them, the real part first, and nothing else.
pub unsafe trait ExtensionField: Field {}

/// The scalar field.
pub trait ScalarField: Copy + Send + Sync + 'static {
    /// Zero.
    const ZERO: Self;
    /// From canonical words, the least significant first.
    fn from_words(words: &[u64; 4]) -> Self;
    /// Canonical words.
    fn to_words(&self) -> [u64; 4];
    /// Sum.
    fn add(&self, other: &Self) -> Self;
    /// Difference.
    fn sub(&self, other: &Self) -> Self;
    /// Product.
    fn mul(&self, other: &Self) -> Self;
    /// Square.
    fn sqr(&self) -> Self;
}
