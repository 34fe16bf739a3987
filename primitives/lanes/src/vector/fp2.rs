//! The base field of G2, `Fp[i]/(i² + 1)`.
#![allow(unsafe_code)]

use super::{
    fp::{invert, Fp8, StoredFp, DOUBLE, LIMBS, REDUCTION},
    instructions::_mm512_add_epi64,
    limbs::{carry, minus, plus, products, settle, wide, wide_square, word, Limbs},
};
use crate::lanes::{Lanes, Task, LANES};
use blst::{blst_fp, blst_fp2};

/// One element in memory.
pub type StoredFp2 = [StoredFp; 2];

/// Eight elements.
#[derive(Clone, Copy)]
pub struct Fp2x8(pub(super) [Fp8; 2]);

impl Fp2x8 {
    #[inline(always)]
    fn both(&self, other: &Self, f: impl Fn(&Fp8, &Fp8) -> Fp8) -> Self {
        Self([f(&self.0[0], &other.0[0]), f(&self.0[1], &other.0[1])])
    }

    /// Three products of all limbs, of which two sums are reduced; not carried. With operands below `512p` no product
    /// of two parts is as large as `2^-16·p·2^416`.
    #[inline(always)]
    unsafe fn products(&self, other: &Self) -> [Limbs<LIMBS>; 2] {
        let [a0, a1] = &self.0;
        let [b0, b1] = &other.0;
        let first: Limbs<DOUBLE> = wide(&a0.0, &b0.0);
        let second: Limbs<DOUBLE> = wide(&a1.0, &b1.0);
        let both: Limbs<DOUBLE> = wide(&a0.add(a1).0, &b0.add(b1).0);
        // `p·2^416` more, so that it is not negative: the result is below 2.1p.
        let mut real = minus(&first, &second);
        for i in 0..LIMBS {
            real[LIMBS + i] = _mm512_add_epi64(real[LIMBS + i], word(REDUCTION.limbs[i]));
        }
        // `a0·b1 + a1·b0`: the result is below 1.1p.
        let imaginary = minus(&minus(&both, &first), &second);
        [settle(real, &REDUCTION), settle(imaginary, &REDUCTION)]
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn product(&self, other: &Self) -> Self {
        let [real, imaginary] = self.products(other);
        Self([Fp8(carry(real)), Fp8(carry(imaginary))])
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn product_less(&self, other: &Self, c: &Self, negate: u8) -> Self {
        let [real, imaginary] = self.products(other);
        Self([
            Fp8::less(&real, &c.0[0], negate),
            Fp8::less(&imaginary, &c.0[1], negate),
        ])
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn square(&self) -> Self {
        let [a0, a1] = &self.0;
        let t = a0.mul(a1);
        Self([a0.add(a1).mul(&a0.sub(a1)), t.add(&t)])
    }

    /// The sum of the squares of the parts, which are below `128p`, is below `1.1p`.
    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    pub(super) unsafe fn norm(&self) -> Fp8 {
        let [a0, a1] = &self.0;
        let sum = plus(
            &wide_square::<LIMBS, DOUBLE>(&a0.0),
            &wide_square::<LIMBS, DOUBLE>(&a1.0),
        );
        Fp8(carry(settle(sum, &REDUCTION)))
    }

    /// As [`Self::square`], whose parts are below `2.2p`, before `2·a + b` is subtracted.
    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn square_less(&self, a: &Self, b: &Self) -> Self {
        let [a0, a1] = &self.0;
        let real = products::<LIMBS, DOUBLE>(&a0.add(a1).0, &a0.sub(a1).0, &REDUCTION);
        let imaginary = products::<LIMBS, DOUBLE>(&a0.add(a0).0, &a1.0, &REDUCTION);
        Self([
            Fp8::less_twice(&real, &a.0[0], &b.0[0]),
            Fp8::less_twice(&imaginary, &a.0[1], &b.0[1]),
        ])
    }
}

fn part<T: Copy, U>(values: &[T; LANES], f: impl Fn(T) -> U) -> [U; LANES] {
    values.map(f)
}

impl Lanes for Fp2x8 {
    type Field = blst_fp2;
    type Stored = StoredFp2;

    #[inline(always)]
    fn zero() -> Self {
        Self([Fp8::zero(); 2])
    }

    #[inline(always)]
    fn splat(value: &blst_fp2) -> Self {
        Self([Fp8::splat(&value.fp[0]), Fp8::splat(&value.fp[1])])
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const StoredFp2; LANES]) -> Self {
        let first = from.map(|p| p.cast::<StoredFp>());
        Self([Fp8::gather(&first), Fp8::gather(&first.map(|p| p.add(1)))])
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        Fp8::prefetch(from);
    }

    #[inline(always)]
    unsafe fn scatter(&self, to: &[*mut StoredFp2; LANES]) {
        let first = to.map(|p| p.cast::<StoredFp>());
        self.0[0].scatter(&first);
        self.0[1].scatter(&first.map(|p| p.add(1)));
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::product(self, other) }
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        // SAFETY: as above.
        unsafe { Self::square(self) }
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        self.both(other, Fp8::add)
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        self.both(other, Fp8::sub_tight)
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        self.both(other, Fp8::sub)
    }

    #[inline(always)]
    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self {
        self.both(other, |a, b| a.signed_sub(negate, b, negate_other))
    }

    #[inline(always)]
    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        Self(core::array::from_fn(|i| self.0[i].sub_twice_tight(&a.0[i], &b.0[i])))
    }

