//! What the inner loops ask of eight field elements.
#![allow(unsafe_code)]

use super::Field;

/// Elements that are worked on side by side.
pub const LANES: usize = 8;

/// An inner loop. `run` and what it calls must be `#[inline(always)]`, so that they become part of the function that
/// switches the instructions on; what is not inlined is right, but slow.
pub trait Task {
    /// What it leaves.
    type Output;
    /// The loop.
    fn run(self) -> Self::Output;
}

/// Two points in each lane, and room for their sum: see [`Lanes::add_points`].
pub struct Addition<'a, L> {
    /// The abscissae of the first points, then those of the sums.
    pub x: &'a mut L,
    /// Where the ordinates of the sums go.
    pub y: &'a mut L,
    /// The ordinates of both points, without signs.
    pub ordinates: [&'a L; 2],
    /// Lanes in which they are negated.
    pub negate: [u8; 2],
}

/// Eight elements of the base field of G1 or of G2.
///
/// Values are redundant: an element stands for its residue and may exceed the modulus. **Tight** values are at most
/// `2p` (what `*_tight` gives, what memory holds); products are below `6p`; everything stays below `512p`, where
/// products are still right. No more than one factor of a product may be what [`Lanes::sub_tight`] or
/// [`Lanes::signed_sub`] gave, as it is: a backend may leave its limbs uncarried (`floating`). The bounds of each
/// operation are its contract; the algorithms say why they keep them.
///
/// # Safety
/// Implementations may use instructions that not every processor has: values may only be made, and methods only be
/// called, where [`super::Backend::is_available`] said so.
pub trait Lanes: Copy + Send + Sync + 'static {
    /// One element outside of the lanes.
    type Field: Field;
    /// One element as memory holds it for this backend (tight).
    type Stored: Copy + Send + Sync + 'static;

    /// Zero in every lane.
    fn zero() -> Self;
    /// The same element in every lane.
    fn splat(value: &Self::Field) -> Self;
    /// Reads one element for each lane.
    ///
    /// # Safety
    /// The pointers are valid and aligned.
    unsafe fn gather(from: &[*const Self::Stored; LANES]) -> Self;
    /// Becomes what [`Lanes::gather`] reads.
    ///
    /// # Safety
    /// The pointers are valid and aligned.
    #[inline(always)]
    unsafe fn gather_from(&mut self, from: &[*const Self::Stored; LANES]) {
        *self = Self::gather(from);
    }
    /// Asks for memory that is going to be read. The pointer need not be valid.
    #[inline(always)]
    fn prefetch<T>(_from: *const T) {}
    /// Writes one element from each lane; the value is tight.
    ///
    /// # Safety
    /// The pointers are valid, aligned and distinct.
    unsafe fn scatter(&self, to: &[*mut Self::Stored; LANES]);
    /// Product, below `6p`.
    fn mul(&self, other: &Self) -> Self;
    /// Square, below `6p`; `self` is below `128p`.
    fn sqr(&self) -> Self;
    /// Sum.
    fn add(&self, other: &Self) -> Self;
    /// `self - other + 4p`; `other` is below `4p`.
    fn sub_tight(&self, other: &Self) -> Self;
    /// `self - other + 128p`; `other` is below `128p`.
    fn sub(&self, other: &Self) -> Self;
    /// `±self - ±other`, negated where the bits of the masks are set, plus at most `8p`; both below `4p`.
    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self;
    /// `self - 2·a - b`, tight; `self` is below `8p`, `2·a + b` below `12p`.
    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self;
    /// `self - ±other`, tight; `self` is below `8p`, `other` below `4p`.
    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self;
    /// `self² - 2·a - b`, tight; `self` is below `128p`, `2·a + b` below `12p`.
    #[inline(always)]
    fn sqr_sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        self.sqr().sub_twice_tight(a, b)
    }
    /// `self·factor - ±other`, tight; `other` is below `4p`.
    #[inline(always)]
    fn mul_sub_signed_tight(&self, factor: &Self, other: &Self, negate: u8) -> Self {
        self.mul(factor).sub_signed_tight(other, negate)
    }
    /// Becomes `self - other`, as [`Lanes::sub_tight`].
    #[inline(always)]
    fn subtract(&mut self, other: &Self) {
        *self = self.sub_tight(other);
    }
    /// Takes `self`, as [`Lanes::sub_tight`] gave it, into a product that begins with one, and whose inverse gives that
    /// of all it was made of (Montgomery's trick): the product is zero only if one of them is. `before` becomes what
    /// [`Lanes::take_out`] needs.
    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        *before = *product;
        *product = product.mul(self);
    }
    /// The inverse of what was taken in last; `inverse`, of the product, becomes that of the product before it.
    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        let own = inverse.mul(before);
        *inverse = inverse.mul(self);
        own
    }
    /// Adds two points in each lane of the mask; elsewhere the sum is the first of them. The difference of their
    /// abscissae is what was taken in last, and `before` and `inverse` are those of [`Lanes::take_out`]. Coordinates
    /// are tight.
    #[inline(always)]
    fn add_points(addition: Addition<'_, Self>, difference: &Self, before: &Self, inverse: &mut Self, mask: u8) {
        let Addition {
            x,
            y,
            ordinates: [ya, yb],
            negate: [sign_a, sign_b],
        } = addition;
        let own = difference.take_out(before, inverse);
        let slope = yb.signed_sub(sign_b, ya, sign_a).mul(&own);
        // x = slope² - xa - xb, and xb = xa + difference.
        let of_sum = slope.sqr_sub_twice_tight(x, difference);
        let ordinate = slope.mul_sub_signed_tight(&x.sub_tight(&of_sum), ya, sign_a);
        if mask == u8::MAX {
            (*x, *y) = (of_sum, ordinate);
        } else {
            *x = x.select(mask, &of_sum);
            *y = Self::zero().sub_signed_tight(ya, !sign_a).select(mask, &ordinate);
        }
    }
    /// As [`Lanes::add_points`], for points whose ordinates, those of the first and of the second ones, lie in memory:
    /// a backend may read each where it needs it. `y` is the difference of the abscissae, and becomes the ordinates of
    /// the sums.
    ///
    /// # Safety
    /// The pointers are valid and aligned.
    #[inline(always)]
    unsafe fn add_gathered(
        x: &mut Self,
        y: &mut Self,
        ordinates: [&[*const Self::Stored; LANES]; 2],
        negate: [u8; 2],
        before: &Self,
        inverse: &mut Self,
        mask: u8,
    ) {
        let difference = *y;
        // Not by `map`: its closures would not have the instructions that are switched on.
        let (ya, yb) = (Self::gather(ordinates[0]), Self::gather(ordinates[1]));
        let addition = Addition {
            x,
            y,
            ordinates: [&ya, &yb],
            negate,
        };
        Self::add_points(addition, &difference, before, inverse, mask);
    }
    /// The same residue, tight; `self` is below `512p`.
    fn tight(&self) -> Self;
    /// Twelve times the curve's constant `b/4`-fold: `3b·self`; `self` is below `6p`, the result below `128p`.
    fn times_3b(&self) -> Self;
    /// Lanes of `other` where the mask has bits, of `self` elsewhere.
    fn select(&self, mask: u8, other: &Self) -> Self;
    /// All lanes, canonical.
    fn to_fields(self) -> [Self::Field; LANES];
    /// Eight elements.
    fn from_fields(values: &[Self::Field; LANES]) -> Self;
    /// The inverses of all lanes, below `6p`, with one inversion for all of them; `None` if one of them is zero. `self`
    /// is below `512p`.
    fn invert(&self) -> Option<Self> {
        let values = self.to_fields();
        let mut products = [Self::Field::ONE; LANES];
        let mut all = Self::Field::ONE;
        for (product, value) in products.iter_mut().zip(&values) {
            *product = all;
            all = all.mul(value);
        }
        if all.is_zero() {
            return None;
        }
        let mut inverse = all.invert();
        let mut out = [Self::Field::ZERO; LANES];
        for i in (0..LANES).rev() {
            out[i] = inverse.mul(&products[i]);
            inverse = inverse.mul(&values[i]);
        }
        Some(Self::from_fields(&out))
    }
    /// An element as memory holds it.
    fn store(value: &Self::Field) -> Self::Stored;
    /// An element from memory.
    fn load(value: &Self::Stored) -> Self::Field;
    /// `-value`, tight.
    fn negate_stored(value: &Self::Stored) -> Self::Stored {
        Self::store(&Self::load(value).neg())
    }
    /// Runs a loop with this backend's instructions switched on.
    ///
    /// # Safety
    /// The processor has them.
    unsafe fn enter<T: Task>(task: T) -> T::Output;
}

