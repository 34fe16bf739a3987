//! The base field of G1.
#![allow(unsafe_code)]

use super::{inverse::inverse_or_zero, montgomery::product};
use crate::{
    constants::{at_least, minus, negated_inverse, power_of_two, P},
    field::{BaseField, Field},
};

const WORDS: usize = 6;
/// The product of a Montgomery multiplication is divided by two to this power.
const MONTGOMERY_BITS: u32 = 64 * WORDS as u32;
const INVERSE: u64 = negated_inverse(P[0]);
/// Takes canonical words into the Montgomery form.
const TO_MONTGOMERY: Fp = Fp {
    l: power_of_two(2 * MONTGOMERY_BITS, &P),
};

/// Takes the inverse of an element's words, which are it times `2^384`, to the inverse's.
const INVERSE_TO_MONTGOMERY: Fp = Fp {
    l: power_of_two(3 * MONTGOMERY_BITS, &P),
};

/// An element times `2^384`, below the modulus, least significant word first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Fp {
    /// The words.
    pub l: [u64; WORDS],
}

/// A value below twice the modulus, reduced.
#[inline(always)]
fn reduced(l: [u64; WORDS]) -> Fp {
    Fp {
        l: if at_least(&l, &P) { minus(&l, &P) } else { l },
    }
}

impl Fp {
    /// From canonical words, the least significant first.
    pub fn from_words(words: &[u64; WORDS]) -> Self {
        Self { l: *words }.mul(&TO_MONTGOMERY)
    }

    /// Canonical words.
    pub fn to_words(self) -> [u64; WORDS] {
        let one = Self { l: [1, 0, 0, 0, 0, 0] };
        self.mul(&one).l
    }
}

impl Field for Fp {
    const ZERO: Self = Self { l: [0; WORDS] };
    const ONE: Self = Self {
        l: power_of_two(MONTGOMERY_BITS, &P),
    };

    #[inline]
    fn add(&self, other: &Self) -> Self {
        // The modulus leaves three bits of the last word, so the sum does not overflow.
        let mut sum = [0; WORDS];
        let mut carry = false;
        for (out, (a, b)) in sum.iter_mut().zip(self.l.iter().zip(&other.l)) {
            let (word, first) = a.overflowing_add(*b);
            let (word, second) = word.overflowing_add(carry.into());
            (*out, carry) = (word, first | second);
        }
        reduced(sum)
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        // Below twice the modulus.
        reduced(product(&self.l, &other.l, &P, INVERSE))
    }

    #[inline]
    fn sqr(&self) -> Self {
        self.mul(self)
    }

    #[inline]
    fn neg(&self) -> Self {
        if self.is_zero() {
            *self
        } else {
            Self { l: minus(&P, &self.l) }
        }
    }

    fn invert(&self) -> Self {
        Self {
            l: inverse_or_zero(&self.l),
        }
        .mul(&INVERSE_TO_MONTGOMERY)
    }

    #[inline]
    fn times_quarter_b(&self) -> Self {
        *self
    }
}

// SAFETY: `repr(C)` with one field of six words; elements are kept times 2^384, reduced.
unsafe impl BaseField for Fp {}
