//! Single elements in `blst`'s assembly.
#![allow(unsafe_code)]

use super::field::{BaseField, ExtensionField, Field, ScalarField};
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

fn apply(f: Operation, a: &blst_fr, b: &blst_fr) -> blst_fr {
    let mut out = blst_fr::default();
    // SAFETY: plain arithmetic on values that live here.
    unsafe { f(&mut out, a, b) };
    out
}

impl ScalarField for blst_fr {
    const ZERO: Self = blst_fr { l: [0; 4] };

    fn from_words(words: &[u64; 4]) -> Self {
        let mut out = blst_fr::default();
        // SAFETY: `blst` reads four words.
        unsafe { blst_fr_from_uint64(&mut out, words.as_ptr()) };
        out
    }

    fn to_words(&self) -> [u64; 4] {
        let mut out = [0; 4];
        // SAFETY: `blst` writes four words.
        unsafe { blst_uint64_from_fr(out.as_mut_ptr(), self) };
        out
    }

    fn add(&self, other: &Self) -> Self {
        apply(blst_fr_add, self, other)
    }

    fn sub(&self, other: &Self) -> Self {
        apply(blst_fr_sub, self, other)
    }

    fn mul(&self, other: &Self) -> Self {
        apply(blst_fr_mul, self, other)
    }
}
