//! Single elements in `blst`'s assembly.
#![allow(unsafe_code)]

mod chains;

use super::{
    constants::P,
    field::{take_in, take_out, BaseField, ExtensionField, Field, ScalarField},
};
use blst::*;
use core::mem::MaybeUninit;

const FP_ZERO: blst_fp = blst_fp { l: [0; 6] };
const FP_ONE: blst_fp = blst_fp {
    l: super::constants::power_of_two(384, &P),
};

/// The functions of a [`Field`] that `blst` computes.
macro_rules! by_blst {
    ($mul:ident, $sqr:ident, $invert:ident) => {
        #[inline(always)]
        fn mul(&self, other: &Self) -> Self {
            let mut out = MaybeUninit::uninit();
            // SAFETY: `blst` writes the whole result; so in all functions here.
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
        fn mul_by(&mut self, other: &Self) {
            let this: *mut Self = self;
            // SAFETY: as above; a result may take the place of a factor.
            unsafe { $mul(this, this, other) }
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
    };
}

impl Field for blst_fp {
    const ZERO: Self = FP_ZERO;
    const ONE: Self = FP_ONE;

    by_blst!(blst_fp_mul, blst_fp_sqr, blst_fp_eucl_inverse);

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self {
            l: chains::add_fp(&self.l, &other.l),
        }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self {
            l: chains::sub_fp(&self.l, &other.l),
        }
    }

    #[inline(always)]
    fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// Signs are as good as random, so nothing branches on them.
    #[inline(always)]
    fn negated_if(&self, negate: bool) -> Self {
        let negated = self.neg();
        let keep = u64::from(negate).wrapping_sub(1);
        Self {
            l: core::array::from_fn(|i| self.l[i] & keep | negated.l[i] & !keep),
        }
    }

    #[inline(always)]
    fn times_quarter_b(&self) -> Self {
        *self
    }
}

impl Field for blst_fp2 {
    const ZERO: Self = Self { fp: [FP_ZERO, FP_ZERO] };
    const ONE: Self = Self { fp: [FP_ONE, FP_ZERO] };

    by_blst!(blst_fp2_mul, blst_fp2_sqr, blst_fp2_eucl_inverse);

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        let ([a, b], [c, d]) = (&self.fp, &other.fp);
        Self {
            fp: [a.add(c), b.add(d)],
        }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        let ([a, b], [c, d]) = (&self.fp, &other.fp);
        Self {
            fp: [a.sub(c), b.sub(d)],
        }
    }

    #[inline(always)]
    fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    #[inline(always)]
    fn negated_if(&self, negate: bool) -> Self {
        let [a, b] = &self.fp;
        Self {
            fp: [a.negated_if(negate), b.negated_if(negate)],
        }
    }

    #[inline(always)]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        take_in(&self.fp, &mut product.fp, &mut before.fp);
    }

    #[inline(always)]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        Self {
            fp: take_out(&self.fp, &before.fp, &mut inverse.fp),
        }
    }

    #[inline(always)]
    fn times_quarter_b(&self) -> Self {
        let [a, b] = &self.fp;
        Self {
            fp: [a.sub(b), a.add(b)],
        }
    }
}

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

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self {
            l: chains::add_fr(&self.l, &other.l),
        }
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self {
            l: chains::sub_fr(&self.l, &other.l),
        }
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
