//! Single elements in `blst`'s assembly.
#![allow(unsafe_code)]

use super::{
    constants::R,
    field::{BaseField, ExtensionField, Field, ScalarField},
};
use blst::*;
use core::mem::MaybeUninit;

const FP_ZERO: blst_fp = blst_fp { l: [0; 6] };
const FP_ONE: blst_fp = blst_fp {
    l: super::constants::power_of_two(384, &super::constants::P),
};

macro_rules! field {
    ($t:ty, $zero:expr, $one:expr, $add:ident, $sub:ident, $mul:ident, $sqr:ident, $neg:ident, $invert:ident,
     $by:expr) => {
        impl Field for $t {
            const ZERO: Self = $zero;
            const ONE: Self = $one;
            #[inline(always)]
            fn add(&self, other: &Self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: `blst` writes the whole result; so in all functions here.
                unsafe {
                    $add(out.as_mut_ptr(), self, other);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn sub(&self, other: &Self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: as above.
                unsafe {
                    $sub(out.as_mut_ptr(), self, other);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn mul(&self, other: &Self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: as above.
                unsafe {
                    $mul(out.as_mut_ptr(), self, other);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn sqr(&self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: as above.
                unsafe {
                    $sqr(out.as_mut_ptr(), self);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn neg(&self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: as above.
                unsafe {
                    $neg(out.as_mut_ptr(), self, true);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn invert(&self) -> Self {
                let mut out = MaybeUninit::uninit();
                // SAFETY: as above.
                unsafe {
                    $invert(out.as_mut_ptr(), self);
                    out.assume_init()
                }
            }
            #[inline(always)]
            fn put_sum(&mut self, a: &Self, b: &Self) {
                // SAFETY: as above.
                unsafe { $add(self, a, b) }
            }
            #[inline(always)]
            fn put_difference(&mut self, a: &Self, b: &Self) {
                // SAFETY: as above.
                unsafe { $sub(self, a, b) }
            }
            #[inline(always)]
            fn put_product(&mut self, a: &Self, b: &Self) {
                // SAFETY: as above.
                unsafe { $mul(self, a, b) }
            }
            #[inline(always)]
            fn put_square(&mut self, a: &Self) {
                // SAFETY: as above.
                unsafe { $sqr(self, a) }
            }
            #[inline(always)]
            fn take(&mut self, other: &Self) {
                let own: *mut Self = self;
                // SAFETY: `blst` has read its operands when it writes a result, which may take the place of one.
                unsafe { $sub(own, own, other) }
            }
            #[inline(always)]
            fn multiply(&mut self, other: &Self) {
                let own: *mut Self = self;
                // SAFETY: as of `take`.
                unsafe { $mul(own, own, other) }
            }
            #[inline(always)]
            fn times_quarter_b(&self) -> Self {
                let by: fn(&Self) -> Self = $by;
                by(self)
            }
        }
    };
}

field!(
    blst_fp,
    FP_ZERO,
    FP_ONE,
    blst_fp_add,
    blst_fp_sub,
    blst_fp_mul,
    blst_fp_sqr,
    blst_fp_cneg,
    blst_fp_eucl_inverse,
    |x| *x
);
field!(
    blst_fp2,
    blst_fp2 { fp: [FP_ZERO, FP_ZERO] },
    blst_fp2 { fp: [FP_ONE, FP_ZERO] },
    blst_fp2_add,
    blst_fp2_sub,
    blst_fp2_mul,
    blst_fp2_sqr,
    blst_fp2_cneg,
    blst_fp2_eucl_inverse,
    |x| blst_fp2 {
        fp: [x.fp[0].sub(&x.fp[1]), x.fp[0].add(&x.fp[1])]
    }
);

// SAFETY: `blst_fp` is `repr(C)` with one field of six words; `blst` keeps elements times 2^384, reduced.
unsafe impl BaseField for blst_fp {}
// SAFETY: `blst_fp2` is `repr(C)` with one field of two `blst_fp`.
unsafe impl ExtensionField for blst_fp2 {}

/// One of `blst`'s functions of two scalars.
type Operation = unsafe extern "C" fn(*mut blst_fr, *const blst_fr, *const blst_fr);

#[inline]
fn apply(f: Operation, a: &blst_fr, b: &blst_fr) -> blst_fr {
    let mut out = blst_fr::default();
    // SAFETY: plain arithmetic on values that live here.
    unsafe { f(&mut out, a, b) };
    out
}

/// `a + b + carry`, and the carry out of it.
#[inline(always)]
fn plus(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = u128::from(a) + u128::from(b) + u128::from(carry);
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow`, and the borrow from the next word.
#[inline(always)]
fn minus(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow);
    (difference, u64::from(first | second))
}

impl ScalarField for blst_fr {
    const ZERO: Self = blst_fr { l: [0; 4] };

    #[inline]
    fn from_words(words: &[u64; 4]) -> Self {
        let mut out = blst_fr::default();
        // SAFETY: `blst` reads four words.
        unsafe { blst_fr_from_uint64(&mut out, words.as_ptr()) };
        out
    }

    #[inline]
    fn to_words(&self) -> [u64; 4] {
        let mut out = [0; 4];
        // SAFETY: `blst` writes four words.
        unsafe { blst_uint64_from_fr(out.as_mut_ptr(), self) };
        out
    }

    // Sums and differences cost less than a call.
    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        let (mut sum, mut carry) = ([0; 4], 0);
        for i in 0..4 {
            (sum[i], carry) = plus(self.l[i], other.l[i], carry);
        }
        // Elements leave a bit of the last word, so nothing is carried out of it.
        let (mut less, mut borrow) = ([0; 4], 0);
        for i in 0..4 {
            (less[i], borrow) = minus(sum[i], R[i], borrow);
        }
        let keep = 0u64.wrapping_sub(borrow);
        Self {
            l: core::array::from_fn(|i| sum[i] & keep | less[i] & !keep),
        }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        let (mut difference, mut borrow) = ([0; 4], 0);
        for i in 0..4 {
            (difference[i], borrow) = minus(self.l[i], other.l[i], borrow);
        }
        let (owed, mut carry) = (0u64.wrapping_sub(borrow), 0);
        for i in 0..4 {
            (difference[i], carry) = plus(difference[i], R[i] & owed, carry);
        }
        Self { l: difference }
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        apply(blst_fr_mul, self, other)
    }

    #[inline]
    fn sqr(&self) -> Self {
        let mut out = blst_fr::default();
        // SAFETY: plain arithmetic on values that live here.
        unsafe { blst_fr_sqr(&mut out, self) };
        out
    }
}
