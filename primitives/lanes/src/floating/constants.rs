//! Constants in limbs of 48 bits, computed when the crate is compiled.

use crate::constants::{at_least, minus, negated_inverse, P};

/// Limbs of an element.
pub const LIMBS: usize = 8;
/// Bits of a limb.
pub const LIMB: u32 = 48;
/// Limbs of a product that are folded onto the higher ones before the two steps of Montgomery's reduction.
pub const FOLDED: usize = LIMBS - 2;

/// `2^48`.
pub const WHOLE: f64 = (1u64 << LIMB) as f64;
/// `2^-48`.
pub const PART: f64 = 1.0 / WHOLE;
/// `3·2^51`: a sum with a number below `2^51`, of either sign, is rounded to a whole number.
pub const ROUND: f64 = (3u64 << 51) as f64;
/// `7·2^98`: a sum with a number of either sign is rounded to a multiple of `2^48` from `-3·2^98` to `2^98`, and to one
/// of `2^49` from there to `2^100`.
pub const HIGH: f64 = (7u128 << 98) as f64;

/// Words of 64 bits as limbs with a sign, between `-2^47` and `2^47`; the number is below `2^383`.
pub const fn to_limbs(words: &[u64; 6]) -> [f64; LIMBS] {
    let mut limbs = [0.0; LIMBS];
    let mut carry = 0i64;
    let mut i = 0;
    while i < LIMBS {
        let bit = i as u32 * LIMB;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        let mut limb = words[word] >> shift;
        if shift > 64 - LIMB && word + 1 < 6 {
            limb |= words[word + 1] << (64 - shift);
        }
        let mut limb = (limb & ((1 << LIMB) - 1)) as i64 + carry;
        carry = 0;
        if limb > 1 << (LIMB - 1) {
            limb -= 1 << LIMB;
            carry = 1;
        }
        limbs[i] = limb as f64;
        i += 1;
    }
    limbs
}

/// The modulus.
pub const MODULUS: [f64; LIMBS] = to_limbs(&P);

/// Takes a number's highest limb to the number of moduli in it.
pub const RATIO: f64 = 1.0 / MODULUS[LIMBS - 1];

/// `-p^-1` modulo `2^48`, between `-2^47` and `2^47`.
pub const INVERSE: f64 = {
    let inverse = (negated_inverse(P[0]) & ((1 << LIMB) - 1)) as i64;
    if inverse > 1 << (LIMB - 1) {
        (inverse - (1 << LIMB)) as f64
    } else {
        inverse as f64
    }
};

/// What a limb at place `i` is worth at the place [`FOLDED`]: `2^(48·(i - 6))` modulo the modulus.
pub static FOLDS: [[f64; LIMBS]; FOLDED] = {
    let mut out = [[0.0; LIMBS]; FOLDED];
    let mut value = [1, 0, 0, 0, 0, 0];
    let mut i = FOLDED;
    while i > 0 {
        i -= 1;
        let mut bit = 0;
        while bit < LIMB {
            value = half(&value);
            bit += 1;
        }
        out[i] = to_limbs(&value);
    }
    out
};

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
