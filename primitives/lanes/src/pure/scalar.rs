//! The scalar field: that of the crate `bls12_381`.

use crate::{field::ScalarField, scalar::words};
use bls12_381::Scalar;

impl ScalarField for Scalar {
    const ZERO: Self = Scalar::zero();

    #[inline]
    fn from_words(words: &[u64; 4]) -> Self {
        Scalar::from_raw(*words)
    }

    #[inline]
    fn to_words(&self) -> [u64; 4] {
        words(self)
    }

    #[inline]
    fn add(&self, other: &Self) -> Self {
        self + other
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        self - other
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        self * other
    }

    #[inline]
    fn sqr(&self) -> Self {
        self.square()
    }
}
