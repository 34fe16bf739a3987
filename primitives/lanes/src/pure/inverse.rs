//! Inverses in the base field, as greatest common divisors by division steps (Bernstein and Yang 2019).
//!
//! Numbers `f` and `g` begin as the modulus and the element. Where `g` is even, it is halved; where it is odd, `f` is
//! added to it first, after an exchange if that keeps both small. Which of these happens is decided by the lowest bits,
//! so [`STEPS`] of them are taken on single words and then done to the long numbers at once. All products are of 31
//! bits by 31 at most, because in WebAssembly larger ones are slow.

use crate::constants::{at_least, bits_of, minus, negated_inverse, P};

/// Steps between two passes over the long numbers.
const STEPS: u32 = 30;
/// Limbs of a long number: 390 bits, and its sign and some more in the last one.
const LIMBS: usize = 13;
const MASK: i64 = (1 << STEPS) - 1;

/// `Σ limb_i·2^(30·i)`; the last limb has the sign, the others are in `[0, 2^30)`.
type Long = [i64; LIMBS];

const MODULUS: Long = from_words(&P);
/// `-1/p` modulo `2^30`.
const FACTOR: i64 = negated_inverse(P[0]) as i64 & MASK;

/// What steps do to two numbers: `2^30·(f', g') = (a·f + b·g, c·f + d·g)`. `|a| + |b|` and `|c| + |d|` are at most
/// `2^30`.
struct Steps {
    f: [i64; 2],
    g: [i64; 2],
}

const fn from_words(words: &[u64; 6]) -> Long {
    let mut out = [0; LIMBS];
    let mut i = 0;
    while i < LIMBS {
        out[i] = bits_of(words, i as u32 * STEPS, STEPS) as i64;
        i += 1;
    }
    out
}

/// Works out [`STEPS`] steps from the lowest bits. `delta` says which number counts as the larger: where it is
/// positive, an odd `g` is exchanged with `f`.
fn steps(delta: &mut i32, f: &Long, g: &Long) -> Steps {
    let (mut f, mut g) = ((f[0] | f[1] << STEPS) as u64, (g[0] | g[1] << STEPS) as u64);
    let mut s = Steps { f: [1, 0], g: [0, 1] };
    let mut left = STEPS;
    loop {
        // Instead of halving what makes `g`, what makes `f` is doubled.
        let zeros = g.trailing_zeros().min(left);
        g >>= zeros;
        s.f = s.f.map(|x| x << zeros);
        *delta += zeros as i32;
        left -= zeros;
        if left == 0 {
            return s;
        }
        if *delta > 0 {
            *delta = -*delta;
            (f, g) = (g, f.wrapping_neg());
            s = Steps {
                f: s.g,
                g: s.f.map(|x| -x),
            };
        }
        g = g.wrapping_add(f);
        for (g, f) in s.g.iter_mut().zip(s.f) {
            *g += f;
        }
    }
}

/// `(x·a + y·b + k·p) / 2^30`, which is a whole number; `|x| + |y|` and `|k|` are at most `2^30`, so that no sum
/// exceeds `2^62`.
fn combined([x, y]: [i64; 2], a: &Long, b: &Long, k: i64) -> Long {
    let mut out = [0; LIMBS];
    let mut carry = 0;
    for i in 0..LIMBS {
        // Nothing overflows; a product that is checked would be a call in WebAssembly.
        carry += x
            .wrapping_mul(a[i])
            .wrapping_add(y.wrapping_mul(b[i]))
            .wrapping_add(k.wrapping_mul(MODULUS[i]));
        if i > 0 {
            out[i - 1] = carry & MASK;
        }
        carry >>= STEPS;
    }
    out[LIMBS - 1] = carry;
    out
}

/// The same modulo the modulus: `k` makes the sum a multiple of `2^30`.
fn combined_modulo(by: [i64; 2], a: &Long, b: &Long) -> Long {
    let low = by[0].wrapping_mul(a[0]).wrapping_add(by[1].wrapping_mul(b[0])) & MASK;
    combined(by, a, b, low.wrapping_mul(FACTOR) & MASK)
}

/// A number above `-128·p` and below as many as words below `p`.
fn reduced(x: &Long) -> [u64; 6] {
    // 128 moduli more, and then the largest multiples away that leave a number: shifts of the modulus.
    let mut x = *x;
    let add = |x: &Long, by: i64| {
        let mut out = [0; LIMBS];
        let mut carry = 0;
        for i in 0..LIMBS {
            carry += x[i] + by * MODULUS[i];
            out[i] = if i + 1 < LIMBS { carry & MASK } else { carry };
            carry >>= STEPS;
        }
        out
    };
    x = add(&x, 128);
    for shift in (0..8).rev() {
        let less = add(&x, -(1 << shift));
        if less[LIMBS - 1] >= 0 {
            x = less;
        }
    }
    let mut words = [0u64; 6];
    for (i, limb) in x.iter().enumerate() {
        let bit = i as u32 * STEPS;
        let (word, shift) = ((bit / 64) as usize, bit % 64);
        words[word] |= (*limb as u64) << shift;
        if shift > 64 - STEPS && word + 1 < 6 {
            words[word + 1] |= *limb as u64 >> (64 - shift);
        }
    }
    debug_assert!(!at_least(&words, &P));
    words
}

/// `1/x` modulo `p` for an `x` below `p`; 0 for 0.
pub fn inverse_or_zero(x: &[u64; 6]) -> [u64; 6] {
    // Throughout, `d·x = f` and `e·x = g` modulo `p`. Each round adds at most one modulus to `d` and `e` in size, and
    // numbers of 381 bits take fewer than forty.
    let (mut f, mut g) = (MODULUS, from_words(x));
    let (mut d, mut e) = ([0; LIMBS], from_words(&[1, 0, 0, 0, 0, 0]));
    let mut delta = 1;
    while g != [0; LIMBS] {
        let s = steps(&mut delta, &f, &g);
        (f, g) = (combined(s.f, &f, &g, 0), combined(s.g, &f, &g, 0));
        (d, e) = (combined_modulo(s.f, &d, &e), combined_modulo(s.g, &d, &e));
    }
    // Now `f` is 1 or -1, or still the modulus, if `x` is 0; then `d` is 0.
    let inverse = reduced(&d);
    if f[LIMBS - 1] < 0 && inverse != [0; 6] {
        minus(&P, &inverse)
    } else {
        inverse
    }
}
