//! Constants in `L` limbs, computed when the crate is compiled.

use crate::constants::{at_least, bits_of, minus, negated_inverse, P};

/// `3·2^51`: a sum with a number below `2^51`, of either sign, is rounded to a whole number.
pub const ROUND: f64 = (3u64 << 51) as f64;
/// `7·2^98`: a sum with a number of either sign is rounded to a multiple of `2^48` from `-3·2^98` to `2^98`, and to one
/// of `2^49` from there to `2^100`.
pub const HIGH: f64 = (7u128 << 98) as f64;

/// What two steps of Montgomery's reduction (or four, of short limbs) take away.
const STEPS: u32 = 96;

/// Constants of elements in `L` limbs, which have `384 / L` bits.
pub struct Of<const L: usize>;

impl<const L: usize> Of<L> {
    /// Bits of a limb.
    pub const BITS: u32 = 384 / L as u32;
    /// Two to as many.
    pub const WHOLE: f64 = (1u64 << Self::BITS) as f64;
    /// One over that.
    pub const PART: f64 = 1.0 / Self::WHOLE;
    /// Limbs of a product that are folded onto the higher ones before the steps of Montgomery's reduction.
    pub const FOLDED: usize = L - (STEPS / Self::BITS) as usize;
    /// The modulus.
    pub const MODULUS: [f64; L] = to_limbs(&P);
    /// Takes a number's highest limb to the number of moduli in it.
    pub const RATIO: f64 = 1.0 / Self::MODULUS[L - 1];
    /// `-p^-1` modulo two to the bits of a limb, halfway around zero.
    pub const INVERSE: f64 = signed((negated_inverse(P[0]) & ((1 << Self::BITS) - 1)) as i64, Self::BITS) as f64;
    /// What a limb at place `i` is worth at the place [`Self::FOLDED`]; only so many are there.
    pub const FOLDS: [[f64; L]; L] = {
        let mut out = [[0.0; L]; L];
        let mut value = [1, 0, 0, 0, 0, 0];
        let mut i = Self::FOLDED;
        while i > 0 {
            i -= 1;
            let mut bit = 0;
            while bit < Self::BITS {
                value = half(&value);
                bit += 1;
            }
            out[i] = to_limbs(&value);
        }
        out
    };
}

/// A number below `2^bits`, less that if it is more than half of it.
const fn signed(number: i64, bits: u32) -> i64 {
    if number > 1 << (bits - 1) {
        number - (1 << bits)
    } else {
        number
    }
}

/// Words of 64 bits as limbs with a sign, no larger than half of what a limb can be; the number is below `2^383`.
pub const fn to_limbs<const L: usize>(words: &[u64; 6]) -> [f64; L] {
    let bits = Of::<L>::BITS;
    let mut limbs = [0.0; L];
    let mut carry = 0;
    let mut i = 0;
    while i < L {
        let limb = bits_of(words, i as u32 * bits, bits) as i64 + carry;
        let rest = signed(limb, bits);
        carry = (rest != limb) as i64;
        limbs[i] = rest as f64;
        i += 1;
    }
    limbs
}

/// Half of a number below the modulus.
const fn half(value: &[u64; 6]) -> [u64; 6] {
    // An odd number is less than half the modulus below a multiple of it that is even.
    let odd = value[0] & 1 == 1;
    let complement = minus(&P, value);
    let even = if odd { complement } else { *value };
    let mut out = [0; 6];
    let mut i = 0;
    while i < 6 {
        out[i] = even[i] >> 1;
        if i + 1 < 6 {
            out[i] |= even[i + 1] << 63;
        }
        i += 1;
    }
    // Half of `p - value` with the other sign.
    if odd {
        out = minus(&P, &out);
    }
    assert!(!at_least(&out, &P));
    out
}
