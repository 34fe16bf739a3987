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
    /// Becomes its product with another. A result that is returned may be copied, and a copy waits until all words that
    /// were just written have reached memory.
    #[inline(always)]
    fn mul_by(&mut self, other: &Self) {
        *self = self.mul(other);
    }
    /// `-self` where asked for, `self` elsewhere.
    #[inline(always)]
    fn negated_if(&self, negate: bool) -> Self {
        if negate {
            self.neg()
        } else {
            *self
        }
    }
    /// Multiplicative inverse; zero of zero.
    fn invert(&self) -> Self;
    /// As [`super::Lanes::take_in`].
    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        *before = *product;
        product.mul_by(self);
    }
    /// As [`super::Lanes::take_out`].
    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        let mut own = *before;
        own.mul_by(inverse);
        inverse.mul_by(self);
        own
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

/// [`Field::take_in`] of an extension whose elements have these parts: their norms are multiplied, which are not zero
/// where they are not. Products are numbers of the base field; `before` becomes the one before, and the norm.
#[inline(always)]
pub fn take_in<F: Field>([real, imaginary]: &[F; 2], product: &mut [F; 2], before: &mut [F; 2]) {
    let norm = real.sqr().add(&imaginary.sqr());
    before[0] = product[0];
    before[1] = norm;
    product[0].mul_by(&norm);
}

/// [`Field::take_out`] likewise: the inverse is the conjugate over the norm.
#[inline(always)]
pub fn take_out<F: Field>([real, imaginary]: &[F; 2], [before, norm]: &[F; 2], inverse: &mut [F; 2]) -> [F; 2] {
    let mut own = *before;
    own.mul_by(&inverse[0]);
    inverse[0].mul_by(norm);
    let [mut real, mut imaginary] = [*real, *imaginary];
    real.mul_by(&own);
    imaginary.mul_by(&own);
    [real, imaginary.neg()]
}

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
