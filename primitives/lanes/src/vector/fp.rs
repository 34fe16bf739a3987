//! The base field of G1.
#![allow(unsafe_code)]

use super::{
    constants::{complement, multiple, to_limbs, to_words, Modulus, LIMB, MASK},
    limbs::{
        blend, carry, from_rows, gather, minus, montgomery, montgomery_square, plus, plus_constant, plus_or_minus,
        products, reduce, scatter, splat, squares, swap, times_12, to_rows, Limbs,
    },
};
use crate::{
    constants::{at_least, minus as words_minus, power_of_two, P},
    field::Field,
    lanes::{Lanes, Task, LANES},
};
use blst::{blst_fp, blst_fp_mul};

pub(super) const LIMBS: usize = 8;
/// Limbs of a product before it is reduced.
pub(super) const DOUBLE: usize = 2 * LIMBS;
pub(super) static REDUCTION: Modulus<LIMBS> = Modulus::new(&P);
const MODULUS: [u64; LIMBS] = to_limbs(&P);
const COMPLEMENT: [u64; LIMBS] = complement(&MODULUS);
const P2: [u64; LIMBS] = multiple(&MODULUS, 2);
const P4: [u64; LIMBS] = multiple(&MODULUS, 4);
const P8: [u64; LIMBS] = multiple(&MODULUS, 8);
const P16: [u64; LIMBS] = multiple(&MODULUS, 16);
const P128: [u64; LIMBS] = multiple(&MODULUS, 128);
const RATIO: u64 = (1 << LIMB) / (MODULUS[LIMBS - 1] + 1);
/// Carries into the top limb that `reduce` has to expect: limbs of what `settle` leaves are below `2^58` in size.
pub(super) const SLACK: u64 = 64;
/// `2^416 mod p`: from `blst`'s form (times `2^384`) to ours (times `2^416`) by `blst`'s product.
const TO_OURS: blst_fp = blst_fp {
    l: power_of_two(416, &P),
};
/// `2^352`: the way back.
const TO_BLST: blst_fp = blst_fp {
    l: [0, 0, 0, 0, 0, 1 << 32],
};

/// One element in memory: eight limbs, tight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C, align(64))]
pub struct StoredFp(pub [u64; LIMBS]);

/// Eight elements.
#[derive(Clone, Copy)]
pub struct Fp8(pub(super) Limbs<LIMBS>);

impl Fp8 {
    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn product(a: &Self, b: &Self) -> Self {
        Self(montgomery::<LIMBS, DOUBLE>(&a.0, &b.0, &REDUCTION))
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn square(a: &Self) -> Self {
        Self(montgomery_square::<LIMBS, DOUBLE>(&a.0, &REDUCTION))
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn product_less(a: &Self, b: &Self, c: &Self, negate: u8) -> Self {
        Self::less(&products::<LIMBS, DOUBLE>(&a.0, &b.0, &REDUCTION), c, negate)
    }

    #[inline(never)]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn square_less(&self, a: &Self, b: &Self) -> Self {
        Self::less_twice(&squares::<LIMBS, DOUBLE>(&self.0, &REDUCTION), a, b)
    }

    /// `t - ±c`, tight, for what `settle` leaves.
    #[inline(always)]
    pub(super) unsafe fn less(t: &Limbs<LIMBS>, c: &Self, negate: u8) -> Self {
        Self::reduced(plus_or_minus(&plus_constant(t, &P8), &c.0, !negate))
    }

    /// `t - 2·a - b`, tight, for what `settle` leaves.
    #[inline(always)]
    pub(super) unsafe fn less_twice(t: &Limbs<LIMBS>, a: &Self, b: &Self) -> Self {
        let t = minus(&minus(&minus(t, &a.0), &a.0), &b.0);
        Self::reduced(plus_constant(&t, &P16))
    }

    /// Lane `l` takes what lane `l ^ distance` has.
    #[inline(always)]
    pub(super) fn swap(&self, distance: usize) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(swap(&self.0, distance)) }
    }

    /// The first lane, canonical.
    pub(super) fn first(&self) -> blst_fp {
        // SAFETY: as above.
        let rows = unsafe { to_rows(self.tight().0) };
        to_blst(&rows.map(|row| row[0]))
    }

    #[inline(always)]
    pub(super) fn reduced(raw: Limbs<LIMBS>) -> Self {
        unsafe { Self(reduce(raw, SLACK, RATIO, &COMPLEMENT)) }
    }
}

#[inline(always)]
fn pointers(from: &[*const StoredFp; LANES]) -> [*const u64; LANES] {
    let mut out = [core::ptr::null(); LANES];
    for i in 0..LANES {
        out[i] = from[i].cast();
    }
    out
}

#[inline(always)]
fn pointers_mut(to: &[*mut StoredFp; LANES]) -> [*mut u64; LANES] {
    let mut out = [core::ptr::null_mut(); LANES];
    for i in 0..LANES {
        out[i] = to[i].cast();
    }
    out
}

