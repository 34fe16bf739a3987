//! The base field of G2, `Fp[i]/(i² + 1)`.
#![allow(unsafe_code)]

use super::Fp;
use crate::field::{take_in, take_out, ExtensionField, Field};

/// The real and the imaginary part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Fp2 {
    /// The parts.
    pub fp: [Fp; 2],
}

impl Field for Fp2 {
    const ZERO: Self = Self {
        fp: [Fp::ZERO, Fp::ZERO],
    };
    const ONE: Self = Self {
        fp: [Fp::ONE, Fp::ZERO],
    };

    #[inline]
    fn add(&self, other: &Self) -> Self {
        let ([a, b], [c, d]) = (&self.fp, &other.fp);
        Self {
            fp: [a.add(c), b.add(d)],
        }
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        let ([a, b], [c, d]) = (&self.fp, &other.fp);
        Self {
            fp: [a.sub(c), b.sub(d)],
        }
    }

    /// Three products instead of four (Karatsuba).
    #[inline]
    fn mul(&self, other: &Self) -> Self {
        let ([a, b], [c, d]) = (&self.fp, &other.fp);
        let (real, imaginary) = (a.mul(c), b.mul(d));
        let both = a.add(b).mul(&c.add(d));
        Self {
            fp: [real.sub(&imaginary), both.sub(&real).sub(&imaginary)],
        }
    }

    /// `(a + b)·(a - b) + 2·a·b·i`.
    #[inline]
    fn sqr(&self) -> Self {
        let [a, b] = &self.fp;
        Self {
            fp: [a.add(b).mul(&a.sub(b)), a.mul(b).double()],
        }
    }

    #[inline]
    fn neg(&self) -> Self {
        Self {
            fp: self.fp.map(|part| part.neg()),
        }
    }

    /// The conjugate over the norm.
    fn invert(&self) -> Self {
        let [a, b] = &self.fp;
        let inverse = a.sqr().add(&b.sqr()).invert();
        Self {
            fp: [a.mul(&inverse), b.neg().mul(&inverse)],
        }
    }

    #[inline]
    fn take_in(&self, product: &mut Self, before: &mut Self) {
        take_in(&self.fp, &mut product.fp, &mut before.fp);
    }

    #[inline]
    fn take_out(&self, before: &Self, inverse: &mut Self) -> Self {
        Self {
            fp: take_out(&self.fp, &before.fp, &mut inverse.fp),
        }
    }

    #[inline]
    fn times_quarter_b(&self) -> Self {
        let [a, b] = &self.fp;
        Self {
            fp: [a.sub(b), a.add(b)],
        }
    }
}

// SAFETY: `repr(C)` with one field of two elements of the base field of G1.
unsafe impl ExtensionField for Fp2 {}
