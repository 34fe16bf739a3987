//! The scalar field: that of the crate `bls12_381`.

use crate::{arithmetic::field::ScalarField, scalar::words};
use bls12_381::Scalar;

impl ScalarField for Scalar {
    const ZERO: Self = Scalar::zero();

    fn from_words(words: &[u64; 4]) -> Self {
        Scalar::from_raw(*words)
    }

    fn to_words(&self) -> [u64; 4] {
        words(self)
    }

    fn add(&self, other: &Self) -> Self {
        self + other
    }

    fn sub(&self, other: &Self) -> Self {
        self - other
    }

    fn mul(&self, other: &Self) -> Self {
        self * other
    }
}
