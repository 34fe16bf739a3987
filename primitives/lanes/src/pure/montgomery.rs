//! Montgomery's product of words, by the operand-scanning method of Koç, Acar and Kaliski (1996).

/// `a·b / 2^(64 N)` modulo `m` plus less than `m`, where both are below `m`, which has two spare bits; `inverse` is
/// `-m^-1` modulo `2^64`.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
pub fn product<const N: usize>(a: &[u64; N], b: &[u64; N], m: &[u64; N], inverse: u64) -> [u64; N] {
    let mut sum = [0; N];
    for word in b {
        let mut carry = 0;
        for (out, own) in sum.iter_mut().zip(a) {
            (*out, carry) = multiply_add(*out, *own, *word, carry);
        }
        // Adds the multiple of the modulus that makes the lowest word zero, and drops that word.
        let factor = sum[0].wrapping_mul(inverse);
        let (_, mut low) = multiply_add(sum[0], factor, m[0], 0);
        for i in 1..N {
            (sum[i - 1], low) = multiply_add(sum[i], factor, m[i], low);
        }
        // Sums stay below twice the modulus, which leaves two bits of the last word.
        sum[N - 1] = carry + low;
    }
    sum
}

/// `a + b·c + carry` as a word and the carry out of it; nothing is lost.
#[cfg(not(target_arch = "wasm32"))]
#[inline(always)]
const fn multiply_add(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 * c as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// The same in words of 32 bits: WebAssembly has no product of more than 64 bits, and its compilers make a call of one.
#[cfg(any(target_arch = "wasm32", test))]
#[inline(always)]
pub fn product_of_halves<const N: usize>(a: &[u64; N], b: &[u64; N], m: &[u64; N], inverse: u64) -> [u64; N] {
    let low = |word: u64| word & 0xffff_ffff;
    let half = |words: &[u64; N], i: usize| low(words[i / 2] >> (32 * (i % 2)));
    // `x + y·z` of halves, and another half, is below 2^64. A product that is checked would be a call as well.
    let plus_product = |x: u64, y: u64, z: u64| x.wrapping_add(y.wrapping_mul(z));
    // Halves in words of their own; the sum's too.
    let (mut a_halves, mut m_halves, mut sum) = ([[0u64; 2]; N], [[0u64; 2]; N], [[0u64; 2]; N]);
    for i in 0..2 * N {
        a_halves[i / 2][i % 2] = half(a, i);
        m_halves[i / 2][i % 2] = half(m, i);
    }
    for i in 0..2 * N {
        let word = half(b, i);
        let first = plus_product(sum[0][0], a_halves[0][0], word);
        let factor = low(low(first).wrapping_mul(inverse));
        let mut carry = first >> 32;
        let mut reduced = plus_product(low(first), factor, m_halves[0][0]) >> 32;
        for j in 1..2 * N {
            let own = plus_product(sum[j / 2][j % 2] + carry, a_halves[j / 2][j % 2], word);
            carry = own >> 32;
            let less = plus_product(low(own) + reduced, factor, m_halves[j / 2][j % 2]);
            sum[(j - 1) / 2][(j - 1) % 2] = low(less);
            reduced = less >> 32;
        }
        sum[N - 1][1] = carry + reduced;
    }
    sum.map(|[first, second]| first | second << 32)
}

#[cfg(target_arch = "wasm32")]
pub use product_of_halves as product;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::{minus, negated_inverse, P};

    #[test]
    fn products_of_halves_are_those_of_words() {
        let largest = minus(&P, &[1, 0, 0, 0, 0, 0]);
        let ones = [u64::MAX, u64::MAX, u64::MAX, u64::MAX, u64::MAX, P[5] >> 1];
        let mut values = vec![[0; 6], [1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, P[5] - 1], largest, ones];
        for i in 0..20 {
            let last: [u64; 6] = values[values.len() - 1];
            values.push(core::array::from_fn(|k| {
                let word = last[(k + 5) % 6].wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(i);
                if k == 5 {
                    word % P[5]
                } else {
                    word
                }
            }));
        }
        let inverse = negated_inverse(P[0]);
        for a in &values {
            for b in &values {
                assert_eq!(product_of_halves(a, b, &P, inverse), product(a, b, &P, inverse));
            }
        }
    }
}