/// Eight scalars. Values are redundant: tight ones are below `2r`.
pub trait ScalarLanes: Copy + Send + Sync + 'static {
    /// One scalar as a table keeps it.
    type Element: Copy + Send + Sync + 'static;

    /// One scalar, from canonical little-endian words.
    fn element(value: &[u64; 4]) -> Self::Element;
    /// A table's scalar in every lane.
    fn broadcast(value: &Self::Element) -> Self;
    /// Zero in every lane.
    fn zero() -> Self;
    /// Eight scalars, as canonical little-endian words.
    fn from_words(values: &[[u64; 4]; LANES]) -> Self;
    /// Eight scalars, as canonical little-endian words.
    fn to_words(self) -> [[u64; 4]; LANES];
    /// The same scalar in every lane.
    fn splat(value: &[u64; 4]) -> Self {
        Self::from_words(&[*value; LANES])
    }
    /// Product, tight, of values whose bounds multiply to no more than `32r²`.
    fn mul(&self, other: &Self) -> Self;
    /// Sum, tight, of tight values.
    fn add(&self, other: &Self) -> Self;
    /// Difference of tight values plus `4r`: for a product with a tight value.
    fn sub(&self, other: &Self) -> Self;
    /// Difference of tight values, tight.
    fn sub_tight(&self, other: &Self) -> Self;
    /// A butterfly from values to coefficients, of tight values: `low + high` and `(low - high)·factor`, both tight.
    #[inline(always)]
    fn difference_times(low: &mut Self, high: &mut Self, factor: &Self::Element) {
        let difference = low.sub(high);
        *low = low.add(high);
        *high = difference.mul(&Self::broadcast(factor));
    }
    /// A butterfly from coefficients to values, of tight values: `low + high·factor` and `low - high·factor`, both
    /// tight.
    #[inline(always)]
    fn times_difference(low: &mut Self, high: &mut Self, factor: &Self::Element) {
        let moved = high.mul(&Self::broadcast(factor));
        *high = low.sub_tight(&moved);
        *low = low.add(&moved);
    }
    /// Lanes moved by the three stages of a transform across lanes: lane `l` takes lane `l ^ distance`.
    fn swap(&self, distance: usize) -> Self;
    /// Lanes of `other` where the mask has bits, of `self` elsewhere.
    fn select(&self, mask: u8, other: &Self) -> Self;
    /// Runs a loop with this backend's instructions switched on.
    ///
    /// # Safety
    /// The processor has them.
    unsafe fn enter<T: Task>(task: T) -> T::Output;
}
