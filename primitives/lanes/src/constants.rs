//! Constants of the fields, computed from the moduli when the crate is compiled.

/// The base field's modulus `p`, least significant limb first.
pub const P: [u64; 6] = [
    0xb9fe_ffff_ffff_aaab,
    0x1eab_fffe_b153_ffff,
    0x6730_d2a0_f6b0_f624,
    0x6477_4b84_f385_12bf,
    0x4b1b_a7b6_434b_acd7,
    0x1a01_11ea_397f_e69a,
];
/// The scalar field's modulus `r`.
pub const R: [u64; 4] = [
    0xffff_ffff_0000_0001,
    0x53bd_a402_fffe_5bfe,
    0x3339_d808_09a1_d805,
    0x73ed_a753_299d_7d48,
];

/// So many bits of a number, from one of them on; fewer than 64.
pub const fn bits_of(words: &[u64; 6], from: u32, count: u32) -> u64 {
    let (word, shift) = ((from / 64) as usize, from % 64);
    let mut bits = words[word] >> shift;
    if shift > 64 - count && word + 1 < words.len() {
        bits |= words[word + 1] << (64 - shift);
    }
    bits & ((1 << count) - 1)
}

/// `a >= b`.
pub const fn at_least<const N: usize>(a: &[u64; N], b: &[u64; N]) -> bool {
    let mut i = N;
    while i > 0 {
        i -= 1;
        if a[i] != b[i] {
            return a[i] > b[i];
        }
    }
    true
}

/// `a - b` modulo `2^(64 N)`.
pub const fn minus<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let mut out = [0; N];
    let mut borrow = false;
    let mut i = 0;
    while i < N {
        let (d, b1) = a[i].overflowing_sub(b[i]);
        let (d, b2) = d.overflowing_sub(borrow as u64);
        out[i] = d;
        borrow = b1 || b2;
        i += 1;
    }
    out
}

/// `2^exponent` modulo an `m` that has a spare bit on top.
pub const fn power_of_two<const N: usize>(exponent: u32, m: &[u64; N]) -> [u64; N] {
    let mut x = [0; N];
    x[0] = 1;
    let mut k = 0;
    while k < exponent {
        let mut carry = 0;
        let mut i = 0;
        while i < N {
            let next = x[i] >> 63;
            x[i] = (x[i] << 1) | carry;
            carry = next;
            i += 1;
        }
        if at_least(&x, m) {
            x = minus(&x, m);
        }
        k += 1;
    }
    x
}

/// `-m^-1` modulo `2^64`, for an odd `m`.
pub const fn negated_inverse(m: u64) -> u64 {
    let mut x: u64 = 1;
    let mut k = 0;
    while k < 6 {
        x = x.wrapping_mul(2u64.wrapping_sub(m.wrapping_mul(x)));
        k += 1;
    }
    x.wrapping_neg()
}
