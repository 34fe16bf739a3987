//! Inverses for witnesses.
//!
//! A signature takes some three hundred, one after the other, which as powers of Fermat's theorem were a third of the
//! work of a batch's wires. Here they are greatest common divisors, by division steps (Bernstein and Yang 2019): two
//! numbers `f` and `g` begin as the order of the field and the element, and both shrink as `g` is halved wherever it is
//! even and, where it is odd, `f` is added to it, after an exchange if that keeps them small. What a step does depends
//! on the lowest bits alone, so [`STEPS`] steps are taken on single words and then done to the long numbers at once.
//!
//! Time depends on the element, as that of other parts of a proof does: a prover's clock is no secret kept from its
//! user.

use cloister_crypto::Fr;

/// Steps between two passes over the long numbers.
const STEPS: u32 = 62;
/// Limbs of a long number: it has room for 310 bits with its sign.
const LIMBS: usize = 5;
const MASK: i128 = (1 << STEPS) - 1;

/// `Σ limb_i·2^(62·i)`; the last limb has the sign, the others are in `[0, 2^62)`.
type Long = [i64; LIMBS];

/// The order of the field.
const ORDER: Long = from_words([
    0xffff_ffff_0000_0001,
    0x53bd_a402_fffe_5bfe,
    0x3339_d808_09a1_d805,
    0x73ed_a753_299d_7d48,
]);
/// `-1/order` modulo `2^62`.
const FACTOR: u64 = {
    // The inverse of an odd number modulo 8 is itself, and a step of Newton's doubles the bits.
    let order = ORDER[0] as u64;
    let mut inverse = order;
    let mut bits = 3;
    while bits < STEPS {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(order.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse.wrapping_neg()
};

/// What steps do to two numbers: `2^62·(f', g') = (u·f + v·g, q·f + r·g)`. `|u| + |v|` and `|q| + |r|` are at most
/// `2^62`.
struct Steps {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

const fn from_words(words: [u64; 4]) -> Long {
    let mask = MASK as u64;
    [
        (words[0] & mask) as i64,
        ((words[0] >> 62 | words[1] << 2) & mask) as i64,
        ((words[1] >> 60 | words[2] << 4) & mask) as i64,
        ((words[2] >> 58 | words[3] << 6) & mask) as i64,
        (words[3] >> 56) as i64,
    ]
}

/// Works out [`STEPS`] steps from the lowest bits. `eta` says which of the two numbers counts as the larger: where it
/// is negative, they are exchanged before `f` is added.
fn steps(eta: &mut i64, f: &Long, g: &Long) -> Steps {
    let low = |x: &Long| x[0] as u64 | (x[1] as u64) << STEPS;
    let (mut f, mut g) = (low(f), low(g));
    let mut s = Steps { u: 1, v: 0, q: 0, r: 1 };
    let mut left = STEPS;
    loop {
        let zeros = g.trailing_zeros().min(left);
        g >>= zeros;
        // The matrix is kept with what is still to be halved: `f` doubles instead.
        s.u <<= zeros;
        s.v <<= zeros;
        *eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            return s;
        }
        if *eta < 0 {
            *eta = -*eta;
            (f, g) = (g, f.wrapping_neg());
            s = Steps {
                u: s.q,
                v: s.r,
                q: -s.u,
                r: -s.v,
            };
        }
        // Until the next exchange the same `f` is added again and again: as many bits of `g` as this leaves, and not
        // more than six, vanish at once. The inverse of `f` modulo 8 is itself, one step of Newton's makes it 64.
        let bits = (*eta + 1).min(i64::from(left)).min(6);
        let inverse = f.wrapping_mul(2u64.wrapping_sub(f.wrapping_mul(f)));
        let times = g.wrapping_neg().wrapping_mul(inverse) & ((1 << bits) - 1);
        g = g.wrapping_add(f.wrapping_mul(times));
        s.q += s.u * times as i64;
        s.r += s.v * times as i64;
    }
}

/// `(x·a + y·b + k·order) / 2^62`, where the caller knows that this is a whole number.
fn halved(x: i64, a: &Long, y: i64, b: &Long, k: i64) -> Long {
    let at = |i: usize| {
        i128::from(x) * i128::from(a[i]) + i128::from(y) * i128::from(b[i]) + i128::from(k) * i128::from(ORDER[i])
    };
    let mut carry = at(0) >> STEPS;
    let mut out = [0; LIMBS];
    for i in 1..LIMBS {
        carry += at(i);
        out[i - 1] = (carry & MASK) as i64;
        carry >>= STEPS;
    }
    out[LIMBS - 1] = carry as i64;
    out
}

/// The same modulo the order of the field, with the `k` that makes the sum a multiple of `2^62`.
fn halved_modulo(x: i64, a: &Long, y: i64, b: &Long) -> Long {
    let low = (x as u64)
        .wrapping_mul(a[0] as u64)
        .wrapping_add((y as u64).wrapping_mul(b[0] as u64));
    let k = low.wrapping_mul(FACTOR) & MASK as u64;
    halved(x, a, y, b, k as i64)
}

/// The element of a number that is above `-16` times the order and below 16 times.
fn to_element(x: &Long) -> Fr {
    // 16 orders more, so that it is not negative: it is below 2^260 then.
    let mut limbs = [0; LIMBS];
    let mut carry = 0;
    for (limb, (x, order)) in limbs.iter_mut().zip(x.iter().zip(&ORDER)) {
        carry += i128::from(*x) + 16 * i128::from(*order);
        *limb = (carry & MASK) as u64;
        carry >>= STEPS;
    }
    let [a, b, c, d, e] = limbs;
    let words = [a | b << 62, b >> 2 | c << 60, c >> 4 | d << 58, d >> 6 | e << 56];
    let two_to_256 = Fr::from_raw([0, 0, 0, 1 << 63]).double();
    Fr::from_raw(words) + Fr::from(e >> 8) * two_to_256
}

/// The words of an element, lowest first.
fn to_words(x: &Fr) -> [u64; 4] {
    let bytes = x.to_bytes();
    std::array::from_fn(|i| {
        let mut word = [0; 8];
        word.copy_from_slice(&bytes[8 * i..8 * i + 8]);
        u64::from_le_bytes(word)
    })
}

/// `1/x`, or 0 for 0.
pub fn inverse_or_zero(x: &Fr) -> Fr {
    // Throughout, `d·x = f` and `e·x = g` modulo the order. Each round adds at most one order to `d` and `e` in size,
    // and numbers of 256 bits take no more than twelve.
    let (mut f, mut g) = (ORDER, from_words(to_words(x)));
    let (mut d, mut e) = ([0; LIMBS], [1, 0, 0, 0, 0]);
    let mut eta = -1;
    while g != [0; LIMBS] {
        let Steps { u, v, q, r } = steps(&mut eta, &f, &g);
        (f, g) = (halved(u, &f, v, &g, 0), halved(q, &f, r, &g, 0));
        (d, e) = (halved_modulo(u, &d, v, &e), halved_modulo(q, &d, r, &e));
    }
    // Now `f` is 1 or -1, or still the order, if `x` is 0; then `d` is 0.
    let inverse = to_element(&d);
    if f[LIMBS - 1] < 0 {
        -inverse
    } else {
        inverse
    }
}
