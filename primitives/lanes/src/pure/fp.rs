//! The base field of G1.
#![allow(unsafe_code)]

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

/// An element times `2^384`, below the modulus, least significant word first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct Fp {
    /// The words.
    pub l: [u64; WORDS],
}

/// `a + b·c + carry` as a word and the carry out of it; nothing is lost.
#[inline(always)]
const fn multiply_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 * c as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
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

    /// The operand-scanning method of Koç, Acar and Kaliski (1996), a word of `other` at a time.
    #[inline]
    fn mul(&self, other: &Self) -> Self {
        let mut sum = [0; WORDS];
        for word in other.l {
            let mut carry = 0;
            for (out, own) in sum.iter_mut().zip(&self.l) {
                (*out, carry) = multiply_add(*out, *own, word, carry);
            }
            // Adds the multiple of the modulus that makes the lowest word zero, and drops that word.
            let factor = sum[0].wrapping_mul(INVERSE);
            let (_, mut low) = multiply_add(sum[0], factor, P[0], 0);
            for i in 1..WORDS {
                (sum[i - 1], low) = multiply_add(sum[i], factor, P[i], low);
            }
            // Sums stay below twice the modulus, which leaves two bits of the last word.
            sum[WORDS - 1] = carry + low;
        }
        reduced(sum)
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

    /// The power `p - 2`.
    fn invert(&self) -> Self {
        const EXPONENT: [u64; WORDS] = minus(&P, &[2, 0, 0, 0, 0, 0]);
        let mut power = Self::ONE;
        for word in EXPONENT.iter().rev() {
            for bit in (0..64).rev() {
                power = power.sqr();
                if word >> bit & 1 == 1 {
                    power = power.mul(self);
                }
            }
        }
        power
    }

    #[inline]
    fn times_quarter_b(&self) -> Self {
        *self
    }
}

// SAFETY: `repr(C)` with one field of six words; elements are kept times 2^384, reduced.
unsafe impl BaseField for Fp {}
