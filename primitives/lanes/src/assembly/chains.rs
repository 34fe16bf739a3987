//! Sums and differences of elements in chains of carries, which cost less than calls of `blst`. What a compiler makes
//! of them is slower: it takes a chain apart where a constant is added, and branches on the last borrow, which is as
//! good as random.

use crate::constants::{P, R};

/// Defines sum and difference modulo a number that leaves a bit of the last word, so that nothing is carried out of it;
/// both take canonical words and return such. A sum is the difference of a plain sum and the modulus.
macro_rules! modulo {
    ($modulus:ident, $words:literal, $add:ident, $sub:ident, $first:ident $($rest:ident $at:literal)*) => {
        /// `a + b` modulo the number.
        #[inline(always)]
        pub fn $add(a: &[u64; $words], b: &[u64; $words]) -> [u64; $words] {
            $sub(&plain::sum(a, b), &$modulus)
        }

        /// `a - b` modulo the number.
        #[cfg(target_arch = "x86_64")]
        #[inline(always)]
        pub fn $sub(a: &[u64; $words], b: &[u64; $words]) -> [u64; $words] {
            static OWED: [[u64; $words]; 2] = [[0; $words], $modulus];
            let [mut $first $(, mut $rest)*] = *a;
            // SAFETY: reads both numbers and the table, and changes nothing but its registers.
            unsafe {
                core::arch::asm!(
                    concat!("sub {", stringify!($first), "}, qword ptr [{b}]"),
                    $(concat!("sbb {", stringify!($rest), "}, qword ptr [{b} + ", $at, "]"),)*
                    "cmovnc {owed}, {nothing}",
                    concat!("add {", stringify!($first), "}, qword ptr [{owed}]"),
                    $(concat!("adc {", stringify!($rest), "}, qword ptr [{owed} + ", $at, "]"),)*
                    $first = inout(reg) $first,
                    $($rest = inout(reg) $rest,)*
                    b = in(reg) b,
                    owed = inout(reg) &OWED[1] => _,
                    nothing = in(reg) &OWED[0],
                    options(pure, readonly, nostack),
                );
            }
            [$first $(, $rest)*]
        }

        /// `a - b` modulo the number.
        #[cfg(not(target_arch = "x86_64"))]
        #[inline(always)]
        pub fn $sub(a: &[u64; $words], b: &[u64; $words]) -> [u64; $words] {
            plain::sub(a, b, &$modulus)
        }
    };
}

modulo!(P, 6, add_fp, sub_fp, w0 w1 8 w2 16 w3 24 w4 32 w5 40);
modulo!(R, 4, add_fr, sub_fr, w0 w1 8 w2 16 w3 24);

/// What needs no assembly, and the same without it.
mod plain {
    /// `a + b`, of which nothing is carried out of the last word. It has no constants, so its chain stays whole.
    #[inline(always)]
    pub fn sum<const N: usize>(a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let (mut sum, mut carry) = ([0; N], false);
        for i in 0..N {
            (sum[i], carry) = a[i].carrying_add(b[i], carry);
        }
        sum
    }

    /// `a - b` modulo a number, where it is above minus that number.
    #[cfg(any(test, not(target_arch = "x86_64")))]
    pub fn sub<const N: usize>(a: &[u64; N], b: &[u64; N], modulus: &[u64; N]) -> [u64; N] {
        let (mut difference, mut borrow) = ([0; N], false);
        for i in 0..N {
            (difference[i], borrow) = a[i].borrowing_sub(b[i], borrow);
        }
        let owed = 0u64.wrapping_sub(u64::from(borrow));
        let mut carry = false;
        for i in 0..N {
            (difference[i], carry) = difference[i].carrying_add(modulus[i] & owed, carry);
        }
        difference
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constants::minus;

    /// The edges of a field, and values between them.
    fn values<const N: usize>(modulus: &[u64; N]) -> Vec<[u64; N]> {
        let mut one = [0; N];
        one[0] = 1;
        let half = core::array::from_fn(|i| modulus[i] >> 1 | modulus.get(i + 1).map_or(0, |next| next << 63));
        let mut values = vec![[0; N], one, minus(modulus, &one), half, minus(modulus, &half)];
        // Words that are all ones carry through the whole chain.
        values.push(core::array::from_fn(
            |i| if i + 1 < N { u64::MAX } else { modulus[i] - 1 },
        ));
        values.push(core::array::from_fn(|i| if i + 1 < N { 0 } else { modulus[i] }));
        let mut word = 0x9e37_79b9_7f4a_7c15u64;
        for _ in 0..40 {
            values.push(core::array::from_fn(|i| {
                word = word.wrapping_mul(0xd134_2543_de82_ef95).wrapping_add(1);
                if i + 1 < N {
                    word
                } else {
                    word % modulus[i]
                }
            }));
        }
        values
    }

    #[test]
    fn chains_should_give_what_plain_words_give() {
        for a in &values(&P) {
            for b in &values(&P) {
                assert_eq!(add_fp(a, b), plain::sub(&plain::sum(a, b), &P, &P));
                assert_eq!(sub_fp(a, b), plain::sub(a, b, &P));
                assert_eq!(sub_fp(&add_fp(a, b), b), *a);
            }
        }
        for a in &values(&R) {
            for b in &values(&R) {
                assert_eq!(add_fr(a, b), plain::sub(&plain::sum(a, b), &R, &R));
                assert_eq!(sub_fr(a, b), plain::sub(a, b, &R));
                assert_eq!(sub_fr(&add_fr(a, b), b), *a);
            }
        }
    }
}