    #[inline(always)]
    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self {
        self.both(other, |a, b| a.sub_signed_tight(b, negate))
    }

    #[inline(always)]
    fn sqr_sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { self.square_less(a, b) }
    }

    #[inline(always)]
    fn mul_sub_signed_tight(&self, factor: &Self, other: &Self, negate: u8) -> Self {
        // SAFETY: as above.
        unsafe { self.product_less(factor, other, negate) }
    }

    /// The product is that of the norms, a number of the base field; `before` becomes the one before, and the norm.
    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        // SAFETY: as above.
        let norm = unsafe { self.norm() };
        *before = Self([product.0[0], norm]);
        product.0[0] = product.0[0].mul(&norm);
    }

    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        let ([real, imaginary], [before, norm]) = (&self.0, &before.0);
        let own = inverse.0[0].mul(before);
        inverse.0[0] = inverse.0[0].mul(norm);
        // The conjugate over the norm.
        Self([real.mul(&own), Fp8::zero().sub(imaginary).mul(&own)])
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        Self(self.0.map(|x| x.tight()))
    }

    #[inline(always)]
    fn times_3b(&self) -> Self {
        // 12·(1 + i)·self
        let [a, b] = self.0.map(|x| x.tight());
        Self([a.sub_tight(&b).times_3b(), a.add(&b).times_3b()])
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        self.both(other, |a, b| a.select(mask, b))
    }

    fn to_fields(self) -> [blst_fp2; LANES] {
        let [a, b] = self.0.map(Lanes::to_fields);
        core::array::from_fn(|i| blst_fp2 { fp: [a[i], b[i]] })
    }

    fn from_fields(values: &[blst_fp2; LANES]) -> Self {
        let first: [blst_fp; LANES] = part(values, |v| v.fp[0]);
        let second: [blst_fp; LANES] = part(values, |v| v.fp[1]);
        Self([Fp8::from_fields(&first), Fp8::from_fields(&second)])
    }

    #[inline(always)]
    fn invert(&self) -> Option<Self> {
        let swap = |value: &Self, distance| Self([value.0[0].swap(distance), value.0[1].swap(distance)]);
        let first = |value: &Self| blst_fp2 {
            fp: [value.0[0].first(), value.0[1].first()],
        };
        invert(self, swap, first)
    }

    fn store(value: &blst_fp2) -> StoredFp2 {
        [Fp8::store(&value.fp[0]), Fp8::store(&value.fp[1])]
    }

    fn negate_stored(value: &StoredFp2) -> StoredFp2 {
        [Fp8::negate_stored(&value[0]), Fp8::negate_stored(&value[1])]
    }

    fn load(value: &StoredFp2) -> blst_fp2 {
        blst_fp2 {
            fp: [Fp8::load(&value[0]), Fp8::load(&value[1])],
        }
    }

    #[inline(always)]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        Fp8::enter(task)
    }
}