/// The inverses of all lanes from that of their product: it is formed in every lane by exchanges at three distances,
/// and what each of them brought is multiplied to the inverse in turn.
#[inline(always)]
pub(super) fn invert<L: Lanes>(value: &L, swap: impl Fn(&L, usize) -> L, first: impl Fn(&L) -> L::Field) -> Option<L> {
    let four = swap(value, 4);
    let pairs = value.mul(&four);
    let two = swap(&pairs, 2);
    let fours = pairs.mul(&two);
    let one = swap(&fours, 1);
    let all = first(&fours.mul(&one));
    if all.is_zero() {
        return None;
    }
    Some(L::splat(&all.invert()).mul(&one).mul(&two).mul(&four))
}

fn to_ours(value: &blst_fp) -> [u64; LIMBS] {
    let mut out = blst_fp::default();
    // SAFETY: plain arithmetic on values that live here.
    unsafe { blst_fp_mul(&mut out, value, &TO_OURS) };
    to_limbs(&out.l)
}

fn to_blst(limbs: &[u64; LIMBS]) -> blst_fp {
    let mut words: [u64; 6] = to_words(limbs);
    while at_least(&words, &P) {
        words = words_minus(&words, &P);
    }
    let mut out = blst_fp::default();
    // SAFETY: plain arithmetic on values that live here.
    unsafe { blst_fp_mul(&mut out, &blst_fp { l: words }, &TO_BLST) };
    out
}

impl Lanes for Fp8 {
    type Field = blst_fp;
    type Stored = StoredFp;

    #[inline(always)]
    fn zero() -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(splat(&[0; LIMBS])) }
    }

    #[inline(always)]
    fn splat(value: &blst_fp) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(splat(&to_ours(value))) }
    }

    #[inline(always)]
    unsafe fn gather(from: &[*const StoredFp; LANES]) -> Self {
        Self(gather(&pointers(from)))
    }

    #[inline(always)]
    fn prefetch<T>(from: *const T) {
        // SAFETY: a hint; no address is wrong.
        unsafe { core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(from.cast()) };
    }

    #[inline(always)]
    unsafe fn scatter(&self, to: &[*mut StoredFp; LANES]) {
        scatter(&self.0, &pointers_mut(to));
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::product(self, other) }
    }

    #[inline(always)]
    fn sqr(&self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::square(self) }
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(carry(plus(&self.0, &other.0))) }
    }

    #[inline(always)]
    fn sub_tight(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(carry(plus_constant(&minus(&self.0, &other.0), &P4))) }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(carry(plus_constant(&minus(&self.0, &other.0), &P128))) }
    }

    #[inline(always)]
    fn signed_sub(&self, negate: u8, other: &Self, negate_other: u8) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe {
            let first = plus_or_minus(&splat(&P8), &self.0, negate);
            Self(carry(plus_or_minus(&first, &other.0, !negate_other)))
        }
    }

    #[inline(always)]
    fn sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::less_twice(&self.0, a, b) }
    }

    #[inline(always)]
    fn sub_signed_tight(&self, other: &Self, negate: u8) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::less(&self.0, other, negate) }
    }

    #[inline(always)]
    fn sqr_sub_twice_tight(&self, a: &Self, b: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { self.square_less(a, b) }
    }

    #[inline(always)]
    fn mul_sub_signed_tight(&self, factor: &Self, other: &Self, negate: u8) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::product_less(self, factor, other, negate) }
    }

    #[inline(always)]
    fn tight(&self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self::reduced(plus_constant(&self.0, &P4)) }
    }

    #[inline(always)]
    fn times_3b(&self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(carry(times_12(&self.0))) }
    }

    #[inline(always)]
    fn select(&self, mask: u8, other: &Self) -> Self {
        // SAFETY: a value exists only where the processor has the instructions.
        unsafe { Self(blend(&self.0, &other.0, mask)) }
    }

    fn to_fields(self) -> [blst_fp; LANES] {
        let rows = unsafe { to_rows(self.tight().0) };
        core::array::from_fn(|lane| to_blst(&rows.map(|row| row[lane])))
    }

    fn from_fields(values: &[blst_fp; LANES]) -> Self {
        let values = values.map(|v| to_ours(&v));
        unsafe { Self(from_rows(core::array::from_fn(|i| values.map(|v| v[i])))) }
    }

    #[inline(always)]
    fn invert(&self) -> Option<Self> {
        invert(self, Self::swap, Self::first)
    }

    fn store(value: &blst_fp) -> StoredFp {
        StoredFp(to_ours(value))
    }

    fn load(value: &StoredFp) -> blst_fp {
        to_blst(&value.0)
    }

    fn negate_stored(value: &StoredFp) -> StoredFp {
        // 2p - value: tight values are well below 2p.
        let mut out = [0; LIMBS];
        let mut borrow = 0i64;
        for (i, limb) in out.iter_mut().enumerate() {
            let t = P2[i] as i64 - value.0[i] as i64 + borrow;
            borrow = t >> LIMB;
            *limb = t as u64 & MASK;
        }
        StoredFp(out)
    }

    #[inline]
    #[cfg_attr(not(emulated_ifma), target_feature(enable = "avx512f,avx512ifma"))]
    unsafe fn enter<T: Task>(task: T) -> T::Output {
        task.run()
    }
}
