//! Constants in limbs of 52 bits, computed when the crate is compiled.

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
