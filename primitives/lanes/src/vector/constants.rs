//! Constants in limbs of 52 bits, computed when the crate is compiled.

use crate::constants::negated_inverse;

/// Bits of a limb of the vector representation.
pub const LIMB: u32 = 52;
/// The low bits of such a limb.
pub const MASK: u64 = (1 << LIMB) - 1;

/// Words of 64 bits as `M` limbs of 52.
pub const fn to_limbs<const N: usize, const M: usize>(words: &[u64; N]) -> [u64; M] {
    let mut limbs = [0; M];
    let mut i = 0;
    while i < M {
        let bit = i as u32 * LIMB;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        let mut limb = if word < N { words[word] >> shift } else { 0 };
        if shift > 64 - LIMB && word + 1 < N {
            limb |= words[word + 1] << (64 - shift);
        }
        limbs[i] = limb & MASK;
        i += 1;
    }
    limbs
}

/// `M` limbs of 52 bits as words of 64; bits beyond the words are lost.
pub const fn to_words<const M: usize, const N: usize>(limbs: &[u64; M]) -> [u64; N] {
    let mut words = [0; N];
    let mut i = 0;
    while i < M {
        let bit = i as u32 * LIMB;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        if word < N {
            words[word] |= limbs[i] << shift;
        }
        if shift > 64 - LIMB && word + 1 < N {
            words[word + 1] |= limbs[i] >> (64 - shift);
        }
        i += 1;
    }
    words
}

/// `k·m` in limbs of 52 bits.
pub const fn multiple<const M: usize>(limbs: &[u64; M], k: u64) -> [u64; M] {
    let mut out = [0; M];
    let mut carry = 0u128;
    let mut i = 0;
    while i < M {
        let t = limbs[i] as u128 * k as u128 + carry;
        out[i] = t as u64 & MASK;
        carry = t >> LIMB;
        i += 1;
    }
    out
}

/// `2^(52 M) - m` in limbs of 52 bits.
pub const fn complement<const M: usize>(limbs: &[u64; M]) -> [u64; M] {
    let mut out = [0; M];
    let mut carry = 1;
    let mut i = 0;
    while i < M {
        let t = (!limbs[i] & MASK) + carry;
        out[i] = t & MASK;
        carry = t >> LIMB;
        i += 1;
    }
    out
}

/// A modulus of `M` limbs, and what products are reduced with.
pub struct Modulus<const M: usize> {
    /// The modulus itself.
    pub limbs: [u64; M],
    /// Its negated inverse modulo `2^52`.
    pub inverse: u64,
    /// `2^-52` modulo it: what a limb is worth one limb higher.
    pub lower: [u64; M],
    /// `2^-104` modulo it.
    pub two_lower: [u64; M],
}

impl<const M: usize> Modulus<M> {
    /// From an odd modulus in words of 64 bits.
    pub const fn new<const N: usize>(words: &[u64; N]) -> Self {
        let limbs = to_limbs(words);
        let inverse = negated_inverse(words[0]) & MASK;
        let mut one = [0; M];
        one[0] = 1;
        let lower = divided(&one, &limbs, inverse);
        let two_lower = divided(&lower, &limbs, inverse);
        Self {
            limbs,
            inverse,
            lower,
            two_lower,
        }
    }
}

/// `value / 2^52` modulo a modulus, below it if the value is: Montgomery's step for one limb.
const fn divided<const M: usize>(value: &[u64; M], modulus: &[u64; M], inverse: u64) -> [u64; M] {
    let by = value[0].wrapping_mul(inverse) & MASK;
    let mut out = [0; M];
    let mut carry = 0u128;
    let mut i = 0;
    while i < M {
        let t = modulus[i] as u128 * by as u128 + value[i] as u128 + carry;
        if i > 0 {
            out[i - 1] = t as u64 & MASK;
        }
        carry = t >> LIMB;
        i += 1;
    }
    out[M - 1] = carry as u64;
    out
}
