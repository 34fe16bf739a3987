//! Scalars as signed digits, which halve the tables: a negative multiple costs nothing.

/// Digits of 8 bits of a response.
pub const RESPONSE_DIGITS: usize = 32;
/// Digits of 4 bits of a challenge; the last is a carry, 0 or 1.
pub const CHALLENGE_DIGITS: usize = 33;

/// Digits between -127 and 128 of a number below `2^255`, the lowest first: no carry leaves the last.
pub fn of_response(bytes: &[u8; 32]) -> [i16; RESPONSE_DIGITS] {
    let mut carry = 0;
    bytes.map(|byte| {
        let digit = i16::from(byte) + carry;
        carry = i16::from(digit > 128);
        digit - (carry << 8)
    })
}

/// Digits between -7 and 8 of a number below `2^128`, the lowest first.
pub fn of_challenge(challenge: u128) -> [i16; CHALLENGE_DIGITS] {
    let mut carry = 0;
    core::array::from_fn(|i| {
        let nibble = challenge.checked_shr(4 * i as u32).unwrap_or(0) & 15;
        let digit = nibble as i16 + carry;
        carry = i16::from(digit > 8);
        digit - (carry << 4)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloister_crypto::jubjub::Fr;
    use proptest::prelude::*;

    /// What digits of `bits` bits stand for.
    fn value(digits: &[i16], bits: u32) -> Fr {
        digits.iter().rev().fold(Fr::zero(), |sum, digit| {
            let size = Fr::from(u64::from(digit.unsigned_abs()));
            sum * Fr::from(1 << bits) + if *digit < 0 { -size } else { size }
        })
    }

    fn check_challenge(challenge: u128) {
        let digits = of_challenge(challenge);
        let whole = Fr::from_raw([challenge as u64, (challenge >> 64) as u64, 0, 0]);
        assert_eq!(value(&digits, 4), whole);
        let (last, others) = digits.split_last().unwrap();
        assert!(others.iter().all(|digit| (-7..=8).contains(digit)), "{digits:?}");
        assert!([0, 1].contains(last), "{digits:?}");
    }

    fn check_response(response: Fr) {
        let digits = of_response(&response.to_bytes());
        assert_eq!(value(&digits, 8), response);
        assert!(digits.iter().all(|digit| (-127..=128).contains(digit)), "{digits:?}");
    }

    #[test]
    fn digits_at_the_edges_should_stand_for_the_number() {
        for low in [0, 1, 7, 8, 9, 15, 16, 0x80, 0x81, 0x88, 0x89, 0x8888, 0x8080, 0x8181] {
            for number in [
                low,
                u128::MAX - low,
                low << 112,
                u128::MAX / 2 - low,
                u128::MAX / 2 + low,
            ] {
                check_challenge(number);
                let response = Fr::from_raw([number as u64, (number >> 64) as u64, 0, 0]);
                check_response(response);
                check_response(-response);
                check_response(response.square());
            }
        }
        check_challenge(0x8888_8888_8888_8888_8888_8888_8888_8888);
        check_challenge(0x8888_8888_8888_8888_8888_8888_8888_8889);
    }

    proptest! {
        #[test]
        fn digits_should_stand_for_the_number(challenge in any::<u128>(), wide in any::<[u64; 8]>()) {
            check_challenge(challenge);
            let mut bytes = [0; 64];
            for (chunk, word) in bytes.chunks_mut(8).zip(wide) {
                chunk.copy_from_slice(&word.to_le_bytes());
            }
            check_response(Fr::from_bytes_wide(&bytes));
        }
    }
}
