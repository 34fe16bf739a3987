//! The base fields of G1 and G2, one element at a time, over `blst`'s assembly.
#![allow(unsafe_code)]

use blst::*;
use core::mem::MaybeUninit;

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
    /// Twice.
    fn double(&self) -> Self {
        self.add(self)
    }
    /// Three times the curve's constant, times this.
    fn times_3b(&self) -> Self;
    /// Whether it is zero.
    fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

const FP_ZERO: blst_fp = blst_fp { l: [0; 6] };
const FP_ONE: blst_fp = blst_fp {
    l: super::constants::power_of_two(384, &super::constants::P),
};

macro_rules! field {
    ($t:ty, $zero:expr, $one:expr, $add:ident, $sub:ident, $mul:ident, $sqr:ident, $neg:ident, $invert:ident, $by_3b:expr) => {
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
            fn times_3b(&self) -> Self {
                let twelve = |x: &Self| {
                    let x4 = x.double().double();
                    x4.double().add(&x4)
                };
                let by: fn(Self) -> Self = $by_3b;
                by(twelve(self))
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
    |x| x
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
